use super::*;
use proptest::prelude::*;

const ADDRESS: &str = "ana.lindqvist@example.com";

fn publisher() -> Publisher {
    Publisher {
        name: "Slow Sunday".to_owned(),
        url: Some("https://example.com/sunday".to_owned()),
        postal_address: Some("Slow Sunday, 12 Type Street, 1000 Exampletown".to_owned()),
        lang: "en".to_owned(),
        ..Publisher::default()
    }
}

fn every_page(address: &str) -> Vec<Page<'_>> {
    vec![
        Page::Ask { address },
        Page::Left { address, undo: "Und-o_1", say: "Sa-y_1", may_arrive: false },
        Page::Left { address, undo: "Und-o_1", say: "Sa-y_1", may_arrive: true },
        Page::Thanks { undo: "Und-o_1" },
        Page::AskBack { address },
        Page::Back { address, leave: "Lea-ve_1" },
        Page::NotBack,
        Page::Test { pressed: false },
        Page::Test { pressed: true },
        Page::Unknown,
        Page::Trouble,
    ]
}

fn pages_in(lang: &str) -> Pages {
    Pages::new(Publisher { lang: lang.to_owned(), ..publisher() })
}

/// The page as a browser's parser understands it.
fn parsed(html: &str) -> String {
    css_inline::CSSInliner::options()
        .inline_style_tags(false)
        .keep_style_tags(true)
        .build()
        .inline(html)
        .unwrap()
}

/// The tags of a page in their order, without what stands between them.
fn tags(html: &str) -> Vec<String> {
    let html = parsed(html);
    let (before, rest) = html.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    let mut tags = Vec::new();
    let mut rest = format!("{before}{after}");
    while let Some(start) = rest.find('<') {
        let mut quoted = false;
        let ends = |character: char| {
            quoted ^= character == '"';
            character == '>' && !quoted
        };
        let end = rest[start..].find(ends).unwrap();
        tags.push(rest[start + 1..start + end].to_owned());
        rest.drain(..start + end);
    }
    tags
}

#[test]
fn every_page_is_whole_in_every_language() {
    for phrases in Phrases::ALL.into_iter().filter(|phrases| phrases.has_pages()) {
        for page in every_page(ADDRESS) {
            let html = pages_in(phrases.lang).html(&page);
            let tags = tags(&html);
            let number = |name: &str| tags.iter().filter(|tag| tag.split(' ').next() == Some(name)).count();
            for one in ["html", "title", "header", "main", "h1", "footer"] {
                assert_eq!(number(one), 1, "{one}: {page:?}");
            }
            assert_eq!(tags[0], "!DOCTYPE html");
            assert_eq!(tags[1], format!("html lang=\"{}\"", phrases.lang));
            assert!(html.contains(" – Slow Sunday</title>"), "{page:?}");
            assert!(html.contains("<meta name=\"robots\" content=\"noindex\">"));
            assert!(!html.contains("{}") && !html.contains("<script") && !html.contains("style="), "{html}");
            assert_eq!(
                number("label"),
                number("textarea") + tags.iter().filter(|tag| tag.contains("radio")).count()
            );
        }
    }
}

#[test]
fn a_page_speaks_the_language_of_the_newsletter_and_says_which_it_speaks() {
    for (lang, said, heard) in [
        ("de-AT", "de", "Sie sind abgemeldet"),
        ("fr", "fr", "Votre désabonnement est fait"),
        ("es-MX", "es", "Se ha dado de baja"),
        ("it", "en", "You are unsubscribed"),
    ] {
        let html = pages_in(lang).html(&every_page(ADDRESS)[1]);
        assert!(html.contains(&format!("<html lang=\"{said}\">")), "{lang}");
        assert!(html.contains(&format!("<h1>{heard}</h1>")), "{lang}: {html}");
    }
}

#[test]
fn nothing_of_a_page_comes_from_elsewhere() {
    for page in every_page(ADDRESS) {
        let html = pages_in("en").html(&page);
        for tag in tags(&html) {
            assert!(!tag.contains("src=") && !tag.starts_with("link") && !tag.starts_with("script"), "{tag}");
            let to = tag.split_once("href=\"").map(|(_, rest)| rest.split('"').next().unwrap());
            assert!(to.is_none_or(|to| to == "https://example.com/sunday" || to == "../u/Lea-ve_1"), "{tag}");
        }
        assert!(!html.contains("url(") && !html.contains("@import"));
    }
}

#[test]
fn the_policy_names_the_style_sheet_that_is_there_and_allows_nothing_else() {
    let pages = pages_in("en");
    let html = pages.html(&Page::Unknown);
    let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hash);
    assert_eq!(
        pages.policy(),
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'"
        )
    );
}

#[test]
fn an_address_is_shown_in_part_and_its_domain_whole() {
    for (address, shown) in [
        ("ana.lindqvist@example.com", "an…t@example.com"),
        ("maria@example.com", "ma…a@example.com"),
        ("a.lindqvist@example.com", "a…t@example.com"),
        ("mara@example.com", "m…a@example.com"),
        ("ann@example.com", "a…@example.com"),
        ("an@example.com", "a…@example.com"),
        ("a@example.com", "…@example.com"),
        ("jösé@bücher.example", "j…é@bücher.example"),
        ("\"a@b c\"@example.com", "\"a…\"@example.com"),
        ("nobody", "…"),
        ("", "…"),
    ] {
        assert_eq!(in_part(address), shown, "{address}");
    }
}

#[test]
fn no_page_holds_the_whole_address() {
    for page in every_page(ADDRESS) {
        let html = pages_in("en").html(&page);
        assert!(!html.contains("lindqvist"), "{page:?}");
        let names_whom =
            matches!(page, Page::Ask { .. } | Page::Left { .. } | Page::AskBack { .. } | Page::Back { .. });
        assert_eq!(html.contains("<b><bdi>an…t@example.com</bdi></b>"), names_whom, "{page:?}");
    }
}

#[test]
fn asking_posts_to_the_page_itself_and_says_that_a_person_did() {
    for page in
        [Page::Ask { address: ADDRESS }, Page::AskBack { address: ADDRESS }, Page::Test { pressed: false }]
    {
        let html = pages_in("en").html(&page);
        assert_eq!(
            html.matches(
                "<form method=\"post\">\n<input type=\"hidden\" name=\"from\" value=\"page\">\n<button>"
            )
            .count(),
            1
        );
        assert_eq!(html.matches("<form").count(), 1);
        assert!(!html.contains("role=\"status\""), "a question is no result");
    }
}

#[test]
fn who_left_can_undo_it_and_say_why() {
    let html = pages_in("en").html(&every_page(ADDRESS)[1]);
    assert!(html.contains("<form method=\"post\" action=\"../r/Und-o_1\">"), "{html}");
    assert!(html.contains("<form method=\"post\" action=\"../w/Sa-y_1\">"), "{html}");
    for motive in Motive::ALL {
        let radio = format!("<input type=\"radio\" name=\"why\" value=\"{}\">", motive.word());
        assert_eq!(html.matches(&radio).count(), 1, "{radio}");
    }
    assert!(html.contains("<textarea id=\"words\" name=\"words\" rows=\"3\" maxlength=\"500\">"));
    assert!(html.contains("<label class=\"words\" for=\"words\">"));
    assert!(html.contains("role=\"status\""));
}

#[test]
fn a_mail_on_its_way_is_told_and_only_then() {
    let [without, with] = [1, 2].map(|at| pages_in("en").html(&every_page(ADDRESS)[at]));
    let sentence = format!("<p class=\"lead\">{}</p>\n", Phrases::of("en").leaving().may_arrive);
    assert_eq!(with.replace(&sentence, ""), without);
    assert_ne!(with, without);
}

#[test]
fn a_newsletter_without_home_and_postal_address_has_pages_all_the_same() {
    for none in [None, Some(String::new()), Some("  ".to_owned())] {
        let pages = Pages::new(Publisher { url: none.clone(), postal_address: none, ..publisher() });
        for page in every_page(ADDRESS) {
            let html = pages.html(&page);
            assert!(!html.contains("<footer") && !html.contains("example.com/sunday"), "{html}");
            assert!(html.contains("<p class=\"name\"><bdi>Slow Sunday</bdi></p>"), "{html}");
        }
    }
}

#[test]
fn a_home_that_is_no_page_on_the_web_is_no_link() {
    for url in ["javascript:alert(1)", "data:text/html,x", "example.com", "//example.com", "java\nscript://x"]
    {
        let pages = Pages::new(Publisher { url: Some(url.to_owned()), ..publisher() });
        assert!(!pages.html(&Page::Unknown).contains("<a "), "{url}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_stands_in_them_pages_hold_no_element_more(
        name in r#"(\PC|[<>&"'=/ -]|</title><script>|</style>|<!--|&lt;|\x00|\u{202e}){0,40}"#,
        postal in r#"(\PC|[<>&"' ]|</footer><img src=x>){0,20}"#,
        address in r#"(\PC|[<>&"'@]|<b>|<script>){0,30}"#,
        path in r#"(\PC|[<>&"' ]){0,20}"#,
    ) {
        let plain = Pages::new(Publisher { url: Some("https://example.com/".to_owned()), ..publisher() });
        let odd = Pages::new(Publisher {
            name: format!("N{name}"),
            url: Some(format!("https://example.com/{path}")),
            postal_address: Some(format!("P{postal}")),
            ..publisher()
        });
        let shape = |pages: &Pages, page: &Page<'_>| -> Vec<String> {
            tags(&pages.html(page)).into_iter().map(|tag| match tag.split_once("href=") {
                // Its value is whatever the address says, and `<` may stand in it.
                Some((element, _)) => element.to_owned(),
                // A long name has a heading of its own size.
                None => tag.replace(" class=\"long\"", ""),
            }).collect()
        };
        for (page, plain_page) in every_page(&address).iter().zip(every_page(ADDRESS)) {
            prop_assert_eq!(shape(&odd, page), shape(&plain, &plain_page));
        }
    }
}
