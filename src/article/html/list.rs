//! Reads lists, also those that word processors write as paragraphs.

use super::walk::Walk;
use crate::article::{Block, BlockKind, Inline, Item, List, Task, words};
use crate::css;
use crate::problem::Span;

/// An item of a list whose nesting is told by a number.
struct Flat {
    level: usize,
    number: Option<u64>,
    span: Span,
    blocks: Vec<Block>,
}

impl Walk<'_, '_> {
    /// Reads a list.
    pub(super) fn list(&mut self, node: usize, depth: usize, out: &mut Vec<Block>) {
        let dom = self.dom;
        let span = self.place(node);
        let start = (dom.name(node) == "ol")
            .then(|| dom.attribute(node, "start").and_then(|start| start.parse().ok()).unwrap_or(1));
        let mut items: Vec<Item> = Vec::new();
        let mut stray: Vec<usize> = Vec::new();
        for child in dom.children(node) {
            if self.is_silent(child) {
                continue;
            }
            match dom.name(child) {
                "li" => {
                    self.stray(&mut stray, depth, &mut items);
                    let item = self.item(child, depth);
                    items.extend(item);
                }
                _ => stray.push(child),
            }
        }
        self.stray(&mut stray, depth, &mut items);
        push_list(start, items, span, out);
    }

    /// Reads what stands between the items of a list: an inner list belongs to the item
    /// above it, and anything else is an item of its own.
    fn stray(&mut self, nodes: &mut Vec<usize>, depth: usize, items: &mut Vec<Item>) {
        let nodes = std::mem::take(nodes);
        let mut blocks = Vec::new();
        self.siblings(&nodes, depth + 1, &mut blocks);
        for block in blocks {
            match (block.kind, items.last_mut()) {
                (kind @ BlockKind::List(_), Some(Item::Blocks { blocks, .. })) => {
                    blocks.push(Block { span: block.span, kind });
                }
                (kind, _) => {
                    let span = block.span;
                    items.push(Item::Blocks { span, task: None, blocks: vec![Block { span, kind }] });
                }
            }
        }
    }

    fn item(&mut self, node: usize, depth: usize) -> Option<Item> {
        let dom = self.dom;
        let span = self.place(node);
        let task = dom
            .all(node, "input")
            .find(|input| {
                dom.attribute(*input, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("checkbox"))
            })
            .filter(|input| dom.ancestors(*input).find(|around| dom.name(*around) == "li") == Some(node))
            .map(|input| match dom.attribute(input, "checked") {
                Some(_) => Task::Done,
                None => Task::Open,
            });
        let blocks = self.blocks_of(node, depth + 1);
        (!blocks.is_empty()).then_some(Item::Blocks { span, task, blocks })
    }

    /// Reads the nodes that begin `nodes` as a list, if they are one without saying so:
    /// paragraphs of Word with marks, or the lists of Google Docs, where each level is a
    /// list of its own. Gives how many nodes that took.
    pub(super) fn items_without_a_list(
        &mut self,
        nodes: &[usize],
        depth: usize,
        out: &mut Vec<Block>,
    ) -> usize {
        let mut flat = Vec::new();
        let mut taken = 0;
        for (index, node) in nodes.iter().copied().enumerate() {
            if self.dom.text(node).is_some_and(|text| text.trim().is_empty()) {
                continue;
            }
            if let Some(level) = self.level_of_list(node) {
                self.leveled(node, level, depth, &mut flat);
            } else if let Some(item) = self.marked(node) {
                flat.push(item);
            } else {
                break;
            }
            taken = index + 1;
        }
        if flat.is_empty() {
            return 0;
        }
        nest(flat, out);
        taken
    }

    /// The level that a list of Google Docs has: `lst-kix_…-1` is the second.
    fn level_of_list(&self, node: usize) -> Option<usize> {
        if !matches!(self.dom.name(node), "ul" | "ol") {
            return None;
        }
        self.dom
            .classes(node)
            .find_map(|class| class.strip_prefix("lst-kix")?.rsplit_once('-')?.1.parse().ok())
    }

    fn leveled(&mut self, node: usize, level: usize, depth: usize, flat: &mut Vec<Flat>) {
        let dom = self.dom;
        let mut number = (dom.name(node) == "ol")
            .then(|| dom.attribute(node, "start").and_then(|start| start.parse().ok()).unwrap_or(1));
        for child in dom.elements(node).filter(|child| dom.name(*child) == "li") {
            if let Some(Item::Blocks { span, blocks, .. }) = self.item(child, depth) {
                flat.push(Flat { level, number, span, blocks });
                number = number.map(|number: u64| number.saturating_add(1));
            }
        }
    }

    /// A paragraph that a word processor wrote for an item, without its mark.
    fn marked(&mut self, node: usize) -> Option<Flat> {
        if !matches!(self.dom.name(node), "p" | "div")
            || self.dom.elements(node).any(|inner| self.dom.name(inner) == "p")
        {
            return None;
        }
        let style = self.dom.attribute(node, "style").unwrap_or_default();
        let named = self.dom.has_class(node, |class| {
            class.starts_with("MsoListParagraph") || class.starts_with("MsoListBullet")
        });
        let level = css::declared(style, "mso-list").filter(|list| *list != "none").map(|list| {
            list.split(' ').find_map(|word| word.strip_prefix("level")?.parse::<usize>().ok()).unwrap_or(1)
        });
        let hanging = css::declared(style, "text-indent").is_some_and(|indent| indent.starts_with('-'));
        if !(named
            || level.is_some()
            || (hanging && self.dom.has_class(node, |class| class.starts_with("Mso"))))
        {
            return None;
        }
        let text = self.dom.words(node);
        let (mark, number) = mark(&text)?;
        let indent = || {
            let left = css::declared(style, "margin-left")
                .map(points)
                .or_else(|| css::declared(style, "margin")?.split_whitespace().last().map(points));
            // Word sets each level in by half an inch.
            left.map_or(1, |left| (left / 36).max(1))
        };
        let level = level.unwrap_or_else(indent);
        let span = self.place(node);
        let mut line = Vec::new();
        self.inlines(node, &mut line);
        let mut blocks = Vec::new();
        self.flush(node, &mut line, &mut blocks);
        if let Some(Block { kind: BlockKind::Paragraph(content), .. }) = blocks.first_mut() {
            cut_start(content, mark);
        }
        blocks.retain(
            |block| !matches!(&block.kind, BlockKind::Paragraph(content) if words(content).trim().is_empty()),
        );
        (!blocks.is_empty()).then_some(Flat { level, number, span, blocks })
    }
}

/// The mark at the beginning of an item, in characters, and its number.
fn mark(text: &str) -> Option<(usize, Option<u64>)> {
    let word = text.split([' ', '\u{a0}']).next()?;
    let count = word.chars().count();
    if matches!(
        word,
        "·" | "•" | "o" | "§" | "-" | "–" | "*" | "Ø" | "v" | "ü" | "q" | "■" | "●" | "○" | "▪" | "□"
    ) || (count == 1 && word.starts_with(|c| ('\u{f000}'..='\u{f0ff}').contains(&c)))
    {
        return Some((count, None));
    }
    let label = word.strip_suffix(['.', ')'])?.trim_start_matches('(');
    let number = match label.parse::<u64>() {
        Ok(number) => number,
        Err(_) if !label.is_empty() && label.len() <= 4 && label.chars().all(|c| c.is_ascii_alphabetic()) => {
            1
        }
        Err(_) => return None,
    };
    Some((count, Some(number)))
}

/// A length of a style sheet in points.
fn points(length: &str) -> usize {
    let digits = length.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().unwrap_or_default();
    let points = match &length[digits.len()..] {
        "in" => number * 72.0,
        "cm" => number * 28.35,
        "mm" => number * 2.835,
        "px" => number * 0.75,
        _ => number,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let whole = points.clamp(0.0, 10_000.0) as usize;
    whole
}

/// Takes the first `count` characters off, and the space after them.
fn cut_start(content: &mut Vec<Inline>, mut count: usize) {
    fn cut(content: &mut [Inline], count: &mut usize, done: &mut bool) {
        for inline in content {
            match inline {
                Inline::Text(text) => {
                    while *count > 0 && !text.is_empty() {
                        text.remove(0);
                        *count -= 1;
                    }
                    if *count == 0 {
                        *text = text.trim_start().to_owned();
                        *done = !text.is_empty();
                    }
                }
                Inline::Emphasis(inner)
                | Inline::Strong(inner)
                | Inline::Strikethrough(inner)
                | Inline::Styled { content: inner, .. }
                | Inline::Link { content: inner, .. } => cut(inner, count, done),
                _ => *done = true,
            }
            if *done {
                return;
            }
        }
    }
    cut(content, &mut count, &mut false);
    content.retain(|inline| {
        !words(std::slice::from_ref(inline)).is_empty() || !matches!(inline, Inline::Text(_))
    });
    while content.first().is_some_and(|first| super::tidy::is_blank(std::slice::from_ref(first))) {
        content.remove(0);
    }
}

/// Builds lists of items, deeper ones within the item above them.
fn nest(flat: Vec<Flat>, out: &mut Vec<Block>) {
    // What is open: the level, and the list so far.
    let mut open: Vec<(usize, Option<u64>, Span, Vec<Item>)> = Vec::new();
    for item in flat {
        while let Some((level, start, ..)) = open.last() {
            let other = *level == item.level && start.is_some() != item.number.is_some();
            if *level > item.level || other {
                close(&mut open, out);
            } else {
                break;
            }
        }
        let new = Item::Blocks { span: item.span, task: None, blocks: item.blocks };
        let full = open.len() >= super::walk::DEEPEST;
        match open.last_mut() {
            Some((level, _, _, items)) if *level == item.level || full => items.push(new),
            _ => open.push((item.level, item.number, item.span, vec![new])),
        }
    }
    while !open.is_empty() {
        close(&mut open, out);
    }
}

fn close(open: &mut Vec<(usize, Option<u64>, Span, Vec<Item>)>, out: &mut Vec<Block>) {
    let Some((_, start, span, items)) = open.pop() else { return };
    match open.last_mut().and_then(|(_, _, _, items)| items.last_mut()) {
        Some(Item::Blocks { blocks, .. }) => push_list(start, items, span, blocks),
        _ => push_list(start, items, span, out),
    }
}

/// A list that has items.
fn push_list(start: Option<u64>, items: Vec<Item>, span: Span, out: &mut Vec<Block>) {
    if items.is_empty() {
        return;
    }
    let tight = items.iter().all(|item| match item {
        Item::Blocks { blocks, .. } => blocks.iter().enumerate().all(|(at, block)| {
            matches!(block.kind, BlockKind::List(_))
                || (at == 0 && matches!(block.kind, BlockKind::Paragraph(_)))
        }),
        Item::Control(_) => true,
    });
    out.push(Block { span, kind: BlockKind::List(List { start, tight, items }) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_word_processors_are_known() {
        assert_eq!(mark("· Ink"), Some((1, None)));
        assert_eq!(mark("\u{f0b7}\u{a0}Ink"), Some((1, None)));
        assert_eq!(mark("12) Ink"), Some((3, Some(12))));
        assert_eq!(mark("a. Ink"), Some((2, Some(1))));
        assert_eq!(mark("Ink is dear"), None);
        assert_eq!((points("36.0pt"), points("1.0in"), points("x")), (36, 72, 0));
    }
}
