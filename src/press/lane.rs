//! One connection: what it does, message after message.
//!
//! Nobody is offered a final dot whose intent is not on disk, and nothing is taken for
//! done before its outcome is: see [`Sending::commit`](crate::store::Sending::commit).

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::content::Copies;
use super::delivery::{Stop, asked};
use super::door::{Away, Lasting};
use super::feed::Feed;
use super::making::{Copy, Counter, Made};
use super::paces::Wait;
use super::verdict::{Event, Judge};
use crate::outbox::{Disposition, Retry};
use crate::problem::Problem;
use crate::send::{Begun, Connection, Outcome, Relay, SendError, classify};
use crate::store::{Intent, Settled, StoreError};

/// Connections lost in a row without a message between them, after which the relay is
/// taken to be gone.
const LOSSES: usize = 3;

/// How long a connection is kept open for a message that may not go yet.
pub(super) const IDLE: Duration = Duration::from_secs(5);

/// A wait that is worth telling.
const WORTH_TELLING: Duration = Duration::from_secs(10);

/// How far the clock may be behind the time that was waited.
const SLACK: Duration = Duration::from_secs(1);

/// How long a relay has for its goodbye.
pub(super) const GOODBYE: Duration = Duration::from_secs(5);

/// How long an outcome waits for the next commit on its way.
const SOON: Duration = Duration::from_millis(100);

/// Whether the relay takes the message in another session.
fn wants_new_session(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Refused { reply, phase } | Outcome::Deferred { reply, phase } => {
            classify(*phase, reply) == Disposition::Retry(Retry::NewSession)
        }
        Outcome::Accepted { .. } => false,
    }
}

/// One connection after the other, for one part of a run.
pub(super) struct Lane {
    pub(super) feed: Arc<Feed>,
    pub(super) judge: Arc<Judge>,
    pub(super) copies: Arc<Copies>,
    pub(super) counter: Counter,
    pub(super) relay: Relay,
    /// Whether the relay has greeted any connection of the run.
    pub(super) greeted: Arc<AtomicBool>,
    pub(super) stop: watch::Receiver<Stop>,
}

/// How one connection came to its end.
struct Ended {
    /// What is to go over the next one.
    next: Option<Copy>,
    /// Whether any message was answered.
    answered: bool,
    /// How it was lost, if it was.
    lost: Option<SendError>,
}

impl Lane {
    /// Sends until nobody is due, or the run is to end.
    pub(super) async fn run(mut self) -> Result<(), StoreError> {
        let lasting = Lasting(Arc::clone(&self.feed));
        let mut stop = self.stop.clone();
        let ended = tokio::select! {
            ended = self.work() => ended,
            // What is at its dot is unknown when all have left: `Sending::give_up`.
            () = asked(&mut stop, Stop::Now) => Ok(()),
        };
        if ended.is_err() {
            self.feed.halt();
        }
        let ended = ended.and(self.give_back_ahead().await);
        // Now that it holds nothing that others would look for.
        drop(lasting);
        ended
    }

    async fn work(&mut self) -> Result<(), StoreError> {
        let mut losses = 0;
        let mut next = self.wait_for_next(Duration::MAX).await?;
        while let Some(copy) = next {
            let (connection, copy) = match self.call().await {
                Ok(connection) => (connection, copy),
                Err(away) => {
                    self.give_back(Some(copy)).await?;
                    match away {
                        Away::For(error) => {
                            self.judge.stopped(Problem::new(*error));
                            return Ok(());
                        }
                        Away::Over => return Ok(()),
                        Away::Crowded => {}
                    }
                    let Some(found) = self.wait_outside().await? else {
                        next = self.wait_for_next(Duration::MAX).await?;
                        continue;
                    };
                    found
                }
            };
            let ended = self.converse(connection, copy).await;
            self.feed.open.fetch_sub(1, Ordering::Relaxed);
            let ended = ended?;
            next = ended.next;
            losses = if ended.answered { 0 } else { losses + 1 };
            if let Some(error) = ended.lost.filter(|_| losses >= LOSSES) {
                self.give_back(next.take()).await?;
                self.judge.stopped(Problem::new(error));
            }
            if next.is_none() {
                // What was put back or refused meanwhile may be due already.
                next = self.wait_for_next(Duration::MAX).await?;
            }
        }
        Ok(())
    }

    /// One connection, as long as it lasts.
    async fn converse(&mut self, mut connection: Connection, first: Copy) -> Result<Ended, StoreError> {
        let (feed, judge) = (Arc::clone(&self.feed), Arc::clone(&self.judge));
        let mut settled: Option<Settled> = None;
        let mut ended = Ended { next: None, answered: false, lost: None };
        let mut copy = first;
        let mut begun = connection.begin(&copy.message).await;
        ended.next = loop {
            let following = match begun {
                Ok(Begun::Ready) => {
                    let counted = Some(copy.ticket.counted());
                    let (intent, following) = tokio::join!(
                        feed.sending.commit_counted(settled.clone(), Some(copy.id), counted, (feed.now)()),
                        self.next(),
                    );
                    if let (Err(error), Some(last)) = (&intent, settled.take()) {
                        connection.abandon();
                        feed.settle_after_all(last, error).await;
                    }
                    let following = match following {
                        Ok(following) => following.ok(),
                        Err(error) => {
                            connection.abandon();
                            if let Ok(Some(Intent::Permit(permit))) = intent {
                                // Its dot was not written, and is not going to be.
                                let _ = feed.release(vec![permit.delivery()]).await;
                            }
                            return Err(error);
                        }
                    };
                    let permit = match intent? {
                        Some(Intent::Permit(permit)) => permit,
                        held => {
                            // The relay waits for a message that must not go: a bare
                            // dot would deliver an empty one. That is no loss of the
                            // relay's.
                            connection.abandon();
                            ended.answered = true;
                            if held == Some(Intent::Held) {
                                // Paused or called off: nobody goes on.
                                feed.halt();
                                self.give_back(following).await?;
                                break None;
                            }
                            let _ = judge.told.send(Event::Settled);
                            break following;
                        }
                    };
                    copy.ticket.spend((feed.now)());
                    let next = following.as_ref().map(|copy| &copy.message);
                    let outcome = connection.end(&copy.message, permit, next).await;
                    ended.answered |= outcome.is_ok();
                    settled = Some(judge.settled(&copy, outcome));
                    let next = self.follow(&mut connection, &mut settled).await?;
                    if let (Some(_), Some(next)) = (&following, next) {
                        begun = next;
                        copy = following.unwrap_or(copy);
                        continue;
                    }
                    following
                }
                Ok(Begun::Refused(outcome)) => {
                    ended.answered = true;
                    feed.settle(settled.take()).await?;
                    let fresh = wants_new_session(&outcome);
                    if fresh && !feed.lost_again(copy.id) {
                        // It is the first over the next connection. Put back, it might
                        // meet one after the other that has had its share.
                        break Some(copy);
                    }
                    // Before the next is taken, because it may be this one again.
                    let refused = judge.settled(&copy, Ok(outcome));
                    feed.settle(Some(refused)).await?;
                    let following = self.next().await?.ok();
                    if fresh {
                        break following;
                    }
                    following
                }
                Err(error @ SendError::Lost { .. }) => {
                    feed.settle(settled.take()).await?;
                    let once = self.lost_once(&copy, &error).await?;
                    ended.lost = Some(error);
                    break once.then_some(copy);
                }
                Err(error) => {
                    self.give_back(Some(copy)).await?;
                    judge.stopped(Problem::new(error));
                    break None;
                }
            };
            if !connection.is_open() {
                break following;
            }
            let following = if let Some(following) = following {
                following
            } else {
                // What is known is on disk before anybody waits, and nothing is held.
                drop(copy);
                feed.settle(settled.take()).await?;
                let Some(following) = self.wait_for_next(IDLE).await? else { break None };
                following
            };
            begun = connection.begin(&following.message).await;
            copy = following;
        };
        feed.settle(settled).await?;
        // A relay that does not say goodbye keeps nobody.
        let _ = timeout(GOODBYE, connection.quit()).await;
        Ok(ended)
    }

    /// Whether a connection was lost with this message before its dot for the first time,
    /// and it goes over the next one; otherwise it waits like one that was refused for now.
    async fn lost_once(&self, copy: &Copy, error: &SendError) -> Result<bool, StoreError> {
        let again = self.feed.lost_again(copy.id);
        if again {
            self.feed.settle(Some(self.judge.given_up(copy, error))).await?;
        }
        Ok(!again)
    }

    /// How far the next message came whose envelope went along. A relay may think about
    /// its recipient, and what it said of the last one is not to wait for that.
    async fn follow(
        &self,
        connection: &mut Connection,
        settled: &mut Option<Settled>,
    ) -> Result<Option<Result<Begun, SendError>>, StoreError> {
        let mut followed = pin!(connection.follow());
        if let Ok(next) = timeout(SOON, &mut followed).await {
            return Ok(next);
        }
        self.feed.settle(settled.take()).await?;
        Ok(followed.await)
    }

    /// The next message, made; without one, for what it waits, if it does.
    async fn next(&mut self) -> Result<Result<Copy, Option<Wait>>, StoreError> {
        if self.feed.is_over() {
            self.give_back_ahead().await?;
            return Ok(Err(None));
        }
        match self.counter.next().await {
            Made::Copy(copy, _) => match self.feed.paces.closed_for(&copy.ticket, (self.feed.now)()) {
                None => Ok(Ok(*copy)),
                // It was made before somebody wanted less.
                Some(wait) => {
                    self.give_back(Some(*copy)).await?;
                    Ok(Err(Some(wait)))
                }
            },
            Made::Wait(wait) => Ok(Err(Some(wait))),
            Made::Nobody => Ok(Err(None)),
            Made::Spoilt(id, problem) => {
                // Every copy was made once when it was planned.
                self.feed.release(vec![id]).await?;
                self.judge.stopped(problem);
                Ok(Err(None))
            }
            Made::Failed(error) => Err(error),
        }
    }

    /// The next message, if it comes within `longest` and within the patience of the
    /// run.
    pub(super) async fn wait_for_next(&mut self, longest: Duration) -> Result<Option<Copy>, StoreError> {
        let feed = Arc::clone(&self.feed);
        let mut stop = self.stop.clone();
        let mut halted = feed.halted.subscribe();
        let began = Instant::now();
        let mut awaited = None;
        loop {
            // Before it is asked, so that no change is missed between the two.
            let mut changed = pin!(feed.paces.changed.notified());
            changed.as_mut().enable();
            let wait = match self.next().await? {
                Ok(copy) => return Ok(Some(copy)),
                Err(None) => return Ok(None),
                Err(Some(wait)) => wait,
            };
            let (until, left) = (wait.until, longest.saturating_sub(began.elapsed()));
            // A clock that was turned back, or stands still, is not waited for.
            let soon = (feed.now)().checked_add(SLACK).unwrap_or(Timestamp::MAX);
            let in_vain = awaited.take().is_some_and(|awaited| soon < awaited);
            let Some(time) = feed.patiently(wait, in_vain) else { return Ok(None) };
            if left.is_zero() || (until.is_some() && time > left) {
                return Ok(None);
            }
            if let Some(until) = until.filter(|_| time > WORTH_TELLING) {
                let _ = self.judge.told.send(Event::Waits(until));
            }
            tokio::select! {
                () = changed => {}
                () = sleep(time.min(left)) => awaited = until.filter(|_| time <= left),
                () = asked(&mut stop, Stop::Soon) => {}
                _ = halted.changed() => {}
            }
        }
    }

    /// Puts back what was made and is not going to be sent.
    pub(super) async fn give_back_ahead(&mut self) -> Result<(), StoreError> {
        match self.counter.take_back().await? {
            Some(id) => self.feed.release(vec![id]).await,
            None => Ok(()),
        }
    }

    async fn give_back(&self, copy: Option<Copy>) -> Result<(), StoreError> {
        self.feed.release(copy.into_iter().map(|copy| copy.id).collect()).await
    }
}
