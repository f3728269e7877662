//! What `--yes` alone does not pass: the safety checks, each by its name.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

use letterpress::cli::{self, Edge};
use letterpress::config::Environment;
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
    // Other people are another matter.
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
async fn a_mail_is_asked_about_by_the_people_who_got_it_whatever_their_list_is_called() {
    let dead: BTreeSet<String> = ["reader1@example.com".to_owned()].into();
    let witness = Witness::serve(Manners { dead, ..Manners::default() }).await;
    let project = project(witness.addr, 10).with("copy.csv", &list(10));
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(run(&project, "suppress remove reader1@example.com").await.exit, Some(0));
    let refused = run(&project, "send october.md --list copy.csv --yes --allow untested").await;
    assert_eq!(refused.exit, Some(4), "{}{}", refused.out, refused.err);
    // Whoever was refused has nothing of it.
    let told = "9 of these 10 people got this very mail before: campaign 1, 2";
    assert!(refused.err.contains(told) && refused.err.contains(" UTC"), "{}", refused.err);
    assert!(refused.err.contains("--allow repeat"), "{}", refused.err);
    assert_eq!(run(&project, "plan october.md --list copy.csv").await.exit, Some(0));
    let refused = run(&project, "send --plan 2 --yes --allow untested").await;
    assert_eq!(refused.exit, Some(4), "{}{}", refused.out, refused.err);
    assert!(refused.err.contains(told), "{}", refused.err);
    assert_eq!(witness.taken().len(), 9);
    // A few among many were sent it to look at it first.
    let project = project.with("list.csv", &list(901)).with("copy.csv", &list(899));
    let names = warned(&project).await;
    assert!(!names.contains(&"repeat".to_owned()), "{names:?}");
    let shown = run(&project, "plan october.md --list copy.csv --dry-run").await;
    assert!(shown.err.contains("9 of these 899 people got this very mail before"), "{}", shown.err);
    let sent = run(&project, "send --plan 2 --yes --allow untested,repeat").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.taken().len(), 18);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_corrected_is_the_same_to_whoever_got_it_and_the_next_issue_is_not() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3).with("copy.csv", &list(3));
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let project = project.with("october.md", "# The October letter\n\nIt pours.\n");
    for list in ["list.csv", "copy.csv"] {
        let line = format!("send october.md --list {list} --yes --allow untested");
        let refused = run(&project, &line).await;
        assert_eq!(refused.exit, Some(4), "{}{}", refused.out, refused.err);
        let told = "all 3 of these people got a mail named `october` before: campaign 1";
        assert!(refused.err.contains(told), "{}", refused.err);
        assert!(refused.err.contains("a `slug` of its own"), "{}", refused.err);
    }
    assert_eq!(witness.taken().len(), 3);
    let named = "+++\nslug = \"november\"\n+++\n\n# The November letter\n\nIt snows.\n";
    let project = project.with("october.md", named);
    assert_eq!(warned(&project).await, ["untested"]);
}

/// What comes every week may be written into one file.
#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread")]
async fn the_issue_of_next_week_may_have_the_name_of_this_one() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    let line = "send october.md --list list.csv --yes --allow untested";
    let sent = run(&project, line).await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let refused = crate::tick::ahead(&project, 7 * 24 * 60, line).await;
    assert_eq!(refused.exit, Some(4), "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("this very mail before"), "{}", refused.err);
    let project = project.with("october.md", "# The November letter\n\nIt snows.\n");
    let sent = crate::tick::ahead(&project, 7 * 24 * 60, line).await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.taken().len(), 6);
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

/// A person at the terminal who takes their time: `meanwhile` happens before they type.
struct Hesitant<F> {
    meanwhile: Option<F>,
    typed: &'static [u8],
}

impl<F: FnOnce()> Read for Hesitant<F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if let Some(meanwhile) = self.meanwhile.take() {
            meanwhile();
        }
        self.typed.read(buffer)
    }
}

/// Runs a line for a person who is asked, and types `october` after `meanwhile`.
fn hesitant(project: &Sandbox, line: &str, meanwhile: impl FnOnce()) -> (cli::Exit, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut input = BufReader::new(Hesitant { meanwhile: Some(meanwhile), typed: b"october\n" });
    let mut edge = Edge {
        environment: Environment::default(),
        folder: project.path().to_owned(),
        now,
        out: &mut out,
        err: &mut err,
        input: &mut input as &mut dyn BufRead,
        in_is_terminal: true,
        out_is_terminal: false,
        err_is_terminal: false,
    };
    // The folder of the tests is not the one of the project.
    let here = |word: &str| match word {
        "october.md" | "list.csv" => project.path().join(word).into(),
        word => word.into(),
    };
    let exit = cli::run(["letterpress"].into_iter().chain(line.split(' ')).map(here), &mut edge);
    (exit, String::from_utf8(err).unwrap())
}

fn now() -> jiff::Timestamp {
    let clock = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    jiff::Timestamp::from_microsecond(i64::try_from(clock.as_micros()).unwrap()).unwrap()
}

/// An hour from now, as it is written.
pub(crate) fn soon() -> String {
    (now() + jiff::SignedDuration::from_hours(1)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

const SEND: &str = "send october.md --list list.csv --allow untested";

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_sends_while_a_person_is_asked_does_not_go_out_again() {
    let soon = format!(" --at {}", soon());
    for (mine, list, theirs, said) in [
        ("", "list.csv", "", "got this very mail before: campaign 1"),
        (&soon, "list.csv", "", "got this very mail before: campaign 1"),
        ("", "list.csv", &soon, "campaign 1 waits to send the same mail"),
        (&soon, "list.csv", &soon, "campaign 1 waits to send the same mail"),
        ("", "copy.csv", "", "all 3 of these people got this very mail before: campaign 1"),
        ("", "copy.csv", &soon, "all 3 of these people are to get this very mail already: campaign 1"),
    ] {
        let witness = Witness::serve(Manners::default()).await;
        let project = project(witness.addr, 3).with("copy.csv", &self::list(3));
        let theirs = format!("{SEND}{theirs} --yes").replace("list.csv", list);
        let mine = format!("{SEND}{mine}");
        let ((exit, err), project) = tokio::task::spawn_blocking(move || {
            let meanwhile = || assert_eq!(project.run(&theirs).exit, Some(0), "{theirs}");
            (hesitant(&project, &mine, meanwhile), project)
        })
        .await
        .unwrap();
        assert!(err.contains("type `october` to send it"), "{err}");
        assert_eq!(exit, cli::Exit::Refused, "{err}");
        assert!(err.contains(said), "{err}");
        assert!(witness.times().values().all(|times| *times == 1), "{:?}", witness.times());
        let listed = run(&project, "campaign list").await;
        assert_eq!(listed.out.lines().count(), 1, "{}", listed.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_not_sent_beside_another_one_with_the_same_mail() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    let soon = soon();
    let planned = run(&project, "plan october.md --list list.csv").await;
    assert!(planned.err.contains("send --plan 1"), "{}", planned.err);
    let appointed = run(&project, &format!("send --plan 1 --at {soon} --yes --allow untested")).await;
    assert_eq!(appointed.exit, Some(0), "{}", appointed.err);
    // It is no plan any more, and stays where it is.
    let planned = run(&project, "plan october.md --list list.csv").await;
    assert!(planned.err.contains("send --plan 2"), "{}", planned.err);
    assert!(!planned.err.contains("is replaced"), "{}", planned.err);
    for line in
        ["send --plan 2 --yes --allow untested", &format!("send --plan 2 --yes --allow untested --at {soon}")]
    {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(4), "{line}: {}{}", refused.out, refused.err);
        assert!(refused.err.contains("campaign 1 waits to send the same mail"), "{}", refused.err);
    }
    // The one that waits may be moved, and sent now.
    let moved = run(&project, &format!("send --plan 1 --at {soon} --yes --allow untested")).await;
    assert_eq!(moved.exit, Some(0), "{}", moved.err);
    assert_eq!(run(&project, "campaign pause 1").await.exit, Some(0));
    let refused = run(&project, "send --plan 2 --yes --allow untested").await;
    assert_eq!(refused.exit, Some(4), "{}", refused.err);
    assert!(refused.err.contains("campaign 1 sends the same mail"), "{}", refused.err);
    assert_eq!(witness.connections(), 0);
    assert_eq!(run(&project, "campaign cancel 1 --yes").await.exit, Some(0));
    let sent = run(&project, "send --plan 2 --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.taken().len(), 3);
}
