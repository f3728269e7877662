//! Finds the file that a path in an article means, within the project.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::sought::Sought;
use super::{Order, PictureError};
use crate::problem::{did_you_mean, said};

/// A file that is there.
#[derive(Debug, Clone)]
pub(super) struct Located {
    /// Where it lies, free of links.
    pub(super) file: PathBuf,
    /// The same as the person would write it.
    pub(super) shown: PathBuf,
}

/// Most files of a folder that a misspelt name is compared with.
const MOST_NEIGHBOURS: usize = 2_000;

/// Finds the file of a picture.
///
/// The path is read as it stands, or as the web reads it: `%20` is a space, and what
/// follows a `?` or `#` belongs to no name. It may lead up with `../`, though out of
/// neither the project nor the folder of the article, and a link leads no further.
pub(super) fn find(sought: &Sought, order: &Order<'_>) -> Result<Located, PictureError> {
    if let Some(path) = sought.tagged.clone() {
        return Err(PictureError::Tagged { path });
    }
    let path = sought.src.clone();
    if path.starts_with(['/', '\\']) || Path::new(&path).is_absolute() {
        return Err(PictureError::Absolute { path });
    }
    let folder = if sought.own.is_some() { order.root } else { order.folder.unwrap_or(order.root) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let allowed: Vec<PathBuf> = [folder, order.root]
        .into_iter()
        .filter_map(|place| {
            if place.as_os_str().is_empty() { fs::canonicalize(".") } else { fs::canonicalize(place) }.ok()
        })
        .collect();
    let Some(begin) = allowed.first().filter(|_| folder.is_dir()) else {
        return Err(PictureError::Missing { path, folder: None, near: None });
    };
    let is_allowed = |place: &Path| allowed.iter().any(|allowed| place.starts_with(allowed));
    let readings = readings(&path);
    for reading in &readings {
        // What lies outside is not even looked for.
        if !is_allowed(&joined(begin, reading)) {
            return Err(PictureError::Outside { path });
        }
        let shown = folder.join(reading);
        let file = match fs::canonicalize(&shown) {
            Ok(file) => file,
            Err(error) if is_absence(error.kind()) => continue,
            Err(error) => return Err(PictureError::Unreadable { path, reason: said(&error) }),
        };
        if !is_allowed(&file) {
            return Err(PictureError::Outside { path });
        }
        let facts = fs::metadata(&file)
            .map_err(|error| PictureError::Unreadable { path: path.clone(), reason: said(&error) })?;
        if facts.is_dir() {
            return Err(PictureError::Folder { path });
        }
        if !facts.is_file() {
            return Err(PictureError::Unreadable { path, reason: "it is no file".to_owned() });
        }
        return Ok(Located { file, shown });
    }
    Err(missing(path, folder))
}

fn is_absence(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput | ErrorKind::InvalidFilename
    )
}

/// What a path may mean, the likeliest first.
fn readings(path: &str) -> Vec<String> {
    let without_query = path.split(['?', '#']).next().unwrap_or_default();
    let mut readings = Vec::new();
    for text in [path, without_query] {
        for reading in [text.to_owned(), decoded(text), decoded(text).replace('\\', "/")] {
            if !reading.is_empty() && !readings.contains(&reading) {
                readings.push(reading);
            }
        }
    }
    readings
}

/// The text with `%20` and the like read (RFC 3986 §2.1), unless that is no text.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |index: usize| bytes.get(index).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 3;
            }
            (byte, _, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Where `path` leads from `begin` when only its words count. What leads above the root
/// stays nowhere.
fn joined(begin: &Path, path: &str) -> PathBuf {
    let mut place = begin.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => place.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !place.pop() {
                    return PathBuf::new();
                }
            }
            Component::RootDir | Component::Prefix(_) => return PathBuf::new(),
        }
    }
    place
}

/// What is there instead of a file that is not.
fn missing(path: String, folder: &Path) -> PictureError {
    let reading = decoded(path.split(['?', '#']).next().unwrap_or_default()).replace('\\', "/");
    let (before, wrong) =
        reading.rsplit_once('/').map_or(("", reading.as_str()), |(before, name)| (before, name));
    let place = folder.join(before);
    if !place.is_dir() {
        return PictureError::Missing { folder: Some(before.to_owned()), path, near: None };
    }
    let mut names: Vec<String> = fs::read_dir(&place)
        .into_iter()
        .flatten()
        .take(MOST_NEIGHBOURS)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    let near = did_you_mean(wrong, names.iter().map(String::as_str)).map(|name| match before {
        "" => name.to_owned(),
        before => format!("{before}/{name}"),
    });
    PictureError::Missing { path, folder: None, near }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_stands_and_as_the_web_reads_it() {
        assert_eq!(readings("a%20b.png?v=2"), ["a%20b.png?v=2", "a b.png?v=2", "a%20b.png", "a b.png"]);
        assert_eq!(readings(r"img\a.png"), [r"img\a.png", "img/a.png"]);
        assert_eq!(decoded("100%.png"), "100%.png");
        assert_eq!(decoded("%FF.png"), "%FF.png");
        assert_eq!(decoded("%C3%A9.png"), "é.png");
    }

    #[test]
    fn a_path_that_leads_above_the_root_leads_nowhere() {
        let begin = Path::new("/a/b");
        assert_eq!(joined(begin, "./c/../d.png"), Path::new("/a/b/d.png"));
        assert_eq!(joined(begin, "../../../../etc/passwd"), Path::new(""));
        assert_eq!(joined(begin, "../x"), Path::new("/a/x"));
    }
}
