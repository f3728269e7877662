//! Reads paragraphs: running text, and the lines of one that are a picture or a button.

use comrak::nodes::{AstNode, NodeValue};

use super::{Walk, markup};
use crate::article::{Block, BlockKind, Image, Inline};
use crate::problem::Span;
use crate::tags::TagKind;

/// What a line of a paragraph is.
enum Line<'n> {
    Words(Vec<&'n AstNode<'n>>),
    /// A picture alone, perhaps within a link, and the stressed line under it.
    Picture(&'n AstNode<'n>, Option<&'n AstNode<'n>>),
    Button(&'n AstNode<'n>),
}

impl<'n> Walk<'_, 'n> {
    /// Reads a paragraph. A picture or a button alone on its line becomes a block.
    pub(super) fn paragraph(&mut self, node: &'n AstNode<'n>, span: Span, out: &mut Vec<Block>) {
        self.tell_rows(node.data().sourcepos);
        let lines = lines(node);
        if let [Line::Words(nodes)] = lines.as_slice() {
            if !nodes.is_empty() {
                let kind = BlockKind::Paragraph(self.inlines(node, 0));
                out.push(Block { span, kind });
            }
            return;
        }
        let alone = lines.len() == 1;
        if !alone && !self.can_be_parted(&lines) {
            let kind = BlockKind::Paragraph(self.inlines(node, 0));
            out.push(Block { span, kind });
            return;
        }
        for line in lines {
            let (first, last) = match &line {
                Line::Words(nodes) => match (nodes.first(), nodes.last()) {
                    (Some(first), Some(last)) => (*first, *last),
                    _ => continue,
                },
                Line::Picture(first, under) => (*first, under.unwrap_or(first)),
                Line::Button(only) => (*only, *only),
            };
            let place = if alone {
                span
            } else {
                Span::new(self.span(first.data().sourcepos).start, self.span(last.data().sourcepos).end)
            };
            let kind = match line {
                Line::Words(nodes) => BlockKind::Paragraph(self.stretch(&nodes, 0)),
                Line::Picture(first, under) => self.figure(first, under),
                Line::Button(only) => self.button(only),
            };
            out.push(Block { span: place, kind });
        }
    }

    /// Whether each stretch of words stands on its own: no tag and no condition goes
    /// from one over to another.
    fn can_be_parted(&self, lines: &[Line<'n>]) -> bool {
        lines.iter().all(|line| {
            let Line::Words(nodes) = line else { return true };
            let mut depth = 0_usize;
            let mut text = String::new();
            for node in nodes {
                match &node.data().value {
                    NodeValue::HtmlInline(html) if !markup::is_line_break(html) => return false,
                    NodeValue::Text(words) => text.push_str(words),
                    NodeValue::SoftBreak | NodeValue::LineBreak => text.push('\n'),
                    _ => text.push('x'),
                }
            }
            // A control alone on its line is no part of a sentence.
            for line in text.lines().filter(|line| self.mask.only_control(line).is_none()) {
                for found in self.mask.find(line) {
                    match self.mask.tag(found.id).kind {
                        TagKind::Open => depth += 1,
                        TagKind::Close if depth == 0 => return false,
                        TagKind::Close => depth -= 1,
                        TagKind::Middle | TagKind::Hole => {}
                    }
                }
            }
            depth == 0
        })
    }

    pub(super) fn button(&mut self, node: &'n AstNode<'n>) -> BlockKind {
        let ast = node.data();
        let href = match &ast.value {
            NodeValue::Link(link) => {
                self.check_title(&link.title, ast.sourcepos);
                link.url.clone()
            }
            _ => String::new(),
        };
        BlockKind::Button { label: self.inlines(node, 0), href }
    }

    fn figure(&mut self, first: &'n AstNode<'n>, under: Option<&'n AstNode<'n>>) -> BlockKind {
        let (picture, href) = match &first.data().value {
            NodeValue::Link(link) => {
                self.check_title(&link.title, first.data().sourcepos);
                (first.first_child().unwrap_or(first), Some(link.url.clone()))
            }
            _ => (first, None),
        };
        let ast = picture.data();
        let NodeValue::Image(link) = &ast.value else { return BlockKind::Paragraph(Vec::new()) };
        let image = Image { href, ..self.image(picture, link, ast.attrs.as_deref(), ast.sourcepos) };
        let titled = (!link.title.is_empty()).then(|| vec![Inline::Text(link.title.clone())]);
        let mut caption = under.map(|line| self.inlines(line, 0));
        match (&mut caption, titled) {
            // Both were written, so both are shown.
            (Some(caption), Some(titled)) => {
                caption.insert(0, Inline::HardBreak);
                caption.splice(0..0, titled);
            }
            (None, titled) => caption = titled,
            (Some(_), None) => {}
        }
        BlockKind::Figure { image, caption }
    }
}

/// The lines of a paragraph; those that are words follow each other as one.
fn lines<'n>(node: &'n AstNode<'n>) -> Vec<Line<'n>> {
    let mut lines: Vec<Line<'n>> = Vec::new();
    let children: Vec<_> = node.children().collect();
    let mut rest = children.as_slice();
    while !rest.is_empty() {
        let end = rest.iter().position(|node| is_break(node)).unwrap_or(rest.len());
        let line = &rest[..end];
        let shown: Vec<_> = line.iter().copied().filter(|node| !is_blank(node)).collect();
        rest = &rest[end..];
        match (shown.as_slice(), lines.last_mut()) {
            ([only], _) if is_picture(only) => lines.push(Line::Picture(only, None)),
            ([only], _) if is_button(only) => lines.push(Line::Button(only)),
            ([only], Some(Line::Picture(_, under @ None)))
                if matches!(only.data().value, NodeValue::Emph) =>
            {
                *under = Some(only);
            }
            ([], _) => {}
            (_, Some(Line::Words(nodes))) => nodes.extend_from_slice(line),
            _ => lines.push(Line::Words(line.to_vec())),
        }
        if let Some((gap, after)) = rest.split_first() {
            if let Some(Line::Words(nodes)) = lines.last_mut() {
                nodes.push(gap);
            }
            rest = after;
        }
    }
    for line in &mut lines {
        if let Line::Words(nodes) = line {
            while nodes.last().is_some_and(|node| is_break(node)) {
                nodes.pop();
            }
        }
    }
    if lines.is_empty() { vec![Line::Words(Vec::new())] } else { lines }
}

fn is_break(node: &AstNode<'_>) -> bool {
    matches!(node.data().value, NodeValue::SoftBreak | NodeValue::LineBreak)
}

fn is_blank(node: &AstNode<'_>) -> bool {
    match &node.data().value {
        NodeValue::Text(text) => text.trim().is_empty(),
        NodeValue::HtmlInline(html) => html.starts_with("<!--"),
        _ => false,
    }
}

fn is_picture<'n>(node: &'n AstNode<'n>) -> bool {
    match &node.data().value {
        NodeValue::Image(_) => true,
        NodeValue::Link(_) if !is_button(node) => {
            let mut inside = node.children();
            let only = inside.next().is_some_and(|child| matches!(child.data().value, NodeValue::Image(_)));
            only && inside.next().is_none()
        }
        _ => false,
    }
}

pub(super) fn is_button(node: &AstNode<'_>) -> bool {
    let ast = node.data();
    matches!(ast.value, NodeValue::Link(_))
        && ast.attrs.as_ref().is_some_and(|attributes| attributes.classes.iter().any(|c| c == "button"))
}
