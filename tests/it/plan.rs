//! What a plan shows, and what it keeps.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::campaign::{project, run};
use crate::support::Sandbox;
use crate::support::witness::{Manners, Witness};

/// `newsletter.toml` with more at its end.
fn with_more(project: Sandbox, more: &str) -> Sandbox {
    let text = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    project.with("newsletter.toml", &format!("{text}{more}"))
}

async fn planned(project: &Sandbox, line: &str) -> Value {
    let planned = run(project, line).await;
    assert_eq!(planned.exit, Some(0), "{}{}", planned.out, planned.err);
    serde_json::from_str(&planned.out).unwrap()
}

/// Every file of a folder with what is in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_file())
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_plan_and_writes_nothing() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 5);
    run(&project, "suppress add reader3@example.com").await;
    let database = project.path().join("state/state.db");
    let before = std::fs::read(&database).unwrap();
    let dry = planned(&project, "plan october.md --list list.csv --dry-run --json").await;
    assert_eq!((dry["recipients"].as_u64(), &dry["plan"]), (Some(4), &Value::Null));
    assert_eq!(std::fs::read(&database).unwrap(), before);
    assert!(!files(&project.path().join("state")).keys().any(|name| name.ends_with("-wal")));
    let listed = run(&project, "campaign list --json").await;
    assert_eq!(listed.out.trim(), "{\n  \"campaigns\": []\n}");
    // The plan that is kept is the one that was shown.
    let kept = planned(&project, "plan october.md --list list.csv --json").await;
    assert_eq!(kept["plan"], 1);
    for key in ["content_hash", "recipients", "excluded", "checks", "lasts_seconds"] {
        assert_eq!(kept[key], dry[key], "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_left_out_is_counted_by_reason_and_named() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 60);
    for number in 0..30 {
        run(&project, &format!("suppress add reader{number}@example.com")).await;
    }
    let shown = run(&project, "plan october.md --list list.csv").await;
    assert!(shown.out.contains("excluded   30 people: 30 manual"), "{}", shown.out);
    assert!(shown.out.contains("reader0@example.com: manual"), "{}", shown.out);
    assert!(shown.out.contains("and 10 more"), "{}", shown.out);
    let data = planned(&project, "plan october.md --list list.csv --json").await;
    assert_eq!(data["excluded"].as_array().unwrap().len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_nobody_would_get_is_neither_planned_nor_sent() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 2);
    for reader in ["reader0", "reader1"] {
        assert_eq!(run(&project, &format!("suppress add {reader}@example.com")).await.exit, Some(0));
    }
    for line in ["plan october.md --list list.csv", "send october.md --list list.csv --yes --allow untested"]
    {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(65), "{line}: {}{}", refused.out, refused.err);
        assert!(refused.err.contains("nobody on the list `list` would get it"), "{}", refused.err);
        assert!(refused.err.contains("2 manual"), "{}", refused.err);
    }
    assert_eq!(run(&project, "campaign list").await.out, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_on_the_list_in_two_spellings_gets_one_mail() {
    let witness = Witness::serve(Manners::default()).await;
    let list = "email,name\nzoe@bücher.example.com,Zoë\nann@example.com,Ann\n\
                Zoe@XN--BCHER-KVA.Example.com,Zoë\nANN@EXAMPLE.COM,Ann\nann@example.com,Ann\n";
    let project = project(witness.addr, 1).with("list.csv", list);
    let shown = planned(&project, "plan october.md --list list.csv --json").await;
    assert_eq!(shown["recipients"], 2, "{shown}");
    assert_eq!(shown["warnings"].as_array().unwrap().len(), 3, "{shown}");
    let sent = run(&project, "send --plan 1 --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let got: Vec<String> = witness.times().into_keys().collect();
    assert_eq!(got, ["ann@example.com", "zoe@xn--bcher-kva.example.com"]);
    assert_eq!(witness.taken().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_mail_is_estimated_under_the_limits_and_told_again_before_it_is_sent() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 50);
    let unlimited = run(&project, "plan october.md --list list.csv --dry-run").await;
    assert!(unlimited.out.contains("no limit holds it up"), "{}", unlimited.out);
    let project = with_more(
        project,
        "[sending]\nper_hour = 40\nexpires = \"2 days\"\n[sending.groups.\"example.com\"]\nper_hour = 20\n",
    );
    let shown = run(&project, "plan october.md --list list.csv").await;
    assert!(shown.out.contains("at the soonest: 2h under the limits"), "{}", shown.out);
    assert!(shown.out.contains("expires    2 days after the start"), "{}", shown.out);
    // Nobody agrees, so nothing is sent.
    let asked = run(&project, "send --plan 1 --allow untested").await;
    assert_eq!(asked.exit, Some(4), "{}", asked.err);
    for line in ["from       Letters <news@example.com>", "at the soonest: 2h under", "expires    2 days"] {
        assert!(asked.err.contains(line), "{line}: {}", asked.err);
    }
    assert_eq!(witness.taken(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_limits_have_let_through_already_holds_up_the_next_plan() {
    let witness = Witness::serve(Manners::default()).await;
    let project = with_more(project(witness.addr, 8), "[sending]\nper_hour = 8\n");
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let next = run(&project, "plan october.md --list list.csv --dry-run").await;
    assert!(next.out.contains("the limits of `[sending]` are used up until then"), "{}", next.out);
    assert!(
        next.out.contains("at the soonest: 1h") || next.out.contains("at the soonest: 59m"),
        "{}",
        next.out
    );
    assert!(!next.out.contains("no limit holds it up"), "{}", next.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_leaves_out_who_left_since_and_says_why_it_was_not_begun() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    run(&project, "plan october.md --list list.csv").await;
    run(&project, "suppress add reader1@example.com").await;
    let asked = run(&project, "send --plan 1 --allow untested").await;
    assert_eq!(asked.exit, Some(4), "{}", asked.err);
    for line in [
        "to         2 people",
        "excluded   1 person: 1 manual",
        "standard input is not a terminal, so nobody can be asked",
        "hint: add `--yes`",
    ] {
        assert!(asked.err.contains(line), "{line}: {}", asked.err);
    }
    let early = run(&project, "campaign resume 1").await;
    assert_eq!(early.exit, Some(4), "{}", early.err);
    assert!(early.err.contains("`october` is only planned, and was never sent"), "{}", early.err);
    assert!(early.err.contains("`letterpress send --plan 1` sends it now"), "{}", early.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_too_long_for_the_limits_is_warned_of() {
    let witness = Witness::serve(Manners::default()).await;
    let project = with_more(project(witness.addr, 9), "[sending]\nper_hour = 1\nexpires = \"3 hours\"\n");
    let shown = run(&project, "plan october.md --list list.csv").await;
    assert_eq!(shown.exit, Some(0), "{}", shown.err);
    assert!(
        shown.err.contains("the last mail goes out 8h after the start, and after 3h it expires"),
        "{}",
        shown.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_never_sent_gives_way_to_the_next_of_its_article_and_list() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3).with("others.csv", "email,name\nann@example.org,Ann\n");
    for line in ["plan october.md --list list.csv", "plan october.md --list others.csv"] {
        let planned = run(&project, line).await;
        assert!(!planned.err.contains("is replaced"), "{}", planned.err);
    }
    let project = project.with("october.md", "# The October letter\n\nIt pours.\n");
    let dry = run(&project, "plan october.md --list list.csv --dry-run").await;
    assert!(!dry.err.contains("is replaced"), "{}", dry.err);
    let planned = run(&project, "plan october.md --list list.csv").await;
    assert_eq!(planned.exit, Some(0), "{}", planned.err);
    assert!(planned.err.contains("plan 1, never sent, is replaced by this one"), "{}", planned.err);
    assert!(planned.err.contains("`letterpress send --plan 3` sends exactly this"), "{}", planned.err);
    let data = self::planned(&project, "plan october.md --list list.csv --json").await;
    assert_eq!((&data["plan"], &data["replaces"]), (&4.into(), &serde_json::json!([3])));
    let listed = run(&project, "campaign list").await;
    let numbers: Vec<&str> = listed.out.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(numbers, ["4", "2"], "{}", listed.out);
    let shown = run(&project, "campaign show 4").await;
    let told = "nobody has agreed to it yet; `letterpress send --plan 4` sends it";
    assert!(shown.err.contains(told), "{}", shown.err);
    let state = run(&project, "state show").await;
    assert!(state.out.contains("2, 0 not finished, 2 only planned"), "{}", state.out);
    for gone in [1, 3] {
        let refused = run(&project, &format!("send --plan {gone} --yes --allow untested")).await;
        assert_eq!(refused.exit, Some(4), "{}{}", refused.out, refused.err);
        assert!(refused.err.contains(&format!("plan {gone} is gone: plan 4 of the same")), "{}", refused.err);
        assert!(refused.err.contains("`letterpress send --plan 4` sends that one"), "{}", refused.err);
    }
    // Nobody is left of what was replaced.
    let why = run(&project, "why reader1@example.com").await;
    let told = "october (campaign 4): planned, and nobody has agreed to it yet\n";
    assert_eq!(why.out, told);
    // What was sent is no plan.
    let sent = run(&project, "send --plan 4 --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    let planned = run(&project, "plan october.md --list list.csv").await;
    assert!(!planned.err.contains("is replaced"), "{}", planned.err);
}

/// The database of a newsletter.
fn database(project: &Sandbox) -> rusqlite::Connection {
    rusqlite::Connection::open(project.path().join("state/state.db")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_told_with_its_number_when_the_one_before_it_cannot_be_removed() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    let keeps = "CREATE TRIGGER keeps BEFORE INSERT ON replaced BEGIN SELECT RAISE(ABORT, 'it stays'); END";
    database(&project).execute_batch(keeps).unwrap();
    let data = self::planned(&project, "plan october.md --list list.csv --json").await;
    assert_eq!(data["plan"], 2, "{data}");
    assert!(data["warnings"].to_string().contains("may still be there"), "{data}");
    let told = run(&project, "plan october.md --list list.csv").await;
    assert_eq!(told.exit, Some(0), "{}", told.err);
    assert!(told.err.contains("warning: what this plan replaces may still be there: "), "{}", told.err);
    assert!(told.err.contains("`letterpress send --plan 3` sends exactly this"), "{}", told.err);
    database(&project).execute_batch("DROP TRIGGER keeps").unwrap();
    let next = run(&project, "plan october.md --list list.csv").await;
    for old in 1..=3 {
        assert!(next.err.contains(&format!("plan {old}, never sent, is replaced")), "{}", next.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_just_being_replaced_is_told_as_gone() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    for line in ["plan october.md --list list.csv", "plan october.md --list list.csv"] {
        assert_eq!(run(&project, line).await.exit, Some(0));
    }
    // Its people are being removed, and its row goes last.
    let removed = "INSERT INTO campaign SELECT 1, slug, subject, list, content_hash, rehearsal, due, lasts,
         planned, begun, held, had_accepted, had_failed, had_unknown, had_event, 0, reason, changed, content
         FROM campaign WHERE id = 2";
    database(&project).execute_batch(removed).unwrap();
    let refused = run(&project, "send --plan 1 --yes --allow untested").await;
    assert_eq!(refused.exit, Some(4), "{}{}", refused.out, refused.err);
    let told = "plan 1 is gone: plan 2 of the same name for a list of the same name replaced it";
    assert!(refused.err.contains(told), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_names_no_plan_or_no_article_is_told_what_could_be_named() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3).with("others.csv", "email,name\nann@example.org,Ann\n");
    for (line, told) in [
        ("send --plan x", "`letterpress plan` makes one"),
        ("send --plan 7", "no plan waits to be sent"),
        ("send", "name an article, as `letterpress send articles/first.md`"),
    ] {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(2), "{line}: {}{}", refused.out, refused.err);
        assert!(refused.err.contains(told), "{line}: {}", refused.err);
    }
    run(&project, "plan october.md --list list.csv").await;
    for line in ["send --plan x", "send --plan 7", "send"] {
        let refused = run(&project, line).await;
        assert!(refused.err.contains("the plan that waits is 1 (october)"), "{line}: {}", refused.err);
    }
    run(&project, "plan october.md --list others.csv").await;
    let refused = run(&project, "send").await;
    assert_eq!(refused.exit, Some(2), "{}", refused.err);
    assert!(refused.err.contains("the plans that wait are 2 (october) and 1 (october)"), "{}", refused.err);
    // What somebody agreed to waits for its time, and for nobody.
    let soon = crate::safety::soon();
    let appointed = run(&project, &format!("send --plan 2 --at {soon} --yes --allow untested")).await;
    assert_eq!(appointed.exit, Some(0), "{}", appointed.err);
    let refused = run(&project, "send --plan -x").await;
    assert_eq!(refused.exit, Some(2), "{}", refused.err);
    let refused = run(&project, "send --plan nine").await;
    assert!(refused.err.contains("`nine` is not the number of a plan"), "{}", refused.err);
    assert!(refused.err.contains("the plan that waits is 1 (october)"), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_a_relay_says_that_it_cannot_be_sent_yet() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    let planned = run(&project, "plan october.md --list list.csv").await;
    assert!(!planned.err.contains("no relay"), "{}", planned.err);
    let text = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    let (without, _) = text.split_once("[relay]").unwrap();
    let project = project.with("newsletter.toml", without);
    let planned = run(&project, "plan october.md --list list.csv").await;
    assert_eq!(planned.exit, Some(0), "{}", planned.err);
    assert!(planned.err.contains("note: no relay is configured"), "{}", planned.err);
    // What a command cannot do is no advice to it.
    let tick = run(&project, "tick").await;
    assert!(tick.err.contains("`letterpress send ARTICLE --rehearse`"), "{}", tick.err);
}
