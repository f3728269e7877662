//! What stands in a configuration, and what is refused.

use super::*;
use crate::config::ProofReference;
use crate::send::TlsMode;

fn read_text(text: &str) -> Result<Config, Vec<(String, usize)>> {
    let environment = Environment { state_home: "/state".into(), ..Environment::default() };
    read(Path::new("/paper/newsletter.toml"), Path::new("newsletter.toml"), text, &environment).map_err(
        |problems| {
            assert_eq!(problems.class(), Class::Config);
            let line = |problem: &Problem| problem.place.as_ref().map_or(0, |place| place.line);
            problems.iter().map(|problem| (problem.message(), line(problem))).collect()
        },
    )
}

const SOUND: &str = "id = \"a\"\nname = \"A\"\nfrom = \"News <news@example.com>\"\n";

fn told(more: &str) -> Vec<(String, usize)> {
    read_text(&format!("{SOUND}{more}")).unwrap_err()
}

#[test]
fn three_keys_make_a_newsletter() {
    let config = read_text(SOUND).unwrap();
    assert_eq!(config.sender.from.to_string(), "News <news@example.com>");
    assert_eq!((config.theme.as_str(), config.newsletter.lang.as_str()), ("clean", "en"));
    assert_eq!(config.relay, None);
    assert_eq!(config.inbox.dir, Path::new("/state/letterpress/a/inbox"));
    assert_eq!(config.root, Path::new("/paper"));
}

#[test]
fn what_a_newsletter_needs_is_asked_for_with_an_example() {
    let told = read_text("").unwrap_err();
    let missing = |key: &str| (format!("`{key}` is missing in `newsletter.toml`"), 0);
    assert_eq!(told, [missing("name"), missing("id"), missing("from")]);
}

#[test]
fn a_name_that_would_break_a_header_is_refused() {
    let told =
        read_text("id = \"a\"\nname = \"A\\r\\nBcc: b@example.com\"\nfrom = \"a@example.com\"").unwrap_err();
    assert_eq!(told, [("`name` is not one line of text".to_owned(), 2)]);
}

#[test]
fn a_theme_that_is_not_there_is_told_with_its_place() {
    assert_eq!(told("theme = \"claen\""), [("unknown theme `claen`".to_owned(), 4)]);
    assert_eq!(told("theme = \"../x\""), [("`theme` is not the name of a theme".to_owned(), 4)]);
}

#[test]
fn an_address_of_ours_that_not_every_mail_system_takes_is_refused() {
    for key in ["reply_to", "return_path"] {
        let expected = "`zoë@example.com` has letters outside ASCII before the @".to_owned();
        assert_eq!(told(&format!("{key} = \"zoë@example.com\"")), [(expected, 4)]);
    }
    let text = SOUND.replace("news@", "zoë@");
    assert_eq!(read_text(&text).unwrap_err()[0].1, 3);
}

#[test]
fn a_colour_is_six_hexadecimal_digits() {
    for wrong in ["red", "#12345", "#12345g", "#1234567", "B4552D", "#é2345"] {
        assert_eq!(told(&format!("accent = \"{wrong}\"")), [("`accent` is not a colour".to_owned(), 4)]);
    }
    assert!(read_text(&format!("{SOUND}accent = \"#b4552D\"")).is_ok());
}

#[test]
fn an_identity_that_could_leave_its_folder_is_refused() {
    for wrong in ["..", "a/b", "A", "-a", "", "a b"] {
        let told =
            read_text(&format!("id = \"{wrong}\"\nname = \"A\"\nfrom = \"a@example.com\"")).unwrap_err();
        assert_eq!(told, [("`id` is not a label".to_owned(), 1)], "{wrong}");
    }
}

fn password(secret: Secret) -> ProofReference {
    ProofReference::Password(secret)
}

#[test]
fn a_relay_has_a_password_or_a_token_and_not_both() {
    let relay = |lines: &str| {
        let text = format!("{SOUND}[relay]\nurl = \"smtp://me@smtp.example.com\"\n{lines}\n");
        read_text(&text).map(|config| config.relay.unwrap().proof)
    };
    let words = vec!["oauth".to_owned(), "smtp".to_owned()];
    let token = Some(ProofReference::Token(Secret::Command(words)));
    assert_eq!(relay("token = { command = [\"oauth\", \"smtp\"] }").unwrap(), token);
    let both = relay("token = { env = \"A\" }\npassword = { env = \"B\" }").unwrap_err();
    assert_eq!(both, [("there is both a `password` and a `token`".to_owned(), 0)]);
    let open = relay("token = \"geheim\"").unwrap_err();
    assert_eq!(open, [("a token is written out".to_owned(), 6)]);
}

#[test]
fn a_credential_of_systemd_is_a_name_and_no_path() {
    let relay = |name: &str| {
        let text = format!(
            "{SOUND}[relay]\nurl = \"smtp://me@smtp.example.com\"\npassword = {{ credential = \"{name}\" }}\n"
        );
        read_text(&text).map(|config| config.relay.unwrap().proof)
    };
    assert_eq!(relay("smtp").unwrap(), Some(password(Secret::Credential("smtp".to_owned()))));
    for path in ["../smtp", "/run/smtp", "a/b", "..", ".", ""] {
        let told = [("`credential` is not the name of a systemd credential".to_owned(), 6)];
        assert_eq!(relay(path).unwrap_err(), told, "{path}");
    }
}

#[test]
fn a_relay_has_its_password_by_reference() {
    let relay = |password: &str| {
        let text = format!("{SOUND}[relay]\nurl = \"smtp://me@smtp.example.com\"\npassword = {password}\n");
        read_text(&text).map(|config| config.relay.unwrap())
    };
    let sound = relay("{ file = \"secret/smtp\" }").unwrap();
    assert_eq!(sound.proof, Some(password(Secret::File("/paper/secret/smtp".into()))));
    assert_eq!(sound.tls, TlsMode::StartTls);
    assert_eq!(relay("{ env = \"A\" }").unwrap().proof, Some(password(Secret::Env("A".to_owned()))));
    let words = vec!["pass".to_owned(), "show".to_owned()];
    let command = relay("{ command = [\"pass\", \"show\"] }").unwrap();
    assert_eq!(command.proof, Some(password(Secret::Command(words))));
    let one = ("`password` is not one reference to a password".to_owned(), 6);
    assert_eq!(relay("{}").unwrap_err(), std::slice::from_ref(&one));
    assert_eq!(relay("{ env = \"A\", file = \"b\" }").unwrap_err(), [one]);
    assert_eq!(relay("\"geheim\"").unwrap_err(), [("a password is written out".to_owned(), 6)]);
    assert_eq!(relay("{ enf = \"A\" }").unwrap_err(), [("unknown key `relay.password.enf`".to_owned(), 6)]);
}

#[test]
fn a_relay_may_have_an_authority_of_its_own_which_the_environment_keeps() {
    let text = format!("{SOUND}[relay]\nurl = \"smtp://smtp.example.com\"\nca_file = \"tls/ca.pem\"\n");
    let relay = read_text(&text).unwrap().relay.unwrap();
    assert_eq!(relay.ca_file.as_deref(), Some(Path::new("/paper/tls/ca.pem")));
    assert_eq!(relay.resolve().unwrap().ca_file, relay.ca_file);
    let environment =
        Environment { relay: Some("smtps://smtp.example.org".to_owned()), ..Environment::default() };
    let path = Path::new("newsletter.toml");
    let relay = read(path, path, &text, &environment).unwrap().relay.unwrap();
    assert_eq!((relay.port, relay.ca_file.as_deref()), (465, Some(Path::new("tls/ca.pem"))));
    let wrong = told("[relay]\nurl = \"smtp://smtp.example.com\"\nca_file = \"\"");
    assert_eq!(wrong, [("`ca_file` is not the path of a file".to_owned(), 6)]);
}

#[test]
fn the_environment_names_another_relay_and_keeps_the_password() {
    let environment =
        Environment { relay: Some("smtps://you@smtp.example.org".to_owned()), ..Environment::default() };
    let text =
        format!("{SOUND}[relay]\nurl = \"smtp://me@smtp.example.com\"\npassword = {{ env = \"A\" }}\n");
    let path = Path::new("newsletter.toml");
    let relay = read(path, path, &text, &environment).unwrap().relay.unwrap();
    assert_eq!((relay.host.as_str(), relay.username.as_deref()), ("smtp.example.org", Some("you")));
    assert_eq!(relay.proof, Some(password(Secret::Env("A".to_owned()))));
}

#[test]
fn keys_are_referred_to_and_sign_for_the_domain_of_the_sender() {
    let dkim = |text: &str| read_text(&format!("{SOUND}[dkim]\n{text}")).unwrap().dkim;
    assert_eq!(dkim(""), None);
    let one = dkim("selector = \"a\"\nkey = { file = \"keys/a.pem\" }").unwrap();
    let secret = Secret::File("/paper/keys/a.pem".into());
    let key = crate::config::DkimKey { name: "key", selector: "a".to_owned(), secret };
    assert_eq!((one.domain.as_str(), one.keys), ("example.com", vec![key]));
    let two = dkim(
        "domain = \"Example.com\"\nselector = \"a\"\nkey = { env = \"A\" }\n\
         ed25519_selector = \"b\"\ned25519_key = { command = [\"pass\", \"b\"] }",
    )
    .unwrap();
    assert_eq!((two.domain.as_str(), two.keys.len()), ("example.com", 2));
    let text = SOUND.replace("news@", "news@mail.");
    let above = read_text(&format!(
        "{text}[dkim]\ndomain = \"example.com\"\nselector = \"a\"\nkey = {{ env = \"A\" }}"
    ));
    assert_eq!(above.unwrap().dkim.unwrap().domain, "example.com");
}

#[test]
fn keys_that_cannot_sign_for_the_sender_are_told() {
    let one = |error: &str, line| vec![(error.to_owned(), line)];
    let missing = |key: &str| one(&format!("`{key}` is missing in `newsletter.toml`"), 0);
    assert_eq!(told("[dkim]\nselector = \"a\""), missing("key"));
    assert_eq!(told("[dkim]\nkey = { env = \"A\" }"), missing("selector"));
    assert_eq!(told("[dkim]\ned25519_key = { env = \"A\" }"), missing("ed25519_selector"));
    let key = "selector = \"a\"\nkey = { env = \"A\" }\n";
    let other = "`example.org` is neither the domain of `from` nor one above it";
    assert_eq!(told(&format!("[dkim]\n{key}domain = \"example.org\"")), one(other, 7));
    assert_eq!(told(&format!("[dkim]\n{key}domain = \"com\"")), one("`domain` is not a domain", 7));
    assert_eq!(told(&format!("[dkim]\n{key}selektor = \"b\"")), one("unknown key `dkim.selektor`", 7));
    let second = "ed25519_selector = \"A\"\ned25519_key = { env = \"B\" }";
    assert_eq!(told(&format!("[dkim]\n{key}{second}")), one("both keys have the selector `a`", 0));
    for written in ["\"geheim\"", "[\"geheim\"]"] {
        let told = told(&format!("[dkim]\nselector = \"a\"\nkey = {written}"));
        assert_eq!(told, one("a private key is written out", 6));
    }
    assert_eq!(
        told("[dkim]\nselector = \"a b\"\nkey = {}"),
        [
            ("`selector` is not a selector".to_owned(), 5),
            ("`key` is not one reference to a private key".to_owned(), 6),
        ]
    );
}

#[test]
fn the_inbox_stays_on_this_machine() {
    let expected = ("`http` is not an address and port of this machine".to_owned(), 5);
    assert_eq!(told("[inbox]\nhttp = \"0.0.0.0:80\""), [expected]);
    let inbox = read_text(&format!("{SOUND}[inbox]\nhttp = \"[::1]:0\"\ndir = \"caught\"")).unwrap().inbox;
    assert_eq!(inbox.dir, Path::new("/paper/caught"));
    assert!(inbox.http.ip().is_loopback());
}

#[test]
fn how_campaigns_are_sent_has_its_defaults_and_its_keys() {
    let default = crate::config::SendingSettings::default();
    assert_eq!(read_text(SOUND).unwrap().sending, default);
    assert_eq!(read_text(&format!("{SOUND}[sending]\n")).unwrap().sending, default);
    let text = "[sending]\nconnections = 20\nmessages_per_connection = 100\nexpires = \"36 hours\"\n\
        durability = \"process\"\nper_second = 14\nper_hour = 1000\nper_day = 9000\n\
        max_failure_rate = \"2.5%\"\nidentical_refusals = 7\n\
        [sending.groups.\"gmail.com\"]\nconnections = 3\nper_hour = 100\n";
    let sending = read_text(&format!("{SOUND}{text}")).unwrap().sending;
    assert_eq!((sending.connections, sending.messages_per_connection), (20, 100));
    assert_eq!(sending.expires, std::time::Duration::from_hours(36));
    assert_eq!(sending.durability, crate::store::Durability::Process);
    let limits = sending.limits;
    assert_eq!((limits.per_second, limits.per_hour, limits.per_day), (Some(14), Some(1000), Some(9000)));
    assert!((sending.max_failure_rate - 0.025).abs() < 1e-9);
    assert_eq!(sending.identical_refusals, 7);
    let group = sending.groups["gmail.com"];
    assert_eq!((group.connections, group.limits.per_hour, group.limits.per_day), (Some(3), Some(100), None));
}

#[test]
fn what_cannot_be_of_the_sending_is_told_all_at_once_with_its_place() {
    let text = "[sending]\nconnections = 0\nmessages_per_connection = -1\nexpires = \"soon\"\n\
        durability = \"maybe\"\nper_second = 0\nmax_failure_rate = \"120%\"\nidentical_refusals = 1\nper_week = 3\n";
    let not = |key: &str, expected: &str, line| (format!("`{key}` is not {expected}"), line);
    assert_eq!(
        told(text),
        [
            not("connections", "a number from 1 to 1000", 5),
            not("messages_per_connection", "a number from 1 to 1000000", 6),
            not("expires", "a time to go on for", 7),
            not("durability", "`power` or `process`", 8),
            not("per_second", "a number from 1 to 1000000000", 9),
            not("max_failure_rate", "a percentage", 10),
            not("identical_refusals", "a number from 2 to 1000000", 11),
            ("unknown key `sending.per_week`".to_owned(), 12),
        ]
    );
}

#[test]
fn a_provider_is_named_as_one_and_gets_no_more_than_all() {
    let one = |name: &str, more: &str| told(&format!("[sending.groups.{name}]\n{more}"));
    assert_eq!(one("gmail.com", ""), [("`gmail` is not the domain of a provider".to_owned(), 4)]);
    assert_eq!(one("\"hotmail.com\"", ""), [("`hotmail.com` is not the name of a provider".to_owned(), 4)]);
    let many = ("`connections` is not within those of the relay".to_owned(), 5);
    assert_eq!(one("\"gmail.com\"", "connections = 11"), [many]);
    let unknown = ("unknown key `sending.groups.gmail.com.per_minute`".to_owned(), 5);
    assert_eq!(one("\"gmail.com\"", "per_minute = 11"), [unknown]);
}
