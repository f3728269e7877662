//! Who leaves by mail: out of maildirs, mboxes and a mail server's pipe.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use letterpress::audience::{Claim, EmailAddress, LeftBy, Motive, Tokens};
use letterpress::cli::{Edge, Exit};
use letterpress::config::Environment;
use letterpress::store::{Durability, Store, Wish};
use serde_json::Value;

use crate::campaign::{project, run};
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

/// A newsletter with five readers.
async fn newsletter() -> Sandbox {
    project(Witness::serve(Manners::default()).await.addr, 5)
}

fn store(project: &Sandbox) -> Store {
    Store::open(&project.path().join("state"), "letters", Durability::Process).unwrap()
}

fn reader(number: usize) -> EmailAddress {
    EmailAddress::parse(&format!("reader{number}@example.com")).unwrap()
}

/// The token with which this reader leaves.
fn token(project: &Sandbox, number: usize) -> String {
    store(project).tokens("letters").unwrap().write(&Claim::Leave(reader(number)))
}

/// A mail that somebody else wrote, with this subject.
fn mail(id: usize, subject: &str) -> String {
    format!(
        "Return-Path: <mallory@example.org>\nFrom: Mallory <mallory@example.org>\nTo: leave@example.com\n\
         Message-ID: <{id}@example.org>\nSubject: {subject}\n\nThank you.\n"
    )
}

fn put(project: &Sandbox, path: &str, text: &str) {
    let path = project.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Runs a line with this on standard input, as a mail server's pipe does.
fn pipe(project: &Sandbox, line: &str, input: &str) -> Run {
    let mut command = project.command(project.path(), line, &[]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that has read enough closes its end.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Run::from(child.wait_with_output().unwrap())
}

/// Who is left out of the next plan as unsubscribed.
async fn gone(project: &Sandbox) -> Vec<String> {
    let planned = run(project, "plan october.md --list list.csv").await;
    let told = planned.out + &planned.err;
    let people = (0..5).map(|number| reader(number).to_string());
    people.filter(|address| told.contains(&format!("{address}: unsubscribed"))).collect()
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.err))
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_named_by_a_token_in_a_maildir_leaves_and_the_maildir_stays_as_it_was() {
    let project = newsletter().await;
    let [first, second] = [1, 2].map(|number| token(&project, number));
    put(&project, "leave/new/1.a", &mail(1, &format!("unsubscribe {first}")));
    put(&project, "leave/cur/2.b:2,S", &mail(2, &format!("Re: UNSUBSCRIBE {second}")));
    put(&project, "leave/cur/3.c:2,S", &mail(3, "Hello there"));
    put(&project, "leave/tmp/4.d", &mail(4, &format!("unsubscribe {}", token(&project, 3))));
    let before = files(&project.path().join("leave"));
    let tried = run(&project, "unsubscribe import leave --dry-run").await;
    assert_eq!(tried.exit, Some(0), "{}", tried.err);
    assert_eq!(tried.out, "3 new mails: 2 people would leave, 1 without a link of this newsletter\n");
    assert_eq!(gone(&project).await, Vec::<String>::new());
    let heard = run(&project, "unsubscribe import leave").await;
    assert_eq!(heard.exit, Some(0), "{}", heard.err);
    assert_eq!(heard.out, "3 new mails: 2 people left, 1 without a link of this newsletter\n");
    assert!(
        heard.err.contains("<3@example.org>, `Hello there`: no link of this newsletter is in it"),
        "{}",
        heard.err
    );
    assert_eq!(gone(&project).await, ["reader1@example.com", "reader2@example.com"]);
    assert_eq!(files(&project.path().join("leave")), before);
    // The next minute there is nothing new, and nothing is said.
    let again = run(&project, "unsubscribe import leave").await;
    assert_eq!((again.exit, again.out.as_str(), again.err.as_str()), (Some(0), "", ""));
    let data = report(&run(&project, "unsubscribe import leave --json").await);
    assert_eq!((&data["read"], &data["heard_before"]), (&3.into(), &3.into()), "{data}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_heard_once_wherever_it_is_moved_so_that_whoever_came_back_stays() {
    let project = newsletter().await;
    let text = mail(1, &format!("unsubscribe {}", token(&project, 1)));
    put(&project, "leave/new/1.a", &text);
    assert_eq!(run(&project, "unsubscribe import leave").await.out, "1 new mail: 1 person left\n");
    let books = store(&project);
    let left = books.suppression_of(&reader(1)).unwrap().unwrap().since;
    books.grant(&[Wish::Return { address: reader(1), left }], left).unwrap();
    fs::create_dir_all(project.path().join("leave/cur")).unwrap();
    fs::rename(project.path().join("leave/new/1.a"), project.path().join("leave/cur/1.a:2,RS")).unwrap();
    put(
        &project,
        "leave.mbox",
        &format!("From mallory@example.org Thu Oct  1 08:00:00 2026\nStatus: RO\n{text}\n"),
    );
    let again = run(&project, "unsubscribe import leave leave.mbox").await;
    assert_eq!((again.exit, again.out.as_str()), (Some(0), ""), "{}", again.err);
    assert_eq!(books.suppression_of(&reader(1)).unwrap(), None);
    // Another mail of theirs is another wish.
    put(&project, "leave/new/2.a", &text.replace("<1@", "<2@"));
    assert_eq!(
        run(&project, "unsubscribe import leave").await.out,
        "1 new mail: 1 person left, 1 heard before\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mbox_of_hundreds_is_heard_in_one_go() {
    let project = newsletter().await;
    let tokens: Vec<String> = (0..5).map(|number| token(&project, number)).collect();
    let mails = (0..450).map(|id| {
        let text = mail(id, &format!("unsubscribe {}", tokens[id % 5]));
        format!("From mallory@example.org Thu Oct  1 08:00:00 2026\n{text}\n")
    });
    put(&project, "leave.mbox", &mails.collect::<String>());
    let heard = run(&project, "unsubscribe import leave.mbox").await;
    assert_eq!(heard.out, "450 new mails: 5 people left, 445 had left before\n", "{}", heard.err);
    assert_eq!(run(&project, "unsubscribe import leave.mbox").await.out, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_hands_in_one_mail_and_its_writer_is_told_when_it_was_no_way_to_leave() {
    let project = newsletter().await;
    let good = mail(1, &format!("unsubscribe {}", token(&project, 1)));
    let heard = pipe(&project, "unsubscribe import", &good);
    assert_eq!((heard.exit, heard.out.as_str()), (Some(0), "1 new mail: 1 person left\n"), "{}", heard.err);
    // The same mail once more, because the mail server did not hear our answer.
    assert_eq!(pipe(&project, "unsubscribe import -", &good).exit, Some(0));
    let from = format!("From mallory@example.org  Thu Oct  1 08:00:00 2026\n{}", mail(2, "take me off"));
    for text in [mail(2, "take me off"), from] {
        let bounced = pipe(&project, "unsubscribe import", &text);
        assert_eq!(bounced.exit, Some(65), "{}{}", bounced.out, bounced.err);
        assert!(bounced.err.contains("does not say who wants to leave `Letters`"), "{}", bounced.err);
        assert!(
            bounced.err.contains("hint: use the link for unsubscribing in the newest mail"),
            "{}",
            bounced.err
        );
        assert_eq!(report(&pipe(&project, "unsubscribe import --json", &text))["without_link"], 1);
    }
    // Nobody answers a program.
    let robot = mail(3, "Out of office").replace("Return-Path: <mallory@example.org>", "Return-Path: <>");
    let ignored = pipe(&project, "unsubscribe import", &robot);
    assert_eq!(ignored.exit, Some(0), "{}", ignored.err);
    assert_eq!(pipe(&project, "unsubscribe import", "").exit, Some(65));
    assert_eq!(gone(&project).await, ["reader1@example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_foreign_tokens_change_nothing_and_no_token_is_ever_shown() {
    let project = newsletter().await;
    let good = token(&project, 1);
    let flipped = if good.ends_with('A') { "B" } else { "A" };
    let forged = format!("{}{flipped}", &good[..good.len() - 1]);
    let foreign = Tokens::new("others", store(&project).key(), &[]).write(&Claim::Leave(reader(1)));
    let trial = store(&project).tokens("letters").unwrap().write(&Claim::Test([7; 16]));
    for (id, token) in [&forged, &foreign, &trial].into_iter().enumerate() {
        let text =
            mail(id, &format!("unsubscribe {token}")).replace("mallory@example.org", "reader1@example.com");
        put(
            &project,
            &format!("leave/new/{id}"),
            &(text + &format!("\nunsubscribe {token}\n> unsubscribe {good}\n")),
        );
    }
    let heard = run(&project, "unsubscribe import leave").await;
    assert_eq!(heard.exit, Some(0), "{}", heard.err);
    let told = "3 new mails: nobody left, 2 without a link of this newsletter, 1 from a test mail\n";
    assert_eq!(heard.out, told);
    assert!(heard.err.contains("`unsubscribe …`"), "{}", heard.err);
    for token in [&good, &forged, &foreign, &trial] {
        assert!(!heard.err.contains(&token[..12]), "{}", heard.err);
    }
    assert_eq!(gone(&project).await, Vec::<String>::new());
    let tested = pipe(&project, "unsubscribe import", &mail(9, &format!("unsubscribe {trial}")));
    assert_eq!(tested.exit, Some(0), "{}", tested.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_not_there_is_told_and_nobody_leaves() {
    let project = newsletter().await;
    put(&project, "good/new/1", &mail(1, &format!("unsubscribe {}", token(&project, 1))));
    fs::create_dir(project.path().join("folder")).unwrap();
    let wrong = run(&project, "unsubscribe import good missing folder").await;
    assert_eq!(wrong.exit, Some(65), "{}", wrong.err);
    for text in
        ["there is no maildir, mbox or mail `missing`", "`folder` is a folder, and no maildir", "hint: "]
    {
        assert!(wrong.err.contains(text), "{}", wrong.err);
    }
    assert_eq!(gone(&project).await, Vec::<String>::new());
    // What cannot be read keeps nothing else from being heard.
    fs::create_dir(project.path().join("good/new/2")).unwrap();
    let partly = run(&project, "unsubscribe import good").await;
    assert_eq!((partly.exit, partly.out.as_str()), (Some(65), "1 new mail: 1 person left\n"));
    assert!(partly.err.contains("cannot read `good/new/2`"), "{}", partly.err);
    // Whoever runs it by hand or from cron is told what is wrong, as by every command.
    fs::remove_dir_all(project.path().join("state")).unwrap();
    assert_eq!(run(&project, "unsubscribe import good").await.exit, Some(78));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_us_the_mail_server_keeps_the_mail_and_tries_again() {
    let project = newsletter().await;
    let good = mail(1, &format!("unsubscribe {}", token(&project, 1)));
    let [settings, state] = ["newsletter.toml", "state"].map(|name| project.path().join(name));
    let whole = fs::read_to_string(&settings).unwrap();
    let keeps = |project: &Sandbox, line: &str, said: &str| {
        let kept = pipe(project, line, &good);
        assert_eq!(kept.exit, Some(75), "{line}: {}{}", kept.out, kept.err);
        assert!((kept.out + &kept.err).contains(said), "{line}: {said}");
    };
    keeps(&Sandbox::new(), "unsubscribe import", "there is no newsletter.toml");
    keeps(&project, "--config nowhere.toml unsubscribe import -", "nowhere.toml");
    keeps(&project, "unsubscribe import - nowhere", "there is no maildir, mbox or mail `nowhere`");
    // Half edited.
    fs::write(&settings, format!("{whole}\nbase_url = ")).unwrap();
    keeps(&project, "unsubscribe import", "newsletter.toml");
    keeps(&project, "unsubscribe import --json", "problems");
    fs::write(&settings, whole.replace("id = \"letters\"", "id = \"others\"")).unwrap();
    keeps(&project, "unsubscribe import", "letters");
    fs::write(&settings, &whole).unwrap();
    fs::rename(&state, project.path().join("moved")).unwrap();
    keeps(&project, "unsubscribe import", "letterpress state new");
    fs::rename(project.path().join("moved"), &state).unwrap();
    assert_eq!(pipe(&project, "unsubscribe import --nonsense", &good).exit, Some(2));
    // Nothing was lost.
    assert_eq!(pipe(&project, "unsubscribe import", &good).out, "1 new mail: 1 person left\n");
    assert_eq!(gone(&project).await, ["reader1@example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_of_ours_loses_no_mail_of_a_pipe() {
    let project = newsletter().await;
    let good = mail(1, &format!("unsubscribe {}", token(&project, 1)));
    let (mut out, mut err, mut input) = (Vec::new(), Vec::new(), good.as_bytes());
    let mut edge = Edge {
        environment: Environment::read(),
        folder: project.path().to_owned(),
        now: || panic!("the clock is broken"),
        out: &mut out,
        err: &mut err,
        input: &mut input,
        in_is_terminal: false,
        out_is_terminal: false,
        err_is_terminal: false,
    };
    let line = ["letterpress", "unsubscribe", "import"].map(OsString::from);
    assert_eq!(letterpress::cli::run(line, &mut edge), Exit::Later);
    assert_eq!(pipe(&project, "unsubscribe import", &good).out, "1 new mail: 1 person left\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_cannot_be_written_has_the_mail_server_keep_the_mail() {
    let project = newsletter().await;
    let good = mail(1, &format!("unsubscribe {}", token(&project, 1)));
    let database = project.path().join("state/state.db");
    let whole = fs::read(&database).unwrap();
    fs::write(&database, b"no database at all, but something that is long enough to be taken for one")
        .unwrap();
    let kept = pipe(&project, "unsubscribe import", &good);
    assert_eq!(kept.exit, Some(75), "{}", kept.err);
    for other in ["state/state.db-wal", "state/state.db-shm"] {
        let _ = fs::remove_file(project.path().join(other));
    }
    fs::write(&database, whole).unwrap();
    assert_eq!(pipe(&project, "unsubscribe import", &good).out, "1 new mail: 1 person left\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_and_who_came_back_is_told_with_what_they_said() {
    let project = newsletter().await;
    assert_eq!(run(&project, "unsubscribe list").await.err, "nobody left\n");
    let books = store(&project);
    let at = |second: i64| jiff::Timestamp::from_second(1_790_000_000 + second).unwrap();
    let leave = |number, by| Wish::Leave { address: reader(number), by };
    let words = Some("every\nday\u{1b}[2J".to_owned());
    books.grant(&[leave(1, LeftBy::OneClick), leave(2, LeftBy::Page)], at(0)).unwrap();
    let say = Wish::Say { address: reader(2), left: at(0), motive: Some(Motive::TooOften), words };
    books.grant(&[say, Wish::Return { address: reader(1), left: at(0) }], at(60)).unwrap();
    let listed = run(&project, "unsubscribe list").await;
    assert_eq!(
        listed.out,
        "2026-09-21 14:13 UTC  reader1@example.com  left by one click in their mail program\n\
         2026-09-21 14:13 UTC  reader2@example.com  left by the page: too-often, \u{201c}every day\u{fffd}[2J\u{201d}\n\
         2026-09-21 14:14 UTC  reader1@example.com  came back\n"
    );
    assert_eq!(listed.err, "2 left: 1 too-often, 1 without a word, 1 came back\n");
    let data = report(&run(&project, "unsubscribe list --json").await);
    assert_eq!((&data["left"], &data["came_back"]), (&2.into(), &1.into()), "{data}");
    assert_eq!((&data["motives"]["too-often"], &data["motives"]["none"]), (&1.into(), &1.into()), "{data}");
    assert_eq!(data["leavings"][1]["words"], "every\nday\u{1b}[2J");
    let why = run(&project, "why reader2@example.com").await;
    assert!(why.out.contains("reader2@example.com gets nothing since 2026-09-21 14:13:20 UTC: unsubscribed"));
    assert!(why.out.contains("  2026-09-21 14:13:20 UTC  left by the page: too-often"), "{}", why.out);
    let why = report(&run(&project, "why reader1@example.com --json").await);
    assert_eq!(
        (&why["leavings"][0]["by"], &why["leavings"][1]["did"]),
        (&"one-click".into(), &"came-back".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_left_is_not_brought_back_without_an_explicit_word() {
    let project = newsletter().await;
    let good = mail(1, &format!("unsubscribe {}", token(&project, 1)));
    assert_eq!(pipe(&project, "unsubscribe import", &good).exit, Some(0));
    for line in
        ["suppress remove Reader1@example.com", "suppress remove reader1@example.com --allow complained"]
    {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(4), "{}{}", refused.out, refused.err);
        for words in [
            "unsubscribed on 20",
            "no means no",
            "only they themselves",
            "--allow unsubscribed",
            "nothing was changed",
        ] {
            assert!(refused.err.contains(words), "{words}: {}", refused.err);
        }
    }
    assert_eq!(gone(&project).await, ["reader1@example.com"]);
    let back = run(&project, "suppress remove reader1@example.com --allow unsubscribed").await;
    assert_eq!((back.exit, back.out.as_str()), (Some(0), "reader1@example.com may get mail again\n"));
    assert_eq!(gone(&project).await, Vec::<String>::new());
    let listed = run(&project, "unsubscribe list").await;
    assert!(
        listed.out.ends_with("reader1@example.com  was brought back by the publisher\n"),
        "{}",
        listed.out
    );
    assert!(listed.err.ends_with("1 brought back by the publisher\n"), "{}", listed.err);
    let data = report(&run(&project, "unsubscribe list --json").await);
    assert_eq!((&data["came_back"], &data["brought_back"]), (&0.into(), &1.into()), "{data}");
    assert_eq!(data["leavings"][1]["did"], "brought-back", "{data}");
    let why = run(&project, "why reader1@example.com").await;
    assert!(why.out.contains("was brought back by the publisher"), "{}", why.out);
    // The mail they left by says nothing anew.
    assert_eq!(pipe(&project, "unsubscribe import", &good).exit, Some(0));
    assert_eq!(gone(&project).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn links_of_before_and_after_a_new_key_work_also_after_a_backup() {
    let project = newsletter().await;
    let before = token(&project, 1);
    let renewed = run(&project, "state renew-key").await;
    assert_eq!(renewed.exit, Some(0), "{}", renewed.err);
    assert!(renewed.out.contains("those in mails already sent work on"), "{}", renewed.out);
    assert!(renewed.err.contains("make a backup now"), "{}", renewed.err);
    let (after, again) = (token(&project, 2), token(&project, 1));
    assert_ne!(before, again);
    assert_eq!(run(&project, "state backup backup.db").await.exit, Some(0));
    fs::remove_dir_all(project.path().join("state")).unwrap();
    assert_eq!(run(&project, "state restore backup.db").await.exit, Some(0));
    for (id, token) in [before, after].iter().enumerate() {
        let heard = pipe(&project, "unsubscribe import", &mail(id, &format!("unsubscribe {token}")));
        assert_eq!(heard.out, "1 new mail: 1 person left\n", "{}", heard.err);
    }
}
