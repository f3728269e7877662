//! What we say to readers, in their language: the furniture of mails and the pages they
//! reach. All of it is here, and nothing of it anywhere else.
//!
//! A leaf: it knows no other room.

/// The words of one language. Where something stands for what differs, it is `{}`.
#[derive(Debug)]
pub struct Phrases {
    /// The language, BCP 47.
    pub lang: &'static str,
    /// The link at the foot of a mail.
    pub unsubscribe: &'static str,
    /// The link to the page where one chooses what one gets.
    pub preferences: &'static str,
    /// The link to a mail on the web.
    pub view_in_browser: &'static str,
}

const ENGLISH: Phrases = Phrases {
    lang: "en",
    unsubscribe: "Unsubscribe",
    preferences: "Preferences",
    view_in_browser: "View in browser",
};

const GERMAN: Phrases = Phrases {
    lang: "de",
    unsubscribe: "Abmelden",
    preferences: "Einstellungen",
    view_in_browser: "Im Browser ansehen",
};

const FRENCH: Phrases = Phrases {
    lang: "fr",
    unsubscribe: "Se désabonner",
    preferences: "Préférences",
    view_in_browser: "Voir dans le navigateur",
};

const SPANISH: Phrases = Phrases {
    lang: "es",
    unsubscribe: "Darse de baja",
    preferences: "Preferencias",
    view_in_browser: "Ver en el navegador",
};

impl Phrases {
    /// All there are.
    pub const ALL: [&'static Self; 4] = [&ENGLISH, &GERMAN, &FRENCH, &SPANISH];

    /// The words for a language tag (BCP 47): its language's, or English.
    #[must_use]
    pub fn of(tag: &str) -> &'static Self {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|known| known.lang.eq_ignore_ascii_case(language)).unwrap_or(&ENGLISH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_speaks_its_language_and_who_is_not_known_hears_english() {
        for (tag, lang) in
            [("de-AT", "de"), ("FR", "fr"), ("es_MX", "es"), ("en", "en"), ("it", "en"), ("", "en")]
        {
            assert_eq!(Phrases::of(tag).lang, lang, "{tag}");
        }
    }
}
