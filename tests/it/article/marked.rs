//! Markdown that would lose something: it is refused or told.

use super::{markdown, outline, refused, told};
use letterpress::article::Status;

#[test]
fn a_table_beyond_reason_is_refused_at_its_place_in_short_time() {
    let started = std::time::Instant::now();
    let wide =
        format!("# T\n\n{}|\n{}|\n{}", "|a".repeat(50_000), "|-".repeat(50_000), "|x\n".repeat(50_000));
    assert_eq!(refused(&wide), ["4:1: the table has 50000 columns, more than the 40 a mail can show"]);
    let long = format!("# T\n\n> |a|b|\n> |-|-|\n{}", "> |x|y|\n".repeat(2_501));
    assert_eq!(refused(&long), ["4:3: the table has more than 5000 cells"]);
    assert!(started.elapsed().as_secs() < 2, "{:?}", started.elapsed());
    let fits = format!("# T\n\n{}|\n{}|\n{}", "|a".repeat(40), "|-".repeat(40), "|x\n".repeat(125));
    assert_eq!(markdown(&fits).0.blocks.len(), 1);
}

#[test]
fn a_comment_without_an_end_is_refused_where_it_begins() {
    let problems =
        refused("# T\n\nHello.\n\n<!-- fine --> <!-- todo\n\nThe rest of the article.\n\n## Heading\n");
    assert_eq!(problems, ["5:15: the comment that begins with `<!--` is not closed"]);
    let problems = refused("# T\n\nHello.\n\n<!-- todo: rewrite\n\nThe rest of the article.\n\n## Heading\n");
    assert_eq!(problems, ["5:1: the comment that begins with `<!--` is not closed"]);
}

#[test]
fn blank_lines_above_the_front_matter_change_nothing() {
    for text in [
        "\n---\ntitle: Hello\n---\n\ntext\n",
        "\u{feff}\n \n+++\ntitle = 'Hello'\n+++\ntext\n",
        "---\ntitle: Hello\n...\ntext\n",
    ] {
        assert_eq!(outline(&markdown(text).0), "h1 Hello\np text\n", "{text}");
    }
    assert_eq!(outline(&markdown("\n---\n\n# T\n\ntext\n").0), "h1 T\ndivider\np text\n");
    assert_eq!(
        refused("\n\n---\ntitle: x\n"),
        ["3:1: the front matter that begins with `---` is not closed"]
    );
}

#[test]
fn front_matter_of_other_programs_is_passed_over_and_told_once() {
    let (article, warnings) = markdown(
        "---\ntitle: Hello\nlayout: post\nsubtitle: A year of it\ncategories: [a, b]\ndraft: true\n---\ntext\n",
    );
    assert_eq!(
        told(&warnings),
        [
            "3:1: what the front matter says under `layout`, `categories` is for other programs and not used here"
        ]
    );
    assert_eq!(article.meta.standfirst.unwrap().value, "A year of it");
    assert_eq!(article.meta.status, Status::Draft);
    let status = |fields: &str| markdown(&format!("---\ntitle: Hello\n{fields}---\ntext\n")).0.meta.status;
    assert_eq!(status("published: false\n"), Status::Draft);
    assert_eq!(status("draft: false\n"), Status::Ready);
    assert_eq!(status("draft: true\nstatus: ready\n"), Status::Ready);
    let unknown = refused("---\ntitle: Hello\nsujbect: x\nlayout: post\n---\ntext\n");
    assert_eq!(unknown[0], "3:1: unknown key `sujbect`");
}

#[test]
fn parts_and_their_chapters_stay_apart_under_a_title() {
    let (article, _) = markdown("---\ntitle: Hello\n---\n# Part one\n\n## Sub\n\ntext\n\n# Part two\n");
    assert_eq!(outline(&article), "h1 Hello\nh2 Part one\nh3 Sub\np text\nh2 Part two\n");
    let (article, _) = markdown("---\ntitle: Hello\n---\n# Hello\n\n## Sub\n\ntext\n");
    assert_eq!(outline(&article), "h1 Hello\nh2 Sub\np text\n");
}

#[test]
fn titles_and_cells_that_are_not_shown_are_told() {
    let (_, warnings) = markdown(
        "# T\n\n[a](https://example.com/a \"one\") and ![b](b.png \"two\")\n\n![c](c.png \"a caption\")\n\n\
         [d](https://example.com/d \"three\"){.button}\n\n| a | b |\n|---|---|\n| `x\\|y` | 2 |\n| 1 | 2 | 3 |\n",
    );
    assert_eq!(
        told(&warnings),
        [
            "3:1: the title `one` is not shown",
            "3:38: the title `two` is not shown",
            "7:1: the title `three` is not shown",
            "12:1: expected 2 cells in this row, found 3: the last ones are not shown",
        ]
    );
}
