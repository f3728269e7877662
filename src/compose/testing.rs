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
    let mut mask = Mask::avoiding(&format!("{subject}{text}{html}"));
    let mut masked = |name: &str, typed: &str| mask.mask(&Source::new(name, typed), typed, 0).text;
    let (subject, text, html) = (masked("subject", subject), masked("text", text), masked("html", html));
    Composed::press(mask, &Parts { subject: &subject, preheader: None, text: &text, html: &html, mjml: "" })
        .expect("the parts of a test are sound")
}
