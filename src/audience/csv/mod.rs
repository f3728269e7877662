//! Lists from CSV files (RFC 4180, and what spreadsheets make of it).
//!
//! The first row names the columns; every further row is a subscriber. Everything
//! wrong is reported at once, each at its place, and what comes by the thousand is
//! folded after the first fifty of a kind. Time and memory are linear in the file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use csv::ByteRecord;

use super::{EmailAddress, List, Mailbox, Subscriber, Values};
use crate::problem::{Place, Problem, Problems, Severity, Source, Span};

mod cells;
mod columns;
mod decode;
mod error;

use cells::{Cells, Quote};
use columns::Columns;
pub use error::ListError;

/// How many problems of one kind are shown before the rest is counted.
const SHOWN: usize = 50;

/// Loads a list from a file.
///
/// # Errors
///
/// As [`parse`], and when the file cannot be read.
pub fn load(path: &Path) -> Result<List, Problems> {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => parse(&name, &bytes),
        Err(error) => {
            let reason = match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                std::io::ErrorKind::PermissionDenied => "it is not ours to read".to_owned(),
                std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
                _ => error.to_string(),
            };
            Err(Problem::new(ListError::Unreadable { path: name, reason }).into())
        }
    }
}

/// Reads a list. `source_name` is the name people know it by, usually its path.
///
/// UTF-8, UTF-16 with a byte order mark, or an encoding that is guessed, with a
/// warning; commas, semicolons, tabs or bars between the cells. Values are trimmed and
/// empty ones absent. Of rows with the same address the first is used.
///
/// # Errors
///
/// Reports every row that cannot be used, and a head without an address column.
pub fn parse(source_name: &str, bytes: &[u8]) -> Result<List, Problems> {
    let decoded = decode::decode(bytes);
    let source = Source::new(source_name, decoded.text);
    let mut found = Found::new(&source);
    if let Some((condition, at)) = decoded.broken {
        found.note(condition, Severity::Error, Span::new(at, at + 1));
        return Err(found.into_problems());
    }
    if let Some(encoding) = decoded.guess {
        let text = source.text();
        let first = text.find(|c: char| !c.is_ascii()).unwrap_or(0);
        let end = text[first..].chars().next().map_or(first, |c| first + c.len_utf8());
        found.note(ListError::GuessedEncoding(encoding), Severity::Warning, Span::new(first, end));
    }
    let (columns, subscribers) = read(&source, &mut found);
    let name =
        Path::new(source_name).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into());
    let list = List { name, source: source.clone(), columns, subscribers, warnings: Vec::new() };
    let (mut list, warnings) = Problems::check(list, found.finish())?;
    list.warnings = warnings;
    Ok(list)
}

fn read(source: &Source, found: &mut Found<'_>) -> (Vec<String>, Vec<Subscriber>) {
    let mut rows = Rows::of(source.text());
    let Some(head) = rows.next() else {
        found.note(ListError::Empty, Severity::Error, Span::default());
        return Default::default();
    };
    let text = source.text();
    if !check_quotes(&rows, head, found) {
        return Default::default();
    }
    let cells = rows.record.iter().map(|cell| std::str::from_utf8(cell).unwrap_or_default());
    let columns = Columns::read(cells, |condition, cell| {
        let severity = match condition {
            ListError::UnnamedColumn(_) => Severity::Warning,
            _ => Severity::Error,
        };
        found.note_with(condition, severity, || cell.map_or(head, |cell| rows.cell(head, cell)));
    });
    let used = rows.record.iter().rposition(|cell| !cell.trim_ascii().is_empty());
    let mut reading = Reading {
        columns,
        width: used.map_or(0, |last| last + 1),
        unnamed: rows.record.len(),
        seen: HashMap::new(),
        subscribers: Vec::new(),
    };
    let mut empty = true;
    while let Some(span) = rows.next() {
        empty = false;
        found.advance(text, span.start);
        reading.row(&rows, span, found);
    }
    if empty {
        found.note(ListError::HeaderOnly, Severity::Error, head);
    }
    (reading.columns.as_ref().map(Columns::offered).unwrap_or_default(), reading.subscribers)
}

/// What is known while the rows go by.
struct Reading {
    columns: Option<Columns>,
    /// How many columns there are, without empty ones that nobody named at the end.
    width: usize,
    /// How many there are with those.
    unnamed: usize,
    /// Line of the first row of each address.
    seen: HashMap<String, usize>,
    subscribers: Vec<Subscriber>,
}

impl Reading {
    fn row(&mut self, rows: &Rows<'_>, span: Span, found: &mut Found<'_>) {
        if !check_quotes(rows, span, found) {
            return;
        }
        let filled = rows.record.iter().rposition(|cell| !cell.trim_ascii().is_empty());
        let filled = filled.map_or(0, |last| last + 1);
        if rows.record.len() < self.width || filled > self.unnamed {
            let condition = ListError::Ragged { expected: self.width, found: rows.record.len() };
            found.note(condition, Severity::Error, span);
            return;
        }
        if filled > self.width {
            let condition = ListError::UnnamedColumn(filled);
            found.note_with(condition, Severity::Warning, || rows.cell(span, filled - 1));
        }
        // Without an address column the rows are looked at for their shape only.
        let Some(columns) = &self.columns else { return };
        let mut values = Values::new();
        let mut address = None;
        let mut written = "";
        for (index, cell) in rows.record.iter().enumerate().take(self.width) {
            let cell = std::str::from_utf8(cell).unwrap_or_default().trim();
            if index == columns.address {
                written = cell;
                address = Some(read_address(cell));
            } else if let Some(c) = cell.chars().find(|c| is_refused(*c)) {
                found.note_with(ListError::Control(c), Severity::Error, || rows.cell(span, index));
            } else if let (false, Some(name)) = (cell.is_empty(), &columns.names[index]) {
                values.insert(name.clone(), cell.to_owned());
            }
        }
        let at = || rows.cell(span, columns.address);
        match address {
            None => {}
            Some(Err(super::AddressError::Empty)) => {
                found.note_with(ListError::NoAddress, Severity::Error, at);
            }
            Some(Err(reason)) => {
                let text = error::shortened(written);
                found.note_with(ListError::Address { text, reason }, Severity::Error, at);
            }
            Some(Ok(address)) => {
                match self.seen.entry(address.key()) {
                    Entry::Vacant(entry) => entry.insert(found.line()),
                    Entry::Occupied(entry) => {
                        let condition =
                            ListError::Duplicate { address: address.to_string(), first: *entry.get() };
                        found.note_with(condition, Severity::Warning, at);
                        return;
                    }
                };
                if let Some(name) = &columns.names[columns.address] {
                    values.insert(name.clone(), address.to_string());
                }
                values.insert("email".to_owned(), address.to_string());
                self.subscribers.push(Subscriber { address, values, span });
            }
        }
    }
}

/// An address as lists have it: bare, with a name, or copied from a link.
fn read_address(cell: &str) -> Result<EmailAddress, super::AddressError> {
    let cell = cell.strip_prefix("mailto:").unwrap_or(cell);
    if cell.ends_with('>') {
        return Mailbox::parse(cell).map(|mailbox| mailbox.address);
    }
    EmailAddress::parse(cell)
}

/// Line ends and tabs are text; what else is below U+0020 would travel into mails.
fn is_refused(c: char) -> bool {
    c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// Reports odd quotes; false when the row cannot be trusted.
fn check_quotes(rows: &Rows<'_>, span: Span, found: &mut Found<'_>) -> bool {
    let row = &rows.text.as_bytes()[span.start..span.end];
    if !row.contains(&b'"') {
        return true;
    }
    let mut trusted = true;
    for cell in Cells::of(row, rows.delimiter) {
        let (condition, severity, at) = match cell.quote {
            Quote::Fine => continue,
            Quote::Inside(at) => (ListError::StrayQuote, Severity::Warning, at..at + 1),
            Quote::After(at) => (ListError::AfterQuote, Severity::Error, at - 1..at),
            Quote::Open => (ListError::OpenQuote, Severity::Error, cell.span.start..cell.span.start + 1),
        };
        trusted &= severity == Severity::Warning;
        found.note(condition, severity, Span::from(at).shifted(span.start));
    }
    trusted
}

/// The rows of a list, one after the other, with their places.
struct Rows<'a> {
    text: &'a str,
    delimiter: u8,
    /// Where `reader` began.
    offset: usize,
    reader: csv::Reader<&'a [u8]>,
    record: ByteRecord,
}

impl<'a> Rows<'a> {
    fn of(text: &'a str) -> Self {
        // Excel writes and reads a first line that names the delimiter.
        let first = text.find('\n').map_or(text.len(), |at| at + 1);
        let named = match text[..first].trim_end_matches(['\r', '\n']).as_bytes() {
            [b's', b'e', b'p', b'=', named] if b",;\t|".contains(named) => Some(*named),
            _ => None,
        };
        let blank = text.len() - text.trim_start_matches(['\r', '\n']).len();
        let delimiter = named.unwrap_or_else(|| cells::sniff(&text[blank..]));
        let offset = if named.is_some() { first } else { 0 };
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(&text.as_bytes()[offset..]);
        Self { text, delimiter, offset, reader, record: ByteRecord::new() }
    }

    /// Reads the next row that holds anything into `record` and says where it stands,
    /// without its line end.
    fn next(&mut self) -> Option<Span> {
        loop {
            let from = self.byte();
            // Reading from memory cannot fail, and a flexible reader takes any row.
            if !self.reader.read_byte_record(&mut self.record).unwrap_or(false) {
                return None;
            }
            let row = &self.text[from..self.byte()];
            let start = from + row.len() - row.trim_start_matches(['\r', '\n']).len();
            let end = start + self.text[start..from + row.len()].trim_end_matches(['\r', '\n']).len();
            if self.record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                return Some(Span::new(start, end));
            }
        }
    }

    fn byte(&self) -> usize {
        let byte = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        self.text.floor_char_boundary(self.offset.saturating_add(byte))
    }

    /// Where cell `index` of the row at `span` stands.
    fn cell(&self, span: Span, index: usize) -> Span {
        Cells::of(&self.text.as_bytes()[span.start..span.end], self.delimiter)
            .nth(index)
            .map_or(span, |cell| cell.span.shifted(span.start))
    }
}

/// Problems in the order of the file, folded by kind.
///
/// Counting lines from the top for each problem would make a bad list quadratic, so
/// the line of the current row is carried along.
struct Found<'a> {
    source: &'a Source,
    problems: Vec<Problem>,
    counts: HashMap<&'static str, (usize, Severity)>,
    byte: usize,
    line: usize,
}

impl<'a> Found<'a> {
    fn new(source: &'a Source) -> Self {
        Self { source, problems: Vec::new(), counts: HashMap::new(), byte: 0, line: 1 }
    }

    /// Moves on to the row at `byte`.
    fn advance(&mut self, text: &str, byte: usize) {
        self.line += newlines(&text[self.byte..byte]);
        self.byte = byte;
    }

    /// The line of the current row.
    fn line(&self) -> usize {
        self.line
    }

    fn note(&mut self, condition: ListError, severity: Severity, span: Span) {
        self.note_with(condition, severity, || span);
    }

    fn note_with(&mut self, condition: ListError, severity: Severity, span: impl FnOnce() -> Span) {
        let kind = condition.kind();
        let (count, _) = self.counts.entry(kind).or_insert((0, severity));
        *count += 1;
        if *count > SHOWN {
            return;
        }
        let place = self.place(span());
        let mut problem = with_severity(Problem::new(condition), severity);
        problem.place = Some(place);
        self.problems.push(problem);
    }

    fn place(&self, span: Span) -> Place {
        let text = self.source.text();
        let start = text.floor_char_boundary(span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = Source::new(self.source.name(), &text[line_start..line_end]);
        let mut place = line.place(Span::new(start - line_start, span.end.max(start) - line_start));
        place.line = if line_start < self.byte {
            self.line - newlines(&text[line_start..self.byte])
        } else {
            self.line + newlines(&text[self.byte..line_start])
        };
        place
    }

    fn finish(mut self) -> Vec<Problem> {
        let mut folded: Vec<_> = self.counts.into_iter().filter(|(_, (count, _))| *count > SHOWN).collect();
        folded.sort_unstable_by_key(|(kind, _)| *kind);
        for (kind, (count, severity)) in folded {
            let problem = Problem::new(ListError::More { more: count - SHOWN, kind });
            self.problems.push(with_severity(problem, severity));
        }
        self.problems
    }

    fn into_problems(self) -> Problems {
        match Problems::check((), self.finish()) {
            Err(problems) => problems,
            Ok(_) => Problem::new(ListError::Empty).into(),
        }
    }
}

fn with_severity(problem: Problem, severity: Severity) -> Problem {
    match severity {
        Severity::Error => problem,
        Severity::Warning => problem.warning(),
        Severity::Info => problem.info(),
    }
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests;
