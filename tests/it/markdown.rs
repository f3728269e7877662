//! What newsletters write in Markdown, and what becomes of it.

use letterpress::article::{Article, Block, BlockKind, Format, Inline, Item, ReadOptions, Row, Style, parse};
use letterpress::problem::{Problem, Source};

/// Reads a body under a title.
fn read(body: &str) -> (Article, Vec<Problem>) {
    let text = format!("# T\n\n{body}");
    parse(&Source::new("a.md", text), Format::Markdown, &ReadOptions::default())
        .unwrap_or_else(|problems| panic!("{problems}\n{body}"))
}

/// What is told of a body under a title; its first line is line 3.
fn told(body: &str) -> Vec<String> {
    let text = format!("# T\n\n{body}");
    let read = parse(&Source::new("a.md", text), Format::Markdown, &ReadOptions::default());
    let problems: Vec<Problem> = match read {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems.iter().cloned().collect(),
    };
    let told = |problem: &Problem| {
        let place = problem.place.as_ref().map_or((0, 0), |place| (place.line, place.column));
        format!("{}:{} {:?}: {}", place.0, place.1, problem.severity, problem.message())
    };
    problems.iter().map(told).collect()
}

/// The tree as one line of text, for comparing.
fn tree(body: &str) -> String {
    let (article, warnings) = read(body);
    assert!(warnings.is_empty(), "{warnings:?}\n{body}");
    shape(&article, &article.blocks)
}

pub(crate) fn shape(article: &Article, blocks: &[Block]) -> String {
    blocks.iter().map(|block| one(article, &block.kind)).collect::<Vec<_>>().join(" ")
}

fn one(article: &Article, kind: &BlockKind) -> String {
    let said = |content: &[Inline]| inline(article, content);
    match kind {
        BlockKind::Heading { level, content } => format!("h{level}({})", said(content)),
        BlockKind::Paragraph(content) => format!("p({})", said(content)),
        BlockKind::List(list) => {
            let item = |item: &Item| match item {
                Item::Blocks { task, blocks, .. } => {
                    let task = task.map(|task| format!("{task:?}:")).unwrap_or_default();
                    format!("{task}{}", shape(article, blocks))
                }
                Item::Control(id) => article.mask.tag(*id).text.clone(),
            };
            let items: Vec<_> = list.items.iter().map(item).collect();
            let start = list.start.map_or_else(|| "ul".to_owned(), |start| format!("ol{start}"));
            format!("{start}{}[{}]", if list.tight { "" } else { "~" }, items.join(" | "))
        }
        BlockKind::Quote { blocks, cite } => {
            let cite = cite.as_ref().map(|cite| format!(" by {}", said(cite))).unwrap_or_default();
            format!("quote[{}]{cite}", shape(article, blocks))
        }
        BlockKind::Code { language, text } => {
            format!("code({} {text:?})", language.as_deref().unwrap_or("-"))
        }
        BlockKind::Table(table) => {
            let row =
                |cells: &[Vec<Inline>]| cells.iter().map(|cell| said(cell)).collect::<Vec<_>>().join(",");
            let rows = table.rows.iter().map(|line| match line {
                Row::Cells(cells) => row(cells),
                Row::Control(id) => article.mask.tag(*id).text.clone(),
            });
            format!("table[{} / {}]", row(&table.head), rows.collect::<Vec<_>>().join(" / "))
        }
        BlockKind::Figure { image, caption } => {
            let width = image.width.map(|width| format!(" {width}px")).unwrap_or_default();
            let href = image
                .href
                .as_ref()
                .map(|href| format!(" ->{}", article.mask.restore(href)))
                .unwrap_or_default();
            let (src, alt) = (article.mask.restore(&image.src), article.mask.restore(&image.alt));
            let caption = caption.as_ref().map(|caption| format!(" {}", said(caption))).unwrap_or_default();
            format!("figure({src} {alt:?}{width}{href}{caption})")
        }
        BlockKind::Button { label, href } => {
            format!("button({} ->{})", said(label), article.mask.restore(href))
        }
        BlockKind::Callout { kind, title, blocks } => {
            let title = title.as_ref().map(|title| format!(" {}", said(title))).unwrap_or_default();
            format!("{kind:?}{title}[{}]", shape(article, blocks))
        }
        BlockKind::Columns(columns) => {
            let columns: Vec<_> = columns.iter().map(|column| shape(article, &column.blocks)).collect();
            format!("columns[{}]", columns.join(" || "))
        }
        BlockKind::Definitions(definitions) => {
            let each = definitions.iter().map(|definition| {
                let terms: Vec<_> = definition.terms.iter().map(|term| said(term)).collect();
                let details: Vec<_> =
                    definition.details.iter().map(|blocks| shape(article, blocks)).collect();
                format!("{}: {}", terms.join("/"), details.join(" & "))
            });
            format!("dl[{}]", each.collect::<Vec<_>>().join(" | "))
        }
        BlockKind::Divider => "---".to_owned(),
        BlockKind::Control(id) => article.mask.tag(*id).text.clone(),
    }
}

fn inline(article: &Article, content: &[Inline]) -> String {
    let each = content.iter().map(|one| {
        let inner = || inline(article, one.inner().unwrap_or_default());
        match one {
            Inline::Text(text) => article.mask.restore(text),
            Inline::SoftBreak => " ".to_owned(),
            Inline::HardBreak => "⏎".to_owned(),
            Inline::Emphasis(_) => format!("*{}*", inner()),
            Inline::Strong(_) => format!("**{}**", inner()),
            Inline::Strikethrough(_) => format!("~~{}~~", inner()),
            Inline::Styled { style, .. } => {
                let name = match style {
                    Style::Subscript => "sub",
                    Style::Superscript => "sup",
                    Style::Highlight => "mark",
                    Style::Small => "small",
                    Style::Underline => "u",
                    Style::Keyboard => "kbd",
                };
                format!("<{name} {}>", inner())
            }
            Inline::Code(text) => format!("`{text}`"),
            Inline::Link { href, .. } => format!("[{}]({})", inner(), article.mask.restore(href)),
            Inline::Image(image) => {
                let width = image.width.map(|width| format!(" {width}px")).unwrap_or_default();
                let (src, alt) = (article.mask.restore(&image.src), article.mask.restore(&image.alt));
                format!("![{alt}]({src}{width})")
            }
            Inline::Footnote(index) => format!("[^{index}]"),
        }
    });
    each.collect()
}

/// Each body on the left becomes the tree on the right, without a warning.
fn all(cases: &[(&str, &str)]) {
    for (body, expected) in cases {
        assert_eq!(tree(body), *expected, "{body}");
    }
}

#[test]
fn alerts_become_callouts_with_or_without_a_title_of_their_own() {
    all(&[
        ("> [!NOTE]\n> Words.", "Note[p(Words.)]"),
        ("> [!tip] Do *this*\n> Words.\n>\n> - a\n> - b", "Tip Do *this*[p(Words.) ul[p(a) | p(b)]]"),
        ("> [!IMPORTANT]\n> a\n\n> [!WARNING]\n> b", "Important[p(a)] Warning[p(b)]"),
        ("> [!CAUTION] Hot\n> > [!NOTE]\n> > in", "Caution Hot[Note[p(in)]]"),
        ("> [!quote] Edith Marl\n> Slowly.", "quote[p(Slowly.)] by Edith Marl"),
        ("> [!Info]- Folded\n> Words.", "Note Folded[p(Words.)]"),
        ("> [!NOTE] is what it said.", "Note is what it said.[]"),
        ("> [!] no alert\n", "quote[p([!] no alert)]"),
    ]);
    assert_eq!(
        told("> [!WARNNG]\n> a\n\n> [!recipe]\n> b"),
        [
            "3:1 Warning: `[!warnng]` is no kind of callout we know, so it is shown as a plain box",
            "6:1 Warning: `[!recipe]` is no kind of callout we know, so it is shown as a plain box",
        ]
    );
}

#[test]
fn definitions_have_terms_and_meanings() {
    all(&[
        ("Kerning\n: space taken away", "dl[Kerning: p(space taken away)]"),
        (
            "Lead\nLeading\n: metal\n: space\n\nEm\n\n: a width\n\n  - as wide\n  - as high\n\nAfter.",
            "dl[Lead/Leading: p(metal) & p(space) | Em: p(a width) ul[p(as wide) | p(as high)]] p(After.)",
        ),
        (
            "{% if subscriber.a %}\nEm\n: a width\n{% endif %}\n\nEn\n: half of it",
            "{% if subscriber.a %} dl[Em: p(a width)] {% endif %} dl[En: p(half of it)]",
        ),
        (
            "Em\n: a width\n\n{% if subscriber.a %}\n\nEn\n: half of it\n\n{% endif %}\n",
            "dl[Em: p(a width)] {% if subscriber.a %} dl[En: p(half of it)] {% endif %}",
        ),
    ]);
}

#[test]
fn lists_nest_and_mix() {
    all(&[
        ("1. [ ] open\n2. [x] done\n   - [ ] inner\n", "ol1[Open:p(open) | Done:p(done) ul[Open:p(inner)]]"),
        ("- a\n\n  more\n\n  1. one\n  2. two\n\n- b\n", "ul~[p(a) p(more) ol1[p(one) | p(two)] | p(b)]"),
        ("3. c\n4. d\n\n* e\n+ f\n", "ol3[p(c) | p(d)] ul[p(e)] ul[p(f)]"),
        ("Words:\n- a\n  > q\n\n  ```sh\n  x\n  ```\n", "p(Words:) ul~[p(a) quote[p(q)] code(sh \"x\")]"),
        (
            "- a\n{% if subscriber.x %}\n- b\n{% endif %}\n- c\n",
            "ul[p(a) | {% if subscriber.x %} | p(b) | {% endif %} | p(c)]",
        ),
    ]);
}

#[test]
fn words_are_set_apart_and_ordinary_writing_is_left_alone() {
    all(&[
        ("H~2~O and m^2^ and E=mc^2^.", "p(H<sub 2>O and m<sup 2> and E=mc<sup 2>.)"),
        ("==marked== and ++under *it*++", "p(<mark marked> and <u under *it*>)"),
        ("~~gone~~ and ~gone too~", "p(~~gone~~ and ~~gone too~~)"),
        ("about ~5 minutes or ~10", "p(about ~5 minutes or ~10)"),
        ("10~20 and 30~40 euros", "p(10~20 and 30~40 euros)"),
        ("x^2 + y^2 = z^2, ^_^", "p(x^2 + y^2 = z^2, ^_^)"),
        ("a==b and c==d, C++11 and C++14, i++ and j++", "p(a==b and c==d, C++11 and C++14, i++ and j++)"),
        ("snake_case_name and 2*3*4 for $5 or $6", "p(snake_case_name and 2*3*4 for $5 or $6)"),
        ("[[wiki]] and $a$ and ||x|| and :smile:", "p([[wiki]] and $a$ and ||x|| and :smile:)"),
        (
            "**この文は重要です。**但这句话并不重要。==重要==です",
            "p(**この文は重要です。**但这句话并不重要。==重要==です)",
        ),
    ]
    .map(|(body, tree)| {
        (
            body,
            if body.contains("重要==") {
                "p(**この文は重要です。**但这句话并不重要。<mark 重要>です)"
            } else {
                tree
            },
        )
    }));
}

#[test]
fn bare_addresses_become_links_and_punctuation_is_drawn() {
    all(&[
        (
            "See www.example.com, https://example.com/a_(b)? or me@example.com.",
            "p(See [www.example.com](http://www.example.com), \
             [https://example.com/a_(b)](https://example.com/a_(b))? or \
             [me@example.com](mailto:me@example.com).)",
        ),
        (
            "\"It's\" 'so' -- 1990--1995 --- the '90s... rock 'n' roll",
            "p(“It’s” ‘so’ – 1990–1995 — the ’90s… rock ’n’ roll)",
        ),
        ("`\"a\" -- b...` and „typed“ and «typed»", "p(`\"a\" -- b...` and „typed“ and «typed»)"),
    ]);
    let german = "---\ntitle: T\nlang: de\n---\n\"Ja\", sagte \"*Kai*\".";
    let (article, _) =
        parse(&Source::new("a.md", german), Format::Markdown, &ReadOptions::default()).unwrap();
    assert_eq!(shape(&article, &article.blocks), "p(„Ja“, sagte „*Kai*“.)");
}

#[test]
fn a_button_has_its_address_in_its_line_or_a_link_inside() {
    let button = "button(Save me a place ->https://example.com/x)";
    all(&[
        (":::button https://example.com/x\nSave me a place\n:::", button),
        (":::button https://example.com/x Save me a place\n:::", button),
        (":::button\n[Save me a place](https://example.com/x)\n:::", button),
        (":::button [Save me a place](https://example.com/x)\n:::", button),
        (":::button [Save](https://example.com/x)\n:::", "button(Save ->https://example.com/x)"),
        ("[Save me a place](https://example.com/x){.button}", button),
        (
            ":::button\n[A](https://example.com/a)\n[B](https://example.com/b)\n:::",
            "button(A ->https://example.com/a) button(B ->https://example.com/b)",
        ),
        (
            ":::button https://example.com/{{ subscriber.id }}\nFor {{ subscriber.name }}\n:::",
            "button(For {{ subscriber.name }} ->https://example.com/{{ subscriber.id }})",
        ),
        (
            ":::button {{ subscriber.url }}\n**Go**\n:::\nAfter.",
            "button(**Go** ->{{ subscriber.url }}) p(After.)",
        ),
        (
            "Before\n:::button https://example.com/\n:::",
            "p(Before) button(https://example.com/ ->https://example.com/)",
        ),
    ]);
    assert_eq!(
        told(":::button\nNo link\n:::"),
        ["3:1 Warning: the button leads nowhere, so it is shown as text"]
    );
    assert_eq!(
        tree("a\n[b](https://example.com/){.button}\nc"),
        "p(a) button(b ->https://example.com/) p(c)"
    );
}

#[test]
fn callouts_quotations_and_figures_stand_between_fences() {
    all(&[
        (":::callout\nWords.\n:::", "Plain[p(Words.)]"),
        (":::callout warning Mind *it*\nWords.\n:::", "Warning Mind *it*[p(Words.)]"),
        (":::callout Our tip: wait\nWords.\n:::", "Plain Our tip: wait[p(Words.)]"),
        (":::tip[Do this]\n- a\n\n- b\n:::", "Tip Do this[ul~[p(a) | p(b)]]"),
        ("::: {.callout-note title=\"A title\"}\nWords.\n:::", "Note A title[p(Words.)]"),
        (":::quote Edith Marl, apprentice\nSlowly.\n:::", "quote[p(Slowly.)] by Edith Marl, apprentice"),
        (":::quote\nSlowly.\n\n-- Edith Marl\n:::", "quote[p(Slowly.)] by Edith Marl"),
        (
            ":::figure\n![a](https://example.com/a.png)\n\nThe *line* under it.\n:::",
            "figure(https://example.com/a.png \"a\" The *line* under it.)",
        ),
        (
            ":::callout note\n{% if subscriber.x %}\nFor you.\n{% endif %}\n:::",
            "Note[{% if subscriber.x %} p(For you.) {% endif %}]",
        ),
        (
            "{% if subscriber.x %}\n:::note\nFor you.\n:::\n{% endif %}\nEnd.",
            "{% if subscriber.x %} Note[p(For you.)] {% endif %} p(End.)",
        ),
        ("- a\n\n  :::note\n  in it\n  :::\n- b", "ul~[p(a) Note[p(in it)] | p(b)]"),
        ("> :::note\n> quoted\n> :::\n\nEnd.", "quote[Note[p(quoted)]] p(End.)"),
        ("```\n:::note\n```\n\n    :::tip\n", "code(- \":::note\") code(- \":::tip\")"),
        ("a\n\n:::\n\n:::::::::", "p(a) p(:::) p(:::::::::)"),
    ]);
}

#[test]
fn columns_are_parted_in_any_of_three_ways() {
    let two = "columns[p(Left.) || p(Right.)]";
    all(&[
        (":::columns\nLeft.\n+++\nRight.\n:::", two),
        (":::columns\n\nLeft.\n\n---\n\nRight.\n\n:::", two),
        (":::columns\n:::column\nLeft.\n:::\n:::column\nRight.\n:::\n:::", two),
        ("::::columns\n:::column\nLeft.\n:::\n:::column\nRight.\n:::\n::::", two),
        (":::columns\n:::column\nLeft.\n:::column\nRight.\n:::", two),
        ("::: {.columns}\n::: {.column}\nLeft.\n:::\n::: {.column}\nRight.\n:::\n:::", two),
        (
            ":::columns\n## A\n\n---\n\na\n+++\n## B\n+++\n:::note\nc\n:::\n:::\nEnd.",
            "columns[h2(A) --- p(a) || h2(B) || Note[p(c)]] p(End.)",
        ),
        (
            ":::columns\nLeft.\n+++\n{% if subscriber.x %}\nRight.\n{% endif %}\n:::",
            "columns[p(Left.) || {% if subscriber.x %} p(Right.) {% endif %}]",
        ),
        (
            ":::columns\n:::column\nLeft.\n:::\n{% if subscriber.x %}\n:::column\nRight.\n:::\n{% endif %}\n:::",
            "columns[p(Left.) || {% if subscriber.x %} p(Right.) {% endif %}]",
        ),
    ]);
    let four = read(":::columns\na\n+++\nb\n+++\nc\n+++\nd\n:::");
    assert_eq!(shape(&four.0, &four.0.blocks), "columns[p(a) || p(b)] columns[p(c) || p(d)]");
    assert_eq!(four.1.len(), 1);
    assert_eq!(
        told(":::columns\na\n:::\n\n:::column\nb\n:::"),
        [
            "3:1 Warning: `:::columns` has only one column, which is shown as ordinary text",
            "7:1 Warning: `:::column` stands outside of `:::columns`, so it is shown as ordinary text",
        ]
    );
}

#[test]
fn a_fence_that_is_wrong_is_told_with_its_place_and_loses_nothing() {
    assert_eq!(
        told("Words.\n\n:::buton https://example.com/\nGo\n:::\n\n:::gallery Our *pictures*\nx\n:::"),
        [
            "5:1 Warning: `:::buton` is no block we know, so what stands in it is shown as ordinary text",
            "9:1 Warning: `:::gallery` is no block we know, so what stands in it is shown as ordinary text",
        ]
    );
    let (article, _) = read(":::gallery Our *pictures*\nx\n:::");
    assert_eq!(shape(&article, &article.blocks), "p(Our *pictures*) p(x)");
    assert_eq!(
        told("a\n\n> :::note\n> b\n\n:::tip\nc\n\n:::columns\nd\n:::"),
        ["5:3 Error: `:::note` is not closed", "8:1 Error: `:::tip` is not closed"]
            .into_iter()
            .chain(["11:1 Warning: `:::columns` has only one column, which is shown as ordinary text"])
            .collect::<Vec<_>>()
    );
    assert_eq!(
        told("- :::note\n  a\n\n:::"),
        ["3:3 Error: `:::note` is not closed", "6:1 Warning: this `:::` closes nothing"]
    );
}

#[test]
fn what_is_code_or_html_around_a_fence_is_what_markdown_says() {
    let note = "Note[p(b)]";
    all(&[
        ("a\n    ```\n\n:::note\nb\n:::", &format!("p(a ```) {note}")),
        ("> ```\n> code\n\n:::note\nb\n:::", &format!("quote[code(- \"code\")] {note}")),
        ("> words\n:::note\nb\n:::", &format!("quote[p(words)] {note}")),
        ("- ```\n  code\n:::note\nb\n:::", &format!("ul[code(- \"code\")] {note}")),
        ("<pre>\n```\n</pre>\n\n:::note\nb\n:::", &format!("code(- \"```\") {note}")),
        ("<pre>\n:::note\n</pre>", "code(- \":::note\")"),
        ("T\n: :::note\n  b\n  :::", &format!("dl[T: {note}]")),
        ("a\n\n\\:::note\nb", "p(a) p(:::note b)"),
        (":::columns\na\n```\n---\n```\n+++\nb\n:::", "columns[p(a) code(- \"---\") || p(b)]"),
    ]);
    assert_eq!(
        told("a\n    :::button https://example.com/\n\n<div>\n:::tip\nb\n:::\n</div>\n\n:::note, so\n"),
        [
            "4:5 Warning: `:::button` here is read as text because it is indented by four spaces or more, so \
             the paragraph above goes on",
            "7:1 Warning: `:::tip` here is read as text because the HTML above goes on to the next empty line",
            "12:1 Warning: `:::note` here is read as text because there is no space after the name",
        ]
    );
}

#[test]
fn pictures_stand_alone_wherever_they_have_a_line_of_their_own() {
    let a = "figure(https://example.com/a.png \"a\"";
    let cases = [
        ("![a](https://example.com/a.png)", format!("{a})")),
        ("![a](https://example.com/a.png \"A title\"){width=300}", format!("{a} 300px A title)")),
        (
            "![a](https://example.com/a.png)\n*A line.*",
            format!("{a} *A line.*)").replace("*A line.*", "A line."),
        ),
        ("[![a](https://example.com/a.png)](https://example.com/)", format!("{a} ->https://example.com/)")),
        (
            "![a](https://example.com/a.png)\n*One.*\n![b](https://example.com/b.png)\n*Two.*",
            format!("{a} One.) figure(https://example.com/b.png \"b\" Two.)"),
        ),
        ("Look:\n![a](https://example.com/a.png)\nNice.", format!("p(Look:) {a}) p(Nice.)")),
        (
            "{% if subscriber.x %}\n![a](https://example.com/a.png)\n{% endif %}",
            format!("{{% if subscriber.x %}} {a}) {{% endif %}}"),
        ),
        (
            "{% if subscriber.x %}Look:\n![a](https://example.com/a.png)\nNice.{% endif %}",
            "p({% if subscriber.x %}Look: ![a](https://example.com/a.png) Nice.{% endif %})".to_owned(),
        ),
        ("- ![a](https://example.com/a.png)\n- b", format!("ul[{a}) | p(b)]")),
        (
            "| x | y |\n|---|---|\n| ![a](https://example.com/a.png){width=40} | z |",
            "table[x,y / ![a](https://example.com/a.png 40px),z]".to_owned(),
        ),
        (
            "An ![a](https://example.com/a.png) in a line, ![b](https://example.com/b.png) too",
            "p(An ![a](https://example.com/a.png) in a line, ![b](https://example.com/b.png) too)".to_owned(),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(tree(body), expected, "{body}");
    }
}

#[test]
fn references_and_names_of_headings_are_read() {
    all(&[
        (
            "## Where *we* are {#where}\n\nSee [the map][m], [m] and [M][].\n\n[m]: https://example.com/map",
            "h2(Where *we* are) p(See [the map](https://example.com/map), [m](https://example.com/map) and \
             [M](https://example.com/map).)",
        ),
        ("```{.python}\nx\n```\n\n```rust {hl=1}\ny\n```", "code(python \"x\") code(rust \"y\")"),
    ]);
}

#[test]
fn what_refers_to_nothing_is_told_with_its_place() {
    assert_eq!(
        told(
            "A note[^1] and[^gone] there.\n\nSee [the *map*][m], [x][], ![a][p] and\n[two\nlines][t].\n\n[^1]: Here.\n[^2]: Nowhere."
        ),
        [
            "3:15 Warning: the footnote `[^gone]` is written nowhere, so its mark is shown as text",
            "5:15 Warning: where `[m]` leads is written nowhere, so the link is shown as text",
            "5:21 Warning: where `[x]` leads is written nowhere, so the link is shown as text",
            "5:29 Warning: where `[p]` leads is written nowhere, so the link is shown as text",
            "7:6 Warning: where `[t]` leads is written nowhere, so the link is shown as text",
            "10:1 Warning: the footnote `2` is never referred to, so readers will not see it",
        ]
    );
    all(&[
        (
            "x[i][j] and [1][2] and \\[^a] and `[^b]` and \\[a][b] and a[^ b]",
            "p(x[i][j] and [1][2] and [^a] and `[^b]` and [a][b] and a[^ b])",
        ),
        (
            ":::callout See [the map][M] and *that*[^n]\nx[^o]\n:::\n\n[m]: https://example.com/map\n\n[^n]: A.\n[^o]: B.",
            "Plain See [the map](https://example.com/map) and *that*[^0][p(x[^1])]",
        ),
    ]);
    assert_eq!(
        told(":::note See [a][b] and[^c]\nx\n:::"),
        [
            "3:13 Warning: where `[b]` leads is written nowhere, so the link is shown as text",
            "3:23 Warning: the footnote `[^c]` is written nowhere, so its mark is shown as text",
        ]
    );
}

#[test]
fn a_link_of_html_around_blocks_is_carried_over_to_each() {
    let x = "https://example.com/";
    let cases = [
        (
            "<a href=\"https://example.com/\">\n\n![a](https://example.com/a.png)\n\nSome **words**.\n\n- one\n- [two](https://example.org/)\n\n</a>\n\nEnd.",
            format!(
                "figure(https://example.com/a.png \"a\" ->{x}) p([Some **words**.]({x})) \
                 ul[p([one]({x})) | p([two](https://example.org/))] p(End.)"
            ),
        ),
        (
            "<div>\n<a href=\"https://example.com/\">\n\n## A\n\n{% if subscriber.x %}\nb\n{% endif %}\n\n</a>\n</div>\n\nEnd.",
            format!("h2([A]({x})) {{% if subscriber.x %}} p([b]({x})) {{% endif %}} p(End.)"),
        ),
    ];
    for (body, expected) in &cases {
        assert_eq!(tree(body), *expected, "{body}");
    }
    assert_eq!(
        told("<a href=\"https://example.com/\">\n\na\n\nb"),
        ["3:1 Warning: the HTML tag `<a>` is not closed, so it is left out"]
    );
}

#[test]
fn links_of_html_in_a_row_lead_each_to_its_own_address() {
    let link = |number: u32| format!("<a href=\"https://example.com/{number}\">\n\nWord {number}.\n\n</a>");
    let linked = |number: u32| format!("p([Word {number}.](https://example.com/{number}))");
    let expected = format!("{} {} {} p(End.)", linked(1), linked(2), linked(3));
    for between in ["\n\n", "\n", " ", ""] {
        let body = format!("{}\n\nEnd.", [link(1), link(2), link(3)].join(between));
        assert_eq!(tree(&body), expected, "{body}");
    }
    assert_eq!(
        tree("<a title=\"a>b\" href='https://example.com/1'>\n\nWord 1.\n\n</a>\n\nEnd."),
        format!("{} p(End.)", linked(1))
    );
}

#[test]
fn what_only_looks_like_a_tag_of_a_link_links_nothing() {
    let a = "<a href='https://example.com/'>";
    for (hidden, shown) in [
        (format!("<!-- {a} -->"), ""),
        (format!("<!-- was: {a} -->\n<p>In</p>"), "p(In) "),
        (format!("<div>\n<!-- {a} -->\n</div>"), ""),
        (format!("<div title=\"{a}\">In</div>"), "p(In) "),
        (format!("<!-- </a> see {a} -->\n<hr>"), "--- "),
    ] {
        for end in ["", "\n\n<!-- </a> -->", "\n\n<!-- </div> </a> -->\n\nLast."] {
            let body = format!("{hidden}\n\nNo link.{end}");
            let last = if end.ends_with('.') { " p(Last.)" } else { "" };
            assert_eq!(tree(&body), format!("{shown}p(No link.){last}"), "{body}");
            assert_eq!(told(&body), [""; 0], "{body}");
        }
    }
}

#[test]
fn a_link_of_html_ends_where_its_tag_stands() {
    let x = "https://example.com/";
    let begin = format!("<a href=\"{x}\">\n\nFirst.\n\n");
    for (rest, expected) in [
        ("</a> After.\n\nMore.", "p(After.) p(More.)"),
        ("</a>\nAfter.\n\nMore.", "p(After.) p(More.)"),
        ("Last.</a>\n\nMore.", "p([Last.](X)) p(More.)"),
        ("Last *one*</a>, and\nafter.\n\nMore.", "p([Last *one*](X), and after.) p(More.)"),
        ("<div>tail</a> outside</div>\n\nMore.", "p([tail](X) outside) p(More.)"),
        ("<p>tail</p></a>\n<p>outside</p>\n\nMore.", "p([tail](X)) p(outside) p(More.)"),
        (
            "</a><!-- x --><a href='https://example.org/'>\n\nMore.\n\n</a>",
            "p([More.](https://example.org/))",
        ),
    ] {
        let body = format!("{begin}{rest}");
        let expected = format!("p([First.]({x})) {}", expected.replace("(X)", &format!("({x})")));
        assert_eq!(tree(&body).replace("\u{2424}", " "), expected, "{body}");
        assert_eq!(told(&body), [""; 0], "{body}");
    }
}

#[test]
fn a_link_of_html_without_its_end_is_told_where_it_stands() {
    let a = "<a href=\"https://example.com/\">";
    for (body, place) in [
        (format!("Words.\n\n<div>\n<p>one</p>\n{a}\n</div>\n\nAfter."), "7:1"),
        (format!("Words.\n\n<div>\n <p>{a}</p>\n</div>\n\nAfter."), "6:5"),
        (format!("> <div>\n> {a}\n> </div>\n>\n> After."), "4:3"),
        (format!("- Words\n\n  <div>\n  {a}\n  </div>\n\n  After."), "6:3"),
        (format!("<table>\n<tr><td>a</td></tr>\n\n<tr><td>{a}</td></tr>\n\n</table>\n\nAfter."), "6:9"),
    ] {
        let expected = format!("{place} Warning: the HTML tag `<a>` is not closed, so it is left out");
        assert_eq!(told(&body), [expected], "{body}");
        // Where it links something in its own HTML there is nothing to tell.
        for content in ["b", "<b>b</b>", "<img src=\"https://example.com/i.png\" alt=\"i\">"] {
            let linked = body.replace(a, &format!("{a}{content}"));
            assert_eq!(told(&linked), [""; 0], "{linked}");
        }
    }
}

#[test]
fn what_a_link_of_html_cannot_link_is_told() {
    let around = |body: &str| told(&format!("<a href=\"https://example.com/\">\n\n{body}\n\n</a>"));
    assert_eq!(
        around("```\na\n```\n\nb\n\n```\nc\n```"),
        ["3:1 Warning: code within this `<a>` cannot be linked, so it stays as it is"]
    );
    assert_eq!(
        around("a {% if subscriber.x %}[b](https://example.org/){% endif %}"),
        [
            "3:1 Warning: a paragraph with a condition and a link of its own within this `<a>` cannot be linked, \
             so it stays as it is"
        ]
    );
    assert_eq!(around("`a` [b](https://example.org/)"), [""; 0]);
}

#[test]
fn the_first_definition_of_a_name_counts_in_titles_too() {
    let tree = tree(
        ":::note See [x][Key] and [[y][other]\na\n:::\n\n[key]: https://example.com/1\n\
         [KEY]: https://example.com/2\n[Other]: https://example.com/3\n[none]: https://example.com/4",
    );
    for shown in ["[x](https://example.com/1)", "[y](https://example.com/3)"] {
        assert!(tree.contains(shown), "{tree}");
    }
}

#[test]
fn a_picture_that_is_hidden_is_left_out() {
    let (article, warnings) = read(
        "a <img src=\"https://example.com/a.png\" hidden>b<br style=\"display: none\"> c <input hidden>**d**",
    );
    assert_eq!(shape(&article, &article.blocks), "p(a b c **d**)");
    let said: Vec<_> = warnings.iter().map(Problem::message).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert_eq!(said[0], "`<img>` is hidden, so it is left out with everything in it");
}

#[test]
fn a_style_hides_words_in_a_line_as_in_a_block() {
    for (style, shown) in [
        ("visibility: hidden", false),
        ("color: red; DISPLAY: none", false),
        ("display:block;display:none", false),
        ("display:none;display:inline", true),
        ("mso-hide:all;display:inline-block", true),
        ("display:none!important;display:inline", false),
    ] {
        let seen = |text: &str| {
            let (article, _) = read(text);
            shape(&article, &article.blocks).contains("word")
        };
        assert_eq!(seen(&format!("a <b style=\"{style}\">word</b> c")), shown, "{style}");
        assert_eq!(seen(&format!("a\n\n<p style=\"{style}\">word</p>\n\nc")), shown, "{style}");
    }
}

#[test]
fn a_condition_from_one_column_to_another_is_told_once() {
    assert_eq!(
        told(":::columns\na\n\n{% if subscriber.x %}\n\nb\n+++\nc\n\n{% endif %}\n\nd\n:::"),
        [
            "6:1 Error: `{% if subscriber.x %}` begins in one column and ends in another: each needs conditions of its own"
        ]
    );
}

#[test]
fn a_note_within_a_condition_is_refused_where_it_stands() {
    let refused = |line: usize| {
        format!(
            "{}:1 Error: this note is written within `{{% if subscriber.x %}}`, and would be shown to everybody \
             at the end of the mail",
            line + 2
        )
    };
    for (body, line) in [
        ("A[^1] b.\n\n{% if subscriber.x %}\n[^1]: secret\n{% endif %}\n\nc", 4),
        ("A[^1] b.\n\n{% if subscriber.x %}\n\n[^1]: secret\n\n{% endif %}\n\nc", 5),
        ("A[^1] b.\n\n{% if subscriber.x %}\n\nc\n\n{% else %}\n\n[^1]: secret\n\n{% endif %}", 9),
        ("A[^2] b[^1].\n\n[^1]: one\n{% if subscriber.x %}\n[^2]: two\n{% endif %}\n\nc", 5),
        ("{% if subscriber.x %}\n\nA[^1] b.\n\n{% if subscriber.y %}\n[^1]: c\n{% endif %}\n{% endif %}", 6),
        ("{% if subscriber.x %}\n\nA.\n\n{% endif %}\n\n[^1]: c\n\nB[^1].", 0),
        ("A[^1] b.\n\n[^1]: {% if subscriber.x %}secret{% endif %}\n\nc", 0),
        ("A[^1] b[^2].\n\n[^1]: one {% if subscriber.x %}a{% endif %}\n[^2]: two", 0),
        ("A[^1] `{% if subscriber.x %}`\n\n[^1]: one\n\n`{% endif %}`", 0),
        ("A [b].\n\n{% if subscriber.x %}\n[b]: https://example.com/\n{% endif %}\n\nc", 0),
    ] {
        let expected: Vec<String> = (line > 0).then(|| refused(line)).into_iter().collect();
        assert_eq!(told(body), expected, "{body}");
    }
}

#[test]
fn a_digest_of_a_hundred_links_keeps_them_all_in_order() {
    let entry =
        |n: usize| format!("- [Story {n}](https://example.com/{n}?a=1&b=2) -- by somebody *else*, {n} min\n");
    let body: String = (0..100).map(entry).collect();
    let (article, warnings) = read(&body);
    assert!(warnings.is_empty());
    let BlockKind::List(list) = &article.blocks[0].kind else { panic!("a list") };
    for (n, item) in list.items.iter().enumerate() {
        let Item::Blocks { blocks, .. } = item else { panic!("an item") };
        assert_eq!(
            shape(&article, blocks),
            format!("p([Story {n}](https://example.com/{n}?a=1&b=2) – by somebody *else*, {n} min)")
        );
    }
    assert_eq!(list.items.len(), 100);
}

#[test]
fn html_within_a_paragraph_is_understood() {
    all(&[
        (
            "<b>a</b> <i>b</i> <u>c</u> <mark>d</mark> x<sub>2</sub> y<sup>3</sup> <kbd>Esc</kbd> <small>e</small>",
            "p(**a** *b* <u c> <mark d> x<sub 2> y<sup 3> <kbd Esc> <small e>)",
        ),
        (
            "<strong>a *b* <a href=\"https://example.com/?a=1&amp;b=2\">c</a></strong><br>d<BR/>e <del>f</del>",
            "p(**a *b* [c](https://example.com/?a=1&b=2)**⏎d⏎e ~~f~~)",
        ),
        (
            "<code>a b</code> <q>c</q> <abbr title=\"x\">d</abbr><!-- e --> <a name=\"f\"></a>g",
            "p(`a b` “c” d g)",
        ),
        (
            "An <img src='https://example.com/a.png' alt=\"a &amp; b\" width=40> in it",
            "p(An ![a & b](https://example.com/a.png 40px) in it)",
        ),
        (
            "<b>{% if subscriber.x %}yes{% endif %}</b> <a href=\"{{ subscriber.url }}\">{{ subscriber.name }}</a>",
            "p(**{% if subscriber.x %}yes{% endif %}** [{{ subscriber.name }}]({{ subscriber.url }}))",
        ),
    ]);
    assert_eq!(
        told("a <b>b <i>c</i> d\n\n<span style=\"color: red\">e</span> f </b>"),
        [
            "3:3 Warning: the HTML tag `<b>` is not closed, so it is left out",
            "5:1 Warning: the HTML tag `<span>` is left out; the words in it stay",
        ]
    );
    let (article, warnings) = read("a <script>alert(1)</script> b <b>c <i>d</b> e");
    assert_eq!(shape(&article, &article.blocks), "p(a  b **c d** e)");
    assert_eq!(warnings.len(), 2);
}

#[test]
fn html_between_paragraphs_becomes_blocks() {
    all(&[
        ("<div>\n\nMarkdown **here**.\n\n</div>\n\nEnd.", "p(Markdown **here**.) p(End.)"),
        ("<p align=\"center\">a <b>b</b></p>\n\n<hr>\n\n<h2>c</h2>", "p(a **b**) --- h2(c)"),
        ("<ul>\n<li>a</li>\n<li>b <i>c</i></li>\n</ul>", "ul[p(a) | p(b *c*)]"),
        (
            "<table>\n<tr><th>A</th><th>B</th></tr>\n\n<tr><td>a</td><td>b</td></tr>\n\n    <tr><td>c</td><td>d</td></tr>\n\n</table>\n\nEnd.",
            "table[A,B / a,b / c,d] p(End.)",
        ),
        (
            "<table>\n<tr><th>A</th></tr>\n{% if subscriber.x %}\n<tr><td>a</td></tr>\n{% endif %}\n</table>",
            "table[A / {% if subscriber.x %} / a / {% endif %}]",
        ),
        (
            "<blockquote>\n\nWords, *slowly*.\n\n— Edith Marl\n\n</blockquote>\n\nEnd.",
            "quote[p(Words, *slowly*.)] by Edith Marl p(End.)",
        ),
        (
            "{% if subscriber.x %}\n\n<div>\n<p>For {{ subscriber.name }}.</p>\n</div>\n\n{% endif %}",
            "{% if subscriber.x %} p(For {{ subscriber.name }}.) {% endif %}",
        ),
        (
            "<figure><img src=\"https://example.com/a.png\" alt=\"a\" width=\"300\"><figcaption>Under it</figcaption></figure>",
            "figure(https://example.com/a.png \"a\" 300px Under it)",
        ),
        ("<!-- nobody reads this -->\n\na", "p(a)"),
        ("- a\n\n  <p>b</p>\n\n- c", "ul~[p(a) p(b) | p(c)]"),
    ]);
    let (article, warnings) = read("<script>\nalert(1)\n</script>\n\na\n\n<style>p { color: red }</style>");
    assert_eq!(shape(&article, &article.blocks), "p(a)");
    let said: Vec<_> = warnings.iter().map(Problem::message).collect();
    assert_eq!(
        said,
        ["`<script>` is left out with everything in it", "`<style>` is left out with everything in it"]
    );
    let (article, warnings) = read(
        "<iframe src=\"https://video.example.com/1\"></iframe>\n\n<a href=\"javascript:alert(1)\">x</a>",
    );
    let tree = shape(&article, &article.blocks);
    assert!(tree.contains("https://video.example.com/1"), "{tree}");
    assert!(!warnings.is_empty(), "{tree}");
    assert_eq!(
        told("<blockquote>\n\na"),
        ["3:1 Warning: the HTML tag `<blockquote>` is not closed, so it is left out"]
    );
    let (article, warnings) = read("Before<script>alert(1) and *after*.\n\nThe next <b>one</b>.");
    assert_eq!(shape(&article, &article.blocks), "p(Before) p(The next **one**.)");
    let said: Vec<_> =
        warnings.iter().map(|told| (told.message(), told.place.clone().unwrap().column)).collect();
    let swallowed = "`<script>` is not closed, so everything after it in this paragraph is left out";
    assert_eq!(said, [(swallowed.to_owned(), 7)]);
}

#[test]
fn a_link_that_nothing_ends_is_told() {
    let told = told("Before.\n\n<a href=\"https://example.com/w\">\n\n![i](https://example.com/i.png)\n");
    assert!(told.iter().any(|one| one.contains("`<a>` is not closed")), "{told:?}");
}

#[test]
fn a_link_that_is_whole_is_not_told_of() {
    assert_eq!(told("Before.\n\n<p><a href=\"https://example.com/w\">words</a></p>\n"), [""; 0]);
}

#[test]
fn conditions_stand_on_lines_of_their_own_around_any_block() {
    let tags = |body: &str| {
        body.replace("IF", "{% if subscriber.plan == \"pro\" %}")
            .replace("ELSE", "{% else %}")
            .replace("END", "{% endif %}")
    };
    for (body, expected) in [
        (
            "IF\n> [!TIP] Yours\n> Paid.\nELSE\nNothing.\nEND\nAfter.",
            "IF Tip Yours[p(Paid.)] ELSE p(Nothing.) END p(After.)",
        ),
        ("IF\n> a\nELSE\n> b\nEND\n> c", "IF quote[p(a)] ELSE quote[p(b)] END quote[p(c)]"),
        (
            "- a\n- b\n\nIF\n- c\nELSE\n- d\nEND\n- e",
            "ul[p(a) | p(b) | IF | p(c) | ELSE | p(d) | END | p(e)]",
        ),
        ("IF\n1. a\n2. b\nELSE\n1. c\nEND\n3. d", "ol1[IF | p(a) | p(b) | ELSE | p(c) | END | p(d)]"),
        ("IF\n- a\nEND\nb", "IF ul[p(a)] END p(b)"),
        ("- a\nIF\n- b\nEND\nc", "ul[p(a)] IF ul[p(b)] END p(c)"),
        ("- a\n  > b\n  IF\n  > c\n  END\n- d", "ul[p(a) quote[p(b) IF p(c) END] | p(d)]"),
        ("IF\nA\n: b\nEND\nC\n: d", "IF dl[A: p(b)] END dl[C: p(d)]"),
        ("IF\n| a |\n|---|\n| b |\nELSE\nNone.\nEND\nAfter.", "IF table[a / b] ELSE p(None.) END p(After.)"),
        ("| a |\n|---|\nIF\n| b |\nELSE\n| c |\nEND\n| d |", "table[a / IF / b / ELSE / c / END / d]"),
        (
            "IF\n:::note\na\n:::\nELSE\n```\nb\n```\nEND\n## c\nIF\n---\nEND",
            "IF Note[p(a)] ELSE code(- \"b\") END h2(c) IF --- END",
        ),
        ("> a\n> IF\n> b\n> END\n> c", "quote[p(a) IF p(b) END p(c)]"),
        // What Markdown has within a block stays there.
        ("1. a\nIF\nb\nEND\n2. c\n3. d", "ol1[p(a) IF p(b) END | p(c) | p(d)]"),
        (
            "| a |\n|---|\n| b |\nIF\n**c** d\nELSE\ne\nEND\n| f |",
            "table[a / b / IF / **c** d / ELSE / e / END / f]",
        ),
        ("- a: IF\n  b\n  ELSE\n  c\n  END\n- d", "ul[p(a: IF b ELSE c END) | p(d)]"),
        ("> a\nIF\n> b\nEND\n> — Jane Roe", "quote[p(a) IF p(b) END] by Jane Roe"),
        ("- **a\n  IF\n  b\n  END\n  c**", "ul[p(**a IF b END c**)]"),
        ("x[^1]\n\n[^1]: one\nIF\n    two\nEND\n\ny", "p(x[^0]) p(y)"),
        ("A\n: b\nIF\n  c\nEND\n\nd", "dl[A: p(b) IF p(c) END] p(d)"),
        ("> ```\n> END\n> ```", "quote[code(- \"END\")]"),
    ] {
        assert_eq!(tree(&tags(body)), tags(expected), "{body}");
    }
}

#[test]
fn code_that_swallows_the_rest_of_the_article_is_told_where_it_begins() {
    const SWALLOWS: &str = "the code that begins here is not closed, so all that follows is shown as code";
    for (body, place, fence) in [
        ("a\n\n```rust\nb\n\nc\n", "5:1", "```"),
        ("~~~~\nb\n~~~\n\n# C\n\n", "3:1", "~~~~"),
        ("- a\n\n  ```\n  b\n", "5:3", "```"),
        ("```\nb\n``` c\n\nd", "3:1", "```"),
    ] {
        assert_eq!(told(body), [format!("{place} Warning: {SWALLOWS}")], "{body}");
        let (_, warnings) = read(body);
        assert_eq!(warnings[0].hint().unwrap(), format!("put a line with only {fence} where the code ends"));
    }
    for body in [
        "```\nb\n```\n",
        "```\nb\n`````",
        "    b\n",
        // These end with what they stand in.
        "> ```\n> b\n\nc\n",
        "- ```\n  b\n\nc\n",
    ] {
        assert_eq!(told(body), [""; 0], "{body}");
    }
    let (_, warnings) = read("```\nb\n");
    assert_eq!(warnings[0].place.as_ref().unwrap().excerpt, "```");
}

#[test]
fn a_tag_without_a_name_says_nothing_and_ends_nothing() {
    for tag in ["<?style?>", "<!style hidden>", "<![CDATA[style]]>", "<!-- style -->"] {
        let (article, _) = read(&format!("One {tag} two"));
        let shown = shape(&article, &article.blocks);
        assert!(shown.starts_with("p(One ") && shown.ends_with(" two)"), "{tag}: {shown}");
    }
}

#[test]
fn rows_and_meanings_that_became_text_are_told() {
    let row = "Warning: this row belongs to no table, so its bars are shown as text";
    assert_eq!(told("| a | b |\n|---|---|\n| 1 | 2 |\n\n| 3 | 4 |\n"), [format!("7:1 {row}")]);
    assert_eq!(told("> Words\n> | a | b |\n"), [format!("4:3 {row}")]);
    let meaning = "Warning: this meaning belongs to no term, so its colon is shown as text";
    assert_eq!(told("Words\n\n> : a\n"), [format!("5:5 {meaning}")]);
    for body in [
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "A\n: b\n",
        "a | b\n",
        "|x| is a length\n",
        "||\n",
        "At 12: go\n",
        "a:b\n",
    ] {
        assert_eq!(told(body), [""; 0], "{body}");
    }
}
