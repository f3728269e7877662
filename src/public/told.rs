//! What the server tells of itself: what was done, and never for whom.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::audience::LeftBy;

use super::DeskError;

/// One thing that was done, or could not be. It names nobody.
#[derive(Debug, Clone)]
pub struct Told {
    /// When it was over.
    pub at: Timestamp,
    /// What it was.
    pub what: What,
    /// How long the reader waited for it.
    pub took: Duration,
}

/// What was done.
#[derive(Debug, Clone)]
pub enum What {
    /// Somebody left.
    Left {
        /// By what.
        by: LeftBy,
        /// Whether they got mail before.
        new: bool,
    },
    /// Somebody asked for mail again; whether they get it.
    Returned(bool),
    /// Somebody said why they left.
    Said,
    /// A test of the way arrived.
    Tested,
    /// A reader was told to try again.
    Trouble(DeskError),
}

/// Tells it to whoever listens; nobody waits for a listener.
#[derive(Clone)]
pub(super) struct Teller {
    pub(super) now: fn() -> Timestamp,
    pub(super) to: mpsc::Sender<Told>,
}

impl Teller {
    pub(super) fn tell(&self, what: What, took: Duration) {
        // What nobody has room for is lost: readers go before.
        let _ = self.to.try_send(Told { at: (self.now)(), what, took });
    }
}
