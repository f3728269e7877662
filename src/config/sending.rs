//! How campaigns are sent: how fast, how long, and when to stop.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

use crate::outbox::Limits;
use crate::send::MESSAGES_PER_CONNECTION;
use crate::store::Durability;

/// How campaigns are sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SendingSettings {
    /// The most connections to the relay at once.
    pub connections: usize,
    /// Messages one connection offers before another is made.
    pub messages_per_connection: u32,
    /// How long after its start a campaign goes on trying.
    pub expires: Duration,
    /// What a commit survives.
    pub durability: Durability,
    /// How fast everything together may go through the relay.
    pub limits: Limits,
    /// The share of those who were answered, from 0 to 1, above which failures pause a
    /// campaign.
    pub max_failure_rate: f64,
    /// So many recipients refused in a row with the same words pause a campaign.
    pub identical_refusals: u32,
    /// What is asked for provider by provider, under the names of
    /// [`group_of`](crate::outbox::group_of).
    pub groups: BTreeMap<String, GroupSettings>,
}

/// How fast mail goes to one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupSettings {
    /// The most connections that carry its mail at once.
    pub connections: Option<usize>,
    /// How fast it may go.
    pub limits: Limits,
}

impl Default for SendingSettings {
    /// Receiving servers give up after four to five days (RFC 5321 §4.5.4.1); a
    /// newsletter is old news before.
    fn default() -> Self {
        Self {
            connections: 10,
            messages_per_connection: MESSAGES_PER_CONNECTION,
            expires: Duration::from_hours(72),
            durability: Durability::Power,
            limits: Limits::default(),
            max_failure_rate: 0.05,
            identical_refusals: 20,
            groups: BTreeMap::new(),
        }
    }
}

/// A duration as people write it: `90 minutes`, `72h`, `3 days`; a day has 24 hours.
/// None for what is no duration, and for what lies in the past.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let span: Span = text.trim().parse().ok()?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(length).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let hours = |text| duration(text).map(|length| length.as_secs_f64() / 3600.0);
        assert_eq!(hours("90 minutes"), Some(1.5));
        assert_eq!(hours("72h"), Some(72.0));
        assert_eq!(hours("3 days"), Some(72.0));
        assert_eq!(hours("1 day 12 hours"), Some(36.0));
        assert_eq!(hours("2 weeks"), Some(336.0));
        for text in ["", "soon", "3", "-2 days", "2 days ago", "1 month"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
