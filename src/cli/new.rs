//! `letterpress new`: an article to write.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;

use crate::config::{file_name, id_of};
use crate::problem::{Problem, Problems};

use super::init::{InitError, Written};
use super::{Context, Exit};

/// What `letterpress new` is asked for.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The title of the article.
    #[arg(value_name = "TITLE")]
    pub title: String,
}

const BODY: &str = "Write here.\n";

pub(super) fn run(args: &NewArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let title = args.title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() || title.chars().any(char::is_control) {
        return Err(Problem::new(InitError::NotATitle).into());
    }
    let today = context.zoned_now().date();
    let root = context.config.root.clone();
    let stem = Some(file_name(&title)).filter(|stem| !stem.is_empty()).unwrap_or_else(|| today.to_string());
    let name = format!("articles/{stem}.md");
    let file = [(name.as_str(), article(&title, "draft", today, BODY))];
    let path = seen_from(&context.place.folder, &root.join(&name));
    Written::default().all(&root, &file).map_err(|problem| at(problem, &path))?.keep();
    context.print(path.display())?;
    context.tell(format!(
        "`letterpress preview {}` shows it while you write; `status` becomes `ready` when it may be sent",
        path.display()
    ));
    Ok(Exit::Done)
}

/// The problem with the path as the person would write it.
fn at(problem: Problem, path: &Path) -> Problem {
    match problem.condition() {
        Some(InitError::There(_)) => Problem::new(InitError::There(path.to_owned())),
        _ => problem,
    }
}

/// `path` from `folder` on, when it lies below it.
pub(super) fn seen_from(folder: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(folder).unwrap_or(path).to_owned()
}

/// The name of an article in addresses: made of its title, or of its day when the title
/// has no letters. Letters of other scripts stand there as numbers.
fn slug(title: &str, today: Date) -> String {
    Some(id_of(title)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| today.to_string())
}

/// An article with the front matter that every article has.
pub(super) fn article(title: &str, status: &str, today: Date, body: &str) -> String {
    let escaped = title.replace('\\', "\\\\").replace('"', "\\\"");
    let slug = slug(title, today);
    format!(
        "+++\ntitle = \"{escaped}\"\nslug = \"{slug}\"\ndate = {today}\nstatus = \"{status}\"\n\
         # subject = \"What the inbox shows; the title without it\"\n\
         # preheader = \"What stands beside it; the first words without it\"\n+++\n\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{Format, ReadOptions, parse};
    use crate::problem::Source;

    #[test]
    fn any_title_can_be_read_back() {
        for title in ["Hello", "The \"Proof\" \\ Sheet", "日本の紙"] {
            let text = article(title, "draft", Date::constant(2026, 11, 23), BODY);
            let source = Source::new("new.md", text);
            let (read, _) = parse(&source, Format::Markdown, &ReadOptions::default()).unwrap();
            assert_eq!(read.meta.title.unwrap().value, title);
            assert!(read.meta.date.is_some());
        }
        let today = Date::constant(2026, 11, 23);
        assert_eq!(slug("日本の紙", today), "u-65e5-672c-306e-7d19");
        assert_eq!(slug("…", today), "2026-11-23");
    }
}
