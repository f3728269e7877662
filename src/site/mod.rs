//! What every page of ours on loopback has in common: who may ask for it, what a
//! browser may do with it, and the assets it is dressed in.

use std::future::{Future, IntoFuture as _};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use carried::with_pictures;
use scheme::shown_in;

mod carried;
mod scheme;

pub use carried::Carried;
pub use scheme::Scheme;

/// Where the stylesheet all pages share is found.
const ASSETS: [(&str, &str, &str); 2] = [
    ("/assets/base.css", CSS, include_str!("assets/base.css")),
    ("/assets/page.js", JAVASCRIPT, include_str!("assets/page.js")),
];

/// The type of a stylesheet.
pub const CSS: &str = "text/css; charset=utf-8";

/// The type of a script.
pub const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// How soon a page tries again after its server went away.
pub const RECONNECT: Duration = Duration::from_millis(700);

/// How long answers may go on after the shutdown. A browser that stalls, or a request
/// that never ends, is not waited for.
const GRACE: Duration = Duration::from_secs(3);

const HTML: &str = "text/html; charset=utf-8";

/// A page of ours: its own scripts, styles and answers, and nothing from elsewhere.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// A mail in its frame: nothing runs, nothing loads but pictures, and that holds when
/// its address is opened by itself.
const MAIL_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin",
);

/// Serves `pages` on `listener` until `shutdown` is done, then ends the event streams
/// that are still open and waits a few seconds for the other answers.
///
/// Answers only requests that name this server: a page elsewhere whose name was made
/// to point at loopback is refused, as is a form it sends here.
///
/// # Errors
///
/// Fails when the socket no longer works.
pub async fn serve(
    listener: TcpListener,
    pages: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let names = Arc::new(Names::of(listener.local_addr()?));
    let (stop, stopped) = watch::channel(false);
    let mut app = pages;
    for (path, kind, text) in ASSETS {
        app = app.route(path, get(move || async move { asset(kind, text) }));
    }
    let app = app
        .layer(middleware::map_response_with_state(stopped.clone(), end_streams_when_stopped))
        .layer(middleware::map_response(harden))
        .layer(middleware::from_fn_with_state(names, only_under_our_name));
    let mut over = stopped;
    let served = axum::serve(listener, app).with_graceful_shutdown(async move {
        shutdown.await;
        stop.send_replace(true);
    });
    let out_of_patience = async move {
        let _ = over.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = served.into_future() => served,
        () = out_of_patience => Ok(()),
    }
}

/// A page of ours.
#[must_use]
pub fn page(html: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(HTML)),
            (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        ],
        html,
    )
        .into_response()
}

/// A file a page of ours is made of.
#[must_use]
pub fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// A mail for its frame, as a client in `scheme` shows it, with the pictures that a
/// browser would not find.
#[must_use]
pub fn mail(html: &str, carried: &[Carried], scheme: Scheme) -> Response {
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(HTML)),
            (header::CONTENT_SECURITY_POLICY, MAIL_POLICY),
        ],
        with_pictures(&shown_in(html, scheme), carried),
    )
        .into_response()
}

/// A mail as a file to keep.
#[must_use]
pub fn download(eml: Vec<u8>, name: &str) -> Response {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let disposition = format!("attachment; filename=\"{safe}.eml\"");
    ([(header::CONTENT_TYPE, "message/rfc822".to_owned()), (header::CONTENT_DISPOSITION, disposition)], eml)
        .into_response()
}

/// The names a browser on this machine may know a server by (`host:port`, RFC 9110
/// §7.2).
struct Names(Vec<String>);

impl Names {
    fn of(addr: SocketAddr) -> Self {
        let ip = match addr.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let hosts = ["localhost", "127.0.0.1", "[::1]", &ip];
        let mut names: Vec<String> = hosts.iter().map(|host| format!("{host}:{}", addr.port())).collect();
        if addr.port() == 80 {
            names.extend(hosts.iter().map(|host| (*host).to_owned()));
        }
        Self(names)
    }

    fn hold(&self, host: &str) -> bool {
        self.0.iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

async fn only_under_our_name(State(names): State<Arc<Names>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let ours = text(headers, header::HOST).is_some_and(|host| names.hold(host));
    if !ours {
        return (StatusCode::FORBIDDEN, "this server answers to localhost alone\n").into_response();
    }
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let from_us = match text(headers, header::ORIGIN) {
        Some(origin) => origin.strip_prefix("http://").is_some_and(|host| names.hold(host)),
        // Browsers name the origin of everything that changes something; what comes
        // without one is a program of the person's own.
        None => !headers.contains_key(header::ORIGIN),
    };
    if changes && !from_us {
        return (StatusCode::FORBIDDEN, "only this server's own pages may ask for that\n").into_response();
    }
    next.run(request).await
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// An event stream has no end of its own, and a server waits for its answers to end.
async fn end_streams_when_stopped(
    State(mut stopped): State<watch::Receiver<bool>>,
    response: Response,
) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return response;
    }
    response.map(|body| {
        let stop = Box::pin(async move { stopped.wait_for(|stopped| *stopped).await.is_ok() });
        Body::from_stream(body.into_data_stream().take_until(stop))
    })
}
