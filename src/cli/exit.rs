//! How a run ends, for the shell and for cron.

use crate::problem::Class;

/// How a run ends; the numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing was due.
    Done = 0,
    /// The command was written wrongly.
    Usage = 2,
    /// Finished, and some deliveries need a person to look at them.
    Unsettled = 3,
    /// A confirmation is missing, or a safety check said no.
    Refused = 4,
    /// A bad article, theme or list, or no place to write to.
    Data = 65,
    /// The relay could not be reached, or refused the login.
    Relay = 69,
    /// Our own mistake.
    Bug = 70,
    /// Not finished; run it again later.
    Later = 75,
    /// Bad configuration, or no relay.
    Config = 78,
    /// Ended half way because its terminal was closed, with everybody accounted for.
    HungUp = 129,
    /// Ended by Ctrl-C half way, with everybody accounted for.
    Interrupted = 130,
    /// Ended by SIGTERM half way, with everybody accounted for.
    Terminated = 143,
}

impl From<Class> for Exit {
    fn from(class: Class) -> Self {
        match class {
            Class::Usage => Self::Usage,
            Class::Refused => Self::Refused,
            Class::Data => Self::Data,
            Class::Relay => Self::Relay,
            Class::Bug => Self::Bug,
            Class::Later => Self::Later,
            Class::Config => Self::Config,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
