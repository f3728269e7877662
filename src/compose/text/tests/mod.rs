mod any;
mod links;
mod tables;

use insta::assert_snapshot;

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
        caption: Vec::new(),
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
        image_caption: &[],
        kicker: None,
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
        image_caption: &[],
        kicker: Some("Craft"),
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
    Inkwell Weekly · Craft · Zoë · 3 March 2026

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
fn nesting_without_end_sets_words_in_no_width() {
    let mut block = para("deep words");
    for _ in 0..24 {
        let definition = Definition { span: at(), terms: vec![words("term")], details: vec![vec![block]] };
        block = kind(BlockKind::Definitions(vec![definition]));
    }
    assert!(body(vec![block]).ends_with("deep words\n"));
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
fn right_to_left_words_keep_their_order() {
    assert_eq!(body(vec![para("שלום עולם 123")]), "שלום עולם 123\n");
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
