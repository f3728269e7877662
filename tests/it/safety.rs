//! What `--yes` alone does not pass: the safety checks, each by its name.

use serde_json::Value;

use crate::campaign::{project, run};
use crate::support::Sandbox;
use crate::support::witness::{Manners, Witness};

/// A list of this many people.
fn list(people: usize) -> String {
    let rows = (0..people).map(|number| format!("reader{number}@example.com,Reader {number}\n"));
    format!("email,name\n{}", rows.collect::<Vec<_>>().concat())
}

/// The checks a plan warns of.
async fn warned(project: &Sandbox) -> Vec<String> {
    let planned = run(project, "plan october.md --list list.csv --dry-run --json").await;
    assert_eq!(planned.exit, Some(0), "{}{}", planned.out, planned.err);
    let plan: Value = serde_json::from_str(&planned.out).unwrap();
    plan["checks"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_nobody_has_seen_is_not_sent_until_a_test_of_it_as_it_is_now() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    let refused = run(&project, "send october.md --list list.csv --yes").await;
    assert_eq!(refused.exit, Some(4), "{}", refused.err);
    assert!(refused.err.contains("nobody was sent a test"), "{}", refused.err);
    assert!(refused.err.contains("--allow untested"), "{}", refused.err);
    assert_eq!(witness.taken(), []);
    let tested = run(&project, "test october.md --to me@example.com").await;
    assert_eq!(tested.exit, Some(0), "{}{}", tested.out, tested.err);
    assert_eq!(warned(&project).await, [""; 0]);
    // A test of what it was before it changed is none.
    let project = project.with("october.md", "# The October letter\n\nIt pours.\n");
    assert_eq!(warned(&project).await, ["untested"]);
    let refused = run(&project, "send october.md --list list.csv --yes").await;
    assert_eq!(refused.exit, Some(4), "{}", refused.err);
    run(&project, "test october.md --to me@example.com").await;
    let sent = run(&project, "send october.md --list list.csv --yes").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.taken().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_nobody_took_is_none() {
    let witness =
        Witness::serve(Manners { dead: ["me@example.com".to_owned()].into(), ..Manners::default() });
    let project = project(witness.await.addr, 3);
    assert_eq!(run(&project, "test october.md --to me@example.com").await.exit, Some(3));
    assert_eq!(warned(&project).await, ["untested"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_mail_goes_to_the_same_list_again_only_by_name() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    run(&project, "test october.md --to me@example.com").await;
    // What is called off before it was begun was not sent.
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    assert_eq!(run(&project, "campaign cancel 1").await.exit, Some(0));
    assert_eq!(warned(&project).await, [""; 0]);
    // Planned before the first was sent, it is the same mail all the same.
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    let sent = run(&project, "send october.md --list list.csv --yes").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    for line in ["send october.md --list list.csv --yes", "send --plan 2 --yes"] {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(4), "{line}: {}", refused.err);
        assert!(refused.err.contains("got this very mail before: campaign 3"), "{}", refused.err);
    }
    assert_eq!(witness.taken().len(), 4);
    // Another list is another matter.
    let project = project.with("others.csv", "email,name\nother@example.com,Other\n");
    let others = run(&project, "send october.md --list others.csv --yes").await;
    assert_eq!(others.exit, Some(0), "{}{}", others.out, others.err);
    let again = run(&project, "send --plan 2 --yes --allow repeat").await;
    assert_eq!(again.exit, Some(0), "{}{}", again.out, again.err);
    assert_eq!(witness.taken().len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_twice_its_size_and_whatever_else_is_odd_are_told_at_once() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 10);
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let project = project.with("list.csv", &list(19));
    assert_eq!(warned(&project).await, ["repeat", "untested"]);
    let project = project.with("list.csv", &list(20));
    assert_eq!(warned(&project).await, ["repeat", "size", "untested"]);
    let refused = run(&project, "send october.md --list list.csv --yes").await;
    assert_eq!(refused.exit, Some(4), "{}", refused.err);
    for name in ["repeat", "size", "untested"] {
        assert!(refused.err.contains(&format!("--allow {name}")), "{name}: {}", refused.err);
    }
    assert!(refused.err.contains("20 would get it, and 10 were on it last time"), "{}", refused.err);
    let refused = run(&project, "send october.md --list list.csv --yes --allow repeat,untested").await;
    assert_eq!(refused.exit, Some(4), "{}", refused.err);
    assert!(!refused.err.contains("repeat") && refused.err.contains("--allow size"), "{}", refused.err);
    assert_eq!(witness.taken().len(), 10);
    let sent = run(&project, "send october.md --list list.csv --yes --allow repeat,size,untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.taken().len(), 30);
    let unknown = run(&project, "send october.md --list list.csv --allow everything").await;
    assert_eq!(unknown.exit, Some(2), "{}", unknown.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_is_not_asked_and_does_not_count() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    for _ in 0..2 {
        let rehearsed = run(&project, "send october.md --list list.csv --rehearse").await;
        assert_eq!(rehearsed.exit, Some(0), "{}{}", rehearsed.out, rehearsed.err);
    }
    assert_eq!(warned(&project).await, ["untested"]);
    assert_eq!(witness.taken(), []);
}
