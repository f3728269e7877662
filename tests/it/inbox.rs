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
