//! Keeps caught mail as a maildir.
//!
//! A message is written to `tmp`, synced, and renamed to `new`, so that whatever lies
//! in `new` or `cur` is whole even after a crash. Looking at one moves it to `cur`
//! with the flag `S`, as every mail program does.

use std::cmp::Reverse;
use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::BuildHasher as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::arrival::Arrival;
use super::caught::Caught;
use super::lines::Memory;
use super::{Clock, InboxError};

/// Age at which an unfinished delivery in `tmp` is a leftover of a crash; what every
/// maildir program uses.
const STALE: Duration = Duration::from_hours(36);

/// A handle to a maildir; cheap to clone.
///
/// Its methods touch the disk: call them off the async threads.
#[derive(Debug, Clone)]
pub struct Maildir {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    dir: PathBuf,
    clock: Clock,
    /// Tells this process's names from those of any other.
    token: u64,
    count: AtomicU64,
    changes: watch::Sender<u64>,
    /// What the page was last told.
    pub(super) memory: Memory,
}

/// A mail as it lies on disk.
pub(super) struct Entry {
    pub(super) id: String,
    path: PathBuf,
    flags: String,
}

impl Entry {
    /// Whether somebody has looked at it.
    pub(super) fn seen(&self) -> bool {
        self.flags.contains('S')
    }

    /// When it came, as its name says or else its file.
    fn received(&self) -> jiff::Timestamp {
        received(&self.id).or_else(|| modified(&self.path)).unwrap_or_default()
    }

    /// What the older of two has less of.
    pub(super) fn order(&self) -> (jiff::Timestamp, u64) {
        (self.received(), order(&self.id))
    }
}

impl Maildir {
    /// Opens the maildir at `dir`, and makes it when there is none.
    ///
    /// # Errors
    ///
    /// Fails when a folder cannot be made.
    pub fn open(dir: &Path, clock: Clock) -> Result<Self, InboxError> {
        for folder in ["tmp", "new", "cur"] {
            let path = dir.join(folder);
            make_private(&path).map_err(|error| InboxError::Maildir { path: path.clone(), error })?;
        }
        let inner = Inner {
            dir: dir.to_owned(),
            clock,
            token: RandomState::new().hash_one(dir),
            count: AtomicU64::new(0),
            changes: watch::Sender::new(0),
            memory: Memory::default(),
        };
        let maildir = Self { inner: Arc::new(inner) };
        maildir.sweep();
        maildir.remember();
        Ok(maildir)
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// Everything caught, the newest first.
    ///
    /// # Errors
    ///
    /// Fails when the maildir cannot be read.
    pub fn list(&self) -> Result<Vec<Caught>, InboxError> {
        let mut all = Vec::new();
        for entry in self.entries()? {
            // Another program may have moved it meanwhile.
            all.extend(Self::load(&entry)?);
        }
        all.sort_by_key(|mail| Reverse((mail.received, order(&mail.id))));
        Ok(all)
    }

    /// The mail called `id`, if there is one.
    ///
    /// # Errors
    ///
    /// Fails when the maildir cannot be read.
    pub fn get(&self, id: &str) -> Result<Option<Caught>, InboxError> {
        self.find(id)?.map_or(Ok(None), |entry| Self::load(&entry))
    }

    /// The bytes of `id` as they lie on disk: what was received, after the lines the
    /// inbox put before it.
    ///
    /// # Errors
    ///
    /// Fails when the maildir cannot be read.
    pub fn raw(&self, id: &str) -> Result<Option<Vec<u8>>, InboxError> {
        self.find(id)?.map_or(Ok(None), |entry| present(fs::read(&entry.path), &entry.path))
    }

    /// Throws `id` away; false when there was none.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be removed.
    pub fn delete(&self, id: &str) -> Result<bool, InboxError> {
        let Some(entry) = self.find(id)? else { return Ok(false) };
        let gone = present(fs::remove_file(&entry.path), &entry.path)?.is_some();
        self.changed();
        Ok(gone)
    }

    /// Throws everything away; says how many.
    ///
    /// # Errors
    ///
    /// Fails when a file cannot be removed.
    pub fn delete_all(&self) -> Result<usize, InboxError> {
        let mut count = 0;
        for entry in self.entries()? {
            count += usize::from(present(fs::remove_file(&entry.path), &entry.path)?.is_some());
        }
        self.changed();
        Ok(count)
    }

    /// Marks `id` as looked at; false when there is none.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be moved.
    pub fn mark_seen(&self, id: &str) -> Result<bool, InboxError> {
        self.flag(id, true)
    }

    /// Marks `id` as not looked at; false when there is none.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be moved.
    pub fn mark_unseen(&self, id: &str) -> Result<bool, InboxError> {
        self.flag(id, false)
    }

    /// Counts what happened through this handle and its clones: caught, thrown away,
    /// marked. While a page is open, what other programs do counts as well.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Keeps a copy for each recipient, durably, and returns their ids: all of them or
    /// none.
    pub(super) fn keep(&self, arrival: &Arrival, message: &[u8]) -> Result<Vec<String>, InboxError> {
        let mut written = Vec::new();
        let result = arrival.to.iter().try_for_each(|to| {
            let (id, tmp) = self.write(arrival, to, message)?;
            written.push((id, tmp));
            Ok(())
        });
        let result = result.and_then(|()| self.publish(&written));
        if result.is_err() {
            for (id, tmp) in &written {
                let _ = fs::remove_file(tmp);
                let _ = fs::remove_file(self.folder("new").join(id));
            }
        }
        result?;
        self.changed();
        Ok(written.into_iter().map(|(id, _)| id).collect())
    }

    fn write(&self, arrival: &Arrival, to: &str, message: &[u8]) -> Result<(String, PathBuf), InboxError> {
        let now = (self.inner.clock)();
        let id = format!(
            "{}.M{:06}R{:016x}Q{}.letterpress",
            now.as_second(),
            now.subsec_microsecond(),
            self.inner.token,
            self.inner.count.fetch_add(1, Ordering::Relaxed)
        );
        let path = self.folder("tmp").join(&id);
        let head = arrival.trace(to, &id, now);
        let write = || {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&path)?;
            file.write_all(head.as_bytes())?;
            file.write_all(message)?;
            file.sync_all()
        };
        if let Err(error) = write() {
            let _ = fs::remove_file(&path);
            return Err(InboxError::Maildir { path, error });
        }
        Ok((id, path))
    }

    fn publish(&self, written: &[(String, PathBuf)]) -> Result<(), InboxError> {
        let new = self.folder("new");
        for (id, tmp) in written {
            let path = new.join(id);
            fs::rename(tmp, &path).map_err(|error| InboxError::Maildir { path, error })?;
        }
        // The names must be durable too, not the bytes alone.
        File::open(&new)
            .and_then(|dir| dir.sync_all())
            .map_err(|error| InboxError::Maildir { path: new, error })
    }

    fn flag(&self, id: &str, seen: bool) -> Result<bool, InboxError> {
        let Some(entry) = self.find(id)? else { return Ok(false) };
        if entry.seen() == seen {
            return Ok(true);
        }
        let mut flags: Vec<char> = entry.flags.chars().filter(|&flag| flag != 'S').collect();
        if seen {
            flags.push('S');
        }
        // Flags stand in ASCII order.
        flags.sort_unstable();
        let name = format!("{}:2,{}", entry.id, flags.iter().collect::<String>());
        let moved = fs::rename(&entry.path, self.folder("cur").join(name));
        let moved = present(moved, &entry.path)?.is_some();
        self.changed();
        Ok(moved)
    }

    pub(super) fn load(entry: &Entry) -> Result<Option<Caught>, InboxError> {
        let Some(bytes) = present(fs::read(&entry.path), &entry.path)? else { return Ok(None) };
        Ok(Some(Caught::read(&entry.id, entry.received(), entry.seen(), &bytes)))
    }

    fn find(&self, id: &str) -> Result<Option<Entry>, InboxError> {
        if !is_safe(id) {
            return Ok(None);
        }
        let path = self.folder("new").join(id);
        if path.is_file() {
            return Ok(Some(Entry { id: id.to_owned(), path, flags: String::new() }));
        }
        Ok(self.entries()?.into_iter().find(|entry| entry.id == id))
    }

    pub(super) fn entries(&self) -> Result<Vec<Entry>, InboxError> {
        let mut entries = Vec::new();
        for folder in ["new", "cur"] {
            let dir = self.folder(folder);
            let fail = |error| InboxError::Maildir { path: dir.clone(), error };
            for file in fs::read_dir(&dir).map_err(fail)? {
                let file = file.map_err(fail)?;
                let Ok(name) = file.file_name().into_string() else { continue };
                let (id, flags) = name.split_once(":2,").unwrap_or((&name, ""));
                if is_safe(id) && file.file_type().is_ok_and(|kind| kind.is_file()) {
                    entries.push(Entry { id: id.to_owned(), path: file.path(), flags: flags.to_owned() });
                }
            }
        }
        Ok(entries)
    }

    /// Removes what crashes left in `tmp`. A leftover that stays does no harm.
    fn sweep(&self) {
        let now = (self.inner.clock)();
        let Ok(files) = fs::read_dir(self.folder("tmp")) else { return };
        for file in files.flatten() {
            let old = modified(&file.path()).is_some_and(|time| {
                now.duration_since(time) > jiff::SignedDuration::try_from(STALE).unwrap_or_default()
            });
            if old {
                let _ = fs::remove_file(file.path());
            }
        }
    }

    pub(super) fn folder(&self, name: &str) -> PathBuf {
        self.inner.dir.join(name)
    }

    fn changed(&self) {
        self.remember();
        self.tell();
    }

    pub(super) fn tell(&self) {
        self.inner.changes.send_modify(|count| *count += 1);
    }
}

/// Whether a name can stand in a URL and names a file of the folder it is looked up
/// in and no other.
fn is_safe(id: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"._=,-".contains(&byte);
    !id.is_empty() && id.len() <= 200 && !id.starts_with('.') && id.bytes().all(fine)
}

/// The time a maildir name begins with.
fn received(id: &str) -> Option<jiff::Timestamp> {
    let (seconds, rest) = id.split_once('.')?;
    let micros = rest.strip_prefix('M').and_then(|rest| rest.get(..6)).and_then(|digits| digits.parse().ok());
    jiff::Timestamp::new(seconds.parse().ok()?, micros.unwrap_or(0) * 1000).ok()
}

/// Tells apart what came in the same microsecond.
fn order(id: &str) -> u64 {
    let count = id.split_once('Q').and_then(|(_, rest)| rest.split('.').next());
    count.and_then(|count| count.parse().ok()).unwrap_or(0)
}

fn modified(path: &Path) -> Option<jiff::Timestamp> {
    fs::metadata(path).and_then(|data| data.modified()).ok()?.try_into().ok()
}

/// A file that is gone is no error: somebody else may have moved it.
fn present<T>(result: io::Result<T>, path: &Path) -> Result<Option<T>, InboxError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(InboxError::Maildir { path: path.to_owned(), error }),
    }
}

fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
