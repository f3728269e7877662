//! Sending: one at a time, fenced, and committed in groups.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction};
use tokio::sync::oneshot;

use super::campaigns::{self, CampaignState, STRIDE};
use super::claims::{Found, Search, Searching};
use super::deliveries;
use super::error::Fault;
use super::pacing::{Counted, Tally};
use super::settle::{self, Claimed, Intent, Settled};
use super::writer::{Job, Progress, Request, Writer};
use super::{Recovered, Store, StoreError, plan, recovery, rows};
use crate::fault::{Point, pass};
use crate::outbox::{CampaignId, DeliveryId, State, Step};

/// Held by whoever sends; holds their process id.
const LOCK: &str = "sending.lock";

/// How often somebody who only looks at the lock may be in the way.
const LOOKS: usize = 1_000;

/// The most that one call claims, so that its transaction stays short.
const MOST_CLAIMED: usize = 2_000;

/// The right to send: one at a time for a store, until it is dropped.
///
/// All calls go to one thread, which commits everything that was handed in at once;
/// an answer is on disk. Whoever drops a call before its answer loses nothing: what
/// it would have got is put back.
#[derive(Debug)]
pub struct Sending {
    recovered: Recovered,
    transactions: Arc<AtomicU64>,
    tally: Tally,
    /// None only while it is dropped.
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    writer: Option<JoinHandle<()>>,
    /// Given up when the writer has ended.
    pub(super) lock: File,
}

impl Store {
    /// Takes the right to send, and tidies up after whoever had it last: what they had
    /// claimed is pending again, what may have been written is unknown.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::Busy`] when somebody else has it, and if the database
    /// does.
    pub fn sending(&self, now: Timestamp) -> Result<Sending, StoreError> {
        let lock = lock_to_send(&self.inner.dir)?;
        pass(Point::LockTaken);
        let told = |fault: Fault| fault.at(&self.inner.path);
        let mut connection = self.connect().map_err(told)?;
        self.remove_leftovers(&mut connection)?;
        let (epoch, recovered) = recovery::recover(&mut connection, now).map_err(told)?;
        let transactions = Arc::new(AtomicU64::new(0));
        let (jobs, queue) = mpsc::channel();
        let (path, tally) = (self.inner.path.clone(), Tally::default());
        let counts = (Arc::clone(&transactions), tally.clone());
        let writer = Writer::new(connection, path.clone(), epoch, queue, counts);
        let writer = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| StoreError::io(&path, &error))?;
        Ok(Sending { recovered, transactions, tally, jobs: Some(jobs), writer: Some(writer), lock })
    }

    /// Whether somebody has the right to send now.
    ///
    /// # Errors
    ///
    /// Fails when the lock cannot be looked at.
    pub fn is_sent_from(&self) -> Result<bool, StoreError> {
        let lock = plan::lock_file(&self.inner.dir, LOCK)?;
        // Shared, so that two who look are not taken for somebody who sends.
        match lock.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(StoreError::io(&self.inner.dir.join(LOCK), &error)),
        }
    }
}

/// Takes the lock of whoever sends from the state in `dir`.
pub(super) fn lock_to_send(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join(LOCK);
    let io = |error: std::io::Error| StoreError::io(&path, &error);
    let mut lock = plan::lock_file(dir, LOCK)?;
    let mut looks = 0;
    loop {
        match lock.try_lock() {
            Ok(()) => break,
            // Whoever only looks whether somebody sends is gone at once.
            Err(TryLockError::WouldBlock) if looks < LOOKS && lock.try_lock_shared().is_ok() => {
                lock.unlock().map_err(io)?;
                looks += 1;
                thread::yield_now();
            }
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy { pid: holder(&mut lock) }),
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
    }
    lock.set_len(0).map_err(io)?;
    writeln!(lock, "{}", std::process::id()).map_err(io)?;
    Ok(lock)
}

/// Gives a lock up and takes its file away, in a folder that is to be empty again.
pub(super) fn forget_lock(dir: &Path, lock: File) {
    // Before it is given up, so that nobody else's file is taken away; that it cannot
    // be removed changes nothing.
    let _ = std::fs::remove_file(dir.join(LOCK));
    drop(lock);
}

fn holder(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.rewind().ok()?;
    // Where a locked file cannot be read, nothing is known of its holder.
    lock.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

impl Sending {
    /// What whoever sent last has left behind.
    #[must_use]
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// How many transactions were made so far.
    #[must_use]
    pub fn transactions(&self) -> u64 {
        self.transactions.load(Ordering::Relaxed)
    }

    /// Takes up to `limit` deliveries of a campaign that is being sent, and at most
    /// 2,000: first those that wait for their first try, then those deferred ones
    /// whose time has come, the longest due first. Empty when nothing is due now.
    ///
    /// Whoever is suppressed meanwhile is left out and settled so. The order of a plan
    /// is kept.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::Fenced`] when somebody else has taken over, and if the
    /// database does.
    pub async fn claim(
        &self,
        campaign: CampaignId,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError> {
        Ok(self.search(campaign, limit, Search::default(), now).await?.claimed)
    }

    /// The same, from some place on and without some providers; see [`Found`].
    ///
    /// # Errors
    ///
    /// As [`claim`](Sending::claim).
    pub async fn search(
        &self,
        campaign: CampaignId,
        limit: usize,
        search: Search,
        now: Timestamp,
    ) -> Result<Found, StoreError> {
        let mut searching = Searching::new(campaign, limit.min(MOST_CLAIMED), search, now);
        let work = move |transaction: &Transaction<'_>, epoch| {
            Ok(searching.go_on(transaction, epoch)?.map_or(Progress::More, Progress::Done))
        };
        pass(Point::Claiming);
        let found =
            self.ask(work, |found| found.claimed.into_iter().map(|claimed| claimed.id).collect()).await;
        pass(Point::Claimed);
        found
    }

    /// Writes down what became of one delivery and asks for the final dot of another,
    /// in one commit together with whatever others hand in meanwhile.
    ///
    /// A permit is given if the delivery was claimed here, its recipient is not
    /// suppressed now and its campaign is being sent; otherwise the delivery is
    /// suppressed or put back. None without an `intent`.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::Illegal`] or [`StoreError::NotClaimed`] for a step
    /// that must not happen, and then nothing of the two was done; with
    /// [`StoreError::Fenced`] when somebody else has taken over; and if the database
    /// does.
    pub async fn commit(
        &self,
        settled: Option<Settled>,
        intent: Option<DeliveryId>,
        now: Timestamp,
    ) -> Result<Option<Intent>, StoreError> {
        self.commit_counted(settled, intent, None, now).await
    }

    /// The same, and the dot that is allowed is counted.
    ///
    /// # Errors
    ///
    /// As [`commit`](Sending::commit).
    pub async fn commit_counted(
        &self,
        settled: Option<Settled>,
        intent: Option<DeliveryId>,
        counted: Option<Counted>,
        now: Timestamp,
    ) -> Result<Option<Intent>, StoreError> {
        let tally = self.tally.clone();
        let (settles, intends) = (settled.is_some(), intent.is_some());
        let passed = |settling, intending| {
            if settles {
                pass(settling);
            }
            if intends {
                pass(intending);
            }
        };
        passed(Point::Settling, Point::Intending);
        let work = move |transaction: &Transaction<'_>, epoch| {
            let intent = settle::commit(transaction, epoch, settled.as_ref(), intent, now)?;
            if let (Some(Intent::Permit(_)), Some(counted)) = (&intent, &counted) {
                tally.add(counted, now);
            }
            Ok(Progress::Done(intent))
        };
        let in_hand = |intent| match intent {
            Some(Intent::Permit(permit)) => vec![permit.delivery()],
            Some(Intent::Suppressed | Intent::Held) | None => Vec::new(),
        };
        self.ask(work, in_hand).await.inspect(|_| passed(Point::Settled, Point::Intended))
    }

    /// Pauses a campaign that is being sent, for this reason; false when it is not.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::Fenced`] when somebody else has taken over, and if the
    /// database does.
    pub async fn pause(&self, campaign: CampaignId, why: String, now: Timestamp) -> Result<bool, StoreError> {
        let work = move |transaction: &Transaction<'_>, _| {
            let sent = campaigns::state_of(transaction, campaign)? == Some(CampaignState::Sending);
            let paused =
                sent && campaigns::change(transaction, campaign, CampaignState::Paused, Some(&why), now)?;
            Ok(Progress::Done(paused))
        };
        self.ask(work, |_| Vec::new()).await
    }

    /// Takes back that the recipients of these deliveries were suppressed as
    /// [dead](Settled::dead) with them.
    ///
    /// # Errors
    ///
    /// As [`pause`](Sending::pause).
    pub async fn spare(&self, ids: Vec<DeliveryId>) -> Result<(), StoreError> {
        let work =
            move |transaction: &Transaction<'_>, _| settle::spare(transaction, &ids).map(Progress::Done);
        self.ask(work, |()| Vec::new()).await
    }

    /// Puts deliveries back of which nothing can have been accepted: claimed ones, and
    /// ones with a permit that was not used. All or none.
    ///
    /// # Errors
    ///
    /// As [`commit`](Sending::commit).
    pub async fn release(&self, ids: Vec<DeliveryId>) -> Result<(), StoreError> {
        let any = !ids.is_empty();
        if any {
            pass(Point::Releasing);
        }
        let work = move |transaction: &Transaction<'_>, epoch| {
            settle::release(transaction, epoch, &ids).map(Progress::Done)
        };
        self.ask(work, |()| Vec::new()).await.inspect(|()| {
            if any {
                pass(Point::Released);
            }
        })
    }

    /// When the next delivery of a campaign is due: the beginning of 1970 when one
    /// waits for its first try, and none when nobody waits.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::Fenced`] when somebody else has taken over, and if the
    /// database does.
    pub async fn next_due(&self, campaign: CampaignId) -> Result<Option<Timestamp>, StoreError> {
        let work = move |transaction: &Transaction<'_>, _| {
            let mut due = None;
            for state in [State::Pending, State::Deferred] {
                due = due.or(transaction
                    .prepare_cached(
                        "SELECT due FROM delivery WHERE campaign = ?1 AND state = ?2
                         ORDER BY due LIMIT 1",
                    )?
                    .query_row((campaign.0, rows::number_of(state)), |row| rows::timestamp(row, 0))
                    .optional()?);
            }
            Ok(Progress::Done(due))
        };
        self.ask(work, |_| Vec::new()).await
    }

    /// Expires whatever of a campaign still waits when its last moment has passed;
    /// returns how many.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::NoCampaign`] when there is none, with
    /// [`StoreError::Fenced`] when somebody else has taken over, and if the database
    /// does.
    pub async fn expire(&self, campaign: CampaignId, now: Timestamp) -> Result<u64, StoreError> {
        let mut expired = 0;
        let work = move |transaction: &Transaction<'_>, _| {
            let known = campaigns::read(transaction, campaign)?.ok_or(StoreError::NoCampaign(campaign))?;
            if known.expires().is_none_or(|last| now < last) {
                return Ok(Progress::Done(0));
            }
            let done = deliveries::step_waiting(transaction, campaign, Step::Expire, STRIDE, now)?;
            expired += done;
            Ok(if done < u64::from(STRIDE) { Progress::Done(expired) } else { Progress::More })
        };
        self.ask(work, |_| Vec::new()).await
    }

    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnMut(&Transaction<'_>, i64) -> Result<Progress<T>, Fault> + Send + 'static,
        in_hand: fn(T) -> Vec<DeliveryId>,
    ) -> Result<T, StoreError> {
        let (answer, told) = oneshot::channel();
        let job = Request { work, answer, result: None, in_hand };
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.send(Box::new(job)).map_err(|_| StoreError::Stopped)?;
        told.await.map_err(|_| StoreError::Stopped)?
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            // What it panicked with was told where it did.
            let _ = writer.join();
        }
        // To close it is not enough: a child that is being started has the same file open
        // until it has become its own program. What fails here ends with the process.
        let _ = self.lock.unlock();
    }
}
