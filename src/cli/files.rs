//! Files and addresses that a command names.

use std::path::{Path, PathBuf};

use crate::audience::EmailAddress;
use crate::problem::{Problem, did_you_mean};

use super::CliError;

/// The article `path`.
pub(super) fn article(path: &Path) -> Result<PathBuf, Problem> {
    let found = existing("article", path)?;
    if is_article(&found) { Ok(found) } else { Err(Problem::new(CliError::NotAnArticle(path.to_owned()))) }
}

/// The list `path`.
pub(super) fn list(path: &Path) -> Result<PathBuf, Problem> {
    existing("list", path)
}

/// The address `text`.
pub(super) fn address(text: &str) -> Result<EmailAddress, Problem> {
    EmailAddress::parse(text)
        .map_err(|why| Problem::new(CliError::NotAnAddress { text: text.to_owned(), why }))
}

/// The value, or none and the problem noted: a command tells all that is wrong with it.
pub(super) fn noted<T>(result: Result<T, Problem>, found: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problem| found.push(problem)).ok()
}

/// Whether a file is an article, going by its name.
pub(super) fn is_article(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["md", "markdown", "txt"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The path as the person wrote it, when it is a file: they know it by that name.
fn existing(what: &'static str, path: &Path) -> Result<PathBuf, Problem> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    Err(Problem::new(CliError::NoFile { what, path: path.to_owned(), nearest: nearest(path) }))
}

/// A file in the same folder with nearly the same name.
fn nearest(path: &Path) -> Option<PathBuf> {
    let wrong = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .take(MOST_NEIGHBOURS)
        .collect();
    let nearest = did_you_mean(wrong, names.iter().map(String::as_str))?;
    Some(path.with_file_name(nearest))
}

/// A message is not worth comparing with more names than these.
const MOST_NEIGHBOURS: usize = 2_000;
