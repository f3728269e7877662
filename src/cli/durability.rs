//! What a send never forgets, and what that costs.

use clap::{Args, ValueEnum};

use crate::problem::Problems;
use crate::store::{Durability, Store};

use super::Context;
use super::state::open_with;

/// What a send never forgets.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Lasting {
    /// What a send survives without mailing anybody twice; `[sending] durability` when
    /// absent.
    #[arg(long, value_name = "WHAT")]
    pub durability: Option<Survives>,
}

/// What is survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Survives {
    /// Loss of power too: every mail waits until its intent is on the disk.
    Power,
    /// The end of the program, however sudden, but not that of the machine: faster on
    /// slow disks; after a loss of power some may be mailed twice.
    Process,
}

impl Lasting {
    /// Opens the state of the newsletter at hand to send from it.
    pub(super) fn open(self, context: &Context<'_>) -> Result<Store, Problems> {
        let durability = match self.durability {
            Some(Survives::Power) => Durability::Power,
            Some(Survives::Process) => Durability::Process,
            None => context.config.sending.durability,
        };
        open_with(context, durability)
    }
}
