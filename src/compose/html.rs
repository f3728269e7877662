//! Sets the block tree as HTML for the slots of a theme.
//!
//! Classes only: every number and colour is the theme's. Sentinels of merge tags
//! pass as the plain words they are; a control becomes a comment that holds its
//! sentinel, because parsers of HTML never move a comment out of a table.

use std::fmt::{self, Write};

use crate::article::{Article, Block, BlockKind, Footnote, Image, Inline};
use crate::phrases::Phrases;
use crate::problem::{Problem, Span};
use crate::tags::TagId;

use super::address::{self, Target};
use super::boxes;
use super::entries::Room;
use super::error::ComposeError;
use super::notes;
use super::sections::{self, Flow, Piece};
use super::words::{escape_into, joined_end};

/// How deep blocks or inlines may nest: more than anybody can follow on a page, and
/// little enough for every stack.
const DEEPEST: usize = 24;

/// How many problems are told: nobody reads more, and finding the place of each takes
/// time in proportion to the article.
const MOST_PROBLEMS: usize = 100;

/// Width of the text column in CSS pixels.
pub(super) const COLUMN: u32 = 552;

/// What stands in the slots of a theme.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    /// What comes before the first section, in themes that have sections.
    pub(super) intro: String,
    pub(super) body: String,
    pub(super) footnotes: String,
    pub(super) image: String,
}

/// Sets the article's blocks, its notes and the picture under its title.
pub(super) fn set(article: &Article, image: Option<&Image>, lang: &str, flow: Flow) -> (Slots, Vec<Problem>) {
    let mut setter = Setter {
        article,
        flow,
        phrases: Phrases::of(lang),
        out: String::new(),
        problems: Vec::new(),
        depth: 0,
        references: vec![0; article.footnotes.len()],
    };
    let mut intro = String::new();
    match flow {
        Flow::Whole => setter.blocks(&article.blocks),
        Flow::Sections => {
            let pieces = sections::sheets(&article.blocks, &article.mask);
            let mut rest = pieces.as_slice();
            if let Some((Piece::Run(run), others)) = rest.split_first()
                && !sections::is_heading(&run[0], 2)
            {
                setter.entries(run, Room::Sheet);
                intro = setter.take();
                rest = others;
            }
            setter.sheets(rest, !article.footnotes.is_empty());
        }
    }
    let body = setter.take();
    for (index, note) in article.footnotes.iter().enumerate() {
        setter.footnote(index, note);
    }
    let footnotes = setter.take();
    if let Some(image) = image {
        setter.figure(image, None);
    }
    let image = setter.take();
    setter.problems.extend(notes::hidden(article));
    (Slots { intro, body, footnotes, image }, setter.problems)
}

pub(super) struct Setter<'a> {
    pub(super) article: &'a Article,
    /// Whether headings begin sheets and entries.
    pub(super) flow: Flow,
    /// What is said in the language of the article.
    pub(super) phrases: &'static Phrases,
    pub(super) out: String,
    problems: Vec<Problem>,
    depth: usize,
    /// How often each note was referred to so far.
    references: Vec<usize>,
}

impl Setter<'_> {
    fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    pub(super) fn push(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    pub(super) fn is_tagged(&self, word: &str) -> bool {
        !self.article.mask.find(word).is_empty()
    }

    /// Appends formatted markup.
    pub(super) fn put(&mut self, markup: fmt::Arguments<'_>) {
        self.out.write_fmt(markup).expect("a string takes all that is written to it");
    }

    fn problem(&mut self, condition: ComposeError, span: Span) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem::at(condition, &self.article.source, span));
        }
    }

    /// Runs `set` one level deeper, or reports `span` when that is too deep.
    pub(super) fn deeper(&mut self, span: Span, set: impl FnOnce(&mut Self)) {
        if self.depth == DEEPEST {
            self.problem(ComposeError::TooDeep { limit: DEEPEST }, span);
            return;
        }
        self.depth += 1;
        set(self);
        self.depth -= 1;
    }

    pub(super) fn control(&mut self, id: TagId) {
        let sentinel = self.article.mask.sentinel(id);
        self.out.push_str("<!--");
        self.out.push_str(&sentinel);
        self.out.push_str("-->");
    }

    pub(super) fn blocks(&mut self, blocks: &[Block]) {
        let shown: Vec<&Block> =
            blocks.iter().filter(|block| !matches!(block.kind, BlockKind::Control(_))).collect();
        let (mut seen, mut before) = (0, None);
        for block in blocks {
            if let BlockKind::Control(id) = block.kind {
                self.control(id);
                continue;
            }
            seen += 1;
            let neighbours = Neighbours {
                before: before.map(|block: &Block| &block.kind),
                after: shown.get(seen).map(|block| &block.kind),
            };
            self.deeper(block.span, |setter| setter.block(block, &neighbours));
            before = Some(block);
        }
    }

    fn block(&mut self, block: &Block, neighbours: &Neighbours<'_>) {
        match &block.kind {
            BlockKind::Heading { level, content } => self.heading(*level, content, block.span, neighbours),
            BlockKind::Paragraph(content) => self.paragraph(content, block.span, neighbours.after.is_none()),
            BlockKind::List(list) => self.list(list),
            BlockKind::Quote { blocks, cite } => self.quote(blocks, cite.as_deref(), block.span),
            BlockKind::Code { text, .. } => self.code(text),
            BlockKind::Table(table) => self.table(table, block.span),
            BlockKind::Figure { image, caption } => self.figure(image, caption.as_deref()),
            BlockKind::Button { label, href } => self.button(label, href, block.span),
            BlockKind::Callout { kind, title, blocks } => {
                self.callout(*kind, title.as_deref(), blocks, block.span);
            }
            BlockKind::Columns(columns) => self.columns(columns),
            BlockKind::Definitions(definitions) => self.definitions(definitions),
            BlockKind::Divider => self.push(
                "<table role=\"presentation\" class=\"hr\" width=\"100%\" cellpadding=\"0\" \
                 cellspacing=\"0\" border=\"0\"><tr><td>&nbsp;</td></tr></table>",
            ),
            BlockKind::Control(id) => self.control(*id),
        }
        if block.kind.is_boxed() && !matches!(neighbours.after, None | Some(BlockKind::Heading { .. })) {
            // Word drops the margins of tables and pictures.
            self.push("<!--[if mso]><p class=\"gap\">&nbsp;</p><![endif]-->");
        }
        self.push("\n");
    }

    fn heading(&mut self, level: u8, content: &[Inline], span: Span, neighbours: &Neighbours<'_>) {
        let level = level.clamp(2, 4);
        let class = match neighbours.before {
            None if self.depth == 1 => " class=\"first\"",
            Some(BlockKind::Heading { .. }) => " class=\"under\"",
            _ => "",
        };
        self.put(format_args!("<h{level}{class}>"));
        self.inlines(content, span);
        self.put(format_args!("</h{level}>"));
    }

    fn paragraph(&mut self, content: &[Inline], span: Span, last: bool) {
        self.push(if last { "<p class=\"last\">" } else { "<p>" });
        self.inlines(content, span);
        self.push("</p>");
    }

    fn quote(&mut self, blocks: &[Block], cite: Option<&[Inline]>, span: Span) {
        // Few words are set large, as a saying; a long quotation is set as text.
        let class = if is_saying(blocks) { "said saying" } else { "said" };
        self.put(format_args!(
            "<blockquote><table role=\"presentation\" class=\"{class}\" width=\"100%\" cellpadding=\"0\" \
             cellspacing=\"0\" border=\"0\"><tr><td>"
        ));
        self.blocks(blocks);
        if let Some(cite) = cite {
            self.push("<p class=\"cite\">— ");
            self.inlines(cite, span);
            self.push("</p>");
        }
        self.push("</td></tr></table></blockquote>");
    }

    fn code(&mut self, text: &str) {
        self.push(
            "<table role=\"presentation\" class=\"code\" dir=\"ltr\" width=\"100%\" cellpadding=\"0\" \
             cellspacing=\"0\" border=\"0\"><tr><td><pre><code>",
        );
        escape_into(&mut self.out, text);
        self.push("</code></pre></td></tr></table>");
    }

    fn figure(&mut self, image: &Image, caption: Option<&[Inline]>) {
        self.push("<div class=\"figure\">");
        self.picture(image, Some(image.width.unwrap_or(COLUMN).clamp(1, COLUMN)), "");
        if let Some(caption) = caption {
            self.push("<p class=\"caption\">");
            self.inlines_joined(caption, image.span);
            self.push("</p>");
        }
        self.push("</div>");
    }

    pub(super) fn picture(&mut self, image: &Image, width: Option<u32>, class: &str) {
        let href = image.href.as_deref().and_then(|href| self.href(href, image.span));
        if let Some(href) = &href {
            self.open_link(href);
        }
        if let Err(scheme) = address::check(&image.src, Target::Picture) {
            self.problem(ComposeError::ImageScheme { scheme }, image.span);
        }
        self.reach(&image.src, image.span, "![words](https://example.com/picture.png)");
        self.push("<img src=\"");
        escape_into(&mut self.out, image.src.trim());
        self.push("\" alt=\"");
        escape_into(&mut self.out, &image.alt);
        self.push("\"");
        if let Some(width) = width {
            self.put(format_args!(" width=\"{width}\""));
        }
        self.push(class);
        self.push(">");
        if href.is_some() {
            self.push("</a>");
        }
    }

    fn button(&mut self, label: &[Inline], href: &str, span: Span) {
        self.push(
            "<table role=\"presentation\" class=\"btn\" cellpadding=\"0\" cellspacing=\"0\" \
             border=\"0\"><tr><td>",
        );
        let href = self.href(href, span);
        self.open_link(href.as_deref().unwrap_or_default());
        self.inlines(label, span);
        self.push("</a></td></tr></table>");
    }

    /// The address without the white space around it, unless it is a trap.
    fn href(&mut self, href: &str, span: Span) -> Option<String> {
        match address::check(href, Target::Link) {
            Ok(()) => {
                self.reach(href, span, "[words](https://example.com/)");
                Some(href.trim().to_owned())
            }
            Err(scheme) => {
                let scheme = self.article.mask.restore(&scheme);
                self.problem(ComposeError::LinkScheme { scheme }, span);
                None
            }
        }
    }

    /// Warns of an address that leads nowhere from a mail; `example` shows a whole one.
    fn reach(&mut self, href: &str, span: Span, example: &'static str) {
        if !address::is_reachable(href, &self.article.mask) && self.problems.len() < MOST_PROBLEMS {
            let address = self.article.mask.restore(href.trim());
            let condition = if address.is_empty() {
                ComposeError::EmptyAddress { example }
            } else {
                ComposeError::Unreachable { address }
            };
            let problem = Problem::at(condition, &self.article.source, span);
            self.problems.push(problem.warning());
        }
    }

    fn open_link(&mut self, href: &str) {
        self.push("<a href=\"");
        escape_into(&mut self.out, href);
        self.push("\">");
    }

    fn footnote(&mut self, index: usize, note: &Footnote) {
        let number = index + 1;
        let back = if self.references[index] > 0 {
            format!("<a href=\"#r{number}\">{number}</a>. ")
        } else {
            format!("{number}. ")
        };
        let mut blocks = note.blocks.as_slice();
        self.put(format_args!("<p id=\"fn{number}\">{back}"));
        if let Some((Block { kind: BlockKind::Paragraph(content), span }, rest)) = blocks.split_first() {
            self.inlines(content, *span);
            blocks = rest;
        }
        self.push("</p>\n");
        self.blocks(blocks);
    }

    /// Inlines whose last two words stay on one line.
    pub(super) fn inlines_joined(&mut self, content: &[Inline], span: Span) {
        if let Some((Inline::Text(text), rest)) = content.split_last() {
            self.inlines(rest, span);
            escape_into(&mut self.out, &joined_end(text));
        } else {
            self.inlines(content, span);
        }
    }

    pub(super) fn inlines(&mut self, content: &[Inline], span: Span) {
        for inline in content {
            match inline {
                Inline::Text(text) => escape_into(&mut self.out, text),
                Inline::SoftBreak => self.push("\n"),
                Inline::HardBreak => self.push("<br>"),
                Inline::Emphasis(content) => self.wrapped("em", content, span),
                Inline::Strong(content) => self.wrapped("strong", content, span),
                Inline::Strikethrough(content) => self.wrapped("s", content, span),
                Inline::Styled { style, content } => self.wrapped(boxes::element(*style), content, span),
                Inline::Code(text) => {
                    self.push("<code>");
                    escape_into(&mut self.out, text);
                    self.push("</code>");
                }
                Inline::Link { href, content, span } => match self.href(href, *span) {
                    Some(href) => {
                        self.open_link(&href);
                        self.deeper(*span, |setter| setter.inlines(content, *span));
                        self.push("</a>");
                    }
                    None => self.deeper(*span, |setter| setter.inlines(content, *span)),
                },
                Inline::Image(image) => {
                    self.picture(image, image.width.map(|width| width.min(COLUMN)), " class=\"inline\"");
                }
                Inline::Footnote(index) => self.reference(*index),
            }
        }
    }

    fn wrapped(&mut self, tag: &str, content: &[Inline], span: Span) {
        self.put(format_args!("<{tag}>"));
        self.deeper(span, |setter| setter.inlines(content, span));
        self.put(format_args!("</{tag}>"));
    }

    fn reference(&mut self, index: usize) {
        let Some(times) = self.references.get_mut(index) else { return };
        *times += 1;
        let (number, times) = (index + 1, *times);
        let id = if times == 1 { format!("r{number}") } else { format!("r{number}-{times}") };
        self.put(format_args!("<sup><a href=\"#fn{number}\" id=\"{id}\">{number}</a></sup>"));
    }
}

/// What stands before and after a block among its siblings, controls aside.
struct Neighbours<'a> {
    before: Option<&'a BlockKind>,
    after: Option<&'a BlockKind>,
}

impl BlockKind {
    /// Whether it is set as a table or a picture, whose margins Word ignores.
    fn is_boxed(&self) -> bool {
        matches!(
            self,
            Self::Quote { .. }
                | Self::Code { .. }
                | Self::Table(_)
                | Self::Figure { .. }
                | Self::Button { .. }
                | Self::Callout { .. }
                | Self::Columns(_)
                | Self::Divider
        )
    }
}

/// Longest quotation set as a saying, in bytes: about six lines on a phone.
const SAYING: usize = 220;

fn is_saying(blocks: &[Block]) -> bool {
    match blocks {
        [Block { kind: BlockKind::Paragraph(content), .. }] => plain_length(content, 0) <= SAYING,
        _ => false,
    }
}

/// How long the words of `content` are; what lies too deep counts as long.
pub(super) fn plain_length(content: &[Inline], depth: usize) -> usize {
    if depth > DEEPEST {
        return SAYING;
    }
    content
        .iter()
        .map(|inline| match inline {
            Inline::Text(text) | Inline::Code(text) => text.len(),
            Inline::SoftBreak | Inline::HardBreak | Inline::Footnote(_) => 1,
            Inline::Image(_) => SAYING,
            other => plain_length(other.inner().unwrap_or_default(), depth + 1),
        })
        .fold(0, usize::saturating_add)
}
