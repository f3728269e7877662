//! Finds where the words of a page stand in its source.
//!
//! Parsers of HTML keep no places. Blocks come in the order of the source, so the place
//! of each is where its opening words are found next; without them it is that of the
//! block before.

use crate::article::Body;
use crate::problem::Span;

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
    /// In a source, which is searched from `at` on.
    Searched {
        /// The source.
        body: &'a Body<'a>,
        /// Where the last was found.
        last: Span,
        /// How many bytes may still be searched in vain.
        patience: usize,
    },
}

impl<'a> Places<'a> {
    /// Places in `body`, from its first element on.
    pub(super) fn of(body: &'a Body<'a>) -> Self {
        let text = body.text();
        let start = text.find("<body").or_else(|| text.find("<BODY")).unwrap_or_default();
        Self::Searched { body, last: Span::new(start, start), patience: PATIENCE }
    }

    /// Where `text` stands next, or where the last thing stood.
    pub(super) fn find(&mut self, text: &str) -> Span {
        match self {
            Self::One(span) => *span,
            Self::Searched { body, last, patience } => {
                let needle = needle(text);
                let rest = &body.text()[last.start..];
                if needle.len() >= SHORTEST && rest.len() <= *patience {
                    match memchr::memmem::find(rest.as_bytes(), needle.as_bytes()) {
                        Some(at) => {
                            let start = last.start + at;
                            *last = Span::new(start, start + needle.len());
                        }
                        None => *patience -= rest.len(),
                    }
                }
                body.original(*last)
            }
        }
    }

    /// Lets the search begin again at the first element.
    pub(super) fn rewind(&mut self) {
        if let Self::Searched { body, last, .. } = self
            && let Self::Searched { last: first, .. } = Places::of(body)
        {
            *last = first;
        }
    }
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
