//! The inbox in the browser: what was caught, as it came.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::carried::pictures;
use super::lines::Line;
use super::{InboxError, Maildir};
use crate::site::{self, Scheme};

/// Most mails on the list: more than anybody reads, and little enough to draw anew
/// whenever one comes.
const SHOWN: usize = 500;

/// How soon the next tick may follow one; a rehearsal brings mail by the thousand.
const BREATH: Duration = Duration::from_millis(150);

/// How often an open page looks for what other programs did to the maildir.
const GLANCE: Duration = Duration::from_millis(500);

/// What the page says around the mail.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Name of the newsletter.
    pub newsletter: String,
    /// Where mail is caught.
    pub smtp: SocketAddr,
    /// Whether the studio is served beside it and can be linked to.
    pub studio: bool,
}

struct Page {
    maildir: Maildir,
    around: Surroundings,
}

/// The pages of the inbox, all below `/inbox/`; served by [`site::serve`].
///
/// Without a studio beside it `/` leads here too.
pub fn routes(maildir: Maildir, around: Surroundings) -> Router {
    let mut routes = Router::new();
    if !around.studio {
        routes = routes.route("/", get(|| async { Redirect::temporary("/inbox/") }));
    }
    routes
        .route("/inbox", get(|| async { Redirect::permanent("/inbox/") }))
        .route("/inbox/", get(|| async { site::page(include_str!("assets/inbox.html")) }))
        .route(
            "/assets/inbox.css",
            get(|| async { site::asset(site::CSS, include_str!("assets/inbox.css")) }),
        )
        .route(
            "/assets/inbox.js",
            get(|| async { site::asset(site::JAVASCRIPT, include_str!("assets/inbox.js")) }),
        )
        .route("/inbox/api/messages", get(messages))
        .route("/inbox/api/messages/{id}", get(message))
        .route("/inbox/api/messages/{id}/seen", post(seen))
        .route("/inbox/api/messages/{id}/unseen", post(unseen))
        .route("/inbox/api/messages/{id}/delete", post(delete))
        .route("/inbox/api/events", get(events))
        .route("/inbox/mail/{id}", get(mail))
        .route("/inbox/mail/{id}/eml", get(eml))
        .with_state(Arc::new(Page { maildir, around }))
}

/// Asks the maildir off the async threads, since it reads files.
async fn ask<T: Send + 'static>(
    page: Arc<Page>,
    question: impl FnOnce(&Maildir) -> Result<T, InboxError> + Send + 'static,
) -> Result<T, Response> {
    let failed = |what: String| (StatusCode::INTERNAL_SERVER_ERROR, what).into_response();
    match tokio::task::spawn_blocking(move || question(&page.maildir)).await {
        Ok(answer) => answer.map_err(|error| failed(error.to_string())),
        Err(_) => Err(failed("reading the maildir broke off".to_owned())),
    }
}

/// Like [`ask`], for something that may be gone.
async fn ask_for<T: Send + 'static>(
    page: Arc<Page>,
    question: impl FnOnce(&Maildir) -> Result<Option<T>, InboxError> + Send + 'static,
) -> Result<T, Response> {
    let gone = || (StatusCode::NOT_FOUND, "there is no such mail any more\n").into_response();
    ask(page, question).await?.ok_or_else(gone)
}

async fn messages(State(page): State<Arc<Page>>) -> Result<Json<Value>, Response> {
    let around = page.around.clone();
    let newest = ask(page, |maildir| maildir.newest(SHOWN)).await?;
    Ok(Json(json!({
        "newsletter": around.newsletter,
        "smtp": around.smtp.to_string(),
        "studio": around.studio,
        "messages": newest.lines.iter().map(|(line, seen)| line_json(line, *seen)).collect::<Vec<_>>(),
        "more": newest.more,
        "more_unseen": newest.more_unseen,
    })))
}

async fn message(State(page): State<Arc<Page>>, Path(id): Path<String>) -> Result<Json<Value>, Response> {
    let (mail, raw) = ask_for(page, move |maildir| Ok(maildir.get(&id)?.zip(maildir.raw(&id)?))).await?;
    let mut json = line_json(&Line::from(&mail), mail.seen);
    json["return_path"] = json!(mail.return_path);
    json["has_html"] = json!(mail.html.is_some());
    json["text"] = json!(mail.text);
    json["headers"] = json!(mail.headers);
    json["raw"] = json!(String::from_utf8_lossy(&raw));
    Ok(Json(json))
}

async fn seen(State(page): State<Arc<Page>>, Path(id): Path<String>) -> Result<StatusCode, Response> {
    ask_for(page, move |maildir| Ok(maildir.mark_seen(&id)?.then_some(StatusCode::NO_CONTENT))).await
}

async fn unseen(State(page): State<Arc<Page>>, Path(id): Path<String>) -> Result<StatusCode, Response> {
    ask_for(page, move |maildir| Ok(maildir.mark_unseen(&id)?.then_some(StatusCode::NO_CONTENT))).await
}

async fn delete(State(page): State<Arc<Page>>, Path(id): Path<String>) -> Result<StatusCode, Response> {
    ask_for(page, move |maildir| Ok(maildir.delete(&id)?.then_some(StatusCode::NO_CONTENT))).await
}

#[derive(Deserialize)]
struct Look {
    #[serde(default)]
    mode: Scheme,
}

async fn mail(
    State(page): State<Arc<Page>>,
    Path(id): Path<String>,
    Query(look): Query<Look>,
) -> Result<Response, Response> {
    let found = ask_for(page, move |maildir| {
        let html = maildir.get(&id)?.and_then(|mail| mail.html);
        Ok(html.zip(maildir.raw(&id)?).map(|(html, raw)| (html, pictures(&raw))))
    });
    let (html, carried) = found.await?;
    Ok(site::mail(&html, &carried, look.mode))
}

async fn eml(State(page): State<Arc<Page>>, Path(id): Path<String>) -> Result<Response, Response> {
    let found = ask_for(page, move |maildir| Ok(maildir.get(&id)?.zip(maildir.raw(&id)?)));
    let (mail, raw) = found.await?;
    Ok(site::download(raw, &mail.subject))
}

/// Ticks when something is caught, thrown away or marked, by this program or another;
/// the first tick comes at once.
async fn events(State(page): State<Arc<Page>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut changes = page.maildir.changes();
    changes.mark_changed();
    let events = stream::unfold((page, changes, None), |(page, mut changes, told)| async move {
        if let Some(told) = told {
            tokio::time::sleep_until(told + BREATH).await;
        }
        loop {
            if let Ok(changed) = timeout(GLANCE, changes.changed()).await {
                changed.ok()?;
                break;
            }
            let maildir = page.maildir.clone();
            tokio::task::spawn_blocking(move || maildir.look_around()).await.ok()?;
        }
        let count = *changes.borrow_and_update();
        let event = Event::default().event("change").retry(site::RECONNECT).data(count.to_string());
        Some((Ok(event), (page, changes, Some(Instant::now()))))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

fn line_json(line: &Line, seen: bool) -> Value {
    json!({
        "id": line.id,
        "from": line.from,
        "to": line.to,
        "tag": line.tag,
        "subject": line.subject,
        "received_ms": line.received.as_millisecond(),
        "size": line.size,
        "preview": line.preview,
        "seen": seen,
    })
}
