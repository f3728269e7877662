//! Whether the attributes of an element of MJML are those it has.

use super::elements::{self, Element, Holds};
use super::error::MarkupError;
use super::scan::{Attribute, Found};
use super::values::Kind;
use crate::problem::{Span, did_you_mean};

/// Most characters of a value that a message repeats.
const SHOWN: usize = 40;

/// Attributes without which an element says nothing.
const NEEDED: [(&str, &str); 4] =
    [("mj-breakpoint", "width"), ("mj-class", "name"), ("mj-font", "href"), ("mj-font", "name")];

/// Where the zeros of a padding end that have no unit.
///
/// The renderer reads lengths in pixels alone: after `0 24px` it takes a column for as
/// wide as if it had no padding, and Outlook draws it so.
pub(super) fn bare_zeros(attribute: &Attribute<'_>) -> Vec<usize> {
    let value = attribute.value.unwrap_or_default();
    let side = ["-left", "-right", "-top", "-bottom"].iter().any(|side| attribute.name.ends_with(side));
    // One zero for all sides does no harm.
    if !attribute.name.contains("padding") || (!side && value == "0") {
        return Vec::new();
    }
    let begin = attribute.span.end - 1 - value.len();
    let mut zeros = Vec::new();
    let mut at = begin;
    for length in value.split(' ') {
        at += length.len();
        if length == "0" {
            zeros.push(at);
        }
        at += 1;
    }
    zeros
}

/// Tells what is wrong with the attributes of `element`, which stands inside
/// `<mj-attributes>` if `preset`.
pub(super) fn check(
    element: &'static Element,
    tag: Span,
    attributes: &[Attribute<'_>],
    preset: bool,
    found: &mut Vec<Found>,
) {
    for attribute in attributes {
        let name_span = Span::new(attribute.span.start, attribute.span.start + attribute.name.len());
        let Some(kinds) = kinds(element, attribute.name, preset) else {
            found.push((unknown(element, attribute.name, preset), name_span));
            continue;
        };
        if let Some(instead) = elements::idle(element.name, attribute.name) {
            let (tag, name) = (element.name.to_owned(), attribute.name.to_owned());
            found.push((MarkupError::IdleAttribute { tag, name, instead }, name_span));
        }
        let Some(value) = attribute.value else {
            let what = format!("`{}` has no value", attribute.name);
            let instead = format!("write `{}=\"…\"`", attribute.name);
            found.push((MarkupError::Written { what, instead }, name_span));
            continue;
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| kind.takes(value)) {
            found.push((wrong(attribute.name, kinds[0], value), attribute.span));
        }
    }
    for (name, needed) in NEEDED {
        if name == element.name
            && !preset_element(element, preset)
            && !attributes.iter().any(|a| a.name == needed)
        {
            found.push((MarkupError::MissingAttribute { tag: name.to_owned(), name: needed }, tag));
        }
    }
}

/// Whether it stands for the attributes of an element and not for itself.
fn preset_element(element: &Element, preset: bool) -> bool {
    preset && element.name != "mj-class"
}

/// What the value of an attribute may be, any of these, or anything when there are none;
/// nothing when there is no such attribute.
fn kinds(element: &'static Element, name: &str, preset: bool) -> Option<Vec<&'static Kind>> {
    if let Some(kind) = element.attribute(name) {
        return Some(vec![kind]);
    }
    if elements::EVERYWHERE.contains(&name) && has_those_of_all(element, preset) {
        return Some(Vec::new());
    }
    let anywhere: Vec<&Kind> =
        if is_for_all(element) { elements::anywhere(name).collect() } else { Vec::new() };
    (!anywhere.is_empty()).then_some(anywhere)
}

fn is_for_all(element: &Element) -> bool {
    matches!(element.name, "mj-all" | "mj-class")
}

/// Whether it has the attributes that elements of a body have.
fn has_those_of_all(element: &Element, preset: bool) -> bool {
    let in_head = element.holds == Holds::Words && element.name != "mj-accordion-title";
    !elements::BARE.contains(&element.name)
        && !in_head
        && (preset || !matches!(element.name, "mjml" | "mj-breakpoint" | "mj-font"))
}

fn unknown(element: &'static Element, name: &str, preset: bool) -> MarkupError {
    let known: Vec<&str> = if is_for_all(element) {
        elements::attributes()
    } else {
        element.attributes.iter().map(|(name, _)| *name).collect()
    };
    let everywhere = if has_those_of_all(element, preset) { &elements::EVERYWHERE[..] } else { &[] };
    let meant =
        spelt_otherwise(name).filter(|meant| known.iter().chain(everywhere).any(|name| name == meant));
    let near =
        meant.or_else(|| did_you_mean(name, known.iter().chain(everywhere).copied())).map(str::to_owned);
    let known = if is_for_all(element) { vec!["the attributes of all elements"] } else { known };
    MarkupError::UnknownAttribute { tag: element.name.to_owned(), name: name.to_owned(), near, known }
}

/// What those mean who write what HTML and CSS call it.
fn spelt_otherwise(name: &str) -> Option<&'static str> {
    Some(match name {
        "class" => "css-class",
        "bgcolor" | "background" => "background-color",
        "text-align" => "align",
        "valign" => "vertical-align",
        "colour" => "color",
        _ => return None,
    })
}

fn wrong(name: &str, kind: &Kind, value: &str) -> MarkupError {
    let mut found: String = value.chars().take(SHOWN).collect();
    if found.len() < value.len() {
        found.push('…');
    }
    let near = match kind {
        Kind::Colour => did_you_mean(value, elements::colours().iter().copied()),
        kind => did_you_mean(value, kind.words().iter().copied().filter(|word| !word.is_empty())),
    };
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let near = match kind {
        Kind::Length { units, .. } if digits && units.contains(&"px") => Some(format!("{value}px")),
        Kind::Length { .. } => None,
        _ => near.map(str::to_owned),
    };
    MarkupError::Value { name: name.to_owned(), expected: kind.expected(), found, near }
}
