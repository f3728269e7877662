//! The parts of a mail with holes in them, and one recipient's copy of them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Display;

use super::filling::{Filling, UNSUBSCRIBE_URL};
use super::frozen::Frozen;
use super::furniture::{self, Foot, FootError};
use super::merge::{Program, Worked};
use super::pictures::Embedded;
use super::pieces::{self, Context, Piece, PlacementError};
use super::quoted;
use crate::audience::Values;
use crate::problem::{Condition, Problem, did_you_mean};
use crate::tags::{FieldUse, Mask, Simple, TagId, TagKind};

/// A field that the list does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the list has no column `{name}`")]
pub struct UnknownField {
    /// As written after `subscriber.`.
    pub name: String,
    nearest: Option<String>,
    columns: Vec<String>,
}

impl Condition for UnknownField {
    fn hint(&self) -> Option<String> {
        Some(match &self.nearest {
            Some(nearest) => format!("did you mean `subscriber.{nearest}`?"),
            None => format!("its columns are {}", self.columns.join(", ")),
        })
    }
}

/// Most problems that are told; finding the place of each takes time in proportion to
/// the article.
const MOST_TOLD: usize = 100;

/// Finished parts, which may hold sentinels.
pub(super) struct Parts<'a> {
    pub(super) subject: &'a str,
    pub(super) preheader: Option<&'a str>,
    pub(super) text: &'a str,
    pub(super) html: &'a str,
    pub(super) mjml: &'a str,
}

/// The parts of a mail, set: the same for every recipient but for the holes.
#[derive(Debug, Clone)]
pub struct Composed {
    mask: Mask,
    program: Program,
    has_preheader: bool,
    /// Whether every copy shows the link to leave by: in HTML, in text.
    shows_link: (bool, bool),
    foot: Foot,
    used: Vec<TagId>,
    frozen: Frozen,
    mjml: String,
}

impl Composed {
    /// Cuts finished parts, which may hold sentinels of `mask`, and compiles them.
    pub(super) fn press(mask: Mask, parts: &Parts<'_>) -> Result<Self, Vec<Problem>> {
        let mut found = Vec::new();
        let subject = pieces::of_plain(parts.subject, &mask, Context::Header, &mut found);
        let preheader = parts.preheader.map(|line| pieces::of_plain(line, &mask, Context::Plain, &mut found));
        let text_pieces = pieces::of_plain(parts.text, &mask, Context::Plain, &mut found);
        let html_pieces = pieces::of_html(parts.html, &mask, &mut found);
        found.extend(lost(parts, &mask));
        let all = subject.iter().chain(preheader.iter().flatten()).chain(&text_pieces).chain(&html_pieces);
        let mut used: Vec<TagId> = all
            .filter_map(|piece| match piece {
                Piece::Hole(id, _) | Piece::Control(id) => Some(*id),
                Piece::Literal(_) => None,
            })
            .collect();
        used.sort_unstable();
        used.dedup();
        found.extend(used.iter().flat_map(|id| mask.refusals(*id)).take(MOST_TOLD));
        if !found.is_empty() {
            return Err(once_each(found));
        }
        let shows_link = (
            shows_link(&html_pieces, &mask, Context::HtmlAddress),
            shows_link(&text_pieces, &mask, Context::PlainAddress),
        );
        let has_preheader = preheader.is_some();
        let preheader = preheader.unwrap_or_default();
        let program = Program::compile(&[&subject, &preheader, &text_pieces, &html_pieces], &mask)
            .map_err(once_each)?;
        let mjml = mask.restore(parts.mjml);
        let frozen = Frozen {
            stem: mask.stem().to_owned(),
            tags: mask.tags().iter().map(|tag| tag.text.clone()).collect(),
            subject: parts.subject.to_owned(),
            preheader: parts.preheader.map(str::to_owned),
            text: parts.text.to_owned(),
            html: parts.html.to_owned(),
            mjml: parts.mjml.to_owned(),
            pictures: Vec::new(),
        };
        Ok(Self { mask, program, has_preheader, shows_link, foot: Foot::default(), used, frozen, mjml })
    }

    /// The merge tags of all parts.
    #[must_use]
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// The subject with a sentinel for each merge tag.
    #[must_use]
    pub fn masked_subject(&self) -> &str {
        &self.frozen.subject
    }

    /// The line after the subject with a sentinel for each merge tag.
    #[must_use]
    pub fn masked_preheader(&self) -> Option<&str> {
        self.frozen.preheader.as_deref()
    }

    /// The HTML part with a sentinel for each merge tag.
    #[must_use]
    pub fn masked_html(&self) -> &str {
        &self.frozen.html
    }

    /// The text part with a sentinel for each merge tag.
    #[must_use]
    pub fn masked_text(&self) -> &str {
        &self.frozen.text
    }

    /// The MJML the HTML was made from, with merge tags as typed.
    #[must_use]
    pub fn mjml(&self) -> &str {
        &self.mjml
    }

    /// The subject with its merge tags as typed.
    #[must_use]
    pub fn subject(&self) -> String {
        self.mask.restore(&self.frozen.subject)
    }

    /// The same, which was set for a newsletter that readers can leave or not, and whose
    /// postal address, if it has one, is shown in HTML and in text or not.
    pub(super) fn with_foot(mut self, can_leave: bool, address: Option<(bool, bool)>) -> Self {
        self.foot = Foot { link: can_leave.then_some(self.shows_link), address };
        self
    }

    /// The same with pictures that every copy carries.
    pub(super) fn carrying(mut self, pictures: Vec<Embedded>) -> Self {
        self.frozen.pictures = pictures;
        self
    }

    /// The pictures that every copy carries.
    #[must_use]
    pub fn embedded(&self) -> &[Embedded] {
        &self.frozen.pictures
    }

    /// What of the foot of a mail to a list is missing: the link to leave by and the
    /// postal address, in both parts. A mail that was thawed is not asked this again.
    #[must_use]
    pub fn foot_flaws(&self) -> Vec<Problem> {
        self.foot.flaws()
    }

    /// The mail as data, from which it can be made again.
    #[must_use]
    pub fn freeze(&self) -> &Frozen {
        &self.frozen
    }

    /// The fields of the subscriber that some copy may read, with their places.
    pub fn fields(&self) -> impl Iterator<Item = &FieldUse> {
        self.used.iter().flat_map(|id| &self.mask.tag(*id).fields)
    }

    /// Checks every field by name against the columns of a list.
    ///
    /// Rendering would not find a misspelt field: with a default it prints the
    /// default for everybody, and a condition on it is never true.
    #[must_use]
    pub fn check_fields(&self, columns: &[String]) -> Vec<Problem> {
        let mut found = Vec::new();
        for tag in self.used.iter().map(|id| self.mask.tag(*id)) {
            let unknown = |field: &&FieldUse| field.name != UNSUBSCRIBE_URL && !columns.contains(&field.name);
            for field in tag.fields.iter().filter(unknown) {
                let nearest =
                    did_you_mean(&field.name, columns.iter().map(String::as_str)).map(str::to_owned);
                let condition = UnknownField { name: field.name.clone(), nearest, columns: columns.to_vec() };
                found.push(Problem::at(condition, &tag.source, field.span));
                if found.len() == MOST_TOLD {
                    return once_each(found);
                }
            }
        }
        once_each(found)
    }

    /// Every place where an author put the link to leave by, though there is none.
    pub(super) fn linkless(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        for tag in self.used.iter().map(|id| self.mask.tag(*id)) {
            let fields = tag.fields.iter().filter(|field| field.name == UNSUBSCRIBE_URL);
            found.extend(fields.map(|field| Problem::at(FootError::NoWayOut, &tag.source, field.span)));
        }
        once_each(found)
    }

    /// About how many bytes the encoded parts of one copy have; rather too many.
    #[must_use]
    pub fn encoded_size_hint(&self) -> usize {
        self.program.size_hint()
    }

    /// The copy for one recipient; `who` names them in problems.
    pub fn copy<'a>(&'a self, values: &'a Values, who: &'a dyn Display) -> Copy<'a> {
        Copy { composed: self, values, link: None, who, worked: OnceCell::new() }
    }
}

/// Whether the link to leave by stands in a part for everybody: as an address, and within
/// no condition.
fn shows_link(part: &[Piece], mask: &Mask, place: Context) -> bool {
    let mut depth = 0_usize;
    let mut before = String::new();
    part.iter().any(|piece| match piece {
        Piece::Literal(text) => {
            before.push_str(text);
            false
        }
        Piece::Hole(id, context) => {
            let is_link = || {
                let field = UNSUBSCRIBE_URL.to_owned();
                mask.tag(*id).simple == Some(Simple::Value { field, default: None })
            };
            let leads = || *context != Context::HtmlAddress || furniture::leads_somewhere(&before);
            depth == 0 && *context == place && is_link() && leads()
        }
        Piece::Control(id) => {
            match mask.tag(*id).kind {
                TagKind::Open => depth += 1,
                TagKind::Close => depth = depth.saturating_sub(1),
                TagKind::Middle | TagKind::Hole => {}
            }
            false
        }
    })
}

/// The merge tags that stand less often in the finished HTML than in what it was
/// made from.
fn lost(parts: &Parts<'_>, mask: &Mask) -> Vec<Problem> {
    let mut times = BTreeMap::<TagId, (usize, usize)>::new();
    for mark in mask.find(parts.mjml) {
        times.entry(mark.id).or_default().0 += 1;
    }
    for mark in mask.find(parts.html) {
        times.entry(mark.id).or_default().1 += 1;
    }
    times
        .into_iter()
        .filter(|(_, (before, after))| after < before)
        .map(|(id, (before, after))| mask.tag(id).problem(PlacementError::Lost { before, after }))
        .collect()
}

/// Problems of the same text at the same place are one problem, and nobody reads more
/// than the first hundred.
fn once_each(found: Vec<Problem>) -> Vec<Problem> {
    let mut told = HashSet::new();
    let place = |problem: &Problem| problem.place.as_ref().map(ToString::to_string);
    found.into_iter().filter(|one| told.insert((place(one), one.message()))).take(MOST_TOLD).collect()
}

/// What one recipient gets.
pub struct Copy<'a> {
    composed: &'a Composed,
    values: &'a Values,
    link: Option<String>,
    who: &'a dyn Display,
    /// What the engine decided, if it was asked: once for all parts.
    worked: OnceCell<Result<Worked, Problem>>,
}

// The order of the parts in the program.
const SUBJECT: usize = 0;
const PREHEADER: usize = 1;
const TEXT: usize = 2;
const HTML: usize = 3;

impl Copy<'_> {
    /// The same with the link its reader leaves by.
    #[must_use]
    pub fn leaving_by(mut self, link: Option<String>) -> Self {
        self.link = link;
        self
    }

    /// The subject, not yet encoded; it has no line end.
    ///
    /// # Errors
    ///
    /// Names the tag that cannot be worked out for this recipient.
    pub fn subject(&self) -> Result<String, Problem> {
        self.decoded(SUBJECT)
    }

    /// The line an inbox shows after the subject.
    ///
    /// # Errors
    ///
    /// As [`Copy::subject`].
    pub fn preheader(&self) -> Result<Option<String>, Problem> {
        self.composed.has_preheader.then(|| self.decoded(PREHEADER)).transpose()
    }

    /// The HTML part as text.
    ///
    /// # Errors
    ///
    /// As [`Copy::subject`].
    pub fn html(&self) -> Result<String, Problem> {
        self.decoded(HTML)
    }

    /// The text part as text.
    ///
    /// # Errors
    ///
    /// As [`Copy::subject`].
    pub fn text(&self) -> Result<String, Problem> {
        self.decoded(TEXT)
    }

    /// Appends the HTML part in quoted-printable: ASCII, CRLF, lines of at most 76,
    /// none beginning with a dot, ending with a line end.
    ///
    /// # Errors
    ///
    /// As [`Copy::subject`]; `out` is then of no use.
    pub fn print_html(&self, out: &mut Vec<u8>) -> Result<(), Problem> {
        self.print(HTML, out)
    }

    /// Appends the text part in quoted-printable, as [`Copy::print_html`] does.
    ///
    /// # Errors
    ///
    /// As [`Copy::subject`]; `out` is then of no use.
    pub fn print_text(&self, out: &mut Vec<u8>) -> Result<(), Problem> {
        self.print(TEXT, out)
    }

    fn decoded(&self, part: usize) -> Result<String, Problem> {
        let mut out = Vec::new();
        self.print(part, &mut out)?;
        Ok(quoted::decode(&out))
    }

    fn print(&self, part: usize, out: &mut Vec<u8>) -> Result<(), Problem> {
        let Composed { program, mask, .. } = self.composed;
        let filling = Filling { values: self.values, link: self.link.as_deref() };
        if program.print_directly(part, filling, out).is_some() {
            return Ok(());
        }
        let worked = self.worked.get_or_init(|| program.work_out(filling, mask, self.who));
        program.print(worked.as_ref().map_err(Problem::clone)?, part, mask, self.who, out)
    }
}
