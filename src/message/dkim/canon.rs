//! The relaxed canonical form of a mail (RFC 6376 §3.4.2 and §3.4.4): what stays the
//! same when servers on the way refold headers and touch white space.

use memchr::memmem;

/// A header field as it travels: the name, and everything after the colon without the
/// last line end.
pub(super) type Field<'a> = (&'a [u8], &'a [u8]);

/// The header fields of `message` in order, and its body.
pub(super) fn split(message: &[u8]) -> (Vec<Field<'_>>, &[u8]) {
    let end = memmem::find(message, b"\r\n\r\n");
    let (head, body) = end.map_or((message, &b""[..]), |at| (&message[..at], &message[at + 4..]));
    let mut fields = Vec::with_capacity(16);
    let mut begin = 0;
    for at in memmem::find_iter(head, b"\r\n").chain([head.len()]) {
        if head.get(at + 2).is_some_and(|byte| is_space(*byte)) {
            continue;
        }
        let line = head[begin..at].strip_suffix(b"\r\n").unwrap_or(&head[begin..at]);
        if let Some(colon) = memchr::memchr(b':', line) {
            fields.push((line[..colon].trim_ascii_end(), &line[colon + 1..]));
        }
        begin = (at + 2).min(head.len());
    }
    (fields, body)
}

/// Appends a header field in its canonical form, without a line end.
pub(super) fn field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend(name.iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    let begin = out.len();
    let mut gap = false;
    for byte in value {
        match byte {
            b'\r' | b'\n' => {}
            b' ' | b'\t' => gap = true,
            byte => {
                if gap && out.len() > begin {
                    out.push(b' ');
                }
                gap = false;
                out.push(*byte);
            }
        }
    }
}

/// Hands the canonical form of `body` to `sink`, piece by piece: stretches that are
/// canonical already, as all of a body of ours is, are handed on as they lie there.
pub(super) fn body(body: &[u8], mut sink: impl FnMut(&[u8])) {
    let body = without_empty_end(body);
    if body.is_empty() {
        return;
    }
    let mut at = 0;
    while let Some(found) = first_loose(body, at) {
        sink(&body[at..found]);
        let run = body[found..].iter().take_while(|byte| is_space(**byte)).count();
        at = found + run;
        if !body[at..].starts_with(b"\r\n") {
            sink(b" ");
        }
    }
    sink(&body[at..]);
    sink(b"\r\n");
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The same body without the line end, the empty lines and the white space it ends in.
fn without_empty_end(mut body: &[u8]) -> &[u8] {
    loop {
        let spaces = body.iter().rev().take_while(|byte| is_space(**byte)).count();
        body = &body[..body.len() - spaces];
        match body.strip_suffix(b"\r\n") {
            Some(rest) => body = rest,
            None => return body,
        }
    }
}

/// Bytes looked at without a branch: few enough that a body full of white space is not
/// looked at over and over, many enough for the vector unit.
const BLOCK: usize = 128;

/// Where the first white space from `from` on stands that the canonical form changes;
/// or one before a bare CR, which it does not. `body` does not end in white space.
fn first_loose(body: &[u8], from: usize) -> Option<usize> {
    #[expect(clippy::needless_bitwise_bool, reason = "without branches it is done for many bytes at once")]
    let is_loose = |byte: u8, next: u8| {
        (byte == b'\t') | ((byte == b' ') & ((next == b' ') | (next == b'\t') | (next == b'\r')))
    };
    let mut at = from;
    while at < body.len() {
        let end = (at + BLOCK).min(body.len());
        let block = &body[at..end];
        let next = &body[at + 1..(end + 1).min(body.len())];
        if block.iter().zip(next).fold(false, |loose, (byte, next)| loose | is_loose(*byte, *next)) {
            let place = block.iter().zip(next).position(|(byte, next)| is_loose(*byte, *next));
            return place.map(|place| at + place);
        }
        at = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        body(text, |piece| out.extend_from_slice(piece));
        out
    }

    /// RFC 6376 §3.4.4, step by step.
    fn by_the_letter(text: &str) -> String {
        let mut lines: Vec<String> = text
            .split("\r\n")
            .map(|line| {
                let words = line.split([' ', '\t']).filter(|word| !word.is_empty());
                let joined = words.collect::<Vec<_>>().join(" ");
                if line.starts_with([' ', '\t']) && !joined.is_empty() {
                    format!(" {joined}")
                } else {
                    joined
                }
            })
            .collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines.iter().flat_map(|line| [line, "\r\n"]).collect()
    }

    #[test]
    fn the_example_of_the_rfc_comes_out_as_it_stands_there() {
        // RFC 6376 §3.4.5.
        let message = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (fields, rest) = split(message);
        let mut head = Vec::new();
        for (name, value) in fields {
            field(name, value, &mut head);
            head.extend_from_slice(b"\r\n");
        }
        assert_eq!(head, b"a:X\r\nb:Y Z\r\n");
        assert_eq!(canonical(rest), b" C\r\nD E\r\n");
    }

    #[test]
    fn an_empty_body_and_one_of_empty_lines_are_nothing() {
        for text in ["", "\r\n", " \t\r\n\r\n ", "  "] {
            assert_eq!(canonical(text.as_bytes()), b"", "{text:?}");
        }
        assert_eq!(canonical(b"x"), b"x\r\n");
    }

    #[test]
    fn a_body_that_is_canonical_already_is_handed_on_without_being_copied() {
        let text = format!("--a\r\n{}\r\n", "One word = and another.\r\n".repeat(500));
        let mut pieces = Vec::new();
        body(text.as_bytes(), |piece| pieces.push((piece.as_ptr(), piece.len())));
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0], (text.as_ptr(), text.trim_end().len()));
    }

    proptest! {
        #[test]
        fn any_body_has_the_form_that_the_rfc_describes(text in "([ \t]{0,3}|\r\n|[!-~]|[a-z ]{60,140}){0,40}") {
            prop_assert_eq!(String::from_utf8(canonical(text.as_bytes())).unwrap(), by_the_letter(&text));
        }

        #[test]
        fn the_canonical_form_is_its_own(text in "([ \t]{0,3}|\r\n|[!-~]){0,60}") {
            let once = canonical(text.as_bytes());
            prop_assert_eq!(canonical(&once), once);
        }
    }
}
