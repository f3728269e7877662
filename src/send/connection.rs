//! One conversation with a relay.

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;

use super::greet::greet;
use super::offers::Offers;
use super::wire::SharedLog;
use super::{Loss, Phase, Relay, Reply, SendError, TlsMode};
use crate::audience::EmailAddress;
use crate::fault::{Point, pass};

/// A connection to a relay, greeted and logged in.
///
/// It belongs to one task. A future that is dropped half way leaves it unusable, and
/// it knows.
pub struct Connection {
    /// None once it was closed for good.
    pub(super) smtp: Option<AsyncSmtpConnection>,
    pub(super) log: SharedLog,
    pub(super) relay: String,
    pub(super) offers: Offers,
    /// Stays set when a future is dropped half way: such a connection must not look
    /// sound, its next reply belongs to somebody else.
    pub(super) busy: bool,
    /// The message whose body the server waits for: its recipient and its size.
    pub(super) ready: Option<(EmailAddress, usize)>,
    /// The next message, begun in the flight of the one before and not asked after yet:
    /// its recipient and its size.
    pub(super) following: Option<(EmailAddress, usize)>,
    /// How many messages were offered.
    pub(super) offered: u32,
    most: Option<u32>,
}

impl Connection {
    /// Connects to `relay`, greets it as `hello`, begins TLS and logs in, as far as
    /// each is asked for.
    ///
    /// # Errors
    ///
    /// Fails when any of it does. A login goes over TLS or to this very machine, never
    /// in clear, and not at all where TLS depends on what the server happens to offer.
    pub async fn open(relay: &Relay, hello: &str) -> Result<Self, SendError> {
        if hello.is_empty() || hello.len() > 255 || !hello.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SendError::Hello(hello.to_owned()));
        }
        let name = relay.to_string();
        if relay.login.is_some() && relay.tls == TlsMode::Opportunistic {
            return Err(SendError::LoginInClear { relay: name });
        }
        let log = SharedLog::default();
        let (mut wire, greeting, private) = greet(relay, hello, &log).await?;
        wire.replay(&greeting);
        log.await_replies(&[Phase::Ehlo]);
        let spoken =
            AsyncSmtpConnection::connect_with_transport(Box::new(wire), &ClientId::Domain(hello.to_owned()))
                .await;
        let reply = log.take_reply().ok_or_else(|| lost(&log, &name, None))?;
        let smtp = match spoken {
            Ok(smtp) if reply.is_done() => smtp,
            _ => return Err(SendError::Unwelcome { relay: name, phase: Phase::Ehlo, reply }),
        };
        let mut connection = Self {
            smtp: Some(smtp),
            log,
            relay: name,
            offers: Offers::read(&reply),
            busy: false,
            ready: None,
            following: None,
            offered: 0,
            most: relay.messages_per_connection,
        };
        if let Some(login) = &relay.login {
            if !private {
                return Err(SendError::LoginInClear { relay: connection.relay });
            }
            connection.log_in(login).await?;
        }
        Ok(connection)
    }

    /// Whether another message can be begun on it: it is sound, nothing is under way,
    /// and it is not [spent](Self::is_spent).
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_sound() && self.ready.is_none() && !self.is_spent()
    }

    /// Whether it has offered as many messages as one connection to this relay may.
    ///
    /// The next one belongs on another connection; this one is to be
    /// [quit](Self::quit). It counts every MAIL, as servers do.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.most.is_some_and(|most| self.offered >= most.max(1))
    }

    pub(super) fn is_sound(&self) -> bool {
        !self.busy && self.log.lock().loss.is_none()
    }

    /// Says goodbye and closes. A transaction that waits for its body is abandoned.
    pub async fn quit(mut self) {
        if self.ready.is_some() {
            self.abandon();
        }
        if self.is_sound() {
            pass(Point::Leaving);
            self.say(&[Phase::Quit], "QUIT\r\n").await;
        }
        // One that is lost is only dropped: nobody may be there to shut it with.
        let sound = self.is_sound();
        self.close(Phase::Quit);
        if let Some(mut smtp) = self.smtp.take().filter(|_| sound) {
            // Only closes: the log lets nothing be read or written any more.
            smtp.abort().await;
        }
    }

    /// Sends a flight of commands and waits for the first of the replies it asks for.
    /// What came is in the log; lettre's own opinion of it is of no use.
    pub(super) async fn say(&mut self, replies: &[Phase], flight: &str) -> Option<Reply> {
        self.log.await_replies(replies);
        self.send(flight).await
    }

    /// The same when the replies are announced already.
    pub(super) async fn send(&mut self, flight: &str) -> Option<Reply> {
        let _ = self.smtp.as_mut()?.command(flight).await;
        self.log.take_reply()
    }

    /// Waits for the next reply of the flight.
    pub(super) async fn hear(&mut self) -> Option<Reply> {
        let _ = self.smtp.as_mut()?.read_response().await;
        self.log.take_reply()
    }

    /// Lets nothing more be said or heard.
    pub(super) fn close(&self, phase: Phase) {
        self.lose(phase, Loss::HungUp);
    }

    /// Notes why the connection is of no further use, unless that is known.
    pub(super) fn lose(&self, phase: Phase, loss: Loss) {
        self.log.lock().loss.get_or_insert((phase, loss));
    }

    pub(super) fn lost(&self, recipient: Option<&EmailAddress>) -> SendError {
        lost(&self.log, &self.relay, recipient)
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("relay", &self.relay)
            .field("offers", &self.offers)
            .finish_non_exhaustive()
    }
}

/// The error for a connection lost with nothing in doubt.
fn lost(log: &SharedLog, relay: &str, recipient: Option<&EmailAddress>) -> SendError {
    let (phase, loss) = log.lock().loss.clone().unwrap_or((Phase::Connect, Loss::HungUp));
    SendError::Lost { relay: relay.to_owned(), phase, loss, recipient: recipient.cloned() }
}
