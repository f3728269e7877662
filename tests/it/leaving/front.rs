//! The whole way: a campaign, a TLS proxy, the pages.

use letterpress::audience::Claim;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use super::{LIST, Serving};
use crate::campaign::LETTER;
use crate::support::relay::Tls;
use crate::support::witness::{Manners, Witness};
use crate::support::{Run, Sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_goes_out_when_its_page_answers_through_tls_with_a_good_certificate() {
    let witness = Witness::serve(Manners::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let newsletter = format!(
        "id = \"{LIST}\"\nname = \"Letters\"\nfrom = \"Letters <news@example.com>\"\nstate_dir = \"state\"\n\
         base_url = \"https://localhost:{port}/news\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
         [relay]\nurl = \"smtp://{}\"\n[serve]\nlisten = \"127.0.0.1:0\"\nhealth = \"127.0.0.1:0\"\n",
        witness.addr
    );
    let sandbox = Sandbox::new()
        .with("newsletter.toml", &newsletter)
        .with("october.md", LETTER)
        .with("list.csv", "email,name\na@example.com,A\nb@example.com,B\n");
    assert_eq!(sandbox.run("state new").exit, Some(0));
    let serving = tokio::task::spawn_blocking(move || Serving::of(sandbox)).await.unwrap();
    let (pages, tls) = (serving.readers, Tls::for_name("localhost"));
    let trusted = serving.sandbox.path().join("trusted.pem");
    tls.write(&trusted);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                let Some(mut outside) = tls.accept(stream).await else { return };
                let mut inside = TcpStream::connect(pages).await.unwrap();
                // How the two hang up is theirs.
                let _ = copy_bidirectional(&mut outside, &mut inside).await;
            });
        }
    });
    let send = |trusted: &str| {
        let line = "send october.md --list list.csv --yes --allow untested";
        let mut command =
            serving.sandbox.command(serving.sandbox.path(), line, &[("SSL_CERT_FILE", trusted)]);
        tokio::task::spawn_blocking(move || Run::from(command.output().unwrap()))
    };
    // Signed by itself: no mailbox provider would go on.
    let other = serving.sandbox.path().join("other.pem");
    Tls::for_name("localhost").write(&other);
    let refused = send(other.to_str().unwrap()).await.unwrap();
    assert_eq!(refused.exit, Some(4), "{}", refused.err);
    assert!(refused.err.contains("where readers leave, is not trusted: "), "{}", refused.err);
    assert!(refused.err.to_lowercase().contains("certificate"), "{}", refused.err);
    assert_eq!(witness.connections(), 0);
    let done = send(trusted.to_str().unwrap()).await.unwrap();
    assert_eq!(done.exit, Some(0), "{}", done.err);
    assert_eq!(witness.taken().len(), 2);
    // Nobody has left by that, and whoever leaves through the page gets no more.
    assert!(serving.store().suppressions().unwrap().is_empty());
    let address = letterpress::audience::EmailAddress::parse("a@example.com").unwrap();
    let link = format!("/news/u/{}", serving.tokens().write(&Claim::Leave(address)));
    assert_eq!(serving.one_click(&link).status, 200);
    let again = send(trusted.to_str().unwrap()).await.unwrap();
    assert!(again.err.contains("excluded   1 person: 1 unsubscribed"), "{}{}", again.out, again.err);
}
