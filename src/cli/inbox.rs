//! `letterpress inbox`: the mail that was caught on this machine.

use clap::Args;

use crate::problem::Problems;

use super::serving::Catching;
use super::{Context, Exit, serving};

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
fn serve(context: &mut Context<'_>) -> Result<Exit, Problems> {
    let settings = context.config.inbox.clone();
    serving::run(async |enough| {
        let catching = Catching::start(&settings.dir, settings.smtp, context.now).await?;
        let page = serving::listen(settings.http).await?;
        serving::show_inbox(page, &catching, context, enough).await?;
        catching.end().await;
        Ok(Exit::Done)
    })
}
