//! What is to be told of a page that a mail cannot show as it is.

use crate::problem::{Class, Condition};

/// What is to be told of a page.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// A link relative to a page of which nobody knows where it stood.
    #[error("the link `{0}` leads nowhere outside its page, so only its words are shown")]
    RelativeLink(String),
    /// Cells of a table that reach over others.
    #[error("cells that reach over several rows or columns are shown in the first of them")]
    SpannedCells,
    /// Something that plays in a page.
    #[error("`<{0}>` plays in no mail, so a link to it is shown")]
    Embedded(String),
}

impl Condition for PageError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::RelativeLink(_) => {
                "write the whole address, or say where the page stood: `<base href=\"https://…\">` in its head"
            }
            Self::SpannedCells => {
                "look at the table in the preview; give each cell a place of its own if it misleads"
            }
            Self::Embedded(_) => "look at the link in the preview; a picture with a link says more",
        };
        Some(hint.to_owned())
    }

    fn class(&self) -> Class {
        Class::Data
    }
}
