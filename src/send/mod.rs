//! SEND: a message goes to a relay over SMTP.
//!
//! One [`Connection`] is owned by one task. lettre speaks SMTP on it; the stream under
//! lettre is our own and has the deadlines, TLS and the server's true words.

use std::path::PathBuf;
use std::time::Duration;

mod classify;
mod connection;
mod error;
mod greet;
mod login;
mod offers;
mod reply;
mod tls;
mod token;
mod transaction;
mod wire;

pub use classify::classify;
pub use connection::Connection;
pub use error::{Loss, Phase, SendError};
pub use reply::{EnhancedCode, Reply};
pub use tls::TlsFlaw;
pub use token::Token;
pub use transaction::{Begun, Finished, Outcome};

/// A relay and how to reach it. Parsed from `smtp://user@host:587` and its like by
/// `config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// When TLS begins.
    pub tls: TlsMode,
    /// The login, when there is one.
    pub login: Option<Login>,
    /// A PEM file of authorities to trust besides the system's, for a private relay.
    pub ca_file: Option<PathBuf>,
    /// How long each phase may take.
    pub deadlines: Deadlines,
    /// How many messages one connection offers before another is made; none for no
    /// end, and never less than one.
    pub messages_per_connection: Option<u32>,
}

/// How many messages a connection offers when nobody says otherwise.
///
/// As many as Exim takes (`smtp_accept_max_per_connection`: 1000 MAIL commands, then
/// 421); other limits that are known lie higher (`SendGrid` 5,000).
pub const MESSAGES_PER_CONNECTION: u32 = 1000;

impl std::fmt::Display for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// When TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// Never. Only for loopback.
    Plain,
    /// After STARTTLS when the server offers it, and else never: whoever stands between
    /// can take the offer away, so nothing secret may go over it.
    Opportunistic,
    /// After STARTTLS, or not at all (the default of `smtp://` to another machine).
    StartTls,
    /// With the first byte (`smtps://`, RFC 8314 §3.3).
    Implicit,
}

/// A name and what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub username: String,
    /// What proves it.
    pub proof: Proof,
}

/// What proves a name; never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// A password, for PLAIN (RFC 4616) or LOGIN.
    Password(String),
    /// An access token of OAuth 2.0 (RFC 6750), for XOAUTH2.
    Token(Token),
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

/// How long to wait in each phase (RFC 5321 §4.5.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// TCP connect and TLS handshake.
    pub connect: Duration,
    /// The greeting, and the reply to EHLO, MAIL and RCPT.
    pub command: Duration,
    /// The 354 after DATA.
    pub data: Duration,
    /// The reply to the final dot. Short waits make duplicates (RFC 1047).
    pub dot: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_mins(5),
            data: Duration::from_mins(2),
            dot: Duration::from_mins(10),
        }
    }
}
