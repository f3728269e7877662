//! `letterpress send`: an article goes to a list.

use std::path::PathBuf;

use clap::Args;

use crate::problem::{Problem, Problems};

use super::{CliError, Context, Exit, files};

/// What `letterpress send` is asked for.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// The article, a .md or .txt file.
    pub article: PathBuf,
    /// The list, a CSV file.
    #[arg(long, value_name = "CSV")]
    pub list: PathBuf,
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
    list: PathBuf,
}

pub(super) fn run(args: &SendArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = files::noted(files::article(&args.article), &mut found);
    let list = files::noted(files::list(&args.list), &mut found);
    if !args.rehearse {
        let refusal =
            if context.config.relay.is_none() { CliError::NoRelay } else { CliError::OnlyRehearses };
        found.push(Problem::new(refusal));
    }
    let ((article, list), _) = Problems::check((article, list), found)?;
    let article = article.expect("an article without problems was found");
    let list = list.expect("a list without problems was found");
    rehearse(&Rehearsal { article, list }, context)
}

/// Sends every copy into the inbox on this machine.
fn rehearse(rehearsal: &Rehearsal, _context: &mut Context<'_>) -> Result<Exit, Problems> {
    let Rehearsal { article: _, list: _ } = rehearsal;
    Err(Problem::new(CliError::NotInThisVersion("send --rehearse")).into())
}
