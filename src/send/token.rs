//! Access tokens, which do not last as long as a campaign.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An access token of OAuth 2.0 (RFC 6750) and what fetches the next one.
///
/// Mostly one is good for an hour. It is used until a relay refuses it; then it is
/// fetched anew, once for all connections. A clone is the same token.
#[derive(Clone)]
pub struct Token(Arc<Inner>);

struct Inner {
    kept: Mutex<String>,
    /// Held by whoever fetches the next.
    fetching: Mutex<()>,
    fetch: Option<Box<Fetch>>,
}

impl Inner {
    fn kept(&self) -> MutexGuard<'_, String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fetches a token, or says why it cannot. It may take its time.
type Fetch = dyn Fn() -> Result<String, String> + Send + Sync;

impl Token {
    /// A token there is only one of.
    #[must_use]
    pub fn fixed(token: String) -> Self {
        Self(Arc::new(Inner { kept: Mutex::new(token), fetching: Mutex::default(), fetch: None }))
    }

    /// A token that `fetch` replaces when it is refused.
    #[must_use]
    pub fn renewed_by(
        token: String,
        fetch: impl Fn() -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            kept: Mutex::new(token),
            fetching: Mutex::default(),
            fetch: Some(Box::new(fetch)),
        }))
    }

    pub(super) fn get(&self) -> String {
        self.0.kept().clone()
    }

    /// Another token than the one that was `refused`; none when there is no other.
    ///
    /// # Errors
    ///
    /// Says why it cannot be fetched.
    pub(super) async fn another(&self, refused: &str) -> Result<Option<String>, String> {
        let (inner, refused) = (Arc::clone(&self.0), refused.to_owned());
        let renewed = tokio::task::spawn_blocking(move || {
            // Whoever else was refused waits for this one.
            let _fetching = inner.fetching.lock().unwrap_or_else(PoisonError::into_inner);
            let is_old = *inner.kept() == refused;
            if let (true, Some(fetch)) = (is_old, &inner.fetch) {
                let renewed = fetch()?;
                *inner.kept() = renewed;
            }
            Ok(Some(inner.kept().clone()).filter(|token| *token != refused))
        });
        renewed.await.expect("fetching a token does not panic")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Token {}
