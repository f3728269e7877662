//! A planned campaign goes out: what one connection does, message after message.
//!
//! Nobody is offered a final dot whose intent is not on disk, and nothing is taken for
//! done before its outcome is: see [`Sending::commit`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;

use super::PressError;
use super::content::Copies;
use super::delivery::{Stop, asked};
use super::feed::Feed;
use super::making::{Copy, Counter, Made, take_orders};
use crate::audience::{EmailAddress, SuppressionReason};
use crate::outbox::{CampaignId, Disposition, Retry, Scope, Step, next_try};
use crate::problem::{Problem, Problems};
use crate::send::{Begun, Connection, Loss, Outcome, Phase, Relay, SendError, classify};
use crate::store::{Intent, ReplyRecord, Sending, Settled, Store, StoreError};

/// Connections lost in a row without a message between them, after which the relay is
/// taken to be gone.
const LOSSES: usize = 3;

/// Unknown outcomes in a row after which a campaign is paused.
const UNKNOWNS: usize = 3;

/// Sessions a server may ask for, one after the other, before a delivery waits.
const SESSIONS: u32 = 3;

/// What a run is given besides its campaign.
#[derive(Debug, Clone)]
pub struct Way {
    /// The store, for addresses that turn out to be dead.
    pub store: Store,
    /// The relay.
    pub relay: Relay,
    /// How many connections at most.
    pub connections: usize,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// How a run of a campaign came to its end.
#[derive(Debug, Default)]
pub struct Run {
    /// Why it could not go on, if it could not.
    pub stopped: Option<Problems>,
    /// Why the campaign is to be paused, if it is: in the server's own words.
    pub pause: Option<String>,
}

/// Sends what is due of a planned campaign until nothing is, or until `stop`.
///
/// Every delivery that is taken up ends in an outcome on disk or is put back. What
/// [`Stop::Now`] leaves at its dot is unknown, by name; what the end of the process
/// leaves there is so at the next start.
///
/// # Errors
///
/// Fails when the store does.
pub async fn run(
    sending: Arc<Sending>,
    campaign: CampaignId,
    copies: Arc<Copies>,
    way: Way,
    stop: &watch::Receiver<Stop>,
    mut progress: impl FnMut(usize),
) -> Result<Run, StoreError> {
    sending.expire(campaign, (way.now)()).await?;
    let (told, mut heard) = mpsc::unbounded_channel();
    let feed = Arc::new(Feed {
        sending,
        campaign,
        now: way.now,
        waiting: Mutex::default(),
        stop: stop.clone(),
        halted: watch::Sender::new(false),
        few: way.connections,
        unknowns: AtomicUsize::new(0),
        open: AtomicUsize::new(0),
    });
    let (store, way_now) = (way.store.clone(), way.now);
    let (counter, taken) = take_orders(Arc::clone(&feed), Arc::clone(&copies));
    let mut lanes = JoinSet::new();
    for _ in 0..way.connections.max(1) {
        let lane = Lane {
            feed: Arc::clone(&feed),
            copies: Arc::clone(&copies),
            counter: counter.another(),
            way: way.clone(),
            stop: stop.clone(),
            told: told.clone(),
        };
        lanes.spawn(lane.run());
    }
    drop((told, counter));
    let mut done = 0;
    let mut failed = Ok(());
    let mut run = Run::default();
    let mut stopped: Vec<Problem> = Vec::new();
    while let Some(event) = heard.recv().await {
        match event {
            Event::Settled => {
                done += 1;
                progress(done);
            }
            Event::Dead(address, said) => {
                let (store, now) = (store.clone(), (way_now)());
                let kept = tokio::task::spawn_blocking(move || {
                    store.suppress(&address, SuppressionReason::Bounced, Some(&said), now)
                });
                if let Err(error) = kept.await.expect("writing down an address does not panic") {
                    // Those who are at their dot are finished all the same.
                    feed.halt();
                    failed = failed.and(Err(error));
                }
            }
            Event::Pause(why) => run.pause = run.pause.or(Some(why)),
            Event::Stopped(problem) => {
                if !stopped.iter().any(|other| other.message() == problem.message()) {
                    stopped.push(problem);
                }
            }
        }
    }
    while let Some(ended) = lanes.join_next().await {
        match ended {
            Ok(ended) => failed = failed.and(ended),
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }
    if let Err(panicked) = taken.await {
        std::panic::resume_unwind(panicked.into_panic());
    }
    failed?;
    feed.put_back().await?;
    if *stop.borrow() == Stop::Now {
        feed.sending.give_up((way.now)()).await?;
    }
    run.stopped = Problems::all(stopped);
    Ok(run)
}

enum Event {
    Settled,
    /// Nobody is at this address, in the server's words.
    Dead(EmailAddress, String),
    /// The campaign must not go on, in the server's words.
    Pause(String),
    /// The run cannot go on.
    Stopped(Problem),
}

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
struct Lane {
    feed: Arc<Feed>,
    copies: Arc<Copies>,
    counter: Counter,
    way: Way,
    stop: watch::Receiver<Stop>,
    told: mpsc::UnboundedSender<Event>,
}

impl Lane {
    async fn run(mut self) -> Result<(), StoreError> {
        let mut stop = self.stop.clone();
        let ended = tokio::select! {
            ended = self.work() => ended,
            // What is at its dot is unknown when all have left: `Sending::give_up`.
            () = asked(&mut stop, Stop::Now) => Ok(()),
        };
        if ended.is_err() {
            self.feed.halt();
        }
        ended.and(self.give_back_ahead().await)
    }

    async fn work(&mut self) -> Result<(), StoreError> {
        let mut losses = 0;
        let mut next = self.next().await?;
        while let Some(copy) = next {
            match Connection::open(&self.way.relay, self.copies.hello()).await {
                Ok(connection) => {
                    self.feed.open.fetch_add(1, Ordering::Relaxed);
                    let conversed = self.converse(connection, copy).await;
                    self.feed.open.fetch_sub(1, Ordering::Relaxed);
                    let sent;
                    (next, sent) = conversed?;
                    losses = if sent { 0 } else { losses + 1 };
                    if losses == LOSSES {
                        self.give_back(next.take()).await?;
                        self.stopped(Problem::new(SendError::Lost {
                            relay: self.way.relay.to_string(),
                            phase: Phase::Mail,
                            loss: Loss::HungUp,
                            recipient: None,
                        }));
                    }
                }
                Err(error) => {
                    self.give_back(Some(copy)).await?;
                    let crowded = match &error {
                        SendError::Unwelcome { reply, .. } => reply.is_deferred(),
                        SendError::Connect { .. } | SendError::Lost { .. } => true,
                        _ => false,
                    };
                    // A relay may take fewer connections than we would make; those it
                    // took carry on.
                    if !crowded || self.feed.open.load(Ordering::Relaxed) == 0 {
                        self.stopped(Problem::new(error));
                    }
                    return Ok(());
                }
            }
            if next.is_none() {
                // What was put back or refused meanwhile may be due already.
                next = self.next().await?;
            }
        }
        Ok(())
    }

    /// One connection, as long as it lasts. Gives what is to go over the next one, and
    /// whether any message was answered.
    async fn converse(
        &mut self,
        mut connection: Connection,
        first: Copy,
    ) -> Result<(Option<Copy>, bool), StoreError> {
        let feed = Arc::clone(&self.feed);
        let mut settled: Option<Settled> = None;
        let mut answered = false;
        let mut copy = first;
        let mut begun = connection.begin(&copy.message).await;
        let next = loop {
            match begun {
                Ok(Begun::Ready) => {
                    let (intent, following) = tokio::join!(
                        feed.sending.commit(settled.take(), Some(copy.id), (feed.now)()),
                        self.next(),
                    );
                    let following = match following {
                        Ok(following) => following,
                        Err(error) => {
                            connection.abandon();
                            if let Ok(Some(Intent::Permit(permit))) = intent {
                                // Its dot was not written, and is not going to be.
                                let _ = self.feed.sending.release(vec![permit.delivery()]).await;
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
                            answered = true;
                            if held == Some(Intent::Held) {
                                // Paused or called off: nobody goes on.
                                self.feed.halt();
                                self.give_back(following).await?;
                                break None;
                            }
                            break following;
                        }
                    };
                    let next = following.as_ref().map(|copy| &copy.message);
                    let finished = connection.finish(&copy.message, permit, next).await;
                    answered |= finished.outcome.is_ok();
                    settled = Some(self.settled(&copy, finished.outcome));
                    match (following, finished.next) {
                        (Some(following), Some(next)) => (copy, begun) = (following, next),
                        (Some(following), None) if connection.is_open() => {
                            begun = connection.begin(&following.message).await;
                            copy = following;
                        }
                        (following, _) => break following,
                    }
                }
                Ok(Begun::Refused(outcome)) => {
                    answered = true;
                    let fresh = wants_new_session(&outcome);
                    self.commit(settled.take()).await?;
                    // Before the next is taken, because it may be this one again.
                    let refused = self.settled(&copy, Ok(outcome));
                    self.commit(Some(refused)).await?;
                    let Some(following) = self.next().await? else { break None };
                    if fresh || !connection.is_open() {
                        break Some(following);
                    }
                    begun = connection.begin(&following.message).await;
                    copy = following;
                }
                // Lost before its dot: it goes over the next connection.
                Err(SendError::Lost { .. }) => break Some(copy),
                Err(error) => {
                    self.give_back(Some(copy)).await?;
                    self.stopped(Problem::new(error));
                    break None;
                }
            }
        };
        self.commit(settled).await?;
        connection.quit().await;
        Ok((next, answered))
    }

    /// The next message, made.
    async fn next(&mut self) -> Result<Option<Copy>, StoreError> {
        if self.feed.is_over() {
            self.give_back_ahead().await?;
            return Ok(None);
        }
        match self.counter.next().await {
            Made::Copy(copy, _) => Ok(Some(*copy)),
            Made::Nobody => Ok(None),
            Made::Spoilt(id, problem) => {
                // Every copy was made once when it was planned.
                self.feed.sending.release(vec![id]).await?;
                self.stopped(problem);
                Ok(None)
            }
            Made::Failed(error) => Err(error),
        }
    }

    /// Puts back what was made and is not going to be sent.
    async fn give_back_ahead(&mut self) -> Result<(), StoreError> {
        match self.counter.take_back().await? {
            Some(id) => self.feed.sending.release(vec![id]).await,
            None => Ok(()),
        }
    }

    /// What an outcome means for its delivery, and for the run.
    fn settled(&self, copy: &Copy, outcome: Result<Outcome, SendError>) -> Settled {
        let settled = |step| Settled { id: copy.id, step, reply: None, next_at: None };
        let _ = self.told.send(Event::Settled);
        let (reply, phase) = match outcome {
            Ok(Outcome::Accepted { reply }) => (reply, Phase::Dot),
            Ok(Outcome::Refused { reply, phase } | Outcome::Deferred { reply, phase }) => (reply, phase),
            Err(SendError::Unknown { loss, .. }) => {
                if self.feed.unknowns.fetch_add(1, Ordering::Relaxed) + 1 >= UNKNOWNS {
                    self.pause(format!(
                        "{UNKNOWNS} answers in a row were lost after the final dot; the last: {loss}"
                    ));
                }
                let said = ReplyRecord { phase: Phase::Dot.to_string(), code: 0, text: loss.to_string() };
                return Settled { reply: Some(said), ..settled(Step::Lose) };
            }
            // Lost before the dot had left: nothing of it can have been accepted.
            Err(_) => return settled(Step::Release),
        };
        self.feed.unknowns.store(0, Ordering::Relaxed);
        let (step, next_at) = match classify(phase, &reply) {
            Disposition::Accepted => (Step::Accept, None),
            Disposition::Unknown => (Step::Lose, None),
            Disposition::Fail { hard } => {
                if hard {
                    let _ = self.told.send(Event::Dead(copy.message.envelope.to.clone(), reply.to_string()));
                }
                (Step::Fail, None)
            }
            Disposition::Retry(retry) => (Step::Defer, self.next_try(copy, retry)),
            Disposition::Hold(cause) => match cause.scope() {
                // Whoever has the same provider fares alike; they have their turn later.
                Scope::Group => (Step::Defer, self.next_try(copy, Retry::Throttled)),
                Scope::Campaign => {
                    self.pause(format!("{} said: {reply}", self.way.relay));
                    (Step::Release, None)
                }
                Scope::Relay => {
                    let held =
                        PressError::Held { relay: self.way.relay.to_string(), said: reply.to_string() };
                    self.stopped(Problem::new(held));
                    (Step::Release, None)
                }
            },
        };
        let text = match reply.enhanced {
            Some(enhanced) => format!("{enhanced} {}", reply.text),
            None => reply.text,
        };
        let said = ReplyRecord { phase: phase.to_string(), code: reply.code, text };
        Settled { reply: Some(said), next_at, ..settled(step) }
    }

    /// When a copy that was refused for now has its next turn.
    fn next_try(&self, copy: &Copy, retry: Retry) -> Option<Timestamp> {
        // A server that asks for a new session each time would be asked without end.
        let again = matches!(retry, Retry::NewSession) && copy.attempts >= SESSIONS;
        let retry = if again { Retry::Ordinary } else { retry };
        // Spread by who it is, so that the same run is planned the same way.
        let spread = f64::from(copy.id.number % 97) / 97.0;
        (self.way.now)().checked_add(next_try(retry, copy.attempts + 1, spread)).ok()
    }

    /// Ends the run: nothing more is begun until a person has looked at it.
    fn pause(&self, why: String) {
        self.feed.halt();
        let _ = self.told.send(Event::Pause(why));
    }

    /// Ends the run: it cannot go on now.
    fn stopped(&self, problem: Problem) {
        self.feed.halt();
        let _ = self.told.send(Event::Stopped(problem));
    }

    async fn give_back(&self, copy: Option<Copy>) -> Result<(), StoreError> {
        let ids = copy.into_iter().map(|copy| copy.id).collect();
        self.feed.sending.release(ids).await
    }

    async fn commit(&self, settled: Option<Settled>) -> Result<(), StoreError> {
        if settled.is_some() {
            self.feed.sending.commit(settled, None, (self.way.now)()).await?;
        }
        Ok(())
    }
}
