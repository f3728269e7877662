//! What can be wrong with a configuration.

use std::path::PathBuf;

use crate::message::BaseUrlError;
use crate::message::dkim::KeyError;
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
    /// Two places where the pictures are.
    #[error(
        "pictures are either uploaded, as `assets_url` says, or carried by every mail, as `embed_images` does"
    )]
    TwoHomes,
    /// A table named after what is no provider.
    #[error("`{name}` is not {expected}")]
    NoGroup {
        /// The name.
        name: String,
        /// What belongs there, with its article.
        expected: &'static str,
        /// What to do.
        hint: String,
    },
    /// A rule nobody knows.
    #[error("there is no rule `{id}`")]
    NoRule {
        /// As written.
        id: String,
        /// The one probably meant.
        nearest: Option<&'static str>,
    },
    /// A mail program nobody knows.
    #[error("there is no mail program `{name}`")]
    NoClient {
        /// As written.
        name: String,
        /// The one probably meant.
        nearest: Option<&'static str>,
    },
    /// A rule that other commands insist on.
    #[error("the rule `{0}` cannot be switched off")]
    Law(&'static str),
    /// A base of readers' pages that cannot be.
    #[error("`base_url` cannot be that: {error}")]
    BaseUrl {
        /// Why not.
        error: BaseUrlError,
        /// What to do.
        hint: &'static str,
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
    /// A token where only a reference may stand.
    #[error("a token is written out")]
    TokenInTheOpen,
    /// Two proofs of one login.
    #[error("there is both a `password` and a `token`")]
    TwoProofs,
    /// A login that somebody on the way could read by hiding that TLS is offered.
    #[error("a login must not go where TLS is used only when it is offered")]
    OpportunisticLogin,
    /// A login without a password.
    #[error("the relay's address names the login `{0}`, and there is no password for it")]
    NoPassword(String),
    /// A secret that could not be fetched.
    #[error("cannot fetch the {what} of the relay: {fault}")]
    Secret {
        /// `password` or `token`.
        what: &'static str,
        /// Why not.
        fault: SecretFault,
    },
    /// A private key where only a reference may stand.
    #[error("a private key is written out")]
    KeyInTheOpen,
    /// A signature of this domain would say nothing of the sender.
    #[error("`{domain}` is neither the domain of `from` nor one above it")]
    Unaligned {
        /// The domain that would sign.
        domain: String,
        /// The domain of the sender.
        from: String,
    },
    /// Two keys with one name.
    #[error("both keys have the selector `{0}`")]
    OneSelector(String),
    /// A key that cannot sign.
    #[error("cannot use the private key of `dkim.{key}`: {fault}")]
    Dkim {
        /// `key` or `ed25519_key`.
        key: &'static str,
        /// Why not.
        fault: DkimFault,
    },
    /// Signatures that many do not look at.
    #[error("mail is signed with Ed25519 alone, which large providers do not verify")]
    OnlyEd25519,
}

/// Why a private key cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DkimFault {
    /// It could not be fetched.
    #[error("{0}")]
    Secret(SecretFault),
    /// It is none that DKIM has a use for.
    #[error("{0}")]
    Key(KeyError),
    /// It is not of the kind that its name promises.
    #[error("it is an RSA key, expected Ed25519")]
    NotEd25519,
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
    #[error("has the option `{0}`, expected `tls=starttls`, `tls=opportunistic` or `tls=none`")]
    Option(String),
    /// A login that no server could tell apart.
    #[error("has a login with a control character")]
    Login,
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
    /// Systemd gave this process no credentials.
    #[error("systemd has given this process no credentials")]
    NoCredentials,
    /// Among the credentials of systemd there is none of this name.
    #[error("systemd has given this process no credential `{0}`")]
    NoCredential(String),
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

impl SecretFault {
    /// What to do, when we know.
    fn hint(&self) -> Option<String> {
        match self {
            Self::OpenToOthers(path) => Some(format!("run `chmod 600 {}`", path.display())),
            Self::NoCredentials => Some(
                "a credential is there only in a service of systemd with `LoadCredential=NAME:PATH` in its \
                 [Service] section"
                    .to_owned(),
            ),
            Self::NoCredential(name) => {
                Some(format!("add `LoadCredential={name}:PATH` to the [Service] section of the unit"))
            }
            _ => None,
        }
    }
}

impl Condition for ConfigError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => Some("`--config` and `LETTERPRESS_CONFIG` name the file".to_owned()),
            Self::Field(problem) => problem.hint(),
            Self::Missing { example, .. } => Some(format!("add a line such as `{example}`")),
            Self::NotA { hint, .. } | Self::NoGroup { hint, .. } => Some(hint.clone()),
            Self::TwoHomes => Some("take one of them out".to_owned()),
            Self::NoRule { nearest: Some(nearest), .. } | Self::NoClient { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            Self::NoRule { .. } => Some("docs/check.md has them all".to_owned()),
            Self::NoClient { .. } => {
                Some("such as `gmail`, `outlook`, `outlook-windows`, `apple-mail` and `yahoo`".to_owned())
            }
            Self::Law(_) => Some("`plan` and `send` insist on it, whatever `check` says".to_owned()),
            Self::BaseUrl { hint, .. } => Some((*hint).to_owned()),
            Self::NotAscii(_) => Some("use an address of letters that every mail system takes".to_owned()),
            Self::Relay(RelayFault::PlainToOthers) => {
                Some("leave `?tls=none` out; STARTTLS is asked for by itself".to_owned())
            }
            Self::Relay(_) => Some("write it like `smtp://login@smtp.example.com:587`".to_owned()),
            Self::PasswordInTheOpen => Some(
                "refer to it instead: `password = { env = \"NAME\" }`, `{ file = \"path\" }`, \
                 `{ command = [\"pass\", \"show\", \"smtp\"] }` or `{ credential = \"name\" }` under `[relay]`"
                    .to_owned(),
            ),
            Self::TokenInTheOpen => Some(
                "refer to what fetches it: `token = { command = [\"oauth-token\", \"smtp\"] }` or its like \
                 under `[relay]`"
                    .to_owned(),
            ),
            Self::TwoProofs => Some("leave out the one that the relay does not want".to_owned()),
            Self::OpportunisticLogin => Some(
                "write `?tls=starttls`, which insists on TLS: somebody on the way can hide that it is offered, \
                 and would be given the login"
                    .to_owned(),
            ),
            Self::NoPassword(_) => {
                Some("add `password = { env = \"NAME\" }` or its like under `[relay]`".to_owned())
            }
            Self::Secret { fault, .. } | Self::Dkim { fault: DkimFault::Secret(fault), .. } => fault.hint(),
            Self::KeyInTheOpen => Some(
                "put it into a file that only you can read, and refer to it: \
                 `key = { file = \"path\" }`"
                    .to_owned(),
            ),
            Self::Unaligned { from, .. } => Some(format!(
                "write `domain = \"{from}\"`, or leave it out: receivers believe only signatures of the sender's domain"
            )),
            Self::OneSelector(_) => {
                Some("give `ed25519_selector` another name: a record in DNS holds one key".to_owned())
            }
            Self::Dkim { fault: DkimFault::Key(error), .. } => error.hint(),
            Self::Dkim { fault: DkimFault::NotEd25519, .. } => {
                Some("an RSA key belongs under `key`".to_owned())
            }
            Self::OnlyEd25519 => Some("sign with an RSA key too, as `key`".to_owned()),
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
