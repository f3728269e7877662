//! Whether all is well, for whoever watches over the server.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::time::timeout;

use super::routes::Office;

/// How soon a reader's wish has to be granted for all to be well.
const SOON: Duration = Duration::from_secs(2);

/// `/healthz`, and nothing else.
pub(super) fn routes(office: Arc<Office>) -> Router {
    let nothing = || async { (StatusCode::NOT_FOUND, "there is nothing but /healthz here\n") };
    Router::new().route("/healthz", get(health)).fallback(nothing).with_state(office)
}

async fn health(State(office): State<Arc<Office>>) -> Response {
    let reason = match timeout(SOON, office.is_well()).await {
        Ok(Ok(())) => return "ok\n".into_response(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("the state could not be written within {} seconds", SOON.as_secs()),
    };
    (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response()
}
