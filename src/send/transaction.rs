//! One message over a connection, in two steps.
//!
//! Between the 354 and the dot there is room for whoever keeps deliveries to write
//! down that the dot may be written: [`begin`](Connection::begin), then the intent,
//! then [`end`](Connection::end) with the permit that intent gave. With PIPELINING the
//! flight that carries a body also begins the next message, so that a message costs one
//! round trip (RFC 2920 §3.1); [`follow`](Connection::follow) tells what became of that.

use std::fmt::Write as _;

use super::wire::DOT;
use super::{Connection, EnhancedCode, Loss, Phase, Reply, SendError};
use crate::audience::EmailAddress;
use crate::fault::{Point, pass};
use crate::message::Message;
use crate::outbox::DotPermit;

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

/// How far a message came that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a server that waits for a body must get it or be abandoned"]
pub enum Begun {
    /// The relay waits for its body (354): [`finish`](Connection::finish) it or
    /// [`abandon`](Connection::abandon) the connection.
    Ready,
    /// The relay does not want it; never [`Outcome::Accepted`].
    Refused(Outcome),
}

/// What became of a message whose body was written, and of the next one.
#[derive(Debug)]
#[must_use = "both messages have an outcome"]
pub struct Finished {
    /// What became of the message.
    pub outcome: Result<Outcome, SendError>,
    /// How far the next one came; none when it was not tried, and then it can be
    /// begun as if nothing had been said of it.
    pub next: Option<Result<Begun, SendError>>,
}

/// Why a message is not offered at all.
enum Unfit {
    /// Its bytes may not go on the wire.
    Flawed(&'static str),
    /// What the server would have to say to it.
    Unwanted(Outcome),
}

/// The commands that begin a message, and what their replies are called.
const BEGINNING: [Phase; 3] = [Phase::Mail, Phase::Rcpt, Phase::Data];

/// The same with a body before them.
const GROUP: [Phase; 4] = [Phase::Dot, Phase::Mail, Phase::Rcpt, Phase::Data];

impl Connection {
    /// Offers one message to the relay, for deliveries that no store keeps.
    ///
    /// A refusal is an [`Outcome`] and leaves the connection open, unless the server
    /// hung up with it (421); see [`is_open`](Self::is_open).
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin) and [`finish`](Self::finish).
    pub async fn deliver(&mut self, message: &Message) -> Result<Outcome, SendError> {
        match self.begin(message).await? {
            Begun::Ready => self.finish(message, DotPermit::unrecorded(), None).await.outcome,
            Begun::Refused(outcome) => Ok(outcome),
        }
    }

    /// Offers the envelope of a message: MAIL, RCPT and DATA, in one flight when the
    /// server offers PIPELINING. Nothing of the message can be accepted by that.
    ///
    /// A refusal leaves the connection open, unless the server hung up with it (421)
    /// or waits for a body all the same; see [`is_open`](Self::is_open). What the
    /// server would have to refuse, because its SIZE is too small for the message or
    /// it lacks SMTPUTF8, is refused here.
    ///
    /// # Errors
    ///
    /// Fails with [`SendError::Lost`] when the connection is lost, or when a
    /// transaction is open already. Fails with [`SendError::Malformed`], and sends
    /// nothing, when the bytes may not go on the wire as they are.
    pub async fn begin(&mut self, message: &Message) -> Result<Begun, SendError> {
        let to = &message.envelope.to;
        let commands = match self.commands(message) {
            Err(Unfit::Flawed(flaw)) => return Err(malformed(to, flaw)),
            _ if !self.is_sound() || self.ready.is_some() => return Err(self.spoilt(to)),
            Err(Unfit::Unwanted(outcome)) => return Ok(Begun::Refused(outcome)),
            Ok(commands) => commands,
        };
        self.busy = true;
        let begun = self.envelope(to, message.bytes.len(), &commands).await;
        self.settled(begun.is_err());
        begun
    }

    /// Writes the body and the dot of the message that was begun and reads the answers:
    /// [`end`](Self::end) and [`follow`](Self::follow) in one.
    ///
    /// The errors of both: only [`SendError::Unknown`] means that the relay may have
    /// the message, and only `outcome` can be that.
    pub async fn finish(&mut self, message: &Message, permit: DotPermit, next: Option<&Message>) -> Finished {
        let outcome = self.end(message, permit, next).await;
        Finished { outcome, next: self.follow().await }
    }

    /// Writes the body and the dot of the message that was begun and reads the answer
    /// that counts.
    ///
    /// When the server offers PIPELINING and this connection is not spent, `next` is
    /// begun in the same flight, whatever becomes of `message`, and
    /// [`follow`](Self::follow) has to be asked what became of that: a relay may think
    /// about a recipient long after it took the message before, and nobody who keeps
    /// books should have to wait for it. The body of `next` never leaves before its own
    /// 354 and its own permit.
    ///
    /// # Errors
    ///
    /// Only [`SendError::Unknown`] means that the relay may have the message.
    /// [`SendError::Malformed`] means that this is not the message that was begun;
    /// nothing was sent and the connection is abandoned.
    pub async fn end(
        &mut self,
        message: &Message,
        permit: DotPermit,
        next: Option<&Message>,
    ) -> Result<Outcome, SendError> {
        let _ = permit.spend();
        let to = &message.envelope.to;
        if !self.is_sound() {
            return Err(self.spoilt(to));
        }
        if self.ready.take().is_none_or(|(begun, size)| begun != *to || size != message.bytes.len()) {
            self.abandon();
            return Err(malformed(to, "it is not the message that was begun"));
        }
        let next = next
            .filter(|_| self.offers.pipelining && !self.is_spent())
            .and_then(|next| self.commands(next).ok().map(|commands| (next, commands)));
        self.busy = true;
        let outcome = self.group(message, next).await;
        if self.following.is_none() {
            self.settled(outcome.is_err());
        }
        outcome
    }

    /// How far the next message came, that was begun in the flight of the one before;
    /// none when there is none, and then it can be begun as if nothing had been said of
    /// it.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin).
    pub async fn follow(&mut self) -> Option<Result<Begun, SendError>> {
        // Taken at once: who is dropped while it waits leaves the connection busy, and
        // what is left of the answers is nobody's.
        let (to, size) = self.following.take()?;
        let mut answers = Vec::new();
        self.hear_rest(&mut answers).await;
        let begun = self.conclude(&to, size, answers).await;
        self.settled(begun.is_err());
        Some(begun)
    }

    /// Closes at once, without another word: after a 354 whose message must not be
    /// sent after all, a bare dot would deliver an empty one (RFC 2920 §3.1).
    pub fn abandon(&mut self) {
        self.lose(Phase::Data, Loss::Abandoned);
        (self.ready, self.following) = (None, None);
        // The socket goes with it; a server drops what ends without its dot.
        self.smtp = None;
    }

    /// MAIL, RCPT and DATA for this message.
    fn commands(&self, message: &Message) -> Result<[String; 3], Unfit> {
        if let Some(flaw) = flaw(message) {
            return Err(Unfit::Flawed(flaw));
        }
        let refused = |code, enhanced, text: &str| {
            let reply = Reply::ours(code, enhanced, text);
            Unfit::Unwanted(Outcome::Refused { reply, phase: Phase::Mail })
        };
        let (size, most) = (message.bytes.len(), self.offers.size.unwrap_or(0));
        if most > 0 && size as u64 > most {
            // What the server would say to its SIZE, before it has to (RFC 1870 §6.1).
            let code = EnhancedCode { class: 5, subject: 3, detail: 4 };
            let text = format!("the message has {size} bytes, and the relay takes no more than {most}");
            return Err(refused(552, code, &text));
        }
        let envelope = &message.envelope;
        let from = envelope.from.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut mail = format!("MAIL FROM:<{from}>");
        if self.offers.size.is_some() {
            let _ = write!(mail, " SIZE={size}");
        }
        let to = envelope.to.to_string();
        if message.needs_smtputf8() {
            if !self.offers.smtputf8 {
                // RFC 6531 §3.2: it must not be said then, and the code is that of §3.5.
                let code = EnhancedCode { class: 5, subject: 6, detail: 7 };
                return Err(refused(553, code, "the relay does not take addresses outside ASCII"));
            }
            // Its header is not ASCII, and servers that offer the one offer the other
            // (RFC 6531 §3.1).
            if self.offers.eight_bit {
                mail.push_str(" BODY=8BITMIME");
            }
            mail.push_str(" SMTPUTF8");
        }
        Ok([mail + "\r\n", format!("RCPT TO:<{to}>\r\n"), "DATA\r\n".to_owned()])
    }

    async fn envelope(
        &mut self,
        to: &EmailAddress,
        size: usize,
        commands: &[String; 3],
    ) -> Result<Begun, SendError> {
        self.offered = self.offered.saturating_add(1);
        pass(Point::Offering);
        let mut answers = Vec::new();
        if self.offers.pipelining {
            answers.extend(self.say(&BEGINNING, &commands.concat()).await);
            self.hear_rest(&mut answers).await;
        } else {
            for (phase, command) in BEGINNING.into_iter().zip(commands) {
                answers.extend(self.say(&[phase], command).await);
                if !self.may_go_on(&answers) || answers.last().is_some_and(|reply| reply.code >= 400) {
                    break;
                }
            }
        }
        self.conclude(to, size, answers).await
    }

    /// Writes the body and its dot, and behind them what begins the next message.
    async fn group(
        &mut self,
        message: &Message,
        next: Option<(&Message, [String; 3])>,
    ) -> Result<Outcome, SendError> {
        let to = &message.envelope.to;
        let mut flight = DOT.to_owned();
        if let Some((next, commands)) = &next {
            self.offered = self.offered.saturating_add(1);
            flight.extend(commands.iter().map(String::as_str));
            self.following = Some((next.envelope.to.clone(), next.bytes.len()));
        }
        self.log.await_replies(if next.is_some() { &GROUP } else { &GROUP[..1] });
        self.log.put_body(&message.bytes);
        let answer = self.send(&flight).await;
        pass(Point::AnswerRead);
        match answer {
            None => Err(self.unanswered(to)),
            Some(reply) => self.judge(to, reply),
        }
    }

    /// What an answer to the dot means.
    fn judge(&self, to: &EmailAddress, reply: Reply) -> Result<Outcome, SendError> {
        if reply.is_closing() {
            self.close(Phase::Dot);
        }
        if reply.is_done() {
            return Ok(Outcome::Accepted { reply });
        }
        refusal(Phase::Dot, reply).map_err(|reply| {
            self.lose(Phase::Dot, Loss::Senseless(Box::new(reply)));
            self.unanswered(to)
        })
    }

    /// Reads what is missing of the replies to MAIL, RCPT and DATA in one flight: all
    /// of them, whatever the first one says (RFC 2920 §3.1).
    async fn hear_rest(&mut self, answers: &mut Vec<Reply>) {
        while answers.len() < BEGINNING.len() && self.may_go_on(answers) {
            let reply = self.hear().await;
            answers.extend(reply);
        }
    }

    /// Whether another reply may be waited for.
    fn may_go_on(&self, answers: &[Reply]) -> bool {
        if answers.last().is_some_and(Reply::is_closing) {
            self.close(Phase::Mail);
        }
        self.log.lock().loss.is_none()
    }

    /// What the answers to MAIL, RCPT and DATA mean, as far as they came.
    async fn conclude(
        &mut self,
        to: &EmailAddress,
        size: usize,
        answers: Vec<Reply>,
    ) -> Result<Begun, SendError> {
        let may_send = answers.get(2).is_some_and(|reply| reply.code == 354);
        for (phase, reply) in BEGINNING.into_iter().zip(answers) {
            let good = if phase == Phase::Data { reply.code == 354 } else { reply.is_done() };
            if good {
                continue;
            }
            let outcome = match refusal(phase, reply) {
                Ok(outcome) => outcome,
                Err(reply) => {
                    self.lose(phase, Loss::Senseless(Box::new(reply)));
                    return Err(self.lost(Some(to)));
                }
            };
            if may_send {
                // It refused and yet waits for a message; there is no way on.
                self.close(phase);
                self.abandon();
            }
            self.reset().await;
            return Ok(Begun::Refused(outcome));
        }
        if !may_send {
            return Err(self.lost(Some(to)));
        }
        self.ready = Some((to.clone(), size));
        pass(Point::BodyAwaited);
        Ok(Begun::Ready)
    }

    /// Ends a refused transaction. The outcome is known by then, so a failure only
    /// closes the connection.
    async fn reset(&mut self) {
        if self.log.lock().loss.is_some() {
            return;
        }
        if !self.say(&[Phase::Reset], "RSET\r\n").await.is_some_and(|reply| reply.is_done()) {
            self.close(Phase::Reset);
        }
    }

    /// Ends a step that was not dropped half way.
    fn settled(&mut self, failed: bool) {
        self.busy = false;
        if failed {
            self.lose(Phase::Reset, Loss::Abandoned);
        }
    }

    /// The error for a message that is offered to a connection that can take none.
    fn spoilt(&mut self, to: &EmailAddress) -> SendError {
        if self.busy || self.ready.is_some() {
            self.lose(Phase::Reset, Loss::Abandoned);
            self.abandon();
        }
        self.lost(Some(to))
    }

    /// The error for a dot without an answer: when it was written, there is doubt.
    fn unanswered(&self, to: &EmailAddress) -> SendError {
        let error = self.lost(Some(to));
        match error {
            SendError::Lost { relay, loss, .. } if self.log.lock().dot_written => {
                SendError::Unknown { relay, recipient: to.clone(), loss }
            }
            error => error,
        }
    }
}

fn malformed(to: &EmailAddress, flaw: &'static str) -> SendError {
    SendError::Malformed { recipient: to.clone(), flaw }
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
