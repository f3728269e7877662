//! Refuses, before the parser sees them, texts it would need too much time or memory for.

use crate::article::ArticleError;
use crate::problem::Span;

/// Most `>` a line may begin with; only beyond it is the text kept from the parser,
/// whose time for each line grows with the open quotations.
const MOST_MARKERS: usize = 256;

/// Most columns of a table; a telephone shows four.
const MOST_COLUMNS: usize = 40;

/// Most cells of a table. The parser fills short rows up, so that a small text could
/// become a very large table.
const MOST_CELLS: usize = 5_000;

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive(['\n', '\r']).scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

/// The first place at which quotations are nested beyond all bounds.
pub(super) fn too_many_markers(text: &str) -> Option<Span> {
    let markers = |line: &str| {
        let marks = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'>'));
        marks.filter(|byte| *byte == b'>').count()
    };
    let (at, _) = lines(text).find(|(_, line)| markers(line) > MOST_MARKERS)?;
    Some(Span::new(at, at + 1))
}

/// All tables that are too large, each at the line under its head.
pub(super) fn large_tables(text: &str) -> Vec<(ArticleError, Span)> {
    let mut found = Vec::new();
    let mut table: Option<(usize, usize, Span)> = None;
    for (at, line) in lines(text) {
        let bare = line.trim_start_matches([' ', '\t', '>']).trim_end();
        let start = at + line.len() - line.trim_start_matches([' ', '\t', '>']).len();
        let span = Span::new(start, start + bare.len());
        if bare.is_empty() {
            table = None;
        } else if let Some(columns) = ruled_columns(bare) {
            table = Some((columns, 0, span));
            if columns > MOST_COLUMNS {
                found.push((ArticleError::TableTooWide { found: columns, most: MOST_COLUMNS }, span));
                table = None;
            }
        } else if let Some((columns, rows, span)) = &mut table {
            *rows += 1;
            if *columns * *rows > MOST_CELLS {
                found.push((ArticleError::TableTooLong(MOST_CELLS), *span));
                table = None;
            }
        }
    }
    found
}

/// The columns of a line such as `|---|:-:|`.
fn ruled_columns(line: &str) -> Option<usize> {
    let rule = line.bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ' | b'\t'));
    (rule && line.contains('|') && line.contains('-')).then(|| cells(line))
}

/// How many cells a row has as it is written.
pub(super) fn cells(row: &str) -> usize {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let mut escaped = false;
    let mut bars = 0;
    let mut last = false;
    for character in row.chars() {
        last = character == '|' && !escaped;
        bars += usize::from(last);
        escaped = character == '\\' && !escaped;
    }
    bars + usize::from(!last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_of_a_row_are_counted_as_they_are_written() {
        for (row, count) in
            [("| a | b |", 2), ("a | b", 2), ("|a|", 1), (r"| `x\|y` | c |", 2), ("| 1 | 2 | 3", 3), ("|", 1)]
        {
            assert_eq!(cells(row), count, "{row}");
        }
    }
}
