//! What the commands that run servers on this machine have in common.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::config::Config;
use crate::inbox::page::{self, Surroundings};
use crate::inbox::{Clock, Inbox, RunningInbox};
use crate::problem::{Problem, Problems};
use crate::site;

use super::{CliError, Context, Exit};

/// How long what touches the disk may go on after the work is over.
const REST: Duration = Duration::from_secs(1);

/// The machinery that servers and connections run on.
pub(super) fn runtime() -> Result<Runtime, Problems> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(cannot_start)
}

pub(super) fn cannot_start(error: std::io::Error) -> Problems {
    Problem::new(CliError::Start(error)).into()
}

/// Does `work` until it is done. Work is told when the person has had enough and may
/// then finish what it is at; when they say so a second time, it is over at once.
pub(super) fn run(work: impl AsyncFnOnce(Enough) -> Result<Exit, Problems>) -> Result<Exit, Problems> {
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::listen().map_err(cannot_start)?;
        let (tell, told) = watch::channel(false);
        let asked_twice = async {
            signals.next().await;
            tell.send_replace(true);
            signals.next().await;
        };
        tokio::select! {
            biased;
            () = asked_twice => Ok(Exit::Interrupted),
            ended = work(Enough(told)) => ended,
        }
    });
    runtime.shutdown_timeout(REST);
    ended
}

/// Whether the person has had enough.
#[derive(Debug, Clone)]
pub(super) struct Enough(watch::Receiver<bool>);

impl Enough {
    /// Done when they have.
    pub(super) async fn said(mut self) {
        // Who cannot say it any more has gone.
        let _ = self.0.wait_for(|said| *said).await;
    }
}

/// What the person (Ctrl-C) or the system (SIGTERM) ends a program with.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// From here on none is missed, and none ends the program by itself.
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(windows)]
    fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        let _ = self.interrupt.recv().await;
    }
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
    enough: Enough,
) -> Result<(), Problems> {
    let address = listener.local_addr().map_err(|error| Problem::new(CliError::Start(error)))?;
    let smtp = catching.inbox.smtp_addr();
    context.tell(format!(
        "the inbox is at http://{address}/ and catches mail at smtp://{smtp} (Ctrl-C ends it)"
    ));
    let routes =
        page::routes(catching.inbox.maildir(), catching.surroundings(&context.config, Studio::Elsewhere));
    site::serve(listener, routes, enough.said())
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
