//! Signs mails with DKIM (RFC 6376), RSA and Ed25519 (RFC 8463).
//!
//! Without a clock: a signature says neither when it was made nor when it ends, so that
//! the same message and key give the same bytes, today and after a crash.

mod canon;
mod key;
mod proof;

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

pub use key::{Algorithm, KeyError, generate};

use canon::Field;
use key::PrivateKey;

/// How far a signature goes over a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Over those there are, and over there being no more of them.
    Sealed,
    /// Over those there are.
    Present,
}

/// The fields a signature is over.
///
/// Many programs take any number of a field that may stand once, and some show the
/// first and others the last; so somebody could put one of their own on top of a signed
/// mail (RFC 6376 §8.15). What readers see, what a reply goes to and what decides how
/// the body is read is therefore sealed: named once more than it is there, even when
/// it is not there at all. The fields of a list are not: a discussion list that
/// passes the mail on rightly puts its own `List-Id` there.
const COVERED: [(&str, Reach); 14] = [
    ("From", Reach::Sealed),
    ("To", Reach::Sealed),
    ("Cc", Reach::Sealed),
    ("Subject", Reach::Sealed),
    ("Date", Reach::Sealed),
    ("Reply-To", Reach::Sealed),
    ("Message-ID", Reach::Present),
    ("MIME-Version", Reach::Present),
    ("Content-Type", Reach::Sealed),
    ("Content-Transfer-Encoding", Reach::Sealed),
    ("List-Id", Reach::Present),
    ("Feedback-ID", Reach::Present),
    ("List-Unsubscribe", Reach::Present),
    // RFC 8058 §4: a signature has to cover both.
    ("List-Unsubscribe-Post", Reach::Present),
];

/// The longest line of the field, below the 78 of RFC 5322 §2.1.1.
const WIDTH: usize = 77;

/// The longest string in a DNS record, in bytes (RFC 1035 §3.3).
const LONGEST_STRING: usize = 255;

/// A private key and the names that its public half is published under.
pub struct Signer {
    key: PrivateKey,
    domain: String,
    selector: String,
    public: String,
}

impl Signer {
    /// A signer for `domain` (`d=`) and `selector` (`s=`) with the private key in `pem`:
    /// PKCS#8 (`PRIVATE KEY`), or PKCS#1 (`RSA PRIVATE KEY`). An RSA key has 2,048 bits
    /// to 4,096.
    ///
    /// # Errors
    ///
    /// Fails when there is no such key in `pem`, or a name cannot stand in DNS.
    pub fn new(pem: &str, domain: &str, selector: &str) -> Result<Self, KeyError> {
        if !is_domain(domain) {
            return Err(KeyError::Domain(domain.to_owned()));
        }
        if !is_selector(selector) {
            return Err(KeyError::Selector(selector.to_owned()));
        }
        let key = PrivateKey::from_pem(pem)?;
        let public = key.public().map_err(|_| KeyError::Damaged)?;
        Ok(Self { key, domain: domain.to_ascii_lowercase(), selector: selector.to_owned(), public })
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// The domain that answers for the mail.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The name of the key within the domain.
    #[must_use]
    pub fn selector(&self) -> &str {
        &self.selector
    }

    /// The name in DNS under which the key is looked for.
    #[must_use]
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// The text of the TXT record to publish under [`Signer::record_name`]
    /// (RFC 6376 §3.6.1).
    #[must_use]
    pub fn record(&self) -> String {
        format!("v=DKIM1; k={}; p={}", self.algorithm().key_type(), self.public)
    }

    /// The same text in strings that a DNS record can hold.
    #[must_use]
    pub fn record_strings(&self) -> Vec<String> {
        let record = self.record();
        let mut rest = record.as_str();
        let mut strings = Vec::new();
        while !rest.is_empty() {
            let (string, more) = rest.split_at(rest.len().min(LONGEST_STRING));
            strings.push(string.to_owned());
            rest = more;
        }
        strings
    }

    /// What keeps its signature on `message` from being believed, if anything does.
    ///
    /// Reads the message as a verifier does, with the record as it is published and
    /// code of its own; a signature that is not there is a flaw too.
    #[must_use]
    pub fn flaw(&self, message: &[u8]) -> Option<&'static str> {
        proof::flaw(message, self)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, {})", self.record_name(), self.algorithm().name())
    }
}

/// The key would not sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unsigned {
    /// The name of the key's record.
    pub(super) record: String,
}

/// Puts the signatures of all `signers` on top of `message`, in their order. None is
/// over another.
///
/// The message ends in CRLF, as [`Message`](super::Message) promises: of a last line
/// without one that holds nothing but white space, verifiers think differently.
pub(super) fn sign(signers: &[Signer], message: &mut Vec<u8>) -> Result<(), Unsigned> {
    if signers.is_empty() {
        return Ok(());
    }
    let (fields, body) = canon::split(message);
    let mut hash = digest::Context::new(&digest::SHA256);
    canon::body(body, |piece| hash.update(piece));
    let body_hash = BASE64.encode(hash.finish());
    let (names, covered) = covered(&fields);
    let mut head_hash = digest::Context::new(&digest::SHA256);
    head_hash.update(&covered);
    let mut top = Vec::new();
    for signer in signers {
        let unsigned = unsigned_field(signer, &names, &body_hash);
        let mut canonical = Vec::with_capacity(unsigned.len());
        let (name, value) = unsigned.split_once(':').expect("the field was written with its name");
        canon::field(name.as_bytes(), value.as_bytes(), &mut canonical);
        let mut hash = head_hash.clone();
        hash.update(&canonical);
        let signature =
            signer.key.sign(&hash.finish()).map_err(|_| Unsigned { record: signer.record_name() })?;
        top.extend_from_slice(unsigned.as_bytes());
        fold(&BASE64.encode(signature), " b=".len(), &mut top);
        top.extend_from_slice(b"\r\n");
    }
    message.splice(0..0, top);
    Ok(())
}

/// The names for `h=`, and the fields they stand for in their canonical form: each next
/// of a name is the one above the last (RFC 6376 §5.4.2).
fn covered(fields: &[Field<'_>]) -> (Vec<&'static str>, Vec<u8>) {
    let (mut names, mut text) = (Vec::with_capacity(2 * COVERED.len()), Vec::with_capacity(1024));
    for (name, reach) in COVERED {
        for (found, value) in
            fields.iter().rev().filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
        {
            canon::field(found, value, &mut text);
            text.extend_from_slice(b"\r\n");
            names.push(name);
        }
        if reach == Reach::Sealed {
            names.push(name);
        }
    }
    (names, text)
}

/// The field up to its `b=`, folded.
fn unsigned_field(signer: &Signer, names: &[&str], body_hash: &str) -> String {
    let (domain, selector) = (&signer.domain, &signer.selector);
    let algorithm = signer.algorithm().name();
    let apart = if domain.len() + selector.len() + " d=; s=;".len() > WIDTH { "\r\n" } else { "" };
    let mut field = format!(
        "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={domain};{apart} s={selector};\r\n h="
    );
    let mut column = " h=".len();
    for (index, name) in names.iter().enumerate() {
        let mark = if index + 1 == names.len() { ';' } else { ':' };
        if column + name.len() + 1 > WIDTH {
            field.push_str("\r\n ");
            column = 1;
        }
        field.push_str(name);
        field.push(mark);
        column += name.len() + 1;
    }
    field + &format!("\r\n bh={body_hash};\r\n b=")
}

/// Appends `text`, broken wherever a line is full, on a line that has `column` bytes.
fn fold(text: &str, mut column: usize, out: &mut Vec<u8>) {
    let mut rest = text;
    loop {
        let (line, more) = rest.split_at(rest.len().min(WIDTH - column));
        out.extend_from_slice(line.as_bytes());
        rest = more;
        if rest.is_empty() {
            return;
        }
        out.extend_from_slice(b"\r\n ");
        column = 1;
    }
}

/// Whether `text` can be a `d=`: at least two labels (RFC 6376 §3.5).
#[must_use]
pub fn is_domain(text: &str) -> bool {
    text.contains('.') && is_selector(text)
}

/// Whether `text` can be an `s=`: labels of letters, digits and hyphens. Records in use
/// have underscores too.
#[must_use]
pub fn is_selector(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.len() <= 63
            && bytes.first().is_some_and(|byte| is_letter(*byte))
            && bytes.last().is_some_and(|byte| is_letter(*byte))
            && bytes.iter().all(|byte| is_letter(*byte) || *byte == b'-')
    };
    // RFC 1035 §2.3.4, with room for `._domainkey.` and the other name.
    text.len() <= 200 && text.split('.').all(is_label)
}

/// Whether mail from `from` is aligned with signatures of `domain` (RFC 9989): it is that
/// domain or one below it.
#[must_use]
pub fn is_aligned(domain: &str, from: &str) -> bool {
    let (domain, from) = (domain.to_ascii_lowercase(), from.to_ascii_lowercase());
    from.strip_suffix(&domain).is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

#[cfg(test)]
mod tests;
