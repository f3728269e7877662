//! The log of a Postfix.
//!
//! `cleanup` writes a Message-ID beside a queue id while the message is still coming
//! in, also for one that is cut off half way. Only from `qmgr` on is the message in the
//! queue, and the relay's: `from=<…>, size=…, nrcpt=1 (queue active)` is the proof.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::{EvidenceError, Fate, Finding, Sought, harmless, lines};
use crate::problem::Problem;

/// How often one message may come by in a log, as it does where a filter hands it
/// back; more often is no mail any more.
const MOST_VISITS: u32 = 64;

/// Looks in the logs at `paths`, the oldest first, for the messages that are sought;
/// a finding for each, in their order.
///
/// # Errors
///
/// Fails with every file that cannot be read or is no log of a Postfix.
pub fn load(paths: &[impl AsRef<Path>], sought: &Sought) -> Result<Vec<Option<Finding>>, Vec<Problem>> {
    let mut log = MailLog::new(sought);
    let mut found = Vec::new();
    for path in paths {
        let path = path.as_ref();
        let before = log.known;
        let read = File::open(path).and_then(|file| log.read(BufReader::new(file)));
        let path = path.display().to_string();
        match read {
            Err(error) => {
                let reason = error.to_string();
                found.push(Problem::new(EvidenceError::Unreadable { path, reason }));
            }
            Ok(()) if log.known == before => found.push(Problem::new(EvidenceError::NotALog(path))),
            Ok(()) => {}
        }
    }
    if found.is_empty() { Ok(log.findings()) } else { Err(found) }
}

/// What is being read.
struct MailLog<'a> {
    sought: &'a Sought,
    /// The messages of ours that are under way, by queue id: these are used again.
    under_way: HashMap<String, Visit>,
    best: Vec<Option<Visit>>,
    visits: Vec<u32>,
    order: u64,
    /// Lines that a Postfix wrote.
    known: u64,
}

/// One message on its way through the queue.
#[derive(Debug, Clone)]
struct Visit {
    index: usize,
    order: u64,
    fate: Fate,
    words: String,
}

impl Visit {
    /// What is said later is believed, but that nothing undoes what was passed on: one
    /// recipient may stand for many, and somebody has it then.
    fn hears(&mut self, fate: Fate, words: String) {
        if fate >= self.fate {
            (self.fate, self.words) = (fate, words);
        }
    }
}

impl<'a> MailLog<'a> {
    fn new(sought: &'a Sought) -> Self {
        Self {
            sought,
            under_way: HashMap::new(),
            best: vec![None; sought.len()],
            visits: vec![0; sought.len()],
            order: 0,
            known: 0,
        }
    }

    fn read(&mut self, reader: impl BufRead) -> std::io::Result<()> {
        lines::each(reader, |line| self.line(line))
    }

    fn line(&mut self, line: &str) {
        let Some(Line { service, queue_id, text }) = split(line) else { return };
        self.known += 1;
        if let Some(message_id) = text.strip_prefix("message-id=").filter(|_| service == "cleanup") {
            self.begins(queue_id, message_id);
            return;
        }
        let Some(visit) = self.under_way.get_mut(queue_id) else { return };
        if service == "qmgr" {
            if text == "removed" {
                let visit = self.under_way.remove(queue_id);
                self.ends(visit);
            } else if text.starts_with("from=<") {
                let expired = text.contains(", status=expired") || text.contains(", status=force-expired");
                if expired {
                    visit.hears(Fate::Bounced, "expired in the relay's queue".to_owned());
                } else {
                    visit.hears(Fate::Taken, format!("in the relay's queue as {queue_id}"));
                }
            }
            return;
        }
        let address = self.sought.addresses[visit.index].as_str();
        if let Some(Status { word, words }) = status_for(text, address) {
            let fate = match word {
                "sent" => Fate::PassedOn,
                "bounced" => Fate::Bounced,
                "deferred" => Fate::Taken,
                _ => return,
            };
            visit.hears(fate, harmless(words));
        }
    }

    /// A message comes in. Its queue id is nobody else's any more.
    fn begins(&mut self, queue_id: &str, message_id: &str) {
        let before = self.under_way.remove(queue_id);
        self.ends(before);
        let Some(index) = self.sought.by_message_id(message_id) else { return };
        if self.visits[index] == MOST_VISITS {
            return;
        }
        self.visits[index] += 1;
        let words = format!("seen by the relay as {queue_id}, and not that it came to its end");
        self.insert(queue_id, Visit { index, order: 0, fate: Fate::Begun, words });
    }

    fn insert(&mut self, queue_id: &str, visit: Visit) {
        self.order += 1;
        self.under_way.insert(queue_id.to_owned(), Visit { order: self.order, ..visit });
    }

    /// Keeps the visit when it says more than what is known: one that came to its end
    /// before one that did not, and the last of these, because a filter hands on.
    fn ends(&mut self, visit: Option<Visit>) {
        let Some(visit) = visit else { return };
        let best = &mut self.best[visit.index];
        let weight = |visit: &Visit| (visit.fate > Fate::Begun, visit.order);
        if best.as_ref().is_none_or(|best| weight(&visit) > weight(best)) {
            *best = Some(visit);
        }
    }

    fn findings(mut self) -> Vec<Option<Finding>> {
        let left: Vec<Visit> = self.under_way.drain().map(|(_, visit)| visit).collect();
        for visit in left {
            self.ends(Some(visit));
        }
        let found = self.best.into_iter();
        found.map(|best| best.map(|Visit { fate, words, .. }| Finding { fate, words })).collect()
    }
}

/// A line of a Postfix that is about one message.
struct Line<'a> {
    /// `cleanup`, `qmgr`, `smtp` and so on.
    service: &'a str,
    queue_id: &'a str,
    text: &'a str,
}

/// Takes `… postfix/smtp[123]: 4XyZ: text` apart, whatever the clock looks like.
fn split(line: &str) -> Option<Line<'_>> {
    let (head, rest) = line.split_once("]: ")?;
    let (head, pid) = head.rsplit_once('[')?;
    let tag = head.rsplit_once(' ').map_or(head, |(_, tag)| tag);
    let (_, service) = tag.rsplit_once('/')?;
    let (queue_id, text) = rest.split_once(": ")?;
    // A long queue id is 52 letters and digits at work on time and inode.
    let named = (5..=24).contains(&queue_id.len()) && queue_id.bytes().all(|b| b.is_ascii_alphanumeric());
    let sound = named && pid.bytes().all(|byte| byte.is_ascii_digit()) && queue_id != "NOQUEUE";
    sound.then_some(Line { service, queue_id, text })
}

struct Status<'a> {
    word: &'a str,
    words: &'a str,
}

/// What `to=<address>, …, status=word (words)` says, when it is about this address or
/// what it was rewritten to.
fn status_for<'a>(text: &'a str, address: &str) -> Option<Status<'a>> {
    let named = |text: &'a str, key: &str| -> Option<(&'a str, &'a str)> {
        text.strip_prefix(key)?.strip_prefix('<')?.split_once(">, ")
    };
    let (to, rest) = named(text, "to=")?;
    let (is_theirs, rest) = match named(rest, "orig_to=") {
        Some((first, rest)) => {
            (first.eq_ignore_ascii_case(address) || to.eq_ignore_ascii_case(address), rest)
        }
        None => (to.eq_ignore_ascii_case(address), rest),
    };
    // The first one: what the other side said stands behind it, in brackets.
    let (_, status) = rest.split_once("status=")?;
    let (word, words) = status.split_once(' ').unwrap_or((status, ""));
    let words = words.strip_prefix('(').unwrap_or(words);
    is_theirs.then_some(Status { word, words: words.strip_suffix(')').unwrap_or(words) })
}

#[cfg(test)]
mod tests;
