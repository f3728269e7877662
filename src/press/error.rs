//! What can keep a prepared article from being sent.

use crate::problem::{Class, Condition};

/// What can keep a prepared article from being sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PressError {
    /// More problems of the same kind than anybody reads.
    #[error("and {0} more recipients with such problems")]
    More(usize),
    /// `--as` names somebody who is not on the list.
    #[error("{0} is not on the list")]
    NotOnTheList(String),
    /// A draft is not sent to a list.
    #[error("the article is a draft")]
    Draft,
    /// The return path of every message would be nobody.
    #[error("`{0}` cannot be a sender: {1}")]
    Sender(String, String),
}

impl Condition for PressError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::More(_) => None,
            Self::NotOnTheList(_) => Some("choose an address of the list, or leave `--list` out".to_owned()),
            Self::Draft => {
                Some("write `status = \"ready\"` in its front matter when it may go out".to_owned())
            }
            Self::Sender(..) => Some("write `from = \"Name <address>\"`".to_owned()),
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Draft => Class::Refused,
            _ => Class::Data,
        }
    }
}
