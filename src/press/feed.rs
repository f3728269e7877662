//! What the connections of a run share: the deliveries that are due.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use jiff::Timestamp;
use tokio::sync::{Mutex, watch};

use super::delivery::Stop;
use crate::outbox::{CampaignId, DeliveryId};
use crate::store::{Claimed, Sending, StoreError};

/// How many deliveries are claimed at once; a crash puts them back.
const BATCH: usize = 200;

/// What the connections of a run share.
pub(super) struct Feed {
    pub(super) sending: Arc<Sending>,
    pub(super) campaign: CampaignId,
    pub(super) now: fn() -> Timestamp,
    pub(super) waiting: Mutex<VecDeque<Claimed>>,
    pub(super) stop: watch::Receiver<Stop>,
    pub(super) halted: watch::Sender<bool>,
    /// How many waiting deliveries are few: as many as there are connections.
    pub(super) few: usize,
    /// Unknown outcomes since the last known one.
    pub(super) unknowns: AtomicUsize,
    /// Connections that are open.
    pub(super) open: AtomicUsize,
}

impl Feed {
    /// The next delivery that is due, unless the run is to end.
    pub(super) async fn next(&self) -> Result<Option<Claimed>, StoreError> {
        if self.is_over() {
            return Ok(None);
        }
        let mut waiting = self.waiting.lock().await;
        if waiting.is_empty() {
            waiting.extend(self.sending.claim(self.campaign, BATCH, (self.now)()).await?);
        }
        Ok(waiting.pop_front())
    }

    /// Whether more are waiting than there are connections.
    pub(super) async fn has_plenty(&self) -> bool {
        self.waiting.lock().await.len() > self.few
    }

    /// Whether nothing more is to be taken up.
    pub(super) fn is_over(&self) -> bool {
        *self.stop.borrow() > Stop::Never || *self.halted.borrow()
    }

    /// Lets no connection take up more.
    pub(super) fn halt(&self) {
        self.halted.send_replace(true);
    }

    /// Puts back what was claimed and not taken up.
    pub(super) async fn put_back(&self) -> Result<(), StoreError> {
        let waiting: Vec<DeliveryId> =
            self.waiting.lock().await.drain(..).map(|claimed| claimed.id).collect();
        self.sending.release(waiting).await
    }
}
