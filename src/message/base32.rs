//! Base 32 (RFC 4648 §6) in lower case and without padding.

use aws_lc_rs::hmac;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// 120 bits of a keyed hash over `parts`, as 24 letters of base 32.
pub(super) fn tag_of(key: &hmac::Key, parts: &[&str]) -> String {
    let mut hash = hmac::Context::with_key(key);
    for part in parts {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    written(&hash.sign().as_ref()[..15])
}

/// `bytes` in letters; five bytes are eight of them, and what is left over is left out.
pub(super) fn written(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / 5 * 8);
    for five in bytes.chunks_exact(5) {
        let bits = five.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        out.extend((0..8).rev().map(|letter| char::from(ALPHABET[((bits >> (5 * letter)) & 31) as usize])));
    }
    out
}

/// Whether a letter is one of its own.
pub(super) fn is_letter(c: char) -> bool {
    matches!(c, 'a'..='z' | '2'..='7')
}

/// The bytes of what [`written`] wrote.
pub(super) fn read(letters: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(letters.len() / 8 * 5);
    for eight in letters.chunks(8) {
        let mut bits = 0_u64;
        for letter in eight {
            let value = ALPHABET.iter().position(|known| known == letter)?;
            bits = (bits << 5) | value as u64;
        }
        if eight.len() < 8 {
            return None;
        }
        out.extend_from_slice(&bits.to_be_bytes()[3..]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_rfc_writes_is_written() {
        // RFC 4648 §10.
        assert_eq!(written(b"fooba"), "mzxw6ytb");
        assert_eq!(read(b"mzxw6ytb").unwrap(), b"fooba");
        assert_eq!((read(b"mzxw6yt"), read(b"mzxw6yt1")), (None, None));
    }
}
