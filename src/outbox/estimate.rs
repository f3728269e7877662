//! How long a campaign takes at the least, under the limits.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Limits, group_of};

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
    fn a_quota_of_a_day_is_waited_for_and_the_rest_goes_as_fast_as_it_may() {
        let relay = limits(Some(14), Some(10_000), Some(50_000));
        let counts = [("example.com", 120_001)];
        let days = Duration::from_hours(48);
        assert_eq!(at_least(counts, &relay, |_| Limits::default()), days + Duration::from_hours(2));
    }
}
