//! A date as readers write it.

use jiff::civil::Date;

use crate::article::months::{ENGLISH, FRENCH, GERMAN, SPANISH};

const ARABIC: [&str; 12] = [
    "يناير",
    "فبراير",
    "مارس",
    "أبريل",
    "مايو",
    "يونيو",
    "يوليو",
    "أغسطس",
    "سبتمبر",
    "أكتوبر",
    "نوفمبر",
    "ديسمبر",
];
const DUTCH: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];
const HINDI: [&str; 12] =
    ["जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"];
const ITALIAN: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];
const PORTUGUESE: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];

/// `date` in words where we know the words, else as ISO 8601, which is read everywhere.
///
/// `lang` is a BCP 47 tag; English is written day first unless it is `en-US`. The words and
/// their order are the long form of the Unicode CLDR. Countries that name the months of
/// Arabic otherwise, as those of the Levant and the Maghreb do, and calendars other than the
/// Gregorian, as that of Thailand, are not known.
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
        "pt" => format!("{day} de {} de {year}", month(PORTUGUESE)),
        "it" => format!("{day} {} {year}", month(ITALIAN)),
        "nl" => format!("{day} {} {year}", month(DUTCH)),
        "hi" => format!("{day} {} {year}", month(HINDI)),
        "ar" if matches!(lang.as_str(), "ar" | "ar-eg" | "ar-sa" | "ar-ae" | "ar-001") => {
            format!("{day} {} {year}", month(ARABIC))
        }
        "ja" | "zh" => format!("{year}年{}月{day}日", date.month()),
        "ko" => format!("{year}년 {}월 {day}일", date.month()),
        _ => date.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_spelled_as_its_readers_spell_it() {
        let date = Date::constant(2026, 11, 1);
        for (lang, words) in [
            ("en", "1 November 2026"),
            ("en-US", "November 1, 2026"),
            ("de-AT", "1. November 2026"),
            ("fr", "1er novembre 2026"),
            ("es", "1 de noviembre de 2026"),
            ("pt-BR", "1 de novembro de 2026"),
            ("it", "1 novembre 2026"),
            ("nl", "1 november 2026"),
            ("hi", "1 नवंबर 2026"),
            ("ar", "1 نوفمبر 2026"),
            ("ar-MA", "2026-11-01"),
            ("ja", "2026年11月1日"),
            ("zh-Hant", "2026年11月1日"),
            ("ko", "2026년 11월 1일"),
            ("th", "2026-11-01"),
        ] {
            assert_eq!(spelled(date, lang), words, "{lang}");
        }
    }
}
