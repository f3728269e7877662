//! What a mail says, as far as it matters here.

use std::borrow::Cow;

use mail_parser::{MessageParser, MimeHeaders as _, PartType};

use super::read::Mail;

/// Longest value of a field that is looked at, in bytes.
const VALUE: usize = 8 * 1024;

/// Most fields of a header that are looked at.
const FIELDS: usize = 1_000;

/// How deep parts lie in each other at most; mail programs make three or four levels.
const DEPTH: usize = 8;

/// Most parts of one multipart that are looked at.
const PARTS: usize = 50;

/// Most bytes of text that are kept. Who asks for something says so at the beginning.
const TEXT: usize = 64 * 1024;

/// Longest name of a letter, in characters.
const NAME: usize = 80;

/// What a mail says, as far as it matters here. All of it can be written by anybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    /// Its Message-ID as it is written, harmless and cut.
    pub message_id: String,
    /// Its subject for people: decoded, on one line, harmless and cut, without what may
    /// be a token.
    pub title: String,
    /// Whether a program sent it by itself: nobody is to be answered (RFC 3834).
    pub is_automatic: bool,
    /// Its subjects, decoded; there should be one.
    pub(super) subjects: Vec<String>,
    /// Whom it names as its recipients, as they are written.
    pub(super) recipients: Vec<String>,
    /// What its writer wrote and quoted, decoded; not what is attached.
    pub(super) text: String,
}

impl Letter {
    /// Reads a mail. Of one that was cut, only the header.
    #[must_use]
    pub fn read(mail: &Mail) -> Self {
        let whole = Entity::read(&mail.bytes);
        let values = |name: &str| {
            let values = whole.fields.iter().filter(move |field| field.is(name));
            values.map(|field| String::from_utf8_lossy(field.value).into_owned()).collect::<Vec<_>>()
        };
        let has = |name: &str, is: fn(&str) -> bool| values(name).iter().any(|value| is(value.trim()));
        let subjects: Vec<String> =
            whole.fields.iter().filter(|field| field.is("Subject")).map(decoded).collect();
        let mut text = String::new();
        if !mail.is_cut {
            whole.texts(DEPTH, &mut text);
        }
        Self {
            message_id: harmless(&values("Message-ID").concat()),
            title: harmless(&without_tokens(&subjects.first().cloned().unwrap_or_default())),
            is_automatic: has("Auto-Submitted", |value| !first_word(value).eq_ignore_ascii_case("no"))
                || has("Return-Path", |value| value == "<>")
                || has("List-Id", |_| true)
                || has("Precedence", |value| {
                    ["bulk", "junk", "list"].iter().any(|word| first_word(value).eq_ignore_ascii_case(word))
                }),
            subjects,
            recipients: ["To", "Delivered-To", "X-Original-To"].into_iter().flat_map(values).collect(),
            text,
        }
    }
}

fn first_word(value: &str) -> &str {
    value.split(|c: char| c == ';' || c == '(' || c.is_whitespace()).next().unwrap_or_default()
}

/// A header field.
struct Field<'a> {
    name: &'a [u8],
    /// As it is written, folded, and cut.
    value: &'a [u8],
}

impl Field<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// A mail, or a part of one: a header and what follows it.
struct Entity<'a> {
    fields: Vec<Field<'a>>,
    body: &'a [u8],
}

impl<'a> Entity<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let mut fields = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            if let Some(body) = rest.strip_prefix(b"\n") {
                return Self { fields, body };
            }
            let end = field_end(rest);
            let (field, after) = rest.split_at(end);
            rest = after;
            if let Some(colon) = memchr::memchr(b':', field)
                && fields.len() < FIELDS
            {
                let value = &field[colon + 1..];
                let value = &value[..value.len().min(VALUE)];
                fields.push(Field { name: field[..colon].trim_ascii(), value });
            }
        }
        Self { fields, body: b"" }
    }

    /// The fields that say what the body is, as a header of their own: what reads them
    /// sees nothing else.
    fn mime(&self) -> Vec<u8> {
        let mut mime = Vec::new();
        for name in ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"] {
            // The first one of each, as mail programs do.
            if let Some(field) = self.fields.iter().find(|field| field.is(name)) {
                mime.extend_from_slice(name.as_bytes());
                mime.push(b':');
                mime.extend_from_slice(field.value.trim_ascii_end());
                mime.push(b'\n');
            }
        }
        mime.push(b'\n');
        mime
    }

    /// Adds the text that its writer wrote, `depth` levels deep.
    fn texts(&self, depth: usize, out: &mut String) {
        let mut mime = self.mime();
        let parser = MessageParser::default();
        let header = parser.parse_headers(&mime);
        let content = header.as_ref().and_then(|header| header.content_type());
        let (kind, form) = content
            .map_or(("text", "plain"), |content| (content.ctype(), content.subtype().unwrap_or_default()));
        let is_attached = header
            .as_ref()
            .and_then(|header| header.content_disposition())
            .is_some_and(|disposition| disposition.ctype() != "inline");
        if kind == "multipart" {
            let boundary = content.and_then(|content| content.attribute("boundary")).unwrap_or_default();
            if depth > 0 && !boundary.is_empty() {
                for part in parts(self.body, boundary.as_bytes()) {
                    Entity::read(part).texts(depth - 1, out);
                }
            }
        } else if kind == "text" && form == "plain" && !is_attached && out.len() < TEXT {
            mime.extend_from_slice(self.body);
            let read = parser.parse(&mime);
            let parts = read.iter().flat_map(|read| &read.parts);
            for part in parts {
                if let PartType::Text(text) = &part.body {
                    out.push_str(&text[..text.floor_char_boundary(TEXT)]);
                    out.push('\n');
                }
            }
        }
    }
}

/// Where the field that `bytes` begin with ends: before the first line that continues
/// none.
fn field_end(bytes: &[u8]) -> usize {
    for end in memchr::memchr_iter(b'\n', bytes) {
        if !matches!(bytes.get(end + 1), Some(b' ' | b'\t')) {
            return end + 1;
        }
    }
    bytes.len()
}

/// The parts of a multipart body (RFC 2046 §5.1.1). The last one need not be closed.
fn parts<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let (mut begun, mut at) = (None, 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let start = at;
        at += line.len();
        let Some(rest) = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary)) else {
            continue;
        };
        let is_last = rest.starts_with(b"--");
        if !is_last && !rest.trim_ascii().is_empty() {
            continue;
        }
        if let Some(begun) = begun.take() {
            parts.push(&body[begun..start]);
        }
        if is_last || parts.len() >= PARTS {
            return parts;
        }
        begun = Some(at);
    }
    parts.extend(begun.map(|begun| &body[begun..]));
    parts
}

/// The value of an unstructured field: unfolded, its encoded words decoded (RFC 2047).
fn decoded(field: &Field<'_>) -> String {
    let alone = [b"Subject:", field.value, b"\n\n"].concat();
    let read = MessageParser::default().parse_headers(&alone);
    let subject = read.as_ref().and_then(|read| read.subject());
    subject.unwrap_or_default().to_owned()
}

/// Foreign words for a terminal: on one line, without control characters, and cut.
fn harmless(text: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.trim().chars().enumerate() {
        match c {
            _ if at == NAME => {
                out.push('…');
                break;
            }
            '\n' | '\t' | '\r' => out.push(' '),
            c if c.is_control() || turns_direction(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with whatever may be a token, or the larger part of one, left out.
fn without_tokens(text: &str) -> Cow<'_, str> {
    let is_long =
        |word: &str| word.len() >= super::leave::SHORTEST && word.chars().all(super::leave::is_sign);
    if !text.split(|c| !super::leave::is_sign(c)).any(is_long) {
        return text.into();
    }
    let mut out = String::new();
    for piece in text.split_inclusive(|c| !super::leave::is_sign(c)) {
        let word = piece.trim_end_matches(|c| !super::leave::is_sign(c));
        if is_long(word) {
            out.push('…');
            out.push_str(&piece[word.len()..]);
        } else {
            out.push_str(piece);
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn letter(text: &str) -> Letter {
        Letter::read(&Mail::read(text.as_bytes()).unwrap().unwrap())
    }

    #[test]
    fn a_subject_is_decoded_and_unfolded() {
        for (written, read) in [
            ("a b", "a b"),
            ("a\n b\n\tc", "a b c"),
            ("=?utf-8?Q?unsub=C3=A4?=", "unsubä"),
            ("=?UTF-8?B?dW5zdWI=?=\n =?UTF-8?B?c2NyaWJl?= T", "unsubscribe T"),
        ] {
            assert_eq!(letter(&format!("subject: {written}\n\n")).subjects, [read], "{written:?}");
        }
        assert_eq!(letter("Subject: no body").subjects, ["no body"]);
    }

    #[test]
    fn a_title_is_one_line_for_a_terminal_without_tokens() {
        let title = |subject: &str| letter(&format!("Subject: {subject}\n\n")).title;
        assert_eq!(title("Hello"), "Hello");
        assert_eq!(title("=?utf-8?Q?a=1B[2Jb=0Ac=E2=80=AEd?="), "a\u{fffd}[2Jb c\u{fffd}d");
        assert_eq!(title(&format!("Re: unsubscribe {}, now", "aB-_9".repeat(10))), "Re: unsubscribe …, now");
        assert_eq!(title(&"word ".repeat(100)).chars().count(), NAME + 1);
        assert_eq!(letter("To: a\n\n").title, "");
    }

    #[test]
    fn programs_are_told_from_people() {
        for (field, is_automatic) in [
            ("Auto-Submitted: auto-replied", true),
            ("auto-submitted: auto-generated; x=y", true),
            ("Auto-Submitted: no", false),
            ("Auto-Submitted: No (by hand)", false),
            ("Return-Path: <>", true),
            ("Return-Path: <ann@example.com>", false),
            ("List-Id: <a.example.com>", true),
            ("Precedence: bulk", true),
            ("Precedence: Junk", true),
            ("Precedence: first-class", false),
        ] {
            assert_eq!(letter(&format!("{field}\nSubject: a\n\n")).is_automatic, is_automatic, "{field}");
        }
    }

    #[test]
    fn the_text_is_what_was_written_and_not_what_is_attached() {
        let text = |mail: &str| letter(mail).text.trim().to_owned();
        assert_eq!(text("Subject: a\n\nplain\n"), "plain");
        assert_eq!(text("Content-Type: text/html\n\nhtml\n"), "");
        assert_eq!(text("Content-Type: message/rfc822\n\nSubject: b\n\nother\n"), "");
        assert_eq!(text("Content-Transfer-Encoding: base64\n\ncGxhaW4=\n"), "plain");
        let quoted =
            "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n";
        assert_eq!(text(&format!("{quoted}sch=F6=\nn\n")), "schön");
        let mixed = "Content-Type: multipart/mixed; boundary=\"a b\"\n\nnobody reads this\n--a b\n\
            Content-Type: multipart/alternative; boundary=c\n\n--c\n\none\n--c\nContent-Type: text/html\n\n\
            two\n--c--\n--a b \nContent-Disposition: attachment\n\nthree\n--a b\n\
            Content-Type: message/rfc822\n\nSubject: b\n\nfour\n--a bc\n--a b\n\nfive\n--a b--\nsix\n";
        assert_eq!(text(mixed), "one\n\nfive");
    }

    #[test]
    fn parts_in_parts_end_somewhere() {
        let level = |at: usize| format!("Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n");
        let deep = |levels: usize| (0..levels).map(level).collect::<String>() + "\ndeep\n";
        assert_eq!(letter(&deep(DEPTH)).text.trim(), "deep");
        assert_eq!(letter(&deep(DEPTH + 1)).text, "");
        assert_eq!(letter(&deep(10_000)).text, "");
        let wide = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(100_000));
        assert_eq!(letter(&wide).text.matches('x').count(), PARTS);
        let nested = "Content-Type: message/rfc822\n\n".repeat(30_000);
        assert_eq!(letter(&nested).text, "");
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(
            head in "((Subject|Content-Type|Content-Transfer-Encoding): ?(multipart/mixed; boundary=a|text/plain; \
                charset=utf-16|base64|quoted-printable|=\\?utf-8\\?[QB]\\?[ -~]{0,9}(\\?=)?)\r?\n){0,4}\r?\n",
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            tail in "(--a(--)?\r?\n[ -~]{0,9}){0,4}",
        ) {
            let all = [head.as_bytes(), &bytes, tail.as_bytes()].concat();
            if let Some(mail) = Mail::read(all.as_slice()).unwrap() {
                let letter = Letter::read(&mail);
                prop_assert!(!letter.title.chars().any(char::is_control));
            }
        }
    }
}
