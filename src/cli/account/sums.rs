//! The sums of a report, made row by row.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::reason_of;
use crate::outbox::{State, group_of};
use crate::store::{Counts, Delivery, ReplyRecord};

/// Reasons of a kind that are kept apart; whoever invents more shares one line.
const REASONS: usize = 200;

/// Providers that are kept apart, the first that come.
const PROVIDERS: usize = 10_000;

/// What many were told alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) count: u64,
    code: u16,
    /// The code with the words that the first of them heard.
    pub(super) words: String,
}

/// What is summed up.
#[derive(Debug, Default)]
pub(super) struct Sums {
    counts: Counts,
    reasons: HashMap<(State, String), Reason>,
    providers: HashMap<String, Counts>,
    accepted: Option<(Timestamp, Timestamp)>,
    next: Option<(Timestamp, Timestamp)>,
}

impl Sums {
    /// Adds one; `suppressed` is the word for why they want no mail, if so.
    pub(super) fn add(&mut self, one: &Delivery, suppressed: Option<&str>) {
        self.counts.add(one.state);
        let group = group_of(one.address.domain());
        let apart = self.providers.len() < PROVIDERS || self.providers.contains_key(group);
        let name = if apart { group } else { "all others" };
        match self.providers.get_mut(name) {
            Some(counts) => counts.add(one.state),
            None => self.providers.entry(name.to_owned()).or_default().add(one.state),
        }
        match one.state {
            State::Accepted => self.accepted = Some(reaching(self.accepted, one.changed)),
            State::Suppressed => self.because(one.state, reason_of(suppressed), None),
            State::Failed | State::Deferred | State::Expired => {
                if let Some(reply) = &one.reply {
                    self.because(one.state, kind(reply), Some(reply));
                }
            }
            _ => {}
        }
        self.next = one.next_at.map_or(self.next, |at| Some(reaching(self.next, at)));
    }

    fn because(&mut self, state: State, kind: String, reply: Option<&ReplyRecord>) {
        let words = reply.map_or_else(|| kind.clone(), words);
        let code = reply.map_or(0, |reply| reply.code);
        let full = self.reasons.len() >= REASONS && !self.reasons.contains_key(&(state, kind.clone()));
        let (kind, words, code) =
            if full { (String::new(), "many other reasons".to_owned(), 0) } else { (kind, words, code) };
        self.reasons.entry((state, kind)).or_insert(Reason { count: 0, code, words }).count += 1;
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn of(&self, state: State) -> u64 {
        self.counts.of(state)
    }

    /// When the relay took the first and the last.
    pub(super) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.accepted
    }

    /// The seconds between the two, and how many were taken in each.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people has a few digits")]
    pub(super) fn pace(&self) -> Option<(u64, f64)> {
        let (first, last) = self.accepted?;
        let seconds = last.duration_since(first).as_secs_f64();
        let accepted = self.of(State::Accepted);
        // The first one took no time that is known.
        (accepted > 1 && seconds > 0.0).then(|| {
            let whole = last.duration_since(first).as_secs().unsigned_abs();
            (whole, (accepted - 1) as f64 / seconds)
        })
    }

    /// Until when those in `state` wait, to stand behind their number.
    pub(super) fn until(&self, state: State) -> String {
        let next = self.next.filter(|_| state == State::Deferred);
        next.map_or_else(String::new, |(first, last)| {
            let at = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
            if at(first) == at(last) {
                format!(", next try {}", at(first))
            } else {
                format!(", next tries from {} to {}", at(first), at(last))
            }
        })
    }

    /// Why those in `state` are there, what concerns most of them first.
    pub(super) fn reasons(&self, state: State) -> Vec<&Reason> {
        let mut reasons: Vec<&Reason> =
            self.reasons.iter().filter(|((of, _), _)| *of == state).map(|(_, reason)| reason).collect();
        reasons.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.words.cmp(&b.words)));
        reasons
    }

    /// The providers with their counts, the largest first.
    pub(super) fn providers(&self) -> Vec<(&str, Counts)> {
        let mut providers: Vec<(&str, Counts)> =
            self.providers.iter().map(|(name, counts)| (name.as_str(), *counts)).collect();
        providers.sort_by(|a, b| b.1.total().cmp(&a.1.total()).then_with(|| a.0.cmp(b.0)));
        providers
    }

    /// Adds everything to a report as data.
    pub(super) fn describe(&self, report: &mut Value) {
        let reasons = |state: State| -> Value {
            let told = self.reasons(state).into_iter();
            told.map(|reason| {
                let code = (reason.code > 0).then_some(reason.code);
                json!({ "count": reason.count, "code": code, "words": reason.words })
            })
            .collect()
        };
        report["reasons"] = json!({
            "failed": reasons(State::Failed),
            "deferred": reasons(State::Deferred),
            "expired": reasons(State::Expired),
            "suppressed": reasons(State::Suppressed),
        });
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        report["first_accepted"] = text(self.accepted.map(|(first, _)| first)).into();
        report["last_accepted"] = text(self.accepted.map(|(_, last)| last)).into();
        report["per_second"] = self.pace().map(|(_, rate)| rate).into();
        report["next_try"] = text(self.next.map(|(first, _)| first)).into();
        report["last_try"] = text(self.next.map(|(_, last)| last)).into();
        let providers = self.providers();
        report["providers"] = providers
            .iter()
            .map(|(name, counts)| {
                let outcomes: serde_json::Map<String, Value> = State::ALL
                    .into_iter()
                    .filter(|state| counts.of(*state) > 0)
                    .map(|state| (state.word().to_owned(), counts.of(state).into()))
                    .collect();
                json!({ "provider": name, "outcomes": outcomes })
            })
            .collect();
    }
}

/// A stretch of time, made to reach `at`.
fn reaching(stretch: Option<(Timestamp, Timestamp)>, at: Timestamp) -> (Timestamp, Timestamp) {
    stretch.map_or((at, at), |(first, last)| (first.min(at), last.max(at)))
}

/// What makes replies alike: the code and the enhanced code, since servers put names
/// and numbers of their own into the words.
fn kind(reply: &ReplyRecord) -> String {
    let first = reply.text.split(' ').next().unwrap_or_default();
    let is_enhanced = first.split('.').count() == 3 && first.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match (reply.code, is_enhanced) {
        (0, _) => reply.text.clone(),
        (code, true) => format!("{code} {first}"),
        (code, false) => format!("{code} {}", reply.text),
    }
}

fn words(reply: &ReplyRecord) -> String {
    if reply.code == 0 { reply.text.clone() } else { format!("{} {}", reply.code, reply.text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::EmailAddress;
    use crate::outbox::{CampaignId, DeliveryId};

    fn delivery(number: u32, domain: &str, state: State, said: Option<(u16, &str)>) -> Delivery {
        let second = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        Delivery {
            id: DeliveryId { campaign: CampaignId(1), number },
            address: EmailAddress::parse(&format!("reader{number}@{domain}")).unwrap(),
            state,
            attempts: 1,
            reply: said.map(|(code, text)| ReplyRecord {
                phase: "RCPT TO".to_owned(),
                code,
                text: text.to_owned(),
            }),
            next_at: (state == State::Deferred).then(|| second(60 * i64::from(number))),
            changed: second(i64::from(number)),
        }
    }

    #[test]
    fn refusals_are_one_reason_by_their_codes_whatever_names_stand_in_their_words() {
        let mut sums = Sums::default();
        for (number, said) in [
            (1, (550, "5.1.1 reader1 is not here")),
            (2, (552, "5.2.2 full")),
            (3, (550, "5.1.1 reader3 is not here")),
            (4, (550, "no code and other words")),
        ] {
            sums.add(&delivery(number, "example.com", State::Failed, Some(said)), None);
        }
        let told: Vec<(u64, &str)> =
            sums.reasons(State::Failed).into_iter().map(|one| (one.count, one.words.as_str())).collect();
        assert_eq!(
            told,
            [(2, "550 5.1.1 reader1 is not here"), (1, "550 no code and other words"), (1, "552 5.2.2 full")]
        );
    }

    #[test]
    fn a_server_with_a_reason_for_everybody_fills_no_memory() {
        let mut sums = Sums::default();
        for number in 0..1_000 {
            let said = format!("reason number {number}");
            sums.add(&delivery(number, "example.com", State::Failed, Some((550, &said))), None);
        }
        let reasons = sums.reasons(State::Failed);
        assert_eq!(reasons.len(), REASONS + 1);
        assert_eq!((reasons[0].count, reasons[0].words.as_str()), (800, "many other reasons"));
    }

    #[test]
    fn providers_are_groups_and_the_largest_comes_first() {
        let mut sums = Sums::default();
        for (number, domain) in [(0, "example.com"), (1, "gmail.com"), (2, "googlemail.com")] {
            sums.add(&delivery(number, domain, State::Accepted, None), None);
        }
        let names: Vec<&str> = sums.providers().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["gmail.com", "example.com"]);
        assert_eq!(sums.pace(), Some((2, 1.0)));
    }

    #[test]
    fn the_deferred_are_told_with_their_next_tries() {
        let mut sums = Sums::default();
        sums.add(&delivery(1, "example.com", State::Deferred, Some((450, "4.2.0 later"))), None);
        assert!(
            sums.until(State::Deferred).starts_with(", next try 2027-"),
            "{}",
            sums.until(State::Deferred)
        );
        sums.add(&delivery(9, "example.com", State::Deferred, Some((450, "4.2.0 later"))), None);
        assert!(sums.until(State::Deferred).contains("from"), "{}", sums.until(State::Deferred));
        assert_eq!(sums.until(State::Failed), "");
    }
}
