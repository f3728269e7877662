use insta::assert_snapshot;
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::article::{Align, Footnote, Image, Meta, Row, Table};
use crate::problem::{Source, Span};

fn at() -> Span {
    Span::default()
}

fn words(text: &str) -> Vec<Inline> {
    vec![Inline::Text(text.to_owned())]
}

fn link(text: &str, href: &str) -> Inline {
    Inline::Link { href: href.to_owned(), content: words(text), span: at() }
}

fn kind(kind: BlockKind) -> Block {
    Block { span: at(), kind }
}

fn para(text: &str) -> Block {
    kind(BlockKind::Paragraph(words(text)))
}

fn heading(level: u8, text: &str) -> Block {
    kind(BlockKind::Heading { level, content: words(text) })
}

fn item(blocks: Vec<Block>) -> Item {
    Item::Blocks { span: at(), task: None, blocks }
}

fn list(start: Option<u64>, tight: bool, items: Vec<Item>) -> Block {
    kind(BlockKind::List(List { start, tight, items }))
}

fn picture(alt: &str, href: Option<&str>) -> Image {
    let href = href.map(str::to_owned);
    Image { src: "a.png".to_owned(), alt: alt.to_owned(), width: None, href, span: at() }
}

fn article(blocks: Vec<Block>) -> Article {
    Article {
        source: Source::new("a.md", ""),
        meta: Meta::default(),
        blocks,
        footnotes: Vec::new(),
        mask: Mask::default(),
        guesses: Vec::new(),
    }
}

/// The article without anything above or below it.
fn body_of(article: &Article) -> String {
    let head = TextHead {
        newsletter: &Newsletter::default(),
        lang: "en",
        title: "",
        standfirst: None,
        issue: None,
        date: None,
        author: None,
        link: None,
    };
    let text = text_part(article, &article.mask, &head);
    assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{text:?}");
    assert!(text.lines().all(|line| line.trim_end() == line), "{text:?}");
    text
}

fn body(blocks: Vec<Block>) -> String {
    body_of(&article(blocks))
}

/// An article whose paragraphs are the lines of `text`; a control alone on a line
/// stands between blocks.
fn merged(text: &str) -> Article {
    let source = Source::new("a.md", text);
    let mut article = article(Vec::new());
    article.mask = Mask::avoiding(text);
    let masked = article.mask.mask(&source, text, 0).text;
    article.blocks = masked.lines().map(|line| block_of(&article.mask, line)).collect();
    article
}

fn block_of(mask: &Mask, line: &str) -> Block {
    match (mask.only_control(line), line.strip_prefix("## ")) {
        (Some(id), _) => kind(BlockKind::Control(id)),
        (None, Some(title)) => heading(2, title),
        (None, None) => match line.split_once("->") {
            Some((text, href)) => kind(BlockKind::Paragraph(vec![link(text, href)])),
            None => para(line),
        },
    }
}

/// The mail with every sentinel as it was typed.
fn restored(article: &Article) -> String {
    article.mask.restore(&body_of(article))
}

#[test]
fn the_head_names_the_article_and_the_foot_the_publisher() {
    let newsletter = Newsletter {
        name: "Inkwell Weekly".to_owned(),
        url: Some("https://example.com".to_owned()),
        postal_address: Some("Inkwell, 1 Type Lane, Galway".to_owned()),
        reason: Some(
            "You get this mail because you signed up at example.com, and it comes once a week.".to_owned(),
        ),
        ..Newsletter::default()
    };
    let date = Some("3 March 2026".to_owned());
    let head = TextHead {
        newsletter: &newsletter,
        lang: "en",
        title: "Why we set type by hand",
        standfirst: None,
        issue: None,
        date,
        author: Some("Zoë"),
        link: None,
    };
    assert_snapshot!({
        let article = article(vec![para("Because.")]);
        text_part(&article, &article.mask, &head)
    }, @r"
    Why we set type by hand
    =======================
    Inkwell Weekly · Zoë · 3 March 2026

    Because.

    ------------------------
    You get this mail because you signed up at example.com, and it comes
    once a week.

    Inkwell, 1 Type Lane, Galway

    https://example.com
    ");
}

#[test]
fn headings_keep_their_case_and_are_marked_by_level() {
    let blocks = vec![heading(2, "東京 and Rome"), heading(3, "Where"), heading(4, "When"), para("Now.")];
    assert_snapshot!(body(blocks), @r"
    東京 and Rome
    -------------

    ### Where

    #### When

    Now.
    ");
}

#[test]
fn marks_of_emphasis_are_left_out_and_struck_words_are_marked() {
    let content = vec![
        Inline::Strong(words("Lead:")),
        Inline::Text(" it ".to_owned()),
        Inline::Emphasis(words("is")),
        Inline::SoftBreak,
        Inline::Code("a_b".to_owned()),
        Inline::Text(", ".to_owned()),
        Inline::Strikethrough(words("$9")),
        Inline::HardBreak,
        Inline::Text("$5\u{0}\u{202e}\u{9b}.".to_owned()),
        Inline::Footnote(11),
    ];
    assert_snapshot!(body(vec![kind(BlockKind::Paragraph(content))]), @r"
    Lead: it is a_b, ~$9~
    $5.¹²
    ");
}

#[test]
fn a_few_links_are_listed_at_the_end_each_address_once() {
    let content = vec![
        Inline::Text("See ".to_owned()),
        link("the docs", "https://example.com/docs"),
        Inline::Text(", ".to_owned()),
        link("the shop", "https://example.com/shop"),
        Inline::Text(" and ".to_owned()),
        link("again", "https://example.com/docs"),
        Inline::Text(", ".to_owned()),
        link("example.com", "https://example.com/"),
        Inline::Text(", ".to_owned()),
        link("ann@example.com", "mailto:ann@example.com?subject=x"),
        Inline::Text(", ".to_owned()),
        link("Bob", "mailto:bob@example.com"),
        Inline::Text(", ".to_owned()),
        link("above", "#top"),
        Inline::Text(".".to_owned()),
    ];
    let blocks = vec![heading(2, "A"), kind(BlockKind::Paragraph(content)), heading(2, "B"), para("End.")];
    assert_snapshot!(body(blocks), @r"
    A
    ---

    See the docs [1], the shop [2] and again [1], https://example.com/,
    ann@example.com, Bob (bob@example.com), above.

    B
    ---

    End.

    [1] https://example.com/docs
    [2] https://example.com/shop
    ");
}

#[test]
fn many_links_are_listed_at_the_end_of_their_sections() {
    let text = "one->https://example.com/1\ntwo->https://example.com/2\n## Next\nthree->https://example.com/3\n\
                one->https://example.com/1\nfour->https://example.com/4\nfive->https://example.com/5\nsix->https://example.com/6";
    assert_snapshot!(restored(&merged(text)), @r"
    one [1]

    two [2]

    [1] https://example.com/1
    [2] https://example.com/2

    Next
    ----

    three [3]

    one [1]

    four [4]

    five [5]

    six [6]

    [1] https://example.com/1
    [3] https://example.com/3
    [4] https://example.com/4
    [5] https://example.com/5
    [6] https://example.com/6
    ");
}

#[test]
fn lists_hang_and_nest() {
    let long = "a line that is long enough to be wrapped at the width of a line of mail, twice even if one \
                makes it so, as here";
    let inner = list(None, true, vec![item(vec![para("inner")]), item(vec![para(long)])]);
    let items = vec![item(vec![para(long)]), item(vec![para("two"), inner])];
    assert_snapshot!(body(vec![list(Some(9), true, items)]), @r"
    9.  a line that is long enough to be wrapped at the width of a line of
        mail, twice even if one makes it so, as here
    10. two
        - inner
        - a line that is long enough to be wrapped at the width of a line of
          mail, twice even if one makes it so, as here
    ");
}

#[test]
fn a_loose_list_has_blank_lines_between_its_items() {
    let items = vec![item(vec![para("one"), para("more")]), item(vec![para("two")])];
    assert_snapshot!(body(vec![list(None, false, items), para("x")]), @r"
    - one

      more

    - two

    x
    ");
}

#[test]
fn a_quotation_names_its_source() {
    let long = "Type is a thing of use, and what is of use is best when nobody looks at it but through it.";
    let quote = BlockKind::Quote { blocks: vec![para(long), para("Yes.")], cite: Some(words("A. Printer")) };
    assert_snapshot!(body(vec![kind(quote)]), @r"
    > Type is a thing of use, and what is of use is best when nobody looks
    > at it but through it.
    >
    > Yes.
    > -- A. Printer
    ");
}

#[test]
fn code_is_indented_and_never_wrapped() {
    let text = format!("\nfn a() {{\n\n\t{}\n}}  \n", "x".repeat(90));
    let text = body(vec![kind(BlockKind::Code { language: None, text })]);
    assert_eq!(text, format!("    fn a() {{\n\n        {}\n    }}\n", "x".repeat(90)));
}

fn table_of(align: &[Align], rows: &[&[&str]]) -> Table {
    let mut rows = rows.iter().map(|row| row.iter().map(|cell| words(cell)).collect::<Vec<_>>());
    let head = rows.next().unwrap();
    Table { align: align.to_vec(), head, rows: rows.map(Row::Cells).collect() }
}

#[test]
fn a_narrow_table_has_columns() {
    let align = [Align::Start, Align::End, Align::Center];
    let table =
        table_of(&align, &[&["City", "People", "X"], &["東京", "14000000", "yes"], &["Rome", "2", "n"]]);
    assert_snapshot!(body(vec![kind(BlockKind::Table(table))]), @r"
    City    People   X
    ----  --------  ---
    東京  14000000  yes
    Rome         2   n
    ");
}

#[test]
fn a_wide_table_becomes_records() {
    let wide = "a cell with so many words that no line of mail could hold it beside another one";
    let table = table_of(&[], &[&["City", "Note"], &["Rome", wide], &["Oslo", ""]]);
    assert_snapshot!(body(vec![kind(BlockKind::Table(table))]), @r"
    City: Rome
    Note: a cell with so many words that no line of mail could hold it
      beside another one

    City: Oslo
    ");
}

#[test]
fn pictures_buttons_and_dividers_are_words() {
    let figure = |alt, href, caption: Option<&str>| {
        kind(BlockKind::Figure { image: picture(alt, href), caption: caption.map(words) })
    };
    let button = |href: &str| kind(BlockKind::Button { label: words("Read on"), href: href.to_owned() });
    let blocks = vec![
        figure("A press", None, Some("From 1890.")),
        figure("", None, None),
        figure("A map", Some("https://example.com/map"), None),
        kind(BlockKind::Divider),
        button("https://example.com/a b"),
        button("mailto:ann@example.com"),
    ];
    assert_snapshot!(body(blocks), @r"
    [Image: A press]
    From 1890.

    [Image: A map] [1]

    * * *

    → Read on: https://example.com/a%20b

    → Read on: ann@example.com

    [1] https://example.com/map
    ");
}

#[test]
fn footnotes_are_listed_before_the_links_and_cannot_be_taken_for_them() {
    let content =
        vec![link("Type", "https://example.com/t"), Inline::Footnote(0), Inline::Text(" is old.".to_owned())];
    let mut article = article(vec![kind(BlockKind::Paragraph(content))]);
    article.footnotes = vec![
        Footnote { span: at(), blocks: vec![para("As old as 1450.")] },
        Footnote { span: at(), blocks: vec![para("Or older.")] },
    ];
    assert_snapshot!(body_of(&article), @r"
    Type [1]¹ is old.

    ¹ As old as 1450.
    ² Or older.

    [1] https://example.com/t
    ");
}

#[test]
fn a_control_has_no_line_of_its_own() {
    let text = "one\n{% if subscriber.a %}\ntwo\n{% else %}\nthree\n{% endif %}\nfour";
    assert_snapshot!(restored(&merged(text)), @r"
    one

    {% if subscriber.a %}two

    {% else %}three

    {% endif %}four
    ");
}

#[test]
fn a_control_at_the_very_end_leaves_no_blank_line_behind() {
    assert_snapshot!(restored(&merged("one\n{% if subscriber.a %}\ntwo\n{% endif %}")), @r"
    one{% if subscriber.a %}

    two{% endif %}
    ");
}

#[test]
fn links_that_not_everybody_gets_are_listed_for_those_who_do() {
    let text = "a->https://example.com/a\n{% if subscriber.a %}\nb->https://example.com/b\n{% endif %}\n\
                c->https://example.com/b?x={{ subscriber.x }}";
    let article = merged(text);
    assert_snapshot!(restored(&article), @r"
    a [1]

    {% if subscriber.a %}b [2]

    [2] https://example.com/b

    {% endif %}c [3]

    [1] https://example.com/a
    [3] https://example.com/b?x={{ subscriber.x }}
    ");
    let text = body_of(&article);
    let marked: Vec<_> = article.mask.find(&text).iter().map(|found| found.in_address).collect();
    assert_eq!(marked, [false, false, true]);
}

#[test]
fn items_and_rows_may_have_controls() {
    let mut article = merged("{% if subscriber.a %}\n{% endif %}\n{{ subscriber.b }}");
    let (open, close) = (TagId(0), TagId(1));
    let items = vec![
        item(vec![para("a")]),
        Item::Control(open),
        item(vec![para("b")]),
        Item::Control(close),
        item(vec![para("c")]),
    ];
    let mut table = table_of(&[], &[&["Name", "N"], &["x", "1"], &["y", "2"]]);
    table.rows.insert(1, Row::Control(open));
    table.rows.push(Row::Control(close));
    article.blocks = vec![list(Some(1), true, items), kind(BlockKind::Table(table))];
    assert_snapshot!(restored(&article), @r"
    - a
    {% if subscriber.a %}- b
    {% endif %}- c

    Name: x
    N: 1{% if subscriber.a %}

    Name: y
    N: 2{% endif %}
    ");
}

#[test]
fn right_to_left_words_keep_their_order() {
    assert_eq!(body(vec![para("שלום עולם 123")]), "שלום עולם 123\n");
}

/// Any tree of a few levels.
fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let text = "[a-z ]{0,80}|[一-十、。]{0,50}|(https://[a-z]{1,30} ?){0,3}";
    let inline = prop_oneof![
        text.prop_map(Inline::Text),
        Just(Inline::HardBreak),
        Just(Inline::SoftBreak),
        ("[a-z]{0,5}", "https://[a-z]{1,9}").prop_map(|(text, href)| link(&text, &href)),
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
        proptest::collection::vec(proptest::collection::vec(content, 3), 1..4).prop_map(|mut rows| {
            let head = rows.remove(0);
            kind(BlockKind::Table(Table {
                align: Vec::new(),
                head,
                rows: rows.into_iter().map(Row::Cells).collect(),
            }))
        }),
    ];
    let tree = leaf.prop_recursive(24, 60, 4, |inner| {
        let inner = proptest::collection::vec(inner, 0..4);
        prop_oneof![
            inner.clone().prop_map(|blocks| kind(BlockKind::Quote { blocks, cite: Some(words("Ann")) })),
            (inner, any::<bool>(), proptest::option::of(any::<u64>())).prop_map(|(blocks, tight, start)| {
                list(start, tight, blocks.into_iter().map(|block| item(vec![block])).collect())
            }),
        ]
    });
    proptest::collection::vec(tree, 0..5)
}

proptest! {
    #[test]
    fn any_article_has_short_lines_and_single_blank_ones(blocks in blocks()) {
        let text = body(blocks);
        for line in text.lines() {
            let longest = line.split(' ').map(UnicodeWidthStr::width).max().unwrap_or_default();
            // What is left of a word: the indentation of four levels at most.
            prop_assert!(line.width() <= 78.max(longest + 48), "{line:?}");
        }
        prop_assert!(!text.contains("\n\n\n"), "{text:?}");
    }
}

#[test]
fn a_conditional_section_lists_its_own_links_and_those_before_it_come_first() {
    let text = "a->https://example.com/a\n{% if subscriber.a %}\n## Two\nb->https://example.com/b\n{% endif %}\n\
                ## Three\nc->https://example.com/c\nd->https://example.com/d\ne->https://example.com/e\n\
                f->https://example.com/f";
    assert_snapshot!(restored(&merged(text)), @r"
    a [1]

    [1] https://example.com/a

    {% if subscriber.a %}Two
    ---

    b [2]

    [2] https://example.com/b

    {% endif %}Three
    -----

    c [3]

    d [4]

    e [5]

    f [6]

    [3] https://example.com/c
    [4] https://example.com/d
    [5] https://example.com/e
    [6] https://example.com/f
    ");
}

#[test]
fn a_control_within_a_quotation_leaves_no_quoted_blank_line() {
    let mut article = merged("{% if subscriber.a %}\n{% endif %}");
    let mut blocks = article.blocks.clone();
    blocks.insert(1, para("two"));
    blocks.insert(0, para("one"));
    article.blocks = vec![kind(BlockKind::Quote { blocks, cite: None }), para("three")];
    assert_snapshot!(restored(&article), @r"
    > one{% if subscriber.a %}
    >
    > two{% endif %}

    three
    ");
}
