//! Reads tables, and unwraps those that only lay out a page.

use super::error::PageError;
use super::tidy;
use super::walk::Walk;
use crate::article::{Align, ArticleError, Block, BlockKind, Inline, Row, Table};
use crate::problem::Span;

/// Most columns of a table; a telephone shows four.
const MOST_COLUMNS: usize = 40;

/// Most cells of a table, with those that are filled up.
const MOST_CELLS: usize = 5_000;

/// A row as it was written.
struct Written {
    cells: Vec<usize>,
    head: bool,
}

impl Walk<'_, '_> {
    /// Reads a table.
    pub(super) fn table(&mut self, node: usize, depth: usize, out: &mut Vec<Block>) {
        let span = self.place(node);
        let mut rows = Vec::new();
        let mut caption = None;
        self.rows(node, false, &mut rows, &mut caption);
        rows.retain(|row| !row.cells.is_empty());
        if let Some(listing) = self.listing(&rows) {
            return self.code(listing, out);
        }
        if self.is_layout(node, &rows) {
            for cell in caption.into_iter().chain(rows.iter().flat_map(|row| row.cells.clone())) {
                self.flow(cell, depth, out);
            }
            return;
        }
        if let Some(caption) = caption {
            let content = tidy::line(self.flat(caption, &Inline::HardBreak));
            if !content.is_empty() {
                out.push(Block { span, kind: BlockKind::Paragraph(vec![Inline::Strong(content)]) });
            }
        }
        if let Some(table) = self.cells(&rows, span) {
            out.push(Block { span, kind: BlockKind::Table(table) });
        }
    }

    /// The rows of a table, without those of tables within it.
    fn rows(&self, node: usize, head: bool, rows: &mut Vec<Written>, caption: &mut Option<usize>) {
        for child in self.dom.elements(node).filter(|child| !self.is_silent(*child)) {
            match self.dom.name(child) {
                "thead" => self.rows(child, true, rows, caption),
                "tbody" | "tfoot" => self.rows(child, false, rows, caption),
                "caption" => *caption = caption.or(Some(child)),
                "tr" => {
                    let cells =
                        self.dom.elements(child).filter(|cell| matches!(self.dom.name(*cell), "td" | "th"));
                    rows.push(Written { cells: cells.collect(), head });
                }
                _ => {}
            }
        }
    }

    /// The code of a table that sets line numbers beside it.
    fn listing(&self, rows: &[Written]) -> Option<usize> {
        let [row] = rows else { return None };
        let [_, code] = row.cells.as_slice() else { return None };
        let listing = self.dom.find(*code, "pre")?;
        let gutter = self.dom.words(row.cells[0]);
        let numbers = !gutter.is_empty() && gutter.chars().all(|c| c.is_ascii_digit() || c == ' ');
        (numbers && self.dom.words(*code) == self.dom.words(listing)).then_some(listing)
    }

    /// Whether a table only puts things beside each other.
    fn is_layout(&self, node: usize, rows: &[Written]) -> bool {
        let dom = self.dom;
        let role = dom.attribute(node, "role").unwrap_or_default();
        let widest = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
        let headed = rows.iter().any(|row| row.head || row.cells.iter().any(|cell| dom.name(*cell) == "th"));
        let page = |inner: usize| {
            matches!(
                dom.name(inner),
                "table" | "h1" | "h2" | "h3" | "pre" | "blockquote" | "hr" | "figure" | "article"
            )
        };
        matches!(role, "presentation" | "none")
            || (widest <= 1 && !headed)
            || (!headed && dom.inside(node).any(page))
    }

    fn cells(&mut self, rows: &[Written], span: Span) -> Option<Table> {
        let number = |text: &str| text.parse::<usize>().unwrap_or(1).clamp(1, 1_000);
        let across = |dom: &super::dom::Dom, cell| dom.attribute(cell, "colspan").map_or(1, number);
        let width = |row: &Written| row.cells.iter().map(|cell| across(self.dom, *cell)).sum::<usize>();
        let columns = rows.iter().map(width).max().unwrap_or_default();
        if columns > MOST_COLUMNS {
            self.findings.error(ArticleError::TableTooWide { found: columns, most: MOST_COLUMNS }, span);
            return None;
        }
        if columns * rows.len() > MOST_CELLS {
            self.findings.error(ArticleError::TableTooLong(MOST_CELLS), span);
            return None;
        }
        let mut spanned = None;
        // How many more rows a cell of a row above reaches into each column.
        let mut below: Vec<usize> = Vec::new();
        let mut filled: Vec<Vec<Vec<Inline>>> = Vec::new();
        let mut align = Vec::new();
        for row in rows {
            let mut cells = Vec::new();
            for cell in &row.cells {
                while let Some(more) = below.get_mut(cells.len()).filter(|more| **more > 0) {
                    *more -= 1;
                    cells.push(Vec::new());
                }
                let (wide, tall) =
                    (across(self.dom, *cell), self.dom.attribute(*cell, "rowspan").map_or(1, number));
                if wide > 1 || (tall > 1 && rows.len() > 1) {
                    spanned = spanned.or_else(|| Some(self.spot(*cell)));
                }
                let at = cells.len();
                let content = tidy::line(self.flat(*cell, &Inline::HardBreak));
                cells.push(self.cell(*cell, content));
                cells.extend((1..wide).map(|_| Vec::new()));
                if tall > 1 {
                    below.resize(below.len().max(cells.len()).min(MOST_COLUMNS), 0);
                    below.iter_mut().take(cells.len()).skip(at).for_each(|more| *more = tall - 1);
                }
                if align.len() < cells.len() {
                    let said = self.align(*cell);
                    align.resize(cells.len(), said);
                } else if self.dom.name(*cell) == "td" && align[at] == Align::Start {
                    align[at] = self.align(*cell);
                }
            }
            while let Some(more) = below.get_mut(cells.len()).filter(|more| **more > 0) {
                *more -= 1;
                cells.push(Vec::new());
            }
            filled.push(cells);
        }
        if let Some(span) = spanned {
            self.findings.warning(PageError::SpannedCells, span);
        }
        let columns = filled.iter().map(Vec::len).max().unwrap_or_default();
        for cells in &mut filled {
            cells.resize(columns, Vec::new());
        }
        align.resize(columns, Align::Start);
        if filled.iter().flatten().all(|cell| tidy::is_blank(cell)) {
            return None;
        }
        let all_heads = |row: &Written| row.head || row.cells.iter().all(|cell| self.dom.name(*cell) == "th");
        if !rows.first().is_some_and(all_heads) {
            let words = crate::article::words(&filled[0].concat());
            self.guess(span, "table: its first row is taken for the head", &words);
        }
        let mut head = filled.remove(0);
        for cell in &mut head {
            if let [Inline::Strong(inner)] = cell.as_mut_slice() {
                *cell = std::mem::take(inner);
            }
        }
        Some(Table { align, head, rows: filled.into_iter().map(Row::Cells).collect() })
    }

    /// The words of a cell; the head of a row is strong.
    fn cell(&self, cell: usize, content: Vec<Inline>) -> Vec<Inline> {
        let row = self.dom.parent(cell);
        let mixed = self.dom.elements(row).any(|other| self.dom.name(other) == "td");
        let strong = matches!(content.as_slice(), [Inline::Strong(_)]);
        if self.dom.name(cell) == "th" && mixed && !strong && !content.is_empty() {
            vec![Inline::Strong(content)]
        } else {
            content
        }
    }

    fn align(&self, cell: usize) -> Align {
        let said = self.dom.style(cell, "text-align").or_else(|| self.dom.attribute(cell, "align"));
        let class = |end: &str| self.dom.has_class(cell, |class| class.ends_with(end));
        match said.map(str::to_ascii_lowercase).as_deref() {
            Some("right" | "end") => Align::End,
            Some("center") => Align::Center,
            None if class("align-right") => Align::End,
            None if class("align-center") => Align::Center,
            _ => Align::Start,
        }
    }
}
