//! Keeps the proofs that are on show: each is pulled once a save and a reader, and the
//! last good one stays while the article is broken.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Mutex, watch};

use super::watch::{Save, Watch};
use super::{Galley, Proof, StudioError};
use crate::problem::{Problem, Problems};

/// Most readers whose proofs are kept for one save; a few windows may be open.
const KEPT: usize = 8;

/// What there is to show for one reader.
#[derive(Clone)]
pub(super) struct Showing {
    /// The save it was rendered for.
    pub(super) version: u64,
    /// The mail, or the last one that could be rendered.
    pub(super) proof: Option<Arc<Proof>>,
    /// When that was.
    pub(super) pulled: Instant,
    /// What keeps the mail from being rendered; empty when `proof` is of this save.
    pub(super) problems: Vec<Problem>,
}

/// The proofs on show.
pub(super) struct Easel {
    galley: Arc<dyn Galley>,
    watch: Watch,
    shown: Mutex<Vec<(Option<String>, Showing)>>,
}

impl Easel {
    /// Starts watching the files of the galley.
    pub(super) async fn new(galley: Arc<dyn Galley>) -> Result<Arc<Self>, StudioError> {
        let easel = Arc::new(Self { galley, watch: Watch::new()?, shown: Mutex::default() });
        let starting = Arc::clone(&easel);
        let watching = tokio::task::spawn_blocking(move || starting.watch.only(&starting.galley.watched()));
        watching.await.map_err(|_| StudioError::BrokeOff)??;
        Ok(easel)
    }

    pub(super) fn galley(&self) -> &Arc<dyn Galley> {
        &self.galley
    }

    pub(super) fn saves(&self) -> watch::Receiver<Save> {
        self.watch.saves()
    }

    /// What to show for `reader`, rendered if it is not yet.
    pub(super) async fn showing(self: &Arc<Self>, reader: Option<String>) -> Showing {
        // Held while rendering: the page and its frame ask for the same proof at once.
        let mut shown = self.shown.lock().await;
        let version = self.saves().borrow().version;
        let of_reader = |(whose, _): &&(Option<String>, Showing)| *whose == reader;
        if let Some((_, showing)) = shown.iter().find(of_reader).filter(|(_, it)| it.version == version) {
            return showing.clone();
        }
        let last_good = shown.iter().find(of_reader).or(shown.last()).map(|(_, showing)| showing.clone());
        let showing = match self.pull(reader.clone()).await {
            Ok(proof) => Showing {
                version,
                proof: Some(Arc::new(proof)),
                pulled: Instant::now(),
                problems: Vec::new(),
            },
            Err(problems) => Showing {
                version,
                pulled: last_good.as_ref().map_or_else(Instant::now, |good| good.pulled),
                proof: last_good.and_then(|good| good.proof),
                problems: problems.into_iter().collect(),
            },
        };
        shown.retain(|(whose, _)| *whose != reader);
        if shown.len() == KEPT {
            shown.remove(0);
        }
        shown.push((reader, showing.clone()));
        showing
    }

    async fn pull(self: &Arc<Self>, reader: Option<String>) -> Result<Proof, Problems> {
        let easel = Arc::clone(self);
        let pulling = tokio::task::spawn_blocking(move || {
            let proof = easel.galley.proof(reader.as_deref());
            // A proof may be made of other files than the one before it, and a broken
            // one may wait for a file that is not there yet.
            match easel.watch.only(&easel.galley.watched()) {
                Ok(()) => proof,
                Err(error) => proof.map(|mut proof| {
                    proof.warnings.push(Problem::new(error).warning());
                    proof
                }),
            }
        });
        pulling.await.unwrap_or_else(|_| Err(Problem::new(StudioError::BrokeOff).into()))
    }
}
