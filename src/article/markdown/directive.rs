//! Builds the blocks of our own: buttons, callouts, columns and quotations between `:::`
//! lines.

use comrak::nodes::{AstNode, NodeValue, Sourcepos};
use comrak::parse_document;

use super::fences::{Fence, FenceKind};
use super::position::Lines;
use super::{DEEPEST, Walk, boxes, options};
use crate::article::{ArticleError, Block, BlockKind, Column, Inline, words};
use crate::problem::{Span, did_you_mean};

/// The names there are, besides those of callouts.
const NAMES: [&str; 6] = ["button", "callout", "columns", "column", "quote", "figure"];

/// Most columns side by side; more would be too narrow to read.
const MOST_COLUMNS: usize = 3;

/// A block whose end has not come yet.
struct Open {
    name: String,
    colons: usize,
    /// Of the line that opens it.
    fence: Span,
    /// What is said after the name, in the text.
    rest: Span,
    blocks: Vec<Block>,
    /// Columns that are whole; which were parted by `---` is remembered.
    parts: Vec<Part>,
    /// Whether one of its columns ended where the next began.
    running: bool,
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
        for node in nodes {
            let (position, is_html) = {
                let ast = node.data();
                (ast.sourcepos, matches!(ast.value, NodeValue::HtmlBlock(_)))
            };
            let fence = if is_html { self.fences.of(position).cloned() } else { None };
            if let Some(fence) = fence {
                self.fence(fence, position, depth, &mut open, &mut out);
                continue;
            }
            let target = open.last_mut().map_or(&mut out, |open| &mut open.blocks);
            let mut blocks = std::mem::take(target);
            self.block(node, depth + open.len(), &mut blocks);
            *open.last_mut().map_or(&mut out, |open| &mut open.blocks) = blocks;
        }
        while let Some(last) = open.pop() {
            self.unclosed(&last);
            let target = open.last_mut().map_or(&mut out, |open| &mut open.blocks);
            target.extend(last.parts.into_iter().flat_map(|part| part.blocks));
            target.extend(last.blocks);
        }
        out
    }

    fn unclosed(&mut self, open: &Open) {
        let span = self.body.original(open.fence);
        self.findings.error(ArticleError::UnclosedBlock(open.name.clone()), span);
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
                open.push(Open {
                    name,
                    colons,
                    fence: fence.span,
                    rest,
                    blocks: Vec::new(),
                    parts: Vec::new(),
                    running: false,
                });
            }
            FenceKind::Close { colons } => {
                let Some(at) =
                    open.iter().rposition(|open| open.colons == colons).or_else(|| open.len().checked_sub(1))
                else {
                    let span = self.body.original(fence.span);
                    return self.findings.warning(ArticleError::StrayFence, span);
                };
                while open.len() > at + 1 {
                    if open.last().is_some_and(|last| last.name != "column") {
                        self.unclosed(&open[open.len() - 1]);
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
    fn end(&mut self, open: &mut Vec<Open>, out: &mut Vec<Block>, end: Span) {
        let Some(last) = open.pop() else { return };
        let span = self.body.original(Span::new(last.fence.start, end.end));
        if last.name == "column"
            && let Some(columns) = open.last_mut().filter(|columns| columns.name == "columns")
        {
            return self.column(last, columns);
        }
        let blocks = self.build(last, span);
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
            "quote" => {
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

    /// The links within `:::button`, each as a button; the content is the label where the
    /// address stands after the name.
    fn buttons(&mut self, open: Open, span: Span) -> Vec<Block> {
        let rest = self.body.text().get(open.rest.start..open.rest.end).unwrap_or_default();
        let first = rest.split_whitespace().next().unwrap_or_default();
        let is_address = first.contains("://")
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
    fn captioned(&mut self, open: Open, span: Span) -> Vec<Block> {
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
        let root = parse_document(self.arena, &format!("{HEADING}{text}"), &options());
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

/// Words without links, of which a button can have but one.
fn unlinked(content: Vec<Inline>) -> Vec<Inline> {
    let flat = |inline| match inline {
        Inline::Link { content, .. } => content,
        other => vec![other],
    };
    content.into_iter().flat_map(flat).collect()
}
