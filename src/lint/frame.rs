//! The frame around the words: size, styles, tables, conditional comments.

use crate::phrases::Phrases;
use crate::problem::{Severity, Span};

use super::markup::{self, Imbalance};
use super::rule::{Findings, Spot};
use super::{View, quoted};

/// From this size on a mail is near the size at which Gmail cuts it, 102 KB.
const NEARLY_CUT: usize = 90_000;
/// From this size on a mail is cut by Gmail, however its kilobytes are counted.
const CUT: usize = 100_000;
/// Gmail drops the style sheets of a mail that has more of them.
const MOST_STYLES: usize = 16 * 1024;

pub(super) fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    size(view.letter.encoded_html, findings);
    online(view, findings);
    head(view, findings);
    headings(view, findings);
    tables(view, findings);
    markup(view, findings);
    styles(view, findings);
}

/// Notes a mail that is cut on its way.
pub(super) fn size(bytes: usize, findings: &mut Findings<'_>) {
    if bytes < NEARLY_CUT {
        return;
    }
    let severity = if bytes < CUT { Severity::Warning } else { Severity::Error };
    let verb =
        if bytes < CUT { "is near 102 KB, where Gmail cuts mail" } else { "is cut by Gmail, at 102 KB" };
    findings.note_as(
        "size-clip",
        Some(severity),
        || Spot::Nowhere,
        format!("the HTML part has {}.{} KB as it is sent, and {verb}", bytes / 1000, bytes % 1000 / 100),
        "shorten the article, or put its rest on the web: what is cut off is lost with the link to leave by, and \
         with the styles",
        Vec::new(),
    );
}

/// Who gets half a mail wants the other half.
fn online(view: &View<'_>, findings: &mut Findings<'_>) {
    if view.letter.encoded_html < NEARLY_CUT {
        return;
    }
    let said = Phrases::of(lang(view)).view_in_browser.to_lowercase();
    let leads_there = |words: String| {
        let words = words.to_lowercase();
        words == said || words.contains("browser") || words.contains("online")
    };
    if !view.page.named("a").any(|(number, _)| leads_there(view.page.words(number))) {
        findings.note(
            "no-view-online",
            || Spot::Nowhere,
            "the mail may be cut, and no link leads to the whole of it on the web",
            "link near its beginning to a page with the same article",
        );
    }
}

/// The language the page says it is in.
fn lang<'a>(view: &'a View<'_>) -> &'a str {
    view.page.named("html").find_map(|(_, html)| html.attribute("lang")).unwrap_or_default()
}

fn head(view: &View<'_>, findings: &mut Findings<'_>) {
    let lang = lang(view).trim();
    if lang.is_empty() || lang == "und" {
        findings.note(
            "lang-missing",
            || Spot::Nowhere,
            "the HTML does not say which language it is in",
            "write `lang=\"[[ article.lang ]]\"` in the `<mjml>` of the theme: pages that are read aloud need it",
        );
    }
    if view.page.title.trim().is_empty() {
        findings.note(
            "title-missing",
            || Spot::Nowhere,
            "the HTML has no title",
            "write `<mj-title>[[ article.title ]]</mj-title>` in the `<mj-head>` of the theme",
        );
    }
    let is_unseen = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    for (part, text) in [("HTML", view.letter.html), ("text", view.letter.text)] {
        if let Some(control) = text.chars().find(|c| is_unseen(*c)) {
            findings.note(
                "control-char",
                || Spot::Nowhere,
                format!("the {part} part holds the control character U+{:04X}", u32::from(control)),
                "type the words around it again: some programs cut a mail there",
            );
        }
    }
}

fn headings(view: &View<'_>, findings: &mut Findings<'_>) {
    // The title of the mail is its first heading.
    let mut level = 1;
    let text = view.letter.article.source.text();
    for heading in &view.places.headings {
        let spot = || Spot::Article(super::place::first_line(text, heading.span));
        if heading.words.is_empty() {
            findings.note(
                "heading-empty",
                spot,
                "this heading has no words",
                "write it, or take its mark out",
            );
        }
        if heading.level > level + 1 {
            findings.note(
                "heading-skip",
                spot,
                format!("a heading of level {} follows one of level {level}", heading.level),
                format!(
                    "make it one of level {}: who has the mail read aloud finds their way by the levels",
                    level + 1
                ),
            );
        }
        level = heading.level;
    }
}

fn tables(view: &View<'_>, findings: &mut Findings<'_>) {
    for (number, table) in view.page.named("table") {
        let has_role = table.attribute("role").is_some_and(|role| !role.trim().is_empty());
        // Nested tables answer for themselves.
        let is_data = view.page.within(number).iter().any(|one| one.name == "th" || one.name == "caption");
        if !has_role && !is_data {
            let words = view.page.words(number);
            findings.note(
                "table-no-role",
                || view.in_theme("<table"),
                format!("the table around {} is layout, and is read aloud as a table", quoted(&words)),
                "write `role=\"presentation\"` in its tag",
            );
        }
    }
}

fn markup(view: &View<'_>, findings: &mut Findings<'_>) {
    let told = |wrong: &Imbalance| match wrong {
        Imbalance::Open(name) => format!("`<{name}>` is never closed"),
        Imbalance::Closed(name) => format!("`</{name}>` closes nothing"),
    };
    if let Some(wrong) = markup::imbalance(view.letter.html) {
        findings.note(
            "html-unclosed",
            || Spot::Nowhere,
            format!("in the finished HTML, {}", told(&wrong)),
            "look for it in the files of the theme",
        );
        return;
    }
    let word = markup::for_word(view.letter.html);
    let wrong = match word {
        Err(wrong) => Some(wrong.to_owned()),
        Ok(html) => markup::imbalance(&html)
            .map(|wrong| format!("as Outlook on Windows reads the page, {}", told(&wrong))),
    };
    if let Some(wrong) = wrong {
        findings.note(
            "mso-balance",
            || view.in_theme("<!--[if"),
            wrong,
            "close within `<!--[if mso]> … <![endif]-->` what other such comments open",
        );
    }
}

fn styles(view: &View<'_>, findings: &mut Findings<'_>) {
    let size = view.page.style_size;
    if size > MOST_STYLES {
        findings.note(
            "style-16k",
            || Spot::Nowhere,
            format!(
                "the style sheets have {}.{} KB, and Gmail drops them beyond 16 KB",
                size / 1024,
                size % 1024 * 10 / 1024
            ),
            "shorten `head.css` and `dark.css` of the theme",
        );
    }
    let at_rules =
        view.page.sheets.iter().flat_map(|sheet| sheet.at_rules.iter().map(move |rule| (sheet, rule)));
    for (sheet, rule) in at_rules {
        let around: Vec<&str> = sheet.around(rule.within).collect();
        let rule = rule.text.as_str();
        // Of several the outermost is named.
        let media = |outer: &&&str| outer.to_ascii_lowercase().starts_with("@media");
        if let Some(outer) = around.iter().rev().find(media) {
            let name = rule.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
            findings.note(
                "style-nested-at",
                || in_css(view, rule),
                format!("`{name}` stands within `{outer}`, and Gmail drops all of that"),
                "let it stand beside, in a style sheet of its own",
            );
        }
    }
}

/// Where in the theme's style sheets `text` stands.
fn in_css(view: &View<'_>, text: &str) -> Spot {
    let mut sheets = view.letter.theme.iter().filter(|source| source.name().contains(".css"));
    let found = sheets.find_map(|source| Some((source, source.text().find(text)?)));
    found.map_or(Spot::Nowhere, |(source, at)| Spot::In(source.clone(), Span::new(at, at + text.len())))
}
