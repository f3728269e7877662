//! When a deferred delivery is tried again.

use std::time::Duration;

/// What kind of no it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Greylisting, a busy mailbox, and whatever else a 4xx can mean.
    Ordinary,
    /// Too much at once for this provider.
    Throttled,
    /// Nothing is wrong with the message: the server wants it in a new session.
    NewSession,
}

/// How long to wait before the next try of a delivery that was refused for now
/// `attempts` times (from 1). `spread`, below 1, moves it within a tenth of that, so
/// that a batch that was deferred together does not come back together.
///
/// Greylisting servers let a second try pass after five to ten minutes; later tries
/// keep the half hour that RFC 5321 §4.5.4.1 asks for.
#[must_use]
pub fn next_try(retry: Retry, attempts: u32, spread: f64) -> Duration {
    const MINUTES: [u64; 6] = [6, 15, 30, 60, 120, 240];
    let base = match retry {
        Retry::NewSession => return Duration::ZERO,
        Retry::Ordinary => {
            let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
            MINUTES[index.min(MINUTES.len() - 1)]
        }
        Retry::Throttled => 30_u64.saturating_mul(1 << attempts.saturating_sub(1).min(3)),
    };
    Duration::from_mins(base).mul_f64(1.0 + spread.clamp(0.0, 1.0) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_and_end_at_four_hours() {
        let minutes = |attempts| next_try(Retry::Ordinary, attempts, 0.0).as_secs() / 60;
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 100].map(minutes), [6, 15, 30, 60, 120, 240, 240, 240]);
        assert_eq!(next_try(Retry::Throttled, 9, 0.0), Duration::from_hours(4));
        assert_eq!(next_try(Retry::NewSession, 1, 0.5), Duration::ZERO);
    }

    #[test]
    fn the_spread_is_a_tenth_at_most() {
        assert_eq!(next_try(Retry::Ordinary, 3, 1.0), Duration::from_mins(33));
        assert_eq!(next_try(Retry::Ordinary, 3, 9.0), Duration::from_mins(33));
    }
}
