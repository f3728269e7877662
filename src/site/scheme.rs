//! Shows a mail in light or dark, whatever the browser around it prefers.
//!
//! A frame inherits the preference of the person's system, so the question the mail
//! asks is answered here: `(prefers-color-scheme: dark)` becomes a media feature that
//! is always true or always false. Compound queries keep their other conditions, and
//! only style sheets and attributes are touched, never what the reader reads.

use serde::Deserialize;

/// A colour scheme a mail client shows mail in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Media features of Media Queries 4 §4.1 that hold, and do not hold, in any window.
const ALWAYS: &str = "(min-width:0)";
const NEVER: &str = "(max-width:0)";

/// The same mail for a client that shows mail in `scheme`.
#[must_use]
pub(super) fn shown_in(html: &str, scheme: Scheme) -> String {
    let mut shown = String::with_capacity(html.len() + 96);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        shown.push_str(&rest[..open]);
        rest = &rest[open..];
        let end = if rest.starts_with("<!--") {
            rest.find("-->").map_or(rest.len(), |at| at + 3)
        } else if opens_style(rest) {
            find_ignoring_case(rest, "</style").unwrap_or(rest.len())
        } else {
            rest.find('>').map_or(rest.len(), |at| at + 1)
        };
        // A comment may be a conditional one that holds styles; no browser reads it.
        if rest.starts_with("<!--") {
            shown.push_str(&rest[..end]);
        } else {
            answer(&rest[..end], scheme, &mut shown);
        }
        rest = &rest[end..];
    }
    shown.push_str(rest);
    // At the very end it needs no place of its own: parsers put it into the body, and
    // the document keeps its doctype first.
    shown.push_str("<style>:root{color-scheme:");
    shown.push_str(scheme.name());
    shown.push_str("!important}</style>");
    shown
}

fn opens_style(tag: &str) -> bool {
    let bytes = tag.as_bytes();
    bytes.len() > 6
        && bytes[1..6].eq_ignore_ascii_case(b"style")
        && (bytes[6] == b'>' || bytes[6].is_ascii_whitespace())
}

fn answer(css: &str, scheme: Scheme, out: &mut String) {
    const FEATURE: &str = "prefers-color-scheme";
    let mut rest = css;
    while let Some(at) = find_ignoring_case(rest, FEATURE) {
        let before = rest[..at].trim_end();
        let asked = rest[at + FEATURE.len()..].trim_start();
        let wanted = asked.strip_prefix(':').and_then(|value| value.split_once(')'));
        let Some(((wanted, after), query)) = wanted.zip(before.strip_suffix('(')) else {
            out.push_str(&rest[..at + FEATURE.len()]);
            rest = &rest[at + FEATURE.len()..];
            continue;
        };
        out.push_str(query);
        out.push_str(if wanted.trim().eq_ignore_ascii_case(scheme.name()) { ALWAYS } else { NEVER });
        rest = after;
    }
    out.push_str(rest);
}

fn find_ignoring_case(text: &str, ascii: &str) -> Option<usize> {
    text.as_bytes().windows(ascii.len()).position(|window| window.eq_ignore_ascii_case(ascii.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "<!doctype html><style>a{}@media (prefers-color-scheme: dark){a{color:#fff}}</style>";

    #[test]
    fn dark_rules_hold_in_dark_and_do_not_in_light() {
        assert!(shown_in(MAIL, Scheme::Dark).contains("@media (min-width:0){a{color:#fff}}"));
        assert!(shown_in(MAIL, Scheme::Light).contains("@media (max-width:0){a{color:#fff}}"));
    }

    #[test]
    fn other_conditions_of_a_query_stay() {
        let mail =
            "<STYLE>@media screen and ( PREFERS-color-scheme : light ) and (max-width:480px){}</STYLE>";
        let shown = shown_in(mail, Scheme::Light);
        assert!(shown.contains("@media screen and (min-width:0) and (max-width:480px){}"), "{shown}");
    }

    #[test]
    fn a_picture_chosen_by_scheme_follows() {
        let mail = "<source media=\"(prefers-color-scheme: dark)\" srcset=\"d.png\">";
        assert!(shown_in(mail, Scheme::Dark).contains("media=\"(min-width:0)\""));
    }

    #[test]
    fn what_the_reader_reads_is_left_alone() {
        let mail = "<p>Write @media (prefers-color-scheme: dark) in your theme.</p>";
        assert!(shown_in(mail, Scheme::Dark).starts_with(mail));
    }

    #[test]
    fn the_root_is_told_its_scheme_without_moving_the_doctype() {
        let shown = shown_in(MAIL, Scheme::Dark);
        assert!(shown.starts_with("<!doctype html>"));
        assert!(shown.contains(":root{color-scheme:dark!important}"));
    }

    #[test]
    fn broken_markup_is_copied_through() {
        for mail in ["<style>@media (prefers-color-scheme", "<", "<!-- <style>", "<style", "a < b (prefers-"]
        {
            assert!(shown_in(mail, Scheme::Dark).starts_with(mail));
        }
    }
}
