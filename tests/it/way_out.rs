//! No mail leaves without a way for its reader to leave.

use std::path::Path;

use letterpress::audience::{Claim, Tokens};
use letterpress::inbox::{Inbox, RunningInbox};
use letterpress::store::{Durability, Store};
use mail_parser::{Message, MessageParser};
use tokio::sync::watch;

use crate::campaign::{LETTER, project, run};
use crate::support::Sandbox;
use crate::support::witness::{Manners, Witness};

/// A relay that keeps what it takes.
struct Keeper {
    inbox: RunningInbox,
    folder: tempfile::TempDir,
    _stop: watch::Sender<bool>,
}

impl Keeper {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (stop, stopped) = watch::channel(false);
        let noon = || "2026-11-25T12:00:00Z".parse().unwrap();
        let inbox = Inbox::start(folder.path(), "127.0.0.1:0".parse().unwrap(), noon, stopped).await.unwrap();
        Self { inbox, folder, _stop: stop }
    }

    fn mails(&self) -> Vec<Vec<u8>> {
        taken(self.folder.path())
    }
}

/// The mails in a maildir, which are gone then.
fn taken(maildir: &Path) -> Vec<Vec<u8>> {
    let mails = std::fs::read_dir(maildir.join("new")).unwrap().map(|mail| mail.unwrap().path());
    let take = |path: std::path::PathBuf| {
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        bytes
    };
    mails.map(take).collect()
}

fn read(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

/// The token of the mail that asks to leave.
fn mailed_token(mail: &Message<'_>) -> String {
    let header = mail.header_raw("List-Unsubscribe").unwrap().trim();
    header.rsplit_once("subject=unsubscribe%20").unwrap().1.trim_end_matches('>').to_owned()
}

/// The newsletter of `project` without the lines that begin with one of `keys`.
fn without(project: Sandbox, keys: &[&str]) -> Sandbox {
    let text = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    let kept = text.lines().filter(|line| !keys.iter().any(|key| line.starts_with(key)));
    let text = kept.map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
    project.with("newsletter.toml", &text)
}

fn tokens(project: &Sandbox) -> Tokens {
    let store = Store::open(&project.path().join("state"), "letters", Durability::Process).unwrap();
    store.tokens("letters").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_way_out_or_a_postal_address_nothing_is_planned_or_sent_and_both_are_told() {
    let witness = Witness::serve(Manners::default()).await;
    let project = without(project(witness.addr, 3), &["unsubscribe_address", "postal_address"]);
    for line in [
        "plan october.md --list list.csv",
        "plan october.md --list list.csv --dry-run",
        "send october.md --list list.csv --yes --allow untested",
    ] {
        let refused = run(&project, line).await;
        assert_eq!(refused.exit, Some(78), "{line}: {}", refused.err);
        for words in [
            "error[no-unsubscribe]: there is no way for readers to leave",
            "`base_url`, `unsubscribe_address` or both",
            "error[no-postal-address]: the publisher's postal address is missing",
        ] {
            assert!(refused.err.contains(words), "{line}: {}", refused.err);
        }
    }
    assert_eq!(witness.connections(), 0);
    // Nobody on the list would get what is only looked at.
    for line in ["build october.md", "test october.md --to a@example.com"] {
        let done = run(&project, line).await;
        assert_eq!(done.exit, Some(0), "{line}: {}", done.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_theme_that_hides_the_link_or_the_address_from_anybody_is_refused() {
    let witness = Witness::serve(Manners::default()).await;
    let footer = include_str!("../../templates/base/footer.mjml");
    let link = "<a href=\"[[ unsubscribe_url ]]\">[[ words.unsubscribe ]]</a>";
    let address = "<p dir=\"auto\">[[ newsletter.postal_address ]]</p>";
    assert!(footer.contains(link) && footer.contains(address));
    let hidden = format!("{{% if subscriber.name %}}{link}{{% endif %}}");
    let no_link = "the HTML part does not show everybody the link to leave by";
    for (theirs, told) in [
        (footer.replace(link, ""), no_link),
        (footer.replace(link, &hidden), no_link),
        (footer.replace(link, "[[ unsubscribe_url ]]"), no_link),
        (footer.replace(address, ""), "the HTML part does not show the postal address"),
    ] {
        let project = project(witness.addr, 3).with("templates/clean/footer.mjml", &theirs);
        let refused = run(&project, "plan october.md --list list.csv").await;
        assert_eq!(refused.exit, Some(65), "{}", refused.err);
        assert!(refused.err.contains(told), "{told}: {}", refused.err);
        assert_eq!(run(&project, "build october.md").await.exit, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mail_carries_its_readers_own_link_in_the_header_and_in_both_parts() {
    let keeper = Keeper::start().await;
    for (lang, word) in
        [("en", "Unsubscribe"), ("de", "Abmelden"), ("fr", "Se d\u{e9}sabonner"), ("es", "Darse de baja")]
    {
        let project = project(keeper.inbox.smtp_addr(), 3)
            .with("october.md", &format!("+++\nlang = \"{lang}\"\n+++\n\n{LETTER}"));
        let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
        assert_eq!(sent.exit, Some(0), "{}", sent.err);
        let tokens = tokens(&project);
        let mails = keeper.mails();
        assert_eq!(mails.len(), 3);
        for bytes in mails {
            let mail = read(&bytes);
            let to = mail.to().unwrap().first().unwrap().address().unwrap().to_owned();
            let token = mailed_token(&mail);
            assert!(matches!(tokens.read(&token), Some(Claim::Leave(address)) if address.to_string() == to));
            let link = format!("mailto:leave@example.com?subject=unsubscribe%20{token}");
            assert_eq!(mail.header_raw("List-Unsubscribe").unwrap().trim(), format!("<{link}>"));
            let html = mail.body_html(0).unwrap();
            let end = html.find(&format!("{word}</a>")).unwrap_or_else(|| panic!("{word}: {html}"));
            assert!(html[..end].rsplit_once("<a ").unwrap().1.contains(&format!("href=\"{link}\"")));
            let text = mail.body_text(0).unwrap();
            assert!(text.contains(&format!("{word}:\r\n{link}\r\n")), "{text}");
            for part in [html.replace("&nbsp;", " "), text.into_owned()] {
                assert!(part.contains("1 Type Street, 1000 Exampletown"), "{part}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tested_or_rehearsed_has_links_that_do_nothing_to_anybody() {
    let keeper = Keeper::start().await;
    let project = project(keeper.inbox.smtp_addr(), 2);
    run(&project, "test october.md --to reader0@example.com").await;
    let mut mails = keeper.mails();
    let rehearsed = run(&project, "send october.md --list list.csv --rehearse --json").await;
    let report: serde_json::Value = serde_json::from_str(&rehearsed.out).unwrap();
    mails.extend(taken(Path::new(report["maildir"].as_str().unwrap())));
    assert_eq!(mails.len(), 3);
    let tokens = tokens(&project);
    for bytes in mails {
        let token = mailed_token(&read(&bytes));
        assert!(matches!(tokens.read(&token), Some(Claim::Test(_))), "{token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_may_put_the_link_where_they_like_and_is_told_when_there_is_none() {
    let keeper = Keeper::start().await;
    let letter = "# Leave\n\n[Go]({{ subscriber.unsubscribe_url }}), reader.\n";
    let project = project(keeper.inbox.smtp_addr(), 1).with("october.md", letter);
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}", sent.err);
    let mails = keeper.mails();
    let html = read(&mails[0]).body_html(0).unwrap().into_owned();
    assert_eq!(html.matches("href=\"mailto:leave@example.com?subject=unsubscribe%20").count(), 2, "{html}");
    let project = without(project, &["unsubscribe_address"]);
    let refused = run(&project, "build october.md").await;
    assert_eq!(refused.exit, Some(78), "{}", refused.err);
    assert!(
        refused.err.contains("october.md:3:") && refused.err.contains("no way for readers"),
        "{}",
        refused.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_everything_at_once_and_asks_nobody() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    let sound = run(&project, "check october.md --list list.csv").await;
    assert_eq!(sound.exit, Some(0), "{}", sound.err);
    assert_eq!(
        sound.out,
        "2 warnings; there is no error in `october.md`, nor in the copies for 3 on `list`\n"
    );
    // By mail alone nobody leaves by one click.
    assert!(
        sound
            .err
            .contains("warning[no-one-click]: mailbox providers cannot unsubscribe readers by one click"),
        "{}",
        sound.err
    );
    assert!(sound.err.contains("5,000 a day (RFC 8058)"), "{}", sound.err);
    let lacking = without(project, &["unsubscribe_address", "postal_address"])
        .with("list.csv", "email,name\na@example.com,\nb@example.com,B\n")
        .with("october.md", "# Letter\n\nDear {{ subscriber.name }}, it rains.\n");
    let told = run(&lacking, "check october.md --list list.csv --json").await;
    assert_eq!(told.exit, Some(78), "{}", told.err);
    let report: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    let problems = report["problems"].as_array().unwrap().iter();
    let errors = problems.filter(|one| one["severity"] == "error");
    let messages: Vec<&str> = errors.map(|one| one["message"].as_str().unwrap()).collect();
    assert_eq!(
        messages,
        [
            "there is no way for readers to leave",
            "the publisher's postal address is missing",
            "a@example.com has no value for `subscriber.name`",
        ]
    );
    assert_eq!(witness.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_on_this_machine_is_for_trials_and_a_header_is_worth_its_signature() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    let text = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    let project = project.with("newsletter.toml", &format!("base_url = \"http://127.0.0.1:9/\"\n{text}"));
    let told = run(&project, "check october.md").await;
    assert_eq!(told.exit, Some(0), "{}", told.err);
    assert!(told.err.contains("`base_url` leads readers to their own machine"), "{}", told.err);
    assert!(told.err.contains("by one click is not signed here"), "{}", told.err);
    // A domain that is nobody's, and not one of those that are there for trials.
    let project = project.with("list.csv", "email,name\na@example.com,A\nb@news.invalid,B\n");
    let refused = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(refused.exit, Some(4), "{}", refused.err);
    assert!(
        refused.err.contains("`http://127.0.0.1:9/`, where readers leave, leads them to their own machine"),
        "{}",
        refused.err
    );
    assert_eq!(witness.connections(), 0);
}
