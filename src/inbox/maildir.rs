//! Keeps caught mail as a maildir.

use std::path::Path;

use tokio::sync::watch;

use super::{Clock, InboxError};

/// A mail the inbox caught, read for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// Names it in this maildir for as long as it lies there: `[A-Za-z0-9_-]+`, safe
    /// in a URL.
    pub id: String,
    /// The From header as people read it.
    pub from: String,
    /// The recipient the envelope named.
    pub to: String,
    /// The envelope's return path; empty for the null path.
    pub return_path: String,
    /// The subject, decoded.
    pub subject: String,
    /// The Date header as it is written; empty without one.
    pub date: String,
    /// When it was caught.
    pub received: jiff::Timestamp,
    /// Bytes on disk.
    pub size: u64,
    /// The HTML part, decoded.
    pub html: Option<String>,
    /// The plain-text part, decoded.
    pub text: Option<String>,
    /// Every header in order, decoded.
    pub headers: Vec<(String, String)>,
    /// The beginning of what a reader sees, on one line.
    pub preview: String,
    /// Whether somebody has looked at it.
    pub seen: bool,
}

/// A handle to a maildir; cheap to clone.
///
/// Its methods touch the disk: call them off the async threads.
#[derive(Debug, Clone)]
pub struct Maildir {}

impl Maildir {
    /// Opens the maildir at `dir`, and makes it when there is none.
    ///
    /// # Errors
    ///
    /// Fails when a folder cannot be made.
    pub fn open(dir: &Path, clock: Clock) -> Result<Self, InboxError> {
        todo!()
    }
    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        todo!()
    }
    /// Everything caught, the newest first.
    pub fn list(&self) -> Result<Vec<Caught>, InboxError> {
        todo!()
    }
    /// The mail called `id`.
    pub fn get(&self, id: &str) -> Result<Option<Caught>, InboxError> {
        todo!()
    }
    /// Its bytes as they lie on disk.
    pub fn raw(&self, id: &str) -> Result<Option<Vec<u8>>, InboxError> {
        todo!()
    }
    /// Throws it away; false when there was none.
    pub fn delete(&self, id: &str) -> Result<bool, InboxError> {
        todo!()
    }
    /// Throws everything away; says how many.
    pub fn delete_all(&self) -> Result<usize, InboxError> {
        todo!()
    }
    /// Marks it as looked at; false when there was none.
    pub fn mark_seen(&self, id: &str) -> Result<bool, InboxError> {
        todo!()
    }
    /// Marks it as not looked at; false when there was none.
    pub fn mark_unseen(&self, id: &str) -> Result<bool, InboxError> {
        todo!()
    }
    /// Ticks whenever a mail is caught, thrown away or marked through this handle or a
    /// clone of it.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        todo!()
    }
}
