//! Secrets by reference: where a password is, never what it is.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::environment::variable;
use super::error::SecretFault;
use crate::problem::said;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In a variable of the environment.
    Env(String),
    /// In a file that nobody else may read.
    File(PathBuf),
    /// In what a command prints: its first line, unless a secret of several is wanted.
    Command(Vec<String>),
    /// In a credential that systemd gives to the service, by its name.
    Credential(String),
}

/// How long a command may take to give a secret: somebody may have to type something.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often a command is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// No password is longer; what is belongs to something else.
const LONGEST: u64 = 64 * 1024;

impl Secret {
    /// Fetches the secret: reads the variable, the file or the credential, or runs the
    /// command.
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
            _ => text.strip_suffix('\n').unwrap_or(&text),
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
            Self::File(path) => read_private(path, Readers::OwnerAlone)?,
            Self::Command(words) => output_of(words, PATIENCE)?,
            Self::Credential(name) => credential(name, variable("CREDENTIALS_DIRECTORY").map(PathBuf::from))?,
        };
        let text = String::from_utf8(bytes).map_err(|_| SecretFault::NotText)?;
        if text.trim().is_empty() { Err(SecretFault::Empty) } else { Ok(text) }
    }
}

/// Whether a credential of systemd may be called so: a file name.
pub(super) fn is_credential(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\0'])
}

/// Reads a credential from the folder systemd made for this service.
fn credential(name: &str, folder: Option<PathBuf>) -> Result<Vec<u8>, SecretFault> {
    let folder = folder.ok_or(SecretFault::NoCredentials)?;
    let path = folder.join(name);
    if !is_credential(name) || !path.exists() {
        return Err(SecretFault::NoCredential(name.to_owned()));
    }
    read_private(&path, Readers::OwnerAndGroup)
}

/// Who may read a file with a secret.
#[derive(Clone, Copy)]
enum Readers {
    OwnerAlone,
    /// Systemd lets the service read its credentials by an access control list, whose
    /// mask stands where the group's rights would.
    OwnerAndGroup,
}

fn read_private(path: &Path, readers: Readers) -> Result<Vec<u8>, SecretFault> {
    let unreadable =
        |error: std::io::Error| SecretFault::Unreadable { path: path.to_owned(), reason: said(&error) };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let others = match readers {
            Readers::OwnerAlone => 0o077,
            Readers::OwnerAndGroup => 0o007,
        };
        // Asked of the open file, so that nobody can change it between the two.
        if file.metadata().map_err(unreadable)?.mode() & others != 0 {
            return Err(SecretFault::OpenToOthers(path.to_owned()));
        }
    }
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// What `words`, a program and its arguments, print within `patience`.
fn output_of(words: &[String], patience: Duration) -> Result<Vec<u8>, SecretFault> {
    let (program, arguments) = words.split_first().ok_or(SecretFault::Empty)?;
    let fault = |reason: String| SecretFault::Command { program: program.clone(), reason };
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| fault(format!("could not be run: {}", said(&error))))?;
    let (told, heard) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        // A process it leaves behind may hold the pipe open: nobody waits for that.
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = out.take(LONGEST).read_to_end(&mut bytes);
            let _ = told.send(read.map(|_| bytes));
        });
    }
    let left = || patience.saturating_sub(begun.elapsed());
    let late = || fault(format!("gave no answer within {} seconds", patience.as_secs_f32()));
    let printed = heard.recv_timeout(left());
    let status = ended(&mut child, left).map_err(|error| fault(said(&error)))?;
    match (status, printed) {
        (Some(status), _) if !status.success() => Err(fault(format!("failed with {status}"))),
        (Some(_), Ok(read)) => read.map_err(|error| fault(said(&error))),
        (None, _) | (Some(_), Err(_)) => Err(late()),
    }
}

/// How the process ended; none when it had to be killed.
fn ended(child: &mut Child, left: impl Fn() -> Duration) -> std::io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if left().is_zero() {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
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

    #[cfg(unix)]
    #[test]
    fn a_command_that_does_not_end_is_ended() {
        let words = |text: &str| vec!["sh".to_owned(), "-c".to_owned(), text.to_owned()];
        let short = Duration::from_millis(200);
        let late = Err(SecretFault::Command {
            program: "sh".to_owned(),
            reason: "gave no answer within 0.2 seconds".to_owned(),
        });
        assert_eq!(output_of(&words("exec sleep 60"), short), late);
        // Nor is one waited for that has closed its output, or that left another behind.
        assert_eq!(output_of(&words("exec >&-; exec sleep 60"), short), late);
        assert_eq!(output_of(&words("echo geheim; sleep 2 &"), short), late);
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_fails_gives_no_secret_whatever_it_printed() {
        let words = ["sh", "-c", "echo geheim; exit 3"].map(str::to_owned).to_vec();
        let Err(fault) = Secret::Command(words).fetch() else { panic!("it was believed") };
        assert_eq!(fault.to_string(), "`sh` failed with exit status: 3");
        let missing = Secret::Command(vec!["/nowhere/geheim".to_owned()]).fetch().unwrap_err();
        assert_eq!(missing.to_string(), "`/nowhere/geheim` could not be run: No such file or directory");
    }

    #[cfg(unix)]
    #[test]
    fn a_credential_is_read_from_the_folder_systemd_names() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("smtp");
        std::fs::write(&path, "geheim\n").unwrap();
        let read = |name: &str| credential(name, Some(folder.path().to_owned()));
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        for private in [0o400, 0o440, 0o600] {
            mode(private);
            assert_eq!(read("smtp").as_deref(), Ok(&b"geheim\n"[..]), "{private:o}");
        }
        mode(0o444);
        assert_eq!(read("smtp"), Err(SecretFault::OpenToOthers(path.clone())));
        mode(0o400);
        for absent in ["other", "../smtp", "..", ""] {
            assert_eq!(read(absent), Err(SecretFault::NoCredential(absent.to_owned())));
        }
        assert_eq!(credential("smtp", None), Err(SecretFault::NoCredentials));
        let gone = folder.path().join("gone");
        assert_eq!(credential("smtp", Some(gone)), Err(SecretFault::NoCredential("smtp".to_owned())));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let secret = Secret::File("/nowhere/smtp".into());
        assert_eq!(
            secret.fetch().unwrap_err().to_string(),
            "cannot read `/nowhere/smtp`: No such file or directory"
        );
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let secret = Secret::Env("LETTERPRESS_NOT_SET".to_owned());
        assert_eq!(secret.fetch(), Err(SecretFault::Unset("LETTERPRESS_NOT_SET".to_owned())));
    }
}
