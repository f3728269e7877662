//! Finds the conditions that end the block above them.
//!
//! By CommonMark §5.1 a line directly under a quotation, an item or a meaning goes on with
//! the last paragraph in there, and by GFM §4.10 one under a table is a row of it. So
//! `{% endif %}` there takes what follows into the block, which its author did not mean.

use std::collections::BTreeMap;

use comrak::nodes::Sourcepos;

use super::Walk;
use super::error::MarkdownError;
use crate::problem::Span;
use crate::tags::{Mask, TagId, TagKind};

/// A line, as far as it tells which blocks it may belong to.
struct Line<'t> {
    /// Its white space and marks.
    prefix: &'t str,
    /// What follows them.
    bare: &'t str,
    control: Option<TagId>,
}

impl Line<'_> {
    /// How many quotations it is marked to stand in.
    fn quotations(&self) -> usize {
        self.prefix.matches('>').count()
    }

    /// How far it is from the margin, in bytes, with the marks of quotations.
    fn indent(&self) -> usize {
        self.prefix.find(|c| !matches!(c, ' ' | '\t' | '>')).unwrap_or(self.prefix.len())
    }

    fn is_meaning(&self) -> bool {
        let mut colons = self.prefix.match_indices(':');
        colons.any(|(at, _)| !self.prefix[..at].ends_with(']'))
    }

    fn is_item(&self) -> bool {
        self.prefix.contains(['-', '*', '+', '.', ')'])
    }

    fn is_row(&self) -> bool {
        self.bare.contains('|')
    }

    /// Whether it is the line under the head of a table.
    fn begins_table(&self) -> bool {
        self.is_row()
            && self.bare.contains('-')
            && self.bare.trim_matches(['|', '-', ':', ' ', '\t']).is_empty()
    }
}

/// A block whose first line hangs out by a mark with a colon.
#[derive(PartialEq, Eq)]
enum Hung {
    Meaning,
    Note,
}

/// The blocks that go on from line to line.
#[derive(Default)]
struct Running {
    quotations: usize,
    hung: Option<Hung>,
    list: bool,
    table: bool,
    /// The conditions that began within them, and whether each begins with an item.
    open: Vec<bool>,
}

impl Running {
    /// Whether a condition with `below` under it ends a block rather than going on with it.
    fn ends(&self, line: &Line<'_>, kind: TagKind, below: Option<&Line<'_>>) -> bool {
        let leaves = line.quotations() < self.quotations;
        let indented = below.is_some_and(|below| below.indent() > line.indent() + 1);
        let note = self.hung == Some(Hung::Note) && !indented;
        if matches!(kind, TagKind::Open | TagKind::Hole) {
            // One that goes on with the quotation under it stands in it.
            return note || leaves && below.is_none_or(|below| below.quotations() < self.quotations);
        }
        if self.open.last() == Some(&false) {
            return false;
        }
        let Some(below) = below.filter(|below| !below.bare.is_empty()) else {
            return leaves || note;
        };
        let item = self.list && !below.is_item() && !indented;
        let meaning = self.hung == Some(Hung::Meaning) && !below.is_meaning() && !indented;
        leaves || item || meaning || note || self.table && !below.is_row()
    }

    fn follow(&mut self, line: &Line<'_>, kind: Option<TagKind>, below: Option<&Line<'_>>, ends: bool) {
        if ends || line.bare.is_empty() {
            *self = Self { quotations: line.quotations(), ..Self::default() };
            return;
        }
        let runs = self.quotations > 0 || self.hung.is_some() || self.list || self.table;
        self.quotations = self.quotations.max(line.quotations());
        if line.prefix.contains("]:") {
            self.hung = Some(Hung::Note);
        } else if line.is_meaning() {
            self.hung.get_or_insert(Hung::Meaning);
        }
        self.list |= line.is_item();
        self.table |= line.begins_table();
        match kind.filter(|_| runs) {
            Some(TagKind::Open) => self.open.push(self.list && below.is_some_and(Line::is_item)),
            Some(TagKind::Close) => _ = self.open.pop(),
            Some(TagKind::Middle | TagKind::Hole) | None => {}
        }
    }
}

/// The conditions that end a block, by the number of their line.
pub(super) fn ends(text: &str, mask: &Mask) -> BTreeMap<usize, TagId> {
    let mut found = BTreeMap::new();
    if mask.tags().is_empty() {
        return found;
    }
    let lines: Vec<_> = text.split_inclusive('\n').map(|line| self::line(line, mask)).collect();
    // The line under a row of conditions is that under each of them.
    let mut below = vec![None; lines.len()];
    for at in (0..lines.len().saturating_sub(1)).rev() {
        below[at] = if lines[at + 1].control.is_some() { below[at + 1] } else { Some(at + 1) };
    }
    let mut running = Running::default();
    for (at, line) in lines.iter().enumerate() {
        let kind = line.control.map(|id| mask.tag(id).kind);
        let below = below[at].map(|at| &lines[at]);
        let ends = kind.is_some_and(|kind| running.ends(line, kind, below));
        if let Some(id) = line.control.filter(|_| ends) {
            found.insert(at + 1, id);
        }
        running.follow(line, kind, below, ends);
    }
    found
}

fn line<'t>(line: &'t str, mask: &Mask) -> Line<'t> {
    let (prefix, bare) = line.split_at(prefix(line));
    let bare = bare.trim_end();
    Line { prefix, bare, control: mask.only_control(bare) }
}

impl Walk<'_, '_> {
    /// Warns of the first line of a paragraph that looks like a row or a meaning: the empty
    /// line or the words above it made it text.
    pub(super) fn tell_rows(&mut self, position: Sourcepos) {
        let place = self.lines.span(position);
        let text = self.body.text().get(place.start..place.end).unwrap_or_default();
        let mut at = place.start;
        for text in text.split_inclusive('\n') {
            let line = line(text, self.mask);
            let start = at + line.prefix.len();
            at += text.len();
            let inner = line.bare.strip_prefix('|').and_then(|rest| rest.strip_suffix('|'));
            let condition = if inner.is_some_and(|inner| inner.contains(char::is_alphanumeric)) {
                MarkdownError::RowAsText
            } else if line.is_meaning() {
                MarkdownError::MeaningAsText
            } else {
                continue;
            };
            let span = self.body.original(Span::new(start, start + line.bare.len()));
            return self.findings.warning(condition, span);
        }
    }
}

/// How many bytes of a line come before its content: white space, `>` and the marks of
/// list items, meanings and notes.
pub(super) fn prefix(line: &str) -> usize {
    let bytes = line.as_bytes();
    let mut at = 0;
    loop {
        while matches!(bytes.get(at), Some(b' ' | b'\t' | b'>')) {
            at += 1;
        }
        let digits = bytes[at..].iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        let mark = match bytes.get(at + digits) {
            Some(b'-' | b'*' | b'+' | b':') if digits == 0 => 1,
            Some(b'.' | b')') if digits > 0 => digits + 1,
            Some(b'[') if digits == 0 && bytes.get(at + 1) == Some(&b'^') => match line[at..].find("]:") {
                Some(end) => end + 2,
                None => return at,
            },
            _ => return at,
        };
        if !matches!(bytes.get(at + mark), Some(b' ' | b'\t')) {
            return at;
        }
        at += mark;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Source;

    /// The numbers of the lines that end a block.
    fn found(text: &str) -> Vec<usize> {
        let mut mask = Mask::avoiding(text);
        let masked = mask.mask(&Source::new("a.md", text), text, 0);
        ends(&masked.text, &mask).into_keys().collect()
    }

    const IF: &str = "{% if subscriber.plan == \"pro\" %}";

    #[test]
    fn a_condition_under_a_quotation_ends_it() {
        assert_eq!(found(&format!("{IF}\n> a\n{{% endif %}}\nb\n")), [3]);
        assert_eq!(found(&format!("{IF}\n> a\nlazy\n{{% else %}}\n> b\n{{% endif %}}\n")), [4, 6]);
        assert_eq!(found(&format!("> {IF}\n> a\n> {{% endif %}}\n> b\n")), [0; 0]);
        assert_eq!(found(&format!("> a\n\n{IF}\nb\n{{% endif %}}\n")), [0; 0]);
    }

    #[test]
    fn a_condition_between_items_or_rows_goes_on() {
        assert_eq!(found(&format!("- a\n{IF}\n- b\n{{% endif %}}\n- c\n")), [0; 0]);
        assert_eq!(found(&format!("|a|\n|-|\n{IF}\n|b|\n{{% endif %}}\n|c|\n")), [0; 0]);
        assert_eq!(found(&format!("- a\n  {IF}\n  b\n  {{% endif %}}\n  c\n")), [0; 0]);
    }

    #[test]
    fn a_condition_under_items_or_rows_and_above_words_ends_them() {
        assert_eq!(found(&format!("{IF}\n- a\n{{% endif %}}\nb\n")), [3]);
        assert_eq!(found(&format!("{IF}\n|a|\n|-|\n{{% else %}}\nb\n{{% endif %}}\nc\n")), [4]);
        assert_eq!(found(&format!("{IF}\n- a\n{{% endif %}}\n{IF}\nb\n{{% endif %}}\n")), [3]);
    }
}
