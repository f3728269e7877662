//! Values made harmless: whatever a subscriber's value is, it means nothing but itself
//! where it stands.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::pieces::Context;

/// Why a value cannot stand where its hole is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// An address is needed.
    NotAnAddress,
    /// A header has one line.
    LineEnd,
}

/// A value as text that means nothing but itself in `context`.
pub(super) fn inert(text: &str, context: Context) -> Result<Cow<'_, str>, Unfit> {
    match context {
        Context::Header if text.contains(['\r', '\n']) => Err(Unfit::LineEnd),
        Context::Header | Context::Plain => Ok(visible(text)),
        Context::Html => Ok(escape(visible(text))),
        // As a step of a path, dots lead somewhere else (RFC 3986 §5.2.4).
        Context::AddressPart if matches!(text, "." | "..") => Err(Unfit::NotAnAddress),
        Context::AddressPart => Ok(percent(text)),
        Context::HtmlAddress => {
            address(text).map(|address| escape(address.into())).ok_or(Unfit::NotAnAddress)
        }
        Context::PlainAddress => address(text).map(Cow::Borrowed).ok_or(Unfit::NotAnAddress),
    }
}

/// Drops what cannot be seen but changes what is: controls, and the marks that turn
/// the direction of the text around them (UAX #9, §2). Line ends become spaces.
fn visible(text: &str) -> Cow<'_, str> {
    let odd = |c: char| c.is_control() || is_mark(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(odd) {
        return text.into();
    }
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
            c if c.is_control() || is_mark(c) => None,
            c => Some(c),
        })
        .collect::<String>()
        .into()
}

/// Whether a character turns the direction of what follows, or cannot be seen at all.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}')
}

fn escape(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out.into()
}

/// Percent-encodes all but the unreserved characters of RFC 3986 §2.3.
fn percent(text: &str) -> Cow<'_, str> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if text.bytes().all(unreserved) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if unreserved(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out.into()
}

/// `text` if it is an address a mail may lead to.
fn address(text: &str) -> Option<&str> {
    let text = text.trim();
    let scheme = text.split_once(':')?.0.to_ascii_lowercase();
    let clean = !text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\' | '`'))
        && visible(text) == text;
    (clean && matches!(scheme.as_str(), "http" | "https" | "mailto")).then_some(text)
}
