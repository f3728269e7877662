//! Finds the lines that open and close blocks of our own: `:::callout`, `+++`, `:::`.
//!
//! The parser would close the outermost block first and knows no colon in what follows a
//! name. So it never sees these lines: each is overwritten by a processing instruction
//! of the same length, which is a block of its own wherever it stands (CommonMark §4.6).
//! Where that is within code, the line is put back.

use std::collections::BTreeMap;

use comrak::nodes::Sourcepos;

use crate::problem::Span;

/// A line that opens, parts or closes a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fence {
    /// Where it stands in the text, without what comes before it in its line.
    pub(super) span: Span,
    pub(super) kind: FenceKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FenceKind {
    /// `:::name` and what is said after it.
    Open { colons: usize, name: String, rest: Span },
    /// `:::`
    Close { colons: usize },
    /// `+++`, between columns.
    Part,
    /// `---`, which may also be a pause within a column.
    Pause,
}

/// All such lines of a text, by the number of the line.
#[derive(Debug, Default)]
pub(super) struct Fences {
    lines: BTreeMap<usize, Fence>,
}

impl Fences {
    /// Finds them; gives the text with all of them overwritten.
    pub(super) fn take(text: &str) -> (Self, String) {
        let mut fences = Self::default();
        let mut shown = text.to_owned();
        let mut open: Vec<String> = Vec::new();
        let mut code: Option<(u8, usize)> = None;
        let mut at = 0;
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            let start = at + prefix(line);
            at += line.len();
            let bare = text[start..at].trim_end();
            if let Some(fence) = code_fence(bare) {
                code = match code {
                    None => Some(fence),
                    Some((byte, most)) if fence.0 == byte && fence.1 >= most && is_bare(bare, byte) => None,
                    open => open,
                };
                continue;
            }
            if code.is_some() {
                continue;
            }
            let inside = open.last().map(String::as_str);
            let Some(kind) = kind(bare, start, inside) else { continue };
            match &kind {
                FenceKind::Open { name, .. } => open.push(name.clone()),
                FenceKind::Close { .. } => _ = open.pop(),
                FenceKind::Part | FenceKind::Pause => {}
            }
            let span = Span::new(start, start + bare.len());
            shown.replace_range(span.start..span.end, &instruction(bare.len()));
            fences.lines.insert(number, Fence { span, kind });
        }
        (fences, shown)
    }

    /// The fence that a block of the parser stands for.
    pub(super) fn of(&self, position: Sourcepos) -> Option<&Fence> {
        (position.start.line == position.end.line).then(|| self.lines.get(&position.start.line)).flatten()
    }

    /// Puts the lines back into a literal whose first line has the number `first`.
    pub(super) fn put_back(&self, literal: &str, first: usize, text: &str) -> String {
        let count = literal.split_inclusive('\n').count();
        if self.lines.range(first..first + count).next().is_none() {
            return literal.to_owned();
        }
        let mut out = String::with_capacity(literal.len());
        for (number, line) in (first..).zip(literal.split_inclusive('\n')) {
            match (self.lines.get(&number), line.find("<?")) {
                (Some(fence), Some(at)) => {
                    out.push_str(&line[..at]);
                    out.push_str(text.get(fence.span.start..fence.span.end).unwrap_or_default());
                    out.push_str(line.get(at + fence.span.end - fence.span.start..).unwrap_or_default());
                }
                _ => out.push_str(line),
            }
        }
        out
    }
}

/// A processing instruction of `length` bytes, at least three.
fn instruction(length: usize) -> String {
    if length == 3 {
        return "<?>".to_owned();
    }
    format!("<?{}?>", " ".repeat(length - 4))
}

/// How many bytes of a line come before its content: white space, `>` and the marks of
/// list items.
fn prefix(line: &str) -> usize {
    let bytes = line.as_bytes();
    let mut at = 0;
    loop {
        while matches!(bytes.get(at), Some(b' ' | b'\t' | b'>')) {
            at += 1;
        }
        let digits = bytes[at..].iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        let mark = match bytes.get(at + digits) {
            Some(b'-' | b'*' | b'+') if digits == 0 => 1,
            Some(b'.' | b')') if digits > 0 => digits + 1,
            _ => return at,
        };
        if !matches!(bytes.get(at + mark), Some(b' ' | b'\t')) {
            return at;
        }
        at += mark;
    }
}

/// The sign and length of a fence of code.
fn code_fence(line: &str) -> Option<(u8, usize)> {
    let byte = *line.as_bytes().first().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let length = line.bytes().take_while(|next| *next == byte).count();
    let spoiled = byte == b'`' && line[length..].contains('`');
    (length >= 3 && !spoiled).then_some((byte, length))
}

fn is_bare(line: &str, byte: u8) -> bool {
    line.bytes().all(|next| next == byte)
}

fn kind(line: &str, start: usize, inside: Option<&str>) -> Option<FenceKind> {
    match (line, inside) {
        ("+++", Some("columns")) => return Some(FenceKind::Part),
        ("---", Some("columns")) => return Some(FenceKind::Pause),
        _ => {}
    }
    let colons = line.bytes().take_while(|byte| *byte == b':').count();
    if colons < 3 {
        return None;
    }
    let after = &line[colons..];
    if after.is_empty() {
        // A row of colons is no fence where nothing is open.
        return inside.map(|_| FenceKind::Close { colons });
    }
    let skipped = after.len() - after.trim_start().len();
    let said = start + colons + skipped;
    let after = after.trim_start();
    let end = start + line.len();
    if let Some(class) = after.strip_prefix("{.") {
        // Pandoc's way: `::: {.callout-tip title="…"}`.
        let name = class.split([' ', '}', '\t']).next().unwrap_or_default();
        let name = name.strip_prefix("callout-").unwrap_or(name).to_lowercase();
        let title = after.find("title=\"").map(|at| at + "title=\"".len());
        let rest = match title {
            Some(from) => {
                let length = after[from..].find('"').unwrap_or(0);
                Span::new(said + from, said + from + length)
            }
            None => Span::new(end, end),
        };
        return is_name(&name).then_some(FenceKind::Open { colons, name, rest });
    }
    let length = after.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(after.len());
    let (name, rest) = after.split_at(length);
    let name = name.to_lowercase();
    let fits = rest.is_empty() || rest.starts_with([' ', '\t', '[', '{']);
    let rest = Span::new(end - rest.trim_start().len(), end);
    (fits && is_name(&name)).then_some(FenceKind::Open { colons, name, rest })
}

fn is_name(name: &str) -> bool {
    name.starts_with(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let (fences, shown) = Fences::take(text);
        assert_eq!(shown.len(), text.len());
        let kind = |fence: &Fence| match &fence.kind {
            FenceKind::Open { name, rest, .. } => format!("{name}({})", &text[rest.start..rest.end]),
            FenceKind::Close { .. } => "close".to_owned(),
            FenceKind::Part => "part".to_owned(),
            FenceKind::Pause => "pause".to_owned(),
        };
        fences.lines.iter().map(|(number, fence)| format!("{number} {}", kind(fence))).collect()
    }

    #[test]
    fn fences_are_found_wherever_a_block_can_begin() {
        assert_eq!(
            told(
                ":::button https://example.com/\nGo\n:::\n> :::Note Mind *this*\n> x\n> :::\n- :::tip[Hm]\n  :::\n"
            ),
            [
                "1 button(https://example.com/)",
                "3 close",
                "4 note(Mind *this*)",
                "6 close",
                "7 tip([Hm])",
                "8 close"
            ]
        );
        assert_eq!(told("::: {.callout-tip title=\"A title\"}\n:::\n"), ["1 tip(A title)", "2 close"]);
        assert_eq!(
            told(":::columns\na\n+++\nb\n---\n:::\n"),
            ["1 columns()", "3 part", "5 pause", "6 close"]
        );
    }

    #[test]
    fn what_only_looks_like_a_fence_is_left_alone() {
        for text in
            [":::", "::::::::\n", "::: 5\n", "::note\n", "+++\n---\n", "a :::b\n", ":::)\n", ":::a,b\n"]
        {
            assert_eq!(told(text), [""; 0], "{text}");
        }
        assert_eq!(told("```\n:::note\n```\n\n~~~~\n```\n:::tip\n~~~~\n:::note\n"), ["9 note()"]);
    }

    #[test]
    fn a_line_that_was_overwritten_within_code_is_put_back() {
        let text = "    :::note hé\n    :::\n";
        let (fences, shown) = Fences::take(text);
        assert!(!shown.contains(":::"));
        let literal = shown.replace("    ", "");
        // The indentation that the parser takes off is no part of the fence.
        assert_eq!(fences.put_back(&shown, 1, text), text);
        assert!(literal.starts_with("<?"));
    }
}
