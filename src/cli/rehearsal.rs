//! A rehearsal: a campaign with books of its own goes the whole way, and no further
//! than into an inbox on this machine.
//!
//! Its books lie in a temporary folder that is gone afterwards, so it never counts as
//! sent; the newsletter's own state says only who wants no mail.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use crate::audience::{List, SuppressionReason};
use crate::message::Secrets;
use crate::outbox::State;
use crate::press::{
    Content, News, Pacing, Plan, Prepared, Stop, Tally, Terms, Unsent, Way, run as press_run,
};
use crate::problem::{Problem, Problems};
use crate::send::Relay;
use crate::store::{CampaignState, Durability, Store, StoreError};

use super::campaign::said;
use super::context::random_key;
use super::post::{MANY, Posted, attended};
use super::signals::Signals;
use super::state::problems;
use super::{CliError, Context, pictures, plan};

/// Who wants no mail, when the newsletter has a state that knows.
pub(super) fn suppressed(context: &Context<'_>) -> Result<HashMap<String, SuppressionReason>, Problems> {
    let config = &context.config;
    match Store::open(&config.state_dir, &config.id, Durability::Process) {
        Ok(store) => store.suppressed().map_err(problems),
        Err(StoreError::Missing { .. }) => Ok(HashMap::new()),
        Err(error) => Err(problems(error)),
    }
}

/// What is to be rehearsed.
pub(super) struct Rehearsal {
    /// Who gets what.
    pub(super) plan: Plan,
    secrets: Secrets,
    key: [u8; 32],
}

impl Rehearsal {
    /// Of an article at `path`, for everybody on `list` but those who are `suppressed`.
    pub(super) fn of(
        prepared: Prepared,
        path: &Path,
        list: List,
        suppressed: &HashMap<String, SuppressionReason>,
        context: &mut Context<'_>,
    ) -> Result<Self, Problems> {
        pictures::serve(&prepared, context)?;
        let (signers, now) = (context.signers()?, context.zoned_now());
        let key = random_key()?;
        let secrets = context.trial_secrets(&key, signers)?;
        let sender = &context.config.sender;
        let plan = Plan::make(prepared, path, list, sender, suppressed, secrets.clone(), &now)?;
        Ok(Self { plan, secrets, key })
    }

    /// Sends it to `inbox` and tells how far it is.
    ///
    /// Ctrl-C and SIGTERM let what is on its way be finished; a second one does not
    /// wait.
    pub(super) async fn send(&self, inbox: &Relay, context: &mut Context<'_>) -> Result<Posted, Problems> {
        // From here on nothing ends without the folder being removed.
        let mut signals = Signals::new();
        let now = (context.now)();
        let folder = Folder::new("books", now)?;
        let store = Store::create(&folder.0.join("state"), "rehearsal", self.key, Durability::Process, now);
        let store = store.map_err(problems)?;
        let sending = Arc::new(store.sending(now).map_err(problems)?);
        let terms = Terms { rehearsal: true, ..plan::terms(context) };
        let id = self.plan.keep(&store, &terms)?;
        store.set_state(id, CampaignState::Sending, None, now).map_err(problems)?;
        let frozen = store.content(id).map_err(problems)?;
        let copies = Arc::new(Content::thaw(&frozen, self.secrets.clone())?);
        let connections = context.config.sending.connections;
        // The limits are the relay's, and it has no part in this.
        let pacing = Pacing::default();
        let way = Way { store: store.clone(), relay: inbox.clone(), connections, pacing, now: context.now };
        let of = self.plan.edition.subscribers.len();
        let step = (of / 10).max(MANY);
        let told = RefCell::new(&mut *context);
        let say = |text: String| told.borrow_mut().tell(text);
        let progress = |news| {
            if let News::Settled(done) = news
                && done.is_multiple_of(step)
                && done < of
            {
                say(format!("{done} of {of}"));
            }
        };
        let (ask, asked) = watch::channel(Stop::Never);
        let going = press_run(sending, id, copies, way, &asked, progress);
        let (run, ended) = attended(going, &mut signals, &ask, say).await;
        let run = run.map_err(problems)?;
        if let Some(why) = run.pause {
            context.tell(why);
        }
        let tally = tally(&store, id).map_err(problems)?;
        Ok(Posted::new(tally, run.stopped, ended))
    }
}

/// Where everybody is.
fn tally(store: &Store, id: crate::outbox::CampaignId) -> Result<Tally, StoreError> {
    let people = |state| -> Result<Vec<Unsent>, StoreError> {
        let people = store.deliveries(id, Some(state), usize::MAX)?;
        let unsent = people.into_iter().map(|one| Unsent {
            address: one.address.to_string(),
            reason: one.reply.as_ref().map(said).unwrap_or_default().trim_start_matches(": ").to_owned(),
        });
        Ok(unsent.collect())
    };
    let counts = store.counts(id)?;
    let number = |state| usize::try_from(counts.of(state)).unwrap_or(usize::MAX);
    Ok(Tally {
        accepted: number(State::Accepted),
        failed: people(State::Failed)?,
        deferred: people(State::Deferred)?,
        unknown: people(State::Unknown)?,
        pending: number(State::Pending),
    })
}

/// A folder for what is not needed any longer than the command lasts.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    /// One that was not there, and that nobody else can read.
    pub(super) fn new(purpose: &str, now: jiff::Timestamp) -> Result<Self, Problems> {
        let name = format!("letterpress-{purpose}-{}-{}", std::process::id(), now.as_nanosecond());
        let path = std::env::temp_dir().join(name);
        let mut builder = std::fs::DirBuilder::new();
        // Other people use the folder for temporary files too, and a folder of that
        // name would be theirs.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .map_err(|error| Problem::new(CliError::Folder { path: path.clone(), error }))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_kept_for_a_while_lies_in_a_new_folder_that_is_nobody_elses() {
        let folder = Folder::new("demo", jiff::Timestamp::UNIX_EPOCH).unwrap();
        let mode = std::fs::metadata(&folder.0).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(Folder::new("demo", jiff::Timestamp::UNIX_EPOCH).is_err());
    }
}
