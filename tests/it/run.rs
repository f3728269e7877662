//! The real program from an article to caught mail: build, test, rehearsal, demo.

use std::path::{Path, PathBuf};

use mail_parser::MessageParser;
use serde_json::Value;

use crate::support::Sandbox;

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
        &format!("id = \"a\"\nname = \"A\"\nfrom = \"a@example.com\"\n[relay]\nurl = \"{relay}\"\n"),
    );
    let output = project.run("test a.md --to ana@example.com");
    assert_eq!(output.exit, Some(69), "{}", output.err);
    assert!(output.err.contains("cannot be reached"), "{}", output.err);
    assert!(output.err.ends_with("nothing was sent\n"), "{}", output.err);
}
