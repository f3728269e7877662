//! What became of the recipients of a campaign.

use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension as _, Row, Transaction};

use super::campaigns::{self, Campaign};
use super::error::Fault;
use super::{Store, StoreError, rows};
use crate::audience::EmailAddress;
use crate::outbox::{CampaignId, DeliveryId, State, Step};

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyRecord {
    /// To what it was the answer, in the word of whoever sends.
    pub phase: String,
    /// The three digits.
    pub code: u16,
    /// The text after them.
    pub text: String,
}

/// A delivery and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Which one.
    pub id: DeliveryId,
    /// To whom.
    pub address: EmailAddress,
    /// Where it is.
    pub state: State,
    /// How often it was tried: a try ends in a reply or in doubt.
    pub attempts: u32,
    /// What was said last.
    pub reply: Option<ReplyRecord>,
    /// When it is tried again, while it is deferred.
    pub next_at: Option<Timestamp>,
    /// When its state changed last.
    pub changed: Timestamp,
}

/// Something that happened to a delivery; taking it up and allowing its dot are not
/// kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub step: Step,
    /// What was said, if anything was.
    pub reply: Option<ReplyRecord>,
}

impl Event {
    /// The word of its step, as `accept` or `defer`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        word(self.step)
    }
}

/// How many deliveries are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts([u64; State::ALL.len()]);

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, state: State) {
        self.0[state as usize] += 1;
    }

    /// How many are in `state`.
    #[must_use]
    pub fn of(&self, state: State) -> u64 {
        self.0[state as usize]
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// How many are neither final nor unknown: they wait, or somebody is at them.
    #[must_use]
    pub fn unfinished(&self) -> u64 {
        UNFINISHED.into_iter().map(|state| self.of(state)).sum()
    }
}

/// States a campaign is not finished with.
const UNFINISHED: [State; 4] = [State::Pending, State::Claimed, State::Dot, State::Deferred];

/// The words of the steps in the store; they never change.
const WORDS: [(Step, &str); 13] = [
    (Step::Claim, "claim"),
    (Step::Release, "release"),
    (Step::Intend, "intend"),
    (Step::Accept, "accept"),
    (Step::Defer, "defer"),
    (Step::Hold, "hold"),
    (Step::Fail, "fail"),
    (Step::Lose, "lose"),
    (Step::Suppress, "suppress"),
    (Step::Expire, "expire"),
    (Step::Cancel, "cancel"),
    (Step::Resend, "resend"),
    (Step::Retry, "retry"),
];

/// The word of `step`.
pub(super) fn word(step: Step) -> &'static str {
    WORDS.iter().find(|(known, _)| *known == step).map_or("", |(_, word)| word)
}

fn step(row: &Row<'_>, column: usize) -> rusqlite::Result<Step> {
    let word: String = row.get(column)?;
    WORDS.iter().find(|(_, known)| *known == word).map(|(step, _)| *step).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, format!("`{word}` is no step").into())
    })
}

/// Deliveries that are read at once.
const PAGE: usize = 1_000;

impl Store {
    /// Gives each delivery of a campaign in the order of its plan, each once, until
    /// `each` has enough. Others may write meanwhile.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn each_delivery(
        &self,
        campaign: CampaignId,
        mut each: impl FnMut(Delivery) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut from = 0_i64;
        loop {
            // In pages: whoever reads for long keeps what was written from being tidied.
            let page: Vec<Delivery> = self.with(|connection| {
                let mut select = connection.prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM delivery WHERE campaign = ?1 AND number >= ?2
                     ORDER BY number LIMIT {PAGE}"
                ))?;
                let found = select.query_map((campaign.0, from), delivery)?;
                Ok(found.collect::<rusqlite::Result<_>>()?)
            })?;
            let Some(last) = page.last() else { return Ok(()) };
            from = i64::from(last.id.number) + 1;
            for one in page {
                if each(one).is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// How many deliveries of a campaign are in each state; none at all when there is
    /// no such campaign.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn counts(&self, campaign: CampaignId) -> Result<Counts, StoreError> {
        self.with(|connection| {
            let mut counts = Counts::default();
            let mut select = connection
                .prepare_cached("SELECT state, count(*) FROM delivery WHERE campaign = ?1 GROUP BY state")?;
            let mut found = select.query([campaign.0])?;
            while let Some(row) = found.next()? {
                counts.0[rows::state(row, 0)? as usize] = row.get::<_, i64>(1)?.unsigned_abs();
            }
            Ok(counts)
        })
    }

    /// How many deliveries of a campaign still wait, by the domains they go to.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn domains(&self, campaign: CampaignId) -> Result<Vec<(String, u64)>, StoreError> {
        self.with(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT substr(key, instr(key, '@') + 1) AS domain, count(*) FROM delivery
                 WHERE campaign = ?1 AND state IN (?2, ?3) AND key NOT IN (SELECT key FROM suppression)
                 GROUP BY domain",
            )?;
            let waiting = [State::Pending, State::Deferred].map(rows::number_of);
            let found = select.query_map((campaign.0, waiting[0], waiting[1]), |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
            })?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The address and the values of a delivery of a campaign that still waits.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn next_in_line(&self, campaign: CampaignId) -> Result<Option<(EmailAddress, String)>, StoreError> {
        self.with(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT address, fields FROM delivery
                 WHERE campaign = ?1 AND state IN (?2, ?3) ORDER BY state, due, number LIMIT 1",
            )?;
            let waiting = [State::Pending, State::Deferred].map(rows::number_of);
            let found = select.query_row((campaign.0, waiting[0], waiting[1]), |row| {
                Ok((rows::address(row, 0)?, row.get(1)?))
            });
            Ok(found.optional()?)
        })
    }

    /// The campaigns whose plan left this person out, with the reasons.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn excluded_from(&self, address: &EmailAddress) -> Result<Vec<(Campaign, String)>, StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            let mut select = transaction.prepare_cached(
                "SELECT campaign, reason FROM excluded WHERE lower(address) = lower(?1) ORDER BY campaign",
            )?;
            let found: Vec<(i64, String)> = select
                .query_map([address.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let mut excluded = Vec::new();
            for (id, reason) in found {
                let campaign = campaigns::read(&transaction, CampaignId(id))?;
                excluded.extend(campaign.map(|campaign| (campaign, reason)));
            }
            Ok(excluded)
        })
    }

    /// Whom the plan left out, with the reasons, in its order.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn excluded(&self, campaign: CampaignId) -> Result<Vec<(String, String)>, StoreError> {
        self.with(|connection| {
            let mut select = connection
                .prepare_cached("SELECT address, reason FROM excluded WHERE campaign = ?1 ORDER BY number")?;
            let found = select.query_map([campaign.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The first `limit` deliveries of a campaign in the order of its plan, all or
    /// those in one state.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn deliveries(
        &self,
        campaign: CampaignId,
        state: Option<State>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.with(|connection| {
            let only = if state.is_some() { "AND state = ?2" } else { "AND ?2 IS NULL" };
            let mut select = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM delivery WHERE campaign = ?1 {only} ORDER BY number LIMIT ?3"
            ))?;
            let found = select.query_map((campaign.0, state.map(rows::number_of), limit), delivery)?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// One delivery, when it is there.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.with(|connection| {
            let mut select = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM delivery WHERE campaign = ?1 AND number = ?2"
            ))?;
            Ok(select.query_row((id.campaign.0, id.number), delivery).optional()?)
        })
    }

    /// The delivery of a campaign to one person, when it was planned for them.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn delivery_to(
        &self,
        campaign: CampaignId,
        address: &EmailAddress,
    ) -> Result<Option<Delivery>, StoreError> {
        self.with(|connection| {
            let mut select = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM delivery WHERE campaign = ?1 AND number =
                     (SELECT number FROM recipient WHERE campaign = ?1 AND key = ?2)"
            ))?;
            Ok(select.query_row((campaign.0, address.key()), delivery).optional()?)
        })
    }

    /// All that happened to one person, the oldest campaign first.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn history(
        &self,
        address: &EmailAddress,
    ) -> Result<Vec<(Campaign, Delivery, Vec<Event>)>, StoreError> {
        self.with(|connection| {
            // One transaction, so that the three do not contradict each other.
            let transaction = connection.transaction()?;
            let mut select = transaction.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM delivery WHERE (campaign, number) IN
                     (SELECT campaign, number FROM recipient
                      WHERE campaign IN (SELECT id FROM campaign) AND key = ?1)
                 ORDER BY campaign"
            ))?;
            let found: Vec<Delivery> =
                select.query_map([address.key()], delivery)?.collect::<rusqlite::Result<_>>()?;
            let mut history = Vec::new();
            for delivery in found {
                let Some(campaign) = campaigns::read(&transaction, delivery.id.campaign)? else { continue };
                let mut events = events(&transaction, delivery.id)?;
                events.extend(last_event(&delivery, &events));
                history.push((campaign, delivery, events));
            }
            Ok(history)
        })
    }
}

/// Writes down what happened to a delivery.
pub(super) fn record(
    transaction: &Transaction<'_>,
    id: DeliveryId,
    at: Timestamp,
    step: Step,
    reply: Option<&ReplyRecord>,
) -> Result<(), Fault> {
    transaction
        .prepare_cached(
            "INSERT INTO event (campaign, number, at, step, phase, code, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            id.campaign.0,
            id.number,
            at.as_microsecond(),
            word(step),
            reply.map(|reply| &reply.phase),
            reply.map(|reply| reply.code),
            reply.map(|reply| &reply.text),
        ))?;
    Ok(())
}

/// The columns [`delivery`] reads, in its order.
const COLUMNS: &str = "campaign, number, address, state, attempts, phase, code, text, due, changed";

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let state = rows::state(row, 3)?;
    Ok(Delivery {
        id: rows::delivery_id(row, 0)?,
        address: rows::address(row, 2)?,
        state,
        attempts: row.get(4)?,
        reply: rows::reply(row, 5)?,
        next_at: if state == State::Deferred { Some(rows::timestamp(row, 8)?) } else { None },
        changed: rows::timestamp(row, 9)?,
    })
}

fn events(transaction: &Transaction<'_>, id: DeliveryId) -> Result<Vec<Event>, Fault> {
    let mut select = transaction.prepare_cached(
        "SELECT at, step, phase, code, text FROM event WHERE campaign = ?1 AND number = ?2 ORDER BY id",
    )?;
    let found = select.query_map((id.campaign.0, id.number), |row| {
        Ok(Event { at: rows::timestamp(row, 0)?, step: step(row, 1)?, reply: rows::reply(row, 2)? })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The acceptance of a delivery that the relay has taken. Nothing happens to it after
/// that, so it is not written down twice.
fn last_event(delivery: &Delivery, events: &[Event]) -> Option<Event> {
    let known = events.last().is_some_and(|event| event.step == Step::Accept);
    (delivery.state == State::Accepted && !known).then(|| Event {
        at: delivery.changed,
        step: Step::Accept,
        reply: delivery.reply.clone(),
    })
}

/// Whether anything of a campaign waits or is being sent.
pub(super) fn any_unfinished(transaction: &Transaction<'_>, campaign: CampaignId) -> Result<bool, Fault> {
    let [a, b, c, d] = UNFINISHED.map(rows::number_of);
    Ok(transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM delivery WHERE campaign = ?1 AND state IN (?2, ?3, ?4, ?5))",
        )?
        .query_row((campaign.0, a, b, c, d), |row| row.get(0))?)
}

/// Takes one step with up to `limit` of the deliveries of a campaign that wait;
/// returns how many there were.
pub(super) fn step_waiting(
    transaction: &Transaction<'_>,
    campaign: CampaignId,
    step: Step,
    limit: u32,
    now: Timestamp,
) -> Result<u64, Fault> {
    let mut done = 0;
    for from in [State::Pending, State::Deferred] {
        let Some(to) = from.after(step) else { continue };
        let left = i64::from(limit).saturating_sub_unsigned(done);
        // The same rows twice: nothing changes them between the two.
        let chosen = "SELECT number FROM delivery WHERE campaign = ?1 AND state = ?2
                      ORDER BY due, number LIMIT ?3";
        transaction
            .prepare_cached(&format!(
                "INSERT INTO event (campaign, number, at, step)
                 SELECT ?1, number, ?4, ?5 FROM ({chosen})"
            ))?
            .execute((campaign.0, rows::number_of(from), left, now.as_microsecond(), word(step)))?;
        let changed = transaction
            .prepare_cached(&format!(
                "UPDATE delivery SET state = ?5, due = 0, changed = ?4
                 WHERE campaign = ?1 AND number IN ({chosen})"
            ))?
            .execute((campaign.0, rows::number_of(from), left, now.as_microsecond(), rows::number_of(to)))?;
        done += u64::try_from(changed).unwrap_or(u64::MAX);
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_word_of_its_own() {
        for (step, one) in WORDS {
            assert_eq!(word(step), one);
            assert_eq!(WORDS.iter().filter(|(_, other)| *other == one).count(), 1);
        }
    }
}
