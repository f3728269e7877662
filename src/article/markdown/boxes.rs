//! Reads callouts and definitions.

use comrak::nodes::{AstNode, NodeCallout, NodeValue};

use super::Walk;
use crate::article::controls::end_definitions;
use crate::article::{ArticleError, Block, BlockKind, CalloutKind, Definition, Inline, words};
use crate::problem::{Span, did_you_mean};

/// The names of callouts that may stand after `:::`.
pub(super) const NAMES: [&str; 7] = ["note", "tip", "important", "warning", "caution", "info", "danger"];

/// What a callout is called in Markdown of several houses.
pub(super) fn kind(name: &str) -> Option<CalloutKind> {
    Some(match name {
        "note" | "info" | "todo" | "seealso" => CalloutKind::Note,
        "tip" | "hint" | "success" | "check" | "done" => CalloutKind::Tip,
        "important" => CalloutKind::Important,
        "warning" | "attention" | "question" | "help" | "faq" => CalloutKind::Warning,
        "caution" | "danger" | "error" | "failure" | "fail" | "bug" => CalloutKind::Caution,
        "plain" | "box" | "aside" | "callout" | "example" | "abstract" | "summary" | "tldr" => {
            CalloutKind::Plain
        }
        _ => return None,
    })
}

/// The kind that the words after `:::callout` begin with, and the title after it.
pub(super) fn first_kind(text: &str, rest: Span) -> (CalloutKind, Span) {
    let said = text.get(rest.start..rest.end).unwrap_or_default();
    let first = said.split_whitespace().next().unwrap_or_default();
    let name = first.trim_end_matches(':').to_lowercase();
    match kind(&name).filter(|_| NAMES.contains(&name.as_str()) || name == "plain") {
        Some(kind) => (kind, Span::new(rest.start + first.len(), rest.end)),
        None => (CalloutKind::Plain, rest),
    }
}

impl<'n> Walk<'_, 'n> {
    /// Reads `> [!NOTE] …`.
    pub(super) fn callout(
        &mut self,
        node: &'n AstNode<'n>,
        callout: &NodeCallout,
        depth: usize,
    ) -> BlockKind {
        let mut children = node.children().peekable();
        let head = children.next_if(|child| matches!(child.data().value, NodeValue::CalloutTitle));
        let mut title = head.map(|head| self.title_of(head)).filter(|title| !title.is_empty());
        let blocks = self.siblings(children, depth + 1);
        let name = callout.callout_type.as_str();
        if matches!(name, "quote" | "cite") {
            return BlockKind::Quote { blocks, cite: title };
        }
        let kind = kind(name).unwrap_or_else(|| {
            let span = self.span(node.data().sourcepos);
            let nearest = did_you_mean(name, NAMES);
            let condition = ArticleError::UnknownCallout { name: name.to_owned(), nearest };
            self.findings.warning(condition, Span::new(span.start, span.start));
            if title.is_none() {
                title = Some(vec![Inline::Text(callout.default_title())]);
            }
            CalloutKind::Plain
        });
        BlockKind::Callout { kind, title, blocks }
    }

    /// The words of a title, whatever block the parser made of them.
    fn title_of(&mut self, head: &'n AstNode<'n>) -> Vec<Inline> {
        match head.first_child() {
            Some(only) if matches!(only.data().value, NodeValue::Paragraph | NodeValue::Heading(_)) => {
                self.inlines(only, 0)
            }
            _ => self.plain_inlines(head),
        }
    }

    /// Reads a list of terms, which a condition directly above a term cuts in two.
    pub(super) fn definitions(&mut self, node: &'n AstNode<'n>, depth: usize, out: &mut Vec<Block>) {
        let mut run: Vec<Definition> = Vec::new();
        for item in node.children() {
            let span = self.span(item.data().sourcepos);
            let mut definition = Definition { span, terms: Vec::new(), details: Vec::new() };
            let mut controls = Vec::new();
            for part in item.children() {
                if !matches!(part.data().value, NodeValue::DescriptionTerm) {
                    let blocks = self.children(part, depth + 1);
                    definition.details.push(blocks);
                    continue;
                }
                let content = part.first_child().map(|term| self.inlines(term, 0)).unwrap_or_default();
                for line in content.split(super::is_break) {
                    let control = self.mask.only_control(&words(line));
                    match control {
                        Some(id) if definition.terms.is_empty() => controls.push((id, line.to_vec())),
                        _ if line.is_empty() => {}
                        _ => definition.terms.push(line.to_vec()),
                    }
                }
            }
            if !controls.is_empty() {
                end_definitions(&mut run, out);
            }
            for (id, line) in controls {
                let span = self.mask.tag(id).span;
                out.push(Block { span, kind: BlockKind::Paragraph(line) });
            }
            match run.last_mut() {
                // Another meaning of the same terms.
                Some(last) if definition.terms.is_empty() => {
                    last.details.extend(definition.details);
                    last.span = Span::new(last.span.start, span.end);
                }
                _ => run.push(definition),
            }
        }
        end_definitions(&mut run, out);
    }
}
