//! Reads bulleted and numbered lists out of plain lines.

use super::byline;
use super::lines::{Line, ends_with};
use super::text::inlines;
use crate::article::{Block, BlockKind, Inline, Item, List};
use crate::problem::Span;

/// Columns a line is set in to belong to the item above.
const STEP: usize = 2;
/// How deep lists are nested; deeper items stay at this level.
const DEEPEST: usize = 6;

/// A list as it was found.
pub(super) struct Found {
    pub(super) blocks: Vec<Block>,
    /// One past its last line.
    pub(super) end: usize,
    /// Items with bold lead-ins.
    pub(super) leads: usize,
    /// All items.
    pub(super) items: usize,
}

struct Flat<'a> {
    indent: usize,
    number: Option<u64>,
    first: &'a str,
    span: Span,
    more: Vec<&'a Line>,
    loose: bool,
}

/// What marks an item; the last ones are Word's, in the places of its symbol fonts.
const BULLETS: [char; 21] = [
    '•', '‣', '◦', '▪', '●', '○', '·', '*', '-', '–', '—', '■', '□', '►', '➢', '❖', '✓', '✔', '\u{f0b7}',
    '\u{f0a7}', '\u{f0d8}',
];

/// The text after a bullet.
fn bullet(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(BULLETS)?;
    (rest.starts_with(' ') && !rest.trim().is_empty()).then(|| rest.trim_start())
}

/// Whether a text is nothing but the mark of an item.
pub(super) fn is_mark(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || is_marked(&format!("{text}    a"))
}

/// Whether a line begins with a bullet.
pub(super) fn is_bullet(text: &str) -> bool {
    bullet(text).is_some()
}

/// The number and the text of a line such as `1. Ink` or `2) Paper`.
pub(super) fn number(text: &str) -> Option<(u64, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = text[digits..].strip_prefix(['.', ')'])?;
    if text[digits..].starts_with('.') && byline::is_day(rest) {
        return None;
    }
    let value = text[..digits].parse().ok()?;
    ((1..=3).contains(&digits) && rest.starts_with(' ') && !rest.trim().is_empty())
        .then(|| (value, rest.trim_start()))
}

/// Whether a line begins with a bullet or a number.
pub(super) fn is_marked(text: &str) -> bool {
    is_bullet(text) || number(text).is_some()
}

/// Whether a list begins at line `at`. A dash also opens direct speech, so it takes two
/// that are no sentences.
pub(super) fn begins(lines: &[Line], at: usize) -> bool {
    let text = lines[at].text.as_str();
    if text.starts_with(['–', '—']) && is_bullet(text) {
        let first = text.chars().next();
        let next = lines[at + 1..].iter().find(|line| !line.is_blank());
        let said = |text: &str| ends_with(text, &['.', '!', '?', '…']);
        return next.is_some_and(|next| {
            is_bullet(&next.text) && next.text.chars().next() == first && !said(text) && !said(&next.text)
        });
    }
    is_bullet(text) || number(text).is_some()
}

/// Reads the list at line `at`; `stop` tells lines that end it.
pub(super) fn read(
    lines: &[Line],
    at: usize,
    stop: impl Fn(usize) -> bool,
    place: &dyn Fn(Span) -> Span,
) -> Option<Found> {
    let mut flat: Vec<Flat<'_>> = Vec::new();
    let mut index = at;
    let mut end = at;
    let mut blank = false;
    // Where the last number stood, and what it was.
    let mut counted = None;
    while index < lines.len() && !stop(index) {
        let line = &lines[index];
        let marked = number(&line.text)
            .map(|(value, text)| (Some(value), text))
            .or_else(|| bullet(&line.text).map(|text| (None, text)));
        if line.is_blank() {
            blank = true;
        } else if let Some((number, first)) = marked {
            let kin = flat.last().is_none_or(|last| {
                !blank
                    || line.indent != last.indent
                    || last.number.is_some() == number.is_some()
                    || number.is_some_and(|number| follows(counted, line.indent, number))
            });
            if !kin {
                break;
            }
            if let (true, Some(last)) = (blank, flat.last_mut()) {
                last.loose = true;
            }
            if let Some(number) = number {
                counted = Some((line.indent, number));
            }
            flat.push(Flat {
                indent: line.indent,
                number,
                first,
                span: line.span,
                more: Vec::new(),
                loose: false,
            });
            (blank, end) = (false, index + 1);
        } else {
            let last = flat.last_mut()?;
            let indented = line.indent >= last.indent + STEP;
            let wrapped =
                !blank && !last.more.last().map_or(last.first, |line| &line.text).ends_with(['.', '!', '?']);
            let lower = line.text.starts_with(char::is_lowercase);
            let continues = indented || (wrapped && lower);
            if !continues {
                break;
            }
            if blank {
                last.more.push(&lines[index - 1]);
                last.loose = true;
            }
            last.more.push(line);
            (blank, end) = (false, index + 1);
        }
        index += 1;
    }
    let with_lead = flat.iter().filter(|item| lead(item.first).is_some()).count();
    let leads = if with_lead >= 2 || with_lead * 10 >= flat.len() * 6 { with_lead } else { 0 };
    let mut blocks = Vec::new();
    nest(&flat, 0, leads > 0, place, &mut blocks);
    Some(Found { blocks, end, leads, items: flat.len() })
}

fn follows(counted: Option<(usize, u64)>, indent: usize, number: u64) -> bool {
    counted.is_some_and(|(other, before)| other == indent && before + 1 == number)
}

/// How many of `rest`, which follow a numbered item, are bullets between it and the next
/// number, though they are not set in.
fn between(item: &Flat<'_>, rest: &[Flat<'_>]) -> usize {
    let Some(number) = item.number else { return 0 };
    let bullets = rest.iter().take_while(|next| next.number.is_none()).count();
    let counted = Some((item.indent, number));
    let next = rest.get(bullets).and_then(|next| Some((next.indent, next.number?)));
    if next.is_some_and(|(indent, number)| follows(counted, indent, number)) { bullets } else { 0 }
}

/// Builds lists of the items, deeper ones within the item above them. A number that does
/// not continue the one before begins a list of its own, so that all stay as typed.
fn nest(items: &[Flat<'_>], depth: usize, leads: bool, place: &dyn Fn(Span) -> Span, out: &mut Vec<Block>) {
    let mut index = 0;
    while index < items.len() {
        let (base, numbered) = (items[index].indent, items[index].number.is_some());
        let start = items[index].number;
        let first = index;
        let mut built = Vec::new();
        let mut expected = start;
        while index < items.len()
            && (items[index].number.is_some() == numbered && (!numbered || items[index].number == expected))
        {
            let item = &items[index];
            expected = item.number.map(|number| number + 1);
            let rest = &items[index + 1..];
            let set_in = rest.iter().take_while(|next| depth < DEEPEST && next.indent >= base + STEP).count();
            let inner = if depth < DEEPEST { set_in.max(between(item, rest)) } else { 0 };
            let mut blocks = content(item, leads, place);
            nest(&items[index + 1..=index + inner], depth + 1, leads, place, &mut blocks);
            built.push(Item::Blocks { span: place(item.span), task: None, blocks });
            index += 1 + inner;
        }
        let run = &items[first..index];
        let span = Span::new(run[0].span.start, run[run.len() - 1].span.end);
        let tight = !run.iter().any(|item| item.loose);
        let list = List { start, tight, items: built };
        out.push(Block { span: place(span), kind: BlockKind::List(list) });
    }
}

fn content(item: &Flat<'_>, leads: bool, place: &dyn Fn(Span) -> Span) -> Vec<Block> {
    let span = place(item.span);
    let mut first = match lead(item.first).filter(|_| leads) {
        Some(length) => {
            let mut content = vec![Inline::Strong(vec![Inline::Text(item.first[..length].to_owned())])];
            content.extend(inlines(&item.first[length..], span));
            content
        }
        None => inlines(item.first, span),
    };
    let mut blocks = Vec::new();
    for line in &item.more {
        if line.is_blank() {
            blocks.push(Block { span, kind: BlockKind::Paragraph(std::mem::take(&mut first)) });
            continue;
        }
        if !first.is_empty() {
            first.push(if is_lettered(&line.text) { Inline::HardBreak } else { Inline::SoftBreak });
        }
        first.extend(inlines(&line.text, place(line.span)));
    }
    blocks.push(Block { span, kind: BlockKind::Paragraph(first) });
    blocks
}

/// Whether a line begins as `a)` or `(a)` does.
fn is_lettered(text: &str) -> bool {
    let label = text.split(' ').next().unwrap_or_default();
    let letters = label.trim_start_matches('(').strip_suffix(')').unwrap_or_default();
    (1..=4).contains(&letters.len()) && letters.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The length of a lead-in such as `Better texture:`, colon included. A time of day and
/// an address have no space after the colon or a digit before it.
fn lead(text: &str) -> Option<usize> {
    let colon = text.find([':', '.', '!', '?'])?;
    let rest = &text[colon..];
    let length = text[..colon].chars().count();
    let fits = rest.starts_with(": ")
        && (2..=60).contains(&length)
        && !text[..colon].ends_with(|c: char| c.is_ascii_digit());
    fits.then_some(colon + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_in_ends_at_a_colon_and_a_space() {
        assert_eq!(lead("Better texture: smoother skin"), Some("Better texture:".len()));
        for none in
            ["https://example.com is it", "at 10:30 sharp", "at 10: then", "One. Two: three", "x: y", ""]
        {
            assert_eq!(lead(none), None, "{none}");
        }
    }
}
