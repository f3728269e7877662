//! KNOCK: tries our own way out as mailbox providers use it (RFC 8058), before a mail
//! promises it to anybody.
//!
//! The test has a token of its own that means nobody, and a secret number that the store
//! expects: so a page that answers for another state, or a cache that answers for none,
//! is noticed, and so is a GET that would unsubscribe whoever is scanned for viruses.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_rustls::rustls::Error as TlsError;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Error as HttpError};

use crate::audience::{Claim, Tokens};
use crate::message::BaseUrl;
use crate::problem::{Class, Condition, Problem, said};
use crate::store::Store;

/// How long an answer may take; mailbox providers wait no longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The body of a request that unsubscribes (RFC 8058 §3.1).
const BODY: [(&str, &str); 1] = [("List-Unsubscribe", "One-Click")];

/// What is wrong with the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KnockError {
    /// Nobody answered.
    #[error("`{base}`, where readers leave, cannot be reached: {why}")]
    NotReached {
        /// The base of the pages.
        base: String,
        /// Why not, as a clause.
        why: String,
    },
    /// An answer that no provider takes for a yes.
    #[error("`{base}`, where readers leave, answered a {method} with {status}")]
    Refused {
        /// The base of the pages.
        base: String,
        /// `GET` or `POST`.
        method: &'static str,
        /// The status.
        status: u16,
        /// Whether it was a redirect, and where to, without the token.
        redirect: Option<String>,
    },
    /// A link scanner would unsubscribe everybody.
    #[error("a mere GET unsubscribes at `{0}`")]
    GetLeaves(String),
    /// Somebody answered who does not know this state.
    #[error("`{0}` answers, and what readers ask for there does not arrive in this state")]
    Elsewhere(String),
    /// Every reader would knock at their own machine.
    #[error("`{0}`, where readers leave, leads them to their own machine")]
    OnlyHere(String),
    /// A certificate that no provider would accept.
    #[error("`{base}`, where readers leave, is not trusted: {why}")]
    NotTrusted {
        /// The base of the pages.
        base: String,
        /// Why not, as a clause.
        why: String,
    },
}

impl Condition for KnockError {
    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::NotReached { .. } => {
                    "is `letterpress serve` running, does the TLS proxy of `base_url` pass requests on to it, and does \
                     this machine reach `base_url` itself?"
                }
                Self::Refused { redirect: Some(_), .. } => {
                    "name in `base_url` where it leads to: mailbox providers follow no redirect (RFC 8058 §3.1)"
                }
                Self::Refused { status: 403, .. } => {
                    "does `trusted_proxies` under `[serve]` name the proxy, and does nothing else refuse it?"
                }
                Self::Refused { .. } => {
                    "does the TLS proxy of `base_url` pass what is under it on to `letterpress serve`, POST too, and \
                     does that run with this newsletter.toml and this state?"
                }
                Self::GetLeaves(_) => "let GET and HEAD pass through unchanged: link scanners ask for every link",
                Self::Elsewhere(_) => {
                    "`letterpress serve` has to run with this newsletter.toml, on the machine and with the state \
                     that sends, and nothing may answer for it from a cache"
                }
                Self::OnlyHere(_) => {
                    "set `base_url` to an https address that readers can reach; for a trial, write to addresses at \
                     example.com or .test alone"
                }
                Self::NotTrusted { .. } => "give the TLS proxy of `base_url` a certificate that all the world trusts",
            }
            .to_owned(),
        )
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::Refused { redirect: Some(to), .. } if !to.is_empty() => vec![format!("it leads to {to}")],
            _ => Vec::new(),
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::NotReached { .. } => Class::Later,
            Self::Refused { status, .. } if *status >= 500 => Class::Later,
            _ => Class::Refused,
        }
    }
}

/// Proves that whoever posts to the address of a token of `tokens` under `base` leaves
/// the list that `store` keeps, and that whoever only gets it does not. Nobody's state is
/// changed. `nonce` is used once. Blocks for up to 40 seconds.
///
/// # Errors
///
/// Fails with the first thing that is wrong.
pub fn one_click(
    base: &BaseUrl,
    tokens: &Tokens,
    store: &Store,
    nonce: [u8; 16],
    now: Timestamp,
) -> Result<(), Problem> {
    let url = base.leave(&tokens.write(&Claim::Test(nonce)));
    store.expect_knock(&nonce, now).map_err(Problem::new)?;
    let proved = prove(base, &url, || store.is_heard(&nonce).map_err(Problem::new));
    // What is left of it is removed with the next one.
    let _ = store.forget_knock(&nonce);
    proved
}

fn prove(base: &BaseUrl, url: &str, is_heard: impl Fn() -> Result<bool, Problem>) -> Result<(), Problem> {
    let agent = agent();
    let refused = |error: HttpError| {
        let base = base.to_string();
        Problem::new(match untrusted(&error) {
            Some(why) => KnockError::NotTrusted { base, why },
            None => KnockError::NotReached { base, why: why(&error) },
        })
    };
    let got = agent.get(url).call().map_err(refused)?;
    answered(base, "GET", &got)?;
    if is_heard()? {
        return Err(Problem::new(KnockError::GetLeaves(base.to_string())));
    }
    let posted = agent.post(url).send_form(BODY).map_err(refused)?;
    answered(base, "POST", &posted)?;
    if !is_heard()? {
        return Err(Problem::new(KnockError::Elsewhere(base.to_string())));
    }
    Ok(())
}

/// As a mailbox provider asks: without cookies, following nothing, and without a proxy
/// of this machine's own.
fn agent() -> Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .user_agent(concat!("letterpress/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

fn answered<T>(
    base: &BaseUrl,
    method: &'static str,
    answer: &ureq::http::Response<T>,
) -> Result<(), Problem> {
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let redirect = status.is_redirection().then(|| {
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        // Of an address that ends in a token only the beginning is anybody's business.
        to.split_once("/u/").map_or(to, |(before, _)| before).to_owned()
    });
    let (base, status) = (base.to_string(), status.as_u16());
    Err(Problem::new(KnockError::Refused { base, method, status, redirect }))
}

/// Whether an https address leads to a port of plain text.
fn speaks_no_tls(error: &std::io::Error) -> bool {
    let flaw = error.get_ref().and_then(|flaw| flaw.downcast_ref::<TlsError>());
    matches!(flaw, Some(TlsError::InvalidMessage(_)))
}

/// What is wrong with the certificate, if it is that.
fn untrusted(error: &HttpError) -> Option<String> {
    let flaw = match error {
        HttpError::Rustls(flaw) => flaw,
        HttpError::Io(error) => error.get_ref()?.downcast_ref::<TlsError>()?,
        _ => return None,
    };
    matches!(flaw, TlsError::InvalidCertificate(_)).then(|| flaw.to_string())
}

/// Why nobody was reached, as a clause without the address.
fn why(error: &HttpError) -> String {
    match error {
        HttpError::HostNotFound => "no such host".to_owned(),
        HttpError::Timeout(_) => format!("no answer within {} seconds", PATIENCE.as_secs()),
        HttpError::Io(error) if speaks_no_tls(error) => "what answers there does not speak TLS".to_owned(),
        HttpError::Io(error) => said(error).to_lowercase(),
        HttpError::ConnectionFailed => "the connection was refused".to_owned(),
        other => other.to_string(),
    }
}
