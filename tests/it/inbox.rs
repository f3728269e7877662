//! What is sent to the inbox is kept, whoever sends it.

use std::net::SocketAddr;
use std::path::Path;

use letterpress::inbox::{Inbox, InboxError, Maildir, RunningInbox};
use letterpress::send::{Connection, Outcome};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::support::{message, relay};

fn noon() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_790_000_000).unwrap()
}

async fn start(dir: &Path) -> (RunningInbox, watch::Sender<bool>) {
    let (stop, stopped) = watch::channel(false);
    let inbox = Inbox::start(dir, "127.0.0.1:0".parse().unwrap(), noon, stopped).await.unwrap();
    (inbox, stop)
}

async fn stop(inbox: RunningInbox, stop: watch::Sender<bool>) {
    stop.send(true).unwrap();
    inbox.join().await;
}

/// Writes everything at once, as a pipelining client does, and reads to the end.
async fn talk(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    said
}

fn codes(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.as_bytes().get(3) == Some(&b' ')).map(|line| &line[..3]).collect()
}

#[tokio::test]
async fn what_the_connection_delivers_the_inbox_keeps_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    let mut connection = Connection::open(&relay(inbox.smtp_addr()), "press.example.com").await.unwrap();
    for to in ["ann@example.com", "ben@example.org"] {
        let outcome = connection.deliver(&message(to)).await.unwrap();
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    }
    connection.quit().await;
    let maildir = inbox.maildir();
    let all = maildir.list().unwrap();
    assert_eq!(*inbox.caught().borrow(), 2);
    assert_eq!(
        all.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(),
        ["ben@example.org", "ann@example.com"]
    );
    let mail = &all[1];
    assert_eq!(mail.from, "Zoë <news@example.com>");
    assert_eq!((mail.subject.as_str(), mail.return_path.as_str()), ("Märchen", "bounce@example.com"));
    assert_eq!((mail.received, mail.seen), (noon(), false));
    assert_eq!(mail.text.as_deref().map(str::trim), Some("Once upon a time."));
    assert_eq!((mail.html.as_deref(), mail.preview.as_str()), (None, "Once upon a time."));
    assert_eq!(mail.headers[0].0, "Return-Path");
    let raw = maildir.raw(&mail.id).unwrap().unwrap();
    assert!(raw.ends_with(&message("ann@example.com").bytes));
    assert_eq!(raw.len() as u64, mail.size);
    stop(inbox, halt).await;
}

const ENVELOPE: &str = "EHLO client.test\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n";

#[tokio::test]
async fn a_client_that_writes_everything_at_once_is_answered_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    let script = format!(
        "{ENVELOPE}Subject: one\r\n\r\n..stuffed\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<c@example.com>\r\n\
         RCPT TO:<d@example.com>\r\nDATA\r\nSubject: two\r\n\r\nhi\r\n.\r\nQUIT\r\n"
    );
    let said = talk(inbox.smtp_addr(), script.as_bytes()).await;
    assert_eq!(
        codes(&said),
        ["220", "250", "250", "250", "354", "250", "250", "250", "250", "354", "250", "221"]
    );
    let all = inbox.maildir().list().unwrap();
    assert_eq!(
        all.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(),
        ["d@example.com", "c@example.com", "b@example.com"]
    );
    assert_eq!(all[0].return_path, "");
    let raw = inbox.maildir().raw(&all[2].id).unwrap().unwrap();
    assert!(raw.ends_with(b"Subject: one\r\n\r\n.stuffed\r\n"), "{}", String::from_utf8_lossy(&raw));
    stop(inbox, halt).await;
}

#[tokio::test]
async fn a_line_too_long_that_ends_in_lf_alone_does_not_begin_a_second_message() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    let smuggled = "MAIL FROM:<evil@example.com>\r\nRCPT TO:<v@example.com>\r\nDATA\r\nbad\r\n.\r\nQUIT\r\n";
    // Lengths at which the end falls on either side of what is read at once.
    for length in [1000, 1001, 8191 - ENVELOPE.len(), 8192 - ENVELOPE.len(), 100_000] {
        let script = format!("{ENVELOPE}{}\n.\r\n{smuggled}", "A".repeat(length));
        let said = talk(inbox.smtp_addr(), script.as_bytes()).await;
        assert_eq!(codes(&said), ["220", "250", "250", "250", "354", "554"], "{length}: {said}");
    }
    assert_eq!(inbox.maildir().list().unwrap(), []);
    let script = format!("{ENVELOPE}{}\r\n.\r\nQUIT\r\n", "A".repeat(999));
    let said = talk(inbox.smtp_addr(), script.as_bytes()).await;
    assert_eq!(codes(&said), ["220", "250", "250", "250", "354", "554", "221"], "{said}");
    stop(inbox, halt).await;
}

#[tokio::test]
async fn one_message_cannot_be_read_as_two() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r.\r"] {
        let script = format!(
            "{ENVELOPE}hello{end}MAIL FROM:<evil@example.com>\r\nRCPT TO:<v@example.com>\r\nDATA\r\nbad\r\n.\r\nQUIT\r\n"
        );
        let said = talk(inbox.smtp_addr(), script.as_bytes()).await;
        assert_eq!(codes(&said), ["220", "250", "250", "250", "354", "550"], "{end:?}: {said}");
    }
    assert_eq!(inbox.maildir().list().unwrap(), []);
    stop(inbox, halt).await;
}

#[tokio::test]
async fn commands_out_of_order_or_written_wrongly_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    let long = "x".repeat(3000);
    let script = format!(
        "MAIL FROM:<a@example.com>\r\nDATA\r\nHELO x.test\r\nRCPT TO:<b@example.com>\r\nDATA\r\n\
         MAIL FROM:a@example.com\r\nMAIL FROM:<a@example.com> SIZE=99999999999\r\nMAIL FROM:<ä@example.com>\r\n\
         MAIL FROM:<a@example.com>\r\nMAIL FROM:<a@example.com>\r\nDATA\r\nRSET\r\nRCPT TO:<b@example.com>\r\n\
         VRFY b\r\nNOOP x\r\nTURN\r\nNOOP {long}\r\nNOOP\nSTARTTLS\r\nQUIT\r\n"
    );
    let said = talk(inbox.smtp_addr(), script.as_bytes()).await;
    assert_eq!(
        codes(&said),
        [
            "220", "503", "503", "250", "503", "503", "501", "552", "553", "250", "503", "554", "250", "503",
            "252", "250", "500", "501", "501", "500", "221"
        ]
    );
    stop(inbox, halt).await;
}

#[tokio::test]
async fn a_message_that_is_too_large_or_has_a_line_too_long_is_refused_and_the_next_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    let envelope = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n";
    let mut script = format!("{ENVELOPE}{}\r\n.\r\n{envelope}", "x".repeat(999)).into_bytes();
    let line = [b"x".repeat(998), b"\r\n".to_vec()].concat();
    script.extend(line.repeat(26 * 1024 * 1024 / line.len() + 1));
    script.extend(format!(".\r\n{envelope}{}\r\n.\r\nQUIT\r\n", "x".repeat(998)).as_bytes());
    let said = talk(inbox.smtp_addr(), &script).await;
    assert_eq!(
        codes(&said),
        [
            "220", "250", "250", "250", "354", "554", "250", "250", "354", "552", "250", "250", "354", "250",
            "221"
        ]
    );
    assert_eq!(inbox.maildir().list().unwrap().len(), 1);
    stop(inbox, halt).await;
}

#[tokio::test]
async fn mail_and_its_marks_are_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    let mut connection = Connection::open(&relay(inbox.smtp_addr()), "press.example.com").await.unwrap();
    for to in ["ann@example.com", "ben@example.com", "cy@example.com"] {
        connection.deliver(&message(to)).await.unwrap();
    }
    let maildir = inbox.maildir();
    let [cy, ben, ann] = &maildir.list().unwrap()[..] else { panic!("three were sent") };
    assert!(maildir.mark_seen(&ann.id).unwrap());
    assert!(maildir.mark_seen(&ben.id).unwrap());
    assert!(maildir.mark_unseen(&ben.id).unwrap());
    assert!(maildir.delete(&cy.id).unwrap());
    assert!(!maildir.delete(&cy.id).unwrap());
    stop(inbox, halt).await;

    let (inbox, halt) = start(dir.path()).await;
    let mut connection = Connection::open(&relay(inbox.smtp_addr()), "press.example.com").await.unwrap();
    connection.deliver(&message("dan@example.com")).await.unwrap();
    let maildir = inbox.maildir();
    let mut all: Vec<_> = maildir.list().unwrap().into_iter().map(|mail| (mail.to, mail.seen)).collect();
    all.sort();
    let expected = [("ann@example.com", true), ("ben@example.com", false), ("dan@example.com", false)];
    assert_eq!(all, expected.map(|(to, seen)| (to.to_owned(), seen)));
    assert_eq!(
        maildir.get(&ann.id).unwrap().unwrap(),
        letterpress::inbox::Caught { seen: true, ..ann.clone() }
    );
    assert!(dir.path().join("cur").join(format!("{}:2,S", ann.id)).is_file());
    assert_eq!(maildir.delete_all().unwrap(), 3);
    assert_eq!(maildir.list().unwrap(), []);
    stop(inbox, halt).await;
}

#[tokio::test]
async fn connections_at_the_same_time_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    let relay = relay(inbox.smtp_addr());
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..4 {
        let relay = relay.clone();
        tasks.spawn(async move {
            let mut connection = Connection::open(&relay, "press.example.com").await.unwrap();
            for count in 0..10 {
                let outcome = connection.deliver(&message(&format!("r{task}-{count}@example.com"))).await;
                assert!(matches!(outcome, Ok(Outcome::Accepted { .. })));
            }
        });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap();
    }
    let mut to: Vec<_> = inbox.maildir().list().unwrap().into_iter().map(|mail| mail.to).collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 40);
    assert_eq!(*inbox.caught().borrow(), 40);
    stop(inbox, halt).await;
}

#[tokio::test]
async fn an_id_names_nothing_outside_the_maildir() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret"), "s").unwrap();
    let mail = dir.path().join("mail");
    let maildir = Maildir::open(&mail, noon).unwrap();
    std::fs::write(mail.join("new/.hidden"), "s").unwrap();
    std::fs::write(mail.join("tmp/half"), "s").unwrap();
    let absolute = dir.path().join("secret").display().to_string();
    for id in
        ["../../secret", "..", ".", "", ".hidden", "../tmp/half", "half", "a/b", "a\\b", "a\0b", &absolute]
    {
        assert_eq!(maildir.get(id).unwrap(), None, "{id:?}");
        assert_eq!(maildir.raw(id).unwrap(), None, "{id:?}");
        assert!(!maildir.delete(id).unwrap() && !maildir.mark_seen(id).unwrap(), "{id:?}");
    }
    assert!(dir.path().join("secret").is_file());
}

#[tokio::test]
async fn mail_of_another_program_is_listed_and_what_is_no_mail_does_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let maildir = Maildir::open(dir.path(), noon).unwrap();
    let nested = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n".repeat(20_000);
    for (name, bytes) in [
        ("new/1790000001.V1I2M3.host", &b"Subject: other\n\nLF alone\n"[..]),
        ("new/empty", b""),
        ("new/binary", b"\xff\xfe\0\0\n\n\x80"),
        ("cur/nested:2,FS", nested.as_bytes()),
    ] {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    assert_eq!(maildir.list().unwrap().len(), 4);
    let other = maildir.get("1790000001.V1I2M3.host").unwrap().unwrap();
    assert_eq!((other.subject.as_str(), other.received.as_second()), ("other", 1_790_000_001));
    assert!(maildir.get("nested").unwrap().unwrap().seen);
    assert!(maildir.mark_unseen("nested").unwrap());
    assert!(dir.path().join("cur/nested:2,F").is_file());
}

#[tokio::test]
async fn a_maildir_that_cannot_be_written_is_told_before_the_client_forgets_the_message() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    std::fs::remove_dir(dir.path().join("new")).unwrap();
    let said = talk(inbox.smtp_addr(), format!("{ENVELOPE}hi\r\n.\r\nQUIT\r\n").as_bytes()).await;
    assert_eq!(codes(&said), ["220", "250", "250", "250", "354", "451", "221"]);
    assert_eq!(*inbox.caught().borrow(), 0);
    assert_eq!(std::fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
    stop(inbox, halt).await;
}

#[tokio::test]
async fn an_inbox_that_stops_says_so_and_finishes_what_it_is_receiving() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    let mut idle = TcpStream::connect(inbox.smtp_addr()).await.unwrap();
    let mut busy = TcpStream::connect(inbox.smtp_addr()).await.unwrap();
    busy.write_all(ENVELOPE.as_bytes()).await.unwrap();
    let mut said = vec![0; 2048];
    let mut heard = String::new();
    while !heard.contains("354") {
        let count = busy.read(&mut said).await.unwrap();
        heard.push_str(std::str::from_utf8(&said[..count]).unwrap());
    }
    halt.send(true).unwrap();
    let mut farewell = String::new();
    idle.read_to_string(&mut farewell).await.unwrap();
    // A connection that was never accepted may simply end.
    assert!(farewell.is_empty() || codes(&farewell) == ["220", "421"], "{farewell}");
    busy.write_all(b"hi\r\n.\r\n").await.unwrap();
    let mut rest = String::new();
    busy.read_to_string(&mut rest).await.unwrap();
    assert_eq!(codes(&rest), ["250", "421"]);
    let maildir = inbox.maildir();
    inbox.join().await;
    assert_eq!(maildir.list().unwrap().len(), 1);
}

#[tokio::test]
async fn other_machines_cannot_reach_the_inbox() {
    let dir = tempfile::tempdir().unwrap();
    for addr in ["0.0.0.0:0", "192.0.2.1:25", "[::]:0"] {
        let (_stop, stopped) = watch::channel(false);
        let error = Inbox::start(dir.path(), addr.parse().unwrap(), noon, stopped).await.unwrap_err();
        assert!(matches!(error, InboxError::NotLoopback(_)), "{error:?}");
    }
    let (inbox, halt) = start(dir.path()).await;
    let (_stop, stopped) = watch::channel(false);
    let error = Inbox::start(dir.path(), inbox.smtp_addr(), noon, stopped).await.unwrap_err();
    assert!(matches!(error, InboxError::Listen { .. }), "{error:?}");
    stop(inbox, halt).await;
}

#[tokio::test]
async fn a_page_can_wait_for_the_next_mail() {
    let dir = tempfile::tempdir().unwrap();
    let (inbox, halt) = start(dir.path()).await;
    let mut caught = inbox.caught();
    let mut changes = inbox.maildir().changes();
    let mut connection = Connection::open(&relay(inbox.smtp_addr()), "press.example.com").await.unwrap();
    connection.deliver(&message("ann@example.com")).await.unwrap();
    caught.changed().await.unwrap();
    changes.changed().await.unwrap();
    let maildir = inbox.maildir();
    maildir.mark_seen(&maildir.list().unwrap()[0].id).unwrap();
    changes.changed().await.unwrap();
    assert!(!caught.has_changed().unwrap());
    stop(inbox, halt).await;
}
