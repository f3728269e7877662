//! `letterpress build --to md`: an article becomes clean Markdown.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::article::{self, Article, Format, ReadOptions};
use crate::pictures::is_local;
use crate::problem::{Problem, Problems};
use crate::tags::Mask;

use super::build::{explain, guesses, put};
use super::report::size;
use super::{CliError, Context, Exit, report};

/// Writes the article at `path` into `folder` under its own name, or prints it for `-`.
pub(super) fn run(
    path: &Path,
    folder: &Path,
    wants_guesses: bool,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let format = Format::of(path)?;
    let (mut article, warnings) = article::load(path, &ReadOptions::default())?;
    let way = if folder == Path::new("-") { None } else { Way::between(folder, path) };
    let text = written(&mut article, format, way.as_ref(), path);
    if folder == Path::new("-") {
        context.warn(&warnings);
        if wants_guesses {
            for (place, guess) in guesses(&article) {
                context.tell(format!("{}:{}: {}\n    {}", place.file, place.line, guess.what, guess.text));
            }
        }
        context.print(text.trim_end_matches('\n'))?;
        return Ok(Exit::Done);
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let target = folder.join(format!("{stem}.md"));
    // Somebody may have gone on writing in it.
    if fs::read(&target).is_ok_and(|there| there != text.as_bytes()) {
        return Err(Problem::new(CliError::InTheWay(target)).into());
    }
    put(&[(target.clone(), text.as_bytes())])?;
    if context.json {
        let mut report = json!({
            "files": [{ "path": target, "bytes": text.len() }],
            "warnings": report::json(&warnings),
        });
        if wants_guesses {
            report["guesses"] = guesses(&article).map(|(place, guess)| {
                json!({ "file": &*place.file, "line": place.line, "what": guess.what, "text": guess.text })
            }).collect();
        }
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    context.warn(&warnings);
    if wants_guesses {
        explain(&article, context)?;
    }
    context.print(format!("{} ({})", target.display(), size(text.len())))?;
    Ok(Exit::Done)
}

/// The article as Markdown whose paths lead from the new folder to where they led before.
fn written(article: &mut Article, format: Format, way: Option<&Way>, path: &Path) -> String {
    let Some(way) = way else { return article::to_markdown(article, format) };
    let mask = article.mask.clone();
    let moved = |address: &str| way.moved(address, &mask);
    if let Some(image) = &mut article.meta.image {
        image.value = moved(&image.value);
    }
    // A list may also be written as it is seen from the project, which stays.
    let folder = path.parent().unwrap_or(Path::new(""));
    if let Some(list) = article.meta.list.as_mut().filter(|list| folder.join(&list.value).is_file()) {
        list.value = moved(&list.value);
    }
    article::to_markdown_elsewhere(article, format, &moved)
}

/// How one goes from a folder back to the one an article lies in.
struct Way(Vec<String>);

impl Way {
    /// The way from `folder`, which may not be there yet; none when it is the same folder or
    /// no path leads back.
    fn between(folder: &Path, article: &Path) -> Option<Self> {
        let from = real(folder)?;
        let to = real(article.parent()?)?;
        let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
        let up = from.components().skip(shared).map(|_| Some(UP.to_owned()));
        let down = to.components().skip(shared).map(|part| part.as_os_str().to_str().map(str::to_owned));
        let way: Vec<String> = up.chain(down).collect::<Option<_>>()?;
        (!way.is_empty() && from.components().next() == to.components().next()).then_some(Self(way))
    }

    /// A path as it is written from the new folder; what is no path stays.
    fn moved(&self, address: &str, mask: &Mask) -> String {
        let trimmed = address.trim();
        if !is_local(trimmed, mask) || trimmed.starts_with(['/', '\\']) || Path::new(trimmed).is_absolute() {
            return address.to_owned();
        }
        let mut parts: Vec<&str> = self.0.iter().map(String::as_str).collect();
        let mut rest = trimmed;
        while let Some((first, after)) = rest.split_once('/') {
            match first {
                "." | "" => {}
                UP if parts.last().is_some_and(|last| *last != UP) => _ = parts.pop(),
                UP => parts.push(UP),
                _ => break,
            }
            rest = after;
        }
        parts.push(rest);
        parts.join("/")
    }
}

const UP: &str = "..";

/// The folder free of links, also when the last of it is not there yet.
fn real(folder: &Path) -> Option<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if let Ok(folder) = fs::canonicalize(folder) {
        return Some(folder);
    }
    let name = folder.file_name()?;
    Some(real(folder.parent()?)?.join(name))
}
