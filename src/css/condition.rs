//! What at-rules ask for, and whether it is so: yes, no, or nobody knows.

use super::sheet::{find, split};

/// How deep conditions may stand in each other.
const DEEPEST: usize = 8;

/// Whether what stands in an at-rule such as `@media (min-width: 40em)` counts.
///
/// Everybody looks at a screen and has a browser that knows what others know. What else a
/// media query asks for, such as `min-width: 40em`, `ask` answers, in lower case; none
/// means that nobody knows.
pub(crate) fn holds(at_rule: &str, ask: &mut dyn FnMut(&str) -> Option<bool>) -> Option<bool> {
    let at_rule = at_rule.to_ascii_lowercase();
    let asked = |name: &str| {
        let rest = at_rule.strip_prefix(name)?;
        (!rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')).then_some(rest)
    };
    if let Some(queries) = asked("@media") {
        media(queries, ask)
    } else if let Some(condition) = asked("@supports") {
        all_of(condition, 0, &mut |term| supports(term))
    } else {
        asked("@layer").map(|_| true)
    }
}

/// Whether a list of media queries, as the attribute `media` has them, counts.
fn media(queries: &str, ask: &mut dyn FnMut(&str) -> Option<bool>) -> Option<bool> {
    if queries.trim().is_empty() {
        return Some(true);
    }
    let queries = queries.to_ascii_lowercase();
    let mut read = |term: &str| match term.strip_prefix('(').map(|inside| inside.trim_end_matches(')')) {
        Some(feature) => ask(feature.trim()),
        None => Some(matches!(term, "all" | "screen")),
    };
    let each = split(&queries, b',').map(|query| {
        let query = query.strip_prefix("only ").unwrap_or(query);
        all_of(query, 0, &mut read)
    });
    each.fold(Some(false), either)
}

/// The widths at which the answers of a list of media queries change, in CSS pixels.
pub(crate) fn widths(at_rule: &str) -> Vec<f64> {
    let mut found = Vec::new();
    holds(at_rule, &mut |feature| {
        if let Some((least, most)) = bounds(feature) {
            found.extend([least, most].into_iter().filter(|width| width.is_finite()));
        }
        None
    });
    found
}

/// Whether a window `wide` enough in CSS pixels has what a media query asks for; none
/// when that is no width. A window of no width has none.
pub(crate) fn fits(feature: &str, wide: Option<f64>) -> Option<bool> {
    let (least, most) = bounds(feature)?;
    Some(wide.is_some_and(|wide| (least..=most).contains(&wide)))
}

/// The outermost layers that an at-rule names, in their order; none when it is no layer.
pub(crate) fn layers(at_rule: &str) -> Option<impl Iterator<Item = &str>> {
    let name = at_rule.get(.."@layer".len())?;
    let names = at_rule["@layer".len()..].split(',');
    name.eq_ignore_ascii_case("@layer").then(|| names.map(|name| name.trim().split('.').next().unwrap_or("")))
}

fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    if one == Some(true) || other == Some(true) { Some(true) } else { one.and(other) }
}

fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    if one == Some(false) || other == Some(false) { Some(false) } else { one.and(other) }
}

/// Reads `a and b`, `a or b` or `not a`, of which `read` knows the terms.
fn all_of(text: &str, depth: usize, read: &mut dyn FnMut(&str) -> Option<bool>) -> Option<bool> {
    let text = text.trim();
    if depth > DEEPEST {
        return None;
    }
    if let Some(rest) = text.strip_prefix("not").filter(|rest| rest.starts_with([' ', '(', '\n', '\t'])) {
        return all_of(rest, depth + 1, read).map(|holds| !holds);
    }
    let mut terms = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // A term ends at white space that stands in no parentheses.
        let end = [b' ', b'\n', b'\t', b'\r'];
        let at = find(rest, &end).unwrap_or(rest.len());
        terms.push(&rest[..at]);
        rest = rest[at..].trim_start();
    }
    let mut value = |term: &str| {
        let inside = term.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).map(str::trim);
        match inside {
            Some(inside)
                if inside.starts_with('(') || inside.starts_with("not ") || inside.starts_with("not(") =>
            {
                all_of(inside, depth + 1, read)
            }
            _ => read(term),
        }
    };
    let mut terms = terms.into_iter();
    let mut so_far = value(terms.next()?);
    while let Some(word) = terms.next() {
        // What is not understood is true for nobody (Media Queries 4 §3.2).
        let Some(term) = terms.next() else { return Some(false) };
        let more = if term == "not" {
            terms.next().map(|term| value(term).map(|holds| !holds))
        } else {
            Some(value(term))
        };
        let Some(more) = more else { return Some(false) };
        so_far = match word {
            "and" => both(so_far, more),
            "or" => either(so_far, more),
            _ => return Some(false),
        };
    }
    so_far
}

/// Whether browsers know a declaration; of those with the prefix of one, nobody knows.
fn supports(term: &str) -> Option<bool> {
    let (property, value) = term.strip_prefix('(')?.split_once(':')?;
    let property = property.trim();
    (property.starts_with("--") || !(property.starts_with('-') || value.trim_start().starts_with('-')))
        .then_some(true)
}

/// The least and the most width that `min-width: 40em` or `400px <= width < 60em` asks
/// for, in CSS pixels.
fn bounds(feature: &str) -> Option<(f64, f64)> {
    let is_width = |name: &str| matches!(name.trim(), "width" | "device-width");
    if let Some((name, value)) = feature.split_once(':') {
        let value = length(value)?;
        let name = name.trim();
        return match (name.strip_prefix("min-"), name.strip_prefix("max-")) {
            (Some(name), _) if is_width(name) => Some((value, f64::INFINITY)),
            (_, Some(name)) if is_width(name) => Some((f64::NEG_INFINITY, value)),
            (None, None) if is_width(name) => Some((value, value)),
            _ => None,
        };
    }
    let parts: Vec<&str> = feature.split(['<', '>', '=']).filter(|part| !part.trim().is_empty()).collect();
    let mut signs = feature.chars().filter(|c| matches!(c, '<' | '>'));
    let (first, second) = (signs.next()?, signs.next());
    match (parts.as_slice(), second) {
        ([name, value], None) if is_width(name) => Some(side(length(value)?, first == '>')),
        ([value, name], None) if is_width(name) => Some(side(length(value)?, first == '<')),
        ([one, name, other], Some(second)) if is_width(name) && first == second => {
            let (one, other) = (length(one)?, length(other)?);
            Some(if first == '<' { (one, other) } else { (other, one) })
        }
        _ => None,
    }
}

fn side(value: f64, is_least: bool) -> (f64, f64) {
    if is_least { (value, f64::INFINITY) } else { (f64::NEG_INFINITY, value) }
}

/// A length in CSS pixels.
fn length(value: &str) -> Option<f64> {
    let value = value.trim();
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let times = match &value[number.len()..] {
        "px" => 1.0,
        "em" | "rem" => 16.0,
        "pt" => 4.0 / 3.0,
        "" if number == "0" => 0.0,
        _ => return None,
    };
    number.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number * times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screens_layers_and_what_every_browser_has_are_no_conditions() {
        for (at_rule, expected) in [
            ("@media screen", Some(true)),
            ("@MEDIA Only Screen", Some(true)),
            ("@media", Some(true)),
            ("@media all", Some(true)),
            ("@media print", Some(false)),
            ("@media not print", Some(true)),
            ("@media not all", Some(false)),
            ("@media print, screen", Some(true)),
            ("@media print and (color)", Some(false)),
            ("@media screen and (color)", None),
            ("@media screen and (hover), all", Some(true)),
            ("@media screen yahoo", Some(false)),
            ("@media (no)", Some(false)),
            ("@media not (no)", Some(true)),
            ("@media screen and (not (no))", Some(true)),
            ("@media screen and not (no)", Some(true)),
            ("@media ((no) or (yes)) and (yes)", Some(true)),
            ("@media (yes) and (color)", None),
            ("@layer a, b", Some(true)),
            ("@supports (display:grid)", Some(true)),
            ("@supports not (display: grid)", Some(false)),
            ("@supports (display:grid) and (not (display:inline-grid))", Some(false)),
            ("@supports (-ms-ime-align:auto)", None),
            ("@supports not (-ms-ime-align:auto)", None),
            ("@supports selector(:has(a))", None),
            ("@supports (display:grid) or (-x:y)", Some(true)),
            ("@container (width > 3px)", None),
            ("@mediax", None),
        ] {
            let mut ask = |feature: &str| match feature {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            };
            assert_eq!(holds(at_rule, &mut ask), expected, "{at_rule}");
        }
        let deep = format!("@media {}(yes){}", "(".repeat(10_000), ")".repeat(10_000));
        assert_eq!(holds(&deep, &mut |_| Some(true)), None);
    }

    #[test]
    fn widths_are_read_in_all_their_ways() {
        for (feature, at, expected) in [
            ("min-width: 600px", Some(600.0), Some(true)),
            ("min-width: 600px", Some(599.0), Some(false)),
            ("max-device-width:40em", Some(640.0), Some(true)),
            ("max-width:30rem", Some(481.0), Some(false)),
            ("max-width:30rem", None, Some(false)),
            ("width >= 600px", Some(700.0), Some(true)),
            ("600px > width", Some(700.0), Some(false)),
            ("400px <= width < 60em", Some(500.0), Some(true)),
            ("60em > width > 400px", Some(399.0), Some(false)),
            ("width: 0", Some(1.0), Some(false)),
            ("min-height: 3px", Some(1.0), None),
            ("min-width: calc(1px + 2px)", Some(1.0), None),
            ("hover", Some(1.0), None),
        ] {
            assert_eq!(fits(feature, at), expected, "{feature}");
        }
        assert_eq!(widths("@media (min-width:10px) and (max-width:2em), print"), [10.0, 32.0]);
    }

    #[test]
    fn layers_are_named_by_the_outermost() {
        let names = |text| layers(text).map(Iterator::collect::<Vec<_>>);
        assert_eq!(names("@layer base, a.b"), Some(vec!["base", "a"]));
        assert_eq!(names("@layer"), Some(vec![""]));
        assert_eq!(names("@media x"), None);
    }
}
