//! What the connections of a run share: the deliveries that are due.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, watch};
use tokio::time::sleep;

use super::delivery::Stop;
use super::door::Door;
use super::paces::{Paces, Ticket, Wait, Why};
use crate::outbox::{CampaignId, DeliveryId, Step, group_of};
use crate::store::{Claimed, Place, Search, Sending, Settled, StoreError};

/// How many deliveries are claimed at once; a crash puts them back.
const BATCH: usize = 200;

/// So many of one provider may lie claimed and wait for their turn.
const ASIDE: usize = 100;

/// So many may lie claimed altogether.
const MOST: usize = 2_000;

/// How long nothing is looked for where nothing was found: others may put somebody back.
const BARREN: SignedDuration = SignedDuration::from_secs(10);

/// How long a run waits for somebody who wants less, rather than to end.
const BACKOFF_PATIENCE: Duration = Duration::from_mins(1);

/// After how long an outcome is handed in again that could not be written down.
const AGAIN: [Duration; 6] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(4),
];

/// What the connections of a run share.
pub(super) struct Feed {
    pub(super) sending: Arc<Sending>,
    pub(super) campaign: CampaignId,
    pub(super) now: fn() -> Timestamp,
    pub(super) paces: Arc<Paces>,
    pub(super) stop: watch::Receiver<Stop>,
    pub(super) halted: watch::Sender<bool>,
    /// How many waiting deliveries are few: as many as there are connections.
    pub(super) few: usize,
    /// How long the run waits for its limits.
    pub(super) patience: Duration,
    /// Connections that are open, and those that are being opened.
    pub(super) open: AtomicUsize,
    pub(super) opening: AtomicUsize,
    /// Where connections wait that were sent away.
    pub(super) door: Door,
    pile: Mutex<Pile>,
    /// The numbers that were put back and have not been looked for again.
    back: Lock<Vec<u32>>,
    /// How often a connection was lost with this delivery.
    losses: Lock<HashMap<DeliveryId, u32>>,
    /// For what the run did not wait.
    later: Lock<Option<Wait>>,
}

/// Who was claimed and not taken up.
#[derive(Default)]
struct Pile {
    /// In the order of the plan.
    queue: VecDeque<Claimed>,
    /// Those whose provider gets nothing more now.
    aside: BTreeMap<String, VecDeque<Claimed>>,
    /// From where nobody has been looked at who waits for the first try.
    from: u32,
    /// After whom nobody has been looked at who was deferred and is due.
    after: Option<Place>,
    /// Those of each provider who were passed over, so that nobody is looked at again
    /// because of others: four bytes each.
    passed: BTreeMap<String, VecDeque<u32>>,
    /// Whoever is to be looked for first.
    listed: VecDeque<u32>,
    /// The last event when somebody looked.
    event: Option<i64>,
    /// The last look that found nobody.
    barren: Option<Barren>,
}

impl Pile {
    /// The next who are to be looked for by their numbers: those who were put back, and
    /// those who were passed over and may go now.
    fn take_listed(&mut self, over: &BTreeSet<String>) -> Vec<u32> {
        for (_, numbers) in self.passed.iter_mut().filter(|(group, _)| !over.contains(*group)) {
            let room = BATCH.saturating_sub(self.listed.len()).min(numbers.len());
            self.listed.extend(numbers.drain(..room));
        }
        self.passed.retain(|_, numbers| !numbers.is_empty());
        self.listed.drain(..BATCH.min(self.listed.len())).collect()
    }
}

struct Barren {
    at: Timestamp,
    over: BTreeSet<String>,
    wait: Option<Wait>,
}

/// Who is next.
pub(super) enum Next {
    /// This one, now.
    Take(Box<Claimed>, Ticket),
    /// Somebody, not now.
    Wait(Wait),
    /// Nobody.
    Nobody,
}

impl Feed {
    /// What a run shares.
    pub(super) fn new(
        sending: Arc<Sending>,
        campaign: CampaignId,
        (now, stop): (fn() -> Timestamp, watch::Receiver<Stop>),
        paces: Arc<Paces>,
        (few, patience): (usize, Duration),
    ) -> Self {
        Self {
            sending,
            campaign,
            now,
            paces,
            stop,
            halted: watch::Sender::new(false),
            few,
            patience,
            open: AtomicUsize::new(0),
            opening: AtomicUsize::new(0),
            door: Door::new(few.max(1)),
            pile: Mutex::default(),
            back: Lock::default(),
            losses: Lock::default(),
            later: Lock::default(),
        }
    }

    /// The next delivery for this connection, unless the run is to end.
    pub(super) async fn next(&self, lane: usize) -> Result<Next, StoreError> {
        let mut pile = self.pile.lock().await;
        loop {
            if self.is_over() {
                return Ok(Next::Nobody);
            }
            let now = (self.now)();
            if let Some(wait) = self.paces.closed(lane, now) {
                return Ok(Next::Wait(wait));
            }
            let mut wait = match self.on_pile(&mut pile, lane, now) {
                Ok(next) => return Ok(next),
                Err(wait) => wait,
            };
            let lying: usize = pile.aside.values().map(VecDeque::len).sum();
            if lying < MOST {
                match self.look(&mut pile, now).await? {
                    // Somebody lies in the queue now.
                    None => continue,
                    Some(Some(more)) => wait = Some(Wait::sooner(wait, more)),
                    Some(None) => {}
                }
            }
            return Ok(wait.map_or(Next::Nobody, Next::Wait));
        }
    }

    /// The next of those who are claimed; for what they wait when none may go.
    fn on_pile(&self, pile: &mut Pile, lane: usize, now: Timestamp) -> Result<Next, Option<Wait>> {
        let mut wait = None;
        for (group, queue) in &mut pile.aside {
            match self.paces.take(group, lane, now) {
                Ok(ticket) => {
                    if let Some(claimed) = queue.pop_front() {
                        return Ok(Next::Take(Box::new(claimed), ticket));
                    }
                }
                Err(other) => wait = Some(Wait::sooner(wait, other)),
            }
        }
        pile.aside.retain(|_, queue| !queue.is_empty());
        while let Some(claimed) = pile.queue.pop_front() {
            let group = group_of(claimed.address.domain());
            match self.paces.take(group, lane, now) {
                Ok(ticket) => return Ok(Next::Take(Box::new(claimed), ticket)),
                Err(other) => {
                    wait = Some(Wait::sooner(wait, other));
                    pile.aside.entry(group.to_owned()).or_default().push_back(claimed);
                }
            }
        }
        Err(wait)
    }

    /// Claims more of those who may go now; when there are none, for what the others
    /// wait.
    async fn look(&self, pile: &mut Pile, now: Timestamp) -> Result<Option<Option<Wait>>, StoreError> {
        let mut over = self.paces.closed_groups(now);
        over.extend(
            pile.aside.iter().filter(|(_, queue)| queue.len() >= ASIDE).map(|(name, _)| name.clone()),
        );
        let back = std::mem::take(&mut *self.back());
        if let Some(barren) = &pile.barren
            && back.is_empty()
            && barren.over == over
            && (barren.at..barren.at.saturating_add(BARREN).unwrap_or(now)).contains(&now)
            && barren.wait.as_ref().and_then(|wait| wait.until).is_none_or(|until| now < until)
        {
            return Ok(Some(barren.wait.clone()));
        }
        pile.listed.extend(back);
        let over = Arc::new(over);
        let next_due = loop {
            let listed = pile.take_listed(&over);
            let (from, after, since) = (pile.from, pile.after, pile.event);
            let search = Search { listed, from, after, since, over: Arc::clone(&over) };
            let found = self.sending.search(self.campaign, BATCH, search, now).await?;
            (pile.from, pile.after) = (found.from, found.after);
            pile.event = Some(found.event);
            pile.listed.extend(found.put_back);
            for (group, numbers) in found.passed {
                pile.passed.entry(group).or_default().extend(numbers);
            }
            if !found.claimed.is_empty() {
                pile.barren = None;
                pile.queue.extend(found.claimed);
                return Ok(None);
            }
            let more = !pile.listed.is_empty() || pile.passed.keys().any(|group| !over.contains(group));
            if !more && (pile.from > 0 || pile.after.is_some()) && pile.passed.is_empty() {
                // Nobody waits by all that is known, so that to be sure costs nothing.
                (pile.from, pile.after) = (0, None);
            } else if !more {
                break found.next_due;
            }
        };
        let waits = pile.passed.keys().filter_map(|group| self.paces.opens(group, now));
        let due = next_due.map(|due| Wait { until: Some(due), why: Why::Due });
        let wait = waits.chain(due).fold(None, |wait, other| Some(Wait::sooner(wait, other)));
        pile.barren = Some(Barren { at: now, over: Arc::unwrap_or_clone(over), wait: wait.clone() });
        Ok(Some(wait))
    }

    /// Whether anybody waits whom one more connection could take up now.
    pub(super) async fn has_somebody(&self, lane: usize) -> bool {
        self.paces.closed(lane, (self.now)()).is_none() && !self.pile.lock().await.queue.is_empty()
    }

    /// Whether more are waiting than there are connections.
    pub(super) async fn has_plenty(&self) -> bool {
        self.pile.lock().await.queue.len() > self.few
    }

    /// How long to wait before somebody is asked for again; none when the run does not
    /// wait so long, or has waited `in_vain`, and then it says so at its end.
    pub(super) fn patiently(&self, wait: Wait, in_vain: bool) -> Option<Duration> {
        // What ends with something that is on its way is told when it does.
        let Some(until) = wait.until else { return Some(BACKOFF_PATIENCE) };
        let left = Duration::try_from(until.duration_since((self.now)())).unwrap_or_default();
        let patience = match wait.why {
            Why::Limit => self.patience,
            Why::Relay(_) | Why::Provider(..) => self.patience.min(BACKOFF_PATIENCE),
            Why::Due => Duration::ZERO,
        };
        if left <= patience && !in_vain {
            return Some(left);
        }
        if wait.why != Why::Due {
            let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
            *later = Some(Wait::sooner(later.take(), wait));
        }
        None
    }

    /// For what the run did not wait.
    pub(super) fn later(&self) -> Option<Wait> {
        self.later.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notes that a connection was lost with this delivery and nothing of it can have
    /// been accepted; true when that was not the first time.
    pub(super) fn lost_again(&self, id: DeliveryId) -> bool {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        let times = losses.entry(id).or_default();
        *times += 1;
        *times > 1
    }

    /// Whether nothing more is to be taken up.
    pub(super) fn is_over(&self) -> bool {
        *self.stop.borrow() > Stop::Never || *self.halted.borrow()
    }

    /// Lets no connection take up more.
    pub(super) fn halt(&self) {
        self.halted.send_replace(true);
    }

    fn back(&self) -> MutexGuard<'_, Vec<u32>> {
        self.back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down an outcome, and who gets less for a while.
    pub(super) async fn settle(&self, settled: Option<Settled>) -> Result<(), StoreError> {
        if let Some(settled) = settled {
            let (id, step) = (settled.id, settled.step);
            if let Err(error) = self.sending.commit(Some(settled.clone()), None, (self.now)()).await {
                self.settle_after_all(settled, &error).await;
                return Err(error);
            }
            if step == Step::Release {
                // Whoever had looked for it before would not have found it, and not again.
                self.are_back([id.number]);
            }
        }
        self.keep_backoffs().await
    }

    /// Notes that these wait again, where they were in the plan.
    fn are_back(&self, numbers: impl IntoIterator<Item = u32>) {
        self.back().extend(numbers);
        self.paces.changed.notify_waiters();
    }

    /// Hands in once more, and again, what could not be written down: whoever was
    /// answered is not unknown because a disk was full for a moment. Nothing more is
    /// begun meanwhile, or afterwards.
    pub(super) async fn settle_after_all(&self, settled: Settled, error: &StoreError) {
        self.halt();
        let mut failed = error.clone();
        for pause in AGAIN {
            if !failed.may_pass() {
                return;
            }
            sleep(pause).await;
            match self.sending.commit(Some(settled.clone()), None, (self.now)()).await {
                Ok(_) => return,
                Err(error) => failed = error,
            }
        }
    }

    /// Writes down who gets less for a while.
    pub(super) async fn keep_backoffs(&self) -> Result<(), StoreError> {
        for (scope, backoff) in self.paces.changes() {
            self.sending.back_off(scope, backoff).await?;
        }
        Ok(())
    }

    /// Puts deliveries back of which nothing can have been accepted.
    pub(super) async fn release(&self, ids: Vec<DeliveryId>) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let numbers: Vec<u32> = ids.iter().map(|id| id.number).collect();
        self.sending.release(ids).await?;
        self.are_back(numbers);
        Ok(())
    }

    /// Puts back what was claimed and not taken up.
    pub(super) async fn put_back(&self) -> Result<(), StoreError> {
        let mut pile = self.pile.lock().await;
        let Pile { queue, aside, .. } = &mut *pile;
        let left = queue.drain(..).chain(aside.values_mut().flat_map(|queue| queue.drain(..)));
        let left: Vec<DeliveryId> = left.map(|claimed| claimed.id).collect();
        drop(pile);
        self.sending.release(left).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::paces::Pacing;
    use super::*;
    use crate::audience::EmailAddress;
    use crate::outbox::Slow;
    use crate::store::{CampaignState, Durability, NewCampaign, NewDelivery, Paced, Store};

    fn now() -> Timestamp {
        "2026-03-01T08:00:00Z".parse().unwrap()
    }

    /// A run to these people.
    fn feed(store: &Store, addresses: &[&str]) -> Feed {
        let issue = NewCampaign {
            slug: "march".to_owned(),
            subject: "News of March".to_owned(),
            list: "readers".to_owned(),
            content: "{}".to_owned(),
            content_hash: "c0ffee".to_owned(),
            rehearsal: false,
            due: None,
            lasts: SignedDuration::from_hours(24),
            planned: now(),
        };
        let readers = addresses.iter().map(|address| NewDelivery {
            address: EmailAddress::parse(address).unwrap(),
            values: "{}".to_owned(),
        });
        let campaign = store.plan(&issue, readers, &[]).unwrap();
        assert!(store.set_state(campaign, CampaignState::Sending, None, now()).unwrap());
        let paces = Paces::new(("relay", campaign), 2, &Pacing::default(), Paced::default());
        let sending = Arc::new(store.sending(now()).unwrap());
        let (_, stop) = watch::channel(Stop::Never);
        Feed::new(sending, campaign, (now, stop), Arc::new(paces), (2, Duration::ZERO))
    }

    #[tokio::test]
    async fn whoever_was_lost_before_the_dot_is_found_again_while_others_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(dir.path(), "gazette", [7; 32], Durability::Process, now()).unwrap();
        let feed = feed(&store, &["one@example.com", "two@slow.test"]);
        let ticket = feed.paces.take("slow.test", 1, now()).unwrap();
        feed.paces.slow_group(ticket.group(), Slow::Throttled, "421 later", now());
        drop(ticket);
        let Next::Take(first, _) = feed.next(0).await.unwrap() else { panic!("nobody is first") };
        // Another connection looks before it is known what became of the first.
        assert!(matches!(feed.next(1).await.unwrap(), Next::Wait(_)));
        let lost = Settled {
            id: first.id,
            step: Step::Release,
            reply: None,
            next_at: None,
            dead: false,
            by_policy: false,
        };
        feed.settle(Some(lost)).await.unwrap();
        let Next::Take(again, _) = feed.next(1).await.unwrap() else { panic!("it was not found again") };
        assert_eq!(again.id, first.id);
    }
}
