//! What begins a sheet or an entry, and where conditions may be cut.

use super::*;
use crate::article::{Article, Format, ReadOptions, parse};
use crate::problem::Source;

fn read(text: &str) -> Article {
    parse(&Source::new("digest.md", text), Format::Markdown, &ReadOptions::default()).unwrap().0
}

/// Each piece in a few words: the kinds of the blocks of a run, or the control as typed.
fn told(pieces: &[Piece<'_>], mask: &Mask) -> Vec<String> {
    let kind = |block: &Block| match &block.kind {
        BlockKind::Heading { level, content } => format!("h{level} {}", words(content)),
        BlockKind::Paragraph(content) => words(content),
        BlockKind::Control(id) => mask.tag(*id).text.clone(),
        BlockKind::Figure { .. } => "figure".to_owned(),
        BlockKind::List(_) => "list".to_owned(),
        BlockKind::Divider => "divider".to_owned(),
        BlockKind::Callout { .. } => "callout".to_owned(),
        other => format!("{other:?}"),
    };
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Control(id) => mask.tag(*id).text.clone(),
        Piece::Run(run) => run.iter().map(kind).collect::<Vec<_>>().join(" | "),
    };
    pieces.iter().map(piece).collect()
}

fn told_sheets(text: &str) -> Vec<String> {
    let article = read(text);
    told(&sheets(&article.blocks, &article.mask), &article.mask)
}

fn told_entries(text: &str) -> Vec<String> {
    let article = read(text);
    told(&entries(&article.blocks, &article.mask), &article.mask)
}

#[test]
fn each_heading_of_level_two_begins_a_sheet() {
    let text = "Hello.\n\nMore.\n\n## One\n\na\n\n### x\n\nb\n\n## Two\n\nc\n";
    assert_eq!(told_sheets(text), ["Hello. | More.", "h2 One | a | h3 x | b", "h2 Two | c"]);
}

#[test]
fn a_divider_is_a_gap_between_sheets_and_never_a_line_beside_one() {
    let text = "Hello.\n\n---\n\n## One\n\n### x\n\na\n\n---\n\n### y\n\nb\n\n---\n\nBye.\n\n---\n";
    assert_eq!(
        told_sheets(text),
        ["Hello.", "h2 One | h3 x | a | divider | h3 y | b", "Bye."],
        "between two entries it is left to them"
    );
    assert_eq!(told_entries("### x\n\na\n\n---\n\n### y\n\nb\n"), ["h3 x | a", "h3 y | b"]);
}

#[test]
fn a_condition_around_whole_sheets_is_cut_with_them() {
    let text = "Hi.\n\n{% if subscriber.pro %}\n\n## One\n\na\n\n{% else %}\n\n## Two\n\nb\n\n{% endif %}\n\n## Three\n\nc\n";
    assert_eq!(
        told_sheets(text),
        [
            "Hi.",
            "{% if subscriber.pro %}",
            "h2 One | a",
            "{% else %}",
            "h2 Two | b",
            "{% endif %}",
            "h2 Three | c"
        ]
    );
}

#[test]
fn a_condition_within_a_sheet_stays_in_it_whole() {
    let text = "## One\n\na\n\n{% if subscriber.pro %}\n\nb\n\n{% endif %}\n\nc\n\n## Two\n\nd\n";
    assert_eq!(
        told_sheets(text),
        ["h2 One | a | {% if subscriber.pro %} | b | {% endif %} | c", "h2 Two | d"]
    );
}

#[test]
fn a_condition_that_begins_within_a_sheet_and_ends_within_the_next_leaves_each_part_whole() {
    let text =
        "## One\n\na\n\n{% if subscriber.pro %}\n\nb\n\n## Two\n\nc\n\n{% endif %}\n\nd\n\n## Three\n\ne\n";
    assert_eq!(
        told_sheets(text),
        ["h2 One | a", "{% if subscriber.pro %}", "b", "h2 Two | c", "{% endif %}", "d", "h2 Three | e"]
    );
}

#[test]
fn conditions_in_conditions_are_cut_as_far_as_they_must_be() {
    let text = "{% if subscriber.a %}\n\n## One\n\n{% if subscriber.b %}\n\nx\n\n{% endif %}\n\n\
                {% if subscriber.c %}\n\n## Two\n\ny\n\n{% endif %}\n\n{% endif %}\n";
    assert_eq!(
        told_sheets(text),
        [
            "{% if subscriber.a %}",
            "h2 One | {% if subscriber.b %} | x | {% endif %}",
            "{% if subscriber.c %}",
            "h2 Two | y",
            "{% endif %}",
            "{% endif %}"
        ]
    );
}

#[test]
fn no_control_is_lost_where_nothing_is_shown() {
    let text =
        "Hi.\n\n## One\n\na\n\n{% if subscriber.a %}\n\n## Two\n\nb\n\n{% else %}\n\n---\n\n{% endif %}\n";
    assert_eq!(
        told_sheets(text),
        ["Hi.", "h2 One | a", "{% if subscriber.a %}", "h2 Two | b", "{% else %}", "{% endif %}"]
    );
}

#[test]
fn ten_thousand_nested_conditions_take_no_time_and_no_stack() {
    let mut text = "{% if subscriber.a %}\n\n".repeat(10_000);
    text.push_str("## One\n\na\n\n");
    text.push_str(&"{% endif %}\n\n".repeat(10_000));
    let article = read(&text);
    assert_eq!(sheets(&article.blocks, &article.mask).len(), 20_001);
}

fn entry_of(text: &str) -> (Option<String>, String, bool, usize, Option<String>) {
    let article = read(text);
    let entry = Entry::of(&article.blocks).unwrap();
    let source = entry.source.map(|origin| {
        format!(
            "{} / {}",
            words(std::slice::from_ref(origin.link)),
            words(&origin.more).trim().replace('\u{a0}', " ")
        )
    });
    (entry.number, words(&entry.title), entry.picture.is_some(), entry.text.len(), source)
}

#[test]
fn a_title_may_begin_with_a_number_in_or_before_its_link() {
    for text in [
        "### 1. Title\n\na\n",
        "### 1. [Title](https://example.com/)\n\na\n",
        "### [1. Title](https://example.com/)\n\na\n",
    ] {
        let (number, title, ..) = entry_of(text);
        assert_eq!((number.as_deref(), title.as_str()), (Some("1"), "Title"), "{text}");
    }
    for title in ["1984. A reading", "1.5 reasons", "3 ways out", "12.", "A. Title"] {
        let (number, kept, ..) = entry_of(&format!("### {title}\n\na\n"));
        assert_eq!((number, kept.as_str()), (None, title));
    }
}

#[test]
fn an_entry_begins_with_a_picture_above_or_below_its_title() {
    let picture = "![A disk](https://example.com/disk.png)\n\n";
    assert!(entry_of(&format!("### Title\n\n{picture}a\n")).2);
    assert!(entry_of(&format!("{picture}### Title\n\na\n")).2);
    assert!(!entry_of("### Title\n\na\n").2);
    // After a line that says where the one before is from, a picture is of the next.
    let source = "[example.com](https://example.com/) · 5 min\n\n";
    let both = format!("{picture}### One\n\na\n\n{source}{picture}### Two\n\nb\n");
    assert_eq!(told_entries(&both).len(), 2);
    assert!(told_entries(&both)[1].starts_with("figure | h3 Two"));
    let told = told_entries(&format!("### One\n\na\n\n{picture}### Two\n\nb\n"));
    assert_eq!(told, ["h3 One | a | figure", "h3 Two | b"], "it may as well belong to what precedes");
}

#[test]
fn a_last_paragraph_that_is_a_link_says_where_an_entry_is_from() {
    let link = "[example.com](https://example.com/)";
    for (line, told) in [
        (link.to_owned(), "example.com / "),
        (format!("{link} · 5 min"), "example.com / 5 min"),
        (format!("{link} – *long*, 5 min"), "example.com / long, 5 min"),
        (format!("{link}."), "example.com / "),
    ] {
        let (.., texts, source) = entry_of(&format!("### Title\n\nWords.\n\n{line}\n"));
        assert_eq!((texts, source.as_deref()), (1, Some(told)), "{line}");
    }
    for line in [
        format!("See {link} · 5 min"),
        format!("{link} says so."),
        format!("{link} · {}", "and so on ".repeat(12)),
        format!("{link}\n\nMore words."),
    ] {
        assert_eq!(entry_of(&format!("### Title\n\nWords.\n\n{line}\n")).4, None, "{line}");
    }
}
