//! The one style sheet of the pages, with the newsletter's colours.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::paint::{Paint, Scheme};

/// What all pages share. Nothing newer than custom properties, which readers' old
/// phones know.
const RULES: &str = include_str!("../assets/pages.css");

const SANS: &str =
    "-apple-system,BlinkMacSystemFont,\"Segoe UI\",Roboto,Inter,\"Helvetica Neue\",Arial,sans-serif";

/// A style sheet that stands in the page itself.
#[derive(Debug, Clone)]
pub(super) struct Style {
    text: String,
}

impl Style {
    /// The style sheet in these colours.
    pub(super) fn new(paint: &Paint) -> Self {
        let mut text = format!(":root{{color-scheme:light dark;--sans:{SANS};--head:{SANS};");
        properties(&mut text, &paint.light);
        text.push_str("}\n@media (prefers-color-scheme:dark){:root{");
        properties(&mut text, &paint.dark);
        text.push_str("}}\n");
        text.push_str(RULES);
        Self { text }
    }

    /// What stands between `<style>` and `</style>`.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How a policy names exactly this style sheet (CSP 3 §2.3.1, `hash-source`).
    pub(super) fn source(&self) -> String {
        format!("'sha256-{}'", BASE64.encode(digest(&SHA256, self.text.as_bytes())))
    }
}

fn properties(out: &mut String, scheme: &Scheme) {
    for (role, colour) in [
        ("paper", scheme.paper),
        ("card", scheme.card),
        ("tint", scheme.tint),
        ("ink", scheme.ink),
        ("title", scheme.title),
        ("muted", scheme.muted),
        ("line", scheme.line),
        ("edge", scheme.edge),
        ("accent", scheme.accent),
        ("fill", scheme.fill),
        ("fill-hover", scheme.fill_hover),
        ("on-fill", scheme.on_fill),
        ("rim", scheme.rim),
    ] {
        let _ = write!(out, "--{role}:{colour};");
    }
}
