//! WHO: addresses and lists.
//!
//! Pure: text in, values out. An [`EmailAddress`] is always one that can stand in an
//! SMTP command; a [`Subscriber`] carries only the values its list really has.

use std::collections::BTreeMap;

use crate::problem::{Problem, Span};

/// Values of one subscriber by column name. Empty cells are absent, so that
/// `default` and `if` in merge tags mean what people expect.
pub type Values = BTreeMap<String, String>;

/// Somebody on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// Where mail goes.
    pub address: EmailAddress,
    /// Everything else the list says, `email` included under its column name.
    pub values: Values,
    /// The row it was read from, in its list.
    pub span: Span,
}

/// A list as it was read.
#[derive(Debug, Clone)]
pub struct List {
    /// Its name: the file name without extension.
    pub name: String,
    /// The columns in order, as merge tags may name them.
    pub columns: Vec<String>,
    /// The people, in order, each address once.
    pub subscribers: Vec<Subscriber>,
    /// What is odd without being wrong: an address that comes twice.
    pub warnings: Vec<Problem>,
}

/// An address that can stand in an SMTP command (RFC 5321 §4.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress {
    local: String,
    domain: String,
}

impl EmailAddress {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// Fails when the text cannot stand in an SMTP command.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let odd = |c: char| c.is_control() || c.is_whitespace() || "<>@".contains(c);
        match text.rsplit_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !local.contains(odd) => {
                Ok(Self { local: local.to_owned(), domain: domain.to_ascii_lowercase() })
            }
            _ => Err(NotAnAddress),
        }
    }

    /// The part before the at sign, as written.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain in lower-case A-labels.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }
}

impl std::fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnAddress;
