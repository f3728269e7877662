//! Files and addresses that a command names.

use std::path::{Path, PathBuf};

use crate::article::{Article, Format};
use crate::audience::EmailAddress;
use crate::problem::{Problem, did_you_mean};

use super::CliError;

/// The article `path`.
pub(super) fn article(path: &Path) -> Result<PathBuf, Problem> {
    let found = existing("article", path)?;
    match Format::of(&found) {
        Ok(_) => Ok(found),
        Err(_) => Err(Problem::new(CliError::NotAnArticle(path.to_owned()))),
    }
}

/// The list `path`.
pub(super) fn list(path: &Path) -> Result<PathBuf, Problem> {
    existing("list", path)
}

/// The article below `folder` (or its `articles`) that was changed last.
pub(super) fn latest_article(folder: &Path) -> Result<PathBuf, Problem> {
    let places = [PathBuf::from("articles"), PathBuf::new()];
    let names = places.iter().flat_map(|place| {
        let entries = std::fs::read_dir(folder.join(place)).into_iter().flatten().take(MOST_NEIGHBOURS);
        entries.filter_map(|entry| Some(place.join(entry.ok()?.file_name())))
    });
    names
        .filter(|path| is_article(path) && folder.join(path).is_file() && !is_about_the_project(path))
        .max_by_key(|path| std::fs::metadata(folder.join(path)).and_then(|data| data.modified()).ok())
        .ok_or_else(|| Problem::new(CliError::NoArticle(folder.to_owned())))
}

/// Whether a file is about a project rather than for its readers, going by its name.
fn is_about_the_project(path: &Path) -> bool {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    ["readme", "changelog", "architecture", "contributing", "licence", "license"].contains(&stem.as_str())
}

/// The list to use: the one that was named, or the CSV file that the article's front
/// matter names, relative to the article or to the project.
///
/// # Errors
///
/// Fails when the front matter names one that is in neither place.
pub(super) fn list_of(
    named: Option<&Path>,
    article: &Article,
    path: &Path,
    root: &Path,
) -> Result<Option<PathBuf>, Problem> {
    if let Some(named) = named {
        return Ok(Some(named.to_owned()));
    }
    let Some(written) = &article.meta.list else { return Ok(None) };
    let folders = [path.parent().unwrap_or(Path::new("")), root];
    let places = folders.map(|folder| folder.join(&written.value));
    if let Some(list) = places.iter().find(|place| place.is_file()) {
        return Ok(Some(list.clone()));
    }
    // The nearest name as one would write it in the same place.
    let nearest = places.iter().zip(folders).find_map(|(place, folder)| {
        let nearest = nearest(place)?;
        Some(nearest.strip_prefix(folder).map(Path::to_owned).unwrap_or(nearest))
    });
    let condition = CliError::NoFile { what: "list", path: PathBuf::from(&written.value), nearest };
    Err(Problem::at(condition, &article.source, written.span))
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

/// Whether a file is an article that nobody named, going by its name: a web page may also
/// be one that was built.
pub(super) fn is_article(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["md", "markdown", "txt"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The path as the person wrote it, when it is a file: they know it by that name.
fn existing(what: &'static str, path: &Path) -> Result<PathBuf, Problem> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    if path.is_dir() {
        return Err(Problem::new(CliError::IsFolder { what, path: path.to_owned() }));
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
