//! Shows problems: on a terminal, and as JSON.

use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, Title};
use serde_json::{Value, json};

use crate::problem::{Place, Problem, Severity};

/// Shows `problems` one after the other, each followed by an empty line.
///
/// When there is more than one, a last line counts them and says `outcome`, such as
/// `nothing was sent`.
#[must_use]
pub fn text<'a>(problems: impl IntoIterator<Item = &'a Problem>, colour: bool, outcome: &str) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    let (mut errors, mut all) = (0, 0);
    for problem in problems {
        all += 1;
        errors += usize::from(problem.severity == Severity::Error);
        one(&mut text, problem, &renderer);
        text.push('\n');
    }
    if errors > 0 && all > 1 {
        let warnings = all - errors;
        text.push_str(&counted(errors, "problem"));
        if warnings > 0 {
            text.push_str(" and ");
            text.push_str(&counted(warnings, "warning"));
        }
        let _ = writeln!(text, "; {outcome}");
    }
    text
}

/// `1 problem`, `2 problems`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn one(text: &mut String, problem: &Problem, renderer: &Renderer) {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = one_line(&problem.message());
    let place = problem.place.as_ref();
    let title = || level.clone().primary_title(message.as_str());
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
fn one_line(text: &str) -> String {
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
        },
        "message": problem.message(),
        "file": place.map(|place| &*place.file),
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "hint": problem.hint(),
        "notes": problem.notes(),
    })
}
