//! What can be wrong with a moment.

use crate::problem::{Class, Condition};

/// What can be wrong with a moment or a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// Not a moment.
    #[error("`{0}` is not a moment")]
    Unreadable(String),
    /// A day without a time.
    #[error("`{0}` is a day, and not a moment: the time is missing")]
    NoTime(String),
    /// Not a duration.
    #[error("`{0}` is not a duration")]
    NotADuration(String),
    /// A time zone nobody knows.
    #[error("there is no time zone `{zone}`")]
    Zone {
        /// As written.
        zone: String,
        /// One that may be meant.
        nearest: Option<String>,
    },
    /// No zone is written, and that of the machine is not known.
    #[error("`{0}` names no time zone, and this machine does not say in which one it is")]
    NoZone(String),
    /// Clocks go forward over it.
    #[error("{wall} does not exist in {zone}: the clocks go forward over it")]
    Skipped {
        /// The time as written.
        wall: String,
        /// The zone.
        zone: String,
        /// As far from the jump, before it and after it.
        choices: [String; 2],
    },
    /// Clocks go back over it.
    #[error("{wall} comes twice in {zone}: the clocks go back over it")]
    Twice {
        /// The time as written.
        wall: String,
        /// The zone.
        zone: String,
        /// The first and the second.
        choices: [String; 2],
    },
    /// An offset that the zone does not have then.
    #[error("`{text}` contradicts itself: {zone} is not at {offset} then")]
    Offset {
        /// As written.
        text: String,
        /// The zone.
        zone: String,
        /// The offset.
        offset: String,
        /// The two moments that may be meant.
        choices: [String; 2],
    },
    /// It is over.
    #[error("{0} is over")]
    Past(String),
    /// So far ahead that it is more likely a slip.
    #[error("{0} is more than a year ahead")]
    TooFar(String),
    /// A last moment before or just at the due one.
    #[error("`{0}` leaves no time to begin")]
    TooTight(String),
}

impl Condition for WhenError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable(_) | Self::NoTime(_) => {
                "write it as `2026-12-01T09:00[Europe/Berlin]`, `2026-12-01T09:00Z` for UTC, or `tomorrow 09:00` \
                 in the zone of this machine"
                    .to_owned()
            }
            Self::NotADuration(_) => "write it as `90m`, `6h`, `1h 30m` or `2 days`".to_owned(),
            Self::Zone { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::Zone { nearest: None, .. } => {
                "write a city as the time zone database has it, such as `Europe/Berlin`".to_owned()
            }
            Self::NoZone(_) => "add one, such as `[Europe/Berlin]`, or `Z` for UTC".to_owned(),
            Self::Skipped { choices, .. } | Self::Twice { choices, .. } | Self::Offset { choices, .. } => {
                format!("write `{}` or `{}`", choices[0], choices[1])
            }
            Self::Past(_) => "choose a later one, or leave `--at` out to send now".to_owned(),
            Self::TooFar(_) => "check the year; lists and news do not keep that long".to_owned(),
            Self::TooTight(_) => {
                "allow two minutes after the due moment at least: cron looks once a minute".to_owned()
            }
        })
    }

    fn class(&self) -> Class {
        Class::Usage
    }
}
