//! What can be wrong with what is begun.

use std::path::PathBuf;

use crate::problem::{Class, Condition};

/// What can be wrong with a newsletter or an article that is begun.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    /// A file that a new one must not take the place of.
    #[error("`{}` is there already, and stays as it is", .0.display())]
    There(PathBuf),
    /// A name that is empty, or more than a line.
    #[error("expected a name of one line")]
    NotAName,
    /// A title that is empty, or more than a line.
    #[error("expected a title of one line")]
    NotATitle,
    /// What cannot be the id of a newsletter.
    #[error("`{text}` cannot be an id")]
    NotAnId {
        /// As written.
        text: String,
        /// One like it that can.
        near: Option<String>,
    },
    /// A theme that is not there.
    #[error("there is no theme `{text}`")]
    NoTheme {
        /// As written.
        text: String,
        /// One with nearly that name.
        near: Option<String>,
        /// Those that come along.
        known: Vec<String>,
    },
}

impl Condition for InitError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::There(_) => "choose another folder or title, or move it away".to_owned(),
            Self::NotAName => "such as `--name \"The Proof Sheet\"`".to_owned(),
            Self::NotATitle => "such as `letterpress new \"The first issue\"`".to_owned(),
            Self::NotAnId { near, .. } => {
                let such = near.as_ref().map(|near| format!(", such as `{near}`")).unwrap_or_default();
                format!("use lower-case letters, digits and hyphens{such}")
            }
            Self::NoTheme { near: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::NoTheme { known, .. } => format!("there are: {}", known.join(", ")),
        })
    }

    fn class(&self) -> Class {
        match self {
            Self::There(_) => Class::Data,
            Self::NotAName | Self::NotATitle | Self::NotAnId { .. } | Self::NoTheme { .. } => Class::Usage,
        }
    }
}
