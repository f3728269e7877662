//! WHO: addresses and lists.
//!
//! Pure but for [`csv::load`]: text in, values out. An [`EmailAddress`] is always one
//! that can stand in an SMTP command; a [`Subscriber`] carries only the values its
//! list really has.

use std::collections::BTreeMap;

use crate::problem::{Problem, Source, Span};

mod address;
pub mod csv;
mod leaving;
mod mailbox;
mod script;
mod suppression;
mod token;

pub use address::{AddressError, EmailAddress};
pub use leaving::{Leaving, LeftBy, Motive};
pub use mailbox::Mailbox;
pub use script::{disguised, mixture};
pub use suppression::{Suppression, SuppressionReason};
pub use token::{Claim, LONGEST_TOKEN, Tokens};

/// Values of one subscriber by column name. Empty cells are absent, so that
/// `default` and `if` in merge tags mean what people expect.
pub type Values = BTreeMap<String, String>;

/// Somebody on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// Where mail goes.
    pub address: EmailAddress,
    /// Everything else the list says; the address too, as `email` and under its
    /// column's own name.
    pub values: Values,
    /// The row it was read from, in its list.
    pub span: Span,
}

/// A list as it was read.
#[derive(Debug, Clone)]
pub struct List {
    /// Its name: the file name without extension.
    pub name: String,
    /// The text it was read from, decoded; spans point into it.
    pub source: Source,
    /// The columns in order, as merge tags may name them; `email` is always one.
    pub columns: Vec<String>,
    /// The people, in order, each address once.
    pub subscribers: Vec<Subscriber>,
    /// What is odd without being wrong: an address that comes twice.
    pub warnings: Vec<Problem>,
}
