//! lettre as its guide has it used: its builder, its pool, its signer; only the form of
//! the signature is not its default, whose signatures do not verify.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

/// How the guide of lettre names what is signed; the fields our own signature covers
/// and lettre writes.
const SIGNED: [&str; 7] = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"];

/// Sends as many messages as it is told, or until the time is over.
///
/// `port=`, `connections=`, `messages=`, `seconds=`, `html=` and `text=` (files with
/// `{name}` where the reader's name goes), and where they are asked for `ca=` (TLS with
/// this authority) and `key=` (signed with this RSA key in PKCS#1).
pub(crate) fn send(settings: &[&str]) -> Result<(), Box<dyn Error>> {
    let settings: HashMap<&str, &str> = settings.iter().filter_map(|one| one.split_once('=')).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(go(&settings))
}

async fn go(settings: &HashMap<&str, &str>) -> Result<(), Box<dyn Error>> {
    let word = |key: &str| settings.get(key).copied().ok_or(format!("`{key}=` is missing"));
    let file = |key: &str| Ok::<_, Box<dyn Error>>(std::fs::read_to_string(word(key)?)?);
    let connections: u32 = word("connections")?.parse()?;
    let messages: u64 = word("messages")?.parse()?;
    let until = Instant::now() + Duration::from_secs_f64(word("seconds")?.parse()?);
    let tls = match settings.get("ca") {
        None => Tls::None,
        Some(path) => {
            let ca = Certificate::from_pem(&std::fs::read(path)?)?;
            let parameters = TlsParameters::builder("localhost".to_owned()).add_root_certificate(ca);
            Tls::Wrapper(parameters.build_rustls()?)
        }
    };
    let dkim = match settings.get("key") {
        None => None,
        Some(path) => {
            let pem = std::fs::read_to_string(path)?;
            let key = DkimSigningKey::new(&pem, DkimSigningAlgorithm::Rsa)?;
            let fields =
                SIGNED.iter().map(|name| lettre::message::header::HeaderName::new_from_ascii_str(name));
            let form = DkimCanonicalization {
                header: DkimCanonicalizationType::Relaxed,
                body: DkimCanonicalizationType::Relaxed,
            };
            let config = DkimConfig::new(
                "letterpress".to_owned(),
                "example.com".to_owned(),
                key,
                fields.collect(),
                form,
            );
            Some(config)
        }
    };
    let pool = PoolConfig::new().max_size(connections);
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("localhost")
        .port(word("port")?.parse()?)
        .tls(tls)
        .pool_config(pool)
        .build();
    let (html, text) = (file("html")?, file("text")?);
    let shared = Arc::new((transport, dkim, html, text, AtomicU64::new(0)));
    let mut senders = Vec::new();
    for _ in 0..connections {
        let shared = Arc::clone(&shared);
        senders.push(tokio::spawn(async move {
            let (transport, dkim, html, text, next) = &*shared;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= messages || Instant::now() >= until {
                    return Ok::<_, String>(());
                }
                let told = |error: &dyn Error| error.to_string();
                let name = format!("Reader {number}");
                let from: Mailbox = "Letters <news@example.com>".parse().map_err(|error| told(&error))?;
                let to: Mailbox =
                    format!("{name} <reader{number}@example.org>").parse().map_err(|error| told(&error))?;
                let parts = MultiPart::alternative_plain_html(
                    text.replace("{name}", &name),
                    html.replace("{name}", &name),
                );
                let mut message = Message::builder()
                    .from(from)
                    .to(to)
                    .subject(format!("The letter for {name}"))
                    .message_id(None)
                    .multipart(parts)
                    .map_err(|error| told(&error))?;
                if let Some(config) = dkim {
                    message.sign(config);
                }
                transport.send(message).await.map_err(|error| told(&error))?;
            }
        }));
    }
    for sender in senders {
        sender.await??;
    }
    Ok(())
}
