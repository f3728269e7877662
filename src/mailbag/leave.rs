//! What a mail asks for: whoever holds a token may leave, whoever says so.

use super::Letter;
use crate::audience::{Claim, EmailAddress, LONGEST_TOKEN, Tokens};

/// The shortest text that is worth reading as a token, in characters: the address in
/// the shortest one has six octets.
pub(super) const SHORTEST: usize = 28;

/// Most texts of one mail that are read as tokens.
const TRIES: usize = 200;

/// What a mail asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// This person leaves.
    Leave(EmailAddress),
    /// Something that no mail can ask for: it holds the token of a test mail, or of
    /// another purpose.
    Other,
    /// It holds no token of this list.
    Nothing,
}

impl Letter {
    /// What it asks for: the first token to leave counts, in its subject, else in an
    /// address it went to, else in what its writer wrote.
    ///
    /// From and everything else say nothing. A token in quoted text or in a link is not
    /// read: a newsletter that somebody forwards takes nobody out. Of what a program sent
    /// by itself the text is not read at all.
    #[must_use]
    pub fn asks(&self, tokens: &Tokens) -> Asked {
        let subjects = self.subjects.iter().flat_map(|subject| of_subject(subject));
        let recipients = self.recipients.iter().flat_map(|field| of_recipients(field));
        let text = (!self.is_automatic).then(|| of_text(&self.text)).into_iter().flatten();
        let mut asked = Asked::Nothing;
        for text in subjects.chain(recipients).chain(text).take(TRIES) {
            match tokens.read(&text) {
                Some(Claim::Leave(address)) => return Asked::Leave(address),
                Some(_) => asked = Asked::Other,
                None => {}
            }
        }
        asked
    }
}

/// Whether a token may have this character.
pub(super) fn is_sign(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

fn may_be_token(text: &str) -> bool {
    (SHORTEST..=LONGEST_TOKEN).contains(&text.len()) && text.chars().all(is_sign)
}

/// Whether a word is a link, or a piece of one.
fn is_link(word: &str) -> bool {
    let has = |part: &str| word.to_ascii_lowercase().contains(part);
    has("://") || has("mailto:") || has("%20") || word.ends_with(['/', '='])
}

/// `unsubscribe TOKEN`, whatever stands before and after it.
fn of_subject(subject: &str) -> Vec<String> {
    // Some programs leave the address of a link as it is.
    let subject = subject.replace("%20", " ");
    let words = subject.split_whitespace().filter(|word| !is_link(word));
    let mut found: Vec<String> =
        words.flat_map(|word| word.split(|c| !is_sign(c))).map(str::to_owned).collect();
    // Others fold a long word where there is no space.
    if let Some(at) = subject.to_ascii_lowercase().find("unsubscribe") {
        let rest: String = subject[at + "unsubscribe".len()..].split_whitespace().collect();
        let rest = rest.trim_start_matches(|c| !is_sign(c));
        found.extend(rest.split(|c| !is_sign(c)).next().map(str::to_owned));
    }
    found.retain(|text| may_be_token(text));
    found
}

/// `TOKEN@example.com` and `leave+TOKEN@example.com`.
fn of_recipients(field: &str) -> Vec<String> {
    let words = field.split(|c: char| c.is_whitespace() || "<>,;:\"()[]".contains(c));
    let locals = words.filter_map(|word| Some(word.rsplit_once('@')?.0));
    let mut found = Vec::new();
    for local in locals.take(TRIES) {
        found.push(local.to_owned());
        let marks = local.match_indices(['+', '=', '-']).take(8);
        found.extend(marks.map(|(at, _)| local[at + 1..].to_owned()));
    }
    found.retain(|text| may_be_token(text));
    found
}

/// The words of a text that nobody quoted.
fn of_text(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_link = false;
    for line in text.lines().map(str::trim) {
        // A signature, or what somebody else wrote.
        if line.starts_with("--") || line.starts_with("__") {
            break;
        }
        let was_link = std::mem::replace(&mut in_link, line.split_whitespace().last().is_some_and(is_link));
        if line.starts_with(['>', '|']) || was_link || line.split_whitespace().any(is_link) {
            continue;
        }
        let words = line.split_whitespace().map(|word| word.trim_matches(is_around));
        found.extend(words.filter(|word| may_be_token(word)).map(str::to_owned));
    }
    found
}

/// What may stand around a word of its own.
fn is_around(c: char) -> bool {
    ".,;:!?()[]\"'*`„“”‘’«»".contains(c)
}

#[cfg(test)]
mod tests {
    use super::super::Mail;
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new("letters", &[7; 32], &[])
    }

    fn ann() -> EmailAddress {
        EmailAddress::parse("ann@example.com").unwrap()
    }

    fn token() -> String {
        tokens().write(&Claim::Leave(ann()))
    }

    fn asks(mail: &str) -> Asked {
        let mail = mail.replace("TOKEN", &token());
        Letter::read(&Mail::read(mail.as_bytes()).unwrap().unwrap()).asks(&tokens())
    }

    #[test]
    fn whoever_writes_the_token_in_the_subject_leaves_however_it_travelled() {
        let (half, rest) = (&token()[..30], &token()[30..]);
        for subject in [
            "unsubscribe TOKEN".to_owned(),
            "Unsubscribe TOKEN".to_owned(),
            "UNSUBSCRIBE: TOKEN".to_owned(),
            "Re: unsubscribe TOKEN".to_owned(),
            "AW: [EXTERN] unsubscribe TOKEN".to_owned(),
            "unsubscribe\n TOKEN".to_owned(),
            "TOKEN".to_owned(),
            "\"unsubscribe TOKEN\"".to_owned(),
            "unsubscribe%20TOKEN".to_owned(),
            "unsubscribe TOKEN please".to_owned(),
            "=?utf-8?Q?unsubscribe=20TOKEN?=".to_owned(),
            format!("=?utf-8?Q?unsubscribe_{half}?=\n =?utf-8?Q?{rest}?="),
            format!("unsubscribe {half}\n {rest}"),
        ] {
            let mail = format!("From: mallory@example.org\nSubject: {subject}\n\n");
            assert_eq!(asks(&mail), Asked::Leave(ann()), "{subject}");
        }
    }

    #[test]
    fn the_address_it_was_sent_to_says_it_as_well() {
        for field in [
            "To: TOKEN@example.com",
            "To: Leave <leave+TOKEN@example.com>",
            "Delivered-To: leave-us-TOKEN@example.com",
            "X-Original-To: leave=TOKEN@example.com",
            "To: a@example.com,\n <leave+TOKEN@example.com>",
        ] {
            assert_eq!(asks(&format!("{field}\nSubject: hello\n\n")), Asked::Leave(ann()), "{field}");
        }
        for field in ["From: TOKEN@example.com", "Cc: TOKEN@example.com", "To: a@TOKEN.test"] {
            assert_eq!(asks(&format!("{field}\nSubject: hello\n\n")), Asked::Nothing, "{field}");
        }
    }

    #[test]
    fn a_word_of_the_text_says_it_and_a_quoted_or_forwarded_link_does_not() {
        for (text, leaves) in [
            ("TOKEN", true),
            ("Please unsubscribe me: TOKEN.\nThanks", true),
            ("\n\n  unsubscribe TOKEN\n-- \nAnn", true),
            ("> TOKEN", false),
            (" > > unsubscribe TOKEN", false),
            ("| TOKEN", false),
            ("Thanks\n-- \nTOKEN", false),
            ("FYI\n\n-----Original Message-----\nSubject: unsubscribe TOKEN", false),
            ("FYI\n________________________________\nTOKEN", false),
            ("https://news.example.com/u/TOKEN", false),
            ("Unsubscribe <https://news.example.com/u/TOKEN>", false),
            ("https://news.example.com/u/\nTOKEN", false),
            ("https://news.example.com/\nu/\nTOKEN", false),
            ("<mailto:leave@example.com?subject=unsubscribe%20TOKEN>", false),
            ("Leave<MAILTO:leave@example.com?subject=unsubscribe TOKEN>", false),
            ("mailto:leave@example.com?subject=unsubscribe\nTOKEN", false),
            ("unsubscribe%20TOKEN", false),
            ("aTOKEN", false),
            ("TOKEN=", false),
        ] {
            let mail = format!("Subject: hello\n\n{text}\n");
            let expected = if leaves { Asked::Leave(ann()) } else { Asked::Nothing };
            assert_eq!(asks(&mail), expected, "{text}");
        }
        let automatic = "Auto-Submitted: auto-replied\nSubject: away\n\nTOKEN\n";
        assert_eq!(asks(automatic), Asked::Nothing);
        // Some providers send what their button asks for as a program.
        assert_eq!(
            asks("Auto-Submitted: auto-generated\nSubject: unsubscribe TOKEN\n\n"),
            Asked::Leave(ann())
        );
    }

    #[test]
    fn the_first_good_token_counts_and_tests_do_nothing() {
        let bo = EmailAddress::parse("bo@example.com").unwrap();
        let (test, other) = (tokens().write(&Claim::Test([1; 16])), tokens().write(&Claim::Leave(bo)));
        let long = "A".repeat(60);
        assert_eq!(asks(&format!("Subject: unsubscribe {test}\n\n")), Asked::Other);
        assert_eq!(
            asks(&format!("Subject: unsubscribe {test} {long} TOKEN\n\n{other}\n")),
            Asked::Leave(ann())
        );
        let left = jiff::Timestamp::UNIX_EPOCH;
        let back = tokens().write(&Claim::Return { address: ann(), left });
        assert_eq!(asks(&format!("Subject: unsubscribe {back}\n\n")), Asked::Other);
    }

    #[test]
    fn a_forged_token_and_one_of_another_list_say_nothing() {
        let foreign = Tokens::new("others", &[7; 32], &[]).write(&Claim::Leave(ann()));
        let mut forged = token().into_bytes();
        forged[20] ^= 1;
        let forged = String::from_utf8(forged).unwrap();
        for token in [foreign, forged, token().to_ascii_lowercase(), token()[1..].to_owned()] {
            let mail = format!(
                "From: ann@example.com\nTo: {token}@example.com\nSubject: unsubscribe {token}\n\n{token}\n"
            );
            assert_eq!(asks(&mail), Asked::Nothing, "{token}");
        }
    }

    #[test]
    fn of_a_cut_mail_the_header_is_heard() {
        let mail = format!("Subject: unsubscribe TOKEN\n\n{}\n", "x".repeat(2_000_000));
        assert_eq!(asks(&mail), Asked::Leave(ann()));
        let mail = format!("Subject: a\n\nTOKEN\n{}\n", "x".repeat(2_000_000));
        assert_eq!(asks(&mail), Asked::Nothing);
    }

    #[test]
    fn a_mail_full_of_tokens_takes_no_time() {
        let long = "A".repeat(60);
        let many =
            format!("Subject: {}\n\n{}", format!("{long} ").repeat(100), format!("{long}\n").repeat(15_000));
        assert_eq!(asks(&many), Asked::Nothing);
    }

    #[test]
    fn the_shortest_token_is_long_enough() {
        let shortest = EmailAddress::parse("a@b.cd").unwrap();
        assert_eq!(tokens().write(&Claim::Leave(shortest)).len(), 31);
    }
}
