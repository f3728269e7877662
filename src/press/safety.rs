//! Checks before a campaign is sent, each with a name that lets it pass.
//!
//! They ask what a tired person overlooks and what no agreement to a plan answers. A
//! rehearsal is never asked, and never counts as sent.

use jiff::{SignedDuration, Timestamp};

use crate::outbox::CampaignId;
use crate::problem::{Class, Condition};
use crate::store::{Among, Campaign, CampaignState, Mailed, Store, StoreError};

/// How many times the people of last time are too many to be believed.
const GROWN: u64 = 2;

/// So many people who get the same mail again are nobody's mistake: those who were sent
/// it first, to look at.
const FEW: u64 = 10;

/// And so few of all, one in so many.
const SHARE: u64 = 100;

/// How long another mail under the same name is taken for the same one, corrected: the
/// next issue of what comes once a week may be written into the same file.
const CORRECTED: SignedDuration = SignedDuration::from_hours(6 * 24);

/// What is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its number, when it was planned before.
    pub id: Option<CampaignId>,
    /// Its name.
    pub slug: &'a str,
    /// The hash of its content.
    pub content_hash: &'a str,
    /// The list it goes to.
    pub list: &'a str,
    /// How many get it.
    pub people: u64,
    /// Who they are.
    pub among: Among<'a>,
    /// [`Campaign::held`].
    pub held: Option<Timestamp>,
}

/// What is doubtful about sending it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// These people got this mail before, or are still to get it from another campaign.
    #[error(
        "{}: campaign {}, {}",
        again(mailed, *people, slug.as_deref()),
        mailed.campaign.0,
        on.strftime("%Y-%m-%d %H:%M UTC")
    )]
    Repeat {
        /// How many of them, and the campaign they have it from.
        mailed: Mailed,
        /// How many get it now.
        people: u64,
        /// The name of the mail, when that is all that is the same.
        slug: Option<String>,
        /// When it was begun, or is due.
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

/// How many of `people` got a mail before, as the beginning of a sentence.
fn again(mailed: &Mailed, people: u64, slug: Option<&str>) -> String {
    let count = mailed.had + mailed.waits;
    let who = match (count == people, people) {
        (true, 1) => "this person".to_owned(),
        (true, _) => format!("all {people} of these people"),
        (false, _) => format!("{count} of these {people} people"),
    };
    let is = if count == 1 { "is" } else { "are" };
    let what = slug.map_or_else(|| "this very mail".to_owned(), |slug| format!("a mail named `{slug}`"));
    match (mailed.had, mailed.waits) {
        (_, 0) => format!("{who} got {what} before"),
        (0, _) => format!("{who} {is} to get {what} already"),
        (_, waits) => format!("{who} got {what} before, or {is} still to get it ({waits})"),
    }
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
            Self::Repeat { slug: Some(_), .. } => {
                "give it a `slug` of its own when it is another mail, or add `--allow repeat` to send it to \
                 them besides"
            }
            Self::Repeat { .. } => "add `--allow repeat` to send it to them once more",
            Self::Size { .. } => "see whether it is the right list, and add `--allow size` when it is",
            Self::Untested => {
                "send one with `letterpress test` and look at it (one from before `letterpress state new` is \
                 not known), or add `--allow untested` to go without"
            }
            Self::Restored(_) => {
                "enter who left meanwhile with `letterpress suppress add --reason unsubscribed ADDRESS`, then add \
                 `--allow restored`"
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
/// Whether people get the same mail again is asked by who they are, whatever their list is
/// called, and a few do not count. The mail is the same when its content is, and for some
/// days when its name is. Whether a list has grown is asked by its name, and goes by the
/// last campaign that was begun. A rehearsal counts for neither.
///
/// # Errors
///
/// Fails only if the store does.
pub fn doubts(store: &Store, candidate: &Candidate<'_>, now: Timestamp) -> Result<Vec<Doubt>, StoreError> {
    let past = past(store, candidate)?;
    let mut doubts = Vec::new();
    if let Some(backup) = candidate.held.or(store.standing()?.restored) {
        doubts.push(Doubt::Restored(backup));
    }
    doubts.extend(repeat_in(store, &past, candidate, now)?);
    let list = past.iter().filter(|one| one.list == candidate.list && one.begun.is_some());
    if let Some(last) = list.max_by_key(|one| start(one)) {
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

/// The doubt that the same people got the same mail since the moment at which somebody
/// `agreed` to `candidate`, from a campaign that was not to be known of then.
///
/// # Errors
///
/// Fails only if the store does.
pub fn repeated_since(
    store: &Store,
    candidate: &Candidate<'_>,
    agreed: Timestamp,
    now: Timestamp,
) -> Result<Option<Doubt>, StoreError> {
    let mut since = Vec::new();
    for one in past(store, candidate)?.into_iter().filter(|one| one.begun >= Some(agreed)) {
        let known = store.appointment(one.id)?.is_some_and(|appointment| appointment.agreed < agreed);
        if !known {
            since.push(one);
        }
    }
    repeat_in(store, &since, candidate, now)
}

/// The other campaigns that were begun, or wait for their time.
fn past(store: &Store, candidate: &Candidate<'_>) -> Result<Vec<Campaign>, StoreError> {
    let mut past = store.campaigns()?;
    past.retain(|one| {
        let is_to_go = one.due.is_some() && one.state != CampaignState::Cancelled;
        (one.begun.is_some() || is_to_go) && !one.rehearsal && Some(one.id) != candidate.id
    });
    Ok(past)
}

/// The one of `past` from which most of the people have the same mail, the last of such.
fn repeat_in(
    store: &Store,
    past: &[Campaign],
    candidate: &Candidate<'_>,
    now: Timestamp,
) -> Result<Option<Doubt>, StoreError> {
    let is_same = |one: &Campaign| one.content_hash == candidate.content_hash;
    let is_near = |one: &Campaign| now.duration_since(start(one)) < CORRECTED;
    let alike = past.iter().filter(|one| is_same(one) || one.slug == candidate.slug && is_near(one));
    let alike: Vec<&Campaign> = alike.collect();
    let ids: Vec<CampaignId> = alike.iter().map(|one| one.id).collect();
    let found = store.mailed(&ids, candidate.among)?.into_iter().zip(alike);
    let found = found.map(|(mailed, one)| (mailed.had + mailed.waits, mailed, one));
    let found = found.filter(|(count, ..)| *count > FEW || count * SHARE > candidate.people);
    Ok(found.max_by_key(|(count, _, one)| (*count, start(one))).map(|(_, mailed, one)| Doubt::Repeat {
        mailed,
        people: candidate.people,
        slug: (!is_same(one)).then(|| one.slug.clone()),
        on: start(one),
    }))
}

/// When a campaign was begun, or is due.
fn start(campaign: &Campaign) -> Timestamp {
    campaign.begun.or(campaign.due).unwrap_or(campaign.planned)
}
