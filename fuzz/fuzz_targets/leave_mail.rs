//! Whatever a mailbox holds can be read, and nobody leaves by a mail that does not ask
//! for it with their own token.
//!
//! In the input `TOKEN` becomes a good token and `WRONG` ones that are none: of another
//! list, with another key, with one bit changed. What begins with `MANY` and a line end
//! is repeated until it is so long that whatever takes more than linear time is noticed.

#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use letterpress::audience::{Claim, EmailAddress, Tokens};
use letterpress::mailbag::{Asked, LONGEST, Letter, Mail, Mails};
use libfuzzer_sys::fuzz_target;

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| Tokens::new("letters", &[7; 32], &[]));
static ANN: LazyLock<EmailAddress> =
    LazyLock::new(|| EmailAddress::parse("ann@example.com").expect("it is one"));
static TOKEN: LazyLock<String> = LazyLock::new(|| TOKENS.write(&Claim::Leave(ANN.clone())));
static WRONG: LazyLock<[String; 3]> = LazyLock::new(|| {
    let leave = Claim::Leave(ANN.clone());
    let mut changed = BASE64URL.decode(&*TOKEN).expect("it was encoded so");
    changed[9] ^= 1;
    [
        Tokens::new("others", &[7; 32], &[]).write(&leave),
        Tokens::new("letters", &[8; 32], &[]).write(&leave),
        BASE64URL.encode(changed),
    ]
});

/// How long a mail becomes that is repeated, in bytes.
const LONG: usize = 128 * 1024;

/// The input with tokens in it: nothing for `TOKEN` without a good one.
fn with_tokens(data: &[u8], token: &str) -> Vec<u8> {
    let (mut out, mut wrong, mut at) = (Vec::new(), WRONG.iter().cycle(), 0);
    while at < data.len() {
        if data[at..].starts_with(b"TOKEN") {
            out.extend_from_slice(token.as_bytes());
            at += 5;
        } else if data[at..].starts_with(b"WRONG") {
            out.extend(wrong.next().into_iter().flat_map(|wrong| wrong.bytes()));
            at += 5;
        } else {
            out.push(data[at]);
            at += 1;
        }
    }
    out
}

fn read(bytes: &[u8]) -> Option<Mail> {
    Mail::read(bytes).expect("bytes in memory can be read")
}

/// What a mail asks for; what is shown of it is looked at as well.
fn asks(mail: &Mail) -> Asked {
    assert!(mail.bytes.len() <= LONGEST);
    let letter = Letter::read(mail);
    for shown in [&letter.title, &letter.message_id] {
        assert!(shown.chars().count() <= 81 && !shown.chars().any(char::is_control), "{shown:?}");
    }
    assert!(!letter.title.contains(&*TOKEN), "{:?}", letter.title);
    letter.asks(&TOKENS)
}

fn asked(bytes: &[u8]) -> Asked {
    read(bytes).as_ref().map_or(Asked::Nothing, asks)
}

fuzz_target!(|data: &[u8]| {
    let many = data.strip_prefix(b"MANY\n").filter(|rest| rest.len() > 8);
    if let Some(rest) = many {
        let rest = with_tokens(rest, "");
        for mail in Mails::new(rest.repeat(LONG / rest.len().max(1) + 2).as_slice()) {
            assert_eq!(asks(&mail.expect("bytes in memory can be read")), Asked::Nothing);
        }
        return;
    }
    // Nobody guesses a token.
    let without = with_tokens(data, "");
    for mail in Mails::new(without.as_slice()) {
        assert_eq!(asks(&mail.expect("bytes in memory can be read")), Asked::Nothing);
    }
    // Whose token is there may leave, and nobody else.
    let with = with_tokens(data, &TOKEN);
    let here = asked(&with);
    assert!(here == Asked::Nothing || here == Asked::Leave(ANN.clone()), "{here:?}");
    // What somebody else wrote, who it is from, and what a program says do not ask.
    let quoted: Vec<u8> =
        with.split(|byte| *byte == b'\n').flat_map(|line| [b"\n> ", line].concat()).collect();
    assert_eq!(asked(&[b"Subject: a\n", quoted.as_slice()].concat()), Asked::Nothing);
    let folded: Vec<u8> =
        with.split(|byte| *byte == b'\n').flat_map(|line| [b"\n ", line].concat()).collect();
    assert_eq!(asked(&[b"From:", folded.as_slice()].concat()), Asked::Nothing);
    assert_eq!(asked(&[b"Auto-Submitted: auto-replied\n\n", with.as_slice()].concat()), Asked::Nothing);
    assert_eq!(asked(&[b"Content-Type: text/html\n\n", with.as_slice()].concat()), Asked::Nothing);
    for mail in Mails::new(with.as_slice()) {
        let here = asks(&mail.expect("bytes in memory can be read"));
        assert!(here == Asked::Nothing || here == Asked::Leave(ANN.clone()), "{here:?}");
    }
    // It is the same mail wherever it lies.
    if !with.contains(&b'\r')
        && let Some(mail) = read(&with)
    {
        assert_eq!(read(&mail.bytes).as_ref(), Some(&mail));
        let mut travelled = Vec::new();
        for line in with.split_inclusive(|byte| *byte == b'\n') {
            travelled.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
            travelled.extend_from_slice(if line.ends_with(b"\n") { b"\r\n" } else { b"" });
        }
        assert_eq!(read(&travelled).as_ref(), Some(&mail));
    }
});
