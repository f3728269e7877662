//! What fills the holes of one copy.

use crate::audience::Values;

/// The field that every copy has without the list having it: the address by which its
/// reader leaves.
pub const UNSUBSCRIBE_URL: &str = "unsubscribe_url";

/// The values of one recipient, and the link they leave by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filling<'a> {
    pub(super) values: &'a Values,
    pub(super) link: Option<&'a str>,
}

impl<'a> Filling<'a> {
    /// The value of `field`; the link is nobody's to set but ours.
    pub(super) fn get(self, field: &str) -> Option<&'a str> {
        if field == UNSUBSCRIBE_URL { self.link } else { self.values.get(field).map(String::as_str) }
    }
}
