//! Takes the rules away that letters of the old kind draw above and below a title.

use super::lines::Line;
use super::outline::is_underline;

/// Shortest rule of a box, in characters.
const RULE: usize = 10;
/// Most lines in a box.
const MOST: usize = 4;

/// Leaves of each box of rules what the reader of headings knows: the title alone, a
/// heading with one line under it, or words.
pub(super) fn open_boxes(lines: &mut Vec<Line>) {
    let rule = |line: &Line| is_underline(&line.text).filter(|_| line.width() >= RULE);
    let mut at = 0;
    while at < lines.len() {
        let inside = lines[at + 1..].iter().take(MOST + 1);
        let inside = inside.take_while(|line| !line.is_blank() && rule(line).is_none()).count();
        let below = at + 1 + inside;
        let is_box = rule(&lines[at]).is_some()
            && (1..=MOST).contains(&inside)
            && lines.get(below).is_some_and(|line| rule(line) == rule(&lines[at]))
            && (at == 0 || lines[at - 1].is_blank());
        if !is_box {
            at += 1;
            continue;
        }
        let first = lines[..at].iter().all(Line::is_blank);
        let last = lines[below + 1..].iter().all(Line::is_blank);
        let text = &lines[at + 1];
        let heads = inside == 1 && !text.text.contains("://") && !text.ends_sentence();
        if first || last && !heads {
            for rule in [at, below] {
                lines[rule] = Line::blank_at(lines[rule].span.start);
            }
            if first && inside > 1 {
                let start = lines[at + 2].span.start;
                lines.insert(at + 2, Line::blank_at(start));
            }
        } else if heads {
            lines[at] = Line::blank_at(lines[at].span.start);
        }
        at = below + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn opened(text: &str) -> String {
        let mut lines = lines::split(text);
        open_boxes(&mut lines);
        lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn a_title_in_a_box_and_headings_between_rules_lose_what_is_too_much() {
        let rule = "=".repeat(20);
        assert_eq!(
            opened(&format!("{rule}\n  THE GAZETTE\n  No. 9\n{rule}\n\nWords.\n")),
            "|THE GAZETTE||No. 9|||Words."
        );
        assert_eq!(
            opened(&format!("A title\n\n{rule}\nLETTERS\n{rule}\nWords.\n")),
            format!("A title|||LETTERS|{rule}|Words.")
        );
        assert_eq!(
            opened(&format!("A title\n\n{rule}\nMore: https://example.org/\n{rule}\n")),
            "A title|||More: https://example.org/|"
        );
    }

    #[test]
    fn rules_around_words_stay() {
        let rule = "-".repeat(20);
        for text in [
            format!("A title|{rule}|Words that are said.|{rule}|More."),
            format!("A title||{rule}|Words that are said.|{rule}||More."),
            "A title||---|LETTERS|---|More.".to_owned(),
        ] {
            assert_eq!(opened(&text.replace('|', "\n")), text);
        }
    }
}
