//! When a plan goes out: under the limits, after what went before, and past whoever
//! takes nothing for a while.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::outbox::{Backoff, Grain, Limits, allowed_at, at_least, group_of};
use crate::problem::Problems;
use crate::store::{Paced, Store};

use super::Context;
use super::state::problems;

/// When the first mail of a plan goes out, and the last, both at the soonest.
#[derive(Debug)]
pub(super) struct Outlook {
    /// When it is asked to begin.
    pub(super) start: Timestamp,
    /// The first; none when that lies beyond all time.
    pub(super) first: Option<Timestamp>,
    /// The last.
    pub(super) last: Option<Timestamp>,
    /// Who takes nothing then: a provider, or the relay without a name; until when, and
    /// after what.
    pub(super) closed: Vec<(String, Timestamp, Backoff)>,
    /// The limit that holds up the first, as it is written: its key, and the provider it
    /// is for, or none for everything.
    pub(super) limit: Option<(&'static str, String)>,
}

/// Which of `limits` alone lets nothing go from `start` until `first`, as it is written.
fn allowed_by(
    limits: &Limits,
    dots: &[(Grain, i64, u64)],
    start: Timestamp,
    first: Timestamp,
) -> Option<&'static str> {
    let Limits { per_second, per_hour, per_day } = *limits;
    let alone = [
        ("per_day", Limits { per_day, ..Limits::default() }),
        ("per_hour", Limits { per_hour, ..Limits::default() }),
        ("per_second", Limits { per_second, ..Limits::default() }),
    ];
    let holds = |limits: &Limits| allowed_at(1, limits, dots, start).is_none_or(|at| at >= first);
    alone.into_iter().find(|(_, limits)| holds(limits)).map(|(key, _)| key)
}

impl Outlook {
    /// For so many people by domain, beginning at `due`, or now.
    pub(super) fn of<'a>(
        counts: impl Iterator<Item = (&'a str, u64)>,
        due: Option<Timestamp>,
        store: &Store,
        context: &Context<'_>,
    ) -> Result<Self, Problems> {
        let now = (context.now)();
        let start = due.unwrap_or(now);
        let paced = match &context.config.relay {
            Some(relay) => store.paced(&relay.name()).map_err(problems)?,
            None => Paced::default(),
        };
        let mut groups: BTreeMap<&str, u64> = BTreeMap::new();
        for (domain, count) in counts {
            *groups.entry(group_of(domain)).or_default() += count;
        }
        let sending = &context.config.sending;
        let limits = |name: &str| sending.groups.get(name).map(|group| group.limits).unwrap_or_default();
        let takes = at_least(groups.iter().map(|(name, count)| (*name, *count)), &sending.limits, limits);
        let takes = SignedDuration::try_from(takes).unwrap_or(SignedDuration::MAX);
        let closed = |name: &str| {
            let found = paced.backoffs.iter().find(|(provider, _)| provider == name);
            let until = |backoff: &Backoff| backoff.closed_until(now).filter(|until| *until > start);
            found.and_then(|(_, backoff)| Some((until(backoff)?, backoff.clone())))
        };
        let told = [""].into_iter().chain(groups.keys().copied()).filter_map(|name| {
            let (until, after) = closed(name)?;
            Some((name.to_owned(), until, after))
        });
        let told: Vec<_> = told.collect();
        let dots = |name: &str| -> Vec<(Grain, i64, u64)> {
            let dots = paced.dots.iter().filter(|(provider, ..)| provider == name);
            dots.map(|(_, grain, slot, dots)| (*grain, *slot, *dots)).collect()
        };
        // The first and the last of one provider, or of everything for the relay.
        let ends = |name: &str, count: u64, limits: &Limits, from: Timestamp| {
            let from = closed(name).map_or(from, |(until, _)| until.max(from));
            let dots = dots(name);
            Some((allowed_at(1, limits, &dots, from)?, allowed_at(count, limits, &dots, from)?))
        };
        let all = ends("", groups.values().sum(), &sending.limits, start);
        let each: Option<Vec<_>> =
            groups.iter().map(|(name, count)| ends(name, *count, &limits(name), all?.0)).collect();
        let soonest = each.as_ref().and_then(|each| each.iter().map(|(first, _)| *first).min());
        let first = all.map(|(first, _)| soonest.map_or(first, |soonest| soonest.max(first)));
        let last = first.and_then(|first| first.checked_add(takes).ok()).and_then(|last| {
            let others = each?.into_iter().chain(all).map(|(_, last)| last);
            Some(others.fold(last, Timestamp::max))
        });
        let limit = first.filter(|first| *first > start).and_then(|first| {
            let named = |name: &str, limits: &Limits| {
                let key = allowed_by(limits, &dots(name), start, first)?;
                Some((key, name.to_owned()))
            };
            let of_groups = || groups.keys().find_map(|name| named(name, &limits(name)));
            named("", &sending.limits).or_else(of_groups)
        });
        Ok(Self { start, first, last, closed: told, limit })
    }

    /// From the start to the last mail.
    pub(super) fn takes(&self) -> SignedDuration {
        self.last.map_or(SignedDuration::MAX, |last| last.duration_since(self.start))
    }
}
