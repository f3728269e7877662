//! What a link in a mail carries: what it is for, of which list, and whose it is.
//!
//! A token is `version and purpose | tag | payload`, base64url without padding. The tag
//! is an HMAC over version, purpose, list and payload, cut to 128 bits (RFC 2104 §5);
//! the payload is hidden under a stream that begins with the tag (a synthetic IV, as in
//! RFC 5297), so that no address can be read in it and nothing has to be looked up: a
//! link works as long as the key is known, also after a state was restored that is
//! older than the mail. The same claim and key give the same token.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::Timestamp;

use super::EmailAddress;

/// The version that is written; the upper half of the first byte.
const VERSION: u8 = 1 << 4;

/// Bytes of the tag.
const TAG: usize = 16;

/// Longest token, in characters: an address has 254 octets at most (RFC 5321
/// §4.5.3.1.3 with its erratum 1690).
pub const LONGEST_TOKEN: usize = 400;

/// What whoever holds a token may have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// This person leaves the list. Such a token never expires.
    Leave(EmailAddress),
    /// This person, who left at that moment, comes back; good for that leaving alone.
    Return {
        /// Who.
        address: EmailAddress,
        /// When they left.
        left: Timestamp,
    },
    /// This person, who left at that moment, says why.
    Say {
        /// Who.
        address: EmailAddress,
        /// When they left.
        left: Timestamp,
    },
    /// Nobody does anything: a test of the way, or the link of a test mail.
    Test([u8; 16]),
}

impl Claim {
    fn purpose(&self) -> u8 {
        match self {
            Self::Leave(_) => 1,
            Self::Return { .. } => 2,
            Self::Say { .. } => 3,
            Self::Test(_) => 4,
        }
    }

    fn payload(&self) -> Vec<u8> {
        match self {
            Self::Leave(address) => address.as_str().as_bytes().to_vec(),
            Self::Return { address, left } | Self::Say { address, left } => {
                let mut payload = left.as_microsecond().to_be_bytes().to_vec();
                payload.extend_from_slice(address.as_str().as_bytes());
                payload
            }
            Self::Test(nonce) => nonce.to_vec(),
        }
    }

    fn read(purpose: u8, payload: &[u8]) -> Option<Self> {
        let address = |bytes: &[u8]| EmailAddress::parse(std::str::from_utf8(bytes).ok()?).ok();
        let dated = || {
            let (left, rest) = payload.split_first_chunk::<8>()?;
            let left = Timestamp::from_microsecond(i64::from_be_bytes(*left)).ok()?;
            Some((address(rest)?, left))
        };
        match purpose {
            1 => address(payload).map(Self::Leave),
            2 => dated().map(|(address, left)| Self::Return { address, left }),
            3 => dated().map(|(address, left)| Self::Say { address, left }),
            4 => payload.try_into().ok().map(Self::Test),
            _ => None,
        }
    }
}

/// Writes and reads the tokens of one list.
#[derive(Clone)]
pub struct Tokens {
    list: String,
    /// The first one writes; all read.
    keys: Vec<TokenKey>,
}

#[derive(Clone)]
struct TokenKey {
    seal: hmac::Key,
    hide: hmac::Key,
}

impl TokenKey {
    fn new(bytes: &[u8; 32]) -> Self {
        let whole = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let part = |name: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&whole, name).as_ref());
        Self { seal: part(b"link token: seal"), hide: part(b"link token: hide") }
    }

    fn tag(&self, list: &str, kind: u8, payload: &[u8]) -> [u8; TAG] {
        let mut seal = hmac::Context::with_key(&self.seal);
        seal.update(&[kind]);
        seal.update(&(list.len() as u64).to_be_bytes());
        seal.update(list.as_bytes());
        seal.update(payload);
        *seal.sign().as_ref().first_chunk().expect("SHA-256 has 32 bytes")
    }

    /// Hides the payload of the token with this tag, or uncovers it.
    fn turn(&self, tag: &[u8; TAG], payload: &mut [u8]) {
        for (number, block) in (0_u32..).zip(payload.chunks_mut(32)) {
            let mut hide = hmac::Context::with_key(&self.hide);
            hide.update(tag);
            hide.update(&number.to_be_bytes());
            for (byte, stream) in block.iter_mut().zip(hide.sign().as_ref()) {
                *byte ^= stream;
            }
        }
    }
}

impl Tokens {
    /// The tokens of `list`, written with the key `current` and read with that and with
    /// those that are `retired`.
    #[must_use]
    pub fn new(list: &str, current: &[u8; 32], retired: &[[u8; 32]]) -> Self {
        let keys = std::iter::once(current).chain(retired).map(TokenKey::new).collect();
        Self { list: list.to_owned(), keys }
    }

    /// The token that says `claim`: letters, digits, `-` and `_`.
    #[must_use]
    pub fn write(&self, claim: &Claim) -> String {
        let key = self.keys.first().expect("there is always the current key");
        let kind = VERSION | claim.purpose();
        let mut payload = claim.payload();
        let tag = key.tag(&self.list, kind, &payload);
        key.turn(&tag, &mut payload);
        let mut bytes = Vec::with_capacity(1 + TAG + payload.len());
        bytes.push(kind);
        bytes.extend_from_slice(&tag);
        bytes.extend_from_slice(&payload);
        BASE64URL.encode(bytes)
    }

    /// What `text` says, if it is a token of this list, whole, and made with one of the
    /// keys. The time it takes tells nothing of the tag.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Claim> {
        if text.len() > LONGEST_TOKEN {
            return None;
        }
        let bytes = BASE64URL.decode(text).ok()?;
        let (kind, rest) = bytes.split_first()?;
        let (tag, hidden) = rest.split_first_chunk::<TAG>()?;
        if kind & 0xf0 != VERSION {
            return None;
        }
        let mut payload = hidden.to_vec();
        for key in &self.keys {
            key.turn(tag, &mut payload);
            let right = key.tag(&self.list, *kind, &payload);
            if constant_time::verify_slices_are_equal(&right, tag).is_ok() {
                return Claim::read(kind & 0x0f, &payload);
            }
            payload.copy_from_slice(hidden);
        }
        None
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys are nobody's business.
        f.debug_struct("Tokens").field("list", &self.list).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [7; 32];
    const OLD: [u8; 32] = [8; 32];

    fn tokens() -> Tokens {
        Tokens::new("slow-sunday", &KEY, &[])
    }

    fn ana() -> EmailAddress {
        EmailAddress::parse("Ana.Lindqvist@example.com").unwrap()
    }

    fn claims() -> [Claim; 4] {
        let left = Timestamp::from_microsecond(1_790_000_000_000_001).unwrap();
        [
            Claim::Leave(ana()),
            Claim::Return { address: ana(), left },
            Claim::Say { address: ana(), left },
            Claim::Test([3; 16]),
        ]
    }

    #[test]
    fn every_claim_is_read_back_and_written_the_same_again() {
        for claim in claims() {
            let token = tokens().write(&claim);
            assert_eq!(tokens().read(&token).as_ref(), Some(&claim));
            assert_eq!(tokens().write(&claim), token);
            assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')), "{token}");
        }
    }

    #[test]
    fn no_two_purposes_share_a_token_and_none_becomes_another() {
        for claim in claims() {
            let mut bytes = BASE64URL.decode(tokens().write(&claim)).unwrap();
            let written = bytes[0];
            for kind in 0..=u8::MAX {
                if kind != written {
                    bytes[0] = kind;
                    assert_eq!(tokens().read(&BASE64URL.encode(&bytes)), None, "{kind}");
                }
            }
        }
    }

    #[test]
    fn another_list_or_another_key_knows_none_of_them() {
        let token = tokens().write(&Claim::Leave(ana()));
        assert_eq!(Tokens::new("slow-monday", &KEY, &[]).read(&token), None);
        assert_eq!(Tokens::new("slow-sunday", &OLD, &[]).read(&token), None);
    }

    #[test]
    fn a_retired_key_still_reads_what_it_wrote() {
        let before = Tokens::new("slow-sunday", &OLD, &[]).write(&Claim::Leave(ana()));
        let after = Tokens::new("slow-sunday", &KEY, &[[9; 32], OLD]);
        assert_eq!(after.read(&before), Some(Claim::Leave(ana())));
        assert_ne!(after.write(&Claim::Leave(ana())), before);
    }

    #[test]
    fn every_shorter_and_longer_token_is_none() {
        let token = tokens().write(&Claim::Leave(ana()));
        for end in 0..token.len() {
            assert_eq!(tokens().read(&token[..end]), None, "{end}");
        }
        for more in ["A", "AA", "=", ".", " ", "\n", "\0"] {
            assert_eq!(tokens().read(&format!("{token}{more}")), None, "{more:?}");
        }
    }

    #[test]
    fn every_single_bit_counts() {
        let bytes = BASE64URL.decode(tokens().write(&Claim::Leave(ana()))).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(tokens().read(&BASE64URL.encode(&bytes)), None, "bit {bit}");
        }
    }

    #[test]
    fn the_longest_address_fits() {
        let local = "a".repeat(64);
        let domain = format!("{}.{}.{}.test", "b".repeat(61), "c".repeat(61), "d".repeat(60));
        let address = EmailAddress::parse(&format!("{local}@{domain}")).unwrap();
        assert_eq!(address.as_str().len(), 254);
        let left = Timestamp::from_second(253_000_000_000).unwrap();
        for claim in [Claim::Leave(address.clone()), Claim::Return { address, left }] {
            let token = tokens().write(&claim);
            assert!(token.len() <= LONGEST_TOKEN, "{}", token.len());
            assert_eq!(tokens().read(&token), Some(claim));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_was_not_written_is_read(
            purpose in 1_u8..=4,
            rest in proptest::collection::vec(any::<u8>(), TAG..80),
        ) {
            // Of the right form, so that nothing but the tag tells it.
            let bytes = [vec![VERSION | purpose], rest].concat();
            prop_assert_eq!(tokens().read(&BASE64URL.encode(bytes)), None);
        }

        #[test]
        fn no_part_of_an_address_can_be_read(name in "[a-z]{4,20}") {
            let address = EmailAddress::parse(&format!("{name}@example.com")).unwrap();
            let token = tokens().write(&Claim::Leave(address));
            let bytes = BASE64URL.decode(&token).unwrap();
            prop_assert!(!token.contains(&name) && !String::from_utf8_lossy(&bytes).contains(&name));
            let other = EmailAddress::parse(&format!("{name}@example.org")).unwrap();
            let other = BASE64URL.decode(tokens().write(&Claim::Leave(other))).unwrap();
            // What two addresses share does not show either.
            prop_assert_ne!(&bytes[17..21], &other[17..21]);
        }
    }
}
