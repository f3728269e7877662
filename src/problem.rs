//! Says what is wrong, where, and what to do about it.
//!
//! Every stage names its conditions in an error enum of its own and implements
//! [`Condition`] for it. A [`Problem`] is such a condition at a [`Place`]; a
//! stage that fails returns [`Problems`]: all it found, not the first.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A stretch of a source text in bytes, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// Makes a span from its two ends.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The same span `by` bytes further on.
    #[must_use]
    pub const fn shifted(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A named text: an article, a theme file, a list or a configuration.
///
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

impl Source {
    /// Pairs a text with the name people know it by (usually its path).
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The name shown in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Finds line and column of `span` and cuts the excerpt to show.
    ///
    /// A span that lies outside the text or inside a character is moved to the
    /// nearest place that exists.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let start = floor_boundary(&self.text, span.start);
        let end = floor_boundary(&self.text, span.end.max(start));
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let line = self.text[..line_start].matches('\n').count() + 1;
        let column = self.text[line_start..start].chars().count() + 1;
        let (from, to) = window(&self.text, line_start..line_end, start);
        let excerpt = self.text[from..to].trim_end_matches('\r').replace('\t', " ");
        let mark = (start - from).min(excerpt.len())..(end.clamp(start, to) - from).min(excerpt.len());
        Place { file: self.name.clone(), line, column, excerpt, mark }
    }
}

/// Longest excerpt shown, in bytes either side of the mark. A line of a pasted
/// page can be megabytes long; a terminal is not.
const EXCERPT_REACH: usize = 100;

fn window(text: &str, line: Range<usize>, at: usize) -> (usize, usize) {
    let from = floor_boundary(text, line.start.max(at.saturating_sub(EXCERPT_REACH)));
    let to = floor_boundary(text, line.end.min(at.saturating_add(EXCERPT_REACH)));
    (from, to.max(from))
}

fn floor_boundary(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

/// Where a problem is: a file, a line, a column, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the person named it.
    pub file: Arc<str>,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// The line, cut when it is very long.
    pub excerpt: String,
    /// The part of the excerpt to underline, in bytes.
    pub mark: Range<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What a condition means for the whole run; the command line turns it into an
/// exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The command was written wrongly.
    Usage,
    /// A safety check said no, or a confirmation is missing.
    Refused,
    /// A bad article, theme or list.
    Data,
    /// The relay could not be reached or refused us.
    Relay,
    /// Our own mistake.
    Bug,
    /// Not possible now; run again later.
    Later,
    /// Bad or missing configuration.
    Config,
}

/// A condition a stage can name: one variant of its error enum.
///
/// The message is the `Display` text: lower case, no full stop.
pub trait Condition: std::error::Error + Any + Send + Sync {
    /// What the person can do about it: one sentence without a full stop.
    fn hint(&self) -> Option<String> {
        None
    }

    /// Facts that help, each shown on a line of its own.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// What it means for the run.
    fn class(&self) -> Class {
        Class::Data
    }

    /// The id of the rule it breaks, when it breaks one that has a name.
    fn rule(&self) -> Option<&'static str> {
        None
    }
}

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Stops the run.
    Error,
    /// Is told and does not stop the run.
    Warning,
    /// A matter of taste.
    Info,
}

/// A condition, where it was met, and how much it matters.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Whether the run stops.
    pub severity: Severity,
    /// Where, when there is a where.
    pub place: Option<Place>,
    condition: Arc<dyn Condition>,
}

impl Problem {
    /// An error without a place.
    pub fn new(condition: impl Condition) -> Self {
        Self { severity: Severity::Error, place: None, condition: Arc::new(condition) }
    }

    /// An error at `span` of `source`.
    pub fn at(condition: impl Condition, source: &Source, span: Span) -> Self {
        Self { place: Some(source.place(span)), ..Self::new(condition) }
    }

    /// The same problem as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The same problem as a matter of taste.
    #[must_use]
    pub fn info(self) -> Self {
        Self { severity: Severity::Info, ..self }
    }

    /// The same problem with the text of its excerpt passed through `restore`, the
    /// mark and the column moved along.
    #[must_use]
    pub fn reworded(mut self, restore: impl Fn(&str) -> String) -> Self {
        if let Some(place) = &mut self.place {
            let (before, marked) = (&place.excerpt[..place.mark.start], &place.excerpt[place.mark.clone()]);
            let (restored, marked) = (restore(before), restore(marked));
            place.column =
                (place.column + restored.chars().count()).saturating_sub(before.chars().count()).max(1);
            let rest = restore(&place.excerpt[place.mark.end..]);
            place.mark = restored.len()..restored.len() + marked.len();
            place.excerpt = restored + &marked + &rest;
        }
        self
    }

    /// What is wrong, as one lower-case clause.
    #[must_use]
    pub fn message(&self) -> String {
        self.condition.to_string()
    }

    /// What to do, when we know.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.condition.hint()
    }

    /// Further facts.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.condition.notes()
    }

    /// What it means for the run.
    #[must_use]
    pub fn class(&self) -> Class {
        self.condition.class()
    }

    /// The id of the rule it breaks, when it breaks one that has a name.
    #[must_use]
    pub fn rule(&self) -> Option<&'static str> {
        self.condition.rule()
    }

    /// The condition itself, when it is a `T`.
    #[must_use]
    pub fn condition<T: Condition>(&self) -> Option<&T> {
        let any: &dyn Any = self.condition.as_ref();
        any.downcast_ref()
    }
}

/// All the problems a stage found; never empty.
#[derive(Debug, Clone)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `Err` with everything found if there was an error among it, else `Ok` with
    /// the value and the warnings.
    ///
    /// # Errors
    ///
    /// Fails with `found` when any of it is an error.
    pub fn check<T>(value: T, found: Vec<Problem>) -> Result<(T, Vec<Problem>), Self> {
        if found.iter().any(|problem| problem.severity == Severity::Error) {
            Err(Self(found))
        } else {
            Ok((value, found))
        }
    }

    /// Both values, or everything that is wrong with either.
    ///
    /// # Errors
    ///
    /// Fails when one of them failed, with the problems of both.
    pub fn both<A, B>(one: Result<A, Self>, other: Result<B, Self>) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (Err(mut problems), Err(more)) => {
                problems.extend(more);
                Err(problems)
            }
            (Err(problems), Ok(_)) | (Ok(_), Err(problems)) => Err(problems),
        }
    }

    /// Everything found, if anything was.
    #[must_use]
    pub fn all(found: Vec<Problem>) -> Option<Self> {
        (!found.is_empty()).then_some(Self(found))
    }

    /// The problems in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// Adds what another stage found.
    pub fn extend(&mut self, more: Problems) {
        self.0.extend(more.0);
    }

    /// The class of the first error.
    #[must_use]
    pub fn class(&self) -> Class {
        self.0.iter().find(|problem| problem.severity == Severity::Error).map_or(Class::Bug, Problem::class)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            if let Some(place) = &problem.place {
                write!(f, "{place}: ")?;
            }
            f.write_str(&problem.message())?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// What the system said, without the number it has for it.
#[must_use]
pub fn said(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.as_str(), |(words, _)| words).to_owned()
}

/// The known name nearest to `wrong`, when one is near enough to be meant.
#[must_use]
pub fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase()), name))
        .min()
        .filter(|(distance, name)| {
            *distance <= 2.max(name.chars().count() / 3) && *distance < name.chars().count()
        })
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let source = Source::new("a.md", "one\ntwö three\n");
        let start = source.text().find("three").unwrap();
        let place = source.place(Span::new(start, start + 5));
        assert_eq!((place.line, place.column), (2, 5));
        assert_eq!(&place.excerpt[place.mark.clone()], "three");
        assert_eq!(place.to_string(), "a.md:2:5");
    }

    #[test]
    fn a_place_in_a_very_long_line_shows_its_neighbourhood() {
        let source = Source::new("a.md", "é".repeat(1_000_000));
        let place = source.place(Span::new(1_000_001, 1_000_003));
        assert!(place.excerpt.len() <= 2 * EXCERPT_REACH);
        assert_eq!(place.column, 500_001);
    }

    #[test]
    fn a_place_outside_the_text_is_moved_inside() {
        let place = Source::new("a.md", "é").place(Span::new(1, 99));
        assert_eq!((place.line, place.column), (1, 1));
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("sujbect", ["title", "subject"]), Some("subject"));
        assert_eq!(did_you_mean("colour", ["title", "subject"]), None);
    }
}
