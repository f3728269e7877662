//! The sender's promises, with a server whose book is the only witness.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

pub(crate) const LETTER: &str =
    "# The October letter\n\nDear {{ subscriber.name | default(value=\"reader\") }}, it rains.\n";

/// A newsletter with `people` on its list, a relay at `addr` and a state of its own.
pub(crate) fn project(addr: SocketAddr, people: usize) -> Sandbox {
    let rows = (0..people).map(|number| format!("reader{number}@example.com,Reader {number}\n"));
    let list = format!("email,name\n{}", rows.collect::<Vec<_>>().concat());
    let newsletter = format!(
        "id = \"letters\"\nname = \"Letters\"\nfrom = \"Letters <news@example.com>\"\n\
         unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
         state_dir = \"state\"\n\
         [relay]\nurl = \"smtp://{addr}\"\n"
    );
    let project = Sandbox::new()
        .with("newsletter.toml", &newsletter)
        .with("october.md", LETTER)
        .with("list.csv", &list);
    let made = project.run("state new");
    assert_eq!(made.exit, Some(0), "{}", made.err);
    project
}

pub(crate) async fn run(project: &Sandbox, line: &str) -> Run {
    let mut command = project.command(project.path(), line, &[]);
    Run::from(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
}

/// The last campaign as data.
pub(crate) async fn shown(project: &Sandbox) -> Value {
    let run = run(project, "campaign show october --json").await;
    assert_eq!(run.exit, Some(0), "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

pub(crate) fn count(campaign: &Value, state: &str) -> u64 {
    campaign["outcomes"][state].as_u64().unwrap()
}

/// The people who are neither accepted nor still waiting, by state.
pub(crate) fn people(campaign: &Value, state: &str) -> BTreeSet<String> {
    let people = campaign["people"].as_array().unwrap();
    people
        .iter()
        .filter(|one| one["state"] == state)
        .map(|one| one["address"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_reaches_everybody_once() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 120);
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert!(sent.out.contains("120 accepted of 120"), "{}", sent.out);
    let times = witness.times();
    assert_eq!(times.len(), 120);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    let ids: BTreeSet<String> = witness.taken().into_iter().map(|taken| taken.message_id).collect();
    assert_eq!(ids.len(), 120);
    assert!(witness.connections() <= 10);
    let again = run(&project, "campaign resume october").await;
    assert_eq!(witness.taken().len(), 120, "{}{}", again.out, again.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_without_a_state_or_without_consent() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    let refused = run(&project, "send october.md --list list.csv").await;
    assert_eq!(refused.exit, Some(4), "{}", refused.err);
    std::fs::remove_dir_all(project.path().join("state")).unwrap();
    let refused = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(refused.exit, Some(78), "{}", refused.err);
    assert_eq!(witness.taken(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_mail_gets_none_and_is_named_in_the_plan() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 5);
    let added = run(&project, "suppress add Reader3@Example.com --note unsubscribed-by-phone").await;
    assert_eq!(added.exit, Some(0), "{}", added.err);
    let planned = run(&project, "plan october.md --list list.csv").await;
    assert!(planned.out.contains("4 people on the list `list`"), "{}", planned.out);
    assert!(planned.out.contains("reader3@example.com: manual"), "{}", planned.out);
    // Between the plan and the dot somebody else leaves.
    run(&project, "suppress add reader1@example.com").await;
    let sent = run(&project, "send --plan 1 --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let got: BTreeSet<String> = witness.times().into_keys().collect();
    assert_eq!(got, BTreeSet::from([0, 2, 4].map(|number| format!("reader{number}@example.com"))));
    let why = run(&project, "why reader1@example.com").await;
    assert!(why.out.contains("wants no mail"), "{}", why.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_is_what_is_sent_whatever_changed_since() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 4);
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    let project =
        project.with("october.md", "# Another\n\nText.\n").with("list.csv", "email\nx@example.com\n");
    let sent = run(&project, "send --plan 1 --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.times().len(), 4);
    assert!(!witness.times().contains_key("x@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recipient_costs_nobody_else_and_no_connection() {
    let dead = BTreeSet::from([3, 17].map(|number| format!("reader{number}@example.com")));
    let witness = Witness::serve(Manners { dead: dead.clone(), ..Manners::default() }).await;
    let project = project(witness.addr, 40);
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let campaign = shown(&project).await;
    assert_eq!(people(&campaign, "failed"), dead);
    assert_eq!(count(&campaign, "accepted"), 38);
    assert!(witness.connections() <= 10);
    let why = run(&project, "why reader3@example.com").await;
    assert!(why.out.contains("550") && why.out.contains("nobody here"), "{}", why.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_greylisted_are_deferred_by_name_and_not_dropped() {
    let witness = Witness::serve(Manners { greylists: true, ..Manners::default() }).await;
    let project = project(witness.addr, 12);
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    let campaign = shown(&project).await;
    assert_eq!(count(&campaign, "deferred"), 12);
    assert_eq!(campaign["state"], "sending");
    for one in campaign["people"].as_array().unwrap() {
        assert!(one["next_at"].is_string(), "{one}");
        assert!(one["reply"].as_str().unwrap().starts_with("450"), "{one}");
    }
    assert_eq!(witness.taken(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_takes_effect_while_it_is_sent_and_a_resume_mails_the_rest() {
    let manners = Manners { delay: Duration::from_millis(40), ..Manners::default() };
    let witness = Witness::serve(manners).await;
    let project = project(witness.addr, 300);
    let mut command =
        project.command(project.path(), "send october.md --list list.csv --yes --allow untested", &[]);
    let running = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    witness.has_taken(20).await;
    let gone = run(&project, "suppress add reader299@example.com").await;
    assert_eq!(gone.exit, Some(0), "{}", gone.err);
    let paused = run(&project, "campaign pause october").await;
    assert_eq!(paused.exit, Some(0), "{}", paused.err);
    let sent = running.await.unwrap();
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    assert!(!sent.err.contains("lost"), "{}", sent.err);
    let before = witness.taken().len();
    assert!(before < 300, "it was over before it was paused");
    let campaign = shown(&project).await;
    assert_eq!(campaign["state"], "paused");
    assert_eq!(count(&campaign, "accepted"), before as u64);
    let again = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(again.exit, Some(4), "{}{}", again.out, again.err);
    let resumed = run(&project, "campaign resume october").await;
    assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
    let times = witness.times();
    assert_eq!(times.len(), 299);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_copies_that_were_made_ahead_are_put_back_by_a_pause_and_sent_later() {
    let witness = Witness::serve(Manners { delay: Duration::from_millis(40), ..Manners::default() }).await;
    let project = project(witness.addr, 150);
    let dkim = "[dkim]\nselector = \"letterpress\"\nkey = { file = \"k.pem\" }\n";
    let written = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    let project = project.with("newsletter.toml", &(written + dkim));
    assert_eq!(run(&project, "dkim keygen --out k.pem").await.exit, Some(0));
    let mut command =
        project.command(project.path(), "send october.md --list list.csv --yes --allow untested", &[]);
    let running = tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()));
    witness.has_taken(20).await;
    assert_eq!(run(&project, "campaign pause october").await.exit, Some(0));
    let sent = running.await.unwrap();
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    let campaign = shown(&project).await;
    let (accepted, pending) = (count(&campaign, "accepted"), count(&campaign, "pending"));
    assert_eq!(accepted, witness.taken().len() as u64);
    assert_eq!(accepted + pending, 150, "{campaign}");
    assert!(pending > 0, "it was over before it was paused");
    let resumed = run(&project, "campaign resume october").await;
    assert_eq!(resumed.exit, Some(0), "{}{}", resumed.out, resumed.err);
    let times = witness.times();
    assert_eq!(times.len(), 150);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_planned_or_called_off_is_not_resumed() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    let resumed = run(&project, "campaign resume october").await;
    assert_eq!(resumed.exit, Some(4), "{}{}", resumed.out, resumed.err);
    assert_eq!(run(&project, "campaign cancel 1").await.exit, Some(0));
    for line in ["campaign resume 1", "send --plan 1 --yes --allow untested"] {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(4), "{line}: {}{}", refused.out, refused.err);
    }
    assert_eq!(witness.taken(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unanswered_dot_is_unknown_by_name_and_never_offered_again() {
    let witness = Witness::serve(Manners { silent_every: 45, ..Manners::default() }).await;
    let project = project(witness.addr, 100);
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(3), "{}{}", sent.out, sent.err);
    let silent: BTreeSet<String> =
        witness.taken().into_iter().filter(|taken| !taken.answered).map(|taken| taken.recipient).collect();
    assert_eq!(silent.len(), 2);
    let campaign = shown(&project).await;
    assert_eq!(people(&campaign, "unknown"), silent);
    assert_eq!(count(&campaign, "accepted"), 98);
    run(&project, "campaign resume october").await;
    assert!(witness.times().values().all(|times| *times == 1));
}
