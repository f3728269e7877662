//! An article set in a theme: what the page holds.

use letterpress::article::{self as reading, Article, BlockKind, Inline, Item, List, Row, Table};
use letterpress::compose::{Brief, Newsletter, Page, Theme, compose, page};
use letterpress::problem::{Problem, Source};
use letterpress::tags::TagId;

use crate::specimen::{
    article, block, brief, button, code, everything, figure, h, items, link, newsletter, note, p, quote, t,
    table, words,
};

fn clean() -> Theme {
    Theme::load(None, "clean").unwrap()
}

fn set(article: &Article) -> Page {
    page::set(article, &clean(), &brief(&newsletter(), "Small needles, patient skin")).unwrap()
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

fn body(page: &Page) -> &str {
    &page.html[page.html.find("<body").unwrap()..]
}

#[test]
fn a_page_has_one_title_its_language_and_its_direction() {
    let page = set(&everything());
    assert!(page.html.starts_with("<!DOCTYPE html><html lang=\"en\" dir=\"ltr\""), "{}", &page.html[..80]);
    assert_eq!(count(&page.html, "<h1"), 1);
    assert!(
        page.html.contains(">Small needles, patient\u{a0}skin</h1>")
            || page.html.contains(">Small needles, patient&nbsp;skin</h1>")
    );
    assert!(page.html.contains("<title>Small needles, patient skin</title>"));
    assert!(page.html.contains("content=\"light dark\""));
    assert!(page.warnings.is_empty());
}

#[test]
fn an_arabic_mail_runs_from_right_to_left() {
    let newsletter = newsletter();
    let brief = Brief { lang: "ar", ..brief(&newsletter, "إبر صغيرة") };
    let page = page::set(&everything(), &clean(), &brief).unwrap();
    assert!(page.html.contains("<html lang=\"ar\" dir=\"rtl\""));
    assert!(!page.html.contains("direction:ltr"), "a section would turn the text round again");
    assert!(page.html.contains("<blockquote") && page.html.contains("dir=\"ltr\""), "English in Arabic");
    let arabic = article(vec![quote("إبر صغيرة وجلد صبور", None)]);
    let page = page::set(&arabic, &clean(), &brief).unwrap();
    let said = &page.html[page.html.find("<blockquote").unwrap()..page.html.find("</blockquote>").unwrap()];
    assert!(said.contains("border-right: 3px solid"), "a quotation has its rule at the start: {said}");
    assert!(!said.contains(" dir="), "what runs as the mail does need not say so");
    let with_code = vec![Inline::Text("اكتب ".to_owned()), Inline::Code("let x = 1;".to_owned())];
    let page = page::set(&article(vec![block(BlockKind::Paragraph(with_code))]), &clean(), &brief).unwrap();
    let code = page.html.split("<code").nth(1).unwrap();
    assert!(code[..code.find('>').unwrap()].contains("dir=\"auto\""), "its signs keep their order: {code}");
}

#[test]
fn every_layout_table_says_that_it_is_one_and_the_data_table_does_not() {
    let page = set(&everything());
    let tables: Vec<&str> =
        page.html.split("<table").skip(1).map(|rest| &rest[..rest.find('>').unwrap()]).collect();
    let (layout, data): (Vec<&str>, Vec<&str>) =
        tables.iter().partition(|tag| tag.contains("role=\"presentation\""));
    assert!(layout.len() > 10);
    assert_eq!(data.len(), 1, "{data:?}");
    assert_eq!(count(&page.html, "scope=\"col\""), 3);
}

#[test]
fn the_comments_for_outlook_survive_and_balance() {
    let page = set(&everything());
    assert!(count(&page.html, "<!--[if mso") > 8);
    assert_eq!(count(&page.html, "<!--[if "), count(&page.html, "<![endif]-->"));
    assert!(page.html.contains("xmlns:v=\"urn:schemas-microsoft-com:vml\""));
    assert!(page.html.contains("width=\"600\""), "Word knows no max-width");
    assert!(page.html.contains("mso-padding-alt: 14px 24px"), "Word ignores the padding of a link");
}

#[test]
fn dark_is_asked_for_in_all_three_ways_and_styles_stay_small() {
    let page = set(&everything());
    assert!(page.html.contains("@media (prefers-color-scheme: dark)"));
    assert!(page.html.contains("[data-ogsc] .data td { border-bottom-color: #30373D"));
    assert!(page.html.contains("[data-ogsb] .btn td { background-color: #127075"));
    let styles: usize = page.html.split("<style").skip(1).map(|rest| rest.find("</style>").unwrap()).sum();
    assert!(styles < 16 * 1024, "{styles} bytes of styles; Gmail drops more than 16 KB");
}

#[test]
fn the_look_is_written_into_the_elements() {
    let page = set(&everything());
    let body = body(&page);
    assert!(!body.contains("<style"));
    assert!(body.contains("<p style=\"margin: 0 0 24px;\">"), "{body}");
    assert!(body.contains("color: #0F5F63"), "links have their colour without a style sheet");
    assert!(!body.contains("[["), "no square bracket is left");
}

#[test]
fn the_preheader_comes_first_is_hidden_and_has_a_bounded_filler() {
    let page = set(&everything());
    let body = body(&page);
    let at = body.find("What the weeks look like").unwrap();
    assert!(at < 600, "{at}");
    assert!(body[..at].contains("display: none") && body[..at].contains("mso-hide: all"));
    let filler = &body[at..at + body[at..].find("</div>").unwrap()];
    assert!((200..2048).contains(&filler.len()), "{}", filler.len());

    let newsletter = newsletter();
    let silent = Brief { preheader: None, ..brief(&newsletter, "A title of words") };
    let page = page::set(&everything(), &clean(), &silent).unwrap();
    assert!(!page.html.contains("mso-hide: all"));
}

#[test]
fn hostile_words_stay_words_wherever_they_stand() {
    let hostile = "<script>alert('x')</script> \"&amp; ]]> {{ x }} [[ y ]] --> </style>";
    let mut article = article(vec![
        words(hostile),
        h(2, hostile),
        code(hostile),
        items(None, true, vec![vec![words(hostile)]]),
        quote(hostile, Some(hostile)),
        table(&[], &[hostile], &[&[hostile]]),
        figure("a.png\" onerror=\"x", hostile, Some(hostile)),
        button(hostile, "https://example.com/?a=\"><script>"),
    ]);
    article.footnotes = vec![note(hostile)];
    let newsletter = Newsletter {
        name: hostile.into(),
        url: Some("https://example.com/\"><script>".into()),
        postal_address: Some(hostile.into()),
        reason: Some(hostile.into()),
        logo: Some("https://example.com/\"><script>".into()),
        ..newsletter()
    };
    let brief = Brief {
        preheader: Some(hostile),
        standfirst: Some(hostile),
        kicker: Some(hostile),
        issue: Some(hostile),
        author: Some(hostile),
        date: Some(hostile.into()),
        view_url: Some("https://example.com/\"><script>"),
        ..brief(&newsletter, hostile)
    };
    let page = page::set(&article, &clean(), &brief).unwrap();
    assert_eq!(count(&page.html, "<script"), 0);
    assert_eq!(count(&page.html, "\" onerror=\""), 0);
    assert_eq!(count(&page.html, "<h1"), 1);
    assert!(page.html.contains("&lt;script&gt;"));
}

#[test]
fn addresses_that_are_traps_are_all_reported() {
    let article = article(vec![
        p(vec![link("a", "javascript:alert(1)"), link("b", "https://example.com")]),
        button("c", " vbscript:x"),
        figure("data:image/png;base64,AAAA", "d", None),
    ]);
    let found = page::set(&article, &clean(), &brief(&newsletter(), "A title of words")).unwrap_err();
    let said: Vec<String> = found.iter().map(Problem::message).collect();
    assert_eq!(
        said,
        [
            "a link cannot lead to a `javascript:` address",
            "a link cannot lead to a `vbscript:` address",
            "a picture cannot come from a `data:` address",
        ]
    );
    assert!(found.iter().all(|problem| problem.place.is_some() && problem.hint().is_some()));
}

#[test]
fn a_control_is_a_comment_that_stays_in_its_table_and_its_list() {
    let mut article = article(vec![
        block(BlockKind::Control(TagId(0))),
        block(BlockKind::List(List { start: None, tight: true, items: vec![Item::Control(TagId(0))] })),
        block(BlockKind::Table(Table {
            align: Vec::new(),
            head: vec![vec![t("head")]],
            rows: vec![Row::Control(TagId(0)), Row::Cells(vec![vec![t("inside")]]), Row::Control(TagId(0))],
        })),
    ]);
    article.blocks.push(words("the end"));
    let comment = format!("<!--{}-->", article.mask.sentinel(TagId(0)));
    let page = set(&article);
    let body = body(&page);
    assert_eq!(count(body, &comment), 4);
    let table = &body[body.find("<tbody>\n<!--").unwrap()..];
    let inside = table.find("inside").unwrap();
    assert!(table[inside..].find(&comment).unwrap() < table[inside..].find("</tbody>").unwrap());
}

#[test]
fn merge_tags_survive_in_titles_cells_addresses_and_around_rows() {
    let text = "\
+++
title = 'Needles{% if subscriber.plan == \"pro\" %}, for you{% endif %}, {{ subscriber.first_name }}'
preheader = 'Dear {{ subscriber.first_name }}'
+++
| Who | Where |
|---|---|
| {{ subscriber.first_name }}{{ subscriber.first_name }} | a |
| {% if subscriber.plan == \"pro\" %} | |
| pro | b |
| {% endif %} | |

[Book](https://example.com/?a={{ subscriber.first_name }}) and {{ subscriber.first_name }}.

{% if subscriber.plan == \"pro\" %}

> A word for those who pay.

{% endif %}
";
    let source = Source::new("tags.md", text);
    let (article, _) =
        reading::parse(&source, reading::Format::Markdown, &reading::ReadOptions::default()).unwrap();
    let newsletter = newsletter();
    let (composed, warnings) = compose(&article, &clean(), &newsletter).unwrap();
    assert!(warnings.is_empty());
    assert_eq!(composed.check_fields(&["plan".into(), "first_name".into()]).len(), 0);
    let title = &article.meta.title.as_ref().unwrap().value;
    let page = page::set(&article, &clean(), &brief(&newsletter, title)).unwrap();
    for tag in article.mask.find(&page.html) {
        assert!(page.html.contains(&article.mask.sentinel(tag.id)));
    }
    assert!(!page.html.contains("aria-label"));
}

#[test]
fn problems_without_end_are_told_up_to_a_bound() {
    let article = article(vec![p((0..10_000).map(|_| link("a", "javascript:x")).collect())]);
    let found = page::set(&article, &clean(), &brief(&newsletter(), "A title of words")).unwrap_err();
    assert_eq!(found.iter().count(), 100);
}

#[test]
fn footnotes_and_their_marks_lead_to_each_other() {
    let mut article = article(vec![p(vec![
        t("one"),
        Inline::Footnote(0),
        t("two"),
        Inline::Footnote(0),
        Inline::Footnote(7),
    ])]);
    article.footnotes = vec![note("The note.")];
    let page = set(&article);
    assert_eq!(count(&page.html, "href=\"#fn1\""), 2);
    assert_eq!(count(&page.html, "id=\"fn1\""), 1);
    assert_eq!(count(&page.html, "id=\"r1\""), 1);
    assert_eq!(count(&page.html, "href=\"#r1\""), 1);
}

#[test]
fn every_picture_has_words_and_a_width() {
    let page = set(&article(vec![figure("a.png", "", None), figure("b.png", "Bees", None)]));
    let pictures: Vec<&str> =
        page.html.split("<img").skip(1).map(|rest| &rest[..rest.find('>').unwrap()]).collect();
    assert_eq!(pictures.len(), 2);
    assert!(
        pictures.iter().all(|tag| tag.contains("alt=\"") && tag.contains("width=\"552\"")),
        "{pictures:?}"
    );
}

#[test]
fn two_thousand_words_stay_below_where_gmail_cuts() {
    let paragraph = "Microneedling makes hundreds of tiny channels in skin that has been numbed. ".repeat(8);
    let blocks = (0..21).flat_map(|_| [h(2, "Which scars answer"), words(&paragraph)]).collect();
    let page = set(&article(blocks));
    assert!(page.html.len() < 90_000, "{}", page.html.len());
}

#[test]
fn an_empty_article_is_a_page() {
    let newsletter = Newsletter::default();
    let brief = Brief { preheader: None, author: None, date: None, ..brief(&newsletter, "") };
    let page = page::set(&article(Vec::new()), &clean(), &brief).unwrap();
    assert_eq!(count(&page.html, "<h1"), 0);
    let empty = article(vec![
        words(""),
        items(None, false, vec![Vec::new()]),
        table(&[], &[], &[&[]]),
        block(BlockKind::Quote { blocks: Vec::new(), cite: None }),
    ]);
    page::set(&empty, &clean(), &brief).unwrap();
}

#[test]
fn nesting_without_end_is_refused_with_its_place() {
    let mut deep = words("deep");
    for _ in 0..2_000 {
        deep = block(BlockKind::Quote { blocks: vec![deep], cite: None });
    }
    let mut inline = t("deep");
    for _ in 0..2_000 {
        inline = Inline::Emphasis(vec![inline]);
    }
    let found =
        page::set(&article(vec![deep, p(vec![inline])]), &clean(), &brief(&newsletter(), "A title of words"));
    let found = found.unwrap_err();
    assert_eq!(found.iter().count(), 2);
    assert!(found.iter().all(|problem| problem.message().contains("levels deep") && problem.place.is_some()));
}

#[test]
fn an_accent_of_the_publisher_colours_links_and_buttons() {
    let newsletter = Newsletter { accent: Some("#FFD400".into()), ..newsletter() };
    let page = page::set(&everything(), &clean(), &brief(&newsletter, "A title of words")).unwrap();
    assert!(page.html.contains("background-color: #FFD400") && page.html.contains("color: #856E00"));
    let newsletter = Newsletter { accent: Some("yellow".into()), ..newsletter };
    let found = page::set(&everything(), &clean(), &brief(&newsletter, "A title of words")).unwrap_err();
    assert_eq!(found.to_string(), "expected a colour such as `#0F5F63`, found `yellow`");
}
