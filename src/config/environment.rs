//! What the environment says, read once.

use std::ffi::OsString;
use std::path::PathBuf;

/// What the environment says that matters to us.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `LETTERPRESS_CONFIG`: the configuration file.
    pub config: Option<PathBuf>,
    /// `LETTERPRESS_RELAY`: the relay, over the one of the file.
    pub relay: Option<String>,
    /// `XDG_STATE_HOME`, or `~/.local/state`.
    pub state_home: PathBuf,
    /// `NO_COLOR` is set and not empty, or the terminal is `dumb`.
    pub no_color: bool,
    /// `LETTERPRESS_FAULT`: where a test has the program end.
    #[cfg(debug_assertions)]
    pub fault: Option<String>,
    /// `LETTERPRESS_AHEAD`: by how many seconds a test has the clock go ahead.
    #[cfg(debug_assertions)]
    pub ahead: Option<String>,
}

impl Environment {
    /// Reads the environment of this process.
    #[must_use]
    pub fn read() -> Self {
        let path = |name| variable(name).map(PathBuf::from);
        #[cfg(debug_assertions)]
        let text = |name| variable(name).map(|text| text.to_string_lossy().into_owned());
        let state_home = path("XDG_STATE_HOME")
            // The XDG base directory specification: a relative path is to be ignored.
            .filter(|path| path.is_absolute())
            .or_else(|| path("HOME").map(|home| home.join(".local/state")))
            .unwrap_or_else(std::env::temp_dir);
        Self {
            config: path("LETTERPRESS_CONFIG"),
            relay: variable("LETTERPRESS_RELAY").map(|url| url.to_string_lossy().into_owned()),
            state_home,
            #[cfg(debug_assertions)]
            fault: text("LETTERPRESS_FAULT"),
            #[cfg(debug_assertions)]
            ahead: text("LETTERPRESS_AHEAD"),
            no_color: variable("NO_COLOR").is_some() || variable("TERM").is_some_and(|term| term == "dumb"),
        }
    }
}

/// The value of a variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
