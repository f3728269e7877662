//! Tokens that are none, and scanners that follow everything.

use std::collections::BTreeSet;

use letterpress::inbox::Inbox;
use mail_parser::MessageParser;

use super::meanwhile::Campaign;
use super::*;

#[test]
fn tokens_that_are_none_are_answered_by_the_same_bytes_and_change_nothing() {
    let serving = Serving::start();
    let tokens = serving.tokens();
    let now: jiff::Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
    let leave = tokens.write(&Claim::Leave(reader(1)));
    let back = tokens.write(&Claim::Return { address: reader(1), left: now });
    let say = tokens.write(&Claim::Say { address: reader(1), left: now });
    let test = tokens.write(&Claim::Test([1; 16]));
    let mut forged = leave.clone().into_bytes();
    forged[10] = if forged[10] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    let elsewhere = Tokens::new("another-letter", serving.store().key(), &[]);
    let stranger = Tokens::new(LIST, &[9; 32], &[]);
    let mut wrong: Vec<String> = ["u", "r", "w"]
        .into_iter()
        .flat_map(|place| {
            [
                forged.clone(),
                leave[..leave.len() - 1].to_owned(),
                leave[..20].to_owned(),
                format!("{leave}A"),
                format!("{leave}="),
                elsewhere.write(&Claim::Leave(reader(1))),
                stranger.write(&Claim::Leave(reader(1))),
                "x".to_owned(),
                "%00".to_owned(),
                "%ff%fe".to_owned(),
                "..%2f..%2fetc%2fpasswd".to_owned(),
                "a".repeat(1_500),
            ]
            .map(|token| format!("/{place}/{token}"))
        })
        .collect();
    // What was made for another purpose.
    for (place, others) in [("u", [&back, &say]), ("r", [&leave, &say]), ("w", [&leave, &back])] {
        wrong.extend(
            others
                .into_iter()
                .chain([&test].into_iter().filter(|_| place != "u"))
                .map(|token| format!("/{place}/{token}")),
        );
    }
    wrong.extend(["/", "/u/", "/u", "/nothing"].map(str::to_owned));
    let before = serving.book();
    let mut answers = BTreeSet::new();
    for path in &wrong {
        let mut methods = vec!["POST"];
        if !path.starts_with("/w/") {
            methods.push("GET");
        }
        for method in methods {
            let answer = serving.post(method, path, &[], b"");
            assert_eq!(answer.status, 404, "{method} {path}");
            answers.insert(format!("{answer:?}"));
        }
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(serving.book(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_follows_every_link_of_a_mail_by_get_and_head_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let anywhere = "127.0.0.1:0".parse().unwrap();
    let noon = || "2026-11-25T12:00:00Z".parse().unwrap();
    let inbox = Inbox::start(folder.path(), anywhere, noon, stopped).await.unwrap();
    let serving = Serving::start();
    let campaign = Campaign::to(serving.store(), &[reader(1).to_string()]);
    campaign.run(inbox.smtp_addr(), 1).await;
    let mail = std::fs::read_dir(folder.path().join("new")).unwrap().next().unwrap().unwrap();
    let mail = std::fs::read(mail.path()).unwrap();
    let mail = MessageParser::default().parse(&mail).unwrap();
    let header = mail.header_raw("List-Unsubscribe").unwrap();
    let texts = [header.to_owned(), mail.body_html(0).unwrap().into(), mail.body_text(0).unwrap().into()];
    let links: Vec<String> = texts.iter().flat_map(|text| addresses(text)).collect();
    // The header and both parts lead there.
    assert!(links.len() >= 3 && links.iter().all(|link| link.starts_with("/news/u/")), "{links:?}");
    tokio::task::spawn_blocking(move || follow(&serving, links)).await.unwrap();
}

/// The paths of our own addresses in a text.
fn addresses(text: &str) -> Vec<String> {
    let parts = text.split("https://example.com").skip(1);
    parts.map(|rest| rest.split(['>', '"', '<', ' ', '\r', '\n']).next().unwrap().to_owned()).collect()
}

/// Asks for all of them, and for whatever a page leads to or posts to, but never posts.
fn follow(serving: &Serving, mut ahead: Vec<String>) {
    let tokens = serving.tokens();
    let before = serving.book();
    let now: jiff::Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
    // The pages of somebody who has left lead further.
    for claim in [
        Claim::Return { address: reader(1), left: now },
        Claim::Say { address: reader(1), left: now },
        Claim::Test([1; 16]),
    ] {
        ahead.extend(["u", "r", "w"].map(|place| format!("/news/{place}/{}", tokens.write(&claim))));
    }
    let mut seen = BTreeSet::new();
    while let Some(path) = ahead.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        assert!(seen.len() < 100, "{seen:?}");
        for method in ["HEAD", "GET", "OPTIONS"] {
            let answer = serving.ask(method, &path);
            for attribute in ["href=\"", "action=\"", "src=\""] {
                let found = answer.body.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap());
                let own = found.filter(|link| !link.contains(':'));
                ahead.extend(own.map(|link| format!("/news/{}", link.trim_start_matches(['.', '/']))));
            }
        }
    }
    assert!(seen.len() >= 10, "{seen:?}");
    assert_eq!(serving.book(), before);
    assert!(!serving.has_left(1));
}
