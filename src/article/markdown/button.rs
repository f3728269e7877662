//! Builds buttons and pictures with their lines out of what stands between `:::` lines.

use super::Walk;
use super::directive::Open;
use crate::article::{ArticleError, Block, BlockKind, Inline};
use crate::problem::Span;

impl Walk<'_, '_> {
    /// The links within `:::button`, each as a button; the content is the label where the
    /// address stands after the name.
    pub(super) fn buttons(&mut self, open: Open, span: Span) -> Vec<Block> {
        let rest = self.body.text().get(open.rest.start..open.rest.end).unwrap_or_default();
        let first = rest.split_whitespace().next().unwrap_or_default();
        let is_markup = first.starts_with(['[', '!']);
        let is_address = (first.contains("://") && !is_markup)
            || first.starts_with(['/', '#'])
            || first.starts_with("mailto:")
            || first.starts_with("tel:")
            || self.mask.find(first).first().is_some_and(|found| found.span.start == 0);
        let href = is_address.then(|| first.trim_matches(['<', '>']).to_owned());
        let label = if is_address { open.rest.start + first.len() } else { open.rest.start };
        let said = self.fragment(Span::new(label, open.rest.end));
        let mut blocks = open.blocks;
        if let Some(href) = href {
            let label = match blocks.first() {
                _ if !said.is_empty() => Some(unlinked(said)),
                Some(Block { kind: BlockKind::Paragraph(content), .. }) => {
                    let label = unlinked(content.clone());
                    blocks.remove(0);
                    Some(label)
                }
                _ => None,
            };
            let label = label.unwrap_or_else(|| vec![Inline::Text(href.clone())]);
            blocks.insert(0, Block { span, kind: BlockKind::Button { label, href } });
            return blocks;
        }
        if !said.is_empty() {
            blocks.insert(0, Block { span, kind: BlockKind::Paragraph(said) });
        }
        let mut found = false;
        let mut out = Vec::new();
        for block in blocks {
            let Block { span, kind: BlockKind::Paragraph(content) } = block else {
                found |= matches!(block.kind, BlockKind::Button { .. });
                out.push(block);
                continue;
            };
            let only_links = content.iter().all(|inline| match inline {
                Inline::Link { .. } | Inline::SoftBreak | Inline::HardBreak => true,
                Inline::Text(text) => text.trim().is_empty() || self.mask.only_control(text).is_some(),
                _ => false,
            });
            if !only_links || !content.iter().any(|inline| matches!(inline, Inline::Link { .. })) {
                out.push(Block { span, kind: BlockKind::Paragraph(content) });
                continue;
            }
            found = true;
            for inline in content {
                let kind = match inline {
                    Inline::Link { href, content, .. } => BlockKind::Button { label: content, href },
                    Inline::Text(text) if !text.trim().is_empty() => {
                        BlockKind::Paragraph(vec![Inline::Text(text)])
                    }
                    _ => continue,
                };
                out.push(Block { span, kind });
            }
        }
        if !found {
            self.findings.warning(ArticleError::ButtonWithoutLink, self.body.original(open.fence));
        }
        out
    }

    /// A picture and, under it, the words that belong to it.
    pub(super) fn captioned(&mut self, open: Open, span: Span) -> Vec<Block> {
        let mut said = self.fragment(open.rest);
        let mut blocks = open.blocks;
        if let [Block { kind: BlockKind::Figure { caption, .. }, .. }, rest @ ..] = blocks.as_mut_slice()
            && caption.is_none()
        {
            let mut taken = false;
            if let [Block { kind: BlockKind::Paragraph(content), .. }] = rest
                && said.is_empty()
            {
                said = std::mem::take(content);
                taken = true;
            }
            if !said.is_empty() {
                *caption = Some(said);
            }
            if taken {
                blocks.pop();
            }
        } else if !said.is_empty() {
            blocks.push(Block { span, kind: BlockKind::Paragraph(said) });
        }
        blocks
    }
}

/// Words without links, of which a button can have but one.
fn unlinked(content: Vec<Inline>) -> Vec<Inline> {
    let flat = |inline| match inline {
        Inline::Link { content, .. } => content,
        other => vec![other],
    };
    content.into_iter().flat_map(flat).collect()
}
