//! What each page answers, and what is changed by that.

use letterpress::audience::{Leaving, LeftBy, Motive, SuppressionReason};

use super::*;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// What is kept of the last thing a reader did.
fn last(serving: &Serving, number: usize) -> Leaving {
    serving.store().leavings_of(&reader(number)).unwrap().pop().unwrap()
}

#[test]
fn a_post_leaves_and_a_get_does_not() {
    let serving = Serving::start();
    let link = serving.link(1);
    let before = serving.book();
    for method in ["GET", "HEAD"] {
        assert_eq!(serving.ask(method, &link).status, 200);
    }
    assert_eq!(serving.book(), before);
    assert_eq!(serving.one_click(&link).status, 200);
    assert!(serving.has_left(1));
}

#[test]
fn it_is_served_under_the_path_of_its_address_too() {
    let serving = Serving::start();
    let link = format!("/news{}", serving.link(1));
    assert_eq!(serving.ask("GET", &link).status, 200);
    assert_eq!(serving.one_click(&link).status, 200);
    assert!(serving.has_left(1));
    for path in ["/robots.txt", "/news/robots.txt"] {
        assert_eq!(serving.ask("GET", path).body, "User-agent: *\nDisallow: /\n");
    }
}

#[test]
fn whoever_left_comes_back_by_the_page_and_leaves_again() {
    let serving = Serving::start();
    let tokens = serving.tokens();
    let left = serving.post("POST", &serving.link(1), &[FORM], b"from=page");
    assert_eq!(last(&serving, 1).by, Some(LeftBy::Page));
    let undo = left.undo(&tokens);
    // To look at it is not to do it.
    for method in ["GET", "HEAD"] {
        assert_eq!(serving.ask(method, &undo).status, 200);
        assert!(serving.has_left(1));
    }
    let back = serving.ask("POST", &undo);
    assert_eq!(back.status, 200);
    assert!(!serving.has_left(1));
    let again = back.claims(&tokens);
    assert_eq!(again.len(), 1, "{}", back.body);
    assert_eq!(again[0].1, Claim::Leave(reader(1)));
    // The old link undoes the old leaving alone.
    assert_eq!(serving.one_click(&format!("/u/{}", again[0].0)).status, 200);
    let late = serving.ask("POST", &undo);
    assert_eq!((late.status, late.claims(&tokens).len()), (200, 0));
    assert!(serving.has_left(1));
}

#[test]
fn whoever_left_says_why_and_the_last_word_counts() {
    let serving = Serving::start();
    let tokens = serving.tokens();
    let left = serving.one_click(&serving.link(1));
    let say = left.say(&tokens);
    assert_eq!(serving.ask("GET", &say).status, 405);
    let thanks = serving.post("POST", &say, &[FORM], b"why=too-often&words=Every+%F0%9F%93%AC%0D%0Ahour%1B");
    assert_eq!(thanks.status, 200);
    assert_eq!(thanks.undo(&tokens), left.undo(&tokens));
    let told = last(&serving, 1);
    assert_eq!((told.motive, told.words.as_deref()), (Some(Motive::TooOften), Some("Every 📬  hour")));
    let long = format!("why=never-asked&words={}", "%C3%A9".repeat(900));
    assert_eq!(serving.post("POST", &say, &[FORM], long.as_bytes()).status, 200);
    let told = last(&serving, 1);
    assert_eq!((told.motive, told.words), (Some(Motive::NeverAsked), Some("é".repeat(500))));
}

#[test]
fn everybody_is_answered_alike_whatever_they_were_and_however_often_they_ask() {
    let serving = Serving::start();
    let (store, tokens) = (serving.store(), serving.tokens());
    let reasons = [
        SuppressionReason::Bounced,
        SuppressionReason::Complained,
        SuppressionReason::Manual,
        SuppressionReason::Unsubscribed,
    ];
    let now: jiff::Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
    for (number, reason) in (1..).zip(reasons) {
        store.suppress(&reader(number), reason, None, now).unwrap();
    }
    let plain = |number: usize| {
        let mut answer = serving.one_click(&serving.link(number));
        for (token, _) in answer.claims(&tokens) {
            answer.body = answer.body.replace(&token, "TOKEN");
        }
        // The page shows an address in part.
        answer.body = answer.body.replace(&format!("{number}@example.com"), "N@example.com");
        // It goes by the length of address and tokens.
        answer.headers.remove("content-length");
        answer
    };
    let somebody = plain(0);
    assert_eq!(somebody.status, 200);
    for number in 0..=reasons.len() {
        for _ in 0..3 {
            assert_eq!(plain(number), somebody, "{number}");
        }
    }
    assert_eq!(store.leavings().unwrap().iter().filter(|one| one.address == reader(0)).count(), 1);
}

#[test]
fn every_answer_tells_a_browser_and_its_makers_to_keep_it_to_themselves() {
    let serving = Serving::start();
    let link = serving.link(1);
    let answers = [
        serving.ask("GET", &link),
        serving.ask("HEAD", &link),
        serving.one_click(&link),
        serving.ask("GET", "/u/made-up"),
        serving.ask("GET", "/"),
        serving.ask("DELETE", &link),
        serving.ask("GET", "/robots.txt"),
        serving.ask("GET", &format!("/u/{}", "a".repeat(3_000))),
    ];
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 404, 404, 405, 200, 414]);
    for answer in &answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-robots-tag", "noindex, nofollow"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.headers.get(name).map(String::as_str), Some(value), "{name}: {answer:?}");
        }
        assert!(answer.headers["content-security-policy"].contains("default-src 'none'"), "{answer:?}");
        assert!(answer.headers.contains_key("permissions-policy"), "{answer:?}");
        // The host has other pages than those under `/news/`.
        for name in
            ["strict-transport-security", "server", "set-cookie", "location", "access-control-allow-origin"]
        {
            assert_eq!(answer.headers.get(name), None, "{name}: {answer:?}");
        }
    }
    assert_eq!(answers[5].headers["allow"], "GET,HEAD,POST");
    // HEAD is GET without its body.
    assert_eq!(answers[1].headers, answers[0].headers);
    assert!(answers[1].body.is_empty() && !answers[0].body.is_empty());
}

#[test]
fn a_host_that_is_the_newsletters_alone_is_asked_for_over_tls_alone() {
    let config = newsletter("").replace("https://example.com/news/", "https://news.example.com/");
    let sandbox = Sandbox::new().with("newsletter.toml", &config);
    assert_eq!(sandbox.run("state new").exit, Some(0));
    let serving = Serving::of(sandbox);
    for path in [serving.link(1), "/u/made-up".to_owned()] {
        let answer = serving.ask("GET", &path);
        assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000", "{answer:?}");
    }
}

#[test]
fn without_tls_no_browser_is_told_to_insist_on_it() {
    let config = newsletter("").replace("https://example.com/news/", "http://127.0.0.1:8025/");
    let sandbox = Sandbox::new().with("newsletter.toml", &config);
    assert_eq!(sandbox.run("state new").exit, Some(0));
    let serving = Serving::of(sandbox);
    let answer = serving.one_click(&serving.link(1));
    assert_eq!((answer.status, answer.headers.get("strict-transport-security")), (200, None));
}

#[test]
fn many_requests_go_over_one_connection_also_without_waiting_for_the_answers() {
    let serving = Serving::start();
    let mut call = Call::to(serving.readers);
    for number in 0..5 {
        call.ask("POST", &serving.link(number), &[FORM], b"List-Unsubscribe=One-Click");
        assert_eq!(call.answer("POST").status, 200);
    }
    for number in 5..10 {
        call.ask("POST", &serving.link(number), &[FORM], b"List-Unsubscribe=One-Click");
        call.ask("HEAD", &serving.link(number), &[], b"");
    }
    for _ in 5..10 {
        assert_eq!(call.answer("POST").status, 200);
        assert_eq!(call.answer("HEAD").status, 200);
    }
    assert!((0..10).all(|number| serving.has_left(number)));
}

#[test]
fn neither_a_cookie_nor_another_origin_makes_a_difference() {
    let serving = Serving::start();
    let headers = [
        FORM,
        ("Cookie", "session=1"),
        ("Origin", "https://elsewhere.example.org"),
        ("Referer", "https://elsewhere.example.org/"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Authorization", "Basic eDp5"),
    ];
    let answer = serving.post("POST", &serving.link(1), &headers, b"List-Unsubscribe=One-Click");
    assert_eq!(answer.status, 200);
    assert!(serving.has_left(1));
}

#[test]
fn a_test_touches_nobody_and_is_heard_where_it_is_expected() {
    let serving = Serving::start();
    let (store, tokens) = (serving.store(), serving.tokens());
    let now: jiff::Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
    let (expected, other) = ([1; 16], [2; 16]);
    store.expect_knock(&expected, now).unwrap();
    let before = serving.book();
    for nonce in [expected, other] {
        let link = format!("/u/{}", tokens.write(&Claim::Test(nonce)));
        let shown = serving.ask("GET", &link);
        assert!(!store.is_heard(&nonce).unwrap());
        let pressed = serving.one_click(&link);
        assert_eq!((shown.status, pressed.status), (200, 200));
        assert_ne!(shown.body, pressed.body);
        assert_eq!(store.is_heard(&nonce).unwrap(), nonce == expected);
    }
    assert_eq!(serving.book(), before);
}

#[test]
fn links_of_older_keys_work_and_a_new_key_is_found_while_it_runs() {
    let serving = Serving::start();
    let store = serving.store();
    let old = serving.link(1);
    let now: jiff::Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
    store.renew_link_key([8; 32], now).unwrap();
    let new = serving.link(2);
    assert_eq!(serving.one_click(&new).status, 200);
    assert_eq!(serving.one_click(&old).status, 200);
    assert!(serving.has_left(1) && serving.has_left(2));
    // Also when the keys were read a moment before.
    for key in 9..14 {
        assert_eq!(serving.ask("GET", "/u/made-up").status, 404);
        store.renew_link_key([key; 32], now).unwrap();
        assert_eq!(serving.ask("GET", &serving.link(3)).status, 200);
    }
}

#[test]
fn it_tells_what_is_done_and_never_for_whom() {
    let mut serving = Serving::start();
    let tokens = serving.tokens();
    let link = serving.link(1);
    let left = serving.one_click(&link);
    serving.one_click(&link);
    let (say, undo) = (left.say(&tokens), left.undo(&tokens));
    serving.post("POST", &say, &[FORM], b"words=my+secret");
    serving.ask("POST", &undo);
    serving.ask("POST", &undo);
    serving.ask("POST", "/u/made-up");
    let test = tokens.write(&Claim::Test([1; 16]));
    serving.one_click(&format!("/u/{test}"));
    let lines: Vec<String> = (0..6).map(|_| serving.line()).collect();
    for (line, what) in lines.iter().zip([
        "left by one-click",
        "left again by one-click",
        "said why",
        "came back",
        "could not come back by an old link",
        "tested the way out",
    ]) {
        let (moment, rest) = line.split_once(" UTC ").unwrap();
        assert!(moment.parse::<jiff::civil::DateTime>().is_ok(), "{line}");
        let (told, took) = rest.split_once(", ").unwrap();
        assert_eq!(told, what);
        assert!(took.trim_end().strip_suffix(" ms").unwrap().parse::<u32>().is_ok(), "{line}");
    }
    serving.signal("TERM");
    let (exit, out, said) = serving.ended();
    assert_eq!((exit, out.as_str(), said.as_str()), (Some(0), "", ""));
}
