//! Parts for the tests of other rooms, without an article or a theme.

use super::composed::{Composed, Parts};
use crate::problem::Source;
use crate::tags::Mask;

/// Composes parts as typed.
///
/// # Panics
///
/// When a part has a problem.
pub(crate) fn press(subject: &str, text: &str, html: &str) -> Composed {
    press_with(subject, None, text, html)
}

/// Composes parts as typed, with the line for inboxes nowhere in the HTML.
///
/// # Panics
///
/// As [`press`].
pub(crate) fn press_with(subject: &str, preheader: Option<&str>, text: &str, html: &str) -> Composed {
    let mut mask = Mask::avoiding(&format!("{subject}{preheader:?}{text}{html}"));
    let mut masked = |name: &str, typed: &str| mask.mask(&Source::new(name, typed), typed, 0).text;
    let (subject, text, html) = (masked("subject", subject), masked("text", text), masked("html", html));
    let preheader = preheader.map(|line| masked("preheader", line));
    let parts =
        Parts { subject: &subject, preheader: preheader.as_deref(), text: &text, html: &html, mjml: "" };
    Composed::press(mask, &parts).expect("the parts of a test are sound")
}
