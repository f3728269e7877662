//! What limits a sending, kept so that no restart forgets it: how many final dots were
//! allowed lately, and who gets less for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::deliveries::word;
use super::error::Fault;
use super::writer::Progress;
use super::{Sending, Store, StoreError, rows, schema};
use crate::outbox::{Backoff, CampaignId, Grain, State, Step};

/// Whose dots are counted, or who is slowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Host and port of the relay.
    pub relay: String,
    /// The provider group; empty for everything that goes through the relay.
    pub provider: String,
}

/// What one dot is counted for, and how finely.
pub type Counted = Arc<[(Arc<Scope>, Grain)]>;

/// What a relay and the providers behind it have had lately.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paced {
    /// Dots that were allowed: the provider, how finely they are counted, in which slot
    /// of that, and how many.
    pub dots: Vec<(String, Grain, i64, u64)>,
    /// Who gets less, by provider.
    pub backoffs: Vec<(String, Backoff)>,
}

/// How many dots were counted for whom, how finely and in which slot of that.
type Dots = HashMap<(Arc<Scope>, Grain, i64), u64>;

/// What a transaction counts before it is committed.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally(Arc<Mutex<Dots>>);

impl Tally {
    fn lock(&self) -> MutexGuard<'_, Dots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one dot.
    pub(super) fn add(&self, counted: &Counted, now: Timestamp) {
        let mut tally = self.lock();
        for (scope, grain) in counted.iter() {
            *tally.entry((Arc::clone(scope), *grain, grain.slot(now))).or_default() += 1;
        }
    }

    /// Forgets what a transaction that failed has counted.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// Writes down what was counted.
    pub(super) fn write(&self, transaction: &Transaction<'_>) -> Result<(), Fault> {
        for ((scope, grain, slot), dots) in self.lock().drain() {
            let (relay, provider) = (&scope.relay, &scope.provider);
            transaction
                .prepare_cached(
                    "INSERT INTO pace (relay, provider, grain, slot, dots) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE SET dots = dots + excluded.dots",
                )?
                .execute((relay, provider, grain as i64, slot, i64::try_from(dots).unwrap_or(i64::MAX)))?;
            if grain == Grain::Tenth {
                // There would be ten of them a second.
                let old = slot - 20;
                transaction
                    .prepare_cached(
                        "DELETE FROM pace WHERE relay = ?1 AND provider = ?2 AND grain = ?3 AND slot < ?4",
                    )?
                    .execute((relay, provider, grain as i64, old))?;
            }
        }
        Ok(())
    }
}

impl Sending {
    /// What `relay` and the providers behind it have had lately.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::Fenced`] when somebody else has taken over, and if the
    /// database does.
    pub async fn paced(&self, relay: &str, now: Timestamp) -> Result<Paced, StoreError> {
        let relay = relay.to_owned();
        let work = move |transaction: &Transaction<'_>, _| {
            for grain in Grain::ALL {
                let old = grain.slot(now.saturating_sub(grain.lasts()).unwrap_or(now));
                transaction
                    .prepare_cached("DELETE FROM pace WHERE grain = ?1 AND slot < ?2")?
                    .execute((grain as i64, old))?;
            }
            Ok(Progress::Done(Paced {
                dots: dots(transaction, &relay)?,
                backoffs: backoffs(transaction, &relay)?,
            }))
        };
        self.ask(work, |_| Vec::new()).await
    }

    /// Writes down who gets less for a while, or with none that it is over.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::Fenced`] when somebody else has taken over, and if the
    /// database does.
    pub async fn back_off(&self, scope: Scope, backoff: Option<Backoff>) -> Result<(), StoreError> {
        let work = move |transaction: &Transaction<'_>, _| {
            let Scope { relay, provider } = &scope;
            match &backoff {
                None => transaction
                    .prepare_cached("DELETE FROM backoff WHERE relay = ?1 AND provider = ?2")?
                    .execute((relay, provider))?,
                Some(Backoff { since, until, step, said, campaign, .. }) => transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO backoff (relay, provider, since, until, step, said, campaign)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute((
                        relay,
                        provider,
                        since.as_microsecond(),
                        until.as_microsecond(),
                        step,
                        said,
                        campaign.map(|campaign| campaign.0),
                    ))?,
            };
            Ok(Progress::Done(()))
        };
        self.ask(work, |()| Vec::new()).await
    }
}

impl Store {
    /// What `relay` and the providers behind it have had lately, for whoever only looks.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn paced(&self, relay: &str) -> Result<Paced, StoreError> {
        self.with(|connection| {
            Ok(Paced { dots: dots(connection, relay)?, backoffs: backoffs(connection, relay)? })
        })
    }

    /// Forgets that `relay` and the providers behind it get less for a while, and makes
    /// those of `campaign` due who wait since they were held back by such an answer.
    ///
    /// Whoever was deferred for their own sake keeps their time. A run that goes on knows of its own, so only whoever holds the sending asks for it.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn forget_backoffs(
        &self,
        relay: &str,
        campaign: CampaignId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.with(|connection| {
            let transaction = schema::begin(connection)?;
            transaction.execute("DELETE FROM backoff WHERE relay = ?1", [relay])?;
            transaction.execute(
                "UPDATE delivery SET due = ?3
                 WHERE campaign = ?1 AND state = ?2 AND due > ?3 AND ?4 =
                     (SELECT step FROM event WHERE event.campaign = delivery.campaign
                          AND event.number = delivery.number ORDER BY id DESC LIMIT 1)",
                (campaign.0, rows::number_of(State::Deferred), now.as_microsecond(), word(Step::Hold)),
            )?;
            Ok(transaction.commit()?)
        })
    }

    /// Until when `relay` takes nothing, in whose words, if it is so.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn closed_until(
        &self,
        relay: &str,
        now: Timestamp,
    ) -> Result<Option<(Timestamp, String)>, StoreError> {
        self.with(|connection| {
            let found = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM backoff WHERE relay = ?1 AND provider = ''"))?
                .query_row([relay], backoff)
                .optional()?;
            Ok(found.and_then(|(_, backoff)| Some((backoff.closed_until(now)?, backoff.said))))
        })
    }
}

fn dots(connection: &Connection, relay: &str) -> Result<Vec<(String, Grain, i64, u64)>, Fault> {
    let mut select = connection
        .prepare_cached("SELECT provider, grain, slot, dots FROM pace WHERE relay = ?1 ORDER BY slot")?;
    let found = select.query_map([relay], |row| {
        let length: i64 = row.get(1)?;
        let grain = Grain::of(length).ok_or(rusqlite::Error::IntegralValueOutOfRange(1, length))?;
        Ok((row.get(0)?, grain, row.get(2)?, row.get::<_, i64>(3)?.unsigned_abs()))
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn backoffs(connection: &Connection, relay: &str) -> Result<Vec<(String, Backoff)>, Fault> {
    let mut select = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM backoff WHERE relay = ?1 ORDER BY provider"))?;
    let found = select.query_map([relay], backoff)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The columns [`backoff`] reads, in its order.
const COLUMNS: &str = "provider, since, until, step, said, campaign";

fn backoff(row: &Row<'_>) -> rusqlite::Result<(String, Backoff)> {
    let (since, until) = (rows::timestamp(row, 1)?, rows::timestamp(row, 2)?);
    let campaign = row.get::<_, Option<i64>>(5)?.map(CampaignId);
    Ok((row.get(0)?, Backoff { since, until, step: row.get(3)?, said: row.get(4)?, campaign, accepted: 0 }))
}
