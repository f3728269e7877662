//! Listens, and runs a session for each client.

use std::net::SocketAddr;
use std::path::Path;

use tokio::sync::watch;

use super::{Clock, InboxError, Maildir};

/// Starts inboxes.
#[derive(Debug)]
pub struct Inbox;

impl Inbox {
    /// Opens the maildir at `dir` and serves SMTP at `addr` (port 0 picks a free one)
    /// until `shutdown` turns true or its sender is gone.
    pub async fn start(
        dir: &Path,
        addr: SocketAddr,
        clock: Clock,
        shutdown: watch::Receiver<bool>,
    ) -> Result<RunningInbox, InboxError> {
        todo!()
    }
}

/// An inbox that serves.
#[derive(Debug)]
pub struct RunningInbox {}

impl RunningInbox {
    /// Where it listens.
    #[must_use]
    pub fn smtp_addr(&self) -> SocketAddr {
        todo!()
    }
    /// Its maildir.
    #[must_use]
    pub fn maildir(&self) -> Maildir {
        todo!()
    }
    /// Counts what was caught since it started.
    #[must_use]
    pub fn caught(&self) -> watch::Receiver<u64> {
        todo!()
    }
    /// Waits until it has stopped; every accepted mail is on disk then.
    pub async fn join(self) {}
}
