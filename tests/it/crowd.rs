//! A relay that takes fewer connections than a campaign would make, for a while or for
//! good, or that is gone in the middle.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::campaign::{count, people, project, run, shown};
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

const SEND: &str = "send october.md --list list.csv --yes --allow untested";

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_were_sent_away_come_back_when_the_relay_has_room_again() {
    let manners = Manners { guests: 1, delay: Duration::from_millis(150), ..Manners::default() };
    let witness = Witness::serve(manners).await;
    let project = project(witness.addr, 400);
    let mut command = project.command(project.path(), SEND, &[]);
    let sending = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    // Over the one connection it would go on for a minute.
    witness.has_taken(5).await;
    witness.welcome();
    witness.has_greeted(4).await;
    assert!(witness.taken().len() < 400, "it was over before there was room");
    witness.calm();
    let sent = sending.await.unwrap();
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let times = witness.times();
    assert_eq!(times.len(), 400);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_has_room_for_one_is_not_besieged_and_the_send_ends_with_its_last_mail() {
    let manners = Manners { guests: 1, delay: Duration::from_millis(60), ..Manners::default() };
    let witness = Witness::serve(manners).await;
    let project = project(witness.addr, 60);
    let mut command = project.command(project.path(), SEND, &[]);
    let began = Instant::now();
    let sending = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    witness.has_taken(60).await;
    // Whoever waits to be let in would wait for good: there is nothing to knock for.
    let sent = tokio::time::timeout(Duration::from_mins(1), sending).await.expect("it ends").unwrap();
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.times().len(), 60);
    // Ten at first, and then after one second, two, four, and so on.
    let knocks = (began.elapsed().as_secs() + 1).ilog2() as usize;
    assert!(witness.connections() <= 10 + knocks, "{} and {knocks}", witness.connections());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_relay_says_to_those_who_knock_ends_no_send_that_goes_well_for_others() {
    let manners = Manners {
        guests: 1,
        turns_away: Some((10, "554 5.7.0 too many connections\r\n")),
        delay: Duration::from_millis(60),
        ..Manners::default()
    };
    let witness = Witness::serve(manners).await;
    let project = project(witness.addr, 60);
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.times().len(), 60);
    // Over the one connection it takes more than three seconds, and somebody knocked.
    assert!(witness.connections() > 10, "{}", witness.connections());
}

/// A send over two connections, in the middle of which the relay vanishes.
async fn bereft() -> (Witness, Sandbox, tokio::task::JoinHandle<Run>) {
    let manners = Manners { delay: Duration::from_millis(20), ..Manners::default() };
    let witness = Witness::serve(manners).await;
    let project = project(witness.addr, PEOPLE);
    let written = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    let project = project.with("newsletter.toml", &format!("{written}[sending]\nconnections = 2\n"));
    let mut command = project.command(project.path(), SEND, &[]);
    let sending = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    witness.has_taken(40).await;
    witness.vanish();
    witness.is_alone().await;
    assert!(witness.taken().len() < PEOPLE, "it was over before the relay vanished");
    (witness, project, sending)
}

const PEOPLE: usize = 200;

/// Nobody got it twice, and who may not have it is unknown: of each lost connection one.
async fn everybody_is_accounted_for(witness: &Witness, project: &Sandbox) {
    let campaign = shown(project).await;
    let unknown = people(&campaign, "unknown");
    assert_eq!(campaign["state"], "finished", "{campaign:#}");
    assert!(unknown.len() <= 2, "{unknown:?}");
    assert_eq!(count(&campaign, "accepted") + unknown.len() as u64, PEOPLE as u64, "{campaign:#}");
    let times = witness.times();
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    let all: BTreeSet<String> = (0..PEOPLE).map(|number| format!("reader{number}@example.com")).collect();
    let got: BTreeSet<String> = times.into_keys().collect();
    assert!(all.difference(&got).all(|missing| unknown.contains(missing)), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_gone_for_a_moment_in_the_middle_of_a_send_gets_the_rest_of_it() {
    let (witness, project, sending) = bereft().await;
    witness.back();
    let sent = sending.await.unwrap();
    assert!(matches!(sent.exit, Some(0 | 3)), "{}{}", sent.out, sent.err);
    everybody_is_accounted_for(&witness, &project).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_gone_for_good_ends_a_send_and_gets_the_rest_when_it_is_back() {
    let (witness, project, sending) = bereft().await;
    let sent = sending.await.unwrap();
    assert_eq!(sent.exit, Some(69), "{}{}", sent.out, sent.err);
    assert!(sent.err.contains("cannot be reached"), "{}", sent.err);
    let campaign = shown(&project).await;
    assert_eq!(campaign["state"], "sending");
    assert_eq!([count(&campaign, "claimed"), count(&campaign, "dot")], [0, 0], "{campaign:#}");
    witness.back();
    let resumed = run(&project, "campaign resume october").await;
    assert!(matches!(resumed.exit, Some(0 | 3)), "{}{}", resumed.out, resumed.err);
    everybody_is_accounted_for(&witness, &project).await;
}
