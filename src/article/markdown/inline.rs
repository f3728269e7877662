//! Reads what stands within a paragraph.

use comrak::nodes::{AstNode, Attributes, NodeLink, NodeValue, Sourcepos};

use super::markup::{self, Pairs};
use super::{DEEPEST, Walk};
use crate::article::{ArticleError, Image, Inline, words};
use crate::problem::Span;

impl<'n> Walk<'_, 'n> {
    /// Reads the children of a block or of a stressed or linked stretch.
    pub(super) fn inlines(&mut self, node: &'n AstNode<'n>, depth: usize) -> Vec<Inline> {
        let children: Vec<_> = node.children().collect();
        self.stretch(&children, depth)
    }

    /// Reads neighbours within a paragraph, HTML tags among them.
    pub(super) fn stretch(&mut self, nodes: &[&'n AstNode<'n>], depth: usize) -> Vec<Inline> {
        let mut pairs = Pairs::default();
        for node in nodes {
            let ast = node.data();
            if depth + pairs.depth() > DEEPEST {
                self.refuse_depth(ast.sourcepos);
                break;
            }
            match &ast.value {
                NodeValue::HtmlInline(html) => self.tag(html, ast.sourcepos, &mut pairs),
                _ if pairs.is_silent() => {}
                _ => {
                    let depth = depth + pairs.depth();
                    self.inline(node, depth, pairs.content());
                }
            }
        }
        self.close(pairs)
    }

    /// The words of a heading, without numbering the footnotes it may hold.
    pub(super) fn plain_inlines(&self, node: &'n AstNode<'n>) -> Vec<Inline> {
        let text = |child: &'n AstNode<'n>| match &child.data().value {
            NodeValue::Text(text) => {
                Some(self.quotes.set(text, self.typed(child.data().sourcepos)).into_owned())
            }
            NodeValue::Code(code) => Some(self.mask.restore(&code.literal)),
            NodeValue::HtmlInline(html) if markup::is_line_break(html) => Some(" ".to_owned()),
            NodeValue::SoftBreak | NodeValue::LineBreak => Some(" ".to_owned()),
            _ => None,
        };
        node.descendants().filter_map(text).map(Inline::Text).collect()
    }

    fn inline(&mut self, node: &'n AstNode<'n>, depth: usize, out: &mut Vec<Inline>) {
        let ast = node.data();
        let inline = match &ast.value {
            NodeValue::Text(text) => {
                if text.contains("[^") || text.contains("][") {
                    self.undefined(ast.sourcepos);
                }
                let text = self.quotes.set(text, self.typed(ast.sourcepos));
                return push_text(out, &text);
            }
            NodeValue::SoftBreak => Inline::SoftBreak,
            NodeValue::LineBreak => Inline::HardBreak,
            NodeValue::Code(code) => Inline::Code(self.mask.restore(&code.literal)),
            NodeValue::Emph => Inline::Emphasis(self.inlines(node, depth + 1)),
            NodeValue::Strong => Inline::Strong(self.inlines(node, depth + 1)),
            NodeValue::Strikethrough => Inline::Strikethrough(self.inlines(node, depth + 1)),
            NodeValue::Link(link) => {
                let span = self.span(ast.sourcepos);
                self.check_title(&link.title, ast.sourcepos);
                self.link_attributes(ast.attrs.as_deref(), span);
                let content = self.inlines(node, depth + 1);
                Inline::Link { href: link.url.clone(), content, span }
            }
            NodeValue::Image(link) => {
                self.check_title(&link.title, ast.sourcepos);
                Inline::Image(self.image(node, link, ast.attrs.as_deref(), ast.sourcepos))
            }
            NodeValue::FootnoteReference(reference) => match self.note_index(&reference.name) {
                Some(index) => Inline::Footnote(index),
                None => return push_text(out, &format!("[^{}]", reference.name)),
            },
            NodeValue::Subscript | NodeValue::Superscript | NodeValue::Highlight | NodeValue::Insert => {
                return self.styled(node, depth, out);
            }
            _ => {
                out.extend(self.inlines(node, depth + 1));
                return;
            }
        };
        out.push(inline);
    }

    /// What was typed where a node stands.
    pub(super) fn typed(&self, position: Sourcepos) -> &str {
        let place = self.lines.span(position);
        self.body.text().get(place.start..place.end).unwrap_or_default()
    }

    /// Warns of a title, which mail programs show to nobody.
    pub(super) fn check_title(&mut self, title: &str, position: Sourcepos) {
        if !title.is_empty() {
            let span = self.span(position);
            self.findings.warning(ArticleError::HiddenTitle(self.mask.restore(title)), span);
        }
    }

    pub(super) fn image(
        &mut self,
        node: &'n AstNode<'n>,
        link: &NodeLink,
        attributes: Option<&Attributes>,
        position: Sourcepos,
    ) -> Image {
        let span = self.span(position);
        let alt = words(&self.plain_inlines(node));
        let mut width = None;
        if let Some(attributes) = attributes {
            for (key, value) in &attributes.pairs {
                if key != "width" {
                    self.findings.warning(ArticleError::UnknownAttribute(format!("{key}={value}")), span);
                    continue;
                }
                width = value.strip_suffix("px").unwrap_or(value).parse().ok().filter(|width| *width > 0);
                if width.is_none() {
                    self.findings.warning(ArticleError::BadWidth(value.clone()), span);
                }
            }
            for class in &attributes.classes {
                self.findings.warning(ArticleError::UnknownAttribute(format!(".{class}")), span);
            }
        }
        Image { src: link.url.clone(), alt, width, href: None, span }
    }

    fn link_attributes(&mut self, attributes: Option<&Attributes>, span: Span) {
        let Some(attributes) = attributes else { return };
        for class in &attributes.classes {
            let condition = match class.as_str() {
                "button" => ArticleError::ButtonInText,
                _ => ArticleError::UnknownAttribute(format!(".{class}")),
            };
            self.findings.warning(condition, span);
        }
        for (key, value) in &attributes.pairs {
            self.findings.warning(ArticleError::UnknownAttribute(format!("{key}={value}")), span);
        }
    }
}

/// Appends words; neighbouring texts become one.
pub(super) fn push_text(out: &mut Vec<Inline>, text: &str) {
    match out.last_mut() {
        Some(Inline::Text(last)) => last.push_str(text),
        _ => out.push(Inline::Text(text.to_owned())),
    }
}
