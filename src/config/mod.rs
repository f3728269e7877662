//! The configuration: defaults, then `newsletter.toml`, then the environment, then
//! flags. The only room that reads the environment.
//!
//! A secret is never written in the configuration, only referred to: see [`Secret`].

mod dkim;
mod environment;
mod error;
mod file;
mod mask;
mod plain;
mod relay;
mod secret;
mod sending;
mod serve;
mod starter;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

pub use dkim::{DkimKey, DkimSettings};
pub use environment::Environment;
pub use error::{ConfigError, DkimFault};
pub use relay::{ProofReference, RelaySettings};
pub use secret::Secret;
pub use sending::{GroupSettings, SendingSettings, duration};
pub use serve::ServeSettings;
pub use starter::{Starter, file_name, id_for, id_of, is_label, label};

use crate::audience::EmailAddress;
use crate::audience::Mailbox;
use crate::compose::Newsletter;
use crate::lint::LintSettings;
use crate::message::Sender;
use crate::pictures::Home;
use crate::problem::{Problem, Problems};

/// The name of the configuration file.
pub const FILE_NAME: &str = "newsletter.toml";

/// Everything a project says about itself. Stages take their own section, never the
/// whole.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of `newsletter.toml`, or the working folder without one.
    pub root: PathBuf,
    /// The file it was read from, when there is one.
    pub file: Option<PathBuf>,
    /// Stable identity of the newsletter, an RFC 2919 list label.
    pub id: String,
    /// What the furniture of a mail says.
    pub newsletter: Newsletter,
    /// Name of the theme: one that comes along, or one under `templates/`.
    pub theme: String,
    /// Who the mail is from.
    pub sender: Sender,
    /// Where mail goes; none until the publisher names one.
    pub relay: Option<RelaySettings>,
    /// How fast and how long campaigns are sent.
    pub sending: SendingSettings,
    /// Where readers' pages are served.
    pub serve: ServeSettings,
    /// What of a mail's flaws is told.
    pub lint: LintSettings,
    /// Where the state is: campaigns, suppressions, keys.
    pub state_dir: PathBuf,
    /// Where readers' programs get the pictures from.
    pub home: Home,
    /// The keys that sign the mail; none when it goes unsigned, or the relay signs.
    pub dkim: Option<DkimSettings>,
    /// The built-in inbox.
    pub inbox: InboxSettings,
}

/// The state folder of the newsletter `id`, when the configuration names none.
fn state_of(id: &str, environment: &Environment) -> PathBuf {
    environment.state_home.join("letterpress").join(id)
}

/// The built-in inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxSettings {
    /// Where its maildir lies.
    pub dir: PathBuf,
    /// Where its SMTP server listens; port 0 picks a free one.
    pub smtp: SocketAddr,
    /// Where its page and the studio are served.
    pub http: SocketAddr,
}

impl InboxSettings {
    /// The inbox of the newsletter `id`, in the state folder of this machine.
    #[must_use]
    pub fn of(id: &str, environment: &Environment) -> Self {
        Self {
            dir: state_of(id, environment).join("inbox"),
            smtp: SocketAddr::from((Ipv4Addr::LOCALHOST, 2525)),
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 3030)),
        }
    }
}

impl Config {
    /// Loads the configuration that belongs to the folder `start`.
    ///
    /// `LETTERPRESS_CONFIG` names the file when it is set. Otherwise `newsletter.toml`
    /// is looked for in `start` and the folders above it, no further than the root of
    /// a git repository. Without a file, everything has its default and
    /// [`Config::file`] is none.
    ///
    /// # Errors
    ///
    /// Fails with everything that is wrong in the file and in the environment.
    pub fn find(start: &Path, environment: &Environment) -> Result<Self, Problems> {
        if let Some(named) = &environment.config {
            return Self::load(start, named, environment);
        }
        for folder in start.ancestors() {
            let file = folder.join(FILE_NAME);
            if file.is_file() {
                let name = file.strip_prefix(start).unwrap_or(&file);
                return Self::load(start, name, environment);
            }
            if folder.join(".git").exists() {
                break;
            }
        }
        Self::without_file(start, environment)
    }

    /// Loads the configuration from `file`, seen from the folder `start`.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read, and with everything that is wrong in it and
    /// in the environment.
    pub fn load(start: &Path, file: &Path, environment: &Environment) -> Result<Self, Problems> {
        let path = start.join(file);
        let text = file::text(&path, file)?;
        file::read(&path, file, &text, environment)
    }

    /// The defaults, for a folder without `newsletter.toml`.
    ///
    /// # Errors
    ///
    /// Fails when the environment names a relay that cannot be.
    pub fn without_file(root: &Path, environment: &Environment) -> Result<Self, Problems> {
        let address = EmailAddress::parse("newsletter@example.com").expect("a constant address is valid");
        let id = "my-newsletter".to_owned();
        let mut found: Vec<Problem> = Vec::new();
        let relay = relay::from_environment(None, environment, &mut found);
        let name = "My newsletter".to_owned();
        let config = Self {
            root: root.to_owned(),
            file: None,
            newsletter: Newsletter { name: name.clone(), lang: "en".to_owned(), ..Newsletter::default() },
            theme: DEFAULT_THEME.to_owned(),
            sender: Sender {
                from: Mailbox { name: name.clone(), address },
                reply_to: None,
                return_path: None,
                list_label: id.clone(),
                list_name: name,
                way_out: None,
            },
            relay,
            sending: SendingSettings::default(),
            serve: ServeSettings::default(),
            lint: LintSettings::default(),
            state_dir: state_of(&id, environment),
            home: Home::Unsaid("example.com".to_owned()),
            dkim: None,
            inbox: InboxSettings::of(&id, environment),
            id,
        };
        Problems::check(config, found).map(|(config, _)| config)
    }
}

/// The theme of those who name none.
const DEFAULT_THEME: &str = "clean";
