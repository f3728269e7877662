//! What one transaction of the writer does with one delivery.
//!
//! Everything is checked before anything is written, so that what is refused leaves
//! no trace and takes nothing along that others handed in.

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension as _, Transaction};

use super::campaigns::{self, CampaignState};
use super::deliveries::{ReplyRecord, record};
use super::error::Fault;
use super::{StoreError, lately, leaving, rows};
use crate::audience::{EmailAddress, SuppressionReason};
use crate::outbox::{CampaignId, DeliveryId, DotPermit, State, Step};

/// A delivery to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Which one.
    pub id: DeliveryId,
    /// To whom.
    pub address: EmailAddress,
    /// What its copy needs, as it was planned.
    pub values: String,
    /// How often it was tried before.
    pub attempts: u32,
    /// How often it was held by policy before, which is no try of its own.
    pub holds: u32,
    /// The date of its copy: the moment of this claim; or of an earlier one whose copy may
    /// have arrived, by its unknown outcome, and then of every copy after it.
    pub first_tried: Timestamp,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Which one.
    pub id: DeliveryId,
    /// What happened: `Accept`, `Defer`, `Hold`, `Fail`, `Lose`, `Release`, `Suppress` or
    /// `Expire`, the last for one that was refused for now when it is too late for
    /// another try.
    pub step: Step,
    /// What was said.
    pub reply: Option<ReplyRecord>,
    /// When a deferred or held one is tried again; at once when it is not said.
    pub next_at: Option<Timestamp>,
    /// Whether nobody is at the address: it is suppressed in the same commit, with what
    /// was said for its note.
    pub dead: bool,
    /// Whether it is held by its provider's policy: only such holds are counted, because
    /// each makes the next wait longer.
    pub by_policy: bool,
}

/// The answer to somebody who wants to write a final dot.
#[derive(Debug, PartialEq, Eq)]
pub enum Intent {
    /// Write it.
    Permit(DotPermit),
    /// The person wants no mail; this is settled.
    Suppressed,
    /// The campaign is not being sent; the delivery was put back.
    Held,
}

/// A delivery as it is before something is done.
struct Current {
    state: State,
    campaign: CampaignState,
}

/// A settlement that may be written.
struct Checked<'a> {
    settled: &'a Settled,
    next: State,
}

/// Writes down what became of one delivery and asks for the dot of another.
pub(super) fn commit(
    transaction: &Transaction<'_>,
    epoch: i64,
    settled: Option<&Settled>,
    intent: Option<DeliveryId>,
    now: Timestamp,
) -> Result<Option<Intent>, Fault> {
    let checked = settled.map(|settled| check(transaction, epoch, settled)).transpose()?;
    let mut refused = None;
    if let Some(id) = intent {
        let settled_too = settled.is_some_and(|settled| settled.id == id);
        // Nearly all may be written, and that is checked and done in one.
        if settled_too || !allow(transaction, epoch, id, now)? {
            let current = current(transaction, epoch, id)?;
            if settled_too || current.state.after(Step::Intend).is_none() {
                return Err(StoreError::Illegal { id, state: current.state, step: Step::Intend }.into());
            }
            refused = Some(current);
        }
    }
    if let Some(checked) = checked {
        settle(transaction, epoch, &checked, now)?;
    }
    intent
        .map(|id| match refused {
            None => Ok(Intent::Permit(DotPermit::granted(id))),
            Some(current) => turn_away(transaction, epoch, id, &current, now),
        })
        .transpose()
}

/// Puts deliveries back of which nothing can have been accepted, all or none.
pub(super) fn release(transaction: &Transaction<'_>, epoch: i64, ids: &[DeliveryId]) -> Result<(), Fault> {
    let mut put_back = Vec::new();
    for id in ids {
        let current = current(transaction, epoch, *id)?;
        let next = after(*id, current.state, Step::Release)?;
        put_back.push((*id, called_off_in(current.campaign, next)));
    }
    for (id, next) in put_back {
        put(transaction, epoch, id, next)?;
    }
    Ok(())
}

fn check<'a>(transaction: &Transaction<'_>, epoch: i64, settled: &'a Settled) -> Result<Checked<'a>, Fault> {
    let Settled { id, step, .. } = *settled;
    let Current { state, campaign } = current(transaction, epoch, id)?;
    let illegal = StoreError::Illegal { id, state, step };
    let next = match step {
        Step::Claim | Step::Intend | Step::Cancel | Step::Resend | Step::Retry => return Err(illegal.into()),
        // Refused for now, and there is no later.
        Step::Expire => state.after(Step::Defer).and_then(|state| state.after(Step::Expire)),
        step => state.after(step),
    };
    Ok(Checked { settled, next: called_off_in(campaign, next.ok_or(illegal)?) })
}

fn settle(
    transaction: &Transaction<'_>,
    epoch: i64,
    Checked { settled, next }: &Checked<'_>,
    now: Timestamp,
) -> Result<(), Fault> {
    let Settled { id, step, reply, next_at, dead, by_policy } = settled;
    let due = match next {
        State::Deferred => next_at.unwrap_or(now).as_microsecond(),
        _ => 0,
    };
    let tried = matches!(step, Step::Accept | Step::Defer | Step::Fail | Step::Lose | Step::Expire);
    // A definite no, or nothing written: the next copy is a new one.
    let renewed = matches!(step, Step::Defer | Step::Hold | Step::Release);
    let held = *step == Step::Hold && *by_policy;
    let changed = transaction
        .prepare_cached(
            "UPDATE delivery SET state = ?4, due = ?5, attempts = attempts + ?6, changed = ?7,
                 first_tried = CASE WHEN ?8 AND NOT resent THEN NULL ELSE first_tried END,
                 phase = coalesce(?9, phase), code = coalesce(?10, code), text = coalesce(?11, text),
                 holds = holds + ?12
             WHERE campaign = ?1 AND number = ?2 AND epoch = ?3",
        )?
        .execute((
            id.campaign.0,
            id.number,
            epoch,
            rows::number_of(*next),
            due,
            tried,
            now.as_microsecond(),
            renewed,
            reply.as_ref().map(|reply| &reply.phase),
            reply.as_ref().map(|reply| reply.code),
            reply.as_ref().map(|reply| &reply.text),
            held,
        ))?;
    fenced_unless(changed)?;
    if *dead {
        suppress(transaction, *id, reply.as_ref(), now)?;
    }
    if *next == State::Accepted {
        return accepted(transaction, *id, now, reply.as_ref());
    }
    record(transaction, *id, now, *step, reply.as_ref())
}

/// Writes down that a delivery was accepted, where it ends a row of losses: for its own
/// history the delivery itself tells that (`deliveries::last_event`), and nearly all that
/// happens is that.
fn accepted(
    transaction: &Transaction<'_>,
    id: DeliveryId,
    now: Timestamp,
    reply: Option<&ReplyRecord>,
) -> Result<(), Fault> {
    let newest = transaction
        .prepare_cached("SELECT campaign, step FROM event ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    let ended = newest.is_none_or(|(campaign, step)| campaign == id.campaign.0 && lately::ends_a_row(&step));
    if ended { Ok(()) } else { record(transaction, id, now, Step::Accept, reply) }
}

/// Keeps all further mail from the recipient of a delivery, as bounced.
fn suppress(
    transaction: &Transaction<'_>,
    id: DeliveryId,
    reply: Option<&ReplyRecord>,
    now: Timestamp,
) -> Result<(), Fault> {
    let new = transaction
        .prepare_cached(
            "INSERT INTO suppression (key, address, reason, note, since)
             SELECT key, address, ?3, ?4, ?5 FROM delivery WHERE campaign = ?1 AND number = ?2
             ON CONFLICT (key) DO NOTHING",
        )?
        .execute((
            id.campaign.0,
            id.number,
            SuppressionReason::Bounced.word(),
            reply.map(note),
            now.as_microsecond(),
        ))?;
    if new == 0 {
        let key: String = transaction
            .prepare_cached("SELECT key FROM delivery WHERE campaign = ?1 AND number = ?2")?
            .query_row((id.campaign.0, id.number), |row| row.get(0))?;
        leaving::note_reason(transaction, &key, SuppressionReason::Bounced)?;
    }
    Ok(())
}

/// Takes back what [`suppress`] did for these deliveries, and nothing else.
pub(super) fn spare(transaction: &Transaction<'_>, ids: &[DeliveryId]) -> Result<(), Fault> {
    for id in ids {
        transaction
            .prepare_cached(
                "DELETE FROM suppression WHERE reason = ?3 AND (key, note) =
                     (SELECT key, code || ' ' || text FROM delivery WHERE campaign = ?1 AND number = ?2)",
            )?
            .execute((id.campaign.0, id.number, SuppressionReason::Bounced.word()))?;
    }
    Ok(())
}

/// The server's words as they are noted with a suppression.
fn note(reply: &ReplyRecord) -> String {
    format!("{} {}", reply.code, reply.text)
}

/// Allows the dot of a delivery that was claimed here, unless its recipient is suppressed
/// or its campaign is not being sent; whether it did.
fn allow(transaction: &Transaction<'_>, epoch: i64, id: DeliveryId, now: Timestamp) -> Result<bool, Fault> {
    let (from, to) = (State::Claimed, State::Dot);
    debug_assert_eq!(from.after(Step::Intend), Some(to), "this is the step");
    let changed = transaction
        .prepare_cached(
            "UPDATE delivery SET state = ?5, changed = ?6
             WHERE campaign = ?1 AND number = ?2 AND epoch = ?3 AND state = ?4
                 AND NOT EXISTS (SELECT 1 FROM suppression WHERE suppression.key = delivery.key)
                 AND (SELECT campaign.state FROM campaign WHERE campaign.id = ?1) = ?7",
        )?
        .execute((
            id.campaign.0,
            id.number,
            epoch,
            rows::number_of(from),
            rows::number_of(to),
            now.as_microsecond(),
            CampaignState::Sending.number(),
        ))?;
    Ok(changed == 1)
}

/// What becomes of a claimed delivery whose dot is not allowed.
fn turn_away(
    transaction: &Transaction<'_>,
    epoch: i64,
    id: DeliveryId,
    current: &Current,
    now: Timestamp,
) -> Result<Intent, Fault> {
    if current.campaign != CampaignState::Sending && !is_suppressed(transaction, id)? {
        let next = called_off_in(current.campaign, after(id, current.state, Step::Release)?);
        put(transaction, epoch, id, next)?;
        return Ok(Intent::Held);
    }
    let next = called_off_in(current.campaign, after(id, current.state, Step::Suppress)?);
    let changed = transaction
        .prepare_cached(
            "UPDATE delivery SET state = ?4, changed = ?5
             WHERE campaign = ?1 AND number = ?2 AND epoch = ?3",
        )?
        .execute((id.campaign.0, id.number, epoch, rows::number_of(next), now.as_microsecond()))?;
    fenced_unless(changed)?;
    record(transaction, id, now, Step::Suppress, None)?;
    Ok(Intent::Suppressed)
}

fn is_suppressed(transaction: &Transaction<'_>, id: DeliveryId) -> Result<bool, Fault> {
    Ok(transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM suppression WHERE suppression.key = delivery.key)
             FROM delivery WHERE campaign = ?1 AND number = ?2",
        )?
        .query_row((id.campaign.0, id.number), |row| row.get(0))?)
}

/// Puts a delivery where it waits, as if nobody had taken it up.
fn put(transaction: &Transaction<'_>, epoch: i64, id: DeliveryId, next: State) -> Result<(), Fault> {
    let changed = transaction
        .prepare_cached(
            "UPDATE delivery SET state = ?4, due = 0,
                 first_tried = CASE WHEN resent THEN first_tried ELSE NULL END
             WHERE campaign = ?1 AND number = ?2 AND epoch = ?3",
        )?
        .execute((id.campaign.0, id.number, epoch, rows::number_of(next)))?;
    fenced_unless(changed)
}

fn current(transaction: &Transaction<'_>, epoch: i64, id: DeliveryId) -> Result<Current, Fault> {
    // One question, because it is asked for each message.
    let (state, owner, campaign) = transaction
        .prepare_cached(
            "SELECT state, epoch, (SELECT campaign.state FROM campaign WHERE campaign.id = delivery.campaign)
             FROM delivery WHERE campaign = ?1 AND number = ?2",
        )?
        .query_row((id.campaign.0, id.number), |row| {
            let campaign = match row.get_ref(2)? {
                ValueRef::Null => None,
                _ => Some(campaigns::state(row, 2)?),
            };
            Ok((rows::state(row, 0)?, row.get::<_, i64>(1)?, campaign))
        })
        .optional()?
        .ok_or(StoreError::NoDelivery(id))?;
    if owner != epoch {
        return Err(StoreError::NotClaimed(id).into());
    }
    let campaign = campaign.ok_or(StoreError::NoCampaign(id.campaign))?;
    Ok(Current { state, campaign })
}

/// Where a delivery goes in a campaign that may have been cancelled meanwhile.
pub(super) fn called_off(
    transaction: &Transaction<'_>,
    campaign: CampaignId,
    next: State,
) -> Result<State, Fault> {
    let state = campaigns::state_of(transaction, campaign)?.ok_or(StoreError::NoCampaign(campaign))?;
    Ok(called_off_in(state, next))
}

fn called_off_in(campaign: CampaignState, next: State) -> State {
    match (campaign, next) {
        (CampaignState::Cancelled, State::Pending | State::Deferred) => {
            next.after(Step::Cancel).unwrap_or(next)
        }
        _ => next,
    }
}

fn after(id: DeliveryId, state: State, step: Step) -> Result<State, Fault> {
    state.after(step).ok_or_else(|| StoreError::Illegal { id, state, step }.into())
}

fn fenced_unless(changed: usize) -> Result<(), Fault> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Fenced.into()) }
}
