//! Secrets by reference: where a password is, never what it is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::environment::variable;
use super::error::SecretFault;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In a variable of the environment.
    Env(String),
    /// In a file that nobody else may read.
    File(PathBuf),
    /// In what a command prints: its first line, unless a secret of several is wanted.
    Command(Vec<String>),
}

impl Secret {
    /// Fetches the secret: reads the variable or the file, or runs the command.
    ///
    /// One line feed at its end is not part of it.
    ///
    /// # Errors
    ///
    /// Fails when it is not there, is empty, or lies open to other people.
    pub fn fetch(&self) -> Result<String, SecretFault> {
        let text = self.fetch_text()?;
        let text = match self {
            Self::Command(_) => text.split('\n').next().unwrap_or_default(),
            Self::Env(_) | Self::File(_) => text.strip_suffix('\n').unwrap_or(&text),
        };
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err(SecretFault::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(SecretFault::NotText);
        }
        Ok(text.to_owned())
    }

    /// Fetches a secret of several lines, such as a key; of a command, all it prints.
    ///
    /// # Errors
    ///
    /// Fails when it is not there, is empty, or lies open to other people.
    pub fn fetch_text(&self) -> Result<String, SecretFault> {
        let bytes = match self {
            Self::Env(name) => {
                variable(name).ok_or_else(|| SecretFault::Unset(name.clone()))?.into_encoded_bytes()
            }
            Self::File(path) => read_private(path)?,
            Self::Command(words) => output_of(words)?,
        };
        let text = String::from_utf8(bytes).map_err(|_| SecretFault::NotText)?;
        if text.trim().is_empty() { Err(SecretFault::Empty) } else { Ok(text) }
    }
}

fn read_private(path: &Path) -> Result<Vec<u8>, SecretFault> {
    let unreadable =
        |error: std::io::Error| SecretFault::Unreadable { path: path.to_owned(), reason: error.to_string() };
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // Asked of the open file, so that nobody can change it between the two.
        if file.metadata().map_err(unreadable)?.mode() & 0o077 != 0 {
            return Err(SecretFault::OpenToOthers(path.to_owned()));
        }
    }
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(&mut file, LONGEST), &mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

/// No password is longer; a file that is belongs to something else.
const LONGEST: u64 = 64 * 1024;

fn output_of(words: &[String]) -> Result<Vec<u8>, SecretFault> {
    let (program, arguments) = words.split_first().ok_or(SecretFault::Empty)?;
    let fault = |reason: String| SecretFault::Command { program: program.clone(), reason };
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| fault(format!("could not be run: {error}")))?;
    if !output.status.success() {
        return Err(fault(format!("failed with {}", output.status)));
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_password_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("smtp");
        std::fs::write(&path, "geheim\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(Secret::File(path.clone()).fetch(), Err(SecretFault::OpenToOthers(path.clone())));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(Secret::File(path).fetch().as_deref(), Ok("geheim"));
    }

    #[cfg(unix)]
    #[test]
    fn a_command_gives_its_first_line() {
        let words = |text: &str| Secret::Command(text.split(' ').map(str::to_owned).collect());
        assert_eq!(words("echo geheim").fetch().as_deref(), Ok("geheim"));
        assert!(matches!(words("false").fetch(), Err(SecretFault::Command { .. })));
        assert_eq!(words("true").fetch(), Err(SecretFault::Empty));
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let secret = Secret::Env("LETTERPRESS_NOT_SET".to_owned());
        assert_eq!(secret.fetch(), Err(SecretFault::Unset("LETTERPRESS_NOT_SET".to_owned())));
    }
}
