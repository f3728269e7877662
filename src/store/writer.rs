//! One thread owns the writing connection of a sending and commits for all.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::thread;

use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use super::error::Fault;
use super::pacing::Tally;
use super::{StoreError, schema, settle};
use crate::fault::{Point, is_armed, pass};
use crate::outbox::DeliveryId;

/// The most that goes into one transaction: some ten milliseconds.
const MOST: usize = 1_000;

/// So many transactions follow each other without a gap for whoever waits for the
/// lock; on a fast disk that is some ten milliseconds, on a slow one 200.
const UNBROKEN: u32 = 64;

/// Something to do in a transaction.
pub(super) trait Job: Send {
    /// Does it. What is refused is kept for the answer; an error ends the transaction.
    fn apply(&mut self, transaction: &Transaction<'_>, epoch: i64) -> Result<(), Fault>;

    /// Answers once the transaction is on disk, or has failed. Some is left to do, or
    /// was handed out to somebody who had gone.
    fn answer(self: Box<Self>, failed: Option<&StoreError>) -> Rest;
}

/// What an answer leaves behind.
pub(super) enum Rest {
    /// Nothing.
    None,
    /// The job goes on in the next transaction.
    Again(Box<dyn Job>),
    /// Nobody has these in hand.
    Orphans(Vec<DeliveryId>),
}

/// How far a job has come.
pub(super) enum Progress<T> {
    /// It is done.
    Done(T),
    /// There is more than should go into one transaction.
    More,
}

/// A job that somebody waits for.
pub(super) struct Request<T, W> {
    pub(super) work: W,
    pub(super) answer: oneshot::Sender<Result<T, StoreError>>,
    pub(super) result: Option<Result<T, StoreError>>,
    /// What is in the hands of whoever gets the answer.
    pub(super) in_hand: fn(T) -> Vec<DeliveryId>,
}

impl<T, W> Job for Request<T, W>
where
    T: Send + 'static,
    W: FnMut(&Transaction<'_>, i64) -> Result<Progress<T>, Fault> + Send + 'static,
{
    fn apply(&mut self, transaction: &Transaction<'_>, epoch: i64) -> Result<(), Fault> {
        self.result = match (self.work)(transaction, epoch) {
            Ok(Progress::Done(value)) => Some(Ok(value)),
            Ok(Progress::More) => None,
            Err(Fault::Told(error)) if error != StoreError::Fenced => Some(Err(error)),
            Err(fault) => return Err(fault),
        };
        Ok(())
    }

    fn answer(mut self: Box<Self>, failed: Option<&StoreError>) -> Rest {
        let result = match (failed, self.result.take()) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(result)) => result,
            (None, None) => return Rest::Again(self),
        };
        match self.answer.send(result) {
            Err(Ok(value)) => Rest::Orphans((self.in_hand)(value)),
            _ => Rest::None,
        }
    }
}

/// What the thread owns.
pub(super) struct Writer {
    connection: Connection,
    path: PathBuf,
    epoch: i64,
    jobs: Receiver<Box<dyn Job>>,
    transactions: Arc<AtomicU64>,
    tally: Tally,
    left: Vec<Box<dyn Job>>,
    orphans: Vec<DeliveryId>,
}

impl Writer {
    /// Will do `jobs` under `epoch`, count its transactions, and write down what the
    /// jobs of each count.
    pub(super) fn new(
        connection: Connection,
        path: PathBuf,
        epoch: i64,
        jobs: Receiver<Box<dyn Job>>,
        (transactions, tally): (Arc<AtomicU64>, Tally),
    ) -> Self {
        Self { connection, path, epoch, jobs, transactions, tally, left: Vec::new(), orphans: Vec::new() }
    }

    /// Works until nobody can hand in anything more and all is done.
    pub(super) fn run(mut self) {
        let mut unbroken = 0;
        loop {
            let mut batch = std::mem::take(&mut self.left);
            if batch.is_empty() && self.orphans.is_empty() {
                match self.jobs.try_recv() {
                    Ok(job) => batch.push(job),
                    Err(TryRecvError::Disconnected) => return,
                    Err(TryRecvError::Empty) => {
                        unbroken = 0;
                        let Ok(job) = self.jobs.recv() else { return };
                        batch.push(job);
                    }
                }
            }
            if unbroken == UNBROKEN {
                unbroken = 0;
                thread::sleep(schema::GAP);
            }
            unbroken += 1;
            self.transact(batch);
        }
    }

    /// One transaction for everything that is there when it begins.
    fn transact(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let orphans = std::mem::take(&mut self.orphans);
        let failed = self.write(&mut batch, &orphans).err().map(|fault| fault.at(&self.path));
        self.transactions.fetch_add(1, Ordering::Relaxed);
        for job in batch {
            match job.answer(failed.as_ref()) {
                Rest::None => {}
                Rest::Again(job) => self.left.push(job),
                Rest::Orphans(ids) => self.orphans.extend(ids),
            }
            pass(Point::GroupAnswered);
        }
    }

    fn write(&mut self, batch: &mut Vec<Box<dyn Job>>, orphans: &[DeliveryId]) -> Result<(), Fault> {
        let transaction = schema::begin(&mut self.connection)?;
        // Whatever came while the lock was waited for goes along.
        batch.extend(self.jobs.try_iter().take(MOST.saturating_sub(batch.len())));
        let latest: i64 =
            transaction.prepare_cached("SELECT epoch FROM newsletter")?.query_row([], |row| row.get(0))?;
        if latest != self.epoch {
            return Err(StoreError::Fenced.into());
        }
        for id in orphans {
            match settle::release(&transaction, self.epoch, &[*id]) {
                // It went on without whoever asked.
                Ok(()) | Err(Fault::Told(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        self.tally.clear();
        for job in batch.iter_mut() {
            job.apply(&transaction, self.epoch)?;
        }
        self.tally.write(&transaction)?;
        pass(Point::GroupWritten);
        transaction.commit()?;
        pass(Point::GroupCommitted);
        if is_armed(Point::Checkpointed) {
            // It comes by itself some day, and here every time.
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            pass(Point::Checkpointed);
        }
        Ok(())
    }
}
