//! Links, footnotes, and where their addresses are listed.

use super::*;

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
