//! Which files a theme has, whose they are, and which of them the mail is made of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::problem::{Problem, Problems, Source, Span, did_you_mean};

use super::error::ComposeError;
use super::shelf::{self, Gathered};

/// The files that are asked for by name; others count when one of these includes them.
const ASKED_FOR: [&str; 12] = [
    "theme.toml",
    "layout.mjml",
    "inline.css",
    "head.css",
    "dark.css",
    "outlook.css",
    "button.html",
    "figure.html",
    "callout.html",
    "columns.html",
    "quote.html",
    "divider.html",
];

/// A file of a theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeFile {
    /// Its name within the folder of the theme: `footer.mjml`.
    pub name: String,
    /// What stands in it.
    pub text: String,
    /// Whether it is the project's.
    pub is_own: bool,
    /// Whether the mail is made of it.
    pub is_used: bool,
}

/// The names of all themes, built in and of `project`, in the order of their names.
#[must_use]
pub fn themes(project: &Path) -> Vec<String> {
    shelf::all_names(Some(project))
}

/// The files that the theme `name` of `project` is made of, in the order of their names:
/// the project's, and those that are built in where the project has none.
///
/// What stands in them is not looked at, so that a broken theme has its files too.
///
/// # Errors
///
/// Fails when there is no such theme, when a file cannot be read, or when it extends a
/// theme that is not there.
pub fn theme_files(project: &Path, name: &str) -> Result<Vec<ThemeFile>, Problems> {
    let Gathered { sources, files: own, .. } = shelf::gather(Some(project), name)?;
    let used = used(&sources);
    let mut files: Vec<ThemeFile> = sources
        .iter()
        .map(|(file, source)| ThemeFile {
            name: file.clone(),
            text: source.text().to_owned(),
            is_own: shelf::is_among(&own, file),
            is_used: used.contains(file.as_str()),
        })
        .collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// Tells of the files among `own`, those of the project, that nothing includes: a name
/// that is misspelt, or a part that the theme does not have.
pub(super) fn unused(sources: &[(String, Source)], own: &[PathBuf]) -> Vec<Problem> {
    let used = used(sources);
    let is_own = |file: &str| shelf::is_among(own, file);
    let idle = sources.iter().filter(|(file, _)| is_own(file) && !used.contains(file.as_str()));
    idle.map(|(file, source)| {
        let free = used.iter().copied().filter(|used| !is_own(used));
        let near = did_you_mean(file, free).map(str::to_owned);
        Problem::at(ComposeError::UnusedFile { file: file.clone(), near }, source, Span::default()).warning()
    })
    .collect()
}

/// The names of the files among `sources` that are asked for, or included by one that is.
fn used(sources: &[(String, Source)]) -> BTreeSet<&str> {
    let mut used = BTreeSet::new();
    let mut next: Vec<&str> = ASKED_FOR.to_vec();
    while let Some(name) = next.pop() {
        let Some((file, source)) = sources.iter().find(|(file, _)| file == name) else { continue };
        if used.insert(file.as_str()) {
            next.extend(included(source.text()));
        }
    }
    used
}

/// The files that the template tags of `text` name.
fn included(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("[%").into_iter().chain(rest.find("[#")).min() {
        let is_remark = rest[at..].starts_with("[#");
        let inside = &rest[at + 2..];
        let end = inside.find(if is_remark { "#]" } else { "%]" }).unwrap_or(inside.len());
        let tag = inside[..end].trim_start_matches('-').trim_start();
        if !is_remark && ["include", "extends", "import"].iter().any(|word| tag.starts_with(word)) {
            let quoted = |quote: char| tag.split(quote).skip(1).step_by(2);
            names.extend(quoted('"').chain(quoted('\'')).chain(quoted('`')));
        }
        rest = &inside[end..];
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_a_template_names_are_found_and_those_in_remarks_are_not() {
        let text = "[# [% include \"no.mjml\" %] #]<p>[%- include 'a.mjml' -%]</p>[% if x %]\
                    [% include \"b.css\" %][% endif %][[ \"c.mjml\" ]][% include `d.html`";
        assert_eq!(included(text), ["a.mjml", "b.css", "d.html"]);
    }

    #[test]
    fn every_file_of_every_built_in_theme_is_used() {
        for name in shelf::names() {
            let sources = shelf::gather(None, name).unwrap().sources;
            let used = used(&sources);
            let own = shelf::built_in(name).into_iter().map(|(file, _)| file);
            let idle: Vec<String> = own.filter(|file| !used.contains(file.as_str())).collect();
            assert!(idle.is_empty(), "{name}: {idle:?}");
        }
    }
}
