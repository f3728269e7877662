mod agenda;
mod leaving;
mod model;
mod opening;
mod planning;
mod restoring;
mod sending;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::audience::EmailAddress;
use crate::outbox::{CampaignId, DeliveryId, State, Step};

/// Whose stores these are.
const NEWSLETTER: &str = "gazette";

/// A moment, `seconds` after one that everybody remembers.
fn at(seconds: i64) -> Timestamp {
    "2026-03-01T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn new_store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path(), NEWSLETTER, [7; 32], Durability::Process, at(0)).unwrap();
    (dir, store)
}

fn address(number: usize) -> EmailAddress {
    EmailAddress::parse(&format!("Reader{number}@example.com")).unwrap()
}

fn delivery(campaign: CampaignId, number: u32) -> DeliveryId {
    DeliveryId { campaign, number }
}

fn readers(count: usize) -> impl Iterator<Item = NewDelivery> {
    (0..count).map(|number| NewDelivery {
        address: address(number),
        values: format!("{{\"number\":\"{number}\"}}"),
    })
}

fn issue() -> NewCampaign {
    NewCampaign {
        slug: "march".to_owned(),
        subject: "News of March".to_owned(),
        list: "readers".to_owned(),
        content: "{}".to_owned(),
        content_hash: "c0ffee".to_owned(),
        rehearsal: false,
        due: None,
        lasts: SignedDuration::from_secs(1_000_000),
        planned: at(0),
    }
}

/// A campaign to `count` readers that is being sent.
fn begun(store: &Store, count: usize) -> CampaignId {
    let id = store.plan(&issue(), readers(count), &[]).unwrap();
    assert!(store.set_state(id, CampaignState::Sending, None, at(1)).unwrap());
    id
}

fn settled(id: DeliveryId, step: Step) -> Settled {
    Settled { id, step, reply: None, next_at: None, dead: false, by_policy: false }
}

fn said(code: u16, text: &str) -> ReplyRecord {
    ReplyRecord { phase: "dot".to_owned(), code, text: text.to_owned() }
}

/// How many of a campaign are in each of `states`.
fn count<const N: usize>(store: &Store, id: CampaignId, states: [State; N]) -> [u64; N] {
    let counts = store.counts(id).unwrap();
    states.map(|state| counts.of(state))
}
