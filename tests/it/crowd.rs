//! A relay that takes fewer connections than a campaign would make, for a while or for
//! good.

use std::time::{Duration, Instant};

use crate::campaign::{project, run};
use crate::support::Run;
use crate::support::witness::{Manners, Witness};

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
    let sending = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    witness.has_taken(60).await;
    let last = Instant::now();
    let sent = sending.await.unwrap();
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    // The next knock would have been seconds later.
    assert!(last.elapsed() < Duration::from_secs(2), "{:?}", last.elapsed());
    assert_eq!(witness.times().len(), 60);
    // Ten at first, and then after one second, two, four.
    assert!((10..=14).contains(&witness.connections()), "{}", witness.connections());
}
