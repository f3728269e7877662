//! The inbox in the browser: what was caught, as it came.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caught, InboxError, Maildir};
use crate::site::{self, Scheme};

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
    let all = ask(page, Maildir::list).await?;
    Ok(Json(json!({
        "newsletter": around.newsletter,
        "smtp": around.smtp.to_string(),
        "studio": around.studio,
        "messages": all.iter().map(line_json).collect::<Vec<_>>(),
    })))
}

async fn message(State(page): State<Arc<Page>>, Path(id): Path<String>) -> Result<Json<Value>, Response> {
    let (mail, raw) = ask_for(page, move |maildir| Ok(maildir.get(&id)?.zip(maildir.raw(&id)?))).await?;
    let mut json = line_json(&mail);
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
    let html = ask_for(page, move |maildir| Ok(maildir.get(&id)?.and_then(|mail| mail.html))).await?;
    Ok(site::mail(&html, look.mode))
}

async fn eml(State(page): State<Arc<Page>>, Path(id): Path<String>) -> Result<Response, Response> {
    let found = ask_for(page, move |maildir| Ok(maildir.get(&id)?.zip(maildir.raw(&id)?)));
    let (mail, raw) = found.await?;
    Ok(site::download(raw, &mail.subject))
}

/// Ticks when something is caught, thrown away or marked; the first tick comes at once.
async fn events(State(page): State<Arc<Page>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut changes = page.maildir.changes();
    changes.mark_changed();
    let events = stream::unfold(changes, |mut changes| async move {
        changes.changed().await.ok()?;
        let count = *changes.borrow_and_update();
        Some((Ok(Event::default().event("change").retry(site::RECONNECT).data(count.to_string())), changes))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

fn line_json(mail: &Caught) -> Value {
    let (tag, subject) = tag(mail);
    json!({
        "id": mail.id,
        "from": mail.from,
        "to": mail.to,
        "tag": tag,
        "subject": subject,
        "received_ms": mail.received.as_millisecond(),
        "size": mail.size,
        "preview": mail.preview,
        "seen": mail.seen,
    })
}

/// What kind of mail it says it is, and its subject without saying so.
fn tag(mail: &Caught) -> (Option<&'static str>, &str) {
    let rehearsal = |(name, _): &(String, String)| name.eq_ignore_ascii_case("x-letterpress-rehearsal");
    if let Some(subject) = mail.subject.strip_prefix("[Test]") {
        (Some("Test"), subject.trim_start())
    } else if mail.headers.iter().any(rehearsal) {
        (Some("Rehearsal"), &mail.subject)
    } else {
        (None, &mail.subject)
    }
}
