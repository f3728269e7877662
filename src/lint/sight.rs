//! Whether everything can be read: contrast in light and in dark, size, and what is wider
//! than a phone.

use crate::compose::Colour;

use super::cascade::{self, Look, Scheme};
use super::page::Run;
use super::place::first_line;
use super::rule::{Findings, Spot};
use super::{View, quoted};

/// Least contrast of text (WCAG 2.2 §1.4.3).
const TEXT: f64 = 4.5;
/// Least contrast of large text: 24 CSS pixels, or 18.66 when it is bold.
const LARGE: f64 = 3.0;
/// Smallest text that is read on a phone without effort, in CSS pixels.
const SMALLEST: f64 = 14.0;
/// How many columns of short cells a phone of 375 CSS pixels shows in the built-in themes;
/// each further one takes some 70 to 96 pixels more.
const MOST_COLUMNS: usize = 4;

pub(super) fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    let light = cascade::looks(&view.page, Scheme::Light);
    contrast(view, &light, "contrast-light", findings);
    if cascade::knows_dark(&view.page) {
        let dark = cascade::looks(&view.page, Scheme::Dark);
        contrast(view, &dark, "contrast-dark", findings);
    }
    sizes(view, &light, findings);
    tables(view, findings);
}

/// The runs that are read, with the looks of their elements.
fn read<'a>(view: &'a View<'_>, looks: &'a [Look]) -> impl Iterator<Item = (&'a Run, &'a Look)> {
    let hidden = hidden(view, looks);
    let runs = view.page.runs.iter().filter(move |run| !hidden[run.element]);
    // A dot between two links is decoration.
    let says = |run: &&Run| run.text.chars().any(char::is_alphanumeric);
    runs.filter(says).map(|run| (run, &looks[run.element]))
}

/// For each element, whether it or one around it is hidden.
fn hidden(view: &View<'_>, looks: &[Look]) -> Vec<bool> {
    let mut all: Vec<bool> = Vec::with_capacity(looks.len());
    for (element, look) in view.page.elements.iter().zip(looks) {
        all.push(look.hidden || element.parent.is_some_and(|parent| all[parent]));
    }
    all
}

/// Words that look the same and cannot be read.
struct Group<'a> {
    colour: Colour,
    ground: Colour,
    is_large: bool,
    first: &'a Run,
    count: usize,
}

fn least(is_large: bool) -> f64 {
    if is_large { LARGE } else { TEXT }
}

fn contrast(view: &View<'_>, looks: &[Look], rule: &str, findings: &mut Findings<'_>) {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (run, look) in read(view, looks) {
        let Some(ground) = look.ground else { continue };
        let is_large = look.size >= 24.0 || look.size >= 18.66 && look.weight >= 700;
        if look.colour.contrast(ground) >= least(is_large) - 0.005 {
            continue;
        }
        let same = groups.iter_mut().find(|group| {
            group.colour == look.colour && group.ground == ground && group.is_large == is_large
        });
        match same {
            Some(group) => group.count += 1,
            None => groups.push(Group { colour: look.colour, ground, is_large, first: run, count: 1 }),
        }
    }
    let scheme = if rule == "contrast-dark" { " in the dark" } else { "" };
    for Group { colour, ground, is_large, first, count } in groups {
        let others = match count {
            1 => String::new(),
            2 => " and one more stretch".to_owned(),
            count => format!(" and {} more stretches", count - 1),
        };
        let ratio = colour.contrast(ground);
        findings.note(
            rule,
            || view.spot(&first.text, first.text.trim()),
            format!(
                "{}{others} can hardly be read{scheme}: {colour} on {ground} is {ratio:.1} to 1, and {} is the least",
                quoted(&view.shown(&first.text)),
                least(is_large),
            ),
            "set darker words on a light ground or lighter ones on a dark ground, in the theme's colours or where \
             they are given",
        );
    }
}

fn sizes(view: &View<'_>, looks: &[Look], findings: &mut Findings<'_>) {
    let mut told: Vec<(f64, &Run, usize)> = Vec::new();
    for (run, look) in read(view, looks) {
        let raised = |number: usize| {
            matches!(view.page.elements[number].name.as_str(), "sup" | "sub" | "code" | "kbd" | "samp")
        };
        if look.size >= SMALLEST - 0.01 || view.page.around(run.element).any(raised) {
            continue;
        }
        match told.iter_mut().find(|(size, _, _)| (size - look.size).abs() < 0.01) {
            Some((_, _, count)) => *count += 1,
            None => told.push((look.size, run, 1)),
        }
    }
    for (size, run, count) in told {
        let others = match count {
            1 => String::new(),
            2 => ", and so is one more stretch".to_owned(),
            count => format!(", and so are {} more stretches", count - 1),
        };
        let size = (size * 10.0).round() / 10.0;
        findings.note(
            "font-small",
            || view.spot(&run.text, run.text.trim()),
            format!("{} is {size} pixels high{others}", quoted(&view.shown(&run.text))),
            "set it in 14 pixels or more: less is hard to read on a phone",
        );
    }
}

fn tables(view: &View<'_>, findings: &mut Findings<'_>) {
    let article = view.letter.article;
    for table in view.places.tables.iter().filter(|table| table.columns > MOST_COLUMNS) {
        findings.note(
            "table-wide",
            || Spot::Article(first_line(article.source.text(), table.span)),
            format!("this table has {} columns, and a phone shows {MOST_COLUMNS} at once", table.columns),
            "leave out columns, turn the table round, or make each row an item of a list: nothing tells readers \
             that there is more beyond the edge",
        );
    }
}
