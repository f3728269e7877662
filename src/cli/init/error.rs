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
    /// A file of a theme that is there already.
    #[error("`{}` is there already", .0.display())]
    Yours(PathBuf),
    /// A name that two files of a theme have, but for their endings.
    #[error("the theme `{theme}` has {} files called `{text}`", .files.len())]
    TwoParts {
        /// As written.
        text: String,
        /// The theme.
        theme: String,
        /// Their names.
        files: Vec<String>,
    },
    /// A file that a theme does not have.
    #[error("the theme `{theme}` has no file `{text}`")]
    NoPart {
        /// As written.
        text: String,
        /// The theme.
        theme: String,
        /// One with nearly that name.
        near: Option<String>,
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
            Self::NoTheme { near: Some(near), .. } | Self::NoPart { near: Some(near), .. } => {
                format!("did you mean `{near}`?")
            }
            Self::Yours(_) => "it stays as it is; move it away to get the built-in one again".to_owned(),
            Self::TwoParts { files, .. } => format!("write one with its ending: {}", files.join(" or ")),
            Self::NoPart { theme, .. } => format!("`letterpress theme list {theme}` tells them all"),
            Self::NoTheme { known, .. } => format!("there are: {}", known.join(", ")),
        })
    }

    fn class(&self) -> Class {
        match self {
            Self::There(_) | Self::Yours(_) => Class::Data,
            Self::NotAName
            | Self::NotATitle
            | Self::NotAnId { .. }
            | Self::NoTheme { .. }
            | Self::TwoParts { .. }
            | Self::NoPart { .. } => Class::Usage,
        }
    }
}
