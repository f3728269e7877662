//! Private keys: read from PEM, made anew, and what is wrong with one.

use aws_lc_rs::digest::Digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::message::NoRandomness;
use crate::problem::{Class, Condition};

/// How a mail is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `rsa-sha256`: what every verifier knows.
    Rsa,
    /// `ed25519-sha256` (RFC 8463): short and quick, and not known to all.
    Ed25519,
}

impl Algorithm {
    /// Its name in a signature's `a=`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa => "rsa-sha256",
            Self::Ed25519 => "ed25519-sha256",
        }
    }

    /// Its name in the `k=` of a key's record.
    pub(super) fn key_type(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// The fewest bits of an RSA key. RFC 8301 §3.2 lets signers go down to 1,024 and asks
/// them for 2,048; the cryptographic library refuses to sign with less than these.
const FEWEST_BITS: usize = 2048;

/// The most: verifiers need not know longer ones (RFC 8301 §3.2).
const MOST_BITS: usize = 4096;

/// What can be wrong with a key, or with the names it signs under.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM at all.
    #[error("it is not a private key in PEM")]
    NotPem,
    /// The PEM of something else.
    #[error("it is a {0}, not a private key")]
    NotPrivate(String),
    /// It wants a passphrase.
    #[error("it is encrypted")]
    Encrypted,
    /// A key that DKIM has no use for.
    #[error("it is {0}, expected RSA or Ed25519")]
    Algorithm(&'static str),
    /// An RSA key that others can break.
    #[error("it is an RSA key of {0} bits, expected {FEWEST_BITS} or more")]
    TooShort(usize),
    /// An RSA key that not all can verify.
    #[error("it is an RSA key of {0} bits, expected {MOST_BITS} or fewer")]
    TooLong(usize),
    /// A key whose numbers make no sense.
    #[error("it is damaged")]
    Damaged,
    /// A domain that can have no record.
    #[error("`{0}` is not a domain")]
    Domain(String),
    /// A selector that can have no record.
    #[error("`{0}` is not a selector")]
    Selector(String),
}

impl Condition for KeyError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotPem | Self::Damaged => {
                "it begins with `-----BEGIN PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`; \
                 `letterpress dkim keygen` makes one"
                    .to_owned()
            }
            Self::NotPrivate(_) => "name the file with the private key".to_owned(),
            Self::Encrypted => "take the passphrase off with `openssl pkey -in old.pem -out new.pem`, \
                 and keep the file where only you can read it"
                .to_owned(),
            Self::Algorithm(_) | Self::TooShort(_) | Self::TooLong(_) => {
                "make a new one with `letterpress dkim keygen` and publish its record".to_owned()
            }
            Self::Domain(_) => "write it like `example.com`".to_owned(),
            Self::Selector(_) => "use letters, digits, hyphens and dots, such as `news2026`".to_owned(),
        })
    }

    fn class(&self) -> Class {
        Class::Config
    }
}

/// A private key.
pub(super) enum PrivateKey {
    Rsa(Box<rsa::KeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl PrivateKey {
    /// Reads the first private key in `pem`: PKCS#8, or PKCS#1 for RSA.
    pub(super) fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let (label, inside) = block(pem)?;
        let is_encrypted = inside.contains("ENCRYPTED");
        match label {
            "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
            "EC PRIVATE KEY" => return Err(KeyError::Algorithm("an elliptic curve key")),
            "DSA PRIVATE KEY" => return Err(KeyError::Algorithm("a DSA key")),
            "PRIVATE KEY" | "RSA PRIVATE KEY" if is_encrypted => return Err(KeyError::Encrypted),
            "PRIVATE KEY" | "RSA PRIVATE KEY" => {}
            other => return Err(KeyError::NotPrivate(other.to_lowercase())),
        }
        let packed: String = inside.split_ascii_whitespace().collect();
        let der = BASE64.decode(packed).map_err(|_| KeyError::Damaged)?;
        if label == "RSA PRIVATE KEY" {
            return Self::rsa(&der, |der| rsa::KeyPair::from_der(der).ok());
        }
        let (algorithm, key) = pkcs8(&der).ok_or(KeyError::Damaged)?;
        match algorithm {
            RSA => Self::rsa(key, |_| rsa::KeyPair::from_pkcs8(&der).ok()),
            ED25519 => Ed25519KeyPair::from_pkcs8(&der)
                .map(|key| Self::Ed25519(Box::new(key)))
                .map_err(|_| KeyError::Damaged),
            ELLIPTIC => Err(KeyError::Algorithm("an elliptic curve key")),
            _ => Err(KeyError::Algorithm("a key of another kind")),
        }
    }

    /// The RSA key whose PKCS#1 form is `key`, if it is long enough.
    fn rsa(key: &[u8], read: impl Fn(&[u8]) -> Option<rsa::KeyPair>) -> Result<Self, KeyError> {
        match modulus_bits(key).ok_or(KeyError::Damaged)? {
            bits if bits < FEWEST_BITS => Err(KeyError::TooShort(bits)),
            bits if bits > MOST_BITS => Err(KeyError::TooLong(bits)),
            _ => read(key).map(|key| Self::Rsa(Box::new(key))).ok_or(KeyError::Damaged),
        }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(_) => Algorithm::Rsa,
            Self::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The signature of a digest; the same each time, for both algorithms.
    pub(super) fn sign(&self, digest: &Digest) -> Result<Vec<u8>, Unspecified> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign_digest(&RSA_PKCS1_SHA256, digest, &mut signature)?;
                Ok(signature)
            }
            // RFC 8463 §3: it is the hash that is signed.
            Self::Ed25519(key) => Ok(key.try_sign(digest.as_ref())?.as_ref().to_vec()),
        }
    }

    /// The public key as a record has it: for RSA the DER that says what it is, as in
    /// the example of RFC 6376 appendix C and in all records in use (§3.6.1 there names
    /// the bare form), for Ed25519 its bare 32 bytes (RFC 8463 §4.2).
    pub(super) fn public(&self) -> Result<String, Unspecified> {
        Ok(match self {
            Self::Rsa(key) => {
                let der: PublicKeyX509Der<'_> = key.public_key().as_der()?;
                BASE64.encode(der.as_ref())
            }
            Self::Ed25519(key) => BASE64.encode(key.public_key().as_ref()),
        })
    }
}

/// Makes a new private key, in PEM (PKCS#8). An RSA key has 2,048 bits: longer ones
/// take several times as long for each mail, and many DNS hosts cannot hold them.
///
/// # Errors
///
/// Fails when the system has no randomness to give.
pub fn generate(algorithm: Algorithm) -> Result<String, NoRandomness> {
    let der = match algorithm {
        Algorithm::Rsa => {
            let key = rsa::KeyPair::generate(KeySize::Rsa2048).map_err(|_| NoRandomness)?;
            let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| NoRandomness)?;
            BASE64.encode(der.as_ref())
        }
        // The first version of the form, which every other program reads.
        Algorithm::Ed25519 => {
            let key = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(|_| NoRandomness)?;
            BASE64.encode(key.as_ref())
        }
    };
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = der.as_str();
    while !rest.is_empty() {
        // RFC 7468 §3.
        let (line, more) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Ok(pem)
}

/// The label and the inside of the first block of `pem` that could hold a key:
/// OpenSSL puts the parameters of a curve before its key.
fn block(pem: &str) -> Result<(&str, &str), KeyError> {
    let (_, rest) = pem.split_once("-----BEGIN ").ok_or(KeyError::NotPem)?;
    let (label, rest) = rest.split_once("-----").ok_or(KeyError::NotPem)?;
    let (inside, after) = rest.split_once("-----END ").ok_or(KeyError::NotPem)?;
    if label.ends_with("PARAMETERS") {
        return block(after);
    }
    Ok((label, inside))
}

/// Object identifiers in DER: RFC 8017 appendix A.1, RFC 8410 §3, RFC 5480 §2.1.1.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const ELLIPTIC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];

/// The tags of DER that stand in a key.
const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const OBJECT: u8 = 6;
const SEQUENCE: u8 = 0x30;

/// The algorithm and the key inside PKCS#8 (RFC 5208 §5).
fn pkcs8(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (inside, _) = der_value(SEQUENCE, der)?;
    let (_, rest) = der_value(INTEGER, inside)?;
    let (algorithm, rest) = der_value(SEQUENCE, rest)?;
    let (algorithm, _) = der_value(OBJECT, algorithm)?;
    let (key, _) = der_value(OCTETS, rest)?;
    Some((algorithm, key))
}

/// How many bits the modulus of an RSA key has (RFC 8017 appendix A.1.2).
fn modulus_bits(der: &[u8]) -> Option<usize> {
    let (inside, _) = der_value(SEQUENCE, der)?;
    let (_, rest) = der_value(INTEGER, inside)?;
    let (modulus, _) = der_value(INTEGER, rest)?;
    let modulus = &modulus[modulus.iter().take_while(|byte| **byte == 0).count()..];
    let first = modulus.first()?;
    Some(modulus.len() * 8 - first.leading_zeros() as usize)
}

/// The content of the value that `der` begins with, if it is a `tag`, and what follows.
fn der_value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, length], mut rest) = der.split_first_chunk::<2>()?;
    let mut length = usize::from(length);
    if length >= 0x80 {
        let (digits, after) = rest.split_at_checked(length & 0x7f).filter(|(digits, _)| digits.len() <= 4)?;
        length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        rest = after;
    }
    if found == tag { rest.split_at_checked(length) } else { None }
}
