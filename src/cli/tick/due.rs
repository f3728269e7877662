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
        _ if entry.next <= now => Standing::Due,
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
