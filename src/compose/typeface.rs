//! Type of one kind: how large it is, how high its lines are, how heavy it is.

use std::fmt::Write;

use serde_json::{Value, json};

use super::script::Script;

/// Sizes type may have, in CSS pixels.
const SIZES: std::ops::RangeInclusive<u32> = 8..=120;

/// Type, and what it is on phones.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Type {
    italic: bool,
    weight: Option<u32>,
    wide: Measure,
    phone: Option<Measure>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Measure {
    size: u32,
    line: u32,
    /// How much further apart letters stand, in pixels.
    tracking: f64,
}

impl Type {
    /// Reads `italic 700 40/46 -0.9, 32/38 -0.6`: slant, weight, size and line, tracking;
    /// after a comma size, line and tracking on phones. Measure and line alone are needed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (wide, phone) = match text.split_once(',') {
            Some((wide, phone)) => (wide, Some(phone)),
            None => (text, None),
        };
        let mut words = wide.split_whitespace().peekable();
        let italic = words.next_if_eq(&"italic").is_some();
        let weight = words.next_if(|word| !word.contains('/')).map(|word| {
            let weight = word.parse::<u32>().ok();
            weight.filter(|weight| (100..=900).contains(weight) && weight % 100 == 0)
        });
        let weight = match weight {
            Some(None) => return None,
            Some(weight) => weight,
            None => None,
        };
        let wide = Measure::parse(words)?;
        let phone = match phone {
            Some(phone) => Some(Measure::parse(phone.split_whitespace())?),
            None => None,
        };
        // What stands closer in large type does so in proportion when it is smaller.
        let phone = phone.map(|phone| match phone.tracking {
            0.0 => Measure { tracking: (wide.tracking * 7.0).round() / 10.0, ..phone },
            _ => phone,
        });
        Some(Self { italic, weight, wide, phone })
    }

    /// What templates see of it, in a script.
    pub(super) fn value(&self, script: Script) -> Value {
        let mut css = String::new();
        if self.italic && script.is_slanted {
            css.push_str("font-style: italic; ");
        }
        if let Some(weight) = self.weight {
            let _ = write!(css, "font-weight: {weight}; ");
        }
        css.push_str(&self.wide.css(script, ""));
        let phone = self.phone.filter(|phone| *phone != self.wide);
        let on_phone = phone.unwrap_or(self.wide);
        json!({
            "css": css,
            "phone": phone.map(|phone| phone.css(script, " !important")).unwrap_or_default(),
            "size": self.wide.size,
            "line": script.line(self.wide.line),
            "weight": self.weight.unwrap_or(400),
            "phone_size": on_phone.size,
            "phone_line": script.line(on_phone.line),
        })
    }
}

impl Measure {
    fn parse<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Self> {
        let (size, line) = words.next()?.split_once('/')?;
        let (size, line) = (size.parse::<u32>().ok()?, line.parse::<u32>().ok()?);
        let tracking = match words.next() {
            Some(word) => word.parse::<f64>().ok().filter(|tracking| tracking.abs() <= 10.0)?,
            None => 0.0,
        };
        let fits = SIZES.contains(&size) && (size..=3 * size).contains(&line) && words.next().is_none();
        fits.then_some(Self { size, line, tracking })
    }

    fn css(self, script: Script, end: &str) -> String {
        let Self { size, line, tracking } = self;
        let mut css = format!("font-size: {size}px{end}; line-height: {}px{end}", script.line(line));
        // Letters of many scripts join, or stand in squares of their own.
        if tracking != 0.0 && script.is_cased {
            let _ = write!(css, "; letter-spacing: {tracking}px{end}");
        }
        css
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn css(text: &str, lang: &str, what: &str) -> String {
        let value = Type::parse(text).unwrap().value(Script::of_language(lang));
        value[what].as_str().unwrap().to_owned()
    }

    #[test]
    fn type_is_written_as_declarations() {
        assert_eq!(css("17/28", "en", "css"), "font-size: 17px; line-height: 28px");
        assert_eq!(css("17/28", "en", "phone"), "");
        assert_eq!(
            css("italic 700 40/46 -0.9, 32/38 -0.6", "en", "css"),
            "font-style: italic; font-weight: 700; font-size: 40px; line-height: 46px; letter-spacing: -0.9px"
        );
        assert_eq!(
            css("700 40/46 -0.9, 32/38", "en", "phone"),
            "font-size: 32px !important; line-height: 38px !important; letter-spacing: -0.6px !important"
        );
    }

    #[test]
    fn scripts_without_slant_and_tracking_have_none() {
        assert_eq!(
            css("italic 400 40/46 -0.9", "ar", "css"),
            "font-weight: 400; font-size: 40px; line-height: 52px"
        );
    }

    #[test]
    fn anything_else_is_no_type() {
        for wrong in [
            "",
            "40",
            "40/",
            "bold 40/46",
            "750 40/46",
            "40/46 wide",
            "40/30",
            "4/6",
            "40/46, 32",
            "40/46 1 2",
        ] {
            assert_eq!(Type::parse(wrong), None, "{wrong}");
        }
    }
}
