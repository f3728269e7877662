//! What we assemble is read back by somebody else's parser.

use jiff::Zoned;
use mail_parser::MessageParser;
use proptest::prelude::*;

use super::*;
use crate::audience::{Claim, Subscriber, Tokens, Values};
use crate::compose::testing;
use crate::problem::{Problem, Span};

fn sender() -> Sender {
    Sender {
        from: Mailbox {
            name: "The Proof Sheet".into(),
            address: EmailAddress::parse("news@example.com").unwrap(),
        },
        reply_to: None,
        return_path: None,
        list_label: "proof-sheet".into(),
        list_name: "The Proof Sheet".into(),
        way_out: None,
    }
}

fn subscriber(first_name: &str) -> Subscriber {
    Subscriber {
        address: EmailAddress::parse("ana@example.org").unwrap(),
        values: Values::from([("first_name".to_owned(), first_name.to_owned())]),
        span: Span::default(),
    }
}

fn secrets(key: &[u8], signers: Vec<dkim::Signer>) -> Secrets {
    let tokens = Tokens::new("proof-sheet", &[7; 32], &[]);
    Secrets { key: Key::new(key), tokens, links: Links::Live, signers: signers.into() }
}

fn date() -> Zoned {
    "2026-11-24T09:00:00+01:00[Europe/Berlin]".parse().unwrap()
}

fn assemble(first_name: &str, purpose: Purpose) -> Result<Message, Problem> {
    assemble_as("Hello {{ subscriber.first_name }}", first_name, purpose)
}

fn assemble_as(subject: &str, first_name: &str, purpose: Purpose) -> Result<Message, Problem> {
    let composed = testing::press(
        subject,
        "Dear {{ subscriber.first_name }},\n\n.dot\nFrom here\n",
        "<p>Dear {{ subscriber.first_name }}</p>\n",
    );
    let sender = sender();
    Assembler::new(&composed, &sender, "autumn", &secrets(b"key", Vec::new()), purpose)
        .assemble(&subscriber(first_name), &date())
}

#[test]
fn a_value_that_only_the_preheader_lacks_refuses_the_copy_with_and_without_the_engine() {
    for subject in ["Hello", "Hello {{ subscriber.first_name | upper }}"] {
        let composed =
            testing::press_with(subject, Some("News from {{ subscriber.city }}"), "t\n", "<p></p>\n");
        let sender = sender();
        let secrets = secrets(b"key", Vec::new());
        let assembler = Assembler::new(&composed, &sender, "autumn", &secrets, Purpose::Campaign);
        let problem = assembler.assemble(&subscriber("Ana"), &date()).unwrap_err();
        assert!(problem.message().contains("no value for `subscriber.city`"), "{}", problem.message());
    }
}

#[test]
fn both_parts_and_all_headers_are_read_back() {
    let message = assemble("Zoë", Purpose::Campaign).unwrap();
    let read = MessageParser::default().parse(&message.bytes).unwrap();
    assert_eq!(read.subject(), Some("Hello Zoë"));
    assert_eq!(read.body_text(0).unwrap(), "Dear Zoë,\r\n\r\n.dot\r\nFrom here\r\n");
    assert_eq!(read.body_html(0).unwrap(), "<p>Dear Zoë</p>\r\n");
    assert_eq!(read.message_id(), Some(message.message_id.as_str()));
    assert_eq!(read.date().unwrap().to_rfc822(), "Tue, 24 Nov 2026 09:00:00 +0100");
    assert_eq!(
        read.header_raw("List-Id").unwrap().trim(),
        "\"The Proof Sheet\"\r\n <proof-sheet.example.com>"
    );
    assert_eq!(message.envelope.to.to_string(), "ana@example.org");
}

#[test]
fn the_same_campaign_recipient_and_attempt_give_the_same_bytes() {
    assert_eq!(assemble("Ana", Purpose::Campaign).unwrap(), assemble("Ana", Purpose::Campaign).unwrap());
}

#[test]
fn a_test_says_so_and_has_a_message_id_of_its_own() {
    let test = assemble("Ana", Purpose::Test).unwrap();
    let read = MessageParser::default().parse(&test.bytes).unwrap();
    assert_eq!(read.subject(), Some("[Test] Hello Ana"));
    assert_ne!(test.message_id, assemble("Ana", Purpose::Campaign).unwrap().message_id);
}

/// The message for a reader at `address`.
fn addressed_to(address: &str, signers: Vec<dkim::Signer>) -> Message {
    let composed = testing::press("s", "t é\n", "<p>é</p>");
    let (sender, secrets) = (sender(), secrets(b"key", signers));
    let reader = Subscriber { address: EmailAddress::parse(address).unwrap(), ..subscriber("Zoë") };
    let assembler = Assembler::new(&composed, &sender, "autumn", &secrets, Purpose::Campaign);
    let message = assembler.assemble(&reader, &date()).unwrap();
    assembler.prove(&message).unwrap();
    message
}

#[test]
fn a_local_part_outside_ascii_stands_in_the_header_as_it_is_and_nowhere_else() {
    for address in ["zoë@example.org", "用户@例子.test"] {
        let message = addressed_to(address, Vec::new());
        assert!(message.needs_smtputf8());
        assert_eq!(message.flaw(), None);
        let text = String::from_utf8(message.bytes.clone()).unwrap();
        let outside: Vec<&str> = text.split("\r\n").filter(|line| !line.is_ascii()).collect();
        let shown = EmailAddress::parse(address).unwrap();
        assert_eq!(outside, [format!("To: =?utf-8?b?Wm/Dqw==?= <{shown}>")]);
        let read = MessageParser::default().parse(&message.bytes).unwrap();
        assert_eq!(read.to().unwrap().first().unwrap().address(), Some(shown.as_str()));
    }
}

#[test]
fn a_domain_outside_ascii_makes_no_message_need_more_than_another() {
    let message = addressed_to("zoe@bücher.example", Vec::new());
    assert!(!message.needs_smtputf8() && message.bytes.is_ascii());
    assert!(String::from_utf8(message.bytes).unwrap().contains("<zoe@xn--bcher-kva.example>"));
}

#[test]
fn letters_outside_ascii_are_a_flaw_wherever_no_address_asks_for_them() {
    let plain = addressed_to("zoe@example.org", Vec::new());
    let other = addressed_to("zoë@example.org", Vec::new());
    let with_head = Message { bytes: other.bytes.clone(), ..plain };
    assert_eq!(with_head.flaw(), Some("it holds a byte above 127"));
    let mut bytes = other.bytes.clone();
    bytes.extend_from_slice("é\r\n".as_bytes());
    assert_eq!(Message { bytes, ..other.clone() }.flaw(), Some("it holds a byte above 127"));
    let mut bytes = other.bytes.clone();
    bytes.splice(0..0, *b"X: \xff\r\n");
    assert_eq!(Message { bytes, ..other }.flaw(), Some("its header is not UTF-8"));
}

#[test]
fn a_test_shows_nobodys_name_beside_its_recipient() {
    let bytes = assemble("Ana", Purpose::Test).unwrap().bytes;
    assert!(String::from_utf8(bytes).unwrap().contains("\r\nTo: ana@example.org\r\n"));
}

#[test]
fn a_subject_written_on_several_lines_is_one_line() {
    let message = assemble_as("Hello\n  there\r\nBcc: x\n", "Ana", Purpose::Campaign).unwrap();
    let read = MessageParser::default().parse(&message.bytes).unwrap();
    assert_eq!(read.subject(), Some("Hello there Bcc: x"));
}

#[test]
fn a_day_that_no_header_can_tell_is_a_problem() {
    let composed = testing::press("s", "t\n", "<p></p>");
    let (sender, secrets) = (sender(), secrets(b"key", Vec::new()));
    let date: Zoned = "-000044-03-15T09:00:00+00:00[UTC]".parse().unwrap();
    let assembler = Assembler::new(&composed, &sender, "autumn", &secrets, Purpose::Campaign);
    let problem = assembler.assemble(&subscriber("Ana"), &date).unwrap_err();
    assert!(problem.message().starts_with("a mail cannot be dated"), "{}", problem.message());
}

#[test]
fn bytes_that_no_server_may_get_are_told() {
    let sound = assemble("Ana", Purpose::Campaign).unwrap();
    assert_eq!(sound.flaw(), None);
    for (bytes, flaw) in [
        ("é\r\n".to_owned(), "it holds a byte above 127"),
        ("a".to_owned(), "it does not end in CRLF"),
        ("a\nb\r\n".to_owned(), "it holds a bare LF"),
        ("a\rb\r\n".to_owned(), "it holds a bare CR"),
        ("a\r\n.b\r\n".to_owned(), "one of its lines begins with a dot"),
        (format!("{}\r\n", "a".repeat(999)), "one of its lines is longer than 998 bytes"),
    ] {
        let message = Message { bytes: bytes.into_bytes(), ..sound.clone() };
        assert_eq!(message.flaw(), Some(flaw));
    }
}

proptest::proptest! {
    #[test]
    fn what_looks_sound_at_a_glance_is_sound_line_by_line(
        text in "(\r\n|\r\n|\r\n|\r|\n|[.]|é|[ -~]{0,80}|[a-z]{400,600}){0,30}(\r\n)?",
    ) {
        let named = named_flaw(text.as_bytes(), false);
        proptest::prop_assert!(!is_plainly_sound(text.as_bytes()) || named.is_none(), "{named:?}");
    }

    #[test]
    fn ordinary_lines_are_told_to_be_sound_at_a_glance(text in "([!--/-~][ -~]{0,300}\r\n(\r\n)?){1,30}") {
        proptest::prop_assert!(is_plainly_sound(text.as_bytes()));
        proptest::prop_assert_eq!(named_flaw(text.as_bytes(), false), None);
    }
}

#[test]
fn a_name_of_thousands_of_letters_is_sent_all_the_same() {
    for letter in ["a", "é", "\"", "=?", "a ", "漢"] {
        assert!(assemble(&letter.repeat(3_000), Purpose::Campaign).is_ok(), "{letter}");
    }
}

proptest! {
    #[test]
    fn any_name_gives_bytes_that_every_server_takes(name in "[a-zé<>\"'\\\\,;:@{}=.😀漢\u{202e}\t ]{1,60}x", times in 1_usize..50) {
        let name = name.repeat(times);
        let bytes = assemble(&name, Purpose::Campaign).unwrap().bytes;
        let text = String::from_utf8(bytes).unwrap();
        prop_assert!(text.is_ascii() && text.ends_with("\r\n"));
        for line in text.split("\r\n") {
            prop_assert!(line.len() <= 998 && !line.contains(['\r', '\n']) && !line.starts_with('.'));
        }
        let read = MessageParser::default().parse(text.as_bytes()).unwrap();
        prop_assert_eq!(read.parts.len(), 3);
        prop_assert_eq!(read.to().unwrap().first().unwrap().address(), Some("ana@example.org"));
    }
}

#[test]
fn a_return_path_of_their_own_changes_no_byte_of_the_message() {
    let composed = testing::press("Hello", "Dear {{ subscriber.first_name }}\n", "<p>Hello</p>\n");
    let secrets = secrets(b"key", Vec::new());
    let own =
        Sender { return_path: Some(ReturnPath::parse("bounces+{token}@example.com").unwrap()), ..sender() };
    let plain = sender();
    let of = |sender| Assembler::new(&composed, sender, "first", &secrets, Purpose::Campaign);
    let (with, without) = (of(&own), of(&plain));
    let message = |assembler: &Assembler<'_>| assembler.assemble(&subscriber("Ana"), &date()).unwrap();
    assert_eq!(message(&with).bytes, message(&without).bytes);
    assert_ne!(message(&with).envelope.from, message(&without).envelope.from);
    assert_ne!(with.return_path(1, 1), with.return_path(1, 2));
    assert_eq!(without.return_path(1, 1), without.return_path(1, 2));
    assert_eq!(delivery_in(&with.return_path(3, 9), &secrets.key), Some((3, 9)));
}

fn way(base_url: Option<&str>, address: Option<&str>) -> Sender {
    let base_url = base_url.map(|base| BaseUrl::parse(base).unwrap());
    let address = address.map(|address| EmailAddress::parse(address).unwrap());
    Sender { way_out: Some(WayOut { base_url, address }), ..sender() }
}

/// The message of `sender` with the link to leave by in both parts.
fn with_a_link(sender: &Sender, secrets: &Secrets, purpose: Purpose) -> Message {
    let composed = testing::press(
        "Hello",
        "Leave:\n{{ subscriber.unsubscribe_url }}\n",
        "<p><a href=\"{{ subscriber.unsubscribe_url }}\">Leave</a></p>\n",
    );
    let assembler = Assembler::new(&composed, sender, "autumn", secrets, purpose);
    let message = assembler.assemble(&subscriber("Ana"), &date()).unwrap();
    assembler.prove(&message).unwrap();
    message
}

fn header_of(message: &Message, name: &str) -> Option<String> {
    message.headers().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

#[test]
fn a_reader_leaves_by_one_https_address_and_a_mail_and_the_same_stands_in_both_parts() {
    let secrets = secrets(b"key", Vec::new());
    let token = secrets.tokens.write(&Claim::Leave(EmailAddress::parse("ana@example.org").unwrap()));
    let sender = way(Some("https://news.example.com"), Some("leave@example.com"));
    let message = with_a_link(&sender, &secrets, Purpose::Campaign);
    let page = format!("https://news.example.com/u/{token}");
    assert_eq!(
        header_of(&message, "List-Unsubscribe").unwrap(),
        format!("<{page}>, <mailto:leave@example.com?subject=unsubscribe%20{token}>")
    );
    assert_eq!(header_of(&message, "List-Unsubscribe-Post").unwrap(), "List-Unsubscribe=One-Click");
    let read = MessageParser::default().parse(&message.bytes).unwrap();
    assert_eq!(read.body_text(0).unwrap(), format!("Leave:\r\n{page}\r\n"));
    assert_eq!(read.body_html(0).unwrap(), format!("<p><a href=\"{page}\">Leave</a></p>\r\n"));
    assert_eq!(message, with_a_link(&sender, &secrets, Purpose::Campaign));
}

#[test]
fn without_a_page_one_leaves_by_mail_and_nothing_promises_one_click() {
    let secrets = secrets(b"key", Vec::new());
    let message = with_a_link(&way(None, Some("leave@example.com")), &secrets, Purpose::Campaign);
    let header = header_of(&message, "List-Unsubscribe").unwrap();
    assert!(header.starts_with("<mailto:leave@example.com?subject=unsubscribe%20") && !header.contains(','));
    assert_eq!(header_of(&message, "List-Unsubscribe-Post"), None);
    let read = MessageParser::default().parse(&message.bytes).unwrap();
    assert!(read.body_html(0).unwrap().contains("href=\"mailto:leave@example.com?subject=unsubscribe%20"));
}

#[test]
fn both_fields_are_under_the_signature() {
    let pem = dkim::generate(dkim::Algorithm::Rsa).unwrap();
    let secrets = secrets(b"key", vec![dkim::Signer::new(&pem, "example.com", "news").unwrap()]);
    let sender = way(Some("https://news.example.com"), None);
    let signature = header_of(&with_a_link(&sender, &secrets, Purpose::Campaign), "DKIM-Signature").unwrap();
    let covered = signature.split(';').find_map(|tag| tag.trim().strip_prefix("h=")).unwrap();
    let covered: Vec<String> =
        covered.split(':').map(|name| name.split_whitespace().collect::<String>().to_lowercase()).collect();
    for name in ["list-unsubscribe", "list-unsubscribe-post"] {
        assert!(covered.iter().any(|known| known == name), "{name} in {covered:?}");
    }
}

#[test]
fn the_links_of_a_test_and_of_a_rehearsal_do_nothing_to_anybody() {
    let live = secrets(b"key", Vec::new());
    let rehearsed = Secrets { links: Links::Test, ..live.clone() };
    let sender = way(Some("https://news.example.com"), None);
    for (secrets, purpose) in [(&live, Purpose::Test), (&rehearsed, Purpose::Campaign)] {
        let message = with_a_link(&sender, secrets, purpose);
        let header = header_of(&message, "List-Unsubscribe").unwrap();
        let token = header.strip_prefix("<https://news.example.com/u/").unwrap().strip_suffix('>').unwrap();
        assert!(matches!(live.tokens.read(token), Some(Claim::Test(_))), "{header}");
    }
}

#[test]
fn the_longest_addresses_make_no_line_that_is_too_long() {
    let local = "a".repeat(64);
    let domain = format!("{}.{}.{}.test", "b".repeat(61), "c".repeat(61), "d".repeat(60));
    let reader = Subscriber {
        address: EmailAddress::parse(&format!("{local}@{domain}")).unwrap(),
        ..subscriber("Zoë")
    };
    let sender = way(Some("https://news.example.com/a/rather/long/way"), Some("leave@example.com"));
    let composed = testing::press("s", "t\n", "<p></p>");
    let secrets = secrets(b"key", Vec::new());
    let assembler = Assembler::new(&composed, &sender, "autumn", &secrets, Purpose::Campaign);
    assert_eq!(assembler.assemble(&reader, &date()).unwrap().flaw(), None);
}
