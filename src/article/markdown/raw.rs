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

/// What a run of HTML does to links around the blocks before and after it.
#[derive(Default)]
pub(super) struct Edges {
    /// How it ends one that it does not begin.
    pub(super) ends: Option<End>,
    /// Where one leads that it begins and does not end.
    pub(super) begins: Option<String>,
}

/// Where in a run of HTML a link ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// That is the first thing it does.
    First,
    /// After words or pictures that belong to the link.
    Later,
}

impl Raw {
    /// Where in the text the last piece stands.
    pub(super) fn place(&self) -> Span {
        self.place.unwrap_or_default()
    }

    /// The links that go on beyond it.
    pub(super) fn links(&self) -> Edges {
        let mut open = Vec::new();
        let mut ends = None;
        for tag in tags(&self.text).filter(|tag| tag_name(tag) == "a") {
            if !tag.starts_with("</") {
                open.push(tag);
            } else if open.pop().is_none() {
                let first = self.text.trim_start().starts_with("</");
                ends = ends.or(Some(if first { End::First } else { End::Later }));
            }
        }
        let begins = open.last().and_then(|tag| attribute(first_tag(tag), "href"));
        Edges { ends, begins }
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
            // What follows `</a>` in its line makes a paragraph of it.
            NodeValue::Paragraph => {
                let text = self.typed(ast.sourcepos);
                let control = open && self.mask.only_control(text).is_some();
                let ends_link = text.starts_with("</") && tag_name(text) == "a" && is_tags(text);
                if !control && !ends_link {
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

/// The tag that `html` begins with. A `>` between quotation marks does not end it.
fn first_tag(html: &str) -> &str {
    let mut quoted = None;
    for (at, byte) in html.bytes().enumerate() {
        match (byte, quoted) {
            (b'>', None) => return &html[..=at],
            (b'"' | b'\'', None) => quoted = Some(byte),
            (_, Some(mark)) if byte == mark => quoted = None,
            _ => {}
        }
    }
    // A mark that nothing ends is none.
    html.split_inclusive('>').next().unwrap_or_default()
}

/// Whether `html` is nothing but tags.
fn is_tags(html: &str) -> bool {
    let mut rest = html.trim();
    while rest.starts_with('<') {
        rest = rest[first_tag(rest).len()..].trim_start();
    }
    rest.is_empty()
}
