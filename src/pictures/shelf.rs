//! The folder that the newsletter's own pages serve pictures from.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{Form, PictureError, Plates, name};
use crate::problem::said;

/// A folder of pictures under their own names. What lies there never changes and is
/// never taken away, because mails are read for years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf(PathBuf);

impl Shelf {
    /// The one in the state folder `state`.
    #[must_use]
    pub fn in_state(state: &Path) -> Self {
        Self(state.join("pictures"))
    }

    /// Puts the pictures there that are not there yet, each whole or not at all. They
    /// are on disk when it returns.
    ///
    /// # Errors
    ///
    /// Fails when one cannot be written.
    pub fn put(&self, plates: &Plates) -> Result<(), PictureError> {
        if plates.is_empty() {
            return Ok(());
        }
        for plate in plates.iter() {
            self.keep(&plate.name, &plate.bytes).map_err(|error| PictureError::Write {
                path: self.0.join(&plate.name).display().to_string(),
                reason: said(&error),
            })?;
        }
        // The names are on disk when their folder is; where folders cannot be opened,
        // as on Windows, the system sees to it.
        if let Ok(folder) = File::open(&self.0) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    /// Puts one picture there, whole or not at all, unless it is there with these very
    /// bytes; what is no picture's name is passed over.
    ///
    /// # Errors
    ///
    /// Fails when it cannot be written.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        let path = self.0.join(name);
        // One with other bytes was cut short or spoilt by something else than us.
        let is_long = |facts: &fs::Metadata| facts.is_file() && facts.len() == bytes.len() as u64;
        let is_there = || {
            fs::metadata(&path).is_ok_and(|facts| is_long(&facts))
                && fs::read(&path).is_ok_and(|there| there == bytes)
        };
        if name::form(name).is_none() || is_there() {
            return Ok(());
        }
        fs::create_dir_all(&self.0)?;
        let part = self.0.join(format!(".{name}.{}.part", std::process::id()));
        let written = File::create(&part)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&part, &path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }

    /// All pictures there, by name, and where each lies.
    ///
    /// # Errors
    ///
    /// Fails when the folder is there and cannot be read.
    pub fn all(&self) -> Result<Vec<(String, PathBuf)>, PictureError> {
        let read = || -> std::io::Result<Vec<(String, PathBuf)>> {
            let mut all = Vec::new();
            for entry in fs::read_dir(&self.0)? {
                let entry = entry?;
                if let Some(name) = entry.file_name().to_str().filter(|name| name::form(name).is_some()) {
                    all.push((name.to_owned(), entry.path()));
                }
            }
            all.sort();
            Ok(all)
        };
        match read() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            read => read.map_err(|error| PictureError::Unreadable {
                path: self.0.display().to_string(),
                reason: said(&error),
            }),
        }
    }

    /// The picture `name` and its form; none when there is no such picture.
    ///
    /// # Errors
    ///
    /// Fails when it is there and cannot be read.
    pub fn get(&self, name: &str) -> std::io::Result<Option<(Form, Vec<u8>)>> {
        // A name of ours holds no slash and no dots in a row, so it leads nowhere else.
        let Some(form) = name::form(name) else { return Ok(None) };
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some((form, bytes))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_whose_bytes_are_others_takes_the_place_of_what_was_there() {
        let state = tempfile::tempdir().unwrap();
        let shelf = Shelf::in_state(state.path());
        let name = name::of(Path::new("dunes.png"), b"right", Form::Png);
        for there in ["wrong", "cut", ""] {
            fs::create_dir_all(&shelf.0).unwrap();
            fs::write(shelf.0.join(&name), there).unwrap();
            shelf.keep(&name, b"right").unwrap();
            assert_eq!(shelf.get(&name).unwrap(), Some((Form::Png, b"right".to_vec())), "{there}");
        }
    }
}
