//! How a relay is called, and where connections wait that it has sent away while others
//! carry on.
//!
//! A relay may take fewer connections than we would make, for a minute or for good. One
//! of those who wait knocks at a time, after pauses that grow as long as nobody is let
//! in; so a relay that has room again gets all of them, and one that has none is asked
//! once a minute.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::time::{sleep, timeout};

use super::delivery::{Stop, asked};
use super::feed::Feed;
use super::lane::{GOODBYE, IDLE, Lane};
use super::making::Copy;
use crate::send::{Connection, SendError};
use crate::store::StoreError;

/// How often a relay that was there is called again before it is taken to be gone.
const CALLS: u32 = 3;

/// The longest pause between two knocks.
const LONGEST: Duration = Duration::from_mins(1);

/// Why there is no connection.
pub(super) enum Away {
    /// The run cannot go on.
    For(Box<SendError>),
    /// The relay takes no more of them, and others carry on.
    Crowded,
    /// The run is to end.
    Over,
}

/// Who is at work, and who waits to be let in.
pub(super) struct Door {
    /// Connections that have not ended and do not wait here.
    at_work: watch::Sender<usize>,
    turn: Mutex<Turn>,
}

/// The right to knock.
#[derive(Default)]
pub(super) struct Turn {
    /// How often nobody was let in since somebody was.
    refused: u32,
}

impl Turn {
    /// How long to wait before the next knock.
    pub(super) fn pause(&self) -> Duration {
        Duration::from_secs(1 << self.refused.min(16)).min(LONGEST)
    }

    /// Somebody was let in.
    pub(super) fn let_in(&mut self) {
        self.refused = 0;
    }

    /// Nobody was.
    pub(super) fn refused(&mut self) {
        self.refused = self.refused.saturating_add(1);
    }
}

impl Door {
    /// All of so many connections are at work.
    pub(super) fn new(connections: usize) -> Self {
        Self { at_work: watch::Sender::new(connections), turn: Mutex::default() }
    }

    /// One of them is at work no longer.
    fn leave(&self) {
        self.at_work.send_modify(|count| *count = count.saturating_sub(1));
    }

    /// One of them waits here, until what comes back is dropped.
    pub(super) fn step_out(&self) -> Outside<'_> {
        self.leave();
        Outside(self)
    }

    /// Resolves when nobody is at work any more: whoever waits has to look what is left.
    pub(super) async fn deserted(&self) {
        // The sender is here, so that it cannot end otherwise.
        let _ = self.at_work.subscribe().wait_for(|count| *count == 0).await;
    }

    /// The right to knock, in the order in which it was asked for.
    pub(super) async fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().await
    }
}

/// A connection that has not ended, however it comes to its end.
pub(super) struct Lasting(pub(super) Arc<Feed>);

impl Drop for Lasting {
    fn drop(&mut self) {
        self.0.door.leave();
    }
}

/// Somebody who waits outside.
pub(super) struct Outside<'a>(&'a Door);

impl Drop for Outside<'_> {
    fn drop(&mut self) {
        self.0.at_work.send_modify(|count| *count += 1);
    }
}

/// Whether the relay may take a connection later, or fewer of them now.
fn is_crowded(error: &SendError) -> bool {
    match error {
        SendError::Unwelcome { reply, .. } => reply.is_deferred(),
        SendError::LoginRefused { reply, .. } => reply.is_deferred(),
        SendError::Connect { .. } | SendError::Lost { .. } => true,
        _ => false,
    }
}

impl Lane {
    /// A connection to the relay, which is called again where nobody else carries on.
    pub(super) async fn call(&mut self) -> Result<Connection, Away> {
        let mut calls = 0;
        loop {
            self.feed.opening.fetch_add(1, Ordering::SeqCst);
            let mut stop = self.stop.clone();
            let opened = tokio::select! {
                opened = Connection::open(&self.relay, self.copies.hello()) => opened,
                () = asked(&mut stop, Stop::Soon) => {
                    self.feed.opening.fetch_sub(1, Ordering::SeqCst);
                    return Err(Away::Over);
                }
            };
            if opened.is_ok() {
                self.feed.open.fetch_add(1, Ordering::SeqCst);
            }
            let others = self.feed.opening.fetch_sub(1, Ordering::SeqCst) - 1;
            let error = match opened {
                Ok(connection) => {
                    self.greeted.store(true, Ordering::Relaxed);
                    return Ok(connection);
                }
                Err(error) => error,
            };
            if !is_crowded(&error) {
                return Err(Away::For(Box::new(error)));
            }
            if self.feed.open.load(Ordering::SeqCst) + others > 0 {
                return Err(Away::Crowded);
            }
            if calls == CALLS || !self.greeted.load(Ordering::Relaxed) {
                return Err(Away::For(Box::new(error)));
            }
            // It was there a moment ago, and may be back in another.
            tokio::select! {
                () = sleep(Duration::from_secs(1 << calls)) => {}
                () = asked(&mut stop, Stop::Soon) => return Err(Away::Over),
            }
            calls += 1;
        }
    }

    /// Waits, with nothing in hand, until the relay takes another connection while there
    /// is something to send over it; none when the run is to end, and when whoever else
    /// carried on does so no longer.
    pub(super) async fn wait_outside(&mut self) -> Result<Option<(Connection, Copy)>, StoreError> {
        self.give_back_ahead().await?;
        let feed = Arc::clone(&self.feed);
        let (mut stop, mut halted) = (self.stop.clone(), feed.halted.subscribe());
        let outside = feed.door.step_out();
        let let_in = tokio::select! {
            connection = self.knock() => Some(connection),
            () = feed.door.deserted() => None,
            () = asked(&mut stop, Stop::Soon) => None,
            _ = halted.wait_for(|halted| *halted) => None,
        };
        drop(outside);
        let Some(connection) = let_in else { return Ok(None) };
        let next = self.wait_for_next(IDLE).await;
        match next {
            Ok(Some(copy)) => Ok(Some((connection, copy))),
            nobody => {
                feed.open.fetch_sub(1, Ordering::SeqCst);
                let _ = timeout(GOODBYE, connection.quit()).await;
                nobody.map(|_| None)
            }
        }
    }

    /// Calls the relay now and then, as long as somebody waits to be sent to.
    async fn knock(&self) -> Connection {
        let mut turn = self.feed.door.turn().await;
        loop {
            sleep(turn.pause()).await;
            if !self.feed.has_somebody(self.counter.lane()).await {
                continue;
            }
            match Connection::open(&self.relay, self.copies.hello()).await {
                Ok(connection) => {
                    turn.let_in();
                    self.feed.open.fetch_add(1, Ordering::SeqCst);
                    return connection;
                }
                // Others carry on, as long as this is asked. If the relay lets nobody in any
                // more, they find out.
                Err(_) => turn.refused(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_begin_anew_when_somebody_is_let_in() {
        let mut turn = Turn::default();
        let pauses: Vec<u64> = (0..8)
            .map(|_| {
                let pause = turn.pause().as_secs();
                turn.refused();
                pause
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        turn.let_in();
        assert_eq!(turn.pause(), Duration::from_secs(1));
    }

    #[tokio::test]
    async fn whoever_waits_hears_when_the_last_at_work_has_gone() {
        let door = Door::new(2);
        let outside = door.step_out();
        door.leave();
        door.deserted().await;
        drop(outside);
        assert_eq!(*door.at_work.borrow(), 1);
    }
}
