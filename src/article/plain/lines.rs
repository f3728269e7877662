//! Cuts a pasted text into clean lines.

use crate::problem::Span;

/// Columns a tab stands for.
const TAB: usize = 4;

/// A line without what pasting left in it.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Where it stands in the body, line end excluded.
    pub(super) span: Span,
    /// Its words; empty when the line is blank.
    pub(super) text: String,
    /// Columns before the first word.
    pub(super) indent: usize,
    /// Whether a space before its end says that the paragraph goes on (RFC 3676 §4.1).
    pub(super) flowed: bool,
}

impl Line {
    pub(super) fn blank_at(at: usize) -> Self {
        Self { span: Span::new(at, at), text: String::new(), indent: 0, flowed: false }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// Its length in characters.
    pub(super) fn width(&self) -> usize {
        self.text.chars().count()
    }

    pub(super) fn word_count(&self) -> usize {
        self.text.split_whitespace().count()
    }

    /// Whether it ends as a sentence does, closing quotation marks aside.
    pub(super) fn ends_sentence(&self) -> bool {
        ends_with(&self.text, &['.', '!', '?', '…', ':', ';'])
    }
}

/// Whether `text` ends with one of `marks`, closing quotation marks and brackets aside.
pub(super) fn ends_with(text: &str, marks: &[char]) -> bool {
    text.trim_end_matches(['"', '\'', '”', '’', '“', '‘', '»', '«', ')', ']', '*', '_']).ends_with(marks)
}

/// The lines of `text`. Hard spaces become spaces, tabs become columns, and what has no
/// width is dropped, but for the joiners that Persian and Hindi are written with.
pub(super) fn split(text: &str) -> Vec<Line> {
    let mut at = 0;
    let mut lines = Vec::new();
    for raw in text.split_inclusive(['\n', '\u{c}', '\u{2028}', '\u{2029}']) {
        let body = raw.trim_end_matches(['\n', '\r', '\u{c}', '\u{2028}', '\u{2029}']);
        lines.push(clean(body, at));
        at += raw.len();
    }
    lines
}

/// A line without what pasting left in it.
pub(super) fn clean(raw: &str, at: usize) -> Line {
    let mut text = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            '\t' => text.extend([' '; TAB]),
            '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => {}
            space if space.is_whitespace() => text.push(' '),
            control if control.is_control() => {}
            other => text.push(other),
        }
    }
    let words = text.trim();
    let indent = text.len() - text.trim_start_matches(' ').len();
    let flowed = raw.ends_with(' ') && !words.is_empty() && words != "--";
    Line { span: Span::new(at, at + raw.len()), text: words.to_owned(), indent, flowed }
}
