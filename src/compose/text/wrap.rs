//! Words into lines.
//!
//! A [`Flow`] takes text as it comes and knows where a line may end: at white space,
//! and between characters of scripts that are written without it. Addresses are never
//! broken. Widths are display columns; a merge tag is as wide as its default.

use memchr::memmem;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::tags::{Mask, TagKind};

/// How wide a merge tag without a default is taken to be: a first name.
const HOLE: usize = 8;

/// Running text before it is cut into lines.
pub(super) struct Flow<'a> {
    mask: &'a Mask,
    chunks: Vec<Chunk>,
    next: Joint,
    last: Option<char>,
    in_url: bool,
}

/// What no line break may divide.
struct Chunk {
    joint: Joint,
    text: String,
    width: usize,
    /// Whether an address stands in it, which is never broken.
    address: bool,
}

/// What stands before a chunk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// Nothing; it belongs to what is before it.
    Glue,
    /// Nothing, and a line may end here.
    Soft,
    /// A space.
    Space,
    /// A line end the author wants.
    Line,
}

impl<'a> Flow<'a> {
    /// A flow without words.
    pub(super) fn new(mask: &'a Mask) -> Self {
        Self { mask, chunks: Vec::new(), next: Joint::Glue, last: None, in_url: false }
    }

    /// A flow of one text.
    pub(super) fn of(mask: &'a Mask, text: &str) -> Self {
        let mut flow = Self::new(mask);
        flow.text(text);
        flow
    }

    /// Adds words as somebody wrote them, sentinels among them.
    pub(super) fn text(&mut self, text: &str) {
        let mut done = 0;
        for found in self.mask.find(text) {
            self.words(&text[done..found.span.start]);
            self.piece(&text[found.span.start..found.span.end]);
            done = found.span.end;
        }
        self.words(&text[done..]);
    }

    /// Adds something that must not be broken, such as an address.
    pub(super) fn whole(&mut self, text: &str) {
        if !text.is_empty() {
            self.piece(text);
            self.last = text.chars().next_back();
            self.in_url = false;
        }
    }

    /// Adds an address, perhaps in brackets.
    pub(super) fn address(&mut self, text: &str) {
        self.whole(text);
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.address = true;
        }
    }

    /// Adds white space.
    pub(super) fn space(&mut self) {
        if self.next != Joint::Line {
            self.next = Joint::Space;
        }
        self.in_url = false;
    }

    /// Ends the line.
    pub(super) fn line(&mut self) {
        self.next = Joint::Line;
        self.in_url = false;
    }

    /// Whether no word was added.
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// All on one line.
    pub(super) fn joined(&self) -> String {
        self.lines(usize::MAX).join(" ")
    }

    /// Lines of at most `width` columns, but for addresses that are wider themselves.
    ///
    /// Words that are wider are broken, at no-break spaces first. An address beside
    /// words that run from right to left has a line of its own: both would be shown in
    /// an order that nobody wrote.
    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        let mut column = 0_usize;
        let (mut turned, mut addressed) = (false, false);
        for (index, chunk) in self.chunks.iter().enumerate() {
            let is_address = self.is_address(chunk);
            let is_link = is_link(chunk);
            let turns = chunk.text.contains(is_right_to_left);
            let gap = usize::from(chunk.joint == Joint::Space);
            let fits = column.saturating_add(gap).saturating_add(chunk.width) <= width;
            let apart = (turned && is_link) || (addressed && turns);
            if index > 0 && (chunk.joint == Joint::Line || !fits || apart) {
                lines.push(std::mem::take(&mut line));
                column = 0;
                (turned, addressed) = (false, false);
            } else if index > 0 && gap > 0 {
                line.push(' ');
                column += 1;
            }
            (turned, addressed) = (turned || turns, addressed || is_link);
            if chunk.width <= width || is_address {
                line.push_str(&chunk.text);
                column = column.saturating_add(chunk.width);
                continue;
            }
            let mut pieces = broken(&chunk.text, width);
            line = pieces.pop().unwrap_or_default();
            lines.extend(pieces);
            column = line.width();
        }
        lines.push(line);
        let mut lines: Vec<String> =
            lines.iter().map(|line| line.replace('\u{a0}', " ").trim().to_owned()).collect();
        lines.retain(|line| !line.is_empty());
        lines
    }

    /// Whether `chunk` would lose its meaning in two lines. So would a merge tag.
    fn is_address(&self, chunk: &Chunk) -> bool {
        is_link(chunk) || !self.mask.find(&chunk.text).is_empty()
    }

    fn words(&mut self, text: &str) {
        let mut word = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            // After printable ASCII, more of it is taken as a whole.
            let run = if self.last.is_some_and(|last| last.is_ascii()) { graphic(rest) } else { "" };
            if !run.is_empty() {
                // Where `://` was cut in two, its beginning is in the word already.
                let seam = word.len().saturating_sub(2);
                word.push_str(run);
                self.in_url |= memmem::find(&word.as_bytes()[seam..], b"://").is_some();
                self.last = run.chars().next_back();
                rest = &rest[run.len()..];
                continue;
            }
            rest = &rest[c.len_utf8()..];
            if c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}') {
                self.flush(&mut word);
                self.space();
                self.last = None;
                continue;
            }
            if is_stripped(c) {
                continue;
            }
            if !self.in_url && self.last.is_some_and(|last| may_break(last, c)) {
                self.flush(&mut word);
                if self.next == Joint::Glue {
                    self.next = Joint::Soft;
                }
            }
            word.push(c);
            self.in_url |= c == '/' && word.ends_with("://");
            self.last = Some(c);
        }
        self.flush(&mut word);
    }

    fn flush(&mut self, word: &mut String) {
        if !word.is_empty() {
            self.piece(word);
            word.clear();
        }
    }

    fn piece(&mut self, text: &str) {
        let width = shown_width(self.mask, text);
        match self.chunks.last_mut() {
            Some(chunk) if self.next == Joint::Glue => {
                chunk.text.push_str(text);
                chunk.width = chunk.width.saturating_add(width);
            }
            _ => self.chunks.push(Chunk { joint: self.next, text: text.to_owned(), width, address: false }),
        }
        self.next = Joint::Glue;
    }
}

/// The printable ASCII without spaces that `text` begins with.
fn graphic(text: &str) -> &str {
    let end = text.bytes().position(|byte| !byte.is_ascii_graphic()).unwrap_or(text.len());
    &text[..end]
}

/// Display columns of `text`, its merge tags as wide as their defaults.
pub(super) fn shown_width(mask: &Mask, text: &str) -> usize {
    let mut width = 0_usize;
    let mut done = 0;
    for found in mask.find(text) {
        width += text[done..found.span.start].width();
        if mask.tag(found.id).kind == TagKind::Hole {
            width += mask.default_of(found.id).map_or(HOLE, |default| default.width());
        }
        done = found.span.end;
    }
    width + text[done..].width()
}

/// `text` without controls, and as [`Flow`] would show it otherwise.
pub(super) fn cleaned(text: &str) -> String {
    text.chars().filter(|c| !is_stripped(*c)).collect()
}

/// Controls, marks that turn the direction of what follows them, and leftovers nobody
/// sees. The marks that only hint at a direction stay, and so do the joiners of Arabic
/// and of emoji.
pub(super) fn is_stripped(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A word without white space in pieces of at most `width` columns. Broken at its
/// no-break spaces where it has any, else where a letter ends.
pub(super) fn broken(word: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut column = 0;
    for part in word.split_inclusive('\u{a0}') {
        if column > 0 && column + part.trim_end_matches('\u{a0}').width() > width {
            pieces.push(String::new());
            column = 0;
        }
        for letter in letters(part) {
            let wide = letter.width();
            if column > 0 && column + wide > width && letter != "\u{a0}" {
                pieces.push(String::new());
                column = 0;
            }
            pieces.last_mut().expect("there is one from the beginning").push_str(letter);
            column += wide;
        }
    }
    pieces
}

/// What readers take for one letter each: marks and joiners stay with what they mark,
/// and flags are pairs.
fn letters(text: &str) -> Vec<&str> {
    let mut letters = Vec::new();
    let mut start = 0;
    let mut flags = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let joined = before == Some('\u{200d}')
            || c.width().unwrap_or_default() == 0
            || matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
            || (is_flag(c) && flags % 2 == 1);
        if at > 0 && !joined {
            letters.push(&text[start..at]);
            start = at;
        }
        flags = if is_flag(c) { flags + 1 } else { 0 };
        before = Some(c);
    }
    letters.push(&text[start..]);
    letters
}

/// The letters that flags are pairs of.
fn is_flag(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Whether `chunk` is an address that can be followed.
fn is_link(chunk: &Chunk) -> bool {
    chunk.address || chunk.text.contains("://") || chunk.text.starts_with("www.")
}

/// Letters of scripts that run from right to left (bidirectional classes R and AL).
pub(super) fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Whether a line may end between two characters that no white space divides.
fn may_break(before: char, after: char) -> bool {
    (is_cjk(before) || is_cjk(after))
        && after.width() != Some(0)
        && before != '\u{200d}'
        && !"（〔［｛〈《「『【〖〘“‘([{".contains(before)
        && !"、。，．・：；？！）〕］｝〉》」』】〗〙ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々〻…‥”’%),.:;?!]}".contains(after)
}

/// Han, kana and what stands with them. Korean has spaces.
fn is_cjk(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
        && !matches!(c, '\u{3130}'..='\u{318f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::problem::Source;

    fn wrap(text: &str, width: usize) -> Vec<String> {
        Flow::of(&Mask::default(), text).lines(width)
    }

    #[test]
    fn lines_end_at_white_space_and_addresses_are_never_broken() {
        assert_eq!(wrap("one two  three\nfour", 9), ["one two", "three", "four"]);
        let url = "https://example.com/一二三四五六七八";
        assert_eq!(wrap(&format!("see {url} now"), 10), ["see", url, "now"]);
    }

    #[test]
    fn a_no_break_space_holds_words_together_and_becomes_a_space() {
        assert_eq!(wrap("it is 10\u{a0}km\u{a0}away", 10), ["it is", "10 km away"]);
    }

    #[test]
    fn chinese_and_japanese_break_between_characters_but_not_before_their_full_stops() {
        assert_eq!(wrap("東京都から来ました。", 8), ["東京都か", "ら来まし", "た。"]);
        assert_eq!(wrap("春夏秋冬。朝", 8), ["春夏秋", "冬。朝"]);
        assert_eq!(wrap("Rustで書いた", 6), ["Rustで", "書いた"]);
    }

    #[test]
    fn emoji_count_two_columns_and_stay_whole() {
        assert_eq!(wrap("aa 👩‍💻 bb", 5), ["aa 👩‍💻", "bb"]);
        assert_eq!(wrap("👍🏽👍🏽", 2), ["👍🏽", "👍🏽"]);
    }

    #[test]
    fn right_to_left_text_keeps_its_order_and_loses_overrides() {
        assert_eq!(wrap("سلام \u{202e}دنیا\u{202c} abc", 8), ["سلام دنیا", "abc"]);
    }

    #[test]
    fn words_wider_than_a_line_are_broken_between_letters() {
        assert_eq!(wrap("ab cdefghijk l", 5), ["ab", "cdefg", "hijk", "l"]);
        assert_eq!(wrap("one\u{a0}two\u{a0}three\u{a0}four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("👩‍💻👩‍💻👩‍💻🇩🇪🇫🇷🇮🇹e\u{301}e\u{301}", 4), ["👩‍💻👩‍💻", "👩‍💻🇩🇪", "🇫🇷🇮🇹", "e\u{301}e\u{301}"]);
        assert_eq!(wrap("ไทยไม่มีช่องว่าง", 6).concat(), "ไทยไม่มีช่องว่าง");
        assert!(wrap("www.example.com/abcdefghijk", 5).len() == 1);
    }

    #[test]
    fn an_address_beside_words_from_right_to_left_has_its_own_line() {
        assert_eq!(
            wrap("ראו https://example.com/a כאן, and https://example.com/b here", 72),
            ["ראו", "https://example.com/a", "כאן, and", "https://example.com/b here"]
        );
    }

    #[test]
    fn a_merge_tag_stands_in_line_with_words_from_right_to_left() {
        let text = "שלום {{ subscriber.a | default(value=\"you\") }}, כאן";
        let mut mask = Mask::avoiding(text);
        let masked = mask.mask(&Source::new("a.md", text), text, 0).text;
        let shown: Vec<_> =
            Flow::of(&mask, &masked).lines(72).iter().map(|line| mask.restore(line)).collect();
        assert_eq!(shown, [text]);
    }

    #[test]
    fn a_merge_tag_is_as_wide_as_its_default() {
        let text =
            "Hi {{ subscriber.a | default(value=\"there\") }} you, {{ subscriber.b }}.{% if subscriber.c %}";
        let mut mask = Mask::avoiding(text);
        let masked = mask.mask(&Source::new("a.md", text), text, 0).text;
        assert_eq!(shown_width(&mask, &masked), "Hi there you, 12345678.".len());
        let shown: Vec<_> =
            Flow::of(&mask, &masked).lines(13).iter().map(|line| mask.restore(line)).collect();
        assert_eq!(shown[0], "Hi {{ subscriber.a | default(value=\"there\") }} you,");
        assert_eq!(shown[1], "{{ subscriber.b }}.{% if subscriber.c %}");
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_unless_it_is_an_address_and_no_word_is_lost(
            words in proptest::collection::vec("[a-zé]{1,14}|https://[a-z/]{1,20}|[一-十]{1,9}", 0..40),
            width in 8_usize..40,
        ) {
            let lines = wrap(&words.join(" "), width);
            for line in &lines {
                prop_assert!(line.width() <= width || line.starts_with("https://"));
                prop_assert_eq!(line.trim(), line);
                prop_assert!(!line.is_empty());
            }
            let whole = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(whole(&lines.join(" ")), whole(&words.join(" ")));
        }

        #[test]
        fn runs_of_ascii_are_cut_as_letter_by_letter(text in "[a/:é一 ]{0,30}|[a:/]{0,6}[一a\u{200b}\u{a0}]{0,6}") {
            // With a control before each letter, which is dropped, each run is one letter.
            let slow: String = text.chars().flat_map(|c| ['\u{1}', c]).collect();
            prop_assert_eq!(wrap(&text, 7), wrap(&slow, 7));
        }

        #[test]
        fn any_text_is_wrapped_without_a_panic(text in "(?s).{0,80}", width in 0_usize..20) {
            for line in wrap(&text, width) {
                prop_assert!(!line.contains('\n') && !line.chars().any(char::is_control));
            }
        }
    }
}
