//! Relays that are what they are all day: greylisting, limits, quotas, no SMTPUTF8.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::support::unruly::{Fault, Step};
use crate::support::{Run, Sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn the_greylisted_get_their_mail_when_they_are_tried_again() {
    let greylists = Nature::new(|moment| {
        (moment.step == Step::Rcpt && moment.theirs == 1)
            .then(|| Fault::says("450 4.7.1 greylisted, try again in five minutes"))
    });
    for nature in [greylists.clone(), greylists.without_pipelining()] {
        let (campaign, server, ends) = sent_to(nature).await;
        assert_eq!(ends, [End::Waits, End::Waits, End::Finished]);
        assert_eq!(campaign.in_state(State::Accepted).len(), PEOPLE);
        // Nobody was bothered again before their time.
        assert_eq!(server.times(Step::Rcpt), 2 * PEOPLE);
    }
}

/// What a relay says to the sixth message of a connection.
async fn five_a_connection(fault: Fault) {
    let five =
        Nature::new(move |moment| (moment.step == Step::Mail && moment.here > 5).then(|| fault.clone()));
    for nature in [five.clone(), five.without_pipelining()] {
        let (campaign, server, ends) = sent_to(nature).await;
        assert_eq!(ends, [End::Finished]);
        assert_eq!(campaign.in_state(State::Accepted).len(), PEOPLE);
        assert!(server.connections() >= PEOPLE.div_ceil(5));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_says_goodbye_after_five_messages_gets_them_all() {
    five_a_connection(Fault::leaves("421 4.5.3 too many messages in this session")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_defers_after_five_messages_gets_them_all() {
    five_a_connection(Fault::says("452 4.5.3 too many messages per connection")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_just_hangs_up_after_five_messages_gets_them_all() {
    five_a_connection(Fault::Leaves(Vec::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_known_is_never_met() {
    let five = Nature::new(|moment| {
        (moment.step == Step::Mail && moment.here > 5).then(|| Fault::leaves("421 4.7.0 that was too much"))
    });
    for nature in [five.clone(), five.without_pipelining()] {
        let server = Unruly::serve(nature).await;
        let campaign = Campaign::to(people());
        let relay = Relay { messages_per_connection: Some(5), ..patient(&server) };
        assert_eq!(campaign.run_to_the_end(&relay).await, [End::Finished]);
        campaign.is_as_the_relay_says(&server);
        assert_eq!(server.times(Step::Mail), PEOPLE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_takes_one_connection_gets_them_all_over_it() {
    let one = Nature::new(|moment| {
        (moment.step == Step::Greeting && moment.nth > 1)
            .then(|| Fault::leaves("421 4.7.0 too many connections from your address"))
    });
    let server = Unruly::serve(one).await;
    let campaign = Campaign::to(people());
    let end = campaign.run(&patient(&server), first).await;
    campaign.is_as_the_relay_says(&server);
    // Whoever was sent away first may not know yet that somebody is inside.
    let accepted = campaign.in_state(State::Accepted).len();
    assert_eq!(end == End::Finished, accepted == PEOPLE, "{end:?}");
    assert!(accepted > 0 && campaign.in_state(State::Unknown).is_empty(), "{end:?}");
}

/// A relay whose account has sent enough after ten messages, until it is another day.
async fn quota(step: Step, words: &'static str) {
    let another_day = Arc::new(AtomicBool::new(false));
    let is_open = Arc::clone(&another_day);
    let nature = Nature::new(move |moment| {
        (moment.step == step && moment.nth > 10 && !is_open.load(Ordering::SeqCst))
            .then(|| Fault::says(words))
    });
    let server = Unruly::serve(nature).await;
    let campaign = Campaign::to(people());
    let end = campaign.run(&patient(&server), first).await;
    campaign.is_as_the_relay_says(&server);
    assert_ne!(end, End::Finished);
    assert_eq!(campaign.in_state(State::Accepted).len(), 10, "{end:?}");
    // An account that has sent enough condemns nobody, and is not asked for everybody.
    assert_eq!(campaign.in_state(State::Failed), BTreeSet::new());
    assert!(server.times(step) <= 10 + CONNECTIONS, "{}", server.times(step));
    another_day.store(true, Ordering::SeqCst);
    let ends = campaign.run_to_the_end(&patient(&server)).await;
    campaign.is_as_the_relay_says(&server);
    assert_eq!(ends.last(), Some(&End::Finished), "{ends:?}");
    assert_eq!(campaign.in_state(State::Accepted).len(), PEOPLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daily_quota_told_as_454_ends_the_day_and_loses_nobody() {
    quota(Step::Mail, "454 4.7.0 Throttling failure: Daily message quota exceeded.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daily_quota_told_as_550_5_4_5_ends_the_day_and_condemns_nobody() {
    quota(Step::Rcpt, "550 5.4.5 Daily user sending limit exceeded.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_kept_while_the_relay_thinks_about_the_next_recipient() {
    let (open, opened) = tokio::sync::watch::channel(false);
    let nature = Nature::new(move |moment| {
        (moment.step == Step::Rcpt && moment.here > 1).then(|| Fault::Waits(opened.clone()))
    });
    let server = Unruly::serve(nature).await;
    let campaign = Arc::new(Campaign::to(people()));
    let (running, relay) = (Arc::clone(&campaign), patient(&server));
    let run = tokio::spawn(async move { running.run(&relay, first).await });
    server.has_dots(CONNECTIONS).await;
    // It thinks for ever, and those it took are in the books.
    let looked = tokio::time::timeout(Duration::from_secs(20), async {
        while campaign.in_state(State::Accepted).len() < CONNECTIONS {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(looked.await.is_ok(), "{:?}", campaign.states());
    open.send_replace(true);
    assert_eq!(run.await.unwrap(), End::Finished);
    campaign.is_as_the_relay_says(&server);
}

/// People whose addresses are not all ASCII.
fn of_many_scripts() -> List {
    let rows = "email,name\nzo\u{eb}@d1.test,Zoe\n\u{7528}\u{6237}@\u{4f8b}\u{5b50}.test,Y\nana@b\u{fc}cher.example,Ana\nbo@d2.test,Bo\n";
    csv::parse("list.csv", rows.as_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn smtputf8_is_asked_for_where_it_is_needed_and_nowhere_else() {
    let nature = Nature::new(|_| None).offers("SMTPUTF8");
    for nature in [nature.clone(), nature.without_pipelining()] {
        let server = Unruly::serve(nature).await;
        let campaign = Campaign::to(of_many_scripts());
        assert_eq!(campaign.run_to_the_end(&patient(&server)).await, [End::Finished]);
        campaign.is_as_the_relay_says(&server);
        assert_eq!(campaign.in_state(State::Accepted).len(), 4);
        let mail = server.commands("MAIL");
        let asked = mail.iter().filter(|line| line.ends_with(" BODY=8BITMIME SMTPUTF8")).count();
        assert_eq!((mail.len(), asked), (4, 2), "{mail:?}");
        let recipients: BTreeSet<String> = server.commands("RCPT").into_iter().collect();
        let expected = [
            "zo\u{eb}@d1.test",
            "\u{7528}\u{6237}@xn--fsqu00a.test",
            "ana@xn--bcher-kva.example",
            "bo@d2.test",
        ];
        assert_eq!(recipients, expected.map(|address| format!("RCPT TO:<{address}>")).into());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_without_smtputf8_costs_only_those_who_need_it() {
    let (nature, other) = (Nature::new(|_| None), Nature::new(|_| None).without_pipelining());
    for nature in [nature, other] {
        let server = Unruly::serve(nature).await;
        let campaign = Campaign::to(of_many_scripts());
        assert_eq!(campaign.run_to_the_end(&patient(&server)).await, [End::Finished]);
        campaign.is_as_the_relay_says(&server);
        let failed = campaign.store.deliveries(campaign.id, Some(State::Failed), 9).unwrap();
        assert_eq!(failed.len(), 2);
        for one in failed {
            let reply = one.reply.unwrap();
            assert_eq!(
                (reply.code, reply.text.as_str()),
                (553, "5.6.7 the relay does not take addresses outside ASCII")
            );
            // It is the relay that cannot, and not the address that is dead.
            assert_eq!(campaign.store.suppression_of(&one.address).unwrap(), None);
        }
        assert!(server.commands("MAIL").iter().all(|line| line == "MAIL FROM:<news@example.com>"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_suppressed_during_a_send_is_left_out_at_the_next_dot() {
    let (open, opened) = tokio::sync::watch::channel(false);
    let nature = Nature::new(move |moment| (moment.step == Step::Dot).then(|| Fault::Waits(opened.clone())));
    let server = Unruly::serve(nature).await;
    let newsletter = format!(
        "id = \"letters\"\nname = \"Letters\"\nfrom = \"Letters <news@example.com>\"\n\
         unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
         state_dir = \"state\"\n\
         [relay]\nurl = \"smtp://{}\"\n",
        server.addr
    );
    let project = Sandbox::new()
        .with("newsletter.toml", &newsletter)
        .with("october.md", "# October\n\nDear reader, it rains.\n")
        .with("list.csv", &list());
    assert_eq!(project.run("state new").exit, Some(0));
    let mut command =
        project.command(project.path(), "send october.md --list list.csv --yes --allow untested", &[]);
    let running = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    // Somebody's dot has been written, and everybody else is claimed by now.
    server.has_dots(1).await;
    let last = PEOPLE - 1;
    let left = project.run(&format!("suppress add reader{last}@d{last}.test"));
    assert_eq!(left.exit, Some(0), "{}", left.err);
    open.send_replace(true);
    let sent = running.await.unwrap();
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let dots = server.dots();
    assert_eq!(dots.len(), PEOPLE - 1, "{dots:?}");
    assert!(!dots.contains_key(&format!("reader{last}@d{last}.test")));
    assert!(dots.values().all(|answers| answers == &[Answer::Taken]));
}
