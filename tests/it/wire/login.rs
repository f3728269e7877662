//! Logging in, and what a login does not go over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// `news` and the token `geheim`.
fn token_of_news() -> Login {
    Login { username: "news".to_owned(), proof: Proof::Token(Token::fixed("geheim".to_owned())) }
}

/// `user=news^Aauth=Bearer geheim^A^A`.
const BEARER: &str = "dXNlcj1uZXdzAWF1dGg9QmVhcmVyIGdlaGVpbQEB";

async fn open_as(server: &Scripted, login: Login) -> Result<Connection, SendError> {
    Connection::open(&Relay { login: Some(login), ..relay(server.addr) }, HELLO).await
}

#[tokio::test]
async fn a_login_goes_to_this_very_machine_even_without_tls() {
    let mut server = Script::default().offers("AUTH PLAIN").serve().await;
    let mut connection =
        Connection::open(&Relay { login: Some(login()), ..relay(server.addr) }, HELLO).await.unwrap();
    assert_eq!(server.count("AUTH PLAIN AG5ld3MAcHJlc3M="), 1);
    assert!(accepted(&connection.deliver(&message("ann@example.com")).await));
}

#[tokio::test]
async fn a_refused_login_quotes_the_relay_and_not_the_password() {
    for offer in ["AUTH PLAIN", "AUTH LOGIN PLAIN"] {
        let script = Script::default().offers(offer).at("AUTH", Act::Say(b"535 5.7.8 bad credentials\r\n"));
        let server = script.serve().await;
        let error =
            Connection::open(&Relay { login: Some(login()), ..relay(server.addr) }, HELLO).await.unwrap_err();
        assert!(matches!(error, SendError::LoginRefused { .. }), "{error:?}");
        assert_eq!(error.notes(), ["server said: 535 5.7.8 bad credentials"]);
        assert!(!format!("{error:?} {error}").contains("press\""));
    }
}

#[tokio::test]
async fn a_login_that_is_not_offered_is_not_tried() {
    let mut server = Script::default().offers("AUTH CRAM-MD5").serve().await;
    let error =
        Connection::open(&Relay { login: Some(login()), ..relay(server.addr) }, HELLO).await.unwrap_err();
    assert!(matches!(&error, SendError::NoLogin { .. }), "{error:?}");
    assert_eq!(error.notes(), ["it offers CRAM-MD5"]);
    assert_eq!(server.count("AUTH"), 0);
}

#[tokio::test]
async fn the_best_way_that_is_offered_and_fits_is_taken() {
    for (offer, login, said) in [
        ("AUTH LOGIN PLAIN XOAUTH2", login(), "AUTH PLAIN AG5ld3MAcHJlc3M="),
        ("AUTH=CRAM-MD5 PLAIN", login(), "AUTH PLAIN AG5ld3MAcHJlc3M="),
        ("AUTH LOGIN XOAUTH2", login(), "AUTH LOGIN"),
        ("AUTH PLAIN LOGIN XOAUTH2", token_of_news(), &format!("AUTH XOAUTH2 {BEARER}")),
    ] {
        let mut server = Script::default().offers(offer).serve().await;
        let mut connection = open_as(&server, login).await.unwrap();
        assert_eq!(server.heard()[1], said);
        assert!(accepted(&connection.deliver(&message("ann@example.com")).await));
    }
}

#[tokio::test]
async fn a_login_in_two_questions_is_answered_whatever_they_are_called() {
    for question in [&b"334 VXNlcm5hbWU6\r\n"[..], b"334 Rmlyc3Q/\r\n", b"334\r\n"] {
        let script = Script::default().offers("AUTH LOGIN").at("AUTH", Act::Say(question));
        let script =
            script.at("OTHER", Act::Say(b"334 UGFzc3dvcmQ6\r\n")).at("OTHER", Act::Say(b"235 ok\r\n"));
        let mut server = script.serve().await;
        open_as(&server, login()).await.unwrap();
        assert_eq!(server.heard()[1..], ["AUTH LOGIN", "bmV3cw==", "cHJlc3M="]);
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_told_with_all_the_relay_says_of_it() {
    // {"status":"400","schemes":"Bearer"}
    let complaint = b"334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0=\r\n";
    let script = Script::default().offers("AUTH XOAUTH2").at("AUTH", Act::Say(complaint));
    let mut server = script.at("OTHER", Act::Say(b"535 5.7.8 not accepted\r\n")).serve().await;
    let error = open_as(&server, token_of_news()).await.unwrap_err();
    assert!(matches!(error, SendError::LoginRefused { .. }), "{error:?}");
    let expected = [
        "server said: 535 5.7.8 not accepted",
        "and of the token: {\"status\":\"400\",\"schemes\":\"Bearer\"}",
    ];
    assert_eq!(error.notes(), expected);
    assert!(error.hint().unwrap().contains("for this account"));
    // The empty line, without which the relay would not say no.
    assert_eq!(server.heard()[1..], [format!("AUTH XOAUTH2 {BEARER}"), String::new()]);
}

/// Refuses the first login.
fn refuses_the_first() -> Script {
    Script::default()
        .offers("AUTH XOAUTH2")
        .at("AUTH", Act::Say(b"535 5.7.8 expired\r\n"))
        .at("AUTH", Act::Polite)
}

#[tokio::test]
async fn a_token_that_has_expired_is_fetched_anew_once_for_all_connections() {
    let fetched = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&fetched);
    let token = Token::renewed_by("old".to_owned(), move || {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok("geheim".to_owned())
    });
    let mut server = refuses_the_first().serve().await;
    let login = Login { proof: Proof::Token(token), ..token_of_news() };
    for _ in 0..2 {
        let mut connection = open_as(&server, login.clone()).await.unwrap();
        assert!(accepted(&connection.deliver(&message("ann@example.com")).await));
    }
    assert_eq!(fetched.load(Ordering::SeqCst), 1);
    let old = "AUTH XOAUTH2 dXNlcj1uZXdzAWF1dGg9QmVhcmVyIG9sZAEB".to_owned();
    let new = format!("AUTH XOAUTH2 {BEARER}");
    let logins: Vec<String> = server.heard().into_iter().filter(|line| line.starts_with("AUTH")).collect();
    assert_eq!(logins, [old, new.clone(), new]);
}

#[tokio::test]
async fn a_new_token_that_is_refused_too_or_is_the_same_or_cannot_be_had_ends_it() {
    let refusing = || Script::default().offers("AUTH XOAUTH2").at("AUTH", Act::Say(b"535 5.7.8 no\r\n"));
    for (next, logins) in [(Ok("geheim"), 2), (Ok("old"), 1), (Err("`oauth` failed"), 1)] {
        let mut server = refusing().serve().await;
        let token =
            Token::renewed_by("old".to_owned(), move || next.map(str::to_owned).map_err(str::to_owned));
        let login = Login { proof: Proof::Token(token), ..token_of_news() };
        let error = open_as(&server, login).await.unwrap_err();
        assert_eq!(matches!(error, SendError::LoginRefused { .. }), next.is_ok(), "{error:?}");
        assert!(
            next.is_ok() || error.to_string().ends_with("cannot be fetched anew: `oauth` failed"),
            "{error}"
        );
        assert_eq!(server.count("AUTH"), logins);
    }
}

#[tokio::test]
async fn a_token_too_long_for_a_command_is_given_when_it_is_asked_for() {
    let long = "t".repeat(2000);
    let script = Script::default().offers("AUTH XOAUTH2").at("AUTH", Act::Say(b"334 \r\n"));
    let mut server = script.at("OTHER", Act::Say(b"235 ok\r\n")).serve().await;
    open_as(&server, Login { proof: Proof::Token(Token::fixed(long)), ..token_of_news() }).await.unwrap();
    let heard = server.heard();
    assert_eq!(heard[1], "AUTH XOAUTH2");
    assert!(heard[2].len() > 2000);
}

#[tokio::test]
async fn a_relay_that_never_stops_asking_is_left() {
    for login in [login(), token_of_news()] {
        let script = Script::default().offers("AUTH PLAIN XOAUTH2").at("AUTH", Act::Say(b"334 \r\n"));
        let mut server = script.at("OTHER", Act::Say(b"334 \r\n")).serve().await;
        let error = open_as(&server, login).await.unwrap_err();
        assert!(matches!(error, SendError::Lost { phase: Phase::Login, .. }), "{error:?}");
        assert!(server.heard().len() <= 4);
    }
}

#[tokio::test]
async fn no_error_holds_a_secret_even_when_the_relay_says_it_aloud() {
    let base64 = "334 eyJ0b2tlbiI6ImdlaGVpbSJ9\r\n"; // {"token":"geheim"}
    let proofs = [
        (Proof::Password("geheim".to_owned()), "AG5ld3MAZ2VoZWlt"),
        (Proof::Token(Token::fixed("geheim".to_owned())), BEARER),
    ];
    for said in ["535 no: geheim\r\n", "454 geheim\r\n", "299-geheim\r\n334 geheim\r\n", base64] {
        for (proof, word) in &proofs {
            let script = Script::default().offers("AUTH PLAIN XOAUTH2").at("AUTH", Act::Say(said.as_bytes()));
            let quoted = format!("535 you said {word}\r\n");
            let server = script.at("OTHER", Act::Say(quoted.leak().as_bytes())).serve().await;
            let error =
                open_as(&server, Login { proof: proof.clone(), ..token_of_news() }).await.unwrap_err();
            let told = format!("{error:?} {error} {:?} {:?}", error.notes(), error.hint());
            for secret in ["geheim", word, "[103, 101, 104, 101, 105, 109"] {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }
}

#[tokio::test]
async fn a_relay_that_can_log_nobody_in_for_now_is_not_one_that_refuses() {
    let script = Script::default().offers("AUTH PLAIN").at("AUTH", Act::Say(b"454 4.7.0 later\r\n"));
    let server = script.serve().await;
    let error = open_as(&server, login()).await.unwrap_err();
    assert!(matches!(error, SendError::Unwelcome { phase: Phase::Login, .. }), "{error:?}");
    assert_eq!(error.notes(), ["server said: 454 4.7.0 later"]);
}

#[tokio::test]
async fn the_other_kind_of_login_is_named_where_it_would_do() {
    for (offer, login, hint) in [
        ("AUTH XOAUTH2", login(), "give a `token` instead of the `password`"),
        ("AUTH PLAIN", token_of_news(), "give a `password` instead of the `token`"),
    ] {
        let server = Script::default().offers(offer).serve().await;
        let error = open_as(&server, login).await.unwrap_err();
        assert!(error.hint().unwrap().contains(hint), "{error:?}");
    }
}

fn opportunistic(server: &Scripted, tls: &Tls, dir: &tempfile::TempDir) -> Relay {
    Relay { login: None, ..trusting(server, TlsMode::Opportunistic, tls, dir) }
}

#[tokio::test]
async fn tls_is_used_where_it_is_offered_when_nobody_insists_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::for_name("localhost");
    for script in both(&Script::default().starttls(&tls)) {
        let mut server = script.serve().await;
        let mut connection = Connection::open(&opportunistic(&server, &tls, &dir), HELLO).await.unwrap();
        assert!(accepted(&connection.deliver(&message("ann@example.com")).await));
        let heard = server.heard();
        assert_eq!(heard[..3], [&format!("EHLO {HELLO}"), "STARTTLS", &format!("EHLO {HELLO}")]);
    }
}

#[tokio::test]
async fn where_tls_is_not_offered_or_not_to_be_had_mail_goes_without_when_nobody_insists() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::for_name("localhost");
    let refused = Script::default().starttls(&tls).at("STARTTLS", Act::Say(b"454 4.7.0 not now\r\n"));
    for script in [Script::default(), Script::default().offers("PIPELINING"), refused] {
        let server = script.serve().await;
        let mut connection = Connection::open(&opportunistic(&server, &tls, &dir), HELLO).await.unwrap();
        assert!(accepted(&connection.deliver(&message("ann@example.com")).await));
    }
}

#[tokio::test]
async fn an_attack_on_tls_is_one_even_when_nobody_insists_on_tls() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Tls::for_name("localhost"), Tls::for_name("elsewhere.test"));
    let server = Script::default().starttls(&ours).injects().serve().await;
    let error = Connection::open(&opportunistic(&server, &ours, &dir), HELLO).await.unwrap_err();
    assert!(matches!(error, SendError::Injected { .. }), "{error:?}");
    let server = Script::default().starttls(&theirs).serve().await;
    let error = Connection::open(&opportunistic(&server, &ours, &dir), HELLO).await.unwrap_err();
    assert!(matches!(error, SendError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn a_login_never_goes_where_tls_is_a_matter_of_luck() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::for_name("localhost");
    let mut server = Script::default().starttls(&tls).offers("AUTH PLAIN").serve().await;
    let relay = trusting(&server, TlsMode::Opportunistic, &tls, &dir);
    let error = Connection::open(&relay, HELLO).await.unwrap_err();
    assert!(matches!(error, SendError::LoginInClear { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Config);
    assert_eq!(server.heard(), [""; 0]);
}
