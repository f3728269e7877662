//! Whether both parts of a mail say the same.

use std::collections::{BTreeSet, HashSet};

use super::View;
use super::page::Page;
use super::place::first_line;
use super::rule::{Findings, Spot};

/// Longest line that SMTP carries (RFC 5322 §2.1.1), in bytes.
const LONGEST_LINE: usize = 998;

/// So many words that only one part has are a drift, beyond this share of all.
const FEW: usize = 10;
const SHARE: usize = 20;

/// So many addresses are searched for that do not stand by themselves.
const MOST_SEARCHES: usize = 100;

pub(super) fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    let text = view.letter.text;
    if text.trim().is_empty() {
        findings.note(
            "text-part-missing",
            || Spot::Nowhere,
            "the mail has no text part",
            "write something in the article: readers and filters look at both parts",
        );
        return;
    }
    if let Some((number, line)) = (1..).zip(text.lines()).find(|(_, line)| line.len() > LONGEST_LINE) {
        let shown: String = line.chars().take(40).collect();
        findings.note(
            "text-long-line",
            || view.spot(&shown, &shown),
            format!("line {number} of the text part has {} bytes", line.len()),
            "shorten the address in it: some servers cut a line after 998 bytes",
        );
    }
    links(view, findings);
    words(view, findings);
}

/// The addresses of the article that the text part does not have.
fn links(view: &View<'_>, findings: &mut Findings<'_>) {
    let mask = view.letter.mask;
    let text = mask.restore(view.letter.text);
    let ends = |c: char| matches!(c, '<' | '>' | '(' | ')' | '.' | ',' | ';');
    let tokens: HashSet<&str> =
        text.split_whitespace().flat_map(|word| [word, word.trim_matches(ends)]).collect();
    let (mut looked, mut searches) = (HashSet::new(), 0);
    for link in &view.places.links {
        let href = mask.restore(&link.href);
        let told = href.strip_prefix("mailto:").or(href.strip_prefix("tel:")).unwrap_or(&href);
        if href.is_empty() || href.starts_with('#') || tokens.contains(told) || !looked.insert(href.clone()) {
            continue;
        }
        searches += 1;
        let bare = told.split('?').next().unwrap_or_default();
        let is_there = || text.contains(told) || told.len() < href.len() && text.contains(bare);
        if searches <= MOST_SEARCHES && !is_there() {
            findings.note(
                "text-drift",
                || Spot::Article(first_line(view.letter.article.source.text(), link.span)),
                format!("the text part does not have the link to `{href}`"),
                "please report this: both parts are made of the same article",
            );
        }
    }
}

/// The words that one part has and the other does not.
fn words(view: &View<'_>, findings: &mut Findings<'_>) {
    let mask = view.letter.mask;
    let in_text = bag(&mask.restore(view.letter.text));
    let shown = mask.restore(&prose(&view.page));
    let in_prose = bag(&shown);
    // Inboxes show the preheader beside the subject, whichever part is read.
    let beside = bag(&mask.restore(view.letter.preheader.unwrap_or_default()));
    let lost = in_prose.difference(&in_text).filter(|word| !beside.contains(*word));
    drift(
        &lost.map(String::as_str).collect::<Vec<_>>(),
        in_prose.len(),
        ("HTML", "text"),
        "see what the theme says that is not in the article: readers of plain text do without it",
        findings,
    );
    let mut in_html = in_prose.clone();
    for element in &view.page.elements {
        for name in ["alt", "href"] {
            in_html.append(&mut bag(&mask.restore(element.attribute(name).unwrap_or_default())));
        }
    }
    let only = in_text.difference(&in_html);
    drift(
        &only.map(String::as_str).collect::<Vec<_>>(),
        in_text.len(),
        ("text", "HTML"),
        "see what the theme leaves out: most readers see the HTML part alone",
        findings,
    );
}

/// Notes that `lost` words of `all` are in the one part and not in the other.
fn drift(lost: &[&str], all: usize, (one, other): (&str, &str), hint: &str, findings: &mut Findings<'_>) {
    if lost.len() <= FEW || lost.len() * SHARE <= all {
        return;
    }
    findings.note_as(
        "text-drift",
        None,
        || Spot::Nowhere,
        format!("{} of the {all} words of the {one} part are not in the {other} part", lost.len()),
        hint,
        vec![format!("among them: {}", lost.iter().take(8).copied().collect::<Vec<_>>().join(", "))],
    );
}

/// Elements within a line; a word may be in two of them.
const IN_LINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "q", "s", "samp",
    "small", "span", "strike", "strong", "sub", "u", "wbr",
];

/// Everything the page says, with spaces where a line or a cell ends.
fn prose(page: &Page) -> String {
    let block = |number: usize| {
        page.around(number).find(|number| !IN_LINE.contains(&page.elements[*number].name.as_str()))
    };
    let (mut text, mut last) = (String::new(), None);
    for run in &page.runs {
        let here = block(run.element);
        if here != last {
            text.push(' ');
            last = here;
        }
        text.push_str(&run.text);
    }
    text
}

/// The words of a text, each once, in lower case; of scripts without spaces, the letters.
fn bag(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if word.chars().any(is_unspaced) {
            words.extend(word.chars().map(String::from));
        } else if word.chars().count() > 1 && !word.bytes().all(|b| b.is_ascii_digit()) {
            words.insert(word.to_lowercase());
        }
    }
    words
}

/// Letters of scripts that put no spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}
