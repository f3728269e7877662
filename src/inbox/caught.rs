//! A caught mail, read for showing.

use mail_parser::decoders::html::html_to_text;
use mail_parser::{HeaderValue, Message, MessageParser, PartType};

/// Length of [`Caught::preview`] in characters; what mail programs show.
const PREVIEW: usize = 140;

/// A mail the inbox caught, read for showing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caught {
    /// Names it in this maildir for as long as it lies there: letters, digits and
    /// `._=,-`, safe in a URL.
    pub id: String,
    /// The From header as people read it.
    pub from: String,
    /// The recipient the envelope named.
    pub to: String,
    /// The envelope's return path; empty for the null path.
    pub return_path: String,
    /// The subject, decoded.
    pub subject: String,
    /// The Date header as it is written; empty without one.
    pub date: String,
    /// When it was caught.
    pub received: jiff::Timestamp,
    /// Bytes on disk.
    pub size: u64,
    /// The HTML part, decoded.
    pub html: Option<String>,
    /// The plain-text part, decoded.
    pub text: Option<String>,
    /// Every header in order, unfolded and decoded.
    pub headers: Vec<(String, String)>,
    /// The beginning of what a reader sees, on one line.
    pub preview: String,
    /// Whether somebody has looked at it.
    pub seen: bool,
}

impl Caught {
    /// Reads a file of the maildir. What cannot be parsed is shown as far as it can.
    pub(super) fn read(id: &str, received: jiff::Timestamp, seen: bool, bytes: &[u8]) -> Self {
        let bare = Self { id: id.to_owned(), received, size: bytes.len() as u64, seen, ..Self::default() };
        // A message of no parts is what the parser makes of an empty file, and asking
        // it for headers would be a panic.
        let parsed = MessageParser::default().parse(bytes).filter(|message| !message.parts.is_empty());
        let Some(message) = parsed else { return bare };
        let headers = headers(&message, bytes);
        let header = |name: &str| {
            headers
                .iter()
                .find(|(its, _)| its.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.clone())
                .unwrap_or_default()
        };
        let text = part(&message, &message.text_body, |part| match part {
            PartType::Text(text) => Some(text.to_string()),
            _ => None,
        });
        let html = part(&message, &message.html_body, |part| match part {
            PartType::Html(html) => Some(html.to_string()),
            _ => None,
        });
        // Mail programs show the beginning of the HTML part, hidden lines included.
        let beginning = html.as_deref().map(html_to_text).or_else(|| text.clone());
        Self {
            from: mailboxes(&message).unwrap_or_else(|| header("From")),
            to: header("Delivered-To"),
            return_path: header("Return-Path").trim_matches(['<', '>']).to_owned(),
            subject: message.subject().unwrap_or_default().to_owned(),
            date: header("Date"),
            preview: preview(beginning.as_deref().unwrap_or_default()),
            html,
            text,
            headers,
            ..bare
        }
    }
}

fn part(
    message: &Message<'_>,
    ids: &[u32],
    pick: impl Fn(&PartType<'_>) -> Option<String>,
) -> Option<String> {
    ids.iter().filter_map(|&id| message.parts.get(id as usize)).find_map(|part| pick(&part.body))
}

/// The From header's mailboxes, names decoded.
fn mailboxes(message: &Message<'_>) -> Option<String> {
    let all: Vec<String> = message
        .from()?
        .iter()
        .map(|mailbox| match (mailbox.name(), mailbox.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (name, address) => name.or(address).unwrap_or_default().to_owned(),
        })
        .collect();
    Some(all.join(", ")).filter(|all| !all.is_empty())
}

fn headers(message: &Message<'_>, bytes: &[u8]) -> Vec<(String, String)> {
    message
        .headers()
        .iter()
        .map(|header| {
            let value = if let HeaderValue::Text(text) = &header.value {
                text.to_string()
            } else {
                let range = header.offset_start as usize..header.offset_end as usize;
                let raw = bytes.get(range).unwrap_or_default();
                String::from_utf8_lossy(raw).split_ascii_whitespace().collect::<Vec<_>>().join(" ")
            };
            (header.name().to_owned(), value)
        })
        .collect()
}

fn preview(text: &str) -> String {
    let mut preview = String::new();
    // Fillers after the line for inboxes are seen as text and shown as nothing.
    let filler = |c: char| matches!(c, '\u{34f}' | '\u{200b}'..='\u{200d}' | '\u{ad}' | '\u{feff}');
    for word in text.split_whitespace().map(|word| word.trim_matches(filler)).filter(|word| !word.is_empty())
    {
        if !preview.is_empty() {
            preview.push(' ');
        }
        preview.extend(word.chars().take(PREVIEW + 1));
        if preview.chars().count() > PREVIEW {
            return preview.chars().take(PREVIEW).chain(['…']).collect();
        }
    }
    preview
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_shown(
            head in "(Content-Type: (multipart/mixed; boundary=a|text/html|message/rfc822)\r?\n){0,2}\r?\n",
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            tail in "(--a(--)?\r?\n[ -~]{0,9}){0,4}",
        ) {
            let all = [head.as_bytes(), &bytes, tail.as_bytes()].concat();
            let caught = Caught::read("id", jiff::Timestamp::UNIX_EPOCH, false, &all);
            assert_eq!(caught.size, all.len() as u64);
        }
    }

    #[test]
    fn a_preview_is_one_short_line_whatever_the_text() {
        assert_eq!(preview(" one\r\n\ttwo \u{a0} three "), "one two three");
        assert_eq!(preview(&"ä".repeat(10_000)).chars().count(), PREVIEW + 1);
    }
}
