//! `letterpress suppress`: who gets no mail, whatever a list says.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::audience::SuppressionReason;
use crate::problem::Problems;

use super::state::{open, problems};
use super::{Context, Exit, files};

/// What `letterpress suppress` is asked for.
#[derive(Debug, Args)]
pub struct SuppressArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: SuppressCommand,
}

/// What can be done with suppressions.
#[derive(Debug, Subcommand)]
pub enum SuppressCommand {
    /// Send this address nothing any more; a running send keeps to it at the next mail.
    Add {
        /// The address.
        address: String,
        /// Why, in a few words.
        #[arg(long)]
        note: Option<String>,
    },
    /// Let this address get mail again.
    Remove {
        /// The address.
        address: String,
    },
    /// Tell all of them.
    List {
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &SuppressArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    match &args.what {
        SuppressCommand::Add { address, note } => {
            let address = files::address(address)?;
            let store = open(context)?;
            let new = store
                .suppress(&address, SuppressionReason::Manual, note.as_deref(), (context.now)())
                .map_err(problems)?;
            let said = if new { "gets nothing any more" } else { "was suppressed already" };
            context.print(format!("{address} {said}"))?;
        }
        SuppressCommand::Remove { address } => {
            let address = files::address(address)?;
            let gone = open(context)?.unsuppress(&address).map_err(problems)?;
            let said = if gone { "may get mail again" } else { "was not suppressed" };
            context.print(format!("{address} {said}"))?;
        }
        SuppressCommand::List { .. } => list(context)?,
    }
    Ok(Exit::Done)
}

fn list(context: &mut Context<'_>) -> Result<(), Problems> {
    let all = open(context)?.suppressions().map_err(problems)?;
    if context.json {
        let rows: Vec<_> = all
            .iter()
            .map(|one| {
                json!({
                    "address": one.address.as_str(),
                    "reason": one.reason.word(),
                    "since": one.since.to_string(),
                    "note": one.note,
                })
            })
            .collect();
        return context.print(format!("{:#}", json!({ "suppressions": rows })));
    }
    for one in &all {
        let note = one.note.as_ref().map(|note| format!("  {note}")).unwrap_or_default();
        context.print(format!(
            "{}  {}  {}{note}",
            one.address,
            one.reason.word(),
            one.since.strftime("%Y-%m-%d")
        ))?;
    }
    if all.is_empty() {
        context.tell("nobody is suppressed");
    }
    Ok(())
}
