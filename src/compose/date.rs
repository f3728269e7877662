//! A date as readers write it.

use jiff::civil::Date;

use crate::article::months::{ENGLISH, FRENCH, GERMAN, SPANISH};

/// `date` in words where we know the words, else as ISO 8601, which is read everywhere.
///
/// `lang` is a BCP 47 tag; English is written day first unless it is `en-US`.
pub(super) fn spelled(date: Date, lang: &str) -> String {
    let (day, year) = (date.day(), date.year());
    let month = |names: [&'static str; 12]| names[usize::from(date.month().unsigned_abs()) - 1];
    let lang = lang.to_ascii_lowercase();
    match lang.split(['-', '_']).next().unwrap_or_default() {
        "en" if lang.ends_with("us") => format!("{} {day}, {year}", month(ENGLISH)),
        "en" => format!("{day} {} {year}", month(ENGLISH)),
        "de" => format!("{day}. {} {year}", month(GERMAN)),
        "fr" if day == 1 => format!("1er {} {year}", month(FRENCH)),
        "fr" => format!("{day} {} {year}", month(FRENCH)),
        "es" => format!("{day} de {} de {year}", month(SPANISH)),
        _ => date.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_spelled_as_its_readers_spell_it() {
        let date = Date::constant(2026, 11, 1);
        let spelled: Vec<_> =
            ["en", "en-US", "de-AT", "fr", "es", "ja"].map(|lang| spelled(date, lang)).into();
        assert_eq!(
            spelled,
            [
                "1 November 2026",
                "November 1, 2026",
                "1. November 2026",
                "1er novembre 2026",
                "1 de noviembre de 2026",
                "2026-11-01"
            ]
        );
    }
}
