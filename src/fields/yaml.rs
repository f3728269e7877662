//! Reads YAML into fields.
//!
//! The parser counts characters where we count bytes, and stops at the first key that is
//! given twice; both are mended here.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, ScanError, YamlData};

use super::{Field, FieldError, FieldValue};
use crate::problem::{Problem, Problems, Source, Span};

/// Longest run of indentation and markers a line may begin with. Each level of a block
/// takes at least one column, so this bounds how deep a tree can grow.
const DEEPEST: usize = 128;

/// Most repeated keys that are told, since each costs a parse.
const MOST_REPEATED: usize = 10;

/// What mends most mistakes in YAML.
pub(super) const QUOTE: &str = "put the value in quotes";

/// Most lines above the parser's place in which the value that broke it is sought.
const REACH: usize = 16;

pub(super) fn read(source: &Source, text: &str, offset: usize) -> Result<Vec<Field>, Problems> {
    if let Some(at) = too_deep(text) {
        let reason = "it is nested too deeply".to_owned();
        return Err(syntax(source, reason, None, Span::new(at, at + 1).shifted(offset)).into());
    }
    let mut found = Vec::new();
    let mut text = text.to_owned();
    let documents = loop {
        match MarkedYaml::load_from_str(&text) {
            Ok(documents) => break documents,
            Err(error) => match repeated(&text, &error) {
                Some(line) if found.len() < MOST_REPEATED => {
                    let key = key_of(&text[line.start..line.end]).to_owned();
                    let span = Span::new(line.start, line.start + key.len()).shifted(offset);
                    found.push(Problem::at(FieldError::Twice(key), source, span));
                    // What follows keeps its place when the line becomes a comment.
                    text.replace_range(line.start..line.end, &"#".repeat(line.end - line.start));
                }
                _ => {
                    let at = byte_of(&text, error.marker().index());
                    let span = culprit(&text, at).unwrap_or(Span::new(at, at + 1)).shifted(offset);
                    found.push(syntax(source, error.info().to_owned(), Some(QUOTE), span));
                    break Vec::new();
                }
            },
        }
    };
    Problems::check((), found)?;
    let bytes = Bytes::of(&text, offset);
    match documents.first() {
        None => Ok(Vec::new()),
        Some(document) => match value(document, &bytes) {
            FieldValue::Table(fields) => Ok(fields),
            FieldValue::Other("nothing") => Ok(Vec::new()),
            _ => {
                let reason = "expected lines of the form `name: value`".to_owned();
                Err(syntax(source, reason, None, bytes.span(document)).into())
            }
        },
    }
}

fn syntax(source: &Source, reason: String, remedy: Option<&'static str>, span: Span) -> Problem {
    Problem::at(FieldError::Syntax { format: "YAML", reason, remedy }, source, span)
}

/// The value that probably broke the parser, which stumbles where it first cannot go on:
/// often at the next line or at the end.
fn culprit(text: &str, at: usize) -> Option<Span> {
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let mut below = end;
    for line in text[..end].split('\n').rev().take(REACH) {
        let start = below - line.len();
        if let Some(value) = line.split_once(": ").map(|(_, value)| value.trim())
            && is_suspect(value)
        {
            let from = start + line.find(": ").map_or(0, |colon| colon + 2);
            let from = from + text[from..below].len() - text[from..below].trim_start().len();
            return Some(Span::new(from, from + value.len()));
        }
        below = start.saturating_sub(1);
    }
    None
}

/// Whether a value means something else than its words while it has no quotes.
fn is_suspect(value: &str) -> bool {
    match value.chars().next() {
        Some('[') => !value.ends_with(']'),
        Some('{' | '@' | '`' | '%' | '&' | '*' | '!') => true,
        Some(quote @ ('"' | '\'')) => value.len() < 2 || !value.ends_with(quote),
        _ => value.contains(": "),
    }
}

/// The first byte of a line that begins with more markers than anybody writes.
fn too_deep(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_start_matches([' ', '\t', '-', '?', ':']);
        if line.len() - body.len() > DEEPEST {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The line of a key that stands at the left edge and stood there before.
fn repeated(text: &str, error: &ScanError) -> Option<Span> {
    let at = byte_of(text, error.marker().index());
    let start = text[..at].rfind('\n').map_or(0, |line_end| line_end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let key = key_of(&text[start..end]);
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    (plain && text[..start].lines().any(|line| key_of(line) == key)).then(|| Span::new(start, end))
}

fn key_of(line: &str) -> &str {
    line.split_once(':').map_or("", |(key, _)| key.trim_end())
}

fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(at, _)| at)
}

/// Where each character begins, to turn the parser's places into ours.
struct Bytes {
    starts: Vec<usize>,
    offset: usize,
}

impl Bytes {
    fn of(text: &str, offset: usize) -> Self {
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { starts, offset }
    }

    fn at(&self, character: usize) -> usize {
        self.starts[character.min(self.starts.len() - 1)] + self.offset
    }

    fn span(&self, node: &MarkedYaml<'_>) -> Span {
        Span::new(self.at(node.span.start.index()), self.at(node.span.end.index()))
    }
}

fn value(node: &MarkedYaml<'_>, bytes: &Bytes) -> FieldValue {
    match &node.data {
        YamlData::Value(Scalar::String(text)) => FieldValue::Text(text.to_string()),
        YamlData::Value(Scalar::Integer(number)) => FieldValue::Integer(*number),
        YamlData::Value(Scalar::Boolean(value)) => FieldValue::Bool(*value),
        YamlData::Value(Scalar::FloatingPoint(_)) => FieldValue::Other("a number with a fraction"),
        YamlData::Value(Scalar::Null) => FieldValue::Other("nothing"),
        YamlData::Sequence(items) => {
            FieldValue::List(items.iter().map(|item| (value(item, bytes), bytes.span(item))).collect())
        }
        YamlData::Mapping(pairs) => FieldValue::Table(
            pairs
                .iter()
                .map(|(key, item)| Field {
                    key: name(key),
                    key_span: bytes.span(key),
                    value: value(item, bytes),
                    span: bytes.span(item),
                })
                .collect(),
        ),
        YamlData::Tagged(_, inner) => value(inner, bytes),
        _ => FieldValue::Other("something that is not understood"),
    }
}

fn name(key: &MarkedYaml<'_>) -> String {
    match &key.data {
        YamlData::Value(Scalar::String(text)) => text.to_string(),
        YamlData::Value(Scalar::Integer(number)) => number.to_string(),
        YamlData::Value(Scalar::Boolean(value)) => value.to_string(),
        YamlData::Value(Scalar::Null) => "null".to_owned(),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Fields;

    #[test]
    fn places_in_yaml_are_bytes_even_after_accents() {
        let source = Source::new("a.md", "---\ntitle: \"Café à Nîmes\"\nstatus: 3\n---\n");
        let mut fields = Fields::yaml(&source, "title: \"Café à Nîmes\"\nstatus: 3\n", 4);
        let (title, span) = fields.text("title").unwrap();
        assert_eq!(title, "Café à Nîmes");
        assert_eq!(&source.text()[span.start..span.end], "\"Café à Nîmes\"");
        assert_eq!(fields.text("status"), None);
        let found = fields.finish();
        let place = found[0].place.clone().unwrap();
        assert_eq!((place.line, place.column), (3, 9));
        assert_eq!(&place.excerpt[place.mark], "3");
    }

    #[test]
    fn a_value_without_its_quotes_is_told_where_it_stands() {
        for (text, line, value) in [
            ("title: {{ subscriber.a }} news\nstatus: ready\n", 1, "{{ subscriber.a }} news"),
            ("status: ready\ntitle: Spring: a start\n", 2, "Spring: a start"),
            ("title: [Draft] Spring\ndate: 2026-03-12\n", 1, "[Draft] Spring"),
            ("title: \"A\" b\nlang: en\n", 1, "\"A\" b"),
            ("title: Été\nsubject: [x\nlang: en\nslug: a\n", 2, "[x"),
            ("title: \"open\nlang: en\n", 1, "\"open"),
        ] {
            let source = Source::new("a.md", text);
            let problems = Fields::yaml(&source, text, 0).finish();
            assert_eq!(problems[0].hint().as_deref(), Some("put the value in quotes"), "{text}");
            let place = problems[0].place.clone().unwrap();
            assert_eq!((place.line, &place.excerpt[place.mark]), (line, value), "{text}");
        }
    }

    #[test]
    fn a_number_where_text_belongs_wants_quotes() {
        let source = Source::new("a.md", "title: 2026\nmerge: maybe\n");
        let mut fields = Fields::yaml(&source, source.text(), 0);
        assert_eq!((fields.text("title"), fields.bool("merge")), (None, None));
        let hints: Vec<_> = fields.finish().iter().map(Problem::hint).collect();
        assert_eq!(hints, [Some("put the value in quotes".to_owned()), None]);
    }

    #[test]
    fn every_key_given_twice_in_yaml_is_told() {
        let source = Source::new("a.md", "title: a\nslug: b\ntitle: c\nslug: d\n");
        let problems = Fields::yaml(&source, source.text(), 0).finish();
        let told: Vec<_> = problems.iter().map(|p| (p.message(), p.place.as_ref().unwrap().line)).collect();
        assert_eq!(told, [("`title` is given twice".to_owned(), 3), ("`slug` is given twice".to_owned(), 4)]);
    }

    #[test]
    fn yaml_that_is_no_mapping_or_too_deep_is_refused() {
        for text in ["- a\n- b\n", "just words\n", "a: [\n", &"- ".repeat(5_000), &"[".repeat(5_000)] {
            let source = Source::new("a.md", text);
            let problems = Fields::yaml(&source, text, 0).finish();
            assert!(problems[0].message().contains("YAML does not parse"), "{text}: {problems:?}");
        }
    }
}
