//! Where wishes are granted: one thread takes all that lie there to the store together.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::problem::{Class, Condition};
use crate::store::{Granted, Store, StoreError, Wish};

/// How many wishes may lie there: as many as there are connections.
const ROOM: usize = 1_024;

/// The most that go into one commit, which holds the lock for some ten milliseconds.
const MOST: usize = 200;

/// What is left to others between two commits; they look every half millisecond.
const GAP: Duration = Duration::from_millis(1);

/// How long a reader waits; the store gives up on a lock after ten seconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a wish was not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// The store could not keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// More was asked for than could be written.
    #[error("more is asked for than can be written: {ROOM} readers wait already")]
    Full,
    /// It lay there too long; it may be granted yet.
    #[error("the state was not written within {} seconds", PATIENCE.as_secs())]
    Slow,
    /// Nobody is at the desk any more.
    #[error("nothing is written any more: the server is ending")]
    Closed,
    /// What the store answered is no answer to what it was asked.
    #[error("the state answered something else than it was asked")]
    Odd,
}

impl Condition for DeskError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Full | Self::Slow => Some("look at the disk that the state is on".to_owned()),
            Self::Closed | Self::Odd => None,
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Full | Self::Slow | Self::Closed => Class::Later,
            Self::Odd => Class::Bug,
        }
    }
}

/// A wish, or none to see whether anything is granted at all, and who waits for it.
struct Request {
    wish: Option<Wish>,
    answer: oneshot::Sender<Result<Option<Granted>, DeskError>>,
}

/// The way to the desk.
#[derive(Clone)]
pub(super) struct Desk {
    queue: SyncSender<Request>,
}

impl Desk {
    /// Opens it. The receiver is told when every way to it is gone and all that lay
    /// there is granted.
    pub(super) fn open(
        store: Store,
        now: fn() -> Timestamp,
    ) -> std::io::Result<(Self, oneshot::Receiver<()>)> {
        let (queue, requests) = sync_channel(ROOM);
        let (close, closed) = oneshot::channel();
        thread::Builder::new().name("desk".to_owned()).spawn(move || {
            work(&store, now, &requests);
            let _ = close.send(());
        })?;
        Ok((Self { queue }, closed))
    }

    /// Has `wish` granted: it is on disk when this returns.
    ///
    /// What is handed in is granted also when whoever waits for it goes.
    pub(super) async fn grant(&self, wish: Wish) -> Result<Granted, DeskError> {
        self.hand_in(Some(wish)).await?.ok_or(DeskError::Odd)
    }

    /// Has nothing granted, as a wish would be: the lock is got, and given back.
    pub(super) async fn look(&self) -> Result<(), DeskError> {
        self.hand_in(None).await.map(drop)
    }

    async fn hand_in(&self, wish: Option<Wish>) -> Result<Option<Granted>, DeskError> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Request { wish, answer }).map_err(|error| match error {
            TrySendError::Full(_) => DeskError::Full,
            TrySendError::Disconnected(_) => DeskError::Closed,
        })?;
        match timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(DeskError::Closed),
            Err(_) => Err(DeskError::Slow),
        }
    }
}

/// Grants wishes in the state that others find: neither one that was moved away keeps a
/// promise, nor one that was moved meanwhile.
fn grant(store: &Store, wishes: &[Wish], now: Timestamp) -> Result<Vec<Granted>, StoreError> {
    store.is_in_place()?;
    let granted = store.grant(wishes, now)?;
    store.is_in_place()?;
    Ok(granted)
}

/// Grants until there is no way to the desk any more.
fn work(store: &Store, now: fn() -> Timestamp, requests: &Receiver<Request>) {
    while let Ok(first) = requests.recv() {
        let batch: Vec<Request> = std::iter::once(first).chain(requests.try_iter().take(MOST - 1)).collect();
        let wishes: Vec<Wish> = batch.iter().filter_map(|request| request.wish.clone()).collect();
        match grant(store, &wishes, now()) {
            Ok(granted) => {
                let mut granted = granted.into_iter();
                for request in batch {
                    let mine = request.wish.and_then(|_| granted.next());
                    let _ = request.answer.send(Ok(mine));
                }
            }
            Err(error) => {
                for request in batch {
                    let _ = request.answer.send(Err(error.clone().into()));
                }
            }
        }
        thread::sleep(GAP);
    }
}
