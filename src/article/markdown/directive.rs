//! Builds the blocks of our own: buttons, callouts, columns and quotations between `:::`
//! lines.

use comrak::nodes::{AstNode, NodeValue, Sourcepos};
use comrak::parse_document;

use super::error::MarkdownError;
use super::fences::{Fence, FenceKind};
use super::linked::{Around, Passed};
use super::position::Lines;
use super::raw::{Begun, Raw};
use super::{DEEPEST, Walk, boxes, options};
use crate::article::{ArticleError, Block, BlockKind, Column, Inline, words};
use crate::problem::{Span, did_you_mean};

/// The names there are, besides those of callouts.
const NAMES: [&str; 6] = ["button", "callout", "columns", "column", "quote", "figure"];

/// Most columns side by side; more would be too narrow to read.
const MOST_COLUMNS: usize = 3;

/// The element that quotes blocks of Markdown.
const QUOTATION: &str = "blockquote";

/// A block whose end has not come yet.
pub(super) struct Open {
    name: String,
    colons: usize,
    /// Of the line that opens it.
    pub(super) fence: Span,
    /// What is said after the name, in the text.
    pub(super) rest: Span,
    pub(super) blocks: Vec<Block>,
    /// Columns that are whole; which were parted by `---` is remembered.
    parts: Vec<Part>,
    /// Whether one of its columns ended where the next began.
    running: bool,
    /// Where it leads, when it is a link of HTML.
    href: Option<String>,
    /// Whether it is a link of words or pictures already.
    is_shown: bool,
}

impl Open {
    fn new(name: &str, colons: usize, fence: Span, rest: Span) -> Self {
        let name = name.to_owned();
        let (blocks, parts) = (Vec::new(), Vec::new());
        Self { name, colons, fence, rest, blocks, parts, running: false, href: None, is_shown: false }
    }

    /// A quotation between two tags of HTML.
    fn quotation(fence: Span) -> Self {
        Self::new(QUOTATION, 0, fence, Span::new(fence.end, fence.end))
    }

    /// A link around blocks.
    pub(super) fn link(Begun { href, place, is_shown }: Begun) -> Self {
        let rest = Span::new(place.end, place.end);
        Self { href: Some(href), is_shown, ..Self::new("a", 0, place, rest) }
    }

    /// Where it leads and where its tag stands, when it is a link of HTML.
    pub(super) fn leads(&self) -> Option<(String, Span)> {
        Some((self.href.clone()?, self.fence))
    }
}

struct Part {
    blocks: Vec<Block>,
    paused: Option<Span>,
}

impl<'n> Walk<'_, 'n> {
    /// Reads siblings, and makes blocks of those that stand between fences.
    pub(super) fn siblings(
        &mut self,
        nodes: impl Iterator<Item = &'n AstNode<'n>>,
        depth: usize,
    ) -> Vec<Block> {
        let mut out = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        let mut raw = Raw::default();
        for node in nodes {
            let (position, is_html) = {
                let ast = node.data();
                (ast.sourcepos, matches!(ast.value, NodeValue::HtmlBlock(_)))
            };
            let fence = if is_html { self.fences.of(position).cloned() } else { None };
            if fence.is_none() && self.joins(&mut raw, node) {
                continue;
            }
            self.raw(&mut raw, &mut open, &mut out);
            if let Some(fence) = fence {
                self.fence(fence, position, depth, &mut open, &mut out);
                continue;
            }
            if self.ends_link(node, &mut open, &mut out) {
                continue;
            }
            let target = open.last_mut().map_or(&mut out, |open| &mut open.blocks);
            let mut blocks = std::mem::take(target);
            self.block(node, depth + open.len(), &mut blocks);
            *open.last_mut().map_or(&mut out, |open| &mut open.blocks) = blocks;
        }
        self.raw(&mut raw, &mut open, &mut out);
        while let Some(last) = open.pop() {
            self.unclosed(&last);
            let target = open.last_mut().map_or(&mut out, |open| &mut open.blocks);
            target.extend(last.parts.into_iter().flat_map(|part| part.blocks));
            target.extend(last.blocks);
        }
        out
    }

    /// Reads a run of HTML; a lone `<blockquote>` opens a quotation of Markdown, and an `<a>`
    /// without its end a link around it.
    fn raw(&mut self, raw: &mut Raw, open: &mut Vec<Open>, out: &mut Vec<Block>) {
        match raw.quotation() {
            Some((true, fence)) => {
                *raw = Raw::default();
                open.push(Open::quotation(fence));
            }
            Some((false, fence)) if open.last().is_some_and(|last| last.name == QUOTATION) => {
                *raw = Raw::default();
                self.end(open, out, fence);
            }
            _ => self.html_in_link(raw, open, out),
        }
    }

    fn unclosed(&mut self, open: &Open) {
        let span = self.body.original(open.fence);
        let name = open.name.clone();
        if open.colons > 0 {
            self.findings.error(ArticleError::UnclosedBlock(name), span);
        } else if !open.is_shown {
            self.findings.warning(ArticleError::HtmlUnclosed(name), span);
        }
    }

    fn fence(
        &mut self,
        fence: Fence,
        position: Sourcepos,
        depth: usize,
        open: &mut Vec<Open>,
        out: &mut Vec<Block>,
    ) {
        match fence.kind {
            FenceKind::Open { colons, name, rest } => {
                if depth + open.len() > DEEPEST {
                    return self.refuse_depth(position);
                }
                if name == "column" && open.last().is_some_and(|last| last.name == "column") {
                    self.end(open, out, fence.span);
                    if let Some(columns) = open.last_mut() {
                        columns.running = true;
                    }
                }
                if !matches!(name.as_str(), "quote" | "figure" | "button") {
                    self.number_notes(rest);
                }
                open.push(Open::new(&name, colons, fence.span, rest));
            }
            FenceKind::Close { colons } => {
                let Some(at) =
                    open.iter().rposition(|open| open.colons == colons).or_else(|| open.len().checked_sub(1))
                else {
                    let span = self.body.original(fence.span);
                    return self.findings.warning(ArticleError::StrayFence, span);
                };
                while open.len() > at + 1 {
                    if let Some(last) = open.last_mut().filter(|last| last.name != "column") {
                        last.href = None;
                        self.unclosed(last);
                    }
                    self.end(open, out, fence.span);
                }
                let column = open[at].name == "column";
                self.end(open, out, fence.span);
                // Where the columns before it had no end of their own, this ends them all.
                if column && open.last().is_some_and(|last| last.running && last.colons == colons) {
                    self.end(open, out, fence.span);
                }
            }
            FenceKind::Control(id) => {
                let control = Block { span: self.mask.tag(id).span, kind: BlockKind::Control(id) };
                open.last_mut().map_or(out, |open| &mut open.blocks).push(control);
            }
            FenceKind::Part | FenceKind::Pause => {
                let paused = (fence.kind == FenceKind::Pause).then_some(fence.span);
                let span = self.body.original(fence.span);
                let target = match open.last_mut() {
                    Some(columns) if columns.name == "columns" => {
                        let blocks = std::mem::take(&mut columns.blocks);
                        columns.parts.push(Part { blocks, paused });
                        return;
                    }
                    Some(other) => &mut other.blocks,
                    None => out,
                };
                let kind = match paused {
                    Some(_) => BlockKind::Divider,
                    None => BlockKind::Paragraph(vec![Inline::Text("+++".to_owned())]),
                };
                target.push(Block { span, kind });
            }
        }
    }

    /// Ends the innermost block at `end`.
    pub(super) fn end(&mut self, open: &mut Vec<Open>, out: &mut Vec<Block>, end: Span) {
        let Some(last) = open.pop() else { return };
        let span = self.body.original(Span::new(last.fence.start, end.end));
        if last.name == "column"
            && let Some(columns) = open.last_mut().filter(|columns| columns.name == "columns")
        {
            return self.column(last, columns);
        }
        let blocks = match &last.href {
            Some(href) => {
                let span = self.body.original(last.fence);
                let mut blocks = last.blocks;
                let mut passed = Passed::new();
                self.link_blocks(&mut blocks, &Around { href, span }, &mut passed);
                for what in passed {
                    self.findings.warning(MarkdownError::HtmlUnlinked(what), span);
                }
                blocks
            }
            None if last.name == "a" && last.colons == 0 => last.blocks,
            None => self.build(last, span),
        };
        open.last_mut().map_or(out, |open| &mut open.blocks).extend(blocks);
    }

    /// Adds a column. Conditions that stand around it come to stand in it.
    fn column(&mut self, column: Open, columns: &mut Open) {
        let before = std::mem::take(&mut columns.blocks);
        let (controls, others): (Vec<_>, Vec<_>) =
            before.into_iter().partition(|block| self.is_control(block));
        if !others.is_empty() {
            columns.parts.push(Part { blocks: others, paused: None });
        }
        let mut blocks = Vec::new();
        for control in controls {
            match columns.parts.last_mut() {
                Some(part) if self.closes(&control) => part.blocks.push(control),
                _ => blocks.push(control),
            }
        }
        blocks.extend(column.blocks);
        columns.parts.push(Part { blocks, paused: None });
    }

    fn build(&mut self, open: Open, span: Span) -> Vec<Block> {
        let one = |kind| vec![Block { span, kind }];
        let fence = self.body.original(open.fence);
        match open.name.as_str() {
            "button" => self.buttons(open, span),
            "columns" => self.columns(open, span),
            "column" => {
                self.findings.warning(ArticleError::LoneColumn, fence);
                open.blocks
            }
            "quote" | QUOTATION => {
                let mut blocks = open.blocks;
                let said = self.fragment(open.rest);
                let cite = if said.is_empty() { super::take_cite(&mut blocks) } else { Some(undashed(said)) };
                one(BlockKind::Quote { blocks, cite })
            }
            "figure" => self.captioned(open, span),
            name => {
                let title = if name == "callout" {
                    let (kind, title) = boxes::first_kind(self.body.text(), open.rest);
                    Some((kind, title))
                } else {
                    boxes::kind(name).map(|kind| (kind, open.rest))
                };
                if let Some((kind, title)) = title {
                    let title = self.fragment(title);
                    let title = (!title.is_empty()).then_some(title);
                    return one(BlockKind::Callout { kind, title, blocks: open.blocks });
                }
                let nearest = did_you_mean(name, NAMES.into_iter().chain(boxes::NAMES));
                let condition = ArticleError::UnknownBlock { name: name.to_owned(), nearest };
                self.findings.warning(condition, fence);
                let said = self.fragment(open.rest);
                let mut blocks = Vec::new();
                if !said.is_empty() {
                    blocks.push(Block { span: fence, kind: BlockKind::Paragraph(said) });
                }
                blocks.extend(open.blocks);
                blocks
            }
        }
    }

    fn columns(&mut self, open: Open, span: Span) -> Vec<Block> {
        let fence = self.body.original(open.fence);
        let mut parts = open.parts;
        let closing = !open.blocks.is_empty() && open.blocks.iter().all(|block| self.is_control(block));
        match parts.last_mut() {
            Some(part) if closing => part.blocks.extend(open.blocks),
            _ if open.blocks.is_empty() => {}
            _ => parts.push(Part { blocks: open.blocks, paused: None }),
        }
        // Three dashes are a pause where something else parts the columns.
        let last = parts.len().saturating_sub(1);
        if parts.iter().take(last).any(|part| part.paused.is_none()) {
            let mut joined: Vec<Part> = Vec::new();
            for part in parts {
                match joined.last_mut() {
                    Some(Part { blocks, paused: paused @ Some(_) }) => {
                        let pause = paused.take().unwrap_or_default();
                        blocks.push(Block { span: self.body.original(pause), kind: BlockKind::Divider });
                        blocks.extend(part.blocks);
                        *paused = part.paused;
                    }
                    _ => joined.push(part),
                }
            }
            parts = joined;
        }
        let column = |part: Part| {
            let ends = part.blocks.first().zip(part.blocks.last());
            let span = ends.map_or(fence, |(first, last)| Span::new(first.span.start, last.span.end));
            Column { span, blocks: part.blocks }
        };
        let mut columns: Vec<_> = parts.into_iter().map(column).collect();
        columns.retain(|column| !column.blocks.is_empty());
        let count = columns.len();
        if count < 2 {
            self.findings.warning(ArticleError::FewColumns, fence);
            return columns.pop().map(|column| column.blocks).unwrap_or_default();
        }
        if count > MOST_COLUMNS {
            self.findings.warning(ArticleError::ManyColumns { found: count, most: MOST_COLUMNS }, fence);
        }
        // Four stand two by two, five three and two.
        let rows = count.div_ceil(MOST_COLUMNS);
        let each = count.div_ceil(rows);
        let mut blocks = Vec::new();
        while !columns.is_empty() {
            let rest = columns.split_off(each.min(columns.len()));
            blocks.push(Block { span, kind: BlockKind::Columns(columns) });
            columns = rest;
        }
        blocks
    }

    /// Reads a part of a line as words within a paragraph.
    pub(super) fn fragment(&mut self, span: Span) -> Vec<Inline> {
        const HEADING: &str = "# ";
        let text = self.body.text().get(span.start..span.end).unwrap_or_default();
        let skipped = text.len() - text.trim_start().len();
        let (mut start, mut text) = (span.start + skipped, text.trim());
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        if let Some(inner) = inner.or(quoted).filter(|inner| !inner.contains(['[', ']', '"'])) {
            start += 1;
            text = inner;
        }
        if text.is_empty() {
            return Vec::new();
        }
        // In a heading nothing but words is read: no list, no quotation.
        let root = parse_document(
            self.arena,
            &format!("{HEADING}{text}{}", self.definitions_for(text)),
            &options(self.as_typed),
        );
        let line = Lines::of_one(start.saturating_sub(HEADING.len()), self.body.text().len());
        let lines = std::mem::replace(&mut self.lines, line);
        let content = root.first_child().map(|heading| self.inlines(heading, 0)).unwrap_or_default();
        self.lines = lines;
        content
    }

    fn is_control(&self, block: &Block) -> bool {
        match &block.kind {
            BlockKind::Paragraph(content) => self.mask.only_control(&words(content)).is_some(),
            _ => false,
        }
    }

    fn closes(&self, block: &Block) -> bool {
        let BlockKind::Paragraph(content) = &block.kind else { return false };
        let id = self.mask.only_control(&words(content));
        id.is_some_and(|id| self.mask.tag(id).kind == crate::tags::TagKind::Close)
    }
}

/// A source without the dash that may stand before it.
fn undashed(mut said: Vec<Inline>) -> Vec<Inline> {
    if let Some(Inline::Text(text)) = said.first_mut() {
        *text = text.trim_start_matches(['—', '–', '-', ' ']).to_owned();
    }
    said
}
