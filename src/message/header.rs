//! Header fields (RFC 5322 §2.2), encoded where they are not plain ASCII (RFC 2047).

use email_encoding::headers::writer::EmailWriter;
use email_encoding::headers::{quoted_string, rfc2047};

use crate::audience::Mailbox;

/// Longest line we write (RFC 5322 §2.1.1 recommends 78).
const WIDTH: usize = 78;

/// Appends `Name: value` with a value of ours that is known to be plain and short.
pub(super) fn plain(name: &str, value: &str, out: &mut Vec<u8>) {
    debug_assert!(value.is_ascii() && !value.contains(['\r', '\n']));
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

/// Whether `text` can stand as it is, broken only at its single spaces.
fn is_foldable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 32..=126))
        && !text.contains("=?")
        && text.split(' ').all(|word| !word.is_empty() && word.len() < WIDTH - 20)
}

/// Appends `Name: "display name" <address>`.
pub(super) fn mailbox(name: &str, mailbox: &Mailbox, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    let address = mailbox.address.to_string();
    if mailbox.name.is_empty() {
        out.extend_from_slice(address.as_bytes());
    } else {
        let encoded = encoded(&mailbox.name, name.len() + 2, quoted_string::encode);
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
    if !name.is_empty() {
        out.extend_from_slice(encoded(name, "List-Id: ".len(), quoted_string::encode).as_bytes());
        out.extend_from_slice(b"\r\n ");
    }
    out.extend_from_slice(format!("<{label}>\r\n").as_bytes());
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
            mailbox("To", &Mailbox { name: name.clone(), address }, &mut out);
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
