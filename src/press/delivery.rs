//! Sends the messages of an edition over a few connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Zoned;
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::Edition;
use crate::problem::{Problem, Problems};
use crate::send::{Connection, Outcome, Relay, SendError};

/// What became of the recipients of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The relay took the message.
    pub accepted: usize,
    /// Refused for good.
    pub failed: Vec<Unsent>,
    /// Refused for now.
    pub deferred: Vec<Unsent>,
    /// The relay may or may not have the message.
    pub unknown: Vec<Unsent>,
    /// Never offered, because the run stopped.
    pub pending: usize,
}

impl Tally {
    /// How many recipients it counts; always all of the edition.
    #[must_use]
    pub fn total(&self) -> usize {
        self.accepted + self.failed.len() + self.deferred.len() + self.unknown.len() + self.pending
    }
}

/// A recipient the relay did not take, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsent {
    /// Who.
    pub address: String,
    /// The server's words, or ours when it had none.
    pub reason: String,
}

/// How far a run is: recipients done, of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Recipients with an outcome.
    pub done: usize,
    /// All recipients.
    pub of: usize,
}

/// How much longer a run may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stop {
    /// To its end.
    #[default]
    Never,
    /// Until what is on its way is done.
    Soon,
    /// No longer; what is on its way becomes unknown.
    Now,
}

enum Event {
    Accepted,
    Failed(Unsent),
    Deferred(Unsent),
    Unknown(Unsent),
    Stopped(Problem),
    /// Stopped from outside, before this recipient was offered to anybody.
    Untried,
}

/// Most times one connection is made anew after the relay closed it between two
/// messages.
const RECONNECTS: usize = 3;

/// Sends `edition` to `relay` over at most `connections` at once, and tells `progress`
/// after each recipient.
///
/// A refused recipient is counted and stops nothing. When a connection is lost with
/// its final dot unanswered, that recipient is `unknown` and is not offered again.
/// When the run cannot go on (relay gone, login refused), what is in flight is
/// finished, the others stay `pending`, and the reason comes back beside the tally.
/// Every recipient is counted exactly once, however `stop` ends the run.
pub async fn deliver(
    edition: Arc<Edition>,
    relay: &Relay,
    hello: &str,
    connections: usize,
    date: &Zoned,
    stop: &watch::Receiver<Stop>,
    mut progress: impl FnMut(Progress),
) -> (Tally, Option<Problems>) {
    let of = edition.subscribers.len();
    let next = Arc::new(AtomicUsize::new(0));
    let (events, mut told) = mpsc::channel(64);
    let mut workers = JoinSet::new();
    for _ in 0..connections.clamp(1, of.max(1)) {
        let worker = Worker {
            edition: Arc::clone(&edition),
            relay: relay.clone(),
            hello: hello.to_owned(),
            date: date.clone(),
            stop: stop.clone(),
            next: Arc::clone(&next),
            events: events.clone(),
        };
        workers.spawn(worker.run());
    }
    drop(events);
    let mut tally = Tally::default();
    let mut stopped = Vec::new();
    while let Some(event) = told.recv().await {
        match event {
            Event::Accepted => tally.accepted += 1,
            Event::Failed(unsent) => tally.failed.push(unsent),
            Event::Deferred(unsent) => tally.deferred.push(unsent),
            Event::Unknown(unsent) => tally.unknown.push(unsent),
            Event::Stopped(problem) => {
                // The others stop at their next message; one reason is enough.
                next.store(of, Ordering::Relaxed);
                if !stopped.iter().any(|other: &Problem| other.message() == problem.message()) {
                    stopped.push(problem);
                }
            }
            Event::Untried => {}
        }
        progress(Progress { done: tally.total(), of });
    }
    while workers.join_next().await.is_some() {}
    tally.pending = of - tally.total();
    (tally, Problems::all(stopped))
}

struct Worker {
    edition: Arc<Edition>,
    relay: Relay,
    hello: String,
    date: Zoned,
    stop: watch::Receiver<Stop>,
    next: Arc<AtomicUsize>,
    events: mpsc::Sender<Event>,
}

impl Worker {
    async fn run(mut self) {
        let edition = Arc::clone(&self.edition);
        let assembler = edition.assembler();
        let mut connection = None;
        while let Some(subscriber) = edition.subscribers.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if *self.stop.borrow() > Stop::Never {
                break;
            }
            let event = match assembler.assemble(subscriber, &self.date) {
                Ok(message) => self.offer(&mut connection, &message, &subscriber.address.to_string()).await,
                Err(problem) => Event::Stopped(problem),
            };
            let stopped = matches!(event, Event::Stopped(_) | Event::Untried);
            if self.events.send(event).await.is_err() || stopped {
                break;
            }
        }
        if let Some(connection) = connection {
            tokio::select! {
                () = connection.quit() => {}
                () = asked(&mut self.stop, Stop::Now) => {}
            }
        }
    }

    /// The connection that is held, or a new one.
    async fn connected(&mut self, held: &mut Option<Connection>) -> Result<Connection, Event> {
        if let Some(connection) = held.take() {
            if connection.is_open() {
                return Ok(connection);
            }
            if connection.is_spent() {
                tokio::select! {
                    () = connection.quit() => {}
                    () = asked(&mut self.stop, Stop::Soon) => return Err(Event::Untried),
                }
            }
        }
        tokio::select! {
            opened = Connection::open(&self.relay, &self.hello) => {
                opened.map_err(|error| Event::Stopped(Problem::new(error)))
            }
            () = asked(&mut self.stop, Stop::Soon) => Err(Event::Untried),
        }
    }

    /// Offers one message, over a new connection when there is none or it was closed
    /// before the message was on its way.
    async fn offer(
        &mut self,
        held: &mut Option<Connection>,
        message: &crate::message::Message,
        address: &str,
    ) -> Event {
        let unsent = |reason: String| Unsent { address: address.to_owned(), reason };
        let mut tries = 0;
        loop {
            let mut connection = match self.connected(held).await {
                Ok(connection) => connection,
                Err(event) => return event,
            };
            let delivered = tokio::select! {
                delivered = connection.deliver(message) => delivered,
                () = asked(&mut self.stop, Stop::Now) => {
                    return Event::Unknown(unsent("stopped before the relay had answered".to_owned()));
                }
            };
            return match delivered {
                Ok(outcome) => {
                    *held = Some(connection);
                    match outcome {
                        Outcome::Accepted { .. } => Event::Accepted,
                        Outcome::Refused { reply, .. } => Event::Failed(unsent(reply.to_string())),
                        Outcome::Deferred { reply, .. } => Event::Deferred(unsent(reply.to_string())),
                    }
                }
                Err(error @ SendError::Unknown { .. }) => Event::Unknown(unsent(error.to_string())),
                Err(SendError::Lost { .. }) if tries < RECONNECTS => {
                    tries += 1;
                    continue;
                }
                Err(error) => Event::Stopped(Problem::new(error)),
            };
        }
    }
}

/// Done when a run is asked to stop as soon as `least`, or sooner.
pub(super) async fn asked(stop: &mut watch::Receiver<Stop>, least: Stop) {
    if stop.wait_for(|stop| *stop >= least).await.is_err() {
        // Nobody is left to ask.
        std::future::pending::<()>().await;
    }
}
