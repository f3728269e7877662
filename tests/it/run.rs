//! The real program from an article to caught mail: build, test, rehearsal, demo.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mail_parser::MessageParser;
use serde_json::Value;

use crate::campaign;
use crate::support::relay::{Act, Script, Scripted};
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn example(name: &str) -> String {
    Path::new(ROOT).join(name).display().to_string()
}

/// The messages in a maildir below `dir`, parsed by somebody else.
fn caught(dir: &Path) -> Vec<(String, String)> {
    let new: Vec<PathBuf> = find(dir, "new");
    let mut mails: Vec<(String, String)> = new
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let mail = MessageParser::default().parse(&bytes).unwrap();
            let to = mail.to().unwrap().first().unwrap().address().unwrap().to_owned();
            (to, mail.subject().unwrap().to_owned())
        })
        .collect();
    mails.sort();
    mails
}

fn find(dir: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            if entry.file_name() == name {
                found.push(entry.path());
            }
            found.extend(find(&entry.path(), name));
        }
    }
    found
}

#[test]
fn the_demo_needs_nothing_and_counts_everybody_once() {
    let project = Sandbox::new();
    let output = project.run("demo --no-serve --json");
    assert_eq!(output.exit, Some(0), "{}", output.err);
    let report: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(report["recipients"], 12);
    assert_eq!(
        report["outcomes"],
        serde_json::json!({ "accepted": 12, "failed": 0, "deferred": 0, "unknown": 0, "pending": 0 })
    );
}

#[test]
fn build_writes_the_four_files_and_the_clinic_article_is_understood() {
    let project = Sandbox::new();
    let article = example("articles/microneedling-for-acne-scars.txt");
    let output = project.run(&format!("build {article} --out mail"));
    assert_eq!(output.exit, Some(0), "{}", output.err);
    let file = |name: &str| std::fs::read_to_string(project.path().join("mail").join(name)).unwrap();
    let (html, text, mjml, eml) =
        (file("email.html"), file("email.txt"), file("email.mjml"), file("email.eml"));
    assert!(mjml.trim_start().starts_with("<mjml"));
    let mail = MessageParser::default().parse(eml.as_bytes()).unwrap();
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n"), text);
    assert_eq!(mail.body_html(0).unwrap().replace("\r\n", "\n"), html);

    for (tag, count) in [("<h1", 1), ("<h2", 5), ("<h3", 4), ("<ul", 1), ("<li", 4), ("</strong>", 4)] {
        assert_eq!(html.matches(tag).count(), count, "{tag}");
    }
    for part in [&html, &text] {
        for left_over in ["You may also like", "View all", "Example blog post"] {
            assert!(!part.contains(left_over), "{left_over}");
        }
        assert!(part.contains("nobody owes the world a perfect"), "the closing paragraph");
    }
    assert_eq!(text.matches("\n- ").count(), 4);
}

#[test]
fn a_web_page_that_is_named_is_an_article() {
    let project = Sandbox::new().with("page.html", "<h1>Ink</h1><p>It has <b>rained</b> for nine days.</p>");
    let output = project.run("build page.html");
    assert_eq!(output.exit, Some(0), "{}", output.err);
    let text = std::fs::read_to_string(project.path().join("out/email.txt")).unwrap();
    assert!(text.starts_with("Ink\n===\n") && text.contains("It has rained for nine days."), "{text}");
}

#[test]
fn a_copy_is_built_for_the_subscriber_who_is_named() {
    let project = Sandbox::new();
    let (article, list) = (example("articles/every-block.md"), example("subscribers.example.csv"));
    assert_eq!(project.run(&format!("build {article} --list {list} --as ada@example.com")).exit, Some(0));
    let text = std::fs::read_to_string(project.path().join("out/email.txt")).unwrap();
    assert!(text.contains("Dear Ada,"), "{text}");
    let stranger = project.run(&format!("build {article} --list {list} --as stranger@example.com"));
    assert_eq!(stranger.exit, Some(65));
    assert!(stranger.err.contains("stranger@example.com is not on the list"), "{}", stranger.err);
}

#[test]
fn a_rehearsal_reaches_everybody_on_the_list_and_nobody_else() {
    let project = Sandbox::new()
        .with(
            "a.md",
            "# Ink\n\nHello {{ subscriber.first_name | default(value=\"there\") }}, this is a letter.\n",
        )
        .with("list.csv", "email,first_name\nana@example.com,Ana\nbo@example.org,\nANA@example.com,Again\n");
    let output = project.run("send a.md --list list.csv --rehearse --json");
    assert_eq!(output.exit, Some(0), "{}", output.err);
    assert!(output.err.contains("already on line 2"), "{}", output.err);
    let report: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(report["outcomes"]["accepted"], 2);
    let mails = caught(project.path());
    assert_eq!(mails, [("ana@example.com".into(), "Ink".into()), ("bo@example.org".into(), "Ink".into())]);
}

#[test]
fn a_rehearsal_keeps_to_who_wants_no_mail_and_leaves_nothing_but_the_mail() {
    let project = Sandbox::new()
        .with(
            "newsletter.toml",
            "id = \"a\"\nname = \"A\"\nfrom = \"news@example.com\"\n\
             unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
             state_dir = \"state\"\n",
        )
        .with("a.md", LETTER)
        .with("list.csv", "email\nana@example.com\nbo@example.org\ncy@example.org\n")
        .with("tmp/kept", "");
    let tmp = project.path().join("tmp");
    let run = |line: &str| project.run_in(project.path(), line, &[("TMPDIR", tmp.to_str().unwrap())]);
    for line in ["state new", "suppress add BO@example.org"] {
        let output = run(line);
        assert_eq!(output.exit, Some(0), "{}", output.err);
    }
    let output = run("send a.md --list list.csv --rehearse --json");
    assert_eq!(output.exit, Some(0), "{}", output.err);
    let report: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(report["outcomes"]["accepted"], 2);
    let excluded = serde_json::json!([{ "address": "bo@example.org", "reason": "manual" }]);
    assert_eq!(report["excluded"], excluded);
    let to: Vec<String> = caught(project.path()).into_iter().map(|(to, _)| to).collect();
    assert_eq!(to, ["ana@example.com", "cy@example.org"]);
    // It never counts as sent, and its books are gone.
    let listed: Value = serde_json::from_str(&run("campaign list --json").out).unwrap();
    assert_eq!(listed["campaigns"], serde_json::json!([]));
    assert_eq!(run("demo --no-serve").exit, Some(0));
    let left: Vec<_> = std::fs::read_dir(&tmp).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["kept"]);
}

#[test]
fn one_copy_that_cannot_be_made_keeps_every_other_from_being_sent() {
    let project = Sandbox::new()
        .with("a.md", "# Ink\n\nHello {{ subscriber.first_name }}, this is a letter.\n")
        .with("list.csv", "email,first_name\nana@example.com,Ana\nbo@example.org,\n");
    let output = project.run("send a.md --list list.csv --rehearse");
    assert_eq!(output.exit, Some(65));
    assert!(output.err.contains("bo@example.org has no value for `subscriber.first_name`"), "{}", output.err);
    assert!(output.err.ends_with("nothing was sent\n"), "{}", output.err);
    assert!(caught(project.path()).is_empty());
}

#[test]
fn mistakes_in_the_article_and_in_the_list_are_told_together() {
    let project = Sandbox::new()
        .with("a.md", "+++\nsujbect = \"x\"\n+++\n\nHello.\n")
        .with("list.csv", "email\nana@@example.com\n");
    let output = project.run("send a.md --list list.csv --rehearse");
    assert_eq!(output.exit, Some(65));
    let told = output.err;
    assert!(told.contains("did you mean `subject`?") && told.contains("more than one @"), "{told}");
    assert!(told.contains("list.csv:2:1") && told.contains("a.md:2:1"), "{told}");
}

#[test]
fn a_test_goes_to_the_named_people_and_says_that_it_is_one() {
    let project =
        Sandbox::new().with("a.md", "# Ink\n\nHello {{ subscriber.first_name }}, this is a letter.\n");
    let output = project.run("test a.md --to ana@example.com,bo@example.org");
    assert_eq!(output.exit, Some(0), "{}", output.err);
    assert!(output.err.contains("nothing left this machine"), "{}", output.err);
    let mails = caught(project.path());
    assert_eq!(mails[0], ("ana@example.com".into(), "[Test] Ink".into()));
    assert_eq!(mails.len(), 2);
}

#[test]
fn a_relay_that_cannot_be_reached_ends_the_run_with_its_own_exit_code() {
    // A port that was free a moment ago and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let relay = format!("smtp://127.0.0.1:{port}");
    let project = Sandbox::new().with("a.md", "# Ink\n\nHello, this is a letter.\n").with(
        "newsletter.toml",
        &format!("id = \"a\"\nname = \"A\"\nfrom = \"a@example.com\"\n\
             unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
             [relay]\nurl = \"{relay}\"\n"),
    );
    let output = project.run("test a.md --to ana@example.com");
    assert_eq!(output.exit, Some(69), "{}", output.err);
    assert!(output.err.contains("cannot be reached"), "{}", output.err);
    assert!(output.err.ends_with("nothing was sent\n"), "{}", output.err);
}

const LETTER: &str = "# Ink\n\nHello, this is a letter.\n";

fn newsletter(relay: std::net::SocketAddr) -> String {
    format!(
        "id = \"a\"\nname = \"A\"\nfrom = \"a@example.com\"\n\
         unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
         [relay]\nurl = \"smtp://{relay}\"\n"
    )
}

#[test]
fn mistakes_in_the_article_its_sender_its_theme_and_its_list_are_told_together() {
    let project = Sandbox::new()
        .with(
            "a.md",
            "+++\nfrom = \"zoë@example.com\"\ntheme = \"claen\"\nlist = \"list.csv\"\n+++\n\n# Ink\n\nHello.\n",
        )
        .with("list.csv", "email\nana@@example.com\n");
    for command in ["build a.md", "test a.md --to ana@example.com"] {
        let output = project.run(command);
        assert_eq!(output.exit, Some(65), "{}", output.err);
        for told in ["a.md:2:8", "outside ASCII", "a.md:3:9", "did you mean `clean`?", "list.csv:2:1"] {
            assert!(output.err.contains(told), "{told}: {}", output.err);
        }
    }
}

#[test]
fn a_list_that_the_article_names_and_that_is_not_there_is_told_with_its_place() {
    let project = Sandbox::new()
        .with("a.md", "+++\nlist = \"lists/redaers.csv\"\n+++\n\n# Ink\n\nHello.\n")
        .with("lists/readers.csv", "email\nana@example.com\n");
    for command in ["build a.md", "test a.md --to ana@example.com"] {
        let output = project.run(command);
        assert_eq!(output.exit, Some(65), "{}", output.err);
        for told in ["no list `lists/redaers.csv`", "a.md:2:8", "did you mean `lists/readers.csv`?"] {
            assert!(output.err.contains(told), "{told}: {}", output.err);
        }
    }
}

#[test]
fn a_build_that_cannot_write_all_its_files_writes_none() {
    let project = Sandbox::new().with("a.md", LETTER).with("out/email.eml/x", "").with("file", "");
    let output = project.run("build a.md");
    assert_eq!(output.exit, Some(65));
    assert!(output.err.contains("cannot write `out/email.eml`"), "{}", output.err);
    assert!(output.err.ends_with("nothing was written\n"), "{}", output.err);
    let left: Vec<_> = std::fs::read_dir(project.path().join("out")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(project.run("build a.md --out file").exit, Some(65));
}

#[test]
fn a_draft_is_rehearsed_and_called_one() {
    let project = Sandbox::new()
        .with("a.md", "+++\nstatus = \"draft\"\n+++\n\n# Ink\n\nHello.\n")
        .with("list.csv", "email\nana@example.com\n");
    let output = project.run("send a.md --list list.csv --rehearse");
    assert_eq!(output.exit, Some(0), "{}", output.err);
    assert!(output.err.contains("warning: `a.md` is a draft"), "{}", output.err);
}

#[test]
fn a_name_without_end_does_not_stop_a_run() {
    let list = format!("email,name\nana@example.com,Ana\nbo@example.org,{}\n", "b".repeat(3_000));
    let project = Sandbox::new().with("a.md", LETTER).with("list.csv", &list);
    let output = project.run("send a.md --list list.csv --rehearse");
    assert_eq!(output.exit, Some(0), "{}", output.err);
    assert_eq!(caught(project.path()).len(), 2);
}

#[test]
fn a_test_reaches_each_person_once_and_shows_nobody_elses_name() {
    let project =
        Sandbox::new().with("a.md", LETTER).with("list.csv", "email,name\nzoe@example.org,Zoe Secret\n");
    let output = project.run("test a.md --to ana@example.com,ANA@example.com --list list.csv");
    assert_eq!(output.exit, Some(0), "{}", output.err);
    assert_eq!(caught(project.path()).len(), 1);
    let mail = find(project.path(), "new").pop().unwrap();
    let mail = std::fs::read_dir(mail).unwrap().next().unwrap().unwrap();
    assert!(!std::fs::read_to_string(mail.path()).unwrap().contains("Zoe"));
}

/// Runs `letterpress` beside a relay that follows `script`.
async fn beside(script: Script, line: &'static str) -> (Run, Scripted) {
    let server = script.serve().await;
    let text = newsletter(server.addr);
    let run = move || Sandbox::new().with("a.md", LETTER).with("newsletter.toml", &text).run(line);
    (tokio::task::spawn_blocking(run).await.unwrap(), server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_reaches_nobody_does_not_end_well() {
    let refuses = Script::default().at("RCPT", Act::Say(b"550 5.1.1 nobody here\r\n"));
    let (run, _server) = beside(refuses, "test a.md --to ana@example.com").await;
    assert_eq!(run.exit, Some(3), "{}", run.err);
    assert!(run.out.contains("0 accepted") && run.out.contains("1 refused"), "{}", run.out);
    let defers = Script::default().at("RCPT", Act::Say(b"451 4.7.1 later\r\n"));
    let (run, _server) = beside(defers, "test a.md --to ana@example.com").await;
    assert_eq!(run.exit, Some(75), "{}", run.err);
}

/// How a run ends that gets `signal` twice while the relay keeps its answers to itself,
/// and what it tells.
#[cfg(unix)]
async fn ended_by(signal: &'static str) -> (Option<i32>, String) {
    // Four connections, the first of which is answered once: of six people one is
    // accepted, four are on the way, and one is left.
    let script = Script::default().at("DOT", Act::Polite).at("DOT", Act::Hang);
    let mut server = script.serve().await;
    let project = Sandbox::new().with("a.md", LETTER).with("newsletter.toml", &newsletter(server.addr));
    let mut child = Command::new(env!("CARGO_BIN_EXE_letterpress"))
        .args(["test", "a.md", "--to", "a@a.test,b@a.test,c@a.test,d@a.test,e@a.test,f@a.test"])
        .current_dir(project.path())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..5 {
        server.next("MESSAGE").await;
    }
    let end = move |child: &std::process::Child| {
        // The shell's own: not every machine has a program of this name.
        let kill = format!("kill {signal} {}", child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
    };
    let told = tokio::task::spawn_blocking(move || {
        end(&child);
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("stopping when") {
            line.clear();
            assert!(err.read_line(&mut line).unwrap() > 0, "it ended at once");
        }
        end(&child);
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    });
    told.await.unwrap()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_interrupted_says_how_far_it_got_and_does_not_hang() {
    for (signal, exit) in [("-INT", 130), ("-TERM", 143)] {
        let (code, out) = ended_by(signal).await;
        assert_eq!(code, Some(exit), "{out}");
        assert!(out.contains("1 accepted"), "{out}");
        assert!(out.contains("4 unknown, 1 not tried"), "{out}");
    }
}

/// Runs it with another standard output; how it ends, and its messages.
fn with_output_to(project: &Sandbox, out: impl Into<Stdio>, line: &str) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_letterpress"))
        .args(line.split(' '))
        .current_dir(project.path())
        .env_clear()
        .env("HOME", project.path())
        .stdout(out)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_closed_pipe_is_no_failure_and_hides_none() {
    let project = Sandbox::new()
        .with("a.md", LETTER)
        .with("list.csv", "email\nana@example.com\n")
        .with("other.toml", "name = 1\n");
    let to_closed = |line| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        with_output_to(&project, writer, line)
    };
    assert_eq!(to_closed("build a.md").0, Some(0));
    let (exit, err) = to_closed("send a.md --list list.csv --rehearse --json");
    assert_eq!(exit, Some(0), "{err}");
    assert!(err.contains("1 accepted by the inbox"), "{err}");
    let (exit, err) = to_closed("build a.md --json --config other.toml");
    assert_eq!(exit, Some(78), "{err}");
    assert!(err.contains("nothing was written"), "{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_does_not_change_what_became_of_a_run() {
    let project =
        Sandbox::new().with("a.md", LETTER).with("list.csv", "email\nana@example.com\nbo@example.com\n");
    let to_full = |line| {
        with_output_to(&project, std::fs::File::options().write(true).open("/dev/full").unwrap(), line)
    };
    for line in ["send a.md --list list.csv --rehearse", "send a.md --list list.csv --rehearse --json"] {
        let (exit, err) = to_full(line);
        assert_eq!(exit, Some(0), "{err}");
        assert!(err.contains("2 accepted by the inbox"), "{err}");
        assert!(!err.contains("nothing was sent"), "{err}");
    }
    let (exit, err) = to_full("build a.md");
    assert_eq!(exit, Some(75), "{err}");
    assert!(!err.contains("nothing was written"), "{err}");
    // Problems that cannot be told as data are told as messages.
    let (exit, err) = to_full("build gone.md --json");
    assert_eq!(exit, Some(65));
    assert!(err.contains("there is no article `gone.md`"), "{err}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn how_a_campaign_ended_is_told_whatever_becomes_of_standard_output() {
    for (line, full) in [("", false), ("", true), (" --json", false), (" --json", true)] {
        let witness = Witness::serve(Manners { silent_every: 3, ..Manners::default() }).await;
        let project = campaign::project(witness.addr, 3);
        let out = || -> Stdio {
            if full {
                std::fs::File::options().write(true).open("/dev/full").unwrap().into()
            } else {
                std::io::pipe().unwrap().1.into()
            }
        };
        let settle = format!("campaign reconcile october --policy skip --yes{line}");
        let line = format!("send october.md --list list.csv --yes --allow untested{line}");
        let (exit, err) = with_output_to(&project, out(), &line);
        assert_eq!(exit, Some(3), "{line}: {err}");
        assert!(
            err.contains("october (campaign 1) is finished; 2 accepted, 1 unknown of 3"),
            "{line}: {err}"
        );
        assert!(err.contains("`letterpress campaign reconcile 1` settles them"), "{line}: {err}");
        let (exit, err) = with_output_to(&project, out(), &settle);
        assert_eq!(exit, Some(0), "{settle}: {err}");
        assert!(err.contains("1 settled, 0 unknown in campaign 1"), "{settle}: {err}");
    }
}

#[test]
fn hints_are_written_as_the_front_matter_at_hand_is() {
    for (front, status, from, title) in [
        ("---\nstatus: draft\nfrom: X\n---\n", "`status: ready`", "`from: \"Name <address>\"`", "`title: …`"),
        (
            "+++\nstatus = 'draft'\nfrom = 'X'\n+++\n",
            "`status = \"ready\"`",
            "`from = \"Name <address>\"`",
            "`title = \"…\"`",
        ),
    ] {
        let draft = front.lines().filter(|line| !line.starts_with("from")).collect::<Vec<_>>().join("\n");
        let project = Sandbox::new()
            .with("from.md", &format!("{front}# T\n\ntext\n"))
            .with("untitled.md", &format!("{draft}\n\ntext\n"))
            .with("draft.md", &format!("{draft}\n# T\n\ntext\n"))
            .with("list.csv", "email\nana@example.com\n");
        let told = |line: &str| project.run(line).err;
        assert!(told("build from.md").contains(from), "{}", told("build from.md"));
        assert!(told("build untitled.md").contains(title), "{}", told("build untitled.md"));
        assert!(told("build untitled.md").contains("--> untitled.md:5:1"), "{}", told("build untitled.md"));
        let told = told("send draft.md --list list.csv --rehearse");
        assert!(told.contains(status), "{told}");
    }
}

#[test]
fn the_list_the_article_names_is_the_one_that_is_rehearsed() {
    let project = Sandbox::new()
        .with("letters/a.md", "---\nlist: people.csv\n---\n# Ink\n\nThis is a letter.\n")
        .with("letters/people.csv", "email\nana@example.com\nANA@example.com\n")
        .with("none.md", "---\nstatus: ready\n---\n# Ink\n\nThis is a letter.\n");
    let output = project.run("send letters/a.md --rehearse --json");
    assert_eq!(output.exit, Some(0), "{}", output.err);
    let report: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(report["outcomes"]["accepted"], 1);
    assert!(report["warnings"][0]["message"].as_str().unwrap().contains("already on line 2"), "{report}");
    let built = project.run("build letters/a.md --json");
    let report: Value = serde_json::from_str(&built.out).unwrap();
    assert!(report["warnings"][0]["message"].as_str().unwrap().contains("already on line 2"), "{report}");
    let output = project.run("send none.md --rehearse");
    assert_eq!(output.exit, Some(2), "{}", output.err);
    assert!(output.err.contains("there is no list to send to"), "{}", output.err);
    assert!(output.err.contains("`list: \"subscribers.csv\"`"), "{}", output.err);
}

#[test]
fn a_copy_of_somebody_needs_the_list_they_are_on() {
    let project = Sandbox::new().with("a.md", LETTER).with("list.csv", "email\nana@example.com\n");
    let output = project.run("build a.md --as ana@example.com");
    assert_eq!(output.exit, Some(2), "{}", output.err);
    assert!(output.err.contains("add `--list subscribers.csv`"), "{}", output.err);
    assert!(!project.path().join("out").exists());
    let output = project.run("build a.md --as bo@example.com --list list.csv");
    assert!(output.err.contains("bo@example.com is not on the list `list.csv`"), "{}", output.err);
}

#[test]
fn placeholders_are_told_only_where_they_stand() {
    let project =
        Sandbox::new().with("shown.md", "# Ink\n\nHello {{ subscriber.name }}, this is a letter.\n").with(
            "hidden.md",
            "# Ink\n\n{% if subscriber.name == 'x' %}Hello {{ subscriber.name }}.{% endif %} A letter.\n",
        );
    let told = project.run("build shown.md").err;
    assert!(told.contains("[name] stands where each reader's own value will be"), "{told}");
    assert!(!project.run("build hidden.md").err.contains("[name]"));
}

#[test]
fn a_file_where_the_folder_should_be_is_called_one() {
    let project = Sandbox::new().with("a.md", LETTER).with("taken", "x");
    for out in ["taken", "taken/below"] {
        let told = project.run(&format!("build a.md --out {out}")).err;
        assert!(told.contains("it is a file, and not a folder"), "{told}");
        assert!(!told.contains("os error"), "{told}");
    }
}

#[test]
fn an_empty_address_is_called_one() {
    let project = Sandbox::new().with("a.md", "# Ink\n\nSee [z]() and this letter.\n");
    let told = project.run("build a.md").err;
    assert!(told.contains("the address is empty"), "{told}");
    assert!(told.contains("[words](https://example.com/)"), "{told}");
}

#[test]
fn an_address_that_begins_with_a_condition_is_called_one() {
    let project = Sandbox::new().with(
        "a.md",
        "# Ink\n\nSee [us]({% if subscriber.pro %}https://example.com/pro{% else %}https://example.com/{% endif %}).\n\n\
         [Go](there){.button}\n\n[Fine](https://example.com/{% if subscriber.pro %}pro{% endif %}){.button}\n",
    );
    let told = project.run("build a.md").err;
    assert!(told.contains("error: the address begins with a condition"), "{told}");
    assert!(told.contains(" --> a.md:3:5\n"), "{told}");
    assert!(told.contains("write two whole links, `{% if … %}` before the first"), "{told}");
    assert!(told.contains("write the whole address, such as https://example.com/\n"), "{told}");
    assert_eq!(told.matches("error: ").count(), 1, "{told}");
}

#[test]
fn a_value_that_many_lack_is_told_once_with_their_number() {
    let project =
        Sandbox::new().with("a.md", "# Ink\n\nHello {{ subscriber.first_name }}, this is a letter.\n").with(
            "list.csv",
            "email,first_name\nana@example.com,\nbo@example.org,\ncy@example.org,\ndi@example.org,Di\n",
        );
    let told = project.run("send a.md --list list.csv --rehearse").err;
    let expected = "ana@example.com has no value for `subscriber.first_name`, and neither have 2 more\n";
    assert!(told.contains(expected), "{told}");
    assert_eq!(told.matches("error").count(), 1, "{told}");
}

#[test]
fn what_is_wrong_with_a_whole_list_names_its_file() {
    let project = Sandbox::new().with("a.md", LETTER).with("empty.csv", "").with("head.csv", "email,name\n");
    std::fs::write(project.path().join("latin.csv"), b"email,name\nana@example.com,Ren\xe9e\n").unwrap();
    for (list, place) in [("empty", "empty.csv:1:1"), ("head", "head.csv:1:1"), ("latin", "latin.csv:2:20")] {
        let told = project.run(&format!("build a.md --list {list}.csv")).err;
        assert!(told.contains(&format!("--> {place}")), "{told}");
    }
}

#[test]
fn a_taken_port_of_the_inbox_says_where_another_is_chosen() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = format!(
        "id = \"a\"\nname = \"A\"\nfrom = \"news@example.com\"\n\
         unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
         [inbox]\nsmtp = \"{}\"\n",
        taken.local_addr().unwrap()
    );
    let output = Sandbox::new().with("newsletter.toml", &config).run("inbox --port 0");
    assert_eq!(output.exit, Some(75), "{}", output.err);
    assert!(output.err.contains("`smtp` under `[inbox]`"), "{}", output.err);
    assert!(!output.err.contains("os error") && !output.err.contains("--port"), "{}", output.err);
}
