//! Hands HTML blocks to the reader of web pages.
//!
//! By the rules of Markdown an empty line ends a block of HTML, so that a table with
//! empty lines between its rows comes in pieces. Pieces that belong together are put
//! together; Markdown between an opening and a closing `<div>` is read as Markdown.

use comrak::nodes::{AstNode, NodeValue};

use super::Walk;
use super::markup::attribute;
use crate::article::html::tags::{Tag, Tags};
use crate::article::{ArticleError, Block, html};
use crate::problem::Span;

/// Elements that are nothing in pieces.
const WHOLE: [&str; 9] = ["table", "ul", "ol", "dl", "figure", "video", "audio", "iframe", "picture"];

/// A run of HTML that is read as one.
#[derive(Default)]
pub(super) struct Raw {
    text: String,
    span: Option<Span>,
    /// Where each piece begins in it, and where it stands in the text of the article.
    pieces: Vec<(usize, Span)>,
    /// How many elements are open that are nothing in pieces.
    open: i32,
}

/// What a run of HTML does to links around the blocks before and after it.
#[derive(Default)]
pub(super) struct Edges {
    /// How it ends one that it does not begin.
    pub(super) ends: Option<End>,
    /// The one that it begins and does not end.
    pub(super) begins: Option<Begun>,
}

/// Where in a run of HTML a link ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Before all words and pictures.
    First,
    /// After words or pictures that belong to the link.
    Later,
}

/// A link that a run of HTML begins.
pub(super) struct Begun {
    pub(super) href: String,
    /// Where its tag stands in the text of the article.
    pub(super) place: Span,
    /// Whether words or pictures of the run belong to it.
    pub(super) is_shown: bool,
}

impl Raw {
    /// Where in the text the last piece stands.
    pub(super) fn place(&self) -> Span {
        self.pieces.last().map(|(_, place)| *place).unwrap_or_default()
    }

    /// The links that go on beyond it. `article` is the text of the article.
    pub(super) fn links(&self, article: &str) -> Edges {
        let mut open: Vec<(Tag<'_>, bool)> = Vec::new();
        let mut ends = None;
        let mut said = false;
        let mut last = 0;
        for tag in tags(&self.text) {
            let shows = tag.after_words || matches!(tag.name.as_ref(), "img" | "svg" | "video" | "iframe");
            said |= shows;
            for (_, is_shown) in &mut open {
                *is_shown |= shows;
            }
            last = tag.end;
            if tag.name != "a" {
                continue;
            }
            if !tag.closes {
                open.push((tag, false));
            } else if open.pop().is_none() {
                ends = ends.or(Some(if said { End::Later } else { End::First }));
            }
        }
        let after = self.text[last..].trim();
        let begins = open.pop().and_then(|(tag, is_shown)| {
            let href = attribute(&self.text[tag.start..tag.end], "href")?;
            let is_shown = is_shown || !(after.is_empty() || after.starts_with("<!--"));
            Some(Begun { href, place: self.place_of(&tag, article), is_shown })
        });
        Edges { ends, begins }
    }

    /// Where a tag stands in the text of the article. In quotations and lists its line there
    /// has marks before it.
    fn place_of(&self, tag: &Tag<'_>, article: &str) -> Span {
        let piece = self.pieces.iter().rev().find(|(begins, _)| *begins <= tag.start);
        let Some((begins, place)) = piece else { return Span::default() };
        let before = &self.text[*begins..tag.start];
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let rest = &self.text[tag.start - column..];
        let line = rest.lines().next().unwrap_or_default().trim_end();
        let mut start = place.start;
        let typed = article.get(start..).unwrap_or_default();
        let above = typed.split_inclusive('\n').take(before.matches('\n').count());
        start += above.map(str::len).sum::<usize>();
        let typed = article.get(start..).unwrap_or_default().lines().next().unwrap_or_default().trim_end();
        if let Some(marks) = typed.strip_suffix(line) {
            start += marks.len() + column;
        }
        let length = (tag.end - tag.start).min(line.len().saturating_sub(column));
        Span::new(start, start + length)
    }

    /// Whether it is nothing but the beginning (or the end) of a quotation, and where in
    /// the text.
    pub(super) fn quotation(&self) -> Option<(bool, Span)> {
        let text = self.text.trim();
        let tag = tags(text).next()?;
        (tag.name == "blockquote" && tag.start == 0 && tag.end == text.len())
            .then(|| (!tag.closes, self.place()))
    }

    /// Puts the beginning of a link before it that it ends.
    pub(super) fn within_link(&mut self, href: &str) {
        let href = href.replace('&', "&amp;").replace('"', "&quot;");
        self.text.insert_str(0, &format!("<a href=\"{href}\">"));
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
                if !control && !ends_link(text) {
                    return false;
                }
                format!("{text}\n")
            }
            _ => return false,
        };
        let place = self.lines.span(ast.sourcepos);
        let span = self.body.original(place);
        raw.pieces.push((raw.text.len(), place));
        for tag in tags(&text).filter(|tag| WHOLE.contains(&tag.name.as_ref())) {
            raw.open += if tag.closes { -1 } else { 1 };
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
            if tags(&text).any(|tag| tag.name == name && !tag.closes) {
                self.findings.warning(ArticleError::HtmlSilenced(name.to_owned()), span);
            }
        }
        out.extend(html::fragment(&text, span, self.mask, self.findings));
    }
}

/// The tags in a text.
fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut tags = Tags::of(html);
    std::iter::from_fn(move || tags.next(false))
}

/// Whether `html` is nothing but tags, the end of a link first.
fn ends_link(html: &str) -> bool {
    let html = html.trim();
    let mut end = 0;
    for (at, tag) in tags(html).enumerate() {
        if tag.after_words || (at == 0 && !(tag.start == 0 && tag.closes && tag.name == "a")) {
            return false;
        }
        end = tag.end;
    }
    end == html.len() && end > 0
}
