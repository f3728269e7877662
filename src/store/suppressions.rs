//! Who gets no mail.

use std::collections::{HashMap, HashSet};
use std::thread;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row};

use super::campaigns::STRIDE;
use super::{Store, StoreError, leaving, rows, schema};
use crate::audience::{EmailAddress, Suppression, SuppressionReason};
use crate::fault::{Point, pass};
use crate::outbox::{CampaignId, State};

impl Store {
    /// Sees to it that this person gets no mail, from the next final dot on; false
    /// when it was so already, and then what was noted first stands.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn suppress(
        &self,
        address: &EmailAddress,
        reason: SuppressionReason,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let added = self.suppress_all(std::slice::from_ref(address), reason, note, now)?;
        Ok(added.contains(&true))
    }

    /// The same for many people; tells of each whether they are new.
    ///
    /// # Errors
    ///
    /// Fails only if the database does. Those before stay suppressed.
    pub fn suppress_all(
        &self,
        addresses: &[EmailAddress],
        reason: SuppressionReason,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        pass(Point::Suppressing);
        self.with(|connection| {
            let mut added = Vec::with_capacity(addresses.len());
            for stride in addresses.chunks(STRIDE as usize) {
                if !added.is_empty() {
                    thread::sleep(schema::GAP);
                }
                let transaction = schema::begin(connection)?;
                for address in stride {
                    let new = transaction
                        .prepare_cached(
                            "INSERT INTO suppression (key, address, reason, note, since)
                             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (key) DO NOTHING",
                        )?
                        .execute((
                            address.key(),
                            address.as_str(),
                            reason.word(),
                            note,
                            now.as_microsecond(),
                        ))?;
                    if new == 0 && reason != SuppressionReason::Unsubscribed {
                        leaving::note_reason(&transaction, &address.key(), reason)?;
                    }
                    added.push(new > 0);
                }
                transaction.commit()?;
            }
            pass(Point::Suppressed);
            Ok(added)
        })
    }

    /// Lets this person get mail again; false when nothing kept it from them, or they
    /// said so themselves: then see [`welcome_back`](Store::welcome_back).
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn unsuppress(&self, address: &EmailAddress) -> Result<bool, StoreError> {
        self.with(|connection| {
            let [bounced, manual] =
                [SuppressionReason::Bounced, SuppressionReason::Manual].map(SuppressionReason::word);
            let sql = "DELETE FROM suppression WHERE key = ?1 AND reason IN (?2, ?3)";
            Ok(connection.execute(sql, (address.key(), bounced, manual))? > 0)
        })
    }

    /// Those of `addresses` for whom nothing was ever planned, in their order. Whom a plan
    /// left out is known.
    ///
    /// The people whom plans left out are in no order to be looked up in, so all of them
    /// are gone through once, however many are asked about.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn strangers<'a>(&self, addresses: &[&'a EmailAddress]) -> Result<Vec<&'a EmailAddress>, StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            let mut planned = transaction.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM recipient WHERE campaign IN (SELECT id FROM campaign) AND key = ?1)",
            )?;
            let mut strangers = Vec::new();
            for address in addresses {
                if !planned.query_row([address.key()], |row| row.get::<_, bool>(0))? {
                    strangers.push(*address);
                }
            }
            if strangers.is_empty() {
                return Ok(strangers);
            }
            let mut select = transaction.prepare_cached("SELECT address FROM excluded")?;
            let mut left_out = select.query([])?;
            let mut unknown: HashSet<String> =
                strangers.iter().map(|address| address.as_str().to_ascii_lowercase()).collect();
            while let Some(row) = left_out.next()? {
                unknown.remove(&row.get::<_, String>(0)?.to_ascii_lowercase());
            }
            strangers.retain(|address| unknown.contains(&address.as_str().to_ascii_lowercase()));
            Ok(strangers)
        })
    }

    /// Everybody who gets no mail, the first entered first.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn suppressions(&self) -> Result<Vec<Suppression>, StoreError> {
        self.with(|connection| {
            let mut select = connection
                .prepare_cached("SELECT address, reason, note, since FROM suppression ORDER BY since, key")?;
            let found = select.query_map([], suppression)?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Why and since when this person gets no mail, if it is so.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn suppression_of(&self, address: &EmailAddress) -> Result<Option<Suppression>, StoreError> {
        self.with(|connection| {
            let mut select = connection
                .prepare_cached("SELECT address, reason, note, since FROM suppression WHERE key = ?1")?;
            Ok(select.query_row([address.key()], suppression).optional()?)
        })
    }

    /// The reasons by [`EmailAddress::key`], for planning.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn suppressed(&self) -> Result<HashMap<String, SuppressionReason>, StoreError> {
        self.with(|connection| {
            let mut select = connection.prepare_cached("SELECT key, reason FROM suppression")?;
            let found = select
                .query_map([], |row| Ok((row.get(0)?, rows::word(row, 1, SuppressionReason::parse)?)))?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Who of a campaign still waits for it and is suppressed by now, address and reason
    /// as in [`excluded`](Store::excluded).
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn suppressed_since(&self, campaign: CampaignId) -> Result<Vec<(String, String)>, StoreError> {
        self.with(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT delivery.address, suppression.reason FROM delivery JOIN suppression USING (key)
                 WHERE campaign = ?1 AND state IN (?2, ?3) ORDER BY number",
            )?;
            let waiting = [State::Pending, State::Deferred].map(rows::number_of);
            let found = select
                .query_map((campaign.0, waiting[0], waiting[1]), |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn suppression(row: &Row<'_>) -> rusqlite::Result<Suppression> {
    Ok(Suppression {
        address: rows::address(row, 0)?,
        reason: rows::word(row, 1, SuppressionReason::parse)?,
        note: row.get(2)?,
        since: rows::timestamp(row, 3)?,
    })
}
