//! Named values with their places: how front matter and `newsletter.toml` are read.
//!
//! Each getter takes its key out and notes a problem when the value is of the wrong
//! kind; [`Fields::finish`] refuses what nobody asked for, with a "did you mean".
//! So everything wrong in a file is told at once.

mod notation;
mod yaml;

pub use notation::Notation;

use crate::problem::{Condition, Problem, Source, Span, did_you_mean};

/// What can be wrong with a set of named values.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// The text is not what its format allows.
    #[error("{format} does not parse: {reason}")]
    Syntax {
        /// `TOML` or `YAML`.
        format: &'static str,
        /// The parser's words.
        reason: String,
        /// What mends it, when that is known.
        remedy: Option<&'static str>,
    },
    /// A key nobody knows.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// As written.
        key: String,
        /// The nearest known key.
        nearest: Option<String>,
        /// All known keys.
        known: Vec<String>,
    },
    /// A key that is written twice.
    #[error("`{0}` is given twice")]
    Twice(String),
    /// A value of another kind.
    #[error("expected {expected} for `{key}`, found {found}")]
    WrongKind {
        /// The key.
        key: String,
        /// What belongs there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A character in a value that steers machines and that nobody sees.
    #[error("`{key}` holds a control character, U+{:04X}", u32::from(*character))]
    Control {
        /// The key.
        key: String,
        /// The character.
        character: char,
    },
    /// A key without which nothing works.
    #[error("`{0}` is missing")]
    Missing(String),
}

impl Condition for FieldError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            Self::UnknownKey { known, .. } => Some(format!("known keys are {}", known.join(", "))),
            Self::Syntax { remedy, .. } => remedy.map(str::to_owned),
            Self::Control { .. } => {
                Some("type it again; it was copied with something nobody sees".to_owned())
            }
            // A number is text in quotes, and so is what begins with a bracket.
            Self::WrongKind { expected, .. } if expected == TEXT => Some(yaml::QUOTE.to_owned()),
            _ => None,
        }
    }
}

/// What a value of words is called in messages.
const TEXT: &str = "text";

/// A value as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// Text; dates too, as written.
    Text(String),
    /// A number without fraction.
    Integer(i64),
    /// Yes or no.
    Bool(bool),
    /// A list.
    List(Vec<(FieldValue, Span)>),
    /// A table of its own.
    Table(Vec<Field>),
    /// Anything else, named for messages.
    Other(&'static str),
}

impl FieldValue {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => TEXT,
            Self::Integer(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(name) => name,
        }
    }
}

/// A key, its value, and where both stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: FieldValue,
    /// Where the value stands, quotes included.
    pub span: Span,
}

/// Most mistakes of form that are told: beyond the first few, a parser stumbles over
/// its own guesses.
const MOST_SYNTAX: usize = 3;

/// The fields of one table, taken out one by one.
#[derive(Debug)]
pub struct Fields {
    source: Source,
    prefix: String,
    left: Vec<Field>,
    known: Vec<String>,
    given: Vec<String>,
    found: Vec<Problem>,
}

impl Fields {
    /// Reads the TOML in `text`, which is the part of `source` that begins at byte
    /// `offset`. What is not TOML is among the problems of [`Fields::finish`].
    #[must_use]
    pub fn toml(source: &Source, text: &str, offset: usize) -> Self {
        let (table, errors) = toml::de::DeTable::parse_recoverable(text);
        let found: Vec<Problem> = errors
            .into_iter()
            .take(MOST_SYNTAX)
            .map(|error| {
                let reason = error.message().to_owned();
                let span = error.span().map_or_else(Span::default, Span::from).shifted(offset);
                Problem::at(FieldError::Syntax { format: "TOML", reason, remedy: None }, source, span)
            })
            .collect();
        // The keys that could be read are checked all the same, so that everything
        // wrong is told at once.
        let mut fields = Self::new(source, "", toml_table(table.get_ref(), offset));
        fields.found.extend(found);
        fields
    }

    /// Reads the YAML in `text`, which is the part of `source` that begins at byte
    /// `offset`. What is wrong with it as YAML is among the problems of
    /// [`Fields::finish`], names that are given twice too.
    #[must_use]
    pub fn yaml(source: &Source, text: &str, offset: usize) -> Self {
        match yaml::read(source, text, offset) {
            Ok(fields) => Self::new(source, "", fields),
            Err(problems) => {
                let mut fields = Self::new(source, "", Vec::new());
                fields.found.extend(problems);
                fields
            }
        }
    }

    /// Wraps fields that were read elsewhere; `prefix` stands before the keys in
    /// messages (`relay.`).
    #[must_use]
    pub fn new(source: &Source, prefix: &str, fields: Vec<Field>) -> Self {
        let mut found = Vec::new();
        for (index, field) in fields.iter().enumerate() {
            if fields[..index].iter().any(|earlier| earlier.key == field.key) {
                found.push(Problem::at(FieldError::Twice(field.key.clone()), source, field.key_span));
            }
        }
        Self {
            source: source.clone(),
            prefix: prefix.to_owned(),
            left: fields,
            known: Vec::new(),
            given: Vec::new(),
            found,
        }
    }

    /// Takes a key out as it is.
    pub fn take(&mut self, key: &str) -> Option<Field> {
        self.known.push(key.to_owned());
        let at = self.left.iter().position(|field| field.key == key)?;
        self.given.push(key.to_owned());
        Some(self.left.remove(at))
    }

    /// Takes a text out; a wrong kind and control characters are noted.
    pub fn text(&mut self, key: &str) -> Option<(String, Span)> {
        let (text, span) = self.typed(key, TEXT, |value| match value {
            FieldValue::Text(text) => Some(text.clone()),
            _ => None,
        })?;
        self.is_sound(key, &text, span).then_some((text, span))
    }

    /// Takes true or false out; a wrong kind is noted.
    pub fn bool(&mut self, key: &str) -> Option<(bool, Span)> {
        self.typed(key, "true or false", |value| match value {
            FieldValue::Bool(value) => Some(*value),
            _ => None,
        })
    }

    /// Takes a number out; a wrong kind is noted.
    pub fn integer(&mut self, key: &str) -> Option<(i64, Span)> {
        self.typed(key, "a number", |value| match value {
            FieldValue::Integer(value) => Some(*value),
            _ => None,
        })
    }

    /// Takes a list of texts out; a single text is a list of one.
    pub fn texts(&mut self, key: &str) -> Vec<(String, Span)> {
        let Some(field) = self.take(key) else { return Vec::new() };
        let items = match field.value {
            FieldValue::List(items) => items,
            other => vec![(other, field.span)],
        };
        let mut texts = Vec::new();
        for (value, span) in items {
            match value {
                FieldValue::Text(text) if self.is_sound(key, &text, span) => texts.push((text, span)),
                FieldValue::Text(_) => {}
                other => self.wrong(key, "a list of texts", &other, span),
            }
        }
        texts
    }

    /// Takes a table out to be read by getters of its own.
    pub fn table(&mut self, key: &str) -> Option<Fields> {
        let fields = self.typed(key, "a table", |value| match value {
            FieldValue::Table(fields) => Some(fields.clone()),
            _ => None,
        })?;
        Some(Self::new(&self.source, &format!("{}{key}.", self.prefix), fields.0))
    }

    /// Takes out what stands under a key that is no key of ours, without making it one.
    pub fn pass_over(&mut self, key: &str) -> Option<Field> {
        let at = self.left.iter().position(|field| field.key == key)?;
        Some(self.left.remove(at))
    }

    /// The keys nobody took out yet, in the order of the file.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.left.iter().map(|field| field.key.clone()).collect()
    }

    /// Takes a list of tables out, each to be read by getters of its own; what is no
    /// table is noted.
    pub fn list_of_tables(&mut self, key: &str) -> Vec<(Fields, Span)> {
        let Some(field) = self.take(key) else { return Vec::new() };
        let FieldValue::List(items) = field.value else {
            self.wrong(key, "a list of tables", &field.value, field.span);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (value, span) in items {
            match value {
                FieldValue::Table(fields) => {
                    tables.push((Self::new(&self.source, &format!("{}{key}.", self.prefix), fields), span));
                }
                other => self.wrong(key, "a table", &other, span),
            }
        }
        tables
    }

    /// Where the value of a key stands that was not taken out yet.
    #[must_use]
    pub fn span_of(&self, key: &str) -> Option<Span> {
        self.left.iter().find(|field| field.key == key).map(|field| field.span)
    }

    /// Takes everything that is left out, each to be a table of a name that the person
    /// chose; what is none is noted.
    pub fn tables(&mut self) -> Vec<(String, Span, Fields)> {
        let keys: Vec<(String, Span)> =
            self.left.iter().map(|field| (field.key.clone(), field.key_span)).collect();
        let table = |(key, span): (String, Span)| self.table(&key).map(|table| (key, span, table));
        keys.into_iter().filter_map(table).collect()
    }

    /// Whether somebody wrote this key and a getter took it, even if its value was
    /// refused; and whether they may have, in a text that does not parse.
    #[must_use]
    pub fn was_given(&self, key: &str) -> bool {
        let broken =
            self.found.iter().any(|problem| matches!(problem.condition(), Some(FieldError::Syntax { .. })));
        broken || self.given.iter().any(|given| given == key)
    }

    /// Notes a problem of the caller's own at `span`.
    pub fn refuse(&mut self, condition: impl Condition, span: Span) {
        self.found.push(Problem::at(condition, &self.source, span));
    }

    /// What was wrong: everything noted, and every key nobody asked for.
    #[must_use]
    pub fn finish(mut self) -> Vec<Problem> {
        for field in &self.left {
            let nearest = did_you_mean(&field.key, self.known.iter().map(String::as_str)).map(str::to_owned);
            let key = format!("{}{}", self.prefix, field.key);
            let condition = FieldError::UnknownKey { key, nearest, known: self.known.clone() };
            self.found.push(Problem::at(condition, &self.source, field.key_span));
        }
        self.found.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
        self.found
    }

    /// Whether a text holds no control characters but those that lay it out.
    fn is_sound(&mut self, key: &str, text: &str, span: Span) -> bool {
        let control = text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'));
        if let Some(character) = control {
            let key = format!("{}{key}", self.prefix);
            self.refuse(FieldError::Control { key, character }, span);
        }
        control.is_none()
    }

    fn typed<T>(
        &mut self,
        key: &str,
        expected: &str,
        read: impl Fn(&FieldValue) -> Option<T>,
    ) -> Option<(T, Span)> {
        let field = self.take(key)?;
        let value = read(&field.value);
        if value.is_none() {
            self.wrong(key, expected, &field.value, field.span);
        }
        value.map(|value| (value, field.span))
    }

    fn wrong(&mut self, key: &str, expected: &str, found: &FieldValue, span: Span) {
        let condition = FieldError::WrongKind {
            key: format!("{}{key}", self.prefix),
            expected: expected.to_owned(),
            found: found.kind().to_owned(),
        };
        self.refuse(condition, span);
    }
}

fn toml_table(table: &toml::de::DeTable<'_>, offset: usize) -> Vec<Field> {
    let mut fields: Vec<Field> = table
        .iter()
        .map(|(key, value)| Field {
            key: key.get_ref().to_string(),
            key_span: Span::from(key.span()).shifted(offset),
            value: toml_value(value.get_ref(), offset),
            span: Span::from(value.span()).shifted(offset),
        })
        .collect();
    fields.sort_by_key(|field| field.key_span.start);
    fields
}

fn toml_value(value: &toml::de::DeValue<'_>, offset: usize) -> FieldValue {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) => FieldValue::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(FieldValue::Other("a number that is too large"), FieldValue::Integer),
        DeValue::Boolean(value) => FieldValue::Bool(*value),
        DeValue::Datetime(date) => FieldValue::Text(date.to_string()),
        DeValue::Array(items) => FieldValue::List(
            items
                .iter()
                .map(|item| (toml_value(item.get_ref(), offset), Span::from(item.span()).shifted(offset)))
                .collect(),
        ),
        DeValue::Table(table) => FieldValue::Table(toml_table(table, offset)),
        DeValue::Float(_) => FieldValue::Other("a number with a fraction"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_unknown_keys_are_told_at_once_with_the_nearest_known_one() {
        let source = Source::new("a.md", "sujbect = 'x'\nfoo = 1\ntitle = 3\n");
        let mut fields = Fields::toml(&source, source.text(), 0);
        assert_eq!(fields.text("subject"), None);
        assert_eq!(fields.text("title"), None);
        let found = fields.finish();
        let told: Vec<_> = found.iter().map(|problem| (problem.message(), problem.hint())).collect();
        assert_eq!(told[0], ("unknown key `sujbect`".into(), Some("did you mean `subject`?".into())));
        assert_eq!(told[1].0, "unknown key `foo`");
        assert_eq!(told[2].0, "expected text for `title`, found a number");
        assert_eq!(found[2].place.as_ref().unwrap().line, 3);
    }

    #[test]
    fn broken_toml_is_told_with_its_place_in_the_whole_file() {
        let source = Source::new("a.md", "+++\ntitle = \n+++\n");
        let problems = Fields::toml(&source, "title = \n", 4).finish();
        assert_eq!(problems[0].place.as_ref().unwrap().line, 2);
    }
}
