//! Reads the lines under a title: who wrote it, when, and how long it takes to read.

use jiff::civil::Date;

/// What such a line says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Byline {
    pub(super) author: Option<String>,
    pub(super) date: Option<Date>,
    pub(super) reading_time: bool,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Longest name, in words.
const LONGEST_NAME: usize = 6;

/// Reads a line if it is nothing but a byline, a date or a reading time.
pub(super) fn read(line: &str) -> Option<Byline> {
    let mut byline = Byline::default();
    for part in line.split(['|', '·', '•', '—', '–']).map(str::trim).filter(|part| !part.is_empty()) {
        if let Some(date) = date(part) {
            byline.date.get_or_insert(date);
        } else if is_reading_time(part) {
            byline.reading_time = true;
        } else if let Some(name) = author(part) {
            byline.author.get_or_insert(name);
        } else {
            return None;
        }
    }
    (byline != Byline::default()).then_some(byline)
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text[prefix.len()..].trim_start())
}

fn author(part: &str) -> Option<String> {
    let name =
        ["written by ", "words by ", "posted by ", "by ", "author: "].iter().find_map(|p| strip(part, p))?;
    let words: Vec<&str> = name.split_whitespace().collect();
    let named = words.len() <= LONGEST_NAME
        && words.first()?.starts_with(char::is_uppercase)
        && words.last()?.starts_with(|c: char| c.is_uppercase() || c.is_numeric())
        && !name.ends_with(['.', '!', '?', ':', ',', ';']);
    named.then(|| name.to_owned())
}

fn is_reading_time(part: &str) -> bool {
    let text = part.to_lowercase();
    let text =
        text.strip_prefix("reading time").map_or(text.as_str(), |rest| rest.trim_start_matches([':', ' ']));
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '–'));
    number.len() < text.len()
        && matches!(
            number.trim_start_matches([' ', '-']),
            "min"
                | "mins"
                | "minutes"
                | "min read"
                | "mins read"
                | "minute read"
                | "minutes read"
                | "minutes to read"
        )
}

/// Reads a day written in English or in numbers, year first.
pub(super) fn date(part: &str) -> Option<Date> {
    let bare =
        ["published on", "published", "posted on", "posted", "last updated", "updated on", "updated", "date"]
            .iter()
            .find_map(|prefix| strip(part, prefix))
            .unwrap_or(part)
            .trim_start_matches([':', ' ']);
    if bare.len() == 10 && bare.as_bytes()[4] == b'-' {
        return bare.parse().ok();
    }
    let (mut day, mut month, mut year) = (None, None, None);
    for word in bare.split([' ', ',', '.']).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let suffix = &word[digits.len()..];
        if digits.is_empty() {
            let named = |names: &[&str]| {
                names.iter().position(|name| {
                    *name == word || (word.len() >= 3 && word.len() <= 4 && name.starts_with(&word))
                })
            };
            if let Some(at) = named(&MONTHS) {
                month = month.xor(i8::try_from(at + 1).ok());
            } else if named(&WEEKDAYS).is_none() {
                return None;
            }
        } else if digits.len() == 4 && suffix.is_empty() {
            year = year.xor(Some(digits.parse::<i16>().ok()?));
        } else if digits.len() <= 2 && matches!(suffix, "" | "st" | "nd" | "rd" | "th") {
            day = day.xor(Some(digits.parse::<i8>().ok()?));
        } else {
            return None;
        }
    }
    Date::new(year?, month?, day?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_author_day_and_reading_time_is_read_whole() {
        let byline = read("By Ana María López | 12th March 2026 · 5 min read").unwrap();
        assert_eq!(byline.author.as_deref(), Some("Ana María López"));
        assert_eq!(byline.date, Some(Date::constant(2026, 3, 12)));
        assert!(byline.reading_time);
        for day in
            ["Published on March 12, 2026", "2026-03-12", "Thursday, 12 Mar 2026", "Updated: 12 March 2026"]
        {
            assert_eq!(read(day).and_then(|byline| byline.date), Some(Date::constant(2026, 3, 12)), "{day}");
        }
    }

    #[test]
    fn a_sentence_that_begins_like_a_byline_is_none() {
        for line in [
            "By hand, if you like.",
            "By the river we sat",
            "In March 2026",
            "12 apples",
            "5 minutes later",
            "",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
