//! Safety checks, and the names with which they are passed.

use clap::{Args, ValueEnum};

use crate::press::{Candidate, Doubt, doubts};
use crate::problem::{Problem, Problems};
use crate::store::{Store, StoreError};

use super::state::problems;

/// The checks that are passed by name; `--yes` passes none of them.
#[derive(Debug, Clone, Default, Args)]
pub struct Allowed {
    /// Go on although a check says no: names with commas between them.
    #[arg(long, value_name = "CHECKS", value_delimiter = ',')]
    pub allow: Vec<Check>,
}

/// A check that is passed by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Check {
    /// The same mail went to the same list before.
    Repeat,
    /// The list is twice as long as last time, or longer.
    Size,
    /// No test of this mail was sent since it changed.
    Untested,
    /// The state comes from a backup and does not know what was sent since.
    Restored,
}

impl Check {
    fn of(doubt: &Doubt) -> Self {
        match doubt {
            Doubt::Repeat { .. } => Self::Repeat,
            Doubt::Size { .. } => Self::Size,
            Doubt::Untested => Self::Untested,
            Doubt::Restored(_) => Self::Restored,
        }
    }
}

impl Allowed {
    /// Notes what the person has answered for, so that it is not asked again.
    pub(super) fn answer(&self, store: &Store) -> Result<(), StoreError> {
        if self.has(Check::Restored) { store.answer_for_restored() } else { Ok(()) }
    }

    fn has(&self, check: Check) -> bool {
        self.allow.contains(&check)
    }

    /// Fails with everything doubtful about sending `candidate` that was not allowed.
    pub(super) fn check(&self, store: &Store, candidate: &Candidate<'_>) -> Result<(), Problems> {
        let mut found = doubts(store, candidate).map_err(problems)?;
        found.retain(|doubt| !self.has(Check::of(doubt)));
        Problems::check((), found.into_iter().map(Problem::new).collect()).map(|_| ())
    }
}
