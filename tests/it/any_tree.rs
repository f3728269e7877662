//! Whatever tree of blocks is written as Markdown is read as it was.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use letterpress::article::{
    Align, Article, Block, BlockKind, CalloutKind, Column, Definition, Footnote, Format, Image, Inline, Item,
    List, Meta, ReadOptions, Row, Style, Table, Task, parse, to_markdown,
};
use letterpress::problem::{Source, Span};
use letterpress::tags::Mask;

use crate::markdown::shape;

/// Words that Markdown would like to understand.
const TOKENS: &[&str] = &[
    "a",
    "word",
    "Two",
    "snake_case",
    "_x_",
    "*",
    "**b**",
    "_",
    "1.",
    "12)",
    "-",
    "--",
    "---",
    "+",
    "+++",
    "#",
    "##",
    "[x]",
    "[^1]",
    "[a](b)",
    "![",
    "<b>",
    "<br>",
    "</b>",
    "<",
    ">",
    ">>",
    "<<",
    "{{",
    "}}",
    "{%",
    "%}",
    "{{ x }}",
    ":::",
    ":::note",
    ":",
    "|",
    "|---|",
    "https://example.com/x",
    "www.example.com",
    "me@example.com",
    "~",
    "~a~",
    "~~",
    "^2^",
    "==",
    "==a==",
    "++",
    "++a++",
    "&amp;",
    "&",
    "\"q\"",
    "it's",
    "...",
    "`",
    "``",
    "\\",
    "!",
    "é",
    "日本",
    "5$",
    "{.button}",
    "{width=3}",
    "=",
    "===",
    "x2",
    "TAG",
    "[!NOTE]",
    "(a)",
    "a.",
    "«a»",
];

fn words() -> impl Strategy<Value = String> {
    vec(select(TOKENS), 1..5).prop_map(|tokens| tokens.join(" "))
}

/// Code in which no merge tag begins: nothing can be escaped in code, and a tag may end
/// many lines below.
fn untagged(code: &str) -> String {
    code.replace("{{ x }}", "x").replace("{{", "{").replace("{%", "%")
}

fn text() -> impl Strategy<Value = Inline> {
    (words(), any::<bool>(), any::<bool>()).prop_map(|(words, before, after)| {
        let (before, after) = (if before { " " } else { "" }, if after { " " } else { "" });
        Inline::Text(format!("{before}{words}{after}"))
    })
}

fn address() -> impl Strategy<Value = String> {
    select(&[
        "https://example.com/",
        "https://example.com/a_b?c=1&d=2&amp;x",
        "https://example.com/a (b)",
        "mailto:me@example.com",
        "https://example.com/TAG",
        "#x",
        "https://example.com/{{y}}",
        "https://example.com/a|b*c*\\d<e>",
    ])
    .prop_map(ToOwned::to_owned)
}

fn picture() -> impl Strategy<Value = Image> {
    (words(), address(), proptest::option::of(1_u32..900), proptest::option::of(address()))
        .prop_map(|(alt, src, width, href)| Image { src, alt, width, href, span: Span::default() })
}

fn inline() -> impl Strategy<Value = Inline> {
    let leaf = prop_oneof![
        6 => text(),
        1 => words().prop_map(|words| Inline::Code(untagged(&words))),
        1 => Just(Inline::SoftBreak),
        1 => Just(Inline::HardBreak),
        1 => picture().prop_map(|image| Inline::Image(Image { href: None, ..image })),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let content = vec(inner, 1..3);
        let styles = [
            Style::Subscript,
            Style::Superscript,
            Style::Highlight,
            Style::Small,
            Style::Underline,
            Style::Keyboard,
        ];
        prop_oneof![
            content.clone().prop_map(Inline::Emphasis),
            content.clone().prop_map(Inline::Strong),
            content.clone().prop_map(Inline::Strikethrough),
            (select(styles.to_vec()), content.clone())
                .prop_map(|(style, content)| Inline::Styled { style, content }),
            (address(), content).prop_map(|(href, content)| Inline::Link {
                href,
                content,
                span: Span::default()
            }),
        ]
    })
}

/// Inlines as a reader of any format leaves them: no space at the ends or around breaks,
/// no empty words, no link in a link, and a picture never alone on its line.
fn content() -> impl Strategy<Value = Vec<Inline>> {
    vec(inline(), 1..5).prop_map(|content| tidy(content, false))
}

fn line() -> impl Strategy<Value = Vec<Inline>> {
    vec(inline(), 1..4).prop_map(|content| tidy(content, true))
}

fn tidy(content: Vec<Inline>, one_line: bool) -> Vec<Inline> {
    let mut content = settle(content, one_line, false);
    // So that the ends are neither spaces nor pictures.
    content.insert(0, Inline::Text("So".to_owned()));
    content.push(Inline::Text("end".to_owned()));
    let lines: Vec<_> = content.split_inclusive(is_break).map(<[Inline]>::to_vec).collect();
    let mut out = Vec::new();
    for mut line in lines {
        let last = line.last().is_some_and(is_break).then(|| line.pop()).flatten();
        if let Some(Inline::Text(text)) = line.first_mut() {
            *text = text.trim_start().to_owned();
        }
        if let Some(Inline::Text(text)) = line.last_mut() {
            *text = text.trim_end().to_owned();
        }
        line.retain(|inline| !matches!(inline, Inline::Text(text) if text.is_empty()));
        if !line.iter().any(|inline| matches!(inline, Inline::Text(_))) {
            line.push(Inline::Text("x".to_owned()));
        }
        out.extend(line);
        out.extend(last);
    }
    joined(out)
}

fn is_break(inline: &Inline) -> bool {
    matches!(inline, Inline::SoftBreak | Inline::HardBreak)
}

fn settle(content: Vec<Inline>, one_line: bool, linked: bool) -> Vec<Inline> {
    let mut out = Vec::new();
    for inline in content {
        let inner = |content: Vec<Inline>, linked: bool| {
            let content = settle(content, true, linked);
            let content = if content.iter().all(|one| matches!(one, Inline::Text(t) if t.trim().is_empty())) {
                vec![Inline::Text("in".to_owned())]
            } else {
                content
            };
            trimmed(content)
        };
        out.push(match inline {
            Inline::SoftBreak | Inline::HardBreak if one_line => Inline::Text("y".to_owned()),
            Inline::Link { content, .. } if linked => Inline::Emphasis(inner(content, true)),
            Inline::Link { href, content, span } => {
                Inline::Link { href, content: inner(content, true), span }
            }
            Inline::Image(_) if linked => Inline::Text("i".to_owned()),
            Inline::Emphasis(content) => Inline::Emphasis(inner(content, linked)),
            Inline::Strong(content) => Inline::Strong(inner(content, linked)),
            Inline::Strikethrough(content) => Inline::Strikethrough(inner(content, linked)),
            Inline::Styled { style, content } => Inline::Styled { style, content: inner(content, linked) },
            Inline::Code(text) => Inline::Code(text.replace("TAG", "tag")),
            other => other,
        });
    }
    joined(out)
}

fn trimmed(mut content: Vec<Inline>) -> Vec<Inline> {
    if let Some(Inline::Text(text)) = content.first_mut() {
        *text = text.trim_start().to_owned();
    }
    if let Some(Inline::Text(text)) = content.last_mut() {
        *text = text.trim_end().to_owned();
    }
    content
}

/// Neighbouring texts become one.
fn joined(content: Vec<Inline>) -> Vec<Inline> {
    let mut out: Vec<Inline> = Vec::new();
    for inline in content {
        match (out.last_mut(), inline) {
            (Some(Inline::Text(last)), Inline::Text(text)) => last.push_str(&text),
            (_, inline) => out.push(inline),
        }
    }
    out
}

fn block() -> impl Strategy<Value = Block> {
    let leaf = prop_oneof![
        4 => content().prop_map(BlockKind::Paragraph),
        1 => (2_u8..5, line()).prop_map(|(level, content)| BlockKind::Heading { level, content }),
        1 => Just(BlockKind::Divider),
        1 => (proptest::option::of(select(vec!["sh".to_owned(), "c++".to_owned(), "a`b".to_owned()])), vec(words(), 0..4)).prop_map(
            |(language, lines)| BlockKind::Code { language, text: untagged(&lines.join("\n")) }
        ),
        1 => (picture(), proptest::option::of(line())).prop_map(|(image, caption)| BlockKind::Figure { image, caption }),
        1 => (line(), address()).prop_map(|(label, href)| BlockKind::Button { label: unlinked(label), href }),
        1 => (1_usize..4, vec(vec(line(), 3), 1..3)).prop_map(|(columns, rows)| {
            let cut = |row: &Vec<Vec<Inline>>| row[..columns].to_vec();
            BlockKind::Table(Table {
                align: [Align::Start, Align::Center, Align::End][..columns].to_vec(),
                head: cut(&rows[0]),
                rows: rows.iter().map(|row| Row::Cells(cut(row))).collect(),
            })
        }),
    ];
    let leaf = leaf.prop_map(placed);
    leaf.prop_recursive(3, 16, 3, |inner| {
        let blocks = vec(inner, 1..3);
        prop_oneof![
            (
                proptest::option::of(1_u64..99),
                vec((proptest::option::of(any::<bool>()), blocks.clone()), 2..4)
            )
                .prop_map(list),
            (blocks.clone(), proptest::option::of(line()))
                .prop_map(|(blocks, cite)| BlockKind::Quote { blocks, cite }),
            (
                select(vec![CalloutKind::Plain, CalloutKind::Note, CalloutKind::Caution]),
                proptest::option::of(line()),
                blocks.clone()
            )
                .prop_map(|(kind, title, blocks)| BlockKind::Callout { kind, title, blocks }),
            vec(blocks.clone(), 2..4).prop_map(|columns| BlockKind::Columns(
                columns.into_iter().map(|blocks| Column { span: Span::default(), blocks }).collect()
            )),
            vec((vec(line(), 1..3), vec(blocks, 1..3)), 1..3).prop_map(|definitions| BlockKind::Definitions(
                definitions
                    .into_iter()
                    .map(|(terms, details)| Definition { span: Span::default(), terms, details })
                    .collect()
            )),
        ]
        .prop_map(placed)
    })
}

type Drawn = (Option<bool>, Vec<Block>);

fn list((start, items): (Option<u64>, Vec<Drawn>)) -> BlockKind {
    let item = |(task, blocks): Drawn| {
        let task = task.filter(|_| matches!(blocks[0].kind, BlockKind::Paragraph(_)));
        let task = task.map(|done| if done { Task::Done } else { Task::Open });
        Item::Blocks { span: Span::default(), task, blocks }
    };
    BlockKind::List(List { start, tight: false, items: items.into_iter().map(item).collect() })
}

fn unlinked(content: Vec<Inline>) -> Vec<Inline> {
    settle(content, true, true)
}

fn placed(kind: BlockKind) -> Block {
    Block { span: Span::default(), kind }
}

/// An article of generated blocks in which `TAG` is a merge tag.
fn article(blocks: Vec<Block>) -> Article {
    let tag = "{{ subscriber.first_name | default(value=\"you\") }}";
    let source = Source::new("generated.md", tag);
    let mut mask = Mask::avoiding(&format!("{tag} {}", TOKENS.concat()));
    let sentinel = mask.mask(&source, tag, 0).text;
    let mut article = Article {
        source,
        meta: Meta::default(),
        caption: Vec::new(),
        blocks,
        footnotes: Vec::<Footnote>::new(),
        mask,
        guesses: Vec::new(),
    };
    for block in &mut article.blocks {
        tagged(block, &sentinel);
    }
    article
}

fn all_tagged(blocks: &mut [Block], sentinel: &str) {
    for block in blocks {
        tagged(block, sentinel);
    }
}

fn all_tagged_inlines(content: &mut [Inline], sentinel: &str) {
    for inline in content {
        tagged_inline(inline, sentinel);
    }
}

fn tagged(block: &mut Block, sentinel: &str) {
    let inlines =
        |content: &mut Vec<Inline>| content.iter_mut().for_each(|inline| tagged_inline(inline, sentinel));
    match &mut block.kind {
        BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => inlines(content),
        BlockKind::Button { label, href } => {
            inlines(label);
            *href = href.replace("TAG", sentinel);
        }
        BlockKind::Figure { image, caption } => {
            tagged_image(image, sentinel);
            caption.iter_mut().for_each(inlines);
        }
        BlockKind::List(list) => {
            for item in &mut list.items {
                if let Item::Blocks { blocks, .. } = item {
                    all_tagged(blocks, sentinel);
                }
            }
        }
        BlockKind::Quote { blocks, cite } => {
            all_tagged(blocks, sentinel);
            cite.iter_mut().for_each(inlines);
        }
        BlockKind::Callout { title, blocks, .. } => {
            all_tagged(blocks, sentinel);
            title.iter_mut().for_each(inlines);
        }
        BlockKind::Columns(columns) => {
            columns
                .iter_mut()
                .flat_map(|column| &mut column.blocks)
                .for_each(|block| tagged(block, sentinel));
        }
        BlockKind::Definitions(definitions) => {
            for definition in definitions {
                definition.terms.iter_mut().for_each(inlines);
                definition.details.iter_mut().flatten().for_each(|block| tagged(block, sentinel));
            }
        }
        BlockKind::Table(table) => {
            table.head.iter_mut().for_each(inlines);
            for row in &mut table.rows {
                if let Row::Cells(cells) = row {
                    cells.iter_mut().for_each(inlines);
                }
            }
        }
        BlockKind::Code { text, .. } => *text = text.replace("TAG", "tag"),
        BlockKind::Divider | BlockKind::Control(_) => {}
    }
}

fn tagged_image(image: &mut Image, sentinel: &str) {
    image.alt = image.alt.replace("TAG", sentinel);
    image.src = image.src.replace("TAG", sentinel);
    image.href = image.href.take().map(|href| href.replace("TAG", sentinel));
}

fn tagged_inline(inline: &mut Inline, sentinel: &str) {
    match inline {
        Inline::Text(text) => *text = text.replace("TAG", sentinel),
        Inline::Image(image) => tagged_image(image, sentinel),
        Inline::Emphasis(content)
        | Inline::Strong(content)
        | Inline::Strikethrough(content)
        | Inline::Styled { content, .. } => {
            all_tagged_inlines(content, sentinel);
        }
        Inline::Link { href, content, .. } => {
            *href = href.replace("TAG", sentinel);
            all_tagged_inlines(content, sentinel);
        }
        Inline::SoftBreak | Inline::HardBreak | Inline::Code(_) | Inline::Footnote(_) => {}
    }
}

proptest! {
    // The same trees each time, so that nobody is stopped by what they did not change.
    #![proptest_config(ProptestConfig { cases: 400, rng_seed: RngSeed::Fixed(8058), ..ProptestConfig::default() })]

    #[test]
    fn whatever_tree_is_written_is_read_as_it_was(blocks in vec(block(), 1..4)) {
        let mut article = article(blocks);
        article.meta.title = None;
        let written = to_markdown(&article, Format::Markdown);
        let read = parse(&Source::new("a.md", written.as_str()), Format::Markdown, &ReadOptions::default());
        let (read, _) = read.map_err(|problems| TestCaseError::fail(format!("{problems}\n{written}")))?;
        prop_assert_eq!(shape(&read, &read.blocks), shape(&article, &article.blocks), "{}", written);
        prop_assert_eq!(to_markdown(&read, Format::Markdown), written);
    }
}
