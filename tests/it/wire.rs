//! One test for each way a relay can fail us.

use std::time::Duration;

use letterpress::problem::{Class, Condition as _};
use letterpress::send::{
    Connection, Deadlines, Login, Loss, Outcome, Phase, Proof, Relay, SendError, TlsMode, Token,
};

use crate::support::relay::{Act, Script, Scripted, Tls};
use crate::support::{message, relay};

mod group;
mod hazards;
mod login;

const HELLO: &str = "press.example.com";

/// Long enough for loopback, short enough to wait for.
const SOON: Duration = Duration::from_millis(300);

async fn open(server: &Scripted) -> Connection {
    Connection::open(&relay(server.addr), HELLO).await.unwrap()
}

/// Serves the script and delivers one message.
async fn deliver(script: Script) -> (Result<Outcome, SendError>, Connection, Scripted) {
    let server = script.serve().await;
    let mut connection = open(&server).await;
    let outcome = connection.deliver(&message("ann@example.com")).await;
    (outcome, connection, server)
}

/// The same with a relay that pipelines and one that does not.
fn both(script: &Script) -> [Script; 2] {
    [script.clone(), script.clone().offers("PIPELINING")]
}

async fn refusal(script: Script) -> SendError {
    let server = script.serve().await;
    Connection::open(&relay(server.addr), HELLO).await.unwrap_err()
}

/// A relay whose deadline is short for the named command alone.
fn impatient(server: &Scripted, command: &str) -> Relay {
    let patient = relay(server.addr);
    let deadlines = match command {
        "DATA" | "BODY" => Deadlines { data: SOON, ..patient.deadlines },
        "DOT" => Deadlines { dot: SOON, ..patient.deadlines },
        _ => Deadlines { command: SOON, ..patient.deadlines },
    };
    Relay { deadlines, ..patient }
}

fn accepted(outcome: &Result<Outcome, SendError>) -> bool {
    matches!(outcome, Ok(Outcome::Accepted { .. }))
}

#[tokio::test]
async fn an_accepted_message_arrives_as_it_was_and_the_words_are_kept() {
    for script in both(&Script::default()) {
        let (outcome, connection, mut server) = deliver(script).await;
        let Ok(Outcome::Accepted { reply }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(reply.to_string(), "250 2.0.0 queued as 1");
        connection.quit().await;
        let heard = server.heard();
        let body = String::from_utf8(message("ann@example.com").bytes).unwrap();
        assert_eq!(heard[heard.len() - 2], format!("MESSAGE {body}"));
        assert_eq!(heard[heard.len() - 1], "QUIT");
    }
}

#[tokio::test]
async fn a_message_larger_than_the_relay_takes_is_refused_before_it_is_sent() {
    let size = message("ann@example.com").bytes.len();
    for (offer, refused) in [(size - 1, true), (size, false), (0, false)] {
        let (outcome, _, mut server) =
            deliver(Script::default().offers(format!("SIZE {offer}").leak())).await;
        assert_eq!(matches!(outcome, Ok(Outcome::Refused { .. })), refused, "{outcome:?}");
        assert_eq!(server.count("MAIL"), usize::from(!refused));
    }
}

#[tokio::test]
async fn the_size_is_told_to_a_relay_that_asks_for_it() {
    let (_, _, mut server) = deliver(Script::default().offers("SIZE 1000000")).await;
    let size = message("ann@example.com").bytes.len();
    assert_eq!(server.count(&format!("MAIL FROM:<bounce@example.com> SIZE={size}")), 1);
}

#[tokio::test]
async fn a_refused_recipient_does_not_stop_the_next_one() {
    let script =
        Script::default().at("RCPT", Act::Say(b"550 5.1.1 no such user\r\n")).at("RCPT", Act::Polite);
    for script in both(&script) {
        let (outcome, mut connection, mut server) = deliver(script).await;
        let Ok(Outcome::Refused { reply, phase }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((reply.to_string().as_str(), phase), ("550 5.1.1 no such user", Phase::Rcpt));
        assert!(connection.is_open());
        assert!(accepted(&connection.deliver(&message("ben@example.com")).await));
        let heard = server.heard();
        assert_eq!(heard.iter().filter(|line| *line == "RSET").count(), 1, "{heard:?}");
        assert_eq!(heard.iter().filter(|line| line.starts_with("EHLO")).count(), 1);
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_phase_and_its_kind_and_the_connection_goes_on() {
    for (command, phase) in
        [("MAIL", Phase::Mail), ("RCPT", Phase::Rcpt), ("DATA", Phase::Data), ("DOT", Phase::Dot)]
    {
        for (said, permanent) in [(&b"451 4.3.0 later\r\n"[..], false), (b"554 5.7.1 never\r\n", true)] {
            let script = Script::default().at(command, Act::Say(said)).at(command, Act::Polite);
            let scripts = if command == "MAIL" { vec![script] } else { both(&script).to_vec() };
            for script in scripts {
                let (outcome, mut connection, _) = deliver(script).await;
                match outcome {
                    Ok(Outcome::Refused { phase: at, reply }) => {
                        assert!(permanent && at == phase && reply.code == 554, "{command} {at} {reply}");
                    }
                    Ok(Outcome::Deferred { phase: at, reply }) => {
                        assert!(!permanent && at == phase && reply.code == 451, "{command} {at} {reply}");
                    }
                    other => panic!("{command}: {other:?}"),
                }
                assert!(accepted(&connection.deliver(&message("ben@example.com")).await), "{command}");
            }
        }
    }
}

#[tokio::test]
async fn a_relay_that_refuses_the_recipient_and_still_awaits_a_message_gets_none() {
    // The answer to a DATA that came in one flight with a refused RCPT.
    let script = Script::default()
        .offers("PIPELINING")
        .at("RCPT", Act::Say(b"550 no\r\n"))
        .at("DATA", Act::Say(b"354 go on\r\n"));
    let (outcome, connection, mut server) = deliver(script).await;
    assert!(matches!(outcome, Ok(Outcome::Refused { phase: Phase::Rcpt, .. })), "{outcome:?}");
    assert!(!connection.is_open());
    drop(connection);
    // Not a byte went where the message was to go.
    assert_eq!(server.next("CUT").await, "CUT ");
}

#[tokio::test]
async fn a_farewell_at_any_command_closes_and_the_message_may_be_offered_again() {
    for command in ["MAIL", "RCPT", "DATA", "DOT"] {
        for script in both(&Script::default().at(command, Act::Last(b"421 4.3.2 going down\r\n"))) {
            let (outcome, mut connection, _server) = deliver(script).await;
            let Ok(Outcome::Deferred { reply, .. }) = outcome else { panic!("{command}: {outcome:?}") };
            assert_eq!(reply.to_string(), "421 4.3.2 going down");
            assert!(!connection.is_open());
            let next = connection.deliver(&message("ben@example.com")).await;
            assert!(matches!(next, Err(SendError::Lost { recipient: Some(_), .. })), "{next:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_lost_before_the_dot_was_answered_to_no_doubt() {
    for (command, phase) in [("MAIL", Phase::Mail), ("RCPT", Phase::Rcpt), ("DATA", Phase::Data)] {
        let (outcome, connection, _) = deliver(Script::default().at(command, Act::Drop)).await;
        let Err(SendError::Lost { phase: at, loss, recipient, .. }) = &outcome else {
            panic!("{command}: {outcome:?}")
        };
        assert_eq!((*at, loss), (phase, &Loss::HungUp));
        assert_eq!(recipient.as_ref().map(ToString::to_string).as_deref(), Some("ann@example.com"));
        assert!(!connection.is_open());
    }
}

#[tokio::test]
async fn a_connection_lost_after_the_dot_leaves_a_doubt_that_names_the_recipient() {
    for script in both(&Script::default().at("DOT", Act::Drop)) {
        let (outcome, mut connection, _server) = deliver(script).await;
        let Err(error @ SendError::Unknown { recipient, loss, .. }) = &outcome else { panic!("{outcome:?}") };
        assert_eq!((recipient.to_string().as_str(), loss), ("ann@example.com", &Loss::HungUp));
        assert_eq!(error.class(), Class::Relay);
        // The doubt is about her alone.
        let next = connection.deliver(&message("ben@example.com")).await;
        assert!(matches!(next, Err(SendError::Lost { .. })), "{next:?}");
    }
}

#[tokio::test]
async fn an_answer_to_the_dot_that_is_none_leaves_a_doubt() {
    for said in [&b"what?\r\n"[..], b"354 go on\r\n", b"250-half\r\n550 other half\r\n", b"999 what\r\n"] {
        let (outcome, connection, _) = deliver(Script::default().at("DOT", Act::Say(said))).await;
        assert!(matches!(outcome, Err(SendError::Unknown { .. })), "{outcome:?}");
        assert!(!connection.is_open());
    }
}

#[tokio::test]
async fn a_success_in_odd_clothes_is_a_success() {
    for said in [&b"250\r\n"[..], b"250 gr\xfc\xdfe\r\n", b"250\n", b"250-\r\n250 \r\n", b"299 odd\r\n"] {
        let (outcome, mut connection, _server) = deliver(Script::default().at("DOT", Act::Say(said))).await;
        let Ok(Outcome::Accepted { reply }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(reply.raw, said);
        assert!(accepted(&connection.deliver(&message("ben@example.com")).await));
    }
}

#[tokio::test]
async fn a_code_nobody_registered_keeps_its_class() {
    let (outcome, _, _) = deliver(Script::default().at("DOT", Act::Say(b"585 5.7.1 odd\r\n"))).await;
    let Ok(Outcome::Refused { reply, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(reply.to_string(), "585 5.7.1 odd");
}

#[tokio::test]
async fn an_answer_that_was_not_asked_for_is_never_taken_for_the_next_one() {
    // The surplus 250 would pass for the answer to the next command.
    for script in both(&Script::default().at("DOT", Act::Say(b"250 one\r\n250 two\r\n"))) {
        let (outcome, mut connection, _server) = deliver(script).await;
        assert!(accepted(&outcome));
        let next = connection.deliver(&message("ben@example.com")).await;
        assert!(matches!(next, Err(SendError::Lost { loss: Loss::Unasked(_), .. })), "{next:?}");
    }
}

#[tokio::test]
async fn a_command_that_is_never_answered_ends_at_its_deadline_with_its_phase() {
    for (command, phase) in [("MAIL", Phase::Mail), ("RCPT", Phase::Rcpt), ("DATA", Phase::Data)] {
        let server = Script::default().at(command, Act::Hang).serve().await;
        let mut connection = Connection::open(&impatient(&server, command), HELLO).await.unwrap();
        let outcome = connection.deliver(&message("ann@example.com")).await;
        let Err(SendError::Lost { phase: at, loss, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((at, loss), (phase, Loss::TimedOut(SOON)));
    }
    for (command, phase) in [("GREETING", Phase::Greeting), ("EHLO", Phase::Ehlo)] {
        let server = Script::default().at(command, Act::Hang).serve().await;
        let error = Connection::open(&impatient(&server, command), HELLO).await.unwrap_err();
        let SendError::Lost { phase: at, loss: Loss::TimedOut(_), .. } = error else { panic!("{error:?}") };
        assert_eq!(at, phase);
    }
}

#[tokio::test]
async fn a_dot_that_is_never_answered_leaves_a_doubt_at_its_deadline() {
    let server = Script::default().at("DOT", Act::Hang).serve().await;
    let mut connection = Connection::open(&impatient(&server, "DOT"), HELLO).await.unwrap();
    let outcome = connection.deliver(&message("ann@example.com")).await;
    assert!(matches!(outcome, Err(SendError::Unknown { loss: Loss::TimedOut(SOON), .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_relay_that_takes_no_more_of_the_message_leaves_no_doubt() {
    // More than the sockets between the two can hold.
    let mut big = message("ann@example.com");
    big.bytes.extend(b"word word word word\r\n".repeat(1 << 20));
    for (act, timed_out) in [(Act::Hang, true), (Act::Drop, false)] {
        let server = Script::default().at("BODY", act).serve().await;
        let mut connection = Connection::open(&impatient(&server, "BODY"), HELLO).await.unwrap();
        let outcome = connection.deliver(&big).await;
        let Err(SendError::Lost { phase: Phase::Dot, loss, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(matches!(loss, Loss::TimedOut(_)), timed_out, "{loss:?}");
    }
}

#[tokio::test]
async fn a_delivery_that_is_abandoned_half_way_spoils_the_connection() {
    let server = Script::default().at("DOT", Act::Hang).serve().await;
    let mut connection = open(&server).await;
    let first = tokio::time::timeout(SOON, connection.deliver(&message("ann@example.com"))).await;
    assert!(first.is_err());
    assert!(!connection.is_open());
    let next = connection.deliver(&message("ben@example.com")).await;
    assert!(matches!(next, Err(SendError::Lost { loss: Loss::Abandoned, .. })), "{next:?}");
}

#[tokio::test]
async fn a_relay_that_does_not_want_us_is_quoted() {
    for (command, phase) in [("GREETING", Phase::Greeting), ("EHLO", Phase::Ehlo)] {
        let error = refusal(Script::default().at(command, Act::Say(b"554 5.7.1 go away\r\n"))).await;
        assert!(matches!(&error, SendError::Unwelcome { phase: at, .. } if *at == phase), "{error:?}");
        assert_eq!(error.notes(), ["server said: 554 5.7.1 go away"]);
    }
}

#[tokio::test]
async fn what_is_no_mail_server_is_named_by_what_it_said() {
    let error = refusal(Script::default().at("GREETING", Act::Say(b"HTTP/1.1 400 Bad Request\r\n"))).await;
    assert!(error.to_string().contains("`HTTP/1.1 400 Bad Request`"), "{error}");
    assert_eq!(error.class(), Class::Relay);
}

#[tokio::test]
async fn a_relay_nobody_listens_at_cannot_be_reached() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let error = Connection::open(&relay(addr), HELLO).await.unwrap_err();
    assert!(matches!(error, SendError::Connect { .. }), "{error:?}");
}

#[tokio::test]
async fn a_greeting_name_cannot_smuggle_a_command() {
    let server = Script::default().serve().await;
    let error = Connection::open(&relay(server.addr), "a\r\nMAIL FROM:<x@example.com>").await.unwrap_err();
    assert!(matches!(error, SendError::Hello(_)));
}

#[tokio::test]
async fn bytes_that_are_not_fit_for_the_wire_never_reach_it() {
    let server = Script::default().serve().await;
    let mut connection = open(&server).await;
    let long = [b"a".repeat(999), b"\r\n".to_vec()].concat();
    for bytes in [
        &b"a\nb\r\n"[..],
        b"a\rb\r\n",
        b"a",
        b"",
        b"a\r\n.\r\nMAIL FROM:<x@example.com>\r\n",
        b"\xc3\xa9\r\n",
        &long,
    ] {
        let mut bad = message("ann@example.com");
        bad.bytes = bytes.to_vec();
        let outcome = connection.deliver(&bad).await;
        assert!(matches!(outcome, Err(SendError::Malformed { .. })), "{bytes:?}: {outcome:?}");
    }
    assert!(accepted(&connection.deliver(&message("ann@example.com")).await));
}

fn login() -> Login {
    Login { username: "news".to_owned(), proof: Proof::Password("press".to_owned()) }
}

/// A relay called localhost that trusts `tls`.
fn trusting(server: &Scripted, mode: TlsMode, tls: &Tls, dir: &tempfile::TempDir) -> Relay {
    let path = dir.path().join("ca.pem");
    tls.write(&path);
    Relay {
        host: "localhost".to_owned(),
        tls: mode,
        ca_file: Some(path),
        login: Some(login()),
        ..relay(server.addr)
    }
}

#[tokio::test]
async fn a_message_goes_over_tls_from_the_first_byte_or_after_starttls() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::for_name("localhost");
    let scripts = [
        (Script::default().implicit_tls(&tls), TlsMode::Implicit, 1),
        (Script::default().starttls(&tls), TlsMode::StartTls, 2),
    ];
    for (script, mode, hellos) in scripts {
        for script in both(&script) {
            let mut server = script.offers("AUTH PLAIN").serve().await;
            let mut connection = Connection::open(&trusting(&server, mode, &tls, &dir), HELLO).await.unwrap();
            assert!(accepted(&connection.deliver(&message("ann@example.com")).await));
            assert!(accepted(&connection.deliver(&message("ben@example.com")).await));
            connection.quit().await;
            let heard = server.heard();
            assert_eq!(heard.iter().filter(|line| line.starts_with("EHLO ")).count(), hellos);
            assert_eq!(heard.iter().filter(|line| line.starts_with("MESSAGE ")).count(), 2);
        }
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_or_from_nobody_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Tls::for_name("localhost"), Tls::for_name("elsewhere.test"));
    for (shown, trusted) in [(&theirs, &theirs), (&theirs, &ours)] {
        for mode in [TlsMode::StartTls, TlsMode::Implicit] {
            let script = match mode {
                TlsMode::Implicit => Script::default().implicit_tls(shown),
                _ => Script::default().starttls(shown),
            };
            let mut server = script.offers("AUTH PLAIN").serve().await;
            let error = Connection::open(&trusting(&server, mode, trusted, &dir), HELLO).await.unwrap_err();
            assert!(matches!(error, SendError::Tls { .. }), "{error:?}");
            assert!(error.hint().is_some());
            assert_eq!(server.count("AUTH"), 0);
        }
    }
}

#[tokio::test]
async fn a_relay_whose_starttls_was_removed_gets_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Script::default().offers("AUTH PLAIN").serve().await;
    let relay = trusting(&server, TlsMode::StartTls, &Tls::for_name("localhost"), &dir);
    let error = Connection::open(&relay, HELLO).await.unwrap_err();
    assert!(matches!(error, SendError::TlsNotOffered { .. }), "{error:?}");
    assert_eq!(server.heard(), [format!("EHLO {HELLO}")]);
}

#[tokio::test]
async fn a_reply_in_clear_behind_the_consent_to_tls_is_an_attack() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::for_name("localhost");
    let server = Script::default().starttls(&tls).injects().serve().await;
    let error = Connection::open(&trusting(&server, TlsMode::StartTls, &tls, &dir), HELLO).await.unwrap_err();
    assert!(matches!(error, SendError::Injected { .. }), "{error:?}");
}

#[tokio::test]
async fn a_refused_starttls_is_not_gone_around() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::for_name("localhost");
    let script = Script::default().starttls(&tls).at("STARTTLS", Act::Say(b"454 4.7.0 not now\r\n"));
    let mut server = script.serve().await;
    let error = Connection::open(&trusting(&server, TlsMode::StartTls, &tls, &dir), HELLO).await.unwrap_err();
    assert!(matches!(error, SendError::Unwelcome { phase: Phase::StartTls, .. }), "{error:?}");
    assert_eq!(server.heard(), [format!("EHLO {HELLO}"), "STARTTLS".to_owned()]);
}

#[tokio::test]
async fn a_file_of_authorities_without_a_certificate_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, "nothing here").unwrap();
    for path in [path, dir.path().join("missing.pem")] {
        let server = Script::default().serve().await;
        let relay = Relay { tls: TlsMode::StartTls, ca_file: Some(path), ..relay(server.addr) };
        let error = Connection::open(&relay, HELLO).await.unwrap_err();
        assert!(matches!(error, SendError::Authorities { .. }), "{error:?}");
        assert_eq!(error.class(), Class::Config);
    }
}
