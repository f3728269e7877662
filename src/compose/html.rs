//! Sets the block tree as HTML for the slots of a theme.
//!
//! Classes only: every number and colour is the theme's. Sentinels of merge tags
//! pass as the plain words they are; a control becomes a comment that holds its
//! sentinel, because parsers of HTML never move a comment out of a table.

use std::fmt::{self, Write};

use tera::Value;

use crate::article::{Article, Block, BlockKind, Image, Inline};
use crate::phrases::Phrases;
use crate::problem::{Problem, Span};
use crate::tags::{Mask, TagId};

use super::address::{self, Target};
use super::components::{Dress, set_already};
use super::direction::{self, Direction};
use super::entries::Room;
use super::error::ComposeError;
use super::notes;
use super::page::Brief;
use super::pictures::Pictures;
use super::sections::{self, Flow, Piece};
use super::words::escape_into;

/// How deep blocks or inlines may nest: more than anybody can follow on a page, and
/// little enough for every stack.
const DEEPEST: usize = 24;

/// How many problems are told: nobody reads more, and finding the place of each takes
/// time in proportion to the article.
const MOST_PROBLEMS: usize = 100;

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
pub(super) fn set(article: &Article, brief: &Brief<'_>, dress: &mut Dress<'_>) -> (Slots, Vec<Problem>) {
    let (direction, opening) = (dress.direction, dress.opening);
    let (text_width, hero_width) = (dress.theme.text_width(), dress.theme.hero_width());
    let flow = dress.theme.tokens.flow;
    let mut setter = Setter {
        article,
        flow,
        phrases: Phrases::of(brief.lang),
        pictures: brief.pictures,
        out: String::new(),
        problems: Vec::new(),
        depth: 0,
        references: vec![0; article.footnotes.len()],
        dress,
        direction,
        room: text_width,
        in_columns: false,
        opening,
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
    setter.opening = false;
    for (index, note) in article.footnotes.iter().enumerate() {
        setter.footnote(index, note);
    }
    let footnotes = setter.take();
    if let Some(image) = brief.image {
        setter.room = hero_width;
        setter.figure(image, Some(brief.image_caption).filter(|caption| !caption.is_empty()));
    }
    let image = setter.take();
    setter.problems.extend(notes::hidden(article));
    (Slots { intro, body, footnotes, image }, setter.problems)
}

pub(super) struct Setter<'a, 'd> {
    pub(super) article: &'a Article,
    /// Whether headings begin sheets and entries.
    pub(super) flow: Flow,
    /// What is said in the language of the article.
    pub(super) phrases: &'static Phrases,
    pub(super) pictures: &'a Pictures,
    pub(super) out: String,
    problems: Vec<Problem>,
    depth: usize,
    /// How often each note was referred to so far.
    pub(super) references: Vec<usize>,
    pub(super) dress: &'a mut Dress<'d>,
    /// The way lines run where we are.
    pub(super) direction: Direction,
    /// How wide what is set can be, in CSS pixels.
    pub(super) room: u32,
    /// Whether it stands in columns, which are as wide as the mail on a phone.
    pub(super) in_columns: bool,
    /// Whether the first words are still to come that stand in capitals.
    opening: bool,
}

impl Setter<'_, '_> {
    fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// What `set` sets, apart from what was set before, `inset` pixels narrower.
    pub(super) fn apart(&mut self, inset: u32, set: impl FnOnce(&mut Self)) -> String {
        let before = std::mem::take(&mut self.out);
        let room = self.room;
        self.room = room.saturating_sub(inset).max(1);
        set(self);
        self.room = room;
        std::mem::replace(&mut self.out, before)
    }

    /// The same for inlines.
    pub(super) fn inlines_apart(&mut self, content: &[Inline], span: Span) -> String {
        self.apart(0, |setter| setter.inlines(content, span))
    }

    /// Runs `set` where lines run as `found` says, and gives it the attribute that says
    /// so; nothing changes where they run so anyway.
    pub(super) fn turning<T>(
        &mut self,
        found: Option<Direction>,
        set: impl FnOnce(&mut Self, &'static str) -> T,
    ) -> T {
        let before = self.direction;
        self.direction = found.unwrap_or(before);
        let attribute = match self.direction {
            same if same == before => "",
            Direction::LeftToRight => " dir=\"ltr\"",
            Direction::RightToLeft => " dir=\"rtl\"",
        };
        let done = set(self, attribute);
        self.direction = before;
        done
    }

    /// Sets a block through the theme's component for it.
    pub(super) fn component(
        &mut self,
        file: &'static str,
        own: impl IntoIterator<Item = (&'static str, Value)>,
    ) {
        match self.dress.fill(file, own) {
            Ok(filled) => self.push(filled.trim()),
            Err(problems) => self.problems.extend(problems),
        }
    }

    pub(super) fn mask(&self) -> &Mask {
        &self.article.mask
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

    pub(super) fn problem(&mut self, condition: ComposeError, span: Span) {
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
            BlockKind::Divider => self.component("divider.html", []),
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
        let runs = direction::of_inlines(content, self.mask());
        self.turning(runs, |setter, turn| {
            setter.put(format_args!("<h{level}{class}{turn}>"));
            setter.inlines(content, span);
            setter.put(format_args!("</h{level}>"));
        });
    }

    fn paragraph(&mut self, content: &[Inline], span: Span, last: bool) {
        let runs = direction::of_inlines(content, self.mask());
        self.turning(runs, |setter, turn| {
            let class = if last { " class=\"last\"" } else { "" };
            setter.put(format_args!("<p{class}{turn}>"));
            if std::mem::take(&mut setter.opening) && setter.depth == 1 {
                setter.opening(content, span);
            } else {
                setter.inlines(content, span);
            }
            setter.push("</p>");
        });
    }

    pub(super) fn quote(&mut self, blocks: &[Block], cite: Option<&[Inline]>, span: Span) {
        // Few words are set large, as a saying; a long quotation is set as text, and so is
        // one within something else.
        let short = self.depth == 1 && is_saying(blocks);
        let runs = direction::of_blocks(blocks, self.mask());
        self.turning(runs, |setter, turn| {
            let content = setter.apart(QUOTED, |setter| setter.blocks(blocks));
            let cite = cite.map(|cite| setter.inlines_apart(cite, span)).unwrap_or_default();
            setter.component(
                "quote.html",
                [
                    ("content", set_already(&content)),
                    ("cite", set_already(&cite)),
                    ("short", Value::from(short)),
                    ("turn", set_already(turn)),
                ],
            );
        });
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
        let room = self.room;
        let class = if self.in_columns && self.fills(image, room) { " class=\"full\"" } else { "" };
        let picture = self.apart(0, |setter| {
            setter.picture(image, Some(setter.width_of(image, room)), class);
        });
        let runs = caption.and_then(|caption| direction::of_inlines(caption, self.mask()));
        self.turning(runs, |setter, turn| {
            let caption = caption
                .map(|caption| setter.apart(0, |setter| setter.inlines_joined(caption, image.span)))
                .unwrap_or_default();
            setter.component(
                "figure.html",
                [
                    ("picture", set_already(&picture)),
                    ("caption", set_already(&caption)),
                    ("turn", set_already(turn)),
                ],
            );
        });
    }

    fn button(&mut self, label: &[Inline], href: &str, span: Span) {
        let mut address = String::new();
        escape_into(&mut address, &self.href(href, span).unwrap_or_default());
        let label = self.inlines_apart(label, span);
        self.component("button.html", [("href", set_already(&address)), ("label", set_already(&label))]);
    }

    /// The address without the white space around it, unless it is a trap.
    pub(super) fn href(&mut self, href: &str, span: Span) -> Option<String> {
        if address::is_conditional(href, &self.article.mask) {
            self.problem(ComposeError::ConditionalAddress { picture: false }, span);
            return None;
        }
        match address::check(href, Target::Link) {
            Ok(()) => {
                self.reach(href, span, Target::Link);
                Some(href.trim().to_owned())
            }
            Err(scheme) => {
                let scheme = self.article.mask.restore(&scheme);
                self.problem(ComposeError::LinkScheme { scheme }, span);
                None
            }
        }
    }

    /// Warns of an address that leads nowhere from a mail.
    pub(super) fn reach(&mut self, href: &str, span: Span, target: Target) {
        if !address::is_reachable(href, &self.article.mask) && self.problems.len() < MOST_PROBLEMS {
            let address = self.article.mask.restore(href.trim());
            let picture = target == Target::Picture;
            let condition = if address.is_empty() {
                ComposeError::EmptyAddress { picture }
            } else {
                ComposeError::Unreachable { address, picture }
            };
            let problem = Problem::at(condition, &self.article.source, span);
            self.problems.push(problem.warning());
        }
    }

    pub(super) fn open_link(&mut self, href: &str) {
        self.push("<a href=\"");
        escape_into(&mut self.out, href);
        self.push("\">");
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

/// What a quotation stands in, in pixels: rule and space.
const QUOTED: u32 = 27;

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
