//! Plain text as people write and paste it: what must not be taken for something else.

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
fn a_greater_than_sign_before_a_number_is_no_quotation() {
    let text = format!(
        ">50% is a title\n\n>50% of our patients come back within a year, and >30% bring a friend.\n\n{LONG}\n\n> Real\n>> deeper\n>\n> - item one\n> - item two\n"
    );
    assert_eq!(
        shape(&text),
        "h1 >50% is a title\np >50% of our patients\np This is a sentence\nquote\n  p Real deeper\n  ul\n    p item one\n    p item two\n"
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
