//! What can be wrong with a configuration.

use std::path::PathBuf;

use crate::problem::{Class, Condition, Problem};

/// What can be wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there, or cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// Wrong in the way any file of named values can be.
    #[error("{}", .0.message())]
    Field(Problem),
    /// A key without which there is no newsletter.
    #[error("`{key}` is missing in `{file}`")]
    Missing {
        /// The key.
        key: &'static str,
        /// The file.
        file: String,
        /// A line that would do.
        example: String,
    },
    /// A value that cannot be what its key asks for.
    #[error("`{key}` is not {expected}")]
    NotA {
        /// The key.
        key: &'static str,
        /// What belongs there, with its article.
        expected: &'static str,
        /// What to do.
        hint: String,
    },
    /// An address of ours that would need SMTPUTF8 (RFC 6531) on every way it goes.
    #[error("`{0}` has letters outside ASCII before the @")]
    NotAscii(String),
    /// A relay that cannot be.
    #[error("the relay's address {0}")]
    Relay(RelayFault),
    /// A password where only a reference may stand.
    #[error("a password is written out")]
    PasswordInTheOpen,
    /// A login without a password.
    #[error("the relay's address names the login `{0}`, and there is no password for it")]
    NoPassword(String),
    /// A secret that could not be fetched.
    #[error("cannot fetch the password of the relay: {0}")]
    Secret(SecretFault),
}

/// Why a relay's address is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelayFault {
    /// Neither `smtp://` nor `smtps://`.
    #[error("begins with neither `smtp://` nor `smtps://`")]
    Scheme,
    /// No host.
    #[error("names no host")]
    Host,
    /// A port that is no port.
    #[error("has the port `{0}`, expected 1 to 65535")]
    Port(String),
    /// An option nobody knows.
    #[error("has the option `{0}`, expected `tls=none` or `tls=starttls`")]
    Option(String),
    /// In plain text over a network.
    #[error("asks for a connection without TLS to another machine")]
    PlainToOthers,
    /// A path after the host.
    #[error("goes on after the host: `{0}`")]
    Path(String),
}

/// Why a secret could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// The variable is not set.
    #[error("the variable `{0}` is not set")]
    Unset(String),
    /// The file cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// Others may read the file.
    #[error("other people on this machine may read `{}`", .0.display())]
    OpenToOthers(PathBuf),
    /// The command did not give it.
    #[error("`{program}` {reason}")]
    Command {
        /// The program.
        program: String,
        /// What happened.
        reason: String,
    },
    /// There was nothing in it.
    #[error("it is empty")]
    Empty,
    /// It does not fit in a line of SMTP.
    #[error("it holds a control character or is not text")]
    NotText,
}

impl Condition for ConfigError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => Some("`--config` and `LETTERPRESS_CONFIG` name the file".to_owned()),
            Self::Field(problem) => problem.hint(),
            Self::Missing { example, .. } => Some(format!("add a line such as `{example}`")),
            Self::NotA { hint, .. } => Some(hint.clone()),
            Self::NotAscii(_) => Some("use an address of letters that every mail system takes".to_owned()),
            Self::Relay(RelayFault::PlainToOthers) => {
                Some("leave `?tls=none` out; STARTTLS is asked for by itself".to_owned())
            }
            Self::Relay(_) => Some("write it like `smtp://login@smtp.example.com:587`".to_owned()),
            Self::PasswordInTheOpen => Some(
                "refer to it instead: `password = { env = \"NAME\" }`, `{ file = \"path\" }` or \
                 `{ command = [\"pass\", \"show\", \"smtp\"] }` under `[relay]`"
                    .to_owned(),
            ),
            Self::NoPassword(_) => {
                Some("add `password = { env = \"NAME\" }` or its like under `[relay]`".to_owned())
            }
            Self::Secret(SecretFault::OpenToOthers(path)) => {
                Some(format!("run `chmod 600 {}`", path.display()))
            }
            Self::Secret(_) => None,
        }
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::Field(problem) => problem.notes(),
            _ => Vec::new(),
        }
    }

    fn class(&self) -> Class {
        Class::Config
    }
}
