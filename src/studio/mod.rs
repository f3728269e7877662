//! The preview web app: shows a mail as one reader gets it and repaints on every save.
//!
//! What is shown comes from a [`Galley`]; the studio knows neither articles nor themes.
//! It lives on loopback, answers to its own name alone and asks nothing of the network:
//! every byte of the app is in the binary, and a mail is shown in a frame where
//! nothing runs and only pictures load.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;

use crate::problem::{Class, Condition, Problem, Problems};
use crate::site::{self, Carried};

mod easel;
mod pages;
mod roster;
mod stamp;
mod watch;

pub use roster::{Kind, Reader, Roster};

/// What proofs are pulled from: an article set in its theme, and the readers it can
/// be set for.
///
/// Only [`proof`](Galley::proof) may take its time: it is called off the async threads,
/// the others must answer at once.
pub trait Galley: Send + Sync + 'static {
    /// Renders the mail as it is on disk now, for the reader with this id or for the
    /// first one.
    ///
    /// # Errors
    ///
    /// Fails with everything that keeps the mail from being rendered.
    fn proof(&self, reader: Option<&str>) -> Result<Proof, Problems>;

    /// The readers the mail can be shown for.
    fn roster(&self) -> Arc<Roster>;

    /// The files the last proof was made of; asked again after each one.
    fn watched(&self) -> Vec<PathBuf>;
}

/// A mail as one reader gets it, in every form the studio shows.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// Title of the article.
    pub title: String,
    /// Name of the newsletter.
    pub newsletter: String,
    /// The article as the person names it.
    pub article_path: String,
    /// The From header as people read it.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// What a list of mails shows after the subject.
    pub preheader: String,
    /// The HTML part, decoded.
    pub html: String,
    /// The pictures of the mail that lie on this machine, wherever readers will get them.
    pub pictures: Vec<Carried>,
    /// The plain-text part, decoded.
    pub text: String,
    /// The theme with the article in place.
    pub mjml: String,
    /// The bytes on the wire.
    pub eml: Vec<u8>,
    /// The header fields in order.
    pub headers: Vec<(String, String)>,
    /// Bytes of the HTML part in its transfer encoding, as it counts against the
    /// length at which clients cut a mail off.
    pub html_encoded_bytes: usize,
    /// What is odd without keeping the mail from being rendered.
    pub warnings: Vec<Problem>,
    /// The reader it is for, as people call them.
    pub reader_label: String,
}

/// Why the studio cannot show a mail.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// The system does not tell us of saves.
    #[error("files cannot be watched: {0}")]
    Watch(notify::Error),
    /// The server stopped working.
    #[error("the page can no longer be served: {0}")]
    Serve(std::io::Error),
    /// Rendering broke off.
    #[error("rendering broke off without saying why")]
    BrokeOff,
}

impl Condition for StudioError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Watch(_) => {
                "too many programs may be watching files: close one, or raise fs.inotify.max_user_watches"
                    .to_owned()
            }
            Self::Serve(_) => "start `letterpress preview` again".to_owned(),
            Self::BrokeOff => {
                "this is our mistake: please report it with the article that caused it".to_owned()
            }
        })
    }

    fn class(&self) -> Class {
        match self {
            Self::Watch(_) | Self::Serve(_) => Class::Later,
            Self::BrokeOff => Class::Bug,
        }
    }
}

/// Serves the studio on `listener` until `shutdown` is done.
///
/// `inbox` is mounted beside it and linked to; it brings its own paths.
///
/// # Errors
///
/// Fails when files cannot be watched or the socket no longer works.
pub async fn serve(
    listener: TcpListener,
    galley: Arc<dyn Galley>,
    inbox: Option<Router>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StudioError> {
    let easel = easel::Easel::new(galley).await?;
    let pages = pages::routes(easel, inbox.is_some());
    let pages = inbox.into_iter().fold(pages, Router::merge);
    site::serve(listener, pages, shutdown).await.map_err(StudioError::Serve)
}
