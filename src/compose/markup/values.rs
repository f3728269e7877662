//! What the values of attributes may be.

use super::elements;

/// The kind of an attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A colour by its name, as `#RRGGBB` or as `rgb(…)`.
    Colour,
    /// One of these words.
    Word(Vec<&'static str>),
    /// So many lengths in these units.
    Length {
        /// May be empty for plain numbers, and `auto`.
        units: Vec<&'static str>,
        /// At most this many.
        most: usize,
        /// Whether they may be below zero.
        negative: bool,
    },
}

impl Kind {
    /// Reads the name of a kind as npm mjml writes it: `unit(px,%){1,4}`.
    pub(super) fn named(name: &'static str) -> Option<Self> {
        let (kind, rest) = name.split_once('(').unwrap_or((name, ""));
        let (inner, counts) = rest.split_once(')').unwrap_or((rest, ""));
        let words = || inner.split(',').collect();
        Some(match kind {
            "string" => Self::Text,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "color" => Self::Colour,
            "enum" => Self::Word(words()),
            "unit" | "unitWithNegative" => {
                let most = counts.trim_matches(['{', '}']).rsplit(',').next().unwrap_or_default();
                Self::Length {
                    units: words(),
                    most: if counts.is_empty() { 1 } else { most.parse().ok()? },
                    negative: kind != "unit",
                }
            }
            _ => return None,
        })
    }

    /// Whether `value` is of this kind.
    pub(super) fn takes(&self, value: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Boolean => matches!(value, "true" | "false"),
            Self::Integer => !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()),
            Self::Colour => is_colour(value),
            Self::Word(words) => words.contains(&value),
            Self::Length { units, most, negative } => {
                let mut lengths = value.split(' ').filter(|length| !length.is_empty());
                let count = lengths.clone().count();
                (1..=*most).contains(&count) && lengths.all(|length| is_length(length, units, *negative))
            }
        }
    }

    /// What stands after "expected".
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Integer => "a whole number".to_owned(),
            Self::Colour => "a colour such as `#0F5F63`".to_owned(),
            Self::Word(words) => either(words.iter().copied().filter(|word| !word.is_empty()), ""),
            Self::Length { units, most, .. } => {
                let named = units.iter().copied().filter(|unit| !unit.is_empty() && *unit != "auto");
                let bare = if units.contains(&"") { ["1.5"].as_slice() } else { &[] };
                let auto = if units.contains(&"auto") { ["auto"].as_slice() } else { &[] };
                let examples: Vec<String> = named
                    .map(|unit| format!("{}{unit}", if unit == "em" { "0.1" } else { "10" }))
                    .chain(bare.iter().chain(auto).map(|word| (*word).to_owned()))
                    .collect();
                let examples = either(examples.iter().map(String::as_str), "");
                match most {
                    1 => format!("a length such as {examples}"),
                    most => format!("one to {} lengths such as {examples}", spelled(*most)),
                }
            }
        }
    }

    /// The words there are, when there are only some.
    pub(super) fn words(&self) -> &[&'static str] {
        match self {
            Self::Word(words) => words,
            _ => &[],
        }
    }
}

fn spelled(number: usize) -> String {
    match number {
        2 => "two".to_owned(),
        3 => "three".to_owned(),
        4 => "four".to_owned(),
        number => number.to_string(),
    }
}

/// `a`, `b` or `c`.
fn either<'a>(words: impl Iterator<Item = &'a str>, empty: &str) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => empty.to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn is_length(length: &str, units: &[&str], negative: bool) -> bool {
    if length == "0" || (length == "auto" && units.contains(&"auto")) {
        return true;
    }
    let length = length.strip_prefix('-').filter(|_| negative).unwrap_or(length);
    let end = length.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(length.len());
    let (number, unit) = length.split_at(end);
    number.parse::<f64>().is_ok()
        && number.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && units.contains(&unit)
}

fn is_colour(value: &str) -> bool {
    if let Some(digits) = value.strip_prefix('#') {
        return matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    }
    let lower = value.to_ascii_lowercase();
    for (function, most) in [("rgb(", 3), ("rgba(", 4)] {
        if let Some(inner) = lower.strip_prefix(function).and_then(|rest| rest.strip_suffix(')')) {
            let parts: Vec<&str> = inner.split(',').map(str::trim).collect();
            let (channels, alpha) = parts.split_at(parts.len().min(3));
            return parts.len() == most
                && channels.iter().all(|part| part.parse::<u8>().is_ok())
                && alpha
                    .iter()
                    .all(|part| part.parse::<f64>().is_ok_and(|alpha| (0.0..=1.0).contains(&alpha)));
        }
    }
    elements::colours().contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_a_unit_and_a_number_of_them() {
        let padding = Kind::named("unit(px,%){1,4}").unwrap();
        for value in ["0", "10px", "0 10px 2.5% 0", "10px  20px"] {
            assert!(padding.takes(value), "{value}");
        }
        for value in ["", "10", "big", "-1px", "1px 2px 3px 4px 5px", "px", "1 px", "infpx", "1e3px"] {
            assert!(!padding.takes(value), "{value}");
        }
        assert_eq!(padding.expected(), "one to four lengths such as `10px` or `10%`");
        let line = Kind::named("unit(px,%,)").unwrap();
        assert!(line.takes("1.5") && line.takes("150%") && !line.takes("1.5em"));
        assert_eq!(line.expected(), "a length such as `10px`, `10%` or `1.5`");
        assert!(Kind::named("unitWithNegative(px,em)").unwrap().takes("-0.2em"));
        assert!(Kind::named("unit(px,auto)").unwrap().takes("auto"));
    }

    #[test]
    fn colours_are_named_or_have_three_or_six_digits() {
        for value in ["#fff", "#0F5F63", "teal", "Transparent", "rgb(1, 2,3)", "rgba(0,0,0,0.5)"] {
            assert!(Kind::Colour.takes(value), "{value}");
        }
        for value in ["", "0F5F63", "#ffff", "#ggg", "teel", "rgb(1,2)", "rgba(0,0,0,2)", "rgb(300,0,0)"] {
            assert!(!Kind::Colour.takes(value), "{value}");
        }
    }

    #[test]
    fn words_are_one_of_those_there_are() {
        let align = Kind::named("enum(left,right,center)").unwrap();
        assert!(align.takes("left") && !align.takes("middle"));
        assert_eq!(align.expected(), "`left`, `right` or `center`");
        assert!(Kind::Boolean.takes("true") && !Kind::Boolean.takes("yes"));
        assert!(Kind::Integer.takes("12") && !Kind::Integer.takes("1px"));
    }
}
