//! A composed mail as data, so that what was approved is what is sent, days later and
//! by another process.

use serde::{Deserialize, Serialize};

use super::composed::{Composed, Parts};
use super::pictures::Embedded;
use crate::problem::Problem;
use crate::tags::Mask;

/// The finished parts of a mail with their merge tags, as [`Composed::freeze`] gives
/// them. The same mail freezes to the same data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// What the sentinels in the parts begin with.
    pub(super) stem: String,
    /// The tags by their numbers, as typed.
    pub(super) tags: Vec<String>,
    pub(super) subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) preheader: Option<String>,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) mjml: String,
    /// Those that every copy carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) pictures: Vec<Embedded>,
}

impl Frozen {
    /// The mail again; problems point into the tags themselves, not into the article.
    ///
    /// # Errors
    ///
    /// Fails when these are not the parts of a mail that was composed.
    pub fn thaw(&self) -> Result<Composed, Vec<Problem>> {
        let mask = Mask::of_tags(&self.stem, &self.tags);
        let parts = Parts {
            subject: &self.subject,
            preheader: self.preheader.as_deref(),
            text: &self.text,
            html: &self.html,
            mjml: &self.mjml,
        };
        Ok(Composed::press(mask, &parts)?.carrying(self.pictures.clone()))
    }
}
