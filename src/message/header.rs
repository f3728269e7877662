//! Header fields (RFC 5322 §2.2), encoded where they are not plain ASCII (RFC 2047).

use email_encoding::headers::writer::EmailWriter;
use email_encoding::headers::{quoted_string, rfc2047};

use super::WayOut;
use crate::audience::EmailAddress;

/// Longest line we write (RFC 5322 §2.1.1 recommends 78).
const WIDTH: usize = 78;

/// Appends `Name: value` with a value of ours that is known to be plain and short.
pub(super) fn plain(name: &str, value: &str, out: &mut Vec<u8>) {
    debug_assert!(value.is_ascii() && !value.contains(['\r', '\n']));
    plain_lines(name, value, out);
}

/// The same with a value of several lines, all but the first begun with a space.
fn plain_lines(name: &str, value: &str, out: &mut Vec<u8>) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Appends `Name: text`, folded or encoded as the text needs. `text` has no line end.
pub(super) fn unstructured(name: &str, text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    let text = text.trim();
    if is_foldable(text) {
        let mut column = name.len() + 1;
        for word in text.split(' ') {
            if column + 1 + word.len() > WIDTH && column > 1 {
                out.extend_from_slice(b"\r\n");
                column = 0;
            }
            out.push(b' ');
            out.extend_from_slice(word.as_bytes());
            column += 1 + word.len();
        }
    } else {
        out.push(b' ');
        out.extend_from_slice(encoded(text, name.len() + 2, rfc2047::encode).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// `text` as `encode` writes it on a line that already has `column` bytes.
fn encoded(text: &str, column: usize, encode: fn(&str, &mut EmailWriter<'_>) -> std::fmt::Result) -> String {
    let mut out = String::new();
    let mut writer = EmailWriter::new(&mut out, column, 0, false);
    encode(text, &mut writer).expect("writing to a string does not fail");
    drop(writer);
    out
}

/// Longest name that is written, in characters; nobody is shown more.
const LONGEST_NAME: usize = 200;

/// A name as it may stand before an address: one line, without marks that turn the
/// direction of writing, which could make an address look like another, and not
/// without end.
fn tidied(name: &str) -> String {
    let shown = |c: &char| !c.is_control() && !turns_direction(*c);
    let name: String = name.trim().chars().filter(shown).take(LONGEST_NAME).collect();
    name.trim().to_owned()
}

/// Whether `c` changes the direction of the text around it (Unicode UAX #9 §2).
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A tidied name, quoted, or encoded when it could not be folded in quotes.
fn phrase(name: &str, column: usize) -> String {
    let is_long = name.split(' ').any(|word| word.len() >= WIDTH - 20);
    encoded(name, column, if is_long { rfc2047::encode } else { quoted_string::encode })
}

/// Whether `text` can stand as it is, broken only at its single spaces.
fn is_foldable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 32..=126))
        && !text.contains("=?")
        && text.split(' ').all(|word| !word.is_empty() && word.len() < WIDTH - 20)
}

/// Appends `Name: "display name" <address>`; a very long display name is cut.
pub(super) fn mailbox(name: &str, display: &str, address: &EmailAddress, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    let address = address.as_str();
    let shown = tidied(display);
    if shown.is_empty() {
        out.extend_from_slice(address.as_bytes());
    } else {
        let encoded = phrase(&shown, name.len() + 2);
        out.extend_from_slice(encoded.as_bytes());
        let last = encoded.rsplit('\n').next().map_or(0, str::len);
        let lead = if encoded.contains('\n') { 0 } else { name.len() + 2 };
        let fold = lead + last + address.len() + 3 > WIDTH;
        out.extend_from_slice(if fold { b"\r\n <" } else { b" <" });
        out.extend_from_slice(address.as_bytes());
        out.push(b'>');
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends `List-Id: name <label>` (RFC 2919 §3).
pub(super) fn list_id(name: &str, label: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"List-Id: ");
    let name = tidied(name);
    if !name.is_empty() {
        out.extend_from_slice(phrase(&name, "List-Id: ".len()).as_bytes());
        out.extend_from_slice(b"\r\n ");
    }
    out.extend_from_slice(format!("<{label}>\r\n").as_bytes());
}

/// Appends `List-Unsubscribe` (RFC 2369 §3.2) and, where there is a page, the field that
/// says that it is enough to post to it (RFC 8058 §3.1): one https address, and one of
/// mail beside it.
pub(super) fn list_unsubscribe(way: &WayOut, token: &str, out: &mut Vec<u8>) {
    let page = way.base_url.as_ref().map(|base| base.leave(token));
    let addresses: Vec<String> =
        page.iter().chain(&way.mail(token)).map(|address| format!("<{address}>")).collect();
    plain_lines("List-Unsubscribe", &addresses.join(",\r\n "), out);
    if page.is_some() {
        plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click", out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_back(text: &str) -> (String, String) {
        let mut out = Vec::new();
        unstructured("Subject", text, &mut out);
        let wire = String::from_utf8(out).unwrap();
        let mail = format!("{wire}\r\nx");
        let read = mail_parser::MessageParser::default()
            .parse(mail.as_bytes())
            .unwrap()
            .subject()
            .unwrap()
            .to_owned();
        (wire, read)
    }

    #[test]
    fn a_long_plain_subject_is_folded_at_spaces_and_not_encoded() {
        let (wire, read) = read_back(&"word ".repeat(40));
        assert!(!wire.contains("=?"));
        assert_eq!(read, "word ".repeat(40).trim());
    }

    #[test]
    fn a_name_of_one_endless_word_is_cut_and_encoded() {
        let address = crate::audience::EmailAddress::parse("ana@example.com").unwrap();
        for letter in ["a", "é", "\"", "\\"] {
            let mut out = Vec::new();
            let name = letter.repeat(3_000);
            mailbox("To", &name, &address, &mut out);
            list_id(&name, "a.example.com", &mut out);
            let wire = String::from_utf8(out).unwrap();
            assert!(wire.split("\r\n").all(|line| line.len() <= 78), "{wire}");
            let mail = format!("{wire}\r\nx");
            let read = mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap();
            assert_eq!(read.to().unwrap().first().unwrap().name(), Some(&*letter.repeat(200)));
        }
    }

    #[test]
    fn marks_that_turn_the_direction_of_writing_are_no_part_of_a_name() {
        let address = crate::audience::EmailAddress::parse("ana@example.com").unwrap();
        let mut out = Vec::new();
        let name = "\u{202e}A\u{2066}n\u{200f}a\u{61c}\u{7}".to_owned();
        mailbox("To", &name, &address, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "To: Ana <ana@example.com>\r\n");
    }

    proptest! {
        #[test]
        fn any_subject_is_read_back_by_another_parser(text in "[!-~é😀Zoë]([ -~é😀漢]{0,200})[!-~é漢]") {
            let (wire, read) = read_back(&text);
            prop_assert!(wire.is_ascii());
            prop_assert!(wire.split("\r\n").all(|line| line.len() <= 78 && !line.contains(['\r', '\n'])));
            prop_assert_eq!(read, text);
        }

        #[test]
        fn any_display_name_is_read_back_by_another_parser(name in "[!-~é漢]([ -~é😀漢]{0,90})[!-~é漢]") {
            let address = crate::audience::EmailAddress::parse("ana@example.com").unwrap();
            let mut out = Vec::new();
            mailbox("To", &name, &address, &mut out);
            let wire = String::from_utf8(out).unwrap();
            prop_assert!(wire.is_ascii() && wire.split("\r\n").all(|line| line.len() <= 100), "{}", wire);
            let mail = format!("{wire}\r\nx");
            let read = mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap();
            let to = read.to().unwrap().first().unwrap();
            prop_assert_eq!(to.address(), Some("ana@example.com"));
            prop_assert_eq!(to.name().unwrap_or_default(), name);
        }
    }
}
