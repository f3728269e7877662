//! What messages are made with that nobody else may know.

use std::sync::Arc;

use super::Key;
use super::dkim::Signer;
use crate::audience::Tokens;

/// What the links in a message do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// What they say.
    Live,
    /// Nothing to anybody: the message is a rehearsal, or is only looked at.
    Test,
}

/// What messages are made with that nobody else may know.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// Makes the Message-IDs and return paths.
    pub key: Key,
    /// Make the links.
    pub tokens: Tokens,
    /// What the links do.
    pub links: Links,
    /// Each signs every message.
    pub signers: Arc<[Signer]>,
}
