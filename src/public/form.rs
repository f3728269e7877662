//! What a reader, or their mail program, sends along.

use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use tokio::time::timeout;
use url::form_urlencoded;

use crate::audience::{LeftBy, Motive};

/// The most of a body that is read, in bytes: [`LONGEST_WORDS`] with every byte written
/// as three.
const MOST: usize = 8 * 1024;

/// The most that is kept of somebody's own words, in characters.
const LONGEST_WORDS: usize = 500;

/// As much of a body as comes within `patience`.
///
/// One that is too long, is cut off or never ends is as good as what came of it: nobody
/// who asked to leave stays on account of a body.
pub(super) async fn read(body: Body, patience: Duration) -> Vec<u8> {
    let mut read = Vec::new();
    let mut chunks = body.into_data_stream();
    let all = async {
        while read.len() < MOST
            && let Some(Ok(chunk)) = chunks.next().await
        {
            read.extend_from_slice(&chunk[..chunk.len().min(MOST - read.len())]);
        }
    };
    // Whoever is slow has said enough.
    let _ = timeout(patience, all).await;
    read
}

/// By what a body says that somebody leaves: only the form on our page says that it is
/// the page. Whatever else comes is RFC 8058's, which has two encodings (§3.2).
pub(super) fn left_by(body: &[u8]) -> LeftBy {
    let from_page = form_urlencoded::parse(body).any(|(name, value)| name == "from" && value == "page");
    if from_page { LeftBy::Page } else { LeftBy::OneClick }
}

/// What somebody says about leaving.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) motive: Option<Motive>,
    pub(super) words: Option<String>,
}

/// Reads `why` and `words`.
pub(super) fn said(body: &[u8]) -> Said {
    let mut said = Said { motive: None, words: None };
    for (name, value) in form_urlencoded::parse(body) {
        match name.as_ref() {
            "why" => said.motive = Motive::parse(&value),
            "words" => said.words = words(&value),
            _ => {}
        }
    }
    said
}

/// The text on one line, without signs that nobody sees and that do something to
/// whatever shows it.
fn words(text: &str) -> Option<String> {
    let shown = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let shown = shown.filter(|c| !c.is_control() && !turns(*c));
    let kept: String = shown.skip_while(|c| *c == ' ').take(LONGEST_WORDS).collect();
    let kept = kept.trim_end();
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// Whether a sign turns the direction of what follows (UAX #9).
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_page_says_that_it_is_the_page() {
        assert_eq!(left_by(b"from=page"), LeftBy::Page);
        for body in [
            "List-Unsubscribe=One-Click",
            "",
            "from=elsewhere",
            "xfrom=page",
            "--b\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\npage\r\n--b--",
            "\u{0}",
        ] {
            assert_eq!(left_by(body.as_bytes()), LeftBy::OneClick, "{body}");
        }
        assert_eq!(left_by(&[0xff, 0xfe]), LeftBy::OneClick);
    }

    #[test]
    fn words_are_cut_put_on_one_line_and_rid_of_what_nobody_sees() {
        let of = |text: &str| said(format!("why=too-often&words={text}").as_bytes());
        let expected = |words: &str| Said {
            motive: Some(Motive::TooOften),
            words: (!words.is_empty()).then(|| words.to_owned()),
        };
        assert_eq!(of("Too+much%0D%0Aof+it"), expected("Too much  of it"));
        assert_eq!(of("%1B%5B31mred%00%E2%80%AE"), expected("[31mred"));
        assert_eq!(of("+%09%0A"), expected(""));
        assert_eq!(of(&"%C3%A9".repeat(600)), expected(&"é".repeat(500)));
        assert_eq!(said(b"why=because&words=x").motive, None);
        assert_eq!(said(b""), Said { motive: None, words: None });
    }
}
