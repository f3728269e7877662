//! Notices saves.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::watch;

use super::StudioError;
use super::stamp::Identity;

/// How long it must be quiet before a save counts as finished. An editor's save is a
/// burst: truncate, write, rename, change the mode.
const QUIET: Duration = Duration::from_millis(15);

/// How long a burst may last before it is shown all the same.
const LONGEST: Duration = Duration::from_millis(150);

/// How often folders that come and go while they are looked for are looked for again.
const MOST_ROUNDS: usize = 4;

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
    ground: Arc<Mutex<Ground>>,
    announce: watch::Sender<Save>,
}

/// What is watched.
struct Ground {
    watcher: RecommendedWatcher,
    /// The files that were asked for.
    asked: Vec<PathBuf>,
    /// Their names and those of what they stand for; a folder stands for all in it.
    names: HashSet<PathBuf>,
    /// The folders of the files.
    folders: BTreeSet<PathBuf>,
    /// What the system watches, and what it was when that began: the folders, and those
    /// above them, where a folder is seen to go and to come back.
    watched: BTreeMap<PathBuf, Option<Identity>>,
}

/// What an event is a sign of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Nothing,
    Save,
    /// A folder went or came, and the system may watch one that is no longer there.
    Moved,
}

impl Watch {
    pub(super) fn new() -> Result<Self, StudioError> {
        let (sender, events) = mpsc::channel();
        let watcher = notify::recommended_watcher(sender).map_err(StudioError::Watch)?;
        let ground = Arc::new(Mutex::new(Ground {
            watcher,
            asked: Vec::new(),
            names: HashSet::new(),
            folders: BTreeSet::new(),
            watched: BTreeMap::new(),
        }));
        let announce = watch::Sender::new(Save { version: 0, noticed: Instant::now() });
        let (whole, tell) = (Arc::downgrade(&ground), announce.clone());
        // Ends when the watcher, which holds the other end of `events`, is dropped.
        std::thread::spawn(move || announce_saves(&events, &whole, &tell));
        Ok(Self { ground, announce })
    }

    /// The saves; the receiver has seen the latest one.
    pub(super) fn saves(&self) -> watch::Receiver<Save> {
        self.announce.subscribe()
    }

    /// Announces a save that was found out in another way.
    pub(super) fn announce(&self) {
        announce(&self.announce, Instant::now());
    }

    /// Watches `files` and nothing else from now on.
    ///
    /// It is their folders that are watched: editors save by renaming a new file over
    /// the old one, and a file that is missing can then be waited for.
    pub(super) fn only(&self, files: &[PathBuf]) -> Result<(), StudioError> {
        let mut ground = lock(&self.ground);
        files.clone_into(&mut ground.asked);
        ground.arrange(Sign::Save).map_err(StudioError::Watch)
    }
}

impl Ground {
    /// Watches what is to be watched as it stands now; after [`Sign::Moved`] even what
    /// seems to be watched already.
    fn arrange(&mut self, sign: Sign) -> notify::Result<()> {
        let mut result = Ok(());
        for _ in 0..MOST_ROUNDS {
            self.survey();
            result = self.watch_all(sign);
            // What came while we arranged ourselves has sent no event.
            let names = std::mem::take(&mut self.names);
            self.survey();
            if names == self.names {
                break;
            }
        }
        result
    }

    fn survey(&mut self) {
        self.names.clear();
        self.folders.clear();
        for file in &self.asked {
            // A link is saved where it stands or where it leads.
            for name in [settled(file), file.canonicalize().ok()].into_iter().flatten() {
                let folder = if name.is_dir() { Some(name.as_path()) } else { name.parent() };
                self.folders.extend(folder.map(Path::to_owned));
                self.names.insert(name);
            }
        }
    }

    fn watch_all(&mut self, sign: Sign) -> notify::Result<()> {
        let above = self.folders.iter().filter_map(|folder| folder.parent());
        let wanted: BTreeSet<&Path> = above.chain(self.folders.iter().map(PathBuf::as_path)).collect();
        for gone in self.watched.keys().filter(|path| !wanted.contains(path.as_path())) {
            // A folder that no longer exists is no longer watched either.
            let _ = self.watcher.unwatch(gone);
        }
        let mut refused = None;
        let mut watched = BTreeMap::new();
        for path in wanted {
            let identity = Identity::at(path);
            if sign == Sign::Moved || identity.is_none() || self.watched.get(path) != Some(&identity) {
                let result = self.watcher.watch(path, RecursiveMode::NonRecursive);
                // What is above the files may be closed to us.
                if let (Err(error), true) = (result, self.folders.contains(path)) {
                    refused = Some(error);
                }
            }
            watched.insert(path.to_owned(), identity);
        }
        self.watched = watched;
        refused.map_or(Ok(()), Err)
    }

    /// What `event` says. Reading a file is no save, or each render would cause the
    /// next.
    fn sign(&self, event: &notify::Result<Event>) -> Sign {
        let Ok(event) = event else { return Sign::Nothing };
        let kind = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
            EventKind::Access(_) => false,
            _ => true,
        };
        let comes_or_goes = !matches!(
            event.kind,
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_))
        );
        let watched = |path: &PathBuf| {
            self.names.contains(path) || path.parent().is_some_and(|dir| self.names.contains(dir))
        };
        if event.need_rescan() || comes_or_goes && event.paths.iter().any(|path| self.folders.contains(path))
        {
            Sign::Moved
        } else if kind && event.paths.iter().any(watched) {
            Sign::Save
        } else {
            Sign::Nothing
        }
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
    ground: &Weak<Mutex<Ground>>,
    tell: &watch::Sender<Save>,
) {
    let sign_of = |event: &_| ground.upgrade().map_or(Sign::Nothing, |ground| lock(&ground).sign(event));
    while let Ok(event) = events.recv() {
        let mut sign = sign_of(&event);
        if sign == Sign::Nothing {
            continue;
        }
        let noticed = Instant::now();
        let mut quiet = noticed + QUIET;
        while let Some(rest) = quiet.min(noticed + LONGEST).checked_duration_since(Instant::now()) {
            let Ok(event) = events.recv_timeout(rest) else { break };
            // A busy neighbour in the folder does not hold a save up.
            let another = sign_of(&event);
            if another != Sign::Nothing {
                sign = sign.max(another);
                quiet = Instant::now() + QUIET;
            }
        }
        let Some(ground) = ground.upgrade() else { return };
        // Before it is told, so that no save falls between a look and the next watch.
        // What is refused is refused again when the next proof is pulled, and told then.
        let _ = lock(&ground).arrange(sign);
        announce(tell, noticed);
    }
}

fn announce(tell: &watch::Sender<Save>, noticed: Instant) {
    tell.send_modify(|save| *save = Save { version: save.version + 1, noticed });
}

/// A poisoned lock still guards whole values: nothing here panics half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
