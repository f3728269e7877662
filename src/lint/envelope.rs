//! What an inbox shows of a mail before it is opened.

use unicode_width::UnicodeWidthStr;

use crate::problem::Span;

use super::View;
use super::place::{first_line, narrowed};
use super::rule::{Findings, Spot};

/// Longest subject that most inboxes on a desk show whole, in characters.
const LONGEST_SUBJECT: usize = 70;

/// Shortest line after the subject that fills its place, in characters.
const SHORTEST_PREHEADER: usize = 40;

/// So many pictograms in a row are taken for advertising.
const EMOJI_RUN: usize = 3;

pub(super) fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    subject(view, findings);
    preheader(view, findings);
}

/// Where the subject is written, or the title that stands in for it.
fn subject_span(view: &View<'_>) -> Option<Span> {
    let meta = &view.letter.article.meta;
    meta.subject.as_ref().or(meta.title.as_ref()).map(|placed| placed.span)
}

fn spot(view: &View<'_>, span: Option<Span>) -> Spot {
    match span {
        Some(span) => Spot::Article(first_line(view.letter.article.source.text(), span)),
        None => Spot::Nowhere,
    }
}

fn subject(view: &View<'_>, findings: &mut Findings<'_>) {
    let shown = view.shown(view.letter.subject);
    let subject = shown.trim();
    let here = || spot(view, subject_span(view));
    if subject.is_empty() {
        findings.note(
            "subject-empty",
            here,
            "the subject is empty",
            "say in a few words what the mail is about",
        );
        return;
    }
    let (length, width) = (subject.chars().count(), subject.width());
    if width > LONGEST_SUBJECT {
        // A Chinese or Japanese letter takes the room of two.
        let limit = if width * 2 > length * 3 { LONGEST_SUBJECT / 2 } else { LONGEST_SUBJECT };
        findings.note(
            "subject-long",
            here,
            format!("the subject has {length} characters, and inboxes cut it after about {limit}"),
            "put what matters into the first forty, and leave out the rest; `subject` in the front matter may be \
             shorter than the title",
        );
    }
    // Single words may be initials; merge tags are whatever readers are called.
    let own = view.letter.mask.replace(view.letter.subject, |_, _, _| {});
    let letters: Vec<char> = own.chars().filter(|c| c.is_alphabetic()).collect();
    let has_case = letters.iter().any(|c| c.is_lowercase() || c.is_uppercase());
    if letters.len() > 9
        && own.split_whitespace().count() > 1
        && has_case
        && !letters.iter().any(|c| c.is_lowercase())
    {
        findings.note(
            "subject-all-caps",
            here,
            "the subject is in capitals throughout",
            "write it as a sentence: filters and readers take capitals for shouting",
        );
    }
    let run = longest_emoji_run(subject);
    if run >= EMOJI_RUN {
        findings.note(
            "subject-emoji-run",
            here,
            format!("the subject has {run} pictograms in a row"),
            "one is enough to be noticed; several are taken for advertising",
        );
    }
    for (name, line) in [("subject", Some(subject)), ("preheader", view.letter.preheader)] {
        if let Some(bad) = line.and_then(|line| line.chars().find(|c| c.is_control())) {
            findings.note(
                "control-char",
                here,
                format!("the {name} holds the control character U+{:04X}", u32::from(bad)),
                "type it again: it was copied with something nobody sees",
            );
        }
    }
}

fn longest_emoji_run(text: &str) -> usize {
    let (mut run, mut longest) = (0, 0);
    let mut joined = false;
    for c in text.chars() {
        match c {
            '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | ' ' => {}
            '\u{200d}' => joined = true,
            '\u{1f300}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{2b55}' => {
                run += usize::from(!joined);
                joined = false;
            }
            _ => run = 0,
        }
        longest = longest.max(run);
    }
    longest
}

fn preheader(view: &View<'_>, findings: &mut Findings<'_>) {
    let written = view.letter.article.meta.preheader.as_ref().map(|line| line.span);
    let here = || spot(view, written.or_else(|| subject_span(view)));
    let shown = view.letter.preheader.map(|line| view.shown(line)).unwrap_or_default();
    let line = shown.trim();
    if line.is_empty() {
        findings.note(
            "preheader-missing",
            here,
            "nothing is there for an inbox to show after the subject",
            "write one sentence as `preheader` in the front matter",
        );
        return;
    }
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (subject, said) = (plain(&view.shown(view.letter.subject)), plain(line));
    if !subject.is_empty() && said.starts_with(&subject) {
        findings.note(
            "preheader-dup-subject",
            here,
            "the line after the subject says the subject again",
            "write as `preheader` what the subject leaves out: inboxes show the two side by side",
        );
    }
    let length = line.chars().count();
    if line.width() < SHORTEST_PREHEADER {
        let (message, hint) = (
            format!("the line after the subject has {length} characters, and there is room for about 90"),
            "write a whole sentence as `preheader` in the front matter",
        );
        match written {
            Some(span) => {
                findings.note("preheader-short", || narrowed(view.letter.article, span, line), message, hint);
            }
            None => findings.note("preheader-short", here, message, hint),
        }
    }
}
