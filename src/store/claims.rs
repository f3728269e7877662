//! Who is next: those who wait for their first try in the order of the plan, then those
//! who were deferred and are due. Providers that get nothing now are passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, ToSql, Transaction};

use super::campaigns::{self, CampaignState};
use super::deliveries::{record, word};
use super::error::Fault;
use super::settle::Claimed;
use super::{StoreError, rows};
use crate::outbox::{CampaignId, DeliveryId, State, Step, group_of};

/// How many deliveries one transaction looks at: some ten milliseconds.
const STRIDE: usize = 2_000;

/// Where to look, and whom to pass over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// These are looked at first, if they are due; no more than are to be claimed.
    pub listed: Vec<u32>,
    /// The first number of those who wait for their first try.
    pub from: u32,
    /// The last of those who were deferred and are due that somebody has looked at.
    pub after: Option<Place>,
    /// The last event when somebody looked before.
    pub since: Option<i64>,
    /// Providers that get nothing now.
    pub over: Arc<BTreeSet<String>>,
}

/// Where somebody is in the order of when they are due: the moment and the number.
pub type Place = (i64, u32);

/// What a search has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Those who were claimed.
    pub claimed: Vec<Claimed>,
    /// From where those who wait for their first try have not been looked at.
    pub from: u32,
    /// After whom of those who were deferred and are due nobody has been looked at.
    pub after: Option<Place>,
    /// The providers that were passed over, with the numbers of those who were.
    pub passed: BTreeMap<String, Vec<u32>>,
    /// Who was put back since by a person's decision, and not looked at.
    pub put_back: Vec<u32>,
    /// The last event now.
    pub event: i64,
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
    /// In the order of the plan, the first last.
    listed: Vec<u32>,
    since: Option<i64>,
    stage: Stage,
    found: Found,
}

/// How far it has come.
#[derive(Clone, Copy)]
enum Stage {
    Begin,
    Listed,
    Pending,
    Deferred,
    Done,
}

impl Searching {
    pub(super) fn new(campaign: CampaignId, limit: usize, search: Search, now: Timestamp) -> Self {
        let Search { mut listed, from, after, since, over } = search;
        listed.sort_unstable_by(|one, other| other.cmp(one));
        let found = Found { from, after, ..Found::default() };
        Self { epoch: 0, campaign, limit, now, over, listed, since, stage: Stage::Begin, found }
    }

    /// Looks at a stride; what was found, when that is all.
    pub(super) fn go_on(
        &mut self,
        transaction: &Transaction<'_>,
        epoch: i64,
    ) -> Result<Option<Found>, Fault> {
        if campaigns::state_of(transaction, self.campaign)? != Some(CampaignState::Sending) {
            self.found.all = true;
            self.found.event = self.since.unwrap_or_default();
            return Ok(Some(std::mem::take(&mut self.found)));
        }
        self.epoch = epoch;
        if matches!(self.stage, Stage::Begin) {
            self.events(transaction)?;
            self.stage = if self.listed.is_empty() { Stage::Pending } else { Stage::Listed };
        }
        let mut left = STRIDE;
        while left > 0 && self.found.claimed.len() < self.limit {
            let most = left.min(self.limit - self.found.claimed.len());
            let looked = match self.stage {
                Stage::Listed => self.listed(transaction, most)?,
                Stage::Pending => self.pending(transaction, most)?,
                Stage::Deferred => self.deferred(transaction, most)?,
                Stage::Begin | Stage::Done => break,
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

    /// Whoever others have put back since. Nothing that is looked at now is missed: it is
    /// seen here, or the event comes later than those that are noted now.
    fn events(&mut self, transaction: &Transaction<'_>) -> Result<(), Fault> {
        self.found.event = transaction
            .prepare_cached("SELECT coalesce(max(id), 0) FROM event")?
            .query_row([], |row| row.get(0))?;
        if let Some(since) = self.since {
            // With the plus the newest are looked at, and not all of the campaign.
            let mut select = transaction.prepare_cached(
                "SELECT number FROM event WHERE id > ?2 AND +campaign = ?1 AND step IN (?3, ?4)",
            )?;
            let found = select
                .query_map((self.campaign.0, since, word(Step::Resend), word(Step::Retry)), |row| {
                    row.get(0)
                })?;
            self.found.put_back = found.collect::<rusqlite::Result<_>>()?;
        }
        Ok(())
    }

    fn listed(&mut self, transaction: &Transaction<'_>, most: usize) -> Result<usize, Fault> {
        for looked in 0..most {
            let Some(number) = self.listed.pop() else {
                self.stage = Stage::Pending;
                return Ok(looked);
            };
            for state in [State::Pending, State::Deferred] {
                let now = self.now.as_microsecond();
                let rows = select(
                    transaction,
                    self.now,
                    "number = ?3 AND due <= ?4",
                    &[&self.campaign.0, &rows::number_of(state), &number, &now],
                )?;
                self.take_all(transaction, state, rows)?;
            }
        }
        Ok(most)
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
        if let Some(last) = rows.last() {
            self.found.from = last.claimed.id.number.saturating_add(1);
        }
        self.take_all(transaction, State::Pending, rows)?;
        if looked < most {
            self.stage = Stage::Deferred;
        }
        Ok(looked)
    }

    fn take_all(&mut self, transaction: &Transaction<'_>, from: State, rows: Vec<Due>) -> Result<(), Fault> {
        let before = self.found.claimed.len();
        for row in rows {
            let number = row.claimed.id.number;
            if let Some(group) = self.take(transaction, from, row)? {
                self.found.passed.entry(group).or_default().push(number);
            }
        }
        self.claim_from(transaction, before, from)
    }

    fn deferred(&mut self, transaction: &Transaction<'_>, most: usize) -> Result<usize, Fault> {
        let (due, number) = self.found.after.unwrap_or((i64::MIN, 0));
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
        if let Some(last) = rows.last() {
            self.found.after = Some((last.at, last.claimed.id.number));
        }
        self.take_all(transaction, State::Deferred, rows)?;
        if looked < most {
            self.stage = Stage::Done;
        }
        Ok(looked)
    }

    /// Takes one to be claimed, or settles that they want no mail; the provider of one
    /// that is passed over.
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
        if suppressed {
            let id = claimed.id;
            self.put(transaction, from, Step::Suppress, (id, id.number))?;
            record(transaction, id, self.now, Step::Suppress, None)?;
        } else {
            self.found.claimed.push(claimed);
        }
        Ok(None)
    }

    /// Claims those who were taken after the first `before`: who stand beside each other
    /// in the plan in one go.
    fn claim_from(&self, transaction: &Transaction<'_>, before: usize, from: State) -> Result<(), Fault> {
        let taken = &self.found.claimed[before..];
        for run in taken.chunk_by(|one, other| one.id.number.checked_add(1) == Some(other.id.number)) {
            let [first, ..] = run else { continue };
            let last = run.last().map_or(first.id.number, |last| last.id.number);
            self.put(transaction, from, Step::Claim, (first.id, last))?;
        }
        Ok(())
    }

    /// Takes a step with all from one delivery to the last number, who are `from` there.
    fn put(
        &self,
        transaction: &Transaction<'_>,
        from: State,
        step: Step,
        (first, last): (DeliveryId, u32),
    ) -> Result<(), Fault> {
        let next = from.after(step).ok_or(StoreError::Illegal { id: first, state: from, step })?;
        let changed = transaction
            .prepare_cached(
                "UPDATE delivery SET state = ?5, epoch = ?6, changed = ?7,
                     first_tried = coalesce(first_tried, ?7)
                 WHERE campaign = ?1 AND number BETWEEN ?2 AND ?3 AND state = ?4",
            )?
            .execute((
                first.campaign.0,
                first.number,
                last,
                rows::number_of(from),
                rows::number_of(next),
                self.epoch,
                self.now.as_microsecond(),
            ))?;
        // All of them, or somebody else has been at work, and nothing of this is kept.
        let all = changed as u64 == u64::from(last - first.number) + 1;
        if all { Ok(()) } else { Err(StoreError::Fenced.into()) }
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
