use proptest::prelude::*;

use super::*;

fn list(text: &str) -> List {
    parse("people.csv", text.as_bytes()).unwrap()
}

/// Every problem as `line:column message`.
fn told<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Vec<String> {
    problems
        .into_iter()
        .map(|problem| match &problem.place {
            Some(place) => format!("{}:{} {}", place.line, place.column, problem.message()),
            None => problem.message(),
        })
        .collect()
}

fn refused(bytes: impl AsRef<[u8]>) -> Vec<String> {
    told(&parse("people.csv", bytes.as_ref()).unwrap_err())
}

fn value<'a>(list: &'a List, row: usize, name: &str) -> Option<&'a str> {
    list.subscribers[row].values.get(name).map(String::as_str)
}

#[test]
fn a_list_gives_its_people_their_values_and_their_rows() {
    let list = list("email,First Name,Plan\nann@example.com, Ann ,pro\n\nBOB@Example.COM,,\n");
    assert_eq!(list.name, "people");
    assert_eq!(list.columns, ["email", "first_name", "plan"]);
    assert_eq!(value(&list, 0, "first_name"), Some("Ann"));
    assert_eq!(value(&list, 1, "first_name"), None);
    assert_eq!(value(&list, 1, "email"), Some("BOB@example.com"));
    let span = list.subscribers[1].span;
    assert_eq!(&list.source.text()[span.start..span.end], "BOB@Example.COM,,");
    assert_eq!(list.source.place(span).line, 4);
    assert!(list.warnings.is_empty());
}

#[test]
fn an_address_column_of_another_name_is_also_called_email() {
    let list = list("Name;E-Mail Address\nAnn;Ann <ann@example.com>\nBob;mailto:bob@example.com\n");
    assert_eq!(list.columns, ["name", "email", "e_mail_address"]);
    assert_eq!(value(&list, 0, "email"), Some("ann@example.com"));
    assert_eq!(value(&list, 1, "e_mail_address"), Some("bob@example.com"));
}

#[test]
fn empty_columns_without_a_name_at_the_end_are_no_columns() {
    for text in [
        "email,name,,\nann@example.com,Ann,,\nbob@example.com,Bob\n",
        "email,name,\nann@example.com,Ann,\nbob@example.com,Bob,, ,\n",
        "email,name\nann@example.com,Ann,,\nbob@example.com,Bob,\n",
    ] {
        let list = list(text);
        assert_eq!(list.columns, ["email", "name"]);
        assert_eq!((list.subscribers.len(), value(&list, 1, "name")), (2, Some("Bob")));
        assert_eq!(told(&list.warnings), Vec::<String>::new(), "{text}");
    }
    let list = list("email,name,\nann@example.com,Ann,left out\n");
    assert_eq!(told(&list.warnings), ["2:21 column 3 has no name and is not read"]);
    assert_eq!(refused("email,name,\nann@example.com\n"), ["2:1 expected 2 cells, found 1"]);
    assert_eq!(refused("email,name\nann@example.com,Ann,more\n"), ["2:1 expected 2 cells, found 3"]);
}

#[test]
fn utf_16_without_a_mark_is_read() {
    let text = "email,name\r\nzoe@example.com,Zoë\r\n李@example.com,李\r\n";
    for (bytes, name) in [
        (text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), "UTF-16LE"),
        (text.encode_utf16().flat_map(u16::to_be_bytes).collect(), "UTF-16BE"),
    ] {
        let list = parse("people.csv", &bytes).unwrap();
        assert_eq!((value(&list, 0, "name"), value(&list, 1, "name")), (Some("Zoë"), Some("李")));
        assert_eq!(told(&list.warnings), [format!("2:19 the list is not UTF-8; it was read as {name}")]);
    }
}

#[test]
fn every_common_delimiter_and_line_end_is_understood() {
    for delimiter in [",", ";", "\t", "|"] {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("name,email{end}\"A, ; \t | B\",ann@example.com{end}{end}C,bob@example.com");
            let text = text.replace("name,", &format!("name{delimiter}"));
            let text = text.replace("\",", &format!("\"{delimiter}")).replace("C,", &format!("C{delimiter}"));
            let list = list(&text);
            assert_eq!(value(&list, 0, "name"), Some("A, ; \t | B"));
            assert_eq!(list.source.place(list.subscribers[1].span).line, 4, "{text:?}");
        }
    }
    assert_eq!(list("sep=;\nname;email\na,b,c;ann@example.com").subscribers.len(), 1);
}

#[test]
fn a_line_break_in_quotes_is_kept_in_a_value_and_counts_as_a_line() {
    let list = list("email,note\nann@example.com,\"one\r\ntwo\"\nbob@example.com,x\n");
    assert_eq!(value(&list, 0, "note"), Some("one\r\ntwo"));
    assert_eq!(list.source.place(list.subscribers[1].span).line, 4);
}

#[test]
fn a_line_break_in_an_address_is_refused() {
    assert_eq!(
        refused("email\n\"ann@example.com\nbcc@example.org\"\n"),
        ["2:1 `ann@example.com\u{fffd}bcc@example.org` cannot get mail: the address holds a line break"]
    );
}

#[test]
fn marks_of_byte_order_are_understood() {
    let text = "email,name\nann@example.com,Zoë\n";
    let utf16 = |big: bool| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    for bytes in [format!("\u{feff}{text}").into_bytes(), utf16(true), utf16(false)] {
        let list = parse("people.csv", &bytes).unwrap();
        assert_eq!(value(&list, 0, "name"), Some("Zoë"));
        assert!(list.warnings.is_empty());
    }
}

#[test]
fn an_older_encoding_is_guessed_and_named() {
    let list = parse("people.csv", b"email,name\nann@example.com,Zo\xeb L\xf6fgren\n").unwrap();
    assert_eq!(value(&list, 0, "name"), Some("Zoë Löfgren"));
    assert_eq!(told(&list.warnings), ["2:19 the list is not UTF-8; it was read as windows-1252"]);
}

#[test]
fn a_broken_byte_in_a_utf8_list_is_not_taken_for_another_encoding() {
    assert_eq!(
        refused(b"email,name\nann@example.com,Zo\xc3\xab\nbob@example.com,B\xff\n"),
        ["3:18 the list is not valid UTF-8 from here on"]
    );
}

#[test]
fn an_empty_list_is_refused() {
    assert_eq!(refused(""), ["1:1 the list is empty"]);
    assert_eq!(refused("\r\n \n\n"), ["1:1 the list is empty"]);
    assert_eq!(refused("\u{feff}"), ["1:1 the list is empty"]);
}

#[test]
fn a_list_of_nobody_is_refused() {
    assert_eq!(refused("email,name\n\n,\n"), ["1:1 the list has column names and nobody under them"]);
}

#[test]
fn a_list_without_an_address_column_names_the_columns_it_has() {
    assert_eq!(
        refused("name,city\nAnn,Rome\n"),
        ["1:1 no column holds the address; the columns are `name`, `city`"]
    );
}

#[test]
fn a_list_without_a_header_is_told_so() {
    assert_eq!(
        refused("Ann,ann@example.com\n"),
        [
            "1:5 the first row holds an address where the names of the columns belong",
            "1:1 the list has column names and nobody under them"
        ]
    );
}

#[test]
fn two_columns_of_one_name_are_refused_with_both_places() {
    assert_eq!(
        refused("First Name,email,first-name\nAnn,ann@example.com,A\n"),
        ["1:18 two columns are named `first_name`: column 1 (`First Name`) and column 3 (`first-name`)"]
    );
}

#[test]
fn a_column_without_a_name_is_not_read() {
    let list = list("email,,name\nann@example.com,x,Ann\n");
    assert_eq!(list.columns, ["email", "name"]);
    assert_eq!(told(&list.warnings), ["1:7 column 2 has no name and is not read"]);
}

#[test]
fn every_bad_row_is_told_at_once_at_its_place() {
    let text =
        "name,email\nAnn\nBob,bob@\nCy,cy@example.com,x\nDee,\n\"E, F\",e f@example.com\nG,g@example.com\n";
    assert_eq!(
        refused(text),
        [
            "2:1 expected 2 cells, found 1",
            "3:5 `bob@` cannot get mail: nothing stands after the @",
            "4:1 expected 2 cells, found 3",
            "5:5 the row has no address",
            "6:8 `e f@example.com` cannot get mail: the address holds a space",
        ]
    );
}

#[test]
fn an_address_that_comes_twice_is_used_once_and_both_lines_are_named() {
    let list = list("email,name\nAnn@example.com,first\nbob@example.com,\nann@EXAMPLE.com,second\n");
    assert_eq!(list.subscribers.len(), 2);
    assert_eq!(value(&list, 0, "name"), Some("first"));
    assert_eq!(
        told(&list.warnings),
        ["4:1 `ann@example.com` is already on line 2; that row is used and this one is not"]
    );
}

#[test]
fn a_control_character_in_a_cell_is_refused() {
    assert_eq!(
        refused("email,name\nann@example.com,A\0\nbob@example.com,B\u{8}\n"),
        ["2:17 the cell holds a NUL byte", "3:17 the cell holds a control character, U+0008"]
    );
}

#[test]
fn quotes_that_do_not_match_are_told() {
    assert_eq!(
        refused("email,name\nann@example.com,\"A\"nn\nbob@example.com,\"Bob\ncy@example.com,Cy\n"),
        [
            "2:19 something follows the closing quote of the cell",
            "3:17 the quote that opens this cell is never closed"
        ]
    );
    let list = list("email,name\nann@example.com,the \"A\" team\n");
    assert_eq!(value(&list, 0, "name"), Some("the \"A\" team"));
    assert_eq!(
        told(&list.warnings),
        ["2:21 the cell holds a quote but does not begin with one; it is read as it stands"]
    );
}

#[test]
fn a_thousand_problems_of_a_kind_are_folded() {
    let text = format!("email\n{}ann\n{}", "bob@\n".repeat(10_000), "x,y\n".repeat(60));
    let told = refused(text);
    assert_eq!(told.len(), 2 * SHOWN + 2);
    assert_eq!(told[49], "51:1 `bob@` cannot get mail: nothing stands after the @");
    assert_eq!(told[2 * SHOWN], "and 9951 more of this kind: cells that hold no address");
    assert_eq!(told[2 * SHOWN + 1], "and 10 more of this kind: rows with too few or too many cells");
}

#[test]
fn a_missing_file_and_a_folder_are_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let told = load(&folder.path().join("none.csv")).unwrap_err().to_string();
    assert!(told.starts_with("cannot read the list `") && told.ends_with("none.csv`: there is no such file"));
    assert!(load(folder.path()).unwrap_err().to_string().ends_with("it is a folder"));
}

#[test]
fn the_example_list_loads_without_a_word() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("subscribers.example.csv");
    let list = load(&path).unwrap();
    assert_eq!(list.columns, ["email", "first_name", "last_name", "plan", "city"]);
    assert_eq!(
        (list.name.as_str(), list.subscribers.len(), list.warnings.len()),
        ("subscribers.example", 12, 0)
    );
    assert_eq!(value(&list, 1, "city"), Some("Portland, Oregon"));
    assert!(list.subscribers.iter().any(|person| !person.values.contains_key("first_name")));
    assert!(list.subscribers.iter().all(|person| person.address.domain().starts_with("example.")));
}

proptest! {
    #[test]
    fn no_bytes_make_a_list_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse("people.csv", &bytes);
    }

    #[test]
    fn no_text_like_a_list_makes_it_panic(text in "(sep=;\n)?[email,;\"\r\n@.\0 é\\x{feff}]{0,80}") {
        let bytes = format!("email,x{}{text}", "\n");
        for bytes in [text.as_bytes(), bytes.as_bytes()] {
            if let Ok(list) = parse("people.csv", bytes) {
                for person in &list.subscribers {
                    let span = person.span;
                    prop_assert!(list.source.text().get(span.start..span.end).is_some());
                }
            }
        }
    }
}
