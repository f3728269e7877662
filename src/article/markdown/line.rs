//! Reads a value of the front matter as words within a paragraph.

use comrak::nodes::NodeValue;
use comrak::{Arena, parse_document};

use super::fences::Fences;
use super::notes::Notes;
use super::position::Lines;
use super::quotes::Quotes;
use super::references::References;
use super::{DEEPEST, Walk, bounds, options};
use crate::article::findings::Findings;
use crate::article::{ArticleError, Body, Inline, Placed};
use crate::tags::Mask;

/// Reads one line of Markdown; whatever is found in it is told of the whole value.
pub(in crate::article) fn read(
    line: &Placed<String>,
    mask: &Mask,
    as_typed: bool,
    lang: Option<&Placed<String>>,
    findings: &mut Findings,
) -> Vec<Inline> {
    let text = line.value.trim();
    if bounds::too_many_markers(text).is_some() {
        findings.error(ArticleError::TooDeep(DEEPEST), line.span);
        return Vec::new();
    }
    let arena = Arena::new();
    let parsed = |text: &str| parse_document(&arena, text, &options(as_typed));
    // What would begin a list or a quotation is read as in a heading, where nothing but
    // words is.
    let (mut text, mut root) = (text.to_owned(), parsed(text));
    let is_paragraph = root.first_child().is_some_and(|first| {
        matches!(first.data().value, NodeValue::Paragraph) && first.next_sibling().is_none()
    });
    if !is_paragraph {
        text.insert_str(0, "# ");
        root = parsed(&text);
    }
    let lines = Lines::of(&text);
    let body = Body::Value { text, span: line.span };
    let mut walk = Walk {
        body: &body,
        mask,
        arena: &arena,
        fences: Fences::default(),
        quotes: Quotes::of(lang.map(|lang| lang.value.as_str()).filter(|_| !as_typed)),
        as_typed,
        lines,
        notes: Notes::default(),
        references: References::default(),
        too_deep: false,
        lowered: false,
        findings,
    };
    root.first_child().map(|words| walk.inlines(words, 0)).unwrap_or_default()
}
