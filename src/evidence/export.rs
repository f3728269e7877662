//! A table that a provider hands out: one row an event, columns known by their names.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::{EvidenceError, Fate, Finding, Sought, harmless};
use crate::problem::Problem;

/// The most of a table that is read: a quote that is never closed makes one cell of
/// all the rest.
const LONGEST: u64 = 256 * 1024 * 1024;

/// Problems of rows that are told one by one.
const TOLD: usize = 20;

/// Names of the column with the Message-ID.
const MESSAGE_IDS: &[&str] = &["messageid", "msgid", "smtpid", "internetmessageid", "rfc822messageid"];

/// Names of the column with the relay's own name for a message.
const QUEUE_IDS: &[&str] = &["queueid", "queue", "queuedas", "relayid", "providerid", "sesmessageid"];

/// Names of the column that says what became of it, the surest first.
const STATUSES: &[&str] = &["status", "deliverystatus", "state", "event", "eventtype", "lastevent", "result"];

/// Names of the column with the words for it.
const REASONS: &[&str] = &[
    "reason",
    "response",
    "diagnosticcode",
    "diagnostic",
    "description",
    "details",
    "detail",
    "smtpresponse",
];

/// What the words mean. A deferred message is the relay's, and so is a processed one;
/// where the relay says `sent` of what it took, a `bounce` comes after it.
const WORDS: &[(Fate, &[&str])] = &[
    (
        Fate::Taken,
        &[
            "accepted",
            "processed",
            "queued",
            "taken",
            "deferred",
            "delayed",
            "submitted",
            "sent",
            "send",
            "received",
        ],
    ),
    (
        Fate::Bounced,
        &[
            "bounced",
            "bounce",
            "hardbounce",
            "softbounce",
            "hardbounced",
            "softbounced",
            "failed",
            "failure",
            "rejected",
            "reject",
            "dropped",
            "undelivered",
            "undeliverable",
            "blocked",
            "expired",
            "returned",
        ],
    ),
    (
        Fate::PassedOn,
        &[
            "delivered",
            "delivery",
            "passedon",
            "open",
            "opened",
            "click",
            "clicked",
            "complained",
            "complaint",
            "spamreport",
            "unsubscribed",
            "unsubscribe",
        ],
    ),
];

/// Looks in the table at `path` for the messages that are sought; a finding for each,
/// in their order. Of several rows about one message, that it was passed on is
/// believed before that it bounced, so that nobody is taken for unmailed who has it.
///
/// # Errors
///
/// Fails when the file cannot be read, lacks a column, or has rows about our messages
/// that nobody understands: the first of them one by one.
pub fn load(path: &Path, sought: &Sought) -> Result<Vec<Option<Finding>>, Vec<Problem>> {
    let name = path.display().to_string();
    let unreadable = |error: &std::io::Error| {
        let reason = error.to_string();
        vec![Problem::new(EvidenceError::Unreadable { path: name.clone(), reason })]
    };
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    read(BufReader::new(file), &name, sought).map_err(|found| match found {
        Unread::Io(error) => unreadable(&error),
        Unread::Told(found) => found.into_iter().map(Problem::new).collect(),
    })
}

enum Unread {
    Io(std::io::Error),
    Told(Vec<EvidenceError>),
}

fn read(mut file: impl BufRead, name: &str, sought: &Sought) -> Result<Vec<Option<Finding>>, Unread> {
    let start = file.fill_buf().map_err(Unread::Io)?;
    let marked = start.starts_with("\u{feff}".as_bytes());
    let head = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| memchr::memchr_iter(delimiter, head).count();
    let delimiter =
        [b',', b';', b'\t'].into_iter().max_by_key(|&delimiter| (count(delimiter), delimiter == b','));
    if marked {
        file.consume(3);
    }
    let mut rows = ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .flexible(true)
        .from_reader(file.take(LONGEST));
    let columns = Columns::of(&mut rows, name)?;
    let mut findings: Vec<Option<Finding>> = vec![None; sought.len()];
    let mut told = Vec::new();
    let mut row = ByteRecord::new();
    loop {
        match rows.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                told.push(broken(name, rows.position().line(), error)?);
                break;
            }
        }
        let line = row.position().map_or(0, csv::Position::line);
        let Some(index) = columns.message(&row, sought) else { continue };
        let status = text(&row, Some(columns.status));
        match fate_of(&status) {
            Some(fate) => {
                let reason = text(&row, columns.reason);
                let words = harmless(if reason.is_empty() { &status } else { &reason });
                let better = findings[index].as_ref().is_none_or(|found| found.fate <= fate);
                if better {
                    findings[index] = Some(Finding { fate, words });
                }
            }
            None if told.len() < TOLD => {
                let (path, word) = (name.to_owned(), harmless(&status));
                told.push(EvidenceError::UnknownStatus { path, line, word });
            }
            None => {}
        }
    }
    if told.is_empty() { Ok(findings) } else { Err(Unread::Told(told)) }
}

/// Why a row cannot be read.
fn broken(name: &str, line: u64, error: csv::Error) -> Result<EvidenceError, Unread> {
    let reason = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Err(Unread::Io(error)),
        _ => Ok(EvidenceError::Row { path: name.to_owned(), line, reason }),
    }
}

fn fate_of(status: &str) -> Option<Fate> {
    let word = bare(status);
    WORDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(fate, _)| *fate)
}

/// The letters and digits, small, so that `Message-ID` and `message_id` are one.
fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn text(row: &ByteRecord, column: Option<usize>) -> String {
    let cell = column.and_then(|column| row.get(column)).unwrap_or_default();
    String::from_utf8_lossy(cell).trim().to_owned()
}

struct Columns {
    message_id: Option<usize>,
    queue_id: Option<usize>,
    status: usize,
    reason: Option<usize>,
}

impl Columns {
    fn of(rows: &mut Reader<impl Read>, name: &str) -> Result<Self, Unread> {
        let header = match rows.byte_headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(Unread::Told(vec![broken(name, 1, error)?])),
        };
        let written: Vec<String> =
            header.iter().map(|cell| harmless(&String::from_utf8_lossy(cell))).collect();
        let names: Vec<String> = written.iter().map(|name| bare(name)).collect();
        let find =
            |known: &[&str]| known.iter().find_map(|known| names.iter().position(|name| name == known));
        let (message_id, queue_id) = (find(MESSAGE_IDS), find(QUEUE_IDS));
        let status = find(STATUSES);
        let mut told = Vec::new();
        if message_id.or(queue_id).is_none() {
            told.push(EvidenceError::NoMessageColumn { path: name.to_owned(), found: written.clone() });
        }
        if status.is_none() {
            told.push(EvidenceError::NoStatusColumn { path: name.to_owned(), found: written });
        }
        match status {
            Some(status) if told.is_empty() => {
                Ok(Self { message_id, queue_id, status, reason: find(REASONS) })
            }
            _ => Err(Unread::Told(told)),
        }
    }

    /// Which of the messages a row is about.
    fn message(&self, row: &ByteRecord, sought: &Sought) -> Option<usize> {
        let by_message_id = self.message_id.and_then(|column| {
            let id = text(row, Some(column));
            sought.by_message_id(&id)
        });
        by_message_id.or_else(|| {
            let id = text(row, Some(self.queue_id?));
            sought.queue_ids.get(&id).copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audience::EmailAddress;

    fn sought() -> Sought {
        let mut sought = Sought::default();
        let ada = EmailAddress::parse("ada@example.com").unwrap();
        let bob = EmailAddress::parse("bob@example.com").unwrap();
        sought.add("one@example.com", &ada, None);
        sought.add("two@example.com", &bob, Some("4XyZ12"));
        sought
    }

    fn fates(table: &str) -> Result<Vec<Option<Fate>>, Vec<String>> {
        match read(table.as_bytes(), "export.csv", &sought()) {
            Ok(found) => Ok(found.into_iter().map(|one| one.map(|found| found.fate)).collect()),
            Err(Unread::Io(error)) => panic!("{error}"),
            Err(Unread::Told(told)) => Err(told.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn columns_are_known_by_their_names_in_any_order_and_notation() {
        for table in [
            "message_id,status\none@example.com,delivered\n",
            "\u{feff}Status;Date;Message-ID\r\ndelivered;today;<one@example.com>\r\n",
            "event\tsmtp-id\nDelivered\t<one@example.com>\n",
            "\"Message ID\",\"Last Event\",reason\n\"<one@example.com>\",delivered,\"250 OK, and\nmore\"\n",
        ] {
            assert_eq!(fates(table), Ok(vec![Some(Fate::PassedOn), None]), "{table}");
        }
    }

    #[test]
    fn a_message_is_known_by_the_relays_own_name_too() {
        assert_eq!(
            fates("queue_id,status\n4XyZ12,hard_bounce\nZZZ,sent\n"),
            Ok(vec![None, Some(Fate::Bounced)])
        );
    }

    #[test]
    fn of_several_rows_the_one_that_has_it_passed_on_is_believed() {
        let table = "message_id,event\none@example.com,processed\none@example.com,delivered\n\
                     one@example.com,bounce\ntwo@example.com,processed\ntwo@example.com,dropped\n";
        assert_eq!(fates(table), Ok(vec![Some(Fate::PassedOn), Some(Fate::Bounced)]));
    }

    #[test]
    fn everything_that_is_not_understood_is_told_with_its_line() {
        assert_eq!(
            fates("message_id,status\none@example.com,maybe\nother@example.org,perhaps\ntwo@example.com,\n"),
            Err(vec![
                "line 2 of `export.csv`: `maybe` does not say whether the relay took the message".to_owned(),
                "line 4 of `export.csv`: `` does not say whether the relay took the message".to_owned(),
            ])
        );
        let both = fates("email,when\nada@example.com,today\n").unwrap_err();
        assert!(both[0].contains("names messages") && both[1].contains("says what became"), "{both:?}");
        assert_eq!(fates("").unwrap_err().len(), 2);
    }

    proptest! {
        #[test]
        fn no_table_makes_it_fall_over(table in "(message_id,status\n)?[\\PC\",;\n\t]{0,200}") {
            if let Ok(found) = fates(&table) {
                prop_assert_eq!(found.len(), 2);
            }
        }
    }
}
