//! No text is read as a token that was not written, and none ends the program.
//!
//! An input is `way purpose moment(8) address LF rest`. What is read is the rest as it
//! stands, the rest as the bytes of a token, or a good token that the rest changed: its
//! letters, or the bytes that they stand for.

#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::Timestamp;
use letterpress::audience::{Claim, EmailAddress, LONGEST_TOKEN, Tokens};
use libfuzzer_sys::fuzz_target;

const NEW: [u8; 32] = [7; 32];
const OLD: [u8; 32] = [8; 32];

/// Both can write what `READER` reads.
static WRITERS: LazyLock<[Tokens; 2]> =
    LazyLock::new(|| [Tokens::new("letters", &NEW, &[]), Tokens::new("letters", &OLD, &[])]);
static READER: LazyLock<Tokens> = LazyLock::new(|| Tokens::new("letters", &NEW, &[OLD]));
/// Of another list, and with another key.
static STRANGERS: LazyLock<[Tokens; 2]> =
    LazyLock::new(|| [Tokens::new("letter", &NEW, &[OLD]), Tokens::new("letters", &[9; 32], &[])]);

/// The last moment that there is, in microseconds.
const END: i64 = 253_402_207_200_000_000;

fn claim(purpose: u8, moment: [u8; 8], address: &[u8]) -> Claim {
    let address = EmailAddress::parse(&String::from_utf8_lossy(address))
        .or_else(|_| EmailAddress::parse("ann@example.com"))
        .expect("it is one");
    let left = Timestamp::from_microsecond(i64::from_be_bytes(moment) % END).expect("it is in range");
    match purpose % 4 {
        0 => Claim::Leave(address),
        1 => Claim::Return { address, left },
        2 => Claim::Say { address, left },
        _ => Claim::Test([moment, moment].concat().try_into().expect("eight and eight")),
    }
}

/// Cuts, puts in, doubles and sets bytes.
fn change(bytes: &mut Vec<u8>, changes: &[u8]) {
    for change in changes.chunks_exact(3) {
        let at = usize::from(change[1]) % (bytes.len() + 1);
        match change[0] % 4 {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, change[2]),
            2 if bytes.len() < 2 * LONGEST_TOKEN => bytes.extend_from_within(at..),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = change[2];
                }
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&[way, purpose, ref moment @ ..], rest)) = data.split_first_chunk::<10>() else { return };
    let mut parts = rest.splitn(2, |byte| *byte == b'\n');
    let (address, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let claim = claim(purpose, *moment, address);
    let good = WRITERS[usize::from(way >> 2 & 1)].write(&claim);
    assert_eq!(READER.read(&good).as_ref(), Some(&claim));
    assert!(good.len() <= LONGEST_TOKEN);
    let text = match way & 3 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        1 => BASE64URL.encode(rest),
        2 => {
            let mut letters = good.clone().into_bytes();
            change(&mut letters, rest);
            String::from_utf8_lossy(&letters).into_owned()
        }
        _ => {
            let mut bytes = BASE64URL.decode(&good).expect("it was encoded so");
            change(&mut bytes, rest);
            BASE64URL.encode(bytes)
        }
    };
    // A good token has 128 bits that nobody guesses, and one way to be written.
    assert_eq!(READER.read(&text), (text == good).then_some(claim));
    for stranger in &*STRANGERS {
        assert_eq!(stranger.read(&text), None);
        assert_eq!(stranger.read(&good), None);
    }
});
