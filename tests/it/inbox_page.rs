//! The inbox as a browser meets it.

use letterpress::inbox::page::{self, Surroundings};
use letterpress::inbox::{Inbox, Maildir};
use letterpress::send::Connection;
use letterpress::site;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::support::browser::Site;
use crate::support::{message, relay};

fn noon() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_790_000_000).unwrap()
}

/// An inbox with its page; what is sent to it comes over SMTP.
struct Office {
    site: Site,
    smtp: std::net::SocketAddr,
    maildir: Maildir,
    _dir: TempDir,
}

impl Office {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_owned();
        let (tell, told) = std::sync::mpsc::channel();
        let site = Site::start(move |listener, stopped| async move {
            let (stop, stopping) = watch::channel(false);
            let inbox = Inbox::start(&path, "127.0.0.1:0".parse().unwrap(), noon, stopping).await.unwrap();
            tell.send((inbox.smtp_addr(), inbox.maildir())).unwrap();
            let around =
                Surroundings { newsletter: "The Letter".to_owned(), smtp: inbox.smtp_addr(), studio: false };
            site::serve(listener, page::routes(inbox.maildir(), around), stopped).await.unwrap();
            stop.send(true).unwrap();
            inbox.join().await;
        });
        let (smtp, maildir) = told.recv().unwrap();
        Self { site, smtp, maildir, _dir: dir }
    }

    fn catch(&self, change: impl FnOnce(String) -> String) -> String {
        let mut mail = message("ann@example.com");
        mail.bytes = change(String::from_utf8(mail.bytes).unwrap()).into_bytes();
        let deliver = async {
            let mut connection = Connection::open(&relay(self.smtp), "press.example.com").await.unwrap();
            connection.deliver(&mail).await.unwrap();
            connection.quit().await;
        };
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(deliver);
        self.maildir.list().unwrap().remove(0).id
    }

    fn origin(&self) -> String {
        format!("http://{}", self.site.addr)
    }
}

const HTML: &str = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<style>@media \
    (prefers-color-scheme: dark){p{}}</style><p>Once</p><script>alert(1)</script>\r\n";

fn as_html(mail: &str) -> String {
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    format!("{head}\r\n{HTML}")
}

#[test]
fn a_caught_mail_is_listed_and_shown_in_all_its_parts() {
    let office = Office::open();
    let id = office.catch(|mail| mail);
    let list = office.site.json("/inbox/api/messages");
    assert_eq!(list["newsletter"], "The Letter");
    let line = &list["messages"][0];
    assert_eq!((line["subject"].as_str(), line["seen"].as_bool()), (Some("Märchen"), Some(false)));
    assert_eq!(line["received_ms"], 1_790_000_000_000_i64);
    let mail = office.site.json(&format!("/inbox/api/messages/{id}"));
    assert_eq!(mail["has_html"], false);
    assert_eq!(mail["text"].as_str().map(str::trim), Some("Once upon a time."));
    assert!(mail["raw"].as_str().unwrap().contains("Subject: =?utf-8?q?M=C3=A4rchen?="));
    assert!(mail["headers"].as_array().unwrap().iter().any(|field| field[0] == "Message-ID"));
    assert_eq!(office.site.get(&format!("/inbox/mail/{id}/eml")).header("content-type"), "message/rfc822");
}

#[test]
fn a_test_and_a_rehearsal_say_what_they_are() {
    let office = Office::open();
    office.catch(|mail| mail.replace("Subject: ", "Subject: [Test] "));
    office.catch(|mail| mail.replace("Subject: ", "X-Letterpress-Rehearsal: 1\r\nSubject: "));
    let list = office.site.json("/inbox/api/messages");
    let said: Vec<_> =
        list["messages"].as_array().unwrap().iter().map(|line| (&line["tag"], &line["subject"])).collect();
    assert_eq!(said[0], (&"Rehearsal".into(), &"Märchen".into()));
    assert_eq!(said[1], (&"Test".into(), &"Märchen".into()));
}

#[test]
fn the_html_part_is_framed_so_that_nothing_runs() {
    let office = Office::open();
    let id = office.catch(|mail| as_html(&mail));
    let frame = office.site.get(&format!("/inbox/mail/{id}?mode=dark"));
    assert!(frame.header("content-security-policy").contains("script-src 'none'"));
    assert!(frame.body.contains("@media (min-width:0){p{}}"), "{}", frame.body);
    let plain = office.catch(|mail| mail);
    assert_eq!(office.site.get(&format!("/inbox/mail/{plain}")).status(), "404");
}

#[test]
fn pictures_that_a_mail_carries_are_shown_in_its_frame() {
    let office = Office::open();
    let parts = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=edge\r\n\r\n--edge\r\n\
        Content-Type: text/html; charset=utf-8\r\n\r\n<img src=\"cid:dune@example.com\"><img \
        src=\"cid:page@example.com\">\r\n--edge\r\nContent-Type: image/gif\r\nContent-ID: \
        <dune@example.com>\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lG\r\nODlh\r\n--edge\r\n\
        Content-Type: text/html\r\nContent-ID: <page@example.com>\r\n\r\n<p>No picture\r\n--edge--\r\n";
    let id = office.catch(|mail| format!("{}\r\n{parts}", mail.split_once("\r\n\r\n").unwrap().0));
    let frame = office.site.get(&format!("/inbox/mail/{id}"));
    assert!(frame.body.contains("<img src=\"data:image/gif;base64,R0lGODlh\">"), "{}", frame.body);
    assert!(frame.body.contains("<img src=\"cid:page@example.com\">"), "{}", frame.body);
}

#[test]
fn a_mail_is_announced_when_it_is_caught() {
    let office = Office::open();
    let mut events = office.site.events("/inbox/api/events");
    let before = events.next();
    office.catch(|mail| mail);
    assert_ne!(events.next(), before);
}

#[test]
fn what_another_program_puts_into_the_maildir_is_announced() {
    let office = Office::open();
    let mut events = office.site.events("/inbox/api/events");
    let mut before = events.next();
    let new = office.maildir.dir().join("new/1790000001.V1I2M3.host");
    std::fs::write(&new, "Subject: theirs\r\n\r\nhi\r\n").unwrap();
    let after = events.next();
    assert_ne!(after, before);
    assert_eq!(office.site.json("/inbox/api/messages")["messages"][0]["subject"], "theirs");
    before = after;
    std::fs::remove_file(new).unwrap();
    assert_ne!(events.next(), before);
    assert_eq!(office.site.json("/inbox/api/messages")["messages"], serde_json::json!([]));
}

#[test]
fn of_very_much_mail_the_newest_is_listed_and_the_rest_counted() {
    let office = Office::open();
    for count in 0..502 {
        let name = format!("new/{}.M000000Q{count}.host", 1_790_000_000 + count);
        let mail = format!("Subject: {count}\r\n\r\nhi\r\n");
        std::fs::write(office.maildir.dir().join(name), mail).unwrap();
    }
    let list = office.site.json("/inbox/api/messages");
    assert_eq!(list["messages"].as_array().unwrap().len(), 500);
    assert_eq!((&list["more"], &list["more_unseen"]), (&2.into(), &2.into()));
    assert_eq!(
        (&list["messages"][0]["subject"], &list["messages"][499]["subject"]),
        (&"501".into(), &"2".into())
    );
}

#[test]
fn a_mail_is_marked_and_thrown_away() {
    let office = Office::open();
    let id = office.catch(|mail| mail);
    let seen = |office: &Office| office.maildir.get(&id).unwrap().map(|mail| mail.seen);
    let post = |what: &str| office.site.post(&format!("/inbox/api/messages/{id}/{what}"), &office.origin());
    assert_eq!((post("seen").status(), seen(&office)), ("204", Some(true)));
    assert_eq!((post("unseen").status(), seen(&office)), ("204", Some(false)));
    assert_eq!((post("delete").status(), seen(&office)), ("204", None));
    assert_eq!(post("delete").status(), "404");
}

#[test]
fn a_page_elsewhere_cannot_throw_mail_away() {
    let office = Office::open();
    let id = office.catch(|mail| mail);
    for origin in ["https://evil.example.com", "null", "http://127.0.0.1:1"] {
        let answer = office.site.post(&format!("/inbox/api/messages/{id}/delete"), origin);
        assert_eq!(answer.status(), "403", "{origin}");
    }
    assert!(office.maildir.get(&id).unwrap().is_some());
}

#[test]
fn names_that_lead_out_of_the_maildir_find_nothing() {
    let office = Office::open();
    office.catch(|mail| mail);
    for id in ["..%2f..%2fetc%2fpasswd", "%2e%2e", "new", "%00", "*"] {
        assert_eq!(office.site.get(&format!("/inbox/api/messages/{id}")).status(), "404", "{id}");
    }
}

#[test]
fn the_inbox_page_brings_everything_it_needs() {
    let office = Office::open();
    let page = office.site.get("/inbox/");
    assert_eq!(page.status(), "200");
    for asset in page.body.split('"').filter(|part| part.starts_with("/assets/")) {
        assert_eq!(office.site.get(asset).status(), "200", "{asset}");
    }
    assert!(!page.body.contains("http://") && !page.body.contains("https://"));
    for way in ["/", "/inbox"] {
        assert_eq!(office.site.get(way).header("location"), "/inbox/");
    }
}
