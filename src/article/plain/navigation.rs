//! Finds the navigation of a page above its text.

use super::lines::{Line, ends_with};
use super::sharing;

/// Words that are navigation when several of them stand before the text.
const ITEMS: [&str; 46] = [
    "home",
    "homepage",
    "blog",
    "our blog",
    "menu",
    "search",
    "log in",
    "login",
    "sign in",
    "sign up",
    "subscribe",
    "about",
    "about us",
    "contact",
    "contact us",
    "news",
    "shop",
    "services",
    "products",
    "gallery",
    "faq",
    "back to blog",
    "← back",
    "startseite",
    "menü",
    "suche",
    "anmelden",
    "aktuelles",
    "über uns",
    "über mich",
    "kontakt",
    "impressum",
    "leistungen",
    "accueil",
    "recherche",
    "connexion",
    "à propos",
    "qui sommes-nous",
    "actualités",
    "boutique",
    "inicio",
    "buscar",
    "noticias",
    "tienda",
    "acerca de",
    "contacto",
];

/// Lines that nobody writes into a text; one is enough.
const SURE: [&str; 9] = [
    "skip to content",
    "skip to main content",
    "skip to navigation",
    "zum inhalt springen",
    "zum hauptinhalt springen",
    "aller au contenu",
    "aller au contenu principal",
    "saltar al contenido",
    "ir al contenido",
];

/// First steps of the path to a page: `Home > Blog > A title`.
const ROOTS: [&str; 5] = ["home", "blog", "startseite", "accueil", "inicio"];

/// How many items make a navigation; one alone may be the title.
const LEAST: usize = 2;

/// Longest item that is not known, in words.
const LONGEST: usize = 3;

/// The first line after the navigation.
pub(super) fn end(lines: &[Line]) -> usize {
    let filled = |from: usize| (from..lines.len()).find(|at| !lines[*at].is_blank());
    let (mut end, mut items) = (0, 0);
    let mut last = 0..0;
    while let Some(start) = filled(end) {
        let length = lines[start..].iter().take_while(|line| !line.is_blank()).count();
        let run = &lines[start..start + length];
        let leading: Vec<usize> = run.iter().map_while(weight).collect();
        let closed = start + length < lines.len();
        if leading.len() == length {
            items += leading.iter().sum::<usize>();
        } else if closed && is_menu(run, filled(start + length).map(|at| &lines[at])) {
            items += LEAST;
        } else {
            items += leading.iter().sum::<usize>();
            end = if leading.is_empty() { end } else { start + leading.len() };
            break;
        }
        (last, end) = (start..start + length, start + length);
    }
    let Some(next) = filled(end) else {
        // A text that is nothing but such words is left alone.
        return 0;
    };
    // The one word above a paragraph is its title, whatever else it may be.
    if last.end == end && last.len() == 1 && is_ambiguous(&lines[last.start]) && !is_headline(&lines[next]) {
        (end, items) = (last.start, items - 1);
    }
    if items < LEAST { 0 } else { end }
}

/// How many items of a navigation a line is, if it is nothing else.
fn weight(line: &Line) -> Option<usize> {
    let text = line.text.to_lowercase();
    if SURE.contains(&text.as_str()) || sharing::is_cookie_notice(&text) {
        return Some(LEAST);
    }
    (ITEMS.contains(&text.as_str()) || sharing::is_cookie_button(&text)).then_some(1).or_else(|| row(&text))
}

/// How many items stand beside each other in a line such as `Home | Blog | Contact`.
fn row(text: &str) -> Option<usize> {
    let path = text.contains(['>', '›', '»']);
    let parts: Vec<&str> = text
        .split(['|', '·', '•', '/', '>', '›', '»'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let known = parts.iter().filter(|part| ITEMS.contains(part)).count();
    let unknown = parts.len() - known;
    let rooted = path && ROOTS.contains(parts.first()?);
    let found =
        unknown <= 1 && (known >= LEAST || (known > 0 && rooted)) && !ends_with(text, &['.', '!', '?']);
    found.then_some(parts.len())
}

/// Whether a run of lines is a navigation of which one item is not known.
///
/// Where the last is the one, it may as well be the title, unless what follows is.
fn is_menu(run: &[Line], next: Option<&Line>) -> bool {
    let strange: Vec<usize> = (0..run.len()).filter(|at| weight(&run[*at]).is_none()).collect();
    let [strange] = strange[..] else { return false };
    let line = &run[strange];
    let last = strange + 1 == run.len();
    run.len() > LEAST
        && line.word_count() <= LONGEST
        && !line.ends_sentence()
        && (!last || next.is_some_and(is_headline))
}

/// Whether a line may be a navigation's and a title.
fn is_ambiguous(line: &Line) -> bool {
    ITEMS.contains(&line.text.to_lowercase().as_str())
}

/// Whether a line may be a title.
fn is_headline(line: &Line) -> bool {
    line.width() <= super::LONGEST_TITLE
        && !ends_with(&line.text, &['.', ',', ';', ':'])
        && super::byline::read(&line.text).is_none()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn after(text: &str) -> String {
        let lines = lines::split(text);
        let kept: Vec<_> = lines[end(&lines)..].iter().filter(|line| !line.is_blank()).collect();
        kept.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("|")
    }

    const TEXT: &str = "How to prune an old tree\n\nYou need a saw and some patience.\n";
    const KEPT: &str = "How to prune an old tree|You need a saw and some patience.";

    #[test]
    fn a_menu_is_cut_whole() {
        for menu in [
            "Skip to content\nHome\nBlog\nContact\n\n",
            "Skip to content\n\n",
            "Home\n\nBlog\n\nAbout\n\n",
            "Home | Blog | Contact\n\n",
            "Home · Blog · About us\n",
            "Home / Blog / Workshops / Contact\n\n",
            "Home > Blog > Orchard\n\n",
            "Home › Orchard\n\n",
            "The Orchard\nHome\nBlog\nContact\n\n",
            "Home\nBlog\nWorkshops\n\n",
            "Startseite\nÜber uns\nKontakt\n\n",
            "Accueil\nÀ propos\nContact\n\n",
            "Inicio\nTienda\nContacto\n\n",
            "We use cookies to make this site better.\nAccept all cookies\nCookie settings\n\n",
            "Accept all cookies\nHome\n\n",
        ] {
            assert_eq!(after(&format!("{menu}{TEXT}")), KEPT, "{menu}");
        }
    }

    #[test]
    fn what_may_be_the_article_stays() {
        for text in [
            "Home\n\nThis is where we live now.\n",
            "Blog | Words of a gardener\n\nThis is where we live now.\n",
            "Contact\n\nThis is how you reach us.\n",
            "Home\nBlog\nContact\n",
            "Home is best.\nBlog less.\n\nThis is where we live now.\n",
            "Home\nGarden\nCellar\nAttic\n\nThis is where we live now.\n",
        ] {
            let lines = lines::split(text);
            assert_eq!(end(&lines), 0, "{text}");
        }
        assert_eq!(after("Home\nBlog\nPruning trees\n\nThis is how.\n"), "Pruning trees|This is how.");
        assert_eq!(after("Home\nBlog\n\nContact\n\nThis is how.\n"), "Contact|This is how.");
    }
}
