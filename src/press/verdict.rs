//! What an outcome means for its delivery, for its provider, for the relay, and for the
//! whole campaign.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::PressError;
use super::feed::Feed;
use super::making::Copy;
use super::paces::Pacing;
use crate::outbox::{Cause, DeliveryId, Disposition, Retry, Slow, Step, next_try};
use crate::problem::Problem;
use crate::send::{Loss, Outcome, Phase, Reply, SendError, classify};
use crate::store::{Lately, ReplyRecord, Settled};

/// Unknown outcomes in a row after which a campaign is paused, and the fewest of which
/// one of a hundred recipients pauses it.
const UNKNOWNS: u64 = 3;

/// Sessions a server may ask for, one after the other, before a delivery waits.
const SESSIONS: u32 = 3;

/// The fewest answers of which a share is taken.
const ENOUGH: u64 = 100;

/// Refusals by policy in a row that are more than one recipient's own filter.
const POLICY_ROW: u32 = 3;

/// Back-offs by policy, one after the other or of so many providers, that end a run.
const POLICY_ENDS: u32 = 3;

/// What a run hears from its connections.
pub(super) enum Event {
    /// Another delivery has its outcome.
    Settled,
    /// The campaign must not go on, in the server's words. What was said of these may
    /// have been the relay's own mistake, and nobody is dead by its word.
    Pause(String, Vec<DeliveryId>),
    /// The run cannot go on.
    Stopped(Problem),
    /// Nothing goes on before this moment, and the run waits.
    Waits(Timestamp),
}

/// Answers for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Answers {
    all: u64,
    failed: u64,
}

impl Answers {
    /// Whether a greater share than this were refusals, of enough to tell.
    fn exceed(self, most: f64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "nobody has so many recipients")]
        let share = self.failed as f64 / self.all as f64;
        self.all >= ENOUGH && share > most
    }
}

/// What was seen of a campaign since somebody last had it go on: counted by the runs
/// before this one, and by this one so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many recipients the campaign has.
    recipients: u64,
    unknown: u64,
    unknown_in_a_row: u64,
    answers: Answers,
    /// Those of this run to a first try: many good ones before it hide nothing that is
    /// wrong now. Whoever was deferred is refused more often than others.
    answers_now: Answers,
    /// The last refusal, and how often it came in a row.
    refusal: (String, u32),
    /// Whoever was said to be dead since the last acceptance.
    dead: Vec<DeliveryId>,
    /// Whether refusals have paused the campaign.
    paused: bool,
    /// Providers that refused by their policy until they were closed.
    policy: BTreeSet<String>,
}

impl Seen {
    /// What the runs before this one have counted.
    pub(super) fn begin(lately: &Lately, recipients: u64) -> Self {
        let Lately { accepted, failed, unknown, lost_in_a_row } = *lately;
        let answers = Answers { all: accepted + failed, failed };
        Self { recipients, unknown, unknown_in_a_row: lost_in_a_row, answers, ..Self::default() }
    }

    /// Counts an answer for good, to the first try or to a later one.
    fn answered(&mut self, refused: bool, first: bool) {
        let now = first.then_some(&mut self.answers_now);
        for answers in [&mut self.answers].into_iter().chain(now) {
            answers.all += 1;
            answers.failed += u64::from(refused);
        }
    }

    /// The answers of which more than such a share were refusals, if there are any.
    fn too_many_failed(&self, most: f64) -> Option<Answers> {
        [self.answers, self.answers_now].into_iter().find(|answers| answers.exceed(most))
    }

    /// Why so many unknown outcomes pause the campaign, if they do.
    fn too_many_unknown(&self) -> Option<String> {
        if self.unknown_in_a_row >= UNKNOWNS {
            Some(format!("{} answers in a row were lost after the final dot", self.unknown_in_a_row))
        } else if self.unknown >= UNKNOWNS && self.unknown * 100 >= self.recipients {
            Some(format!(
                "{} answers were lost after the final dot, one in a hundred recipients or more",
                self.unknown
            ))
        } else {
            None
        }
    }
}

/// Judges the outcomes of a run.
pub(super) struct Judge {
    pub(super) feed: Arc<Feed>,
    pub(super) relay: String,
    pub(super) pacing: Pacing,
    pub(super) told: mpsc::UnboundedSender<Event>,
    seen: Mutex<Seen>,
}

impl Judge {
    pub(super) fn new(
        feed: Arc<Feed>,
        (relay, pacing): (String, Pacing),
        seen: Seen,
        told: mpsc::UnboundedSender<Event>,
    ) -> Self {
        Self { feed, relay, pacing, told, seen: Mutex::new(seen) }
    }

    /// Pauses a campaign of which the runs before this one have left too many unknown: they
    /// may have been killed before any of them could see that.
    pub(super) fn look_back(&self) {
        let why = self.seen().too_many_unknown();
        if let Some(why) = why {
            self.pause(why);
        }
    }

    /// What an outcome means for its delivery, and for the run.
    pub(super) fn settled(&self, copy: &Copy, outcome: Result<Outcome, SendError>) -> Settled {
        let (reply, phase) = match outcome {
            Ok(Outcome::Accepted { reply }) => (reply, Phase::Dot),
            Ok(Outcome::Refused { reply, phase } | Outcome::Deferred { reply, phase }) => (reply, phase),
            Err(SendError::Unknown { loss, .. }) => {
                let _ = self.told.send(Event::Settled);
                self.unknown(&loss);
                let said = ReplyRecord { phase: Phase::Dot.to_string(), code: 0, text: loss.to_string() };
                return Settled { reply: Some(said), ..plain(copy, Step::Lose) };
            }
            // Lost before the dot had left: nothing of it can have been accepted.
            Err(error) if self.feed.lost_again(copy.id) => return self.given_up(copy, &error),
            Err(_) => return plain(copy, Step::Release),
        };
        let (step, next_at) = self.judge(copy, phase, &reply);
        let disposition = classify(phase, &reply);
        let by_policy = disposition == Disposition::Hold(Cause::Policy);
        let dead = disposition == Disposition::Fail { hard: true } && self.is_believed();
        if matches!(step, Step::Accept | Step::Fail | Step::Lose) {
            let _ = self.told.send(Event::Settled);
        }
        let text = match reply.enhanced {
            Some(enhanced) => format!("{enhanced} {}", reply.text),
            None => reply.text,
        };
        let said = ReplyRecord { phase: phase.to_string(), code: reply.code, text };
        Settled { id: copy.id, step, reply: Some(said), next_at, dead, by_policy }
    }

    /// What becomes of a copy with which a connection was lost again, and which was
    /// certainly not accepted: it waits like one that was refused for now, lest nobody
    /// else ever had a turn.
    pub(super) fn given_up(&self, copy: &Copy, error: &SendError) -> Settled {
        let (phase, text) = match error {
            SendError::Lost { phase, loss, .. } => (*phase, loss.to_string()),
            other => (Phase::Dot, other.to_string()),
        };
        let said = ReplyRecord { phase: phase.to_string(), code: 0, text };
        let next_at = self.next_try(copy, Retry::Ordinary);
        Settled { reply: Some(said), next_at, ..plain(copy, Step::Defer) }
    }

    fn judge(&self, copy: &Copy, phase: Phase, reply: &Reply) -> (Step, Option<Timestamp>) {
        let (now, group) = ((self.feed.now)(), copy.ticket.group());
        let paces = &self.feed.paces;
        let said = reply.to_string();
        self.seen().unknown_in_a_row = 0;
        match classify(phase, reply) {
            Disposition::Accepted => {
                paces.ease(group);
                self.answered(copy, None);
                (Step::Accept, None)
            }
            Disposition::Unknown => {
                self.unknown(&Loss::Senseless(Box::new(reply.clone())));
                (Step::Lose, None)
            }
            Disposition::Fail { hard } => {
                if hard {
                    self.seen().dead.push(copy.id);
                }
                self.answered(copy, Some(&said));
                (Step::Fail, None)
            }
            // Before the recipient was named it is the relay that wants less.
            Disposition::Retry(Retry::Throttled) if phase == Phase::Mail => {
                (Step::Hold, self.relay_slowed(copy, Slow::Rate, &said, now))
            }
            Disposition::Retry(retry) => {
                if retry == Retry::Throttled {
                    paces.slow_group(group, Slow::Throttled, &said, now);
                }
                (Step::Defer, self.next_try(copy, retry))
            }
            Disposition::Hold(Cause::Policy) => {
                self.refused_by_policy(group, &said, now);
                (Step::Hold, self.later(copy, Retry::Throttled, copy.attempts + copy.holds + 1))
            }
            // It may be that it was said of this recipient alone: so they are due, and
            // come after everybody who was not tried.
            Disposition::Hold(Cause::Sender | Cause::Size) => {
                self.pause(format!("{} said: {said}", self.relay));
                (Step::Hold, Some(now))
            }
            Disposition::Hold(Cause::Account) => {
                self.stopped(Problem::new(PressError::NotAllowed { relay: self.relay.clone(), said }));
                (Step::Hold, Some(now))
            }
            Disposition::Hold(Cause::Quota) => (Step::Hold, self.relay_slowed(copy, Slow::Quota, &said, now)),
            Disposition::Hold(Cause::Rate | Cause::Unavailable) => {
                (Step::Hold, self.relay_slowed(copy, Slow::Rate, &said, now))
            }
        }
    }

    /// The relay takes less; the recipient has another turn after all who were not
    /// tried, in case it was said of them alone.
    fn relay_slowed(&self, copy: &Copy, slow: Slow, said: &str, now: Timestamp) -> Option<Timestamp> {
        let until = self.feed.paces.slow_relay(slow, said, now)?;
        until.checked_add(jiff::SignedDuration::from_secs(i64::from(copy.id.number % 97))).ok()
    }

    fn refused_by_policy(&self, group: &str, said: &str, now: Timestamp) {
        if self.feed.paces.policy(group) < POLICY_ROW {
            return;
        }
        let Some(step) = self.feed.paces.slow_group(group, Slow::Policy, said, now) else { return };
        let providers = {
            let mut seen = self.seen();
            seen.policy.insert(group.to_owned());
            seen.policy.len()
        };
        if step >= POLICY_ENDS {
            self.pause(format!("{group} refuses this mail again and again; {} said: {said}", self.relay));
        } else if providers >= POLICY_ENDS as usize {
            self.pause(format!("{providers} providers refuse this mail; {} said last: {said}", self.relay));
        }
    }

    fn unknown(&self, loss: &Loss) {
        let mut seen = self.seen();
        seen.unknown += 1;
        seen.unknown_in_a_row += 1;
        let why = seen.too_many_unknown();
        drop(seen);
        if let Some(why) = why {
            self.pause(format!("{why}; the last: {loss}"));
        }
    }

    /// Counts an answer for good; with what was said it was a no.
    fn answered(&self, copy: &Copy, refused: Option<&str>) {
        let mut seen = self.seen();
        seen.answered(refused.is_some(), copy.attempts == 0);
        let Some(said) = refused else {
            seen.refusal = (String::new(), 0);
            seen.dead.clear();
            return;
        };
        // The same words, whoever they were said of.
        let words = said.replace(copy.message.envelope.to.as_str(), "");
        if seen.refusal.0 == words {
            seen.refusal.1 += 1;
        } else {
            seen.refusal = (words, 1);
        }
        let (row, failed) = (seen.refusal.1, seen.too_many_failed(self.pacing.max_failure_rate));
        let why = if row >= self.pacing.identical_refusals {
            format!("{row} recipients in a row were refused with the same words; {} said: {said}", self.relay)
        } else if let Some(Answers { all, failed }) = failed {
            format!("{failed} of {all} recipients were refused for good; {} said last: {said}", self.relay)
        } else {
            return;
        };
        seen.paused = true;
        let spared = std::mem::take(&mut seen.dead);
        // Before anybody else counts: the first reason is the one that stays.
        self.pause_sparing(why, spared);
    }

    /// Whether a relay is believed that nobody is at an address: not once it said so of
    /// so many that the campaign was paused, for then it may be its own mistake.
    fn is_believed(&self) -> bool {
        !self.seen().paused
    }

    /// When a copy that was refused for now has its next turn.
    fn next_try(&self, copy: &Copy, retry: Retry) -> Option<Timestamp> {
        // A server that asks for a new session each time would be asked without end.
        let again = matches!(retry, Retry::NewSession) && copy.attempts >= SESSIONS;
        let retry = if again { Retry::Ordinary } else { retry };
        self.later(copy, retry, copy.attempts + 1)
    }

    /// The next turn of a copy that has waited so many times, this one included.
    fn later(&self, copy: &Copy, retry: Retry, times: u32) -> Option<Timestamp> {
        // Spread by who it is, so that the same run is planned the same way.
        let spread = f64::from(copy.id.number % 97) / 97.0;
        (self.feed.now)().checked_add(next_try(retry, times, spread)).ok()
    }

    /// Ends the run: nothing more is begun until a person has looked at it.
    fn pause(&self, why: String) {
        self.pause_sparing(why, Vec::new());
    }

    fn pause_sparing(&self, why: String, spared: Vec<DeliveryId>) {
        self.feed.halt();
        let _ = self.told.send(Event::Pause(why, spared));
    }

    /// Ends the run: it cannot go on now.
    pub(super) fn stopped(&self, problem: Problem) {
        self.feed.halt();
        let _ = self.told.send(Event::Stopped(problem));
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A step with nothing to be said of it.
fn plain(copy: &Copy, step: Step) -> Settled {
    Settled { id: copy.id, step, reply: None, next_at: None, dead: false, by_policy: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_good_answers_of_the_runs_before_hide_no_refusals_of_this_one() {
        let lately = Lately { accepted: 400_000, ..Lately::default() };
        let mut seen = Seen::begin(&lately, 500_000);
        for number in 1..100 {
            seen.answered(number % 10 == 0, true);
        }
        assert_eq!(seen.too_many_failed(0.05), None, "they are too few to tell");
        seen.answered(true, true);
        assert_eq!(seen.too_many_failed(0.05), Some(Answers { all: 100, failed: 10 }));
        assert_eq!(seen.too_many_failed(0.1), None);
    }

    #[test]
    fn those_who_were_deferred_and_are_refused_then_stop_no_campaign_that_went_well() {
        let lately = Lately { accepted: 400_000, ..Lately::default() };
        let mut seen = Seen::begin(&lately, 500_000);
        for number in 0..1_000 {
            seen.answered(number % 10 == 0, false);
        }
        assert_eq!(seen.too_many_failed(0.05), None);
    }

    #[test]
    fn refusals_of_many_short_runs_are_counted_together() {
        let lately = Lately { accepted: 92, failed: 7, ..Lately::default() };
        let mut seen = Seen::begin(&lately, 500);
        assert_eq!(seen.too_many_failed(0.05), None, "they are too few to tell");
        seen.answered(false, true);
        assert_eq!(seen.too_many_failed(0.05), Some(Answers { all: 100, failed: 7 }));
    }
}
