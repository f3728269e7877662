//! What stands between us and an encrypted connection: nobody gets a mail in clear, and
//! everybody waits for a better day.

use std::net::SocketAddr;

use super::*;
use crate::support::relay::Tls;
use crate::support::unruly::{Fault, Step};
use crate::support::{Run, Sandbox};

/// What a whole run of the real program comes to.
struct Refused {
    exit: Option<i32>,
    told: String,
    server: Unruly,
}

/// Sends a campaign by the real program to a relay that is called `localhost`, trusts
/// `trusted` and insists on TLS; nothing of it may leave, and all of it goes on waiting.
async fn refused(nature: Nature, trusted: Option<&Tls>) -> Refused {
    let server = Unruly::serve(nature).await;
    let project = project(server.addr, trusted);
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    let shown = run(&project, "campaign show october --json").await;
    let campaign: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(campaign["outcomes"]["pending"], PEOPLE, "{campaign}");
    assert_eq!(server.dots(), BTreeMap::new());
    // Neither the login nor an address was said in clear.
    assert_eq!(server.commands("AUTH"), [""; 0]);
    assert_eq!(server.commands("MAIL"), [""; 0]);
    assert!(!format!("{}{}", sent.out, sent.err).contains("geheim"));
    Refused { exit: sent.exit, told: sent.err, server }
}

fn project(addr: SocketAddr, trusted: Option<&Tls>) -> Sandbox {
    let ca_file = trusted.map_or("", |_| "ca_file = \"ca.pem\"\n");
    let newsletter = format!(
        "id = \"letters\"\nname = \"Letters\"\nfrom = \"Letters <news@example.com>\"\n\
         unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
         state_dir = \"state\"\n\
         [relay]\nurl = \"smtp://news@localhost:{}?tls=starttls\"\n\
         password = {{ command = [\"echo\", \"geheim\"] }}\n{ca_file}",
        addr.port()
    );
    let project = Sandbox::new()
        .with("newsletter.toml", &newsletter)
        .with("october.md", "# October\n\nDear reader, it rains.\n")
        .with("list.csv", &list());
    if let Some(tls) = trusted {
        tls.write(&project.path().join("ca.pem"));
    }
    assert_eq!(project.run("state new").exit, Some(0));
    project
}

async fn run(project: &Sandbox, line: &str) -> Run {
    let mut command = project.command(project.path(), line, &[]);
    Run::from(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
}

fn polite() -> Nature {
    Nature::new(|_| None).offers("AUTH PLAIN")
}

#[tokio::test(flavor = "multi_thread")]
async fn over_starttls_and_with_a_login_everybody_is_reached() {
    let tls = Tls::for_name("localhost");
    let server = Unruly::serve(polite().starttls(&tls)).await;
    let project = project(server.addr, Some(&tls));
    let sent = run(&project, "send october.md --list list.csv --yes --allow untested").await;
    assert_eq!(sent.exit, Some(0), "{}{}", sent.out, sent.err);
    assert_eq!(server.dots().len(), PEOPLE);
    assert_eq!(server.commands("AUTH").len(), server.connections());
    assert_eq!(server.commands("EHLO").len(), 2 * server.connections());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stripped_starttls_ends_the_run_before_anything_is_said() {
    let tls = Tls::for_name("localhost");
    let refused = refused(polite().starttls(&tls).stripped(), Some(&tls)).await;
    assert_eq!(refused.exit, Some(69), "{}", refused.told);
    assert!(refused.told.contains("does not offer STARTTLS"), "{}", refused.told);
    assert!(refused.told.contains("somebody may be removing it"), "{}", refused.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn plaintext_behind_the_consent_to_tls_ends_the_run() {
    let tls = Tls::for_name("localhost");
    let nature = Nature::new(|moment| {
        (moment.step == Step::StartTls).then(|| Fault::says("220 2.0.0 go\r\n250 injected"))
    });
    let refused = refused(nature.offers("AUTH PLAIN").starttls(&tls), Some(&tls)).await;
    assert_eq!(refused.exit, Some(69), "{}", refused.told);
    assert!(refused.told.contains("more than its consent to STARTTLS"), "{}", refused.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_starttls_is_never_gone_around() {
    let tls = Tls::for_name("localhost");
    let nature = Nature::new(|moment| {
        (moment.step == Step::StartTls).then(|| Fault::says("454 4.7.0 TLS not available"))
    });
    let refused = refused(nature.offers("AUTH PLAIN").starttls(&tls), Some(&tls)).await;
    assert_ne!(refused.exit, Some(0), "{}", refused.told);
    assert!(refused.told.contains("454 4.7.0 TLS not available"), "{}", refused.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_not_believed() {
    let tls = Tls::expired("localhost");
    let refused = refused(polite().starttls(&tls), Some(&tls)).await;
    assert_eq!(refused.exit, Some(69), "{}", refused.told);
    assert!(refused.told.contains("its certificate has expired"), "{}", refused.told);
    assert!(refused.server.times(Step::StartTls) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_vouches_for_itself_is_not_believed() {
    let refused = refused(polite().starttls(&Tls::for_name("localhost")), None).await;
    assert_eq!(refused.exit, Some(69), "{}", refused.told);
    assert!(
        refused.told.contains("nobody this machine trusts vouches for its certificate"),
        "{}",
        refused.told
    );
    assert!(refused.told.contains("ca_file"), "{}", refused.told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_host_is_not_believed() {
    let tls = Tls::for_name("elsewhere.test");
    let refused = refused(polite().starttls(&tls), Some(&tls)).await;
    assert_eq!(refused.exit, Some(69), "{}", refused.told);
    assert!(refused.told.contains("its certificate is for another name"), "{}", refused.told);
}
