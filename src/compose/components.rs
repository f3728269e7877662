//! Sets blocks through the component templates of a theme.

use std::collections::BTreeSet;

use tera::{Context, Value};

use crate::problem::{Problem, Span};

use super::direction::Direction;
use super::markup::{self, MarkupError};
use super::template;
use super::theme::Theme;

/// What a theme sets blocks with: its components, and the values they share with its
/// other files.
pub(super) struct Dress<'a> {
    pub(super) theme: &'a Theme,
    pub(super) values: &'a serde_json::Value,
    pub(super) context: &'a Context,
    /// That of the mail.
    pub(super) direction: Direction,
    /// Whether the first words of the article stand in capitals.
    pub(super) opening: bool,
    /// The components that were set once, and so need not be looked at again.
    seen: BTreeSet<&'static str>,
    /// Those that cannot be filled, told once.
    broken: BTreeSet<&'static str>,
}

impl<'a> Dress<'a> {
    pub(super) fn new(
        theme: &'a Theme,
        values: &'a serde_json::Value,
        context: &'a Context,
        direction: Direction,
        opening: bool,
    ) -> Self {
        Self { theme, values, context, direction, opening, seen: BTreeSet::new(), broken: BTreeSet::new() }
    }

    /// Fills the component `file` with what is its own; says what is wrong with it once.
    pub(super) fn fill(
        &mut self,
        file: &'static str,
        own: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<String, Vec<Problem>> {
        if self.broken.contains(file) {
            return Err(Vec::new());
        }
        let is_new = self.seen.insert(file) && self.theme.is_own(file);
        let mut context = self.context.clone();
        let mut names = Vec::new();
        for (name, value) in own {
            names.push(name);
            context.insert_value(name, value);
        }
        let values = || {
            let mut values = self.values.clone();
            for name in &names {
                values[*name] = serde_json::Value::Null;
            }
            values
        };
        let filled = match template::fill(self.theme, file, &context, values) {
            Ok(filled) if is_new => {
                // A misspelt name behind a filter is nothing to the engine.
                let mut found = template::unknown_names(self.theme, file, &context, &values());
                found.extend(self.unbalanced(file, &filled));
                if found.is_empty() { Ok(filled) } else { Err(found) }
            }
            Ok(filled) => Ok(filled),
            Err(problems) => Err(problems.into_iter().collect()),
        };
        if filled.is_err() {
            self.broken.insert(file);
        }
        filled
    }

    /// What is wrong with the tags of a component that was filled, at its places in the
    /// template.
    fn unbalanced(&self, file: &str, filled: &str) -> Vec<Problem> {
        let Some(source) = self.theme.source(file) else { return Vec::new() };
        let [before, after] = AROUND;
        let whole = format!("{before}{filled}{after}");
        let found = markup::check(&whole).found.into_iter().filter(|(condition, _)| {
            matches!(condition, MarkupError::Unclosed { .. } | MarkupError::WrongClose { .. })
        });
        let problem = |(condition, span): (MarkupError, Span)| {
            let tag = whole.get(span.start..span.end).unwrap_or_default();
            let at = source.text().find(tag).map_or(Span::default(), |at| Span::new(at, at + tag.len()));
            Problem::at(condition, source, at)
        };
        found.map(problem).collect()
    }
}

/// What a component is looked at in: where it will stand.
const AROUND: [&str; 2] = [
    "<mjml><mj-body><mj-section><mj-column><mj-text>",
    "</mj-text></mj-column></mj-section></mj-body></mjml>",
];

/// Markup that a template places as it is.
pub(super) fn set_already(markup: &str) -> Value {
    Value::safe_string(markup)
}
