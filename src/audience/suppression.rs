//! People who get no mail, and why.

use jiff::Timestamp;

use super::EmailAddress;

/// Why somebody gets no mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SuppressionReason {
    /// They said so.
    Unsubscribed,
    /// Their mailbox is gone.
    Bounced,
    /// They marked a mail as spam.
    Complained,
    /// The publisher entered them.
    Manual,
}

impl SuppressionReason {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::Unsubscribed, Self::Bounced, Self::Complained, Self::Manual];

    /// The word people read for it, which is the one that is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Manual => "manual",
        }
    }

    /// The reason of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// Somebody who gets no mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Who, as it was entered; [`EmailAddress::key`] decides whom it covers.
    pub address: EmailAddress,
    /// Why.
    pub reason: SuppressionReason,
    /// What somebody wrote beside it.
    pub note: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_back_from_its_word() {
        for reason in SuppressionReason::ALL {
            assert_eq!(SuppressionReason::parse(reason.word()), Some(reason));
        }
        assert_eq!(SuppressionReason::parse("Bounced"), None);
    }
}
