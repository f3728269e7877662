//! Turns the line and column of the Markdown parser into bytes.

use std::ops::RangeInclusive;

use comrak::nodes::{LineColumn, Sourcepos};

use crate::problem::Span;

/// Where each line of a text begins.
pub(super) struct Lines {
    starts: Vec<usize>,
    length: usize,
}

impl Lines {
    /// Finds the lines as CommonMark §2.1 has them: ended by LF, CR or CRLF.
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter_map(|(at, byte)| match byte {
            b'\n' => Some(at + 1),
            b'\r' if bytes.get(at + 1) != Some(&b'\n') => Some(at + 1),
            _ => None,
        });
        Self { starts: std::iter::once(0).chain(ends).collect(), length: text.len() }
    }

    /// A single line that begins at byte `start` of the text, perhaps before it.
    pub(super) fn of_one(start: usize, length: usize) -> Self {
        Self { starts: vec![start], length }
    }

    /// The bytes of a node. Where the parser's column lies outside its line, which
    /// happens after tabs, the nearest place that exists is meant.
    pub(super) fn span(&self, position: Sourcepos) -> Span {
        let start = self.byte(position.start);
        let end = self.byte(position.end).saturating_add(1).clamp(start, self.length.max(start));
        Span::new(start, end)
    }

    fn byte(&self, at: LineColumn) -> usize {
        let line = at.line.saturating_sub(1).min(self.starts.len() - 1);
        (self.starts[line] + at.column.saturating_sub(1)).min(self.length)
    }
}

/// What belongs to the stretch of lines that `line` stands in. The stretches are in order
/// and do not overlap.
pub(super) fn holding<T>(stretches: &[(RangeInclusive<usize>, T)], line: usize) -> Option<&T> {
    let after = stretches.partition_point(|(lines, _)| *lines.start() <= line);
    let (lines, found) = stretches.get(after.checked_sub(1)?)?;
    lines.contains(&line).then_some(found)
}
