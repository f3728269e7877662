//! What a run leaves unfinished is settled: by the next one, or by itself when it may
//! not finish.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};

use super::campaigns::{self, CampaignState};
use super::deliveries::{self, ReplyRecord, record};
use super::error::Fault;
use super::writer::Progress;
use super::{Sending, StoreError, clock, rows, schema, settle};
use crate::fault::{Point, pass};
use crate::outbox::{CampaignId, DeliveryId, State, Step};

/// So many who are unknown at once pause a campaign.
const UNKNOWNS: usize = 3;

/// What was left unfinished.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Deliveries that were taken up and put back: nothing of them was accepted.
    pub released: u64,
    /// Deliveries whose final dot may have been written, with their addresses.
    pub unknown: Vec<(DeliveryId, String)>,
    /// Campaigns of which so many are unknown now that they were paused, and why.
    pub paused: Vec<(CampaignId, String)>,
    /// The last moment that was noted, when that is yet to come: the clock was turned
    /// back.
    pub ahead: Option<Timestamp>,
}

impl Sending {
    /// Settles at once whatever was taken up and is not going to be finished: what is
    /// claimed is put back, and what is at its dot is unknown.
    ///
    /// Only when nobody works on any of it any more.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreError::Fenced`] when somebody else has taken over, and if the
    /// database does.
    pub async fn give_up(&self, now: Timestamp) -> Result<Recovered, StoreError> {
        let said = "the run was stopped before the relay had answered";
        let work = move |transaction: &Transaction<'_>, _| tidy(transaction, said, now).map(Progress::Done);
        self.ask(work, |_| Vec::new()).await
    }
}

/// Takes a new epoch, under which nobody else writes, and settles what the last one
/// left.
pub(super) fn recover(connection: &mut Connection, now: Timestamp) -> Result<(i64, Recovered), Fault> {
    let transaction = schema::begin(connection)?;
    let epoch =
        transaction
            .query_row("UPDATE newsletter SET epoch = epoch + 1 RETURNING epoch", [], |row| row.get(0))?;
    let ahead = clock::set_right(&transaction, now)?;
    let mut recovered = tidy(&transaction, "the run ended before the relay had answered", now)?;
    recovered.paused = pause(&transaction, &recovered.unknown, now)?;
    pass(Point::RecoveryWritten);
    transaction.commit()?;
    pass(Point::Recovered);
    // A cancelling that was interrupted is completed.
    let cancelled: Vec<i64> = connection
        .prepare("SELECT id FROM campaign WHERE state = ?1")?
        .query_map([CampaignState::Cancelled.number()], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in cancelled {
        campaigns::call_off(connection, CampaignId(id), now)?;
    }
    Ok((epoch, Recovered { ahead, ..recovered }))
}

/// Puts back what is claimed, and takes what is at its dot for unknown, with what is
/// `said` of it.
fn tidy(transaction: &Transaction<'_>, said: &str, now: Timestamp) -> Result<Recovered, Fault> {
    let mut recovered = Recovered::default();
    let silence = ReplyRecord { phase: "dot".to_owned(), code: 0, text: said.to_owned() };
    for (from, step) in [(State::Claimed, Step::Release), (State::Dot, Step::Lose)] {
        for (id, address) in left_in(transaction, from)? {
            let next = from.after(step).ok_or(StoreError::Illegal { id, state: from, step })?;
            let next = settle::called_off(transaction, id.campaign, next)?;
            let lost = step == Step::Lose;
            let reply = Some(&silence).filter(|_| lost);
            transaction
                .prepare_cached(
                    "UPDATE delivery SET state = ?3, due = 0, changed = ?4, attempts = attempts + ?5,
                         first_tried = CASE WHEN ?5 OR resent THEN first_tried ELSE NULL END,
                         phase = coalesce(?6, phase), code = coalesce(?7, code), text = coalesce(?8, text)
                     WHERE campaign = ?1 AND number = ?2",
                )?
                .execute((
                    id.campaign.0,
                    id.number,
                    rows::number_of(next),
                    now.as_microsecond(),
                    lost,
                    reply.map(|reply| &reply.phase),
                    reply.map(|reply| reply.code),
                    reply.map(|reply| &reply.text),
                ))?;
            record(transaction, id, now, step, reply)?;
            if lost {
                recovered.unknown.push((id, address));
            } else {
                recovered.released += 1;
            }
        }
    }
    Ok(recovered)
}

/// Pauses each campaign of which as many are unknown as would pause it while it is sent:
/// a program that is killed again and again would leave some behind each time.
fn pause(
    transaction: &Transaction<'_>,
    unknown: &[(DeliveryId, String)],
    now: Timestamp,
) -> Result<Vec<(CampaignId, String)>, Fault> {
    let mut paused = Vec::new();
    for lost in unknown.chunk_by(|(one, _), (other, _)| one.campaign == other.campaign) {
        let id = lost[0].0.campaign;
        let sent = campaigns::state_of(transaction, id)? == Some(CampaignState::Sending);
        if lost.len() < UNKNOWNS || !sent || !deliveries::any_unfinished(transaction, id)? {
            continue;
        }
        let why = format!(
            "the last run ended before the relay had answered, and whether {} people have it is unknown",
            lost.len()
        );
        campaigns::change(transaction, id, CampaignState::Paused, Some(&why), now)?;
        paused.push((id, why));
    }
    Ok(paused)
}

fn left_in(transaction: &Transaction<'_>, state: State) -> Result<Vec<(DeliveryId, String)>, Fault> {
    let mut select = transaction.prepare(
        "SELECT campaign, number, address FROM delivery
         WHERE campaign IN (SELECT id FROM campaign) AND state = ?1 ORDER BY campaign, number",
    )?;
    let found =
        select.query_map([rows::number_of(state)], |row| Ok((rows::delivery_id(row, 0)?, row.get(2)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
