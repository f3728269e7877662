//! Keeps the proofs that are on show: each is pulled once a save and a reader, and the
//! last good one stays while the article is broken.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Mutex, watch};

use super::stamp::Stamps;
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
    shown: Mutex<Shown>,
}

/// What was rendered last.
#[derive(Default)]
struct Shown {
    /// For which save, and from which files as they were.
    last: Option<(u64, Stamps)>,
    proofs: Vec<(Option<String>, Showing)>,
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
    ///
    /// Looks at the files themselves: a save that nobody was told of is found out here,
    /// and then everybody is told.
    pub(super) async fn showing(self: &Arc<Self>, reader: Option<String>) -> Showing {
        // Held while rendering: the page and its frame ask for the same proof at once.
        let mut shown = self.shown.lock().await;
        let easel = Arc::clone(self);
        let looking = tokio::task::spawn_blocking(move || Stamps::of(&easel.galley.watched()));
        let stamps = looking.await.unwrap_or_default();
        let mut version = self.saves().borrow().version;
        if shown.last.as_ref().is_some_and(|(of, then)| *of == version && *then != stamps) {
            self.watch.announce();
            version = self.saves().borrow().version;
        }
        let of_reader = |(whose, _): &&(Option<String>, Showing)| *whose == reader;
        let own = shown.proofs.iter().find(of_reader).map(|(_, showing)| showing.clone());
        if let Some(showing) = own.as_ref().filter(|showing| showing.version == version) {
            return showing.clone();
        }
        let (result, stamps) = self.pull(reader.clone(), stamps).await;
        let showing = match result {
            Ok(proof) => Showing {
                version,
                proof: Some(Arc::new(proof)),
                pulled: Instant::now(),
                problems: Vec::new(),
            },
            Err(problems) => Showing {
                version,
                pulled: own.as_ref().map_or_else(Instant::now, |good| good.pulled),
                // Another reader's mail would be shown under the name of this one.
                proof: own.and_then(|good| good.proof),
                problems: problems.into_iter().collect(),
            },
        };
        shown.last = Some((version, stamps));
        shown.proofs.retain(|(whose, _)| *whose != reader);
        if shown.proofs.len() == KEPT {
            shown.proofs.remove(0);
        }
        shown.proofs.push((reader, showing.clone()));
        showing
    }

    /// Renders, and says which files that was made of: as they were in `before`, so
    /// that what is saved meanwhile counts as a save.
    async fn pull(
        self: &Arc<Self>,
        reader: Option<String>,
        before: Stamps,
    ) -> (Result<Proof, Problems>, Stamps) {
        let easel = Arc::clone(self);
        let known = before.clone();
        let pulling = tokio::task::spawn_blocking(move || {
            let proof = easel.galley.proof(reader.as_deref());
            // A proof may be made of other files than the one before it, and a broken
            // one may wait for a file that is not there yet.
            let files = easel.galley.watched();
            let watching = easel.watch.only(&files);
            let now = Stamps::of(&files);
            let then = now.clone().put_back_to(&known);
            if then != now {
                easel.watch.announce();
            }
            let proof = match watching {
                Ok(()) => proof,
                Err(error) => proof.map(|mut proof| {
                    proof.warnings.push(Problem::new(error).warning());
                    proof
                }),
            };
            (proof, then)
        });
        let broke_off = |_| (Err(Problem::new(StudioError::BrokeOff).into()), before);
        pulling.await.unwrap_or_else(broke_off)
    }
}
