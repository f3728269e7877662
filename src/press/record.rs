//! Replies as the store keeps them, read again.

use crate::outbox::Disposition;
use crate::send::{EnhancedCode, Phase, Reply, classify};
use crate::store::ReplyRecord;

/// Whether what was said of a recipient means that nobody is at the address.
///
/// What stands in a relay's own log counts too, where the code is among the words.
#[must_use]
pub fn condemns(record: &ReplyRecord) -> bool {
    let (code, text) = match (record.code, leading_code(&record.text)) {
        (0, Some((code, text))) => (code, text),
        (code, _) => (code, record.text.as_str()),
    };
    let (enhanced, text) = match enhanced(text) {
        Some((enhanced, text)) if enhanced.class == code / 100 => (Some(enhanced), text),
        _ => (None, text),
    };
    let reply = Reply { code, enhanced, text: text.to_owned(), raw: Vec::new() };
    matches!(classify(Phase::Rcpt, &reply), Disposition::Fail { hard: true })
}

/// `550 5.1.1 …` somewhere in `host mx.example.com said: 550 5.1.1 …`.
fn leading_code(text: &str) -> Option<(u16, &str)> {
    let said = text.split_once("said: ").map_or(text, |(_, said)| said);
    let (code, rest) = said.split_at_checked(3)?;
    let rest = rest.strip_prefix([' ', '-'])?;
    code.parse().ok().filter(|code| (400..600).contains(code)).map(|code| (code, rest))
}

fn enhanced(text: &str) -> Option<(EnhancedCode, &str)> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut parts = word.split('.').map(|part| part.parse::<u16>().ok());
    let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some((EnhancedCode { class, subject, detail }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_about_the_address_condemn_it() {
        for (code, text, dead) in [
            (550, "5.1.1 nobody here", true),
            (550, "no such user", true),
            (550, "5.7.1 blocked by policy", false),
            (552, "5.2.2 mailbox full", false),
            (450, "4.2.0 come back later", false),
            (0, "host mx.example.com[192.0.2.1] said: 550 5.1.1 <a@example.com>: no such user", true),
            (0, "host mx.example.com[192.0.2.1] said: 552 5.2.2 mailbox full", false),
            (0, "expired in the relay's queue", false),
            (0, "", false),
        ] {
            let record = ReplyRecord { phase: "RCPT TO".to_owned(), code, text: text.to_owned() };
            assert_eq!(condemns(&record), dead, "{code} {text}");
        }
    }
}
