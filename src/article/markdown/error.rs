//! What is to be told of Markdown that is read in another way than it looks.

use std::fmt;

use crate::problem::{Class, Condition};

/// What is to be told of Markdown.
#[derive(Debug, thiserror::Error)]
pub(super) enum MarkdownError {
    /// A line that looks as if it opened a block, and is read as words.
    #[error("`:::{name}` here is read as text because {reason}")]
    FenceAsText {
        /// As typed.
        name: String,
        /// Why.
        reason: AsText,
    },
    /// The mark of a note that is written nowhere.
    #[error("the footnote `[^{0}]` is written nowhere, so its mark is shown as text")]
    UndefinedNote(String),
    /// A link whose address is written nowhere.
    #[error("where `[{0}]` leads is written nowhere, so the link is shown as text")]
    UndefinedReference(String),
    /// Code that goes on to the end of the article because its fence is not closed.
    #[error("the code that begins here is not closed, so all that follows is shown as code")]
    UnclosedCode(String),
    /// A line that looks like a row of a table.
    #[error("this row belongs to no table, so its bars are shown as text")]
    RowAsText,
    /// A line that looks like a meaning.
    #[error("this meaning belongs to no term, so its colon is shown as text")]
    MeaningAsText,
    /// A block that a link of HTML goes around and cannot link.
    #[error("{0} within this `<a>` cannot be linked, so it stays as it is")]
    HtmlUnlinked(&'static str),
}

/// Why a line that looks as if it opened a block does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsText {
    /// It goes on with the paragraph above it.
    Indented,
    /// It stands within HTML.
    Html,
    /// Something other than a space follows the name.
    Joined,
}

impl fmt::Display for AsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Indented => "it is indented by four spaces or more, so the paragraph above goes on",
            Self::Html => "the HTML above goes on to the next empty line",
            Self::Joined => "there is no space after the name",
        })
    }
}

impl Condition for MarkdownError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UndefinedNote(name) => {
                return Some(format!(
                    "write `[^{name}]: …` on a line of its own, or put a `\\` before the bracket if it is meant as text"
                ));
            }
            Self::UndefinedReference(name) => {
                return Some(format!(
                    "write `[{name}]: https://…` on a line of its own, or put a `\\` before the bracket if it is \
                     meant as text"
                ));
            }
            Self::UnclosedCode(fence) => {
                return Some(format!("put a line with only {fence} where the code ends"));
            }
            Self::RowAsText => {
                "leave no empty line between the rows of a table, and put a row of dashes under the first: `|---|---|`"
            }
            Self::MeaningAsText => "put the term on the line above it, with nothing between them",
            Self::HtmlUnlinked(_) => "link the words beside it, or end the `<a>` before it",
            Self::FenceAsText { reason, .. } => match reason {
                AsText::Indented => {
                    "take the spaces before it away, or put a `\\` before it if it is meant as text"
                }
                AsText::Html => "put an empty line above it",
                AsText::Joined => {
                    "put a space after the name, or a `\\` before the colons if it is meant as text"
                }
            },
        };
        Some(hint.to_owned())
    }

    fn class(&self) -> Class {
        Class::Data
    }
}
