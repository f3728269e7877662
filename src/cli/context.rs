//! What a subcommand works with.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::article::{self, Article, ReadOptions};
use crate::audience::{self, List, Tokens};
use crate::config::{Config, Environment};
use crate::message::dkim::Signer;
use crate::message::{Key, Links, Secrets};
use crate::pictures::Darkroom;
use crate::press::{self, Prepared, Workshop};
use crate::problem::{Problem, Problems};
use crate::store::{Durability, Store};

use super::{CliError, files, report};

/// Where the configuration is, so that it can be read again.
#[derive(Debug, Clone)]
pub struct ConfigPlace {
    /// The environment.
    pub environment: Environment,
    /// The working folder.
    pub folder: PathBuf,
    /// The file named by `--config`.
    pub named: Option<PathBuf>,
}

impl ConfigPlace {
    /// Reads the configuration as it is now.
    ///
    /// # Errors
    ///
    /// Fails with everything wrong in it.
    pub fn read(&self) -> Result<Config, Problems> {
        match &self.named {
            Some(file) => Config::load(&self.folder, file, &self.environment),
            None => Config::find(&self.folder, &self.environment),
        }
    }
}

/// The bytes of a secret for one run.
///
/// # Errors
///
/// Fails when the system has no randomness to give.
pub(super) fn random_key() -> Result<[u8; 32], Problems> {
    Key::random_bytes().map_err(|error| Problem::new(error).into())
}

/// The part of a configuration that sets articles, with their pictures made in `darkroom`.
pub(super) fn workshop<'a>(config: &'a Config, darkroom: &'a Darkroom) -> Workshop<'a> {
    let Config { root, newsletter, theme, home, .. } = config;
    Workshop { root, newsletter, theme, home, darkroom: Some(darkroom) }
}

/// What a subcommand works with: the configuration, and what the edge owns.
pub struct Context<'a> {
    /// The configuration.
    pub config: Config,
    /// Where it came from.
    pub place: ConfigPlace,
    /// The clock.
    pub now: fn() -> jiff::Timestamp,
    /// Where data goes.
    pub out: &'a mut dyn Write,
    /// Where messages go.
    pub err: &'a mut dyn Write,
    /// Where answers come from.
    pub input: &'a mut dyn BufRead,
    /// Whether a person is there to answer.
    pub in_is_terminal: bool,
    /// Where pictures are made ready.
    pub darkroom: Darkroom,
    /// Whether messages have colour.
    pub colour: bool,
    /// Whether data is JSON.
    pub json: bool,
}

impl Context<'_> {
    /// Writes data and a line feed.
    ///
    /// # Errors
    ///
    /// Fails when standard output takes no more.
    pub fn print(&mut self, text: impl std::fmt::Display) -> Result<(), Problems> {
        writeln!(self.out, "{text}").map_err(|error| Problem::new(CliError::Output(error.kind())).into())
    }

    /// Writes a message and a line feed. Nobody is left to tell when that fails.
    pub fn tell(&mut self, text: impl std::fmt::Display) {
        let _ = writeln!(self.err, "{text}");
    }

    /// The time now, in the zone of this machine.
    #[must_use]
    pub fn zoned_now(&self) -> Zoned {
        (self.now)().to_zoned(TimeZone::system())
    }

    /// What the messages of campaigns are made with, those of `store`.
    ///
    /// # Errors
    ///
    /// Fails if the store does.
    pub(super) fn secrets(&self, store: &Store, signers: Arc<[Signer]>) -> Result<Secrets, Problems> {
        let tokens = store.tokens(&self.config.id).map_err(Problem::new)?;
        Ok(Secrets { key: Key::new(store.key()), tokens, links: Links::Live, signers })
    }

    /// What messages are made with that are for nobody on a list: a key that is gone
    /// afterwards, and links that do nothing. Where there is a state, its pages know them.
    ///
    /// # Errors
    ///
    /// Fails when the keys of a state that is there cannot be read.
    pub(super) fn trial_secrets(&self, key: &[u8; 32], signers: Arc<[Signer]>) -> Result<Secrets, Problems> {
        let config = &self.config;
        let tokens = match Store::open(&config.state_dir, &config.id, Durability::Process) {
            Ok(store) => store.tokens(&config.id).map_err(Problem::new)?,
            // Whoever writes need not be who sends: then the page says that it knows no such link.
            Err(_) => Tokens::new(&config.id, key, &[]),
        };
        Ok(Secrets { key: Key::new(key), tokens, links: Links::Test, signers })
    }

    /// Fetches the keys that sign the mail; tells what is odd in them.
    ///
    /// # Errors
    ///
    /// Fails when a key cannot be fetched or is none.
    pub(super) fn signers(&mut self) -> Result<Arc<[Signer]>, Problems> {
        let Some(dkim) = &self.config.dkim else { return Ok(Arc::default()) };
        let (signers, warnings) = dkim.resolve()?;
        self.warn(&warnings);
        Ok(signers.into())
    }

    /// Fetches the keys that sign the mail, without a word of what is odd in them.
    ///
    /// # Errors
    ///
    /// As [`signers`](Self::signers).
    pub(super) fn silent_signers(&self) -> Result<Arc<[Signer]>, Problems> {
        let Some(dkim) = &self.config.dkim else { return Ok(Arc::default()) };
        Ok(dkim.resolve()?.0.into())
    }

    /// Prepares the article at `path` and reads the list that was named, or the one
    /// the article names; what is odd in the list is among the warnings.
    ///
    /// # Errors
    ///
    /// Fails with everything wrong in the article, its theme and the list.
    pub(super) fn prepare(
        &self,
        path: &Path,
        named: Option<&Path>,
    ) -> Result<(Prepared, Option<List>), Problems> {
        let options = ReadOptions::default();
        let prepared = press::prepare(path, &workshop(&self.config, &self.darkroom), &options);
        let list_of = |article: &Article| {
            files::list_of(named, article, path, &self.config.root).map_err(Problems::from)
        };
        let list = match &prepared {
            Ok(prepared) => list_of(&prepared.article),
            Err(_) if named.is_some() => Ok(named.map(Path::to_owned)),
            // What is wrong may be the theme; the article names its list all the same.
            Err(_) => article::load(path, &options).map_or(Ok(None), |(article, _)| list_of(&article)),
        };
        let list = list.and_then(|list| list.map(|list| audience::csv::load(&list)).transpose());
        let (mut prepared, mut list) = Problems::both(prepared, list)?;
        if let Some(list) = &mut list {
            Problems::check((), prepared.composed.check_fields(&list.columns))?;
            prepared.warnings.append(&mut list.warnings);
        }
        Ok((prepared, list))
    }

    /// Tells what is odd without being wrong.
    pub fn warn(&mut self, warnings: &[Problem]) {
        let _ = self.err.write_all(report::text(warnings, self.colour, "").as_bytes());
    }

    /// Tells that the newsletter is made up of defaults, when it is.
    pub(super) fn tell_defaults(&mut self) {
        if self.config.file.is_none() {
            let sender = &self.config.sender.from;
            let text = format!(
                "note: no newsletter.toml here or above, so this is `{} <{}>`",
                sender.name, sender.address
            );
            self.tell(text);
        }
    }
}
