//! Reads boxes: callouts, columns, definitions and what unfolds.

use super::tidy;
use super::walk::Walk;
use crate::article::{Block, BlockKind, CalloutKind, Column, Definition, Inline, words};

/// Most columns that stand side by side in a mail.
const MOST_COLUMNS: usize = 4;

/// What the boxes of documentation are named, in classes and in their headings.
const KINDS: [(&str, CalloutKind); 13] = [
    ("note", CalloutKind::Note),
    ("info", CalloutKind::Note),
    ("seealso", CalloutKind::Note),
    ("tip", CalloutKind::Tip),
    ("hint", CalloutKind::Tip),
    ("success", CalloutKind::Tip),
    ("important", CalloutKind::Important),
    ("attention", CalloutKind::Important),
    ("warning", CalloutKind::Warning),
    ("warn", CalloutKind::Warning),
    ("caution", CalloutKind::Caution),
    ("danger", CalloutKind::Caution),
    ("error", CalloutKind::Caution),
];

impl Walk<'_, '_> {
    /// Reads `node` if it is a box of a kind of its own.
    pub(super) fn boxed(&mut self, node: usize, depth: usize, out: &mut Vec<Block>) -> bool {
        let dom = self.dom;
        if let Some(caption) = dom.elements(node).find(|child| {
            dom.has_class(*child, |class| {
                matches!(class, "wp-caption-text" | "image-caption" | "caption-text")
            })
        }) {
            self.captioned(node, Some(caption), depth, out);
            return true;
        }
        if dom.has_class(node, |class| matches!(class, "wp-block-columns" | "columns" | "kg-columns"))
            && self.columns(node, depth, out)
        {
            return true;
        }
        match self.callout_kind(node) {
            Some(kind) => {
                self.callout(node, kind, depth, out);
                true
            }
            None => false,
        }
    }

    fn callout_kind(&self, node: usize) -> Option<CalloutKind> {
        let dom = self.dom;
        let name = dom.name(node);
        if !matches!(name, "div" | "section" | "aside" | "p") {
            return None;
        }
        let classes: Vec<String> = dom.classes(node).map(str::to_ascii_lowercase).collect();
        let marked = classes.iter().any(|class| {
            matches!(
                class.as_str(),
                "admonition"
                    | "callout"
                    | "alert"
                    | "notice"
                    | "notecard"
                    | "markdown-alert"
                    | "kg-callout-card"
                    | "hint"
                    | "admonitionblock"
                    | "custom-block"
                    | "theme-admonition"
                    | "callout-block"
            )
        });
        if !marked {
            let plain = name == "aside" || dom.attribute(node, "role") == Some("note");
            return plain.then_some(CalloutKind::Plain);
        }
        let named = |class: &String| {
            let last = class.rsplit(['-', '_']).next().unwrap_or_default();
            KINDS.iter().find(|(name, _)| *name == last).map(|(_, kind)| *kind)
        };
        let kind = classes.iter().filter(|class| *class != "hint").find_map(named);
        Some(
            kind.or_else(|| classes.contains(&"hint".to_owned()).then_some(CalloutKind::Tip))
                .unwrap_or_default(),
        )
    }

    fn callout(&mut self, node: usize, kind: CalloutKind, depth: usize, out: &mut Vec<Block>) {
        let dom = self.dom;
        let span = self.place(node);
        let title = dom.elements(node).take(2).find(|child| {
            dom.has_class(*child, |class| {
                matches!(
                    class,
                    "title"
                        | "admonition-title"
                        | "markdown-alert-title"
                        | "callout-title"
                        | "alert-heading"
                        | "custom-block-title"
                )
            })
        });
        let mut heading = None;
        if let Some(title) = title {
            let content = tidy::line(self.flat(title, &Inline::Text(" ".to_owned())));
            let said = words(&content).trim().to_lowercase();
            let is_kind = KINDS.iter().any(|(name, known)| *name == said && *known == kind);
            heading = Some(content).filter(|content| !is_kind && !content.is_empty());
            self.left_out[title] = true;
        }
        let emoji =
            dom.elements(node).find(|child| dom.has_class(*child, |class| class == "kg-callout-emoji"));
        let sign = emoji.map(|emoji| {
            self.left_out[emoji] = true;
            self.dom.words(emoji)
        });
        let mut blocks = self.blocks_of(node, depth + 1);
        if let Some(sign) = sign.filter(|sign| !sign.is_empty()) {
            match blocks.first_mut().map(|block| &mut block.kind) {
                Some(BlockKind::Paragraph(content)) => content.insert(0, Inline::Text(format!("{sign} "))),
                _ => blocks.insert(0, Block { span, kind: BlockKind::Paragraph(vec![Inline::Text(sign)]) }),
            }
        }
        match heading {
            _ if !blocks.is_empty() => {
                out.push(Block { span, kind: BlockKind::Callout { kind, title: heading, blocks } });
            }
            Some(content) => out.push(Block { span, kind: BlockKind::Paragraph(content) }),
            None => {}
        }
    }

    fn columns(&mut self, node: usize, depth: usize, out: &mut Vec<Block>) -> bool {
        let dom = self.dom;
        let inner: Vec<usize> = dom.elements(node).filter(|child| !self.is_silent(*child)).collect();
        let is_column = |child: &usize| {
            dom.has_class(*child, |class| {
                matches!(class, "wp-block-column" | "column" | "kg-column") || class.starts_with("col-")
            })
        };
        if !(2..=MOST_COLUMNS).contains(&inner.len()) || !inner.iter().all(is_column) {
            return false;
        }
        let span = self.place(node);
        let mut columns = Vec::new();
        for column in inner {
            let span = self.place(column);
            let blocks = self.blocks_of(column, depth + 1);
            if !blocks.is_empty() {
                columns.push(Column { span, blocks });
            }
        }
        match columns.len() {
            0 | 1 => out.extend(columns.into_iter().flat_map(|column| column.blocks)),
            _ => out.push(Block { span, kind: BlockKind::Columns(columns) }),
        }
        true
    }

    /// Reads terms and what they mean.
    pub(super) fn definitions(&mut self, node: usize, depth: usize, out: &mut Vec<Block>) {
        let span = self.place(node);
        let mut parts = Vec::new();
        self.parts(node, 0, &mut parts);
        let mut definitions: Vec<Definition> = Vec::new();
        for part in parts {
            let place = self.place(part);
            if self.dom.name(part) == "dt" {
                let term = tidy::line(self.flat(part, &Inline::Text(" ".to_owned())));
                if term.is_empty() {
                    continue;
                }
                match definitions.last_mut() {
                    Some(open) if open.details.is_empty() => open.terms.push(term),
                    _ => definitions.push(Definition { span: place, terms: vec![term], details: Vec::new() }),
                }
            } else {
                let mut blocks = Vec::new();
                if self.dom.name(part) == "dd" {
                    self.flow(part, depth + 1, &mut blocks);
                } else {
                    self.siblings(&[part], depth + 1, &mut blocks);
                }
                match definitions.last_mut() {
                    _ if blocks.is_empty() => {}
                    Some(open) => open.details.push(blocks),
                    None => out.extend(blocks),
                }
            }
        }
        if definitions.iter().all(|definition| definition.details.is_empty()) {
            // Terms that mean nothing are lines.
            for term in definitions.into_iter().flat_map(|definition| definition.terms) {
                out.push(Block { span, kind: BlockKind::Paragraph(term) });
            }
        } else {
            out.push(Block { span, kind: BlockKind::Definitions(definitions) });
        }
    }

    fn parts(&self, node: usize, depth: usize, parts: &mut Vec<usize>) {
        for child in self.dom.children(node).filter(|child| !self.is_silent(*child)) {
            match self.dom.name(child) {
                "" if self.dom.words(child).is_empty() => {}
                "div" if depth < 2 => self.parts(child, depth + 1, parts),
                _ => parts.push(child),
            }
        }
    }

    /// Reads what unfolds in a page: its heading in bold, and all that it hides.
    pub(super) fn details(&mut self, node: usize, depth: usize, out: &mut Vec<Block>) {
        let summary = self.dom.elements(node).find(|child| self.dom.name(*child) == "summary");
        if let Some(summary) = summary.filter(|summary| !self.is_silent(*summary)) {
            let span = self.place(summary);
            let content = tidy::line(self.flat(summary, &Inline::Text(" ".to_owned())));
            if !content.is_empty() {
                out.push(Block { span, kind: BlockKind::Paragraph(vec![Inline::Strong(content)]) });
            }
            self.left_out[summary] = true;
        }
        self.flow(node, depth, out);
    }
}
