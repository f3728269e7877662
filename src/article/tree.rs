//! The block tree: what an article says, free of the format it came in.
//!
//! Markdown, plain text and web pages all become this tree, and both the HTML and the text
//! part are made from it, so they can never say different things. Strings may hold
//! the sentinels of [`crate::tags`] where the author wrote a merge tag; spans point
//! into the article's source as it was typed.

use crate::problem::Span;
use crate::tags::TagId;

/// A block and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Where, in the article's source.
    pub span: Span,
    /// What.
    pub kind: BlockKind,
}

/// What a block is.
#[derive(Debug, Clone, PartialEq)]
pub enum BlockKind {
    /// A heading of level 2 to 4; level 1 is the article's title and stands in
    /// [`super::Meta`].
    Heading {
        /// 2, 3 or 4.
        level: u8,
        /// The words.
        content: Vec<Inline>,
    },
    /// Running text.
    Paragraph(Vec<Inline>),
    /// A bulleted or numbered list.
    List(List),
    /// A quotation, with its source when the author named one.
    Quote {
        /// What is quoted.
        blocks: Vec<Block>,
        /// Who said it.
        cite: Option<Vec<Inline>>,
    },
    /// Code, shown as typed.
    Code {
        /// The language after the fence.
        language: Option<String>,
        /// The lines, without a trailing line end.
        text: String,
    },
    /// A table with a head row.
    Table(Table),
    /// A picture that stands alone.
    Figure {
        /// The picture.
        image: Image,
        /// The line under it.
        caption: Option<Vec<Inline>>,
    },
    /// A link drawn as a button.
    Button {
        /// The words on it.
        label: Vec<Inline>,
        /// Where it leads.
        href: String,
    },
    /// A box that stands out from the text around it.
    Callout {
        /// What it is about.
        kind: CalloutKind,
        /// Its heading; without one, the reader's language names the kind, if it has a name.
        title: Option<Vec<Inline>>,
        /// What stands in it.
        blocks: Vec<Block>,
    },
    /// Stretches side by side; one under the other where there is no room.
    Columns(Vec<Column>),
    /// Terms and what they mean.
    Definitions(Vec<Definition>),
    /// A pause between two parts.
    Divider,
    /// A recipient control (`{% if … %}`, `{% endif %}`, …) that stands between
    /// blocks. Controls balance within one list of siblings.
    Control(TagId),
}

/// What a block is made of, as [`Block::parts`] gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Part<'t> {
    /// Words, and where they stand as nearly as is known.
    Words(&'t [Inline], Span),
    /// Blocks within the block: an item, a quotation, a column, a meaning.
    Blocks(&'t [Block]),
    /// A picture that stands alone.
    Image(&'t Image),
    /// A recipient control.
    Control(TagId),
}

impl Block {
    /// What the block is made of, in the order of reading. Code and dividers have no
    /// parts; captions, sources and titles that are not there give none.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        let own = |content| Part::Words(content, self.span);
        match &self.kind {
            BlockKind::Heading { content, .. }
            | BlockKind::Paragraph(content)
            | BlockKind::Button { label: content, .. } => vec![own(content)],
            BlockKind::List(list) => {
                let items = list.items.iter().map(|item| match item {
                    Item::Blocks { blocks, .. } => Part::Blocks(blocks),
                    Item::Control(id) => Part::Control(*id),
                });
                items.collect()
            }
            BlockKind::Quote { blocks, cite } => {
                std::iter::once(Part::Blocks(blocks)).chain(cite.as_deref().map(own)).collect()
            }
            BlockKind::Table(table) => {
                let head = table.head.iter().map(|cell| own(cell));
                let rows = table.rows.iter().flat_map(|row| match row {
                    Row::Cells(cells) => cells.iter().map(|cell| own(cell)).collect(),
                    Row::Control(id) => vec![Part::Control(*id)],
                });
                head.chain(rows).collect()
            }
            BlockKind::Figure { image, caption } => {
                std::iter::once(Part::Image(image)).chain(caption.as_deref().map(own)).collect()
            }
            BlockKind::Callout { title, blocks, .. } => {
                title.as_deref().map(own).into_iter().chain([Part::Blocks(blocks)]).collect()
            }
            BlockKind::Columns(columns) => {
                columns.iter().map(|column| Part::Blocks(&column.blocks)).collect()
            }
            BlockKind::Definitions(definitions) => {
                let each = definitions.iter().flat_map(|definition| {
                    let terms = definition.terms.iter().map(|term| Part::Words(term, definition.span));
                    terms.chain(definition.details.iter().map(|blocks| Part::Blocks(blocks)))
                });
                each.collect()
            }
            BlockKind::Control(id) => vec![Part::Control(*id)],
            BlockKind::Code { .. } | BlockKind::Divider => Vec::new(),
        }
    }
}

/// What a callout is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CalloutKind {
    /// Whatever the author says; it has no name of its own.
    #[default]
    Plain,
    /// Worth knowing.
    Note,
    /// Makes something easier.
    Tip,
    /// Needed to succeed.
    Important,
    /// Asks for attention.
    Warning,
    /// May end badly.
    Caution,
}

/// One of the stretches that stand side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Where.
    pub span: Span,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// A few terms that mean the same, and what they mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Where.
    pub span: Span,
    /// The terms, at least one.
    pub terms: Vec<Vec<Inline>>,
    /// What they mean: one entry a meaning.
    pub details: Vec<Vec<Block>>,
}

/// A list.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// The first number of a numbered list; none for bullets.
    pub start: Option<u64>,
    /// Whether the items follow each other without space.
    pub tight: bool,
    /// The items in order.
    pub items: Vec<Item>,
}

/// An item of a list, or a recipient control between two items.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// An item.
    Blocks {
        /// Where.
        span: Span,
        /// Whether it is something to do.
        task: Option<Task>,
        /// Its content; a tight item has one paragraph.
        blocks: Vec<Block>,
    },
    /// A control that wraps whole items.
    Control(TagId),
}

/// How far something to do is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Not done yet.
    Open,
    /// Done.
    Done,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// One entry a column.
    pub align: Vec<Align>,
    /// The head row.
    pub head: Vec<Vec<Inline>>,
    /// The other rows.
    pub rows: Vec<Row>,
}

/// A row of a table, or a recipient control between two rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// The cells, one a column.
    Cells(Vec<Vec<Inline>>),
    /// A control that wraps whole rows.
    Control(TagId),
}

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// As the language runs.
    #[default]
    Start,
    /// Centred.
    Center,
    /// Against the end, as numbers are.
    End,
}

/// A stretch of text within a block.
#[derive(Debug, Clone, PartialEq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// A line end of the source that is only a space to the reader.
    SoftBreak,
    /// A line end that the author wants.
    HardBreak,
    /// Stressed words.
    Emphasis(Vec<Inline>),
    /// Strong words.
    Strong(Vec<Inline>),
    /// Words struck out.
    Strikethrough(Vec<Inline>),
    /// Words set apart in another way.
    Styled {
        /// Which.
        style: Style,
        /// The words.
        content: Vec<Inline>,
    },
    /// Code within a line.
    Code(String),
    /// A link.
    Link {
        /// Where it leads.
        href: String,
        /// What is shown.
        content: Vec<Inline>,
        /// Where it stands.
        span: Span,
    },
    /// A picture within a line.
    Image(Image),
    /// The mark of a footnote: an index into [`super::Article::footnotes`].
    Footnote(usize),
}

impl Inline {
    /// What stands within a stretch that only changes how its words look or where a click
    /// leads; nothing for all others.
    #[must_use]
    pub fn inner(&self) -> Option<&[Inline]> {
        match self {
            Self::Emphasis(inner)
            | Self::Strong(inner)
            | Self::Strikethrough(inner)
            | Self::Styled { content: inner, .. }
            | Self::Link { content: inner, .. } => Some(inner),
            Self::Text(_)
            | Self::SoftBreak
            | Self::HardBreak
            | Self::Code(_)
            | Self::Image(_)
            | Self::Footnote(_) => None,
        }
    }
}

/// How words can be set apart besides stress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Set lower, as in H₂O.
    Subscript,
    /// Set higher, as in m².
    Superscript,
    /// As with a text marker.
    Highlight,
    /// In smaller type.
    Small,
    /// With a line under it.
    Underline,
    /// A key to press.
    Keyboard,
}

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// As the author wrote it: an address or a path relative to the article.
    pub src: String,
    /// What it shows, for those who do not see it; may be empty.
    pub alt: String,
    /// The width the author asked for, in CSS pixels.
    pub width: Option<u32>,
    /// Where a click leads.
    pub href: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// A note at the end of the article.
#[derive(Debug, Clone, PartialEq)]
pub struct Footnote {
    /// Where it was written.
    pub span: Span,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// The words of `content` without any mark-up. Pictures give what they show, footnote
/// marks nothing, line ends a space.
#[must_use]
pub fn words(content: &[Inline]) -> String {
    let mut text = String::new();
    gather(content, false, &mut text);
    text
}

/// The words of `content` as they are seen where pictures are: these give nothing,
/// footnote marks their number, line ends a space.
#[must_use]
pub fn seen(content: &[Inline]) -> String {
    let mut text = String::new();
    gather(content, true, &mut text);
    text
}

fn gather(content: &[Inline], seen: bool, text: &mut String) {
    for inline in content {
        match inline {
            Inline::Text(words) | Inline::Code(words) => text.push_str(words),
            Inline::SoftBreak | Inline::HardBreak => text.push(' '),
            Inline::Image(image) if !seen => text.push_str(&image.alt),
            Inline::Footnote(index) if seen => text.push_str(&(index + 1).to_string()),
            Inline::Image(_) | Inline::Footnote(_) => {}
            other => gather(other.inner().unwrap_or_default(), seen, text),
        }
    }
}
