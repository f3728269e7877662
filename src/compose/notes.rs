//! Footnotes that not everybody would be referred to.

use std::collections::BTreeSet;

use crate::article::{Article, Block, Inline, Part};
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
    for note in &article.footnotes {
        walk.blocks(&note.blocks);
    }
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
        for part in blocks.iter().flat_map(Block::parts) {
            match part {
                Part::Words(content, _) => self.inlines(content),
                Part::Blocks(blocks) => self.blocks(blocks),
                Part::Image(_) => {}
                Part::Control(id) => self.pass(self.mask.tag(id).kind),
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
