//! What the style sheets and styles of a page come to: colours, sizes and what is
//! hidden, element by element.

use crate::compose::Colour;
use crate::css::{self, Declaration, Selector, Sheet};

use super::page::{Element, Page};

/// A window that is wide, in CSS pixels.
const WIDE: f64 = 10_000.0;

/// How a reader looks at a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Light,
    Dark,
}

/// What an element looks like.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    pub(super) colour: Colour,
    /// None when it is not one colour: a picture, a gradient, something translucent.
    pub(super) ground: Option<Colour>,
    /// In CSS pixels.
    pub(super) size: f64,
    pub(super) weight: u16,
    pub(super) hidden: bool,
}

/// Whether any style sheet says something for readers who look at mail in the dark.
pub(super) fn knows_dark(page: &Page) -> bool {
    let mut rules = page.sheets.iter().flat_map(|sheet| sheet.rules.iter().map(move |rule| (sheet, rule)));
    rules.any(|(sheet, rule)| {
        sheet.around(rule.within).any(|at_rule| asks_for_dark(&at_rule.to_ascii_lowercase()))
    })
}

fn asks_for_dark(query: &str) -> bool {
    query.split_whitespace().collect::<String>().contains("prefers-color-scheme:dark")
}

/// Whether what stands in these at-rules counts for a wide window in `scheme`. What is no
/// media query few mail programs know.
fn counts(sheet: &Sheet, within: Option<usize>, scheme: Scheme) -> bool {
    let mut ask = |feature: &str| {
        Some(if asks_for_dark(feature) {
            scheme == Scheme::Dark
        } else {
            let narrow = feature.starts_with("max-") || css::fits(feature, Some(WIDE)) == Some(false);
            !narrow && !["prefers-", "hover", "min-device"].iter().any(|known| feature.contains(known))
        })
    };
    sheet.around(within).all(|at_rule| {
        let is_media = at_rule.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("@media"));
        is_media && css::holds(at_rule, &mut ask) == Some(true)
    })
}

/// The properties that matter here.
fn matters(property: &str) -> bool {
    matches!(
        property,
        "color"
            | "background"
            | "background-color"
            | "background-image"
            | "font"
            | "font-size"
            | "font-weight"
            | "display"
            | "visibility"
            | "opacity"
            | "max-height"
    )
}

/// How strong a declaration is: important, inline, and then the selector's specificity.
type Weight = (bool, bool, (usize, usize, usize));

/// Works out the look of every element of `page`.
pub(super) fn looks(page: &Page, scheme: Scheme) -> Vec<Look> {
    let mut declared: Vec<Vec<(Weight, Declaration)>> = vec![Vec::new(); page.elements.len()];
    let rules = page.sheets.iter().flat_map(|sheet| sheet.rules.iter().map(move |rule| (sheet, rule)));
    for (sheet, rule) in rules {
        let declarations: Vec<&Declaration> =
            rule.declarations.iter().filter(|one| matters(&one.property)).collect();
        if declarations.is_empty() || !counts(sheet, rule.within, scheme) {
            continue;
        }
        for selector in rule.selectors.iter().filter_map(|text| Selector::parse(text)) {
            let matches = |number: &usize| selector.matches(page, *number, &mut { usize::MAX });
            for number in (0..page.elements.len()).filter(matches) {
                let weighed =
                    |one: &&Declaration| ((one.important, false, selector.specificity()), (*one).clone());
                declared[number].extend(declarations.iter().map(weighed));
            }
        }
    }
    let mut looks: Vec<Look> = Vec::with_capacity(page.elements.len());
    for (element, mut declared) in page.elements.iter().zip(declared) {
        if let Some(style) = element.attribute("style") {
            let own = css::declarations(style).into_iter().filter(|one| matters(&one.property));
            declared.extend(own.map(|one| ((one.important, true, (0, 0, 0)), one)));
        }
        // Later ones win among equals.
        declared.sort_by_key(|(weight, _)| *weight);
        let parent = element.parent.map_or_else(Look::begin, |parent| looks[parent].clone());
        looks.push(look(element, &declared, parent));
    }
    looks
}

impl Look {
    /// What a page is without any style.
    fn begin() -> Self {
        let ground = Colour::parse("#FFFFFF");
        Self { colour: Colour::BLACK, ground, size: 16.0, weight: 400, hidden: false }
    }
}

fn look(element: &Element, declared: &[(Weight, Declaration)], parent: Look) -> Look {
    let outer = parent.clone();
    let mut look = parent;
    by_name(&element.name, &mut look, &outer);
    if let Some(colour) = element.attribute("bgcolor").and_then(colour) {
        look.ground = colour.or(look.ground);
    }
    if let Some(Some(colour)) = element.attribute("color").and_then(colour) {
        look.colour = colour;
    }
    if element.attribute("background").is_some() {
        look.ground = None;
    }
    if element.attribute("hidden").is_some() {
        look.hidden = true;
    }
    for (_, Declaration { property, value, .. }) in declared {
        declare(&mut look, &outer, property, value);
    }
    look
}

/// What the name of an element alone says.
fn by_name(name: &str, look: &mut Look, outer: &Look) {
    let times = match name {
        "h1" => 2.0,
        "h2" => 1.5,
        "h3" => 1.17,
        "small" | "sub" | "sup" => 0.83,
        _ => 1.0,
    };
    look.size = outer.size * times;
    if matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "b" | "strong" | "th") {
        look.weight = 700;
    }
    if matches!(name, "head" | "script" | "style" | "title" | "template") {
        look.hidden = true;
    }
}

fn declare(look: &mut Look, outer: &Look, property: &str, value: &str) {
    match property {
        "color" => match colour(value) {
            Some(Some(colour)) => look.colour = colour,
            // Translucent words are the colour of what is behind them in part: the ground
            // is taken for unknown, and nothing is said.
            Some(None) => look.ground = None,
            None if value.eq_ignore_ascii_case("inherit") => look.colour = outer.colour,
            None => {}
        },
        "background-color" | "background" => background(look, outer, value),
        "background-image" if !value.eq_ignore_ascii_case("none") => look.ground = None,
        "font-size" => look.size = size(value, outer.size).unwrap_or(look.size),
        "font-weight" => look.weight = weight(value).unwrap_or(look.weight),
        "font" => {
            for word in css::split(value, b' ') {
                let first = word.split('/').next().unwrap_or_default();
                if let Some(size) = size(first, outer.size).filter(|_| weight(first).is_none()) {
                    look.size = size;
                    break;
                }
                look.weight = weight(word).unwrap_or(look.weight);
            }
        }
        "display" if value.eq_ignore_ascii_case("none") => look.hidden = true,
        // Something shown again within what is hidden stays hidden.
        "display" => look.hidden = outer.hidden,
        "visibility" => look.hidden = outer.hidden || value.eq_ignore_ascii_case("hidden"),
        "opacity" | "max-height" if value.trim_end_matches("px").parse() == Ok(0.0) => look.hidden = true,
        "opacity" if value.parse().is_ok_and(|value: f64| value < 1.0) => look.ground = None,
        _ => {}
    }
}

fn background(look: &mut Look, outer: &Look, value: &str) {
    let lower = value.to_ascii_lowercase();
    if lower.contains("url(") || lower.contains("gradient(") {
        look.ground = None;
        return;
    }
    for word in css::split(value, b' ') {
        if word.eq_ignore_ascii_case("transparent") {
            look.ground = outer.ground;
        } else if let Some(colour) = colour(word) {
            look.ground = colour;
        }
    }
}

/// A length in CSS pixels.
pub(super) fn size(value: &str, outer: f64) -> Option<f64> {
    let value = value.trim().to_ascii_lowercase();
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    let figure = || number.parse::<f64>().ok();
    match &value[number.len()..] {
        "px" => figure(),
        "em" => figure().map(|times| times * outer),
        "rem" => figure().map(|times| times * 16.0),
        "pt" => figure().map(|points| points * 4.0 / 3.0),
        "%" => figure().map(|share| share * outer / 100.0),
        "small" => Some(13.0),
        "x-small" => Some(10.0),
        "xx-small" => Some(9.0),
        "smaller" => Some(outer * 0.83),
        "medium" => Some(16.0),
        "large" => Some(18.0),
        "larger" => Some(outer * 1.2),
        "x-large" => Some(24.0),
        "xx-large" => Some(32.0),
        _ => None,
    }
}

fn weight(value: &str) -> Option<u16> {
    match value {
        "bold" | "bolder" => Some(700),
        "normal" | "lighter" => Some(400),
        _ => value.parse().ok().filter(|weight| (100..=900).contains(weight)),
    }
}

/// A colour as CSS writes it: none when it is no colour, and none within when it is one
/// that lets something through.
#[expect(clippy::option_option, reason = "no colour and no opaque colour are two things")]
pub(super) fn colour(value: &str) -> Option<Option<Colour>> {
    let value = value.trim().to_ascii_lowercase();
    if let Some(colour) = Colour::parse(&value) {
        return Some(Some(colour));
    }
    if value.starts_with('#') {
        return matches!(value.len(), 5 | 9).then_some(None);
    }
    if let Some(inside) = value.strip_prefix("rgb").and_then(|rest| rest.strip_suffix(')')) {
        let inside = inside.trim_start_matches('a').trim_start_matches('(');
        let parts: Vec<&str> =
            inside.split([',', ' ', '/']).map(str::trim).filter(|part| !part.is_empty()).collect();
        let alpha = parts.get(3).is_some_and(|alpha| !matches!(*alpha, "1" | "1.0" | "100%"));
        if alpha {
            return Some(None);
        }
        let channel = |text: &str| text.parse::<u8>().ok();
        let [red, green, blue] = [0, 1, 2].map(|at| parts.get(at).copied().and_then(channel));
        return Some(Colour::parse(&format!("#{:02x}{:02x}{:02x}", red?, green?, blue?)));
    }
    if value.starts_with("hsl") || value.contains("color(") {
        return Some(None);
    }
    let named = NAMES.iter().find(|(name, _)| *name == value)?;
    Some(Colour::parse(named.1))
}

/// The sixteen names of HTML, and the few others that mails use (CSS Color 4 §6.1).
const NAMES: [(&str, &str); 24] = [
    ("black", "#000000"),
    ("silver", "#C0C0C0"),
    ("gray", "#808080"),
    ("grey", "#808080"),
    ("white", "#FFFFFF"),
    ("maroon", "#800000"),
    ("red", "#FF0000"),
    ("purple", "#800080"),
    ("fuchsia", "#FF00FF"),
    ("green", "#008000"),
    ("lime", "#00FF00"),
    ("olive", "#808000"),
    ("yellow", "#FFFF00"),
    ("navy", "#000080"),
    ("blue", "#0000FF"),
    ("teal", "#008080"),
    ("aqua", "#00FFFF"),
    ("orange", "#FFA500"),
    ("lightgray", "#D3D3D3"),
    ("lightgrey", "#D3D3D3"),
    ("darkgray", "#A9A9A9"),
    ("dimgray", "#696969"),
    ("whitesmoke", "#F5F5F5"),
    ("pink", "#FFC0CB"),
];
