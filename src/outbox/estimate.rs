//! How long a campaign takes at the least, under the limits.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Grain, Limits, group_of};

/// How long after the first dot the last one is allowed at the soonest, for `counts`
/// recipients by domain: `all` together, and `group` tells what is asked for a provider
/// by its [`group_of`].
///
/// What was sent shortly before, back-offs and the speed of the relay come on top.
#[must_use]
pub fn at_least<'a>(
    counts: impl IntoIterator<Item = (&'a str, u64)>,
    all: &Limits,
    group: impl Fn(&str) -> Limits,
) -> Duration {
    let mut groups: BTreeMap<&str, u64> = BTreeMap::new();
    for (domain, count) in counts {
        *groups.entry(group_of(domain)).or_default() += count;
    }
    let together = length(groups.values().sum(), all);
    groups.into_iter().map(|(name, count)| length(count, &group(name))).fold(together, Duration::max)
}

/// When dot number `count`, from 1, is allowed at the soonest and not before `from`,
/// because of those that were `written` before: how finely they are counted, in which
/// slot of that, and how many. None when that lies beyond all time.
///
/// That the `count` dots hold each other up as well is for [`at_least`].
#[must_use]
pub fn allowed_at(
    count: u64,
    limits: &Limits,
    written: &[(Grain, i64, u64)],
    from: Timestamp,
) -> Option<Timestamp> {
    let windows = [
        (limits.per_second, Grain::Tenth, SignedDuration::from_secs(1)),
        (limits.per_hour, Grain::Minute, SignedDuration::from_hours(1)),
        (limits.per_day, Grain::Minute, SignedDuration::from_hours(24)),
    ];
    let mut at = from;
    for (limit, grain, window) in windows {
        let Some(limit) = limit.map(|limit| u64::from(limit).max(1)) else { continue };
        let now = grain.slot(from);
        let length = i64::try_from(window.as_micros()).unwrap_or(i64::MAX) / grain as i64;
        let dots = written.iter().filter(|(counted, slot, _)| *counted == grain && slot + length >= now);
        // What a clock that was turned back left in the future counts as written now.
        let mut dots: Vec<(i64, u64)> = dots.map(|(_, slot, dots)| ((*slot).min(now), *dots)).collect();
        dots.sort_unstable();
        // Of more than the limit, because that was higher then, the oldest do not count.
        let mut after = 0;
        for (slot, dots) in dots.into_iter().rev() {
            after = limit.min(after + dots);
            // From the first dot of this slot to the one that is asked about.
            let full = (after + count.max(1) - 1) / limit;
            if full > 0 {
                let written = Timestamp::from_microsecond((slot + 1).checked_mul(grain as i64)?).ok()?;
                let waits = window.checked_mul(i32::try_from(full).ok()?)?;
                at = at.max(written.checked_add(waits).ok()?);
            }
            if after == limit {
                break;
            }
        }
    }
    Some(at)
}

/// How long after the first of `count` dots the last one is allowed, when each is
/// written as soon as it may be.
fn length(count: u64, limits: &Limits) -> Duration {
    let windows = [
        (limits.per_day, Duration::from_hours(24)),
        (limits.per_hour, Duration::from_hours(1)),
        (limits.per_second, Duration::from_secs(1)),
    ];
    let windows: Vec<(u64, Duration)> =
        windows.into_iter().filter_map(|(limit, length)| Some((u64::from(limit?).max(1), length))).collect();
    let Some(last) = count.checked_sub(1) else { return Duration::ZERO };
    last_of(last, &windows)
}

/// The moment of dot number `number`, from 0, under `windows`, the longest first.
///
/// A window that is full is waited for; within it the shorter ones rule. One that is
/// never full, because a shorter one is slower, must not make it look faster.
fn last_of(number: u64, windows: &[(u64, Duration)]) -> Duration {
    let Some(((limit, window), shorter)) = windows.split_first() else { return Duration::ZERO };
    let full = window.checked_mul(u32::try_from(number / limit).unwrap_or(u32::MAX)).unwrap_or(Duration::MAX);
    full.saturating_add(last_of(number % limit, shorter)).max(last_of(number, shorter))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::outbox::{Pace, Room};

    fn limits(per_second: Option<u32>, per_hour: Option<u32>, per_day: Option<u32>) -> Limits {
        Limits { per_second, per_hour, per_day }
    }

    /// The same by writing one dot after the other, each as soon as all windows allow.
    fn slowly(count: usize, limits: &Limits) -> Duration {
        let windows = [(limits.per_second, 1), (limits.per_hour, 3_600), (limits.per_day, 86_400)];
        let mut dots: Vec<u64> = Vec::new();
        for number in 0..count {
            let free = |(limit, length): (Option<u32>, u64)| {
                let before = number.checked_sub(limit? as usize)?;
                Some(dots[before] + length)
            };
            let last = dots.last().copied().unwrap_or(0);
            dots.push(windows.into_iter().filter_map(free).fold(last, u64::max));
        }
        Duration::from_secs(dots.last().copied().unwrap_or(0))
    }

    proptest! {
        #[test]
        fn the_estimate_is_what_comes_of_waiting_for_each_window(
            count in 0_usize..2_000,
            per_second in prop::option::of(1_u32..5),
            per_hour in prop::option::of(1_u32..300),
            per_day in prop::option::of(1_u32..900),
        ) {
            let limits = limits(per_second, per_hour, per_day);
            let (quick, slow) = (length(count as u64, &limits), slowly(count, &limits));
            // Windows that do not nest leave a remainder smaller than the longest of them.
            prop_assert!(quick <= slow, "{quick:?} {slow:?}");
            prop_assert!(slow < quick + Duration::from_hours(1), "{quick:?} {slow:?}");
        }
    }

    #[test]
    fn without_limits_nothing_has_to_wait() {
        let counts = [("example.com", 1_000_000)];
        assert_eq!(at_least(counts, &Limits::default(), |_| Limits::default()), Duration::ZERO);
        assert_eq!(at_least([], &limits(Some(1), None, None), |_| Limits::default()), Duration::ZERO);
    }

    #[test]
    fn the_slowest_of_the_relay_and_the_providers_decides() {
        let counts = [("gmail.com", 60), ("googlemail.com", 40), ("example.com", 901)];
        let relay = limits(Some(10), None, None);
        assert_eq!(at_least(counts, &relay, |_| Limits::default()), Duration::from_secs(100));
        let gmail = |name: &str| match name {
            "gmail.com" => limits(None, Some(20), None),
            _ => Limits::default(),
        };
        assert_eq!(at_least(counts, &relay, gmail), Duration::from_hours(4));
    }

    #[test]
    fn what_was_written_before_is_waited_for() {
        let from: Timestamp = "2026-03-01T08:30:20Z".parse().unwrap();
        let slot = Grain::Minute.slot("2026-03-01T08:00:10Z".parse().unwrap());
        let hour = limits(None, Some(40), None);
        let at = |count, used| {
            allowed_at(count, &hour, &[(Grain::Minute, slot, used)], from).map(|at| at.to_string())
        };
        let [now, next, later] = ["08:30:20", "09:01:00", "10:01:00"].map(|at| format!("2026-03-01T{at}Z"));
        assert_eq!(at(10, 30), Some(now.clone()));
        assert_eq!(at(11, 30), Some(next.clone()));
        assert_eq!(at(50, 30), Some(next.clone()));
        assert_eq!(at(51, 30), Some(later.clone()));
        // The limit was higher then.
        assert_eq!((at(1, 400), at(41, 400)), (Some(next), Some(later)));
        let old = [(Grain::Minute, slot - 120, 400)];
        assert_eq!(allowed_at(1, &hour, &old, from), Some(from));
        assert_eq!(allowed_at(90, &Limits::default(), &old, from), Some(from));
    }

    proptest! {
        /// As the sender itself waits, when every dot is written as soon as it may be.
        #[test]
        fn no_dot_is_written_before_it_is_told_to_be(
            per_hour in 1_u32..30,
            used in prop::collection::vec((0_i64..70, 1_u64..20), 0..6),
            count in 1_u64..60,
        ) {
            let mut now: Timestamp = "2026-03-01T08:30:20Z".parse().unwrap();
            let here = Grain::Minute.slot(now);
            let used: BTreeMap<i64, u64> = used.into_iter().collect();
            let used: Vec<_> =
                used.into_iter().map(|(ago, dots)| (Grain::Minute, here - ago, dots)).rev().collect();
            let hour = limits(None, Some(per_hour), None);
            let told = allowed_at(count, &hour, &used, now).unwrap();
            let first = allowed_at(1, &hour, &used, now).unwrap();
            let mut pace = Pace::new(&hour);
            for (grain, slot, dots) in used {
                pace.remember(grain, slot, dots);
            }
            for number in 0..count {
                if let Room::At(free) = pace.room(now) {
                    now = free;
                }
                if number == 0 {
                    prop_assert_eq!(first, now);
                }
                pace.reserve();
                pace.spend(now);
            }
            prop_assert!(told <= now, "{told} {now}");
        }
    }

    #[test]
    fn a_quota_of_a_day_is_waited_for_and_the_rest_goes_as_fast_as_it_may() {
        let relay = limits(Some(14), Some(10_000), Some(50_000));
        let counts = [("example.com", 120_001)];
        let days = Duration::from_hours(48);
        assert_eq!(at_least(counts, &relay, |_| Limits::default()), days + Duration::from_hours(2));
    }
}
