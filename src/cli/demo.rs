//! `letterpress demo`: everything at once, without any setup.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;

use crate::article::{Format, ReadOptions};
use crate::audience::{self, List};
use crate::config::Config;
use crate::pictures::Darkroom;
use crate::press::{self, Prepared};
use crate::problem::{Problems, Source};

use super::context::workshop;
use super::rehearsal::{Folder, Rehearsal};
use super::serving::Catching;
use super::{Context, Exit, files, post, serving};

/// What `letterpress demo` is asked for.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// End when the mail is in the inbox instead of showing it.
    #[arg(long)]
    pub no_serve: bool,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
    /// Send to this list instead of the example's.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Send this article instead of the example.
    #[arg(long, value_name = "PATH")]
    pub article: Option<PathBuf>,
}

/// The example article and list, so that the demonstration works anywhere.
const ARTICLE: (&str, &str) = (
    "articles/microneedling-for-acne-scars.txt",
    include_str!("../../articles/microneedling-for-acne-scars.txt"),
);
const LIST: (&str, &str) = ("subscribers.example.csv", include_str!("../../subscribers.example.csv"));

struct Demo {
    article: Option<PathBuf>,
    list: Option<PathBuf>,
    serve: bool,
}

pub(super) fn run(args: &DemoArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = args.article.as_ref().and_then(|path| files::noted(files::article(path), &mut found));
    let list = args.list.as_ref().and_then(|path| files::noted(files::list(path), &mut found));
    let (demo, _) = Problems::check(Demo { article, list, serve: !args.no_serve }, found)?;
    show(&demo, context)
}

/// Sends the article into an inbox on this machine and shows it there.
fn show(demo: &Demo, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let started = (context.now)();
    let ((path, prepared), list) =
        Problems::both(prepared(demo, &context.config, &context.darkroom), list(demo, &context.config))?;
    context.warn(&prepared.warnings);
    context.warn(&list.warnings);
    let (list_name, count) = (list.name.clone(), list.subscribers.len());
    let rehearsal = Rehearsal::of(prepared, &path, list, &HashMap::new(), context)?;
    if !context.json {
        context.tell(format!("{} set for {count} people on the list {list_name}", path.display()));
    }
    // Made when signals are listened to, and gone after everything that writes to it.
    let mut folder = None;
    serving::run(async |enough| {
        let folder = folder.insert(Folder::new("demo", (context.now)())?);
        let catching =
            Catching::start(&folder.0, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), context.now).await?;
        let smtp = catching.inbox.smtp_addr();
        let posted = rehearsal.send(&post::inbox_at(smtp), context).await?;
        let taken = (context.now)().duration_since(started);
        let by = format!("the inbox at smtp://{smtp} within {} ms", taken.as_millis());
        if context.json {
            let mut report = posted.as_json(&rehearsal.plan.edition);
            report["rehearsal"] = true.into();
            report["smtp"] = smtp.to_string().into();
            report["milliseconds"] = i64::try_from(taken.as_millis()).unwrap_or(i64::MAX).into();
            posted.conclude_as_json(context, &report, &by);
        } else {
            posted.conclude(context, &by);
        }
        if demo.serve && posted.stopped.is_none() && posted.ended.is_none() {
            let page = serving::listen_near(context.config.inbox.http).await?;
            serving::show_inbox(page, &catching, context, enough).await?;
        }
        catching.end().await;
        Ok(posted.exit())
    })
}

/// The article that was named, the example of the project, or the one built in.
fn prepared(demo: &Demo, config: &Config, darkroom: &Darkroom) -> Result<(PathBuf, Prepared), Problems> {
    let options = ReadOptions::default();
    let path = demo.article.clone().unwrap_or_else(|| PathBuf::from(ARTICLE.0));
    let beside = config.root.join(&path);
    if demo.article.is_some() || !beside.is_file() && path.is_file() {
        return Ok((path.clone(), press::prepare(&path, &workshop(config, darkroom), &options)?));
    }
    if beside.is_file() {
        return Ok((path, press::prepare(&beside, &workshop(config, darkroom), &options)?));
    }
    let source = Source::new(ARTICLE.0, ARTICLE.1);
    Ok((path, press::prepare_text(&source, Format::PlainText, &workshop(config, darkroom), &options)?))
}

/// The list that was named, the example of the project, or the one built in.
fn list(demo: &Demo, config: &Config) -> Result<List, Problems> {
    let beside = config.root.join(LIST.0);
    match &demo.list {
        Some(path) => audience::csv::load(path),
        None if beside.is_file() => audience::csv::load(&beside),
        None => audience::csv::parse(LIST.0, LIST.1.as_bytes()),
    }
}
