//! Slow, huge and broken requests, strangers, trouble, and how it ends.

use std::time::Instant;

use letterpress::public::{self, Limits, Pages, Publisher, Served, Sockets};

use super::*;
use crate::support::browser::Site;

fn noon() -> jiff::Timestamp {
    "2026-10-01T12:00:00Z".parse().unwrap()
}

/// The server alone, with limits that a test can wait for.
struct Short {
    site: Site,
    store: Store,
    _folder: tempfile::TempDir,
}

impl Short {
    fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path(), LIST, [7; 32], Durability::Process, noon()).unwrap();
        let kept = store.clone();
        let site = Site::start(async move |readers, stopped| {
            let health = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let served = Served {
                pages: Pages::new(Publisher::default()),
                list: LIST.to_owned(),
                path: "/".to_owned(),
                is_encrypted: true,
                trusted: vec!["127.0.0.1/32".parse().unwrap()],
                limits,
            };
            let (told, _) = tokio::sync::mpsc::channel(1);
            public::serve(Sockets { readers, health }, served, kept, noon, told, stopped).await.unwrap();
        });
        Self { site, store, _folder: folder }
    }

    fn link(&self, number: usize) -> String {
        format!("/u/{}", self.store.tokens(LIST).unwrap().write(&Claim::Leave(reader(number))))
    }

    fn has_left(&self, number: usize) -> bool {
        self.store.suppression_of(&reader(number)).unwrap().is_some()
    }
}

/// A second is long here.
const BRIEF: Duration = Duration::from_millis(300);

#[test]
fn a_head_that_never_ends_is_cut_off_however_it_drips() {
    let limits = Limits { head: BRIEF, ..Limits::default() };
    let short = Short::with(limits);
    let link = short.link(1);
    let slow = |before: bool| {
        let mut call = Call::to(short.site.addr);
        if before {
            call.ask("GET", &link, &[], b"");
            assert_eq!(call.answer("GET").status, 200);
        }
        let begin = Instant::now();
        let stream = call.stream.get_ref().try_clone().unwrap();
        let drip = std::thread::spawn(move || {
            let mut stream = stream;
            // One byte after the other, for as long as somebody listens.
            while stream.write_all(b"G").is_ok() && begin.elapsed() < LONG {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        assert!(call.is_over());
        assert!(begin.elapsed() >= BRIEF && begin.elapsed() < LONG / 2, "{:?}", begin.elapsed());
        drop(call);
        drip.join().unwrap();
    };
    slow(false);
    slow(true);
    assert!(!short.has_left(1));
}

#[test]
fn a_body_that_never_ends_is_not_waited_for_and_whoever_sent_it_has_left() {
    let short = Short::with(Limits { body: BRIEF, ..Limits::default() });
    let mut call = Call::to(short.site.addr);
    let begin = Instant::now();
    call.send(
        format!("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\nList-Uns", short.link(1))
            .as_bytes(),
    );
    assert_eq!(call.answer("POST").status, 200);
    assert!(begin.elapsed() >= BRIEF);
    assert!(short.has_left(1));
    // One with no length, and with more of it than is read.
    let mut call = Call::to(short.site.addr);
    let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
    let head = format!("POST {} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", short.link(2));
    call.send(format!("{head}{chunk}").as_bytes());
    assert_eq!(call.answer("POST").status, 200);
    assert!(short.has_left(2));
}

#[test]
fn whoever_asks_nothing_more_is_let_go() {
    let short = Short::with(Limits { idle: BRIEF, ..Limits::default() });
    let mut call = Call::to(short.site.addr);
    call.ask("GET", &short.link(1), &[], b"");
    assert_eq!(call.answer("GET").status, 200);
    let begin = Instant::now();
    assert!(call.is_over());
    assert!(begin.elapsed() >= BRIEF / 2, "{:?}", begin.elapsed());
}

#[test]
fn more_connections_than_it_takes_wait_for_their_turn() {
    let short = Short::with(Limits { connections: 3, ..Limits::default() });
    let link = short.link(1);
    let mut inside: Vec<Call> = (0..3).map(|_| Call::to(short.site.addr)).collect();
    for call in &mut inside {
        call.ask("GET", &link, &[], b"");
        assert_eq!(call.answer("GET").status, 200);
    }
    let mut next = Call::to(short.site.addr);
    next.ask("GET", &link, &[], b"");
    next.stream.get_ref().set_read_timeout(Some(BRIEF)).unwrap();
    assert!(next.try_answer("GET").is_none(), "it waits outside");
    next.stream.get_ref().set_read_timeout(Some(LONG)).unwrap();
    drop(inside.pop());
    assert_eq!(next.answer("GET").status, 200);
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let serving = Serving::start();
    let long = "x".repeat(20_000);
    let answer = serving.post("GET", &serving.link(1), &[("X-Long", &long)], b"");
    assert_eq!(answer.status, 431);
    assert_eq!(serving.ask("GET", &serving.link(1)).status, 200);
}

#[test]
fn whoever_hangs_up_after_asking_to_leave_has_left() {
    let mut serving = Serving::start();
    let mut call = Call::to(serving.readers);
    call.send(
        format!("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n\r\nList-", serving.link(1)).as_bytes(),
    );
    drop(call);
    assert!(serving.line().contains("left by one-click"));
    assert!(serving.has_left(1));
}

#[test]
fn a_request_in_hand_is_finished_before_it_ends() {
    let serving = Serving::start();
    let mut call = Call::to(serving.readers);
    call.send(
        format!("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n\r\nList-", serving.link(1)).as_bytes(),
    );
    // Another one is answered: so this one has come in.
    assert_eq!(serving.ask("GET", &serving.link(2)).status, 200);
    serving.signal("TERM");
    serving.is_closed();
    call.send(b"Unsubscribe=One-Click");
    assert_eq!(call.answer("POST").status, 200);
    assert!(call.is_over());
    assert!(serving.has_left(1));
    assert_eq!(serving.ended().0, Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let serving = Serving::start();
    let mut call = Call::to(serving.readers);
    call.send(
        format!("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n\r\n", serving.link(1)).as_bytes(),
    );
    assert_eq!(serving.ask("GET", &serving.link(2)).status, 200);
    serving.signal("INT");
    serving.is_closed();
    serving.signal("INT");
    assert_eq!(serving.ended().0, Some(130));
}

#[test]
fn nobody_but_the_proxy_is_answered_whatever_they_say_of_themselves() {
    let serving = Serving::with("trusted_proxies = [\"192.0.2.0/24\"]\n");
    let link = serving.link(1);
    for headers in [&[][..], &[("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")]] {
        for method in ["GET", "POST"] {
            let answer = serving.post(method, &link, headers, b"");
            assert_eq!(answer.status, 403);
            assert!(answer.body.contains("add \"127.0.0.1\" to `trusted_proxies`"), "{}", answer.body);
        }
    }
    assert!(!serving.has_left(1));
    let mut call = Call::to(serving.health);
    call.ask("GET", "/healthz", &[], b"");
    assert_eq!(call.answer("GET").status, 200);
}

#[test]
fn it_answers_and_ends_also_when_nobody_reads_what_it_tells() {
    let sandbox = Sandbox::new().with("newsletter.toml", &newsletter(""));
    assert_eq!(sandbox.run("state new").exit, Some(0));
    let (out, to) = std::io::pipe().unwrap();
    let mut filled = to.try_clone().unwrap();
    // More than a pipe holds: the rest waits for somebody who reads.
    let filling = std::thread::spawn(move || filled.write_all(&vec![b'\n'; 1 << 20]));
    let serving = Serving::printing(sandbox, out, to);
    for number in 0..10 {
        assert_eq!(serving.one_click(&serving.link(number)).status, 200);
    }
    assert!(!filling.is_finished());
    serving.signal("TERM");
    // It has ended before anything is read.
    assert_eq!(serving.ended().0, Some(0));
    filling.join().unwrap().unwrap();
}

fn health(serving: &Serving, path: &str) -> Answer {
    let mut call = Call::to(serving.health);
    call.ask("GET", path, &[], b"");
    call.answer("GET")
}

fn database(serving: &Serving) -> rusqlite::Connection {
    rusqlite::Connection::open(serving.sandbox.path().join("state/state.db")).unwrap()
}

#[test]
fn health_is_told_at_its_own_address_and_nothing_else_is() {
    let serving = Serving::start();
    let well = health(&serving, "/healthz");
    assert_eq!((well.status, well.body.as_str()), (200, "ok\n"));
    assert_eq!(health(&serving, &serving.link(1)).status, 404);
    assert_eq!(serving.ask("GET", "/healthz").status, 404);
}

#[test]
fn a_state_that_is_locked_is_told_and_whoever_asks_meanwhile_leaves_when_it_is_free() {
    let serving = Serving::start();
    let holder = database(&serving);
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut call = Call::to(serving.readers);
    call.ask("POST", &serving.link(1), &[], b"List-Unsubscribe=One-Click");
    let ill = health(&serving, "/healthz");
    assert_eq!(ill.status, 503);
    assert!(ill.body.contains("could not be written within 2 seconds"), "{}", ill.body);
    // To look at a page needs no lock.
    assert_eq!(serving.ask("GET", &serving.link(1)).status, 200);
    holder.execute_batch("COMMIT").unwrap();
    assert_eq!(call.answer("POST").status, 200);
    assert!(serving.has_left(1));
    assert_eq!(health(&serving, "/healthz").status, 200);
}

#[test]
fn what_cannot_be_kept_is_not_promised() {
    let serving = Serving::start();
    let link = serving.link(1);
    database(&serving).execute_batch("ALTER TABLE leaving RENAME TO gone").unwrap();
    let answer = serving.one_click(&link);
    assert_eq!((answer.status, answer.headers["retry-after"].as_str()), (503, "30"));
    assert!(!serving.has_left(1));
    database(&serving).execute_batch("ALTER TABLE gone RENAME TO leaving").unwrap();
    assert_eq!(serving.one_click(&link).status, 200);
    serving.signal("TERM");
    let (exit, _, said) = serving.ended();
    assert_eq!(exit, Some(0));
    assert!(said.contains("a reader was told to try again") && said.contains("error: "), "{said}");
    assert!(!said.contains("reader1") && !said.contains(&link[3..]), "{said}");
}

#[cfg(unix)]
#[test]
fn nothing_is_promised_in_a_state_that_was_moved_away_or_replaced() {
    let serving = Serving::start();
    let link = serving.link(1);
    let [state, away, backup] = ["state", "away", "backup.db"].map(|name| serving.sandbox.path().join(name));
    assert_eq!(serving.sandbox.run("state backup backup.db").exit, Some(0));
    assert!(backup.exists());
    assert_eq!(serving.one_click(&serving.link(2)).status, 200);
    let is_refused = || {
        let answer = serving.one_click(&link);
        assert_eq!((answer.status, answer.headers["retry-after"].as_str()), (503, "30"));
        let ill = health(&serving, "/healthz");
        assert_eq!(ill.status, 503);
        assert!(ill.body.contains("another state is in its place"), "{}", ill.body);
    };
    std::fs::rename(&state, &away).unwrap();
    is_refused();
    assert_eq!(serving.sandbox.run("state restore backup.db").exit, Some(0));
    is_refused();
    assert!(!serving.has_left(1));
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::rename(&away, &state).unwrap();
    assert!(!serving.has_left(1) && serving.has_left(2));
    assert_eq!(health(&serving, "/healthz").status, 200);
    assert_eq!(serving.one_click(&link).status, 200);
}

#[test]
fn what_is_missing_is_told_before_anything_is_served() {
    let nothing = Sandbox::new().run("serve");
    assert_eq!(nothing.exit, Some(78));
    assert_eq!(nothing.err.matches("no newsletter.toml").count(), 1, "{}", nothing.err);
    let bare = Sandbox::new().with(
        "newsletter.toml",
        "id = \"a\"\nname = \"A\"\nfrom = \"a@example.com\"\nstate_dir = \"state\"\n",
    );
    let both = bare.run("serve");
    assert_eq!(both.exit, Some(78));
    assert!(
        both.err.contains("there is no `base_url`") && both.err.contains("there is no state"),
        "{}",
        both.err
    );
    let serving = Serving::start();
    let taken = newsletter("").replacen("127.0.0.1:0", &serving.readers.to_string(), 1);
    let other = Sandbox::new().with("newsletter.toml", &taken);
    assert_eq!(other.run("state new").exit, Some(0));
    let refused = other.run("serve");
    assert_eq!(refused.exit, Some(75), "{}", refused.err);
    assert!(refused.err.contains(&format!("cannot listen at {}", serving.readers)), "{}", refused.err);
    assert!(refused.err.contains("`listen` under `[serve]`"), "{}", refused.err);
}
