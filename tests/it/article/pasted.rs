//! Plain text as people write and paste it: what must not be taken for something else.

use letterpress::article::{Block, BlockKind, Inline, words};

use super::{markdown, outline, plain};

const LONG: &str =
    "This is a sentence that is long enough to be a paragraph of its own, and then a little more.";

fn shape(text: &str) -> String {
    outline(&plain(text).0)
}

#[test]
fn a_listed_or_bare_number_of_minutes_is_no_reading_time() {
    let text = format!("Pancakes\n\n• 20 minutes\n• 2 eggs\n\n{LONG}\n");
    assert_eq!(shape(&text), "h1 Pancakes\nul\n  p 20 minutes\n  p 2 eggs\np This is a sentence\n");
    let text = format!("Pancakes\n\nPrep time\n\n30 minutes\n\n{LONG}\n");
    assert!(shape(&text).contains(" 30 minutes\n"), "{}", shape(&text));
    let (article, _) = plain(&format!("Pancakes\n\nBy Ann Lee | 3 minutes\n\n{LONG}\n"));
    assert_eq!(outline(&article), "h1 Pancakes\np This is a sentence\n");
    assert_eq!(article.meta.author.unwrap().value, "Ann Lee");
}

#[test]
fn the_days_of_a_diary_head_its_entries_and_do_not_date_it() {
    for first in [format!("{LONG}\n\n"), String::new()] {
        let text = format!(
            "A week in Rome\n\n{first}Monday, 2 March 2026\n\n{LONG}\n\nTuesday, 3 March 2026\n\n{LONG}\n\nBy Maud Hartley\n\n{LONG}\n"
        );
        let (article, _) = plain(&text);
        let shape = outline(&article);
        assert!(
            shape.ends_with(
                "h2 Monday, 2 March 2026\np This is a sentence\nh2 Tuesday, 3 March 2026\np This is a sentence\n\
                 p By Maud Hartley\np This is a sentence\n"
            ),
            "{shape}"
        );
        assert_eq!((article.meta.date, article.meta.author), (None, None));
    }
}

#[test]
fn a_byline_stands_directly_under_the_title_or_above_it() {
    for (text, dated) in [
        ("A title\n\nBy Ann Lee\nPublished on 12 March 2026\n\n", true),
        ("12 March 2026\n\nA title\n\n", true),
        ("A title\n\nA line between\n\n12 March 2026\n\n", false),
    ] {
        let (article, _) = plain(&format!("{text}{LONG}\n"));
        assert_eq!(article.meta.title.as_ref().unwrap().value, "A title");
        assert_eq!(article.meta.date.is_some(), dated, "{text}");
        assert_eq!(outline(&article).contains("12 March 2026"), !dated, "{text}");
    }
}

#[test]
fn a_last_paragraph_that_is_a_sentence_is_not_left_out() {
    for last in [
        "Sign up for the next evening by Friday.",
        "Recommended daily intake is 400 g.",
        "Copyright law changed in 1976.",
    ] {
        let text = format!("A title\n\n{LONG}\n\n{LONG}\n\n{LONG}\n\n{LONG}\n\n{last}\n");
        let (article, _) = plain(&text);
        assert_eq!(article.blocks.len(), 5, "{last}");
        assert!(!article.guesses.iter().any(|guess| guess.what.starts_with("left out")), "{last}");
    }
}

#[test]
fn a_list_under_a_quotation_does_not_name_its_source() {
    let text = format!("A title\n\n{LONG}\n\n“It changed my life.”\n\n- Apples\n- Pears\n\n{LONG}\n");
    assert_eq!(
        shape(&text),
        "h1 A title\np This is a sentence\nquote\n  p “It changed my life.”\nul\n  p Apples\n  p Pears\np This is a sentence\n"
    );
}

#[test]
fn direct_speech_after_dashes_names_no_source() {
    let text = format!(
        "A title\n\n{LONG}\n\n“You have no home here.”\n\n— I have one now, said the boy.\n\n— Then go.\n\n“No.”\n\n– Yes\n– Never\n\n{LONG}\n"
    );
    assert!(!shape(&text).contains(" by "), "{}", shape(&text));
    let (article, _) = markdown(
        "# T\n\n> Quote\n> – no name but a thing that somebody said.\n\n> — One\n> — Two\n\n> Words.\n>\n> — *Ada* Lovelace\n",
    );
    assert_eq!(
        outline(&article),
        "h1 T\nquote\n  p Quote – no name\nquote\n  p — One — Two\nquote by Ada Lovelace\n  p Words.\n"
    );
}

#[test]
fn a_quotation_in_a_quotation_is_one_of_its_own() {
    let text = format!("Benches\n\n{LONG}\n\n> Where is it?\n>\n>> Where it was.\n>> > Was it?\n>\n> Oh.\n");
    let expected =
        "quote\n  p Where is it?\n  quote\n    p Where it was.\n    quote\n      p Was it?\n  p Oh.\n";
    assert!(shape(&text).ends_with(expected), "{}", shape(&text));
    let deep = format!("Benches\n\n{LONG}\n\n{} far down\n", ">".repeat(100_000));
    assert!(shape(&deep).ends_with("p far down\n"));
    assert_eq!(shape(&deep).matches("quote").count(), 6);
}

#[test]
fn a_greater_than_sign_before_a_number_is_no_quotation() {
    let text = format!(
        ">50% is a title\n\n>50% of our patients come back within a year, and >30% bring a friend.\n\n{LONG}\n\n> Real\n>> deeper\n>\n> - item one\n> - item two\n"
    );
    assert_eq!(
        shape(&text),
        "h1 >50% is a title\np >50% of our patients\np This is a sentence\nquote\n  p Real\n  quote\n    p deeper\n  ul\n    p item one\n    p item two\n"
    );
}

#[test]
fn quotation_marks_of_other_languages_make_quotations() {
    for quotation in ["„Ich komme wieder.“", "»Ich komme wieder.«", "‚Ich komme wieder.‘", "« Je reviens. »"]
    {
        let text = format!("A title\n\n{LONG}\n\n{quotation}\n— Frau Schmidt\n\n{LONG}\n");
        assert!(shape(&text).contains("quote by Frau Schmidt\n"), "{}", shape(&text));
    }
}

fn breaks(block: &Block) -> usize {
    match &block.kind {
        BlockKind::Paragraph(content) => {
            content.iter().filter(|inline| **inline == Inline::HardBreak).count()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn steps_with_bullets_between_them_are_one_list() {
    for bullet in ["- x", "   - x\n   - y"] {
        let text = format!(
            "A title\n\n{LONG}\n\n1. Unplug\n{bullet}\n2. Plug in\n   a) wait\n   b) look\n3. Use\n\n   It is printed below.\n4. Call us\n\n{LONG}\n"
        );
        let shape = shape(&text);
        let list = shape.split("ol from 1\n").nth(1).unwrap();
        assert!(!list.contains("ol from") && !list.contains("h2"), "{shape}");
        assert!(list.starts_with("  p Unplug\n  ul\n    p x\n"), "{shape}");
    }
    let text = format!("A title\n\n{LONG}\n\n1) Heat it\n\n{LONG}\n\n2) Beat it\n\n{LONG}\n");
    assert_eq!(
        shape(&text),
        "h1 A title\np This is a sentence\nol from 1\n  p Heat it\np This is a sentence\nol from 2\n  p Beat it\np This is a sentence\n"
    );
}

#[test]
fn numbers_that_do_not_count_up_stay_as_typed() {
    let text = format!(
        "A title\n\n{LONG}\n\n3. blue\n2. red\n1. green\n\n10. ten\n11. eleven\n100. hundred\n\n{LONG}\n"
    );
    assert_eq!(
        shape(&text),
        "h1 A title\np This is a sentence\nol from 3\n  p blue\nol from 2\n  p red\nol from 1\n  p green\nol from 10\n  p ten\n  p eleven\nol from 100\n  p hundred\np This is a sentence\n"
    );
}

#[test]
fn lines_are_joined_only_where_a_column_broke_them() {
    let recipe = "225 g unsalted butter, softened\n225 g self-raising flour, sifted twice through a sieve\n1 lemon, zest only";
    let poem = "Shall I compare thee to a summer's day, my dear, and say?\nThou art more lovely and more temperate by far:\nRough winds do shake the darling buds of May,\nAnd summer's lease hath all too short a date;";
    let (article, _) = plain(&format!("A title\n\n{LONG}\n\n{recipe}\n\n{poem}\n\n{LONG}\n"));
    assert_eq!(article.blocks.iter().map(breaks).collect::<Vec<_>>(), [0, 2, 3, 0]);
    let column = "The sleeper leaves Euston at a quarter past nine, which gives you just\nenough time to find your berth, meet the person whose feet you will\nhear all night, and discover that the window does not open after all.";
    let two = "You step down at Fort William with your shirt creased and your head\nperfectly clear.";
    let (article, _) = plain(&format!("A title\n\n{column}\n\n{two}\n\n{poem}\n"));
    assert_eq!(article.blocks.iter().map(breaks).collect::<Vec<_>>(), [0, 0, 3]);
}

#[test]
fn captions_advertisements_and_what_follows_a_colon_are_no_headings() {
    for line in ["Photo: Jane Doe / Unsplash", "Credit: Ann Lee", "Advertisement", "Read more", "Best wishes"]
    {
        let text = format!("A title\n\n{LONG}\n\n{line}\n\n{LONG}\n");
        assert!(!shape(&text).contains("h2"), "{line}");
    }
    let text = format!("A title\n\n{LONG}\n\nCome and see us at the shop:\n\nThe Paper Mill\n\n{LONG}\n");
    assert!(!shape(&text).contains("h2"), "{}", shape(&text));
}

#[test]
fn a_line_with_a_colon_before_a_paragraph_is_a_heading_among_others() {
    let text = format!("A title\n\nWhy autumn?\n\n{LONG}\n\nWhat you need:\n\n{LONG}\n");
    assert_eq!(
        shape(&text),
        "h1 A title\nh2 Why autumn?\np This is a sentence\nh2 What you need:\np This is a sentence\n"
    );
    assert!(!shape(&format!("A title\n\n{LONG}\n\nWhat you need:\n\n{LONG}\n")).contains("h2"));
    assert!(!shape(&format!("A title\n\nDear friends:\n\n{LONG}\n\nNews\n\n{LONG}\n")).contains("h2 Dear"));
}

#[test]
fn a_line_above_a_block_of_short_ones_heads_it() {
    let text = format!(
        "A cake\n\nPrep time\n\n30 minutes\n\nServes 8\n\nIngredients\n\nTwo eggs\nA cup of flour\nSome milk\n\nProgramme\n\n10:00 Doors open\n10:30 Opening words\n11:00 Coffee\n\n{LONG}\n"
    );
    let shape = shape(&text);
    assert!(
        shape.contains("h2 Ingredients\np Two eggs A cup\nh2 Programme\np 10:00 Doors open 10:30\n"),
        "{shape}"
    );
    assert_eq!(shape.matches("h2").count(), 2, "{shape}");
}

#[test]
fn german_french_and_spanish_bylines_and_days_are_read() {
    for (byline, author) in [
        ("Von Anna Müller\n12. März 2026", "Anna Müller"),
        ("Par Jean Dupont\nPublié le 12 mars 2026", "Jean Dupont"),
        ("Por Ana de la Cruz · 12 de marzo de 2026 · 4 min de lectura", "Ana de la Cruz"),
    ] {
        let (article, _) = plain(&format!("A title\n\n{byline}\n\n{LONG}\n"));
        assert_eq!(outline(&article), "h1 A title\np This is a sentence\n");
        assert_eq!(article.meta.author.unwrap().value, author);
        assert_eq!(article.meta.date.unwrap().value.to_string(), "2026-03-12");
    }
    let text = format!("A title\n\n{LONG}\n\n3. Oktober\n\n{LONG}\n\nVous aimerez aussi\n\nNos dix livres\n");
    assert_eq!(shape(&text.replace("Nos", &format!("{LONG}\n\nNos"))).lines().nth(2), Some("h2 3. Oktober"));
    let long = format!("{LONG}\n\n").repeat(4);
    for phrase in ["Vous aimerez aussi", "Das könnte Sie auch interessieren", "También te puede interesar"]
    {
        assert!(
            !shape(&format!("A title\n\n{long}{phrase}\n\nNos dix livres\n")).contains("Nos"),
            "{phrase}"
        );
    }
}

#[test]
fn lines_ended_by_carriage_returns_alone_are_lines() {
    let text = format!("---\rtitle: Hello\r---\r\rBody, {LONG}\r\r• Two\r• Three\r");
    let (article, _) = plain(&text);
    assert_eq!(outline(&article), "h1 Hello\np Body, This is a\nul\n  p Two\n  p Three\n");
    assert_eq!(article.source.place(article.blocks[1].span).line, 7);
    let (article, _) = markdown(&text.replace('•', "-"));
    assert_eq!(outline(&article), "h1 Hello\np Body, This is a\nul\n  p Two\n  p Three\n");
}

#[test]
fn the_joiners_of_persian_are_kept() {
    let (article, _) = plain("Persian\n\nمن می\u{200c}خواهم\u{200b} و این یک جمله است.\n");
    let BlockKind::Paragraph(content) = &article.blocks[0].kind else { panic!("a paragraph") };
    assert_eq!(words(content), "من می\u{200c}خواهم و این یک جمله است.");
}

#[test]
fn a_list_of_very_many_items_is_read_in_short_time() {
    for unit in ["- a\n", "— a\n\n\n", "1. a\n- x\n"] {
        let started = std::time::Instant::now();
        let (article, _) = plain(&format!("A title\n\n{}", unit.repeat(400_000 / unit.len())));
        assert!(!article.blocks.is_empty());
        assert!(started.elapsed().as_secs() < 15, "{unit:?}: {:?}", started.elapsed());
    }
}

#[test]
fn a_row_of_columns_is_no_heading() {
    let text = format!("A title\n\n{LONG}\n\nLaser              45 min    200\n\n{LONG}\n");
    assert_eq!(shape(&text), "h1 A title\np This is a sentence\np Laser 45 min 200\np This is a sentence\n");
}

#[test]
fn a_page_copied_with_its_menu_and_buttons_is_read_as_its_article() {
    let above = "Skip to content\nHome\nBlog\nContact\n\n";
    let under = "By Ann Lee\n12 March 2026\n5 min read\n\nShare on Facebook Tweet\n\n";
    let end = "Read more: How to plant a tree\n\nFacebook\nTwitter\n";
    let text =
        format!("{above}How to prune an old tree\n\n{under}{LONG}\n\n{LONG}\n\n{LONG}\n\n{LONG}\n\n{end}");
    let (article, _) = plain(&text);
    let p = "p This is a sentence\n".repeat(4);
    assert_eq!(outline(&article), format!("h1 How to prune an old tree\n{p}"));
    assert_eq!(article.meta.author.unwrap().value, "Ann Lee");
    assert_eq!(article.guesses.iter().filter(|guess| guess.what.starts_with("left out")).count(), 8);
}

#[test]
fn a_title_that_is_only_the_first_line_is_told_as_a_guess() {
    let (article, _) = plain(&format!("Spring\n\n{LONG}\n\nSpring\n\n{LONG}\n"));
    assert_eq!(article.guesses[0].what, "title: the first line");
    let (article, _) = plain(&format!("2026\n\n{LONG}\n"));
    assert_eq!(article.meta.title, None);
}
