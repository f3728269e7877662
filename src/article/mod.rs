//! READ: an article becomes a title, meta data and a block tree.
//!
//! Markdown, web pages and plain text go in (`.md`, `.html`, `.txt`), [`Article`] comes
//! out. Nothing is rendered here; [`to_markdown`] writes down what was understood.

mod cite;
mod controls;
mod error;
mod export;
mod file;
mod findings;
mod front;
mod html;
mod markdown;
pub(crate) mod months;
mod plain;
mod tree;

pub use error::ArticleError;
pub use export::{to_markdown, to_markdown_elsewhere};
pub use tree::{
    Align, Block, BlockKind, CalloutKind, Column, Definition, Footnote, Image, Inline, Item, List, Part, Row,
    Style, Table, Task, seen, words,
};

use std::path::Path;

use crate::fields::Notation;
use crate::problem::{Problem, Problems, Source, Span};
use crate::tags::{Mask, Masked};
use findings::Findings;
use markdown::Ends;

/// How an article is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CommonMark with tables, footnotes and a few attributes.
    Markdown,
    /// Text as it is pasted from a page, whose outline is inferred.
    PlainText,
    /// A web page, an export of a word processor, or a fragment of HTML.
    Html,
}

impl Format {
    /// The format a file's extension announces.
    ///
    /// # Errors
    ///
    /// Fails with the known extensions when this one is not among them.
    pub fn of(path: &Path) -> Result<Self, Problem> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("md" | "markdown") => Ok(Self::Markdown),
            Some("txt") => Ok(Self::PlainText),
            Some("html" | "htm" | "xhtml") => Ok(Self::Html),
            other => {
                let found = other.map_or_else(|| "no extension".to_owned(), |other| format!("`.{other}`"));
                Err(Problem::new(ArticleError::UnknownFormat { path: path.display().to_string(), found }))
            }
        }
    }
}

/// What becomes of the left-overs of a web page around a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chrome {
    /// They are left out, and each line left out is told as a guess.
    #[default]
    Cut,
    /// They are kept as text.
    Keep,
}

/// How an article is to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// What becomes of navigation and teasers in plain text and web pages.
    pub chrome: Chrome,
}

/// Reads the article at `path`, with warnings. The format is what the extension says.
///
/// # Errors
///
/// Fails when there is no article there, when it is no text or too large, and with all
/// that [`parse`] finds.
pub fn load(path: &Path, options: &ReadOptions) -> Result<(Article, Vec<Problem>), Problems> {
    let (source, format, mut warnings) = file::read(path)?;
    let (article, more) = parse(&source, format, options)?;
    warnings.extend(more);
    Ok((article, warnings))
}

/// Reads `source` as an article, with warnings.
///
/// The same text gives the same article. Time and memory are linear in its length.
///
/// # Errors
///
/// Fails with everything that is wrong in the front matter, in merge tags and in the
/// body, each with its place; an article without any text is an error too.
pub fn parse(
    source: &Source,
    format: Format,
    options: &ReadOptions,
) -> Result<(Article, Vec<Problem>), Problems> {
    if source.text().len() as u64 > file::LIMIT {
        let (path, size) = (source.name().to_owned(), source.text().len() as u64);
        return Err(Problem::new(ArticleError::TooLarge { path, size, limit: file::LIMIT }).into());
    }
    // Old programs end lines with CR alone. The places stay the same.
    let source = &file::with_line_feeds(source);
    let mut findings = Findings::new(source);
    let mut mask = Mask::avoiding(source.text());
    let front = front::read(source, &mut mask, &mut findings);
    let masking = format == Format::Markdown || front.merge;
    let text = &source.text()[front.body..];
    // What was pasted as plain text has them left out where it is read.
    if format == Format::Markdown {
        let is_control = |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
        for (at, control) in text.match_indices(is_control) {
            let character = control.chars().next().unwrap_or_default();
            let start = front.body + at;
            findings.error(ArticleError::Control(character), Span::new(start, start + control.len()));
        }
    }
    let body = if masking {
        Body::Masked(mask.mask(source, text, front.body))
    } else {
        Body::Typed { text, offset: front.body }
    };
    let options = &if front.whole { ReadOptions { chrome: Chrome::Keep } } else { options.clone() };
    let refused = findings.failed();
    let meta = front.meta;
    let read = |ends: Ends, findings: &mut Findings| {
        let mut read = match format {
            Format::Markdown => markdown::read(&body, &mask, meta.clone(), ends, findings),
            Format::PlainText => plain::read(&body, &mask, meta.clone(), front.merge, options, findings),
            Format::Html => html::read(&body, &mask, meta.clone(), front.merge, options, findings),
        };
        let mut used = values(&read.meta).flat_map(|value| mask.find(value)).map(|found| found.id).collect();
        read.blocks = controls::settle(read.blocks, &mask, &mut used, findings);
        for note in &mut read.footnotes {
            note.blocks = controls::settle(std::mem::take(&mut note.blocks), &mask, &mut used, findings);
        }
        controls::refuse_within(&read.footnotes, &mask, &used, findings);
        (read, used)
    };
    let before = findings.clone();
    let mut found = read(Ends::AsMarkdownHasIt, &mut findings);
    if findings.has_lone() && format == Format::Markdown {
        let mut again = before;
        let second = read(Ends::AtConditions, &mut again);
        if !again.has_lone() {
            (found, findings) = (second, again);
        }
    }
    let (Read { meta, blocks, footnotes, guesses }, used) = found;
    for id in used {
        if findings.is_full() {
            break;
        }
        findings.extend(mask.refusals(id));
    }
    if blocks.is_empty() && !refused && !findings.failed() {
        findings.error(ArticleError::Empty, Span::default());
    }
    if meta.title.is_none() && meta.subject.is_none() && !blocks.is_empty() && !refused {
        findings.warning(ArticleError::NoTitle(meta.notation), Span::new(front.body, front.body));
    }
    let caption = meta.image_caption.as_ref().map(|line| {
        let as_typed = meta.as_typed || format != Format::Markdown;
        markdown::line(line, &mask, as_typed, meta.lang.as_ref(), &mut findings)
    });
    let caption = caption.unwrap_or_default();
    let article = Article { source: source.clone(), meta, caption, blocks, footnotes, mask, guesses };
    findings.check(article)
}

/// The values of the front matter that may hold merge tags.
fn values(meta: &Meta) -> impl Iterator<Item = &str> {
    let fields =
        [&meta.title, &meta.subject, &meta.preheader, &meta.author, &meta.from, &meta.image, &meta.image_alt];
    let more = [&meta.standfirst, &meta.kicker, &meta.issue, &meta.image_caption];
    fields.into_iter().chain(more).flatten().map(|placed| placed.value.as_str())
}

/// What a reader of one format makes of a body.
struct Read {
    meta: Meta,
    blocks: Vec<Block>,
    footnotes: Vec<Footnote>,
    guesses: Vec<Guess>,
}

/// The text after the front matter, and how to find its places in the source.
enum Body<'a> {
    /// With sentinels for its merge tags.
    Masked(Masked),
    /// Braces and all.
    Typed { text: &'a str, offset: usize },
    /// A value of the front matter, whose parts have no places of their own.
    Value { text: String, span: Span },
}

impl Body<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Masked(masked) => &masked.text,
            Self::Typed { text, .. } => text,
            Self::Value { text, .. } => text,
        }
    }

    /// Where a span of [`Body::text`] stands in the source.
    fn original(&self, span: Span) -> Span {
        match self {
            Self::Masked(masked) => masked.original(span),
            Self::Typed { offset, .. } => span.shifted(*offset),
            Self::Value { span, .. } => *span,
        }
    }
}

/// An article, read.
#[derive(Debug, Clone)]
pub struct Article {
    /// The text it was read from.
    pub source: Source,
    /// What the front matter says, or what was found in the text.
    pub meta: Meta,
    /// The line under the picture on top; empty when there is none.
    pub caption: Vec<Inline>,
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
    /// A sentence or two under the title that say what it is about.
    pub standfirst: Option<Placed<String>>,
    /// A word or two above the title: the subject it belongs to.
    pub kicker: Option<Placed<String>>,
    /// Which issue of the newsletter it is, as readers read it: `No. 42`.
    pub issue: Option<Placed<String>>,
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
    /// The line under that picture, as Markdown; [`Article::caption`] is what it says.
    pub image_caption: Option<Placed<String>>,
    /// Labels.
    pub tags: Vec<Placed<String>>,
    /// Whether quotation marks, dashes and dots stay as they are typed, where Markdown
    /// would draw them as print has them.
    pub as_typed: bool,
    /// How the front matter is written.
    pub notation: Notation,
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
