//! `letterpress unsubscribe`: who leaves by mail.

mod error;
mod heard;
mod import;
mod mailboxes;

use clap::{Args, Subcommand};

use crate::problem::Problems;

use super::{Context, Exit};

pub(super) use error::UnsubscribeError;

/// What `letterpress unsubscribe` is asked for.
#[derive(Debug, Args)]
pub struct UnsubscribeArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: UnsubscribeCommand,
}

/// What can be done with those who leave.
#[derive(Debug, Subcommand)]
pub enum UnsubscribeCommand {
    /// Read mails to the unsubscribe address: whoever holds the token of a link in one
    /// leaves. Nothing in a mailbox is moved, marked or deleted, and each mail is heard
    /// once; for cron, and for a mail server's pipe.
    Import(import::ImportArgs),
}

impl UnsubscribeCommand {
    /// Whether data is to be JSON.
    pub(super) fn wants_json(&self) -> bool {
        match self {
            Self::Import(args) => args.json,
        }
    }
}

pub(super) fn run(args: &UnsubscribeArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    match &args.what {
        UnsubscribeCommand::Import(args) => import::run(args, context),
    }
}
