//! What can keep a prepared article from being sent.

use std::path::PathBuf;

use crate::problem::{Class, Condition, Problem};

/// What can keep a prepared article from being sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PressError {
    /// More problems of the same kind than anybody reads.
    #[error("and {0} more recipients with such problems")]
    More(usize),
    /// `--as` names somebody who is not on the list.
    #[error("{0} is not on the list")]
    NotOnTheList(String),
    /// A draft may be rehearsed; whoever does is told.
    #[error("`{}` is a draft", .0.display())]
    Draft(PathBuf),
    /// The return path of every message would be nobody.
    #[error("`{0}` cannot be a sender: {1}")]
    Sender(String, String),
    /// A theme that the article names and that is not there.
    #[error("{}", .0.message())]
    Theme(Problem),
}

impl Condition for PressError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::More(_) => None,
            Self::NotOnTheList(_) => Some("choose an address of the list, or leave `--list` out".to_owned()),
            Self::Draft(_) => {
                Some("write `status = \"ready\"` in its front matter when it may go out".to_owned())
            }
            Self::Theme(problem) => problem.hint(),
            Self::Sender(..) => Some("write `from = \"Name <address>\"`".to_owned()),
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Draft(_) => Class::Refused,
            _ => Class::Data,
        }
    }
}
