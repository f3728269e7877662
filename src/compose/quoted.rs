//! Quoted-printable (RFC 2045 §6.7), written so that pieces can be joined.
//!
//! Every piece begins at the start of a line and ends there too, with a soft break
//! when its text goes on, so encoded literals and encoded values can follow each
//! other in any order. `{` is always encoded, so that no literal can be taken for a
//! merge tag, and so is a dot at the start of a line, so that nothing needs
//! dot-stuffing (RFC 5321 §4.5.2).

/// Longest encoded line before the `=` of a soft break (RFC 2045 §6.7 allows 76 with
/// it).
const WIDTH: usize = 75;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `text` encoded. Line ends of any kind become CRLF; the output is empty or
/// ends with a line end, hard or soft.
pub(super) fn encode(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + text.len() / 8);
    let bytes = text.as_bytes();
    let mut column = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'\r' || byte == b'\n' {
            at += if bytes[at..].starts_with(b"\r\n") { 2 } else { 1 };
            out.extend_from_slice(b"\r\n");
            column = 0;
            continue;
        }
        let run = if column == 0 { 0 } else { plain_run(&bytes[at..], WIDTH - column) };
        if run > 0 {
            out.extend_from_slice(&bytes[at..at + run]);
            column += run;
            at += run;
            continue;
        }
        let last = matches!(bytes.get(at + 1), None | Some(b'\r' | b'\n'));
        if is_plain(byte, column, last) {
            soft_break(out, &mut column, 1);
            // The soft break may have moved the byte to the start of a line.
            if column > 0 || is_plain(byte, 0, last) {
                out.push(byte);
                column += 1;
                at += 1;
                continue;
            }
        }
        let character = text[at..].chars().next().map_or(1, char::len_utf8);
        // A character is kept on one line: some readers decode line by line.
        soft_break(out, &mut column, 3 * character);
        for byte in &bytes[at..at + character] {
            out.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        column += 3 * character;
        at += character;
    }
    if column > 0 {
        out.extend_from_slice(b"=\r\n");
    }
}

/// How many of the first `room` bytes can stand as they are in the middle of a line.
fn plain_run(bytes: &[u8], room: usize) -> usize {
    let bytes = &bytes[..bytes.len().min(room)];
    let run = bytes.iter().position(|byte| !matches!(byte, 32..=126) || matches!(byte, b'=' | b'{'));
    let run = &bytes[..run.unwrap_or(bytes.len())];
    // A space at the end may be the last of its line.
    run.len() - run.iter().rev().take_while(|byte| **byte == b' ').count()
}

fn soft_break(out: &mut Vec<u8>, column: &mut usize, needed: usize) {
    if *column + needed > WIDTH {
        out.extend_from_slice(b"=\r\n");
        *column = 0;
    }
}

fn is_plain(byte: u8, column: usize, last: bool) -> bool {
    match byte {
        b'=' | b'{' => false,
        b' ' | b'\t' => !last,
        // A leading dot is SMTP's, a leading F may be a mailbox's "From ", and a
        // leading dash could look like a boundary.
        b'.' | b'F' | b'-' => column > 0,
        33..=126 => true,
        _ => false,
    }
}

/// The text that `bytes` encode, with line ends as `\n`. Only for what [`encode`]
/// wrote.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'=' if bytes[at + 1..].starts_with(b"\r\n") => at += 3,
            b'=' => {
                let digit = |index: usize| {
                    bytes.get(index).and_then(|byte| char::from(*byte).to_digit(16)).unwrap_or(0)
                };
                out.push(u8::try_from(digit(at + 1) * 16 + digit(at + 2)).unwrap_or(b'?'));
                at += 3;
            }
            b'\r' => at += 1,
            byte => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_mail_would_mistake_is_encoded() {
        assert_eq!(encoded(".x\n"), "=2Ex\r\n");
        assert_eq!(encoded("From me\n"), "=46rom me\r\n");
        assert_eq!(encoded("--b\n"), "=2D-b\r\n");
        assert_eq!(encoded("a \nb"), "a=20\r\nb=\r\n");
        assert_eq!(encoded("{{ x }}"), "=7B=7B x }}=\r\n");
        assert_eq!(encoded("é"), "=C3=A9=\r\n");
    }

    proptest! {
        #[test]
        fn any_text_survives_and_no_line_is_too_long(parts in prop::collection::vec("(.|\n|\r\n|[.]|é|😀| ){0,90}", 1..4)) {
            let mut out = Vec::new();
            for part in &parts {
                encode(part, &mut out);
            }
            let text = String::from_utf8(out.clone()).unwrap();
            prop_assert!(text.is_ascii());
            for line in text.split("\r\n") {
                prop_assert!(line.len() <= 76);
                prop_assert!(!line.contains(['\r', '\n']));
                prop_assert!(!line.starts_with('.'));
                prop_assert!(!line.ends_with([' ', '\t']));
            }
            let expected: String = parts.iter().map(|part| part.replace("\r\n", "\n").replace('\r', "\n")).collect();
            prop_assert_eq!(decode(&out), expected);
        }
    }
}
