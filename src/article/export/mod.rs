//! Writes an article as clean Markdown: what was understood, whatever it was read from.
//!
//! The Markdown reader makes the same tree of it again. Whatever it would take for
//! something else is escaped, and braces that are no merge tags stay braces.

mod block;
mod escape;
mod front;
mod inline;

use std::cell::Cell;

use super::{Article, Format, ReadOptions, parse};
use crate::problem::Source;
use crate::tags::Mask;

/// What the reader makes of straight quotation marks, double dashes and dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Punctuation {
    /// It draws them, so that those in the tree are escaped.
    Drawn,
    /// It leaves them alone; the front matter says so.
    Typed,
}

/// What becomes of addresses in words that are no links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Addresses {
    /// They stay words.
    Words,
    /// They are left to the reader, who makes links of them.
    Links,
}

/// The article as Markdown, front matter and all.
///
/// Of what came in another format the bare addresses become links, as in Markdown. The
/// same tree gives the same text, and the text read and written again is the same.
#[must_use]
pub fn to_markdown(article: &Article, format: Format) -> String {
    to_markdown_elsewhere(article, format, &str::to_owned)
}

/// As [`to_markdown`], for a file in another folder: `moved` gives the address of a picture
/// within the text as it is written there. It may hold sentinels.
#[must_use]
pub fn to_markdown_elsewhere(article: &Article, format: Format, moved: &dyn Fn(&str) -> String) -> String {
    if format == Format::Markdown {
        let punctuation = if article.meta.as_typed { Punctuation::Typed } else { Punctuation::Drawn };
        return write(article, punctuation, Addresses::Words, moved);
    }
    let linked = write(article, Punctuation::Typed, Addresses::Links, moved);
    match parse(&Source::new("exported.md", linked.as_str()), Format::Markdown, &ReadOptions::default()) {
        Ok((read, _)) => lightest(&read),
        // Then the article itself would be refused too; its reasons are told elsewhere.
        Err(_) => linked,
    }
}

/// With the marks that are straight in the article written straight, which needs a line in
/// the front matter, unless there are none.
fn lightest(article: &Article) -> String {
    let moved: &dyn Fn(&str) -> String = &str::to_owned;
    let body = |punctuation| body(article, punctuation, Addresses::Words, false, moved);
    let typed = body(Punctuation::Typed) != body(Punctuation::Drawn);
    write(article, if typed { Punctuation::Typed } else { Punctuation::Drawn }, Addresses::Words, moved)
}

fn write(
    article: &Article,
    punctuation: Punctuation,
    addresses: Addresses,
    moved: &dyn Fn(&str) -> String,
) -> String {
    let front = front::write(&article.meta, punctuation, &article.mask);
    let body = body(article, punctuation, addresses, front.is_empty(), moved);
    if front.is_empty() { body } else { format!("{front}\n{body}") }
}

fn body(
    article: &Article,
    punctuation: Punctuation,
    addresses: Addresses,
    first: bool,
    moved: &dyn Fn(&str) -> String,
) -> String {
    let writer = Writer { mask: &article.mask, punctuation, addresses, moved, columns: Cell::new(0) };
    let mut body = writer.body(&article.blocks, &article.footnotes, first);
    body.push('\n');
    article.mask.replace(&body, |mask, found, out| out.push_str(&one_line(&mask.tag(found.id).text)))
}

/// A tag on one line, so that no mark at the beginning of a line comes to stand in it.
fn one_line(tag: &str) -> String {
    tag.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

struct Writer<'a> {
    mask: &'a Mask,
    punctuation: Punctuation,
    addresses: Addresses,
    /// The address of a picture as it is written where the text goes.
    moved: &'a dyn Fn(&str) -> String,
    /// How many columns stand around what is written, where three dashes would part them.
    columns: Cell<u32>,
}
