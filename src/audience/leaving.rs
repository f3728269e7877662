//! How people leave, and what they say about it.

use jiff::Timestamp;

use super::EmailAddress;

/// By what somebody left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeftBy {
    /// Their mail program asked for it (RFC 8058).
    OneClick,
    /// The button on the page.
    Page,
    /// A mail to the unsubscribe address.
    Mail,
}

impl LeftBy {
    /// All ways.
    pub const ALL: [Self; 3] = [Self::OneClick, Self::Page, Self::Mail];

    /// The word people read for it, which is the one that is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::OneClick => "one-click",
            Self::Page => "page",
            Self::Mail => "mail",
        }
    }

    /// The way of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }
}

/// Why somebody left, as far as the page offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motive {
    /// It came too often.
    TooOften,
    /// It is no longer for them.
    NotForMe,
    /// They never asked for it.
    NeverAsked,
    /// Something else.
    Other,
}

impl Motive {
    /// All motives, as they stand on the page.
    pub const ALL: [Self; 4] = [Self::TooOften, Self::NotForMe, Self::NeverAsked, Self::Other];

    /// The word people read for it, which is the one that is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::TooOften => "too-often",
            Self::NotForMe => "not-for-me",
            Self::NeverAsked => "never-asked",
            Self::Other => "other",
        }
    }

    /// The motive of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|motive| motive.word() == word)
    }
}

/// One thing that somebody did about leaving, or the publisher for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// Who, as the mail they had was addressed.
    pub address: EmailAddress,
    /// When.
    pub at: Timestamp,
    /// By what they left; none when they came back.
    pub by: Option<LeftBy>,
    /// Why they left, when they said it.
    pub motive: Option<Motive>,
    /// The same in their own words.
    pub words: Option<String>,
    /// Whether they did not come back themselves: the publisher brought them back.
    pub by_publisher: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_and_motives_are_read_back_from_their_words() {
        for way in LeftBy::ALL {
            assert_eq!(LeftBy::parse(way.word()), Some(way));
        }
        for motive in Motive::ALL {
            assert_eq!(Motive::parse(motive.word()), Some(motive));
        }
        assert_eq!(LeftBy::parse("One-Click"), None);
        assert_eq!(Motive::parse(""), None);
    }
}
