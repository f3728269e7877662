//! Finds what a copied web page left around the text: navigation before it, teasers and
//! buttons after it.

use super::lines::{Line, ends_with};
use super::{navigation, sharing};

/// Most of a text that is taken for left-overs, in per cent of its lines.
const MOST: usize = 40;

/// Longest line, in words, that a button or teaser has.
const SHORT: usize = 8;

/// Repetitions after which a line needs no known phrase above it to be a teaser.
const REPEATED: usize = 3;

/// Beginnings of lines that sites put under a text.
const TAIL: [&str; 42] = [
    "you may also like",
    "you might also like",
    "related posts",
    "related articles",
    "related reading",
    "keep reading",
    "recommended for you",
    "recommended posts",
    "recommended articles",
    "recommended reading",
    "read next",
    "more from",
    "share this",
    "share on",
    "share:",
    "view all",
    "see all",
    "subscribe to",
    "sign up for",
    "leave a comment",
    "leave a reply",
    "post a comment",
    "previous post",
    "next post",
    "about the author",
    "tags:",
    "filed under",
    "categories:",
    "©",
    "copyright",
    "all rights reserved",
    "privacy policy",
    "back to top",
    "das könnte sie auch interessieren",
    "das könnte dir auch gefallen",
    "ähnliche beiträge",
    "alle rechte vorbehalten",
    "vous aimerez aussi",
    "à lire aussi",
    "tous droits réservés",
    "también te puede interesar",
    "todos los derechos reservados",
];

/// Lines that are left-overs only when they are nothing else.
const TAIL_WHOLE: [&str; 9] =
    ["share", "tweet", "print", "previous", "next", "comments", "related", "recommended", "subscribe"];

/// Beginnings of a line that leads to another text, whose title may be a question.
const TEASER: [&str; 9] = [
    "read more:",
    "read also:",
    "read next:",
    "weiterlesen:",
    "mehr dazu:",
    "lesen sie auch:",
    "lire la suite :",
    "à lire aussi :",
    "leer más:",
];

/// Longest such line, in words.
const LONGEST_TEASER: usize = 20;

/// Beginnings of the one sentence that sites put under a text.
const NOTICE: [&str; 6] = [
    "©",
    "copyright ©",
    "all rights reserved",
    "alle rechte vorbehalten",
    "tous droits réservés",
    "todos los derechos reservados",
];

/// The lines between the left-overs.
pub(super) fn article(lines: &[Line]) -> std::ops::Range<usize> {
    let start = navigation::end(lines);
    start..tail(&lines[start..]) + start
}

/// One past the last line of the text.
fn tail(lines: &[Line]) -> usize {
    let filled: Vec<usize> = (0..lines.len()).filter(|at| !lines[*at].is_blank()).collect();
    let most = filled.len() * MOST / 100;
    let mut cut = lines.len();
    for (removed, (back, at)) in filled.iter().rev().take(most).zip(filled.iter().rev().skip(1)).enumerate() {
        let line = &lines[*back];
        let repeated = repetitions(lines, &filled, filled.len() - 1 - removed) >= REPEATED;
        if is_phrase(line) || (is_short(line) && repeated) || is_button(lines, *back) {
            cut = at + 1;
        } else if !is_short(line) {
            break;
        }
    }
    cut
}

/// Whether the line at `at` is a button, or the sentence about cookies above one.
fn is_button(lines: &[Line], at: usize) -> bool {
    let text = lines[at].text.to_lowercase();
    let next = lines[at + 1..].iter().find(|line| !line.is_blank());
    let asked = next.is_some_and(|next| sharing::is_cookie_button(&next.text.to_lowercase()));
    if sharing::is_cookie_button(&text) || (asked && sharing::is_cookie_notice(&text)) {
        return true;
    }
    // A list of places to find somebody stands under a colon.
    let first = (0..=at).rev().filter(|above| !lines[*above].is_blank()).take(sharing::MOST);
    let mut group = first.take_while(|above| sharing::is_network(&lines[*above].text.to_lowercase()));
    let Some(first) = group.by_ref().last() else { return sharing::is_offer(&text) };
    let above = lines[..first].iter().rev().find(|line| !line.is_blank());
    let announced = above
        .is_some_and(|above| above.text.ends_with(':') && !sharing::is_offer(&above.text.to_lowercase()));
    !announced && sharing::buttons(&lines[first..]) > at - first
}

fn is_phrase(line: &Line) -> bool {
    is_left_over(&line.text)
}

/// Whether a line says what sites put under a text.
pub(in crate::article) fn is_left_over(line: &str) -> bool {
    let text = line.to_lowercase();
    let words = line.split_whitespace().count();
    let leads = TEASER.iter().any(|start| text.starts_with(start));
    if leads && words <= LONGEST_TEASER && !text.contains("://") && !text.contains("www.") {
        return true;
    }
    let rest =
        |phrase: &str| text.strip_prefix(phrase).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    // Whoever wrote a sentence wrote it for the reader.
    if is_sentence(&text) {
        return words <= SHORT + 2 && NOTICE.iter().any(|phrase| rest(phrase));
    }
    TAIL_WHOLE.contains(&text.as_str()) || (words <= SHORT + 2 && TAIL.iter().any(|phrase| rest(phrase)))
}

fn is_sentence(text: &str) -> bool {
    ends_with(text, &['.', '!', '?']) && !text.ends_with("...")
}

fn is_short(line: &Line) -> bool {
    line.word_count() <= SHORT
        && !line.ends_sentence()
        && !line.text.starts_with(['•', '-', '*', '–', '"', '“', '—'])
}

/// How often the line at `index` of `filled` stands there in a row.
fn repetitions(lines: &[Line], filled: &[usize], index: usize) -> usize {
    let same = |other: &&usize| lines[**other].text == lines[filled[index]].text;
    let before = filled[..index].iter().rev().take(REPEATED).take_while(same).count();
    let after = filled[index + 1..].iter().take(REPEATED).take_while(same).count();
    before + 1 + after
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn kept(text: &str) -> String {
        let lines = lines::split(text);
        let kept: Vec<_> = lines[article(&lines)].iter().map(|line| line.text.as_str()).collect();
        kept.join("|")
    }

    #[test]
    fn left_overs_are_cut_up_to_the_last_real_sentence() {
        let body = "Title\nOne.\nTwo.\nThree.\nFour.\nFive.\nSix.";
        let shown = body.replace('\n', "|");
        assert_eq!(kept(&format!("{body}\nRelated posts\nHow to fold\nView all")), shown);
        assert_eq!(kept(&format!("Home\nMenu\n{body}\nShare this\n© 2026 Press")), shown);
        for notice in [
            "Copyright © 2026 Press.",
            "© 2026 Press. All rights reserved.",
            "Vous aimerez aussi\nDix livres",
        ] {
            assert_eq!(kept(&format!("{body}\n{notice}")), shown);
        }
        for buttons in [
            "Facebook\nTwitter",
            "Share on Facebook Tweet",
            "We use cookies to make this better.\nAccept all",
            "Read more: How do I plant a tree?",
            "Lire la suite : Planter un arbre",
        ] {
            assert_eq!(kept(&format!("{body}\n{buttons}")), shown, "{buttons}");
        }
        assert_eq!(kept(&format!("{body}\nA post\nA post\nA post")), shown);
    }

    #[test]
    fn what_only_resembles_left_overs_stays() {
        for body in [
            "Title\nOne.\nTwo.\nWe share this with friends.\nWarm wishes\nMaud",
            "Title\nOne.\nView all\nIs this a sentence? It is.",
            "Title\nOne.\nTwo.\nWhat is shared?\n• Share\n• Next",
            "Home\nMenu",
            "Title\nOne.\nTwo.\nThree.\nFind us on:\nFacebook\nTwitter",
            "Title\nOne.\nTwo.\nThree.\nWe use cookies in this recipe.",
            "Title\nOne.\nTwo.\nThree.\nRead more: https://example.com/trees",
            "Home\nOne.\nTwo.\nThree.",
            "Title\nOne.\nTwo.\nThree.\nSign up for the next evening by Friday.",
            "Title\nOne.\nTwo.\nThree.\nRecommended daily intake is 400 g.",
            "Title\nOne.\nTwo.\nThree.\nCopyright law changed in 1976.",
        ] {
            assert_eq!(kept(body), body.replace('\n', "|"));
        }
    }

    #[test]
    fn never_more_than_two_lines_in_five_are_cut_at_the_end() {
        let text =
            "Title\nOne.\nView all\nView all\nView all\nView all\nView all\nView all\nView all\nView all";
        assert_eq!(kept(text).split('|').count(), 6);
    }
}
