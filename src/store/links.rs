//! What links are written with and read with, and whether a test of their way came here.

use jiff::Timestamp;

use super::{Store, StoreError};
use crate::audience::Tokens;

/// How old a test is of which its sender has died, in microseconds.
const STALE: i64 = 3_600_000_000;

impl Store {
    /// The links of `list`: written with the newest key, read with all there ever were.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn tokens(&self, list: &str) -> Result<Tokens, StoreError> {
        self.with(|connection| {
            let mut select = connection.prepare_cached("SELECT key FROM link_key ORDER BY id DESC")?;
            let mut keys =
                select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<[u8; 32]>>>()?;
            keys.push(*self.key());
            Ok(Tokens::new(list, &keys[0], &keys[1..]))
        })
    }

    /// Has links be written with `key` from now on; what was written before is read as
    /// ever.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn renew_link_key(&self, key: [u8; 32], now: Timestamp) -> Result<(), StoreError> {
        self.with(|connection| {
            let sql = "INSERT INTO link_key (key, since) VALUES (?1, ?2)";
            connection.execute(sql, (key.as_slice(), now.as_microsecond()))?;
            Ok(())
        })
    }

    /// Has a test of the way be expected here.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn expect_knock(&self, nonce: &[u8; 16], now: Timestamp) -> Result<(), StoreError> {
        self.with(|connection| {
            let sql = "INSERT INTO knock (nonce, at) VALUES (?1, ?2)";
            connection.execute(sql, (nonce.as_slice(), now.as_microsecond()))?;
            Ok(())
        })
    }

    /// Whether a test has come here by its way.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn is_heard(&self, nonce: &[u8; 16]) -> Result<bool, StoreError> {
        self.with(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM knock WHERE nonce = ?1 AND heard IS NOT NULL)";
            Ok(connection.query_row(sql, [nonce.as_slice()], |row| row.get(0))?)
        })
    }

    /// Ends that a test is expected, and that of all before it.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn forget_knock(&self, nonce: &[u8; 16]) -> Result<(), StoreError> {
        self.with(|connection| {
            let sql = "DELETE FROM knock WHERE nonce = ?1
                 OR at <= (SELECT at FROM knock WHERE nonce = ?1) - ?2";
            connection.execute(sql, (nonce.as_slice(), STALE))?;
            Ok(())
        })
    }
}
