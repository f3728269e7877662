//! Takes connections, gives each its time, and ends well.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::store::Store;

use super::desk::Desk;
use super::door::Door;
use super::keys::Keys;
use super::line::{Line, Patience, Phase};
use super::routes::{self, Office};
use super::told::Teller;
use super::{DeskError, Limits, Pages, Told, health};

/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// How many are told at once that they are no proxy of ours: they take no place of one.
const STRANGERS: usize = 32;

/// Connections of whoever watches whether all is well.
const WATCHERS: usize = 16;

/// How long it waits when no connection can be taken, as when files run out.
const PAUSE: Duration = Duration::from_millis(100);

/// How long who has not finished asking may go on when the server ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What is served, under which address, and to whom.
#[derive(Debug, Clone)]
pub struct Served {
    /// The pages.
    pub pages: Pages,
    /// The list whose tokens are read.
    pub list: String,
    /// The path that the pages lie under for readers; it begins and ends with a slash.
    pub path: String,
    /// Whether readers come over TLS.
    pub is_encrypted: bool,
    /// Who may pass requests on.
    pub trusted: Vec<IpNet>,
    /// How long what may take.
    pub limits: Limits,
}

/// Where it listens.
#[derive(Debug)]
pub struct Sockets {
    /// For readers.
    pub readers: TcpListener,
    /// For whoever watches over it.
    pub health: TcpListener,
}

/// Serves until `shutdown` is done, then finishes what is in hand. What is done is told
/// to `told`, as far as there is room in it.
///
/// # Errors
///
/// Fails when the keys cannot be read from the store.
pub async fn serve(
    sockets: Sockets,
    served: Served,
    store: Store,
    now: fn() -> Timestamp,
    told: mpsc::Sender<Told>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DeskError> {
    let limits = served.limits;
    let keys = Keys::of(&store, &served.list)?;
    let (desk, closed) = Desk::open(store.clone(), now).map_err(|_| DeskError::Closed)?;
    let policy = served.pages.policy();
    let teller = Teller { now, to: told };
    let office = Arc::new(Office::new(served.pages, (store, keys), desk, teller, limits.body));
    let readers = Door::new(routes::routes(Arc::clone(&office), &served.path), &policy, Some(served.trusted));
    // Under a path, the host has other pages: whether these need TLS is for its proxy to say.
    let is_whole_host = served.path == "/";
    let readers = if served.is_encrypted && is_whole_host { readers.behind_tls() } else { readers };
    let health = Door::new(health::routes(office), &policy, None);
    let (stop, stopped) = watch::channel(false);
    let watched = Limits { connections: WATCHERS, ..limits };
    let open = async {
        tokio::join!(
            receive(sockets.readers, Arc::new(readers), limits, stopped.clone()),
            receive(sockets.health, Arc::new(health), watched, stopped.clone()),
        )
    };
    let close = async {
        shutdown.await;
        stop.send_replace(true);
    };
    tokio::join!(open, close);
    // The last way to the desk has gone with its connections; what still lies there is
    // written down.
    let _ = timeout(limits.grace, closed).await;
    Ok(())
}

/// Takes connections to `door` until it is told to stop, and ends with the last of them.
async fn receive(listener: TcpListener, door: Arc<Door>, limits: Limits, mut stopped: watch::Receiver<bool>) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let strangers = Arc::new(Semaphore::new(STRANGERS));
    let mut open = JoinSet::new();
    loop {
        let taken = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => break,
            taken = take(&listener, &permits) => taken,
        };
        while open.try_join_next().is_some() {}
        let Some((stream, peer, mut permit)) = taken else { continue };
        if !door.admits(peer.ip()) {
            let Ok(other) = Arc::clone(&strangers).try_acquire_owned() else { continue };
            permit = other;
        }
        let (door, stopped) = (Arc::clone(&door), stopped.clone());
        open.spawn(async move {
            converse(stream, peer, door, limits, stopped).await;
            drop(permit);
        });
    }
    drop(listener);
    let all = async { while open.join_next().await.is_some() {} };
    let _ = timeout(limits.grace, all).await;
}

/// The next connection, when there is room for one.
async fn take(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    let Ok((stream, peer)) = listener.accept().await else {
        tokio::time::sleep(PAUSE).await;
        return None;
    };
    Some((stream, peer, permit))
}

/// Answers what is asked on one connection, as long as that keeps to its times.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    door: Arc<Door>,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) {
    // A reader waits for the last piece of an answer.
    let _ = stream.set_nodelay(true);
    let (patience, mut turned) = Patience::new(limits);
    let line = Line::new(stream, patience.clone());
    let service = service_fn(|request: hyper::Request<Incoming>| {
        patience.enter(Phase::Asked);
        let door = Arc::clone(&door);
        // What a reader has asked for is done also when they hang up.
        let answer = tokio::spawn(async move { door.answer(peer.ip(), request.map(Body::new)).await });
        let patience = patience.clone();
        async move {
            let answer = answer.await.unwrap_or_else(|_| broken());
            patience.enter(Phase::Answered);
            Ok::<_, Infallible>(answer)
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .half_close(true)
            .header_read_timeout(None)
            .max_buf_size(LONGEST_HEAD)
            .serve_connection(TokioIo::new(line), service)
    );
    let mut is_ending = false;
    loop {
        let turn = *turned.borrow_and_update();
        let mut until = turn.until;
        if is_ending && matches!(turn.phase, Phase::Idle | Phase::Head) {
            until = until.min(Instant::now() + LAST_WORDS);
        }
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            _ = turned.changed() => {}
            () = tokio::time::sleep_until(until) => return,
            _ = stopped.wait_for(|stopped| *stopped), if !is_ending => {
                is_ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// The answer when there is none.
fn broken() -> Response {
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}
