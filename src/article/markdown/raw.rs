//! Hands HTML blocks to the reader of web pages.
//!
//! By the rules of Markdown an empty line ends a block of HTML, so that a table with
//! empty lines between its rows comes in pieces. Pieces that belong together are put
//! together; Markdown between an opening and a closing `<div>` is read as Markdown.

use comrak::nodes::{AstNode, NodeValue};

use super::Walk;
use super::markup::{attribute, tag_name};
use crate::article::{ArticleError, Block, html};
use crate::problem::Span;

/// Elements that are nothing in pieces.
const WHOLE: [&str; 9] = ["table", "ul", "ol", "dl", "figure", "video", "audio", "iframe", "picture"];

/// A run of HTML that is read as one.
#[derive(Default)]
pub(super) struct Raw {
    text: String,
    span: Option<Span>,
    /// Where in the text the last piece stands.
    place: Option<Span>,
    /// How many elements are open that are nothing in pieces.
    open: i32,
}

/// What a run of HTML does to a link around the blocks after it.
pub(super) enum Edge {
    /// It begins one that it does not end: where that leads.
    Begins(String),
    /// It ends one that it does not begin.
    Ends {
        /// Whether that is the first thing it does.
        first: bool,
    },
}

impl Raw {
    /// Where in the text the last piece stands.
    pub(super) fn place(&self) -> Span {
        self.place.unwrap_or_default()
    }

    /// Whether a link goes on beyond it.
    pub(super) fn link(&self) -> Option<Edge> {
        let mut open = Vec::new();
        let mut ends = None;
        for tag in tags(&self.text).filter(|tag| tag_name(tag) == "a") {
            if !tag.starts_with("</") {
                open.push(tag);
            } else if open.pop().is_none() {
                ends = ends.or(Some(Edge::Ends { first: self.text.trim_start().starts_with("</") }));
            }
        }
        let begun = open.last().and_then(|tag| attribute(tag.split_inclusive('>').next()?, "href"));
        begun.map(Edge::Begins).or(ends)
    }

    /// Whether it is nothing but the beginning (or the end) of a quotation, and where in
    /// the text.
    pub(super) fn quotation(&self) -> Option<(bool, Span)> {
        let tag = self.text.trim();
        let alone = tag_name(tag) == "blockquote" && tag.find('>') == Some(tag.len() - 1);
        let place = self.place.filter(|_| alone)?;
        Some((!tag.starts_with("</"), place))
    }
}

impl<'n> Walk<'_, 'n> {
    /// Adds `node` to the run when it is a part of it.
    pub(super) fn joins(&mut self, raw: &mut Raw, node: &'n AstNode<'n>) -> bool {
        let ast = node.data();
        let open = raw.open > 0;
        let text = match &ast.value {
            NodeValue::HtmlBlock(html) => {
                if !self.comments_end(ast.sourcepos) {
                    return true;
                }
                html.literal.clone()
            }
            // Four spaces after an empty line make code of a row.
            NodeValue::CodeBlock(code)
                if open && !code.fenced && code.literal.trim_start().starts_with('<') =>
            {
                code.literal.clone()
            }
            NodeValue::Paragraph if open => {
                let text = self.typed(ast.sourcepos);
                if self.mask.only_control(text).is_none() {
                    return false;
                }
                format!("{text}\n")
            }
            _ => return false,
        };
        let place = self.lines.span(ast.sourcepos);
        let span = self.body.original(place);
        raw.place = Some(place);
        for tag in tags(&text).filter(|tag| WHOLE.contains(&tag_name(tag).as_str())) {
            raw.open += if tag.starts_with("</") { -1 } else { 1 };
        }
        raw.text.push_str(&text);
        raw.span = Some(raw.span.map_or(span, |first| Span::new(first.start, span.end)));
        true
    }

    /// Reads what was put together.
    pub(super) fn html(&mut self, raw: &mut Raw, out: &mut Vec<Block>) {
        let Raw { text, span, .. } = std::mem::take(raw);
        let Some(span) = span else { return };
        for name in ["script", "style"] {
            if tags(&text).any(|tag| tag_name(tag) == name && !tag.starts_with("</")) {
                self.findings.warning(ArticleError::HtmlSilenced(name.to_owned()), span);
            }
        }
        out.extend(html::fragment(&text, span, self.mask, self.findings));
    }
}

/// The tags in a text, each from its `<` on.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.match_indices('<').map(|(at, _)| &html[at..])
}
