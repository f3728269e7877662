//! Footnotes that not everybody would be referred to.

use std::collections::BTreeSet;

use crate::article::{Article, Block, BlockKind, Inline, Item, Row};
use crate::problem::Problem;
use crate::tags::{Mask, TagKind};

use super::error::ComposeError;

/// The notes that are referred to only inside a condition: at the end of the mail
/// they would be shown to everybody.
pub(super) fn hidden(article: &Article) -> Vec<Problem> {
    if article.mask.tags().is_empty() {
        return Vec::new();
    }
    let mut walk = Walk { mask: &article.mask, depth: 0, seen: BTreeSet::new(), open: BTreeSet::new() };
    walk.blocks(&article.blocks);
    let hidden = walk.seen.difference(&walk.open);
    hidden
        .filter_map(|index| article.footnotes.get(*index))
        .map(|note| Problem::at(ComposeError::HiddenNote, &article.source, note.span))
        .collect()
}

struct Walk<'a> {
    mask: &'a Mask,
    /// How many conditions are open.
    depth: usize,
    /// Notes that are referred to.
    seen: BTreeSet<usize>,
    /// Those of them that everybody is referred to.
    open: BTreeSet<usize>,
}

impl Walk<'_> {
    fn pass(&mut self, kind: TagKind) {
        match kind {
            TagKind::Open => self.depth += 1,
            TagKind::Close => self.depth = self.depth.saturating_sub(1),
            TagKind::Middle | TagKind::Hole => {}
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match &block.kind {
                BlockKind::Heading { content, .. } | BlockKind::Paragraph(content) => self.inlines(content),
                BlockKind::Button { label, .. } => self.inlines(label),
                BlockKind::Figure { caption, .. } => self.inlines(caption.as_deref().unwrap_or_default()),
                BlockKind::Quote { blocks, cite } => {
                    self.blocks(blocks);
                    self.inlines(cite.as_deref().unwrap_or_default());
                }
                BlockKind::List(list) => {
                    for item in &list.items {
                        match item {
                            Item::Blocks { blocks, .. } => self.blocks(blocks),
                            Item::Control(id) => self.pass(self.mask.tag(*id).kind),
                        }
                    }
                }
                BlockKind::Table(table) => {
                    table.head.iter().for_each(|cell| self.inlines(cell));
                    for row in &table.rows {
                        match row {
                            Row::Cells(cells) => cells.iter().for_each(|cell| self.inlines(cell)),
                            Row::Control(id) => self.pass(self.mask.tag(*id).kind),
                        }
                    }
                }
                BlockKind::Control(id) => self.pass(self.mask.tag(*id).kind),
                BlockKind::Callout { title, blocks, .. } => {
                    self.inlines(title.as_deref().unwrap_or_default());
                    self.blocks(blocks);
                }
                BlockKind::Columns(columns) => {
                    for column in columns {
                        self.blocks(&column.blocks);
                    }
                }
                BlockKind::Definitions(definitions) => {
                    for definition in definitions {
                        definition.terms.iter().for_each(|term| self.inlines(term));
                        definition.details.iter().for_each(|blocks| self.blocks(blocks));
                    }
                }
                BlockKind::Code { .. } | BlockKind::Divider => {}
            }
        }
    }

    fn inlines(&mut self, content: &[Inline]) {
        for inline in content {
            match inline {
                Inline::Text(text) => {
                    for found in self.mask.find(text) {
                        self.pass(self.mask.tag(found.id).kind);
                    }
                }
                Inline::Footnote(index) => {
                    self.seen.insert(*index);
                    if self.depth == 0 {
                        self.open.insert(*index);
                    }
                }
                other => self.inlines(other.inner().unwrap_or_default()),
            }
        }
    }
}
