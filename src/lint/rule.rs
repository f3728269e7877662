//! The rules by their ids, and what breaks one.

use crate::problem::{Condition, Problem, Severity, Source, Span, did_you_mean};

/// A rule that a mail can break.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, in messages, in JSON and under `[check]`.
    pub id: &'static str,
    /// How much it matters when it is broken; single findings may matter more or less.
    pub severity: Severity,
    /// Whether a publisher can switch it off.
    pub optional: bool,
}

const fn rule(id: &'static str, severity: Severity) -> Rule {
    Rule { id, severity, optional: true }
}

/// A rule that other commands insist on, so that it cannot be switched off.
const fn law(id: &'static str) -> Rule {
    Rule { id, severity: Severity::Error, optional: false }
}

use Severity::{Error, Info, Warning};

/// Every rule there is, in the order of `docs/check.md`.
pub const RULES: &[Rule] = &[
    // The whole mail.
    law("no-unsubscribe"),
    law("no-postal-address"),
    rule("no-one-click", Warning),
    rule("one-click-unsigned", Warning),
    rule("base-url-local", Warning),
    rule("placeholder-no-fallback", Warning),
    rule("size-clip", Error),
    rule("no-view-online", Info),
    rule("control-char", Warning),
    rule("lang-missing", Warning),
    rule("title-missing", Warning),
    // What an inbox shows.
    rule("subject-empty", Error),
    rule("subject-long", Warning),
    rule("subject-all-caps", Warning),
    rule("subject-emoji-run", Info),
    rule("preheader-missing", Warning),
    rule("preheader-dup-subject", Warning),
    rule("preheader-short", Info),
    // Words.
    rule("unresolved-placeholder", Error),
    rule("template-tag-left", Error),
    rule("bidi-control", Warning),
    rule("spam-phrases", Info),
    // Headings.
    rule("heading-skip", Warning),
    rule("heading-empty", Warning),
    // Links.
    rule("link-empty", Warning),
    rule("link-relative", Warning),
    rule("link-http", Warning),
    rule("link-text-generic", Warning),
    rule("link-shortener", Warning),
    rule("link-mismatch", Warning),
    rule("link-homograph", Warning),
    // Pictures.
    rule("alt-missing", Warning),
    rule("alt-filename", Warning),
    rule("img-no-width", Warning),
    rule("img-http", Warning),
    rule("img-data-uri", Error),
    rule("img-format", Warning),
    rule("img-upscaled", Warning),
    rule("img-dark-transparent", Warning),
    rule("img-ratio", Warning),
    // What can be read.
    rule("contrast-light", Warning),
    rule("contrast-dark", Warning),
    rule("font-small", Warning),
    rule("table-wide", Info),
    // Markup and styles.
    rule("style-16k", Warning),
    rule("style-nested-at", Warning),
    rule("css-unsupported", Warning),
    rule("table-no-role", Warning),
    rule("mso-balance", Error),
    rule("html-unclosed", Error),
    // The text part.
    rule("text-part-missing", Error),
    rule("text-drift", Warning),
    rule("text-long-line", Warning),
];

impl Rule {
    /// The rule of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }

    /// The optional rule whose id is nearest to what was written.
    #[must_use]
    pub fn nearest(id: &str) -> Option<&'static str> {
        did_you_mean(id, RULES.iter().filter(|rule| rule.optional).map(|rule| rule.id))
    }
}

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Finding {
    /// The id of the rule.
    pub rule: &'static str,
    /// What is wrong, as one clause.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// Facts that help.
    pub notes: Vec<String>,
}

impl Condition for Finding {
    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn rule(&self) -> Option<&'static str> {
        Some(self.rule)
    }
}

/// Where a finding is shown.
#[derive(Debug, Clone)]
pub(super) enum Spot {
    /// In the article.
    Article(Span),
    /// In a file of the theme, or in another text that is known.
    In(Source, Span),
    /// Nowhere in particular.
    Nowhere,
}

/// Most findings of one rule that are told: the place of each takes a search through the
/// article, and nobody reads more.
const MOST: usize = 20;

/// What was found so far.
pub(super) struct Findings<'a> {
    article: &'a Source,
    off: &'a [&'static str],
    found: Vec<Problem>,
    counts: Vec<(&'static str, usize)>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(article: &'a Source, off: &'a [&'static str]) -> Self {
        Self { article, off, found: Vec::new(), counts: Vec::new() }
    }

    /// Whether anybody wants to know of this rule, and has not been told enough of it.
    pub(super) fn wants(&self, id: &str) -> bool {
        let told = self.counts.iter().find(|(known, _)| *known == id).map_or(0, |(_, count)| *count);
        told < MOST && !self.off.contains(&id)
    }

    /// Notes that the rule `id` is broken. Where is only asked when it is told: to find
    /// that takes time in proportion to the article.
    pub(super) fn note(
        &mut self,
        id: &str,
        spot: impl FnOnce() -> Spot,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.note_as(id, None, spot, message, hint, Vec::new());
    }

    /// The same with a severity and notes of its own.
    pub(super) fn note_as(
        &mut self,
        id: &str,
        severity: Option<Severity>,
        spot: impl FnOnce() -> Spot,
        message: impl Into<String>,
        hint: impl Into<String>,
        notes: Vec<String>,
    ) {
        let rule = Rule::of(id).expect("what is noted is a rule");
        if !self.wants(id) {
            return;
        }
        match self.counts.iter_mut().find(|(known, _)| *known == id) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((rule.id, 1)),
        }
        let finding = Finding { rule: rule.id, message: message.into(), hint: hint.into(), notes };
        let mut problem = match spot() {
            Spot::Article(span) => Problem::at(finding, self.article, span),
            Spot::In(source, span) => Problem::at(finding, &source, span),
            Spot::Nowhere => Problem::new(finding),
        };
        problem.severity = severity.unwrap_or(rule.severity);
        self.found.push(problem);
    }

    /// Everything found, what matters most first, and the article from top to bottom.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        let place = |problem: &Problem| {
            problem.place.as_ref().map(|place| (place.file.clone(), place.line, place.column))
        };
        self.found.sort_by_key(|problem| (problem.severity, place(problem)));
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        for (index, rule) in RULES.iter().enumerate() {
            assert!(RULES[..index].iter().all(|other| other.id != rule.id), "{}", rule.id);
        }
    }

    #[test]
    fn a_rule_that_is_broken_everywhere_is_not_told_without_end() {
        let article = Source::new("a.md", "a");
        let mut findings = Findings::new(&article, &["link-http"]);
        for _ in 0..100 {
            findings.note("img-http", || Spot::Article(Span::new(0, 1)), "a", "b");
            findings.note("link-http", || Spot::Nowhere, "a", "b");
        }
        let found = findings.finish();
        assert_eq!(found.len(), MOST);
        assert!(found.iter().all(|problem| problem.rule() == Some("img-http")));
    }
}
