//! READ BACK: what others wrote down of messages of which nobody knows whether they
//! were accepted.
//!
//! A [`Sought`] says which messages these are; [`maillog::load`] looks for them in the
//! log of a Postfix, [`export::load`] in a table that a provider hands out. What comes
//! of it is a [`Finding`] for each. Both read files of any length once, in linear time
//! and bounded memory: what they keep grows with the messages that are sought.
//!
//! A log is full of what strangers say. A Message-ID is a keyed hash that nobody can
//! guess, so only those who got a message can write it down anywhere; what a line says
//! of a recipient counts only when it names the very address.

mod error;
pub mod export;
mod lines;
pub mod maillog;

use std::collections::HashMap;

use crate::audience::EmailAddress;

pub use error::EvidenceError;

/// What became of a message, as far as somebody wrote it down; the later ones are
/// believed before the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// The relay saw it begin. Whether it came to its end is not said.
    Begun,
    /// The relay took it.
    Taken,
    /// The relay took it and could not pass it on.
    Bounced,
    /// The relay took it and passed it on.
    PassedOn,
}

/// What was found of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What became of it.
    pub fate: Fate,
    /// The words of the log or the export, made harmless and cut when they are long.
    pub words: String,
}

/// The messages to look for.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    addresses: Vec<EmailAddress>,
    message_ids: HashMap<String, usize>,
    queue_ids: HashMap<String, usize>,
}

impl Sought {
    /// Looks for one more message: its Message-ID without angle brackets, its
    /// recipient, and what the relay calls it, when that is known.
    pub fn add(&mut self, message_id: &str, recipient: &EmailAddress, queue_id: Option<&str>) {
        let index = self.addresses.len();
        self.addresses.push(recipient.clone());
        self.message_ids.insert(message_id.to_owned(), index);
        if let Some(queue_id) = queue_id {
            self.queue_ids.insert(queue_id.to_owned(), index);
        }
    }

    /// How many are sought.
    #[must_use]
    pub fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Whether nothing is sought.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    fn by_message_id(&self, text: &str) -> Option<usize> {
        let text = text.trim();
        let bare = text.strip_prefix('<').unwrap_or(text);
        self.message_ids.get(bare.strip_suffix('>').unwrap_or(bare)).copied()
    }
}

/// The name under which a relay says it keeps a message, in its reply to the final dot:
/// `queued as 4XyZ`, as Postfix, Exim (`id=`) and Amazon SES (`Ok 0100…`) have it.
#[must_use]
pub fn queue_id_in(reply: &str) -> Option<&str> {
    let named = ["queued as ", "Queued as ", "id="];
    let rest = named.iter().find_map(|words| reply.split_once(words).map(|(_, rest)| rest));
    let rest = rest.or_else(|| reply.strip_prefix("Ok ")).or_else(|| reply.strip_prefix("OK "))?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    // A word of the language is no name.
    let name = &rest[..end];
    (name.len() >= 6 && name.bytes().any(|byte| byte.is_ascii_digit())).then_some(name)
}

/// Most characters of foreign words that are kept.
const WORDS: usize = 300;

/// Foreign words for a terminal: without control characters, and cut.
fn harmless(text: &str) -> String {
    text.trim().chars().take(WORDS).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_a_relays_reply_is_found() {
        for (reply, name) in [
            ("2.0.0 Ok: queued as 4XyZ12abcd", Some("4XyZ12abcd")),
            ("OK id=1abcde-000000AB-2x", Some("1abcde-000000AB-2x")),
            ("Ok 0100018b-7f00-4000", Some("0100018b-7f00-4000")),
            ("2.0.0 Ok: queued as", None),
            ("Ok everything went well", None),
            ("thanks", None),
        ] {
            assert_eq!(queue_id_in(reply), name, "{reply}");
        }
    }
}
