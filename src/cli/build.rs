//! `letterpress build`: an article becomes files.

use std::path::PathBuf;

use clap::Args;

use crate::audience::EmailAddress;
use crate::problem::{Problem, Problems};

use super::{CliError, Context, Exit, files};

/// What `letterpress build` is asked for.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The article, a .md or .txt file.
    pub article: PathBuf,
    /// Write the files into this folder.
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Build the copy of this subscriber.
    #[arg(long = "as", value_name = "ADDRESS")]
    pub recipient: Option<String>,
    /// The list that subscriber is on, a CSV file.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Tell what was guessed in plain text, line by line.
    #[arg(long)]
    pub explain: bool,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

struct Build {
    article: PathBuf,
    out: PathBuf,
    recipient: Option<EmailAddress>,
    list: Option<PathBuf>,
    explain: bool,
}

pub(super) fn run(args: &BuildArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = files::noted(files::article(&args.article), &mut found);
    let list = args.list.as_ref().and_then(|list| files::noted(files::list(list), &mut found));
    let recipient = args.recipient.as_ref().and_then(|text| files::noted(files::address(text), &mut found));
    let (article, _) = Problems::check(article, found)?;
    let build = Build {
        article: article.expect("an article without problems was found"),
        out: args.out.clone(),
        recipient,
        list,
        explain: args.explain,
    };
    write(&build, context)
}

/// Prepares the article and writes its files.
fn write(build: &Build, _context: &mut Context<'_>) -> Result<Exit, Problems> {
    let Build { article: _, out: _, recipient: _, list: _, explain: _ } = build;
    Err(Problem::new(CliError::NotInThisVersion("build")).into())
}
