use super::{Letter, LintSettings, RULES, Shown, lint};
use crate::article::{Format, ReadOptions, parse};
use crate::problem::{Problem, Severity, Source};
use crate::tags::Mask;

mod table;

/// An article, and the HTML and text somebody made of it.
struct Case {
    article: String,
    format: Format,
    html: String,
    text: Option<String>,
    subject: Option<String>,
    preheader: Option<String>,
    size: usize,
    has_list: bool,
}

impl Case {
    fn of(article: &str) -> Self {
        Self {
            article: format!("+++\ntitle = \"A letter from the shop\"\n+++\n{article}"),
            format: Format::Markdown,
            html: String::new(),
            text: None,
            subject: None,
            preheader: Some("One whole sentence that says what is in this letter.".to_owned()),
            size: 20_000,
            has_list: true,
        }
    }

    /// A body that is shown; nothing else is wrong with the page.
    fn body(self, body: &str) -> Self {
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><title>A letter</title></head><body>{body}</body></html>"
        );
        Self { html, ..self }
    }

    fn head(self, head: &str, body: &str) -> Self {
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><title>A letter</title>{head}</head><body>{body}</body></html>"
        );
        Self { html, ..self }
    }

    fn found(&self, settings: &LintSettings) -> Vec<Problem> {
        let source = Source::new("a.md", self.article.as_str());
        let (article, _) = parse(&source, self.format, &ReadOptions::default()).unwrap();
        let mask: Mask = article.mask.clone();
        let (html, text) = (mask_like(&mask, &self.html), self.text.clone());
        let all = super::page::Page::parse(&html);
        let said = all.runs.iter().map(|run| run.text.as_str()).collect::<Vec<_>>().join("\n");
        let links: String =
            all.named("a").filter_map(|(_, a)| a.attribute("href")).collect::<Vec<_>>().join("\n");
        let subject =
            self.subject.clone().unwrap_or_else(|| article.meta.title.as_ref().unwrap().value.clone());
        lint(
            &Letter {
                article: &article,
                mask: &mask,
                html: &html,
                text: &text.unwrap_or(said + "\n" + &links),
                subject: &subject,
                preheader: self.preheader.as_deref(),
                encoded_html: self.size,
                has_list: self.has_list,
                theme: &[Source::new(
                    "templates/own/layout.mjml",
                    "<mjml>\n<a href=\"/inside\">x</a>\n</mjml>",
                )],
                pictures: &[
                    Shown {
                        address: "https://example.com/seal.png".to_owned(),
                        pixels: 300,
                        is_dark_on_nothing: false,
                    },
                    Shown {
                        address: "https://example.com/ink.png".to_owned(),
                        pixels: 300,
                        is_dark_on_nothing: true,
                    },
                ],
            },
            settings,
        )
    }

    fn rules(&self) -> Vec<&'static str> {
        let mut rules: Vec<_> =
            self.found(&LintSettings::default()).iter().filter_map(Problem::rule).collect();
        rules.dedup();
        rules
    }
}

/// The page with the sentinels of an article's own tags, by their numbers: `#0#`.
fn mask_like(mask: &Mask, html: &str) -> String {
    let numbered = (0..).zip(mask.tags());
    numbered.fold(html.to_owned(), |html, (number, _)| {
        html.replace(&format!("#{number}#"), &mask.sentinel(crate::tags::TagId(number)))
    })
}

const WORDS: &str = "Twenty words and a few more, so that nobody takes this letter for a picture of a letter: \
                     they are here to be counted.";

/// An article of these words, shown as they are.
fn plain(markdown: &str, html: &str) -> Case {
    Case::of(&format!("{markdown}\n\n{WORDS}\n")).body(&format!("{html}<p>{WORDS}</p>"))
}

fn subject(subject: &str) -> Case {
    Case { subject: Some(subject.to_owned()), ..plain("Hello.", "<p>Hello.</p>") }
}

fn preheader(line: Option<&str>) -> Case {
    Case { preheader: line.map(str::to_owned), ..plain("Hello.", "<p>Hello.</p>") }
}

fn said(words: &str) -> Case {
    plain(
        &words.replace('<', "\\<").replace('*', "\\*").replace('[', "\\["),
        &format!("<p>{}</p>", words.replace('<', "&lt;")),
    )
}

fn link(words: &str, href: &str) -> Case {
    plain(&format!("See [{words}]({href})."), &format!("<p>See <a href=\"{href}\">{words}</a>.</p>"))
}

fn picture(alt: &str, src: &str, attributes: &str) -> Case {
    plain(&format!("![{alt}]({src})"), &format!("<img src=\"{src}\" alt=\"{alt}\" {attributes}>"))
}

/// A drawing in black lines on nothing, in a mail with these styles.
fn ink(css: &str) -> Case {
    let shown = "<img src=\"https://example.com/ink.png\" alt=\"Two hands\" width=\"10\">";
    Case::of(&format!("![Two hands](https://example.com/ink.png)\n\n{WORDS}\n"))
        .head(&format!("<style>{css}</style>"), &format!("{shown}<p>{WORDS}</p>"))
}

fn styled(css: &str, html: &str) -> Case {
    Case::of(&format!("Hello there.\n\n{WORDS}\n"))
        .head(&format!("<style>{css}</style>"), &format!("{html}<p>{WORDS}</p>"))
}

fn page(html: &str) -> Case {
    Case { html: html.to_owned(), ..plain("Hello.", "") }
}

fn sized(size: usize) -> Case {
    Case { size, ..plain("Hello.", "<p>Hello.</p>") }
}

fn text(text: &str) -> Case {
    Case { text: Some(text.to_owned()), ..plain("Hello.", "<p>Hello.</p>") }
}

#[test]
fn every_rule_is_broken_by_what_breaks_it_and_by_nothing_near_it() {
    let mut faults = Vec::new();
    for (rule, broken, sound) in table::cases() {
        for (number, case) in broken.iter().enumerate() {
            let rules = case.rules();
            if !rules.contains(&rule) {
                faults.push(format!("{rule}, broken case {number}: found {rules:?}"));
            }
        }
        for (number, case) in sound.iter().enumerate() {
            let found = case.found(&LintSettings::default());
            if let Some(found) = found.iter().find(|found| found.rule() == Some(rule)) {
                faults.push(format!("{rule}, sound case {number}: {}", found.message()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_page_about_the_rules_tells_all_of_them_and_no_others() {
    let page = include_str!("../../docs/check.md");
    let told: Vec<(&str, &str)> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter_map(|(id, rest)| Some((id, rest.split_once(" | ")?.0)))
        .collect();
    let name = |severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let rules: Vec<(&str, &str)> = RULES.iter().map(|rule| (rule.id, name(rule.severity))).collect();
    assert_eq!(told, rules);
}

#[test]
fn every_rule_of_this_room_is_in_the_table() {
    // These are told by other rooms, which have tests of their own.
    let elsewhere =
        ["no-unsubscribe", "no-postal-address", "no-one-click", "one-click-unsigned", "base-url-local"];
    let tested: Vec<&str> = table::cases().iter().map(|(rule, ..)| *rule).collect();
    for rule in RULES.iter().filter(|rule| !elsewhere.contains(&rule.id)) {
        assert!(tested.contains(&rule.id), "{} has no test", rule.id);
    }
}

#[test]
fn a_rule_that_is_switched_off_says_nothing() {
    for (rule, broken, _) in table::cases() {
        let settings = LintSettings { off: vec![rule], ..LintSettings::default() };
        for case in broken {
            assert!(case.found(&settings).iter().all(|found| found.rule() != Some(rule)), "{rule}");
        }
    }
}

#[test]
fn a_sound_letter_breaks_no_rule() {
    assert_eq!(plain("Hello.", "<p>Hello.</p>").rules(), [""; 0]);
}

#[test]
fn only_the_programs_of_the_readers_count() {
    let case = styled("", "<p style=\"display:flex\">Hello there.</p>");
    let told = |clients: Vec<&'static str>| {
        let found = case.found(&LintSettings { clients, ..LintSettings::default() });
        found.first().map(Problem::message)
    };
    assert_eq!(told(Vec::new()).as_deref(), Some("`display:flex` does nothing in Outlook (Windows)"));
    assert_eq!(told(vec!["apple-mail"]), None);
}

#[test]
fn every_finding_about_the_article_names_its_line_and_what_to_do() {
    let line = |case: &Case, rule: &str| {
        let found = case.found(&LintSettings::default());
        let found = found.iter().find(|found| found.rule() == Some(rule)).unwrap().clone();
        assert!(found.hint().is_some_and(|hint| !hint.is_empty()), "{rule}");
        let place = found.place.unwrap_or_else(|| panic!("{rule} has no place"));
        (place.line, place.excerpt[place.mark.clone()].to_owned())
    };
    assert_eq!(line(&said("Dear [First Name],"), "unresolved-placeholder").0, 4);
    assert_eq!(
        line(&link("click here", "https://example.com/"), "link-text-generic"),
        (4, "[click here](https://example.com/)".to_owned())
    );
    assert_eq!(
        line(&picture("", "https://example.com/a.svg", ""), "alt-missing"),
        (4, "https://example.com/a.svg".to_owned())
    );
    assert_eq!(line(&picture("", "https://example.com/a.svg", ""), "img-format").0, 4);
    assert_eq!(
        line(&plain("## A\n\n#### B", "<h2>A</h2><h4>B</h4>"), "heading-skip"),
        (6, "#### B".to_owned())
    );
    assert_eq!(line(&subject(&"word ".repeat(15)), "subject-long").0, 2);
    assert_eq!(
        line(&styled("", "<p style=\"color:#999999\">Hello there.</p>"), "contrast-light"),
        (4, "Hello there.".to_owned())
    );
    // What an inbox shows is the beginning of a paragraph, hidden in the page.
    let hidden = plain(
        "Dear [Name], it rains.",
        "<div style=\"display:none\">Dear [Name], it…</div><p>Dear [Name], it rains.</p>",
    );
    let places = hidden.found(&LintSettings::default());
    assert!(
        places.iter().all(|found| found.place.as_ref().is_some_and(|place| place.line == 4)),
        "{places:?}"
    );
    let theme = plain("Hello.", "<p>Hello.</p><a href=\"/inside\">x</a>").found(&LintSettings::default());
    assert_eq!(theme[0].place.as_ref().unwrap().to_string(), "templates/own/layout.mjml:2:10");
}

#[test]
fn how_much_a_finding_matters_is_what_the_table_says_unless_it_is_worse() {
    let severity = |case: Case, rule: &str| {
        case.found(&LintSettings::default()).iter().find(|found| found.rule() == Some(rule)).unwrap().severity
    };
    assert_eq!(severity(sized(95_000), "size-clip"), Severity::Warning);
    assert_eq!(severity(sized(100_000), "size-clip"), Severity::Error);
    assert_eq!(severity(said("Price TK."), "unresolved-placeholder"), Severity::Warning);
    assert_eq!(severity(said("Hi *|FNAME|*"), "unresolved-placeholder"), Severity::Error);
}

#[test]
fn a_long_digest_is_looked_at_in_a_moment() {
    use std::fmt::Write;
    let (mut article, mut html) = (String::new(), String::new());
    for number in 0..2_000 {
        let _ =
            writeln!(article, "[Entry {number}](https://example.com/{number}) says something of its own.\n");
        let _ = writeln!(
            html,
            "<p style=\"color:#222222\"><a href=\"https://example.com/{number}\">Entry {number}</a> says something of its own.</p>"
        );
    }
    let case = plain(&article, &html);
    // Twenty times as many links as a long digest has; whatever is quadratic takes minutes.
    let rules = case.rules();
    assert_eq!(rules, [""; 0]);
}

#[test]
fn what_stands_in_code_too_is_placed_where_it_stands_in_words() {
    for (markdown, html, columns) in [
        ("Set `%PATH%` and %PATH% first.", "Set <code>%PATH%</code> and %PATH% first.", vec![18]),
        (
            "`%PATH%` `x` **`%PATH%`** is *%PATH%* here",
            "<code>%PATH%</code> <code>x</code> <b><code>%PATH%</code></b> is <em>%PATH%</em> here",
            vec![31],
        ),
        ("%PATH% and `%PATH%`", "%PATH% and <code>%PATH%</code>", vec![1]),
        ("Only `%PATH%` here", "Only <code>%PATH%</code> here", vec![]),
    ] {
        let found = plain(markdown, &format!("<p>{html}</p>")).found(&LintSettings::default());
        let places = found.iter().filter(|one| one.rule() == Some("unresolved-placeholder"));
        let places: Vec<_> = places.map(|one| one.place.as_ref().unwrap().column).collect();
        assert_eq!(places, columns, "{markdown}");
    }
}
