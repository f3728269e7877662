//! The example articles as they go out: a change in a theme, in reading or in
//! encoding shows here as a diff to be looked at.

use std::path::Path;
use std::sync::Arc;

use insta::{assert_snapshot, with_settings};
use letterpress::article::ReadOptions;
use letterpress::audience::{EmailAddress, Mailbox, Subscriber, Tokens, csv};
use letterpress::compose::Newsletter;
use letterpress::message::{BaseUrl, Key, Links, Purpose, Secrets, Sender, WayOut};
use letterpress::pictures::Home;
use letterpress::press::{Edition, Workshop, prepare};

fn edition(article: &str, theme: &str) -> (Edition, Subscriber) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("articles").join(article);
    let newsletter = Newsletter {
        name: "Slow Sunday".into(),
        url: Some("https://example.com/".into()),
        postal_address: Some("Slow Sunday, 12 Type Street, 1000 Exampletown".into()),
        reason: Some("You get this mail because you signed up for Slow Sunday.".into()),
        lang: "en".into(),
        can_leave: true,
        ..Newsletter::default()
    };
    // The built-in theme, so that a folder of templates elsewhere changes nothing.
    let home = Home::default();
    let workshop =
        Workshop { root: Path::new("nowhere"), newsletter: &newsletter, theme, home: &home, darkroom: None };
    let prepared = prepare(&path, &workshop, &ReadOptions::default()).unwrap();
    let sender = Sender {
        from: Mailbox {
            name: "Slow Sunday".into(),
            address: EmailAddress::parse("news@example.com").unwrap(),
        },
        reply_to: None,
        return_path: None,
        list_label: "slow-sunday".into(),
        list_name: "Slow Sunday".into(),
        way_out: Some(WayOut {
            base_url: Some(BaseUrl::parse("https://news.example.com/").unwrap()),
            address: None,
        }),
    };
    let list = csv::load(&root.join("subscribers.example.csv")).unwrap();
    let ada = list.subscribers.into_iter().find(|one| one.address.local() == "ada").unwrap();
    let secrets = Secrets {
        key: Key::new(b"golden"),
        tokens: Tokens::new("slow-sunday", &[7; 32], &[]),
        links: Links::Live,
        signers: Arc::default(),
    };
    (Edition::new(prepared, &path, &sender, Purpose::Campaign, secrets).unwrap(), ada)
}

fn golden(article: &str, name: &str) {
    let (edition, reader) = edition(article, "clean");
    let assembler = edition.assembler();
    let copy = assembler.copy(&reader);
    with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        assert_snapshot!(format!("{name}.txt"), copy.text().unwrap());
        assert_snapshot!(format!("{name}.html"), copy.html().unwrap());
        assert_snapshot!(format!("{name}.mjml"), edition.prepared.composed.mjml());
    });
}

#[test]
fn the_clinic_article_comes_out_as_it_was_approved() {
    golden("microneedling-for-acne-scars.txt", "clinic");
}

#[test]
fn the_article_with_every_block_comes_out_as_it_was_approved() {
    golden("every-block.md", "every-block");
}

/// The HTML alone: the text part does not depend on the theme.
fn golden_in(theme: &str, article: &str, name: &str) {
    let (edition, reader) = edition(article, theme);
    let html = edition.assembler().copy(&reader).html().unwrap();
    with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        assert_snapshot!(format!("{theme}-{name}.html"), html);
    });
}

#[test]
fn the_clinic_article_comes_out_as_a_digest() {
    golden_in("digest", "microneedling-for-acne-scars.txt", "clinic");
}

#[test]
fn the_article_with_every_block_comes_out_as_a_digest() {
    golden_in("digest", "every-block.md", "every-block");
}

#[test]
fn the_clinic_article_comes_out_in_every_theme_as_it_was_approved() {
    golden_in("card", "microneedling-for-acne-scars.txt", "clinic");
    golden_in("letter", "microneedling-for-acne-scars.txt", "clinic");
}

#[test]
fn the_article_with_every_block_comes_out_in_every_theme_as_it_was_approved() {
    golden_in("card", "every-block.md", "every-block");
    golden_in("letter", "every-block.md", "every-block");
}

#[test]
fn the_articles_the_themes_were_drawn_for_come_out_in_them_as_was_approved() {
    for theme in ["clean", "card", "letter"] {
        golden_in(theme, "small-needles.md", "small-needles");
        golden_in(theme, "garden-in-the-desert.md", "garden-in-the-desert");
    }
    golden_in("digest", "merge-window.md", "merge-window");
}

#[test]
fn a_message_is_the_same_to_the_last_byte() {
    let (edition, reader) = edition("every-block.md", "clean");
    let date = "2026-11-24T09:00:00+01:00[Europe/Berlin]".parse().unwrap();
    let message = edition.assembler().assemble(&reader, &date).unwrap();
    let text = String::from_utf8(message.bytes.clone()).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n", "\n");
    with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        assert_snapshot!("every-block.head", head);
    });
    assert_eq!(message, edition.assembler().assemble(&reader, &date).unwrap());
}

/// The other examples differ in what they say; how it is drawn is seen in those above.
#[test]
fn the_text_of_every_other_example_comes_out_as_it_was_approved() {
    for article in
        ["garden-in-the-desert", "merge-window", "paper-and-rain", "small-needles", "the-last-ferry"]
    {
        let (edition, reader) = edition(&format!("{article}.md"), "clean");
        let text = edition.assembler().copy(&reader).text().unwrap();
        assert!(
            text.lines().all(|line| line.chars().count() <= 78 || !line.contains(' ')),
            "a line of {article} is too long"
        );
        with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            assert_snapshot!(format!("{article}.txt"), text);
        });
    }
}
