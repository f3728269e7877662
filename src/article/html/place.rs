//! Remembers where the elements of a page stand in its source.
//!
//! Parsers of HTML keep no places, so each tag is given its number as an attribute before
//! they see it. Words have no tag: they are searched for behind that of their element.

use crate::article::Body;
use crate::problem::Span;

/// The attribute in which a tag has its number: a name that nobody writes, since it is
/// also taken out of words.
pub(super) const MARK: &str = "_lp7qx3v";

/// How many bytes behind its tag the words of an element are searched for.
const NEAR: usize = 4_096;

/// Most bytes that are searched in vain, all searches taken together.
const PATIENCE: usize = 64 * 1024 * 1024;

/// Longest text that is searched for.
const LONGEST: usize = 48;

/// Shortest text that tells a place.
const SHORTEST: usize = 3;

/// Where things are.
pub(super) enum Places<'a> {
    /// All in one place, of which no more is known.
    One(Span),
    /// In a source.
    Source {
        /// The source.
        body: &'a Body<'a>,
        /// Where its tags stand.
        tags: Vec<Span>,
        /// What was found last.
        last: Span,
        /// Where to search from.
        from: usize,
        /// How many bytes may still be searched in vain.
        patience: usize,
    },
}

impl<'a> Places<'a> {
    /// Places in `body`, whose tags stand at `tags`.
    pub(super) fn of(body: &'a Body<'a>, tags: Vec<Span>) -> Self {
        Self::Source { body, tags, last: Span::default(), from: 0, patience: PATIENCE }
    }

    /// Where a tag stands; searches go on behind it.
    pub(super) fn tag(&mut self, number: usize) -> Span {
        match self {
            Self::One(span) => *span,
            Self::Source { body, tags, last, from, .. } => {
                *last = tags.get(number).copied().unwrap_or(*last);
                *from = last.end;
                body.original(*last)
            }
        }
    }

    /// Where `text` stands behind the last place, or that place.
    pub(super) fn find(&mut self, text: &str) -> Span {
        match self {
            Self::One(span) => *span,
            Self::Source { body, last, from, patience, .. } => {
                let needle = needle(text);
                let text = body.text();
                let rest = &text[*from..text.floor_char_boundary(from.saturating_add(NEAR))];
                if needle.len() >= SHORTEST && rest.len() <= *patience {
                    match memchr::memmem::find(rest.as_bytes(), needle.as_bytes()) {
                        Some(at) => {
                            let start = *from + at;
                            *last = Span::new(start, start + needle.len());
                            *from = start;
                        }
                        None => *patience -= rest.len(),
                    }
                }
                body.original(*last)
            }
        }
    }
}

/// `html` with its number at each tag of `tags`, which gives its beginning and the end of its
/// name.
pub(super) fn numbered(html: &str, tags: &[(Span, usize)]) -> String {
    let mut out = String::with_capacity(html.len() + tags.len() * 16);
    let mut copied = 0;
    for (number, (_, named)) in tags.iter().enumerate() {
        out.push_str(&html[copied..*named]);
        for part in [" ", MARK, "=\"", &number.to_string(), "\""] {
            out.push_str(part);
        }
        copied = *named;
    }
    out.push_str(&html[copied..]);
    out
}

/// A text without the numbers of tags, which it has where a parser takes tags for words.
pub(super) fn unmarked(text: &str) -> String {
    let mark = format!(" {MARK}=\"");
    let mut parts = text.split(mark.as_str());
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('"') {
            Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => out.push_str(rest),
            _ => {
                out.push_str(&mark);
                out.push_str(part);
            }
        }
    }
    out
}

/// The beginning of `text` that stands in a source as it is: up to a line end or a
/// character that may be written in another way.
fn needle(text: &str) -> &str {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|(at, c)| {
            matches!(c, '&' | '<' | '>' | '"' | '\'' | '\n' | '\r' | '\t') || !c.is_ascii() || *at >= LONGEST
        })
        .map_or(text.len(), |(at, _)| at);
    let end = if end < SHORTEST { text.floor_char_boundary(LONGEST) } else { end };
    text[..end].trim_end()
}
