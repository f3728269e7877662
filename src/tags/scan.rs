//! Finds merge tags in a text, knowing strings.

use crate::problem::Span;

/// A tag in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// Where, braces included; the two opening braces alone when it is not closed.
    pub(super) span: Span,
    /// Whether its end was found.
    pub(super) closed: bool,
}

/// Longest tag that is looked for, in bytes: what is longer was never meant as one,
/// and without a bound a text of opening braces alone would take quadratic time.
const LONGEST: usize = 2_000;

/// The tags in `text`, in order. A tag ends at its closing braces outside strings,
/// and before the next blank line.
pub(super) fn tags(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(step) = text[at..].find('{') {
        let start = at + step;
        let close = match bytes.get(start + 1) {
            Some(b'{') => b'}',
            Some(b'%') => b'%',
            _ => {
                at = start + 1;
                continue;
            }
        };
        let end =
            end_of_tag(bytes, start + 2, close, true).or_else(|| end_of_tag(bytes, start + 2, close, false));
        let span = Span::new(start, end.unwrap_or(start + 2));
        found.push(Found { span, closed: end.is_some() });
        at = span.end;
    }
    found
}

fn end_of_tag(bytes: &[u8], from: usize, close: u8, strings: bool) -> Option<usize> {
    let limit = bytes.len().min(from + LONGEST);
    let mut quote = None;
    let mut at = from;
    while at < limit {
        let byte = bytes[at];
        match quote {
            Some(open) if byte == open => quote = None,
            None if strings && matches!(byte, b'"' | b'\'' | b'`') => quote = Some(byte),
            None if byte == close && bytes.get(at + 1) == Some(&b'}') => return Some(at + 2),
            None if byte == b'{' && matches!(bytes.get(at + 1), Some(b'{' | b'%')) => return None,
            _ => {}
        }
        if byte == b'\n'
            && bytes[at + 1..].iter().find(|next| !matches!(next, b' ' | b'\t' | b'\r')) == Some(&b'\n')
        {
            return None;
        }
        at += 1;
    }
    None
}
