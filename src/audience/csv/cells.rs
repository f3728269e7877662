//! Where the cells of a row stand, and what is odd about their quotes.
//!
//! The values themselves come from the `csv` crate, which forgives every quote. This
//! scan follows the same rules, is asked only about rows that hold a quote or a
//! problem, and knows bytes.

use super::columns;
use crate::problem::Span;

/// One cell, quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// Where, in the bytes of the row.
    pub(super) span: Span,
    /// What is odd about it.
    pub(super) quote: Quote,
}

/// How a cell is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    /// As RFC 4180 has it.
    Fine,
    /// A quote at this byte inside a cell that does not begin with one.
    Inside(usize),
    /// Something follows the closing quote, which ends before this byte.
    After(usize),
    /// The cell is never closed.
    Open,
}

/// The cells of a row without its line end.
pub(super) struct Cells<'a> {
    row: &'a [u8],
    delimiter: u8,
    at: Option<usize>,
}

impl<'a> Cells<'a> {
    /// Scans `row`, which stops before its line end.
    pub(super) fn of(row: &'a [u8], delimiter: u8) -> Self {
        Self { row, delimiter, at: Some(0) }
    }
}

impl Iterator for Cells<'_> {
    type Item = Cell;

    fn next(&mut self) -> Option<Cell> {
        let start = self.at?;
        let mut at = start;
        let mut quote = Quote::Fine;
        if self.row.get(at) == Some(&b'"') {
            at += 1;
            loop {
                match (self.row.get(at), self.row.get(at + 1)) {
                    (Some(b'"'), Some(b'"')) => at += 2,
                    (Some(b'"'), _) => {
                        at += 1;
                        break;
                    }
                    (Some(_), _) => at += 1,
                    (None, _) => {
                        quote = Quote::Open;
                        break;
                    }
                }
            }
            if self.row.get(at).is_some_and(|byte| *byte != self.delimiter) {
                quote = Quote::After(at);
            }
        }
        while let Some(byte) = self.row.get(at).filter(|byte| **byte != self.delimiter) {
            if *byte == b'"' && quote == Quote::Fine {
                quote = Quote::Inside(at);
            }
            at += 1;
        }
        self.at = (at < self.row.len()).then_some(at + 1);
        Some(Cell { span: Span::new(start, at), quote })
    }
}

/// How much of a list the delimiter is judged by.
const JUDGED: usize = 64 << 10;

/// Chooses the delimiter: of those that stand outside quotes in the header row the one
/// under which it names an address, then one that gives all rows as many cells, then
/// the most frequent. A comma when there is none.
pub(super) fn sniff(text: &str) -> u8 {
    const CANDIDATES: [u8; 4] = *b",;\t|";
    let mut counts = [0_usize; CANDIDATES.len()];
    let mut quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            byte if !quoted => {
                if let Some(which) = CANDIDATES.iter().position(|candidate| *candidate == byte) {
                    counts[which] += 1;
                }
            }
            _ => {}
        }
    }
    let present = CANDIDATES.into_iter().zip(counts).filter(|(_, count)| *count > 0);
    let judged = present.map(|(candidate, count)| {
        let (address, even) = judge(text, candidate);
        (candidate, (address, even, count))
    });
    // The first of equals.
    judged.reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(b',', |(byte, _)| byte)
}

/// Whether the header names an address when `delimiter` stands between the cells, and
/// whether all rows then have as many cells.
fn judge(text: &str, delimiter: u8) -> (bool, bool) {
    let head = &text.as_bytes()[..text.len().min(JUDGED)];
    let reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(head);
    let mut rows = reader.into_byte_records().map_while(Result::ok);
    let Some(header) = rows.next() else { return (false, false) };
    let address = header.iter().any(|cell| std::str::from_utf8(cell).is_ok_and(columns::names_an_address));
    let mut widths: Vec<usize> = rows.map(|row| row.len()).collect();
    if head.len() < text.len() {
        // Cut in the middle.
        widths.pop();
    }
    (address, widths.iter().all(|width| *width == header.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(row: &str) -> Vec<(&str, Quote)> {
        Cells::of(row.as_bytes(), b',')
            .map(|cell| (&row[cell.span.start..cell.span.end], cell.quote))
            .collect()
    }

    #[test]
    fn cells_are_found_with_their_quotes() {
        assert_eq!(
            scan(r#"a,"b,""c""",,d"#),
            [("a", Quote::Fine), (r#""b,""c""""#, Quote::Fine), ("", Quote::Fine), ("d", Quote::Fine)]
        );
        assert_eq!(scan(r#"a"b,"c"d"#), [("a\"b", Quote::Inside(1)), ("\"c\"d", Quote::After(7))]);
        assert_eq!(scan(r#"a,"b,c"#)[1], ("\"b,c", Quote::Open));
    }

    #[test]
    fn the_delimiter_is_counted_outside_quotes() {
        assert_eq!(sniff("\"a,b,c\";d;e\n,,,,,"), b';');
        assert_eq!(sniff("email\tname\n"), b'\t');
        assert_eq!(sniff("email|name"), b'|');
        assert_eq!(sniff("email\n;"), b',');
    }

    #[test]
    fn the_delimiter_is_the_one_that_finds_the_address_and_then_the_one_that_rows_agree_on() {
        assert_eq!(sniff("email;first name, last name, title\na@example.com;x"), b';');
        assert_eq!(sniff("name, first, last|town\nAnn|Bath\nBob|Rome"), b'|');
        assert_eq!(sniff("email;name,town\na@example.com;x;y"), b';');
    }
}
