//! Keeps what was developed, for whoever looks at the same article again and again.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::Developed;
use super::develop::Wish;

/// Most pictures that are kept; an article has fewer.
const MOST: usize = 256;

/// What was developed before. It lives in memory alone.
#[derive(Debug, Default)]
pub struct Cache(Mutex<HashMap<Key, Developed>>);

/// A file as it was, and how wide it was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    file: PathBuf,
    changed: SystemTime,
    bytes: u64,
    wish: Wish,
}

impl Key {
    /// The file as it is now; none when it does not say when it was changed.
    pub(super) fn of(file: &Path, wish: Wish) -> Option<Self> {
        let facts = fs::metadata(file).ok()?;
        Some(Self { file: file.to_owned(), changed: facts.modified().ok()?, bytes: facts.len(), wish })
    }
}

impl Cache {
    pub(super) fn get(&self, key: &Key) -> Option<Developed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn keep(&self, key: Key, developed: Developed) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The same file as it was before is of no use any more.
        kept.retain(|other, _| other.file != key.file);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, developed);
    }
}
