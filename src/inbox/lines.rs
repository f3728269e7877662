//! The list of mail as the page shows it, and whether it has changed.
//!
//! A list is asked for after every mail that is caught, so a mail is read once: it
//! never changes while it lies in the maildir. Memory is bounded by what is shown.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::{Caught, InboxError, Maildir};

/// A mail as a line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    /// What kind of mail it says it is.
    pub(super) tag: Option<&'static str>,
    /// The subject, without the tag.
    pub(super) subject: String,
    pub(super) received: jiff::Timestamp,
    pub(super) size: u64,
    pub(super) preview: String,
}

impl From<&Caught> for Line {
    fn from(mail: &Caught) -> Self {
        let rehearsal = |(name, _): &(String, String)| name.eq_ignore_ascii_case("x-letterpress-rehearsal");
        let (tag, subject) = if let Some(subject) = mail.subject.strip_prefix("[Test]") {
            (Some("Test"), subject.trim_start())
        } else if mail.headers.iter().any(rehearsal) {
            (Some("Rehearsal"), mail.subject.as_str())
        } else {
            (None, mail.subject.as_str())
        };
        Self {
            id: mail.id.clone(),
            from: mail.from.clone(),
            to: mail.to.clone(),
            tag,
            subject: subject.to_owned(),
            received: mail.received,
            size: mail.size,
            preview: mail.preview.clone(),
        }
    }
}

/// The newest mail, and how much more there is.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// The lines, the newest first, and whether each was looked at.
    pub(super) lines: Vec<(Arc<Line>, bool)>,
    /// How many are older.
    pub(super) more: usize,
    /// How many of those nobody has looked at.
    pub(super) more_unseen: usize,
}

/// What is known of the maildir from the last look.
#[derive(Debug, Default)]
pub(super) struct Memory {
    lines: Mutex<HashMap<String, Arc<Line>>>,
    /// When `new` and `cur` were last changed.
    changed: Mutex<[Option<SystemTime>; 2]>,
}

impl Maildir {
    /// The newest mail as lines, at most `limit`. Reads only what it has not read yet.
    pub(super) fn newest(&self, limit: usize) -> Result<Newest, InboxError> {
        let mut entries = self.entries()?;
        // Names say when a mail came, so that only what is shown need be opened.
        entries.sort_by_cached_key(|entry| Reverse(entry.order()));
        let older = entries.split_off(limit.min(entries.len()));
        let mut known = lock(&self.inner.memory.lines);
        let mut shown = HashMap::new();
        let mut newest = Newest {
            lines: Vec::with_capacity(entries.len()),
            more: older.len(),
            more_unseen: older.iter().filter(|entry| !entry.seen()).count(),
        };
        for entry in entries {
            let line = match known.remove(&entry.id).or_else(|| shown.get(&entry.id).cloned()) {
                Some(line) => line,
                // Another program may have moved it meanwhile.
                None => match Self::load(&entry)? {
                    Some(mail) => Arc::new(Line::from(&mail)),
                    None => continue,
                },
            };
            newest.lines.push((Arc::clone(&line), entry.seen()));
            shown.insert(entry.id, line);
        }
        *known = shown;
        Ok(newest)
    }

    /// Looks whether another program has changed the maildir, and tells of it.
    pub(super) fn look_around(&self) {
        let now = self.folders_changed();
        let before = std::mem::replace(&mut *lock(&self.inner.memory.changed), now);
        if before != now {
            self.tell();
        }
    }

    /// Remembers the maildir as it is now, so that our own changes are not taken for
    /// those of another program.
    pub(super) fn remember(&self) {
        *lock(&self.inner.memory.changed) = self.folders_changed();
    }

    fn folders_changed(&self) -> [Option<SystemTime>; 2] {
        ["new", "cur"].map(|folder| self.folder(folder).metadata().and_then(|data| data.modified()).ok())
    }
}

/// A poisoned lock still guards whole values: nothing here panics half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(maildir: &Maildir, limit: usize) -> (Vec<String>, usize) {
        let newest = maildir.newest(limit).unwrap();
        (newest.lines.iter().map(|(line, _)| line.subject.clone()).collect(), newest.more)
    }

    #[test]
    fn a_refresh_reads_only_what_is_new() {
        let dir = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(dir.path(), || jiff::Timestamp::UNIX_EPOCH).unwrap();
        let write = |second: u32, subject: &str| {
            let path = dir.path().join(format!("new/{second}.Q{second}.test"));
            std::fs::write(path, format!("Subject: {subject}\r\n\r\nhi\r\n")).unwrap();
        };
        write(1, "first");
        write(2, "second");
        assert_eq!(subjects(&maildir, 9), (vec!["second".to_owned(), "first".to_owned()], 0));
        // Nobody writes to a mail that lies in a maildir; here it shows who reads it.
        write(2, "read again");
        write(3, "third");
        assert_eq!(subjects(&maildir, 2), (vec!["third".to_owned(), "second".to_owned()], 1));
        assert!(maildir.mark_seen("2.Q2.test").unwrap());
        let newest = maildir.newest(2).unwrap();
        assert_eq!(newest.lines.iter().map(|(_, seen)| *seen).collect::<Vec<_>>(), [false, true]);
        assert_eq!((newest.more, newest.more_unseen), (1, 1));
        assert!(maildir.delete("3.Q3.test").unwrap());
        assert_eq!(subjects(&maildir, 2), (vec!["second".to_owned(), "first".to_owned()], 0));
    }
}
