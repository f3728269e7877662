//! What holds of every article.

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::*;

/// Any tree of a few levels.
fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let text = "[a-z ]{0,80}|[a-z]{60,120}|[一-十、。]{0,50}|(https://[a-z]{1,90}\\.test ?){0,3}|[א-ת ]{0,60}|(👩‍💻|🇩🇪|é){0,90}";
    let href = "https://[a-z]{1,9}\\.test|https://[a-z/]{60,120}|mailto:[a-z]{3}@example\\.com";
    let inline = prop_oneof![
        text.prop_map(Inline::Text),
        Just(Inline::HardBreak),
        Just(Inline::SoftBreak),
        ("[a-z]{0,5}|[א-ת]{3}", href).prop_map(|(text, href)| link(&text, &href)),
        "[a-z]{1,9}".prop_map(|text| Inline::Strikethrough(words(&text))),
        "[a-z_]{1,99}".prop_map(Inline::Code),
        "[a-z]{0,9}".prop_map(|alt| Inline::Image(picture(&alt, None))),
    ];
    // Without white space between them any number of words would be one.
    let spaced = |content: Vec<Inline>| content.into_iter().flat_map(|inline| [inline, Inline::SoftBreak]);
    let content = proptest::collection::vec(inline, 0..6)
        .prop_map(move |content| spaced(content).collect::<Vec<_>>())
        .boxed();
    let leaf = prop_oneof![
        content.clone().prop_map(|content| kind(BlockKind::Paragraph(content))),
        (2_u8..5, content.clone()).prop_map(|(level, content)| kind(BlockKind::Heading { level, content })),
        Just(kind(BlockKind::Divider)),
        "([a-z ]{0,120}\n?){0,4}".prop_map(|text| kind(BlockKind::Code { language: None, text })),
        (content.clone(), href).prop_map(|(label, href)| kind(BlockKind::Button { label, href })),
        ("[a-z ]{0,99}", content.clone()).prop_map(|(alt, caption)| {
            kind(BlockKind::Figure { image: picture(&alt, None), caption: Some(caption) })
        }),
        proptest::collection::vec(proptest::collection::vec(content.clone(), 3), 1..4).prop_map(
            |mut rows| {
                let head = rows.remove(0);
                kind(BlockKind::Table(Table {
                    align: Vec::new(),
                    head,
                    rows: rows.into_iter().map(Row::Cells).collect(),
                }))
            }
        ),
    ];
    let tree = leaf.prop_recursive(24, 60, 4, move |inner| {
        let inner = proptest::collection::vec(inner, 0..4);
        let task = prop_oneof![Just(None), Just(Some(Task::Done)), Just(Some(Task::Open))];
        prop_oneof![
            inner.clone().prop_map(|blocks| kind(BlockKind::Quote { blocks, cite: Some(words("Ann")) })),
            (inner.clone(), any::<bool>(), proptest::option::of(any::<u64>()), task).prop_map(
                |(blocks, tight, start, task)| {
                    let item = |block| Item::Blocks { span: at(), task, blocks: vec![block] };
                    list(start, tight, blocks.into_iter().map(item).collect())
                }
            ),
            (inner.clone(), proptest::option::of(content.clone())).prop_map(|(blocks, title)| {
                kind(BlockKind::Callout { kind: CalloutKind::Tip, title, blocks })
            }),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| {
                kind(BlockKind::Columns(vec![
                    Column { span: at(), blocks: left },
                    Column { span: at(), blocks: right },
                ]))
            }),
            (content.clone(), inner).prop_map(|(term, details)| {
                let definition = Definition { span: at(), terms: vec![term], details: vec![details] };
                kind(BlockKind::Definitions(vec![definition]))
            }),
        ]
    });
    proptest::collection::vec(tree, 0..5)
}

/// Every address in `blocks`, and every word as far as the text part says it where it
/// stands: without the heads of tables, which may be said with each row.
fn said(blocks: &[Block], hrefs: &mut Vec<String>, spoken: &mut String) {
    fn inlines(content: &[Inline], hrefs: &mut Vec<String>, spoken: &mut String) {
        for inline in content {
            match inline {
                Inline::Text(text) | Inline::Code(text) => spoken.push_str(text),
                Inline::Image(image) => spoken.push_str(&image.alt),
                Inline::Link { href, content, .. } => {
                    hrefs.push(href.trim_start_matches("mailto:").to_owned());
                    inlines(content, hrefs, spoken);
                }
                other => inlines(other.inner().unwrap_or_default(), hrefs, spoken),
            }
        }
    }
    for block in blocks {
        let parts = block.parts();
        let parts = match &block.kind {
            BlockKind::Table(table) => &parts[table.head.len()..],
            BlockKind::Quote { .. } => &parts[..1],
            _ => &parts[..],
        };
        for part in parts {
            match part {
                Part::Words(content, _) => inlines(content, hrefs, spoken),
                Part::Blocks(blocks) => said(blocks, hrefs, spoken),
                Part::Image(image) => spoken.push_str(&image.alt),
                Part::Control(_) => {}
            }
        }
        match &block.kind {
            BlockKind::Code { text, .. } => spoken.push_str(text),
            BlockKind::Button { href, .. } => hrefs.push(href.trim_start_matches("mailto:").to_owned()),
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn any_article_has_short_lines_whole_addresses_and_all_its_words(blocks in blocks()) {
        let (mut hrefs, mut spoken) = (Vec::new(), String::new());
        said(&blocks, &mut hrefs, &mut spoken);
        let text = body(blocks.clone());
        for line in text.lines() {
            // Alone but for the marks of what it stands in.
            let alone = line.contains("://") && line.split(' ').filter(|word| word.width() > 12).count() == 1;
            prop_assert!(line.width() <= 78 || alone, "{line:?}");
            prop_assert_eq!(line.trim_end(), line);
        }
        for href in hrefs {
            prop_assert!(text.lines().any(|line| line.contains(&href)), "{href} in\n{text}");
        }
        let mut heard = text.chars();
        for letter in spoken.chars().filter(|letter| !letter.is_whitespace()) {
            prop_assert!(heard.any(|heard| heard == letter), "{letter:?} of {spoken:?} in\n{text}");
        }
        let code = blocks.iter().any(|block| format!("{block:?}").contains("Code {"));
        prop_assert!(code || !text.contains("\n\n\n"), "{text:?}");
    }
}
