//! Collects what is wrong with an article while it is read.

use crate::problem::{Condition, Problem, Problems, Severity, Source, Span};

/// Most problems of one severity that are told. Each costs a search through the text for
/// its line, and nobody reads a longer list.
const MOST: usize = 100;

/// The problems found so far.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    source: Source,
    found: Vec<Problem>,
    errors: usize,
    warnings: usize,
    /// How many of the errors are conditions without a counterpart.
    lone: usize,
}

impl Findings {
    pub(super) fn new(source: &Source) -> Self {
        Self { source: source.clone(), found: Vec::new(), errors: 0, warnings: 0, lone: 0 }
    }

    /// Notes an error at `span`.
    pub(super) fn error(&mut self, condition: impl Condition, span: Span) {
        self.errors += 1;
        if self.errors <= MOST {
            self.found.push(Problem::at(condition, &self.source, span));
        }
    }

    /// Notes a condition without a counterpart at `span`.
    pub(super) fn lone(&mut self, condition: impl Condition, span: Span) {
        self.lone += 1;
        self.error(condition, span);
    }

    /// Whether a condition without a counterpart was noted.
    pub(super) fn has_lone(&self) -> bool {
        self.lone > 0
    }

    /// Notes a warning at `span`.
    pub(super) fn warning(&mut self, condition: impl Condition, span: Span) {
        self.warnings += 1;
        if self.warnings <= MOST {
            self.found.push(Problem::at(condition, &self.source, span).warning());
        }
    }

    /// Adds what another room found.
    pub(super) fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            let count = match problem.severity {
                Severity::Error => &mut self.errors,
                Severity::Warning | Severity::Info => &mut self.warnings,
            };
            *count += 1;
            if *count <= MOST {
                self.found.push(problem);
            }
        }
    }

    /// Whether an error was noted.
    pub(super) fn failed(&self) -> bool {
        self.errors > 0
    }

    /// Whether further errors would not be told.
    pub(super) fn is_full(&self) -> bool {
        self.errors >= MOST
    }

    /// All problems in the order of the text, or the value with its warnings.
    pub(super) fn check<T>(mut self, value: T) -> Result<(T, Vec<Problem>), Problems> {
        self.found.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
        Problems::check(value, self.found)
    }
}
