//! KEEP: campaigns, deliveries and suppressions in one `SQLite` database.
//!
//! All SQL is here. Values go in and values come out. Whoever sends holds a
//! [`Sending`], of which there is one at a time: its writer thread commits what all
//! connections handed in together. Everything else goes beside it, each call with a
//! connection of its own, and never holds the lock for writing longer than about
//! 100 ms.
//!
//! No clock: `now` is an argument everywhere.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::Connection;

use crate::fault::{Point, pass};

mod agenda;
mod backup;
mod campaigns;
mod claims;
mod clock;
mod decisions;
mod deliveries;
mod error;
mod filesystem;
mod lately;
mod leaving;
mod links;
mod mailed;
mod pacing;
mod plan;
mod recovery;
mod rows;
mod schema;
mod sending;
mod settle;
mod standing;
mod suppressions;
#[cfg(test)]
mod tests;
mod writer;

pub use agenda::{Appointment, Entry, Turn};
pub use backup::{Keep, LeftOut, Restored};
pub use campaigns::{Campaign, CampaignState};
pub use claims::{Found, Place, Search};
pub use deliveries::{Counts, Delivery, Event, ReplyRecord};
pub use error::StoreError;
pub use lately::Lately;
pub use leaving::{Granted, Wish};
pub use mailed::{Among, Mailed};
pub use pacing::{Counted, Paced, Scope};
pub use plan::{NewCampaign, NewDelivery};
pub use recovery::Recovered;
pub use sending::Sending;
pub use settle::{Claimed, Intent, Settled};
pub use standing::Standing;

use error::Fault;
use filesystem::Identity;

/// The database in its folder.
const DATABASE: &str = "state.db";

/// The most idle connections that are kept.
const IDLE: usize = 4;

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Loss of power: every commit waits for the disk.
    #[default]
    Power,
    /// The end of this process, however sudden, but not the machine's.
    Process,
}

/// The state of one newsletter. A clone is the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    path: PathBuf,
    key: [u8; 32],
    durability: Durability,
    /// Which file the database is.
    identity: Identity,
    /// Connections nobody uses now.
    idle: Mutex<Vec<Connection>>,
}

impl Store {
    /// Makes a store in `dir`, which is made too when it is not there; nobody else on
    /// the machine can read either. `key` is what message ids and tokens are made
    /// with.
    ///
    /// # Errors
    ///
    /// Fails when there is a store already, on a network file system, and when the
    /// folder cannot be written.
    pub fn create(
        dir: &Path,
        newsletter_id: &str,
        key: [u8; 32],
        durability: Durability,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        local(dir)?;
        folder(dir)?;
        let path = dir.join(DATABASE);
        // A file that is there may be the beginning of one whose maker was stopped;
        // the transaction that makes the tables decides.
        private().create(true).open(&path).map_err(|error| StoreError::io(&path, &error))?;
        let told = |fault: Fault| fault.at(&path);
        let mut connection = schema::connect(&path, durability).map_err(told)?;
        schema::found(&mut connection, &path, newsletter_id, &key, now).map_err(told)?;
        pass(Point::Founded);
        // The name in the folder has to survive as well.
        sync(dir)?;
        Self::of(dir, path, key, durability, connection)
    }

    /// Opens the store in `dir` and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// Fails when there is none, when it belongs to another newsletter or was written
    /// by a newer program, on a network file system, and when it cannot be written.
    pub fn open(dir: &Path, newsletter_id: &str, durability: Durability) -> Result<Self, StoreError> {
        let path = dir.join(DATABASE);
        match fs::metadata(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { path: dir.to_owned() });
            }
            Err(error) => return Err(StoreError::io(&path, &error)),
        }
        local(dir)?;
        let told = |fault: Fault| fault.at(&path);
        let mut connection = schema::connect(&path, durability).map_err(told)?;
        schema::migrate(&mut connection, &path).map_err(told)?;
        let (found, key): (String, [u8; 32]) = connection
            .query_row("SELECT id, key FROM newsletter", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(|error| told(error.into()))?;
        if found != newsletter_id {
            return Err(StoreError::OtherNewsletter { found });
        }
        Self::of(dir, path, key, durability, connection)
    }

    fn of(
        dir: &Path,
        path: PathBuf,
        key: [u8; 32],
        durability: Durability,
        first: Connection,
    ) -> Result<Self, StoreError> {
        let identity = Identity::of(&path).map_err(|error| StoreError::io(&path, &error))?;
        let idle = Mutex::new(vec![first]);
        Ok(Self { inner: Arc::new(Inner { dir: dir.to_owned(), path, key, durability, identity, idle }) })
    }

    /// Looks whether the state that was opened is still the one that others find there.
    /// What is written to one that was moved away is on disk, and nobody will read it.
    ///
    /// # Errors
    ///
    /// Fails when it was moved away or replaced.
    pub fn is_in_place(&self) -> Result<(), StoreError> {
        let path = &self.inner.path;
        match Identity::of(path) {
            Ok(found) if found == self.inner.identity => Ok(()),
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(path, &error)),
            _ => Err(StoreError::Moved { path: path.clone() }),
        }
    }

    /// What message ids and tokens are made with. A secret.
    #[must_use]
    pub fn key(&self) -> &[u8; 32] {
        &self.inner.key
    }

    /// The folder it lies in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// Lends `work` a connection; the errors are told as they are read.
    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        self.lend(work).map_err(|fault| fault.at(&self.inner.path))
    }

    fn lend<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let idle = || self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // The guard is gone before a new one is made, which takes a while.
        let kept = idle().pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let done = work(&mut connection);
        let mut idle = idle();
        if connection.is_autocommit() && idle.len() < IDLE {
            idle.push(connection);
        }
        done
    }

    /// A connection that is nobody else's.
    fn connect(&self) -> Result<Connection, Fault> {
        schema::connect(&self.inner.path, self.inner.durability)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key is nobody's business.
        f.debug_struct("Store").field("dir", &self.inner.dir).finish_non_exhaustive()
    }
}

/// Makes a folder that nobody else on the machine can read, unless it is there.
fn folder(dir: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| StoreError::io(dir, &error))
}

/// Has the names in a folder survive the loss of power.
fn sync(dir: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| StoreError::io(dir, &error))?;
    Ok(())
}

/// How a file is made that only its owner reads.
fn private() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn local(dir: &Path) -> Result<(), StoreError> {
    match filesystem::network(dir) {
        Some(kind) => Err(StoreError::NetworkFileSystem { kind }),
        None => Ok(()),
    }
}
