//! An article set as sheets and entries.

use letterpress::article::{Article, BlockKind, CalloutKind, Column, Format, ReadOptions, parse};
use letterpress::compose::{Brief, Newsletter, Page, Theme, compose, page};
use letterpress::problem::Source;

use crate::specimen::{article, block, brief, button, everything, h, image, link, newsletter, p, t, words};

fn digest() -> Theme {
    Theme::load(None, "digest").unwrap()
}

fn read(text: &str) -> Article {
    parse(&Source::new("digest.md", text), Format::Markdown, &ReadOptions::default()).unwrap().0
}

fn set(article: &Article) -> Page {
    page::set(article, &digest(), &brief(&newsletter(), "Five things")).unwrap()
}

fn body(page: &Page) -> &str {
    &page.html[page.html.find("<body").unwrap()..]
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// What stands between two texts.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from:?} in {text}")) + from.len();
    let end = text[start..].find(to).unwrap_or_else(|| panic!("no {to:?} after {from:?}"));
    &text[start..start + end]
}

#[test]
fn each_section_is_a_sheet_in_the_next_of_five_colours() {
    let sections: String = (1..=6).map(|n| format!("## Part {n}\n\nWords.\n\n")).collect::<Vec<_>>().concat();
    let page = set(&read(&format!("Hello.\n\n{sections}")));
    let body = body(&page);
    assert_eq!(count(body, "class=\"sheet\""), 6);
    for (class, times) in [("s1", 1), ("s2", 1), ("s5", 1), ("s1 end", 1), ("s6", 0)] {
        assert_eq!(count(body, &format!("class=\"pad {class}\"")), times, "{class}");
    }
    assert!(body.find("Hello.").unwrap() < body.find("class=\"sheet\"").unwrap());
    let colours = ["#1E3FC9", "#875000", "#0B6B78", "#AD2168", "#6438B0"];
    let rules: Vec<&str> = body.split("border-top: 4px solid ").skip(1).map(|rest| &rest[..7]).collect();
    assert_eq!(rules, [&colours[..], &colours[..1]].concat());
}

#[test]
fn the_title_of_the_article_is_the_first_heading_unless_it_is_the_newsletters_name() {
    let article = read("Hello.\n\n## One\n\nWords.\n");
    let newsletter = Newsletter { tagline: Some("Five short reads".into()), ..newsletter() };
    let page = page::set(&article, &digest(), &brief(&newsletter, "Five things")).unwrap();
    assert_eq!(count(&page.html, "<h1"), 1);
    assert!(page.html.contains(">Five things</h1>"), "{}", page.html);
    assert!(between(&page.html, "class=\"tagline\"", "</p>").contains("Five short"));
    let page = page::set(&article, &digest(), &brief(&newsletter, "The Skin Letter")).unwrap();
    assert_eq!(count(&page.html, "<h1"), 1);
    assert!(between(&page.html, "<h1", "</h1>").contains("The Skin Letter"));
}

#[test]
fn an_entry_has_its_number_its_small_picture_and_its_source() {
    let text = "## Systems\n\n### 1. [Retries](https://example.com/retries)\n\n\
                ![Disks](https://example.com/disks.png){width=120}\n\nWords.\n\n\
                [example.com](https://example.com/) · 5 min\n";
    let page = set(&read(text));
    let row = between(body(&page), "class=\"row\"", "</table>");
    assert!(between(row, "class=\"no\"", "</td>").ends_with(">1"), "{row}");
    let small = between(row, "class=\"th\"", "</td>");
    assert!(small.contains("alt=\"Disks\"") && small.contains("width=\"120\""), "{small}");
    assert!(between(row, "<h3", "</h3>").contains("href=\"https://example.com/retries\""));
    let source = between(row, "class=\"src\"", "</p>");
    assert!(
        source.contains(">example.com</a>")
            && source.contains("·")
            && (source.ends_with("5\u{a0}min") || source.ends_with("5&nbsp;min")),
        "{source}"
    );
    assert!(!source.contains("·  ") && count(source, "·") == 1, "{source}");
}

#[test]
fn a_picture_as_wide_as_the_sheet_stands_above_a_large_title() {
    let text = "## Long\n\n### Title\n\n![Map](https://example.com/map.png)\n*Where it is.*\n\nWords.\n";
    let page = set(&read(text));
    let body = body(&page);
    let entry = between(body, "class=\"entry", "</div>\n</td>");
    assert!(entry.find("<img").unwrap() < entry.find("<h3").unwrap(), "{entry}");
    assert!(entry.contains("width=\"552\"") && entry.contains("class=\"big\""), "{entry}");
    assert!(entry.contains("Where it\u{a0}is.") || entry.contains("Where it&nbsp;is."));
}

#[test]
fn a_section_that_is_only_a_list_is_rows_with_lines_between() {
    let text = "## Hits\n\n- [One](https://example.com/1) and more\n- Two\n  - inner\n- Three\n\n## Steps\n\n3. a\n4. b\n\n\
                ## Mixed\n\nWords.\n\n- a\n";
    let page = set(&read(text));
    let body = body(&page);
    assert_eq!(count(body, "class=\"hits\""), 2);
    assert_eq!(count(between(body, "class=\"hits\"", "Steps"), "class=\"hit"), 3);
    assert!(between(body, "Steps", "</table>").contains(">4</td>"));
    assert_eq!(count(body, "<ul"), 2, "within a row and in a section with other text, lists are lists");
}

#[test]
fn entries_in_columns_have_pictures_as_wide_as_the_column() {
    let column = |n: u8| Column {
        span: letterpress::problem::Span::new(0, 8),
        blocks: vec![
            block(BlockKind::Figure { image: image("https://example.com/a.png", "Bars"), caption: None }),
            h(3, &format!("Title {n}")),
            words("Words."),
            p(vec![link("example.com", "https://example.com/"), t(" · 3 min")]),
        ],
    };
    let columns = block(BlockKind::Columns(vec![column(1), column(2)]));
    let page = set(&article(vec![words("Hi."), h(2, "Craft"), columns]));
    let body = body(&page);
    assert_eq!(count(body, "class=\"src\""), 2);
    assert_eq!(count(body, "width=\"264\""), 2);
    assert_eq!(count(body, "class=\"big\""), 0);
}

#[test]
fn a_box_at_the_end_of_a_section_stands_on_a_sheet_of_its_own() {
    let callout = || {
        let blocks = vec![h(3, "See the slow query"), words("Words."), button("Try", "https://example.com/")];
        block(BlockKind::Callout { kind: CalloutKind::Plain, title: Some(vec![t("Sponsored")]), blocks })
    };
    let blocks = vec![words("Hi."), h(2, "One"), words("a"), callout(), h(2, "Two"), callout(), words("b")];
    let page = set(&article(blocks));
    let body = body(&page);
    assert_eq!(count(body, "class=\"pad box\""), 1, "the second has text after it, and stays");
    assert_eq!(count(body, "class=\"sheet\""), 3);
    let own = between(body, "class=\"pad box\"", "Two");
    assert!(own.find("Sponsored").unwrap() < own.find("<h3").unwrap());
}

#[test]
fn what_a_condition_hides_leaves_a_whole_mail_with_its_lines_between_entries() {
    let text = "\
Hello.

## One

{% if subscriber.plan == \"pro\" %}

### For those who pay

a

{% endif %}

### For all

b

{% if subscriber.plan == \"pro\" %}

## More for those who pay

c

{% endif %}
";
    let article = parse(
        &Source::new("digest.md", format!("+++\ntitle = \"T\"\n+++\n{text}")),
        Format::Markdown,
        &ReadOptions::default(),
    )
    .unwrap()
    .0;
    let (composed, _) = compose(&article, &digest(), &newsletter()).unwrap();
    let html = |plan: &str| {
        let values = [("plan".to_owned(), plan.to_owned())].into();
        composed.copy(&values, &"ada@example.com").html().unwrap()
    };
    let (pro, free) = (html("pro"), html("free"));
    assert_eq!((count(&pro, "class=\"sheet\""), count(&free, "class=\"sheet\"")), (2, 1));
    assert_eq!((count(&pro, "class=\"line\""), count(&free, "class=\"line\"")), (1, 0));
    for page in [&pro, &free] {
        for tag in ["table", "div", "td", "tr"] {
            let opened = count(page, &format!("<{tag} ")) + count(page, &format!("<{tag}>"));
            assert_eq!(opened, count(page, &format!("</{tag}>")), "{tag}");
        }
    }
}

#[test]
fn every_kind_of_block_comes_out_and_every_word_with_it() {
    let article = everything();
    let page = set(&article);
    let clean = Theme::load(None, "clean").unwrap();
    let plain = page::set(&article, &clean, &brief(&newsletter(), "Five things")).unwrap();
    for part in ["<img", "<th ", "<pre", "<blockquote", "class=\"btn\"", "<li", "<h2", "<h4"] {
        assert_eq!(count(body(&page), part), count(body(&plain), part), "{part}");
    }
    assert!(page.html.contains("class=\"pad plain end\""), "the notes are the last sheet");
}

#[test]
fn an_accent_of_the_newsletter_colours_the_band_and_can_be_read_on_it() {
    for (accent, band, name) in [
        ("#0B6B78", "#0B6B78", "#FFFFFF"),
        ("#FFD400", "#FFD400", "#14161A"),
        ("#111111", "#111111", "#FFFFFF"),
    ] {
        let newsletter = Newsletter { accent: Some(accent.into()), ..newsletter() };
        let page = page::set(&read("Hi.\n\n## One\n\na\n"), &digest(), &brief(&newsletter, "T")).unwrap();
        let head = between(&page.html, "class=\"band\"", "class=\"paper\"");
        assert!(
            head.contains(&format!("background-color:{band}"))
                || head.contains(&format!("background-color: {band}")),
            "{head}"
        );
        assert!(head.contains(&format!("color: {name}")), "{head}");
        assert!(!page.html.contains("#1E3FC9"), "nothing keeps the accent of the theme");
    }
}

#[test]
fn an_arabic_digest_is_mirrored_and_keeps_its_letters_joined() {
    let newsletter = newsletter();
    let brief = Brief { lang: "ar", ..brief(&newsletter, "إبر صغيرة") };
    let text = "مرحبا\n\n## أنظمة\n\n### 1. عنوان\n\nنص\n";
    let page = page::set(&read(text), &digest(), &brief).unwrap();
    assert!(!page.html.contains("direction:ltr"));
    let body = body(&page);
    assert!(!between(body, "<h2", "</h2>").contains("letter-spacing"), "{body}");
    assert!(between(&set(&read("## One\n\na\n")).html, "<h2", "</h2>").contains("letter-spacing: 1.1px"));
    assert!(between(body, "class=\"pad s1", ">").contains("text-align: right"));
}

#[test]
fn a_digest_without_sections_is_one_sheet() {
    let page = set(&read("Only a few words.\n"));
    assert!(page.html.contains("Only a few words."));
    assert_eq!(count(&page.html, "class=\"sheet\""), 0);
    assert!(between(body(&page), "class=\"paper\"", ">").contains("border-radius:0 0 12px 12px"));
}
