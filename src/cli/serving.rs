//! What the commands that run servers on this machine have in common.

use std::net::SocketAddr;
use std::path::Path;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::config::Config;
use crate::inbox::page::{self, Surroundings};
use crate::inbox::{Clock, Inbox, RunningInbox};
use crate::problem::{Problem, Problems};
use crate::site;

use super::{CliError, Context};

/// The machinery that servers and connections run on.
pub(super) fn runtime() -> Result<Runtime, Problems> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::new(CliError::Start(error)).into())
}

/// An inbox that runs, and what stops it.
pub(super) struct Catching {
    pub(super) inbox: RunningInbox,
    stop: watch::Sender<bool>,
}

impl Catching {
    /// Starts an inbox with its maildir at `dir`.
    pub(super) async fn start(dir: &Path, smtp: SocketAddr, clock: Clock) -> Result<Self, Problems> {
        let (stop, stopped) = watch::channel(false);
        let inbox = Inbox::start(dir, smtp, clock, stopped).await.map_err(Problem::new)?;
        Ok(Self { inbox, stop })
    }

    /// What the pages of the inbox say around the mail.
    pub(super) fn surroundings(&self, config: &Config, studio: Studio) -> Surroundings {
        Surroundings {
            newsletter: config.newsletter.name.clone(),
            smtp: self.inbox.smtp_addr(),
            studio: studio == Studio::Beside,
        }
    }

    /// Lets what is being received be received, and ends it.
    pub(super) async fn end(self) {
        self.stop.send_replace(true);
        self.inbox.join().await;
    }
}

/// Shows what was caught on `page` until the person has had enough.
pub(super) async fn show_inbox(
    listener: TcpListener,
    catching: &Catching,
    context: &mut Context<'_>,
) -> Result<(), Problems> {
    let address = listener.local_addr().map_err(|error| Problem::new(CliError::Start(error)))?;
    let smtp = catching.inbox.smtp_addr();
    context
        .tell(format!("the inbox is at http://{address}/ and catches mail at smtp://{smtp}; Ctrl-C ends it"));
    let routes =
        page::routes(catching.inbox.maildir(), catching.surroundings(&context.config, Studio::Elsewhere));
    site::serve(listener, routes, enough())
        .await
        .map_err(|error| Problem::new(CliError::Serve { address, error }).into())
}

/// Whether the studio is served beside the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Studio {
    Beside,
    Elsewhere,
}

/// A socket for pages at the usual address, or at a free port when that is taken and
/// nobody asked for it.
pub(super) async fn listen_near(address: SocketAddr) -> Result<TcpListener, Problems> {
    match TcpListener::bind(address).await {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            listen(SocketAddr::new(address.ip(), 0)).await
        }
        Ok(listener) => Ok(listener),
        Err(error) => Err(Problem::new(CliError::Serve { address, error }).into()),
    }
}

/// A socket for pages.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Problems> {
    TcpListener::bind(address).await.map_err(|error| Problem::new(CliError::Serve { address, error }).into())
}

/// Done when the person has had enough (Ctrl-C) or the system says so (SIGTERM).
pub(super) async fn enough() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
