//! How somebody who wants less gets less, and how that ends.

use std::time::Duration;

use jiff::Timestamp;

use super::CampaignId;

/// Why somebody gets no mail for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slow {
    /// A provider wants fewer messages.
    Throttled,
    /// A provider refuses by its policy.
    Policy,
    /// The account has sent what it may.
    Quota,
    /// The account sends too fast.
    Rate,
}

impl Slow {
    /// The first wait, and the longest. Each is twice the one before.
    ///
    /// Providers that want less say nothing of when; half an hour to two hours is what
    /// large senders keep. The quota of a day opens at an hour nobody tells, so it is
    /// looked for every few hours.
    fn waits(self) -> (Duration, Duration) {
        match self {
            Self::Throttled => (Duration::from_mins(2), Duration::from_hours(2)),
            Self::Policy => (Duration::from_mins(15), Duration::from_hours(4)),
            Self::Quota => (Duration::from_hours(1), Duration::from_hours(6)),
            Self::Rate => (Duration::from_secs(5), Duration::from_hours(1)),
        }
    }

    /// The wait of this step, from 1.
    #[must_use]
    pub fn wait(self, step: u32) -> Duration {
        let (first, longest) = self.waits();
        first.saturating_mul(1 << step.saturating_sub(1).min(16)).min(longest)
    }
}

/// How many accepted messages win back one step.
const TRUST: u32 = 20;

/// The highest step: after that, waits and connections stay as they are.
const HIGHEST: u32 = 10;

/// A relay or a provider that gets less.
///
/// It is closed until a moment and has fewer connections from then on, half as many
/// with each step. Messages it accepts win the steps back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// When it was closed.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// How often it has been closed and has not recovered.
    pub step: u32,
    /// What the server said.
    pub said: String,
    /// Of whose mail it said that, when it was noted.
    pub campaign: Option<CampaignId>,
    /// Messages accepted since the last change of step.
    pub accepted: u32,
}

impl Backoff {
    /// The back-off after another such reply; none when it is closed already, as when
    /// several messages that were on their way get the same answer.
    #[must_use]
    pub fn after(previous: Option<&Self>, slow: Slow, said: &str, now: Timestamp) -> Option<Self> {
        if previous.is_some_and(|previous| previous.closed_until(now).is_some()) {
            return None;
        }
        let step = previous.map_or(0, |previous| previous.step).saturating_add(1).min(HIGHEST);
        let until = now.checked_add(slow.wait(step)).unwrap_or(now);
        Some(Self { since: now, until, step, said: said.to_owned(), campaign: None, accepted: 0 })
    }

    /// Until when it is closed at `now`, if it is. A clock that was turned back makes
    /// no wait longer than it was to be.
    #[must_use]
    pub fn closed_until(&self, now: Timestamp) -> Option<Timestamp> {
        if now < self.since {
            return now.checked_add(self.until.duration_since(self.since)).ok();
        }
        (now < self.until).then_some(self.until)
    }

    /// How many of `connections` it has.
    #[must_use]
    pub fn share(&self, connections: usize) -> usize {
        (connections >> self.step.min(HIGHEST)).max(1)
    }

    /// It accepted a message; true when it won a step back. At step 0 it is over.
    pub fn ease(&mut self) -> bool {
        self.accepted += 1;
        if self.accepted < TRUST {
            return false;
        }
        self.accepted = 0;
        self.step = self.step.saturating_sub(1);
        true
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        "2026-03-01T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn waits_double_and_end_somewhere() {
        for slow in [Slow::Throttled, Slow::Policy, Slow::Quota, Slow::Rate] {
            for step in 1..20 {
                let (one, next) = (slow.wait(step), slow.wait(step + 1));
                assert!(next == one * 2 || next == slow.waits().1, "{slow:?} {step}");
            }
            assert_eq!(slow.wait(u32::MAX), slow.waits().1);
        }
    }

    #[test]
    fn what_was_on_its_way_when_it_closed_closes_it_no_further() {
        let first = Backoff::after(None, Slow::Throttled, "slow down", at(0)).unwrap();
        assert_eq!((first.step, first.closed_until(at(1))), (1, Some(at(2))));
        assert_eq!(Backoff::after(Some(&first), Slow::Throttled, "slow down", at(1)), None);
        let second = Backoff::after(Some(&first), Slow::Throttled, "slow down", at(2)).unwrap();
        assert_eq!((second.step, second.until), (2, at(6)));
    }

    #[test]
    fn connections_are_halved_and_won_back() {
        let mut backoff = Backoff::after(None, Slow::Rate, "", at(0)).unwrap();
        backoff.step = 2;
        assert_eq!([10, 4, 1].map(|connections| backoff.share(connections)), [2, 1, 1]);
        let eased = (0..2 * TRUST).filter(|_| backoff.ease()).count();
        assert_eq!((eased, backoff.step, backoff.share(10)), (2, 0, 10));
    }

    #[test]
    fn a_clock_that_is_turned_back_makes_no_wait_longer() {
        let backoff = Backoff::after(None, Slow::Quota, "", at(0)).unwrap();
        assert_eq!(backoff.closed_until(at(59)), Some(at(60)));
        assert_eq!(backoff.closed_until(at(60)), None);
        assert_eq!(backoff.closed_until(at(-100_000)), Some(at(-100_000 + 60)));
    }
}
