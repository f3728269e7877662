//! `letterpress state`: what outlives a checkout.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::message::Key;
use crate::problem::{Problem, Problems};
use crate::store::{Durability, Store, StoreError};

use super::{CliError, Context, Exit};

/// What `letterpress state` is asked for.
#[derive(Debug, Args)]
pub struct StateArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: StateCommand,
}

/// What can be done with the state.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// Begin a newsletter on this machine: campaigns, suppressions and keys.
    New,
    /// Tell where it is and what is in it.
    Show {
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write a copy of it, keys included, to a file that is not there yet.
    Backup {
        /// The file.
        file: PathBuf,
    },
}

pub(super) fn run(args: &StateArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    match &args.what {
        StateCommand::New => new(context),
        StateCommand::Show { .. } => show(context),
        StateCommand::Backup { file } => backup(file, context),
    }
}

/// The state of the newsletter at hand.
///
/// # Errors
///
/// Fails when there is none: a fresh clone must never mail those who left.
pub(super) fn open(context: &Context<'_>) -> Result<Store, Problems> {
    let config = &context.config;
    Store::open(&config.state_dir, &config.id, Durability::Power).map_err(problems)
}

pub(super) fn problems(error: StoreError) -> Problems {
    Problem::new(error).into()
}

fn new(context: &mut Context<'_>) -> Result<Exit, Problems> {
    if context.config.file.is_none() {
        return Err(Problem::new(CliError::NoNewsletter).into());
    }
    let key = Key::random_bytes().map_err(Problem::new)?;
    let (dir, id) = (context.config.state_dir.clone(), context.config.id.clone());
    Store::create(&dir, &id, key, Durability::Power, (context.now)()).map_err(problems)?;
    context.print(format!("the state of `{id}` is in {}", dir.display()))?;
    context.tell("keep a backup of it (`letterpress state backup FILE`): it knows who wants no mail");
    Ok(Exit::Done)
}

fn show(context: &mut Context<'_>) -> Result<Exit, Problems> {
    let store = open(context)?;
    let campaigns = store.campaigns().map_err(problems)?;
    let suppressions = store.suppressions().map_err(problems)?;
    let dir = store.dir().display().to_string();
    if context.json {
        let report = json!({
            "dir": dir,
            "newsletter": context.config.id,
            "campaigns": campaigns.len(),
            "suppressions": suppressions.len(),
        });
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    context.print(format!(
        "{dir}\nnewsletter   {}\ncampaigns    {}\nsuppressed   {}",
        context.config.id,
        campaigns.len(),
        suppressions.len()
    ))?;
    Ok(Exit::Done)
}

fn backup(file: &std::path::Path, context: &mut Context<'_>) -> Result<Exit, Problems> {
    if file.exists() {
        let error = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(Problem::new(CliError::Write { path: file.to_owned(), error }).into());
    }
    open(context)?.backup(file).map_err(problems)?;
    context.print(format!("the state is copied to {}", file.display()))?;
    Ok(Exit::Done)
}
