//! `letterpress test`: one message to named people.

use std::path::PathBuf;

use clap::Args;

use crate::audience::EmailAddress;
use crate::problem::{Problem, Problems};

use super::{CliError, Context, Exit, files};

/// What `letterpress test` is asked for.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// The article, a .md or .txt file.
    pub article: PathBuf,
    /// Who gets it.
    #[arg(long, value_name = "ADDRESS", required = true, num_args = 1.., value_delimiter = ',')]
    pub to: Vec<String>,
    /// Take the values of merge tags from the first person on this list, a CSV file.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
}

struct Test {
    article: PathBuf,
    to: Vec<EmailAddress>,
    list: Option<PathBuf>,
}

pub(super) fn run(args: &TestArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = files::noted(files::article(&args.article), &mut found);
    let to = args.to.iter().filter_map(|text| files::noted(files::address(text), &mut found)).collect();
    let list = args.list.as_ref().and_then(|path| files::noted(files::list(path), &mut found));
    let (article, _) = Problems::check(article, found)?;
    let article = article.expect("an article without problems was found");
    send(&Test { article, to, list }, context)
}

/// Sends the marked message, to the relay or into the inbox on this machine.
fn send(test: &Test, _context: &mut Context<'_>) -> Result<Exit, Problems> {
    let Test { article: _, to: _, list: _ } = test;
    Err(Problem::new(CliError::NotInThisVersion("test")).into())
}
