//! Gives every `{% if %}` its place in the tree.
//!
//! Parsers know nothing of controls: they see a word, and put it wherever a word goes.
//! Here a control alone on its line becomes a sibling of the blocks, items or rows
//! around it, and controls without a counterpart among their siblings are refused,
//! because half a paragraph or half a list cannot be left out of a mail.

mod list;
mod notes;

pub(super) use notes::refuse_within;

use std::collections::BTreeSet;

use super::findings::Findings;
use super::{ArticleError, Block, BlockKind, Column, Definition, Inline, Row, words};
use crate::problem::Span;
use crate::tags::{Mask, TagId, TagKind};

/// Moves the controls in `blocks` to where they belong and notes those that have no
/// counterpart.
///
/// Every tag that is still a tag, and not code, is put into `used`.
pub(super) fn settle(
    blocks: Vec<Block>,
    mask: &Mask,
    used: &mut BTreeSet<TagId>,
    findings: &mut Findings,
) -> Vec<Block> {
    if mask.tags().is_empty() {
        return blocks;
    }
    let mut settler = Settler { mask, used, findings };
    let blocks = settler.blocks(blocks);
    settler.check(blocks.iter().filter_map(block_control));
    blocks
}

struct Settler<'a> {
    mask: &'a Mask,
    used: &'a mut BTreeSet<TagId>,
    findings: &'a mut Findings,
}

/// The controls that are opened and have no counterpart in the whole text.
fn never_closed(mask: &Mask) -> BTreeSet<TagId> {
    let mut open = Vec::new();
    for (tag, id) in mask.tags().iter().zip(0..) {
        match tag.kind {
            TagKind::Open => open.push(TagId(id)),
            TagKind::Close => _ = open.pop(),
            TagKind::Hole | TagKind::Middle => {}
        }
    }
    open.into_iter().collect()
}

impl Settler<'_> {
    /// Settles siblings; whether they balance is left to the caller, who may still lift
    /// some of them.
    fn blocks(&mut self, blocks: Vec<Block>) -> Vec<Block> {
        let mut out = Vec::new();
        for block in blocks {
            self.block(block, &mut out);
        }
        out
    }

    fn block(&mut self, Block { span, kind }: Block, out: &mut Vec<Block>) {
        match kind {
            BlockKind::Paragraph(content) => self.paragraph(span, content, out),
            BlockKind::Heading { level, content } => {
                if let Some(id) = self.only_control(&content) {
                    out.push(self.control(id));
                } else {
                    self.inlines(&content);
                    out.push(Block { span, kind: BlockKind::Heading { level, content } });
                }
            }
            BlockKind::List(mut list) => {
                list.items = self.items(list.items);
                self.list(span, list, out);
            }
            BlockKind::Quote { blocks, cite } => {
                let (blocks, lifted) = self.inside(blocks);
                self.inlines(cite.as_deref().unwrap_or_default());
                out.push(Block { span, kind: BlockKind::Quote { blocks, cite } });
                out.extend(lifted);
            }
            BlockKind::Table(mut table) => {
                for cell in &table.head {
                    self.inlines(cell);
                }
                table.rows = table.rows.into_iter().map(|row| self.row(row)).collect();
                let lifted = self.lift(&mut table.rows, row_control);
                self.check(table.rows.iter().filter_map(row_control));
                out.push(Block { span, kind: BlockKind::Table(table) });
                out.extend(lifted.into_iter().map(|id| self.control(id)));
            }
            BlockKind::Figure { image, caption } => {
                self.attribute(&image.alt);
                self.attribute(&image.src);
                self.attribute(image.href.as_deref().unwrap_or_default());
                self.inlines(caption.as_deref().unwrap_or_default());
                out.push(Block { span, kind: BlockKind::Figure { image, caption } });
            }
            BlockKind::Button { label, href } => {
                self.inlines(&label);
                self.attribute(&href);
                out.push(Block { span, kind: BlockKind::Button { label, href } });
            }
            BlockKind::Callout { kind, title, blocks } => {
                let (blocks, lifted) = self.inside(blocks);
                self.inlines(title.as_deref().unwrap_or_default());
                out.push(Block { span, kind: BlockKind::Callout { kind, title, blocks } });
                out.extend(lifted);
            }
            BlockKind::Columns(columns) => {
                out.push(Block { span, kind: BlockKind::Columns(self.columns(columns)) });
            }
            BlockKind::Definitions(definitions) => self.definitions(definitions, out),
            kind @ (BlockKind::Code { .. } | BlockKind::Divider | BlockKind::Control(_)) => {
                out.push(Block { span, kind });
            }
        }
    }

    /// Settles what stands within a block, and the controls at its end that belong
    /// after the block.
    fn inside(&mut self, blocks: Vec<Block>) -> (Vec<Block>, Vec<Block>) {
        let mut blocks = self.blocks(blocks);
        let lifted = self.lift(&mut blocks, block_control);
        self.check(blocks.iter().filter_map(block_control));
        (blocks, lifted.into_iter().map(|id| self.control(id)).collect())
    }

    /// Settles what stands within a block that no line after it can belong to.
    fn closed(&mut self, blocks: Vec<Block>) -> Vec<Block> {
        let blocks = self.blocks(blocks);
        self.check(blocks.iter().filter_map(block_control));
        blocks
    }

    /// Settles columns; a condition that goes from one to another is told once.
    fn columns(&mut self, columns: Vec<Column>) -> Vec<Column> {
        let settle = |column: Column| Column { blocks: self.blocks(column.blocks), ..column };
        let columns: Vec<_> = columns.into_iter().map(settle).collect();
        let controls = |column: &Column| column.blocks.iter().filter_map(block_control).collect::<Vec<_>>();
        let lone = columns.iter().map(|column| self.unmatched(controls(column)));
        let lone: Vec<_> = lone.filter(|lone| !lone.is_empty()).collect();
        if let [first, _, ..] = lone.as_slice() {
            let tag = self.mask.tag(first[0]);
            self.used.extend(columns.iter().flat_map(controls));
            self.findings.error(ArticleError::AcrossColumns(tag.text.clone()), tag.span);
        } else {
            for column in &columns {
                self.check(controls(column));
            }
        }
        columns
    }

    /// A control under a definition ends the list there, so that it holds for what stands
    /// before it and not for the definitions after it.
    fn definitions(&mut self, definitions: Vec<Definition>, out: &mut Vec<Block>) {
        let mut run: Vec<Definition> = Vec::new();
        for definition in definitions {
            definition.terms.iter().for_each(|term| self.inlines(term));
            let last = definition.details.len().saturating_sub(1);
            let mut lifted = Vec::new();
            let mut details = Vec::new();
            for (index, blocks) in definition.details.into_iter().enumerate() {
                if index < last {
                    details.push(self.closed(blocks));
                } else {
                    let (blocks, more) = self.inside(blocks);
                    lifted = more;
                    details.push(blocks);
                }
            }
            run.push(Definition { details, ..definition });
            if !lifted.is_empty() {
                end_definitions(&mut run, out);
                out.extend(lifted);
            }
        }
        end_definitions(&mut run, out);
    }

    /// Cuts a paragraph at lines that are only a control, provided that what is between
    /// them stands on its own.
    fn paragraph(&mut self, span: Span, content: Vec<Inline>, out: &mut Vec<Block>) {
        let mut pieces: Vec<Result<Vec<Inline>, TagId>> = Vec::new();
        for line in content.split_inclusive(|inline| matches!(inline, Inline::SoftBreak | Inline::HardBreak))
        {
            match (self.only_control(line), pieces.last_mut()) {
                (Some(id), _) => pieces.push(Err(id)),
                (None, Some(Ok(piece))) => piece.extend_from_slice(line),
                (None, _) => pieces.push(Ok(line.to_vec())),
            }
        }
        let whole = !pieces.iter().any(Result::is_err)
            || pieces.iter().flatten().any(|piece| !self.balances(self.controls_of(piece)));
        if whole {
            self.inlines(&content);
            out.push(Block { span, kind: BlockKind::Paragraph(content) });
            return;
        }
        for piece in pieces {
            match piece {
                Err(id) => out.push(self.control(id)),
                Ok(mut piece) => {
                    while matches!(piece.last(), Some(Inline::SoftBreak | Inline::HardBreak)) {
                        piece.pop();
                    }
                    self.inlines(&piece);
                    if !piece.is_empty() {
                        out.push(Block { span, kind: BlockKind::Paragraph(piece) });
                    }
                }
            }
        }
    }

    fn row(&mut self, row: Row) -> Row {
        let Row::Cells(cells) = row else { return row };
        let mut filled = cells.iter().filter(|cell| !words(cell).trim().is_empty());
        if let (Some(only), None) = (filled.next(), filled.next())
            && let Some(id) = self.only_control(only)
        {
            return Row::Control(id);
        }
        for cell in &cells {
            self.inlines(cell);
        }
        Row::Cells(cells)
    }

    /// Takes controls off the end of siblings that do not balance with them. A line
    /// directly under a list, a quotation or a table belongs to it by the rules of
    /// Markdown, yet its author meant to close what was opened outside.
    fn lift<T>(&self, siblings: &mut Vec<T>, control: fn(&T) -> Option<TagId>) -> Vec<TagId> {
        let mut depth = 0_usize;
        let mut sound = true;
        let mut cut = (!siblings.is_empty()).then_some(0);
        for (index, id) in siblings.iter().map(control).enumerate() {
            match id.map(|id| self.mask.tag(id).kind) {
                Some(TagKind::Open) => depth += 1,
                Some(TagKind::Middle) => sound &= depth > 0,
                Some(TagKind::Close) => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => sound = false,
                },
                Some(TagKind::Hole) | None => {}
            }
            if id.is_none() {
                // Nothing before a sibling that is no control can be lifted over it.
                cut = None;
            }
            if sound && depth == 0 {
                cut = Some(index + 1);
            }
        }
        let cut = cut.unwrap_or(siblings.len());
        siblings.drain(cut..).filter_map(|last| control(&last)).collect()
    }

    fn control(&self, id: TagId) -> Block {
        Block { span: self.mask.tag(id).span, kind: BlockKind::Control(id) }
    }

    fn only_control(&self, content: &[Inline]) -> Option<TagId> {
        let text = content
            .iter()
            .map(|inline| match inline {
                Inline::Text(text) => Some(text.as_str()),
                Inline::SoftBreak | Inline::HardBreak => Some(" "),
                _ => None,
            })
            .collect::<Option<String>>()?;
        self.mask.only_control(&text)
    }

    /// The controls that stand directly in `content`, not in what it stresses or links.
    fn controls_of(&self, content: &[Inline]) -> Vec<TagId> {
        let texts = content.iter().filter_map(|inline| match inline {
            Inline::Text(text) => Some(text),
            _ => None,
        });
        texts.flat_map(|text| self.mask.find(text)).map(|found| found.id).collect()
    }

    /// Notes the controls within running text that have no counterpart there.
    fn inlines(&mut self, content: &[Inline]) {
        let ids = self.controls_of(content);
        self.check(ids);
        for inline in content {
            match inline {
                Inline::Emphasis(inner)
                | Inline::Strong(inner)
                | Inline::Strikethrough(inner)
                | Inline::Styled { content: inner, .. } => self.inlines(inner),
                Inline::Link { href, content, .. } => {
                    self.attribute(href);
                    self.inlines(content);
                }
                Inline::Image(image) => {
                    self.attribute(&image.alt);
                    self.attribute(&image.src);
                }
                Inline::Text(_)
                | Inline::Code(_)
                | Inline::SoftBreak
                | Inline::HardBreak
                | Inline::Footnote(_) => {}
            }
        }
    }

    fn attribute(&mut self, text: &str) {
        let ids: Vec<_> = self.mask.find(text).iter().map(|found| found.id).collect();
        self.check(ids);
    }

    fn balances(&self, ids: impl IntoIterator<Item = TagId>) -> bool {
        self.unmatched(ids).is_empty()
    }

    fn check(&mut self, ids: impl IntoIterator<Item = TagId>) {
        let ids: Vec<_> = ids.into_iter().inspect(|id| _ = self.used.insert(*id)).collect();
        for id in self.unmatched(ids) {
            let tag = self.mask.tag(id);
            let text = tag.text.clone();
            // Beyond the last that is told, which it is does not matter.
            let condition = if !self.findings.is_full() && never_closed(self.mask).contains(&id) {
                let closer = if tag.inner.starts_with("for") { "endfor" } else { "endif" };
                ArticleError::NeverClosed { tag: text, closer }
            } else {
                ArticleError::UnbalancedControl(text)
            };
            self.findings.lone(condition, tag.span);
        }
    }

    fn unmatched(&self, ids: impl IntoIterator<Item = TagId>) -> Vec<TagId> {
        let mut open = Vec::new();
        let mut lone = Vec::new();
        for id in ids {
            match self.mask.tag(id).kind {
                TagKind::Open => open.push(id),
                TagKind::Middle if open.is_empty() => lone.push(id),
                TagKind::Hole | TagKind::Middle => {}
                TagKind::Close => {
                    if open.pop().is_none() {
                        lone.push(id);
                    }
                }
            }
        }
        lone.extend(open);
        lone
    }
}

/// Makes a block of the definitions so far, if there are any.
pub(super) fn end_definitions(run: &mut Vec<Definition>, out: &mut Vec<Block>) {
    let definitions = std::mem::take(run);
    let ends = definitions.first().zip(definitions.last());
    if let Some(span) = ends.map(|(first, last)| Span::new(first.span.start, last.span.end)) {
        out.push(Block { span, kind: BlockKind::Definitions(definitions) });
    }
}

fn block_control(block: &Block) -> Option<TagId> {
    match block.kind {
        BlockKind::Control(id) => Some(id),
        _ => None,
    }
}

fn row_control(row: &Row) -> Option<TagId> {
    match row {
        Row::Control(id) => Some(*id),
        Row::Cells(_) => None,
    }
}
