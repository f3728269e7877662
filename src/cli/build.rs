//! `letterpress build`: an article becomes files.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use serde_json::json;

use crate::article::{Article, Guess};
use crate::audience::{EmailAddress, List, Subscriber};
use crate::message::Purpose;
use crate::press::{self, Edition, Prepared, PressError};
use crate::problem::{Place, Problem, Problems, Span};

use super::context::random_key;
use super::{CliError, Context, Exit, files, report};

/// What `letterpress build` is asked for.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The article, a .md, .html or .txt file.
    pub article: PathBuf,
    /// Write the files into this folder.
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
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

struct Build {
    article: PathBuf,
    out: PathBuf,
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
    let build = Build {
        article: article.expect("an article without problems was found"),
        out: args.out.clone(),
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
    let files = [
        ("email.html", html.as_bytes()),
        ("email.txt", text.as_bytes()),
        ("email.mjml", prepared.composed.mjml().as_bytes()),
        ("email.eml", &message.bytes),
    ];
    let stands = |name: &&String| [&subject, &html, &text].iter().any(|part| part.contains(name.as_str()));
    let shown: Vec<&str> = placeholders.iter().filter(stands).map(String::as_str).collect();
    put(&build.out, &files)?;
    if context.json {
        let files = files.map(|(name, bytes)| json!({ "path": build.out.join(name), "bytes": bytes.len() }));
        let mut report = json!({
            "subject": subject,
            "reader": reader.address.to_string(),
            "files": files,
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
        let told = guesses(&prepared.article).count();
        for (place, guess) in guesses(&prepared.article) {
            context.print(format!("{}:{}: {}\n    {}", place.file, place.line, guess.what, guess.text))?;
        }
        if told == 0 {
            context.tell("nothing had to be guessed");
        }
    }
    for (name, bytes) in files {
        context.print(format!("{} ({})", build.out.join(name).display(), size(bytes.len())))?;
    }
    Ok(Exit::Done)
}

/// Writes `files` into `folder`, all of them or none: each under a name that nobody
/// reads until all are whole.
fn put(folder: &Path, files: &[(&str, &[u8])]) -> Result<(), Problem> {
    let refused =
        |path: &Path, error: io::Error| Problem::new(CliError::Write { path: path.to_owned(), error });
    fs::create_dir_all(folder).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            Problem::new(CliError::NotAFolder(folder.to_owned()))
        }
        _ => refused(folder, error),
    })?;
    let parts = Parts(
        files.iter().map(|(name, _)| folder.join(format!(".{name}.{}.part", std::process::id()))).collect(),
    );
    for (part, (name, bytes)) in parts.0.iter().zip(files) {
        let path = folder.join(name);
        if path.is_dir() {
            return Err(refused(&path, io::ErrorKind::IsADirectory.into()));
        }
        fs::write(part, bytes).map_err(|error| refused(&path, error))?;
    }
    for (part, (name, _)) in parts.0.iter().zip(files) {
        let path = folder.join(name);
        fs::rename(part, &path).map_err(|error| refused(&path, error))?;
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

fn guesses(article: &Article) -> impl Iterator<Item = (Place, &Guess)> {
    article.guesses.iter().map(|guess| (article.source.place(guess.span), guess))
}

/// A size as people read it; a kilobyte is 1,000 bytes.
fn size(bytes: usize) -> String {
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100)
}
