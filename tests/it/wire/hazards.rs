//! What SMTP clients get wrong, and what keeps us from it. Each line is a fault that
//! was found in programs people use, and the test that would notice it here.
//!
//! | what goes wrong | noticed by |
//! |---|---|
//! | a delivery that timed out leaves its reply to the next, whose refusal passes for success | `wire::a_delivery_that_is_abandoned_half_way_spoils_the_connection`, `wire::an_answer_that_was_not_asked_for_is_never_taken_for_the_next_one`, `wire::group::one_answer_too_many_never_makes_a_refusal_a_success` |
//! | a 354 counts as success at the dot | `wire::an_answer_to_the_dot_that_is_none_leaves_a_doubt` |
//! | a server that falls silent is waited for without end | `wire::a_command_that_is_never_answered_ends_at_its_deadline_with_its_phase`, the `silence_…` of `chaos::steps`, and here: the handshake |
//! | one refused recipient costs the connection | `wire::a_refused_recipient_does_not_stop_the_next_one` |
//! | more is said, and more connections are made, than the mail needs | here |
//! | a success in bytes that are not UTF-8, or without a text, becomes a failure and is sent twice | `wire::a_success_in_odd_clothes_is_a_success` |
//! | a code nobody registered is no reply | `wire::a_code_nobody_registered_keeps_its_class` |
//! | a long line or a long reply is no reply | here |
//! | nobody can tell whether the dot had been written | `wire::a_relay_that_takes_no_more_of_the_message_leaves_no_doubt`, `wire::group` |
//! | a bare line end smuggles a second message | `wire::bytes_that_are_not_fit_for_the_wire_never_reach_it` |
//! | a refusal is not read to its end, and the rest of it answers the next message | `wire::group::both_messages_of_a_group_can_be_refused` |
//! | after a refusal beside a 354 a bare dot delivers an empty mail | `wire::a_relay_that_refuses_the_recipient_and_still_awaits_a_message_gets_none` |
//! | plaintext in front of TLS is read as if it came over TLS | `wire::a_reply_in_clear_behind_the_consent_to_tls_is_an_attack` |
//! | a domain outside ASCII needs SMTPUTF8 | `chaos::natures::smtputf8_is_asked_for_where_it_is_needed_and_nowhere_else` |
//! | the log of a library holds passwords and letters | here |

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use letterpress::send::TlsFlaw;

/// A server that never shakes hands: from the first byte, or after its consent.
async fn handshakes_never(implicit: bool) -> (std::net::SocketAddr, JoinHandle<Option<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.ok()?;
        let mut stream = BufReader::new(stream);
        if !implicit {
            let mut line = String::new();
            stream.write_all(b"220 relay.test\r\n").await.ok()?;
            stream.read_line(&mut line).await.ok()?;
            stream.write_all(b"250-relay.test\r\n250 STARTTLS\r\n").await.ok()?;
            stream.read_line(&mut line).await.ok()?;
            stream.write_all(b"220 go\r\n").await.ok()?;
        }
        // Until the client has had enough.
        let mut rest = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await.ok()?;
        Some(())
    });
    (addr, serving)
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_ended_at_its_deadline() {
    for (implicit, tls) in
        [(true, TlsMode::Implicit), (false, TlsMode::StartTls), (false, TlsMode::Opportunistic)]
    {
        let (addr, serving) = handshakes_never(implicit).await;
        let patient = relay(addr);
        let deadlines = Deadlines { connect: SOON, ..patient.deadlines };
        let error = Connection::open(&Relay { tls, deadlines, ..patient }, HELLO).await.unwrap_err();
        assert!(matches!(error, SendError::Tls { flaw: TlsFlaw::NoAnswer(SOON), .. }), "{error:?}");
        assert_eq!(serving.await.unwrap(), Some(()), "the connection was closed in good order");
    }
}

/// A reply of `lines` lines of `width` bytes.
fn long(code: u16, lines: usize, width: usize) -> &'static [u8] {
    let line = |mark| format!("{code}{mark}{}\r\n", "x".repeat(width));
    let reply = format!("{}{}", line('-').repeat(lines - 1), line(' '));
    reply.leak().as_bytes()
}

#[tokio::test]
async fn a_long_line_and_a_long_reply_are_replies() {
    for (lines, width) in [(1, 1_100), (1, 20_000), (300, 80), (30, 1_000)] {
        for (command, code) in [("GREETING", 220), ("EHLO", 250), ("MAIL", 250), ("RCPT", 250), ("DOT", 250)]
        {
            let script = Script::default().at(command, Act::Say(long(code, lines, width)));
            let scripts = if command == "EHLO" { vec![script] } else { both(&script).to_vec() };
            for script in scripts {
                let (outcome, mut connection, _server) = deliver(script).await;
                assert!(accepted(&outcome), "{command}: {outcome:?}");
                assert!(accepted(&connection.deliver(&message("ben@example.com")).await), "{command}");
            }
        }
    }
}

#[tokio::test]
async fn a_reply_without_end_is_not_read_without_end() {
    let script = Script::default().at("DOT", Act::Say(long(250, 1_000, 80)));
    let (outcome, connection, _server) = deliver(script).await;
    assert!(matches!(outcome, Err(SendError::Unknown { .. })), "{outcome:?}");
    assert!(!connection.is_open());
}

#[tokio::test]
async fn nothing_is_said_that_the_mail_does_not_need() {
    for script in both(&Script::default()) {
        let mut server = script.serve().await;
        let mut connection = open(&server).await;
        for reader in ["ann@example.com", "ben@example.com", "cy@example.com"] {
            assert!(accepted(&connection.deliver(&message(reader)).await));
        }
        connection.quit().await;
        let heard = server.heard();
        let verbs: Vec<&str> = heard.iter().filter_map(|line| line.split([' ', ':']).next()).collect();
        let each = ["MAIL", "RCPT", "DATA", "MESSAGE"];
        let expected = [&["EHLO"][..], &each, &each, &each, &["QUIT"]].concat();
        assert_eq!(verbs, expected);
    }
}

#[test]
fn the_library_under_the_wire_keeps_no_log() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let lettre = manifest.lines().find(|line| line.starts_with("lettre = ")).unwrap();
    // With it, logins and bodies stand in every log that is detailed enough.
    assert!(lettre.contains("default-features = false") && !lettre.contains("tracing"), "{lettre}");
}
