//! What can be wrong with evidence.

use crate::problem::{Class, Condition};

/// What can be wrong with a log or an export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why, as a clause.
        reason: String,
    },
    /// Not one line as a Postfix writes them.
    #[error("`{0}` holds no line of a Postfix")]
    NotALog(String),
    /// An export without a column that names messages.
    #[error("no column of `{path}` names messages; the columns are {}", .found.join(", "))]
    NoMessageColumn {
        /// The file.
        path: String,
        /// The names as written.
        found: Vec<String>,
    },
    /// An export that does not say what became of them.
    #[error("no column of `{path}` says what became of a message; the columns are {}", .found.join(", "))]
    NoStatusColumn {
        /// The file.
        path: String,
        /// The names as written.
        found: Vec<String>,
    },
    /// A word for what became of a message that is not known, of a message of ours.
    #[error("line {line} of `{path}`: `{word}` does not say whether the relay took the message")]
    UnknownStatus {
        /// The file.
        path: String,
        /// The line, counted from 1.
        line: u64,
        /// As written.
        word: String,
    },
    /// A row that is none.
    #[error("line {line} of `{path}` cannot be read: {reason}")]
    Row {
        /// The file.
        path: String,
        /// The line, counted from 1.
        line: u64,
        /// Why, as a clause.
        reason: String,
    },
}

impl Condition for EvidenceError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreadable { .. } => "check its name and who may read it",
            Self::NotALog(_) => {
                "name a mail.log, or what `journalctl -u postfix` wrote; a table is read with `--csv`"
            }
            Self::NoMessageColumn { .. } => "name it `message_id`, or `queue_id` for the relay's own name",
            Self::NoStatusColumn { .. } => "name it `status`; it says `accepted`, `bounced` and the like",
            Self::UnknownStatus { .. } => "write `accepted` or `bounced` instead, or leave the row out",
            Self::Row { .. } => "save the table once more as CSV",
        };
        Some(hint.to_owned())
    }

    fn class(&self) -> Class {
        Class::Data
    }
}
