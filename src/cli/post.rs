//! Posting an edition, to the relay or into an inbox, and telling what became of it.

use std::sync::Arc;

use jiff::Zoned;
use serde_json::{Value, json};

use crate::press::{Edition, Progress, Tally, deliver};
use crate::problem::Problems;
use crate::send::{Deadlines, Relay, TlsMode};

use super::{Context, Exit, report};

/// Connections to an inbox or a relay. Pacing arrives with the outbox.
const CONNECTIONS: usize = 4;

/// Recipients from which on progress is told on the way.
const MANY: usize = 500;

/// An inbox on this machine, as a relay.
pub(super) fn inbox_at(address: std::net::SocketAddr) -> Relay {
    Relay {
        host: address.ip().to_string(),
        port: address.port(),
        tls: TlsMode::Plain,
        login: None,
        ca_file: None,
        deadlines: Deadlines::default(),
    }
}

/// Sends everything and tells how far it is.
pub(super) async fn post(
    edition: Arc<Edition>,
    relay: &Relay,
    date: &Zoned,
    context: &mut Context<'_>,
) -> (Tally, Option<Problems>) {
    let hello = edition.sender.from.address.domain().to_owned();
    let step = (edition.subscribers.len() / 10).max(MANY);
    deliver(edition, relay, &hello, CONNECTIONS, date, |Progress { done, of }| {
        if done % step == 0 && done < of {
            context.tell(format!("{done} of {of}"));
        }
    })
    .await
}

/// How a run with this tally ends.
pub(super) fn exit(tally: &Tally, stopped: Option<&Problems>) -> Exit {
    match stopped {
        Some(problems) => problems.class().into(),
        None if !tally.unknown.is_empty() => Exit::Unsettled,
        None if !tally.deferred.is_empty() => Exit::Later,
        None => Exit::Done,
    }
}

/// The tally as data.
pub(super) fn as_json(edition: &Edition, tally: &Tally, stopped: Option<&Problems>) -> Value {
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
        "problems": stopped.map(report::json),
    })
}

/// Tells what became of a run, `by` being who took the messages, and why it stopped
/// if it did; returns how the run ends.
pub(super) fn conclude(
    context: &mut Context<'_>,
    tally: &Tally,
    stopped: Option<&Problems>,
    by: &str,
) -> Result<Exit, Problems> {
    for line in in_words(tally, by) {
        context.print(line)?;
    }
    if let Some(problems) = stopped {
        let outcome = match tally.accepted + tally.unknown.len() {
            0 => "nothing was sent".to_owned(),
            sent => format!("stopped after {sent} of {}", tally.total()),
        };
        context.tell(report::text(problems, context.colour, &outcome).trim_end());
    }
    Ok(exit(tally, stopped))
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
