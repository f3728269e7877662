//! From bytes to text: marks of byte order, UTF-8, and a guess for what is older.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::ListError;

/// How much of a list the guess is made from. A legacy encoding shows itself in the
/// first names that have an accent.
const GUESS_FROM: usize = 4 << 20;

/// How much of a list is looked at for the NULs of UTF-16: about a row of names.
const UTF16_FROM: usize = 64;

/// A list as text.
pub(super) struct Decoded {
    /// The text, without a mark of byte order and never with lone CRs only.
    pub(super) text: String,
    /// The encoding, when it had to be guessed.
    pub(super) guess: Option<&'static str>,
    /// What could not be read, and the byte of `text` where that begins.
    pub(super) broken: Option<(ListError, usize)>,
}

/// Decodes a list.
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let mut decoded = decode_any(bytes);
    // Old Macs ended lines in CR alone. Everything else here counts lines by LF, and
    // the exchange moves no byte.
    if decoded.text.contains('\r') && !decoded.text.contains('\n') {
        decoded.text = decoded.text.replace('\r', "\n");
    }
    decoded
}

fn decode_any(bytes: &[u8]) -> Decoded {
    match Encoding::for_bom(bytes) {
        Some((encoding, mark)) if encoding != UTF_8 => with(encoding, &bytes[mark..], None),
        Some((_, mark)) => utf8(&bytes[mark..], true),
        None => match unmarked_utf16(bytes) {
            Some(encoding) => with(encoding, bytes, Some(encoding.name())),
            None => utf8(bytes, false),
        },
    }
}

/// UTF-16 without a mark: the names of columns are mostly ASCII, so that every other
/// byte is NUL, and no other text has any.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs = bytes[..bytes.len().min(UTF16_FROM)].chunks_exact(2);
    let (mut all, mut little, mut big) = (0, 0, 0);
    for pair in pairs {
        all += 1;
        little += usize::from(pair[0] != 0 && pair[1] == 0);
        big += usize::from(pair[0] == 0 && pair[1] != 0);
    }
    // Three letters at least, or one NUL in a short file would do.
    let most = |count: usize| count > 2 && count * 4 > all * 3;
    match (little, big) {
        (little, 0) if most(little) => Some(UTF_16LE),
        (0, big) if most(big) => Some(UTF_16BE),
        _ => None,
    }
}

fn utf8(bytes: &[u8], marked: bool) -> Decoded {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => return Decoded { text: text.to_owned(), guess: None, broken: None },
        Err(error) => error.valid_up_to(),
    };
    // Accents that were read well prove that the text is UTF-8 with a broken byte.
    // Guessing another encoding would spoil every one of them.
    if marked || !bytes[..valid].is_ascii() {
        let text = String::from_utf8_lossy(bytes).into_owned();
        return Decoded { text, guess: None, broken: Some((ListError::NotUtf8, valid)) };
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let end = bytes.len().min(valid + GUESS_FROM);
    detector.feed(&bytes[valid.saturating_sub(GUESS_FROM)..end], end == bytes.len());
    let encoding = detector.guess(None, Utf8Detection::Deny);
    with(encoding, bytes, Some(encoding.name()))
}

fn with(encoding: &'static Encoding, bytes: &[u8], guess: Option<&'static str>) -> Decoded {
    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
    let broken = malformed.then(|| {
        let at = text.find(char::REPLACEMENT_CHARACTER).unwrap_or_default();
        (ListError::Undecodable(encoding.name()), at)
    });
    Decoded { text: text.into_owned(), guess, broken }
}
