use insta::assert_snapshot;
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::article::{Align, CalloutKind, Column, Footnote, Image, Meta, Part, Row, Table};
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
        image_caption: None,
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
        image_caption: None,
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
fn code_is_indented_and_goes_on_in_the_next_line_past_78_columns() {
    let code = |text: String| body(vec![kind(BlockKind::Code { language: None, text })]);
    let text = format!("\nfn a() {{\n\n\t{}\n}}  \n", "x".repeat(70));
    assert_eq!(code(text), format!("    fn a() {{\n\n        {}\n    }}\n", "x".repeat(70)));
    let words = "let value = some_function(first_argument, second_argument, third) + another_one(fourth);";
    assert_snapshot!(code(format!("  {words}")), @r"
          let value = some_function(first_argument, second_argument, third) +
            another_one(fourth);
    ");
    let url = format!("https://example.com/{}", "x".repeat(90));
    assert_eq!(code(format!("curl {url} -o a")), format!("    curl\n        {url}\n        -o a\n"));
    let lines = code("y".repeat(200));
    assert_eq!(lines.lines().map(str::trim).collect::<String>(), "y".repeat(200));
    assert!(lines.lines().all(|line| line.len() <= 78));
}

#[test]
fn what_stands_out_is_between_rules() {
    let callout =
        |kind, title: Option<&str>, blocks| BlockKind::Callout { kind, title: title.map(words), blocks };
    let inner = list(None, true, vec![item(vec![para("one")]), item(vec![para("two")])]);
    let blocks = vec![
        kind(callout(CalloutKind::Tip, None, vec![para("Set it loose."), inner])),
        kind(callout(CalloutKind::Plain, Some("Before you go"), vec![para("Close the door.")])),
        kind(callout(CalloutKind::Plain, None, vec![para("Nobody reads this.")])),
        kind(callout(CalloutKind::Note, None, Vec::new())),
    ];
    assert_snapshot!(body(blocks), @r"
    --- Tip ---

    Set it loose.

    - one
    - two

    ---

    --- Before you go ---

    Close the door.

    ---

    ---

    Nobody reads this.

    ---

    --- Note ---
    ---
    ");
}

#[test]
fn columns_terms_and_tasks_are_set_one_under_the_other() {
    let column = |text: &str| Column { span: at(), blocks: vec![heading(3, text), para("Words.")] };
    let definition = |terms: &[&str], details: Vec<Vec<Block>>| Definition {
        span: at(),
        terms: terms.iter().map(|term| words(term)).collect(),
        details,
    };
    let task = |task, text: &str| Item::Blocks { span: at(), task: Some(task), blocks: vec![para(text)] };
    let long =
        "Something that has to be done before the week is over, and that takes more than one line to say.";
    let blocks = vec![
        kind(BlockKind::Columns(vec![
            column("Left"),
            Column { span: at(), blocks: Vec::new() },
            column("Right"),
        ])),
        kind(BlockKind::Definitions(vec![
            definition(&["Forme"], vec![vec![para("Type locked up in a chase.")]]),
            definition(
                &["Sort", "Character"],
                vec![vec![para("A piece of type.")], vec![para("A kind."), para("Or two.")]],
            ),
        ])),
        list(None, true, vec![task(Task::Done, "Ink"), task(Task::Open, long)]),
        list(Some(9), true, vec![task(Task::Open, "nine"), task(Task::Open, "ten")]),
    ];
    assert_snapshot!(body(blocks), @r"
    ### Left

    Words.

    ### Right

    Words.

    Forme
        Type locked up in a chase.

    Sort
    Character
        A piece of type.

        A kind.

        Or two.

    - [x] Ink
    - [ ] Something that has to be done before the week is over, and that
          takes more than one line to say.

    9.  [ ] nine
    10. [ ] ten
    ");
}

#[test]
fn quotations_in_quotations_have_a_mark_for_each() {
    let quote = |blocks| kind(BlockKind::Quote { blocks, cite: None });
    let long = "so long that it takes a second line of mail, where all marks stand before it once more";
    let blocks = vec![quote(vec![para("a"), quote(vec![para(long), quote(vec![para("c")])]), para("d")])];
    assert_snapshot!(body(blocks), @r"
    > a
    >
    > > so long that it takes a second line of mail, where all marks stand
    > > before it once more
    > >
    > > > c
    >
    > d
    ");
}

#[test]
fn a_long_address_is_alone_on_its_line() {
    let url = format!("https://example.com/{}", "a/".repeat(40));
    let blocks = vec![
        kind(BlockKind::Paragraph(vec![link("here", &url)])),
        kind(BlockKind::Button { label: words("Read all of it"), href: url.clone() }),
        kind(BlockKind::Button { label: words("قراءة"), href: "https://example.com/".into() }),
        para(&format!("Or {url} now.")),
    ];
    assert_eq!(
        body(blocks),
        format!(
            "here [1]\n\n→ Read all of it:\n{url}\n\n→ قراءة:\nhttps://example.com/\n\nOr\n{url}\nnow.\n\n[1]\n{url}\n"
        )
    );
}

#[test]
fn a_table_with_words_from_right_to_left_is_set_as_records() {
    let table = table_of(&[], &[&["עיר", "N"], &["חיפה", "1"]]);
    assert_eq!(body(vec![kind(BlockKind::Table(table))]), "עיר: חיפה\nN: 1\n");
}

#[test]
fn nesting_without_end_sets_words_in_no_width() {
    let mut block = para("deep words");
    for _ in 0..24 {
        let definition = Definition { span: at(), terms: vec![words("term")], details: vec![vec![block]] };
        block = kind(BlockKind::Definitions(vec![definition]));
    }
    assert!(body(vec![block]).ends_with("deep words\n"));
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
