//! Where readers' programs get the pictures from.

use super::Plate;

/// Where readers' programs get the pictures from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// The publisher uploads them; the address ends in a slash.
    Uploaded(String),
    /// The newsletter's own pages serve them under this address, which ends in a slash.
    Served(String),
    /// Every mail carries them (RFC 2392), named within this domain.
    Embedded(String),
    /// Nobody said; what never leaves the house carries them.
    Unsaid(String),
}

impl Home {
    /// The address of a picture, as it stands in the mail.
    #[must_use]
    pub fn address(&self, plate: &Plate) -> String {
        match self {
            Self::Uploaded(at) | Self::Served(at) => format!("{at}{}", plate.name),
            Self::Embedded(_) | Self::Unsaid(_) => format!("cid:{}", self.content_id(plate)),
        }
    }

    /// The Content-ID of a picture that a mail carries, without angle brackets
    /// (RFC 2392 §2).
    #[must_use]
    pub fn content_id(&self, plate: &Plate) -> String {
        let (Self::Uploaded(domain) | Self::Served(domain) | Self::Embedded(domain) | Self::Unsaid(domain)) =
            self;
        // The name without its extension holds the hash: the same id never means other bytes.
        let name = plate.name.rsplit_once('.').map_or(plate.name.as_str(), |(name, _)| name);
        format!("{name}@{domain}")
    }

    /// Whether every mail carries the pictures.
    #[must_use]
    pub fn is_within(&self) -> bool {
        matches!(self, Self::Embedded(_) | Self::Unsaid(_))
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::Unsaid("localhost".to_owned())
    }
}
