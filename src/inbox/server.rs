//! Listens, and runs a session for each client.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::session::{Limits, Session};
use super::{Clock, InboxError, Maildir};

/// Sessions at one time.
const MOST_SESSIONS: usize = 100;

/// How long sessions may go on after the shutdown: a message that is being received
/// is received, a client that stalls is not waited for.
const GRACE: Duration = Duration::from_secs(5);

/// Starts inboxes.
#[derive(Debug)]
pub struct Inbox;

impl Inbox {
    /// Opens the maildir at `dir` and serves SMTP at `addr` (port 0 picks a free one)
    /// until `shutdown` turns true or its sender is gone.
    ///
    /// # Errors
    ///
    /// Fails when `addr` is not on this machine, the port is taken or the maildir
    /// cannot be made.
    pub async fn start(
        dir: &Path,
        addr: SocketAddr,
        clock: Clock,
        shutdown: watch::Receiver<bool>,
    ) -> Result<RunningInbox, InboxError> {
        if !addr.ip().is_loopback() {
            return Err(InboxError::NotLoopback(addr));
        }
        let listen = |error| InboxError::Listen { addr, error };
        let dir = dir.to_owned();
        let maildir = tokio::task::spawn_blocking(move || Maildir::open(&dir, clock))
            .await
            .expect("opening a maildir does not panic")?;
        let listener = TcpListener::bind(addr).await.map_err(listen)?;
        let smtp_addr = listener.local_addr().map_err(listen)?;
        let caught = watch::Sender::new(0);
        let task = tokio::spawn(serve(listener, maildir.clone(), caught.clone(), shutdown));
        Ok(RunningInbox { smtp_addr, maildir, caught: caught.subscribe(), task })
    }
}

/// An inbox that serves.
#[derive(Debug)]
pub struct RunningInbox {
    smtp_addr: SocketAddr,
    maildir: Maildir,
    caught: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

impl RunningInbox {
    /// Where it listens.
    #[must_use]
    pub fn smtp_addr(&self) -> SocketAddr {
        self.smtp_addr
    }

    /// Its maildir.
    #[must_use]
    pub fn maildir(&self) -> Maildir {
        self.maildir.clone()
    }

    /// Counts the copies caught since it started.
    #[must_use]
    pub fn caught(&self) -> watch::Receiver<u64> {
        self.caught.clone()
    }

    /// Waits until it has stopped; every accepted mail is on disk then.
    pub async fn join(self) {
        // A session that panicked has not harmed the others.
        let _ = self.task.await;
    }
}

async fn serve(
    listener: TcpListener,
    maildir: Maildir,
    caught: watch::Sender<u64>,
    mut shutdown: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(MOST_SESSIONS));
    let mut sessions = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = stopped(&mut shutdown) => break,
            Some(_) = sessions.join_next() => continue,
            accepted = listener.accept() => {
                let Ok(accepted) = accepted else {
                    // Out of descriptors, or a client that left at once: the next may do.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                accepted
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            sessions.spawn(turn_away(stream));
            continue;
        };
        let session =
            Session::new(peer.ip(), maildir.clone(), caught.clone(), shutdown.clone(), Limits::default());
        sessions.spawn(async move {
            let _ = stream.set_nodelay(true);
            // What a client does to its connection is its own affair.
            let _ = session.run(stream).await;
            drop(place);
        });
    }
    drop(listener);
    let _ = timeout(GRACE, async { while sessions.join_next().await.is_some() {} }).await;
    sessions.shutdown().await;
}

async fn turn_away(mut stream: TcpStream) {
    let _ = stream.write_all(b"421 4.7.0 too many connections\r\n").await;
    let _ = stream.shutdown().await;
}

/// Waits for the shutdown; a sender that is gone cannot call it off.
pub(super) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|&down| down).await;
}
