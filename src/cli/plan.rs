//! `letterpress plan`, and what `send` shows before it asks.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::article::Status;
use crate::message::Key;
use crate::press::{Plan, PressError, doubts};
use crate::problem::{Problem, Problems};
use crate::store::Store;

use super::state::{open, problems};
use super::{CliError, Context, Exit, files};

/// What `letterpress plan` is asked for.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The article, a .md or .txt file.
    pub article: PathBuf,
    /// The list, a CSV file; the one the article names when absent.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Show the plan and write nothing down.
    #[arg(long)]
    pub dry_run: bool,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// An article that is there, and the list that was named.
pub(super) struct Wanted {
    pub(super) article: PathBuf,
    pub(super) list: Option<PathBuf>,
}

pub(super) fn run(args: &PlanArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = files::noted(files::article(&args.article), &mut found);
    let list = args.list.as_ref().and_then(|list| files::noted(files::list(list), &mut found));
    let ((article, list), _) = Problems::check((article, list), found)?;
    let wanted = Wanted { article: article.expect("an article without problems was found"), list };
    let store = open(context)?;
    let plan = make(&wanted, &store, context)?;
    let doubts = doubts(&store, &plan.candidate()).map_err(problems)?;
    let id = if args.dry_run { None } else { Some(plan.keep(&store, false)?) };
    if context.json {
        let mut report = as_json(&plan);
        report["plan"] = id.map(|id| id.0).into();
        report["checks"] = doubts
            .iter()
            .map(|doubt| json!({ "name": doubt.name(), "message": doubt.to_string() }))
            .collect();
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    context.print(in_words(&plan, context))?;
    let doubts: Vec<Problem> = doubts.into_iter().map(|doubt| Problem::new(doubt).warning()).collect();
    context.warn(&doubts);
    match id {
        Some(id) => context.tell(format!("`letterpress send --plan {}` sends exactly this", id.0)),
        None => context.tell("a dry run: nothing was written down"),
    }
    Ok(Exit::Done)
}

/// Plans an article for a list, without those who want no mail.
pub(super) fn make(wanted: &Wanted, store: &Store, context: &mut Context<'_>) -> Result<Plan, Problems> {
    let (prepared, list) = context.prepare(&wanted.article, wanted.list.as_deref())?;
    let notation = prepared.article.meta.notation;
    let list = list.ok_or_else(|| Problem::new(CliError::NoList(notation)))?;
    context.warn(&prepared.warnings);
    if prepared.article.meta.status == Status::Draft {
        let path = wanted.article.clone();
        return Err(Problem::new(PressError::Draft { path, notation }).into());
    }
    let suppressed = store.suppressed().map_err(problems)?;
    let secrets = (Key::new(store.key()), context.signers()?);
    let now = context.zoned_now();
    Plan::make(prepared, &wanted.article, list, &context.config.sender, &suppressed, secrets, &now)
}

/// Most people whose exclusion is told by name.
const TOLD: usize = 20;

/// The plan as people read it.
pub(super) fn in_words(plan: &Plan, context: &Context<'_>) -> String {
    let sender = &plan.edition.sender.from;
    let mut lines = vec![
        format!("campaign   {}", plan.slug),
        format!("subject    {}", plan.subject),
        format!("from       {sender}"),
        format!("to         {} on the list `{}`", people(plan.edition.subscribers.len()), plan.list),
        format!("content    {}", &plan.content_hash[..16]),
    ];
    if let Some(relay) = &context.config.relay {
        lines.push(format!("relay      {}:{}", relay.host, relay.port));
    }
    if !plan.excluded.is_empty() {
        lines.push(format!("excluded   {}", people(plan.excluded.len())));
        lines.extend(
            plan.excluded
                .iter()
                .take(TOLD)
                .map(|(address, reason)| format!("           {address}: {reason}")),
        );
        if plan.excluded.len() > TOLD {
            lines.push(format!("           and {} more", plan.excluded.len() - TOLD));
        }
    }
    lines.join("\n")
}

fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

/// The plan as data.
pub(super) fn as_json(plan: &Plan) -> Value {
    let excluded: Vec<Value> = plan
        .excluded
        .iter()
        .map(|(address, reason)| json!({ "address": address, "reason": reason }))
        .collect();
    json!({
        "slug": plan.slug,
        "subject": plan.subject,
        "from": plan.edition.sender.from.to_string(),
        "list": plan.list,
        "recipients": plan.edition.subscribers.len(),
        "excluded": excluded,
        "content_hash": plan.content_hash,
    })
}
