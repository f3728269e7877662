//! What we sign is verified by somebody else's verifier, with the record as published.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::LazyLock;
use std::time::Instant;

use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::{
    AuthenticatedMessage, DkimResult, Error, MessageAuthenticator, Parameters, ResolverCache, Txt,
};
use proptest::prelude::*;

use super::*;

const PKCS1: &str = include_str!("../../../tests/fixtures/keys/rsa-pkcs1.pem");
const PKCS8: &str = include_str!("../../../tests/fixtures/keys/rsa-pkcs8.pem");
const ED: &str = include_str!("../../../tests/fixtures/keys/ed25519.pem");

fn signers() -> [Signer; 2] {
    [
        Signer::new(PKCS8, "example.com", "news").unwrap(),
        Signer::new(ED, "example.com", "news-ed25519").unwrap(),
    ]
}

/// The records of some signers. Nobody is asked for any other.
struct Records(HashMap<Box<str>, Txt>);

impl Records {
    fn of(signers: &[Signer]) -> Self {
        let record = |signer: &Signer| {
            let text = signer.record_strings().concat();
            let key = DomainKey::parse(text.as_bytes()).unwrap();
            (format!("{}.", signer.record_name()).into_boxed_str(), Txt::DomainKey(key.into()))
        };
        Self(signers.iter().map(record).collect())
    }
}

impl ResolverCache<Box<str>, Txt> for Records {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        Some(self.0.get(name).cloned().unwrap_or(Txt::Error(Error::ParseError)))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

static VERIFIER: LazyLock<(tokio::runtime::Runtime, MessageAuthenticator)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let verifier = {
        let _inside = runtime.enter();
        MessageAuthenticator::new_cloudflare().unwrap()
    };
    (runtime, verifier)
});

/// What mail-auth says of each signature on `message`, from the top.
fn verified(message: &[u8], signers: &[Signer]) -> Vec<bool> {
    let records = Records::of(signers);
    let Some(message) = AuthenticatedMessage::parse(message) else { return Vec::new() };
    let (runtime, verifier) = &*VERIFIER;
    let parameters = Parameters::new(&message).with_txt_cache(&records);
    let outputs = runtime.block_on(verifier.verify_dkim(parameters));
    outputs.iter().map(|output| *output.result() == DkimResult::Pass).collect()
}

fn signed(message: &str, signers: &[Signer]) -> Vec<u8> {
    let mut bytes = message.as_bytes().to_vec();
    sign(signers, &mut bytes).unwrap();
    bytes
}

const HEAD: &str = "From: The Proof Sheet <news@example.com>\r\n\
     Reply-To: editors@example.com\r\n\
     List-Id: \"The Proof Sheet\"\r\n <proof-sheet.example.com>\r\n\
     Feedback-ID: autumn:proof-sheet:letterpress\r\n\
     To: Ana <ana@example.org>\r\n\
     Subject: Hello\r\n there\r\n\
     Date: Tue, 24 Nov 2026 09:00:00 +0100\r\n\
     Message-ID: <abc@example.com>\r\n\
     List-Unsubscribe: <https://example.com/u/abc>\r\n\
     List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
     MIME-Version: 1.0\r\n\
     Content-Type: text/plain; charset=utf-8\r\n";

fn mail() -> String {
    format!("{HEAD}\r\nDear Ana,\r\n\r\nthe ink is dry.\r\n")
}

/// Both verifiers, who must be of one mind.
fn is_believed(message: &[u8], signers: &[Signer]) -> bool {
    let theirs = verified(message, signers);
    let theirs = theirs.len() == signers.len() && theirs.into_iter().all(|passed| passed);
    let ours = signers.iter().all(|signer| signer.flaw(message).is_none());
    assert_eq!(theirs, ours, "{}", String::from_utf8_lossy(message));
    theirs
}

#[test]
fn a_mail_signed_with_rsa_and_ed25519_is_believed_with_the_records_as_published() {
    let signers = signers();
    assert!(is_believed(&signed(&mail(), &signers), &signers));
    for signer in signers {
        let signers = [signer];
        assert!(is_believed(&signed(&mail(), &signers), &signers));
    }
}

#[test]
fn a_header_in_utf_8_is_signed_as_it_stands() {
    let utf_8 = mail().replace("Ana <ana@", "Zoë  用户 <zoë@").replace("Hello", "Grüße");
    assert!(!utf_8.is_ascii());
    let signed = signed(&utf_8, &signers());
    assert!(is_believed(&signed, &signers()));
    let other = String::from_utf8(signed).unwrap().replace("zoë@", "zoe@");
    assert!(!is_believed(other.as_bytes(), &signers()));
}

#[test]
fn the_same_message_and_keys_give_the_same_bytes_and_both_encodings_are_one_key() {
    let again = [
        Signer::new(PKCS1, "example.com", "news").unwrap(),
        Signer::new(ED, "Example.COM", "news-ed25519").unwrap(),
    ];
    assert_eq!(signed(&mail(), &signers()), signed(&mail(), &again));
}

#[test]
fn the_fields_are_folded_and_stand_on_top_and_say_no_time() {
    let bytes = String::from_utf8(signed(&mail(), &signers())).unwrap();
    let (top, rest) = bytes.split_once("From: The Proof Sheet").unwrap();
    assert_eq!(format!("From: The Proof Sheet{rest}"), mail());
    assert_eq!(top.matches("DKIM-Signature: v=1; a=").count(), 2);
    assert!(top.ends_with("\r\n") && top.split("\r\n").all(|line| line.len() < 78), "{top}");
    assert!(!top.contains(" t=") && !top.contains(" x=") && !top.contains(" l="), "{top}");
    insta::assert_snapshot!(top.replace("\r\n", "\n").split(" bh=").next().unwrap());
}

#[test]
fn names_as_long_as_they_may_be_are_signed_for() {
    let long = format!("{}.example.com", vec!["a".repeat(63); 2].join("."));
    let signers = [Signer::new(ED, &long, &"s".repeat(63)).unwrap()];
    assert!(is_believed(&signed(&mail(), &signers), &signers));
}

#[test]
fn a_change_in_any_signed_field_or_in_the_body_is_noticed() {
    let signers = signers();
    let bytes = String::from_utf8(signed(&mail(), &signers)).unwrap();
    for field in HEAD.replace("\r\n ", " ").lines() {
        let name = field.split(':').next().unwrap();
        let changed = bytes.replacen(&format!("\r\n{name}: "), &format!("\r\n{name}: x"), 1);
        assert_ne!(changed, bytes);
        assert!(!is_believed(changed.as_bytes(), &signers), "{name}");
        let at = bytes.find(&format!("\r\n{name}: ")).unwrap();
        let end = at + 2 + bytes[at + 2..].find("\r\n").unwrap();
        let gone = format!("{}{}", &bytes[..at], &bytes[end..]);
        assert!(!is_believed(gone.as_bytes(), &signers), "{name} gone");
    }
    for (from, to) in [("the ink", "The ink"), ("dry.\r\n", "dry.\r\nx\r\n"), ("Ana,\r\n", "Ana, \r\nx")] {
        assert!(!is_believed(bytes.replace(from, to).as_bytes(), &signers), "{from}");
    }
}

#[test]
fn a_field_that_readers_see_cannot_be_added_above_or_below() {
    let signers = signers();
    let bytes = String::from_utf8(signed(&mail(), &signers)).unwrap();
    for name in
        ["From", "To", "Cc", "Subject", "Date", "Reply-To", "Content-Type", "Content-Transfer-Encoding"]
    {
        let added = format!("{name}: mallory@example.org\r\n{bytes}");
        assert!(!is_believed(added.as_bytes(), &signers), "{name} above");
        let added = bytes.replacen("\r\n\r\n", &format!("\r\n{name}: mallory@example.org\r\n\r\n"), 1);
        assert!(!is_believed(added.as_bytes(), &signers), "{name} below");
    }
    for field in ["Received: by mx.example.org", "List-Archive: <https://example.org/>"] {
        assert!(is_believed(format!("{field}\r\n{bytes}").as_bytes(), &signers), "{field}");
    }
}

#[test]
fn what_servers_do_to_white_space_on_the_way_is_no_change() {
    let signers = signers();
    let bytes = String::from_utf8(signed(&mail(), &signers)).unwrap();
    for (from, to) in [
        ("Subject: Hello\r\n there", "SUBJECT:  Hello \t there  "),
        ("the ink is", "the  ink\t is"),
        ("dry.\r\n", "dry. \r\n\r\n\r\n"),
    ] {
        let refolded = bytes.replace(from, to);
        assert_ne!(refolded, bytes);
        assert!(is_believed(refolded.as_bytes(), &signers), "{from}");
    }
}

#[test]
fn a_signature_of_another_key_or_of_none_is_not_believed() {
    let (signers, other) = (signers(), generate(Algorithm::Rsa).unwrap());
    let other = [Signer::new(&other, "example.com", "news").unwrap()];
    assert_eq!(other[0].flaw(&signed(&mail(), &signers)), Some("the header is not the one that was signed"));
    assert_eq!(other[0].flaw(mail().as_bytes()), Some("the signature is missing"));
    assert!(!is_believed(&signed(&mail(), &other), &signers[..1]));
}

#[test]
fn new_keys_sign_and_their_records_fit_into_dns() {
    for algorithm in [Algorithm::Rsa, Algorithm::Ed25519] {
        let signers = [Signer::new(&generate(algorithm).unwrap(), "example.com", "new").unwrap()];
        assert_eq!(signers[0].algorithm(), algorithm);
        assert!(is_believed(&signed(&mail(), &signers), &signers));
        let strings = signers[0].record_strings();
        assert!(strings.iter().all(|string| string.len() <= 255) && !strings.is_empty());
        assert_eq!(strings.concat(), signers[0].record());
    }
    assert_ne!(generate(Algorithm::Ed25519).unwrap(), generate(Algorithm::Ed25519).unwrap());
}

#[test]
fn a_key_that_cannot_sign_is_told_for_what_it_is() {
    let error = |pem: &str| Signer::new(pem, "example.com", "news").unwrap_err().to_string();
    let key = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/");
        error(&std::fs::read_to_string(format!("{folder}{name}.pem")).unwrap())
    };
    assert_eq!(key("ec-sec1"), "it is an elliptic curve key, expected RSA or Ed25519");
    assert_eq!(key("ec-pkcs8"), "it is an elliptic curve key, expected RSA or Ed25519");
    assert_eq!(key("x25519"), "it is a key of another kind, expected RSA or Ed25519");
    assert_eq!(key("encrypted-pkcs1"), "it is encrypted");
    assert_eq!(key("encrypted-pkcs8"), "it is encrypted");
    assert_eq!(key("rsa-512"), "it is an RSA key of 512 bits, expected 2048 or more");
    assert_eq!(key("rsa-1024"), "it is an RSA key of 1024 bits, expected 2048 or more");
    assert_eq!(key("rsa-8192"), "it is an RSA key of 8192 bits, expected 4096 or fewer");
    assert_eq!(key("public"), "it is a public key, not a private key");
    for text in ["", "geheim", "-----BEGIN PRIVATE KEY-----\nMIIE", "-----BEGIN "] {
        assert_eq!(error(text), "it is not a private key in PEM");
    }
    let middle = PKCS8.len() / 2;
    let damaged = format!("{}\n-----END PRIVATE KEY-----\n", &PKCS8[..middle]);
    for text in [damaged.as_str(), "-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----"] {
        assert_eq!(error(text), "it is damaged");
    }
    let hint = crate::problem::Condition::hint(&KeyError::Encrypted).unwrap();
    assert!(hint.contains("openssl pkey -in"), "{hint}");
}

#[test]
fn names_that_cannot_stand_in_dns_are_refused() {
    for domain in ["", "com", "exa mple.com", "example.com.", "-a.com", ".com", "a..com", "é.com", "a;b.com"]
    {
        let error = Signer::new(ED, domain, "news").unwrap_err();
        assert_eq!(error, KeyError::Domain(domain.to_owned()));
    }
    for selector in ["", "a b", "a.", "a\r\nBcc: x", "a;"] {
        let error = Signer::new(ED, "example.com", selector).unwrap_err();
        assert_eq!(error, KeyError::Selector(selector.to_owned()));
    }
}

#[test]
fn a_sender_is_aligned_with_its_own_domain_and_with_those_above() {
    assert!(is_aligned("example.com", "example.com") && is_aligned("Example.com", "news.EXAMPLE.com"));
    assert!(!is_aligned("news.example.com", "example.com") && !is_aligned("ample.com", "example.com"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_mail_is_believed_however_odd_its_white_space(
        subject in "[ \t]{0,3}[!-~]{1,9}([ \t]{1,3}[!-~]{1,9}|\r\n[ \t]{1,3}[!-~]{1,5}){0,6}[ \t]{0,2}",
        to in "[a-z]{1,8}@example\\.org",
        more in proptest::collection::vec("X-[A-Za-z]{1,5}[ ]?:[ \t]?[ -~]{0,20}", 0..3),
        body in "([ \t]{0,3}|\r\n|[!-~]{1,9}){0,40}",
    ) {
        // It ends in a word: mail-auth keeps lines of nothing but white space at the end,
        // which are empty and so nothing by RFC 6376 §3.4.4.
        let more: String = more.iter().flat_map(|field| [field.as_str(), "\r\n"]).collect();
        let mail = format!("{more}From: news@example.com\r\nTo:{to}\r\nSubject:{subject}\r\n\r\n{body}x\r\n");
        let signers = signers();
        prop_assert!(is_believed(&signed(&mail, &signers), &signers));
    }

    #[test]
    fn one_other_byte_in_the_body_or_the_header_is_noticed(at in any::<prop::sample::Index>(), byte in b'!'..=b'~') {
        let signers = [Signer::new(ED, "example.com", "news").unwrap()];
        let mut bytes = signed(&mail(), &signers);
        let begin = bytes.len() - mail().len();
        let at = begin + at.index(mail().len());
        prop_assume!(!bytes[at].is_ascii_whitespace() && !bytes[at].eq_ignore_ascii_case(&byte));
        bytes[at] = byte;
        prop_assert!(!verified(&bytes, &signers).contains(&true));
    }

    #[test]
    fn no_bytes_upset_the_reader_of_keys(inside in "[A-Za-z0-9+/=\n]{0,90}") {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{inside}\n-----END PRIVATE KEY-----");
        prop_assert!(Signer::new(&pem, "example.com", "news").is_err());
    }
}
