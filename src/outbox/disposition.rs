//! What a reply means for a delivery, and for the deliveries beside it.

use super::Retry;

/// What becomes of a delivery whose relay has spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// The relay took it.
    Accepted,
    /// Not now. It is offered again when [`next_try`](super::next_try) says so;
    /// [`Retry::Throttled`] also asks that its provider group be slowed.
    Retry(Retry),
    /// Not this message for this recipient.
    Fail {
        /// Whether the address is dead and belongs among the suppressed. Otherwise
        /// the next campaign may try it.
        hard: bool,
    },
    /// It says nothing about the recipient, who is put back as if never tried; what
    /// is wrong concerns everybody in the [scope](Cause::scope) of its cause.
    Hold(Cause),
    /// An answer to the dot that is neither yes nor no: the relay may have it.
    Unknown,
}

/// Why deliveries are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The account has sent as much as it may for the day; wait for its next window.
    Quota,
    /// The account sends faster than it may; go on slower, soon.
    Rate,
    /// The relay does not let this account send: login refused or missing, relaying
    /// denied, sending paused. Nothing gets better by trying again.
    Account,
    /// The relay cannot be talked to now; back off.
    Unavailable,
    /// The relay does not take mail from this sender.
    Sender,
    /// The relay does not take messages as large as this.
    Size,
    /// The receiving side refuses by policy: reputation, authentication, content. A
    /// few are a provider's mood; many end a campaign.
    Policy,
}

/// Whom a [`Cause`] concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The recipients of one provider; see [`group_of`](super::group_of).
    Group,
    /// All recipients of this campaign.
    Campaign,
    /// Everything that goes through this relay.
    Relay,
}

impl Cause {
    /// Whom it concerns.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::Policy => Scope::Group,
            Self::Sender | Self::Size => Scope::Campaign,
            Self::Quota | Self::Rate | Self::Account | Self::Unavailable => Scope::Relay,
        }
    }
}
