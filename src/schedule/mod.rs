//! WHEN: moments as people write them, and whether it is time.
//!
//! Pure: the clock and the zone of the machine are arguments. A campaign that is to go
//! out by itself has a [`Slot`]: the moment it is due, with the zone it was written in,
//! and the last moment at which it may still begin. What stands in the store is the
//! moment *and* its text, because a government may move the clocks of a zone between
//! the two: [`Slot::kept`] reads the wall time again.

mod error;
mod moment;

use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::OffsetConflict;
use jiff::{SignedDuration, Timestamp, Zoned};

pub use error::WhenError;
pub use moment::{duration, moment};

/// How late a campaign may begin when nothing else was said: a machine that was off in
/// the morning still sends the morning's news at noon, and not the next day.
pub const LATE: SignedDuration = SignedDuration::from_hours(6);

/// The least that [`Slot::until`] allows: cron looks once a minute.
const LEAST: SignedDuration = SignedDuration::from_mins(2);

/// When a campaign goes out by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// When it is due, in the zone that was written.
    pub due: Zoned,
    /// It does not begin after this.
    pub not_after: Timestamp,
}

/// Whether it is time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It comes later.
    Ahead,
    /// Now.
    Due,
    /// It was not begun in time.
    Missed,
}

impl Slot {
    /// The slot at `due` that may begin [`LATE`] at most.
    #[must_use]
    pub fn at(due: Zoned) -> Self {
        let not_after = due.timestamp().checked_add(LATE).unwrap_or(Timestamp::MAX);
        Self { due, not_after }
    }

    /// The same, with a last moment of its own: a duration after the due moment
    /// (`90m`, `1 day`), or a moment.
    ///
    /// # Errors
    ///
    /// Fails when `text` is neither, and when it is less than two minutes after the due
    /// moment.
    pub fn until(self, text: &str, now: &Zoned) -> Result<Self, WhenError> {
        let not_after = match duration(text) {
            Ok(late) => self.due.timestamp().checked_add(late).unwrap_or(Timestamp::MAX),
            Err(WhenError::NotADuration(_)) => moment::read(text, now)?.timestamp(),
            Err(other) => return Err(other),
        };
        if not_after < self.due.timestamp().saturating_add(LEAST).unwrap_or(Timestamp::MAX) {
            return Err(WhenError::TooTight(text.trim().to_owned()));
        }
        Ok(Self { not_after, ..self })
    }

    /// The slot that was kept as a moment, its text and its last moment.
    ///
    /// Where the rules of the zone have changed since, the wall time that was written
    /// counts, and the last moment moves along. A text that cannot be read any more
    /// leaves the moment.
    #[must_use]
    pub fn kept(due: Timestamp, text: &str, not_after: Timestamp) -> Self {
        let parser = DateTimeParser::new().offset_conflict(OffsetConflict::PreferOffset);
        let read = parser.parse_zoned(text).unwrap_or_else(|_| due.to_zoned(jiff::tz::TimeZone::UTC));
        let moved = read.timestamp().duration_since(due);
        Self { due: read, not_after: not_after.saturating_add(moved).unwrap_or(not_after) }
    }

    /// What [`kept`](Slot::kept) reads: `2026-12-01T09:00:00+01:00[Europe/Berlin]`.
    #[must_use]
    pub fn text(&self) -> String {
        self.due.to_string()
    }

    /// The due moment as people read it.
    #[must_use]
    pub fn due_told(&self) -> String {
        told(&self.due)
    }

    /// The last moment as people read it, by the same clock: `15:00`, with its day where
    /// that is another one.
    #[must_use]
    pub fn limit_told(&self) -> String {
        let last = self.not_after.to_zoned(self.due.time_zone().clone());
        let form = if last.date() == self.due.date() { "%H:%M" } else { "%a %Y-%m-%d %H:%M" };
        last.strftime(form).to_string()
    }

    /// Whether it is time at `now`.
    #[must_use]
    pub fn turn(&self, now: Timestamp) -> Turn {
        if now < self.due.timestamp() {
            Turn::Ahead
        } else if now <= self.not_after {
            Turn::Due
        } else {
            Turn::Missed
        }
    }
}

/// How long to wait after so many turns in a row (from 1) that came to nothing.
///
/// A relay that is being restarted is back in minutes; one that refuses a login is not
/// asked sixty times an hour.
#[must_use]
pub fn wait_after(failures: u32) -> SignedDuration {
    const MINUTES: [i64; 6] = [1, 2, 5, 15, 30, 60];
    let index = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    SignedDuration::from_mins(MINUTES[index.min(MINUTES.len() - 1)])
}

/// A moment as people read it: `Tue 2026-12-01 09:00 Europe/Berlin (08:00 UTC)`.
#[must_use]
pub fn told(moment: &Zoned) -> String {
    let wall = moment.strftime("%a %Y-%m-%d %H:%M");
    let utc = moment.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
    match moment.time_zone().iana_name() {
        _ if moment.offset() == jiff::tz::Offset::UTC => format!("{wall} UTC"),
        Some(zone) => format!("{wall} {zone} ({} UTC)", utc_beside(moment, &utc)),
        None => format!("{wall} {} ({} UTC)", moment.offset(), utc_beside(moment, &utc)),
    }
}

/// The time in UTC, with its day where that is another one.
fn utc_beside(moment: &Zoned, utc: &Zoned) -> String {
    let form = if moment.date() == utc.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    utc.strftime(form).to_string()
}

/// A duration as people read it, in its two largest units: `2 h 5 min`.
#[must_use]
pub fn span_told(span: SignedDuration) -> String {
    let minutes = span.as_secs().max(0) / 60;
    let (days, hours, minutes) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    let days_told = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    match (days, hours, minutes) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (_, 0, _) => days_told,
        (_, hours, _) => format!("{days_told} {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Zoned {
        "2026-11-22T12:00:00+00:00[UTC]".parse().unwrap()
    }

    fn slot(at: &str) -> Slot {
        Slot::at(moment(at, &now()).unwrap())
    }

    #[test]
    fn a_slot_may_begin_six_hours_late_unless_it_says_otherwise() {
        let slot = slot("2026-12-01T09:00[Europe/Berlin]");
        assert_eq!(slot.not_after.to_string(), "2026-12-01T14:00:00Z");
        assert_eq!(slot.limit_told(), "15:00");
        let until = |text: &str| slot.clone().until(text, &now());
        assert_eq!(until("90m").unwrap().not_after.to_string(), "2026-12-01T09:30:00Z");
        assert_eq!(until("1 day").unwrap().limit_told(), "Wed 2026-12-02 09:00");
        assert_eq!(until("1 day").unwrap().not_after.to_string(), "2026-12-02T08:00:00Z");
        assert_eq!(until("2026-12-01T10:00Z").unwrap().not_after.to_string(), "2026-12-01T10:00:00Z");
        assert_eq!(until("1m"), Err(WhenError::TooTight("1m".to_owned())));
        assert_eq!(until("2026-12-01T07:00Z"), Err(WhenError::TooTight("2026-12-01T07:00Z".to_owned())));
        assert_eq!(until("soon"), Err(WhenError::Unreadable("soon".to_owned())));
    }

    #[test]
    fn a_slot_is_kept_with_its_zone_and_read_as_it_was() {
        for at in
            ["2026-12-01T09:00[Europe/Berlin]", "2027-10-31T02:30+01:00[Europe/Berlin]", "2026-12-01T09:00Z"]
        {
            let slot = slot(at);
            assert_eq!(Slot::kept(slot.due.timestamp(), &slot.text(), slot.not_after), slot, "{at}");
        }
    }

    #[test]
    fn the_wall_time_counts_where_the_clocks_of_a_zone_were_moved_since() {
        // As if it had been planned when Berlin still meant to have summer time then.
        let due: Timestamp = "2026-12-01T07:00:00Z".parse().unwrap();
        let not_after: Timestamp = "2026-12-01T13:00:00Z".parse().unwrap();
        let slot = Slot::kept(due, "2026-12-01T09:00:00+02:00[Europe/Berlin]", not_after);
        assert_eq!(slot.due.to_string(), "2026-12-01T09:00:00+01:00[Europe/Berlin]");
        assert_eq!(slot.not_after.to_string(), "2026-12-01T14:00:00Z");
        // A zone that is gone leaves the moment.
        let slot = Slot::kept(due, "2026-12-01T09:00:00+02:00[Europe/Atlantis]", not_after);
        assert_eq!((slot.due.timestamp(), slot.not_after), (due, not_after));
    }

    #[test]
    fn moments_and_spans_are_told_as_people_read_them() {
        let told = |at: &str| told(&moment(at, &now()).unwrap());
        assert_eq!(told("2026-12-01T09:00[Europe/Berlin]"), "Tue 2026-12-01 09:00 Europe/Berlin (08:00 UTC)");
        assert_eq!(told("2026-12-01T09:00[Asia/Tokyo]"), "Tue 2026-12-01 09:00 Asia/Tokyo (00:00 UTC)");
        assert_eq!(
            told("2026-12-01T08:00[Asia/Tokyo]"),
            "Tue 2026-12-01 08:00 Asia/Tokyo (2026-11-30 23:00 UTC)"
        );
        assert_eq!(told("2026-12-01T09:00Z"), "Tue 2026-12-01 09:00 UTC");
        assert_eq!(told("2026-12-01T09:00+05:30"), "Tue 2026-12-01 09:00 +05:30 (03:30 UTC)");
        let span = |minutes| span_told(SignedDuration::from_mins(minutes));
        assert_eq!(
            [0, 1, 60, 125, 1440, 1500, 2880, -5].map(span),
            [
                "less than a minute",
                "1 min",
                "1 h",
                "2 h 5 min",
                "1 day",
                "1 day 1 h",
                "2 days",
                "less than a minute"
            ]
        );
    }

    proptest! {
        #[test]
        fn at_every_moment_a_slot_is_ahead_or_due_or_missed_and_never_goes_back(
            late in 2_i64..10_000,
            mut looks in prop::collection::vec(-20_000_i64..20_000, 1..20),
        ) {
            let slot = slot("2026-12-01T09:00[Europe/Berlin]").until(&format!("{late}m"), &now()).unwrap();
            looks.sort_unstable();
            let mut last = 0;
            for minutes in looks {
                let at = slot.due.timestamp() + SignedDuration::from_mins(minutes);
                let turn = slot.turn(at);
                let expected = match minutes {
                    ..0 => Turn::Ahead,
                    0.. if minutes <= late => Turn::Due,
                    _ => Turn::Missed,
                };
                prop_assert_eq!(turn, expected);
                let stage = [Turn::Ahead, Turn::Due, Turn::Missed].iter().position(|one| *one == turn).unwrap();
                prop_assert!(stage >= last);
                last = stage;
            }
        }
    }
}
