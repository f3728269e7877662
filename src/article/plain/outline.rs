//! Decides which lines of a plain text are headings, and of which level.

use std::collections::HashMap;

use super::byline;
use super::capitals::Cases;
use super::lines::{Line, ends_with};
use super::list::{self, is_bullet};
use super::{phrases, text};

/// Longest heading in characters.
const LONGEST: usize = 70;
/// Longest heading in words.
const MOST_WORDS: usize = 10;
/// Longest heading of a script that is written without spaces, in characters.
const LONGEST_UNSPACED: usize = 24;
/// Most headings that may follow each other; more are a list of short lines.
const LONGEST_CHAIN: usize = 2;

/// Fewest short lines that make a block such as an address or the things to buy.
const ROWS: usize = 3;
/// Narrowest line that is a paragraph by itself, in characters.
const PARAGRAPH: usize = 60;
/// Most lines between two steps of a numbered list.
const MOST_BETWEEN: usize = 32;

/// A line that is a heading.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heading {
    /// 2, 3 or 4.
    pub(super) level: u8,
    /// Its words.
    pub(super) text: String,
    /// Why it is one, and why of this level.
    pub(super) why: String,
    /// Lines it takes: two when it is underlined.
    pub(super) lines: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Plain,
    Capitals,
    Numbered(u8),
    Underlined(char),
    Hashes(u8),
}

/// The headings of `lines`, each at its line.
pub(super) fn headings(lines: &[Line], title: Option<&str>) -> HashMap<usize, Heading> {
    let filled: Vec<usize> = (0..lines.len()).filter(|at| !lines[*at].is_blank()).collect();
    let rows = rows(lines);
    let mut forms: HashMap<usize, Form> = HashMap::new();
    for index in 0..filled.len() {
        if let Some(form) = form(lines, &filled, index, &forms, &rows) {
            forms.insert(filled[index], form);
        }
    }
    add_announcements(lines, &filled, &mut forms);
    drop_chains(lines, &filled, &mut forms, &rows);
    levels(lines, &filled, &forms, title)
}

/// The lines that stand in a block of short ones, where none heads the others.
fn rows(lines: &[Line]) -> Vec<bool> {
    let mut rows = Vec::with_capacity(lines.len());
    for run in lines.split(Line::is_blank) {
        let plain = |line: &Line| {
            line.width() <= LONGEST
                && !is_bullet(&line.text)
                && list::number(&line.text).is_none()
                && is_underline(&line.text).is_none()
                && !line.text.starts_with('#')
        };
        let sentences = run.iter().filter(|line| ends_with(&line.text, &['.'])).count();
        let found = run.len() >= ROWS
            && run.iter().all(plain)
            && sentences * 2 <= run.len()
            && text::column(run).is_none();
        rows.extend(std::iter::repeat_n(found, run.len()));
        rows.push(false);
    }
    rows
}

/// Makes headings of lines such as `What you need:` before a paragraph, where the text
/// has further headings.
fn add_announcements(lines: &[Line], filled: &[usize], forms: &mut HashMap<usize, Form>) {
    let blank = |at: Option<usize>| at.and_then(|at| lines.get(at)).is_none_or(Line::is_blank);
    let announces = |(one, next): (&usize, &usize)| {
        let (line, next) = (&lines[*one], &lines[*next]);
        let bare = line.text.strip_suffix(':').map(str::trim_end);
        let paragraph = next.width() >= PARAGRAPH && !list::is_marked(&next.text);
        (bare.is_some_and(is_title_like)
            && paragraph
            && !list::is_marked(&line.text)
            && blank(one.checked_sub(1))
            && blank(Some(one + 1)))
        .then_some(*one)
    };
    // The first line of a letter is a greeting.
    let greets = |at: &usize| filled.first() == Some(at) && !is_all_capitals(&lines[*at].text);
    let pairs = filled.iter().zip(filled.iter().skip(1));
    let found: Vec<usize> = pairs.filter_map(announces).filter(|at| !greets(at)).collect();
    if found.len() >= 2 || !forms.is_empty() {
        for at in found {
            forms.entry(at).or_insert(shape(&lines[at].text));
        }
    }
}

fn shape(text: &str) -> Form {
    if is_all_capitals(text) { Form::Capitals } else { Form::Plain }
}

/// Whether the numbered line at `index` of `filled` has a numbered neighbour, with
/// nothing between them but what belongs to a step.
fn is_step(lines: &[Line], filled: &[usize], index: usize) -> bool {
    let line = &lines[filled[index]];
    let belongs = |at: &&usize| {
        let other = &lines[**at];
        let close = at.checked_sub(1).is_some_and(|above| !lines[above].is_blank());
        other.indent > line.indent || (is_bullet(&other.text) && close)
    };
    let counted = |at: &usize| section(&lines[*at].text).is_some_and(|(depth, _)| depth == 1);
    let after = filled[index + 1..].iter().take(MOST_BETWEEN).find(|at| !belongs(at));
    let before = filled[..index].iter().rev().take(MOST_BETWEEN).find(|at| !belongs(at));
    after.is_some_and(counted) || before.is_some_and(counted)
}

fn form(
    lines: &[Line],
    filled: &[usize],
    index: usize,
    forms: &HashMap<usize, Form>,
    rows: &[bool],
) -> Option<Form> {
    let at = filled[index];
    let line = &lines[at];
    let text = line.text.as_str();
    if is_underline(text).is_some() {
        return None;
    }
    if let Some(mark) = lines.get(at + 1).and_then(|next| is_underline(&next.text))
        && line.width() <= 2 * LONGEST
        && !is_bullet(text)
    {
        return Some(Form::Underlined(mark));
    }
    let hashes = text.len() - text.trim_start_matches('#').len();
    if (1..=6).contains(&hashes) && text[hashes..].starts_with(' ') {
        return Some(Form::Hashes(u8::try_from(hashes).unwrap_or(4)));
    }
    // The last line is a candidate too: with what stands above it, it may be a signature.
    let next = filled.get(index + 1).map(|next| &lines[*next]);
    if line.indent > 8 || !stands_apart(lines, at, forms) {
        return None;
    }
    if let Some((depth, rest)) = section(text) {
        let listed = depth == 1 && is_step(lines, filled, index);
        return (next.is_some() && is_title_like(rest) && !listed).then_some(Form::Numbered(depth));
    }
    let above = index.checked_sub(1).map(|above| filled[above]);
    let belongs_above = above.is_some_and(|above| {
        let text = lines[above].text.as_str();
        phrases::is_closing(text) || (text.ends_with(':') && !forms.contains_key(&above))
    });
    let none = rows[at] || belongs_above || list::is_marked(text) || !is_title_like(text);
    (!none).then(|| shape(text))
}

/// Whether a line is set apart from its neighbours: by blank lines, or because it could
/// not have been broken where it is by wrapping.
fn stands_apart(lines: &[Line], at: usize, forms: &HashMap<usize, Form>) -> bool {
    let above = at.checked_sub(1).map(|above| (above, &lines[above])).filter(|(_, line)| !line.is_blank());
    let below = lines.get(at + 1).filter(|line| !line.is_blank());
    let clear_above = above.is_none_or(|(above, line)| {
        line.ends_sentence()
            || forms.contains_key(&above)
            || is_underline(&line.text).is_some()
            || is_bullet(&line.text)
    });
    let clear_below = below.is_none_or(|next| {
        let line = &lines[at];
        let word = next.text.split(' ').next().unwrap_or_default().chars().count();
        let reach = next.width();
        // A line that is nearly as long as the next was probably broken by a column.
        let short = line.width() * 4 < reach * 3 && line.width() + 1 + word <= reach;
        short || is_title_like(&next.text)
    });
    clear_above && clear_below
}

/// The character a line underlines the one above with.
pub(super) fn is_underline(text: &str) -> Option<char> {
    let first = text.chars().next().filter(|c| matches!(c, '=' | '-' | '~'))?;
    (text.len() >= 3 && text.chars().all(|c| c == first)).then_some(first)
}

/// The depth and the words of a line such as `2. Ink` or `2.1 Black ink`.
fn section(text: &str) -> Option<(u8, &str)> {
    let (label, rest) = text.split_once(' ')?;
    let parts: Vec<&str> = label.strip_suffix('.').unwrap_or(label).split('.').collect();
    let counts =
        |part: &&str| !part.is_empty() && part.len() <= 2 && part.chars().all(|c| c.is_ascii_digit());
    let marked = label.ends_with('.') || parts.len() > 1;
    let day = parts.len() == 1 && byline::is_day(rest);
    (marked && !day && parts.len() <= 4 && parts.iter().all(counts))
        .then(|| (u8::try_from(parts.len()).unwrap_or(4), rest.trim_start()))
}

/// Whether a line reads like a heading, wherever it stands.
fn is_title_like(text: &str) -> bool {
    let start = text.trim_start_matches(['“', '"', '‘', '\'', '«', '»', '„', '‚', '¿', '¡', '(']);
    let address = text.contains("://") || (text.contains('@') && !text.contains(' '));
    text.chars().count() <= LONGEST
        && text.split_whitespace().count() <= MOST_WORDS
        && start.starts_with(|c: char| c.is_uppercase() || c.is_numeric() || has_no_case(c))
        && text.chars().any(char::is_alphabetic)
        && (text.contains(' ') || text.chars().filter(|c| has_no_case(*c)).count() <= LONGEST_UNSPACED)
        && !ends_with(text, &['.', ',', ';', ':', '…', '-', '—', '–'])
        && !ends_with(text, &['。', '．', '，', '、', '；', '：', '،', '؛', '۔', '।', '॥', '។', '።'])
        && !address
        && !is_quoted(text)
        // Wide gaps are the columns of a table.
        && !text.contains("   ")
        && !phrases::is_insert(text)
        && !phrases::is_closing(text)
        && byline::read(text).is_none_or(|said| said.date.is_some() && said.author.is_none())
}

/// Whether a letter is of a script without capitals, such as Arabic or Chinese.
fn has_no_case(c: char) -> bool {
    c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase()
}

fn is_quoted(text: &str) -> bool {
    text.starts_with(['“', '"', '«', '»', '„', '‚']) && text.ends_with(['”', '"', '»', '«', '“', '‘'])
}

/// Whether a line is written in capitals throughout.
pub(super) fn is_all_capitals(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 4 && !text.chars().any(char::is_lowercase) && text.chars().any(char::is_uppercase)
}

/// Takes headings back that head nothing, and rows of them that are rather a list, a
/// poem or an address.
fn drop_chains(lines: &[Line], filled: &[usize], forms: &mut HashMap<usize, Form>, rows: &[bool]) {
    let headed: Vec<usize> =
        filled.iter().copied().filter(|at| is_underline(&lines[*at].text).is_none()).collect();
    let mut index = 0;
    while index < headed.len() {
        let chain = headed[index..].iter().take_while(|at| forms.contains_key(at)).count();
        let ends = index + chain == headed.len();
        let sure = |at: &usize| {
            matches!(forms.get(at), Some(Form::Hashes(_) | Form::Underlined(_) | Form::Numbered(_)))
        };
        if chain > LONGEST_CHAIN || ends {
            let unsure: Vec<usize> =
                headed[index..index + chain].iter().copied().filter(|at| !sure(at)).collect();
            if unsure.len() > LONGEST_CHAIN || ends {
                let above_rows = headed.get(index + chain).is_some_and(|next| rows[*next]);
                let last = if above_rows { headed[index + chain - 1..].first() } else { None };
                for at in unsure.iter().filter(|at| Some(*at) != last) {
                    forms.remove(at);
                }
            }
        }
        index += chain.max(1);
    }
}

fn levels(
    lines: &[Line],
    filled: &[usize],
    forms: &HashMap<usize, Form>,
    title: Option<&str>,
) -> HashMap<usize, Heading> {
    let subject: Vec<String> = title.map(significant).unwrap_or_default();
    let headed: Vec<usize> =
        filled.iter().copied().filter(|at| is_underline(&lines[*at].text).is_none()).collect();
    let double = forms.values().any(|form| *form == Form::Underlined('='));
    let shouted = forms.values().any(|form| *form == Form::Capitals);
    let cases = if shouted { Cases::of(lines) } else { Cases::default() };
    let mut headings = HashMap::new();
    let mut current = 2;
    let mut above: Option<u8> = None;
    for (index, at) in headed.iter().enumerate() {
        let Some(form) = forms.get(at) else {
            above = None;
            continue;
        };
        let text = &lines[*at].text;
        let opens = headed.get(index + 1).is_some_and(|next| forms.contains_key(next));
        let (level, why) = match form {
            Form::Hashes(count) => ((*count).clamp(2, 4), "marked with #"),
            Form::Underlined('-' | '~') if double => (3, "underlined with a single rule"),
            Form::Underlined(_) => (2, "underlined"),
            Form::Numbered(depth) => ((depth + 1).clamp(2, 4), "numbered"),
            Form::Plain | Form::Capitals => match above {
                Some(level) => ((level + 1).min(4), "directly under a heading"),
                None if opens => (2, "followed directly by a heading"),
                None if current > 2 && significant(text).iter().any(|word| subject.contains(word)) => {
                    (2, "repeats the article's subject")
                }
                None if current > 2 => (current, "beside the heading before it"),
                None => (2, "a short line that stands apart"),
            },
        };
        current = level;
        above = Some(level);
        let capitals = *form == Form::Capitals;
        let shown = match form {
            Form::Capitals => cases.calm(text),
            Form::Hashes(_) => text.trim_matches('#').trim().to_owned(),
            _ => text.clone(),
        };
        let why = format!("{why}{}", if capitals { ", written in capitals" } else { "" });
        let lines = if matches!(form, Form::Underlined(_)) { 2 } else { 1 };
        headings.insert(*at, Heading { level, text: shown, why, lines });
    }
    headings
}

/// The words of a title that say what it is about, folded for comparison.
fn significant(title: &str) -> Vec<String> {
    const SMALL: [&str; 29] = [
        "what", "with", "from", "your", "that", "this", "have", "does", "will", "when", "where", "which",
        "about", "into", "them", "they", "their", "there", "more", "most", "should", "would", "guide",
        "know", "before", "after", "over", "some", "only",
    ];
    // `Microneedling: what to know` is about what stands before the colon.
    let subject = title.split_once([':', '–', '—']).map_or(title, |(subject, _)| subject);
    subject
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= 4 && !SMALL.contains(&word.as_str()))
        .map(|word| word.strip_suffix('s').map_or(word.clone(), str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn levels_of(text: &str) -> Vec<(u8, String)> {
        let lines = lines::split(text);
        let mut found: Vec<_> = headings(&lines, Some("Mending old clocks")).into_iter().collect();
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, heading)| (heading.level, heading.text)).collect()
    }

    fn told(text: &str) -> String {
        levels_of(text).iter().map(|(level, text)| format!("{level} {text}")).collect::<Vec<_>>().join("; ")
    }

    const WORDS: &str = "This is a sentence that is long enough to be a paragraph of its own, and then some.";

    #[test]
    fn a_heading_directly_under_a_heading_opens_a_lower_level() {
        let text = format!("Tools\n\nFiles\n\n{WORDS}\n\nOil\n\n{WORDS}");
        assert_eq!(told(&text), "2 Tools; 3 Files; 3 Oil");
    }

    #[test]
    fn a_heading_followed_by_a_heading_or_naming_the_subject_returns_to_the_upper_level() {
        let text =
            format!("Tools\n\nFiles\n\n{WORDS}\n\nWork\n\nCleaning\n\n{WORDS}\n\nThe old clock\n\n{WORDS}");
        assert_eq!(told(&text), "2 Tools; 3 Files; 2 Work; 3 Cleaning; 2 The old clock");
        assert_eq!(told(&format!("Tools\n\n{WORDS}\n\nFiles\n\n{WORDS}")), "2 Tools; 2 Files");
    }

    #[test]
    fn lines_that_head_nothing_are_no_headings() {
        for text in
            ["Warm wishes\n\nMaud", "One\nTwo\nThree\nFour\n\nThis ends it.", "A line,\n\nThis ends it."]
        {
            assert_eq!(told(text), "", "{text}");
        }
        let wrapped = "Internationally acclaimed horologists restored extraordinary\nmechanisms from the tower of the church.";
        assert_eq!(told(wrapped), "");
    }

    #[test]
    fn scripts_without_capitals_have_headings_too() {
        let chinese = "有人说是水，有人说是面粉。林老板说，是因为两点关门。吃不到的人会记得。";
        assert_eq!(
            told(&format!("为什么好吃\n\n{chinese}\n\n怎么去\n\n{chinese}")),
            "2 为什么好吃; 2 怎么去"
        );
        let arabic = "تتغيّر مواعيد العيادة ابتداءً من الأوّل من ديسمبر، لأنّ الطبيبة تأتي من الجزيرة.";
        assert_eq!(told(&format!("المواعيد الجديدة\n\n{arabic}")), "2 المواعيد الجديدة");
        assert_eq!(told(&format!("吃不到的人会记得。\n\n{chinese}")), "");
    }

    #[test]
    fn marks_and_numbers_say_the_level_themselves() {
        let text = format!(
            "1. Tools\n\n1.1 Files\n\n{WORDS}\n\n## Oil\n\n{WORDS}\n\nCogs\n====\n\n{WORDS}\n\nPins\n----\n\n{WORDS}"
        );
        assert_eq!(told(&text), "2 1. Tools; 3 1.1 Files; 2 Oil; 2 Cogs; 3 Pins");
    }
}
