//! Tokens that are none, and scanners that follow everything.

use std::collections::BTreeSet;

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

#[test]
fn a_scanner_that_follows_everything_by_get_and_head_changes_nothing() {
    let serving = Serving::start();
    let (store, tokens) = (serving.store(), serving.tokens());
    let now: jiff::Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
    // What a mail and its pages can lead to, also of somebody who has left.
    let granted = store.grant(
        &[letterpress::store::Wish::Leave {
            address: reader(2),
            by: letterpress::audience::LeftBy::OneClick,
        }],
        now,
    );
    assert_eq!(granted.unwrap().len(), 1);
    let mut ahead: Vec<String> = (0..3).map(|number| serving.link(number)).collect();
    ahead.push(format!("/r/{}", tokens.write(&Claim::Return { address: reader(2), left: now })));
    ahead.push(format!("/w/{}", tokens.write(&Claim::Say { address: reader(2), left: now })));
    ahead.push(format!("/u/{}", tokens.write(&Claim::Test([1; 16]))));
    let before = serving.book();
    let mut seen = BTreeSet::new();
    while let Some(path) = ahead.pop() {
        if !seen.insert(path.clone()) || seen.len() > 100 {
            continue;
        }
        for method in ["HEAD", "GET", "OPTIONS"] {
            let answer = serving.ask(method, &path);
            for (token, _) in answer.claims(&tokens) {
                ahead.extend(["u", "r", "w"].map(|place| format!("/{place}/{token}")));
            }
            for (_, rest) in
                answer.body.match_indices("href=\"").map(|(at, found)| (at, &answer.body[at + found.len()..]))
            {
                let link = rest.split('"').next().unwrap();
                if !link.contains(':') {
                    ahead.push(format!("/{}", link.trim_start_matches(['.', '/'])));
                }
            }
        }
    }
    assert!(seen.len() >= 6, "{seen:?}");
    assert_eq!(serving.book(), before);
    assert!(!serving.has_left(0) && !serving.has_left(1) && serving.has_left(2));
}
