//! Tables: columns where they fit, else one record a row.

use super::inline::Links;
use super::stack::{Child, prefixed, stack};
use super::wrap::{Flow, is_right_to_left, shown_width};
use crate::article::{Align, Inline, Row, Table};
use crate::tags::{Mask, TagKind};

/// What stands between two columns.
const BETWEEN: &str = "  ";

/// Sets a table in lines of at most `width` columns.
///
/// A merge tag has no width that could be known, and a control may take rows away, so
/// a table with either is set as records.
pub(super) fn table(table: &Table, width: usize, mask: &Mask, links: &mut Links<'_>) -> Vec<String> {
    let head: Vec<String> = table.head.iter().map(|cell| links.flow(cell).joined()).collect();
    let rows: Vec<Set> = table
        .rows
        .iter()
        .map(|row| match row {
            Row::Cells(cells) => Set::Cells(cells.iter().map(|cell| one_line(cell, links)).collect()),
            Row::Control(id) => {
                let kind = super::kind_of(mask, *id);
                links.pass(kind);
                Set::Control(mask.sentinel(*id), kind)
            }
        })
        .collect();
    columns(&head, &rows, &table.align, width, mask).unwrap_or_else(|| records(&head, rows, width, mask))
}

/// A row whose cells are text.
enum Set {
    Cells(Vec<String>),
    Control(String, TagKind),
}

fn one_line(cell: &[Inline], links: &mut Links<'_>) -> String {
    links.flow(cell).joined()
}

fn columns(head: &[String], rows: &[Set], align: &[Align], width: usize, mask: &Mask) -> Option<Vec<String>> {
    let mut table: Vec<&[String]> = Vec::with_capacity(rows.len() + 1);
    let has_head = head.iter().any(|cell| !cell.is_empty());
    if has_head {
        table.push(head);
    }
    for row in rows {
        let Set::Cells(cells) = row else { return None };
        table.push(cells);
    }
    // Among words from right to left columns would be shown in another order than they
    // are written.
    let unfit = |cell: &String| !mask.find(cell).is_empty() || cell.contains(is_right_to_left);
    if table.iter().flat_map(|row| row.iter()).any(unfit) {
        return None;
    }
    let mut widths = vec![0_usize; table.iter().map(|row| row.len()).max()?];
    for row in &table {
        for (cell, widest) in row.iter().zip(&mut widths) {
            *widest = shown_width(mask, cell).max(*widest);
        }
    }
    let total = widths.iter().sum::<usize>() + BETWEEN.len() * widths.len().saturating_sub(1);
    if total > width {
        return None;
    }
    let mut lines = Vec::with_capacity(table.len() + 1);
    for (index, row) in table.iter().enumerate() {
        let cells: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(column, width)| {
                let cell = row.get(column).map_or("", String::as_str);
                let align = align.get(column).copied().unwrap_or_default();
                aligned(cell, width - shown_width(mask, cell), align)
            })
            .collect();
        lines.push(cells.join(BETWEEN).trim_end().to_owned());
        if has_head && index == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            lines.push(rules.join(BETWEEN).trim_end().to_owned());
        }
    }
    lines.retain(|line| !line.is_empty());
    Some(lines)
}

fn aligned(cell: &str, room: usize, align: Align) -> String {
    let left = match align {
        Align::Start => 0,
        Align::Center => room / 2,
        Align::End => room,
    };
    format!("{}{cell}{}", " ".repeat(left), " ".repeat(room - left))
}

fn records(head: &[String], rows: Vec<Set>, width: usize, mask: &Mask) -> Vec<String> {
    let records = rows.into_iter().filter_map(|row| match row {
        Set::Control(word, kind) => Some(Child::Control { word, kind }),
        Set::Cells(cells) => {
            let mut lines = Vec::new();
            for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let mut flow = Flow::new(mask);
                if let Some(name) = head.get(column).filter(|name| !name.is_empty()) {
                    flow.text(name.trim_end_matches(':'));
                    flow.whole(":");
                    flow.space();
                }
                flow.text(cell);
                lines.extend(prefixed(&flow.lines(width.saturating_sub(BETWEEN.len())), "", BETWEEN));
            }
            (!lines.is_empty()).then_some(Child::Lines { lines, gap: true })
        }
    });
    stack(records.collect())
}
