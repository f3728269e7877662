//! A planned campaign goes out: its connections are let go, and what they tell is put
//! together.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::PressError;
use super::content::Copies;
use super::delivery::Stop;
use super::feed::Feed;
use super::lane::Lane;
use super::making::take_orders;
use super::paces::{Paces, Pacing, Wait, Why};
use super::verdict::{Event, Judge, Seen};
use crate::outbox::CampaignId;
use crate::problem::{Problem, Problems};
use crate::send::Relay;
use crate::store::{Sending, Store, StoreError};

/// What a run is given besides its campaign.
#[derive(Debug, Clone)]
pub struct Way {
    /// The store.
    pub store: Store,
    /// The relay.
    pub relay: Relay,
    /// How many connections at most.
    pub connections: usize,
    /// How fast, and what ends it early.
    pub pacing: Pacing,
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
    /// When more may be sent, if that is why it ended; `stopped` says why.
    pub later: Option<Timestamp>,
}

/// What is told while a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// So many deliveries have their outcome.
    Settled(usize),
    /// Nothing may be sent before this moment, and the run waits.
    Waits(Timestamp),
}

/// Sends what is due of a planned campaign until nothing is, until `stop`, or until
/// nothing may be sent for longer than a run waits. One whose last moment has passed
/// before everybody was tried is paused, and whoever waits of another one expires.
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
    mut news: impl FnMut(News),
) -> Result<Run, StoreError> {
    let begin = (way.now)();
    // Whoever called has looked, and the last moment may have passed since.
    if let Some(why) = late(&way.store, campaign, begin)? {
        sending.pause(campaign, why.clone(), begin).await?;
        return Ok(Run { pause: Some(why), ..Run::default() });
    }
    sending.expire(campaign, begin).await?;
    let (told, mut heard) = mpsc::unbounded_channel();
    let relay = way.relay.to_string();
    let lately = sending.paced(&relay, (way.now)()).await?;
    let paces = Arc::new(Paces::new((&relay, campaign), way.connections.max(1), &way.pacing, lately));
    let share = (way.connections, way.pacing.patience);
    let feed = Arc::new(Feed::new(sending, campaign, (way.now, stop.clone()), paces, share));
    // Nobody else is at work on this runtime yet, whom it could keep waiting.
    let counts = way.store.counts(campaign)?;
    let lately = way.store.lately(campaign, &counts)?;
    let seen = Seen::begin(&lately, counts.total());
    let judge = Judge::new(Arc::clone(&feed), (relay.clone(), way.pacing.clone()), seen, told);
    let judge = Arc::new(judge);
    judge.look_back();
    let (counter, taken) = take_orders(Arc::clone(&feed), Arc::clone(&copies));
    let greeted = Arc::new(AtomicBool::new(false));
    let mut lanes = JoinSet::new();
    for number in 0..way.connections.max(1) {
        let lane = Lane {
            feed: Arc::clone(&feed),
            judge: Arc::clone(&judge),
            copies: Arc::clone(&copies),
            counter: counter.another(number),
            relay: way.relay.clone(),
            greeted: Arc::clone(&greeted),
            stop: stop.clone(),
        };
        lanes.spawn(lane.run());
    }
    drop((judge, counter));
    let mut done = 0;
    let mut failed = Ok(());
    let mut run = Run::default();
    let mut stopped: Vec<Problem> = Vec::new();
    let mut waits = None;
    let mut spared = Vec::new();
    while let Some(event) = heard.recv().await {
        match event {
            Event::Settled => {
                done += 1;
                news(News::Settled(done));
            }
            Event::Waits(until) => {
                if waits.replace(until) != Some(until) {
                    news(News::Waits(until));
                }
            }
            Event::Pause(mut why, ids) => {
                if !ids.is_empty() {
                    why = format!("{why}; the last {} were not suppressed", ids.len());
                }
                // At once: a dot may take minutes, and who knows what ends the run till then.
                // What cannot be written is written again at the end.
                let _ = feed.sending.spare(ids.clone()).await;
                spared.extend(ids);
                if run.pause.is_none() {
                    let _ = feed.sending.pause(campaign, why.clone(), (way.now)()).await;
                }
                run.pause.get_or_insert(why);
            }
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
    // What was said of the last of them is on disk only now.
    let spared = feed.sending.spare(spared).await;
    failed?;
    spared?;
    feed.put_back().await?;
    if *stop.borrow() == Stop::Now {
        feed.sending.give_up((way.now)()).await?;
    }
    feed.keep_backoffs().await?;
    let went_on = stopped.is_empty() && run.pause.is_none() && *stop.borrow() == Stop::Never;
    let waits = feed.sending.next_due(campaign).await?.is_some();
    if let Some(wait) = feed.later().filter(|_| went_on && waits) {
        run.later = wait.until;
        stopped.push(Problem::new(later(wait, campaign, &relay)));
    }
    run.stopped = Problems::all(stopped);
    Ok(run)
}

/// Why nothing more of a campaign is sent whose time is over: nobody expires unasked who
/// was never tried.
fn late(store: &Store, id: CampaignId, now: Timestamp) -> Result<Option<String>, StoreError> {
    let last = store.campaign(id)?.and_then(|campaign| campaign.expires()).filter(|last| *last <= now);
    let Some(last) = last else { return Ok(None) };
    let untried = store.untried(id)?;
    let (last, id) = (last.strftime("%Y-%m-%d %H:%M UTC"), id.0);
    Ok((untried > 0).then(|| {
        format!(
            "its time was over at {last}, before everybody was tried; `letterpress campaign resume {id} --allow \
             late` sends it to them all the same"
        )
    }))
}

/// Why a run ended whose campaign has not.
fn later(wait: Wait, campaign: CampaignId, relay: &str) -> PressError {
    let (what, after) = match wait.why {
        Why::Relay(after) => (format!("{relay} takes no more mail"), Some(after)),
        Why::Provider(group, after) => (format!("mail for {group} waits"), Some(after)),
        Why::Limit | Why::Due => ("the limits under `[sending]` let nothing more go".to_owned(), None),
    };
    PressError::Later { what, campaign, until: wait.until.unwrap_or(Timestamp::MAX), after }
}
