//! ASSEMBLE: a composed campaign and one recipient become the bytes of a mail.
//!
//! What is the same for everybody is written once, when the [`Assembler`] is made;
//! for each recipient there remain the merge, a handful of headers, a keyed hash and,
//! where there are keys, the signatures: see [`dkim`].
//! The same campaign, recipient and date give the same bytes with the same key. Two
//! runs with keys of their own share no Message-ID, so two tests of one article are
//! two mails to every mail program.

mod assembler;
mod base32;
pub mod dkim;
mod header;
mod return_path;
mod secrets;
mod way_out;

use aws_lc_rs::{digest, hmac};
use memchr::{memchr_iter, memmem};
use serde::{Deserialize, Serialize};

use crate::audience::{EmailAddress, Mailbox};
use crate::problem::{Class, Condition};

pub use assembler::{AssembleError, Assembler, Purpose};
pub use return_path::{ReturnPath, delivery_in};
pub use secrets::{Links, Secrets};
pub use way_out::{BaseUrl, BaseUrlError, WayOut};

/// What SMTP needs to know besides the bytes (RFC 5321 §2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The return path; none is the null path `<>`.
    pub from: Option<EmailAddress>,
    /// The recipient.
    pub to: EmailAddress,
}

/// A mail ready for the wire.
///
/// The bytes end in CRLF, hold no bare CR or LF, no byte above 127, no line over 998
/// and no line that begins with a dot, so that nothing needs dot-stuffing. Only when an
/// address of the envelope needs SMTPUTF8, the header is UTF-8 (RFC 6532).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who it is from and for, as SMTP says it.
    pub envelope: Envelope,
    /// Without angle brackets; the same for the same campaign, purpose and recipient
    /// with the same key.
    pub message_id: String,
    /// Header and body.
    pub bytes: Vec<u8>,
}

impl Message {
    /// What keeps its bytes off the wire, if anything does: what breaks the promise of
    /// [`Message`].
    ///
    /// A bare line end can smuggle a second message past a server that reads it
    /// otherwise than we do.
    #[must_use]
    pub fn flaw(&self) -> Option<&'static str> {
        flaw(&self.bytes, self.needs_smtputf8())
    }

    /// Whether a relay must offer SMTPUTF8 for it: an address of its envelope has
    /// letters outside ASCII before the at sign.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        let Envelope { from, to } = &self.envelope;
        to.needs_smtputf8() || from.as_ref().is_some_and(EmailAddress::needs_smtputf8)
    }

    /// The header fields in order, each on one line, encoded as they travel.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.bytes);
        let head = text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        head.split("\r\n")
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

/// What keeps `bytes` from standing in a mail as they are, one with a header in UTF-8
/// when it needs SMTPUTF8.
fn flaw(bytes: &[u8], needs_smtputf8: bool) -> Option<&'static str> {
    // Nearly all are; to name what is wrong takes several times as long.
    if is_plainly_sound(bytes) { None } else { named_flaw(bytes, needs_smtputf8) }
}

fn named_flaw(bytes: &[u8], needs_smtputf8: bool) -> Option<&'static str> {
    let head = if needs_smtputf8 { memmem::find(bytes, b"\r\n\r\n").unwrap_or(bytes.len()) } else { 0 };
    let (head, rest) = bytes.split_at(head);
    if std::str::from_utf8(head).is_err() {
        return Some("its header is not UTF-8");
    }
    if !rest.is_ascii() {
        return Some("it holds a byte above 127");
    }
    if !bytes.ends_with(b"\r\n") {
        return Some("it does not end in CRLF");
    }
    let mut begin = 0;
    for end in memchr_iter(b'\n', bytes) {
        let Some(line) = bytes[begin..end].strip_suffix(b"\r") else { return Some("it holds a bare LF") };
        if line.first() == Some(&b'.') {
            return Some("one of its lines begins with a dot");
        }
        if line.len() > LONGEST_LINE {
            return Some("one of its lines is longer than 998 bytes");
        }
        begin = end + 1;
    }
    // Each LF has a CR before it; one more CR is one that stands alone.
    let bare = memchr_iter(b'\r', bytes).count() != memchr_iter(b'\n', bytes).count();
    bare.then_some("it holds a bare CR")
}

/// Whether `bytes` keep the promise of [`Message`] for what can be told of two bytes that
/// stand beside each other, and no line is half as long as it may be.
///
/// It looks at no line on its own and has no branch within a block, so that the
/// processor does it for many bytes at once.
fn is_plainly_sound(bytes: &[u8]) -> bool {
    // A multiple of what the vector unit takes at once.
    const BLOCK: usize = LONGEST_LINE / 2 / 32 * 32;
    if matches!(bytes, [] | [b'\n' | b'.', ..]) || !bytes.ends_with(b"\r\n") {
        return false;
    }
    // All bits, as the vector unit compares.
    let is = |byte: u8, other: u8| if byte == other { u8::MAX } else { 0 };
    let (this, next) = (&bytes[..bytes.len() - 1], &bytes[1..]);
    this.chunks(BLOCK).zip(next.chunks(BLOCK)).all(|(this, next)| {
        let (mut bad, mut ends) = (0_u8, 0_u8);
        for (this, next) in this.iter().zip(next) {
            let end = is(*next, b'\n');
            ends |= end;
            bad |= (this & 0x80) | (is(*this, b'\r') ^ end) | (is(*this, b'\n') & is(*next, b'.'));
        }
        // Where each block has a line end, no two are two blocks apart.
        bad == 0 && ends != 0
    })
}

/// Longest line of a mail without its line end, in bytes (RFC 5322 §2.1.1).
const LONGEST_LINE: usize = 998;

/// Who a campaign is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// The From header.
    pub from: Mailbox,
    /// The Reply-To header, when replies go elsewhere.
    pub reply_to: Option<Mailbox>,
    /// MAIL FROM; the From address when absent.
    pub return_path: Option<ReturnPath>,
    /// The List-Id label (RFC 2919), completed by the domain of `from`.
    pub list_label: String,
    /// The name of the list in List-Id.
    pub list_name: String,
    /// How readers leave; none in what was never meant for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way_out: Option<WayOut>,
}

/// The secret that makes Message-IDs which cannot be guessed and do not tell the
/// address.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl Key {
    /// A key of these bytes, any number of them.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// A new key from the system's randomness. For the edge of the program: the
    /// stages are handed theirs.
    ///
    /// # Errors
    ///
    /// Fails when the system has no randomness to give.
    pub fn random() -> Result<Self, NoRandomness> {
        Self::random_bytes().map(|bytes| Self::new(&bytes))
    }

    /// The bytes of a new key, for those who keep it.
    ///
    /// # Errors
    ///
    /// As [`Key::random`].
    pub fn random_bytes() -> Result<[u8; 32], NoRandomness> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(bytes)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The system has no randomness to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random numbers")]
pub struct NoRandomness;

impl Condition for NoRandomness {
    fn class(&self) -> Class {
        Class::Later
    }
}

/// The SHA-256 of `bytes` in hexadecimal: the same for the same content, and for
/// nothing else.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests;
