//! Carries a link over to what stands within it.
//!
//! HTML may have `<a>` around paragraphs and pictures; the tree has links within them
//! alone.

use std::collections::BTreeSet;

use super::Walk;
use crate::article::{Block, BlockKind, Inline, Item, Row, words};
use crate::problem::Span;
use crate::tags::TagKind;

/// Where a link leads and where it begins.
pub(super) struct Around<'a> {
    pub(super) href: &'a str,
    pub(super) span: Span,
}

/// What was passed over, as it is named in a message.
pub(super) type Passed = BTreeSet<&'static str>;

impl Walk<'_, '_> {
    /// Links the words and pictures of `blocks`, except where they are links already; adds
    /// to `passed` what cannot be one.
    pub(super) fn link_blocks(&self, blocks: &mut [Block], around: &Around<'_>, passed: &mut Passed) {
        for block in blocks {
            match &mut block.kind {
                BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                    self.link_words(content, around, passed);
                }
                BlockKind::Figure { image, .. } => {
                    image.href.get_or_insert_with(|| around.href.to_owned());
                }
                BlockKind::List(list) => {
                    for item in &mut list.items {
                        if let Item::Blocks { blocks, .. } = item {
                            self.link_blocks(blocks, around, passed);
                        }
                    }
                }
                BlockKind::Quote { blocks, .. } | BlockKind::Callout { blocks, .. } => {
                    self.link_blocks(blocks, around, passed);
                }
                BlockKind::Columns(columns) => {
                    for column in columns {
                        self.link_blocks(&mut column.blocks, around, passed);
                    }
                }
                BlockKind::Definitions(definitions) => {
                    for definition in definitions {
                        definition.terms.iter_mut().for_each(|term| self.link_words(term, around, passed));
                        for blocks in &mut definition.details {
                            self.link_blocks(blocks, around, passed);
                        }
                    }
                }
                BlockKind::Table(table) => {
                    let rows = table.rows.iter_mut().filter_map(|row| match row {
                        Row::Cells(cells) => Some(cells),
                        Row::Control(_) => None,
                    });
                    for cell in std::iter::once(&mut table.head).chain(rows).flatten() {
                        self.link_words(cell, around, passed);
                    }
                }
                // It is shown as typed.
                BlockKind::Code { .. } => _ = passed.insert("code"),
                // What is a button leads somewhere else.
                BlockKind::Button { .. } | BlockKind::Divider | BlockKind::Control(_) => {}
            }
        }
    }

    fn link_words(&self, content: &mut Vec<Inline>, around: &Around<'_>, passed: &mut Passed) {
        let is_condition = |inline: &Inline| match inline {
            Inline::Text(text) => {
                self.mask.find(text).iter().any(|found| self.mask.tag(found.id).kind != TagKind::Hole)
            }
            _ => false,
        };
        // A condition around a link of its own would be cut in two.
        if content.iter().any(has_link) && content.iter().any(is_condition) {
            passed.insert("a paragraph with a condition and a link of its own");
            return;
        }
        let mut out = Vec::new();
        let mut run = Vec::new();
        for line in std::mem::take(content).split_inclusive(super::is_break) {
            let said = line.strip_suffix(&[Inline::SoftBreak]).unwrap_or(line);
            if self.mask.only_control(&words(said)).is_some() {
                end_run(&mut run, around, &mut out);
                out.extend_from_slice(line);
                continue;
            }
            for inline in line {
                if has_link(inline) || matches!(inline, Inline::Footnote(_)) {
                    end_run(&mut run, around, &mut out);
                    out.push(inline.clone());
                } else {
                    run.push(inline.clone());
                }
            }
        }
        end_run(&mut run, around, &mut out);
        *content = out;
    }
}

fn has_link(inline: &Inline) -> bool {
    matches!(inline, Inline::Link { .. }) || inline.inner().unwrap_or_default().iter().any(has_link)
}

/// Links a stretch of words, unless nobody sees anything of it.
fn end_run(run: &mut Vec<Inline>, around: &Around<'_>, out: &mut Vec<Inline>) {
    let shown = run.iter().rposition(|inline| !super::is_break(inline)).map_or(0, |at| at + 1);
    let after = run.split_off(shown);
    let content = std::mem::take(run);
    if words(&content).trim().is_empty() && !content.iter().any(|one| matches!(one, Inline::Image(_))) {
        out.extend(content);
    } else {
        out.push(Inline::Link { href: around.href.to_owned(), content, span: around.span });
    }
    out.extend(after);
}
