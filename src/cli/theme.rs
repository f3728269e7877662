//! `letterpress theme`: the themes there are, and files of them to change.

use std::fs;

use clap::{Args, Subcommand};

use crate::press::{self, ThemeFile};
use crate::problem::{Problem, Problems, did_you_mean};

use super::init::{InitError, Written};
use super::{Context, Exit, new};

/// What `letterpress theme` is asked for.
#[derive(Debug, Args)]
pub struct ThemeArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: ThemeCommand,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum ThemeCommand {
    /// Tell the themes there are, or the files of one, and which of them are yours.
    List {
        /// The theme whose files are told.
        #[arg(value_name = "THEME")]
        theme: Option<String>,
    },
    /// Copy files of a theme into templates/, where they take the place of the built-in ones.
    Copy {
        /// The theme.
        #[arg(value_name = "THEME")]
        theme: String,
        /// The files, with or without their endings: `footer`, `dark.css`; without any, all
        /// that are not there yet.
        #[arg(value_name = "PART")]
        parts: Vec<String>,
    },
}

pub(super) fn run(args: &ThemeArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    match &args.what {
        ThemeCommand::List { theme: None } => list(context)?,
        ThemeCommand::List { theme: Some(theme) } => list_files(theme, context)?,
        ThemeCommand::Copy { theme, parts } => copy(theme, parts, context)?,
    }
    Ok(Exit::Done)
}

/// One theme a line: its name, and what the project has of it.
fn list(context: &mut Context<'_>) -> Result<(), Problems> {
    let root = context.config.root.clone();
    let themes = press::all_themes(&root);
    let width = longest(themes.iter().map(String::as_str));
    for theme in &themes {
        // What is wrong with one keeps nobody from the others.
        let files = files(theme, context).unwrap_or_default();
        let own: Vec<&str> = files.iter().filter(|file| file.is_own).map(|file| file.name.as_str()).collect();
        let origin = if press::themes().any(|known| known == theme) { "built in" } else { "yours" };
        let chosen = if context.config.file.is_some() && *theme == context.config.theme {
            ", this newsletter's"
        } else {
            ""
        };
        let own = match (own.len(), origin) {
            (0, _) => String::new(),
            (_, "yours") => format!(": {}", own.join(", ")),
            _ => format!(", but yours: {}", own.join(", ")),
        };
        context.print(format!("{theme:width$}  {origin}{chosen}{own}"))?;
    }
    Ok(())
}

/// One file a line: its name, and where it is if it is the project's.
fn list_files(theme: &str, context: &mut Context<'_>) -> Result<(), Problems> {
    let files = files(theme, context)?;
    let width = longest(files.iter().map(|file| file.name.as_str()));
    for file in &files {
        if !file.is_own {
            context.print(&file.name)?;
            continue;
        }
        let path = path_of(theme, &file.name, context);
        let idle = if file.is_used { "" } else { ", and nothing uses it" };
        context.print(format!("{:width$}  yours: {path}{idle}", file.name))?;
    }
    Ok(())
}

fn longest<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(str::len).max().unwrap_or_default()
}

fn copy(theme: &str, parts: &[String], context: &mut Context<'_>) -> Result<(), Problems> {
    let known = files(theme, context)?;
    let mut found = Vec::new();
    let mut chosen: Vec<&ThemeFile> = Vec::new();
    if parts.is_empty() {
        chosen.extend(known.iter().filter(|file| !file.is_own));
    }
    for part in parts {
        match choose(part, theme, &known) {
            Ok(file) if chosen.iter().all(|other| other.name != file.name) => chosen.push(file),
            Ok(_) => {}
            Err(condition) => found.push(Problem::new(condition)),
        }
    }
    let root = context.config.root.clone();
    let name_of = |file: &ThemeFile| format!("templates/{theme}/{}", file.name);
    for file in &chosen {
        // Also what is no file that can be read: a link that leads nowhere.
        if fs::symlink_metadata(root.join(name_of(file))).is_ok() {
            let path = new::seen_from(&context.place.folder, &root.join(name_of(file)));
            found.push(Problem::new(InitError::Yours(path)));
        }
    }
    Problems::check((), found)?;
    let names: Vec<String> = chosen.iter().map(|file| name_of(file)).collect();
    let texts = chosen.iter().map(|file| file.text.clone());
    let written: Vec<(&str, String)> = names.iter().map(String::as_str).zip(texts).collect();
    Written::default().all(&root, &written)?.keep();
    for file in &chosen {
        let path = path_of(theme, &file.name, context);
        context.print(path)?;
    }
    if chosen.is_empty() {
        context.tell(format!("all files of `{theme}` are yours already; none was written over"));
    } else {
        context.tell(
            "\nWhat you change there shows in `letterpress preview` at once; what you take away is \
             built in again. A file of yours no longer changes with new versions of Letterpress: \
             keep those you need.",
        );
    }
    Ok(())
}

/// A file of the project as the person would write it.
fn path_of(theme: &str, file: &str, context: &Context<'_>) -> String {
    let path = context.config.root.join("templates").join(theme).join(file);
    new::seen_from(&context.place.folder, &path).display().to_string()
}

/// The files of the theme `name` that its mails are made of, and whatever the project has.
fn files(name: &str, context: &Context<'_>) -> Result<Vec<ThemeFile>, Problems> {
    let mut files = press::theme_files(&context.config.root, name)?;
    files.retain(|file| file.is_own || file.is_used);
    Ok(files)
}

/// The file that `part` names, by its whole name or by what stands before its ending.
fn choose<'a>(part: &str, theme: &str, known: &'a [ThemeFile]) -> Result<&'a ThemeFile, InitError> {
    let stem = |file: &'a str| file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if let Some(file) = known.iter().find(|file| file.name == part) {
        return Ok(file);
    }
    let (text, theme) = (part.to_owned(), theme.to_owned());
    let meant: Vec<&ThemeFile> = known.iter().filter(|file| stem(&file.name) == part).collect();
    match meant.as_slice() {
        [file] => Ok(file),
        [] => {
            let names = known.iter().flat_map(|file| [file.name.as_str(), stem(&file.name)]);
            let near = did_you_mean(part, names).map(str::to_owned);
            Err(InitError::NoPart { text, theme, near })
        }
        several => {
            let files = several.iter().map(|file| format!("`{}`", file.name)).collect();
            Err(InitError::TwoParts { text, theme, files })
        }
    }
}
