//! What a subcommand works with.

use std::io::Write;

use crate::config::Config;
use crate::problem::{Problem, Problems};

use super::{CliError, report};

/// What a subcommand works with: the configuration, and what the edge owns.
pub struct Context<'a> {
    /// The configuration.
    pub config: Config,
    /// The clock.
    pub now: fn() -> jiff::Timestamp,
    /// Where data goes.
    pub out: &'a mut dyn Write,
    /// Where messages go.
    pub err: &'a mut dyn Write,
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
