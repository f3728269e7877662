//! Decides what an SMTP reply means for one delivery.
//!
//! Pure: a [`Reply`] goes in, a [`Disposition`] comes out. How long to wait is
//! [`outbox::next_try`](crate::outbox::next_try)'s business.
//!
//! The enhanced code (RFC 3463, RFC 5248) is trusted before the basic one, and the
//! text is looked at only where codes say too little. A policy never condemns an
//! address, and nothing does before the recipient was named.

use super::{Phase, Reply};
use crate::outbox::{Cause, Disposition, Retry};

const SOFT: Disposition = Disposition::Fail { hard: false };
const HARD: Disposition = Disposition::Fail { hard: true };

/// An account that has sent enough: Amazon SES, Gmail, Exchange Online, cPanel.
const QUOTA: &[&str] = &[
    "daily message quota",
    "daily sending",
    "daily user sending",
    "daily smtp relay limit",
    "reached your daily limit",
    "sending quota",
    "sending limit exceeded",
    "submission quota",
    "submissionquota",
    "max emails per hour",
];

/// An account that sends too fast: Amazon SES, Google's relay.
const ACCOUNT_RATE: &[&str] = &["throttling failure", "maximum sending rate", "peak smtp relay limit"];

/// An account, or a machine without one, that may not send through here.
const RELAYING: &[&str] = &[
    "relay access denied",
    "relaying denied",
    "relay denied",
    "relay not permitted",
    "relaying not allowed",
    "relaying disallowed",
    "relaying prohibited",
    "unable to relay",
    "not permitted to relay",
    "allowed rcpthosts",
    "sending paused for this account",
];

/// A sender the relay does not know or does not let through.
const SENDER: &[&str] = &[
    "sender address rejected",
    "sender verify failed",
    "not owned by user",
    "send as this sender",
    "not a sender signature",
    "verified sender",
    "unverified sender",
    "address is not verified",
    "identities failed the check",
    "domain is not verified",
];

/// A block that has nothing to do with the recipient, even beside a code that names
/// one.
const BLOCKED: &[&str] = &[
    "spamhaus",
    "spamcop",
    "barracuda",
    "blocked",
    "blacklist",
    "blocklist",
    "block list",
    "dnsbl",
    "dmarc",
];

/// Other words of policy, where no code says better.
const POLICY: &[&str] = &[
    "listed",
    "spam",
    "spf",
    "dkim",
    "reputation",
    "policy",
    "policies",
    "unsolicited",
    "bulk mail",
    "unauthenticated",
    "reverse dns",
    "ptr record",
    "content rejected",
    "banned",
];

const GREYLISTED: &[&str] = &["greylist", "graylist", "grey-list", "grey list"];

/// Words for too much at once: Yahoo's and GMX's codes, Orange and SFR among them.
const RATE: &[&str] = &[
    "rate limit",
    "ratelimit",
    "rate exceeded",
    "at a rate",
    "unusual rate",
    "unusual traffic",
    "unexpected volume",
    "too quickly",
    "too fast",
    "too many connections",
    "too many concurrent",
    "too many messages",
    "too much mail",
    "per hour",
    "this hour",
    "per minute",
    "throttl",
    "[ts",
    "[tss",
    "ib007",
    "trop de connexions",
];

const TEMPORARY: &[&str] = &["try again", "try later", "temporar", "come back later"];

/// Enough for this session, and nothing wrong with the message.
const SESSION: &[&str] =
    &["too many recipients", "too many messages in this", "too many messages per connection"];

/// A mailbox that is not there.
const UNKNOWN_USER: &[&str] = &[
    "user unknown",
    "unknown user",
    "unknown recipient",
    "recipient unknown",
    "unknown address",
    "unknown mailbox",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "no such address",
    "no mailbox here",
    "does not exist",
    "doesn't exist",
    "doesn't have a",
    "not a known user",
    "not a valid mailbox",
    "invalid recipient",
    "invalid mailbox",
    "mailbox not found",
    "user not found",
    "recipient not found",
    "mailbox unavailable",
    "recipient address rejected: access denied",
];

const FULL: &[&str] = &["quota", "mailbox full", "mailbox is full", "out of storage"];

/// What `reply`, given at `phase`, means for the delivery it was given to.
///
/// Only a 2xx to the dot is [`Accepted`](Disposition::Accepted), and no 4xx fails
/// anybody. An answer that is neither yes nor no is
/// [`Unknown`](Disposition::Unknown) at the dot, and asks for a new session before.
#[must_use]
pub fn classify(phase: Phase, reply: &Reply) -> Disposition {
    match phase {
        Phase::Login if reply.is_refused() => Disposition::Hold(Cause::Account),
        Phase::Connect | Phase::Tls | Phase::Greeting | Phase::Ehlo | Phase::StartTls | Phase::Login => {
            Disposition::Hold(Cause::Unavailable)
        }
        Phase::Reset | Phase::Quit => Disposition::Retry(Retry::NewSession),
        _ if reply.is_deferred() => {
            let said = Said::new(reply);
            account(&said).unwrap_or_else(|| Disposition::Retry(deferred(&said)))
        }
        _ if reply.is_refused() => {
            let said = Said::new(reply);
            account(&said).unwrap_or_else(|| refused(phase, &said))
        }
        Phase::Dot if reply.is_done() => Disposition::Accepted,
        Phase::Dot => Disposition::Unknown,
        Phase::Mail | Phase::Rcpt | Phase::Data => Disposition::Retry(Retry::NewSession),
    }
}

/// A reply, ready to be looked at.
struct Said {
    code: u16,
    /// Subject and detail of the enhanced code; its class is that of the code.
    about: Option<(u16, u16)>,
    text: String,
}

impl Said {
    fn new(reply: &Reply) -> Self {
        Self {
            code: reply.code,
            about: reply.enhanced.map(|code| (code.subject, code.detail)),
            text: reply.text.to_lowercase().replace('\u{2019}', "'"),
        }
    }

    /// Whether one of `phrases` stands in the text, at the beginning of a word.
    fn has(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| {
            self.text
                .match_indices(phrase)
                .any(|(at, _)| !self.text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
        })
    }

    fn is_about(&self, subject: u16) -> bool {
        self.about.is_some_and(|(its, _)| its == subject)
    }
}

/// What concerns the account, whatever the message and whoever the recipient.
fn account(said: &Said) -> Option<Disposition> {
    // 5.4.5: Gmail's daily limit; the other two: those of Exchange Online.
    let spent = said.code >= 500 && matches!(said.about, Some((4, 5) | (1, 90) | (7, 705)));
    let cause = if spent || said.has(QUOTA) {
        Cause::Quota
    } else if said.has(ACCOUNT_RATE) {
        Cause::Rate
    } else if matches!(said.code, 525 | 530 | 534 | 535 | 538)
        || (said.code >= 500 && (matches!(said.about, Some((7, 54 | 64))) || said.has(RELAYING)))
    {
        Cause::Account
    } else {
        return None;
    };
    Some(Disposition::Hold(cause))
}

/// What kind of later a 4xx is.
fn deferred(said: &Said) -> Retry {
    let closing = said.code == 421;
    if said.has(GREYLISTED) {
        return Retry::Ordinary;
    }
    if is_session(said) || (closing && (said.about == Some((4, 2)) || said.has(&["idle", "timeout"]))) {
        return Retry::NewSession;
    }
    match said.about {
        Some((7, _) | (4, 5)) => Retry::Throttled,
        Some((3, 2)) if closing => Retry::Throttled,
        // Of one mailbox, that gets more than it can take.
        Some((2, _)) => Retry::Ordinary,
        _ if said.has(RATE) => Retry::Throttled,
        _ => Retry::Ordinary,
    }
}

/// Whether a new session is all that is asked for, a 5xx or not.
fn is_session(said: &Said) -> bool {
    (said.about == Some((5, 3)) || said.has(SESSION)) && !said.has(&["this hour", "per hour", "per minute"])
}

/// What a 5xx means that does not concern the account.
fn refused(phase: Phase, said: &Said) -> Disposition {
    let named = phase != Phase::Mail;
    if is_session(said) {
        return Disposition::Retry(Retry::NewSession);
    }
    // Before the recipient's codes: servers verify senders as they do recipients, and
    // many say so only after RCPT.
    if matches!(said.about, Some((1, 7 | 8))) || said.has(SENDER) {
        return Disposition::Hold(Cause::Sender);
    }
    // Mailbox and domain have another owner now (RFC 7293), no mail is taken there
    // (RFC 7505), and the plain ones.
    if named && matches!(said.about, Some((7, 17 | 18))) {
        return HARD;
    }
    if named && matches!(said.about, Some((1, 1 | 2 | 3 | 6 | 10))) && !said.has(BLOCKED) {
        return HARD;
    }
    if said.has(TEMPORARY) || said.has(GREYLISTED) || said.has(RATE) {
        let slow = said.is_about(7) || said.has(BLOCKED) || (said.has(RATE) && !said.is_about(2));
        return Disposition::Retry(if slow { Retry::Throttled } else { Retry::Ordinary });
    }
    match (said.about, said.code) {
        (Some((6, _) | (5, 1..)), _) | (None, 500..=504) => SOFT,
        (Some((2, 3) | (3, 4)), _) if named => SOFT,
        (Some((2, 3) | (3, 4)), _) => Disposition::Hold(Cause::Size),
        (None, 552) if !named && !said.has(FULL) => Disposition::Hold(Cause::Size),
        _ if !named => Disposition::Hold(Cause::Sender),
        // One mailbox or group that takes mail from its own people only (Exchange).
        (Some((7, 124 | 129 | 133..=136)), _) => SOFT,
        (Some((7, _)), _) => Disposition::Hold(Cause::Policy),
        _ if said.has(BLOCKED) => Disposition::Hold(Cause::Policy),
        (Some((2, 1)), _) => HARD,
        (Some((2, 2)), _) | (None, 552) => SOFT,
        (about, code) => unspecific(phase, about, code, said),
    }
}

/// A 5xx about which the codes say nothing.
fn unspecific(phase: Phase, about: Option<(u16, u16)>, code: u16, said: &Said) -> Disposition {
    if said.has(POLICY) {
        return Disposition::Hold(Cause::Policy);
    }
    if said.has(UNKNOWN_USER) {
        // 5.4.1: how Exchange Online refuses whom its directory does not have.
        let open = matches!(about, None | Some((_, 0) | (4, 1)));
        let hard = phase == Phase::Rcpt && open && matches!(code, 550 | 551 | 553);
        return Disposition::Fail { hard };
    }
    // A body that is refused without a word about the mailbox was not liked.
    if phase == Phase::Dot && !said.has(FULL) { Disposition::Hold(Cause::Policy) } else { SOFT }
}

#[cfg(test)]
mod tests;
