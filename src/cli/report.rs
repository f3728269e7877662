//! Shows problems: on a terminal, and as JSON.

use std::fmt::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, Title};
use serde_json::{Value, json};

use crate::problem::{Place, Problem, Severity};

/// Shows `problems` one after the other, each followed by an empty line.
///
/// A last line counts them when they are several, and says `outcome`, such as
/// `nothing was sent`, when one of them is an error.
#[must_use]
pub fn text<'a>(problems: impl IntoIterator<Item = &'a Problem>, colour: bool, outcome: &str) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    let mut counts = Counts::default();
    for problem in problems {
        counts.add(problem);
        one(&mut text, problem, &renderer);
        text.push('\n');
    }
    if counts.errors == 1 && counts.all() == 1 && !outcome.is_empty() {
        let _ = writeln!(text, "{outcome}");
    } else if counts.errors > 0 && counts.all() > 1 {
        let _ = write!(text, "{counts}");
        if !outcome.is_empty() {
            text.push_str("; ");
            text.push_str(outcome);
        }
        text.push('\n');
    }
    text
}

/// How many problems there are, by how much they matter.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) infos: usize,
}

impl Counts {
    /// Counts `problems`.
    pub(super) fn of<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Self {
        let mut counts = Self::default();
        problems.into_iter().for_each(|problem| counts.add(problem));
        counts
    }

    fn add(&mut self, problem: &Problem) {
        *match problem.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Info => &mut self.infos,
        } += 1;
    }

    fn all(self) -> usize {
        self.errors + self.warnings + self.infos
    }
}

impl fmt::Display for Counts {
    /// `2 problems, 1 warning and 3 remarks`; nothing of what there is none of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [(self.errors, "problem"), (self.warnings, "warning"), (self.infos, "remark")];
        let told: Vec<String> =
            named.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(*count, noun)).collect();
        match told.split_last() {
            Some((last, rest)) if !rest.is_empty() => write!(f, "{} and {last}", rest.join(", ")),
            Some((last, _)) => f.write_str(last),
            None => Ok(()),
        }
    }
}

/// `1 problem`, `2 problems`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn one(text: &mut String, problem: &Problem, renderer: &Renderer) {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let message = one_line(&problem.message());
    let place = problem.place.as_ref();
    let title = || {
        let title = level.clone().primary_title(message.as_str());
        match problem.rule() {
            Some(rule) => title.id(rule),
            None => title,
        }
    };
    match place {
        Some(place) => with_place(text, title, place, renderer),
        None => push_line(text, &renderer.render(&[Group::with_title(title())])),
    }
    for note in problem.notes() {
        push_line(text, &format!("  {}", one_line(&note)));
    }
    if let Some(hint) = problem.hint() {
        let title = Level::HELP.with_name("hint").primary_title(one_line(&hint));
        push_line(text, &renderer.render(&[Group::with_title(title)]));
    }
}

/// The title, the place and its excerpt.
///
/// Line and column are told as they are in the file. The excerpt may be a piece of a
/// very long line, where a renderer that counts for itself would count wrongly.
fn with_place<'a>(text: &mut String, title: impl Fn() -> Title<'a>, place: &Place, renderer: &Renderer) {
    let origin = Origin::path(one_line(&place.file)).line(place.line).char_column(place.column);
    let told = renderer.render(&[Group::with_title(title()).element(origin)]);
    let (head, arrow) = told.split_once('\n').unwrap_or((&told, ""));
    push_line(text, head);
    let margin = place.line.to_string().len();
    push_line(text, &format!("{:margin$}{}", "", arrow.trim_start()));
    let excerpt = one_line(&place.excerpt);
    if excerpt.trim().is_empty() {
        return;
    }
    let mark = AnnotationKind::Primary.span(place.mark.clone());
    let snippet = Snippet::source(excerpt).line_start(place.line).annotation(mark);
    let shown = renderer.render(&[Group::with_title(title()).element(snippet)]);
    push_line(text, shown.split_once('\n').map_or("", |(_, excerpt)| excerpt));
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

/// The same text on one line and without control characters, byte for byte as long
/// where marks point into it; a file must not steer the terminal.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if c.is_ascii_control() => ' ',
            // The C1 controls take two bytes, and so does this.
            c if c.is_control() => '\u{b7}',
            // Marks that turn the direction of writing take three, and so does this.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// The problems as a JSON array, in their order. Fields may be added, never changed.
#[must_use]
pub fn json<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Value {
    problems.into_iter().map(json_of).collect()
}

fn json_of(problem: &Problem) -> Value {
    let place = problem.place.as_ref();
    json!({
        "severity": match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        },
        "rule": problem.rule(),
        "message": problem.message(),
        "file": place.map(|place| &*place.file),
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "hint": problem.hint(),
        "notes": problem.notes(),
    })
}

/// A size as people read it; a kilobyte is 1,000 bytes.
pub(super) fn size(bytes: usize) -> String {
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::FieldError;
    use crate::problem::{Condition, Source, Span};

    #[derive(Debug, thiserror::Error)]
    #[error("the word is wrong")]
    struct Wrong;

    impl Condition for Wrong {
        fn hint(&self) -> Option<String> {
            Some("write another".to_owned())
        }
        fn notes(&self) -> Vec<String> {
            vec!["it was right last week".to_owned()]
        }
    }

    fn shown(source: &str, word: &str) -> String {
        let start = source.find(word).unwrap();
        let source = Source::new("articles/a.md", source);
        text([&Problem::at(Wrong, &source, Span::new(start, start + word.len()))], false, "")
    }

    #[test]
    fn a_problem_shows_its_place_its_facts_and_its_hint() {
        insta::assert_snapshot!(shown("one\ntwo word three\n", "word"));
    }

    #[test]
    fn a_mark_stands_under_its_word_after_tabs_and_wide_characters() {
        insta::assert_snapshot!(shown("\t漢字 é word", "word"));
    }

    #[test]
    fn a_very_long_line_is_shown_around_the_mark_with_its_true_column() {
        let line = format!("{}word{}", "x ".repeat(5_000), " y".repeat(5_000));
        let shown = shown(&line, "word");
        assert!(shown.contains("articles/a.md:1:10001\n"), "{shown}");
        assert!(shown.contains("^^^^"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() < 240), "{shown}");
    }

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        let shown = shown("\u{1b}[31m\u{9b}2J\u{202e} word\r", "word");
        assert!(!shown.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\r']), "{shown:?}");
    }

    #[test]
    fn a_place_at_the_end_of_a_text_is_shown() {
        let source = Source::new("a.md", "one\n");
        let shown = text([&Problem::at(Wrong, &source, Span::new(4, 4))], false, "");
        assert!(shown.contains("--> a.md:2:1"), "{shown}");
    }

    #[test]
    fn more_than_one_problem_is_counted() {
        let missing = Problem::new(FieldError::Missing("title".to_owned()));
        let warning = Problem::new(Wrong).warning();
        insta::assert_snapshot!(text([&missing, &missing, &warning], false, "nothing was sent"));
    }

    #[test]
    fn json_has_every_fact_of_a_problem() {
        let source = Source::new("a.md", "one word");
        let told = json([&Problem::at(Wrong, &source, Span::new(4, 8)).warning()]);
        assert_eq!(
            told,
            json!([{
                "severity": "warning", "message": "the word is wrong", "file": "a.md", "line": 1, "column": 5,
                "rule": null, "hint": "write another", "notes": ["it was right last week"],
            }])
        );
    }
}
