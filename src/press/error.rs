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
    #[error("`{written}` cannot be a sender: {why}")]
    Sender {
        /// As written.
        written: String,
        /// Why not, as a clause.
        why: String,
        /// How the front matter is written.
        notation: Notation,
    },
    /// The content of a campaign as the store has it.
    #[error("the content of the campaign cannot be read: {0}")]
    Content(String),
    /// Readers' servers would take the signature for somebody else's.
    #[error("the mail is from `{from}` and would be signed for `{domain}`")]
    Unaligned {
        /// The domain of the sender.
        from: String,
        /// The domain of the key.
        domain: String,
    },
    /// The relay takes no more for now, from anybody.
    #[error("{relay} takes no more mail for now")]
    Held {
        /// Host and port.
        relay: String,
        /// Its words.
        said: String,
    },
    /// A theme that the article names and that is not there.
    #[error("{}", .0.message())]
    Theme(Problem),
}

impl Condition for PressError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::More(_) | Self::Content(_) => None,
            Self::Held { .. } => Some("carry the campaign on when the relay's limit has passed".to_owned()),
            Self::NotOnTheList { .. } => {
                Some("choose an address of the list, or leave `--as` out for the first one".to_owned())
            }
            Self::Draft { notation, .. } => {
                let ready = notation.text("status", "ready");
                Some(format!("write `{ready}` in its front matter when it may go out"))
            }
            Self::Theme(problem) => problem.hint(),
            Self::Sender { notation, .. } => {
                Some(format!("write `{}`", notation.text("from", "Name <address>")))
            }
            Self::Unaligned { domain, .. } => {
                Some(format!("let `from` be an address at `{domain}` or below it"))
            }
        }
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::Held { said, .. } => vec![format!("server said: {said}")],
            _ => Vec::new(),
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Draft { .. } => Class::Refused,
            Self::Held { .. } => Class::Later,
            _ => Class::Data,
        }
    }
}
