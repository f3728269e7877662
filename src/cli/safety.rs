//! Safety checks, and the names with which they are passed.

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::press::{Candidate, Doubt, doubts};
use crate::problem::{Problem, Problems};
use crate::store::{Campaign, CampaignState, Store, StoreError};

use super::CliError;
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
    /// Many of these people got the same mail before, or are still to get it.
    Repeat,
    /// The list is twice as long as last time, or longer.
    Size,
    /// No test of this mail was sent since it changed.
    Untested,
    /// The state comes from a backup and does not know what was sent since.
    Restored,
    /// The relay or a provider is not asked for a while, after an answer it gave: it is
    /// asked again now.
    Parked,
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

    pub(super) fn has(&self, check: Check) -> bool {
        self.allow.contains(&check)
    }

    /// Fails when another campaign sends the same mail to the same list, or will, and
    /// with everything doubtful about sending `candidate` that was not allowed.
    ///
    /// It is asked before a person is, and again when they have agreed: a person takes
    /// their time, and somebody else may have sent it meanwhile.
    pub(super) fn check(
        &self,
        store: &Store,
        candidate: &Candidate<'_>,
        now: Timestamp,
    ) -> Result<(), Problems> {
        alone(store, candidate)?;
        let mut found = doubts(store, candidate, now).map_err(problems)?;
        found.retain(|doubt| !self.has(Check::of(doubt)));
        Problems::check((), found.into_iter().map(Problem::new).collect()).map(|_| ())
    }
}

/// Fails when another campaign with the same mail for the same list is not over, or
/// waits for its time: nobody is to get both, and no name lets that pass.
fn alone(store: &Store, candidate: &Candidate<'_>) -> Result<(), Problems> {
    let mut campaigns = store.campaigns().map_err(problems)?;
    campaigns.retain(|one| {
        one.content_hash == candidate.content_hash
            && one.list == candidate.list
            && !one.rehearsal
            && Some(one.id) != candidate.id
    });
    let unfinished = |one: &&Campaign| matches!(one.state, CampaignState::Sending | CampaignState::Paused);
    let appointed = |one: &&Campaign| one.state == CampaignState::Planned && one.due.is_some();
    if let Some(one) = campaigns.iter().find(unfinished) {
        return Err(
            Problem::new(CliError::Unfinished { campaign: one.id.0, held: one.held.is_some() }).into()
        );
    }
    if let Some(one) = campaigns.iter().find(appointed) {
        return Err(Problem::new(CliError::Appointed(one.id.0)).into());
    }
    Ok(())
}
