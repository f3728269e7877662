//! Reads plain text as it is pasted from a page or typed in an editor.
//!
//! Plain text has no marks, so title, headings, lists and quotations are inferred from
//! how its lines stand to each other. Every inference is told as a [`Guess`]; no word of
//! the article is dropped but the left-overs of the page, and those are told too.

mod body;
pub(super) mod byline;
mod capitals;
pub(super) mod chrome;
mod lines;
mod list;
mod navigation;
mod outline;
mod phrases;
mod remnants;
mod ruled;
mod sharing;
mod stamps;
mod surroundings;
mod tabs;
mod text;

use self::capitals::Cases;
use self::lines::Line;
use super::findings::Findings;
use super::{ArticleError, Body, Chrome, Guess, Meta, Placed, Read, ReadOptions};
use crate::fields::Notation;
use crate::problem::Span;
use crate::tags::Mask;

/// Most lines that may make a byline.
const BYLINES: usize = 6;
/// Longest title in characters.
const LONGEST_TITLE: usize = 120;
/// Widest line that may have been broken by hand, in characters.
const WRAPPED: usize = 100;
/// Narrowest column anybody breaks lines at, in characters.
const SHORTEST_WRAP: usize = 50;
/// Fewest lines with a space before their end that show paragraphs to be marked so.
const FLOWED: usize = 3;
/// Longest text shown with a guess, in characters.
const SHOWN: usize = 80;

/// Why a line under a text or its title is left out.
pub(super) const LEFT_OVER: &str = "left out: left-over of the page";

/// Reads a body.
pub(super) fn read(
    body: &Body<'_>,
    mask: &Mask,
    meta: Meta,
    merge: bool,
    options: &ReadOptions,
    findings: &mut Findings,
) -> Read {
    if !merge {
        warn_of_tags(body, meta.notation, findings);
    }
    let mut lines = lines::split(body.text());
    if merge {
        lines = set_controls_apart(lines, mask);
    }
    let mut reader = Reader {
        body,
        mask,
        meta,
        guesses: Vec::new(),
        column: None,
        divides: false,
        chrome: options.chrome,
        flowed: false,
    };
    if let Some((clean, span)) = remnants::decoded(&lines) {
        reader.guess(span, "decoded: the quoted-printable of a mail's source", "");
        lines = clean;
    }
    remnants::with_bullets(&mut lines);
    ruled::open_boxes(&mut lines);
    if let Some(span) = remnants::side_by_side(&lines) {
        findings.error(ArticleError::SideBySide, body.original(span));
    }
    if options.chrome == Chrome::Cut {
        lines = reader.leave_out_pages(lines);
        lines = reader.leave_out_stamps(lines);
        lines = reader.leave_out_mail(lines, findings);
    }
    reader.flowed = is_flowed(&lines);
    if options.chrome == Chrome::Cut {
        let kept = chrome::article(&lines);
        for (at, line) in lines.iter().enumerate().filter(|(at, line)| !kept.contains(at) && !line.is_blank())
        {
            let what = if at < kept.start { "left out: navigation of the page" } else { LEFT_OVER };
            reader.guess(line.span, what, &line.text);
        }
        lines = lines[kept].to_vec();
    }
    let start = reader.head(&mut lines);
    let blocks = reader.blocks(&lines[start..]);
    let Reader { meta, mut guesses, .. } = reader;
    guesses.sort_by_key(|guess| guess.span.start);
    Read { meta, blocks, footnotes: Vec::new(), guesses }
}

/// Warns of merge tags where they are shown as typed.
pub(super) fn warn_of_tags(body: &Body<'_>, notation: Notation, findings: &mut Findings) {
    let text = body.text();
    for opening in ["{{ subscriber.", "{{subscriber.", "{% if subscriber."] {
        if let Some(at) = text.find(opening) {
            let span = body.original(Span::new(at, at + opening.len()));
            return findings.warning(ArticleError::LiteralTags(notation), span);
        }
    }
}

/// Whether a mail program marked where paragraphs go on: many lines end with a space, and
/// none is longer than such programs write.
fn is_flowed(lines: &[Line]) -> bool {
    let filled = lines.iter().filter(|line| !line.is_blank());
    let flowed = filled.clone().filter(|line| line.flowed).count();
    let long = filled.clone().any(|line| line.width() > WRAPPED);
    flowed >= FLOWED && flowed * 4 >= filled.count() && !long
}

/// Puts blank lines around controls, so that they join no paragraph.
fn set_controls_apart(lines: Vec<Line>, mask: &Mask) -> Vec<Line> {
    let mut out = Vec::with_capacity(lines.len());
    for line in lines {
        if mask.only_control(&line.text).is_some() {
            let (before, after) = (Line::blank_at(line.span.start), Line::blank_at(line.span.end));
            out.extend([before, line, after]);
        } else {
            out.push(line);
        }
    }
    out
}

/// Whether a later line gives another day in the form of the line at `at`: such lines head
/// the entries of a diary.
fn recurs(lines: &[Line], at: usize) -> bool {
    let form = byline::form(&lines[at].text);
    let longest = 2 * LONGEST_TITLE;
    lines[at + 1..].iter().any(|line| {
        line.text.len() <= longest
            && byline::form(&line.text) == form
            && byline::read(&line.text).is_some_and(|said| said.date.is_some())
    })
}

struct Reader<'a> {
    body: &'a Body<'a>,
    mask: &'a Mask,
    meta: Meta,
    guesses: Vec<Guess>,
    /// The width at which the text is broken into lines, if it is.
    column: Option<usize>,
    /// Whether words are divided at the ends of lines.
    divides: bool,
    chrome: Chrome,
    /// Whether spaces before line ends say that paragraphs go on.
    flowed: bool,
}

impl Reader<'_> {
    fn guess(&mut self, span: Span, what: impl Into<String>, text: &str) {
        let text = self.mask.restore(text);
        let shown = match text.char_indices().nth(SHOWN) {
            Some((cut, _)) => format!("{}…", &text[..cut]),
            None => text,
        };
        self.guesses.push(Guess { span: self.body.original(span), what: what.into(), text: shown });
    }

    /// Takes title and byline off the top; gives the line at which the rest begins.
    ///
    /// Nothing but bylines may stand between the two: further down, a name or a day
    /// belongs to the text.
    fn head(&mut self, lines: &mut [Line]) -> usize {
        let mut start = 0;
        let mut titled = self.meta.title.is_some();
        let mut sought = true;
        let mut bylines = Vec::new();
        let mut at = 0;
        while at < lines.len() && bylines.len() < BYLINES {
            if lines[at].is_blank() {
                at += 1;
            } else if let Some(said) = byline::read(&lines[at].text) {
                if said.date.is_some() && recurs(lines, at) {
                    break;
                }
                bylines.push((said, at));
                at += 1;
            } else if let Some(buttons) = self.buttons(lines, at, titled) {
                at += buttons;
            } else if sought && let Some((value, taken, why)) = self.title(lines, at) {
                (titled, sought) = (true, false);
                let line = lines[at].clone();
                start = at + taken;
                at = start;
                let shouted = outline::is_all_capitals(&value);
                let value = if shouted { Cases::of(lines).calm(&value) } else { value };
                let also = if shouted { ", written in capitals" } else { "" };
                self.guess(line.span, format!("title: {why}{also}"), &line.text);
                let span = self.body.original(line.span);
                self.meta.title.get_or_insert(Placed { value, span });
            } else {
                break;
            }
        }
        if titled {
            for (said, at) in bylines {
                let blank = Line::blank_at(lines[at].span.start);
                let line = std::mem::replace(&mut lines[at], blank);
                self.byline(said, &line);
            }
        }
        start
    }

    /// Takes the buttons to share a text off the lines from `at`; gives how many it took.
    fn buttons(&mut self, lines: &mut [Line], at: usize, titled: bool) -> Option<usize> {
        let cut = titled && self.chrome == Chrome::Cut;
        let taken = if cut { sharing::buttons(&lines[at..]) } else { 0 };
        for line in lines[at..at + taken].iter_mut().filter(|line| !line.is_blank()) {
            self.guess(line.span, LEFT_OVER, &line.text);
            *line = Line::blank_at(line.span.start);
        }
        (taken > 0).then_some(taken)
    }

    fn byline(&mut self, said: byline::Byline, line: &Line) {
        let span = self.body.original(line.span);
        let mut what = Vec::new();
        if let Some(value) = said.author {
            what.push("author");
            self.meta.author.get_or_insert(Placed { value, span });
        }
        if let Some(value) = said.date {
            what.push("date");
            self.meta.date.get_or_insert(Placed { value, span });
        }
        if said.reading_time {
            what.push("reading time");
        }
        self.guess(line.span, format!("{}: not part of the text", what.join(", ")), &line.text);
    }

    /// The title at line `at`, how many lines it takes, and why it is one.
    fn title(&self, lines: &[Line], at: usize) -> Option<(String, usize, &'static str)> {
        let line = &lines[at];
        let text = line.text.as_str();
        if let Some(known) = &self.meta.title {
            let bare = text.trim_start_matches("# ");
            return super::markdown::same(&known.value, bare)
                .then(|| (text.to_owned(), 1, "the same as in the front matter"));
        }
        let named = text.get(..6).is_some_and(|label| label.eq_ignore_ascii_case("title:"));
        if named && !text[6..].trim().is_empty() {
            return Some((text[6..].trim().to_owned(), 1, "named so"));
        }
        if let Some(marked) = text.strip_prefix("# ") {
            return Some((marked.trim_end_matches('#').trim().to_owned(), 1, "marked with #"));
        }
        let next = lines.get(at + 1).filter(|next| !next.is_blank());
        if next.is_some_and(|next| outline::is_underline(&next.text).is_some()) {
            return Some((text.to_owned(), 2, "underlined"));
        }
        let word = next.map_or("", |next| next.text.split(' ').next().unwrap_or_default());
        // A first line that is broken where the next word would not have fitted begins a
        // paragraph.
        let wrapped = next.is_some_and(|next| {
            byline::read(&next.text).is_none()
                && next.width() <= WRAPPED
                && line.width() + 1 + word.chars().count() > next.width().max(SHORTEST_WRAP)
        });
        let fits = line.width() <= LONGEST_TITLE
            && !lines::ends_with(text, &['.', ',', ';', ':'])
            && text.chars().any(char::is_alphabetic)
            && !text.contains("://")
            && !list::begins(lines, at)
            && self.mask.only_control(text).is_none()
            && body::quoted(text).is_none()
            && !wrapped;
        fits.then(|| (text.to_owned(), 1, "the first line"))
    }
}

#[cfg(test)]
mod tests;
