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
    /// In the first line that a command prints.
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
        let bytes = match self {
            Self::Env(name) => {
                variable(name).ok_or_else(|| SecretFault::Unset(name.clone()))?.into_encoded_bytes()
            }
            Self::File(path) => read_private(path)?,
            Self::Command(words) => first_line_of(words)?,
        };
        let text = String::from_utf8(bytes).map_err(|_| SecretFault::NotText)?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err(SecretFault::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(SecretFault::NotText);
        }
        Ok(text.to_owned())
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

fn first_line_of(words: &[String]) -> Result<Vec<u8>, SecretFault> {
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
    Ok(output.stdout.split(|byte| *byte == b'\n').next().unwrap_or_default().to_vec())
}

/// The same text with passwords starred out, byte for byte as long: those in
/// addresses of relays and those written after `password =`. Messages quote the
/// lines of a configuration, and must not spread what never belonged there.
pub(super) fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut seen = 0;
    for (at, scheme) in text.match_indices("://") {
        // An address within an address has been starred out with it.
        if at < seen {
            continue;
        }
        let start = at + scheme.len();
        let end = text[start..].find(['"', '\'', '\n']).map_or(text.len(), |length| start + length);
        seen = end;
        let authority = &text[start..end];
        if let (Some(colon), Some(sign)) = (authority.find(':'), authority.rfind('@')) {
            star_out(&mut bytes, start + colon + 1, start + sign);
        }
    }
    for (at, key) in text.match_indices("password") {
        let after = text[at + key.len()..].trim_start_matches(['"', '\'', ' ', '\t']);
        let Some(value) = after.strip_prefix('=').map(|rest| rest.trim_start_matches([' ', '\t'])) else {
            continue;
        };
        if let Some(quote @ ('"' | '\'')) = value.chars().next() {
            let inside = value.trim_start_matches(quote);
            let start = text.len() - inside.len();
            let end = inside.find([quote, '\n']).map_or(text.len(), |length| start + length);
            star_out(&mut bytes, start, end);
        }
    }
    String::from_utf8(bytes).expect("whole characters were replaced by stars")
}

fn star_out(bytes: &mut [u8], start: usize, end: usize) {
    if let Some(secret) = bytes.get_mut(start..end) {
        secret.fill(b'*');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_were_written_out_are_starred_out() {
        let text = "url = \"smtp://me:hünter@h\"\npassword = 'geheim'\npassword = { env = \"NAME\" }\n";
        let starred = masked(text);
        assert_eq!(
            starred,
            "url = \"smtp://me:*******@h\"\npassword = '******'\npassword = { env = \"NAME\" }\n"
        );
        assert_eq!(starred.len(), text.len());
        assert_eq!(masked("password = \"unclosed\nname = 1"), "password = \"********\nname = 1");
    }

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
