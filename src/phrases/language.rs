//! The tags languages are named by (BCP 47).

/// What people write who do not know the tag: the names of the languages that mails speak,
/// in English and in themselves.
const NAMES: [(&str, &str); 27] = [
    ("english", "en"),
    ("german", "de"),
    ("deutsch", "de"),
    ("french", "fr"),
    ("français", "fr"),
    ("spanish", "es"),
    ("español", "es"),
    ("italian", "it"),
    ("italiano", "it"),
    ("portuguese", "pt"),
    ("português", "pt"),
    ("dutch", "nl"),
    ("nederlands", "nl"),
    ("polish", "pl"),
    ("polski", "pl"),
    ("swedish", "sv"),
    ("svenska", "sv"),
    ("danish", "da"),
    ("dansk", "da"),
    ("japanese", "ja"),
    ("日本語", "ja"),
    ("arabic", "ar"),
    ("العربية", "ar"),
    ("chinese", "zh"),
    ("中文", "zh"),
    ("simplified chinese", "zh"),
    ("traditional chinese", "zh-Hant"),
];

/// Whether `tag` has the form of a language tag (RFC 5646 §2.1) that begins with a language
/// of two or three letters. Whether there is such a language is not checked.
///
/// Longer languages are allowed for, and none was ever registered; tags for private use
/// (`x-…`) and those of old (`i-…`) tell a reader's program nothing.
#[must_use]
pub fn is_tag(tag: &str) -> bool {
    let letters = |part: &str| part.bytes().all(|b| b.is_ascii_alphabetic());
    let sound = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let parts: Vec<&str> = tag.split('-').collect();
    let (language, mut rest) = (parts[0], &parts[1..]);
    if !parts.iter().all(sound) || !matches!(language.len(), 2 | 3) || !letters(language) {
        return false;
    }
    let mut take = |fits: &dyn Fn(&str) -> bool| {
        let first = rest.first().copied().filter(|part| fits(part));
        rest = &rest[usize::from(first.is_some())..];
        first
    };
    for _ in 0..3 {
        take(&|part| part.len() == 3 && letters(part));
    }
    take(&|part| part.len() == 4 && letters(part));
    take(&|part| match part.len() {
        2 => letters(part),
        3 => part.bytes().all(|b| b.is_ascii_digit()),
        _ => false,
    });
    let mut seen = Vec::new();
    let mut is_new = |part: &str| {
        let part = part.to_ascii_lowercase();
        let is_new = !seen.contains(&part);
        seen.push(part);
        is_new
    };
    let is_variant =
        |part: &str| matches!(part.len(), 5..=8) || (part.len() == 4 && part.as_bytes()[0].is_ascii_digit());
    while let Some(variant) = take(&is_variant) {
        if !is_new(variant) {
            return false;
        }
    }
    while let Some(singleton) = take(&|part| part.len() == 1) {
        let is_private = singleton.eq_ignore_ascii_case("x");
        let fits = |part: &str| if is_private { part.len() <= 8 } else { matches!(part.len(), 2..=8) };
        if !is_new(singleton) || take(&fits).is_none() {
            return false;
        }
        while take(&fits).is_some() {}
    }
    rest.is_empty()
}

/// The tag that is meant by what is none: by the name of a language, or by a tag as systems
/// write them (`de_AT`).
#[must_use]
pub fn meant(text: &str) -> Option<String> {
    let text = text.trim();
    let name = text.to_lowercase();
    let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, tag)| (*tag).to_owned());
    // Systems put an encoding behind it: `de_AT.UTF-8`.
    named.or_else(|| {
        let tag = text.split('.').next().unwrap_or_default().replace('_', "-");
        (tag != text && is_tag(&tag)).then_some(tag)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Phrases;
    use super::*;

    #[test]
    fn a_tag_has_the_form_that_rfc_5646_gives_it() {
        for tag in [
            "en",
            "de-AT",
            "DE-at",
            "gsw",
            "zh-Hant-HK",
            "zh-cmn-Hans-CN",
            "es-419",
            "sl-rozaj-biske",
            "de-CH-1901",
            "de-DE-u-co-phonebk",
            "en-a-bbb-x-a-ccc",
            "sr-Latn-RS",
            "fr-x-a",
        ] {
            assert!(is_tag(tag), "{tag}");
        }
        for none in [
            "",
            "e",
            "english",
            "deutsch",
            "de_AT",
            "de-",
            "-de",
            "de--AT",
            "de-DEU-AUT-CHE-LIE",
            "en-US-GB",
            "en-Latn-Cyrl",
            "en-a",
            "en-a-bb-a-cc",
            "de-1901-1901",
            "en-x",
            "en-x-toolongforit",
            "a-DE",
            "x-en",
            "i-klingon",
            "12",
            "dé",
            "en US",
        ] {
            assert!(!is_tag(none), "{none}");
        }
    }

    #[test]
    fn every_language_that_mails_speak_has_a_tag_and_is_known_by_its_names() {
        for phrases in Phrases::ALL {
            assert!(is_tag(phrases.lang), "{}", phrases.lang);
            assert!(NAMES.iter().any(|(_, tag)| *tag == phrases.lang), "{}", phrases.lang);
        }
        for (text, tag) in [("English", "en"), (" german ", "de"), ("FRANÇAIS", "fr"), ("Chinese", "zh")] {
            assert_eq!(meant(text).as_deref(), Some(tag), "{text}");
        }
        assert_eq!(meant("de_AT").as_deref(), Some("de-AT"));
        assert_eq!(meant("pt_BR.UTF-8").as_deref(), Some("pt-BR"));
        assert_eq!((meant("klingon"), meant("!"), meant("")), (None, None, None));
    }
}
