//! What became of people since somebody last had their campaign go on.
//!
//! What pauses a campaign counts from then: over all runs that go on by themselves, and
//! anew when a person has looked at it.

use rusqlite::{OptionalExtension as _, Transaction};

use super::deliveries::{Counts, word};
use super::error::Fault;
use super::{Store, StoreError, rows, schema};
use crate::outbox::{CampaignId, State, Step};

/// So many of the last events are looked at for answers that were lost in a row.
const LAST: i64 = 200;

/// What became of people since somebody last had their campaign go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lately {
    /// Accepted since.
    pub accepted: u64,
    /// Refused for good since, and not put back.
    pub failed: u64,
    /// Unknown since, and not settled.
    pub unknown: u64,
    /// How many were unknown last, one after the other.
    pub lost_in_a_row: u64,
}

impl Store {
    /// What became of people of a campaign since somebody last had it go on, when its
    /// `counts` are these now.
    ///
    /// # Errors
    ///
    /// Fails when there is no such campaign, and if the database does.
    pub fn lately(&self, id: CampaignId, counts: &Counts) -> Result<Lately, StoreError> {
        self.with(|connection| {
            let had = connection
                .prepare_cached(
                    "SELECT had_accepted, had_failed, had_unknown, had_event FROM campaign WHERE id = ?1",
                )?
                .query_row([id.0], |row| {
                    Ok(([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?], row.get::<_, i64>(3)?))
                })
                .optional()?;
            let (had, last) = had.ok_or(StoreError::NoCampaign(id))?;
            let mut select = connection.prepare_cached(
                "SELECT step FROM event
                 WHERE id > max(?2, (SELECT max(id) FROM event) - ?3) AND +campaign = ?1 ORDER BY id DESC",
            )?;
            let steps = select.query_map((id.0, last, LAST), |row| row.get::<_, String>(0))?;
            let mut lost_in_a_row = 0;
            for step in steps {
                let step = step?;
                if step == word(Step::Lose) {
                    lost_in_a_row += 1;
                } else if ends_a_row(&step) {
                    break;
                }
            }
            let since = |state, had: i64| counts.of(state).saturating_sub(had.unsigned_abs());
            Ok(Lately {
                accepted: since(State::Accepted, had[0]),
                failed: since(State::Failed, had[1]),
                unknown: since(State::Unknown, had[2]),
                lost_in_a_row,
            })
        })
    }

    /// Notes that somebody has a campaign go on that is being sent already, because it was
    /// interrupted: what pauses it counts from now on.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn count_anew(&self, id: CampaignId) -> Result<(), StoreError> {
        self.with(|connection| {
            let transaction = schema::begin(connection)?;
            begin(&transaction, id)?;
            Ok(transaction.commit()?)
        })
    }
}

/// Whether the step of this word is an answer, which ends a row of those that were lost.
pub(super) fn ends_a_row(step: &str) -> bool {
    [Step::Accept, Step::Defer, Step::Hold, Step::Fail].map(word).contains(&step)
}

/// Has what pauses a campaign count from now on.
pub(super) fn begin(transaction: &Transaction<'_>, id: CampaignId) -> Result<(), Fault> {
    let mut had = [0; 3];
    for (had, state) in had.iter_mut().zip([State::Accepted, State::Failed, State::Unknown]) {
        *had = transaction
            .prepare_cached("SELECT count(*) FROM delivery WHERE campaign = ?1 AND state = ?2")?
            .query_row((id.0, rows::number_of(state)), |row| row.get::<_, i64>(0))?;
    }
    transaction
        .prepare_cached(
            "UPDATE campaign SET had_accepted = ?2, had_failed = ?3, had_unknown = ?4,
                 had_event = (SELECT coalesce(max(id), 0) FROM event)
             WHERE id = ?1",
        )?
        .execute((id.0, had[0], had[1], had[2]))?;
    Ok(())
}
