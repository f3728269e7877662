//! A state is copied, and brought back where none is.
//!
//! A backup is as old as it is: what was sent and who left since is not in it. So
//! whatever was not finished when it was made is held, and so is the sending of
//! anything new, until somebody answers for that.

use std::fs;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::campaigns::CampaignState;
use super::error::Fault;
use super::{Campaign, DATABASE, Durability, Store, StoreError, local, private, rows, schema, sending};
use crate::fault::{Point, pass};
use crate::outbox::CampaignId;
use crate::problem::said;

/// What a state is put together as before it has its name.
const UNFINISHED: &str = "restore.db";

/// What `SQLite` keeps beside a database. A log that somebody else's database left
/// would be taken for that of the new one.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What every `SQLite` database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The files beside the state, as a backup carries them. A state has them only when it is
/// a backup that somebody copied into place; its own backups hand them on then.
const BESIDE_IN_BACKUP: &str =
    "CREATE TABLE IF NOT EXISTS beside (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID";

/// Where a file that a backup carries goes: its name, and its bytes.
pub type Keep<'a> = &'a mut dyn FnMut(&str, &[u8]) -> std::io::Result<()>;

/// A file beside the state that a backup is without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it lies.
    pub path: PathBuf,
    /// Why it could not be read.
    pub reason: String,
}

/// What was brought back.
#[derive(Debug)]
pub struct Restored {
    /// The state.
    pub store: Store,
    /// When the backup was made.
    pub backup: Timestamp,
    /// The campaigns that were not finished then, and are held.
    pub held: Vec<Campaign>,
}

impl Store {
    /// Copies everything, keys too, as it is at this moment, into the new file `to`
    /// that nobody else can read, and with it the files that lie `beside` the state, by
    /// their names. A send may go on meanwhile.
    ///
    /// What lies beside and is no file that can be read is left out, and returned.
    ///
    /// # Errors
    ///
    /// Fails when `to` is there already or cannot be written.
    pub fn backup(
        &self,
        to: &Path,
        now: Timestamp,
        beside: &[(String, PathBuf)],
    ) -> Result<Vec<LeftOut>, StoreError> {
        let io = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => StoreError::Exists { path: to.to_owned() },
            _ => StoreError::io(to, &error),
        };
        let file = private().create_new(true).open(to).map_err(io)?;
        // Noted before, so that the copy knows how old it is.
        let before = self.standing()?.backup;
        let note = |when: Option<Timestamp>| {
            self.with(|connection| {
                let when = when.map(Timestamp::as_microsecond);
                connection.execute("UPDATE newsletter SET backup = ?1", [when])?;
                Ok(())
            })
        };
        note(Some(now))?;
        let copied = self.lend(|connection| {
            // An empty file is as good as none to it, and keeps its permissions.
            let name = to.to_string_lossy();
            connection.execute("VACUUM INTO ?1", [name.as_ref()])?;
            Ok(())
        });
        // What failed here has nearly always failed in the new file.
        let copied = copied
            .map_err(|fault| fault.at(to))
            .and_then(|()| carry(to, beside))
            .and_then(|left_out| file.sync_all().map(|()| left_out).map_err(io));
        if copied.is_err() {
            // Half a copy is worse than none; that it cannot be removed changes nothing.
            let _ = fs::remove_file(to);
            let _ = note(before);
        }
        copied
    }

    /// Brings the backup `file` back as the state in `dir`, where there is none.
    ///
    /// Campaigns that were not finished when the backup was made are held: see
    /// [`Campaign::held`]. Those that were begun or had a time to go out are paused.
    /// [`Standing::restored`](super::Standing::restored) is set. The files that the backup
    /// carries are handed to `keep` by their names, before the state is there.
    ///
    /// # Errors
    ///
    /// Fails when there is a state in `dir` or somebody sends from it; when `file` is
    /// no backup, is damaged, belongs to another newsletter or was written by a newer
    /// program; when `keep` does; and as [`Store::create`]. No state is left in `dir` then.
    pub fn restore(
        file: &Path,
        dir: &Path,
        newsletter_id: &str,
        durability: Durability,
        now: Timestamp,
        keep: Keep<'_>,
    ) -> Result<Restored, StoreError> {
        match fs::metadata(file) {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Err(StoreError::NotABackup { path: file.to_owned() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::NoBackup { path: file.to_owned() });
            }
            Err(error) => return Err(StoreError::io(file, &error)),
        }
        local(dir)?;
        unoccupied(dir)?;
        let there = dir.exists();
        super::folder(dir)?;
        let brought = bring(file, dir, newsletter_id, now, keep);
        if brought.is_err() && !there {
            // Empty again; that it cannot be removed changes nothing.
            let _ = fs::remove_dir(dir);
        }
        let backup = brought?;
        let store = Self::open(dir, newsletter_id, durability)?;
        let mut held = store.campaigns()?;
        held.retain(|campaign| campaign.held.is_some());
        Ok(Restored { store, backup, held })
    }

    /// Takes a campaign out of the hold of its restoring: whoever asks for it answers
    /// for mail that may go out twice. False when it was not held.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn let_go(&self, id: CampaignId) -> Result<bool, StoreError> {
        self.with(|connection| {
            let sql = "UPDATE campaign SET held = NULL WHERE id = ?1 AND held IS NOT NULL";
            Ok(connection.execute(sql, [id.0])? > 0)
        })
    }

    /// Notes that somebody has answered for what the restored state does not know.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn answer_for_restored(&self) -> Result<(), StoreError> {
        self.with(|connection| {
            connection.execute("UPDATE newsletter SET restored = NULL", [])?;
            Ok(())
        })
    }
}

/// Writes the files `beside` into the backup `to`, but for those that it returns.
fn carry(to: &Path, beside: &[(String, PathBuf)]) -> Result<Vec<LeftOut>, StoreError> {
    let mut left_out = Vec::new();
    if beside.is_empty() {
        return Ok(left_out);
    }
    let carried = |left_out: &mut Vec<LeftOut>| -> Result<(), Fault> {
        let mut connection = Connection::open(to)?;
        // What fails half way is removed, so nothing has to be taken back.
        connection.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(BESIDE_IN_BACKUP)?;
        for (name, path) in beside {
            match contents(path) {
                Ok(bytes) => {
                    let sql = "INSERT OR REPLACE INTO beside (name, bytes) VALUES (?1, ?2)";
                    transaction.execute(sql, (name, bytes))?;
                }
                Err(reason) => left_out.push(LeftOut { path: path.clone(), reason }),
            }
        }
        transaction.commit()?;
        connection.close().map_err(|(_, error)| Fault::from(error))
    };
    carried(&mut left_out).map_err(|fault| fault.at(to))?;
    Ok(left_out)
}

/// What is in the file at `path`; why not, when there is none that can be read.
fn contents(path: &Path) -> Result<Vec<u8>, String> {
    // Reading a pipe would wait for somebody who writes to it.
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err("it is not a file".to_owned()),
        _ => fs::read(path).map_err(|error| said(&error)),
    }
}

/// Hands the files that a backup carries to `keep`; the state at `path` is without them
/// then.
fn unload(path: &Path, dir: &Path, keep: Keep<'_>) -> Result<(), StoreError> {
    let unloaded = |keep: Keep<'_>| -> Result<(), Fault> {
        let connection = Connection::open(path)?;
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'beside'";
        if connection.query_row(sql, [], |row| row.get::<_, i64>(0))? == 0 {
            return Ok(());
        }
        let mut files = connection.prepare("SELECT name, bytes FROM beside ORDER BY name")?;
        let mut rows = files.query([])?;
        while let Some(row) = rows.next()? {
            let (name, bytes): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
            keep(&name, &bytes).map_err(|error| StoreError::io(&dir.join(&name), &error))?;
        }
        drop(rows);
        drop(files);
        connection.execute_batch("DROP TABLE beside; VACUUM;")?;
        connection.close().map_err(|(_, error)| Fault::from(error))
    };
    unloaded(keep).map_err(|fault| fault.at(path))
}

fn no_backup(file: &Path, reason: &str) -> StoreError {
    StoreError::Damaged { path: file.to_owned(), reason: reason.to_owned() }
}

/// Refuses a folder in which there is a state, or what is left of one.
fn unoccupied(dir: &Path) -> Result<(), StoreError> {
    let names = [""].into_iter().chain(BESIDE).map(|end| dir.join(format!("{DATABASE}{end}")));
    match names.into_iter().find(|path| path.exists()) {
        Some(path) => Err(StoreError::Exists { path }),
        None => Ok(()),
    }
}

/// Puts the database together beside its place, and then there; when the backup was
/// made.
fn bring(
    file: &Path,
    dir: &Path,
    newsletter_id: &str,
    now: Timestamp,
    keep: Keep<'_>,
) -> Result<Timestamp, StoreError> {
    let lock = sending::lock_to_send(dir)?;
    let unfinished = dir.join(UNFINISHED);
    let made = copy(file, &unfinished)
        .and_then(|()| hold(&unfinished, file, newsletter_id, now).map_err(|fault| fault.at(file)))
        .and_then(|backup| unload(&unfinished, dir, keep).map(|()| backup))
        .and_then(|backup| {
            let path = dir.join(DATABASE);
            pass(Point::RestoreWritten);
            // Not over one that somebody made meanwhile.
            fs::hard_link(&unfinished, &path).map_err(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => StoreError::Exists { path: path.clone() },
                _ => StoreError::io(&path, &error),
            })?;
            pass(Point::Restored);
            Ok(backup)
        });
    for end in [""].into_iter().chain(BESIDE) {
        // What is not there need not be removed.
        let _ = fs::remove_file(dir.join(format!("{UNFINISHED}{end}")));
    }
    match &made {
        Ok(_) => super::sync(dir)?,
        Err(_) => sending::forget_lock(dir, lock),
    }
    made
}

fn copy(file: &Path, to: &Path) -> Result<(), StoreError> {
    // What an earlier restoring left when it was stopped.
    let _ = fs::remove_file(to);
    let mut from = fs::File::open(file).map_err(|error| StoreError::io(file, &error))?;
    let io = |error: std::io::Error| StoreError::io(to, &error);
    let mut copied = private().create_new(true).open(to).map_err(io)?;
    let mut magic = Vec::new();
    Read::by_ref(&mut from)
        .take(MAGIC.len() as u64)
        .read_to_end(&mut magic)
        .map_err(|error| StoreError::io(file, &error))?;
    if !magic.is_empty() && magic != MAGIC {
        return Err(StoreError::NotABackup { path: file.to_owned() });
    }
    copied.write_all(&magic).map_err(io)?;
    std::io::copy(&mut from, &mut copied).map_err(io)?;
    copied.sync_all().map_err(io)
}

/// Checks the copy of the backup `file` from end to end, and holds what was not
/// finished.
fn hold(path: &Path, file: &Path, newsletter_id: &str, now: Timestamp) -> Result<Timestamp, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    // In one file until it has its place.
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    let told = |reason: &str| Fault::from(no_backup(file, reason));
    schema::migrate(&mut connection, file).map_err(|fault| match fault {
        Fault::Told(StoreError::Missing { .. }) => told("it is empty"),
        fault => fault,
    })?;
    let sound: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(told(&sound));
    }
    let found: String = connection.query_row("SELECT id FROM newsletter", [], |row| row.get(0))?;
    if found != newsletter_id {
        return Err(StoreError::OtherNewsletter { found }.into());
    }
    let transaction = schema::begin(&mut connection)?;
    // Without the time of a backup it is a copy that somebody else made of the file:
    // then nothing is known of anything since the beginning.
    let backup: i64 = transaction.query_row(
        "UPDATE newsletter SET restored = coalesce(backup, created) RETURNING restored",
        [],
        |row| row.get(0),
    )?;
    let backup = rows::moment(backup, 0)?;
    let reason = format!(
        "restored from the backup of {}; who was still waiting then may have got it since",
        backup.strftime("%Y-%m-%d %H:%M UTC")
    );
    let [planned, sending, paused] =
        [CampaignState::Planned, CampaignState::Sending, CampaignState::Paused].map(CampaignState::number);
    transaction.execute(
        "UPDATE campaign SET held = ?1 WHERE state IN (?2, ?3, ?4)",
        (backup.as_microsecond(), planned, sending, paused),
    )?;
    transaction.execute(
        "UPDATE campaign SET state = ?1, reason = ?2, changed = ?3
         WHERE held IS NOT NULL AND (state <> ?4 OR due IS NOT NULL)",
        (paused, reason, now.as_microsecond(), planned),
    )?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| Fault::from(error))?;
    Ok(backup)
}
