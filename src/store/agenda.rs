//! What goes out by itself: appointments of campaigns, and whose turn it is.

use std::fs;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::campaigns::{self, Campaign, CampaignState};
use super::error::Fault;
use super::{Store, StoreError, rows, schema};
use crate::outbox::{CampaignId, State};

/// When somebody looked last whether anything is due.
const LOOKED: &str = "tick";

/// A campaign is to go out by itself: somebody has seen its plan and agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// When.
    pub due: Timestamp,
    /// The same with its zone, as it was written; the store does not look inside.
    pub text: String,
    /// It does not begin after this.
    pub not_after: Timestamp,
    /// When somebody agreed.
    pub agreed: Timestamp,
}

/// The last turn that a campaign had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// There is no point in another one before this.
    pub not_before: Timestamp,
    /// How many turns before and including this one came to nothing.
    pub failures: u32,
}

/// A campaign that goes on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The campaign: planned with an appointment, or being sent.
    pub campaign: Campaign,
    /// Its appointment; one that is being sent may never have had any.
    pub appointment: Option<Appointment>,
    /// When there is something to do for it, while it is being sent: the beginning of
    /// 1970 when somebody waits for their first try, or when it is only to be finished.
    pub next: Timestamp,
    /// When it was written to last, as far as the next of it to be due and its own state
    /// tell: later than now after a clock was turned back.
    pub noted: Timestamp,
    /// Its last turn.
    pub turn: Option<Turn>,
}

impl Store {
    /// Has a campaign go out by itself; false when it has begun, or was called off.
    ///
    /// One that was paused before it began is planned again.
    ///
    /// # Errors
    ///
    /// Fails when there is no such campaign, with [`StoreError::Held`] for a restored one
    /// that nobody has answered for, with [`StoreError::Alike`] when another one with the
    /// same content and list is not over or waits for its own time, and if the database
    /// does.
    pub fn appoint(
        &self,
        id: CampaignId,
        appointment: &Appointment,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.with(|connection| {
            let transaction = schema::begin(connection)?;
            let campaign = campaigns::read(&transaction, id)?.ok_or(StoreError::NoCampaign(id))?;
            let waits = match campaign.state {
                CampaignState::Planned => true,
                CampaignState::Paused => campaign.begun.is_none(),
                _ => false,
            };
            if !waits {
                return Ok(false);
            }
            if let Some(backup) = campaign.held {
                return Err(StoreError::Held { id, slug: campaign.slug, backup }.into());
            }
            if let Some(other) = alike(&transaction, &campaign)? {
                return Err(StoreError::Alike(other).into());
            }
            let due = appointment.due.as_microsecond();
            transaction.execute(
                "INSERT OR REPLACE INTO appointment (campaign, due, text, not_after, agreed)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (
                    id.0,
                    due,
                    &appointment.text,
                    appointment.not_after.as_microsecond(),
                    appointment.agreed.as_microsecond(),
                ),
            )?;
            transaction.execute(
                "UPDATE campaign SET state = ?2, due = ?3, reason = NULL, changed = ?4 WHERE id = ?1",
                (id.0, CampaignState::Planned.number(), due, now.as_microsecond()),
            )?;
            transaction.commit()?;
            Ok(true)
        })
    }

    /// The appointment of a campaign, if it ever had one.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn appointment(&self, id: CampaignId) -> Result<Option<Appointment>, StoreError> {
        self.with(|connection| appointment_of(connection, id))
    }

    /// Starts a campaign whose time has come; false when it is not waiting for exactly
    /// this appointment any more, because somebody else was faster, paused it, called it
    /// off or chose another time.
    ///
    /// # Errors
    ///
    /// Fails when there is no such campaign, and if the database does.
    pub fn start_appointed(
        &self,
        id: CampaignId,
        appointment: &Appointment,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.leave_appointed(id, appointment, CampaignState::Sending, None, now)
    }

    /// Holds a campaign that was not begun in time; false as in
    /// [`start_appointed`](Store::start_appointed).
    ///
    /// # Errors
    ///
    /// Fails when there is no such campaign, and if the database does.
    pub fn miss_appointed(
        &self,
        id: CampaignId,
        appointment: &Appointment,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.leave_appointed(id, appointment, CampaignState::Paused, Some(reason), now)
    }

    fn leave_appointed(
        &self,
        id: CampaignId,
        appointment: &Appointment,
        next: CampaignState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.with(|connection| {
            let transaction = schema::begin(connection)?;
            let state = campaigns::state_of(&transaction, id)?.ok_or(StoreError::NoCampaign(id))?;
            let same = appointment_of(&transaction, id)?.as_ref() == Some(appointment);
            let left = state == CampaignState::Planned
                && same
                && campaigns::change(&transaction, id, next, reason, now)?;
            transaction.commit()?;
            Ok(left)
        })
    }

    /// Everything that goes on by itself: campaigns that wait for their appointment, and
    /// those that are being sent. Rehearsals do not, nor does what a restored state has
    /// still to be answered for.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn agenda(&self) -> Result<Vec<Entry>, StoreError> {
        let mut entries = Vec::new();
        for campaign in self.campaigns()? {
            if campaign.rehearsal || campaign.held.is_some() {
                continue;
            }
            let entry = self.with(|connection| {
                let appointment = appointment_of(connection, campaign.id)?;
                let goes_on = match campaign.state {
                    CampaignState::Planned => appointment.is_some(),
                    state => state == CampaignState::Sending,
                };
                if !goes_on {
                    return Ok(None);
                }
                let (next, noted) = next_of(connection, &campaign)?;
                let turn = turn_of(connection, campaign.id)?;
                Ok(Some(Entry { campaign, appointment, next, noted, turn }))
            })?;
            entries.extend(entry);
        }
        Ok(entries)
    }

    /// How many of a campaign wait and were never tried.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn untried(&self, campaign: CampaignId) -> Result<u64, StoreError> {
        self.with(|connection| {
            let count: i64 = connection
                .prepare_cached(
                    "SELECT count(*) FROM delivery WHERE campaign = ?1 AND state = ?2 AND attempts = 0",
                )?
                .query_row((campaign.0, rows::number_of(State::Pending)), |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or(0))
        })
    }

    /// Notes the turn that a campaign has, or has had.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn note_turn(&self, id: CampaignId, turn: &Turn) -> Result<(), StoreError> {
        self.with(|connection| {
            connection.execute(
                "INSERT OR REPLACE INTO turn (campaign, began, ended, not_before, failures)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (
                    id.0,
                    turn.began.as_microsecond(),
                    turn.ended.as_microsecond(),
                    turn.not_before.as_microsecond(),
                    turn.failures,
                ),
            )?;
            Ok(())
        })
    }

    /// Notes that somebody looked whether anything is due.
    ///
    /// # Errors
    ///
    /// Fails when the folder of the store cannot be written.
    pub fn note_look(&self, now: Timestamp) -> Result<(), StoreError> {
        let path = self.inner.dir.join(LOOKED);
        fs::write(&path, format!("{now}\n")).map_err(|error| StoreError::io(&path, &error))
    }

    /// When somebody looked last whether anything is due, if it is known.
    #[must_use]
    pub fn last_look(&self) -> Option<Timestamp> {
        fs::read_to_string(self.inner.dir.join(LOOKED)).ok()?.trim().parse().ok()
    }
}

/// Another campaign with the same content and list that is not over, or waits for its
/// time: nobody is to get both.
fn alike(transaction: &Transaction<'_>, campaign: &Campaign) -> Result<Option<CampaignId>, Fault> {
    let [planned, sending, paused] =
        [CampaignState::Planned, CampaignState::Sending, CampaignState::Paused].map(CampaignState::number);
    Ok(transaction
        .prepare_cached(
            "SELECT id FROM campaign
             WHERE content_hash = ?1 AND list = ?2 AND id <> ?3 AND NOT rehearsal AND (state IN (?5, ?6)
                 OR (state = ?4 AND EXISTS (SELECT 1 FROM appointment WHERE appointment.campaign = campaign.id)))
             ORDER BY id LIMIT 1",
        )?
        .query_row((&campaign.content_hash, &campaign.list, campaign.id.0, planned, sending, paused), |row| {
            row.get(0).map(CampaignId)
        })
        .optional()?)
}

pub(super) fn appointment_of(connection: &Connection, id: CampaignId) -> Result<Option<Appointment>, Fault> {
    let read = |row: &Row<'_>| {
        Ok(Appointment {
            due: rows::timestamp(row, 0)?,
            text: row.get(1)?,
            not_after: rows::timestamp(row, 2)?,
            agreed: rows::timestamp(row, 3)?,
        })
    };
    Ok(connection
        .prepare_cached("SELECT due, text, not_after, agreed FROM appointment WHERE campaign = ?1")?
        .query_row([id.0], read)
        .optional()?)
}

fn turn_of(connection: &Connection, id: CampaignId) -> Result<Option<Turn>, Fault> {
    let read = |row: &Row<'_>| {
        Ok(Turn {
            began: rows::timestamp(row, 0)?,
            ended: rows::timestamp(row, 1)?,
            not_before: rows::timestamp(row, 2)?,
            failures: row.get(3)?,
        })
    };
    Ok(connection
        .prepare_cached("SELECT began, ended, not_before, failures FROM turn WHERE campaign = ?1")?
        .query_row([id.0], read)
        .optional()?)
}

/// When there is something to do for a campaign that is being sent, and when it was
/// written to last.
fn next_of(connection: &Connection, campaign: &Campaign) -> Result<(Timestamp, Timestamp), Fault> {
    let first = |state: State| -> Result<Option<(Timestamp, Timestamp)>, Fault> {
        Ok(connection
            .prepare_cached(
                "SELECT due, changed FROM delivery WHERE campaign = ?1 AND state = ?2 ORDER BY due LIMIT 1",
            )?
            .query_row((campaign.id.0, rows::number_of(state)), |row| {
                Ok((rows::timestamp(row, 0)?, rows::timestamp(row, 1)?))
            })
            .optional()?)
    };
    for state in [State::Pending, State::Claimed, State::Dot] {
        if first(state)?.is_some() {
            return Ok((Timestamp::UNIX_EPOCH, campaign.changed));
        }
    }
    // Who is deferred beyond the last moment is expired at that moment.
    let expires = campaign.expires().unwrap_or(Timestamp::MAX);
    Ok(match first(State::Deferred)? {
        Some((due, noted)) => (due.min(expires), noted.max(campaign.changed)),
        None => (Timestamp::UNIX_EPOCH, campaign.changed),
    })
}
