//! `letterpress inbox`: the mail that was caught on this machine.

use clap::Args;

use crate::problem::{Problem, Problems};

use super::{CliError, Context, Exit};

/// What `letterpress inbox` is asked for.
#[derive(Debug, Args)]
pub struct InboxArgs {
    /// Serve at this port of this machine; 0 picks a free one.
    #[arg(long)]
    pub port: Option<u16>,
}

pub(super) fn run(args: &InboxArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    if let Some(port) = args.port {
        context.config.inbox.http.set_port(port);
    }
    serve(context)
}

/// Catches mail and shows it until Ctrl-C.
fn serve(_context: &mut Context<'_>) -> Result<Exit, Problems> {
    Err(Problem::new(CliError::NotInThisVersion("inbox")).into())
}
