//! Reads `newsletter.toml`.

use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::audience::{EmailAddress, Mailbox};
use crate::compose::Newsletter;
use crate::fields::{FieldValue, Fields};
use crate::problem::{Class, Condition, Problem, Problems, Source, Span};

use super::error::ConfigError;
use super::relay::{self, RelaySettings};
use super::{Config, DEFAULT_THEME, Environment, InboxSettings, Secret, Sender};

/// No configuration is longer; what is belongs to something else.
const LONGEST: u64 = 256 * 1024;

/// The text of the configuration file `path`, which people know by `name`.
pub(super) fn text(path: &Path, name: &Path) -> Result<String, Problems> {
    let unreadable = |reason: String| Problem::new(ConfigError::Unreadable { path: name.to_owned(), reason });
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let length = file.take(LONGEST + 1).read_to_string(&mut text);
    match length {
        Ok(length) if length as u64 > LONGEST => {
            Err(unreadable(format!("it is longer than {} KiB", LONGEST / 1024)).into())
        }
        Ok(_) => Ok(text),
        Err(error) => Err(unreadable(error.to_string()).into()),
    }
}

/// Reads the text of the configuration file `path`, which people know by `name`.
pub(super) fn read(
    path: &Path,
    name: &Path,
    text: &str,
    environment: &Environment,
) -> Result<Config, Problems> {
    // Messages quote the text with its passwords starred out; it is as long, so that
    // places are the same.
    let source = Source::new(name.to_string_lossy(), super::secret::masked(text));
    let fields = Fields::toml(&source, text, 0);
    let root = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut reader = Reader { source: &source, root: &root, found: Vec::new() };
    let config = reader.config(fields, path, environment);
    let mut found: Vec<Problem> = reader.found.into_iter().map(of_config).collect();
    found.sort_by_key(|problem| problem.place.as_ref().map_or((0, 0), |place| (place.line, place.column)));
    let (config, _) = Problems::check(config, found)?;
    Ok(config.expect("a configuration without problems is whole"))
}

/// The same problem, as one of the configuration.
fn of_config(problem: Problem) -> Problem {
    if problem.class() == Class::Config {
        return problem;
    }
    let (severity, place) = (problem.severity, problem.place.clone());
    let mut problem = Problem::new(ConfigError::Field(problem));
    problem.severity = severity;
    problem.place = place;
    problem
}

struct Reader<'a> {
    source: &'a Source,
    root: &'a Path,
    found: Vec<Problem>,
}

impl Reader<'_> {
    fn config(&mut self, mut fields: Fields, path: &Path, environment: &Environment) -> Option<Config> {
        let name = self.line(&mut fields, "name", "one line of text");
        let name = name.or_else(|| self.missing(&fields, "name", "name = \"The Proof Sheet\""));
        let id = self.checked(&mut fields, "id", is_label, "a label", ID_HINT);
        let example =
            format!("id = \"{}\"", name.as_deref().map_or_else(|| "my-newsletter".to_owned(), label));
        let id = id.or_else(|| self.missing(&fields, "id", &example));
        let from = self.mailbox(&mut fields, "from");
        let from =
            from.or_else(|| self.missing(&fields, "from", "from = \"The Proof Sheet <news@example.com>\""));
        let reply_to = self.mailbox(&mut fields, "reply_to");
        let return_path = self.address(&mut fields, "return_path");
        let newsletter = Newsletter {
            name: name.clone().unwrap_or_default(),
            url: self.checked(&mut fields, "url", is_web, "an address on the web", WEB_HINT),
            postal_address: self.line(&mut fields, "postal_address", "one line of text"),
            reason: self.line(&mut fields, "reason", "one line of text"),
            logo: self.checked(&mut fields, "logo", is_web, "an address on the web", WEB_HINT),
            lang: self
                .checked(&mut fields, "lang", is_language, "a language tag", LANG_HINT)
                .unwrap_or_else(|| "en".to_owned()),
            accent: self.checked(&mut fields, "accent", is_colour, "a colour", COLOUR_HINT),
        };
        let theme = self
            .checked(&mut fields, "theme", is_file_name, "the name of a theme", THEME_HINT)
            .unwrap_or_else(|| DEFAULT_THEME.to_owned());
        let relay = fields.table("relay").and_then(|table| self.relay(table));
        let relay = relay::from_environment(relay, environment, &mut self.found);
        let inbox = fields.table("inbox");
        let inbox = self.inbox(inbox, InboxSettings::of(id.as_deref().unwrap_or_default(), environment));
        self.found.extend(fields.finish());
        let id = id?;
        Some(Config {
            root: self.root.to_owned(),
            file: Some(path.to_owned()),
            sender: Sender {
                from: from?,
                reply_to,
                return_path,
                list_label: id.clone(),
                list_name: newsletter.name.clone(),
            },
            newsletter,
            theme,
            relay,
            inbox,
            id,
        })
    }

    fn relay(&mut self, mut table: Fields) -> Option<RelaySettings> {
        let password = self.password(&mut table);
        let ca_file = self.line(&mut table, "ca_file", "the path of a file").map(|path| self.root.join(path));
        let url = table.text("url");
        let relay = match (url, password) {
            (Some((url, span)), Ok(password)) => match relay::parse(&url, password) {
                Ok(relay) => Some(RelaySettings { ca_file, ..relay }),
                Err(error) => self.refuse(error, span),
            },
            // What is wrong with the password has been told; look at the rest all the same.
            (Some((url, span)), Err(())) => match relay::parse(&url, Some(Secret::Env(String::new()))) {
                Ok(_) => None,
                Err(error) => self.refuse(error, span),
            },
            // A table of nothing but a password: `LETTERPRESS_RELAY` may name the relay.
            (None, _) => None,
        };
        self.found.extend(table.finish());
        relay
    }

    /// The reference to the password, or `Err` when there is one that cannot be.
    fn password(&mut self, table: &mut Fields) -> Result<Option<Secret>, ()> {
        let Some(field) = table.take("password") else { return Ok(None) };
        if !matches!(field.value, FieldValue::Table(_)) {
            let _: Option<()> = self.refuse(ConfigError::PasswordInTheOpen, field.span);
            return Err(());
        }
        let FieldValue::Table(inner) = field.value else { return Err(()) };
        let mut inner = Fields::new(self.source, "relay.password.", inner);
        let env = inner.text("env").map(|(name, _)| Secret::Env(name));
        let file = inner.text("file").map(|(path, _)| Secret::File(self.root.join(path)));
        let command: Vec<String> = inner.texts("command").into_iter().map(|(word, _)| word).collect();
        let command = Some(command).filter(|words| !words.is_empty()).map(Secret::Command);
        let found = inner.finish();
        let sound = found.is_empty();
        self.found.extend(found);
        let mut given: Vec<Secret> = [env, file, command].into_iter().flatten().collect();
        match (given.pop(), given.is_empty()) {
            (Some(secret), true) if sound => Ok(Some(secret)),
            (_, _) if !sound => Err(()),
            _ => {
                let hint = "give one of `env`, `file` and `command`".to_owned();
                let expected = "one reference to a password";
                let _: Option<()> =
                    self.refuse(ConfigError::NotA { key: "password", expected, hint }, field.span);
                Err(())
            }
        }
    }

    fn inbox(&mut self, table: Option<Fields>, defaults: InboxSettings) -> InboxSettings {
        let Some(mut table) = table else { return defaults };
        let dir = self.line(&mut table, "dir", "the path of a folder");
        let smtp = self.listener(&mut table, "smtp");
        let http = self.listener(&mut table, "http");
        self.found.extend(table.finish());
        InboxSettings {
            dir: dir.map_or(defaults.dir, |dir| self.root.join(PathBuf::from(dir))),
            smtp: smtp.unwrap_or(defaults.smtp),
            http: http.unwrap_or(defaults.http),
        }
    }

    /// An address to listen at. The inbox shows mail to whoever asks, so it stays on
    /// this machine.
    fn listener(&mut self, table: &mut Fields, key: &'static str) -> Option<SocketAddr> {
        let (text, span) = table.text(key)?;
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Some(address),
            _ => {
                let hint = "write it like `127.0.0.1:2525`; port 0 picks a free one".to_owned();
                self.refuse(
                    ConfigError::NotA { key, expected: "an address and port of this machine", hint },
                    span,
                )
            }
        }
    }

    fn mailbox(&mut self, fields: &mut Fields, key: &str) -> Option<Mailbox> {
        let (text, span) = fields.text(key)?;
        Mailbox::parse(&text).map_or_else(|error| self.refuse(error, span), Some)
    }

    fn address(&mut self, fields: &mut Fields, key: &str) -> Option<EmailAddress> {
        let (text, span) = fields.text(key)?;
        EmailAddress::parse(&text).map_or_else(|error| self.refuse(error, span), Some)
    }

    /// A text that stays on one line wherever it is used, headers included.
    fn line(&mut self, fields: &mut Fields, key: &'static str, expected: &'static str) -> Option<String> {
        let hint = "write it on one line, and leave the key out to say nothing";
        let sound = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
        self.checked(fields, key, sound, expected, hint)
    }

    fn checked(
        &mut self,
        fields: &mut Fields,
        key: &'static str,
        sound: impl Fn(&str) -> bool,
        expected: &'static str,
        hint: &str,
    ) -> Option<String> {
        let (text, span) = fields.text(key)?;
        if sound(&text) {
            return Some(text);
        }
        self.refuse(ConfigError::NotA { key, expected, hint: hint.to_owned() }, span)
    }

    /// Notes that a key is missing, unless what stands there has been refused.
    fn missing<T>(&mut self, fields: &Fields, key: &'static str, example: &str) -> Option<T> {
        if !fields.was_given(key) {
            let file = self.source.name().to_owned();
            self.found.push(Problem::new(ConfigError::Missing { key, file, example: example.to_owned() }));
        }
        None
    }

    fn refuse<T>(&mut self, error: impl Condition, span: Span) -> Option<T> {
        self.found.push(Problem::at(error, self.source, span));
        None
    }
}

const ID_HINT: &str = "use lower-case letters, digits, hyphens and dots, such as `the-proof-sheet`";
const WEB_HINT: &str = "write it in full, such as `https://example.com/`";
const LANG_HINT: &str = "write it like `en` or `pt-BR`";
const COLOUR_HINT: &str = "write it as `#RRGGBB`, such as `#B4552D`";
const THEME_HINT: &str = "themes that come along are `clean`, `card`, `digest` and `letter`";

fn is_label(text: &str) -> bool {
    text.len() <= 63
        && text.split('.').all(|part| {
            !part.is_empty()
                && !part.starts_with('-')
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

/// A label made from a name, for the line that a message suggests.
fn label(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

fn is_web(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !text.chars().any(|c| c.is_control() || c.is_whitespace() || "\"<>`".contains(c))
}

fn is_language(text: &str) -> bool {
    text.split('-')
        .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_colour(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|b| b.is_ascii_hexdigit())
}

fn is_file_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let told = read_text("id = \"a\"\nname = \"A\\r\\nBcc: b@example.com\"\nfrom = \"a@example.com\"")
            .unwrap_err();
        assert_eq!(told, [("`name` is not one line of text".to_owned(), 2)]);
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

    #[test]
    fn a_relay_has_its_password_by_reference() {
        let relay = |password: &str| {
            let text =
                format!("{SOUND}[relay]\nurl = \"smtp://me@smtp.example.com\"\npassword = {password}\n");
            read_text(&text).map(|config| config.relay.unwrap())
        };
        let sound = relay("{ file = \"secret/smtp\" }").unwrap();
        assert_eq!(sound.password, Some(Secret::File("/paper/secret/smtp".into())));
        assert_eq!(sound.tls, TlsMode::StartTls);
        assert_eq!(relay("{ env = \"A\" }").unwrap().password, Some(Secret::Env("A".to_owned())));
        let words = vec!["pass".to_owned(), "show".to_owned()];
        let command = relay("{ command = [\"pass\", \"show\"] }").unwrap();
        assert_eq!(command.password, Some(Secret::Command(words)));
        let one = ("`password` is not one reference to a password".to_owned(), 6);
        assert_eq!(relay("{}").unwrap_err(), std::slice::from_ref(&one));
        assert_eq!(relay("{ env = \"A\", file = \"b\" }").unwrap_err(), [one]);
        assert_eq!(relay("\"geheim\"").unwrap_err(), [("a password is written out".to_owned(), 6)]);
        assert_eq!(
            relay("{ enf = \"A\" }").unwrap_err(),
            [("unknown key `relay.password.enf`".to_owned(), 6)]
        );
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
        assert_eq!(relay.password, Some(Secret::Env("A".to_owned())));
    }

    #[test]
    fn the_inbox_stays_on_this_machine() {
        let expected = ("`http` is not an address and port of this machine".to_owned(), 5);
        assert_eq!(told("[inbox]\nhttp = \"0.0.0.0:80\""), [expected]);
        let inbox =
            read_text(&format!("{SOUND}[inbox]\nhttp = \"[::1]:0\"\ndir = \"caught\"")).unwrap().inbox;
        assert_eq!(inbox.dir, Path::new("/paper/caught"));
        assert!(inbox.http.ip().is_loopback());
    }
}
