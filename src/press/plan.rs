//! A plan: who gets what, frozen before the first message is sent.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::content::{Content, kept};
use super::{Candidate, Edition, Prepared};
use crate::audience::{List, SuppressionReason};
use crate::message::{Purpose, Secrets, Sender};
use crate::outbox::CampaignId;
use crate::problem::{Problem, Problems};
use crate::store::{Among, NewCampaign, NewDelivery, Store};

/// On what terms a plan is kept.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Whether it goes to the inbox of this machine and to nobody.
    pub rehearsal: bool,
    /// When it goes out, when that was said.
    pub due: Option<Timestamp>,
    /// How long after its start those who were deferred are tried again.
    pub lasts: SignedDuration,
}

/// Who gets what, checked and not yet written down.
#[derive(Debug)]
pub struct Plan {
    /// The name of the campaign.
    pub slug: String,
    /// The subject, merge tags as typed.
    pub subject: String,
    /// The list's name.
    pub list: String,
    /// Everybody who gets it, and what they get.
    pub edition: Edition,
    /// Everybody on the list who does not, and why.
    pub excluded: Vec<(String, String)>,
    /// The same for the same content.
    pub content_hash: String,
    content: Content,
    planned: Timestamp,
}

impl Plan {
    /// Plans `prepared`, an article at `path`, for `list` without those who are
    /// `suppressed`.
    ///
    /// Every copy is made once, so that what is wrong with the last is known before
    /// the first is sent.
    ///
    /// # Errors
    ///
    /// Fails with everything that keeps a copy from being made.
    pub fn make(
        prepared: Prepared,
        path: &std::path::Path,
        mut list: List,
        sender: &Sender,
        suppressed: &HashMap<String, SuppressionReason>,
        secrets: Secrets,
        now: &jiff::Zoned,
    ) -> Result<Self, Problems> {
        let mut excluded = Vec::new();
        list.subscribers.retain(|one| match suppressed.get(&one.address.key()) {
            None => true,
            Some(reason) => {
                excluded.push((one.address.to_string(), reason.word().to_owned()));
                false
            }
        });
        let name = list.name.clone();
        let edition = Edition::new(prepared, path, sender, Purpose::Campaign, secrets)?;
        let edition = edition.for_list(list, now)?;
        let planned = now.timestamp();
        let content = Content::of(&edition, &format!("{}-{}", edition.campaign, planned.as_microsecond()));
        Ok(Self {
            slug: edition.campaign.clone(),
            subject: edition.prepared.composed.subject(),
            list: name,
            excluded,
            content_hash: content.fingerprint(),
            content,
            edition,
            planned,
        })
    }

    /// The same as the safety checks ask about it.
    #[must_use]
    pub fn candidate(&self) -> Candidate<'_> {
        let subscribers = &self.edition.subscribers;
        Candidate {
            id: None,
            slug: &self.slug,
            content_hash: &self.content_hash,
            list: &self.list,
            people: subscribers.len() as u64,
            among: Among::These(subscribers),
            held: None,
        }
    }

    /// Writes the plan down, to be sent on these `terms`.
    ///
    /// # Errors
    ///
    /// Fails when the store does, and when it would leave the house though nobody could
    /// leave by it, nobody could tell where it is from, or nobody could see its pictures.
    pub fn keep(&self, store: &Store, terms: &Terms) -> Result<CampaignId, Problems> {
        if !terms.rehearsal {
            let prepared = &self.edition.prepared;
            Problems::check((), prepared.composed.foot_flaws())?;
            Problems::check((), prepared.picture_flaws())?;
            // They are there before anybody can ask for them.
            prepared.serve_pictures(store.dir())?;
        }
        let campaign = NewCampaign {
            slug: self.slug.clone(),
            subject: self.subject.clone(),
            list: self.list.clone(),
            content: self.content.to_json(),
            content_hash: self.content_hash.clone(),
            rehearsal: terms.rehearsal,
            due: terms.due,
            lasts: terms.lasts,
            planned: self.planned,
        };
        let composed = &self.edition.prepared.composed;
        let deliveries = self.edition.subscribers.iter().map(|one| NewDelivery {
            address: one.address.clone(),
            values: serde_json::to_string(&kept(composed, &one.values)).expect("texts can be written"),
        });
        store.plan(&campaign, deliveries, &self.excluded).map_err(|error| Problem::new(error).into())
    }
}
