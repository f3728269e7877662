//! The tables, how they came to be, and how a connection to them is set up.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::Durability;
use super::error::{Fault, StoreError};
use crate::fault::{Point, pass};

/// The version this program writes, in `PRAGMA user_version`.
pub(super) const VERSION: i64 = 2;

/// `Lprs`: what `PRAGMA application_id` says in a database of ours.
const APPLICATION: i64 = 0x4c70_7273;

/// What each version added. A step that was published is never changed; the next
/// one only adds, so that a backup of any age can be brought up to date.
const MIGRATIONS: &[(i64, &str)] = &[(1, FIRST), (2, LEAVING)];

/// Times are UTC microseconds. States of deliveries are the numbers of
/// `outbox::State`. `delivery_by_state` serves claiming, counting, recovery and the
/// next due time; `recipient` keeps one person from being planned twice, finds what
/// happened to them, and counts whom another campaign knows. It is filled in its own
/// order: an index in which every insert falls somewhere else writes most of its pages
/// again with every chunk of a plan.
/// `pace` counts the final dots that were allowed, by `outbox::Grain`; `provider` is
/// empty there and in `backoff` for all that goes through the relay.
/// `newsletter.backup` is when the last backup was made, also in that backup;
/// `newsletter.restored` and `campaign.held` are the time of the backup that somebody
/// has still to answer for.
/// `campaign.had_…` is how many were accepted, failed and unknown, and the last event,
/// when somebody last had it go on.
/// `replaced` remembers plans that are gone, and the one that took their place.
/// `resent` says that an unknown copy was sent again: then `first_tried` stays for good.
const FIRST: &str = "
CREATE TABLE newsletter (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 32),
    created INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    backup INTEGER,
    restored INTEGER
) STRICT;
CREATE TABLE suppression (
    key TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE campaign (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL,
    subject TEXT NOT NULL,
    list TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    rehearsal INTEGER NOT NULL,
    due INTEGER,
    lasts INTEGER NOT NULL,
    planned INTEGER NOT NULL,
    begun INTEGER,
    held INTEGER,
    had_accepted INTEGER NOT NULL DEFAULT 0,
    had_failed INTEGER NOT NULL DEFAULT 0,
    had_unknown INTEGER NOT NULL DEFAULT 0,
    had_event INTEGER NOT NULL DEFAULT 0,
    state INTEGER NOT NULL,
    reason TEXT,
    changed INTEGER NOT NULL,
    content TEXT NOT NULL
) STRICT;
CREATE TABLE tested (
    content_hash TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE excluded (
    campaign INTEGER NOT NULL,
    number INTEGER NOT NULL,
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (campaign, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
    campaign INTEGER NOT NULL,
    number INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    holds INTEGER NOT NULL DEFAULT 0,
    first_tried INTEGER,
    resent INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL,
    key TEXT NOT NULL,
    address TEXT NOT NULL,
    phase TEXT,
    code INTEGER,
    text TEXT,
    fields TEXT NOT NULL,
    PRIMARY KEY (campaign, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_by_state ON delivery (campaign, state, due, number);
CREATE TABLE recipient (
    campaign INTEGER NOT NULL,
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (campaign, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    step TEXT NOT NULL,
    phase TEXT,
    code INTEGER,
    text TEXT
) STRICT;
CREATE INDEX event_of ON event (campaign, number);
CREATE TABLE pace (
    relay TEXT NOT NULL,
    provider TEXT NOT NULL,
    grain INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    dots INTEGER NOT NULL,
    PRIMARY KEY (relay, provider, grain, slot)
) STRICT, WITHOUT ROWID;
CREATE TABLE backoff (
    relay TEXT NOT NULL,
    provider TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    step INTEGER NOT NULL,
    said TEXT NOT NULL,
    campaign INTEGER,
    PRIMARY KEY (relay, provider)
) STRICT, WITHOUT ROWID;
CREATE TABLE appointment (
    campaign INTEGER PRIMARY KEY,
    due INTEGER NOT NULL,
    text TEXT NOT NULL,
    not_after INTEGER NOT NULL,
    agreed INTEGER NOT NULL
) STRICT;
CREATE TABLE replaced (
    plan INTEGER PRIMARY KEY,
    by INTEGER NOT NULL
) STRICT;
CREATE TABLE turn (
    campaign INTEGER PRIMARY KEY,
    began INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    failures INTEGER NOT NULL
) STRICT;
";

/// `leaving` has what each person did about leaving, the last first: `by` is empty when
/// they came back, `publisher` is 1 when the publisher brought them back, and `was` is what they were suppressed as before. The newest `link_key`
/// writes the tokens of links, and `newsletter.key` does while there is none. `leave_mail`
/// are the mails that were heard, by their hash. A `knock` is a test that is expected.
const LEAVING: &str = "
CREATE TABLE leaving (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    address TEXT NOT NULL,
    at INTEGER NOT NULL,
    by TEXT,
    publisher INTEGER NOT NULL DEFAULT 0,
    was TEXT,
    motive TEXT,
    words TEXT
) STRICT;
CREATE INDEX leaving_of ON leaving (key, id);
CREATE TABLE link_key (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL CHECK (length(key) = 32),
    since INTEGER NOT NULL
) STRICT;
CREATE TABLE leave_mail (
    fingerprint BLOB PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE knock (
    nonce BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    heard INTEGER
) STRICT, WITHOUT ROWID;
";

/// How often somebody who waits for the lock looks, and how long: ten seconds.
///
/// `SQLite`'s own waiting goes up to 100 ms between two looks. Whoever writes much
/// here leaves a gap of [`GAP`] now and then, and this finds it.
const LOOK: Duration = Duration::from_micros(500);
const LOOKS: i32 = 20_000;

/// The pause that somebody with much to write makes for the others.
pub(super) const GAP: Duration = Duration::from_millis(1);

/// How much of the database a connection keeps in memory, in KiB with the sign that SQLite
/// wants. A sending has two connections and works at few places.
const CACHE: i32 = -4_096;

/// Opens the database at `path`, which must be there, and sets the connection up.
pub(super) fn connect(path: &Path, durability: Durability) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(|looks| {
        thread::sleep(LOOK);
        looks < LOOKS
    }))?;
    if connection.is_readonly(rusqlite::MAIN_DB)? {
        return Err(StoreError::ReadOnly { path: path.to_owned() }.into());
    }
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    synchronous(&connection, durability)?;
    connection.pragma_update(None, "cache_size", CACHE)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Says what a commit of `connection` waits for.
pub(super) fn synchronous(connection: &Connection, durability: Durability) -> Result<(), Fault> {
    let word = match durability {
        Durability::Power => "FULL",
        Durability::Process => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", word)?;
    // macOS keeps what `fsync` was given in the disk's own memory.
    connection.pragma_update(None, "fullfsync", durability == Durability::Power)?;
    Ok(())
}

/// Begins a transaction that holds the lock for writing from the start.
pub(super) fn begin(connection: &mut Connection) -> Result<Transaction<'_>, Fault> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

/// Makes the tables in a database that has none, and enters the newsletter.
pub(super) fn found(
    connection: &mut Connection,
    path: &Path,
    newsletter: &str,
    key: &[u8; 32],
    now: jiff::Timestamp,
) -> Result<(), Fault> {
    let transaction = begin(connection)?;
    let things: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if things > 0 || version(&transaction)? > 0 {
        return Err(StoreError::Exists { path: path.to_owned() }.into());
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    migrate_within(&transaction, 0)?;
    transaction.execute(
        "INSERT INTO newsletter (only, id, key, created, epoch) VALUES (1, ?1, ?2, ?3, 0)",
        (newsletter, key.as_slice(), now.as_microsecond()),
    )?;
    pass(Point::FoundingWritten);
    transaction.commit()?;
    Ok(())
}

/// Brings the tables up to date.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Fault> {
    let found = version(connection)?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found == 0 && application == 0 {
        let folder = path.parent().unwrap_or(path).to_owned();
        return Err(StoreError::Missing { path: folder }.into());
    }
    if application != APPLICATION {
        let reason = "it is a database of another program".to_owned();
        return Err(StoreError::Damaged { path: path.to_owned(), reason }.into());
    }
    if found > VERSION {
        return Err(StoreError::Newer { version: found }.into());
    }
    if found < VERSION {
        let transaction = begin(connection)?;
        // Somebody else may have been faster.
        let found = version(&transaction)?;
        migrate_within(&transaction, found)?;
        transaction.commit()?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, Fault> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn migrate_within(transaction: &Transaction<'_>, from: i64) -> Result<(), Fault> {
    for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| *version > from) {
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_migration_is_the_version() {
        let versions: Vec<i64> = MIGRATIONS.iter().map(|(version, _)| *version).collect();
        assert_eq!(versions, (1..=VERSION).collect::<Vec<_>>());
    }
}
