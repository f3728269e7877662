//! What the studio's page asks for.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::easel::{Easel, Showing};
use super::{Proof, Reader, Roster};
use crate::problem::{Place, Problem, Severity};
use crate::site::{self, Scheme};

/// The studio's own routes. `inbox` says whether there is one to link to.
pub(super) fn routes(easel: Arc<Easel>, inbox: bool) -> Router {
    Router::new()
        .route("/", get(|| async { site::page(include_str!("assets/studio.html")) }))
        .route(
            "/assets/studio.css",
            get(|| async { site::asset(site::CSS, include_str!("assets/studio.css")) }),
        )
        .route(
            "/assets/studio.js",
            get(|| async { site::asset(site::JAVASCRIPT, include_str!("assets/studio.js")) }),
        )
        .route(
            "/assets/card.js",
            get(|| async { site::asset(site::JAVASCRIPT, include_str!("assets/card.js")) }),
        )
        .route("/api/proof", get(move |easel, asked| proof(easel, asked, inbox)))
        .route("/api/readers", get(readers))
        .route("/api/events", get(events))
        .route("/mail", get(mail))
        .route("/mail.eml", get(eml))
        .with_state(easel)
}

#[derive(Deserialize)]
struct Asked {
    reader: Option<String>,
    #[serde(default)]
    mode: Scheme,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    find: String,
}

/// The readers; the galley may know nobody before its first proof has been pulled.
async fn roster(easel: &Arc<Easel>) -> Arc<Roster> {
    let roster = easel.galley().roster();
    if roster.get(None).is_some() {
        return roster;
    }
    easel.showing(None).await;
    easel.galley().roster()
}

async fn showing(easel: &Arc<Easel>, reader: Option<String>) -> Showing {
    // An address from an old window may name somebody who has left the list.
    let roster = roster(easel).await;
    let reader = roster.get(reader.as_deref()).or_else(|| roster.get(None)).map(|reader| reader.id.clone());
    easel.showing(reader).await
}

async fn proof(State(easel): State<Arc<Easel>>, Query(asked): Query<Asked>, inbox: bool) -> Json<Value> {
    let showing = showing(&easel, asked.reader.clone()).await;
    let roster = easel.galley().roster();
    let reader = roster.get(asked.reader.as_deref()).or_else(|| roster.get(None));
    Json(json!({
        "version": showing.version,
        "age_ms": showing.pulled.elapsed().as_millis(),
        "reader": reader.map(reader_json),
        "watched": easel.galley().watched().len(),
        "inbox": inbox,
        "problems": showing.problems.iter().map(problem_json).collect::<Vec<_>>(),
        "proof": showing.proof.as_deref().map(proof_json),
    }))
}

async fn readers(State(easel): State<Arc<Easel>>, Query(search): Query<Search>) -> Json<Value> {
    let roster = roster(&easel).await;
    let found: Vec<Value> = roster.find(&search.find).into_iter().map(reader_json).collect();
    Json(json!({ "rows": roster.rows(), "found": found }))
}

async fn mail(State(easel): State<Arc<Easel>>, Query(asked): Query<Asked>) -> Response {
    match showing(&easel, asked.reader).await.proof {
        Some(proof) => site::mail(&proof.html, &proof.pictures, asked.mode),
        None => (StatusCode::NOT_FOUND, "nothing has been rendered yet\n").into_response(),
    }
}

async fn eml(State(easel): State<Arc<Easel>>, Query(asked): Query<Asked>) -> Response {
    match showing(&easel, asked.reader).await.proof {
        Some(proof) => site::download(proof.eml.clone(), &proof.title),
        None => (StatusCode::NOT_FOUND, "nothing has been rendered yet\n").into_response(),
    }
}

/// Tells of every save. The first event says which save the server knows, so that a
/// page that comes back can see what it missed.
async fn events(State(easel): State<Arc<Easel>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut saves = easel.saves();
    saves.mark_changed();
    let events = stream::unfold(saves, |mut saves| async move {
        saves.changed().await.ok()?;
        let save = *saves.borrow_and_update();
        let waited = save.noticed.elapsed().as_millis();
        let data = json!({ "version": save.version, "waited_ms": waited }).to_string();
        Some((Ok(Event::default().event("save").retry(site::RECONNECT).data(data)), saves))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

fn reader_json(reader: &Reader) -> Value {
    json!({ "id": reader.id, "label": reader.label, "detail": reader.detail, "kind": reader.kind })
}

fn proof_json(proof: &Proof) -> Value {
    json!({
        "title": proof.title,
        "newsletter": proof.newsletter,
        "article_path": proof.article_path,
        "from": proof.from,
        "subject": proof.subject,
        "preheader": proof.preheader,
        "html": proof.html,
        "text": proof.text,
        "mjml": proof.mjml,
        "raw": String::from_utf8_lossy(&proof.eml),
        "headers": proof.headers,
        "html_encoded_bytes": proof.html_encoded_bytes,
        "text_bytes": proof.text.len(),
        "raw_bytes": proof.eml.len(),
        "reader_label": proof.reader_label,
        "warnings": proof.warnings.iter().map(problem_json).collect::<Vec<_>>(),
    })
}

fn problem_json(problem: &Problem) -> Value {
    json!({
        "severity": match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        },
        "message": problem.message(),
        "hint": problem.hint(),
        "notes": problem.notes(),
        "place": problem.place.as_ref().map(place_json),
    })
}

/// The excerpt comes in three pieces: a script counts in other units than bytes.
fn place_json(place: &Place) -> Value {
    let piece = |range: std::ops::Range<usize>| place.excerpt.get(range).unwrap_or_default();
    json!({
        "at": place.to_string(),
        "file": &*place.file,
        "line": place.line,
        "before": piece(0..place.mark.start),
        "marked": piece(place.mark.clone()),
        "after": piece(place.mark.end..place.excerpt.len()),
    })
}
