//! Which way text runs: that of a language, and that of the words themselves.

use crate::article::{Block, BlockKind, Inline, Item, Row};
use crate::tags::Mask;

/// Languages written from right to left when their tag names no script (CLDR).
const RIGHT_TO_LEFT: [&str; 12] = ["ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"];

/// Scripts written from right to left (ISO 15924).
const RIGHT_TO_LEFT_SCRIPTS: [&str; 6] = ["arab", "hebr", "syrc", "thaa", "nkoo", "adlm"];

/// How deep is looked for the first letter of a block.
const DEEPEST: usize = 24;

/// The way lines run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    LeftToRight,
    RightToLeft,
}

impl Direction {
    /// That of a language, BCP 47.
    pub(super) fn of_language(lang: &str) -> Self {
        let lang = lang.to_ascii_lowercase();
        let mut parts = lang.split(['-', '_']);
        let language = parts.next().unwrap_or_default();
        let turned = match parts.next().filter(|script| script.len() == 4) {
            Some(script) => RIGHT_TO_LEFT_SCRIPTS.contains(&script),
            None => RIGHT_TO_LEFT.contains(&language),
        };
        if turned { Self::RightToLeft } else { Self::LeftToRight }
    }

    /// As the attribute `dir` has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }

    pub(super) fn turned(self) -> Self {
        match self {
            Self::LeftToRight => Self::RightToLeft,
            Self::RightToLeft => Self::LeftToRight,
        }
    }

    /// The side on which lines begin.
    pub(super) fn start(self) -> &'static str {
        match self {
            Self::LeftToRight => "left",
            Self::RightToLeft => "right",
        }
    }

    /// The side on which lines end.
    pub(super) fn end(self) -> &'static str {
        self.turned().start()
    }

    /// An arrow that points onwards.
    pub(super) fn arrow(self) -> &'static str {
        match self {
            Self::LeftToRight => "\u{2192}",
            Self::RightToLeft => "\u{2190}",
        }
    }
}

/// The direction of the first letter of `content` that has one, as the first rules of
/// the bidirectional algorithm find it (UAX #9, P2 and P3). What a merge tag will print
/// is not known and does not count.
pub(super) fn of_inlines(content: &[Inline], mask: &Mask) -> Option<Direction> {
    inlines(content, mask, 0)
}

/// The same for blocks; code does not count, it always runs from left to right.
pub(super) fn of_blocks(content: &[Block], mask: &Mask) -> Option<Direction> {
    blocks(content, mask, 0)
}

fn inlines(content: &[Inline], mask: &Mask, depth: usize) -> Option<Direction> {
    content.iter().filter(|_| depth < DEEPEST).find_map(|inline| match inline {
        Inline::Text(text) => of_text(text, mask),
        other => inlines(other.inner().unwrap_or_default(), mask, depth + 1),
    })
}

fn blocks(content: &[Block], mask: &Mask, depth: usize) -> Option<Direction> {
    content.iter().filter(|_| depth < DEEPEST).find_map(|block| match &block.kind {
        BlockKind::Heading { content, .. } | BlockKind::Paragraph(content) => {
            inlines(content, mask, depth + 1)
        }
        BlockKind::List(list) => items(&list.items, mask, depth + 1),
        BlockKind::Quote { blocks: within, .. } => blocks(within, mask, depth + 1),
        BlockKind::Callout { title, blocks: within, .. } => title
            .as_ref()
            .and_then(|title| inlines(title, mask, depth + 1))
            .or_else(|| blocks(within, mask, depth + 1)),
        _ => None,
    })
}

fn items(items: &[Item], mask: &Mask, depth: usize) -> Option<Direction> {
    items.iter().find_map(|item| match item {
        Item::Blocks { blocks: within, .. } => blocks(within, mask, depth),
        Item::Control(_) => None,
    })
}

/// The direction of a list: that of its first words.
pub(super) fn of_items(list: &[Item], mask: &Mask) -> Option<Direction> {
    items(list, mask, 0)
}

/// The direction of a table: that of its first words.
pub(super) fn of_table(head: &[Vec<Inline>], rows: &[Row], mask: &Mask) -> Option<Direction> {
    let rows = rows.iter().flat_map(|row| match row {
        Row::Cells(cells) => cells.as_slice(),
        Row::Control(_) => &[],
    });
    head.iter().chain(rows).find_map(|cell| inlines(cell, mask, 0))
}

fn of_text(text: &str, mask: &Mask) -> Option<Direction> {
    let mut marks = if mask.tags().is_empty() { Vec::new() } else { mask.find(text) }.into_iter().peekable();
    text.char_indices().find_map(|(at, letter)| {
        while marks.next_if(|mark| mark.span.end <= at).is_some() {}
        let in_mark = marks.peek().is_some_and(|mark| mark.span.start <= at);
        if in_mark { None } else { of_letter(letter) }
    })
}

fn of_letter(letter: char) -> Option<Direction> {
    if !letter.is_alphabetic() {
        return None;
    }
    // Hebrew to Arabic Extended-A, their presentation forms, and the scripts further on
    // that Unicode keeps for this direction.
    let turned = matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}');
    Some(if turned { Direction::RightToLeft } else { Direction::LeftToRight })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Source;

    #[test]
    fn the_direction_follows_the_language_and_its_script() {
        for lang in ["ar", "he-IL", "fa", "ur_PK", "AR", "az-Arab", "pa-Arab-PK"] {
            assert_eq!(Direction::of_language(lang), Direction::RightToLeft, "{lang}");
        }
        for lang in ["en", "de-AT", "", "ar-Latn", "aragonese"] {
            assert_eq!(Direction::of_language(lang), Direction::LeftToRight, "{lang}");
        }
    }

    #[test]
    fn words_run_as_their_first_letter_does_whatever_stands_before_it() {
        let of = |text: &str| of_text(text, &Mask::default());
        assert_eq!(of("1. «שלום» world"), Some(Direction::RightToLeft));
        assert_eq!(of("42 — hello שלום"), Some(Direction::LeftToRight));
        assert_eq!(of("مرحبا"), Some(Direction::RightToLeft));
        assert_eq!(of("第一"), Some(Direction::LeftToRight));
        assert_eq!(of("1,234 % …"), None);
    }

    #[test]
    fn a_merge_tag_is_no_word() {
        let typed = "{{ subscriber.first_name }}, שלום";
        let mut mask = Mask::avoiding(typed);
        let text = mask.mask(&Source::new("a.md", typed), typed, 0).text;
        assert_eq!(of_text(&text, &mask), Some(Direction::RightToLeft));
    }
}
