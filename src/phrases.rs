//! What we say to readers, in their language: the furniture of mails and the pages they
//! reach. All of it is here, and nothing of it anywhere else.
//!
//! A leaf: it knows no other room.

pub mod language;

/// The words of one language. Where something stands for what differs, it is `{}`.
#[derive(Debug)]
pub struct Phrases {
    /// The language, BCP 47.
    pub lang: &'static str,
    /// The link at the foot of a mail, and the button behind it.
    pub unsubscribe: &'static str,
    /// The link to the page where one chooses what one gets.
    pub preferences: &'static str,
    /// The link to a mail on the web.
    pub view_in_browser: &'static str,
    /// The names of the boxes that stand out in an article: note, tip, important,
    /// warning, caution.
    pub callouts: [&'static str; 5],
    /// The pages of those who leave, where somebody has written them in this language.
    leaving: Option<Leaving>,
}

/// The words of the pages that readers reach when they leave.
///
/// A title stands over its page and in the browser's tab, and ends without a full stop.
#[derive(Debug)]
pub struct Leaving {
    /// Asks whether somebody wants to leave the newsletter `{}`.
    pub ask: &'static str,
    /// What the button does for the address `{}`.
    pub ask_lead: &'static str,
    /// What to do when one came here by mistake.
    pub ask_else: &'static str,
    /// Says that they have left: a title.
    pub left: &'static str,
    /// Nothing more goes to the address `{}`.
    pub left_lead: &'static str,
    /// What was on its way already may come: more may be than is known here, as in the queue
    /// of a relay.
    pub may_arrive: &'static str,
    /// The button that undoes it.
    pub undo: &'static str,
    /// Asks why they leave.
    pub why: &'static str,
    /// Nobody need say it.
    pub why_hint: &'static str,
    /// A motive: it came too often.
    pub too_often: &'static str,
    /// A motive: it is no longer for them.
    pub not_for_me: &'static str,
    /// A motive: they never asked for it.
    pub never_asked: &'static str,
    /// A motive: something else.
    pub other: &'static str,
    /// The label of the field for words of their own.
    pub own_words: &'static str,
    /// Marks a field that may stay empty.
    pub optional: &'static str,
    /// The button that sends what they said.
    pub send: &'static str,
    /// Thanks for what they said: a title.
    pub thanks: &'static str,
    /// It has arrived.
    pub thanks_lead: &'static str,
    /// Asks whether they think differently now.
    pub changed_mind: &'static str,
    /// The button that has mail sent again, and a title.
    pub resubscribe: &'static str,
    /// Asks whether they want the newsletter `{}` again.
    pub ask_back: &'static str,
    /// What that button does for the address `{}`.
    pub ask_back_lead: &'static str,
    /// What to do when they do not want it.
    pub ask_back_else: &'static str,
    /// Welcomes who is back: a title.
    pub back: &'static str,
    /// Mail goes to the address `{}` again.
    pub back_lead: &'static str,
    /// There is nothing to undo: a title.
    pub not_back: &'static str,
    /// Why that may be, and that nothing happened.
    pub not_back_lead: &'static str,
    /// How to get the newsletter `{}` again.
    pub not_back_else: &'static str,
    /// The link is one of a test mail: a title.
    pub test: &'static str,
    /// What the page of the newsletter `{}` is for, and that nothing happens.
    pub test_lead: &'static str,
    /// The button of a test mail works: a title.
    pub tested: &'static str,
    /// Nothing happened.
    pub tested_lead: &'static str,
    /// The link is not known: a title.
    pub unknown: &'static str,
    /// Why that may be, and that nothing happened.
    pub unknown_lead: &'static str,
    /// How to leave the newsletter `{}` all the same.
    pub unknown_else: &'static str,
    /// The link to the home page of the newsletter `{}`.
    pub home: &'static str,
    /// It did not work: a title.
    pub trouble: &'static str,
    /// Whose fault it is, and what to do.
    pub trouble_lead: &'static str,
}

const ENGLISH: Phrases = Phrases {
    lang: "en",
    unsubscribe: "Unsubscribe",
    preferences: "Preferences",
    view_in_browser: "View in browser",
    callouts: ["Note", "Tip", "Important", "Warning", "Caution"],
    leaving: Some(Leaving {
        ask: "Unsubscribe from {}?",
        ask_lead: "Press the button, and we stop sending mail to {} right away.",
        ask_else: "Are you here by mistake? Just close this page, and nothing changes.",
        left: "You are unsubscribed",
        left_lead: "We send nothing more to {}. Thank you for your time with us.",
        may_arrive: "Mail that was already on its way may still arrive.",
        undo: "Undo, I want to stay",
        why: "Would you tell us why?",
        why_hint: "You do not have to. You are unsubscribed in any case.",
        too_often: "Too many mails",
        not_for_me: "It is not my subject any more",
        never_asked: "I never signed up",
        other: "Another reason",
        own_words: "In your own words",
        optional: "(optional)",
        send: "Send",
        thanks: "Thank you for telling us",
        thanks_lead: "Your answer has arrived.",
        changed_mind: "Have you changed your mind?",
        resubscribe: "Subscribe again",
        ask_back: "Do you want {} again?",
        ask_back_lead: "Press the button, and we send mail to {} again.",
        ask_back_else: "If not, just close this page: you stay unsubscribed.",
        back: "Good to have you back",
        back_lead: "From now on we send mail to {} again.",
        not_back: "There is nothing to undo here",
        not_back_lead: "A link like this undoes one unsubscription, once. It has been used, or something else has changed since. Nothing happened just now.",
        not_back_else: "If you would like to read {} and get nothing, please sign up again or reply to one of our mails.",
        test: "This link is from a test mail",
        test_lead: "Here a reader unsubscribes from {} with one button. Try it if you like: nobody is unsubscribed.",
        tested: "The button works",
        tested_lead: "This link is from a test mail, so nobody was unsubscribed and nothing has changed.",
        unknown: "We do not recognise this link",
        unknown_lead: "It may have been cut off on its way to you, or it belongs to another newsletter. Nothing has changed.",
        unknown_else: "Do you want to unsubscribe? Open the newest mail from {} and follow the link at its end. If you copy the link, copy all of it. If that does not help, please reply to that mail or write to us, and we will see to it.",
        home: "Go to the home page of {}",
        trouble: "That did not work just now",
        trouble_lead: "The fault is ours. Please try again in a minute: nothing was lost, and trying twice does no harm.",
    }),
};

const GERMAN: Phrases = Phrases {
    lang: "de",
    unsubscribe: "Abmelden",
    preferences: "Einstellungen",
    view_in_browser: "Im Browser ansehen",
    callouts: ["Hinweis", "Tipp", "Wichtig", "Warnung", "Vorsicht"],
    leaving: Some(Leaving {
        ask: "Von {} abmelden?",
        ask_lead: "Ein Klick auf die Schaltfläche genügt, und wir schicken ab sofort nichts mehr an {}.",
        ask_else: "Sind Sie aus Versehen hier? Schließen Sie einfach diese Seite, dann ändert sich nichts.",
        left: "Sie sind abgemeldet",
        left_lead: "Wir schicken nichts mehr an {}. Danke für die Zeit, die Sie uns geschenkt haben.",
        may_arrive: "Was schon unterwegs war, kann noch ankommen.",
        undo: "Rückgängig, ich möchte bleiben",
        why: "Verraten Sie uns, warum?",
        why_hint: "Sie müssen nicht: Abgemeldet sind Sie in jedem Fall.",
        too_often: "Zu viele E-Mails",
        not_for_me: "Das Thema ist nichts mehr für mich",
        never_asked: "Ich habe mich nie angemeldet",
        other: "Ein anderer Grund",
        own_words: "In Ihren eigenen Worten",
        optional: "(freiwillig)",
        send: "Absenden",
        thanks: "Danke für Ihre Antwort",
        thanks_lead: "Sie ist bei uns angekommen.",
        changed_mind: "Haben Sie es sich anders überlegt?",
        resubscribe: "Wieder anmelden",
        ask_back: "Möchten Sie {} wieder erhalten?",
        ask_back_lead: "Ein Klick auf die Schaltfläche genügt, und wir schreiben wieder an {}.",
        ask_back_else: "Wenn nicht, schließen Sie einfach diese Seite: Sie bleiben abgemeldet.",
        back: "Schön, dass Sie wieder da sind",
        back_lead: "Ab jetzt schreiben wir wieder an {}.",
        not_back: "Hier gibt es nichts rückgängig zu machen",
        not_back_lead: "Ein solcher Link macht eine Abmeldung ein einziges Mal rückgängig. Er wurde schon benutzt, oder es hat sich seither etwas geändert. Eben ist nichts passiert.",
        not_back_else: "Wenn Sie {} gern lesen möchten und nichts bekommen, melden Sie sich bitte neu an oder antworten Sie auf eine unserer E-Mails.",
        test: "Dieser Link stammt aus einer Test-Mail",
        test_lead: "Hier meldet man sich mit einem einzigen Klick von {} ab. Probieren Sie es ruhig aus: Niemand wird abgemeldet.",
        tested: "Die Schaltfläche funktioniert",
        tested_lead: "Dieser Link stammt aus einer Test-Mail. Niemand wurde abgemeldet, und nichts hat sich geändert.",
        unknown: "Wir kennen diesen Link nicht",
        unknown_lead: "Vielleicht wurde er unterwegs abgeschnitten, oder er gehört zu einem anderen Newsletter. Es hat sich nichts geändert.",
        unknown_else: "Möchten Sie sich abmelden? Öffnen Sie die neueste E-Mail von {} und folgen Sie dem Link am Ende. Wenn Sie ihn kopieren, dann bitte vollständig. Falls das nicht hilft, antworten Sie auf diese E-Mail oder schreiben Sie uns, und wir kümmern uns darum.",
        home: "Zur Website von {}",
        trouble: "Das hat gerade nicht geklappt",
        trouble_lead: "Der Fehler liegt bei uns. Bitte versuchen Sie es in einer Minute noch einmal: Es ist nichts verloren gegangen, und ein zweiter Versuch schadet nicht.",
    }),
};

const FRENCH: Phrases = Phrases {
    lang: "fr",
    unsubscribe: "Se désabonner",
    preferences: "Préférences",
    view_in_browser: "Voir dans le navigateur",
    callouts: ["Note", "Astuce", "Important", "Avertissement", "Attention"],
    leaving: Some(Leaving {
        ask: "Vous désabonner de {}\u{202f}?",
        ask_lead: "Un clic sur le bouton suffit, et nous n’écrirons plus à {}.",
        ask_else: "Vous êtes ici par erreur\u{202f}? Fermez simplement cette page, et rien ne changera.",
        left: "Votre désabonnement est fait",
        left_lead: "Nous n’enverrons plus rien à {}. Merci pour le temps que vous nous avez accordé.",
        may_arrive: "Ce qui était déjà en route peut encore vous parvenir.",
        undo: "Annuler, je souhaite rester",
        why: "Voulez-vous nous dire pourquoi\u{202f}?",
        why_hint: "Rien ne vous y oblige\u{a0}: votre désabonnement est fait dans tous les cas.",
        too_often: "Trop de messages",
        not_for_me: "Le sujet ne m’intéresse plus",
        never_asked: "Je n’ai jamais demandé à les recevoir",
        other: "Une autre raison",
        own_words: "Avec vos propres mots",
        optional: "(facultatif)",
        send: "Envoyer",
        thanks: "Merci de votre réponse",
        thanks_lead: "Elle nous est bien parvenue.",
        changed_mind: "Avez-vous changé d’avis\u{202f}?",
        resubscribe: "Se réabonner",
        ask_back: "Recevoir de nouveau {}\u{202f}?",
        ask_back_lead: "Un clic sur le bouton suffit, et nous écrirons de nouveau à {}.",
        ask_back_else: "Sinon, fermez simplement cette page\u{a0}: vous ne recevrez rien.",
        back: "Bon retour parmi nous",
        back_lead: "Dès maintenant, nous écrivons de nouveau à {}.",
        not_back: "Il n’y a rien à annuler ici",
        not_back_lead: "Un lien comme celui-ci annule un désabonnement une seule fois. Il a déjà servi, ou quelque chose a changé depuis. À l’instant, rien ne s’est passé.",
        not_back_else: "Si vous souhaitez lire {} et ne recevez rien, inscrivez-vous de nouveau ou répondez à l’un de nos messages.",
        test: "Ce lien vient d’un message d’essai",
        test_lead: "C’est ici que l’on se désabonne de {}, d’un seul clic. Essayez si vous le souhaitez\u{a0}: personne ne sera désabonné.",
        tested: "Le bouton fonctionne",
        tested_lead: "Ce lien vient d’un message d’essai\u{a0}: personne n’a été désabonné et rien n’a changé.",
        unknown: "Nous ne reconnaissons pas ce lien",
        unknown_lead: "Il a peut-être été coupé en chemin, ou il vient d’une autre lettre d’information. Rien n’a changé.",
        unknown_else: "Vous souhaitez vous désabonner\u{202f}? Ouvrez le dernier message de {} et suivez le lien qui se trouve à la fin. Si vous copiez ce lien, copiez-le en entier. Si cela ne suffit pas, répondez à ce message ou écrivez-nous, et nous nous en occuperons.",
        home: "Aller au site de {}",
        trouble: "Cela n’a pas fonctionné",
        trouble_lead: "L’erreur vient de nous. Veuillez réessayer dans une minute\u{a0}: rien n’est perdu, et un second essai ne pose aucun problème.",
    }),
};

const SPANISH: Phrases = Phrases {
    lang: "es",
    unsubscribe: "Darse de baja",
    preferences: "Preferencias",
    view_in_browser: "Ver en el navegador",
    callouts: ["Nota", "Consejo", "Importante", "Advertencia", "Precaución"],
    leaving: Some(Leaving {
        ask: "¿Darse de baja de {}?",
        ask_lead: "Basta con pulsar el botón, y dejaremos de escribir a {} de inmediato.",
        ask_else: "¿Ha llegado aquí por error? Cierre esta página, y nada cambiará.",
        left: "Se ha dado de baja",
        left_lead: "No enviaremos nada más a {}. Gracias por el tiempo que nos ha dedicado.",
        may_arrive: "Puede que aún le llegue algún correo que ya estaba en camino.",
        undo: "Deshacer, prefiero quedarme",
        why: "¿Nos cuenta por qué?",
        why_hint: "No es necesario: su baja es válida en cualquier caso.",
        too_often: "Demasiados correos",
        not_for_me: "El tema ya no me interesa",
        never_asked: "Nunca me suscribí",
        other: "Otro motivo",
        own_words: "Con sus propias palabras",
        optional: "(opcional)",
        send: "Enviar",
        thanks: "Gracias por su respuesta",
        thanks_lead: "Nos ha llegado bien.",
        changed_mind: "¿Ha cambiado de opinión?",
        resubscribe: "Volver a suscribirse",
        ask_back: "¿Desea recibir {} de nuevo?",
        ask_back_lead: "Basta con pulsar el botón, y volveremos a escribir a {}.",
        ask_back_else: "Si no, cierre esta página: su baja sigue en pie.",
        back: "Nos alegra que haya vuelto",
        back_lead: "Desde ahora volvemos a escribir a {}.",
        not_back: "Aquí no hay nada que deshacer",
        not_back_lead: "Un enlace como este deshace una baja una sola vez. Ya se usó, o algo ha cambiado desde entonces. Ahora mismo no ha pasado nada.",
        not_back_else: "Si desea leer {} y no recibe nada, suscríbase de nuevo o responda a uno de nuestros correos.",
        test: "Este enlace es de un correo de prueba",
        test_lead: "Aquí se da uno de baja de {} con un solo botón. Puede probarlo: no se dará de baja a nadie.",
        tested: "El botón funciona",
        tested_lead: "Este enlace es de un correo de prueba: no se ha dado de baja a nadie y nada ha cambiado.",
        unknown: "No reconocemos este enlace",
        unknown_lead: "Quizá se cortó por el camino, o pertenece a otro boletín. Nada ha cambiado.",
        unknown_else: "¿Desea darse de baja? Abra el correo más reciente de {} y siga el enlace que está al final. Si copia el enlace, cópielo entero. Si no funciona, responda a ese correo o escríbanos, y nos encargaremos.",
        home: "Ir al sitio web de {}",
        trouble: "No ha funcionado",
        trouble_lead: "El fallo es nuestro. Inténtelo de nuevo dentro de un minuto: no se ha perdido nada, y repetirlo no hace daño.",
    }),
};

/// The words of a language in which nobody has written the pages yet.
const fn mail(
    lang: &'static str,
    [unsubscribe, preferences, view_in_browser]: [&'static str; 3],
    callouts: [&'static str; 5],
) -> Phrases {
    Phrases { lang, unsubscribe, preferences, view_in_browser, callouts, leaving: None }
}

const ITALIAN: Phrases = mail(
    "it",
    ["Annulla iscrizione", "Preferenze", "Visualizza nel browser"],
    ["Nota", "Suggerimento", "Importante", "Avvertenza", "Attenzione"],
);

const PORTUGUESE: Phrases = mail(
    "pt",
    ["Cancelar inscrição", "Preferências", "Ver no navegador"],
    ["Nota", "Dica", "Importante", "Aviso", "Cuidado"],
);

const DUTCH: Phrases = mail(
    "nl",
    ["Afmelden", "Voorkeuren", "Bekijken in de browser"],
    ["Opmerking", "Tip", "Belangrijk", "Waarschuwing", "Let op"],
);

const POLISH: Phrases = mail(
    "pl",
    ["Wypisz się", "Preferencje", "Zobacz w przeglądarce"],
    ["Informacja", "Wskazówka", "Ważne", "Ostrzeżenie", "Przestroga"],
);

const SWEDISH: Phrases = mail(
    "sv",
    ["Avsluta prenumerationen", "Inställningar", "Visa i webbläsaren"],
    ["Obs", "Tips", "Viktigt", "Varning", "Försiktighet"],
);

const DANISH: Phrases = mail(
    "da",
    ["Afmeld", "Indstillinger", "Vis i browseren"],
    ["Bemærk", "Tip", "Vigtigt", "Advarsel", "Forsigtig"],
);

const JAPANESE: Phrases =
    mail("ja", ["配信停止", "設定", "ブラウザで表示"], ["メモ", "ヒント", "重要", "警告", "注意"]);

const ARABIC: Phrases =
    mail("ar", ["إلغاء الاشتراك", "التفضيلات", "عرض في المتصفح"], ["ملاحظة", "نصيحة", "مهم", "تحذير", "تنبيه"]);

const CHINESE: Phrases =
    mail("zh", ["退订", "偏好设置", "在浏览器中查看"], ["注意", "提示", "重要", "警告", "小心"]);

const TRADITIONAL_CHINESE: Phrases =
    mail("zh-Hant", ["取消訂閱", "偏好設定", "在瀏覽器中檢視"], ["注意", "提示", "重要", "警告", "小心"]);

/// What tells from a tag that Chinese is written in traditional characters: the script,
/// or a place where it is.
const TRADITIONAL: [&str; 4] = ["hant", "tw", "hk", "mo"];

impl Phrases {
    /// All there are.
    pub const ALL: [&'static Self; 14] = [
        &ENGLISH,
        &GERMAN,
        &FRENCH,
        &SPANISH,
        &ITALIAN,
        &PORTUGUESE,
        &DUTCH,
        &POLISH,
        &SWEDISH,
        &DANISH,
        &JAPANESE,
        &ARABIC,
        &CHINESE,
        &TRADITIONAL_CHINESE,
    ];

    /// The words for a mail with this language tag (BCP 47): its language's, or English.
    #[must_use]
    pub fn of(tag: &str) -> &'static Self {
        let mut parts = tag.split(['-', '_']);
        let language = parts.next().unwrap_or_default();
        let is_traditional = |part: &str| TRADITIONAL.iter().any(|known| part.eq_ignore_ascii_case(known));
        if language.eq_ignore_ascii_case("zh") && parts.any(is_traditional) {
            return &TRADITIONAL_CHINESE;
        }
        Self::ALL.into_iter().find(|known| known.lang.eq_ignore_ascii_case(language)).unwrap_or(&ENGLISH)
    }

    /// The words for a page with this language tag, as [`of`](Self::of), where there are
    /// such pages; else English.
    #[must_use]
    pub fn of_pages(tag: &str) -> &'static Self {
        let phrases = Self::of(tag);
        if phrases.leaving.is_some() { phrases } else { &ENGLISH }
    }

    /// Whether there are pages in this language.
    #[must_use]
    pub const fn has_pages(&self) -> bool {
        self.leaving.is_some()
    }

    /// The words of the pages of those who leave; English where there are none.
    #[must_use]
    pub fn leaving(&self) -> &Leaving {
        self.leaving.as_ref().or(ENGLISH.leaving.as_ref()).expect("there are pages in English")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_speaks_its_language_and_who_is_not_known_hears_english() {
        for (tag, lang) in [
            ("de-AT", "de"),
            ("FR", "fr"),
            ("es_MX", "es"),
            ("en", "en"),
            ("it-CH", "it"),
            ("pt-BR", "pt"),
            ("zh-CN", "zh"),
            ("zh-TW", "zh-Hant"),
            ("zh-Hant-HK", "zh-Hant"),
            ("fi", "en"),
            ("", "en"),
        ] {
            assert_eq!(Phrases::of(tag).lang, lang, "{tag}");
        }
    }

    /// Every phrase of a language with its name, whichever part it belongs to.
    fn all(phrases: &Phrases) -> Vec<(String, String)> {
        let written = format!("{phrases:#?}");
        let lines = written.lines().filter_map(|line| line.trim().trim_end_matches(',').split_once(": \""));
        lines.map(|(name, text)| (name.to_owned(), text.trim_end_matches('"').to_owned())).collect()
    }

    #[test]
    fn every_language_says_everything_with_the_same_places() {
        let shape = |phrases: &Phrases| -> Vec<(String, usize)> {
            all(phrases).into_iter().map(|(name, text)| (name, text.matches("{}").count())).collect()
        };
        assert!(all(&ENGLISH).len() > 40, "the phrases were not found");
        for phrases in Phrases::ALL {
            let wanted: Vec<_> = if phrases.has_pages() {
                shape(&ENGLISH)
            } else {
                shape(&mail("en", ["Leave", "Choose", "Look"], ENGLISH.callouts))
            };
            assert_eq!(shape(phrases), wanted, "{}", phrases.lang);
            let mut words = [phrases.unsubscribe, phrases.preferences, phrases.view_in_browser].to_vec();
            words.extend(phrases.callouts);
            assert!(words.iter().all(|word| !word.trim().is_empty() && word.trim() == *word));
            // No two links and no two boxes have the same name.
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), 8, "{}", phrases.lang);
            assert_eq!(Phrases::of(phrases.lang).lang, phrases.lang);
            for (name, text) in all(phrases) {
                assert!(!text.trim().is_empty() && text.trim() == text, "{}: {name}", phrases.lang);
                assert!(!text.contains(['\'', '<', '>', '&', '\n']), "{}: {name}: {text}", phrases.lang);
            }
        }
    }

    #[test]
    fn swedish_names_every_box_by_what_it_is() {
        assert_eq!(Phrases::of("sv-SE").callouts[4], "Försiktighet");
    }

    #[test]
    fn pages_that_nobody_has_written_are_english_throughout() {
        assert_eq!((Phrases::of_pages("de-AT").lang, Phrases::of_pages("it").lang), ("de", "en"));
        assert_eq!(Phrases::of("it").leaving().ask, Phrases::of("en").leaving().ask);
        assert_eq!(Phrases::ALL.iter().filter(|phrases| phrases.has_pages()).count(), 4);
    }

    #[test]
    fn every_language_is_written_by_its_own_rules() {
        for (name, text) in all(&FRENCH) {
            let text = text.replace("\\u{202f}", "\u{202f}").replace("\\u{a0}", "\u{a0}");
            for (at, sign) in text.match_indices(['?', '!', ';', ':']) {
                let before = text[..at].chars().next_back();
                let space = if sign == ":" { '\u{a0}' } else { '\u{202f}' };
                assert_eq!(before, Some(space), "{name}: {text}");
            }
        }
        for (name, text) in all(&SPANISH) {
            assert_eq!(text.matches('¿').count(), text.matches('?').count(), "{name}: {text}");
        }
    }
}
