//! What can be wrong with an article, in the words of the person who wrote it.

use crate::fields::Notation;
use crate::phrases::language;
use crate::problem::{Class, Condition};

/// A reason not to read an article, or a thing to tell about it.
#[derive(Debug, thiserror::Error)]
pub enum ArticleError {
    /// Nothing stands at that path.
    #[error("there is no article at `{0}`")]
    Missing(String),
    /// A folder stands there.
    #[error("`{0}` is a folder, not an article")]
    Folder(String),
    /// The system refused.
    #[error("`{path}` could not be read: {reason}")]
    Unreadable {
        /// As given.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// An extension that says nothing to us.
    #[error("`{path}` is no article we can read: expected `.md`, `.html` or `.txt`, found {found}")]
    UnknownFormat {
        /// As given.
        path: String,
        /// The extension, or that there is none.
        found: String,
    },
    /// Larger than an article can be.
    #[error("`{path}` has {size} bytes, more than the {limit} an article may have")]
    TooLarge {
        /// As given.
        path: String,
        /// What it has.
        size: u64,
        /// What it may have.
        limit: u64,
    },
    /// Bytes that are not UTF-8.
    #[error("byte 0x{byte:02X} is not UTF-8")]
    NotUtf8 {
        /// The first byte that is wrong.
        byte: u8,
    },
    /// Bytes that are no text at all.
    #[error("`{0}` is not a text")]
    NotText(String),
    /// Text in another encoding, which was guessed.
    #[error("the text is not UTF-8 and was read as {0}")]
    Decoded(&'static str),
    /// Front matter that never ends.
    #[error("the front matter that begins with `{0}` is not closed")]
    UnclosedFrontMatter(&'static str),
    /// A field with a line break in it where there is one line in the mail.
    #[error("`{0}` goes over more than one line")]
    ManyLines(&'static str),
    /// A character that steers machines and that nobody sees.
    #[error("here is a control character, U+{:04X}", u32::from(*.0))]
    Control(char),
    /// A date that is none.
    #[error("expected a date for `date`, found `{0}`")]
    BadDate(String),
    /// A state nobody knows.
    #[error("expected `draft` or `ready` for `status`, found `{0}`")]
    BadStatus(String),
    /// A slug that cannot stand in an address.
    #[error("the slug `{0}` cannot stand in an address")]
    BadSlug(String),
    /// A language tag that is none.
    #[error("expected a language tag for `lang`, found `{0}`")]
    BadLanguage(String),
    /// Nothing to send.
    #[error("the article has no text")]
    Empty,
    /// Neither title nor subject.
    #[error("the article has no title")]
    NoTitle(Notation),
    /// A link, a picture or a footnote in the title.
    #[error("the title is plain words, so its link, picture or footnote is left out")]
    MarkedTitle(Notation),
    /// Nested deeper than any reader follows.
    #[error("nested more than {0} levels deep")]
    TooDeep(usize),
    /// A table no mail program can show.
    #[error("the table has {found} columns, more than the {most} a mail can show")]
    TableTooWide {
        /// What it has.
        found: usize,
        /// What it may have.
        most: usize,
    },
    /// A table that is a data file.
    #[error("the table has more than {0} cells")]
    TableTooLong(usize),
    /// A row that is longer than the head of its table.
    #[error("expected {columns} cells in this row, found {found}: the last ones are not shown")]
    ExtraCells {
        /// What the head has.
        columns: usize,
        /// What the row has.
        found: usize,
    },
    /// A comment that would swallow the text after it.
    #[error("the comment that begins with `<!--` is not closed")]
    UnclosedComment,
    /// The title of a link or of a picture amid words.
    #[error("the title `{0}` is not shown")]
    HiddenTitle(String),
    /// A `:::` block of no known name.
    #[error("`:::{name}` is no block we know, so what stands in it is shown as ordinary text")]
    UnknownBlock {
        /// As typed, in lower case.
        name: String,
        /// What may be meant.
        nearest: Option<&'static str>,
    },
    /// A `:::` block without an end.
    #[error("`:::{0}` is not closed")]
    UnclosedBlock(String),
    /// A `:::` that closes nothing.
    #[error("this `:::` closes nothing")]
    StrayFence,
    /// A `:::button` in which there is no link.
    #[error("the button leads nowhere, so it is shown as text")]
    ButtonWithoutLink,
    /// A column beside nothing.
    #[error("`:::column` stands outside of `:::columns`, so it is shown as ordinary text")]
    LoneColumn,
    /// Columns that are one.
    #[error("`:::columns` has only one column, which is shown as ordinary text")]
    FewColumns,
    /// More columns than fit.
    #[error("{found} columns do not fit side by side, so they stand in rows of at most {most}")]
    ManyColumns {
        /// What was written.
        found: usize,
        /// What fits.
        most: usize,
    },
    /// A callout of no known kind.
    #[error("`[!{name}]` is no kind of callout we know, so it is shown as a plain box")]
    UnknownCallout {
        /// As typed, in lower case.
        name: String,
        /// What may be meant.
        nearest: Option<&'static str>,
    },
    /// An HTML tag that a mail has no use for.
    #[error("the HTML tag `{0}` is left out; the words in it stay")]
    HtmlLeftOut(String),
    /// A tag that hides what stands in it.
    #[error("`<{0}>` is left out with everything in it")]
    HtmlSilenced(String),
    /// A tag whose author hid what stands in it.
    #[error("`<{0}>` is hidden, so it is left out with everything in it")]
    HtmlHidden(String),
    /// A tag that hides what stands in it, and has no end.
    #[error("`<{0}>` is not closed, so everything after it in this paragraph is left out")]
    HtmlSwallowed(String),
    /// A tag without an end.
    #[error("the HTML tag `<{0}>` is not closed, so it is left out")]
    HtmlUnclosed(String),
    /// A reference in braces after a link or picture that is not understood.
    #[error("`{0}` means nothing here")]
    UnknownAttribute(String),
    /// A width that is no number of pixels.
    #[error("expected a number of pixels for `width`, found `{0}`")]
    BadWidth(String),
    /// A button amid other words.
    #[error("a button within a paragraph is shown as a link")]
    ButtonInText,
    /// A footnote nobody refers to.
    #[error("the footnote `{0}` is never referred to, so readers will not see it")]
    UnusedFootnote(String),
    /// Two footnotes of one name.
    #[error("the footnote `{0}` is written twice")]
    FootnoteTwice(String),
    /// `{% if %}` and `{% endif %}` that do not stand side by side.
    #[error("`{0}` has no counterpart beside it")]
    UnbalancedControl(String),
    /// `{% if %}` in one column and `{% endif %}` in another.
    #[error("`{0}` begins in one column and ends in another: each needs conditions of its own")]
    AcrossColumns(String),
    /// A footnote that is written between `{% if %}` and `{% endif %}`.
    #[error("this note is written within `{0}`, and would be shown to everybody at the end of the mail")]
    NoteWithin(String),
    /// `{% if %}` that nothing closes.
    #[error("there is no `{{% {closer} %}}` for `{tag}`")]
    NeverClosed {
        /// The tag as typed.
        tag: String,
        /// `endif` or `endfor`.
        closer: &'static str,
    },
    /// Keys of the front matter that other programs read.
    #[error("what the front matter says under {0} is for other programs and not used here")]
    ForeignKeys(String),
    /// Two columns of a page whose lines were copied side by side.
    #[error("two columns of text stand side by side here, so their sentences are cut in pieces")]
    SideBySide,
    /// Words under `--` at the end of plain text.
    #[error("{} under `--` were left out, taken for a signature", signed(*words, *links))]
    Signature {
        /// How many words, links among them.
        words: usize,
        /// How many links.
        links: usize,
        /// How the front matter is written.
        notation: Notation,
    },
    /// Braces in plain text that look like merge tags.
    #[error("merge tags are shown as typed here")]
    LiteralTags(Notation),
}

/// Where the two ends of a condition go.
const SIDE_BY_SIDE: &str = "put `{% if … %}` and `{% endif %}` side by side: both within one paragraph, or both on \
                            lines of their own around whole blocks, items or rows; within a quotation, behind its \
                            `>`";

/// Where the condition of a note goes.
const AROUND_WORDS: &str = "move it out, and put the condition within it, around its words: \
                            `[^1]: {% if … %}…{% endif %}`; where its mark is not for everybody either, write its \
                            words into the text there";

impl Condition for ArticleError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing(_) => "check the path; `letterpress new TITLE` begins a new article",
            Self::Folder(_) => "name the file itself, for instance `articles/issue-1.md`",
            Self::UnknownFormat { .. } => {
                "rename it to `.md` if it is Markdown, to `.html` if it is a web page, or to `.txt` if it is plain text"
            }
            Self::TooLarge { .. } => {
                "an article is text; link to large files, or split it into several issues"
            }
            Self::NotUtf8 { .. } => "save the file as UTF-8 in your editor",
            Self::NotText(_) => "export the document as plain text in UTF-8 and try again",
            Self::Decoded(_) => "check accents and quotation marks in the preview, or save the file as UTF-8",
            Self::UnclosedFrontMatter(mark) => {
                return Some(format!("put a line with only `{mark}` after the last field"));
            }
            Self::ManyLines(_) => "write it on one line",
            Self::Control(_) => "delete it, or type the word again; it was copied with the text",
            Self::BadDate(_) => "write it as year-month-day: 2026-03-12",
            Self::BadStatus(_) => "`draft` keeps an article from being sent, `ready` lets it go",
            Self::BadSlug(_) => "use letters, digits, `-`, `_` and `.` only",
            Self::BadLanguage(found) => return Some(tagged(found)),
            Self::Empty => "write at least one paragraph below the title",
            Self::NoTitle(notation) => {
                let title = notation.text("title", "…");
                return Some(format!("begin with a title line, or write `{title}` in the front matter"));
            }
            Self::MarkedTitle(notation) => {
                let title = notation.text("title", "…");
                return Some(format!(
                    "put it into the first paragraph, or write `{title}` in the front matter"
                ));
            }
            Self::TooDeep(_) => "move the inner parts out; mail programs show few levels well",
            Self::TableTooWide { .. } => "split it, or turn rows into columns",
            Self::TableTooLong(_) => "show the rows that matter and link to the others",
            Self::ExtraCells { .. } => {
                "give the head a cell for each column, or write `\\|` for a bar in a cell"
            }
            Self::UnclosedComment => "put `-->` where the comment ends",
            Self::HiddenTitle(_) => {
                "put it into the text; only a picture alone in its paragraph shows its title, as a caption"
            }
            Self::UnknownBlock { nearest: Some(name), .. } => {
                return Some(format!("did you mean `:::{name}`?"));
            }
            Self::UnknownBlock { nearest: None, .. } => {
                "known are `button`, `callout`, `note`, `tip`, `important`, `warning`, `caution`, `columns`, \
                 `quote` and `figure`"
            }
            Self::UnclosedBlock(_) => "put a line with only `:::` where it ends",
            Self::StrayFence => "delete the line, or open a block above it, such as `:::callout`",
            Self::ButtonWithoutLink => {
                "write `:::button https://example.com/` with the words on the button in the next line"
            }
            Self::LoneColumn => "write `:::columns` above the first column and `:::` below the last",
            Self::FewColumns => "put a line with only `+++` between the columns",
            Self::ManyColumns { .. } => "two read best on a telephone; a table may be what you want",
            Self::UnknownCallout { nearest: Some(name), .. } => {
                return Some(format!("did you mean `[!{}]`?", name.to_uppercase()));
            }
            Self::UnknownCallout { nearest: None, .. } => {
                "known are NOTE, TIP, IMPORTANT, WARNING and CAUTION"
            }
            Self::HtmlLeftOut(_) => "how a mail looks is the theme's; delete the tag",
            Self::HtmlSilenced(_) => {
                "mail programs run no scripts and take no styles from an article; delete it"
            }
            Self::HtmlHidden(_) => "delete `hidden` or `display:none` to show it, or delete all of it",
            Self::HtmlUnclosed(name) | Self::HtmlSwallowed(name) => {
                return Some(format!("put `</{name}>` where it ends"));
            }
            Self::UnknownAttribute(_) => {
                "`{.button}` after a link and `{width=300}` after a picture are known"
            }
            Self::BadWidth(_) => "write `{width=300}`",
            Self::ButtonInText => "put blank lines around the link to make it a button",
            Self::UnusedFootnote(name) => {
                return Some(format!("put `[^{name}]` where it belongs, or delete the note"));
            }
            Self::FootnoteTwice(_) => "give each footnote a name of its own",
            Self::UnbalancedControl(_) | Self::AcrossColumns(_) => SIDE_BY_SIDE,
            Self::NoteWithin(_) => AROUND_WORDS,
            Self::NeverClosed { closer, .. } => {
                return Some(format!(
                    "put `{{% {closer} %}}` where it ends: in the same paragraph, or on a line of its own"
                ));
            }
            Self::SideBySide => "copy one column after the other, or save the page as text in reading order",
            Self::Signature { notation, .. } => return Some(keeping(*notation)),
            Self::ForeignKeys(_) => "leave it there if the article is used elsewhere too, or delete it",
            Self::LiteralTags(notation) => {
                let merge = notation.yes("merge");
                return Some(format!("set `{merge}` in the front matter to fill them in for each reader"));
            }
            Self::Unreadable { .. } => "check that you may read the file",
        };
        Some(hint.to_owned())
    }

    fn class(&self) -> Class {
        match self {
            Self::Missing(_) | Self::Folder(_) => Class::Usage,
            _ => Class::Data,
        }
    }
}

/// How the language is written that `found` means.
fn tagged(found: &str) -> String {
    match language::meant(found) {
        Some(tag) => format!("did you mean `{tag}`?"),
        None => "use a tag such as `en`, `de` or `de-AT`".to_owned(),
    }
}

/// How words under `--` are kept.
fn signed(words: usize, links: usize) -> String {
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match links {
        0 => counted(words, "word"),
        _ if links == words => counted(links, "link"),
        _ => format!("{} with {}", counted(words, "word"), counted(links, "link")),
    }
}

fn keeping(notation: Notation) -> String {
    let whole = notation.yes("whole");
    format!("`build --explain` shows them; `{whole}` in the front matter keeps them, or delete the `--`")
}
