//! Finds the lines that open and close blocks of our own: `:::callout`, `+++`, `:::`.
//!
//! The parser would close the outermost block first and knows no colon in what follows a
//! name. So it never sees these lines: each is overwritten by a processing instruction
//! of the same length, which is a block of its own wherever it stands (CommonMark §4.6).
//! Whether it stands in code, in HTML or within a paragraph is what the parser says, who
//! reads the text once with all of them overwritten: where the instruction is no block,
//! the line is none of ours and is left as it was typed.
//!
//! Where conditions would have no counterpart otherwise, `{% endif %}` alone on a line is
//! overwritten too, if it would go on with the block above it and take what follows into it.

use std::collections::{BTreeMap, BTreeSet};

use comrak::nodes::{NodeValue, Sourcepos};
use comrak::{Arena, parse_document};

use super::error::{AsText, MarkdownError};
use super::lazy::{self, prefix};
use super::position::holding;
use super::{Ends, options};
use crate::problem::Span;
use crate::tags::{Mask, TagId};

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
    /// `{% if … %}` and its like, where the block above ends.
    Control(TagId),
}

/// All such lines of a text, by the number of the line.
#[derive(Debug, Default)]
pub(super) struct Fences {
    lines: BTreeMap<usize, Fence>,
}

/// A line that may be one of ours, and how it would be read within columns.
struct Candidate<'t> {
    number: usize,
    start: usize,
    bare: &'t str,
    control: Option<TagId>,
}

impl Fences {
    /// Finds them; gives the text with all of them overwritten, and the lines that look
    /// like one and are read as text.
    pub(super) fn take(text: &str, mask: &Mask, ends: Ends) -> (Self, String, Vec<(MarkdownError, Span)>) {
        let candidates = candidates(text, mask, ends);
        if candidates.is_empty() {
            return (Self::default(), text.to_owned(), Vec::new());
        }
        let arena = Arena::new();
        let mut shown = text.to_owned();
        for Candidate { start, bare, .. } in &candidates {
            shown.replace_range(*start..start + bare.len(), &instruction(bare.len()));
        }
        let root = parse_document(&arena, &shown, &options(true));
        let mut blocks = BTreeSet::new();
        // The blocks of HTML that go on to an empty line, and paragraphs.
        let mut swallowing = Vec::new();
        for node in root.descendants() {
            let ast = node.data();
            let lines = ast.sourcepos.start.line..=ast.sourcepos.end.line;
            match &ast.value {
                NodeValue::HtmlBlock(html) if html.literal.trim_start().starts_with("<?") => {
                    blocks.insert(ast.sourcepos.start.line);
                }
                NodeValue::HtmlBlock(html) if html.block_type > 5 => swallowing.push((lines, AsText::Html)),
                NodeValue::Paragraph => swallowing.push((lines, AsText::Indented)),
                _ => {}
            }
        }
        swallowing.sort_by_key(|(lines, _)| *lines.start());
        let mut fences = Self::default();
        let mut left = Vec::new();
        let mut shown = text.to_owned();
        let mut open: Vec<String> = Vec::new();
        for Candidate { number, start, bare, control } in candidates {
            let span = Span::new(start, start + bare.len());
            let inside = open.last().map(String::as_str);
            let kind = control.map(FenceKind::Control).or_else(|| kind(bare, start, inside));
            let name = named(bare);
            if !blocks.contains(&number) {
                if let Some(name) = name
                    && let Some(reason) = holding(&swallowing, number)
                {
                    left.push((MarkdownError::FenceAsText { name, reason: *reason }, span));
                }
                continue;
            }
            let Some(kind) = kind else {
                if let Some(name) = name {
                    left.push((MarkdownError::FenceAsText { name, reason: AsText::Joined }, span));
                }
                continue;
            };
            match &kind {
                FenceKind::Open { name, .. } => open.push(name.clone()),
                FenceKind::Close { .. } => _ = open.pop(),
                FenceKind::Part | FenceKind::Pause | FenceKind::Control(_) => {}
            }
            shown.replace_range(span.start..span.end, &instruction(bare.len()));
            fences.lines.insert(number, Fence { span, kind });
        }
        (fences, shown, left)
    }

    /// The fence that a block of the parser stands for.
    pub(super) fn of(&self, position: Sourcepos) -> Option<&Fence> {
        (position.start.line == position.end.line).then(|| self.lines.get(&position.start.line)).flatten()
    }
}

/// A processing instruction of `length` bytes, at least three.
fn instruction(length: usize) -> String {
    if length == 3 {
        return "<?>".to_owned();
    }
    format!("<?{}?>", " ".repeat(length - 4))
}

/// The lines that would be ours, wherever they stand.
fn candidates<'t>(text: &'t str, mask: &Mask, ends: Ends) -> Vec<Candidate<'t>> {
    let directives = text.contains(":::");
    let mut ends = match ends {
        Ends::AsMarkdownHasIt => BTreeMap::new(),
        Ends::AtConditions => lazy::ends(text, mask),
    };
    if !directives && ends.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let start = at + prefix(line);
        at += line.len();
        let bare = text[start..at].trim_end();
        let control = ends.remove(&number);
        if control.is_some() || directives && (bare.starts_with(":::") || matches!(bare, "+++" | "---")) {
            found.push(Candidate { number, start, bare, control });
        }
    }
    found
}

/// `:::name` as it is named in a message, when a line of colons goes on with a name.
fn named(line: &str) -> Option<String> {
    let name = line.trim_start_matches(':').trim_start();
    let name = name.strip_prefix("{.").unwrap_or(name);
    let end = name.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(name.len());
    (line.starts_with(":::") && is_name(name)).then(|| name[..end].to_owned())
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
        let (fences, shown, _) = Fences::take(text, &Mask::avoiding(text), Ends::AtConditions);
        assert_eq!(shown.len(), text.len());
        let kind = |fence: &Fence| match &fence.kind {
            FenceKind::Open { name, rest, .. } => format!("{name}({})", &text[rest.start..rest.end]),
            FenceKind::Close { .. } => "close".to_owned(),
            FenceKind::Part => "part".to_owned(),
            FenceKind::Pause => "pause".to_owned(),
            FenceKind::Control(_) => "control".to_owned(),
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
    fn what_is_code_the_parser_says() {
        for text in [
            "a\n    ```\n\n:::note\nb\n:::\n",
            "> ```\n> code\n\n:::note\nb\n:::\n",
            "<pre>\n```\n</pre>\n\n:::note\nb\n:::\n",
            "- ```\n  code\n\n:::note\nb\n:::\n",
        ] {
            let found = told(text);
            assert_eq!(found.len(), 2, "{text}: {found:?}");
        }
        for text in [
            "```\n:::note\n```\n",
            "> ```\n> :::note\n> :::\n",
            "<pre>\n:::note\n</pre>\n",
            "a\n    :::note\n",
            "a\n\n    :::note\n",
        ] {
            assert_eq!(told(text), [""; 0], "{text}");
            assert_eq!(Fences::take(text, &Mask::avoiding(text), Ends::AtConditions).1, text);
        }
    }

    #[test]
    fn each_line_that_is_read_as_text_is_told_with_its_own_reason() {
        let text =
            "a\n    :::note\n\n<div>\n:::tip\n</div>\n\nb\n\n```\n:::note\n```\n\nc\n    :::\n    :::quote\n";
        let (_, _, left) = Fences::take(&text.repeat(3), &Mask::avoiding(text), Ends::AtConditions);
        let told: Vec<_> = left
            .iter()
            .map(|(condition, span)| match condition {
                MarkdownError::FenceAsText { name, reason } => (name.as_str(), *reason, span.start),
                other => panic!("{other}"),
            })
            .collect();
        let expected: Vec<_> = (0..3)
            .map(|time| time * text.len())
            .flat_map(|from| {
                [
                    ("note", AsText::Indented, from + 6),
                    ("tip", AsText::Html, from + 21),
                    ("quote", AsText::Indented, from + text.len() - 9),
                ]
            })
            .collect();
        assert_eq!(told, expected);
    }
}
