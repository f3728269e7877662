//! `letterpress build`: an article becomes files.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::article::{Article, Guess};
use crate::audience::{EmailAddress, List, Subscriber};
use crate::message::Purpose;
use crate::pictures::Home;
use crate::press::{self, Edition, Prepared, PressError};
use crate::problem::{Place, Problem, Problems, Span};

use super::context::random_key;
use super::report::size;
use super::{CliError, Context, Exit, export, files, pictures, report};

/// What `letterpress build` is asked for.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The article, a .md, .html or .txt file.
    pub article: PathBuf,
    /// What to write: `mail`, or `md` for the article as clean Markdown, the way it was
    /// understood.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    pub to: Output,
    /// Write the files into this folder; with `--to md`, `-` prints them. The article's
    /// pictures go into its folder `images`, where a browser that opens `email.html` finds
    /// them.
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Write the pictures into this folder instead, to be uploaded to the `assets_url` of
    /// newsletter.toml; `email.html` then shows them from there.
    #[arg(long, value_name = "DIR")]
    pub assets: Option<PathBuf>,
    /// Build the copy of this subscriber.
    #[arg(long = "as", value_name = "ADDRESS")]
    pub recipient: Option<String>,
    /// The list that subscriber is on, a CSV file.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Tell what was guessed in plain text, line by line.
    #[arg(long)]
    pub explain: bool,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What an article becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Output {
    /// The parts of a mail.
    #[default]
    Mail,
    /// Markdown.
    Md,
}

struct Build {
    article: PathBuf,
    out: PathBuf,
    assets: Option<PathBuf>,
    recipient: Option<EmailAddress>,
    list: Option<PathBuf>,
    explain: bool,
}

pub(super) fn run(args: &BuildArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = files::noted(files::article(&args.article), &mut found);
    let list = args.list.as_ref().and_then(|list| files::noted(files::list(list), &mut found));
    let recipient = args.recipient.as_ref().and_then(|text| files::noted(files::address(text), &mut found));
    let (article, _) = Problems::check(article, found)?;
    let article = article.expect("an article without problems was found");
    if args.to == Output::Md {
        let printed = args.out == Path::new("-");
        let idle = [
            ("--as", "--to md", args.recipient.is_some()),
            ("--list", "--to md", args.list.is_some()),
            ("--assets", "--to md", args.assets.is_some()),
            ("--json", "--out -", args.json && printed),
        ];
        let idle = idle.into_iter().filter(|(.., given)| *given);
        Problems::check(
            (),
            idle.map(|(flag, with, _)| Problem::new(CliError::Idle { flag, with })).collect(),
        )?;
        return export::run(&article, &args.out, args.explain, context);
    }
    let build = Build {
        article,
        out: args.out.clone(),
        assets: args.assets.clone(),
        recipient,
        list,
        explain: args.explain,
    };
    write(&build, context)
}

/// Prepares the article and writes its files.
fn write(build: &Build, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let (prepared, list) = context.prepare(&build.article, build.list.as_deref())?;
    let has_list = list.is_some();
    let placeholders: Vec<String> = press::placeholders(&prepared).into_values().collect();
    let reader = reader(build, &prepared, list)?;
    let date = context.zoned_now();
    let (key, signers) = (random_key()?, context.signers()?);
    let secrets = context.trial_secrets(&key, signers)?;
    let edition = Edition::new(prepared, &build.article, &context.config.sender, Purpose::Campaign, secrets)?;
    let assembler = edition.assembler();
    let message = assembler.assemble(&reader, &date)?;
    let prepared = &edition.prepared;
    let copy = assembler.copy(&reader);
    let (subject, html, text) = (copy.subject()?, copy.html()?, copy.text()?);
    let (plates, home) = (&prepared.plates, &context.config.home);
    let folder = build.assets.clone().unwrap_or_else(|| build.out.join("images"));
    let mut all = pictures::files(plates, &folder);
    put(&all)?;
    let page = build.out.join("email.html");
    let is_there = build.assets.is_some() && !home.is_within();
    let shown_html = if is_there || plates.is_empty() {
        html.clone()
    } else {
        folder_for(&page)?;
        pictures::shown_beside(&html, &page, &folder, plates, home)
    };
    let files = [
        (page, shown_html.as_bytes()),
        (build.out.join("email.txt"), text.as_bytes()),
        (build.out.join("email.mjml"), prepared.composed.mjml().as_bytes()),
        (build.out.join("email.eml"), message.bytes.as_slice()),
    ];
    let stands = |name: &&String| [&subject, &html, &text].iter().any(|part| part.contains(name.as_str()));
    let shown: Vec<&str> = placeholders.iter().filter(stands).map(String::as_str).collect();
    put(&files)?;
    all.splice(..0, files);
    if context.json {
        let files: Vec<_> =
            all.iter().map(|(path, bytes)| json!({ "path": path, "bytes": bytes.len() })).collect();
        let shown = plates.iter().map(|plate| pictures::as_json(plate, &folder.join(&plate.name), home));
        let mut report = json!({
            "subject": subject,
            "reader": reader.address.to_string(),
            "files": files,
            "pictures": shown.collect::<Vec<_>>(),
            "warnings": report::json(&prepared.warnings),
        });
        if build.explain {
            report["guesses"] = guesses(&prepared.article).map(|(place, guess)| {
                json!({ "file": &*place.file, "line": place.line, "what": guess.what, "text": guess.text })
            }).collect();
        }
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    context.warn(&prepared.warnings);
    if has_list {
        context.tell(format!("the copy of {}", reader.address));
    } else if !shown.is_empty() {
        context.tell(format!(
            "note: without a list, {} stands where each reader's own value will be; \
             `--list FILE` builds a real copy",
            shown.join(", ")
        ));
    }
    if edition.sender.way_out.is_some() {
        context.tell("note: the link to leave by in it is that of a test, and nobody leaves by it");
    }
    if build.explain {
        explain(&prepared.article, context)?;
    }
    for (path, bytes) in &all[..FILES] {
        context.print(format!("{} ({})", path.display(), size(bytes.len())))?;
    }
    for plate in plates.iter() {
        context.print(pictures::line(plate, &folder.join(&plate.name)))?;
    }
    if let Some(note) = note(plates.is_empty(), &context.config.home, build.assets.as_deref()) {
        context.tell(note);
    }
    Ok(Exit::Done)
}

/// Tells what was guessed, line by line.
pub(super) fn explain(article: &Article, context: &mut Context<'_>) -> Result<(), Problems> {
    if guesses(article).next().is_none() {
        context.tell("nothing had to be guessed");
    }
    for (place, guess) in guesses(article) {
        context.print(format!("{}:{}: {}\n    {}", place.file, place.line, guess.what, guess.text))?;
    }
    Ok(())
}

/// The files of the mail itself, without its pictures.
const FILES: usize = 4;

/// What is to be done about the pictures, if anything is.
fn note(has_none: bool, home: &Home, assets: Option<&Path>) -> Option<String> {
    if has_none {
        return None;
    }
    match (home, assets) {
        (Home::Uploaded(at), Some(folder)) => {
            Some(format!("note: upload what is in {} to {at} before the mail goes out", folder.display()))
        }
        (Home::Uploaded(at), None) => Some(format!(
            "note: in the mail the pictures are at {at}; `--assets DIR` writes them into a folder to be \
             uploaded there"
        )),
        (Home::Served(at), _) => Some(format!(
            "note: in the mail the pictures are at {at}; `plan` and `send` put them where `letterpress serve` \
             serves them"
        )),
        (Home::Embedded(_), _) => Some("note: `email.eml` carries the pictures, as every mail will".to_owned()),
        (Home::Unsaid(_), _) => Some(
            "note: `email.eml` carries the pictures; before the mail can go to a list, newsletter.toml has to \
             name `assets_url`, `base_url` or `embed_images`"
                .to_owned(),
        ),
    }
}

/// Makes the folder that `path` lies in.
fn folder_for(path: &Path) -> Result<(), Problem> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            Problem::new(CliError::NotAFolder(folder.to_owned()))
        }
        _ => refused(folder, error),
    })
}

fn refused(path: &Path, error: io::Error) -> Problem {
    Problem::new(CliError::Write { path: path.to_owned(), error })
}

/// Writes `files`, all of them or none: each under a name that nobody reads until all are
/// whole.
pub(super) fn put(files: &[(PathBuf, &[u8])]) -> Result<(), Problem> {
    let part = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        path.with_file_name(format!(".{name}.{}.part", std::process::id()))
    };
    for (path, _) in files {
        folder_for(path)?;
    }
    let parts = Parts(files.iter().map(|(path, _)| part(path)).collect());
    for (part, (path, bytes)) in parts.0.iter().zip(files) {
        if path.is_dir() {
            return Err(refused(path, io::ErrorKind::IsADirectory.into()));
        }
        fs::write(part, bytes).map_err(|error| refused(path, error))?;
    }
    for (part, (path, _)) in parts.0.iter().zip(files) {
        fs::rename(part, path).map_err(|error| refused(path, error))?;
    }
    Ok(())
}

/// Files on their way, gone afterwards if they did not arrive.
struct Parts(Vec<PathBuf>);

impl Drop for Parts {
    fn drop(&mut self) {
        for part in &self.0 {
            let _ = fs::remove_file(part);
        }
    }
}

/// Whose copy is built: the one asked for, the first of the list, or nobody in
/// particular.
fn reader(build: &Build, prepared: &Prepared, list: Option<List>) -> Result<Subscriber, Problems> {
    if let Some(list) = list {
        let file = list.source.name().to_owned();
        let wanted = build.recipient.as_ref().map(EmailAddress::key);
        let found = list
            .subscribers
            .into_iter()
            .find(|one| wanted.as_ref().is_none_or(|key| one.address.key() == *key));
        return found.ok_or_else(|| {
            let address = build.recipient.as_ref().map(EmailAddress::to_string).unwrap_or_default();
            Problem::new(PressError::NotOnTheList { address, list: file }).into()
        });
    }
    if build.recipient.is_some() {
        return Err(Problem::new(CliError::AsNobody(prepared.article.meta.notation)).into());
    }
    let address = EmailAddress::parse("reader@example.com").expect("the address of nobody is an address");
    let mut values = press::placeholders(prepared);
    values.insert("email".to_owned(), address.to_string());
    Ok(Subscriber { address, values, span: Span::default() })
}

pub(super) fn guesses(article: &Article) -> impl Iterator<Item = (Place, &Guess)> {
    article.guesses.iter().map(|guess| (article.source.place(guess.span), guess))
}
