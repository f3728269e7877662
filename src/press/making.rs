//! Copies are made before their turn, and signed on all cores.
//!
//! A signature takes longer than all else that a message costs. A connection that made
//! its own would keep the others of its thread from hearing their replies; so it orders
//! the next copy while the last is on its way, and threads that do nothing else sign.

use std::sync::{Arc, Mutex, PoisonError, mpsc as threads};
use std::thread::available_parallelism;

use jiff::tz::TimeZone;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::PressError;
use super::content::Copies;
use super::feed::{Feed, Next};
use super::paces::{Ticket, Wait};
use crate::audience::{Subscriber, Values};
use crate::message::{Assembler, Message};
use crate::outbox::DeliveryId;
use crate::problem::{Problem, Span};
use crate::store::{Claimed, StoreError};

/// A message on its way.
pub(super) struct Copy {
    pub(super) id: DeliveryId,
    pub(super) attempts: u32,
    pub(super) holds: u32,
    pub(super) message: Message,
    /// The right to carry it, which goes with it.
    pub(super) ticket: Ticket,
}

/// What came of an order.
pub(super) enum Made {
    /// A copy of a delivery that is claimed, and whether as many wait as there are
    /// connections.
    Copy(Box<Copy>, bool),
    /// Somebody is due who may not go now.
    Wait(Wait),
    /// Nobody is due.
    Nobody,
    /// A delivery that is claimed and of which no copy can be made.
    Spoilt(DeliveryId, Problem),
    /// The store failed.
    Failed(StoreError),
}

/// Where one connection gets its copies.
pub(super) struct Counter {
    orders: mpsc::UnboundedSender<(usize, oneshot::Sender<Made>)>,
    /// The number of its connection.
    lane: usize,
    /// The copy after the last, when it was ordered.
    ahead: Option<oneshot::Receiver<Made>>,
}

impl Counter {
    /// Another, for the connection of this number.
    pub(super) fn another(&self, lane: usize) -> Self {
        Self { orders: self.orders.clone(), lane, ahead: None }
    }

    /// The number of its connection.
    pub(super) fn lane(&self) -> usize {
        self.lane
    }

    /// What was ordered, or is now; another is ordered while this one is on its way.
    pub(super) async fn next(&mut self) -> Made {
        let made = self.ordered().await;
        // The last are left to whoever is free first.
        if let Made::Copy(_, true) = made {
            self.ahead = Some(self.place());
        }
        made
    }

    /// The delivery whose copy was ordered and is not going to be sent.
    pub(super) async fn take_back(&mut self) -> Result<Option<DeliveryId>, StoreError> {
        if self.ahead.is_none() {
            return Ok(None);
        }
        match self.ordered().await {
            Made::Copy(copy, _) => Ok(Some(copy.id)),
            Made::Spoilt(id, _) => Ok(Some(id)),
            Made::Nobody | Made::Wait(_) => Ok(None),
            Made::Failed(error) => Err(error),
        }
    }

    async fn ordered(&mut self) -> Made {
        let ordered = match self.ahead.take() {
            Some(ordered) => ordered,
            None => self.place(),
        };
        // It stays where it is found again until it has come.
        let made = self.ahead.insert(ordered).await.expect("making copies does not panic");
        self.ahead = None;
        made
    }

    fn place(&self) -> oneshot::Receiver<Made> {
        let (customer, ordered) = oneshot::channel();
        // Whoever takes orders does so as long as one can be placed.
        let _ = self.orders.send((self.lane, customer));
        ordered
    }
}

/// Takes orders, claims who is next, and has their copies made, until the last
/// [`Counter`] is gone; the handle ends then, and nobody uses `feed` any more.
///
/// Nothing is made that was not ordered, so no more than a copy a connection lies about.
pub(super) fn take_orders(feed: Arc<Feed>, copies: Arc<Copies>) -> (Counter, JoinHandle<()>) {
    let (orders, mut placed) = mpsc::unbounded_channel::<(usize, oneshot::Sender<Made>)>();
    let taken = tokio::spawn(async move {
        let makers = copies.is_signed().then(|| Makers::hire(&copies));
        let assembler = copies.assembler();
        while let Some((lane, customer)) = placed.recv().await {
            let (claimed, ticket) = match feed.next(lane).await {
                Ok(Next::Take(claimed, ticket)) => (*claimed, ticket),
                other => {
                    let _ = customer.send(match other {
                        Ok(Next::Wait(wait)) => Made::Wait(wait),
                        Ok(_) => Made::Nobody,
                        Err(error) => Made::Failed(error),
                    });
                    continue;
                }
            };
            let plenty = feed.has_plenty().await;
            let job = Job { claimed, ticket, plenty, customer };
            match &makers {
                Some(makers) => makers.give(job),
                // Without a signature it is done sooner than it is handed on.
                None => job.done_by(&assembler),
            }
        }
    });
    (Counter { orders, lane: 0, ahead: None }, taken)
}

/// A copy to be made.
struct Job {
    claimed: Claimed,
    ticket: Ticket,
    plenty: bool,
    customer: oneshot::Sender<Made>,
}

impl Job {
    fn done_by(self, assembler: &Assembler<'_>) {
        let id = self.claimed.id;
        let made = match make(self.claimed, self.ticket, assembler) {
            Ok(copy) => Made::Copy(Box::new(copy), self.plenty),
            Err(problem) => Made::Spoilt(id, problem),
        };
        // Of whoever was stopped at once, the store knows what they had in hand.
        let _ = self.customer.send(made);
    }
}

fn make(claimed: Claimed, ticket: Ticket, assembler: &Assembler<'_>) -> Result<Copy, Problem> {
    let values: Values = serde_json::from_str(&claimed.values)
        .map_err(|error| Problem::new(PressError::Content(error.to_string())))?;
    let subscriber = Subscriber { address: claimed.address, values, span: Span::default() };
    let date = claimed.first_tried.to_zoned(TimeZone::system());
    let mut message = assembler.assemble(&subscriber, &date)?;
    message.envelope.from = Some(assembler.return_path(claimed.id.campaign.0, claimed.id.number));
    Ok(Copy { id: claimed.id, attempts: claimed.attempts, holds: claimed.holds, message, ticket })
}

/// A thread a core, until nobody can give them a job.
struct Makers(threads::Sender<Job>);

impl Makers {
    fn hire(copies: &Arc<Copies>) -> Self {
        let (jobs, queue) = threads::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            let (copies, queue) = (Arc::clone(copies), Arc::clone(&queue));
            tokio::task::spawn_blocking(move || {
                let assembler = copies.assembler();
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok(job) = next() {
                    job.done_by(&assembler);
                }
            });
        }
        Self(jobs)
    }

    fn give(&self, job: Job) {
        // If they are gone, so is the program.
        let _ = self.0.send(job);
    }
}
