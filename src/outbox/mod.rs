//! QUEUE: what can happen to a delivery, and when it is tried again.
//!
//! Pure. A [`Delivery`](DeliveryId) is one campaign for one recipient. Its [`State`]
//! moves by a [`Step`] or not at all; whoever keeps deliveries keeps to
//! [`State::after`].
//!
//! ```text
//! pending → claimed → dot → accepted | deferred | failed
//! crash while claimed → pending        lost in dot → unknown
//! ```

mod backoff;
mod disposition;
mod estimate;
mod group;
mod pacing;
mod retry;

pub use backoff::{Backoff, Slow};
pub use disposition::{Cause, Disposition, Scope};
pub use estimate::{allowed_at, at_least};
pub use group::group_of;
pub use pacing::{Grain, Limits, Pace, Room};
pub use retry::{Retry, next_try};

/// The number of a campaign in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CampaignId(pub i64);

/// One recipient of one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// The recipient's place in its plan, from 0.
    pub number: u32,
}

/// Where a delivery is. The numbers are those of the store and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum State {
    /// Nobody is at it.
    Pending = 0,
    /// A connection is at it and its final dot has not been allowed.
    Claimed = 1,
    /// Its final dot may have been written.
    Dot = 2,
    /// The relay took it (2xx to the dot). Final.
    Accepted = 3,
    /// Refused for now; has a time for the next try.
    Deferred = 4,
    /// Refused for good. Final.
    Failed = 5,
    /// The relay may or may not have taken it; settled by policy or by evidence.
    Unknown = 6,
    /// The recipient wants no mail. Final.
    Suppressed = 7,
    /// It was deferred until it was too late. Final.
    Expired = 8,
    /// Called off by the publisher. Final.
    Cancelled = 9,
}

/// What happens to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// A connection takes it up.
    Claim,
    /// It is put back: nothing of it can have been accepted.
    Release,
    /// Its final dot is allowed, and that is on disk.
    Intend,
    /// The relay took it, by its reply or by evidence found later.
    Accept,
    /// The relay refused it for now.
    Defer,
    /// It was refused for a reason that is not its recipient's: it waits as if nobody
    /// had tried.
    Hold,
    /// The relay refused it for good.
    Fail,
    /// Its dot may have been written and was not answered.
    Lose,
    /// The recipient was found among the suppressed.
    Suppress,
    /// The last moment for it has passed.
    Expire,
    /// The publisher calls it off.
    Cancel,
    /// The publisher has an unknown one sent again.
    Resend,
    /// The publisher has one sent once more that nobody took: it was refused, or its
    /// time ran out.
    Retry,
}

impl State {
    /// All states, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Claimed,
        Self::Dot,
        Self::Accepted,
        Self::Deferred,
        Self::Failed,
        Self::Unknown,
        Self::Suppressed,
        Self::Expired,
        Self::Cancelled,
    ];

    /// The state of this number.
    #[must_use]
    pub fn of(number: i64) -> Option<Self> {
        usize::try_from(number).ok().and_then(|number| Self::ALL.get(number).copied())
    }

    /// Whether nothing more happens to it by itself. An unknown one waits for
    /// somebody to decide and is not final. Only [`Step::Retry`] leaves a final state,
    /// and only one in which no relay has the message.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Accepted | Self::Failed | Self::Suppressed | Self::Expired | Self::Cancelled)
    }

    /// Where `step` leads from here; none when it must not happen here.
    #[must_use]
    pub fn after(self, step: Step) -> Option<Self> {
        use State::{
            Accepted, Cancelled, Claimed, Deferred, Dot, Expired, Failed, Pending, Suppressed, Unknown,
        };
        match (self, step) {
            (Pending | Deferred, Step::Claim) => Some(Claimed),
            // From the dot only when it is known that it was never written.
            (Claimed | Dot, Step::Release)
            | (Unknown, Step::Resend)
            // What was called off may have been unknown before, so it is not retried.
            | (Failed | Expired, Step::Retry) => Some(Pending),
            (Claimed, Step::Intend) => Some(Dot),
            (Dot | Unknown, Step::Accept) => Some(Accepted),
            (Claimed | Dot, Step::Defer | Step::Hold) => Some(Deferred),
            (Claimed | Dot | Unknown, Step::Fail) => Some(Failed),
            (Dot, Step::Lose) => Some(Unknown),
            (Pending | Claimed | Deferred, Step::Suppress) => Some(Suppressed),
            (Pending | Deferred, Step::Expire) => Some(Expired),
            (Pending | Deferred | Unknown, Step::Cancel) => Some(Cancelled),
            _ => None,
        }
    }

    /// The word people read for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Claimed => "claimed",
            Self::Dot => "dot",
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Suppressed => "suppressed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The right to write one final dot: its intent is on disk.
///
/// Only the store makes one, but for [`unrecorded`](Self::unrecorded); it cannot be
/// copied, and finishing a transaction takes it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is not used must be given back, or the delivery becomes unknown"]
pub struct DotPermit {
    delivery: DeliveryId,
}

impl DotPermit {
    /// For the store, once the intent is durable.
    pub(crate) fn granted(delivery: DeliveryId) -> Self {
        Self { delivery }
    }

    /// For a delivery that no store keeps: a test mail, a test of ours.
    ///
    /// Nothing remembers that its dot was allowed, so a crash leaves no trace of it.
    /// Never for a recipient of a campaign.
    pub fn unrecorded() -> Self {
        Self::granted(DeliveryId { campaign: CampaignId(0), number: 0 })
    }

    /// Uses it up; tells whose it was.
    pub(crate) fn spend(self) -> DeliveryId {
        self.delivery
    }

    /// Whose it is; of campaign 0, which no store has, when no store keeps it.
    #[must_use]
    pub fn delivery(&self) -> DeliveryId {
        self.delivery
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEPS: [Step; 13] = [
        Step::Claim,
        Step::Release,
        Step::Intend,
        Step::Accept,
        Step::Defer,
        Step::Hold,
        Step::Fail,
        Step::Lose,
        Step::Suppress,
        Step::Expire,
        Step::Cancel,
        Step::Resend,
        Step::Retry,
    ];

    #[test]
    fn numbers_and_states_are_one() {
        for (number, state) in State::ALL.into_iter().enumerate() {
            assert_eq!(state as usize, number);
            assert_eq!(State::of(i64::try_from(number).unwrap()), Some(state));
        }
        assert_eq!(State::of(10), None);
        assert_eq!(State::of(-1), None);
    }

    proptest! {
        #[test]
        fn whatever_happens_nobody_is_offered_a_dot_twice_unless_it_may_be(
            steps in prop::collection::vec(prop::sample::select(STEPS.to_vec()), 0..60),
        ) {
            let mut state = State::Pending;
            // Whether a dot may have been written without an answer that says no.
            let mut doubtful = false;
            for step in steps {
                let Some(next) = state.after(step) else { continue };
                if step == Step::Intend {
                    prop_assert!(!doubtful, "a second dot without leave");
                    doubtful = true;
                }
                // A definite no, a proof that it was never written, or the publisher's word.
                if matches!(step, Step::Defer | Step::Hold | Step::Fail | Step::Release | Step::Resend) {
                    doubtful = false;
                }
                // Nobody is tried once more who may have it already.
                prop_assert!(step != Step::Retry || !doubtful, "a retry of what may have arrived");
                prop_assert!(!state.is_final() || step == Step::Retry, "{:?} is not left", state);
                state = next;
            }
        }

        #[test]
        fn only_what_no_relay_has_is_tried_once_more(from in prop::sample::select(State::ALL.to_vec())) {
            let retried = from.after(Step::Retry);
            let may_be = matches!(from, State::Failed | State::Expired);
            prop_assert_eq!(retried, may_be.then_some(State::Pending));
        }

        #[test]
        fn from_everywhere_there_is_a_way_to_an_end(from in prop::sample::select(State::ALL.to_vec())) {
            let mut reached = vec![from];
            let mut at = 0;
            while let Some(state) = reached.get(at).copied() {
                at += 1;
                for next in STEPS.into_iter().filter_map(|step| state.after(step)) {
                    if !reached.contains(&next) {
                        reached.push(next);
                    }
                }
            }
            prop_assert!(reached.into_iter().any(State::is_final));
        }
    }
}
