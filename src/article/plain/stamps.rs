//! Leaves out the single lines that telephones and pages put under or between what people
//! write: "Sent from my iPhone", "Advertisement".

use std::collections::HashSet;

use super::Reader;
use super::lines::Line;

/// Beginnings of the line that a program puts under a mail.
const SENT_FROM: [&str; 14] = [
    "sent from my ",
    "sent from mail for ",
    "sent from outlook",
    "sent from yahoo mail",
    "sent from proton mail",
    "sent via ",
    "get outlook for ",
    "von meinem ",
    "gesendet von ",
    "gesendet mit ",
    "envoyé de mon ",
    "envoyé depuis ",
    "enviado desde ",
    "inviato da ",
];

/// What such a line names: a device or a program for mails.
const DEVICES: [&str; 14] = [
    "iphone",
    "ipad",
    "android",
    "galaxy",
    "samsung",
    "smartphone",
    "mobile",
    "handy",
    "phone",
    "outlook",
    "ios",
    "windows",
    "yahoo mail",
    "proton mail",
];

/// Longest such line, in words.
const LONGEST: usize = 9;

/// Lines that stand where a page showed an advertisement, whole.
const ADVERTISEMENT: [&str; 11] = [
    "advertisement",
    "advertisements",
    "advertisement - continue reading below",
    "article continues below advertisement",
    "article continues after advertisement",
    "story continues below advertisement",
    "skip advertisement",
    "anzeige",
    "werbung",
    "publicité",
    "publicidad",
];

/// Fewest words of a line that is a paragraph and no item or heading.
const PARAGRAPH: usize = 8;

impl Reader<'_> {
    /// Leaves out the lines of programs and advertisements.
    pub(super) fn leave_out_stamps(&mut self, mut lines: Vec<Line>) -> Vec<Line> {
        let filled: Vec<usize> = (0..lines.len()).filter(|at| !lines[*at].is_blank()).collect();
        let spoken_of = spoken_of(&lines);
        let mut left_out = Vec::new();
        for (index, at) in filled.iter().enumerate().skip(1) {
            let above = &lines[filled[index - 1]];
            let below = filled.get(index + 1).map(|next| &lines[*next]);
            let apart_above = filled[index - 1] + 1 < *at;
            let apart_below = filled.get(index + 1).is_none_or(|next| at + 1 < *next);
            let text = lines[*at].text.to_lowercase();
            let what = if is_sent_from(&text) && apart_below && (apart_above || above.ends_sentence()) {
                // What comes after it is an answer, a signature, or nothing.
                let over = below.is_none_or(|below| {
                    below.text.starts_with('>') || below.text.starts_with("--") || below.text.ends_with(':')
                });
                over.then_some("left out: the line of a mail program")
            } else if ADVERTISEMENT.contains(&text.as_str()) {
                let apart = (apart_above || above.ends_sentence())
                    && (apart_below || below.is_some_and(|below| below.word_count() >= PARAGRAPH));
                (apart && !spoken_of.contains(text.as_str()))
                    .then_some("left out: where the page had an advertisement")
            } else {
                None
            };
            left_out.extend(what.map(|what| (*at, what)));
        }
        for (at, what) in left_out {
            let blank = Line::blank_at(lines[at].span.start);
            let line = std::mem::replace(&mut lines[at], blank);
            self.guess(line.span, what, &line.text);
        }
        lines
    }
}

/// The words for an advertisement that lines with other words have too: the text is about
/// them.
fn spoken_of(lines: &[Line]) -> HashSet<&'static str> {
    let mut found = HashSet::new();
    for line in lines {
        let lower = line.text.to_lowercase();
        if !ADVERTISEMENT.contains(&lower.as_str()) {
            let words = lower.split(|c: char| !c.is_alphanumeric());
            found.extend(words.filter_map(|word| ADVERTISEMENT.into_iter().find(|known| *known == word)));
        }
    }
    found
}

/// Whether a line, in lower case, is one that a program puts under a mail.
fn is_sent_from(line: &str) -> bool {
    let begins = SENT_FROM.iter().any(|start| line.starts_with(start));
    let names = DEVICES.iter().any(|device| line.contains(device));
    begins && names && line.split_whitespace().count() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_mail_programs_name_a_device() {
        for line in [
            "sent from my iphone",
            "von meinem iphone gesendet",
            "envoyé de mon ipad",
            "get outlook for android",
            "sent from mail for windows 11",
        ] {
            assert!(is_sent_from(line), "{line}");
        }
        for line in [
            "sent from my heart",
            "von meinem fenster sieht man den hafen",
            "sent from my grandmother, who had no phone and wrote by candle light all night",
        ] {
            assert!(!is_sent_from(line), "{line}");
        }
    }
}
