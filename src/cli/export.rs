//! `letterpress build --to md`: an article becomes clean Markdown.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::article::{self, Format, ReadOptions};
use crate::problem::{Problem, Problems};

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
    let (article, warnings) = article::load(path, &ReadOptions::default())?;
    let text = article::to_markdown(&article, format);
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
