//! A plan is written: all recipients of a campaign, or none.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _};

use super::campaigns::CampaignState;
use super::error::Fault;
use super::{Durability, Store, StoreError, private, schema};
use crate::audience::EmailAddress;
use crate::fault::{Point, pass};
use crate::outbox::CampaignId;

/// Rows in one transaction: some tens of milliseconds.
const CHUNK: usize = 4_000;

/// Held by everybody who plans, so that whoever cleans up knows what is left over.
const LOCK: &str = "planning.lock";

/// What is frozen when a campaign is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCampaign {
    /// Its name in commands.
    pub slug: String,
    /// Its subject line.
    pub subject: String,
    /// The list it goes to.
    pub list: String,
    /// Everything its copies are made from; the store does not look inside.
    pub content: String,
    /// The hash of what was approved.
    pub content_hash: String,
    /// Whether it goes to the inbox of this machine and to nobody.
    pub rehearsal: bool,
    /// When it goes out, when that was said.
    pub due: Option<Timestamp>,
    /// How long after its start those who were deferred are tried again.
    pub lasts: SignedDuration,
    /// When it was planned.
    pub planned: Timestamp,
}

/// One recipient of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Where it goes.
    pub address: EmailAddress,
    /// What this copy needs; the store does not look inside.
    pub values: String,
}

impl Store {
    /// Writes a campaign with its deliveries, numbered from 0, and with whom the plan
    /// left out (address and reason). It is `planned` when all are on disk and
    /// `planning` until then; what a crash leaves of it is removed by the next
    /// [`sending`](Store::sending).
    ///
    /// # Errors
    ///
    /// Fails when one person would get two copies ([`EmailAddress::key`]), and if the
    /// database does. Nothing of the plan is left then.
    pub fn plan(
        &self,
        new: &NewCampaign,
        deliveries: impl Iterator<Item = NewDelivery>,
        excluded: &[(String, String)],
    ) -> Result<CampaignId, StoreError> {
        let lock = lock_file(&self.inner.dir, LOCK)?;
        lock.lock_shared().map_err(|error| StoreError::io(&self.inner.dir.join(LOCK), &error))?;
        let told = |fault: Fault| fault.at(&self.inner.path);
        // What is not planned yet need not survive the loss of power; the commit that
        // makes it so waits for all that was written before it.
        let mut connection = schema::connect(&self.inner.path, Durability::Process).map_err(told)?;
        let id = begin(&mut connection, new).map_err(told)?;
        pass(Point::PlanBegun);
        let written = write(&mut connection, id, new.planned, deliveries, excluded)
            .and_then(|()| schema::synchronous(&connection, self.inner.durability))
            .and_then(|()| finish(&mut connection, id));
        if let Err(fault) = written {
            // When even this fails, the next sending removes it.
            let _ = remove(&mut connection, id);
            return Err(told(fault));
        }
        Ok(id)
    }

    /// Removes the plans that `by` takes the place of: those under its name for its list
    /// that nobody has agreed to. Returns their numbers.
    ///
    /// # Errors
    ///
    /// Fails when there is no such campaign, and if the database does. What is left of one
    /// then is removed by the next [`sending`](Store::sending).
    pub fn replace_plans(&self, by: CampaignId) -> Result<Vec<CampaignId>, StoreError> {
        let new = self.campaign(by)?.ok_or(StoreError::NoCampaign(by))?;
        let mut gone = Vec::new();
        for old in self.campaigns()? {
            if old.id >= by || !old.is_open_plan() || old.slug != new.slug || old.list != new.list {
                continue;
            }
            if self.with(|connection| replace(connection, old.id, by))? {
                gone.push(old.id);
            }
        }
        Ok(gone)
    }

    /// The plan that took the place of `plan`, and of that, if one did.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn replaced_by(&self, plan: CampaignId) -> Result<Option<CampaignId>, StoreError> {
        self.with(|connection| {
            let mut select = connection.prepare_cached("SELECT by FROM replaced WHERE plan = ?1")?;
            let mut next = |plan: CampaignId| select.query_row([plan.0], |row| row.get(0)).optional();
            let mut last = None;
            // Each is followed by a later one, so this ends.
            while let Some(by) = next(last.unwrap_or(plan))? {
                last = Some(CampaignId(by));
            }
            Ok(last)
        })
    }

    /// Removes what crashes have left of plans, unless somebody is planning now.
    pub(super) fn remove_leftovers(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let lock = lock_file(&self.inner.dir, LOCK)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => {
                return Err(StoreError::io(&self.inner.dir.join(LOCK), &error));
            }
        }
        let mut removed = || -> Result<(), Fault> {
            while let Some(id) = connection
                .query_row(
                    "SELECT id FROM campaign WHERE state = ?1 LIMIT 1",
                    [CampaignState::Planning.number()],
                    |row| row.get(0),
                )
                .optional()?
            {
                remove(connection, CampaignId(id))?;
            }
            Ok(())
        };
        removed().map_err(|fault| fault.at(&self.inner.path))
    }
}

/// Opens a file of the folder `dir` that is there to be locked.
pub(super) fn lock_file(dir: &Path, name: &str) -> Result<File, StoreError> {
    let path = dir.join(name);
    private().create(true).open(&path).map_err(|error| StoreError::io(&path, &error))
}

fn begin(connection: &mut Connection, new: &NewCampaign) -> Result<CampaignId, Fault> {
    // What is written is moved into the database in long strides, since nearly every page
    // is written once.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 8_000, |_| Ok(()))?;
    connection.execute(
        "INSERT INTO campaign (slug, subject, list, content_hash, rehearsal, due, lasts, planned, state,
             changed, content)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8, ?10)",
        (
            &new.slug,
            &new.subject,
            &new.list,
            &new.content_hash,
            new.rehearsal,
            new.due.map(Timestamp::as_microsecond),
            i64::try_from(new.lasts.as_micros()).unwrap_or(i64::MAX),
            new.planned.as_microsecond(),
            CampaignState::Planning.number(),
            &new.content,
        ),
    )?;
    Ok(CampaignId(connection.last_insert_rowid()))
}

fn write(
    connection: &mut Connection,
    id: CampaignId,
    planned: Timestamp,
    deliveries: impl Iterator<Item = NewDelivery>,
    excluded: &[(String, String)],
) -> Result<(), Fault> {
    let mut numbered = (0_u32..).zip(deliveries);
    let mut noted: Vec<(String, u32)> = Vec::new();
    loop {
        // Taken before the lock is: an iterator may have work to do.
        let chunk: Vec<(u32, NewDelivery)> = numbered.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        let transaction = schema::begin(connection)?;
        for (number, NewDelivery { address, values }) in &chunk {
            let key = address.key();
            transaction
                .prepare_cached(
                    "INSERT INTO delivery (campaign, number, changed, key, address, fields)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute((id.0, number, planned.as_microsecond(), &key, address.as_str(), values))?;
            noted.push((key, *number));
        }
        transaction.commit()?;
        pass(Point::PlanStride);
        thread::sleep(schema::GAP);
    }
    enter(connection, id, noted)?;
    for (chunk, people) in (0_usize..).zip(excluded.chunks(CHUNK)) {
        let transaction = schema::begin(connection)?;
        for (number, (address, reason)) in (chunk * CHUNK..).zip(people) {
            transaction
                .prepare_cached(
                    "INSERT INTO excluded (campaign, number, address, reason) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute((id.0, i64::try_from(number).unwrap_or(i64::MAX), address, reason))?;
        }
        transaction.commit()?;
        thread::sleep(schema::GAP);
    }
    Ok(())
}

/// Enters the recipients in the order of their keys, and refuses whoever has two numbers.
fn enter(connection: &mut Connection, id: CampaignId, mut noted: Vec<(String, u32)>) -> Result<(), Fault> {
    noted.sort_unstable();
    if let Some([_, (_, number)]) = noted.array_windows().find(|[(one, _), (other, _)]| one == other) {
        let address = connection.query_row(
            "SELECT address FROM delivery WHERE campaign = ?1 AND number = ?2",
            (id.0, number),
            |row| row.get(0),
        )?;
        return Err(StoreError::Twice { address }.into());
    }
    for chunk in noted.chunks(CHUNK) {
        let transaction = schema::begin(connection)?;
        for (key, number) in chunk {
            transaction
                .prepare_cached("INSERT INTO recipient (campaign, key, number) VALUES (?1, ?2, ?3)")?
                .execute((id.0, key, number))?;
        }
        transaction.commit()?;
        thread::sleep(schema::GAP);
    }
    Ok(())
}

/// Removes a plan, unless somebody has agreed to it meanwhile.
fn replace(connection: &mut Connection, old: CampaignId, by: CampaignId) -> Result<bool, Fault> {
    let transaction = schema::begin(connection)?;
    let left = transaction.execute(
        "UPDATE campaign SET state = ?2 WHERE id = ?1 AND state = ?3 AND due IS NULL",
        (old.0, CampaignState::Planning.number(), CampaignState::Planned.number()),
    )?;
    if left == 0 {
        return Ok(false);
    }
    transaction.execute("INSERT OR REPLACE INTO replaced (plan, by) VALUES (?1, ?2)", (old.0, by.0))?;
    transaction.commit()?;
    remove(connection, old)?;
    Ok(true)
}

fn finish(connection: &mut Connection, id: CampaignId) -> Result<(), Fault> {
    pass(Point::PlanWritten);
    let transaction = schema::begin(connection)?;
    let changed = transaction.execute(
        "UPDATE campaign SET state = ?2 WHERE id = ?1 AND state = ?3",
        (id.0, CampaignState::Planned.number(), CampaignState::Planning.number()),
    )?;
    if changed == 0 {
        return Err(StoreError::NoCampaign(id).into());
    }
    transaction.commit()?;
    pass(Point::Planned);
    Ok(())
}

/// Removes a campaign that is not planned, its row last.
fn remove(connection: &mut Connection, id: CampaignId) -> Result<(), Fault> {
    for (table, column) in [("recipient", "key"), ("delivery", "number"), ("excluded", "number")] {
        loop {
            let transaction = schema::begin(connection)?;
            let removed = transaction
                .prepare_cached(&format!(
                    "DELETE FROM {table} WHERE campaign = ?1 AND {column} IN
                         (SELECT {column} FROM {table} WHERE campaign = ?1 ORDER BY {column} LIMIT ?2)"
                ))?
                .execute((id.0, i64::try_from(CHUNK).unwrap_or(i64::MAX)))?;
            transaction.commit()?;
            if removed < CHUNK {
                break;
            }
            thread::sleep(schema::GAP);
        }
    }
    connection.execute(
        "DELETE FROM campaign WHERE id = ?1 AND state = ?2",
        (id.0, CampaignState::Planning.number()),
    )?;
    Ok(())
}
