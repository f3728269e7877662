//! What the style sheets of a page show and hide.

use super::*;

/// The shape of what a page with a style sheet shows beside two paragraphs.
fn seen(style: &str, inner: &str) -> String {
    let page = format!(
        "<html><head>{style}</head><body><h1>A</h1><p>{SENTENCE}</p>{inner}<p>{SENTENCE}</p></body></html>"
    );
    let around = format!("p {SENTENCE}\n");
    let shape = read_shape(&page);
    let inner = shape.strip_prefix(&format!("# A\n{around}")).and_then(|rest| rest.strip_suffix(&around));
    inner.unwrap_or_else(|| panic!("{shape}")).to_owned()
}

#[test]
fn what_holds_for_every_reader_is_no_condition() {
    let rule = ".a{display:none} .b{font-weight:700}";
    for (sheet, hides) in [
        (format!("@layer x{{{rule}}}"), true),
        (format!("@media screen{{{rule}}}"), true),
        (format!("@media all{{@layer{{{rule}}}}}"), true),
        (format!("@supports (display:grid){{{rule}}}"), true),
        (format!("@supports not (display:grid){{{rule}}}"), false),
        (format!("@media (min-width:9em){{{rule}}}"), false),
        (format!("@media print{{{rule}}}"), false),
        (format!("@container (width>9em){{{rule}}}"), false),
        ("@layer x,y;@layer y{.a{display:block}}@layer x{.a.a{display:none}}".into(), false),
        ("@layer x{.a.a.a{display:block}} .a{display:none}".into(), true),
        ("@layer x{.a{display:none!important}} .a.a{display:block!important}".into(), true),
    ] {
        let seen = seen(&format!("<style>{sheet}</style>"), "<p class=a>x</p><p>y <b class=b>z</b></p>");
        assert_eq!(!seen.contains("p x\n"), hides, "{sheet}: {seen}");
    }
}

#[test]
fn the_strongest_and_last_of_all_rules_says_what_is_shown() {
    for (sheet, inner, shows) in [
        (".a{display:none} div .a{display:block}", "<div><p class=a>x</p></div>", true),
        (".a{display:none} div > .a{display:block}", "<div><p class=a>x</p></div>", true),
        (".a{display:none} div > .a{display:block}", "<div><div><p class=a>x</p></div></div>", true),
        (".a{display:none} section > .a{display:block}", "<div><p class=a>x</p></div>", false),
        (".a{display:none} .a:not(.b){display:block}", "<p class=a>x</p>", true),
        (".a{display:none} .a:not(.b){display:block}", "<p class='a b'>x</p>", false),
        (".a{display:none} .a:hover{display:block}", "<p class=a>x</p>", false),
        (".a{display:none;display:block}", "<p>x</p>", true),
        ("", "<p style='display:none;display:block'>x</p>", true),
        ("", "<p style='display:block;display:none'>x</p>", false),
        (".a{display:block!important}", "<p class=a style='display:none'>x</p>", true),
        (".a{display:none!important}", "<p class=a style='display:block'>x</p>", false),
        ("[data-draft]{display:none}", "<p data-draft>x</p>", false),
        (
            ".md\\:b{display:none} @media (min-width:700px){.md\\:b{display:block}}",
            "<p class='md:b'>x</p>",
            true,
        ),
        (".a{visibility:hidden} .b{visibility:visible}", "<div class=a>y<p class=b>x</p>z</div>", true),
        (".a{visibility:hidden} .b{display:block}", "<div class=a><p class=b>x</p></div>", false),
    ] {
        let seen = seen(&format!("<style>{sheet}</style>"), inner);
        assert_eq!(seen, if shows { "p x\n" } else { "" }, "{sheet} {inner}");
    }
}

#[test]
fn what_readers_open_is_part_of_the_text() {
    let answer = "<div class=acc><input type=checkbox id=a><label for=a></label><p>x</p></div>";
    for (sheet, inner, shows) in [
        (".acc>input,.acc>input~p{display:none}.acc>input:checked~p{display:block}", answer, true),
        (".acc p{display:none} .acc input[checked] ~ p{display:block}", answer, true),
        (".acc p{display:none} .acc:focus-within p{display:block}", answer, true),
        (".acc p{display:none} .acc:has(input:checked) p{display:block}", answer, true),
        (".acc:has(input:checked) p{display:none}", answer, true),
        (".acc p{visibility:hidden} label:active + p{visibility:visible}", answer, true),
        (".acc p{display:none!important} .acc input:checked~p{display:block}", answer, false),
        (".acc input:checked~p{display:block} .acc p{display:none}", answer, true),
        (".acc p{display:none} .acc input:checked~b{display:block}", answer, false),
        (".a p{display:none} .a:hover p{display:block}", "<div class=a><p>x</p></div>", true),
        (".a p{display:none} .a p:hover{display:block}", "<div class=a><p>x</p></div>", false),
        (".a{display:none} .a:target{display:block}", "<p class=a id=b>x</p>", true),
        (".a{display:none} .a:target{display:block}", "<p class=a>x</p>", false),
        (".a:hover p{display:none}", "<div class=a><p>x</p></div>", true),
        ("section:not(.in-view) p{visibility:hidden}", "<section><p>x</p></section>", true),
        (".a:not([data-on]){display:none}", "<p class=a>x</p>", true),
        (".a{display:none} .a:not(.b){display:none}", "<p class=a>x</p>", false),
        ("p:not(#b):not(:first-of-type), .a:not(i){display:none}", "<p class=a>x</p>", false),
    ] {
        let seen = seen(&format!("<style>{sheet}</style>"), inner);
        assert_eq!(seen.contains("p x\n"), shows, "{sheet} {inner}: {seen}");
    }
}

#[test]
fn a_style_sheet_hides_nothing_of_what_details_unfold() {
    for sheet in [
        "details:not([open])>*:not(summary){display:none!important}",
        "details>p{display:none} details[open]>p{display:block}",
        "details>p{display:none}",
        "details p{visibility:hidden}",
    ] {
        let inner = "<details><summary>How much?</summary><p>Ten euros.</p></details>";
        let seen = seen(&format!("<style>{sheet}</style>"), inner);
        assert!(seen.contains("How much?") && seen.contains("Ten euros."), "{sheet}: {seen}");
    }
    let own = "<details><summary>How much?</summary><p style='display:none'>Ten.</p></details>";
    assert!(!seen("<style>b{display:none}</style>", own).contains("Ten."));
    assert!(!seen("<style>details{display:none}</style>", own).contains("How much?"));
}

#[test]
fn a_style_sheet_hides_no_picture_that_is_loaded_late() {
    let sheet = "<style>img{display:none} .x img:not([data-ok]){display:none!important}</style>";
    let placeholder = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
    for (picture, shows) in [
        (format!("<img data-src=https://example.com/b.png src='{placeholder}' alt=B>"), true),
        ("<img loading=lazy src=https://example.com/b.png alt=B>".to_owned(), true),
        ("<img src=https://example.com/b.png alt=B>".to_owned(), false),
        ("<img loading=lazy src=https://example.com/b.png alt=B style='display:none'>".to_owned(), false),
    ] {
        let seen = seen(sheet, &format!("<div>{picture}</div>"));
        assert_eq!(seen.contains("https://example.com/b.png"), shows, "{picture}: {seen}");
    }
}

#[test]
fn what_word_alone_hides_is_shown() {
    let button =
        "<p><a href='https://example.com/b' style='display:inline-block;mso-hide:all'>Buy it</a></p>";
    assert!(seen("", button).contains("Buy it"));
    assert_eq!(seen("", "<p style='mso-hide:all'>Buy it</p>"), "");
    assert_eq!(seen("<style>.a{mso-hide:all;display:block}</style>", "<p class=a>x</p>"), "p x\n");
}

#[test]
fn many_sections_that_appear_on_scrolling_are_a_page_and_are_kept() {
    let section = format!("<section class=reveal><p>{SENTENCE}</p></section>");
    for said in ["visibility:hidden", "display:none"] {
        let page = format!(
            "<html><head><style>.reveal{{{said}}}.off{{display:none}}</style></head><body><h1>A</h1>{}<p class=off>No.</p>\
             </body></html>",
            section.repeat(5)
        );
        let shape = read_shape(&page);
        assert_eq!(shape.matches(SENTENCE).count(), 5, "{shape}");
        assert!(!shape.contains("No."), "{shape}");
    }
}

#[test]
fn of_what_is_there_for_wide_and_for_narrow_windows_one_is_kept() {
    let swap = ".m{display:none} @media (max-width:600px){.m{display:block} .d{display:none}}";
    let boot = ".m{display:none} @media (min-width:600px){.m{display:block} .d{display:none}}";
    let both =
        "@media (max-width:599px){.d{display:none}} @media screen and (width >= 600px){.m{display:none}}";
    let mail =
        "@media only screen and (max-width:480px){.m{display:block!important}.d{display:none!important}}";
    let two = "<p class=d>Click here for the whole list.</p> <p class=m>Tap here for the whole list.</p>";
    for (sheet, inner, kept) in [
        (swap, two, "p Click here for the whole list.\n"),
        (boot, two, "p Click here for the whole list.\n"),
        (both, two, "p Click here for the whole list.\n"),
        (
            mail,
            "<p class=d>Click here for the whole list.</p><p class=m style='display:none'>Tap here for the whole list.</p>",
            "p Click here for the whole list.\n",
        ),
        // What has nothing in its place stays.
        (swap, "<p class=m>Tap here for the whole list.</p>", "p Tap here for the whole list.\n"),
        (swap, "<p class=d>Click.</p><p>x</p><p class=m>Tap.</p>", "p Click.\np x\np Tap.\n"),
        (swap, "<p class=d>Hm.</p><p class=m>Tap here for all.</p>", "p Hm.\np Tap here for all.\n"),
        (
            swap,
            "<p class=d>Read the list.</p><p class=m>The list.</p><p class=m>The list.</p>",
            "p Read the list.\np The list.\n",
        ),
        (
            both,
            "<p class=d>Old price: 10 euros in the shop.</p><p class=m>New price: 12 euros from May.</p>",
            "p Old price: 10 euros in the shop.\np New price: 12 euros from May.\n",
        ),
        (
            both,
            "<p class=d>It is 10 euros a month.</p><p class=m>It is 12 euros a month.</p>",
            "p It is 10 euros a month.\np It is 12 euros a month.\n",
        ),
        (
            both,
            "<p class=d>One fact is told here first.</p><p class=m>Another one is told here too.</p><p class=d>Third thing that is told here.</p>",
            "p One fact is told here first.\np Another one is told here too.\np Third thing that is told here.\n",
        ),
        (
            both,
            "<div class=d><img src=https://example.com/w.png alt=W></div><div class=m><img src=https://example.com/n.png alt=N></div>",
            "figure https://example.com/w.png [W]\n",
        ),
        (
            "@media (max-width:600px){.d{display:none}}",
            two,
            "p Click here for the whole list.\np Tap here for the whole list.\n",
        ),
    ] {
        assert_eq!(seen(&format!("<style>{sheet}</style>"), inner), kept, "{sheet} {inner}");
    }
    let (article, told) = read(&format!(
        "<html><head><style>{swap}</style></head><body><h1>A</h1><p>{SENTENCE}</p>\n{two}</body></html>"
    ));
    assert_eq!(messages(&told), Vec::<String>::new());
    let guess = &article.guesses[0];
    assert_eq!(guess.what, "left out: other screens show it in place of what is kept");
}
