//! `letterpress init`: a folder in which a newsletter is written.

mod error;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;

use crate::audience::Mailbox;
use crate::config::{FILE_NAME, Starter, id_for, is_label, label};
use crate::press;
use crate::problem::{Problem, Problems, did_you_mean};

use super::{CliError, Context, Exit};

pub(super) use error::InitError;

/// What `letterpress init` is asked for.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder; it is made when it is not there.
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// What the newsletter is called; made of the folder's name without it.
    #[arg(long)]
    pub name: Option<String>,
    /// Who this newsletter is, for good: lower-case letters, digits and hyphens.
    #[arg(long)]
    pub id: Option<String>,
    /// Who the mail is from, as `Name <address>` or an address.
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// How it looks.
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
}

/// What the newsletter is begun with.
#[derive(Debug)]
struct Begun {
    id: String,
    name: String,
    from: Mailbox,
    theme: String,
}

const ARTICLE: &str = "articles/hello.md";
const LIST: &str = "subscribers.example.csv";
const IGNORED: &str = ".gitignore";

/// What must not get into a repository.
const TO_IGNORE: &str = "\
# What `letterpress build` writes.
/out/
# The state, the inbox and their keys, where they lie in this folder.
/state/
/inbox/
# People's addresses; the example is nobody's.
*.csv
!subscribers.example.csv
# Passwords and keys.
*.pem
*.key
.env
smtp-password
";

pub(super) fn run(args: &InitArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let folder = context.place.folder.join(&args.folder);
    // What stands in the way is told before anybody is asked for anything.
    let clashes = clashes(&folder, &args.folder);
    Problems::check((), clashes)?;
    let begun = asked(args, &folder, context)?;
    let today = context.zoned_now().date();
    let starter =
        Starter { id: &begun.id, name: &begun.name, from: &begun.from.to_string(), theme: &begun.theme };
    let ignored = folder.join(IGNORED).exists();
    let mut files = vec![
        (FILE_NAME, starter.text()),
        (ARTICLE, super::new::article("Hello", "ready", today, include_str!("hello.md"))),
        (LIST, include_str!("../../subscribers.example.csv").to_owned()),
    ];
    if !ignored {
        files.push((IGNORED, TO_IGNORE.to_owned()));
    }
    let written = Written::default().all(&folder, &files)?;
    for (name, _) in &files {
        context.print(below(&args.folder, name).display())?;
    }
    written.keep();
    if ignored {
        let lines: Vec<&str> = TO_IGNORE.lines().filter(|line| !line.starts_with('#')).collect();
        context.tell(format!(
            "note: `{IGNORED}` was there already and stays as it is; these belong into it: {}",
            lines.join(" ")
        ));
    }
    tell_next(args, &begun, context);
    Ok(Exit::Done)
}

fn tell_next(args: &InitArgs, begun: &Begun, context: &mut Context<'_>) {
    context.tell(format!("\n`{}` is begun. Next:\n", begun.name));
    if args.folder != Path::new(".") {
        context.tell(format!("  cd {}", quoted(&args.folder.display().to_string())));
    }
    context.tell(format!("  letterpress preview {ARTICLE} --list {LIST}"));
    context.tell(format!("  letterpress demo --article {ARTICLE}"));
    context.tell("  letterpress new \"The first issue\"");
    context.tell(format!(
        "\nBefore you send, write your own `from`, `unsubscribe_address` and `postal_address` \
         into {FILE_NAME}: they are examples."
    ));
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./~+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A file of the folder as the person would write it.
fn below(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    path.strip_prefix(".").map(Path::to_owned).unwrap_or(path)
}

/// Everything that stands where a file would be written.
fn clashes(folder: &Path, named: &Path) -> Vec<Problem> {
    if folder.exists() && !folder.is_dir() {
        return vec![Problem::new(InitError::There(named.to_owned()))];
    }
    let there = |name: &&str| fs::symlink_metadata(folder.join(name)).is_ok();
    let mut clashes: Vec<Problem> = [FILE_NAME, ARTICLE, LIST]
        .iter()
        .filter(|name| there(name))
        .map(|name| Problem::new(InitError::There(below(named, name))))
        .collect();
    let articles = folder.join("articles");
    if articles.exists() && !articles.is_dir() {
        clashes.push(Problem::new(InitError::There(below(named, "articles"))));
    }
    clashes
}

/// What the flags say, what a person answers, and what can be told from the folder.
fn asked(args: &InitArgs, folder: &Path, context: &mut Context<'_>) -> Result<Begun, Problems> {
    let mut found = Vec::new();
    let from = args.from.as_deref().and_then(|text| match mailbox(text) {
        Ok(from) => Some(from),
        Err(problem) => {
            found.push(problem);
            None
        }
    });
    found.extend(args.theme.as_deref().and_then(|theme| unknown(folder, theme)));
    found.extend(args.id.as_deref().filter(|id| !is_label(id)).map(not_an_id));
    if let Some(name) = &args.name
        && let Err(problem) = one_line(name)
    {
        found.push(problem);
    }
    Problems::check((), found)?;
    let told = args.name.clone().map(|name| name.trim().to_owned());
    let name = match told {
        Some(name) => name,
        None => ask(context, "What is the newsletter called?", &named_after(folder), one_line)?,
    };
    let id = args.id.clone().unwrap_or_else(|| id_for(&name));
    let from = match from {
        Some(from) => from,
        None => ask(context, "Which address is it from?", "news@example.com", mailbox)?,
    };
    let from = if from.name.is_empty() { Mailbox { name: sender(&name), ..from } } else { from };
    let known: Vec<&str> = press::themes().collect();
    let question = format!("How should it look: {}?", known.join(", "));
    let theme_of = |text: &str| unknown(folder, text).map_or_else(|| Ok(text.to_owned()), Err);
    let theme = match &args.theme {
        Some(theme) => theme.clone(),
        None => ask(context, &question, known[0], theme_of)?,
    };
    Ok(Begun { id, name, from, theme })
}

/// Asks until the answer is one, when a person is there; else takes `otherwise`.
fn ask<T>(
    context: &mut Context<'_>,
    question: &str,
    otherwise: &str,
    read: impl Fn(&str) -> Result<T, Problem>,
) -> Result<T, Problems> {
    if !context.in_is_terminal {
        return read(otherwise).map_err(Problems::from);
    }
    loop {
        let _ = write!(context.err, "{question} [{otherwise}] ");
        let _ = context.err.flush();
        let mut answer = String::new();
        let length = context
            .input
            .read_line(&mut answer)
            .map_err(|error| Problems::from(Problem::new(CliError::Input(error))))?;
        if length == 0 {
            // The line stays without its end when nothing is typed.
            context.tell("");
            return read(otherwise).map_err(Problems::from);
        }
        let answer = answer.trim();
        match read(if answer.is_empty() { otherwise } else { answer }) {
            Ok(value) => return Ok(value),
            Err(problem) => context.warn(&[problem]),
        }
    }
}

fn mailbox(text: &str) -> Result<Mailbox, Problem> {
    Mailbox::parse(text).map_err(|why| Problem::new(CliError::NotAnAddress { text: text.to_owned(), why }))
}

fn one_line(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Problem::new(InitError::NotAName));
    }
    Ok(name.to_owned())
}

fn not_an_id(id: &str) -> Problem {
    let near = Some(label(id)).filter(|near| !near.is_empty());
    Problem::new(InitError::NotAnId { text: id.to_owned(), near })
}

/// The problem with a theme that there is none of: it may be built in, or lie in the
/// folder already.
fn unknown(folder: &Path, theme: &str) -> Option<Problem> {
    let known: Vec<String> = press::themes().map(str::to_owned).collect();
    if press::is_theme(folder, theme) {
        return None;
    }
    let near = did_you_mean(theme, known.iter().map(String::as_str)).map(str::to_owned);
    Some(Problem::new(InitError::NoTheme { text: theme.to_owned(), near, known }))
}

/// The newsletter's name as that of a sender, in which brackets and quotes mean something.
fn sender(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '<' | '>' | '"')).collect::<String>().trim().to_owned()
}

/// `print-shop` is `Print Shop`.
fn named_after(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    };
    let name = words.filter_map(capital).collect::<Vec<_>>().join(" ");
    if name.is_empty() { "My newsletter".to_owned() } else { name }
}

/// Files that were made, and are taken away again unless all of them were.
#[derive(Debug, Default)]
pub(super) struct Written(Vec<PathBuf>);

impl Written {
    /// Writes all `files` into `folder`, or none.
    ///
    /// # Errors
    ///
    /// Fails when one cannot be written, or was made by somebody else meanwhile.
    pub(super) fn all(mut self, folder: &Path, files: &[(&str, String)]) -> Result<Self, Problem> {
        for (name, text) in files {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)
                    .map_err(|error| Problem::new(CliError::Write { path: parent.to_owned(), error }))?;
            }
            self.create(&path, text).map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => Problem::new(InitError::There(path.clone())),
                _ => Problem::new(CliError::Write { path: path.clone(), error }),
            })?;
        }
        Ok(self)
    }

    fn create(&mut self, path: &Path, text: &str) -> io::Result<()> {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
        self.0.push(path.to_owned());
        file.write_all(text.as_bytes())
    }

    /// Leaves them where they are.
    pub(super) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newsletter_is_named_after_its_folder() {
        assert_eq!(named_after(Path::new("/nowhere/print-shop_2")), "Print Shop 2");
        assert_eq!(named_after(Path::new("/nowhere/...")), "My newsletter");
    }

    #[test]
    fn a_folder_is_written_as_a_shell_takes_it() {
        assert_eq!(quoted("a/b-c"), "a/b-c");
        assert_eq!(quoted("my shop's"), "'my shop'\\''s'");
    }

    #[test]
    fn files_that_are_not_all_written_are_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b"), "mine").unwrap();
        let files = [("a", "1".to_owned()), ("b", "2".to_owned())];
        assert!(Written::default().all(folder.path(), &files).is_err());
        assert!(!folder.path().join("a").exists());
        assert_eq!(fs::read_to_string(folder.path().join("b")).unwrap(), "mine");
    }
}
