//! Knows the buttons of a page: to share it, and to be asked about cookies.

use super::lines::Line;

/// Beginnings of lines that offer to share a text.
const SHARE: [&str; 12] = [
    "share this",
    "share on ",
    "share via ",
    "share:",
    "share the ",
    "tweet this",
    "teilen auf ",
    "teilen:",
    "diesen beitrag teilen",
    "partager sur ",
    "partager cet article",
    "compartir en ",
];

/// Lines that offer to share when they are nothing else.
const SHARE_WHOLE: [&str; 12] = [
    "share",
    "tweet",
    "pin it",
    "copy link",
    "share article",
    "share post",
    "teilen",
    "twittern",
    "partager",
    "tweeter",
    "compartir",
    "tuitear",
];

/// Where texts are shared. A single name may be a heading.
const NETWORKS: [&str; 14] = [
    "facebook",
    "twitter",
    "x",
    "linkedin",
    "pinterest",
    "whatsapp",
    "reddit",
    "instagram",
    "telegram",
    "tumblr",
    "bluesky",
    "mastodon",
    "xing",
    "email",
];

/// Most buttons that stand in a row, and so the most lines looked at for one.
pub(super) const MOST: usize = 16;

/// Most words of such a line.
const LONGEST: usize = 8;

/// Beginnings of the sentence about cookies.
const COOKIES: [&str; 12] = [
    "we use cookies",
    "we and our partners use cookies",
    "this site uses cookies",
    "this website uses cookies",
    "our website uses cookies",
    "wir verwenden cookies",
    "diese website verwendet cookies",
    "diese seite verwendet cookies",
    "nous utilisons des cookies",
    "ce site utilise des cookies",
    "utilizamos cookies",
    "este sitio utiliza cookies",
];

/// Buttons under it.
const COOKIE_BUTTONS: [&str; 24] = [
    "accept all cookies",
    "accept all",
    "accept cookies",
    "allow all cookies",
    "allow all",
    "reject all",
    "reject all cookies",
    "cookie settings",
    "cookie preferences",
    "cookie policy",
    "manage cookies",
    "alle cookies akzeptieren",
    "alle akzeptieren",
    "alle ablehnen",
    "cookie-einstellungen",
    "tout accepter",
    "accepter tous les cookies",
    "tout refuser",
    "paramètres des cookies",
    "aceptar todo",
    "aceptar todas las cookies",
    "rechazar todo",
    "rechazar todas",
    "configuración de cookies",
];

/// Whether a line in lower case is the sentence with which pages ask about cookies.
pub(super) fn is_cookie_notice(text: &str) -> bool {
    COOKIES.iter().any(|start| text.starts_with(start))
}

/// Whether a line in lower case is a button under such a sentence.
pub(super) fn is_cookie_button(text: &str) -> bool {
    COOKIE_BUTTONS.contains(&text)
}

/// Whether a line in lower case offers to share the text.
pub(super) fn is_offer(text: &str) -> bool {
    let bare = text.trim_end_matches([':', '!', ' ']);
    let phrase = SHARE_WHOLE.contains(&bare) || SHARE.iter().any(|start| text.starts_with(start));
    phrase && text.split_whitespace().count() <= LONGEST && !text.ends_with(['.', '?'])
}

/// Whether a line in lower case is nothing but names of networks.
pub(super) fn is_network(text: &str) -> bool {
    let mut words = text.split([' ', '|', '·', ',']).filter(|word| !word.is_empty()).peekable();
    words.peek().is_some() && words.all(|word| NETWORKS.contains(&word) || SHARE_WHOLE.contains(&word))
}

/// How many lines from the first offer to share, blank ones between them included.
///
/// Names of networks alone must be two, since one may be a heading.
pub(super) fn buttons(lines: &[Line]) -> usize {
    let (mut offers, mut networks, mut end) = (0, 0, 0);
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_blank()).take(MOST) {
        let text = line.text.to_lowercase();
        if is_offer(&text) {
            offers += 1;
        } else if is_network(&text) {
            networks += 1;
        } else {
            break;
        }
        end = at + 1;
    }
    if offers > 0 || networks > 1 { end } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn buttons_to_share_are_told_from_headings_and_sentences() {
        for (text, expected) in [
            ("Share", 1),
            ("Share this:", 1),
            ("Share on Facebook Tweet", 1),
            ("Facebook\nTwitter\nWords", 2),
            ("Share\n\nFacebook\n\nWords", 3),
            ("Diesen Beitrag teilen\nWords", 1),
            ("Partager sur Facebook\nWords", 1),
            ("Facebook\nWords", 0),
            ("Share this with a friend who has an apple tree in the garden\nWords", 0),
            ("Share the work.", 0),
            ("Words", 0),
        ] {
            assert_eq!(buttons(&lines::split(text)), expected, "{text}");
        }
    }
}
