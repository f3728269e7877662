//! Who is next: those who wait for their first try in the order of the plan, then those
//! who were deferred and are due. Providers that get nothing now are passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, ToSql, Transaction};

use super::campaigns::{self, CampaignState};
use super::deliveries::record;
use super::error::Fault;
use super::settle::Claimed;
use super::{StoreError, rows};
use crate::outbox::{CampaignId, DeliveryId, State, Step, group_of};

/// How many deliveries one transaction looks at: some ten milliseconds.
const STRIDE: usize = 2_000;

/// Where to look, and whom to pass over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// The first number of those who wait for their first try.
    pub from: u32,
    /// Providers that get nothing now.
    pub over: Arc<BTreeSet<String>>,
}

/// What a search has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Those who were claimed.
    pub claimed: Vec<Claimed>,
    /// From where those who wait for their first try have not been looked at.
    pub from: u32,
    /// The providers that were passed over, with their first number among those who
    /// wait for their first try.
    pub passed: BTreeMap<String, Option<u32>>,
    /// Whether everybody who is due was looked at.
    pub all: bool,
    /// When the next deferred one is due, when all were looked at.
    pub next_due: Option<Timestamp>,
}

/// A search on its way through several transactions.
pub(super) struct Searching {
    epoch: i64,
    campaign: CampaignId,
    limit: usize,
    now: Timestamp,
    over: Arc<BTreeSet<String>>,
    stage: Stage,
    found: Found,
}

/// How far it has come.
#[derive(Clone, Copy)]
enum Stage {
    Pending,
    /// After this one, in the order of when they are due.
    Deferred(i64, i64),
    Done,
}

impl Searching {
    pub(super) fn new(campaign: CampaignId, limit: usize, search: Search, now: Timestamp) -> Self {
        let found = Found { from: search.from, ..Found::default() };
        Self { epoch: 0, campaign, limit, now, over: search.over, stage: Stage::Pending, found }
    }

    /// Looks at a stride; what was found, when that is all.
    pub(super) fn go_on(
        &mut self,
        transaction: &Transaction<'_>,
        epoch: i64,
    ) -> Result<Option<Found>, Fault> {
        if campaigns::state_of(transaction, self.campaign)? != Some(CampaignState::Sending) {
            self.found.all = true;
            return Ok(Some(std::mem::take(&mut self.found)));
        }
        self.epoch = epoch;
        let mut left = STRIDE;
        while left > 0 && self.found.claimed.len() < self.limit {
            let most = left.min(self.limit - self.found.claimed.len());
            let looked = match self.stage {
                Stage::Pending => self.pending(transaction, most)?,
                Stage::Deferred(due, number) => self.deferred(transaction, (due, number), most)?,
                Stage::Done => break,
            };
            left = left.saturating_sub(looked.max(1));
        }
        let done = matches!(self.stage, Stage::Done);
        if !done && self.found.claimed.is_empty() {
            return Ok(None);
        }
        self.found.all = done;
        if done {
            self.found.next_due = transaction
                .prepare_cached(
                    "SELECT due FROM delivery WHERE campaign = ?1 AND state = ?2 AND due > ?3
                     ORDER BY due LIMIT 1",
                )?
                .query_row(
                    (self.campaign.0, rows::number_of(State::Deferred), self.now.as_microsecond()),
                    |row| rows::timestamp(row, 0),
                )
                .optional()?;
        }
        Ok(Some(std::mem::take(&mut self.found)))
    }

    fn pending(&mut self, transaction: &Transaction<'_>, most: usize) -> Result<usize, Fault> {
        // Whoever waits for the first try is due since 1970, so that the index has them
        // in the order of their numbers.
        let rows = select(
            transaction,
            self.now,
            "due = 0 AND number >= ?3 ORDER BY number LIMIT ?4",
            &[
                &self.campaign.0,
                &rows::number_of(State::Pending),
                &self.found.from,
                &i64::try_from(most).unwrap_or(i64::MAX),
            ],
        )?;
        let looked = rows.len();
        for row in rows {
            let number = row.claimed.id.number;
            self.found.from = number.saturating_add(1);
            if let Some(group) = self.take(transaction, State::Pending, row)? {
                self.found.passed.entry(group).or_default().get_or_insert(number);
            }
        }
        if looked < most {
            self.stage = Stage::Deferred(i64::MIN, 0);
        }
        Ok(looked)
    }

    fn deferred(
        &mut self,
        transaction: &Transaction<'_>,
        (due, number): (i64, i64),
        most: usize,
    ) -> Result<usize, Fault> {
        let rows = select(
            transaction,
            self.now,
            "due <= ?3 AND (due, number) > (?4, ?5) ORDER BY due, number LIMIT ?6",
            &[
                &self.campaign.0,
                &rows::number_of(State::Deferred),
                &self.now.as_microsecond(),
                &due,
                &number,
                &i64::try_from(most).unwrap_or(i64::MAX),
            ],
        )?;
        let looked = rows.len();
        for row in rows {
            self.stage = Stage::Deferred(row.at, i64::from(row.claimed.id.number));
            if let Some(group) = self.take(transaction, State::Deferred, row)? {
                self.found.passed.entry(group).or_default();
            }
        }
        if looked < most {
            self.stage = Stage::Done;
        }
        Ok(looked)
    }

    /// Claims one, or settles that they want no mail; the provider of one that is passed
    /// over.
    fn take(
        &mut self,
        transaction: &Transaction<'_>,
        from: State,
        row: Due,
    ) -> Result<Option<String>, Fault> {
        let Due { claimed, suppressed, .. } = row;
        let group = group_of(claimed.address.domain());
        if !suppressed && self.over.contains(group) {
            return Ok(Some(group.to_owned()));
        }
        let step = if suppressed { Step::Suppress } else { Step::Claim };
        let id: DeliveryId = claimed.id;
        let next = from.after(step).ok_or(StoreError::Illegal { id, state: from, step })?;
        let now = self.now.as_microsecond();
        transaction
            .prepare_cached(
                "UPDATE delivery SET state = ?3, epoch = ?4, changed = ?5,
                     first_tried = coalesce(first_tried, ?5)
                 WHERE campaign = ?1 AND number = ?2",
            )?
            .execute((id.campaign.0, id.number, rows::number_of(next), self.epoch, now))?;
        if suppressed {
            record(transaction, id, self.now, step, None)?;
        } else {
            self.found.claimed.push(claimed);
        }
        Ok(None)
    }
}

/// A delivery that is due.
struct Due {
    claimed: Claimed,
    at: i64,
    suppressed: bool,
}

fn select(
    transaction: &Transaction<'_>,
    now: Timestamp,
    range: &str,
    parameters: &[&dyn ToSql],
) -> Result<Vec<Due>, Fault> {
    let mut select = transaction.prepare_cached(&format!(
        "SELECT campaign, number, address, fields, attempts, first_tried, due, holds,
             EXISTS (SELECT 1 FROM suppression WHERE suppression.key = delivery.key)
         FROM delivery WHERE campaign = ?1 AND state = ?2 AND {range}"
    ))?;
    let found = select.query_map(parameters, |row| due(row, now))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn due(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<Due> {
    let claimed = Claimed {
        id: rows::delivery_id(row, 0)?,
        address: rows::address(row, 2)?,
        values: row.get(3)?,
        attempts: row.get(4)?,
        holds: row.get(7)?,
        first_tried: rows::timestamp_if_any(row, 5)?.unwrap_or(now),
    };
    Ok(Due { claimed, at: row.get(6)?, suppressed: row.get(8)? })
}
