use std::fmt::Write as _;

use crate::article::{Article, BlockKind, Format, Inline, ReadOptions, Row, parse, words};
use crate::problem::{Problem, Source};

fn read(text: &str) -> Article {
    let (article, _) = parse(&Source::new("a.txt", text), Format::PlainText, &ReadOptions::default())
        .unwrap_or_else(|problems| panic!("{problems}"));
    article
}

/// A line a block.
fn shape(article: &Article) -> String {
    let mut out = String::new();
    if let Some(title) = &article.meta.title {
        writeln!(out, "# {}", title.value).unwrap();
    }
    for block in &article.blocks {
        match &block.kind {
            BlockKind::Heading { level, content } => writeln!(out, "h{level} {}", words(content)),
            BlockKind::Paragraph(content) => writeln!(out, "p {}", line(content)),
            BlockKind::List(list) => writeln!(out, "list of {}", list.items.len()),
            BlockKind::Quote { blocks, .. } => writeln!(out, "quote of {}", blocks.len()),
            BlockKind::Table(table) => {
                let cells =
                    |cells: &[Vec<Inline>]| cells.iter().map(|c| words(c)).collect::<Vec<_>>().join("|");
                writeln!(out, "table {}", cells(&table.head)).unwrap();
                table.rows.iter().try_for_each(|row| match row {
                    Row::Cells(row) => writeln!(out, "  {}", cells(row)),
                    Row::Control(_) => Ok(()),
                })
            }
            other => writeln!(out, "{other:?}"),
        }
        .unwrap();
    }
    out
}

fn line(content: &[Inline]) -> String {
    let each = |inline: &Inline| match inline {
        Inline::HardBreak => "/".to_owned(),
        other => words(std::slice::from_ref(other)),
    };
    content.iter().map(each).collect()
}

const LONG: &str =
    "This is a sentence that is long enough to be a paragraph of its own, and then a little more.";

#[test]
fn the_head_of_a_forwarded_mail_and_a_signature_are_left_out() {
    let text = format!(
        "---------- Forwarded message ---------\nFrom: Ann Lee <ann@example.com>\nDate: Mon, 2 Mar 2026\n\
         Subject: Fwd: Ink and lead\nTo: Bob <bob@example.com>\n\n{LONG}\n\nOn 1 Mar 2026, Bob <bob@example.com>\nwrote:\n> How \
         is the ink?\n> > Dear.\n\n{LONG}\n\n-- \nAnn Lee\nThe Press\n"
    );
    let article = read(&text);
    assert_eq!(shape(&article), format!("# Ink and lead\np {LONG}\nquote of 2\np {LONG}\n"));
    assert_eq!(article.guesses.iter().filter(|guess| guess.what.contains("head of a mail")).count(), 6);
    assert_eq!(article.guesses.iter().filter(|guess| guess.what.contains("signature")).count(), 3);
}

#[test]
fn paragraphs_that_a_mail_program_let_flow_are_joined() {
    let text = "Ink\n\nA first line that goes on \nin the second \nand the third.\nAnother \nparagraph.\n";
    assert_eq!(
        shape(&read(text)),
        "# Ink\np A first line that goes on in the second and the third./Another paragraph.\n"
    );
}

#[test]
fn numbers_of_pages_are_left_out_and_sentences_go_on_over_them() {
    let text = format!(
        "Ink\n\n{LONG}\n\n1\n\u{c}\n{LONG}\n\nA sentence that does not end on its page, but instead of that it \
         goes\n\n2\n\u{c}\non here on the next one.\n\n3\n"
    );
    let article = read(&text);
    assert!(
        shape(&article).contains("goes/on here") || shape(&article).contains("goes on here"),
        "{}",
        shape(&article)
    );
    assert_eq!(article.guesses.iter().filter(|guess| guess.what.contains("number of a page")).count(), 3);
    let count = read(&format!("Ink\n\n{LONG}\n\n1984\n\n{LONG}\n"));
    assert!(shape(&count).contains("1984"), "{}", shape(&count));
}

#[test]
fn cells_set_apart_by_tabs_are_a_table_and_items_are_not() {
    let article = read(&format!("Ink\n\n{LONG}\n\nInk\tPrice\nBlack\t3.00\nRed\t4.50\n\n•\tOne\n•\tTwo\n"));
    assert_eq!(
        shape(&article),
        format!("# Ink\np {LONG}\ntable Ink|Price\n  Black|3.00\n  Red|4.50\nlist of 2\n")
    );
}

#[test]
fn bullets_of_word_are_bullets() {
    let article = read(&format!("Ink\n\n{LONG}\n\n\u{f0b7}\tOne\n\u{f0b7}\tTwo\no\tInner\n"));
    assert_eq!(shape(&article), format!("# Ink\np {LONG}\nlist of 2\n"));
    let law = read(&format!("Ink\n\n§ 5 says nothing of it.\n\n{LONG}\n"));
    assert!(shape(&law).contains("§ 5 says"), "{}", shape(&law));
}

#[test]
fn scripts_without_spaces_and_those_from_the_right_are_read() {
    let text = "活字の話\n\n活版印刷では一つ一つの文字を手で拾い、棒の中に並べてから枠に締めて刷ります。\n\n道具\n\n木の活字は大きなポスターに使われ、鉛よりも軽いので持ち上げることができます。\n";
    let shape_of = shape(&read(text));
    assert_eq!(
        shape_of,
        "# 活字の話\np 活版印刷では一つ一つの文字を手で拾い、棒の中に並べてから枠に締めて刷ります。\nh2 道具\n\
         p 木の活字は大きなポスターに使われ、鉛よりも軽いので持ち上げることができます。\n"
    );
    let text = "حكاية الحروف\n\nكانت الحروف تُصف باليد حرفًا بعد حرف، ثم تُقفل في إطار من حديد قبل أن تُطبع مئات المرات.\n\nالأدوات\n\nالخشب أخف من الرصاص ولذلك تُصنع منه حروف الملصقات الكبيرة التي تُقرأ من بعيد.\n";
    let shape_of = shape(&read(text));
    assert!(shape_of.starts_with("# حكاية الحروف\np كانت"), "{shape_of}");
    assert!(shape_of.contains("h2 الأدوات"), "{shape_of}");
}

#[test]
fn what_programs_put_under_and_between_is_left_out() {
    let left_out = |text: &str| {
        let article = read(text);
        let told = article.guesses.iter().filter(|guess| guess.what.starts_with("left out"));
        (shape(&article), told.map(|guess| guess.text.clone()).collect::<Vec<_>>())
    };
    let (shown, told) = left_out("Ink\n\nWe print on Friday.\n\n-- \nMaud\nThe Ferris Press\n\n\n");
    assert_eq!((shown.as_str(), told.len()), ("# Ink\np We print on Friday.\n", 3));
    let (shown, told) = left_out(
        "Ink\n\nWe print on Friday.\n\nADVERTISEMENT\n\nCome and see us there.\n\nSent from my iPhone\n\n-- \nMaud\n",
    );
    assert_eq!(shown, "# Ink\np We print on Friday.\np Come and see us there.\n");
    assert_eq!(told, ["ADVERTISEMENT", "Sent from my iPhone", "--", "Maud"]);
    for kept in [
        "Ink\n\nThe word is this:\n\nAdvertisement\n\nAn advertisement costs us ten pounds a week.\n",
        "Ink\n\nWe print on Friday.\n\nSent from my iPhone\n\nis what it said, and nobody knew who had sent it.\n",
    ] {
        assert_eq!(left_out(kept).1, [""; 0], "{kept}");
    }
}

#[test]
fn paragraphs_under_two_dashes_are_no_signature() {
    for text in [
        format!("Ink\n\n{LONG}\n\n{LONG}\n\n{LONG}\n\n--\n\n{LONG}\n\nThe second half ends here.\n"),
        format!("Ink\n\n{LONG}\n\n-- \n\n{LONG}\n\nThe second half ends here.\n"),
        format!("Ink\n\n{LONG}\n\n-- \n{}The second half ends here.\n", "One line.\n\n".repeat(6)),
        "Ink\n-- \nThe second half ends here.\n".to_owned(),
        "Ink\nBy Ann Lee\n-- \nThe second half ends here.\n".to_owned(),
        "---\ntitle: Ink\n---\nInk\n\n-- \nThe second half ends here.\n".to_owned(),
    ] {
        let article = read(&text);
        assert!(shape(&article).contains("second half ends"), "{text}\n{}", shape(&article));
    }
}

#[test]
fn two_dashes_that_part_or_stand_in_commands_begin_no_signature() {
    let poem = "The first poem has some lines\nand it is nice to read at length\nin the garden of my aunt.";
    for (text, stays) in [
        (format!("Poems\n\n{poem}\n\n--\n\nThe second poem has lines too,\nand they are as short.\n"), true),
        (format!("Poems\n\n{poem}\n--\n\nThe second poem\n"), true),
        (format!("Poems\n\n{poem}\n\nRun it with\n\n    lp build\n    --\n    lp send now\n\nBye.\n"), true),
        (format!("Poems\n\n{poem}\n\n\tlp build\n--\n\tlp send now\n"), true),
        (format!("Poems\n\n{poem}\n\n  --\nlp send now\n"), true),
        (format!("Poems\n\n{poem}\n\n--\nMaud Ferris\n"), false),
        (format!("Poems\n\n{poem}\n\n-- \n\nMaud Ferris\n"), false),
    ] {
        let article = read(&text);
        let left_out = article.guesses.iter().any(|guess| guess.what.contains("signature"));
        assert_eq!(!left_out, stays, "{text}\n{}", shape(&article));
    }
}

#[test]
fn links_and_sentences_of_a_signature_are_told_with_its_line() {
    for (signature, said) in [
        ("Tickets: https://example.org/t\nThe fair opens on Monday at noon.", "9 words with 1 link"),
        ("https://example.org/t", "1 link"),
        ("Maud\n(www.example.org)\nhttps://example.org/t", "3 words with 2 links"),
        ("The fair opens on Monday.", "5 words"),
        ("Come on Monday,\nall of you who can come!", "9 words"),
        ("Maud Ferris\nThe Ferris Press", ""),
        ("Sent from my phone.", ""),
        ("maud@example.org", ""),
    ] {
        for dashes in ["--", "-- "] {
            let text = format!("Ink\n\n{LONG}\n\n{LONG}\n\n{dashes}\n{signature}\n");
            let source = Source::new("a.txt", text);
            let (article, warnings) = parse(&source, Format::PlainText, &ReadOptions::default()).unwrap();
            assert_eq!(shape(&article), format!("# Ink\np {LONG}\np {LONG}\n"), "{signature}");
            let told: Vec<String> = warnings.iter().map(Problem::message).collect();
            let expected = format!("{said} under `--` were left out, taken for a signature");
            assert_eq!(told, if said.is_empty() { vec![] } else { vec![expected] }, "{signature}");
            assert!(warnings.iter().all(|one| one.place.as_ref().unwrap().line == 7), "{signature}");
        }
    }
}

#[test]
fn a_signature_of_many_words_is_told() {
    let told = |lines: usize| {
        let text = format!("Ink\n\n{LONG}\n\n-- \n{}", "Maud Ferris, the Ferris Press\n".repeat(lines));
        let source = Source::new("a.txt", text);
        let (article, warnings) = parse(&source, Format::PlainText, &ReadOptions::default()).unwrap();
        assert_eq!(shape(&article), format!("# Ink\np {LONG}\n"));
        let line = |problem: &Problem| problem.place.as_ref().map_or(0, |place| place.line);
        warnings.iter().map(|one| format!("{}: {}", line(one), one.message())).collect::<Vec<_>>()
    };
    assert_eq!(told(3), [""; 0]);
    assert_eq!(told(4), ["5: 20 words under `--` were left out, taken for a signature"]);
}
