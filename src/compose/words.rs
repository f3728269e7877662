//! Words on their way into markup.

use crate::article::{self, Block, BlockKind};
use crate::tags::{Mask, TagKind};

/// Appends `text` with everything escaped that means something in HTML text or in a
/// quoted attribute, and without the control characters for which some clients cut
/// a mail short.
pub(super) fn escape_into(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, character) in text.char_indices() {
        let entity = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\t' | '\n' | '\r' => continue,
            control if control.is_control() => "",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(entity);
        from = at + character.len_utf8();
    }
    out.push_str(&text[from..]);
}

/// Longest pair of words that is kept on one line, in characters: a large title on a
/// phone holds about eighteen.
const LONGEST_PAIR: usize = 18;

/// The text with its last two words joined by a no-break space, so that no word ends
/// up alone; as it is when there are fewer than three, or when they are long.
pub(super) fn joined_end(text: &str) -> String {
    let trimmed = text.trim_end();
    let mut words = trimmed.rsplitn(3, [' ', '\n']);
    let (Some(last), Some(before), Some(rest)) = (words.next(), words.next(), words.next()) else {
        return text.to_owned();
    };
    let pair = last.chars().count() + before.chars().count() + 1;
    if last.is_empty() || before.is_empty() || rest.trim().is_empty() || pair > LONGEST_PAIR {
        return text.to_owned();
    }
    format!("{rest} {before}\u{a0}{last}{}", &text[trimmed.len()..])
}

/// How many words at the beginning of an article are set in capitals at most, and how
/// many letters they have together: less than half a line on a phone.
const OPENING_WORDS: usize = 3;
const OPENING_LETTERS: usize = 18;

/// The first words of `text`, up to three, that are set in capitals: they end before a
/// stop of any kind.
pub(super) fn opening_words(text: &str) -> &str {
    let mut end = 0;
    for word in text.split_inclusive(' ').take(OPENING_WORDS) {
        let letters = word.trim_end_matches(' ');
        let plain = letters.trim_end_matches(|c: char| !c.is_alphanumeric());
        if text[..end].chars().count() + plain.chars().count() > OPENING_LETTERS {
            break;
        }
        end += plain.len();
        if plain.len() < letters.len() {
            break;
        }
        end += word.len() - letters.len();
    }
    text[..end].trim_end()
}

/// Longest line that is taken from the article for inboxes to show, in characters:
/// about what the widest of them shows.
const OPENING: usize = 110;

/// Shortest paragraph that says something, in characters; what is shorter is a
/// greeting.
const GREETING: usize = 40;

/// The beginning of the first paragraph that says something: what inboxes show after
/// the subject when the author wrote no line for it.
pub(super) fn opening(blocks: &[Block], mask: &Mask) -> Option<String> {
    // What stands between controls is not for everybody.
    let mut depth = 0_usize;
    let paragraph = blocks.iter().find_map(|block| match &block.kind {
        BlockKind::Control(id) => {
            match mask.tag(*id).kind {
                TagKind::Open => depth += 1,
                TagKind::Close => depth = depth.saturating_sub(1),
                TagKind::Middle | TagKind::Hole => {}
            }
            None
        }
        BlockKind::Paragraph(content) if depth == 0 => {
            let words = article::words(content);
            let controls = mask.find(&words).iter().any(|found| mask.tag(found.id).kind != TagKind::Hole);
            (words.chars().count() > GREETING && !controls).then_some(words)
        }
        _ => None,
    })?;
    let mut line = String::new();
    for word in paragraph.split_whitespace() {
        if line.chars().count() + word.chars().count() > OPENING {
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_stays_text() {
        let mut out = String::new();
        escape_into(&mut out, "<b class=\"x\">a & b</b>\u{92}\u{0}\né");
        assert_eq!(out, "&lt;b class=&quot;x&quot;&gt;a &amp; b&lt;/b&gt;\né");
    }

    #[test]
    fn an_article_opens_with_a_few_whole_words() {
        assert_eq!(opening_words("A pitted scar is an absence."), "A pitted scar");
        assert_eq!(opening_words("Dear reader, today"), "Dear reader");
        assert_eq!(opening_words("Telecommunications regulators met"), "Telecommunications");
        assert_eq!(opening_words("Incomprehensibilities abound"), "");
        assert_eq!(opening_words("\u{201c}No,\u{201d} she said"), "\u{201c}No");
        assert_eq!(opening_words("So."), "So");
        assert_eq!(opening_words(""), "");
    }

    #[test]
    fn the_last_two_words_of_a_title_stay_together() {
        assert_eq!(joined_end("Small needles, patient skin"), "Small needles, patient\u{a0}skin");
        assert_eq!(joined_end("Two words"), "Two words");
        assert_eq!(
            joined_end("A very incomprehensibility assurance"),
            "A very incomprehensibility assurance"
        );
        assert_eq!(joined_end(""), "");
    }
}
