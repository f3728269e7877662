//! One connection, and how long it may take for what.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

/// How much the server takes on, and how long it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; more wait until they are taken.
    pub connections: usize,
    /// How long the head of a request may take.
    pub head: Duration,
    /// How long its body may.
    pub body: Duration,
    /// How long everything may, from the head of a request to the end of its answer.
    pub answer: Duration,
    /// How long a connection may wait for its next request. The proxy's own time should be
    /// over first: what it sends into a connection that is being closed is lost.
    pub idle: Duration,
    /// How long what is in hand may go on when the server ends.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            idle: Duration::from_secs(150),
            grace: Duration::from_secs(10),
        }
    }
}

/// How long somebody may still send when nobody listens any more. Were the connection
/// cut at once, they might never read their answer (RFC 9112 §9.6).
const FAREWELL: Duration = Duration::from_secs(2);

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing is asked.
    Idle,
    /// A request has begun.
    Head,
    /// Its head has been read.
    Asked,
    /// The answer is there.
    Answered,
    /// All is said.
    Closing,
}

/// Where it is, and until when it may be there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) phase: Phase,
    pub(super) until: Instant,
}

/// Keeps the time of one connection.
#[derive(Clone)]
pub(super) struct Patience {
    limits: Limits,
    turn: Arc<watch::Sender<Turn>>,
}

impl Patience {
    /// That with a new connection, which is here to ask.
    pub(super) fn new(limits: Limits) -> (Self, watch::Receiver<Turn>) {
        let first = Turn { phase: Phase::Head, until: Instant::now() + limits.head };
        let (turn, turned) = watch::channel(first);
        (Self { limits, turn: Arc::new(turn) }, turned)
    }

    /// It has come to `phase`.
    pub(super) fn enter(&self, phase: Phase) {
        let now = Instant::now();
        self.turn.send_modify(|turn| {
            turn.until = match phase {
                Phase::Idle => now + self.limits.idle,
                Phase::Head => now + self.limits.head,
                Phase::Asked => now + self.limits.answer,
                Phase::Answered => turn.until,
                Phase::Closing => now + FAREWELL,
            };
            turn.phase = phase;
        });
    }

    fn phase(&self) -> Phase {
        self.turn.borrow().phase
    }
}

/// The bytes of a connection, which tell where it is.
pub(super) struct Line {
    stream: TcpStream,
    patience: Patience,
}

impl Line {
    pub(super) fn new(stream: TcpStream, patience: Patience) -> Self {
        Self { stream, patience }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before && self.patience.phase() == Phase::Idle {
            self.patience.enter(Phase::Head);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        // Whoever flushes has written all there was.
        if self.patience.phase() == Phase::Answered {
            self.patience.enter(Phase::Idle);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.patience.phase() != Phase::Closing {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.patience.enter(Phase::Closing);
        }
        let mut lost = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut lost);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
