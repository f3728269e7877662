//! Finds what refers to something that is defined nowhere, and definitions for the lines
//! that the parser does not see.

use std::collections::{BTreeSet, HashMap};

use comrak::nodes::{AstNode, NodeValue, Sourcepos};

use super::Walk;
use super::error::MarkdownError;
use super::position::holding;
use crate::problem::Span;

/// Longest words of a link that are looked through for its beginning, in bytes.
const LONGEST: usize = 1_000;

/// The lines that define where `[words][name]` leads, `[name]: https://…`, by the name in
/// its brackets in lower case.
pub(super) type References = HashMap<String, String>;

/// The lines that define where links by name lead.
///
/// The parser has taken them out of its tree, so that none of its blocks covers them.
pub(super) fn definitions<'n>(text: &str, root: &'n AstNode<'n>) -> References {
    let is_definition = |line: &str| {
        let label = line.trim_start_matches(' ').strip_prefix('[').and_then(|rest| rest.split_once("]:"));
        label.is_some_and(|(label, _)| !label.starts_with('^') && !label.contains(['[', ']']))
    };
    let mut found: Vec<(usize, &str)> =
        (1..).zip(text.lines()).filter(|(_, line)| is_definition(line)).collect();
    if found.is_empty() {
        return References::new();
    }
    let mut covered = Vec::new();
    for node in root.descendants() {
        let ast = node.data();
        let is_text = matches!(
            ast.value,
            NodeValue::Paragraph | NodeValue::CodeBlock(_) | NodeValue::HtmlBlock(_) | NodeValue::Table(_)
        );
        if is_text {
            covered.push((ast.sourcepos.start.line..=ast.sourcepos.end.line, ()));
        }
    }
    covered.sort_by_key(|(lines, ())| *lines.start());
    found.retain(|(number, _)| holding(&covered, *number).is_none());
    let mut references = References::new();
    for (_, line) in found {
        let line = line.trim();
        let label = line.split_inclusive(']').next().unwrap_or_default();
        // Of two, the first counts.
        references.entry(label.to_lowercase()).or_insert_with(|| line.to_owned());
    }
    references
}

impl Walk<'_, '_> {
    /// The definitions that `text`, which is parsed by itself, refers to.
    pub(super) fn definitions_for(&self, text: &str) -> String {
        let mut out = String::new();
        if !text.contains('[') {
            return out;
        }
        let lower = text.to_lowercase();
        let labels: BTreeSet<&str> = lower
            .split_inclusive(']')
            .filter(|piece| piece.ends_with(']'))
            .filter_map(|piece| piece.rfind('[').map(|from| &piece[from..]))
            .collect();
        for line in labels.into_iter().filter_map(|label| self.references.get(label)) {
            out.extend(["\n\n", line]);
        }
        for (at, _) in text.match_indices("[^") {
            let name = text[at + 2..].split(']').next().unwrap_or_default();
            if self.is_note(name) {
                out.extend(["\n\n[^", name, "]: x"]);
            }
        }
        out
    }

    /// Warns of footnotes and links in words that the parser left as they are, because
    /// nothing defines them.
    pub(super) fn undefined(&mut self, position: Sourcepos) {
        let place = self.lines.span(position);
        let typed = self.body.text().get(place.start..place.end).unwrap_or_default();
        let mut found = Vec::new();
        let mut open: Option<usize> = None;
        let mut escaped = false;
        for (at, character) in typed.char_indices() {
            let rest = &typed[at + character.len_utf8()..];
            let was_escaped = escaped;
            escaped = character == '\\' && !escaped;
            match character {
                _ if was_escaped => {}
                '[' if rest.starts_with('^') => {
                    if let Some((name, _)) = rest[1..].split_once(']')
                        && !name.is_empty()
                        && !name.contains([' ', '\n', '['])
                    {
                        let span = Span::new(at, at + name.len() + 3);
                        found.push((MarkdownError::UndefinedNote(self.mask.restore(name)), span));
                    }
                }
                '[' => open = Some(at),
                ']' if rest.starts_with('[') && !rest.starts_with("[^") => {
                    let label = rest[1..].split_once(']').map(|(label, _)| label);
                    let words = open.map(|from| &typed[from + 1..at]);
                    // `matrix[i][j]` is no link, nor are the sources `[1][2]`.
                    let joined = open.is_some_and(|from| typed[..from].ends_with(char::is_alphanumeric));
                    let counted = words.is_some_and(|words| words.bytes().all(|b| b.is_ascii_digit()));
                    let begun = open.is_some() || goes_on(&self.body.text()[..place.start + at]);
                    if let Some(label) = label.filter(|_| begun && !joined && !counted) {
                        let label = if label.is_empty() { words.unwrap_or_default() } else { label };
                        if !label.is_empty() && !label.contains(['[', '\n']) {
                            let span = Span::new(open.unwrap_or(at), at + 1);
                            let name = self.mask.restore(label);
                            found.push((MarkdownError::UndefinedReference(name), span));
                        }
                    }
                    open = None;
                }
                ']' => open = None,
                _ => {}
            }
        }
        for (condition, span) in found {
            let span = self.body.original(span.shifted(place.start));
            self.findings.warning(condition, span);
        }
    }
}

/// Whether a bracket is open at the end of `text`, in the paragraph there.
fn goes_on(text: &str) -> bool {
    let paragraph = text.rfind("\n\n").map_or(0, |at| at + 2);
    let near = text.len().saturating_sub(LONGEST).max(paragraph);
    let (mut depth, mut escaped) = (0_usize, false);
    for byte in &text.as_bytes()[near..] {
        match byte {
            _ if escaped => {}
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped;
    }
    depth > 0
}
