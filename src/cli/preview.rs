//! `letterpress preview`: the studio.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use clap::Args;
use jiff::tz::TimeZone;

use crate::article::ReadOptions;
use crate::audience::{self, Subscriber};
use crate::config::Config;
use crate::inbox::page;
use crate::message::{Purpose, Secrets};
use crate::pictures::Darkroom;
use crate::press::{self, Edition, Prepared};
use crate::problem::{Problem, Problems, Span};
use crate::studio::{self, Galley, Proof, Roster};

use super::check::told;
use super::context::{ConfigPlace, random_key, workshop};
use super::serving::{Catching, Studio};
use super::{CliError, Context, Exit, files, serving};

/// What `letterpress preview` is asked for.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// The article; the one that was changed last when absent.
    pub article: Option<PathBuf>,
    /// Show the copies of the people on this list, a CSV file.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Serve at this port of this machine; 0 picks a free one.
    #[arg(long)]
    pub port: Option<u16>,
}

struct Preview {
    article: Option<PathBuf>,
    list: Option<PathBuf>,
    address: SocketAddr,
    port: Option<u16>,
}

pub(super) fn run(args: &PreviewArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = args.article.as_ref().and_then(|path| files::noted(files::article(path), &mut found));
    let list = args.list.as_ref().and_then(|path| files::noted(files::list(path), &mut found));
    let (address, port) = (context.config.inbox.http, args.port);
    let (preview, _) = Problems::check(Preview { article, list, address, port }, found)?;
    serve(preview, context)
}

/// Serves the studio until Ctrl-C.
fn serve(preview: Preview, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let article = match preview.article {
        Some(article) => article,
        None => files::latest_article(&context.place.folder)?,
    };
    let bench = Bench {
        article,
        list: preview.list,
        place: context.place.clone(),
        secrets: context.trial_secrets(&random_key()?, Arc::default())?,
        now: context.now,
        darkroom: std::mem::take(&mut context.darkroom),
        seen: Mutex::default(),
    };
    serving::run(async |enough| {
        let listener = match preview.port {
            Some(port) => serving::listen(SocketAddr::new(preview.address.ip(), port)).await?,
            None => serving::listen_near(preview.address).await?,
        };
        let address = listener.local_addr().map_err(|error| Problem::new(CliError::Start(error)))?;
        // What tests and rehearsals leave on this machine is shown beside the article.
        let port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let catching = Catching::start(&context.config.inbox.dir, port, context.now).await?;
        let around = catching.surroundings(&context.config, Studio::Beside);
        let inbox = page::routes(catching.inbox.maildir(), around);
        context.tell(format!("{} is shown at http://{address}/ (Ctrl-C ends it)", bench.article.display()));
        studio::serve(listener, Arc::new(bench), Some(inbox), enough.said()).await.map_err(Problem::new)?;
        catching.end().await;
        Ok(Exit::Done)
    })
}

/// The article under work: read again, with its theme, its list and the
/// configuration, each time it is looked at.
struct Bench {
    article: PathBuf,
    list: Option<PathBuf>,
    place: ConfigPlace,
    secrets: Secrets,
    now: fn() -> jiff::Timestamp,
    /// Pictures do not change while words do.
    darkroom: Darkroom,
    seen: Mutex<Seen>,
}

/// What the last look found.
#[derive(Default)]
struct Seen {
    roster: Arc<Roster>,
    list: Option<ReadList>,
    watched: Vec<PathBuf>,
}

/// A list as it was when it was last read: a long one is not read at every save.
struct ReadList {
    path: PathBuf,
    changed: Option<SystemTime>,
    columns: Vec<String>,
    warnings: Vec<Problem>,
}

impl Bench {
    /// The list of the article, if it has one, and the roster made of it.
    fn look_at_list(&self, seen: &mut Seen, prepared: &Prepared, config: &Config) -> Result<(), Problems> {
        let Some(path) =
            files::list_of(self.list.as_deref(), &prepared.article, &self.article, &config.root)?
        else {
            seen.list = None;
            let address = "reader@example.com".to_owned();
            let mut values = press::placeholders(prepared);
            values.insert("email".to_owned(), address.clone());
            seen.roster = Arc::new(Roster::new([(address, values)]));
            return Ok(());
        };
        if !seen.watched.contains(&path) {
            seen.watched.push(path.clone());
        }
        let changed = std::fs::metadata(&path).and_then(|data| data.modified()).ok();
        if seen.list.as_ref().is_some_and(|list| list.path == path && list.changed == changed) {
            return Ok(());
        }
        let list = audience::csv::load(&path)?;
        let rows = list.subscribers.into_iter().map(|one| (one.address.to_string(), one.values));
        seen.roster = Arc::new(Roster::new(rows));
        seen.list = Some(ReadList { path, changed, columns: list.columns, warnings: list.warnings });
        Ok(())
    }
}

impl Galley for Bench {
    fn proof(&self, reader: Option<&str>) -> Result<Proof, Problems> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let config = self.place.read()?;
        for path in config.file.iter().chain([&self.article]) {
            if !seen.watched.contains(path) {
                seen.watched.push(path.clone());
            }
        }
        let workshop = workshop(&config, &self.darkroom);
        let prepared = press::prepare(&self.article, &workshop, &ReadOptions::default())?;
        seen.watched = config.file.iter().chain(&prepared.files).cloned().collect();
        self.look_at_list(&mut seen, &prepared, &config)?;
        let mut warnings = prepared.warnings.clone();
        if let Some(list) = &seen.list {
            Problems::check((), prepared.composed.check_fields(&list.columns))?;
            warnings.extend(list.warnings.iter().cloned());
        }
        let has_list = seen.list.is_some();
        let reader = seen.roster.get(reader).or(seen.roster.get(None)).cloned();
        let roster = Arc::clone(&seen.roster);
        drop(seen);
        let reader = reader.or_else(|| roster.find("").first().map(|reader| (*reader).clone()));
        let reader = reader.ok_or_else(|| Problem::new(CliError::NoArticle(self.article.clone())))?;
        let address = files::address(&reader.address)?;
        let date = (self.now)().to_zoned(TimeZone::system());
        let edition =
            Edition::new(prepared, &self.article, &config.sender, Purpose::Campaign, self.secrets.clone())?;
        let subscriber = Subscriber { address, values: reader.values, span: Span::default() };
        warnings.extend(edition.prepared.composed.foot_flaws());
        warnings.extend(edition.prepared.picture_flaws());
        warnings.extend(edition.lint(&config.lint, Some(&subscriber).filter(|_| has_list)));
        let assembler = edition.assembler();
        let message = assembler.assemble(&subscriber, &date)?;
        let copy = assembler.copy(&subscriber);
        let mut encoded = Vec::new();
        copy.print_html(&mut encoded)?;
        let title = edition.prepared.article.meta.title.as_ref().map(|title| title.value.clone());
        let sender = &edition.sender.from;
        Ok(Proof {
            title: edition.prepared.article.mask.restore(&title.unwrap_or_default()),
            newsletter: config.newsletter.name.clone(),
            article_path: self.article.display().to_string(),
            from: if sender.name.is_empty() { sender.address.to_string() } else { sender.name.clone() },
            subject: copy.subject()?,
            preheader: copy.preheader()?.unwrap_or_default(),
            html: copy.html()?,
            pictures: edition.prepared.carried_pictures(),
            text: copy.text()?,
            mjml: edition.prepared.composed.mjml().to_owned(),
            headers: message.headers(),
            eml: message.bytes,
            html_encoded_bytes: encoded.len(),
            warnings: told(warnings, &config.lint.off),
            reader_label: reader.label,
        })
    }

    fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.seen.lock().unwrap_or_else(PoisonError::into_inner).roster)
    }

    fn watched(&self) -> Vec<PathBuf> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.watched.is_empty() { vec![self.article.clone()] } else { seen.watched.clone() }
    }
}
