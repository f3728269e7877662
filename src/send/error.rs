//! Why sending stops.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::tls::TlsFlaw;
use super::{Reply, login};
use crate::audience::EmailAddress;
use crate::problem::{Class, Condition};

/// A step of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The greeting.
    Greeting,
    /// EHLO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Login,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, up to the 354.
    Data,
    /// The message and the final dot.
    Dot,
    /// RSET.
    Reset,
    /// QUIT.
    Quit,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "the connection",
            Self::Tls => "the TLS handshake",
            Self::Greeting => "the greeting",
            Self::Ehlo => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Login => "the login",
            Self::Mail => "MAIL FROM",
            Self::Rcpt => "RCPT TO",
            Self::Data => "DATA",
            Self::Dot => "the final dot",
            Self::Reset => "RSET",
            Self::Quit => "QUIT",
        })
    }
}

/// How a connection came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// The server hung up.
    HungUp,
    /// The server did not answer in time.
    TimedOut(Duration),
    /// The network failed; what the system said.
    Network(String),
    /// The server said what is no SMTP reply.
    NotAReply(String),
    /// The server answered what nobody had asked, so its answers can no longer be
    /// told apart.
    Unasked(String),
    /// The server gave an answer that has no meaning here.
    Senseless(Box<Reply>),
    /// An earlier delivery was abandoned half way.
    Abandoned,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HungUp => f.write_str("the server hung up"),
            Self::TimedOut(after) => write!(f, "no answer within {after:?}"),
            Self::Network(error) => f.write_str(error),
            Self::NotAReply(said) => write!(f, "the server said what is no SMTP reply: `{said}`"),
            Self::Unasked(said) => write!(f, "the server answered what was not asked: `{said}`"),
            Self::Senseless(reply) => write!(f, "the server gave an answer without meaning there: `{reply}`"),
            Self::Abandoned => f.write_str("an earlier delivery was abandoned half way"),
        }
    }
}

/// Why sending stops. A recipient whom the server refuses is no such reason; that is
/// an [`Outcome`](super::Outcome).
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The name to greet with is none.
    #[error("`{0}` cannot be used to greet a mail server")]
    Hello(String),
    /// The file of extra authorities cannot be used.
    #[error("the certificates in `{}` cannot be used: {error}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: String,
    },
    /// No connection could be made.
    #[error("{relay} cannot be reached: {error}")]
    Connect {
        /// Host and port.
        relay: String,
        /// What the system said.
        error: String,
    },
    /// TLS was asked for and the server does not offer it.
    #[error("{relay} does not offer STARTTLS")]
    TlsNotOffered {
        /// Host and port.
        relay: String,
    },
    /// Something stood between the server's consent to TLS and TLS.
    #[error("{relay} sent more than its consent to STARTTLS before TLS began")]
    Injected {
        /// Host and port.
        relay: String,
    },
    /// The handshake failed, or the server did not prove its name.
    #[error("TLS with {relay} failed: {flaw}")]
    Tls {
        /// Host and port.
        relay: String,
        /// What is wrong.
        flaw: TlsFlaw,
    },
    /// The server does not want to talk to us.
    #[error("{relay} refused us at {phase}")]
    Unwelcome {
        /// Host and port.
        relay: String,
        /// At which step.
        phase: Phase,
        /// Its words.
        reply: Reply,
    },
    /// A login would have gone over the network for all to read.
    #[error("the login for {relay} could be sent in clear")]
    LoginInClear {
        /// Host and port.
        relay: String,
    },
    /// The server offers no way to log in that we know.
    #[error("{relay} offers no login by {wanted}")]
    NoLogin {
        /// Host and port.
        relay: String,
        /// The ways that would do.
        wanted: &'static str,
        /// What it offers instead.
        offered: Vec<String>,
    },
    /// A token was refused, and there is no new one to be had.
    #[error("the token for {relay} is refused and cannot be fetched anew: {why}")]
    NoToken {
        /// Host and port.
        relay: String,
        /// Why it cannot.
        why: String,
    },
    /// The login was refused.
    #[error("{relay} refused the login for `{username}`")]
    LoginRefused {
        /// Host and port.
        relay: String,
        /// The name.
        username: String,
        /// The server's words.
        reply: Box<Reply>,
        /// What it said before that of a token it does not take.
        complaint: Option<String>,
    },
    /// The connection was lost, and this message was certainly not accepted.
    #[error("{relay} was lost at {phase}: {loss}")]
    Lost {
        /// Host and port.
        relay: String,
        /// At which step.
        phase: Phase,
        /// How.
        loss: Loss,
        /// Whose message was on its way, if any.
        recipient: Option<EmailAddress>,
    },
    /// The final dot was written and never answered: the message may have been
    /// accepted or not (RFC 1047).
    #[error("whether {relay} took the message for {recipient} is unknown: {loss}")]
    Unknown {
        /// Host and port.
        relay: String,
        /// Whose message it is.
        recipient: EmailAddress,
        /// How the answer was lost.
        loss: Loss,
    },
    /// The bytes may not go on the wire as they are.
    #[error("the message for {recipient} cannot be sent: {flaw}")]
    Malformed {
        /// Whose message it is.
        recipient: EmailAddress,
        /// What is wrong with it.
        flaw: &'static str,
    },
}

impl SendError {
    fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Unwelcome { reply, .. } => Some(reply),
            Self::LoginRefused { reply, .. } => Some(reply),
            _ => None,
        }
    }
}

/// What to do about a relay that wants another kind of login.
fn no_login_hint(wanted: &str, offered: &[String]) -> &'static str {
    let offers = |way: &str| offered.iter().any(|offer| offer == way);
    if wanted != login::XOAUTH2 && offers(login::XOAUTH2) {
        "this relay wants an access token: give a `token` instead of the `password`"
    } else if wanted == login::XOAUTH2 && (offers("PLAIN") || offers("LOGIN")) {
        "this relay wants a password: give a `password` instead of the `token`"
    } else {
        "leave the login out, or ask the relay's operator"
    }
}

impl Condition for SendError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Hello(_) => "give a host name such as mail.example.com".to_owned(),
            Self::Authorities { .. } => "name a PEM file that holds at least one certificate".to_owned(),
            Self::Connect { .. } => "check the host and the port, and that this machine may reach it".to_owned(),
            Self::TlsNotOffered { .. } => {
                "use smtps:// if the relay speaks TLS from the first byte (mostly port 465); if it usually offers STARTTLS, somebody may be removing it"
                    .to_owned()
            }
            Self::Injected { .. } => "somebody between here and the relay may be writing into the connection; do not send from this network".to_owned(),
            Self::Tls { flaw, .. } => flaw.hint().to_owned(),
            Self::LoginInClear { .. } => "use smtps:// or STARTTLS, and insist on it".to_owned(),
            Self::NoLogin { wanted, offered, .. } => no_login_hint(wanted, offered).to_owned(),
            Self::LoginRefused { complaint: Some(_), .. } => {
                "check the user name, and whether the token is for sending mail and for this account".to_owned()
            }
            Self::LoginRefused { .. } => "check the user name and the password or token".to_owned(),
            Self::Unknown { .. } => "look for it in the relay's log before sending it again".to_owned(),
            Self::Malformed { .. } => "please report this: messages are built so that this cannot happen".to_owned(),
            Self::NoToken { .. } => "see what the reference under `token` gives now".to_owned(),
            Self::Unwelcome { .. } | Self::Lost { .. } => return None,
        })
    }

    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> =
            self.reply().map(|reply| format!("server said: {reply}")).into_iter().collect();
        match self {
            Self::NoLogin { offered, .. } if !offered.is_empty() => {
                notes.push(format!("it offers {}", offered.join(", ")));
            }
            Self::LoginRefused { complaint: Some(complaint), .. } => {
                notes.push(format!("and of the token: {complaint}"));
            }
            Self::Lost { recipient: Some(recipient), .. } => {
                notes.push(format!("the message for {recipient} was not sent"));
            }
            _ => {}
        }
        notes
    }

    fn class(&self) -> Class {
        match self {
            Self::Hello(_) | Self::Authorities { .. } | Self::LoginInClear { .. } | Self::NoToken { .. } => {
                Class::Config
            }
            Self::Malformed { .. } => Class::Bug,
            _ => Class::Relay,
        }
    }
}
