//! The pages and their addresses: what each method of each does.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::audience::{Claim, EmailAddress};
use crate::pictures::Shelf;
use crate::store::{Granted, Store, Wish};

use super::desk::Desk;
use super::keys::Keys;
use super::told::Teller;
use super::{DeskError, Page, Pages, What, form};

/// How long somebody who left waits for their message that is at its final dot, so that
/// none is taken after they were told that none will be: few are there, and most relays
/// answer a dot sooner. It is looked at again soon, and then less and less often.
const AT_DOT: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(5);

/// How many look at once: the store keeps as many connections.
const LOOKING: usize = 3;

/// When whoever was told to try again should.
const RETRY_AFTER: &str = "30";

const HTML: &str = "text/html; charset=utf-8";

/// No page is for a search engine, nor for whoever else follows links by itself.
const ROBOTS: &str = "User-agent: *\nDisallow: /\n";

/// What all requests are answered from.
pub(super) struct Office {
    pages: Pages,
    store: Store,
    keys: Keys,
    desk: Desk,
    teller: Teller,
    /// How long the body of a request may take.
    patience: Duration,
    looking: Semaphore,
}

impl Office {
    pub(super) fn new(
        pages: Pages,
        (store, keys): (Store, Keys),
        desk: Desk,
        teller: Teller,
        patience: Duration,
    ) -> Self {
        Self { pages, store, keys, desk, teller, patience, looking: Semaphore::new(LOOKING) }
    }

    /// Whether links can be read and wishes are granted.
    pub(super) async fn is_well(&self) -> Result<(), DeskError> {
        self.keys.look().await?;
        self.desk.look().await
    }

    fn show(&self, status: StatusCode, page: &Page<'_>) -> Response {
        (status, [(header::CONTENT_TYPE, HTML)], self.pages.html(page)).into_response()
    }

    fn well(&self, page: &Page<'_>) -> Response {
        self.show(StatusCode::OK, page)
    }

    /// What is shown for every address that is none of ours, whatever is wrong with it.
    fn unknown(&self) -> Response {
        self.show(StatusCode::NOT_FOUND, &Page::Unknown)
    }

    /// Nothing was promised.
    fn trouble(&self, error: DeskError, since: Instant) -> Response {
        self.teller.tell(What::Trouble(error), since.elapsed());
        let mut response = self.show(StatusCode::SERVICE_UNAVAILABLE, &Page::Trouble);
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER));
        response
    }

    /// Whether a message to somebody who left is at its final dot, and stays there for
    /// as long as this waits.
    async fn may_arrive(&self, address: &EmailAddress) -> bool {
        let begun = Instant::now();
        while self.is_at_dot(address).await {
            let waited = begun.elapsed();
            if waited >= AT_DOT {
                return true;
            }
            tokio::time::sleep(LOOK.max(waited / 8)).await;
        }
        false
    }

    async fn is_at_dot(&self, address: &EmailAddress) -> bool {
        let (store, address) = (self.store.clone(), address.clone());
        let Ok(_turn) = self.looking.acquire().await else { return true };
        let looked = tokio::task::spawn_blocking(move || store.is_at_dot(&address)).await;
        // What cannot be known may be.
        !matches!(looked, Ok(Ok(false)))
    }
}

type Shared = State<Arc<Office>>;
type Token = Result<Path<String>, PathRejection>;

/// All pages, under `/` and under `base`, which begins and ends with a slash: what stands
/// before the server may cut that off or not.
pub(super) fn routes(office: Arc<Office>, base: &str) -> Router {
    let mut router = Router::new().without_v07_checks();
    let mut places = vec!["/", base];
    places.dedup();
    for place in places {
        router = router
            .route(&format!("{place}u/{{token}}"), get(ask).post(leave))
            .route(&format!("{place}r/{{token}}"), get(ask_back).post(come_back))
            .route(&format!("{place}w/{{token}}"), post(say))
            .route(&format!("{place}i/{{name}}"), get(picture))
            .route(&format!("{place}robots.txt"), get(|| async { ROBOTS }));
    }
    router
        .fallback(|State(office): Shared| async move { office.unknown() })
        .method_not_allowed_fallback(|State(office): Shared| async move {
            office.show(StatusCode::METHOD_NOT_ALLOWED, &Page::Unknown)
        })
        .with_state(office)
}

/// How long a picture may be kept by whoever got it: what lies under its name never
/// changes (RFC 8246).
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// A picture of a mail. Mail programs on the web show it on pages of their own.
async fn picture(State(office): Shared, name: Token) -> Response {
    let Ok(Path(name)) = name else { return office.unknown() };
    let shelf = Shelf::in_state(office.store.dir());
    let since = Instant::now();
    match tokio::task::spawn_blocking(move || shelf.get(&name)).await {
        Ok(Ok(Some((form, bytes)))) => {
            let headers = [
                (header::CONTENT_TYPE, form.media_type()),
                (header::CACHE_CONTROL, FOR_GOOD),
                (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
            ];
            (headers, bytes).into_response()
        }
        Ok(Ok(None)) => office.unknown(),
        _ => office.trouble(DeskError::Odd, since),
    }
}

/// What the token of an address says; one that cannot be read says nothing.
async fn claim(office: &Office, token: Token) -> Result<Option<Claim>, DeskError> {
    let Ok(Path(token)) = token else { return Ok(None) };
    office.keys.read(&token).await
}

async fn ask(State(office): Shared, token: Token) -> Response {
    let since = Instant::now();
    match claim(&office, token).await {
        Ok(Some(Claim::Leave(address))) => office.well(&Page::Ask { address: address.as_str() }),
        Ok(Some(Claim::Test(_))) => office.well(&Page::Test { pressed: false }),
        Ok(_) => office.unknown(),
        Err(error) => office.trouble(error, since),
    }
}

/// The one click of RFC 8058, and the button of the page. Whoever left before, or was
/// never on a list, is answered as everybody is.
async fn leave(State(office): Shared, token: Token, request: Request) -> Response {
    let since = Instant::now();
    let done = match claim(&office, token).await {
        Ok(Some(Claim::Leave(address))) => {
            let body = form::read(request.into_body(), office.patience).await;
            left(&office, address, &body, since).await
        }
        Ok(Some(Claim::Test(nonce))) => tested(&office, nonce, since).await,
        Ok(_) => Ok(office.unknown()),
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| office.trouble(error, since))
}

async fn left(
    office: &Office,
    address: EmailAddress,
    body: &[u8],
    since: Instant,
) -> Result<Response, DeskError> {
    let by = form::left_by(body);
    let granted = office.desk.grant(Wish::Leave { address: address.clone(), by }).await?;
    let Granted::Left { since: left, new } = granted else { return Err(DeskError::Odd) };
    let may_arrive = office.may_arrive(&address).await;
    office.teller.tell(What::Left { by, new }, since.elapsed());
    let undo = undo(office, &address, left);
    let say = office.keys.write(&Claim::Say { address: address.clone(), left });
    Ok(office.well(&Page::Left { address: address.as_str(), undo: &undo, say: &say, may_arrive }))
}

async fn tested(office: &Office, nonce: [u8; 16], since: Instant) -> Result<Response, DeskError> {
    office.desk.grant(Wish::Knock(nonce)).await?;
    office.teller.tell(What::Tested, since.elapsed());
    Ok(office.well(&Page::Test { pressed: true }))
}

async fn ask_back(State(office): Shared, token: Token) -> Response {
    let since = Instant::now();
    match claim(&office, token).await {
        Ok(Some(Claim::Return { address, .. })) => office.well(&Page::AskBack { address: address.as_str() }),
        Ok(_) => office.unknown(),
        Err(error) => office.trouble(error, since),
    }
}

async fn come_back(State(office): Shared, token: Token) -> Response {
    let since = Instant::now();
    let done = match claim(&office, token).await {
        Ok(Some(Claim::Return { address, left })) => back(&office, address, left, since).await,
        Ok(_) => Ok(office.unknown()),
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| office.trouble(error, since))
}

async fn back(
    office: &Office,
    address: EmailAddress,
    left: Timestamp,
    since: Instant,
) -> Result<Response, DeskError> {
    let granted = office.desk.grant(Wish::Return { address: address.clone(), left }).await?;
    let Granted::Returned(is_back) = granted else { return Err(DeskError::Odd) };
    office.teller.tell(What::Returned(is_back), since.elapsed());
    if !is_back {
        return Ok(office.well(&Page::NotBack));
    }
    let leave = office.keys.write(&Claim::Leave(address.clone()));
    Ok(office.well(&Page::Back { address: address.as_str(), leave: &leave }))
}

async fn say(State(office): Shared, token: Token, request: Request) -> Response {
    let since = Instant::now();
    let done = match claim(&office, token).await {
        Ok(Some(Claim::Say { address, left })) => {
            let body = form::read(request.into_body(), office.patience).await;
            said(&office, (address, left), form::said(&body), since).await
        }
        Ok(_) => Ok(office.unknown()),
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| office.trouble(error, since))
}

async fn said(
    office: &Office,
    (address, left): (EmailAddress, Timestamp),
    said: form::Said,
    since: Instant,
) -> Result<Response, DeskError> {
    let form::Said { motive, words } = said;
    let undo = undo(office, &address, left);
    office.desk.grant(Wish::Say { address, left, motive, words }).await?;
    office.teller.tell(What::Said, since.elapsed());
    Ok(office.well(&Page::Thanks { undo: &undo }))
}

/// The token that undoes a leaving.
fn undo(office: &Office, address: &EmailAddress, left: Timestamp) -> String {
    office.keys.write(&Claim::Return { address: address.clone(), left })
}
