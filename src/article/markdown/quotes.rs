//! Draws straight quotation marks as the language of the article does.
//!
//! The Markdown parser knows the English way alone. What was typed curly stays as it was
//! typed.

use std::borrow::Cow;

/// The double quotation marks of a language; none where the English ones are right or
/// the language is not known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Quotes(Option<(&'static str, &'static str)>);

impl Quotes {
    pub(super) fn of(lang: Option<&str>) -> Self {
        let language = lang.and_then(|lang| lang.split('-').next()).unwrap_or_default().to_ascii_lowercase();
        let swiss = lang.is_some_and(|lang| lang.ends_with("-CH") || lang.ends_with("-LI"));
        Self(match language.as_str() {
            "de" | "fr" | "it" if swiss => Some(("«", "»")),
            "de" | "cs" | "sk" | "sl" | "bg" | "et" | "lt" | "is" | "lv" => Some(("„", "“")),
            "pl" | "ro" | "hu" | "hr" | "sr" => Some(("„", "”")),
            // The narrow space that does not break belongs to the marks.
            "fr" => Some(("«\u{202f}", "\u{202f}»")),
            "ru" | "uk" | "be" | "el" | "nb" | "nn" | "no" | "it" | "es" | "ca" => Some(("«", "»")),
            "sv" | "fi" => Some(("”", "”")),
            _ => None,
        })
    }

    /// Sets `text`, which the parser made of `typed`.
    pub(super) fn set<'t>(self, text: &'t str, typed: &str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        if typed.contains('\'') && !typed.contains('‘') && text.contains('‘') {
            text = Cow::Owned(apostrophes(&text));
        }
        if let Some((open, close)) = self.0
            && typed.contains('"')
            && !typed.contains(['“', '”'])
        {
            let set = |c: char| match c {
                '“' => open.to_owned(),
                '”' => close.to_owned(),
                c => c.to_string(),
            };
            text = Cow::Owned(text.chars().map(set).collect());
        }
        text
    }
}

/// Makes apostrophes of the opening quotation marks before what was left out: ’90s, rock
/// ’n’ roll.
fn apostrophes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let after = &text[at + character.len_utf8()..];
        let year = || after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_digit());
        let left_out = character == '‘' && (year() || after.starts_with("n’"));
        out.push(if left_out { '’' } else { character });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_own_marks_and_typed_ones_stay() {
        let set = |lang: &str, text: &str, typed: &str| Quotes::of(Some(lang)).set(text, typed).into_owned();
        assert_eq!(set("de", "“Ja”, sagte er", "\"Ja\", sagte er"), "„Ja“, sagte er");
        assert_eq!(set("de", "„Ja”", "„Ja\""), "„Ja“");
        assert_eq!(set("de-CH", "“Ja”", "\"Ja\""), "«Ja»");
        assert_eq!(set("fr", "“Oui”", "\"Oui\""), "«\u{202f}Oui\u{202f}»");
        assert_eq!(set("pl", "“Tak”", "\"Tak\""), "„Tak”");
        assert_eq!(set("de", "“Yes”", "“Yes”"), "“Yes”");
        assert_eq!(set("en-GB", "“Yes”", "\"Yes\""), "“Yes”");
    }

    #[test]
    fn what_was_left_out_has_an_apostrophe() {
        let set = |text: &str, typed: &str| Quotes::default().set(text, typed).into_owned();
        assert_eq!(
            set("the ‘90s and rock ‘n’ roll", "the '90s and rock 'n' roll"),
            "the ’90s and rock ’n’ roll"
        );
        assert_eq!(set("‘Yes’, it’s", "'Yes', it's"), "‘Yes’, it’s");
    }
}
