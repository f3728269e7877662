//! What a person does to a campaign that runs or waits: it is paused, called off, or tried
//! once more, and the shell is told how that ended.

use std::time::Duration;

use crate::campaign::{count, project, run, shown};
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

const SEND: &str = "send october.md --list list.csv --yes --allow untested";

/// A relay that takes its time.
async fn slow() -> Witness {
    Witness::serve(Manners { delay: Duration::from_millis(40), ..Manners::default() }).await
}

/// Runs a line, does something beside it when twenty have their mail, and waits for its end.
async fn beside(project: &Sandbox, witness: &Witness, line: &str, other: &str) -> (Run, Run) {
    let mut command = project.command(project.path(), line, &[]);
    let running = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    let before = witness.taken().len();
    witness.has_taken(before + 20).await;
    let other = run(project, other).await;
    (running.await.unwrap(), other)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_and_a_resume_that_somebody_pauses_are_not_done() {
    let witness = slow().await;
    let project = project(witness.addr, 300);
    for line in [SEND, "campaign resume 1"] {
        let (ended, paused) = beside(&project, &witness, line, "campaign pause 1").await;
        assert_eq!(paused.exit, Some(0), "{}", paused.err);
        assert_eq!(ended.exit, Some(75), "{line}: {}{}", ended.out, ended.err);
        assert!(ended.out.contains("october (campaign 1) is paused"), "{}", ended.out);
        assert_eq!(shown(&project).await["state"], "paused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_somebody_calls_off_is_not_done() {
    let witness = slow().await;
    let project = project(witness.addr, 300);
    let (sent, cancelled) = beside(&project, &witness, SEND, "campaign cancel 1 --yes").await;
    assert_eq!(cancelled.exit, Some(0), "{}", cancelled.err);
    assert!(cancelled.out.contains("october (campaign 1) is called off: "), "{}", cancelled.out);
    assert_eq!(sent.exit, Some(3), "{}{}", sent.out, sent.err);
    let campaign = shown(&project).await;
    assert_eq!(campaign["state"], "cancelled");
    assert_eq!(count(&campaign, "accepted") + count(&campaign, "cancelled"), 300, "{campaign}");
    assert_eq!(count(&campaign, "accepted"), witness.taken().len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_is_called_off_for_everybody_when_whoever_does_it_is_killed_on_the_way() {
    let witness = slow().await;
    let project = project(witness.addr, 300);
    let mut command = project.command(project.path(), SEND, &[]);
    let running = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    witness.has_taken(20).await;
    // It is cancelled, and nobody of it is called off.
    let variables = [("LETTERPRESS_FAULT", "state-changed:1")];
    let mut command = project.command(project.path(), "campaign cancel 1 --yes", &variables);
    let killed = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap())).await.unwrap();
    assert_eq!((killed.exit, killed.out.as_str()), (None, ""), "{}", killed.err);
    let sent = running.await.unwrap();
    assert_eq!(sent.exit, Some(3), "{}{}", sent.out, sent.err);
    let campaign = shown(&project).await;
    assert_eq!(campaign["state"], "cancelled");
    assert_eq!(count(&campaign, "accepted") + count(&campaign, "cancelled"), 300, "{campaign}");
    assert_eq!(count(&campaign, "accepted"), witness.taken().len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_whose_campaign_somebody_pauses_or_calls_off_says_so_and_ends_well() {
    for (other, told) in [
        ("campaign pause 1", "october (campaign 1) was paused meanwhile (asked for): "),
        ("campaign cancel 1 --yes", "october (campaign 1) was called off meanwhile (asked for): "),
    ] {
        let witness = slow().await;
        let project = project(witness.addr, 300);
        // Somebody stopped it, so that it is left to the next tick.
        let (sent, _) = beside(&project, &witness, SEND, "campaign pause 1").await;
        assert_eq!(sent.exit, Some(75), "{}", sent.err);
        begin(&project);
        let (tick, other) = beside(&project, &witness, "tick", other).await;
        assert_eq!(other.exit, Some(0), "{}", other.err);
        assert_eq!((tick.exit, tick.err.as_str()), (Some(0), ""), "{}", tick.out);
        assert!(tick.out.contains(told), "{}", tick.out);
        assert!(tick.out.contains(" of 300"), "{}", tick.out);
    }
}

/// Has the campaign be sent again, as a resume that is killed at once leaves it.
fn begin(project: &Sandbox) {
    use letterpress::outbox::CampaignId;
    use letterpress::store::{CampaignState, Durability, Store};
    let store = Store::open(&project.path().join("state"), "letters", Durability::Power).unwrap();
    let now = store.campaign(CampaignId(1)).unwrap().unwrap().changed;
    assert!(store.set_state(CampaignId(1), CampaignState::Sending, None, now).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_off_people_who_wait_is_asked_and_told_how_many() {
    let witness = Witness::serve(Manners { greylists: true, ..Manners::default() }).await;
    let project = project(witness.addr, 3);
    assert_eq!(run(&project, SEND).await.exit, Some(75));
    let refused = run(&project, "campaign cancel october").await;
    assert_eq!(refused.exit, Some(4), "{}{}", refused.out, refused.err);
    let told = "3 people wait for `october` (campaign 1) and get nothing then; 0 have it";
    assert!(refused.err.contains(told), "{}", refused.err);
    assert!(refused.err.contains("nobody agreed to call off `october`"), "{}", refused.err);
    assert!(refused.err.contains("add `--yes`"), "{}", refused.err);
    assert_eq!(shown(&project).await["state"], "sending");
    let cancelled = run(&project, "campaign cancel october --yes").await;
    assert_eq!(cancelled.exit, Some(0), "{}", cancelled.err);
    assert!(cancelled.out.contains("is called off: 3 cancelled of 3"), "{}", cancelled.out);
    // A plan that nobody agreed to has nobody who waits.
    let project = project.with("november.md", "# November\n\nIt snows.\n");
    assert_eq!(run(&project, "plan november.md --list list.csv").await.exit, Some(0));
    assert_eq!(run(&project, "campaign cancel november").await.exit, Some(0));
    let again = run(&project, "campaign cancel november --yes").await;
    assert_eq!(again.exit, Some(4), "{}", again.err);
    assert!(again.err.contains("`november` was called off, and stays so"), "{}", again.err);
    let listed = run(&project, "campaign list").await;
    assert!(listed.out.lines().all(|line| line.contains(" UTC  ")), "{}", listed.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_retry_would_send_to_is_shown_without_anything_done() {
    let answers = [("reader3@example.com".to_owned(), "554 5.6.0 not like this\r\n")].into();
    let witness = Witness::serve(Manners { answers, ..Manners::default() }).await;
    let project = project(witness.addr, 30);
    assert_eq!(run(&project, SEND).await.exit, Some(0));
    let dry = run(&project, "campaign retry 1 --dry-run").await;
    assert_eq!(dry.exit, Some(0), "{}{}", dry.out, dry.err);
    assert!(dry.out.contains("`october` would be sent once more to 1 person"), "{}", dry.out);
    assert!(dry.out.contains("  failed: reader3@example.com: 554 5.6.0"), "{}", dry.out);
    assert!(dry.err.contains("a dry run"), "{}", dry.err);
    assert_eq!(count(&shown(&project).await, "failed"), 1);
    assert_eq!(witness.asked()["reader3@example.com"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_down_is_told_in_plain_words_with_what_to_do() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let project = project(closed, 3);
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(69), "{}{}", sent.out, sent.err);
    let told = format!("error: {closed} cannot be reached: Connection refused\n");
    assert!(sent.err.contains(&told), "{}", sent.err);
    assert!(sent.err.contains("`letterpress campaign resume 1` carries it on"), "{}", sent.err);
}
