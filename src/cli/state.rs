//! `letterpress state`: what outlives a checkout.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use crate::message::Key;
use crate::pictures::Shelf;
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
    /// Have the links of mails be written with a new key. Links in mails already sent
    /// work on.
    RenewKey,
    /// Write a copy of it, with its keys and the pictures it serves, to a file that is not
    /// there yet.
    Backup {
        /// The file.
        file: PathBuf,
    },
    /// Bring a backup back, where there is no state. What was not finished when it was
    /// made is held: who waited then may have got the mail since.
    Restore {
        /// The file that `state backup` wrote.
        file: PathBuf,
    },
}

pub(super) fn run(args: &StateArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    match &args.what {
        StateCommand::New => new(context),
        StateCommand::Show { .. } => show(context),
        StateCommand::RenewKey => renew_key(context),
        StateCommand::Backup { file } => backup(file, context),
        StateCommand::Restore { file } => restore(file, context),
    }
}

/// The state of the newsletter at hand. What is entered in it survives loss of power.
///
/// # Errors
///
/// Fails when there is none: a fresh clone must never mail those who left.
pub(super) fn open(context: &Context<'_>) -> Result<Store, Problems> {
    open_with(context, Durability::Power)
}

/// The same, with commits that survive what `durability` says.
pub(super) fn open_with(context: &Context<'_>, durability: Durability) -> Result<Store, Problems> {
    let config = &context.config;
    Store::open(&config.state_dir, &config.id, durability).map_err(|error| match error {
        // Without its file, neither is this the newsletter's folder nor can it have a state.
        StoreError::Missing { .. } if config.file.is_none() => Problem::new(CliError::NoNewsletter).into(),
        error => problems(error),
    })
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
    let standing = store.standing().map_err(problems)?;
    let dir = store.dir().display().to_string();
    let plans = campaigns.iter().filter(|one| one.is_open_plan()).count();
    let unfinished = campaigns.iter().filter(|one| !one.state.is_final() && !one.is_open_plan()).count();
    let held = campaigns.iter().filter(|one| one.held.is_some()).count();
    if context.json {
        let report = json!({
            "dir": dir,
            "newsletter": context.config.id,
            "created": standing.created.to_string(),
            "backup": standing.backup.map(|at| at.to_string()),
            "restored": standing.restored.map(|at| at.to_string()),
            "bytes": store.bytes(),
            "campaigns": campaigns.len(),
            "unfinished": unfinished,
            "plans": plans,
            "held": held,
            "suppressions": suppressions.len(),
        });
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let mut lines = vec![
        dir,
        format!("newsletter   {}", context.config.id),
        format!("since        {}", minute(standing.created)),
        format!("backup       {}", standing.backup.map_or_else(|| "none was made".to_owned(), minute)),
        format!("size         {} KiB", store.bytes().div_ceil(1024)),
        format!("campaigns    {}, {unfinished} not finished, {plans} only planned", campaigns.len()),
        format!("suppressed   {}", suppressions.len()),
    ];
    if let Some(backup) = standing.restored {
        lines
            .push(format!("restored     from the backup of {}; the next send asks about it", minute(backup)));
    }
    if held > 0 {
        lines.push(format!("held         {held}, because of what the backup does not know"));
    }
    context.print(lines.join("\n"))?;
    Ok(Exit::Done)
}

fn renew_key(context: &mut Context<'_>) -> Result<Exit, Problems> {
    let store = open(context)?;
    let key = Key::random_bytes().map_err(Problem::new)?;
    store.renew_link_key(key, (context.now)()).map_err(problems)?;
    context.print("links are written with a new key from now on; those in mails already sent work on")?;
    context.tell(
        "make a backup now (`letterpress state backup FILE`): one made before does not know the new key, \
         and nobody could leave by links that are written with it",
    );
    Ok(Exit::Done)
}

fn backup(file: &Path, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let path = file.to_owned();
    if file.is_dir() {
        return Err(Problem::new(CliError::IsFolder { what: "backup", path }).into());
    }
    if file.exists() {
        return Err(Problem::new(CliError::BackupThere(path)).into());
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
    if let Some(folder) = folder {
        let path = folder.to_owned();
        return Err(Problem::new(CliError::NoFile { what: "folder", path, nearest: None }).into());
    }
    let store = open(context)?;
    let shelf = Shelf::in_state(store.dir());
    // Who left is worth more than what they saw.
    let (pictures, unread) = match shelf.all() {
        Ok(pictures) => (pictures, None),
        Err(error) => (Vec::new(), Some(Problem::new(error).warning())),
    };
    let left_out = store.backup(file, (context.now)(), &pictures).map_err(problems)?;
    let with = match pictures.len() - left_out.len() {
        0 => String::new(),
        1 => ", and the picture it serves with it".to_owned(),
        count => format!(", and the {count} pictures it serves with it"),
    };
    context.print(format!("the state is copied to {}{with}", file.display()))?;
    let left_out = left_out.into_iter().map(|one| Problem::new(CliError::LeftOut(one)).warning());
    context.warn(&unread.into_iter().chain(left_out).collect::<Vec<_>>());
    Ok(Exit::Done)
}

fn restore(file: &Path, context: &mut Context<'_>) -> Result<Exit, Problems> {
    if context.config.file.is_none() {
        return Err(Problem::new(CliError::NoNewsletter).into());
    }
    let (dir, id) = (context.config.state_dir.clone(), context.config.id.clone());
    let shelf = Shelf::in_state(&dir);
    let mut keep = |name: &str, bytes: &[u8]| shelf.keep(name, bytes);
    let restored = Store::restore(file, &dir, &id, Durability::Power, (context.now)(), &mut keep);
    let restored = restored.map_err(problems)?;
    let backup = restored.backup.strftime("%Y-%m-%d %H:%M UTC");
    context.print(format!("the state of `{id}` is in {} as it was on {backup}", dir.display()))?;
    context.tell(
        "what was sent since, and who left, is not in it: enter who left with `letterpress suppress add \
         --reason unsubscribed ADDRESS`, and those who left by mail with `letterpress unsubscribe import` of \
         that mailbox; the next `send` asks for `--allow restored`",
    );
    for campaign in &restored.held {
        let waiting = restored.store.counts(campaign.id).map_err(problems)?.unfinished();
        context.tell(format!(
            "held: {} (campaign {}): {waiting} waited for it then and may have got it since",
            campaign.slug, campaign.id.0
        ));
    }
    Ok(Exit::Done)
}
