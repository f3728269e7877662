//! Writes a field as the file at hand would have it, for hints.

/// How named values are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notation {
    /// `status = "ready"`.
    #[default]
    Toml,
    /// `status: ready`.
    Yaml,
}

impl Notation {
    /// The line that gives `key` the text `value`. YAML has it in quotes where it needs
    /// them.
    #[must_use]
    pub fn text(self, key: &str, value: &str) -> String {
        let plain = value.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '…'));
        match self {
            Self::Yaml if plain => format!("{key}: {value}"),
            Self::Yaml => format!("{key}: \"{value}\""),
            Self::Toml => format!("{key} = \"{value}\""),
        }
    }

    /// The line that says yes to `key`.
    #[must_use]
    pub fn yes(self, key: &str) -> String {
        match self {
            Self::Yaml => format!("{key}: true"),
            Self::Toml => format!("{key} = true"),
        }
    }
}
