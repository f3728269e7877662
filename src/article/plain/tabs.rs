//! Reads rows whose cells are set apart by tabs.

use super::lines::Line;
use super::text::inlines;
use super::{Reader, list};
use crate::article::{Align, Block, BlockKind, Row, Table};
use crate::problem::Span;

/// Most cells of a row.
const MOST_CELLS: usize = 12;

impl Reader<'_> {
    /// Reads rows whose cells are set apart by tabs as a table; gives how many it took.
    pub(super) fn tabbed(&mut self, lines: &[Line], blocks: &mut Vec<Block>) -> usize {
        let source = self.body.text();
        let cells = |line: &Line| -> Vec<String> {
            let raw = source[line.span.start..line.span.end].trim();
            let cells: Vec<String> = raw.split('\t').map(|cell| super::lines::clean(cell, 0).text).collect();
            // A mark and a tab before the words begin an item.
            let marked = list::is_mark(&cells[0]);
            if (2..=MOST_CELLS).contains(&cells.len()) && !marked { cells } else { Vec::new() }
        };
        let Some(first) = lines.first().map(cells).filter(|cells| !cells.is_empty()) else { return 0 };
        let count = lines.iter().take_while(|line| cells(line).len() == first.len()).count();
        if count < 2 {
            return 0;
        }
        let span = Span::new(lines[0].span.start, lines[count - 1].span.end);
        let mut rows = lines[..count].iter().map(|line| {
            let span = self.body.original(line.span);
            cells(line).iter().map(|cell| inlines(cell, span)).collect::<Vec<_>>()
        });
        let head = rows.next().unwrap_or_default();
        let number = |column: usize| {
            lines[1..count].iter().all(|line| {
                let cell = &cells(line)[column];
                cell.chars().any(|c| c.is_ascii_digit()) && !cell.chars().any(char::is_alphabetic)
            })
        };
        let align =
            (0..head.len()).map(|column| if number(column) { Align::End } else { Align::Start }).collect();
        let table = Table { align, head, rows: rows.map(Row::Cells).collect() };
        self.guess(span, format!("table of {count} rows: cells set apart by tabs"), &lines[0].text);
        blocks.push(Block { span: self.body.original(span), kind: BlockKind::Table(table) });
        count
    }
}
