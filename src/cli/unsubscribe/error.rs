//! What can be wrong with mails of those who leave, and with bringing people back.

use std::path::PathBuf;

use crate::audience::SuppressionReason;
use crate::problem::{Class, Condition, said};
use crate::store::StoreError;

/// What can be wrong with mails of those who leave.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum UnsubscribeError {
    /// Nothing is there.
    #[error("there is no maildir, mbox or mail `{}`", .0.display())]
    NoMailbox(PathBuf),
    /// A folder that is something else.
    #[error("`{}` is a folder, and no maildir", .0.display())]
    NotAMaildir(PathBuf),
    /// A folder or file cannot be read.
    #[error("cannot read `{name}`: {}", said(error))]
    Unreadable {
        /// Which.
        name: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// Standard input holds nothing.
    #[error("standard input holds no mail")]
    NoMail,
    /// A mail whose writer is to be told so: this is what a mail server answers with.
    #[error("this mail does not say who wants to leave `{newsletter}`: it holds no link of it")]
    NoToken {
        /// The newsletter.
        newsletter: String,
    },
    /// Somebody who said themselves that they want no mail.
    #[error("{address} {} on {}: no means no", reason.word(), since.strftime("%Y-%m-%d"))]
    SaidNo {
        /// Who.
        address: String,
        /// As what they are noted.
        reason: SuppressionReason,
        /// Since when.
        since: jiff::Timestamp,
    },
    /// The state cannot be read or written now.
    #[error("{0}")]
    State(StoreError),
}

impl UnsubscribeError {
    /// Whether it is the mail that is wrong, and nothing of ours.
    pub(super) fn is_of_the_mail(&self) -> bool {
        matches!(self, Self::NoMail | Self::NoToken { .. })
    }
}

impl Condition for UnsubscribeError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoMailbox(_) => "check its name and who may read it; `-` reads a mail from standard input",
            Self::NotAMaildir(_) => {
                "a maildir has the folders `new` and `cur`; an mbox and a single mail are files"
            }
            Self::Unreadable { .. } => "check who may read it",
            Self::NoMail => "pipe a mail into it, or name a maildir, an mbox or a mail",
            Self::NoToken { .. } => {
                "use the link for unsubscribing in the newest mail that you have of it, or reply to that mail \
                 and ask to be taken off the list"
            }
            Self::SaidNo { reason, .. } => {
                return Some(format!(
                    "only they themselves may come back; when they asked you to, keep what they wrote and add \
                     `--allow {}`",
                    reason.word()
                ));
            }
            Self::State(error) => return error.hint(),
        };
        Some(hint.to_owned())
    }

    fn class(&self) -> Class {
        match self {
            // Whoever hands mails in keeps them, and tries again.
            Self::State(_) => Class::Later,
            Self::SaidNo { .. } => Class::Refused,
            _ => Class::Data,
        }
    }
}
