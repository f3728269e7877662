//! One conversation with a relay.

use std::fmt::Write as _;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;

use super::greet::greet;
use super::offers::Offers;
use super::wire::SharedLog;
use super::{EnhancedCode, Login, Loss, Phase, Relay, Reply, SendError};
use crate::audience::EmailAddress;
use crate::message::Message;

/// What the relay said to one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took it (2xx at the final dot). Whether it arrives nobody can know.
    Accepted {
        /// Its words.
        reply: Reply,
    },
    /// Refused for good (5xx).
    Refused {
        /// Its words.
        reply: Reply,
        /// At which step.
        phase: Phase,
    },
    /// Refused for now (4xx); may be offered again later.
    Deferred {
        /// Its words.
        reply: Reply,
        /// At which step.
        phase: Phase,
    },
}

/// A connection to a relay, greeted and logged in.
///
/// It belongs to one task. A future that is dropped half way leaves it unusable, and
/// it knows.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    log: SharedLog,
    relay: String,
    offers: Offers,
    busy: bool,
}

impl Connection {
    /// Connects to `relay`, greets it as `hello`, begins TLS and logs in, as far as
    /// each is asked for.
    ///
    /// # Errors
    ///
    /// Fails when any of it does. A password goes over TLS or to this very machine,
    /// never in clear.
    pub async fn open(relay: &Relay, hello: &str) -> Result<Self, SendError> {
        if hello.is_empty() || hello.len() > 255 || !hello.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SendError::Hello(hello.to_owned()));
        }
        let name = relay.to_string();
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
        let mut connection = Self { smtp, log, relay: name, offers: Offers::read(&reply), busy: false };
        if let Some(login) = &relay.login {
            if !private {
                return Err(SendError::PasswordInClear { relay: connection.relay });
            }
            connection.log_in(login).await?;
        }
        Ok(connection)
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), SendError> {
        let offered = &self.offers.auth;
        if !offered.iter().any(|way| way == "PLAIN" || way == "LOGIN") {
            return Err(SendError::NoLogin { relay: self.relay.clone(), offered: offered.clone() });
        }
        let credentials = Credentials::new(login.username.clone(), login.password.clone());
        self.log.await_replies(&[Phase::Login]);
        let _ = self.smtp.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
        let mut reply = None;
        while let Some(next) = self.log.take_reply() {
            reply = Some(next);
        }
        match reply {
            Some(reply) if reply.is_done() => Ok(()),
            Some(reply) if reply.code >= 400 => Err(SendError::LoginRefused {
                relay: self.relay.clone(),
                username: login.username.clone(),
                reply,
            }),
            Some(reply) => Err(self.senseless(Phase::Login, reply, None)),
            None => Err(self.lost(None)),
        }
    }

    /// Whether another message can be delivered over it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.busy && self.log.lock().loss.is_none()
    }

    /// Offers one message to the relay.
    ///
    /// A refusal is an [`Outcome`] and leaves the connection open, unless the server
    /// hung up with it (421); see [`is_open`](Self::is_open).
    ///
    /// # Errors
    ///
    /// Fails when the connection is lost; only [`SendError::Unknown`] means that the
    /// relay may have the message. Fails with [`SendError::Malformed`], and sends
    /// nothing, when the bytes may not go on the wire as they are.
    pub async fn deliver(&mut self, message: &Message) -> Result<Outcome, SendError> {
        let to = &message.envelope.to;
        let flaw = flaw(message);
        if let Some(flaw) = flaw {
            return Err(SendError::Malformed { recipient: to.clone(), flaw });
        }
        if self.busy {
            self.log.lock().loss = Some((Phase::Reset, Loss::Abandoned));
        }
        if !self.is_open() {
            self.log.await_replies(&[]);
            return Err(self.lost(Some(to)));
        }
        let most = self.offers.size.unwrap_or(0);
        if most > 0 && message.bytes.len() as u64 > most {
            // What the server would say to its SIZE, before it has to (RFC 1870 §6.1).
            let code = EnhancedCode { class: 5, subject: 3, detail: 4 };
            let text = format!(
                "the message has {} bytes, and the relay takes no more than {most}",
                message.bytes.len()
            );
            return Ok(Outcome::Refused { reply: Reply::ours(552, code, &text), phase: Phase::Mail });
        }
        let Some(commands) = self.envelope(message) else {
            // RFC 6531 §3.7.1 leaves the refusal to the client.
            let code = EnhancedCode { class: 5, subject: 6, detail: 7 };
            let reply = Reply::ours(553, code, "the relay does not take addresses outside ASCII");
            return Ok(Outcome::Refused { reply, phase: Phase::Mail });
        };
        // Stays set when this future is dropped half way: such a connection must not
        // look sound, its next reply belongs to somebody else.
        self.busy = true;
        let outcome = self.converse(message, &commands).await;
        self.busy = false;
        if outcome.is_err() {
            self.log.lock().loss.get_or_insert((Phase::Reset, Loss::Abandoned));
        }
        outcome
    }

    /// MAIL, RCPT and DATA for this message; none when the relay cannot take its
    /// addresses.
    fn envelope(&self, message: &Message) -> Option<[String; 3]> {
        let envelope = &message.envelope;
        let from = envelope.from.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut mail = format!("MAIL FROM:<{from}>");
        if self.offers.size.is_some() {
            let _ = write!(mail, " SIZE={}", message.bytes.len());
        }
        let to = envelope.to.to_string();
        if !from.is_ascii() || !to.is_ascii() {
            if !self.offers.smtputf8 {
                return None;
            }
            mail.push_str(" SMTPUTF8");
        }
        Some([mail + "\r\n", format!("RCPT TO:<{to}>\r\n"), "DATA\r\n".to_owned()])
    }

    async fn converse(&mut self, message: &Message, commands: &[String; 3]) -> Result<Outcome, SendError> {
        const PHASES: [Phase; 3] = [Phase::Mail, Phase::Rcpt, Phase::Data];
        let to = &message.envelope.to;
        let mut answers = Vec::new();
        if self.offers.pipelining {
            // RFC 2920 §3.1: all replies are read, whatever the first one says.
            self.log.await_replies(&PHASES);
            let _ = self.smtp.command(commands.concat()).await;
            answers.extend(self.log.take_reply());
            while answers.len() < PHASES.len() && self.may_go_on(&answers) {
                let _ = self.smtp.read_response().await;
                answers.extend(self.log.take_reply());
            }
        } else {
            for (phase, command) in PHASES.into_iter().zip(commands) {
                self.log.await_replies(&[phase]);
                let _ = self.smtp.command(command).await;
                answers.extend(self.log.take_reply());
                if !self.may_go_on(&answers) || answers.last().is_some_and(|reply| reply.code >= 400) {
                    break;
                }
            }
        }
        let may_send = answers.get(2).is_some_and(|reply| reply.code == 354);
        for (phase, reply) in PHASES.into_iter().zip(answers) {
            let good = if phase == Phase::Data { reply.code == 354 } else { reply.is_done() };
            if good {
                continue;
            }
            let outcome = refusal(phase, reply).map_err(|reply| self.senseless(phase, reply, Some(to)))?;
            if may_send {
                // It refused and yet waits for a message: a bare dot could deliver an
                // empty one (RFC 2920 §3.1), so there is no way on.
                self.close(phase);
            }
            self.reset().await;
            return Ok(outcome);
        }
        if !may_send {
            return Err(self.lost(Some(to)));
        }
        self.finish(message).await
    }

    /// Writes the message with its dot and reads the answer that counts.
    async fn finish(&mut self, message: &Message) -> Result<Outcome, SendError> {
        let to = &message.envelope.to;
        let body = std::str::from_utf8(&message.bytes).expect("checked to be ASCII");
        self.log.await_replies(&[Phase::Dot]);
        // As a command and not as lettre's `message`: nothing needs stuffing, and no
        // empty line is added before the dot.
        let _ = self.smtp.command(Dotted(body)).await;
        let Some(reply) = self.log.take_reply() else { return Err(self.lost(Some(to))) };
        if reply.is_closing() {
            self.close(Phase::Dot);
        }
        if reply.is_done() {
            return Ok(Outcome::Accepted { reply });
        }
        refusal(Phase::Dot, reply).map_err(|reply| self.senseless(Phase::Dot, reply, Some(to)))
    }

    /// Whether another reply may be waited for.
    fn may_go_on(&self, answers: &[Reply]) -> bool {
        if answers.last().is_some_and(Reply::is_closing) {
            self.close(Phase::Mail);
        }
        self.log.lock().loss.is_none()
    }

    /// Ends a refused transaction. The outcome is known by then, so a failure only
    /// closes the connection.
    async fn reset(&mut self) {
        if self.log.lock().loss.is_some() {
            return;
        }
        self.log.await_replies(&[Phase::Reset]);
        let _ = self.smtp.command("RSET\r\n").await;
        if !self.log.take_reply().is_some_and(|reply| reply.is_done()) {
            self.close(Phase::Reset);
        }
    }

    /// Says goodbye and closes.
    pub async fn quit(mut self) {
        if self.is_open() {
            self.log.await_replies(&[Phase::Quit]);
            let _ = self.smtp.command("QUIT\r\n").await;
        }
        self.close(Phase::Quit);
        // Only closes: the log lets nothing be read or written any more.
        self.smtp.abort().await;
    }

    fn close(&self, phase: Phase) {
        self.log.lock().loss.get_or_insert((phase, Loss::HungUp));
    }

    fn senseless(&self, phase: Phase, reply: Reply, recipient: Option<&EmailAddress>) -> SendError {
        self.log.lock().loss.get_or_insert((phase, Loss::Senseless(Box::new(reply))));
        self.lost(recipient)
    }

    fn lost(&self, recipient: Option<&EmailAddress>) -> SendError {
        lost(&self.log, &self.relay, recipient)
    }
}

/// A message and its final dot, as lettre takes commands.
struct Dotted<'a>(&'a str);

impl std::fmt::Display for Dotted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)?;
        f.write_str(".\r\n")
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

/// The error for a lost connection: an unanswered dot leaves doubt, all else does not.
fn lost(log: &SharedLog, relay: &str, recipient: Option<&EmailAddress>) -> SendError {
    let log = log.lock();
    let (phase, loss) = log.loss.clone().unwrap_or((Phase::Connect, Loss::HungUp));
    let relay = relay.to_owned();
    match recipient {
        Some(to) if phase == Phase::Dot && log.dot_written => {
            SendError::Unknown { relay, recipient: to.clone(), loss }
        }
        to => SendError::Lost { relay, phase, loss, recipient: to.cloned() },
    }
}

/// What a reply other than success means for the message; the reply itself when that is
/// nothing at all.
fn refusal(phase: Phase, reply: Reply) -> Result<Outcome, Reply> {
    if reply.is_refused() {
        Ok(Outcome::Refused { reply, phase })
    } else if reply.is_deferred() {
        Ok(Outcome::Deferred { reply, phase })
    } else {
        Err(reply)
    }
}

/// What keeps a message off the wire.
fn flaw(message: &Message) -> Option<&'static str> {
    let envelope = &message.envelope;
    let addresses = [envelope.from.as_ref(), Some(&envelope.to)];
    if addresses.into_iter().flatten().any(|address| address.to_string().chars().any(char::is_control)) {
        return Some("an address holds a control character");
    }
    message.flaw()
}
