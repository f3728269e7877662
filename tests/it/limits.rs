//! How fast a campaign goes, who gets less for a while, and what pauses it: through the
//! real program, with a server whose book is the only witness.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;

use crate::campaign::{count, people, project, run, shown};
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

const SEND: &str = "send october.md --list list.csv --yes --allow untested";

/// The project with these lines about sending.
fn with_sending(project: Sandbox, sending: &str) -> Sandbox {
    let written = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    project.with("newsletter.toml", &format!("{written}[sending]\n{sending}\n"))
}

/// A list of `count` people at each of these domains, one domain after the other.
fn with_people(project: Sandbox, domains: &[(&str, usize)]) -> Sandbox {
    let rows = domains.iter().flat_map(|(domain, count)| {
        (0..*count).map(move |number| format!("reader{number}@{domain},Reader {number}\n"))
    });
    project.with("list.csv", &format!("email,name\n{}", rows.collect::<String>()))
}

/// Runs a command whose clock goes ahead by so many minutes.
pub(crate) async fn run_ahead(project: &Sandbox, line: &str, minutes: u32) -> Run {
    let ahead = (minutes * 60).to_string();
    let mut command = project.command(project.path(), line, &[("LETTERPRESS_AHEAD", &ahead)]);
    Run::from(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
}

fn answers<const N: usize>(answers: [(&str, &'static str); N]) -> Manners {
    let answers: BTreeMap<String, &'static str> =
        answers.into_iter().map(|(name, answer)| (name.to_owned(), answer)).collect();
    Manners { answers, ..Manners::default() }
}

/// How many messages it took for this domain.
fn taken_at(witness: &Witness, domain: &str) -> usize {
    witness.times().keys().filter(|address| address.ends_with(domain)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_an_hour_holds_over_a_kill_and_a_resume() {
    let manners = Manners { delay: Duration::from_millis(20), ..Manners::default() };
    let witness = Witness::serve(manners).await;
    let project = with_sending(project(witness.addr, 90), "per_hour = 40");
    let mut command = project.command(project.path(), SEND, &[]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    witness.has_taken(10).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = run(&project, "campaign resume 1").await;
    assert_eq!(resumed.exit, Some(75), "{}{}", resumed.out, resumed.err);
    assert!(
        resumed.err.contains("the limits under `[sending]` let nothing more go until"),
        "{}",
        resumed.err
    );
    witness.is_alone().await;
    // What was allowed and never written counts too: as many as there are connections.
    let first = witness.taken().len();
    assert!((30..=40).contains(&first), "{first}");
    let again = run(&project, "campaign resume 1").await;
    assert_eq!(again.exit, Some(75), "{}{}", again.out, again.err);
    assert_eq!(witness.taken().len(), first);

    run_ahead(&project, "campaign resume 1", 62).await;
    let second = witness.taken().len();
    assert!(second > first && second - first <= 40, "{first} and then {second}");
    run_ahead(&project, "campaign resume 1", 124).await;
    let campaign = shown(&project).await;
    assert_eq!(count(&campaign, "accepted") + count(&campaign, "unknown"), 90, "{campaign}");
    assert!(witness.times().values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_a_second_is_waited_for_over_open_connections() {
    let witness = Witness::serve(Manners::default()).await;
    let project = with_sending(project(witness.addr, 25), "per_second = 10");
    let began = std::time::Instant::now();
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert!(began.elapsed() > Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(witness.times().len(), 25);
    assert!(witness.connections() <= 10, "{}", witness.connections());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_a_second_allows_finish_all_the_same() {
    for (per_second, readers) in [(1, 3), (2, 7)] {
        let witness = Witness::serve(Manners::default()).await;
        let sending = format!("per_second = {per_second}\nconnections = 10");
        let project = with_sending(project(witness.addr, readers), &sending);
        let began = std::time::Instant::now();
        let sent = run(&project, SEND).await;
        assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
        assert!(began.elapsed() > Duration::from_secs(2), "{:?}", began.elapsed());
        assert_eq!(witness.times().len(), readers);
        assert_eq!(shown(&project).await["state"], "finished");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_keeps_its_own_limit_and_holds_up_nobody_else() {
    let witness = Witness::serve(Manners::default()).await;
    let domains = [("slow.test", 300), ("example.com", 30)];
    let project = with_people(project(witness.addr, 0), &domains);
    let project = with_sending(project, "[sending.groups.\"slow.test\"]\nper_hour = 20\nconnections = 2");
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    assert_eq!((taken_at(&witness, "slow.test"), taken_at(&witness, "example.com")), (20, 30));
    let resumed = run_ahead(&project, "campaign resume 1", 62).await;
    assert_eq!(resumed.exit, Some(75), "{}{}", resumed.out, resumed.err);
    assert_eq!(taken_at(&witness, "slow.test"), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_wants_less_gets_nothing_for_a_while_and_others_go_on() {
    let witness =
        Witness::serve(answers([("slow.test", "421 4.7.28 unusual rate of mail, try later\r\n")])).await;
    let project = with_people(project(witness.addr, 0), &[("slow.test", 200), ("example.com", 40)]);
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    assert_eq!((taken_at(&witness, "slow.test"), taken_at(&witness, "example.com")), (0, 40));
    let asked = witness.asked().keys().filter(|address| address.ends_with("slow.test")).count();
    assert!(asked <= 20, "{asked} were offered to somebody who wants less");
    assert!(sent.err.contains("mail for slow.test waits until"), "{}", sent.err);
    assert!(sent.err.contains("unusual rate of mail"), "{}", sent.err);
    // A plan tells it before anybody agrees.
    let planned = run(&project, "plan october.md --list list.csv --dry-run").await;
    let waits = planned.out.lines().find(|line| line.starts_with("waits ")).unwrap_or_default();
    assert!(waits.contains("slow.test until") && waits.contains("unusual rate"), "{}", planned.out);
    assert!(planned.out.contains(", if it is sent now"), "{}", planned.out);
    // Another run keeps to it, and offers nobody.
    let again = run(&project, "campaign resume 1").await;
    assert_eq!(again.exit, Some(75), "{}{}", again.out, again.err);
    assert_eq!(witness.asked().values().sum::<usize>(), asked + 40);
    witness.calm();
    let resumed = run_ahead(&project, "campaign resume 1", 60).await;
    assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
    assert_eq!(taken_at(&witness, "slow.test"), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_what_another_campaign_was_told_learns_so_and_may_ask_again_at_once() {
    let witness = Witness::serve(answers([("slow.test", "421 4.7.28 unusual rate of mail\r\n")])).await;
    let project = with_people(project(witness.addr, 0), &[("slow.test", 30)]);
    let project = project.with("november.md", "# November\n\nIt snows.\n");
    assert_eq!(run(&project, SEND).await.exit, Some(75));
    witness.calm();
    let parked = "server said to campaign 1, 2";
    let another = run(&project, &SEND.replace("october", "november")).await;
    assert_eq!(another.exit, Some(75), "{}{}", another.out, another.err);
    let shown = run(&project, "campaign show 2").await;
    assert!(shown.out.contains("november (campaign 2) waits until 2"), "{}", shown.out);
    for told in [&another.err, &shown.out] {
        assert!(told.contains(parked) && told.contains("421 4.7.28 unusual rate of mail"), "{told}");
    }
    for told in [&another.err, &shown.err] {
        assert!(told.contains("`letterpress campaign resume 2 --allow parked`"), "{told}");
    }
    assert_eq!(taken_at(&witness, "slow.test"), 0);
    let resumed = run(&project, "campaign resume 2 --allow parked").await;
    assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
    assert!(resumed.err.contains("slow.test is asked again now, and not at 2"), "{}", resumed.err);
    assert_eq!(witness.times().len(), 30);
    // Nobody waits any more, whichever campaign it is.
    let shown = run(&project, "campaign show 1").await;
    assert!(!shown.out.contains("server said to"), "{}", shown.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_whose_quota_was_spent_is_asked_again_at_once_when_that_is_wanted() {
    let said = "454 4.7.0 Throttling failure: Daily message quota exceeded\r\n";
    let witness = Witness::serve(Manners { answers_after: 15, ..answers([("", said)]) }).await;
    let project = project(witness.addr, 30).with("november.md", "# November\n\nIt snows.\n");
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    assert!(sent.err.contains("takes no more mail until"), "{}", sent.err);
    witness.calm();
    let again = SEND.replace("october", "november").replace("untested", "untested,parked");
    let again = run(&project, &again).await;
    assert_eq!(again.exit, Some(0), "{}{}", again.out, again.err);
    assert!(again.err.contains("is asked again now, and not at 2"), "{}", again.err);
    assert!(witness.taken().len() >= 30);
}

const QUOTA: &str = "454 4.7.0 Throttling failure: Daily message quota exceeded\r\n";

/// A relay whose quota is spent after fifteen.
async fn spent() -> Witness {
    Witness::serve(Manners { answers_after: 15, ..answers([("", QUOTA)]) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_held_back_by_a_spent_quota_is_sent_to_at_once_when_that_is_wanted() {
    let witness = spent().await;
    let project = project(witness.addr, 30);
    assert_eq!(run(&project, SEND).await.exit, Some(75));
    assert!(count(&shown(&project).await, "deferred") > 0);
    witness.calm();
    let resumed = run(&project, "campaign resume 1 --allow parked").await;
    assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
    assert_eq!(witness.times().len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_deferred_for_their_own_sake_keeps_their_time_whoever_else_is_asked_again() {
    let witness = Witness::serve(Manners { greylists: true, ..Manners::default() }).await;
    let project = project(witness.addr, 3);
    assert_eq!(run(&project, SEND).await.exit, Some(75));
    let asked = witness.asked();
    let resumed = run(&project, "campaign resume 1 --allow parked").await;
    assert_eq!(resumed.exit, Some(75), "{}{}", resumed.out, resumed.err);
    assert_eq!(witness.asked(), asked);
}

/// How many get nothing for a while.
fn parked(project: &Sandbox) -> i64 {
    let database = rusqlite::Connection::open(project.path().join("state/state.db")).unwrap();
    database.query_row("SELECT count(*) FROM backoff", [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_not_sent_now_has_nobody_asked_again() {
    let witness = spent().await;
    let project = with_sending(project(witness.addr, 60), "expires = \"1 hour\"");
    let project = project.with("november.md", "# November\n\nIt snows.\n");
    assert_eq!(run(&project, SEND).await.exit, Some(75));
    assert_eq!(parked(&project), 1);
    let late = run_ahead(&project, "campaign resume 1 --allow parked", 61).await;
    assert_eq!(late.exit, Some(4), "{}{}", late.out, late.err);
    assert!(!late.err.contains("is asked again now"), "{}", late.err);
    let soon = crate::safety::soon();
    let line = SEND.replace("october", "november").replace("untested", "untested,parked");
    let note = "so `--allow parked` asks nobody again now";
    let appointed = run(&project, &format!("{line} --at {soon}")).await;
    assert_eq!(appointed.exit, Some(0), "{}", appointed.err);
    assert!(appointed.err.contains(note), "{}", appointed.err);
    assert_eq!(run(&project, "campaign pause 2").await.exit, Some(0));
    let resumed = run(&project, "campaign resume 2 --allow parked").await;
    assert_eq!(resumed.exit, Some(0), "{}", resumed.err);
    assert!(resumed.err.contains(note), "{}", resumed.err);
    assert_eq!(parked(&project), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_quota_is_not_asked_again_before_its_window() {
    let said = "550 5.4.5 Daily user sending limit exceeded\r\n";
    let witness = Witness::serve(Manners { answers_after: 15, ..answers([("", said)]) }).await;
    let project = project(witness.addr, 60);
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    for part in [
        "takes no more mail until",
        "server said to campaign 1, 2",
        "UTC: 550 5.4.5 Daily user sending limit exceeded",
    ] {
        assert!(sent.err.contains(part), "{}", sent.err);
    }
    let campaign = shown(&project).await;
    assert_eq!((count(&campaign, "failed"), campaign["state"].as_str()), (0, Some("sending")));
    let before = witness.connections();
    let again = run(&project, "campaign resume 1").await;
    assert_eq!(again.exit, Some(75), "{}{}", again.out, again.err);
    assert!(again.err.contains("Daily user sending limit exceeded"), "{}", again.err);
    assert_eq!(witness.connections(), before, "it was asked before its window");
    witness.calm();
    let resumed = run_ahead(&project, "campaign resume 1", 70).await;
    assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
    assert_eq!(witness.times().len(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_refusal_again_and_again_pauses_the_campaign_in_the_servers_words() {
    let witness = Witness::serve(answers([("", "550 5.1.1 nobody of that name\r\n")])).await;
    let project = with_sending(project(witness.addr, 200), "identical_refusals = 12");
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    let campaign = shown(&project).await;
    assert_eq!(campaign["state"], "paused");
    let failed = count(&campaign, "failed");
    assert!((12..=40).contains(&failed), "{failed}");
    let reason = campaign["reason"].as_str().unwrap();
    assert!(
        reason.contains("12 recipients in a row") && reason.contains("550 5.1.1 nobody of that name"),
        "{reason}"
    );
    // It may have been the relay's own mistake: nobody is dead by its word.
    assert!(reason.contains("were not suppressed"), "{reason}");
    let listed = run(&project, "suppress list").await;
    assert!(!listed.out.contains('@'), "{}", listed.out);
    // When that is mended, everybody can have it after all.
    witness.calm();
    let retried = run(&project, "campaign retry 1 --yes").await;
    assert_eq!(retried.exit, Some(75), "{}{}", retried.out, retried.err);
    assert!(retried.err.contains("is paused"), "{}{}", retried.out, retried.err);
    let resumed = run(&project, "campaign resume 1").await;
    assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
    assert_eq!(witness.times().len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_dead_by_the_word_of_a_relay_that_was_doubted_when_the_run_is_killed() {
    let manners = answers([("dead.test", "550 5.1.1 nobody of that name\r\n")]);
    let witness = Witness::serve(Manners { delay: Duration::from_mins(5), ..manners }).await;
    let project = with_people(project(witness.addr, 0), &[("example.com", 1), ("dead.test", 40)]);
    let project = with_sending(project, "identical_refusals = 12\nconnections = 2");
    let mut command = project.command(project.path(), SEND, &[]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // One connection waits for the answer to its dot while the other is refused.
    witness.has_taken(1).await;
    let paused = async { while shown(&project).await["state"] != "paused" {} };
    tokio::time::timeout(Duration::from_mins(1), paused).await.expect("it was paused within a minute");
    child.kill().unwrap();
    child.wait().unwrap();
    let listed = run(&project, "suppress list").await;
    assert!(!listed.out.contains('@'), "{}", listed.out);
    let campaign = shown(&project).await;
    assert!(count(&campaign, "failed") >= 12, "{campaign}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_failures_among_those_who_were_answered_pause_the_campaign() {
    let dead = (0..400).step_by(8).map(|number| format!("reader{number}@example.com"));
    let witness = Witness::serve(Manners { dead: dead.collect(), ..Manners::default() }).await;
    let project = with_sending(project(witness.addr, 400), "max_failure_rate = \"10%\"");
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    let campaign = shown(&project).await;
    assert_eq!(campaign["state"], "paused");
    let answered = count(&campaign, "failed") + count(&campaign, "accepted");
    assert!((100..=140).contains(&answered), "{answered}");
    assert!(campaign["reason"].as_str().unwrap().contains("were refused for good"), "{campaign}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_lost_answer_in_each_run_pauses_the_campaign_in_the_end() {
    let witness = Witness::serve(Manners { silent_every: 20, ..Manners::default() }).await;
    let project = with_sending(project(witness.addr, 120), "per_hour = 20");
    run(&project, SEND).await;
    for hours in 1..3 {
        assert_eq!(shown(&project).await["state"], "sending");
        run_ahead(&project, "tick", 62 * hours).await;
    }
    let campaign = shown(&project).await;
    assert_eq!((campaign["state"].as_str(), count(&campaign, "unknown")), (Some("paused"), 3));
    assert!(campaign["reason"].as_str().unwrap().contains("3 answers were lost"), "{campaign}");
    // Whoever carries it on has looked at that, and it counts anew.
    run_ahead(&project, "campaign resume 1", 62 * 3).await;
    run_ahead(&project, "tick", 62 * 4).await;
    let campaign = shown(&project).await;
    assert_eq!((campaign["state"].as_str(), count(&campaign, "unknown")), (Some("sending"), 5));
    assert_eq!(witness.times().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_count_over_all_runs_until_somebody_has_looked() {
    let dead = (0..400).step_by(8).map(|number| format!("reader{number}@example.com"));
    let witness = Witness::serve(Manners { dead: dead.collect(), ..Manners::default() }).await;
    let sending = "max_failure_rate = \"10%\"\nper_hour = 60";
    let project = with_sending(project(witness.addr, 400), sending);
    run(&project, SEND).await;
    assert_eq!(shown(&project).await["state"], "sending");
    run_ahead(&project, "tick", 62).await;
    let campaign = shown(&project).await;
    let answered = count(&campaign, "failed") + count(&campaign, "accepted");
    assert_eq!(campaign["state"], "paused");
    // What is on its way is finished.
    assert!((100..=136).contains(&answered), "{answered}");
    run_ahead(&project, "campaign resume 1", 124).await;
    let campaign = shown(&project).await;
    let more = count(&campaign, "failed") + count(&campaign, "accepted") - answered;
    assert_eq!((campaign["state"].as_str(), more > 20), (Some("sending"), true), "{campaign}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_holds_its_provider_and_condemns_nobody() {
    let said = "550 5.7.1 blocked by our policy\r\n";
    let witness = Witness::serve(answers([("block.test", said), ("reader3@example.com", said)])).await;
    let project = with_people(project(witness.addr, 0), &[("block.test", 60), ("example.com", 60)]);
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    // One person's own filter keeps nobody else of the provider from their mail.
    assert_eq!((taken_at(&witness, "block.test"), taken_at(&witness, "example.com")), (0, 59));
    let campaign = shown(&project).await;
    assert_eq!(
        (count(&campaign, "failed"), count(&campaign, "pending") + count(&campaign, "deferred")),
        (0, 61)
    );
    let asked = witness.asked().keys().filter(|address| address.ends_with("block.test")).count();
    assert!(asked <= 30, "{asked}");
    assert!(run(&project, "suppress list").await.out.lines().all(|line| !line.contains('@')));
    // It goes on, and the campaign ends in a pause.
    for hours in 1..6 {
        run_ahead(&project, "campaign resume 1", 60 * 5 * hours).await;
        if shown(&project).await["state"] == "paused" {
            break;
        }
    }
    let campaign = shown(&project).await;
    assert_eq!(campaign["state"], "paused");
    assert!(campaign["reason"].as_str().unwrap().contains("blocked by our policy"), "{campaign}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_one_person_alone_keeps_everybody_else_from_nothing_for_good() {
    for (said, exit) in
        [("550 5.7.1 sender address rejected\r\n", 75), ("554 5.7.1 relay access denied\r\n", 69)]
    {
        let witness = Witness::serve(answers([("reader1@example.com", said)])).await;
        let project = with_sending(project(witness.addr, 60), "connections = 1");
        let sent = run(&project, SEND).await;
        assert_eq!(sent.exit, Some(exit), "{said}: {}{}", sent.out, sent.err);
        assert_eq!(witness.times().len(), 1, "{said}: it ended at once");
        // The others have their turn before it is said again.
        let resumed = run(&project, "campaign resume 1").await;
        assert_eq!(resumed.exit, Some(exit), "{said}: {}{}", resumed.out, resumed.err);
        assert_eq!(witness.times().len(), 59, "{said}: {}{}", resumed.out, resumed.err);
        let campaign = shown(&project).await;
        assert_eq!((count(&campaign, "accepted"), count(&campaign, "failed")), (59, 0), "{said}: {campaign}");
        // And so has whoever it was said of, when it is mended.
        witness.calm();
        assert_eq!(run(&project, "campaign resume 1").await.exit, Some(0), "{said}");
        assert_eq!(witness.times()["reader1@example.com"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_refused_by_policy_again_waits_longer_each_time() {
    let witness = Witness::serve(answers([("reader1@example.com", "550 5.7.1 blocked by policy\r\n")])).await;
    let project = project(witness.addr, 3);
    run(&project, SEND).await;
    let next_at = async || -> Timestamp {
        let campaign = shown(&project).await;
        campaign["people"][0]["next_at"].as_str().unwrap_or_default().parse().unwrap()
    };
    let first = next_at().await;
    run_ahead(&project, "campaign resume 1", 40).await;
    let second = next_at().await;
    run_ahead(&project, "campaign resume 1", 120).await;
    let third = next_at().await;
    assert_eq!(witness.asked()["reader1@example.com"], 3);
    // Half an hour, then from 40 minutes on an hour, then from 120 minutes on two.
    let waits = [second.duration_since(first).as_mins(), third.duration_since(second).as_mins()];
    assert!(waits[0] >= 65 && waits[1] >= 130, "{waits:?}");
    assert_eq!(shown(&project).await["people"][0]["attempts"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_whom_the_relay_always_hangs_up_keeps_nobody_from_their_turn() {
    let witness = Witness::serve(answers([("reader0@example.com", "")])).await;
    let project = project(witness.addr, 40);
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    assert_eq!(witness.times().len(), 39);
    let campaign = shown(&project).await;
    assert_eq!(people(&campaign, "deferred").len(), 1);
    let one = &campaign["people"][0];
    assert_eq!((one["address"].as_str(), one["attempts"].as_u64()), (Some("reader0@example.com"), Some(1)));
    assert!(one["reply"].as_str().unwrap().contains("hung up"), "{one}");
    assert!(one["next_at"].is_string(), "{one}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_never_taken_is_given_up_when_the_time_of_the_campaign_is_over() {
    let witness = Witness::serve(answers([("reader1@example.com", "450 4.2.1 busy\r\n")])).await;
    let project = with_sending(project(witness.addr, 5), "expires = \"2 hours\"");
    let sent = run(&project, SEND).await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    run_ahead(&project, "campaign resume 1", 30).await;
    let late = run_ahead(&project, "campaign resume 1", 121).await;
    assert_eq!(late.exit, Some(3), "{}{}", late.out, late.err);
    assert_eq!(witness.asked()["reader1@example.com"], 2);
    let campaign = shown(&project).await;
    assert_eq!((count(&campaign, "expired"), count(&campaign, "accepted")), (1, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_keeps_to_the_limits_in_silence_and_goes_on_when_they_allow_it() {
    let witness = Witness::serve(Manners::default()).await;
    let project = with_sending(project(witness.addr, 50), "per_hour = 20");
    assert_eq!(run(&project, SEND).await.exit, Some(75));
    // Whoever looks learns until when, and for which limit.
    for line in ["campaign show 1", "campaign list", "report 1"] {
        let told = run(&project, line).await.out;
        let waits = told.lines().next().unwrap_or_default();
        assert!(waits.contains("waits until 20") && waits.contains(" UTC: `per_hour`"), "{line}: {told}");
    }
    let listed = run(&project, "campaign list").await;
    assert!(listed.out.contains(" UTC: `per_hour`; 30 pending, 20 accepted of 50"), "{}", listed.out);
    let shown = run(&project, "campaign show 1").await;
    assert!(shown.err.contains("`letterpress tick` from cron goes on with it then"), "{}", shown.err);
    let idle = run(&project, "tick").await;
    assert_eq!((idle.exit, idle.out.as_str(), idle.err.as_str()), (Some(0), "", ""));
    assert_eq!(witness.taken().len(), 20);
    let more = run_ahead(&project, "tick", 62).await;
    assert_eq!(more.exit, Some(0), "{}{}", more.out, more.err);
    assert!(more.out.contains("waits: the limits under `[sending]`"), "{}{}", more.out, more.err);
    assert_eq!(witness.taken().len(), 40);
    let last = run_ahead(&project, "tick", 124).await;
    assert_eq!(last.exit, Some(0), "{}{}", last.out, last.err);
    assert_eq!(witness.times().len(), 50);
}
