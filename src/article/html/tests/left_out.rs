//! What of a page is left out, and that it is told.

use super::*;

#[test]
fn chapters_with_names_like_those_of_a_site_stay_and_what_leads_away_goes() {
    for class in [
        "social-proof",
        "related-work",
        "popular-science",
        "promo",
        "comment-from-editor",
        "newsletter-content",
        "footer-note",
        "sidebar",
    ] {
        for attribute in ["class", "id"] {
            let section = format!(
                "<section {attribute}='{class}'><h2>A chapter</h2><p>Printers in Leeds tried it for a year. \
                 {SENTENCE}</p><p>They kept it.</p></section></article>"
            );
            let (article, told) = read(&blog().replacen("</article>", &section, 1));
            let shape = shape(&article);
            assert!(shape.contains("h2 A chapter\np Printers in Leeds"), "{attribute} {class}\n{shape}");
            assert!(shape.contains("p They kept it."), "{attribute} {class}\n{shape}");
            assert!(!shape.contains("Share on Social") && !shape.contains("We use cookies"), "{shape}");
            assert_eq!(messages(&told), Vec::<String>::new(), "{class}");
        }
    }
    for chrome in [
        "<div class='share-this'><a href='/a'>Post it to a friend today</a> <a href='/b'>Mail it</a></div>",
        "<div class='newsletter'><p>One letter a week, and no spam.</p><form><input type=email><button>Go</button></form></div>",
        "<div class='related-posts'><h3>Related</h3><p>A story. <a href='/a'>Read it</a></p></div>",
        "<div class='sidebar'><ul><li><a href='/a'>Archive of all that was written</a></li></ul></div>",
        "<div class='social'>Follow the press</div>",
        "<div class='cookie-notice'>We set cookies to make this site work for you. Read more in our policy.</div>",
        "<div class='footer-links-block-x'><a href='/a'>Imprint</a> <a href='/b'>Terms of use</a></div>",
    ] {
        let page = blog().replacen("</article>", &format!("{chrome}</article>"), 1);
        let (plain, cut) = (read_shape(&blog()), read_shape(&page));
        assert_eq!(plain, cut, "{chrome}");
    }
}

#[test]
fn words_that_were_left_out_are_counted_and_told_with_their_place() {
    let bio = format!("<div class='author-bio'>\n<p>{SENTENCE}</p></div></article>");
    let page = blog().replacen("</article>", &bio, 1);
    let (_, told) = read(&page);
    let words = SENTENCE.split_whitespace().count();
    let line = page[..page.find("author-bio").unwrap()].lines().count() + 1;
    assert_eq!(
        messages(&told),
        [format!(
            "{line}: {words} words that begin here were left out, taken for parts of the site around the article"
        )]
    );
    let kept = format!("+++\nwhole = true\n+++\n{page}");
    let (article, told) = read(&kept);
    assert_eq!(messages(&told), Vec::<String>::new());
    let shape = shape(&article);
    assert!(shape.contains("We use cookies") && shape.matches(SENTENCE).count() == 9, "{shape}");
}

#[test]
fn the_author_of_a_page_is_named_once_and_not_shown() {
    let byline = "<div class=byline><img class=avatar src='https://example.com/ann.jpg' alt='Ann Lee'>By <a rel=author \
                  href='https://example.com/ann'>Ann Lee</a>, staff writer <time datetime='2026-03-12'>12 March</time></div>";
    for around in ["", "<nav><a href='/'>Home</a></nav>"] {
        let page = format!(
            "<html><head><meta name=author content='Ann Lee'></head><body>{around}<article><h1>Ink</h1>{byline}\
             <p>{SENTENCE}</p><p>{SENTENCE}</p><p class=author>Ann Lee went home.</p>\
             <div class=about-writer><a rel=author href='https://example.com/ann'>\
             <img class=avatar src='https://example.com/ann.jpg' alt='Ann Lee'></a></div></article></body></html>"
        );
        let (article, _) = read(&page);
        assert_eq!(
            shape(&article),
            format!("# Ink\np {SENTENCE}\np {SENTENCE}\np Ann Lee went home.\n"),
            "{around}"
        );
        assert_eq!(article.meta.author.as_ref().unwrap().value, "Ann Lee");
        assert_eq!(article.meta.date.as_ref().unwrap().value.to_string(), "2026-03-12");
    }
}

#[test]
fn what_an_author_says_above_the_text_is_no_byline_and_a_film_is_no_portrait() {
    let read = |author: &str, head: &str| {
        read_shape(&format!(
            "<html><head><meta name=author content='{author}'></head><body><nav><a href='/'>Home</a></nav><article>\
             <h1>Ink</h1>{head}<p>{SENTENCE}</p><p>{SENTENCE}</p>\
             <p><img src='https://example.com/avatar-2.jpg' alt='The cast'></p><p>{SENTENCE}</p></article></body></html>"
        ))
    };
    for (author, head, kept) in [
        (
            "Ann",
            "<p class=authors-note>Planning to cancel? The deadline is Friday.</p>",
            "deadline is Friday",
        ),
        ("Ann", "<p class=author>We are planning a cannery</p>", "cannery"),
        ("Jane Doe", "<p class=author>Jane Doe lost her house.</p>", "lost her house"),
        (
            "Jane Doe",
            "<div class=author>Jane Doe <a href='https://example.com/help'>Help her here</a></div>",
            "https://example.com/help",
        ),
        (
            "Jane Doe",
            "<div class=author>Jane Doe <img src='https://example.com/h.png' alt='Her house'></div>",
            "h.png",
        ),
    ] {
        let shape = read(author, head);
        assert!(shape.contains(kept), "{head}: {shape}");
        assert!(shape.contains("avatar-2.jpg"), "{shape}");
    }
    for line in [
        "Jane Doe won the Pulitzer",
        "Jane Doe travels alone again",
        "Jane Doe is dead, 3 May 2026",
        "Yesterday, Jane Doe won",
        "Jane Doe, 34, won gold",
        "Free Jane Doe",
    ] {
        for open in ["p class=author-intro", "div class=author", "p class=post-meta", "header class=byline"] {
            let name = open.split(' ').next().unwrap();
            let shape = read("Jane Doe", &format!("<{open}>{line}</{name}>"));
            assert!(shape.contains(line), "{open} {line}: {shape}");
        }
    }
    for line in [
        "Jane Doe, Berlin bureau",
        "Jane Doe, senior editor, Berlin",
        "Jane Doe · Follow · 3 May 2026",
        "Text and photos: Jane Doe",
        "Jane Doe (Reuters), 3 May 2026",
        "3 May 2026 | Jane Doe",
    ] {
        let shape = read("Jane Doe", &format!("<p class=post-meta>{line}</p>"));
        assert!(!shape.contains("Jane"), "{line}: {shape}");
    }
    for head in [
        "<p class=byline>By <a href='https://example.com/jane'>Jane Doe</a>, staff writer</p>",
        "<div class=author><img src='https://example.com/avatars/7.png' alt='Jane'>Jane Doe · 12 March 2026 · 4 min read</div>",
    ] {
        let shape = read("Jane Doe", head);
        assert!(!shape.contains("Jane") && shape.contains("avatar-2.jpg"), "{head}: {shape}");
    }
}

#[test]
fn pictures_that_are_named_like_those_of_authors_stay_outside_of_their_boxes() {
    let avatar = "class='team-avatar' src='https://example.com/a.jpg'";
    let film = "src='https://example.com/stills/avatar-2009.jpg'";
    let gravatar = "src='https://secure.gravatar.com/a.jpg'";
    for picture in [avatar, film, gravatar] {
        let picture = format!("<img {picture} alt='A still' width=400>");
        for (open, close, stays) in [
            ("<p>", "</p>", true),
            ("<figure>", "<figcaption>Seen</figcaption></figure>", true),
            ("<div class=author><figure>", "</figure></div>", true),
            ("<div class=note-of-author>", "</div>", true),
            ("<section class=intro><p>", "</p></section>", true),
            ("<div class=byline>", "</div>", false),
            ("<div class='post-author'><span>", "</span></div>", false),
            ("<a rel=author href='https://example.com/jane'>", "</a>", false),
        ] {
            for around in ["", "<nav><a href='/'>Home</a></nav>"] {
                let shape = read_shape(&format!(
                    "<html><head><meta name=author content='Jane Doe'></head><body>{around}<article><h1>Ink</h1>\
                     {open}{picture}{close}<p>{SENTENCE}</p><p>{SENTENCE}</p><p>{SENTENCE}</p></article></body></html>"
                ));
                assert_eq!(shape.contains("A still"), stays, "{around}{open}{picture}: {shape}");
            }
        }
    }
}

#[test]
fn what_a_page_hides_is_left_out_and_told() {
    let page = format!(
        "<html><head><style>.gone, #no{{display:none}} @media print{{.kept{{display:none}}}}</style></head>\n\
         <body><h1>A</h1><p>{SENTENCE}</p><p class=kept>Kept.</p><p id=no>No.</p>\n<p hidden>Nor this.</p>\n\
         <div class=gone><p>{SENTENCE}</p></div></body></html>"
    );
    let (article, told) = read(&page);
    assert_eq!(shape(&article), format!("# A\np {SENTENCE}\np Kept.\n"));
    assert_eq!(messages(&told), ["2: 44 words are left out, because the page hides them"]);
    assert_eq!(article.guesses.len(), 3);
    let source =
        Source::new("a.md", "# A\n\nSeen.\n\n<p hidden>Not this.</p>\n\nAnd <b hidden>not</b> that.\n");
    let (article, told) = parse(&source, Format::Markdown, &ReadOptions::default()).unwrap();
    assert_eq!(shape(&article), "# A\np Seen.\np And  that.\n");
    assert_eq!(
        messages(&told),
        [
            "5: 2 words are left out, because the page hides them",
            "7: `<b>` is hidden, so it is left out with everything in it"
        ]
    );
}

#[test]
fn pictures_and_links_that_a_page_hides_are_told_however_few_its_words_are() {
    let page = |style: &str| {
        format!(
            "<html><head><style>{style}</style></head>\n<body><h1>A</h1><p>{SENTENCE}</p>\
             <p class=wide><img src='https://example.com/a.png' alt=Map></p>\n<p class=wide>Call \
             <a href='https://example.com/t'>us</a></p><p class=wide><img width=1 src='https://example.com/p'></p>\
             <p><img class=late src='https://example.com/b.png' alt=Late></p></body></html>"
        )
    };
    let (article, told) = read(&page(".wide{display:none} .late{visibility:hidden}"));
    assert!(shape(&article).contains("Late") && !shape(&article).contains("Map"), "{}", shape(&article));
    assert_eq!(
        messages(&told),
        ["2: 2 words, 1 picture and 1 link are left out, because the page hides them"]
    );
    let (article, told) = read(&page(".wide{display:none}@media (min-width:700px){.wide{display:block}}"));
    assert!(shape(&article).contains("Map") && shape(&article).contains("Call"), "{}", shape(&article));
    assert_eq!(messages(&told), Vec::<String>::new());
    let source = Source::new(
        "a.md",
        "# A\n\nSeen.\n\n<div style='display:none'><img src='https://example.com/p.png' alt='P'></div>\n",
    );
    let (_, told) = parse(&source, Format::Markdown, &ReadOptions::default()).unwrap();
    assert_eq!(messages(&told), ["5: 1 picture is left out, because the page hides it"]);
}

#[test]
fn a_sentence_that_a_style_sheet_hides_is_told() {
    let told = |hidden: &str| {
        let page = format!(
            "<html><head><style>.answer{{display:none}}</style></head><body><h1>A</h1><p>{SENTENCE}</p>\
             <h3>How much?</h3>{hidden}</body></html>"
        );
        messages(&read(&page).1)
    };
    let warning = ["1: 5 words are left out, because the page hides them"];
    assert_eq!(told("<div class=answer><p>It is ten euros altogether.</p></div>"), warning);
    assert_eq!(told("<p class=answer>It is ten euros altogether.</p>"), warning);
    for few in [
        "<p class=answer>Only ten euros altogether.</p>",
        "<p>x <span class=answer>It is ten euros altogether.</span></p>",
        "<p hidden>It is ten euros altogether.</p>",
        "<p style='display:none'>It is ten euros altogether.</p>",
    ] {
        assert_eq!(told(few), Vec::<String>::new(), "{few}");
    }
}

#[test]
fn a_picture_of_a_few_bytes_leaves_its_description() {
    let (article, told) = read(
        "<p>A <img src='data:image/gif;base64,R0lG' alt='black cat'> b\n<img src=t.gif width=1 height=1></p>",
    );
    assert_eq!(shape(&article), "p A black cat b\n");
    assert!(messages(&told)[1].contains("`black cat` is shown as text"), "{:?}", messages(&told));
}

#[test]
fn what_plays_and_is_hidden_is_explained() {
    for film in ["iframe", "video", "audio"] {
        let page = format!(
            "<h1>A</h1><p>Some words.</p><div style='display:none'><{film} src='https://example.com/film'></{film}></div>"
        );
        let (article, told) = read(&page);
        assert_eq!(messages(&told), [""; 0], "{film}");
        let guesses: Vec<&str> = article.guesses.iter().map(|guess| guess.text.as_str()).collect();
        assert!(guesses.contains(&"https://example.com/film"), "{film}: {guesses:?}");
    }
}

#[test]
fn what_a_heading_opens_is_part_of_the_text() {
    for (head, panel) in [
        ("<h3><button aria-expanded=false>How long?</button></h3>", "<div class=answer>"),
        ("<h3><button aria-expanded=false aria-controls=a1>How long?</button></h3>", "<div id=a1 hidden>"),
        ("<dl><dt><button aria-expanded=false>How long?</button></dt>", "<dd class=answer>"),
        (
            "<div class=accordion-header><button aria-expanded=false>How long?</button></div>",
            "<div style='display:none'>",
        ),
    ] {
        let page = format!(
            "<html><head><style>.answer {{ display: none }}</style></head><body><h1>A</h1><p>{SENTENCE}</p>\
             {head}{panel}<p>Four hours in the oven, and one beside it.</p></body></html>"
        );
        let (article, told) = read(&page);
        let shape = shape(&article);
        assert!(shape.contains("How long?") && shape.contains("Four hours in the oven"), "{head}\n{shape}");
        assert_eq!(messages(&told), Vec::<String>::new(), "{head}");
    }
    let page = format!(
        "<html><body><h1>A</h1><p>{SENTENCE}</p><p>See <button aria-expanded=false>More</button> here.</p>\
         <div hidden><p>Four hours in the oven.</p></div></body></html>"
    );
    assert!(!shape(&read(&page).0).contains("Four hours"));
}
