//! A real mail server on loopback that keeps what it catches.
//!
//! Mail comes in over SMTP and lies in a [`Maildir`], where any mail program can read
//! it. Nothing that arrives here ever leaves the machine, so rehearsals and test
//! mails can be sent to the real list without reaching anybody.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::problem::{Class, Condition, said};

mod arrival;
mod carried;
mod caught;
mod command;
mod lines;
mod maildir;
pub mod page;
mod server;
mod session;

pub use caught::Caught;
pub use maildir::Maildir;
pub use server::{Inbox, RunningInbox};

/// Reads the time; handed down by the command line.
pub type Clock = fn() -> jiff::Timestamp;

/// Why the inbox cannot start or its maildir cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// Only this machine may reach the inbox.
    #[error("the inbox listens on this machine only, and {0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// The port cannot be had.
    #[error("the inbox cannot listen on {addr}: {}", said(error))]
    Listen {
        /// Where it was to listen.
        addr: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// A folder or a file of the maildir cannot be used.
    #[error("the maildir cannot use `{}`: {}", path.display(), said(error))]
    Maildir {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

impl Condition for InboxError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotLoopback(_) => "use 127.0.0.1 or [::1]".to_owned(),
            Self::Listen { error, .. } if error.kind() == std::io::ErrorKind::AddrInUse => {
                "another inbox may be running; stop it, or choose another port as `smtp` under `[inbox]` in \
                 `newsletter.toml` (0 for a free one)"
                    .to_owned()
            }
            Self::Listen { .. } => {
                "choose another port as `smtp` under `[inbox]` in `newsletter.toml` (0 for a free one)"
                    .to_owned()
            }
            Self::Maildir { .. } => "choose a folder you may write to".to_owned(),
        })
    }

    fn class(&self) -> Class {
        match self {
            // As with a page whose port is taken: it may be free later.
            Self::Listen { error, .. } if error.kind() == std::io::ErrorKind::AddrInUse => Class::Later,
            _ => Class::Config,
        }
    }
}
