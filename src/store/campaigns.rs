//! Campaigns and their states.

use std::thread;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::error::Fault;
use super::{Store, StoreError, agenda, deliveries, lately, rows, schema};
use crate::fault::{Point, pass};
use crate::outbox::{CampaignId, Step};

/// How many deliveries are called off in one transaction: some ten milliseconds.
pub(super) const STRIDE: u32 = 2_000;

/// Where a campaign is. The numbers are those of the store and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CampaignState {
    /// Its deliveries are being written.
    Planning = 0,
    /// It is whole, and nothing of it was sent.
    Planned = 1,
    /// It is being sent, by whoever holds the sending.
    Sending = 2,
    /// It is held; `reason` says why.
    Paused = 3,
    /// Nobody of it is pending or deferred.
    Finished = 4,
    /// The publisher called it off.
    Cancelled = 5,
}

impl CampaignState {
    /// All states, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Planning, Self::Planned, Self::Sending, Self::Paused, Self::Finished, Self::Cancelled];

    /// The word people read for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether a campaign goes from here to `next` when somebody says so. A finished
    /// one is sent again when somebody of it is put back.
    #[must_use]
    pub fn leads_to(self, next: Self) -> bool {
        use CampaignState::{Cancelled, Finished, Paused, Planned, Sending};
        matches!(
            (self, next),
            (Planned | Paused | Finished, Sending)
                | (Planned | Sending, Paused)
                | (Sending | Paused, Finished)
                | (Planned | Sending | Paused, Cancelled)
        )
    }

    /// Whether nothing more happens to it by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled)
    }

    fn of(number: i64) -> Option<Self> {
        usize::try_from(number).ok().and_then(|number| Self::ALL.get(number).copied())
    }

    pub(super) fn number(self) -> i64 {
        i64::from(self as u8)
    }
}

/// A campaign without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Its number.
    pub id: CampaignId,
    /// Its name in commands.
    pub slug: String,
    /// Its subject line.
    pub subject: String,
    /// The list it goes to.
    pub list: String,
    /// The hash of its content.
    pub content_hash: String,
    /// Whether it goes to the inbox of this machine and to nobody.
    pub rehearsal: bool,
    /// When it goes out, when that was said.
    pub due: Option<Timestamp>,
    /// How long after its start those who were deferred are tried again.
    pub lasts: SignedDuration,
    /// When it was planned.
    pub planned: Timestamp,
    /// When it was sent first.
    pub begun: Option<Timestamp>,
    /// The time of the backup it was restored from, until somebody answers for what
    /// may have been sent since.
    pub held: Option<Timestamp>,
    /// Where it is.
    pub state: CampaignState,
    /// Why it is there, when somebody said.
    pub reason: Option<String>,
    /// When its state changed last.
    pub changed: Timestamp,
}

impl Campaign {
    /// Whether it is a plan that nobody has agreed to.
    #[must_use]
    pub fn is_open_plan(&self) -> bool {
        self.state == CampaignState::Planned && self.due.is_none() && !self.rehearsal
    }

    /// The last moment for those who wait, counted from when it was sent first, or is
    /// due. None while nobody knows when it starts: a plan may lie as long as it likes.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        self.begun.or(self.due).map(|start| start.checked_add(self.lasts).unwrap_or(Timestamp::MAX))
    }
}

impl Store {
    /// All campaigns, the oldest first.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn campaigns(&self) -> Result<Vec<Campaign>, StoreError> {
        self.with(|connection| {
            let mut select =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM campaign ORDER BY id"))?;
            let found = select.query_map([], campaign)?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// One campaign, when it is there.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn campaign(&self, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
        self.with(|connection| read(connection, id))
    }

    /// The content of a campaign, as it was planned.
    ///
    /// # Errors
    ///
    /// Fails when there is no such campaign, and if the database does.
    pub fn content(&self, id: CampaignId) -> Result<String, StoreError> {
        self.with(|connection| {
            let found = connection
                .prepare_cached("SELECT content FROM campaign WHERE id = ?1")?
                .query_row([id.0], |row| row.get(0))
                .optional()?;
            Ok(found.ok_or(StoreError::NoCampaign(id))?)
        })
    }

    /// Moves a campaign to `next`; false when it does not go there from where it is,
    /// and for `Finished` also while something of it waits or is being sent.
    ///
    /// Cancelling calls off what is pending and deferred, now or, for what is being
    /// sent, when it comes back; what is unknown stays so.
    ///
    /// # Errors
    ///
    /// Fails when there is no such campaign, with [`StoreError::Held`] for `Sending`
    /// while nobody has answered for what a restored campaign may have sent since its
    /// backup, and if the database does.
    pub fn set_state(
        &self,
        id: CampaignId,
        next: CampaignState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.with(|connection| {
            let transaction = schema::begin(connection)?;
            if !change(&transaction, id, next, reason, now)? {
                return Ok(false);
            }
            pass(Point::StateWritten);
            transaction.commit()?;
            pass(Point::StateChanged);
            if next == CampaignState::Cancelled {
                call_off(connection, id, now)?;
            }
            Ok(true)
        })
    }

    /// Calls off what still waits of a cancelled campaign, and nothing of any other.
    ///
    /// Whoever cancels does it stride by stride and may be killed on the way; any number
    /// may do it at once.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn call_off(&self, id: CampaignId, now: Timestamp) -> Result<(), StoreError> {
        self.with(|connection| match read(connection, id)? {
            Some(Campaign { state: CampaignState::Cancelled, .. }) => call_off(connection, id, now),
            _ => Ok(()),
        })
    }
}

/// Moves a campaign to `next` within a transaction; false when it does not go there.
pub(super) fn change(
    transaction: &Transaction<'_>,
    id: CampaignId,
    next: CampaignState,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<bool, Fault> {
    use CampaignState::{Finished, Paused, Planned, Sending};
    let state = state_of(transaction, id)?.ok_or(StoreError::NoCampaign(id))?;
    let goes = match (state, next) {
        _ if !state.leads_to(next) => false,
        // What is paused is sent when it is resumed, and nobody has agreed to this one.
        (Planned, Paused) => agenda::appointment_of(transaction, id)?.is_some(),
        (_, Finished) => !deliveries::any_unfinished(transaction, id)?,
        // It has nobody to go on for, and keeps the moment it was begun.
        (Finished, _) => deliveries::any_unfinished(transaction, id)?,
        _ => true,
    };
    if !goes {
        return Ok(false);
    }
    if next == Sending {
        begin(transaction, id, state, now)?;
    }
    transaction
        .prepare_cached("UPDATE campaign SET state = ?2, reason = ?3, changed = ?4 WHERE id = ?1")?
        .execute((id.0, next.number(), reason, now.as_microsecond()))?;
    Ok(true)
}

/// Has a finished campaign go on for those who were just put back: it is over only when
/// nobody waits.
pub(super) fn go_on(transaction: &Transaction<'_>, id: CampaignId, now: Timestamp) -> Result<(), Fault> {
    if state_of(transaction, id)? == Some(CampaignState::Finished) {
        change(transaction, id, CampaignState::Sending, None, now)?;
    }
    Ok(())
}

/// Notes when a campaign starts, and that what pauses it counts from now on. One that was
/// finished starts anew: whoever is sent to then was decided on now.
fn begin(
    transaction: &Transaction<'_>,
    id: CampaignId,
    from: CampaignState,
    now: Timestamp,
) -> Result<(), Fault> {
    let campaign = read(transaction, id)?.ok_or(StoreError::NoCampaign(id))?;
    if let Some(backup) = campaign.held {
        return Err(StoreError::Held { id, slug: campaign.slug, backup }.into());
    }
    if from != CampaignState::Planned {
        lately::begin(transaction, id)?;
    }
    if campaign.begun.is_none() || from == CampaignState::Finished {
        transaction
            .prepare_cached("UPDATE campaign SET begun = ?2 WHERE id = ?1")?
            .execute((id.0, now.as_microsecond()))?;
    }
    Ok(())
}

/// Cancels what waits of a cancelled campaign, in strides.
pub(super) fn call_off(connection: &mut Connection, id: CampaignId, now: Timestamp) -> Result<(), Fault> {
    loop {
        let transaction = schema::begin(connection)?;
        let done = deliveries::step_waiting(&transaction, id, Step::Cancel, STRIDE, now)?;
        transaction.commit()?;
        pass(Point::CalledOff);
        if done < u64::from(STRIDE) {
            return Ok(());
        }
        thread::sleep(schema::GAP);
    }
}

/// Where a campaign is, when it is there.
pub(super) fn state_of(
    transaction: &Transaction<'_>,
    id: CampaignId,
) -> Result<Option<CampaignState>, Fault> {
    Ok(transaction
        .prepare_cached("SELECT state FROM campaign WHERE id = ?1")?
        .query_row([id.0], |row| state(row, 0))
        .optional()?)
}

/// One campaign, when it is there.
pub(super) fn read(connection: &Connection, id: CampaignId) -> Result<Option<Campaign>, Fault> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM campaign WHERE id = ?1"))?
        .query_row([id.0], campaign)
        .optional()?)
}

/// The columns [`campaign`] reads, in its order.
const COLUMNS: &str = "id, slug, subject, list, content_hash, rehearsal, due, lasts, planned, begun, \
                       held, state, reason, changed";

fn campaign(row: &Row<'_>) -> rusqlite::Result<Campaign> {
    Ok(Campaign {
        id: CampaignId(row.get(0)?),
        slug: row.get(1)?,
        subject: row.get(2)?,
        list: row.get(3)?,
        content_hash: row.get(4)?,
        rehearsal: row.get(5)?,
        due: rows::timestamp_if_any(row, 6)?,
        lasts: SignedDuration::from_micros(row.get(7)?),
        planned: rows::timestamp(row, 8)?,
        begun: rows::timestamp_if_any(row, 9)?,
        held: rows::timestamp_if_any(row, 10)?,
        state: state(row, 11)?,
        reason: row.get(12)?,
        changed: rows::timestamp(row, 13)?,
    })
}

pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<CampaignState> {
    let number: i64 = row.get(column)?;
    CampaignState::of(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_states_are_one() {
        for state in CampaignState::ALL {
            assert_eq!(CampaignState::of(state.number()), Some(state));
        }
        assert_eq!(CampaignState::of(6), None);
    }

    #[test]
    fn a_cancelled_campaign_stays_so_and_nobody_is_put_back_to_planning() {
        for state in CampaignState::ALL {
            assert!(!CampaignState::Cancelled.leads_to(state));
            assert!(!state.leads_to(CampaignState::Planning) && !state.leads_to(CampaignState::Planned));
        }
    }
}
