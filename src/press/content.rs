//! What of a campaign is frozen when it is planned: enough to make every copy again,
//! days later and by another process, with nothing left to look up.

use jiff::Zoned;
use serde::{Deserialize, Serialize};

use super::{Edition, PressError};
use crate::audience::{Mailbox, Subscriber, Values};
use crate::compose::{Composed, Frozen, UNSUBSCRIBE_URL};
use crate::message::dkim::{self, Signer};
use crate::message::{Assembler, Purpose, Secrets, Sender, WayOut, fingerprint};
use crate::outbox::CampaignId;
use crate::problem::{Problem, Problems, Span};
use crate::store::Store;

/// The names a copy takes the reader's own name from, besides the fields of its tags.
const NAMES: [&str; 3] = ["name", "first_name", "last_name"];

/// A campaign's content as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The name its Message-IDs are made with; no two campaigns share one.
    name: String,
    sender: Sender,
    parts: Frozen,
    /// Whether it was planned to be signed; what was is not sent without.
    signed: bool,
}

impl Content {
    /// What `edition` sends, under the name of one campaign.
    #[must_use]
    pub fn of(edition: &Edition, name: &str) -> Self {
        let parts = edition.prepared.composed.freeze().clone();
        Self { name: name.to_owned(), sender: edition.sender.clone(), parts, signed: edition.is_signed() }
    }

    /// The same for the same sender and parts, whatever the campaign is called.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let told = serde_json::to_vec(&(&self.sender, &self.parts)).expect("texts and names can be written");
        fingerprint(&told)
    }

    /// What [`Content::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// Fails when it is anything else.
    pub fn from_json(json: &str) -> Result<Self, Problem> {
        serde_json::from_str(json).map_err(|error| Problem::new(PressError::Content(error.to_string())))
    }

    /// Who it is from.
    #[must_use]
    pub fn from(&self) -> &Mailbox {
        &self.sender.from
    }

    /// How its readers leave.
    #[must_use]
    pub fn way_out(&self) -> Option<&WayOut> {
        self.sender.way_out.as_ref()
    }

    /// As the store keeps it.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and names can be written")
    }

    /// What makes the copies of the campaign whose content is `json`, with `secrets` that
    /// may be others than when it was planned.
    ///
    /// # Errors
    ///
    /// Fails when this is not what [`Content::to_json`] wrote, when it was planned to
    /// be signed and nobody signs, and when who signs does not speak for its sender.
    pub fn thaw(json: &str, secrets: Secrets) -> Result<Copies, Problems> {
        let content = Self::from_json(json)?;
        if content.signed && secrets.signers.is_empty() {
            return Err(Problem::new(PressError::Unsigned).into());
        }
        speak_for(&content.sender, &secrets.signers).map_err(Problem::new)?;
        let composed = content
            .parts
            .thaw()
            .map_err(|found| Problems::all(found).expect("what fails has found something"))?;
        Ok(Copies { composed, sender: content.sender, name: content.name, secrets })
    }
}

/// Whether those who sign speak for the sender.
pub(super) fn speak_for(sender: &Sender, signers: &[Signer]) -> Result<(), PressError> {
    let from = sender.from.address.domain();
    match signers.iter().find(|signer| !dkim::is_aligned(signer.domain(), from)) {
        Some(signer) => {
            Err(PressError::Unaligned { from: from.to_owned(), domain: signer.domain().to_owned() })
        }
        None => Ok(()),
    }
}

/// The values a copy for this reader is made of, and no others.
#[must_use]
pub(super) fn kept(composed: &Composed, values: &Values) -> Values {
    let fields = composed.fields().map(|field| field.name.as_str());
    fields
        .chain(NAMES)
        .filter(|name| *name != UNSUBSCRIBE_URL)
        .filter_map(|name| values.get_key_value(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What makes the copies of a planned campaign.
#[derive(Debug)]
pub struct Copies {
    composed: Composed,
    sender: Sender,
    name: String,
    secrets: Secrets,
}

impl Copies {
    /// What makes its messages.
    #[must_use]
    pub fn assembler(&self) -> Assembler<'_> {
        Assembler::new(&self.composed, &self.sender, &self.name, &self.secrets, Purpose::Campaign)
    }

    /// Signs the copy of whoever is next in line of campaign `id`, and reads its
    /// signatures as those do who get it: a key may be another one than when it was
    /// planned.
    ///
    /// # Errors
    ///
    /// Fails when a signature would not be believed, and if the store does.
    pub fn prove_next(&self, store: &Store, id: CampaignId, date: &Zoned) -> Result<(), Problems> {
        if !self.is_signed() {
            return Ok(());
        }
        let Some((address, values)) = store.next_in_line(id).map_err(Problem::new)? else { return Ok(()) };
        let values: Values = serde_json::from_str(&values)
            .map_err(|error| Problem::new(PressError::Content(error.to_string())))?;
        let subscriber = Subscriber { address, values, span: Span::default() };
        let assembler = self.assembler();
        Ok(assembler.prove(&assembler.assemble(&subscriber, date)?)?)
    }

    /// How its readers leave.
    #[must_use]
    pub fn way_out(&self) -> Option<&WayOut> {
        self.sender.way_out.as_ref()
    }

    /// Whether they are signed.
    pub(super) fn is_signed(&self) -> bool {
        !self.secrets.signers.is_empty()
    }

    /// The name to greet a relay with.
    #[must_use]
    pub fn hello(&self) -> &str {
        self.sender.from.address.domain()
    }
}
