//! `letterpress send`: an article goes to a list.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::article::Status;
use crate::message::Purpose;
use crate::press::{Edition, PressError};
use crate::problem::{Problem, Problems};

use super::serving::Catching;
use super::{CliError, Context, Exit, files, post, report, serving};

/// What `letterpress send` is asked for.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// The article, a .md or .txt file.
    pub article: PathBuf,
    /// The list, a CSV file; the one the article names when absent.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Go through everything, and deliver into the inbox on this machine.
    #[arg(long)]
    pub rehearse: bool,
    /// Do not ask; for scripts.
    #[arg(long)]
    pub yes: bool,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

struct Rehearsal {
    article: PathBuf,
    list: Option<PathBuf>,
}

pub(super) fn run(args: &SendArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = files::noted(files::article(&args.article), &mut found);
    let list = args.list.as_ref().and_then(|list| files::noted(files::list(list), &mut found));
    if !args.rehearse {
        let refusal =
            if context.config.relay.is_none() { CliError::NoRelay } else { CliError::OnlyRehearses };
        found.push(Problem::new(refusal));
    }
    let ((article, list), _) = Problems::check((article, list), found)?;
    let article = article.expect("an article without problems was found");
    rehearse(&Rehearsal { article, list }, context)
}

/// Sends every copy into the inbox on this machine.
fn rehearse(rehearsal: &Rehearsal, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let (prepared, list) = context.prepare(&rehearsal.article, rehearsal.list.as_deref())?;
    let notation = prepared.article.meta.notation;
    let list = list.ok_or_else(|| Problem::new(CliError::NoList(notation)))?;
    let mut warnings = prepared.warnings.clone();
    if prepared.article.meta.status == Status::Draft {
        let path = rehearsal.article.clone();
        warnings.push(Problem::new(PressError::Draft { path, notation }).warning());
    }
    context.warn(&warnings);
    let date = context.zoned_now();
    let (key, signers) = (context.key()?, context.signers()?);
    let edition =
        Edition::new(prepared, &rehearsal.article, &context.config.sender, Purpose::Campaign, key, signers)?;
    let edition = Arc::new(edition.for_list(list, &date)?);
    let dir = context.config.inbox.dir.clone();
    let posted = serving::runtime()?.block_on(async {
        // A port of its own: an inbox that is being looked at has the usual one.
        let catching = Catching::start(&dir, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), context.now).await?;
        let relay = post::inbox_at(catching.inbox.smtp_addr());
        let posted = post::post(Arc::clone(&edition), &relay, &date, context).await;
        catching.end().await;
        Ok::<_, Problems>(posted)
    })?;
    let by = "the inbox on this machine";
    if context.json {
        let mut report = posted.as_json(&edition);
        report["rehearsal"] = true.into();
        report["warnings"] = report::json(&warnings);
        report["maildir"] = dir.display().to_string().into();
        posted.conclude_as_json(context, &report, by);
        return Ok(posted.exit());
    }
    posted.conclude(context, by);
    context.tell(format!(
        "a rehearsal: nothing left this machine; the mail lies in {}, `letterpress inbox` shows it",
        dir.display()
    ));
    Ok(posted.exit())
}
