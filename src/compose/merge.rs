//! The per-recipient program: literals encoded once, values made harmless and encoded
//! as they come.
//!
//! All parts become one template of the engine. Literals are finished
//! quoted-printable and do not pass it: their numbers stand in the template, and they
//! are put in when it has decided which of them a copy has. So a recipient costs as
//! much as the tags do, however long the mail is. Whatever a hole prints stands between
//! two marks, and nothing leaves from between them but escaped for the place the hole
//! stands in (see [`super::pieces`]) and encoded. A mail that needs no engine goes the
//! short way ([`super::direct`]).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tera::{Context as Scope, Map, Tera, Value};

use super::direct::Direct;
use super::filling::Filling;
use super::inert::{Unfit, inert};
use super::pieces::{Context, Piece};
use super::quoted;
use crate::problem::{Condition, Problem, Span};
use crate::tags::{Mask, TagError, TagId, TagKind};

/// What can go wrong with one copy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// No value and no default.
    #[error("{who} has no value for `{what}`{}", others(*.more))]
    Missing {
        /// The recipient.
        who: String,
        /// The tag.
        what: String,
        /// The field that has none.
        field: String,
        /// How many further recipients have none either.
        more: usize,
    },
    /// A value that is not an address, where one is needed.
    #[error("the value of `{what}` for {who} is not a web address")]
    NotAnAddress {
        /// The recipient.
        who: String,
        /// The tag.
        what: String,
    },
    /// A line end in a header.
    #[error("the value of `{what}` for {who} has a line end, which a header must not have")]
    LineEnd {
        /// The recipient.
        who: String,
        /// The tag.
        what: String,
    },
    /// Anything else the engine says.
    #[error("`{what}` cannot be worked out for {who}: {reason}")]
    Other {
        /// The recipient.
        who: String,
        /// The tag.
        what: String,
        /// The engine's words.
        reason: String,
    },
}

fn others(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => ", and neither has 1 more".to_owned(),
        more => format!(", and neither have {more} more"),
    }
}

impl Condition for MergeError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Missing { field, .. } => {
                format!(
                    "give a default: `{{{{ subscriber.{field} | default(value=\"…\") }}}}`, or fill the list"
                )
            }
            Self::NotAnAddress { .. } => {
                "addresses begin with http://, https:// or mailto:; mend the list".to_owned()
            }
            Self::LineEnd { .. } => "mend the list, or leave the tag out of the subject".to_owned(),
            Self::Other { .. } => "ask `{% if subscriber.… %}` first, or mend the list".to_owned(),
        })
    }

    fn rule(&self) -> Option<&'static str> {
        matches!(self, Self::Missing { .. }).then_some("placeholder-no-fallback")
    }
}

/// The parts of a mail, ready to be worked out for one recipient after the other.
#[derive(Debug, Clone)]
pub(super) struct Program {
    engine: Tera,
    /// Where each tag stands in the engine's template.
    tags: Vec<(Span, TagId)>,
    /// The holes by their numbers: the tag, and where its value stands.
    holes: Vec<(TagId, Context)>,
    /// The fields that tags name; of a wide list, the others are not looked at.
    fields: BTreeSet<String>,
    /// What is the same for everybody, in the order of the pieces.
    literals: Vec<Vec<u8>>,
    /// The way that needs no engine, for the parts that have one.
    direct: Direct,
}

/// What the engine decided for one recipient: values, and the numbers of literals.
#[derive(Debug, Clone)]
pub(super) struct Worked(String);

// What stands between the values in what the engine writes. No value holds one of
// them, because a scope has none ([`Program::scope`]) and a tag neither.

/// Before the number of a literal.
const LITERAL: char = '\u{1}';
/// After a number.
const NUMBER_END: char = '\u{2}';
/// Between two parts.
const NEXT_PART: char = '\u{3}';
/// Before the number of a hole; its value follows.
const HOLE: char = '\u{4}';
/// After a value.
const HOLE_END: char = '\u{5}';

/// The name of the engine's only template.
const TEMPLATE: &str = "mail";

impl Program {
    /// Compiles `parts`. All are one template, so that the values of a recipient are
    /// handed to the engine once.
    ///
    /// # Errors
    ///
    /// Names the tags the engine does not understand, each at its place.
    pub(super) fn compile(parts: &[&[Piece]], mask: &Mask) -> Result<Self, Vec<Problem>> {
        let mut text = String::new();
        let (mut tags, mut holes, mut literals) = (Vec::new(), Vec::new(), Vec::new());
        for (number, part) in parts.iter().enumerate() {
            if number > 0 {
                text.push(NEXT_PART);
            }
            for piece in *part {
                let start = text.len();
                match piece {
                    Piece::Literal(literal) => {
                        let _ = write!(text, "{LITERAL}{}{NUMBER_END}", literals.len());
                        let mut encoded = Vec::new();
                        quoted::encode(literal, &mut encoded);
                        literals.push(encoded);
                    }
                    Piece::Hole(id, context) => {
                        let inner = &mask.tag(*id).inner;
                        let _ = write!(text, "{HOLE}{}{NUMBER_END}{{{{ {inner} }}}}{HOLE_END}", holes.len());
                        holes.push((*id, *context));
                        tags.push((Span::new(start, text.len()), *id));
                    }
                    Piece::Control(id) => {
                        let _ = write!(text, "{{% {} %}}", mask.tag(*id).inner);
                        tags.push((Span::new(start, text.len()), *id));
                    }
                }
            }
        }
        let named = tags.iter().flat_map(|(_, id)| &mask.tag(*id).fields).map(|field| field.name.clone());
        let fields = named.collect();
        let direct = Direct::compile(parts, mask);
        let mut program = Self { engine: Tera::new(), tags, holes, fields, literals, direct };
        match program.engine.add_raw_template(TEMPLATE, &text) {
            Ok(()) => Ok(program),
            Err(error) => {
                let alone = unsound_alone(parts, mask, &program.engine);
                if alone.is_empty() { Err(vec![program.syntax(&error, mask)]) } else { Err(alone) }
            }
        }
    }

    /// About how many bytes all parts of one copy have, encoded; rather too many.
    pub(super) fn size_hint(&self) -> usize {
        /// Of a value, with the soft line break after it.
        const VALUE: usize = 64;
        self.literals.iter().map(Vec::len).sum::<usize>() + VALUE * self.tags.len()
    }

    /// Appends part number `part`, quoted-printable, without the engine. `None`, with
    /// `out` as it was, when this copy needs it: see [`Program::work_out`].
    pub(super) fn print_directly(&self, part: usize, values: Filling<'_>, out: &mut Vec<u8>) -> Option<()> {
        self.direct.print(part, &self.literals, values, out)
    }

    /// Works all parts out for one recipient.
    ///
    /// # Errors
    ///
    /// Names the tag that cannot be worked out for `who`, at its place.
    pub(super) fn work_out(
        &self,
        values: Filling<'_>,
        mask: &Mask,
        who: &dyn std::fmt::Display,
    ) -> Result<Worked, Problem> {
        let written = self.engine.render(TEMPLATE, &self.scope(values)).map_err(|error| {
            let (reason, span) = told(&error);
            let id = self.tag_at(span.start);
            let tag = mask.tag(id);
            let (who, what) = (who.to_string(), tag.inner.clone());
            let missing = tag.fields.iter().find(|field| values.get(&field.name).is_none());
            tag.problem(match missing {
                Some(field) => MergeError::Missing { who, what, field: field.name.clone(), more: 0 },
                None => MergeError::Other { who, what, reason },
            })
        })?;
        Ok(Worked(written))
    }

    /// Appends part number `part`, quoted-printable, with the literals in the places of
    /// their numbers and the values made harmless.
    ///
    /// # Errors
    ///
    /// Names the tag whose value for `who` cannot stand where it is, at its place.
    pub(super) fn print(
        &self,
        worked: &Worked,
        part: usize,
        mask: &Mask,
        who: &dyn std::fmt::Display,
        out: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        let mut rest = worked.0.split(NEXT_PART).nth(part).unwrap_or_default();
        // Between the marks stands only what a condition left: white space of the tags
        // themselves, of which there is none.
        while let Some((mark, after)) =
            rest.find([LITERAL, HOLE]).map(|at| rest.split_at(at)).and_then(|(_, marked)| {
                let mut letters = marked.chars();
                letters.next().map(|mark| (mark, letters.as_str()))
            })
        {
            let (number, after) = after.split_once(NUMBER_END).unwrap_or_default();
            let number = number.parse::<usize>().unwrap_or(usize::MAX);
            rest = after;
            if mark == LITERAL {
                out.extend_from_slice(self.literals.get(number).map_or(&[], Vec::as_slice));
                continue;
            }
            let Some((id, context)) = self.holes.get(number) else { continue };
            let (value, after) = after.split_once(HOLE_END).unwrap_or_default();
            rest = after;
            let value = inert(value, *context).map_err(|unfit| {
                let tag = mask.tag(*id);
                let (who, what) = (who.to_string(), tag.inner.clone());
                tag.problem(match unfit {
                    Unfit::NotAnAddress => MergeError::NotAnAddress { who, what },
                    Unfit::LineEnd => MergeError::LineEnd { who, what },
                })
            })?;
            quoted::encode(&value, out);
        }
        Ok(())
    }

    /// The values of one recipient as the engine sees them, without the characters our
    /// marks are made of.
    fn scope(&self, values: Filling<'_>) -> Scope {
        let fields: Map = self
            .fields
            .iter()
            .filter_map(|name| Some((name, values.get(name)?)))
            .map(|(name, value)| (name.clone().into(), Value::normal_string(&value.replace(is_mark, ""))))
            .collect();
        let mut scope = Scope::new();
        scope.insert_value("subscriber", Value::from(fields));
        scope
    }

    fn syntax(&self, error: &tera::Error, mask: &Mask) -> Problem {
        let (reason, span) = told(error);
        mask.tag(self.tag_at(span.start)).problem(TagError::Syntax(reason))
    }

    fn tag_at(&self, position: usize) -> TagId {
        let index = self.tags.partition_point(|(span, _)| span.start <= position).saturating_sub(1);
        self.tags[index].1
    }
}

/// The tags that the engine refuses even when each stands alone.
fn unsound_alone(parts: &[&[Piece]], mask: &Mask, engine: &Tera) -> Vec<Problem> {
    let mut found = Vec::new();
    for piece in parts.iter().copied().flatten() {
        let (Piece::Hole(id, _) | Piece::Control(id)) = piece else { continue };
        let tag = mask.tag(*id);
        let inner = &tag.inner;
        let text = match (tag.kind, inner.split_whitespace().next()) {
            (TagKind::Hole, _) => format!("{{{{ ({inner}) }}}}"),
            (TagKind::Open, Some("for")) => format!("{{% {inner} %}}{{% endfor %}}"),
            (TagKind::Open, _) => format!("{{% {inner} %}}{{% endif %}}"),
            (TagKind::Middle, _) => format!("{{% if true %}}{{% {inner} %}}{{% endif %}}"),
            (TagKind::Close, _) => continue,
        };
        let mut alone = Tera::new();
        alone.register_from(engine);
        if let Err(error) = alone.add_raw_template("tag", &text) {
            found.push(tag.problem(TagError::Syntax(told(&error).0)));
        }
    }
    found
}

/// The engine's message without its drawing, in our manner, and where it points.
fn told(error: &tera::Error) -> (String, Span) {
    let (message, span) = match error.kind() {
        tera::ErrorKind::SyntaxError(report) | tera::ErrorKind::RenderingError(report) => {
            (report.message().to_owned(), Span::from(report.span().range.clone()))
        }
        other => (other.to_string(), Span::default()),
    };
    // The engine names the types of its own language.
    let message = [
        ("`&[Value]`", "a list"),
        ("`string`", "text"),
        ("`undefined`", "nothing"),
        ("`f64`", "a number"),
        ("`i64`", "a number"),
    ]
    .iter()
    .fold(message, |message, (theirs, ours)| message.replace(theirs, ours));
    let line = message.lines().next().unwrap_or_default().trim_start_matches("error: ").trim_end_matches('.');
    let mut letters = line.chars();
    let message = letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect());
    (message, span)
}

/// Whether `value` holds none of our marks.
pub(super) fn is_unmarked(value: &str) -> bool {
    !value.contains(is_mark)
}

fn is_mark(c: char) -> bool {
    (LITERAL..=HOLE_END).contains(&c)
}
