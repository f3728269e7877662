//! Writes an article as clean Markdown: what was understood, whatever it was read from.
//!
//! The Markdown reader makes the same tree of it again. Whatever it would take for
//! something else is escaped, and braces that are no merge tags stay braces.

mod block;
mod escape;
mod front;
mod inline;

use super::{Article, Format, ReadOptions, parse};
use crate::problem::Source;
use crate::tags::Mask;

/// How the punctuation of the tree is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Punctuation {
    /// Straight quotation marks and double dashes were meant as such.
    Exact,
    /// They are left to the Markdown reader, which draws them; it also finds bare
    /// addresses.
    Drawn,
}

/// The article as Markdown, front matter and all.
///
/// Of what came in another format the straight quotation marks are drawn and bare
/// addresses become links, as in Markdown. The same tree gives the same text, and the
/// text read and written again is the same.
#[must_use]
pub fn to_markdown(article: &Article, format: Format) -> String {
    if format == Format::Markdown {
        return write(article, Punctuation::Exact);
    }
    let drawn = write(article, Punctuation::Drawn);
    match parse(&Source::new("exported.md", drawn.as_str()), Format::Markdown, &ReadOptions::default()) {
        Ok((read, _)) => write(&read, Punctuation::Exact),
        // Then the article itself would be refused too; its reasons are told elsewhere.
        Err(_) => drawn,
    }
}

fn write(article: &Article, punctuation: Punctuation) -> String {
    let front = front::write(&article.meta, &article.mask);
    let writer = Writer { mask: &article.mask, punctuation };
    let mut body = writer.body(&article.blocks, &article.footnotes, front.is_empty());
    body.push('\n');
    let body =
        article.mask.replace(&body, |mask, found, out| out.push_str(&one_line(&mask.tag(found.id).text)));
    if front.is_empty() { body } else { format!("{front}\n{body}") }
}

/// A tag on one line, so that no mark at the beginning of a line comes to stand in it.
fn one_line(tag: &str) -> String {
    tag.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

struct Writer<'a> {
    mask: &'a Mask,
    punctuation: Punctuation,
}
