//! Knows lines that stand alone as headings do and head nothing.

/// Beginnings of lines under or about a picture.
const CAPTIONS: [&str; 14] = [
    "photo:",
    "photos:",
    "photo by ",
    "photograph:",
    "picture:",
    "image:",
    "image credit:",
    "photo credit:",
    "credit:",
    "credits:",
    "foto:",
    "bild:",
    "crédit photo",
    "photo :",
];

/// What pages put between the paragraphs of a text.
const INSERTS: [&str; 10] = [
    "advertisement",
    "sponsored",
    "read more",
    "continue reading",
    "anzeige",
    "weiterlesen",
    "publicité",
    "lire la suite",
    "publicidad",
    "leer más",
];

/// How letters end, above the name.
const CLOSINGS: [&str; 23] = [
    "best wishes",
    "warm wishes",
    "with best wishes",
    "kind regards",
    "best regards",
    "warm regards",
    "regards",
    "yours",
    "yours sincerely",
    "yours truly",
    "yours faithfully",
    "sincerely",
    "with love",
    "love",
    "cheers",
    "mit freundlichen grüßen",
    "herzliche grüße",
    "viele grüße",
    "liebe grüße",
    "cordialement",
    "bien à vous",
    "saludos",
    "un saludo",
];

/// Whether a line is about a picture, or an advertisement, or leads to more.
pub(super) fn is_insert(text: &str) -> bool {
    let text = text.to_lowercase();
    CAPTIONS.iter().any(|start| text.starts_with(start))
        || INSERTS.contains(&text.trim_end_matches(['.', '…', ' ', '→', '»', ':']))
}

/// Whether a line ends a letter; a name follows it.
pub(super) fn is_closing(text: &str) -> bool {
    CLOSINGS.contains(&text.to_lowercase().trim_end_matches([',', '!', '.', ' ']))
}
