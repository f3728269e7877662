//! A state is lost and brought back: what the backup does not know is asked about.

use std::path::Path;

use crate::campaign::{count, project, run, shown};
use crate::support::witness::{Manners, Witness};

/// Loses the state and brings the backup back.
async fn lose_and_restore(project: &crate::support::Sandbox) -> crate::support::Run {
    std::fs::remove_dir_all(project.path().join("state")).unwrap();
    let restored = run(project, "state restore backup.db").await;
    assert_eq!(restored.exit, Some(0), "{}{}", restored.out, restored.err);
    restored
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_sent_after_the_backup_is_held_until_somebody_answers_for_it() {
    let witness = Witness::serve(Manners { greylists: true, ..Manners::default() }).await;
    let project = project(witness.addr, 12);
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(75), "{}{}", sent.out, sent.err);
    assert_eq!(run(&project, "state backup backup.db").await.exit, Some(0));
    let restored = lose_and_restore(&project).await;
    assert!(restored.err.contains("held: october (campaign 1): 12 waited for it"), "{}", restored.err);
    for line in ["campaign resume october", "campaign resume 1"] {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(4), "{}{}", refused.out, refused.err);
        assert!(refused.err.contains("may have got it since"), "{}", refused.err);
        assert!(refused.err.contains("campaign resume 1 --allow restored"), "{}", refused.err);
    }
    let campaign = shown(&project).await;
    assert_eq!((campaign["state"].as_str(), count(&campaign, "deferred")), (Some("paused"), 12));
    assert!(campaign["reason"].as_str().unwrap().contains("restored from the backup"), "{campaign}");
    let state = run(&project, "state show --json").await;
    let state: serde_json::Value = serde_json::from_str(&state.out).unwrap();
    assert_eq!((state["held"].as_u64(), state["unfinished"].as_u64()), (Some(1), Some(1)), "{state}");
    assert_eq!(state["restored"], state["backup"]);
    let resumed = run(&project, "campaign resume 1 --allow restored").await;
    assert_eq!(resumed.exit, Some(75), "{}{}", resumed.out, resumed.err);
    assert_eq!(shown(&project).await["held"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_before_the_backup_and_a_mail_of_after_it_are_asked_about() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 4);
    run(&project, "suppress add reader0@example.com").await;
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    assert_eq!(run(&project, "state backup backup.db").await.exit, Some(0));
    let sent = run(&project, "send --plan 1 --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(witness.taken().len(), 3);
    lose_and_restore(&project).await;
    // Nothing here knows that it was sent.
    for line in [
        "send --plan 1 --yes --allow repeat,size,untested",
        "send october.md --list list.csv --yes --allow repeat,size,untested",
    ] {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(4), "{line}: {}", refused.err);
        assert!(refused.err.contains("--allow restored"), "{line}: {}", refused.err);
    }
    assert_eq!(witness.taken().len(), 3);
    let project = project.with("november.md", "# November\n\nFog.\n");
    let other = run(&project, "send november.md --list list.csv --yes --allow untested,restored").await;
    assert_eq!(other.exit, Some(0), "{}{}", other.out, other.err);
    assert!(!witness.times().contains_key("reader0@example.com"));
    // That was an answer for the state, and not for this plan.
    let refused = run(&project, "send --plan 1 --yes --allow repeat,size,untested").await;
    assert_eq!(refused.exit, Some(4), "{}", refused.err);
    assert_eq!(run(&project, "campaign cancel 1 --yes").await.exit, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_refused_before_the_backup_is_tried_once_more_only_by_name() {
    let full = std::collections::BTreeSet::from(["reader1@example.com".to_owned()]);
    let witness = Witness::serve(Manners { full, silent_every: 2, ..Manners::default() }).await;
    let project = project(witness.addr, 3);
    run(&project, "send october.md --list list.csv --yes --allow untested").await;
    let campaign = shown(&project).await;
    assert_eq!([count(&campaign, "failed"), count(&campaign, "unknown")], [1, 1], "{campaign}");
    assert_eq!(run(&project, "state backup backup.db").await.exit, Some(0));
    lose_and_restore(&project).await;
    let before = witness.taken().len();
    for line in ["campaign retry october --yes", "campaign reconcile october --policy resend --yes"] {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(4), "{line}: {}{}", refused.out, refused.err);
        assert!(refused.err.contains("--allow restored"), "{line}: {}", refused.err);
    }
    let campaign = shown(&project).await;
    assert_eq!([count(&campaign, "failed"), count(&campaign, "unknown")], [1, 1], "{campaign}");
    assert_eq!(witness.taken().len(), before);
    witness.calm();
    let retried = run(&project, "campaign retry october --yes --allow restored").await;
    assert_eq!(count(&shown(&project).await, "failed"), 0, "{}{}", retried.out, retried.err);
    assert_eq!(witness.taken().len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_state_is_replaced_and_no_wrong_file_becomes_one() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 1);
    assert_eq!(run(&project, "state backup backup.db").await.exit, Some(0));
    for (file, said) in [
        ("backup.db", "`backup.db` is there already, and a backup is never written over another file"),
        ("articles", "`articles` is a folder"),
        ("nowhere/backup.db", "there is no folder `nowhere`"),
    ] {
        std::fs::create_dir_all(project.path().join("articles")).unwrap();
        let refused = run(&project, &format!("state backup {file}")).await;
        assert_eq!(refused.exit, Some(65), "{}{}", refused.out, refused.err);
        assert!(refused.err.contains(said), "{}", refused.err);
    }
    let there = run(&project, "state restore backup.db").await;
    assert_eq!(there.exit, Some(4), "{}{}", there.out, there.err);
    std::fs::remove_dir_all(project.path().join("state")).unwrap();
    for (file, said) in [("nowhere.db", "there is no backup"), ("list.csv", "`list.csv` is not a backup")] {
        let refused = run(&project, &format!("state restore {file}")).await;
        assert_eq!(refused.exit, Some(78), "{}{}", refused.out, refused.err);
        assert!(refused.err.contains(said), "{}", refused.err);
        assert!(!Path::exists(&project.path().join("state")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_without_the_pictures_that_cannot_be_read_and_says_so() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 1);
    run(&project, "suppress add reader0@example.com").await;
    let pictures = project.path().join("state/pictures");
    std::fs::create_dir_all(pictures.join("sand.0123456789ab.png")).unwrap();
    std::fs::write(pictures.join("dune.0123456789ab.png"), b"dune").unwrap();
    let made = run(&project, "state backup backup.db").await;
    assert_eq!(made.exit, Some(0), "{}{}", made.out, made.err);
    assert!(made.out.contains("copied to backup.db, and the picture it serves with it"), "{}", made.out);
    assert!(made.err.contains("the backup is without the picture"), "{}", made.err);
    assert!(made.err.contains("sand.0123456789ab.png`: it is not a file"), "{}", made.err);
    assert!(!made.err.contains("dune"), "{}", made.err);
    // Nor does a shelf that is none keep it from being made.
    std::fs::remove_dir_all(&pictures).unwrap();
    std::fs::write(&pictures, b"").unwrap();
    let made = run(&project, "state backup other.db").await;
    assert_eq!(made.exit, Some(0), "{}{}", made.out, made.err);
    assert!(made.err.contains("pictures"), "{}", made.err);
    lose_and_restore(&project).await;
    let listed = run(&project, "suppress list").await;
    assert!(listed.out.contains("reader0@example.com"), "{}", listed.out);
    assert_eq!(std::fs::read(pictures.join("dune.0123456789ab.png")).unwrap(), b"dune");
}
