//! Each way to misbehave at each step, once in a campaign, on a relay that pipelines and
//! on one that does not.

use letterpress::send::{Login, Proof, TlsMode};

use super::*;
use crate::support::relay::Tls;
use crate::support::unruly::{Fault, Step};

/// How the relay misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Later,
    Never,
    Farewell,
    Drop,
    Slow,
    Silence,
    Garbage,
    NotUtf8,
    Bare,
}

/// What becomes of the campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Everybody gets it in the first run.
    Nothing,
    /// The first run leaves somebody for later, and everybody gets it.
    Waits,
    /// One person is refused for good.
    OneFails,
    /// Of one person nobody knows whether the relay has their mail.
    OneUnknown,
    /// Whether or not the first run goes on without that connection, everybody gets it.
    MayStop,
    /// The first run stops at once, and everybody gets it when it is carried on.
    Stops,
    /// The first run asks a person to look, and everybody gets it when it is carried on.
    Pauses,
}

/// The code of success at a step.
fn good(step: Step) -> u16 {
    match step {
        Step::Greeting | Step::StartTls => 220,
        Step::Auth => 235,
        Step::Data => 354,
        Step::Quit => 221,
        Step::Ehlo | Step::Mail | Step::Rcpt | Step::Dot => 250,
    }
}

/// What the relay says or does, in the words of real ones.
fn fault(step: Step, how: How) -> Fault {
    let never = match step {
        Step::Auth => "535 5.7.8 authentication failed",
        Step::Mail => "553 5.1.7 sender address rejected",
        Step::Rcpt | Step::Dot => "550 5.1.1 no such user",
        Step::Data => "554 5.6.0 not like this",
        _ => "554 5.3.0 not here",
    };
    match how {
        How::Later => Fault::says("450 4.2.0 later"),
        How::Never => Fault::says(never),
        How::Farewell => Fault::leaves("421 4.3.2 going down"),
        How::Drop => Fault::Leaves(Vec::new()),
        How::Slow => Fault::Slow(SLOW),
        How::Silence => Fault::Hangs,
        How::Garbage => Fault::says("<html>what?</html>"),
        How::NotUtf8 => Fault::Says([good(step).to_string().as_bytes(), b" gr\xfc\xdfe \x1b\r\n"].concat()),
        How::Bare => Fault::says(&good(step).to_string()),
    }
}

async fn cell(step: Step, how: How, then: Then) {
    let pipelining = Nature::once(step, fault(step, how));
    let stepwise = pipelining.clone().without_pipelining();
    tokio::join!(sent_through(pipelining, step, how, then), sent_through(stepwise, step, how, then));
}

async fn sent_through(nature: Nature, step: Step, how: How, then: Then) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    let nature = match step {
        Step::StartTls => {
            let tls = Tls::for_name("localhost");
            tls.write(&path);
            nature.starttls(&tls)
        }
        Step::Auth => nature.offers("AUTH PLAIN"),
        _ => nature,
    };
    let server = Unruly::serve(nature).await;
    let mut relay = if how == How::Silence { impatient(&server) } else { patient(&server) };
    if step == Step::StartTls {
        relay = Relay { host: "localhost".to_owned(), tls: TlsMode::StartTls, ca_file: Some(path), ..relay };
    }
    if step == Step::Auth {
        let proof = Proof::Password("press".to_owned());
        relay.login = Some(Login { username: "news".to_owned(), proof });
    }
    let campaign = Campaign::to(people());
    let ends = campaign.run_to_the_end(&relay).await;
    campaign.is_as_the_relay_says(&server);
    assert!(server.times(step) > 0, "it never came to {step:?}");
    let [accepted, failed, unknown] =
        [State::Accepted, State::Failed, State::Unknown].map(|state| campaign.in_state(state).len());
    let expected = match then {
        Then::OneFails => [PEOPLE - 1, 1, 0],
        Then::OneUnknown => [PEOPLE - 1, 0, 1],
        _ => [PEOPLE, 0, 0],
    };
    assert_eq!([accepted, failed, unknown], expected, "{ends:?}");
    assert_eq!(ends.last(), Some(&End::Finished), "{ends:?}");
    match then {
        Then::Nothing | Then::OneFails | Then::OneUnknown => assert_eq!(ends.len(), 1, "{ends:?}"),
        Then::Waits => assert_eq!(ends[0], End::Waits, "{ends:?}"),
        Then::Stops => assert!(matches!(ends[0], End::Stopped(_)), "{ends:?}"),
        Then::Pauses => assert!(matches!(ends[0], End::Paused(_)), "{ends:?}"),
        Then::MayStop => {}
    }
    if matches!(then, Then::Stops | Then::Pauses) {
        let Fault::Says(words) = fault(step, how) else { panic!("it says why") };
        let words = String::from_utf8(words).unwrap();
        assert!(ends[0].why().contains(words.trim()), "{ends:?}");
    }
}

/// A test for each line.
macro_rules! cells {
    ($($name:ident: $step:ident $how:ident => $then:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            cell(Step::$step, How::$how, Then::$then).await;
        }
    )*};
}

cells! {
    a_4xx_at_the_greeting_loses_nobody: Greeting Later => MayStop;
    a_5xx_at_the_greeting_stops_the_run_and_loses_nobody: Greeting Never => Stops;
    a_421_at_the_greeting_loses_nobody: Greeting Farewell => MayStop;
    a_lost_connection_at_the_greeting_loses_nobody: Greeting Drop => MayStop;
    a_slow_answer_at_the_greeting_harms_nobody: Greeting Slow => Nothing;
    silence_at_the_greeting_loses_nobody: Greeting Silence => MayStop;
    garbage_at_the_greeting_loses_nobody: Greeting Garbage => MayStop;
    an_answer_that_is_not_utf_8_at_the_greeting_harms_nobody: Greeting NotUtf8 => Nothing;
    a_bare_code_at_the_greeting_harms_nobody: Greeting Bare => Nothing;
    a_4xx_at_ehlo_loses_nobody: Ehlo Later => MayStop;
    a_5xx_at_ehlo_stops_the_run_and_loses_nobody: Ehlo Never => Stops;
    a_421_at_ehlo_loses_nobody: Ehlo Farewell => MayStop;
    a_lost_connection_at_ehlo_loses_nobody: Ehlo Drop => MayStop;
    a_slow_answer_at_ehlo_harms_nobody: Ehlo Slow => Nothing;
    silence_at_ehlo_loses_nobody: Ehlo Silence => MayStop;
    garbage_at_ehlo_loses_nobody: Ehlo Garbage => MayStop;
    an_answer_that_is_not_utf_8_at_ehlo_harms_nobody: Ehlo NotUtf8 => Nothing;
    a_bare_code_at_ehlo_harms_nobody: Ehlo Bare => Nothing;
    a_4xx_at_starttls_loses_nobody: StartTls Later => MayStop;
    a_5xx_at_starttls_stops_the_run_and_loses_nobody: StartTls Never => Stops;
    a_421_at_starttls_loses_nobody: StartTls Farewell => MayStop;
    a_lost_connection_at_starttls_loses_nobody: StartTls Drop => MayStop;
    a_slow_answer_at_starttls_harms_nobody: StartTls Slow => Nothing;
    silence_at_starttls_loses_nobody: StartTls Silence => MayStop;
    garbage_at_starttls_loses_nobody: StartTls Garbage => MayStop;
    an_answer_that_is_not_utf_8_at_starttls_harms_nobody: StartTls NotUtf8 => Nothing;
    a_bare_code_at_starttls_harms_nobody: StartTls Bare => Nothing;
    a_4xx_at_the_login_loses_nobody: Auth Later => MayStop;
    a_5xx_at_the_login_stops_the_run_and_loses_nobody: Auth Never => Stops;
    a_421_at_the_login_loses_nobody: Auth Farewell => MayStop;
    a_lost_connection_at_the_login_loses_nobody: Auth Drop => MayStop;
    a_slow_answer_at_the_login_harms_nobody: Auth Slow => Nothing;
    silence_at_the_login_loses_nobody: Auth Silence => MayStop;
    garbage_at_the_login_loses_nobody: Auth Garbage => MayStop;
    an_answer_that_is_not_utf_8_at_the_login_harms_nobody: Auth NotUtf8 => Nothing;
    a_bare_code_at_the_login_harms_nobody: Auth Bare => Nothing;
    a_4xx_at_mail_makes_somebody_wait_and_loses_nobody: Mail Later => Waits;
    a_5xx_at_mail_pauses_the_campaign_and_loses_nobody: Mail Never => Pauses;
    a_421_at_mail_makes_somebody_wait_and_loses_nobody: Mail Farewell => Waits;
    a_lost_connection_at_mail_harms_nobody: Mail Drop => Nothing;
    a_slow_answer_at_mail_harms_nobody: Mail Slow => Nothing;
    silence_at_mail_harms_nobody: Mail Silence => Nothing;
    garbage_at_mail_harms_nobody: Mail Garbage => Nothing;
    an_answer_that_is_not_utf_8_at_mail_harms_nobody: Mail NotUtf8 => Nothing;
    a_bare_code_at_mail_harms_nobody: Mail Bare => Nothing;
    a_4xx_at_rcpt_makes_somebody_wait_and_loses_nobody: Rcpt Later => Waits;
    a_5xx_at_rcpt_fails_one_person: Rcpt Never => OneFails;
    a_421_at_rcpt_makes_somebody_wait_and_loses_nobody: Rcpt Farewell => Waits;
    a_lost_connection_at_rcpt_harms_nobody: Rcpt Drop => Nothing;
    a_slow_answer_at_rcpt_harms_nobody: Rcpt Slow => Nothing;
    silence_at_rcpt_harms_nobody: Rcpt Silence => Nothing;
    garbage_at_rcpt_harms_nobody: Rcpt Garbage => Nothing;
    an_answer_that_is_not_utf_8_at_rcpt_harms_nobody: Rcpt NotUtf8 => Nothing;
    a_bare_code_at_rcpt_harms_nobody: Rcpt Bare => Nothing;
    a_4xx_at_data_makes_somebody_wait_and_loses_nobody: Data Later => Waits;
    a_5xx_at_data_fails_one_person: Data Never => OneFails;
    a_421_at_data_makes_somebody_wait_and_loses_nobody: Data Farewell => Waits;
    a_lost_connection_at_data_harms_nobody: Data Drop => Nothing;
    a_slow_answer_at_data_harms_nobody: Data Slow => Nothing;
    silence_at_data_harms_nobody: Data Silence => Nothing;
    garbage_at_data_harms_nobody: Data Garbage => Nothing;
    an_answer_that_is_not_utf_8_at_data_harms_nobody: Data NotUtf8 => Nothing;
    a_bare_code_at_data_harms_nobody: Data Bare => Nothing;
    a_4xx_at_the_dot_makes_somebody_wait_and_loses_nobody: Dot Later => Waits;
    a_5xx_at_the_dot_fails_one_person: Dot Never => OneFails;
    a_421_at_the_dot_makes_somebody_wait_and_loses_nobody: Dot Farewell => Waits;
    a_lost_connection_at_the_dot_leaves_one_person_unknown: Dot Drop => OneUnknown;
    a_slow_answer_at_the_dot_harms_nobody: Dot Slow => Nothing;
    silence_at_the_dot_leaves_one_person_unknown: Dot Silence => OneUnknown;
    garbage_at_the_dot_leaves_one_person_unknown: Dot Garbage => OneUnknown;
    an_answer_that_is_not_utf_8_at_the_dot_harms_nobody: Dot NotUtf8 => Nothing;
    a_bare_code_at_the_dot_harms_nobody: Dot Bare => Nothing;
    a_4xx_at_quit_harms_nobody: Quit Later => Nothing;
    a_5xx_at_quit_harms_nobody: Quit Never => Nothing;
    a_421_at_quit_harms_nobody: Quit Farewell => Nothing;
    a_lost_connection_at_quit_harms_nobody: Quit Drop => Nothing;
    a_slow_answer_at_quit_harms_nobody: Quit Slow => Nothing;
    silence_at_quit_harms_nobody: Quit Silence => Nothing;
    garbage_at_quit_harms_nobody: Quit Garbage => Nothing;
    an_answer_that_is_not_utf_8_at_quit_harms_nobody: Quit NotUtf8 => Nothing;
    a_bare_code_at_quit_harms_nobody: Quit Bare => Nothing;
}
