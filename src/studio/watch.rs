//! Notices saves.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::watch;

use super::StudioError;

/// How long it must be quiet before a save counts as finished. An editor's save is a
/// burst: truncate, write, rename, change the mode.
const QUIET: Duration = Duration::from_millis(15);

/// How long a burst may last before it is shown all the same.
const LONGEST: Duration = Duration::from_millis(150);

/// One save.
#[derive(Debug, Clone, Copy)]
pub(super) struct Save {
    /// Counts saves from 0, the state at the start.
    pub(super) version: u64,
    /// When its first sign was noticed.
    pub(super) noticed: Instant,
}

/// Watches files and announces saves.
pub(super) struct Watch {
    files: Arc<Mutex<HashSet<PathBuf>>>,
    folders: Mutex<Folders>,
    saves: watch::Receiver<Save>,
}

struct Folders {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
}

impl Watch {
    pub(super) fn new() -> Result<Self, StudioError> {
        let (sender, events) = mpsc::channel();
        let watcher = notify::recommended_watcher(sender).map_err(StudioError::Watch)?;
        let (announce, saves) = watch::channel(Save { version: 0, noticed: Instant::now() });
        let files = Arc::new(Mutex::new(HashSet::new()));
        let names = Arc::clone(&files);
        // Ends when the watcher, which holds the other end of `events`, is dropped.
        std::thread::spawn(move || announce_saves(&events, &names, &announce));
        let folders = Mutex::new(Folders { watcher, watched: BTreeSet::new() });
        Ok(Self { files, folders, saves })
    }

    /// The saves; the receiver has seen the latest one.
    pub(super) fn saves(&self) -> watch::Receiver<Save> {
        self.saves.clone()
    }

    /// Watches `files` and nothing else from now on.
    ///
    /// It is their folders that are watched: editors save by renaming a new file over
    /// the old one, and a file that is missing can then be waited for.
    pub(super) fn only(&self, files: &[PathBuf]) -> Result<(), StudioError> {
        let mut names = HashSet::new();
        let mut wanted = BTreeSet::new();
        for file in files {
            // A link is saved where it stands or where it leads.
            for name in [settled(file), file.canonicalize().ok()].into_iter().flatten() {
                let folder = if name.is_dir() { Some(name.as_path()) } else { name.parent() };
                wanted.extend(folder.map(Path::to_owned));
                names.insert(name);
            }
        }
        *lock(&self.files) = names;
        let mut folders = lock(&self.folders);
        let Folders { watcher, watched } = &mut *folders;
        for gone in watched.difference(&wanted) {
            // A folder that no longer exists is no longer watched either.
            let _ = watcher.unwatch(gone);
        }
        let mut refused = None;
        for new in wanted.difference(watched) {
            if let Err(error) = watcher.watch(new, RecursiveMode::NonRecursive) {
                refused = Some(error);
            }
        }
        *watched = wanted;
        refused.map_or(Ok(()), |error| Err(StudioError::Watch(error)))
    }
}

/// The path with its folder resolved, or the nearest thing above it that exists.
fn settled(file: &Path) -> Option<PathBuf> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match folder.canonicalize() {
        Ok(folder) => Some(folder.join(file.file_name()?)),
        Err(_) => folder.ancestors().find_map(|above| above.canonicalize().ok()),
    }
}

fn announce_saves(
    events: &mpsc::Receiver<notify::Result<Event>>,
    files: &Mutex<HashSet<PathBuf>>,
    announce: &watch::Sender<Save>,
) {
    while let Ok(event) = events.recv() {
        if !tells(&event, files) {
            continue;
        }
        let noticed = Instant::now();
        while noticed.elapsed() < LONGEST {
            match events.recv_timeout(QUIET) {
                Ok(_) => {}
                Err(_) => break,
            }
        }
        announce.send_modify(|save| *save = Save { version: save.version + 1, noticed });
    }
}

/// Whether an event is a sign of a save: reading a file is none, or each render would
/// cause the next.
fn tells(event: &notify::Result<Event>, files: &Mutex<HashSet<PathBuf>>) -> bool {
    let Ok(event) = event else { return false };
    let kind = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    };
    let files = lock(files);
    let watched =
        |path: &PathBuf| files.contains(path) || path.parent().is_some_and(|dir| files.contains(dir));
    kind && (event.need_rescan() || event.paths.iter().any(watched))
}

/// A poisoned lock still guards whole values: nothing here panics half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
