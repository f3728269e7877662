//! What several tests need: a message, a relay, and a server that misbehaves.

pub(crate) mod browser;
pub(crate) mod relay;
mod sandbox;
pub(crate) mod unruly;
pub(crate) mod witness;

pub(crate) use sandbox::{Run, Sandbox};

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use letterpress::article::{Format, ReadOptions};
use letterpress::audience::EmailAddress;
use letterpress::compose::Newsletter;
use letterpress::message::{Envelope, Message};
use letterpress::pictures::Home;
use letterpress::press::{self, Prepared, Workshop};
use letterpress::problem::Source;
use letterpress::send::{Deadlines, Relay, TlsMode};

/// A message fit for the wire.
pub(crate) fn message(to: &str) -> Message {
    let bytes = format!(
        "From: =?utf-8?q?Zo=C3=AB?= <news@example.com>\r\nTo: {to}\r\nSubject: =?utf-8?q?M=C3=A4rchen?=\r\n\
         Date: Mon, 21 Sep 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nOnce upon a time.\r\n"
    );
    let envelope = Envelope {
        from: Some(EmailAddress::parse("bounce@example.com").unwrap()),
        to: EmailAddress::parse(to).unwrap(),
    };
    Message { envelope, message_id: "1@example.com".to_owned(), bytes: bytes.into_bytes() }
}

/// A relay in clear at `addr`. Nothing in a test may take long, and nothing that is
/// meant to answer takes a second.
pub(crate) fn relay(addr: SocketAddr) -> Relay {
    let long = Duration::from_secs(20);
    Relay {
        host: addr.ip().to_string(),
        port: addr.port(),
        tls: TlsMode::Plain,
        login: None,
        ca_file: None,
        deadlines: Deadlines { connect: long, command: long, data: long, dot: long },
        messages_per_connection: None,
    }
}

/// An article that is ready to be sent for a newsletter of that name.
pub(crate) fn prepared(name: &str, markdown: &str) -> Prepared {
    let newsletter = Newsletter {
        name: name.to_owned(),
        lang: "en".to_owned(),
        postal_address: Some("1 Type Street, 1000 Exampletown".to_owned()),
        can_leave: true,
        ..Newsletter::default()
    };
    let home = Home::default();
    let workshop = Workshop {
        root: Path::new("."),
        newsletter: &newsletter,
        theme: "clean",
        home: &home,
        darkroom: None,
    };
    let source = Source::new("october.md", markdown);
    press::prepare_text(&source, Format::Markdown, &workshop, &ReadOptions::default()).unwrap()
}
