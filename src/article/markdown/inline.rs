//! Reads what stands within a paragraph, and paragraphs that are a picture or a button.

use comrak::nodes::{AstNode, Attributes, NodeLink, NodeValue, Sourcepos};

use super::{DEEPEST, Walk};
use crate::article::{ArticleError, Block, BlockKind, Image, Inline, words};
use crate::problem::Span;

impl<'n> Walk<'_, 'n> {
    /// Reads a paragraph: a picture or a button when it is nothing else, else text.
    pub(super) fn paragraph(&mut self, node: &'n AstNode<'n>, span: Span, out: &mut Vec<Block>) {
        let parts: Vec<_> = node.children().filter(|child| !is_blank(child)).collect();
        let kind = match parts.as_slice() {
            [only] if is_button(only) => self.button(only),
            [first, rest @ ..] => match self.figure(first, rest) {
                Some(figure) => figure,
                None => BlockKind::Paragraph(self.inlines(node, 0)),
            },
            [] => return,
        };
        out.push(Block { span, kind });
    }

    fn button(&mut self, node: &'n AstNode<'n>) -> BlockKind {
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

    /// A picture alone, or with a stressed line under it, perhaps within a link.
    fn figure(&mut self, first: &'n AstNode<'n>, rest: &[&'n AstNode<'n>]) -> Option<BlockKind> {
        let (picture, href) = match &first.data().value {
            NodeValue::Image(_) => (first, None),
            NodeValue::Link(link) => {
                let only = first.first_child().filter(|child| child.next_sibling().is_none())?;
                (only, Some(link.url.clone()))
            }
            _ => return None,
        };
        let is_break =
            |node: &AstNode<'_>| matches!(node.data().value, NodeValue::SoftBreak | NodeValue::LineBreak);
        let under = match rest {
            [] => None,
            [gap, line] if is_break(gap) && matches!(line.data().value, NodeValue::Emph) => Some(*line),
            _ => return None,
        };
        let ast = picture.data();
        let NodeValue::Image(link) = &ast.value else { return None };
        if let NodeValue::Link(around) = &first.data().value {
            self.check_title(&around.title, first.data().sourcepos);
        }
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
        Some(BlockKind::Figure { image, caption })
    }

    /// Reads the children of a block or of a stressed or linked stretch.
    pub(super) fn inlines(&mut self, node: &'n AstNode<'n>, depth: usize) -> Vec<Inline> {
        let mut content = Vec::new();
        for child in node.children() {
            if depth > DEEPEST {
                self.refuse_depth(child.data().sourcepos);
                break;
            }
            self.inline(child, depth, &mut content);
        }
        content
    }

    /// The words of a heading, without numbering the footnotes it may hold.
    pub(super) fn plain_inlines(&self, node: &'n AstNode<'n>) -> Vec<Inline> {
        let text = |child: &'n AstNode<'n>| match &child.data().value {
            NodeValue::Text(text) => Some(text.to_string()),
            NodeValue::Code(code) => Some(self.mask.restore(&code.literal)),
            NodeValue::HtmlInline(html) => Some(html.clone()),
            NodeValue::SoftBreak | NodeValue::LineBreak => Some(" ".to_owned()),
            _ => None,
        };
        node.descendants().filter_map(text).map(Inline::Text).collect()
    }

    fn inline(&mut self, node: &'n AstNode<'n>, depth: usize, out: &mut Vec<Inline>) {
        let ast = node.data();
        let inline = match &ast.value {
            NodeValue::Text(text) => return push_text(out, text),
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
            NodeValue::HtmlInline(html) => {
                if html.starts_with("<!--") {
                    return;
                }
                if is_line_break(html) {
                    Inline::HardBreak
                } else {
                    let span = self.span(ast.sourcepos);
                    self.findings.warning(ArticleError::HtmlAsText, span);
                    return push_text(out, html);
                }
            }
            _ => {
                out.extend(self.inlines(node, depth + 1));
                return;
            }
        };
        out.push(inline);
    }

    /// Warns of a title, which mail programs show to nobody.
    fn check_title(&mut self, title: &str, position: Sourcepos) {
        if !title.is_empty() {
            let span = self.span(position);
            self.findings.warning(ArticleError::HiddenTitle(self.mask.restore(title)), span);
        }
    }

    fn image(
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
fn push_text(out: &mut Vec<Inline>, text: &str) {
    match out.last_mut() {
        Some(Inline::Text(last)) => last.push_str(text),
        _ => out.push(Inline::Text(text.to_owned())),
    }
}

fn is_line_break(html: &str) -> bool {
    matches!(html.to_ascii_lowercase().as_str(), "<br>" | "<br/>" | "<br />")
}

fn is_blank(node: &AstNode<'_>) -> bool {
    matches!(&node.data().value, NodeValue::Text(text) if text.trim().is_empty())
}

fn is_button(node: &AstNode<'_>) -> bool {
    let ast = node.data();
    matches!(ast.value, NodeValue::Link(_))
        && ast.attrs.as_ref().is_some_and(|attributes| attributes.classes.iter().any(|c| c == "button"))
}
