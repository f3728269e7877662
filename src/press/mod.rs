//! WIRES: the only room that calls the stages one after the other.
//!
//! [`prepare`] reads and composes, [`Edition::for_list`] joins that with a list and
//! renders every copy once before the first is sent, [`deliver`] sends. Nothing is
//! decided here that a stage could decide.

mod campaign;
mod content;
mod delivery;
mod door;
mod edition;
mod error;
mod feed;
mod lane;
mod lint;
mod making;
mod paces;
mod pictured;
mod plan;
mod record;
mod safety;
mod verdict;

use std::path::{Path, PathBuf};

use crate::article::{self, Article, Format, ReadOptions};
use crate::compose::{self, ComposeError, Composed, Newsletter, Theme};
pub use crate::compose::{ThemeFile, lacking};
use crate::paint::Paint;
use crate::pictures::{Darkroom, Home, Plates};
use crate::problem::{Problem, Problems, Source};

pub use campaign::{News, Run, Way, run};
pub use content::{Content, Copies};
pub use delivery::{Progress, Stop, Tally, Unsent, deliver};
pub use edition::{Edition, placeholders};
pub use error::{PressError, answered, length};
pub use paces::Pacing;
pub use plan::{Plan, Terms};
pub use record::condemns;
pub use safety::{Candidate, Doubt, doubts, repeated_since};

/// What is needed to set an article, besides the article.
#[derive(Debug, Clone, Copy)]
pub struct Workshop<'a> {
    /// The folder whose `templates/` win over the built-in themes.
    pub root: &'a Path,
    /// What the publisher says of the newsletter.
    pub newsletter: &'a Newsletter,
    /// The theme of articles that do not name their own.
    pub theme: &'a str,
    /// Where readers' programs get the pictures from.
    pub home: &'a Home,
    /// Where the pictures that were developed before lie about, when somebody keeps them.
    pub darkroom: Option<&'a Darkroom>,
}

/// An article, read and set.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The article.
    pub article: Article,
    /// Its parts.
    pub composed: Composed,
    /// Its pictures that are files.
    pub plates: Plates,
    /// Where readers' programs get them from.
    pub home: Home,
    /// What is odd without being wrong.
    pub warnings: Vec<Problem>,
    /// The files of the project it was made of.
    pub files: Vec<PathBuf>,
    /// The texts of the theme, built-in ones too.
    pub theme: Vec<Source>,
}

/// Reads the article at `path` and sets it in its theme.
///
/// # Errors
///
/// Fails with everything wrong in the article, the sender it names, and the theme.
pub fn prepare(path: &Path, workshop: &Workshop<'_>, options: &ReadOptions) -> Result<Prepared, Problems> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut prepared = set(article::load(path, options), Some(folder), workshop)?;
    prepared.files.push(path.to_owned());
    Ok(prepared)
}

/// Sets an article that is at hand as text. It lies nowhere, so the paths of pictures in
/// it lead nowhere either.
///
/// # Errors
///
/// As [`prepare`].
pub fn prepare_text(
    source: &Source,
    format: Format,
    workshop: &Workshop<'_>,
    options: &ReadOptions,
) -> Result<Prepared, Problems> {
    set(article::parse(source, format, options), None, workshop)
}

/// An article and the warnings of its reading, or what is wrong with it.
type Reading = Result<(Article, Vec<Problem>), Problems>;

fn set(article: Reading, folder: Option<&Path>, workshop: &Workshop<'_>) -> Result<Prepared, Problems> {
    let named = article.as_ref().ok().and_then(|(article, _)| article.meta.theme.as_ref());
    let name = named.map_or(workshop.theme, |theme| theme.value.as_str());
    let theme = Theme::load(Some(workshop.root), name).map_err(|problems| match (&article, named) {
        (Ok((article, _)), Some(theme)) if is_unknown(&problems) => {
            let named = problems.into_iter().next().expect("problems are never empty");
            Problem::at(PressError::Theme(named), &article.source, theme.span).into()
        }
        _ => problems,
    });
    let sender = article.as_ref().map_or(Ok(None), |(article, _)| edition::own_sender(article));
    let prepared = Problems::both(article, theme).and_then(|((article, mut warnings), theme)| {
        let (composed, plates, more) = pictured::compose(&article, &theme, folder, workshop)?;
        warnings.extend(more);
        let sources = theme.sources().cloned().collect();
        let mut files = theme.files();
        files.extend(plates.iter().map(|plate| plate.original.file.clone()));
        let home = workshop.home.clone();
        Ok(Prepared { article, composed, plates, home, warnings, files, theme: sources })
    });
    Problems::both(prepared, sender.map_err(Problems::from)).map(|(prepared, _)| prepared)
}

/// The colours of the pages that go with the newsletter's mails.
///
/// # Errors
///
/// Fails with everything wrong in the theme, and when the accent is no colour.
pub fn paint(workshop: &Workshop<'_>) -> Result<Paint, Problems> {
    Theme::load(Some(workshop.root), workshop.theme)?.paint(workshop.newsletter.accent.as_deref())
}

/// The names of the themes that are part of the program, the one for everybody first.
pub fn themes() -> impl Iterator<Item = &'static str> {
    Theme::built_in()
}

/// The names of all themes, built in and of the folder `root`, in the order of their names.
#[must_use]
pub fn all_themes(root: &Path) -> Vec<String> {
    compose::themes(root)
}

/// The files that the theme `name` of the folder `root` is made of.
///
/// # Errors
///
/// As [`compose::theme_files`].
pub fn theme_files(root: &Path, name: &str) -> Result<Vec<ThemeFile>, Problems> {
    compose::theme_files(root, name)
}

/// Whether `name` is a theme in the folder `root`, built in or its own.
#[must_use]
pub fn is_theme(root: &Path, name: &str) -> bool {
    Theme::load(Some(root), name).is_ok()
}

/// Whether it is the theme itself that is not there. One that it extends is named in a file
/// of its own, and told there.
fn is_unknown(problems: &Problems) -> bool {
    let unknown = |problem: &Problem| {
        problem.place.is_none() && matches!(problem.condition(), Some(ComposeError::UnknownTheme { .. }))
    };
    problems.iter().any(unknown)
}

/// The name of a campaign: the article's slug, or one made of the file's name.
#[must_use]
pub fn slug(article: &Article, path: &Path) -> String {
    if let Some(slug) = &article.meta.slug {
        return slug.value.clone();
    }
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let words: Vec<&str> =
        stem.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "article".to_owned() } else { words.join("-") }
}
