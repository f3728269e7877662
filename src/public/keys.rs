//! The keys of the links, as they are now.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::audience::{Claim, Tokens};
use crate::store::{Store, StoreError};

use super::DeskError;

/// The least time between two readings: whoever makes tokens up waits, and must not keep
/// the store busy.
const APART: Duration = Duration::from_millis(20);

/// The tokens of one list.
pub(super) struct Keys {
    store: Store,
    list: String,
    current: RwLock<Arc<Tokens>>,
    /// When they were last begun to be read again.
    read: Mutex<Option<Instant>>,
}

impl Keys {
    /// The tokens of `list`, with the keys of this moment.
    pub(super) fn of(store: &Store, list: &str) -> Result<Self, StoreError> {
        let current = RwLock::new(Arc::new(store.tokens(list)?));
        Ok(Self { store: store.clone(), list: list.to_owned(), current, read: Mutex::new(None) })
    }

    /// What a token says. When none of the keys reads it, it is tried with those of a
    /// moment after it came: a key may have been renewed just before.
    pub(super) async fn read(&self, token: &str) -> Result<Option<Claim>, DeskError> {
        if let Some(claim) = self.current().read(token) {
            return Ok(Some(claim));
        }
        let came = Instant::now();
        let mut read = self.read.lock().await;
        if read.is_none_or(|read| read < came) {
            if let Some(read) = *read {
                sleep_until(read + APART).await;
            }
            let begun = Instant::now();
            let tokens = self.look().await?;
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tokens);
            *read = Some(begun);
        }
        drop(read);
        Ok(self.current().read(token))
    }

    /// The token that says `claim`.
    pub(super) fn write(&self, claim: &Claim) -> String {
        self.current().write(claim)
    }

    /// Reads the keys from the store, which is still the one that others find.
    pub(super) async fn look(&self) -> Result<Tokens, DeskError> {
        let (store, list) = (self.store.clone(), self.list.clone());
        let read = tokio::task::spawn_blocking(move || {
            store.is_in_place()?;
            store.tokens(&list)
        });
        Ok(read.await.map_err(|_| DeskError::Closed)??)
    }

    fn current(&self) -> Arc<Tokens> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}
