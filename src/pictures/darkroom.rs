//! Keeps what was developed, for whoever looks at the same article again and again.

use std::collections::VecDeque;
use std::fs::{self, Metadata};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use super::develop::Wish;
use super::{Developed, Job};

/// How many bytes of finished pictures are kept: those of several long articles.
const ROOM: usize = 64_000_000;

/// How long pictures may take before somebody is told.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where pictures are developed. Those that were lately lie about in it, so that one
/// whose file did not change is not developed again; they live in memory alone.
#[derive(Debug)]
pub struct Darkroom {
    room: usize,
    kept: Mutex<VecDeque<(Key, Developed)>>,
    /// Who is told when it takes long, and after how long.
    told: Option<(Duration, fn(usize))>,
}

/// A file as it was, what it was called, and how wide it was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    file: PathBuf,
    /// What messages call it.
    written: String,
    /// Where it is said to lie.
    shown: PathBuf,
    state: State,
    wish: Wish,
}

/// A file at one moment, as far as can be said without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    bytes: u64,
    modified: SystemTime,
    /// Its number, and when anything about it was changed: a file can be put in the place
    /// of another one together with its time.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl State {
    fn of(facts: &Metadata) -> Option<Self> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;
        Some(Self {
            bytes: facts.len(),
            modified: facts.modified().ok()?,
            #[cfg(unix)]
            inode: (facts.dev(), facts.ino(), facts.ctime(), facts.ctime_nsec()),
        })
    }
}

impl Key {
    /// The file of `job` as it is now; none when it does not say when it was changed.
    pub(super) fn of(job: &Job) -> Option<Self> {
        Some(Self {
            file: job.located.file.clone(),
            written: job.sought.src.clone(),
            shown: job.located.shown.clone(),
            state: State::of(&fs::metadata(&job.located.file).ok()?)?,
            wish: job.wish,
        })
    }
}

impl Default for Darkroom {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl Darkroom {
    /// One in which so many bytes of pictures are kept.
    pub(super) fn with_room(room: usize) -> Self {
        Self { room, kept: Mutex::default(), told: None }
    }

    /// One that calls `tell` with the number of pictures that are being developed, once and
    /// from a thread of its own, whenever that takes longer than a second.
    #[must_use]
    pub fn telling(tell: fn(usize)) -> Self {
        Self { told: Some((PATIENCE, tell)), ..Self::default() }
    }

    /// The same with less patience, or more.
    #[cfg(test)]
    pub(super) fn after(self, patience: Duration) -> Self {
        Self { told: self.told.map(|(_, tell)| (patience, tell)), ..self }
    }

    /// Does `work` at so many pictures.
    pub(super) fn attend<T>(&self, count: usize, work: impl FnOnce() -> T) -> T {
        let Some((patience, tell)) = self.told.filter(|_| count > 0) else { return work() };
        thread::scope(|scope| {
            let (working, done) = mpsc::channel::<()>();
            let wait = move || {
                if done.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                    tell(count);
                }
            };
            // Where no thread can be had, nobody is told.
            let _ = thread::Builder::new().spawn_scoped(scope, wait);
            let result = work();
            drop(working);
            result
        })
    }

    /// What was developed of this file as it is.
    pub(super) fn get(&self, key: &Key) -> Option<Developed> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(other, _)| other == key)?;
        let found = kept.remove(at)?;
        let developed = found.1.clone();
        kept.push_back(found);
        Some(developed)
    }

    /// Keeps what was developed; what was not asked for longest makes room.
    pub(super) fn keep(&self, key: Key, developed: Developed) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // The same file as it was before is of no use any more.
        kept.retain(|(other, _)| other.file != key.file);
        kept.push_back((key, developed));
        let mut taken: usize = kept.iter().map(|(_, developed)| developed.plate.bytes.len()).sum();
        while taken > self.room
            && let Some((_, gone)) = kept.pop_front()
        {
            taken -= gone.plate.bytes.len();
        }
    }
}
