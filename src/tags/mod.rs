//! Merge tags: what stands in curly braces is for each recipient.
//!
//! `{{ subscriber.first_name | default(value="there") }}` prints a value,
//! `{% if subscriber.plan == "pro" %}` chooses. Before any parser sees a text, its
//! tags are replaced by opaque lower-case words (sentinels) that survive Markdown,
//! themes, MJML and CSS inlining untouched; [`Mask`] remembers what each stood for
//! and where.
//!
//! Masking never fails: a tag that is wrong only matters where it is used as one, and
//! in code it is text again ([`Mask::restore`]). [`Mask::refusals`] tells what is
//! wrong with the tags that are used. A leaf: it knows no other room but
//! [`crate::problem`].

mod error;
mod scan;
mod simple;
mod slips;
mod syntax;

use memchr::memmem;

use crate::problem::{Condition, Problem, Source, Span};

pub use error::TagError;
pub use simple::{Holds, Simple, Test};
pub use syntax::FieldUse;

/// The number of a tag within one [`Mask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagId(pub u32);

/// A merge tag as it was written.
#[derive(Debug, Clone)]
pub struct Tag {
    /// What it does.
    pub kind: TagKind,
    /// What stands between the braces, without white-space dashes.
    pub inner: String,
    /// The tag as typed, braces included.
    pub text: String,
    /// Where it was typed.
    pub source: Source,
    /// Where in that source.
    pub span: Span,
    /// The fields it reads.
    pub fields: Vec<FieldUse>,
    /// What it says, when that is simple.
    pub simple: Option<Simple>,
    default: Option<String>,
    names: Vec<(String, Span)>,
    declares: Vec<String>,
    refusals: Vec<(TagError, Span)>,
}

impl Tag {
    /// A problem at this tag.
    pub fn problem(&self, condition: impl Condition) -> Problem {
        Problem::at(condition, &self.source, self.span)
    }
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
    offset: usize,
    /// For each sentinel: where it stands in `text`, where the tag stood in the part
    /// that was masked.
    moves: Vec<(Span, Span)>,
}

impl Masked {
    /// Where `span` of the masked text is in the source. An end inside a sentinel
    /// becomes the end of its tag.
    #[must_use]
    pub fn original(&self, span: Span) -> Span {
        let start = self.position(span.start, false);
        Span::new(start, self.position(span.end, true).max(start)).shifted(self.offset)
    }

    fn position(&self, at: usize, end: bool) -> usize {
        let next = self.moves.partition_point(|(new, _)| new.start < at || (!end && new.start == at));
        let Some((new, old)) = next.checked_sub(1).and_then(|index| self.moves.get(index)) else {
            return at;
        };
        if at >= new.end {
            old.end + (at - new.end)
        } else if end {
            old.end
        } else {
            old.start
        }
    }
}

/// A sentinel found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Which tag.
    pub id: TagId,
    /// Where in the text that was searched.
    pub span: Span,
    /// Whether it was marked by [`Mask::in_address`].
    pub in_address: bool,
}

/// So many letters of a sentinel are enough to know one, in bytes.
const BEGINNING: usize = 3;

/// The tags taken out of the texts of one composition.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    stem: String,
    tags: Vec<Tag>,
}

impl Mask {
    /// A mask whose sentinels occur nowhere in `text`, and not even their beginnings,
    /// so that a sentinel that was cut or respelt on its way is noticed. The same text
    /// gives the same sentinels.
    #[must_use]
    pub fn avoiding(text: &str) -> Self {
        let seed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let lower = text.to_lowercase();
        for round in 0_u64.. {
            let mut stem = String::from("qz");
            let mut rest = seed.wrapping_add(round);
            for _ in 0..6 {
                let digit = u8::try_from(rest % 24).expect("a remainder of 24 fits a byte");
                stem.push(char::from(b'a' + digit));
                rest /= 24;
            }
            // A text that holds every beginning there is gets at least a whole that it
            // does not hold.
            let part = if round < 100 { BEGINNING } else { stem.len() };
            if !lower.contains(&stem[..part]) {
                return Self { stem, tags: Vec::new() };
            }
        }
        Self::default()
    }

    /// A mask of tags that were taken out before, by their numbers; each is a source of
    /// its own.
    #[must_use]
    pub fn of_tags(stem: &str, tags: &[String]) -> Self {
        let mut mask = Self { stem: stem.to_owned(), tags: Vec::new() };
        for text in tags {
            let source = Source::new("the plan", text.as_str());
            let whole = Span::new(0, text.len());
            let closed = scan::tags(text).first().is_some_and(|found| found.closed && found.span == whole);
            mask.take(&source, text, scan::Found { span: whole, closed }, 0);
        }
        mask
    }

    /// What its sentinels begin with.
    #[must_use]
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// Whether `text` holds nothing that could be taken for a sentinel of this mask.
    #[must_use]
    pub fn is_foreign_to(&self, text: &str) -> bool {
        self.stem.is_empty() || !text.to_ascii_lowercase().contains(&self.stem[..BEGINNING])
    }

    /// Takes the tags out of `text`, which is the part of `source` that begins at
    /// byte `offset`.
    pub fn mask(&mut self, source: &Source, text: &str, offset: usize) -> Masked {
        let mut masked = String::with_capacity(text.len());
        let mut moves = Vec::new();
        let mut copied = 0;
        for found in scan::tags(text) {
            masked.push_str(&text[copied..found.span.start]);
            let start = masked.len();
            let id = self.take(source, &text[found.span.start..found.span.end], found, offset);
            masked.push_str(&self.sentinel(id));
            moves.push((Span::new(start, masked.len()), found.span));
            copied = found.span.end;
        }
        masked.push_str(&text[copied..]);
        Masked { text: masked, offset, moves }
    }

    /// Takes the tags out of a value that was unquoted or unescaped on its way here,
    /// so that only the span of the whole value is known.
    #[must_use]
    pub fn mask_value(&mut self, source: &Source, value: &str, span: Span) -> String {
        let mut masked = String::with_capacity(value.len());
        let mut copied = 0;
        for found in scan::tags(value) {
            masked.push_str(&value[copied..found.span.start]);
            let id = self.take(source, &value[found.span.start..found.span.end], found, 0);
            let tag = &mut self.tags[id.0 as usize];
            tag.span = exact(source, &tag.text, span).unwrap_or(span);
            tag.refusals.iter_mut().for_each(|(_, at)| *at = tag.span);
            tag.fields.iter_mut().for_each(|field| field.span = tag.span);
            tag.names.iter_mut().for_each(|(_, at)| *at = tag.span);
            masked.push_str(&self.sentinel(id));
            copied = found.span.end;
        }
        masked.push_str(&value[copied..]);
        masked
    }

    fn take(&mut self, source: &Source, text: &str, found: scan::Found, offset: usize) -> TagId {
        let id =
            TagId(u32::try_from(self.tags.len()).expect("a text of bounded size has fewer tags than that"));
        let at = found.span.start + offset;
        let read = syntax::read(text, found.closed);
        self.tags.push(Tag {
            kind: read.kind,
            inner: read.inner,
            text: text.to_owned(),
            source: source.clone(),
            span: found.span.shifted(offset),
            fields: read
                .fields
                .into_iter()
                .map(|field| FieldUse { span: field.span.shifted(at), ..field })
                .collect(),
            simple: read.simple,
            default: read.default,
            names: read.names.into_iter().map(|(name, span)| (name, span.shifted(at))).collect(),
            declares: read.declares,
            refusals: read.refusals.into_iter().map(|(error, span)| (error, span.shifted(at))).collect(),
        });
        id
    }

    /// Puts tags back as they were typed, for code and for showing.
    #[must_use]
    pub fn restore(&self, text: &str) -> String {
        self.replace(text, |mask, found, out| out.push_str(&mask.tag(found.id).text))
    }

    /// Writes `text` with each sentinel replaced by what `write` makes of it.
    pub fn replace(&self, text: &str, mut write: impl FnMut(&Self, Found, &mut String)) -> String {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for found in self.find(text) {
            out.push_str(&text[copied..found.span.start]);
            write(self, found, &mut out);
            copied = found.span.end;
        }
        out.push_str(&text[copied..]);
        out
    }

    /// The sentinels in `text`, in order.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        // Most texts are single words; a sentinel has a letter, a digit and a `z` more.
        if self.stem.is_empty() || text.len() < self.stem.len() + 3 {
            return found;
        }
        for start in memmem::find_iter(text.as_bytes(), &self.stem) {
            let rest = &text[start + self.stem.len()..];
            let in_address = match rest.bytes().next() {
                Some(b't') => false,
                Some(b'u') => true,
                _ => continue,
            };
            let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
            let Ok(number) = rest[1..=digits].parse::<u32>() else { continue };
            if rest.as_bytes().get(1 + digits) == Some(&b'z') && (number as usize) < self.tags.len() {
                let span = Span::new(start, start + self.stem.len() + digits + 2);
                found.push(Found { id: TagId(number), span, in_address });
            }
        }
        found
    }

    /// How often something that begins like a sentinel stands in `text`, in whatever
    /// case; more than [`Mask::find`] finds means that one was cut or respelt.
    #[must_use]
    pub fn beginnings(&self, text: &str) -> usize {
        if self.tags.is_empty() {
            0
        } else {
            memmem::find_iter(text.to_ascii_lowercase().as_bytes(), &self.stem[..BEGINNING]).count()
        }
    }

    /// The control (not a hole) that `text` consists of, white space aside.
    #[must_use]
    pub fn only_control(&self, text: &str) -> Option<TagId> {
        let text = text.trim();
        let found = *self.find(text).first()?;
        (found.span == Span::new(0, text.len()) && self.tag(found.id).kind != TagKind::Hole)
            .then_some(found.id)
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

    /// What is wrong with this tag by itself. A bare name is wrong unless a `for`
    /// makes it.
    #[must_use]
    pub fn refusals(&self, id: TagId) -> Vec<Problem> {
        let tag = self.tag(id);
        let unknown = tag
            .names
            .iter()
            .filter(|(name, _)| !self.tags.iter().any(|other| other.declares.contains(name)))
            .map(|(name, span)| (TagError::Name { name: name.clone() }, *span));
        tag.refusals
            .iter()
            .cloned()
            .chain(unknown)
            .map(|(error, span)| Problem::at(error, &tag.source, span))
            .collect()
    }

    /// The word that stands for `id`.
    #[must_use]
    pub fn sentinel(&self, id: TagId) -> String {
        format!("{}t{}z", self.stem, id.0)
    }

    /// Marks the sentinels in an address, so that their values are percent-encoded
    /// when the address stands in the text part, where no markup tells it apart.
    #[must_use]
    pub fn in_address(&self, href: &str) -> String {
        self.replace(href, |mask, found, out| {
            out.push_str(&mask.stem);
            out.push('u');
            out.push_str(&found.id.0.to_string());
            out.push('z');
        })
    }

    /// The default of a hole's `| default(value="…")`, which is what most readers
    /// without a value will see; used to guess how wide it will be.
    #[must_use]
    pub fn default_of(&self, id: TagId) -> Option<String> {
        self.tag(id).default.clone()
    }
}

/// Where a tag of an unescaped value really stands, if its text is the same there.
fn exact(source: &Source, text: &str, within: Span) -> Option<Span> {
    let raw = source.text().get(within.start..within.end)?;
    let at = within.start + raw.find(text)?;
    Some(Span::new(at, at + text.len()))
}

#[cfg(test)]
mod tests;
