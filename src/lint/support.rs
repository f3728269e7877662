//! What the mail programs of the readers make of styles and elements, after the data of
//! caniemail.com.
//!
//! The final HTML is looked at, and what Word alone reads is left out of it. Of a feature
//! that degrades well nothing is said: square corners are corners.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::css::{self, Declaration};
use crate::problem::{Span, did_you_mean};

use super::View;
use super::place::file_name;
use super::rule::{Findings, Spot};

/// Made by `data/caniemail/refresh`; its head says how it is to be read.
const DATA: &str = include_str!("../../data/caniemail/support.txt");

/// The clients of those who name none: what most readers use.
const USUAL: [&str; 4] = ["apple-mail", "gmail", "outlook", "yahoo"];

/// Features that nothing is said of, although some clients lack them, and why.
const DEGRADES: &[(&str, &str)] = &[
    ("css-accent-color", "a control looks as controls look there"),
    ("css-animation", "what does not move is where it should be"),
    ("css-at-font-face", "the next font of the stack is used"),
    ("css-at-keyframes", "what does not move is where it should be"),
    ("css-at-media", "what is written into the elements remains, and is made to do alone"),
    ("css-at-media-device-pixel-ratio", "as @media"),
    ("css-at-media-hover", "as @media"),
    ("css-at-media-orientation", "as @media"),
    ("css-at-media-prefers-color-scheme", "the mail stays light, or the client darkens it itself"),
    ("css-at-media-prefers-reduced-motion", "as @media"),
    ("css-at-supports", "it is written for clients that lack something"),
    ("css-border-radius", "corners are square"),
    ("css-border-radius-logical", "corners are square"),
    ("css-border-spacing", "the attribute cellspacing says the same"),
    ("css-box-shadow", "there is no shadow"),
    ("css-box-sizing", "Outlook on Windows has widths as attributes"),
    ("css-color-scheme", "it is a hint"),
    ("css-cursor", "a pointer is a pointer"),
    ("css-direction", "the attribute dir says the same"),
    ("css-display", "Word has block and inline; the values that matter have entries of their own"),
    ("css-display-none", "Word has `mso-hide: all` beside it"),
    ("css-font-kerning", "letters stand a little differently"),
    ("css-font-stretch", "letters are a little wider"),
    ("css-height", "Yahoo makes a least height of it, and the attribute says the same"),
    ("css-hyphens", "words are not divided"),
    ("css-letter-spacing", "letters stand a little closer"),
    ("css-list-style-position", "the mark stands outside"),
    ("css-max-height", "the height is that of what is in it"),
    ("css-max-width", "Word has a table of fixed width around it"),
    ("css-min-height", "the height is that of what is in it"),
    ("css-min-width", "the width is that of what is in it"),
    ("css-orphans", "it is for paper"),
    ("css-outline", "it is for those who use a keyboard"),
    ("css-outline-offset", "it is for those who use a keyboard"),
    ("css-overflow", "everything is shown"),
    ("css-overflow-wrap", "a long word is cut by the column"),
    ("css-pseudo-class-active", "nothing changes under the pointer"),
    ("css-pseudo-class-focus", "the client has a mark of its own"),
    ("css-pseudo-class-focus-visible", "the client has a mark of its own"),
    ("css-pseudo-class-hover", "nothing changes under the pointer"),
    ("css-pseudo-class-link", "the link has its inline colour"),
    ("css-pseudo-class-visited", "a visited link looks like another"),
    ("css-tab-size", "tabs are eight wide"),
    ("css-table-layout", "columns are as wide as what is in them"),
    ("css-text-decoration-color", "the line has the colour of the words"),
    ("css-text-decoration-line", "a link is underlined where links are"),
    ("css-text-decoration-skip-ink", "the line crosses descenders"),
    ("css-text-decoration-style", "the line is straight"),
    ("css-text-decoration-thickness", "the line is thinner"),
    ("css-text-overflow", "everything is shown"),
    ("css-text-shadow", "there is no shadow"),
    ("css-text-underline-offset", "the line is a little nearer"),
    ("css-text-underline-position", "the line is a little nearer"),
    ("css-text-wrap", "a heading breaks where it is full"),
    ("css-transition", "a change is sudden"),
    ("css-unit-rem", "told by its size, when that is too small"),
    ("css-user-select", "text can be selected"),
    ("css-vertical-align", "the attribute valign says the same"),
    ("css-visibility", "told by other rules"),
    ("css-white-space", "spaces are single"),
    ("css-widows", "it is for paper"),
    ("css-word-break", "a long word is cut by the column"),
    ("css-word-spacing", "words stand a little closer"),
    ("css-word-wrap", "a long word is cut by the column"),
    ("html-bdi", "words stand as they would without it"),
    ("html-link", "it is in the head, and `@import` is told"),
    ("html-loading-attribute", "pictures are loaded at once"),
    ("html-ruby", "the reading stands in brackets"),
    ("html-rp", "the reading stands in brackets"),
    ("html-rt", "the reading stands in brackets"),
    ("html-srcset", "the picture of `src` is shown"),
    ("html-picture", "the picture of `img` is shown"),
    ("image-avif", "the rule `img-format` tells it"),
    ("image-heif", "the rule `img-format` tells it"),
    ("image-svg", "the rule `img-format` tells it"),
    ("image-tiff", "the rule `img-format` tells it"),
    ("image-webp", "the rule `img-format` tells it"),
];

/// A feature of the data.
struct Feature {
    slug: &'static str,
    title: &'static str,
    /// One letter a client.
    marks: &'static str,
}

/// One program on one platform.
struct Column {
    /// `outlook-windows`.
    name: String,
    /// `outlook`.
    family: &'static str,
    /// `Outlook`.
    shown: &'static str,
    /// `Windows`.
    platform: &'static str,
}

struct Data {
    columns: Vec<Column>,
    /// By how they are told from a page.
    features: HashMap<&'static str, Feature>,
}

static TABLE: LazyLock<Data> = LazyLock::new(|| {
    let mut data = Data { columns: Vec::new(), features: HashMap::new() };
    for line in DATA.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&'static str> = line.split('\t').collect();
        let &[keys, slug, title, marks] = parts.as_slice() else { continue };
        if keys == "client" {
            let family = slug.split('.').next().unwrap_or_default();
            data.columns.push(Column { name: slug.replace('.', "-"), family, shown: title, platform: marks });
        } else {
            for key in keys.split(' ') {
                data.features.insert(key, Feature { slug, title, marks });
            }
        }
    }
    data
});

/// The names a publisher can give clients: whole families, and one program on one
/// platform.
fn names() -> impl Iterator<Item = &'static str> {
    TABLE.columns.iter().flat_map(|column| [column.family, column.name.as_str()])
}

/// The client of this name.
pub(super) fn client(name: &str) -> Option<&'static str> {
    names().find(|known| *known == name)
}

/// The client whose name is nearest to what was written.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    did_you_mean(name, names())
}

pub(super) fn check(view: &View<'_>, clients: &[&'static str], findings: &mut Findings<'_>) {
    if !findings.wants("css-unsupported") {
        return;
    }
    let clients = if clients.is_empty() { &USUAL } else { clients };
    let is_asked_for =
        |column: &Column| clients.iter().any(|client| *client == column.family || *client == column.name);
    let asked: Vec<bool> = TABLE.columns.iter().map(is_asked_for).collect();
    let mut told: HashSet<&str> = HashSet::new();
    for (key, needle) in used(view) {
        let Some(feature) = TABLE.features.get(key.as_str()) else { continue };
        let degrades = DEGRADES.iter().any(|(slug, _)| *slug == feature.slug);
        let lacking = lacking(feature, &asked);
        if degrades || lacking.is_empty() || !told.insert(feature.slug) {
            continue;
        }
        findings.note_as(
            "css-unsupported",
            None,
            || in_theme(view, &needle),
            format!("`{}` does nothing in {}", feature.title, joined(&lacking)),
            "see that the mail does without it, or do it in another way; `clients` under `[check]` says whose \
             programs count",
            vec![format!("https://www.caniemail.com/features/{}/", feature.slug)],
        );
    }
}

/// The clients among those `asked` for that do not have a feature: a family by its name
/// when none of its programs has it.
fn lacking(feature: &Feature, asked: &[bool]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let counted: Vec<(&Column, u8)> = TABLE
        .columns
        .iter()
        .zip(feature.marks.bytes())
        .zip(asked)
        .filter(|(_, asked)| **asked)
        .map(|((column, mark), _)| (column, mark))
        .collect();
    let mut at = 0;
    while at < counted.len() {
        let family = counted[at].0.family;
        let end = at + counted[at..].iter().take_while(|(column, _)| column.family == family).count();
        let without: Vec<&Column> =
            counted[at..end].iter().filter(|(_, mark)| *mark == b'n').map(|(column, _)| *column).collect();
        let shown = counted[at].0.shown;
        if without.len() == end - at && without.len() > 1 {
            all.push(shown.to_owned());
        } else if !without.is_empty() {
            let platforms: Vec<&str> = without.iter().map(|column| column.platform).collect();
            all.push(format!("{shown} ({})", platforms.join(", ")));
        }
        at = end;
    }
    all
}

/// `a`, `a and b`, `a, b and c`.
fn joined(names: &[String]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// Everything that a page uses, as the data names it, and the words by which the place in
/// the theme is found; each once, in the order in which it is met.
fn used(view: &View<'_>) -> Vec<(String, String)> {
    let mut met = Met::default();
    let at_rules = view.page.sheets.iter().flat_map(|sheet| &sheet.at_rules);
    for rule in at_rules.map(|rule| rule.text.as_str()) {
        let name = rule[1..].split(|c: char| !c.is_ascii_alphabetic() && c != '-').next().unwrap_or_default();
        met.add(format!("at:{}", name.to_ascii_lowercase()), rule);
        for condition in rule.split('(').skip(1) {
            let name = condition.split([':', ')', ' ', '<', '>']).next().unwrap_or_default();
            met.add(format!("media:{}", name.trim().to_ascii_lowercase()), rule);
        }
    }
    for rule in view.page.sheets.iter().flat_map(|sheet| &sheet.rules) {
        for selector in &rule.selectors {
            for pseudo in selector.split(':').skip(1).filter(|pseudo| !pseudo.is_empty()) {
                let name =
                    pseudo.split(|c: char| !c.is_ascii_alphabetic() && c != '-').next().unwrap_or_default();
                met.add(format!("pseudo:{name}"), &format!(":{name}"));
            }
        }
        rule.declarations.iter().for_each(|declaration| met.declaration(declaration));
    }
    for element in view.page.elements.iter().filter(|element| !element.not_for_word) {
        met.add(format!("tag:{}", element.name), &format!("<{}", element.name));
        for (name, value) in element.attributes() {
            match name {
                "style" => met.style(value),
                "src" => {
                    let end = file_name(value).rsplit_once('.').map_or("", |(_, end)| end);
                    met.add(format!("image:{}", end.to_ascii_lowercase()), value);
                }
                _ => met.add(format!("attribute:{name}"), &format!("{name}=")),
            }
        }
    }
    met.all
}

#[derive(Default)]
struct Met {
    all: Vec<(String, String)>,
    keys: HashSet<String>,
    styles: HashSet<String>,
}

impl Met {
    fn add(&mut self, key: String, needle: &str) {
        if self.keys.insert(key.clone()) {
            self.all.push((key, needle.to_owned()));
        }
    }

    /// A style, of which most pages repeat a few a thousand times.
    fn style(&mut self, style: &str) {
        if self.styles.insert(style.to_owned()) {
            for declaration in css::declarations(style) {
                self.declaration(&declaration);
            }
        }
    }

    fn declaration(&mut self, Declaration { property, value, .. }: &Declaration) {
        if property.starts_with("--") {
            self.add("property:--".to_owned(), property);
            return;
        }
        // Prefixed ones are there for one client, and `mso-` ones for Word.
        if property.starts_with('-') || property.starts_with("mso-") {
            return;
        }
        self.add(format!("property:{property}"), &format!("{property}:"));
        let lower = value.to_ascii_lowercase();
        self.add(format!("value:{property}={lower}"), &format!("{property}:"));
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '%' | '.');
        for (at, open) in lower.match_indices('(') {
            let name = lower[..at].rsplit(|c| !is_word(c)).next().unwrap_or_default();
            self.add(format!("function:{name}"), &format!("{name}{open}"));
        }
        // What stands in an address or in quotes is no number.
        if lower.contains("url(") || lower.contains(['"', '\'']) {
            return;
        }
        for word in lower.split(|c| !is_word(c)).filter(|word| !word.is_empty()) {
            let number = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            if number.is_empty() {
                self.add(format!("word:{word}"), word);
            } else if number.len() < word.len() && number.parse::<f64>().is_ok() {
                self.add(format!("unit:{}", &word[number.len()..]), word);
            }
        }
    }
}

/// Where in the theme's files this stands; in its style sheets rather than in its layout.
fn in_theme(view: &View<'_>, needle: &str) -> Spot {
    let is_sheet = |name: &str| name.contains(".css");
    let theme = view.letter.theme;
    let sheets = theme.iter().filter(|source| is_sheet(source.name()));
    let mut all = sheets.chain(theme.iter().filter(|source| !is_sheet(source.name())));
    let found = all.find_map(|source| Some((source, source.text().find(needle)?)));
    found.map_or(Spot::Nowhere, |(source, at)| Spot::In(source.clone(), Span::new(at, at + needle.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_whole() {
        assert!(TABLE.columns.len() > 30 && TABLE.features.len() > 200);
        for feature in TABLE.features.values() {
            assert_eq!(feature.marks.len(), TABLE.columns.len(), "{}", feature.slug);
        }
        assert!(DATA.len() < 60_000);
        for usual in USUAL {
            assert!(client(usual).is_some(), "{usual}");
        }
        assert_eq!((client("outlook-windows"), client("outlok")), (Some("outlook-windows"), None));
        assert_eq!(nearest("outlok"), Some("outlook"));
    }

    #[test]
    fn whatever_degrades_well_is_in_the_data_and_says_why() {
        for (slug, why) in DEGRADES {
            assert!(TABLE.features.values().any(|feature| feature.slug == *slug), "{slug}");
            assert!(!why.is_empty());
        }
    }

    #[test]
    fn a_family_is_named_once_and_its_programs_when_some_have_it() {
        let asked = |names: &[&str]| -> Vec<bool> {
            TABLE
                .columns
                .iter()
                .map(|one| names.contains(&one.family) || names.contains(&one.name.as_str()))
                .collect()
        };
        let flex = &TABLE.features["value:display=flex"];
        assert_eq!(joined(&lacking(flex, &asked(&["outlook"]))), "Outlook (Windows)");
        let video = &TABLE.features["tag:video"];
        assert_eq!(
            joined(&lacking(video, &asked(&["gmail", "outlook-windows"]))),
            "Gmail and Outlook (Windows)"
        );
    }
}
