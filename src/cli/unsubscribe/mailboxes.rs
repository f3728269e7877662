//! Where mails lie: maildirs, mboxes, single mails and standard input.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::mailbag::{Mail, Mails};
use crate::problem::{Problem, Problems};

use super::UnsubscribeError;

/// Something that mails are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mailbox {
    /// A maildir.
    Maildir(PathBuf),
    /// An mbox or a single mail.
    File(PathBuf),
    /// One mail or an mbox.
    Input,
}

/// What came of reading one mail.
pub(super) enum Found {
    /// A mail, and where it lies.
    Mail(Mail, String),
    /// Something that cannot be read.
    Unreadable(UnsubscribeError),
}

impl Mailbox {
    /// What was named, all of which is there; standard input when nothing was.
    ///
    /// # Errors
    ///
    /// Fails with everything that is not there, or something else.
    pub(super) fn named(paths: &[PathBuf]) -> Result<Vec<Self>, Problems> {
        let (mut mailboxes, mut found) = (Vec::new(), Vec::new());
        for path in paths {
            if path == Path::new("-") {
                mailboxes.push(Self::Input);
            } else if ["new", "cur"].iter().any(|folder| path.join(folder).is_dir()) {
                mailboxes.push(Self::Maildir(path.clone()));
            } else if path.is_dir() {
                found.push(Problem::new(UnsubscribeError::NotAMaildir(path.clone())));
            } else if path.exists() {
                mailboxes.push(Self::File(path.clone()));
            } else {
                found.push(Problem::new(UnsubscribeError::NoMailbox(path.clone())));
            }
        }
        if paths.is_empty() {
            mailboxes.push(Self::Input);
        }
        // Standard input ends once.
        mailboxes.dedup();
        Ok(Problems::check(mailboxes, found)?.0)
    }

    /// Hands each mail to `hear`; those of standard input come from `input`.
    ///
    /// # Errors
    ///
    /// Fails only as `hear` does: what cannot be read is handed on too.
    pub(super) fn each(
        &self,
        input: &mut dyn BufRead,
        mut hear: impl FnMut(Found) -> Result<(), Problems>,
    ) -> Result<(), Problems> {
        match self {
            Self::Maildir(dir) => each_of_maildir(dir, &mut hear),
            Self::File(path) => match File::open(path) {
                Ok(file) => each_of(BufReader::new(file), &path.display().to_string(), &mut hear),
                Err(error) => hear(unreadable(path.display().to_string(), error)),
            },
            Self::Input => each_of(input, "standard input", &mut hear),
        }
    }
}

fn unreadable(name: String, error: io::Error) -> Found {
    Found::Unreadable(UnsubscribeError::Unreadable { name, error })
}

fn each_of(
    reader: impl BufRead,
    name: &str,
    hear: &mut impl FnMut(Found) -> Result<(), Problems>,
) -> Result<(), Problems> {
    for mail in Mails::new(reader) {
        hear(match mail {
            Ok(mail) => Found::Mail(mail, name.to_owned()),
            Err(error) => unreadable(name.to_owned(), error),
        })?;
    }
    Ok(())
}

/// The mails in `new`, then those in `cur`, so that none is missed that is moved meanwhile.
fn each_of_maildir(dir: &Path, hear: &mut impl FnMut(Found) -> Result<(), Problems>) -> Result<(), Problems> {
    for folder in ["new", "cur"] {
        let folder = dir.join(folder);
        let names = match names(&folder) {
            Ok(names) => names,
            // A maildir may have but one of them.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                hear(unreadable(folder.display().to_string(), error))?;
                continue;
            }
        };
        for name in names {
            let path = folder.join(name);
            let name = path.display().to_string();
            match File::open(&path).and_then(|file| Mail::read(BufReader::new(file))) {
                Ok(Some(mail)) => hear(Found::Mail(mail, name))?,
                Ok(None) => {}
                // Moved, and found in `cur` or by the next run.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => hear(unreadable(name, error))?,
            }
        }
    }
    Ok(())
}

/// The names of the files in a folder of a maildir, in the order they came.
fn names(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
