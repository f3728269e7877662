//! Whose turn it is, and how a look at the agenda ends.

use jiff::Timestamp;

use crate::cli::Exit;
use crate::cli::appointment::slot_of;
use crate::schedule;
use crate::store::{CampaignState, Entry};

/// How a campaign stands towards the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is nothing to do for it yet.
    Ahead,
    /// There is something to do.
    Due,
    /// It was not begun in time.
    Missed,
}

/// How `entry` stands at `now`.
pub(super) fn standing(entry: &Entry, now: Timestamp) -> Standing {
    match (&entry.appointment, entry.campaign.state) {
        (Some(appointment), CampaignState::Planned) => match slot_of(appointment).turn(now) {
            schedule::Turn::Ahead => Standing::Ahead,
            schedule::Turn::Due => Standing::Due,
            schedule::Turn::Missed => Standing::Missed,
        },
        // What was noted later than now was noted by a clock that was turned back since:
        // whoever was deferred then waits for a moment that is far off, until that is set
        // right at the beginning of a turn.
        _ if entry.next <= now || entry.noted > now => Standing::Due,
        _ => Standing::Ahead,
    }
}

/// Whether there is something to do for `entry`, and it was not put off.
pub(super) fn is_ready(entry: &Entry, now: Timestamp) -> bool {
    // What was noted later than now was noted by a clock that was turned back since.
    let put_off = entry.turn.is_some_and(|turn| turn.ended <= now && now < turn.not_before);
    standing(entry, now) == Standing::Due && !put_off
}

/// Puts those that wait longest first: since their last turn, or else since they were
/// due.
pub(super) fn in_turn(entries: &mut [Entry]) {
    entries.sort_by_key(|entry| {
        let due = entry.appointment.as_ref().map_or(entry.campaign.planned, |appointment| appointment.due);
        (entry.turn.map_or(due, |turn| turn.began), entry.campaign.id)
    });
}

/// The one of two ends that matters more to whoever reads it: a mistake of ours, what
/// has to be mended, what somebody has to look at, what goes on by itself.
pub(super) fn worse(one: Exit, other: Exit) -> Exit {
    const RANKS: [Exit; 8] = [
        Exit::Done,
        Exit::Later,
        Exit::Unsettled,
        Exit::Refused,
        Exit::Data,
        Exit::Relay,
        Exit::Config,
        Exit::Bug,
    ];
    let rank = |exit: Exit| RANKS.iter().position(|known| *known == exit).unwrap_or(RANKS.len());
    if rank(other) > rank(one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::outbox::CampaignId;
    use crate::store::{Appointment, Campaign, Turn};

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(1_000_000 + minutes)
    }

    fn entry(id: i64, state: CampaignState) -> Entry {
        let campaign = Campaign {
            id: CampaignId(id),
            slug: "october".to_owned(),
            subject: "October".to_owned(),
            list: "list".to_owned(),
            content_hash: String::new(),
            rehearsal: false,
            due: None,
            lasts: SignedDuration::from_hours(72),
            planned: at(-60),
            begun: None,
            held: None,
            state,
            reason: None,
            changed: at(-60),
        };
        Entry { campaign, appointment: None, next: Timestamp::UNIX_EPOCH, noted: at(-60), turn: None }
    }

    fn appointed(id: i64, due: i64) -> Entry {
        let appointment =
            Appointment { due: at(due), text: at(due).to_string(), not_after: at(due + 60), agreed: at(-60) };
        Entry { appointment: Some(appointment), ..entry(id, CampaignState::Planned) }
    }

    fn turn(began: i64, ended: i64, not_before: i64) -> Turn {
        Turn { began: at(began), ended: at(ended), not_before: at(not_before), failures: 1 }
    }

    #[test]
    fn what_waits_for_its_time_is_due_from_then_on_and_missed_after_its_limit() {
        let entry = appointed(1, 0);
        assert_eq!(
            [-1, 0, 60, 61].map(|minute| standing(&entry, at(minute))),
            [Standing::Ahead, Standing::Due, Standing::Due, Standing::Missed]
        );
        // Once it was begun, its appointment is over.
        let sending = Entry { campaign: self::entry(1, CampaignState::Sending).campaign, ..entry };
        assert_eq!(standing(&sending, at(500)), Standing::Due);
        let deferred = Entry { next: at(6), ..sending };
        assert_eq!([5, 6].map(|minute| standing(&deferred, at(minute))), [Standing::Ahead, Standing::Due]);
    }

    #[test]
    fn what_was_put_off_waits_unless_a_clock_was_turned_back() {
        let entry = Entry { turn: Some(turn(0, 1, 30)), ..entry(1, CampaignState::Sending) };
        assert_eq!([1, 29, 30].map(|minute| is_ready(&entry, at(minute))), [false, false, true]);
        // By this clock the turn has not been yet.
        assert!(is_ready(&entry, at(0)));
    }

    #[test]
    fn whoever_waits_longest_has_the_first_turn() {
        let mut entries = vec![
            Entry { turn: Some(turn(9, 10, 10)), ..entry(1, CampaignState::Sending) },
            appointed(2, 8),
            Entry { turn: Some(turn(3, 4, 4)), ..entry(3, CampaignState::Sending) },
            appointed(4, 2),
            appointed(5, 2),
        ];
        in_turn(&mut entries);
        assert_eq!(entries.iter().map(|entry| entry.campaign.id.0).collect::<Vec<_>>(), [4, 5, 3, 2, 1]);
    }

    #[test]
    fn the_end_that_matters_most_is_told_whatever_the_order() {
        for (one, other, worst) in [
            (Exit::Done, Exit::Later, Exit::Later),
            (Exit::Later, Exit::Unsettled, Exit::Unsettled),
            (Exit::Relay, Exit::Unsettled, Exit::Relay),
            (Exit::Config, Exit::Relay, Exit::Config),
            (Exit::Bug, Exit::Config, Exit::Bug),
        ] {
            assert_eq!((worse(one, other), worse(other, one)), (worst, worst));
        }
    }
}
