//! `letterpress unsubscribe`: who leaves by mail, and who left at all.

mod error;
mod heard;
mod import;
mod list;
mod mailboxes;

use clap::{Args, Subcommand};

use crate::problem::Problems;

use super::{Context, Exit};

pub(super) use error::UnsubscribeError;
pub(super) use import::answer;
pub(super) use list::{as_json, did};

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
    /// Tell who left and who came back, the last one last: when, by what, and why.
    List {
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
}

impl UnsubscribeCommand {
    /// Whether data is to be JSON.
    pub(super) fn wants_json(&self) -> bool {
        match self {
            Self::Import(args) => args.json,
            Self::List { json } => *json,
        }
    }

    /// Whether a mail is read from standard input.
    pub(super) fn hears_input(&self) -> bool {
        matches!(self, Self::Import(args) if args.hears_input())
    }
}

pub(super) fn run(args: &UnsubscribeArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    match &args.what {
        UnsubscribeCommand::Import(args) => import::run(args, context),
        UnsubscribeCommand::List { .. } => list::run(context),
    }
}
