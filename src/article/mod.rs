//! READ: an article becomes a title, meta data and a block tree.
//!
//! Markdown and plain text go in (`.md`, `.txt`), [`Article`] comes out. Nothing is
//! rendered here.

mod tree;

pub use tree::{Align, Block, BlockKind, Footnote, Image, Inline, Item, List, Row, Table};

use crate::problem::{Source, Span};
use crate::tags::Mask;

/// An article, read.
#[derive(Debug, Clone)]
pub struct Article {
    /// The text it was read from.
    pub source: Source,
    /// What the front matter says, or what was found in the text.
    pub meta: Meta,
    /// The body, without the title.
    pub blocks: Vec<Block>,
    /// The notes, in the order in which they are first referred to.
    pub footnotes: Vec<Footnote>,
    /// The merge tags that were taken out of the text.
    pub mask: Mask,
    /// What was inferred rather than read, in the order of the text.
    pub guesses: Vec<Guess>,
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value. Strings may hold sentinels of merge tags.
    pub value: T,
    /// Where it stands in the article.
    pub span: Span,
}

/// What is known of an article besides its body.
#[derive(Debug, Clone, Default)]
pub struct Meta {
    /// Shown as the heading of the mail.
    pub title: Option<Placed<String>>,
    /// The subject of the mail; the title when absent.
    pub subject: Option<Placed<String>>,
    /// The line an inbox shows after the subject.
    pub preheader: Option<Placed<String>>,
    /// The name in addresses and in confirmations.
    pub slug: Option<Placed<String>>,
    /// Stable identity of the article.
    pub id: Option<Placed<String>>,
    /// The day it is dated.
    pub date: Option<Placed<jiff::civil::Date>>,
    /// `draft` or `ready`.
    pub status: Status,
    /// Who wrote it.
    pub author: Option<Placed<String>>,
    /// Language tag, BCP 47.
    pub lang: Option<Placed<String>>,
    /// Name of the theme.
    pub theme: Option<Placed<String>>,
    /// Name or path of the list.
    pub list: Option<Placed<String>>,
    /// Sender, overriding the newsletter's.
    pub from: Option<Placed<String>>,
    /// The picture under the title, as an address or a path.
    pub image: Option<Placed<String>>,
    /// What that picture shows.
    pub image_alt: Option<Placed<String>>,
    /// Labels.
    pub tags: Vec<Placed<String>>,
}

/// How far the author is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// Not to be sent yet.
    Draft,
    /// May be sent.
    #[default]
    Ready,
}

/// Something the reader of plain text had to guess, told by `build --explain`.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// The line or lines it was made from.
    pub span: Span,
    /// What was understood, as a clause: `heading, level 3: directly under a heading`.
    pub what: String,
    /// The text it concerns, shortened.
    pub text: String,
}
