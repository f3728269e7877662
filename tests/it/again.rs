//! A campaign goes on later: by another run, with another key, on other terms.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use crate::campaign::{count, people, project, run, shown};
use crate::support::Sandbox;
use crate::support::witness::{Manners, Witness};

/// The newsletter of `project` with another sender, and more at its end.
fn rewritten(project: Sandbox, from: &str, more: &str) -> Sandbox {
    let text = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    let text = text.split("[dkim]").next().unwrap();
    let lines = text
        .lines()
        .map(|line| if line.starts_with("from") { format!("from = \"{from}\"") } else { line.to_owned() });
    let text = lines.collect::<Vec<_>>().join("\n");
    project.with("newsletter.toml", &format!("{text}\n{more}"))
}

const FROM: &str = "Letters <news@example.com>";

fn dkim(selector: &str) -> String {
    format!("[dkim]\ned25519_selector = \"{selector}\"\ned25519_key = {{ file = \"{selector}.pem\" }}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_to_be_signed_is_not_sent_unsigned_or_signed_by_somebody_else() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    for selector in ["one", "two"] {
        let line = format!("dkim keygen --ed25519 --selector {selector} --out {selector}.pem");
        assert_eq!(run(&project, &line).await.exit, Some(0));
    }
    let project = rewritten(project, FROM, &dkim("one"));
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    let line = "send --plan 1 --yes --allow untested";
    let project = rewritten(project, FROM, "");
    let refused = run(&project, line).await;
    assert_eq!(refused.exit, Some(78), "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("was planned to be signed"), "{}", refused.err);
    // The newsletter has moved, and its key speaks for the new domain.
    let project = rewritten(project, "Letters <news@letters.test>", &dkim("one"));
    let refused = run(&project, line).await;
    assert_eq!(refused.exit, Some(65), "{}{}", refused.out, refused.err);
    assert!(
        refused.err.contains("from `example.com` and would be signed for `letters.test`"),
        "{}",
        refused.err
    );
    assert_eq!(witness.taken(), []);
    // A new key is as good as the old one.
    let project = rewritten(project, FROM, &dkim("two"));
    let sent = run(&project, line).await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.taken().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_send_is_carried_on_whatever_it_was_asked_to_survive() {
    for durability in ["power", "process"] {
        let witness =
            Witness::serve(Manners { delay: Duration::from_millis(20), ..Manners::default() }).await;
        let project = project(witness.addr, 200);
        let line =
            format!("send october.md --list list.csv --yes --allow untested --durability {durability}");
        let mut child = project
            .command(project.path(), &line, &[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        witness.has_taken(60).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let resumed = run(&project, &format!("campaign resume october --durability {durability}")).await;
        let campaign = shown(&project).await;
        assert_eq!(campaign["state"], "finished", "{}{}", resumed.out, resumed.err);
        let unknown = people(&campaign, "unknown");
        assert!(unknown.len() <= 10, "{unknown:?}");
        let times = witness.times();
        assert!(times.values().all(|times| *times == 1), "{times:?}");
        let all: BTreeSet<String> = (0..200).map(|number| format!("reader{number}@example.com")).collect();
        let left = all.iter().filter(|address| !times.contains_key(*address) && !unknown.contains(*address));
        assert_eq!(left.count(), 0, "{durability}");
        assert_eq!(count(&campaign, "accepted") + unknown.len() as u64, 200);
    }
    let none = Sandbox::new().run("send a.md --durability forever");
    assert_eq!(none.exit, Some(2), "{}", none.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_last_week_is_sent_and_lasts_from_its_start() {
    let witness = Witness::serve(Manners { greylists: true, ..Manners::default() }).await;
    let project = project(witness.addr, 3);
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    let database = rusqlite::Connection::open(project.path().join("state/state.db")).unwrap();
    let week = 7 * 24 * 3_600 * 1_000_000_i64;
    database.execute("UPDATE campaign SET planned = planned - ?1, changed = changed - ?1", [week]).unwrap();
    assert_eq!(shown(&project).await["expires"], serde_json::Value::Null);
    let shown_in_words = run(&project, "campaign show october").await;
    assert!(shown_in_words.out.contains("expires 3 days after its start"), "{}", shown_in_words.out);
    let sent = run(&project, "send --plan 1 --yes --allow untested").await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    let campaign = shown(&project).await;
    let moment = |key: &str| campaign[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(moment("expires").duration_since(moment("begun")).as_hours(), 72);
    // A week after its start nobody is tried again.
    database.execute("UPDATE campaign SET begun = begun - ?1", [week]).unwrap();
    database.execute("UPDATE delivery SET due = 0", []).unwrap();
    let late = run(&project, "campaign resume 1").await;
    assert_eq!(late.exit, Some(3), "{}{}", late.out, late.err);
    assert_eq!(count(&shown(&project).await, "expired"), 3);
    assert_eq!(witness.taken(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_put_back_is_sent_by_the_next_tick_when_nothing_can_be_sent_now() {
    let full = std::collections::BTreeSet::from(["reader1@example.com".to_owned()]);
    let witness = Witness::serve(Manners { full, ..Manners::default() }).await;
    let project = project(witness.addr, 3);
    let made = run(&project, "dkim keygen --ed25519 --selector one --out one.pem").await;
    assert_eq!(made.exit, Some(0), "{}", made.err);
    let project = rewritten(project, FROM, &dkim("one"));
    run(&project, "send october.md --list list.csv --yes --allow untested").await;
    let campaign = shown(&project).await;
    assert_eq!((campaign["state"].as_str(), count(&campaign, "failed")), (Some("finished"), 1), "{campaign}");
    // Nobody waits: to resume it changes nothing.
    assert_eq!(run(&project, "campaign resume october").await.exit, Some(0));
    assert_eq!(shown(&project).await["begun"], campaign["begun"]);
    let project = rewritten(project, FROM, "");
    let refused = run(&project, "campaign retry october --yes").await;
    assert_eq!(refused.exit, Some(78), "{}{}", refused.out, refused.err);
    let campaign = shown(&project).await;
    assert_eq!((campaign["state"].as_str(), count(&campaign, "pending")), (Some("sending"), 1), "{campaign}");
    let project = rewritten(project, FROM, &dkim("one"));
    let tick = run(&project, "tick").await;
    assert!(tick.out.contains("is finished: 3 accepted of 3"), "{}{}", tick.out, tick.err);
    assert!(witness.times().values().all(|times| *times == 1), "{:?}", witness.times());
}
