//! Reads `newsletter.toml`.

mod keys;
mod lint;
mod pictures;
mod sending;
mod serve;

use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::audience::{EmailAddress, Mailbox};
use crate::compose::{Newsletter, Social, Theme};
use crate::fields::{FieldError, FieldValue, Fields};
use crate::message::ReturnPath;
use crate::phrases::language;
use crate::problem::{Class, Condition, Problem, Problems, Source, Span};

use super::error::ConfigError;
use super::relay::{self, ProofReference, RelaySettings};
use super::secret::is_credential;
use super::starter::{id_for, is_label};
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
    let source = Source::new(name.to_string_lossy(), super::mask::masked(text));
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

/// How a reference to a secret is called.
struct Reference {
    /// Its key.
    key: &'static str,
    /// What stands before the keys in it, in messages.
    whole: &'static str,
    /// What it is, with its article.
    what: &'static str,
}

/// Stands for a reference that cannot be, whose fault has been told.
const SOME_PROOF: ProofReference = ProofReference::Password(Secret::Env(String::new()));

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
            format!("id = \"{}\"", name.as_deref().map_or_else(|| "my-newsletter".to_owned(), id_for));
        let id = id.or_else(|| self.missing(&fields, "id", &example));
        let from = self.mailbox(&mut fields, "from");
        let from =
            from.or_else(|| self.missing(&fields, "from", "from = \"The Proof Sheet <news@example.com>\""));
        let reply_to = self.mailbox(&mut fields, "reply_to");
        let return_path = self.return_path(&mut fields);
        let way_out = self.way_out(&mut fields);
        let newsletter = Newsletter {
            name: name.clone().unwrap_or_default(),
            url: self.checked(&mut fields, "url", is_web, "an address on the web", WEB_HINT),
            postal_address: self.line(&mut fields, "postal_address", "one line of text"),
            reason: self.line(&mut fields, "reason", "one line of text"),
            social: self.social(&mut fields),
            logo: self.own_picture(&mut fields, "logo"),
            logo_pixels: None,
            tagline: self.line(&mut fields, "tagline", "one line of text"),
            art: self.own_picture(&mut fields, "art"),
            lang: self.language(&mut fields).unwrap_or_else(|| "en".to_owned()),
            accent: self.checked(&mut fields, "accent", is_colour, "a colour", COLOUR_HINT),
            can_leave: way_out.is_some(),
        };
        let home = self.home(&mut fields, from.as_ref(), way_out.as_ref());
        let theme = self.theme(&mut fields);
        let relay = fields.table("relay").and_then(|table| self.relay(table));
        let relay = relay::from_environment(relay, environment, &mut self.found);
        let sending = fields.table("sending").map(|table| self.sending(table)).unwrap_or_default();
        let serve = fields.table("serve").map(|table| self.serve(table)).unwrap_or_default();
        let state_dir = self.line(&mut fields, "state_dir", "the path of a folder");
        let lint = fields.table("check").map(|table| self.check(table)).unwrap_or_default();
        let dkim = fields.table("dkim").and_then(|table| self.dkim(table, from.as_ref()));
        let inbox = fields.table("inbox");
        let inbox = self.inbox(inbox, InboxSettings::of(id.as_deref().unwrap_or_default(), environment));
        self.found.extend(fields.finish());
        let id = id?;
        let state_dir =
            state_dir.map_or_else(|| super::state_of(&id, environment), |dir| self.root.join(dir));
        Some(Config {
            state_dir,
            root: self.root.to_owned(),
            file: Some(path.to_owned()),
            sender: Sender {
                from: from?,
                reply_to,
                return_path,
                list_label: id.clone(),
                list_name: newsletter.name.clone(),
                way_out,
            },
            newsletter,
            theme,
            relay,
            sending,
            serve,
            lint,
            home: home?,
            dkim,
            inbox,
            id,
        })
    }

    /// Where else readers find the publisher.
    fn social(&mut self, fields: &mut Fields) -> Vec<Social> {
        let mut places = Vec::new();
        for (mut table, span) in fields.list_of_tables("social") {
            let name = self.line(&mut table, "name", "one line of text");
            let url = self.checked(&mut table, "url", is_web, "an address on the web", WEB_HINT);
            for key in ["name", "url"] {
                if !table.was_given(key) {
                    self.found.push(Problem::at(
                        FieldError::Missing(format!("social.{key}")),
                        self.source,
                        span,
                    ));
                }
            }
            self.found.extend(table.finish());
            places.extend(name.zip(url).map(|(name, url)| Social { name, url }));
        }
        places
    }

    fn relay(&mut self, mut table: Fields) -> Option<RelaySettings> {
        let proof = self.proof(&mut table);
        let ca_file = self.line(&mut table, "ca_file", "the path of a file").map(|path| self.root.join(path));
        let url = table.text("url");
        let relay = match (url, proof) {
            (Some((url, span)), Ok(proof)) => match relay::parse(&url, proof) {
                Ok(relay) => Some(RelaySettings { ca_file, ..relay }),
                Err(error) => self.refuse(error, span),
            },
            // What is wrong with the password has been told; look at the rest all the same.
            (Some((url, span)), Err(())) => match relay::parse(&url, Some(SOME_PROOF)) {
                Ok(_) => None,
                Err(error) => self.refuse(error, span),
            },
            // A table of nothing but a password: `LETTERPRESS_RELAY` may name the relay.
            (None, _) => None,
        };
        self.found.extend(table.finish());
        relay
    }

    /// The reference to the password or the token, or `Err` when there is one that
    /// cannot be.
    fn proof(&mut self, table: &mut Fields) -> Result<Option<ProofReference>, ()> {
        const PASSWORD: Reference =
            Reference { key: "password", whole: "relay.password.", what: "one reference to a password" };
        const TOKEN: Reference =
            Reference { key: "token", whole: "relay.token.", what: "one reference to a token" };
        let password = self.reference(table, &PASSWORD, ConfigError::PasswordInTheOpen);
        let token = self.reference(table, &TOKEN, ConfigError::TokenInTheOpen);
        match (password?, token?) {
            (Some(_), Some(_)) => {
                self.found.push(Problem::new(ConfigError::TwoProofs));
                Err(())
            }
            (password, token) => {
                Ok(password.map(ProofReference::Password).or(token.map(ProofReference::Token)))
            }
        }
    }

    /// The reference to a secret, or `Err` when there is one that cannot be: `in_the_open`
    /// when it is the secret itself.
    fn reference(
        &mut self,
        table: &mut Fields,
        named: &Reference,
        in_the_open: ConfigError,
    ) -> Result<Option<Secret>, ()> {
        let Some(field) = table.take(named.key) else { return Ok(None) };
        let FieldValue::Table(inner) = field.value else {
            let _: Option<()> = self.refuse(in_the_open, field.span);
            return Err(());
        };
        let mut inner = Fields::new(self.source, named.whole, inner);
        let env = inner.text("env").map(|(name, _)| Secret::Env(name));
        let file = inner.text("file").map(|(path, _)| Secret::File(self.root.join(path)));
        let credential = inner.text("credential");
        let command: Vec<String> = inner.texts("command").into_iter().map(|(word, _)| word).collect();
        let command = Some(command).filter(|words| !words.is_empty()).map(Secret::Command);
        let found = inner.finish();
        let sound = found.is_empty();
        self.found.extend(found);
        if let Some((_, span)) = credential.as_ref().filter(|(name, _)| !is_credential(name)) {
            let hint = "write its name in the unit of systemd, such as `smtp`, without a path".to_owned();
            let error =
                ConfigError::NotA { key: "credential", expected: "the name of a systemd credential", hint };
            let _: Option<()> = self.refuse(error, *span);
            return Err(());
        }
        let credential = credential.map(|(name, _)| Secret::Credential(name));
        let mut given: Vec<Secret> = [env, file, command, credential].into_iter().flatten().collect();
        match (given.pop(), given.is_empty()) {
            (Some(secret), true) if sound => Ok(Some(secret)),
            (_, _) if !sound => Err(()),
            _ => {
                let hint = "give one of `env`, `file`, `command` and `credential`".to_owned();
                let error = ConfigError::NotA { key: named.key, expected: named.what, hint };
                let _: Option<()> = self.refuse(error, field.span);
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
        match Mailbox::parse(&text) {
            Ok(mailbox) => self.ascii(mailbox.address.clone(), span).map(|_| mailbox),
            Err(error) => self.refuse(error, span),
        }
    }

    fn return_path(&mut self, fields: &mut Fields) -> Option<ReturnPath> {
        let (text, span) = fields.text("return_path")?;
        match ReturnPath::parse(&text) {
            Ok(path) if path.needs_smtputf8() => self.refuse(ConfigError::NotAscii(text), span),
            Ok(path) => Some(path),
            Err(error) => self.refuse(error, span),
        }
    }

    /// The address, unless only SMTPUTF8 could carry it.
    fn ascii(&mut self, address: EmailAddress, span: Span) -> Option<EmailAddress> {
        if address.needs_smtputf8() {
            return self.refuse(ConfigError::NotAscii(address.to_string()), span);
        }
        Some(address)
    }

    /// The tag of a language.
    fn language(&mut self, fields: &mut Fields) -> Option<String> {
        let (tag, span) = fields.text("lang")?;
        if language::is_tag(&tag) {
            return Some(tag);
        }
        let hint = language::meant(&tag).map(|tag| format!("did you mean `{tag}`?"));
        let hint = hint.unwrap_or_else(|| LANG_HINT.to_owned());
        self.refuse(ConfigError::NotA { key: "lang", expected: "a language tag", hint }, span)
    }

    /// The name of a theme that is there.
    fn theme(&mut self, fields: &mut Fields) -> String {
        let Some((name, span)) = fields.text("theme") else { return DEFAULT_THEME.to_owned() };
        let is_there = || {
            Theme::built_in().any(|known| known == name) || self.root.join("templates").join(&name).is_dir()
        };
        if !is_file_name(&name) {
            let (expected, hint) = ("the name of a theme", THEME_HINT.to_owned());
            let _: Option<()> = self.refuse(ConfigError::NotA { key: "theme", expected, hint }, span);
        } else if !is_there()
            && let Err(problems) = Theme::load(Some(self.root), &name)
        {
            let place = Some(self.source.place(span));
            for mut problem in problems {
                problem.place.clone_from(&place);
                self.found.push(problem);
            }
        }
        name
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
const LANG_HINT: &str = "write it like `en` or `de-AT`";
const COLOUR_HINT: &str = "write it as `#RRGGBB`, such as `#B4552D`";
const THEME_HINT: &str = "`clean` and `digest` come along; others lie under `templates/`";

fn is_web(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !text.chars().any(|c| c.is_control() || c.is_whitespace() || "\"<>`".contains(c))
}

fn is_colour(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|b| b.is_ascii_hexdigit())
}

fn is_file_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests;
