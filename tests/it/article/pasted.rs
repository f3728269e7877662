//! Plain text as people write and paste it: what must not be taken for something else.

use super::{outline, plain};

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
