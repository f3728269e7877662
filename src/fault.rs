//! Places where a test has the program end as `kill -9` ends it.
//!
//! In a debug build, `LETTERPRESS_FAULT=dot-written:3` in the environment ends the
//! process the third time it passes [`Point::DotWritten`]. In a release build nothing
//! of it is left: [`pass`] is empty there.
//!
//! A point stands before and after everything that outlives the process: commits, and
//! what goes to the relay. Whoever adds such a thing adds its points here; one test
//! walks through [`Point::ALL`].

/// A place where the process may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The tables of a new store are written and not committed.
    FoundingWritten,
    /// A new store is there.
    Founded,
    /// The row of a campaign that is being planned is there.
    PlanBegun,
    /// A stride of its recipients is.
    PlanStride,
    /// All of it is there, and it is not planned yet.
    PlanWritten,
    /// It is planned.
    Planned,
    /// The lock to send is held, and nothing was tidied up.
    LockTaken,
    /// What the last run left is settled and not committed.
    RecoveryWritten,
    /// It is committed.
    Recovered,
    /// Deliveries are about to be claimed.
    Claiming,
    /// They are.
    Claimed,
    /// A final dot is about to be asked for.
    Intending,
    /// Its intent is on disk.
    Intended,
    /// What became of a delivery is about to be written down.
    Settling,
    /// It is.
    Settled,
    /// Deliveries are about to be put back.
    Releasing,
    /// They are.
    Released,
    /// A transaction for all connections is written and not committed.
    GroupWritten,
    /// It is committed, and nobody knows.
    GroupCommitted,
    /// Some of those who wait for it know.
    GroupAnswered,
    /// The journal was moved into the database.
    Checkpointed,
    /// A campaign's new state is written and not committed.
    StateWritten,
    /// It is committed.
    StateChanged,
    /// Some of a cancelled campaign is called off.
    CalledOff,
    /// What somebody decided of a delivery in doubt is written and not committed.
    DecisionWritten,
    /// It is committed.
    Decided,
    /// A backup is made into a state that nothing finds yet.
    RestoreWritten,
    /// It has its place.
    Restored,
    /// An address is about to be suppressed.
    Suppressing,
    /// It is.
    Suppressed,
    /// The envelope of a message is about to be offered.
    Offering,
    /// The relay waits for a body.
    BodyAwaited,
    /// The body is written without its dot.
    BodyWritten,
    /// The dot is written.
    DotWritten,
    /// The answer to it was read.
    AnswerRead,
    /// The connection is about to be closed in good order.
    Leaving,
}

impl Point {
    /// All of them, with the names the environment knows them by.
    pub const ALL: [(Self, &'static str); 36] = [
        (Self::FoundingWritten, "founding-written"),
        (Self::Founded, "founded"),
        (Self::PlanBegun, "plan-begun"),
        (Self::PlanStride, "plan-stride"),
        (Self::PlanWritten, "plan-written"),
        (Self::Planned, "planned"),
        (Self::LockTaken, "lock-taken"),
        (Self::RecoveryWritten, "recovery-written"),
        (Self::Recovered, "recovered"),
        (Self::Claiming, "claiming"),
        (Self::Claimed, "claimed"),
        (Self::Intending, "intending"),
        (Self::Intended, "intended"),
        (Self::Settling, "settling"),
        (Self::Settled, "settled"),
        (Self::Releasing, "releasing"),
        (Self::Released, "released"),
        (Self::GroupWritten, "group-written"),
        (Self::GroupCommitted, "group-committed"),
        (Self::GroupAnswered, "group-answered"),
        (Self::Checkpointed, "checkpointed"),
        (Self::StateWritten, "state-written"),
        (Self::StateChanged, "state-changed"),
        (Self::CalledOff, "called-off"),
        (Self::DecisionWritten, "decision-written"),
        (Self::Decided, "decided"),
        (Self::RestoreWritten, "restore-written"),
        (Self::Restored, "restored"),
        (Self::Suppressing, "suppressing"),
        (Self::Suppressed, "suppressed"),
        (Self::Offering, "offering"),
        (Self::BodyAwaited, "body-awaited"),
        (Self::BodyWritten, "body-written"),
        (Self::DotWritten, "dot-written"),
        (Self::AnswerRead, "answer-read"),
        (Self::Leaving, "leaving"),
    ];
}

#[cfg(debug_assertions)]
pub use armed::{arm, is_armed, pass};

/// Nothing: only debug builds end here.
#[cfg(not(debug_assertions))]
pub(crate) fn pass(_: Point) {}

/// Never: only debug builds end anywhere.
#[cfg(not(debug_assertions))]
pub(crate) fn is_armed(_: Point) -> bool {
    false
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Point;

    /// Where this process ends. It is one for the process, as its end is.
    static FAULT: OnceLock<(Point, AtomicU32)> = OnceLock::new();

    /// Has the process end where `text` says: the name of a point, a colon, and at
    /// which passing of it, from 1. False when that is no such text.
    #[must_use]
    pub fn arm(text: &str) -> bool {
        let Some((name, passing)) = text.split_once(':') else { return false };
        let point = Point::ALL.into_iter().find(|(_, known)| *known == name);
        let (Some((point, _)), Ok(passing @ 1..)) = (point, passing.parse()) else { return false };
        FAULT.set((point, AtomicU32::new(passing))).is_ok()
    }

    /// Whether the process is to end at this point.
    #[must_use]
    pub fn is_armed(point: Point) -> bool {
        FAULT.get().is_some_and(|(armed, _)| *armed == point)
    }

    /// Goes past `point`, or ends here.
    pub fn pass(point: Point) {
        if let Some((armed, left)) = FAULT.get()
            && *armed == point
            && left.fetch_sub(1, Ordering::Relaxed) == 1
        {
            die();
        }
    }

    /// Ends the process as SIGKILL does: no thread goes on, nothing is dropped or
    /// flushed. Becoming another program stops every thread and closes every file and
    /// socket of ours at once, and that program has nothing to do but to be killed.
    fn die() -> ! {
        #[cfg(unix)]
        {
            let mut killed = std::process::Command::new("/bin/sh");
            killed.args(["-c", "kill -KILL $$"]);
            // It comes back only when there is no such program.
            drop(std::os::unix::process::CommandExt::exec(&mut killed));
        }
        std::process::abort();
    }
}
