//! Reads the lines under a title: who wrote it, when, and how long it takes to read.

use jiff::civil::Date;

use super::list;
use crate::article::months::{ENGLISH, FRENCH, GERMAN, SPANISH};

/// What such a line says.
#[derive(Debug, Default, PartialEq)]
pub(in crate::article) struct Byline {
    pub(in crate::article) author: Option<String>,
    pub(in crate::article) date: Option<Date>,
    pub(in crate::article) reading_time: bool,
}

/// English, German, French and Spanish.
const MONTHS: [[&str; 12]; 4] = [ENGLISH, GERMAN, FRENCH, SPANISH];

const WEEKDAYS: [[&str; 7]; 4] = [
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    ["montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"],
    ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
];

/// Words that stand before the name of an author.
const BY: [&str; 17] = [
    "written by ",
    "words by ",
    "posted by ",
    "published by ",
    "veröffentlicht von ",
    "geschrieben von ",
    "publié par ",
    "écrit par ",
    "publicado por ",
    "escrito por ",
    "by ",
    "author: ",
    "von ",
    "par ",
    "por ",
    "autor: ",
    "auteur : ",
];

/// Words that stand before a day; longer ones first.
const PUBLISHED: [&str; 18] = [
    "published on",
    "published",
    "posted on",
    "posted",
    "last updated",
    "updated on",
    "updated",
    "date",
    "veröffentlicht am",
    "aktualisiert am",
    "stand",
    "publié le",
    "mis à jour le",
    "publicado el",
    "actualizado el",
    "le ",
    "am ",
    "el ",
];

/// Words within names that have no capital.
const PARTICLES: [&str; 17] = [
    "and", "und", "et", "y", "&", "of", "van", "von", "de", "del", "der", "den", "di", "da", "la", "le", "zu",
];

/// What follows the number of a reading time.
const READING: [&str; 10] = [
    "min read",
    "mins read",
    "minute read",
    "minutes read",
    "minutes to read",
    "min. lesezeit",
    "minuten lesezeit",
    "min de lecture",
    "minutes de lecture",
    "min de lectura",
];

/// Longest name, in words.
const LONGEST_NAME: usize = 6;

/// Reads a line if it is nothing but a byline, a date or a reading time.
///
/// A line with a mark before it belongs to a list. A bare `20 minutes` may time
/// anything, so it counts only beside an author or a day.
pub(in crate::article) fn read(line: &str) -> Option<Byline> {
    if list::is_bullet(line) || list::number(line).is_some() {
        return None;
    }
    let mut byline = Byline::default();
    let mut bare = false;
    for part in line.split(['|', '·', '•', '—', '–']).map(str::trim).filter(|part| !part.is_empty()) {
        if let Some(date) = date(part) {
            byline.date.get_or_insert(date);
        } else if let Some(reading) = reading_time(part) {
            byline.reading_time = true;
            bare |= reading == Reading::Bare;
        } else if let Some(name) = author(part) {
            byline.author.get_or_insert(name);
        } else if let Some((name, date)) = author_and_date(part) {
            byline.author.get_or_insert(name);
            byline.date.get_or_insert(date);
        } else {
            return None;
        }
    }
    let dated = byline.author.is_some() || byline.date.is_some();
    (dated || (byline.reading_time && !bare)).then_some(byline)
}

/// Whether a word, in lower case, says nothing in a line beside its author and its day.
pub(in crate::article) fn is_usual(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        || month(word).is_some()
        || is_weekday(word)
        || BY
            .iter()
            .chain(&PUBLISHED)
            .chain(&READING)
            .any(|phrase| phrase.split([' ', ':']).any(|part| part == word))
}

/// How a line with a day in it is written, its numbers and names aside. The lines above
/// the entries of a diary have one form.
pub(super) fn form(line: &str) -> String {
    let kind = |word: &str| {
        let word = word.to_lowercase();
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            "0".to_owned()
        } else if month(&word).is_some() {
            "month".to_owned()
        } else if is_weekday(&word) {
            "weekday".to_owned()
        } else {
            word
        }
    };
    let words = line.split([' ', ',', '.']).filter(|word| !word.is_empty());
    words.map(kind).collect::<Vec<_>>().join(" ")
}

/// Whether `rest`, which follows a number and a full stop, makes a German day of them:
/// `3. Oktober`, perhaps with a year.
pub(super) fn is_day(rest: &str) -> bool {
    let mut words = rest.split_whitespace();
    let month = words.next().map(str::to_lowercase).unwrap_or_default();
    GERMAN.iter().any(|name| name.to_lowercase() == month)
        && words.next().is_none_or(|year| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()))
        && words.next().is_none()
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    (head.to_lowercase() == prefix).then(|| text[prefix.len()..].trim_start())
}

fn author(part: &str) -> Option<String> {
    let name = BY.iter().find_map(|by| strip(part, by))?;
    let words: Vec<&str> = name.split_whitespace().collect();
    let capital = |word: &str| word.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
    let named = words.len() <= LONGEST_NAME
        && words.first()?.starts_with(char::is_uppercase)
        && capital(words.last()?)
        && words.iter().all(|word| capital(word) || PARTICLES.contains(word))
        && !name.ends_with(['.', '!', '?', ':', ',', ';']);
    named.then(|| name.to_owned())
}

/// Reads `Posted by Ann Lee on 12 March 2026`, and the same the other way round.
fn author_and_date(part: &str) -> Option<(String, Date)> {
    let dated = |joiner: &str| {
        let (name, day) = part.rsplit_once(joiner)?;
        Some((author(name.trim_end())?, date(day)?))
    };
    let signed = |joiner: &str| {
        let (day, name) = part.split_once(joiner)?;
        Some((author(&format!("{}{name}", joiner.trim_start()))?, date(day)?))
    };
    [" on ", " am ", " le ", " el ", ", "]
        .into_iter()
        .find_map(dated)
        .or_else(|| [" by ", " von ", " par ", " por "].into_iter().find_map(signed))
}

#[derive(Debug, PartialEq)]
enum Reading {
    /// It says that it is one.
    Sure,
    /// A number of minutes.
    Bare,
}

fn reading_time(part: &str) -> Option<Reading> {
    let text = part.to_lowercase();
    let labelled = ["reading time", "lesezeit", "temps de lecture", "tiempo de lectura"]
        .iter()
        .find_map(|label| text.strip_prefix(label));
    let text = labelled.map_or(text.as_str(), |rest| rest.trim_start_matches([':', ' ']));
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '–'));
    if number.len() == text.len() {
        return None;
    }
    let unit = number.trim_start_matches([' ', '-']);
    let bare = matches!(unit, "min" | "mins" | "min." | "minutes" | "minuten" | "minutos");
    match () {
        () if READING.contains(&unit) || (bare && labelled.is_some()) => Some(Reading::Sure),
        () if bare => Some(Reading::Bare),
        () => None,
    }
}

/// Whether `word` is one of `names` or its beginning.
fn names(word: &str, name: &str) -> bool {
    name == word || ((3..=4).contains(&word.chars().count()) && name.starts_with(word))
}

fn month(word: &str) -> Option<usize> {
    MONTHS.iter().find_map(|months| months.iter().position(|name| names(word, &name.to_lowercase())))
}

fn is_weekday(word: &str) -> bool {
    WEEKDAYS.iter().flatten().any(|name| names(word, name))
}

/// Reads a day written in words, or in numbers with the year first.
pub(super) fn date(part: &str) -> Option<Date> {
    let bare = PUBLISHED
        .iter()
        .find_map(|prefix| strip(part, prefix))
        .unwrap_or(part)
        .trim_start_matches([':', ' ']);
    if bare.len() == 10 && bare.as_bytes()[4] == b'-' {
        return bare.parse().ok();
    }
    let (mut day, mut month_of, mut year) = (None, None, None);
    for word in bare.split([' ', ',', '.']).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        let suffix = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = &word[..word.len() - suffix.len()];
        if digits.is_empty() {
            if let Some(at) = month(&word) {
                month_of = month_of.xor(i8::try_from(at + 1).ok());
            } else if word != "de" && !is_weekday(&word) {
                return None;
            }
        } else if digits.len() == 4 && suffix.is_empty() {
            year = year.xor(Some(digits.parse::<i16>().ok()?));
        } else if digits.len() <= 2 && matches!(suffix, "" | "st" | "nd" | "rd" | "th" | "er") {
            day = day.xor(Some(digits.parse::<i8>().ok()?));
        } else {
            return None;
        }
    }
    Date::new(year?, month_of?, day?).ok()
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
        for line in [
            "Posted by Ann Lee on March 12, 2026",
            "Posted on 12 March 2026 by Ann Lee · 5 min read",
            "Veröffentlicht von Ann Lee am 12. März 2026",
            "Publié par Ann Lee le 12 mars 2026",
            "Publicado por Ann Lee el 12 de marzo de 2026",
        ] {
            let byline = read(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(byline.author.as_deref(), Some("Ann Lee"), "{line}");
            assert_eq!(byline.date, Some(Date::constant(2026, 3, 12)), "{line}");
        }
        for day in [
            "Published on March 12, 2026",
            "2026-03-12",
            "Thursday, 12 Mar 2026",
            "Updated: 12 March 2026",
            "12. März 2026",
            "Publié le 12 mars 2026",
            "12 de marzo de 2026",
        ] {
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
            "20 minutes",
            "• 20 minutes",
            "1. By Ana López",
            "Von Berlin nach Paris",
            "",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
