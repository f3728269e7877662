//! The relay's address, and how it becomes a [`Relay`].

use std::path::PathBuf;

use crate::problem::{Problem, Problems, Source, Span};
use crate::send::{Deadlines, Login, MESSAGES_PER_CONNECTION, Proof, Relay, TlsMode, Token};

use super::error::{ConfigError, RelayFault};
use super::{Environment, Secret};

/// Where that is which proves a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofReference {
    /// A password.
    Password(Secret),
    /// An access token of OAuth 2.0.
    Token(Secret),
}

impl ProofReference {
    fn fetch(&self) -> Result<Proof, ConfigError> {
        let failed = |what| move |fault| ConfigError::Secret { what, fault };
        match self {
            Self::Password(secret) => secret.fetch().map(Proof::Password).map_err(failed("password")),
            Self::Token(secret) => {
                let (token, secret) = (secret.fetch().map_err(failed("token"))?, secret.clone());
                let again = move || secret.fetch().map_err(|fault| fault.to_string());
                Ok(Proof::Token(Token::renewed_by(token, again)))
            }
        }
    }
}

/// A relay as the configuration has it: everything but the password itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelaySettings {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// When TLS begins.
    pub tls: TlsMode,
    /// The login's name.
    pub username: Option<String>,
    /// Where the password or the token is.
    pub proof: Option<ProofReference>,
    /// A PEM file of authorities to trust besides those of this machine.
    pub ca_file: Option<PathBuf>,
}

impl RelaySettings {
    /// Host and port, as what is counted for the relay is kept under.
    #[must_use]
    pub fn name(&self) -> String {
        let brackets = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        format!("{}{}{}:{}", brackets.0, self.host, brackets.1, self.port)
    }

    /// Fetches the password or token and makes the relay that `send` speaks to.
    ///
    /// # Errors
    ///
    /// Fails when there is a login and what proves it cannot be fetched.
    pub fn resolve(&self) -> Result<Relay, Problems> {
        let login = match (&self.username, &self.proof) {
            (Some(username), Some(proof)) => {
                Some(Login { username: username.clone(), proof: proof.fetch().map_err(Problem::new)? })
            }
            (Some(username), None) => {
                return Err(Problem::new(ConfigError::NoPassword(username.clone())).into());
            }
            (None, _) => None,
        };
        Ok(Relay {
            host: self.host.clone(),
            port: self.port,
            tls: self.tls,
            login,
            deadlines: Deadlines::default(),
            messages_per_connection: Some(MESSAGES_PER_CONNECTION),
            ca_file: self.ca_file.clone(),
        })
    }
}

/// The relay of the file, unless `LETTERPRESS_RELAY` names another; the password or
/// token and the authorities stay those the file refers to.
pub(super) fn from_environment(
    configured: Option<RelaySettings>,
    environment: &Environment,
    found: &mut Vec<Problem>,
) -> Option<RelaySettings> {
    let Some(url) = &environment.relay else { return configured };
    let source = Source::new("LETTERPRESS_RELAY", super::mask::masked_address(url));
    let (proof, ca_file) = configured.map_or((None, None), |relay| (relay.proof, relay.ca_file));
    match parse(source.text(), proof) {
        Ok(relay) => Some(RelaySettings { ca_file, ..relay }),
        Err(error) => {
            found.push(Problem::at(error, &source, Span::new(0, source.text().len())));
            None
        }
    }
}

/// Reads `smtp://login@host:587` and its like.
///
/// `smtp://` begins in plain text and must go on with STARTTLS, except to this very
/// machine or where `?tls=opportunistic` leaves it to the server; `smtps://` begins with
/// TLS (RFC 8314 §3.3).
pub(super) fn parse(url: &str, proof: Option<ProofReference>) -> Result<RelaySettings, ConfigError> {
    let fault = |fault| Err(ConfigError::Relay(fault));
    let (implicit, rest) = match (url.strip_prefix("smtp://"), url.strip_prefix("smtps://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return fault(RelayFault::Scheme),
    };
    // Before anything else is cut off it and quoted: a password may hold any character.
    if rest.rsplit_once('@').is_some_and(|(userinfo, _)| userinfo.contains(':')) {
        return Err(ConfigError::PasswordInTheOpen);
    }
    let (rest, option) = rest.split_once('?').map_or((rest, None), |(rest, option)| (rest, Some(option)));
    let (username, rest) = match rest.rsplit_once('@') {
        Some((username, rest)) => (Some(percent_decoded(username)).filter(|name| !name.is_empty()), rest),
        None => (None, rest),
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if let Some(at) = rest.find('/') {
        return fault(RelayFault::Path(rest[at..].to_owned()));
    }
    let (host, port) = host_and_port(rest)?;
    let loopback = is_loopback(host);
    let tls = match (implicit, option) {
        (true, None) => TlsMode::Implicit,
        (false, None | Some("tls=none")) if loopback => TlsMode::Plain,
        (false, None | Some("tls=starttls")) => TlsMode::StartTls,
        (false, Some("tls=opportunistic")) => TlsMode::Opportunistic,
        (false, Some("tls=none")) => return fault(RelayFault::PlainToOthers),
        (_, Some(option)) => return fault(RelayFault::Option(option.to_owned())),
    };
    if tls == TlsMode::Opportunistic && (username.is_some() || proof.is_some()) {
        return Err(ConfigError::OpportunisticLogin);
    }
    // What ends a name in the words of a login would smuggle another into them.
    if username.as_ref().is_some_and(|name| name.chars().any(char::is_control)) {
        return fault(RelayFault::Login);
    }
    if let (Some(username), None) = (&username, &proof) {
        return Err(ConfigError::NoPassword(username.clone()));
    }
    let port = port.unwrap_or(if implicit { 465 } else { 587 });
    Ok(RelaySettings { host: host.to_owned(), port, tls, username, proof, ca_file: None })
}

fn host_and_port(text: &str) -> Result<(&str, Option<u16>), ConfigError> {
    let (host, port) = if let Some(bracketed) = text.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or(ConfigError::Relay(RelayFault::Host))?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(ConfigError::Relay(RelayFault::Host));
        }
        match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if rest.is_empty() => (host, None),
            None => return Err(ConfigError::Relay(RelayFault::Path(rest.to_owned()))),
        }
    } else {
        text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
    };
    let plausible = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    if host.is_empty() || !host.bytes().all(plausible) {
        return Err(ConfigError::Relay(RelayFault::Host));
    }
    let port = match port.map(|text| (text, text.parse::<u16>())) {
        None => None,
        Some((_, Ok(port))) if port > 0 => Some(port),
        Some((text, _)) => return Err(ConfigError::Relay(RelayFault::Port(text.to_owned()))),
    };
    Ok((host, port))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Undoes percent-encoding (RFC 3986 §2.1), so that a login may hold an at sign.
fn percent_decoded(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if let (b'%', Some(high), Some(low)) = (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            decoded.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits fit a byte"));
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(url: &str) -> Result<RelaySettings, String> {
        parse(url, None).map_err(|error| error.to_string())
    }

    #[test]
    fn another_machine_is_spoken_to_with_starttls_and_this_one_without() {
        let relay = plain("smtp://smtp.example.com").unwrap();
        assert_eq!(
            (relay.host.as_str(), relay.port, relay.tls),
            ("smtp.example.com", 587, TlsMode::StartTls)
        );
        for url in ["smtp://127.0.0.1:2525", "smtp://localhost:2525?tls=none", "smtp://[::1]:2525"] {
            assert_eq!(plain(url).unwrap().tls, TlsMode::Plain, "{url}");
        }
        assert_eq!(plain("smtp://localhost?tls=starttls").unwrap().tls, TlsMode::StartTls);
        let relay = plain("smtps://smtp.example.com/").unwrap();
        assert_eq!((relay.port, relay.tls), (465, TlsMode::Implicit));
    }

    #[test]
    fn a_login_may_hold_an_encoded_at_sign() {
        let secret = ProofReference::Password(Secret::Env("NAME".to_owned()));
        let relay = parse("smtp://news%40mg.example.com@smtp.example.com", Some(secret)).unwrap();
        assert_eq!(relay.username.as_deref(), Some("news@mg.example.com"));
    }

    #[test]
    fn tls_that_the_server_may_do_without_goes_with_no_login() {
        let relay = plain("smtp://mail.example.com?tls=opportunistic").unwrap();
        assert_eq!((relay.port, relay.tls), (587, TlsMode::Opportunistic));
        let secret = || Some(ProofReference::Token(Secret::Env("NAME".to_owned())));
        for url in ["smtp://me@mail.example.com?tls=opportunistic", "smtp://localhost?tls=opportunistic"] {
            let refused = parse(url, secret()).unwrap_err();
            assert!(matches!(refused, ConfigError::OpportunisticLogin), "{url}: {refused}");
        }
        assert!(plain("smtp://me@mail.example.com?tls=opportunistic").is_err());
        assert!(plain("smtps://mail.example.com?tls=opportunistic").is_err());
    }

    #[test]
    fn what_cannot_be_a_relay_is_refused_with_its_reason() {
        for (url, expected) in [
            ("http://smtp.example.com", "the relay's address begins with neither `smtp://` nor `smtps://`"),
            ("smtp://", "the relay's address names no host"),
            ("smtp://[::1", "the relay's address names no host"),
            ("smtp://a b", "the relay's address names no host"),
            ("smtp://example.com:0", "the relay's address has the port `0`, expected 1 to 65535"),
            ("smtp://example.com:70000", "the relay's address has the port `70000`, expected 1 to 65535"),
            ("smtp://example.com/mail", "the relay's address goes on after the host: `/mail`"),
            (
                "smtp://example.com?tls=none",
                "the relay's address asks for a connection without TLS to another machine",
            ),
            (
                "smtp://example.com?x=1",
                "the relay's address has the option `x=1`, expected `tls=starttls`, `tls=opportunistic` or `tls=none`",
            ),
            ("smtp://a%00b@example.com", "the relay's address has a login with a control character"),
            ("smtp://me:pw@example.com", "a password is written out"),
            ("smtp://me:p?w/1@example.com", "a password is written out"),
            (
                "smtp://me@example.com",
                "the relay's address names the login `me`, and there is no password for it",
            ),
        ] {
            assert_eq!(plain(url).unwrap_err(), expected, "{url}");
        }
    }
}
