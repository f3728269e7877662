//! Fills the square brackets of a theme, and says in our words what is wrong with
//! them.

use serde_json::Value;
use tera::{Context, Delimiters, ErrorKind, Tera};

use crate::problem::{Problem, Problems, Source, Span, did_you_mean};

use super::error::ComposeError;
use super::theme::Theme;

/// Reads the template tags of all files of a theme.
///
/// # Errors
///
/// Fails at the first tag that is wrongly written: what follows it cannot be told
/// apart.
pub(super) fn compile(sources: &[(String, Source)]) -> Result<Tera, Problems> {
    let mut tera = Tera::new();
    tera.set_delimiters(Delimiters {
        block_start: "[%".into(),
        block_end: "%]".into(),
        variable_start: "[[".into(),
        variable_end: "]]".into(),
        comment_start: "[#".into(),
        comment_end: "#]".into(),
    })
    .expect("the delimiters differ and have two bytes each");
    tera.autoescape_on([".mjml", ".html"]);
    let templates = sources.iter().filter(|(file, _)| file != "theme.toml");
    tera.add_raw_templates(templates.map(|(file, source)| (file.as_str(), source.text())))
        .map_err(|error| translate(&error, |file| find(sources, file), None))?;
    Ok(tera)
}

fn find<'a>(sources: &'a [(String, Source)], file: &str) -> Option<&'a Source> {
    sources.iter().find(|(known, _)| known == file).map(|(_, source)| source)
}

/// Values as templates see them, made once for all files of a theme.
///
/// # Errors
///
/// Fails when `values` is no table.
pub(super) fn context(values: &Value) -> Result<Context, Problems> {
    Context::from_serialize(values)
        .map_err(|error| Problem::new(ComposeError::Template { what: clause(&error.to_string()) }).into())
}

/// Fills one file of a theme; `values` says which names there are, should one be
/// misspelt.
///
/// # Errors
///
/// Fails at the first tag that cannot be filled.
pub(super) fn fill(
    theme: &Theme,
    file: &str,
    context: &Context,
    values: impl FnOnce() -> Value,
) -> Result<String, Problems> {
    theme
        .tera
        .render(file, context)
        .map_err(|error| translate(&error, |file| theme.source(file), Some(&values())))
}

/// Fills one file of a theme with `values`.
///
/// # Errors
///
/// As [`fill`].
pub(super) fn render(theme: &Theme, file: &str, values: &Value) -> Result<String, Problems> {
    fill(theme, file, &context(values)?, || values.clone())
}

/// The names in one file of a theme that stand for nothing.
pub(super) fn unknown_names(theme: &Theme, file: &str, context: &Context, values: &Value) -> Vec<Problem> {
    let (Ok(used), Some(source)) = (theme.tera.get_template_variables(file), theme.source(file)) else {
        return Vec::new();
    };
    let mut unknown: Vec<&str> = used.into_iter().filter(|name| !context.contains_key(name)).collect();
    unknown.sort_unstable();
    let problem = |name: &str| {
        let at = source.text().find(name)?;
        let (condition, span) = unknown_variable(source.text(), Span::new(at, at + name.len()), values)?;
        Some(Problem::at(condition, source, span))
    };
    unknown.into_iter().filter_map(problem).collect()
}

fn translate<'a>(
    error: &tera::Error,
    source: impl Fn(&str) -> Option<&'a Source>,
    values: Option<&Value>,
) -> Problems {
    let (report, rendering) = match error.kind() {
        ErrorKind::SyntaxError(report) => (report, false),
        ErrorKind::RenderingError(report) => (report, true),
        ErrorKind::TemplateNotFound(name) => {
            return Problem::new(ComposeError::Template { what: format!("there is no theme file `{name}`") })
                .into();
        }
        _ => return Problem::new(ComposeError::Template { what: clause(&error.to_string()) }).into(),
    };
    let span = Span::from(report.span().range.clone());
    let Some(source) = source(report.filename()) else {
        return Problem::new(ComposeError::Template { what: clause(report.message()) }).into();
    };
    if rendering
        && let Some(values) = values
        && let Some((condition, span)) = unknown_variable(source.text(), span, values)
    {
        return Problem::at(condition, source, span).into();
    }
    Problem::at(ComposeError::Template { what: clause(report.message()) }, source, span).into()
}

/// The dotted name at `span` if it is one that `values` does not have.
fn unknown_variable(text: &str, span: Span, values: &Value) -> Option<(ComposeError, Span)> {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.');
    let bytes = text.as_bytes();
    let (mut start, mut end) = (span.start.min(text.len()), span.start.min(text.len()));
    while start > 0 && is_part(bytes[start - 1]) {
        start -= 1;
    }
    while end < bytes.len() && is_part(bytes[end]) {
        end += 1;
    }
    let name = text.get(start..end).filter(|name| !name.is_empty())?;
    let mut value = Some(values);
    for part in name.split('.') {
        value = value.and_then(|value| value.get(part));
    }
    if value.is_some() {
        return None;
    }
    let mut known = Vec::new();
    names(values, "", &mut known);
    // Where the group is wrong and the rest is right, the rest says what was meant.
    let last = name.rsplit('.').next().unwrap_or(name);
    let namesake = || known.iter().find(|known| known.rsplit('.').next() == Some(last)).map(String::as_str);
    let near = did_you_mean(name, known.iter().map(String::as_str)).or_else(namesake).map(str::to_owned);
    Some((ComposeError::UnknownVariable { name: name.to_owned(), near, known }, Span::new(start, end)))
}

fn names(values: &Value, prefix: &str, known: &mut Vec<String>) {
    for (key, value) in values.as_object().into_iter().flatten() {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        if value.is_object() {
            names(value, &name, known);
        } else {
            known.push(name);
        }
    }
}

/// A sentence of the template engine as one lower-case clause.
fn clause(sentence: &str) -> String {
    let line = sentence.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    let mut letters = line.chars();
    match letters.next() {
        // A second capital means a name, not the beginning of a sentence.
        Some(first) if !letters.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => line.to_owned(),
    }
}
