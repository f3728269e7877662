//! What the publisher decides about single deliveries: unknown ones are settled, and
//! those nobody took are tried once more.

use std::thread;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::campaigns::{self, CampaignState, STRIDE};
use super::deliveries::{ReplyRecord, record};
use super::error::Fault;
use super::{Store, StoreError, rows, schema, settle};
use crate::fault::{Point, pass};
use crate::outbox::{CampaignId, DeliveryId, State, Step};

impl Store {
    /// Settles a delivery of which nobody knows whether it was accepted, by evidence
    /// or by the publisher's word; false when it is not unknown.
    ///
    /// `step` is what is known now: `Accept`, `Fail`, `Cancel` or `Resend`. One that is
    /// sent again keeps its first moment for good, so that the second copy is the first
    /// one over again; in a campaign that was cancelled it is cancelled, and one that was
    /// finished goes on. What is said with it is kept as the last thing that was said.
    ///
    /// # Errors
    ///
    /// Fails when there is no such delivery, with a step that does not lead on from
    /// unknown, with [`StoreError::Held`] for one of a finished campaign that is restored
    /// and to be sent again, and if the database does.
    pub fn settle_unknown(
        &self,
        id: DeliveryId,
        step: Step,
        reply: Option<&ReplyRecord>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(next) = State::Unknown.after(step) else {
            return Err(StoreError::Illegal { id, state: State::Unknown, step });
        };
        self.with(|connection| {
            let transaction = schema::begin(connection)?;
            let found = transaction
                .prepare_cached("SELECT state FROM delivery WHERE campaign = ?1 AND number = ?2")?
                .query_row((id.campaign.0, id.number), |row| rows::state(row, 0))
                .optional()?
                .ok_or(StoreError::NoDelivery(id))?;
            if found != State::Unknown {
                return Ok(false);
            }
            let next = settle::called_off(&transaction, id.campaign, next)?;
            transaction
                .prepare_cached(
                    "UPDATE delivery SET state = ?3, due = 0, epoch = 0, changed = ?4, resent = resent OR ?5,
                         phase = coalesce(?6, phase), code = coalesce(?7, code), text = coalesce(?8, text)
                     WHERE campaign = ?1 AND number = ?2",
                )?
                .execute((
                    id.campaign.0,
                    id.number,
                    rows::number_of(next),
                    now.as_microsecond(),
                    step == Step::Resend,
                    reply.map(|reply| &reply.phase),
                    reply.map(|reply| reply.code),
                    reply.map(|reply| &reply.text),
                ))?;
            record(&transaction, id, now, step, reply)?;
            if step == Step::Resend {
                campaigns::go_on(&transaction, id.campaign, now)?;
            }
            pass(Point::DecisionWritten);
            transaction.commit()?;
            pass(Point::Decided);
            Ok(true)
        })
    }

    /// Has those of a campaign sent once more who were refused or whose time ran out;
    /// returns how many. Whoever is anywhere else by now, or is suppressed, is left as
    /// they are.
    ///
    /// The campaign goes on until `until` at least, also when it was finished. Their next
    /// copies are new ones, but for those of whom a copy may be out: these keep their
    /// first moment.
    ///
    /// # Errors
    ///
    /// Fails when there is no such campaign, and if the database does. What was put
    /// back before stays so.
    pub fn retry(
        &self,
        campaign: CampaignId,
        numbers: &[u32],
        until: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.with(|connection| {
            let mut put_back = 0;
            for stride in numbers.chunks(STRIDE as usize) {
                if put_back > 0 {
                    thread::sleep(schema::GAP);
                }
                put_back += retry(connection, campaign, stride, until, now)?;
            }
            Ok(put_back)
        })
    }

    /// Lets a campaign go on until `until` at least.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn prolong(&self, campaign: CampaignId, until: Timestamp) -> Result<(), StoreError> {
        self.with(|connection| {
            let transaction = schema::begin(connection)?;
            prolong(&transaction, campaign, until)?;
            Ok(transaction.commit()?)
        })
    }
}

fn retry(
    connection: &mut Connection,
    campaign: CampaignId,
    numbers: &[u32],
    until: Timestamp,
    now: Timestamp,
) -> Result<u64, Fault> {
    let transaction = schema::begin(connection)?;
    let state = campaigns::state_of(&transaction, campaign)?.ok_or(StoreError::NoCampaign(campaign))?;
    if state == CampaignState::Cancelled {
        return Ok(0);
    }
    prolong(&transaction, campaign, until)?;
    let mut put_back = 0;
    for number in numbers {
        let id = DeliveryId { campaign, number: *number };
        let found = transaction
            .prepare_cached(
                "SELECT state FROM delivery WHERE campaign = ?1 AND number = ?2 AND NOT EXISTS
                     (SELECT 1 FROM suppression WHERE suppression.key = delivery.key)",
            )?
            .query_row((campaign.0, number), |row| rows::state(row, 0))
            .optional()?;
        let Some(next) = found.and_then(|state| state.after(Step::Retry)) else { continue };
        transaction
            .prepare_cached(
                "UPDATE delivery SET state = ?3, due = 0, epoch = 0, holds = 0, changed = ?4,
                     first_tried = CASE WHEN resent THEN first_tried ELSE NULL END
                 WHERE campaign = ?1 AND number = ?2",
            )?
            .execute((campaign.0, number, rows::number_of(next), now.as_microsecond()))?;
        record(&transaction, id, now, Step::Retry, None)?;
        put_back += 1;
    }
    if put_back > 0 {
        campaigns::go_on(&transaction, campaign, now)?;
    }
    transaction.commit()?;
    Ok(put_back)
}

fn prolong(transaction: &Transaction<'_>, campaign: CampaignId, until: Timestamp) -> Result<(), Fault> {
    let known = campaigns::read(transaction, campaign)?.ok_or(StoreError::NoCampaign(campaign))?;
    // One that is finished starts anew when it is sent again.
    if let (Some(begun), false) = (known.begun, known.state == CampaignState::Finished) {
        let lasts = until.duration_since(begun).as_micros();
        transaction
            .prepare_cached("UPDATE campaign SET lasts = max(lasts, ?2) WHERE id = ?1")?
            .execute((campaign.0, i64::try_from(lasts).unwrap_or(i64::MAX)))?;
    }
    Ok(())
}
