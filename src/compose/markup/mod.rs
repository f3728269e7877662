//! Checks MJML for what its renderer passes in silence or reports without a place.
//!
//! Elements and attributes that do not exist, values of another kind, elements out of
//! place, tags that do not balance, and what is wrongly written: all at once, each with
//! where it stands. What passes, the renderer understands.

mod attributes;
mod elements;
mod error;
mod nesting;
mod scan;
mod values;

use std::ops::Range;

pub use error::MarkupError;
use scan::Found;

use crate::problem::{Problem, Problems, Source};

/// Most problems of one layout that are told, and most warnings.
const MOST: usize = 50;

/// What became of a check.
pub(super) struct Checked {
    /// Everything wrong, in the order of its place, with whether it stops the run.
    pub(super) found: Vec<Found>,
    /// The MJML as the renderer understands it when nothing is wrong, with the same
    /// lines.
    pub(super) settled: String,
    /// Where in it stands what `<mj-text>` holds.
    pub(super) texts: Vec<Range<usize>>,
}

/// Checks `mjml`.
pub(super) fn check(mjml: &str) -> Checked {
    let mut found = Vec::new();
    let (tokens, whole) = scan::tokens(mjml, &mut found);
    let (settled, texts) = nesting::walk(mjml, &tokens, whole, &mut found);
    found.sort_by_key(|(_, span)| span.start);
    found.dedup();
    // Warnings without number must not hide what stops the run.
    let (mut errors, mut warnings) = (0, 0);
    found.retain(|(condition, _)| {
        let count = if condition.is_warning() { &mut warnings } else { &mut errors };
        *count += 1;
        *count <= MOST
    });
    Checked { found, settled, texts }
}

/// Checks MJML as that of a theme is checked when it is filled, and gives it as the
/// renderer reads it, beside what is told and stops nothing.
///
/// # Errors
///
/// Fails with everything that is wrong, each with its place.
pub fn check_mjml(source: &Source) -> Result<(String, Vec<Problem>), Problems> {
    let Checked { found, settled, .. } = check(source.text());
    let told = found.into_iter().map(|(condition, span)| {
        let is_warning = condition.is_warning();
        let problem = Problem::at(condition, source, span);
        if is_warning { problem.warning() } else { problem }
    });
    Problems::check(settled, told.collect())
}

impl MarkupError {
    /// Whether the mail can be made all the same.
    pub(super) fn is_warning(&self) -> bool {
        matches!(self, Self::IdleAttribute { .. } | Self::NoAlt)
    }
}

#[cfg(test)]
mod tests;
