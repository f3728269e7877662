//! How fast deliveries may go: never more final dots in a time than somebody allows.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// How many final dots may be written in a time; none where nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// In any second.
    pub per_second: Option<u32>,
    /// In any hour.
    pub per_hour: Option<u32>,
    /// In any 24 hours.
    pub per_day: Option<u32>,
}

/// How finely dots are counted. The numbers are lengths in microseconds, and those of
/// the store; they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i64)]
pub enum Grain {
    /// By tenths of a second, for the limit of a second.
    Tenth = 100_000,
    /// By minutes, for those of an hour and a day.
    Minute = 60_000_000,
}

impl Grain {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Tenth, Self::Minute];

    /// The grain of this length in microseconds.
    #[must_use]
    pub fn of(length: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|grain| *grain as i64 == length)
    }

    /// Which grain of time `at` lies in, counted from 1970.
    #[must_use]
    pub fn slot(self, at: Timestamp) -> i64 {
        at.as_microsecond().div_euclid(self as i64)
    }

    /// How long what was counted so finely is of use, with a little more.
    #[must_use]
    pub fn lasts(self) -> SignedDuration {
        match self {
            Self::Tenth => SignedDuration::from_secs(2),
            Self::Minute => SignedDuration::from_hours(25),
        }
    }
}

/// Whether another delivery may be taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Now.
    Now,
    /// Not before this moment.
    At(Timestamp),
    /// When one of those that were taken up is given back.
    Later,
}

/// Keeps one set of [`Limits`].
///
/// Whoever takes a delivery up [reserves](Self::reserve) its dot, which counts as
/// written at every moment until it is [spent](Self::spend) or
/// [given back](Self::give_back). So a dot never has to wait when its time has come,
/// and in no stretch of time are there more of them than allowed.
///
/// Dots are counted by [`Grain`], each as if it were written at the end of its own;
/// that costs a little of the speed and never breaks a limit.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    windows: Vec<Window>,
    reserved: u64,
}

/// What was written within one stretch of time before now.
#[derive(Debug, Clone)]
struct Window {
    grain: Grain,
    /// How many grains it is long.
    length: i64,
    limit: u64,
    /// Dots by their grain, the oldest first.
    dots: VecDeque<(i64, u64)>,
    total: u64,
}

impl Window {
    fn new(grain: Grain, length: i64, limit: Option<u32>) -> Option<Self> {
        Some(Self { grain, length, limit: u64::from(limit?), dots: VecDeque::new(), total: 0 })
    }

    /// Forgets what has left the window. What would lie in the future, because the
    /// clock was turned back, counts as written now: then nothing waits longer than
    /// the window is long, and nothing is forgotten.
    fn move_to(&mut self, now: Timestamp) {
        let slot = self.grain.slot(now);
        while self.dots.front().is_some_and(|(at, _)| at + self.length < slot) {
            self.total -= self.dots.pop_front().map_or(0, |(_, count)| count);
        }
        let mut ahead = 0;
        while self.dots.back().is_some_and(|(at, _)| *at > slot) {
            ahead += self.dots.pop_back().map_or(0, |(_, count)| count);
        }
        if ahead > 0 {
            self.total -= ahead;
            self.add(slot, ahead);
        }
    }

    fn add(&mut self, slot: i64, count: u64) {
        let at = self.dots.partition_point(|(other, _)| *other < slot);
        match self.dots.get_mut(at) {
            Some((other, dots)) if *other == slot => *dots += count,
            _ => self.dots.insert(at, (slot, count)),
        }
        self.total += count;
    }

    fn room(&self, reserved: u64) -> Room {
        let mut left = self.total;
        if left + reserved < self.limit {
            return Room::Now;
        }
        for (slot, count) in &self.dots {
            left -= count;
            if left + reserved < self.limit {
                let free = (slot + self.length + 1).saturating_mul(self.grain as i64);
                return Timestamp::from_microsecond(free).map_or(Room::Later, Room::At);
            }
        }
        Room::Later
    }
}

impl Pace {
    /// A pace that keeps `limits`, with nothing written yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let windows = [
            Window::new(Grain::Tenth, 10, limits.per_second),
            Window::new(Grain::Minute, 60, limits.per_hour),
            Window::new(Grain::Minute, 24 * 60, limits.per_day),
        ];
        Self { windows: windows.into_iter().flatten().collect(), reserved: 0 }
    }

    /// Adds `count` dots that were written before, in this slot of a grain.
    pub fn remember(&mut self, grain: Grain, slot: i64, count: u64) {
        for window in self.windows.iter_mut().filter(|window| window.grain == grain) {
            window.add(slot, count);
        }
    }

    /// Whether another dot may be reserved at `now`.
    pub fn room(&mut self, now: Timestamp) -> Room {
        let mut room = Room::Now;
        for window in &mut self.windows {
            window.move_to(now);
            room = match (room, window.room(self.reserved)) {
                (Room::Later, _) | (_, Room::Later) => Room::Later,
                (Room::At(one), Room::At(other)) => Room::At(one.max(other)),
                (Room::Now, other) => other,
                (one, Room::Now) => one,
            };
        }
        room
    }

    /// Reserves a dot; there was [room](Self::room).
    pub fn reserve(&mut self) {
        self.reserved += 1;
    }

    /// The reserved dot is written at `now`.
    pub fn spend(&mut self, now: Timestamp) {
        self.give_back();
        for window in &mut self.windows {
            window.move_to(now);
            window.add(window.grain.slot(now), 1);
        }
    }

    /// The reserved dot is not written.
    pub fn give_back(&mut self) {
        self.reserved = self.reserved.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        "2026-03-01T08:00:00.05Z".parse::<Timestamp>().unwrap() + SignedDuration::from_millis(milliseconds)
    }

    const SECOND: i64 = 1_000;
    const HOUR: i64 = 3_600 * SECOND;

    #[test]
    fn a_limit_of_an_hour_is_free_again_after_an_hour_and_a_minute_at_most() {
        let mut pace = Pace::new(&Limits { per_hour: Some(2), ..Limits::default() });
        for _ in 0..2 {
            assert_eq!(pace.room(at(0)), Room::Now);
            pace.reserve();
        }
        assert_eq!(pace.room(at(0)), Room::Later, "both may still be given back");
        pace.spend(at(0));
        pace.give_back();
        assert_eq!(pace.room(at(0)), Room::Now);
        pace.reserve();
        pace.spend(at(30 * SECOND));
        let Room::At(free) = pace.room(at(60 * SECOND)) else { panic!() };
        assert!(free > at(HOUR) && free <= at(HOUR + 61 * SECOND), "{free}");
        assert_eq!(pace.room(free), Room::Now);
    }

    #[test]
    fn what_was_written_before_a_restart_counts() {
        let limits = Limits { per_day: Some(5), ..Limits::default() };
        let mut pace = Pace::new(&limits);
        pace.remember(Grain::Minute, Grain::Minute.slot(at(-HOUR)), 5);
        assert!(matches!(pace.room(at(0)), Room::At(free) if free > at(22 * HOUR)));
        let mut pace = Pace::new(&limits);
        pace.remember(Grain::Minute, Grain::Minute.slot(at(-25 * HOUR)), 5);
        assert_eq!(pace.room(at(0)), Room::Now);
    }

    #[test]
    fn a_clock_that_is_turned_back_forgets_nothing_and_stops_nothing_for_longer_than_the_window() {
        let mut pace = Pace::new(&Limits { per_hour: Some(1), ..Limits::default() });
        pace.reserve();
        pace.spend(at(0));
        let back = |milliseconds| at(milliseconds - 100 * 24 * HOUR);
        let Room::At(free) = pace.room(back(0)) else { panic!("it was forgotten") };
        assert!(free <= back(HOUR + 61 * SECOND), "{free}");
        assert_eq!(pace.room(back(HOUR + 61 * SECOND)), Room::Now);
    }

    #[test]
    fn without_limits_there_is_always_room() {
        let mut pace = Pace::new(&Limits::default());
        for _ in 0..1_000 {
            assert_eq!(pace.room(at(0)), Room::Now);
            pace.reserve();
        }
    }

    /// What somebody does with a pace.
    #[derive(Debug, Clone)]
    enum Act {
        Take,
        Spend,
        GiveBack,
        Wait(i64),
        /// Until there is room, as it says.
        Sleep,
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            6 => Just(Act::Take),
            6 => Just(Act::Spend),
            1 => Just(Act::GiveBack),
            2 => (0..400_i64).prop_map(Act::Wait),
            1 => (0..2 * HOUR).prop_map(Act::Wait),
            2 => Just(Act::Sleep),
        ]
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_has_more_dots_than_allowed_and_the_wait_that_is_told_is_enough(
            limits in (1..4_u32, 1..8_u32, 1..12_u32),
            acts in prop::collection::vec(act(), 1..200),
        ) {
            let (second, hour, day) = limits;
            let mut pace = Pace::new(&Limits {
                per_second: Some(second),
                per_hour: Some(hour),
                per_day: Some(day),
            });
            let (mut now, mut reserved) = (0, 0);
            let mut dots: Vec<i64> = Vec::new();
            for act in acts {
                match act {
                    Act::Take => {
                        if pace.room(at(now)) == Room::Now {
                            pace.reserve();
                            reserved += 1;
                        }
                    }
                    Act::Spend if reserved > 0 => {
                        pace.spend(at(now));
                        reserved -= 1;
                        dots.push(now);
                    }
                    Act::GiveBack if reserved > 0 => {
                        pace.give_back();
                        reserved -= 1;
                    }
                    Act::Wait(time) => now += time,
                    Act::Sleep => {
                        if let Room::At(free) = pace.room(at(now)) {
                            prop_assert!(free > at(now));
                            now += i64::try_from(free.duration_since(at(now)).as_millis()).unwrap() + 1;
                            prop_assert_eq!(pace.room(at(now)), Room::Now, "it starves");
                        }
                    }
                    Act::Spend | Act::GiveBack => {}
                }
                if reserved == 0 {
                    prop_assert!(pace.room(at(now)) != Room::Later, "nobody is waited for");
                }
            }
            for (length, limit) in [(SECOND, second), (HOUR, hour), (24 * HOUR, day)] {
                for first in &dots {
                    let within = dots.iter().filter(|dot| (*first..first + length).contains(dot)).count();
                    prop_assert!(within <= limit as usize, "{} within {} ms of {}", within, length, first);
                }
            }
        }
    }
}
