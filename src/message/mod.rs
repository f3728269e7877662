//! ASSEMBLE: a composed campaign and one recipient become the bytes of a mail.
//!
//! What is the same for everybody is written once, when the [`Assembler`] is made;
//! for each recipient there remain the merge, a handful of headers, a keyed hash and,
//! where there are keys, the signatures: see [`dkim`].
//! The same campaign, recipient and date give the same bytes with the same key. Two
//! runs with keys of their own share no Message-ID, so two tests of one article are
//! two mails to every mail program.

mod base32;
pub mod dkim;
mod header;
mod return_path;
mod way_out;

use aws_lc_rs::{digest, hmac};
use dkim::Signer;
use jiff::Zoned;
use memchr::{memchr_iter, memmem};
use serde::{Deserialize, Serialize};

use crate::audience::{EmailAddress, Mailbox, Subscriber};
use crate::compose::Composed;
use crate::problem::{Class, Condition, Problem};

pub use return_path::{ReturnPath, delivery_in};
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

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A copy of a campaign.
    Campaign,
    /// A test for named people: the subject says so.
    Test,
}

/// What can be wrong with a recipient's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssembleError {
    /// A day that no header can tell.
    #[error("a mail cannot be dated {0}")]
    Date(String),
    /// The bytes break the promise of [`Message`].
    #[error("the message for {recipient} cannot be sent: {flaw}")]
    Malformed {
        /// Whose message it is.
        recipient: String,
        /// What is wrong with it.
        flaw: &'static str,
    },
    /// The key did not sign.
    #[error("the key of `{0}` does not sign")]
    Unsigned(String),
    /// A signature that nobody would believe.
    #[error("the signature of `{record}` does not verify: {flaw}")]
    Unverified {
        /// The name of the key's record.
        record: String,
        /// What is wrong with it.
        flaw: &'static str,
    },
}

impl Condition for AssembleError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Date(_) => "set the clock of this machine".to_owned(),
            Self::Unsigned(_) => "make a new one with `letterpress dkim keygen`".to_owned(),
            Self::Malformed { .. } | Self::Unverified { .. } => {
                "please report this: messages are built so that this cannot happen".to_owned()
            }
        })
    }

    fn class(&self) -> Class {
        match self {
            Self::Date(_) => Class::Later,
            Self::Unsigned(_) => Class::Config,
            Self::Malformed { .. } | Self::Unverified { .. } => Class::Bug,
        }
    }
}

/// About how long the header and the lines around the parts are, in bytes.
const HEAD: usize = 2048;

/// About how long a signature is, in bytes.
const SIGNATURE: usize = 1024;

/// Makes the messages of one campaign.
pub struct Assembler<'a> {
    composed: &'a Composed,
    sender: &'a Sender,
    key: &'a hmac::Key,
    campaign: &'a str,
    purpose: Purpose,
    signers: &'a [Signer],
    /// The header fields before To, which are the same for everybody.
    head: Vec<u8>,
    /// Those after Message-ID.
    tail: Vec<u8>,
    boundary: String,
}

impl<'a> Assembler<'a> {
    /// Prepares the messages of `campaign`, a name that is unique within the
    /// newsletter. Each of `signers` signs every message; without any, none is signed.
    #[must_use]
    pub fn new(
        composed: &'a Composed,
        sender: &'a Sender,
        campaign: &'a str,
        key: &'a Key,
        purpose: Purpose,
        signers: &'a [Signer],
    ) -> Self {
        let key = &key.0;
        // Quoted-printable never holds `=_`, so no part can hold the boundary
        // (RFC 2045 §6.7).
        let boundary = format!("=_lp_{}", base32::tag_of(key, &["boundary", campaign]));
        let mut head = Vec::new();
        header::mailbox("From", &sender.from.name, &sender.from.address, &mut head);
        if let Some(reply_to) = &sender.reply_to {
            header::mailbox("Reply-To", &reply_to.name, &reply_to.address, &mut head);
        }
        let list_id = format!("{}.{}", sender.list_label, sender.from.address.domain());
        header::list_id(&sender.list_name, &list_id, &mut head);
        let feedback = format!("{campaign}:{}:letterpress", sender.list_label);
        header::unstructured("Feedback-ID", &feedback, &mut head);
        let mut tail = Vec::new();
        header::plain("MIME-Version", "1.0", &mut tail);
        let kind = format!("multipart/alternative; boundary=\"{boundary}\"");
        header::plain("Content-Type", &kind, &mut tail);
        Self { composed, sender, key, campaign, purpose, signers, head, tail, boundary }
    }

    /// The message for one recipient, dated `date`.
    ///
    /// # Errors
    ///
    /// Names the merge tag that cannot be worked out for this recipient, and fails when
    /// the message could not go on the wire: what is assembled can be sent.
    pub fn assemble(&self, subscriber: &Subscriber, date: &Zoned) -> Result<Message, Problem> {
        let address = &subscriber.address;
        let copy = self.composed.copy(&subscriber.values, address);
        let message_id = self.message_id(address);
        let room = self.composed.encoded_size_hint() + HEAD + SIGNATURE * self.signers.len();
        let mut out = Vec::with_capacity(room);
        out.extend_from_slice(&self.head);
        header::mailbox("To", &self.display_name(subscriber), address, &mut out);
        // A copy is made whole or not at all: what only its preheader lacks is missing
        // too, even where the theme has no place for the line.
        copy.preheader()?;
        let subject = one_line(&copy.subject()?);
        match self.purpose {
            Purpose::Campaign => header::unstructured("Subject", &subject, &mut out),
            Purpose::Test => header::unstructured("Subject", &format!("[Test] {subject}"), &mut out),
        }
        let date = jiff::fmt::rfc2822::to_string(date)
            .map_err(|_| Problem::new(AssembleError::Date(date.date().to_string())))?;
        header::plain("Date", &date, &mut out);
        header::plain("Message-ID", &format!("<{message_id}>"), &mut out);
        out.extend_from_slice(&self.tail);
        // The parts cannot break the promise of `Message`: whatever stands in them came
        // out of one encoder. The head holds names as people write them.
        if let Some(flaw) = flaw(&out, address.needs_smtputf8()) {
            let recipient = address.to_string();
            return Err(Problem::new(AssembleError::Malformed { recipient, flaw }));
        }
        self.open_part("text/plain", &mut out);
        copy.print_text(&mut out)?;
        self.open_part("text/html", &mut out);
        copy.print_html(&mut out)?;
        for part in ["\r\n--", &self.boundary, "--\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        dkim::sign(self.signers, &mut out)
            .map_err(|unsigned| Problem::new(AssembleError::Unsigned(unsigned.record)))?;
        let from = self.return_path(0, 0);
        let envelope = Envelope { from: Some(from), to: address.clone() };
        Ok(Message { envelope, message_id, bytes: out })
    }

    /// MAIL FROM for the delivery `number` of the campaign that the store keeps as
    /// `campaign`: their own where the return path has a token, the same otherwise. An
    /// assembled message has that of nobody, until whoever knows its numbers sets it;
    /// its bytes do not know it.
    #[must_use]
    pub fn return_path(&self, campaign: i64, number: u32) -> EmailAddress {
        match &self.sender.return_path {
            Some(path) => path.address(self.key, campaign, number),
            None => self.sender.from.address.clone(),
        }
    }

    /// Reads the signatures of a message as those do who get it.
    ///
    /// # Errors
    ///
    /// Fails when one of them is not there or does not verify.
    pub fn prove(&self, message: &Message) -> Result<(), Problem> {
        let unbelieved = |signer: &Signer| {
            let flaw = signer.flaw(&message.bytes)?;
            Some(Problem::new(AssembleError::Unverified { record: signer.record_name(), flaw }))
        };
        self.signers.iter().find_map(unbelieved).map_or(Ok(()), Err)
    }

    /// The name shown beside the address: the list's `name`, or first and last name. A
    /// test has none: its values are somebody else's than its recipient's.
    fn display_name(&self, subscriber: &Subscriber) -> String {
        if self.purpose == Purpose::Test {
            return String::new();
        }
        let value = |name: &str| subscriber.values.get(name).map(String::as_str).unwrap_or_default();
        match value("name") {
            "" => format!("{} {}", value("first_name"), value("last_name")),
            name => name.to_owned(),
        }
    }

    fn open_part(&self, kind: &str, out: &mut Vec<u8>) {
        for part in [
            "\r\n--",
            &self.boundary,
            "\r\nContent-Type: ",
            kind,
            "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
        ] {
            out.extend_from_slice(part.as_bytes());
        }
    }

    /// The Message-ID of the message for `address`, without angle brackets.
    #[must_use]
    pub fn message_id(&self, address: &EmailAddress) -> String {
        let purpose = match self.purpose {
            Purpose::Campaign => "campaign",
            Purpose::Test => "test",
        };
        let tag = base32::tag_of(self.key, &[purpose, self.campaign, address.as_str()]);
        format!("{tag}@{}", self.sender.from.address.domain())
    }
}

/// The same text with a space for each line end, for a header.
fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
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
