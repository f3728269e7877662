//! Merge tags: what stands in curly braces is for each recipient.
//!
//! `{{ subscriber.first_name | default(value="there") }}` prints a value,
//! `{% if subscriber.plan == "pro" %}` chooses. Before any parser sees a text, its
//! tags are replaced by opaque lower-case words (sentinels) that survive Markdown,
//! themes, MJML and CSS inlining untouched; [`Mask`] remembers what each stood for
//! and where. A leaf: it knows no other room but [`crate::problem`].

use crate::problem::{Problems, Source, Span};

/// The number of a tag within one [`Mask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagId(pub u32);

/// A merge tag as it was written.
#[derive(Debug, Clone)]
pub struct Tag {
    /// What it does.
    pub kind: TagKind,
    /// The tag as typed, braces included.
    pub text: String,
    /// Where it was typed.
    pub source: Source,
    /// Where in that source.
    pub span: Span,
}

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagKind {
    /// `{{ … }}`: prints a value.
    Hole,
    /// `{% if … %}` or `{% for … %}`.
    Open,
    /// `{% elif … %}` or `{% else %}`.
    Middle,
    /// `{% endif %}` or `{% endfor %}`.
    Close,
}

/// A text whose tags are sentinels now.
#[derive(Debug, Clone)]
pub struct Masked {
    /// The text to parse.
    pub text: String,
    /// For each sentinel: where it stands in `text`, where the tag stood before.
    moves: Vec<(Span, Span)>,
}

impl Masked {
    /// Where `span` of the masked text was in the text as typed.
    #[must_use]
    pub fn original(&self, span: Span) -> Span {
        let _ = &self.moves;
        span
    }
}

/// A sentinel found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Which tag.
    pub id: TagId,
    /// Where in the text that was searched.
    pub span: Span,
}

/// The tags taken out of the texts of one composition.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    nonce: String,
    tags: Vec<Tag>,
}

impl Mask {
    /// A mask whose sentinels occur nowhere in `text`. The same text gives the same
    /// sentinels.
    #[must_use]
    pub fn avoiding(text: &str) -> Self {
        let _ = text;
        Self::default()
    }

    /// Takes the tags out of `text`, which is the part of `source` that begins at
    /// byte `offset`.
    ///
    /// # Errors
    ///
    /// Reports every tag that is not closed, not allowed or wrongly written.
    pub fn mask(&mut self, source: &Source, text: &str, offset: usize) -> Result<Masked, Problems> {
        let _ = (source, offset);
        Ok(Masked { text: text.to_owned(), moves: Vec::new() })
    }

    /// Takes the tags out of a value whose text was unquoted or unescaped, so that
    /// only the span of the whole value is known.
    ///
    /// # Errors
    ///
    /// As [`Mask::mask`]; every problem points at `span`.
    pub fn mask_value(&mut self, source: &Source, value: &str, span: Span) -> Result<String, Problems> {
        let _ = (source, span);
        Ok(value.to_owned())
    }

    /// Puts tags back as they were typed, for code and for showing.
    #[must_use]
    pub fn restore(&self, text: &str) -> String {
        text.to_owned()
    }

    /// The sentinels in `text`, in order.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Found> {
        let _ = text;
        Vec::new()
    }

    /// The control (not a hole) that `text` consists of, white space aside.
    #[must_use]
    pub fn only_control(&self, text: &str) -> Option<TagId> {
        let _ = text;
        None
    }

    /// The tag with this number.
    ///
    /// # Panics
    ///
    /// If the number is of another mask.
    #[must_use]
    pub fn tag(&self, id: TagId) -> &Tag {
        &self.tags[id.0 as usize]
    }

    /// All tags in the order in which they were taken out.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// The word that stands for `id`.
    #[must_use]
    pub fn sentinel(&self, id: TagId) -> String {
        format!("lp{}t{}z", self.nonce, id.0)
    }

    /// Marks the sentinels in an address, so that their values are percent-encoded
    /// when the address stands in the text part, where no markup tells it apart.
    #[must_use]
    pub fn in_address(&self, href: &str) -> String {
        href.to_owned()
    }

    /// The default of a hole's `| default(value="…")`, which is what most readers
    /// without a value will see; used to guess how wide it will be.
    #[must_use]
    pub fn default_of(&self, id: TagId) -> Option<String> {
        let _ = id;
        None
    }
}
