//! Carries a link over to what stands within it.
//!
//! HTML may have `<a>` around paragraphs and pictures; the tree has links within them
//! alone.

use std::collections::BTreeSet;

use comrak::nodes::{AstNode, NodeValue};

use super::Walk;
use super::directive::Open;
use super::error::MarkdownError;
use super::markup::tag_name;
use super::raw::{End, Raw};
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

impl<'n> Walk<'_, 'n> {
    /// Reads a run of HTML, which may begin a link around what follows, and end one around
    /// what comes before it.
    pub(super) fn html_in_link(&mut self, raw: &mut Raw, open: &mut Vec<Open>, out: &mut Vec<Block>) {
        let edges = raw.links(self.body.text());
        if let Some(end) = edges.ends
            && let Some((href, _)) = open.last().and_then(Open::leads)
        {
            self.end(open, out, raw.place());
            // What of the run stands before the end belongs to the link, and nothing after it.
            if end == End::Later {
                raw.within_link(&href);
            }
        }
        self.html(raw, open.last_mut().map_or(&mut *out, |open| &mut open.blocks));
        if let Some(begun) = edges.begins {
            open.push(Open::link(begun));
        }
    }

    /// Reads a paragraph that ends a link around blocks; gives whether `node` is one.
    pub(super) fn ends_link(
        &mut self,
        node: &'n AstNode<'n>,
        open: &mut Vec<Open>,
        out: &mut Vec<Block>,
    ) -> bool {
        let Some((href, fence)) = open.last().and_then(Open::leads) else { return false };
        let Some(at) = link_end(node) else { return false };
        let position = node.data().sourcepos;
        self.end(open, out, self.lines.span(position));
        let children: Vec<_> = node.children().collect();
        let mut content = self.stretch(&children[..at], 0);
        let around = Around { href: &href, span: self.body.original(fence) };
        let mut passed = Passed::new();
        self.link_words(&mut content, &around, &mut passed);
        for what in passed {
            self.findings.warning(MarkdownError::HtmlUnlinked(what), around.span);
        }
        let mut after = self.stretch(&children[at + 1..], 0);
        if content.is_empty() {
            let skipped = after.iter().take_while(|inline| super::is_break(inline)).count();
            after.drain(..skipped);
            if let Some(Inline::Text(text)) = after.first_mut() {
                *text = text.trim_start().to_owned();
            }
        }
        content.extend(after);
        if !content.is_empty() {
            let kind = BlockKind::Paragraph(content);
            let block = Block { span: self.span(position), kind };
            open.last_mut().map_or(out, |open| &mut open.blocks).push(block);
        }
        true
    }

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

/// Which child of a paragraph ends a link that no child begins.
fn link_end<'n>(node: &'n AstNode<'n>) -> Option<usize> {
    if !matches!(node.data().value, NodeValue::Paragraph) {
        return None;
    }
    let mut open = 0_usize;
    for (at, child) in node.children().enumerate() {
        let ast = child.data();
        let NodeValue::HtmlInline(html) = &ast.value else { continue };
        if tag_name(html) != "a" {
            continue;
        }
        if !html.starts_with("</") {
            open += 1;
        } else if open == 0 {
            return Some(at);
        } else {
            open -= 1;
        }
    }
    None
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
