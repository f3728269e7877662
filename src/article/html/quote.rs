//! Reads quotations and who said them.

use super::tidy;
use super::walk::Walk;
use crate::article::{Block, BlockKind, Inline, cite, words};

impl Walk<'_, '_> {
    /// A quotation and who said it.
    pub(super) fn quote(&mut self, node: usize, depth: usize) -> Option<BlockKind> {
        let dom = self.dom;
        let source = dom.elements(node).filter(|child| !self.is_silent(*child)).last().filter(|last| {
            let only = |inner: usize| {
                dom.elements(inner).map(|e| dom.name(e)).eq(["cite"])
                    && dom
                        .children(inner)
                        .all(|child| dom.text(child).is_none_or(|text| text.trim().is_empty()))
            };
            matches!(dom.name(*last), "footer" | "cite" | "figcaption")
                || (dom.name(*last) == "p" && only(*last))
        });
        let children: Vec<usize> = dom.children(node).filter(|child| Some(*child) != source).collect();
        let mut blocks = Vec::new();
        self.siblings(&children, depth + 1, &mut blocks);
        let cite = match source {
            Some(source) => {
                let content = tidy::line(self.flat(source, &Inline::Text(" ".to_owned())));
                plain_cite(content)
            }
            None => take_cite(&mut blocks),
        };
        if blocks.is_empty() {
            let content = cite?;
            let span = self.place(node);
            let blocks = vec![Block { span, kind: BlockKind::Paragraph(content) }];
            return Some(BlockKind::Quote { blocks, cite: None });
        }
        Some(BlockKind::Quote { blocks, cite })
    }
}

/// A source without the dash before it and the slant of its letters.
pub(super) fn plain_cite(mut content: Vec<Inline>) -> Option<Vec<Inline>> {
    while let [Inline::Emphasis(inner)] = content.as_mut_slice() {
        content = std::mem::take(inner);
    }
    if let Some(Inline::Text(text)) = content.first_mut() {
        *text = text.trim_start_matches(['—', '–', '―', '-', ' ', '\u{a0}']).to_owned();
    }
    content.retain(|inline| !matches!(inline, Inline::Text(text) if text.is_empty()));
    (!tidy::is_blank(&content)).then_some(content)
}

/// Takes a last paragraph off a quotation that is a dash and a name.
fn take_cite(blocks: &mut Vec<Block>) -> Option<Vec<Inline>> {
    let [_, .., last] = blocks.as_slice() else { return None };
    let BlockKind::Paragraph(content) = &last.kind else { return None };
    cite::name(&words(content))?;
    let BlockKind::Paragraph(content) = blocks.pop()?.kind else { return None };
    plain_cite(content)
}
