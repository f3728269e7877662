//! Checks before a campaign is sent, each with a name that lets it pass.
//!
//! They ask what a tired person overlooks and what no agreement to a plan answers. A
//! rehearsal is never asked, and never counts as sent.

use jiff::Timestamp;

use crate::outbox::{CampaignId, State};
use crate::problem::{Class, Condition};
use crate::store::{Campaign, Store, StoreError};

/// How many times the people of last time are too many to be believed.
const GROWN: u64 = 2;

/// What is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its number, when it was planned before.
    pub id: Option<CampaignId>,
    /// The hash of its content.
    pub content_hash: &'a str,
    /// The list it goes to.
    pub list: &'a str,
    /// How many get it.
    pub people: u64,
    /// [`Campaign::held`].
    pub held: Option<Timestamp>,
}

/// What is doubtful about sending it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The same content went to the same list before.
    #[error("the list `{list}` got this very mail before: campaign {}, {}", id.0, on.strftime("%Y-%m-%d"))]
    Repeat {
        /// The list.
        list: String,
        /// The campaign it went out with.
        id: CampaignId,
        /// When that was begun.
        on: Timestamp,
    },
    /// The list is much longer than it was.
    #[error("the list `{list}` has grown: {people} would get it, and {before} were on it last time")]
    Size {
        /// The list.
        list: String,
        /// How many get it now.
        people: u64,
        /// How many the last campaign to this list was planned for.
        before: u64,
    },
    /// Nobody has seen it as a mail.
    #[error("nobody was sent a test of this mail as it is now")]
    Untested,
    /// The state does not know what happened since its backup.
    #[error(
        "the state was restored from the backup of {}: what was sent since, and who left, is not known here",
        .0.strftime("%Y-%m-%d %H:%M UTC")
    )]
    Restored(Timestamp),
}

impl Doubt {
    /// The name that lets it pass.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Repeat { .. } => "repeat",
            Self::Size { .. } => "size",
            Self::Untested => "untested",
            Self::Restored(_) => "restored",
        }
    }
}

impl Condition for Doubt {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Repeat { .. } => "add `--allow repeat` to send it to them once more",
            Self::Size { .. } => "see whether it is the right list, and add `--allow size` when it is",
            Self::Untested => {
                "send one with `letterpress test` and look at it, or add `--allow untested` to go without"
            }
            Self::Restored(_) => {
                "enter who left meanwhile with `letterpress suppress add`, then add `--allow restored`"
            }
        };
        Some(hint.to_owned())
    }

    fn class(&self) -> Class {
        Class::Refused
    }
}

/// Everything that is doubtful about sending `candidate`.
///
/// The list is the same when it has the same name. A campaign counts as sent when it
/// was begun and is no rehearsal; its content, when somebody may have got it.
///
/// # Errors
///
/// Fails only if the store does.
pub fn doubts(store: &Store, candidate: &Candidate<'_>) -> Result<Vec<Doubt>, StoreError> {
    let past = past(store, candidate)?;
    let mut doubts = Vec::new();
    if let Some(backup) = candidate.held.or(store.standing()?.restored) {
        doubts.push(Doubt::Restored(backup));
    }
    doubts.extend(repeat_in(store, &past, candidate)?);
    if let Some(last) = past.iter().max_by_key(|one| start(one)) {
        let before = store.counts(last.id)?.total();
        if candidate.people >= before.saturating_mul(GROWN).max(1) {
            doubts.push(Doubt::Size { list: last.list.clone(), people: candidate.people, before });
        }
    }
    if !store.is_tested(candidate.content_hash)? {
        doubts.push(Doubt::Untested);
    }
    Ok(doubts)
}

/// The doubt that the same content went to the same list since the moment at which
/// somebody agreed to `candidate`.
///
/// # Errors
///
/// Fails only if the store does.
pub fn repeated_since(
    store: &Store,
    candidate: &Candidate<'_>,
    agreed: Timestamp,
) -> Result<Option<Doubt>, StoreError> {
    let mut past = past(store, candidate)?;
    past.retain(|one| start(one) >= agreed);
    repeat_in(store, &past, candidate)
}

/// What went to the same list before.
fn past(store: &Store, candidate: &Candidate<'_>) -> Result<Vec<Campaign>, StoreError> {
    let mut past = store.campaigns()?;
    past.retain(|one| {
        one.list == candidate.list && one.begun.is_some() && !one.rehearsal && Some(one.id) != candidate.id
    });
    Ok(past)
}

/// The last one of `past` with the same content that somebody may have got.
fn repeat_in(
    store: &Store,
    past: &[Campaign],
    candidate: &Candidate<'_>,
) -> Result<Option<Doubt>, StoreError> {
    for one in past.iter().rev().filter(|one| one.content_hash == candidate.content_hash) {
        let counts = store.counts(one.id)?;
        if counts.total() > counts.of(State::Cancelled) + counts.of(State::Suppressed) {
            return Ok(Some(Doubt::Repeat { list: one.list.clone(), id: one.id, on: start(one) }));
        }
    }
    Ok(None)
}

fn start(campaign: &Campaign) -> Timestamp {
    campaign.begun.unwrap_or(campaign.planned)
}
