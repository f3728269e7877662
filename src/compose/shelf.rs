//! Where the files of themes are: in the program, and under `templates/` of a project.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::fields::Fields;
use crate::problem::{Problem, Problems, Source, did_you_mean, said};

use super::error::ComposeError;

/// A file that is part of the program: its name and its text.
type File = (&'static str, &'static str);

/// Takes files of templates/ into the program.
macro_rules! files {
    ($theme:literal: $($file:literal)*) => {
        &[$(($file, include_str!(concat!("../../templates/", $theme, "/", $file)))),*]
    };
}

/// What all themes stand on: tokens, and every file a theme may do without.
const BASE: &[File] = files!("base":
    "tokens.toml"
    "layout.mjml" "head.mjml" "classes.mjml" "preheader.mjml" "masthead.mjml" "title.mjml" "byline.mjml"
    "hero.mjml" "article.mjml" "footer.mjml"
    "button.html" "figure.html" "callout.html" "columns.html" "quote.html" "divider.html"
    "inline.css" "base.css" "head.css" "base-phone.css" "dark.css" "base-dark.css" "outlook.css"
    "base-outlook.css"
);

/// The themes that are part of the program. The first lends its files to themes of a
/// project that name no other.
const THEMES: &[(&str, &[File])] = &[
    ("clean", files!("clean": "theme.toml")),
    (
        "card",
        files!("card":
            "theme.toml" "layout.mjml" "classes.mjml" "hero.mjml" "inline.css" "head.css" "dark.css" "outlook.css"
        ),
    ),
    (
        "digest",
        files!("digest":
            "theme.toml" "layout.mjml" "masthead.mjml" "hero.mjml" "title.mjml" "byline.mjml" "article.mjml"
            "inline.css" "head.css" "dark.css" "outlook.css"
        ),
    ),
    (
        "letter",
        files!("letter":
            "theme.toml" "layout.mjml" "classes.mjml" "masthead.mjml" "byline.mjml" "button.html" "divider.html"
            "inline.css" "head.css" "dark.css"
        ),
    ),
];

/// Largest theme file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// The names of the themes that are part of the program.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    THEMES.iter().map(|(name, _)| *name)
}

/// The files of a theme that is part of the program, with their names.
pub(super) fn built_in(theme: &str) -> Vec<(String, Source)> {
    let files = THEMES.iter().find(|(name, _)| *name == theme).map_or(&[][..], |(_, files)| files);
    files.iter().map(|file| named(theme, file)).collect()
}

/// What all themes stand on, but for the tokens.
pub(super) fn base() -> impl Iterator<Item = (String, Source)> {
    BASE.iter().filter(|(file, _)| *file != "tokens.toml").map(|file| named("base", file))
}

/// The tokens all themes stand on.
pub(super) fn tokens() -> Source {
    let file = BASE.iter().find(|(file, _)| *file == "tokens.toml").expect("the first of the base");
    named("base", file).1
}

fn named(theme: &str, (file, text): &File) -> (String, Source) {
    ((*file).to_owned(), Source::new(format!("templates/{theme}/{file} (built in)"), *text))
}

/// Whether `name` can be that of a folder of a theme, and leads nowhere else.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// The names of the themes there are: built in, and in a project.
pub(super) fn all_names(project: Option<&Path>) -> Vec<String> {
    let mut known: Vec<String> = names().map(str::to_owned).collect();
    let entries = project.and_then(|root| std::fs::read_dir(root.join("templates")).ok());
    for entry in entries.into_iter().flatten().flatten() {
        if let Ok(folder) = entry.file_name().into_string()
            && is_name(&folder)
            && !known.contains(&folder)
            && has_files(&entry.path())
        {
            known.push(folder);
        }
    }
    known.sort();
    known
}

/// Whether a file of a theme lies in `folder`.
fn has_files(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).any(|file| is_ours(&file))
}

/// Whether a file of this name is one of a theme.
fn is_ours(file: &str) -> bool {
    (file == "theme.toml" || has_extension(file, &["mjml", "css", "html"])) && !file.starts_with('.')
}

pub(super) fn has_extension(file: &str, known: &[&str]) -> bool {
    file.rsplit_once('.').is_some_and(|(_, extension)| known.contains(&extension))
}

type OwnFile = (String, PathBuf, Source);

/// The theme files of the folder `templates/NAME` of a project in the order of their
/// names; a folder that is not there has none. Messages name them as seen from the project.
fn read_folder(project: &Path, name: &str) -> Result<Vec<OwnFile>, Problems> {
    let shown = Path::new("templates").join(name);
    let folder = project.join(&shown);
    let refuse = |path: &Path, reason: String| {
        Problems::from(Problem::new(ComposeError::ThemeFile { path: path.display().to_string(), reason }))
    };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(refuse(&shown, said(&error))),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let Some(file) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
        if !is_ours(&file) || !path.is_file() {
            continue;
        }
        let shown = shown.join(&file);
        if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LARGEST_FILE) {
            return Err(refuse(&shown, "it is larger than a theme file can be, 1 MB".to_owned()));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| refuse(&shown, said(&error)))?;
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        files.push((file, path, Source::new(shown.to_string_lossy(), text)));
    }
    Ok(files)
}

/// The files of a theme, those of the project before those that are built in.
#[derive(Debug)]
pub(super) struct Gathered {
    /// Their names and texts, each name once.
    pub(super) sources: Vec<(String, Source)>,
    /// Where those of the project lie.
    pub(super) files: Vec<PathBuf>,
    /// The tokens of the project.
    pub(super) own_tokens: Option<Source>,
    /// The tokens of the theme whose files fill the gaps.
    pub(super) lent_tokens: Option<Source>,
}

/// Gathers the files of the theme `name`, without a look at what stands in them.
///
/// # Errors
///
/// Fails when there is no such theme, when a file cannot be read, or when it extends a
/// theme that is not there.
pub(super) fn gather(project: Option<&Path>, name: &str) -> Result<Gathered, Problems> {
    let own = project.filter(|_| is_name(name)).map_or(Ok(Vec::new()), |root| read_folder(root, name))?;
    if own.is_empty() && !names().any(|known| known == name) {
        return Err(Problem::new(unknown(project, name)).into());
    }
    let files = own.iter().map(|(_, path, _)| path.clone()).collect();
    let mut sources: Vec<(String, Source)> =
        own.into_iter().map(|(file, _, source)| (file, source)).collect();
    let tokens_of = |sources: &[(String, Source)]| {
        sources.iter().find(|(file, _)| file == "theme.toml").map(|(_, source)| source.clone())
    };
    let own_tokens = tokens_of(&sources);
    let lent = built_in(&lender(name, own_tokens.as_ref())?);
    let lent_tokens = tokens_of(&lent);
    for (file, source) in lent.into_iter().chain(base()) {
        if !sources.iter().any(|(known, _)| *known == file) {
            sources.push((file, source));
        }
    }
    Ok(Gathered { sources, files, own_tokens, lent_tokens })
}

/// Whether one of `files` has the name `file`.
pub(super) fn is_among(files: &[PathBuf], file: &str) -> bool {
    files.iter().any(|path| path.file_name().is_some_and(|name| name == file))
}

/// The built-in theme whose files stand in for those that are missing.
fn lender(name: &str, tokens: Option<&Source>) -> Result<String, Problems> {
    let named = tokens.and_then(|source| {
        let mut fields = Fields::toml(source, source.text(), 0);
        fields.text("extends").map(|(lender, span)| (source, lender, span))
    });
    match named {
        Some((_, lender, _)) if names().any(|known| known == lender) => Ok(lender),
        Some((source, lender, span)) => {
            let known: Vec<String> = names().map(str::to_owned).collect();
            let near = did_you_mean(&lender, known.iter().map(String::as_str)).map(str::to_owned);
            Err(Problem::at(ComposeError::UnknownTheme { name: lender, known, near }, source, span).into())
        }
        None if names().any(|known| known == name) => Ok(name.to_owned()),
        None => Ok(THEMES[0].0.to_owned()),
    }
}

fn unknown(project: Option<&Path>, name: &str) -> ComposeError {
    let known = all_names(project);
    let near = did_you_mean(name, known.iter().map(String::as_str)).map(str::to_owned);
    ComposeError::UnknownTheme { name: name.to_owned(), known, near }
}
