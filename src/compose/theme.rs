//! A theme: the files that make a mail out of an article.
//!
//! | file | what it holds |
//! |---|---|
//! | `theme.toml` | the colours, light and dark, the accent, and whether it has sections |
//! | `layout.mjml` | the furniture and the slots for the article |
//! | `inline.css` | rules written into the elements |
//! | `head.css` | rules that stay in a style sheet: phones, progressive details |
//! | `dark.css` | plain rules for dark, repeated for every client's way to ask |
//! | `outlook.css` | rules for the Word engine of older Outlooks alone |
//!
//! All but the first are Tera templates with square brackets; `layout.mjml` and what
//! it includes may hold merge tags in curly braces. The built-in themes
//! are part of the program; a file of the same name under `templates/NAME/` of a
//! project replaces the built-in one, and further files there can be included.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tera::Tera;

use crate::fields::{FieldError, Fields};
use crate::problem::{Problem, Problems, Source, Span, did_you_mean};
use crate::tags::{Mask, TagKind};

use super::colour::{Accent, Colour};
use super::error::ComposeError;
use super::origin::Typed;
use super::pieces::PlacementError;
use super::sections::Flow;
use super::template;

const CLEAN: [(&str, &str); 6] = [
    ("theme.toml", include_str!("../../templates/clean/theme.toml")),
    ("layout.mjml", include_str!("../../templates/clean/layout.mjml")),
    ("inline.css", include_str!("../../templates/clean/inline.css")),
    ("head.css", include_str!("../../templates/clean/head.css")),
    ("dark.css", include_str!("../../templates/clean/dark.css")),
    ("outlook.css", include_str!("../../templates/clean/outlook.css")),
];

const DIGEST: [(&str, &str); 6] = [
    ("theme.toml", include_str!("../../templates/digest/theme.toml")),
    ("layout.mjml", include_str!("../../templates/digest/layout.mjml")),
    ("inline.css", include_str!("../../templates/digest/inline.css")),
    ("head.css", include_str!("../../templates/digest/head.css")),
    ("dark.css", include_str!("../../templates/digest/dark.css")),
    ("outlook.css", include_str!("../../templates/digest/outlook.css")),
];

type BuiltIn = (&'static str, &'static [(&'static str, &'static str)]);

/// The themes that are part of the program. The first lends its files to themes of
/// a project that lack one.
const BUILT_IN: [BuiltIn; 2] = [("clean", &CLEAN), ("digest", &DIGEST)];

/// Largest theme file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// A theme, read and checked for the form of its template tags.
#[derive(Debug, Clone)]
pub struct Theme {
    name: String,
    sources: Vec<(String, Source)>,
    /// The files whose merge tags were taken out, as they were typed.
    typed: Vec<(String, Typed)>,
    files: Vec<PathBuf>,
    pub(super) tera: Tera,
    pub(super) flow: Flow,
    pub(super) accent: Colour,
    pub(super) light: Palette,
    pub(super) dark: Palette,
}

impl Theme {
    /// Loads the theme `name`; files under `templates/NAME/` of `project` win over
    /// the built-in ones.
    ///
    /// # Errors
    ///
    /// Fails when there is no such theme, when a file of it cannot be read, when its
    /// colours are incomplete, or when a template tag is wrongly written.
    pub fn load(project: Option<&Path>, name: &str) -> Result<Self, Problems> {
        let folder = project.filter(|_| is_name(name)).map(|root| root.join("templates").join(name));
        let own = folder.as_deref().map_or(Ok(Vec::new()), read_folder)?;
        let built_in = BUILT_IN.iter().find(|(known, _)| *known == name);
        if own.is_empty() && built_in.is_none() {
            return Err(Problem::new(unknown(project, name)).into());
        }
        let (base, base_files) = built_in.unwrap_or(&BUILT_IN[0]);
        let mut sources = Vec::new();
        let mut files = Vec::new();
        for (file, path, source) in own {
            files.push(path);
            sources.push((file, source));
        }
        for (file, text) in *base_files {
            if !sources.iter().any(|(own, _)| own == file) {
                let source = Source::new(format!("templates/{base}/{file} (built in)"), *text);
                sources.push(((*file).to_owned(), source));
            }
        }
        let colours = sources.iter().find(|(file, _)| file == "theme.toml").map(|(_, source)| source.clone());
        let colours = colours.expect("every built-in theme has a theme.toml");
        let (flow, accent, light, dark) = read_colours(&colours)?;
        let tera = template::compile(&sources)?;
        Ok(Self { name: name.to_owned(), sources, typed: Vec::new(), files, tera, flow, accent, light, dark })
    }

    /// The name it was asked for by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The files of the project it was read from; a change to one changes the theme.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.files.clone()
    }

    /// The files it is made of, those of the project and those that are built in.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().map(|(_, source)| source)
    }

    /// The names of the themes that are part of the program.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The theme with the merge tags of its MJML taken out into `mask`, so that they
    /// survive the way to the mail; a control becomes a comment, which no parser of
    /// HTML moves out of a table.
    ///
    /// # Errors
    ///
    /// Fails when a tag stood where the template cannot do without it.
    pub(super) fn masked(&self, mask: &mut Mask) -> Result<Cow<'_, Self>, Problems> {
        let has_tags = |source: &Source| source.text().contains("{{") || source.text().contains("{%");
        let mut found = Vec::new();
        for (_, source) in self.sources.iter().filter(|(file, _)| has_extension(file, &["css"])) {
            if let Some(at) = source.text().find("{{ ").or_else(|| source.text().find("{%")) {
                let condition = PlacementError::Forbidden("a style sheet or a script");
                found.push(Problem::at(condition, source, Span::new(at, at + 2)));
            }
        }
        Problems::check((), found)?;
        if !self.layouts().any(has_tags) {
            return Ok(Cow::Borrowed(self));
        }
        let mut masked = self.clone();
        for (file, source) in &mut masked.sources {
            if has_extension(file, &["mjml"]) {
                let text = with_comments(&mask.mask(source, source.text(), 0).text, mask);
                masked.typed.push((file.clone(), Typed::of(source, &text, mask)));
                *source = Source::new(source.name(), text);
            }
        }
        masked.tera = template::compile(&masked.sources)?;
        Ok(Cow::Owned(masked))
    }

    /// The text of one of its files.
    pub(super) fn source(&self, file: &str) -> Option<&Source> {
        self.sources.iter().find(|(known, _)| known == file).map(|(_, source)| source)
    }

    /// One of its files as it was typed, if merge tags were taken out of it.
    pub(super) fn typed(&self, file: &str) -> Option<Typed> {
        self.typed.iter().find(|(known, _)| known == file).map(|(_, typed)| typed.clone())
    }

    /// The theme with other text in the files that MJML comes from.
    ///
    /// # Errors
    ///
    /// Fails when a template tag is wrongly written then.
    pub(super) fn rewritten(&self, mut write: impl FnMut(&str, &Source) -> String) -> Result<Self, Problems> {
        let mut rewritten = self.clone();
        for (file, source) in rewritten.sources.iter_mut().filter(|(file, _)| has_extension(file, &["mjml"]))
        {
            *source = Source::new(source.name(), write(file, source));
        }
        rewritten.tera = template::compile(&rewritten.sources)?;
        Ok(rewritten)
    }

    /// The files MJML comes from, the layout first.
    pub(super) fn layouts(&self) -> impl Iterator<Item = &Source> {
        let layout = self.source("layout.mjml");
        let partials =
            self.sources.iter().filter(|(file, _)| file != "layout.mjml" && has_extension(file, &["mjml"]));
        layout.into_iter().chain(partials.map(|(_, source)| source))
    }
}

/// Puts the controls that stand between tags into comments.
fn with_comments(text: &str, mask: &Mask) -> String {
    mask.replace(text, |mask, found, out| {
        let word = mask.sentinel(found.id);
        let before = &text[..found.span.start];
        // A tag over several lines is as many lines long as it was, so that places
        // after it stay right.
        let lines = mask.tag(found.id).text.matches('\n').count();
        let in_markup = before.rfind('<') > before.rfind('>');
        if mask.tag(found.id).kind == TagKind::Hole || in_markup {
            out.push_str(&word);
        } else {
            out.push_str("<!--");
            out.push_str(&word);
            out.push_str("-->");
        }
        out.push_str(&"\n".repeat(lines));
    })
}

/// The colours of one scheme by their roles.
#[derive(Debug, Clone)]
pub(super) struct Palette(pub(super) Vec<(&'static str, Colour)>);

impl Palette {
    /// What text can stand on, the page first.
    fn grounds(&self) -> Vec<Colour> {
        let is_ground = |role: &str| matches!(role, "page" | "surface" | "tint" | "soft");
        self.0.iter().filter(|(role, _)| is_ground(role)).map(|(_, colour)| *colour).collect()
    }

    pub(super) fn light_accent(&self, accent: Colour) -> Accent {
        Accent::light(accent, &self.grounds())
    }

    pub(super) fn dark_accent(&self, accent: Colour) -> Accent {
        Accent::dark(accent, &self.grounds())
    }
}

fn has_extension(file: &str, known: &[&str]) -> bool {
    file.rsplit_once('.').is_some_and(|(_, extension)| known.contains(&extension))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn unknown(project: Option<&Path>, name: &str) -> ComposeError {
    let mut known: Vec<String> = Theme::built_in().map(str::to_owned).collect();
    let entries = project.and_then(|root| std::fs::read_dir(root.join("templates")).ok());
    for entry in entries.into_iter().flatten().flatten() {
        if let Ok(folder) = entry.file_name().into_string()
            && is_name(&folder)
            && entry.path().is_dir()
            && !known.contains(&folder)
        {
            known.push(folder);
        }
    }
    known.sort();
    let near = did_you_mean(name, known.iter().map(String::as_str)).map(str::to_owned);
    ComposeError::UnknownTheme { name: name.to_owned(), known, near }
}

type OwnFile = (String, PathBuf, Source);

/// The theme files of a folder in the order of their names; a folder that is not
/// there has none.
fn read_folder(folder: &Path) -> Result<Vec<OwnFile>, Problems> {
    let refuse = |path: &Path, reason: String| {
        Problems::from(Problem::new(ComposeError::ThemeFile { path: path.display().to_string(), reason }))
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(refuse(folder, error.to_string())),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let Some(file) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
        let is_ours = file == "theme.toml" || has_extension(&file, &["mjml", "css"]);
        if !is_ours || file.starts_with('.') || !path.is_file() {
            continue;
        }
        if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LARGEST_FILE) {
            return Err(refuse(&path, "it is larger than a theme file can be, 1 MB".to_owned()));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| refuse(&path, error.to_string()))?;
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        files.push((file, path.clone(), Source::new(path.display().to_string(), text)));
    }
    Ok(files)
}

/// Roles every theme gives a colour to.
const ROLES: [&str; 6] = ["page", "tint", "title", "text", "muted", "rule"];

/// Roles of themes that have a band on top and headings of several colours.
const OWN_ROLES: [&str; 8] = ["band", "onband", "bandsoft", "k1", "k2", "k3", "k4", "k5"];

/// Roles with the role that stands in for them.
const FURTHER_ROLES: [(&str, &str); 3] = [("surface", "page"), ("soft", "tint"), ("edge", "rule")];

fn read_colours(source: &Source) -> Result<(Flow, Colour, Palette, Palette), Problems> {
    let mut fields = Fields::toml(source, source.text(), 0);
    let sections = fields.bool("sections").is_some_and(|(sections, _)| sections);
    let flow = if sections { Flow::Sections } else { Flow::Whole };
    let accent = take_colour(&mut fields, "accent");
    let mut found = Vec::new();
    if accent.is_none() {
        found.push(missing(source, "accent"));
    }
    let mut scheme = |key: &str| {
        let mut table =
            fields.table(key).unwrap_or_else(|| Fields::new(source, &format!("{key}."), Vec::new()));
        let mut palette = Vec::new();
        for role in ROLES {
            match take_colour(&mut table, role) {
                Some(colour) => palette.push((role, colour)),
                None => found.push(missing(source, &format!("{key}.{role}"))),
            }
        }
        for (role, stand_in) in FURTHER_ROLES {
            let colour = take_colour(&mut table, role)
                .or_else(|| palette.iter().find(|(known, _)| *known == stand_in).map(|(_, colour)| *colour));
            palette.extend(colour.map(|colour| (role, colour)));
        }
        for role in OWN_ROLES {
            palette.extend(take_colour(&mut table, role).map(|colour| (role, colour)));
        }
        found.extend(table.finish());
        Palette(palette)
    };
    let (light, dark) = (scheme("light"), scheme("dark"));
    found.extend(fields.finish());
    let colours = (flow, accent.unwrap_or(Colour::BLACK), light, dark);
    Problems::check(colours, found).map(|(colours, _)| colours)
}

fn take_colour(fields: &mut Fields, key: &str) -> Option<Colour> {
    let (text, span) = fields.text(key)?;
    let colour = Colour::parse(&text);
    if colour.is_none() {
        fields.refuse(ComposeError::Colour { found: text }, span);
    }
    // What is written wrongly is not missing as well.
    Some(colour.unwrap_or(Colour::BLACK))
}

fn missing(source: &Source, key: &str) -> Problem {
    Problem::at(FieldError::Missing(key.to_owned()), source, Span::default())
}
