//! `letterpress demo`: everything at once, without any setup.

use std::path::PathBuf;

use clap::Args;

use crate::problem::{Problem, Problems};

use super::{CliError, Context, Exit, files};

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

/// Sends the article into the inbox on this machine and shows it there.
fn show(demo: &Demo, _context: &mut Context<'_>) -> Result<Exit, Problems> {
    let Demo { article: _, list: _, serve: _ } = demo;
    Err(Problem::new(CliError::NotInThisVersion("demo")).into())
}
