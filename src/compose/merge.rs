//! The per-recipient program: literals encoded once, values made harmless and encoded
//! as they come.
//!
//! Each part becomes one template of the engine, in which each hole ends in a filter
//! of our own that escapes the value for the place it stands in and writes it as
//! quoted-printable; see [`super::pieces`] for the places. Literals are finished
//! quoted-printable and do not pass the engine: their numbers stand in the template,
//! and they are put in when it has decided which of them a copy has. So a recipient
//! costs as much as the tags do, however long the mail is.

use std::fmt::Write as _;

use tera::{Context as Scope, Kwargs, State, Tera, TeraResult, Value};

use super::pieces::{Context, Piece};
use super::quoted;
use crate::audience::Values;
use crate::problem::{Condition, Problem, Span};
use crate::tags::{Mask, TagError, TagId, TagKind};

/// What can go wrong with one copy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// No value and no default.
    #[error("{who} has no value for `{what}`")]
    Missing {
        /// The recipient.
        who: String,
        /// The tag.
        what: String,
        /// The field that has none.
        field: String,
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
}

// What our filters say to us through the engine's error; never shown.
const MISSING: &str = "letterpress:missing";
const NOT_AN_ADDRESS: &str = "letterpress:address";
const LINE_END: &str = "letterpress:line-end";

/// A part that can be printed for each recipient.
#[derive(Debug, Clone)]
pub(super) struct Program {
    name: &'static str,
    /// Where each tag stands in the engine's template.
    tags: Vec<(Span, TagId)>,
    /// What is the same for everybody, in the order of the pieces.
    literals: Vec<Vec<u8>>,
}

/// Stand before and after the number of a literal in what the engine writes; no
/// quoted-printable holds them.
const NUMBER: (u8, u8) = (1, 2);

impl Program {
    /// Compiles `pieces` under `name` into `engine`.
    ///
    /// # Errors
    ///
    /// Names the tags the engine does not understand, each at its place.
    pub(super) fn compile(
        name: &'static str,
        pieces: &[Piece],
        mask: &Mask,
        engine: &mut Tera,
    ) -> Result<Self, Vec<Problem>> {
        let mut text = String::new();
        let (mut tags, mut literals) = (Vec::new(), Vec::new());
        for piece in pieces {
            let start = text.len();
            match piece {
                Piece::Literal(literal) => {
                    let _ =
                        write!(text, "{}{}{}", char::from(NUMBER.0), literals.len(), char::from(NUMBER.1));
                    let mut encoded = Vec::new();
                    quoted::encode(literal, &mut encoded);
                    literals.push(encoded);
                }
                Piece::Hole(id, context) => {
                    let filter = filter_of(*context);
                    let _ = write!(text, "{{{{ ({}) | {filter} }}}}", mask.tag(*id).inner);
                    tags.push((Span::new(start, text.len()), *id));
                }
                Piece::Control(id) => {
                    let _ = write!(text, "{{% {} %}}", mask.tag(*id).inner);
                    tags.push((Span::new(start, text.len()), *id));
                }
            }
        }
        let program = Self { name, tags, literals };
        if program.tags.is_empty() {
            return Ok(program);
        }
        match engine.add_raw_template(name, &text) {
            Ok(()) => Ok(program),
            Err(error) => {
                let alone = unsound_alone(pieces, mask, engine);
                if alone.is_empty() { Err(vec![program.syntax(&error, mask)]) } else { Err(alone) }
            }
        }
    }

    /// Appends this part for one recipient, quoted-printable.
    ///
    /// # Errors
    ///
    /// Names the tag that cannot be worked out for `who`, at its place.
    pub(super) fn print(
        &self,
        engine: &Tera,
        values: &Values,
        mask: &Mask,
        who: &dyn std::fmt::Display,
        out: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        if self.tags.is_empty() {
            self.literals.iter().for_each(|literal| out.extend_from_slice(literal));
            return Ok(());
        }
        let mut written = Vec::with_capacity(1024);
        engine.render_to(self.name, &scope(values), &mut written).map_err(|error| {
            let (reason, span) = told(&error);
            let id = self.tag_at(span.start);
            let tag = mask.tag(id);
            let (who, what) = (who.to_string(), tag.inner.clone());
            let missing = tag.fields.iter().find(|field| !values.contains_key(&field.name));
            if let Some(field) = missing.filter(|_| !matches!(reason.as_str(), NOT_AN_ADDRESS | LINE_END)) {
                return tag.problem(MergeError::Missing { who, what, field: field.name.clone() });
            }
            tag.problem(match reason.as_str() {
                MISSING => MergeError::Missing { who, field: what.clone(), what },
                NOT_AN_ADDRESS => MergeError::NotAnAddress { who, what },
                LINE_END => MergeError::LineEnd { who, what },
                _ => MergeError::Other { who, what, reason },
            })
        })?;
        self.put_literals(&written, out);
        Ok(())
    }

    /// Appends what the engine wrote, with the literals in the places of their numbers.
    fn put_literals(&self, mut written: &[u8], out: &mut Vec<u8>) {
        while let Some(at) = written.iter().position(|byte| *byte == NUMBER.0) {
            out.extend_from_slice(&written[..at]);
            let mut number = 0;
            let mut rest = written[at + 1..].iter();
            for digit in rest.by_ref().take_while(|byte| **byte != NUMBER.1) {
                number = number * 10 + usize::from(digit.wrapping_sub(b'0') % 10);
            }
            out.extend_from_slice(self.literals.get(number).map_or(&[], Vec::as_slice));
            written = rest.as_slice();
        }
        out.extend_from_slice(written);
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
fn unsound_alone(pieces: &[Piece], mask: &Mask, engine: &Tera) -> Vec<Problem> {
    let mut found = Vec::new();
    for piece in pieces {
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

/// The values of one recipient as the engine sees them.
fn scope(values: &Values) -> Scope {
    let mut scope = Scope::new();
    scope.insert("subscriber", values);
    scope
}

/// An engine with our filters and nothing that reaches beyond a copy.
pub(super) fn engine() -> Tera {
    let mut engine = Tera::new();
    for context in [
        Context::Html,
        Context::HtmlAddress,
        Context::AddressPart,
        Context::Plain,
        Context::PlainAddress,
        Context::Header,
    ] {
        engine.register_filter(
            filter_of(context),
            move |value: Value, _: Kwargs, _: &State| -> TeraResult<Value> {
                let text = inert(&value, context).map_err(tera::Error::message)?;
                let mut encoded = Vec::with_capacity(text.len() + 8);
                quoted::encode(&text, &mut encoded);
                let encoded = String::from_utf8(encoded).expect("quoted-printable is ASCII");
                Ok(Value::safe_string(&encoded))
            },
        );
    }
    engine
}

fn filter_of(context: Context) -> &'static str {
    match context {
        Context::Html => "letterpress_html",
        Context::HtmlAddress => "letterpress_html_address",
        Context::AddressPart => "letterpress_address_part",
        Context::Plain => "letterpress_plain",
        Context::PlainAddress => "letterpress_plain_address",
        Context::Header => "letterpress_header",
    }
}

/// A value as text that means nothing but itself in `context`.
fn inert(value: &Value, context: Context) -> Result<String, &'static str> {
    if value.is_undefined() || value.is_none() {
        return Err(MISSING);
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match context {
        Context::Header if text.contains(['\r', '\n']) => Err(LINE_END),
        Context::Header | Context::Plain => Ok(visible(&text)),
        Context::Html => Ok(escape(visible(&text))),
        // As a step of a path, dots lead somewhere else (RFC 3986 §5.2.4).
        Context::AddressPart if matches!(text.as_ref(), "." | "..") => Err(NOT_AN_ADDRESS),
        Context::AddressPart => Ok(percent(&text)),
        Context::HtmlAddress => address(&text).map(escape).ok_or(NOT_AN_ADDRESS),
        Context::PlainAddress => address(&text).map(str::to_owned).ok_or(NOT_AN_ADDRESS),
    }
}

/// Drops what cannot be seen but changes what is: controls, and the marks that turn
/// the direction of the text around them (UAX #9, §2). Line ends become spaces.
fn visible(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
            '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{061C}'
            | '\u{FEFF}' => None,
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect()
}

fn escape(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Percent-encodes all but the unreserved characters of RFC 3986 §2.3.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `text` if it is an address a mail may lead to.
fn address(text: &str) -> Option<&str> {
    let text = text.trim();
    let scheme = text.split_once(':')?.0.to_ascii_lowercase();
    let clean = !text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\' | '`'))
        && visible(text) == text;
    (clean && matches!(scheme.as_str(), "http" | "https" | "mailto")).then_some(text)
}
