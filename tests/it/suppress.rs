//! Who gets no mail: entered by hand, several at once, and from a file.

use std::io::Write;
use std::process::Stdio;

use crate::campaign::{project, run};
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

/// A newsletter that sends to nobody yet.
async fn newsletter() -> Sandbox {
    project(Witness::serve(Manners::default()).await.addr, 3)
}

/// Runs a line with this on standard input.
fn run_with(project: &Sandbox, line: &str, input: &[u8]) -> Run {
    let mut command = project.command(project.path(), line, &[]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Run::from(child.wait_with_output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_addresses_are_entered_at_once_and_all_that_is_wrong_is_told_before_any_is() {
    let project = newsletter().await;
    let wrong = run(&project, "suppress add ann@example.com reader@@example reader").await;
    assert_eq!(wrong.exit, Some(2), "{}{}", wrong.out, wrong.err);
    for text in ["`reader@@example` is not an email address", "`reader` is not an email address"] {
        assert!(wrong.err.contains(text), "{}", wrong.err);
    }
    assert!(wrong.err.contains("2 problems; nothing was changed"), "{}", wrong.err);
    assert_eq!(run(&project, "suppress list").await.out, "");
    let added = run(&project, "suppress add ann@example.com Bo@example.org --note by-phone").await;
    assert_eq!(added.exit, Some(0), "{}", added.err);
    assert_eq!(added.out, "ann@example.com gets nothing any more\nBo@example.org gets nothing any more\n");
    let again = run(&project, "suppress add bo@example.org").await;
    assert_eq!(again.out, "bo@example.org was suppressed already\n");
    let listed = run(&project, "suppress list").await;
    assert_eq!(listed.out.matches("by-phone").count(), 2, "{}", listed.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_is_entered_as_that_and_not_brought_back_without_a_word() {
    let project = newsletter().await;
    let added = run(&project, "suppress add --reason unsubscribed ann@example.com").await;
    assert_eq!(added.out, "ann@example.com gets nothing any more\n", "{}", added.err);
    assert_eq!(run(&project, "suppress add --reason complained bo@example.org").await.exit, Some(0));
    assert_eq!(run(&project, "suppress add cy@example.org").await.exit, Some(0));
    assert_eq!(run(&project, "suppress add --reason gone dee@example.org").await.exit, Some(2));
    let listed = run(&project, "suppress list").await;
    for text in ["ann@example.com  unsubscribed", "bo@example.org  complained", "cy@example.org  manual"] {
        assert!(listed.out.contains(text), "{text}: {}", listed.out);
    }
    for (address, exit) in [("ann@example.com", 4), ("bo@example.org", 4), ("cy@example.org", 0)] {
        let removed = run(&project, &format!("suppress remove {address}")).await;
        assert_eq!(removed.exit, Some(exit), "{address}: {}{}", removed.out, removed.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_read_from_standard_input_one_a_line() {
    let project = newsletter().await;
    let wrong = run_with(&project, "suppress add -", b"ann@example.com\n\n  bo@@example.org\ncy\n");
    assert_eq!(wrong.exit, Some(2), "{}{}", wrong.out, wrong.err);
    for place in ["standard input:3:3", "standard input:4:1"] {
        assert!(wrong.err.contains(place), "{}", wrong.err);
    }
    assert_eq!(run(&project, "suppress list").await.out, "");
    let added = run_with(&project, "suppress add - cy@example.com", b"ann@example.com\r\n\n bo@example.org");
    assert_eq!(added.exit, Some(0), "{}", added.err);
    assert_eq!(added.out.lines().count(), 3, "{}", added.out);
    let binary = run_with(&project, "suppress add -", b"\xff\xfe");
    assert_eq!(binary.exit, Some(65), "{}", binary.err);
    assert!(binary.err.contains("cannot read standard input"), "{}", binary.err);
    assert_eq!(run(&project, "suppress list").await.out.lines().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_for_whom_nothing_was_ever_planned_is_entered_with_a_word_about_it() {
    let project = newsletter().await;
    let first = run(&project, "suppress add somebody@example.com").await;
    assert_eq!((first.exit, first.err.as_str()), (Some(0), ""));
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    let added = run(&project, "suppress add reader1@example.com reader1@example.org").await;
    assert_eq!(added.exit, Some(0), "{}", added.err);
    assert_eq!(added.out.lines().count(), 2, "{}", added.out);
    let note = "note: nothing was ever planned for reader1@example.org; is it written right?\n";
    assert_eq!(added.err, note);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_plan_left_out_is_no_stranger_however_it_is_written() {
    let project = newsletter().await;
    run(&project, "suppress add Reader1@example.com").await;
    assert_eq!(run(&project, "plan october.md --list list.csv").await.exit, Some(0));
    assert_eq!(run(&project, "suppress remove reader1@example.com").await.exit, Some(0));
    let input = b"READER1@Example.com\nReader2@example.com\nSomebody@example.com\n";
    let added = run_with(&project, "suppress add -", input);
    assert_eq!(added.exit, Some(0), "{}", added.err);
    let note = "note: nothing was ever planned for Somebody@example.com; is it written right?\n";
    assert_eq!(added.err, note);
    // Whoever is suppressed already was asked about then.
    let again = run_with(&project, "suppress add -", input);
    assert_eq!((again.exit, again.err.as_str()), (Some(0), ""));
}

#[test]
fn a_folder_without_a_newsletter_is_told_once() {
    for line in ["suppress list", "campaign list", "state show", "why ann@example.com", "report 1", "tick"] {
        let refused = Sandbox::new().run(line);
        assert_eq!(refused.exit, Some(78), "{line}: {}", refused.err);
        assert_eq!(refused.err.matches("no newsletter.toml").count(), 1, "{line}: {}", refused.err);
    }
}
