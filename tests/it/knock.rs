//! What is tried of the way out before a mail promises it, and what each wrong answer is
//! called.

use std::future::Future;
use std::net::SocketAddr;

use jiff::Timestamp;
use letterpress::audience::Claim;
use letterpress::knock::{KnockError, one_click};
use letterpress::message::BaseUrl;
use letterpress::problem::{Condition, Problem};
use letterpress::store::{Durability, Store, Wish};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::campaign::{project, run};
use crate::support::witness::{Manners, Witness};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

fn noon() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

/// A state with nothing in it.
fn state() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().join("state"), "letters", [7; 32], Durability::Process, noon());
    (folder, store.unwrap())
}

/// A page for readers, which answers each request as `answer` says, given its method and
/// its path.
async fn page(answer: impl Fn(&str, &str) -> String + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let read = stream.read(&mut request).await.unwrap();
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            let mut words = text.split(' ');
            let (method, path) = (words.next().unwrap(), words.next().unwrap_or_default());
            // Whoever hangs up early is no concern of the page's.
            let _ = stream.write_all(answer(method, path).as_bytes()).await;
        }
    });
    addr
}

/// As the real page does with the methods in `hears`.
fn heard_by(store: &Store, hears: &'static [&str]) -> impl Fn(&str, &str) -> String + Clone + use<> {
    let store = store.clone();
    move |method, path| {
        let token = path.rsplit('/').next().unwrap();
        let Some(Claim::Test(nonce)) = store.tokens("letters").unwrap().read(token) else {
            return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned();
        };
        if hears.contains(&method) {
            store.grant(&[Wish::Knock(nonce)], noon()).unwrap();
        }
        OK.to_owned()
    }
}

async fn knock(addr: SocketAddr, store: &Store) -> Result<(), Problem> {
    let store = store.clone();
    let knocked = tokio::task::spawn_blocking(move || {
        let base = BaseUrl::parse(&format!("http://{addr}/news")).unwrap();
        one_click(&base, &store.tokens("letters").unwrap(), &store, [3; 16], noon())
    });
    let knocked = knocked.await.unwrap();
    if let Err(problem) = &knocked {
        let told = format!("{}{}{}", problem.message(), problem.hint().unwrap(), problem.notes().concat());
        assert!(!told.contains("/u/"), "no token is told: {told}");
    }
    knocked
}

async fn refusal(answering: impl Future<Output = SocketAddr>, store: &Store) -> KnockError {
    let problem = knock(answering.await, store).await.unwrap_err();
    problem.condition::<KnockError>().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_hears_a_post_and_not_a_get_is_believed_and_leaves_no_trace() {
    let (_folder, store) = state();
    let before = store.suppressions().unwrap();
    let addr = page(heard_by(&store, &["POST"])).await;
    knock(addr, &store).await.unwrap();
    assert!(!store.is_heard(&[3; 16]).unwrap());
    assert_eq!(store.suppressions().unwrap(), before);
    assert!(store.leavings().unwrap().is_empty());
    // The number may be expected once more.
    knock(addr, &store).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_unsubscribes_whoever_looks_at_it_is_refused() {
    let (_folder, store) = state();
    let refused = refusal(page(heard_by(&store, &["GET", "POST"])), &store).await;
    assert!(matches!(refused, KnockError::GetLeaves(_)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_answers_well_and_tells_nobody_is_refused() {
    let (_folder, store) = state();
    let refused = refusal(page(|_, _| OK.to_owned()), &store).await;
    assert!(matches!(refused, KnockError::Elsewhere(_)), "{refused:?}");
    // The same keys in another state: a copy that was left behind.
    let (_other, copy) = state();
    let refused = refusal(page(heard_by(&copy, &["POST"])), &store).await;
    assert!(matches!(refused, KnockError::Elsewhere(_)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_refused_and_told_without_the_token() {
    let (_folder, store) = state();
    for method in ["GET", "POST"] {
        let answer = heard_by(&store, &["POST"]);
        let redirecting = page(move |asked, path| {
            let to = format!(
                "HTTP/1.1 301 Moved\r\nLocation: https://www.example.com{path}\r\nContent-Length: 0\r\n\r\n"
            );
            if asked == method { to } else { answer(asked, path) }
        });
        let refused = refusal(redirecting, &store).await;
        let KnockError::Refused { method: told, status: 301, redirect: Some(to), .. } = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((told, to.as_str()), (method, "https://www.example.com/news"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_answer_is_told_with_its_status() {
    let (_folder, store) = state();
    for status in [400_u16, 403, 404, 405, 429, 500, 503] {
        let answer = heard_by(&store, &["POST"]);
        let refusing = page(move |method, path| match method {
            "POST" => format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            _ => answer(method, path),
        });
        let refused = refusal(refusing, &store).await;
        let KnockError::Refused { method: "POST", status: told, redirect: None, .. } = &refused else {
            panic!("{refused:?}")
        };
        assert_eq!(*told, status);
        let later = refused.class() == letterpress::problem::Class::Later;
        assert_eq!(later, status >= 500, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_where_nobody_answers_is_told() {
    let (_folder, store) = state();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = refusal(async move { gone }, &store).await;
    assert!(matches!(&refused, KnockError::NotReached { why, .. } if why.contains("refused")), "{refused:?}");
    let hung_up = refusal(page(|_, _| String::new()), &store).await;
    assert!(matches!(hung_up, KnockError::NotReached { .. }), "{hung_up:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_the_way_out_leads_nowhere_and_everything_once_it_does() {
    let witness = Witness::serve(Manners::default()).await;
    let project = project(witness.addr, 3);
    let text = std::fs::read_to_string(project.path().join("newsletter.toml")).unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let newsletter = |addr| format!("base_url = \"http://{addr}/\"\n{text}");
    let project = project.with("newsletter.toml", &newsletter(gone));
    let refused = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(refused.exit, Some(75), "{}", refused.err);
    assert!(
        refused.err.contains("where readers leave, cannot be reached: connection refused"),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("letterpress serve"), "{}", refused.err);
    assert_eq!(witness.connections(), 0);
    assert!(run(&project, "campaign list").await.out.trim().is_empty());
    let store = Store::open(&project.path().join("state"), "letters", Durability::Process).unwrap();
    let addr = page(heard_by(&store, &["POST"])).await;
    let project = project.with("newsletter.toml", &newsletter(addr));
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}", sent.err);
    assert_eq!(witness.taken().len(), 3);
}
