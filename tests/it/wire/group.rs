//! A message in steps, and the flight that ends one message and begins the next.

use letterpress::message::Message;
use letterpress::outbox::DotPermit;
use letterpress::problem::{Class, Condition as _};
use letterpress::send::{Begun, Connection, Finished, Loss, Outcome, Phase, Relay, SendError, TlsMode};

use super::{HELLO, SOON, accepted, both, impatient, open, trusting};
use crate::support::relay::{Act, Script, Scripted, Tls};
use crate::support::{message, relay};

/// A relay that takes groups.
fn pipelining() -> Script {
    Script::default().offers("PIPELINING")
}

/// The same, and this is done to the second message where the first passes.
fn second(command: &'static str, act: Act) -> Script {
    pipelining().at(command, Act::Polite).at(command, act)
}

/// The commands that begin a message, and their phases.
const BEGINNING: [(&str, Phase); 3] = [("MAIL", Phase::Mail), ("RCPT", Phase::Rcpt), ("DATA", Phase::Data)];

async fn finish(connection: &mut Connection, this: &Message, next: Option<&Message>) -> Finished {
    connection.finish(this, DotPermit::unrecorded(), next).await
}

/// Begins Ann's message, and finishes it with Ben's behind it.
async fn pair(script: Script) -> (Finished, Connection, Scripted) {
    let server = script.serve().await;
    let mut connection = open(&server).await;
    let (ann, ben) = (message("ann@example.com"), message("ben@example.com"));
    assert_eq!(connection.begin(&ann).await.unwrap(), Begun::Ready);
    let finished = finish(&mut connection, &ann, Some(&ben)).await;
    (finished, connection, server)
}

fn is_ready(next: Option<&Result<Begun, SendError>>) -> bool {
    matches!(next, Some(Ok(Begun::Ready)))
}

/// How the next one was lost; it must be Ben's and certainly not accepted.
fn lost_next(finished: &Finished) -> (Phase, &Loss) {
    match &finished.next {
        Some(Err(SendError::Lost { phase, loss, recipient: Some(to), .. }))
            if to.to_string() == "ben@example.com" =>
        {
            (*phase, loss)
        }
        other => panic!("{other:?}"),
    }
}

/// Finishes Ben's message and says what the server was told of messages.
async fn finish_ben(mut connection: Connection, server: &mut Scripted) -> usize {
    let finished = finish(&mut connection, &message("ben@example.com"), None).await;
    assert!(accepted(&finished.outcome), "{finished:?}");
    assert!(finished.next.is_none());
    server.count("MESSAGE ")
}

#[tokio::test]
async fn one_flight_ends_a_message_and_begins_the_next() {
    // Nothing is answered until DATA of the next one has been read: whoever waited for
    // the answer to the dot first would wait for ever.
    let mut script = pipelining().at("DOT", Act::Hold).at("DOT", Act::Polite);
    for command in ["MAIL", "RCPT"] {
        script = script.at(command, Act::Polite).at(command, Act::Hold);
    }
    let (finished, connection, mut server) = pair(script).await;
    assert!(accepted(&finished.outcome), "{finished:?}");
    assert!(is_ready(finished.next.as_ref()), "{finished:?}");
    assert_eq!(finish_ben(connection, &mut server).await, 2);
}

#[tokio::test]
async fn many_messages_follow_each_other_each_as_it_was() {
    let mut server = pipelining().serve().await;
    let mut connection = open(&server).await;
    let mut messages: Vec<Message> = (0..20).map(|n| message(&format!("reader{n}@example.com"))).collect();
    // More than one write can take.
    messages[7].bytes.extend(b"word word word word\r\n".repeat(1 << 18));
    assert_eq!(connection.begin(&messages[0]).await.unwrap(), Begun::Ready);
    for (index, this) in messages.iter().enumerate() {
        let finished = finish(&mut connection, this, messages.get(index + 1)).await;
        assert!(accepted(&finished.outcome), "{index}: {finished:?}");
        assert_eq!(is_ready(finished.next.as_ref()), index + 1 < messages.len());
    }
    assert!(connection.is_open());
    let heard = server.heard();
    let bodies: Vec<&str> = heard.iter().filter_map(|line| line.strip_prefix("MESSAGE ")).collect();
    let sent: Vec<&str> = messages.iter().map(|it| std::str::from_utf8(&it.bytes).unwrap()).collect();
    assert!(bodies == sent, "the bodies changed on the way");
    assert!(!heard.iter().any(|line| line == "RSET"));
}

#[tokio::test]
async fn over_tls_a_flight_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::for_name("localhost");
    let script = pipelining().implicit_tls(&tls).offers("AUTH PLAIN");
    let mut script = script.at("DOT", Act::Hold).at("DOT", Act::Polite);
    for command in ["MAIL", "RCPT"] {
        script = script.at(command, Act::Polite).at(command, Act::Hold);
    }
    let mut server = script.serve().await;
    let relay = trusting(&server, TlsMode::Implicit, &tls, &dir);
    let mut connection = Connection::open(&relay, HELLO).await.unwrap();
    let (mut ann, ben) = (message("ann@example.com"), message("ben@example.com"));
    // Many records.
    ann.bytes.extend(b"word word word word\r\n".repeat(1 << 15));
    assert_eq!(connection.begin(&ann).await.unwrap(), Begun::Ready);
    let finished = finish(&mut connection, &ann, Some(&ben)).await;
    assert!(accepted(&finished.outcome) && is_ready(finished.next.as_ref()), "{finished:?}");
    assert_eq!(finish_ben(connection, &mut server).await, 2);
}

#[tokio::test]
async fn without_pipelining_the_next_message_is_not_tried() {
    let (finished, mut connection, mut server) = pair(Script::default()).await;
    assert!(accepted(&finished.outcome) && finished.next.is_none(), "{finished:?}");
    assert_eq!(server.count("MAIL"), 1);
    assert!(connection.is_open());
    assert_eq!(connection.begin(&message("ben@example.com")).await.unwrap(), Begun::Ready);
}

#[tokio::test]
async fn without_pipelining_no_command_is_said_before_the_last_was_answered() {
    for (command, _) in BEGINNING {
        let server = Script::default().at(command, Act::Hold).serve().await;
        let mut connection = Connection::open(&impatient(&server, command), HELLO).await.unwrap();
        let begun = connection.begin(&message("ann@example.com")).await;
        assert!(matches!(begun, Err(SendError::Lost { loss: Loss::TimedOut(SOON), .. })), "{begun:?}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_next_envelope_leaves_the_first_message_accepted_and_the_connection_open() {
    for (command, phase) in BEGINNING {
        for (said, permanent) in [(&b"450 4.2.0 later\r\n"[..], false), (b"550 5.1.1 no\r\n", true)] {
            let script = second(command, Act::Say(said)).at(command, Act::Polite);
            // A server that refused MAIL refuses what follows from it.
            let script = match command {
                "MAIL" => script
                    .at("RCPT", Act::Polite)
                    .at("RCPT", Act::Say(b"503 5.5.1 no sender\r\n"))
                    .at("RCPT", Act::Polite),
                _ => script,
            };
            let (finished, mut connection, mut server) = pair(script).await;
            assert!(accepted(&finished.outcome), "{command}: {finished:?}");
            match finished.next {
                Some(Ok(Begun::Refused(Outcome::Refused { phase: at, reply }))) => {
                    assert!(permanent && at == phase && reply.code == 550, "{command} {at} {reply}");
                }
                Some(Ok(Begun::Refused(Outcome::Deferred { phase: at, reply }))) => {
                    assert!(!permanent && at == phase && reply.code == 450, "{command} {at} {reply}");
                }
                other => panic!("{command}: {other:?}"),
            }
            assert!(connection.is_open());
            assert!(accepted(&connection.deliver(&message("cid@example.com")).await), "{command}");
            assert_eq!(server.count("RSET"), 1);
        }
    }
}

#[tokio::test]
async fn a_refused_dot_does_not_touch_the_next_message() {
    for (said, permanent) in [(&b"451 4.3.0 later\r\n"[..], false), (b"554 5.7.1 spam\r\n", true)] {
        let script = pipelining().at("DOT", Act::Say(said)).at("DOT", Act::Polite);
        let (finished, connection, mut server) = pair(script).await;
        let refused = matches!(finished.outcome, Ok(Outcome::Refused { phase: Phase::Dot, .. }));
        let deferred = matches!(finished.outcome, Ok(Outcome::Deferred { phase: Phase::Dot, .. }));
        assert_eq!((refused, deferred), (permanent, !permanent), "{finished:?}");
        assert!(is_ready(finished.next.as_ref()), "{finished:?}");
        assert_eq!(finish_ben(connection, &mut server).await, 2);
    }
}

#[tokio::test]
async fn both_messages_of_a_group_can_be_refused() {
    let script = second("RCPT", Act::Say(b"550 5.1.1 no\r\n"))
        .at("DOT", Act::Say(b"451 4.3.0 later\r\n"))
        .at("DOT", Act::Polite)
        .at("RCPT", Act::Polite);
    let (finished, mut connection, _server) = pair(script).await;
    assert!(matches!(finished.outcome, Ok(Outcome::Deferred { phase: Phase::Dot, .. })), "{finished:?}");
    assert!(
        matches!(finished.next, Some(Ok(Begun::Refused(Outcome::Refused { phase: Phase::Rcpt, .. })))),
        "{finished:?}"
    );
    assert!(accepted(&connection.deliver(&message("cid@example.com")).await));
}

#[tokio::test]
async fn a_farewell_at_the_dot_defers_the_first_and_the_next_was_never_offered() {
    let (finished, connection, _server) =
        pair(pipelining().at("DOT", Act::Last(b"421 4.3.2 going down\r\n"))).await;
    let Ok(Outcome::Deferred { reply, phase: Phase::Dot }) = &finished.outcome else {
        panic!("{finished:?}")
    };
    assert_eq!(reply.to_string(), "421 4.3.2 going down");
    assert_eq!(lost_next(&finished), (Phase::Dot, &Loss::HungUp));
    assert!(!connection.is_open());
}

#[tokio::test]
async fn a_farewell_at_the_next_envelope_defers_that_message_alone() {
    for (command, phase) in BEGINNING {
        let (finished, connection, _server) =
            pair(second(command, Act::Last(b"421 4.7.0 too many\r\n"))).await;
        assert!(accepted(&finished.outcome), "{command}: {finished:?}");
        let Some(Ok(Begun::Refused(Outcome::Deferred { reply, phase: at }))) = &finished.next else {
            panic!("{command}: {finished:?}")
        };
        assert_eq!((reply.code, *at), (421, phase));
        assert!(!connection.is_open());
    }
}

#[tokio::test]
async fn a_connection_lost_at_the_dot_leaves_doubt_about_the_first_message_alone() {
    let (finished, mut connection, _server) = pair(pipelining().at("DOT", Act::Drop)).await;
    let Err(SendError::Unknown { recipient, .. }) = &finished.outcome else { panic!("{finished:?}") };
    assert_eq!(recipient.to_string(), "ann@example.com");
    assert_eq!(lost_next(&finished).0, Phase::Dot);
    let after = connection.begin(&message("cid@example.com")).await;
    assert!(matches!(after, Err(SendError::Lost { .. })), "{after:?}");
}

#[tokio::test]
async fn a_connection_lost_at_the_next_envelope_leaves_no_doubt_at_all() {
    for (command, phase) in BEGINNING {
        let (finished, connection, _server) = pair(second(command, Act::Drop)).await;
        assert!(accepted(&finished.outcome), "{command}: {finished:?}");
        assert_eq!(lost_next(&finished), (phase, &Loss::HungUp), "{command}");
        assert!(!connection.is_open());
    }
}

#[tokio::test]
async fn a_group_that_is_never_answered_ends_at_its_deadline() {
    for (command, phase) in BEGINNING {
        let server = second(command, Act::Hang).serve().await;
        let mut connection = Connection::open(&impatient(&server, command), HELLO).await.unwrap();
        let (ann, ben) = (message("ann@example.com"), message("ben@example.com"));
        assert_eq!(connection.begin(&ann).await.unwrap(), Begun::Ready);
        let finished = finish(&mut connection, &ann, Some(&ben)).await;
        assert!(accepted(&finished.outcome), "{command}: {finished:?}");
        assert_eq!(lost_next(&finished), (phase, &Loss::TimedOut(SOON)), "{command}");
    }
    let server = pipelining().at("DOT", Act::Hang).serve().await;
    let mut connection = Connection::open(&impatient(&server, "DOT"), HELLO).await.unwrap();
    let (ann, ben) = (message("ann@example.com"), message("ben@example.com"));
    assert_eq!(connection.begin(&ann).await.unwrap(), Begun::Ready);
    let finished = finish(&mut connection, &ann, Some(&ben)).await;
    assert!(
        matches!(finished.outcome, Err(SendError::Unknown { loss: Loss::TimedOut(SOON), .. })),
        "{finished:?}"
    );
    assert_eq!(lost_next(&finished), (Phase::Dot, &Loss::TimedOut(SOON)));
}

#[tokio::test]
async fn what_is_no_answer_to_the_dot_leaves_doubt_and_the_next_message_is_lost() {
    for said in [&b"what?\r\n"[..], b"354 go on\r\n", b"250-half\r\n550 other half\r\n", b"\xff\xfe\r\n"] {
        let (finished, connection, _server) = pair(pipelining().at("DOT", Act::Say(said))).await;
        assert!(matches!(finished.outcome, Err(SendError::Unknown { .. })), "{said:?}: {finished:?}");
        assert_eq!(lost_next(&finished).0, Phase::Dot);
        assert!(!connection.is_open());
    }
}

#[tokio::test]
async fn what_is_no_answer_to_the_next_envelope_loses_that_message_alone() {
    for (command, phase) in BEGINNING {
        for said in [&b"what?\r\n"[..], b"251-half\r\n550 other half\r\n", b"\xff\xfe\r\n", b"399 odd\r\n"] {
            let (finished, connection, _server) = pair(second(command, Act::Say(said))).await;
            assert!(accepted(&finished.outcome), "{command} {said:?}: {finished:?}");
            assert_eq!(lost_next(&finished).0, phase, "{command} {said:?}");
            assert!(!connection.is_open());
        }
    }
    // A success where a 354 is due would have the body read as commands.
    let (finished, connection, mut server) = pair(second("DATA", Act::Say(b"250 ok\r\n"))).await;
    assert!(accepted(&finished.outcome) && !connection.is_open());
    assert_eq!(lost_next(&finished).0, Phase::Data);
    assert_eq!(server.count("MESSAGE "), 1);
}

#[tokio::test]
async fn answers_in_odd_clothes_are_answers_anywhere_in_a_group() {
    for said in [&b"250\r\n"[..], b"250 gr\xfc\xdfe\r\n", b"250\n", b"250-\r\n250 \r\n", b"299 odd\r\n"] {
        for command in ["DOT", "MAIL", "RCPT"] {
            let script = if command == "DOT" {
                pipelining().at("DOT", Act::Say(said))
            } else {
                second(command, Act::Say(said))
            };
            let (finished, connection, mut server) = pair(script).await;
            assert!(accepted(&finished.outcome), "{command} {said:?}: {finished:?}");
            assert!(is_ready(finished.next.as_ref()), "{command} {said:?}: {finished:?}");
            assert_eq!(finish_ben(connection, &mut server).await, 2);
        }
    }
    for said in [&b"354\r\n"[..], b"354 gr\xfc\xdfe\r\n", b"354\n"] {
        let (finished, connection, mut server) = pair(second("DATA", Act::Say(said))).await;
        assert!(is_ready(finished.next.as_ref()), "{said:?}: {finished:?}");
        assert_eq!(finish_ben(connection, &mut server).await, 2);
    }
    for said in [&b"550\r\n"[..], b"550 gr\xfc\xdfe\r\n", b"585 odd\r\n"] {
        for (command, phase) in BEGINNING {
            let (finished, _, _server) = pair(second(command, Act::Say(said))).await;
            assert!(accepted(&finished.outcome), "{command} {said:?}: {finished:?}");
            let Some(Ok(Begun::Refused(Outcome::Refused { phase: at, .. }))) = finished.next else {
                panic!("{command} {said:?}: {finished:?}")
            };
            assert_eq!(at, phase);
        }
    }
}

#[tokio::test]
async fn one_answer_too_many_never_makes_a_refusal_a_success() {
    // Each answer passes for that of the next command; a 354 is never due then.
    let script = pipelining()
        .at("DOT", Act::Say(b"250 one\r\n250 two\r\n"))
        .at("RCPT", Act::Polite)
        .at("RCPT", Act::Say(b"550 no\r\n"));
    let (finished, connection, mut server) = pair(script).await;
    assert!(accepted(&finished.outcome), "{finished:?}");
    assert!(!is_ready(finished.next.as_ref()), "{finished:?}");
    assert!(!connection.is_open());
    assert_eq!(server.count("MESSAGE "), 1);
}

#[tokio::test]
async fn a_next_recipient_who_is_refused_and_whose_body_is_awaited_all_the_same_gets_none() {
    for (command, said) in [("RCPT", &b"550 no\r\n"[..]), ("MAIL", b"451 later\r\n")] {
        let script = second(command, Act::Say(said)).at("DATA", Act::Say(b"354 go on\r\n"));
        let (finished, connection, mut server) = pair(script).await;
        assert!(accepted(&finished.outcome), "{finished:?}");
        assert!(matches!(finished.next, Some(Ok(Begun::Refused(_)))), "{finished:?}");
        assert!(!connection.is_open());
        // Not a byte went where the message was to go, though nothing was dropped yet.
        assert_eq!(server.next("CUT").await, "CUT ");
        drop(connection);
    }
}

#[tokio::test]
async fn an_abandoned_transaction_ends_at_once_without_a_dot() {
    for script in both(&Script::default()) {
        let mut server = script.serve().await;
        let mut connection = open(&server).await;
        assert_eq!(connection.begin(&message("ann@example.com")).await.unwrap(), Begun::Ready);
        connection.abandon();
        assert!(!connection.is_open());
        assert_eq!(server.next("CUT").await, "CUT ");
        let after = connection.begin(&message("ben@example.com")).await;
        assert!(matches!(after, Err(SendError::Lost { loss: Loss::Abandoned, .. })), "{after:?}");
        connection.quit().await;
        assert!(server.heard().is_empty());
    }
}

#[tokio::test]
async fn to_quit_while_a_body_is_awaited_abandons_it() {
    let mut server = pipelining().serve().await;
    let mut connection = open(&server).await;
    assert_eq!(connection.begin(&message("ann@example.com")).await.unwrap(), Begun::Ready);
    connection.quit().await;
    assert_eq!(server.next("CUT").await, "CUT ");
}

#[tokio::test]
async fn another_message_than_the_one_that_was_begun_is_never_finished() {
    let mut longer = message("ann@example.com");
    longer.bytes.extend(b"more\r\n");
    for other in [message("ben@example.com"), longer] {
        let mut server = pipelining().serve().await;
        let mut connection = open(&server).await;
        assert_eq!(connection.begin(&message("ann@example.com")).await.unwrap(), Begun::Ready);
        let finished = finish(&mut connection, &other, None).await;
        let Err(error @ SendError::Malformed { .. }) = &finished.outcome else { panic!("{finished:?}") };
        assert_eq!(error.class(), Class::Bug);
        assert_eq!(server.next("CUT").await, "CUT ");
    }
}

#[tokio::test]
async fn a_message_that_was_not_begun_is_not_finished() {
    let mut server = pipelining().serve().await;
    let mut connection = open(&server).await;
    let finished = finish(&mut connection, &message("ann@example.com"), None).await;
    assert!(matches!(finished.outcome, Err(SendError::Malformed { .. })), "{finished:?}");
    assert_eq!(server.heard(), [format!("EHLO {HELLO}")]);
}

#[tokio::test]
async fn to_begin_twice_spoils_the_connection_and_sends_nothing() {
    let mut server = pipelining().serve().await;
    let mut connection = open(&server).await;
    assert_eq!(connection.begin(&message("ann@example.com")).await.unwrap(), Begun::Ready);
    let again = connection.begin(&message("ben@example.com")).await;
    assert!(matches!(again, Err(SendError::Lost { loss: Loss::Abandoned, .. })), "{again:?}");
    assert_eq!(server.next("CUT").await, "CUT ");
}

#[tokio::test]
async fn a_next_message_that_cannot_be_offered_is_left_to_its_own_turn() {
    let size = message("ann@example.com").bytes.len();
    let server = pipelining().offers(format!("SIZE {}", size + 1).leak()).serve().await;
    let mut connection = open(&server).await;
    let ann = message("ann@example.com");
    let (mut bare, mut big) = (message("ben@example.com"), message("ben@example.com"));
    bare.bytes.extend(b"\n");
    big.bytes.extend(b"more\r\n");
    for next in [&bare, &big] {
        assert_eq!(connection.begin(&ann).await.unwrap(), Begun::Ready);
        let finished = finish(&mut connection, &ann, Some(next)).await;
        assert!(accepted(&finished.outcome) && finished.next.is_none(), "{finished:?}");
    }
    assert!(matches!(connection.begin(&bare).await, Err(SendError::Malformed { .. })));
    let begun = connection.begin(&big).await;
    assert!(matches!(begun, Ok(Begun::Refused(Outcome::Refused { .. }))), "{begun:?}");
    assert!(connection.is_open());
}

#[tokio::test]
async fn a_relay_that_hangs_up_while_the_permit_is_awaited_leaves_no_doubt() {
    for (act, farewell) in
        [(Act::Last(b"354 go on\r\n"), false), (Act::Last(b"354 go\r\n421 idle\r\n"), true)]
    {
        let server = pipelining().at("DATA", act).serve().await;
        let mut connection = open(&server).await;
        let ann = message("ann@example.com");
        assert_eq!(connection.begin(&ann).await.unwrap(), Begun::Ready);
        // It serves one connection after the other: it has hung up on the first.
        let _second = open(&server).await;
        let finished = finish(&mut connection, &ann, Some(&message("ben@example.com"))).await;
        match finished.outcome {
            Ok(Outcome::Deferred { ref reply, .. }) => assert!(farewell && reply.code == 421),
            Err(SendError::Lost { .. }) => assert!(!farewell, "{finished:?}"),
            ref other => panic!("{other:?}"),
        }
        assert!(matches!(finished.next, Some(Err(SendError::Lost { .. }))), "{finished:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_spent_begins_nothing_more_and_says_so() {
    let mut server = pipelining().serve().await;
    let relay = Relay { messages_per_connection: Some(2), ..relay(server.addr) };
    let mut connection = Connection::open(&relay, HELLO).await.unwrap();
    let messages = ["ann", "ben", "cid"].map(|name| message(&format!("{name}@example.com")));
    assert_eq!(connection.begin(&messages[0]).await.unwrap(), Begun::Ready);
    assert!(!connection.is_spent());
    let first = finish(&mut connection, &messages[0], Some(&messages[1])).await;
    assert!(is_ready(first.next.as_ref()) && connection.is_spent());
    let second = finish(&mut connection, &messages[1], Some(&messages[2])).await;
    assert!(accepted(&second.outcome) && second.next.is_none(), "{second:?}");
    assert!(connection.is_spent() && !connection.is_open());
    connection.quit().await;
    let heard = server.heard();
    assert_eq!(heard.iter().filter(|line| line.starts_with("MAIL")).count(), 2);
    assert_eq!(heard.last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn a_group_that_is_dropped_half_way_spoils_the_connection() {
    for (command, act) in [("DOT", Act::Hang), ("MAIL", Act::Hang)] {
        let script = if command == "DOT" { pipelining().at("DOT", act) } else { second(command, act) };
        let server = script.serve().await;
        let mut connection = open(&server).await;
        let (ann, ben) = (message("ann@example.com"), message("ben@example.com"));
        assert_eq!(connection.begin(&ann).await.unwrap(), Begun::Ready);
        let finished = tokio::time::timeout(SOON, finish(&mut connection, &ann, Some(&ben))).await;
        assert!(finished.is_err() && !connection.is_open());
        let after = connection.begin(&ben).await;
        assert!(matches!(after, Err(SendError::Lost { loss: Loss::Abandoned, .. })), "{after:?}");
    }
}

#[tokio::test]
async fn the_answer_to_a_dot_is_told_before_the_next_recipient_has_one() {
    for command in ["MAIL", "RCPT", "DATA"] {
        let server = second(command, Act::Hang).serve().await;
        let mut connection = open(&server).await;
        let (ann, ben) = (message("ann@example.com"), message("ben@example.com"));
        assert_eq!(connection.begin(&ann).await.unwrap(), Begun::Ready);
        let outcome = connection.end(&ann, DotPermit::unrecorded(), Some(&ben)).await;
        assert!(accepted(&outcome), "{command}: {outcome:?}");
        // Of no use before the rest was heard, nor when nobody waited for that.
        assert!(!connection.is_open());
        assert!(tokio::time::timeout(SOON, connection.follow()).await.is_err());
        assert!(connection.follow().await.is_none());
        let after = connection.begin(&ben).await;
        assert!(matches!(after, Err(SendError::Lost { loss: Loss::Abandoned, .. })), "{after:?}");
    }
}

#[tokio::test]
async fn a_next_message_nobody_asks_after_is_never_finished() {
    let mut server = pipelining().serve().await;
    let mut connection = open(&server).await;
    let (ann, ben) = (message("ann@example.com"), message("ben@example.com"));
    assert_eq!(connection.begin(&ann).await.unwrap(), Begun::Ready);
    assert!(accepted(&connection.end(&ann, DotPermit::unrecorded(), Some(&ben)).await));
    let outcome = connection.end(&ben, DotPermit::unrecorded(), None).await;
    assert!(matches!(outcome, Err(SendError::Lost { loss: Loss::Abandoned, .. })), "{outcome:?}");
    assert_eq!(server.next("CUT").await, "CUT ");
}

#[tokio::test]
async fn a_body_the_relay_takes_no_more_of_leaves_no_doubt_with_the_next_behind_it() {
    let mut big = message("ann@example.com");
    big.bytes.extend(b"word word word word\r\n".repeat(1 << 20));
    for act in [Act::Hang, Act::Drop] {
        let server = pipelining().at("BODY", act).serve().await;
        let mut connection = Connection::open(&impatient(&server, "BODY"), HELLO).await.unwrap();
        assert_eq!(connection.begin(&big).await.unwrap(), Begun::Ready);
        let finished = finish(&mut connection, &big, Some(&message("ben@example.com"))).await;
        assert!(
            matches!(finished.outcome, Err(SendError::Lost { phase: Phase::Dot, .. })),
            "{:?}",
            finished.outcome
        );
        assert_eq!(lost_next(&finished).0, Phase::Dot);
    }
}
