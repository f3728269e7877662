//! Posting an edition, to the relay or into an inbox, and telling what became of it.

use std::cell::RefCell;
use std::pin::pin;
use std::sync::Arc;

use jiff::Zoned;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::press::{Edition, Progress, Stop, Tally, deliver};
use crate::problem::Problems;
use crate::send::{Deadlines, Relay, TlsMode};

use super::signals::Signals;
use super::{Context, Exit, report};

/// Connections to an inbox or a relay. Pacing arrives with the outbox.
const CONNECTIONS: usize = 4;

/// Recipients from which on progress is told on the way.
pub(super) const MANY: usize = 500;

/// An inbox on this machine, as a relay.
pub(super) fn inbox_at(address: std::net::SocketAddr) -> Relay {
    Relay {
        host: address.ip().to_string(),
        port: address.port(),
        tls: TlsMode::Plain,
        login: None,
        ca_file: None,
        deadlines: Deadlines::default(),
        messages_per_connection: None,
    }
}

/// What became of a run.
pub(super) struct Posted {
    /// Everybody, counted once.
    pub(super) tally: Tally,
    /// Why it could not go on, if it could not.
    pub(super) stopped: Option<Problems>,
    /// How it was ended from outside, if it was.
    pub(super) ended: Option<Exit>,
}

/// Sends everything and tells how far it is.
///
/// Ctrl-C, SIGTERM and SIGHUP let what is on its way be finished; a second one of the
/// first two does not wait.
pub(super) async fn post(
    edition: Arc<Edition>,
    relay: &Relay,
    date: &Zoned,
    context: &mut Context<'_>,
) -> Posted {
    let hello = edition.sender.from.address.domain().to_owned();
    let step = (edition.subscribers.len() / 10).max(MANY);
    let context = RefCell::new(context);
    let mut told = 0;
    let progress = |Progress { done, of }| {
        if done % step == 0 && done > told && done < of {
            told = done;
            context.borrow_mut().tell(format!("{done} of {of}"));
        }
    };
    let (ask, asked) = watch::channel(Stop::Never);
    let delivery = deliver(edition, relay, &hello, CONNECTIONS, date, &asked, progress);
    let say = |text: String| context.borrow_mut().tell(text);
    let ((tally, stopped), ended) = attended(delivery, &mut Signals::new(), &ask, say).await;
    Posted::new(tally, stopped, ended)
}

/// Does `work` to its end. The first of `signals` asks it to stop soon, the next to stop
/// at once; with it comes how it was ended from outside, if it was.
pub(super) async fn attended<T>(
    work: impl Future<Output = T>,
    signals: &mut Signals,
    ask: &watch::Sender<Stop>,
    say: impl Fn(String),
) -> (T, Option<Exit>) {
    let mut work = pin!(work);
    let mut ended = None;
    loop {
        tokio::select! {
            done = &mut work => return (done, ended),
            exit = signals.next() => {
                let again = ended.replace(exit).is_some();
                ask.send_replace(if again { Stop::Now } else { Stop::Soon });
                if !again {
                    say("stopping when what is on its way is done; Ctrl-C once more stops at once".to_owned());
                }
            }
        }
    }
}

impl Posted {
    pub(super) fn new(tally: Tally, stopped: Option<Problems>, ended: Option<Exit>) -> Self {
        // Whoever had enough when everything was done has missed nothing.
        let ended = ended.filter(|_| tally.pending + tally.unknown.len() > 0);
        Self { tally, stopped, ended }
    }

    /// How the run ends.
    pub(super) fn exit(&self) -> Exit {
        match (&self.ended, &self.stopped) {
            (Some(ended), _) => *ended,
            (None, Some(problems)) => problems.class().into(),
            (None, None) if !self.tally.unknown.is_empty() => Exit::Unsettled,
            (None, None) if self.tally.pending + self.tally.deferred.len() > 0 => Exit::Later,
            (None, None) => Exit::Done,
        }
    }

    /// As data.
    pub(super) fn as_json(&self, edition: &Edition) -> Value {
        let tally = &self.tally;
        json!({
            "campaign": edition.campaign,
            "recipients": tally.total(),
            "outcomes": {
                "accepted": tally.accepted,
                "failed": tally.failed.len(),
                "deferred": tally.deferred.len(),
                "unknown": tally.unknown.len(),
                "pending": tally.pending,
            },
            "failed": tally.failed,
            "deferred": tally.deferred,
            "unknown": tally.unknown,
            "interrupted": self.ended.is_some(),
            "problems": self.stopped.as_ref().map(report::json),
        })
    }

    /// Tells the run as data. Mail that is sent stays sent when nobody takes the data:
    /// then the tally is told as a message, `by` being who took the mail.
    pub(super) fn conclude_as_json(&self, context: &mut Context<'_>, report: &Value, by: &str) {
        if context.print(format!("{report:#}")).is_err() {
            self.conclude_in_words(context, by);
        }
    }

    /// Tells what became of the run, `by` being who took the messages, and why it
    /// stopped if it did.
    pub(super) fn conclude(&self, context: &mut Context<'_>, by: &str) {
        if context.print(in_words(&self.tally, by).join("\n")).is_err() {
            self.conclude_in_words(context, by);
        }
        let outcome = match self.tally.accepted + self.tally.unknown.len() {
            0 => "nothing was sent".to_owned(),
            sent => format!("stopped after {sent} of {}", self.tally.total()),
        };
        match &self.stopped {
            Some(problems) => context.tell(report::text(problems, context.colour, &outcome).trim_end()),
            None if self.ended.is_some() => context.tell(outcome),
            None => {}
        }
    }

    /// For when standard output is gone.
    fn conclude_in_words(&self, context: &mut Context<'_>, by: &str) {
        context.tell(in_words(&self.tally, by).join("\n"));
    }
}

/// The tally in words: one line, and one for each recipient who was not taken.
fn in_words(tally: &Tally, by: &str) -> Vec<String> {
    let mut parts = vec![format!("{} accepted by {by}", tally.accepted)];
    for (count, what) in [
        (tally.failed.len(), "refused"),
        (tally.deferred.len(), "deferred"),
        (tally.unknown.len(), "unknown"),
        (tally.pending, "not tried"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let mut lines = vec![parts.join(", ")];
    for (what, unsent) in
        [("refused", &tally.failed), ("deferred", &tally.deferred), ("unknown", &tally.unknown)]
    {
        lines.extend(unsent.iter().map(|one| format!("  {what}: {}: {}", one.address, one.reason)));
    }
    lines
}
