//! A theme: the files that make a mail out of an article.
//!
//! | file | what it holds |
//! |---|---|
//! | `theme.toml` | tokens: colours, light and dark, the accent, and the numbers it sees differently |
//! | `layout.mjml` | the furniture and the slots for the article |
//! | other `.mjml` | partials that a layout includes: `masthead.mjml`, `footer.mjml`, … |
//! | `.html` | components, one a kind of block: `button.html`, `callout.html`, … |
//! | `inline.css` | rules written into the elements |
//! | `head.css` | rules that stay in a style sheet: phones, progressive details |
//! | `dark.css` | plain rules for dark, repeated for every client's way to ask |
//! | `outlook.css` | rules for the Word engine of older Outlooks alone |
//!
//! All but the first are Tera templates with square brackets; `.mjml` and `.html` may
//! hold merge tags in curly braces. A file is looked for in `templates/NAME/` of the
//! project, then in the built-in theme of that name (or the one a theme of the project
//! extends), then in what all themes stand on; so each can be replaced by itself.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use tera::Tera;

use crate::problem::{Problem, Problems, Source, Span};
use crate::tags::{Mask, TagKind};

use super::inventory;
use super::origin::Typed;
use super::pieces::PlacementError;
use super::shelf::{self, Gathered, has_extension};
use super::template;
use super::tokens::Tokens;

/// A theme, read and checked for the form of its template tags.
#[derive(Debug, Clone)]
pub struct Theme {
    name: String,
    sources: Vec<(String, Source)>,
    /// The files whose merge tags were taken out, as they were typed.
    typed: Vec<(String, Typed)>,
    files: Vec<PathBuf>,
    pub(super) tera: Tera,
    pub(super) tokens: Tokens,
    warnings: Vec<Problem>,
}

impl Theme {
    /// Loads the theme `name`; files under `templates/NAME/` of `project` win over
    /// the built-in ones.
    ///
    /// # Errors
    ///
    /// Fails when there is no such theme, when a file of it cannot be read, when a token
    /// is wrong, or when a template tag is wrongly written.
    pub fn load(project: Option<&Path>, name: &str) -> Result<Self, Problems> {
        let Gathered { sources, files, own_tokens, lent_tokens } = shelf::gather(project, name)?;
        let base_tokens = shelf::tokens();
        let layers: Vec<&Source> =
            [Some(&base_tokens), lent_tokens.as_ref(), own_tokens.as_ref()].into_iter().flatten().collect();
        let tokens = Tokens::read(&layers)?;
        let mut warnings = own_tokens.as_ref().map(|source| tokens.faint(source)).unwrap_or_default();
        warnings.extend(inventory::unused(&sources, &files));
        let tera = template::compile(&sources)?;
        Ok(Self { name: name.to_owned(), sources, typed: Vec::new(), files, tera, tokens, warnings })
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
        shelf::names()
    }

    /// What is worth telling of the theme itself: text that is too faint, files of the
    /// project that nothing uses.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Width of its text column in CSS pixels.
    #[must_use]
    pub fn text_width(&self) -> u32 {
        self.tokens.number("width", "text")
    }

    /// Width of the picture under the title in CSS pixels.
    #[must_use]
    pub fn hero_width(&self) -> u32 {
        self.tokens.number("width", "hero")
    }

    /// What lies between columns, in CSS pixels.
    pub(super) fn gap(&self) -> u32 {
        self.tokens.number("width", "gap")
    }

    /// The theme with the merge tags of its MJML and its components taken out into
    /// `mask`, so that they survive the way to the mail; a control becomes a comment,
    /// which no parser of HTML moves out of a table.
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
        if !self.markup().any(has_tags) {
            return Ok(Cow::Borrowed(self));
        }
        let mut masked = self.clone();
        for (file, source) in &mut masked.sources {
            if has_extension(file, &["mjml", "html"]) && has_tags(source) {
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

    /// Whether a file comes from the project.
    pub(super) fn is_own(&self, file: &str) -> bool {
        shelf::is_among(&self.files, file)
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

    /// The files merge tags may stand in.
    fn markup(&self) -> impl Iterator<Item = &Source> {
        let markup = self.sources.iter().filter(|(file, _)| has_extension(file, &["mjml", "html"]));
        markup.map(|(_, source)| source)
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
