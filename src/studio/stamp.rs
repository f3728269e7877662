//! Tells whether a file or a folder is still the one it was.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Which file or folder stands at a path; a folder that was removed and made again is
/// another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    /// Device and number, where there are such.
    number: (u64, u64),
    /// A number may be given out again at once.
    created: Option<SystemTime>,
}

impl Identity {
    /// What stands at `path`, or where it leads; none when nothing does.
    pub(super) fn at(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|data| Self::of(&data))
    }

    fn of(data: &Metadata) -> Self {
        #[cfg(unix)]
        let number = {
            use std::os::unix::fs::MetadataExt as _;
            (data.dev(), data.ino())
        };
        #[cfg(not(unix))]
        let number = (0, 0);
        Self { number, created: data.created().ok() }
    }
}

/// A file as it was at one moment, as far as can be said without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    identity: Identity,
    modified: Option<SystemTime>,
    length: u64,
}

/// Files as they were at one moment; those that were missing, too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stamps(Vec<(PathBuf, Option<Stamp>)>);

impl Stamps {
    /// Looks at `files` now.
    pub(super) fn of(files: &[PathBuf]) -> Self {
        let stamp = |path: &PathBuf| {
            let data = path.metadata().ok()?;
            Some(Stamp { identity: Identity::of(&data), modified: data.modified().ok(), length: data.len() })
        };
        Self(files.iter().map(|path| (path.clone(), stamp(path))).collect())
    }

    /// The same files as they were in `earlier`, as far as it knows them.
    pub(super) fn put_back_to(self, earlier: &Self) -> Self {
        let as_earlier = |(path, stamp): (PathBuf, Option<Stamp>)| {
            let known = earlier.0.iter().find(|(its, _)| *its == path);
            let stamp = known.map_or(stamp, |(_, stamp)| stamp.clone());
            (path, stamp)
        };
        Self(self.0.into_iter().map(as_earlier).collect())
    }
}
