//! `letterpress test`: one message to named people.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::audience::EmailAddress;
use crate::config::RelaySettings;
use crate::message::Purpose;
use crate::press::{self, Content, Edition};
use crate::problem::{Problem, Problems};

use super::context::random_key;
use super::serving::Catching;
use super::state::open;
use super::{Context, Exit, files, pictures, post, serving};

/// What `letterpress test` is asked for.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// The article, a .md, .html or .txt file.
    pub article: PathBuf,
    /// Who gets it.
    #[arg(long, value_name = "ADDRESS", required = true, num_args = 1.., value_delimiter = ',')]
    pub to: Vec<String>,
    /// Take the values of merge tags from the first person on this list, a CSV file.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
}

struct Test {
    article: PathBuf,
    to: Vec<EmailAddress>,
    list: Option<PathBuf>,
}

pub(super) fn run(args: &TestArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = files::noted(files::article(&args.article), &mut found);
    let to = args.to.iter().filter_map(|text| files::noted(files::address(text), &mut found)).collect();
    let list = args.list.as_ref().and_then(|path| files::noted(files::list(path), &mut found));
    let (article, _) = Problems::check(article, found)?;
    let article = article.expect("an article without problems was found");
    send(Test { article, to, list }, context)
}

/// Sends the marked message, to the relay or into the inbox on this machine.
fn send(test: Test, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let (prepared, list) = context.prepare(&test.article, test.list.as_deref())?;
    context.warn(&prepared.warnings);
    pictures::serve(&prepared, context)?;
    let values = match &list {
        Some(list) => list.subscribers.first().map(|first| first.values.clone()).unwrap_or_default(),
        None => press::placeholders(&prepared),
    };
    let date = context.zoned_now();
    let (key, signers) = (random_key()?, context.signers()?);
    let secrets = context.trial_secrets(&key, signers)?;
    let edition = Edition::new(prepared, &test.article, &context.config.sender, Purpose::Test, secrets)?;
    let content_hash = Content::of(&edition, "").fingerprint();
    let edition = Arc::new(edition.for_people(test.to, &values, &date)?);
    let relay = context.config.relay.as_ref().map(RelaySettings::resolve).transpose()?;
    let dir = context.config.inbox.dir.clone();
    let posted = serving::runtime()?.block_on(async {
        if let Some(relay) = &relay {
            return Ok::<_, Problems>(post::post(Arc::clone(&edition), relay, &date, context).await);
        }
        let catching = Catching::start(&dir, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), context.now).await?;
        let inbox = post::inbox_at(catching.inbox.smtp_addr());
        let posted = post::post(Arc::clone(&edition), &inbox, &date, context).await;
        catching.end().await;
        Ok(posted)
    })?;
    let by = relay.as_ref().map_or("the inbox on this machine".to_owned(), ToString::to_string);
    posted.conclude(context, &by);
    if posted.tally.accepted > 0 {
        note(&content_hash, context);
    }
    if relay.is_none() {
        context.tell("no relay is configured, so nothing left this machine; `letterpress inbox` shows it");
    }
    Ok(match posted.exit() {
        // Each of a few people was named, so one who was refused is to be looked at.
        Exit::Done | Exit::Later if !posted.tally.failed.is_empty() => Exit::Unsettled,
        exit => exit,
    })
}

/// Has the state know that somebody was sent this content, when there is one: `send`
/// asks for that. The inbox on this machine counts as well: what the check wants is
/// that the mail was there to be looked at as it is now.
fn note(content_hash: &str, context: &mut Context<'_>) {
    let Ok(store) = open(context) else { return };
    if let Err(error) = store.note_tested(content_hash, (context.now)()) {
        // The test was sent all the same.
        context.warn(&[Problem::new(error).warning()]);
    }
}
