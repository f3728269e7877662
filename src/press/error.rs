//! What can keep a prepared article from being sent.

use std::path::PathBuf;

use crate::fields::Notation;
use crate::problem::{Class, Condition, Problem};

/// What can keep a prepared article from being sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PressError {
    /// More problems of the same kind than anybody reads.
    #[error("and {0} more recipients with such problems")]
    More(usize),
    /// `--as` names somebody who is not on the list.
    #[error("{address} is not on the list `{list}`")]
    NotOnTheList {
        /// The address.
        address: String,
        /// The file.
        list: String,
    },
    /// A draft may be rehearsed; whoever does is told.
    #[error("`{}` is a draft", path.display())]
    Draft {
        /// The article.
        path: PathBuf,
        /// How its front matter is written.
        notation: Notation,
    },
    /// The return path of every message would be nobody.
    #[error("`{0}` cannot be a sender: {1}")]
    Sender(String, String),
    /// Readers' servers would take the signature for somebody else's.
    #[error("the mail is from `{from}` and would be signed for `{domain}`")]
    Unaligned {
        /// The domain of the sender.
        from: String,
        /// The domain of the key.
        domain: String,
    },
    /// A theme that the article names and that is not there.
    #[error("{}", .0.message())]
    Theme(Problem),
}

impl Condition for PressError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::More(_) => None,
            Self::NotOnTheList { .. } => {
                Some("choose an address of the list, or leave `--as` out for the first one".to_owned())
            }
            Self::Draft { notation, .. } => {
                let ready = notation.text("status", "ready");
                Some(format!("write `{ready}` in its front matter when it may go out"))
            }
            Self::Theme(problem) => problem.hint(),
            Self::Unaligned { domain, .. } => {
                Some(format!("let `from` be an address at `{domain}` or below it"))
            }
            Self::Sender(..) => Some("write `from = \"Name <address>\"`".to_owned()),
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Draft { .. } => Class::Refused,
            _ => Class::Data,
        }
    }
}
