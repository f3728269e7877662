//! Links that lead nowhere, astray, or not where they say.

use std::collections::HashSet;

use crate::audience::{disguised, mixture};

use super::place::first_line;
use super::rule::{Findings, Spot};
use super::{View, quoted};

/// Words that say nothing to whoever hears them out of their sentence, as those do who
/// have a page read aloud (WCAG 2.2 §2.4.4).
const GENERIC: &[&str] = &[
    "click",
    "click here",
    "here",
    "this",
    "this link",
    "link",
    "more",
    "read more",
    "learn more",
    "see more",
    "hier",
    "hier klicken",
    "klicken sie hier",
    "klick hier",
    "mehr",
    "mehr lesen",
    "weiterlesen",
    "mehr erfahren",
    "ici",
    "cliquez ici",
    "cliquer ici",
    "lire la suite",
    "en savoir plus",
    "plus",
    "aquí",
    "aqui",
    "haz clic aquí",
    "haga clic aquí",
    "clic aquí",
    "leer más",
    "más",
    "más información",
    "ver más",
];

/// Services that hide where a link leads; spammers use them, and filters know it.
const SHORTENERS: &[&str] = &[
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rebrand.ly",
    "cutt.ly",
    "rb.gy",
    "t.ly",
    "tiny.cc",
    "shorturl.at",
    "bl.ink",
    "lnkd.in",
    "s.id",
    "v.gd",
    "adf.ly",
    "soo.gd",
    "shorte.st",
];

/// Endings of names that are sites rather than files or abbreviations, when no scheme
/// stands before them.
const ENDINGS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "io", "eu", "de", "at", "ch", "fr", "es", "it", "nl", "be", "uk",
    "ie", "pl", "se", "no", "dk", "fi", "ca", "us", "au", "nz", "jp", "br", "mx", "info", "news", "blog",
    "test", "app",
];

pub(super) fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    let ids: HashSet<&str> = view.page.elements.iter().filter_map(|one| one.attribute("id")).collect();
    let mut told: HashSet<(String, String)> = HashSet::new();
    for (number, element) in view.page.named("a") {
        let Some(href) = element.attribute("href").map(str::trim) else { continue };
        let words = view.page.words(number);
        let alts: Vec<&str> =
            view.page.within(number).iter().filter_map(|one| one.attribute("alt")).collect();
        let name = if words.is_empty() { alts.concat().trim().to_owned() } else { words.clone() };
        // The same link twice is one finding.
        if told.insert((href.to_owned(), name.clone())) {
            let link = Link { view, href, words: &words, name: &name };
            link.check(&ids, findings);
        }
    }
}

struct Link<'a> {
    view: &'a View<'a>,
    href: &'a str,
    /// What is shown of it in letters.
    words: &'a str,
    /// The words, or what its pictures say they show.
    name: &'a str,
}

impl Link<'_> {
    fn spot(&self) -> Spot {
        match self.view.places.link(self.href, self.words) {
            Some(link) => Spot::Article(first_line(self.view.letter.article.source.text(), link.span)),
            None => self.view.in_theme(self.href),
        }
    }

    fn is_of_article(&self) -> bool {
        self.view.places.link(self.href, self.words).is_some()
    }

    fn check(&self, ids: &HashSet<&str>, findings: &mut Findings<'_>) {
        let href = self.href;
        if self.name.is_empty() {
            findings.note(
                "link-empty",
                || self.spot(),
                format!("the link to `{}` has no words", self.view.letter.mask.restore(href)),
                "write between its brackets what is behind it; for a picture, what the picture shows",
            );
        }
        // Of the article's own addresses that lead nowhere, composing tells.
        let leads_nowhere = href.is_empty() || href == "#";
        if leads_nowhere && !self.is_of_article() {
            findings.note(
                "link-empty",
                || self.view.in_theme(&format!("href=\"{href}\"")),
                format!("the link {} leads nowhere", quoted(self.name)),
                "give it an address, or write its words without a link",
            );
        }
        if let Some(target) =
            href.strip_prefix('#').filter(|target| !target.is_empty() && !ids.contains(target))
        {
            findings.note(
                "link-empty",
                || self.spot(),
                format!(
                    "the link {} leads to `#{target}`, and nothing in the mail is called that",
                    quoted(self.name)
                ),
                "write the whole address of a page, such as `https://example.com/`",
            );
        }
        if self.view.is_tagged(href) {
            self.words(findings);
            return;
        }
        let has_scheme = href.split_once(':').is_some_and(|(scheme, _)| {
            !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        });
        if !has_scheme && !href.starts_with('#') && !leads_nowhere && !self.is_of_article() {
            findings.note(
                "link-relative",
                || self.view.in_theme(href),
                format!("readers cannot reach `{href}` from a mail"),
                "write the whole address, such as `https://example.com/page`",
            );
        }
        let is_open = href.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"));
        if is_open && !is_here(host(href)) {
            findings.note(
                "link-http",
                || self.spot(),
                format!("`{href}` is not encrypted"),
                "write `https://`, if the site has it: browsers warn readers who follow http",
            );
        }
        let host = host(href).to_ascii_lowercase();
        let bare = host.strip_prefix("www.").unwrap_or(&host);
        if SHORTENERS.contains(&bare) {
            findings.note(
                "link-shortener",
                || self.spot(),
                format!("`{bare}` hides where the link leads"),
                "link to the page itself: filters count shortened links against a mail",
            );
        }
        self.homograph(&host, findings);
        self.words(findings);
    }

    fn words(&self, findings: &mut Findings<'_>) {
        let href = self.href;
        if href.chars().any(is_override) {
            findings.note(
                "bidi-control",
                || self.spot(),
                "the address of this link holds a character that turns the direction of writing",
                "copy the address from the page itself",
            );
        }
        let said: String = self.name.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        if self.is_of_article() && GENERIC.contains(&said.as_str()) {
            findings.note(
                "link-text-generic",
                || self.spot(),
                format!("the link {} does not say where it leads", quoted(self.name)),
                "link the words that name what is behind it: many have the links of a mail read aloud one by one",
            );
        }
        if let Some(promised) = promised(self.words).filter(|_| !self.view.is_tagged(self.words)) {
            let target = if promised.contains('@') {
                let target =
                    href.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mailto:"));
                target.map(|(_, address)| address.split('?').next().unwrap_or_default().to_lowercase())
            } else {
                Some(host(href).to_lowercase()).filter(|host| !host.is_empty())
            };
            if let Some(target) =
                target.filter(|target| !self.view.is_tagged(href) && !is_same_site(&promised, target))
            {
                findings.note(
                    "link-mismatch",
                    || self.spot(),
                    format!("the words of the link are `{promised}`, and it leads to `{target}`"),
                    "let the words name what is behind the link, or the address that it has: this is how phishing \
                     is told",
                );
            }
        }
    }

    fn homograph(&self, host: &str, findings: &mut Findings<'_>) {
        let (decoded, _) = idna::domain_to_unicode(host);
        let why = if let Some((letter, one, other)) = mixture(&decoded) {
            format!(
                "`{letter}` (U+{:04X}) among letters of another script: {one} and {other}",
                u32::from(letter)
            )
        } else if let Some(label) = disguised(&decoded) {
            format!("`{label}`, which is Cyrillic and looks Latin")
        } else {
            return;
        };
        findings.note(
            "link-homograph",
            || self.spot(),
            format!("the name of the site holds {why}"),
            "type the address again, letter by letter: such names are made to deceive",
        );
    }
}

/// Marks that make what follows run the other way (Unicode UAX 9 §2.2).
pub(super) fn is_override(c: char) -> bool {
    matches!(c, '\u{202d}' | '\u{202e}')
}

/// The host of an address on the web.
pub(super) fn host(href: &str) -> &str {
    let Some((scheme, rest)) = href.split_once("://") else { return "" };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return "";
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() }
}

/// Whether a host is this machine, where encryption has nothing to hide.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.starts_with("127.") || host == "[::1]"
}

/// The site or the mail address that the words of a link are, if they are one.
fn promised(words: &str) -> Option<String> {
    let words = words.trim().trim_end_matches(['.', ',', '/', ')', '…']).to_lowercase();
    if words.contains(char::is_whitespace) {
        return None;
    }
    let words = words.strip_prefix("mailto:").unwrap_or(&words);
    let named = host(words);
    if !named.is_empty() {
        return Some(named.to_owned());
    }
    let bare = words.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let is_name = |text: &str| {
        text.rsplit_once('.').is_some_and(|(before, end)| {
            ENDINGS.contains(&end)
                && !before.is_empty()
                && before.split('.').all(|label| !label.is_empty())
                && before.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'))
        })
    };
    if let Some((local, domain)) = words.split_once('@') {
        return (!local.is_empty() && is_name(domain)).then(|| words.to_owned());
    }
    is_name(bare).then(|| bare.to_owned())
}

fn is_same_site(promised: &str, target: &str) -> bool {
    let bare = |text: &str| text.strip_prefix("www.").unwrap_or(text).to_owned();
    let (promised, target) = (bare(promised), bare(target));
    promised == target
        || target.ends_with(&format!(".{promised}"))
        || promised.ends_with(&format!(".{target}"))
        || idna::domain_to_ascii(&promised).is_ok_and(|ascii| ascii == target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_an_address_and_not_any_word_with_a_dot() {
        for (words, expected) in [
            ("https://example.com/a", Some("example.com")),
            ("www.example.com.", Some("www.example.com")),
            ("example.org/a?b", Some("example.org")),
            ("me@example.com", Some("me@example.com")),
            ("node.js", None),
            ("README.md", None),
            ("the site", None),
            ("3.5", None),
            ("…", None),
        ] {
            assert_eq!(promised(words).as_deref(), expected, "{words}");
        }
    }

    #[test]
    fn a_site_and_its_parts_are_the_same_site() {
        for (one, other) in [
            ("example.com", "www.example.com"),
            ("www.example.com", "example.com"),
            ("example.com", "a.example.com"),
        ] {
            assert!(is_same_site(one, other), "{one} {other}");
        }
        for (one, other) in [("example.com", "example.org"), ("example.com", "badexample.com")] {
            assert!(!is_same_site(one, other), "{one} {other}");
        }
    }
}
