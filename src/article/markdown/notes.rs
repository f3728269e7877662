//! Numbers footnotes in the order in which they are first referred to.

use std::collections::HashMap;

use comrak::nodes::{AstNode, NodeValue};

use super::Walk;
use crate::article::{ArticleError, Footnote};
use crate::problem::Span;

/// The footnotes met so far.
#[derive(Default)]
pub(super) struct Notes<'n> {
    definitions: HashMap<String, &'n AstNode<'n>>,
    /// The names in the order of the text, for messages.
    written: Vec<String>,
    order: Vec<String>,
    numbers: HashMap<String, usize>,
}

/// Names of footnotes are compared as CommonMark compares link labels.
fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl<'n> Walk<'_, 'n> {
    /// Finds all definitions, wherever they stand.
    pub(super) fn collect_definitions(&mut self, root: &'n AstNode<'n>) {
        for node in root.descendants() {
            let ast = node.data();
            let NodeValue::FootnoteDefinition(definition) = &ast.value else { continue };
            let name = folded(&definition.name);
            if self.notes.definitions.contains_key(&name) {
                let span = self.span(ast.sourcepos);
                self.findings.error(ArticleError::FootnoteTwice(definition.name.clone()), span);
            } else {
                self.notes.written.push(name.clone());
                self.notes.definitions.insert(name, node);
            }
        }
    }

    /// Whether a note of that name is written somewhere.
    pub(super) fn is_note(&self, name: &str) -> bool {
        self.notes.definitions.contains_key(&folded(name))
    }

    /// The index of the note a reference names.
    pub(super) fn note_index(&mut self, name: &str) -> Option<usize> {
        let name = folded(name);
        if !self.notes.definitions.contains_key(&name) {
            return None;
        }
        let next = self.notes.order.len();
        let index = *self.notes.numbers.entry(name.clone()).or_insert(next);
        if index == next {
            self.notes.order.push(name);
        }
        Some(index)
    }

    /// Gives the notes that a title refers to their numbers before those in the block under
    /// it.
    pub(super) fn number_notes(&mut self, title: Span) {
        let text = self.body.text().get(title.start..title.end).unwrap_or_default();
        let names = text.split("[^").skip(1).filter_map(|rest| rest.split_once(']'));
        for (name, _) in names {
            self.note_index(name);
        }
    }

    /// Reads the notes that were referred to. A note may refer to further ones.
    pub(super) fn footnotes(&mut self) -> Vec<Footnote> {
        let mut footnotes = Vec::new();
        while let Some(name) = self.notes.order.get(footnotes.len()) {
            let node = self.notes.definitions[name];
            let span = self.span(node.data().sourcepos);
            let blocks = self.children(node, 0);
            footnotes.push(Footnote { span, blocks });
        }
        for name in std::mem::take(&mut self.notes.written) {
            if !self.notes.numbers.contains_key(&name) {
                let span = self.span(self.notes.definitions[&name].data().sourcepos);
                self.findings.warning(ArticleError::UnusedFootnote(name), span);
            }
        }
        footnotes
    }
}
