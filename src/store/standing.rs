//! What the state as a whole knows besides its campaigns: when it was made and copied,
//! and which content was looked at before it is sent.

use jiff::Timestamp;

use super::{Store, StoreError, rows};

/// How the state as a whole stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// When it was made.
    pub created: Timestamp,
    /// When it was copied last.
    pub backup: Option<Timestamp>,
    /// The time of the backup it was restored from, until somebody has answered for
    /// what was sent, and who left, since.
    pub restored: Option<Timestamp>,
}

impl Store {
    /// How the state as a whole stands.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn standing(&self) -> Result<Standing, StoreError> {
        self.with(|connection| {
            let found =
                connection.query_row("SELECT created, backup, restored FROM newsletter", [], |row| {
                    Ok(Standing {
                        created: rows::timestamp(row, 0)?,
                        backup: rows::timestamp_if_any(row, 1)?,
                        restored: rows::timestamp_if_any(row, 2)?,
                    })
                })?;
            Ok(found)
        })
    }

    /// How much room the database takes on the disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |found| found.len());
        let log = self.inner.path.with_extension("db-wal");
        size(&self.inner.path) + size(&log)
    }

    /// Notes that somebody was sent a test of this content.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn note_tested(&self, content_hash: &str, now: Timestamp) -> Result<(), StoreError> {
        self.with(|connection| {
            connection.execute(
                "INSERT INTO tested (content_hash, at) VALUES (?1, ?2)
                 ON CONFLICT (content_hash) DO UPDATE SET at = excluded.at",
                (content_hash, now.as_microsecond()),
            )?;
            Ok(())
        })
    }

    /// Whether anybody was sent a test of this content.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn is_tested(&self, content_hash: &str) -> Result<bool, StoreError> {
        self.with(|connection| {
            let mut select = connection.prepare_cached("SELECT 1 FROM tested WHERE content_hash = ?1")?;
            Ok(select.exists([content_hash])?)
        })
    }
}
