//! Letters that look like those of another alphabet.

/// An alphabet with letters that pass for those of another one in this list
/// (Unicode TR 39 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
}

impl Script {
    fn of(letter: char) -> Option<Self> {
        Some(match letter {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Self::Latin,
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Self::Greek,
            '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{a640}'..='\u{a69f}' => Self::Cyrillic,
            '\u{531}'..='\u{58f}' => Self::Armenian,
            '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => Self::Cherokee,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Latin => "Latin",
            Self::Greek => "Greek",
            Self::Cyrillic => "Cyrillic",
            Self::Armenian => "Armenian",
            Self::Cherokee => "Cherokee",
        }
    }
}

/// The first letter of `text` that is of another such alphabet than one before it in the
/// same word, with the names of both.
///
/// Nobody writes so on purpose but to deceive; mostly a keyboard was switched too late.
/// A whole word of look-alikes is not noticed: it may be one; see [`disguised`].
#[must_use]
pub fn mixture(text: &str) -> Option<(char, &'static str, &'static str)> {
    if text.is_ascii() {
        return None;
    }
    text.split(|c: char| !c.is_alphanumeric()).find_map(|word| {
        let mut letters = word.chars().filter_map(|letter| Script::of(letter).map(|script| (letter, script)));
        let (first, script) = letters.next()?;
        let (other, its) = letters.find(|(_, its)| *its != script)?;
        // The one that is not Latin is the one that nobody sees.
        let hidden = if its == Script::Latin { first } else { other };
        Some((hidden, script.name(), its.name()))
    })
}

/// Cyrillic letters that look like Latin ones (the list is that of Chromium's
/// `idn_spoof_checker.cc`).
const LOOKS_LATIN: &str = "асԁеһіјӏорԗԛѕԝхуъьҽпгѵѡ";

/// The first label of a domain, in Unicode, that is written in Cyrillic letters which
/// all look Latin, below a top-level domain that is not Cyrillic.
#[must_use]
pub fn disguised(domain: &str) -> Option<&str> {
    let (labels, top) = domain.rsplit_once('.')?;
    if top.chars().any(|c| Script::of(c) == Some(Script::Cyrillic)) {
        return None;
    }
    labels.split('.').find(|label| {
        let mut letters = label.chars().filter(|c| !c.is_ascii_digit() && *c != '-').peekable();
        letters.peek().is_some() && letters.all(|c| LOOKS_LATIN.contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_two_alphabets_is_noticed_and_two_words_are_not() {
        assert_eq!(mixture("p\u{430}ypal"), Some(('\u{430}', "Latin", "Cyrillic")));
        assert_eq!(mixture("\u{430}dmin"), Some(('\u{430}', "Cyrillic", "Latin")));
        assert_eq!(mixture("g\u{3bf}\u{3bf}gle.com"), Some(('\u{3bf}', "Latin", "Greek")));
        for sound in ["ann", "zoë", "иван", "ivan.иванов", "用户x", "straße", "łódź", "日本ひらカタ", "μ"]
        {
            assert_eq!(mixture(sound), None, "{sound}");
        }
    }

    #[test]
    fn a_word_of_nothing_but_letters_that_look_latin_is_found() {
        assert_eq!(disguised("аррӏе.com"), Some("аррӏе"));
        assert_eq!(disguised("www.сосо-1.com"), Some("сосо-1"));
        for honest in ["сосо.рф", "пример.com", "example.com", "例子.test"] {
            assert_eq!(disguised(honest), None, "{honest}");
        }
    }
}
