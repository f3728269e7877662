//! Where mail that cannot be delivered comes back to, and whose it was.
//!
//! With a token in it (VERP) each recipient has a return path of their own, so that a
//! bounce tells whom it is about, whatever its writer makes of the message.

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};

use super::{Key, base32};
use crate::audience::{AddressError, EmailAddress};

/// What stands for the token in a return path as people write it.
const PLACE: &str = "{token}";

/// A token is 15 bytes, 24 letters of base 32, whatever a server makes of upper case.
const BYTES: usize = 15;
const LETTERS: usize = 24;

/// The first bytes of a token: a hash over the rest, and what hides it.
const SEAL: usize = 7;

/// MAIL FROM of a campaign: one address, or one for each recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ReturnPath {
    /// The same for everybody.
    Plain(EmailAddress),
    /// With a token for each: what stands before it, and what after.
    Each {
        /// `bounces+`.
        before: String,
        /// `@example.com`.
        after: String,
    },
}

impl ReturnPath {
    /// Reads `bounces@example.com` or `bounces+{token}@example.com`.
    ///
    /// # Errors
    ///
    /// Fails when that is no address, or none with a token in it, of 64 octets before
    /// the @ at most (RFC 5321 §4.5.3.1.1).
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let Some((before, after)) = text.split_once(PLACE) else {
            return EmailAddress::parse(text).map(Self::Plain);
        };
        // With the token in its place it has to be an address of the same shape.
        let sample = "a".repeat(LETTERS);
        let address = EmailAddress::parse(&format!("{before}{sample}{after}"))?;
        if address.local().contains(&sample) {
            let (before, after) = (before.to_owned(), after.to_owned());
            return Ok(Self::Each { before, after });
        }
        // A domain of its own for each recipient is none that takes mail.
        EmailAddress::parse(text).map(Self::Plain)
    }

    /// The address for the delivery `number` of `campaign`; 0 of campaign 0 is nobody's.
    pub(super) fn address(&self, key: &hmac::Key, campaign: i64, number: u32) -> EmailAddress {
        match self {
            Self::Plain(address) => address.clone(),
            Self::Each { before, after } => {
                let token = token(key, campaign, number);
                let text = format!("{before}{token}{after}");
                EmailAddress::parse(&text).expect("with any token it is the address that was tried")
            }
        }
    }

    /// Whether it holds letters that only SMTPUTF8 carries.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        match self {
            Self::Plain(address) => address.needs_smtputf8(),
            Self::Each { before, after } => !(before.is_ascii() && after.is_ascii()),
        }
    }
}

impl TryFrom<String> for ReturnPath {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<ReturnPath> for String {
    fn from(path: ReturnPath) -> Self {
        match path {
            ReturnPath::Plain(address) => address.into(),
            ReturnPath::Each { before, after } => format!("{before}{PLACE}{after}"),
        }
    }
}

/// The token of a delivery: its two numbers, sealed and hidden with the key, so that
/// nobody can make one, and nobody reads out of one how large a list is.
fn token(key: &hmac::Key, campaign: i64, number: u32) -> String {
    // No store will ever have so many campaigns that one is nobody's.
    let campaign = u32::try_from(campaign).unwrap_or_default();
    let mut bytes = [0; BYTES];
    bytes[SEAL..SEAL + 4].copy_from_slice(&campaign.to_be_bytes());
    bytes[SEAL + 4..].copy_from_slice(&number.to_be_bytes());
    let seal = hash(key, b"return path: seal", &bytes[SEAL..]);
    bytes[..SEAL].copy_from_slice(&seal.as_ref()[..SEAL]);
    hide(key, &mut bytes);
    base32::written(&bytes)
}

/// Whose return path `address` is: the campaign's number and the recipient's, when it
/// holds a token that was made with this key.
#[must_use]
pub fn delivery_in(address: &EmailAddress, key: &Key) -> Option<(i64, u32)> {
    let local = address.local().to_ascii_lowercase();
    // Nothing has to stand between a token and its neighbours.
    let parts = local.split(|c| !base32::is_letter(c)).map(str::as_bytes);
    parts.flat_map(|part| part.windows(LETTERS)).find_map(|letters| {
        let mut bytes: [u8; BYTES] = base32::read(letters)?.try_into().ok()?;
        hide(&key.0, &mut bytes);
        let seal = hash(&key.0, b"return path: seal", &bytes[SEAL..]);
        let (campaign, number) = (word(&bytes[SEAL..SEAL + 4]), word(&bytes[SEAL + 4..]));
        let sound = seal.as_ref()[..SEAL] == bytes[..SEAL] && campaign > 0;
        sound.then(|| (i64::from(campaign), number))
    })
}

fn word(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |word, byte| (word << 8) | u32::from(*byte))
}

/// Hides what is behind the seal, or shows it again.
fn hide(key: &hmac::Key, bytes: &mut [u8; BYTES]) {
    let (seal, rest) = bytes.split_at_mut(SEAL);
    let mask = hash(key, b"return path: mask", seal);
    for (byte, mask) in rest.iter_mut().zip(mask.as_ref()) {
        *byte ^= mask;
    }
}

fn hash(key: &hmac::Key, purpose: &[u8], bytes: &[u8]) -> hmac::Tag {
    let mut hash = hmac::Context::with_key(key);
    hash.update(purpose);
    hash.update(bytes);
    hash.sign()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> Key {
        Key::new(b"a key of the tests")
    }

    fn of(text: &str, campaign: i64, number: u32) -> EmailAddress {
        ReturnPath::parse(text).unwrap().address(&key().0, campaign, number)
    }

    #[test]
    fn a_return_path_without_a_token_is_the_same_for_everybody() {
        assert_eq!(of("bounces@example.com", 1, 2).as_str(), "bounces@example.com");
        assert_eq!(delivery_in(&of("bounces@example.com", 1, 2), &key()), None);
    }

    #[test]
    fn a_token_that_has_no_place_is_refused() {
        let long = format!("{}{{token}}@example.com", "a".repeat(41));
        for text in ["bounces@{token}.example.com", "{token}", "a {token}@example.com", &long] {
            assert!(ReturnPath::parse(text).is_err(), "{text}");
        }
        assert!(ReturnPath::parse(&long[1..]).is_ok());
    }

    #[test]
    fn whoever_has_no_number_has_a_token_that_is_nobodys() {
        assert_eq!(delivery_in(&of("b+{token}@example.com", 0, 0), &key()), None);
        assert_eq!(delivery_in(&of("b+{token}@example.com", i64::MAX, 3), &key()), None);
    }

    #[test]
    fn what_is_written_down_is_read_again() {
        for text in ["bounces@example.com", "bounces+{token}@example.com"] {
            let path = ReturnPath::parse(text).unwrap();
            let json = serde_json::to_string(&path).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<ReturnPath>(&json).unwrap(), path);
        }
    }

    proptest! {
        #[test]
        fn a_bounce_tells_whose_it_is_in_upper_case_too(campaign in 1..u32::MAX, number: u32) {
            let address = of("b-{token}@example.com", campaign.into(), number);
            prop_assert_eq!(delivery_in(&address, &key()), Some((campaign.into(), number)));
            let loud = EmailAddress::parse(&address.as_str().to_uppercase()).unwrap();
            prop_assert_eq!(delivery_in(&loud, &key()), Some((campaign.into(), number)));
            // Another key, another newsletter.
            prop_assert_eq!(delivery_in(&address, &Key::new(b"another")), None);
        }

        #[test]
        fn a_token_with_a_letter_changed_is_nobodys(number: u32, at in 0..LETTERS, letter in "[a-z2-7]") {
            let address = of("b+{token}@example.com", 7, number);
            let mut text = address.as_str().to_owned();
            prop_assume!(text[2 + at..=2 + at] != letter);
            text.replace_range(2 + at..=2 + at, &letter);
            prop_assert_eq!(delivery_in(&EmailAddress::parse(&text).unwrap(), &key()), None);
        }
    }
}
