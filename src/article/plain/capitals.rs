//! Calms headings that are written in capitals.

use std::collections::HashMap;

use super::lines::Line;
use super::outline::is_all_capitals;

/// Words that stay small within a heading.
const SMALL: [&str; 28] = [
    "a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "is", "it", "its", "nor", "of",
    "on", "or", "our", "over", "than", "the", "to", "up", "with", "your", "my", "are",
];

/// Longest heading of one word that is taken for an abbreviation, in characters.
const LONGEST_ABBREVIATION: usize = 6;

/// How the text writes its abbreviations and unusual names where it does not shout.
#[derive(Debug, Default)]
pub(super) struct Cases(HashMap<String, String>);

impl Cases {
    /// Learns from all lines that are not in capitals themselves.
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut seen = HashMap::new();
        for line in lines.iter().filter(|line| !is_all_capitals(&line.text)) {
            for word in line.text.split(|c: char| !is_of_word(c)) {
                let unusual = word.chars().skip(1).any(char::is_uppercase);
                if unusual {
                    seen.entry(word.to_lowercase()).or_insert_with(|| word.to_owned());
                }
            }
        }
        Self(seen)
    }

    /// Writes a line in capitals with only the first letters of its words large. Names
    /// cannot be told from other words, so all but the smallest keep a capital.
    /// A single short word, such as `FAQ` or `TL;DR`, stays as it is.
    pub(super) fn calm(&self, text: &str) -> String {
        if !text.contains(' ') && text.chars().count() <= LONGEST_ABBREVIATION {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut word = String::new();
        for character in text.chars() {
            if is_of_word(character) {
                word.push(character);
            } else {
                self.push(&mut out, &word);
                word.clear();
                out.push(character);
            }
        }
        self.push(&mut out, &word);
        out
    }

    fn push(&self, out: &mut String, word: &str) {
        let lower = word.to_lowercase();
        let first = !out.chars().any(char::is_alphanumeric);
        if let Some(seen) = self.0.get(&lower) {
            out.push_str(seen);
        } else if word.chars().any(char::is_numeric) {
            out.push_str(word);
        } else if !first && SMALL.contains(&lower.as_str()) {
            out.push_str(&lower);
        } else {
            let mut letters = lower.chars();
            out.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            out.push_str(letters.as_str());
        }
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '\'' | '’')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::plain::lines;

    #[test]
    fn a_heading_in_capitals_is_calmed_and_keeps_its_names_and_abbreviations() {
        let cases = Cases::of(&lines::split("A letter from the NHS and McAllister came.\nLOUD NHS"));
        assert_eq!(cases.calm("TL;DR"), "TL;DR");
        assert_eq!(cases.calm("THE LOCK AT MARKET HARBOROUGH"), "The Lock at Market Harborough");
        assert_eq!(
            cases.calm("WHAT THE NHS TOLD MCALLISTER’S SON IN 1998"),
            "What the NHS Told Mcallister’s Son in 1998"
        );
    }
}
