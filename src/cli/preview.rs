//! `letterpress preview`: the studio.

use std::path::PathBuf;

use clap::Args;

use crate::problem::{Problem, Problems};

use super::{CliError, Context, Exit, files};

/// What `letterpress preview` is asked for.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// The article; the one that was changed last when absent.
    pub article: Option<PathBuf>,
    /// Show the copies of the people on this list, a CSV file.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Serve at this port of this machine; 0 picks a free one.
    #[arg(long)]
    pub port: Option<u16>,
}

struct Preview {
    article: Option<PathBuf>,
    list: Option<PathBuf>,
    address: std::net::SocketAddr,
}

pub(super) fn run(args: &PreviewArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = args.article.as_ref().and_then(|path| files::noted(files::article(path), &mut found));
    let list = args.list.as_ref().and_then(|path| files::noted(files::list(path), &mut found));
    let mut address = context.config.inbox.http;
    if let Some(port) = args.port {
        address.set_port(port);
    }
    let (preview, _) = Problems::check(Preview { article, list, address }, found)?;
    serve(&preview, context)
}

/// Serves the studio until Ctrl-C.
fn serve(preview: &Preview, _context: &mut Context<'_>) -> Result<Exit, Problems> {
    let Preview { article: _, list: _, address: _ } = preview;
    Err(Problem::new(CliError::NotInThisVersion("preview")).into())
}
