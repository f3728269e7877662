//! The stream under lettre.
//!
//! It holds writes back until a reply is awaited, so that a flight is one packet; it
//! hands lettre exactly one reply at a time, in a form lettre cannot misread, and
//! keeps the reply as it truly was; it lets no phase last longer than its deadline;
//! and it knows whether the final dot was handed to the system, whatever stands behind
//! the dot in the same flight.

use std::collections::VecDeque;
use std::future::{Future as _, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::client::TlsStream;

use super::reply::{NotAReply, harmless};
use super::{Deadlines, Loss, Phase, Reply};
use crate::fault::{Point, is_armed, pass};

/// TCP, with or without TLS.
#[derive(Debug)]
pub(super) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Socket {
    fn read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }

    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(stream) => stream.peer_addr(),
            Self::Tls(stream) => stream.get_ref().0.peer_addr(),
        }
    }
}

/// The line that ends a message (RFC 5321 §4.1.1.4).
pub(super) const DOT: &str = ".\r\n";

/// What the stream and its [`Connection`](super::Connection) both know.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The phases whose replies are awaited, in order.
    awaited: VecDeque<Phase>,
    /// The replies that came and were not taken yet.
    replies: VecDeque<Reply>,
    /// Why the stream is of no further use, and at which phase it happened.
    pub(super) loss: Option<(Phase, Loss)>,
    /// The body that goes before what lettre says next. It does not pass through
    /// lettre, which would copy it.
    body: Vec<u8>,
    /// How many bytes of the flight there are up to the end of the dot's line; none
    /// when it has no dot.
    dot_end: Option<usize>,
    /// Whether the dot's whole line was handed to the system.
    pub(super) dot_written: bool,
}

/// The log as it is shared.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedLog(Arc<Mutex<Log>>);

impl SharedLog {
    pub(super) fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().expect("nothing panics while it holds the log")
    }

    /// Announces the replies the next flight asks for.
    pub(super) fn await_replies(&self, phases: &[Phase]) {
        let mut log = self.lock();
        log.awaited = phases.iter().copied().collect();
        log.replies.clear();
        log.body.clear();
        log.dot_end = None;
        log.dot_written = false;
    }

    /// Puts `body` before what lettre says next, which begins with [`DOT`].
    pub(super) fn put_body(&self, body: &[u8]) {
        let mut log = self.lock();
        log.body.extend_from_slice(body);
        log.dot_end = Some(body.len() + DOT.len());
    }

    /// The next reply, as it truly was.
    pub(super) fn take_reply(&self) -> Option<Reply> {
        self.lock().replies.pop_front()
    }
}

/// The stream.
#[derive(Debug)]
pub(super) struct Wire {
    socket: Socket,
    deadlines: Deadlines,
    log: SharedLog,
    /// Written by lettre, not yet given to the socket.
    corked: Vec<u8>,
    /// How much of `corked` the socket has taken.
    sent: usize,
    /// Whether a flight has been begun whose replies have not all come.
    in_flight: bool,
    /// Came from the socket, not yet read as a reply.
    inbound: Vec<u8>,
    /// A reply in the form lettre gets, and how much of it lettre has.
    outbound: (Vec<u8>, usize),
    /// Runs while a phase keeps us waiting.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    pub(super) fn new(socket: Socket, deadlines: Deadlines, log: SharedLog) -> Self {
        Self {
            socket,
            deadlines,
            log,
            corked: Vec::new(),
            sent: 0,
            in_flight: false,
            inbound: Vec::new(),
            outbound: (Vec::new(), 0),
            timer: None,
        }
    }

    /// Sends `bytes` (none to await a greeting) and reads the one reply, for the part
    /// of the conversation that comes before lettre.
    pub(super) async fn ask(&mut self, phase: Phase, bytes: &[u8]) -> Result<Reply, Loss> {
        self.log.await_replies(&[phase]);
        self.corked.extend_from_slice(bytes);
        poll_fn(|cx| self.poll_reply(cx)).await
    }

    /// Lets lettre see `reply` before anything else: it wants a greeting first.
    pub(super) fn replay(&mut self, reply: &Reply) {
        self.outbound = (for_lettre(Phase::Greeting, reply), 0);
    }

    /// Gives the bare socket back, and whether the server has said no more than it was
    /// asked.
    pub(super) fn into_socket(self) -> (Socket, bool) {
        (self.socket, self.inbound.is_empty())
    }

    /// Sends what is corked and reads one reply.
    fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<Result<Reply, Loss>> {
        let (phase, closed) = {
            let log = self.log.lock();
            (log.awaited.front().copied(), log.loss.is_some())
        };
        // lettre may try to say QUIT after a refusal; nobody waits for that.
        let Some(phase) = phase.filter(|_| !closed) else { return Poll::Ready(Err(Loss::HungUp)) };
        let result = match ready!(self.poll_step(cx, phase)) {
            Ok(reply) => {
                let mut log = self.log.lock();
                // A login is a dialogue: its phase ends with the first reply that
                // asks for nothing more.
                if phase != Phase::Login || reply.code != 334 {
                    log.awaited.pop_front();
                }
                if log.awaited.is_empty() {
                    self.in_flight = false;
                }
                Ok(reply)
            }
            Err(loss) => {
                self.log.lock().loss.get_or_insert((phase, loss.clone()));
                Err(loss)
            }
        };
        self.timer = None;
        Poll::Ready(result)
    }

    fn poll_step(&mut self, cx: &mut Context<'_>, phase: Phase) -> Poll<Result<Reply, Loss>> {
        if !self.corked.is_empty() {
            if let Some(reply) = ready!(self.poll_drain(cx))? {
                return Poll::Ready(Ok(reply));
            }
            self.timer = None;
        }
        let deadline = match phase {
            Phase::Dot => self.deadlines.dot,
            Phase::Data => self.deadlines.data,
            _ => self.deadlines.command,
        };
        loop {
            if let Some(reply) = Reply::take(&mut self.inbound).map_err(garbage)? {
                return Poll::Ready(Ok(reply));
            }
            if let Poll::Ready(result) = self.poll_fill(cx) {
                result?;
            } else {
                ready!(self.poll_deadline(cx, deadline));
                return Poll::Ready(Err(Loss::TimedOut(deadline)));
            }
        }
    }

    /// Hands the flight to the socket. A reply comes out only when the server refused
    /// before it had read all.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Reply>, Loss>> {
        if !self.in_flight {
            if let Some(closing) = self.check_quiet(cx)? {
                return Poll::Ready(Ok(Some(closing)));
            }
            self.in_flight = true;
        }
        let dot_end = self.log.lock().dot_end;
        loop {
            let step = if self.sent < self.corked.len() {
                let end = self.write_end(dot_end);
                self.socket.write(cx, &self.corked[self.sent..end])
            } else {
                self.socket.flush(cx).map_ok(|()| 0)
            };
            match step {
                Poll::Pending => {
                    ready!(self.poll_deadline(cx, self.deadlines.data));
                    return Poll::Ready(Err(Loss::TimedOut(self.deadlines.data)));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(self.last_words(cx, &error)),
                Poll::Ready(Ok(_)) if self.sent == self.corked.len() => {
                    self.corked.clear();
                    self.sent = 0;
                    return Poll::Ready(Ok(None));
                }
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(Loss::HungUp)),
                Poll::Ready(Ok(count)) => {
                    self.sent += count;
                    self.timer = None;
                    if dot_end.is_some_and(|end| self.sent == end - DOT.len()) {
                        pass(Point::BodyWritten);
                    }
                    if dot_end.is_some_and(|end| self.sent >= end) {
                        self.log.lock().dot_written = true;
                        pass(Point::DotWritten);
                    }
                }
            }
        }
    }

    /// How far the next write may go. Over TLS none goes past the dot: it may fail
    /// after a part was sent, and nobody could tell whether the dot was in that part.
    fn write_end(&self, dot_end: Option<usize>) -> usize {
        let all = self.corked.len();
        match (&self.socket, dot_end) {
            (_, Some(end)) if self.sent < end - DOT.len() && is_armed(Point::BodyWritten) => end - DOT.len(),
            (Socket::Tls(_), Some(end)) if self.sent < end => end.min(all),
            _ => all,
        }
    }

    /// Makes sure the server has said nothing since its last reply. Otherwise the
    /// next command would be answered by an old reply, and a refusal could pass for
    /// success. A farewell is passed on.
    fn check_quiet(&mut self, cx: &mut Context<'_>) -> Result<Option<Reply>, Loss> {
        if let Poll::Ready(result) = self.poll_fill(cx)
            && self.inbound.is_empty()
        {
            result?;
        }
        match Reply::take(&mut self.inbound).map_err(garbage)? {
            Some(reply) if reply.is_closing() => Ok(Some(reply)),
            Some(reply) => Err(Loss::Unasked(reply.to_string())),
            None if self.inbound.is_empty() => Ok(None),
            None => Err(Loss::Unasked(harmless(&self.inbound))),
        }
    }

    /// After a failed write: a server that hangs up mostly says why. When the dot had
    /// gone by then, its words are the answer to it, good or bad.
    fn last_words(&mut self, cx: &mut Context<'_>, error: &io::Error) -> Result<Option<Reply>, Loss> {
        let _ = self.poll_fill(cx);
        let answers_dot = self.log.lock().dot_written;
        match Reply::take(&mut self.inbound) {
            Ok(Some(reply)) if answers_dot || reply.is_deferred() || reply.is_refused() => {
                self.log.lock().loss.get_or_insert((Phase::Connect, Loss::HungUp));
                Ok(Some(reply))
            }
            _ => Err(Loss::Network(error.to_string())),
        }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Loss>> {
        let mut space = [0; 4096];
        let mut buf = ReadBuf::new(&mut space);
        Poll::Ready(match ready!(self.socket.read(cx, &mut buf)) {
            Ok(()) if buf.filled().is_empty() => Err(Loss::HungUp),
            Ok(()) => {
                self.inbound.extend_from_slice(buf.filled());
                Ok(())
            }
            // Many servers close TLS without saying so.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Loss::HungUp),
            Err(error) => Err(Loss::Network(error.to_string())),
        })
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>, after: Duration) -> Poll<()> {
        self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(after))).as_mut().poll(cx)
    }
}

fn garbage(NotAReply(said): NotAReply) -> Loss {
    Loss::NotAReply(said)
}

/// A reply as lettre can read it: registered digits, ASCII, short lines, never empty.
fn for_lettre(phase: Phase, reply: &Reply) -> Vec<u8> {
    let code = reply.code / 100 * 100 + (reply.code / 10 % 10).min(5) * 10 + reply.code % 10;
    let mut lines: Vec<String> = reply.lines().collect();
    if lines.is_empty() {
        lines.push(String::new());
    }
    let last = lines.len() - 1;
    let mut bytes = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let mut line: String = line.chars().take(900).map(|c| if c.is_ascii() { c } else { '?' }).collect();
        if line.trim().is_empty() {
            "ok".clone_into(&mut line);
        }
        if phase == Phase::Ehlo {
            line = line.to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
        }
        let mark = if index == last { ' ' } else { '-' };
        bytes.extend_from_slice(format!("{code}{mark}{line}\r\n").as_bytes());
    }
    bytes
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.outbound.1 == this.outbound.0.len() {
            let phase = this.log.lock().awaited.front().copied().unwrap_or(Phase::Quit);
            match ready!(this.poll_reply(cx)) {
                Ok(reply) => {
                    this.outbound = (for_lettre(phase, &reply), 0);
                    this.log.lock().replies.push_back(reply);
                }
                Err(loss) => return Poll::Ready(Err(io::Error::other(loss.to_string()))),
            }
        }
        let (bytes, at) = &mut this.outbound;
        let count = buf.remaining().min(bytes.len() - *at);
        buf.put_slice(&bytes[*at..*at + count]);
        *at += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.corked.is_empty() {
            std::mem::swap(&mut this.corked, &mut this.log.lock().body);
        }
        this.corked.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    /// Does nothing: the flight leaves when its reply is awaited.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.shutdown(cx)
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }
}
