use super::{Letter, LintSettings, RULES, Shown, lint};
use crate::article::{Format, ReadOptions, parse};
use crate::problem::{Problem, Severity, Source};
use crate::tags::Mask;

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

/// For each rule: what breaks it, and what is near and does not.
#[expect(clippy::too_many_lines, reason = "a table has as many lines as there are rules")]
fn table() -> Vec<(&'static str, Vec<Case>, Vec<Case>)> {
    let dark = "@media (prefers-color-scheme: dark) { .p { color: #333333 !important } body { background: #111111 !important } }";
    let big = format!("a{{color:#000000;font-family:'{}'}}", "x".repeat(17_000));
    vec![
        ("size-clip", vec![sized(90_000), sized(130_000)], vec![sized(89_999)]),
        (
            "control-char",
            vec![subject("A\u{1} letter"), text(&format!("Hello.\n{WORDS}\u{92}\n"))],
            vec![subject("A letter")],
        ),
        (
            "lang-missing",
            vec![
                page(&format!(
                    "<html><head><title>t</title></head><body><p>Hello.</p><p>{WORDS}</p></body></html>"
                )),
                page(&format!(
                    "<html lang=und><head><title>t</title></head><body><p>Hello.</p><p>{WORDS}</p></body></html>"
                )),
            ],
            vec![plain("Hello.", "<p>Hello.</p>")],
        ),
        (
            "title-missing",
            vec![page(&format!(
                "<html lang=en><head></head><body><p>Hello.</p><p>{WORDS}</p></body></html>"
            ))],
            vec![plain("Hello.", "<p>Hello.</p>")],
        ),
        ("subject-empty", vec![subject(" ")], vec![subject("a")]),
        ("subject-long", vec![subject(&"word ".repeat(15))], vec![subject(&"word ".repeat(14))]),
        (
            "subject-all-caps",
            vec![subject("BUY OUR NEW TYPE")],
            vec![subject("NASA, ESA"), subject("The NEW TYPE"), subject("تحية من المطبعة القديمة")],
        ),
        (
            "subject-emoji-run",
            vec![subject("Hi 🎉🎉🎉"), subject("🚀 🚀 🚀 go")],
            vec![subject("Hi 🎉 and 🎉 and 🎉"), subject("👩‍👩‍👧 day")],
        ),
        (
            "preheader-missing",
            vec![preheader(None), preheader(Some(" "))],
            vec![preheader(Some("A sentence of more than forty characters, really."))],
        ),
        (
            "preheader-dup-subject",
            vec![preheader(Some("A letter from the shop, and nothing else is said here."))],
            vec![preheader(Some("From the shop: what the letter of this week is about."))],
        ),
        (
            "preheader-short",
            vec![preheader(Some("Short."))],
            vec![preheader(Some("A sentence of more than forty characters, really."))],
        ),
        (
            "unresolved-placeholder",
            vec![
                said("Dear [First Name],"),
                said("Hi {name}"),
                said("Hi *|FNAME|*"),
                said("Price TK."),
                said("Lorem ipsum dolor"),
                subject("Hi %FIRST_NAME%"),
                link("x y", "https://example.com/?a=*|EMAIL|*"),
            ],
            vec![
                said("As he wrote [sic] it."),
                plain("Use `{name}`.", "<p>Use <code>{name}</code>.</p>"),
                said("50% of A% of B%"),
            ],
        ),
        (
            "template-tag-left",
            vec![Case {
                format: Format::PlainText,
                article: format!("A letter\n\nDear {{{{ subscriber.name }}}},\n\n{WORDS}\n"),
                ..plain("", "<p>Dear {{ subscriber.name }},</p>")
            }],
            vec![plain("Write `{{ a }}`.", "<p>Write <code>{{ a }}</code>.</p>")],
        ),
        (
            "placeholder-no-fallback",
            vec![Case { has_list: false, ..plain("Dear {{ subscriber.name }},", "<p>Dear #0#,</p>") }],
            vec![
                plain("Dear {{ subscriber.name }},", "<p>Dear #0#,</p>"),
                Case {
                    has_list: false,
                    ..plain("Dear {{ subscriber.name | default(value=\"you\") }},", "<p>Dear #0#,</p>")
                },
            ],
        ),
        (
            "bidi-control",
            vec![said("gpj\u{202e}exe"), subject("A \u{202e}b")],
            vec![said("שלום \u{200f}עולם \u{2067}abc\u{2069}")],
        ),
        (
            "spam-phrases",
            vec![said("Act now: risk-free, order now, while supplies last!")],
            vec![said("A limited time offer is what this is not.")],
        ),
        (
            "heading-skip",
            vec![plain("## A\n\n#### B", "<h2>A</h2><h4>B</h4>"), plain("### B", "<h3>B</h3>")],
            vec![plain("## A\n\n### B\n\n## C", "<h2>A</h2><h3>B</h3><h2>C</h2>")],
        ),
        (
            "heading-empty",
            vec![plain("##\n\nHello.", "<h2></h2><p>Hello.</p>")],
            vec![plain("## Hello.", "<h2>Hello.</h2>")],
        ),
        (
            "link-empty",
            vec![
                plain("[](https://example.com/a)", "<p><a href=\"https://example.com/a\"></a></p>"),
                plain("Hello.", "<p>Hello.</p><a href=\"#\">there</a>"),
                plain("Hello.", "<p>Hello.</p><a href=\"#gone\">there</a>"),
            ],
            vec![
                plain("Hello.", "<p id=\"here\">Hello.</p><a href=\"#here\">there</a>"),
                plain(
                    "[![A frog](https://example.com/f.png)](https://example.com/a)",
                    "<p><a href=\"https://example.com/a\"><img width=1 src=\"https://example.com/f.png\" alt=\"A frog\"></a></p>",
                ),
            ],
        ),
        (
            "link-relative",
            vec![plain("Hello.", "<p>Hello.</p><a href=\"/inside\">x</a>")],
            vec![plain("Hello.", "<p>Hello.</p><a href=\"tel:123\">x</a>")],
        ),
        (
            "link-http",
            vec![link("the site", "http://example.com/")],
            vec![link("the site", "https://example.com/"), link("this machine", "http://127.0.0.1:80/")],
        ),
        (
            "link-text-generic",
            vec![
                link("click here", "https://example.com/"),
                link("Hier", "https://example.com/"),
                link("Lire la suite…", "https://example.com/"),
                link("aquí", "https://example.com/"),
            ],
            vec![link("here they are", "https://example.com/")],
        ),
        (
            "link-shortener",
            vec![link("the site", "https://bit.ly/x")],
            vec![link("the site", "https://orbit.ly/x")],
        ),
        (
            "link-mismatch",
            vec![
                link("https://example.com/a", "https://example.org/a"),
                link("example.com", "https://example.org"),
                link("me@example.com", "mailto:you@example.com"),
            ],
            vec![
                link("example.com", "https://www.example.com/a"),
                link("node.js", "https://example.com/"),
                link("me@example.com", "mailto:me@example.com?subject=x"),
                link("mailto:me@example.com", "mailto:me@example.com"),
            ],
        ),
        (
            "link-homograph",
            vec![
                link("the site", "https://ex\u{430}mple.com/"),
                link("the site", "https://xn--exmple-4nf.com/"),
                link("the site", "https://аррӏе.com/"),
            ],
            vec![link("the site", "https://пример.рф/"), link("the site", "https://müller.example.com/")],
        ),
        (
            "alt-missing",
            vec![picture("", "https://example.com/a.png", "width=\"10\"")],
            vec![picture("A frog", "https://example.com/a.png", "width=\"10\"")],
        ),
        (
            "img-upscaled",
            vec![picture("A seal", "https://example.com/seal.png", "width=\"301\"")],
            vec![
                picture("A seal", "https://example.com/seal.png", "width=\"300\""),
                picture("A frog", "https://example.com/a.png", "width=\"301\""),
            ],
        ),
        (
            "img-dark-transparent",
            vec![
                picture("Two hands", "https://example.com/ink.png", "width=\"10\""),
                ink("@media (prefers-color-scheme: dark){body{background-color:#111111}}"),
            ],
            vec![
                picture("A seal", "https://example.com/seal.png", "width=\"10\""),
                ink(
                    "@media (prefers-color-scheme: dark){body{background-color:#111111} img{background-color:#ffffff}}",
                ),
            ],
        ),
        (
            "alt-filename",
            vec![
                picture("IMG_2041", "https://example.com/a.png", "width=\"10\""),
                picture("a_b.png", "https://example.com/a_b.png", "width=\"10\""),
            ],
            vec![picture("A frog of 2024", "https://example.com/a.png", "width=\"10\"")],
        ),
        (
            "img-no-width",
            vec![
                picture("A frog", "https://example.com/a.png", ""),
                picture("A frog", "https://example.com/a.png", "width=\"100%\""),
            ],
            vec![picture("A frog", "https://example.com/a.png", "width=\"10\"")],
        ),
        (
            "img-http",
            vec![picture("A frog", "http://example.com/a.png", "width=\"10\"")],
            vec![picture("A frog", "cid:a@example.com", "width=\"10\"")],
        ),
        (
            "img-data-uri",
            vec![plain(
                "Hello.",
                "<p>Hello.</p><img width=1 src=\"data:image/png;base64,AA\" alt=\"A frog\">",
            )],
            vec![picture("A frog", "https://example.com/data:a.png", "width=\"10\"")],
        ),
        (
            "img-format",
            vec![
                picture("A frog", "https://example.com/a.svg", "width=\"10\""),
                picture("A frog", "https://example.com/a.webp?x", "width=\"10\""),
            ],
            vec![picture("A frog", "https://example.com/a.svg.png", "width=\"10\"")],
        ),
        (
            "img-ratio",
            vec![
                Case::of("![A frog](https://example.com/a.png)\n")
                    .body("<img width=1 src=\"https://example.com/a.png\" alt=\"A frog\">"),
            ],
            vec![picture("A frog", "https://example.com/a.png", "width=\"10\"")],
        ),
        (
            "contrast-light",
            vec![
                styled("", "<p style=\"color:#999999\">Hello there.</p>"),
                styled(".p { color: silver }", "<div class=p><p>Hello there.</p></div>"),
                plain(
                    "Hello.",
                    "<table role=presentation><tr><td bgcolor=\"#000000\">Hello.</td></tr></table>",
                ),
            ],
            vec![
                styled("", "<p style=\"color:#767676\">Hello there.</p>"),
                styled("", "<h1 style=\"color:#8c8c8c\">Hello there.</h1>"),
                styled("", "<p style=\"color:#ffffff;background:url(a.png)\">Hello there.</p>"),
                styled(
                    "",
                    "<div style=\"display:none\"><p style=\"color:#ffffff\">Hello there.</p></div><p>Hello there.</p>",
                ),
                styled(
                    "",
                    "<p style=\"background:#000000\"><a style=\"color:rgb(255, 255, 255)\">Hello there.</a></p>",
                ),
            ],
        ),
        (
            "contrast-dark",
            vec![styled(dark, "<p class=p style=\"color:#000000\">Hello there.</p>")],
            vec![
                styled("", "<p style=\"color:#000000\">Hello there.</p>"),
                styled(
                    "@media (prefers-color-scheme: dark) { body { background: #111111 !important; } body, p { color: #eeeeee !important } }",
                    "<p style=\"color:#000000\">Hello there.</p>",
                ),
            ],
        ),
        (
            "font-small",
            vec![
                styled("", "<p style=\"font-size:11px\">Hello there.</p>"),
                styled("", "<p style=\"font:12px/2 serif\">Hello there.</p>"),
            ],
            vec![styled("", "<p style=\"font:600 14px/2 serif\">Hello there.<sup>1</sup></p>")],
        ),
        (
            "table-wide",
            vec![plain(
                "| a | b | c | d | e |\n|---|---|---|---|---|\n| 1 | 2 | 3 | 4 | 5 |",
                "<p>a b c d e 1 2 3 4 5</p>",
            )],
            vec![plain("| a | b | c | d |\n|---|---|---|---|\n| 1 | 2 | 3 | 4 |", "<p>a b c d 1 2 3 4</p>")],
        ),
        (
            "style-16k",
            vec![styled(&big, "<p>Hello there.</p>")],
            vec![styled("a{color:#000000}", "<p>Hello there.</p>")],
        ),
        (
            "style-nested-at",
            vec![styled("@media screen { @font-face { font-family: x } }", "<p>Hello there.</p>")],
            vec![styled(
                "@font-face { font-family: x } @media screen { p { margin: 0 } }",
                "<p>Hello there.</p>",
            )],
        ),
        (
            "css-unsupported",
            vec![
                styled("", "<p style=\"display:flex\">Hello there.</p>"),
                styled("p::before { content: 'x' }", "<p>Hello there.</p>"),
                styled("@import url(a.css);", "<p>Hello there.</p>"),
                styled("p { margin-left: calc(1px + 2px) }", "<p>Hello there.</p>"),
                styled("", "<p>Hello there.</p><video src=\"https://example.com/a.mp4\"></video>"),
            ],
            vec![
                styled(
                    "a:hover { color: #000000 }",
                    "<p style=\"border-radius:4px;padding:2px 1em\">Hello there.</p>",
                ),
                styled("", "<p>Hello there.</p><!--[if mso]><p style=\"display:flex\"></p><![endif]-->"),
                styled("", "<!--[if !mso]><!--><p style=\"display:flex\">Hello there.</p><!--<![endif]-->"),
            ],
        ),
        (
            "table-no-role",
            vec![plain("Hello.", "<table><tr><td>Hello.</td></tr></table>")],
            vec![
                plain("Hello.", "<table role=presentation><tr><td>Hello.</td></tr></table>"),
                plain("Hello.", "<table><tr><th>Hello.</th></tr></table>"),
            ],
        ),
        (
            "mso-balance",
            vec![
                plain("Hello.", "<p>Hello.</p><!--[if mso]><table><tr><![endif]-->"),
                plain("Hello.", "<p>Hello.</p><!--[if mso]><b>x</b>-->"),
            ],
            vec![plain(
                "Hello.",
                "<!--[if mso]><table><tr><td><![endif]--><p>Hello.</p><!--[if mso]></td></tr></table><![endif]-->",
            )],
        ),
        (
            "html-unclosed",
            vec![page(&format!(
                "<html lang=en><head><title>t</title></head><body><p>Hello.<div>{WORDS}</body></html>"
            ))],
            vec![plain("Hello.", "<p>Hel<br>lo.</p>")],
        ),
        ("text-part-missing", vec![text(" \n")], vec![text(&format!("Hello.\n{WORDS}\n"))]),
        (
            "text-drift",
            vec![
                text("Nothing of what the other part says stands in this part, but other words."),
                Case {
                    text: Some(format!("See the site.\n{WORDS}")),
                    ..link("the site", "https://example.com/")
                },
            ],
            vec![text(&format!("Hello.\n{WORDS}\n"))],
        ),
        (
            "text-long-line",
            vec![text(&format!("Hello.\n{WORDS}\nhttps://example.com/{}\n", "a".repeat(990)))],
            vec![text(&format!("Hello.\n{WORDS}\nhttps://example.com/{}\n", "a".repeat(900)))],
        ),
        (
            "no-view-online",
            vec![sized(120_000)],
            vec![Case {
                size: 120_000,
                ..plain(
                    "[View it in your browser](https://example.com/a)",
                    "<a href=\"https://example.com/a\">View it in your browser</a>",
                )
            }],
        ),
    ]
}

#[test]
fn every_rule_is_broken_by_what_breaks_it_and_by_nothing_near_it() {
    let mut faults = Vec::new();
    for (rule, broken, sound) in table() {
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
    let tested: Vec<&str> = table().iter().map(|(rule, ..)| *rule).collect();
    for rule in RULES.iter().filter(|rule| !elsewhere.contains(&rule.id)) {
        assert!(tested.contains(&rule.id), "{} has no test", rule.id);
    }
}

#[test]
fn a_rule_that_is_switched_off_says_nothing() {
    for (rule, broken, _) in table() {
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
