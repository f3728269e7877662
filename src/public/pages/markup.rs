//! Texts on their way into HTML.

/// `text` as it can stand between tags and in a quoted attribute.
///
/// Control characters, which HTML has no way to write, become spaces.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            character if character.is_control() => out.push(' '),
            character => out.push(character),
        }
    }
    out
}

/// `text` with a direction of its own, so that a name in Hebrew turns nothing around it.
pub(super) fn apart(text: &str) -> String {
    format!("<bdi>{}</bdi>", escaped(text.trim()))
}

/// A phrase with `html` in its place.
pub(super) fn filled(phrase: &str, html: &str) -> String {
    let mut out = String::new();
    for (number, words) in phrase.split("{}").enumerate() {
        if number > 0 {
            out.push_str(html);
        }
        out.push_str(&escaped(words));
    }
    out
}

/// As much of an address as its owner knows it by, and nobody else learns it from: links
/// are forwarded, and scanners publish what they find behind them.
///
/// The domain is whole; of the part before the `@` two letters at most and the last one
/// are left, and never all.
pub(super) fn in_part(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else { return "…".to_owned() };
    let letters: Vec<char> = local.chars().collect();
    let (first, last) = match letters.len() {
        0 | 1 => (0, 0),
        2 | 3 => (1, 0),
        4 => (1, 1),
        _ => (2, 1),
    };
    let first: String = letters.iter().take(first).collect();
    let last: String = letters.iter().skip(letters.len() - last).collect();
    let first = first.trim_end_matches('.');
    format!("{first}…{last}@{domain}")
}
