//! Whatever a relay does, at every step of a conversation, everybody is accounted for.
//!
//! A campaign of [`PEOPLE`] goes out by `press::run` with deadlines of its own and is
//! carried on, hours later as the clock of these tests has it, until nobody waits any
//! more. Then the relay's book and the store have to agree on every single person.

mod begins;
mod natures;
mod steps;
mod tls;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jiff::Timestamp;
use letterpress::audience::{List, Mailbox, csv};
use letterpress::message::{BaseUrl, Key, Links, Secrets, Sender, WayOut};
use letterpress::outbox::{CampaignId, State};
use letterpress::press::{self, Content, Pacing, Plan, Prepared, Stop, Terms, Way};
use letterpress::send::{Deadlines, Relay};
use letterpress::store::{CampaignState, Durability, Store};

use crate::support::unruly::{Answer, Nature, Unruly};
use crate::support::{self, relay};

/// How many people a campaign has.
const PEOPLE: usize = 24;

/// How many connections it may use.
const CONNECTIONS: usize = 3;

/// How long a relay thinks that is slow, and is waited for.
const SLOW: Duration = Duration::from_millis(40);

/// The deadline of a step that is never answered; much longer than any answer takes
/// that does come.
const DEADLINE: Duration = Duration::from_secs(1);

/// The clock of one run after the other.
const CLOCKS: [fn() -> Timestamp; 6] = [first, first, || hours(8), || hours(16), || hours(24), || hours(32)];

fn first() -> Timestamp {
    hours(0)
}

fn hours(count: i64) -> Timestamp {
    let begin: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    begin.checked_add(jiff::SignedDuration::from_hours(count)).unwrap()
}

static PREPARED: LazyLock<Prepared> =
    LazyLock::new(|| support::prepared("Letters", "# October\n\nDear {{ subscriber.name }}, it rains.\n"));

/// A list on which nobody shares a provider with somebody else.
fn list() -> String {
    let rows = (0..PEOPLE).map(|number| format!("reader{number}@d{number}.test,Reader {number}\n"));
    format!("email,name\n{}", rows.collect::<Vec<_>>().concat())
}

/// The people on it.
fn people() -> List {
    csv::parse("list.csv", list().as_bytes()).unwrap()
}

/// What one run came to.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// Nobody is left.
    Finished,
    /// Somebody waits for a later time.
    Waits,
    /// It could not go on, for this reason and with these notes.
    Stopped(String),
    /// A person has to look at it, for this reason.
    Paused(String),
}

impl End {
    fn why(&self) -> &str {
        match self {
            Self::Stopped(why) | Self::Paused(why) => why,
            Self::Finished | Self::Waits => "",
        }
    }
}

/// What the messages of a campaign are made with.
fn secrets(store: &Store) -> Secrets {
    let tokens = store.tokens("letters").unwrap();
    Secrets { key: Key::new(store.key()), tokens, links: Links::Live, signers: Vec::new().into() }
}

/// A planned campaign.
struct Campaign {
    store: Store,
    id: CampaignId,
    _folder: tempfile::TempDir,
}

impl Campaign {
    fn to(list: List) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("state");
        let store = Store::create(&dir, "letters", [7; 32], Durability::Process, first()).unwrap();
        let sender = Sender {
            from: Mailbox::parse("Letters <news@example.com>").unwrap(),
            reply_to: None,
            return_path: None,
            list_label: "letters".to_owned(),
            list_name: "Letters".to_owned(),
            way_out: Some(WayOut {
                base_url: Some(BaseUrl::parse("https://news.example.com/").unwrap()),
                address: None,
            }),
        };
        let now = first().to_zoned(jiff::tz::TimeZone::UTC);
        let secrets = secrets(&store);
        let path = Path::new("october.md");
        let terms = Terms { rehearsal: false, due: None, lasts: jiff::SignedDuration::from_hours(72) };
        let plan = Plan::make(PREPARED.clone(), path, list, &sender, &HashMap::new(), secrets, &now).unwrap();
        let id = plan.keep(&store, &terms).unwrap();
        store.set_state(id, CampaignState::Sending, None, first()).unwrap();
        Self { store, id, _folder: folder }
    }

    /// Runs it once.
    async fn run(&self, relay: &Relay, now: fn() -> Timestamp) -> End {
        let sending = Arc::new(self.store.sending(now()).unwrap());
        let content = self.store.content(self.id).unwrap();
        let copies = Content::thaw(&content, secrets(&self.store)).unwrap();
        let way = Way {
            store: self.store.clone(),
            relay: relay.clone(),
            connections: CONNECTIONS,
            // The clock stands still: no wait of a run would see its end.
            pacing: Pacing { patience: Duration::ZERO, ..Pacing::default() },
            now,
        };
        let (_never, stop) = tokio::sync::watch::channel(Stop::Never);
        let run = press::run(sending, self.id, Arc::new(copies), way, &stop, |_| {}).await.unwrap();
        if run.later.is_some() {
            return End::Waits;
        }
        if let Some(problems) = run.stopped {
            let told =
                problems.iter().map(|problem| format!("{} {}", problem.message(), problem.notes().join(" ")));
            return End::Stopped(told.collect::<Vec<_>>().join("; "));
        }
        match run.pause {
            Some(why) => End::Paused(why),
            None if self.store.counts(self.id).unwrap().unfinished() == 0 => End::Finished,
            None => End::Waits,
        }
    }

    /// Runs it, and carries it on until nobody waits any more.
    async fn run_to_the_end(&self, relay: &Relay) -> Vec<End> {
        let mut ends = Vec::new();
        for now in CLOCKS {
            // Somebody resumes what was paused.
            self.store.set_state(self.id, CampaignState::Sending, None, now()).unwrap();
            ends.push(self.run(relay, now).await);
            if self.store.counts(self.id).unwrap().unfinished() == 0 {
                break;
            }
        }
        ends
    }

    /// Everybody and their state.
    fn states(&self) -> BTreeMap<String, State> {
        let deliveries = self.store.deliveries(self.id, None, usize::MAX).unwrap();
        deliveries.into_iter().map(|one| (one.address.to_string(), one.state)).collect()
    }

    /// Whoever is in `state`.
    fn in_state(&self, state: State) -> BTreeSet<String> {
        self.states().into_iter().filter(|(_, its)| *its == state).map(|(address, _)| address).collect()
    }

    /// Holds what the store says of everybody against the relay's book.
    fn is_as_the_relay_says(&self, server: &Unruly) {
        let dots = server.dots();
        for (address, state) in self.states() {
            let dots = dots.get(&address).map(Vec::as_slice).unwrap_or_default();
            let (last, before) = dots.split_last().map_or((None, dots), |(last, rest)| (Some(*last), rest));
            assert!(
                before.iter().all(|answer| *answer == Answer::Later),
                "{address} was offered again after {before:?}"
            );
            let expected: &[State] = match last {
                Some(Answer::Taken) => &[State::Accepted],
                Some(Answer::Nothing) => &[State::Unknown],
                Some(Answer::Never) => &[State::Failed],
                Some(Answer::Later) => &[State::Deferred, State::Expired],
                None => &[State::Pending, State::Failed, State::Suppressed, State::Deferred, State::Expired],
            };
            assert!(expected.contains(&state), "{address} is {state:?} after {dots:?}");
        }
    }
}

/// A relay at `server` that is waited for as long as it takes.
fn patient(server: &Unruly) -> Relay {
    relay(server.addr)
}

/// The same, with a short deadline at every step: for one that never answers.
fn impatient(server: &Unruly) -> Relay {
    let patient = relay(server.addr);
    let deadlines = Deadlines { command: DEADLINE, data: DEADLINE, dot: DEADLINE, ..patient.deadlines };
    Relay { deadlines, ..patient }
}

/// Sends a campaign to a relay of this nature, to its end.
async fn sent_to(nature: Nature) -> (Campaign, Unruly, Vec<End>) {
    let server = Unruly::serve(nature).await;
    let campaign = Campaign::to(people());
    let ends = campaign.run_to_the_end(&patient(&server)).await;
    campaign.is_as_the_relay_says(&server);
    (campaign, server, ends)
}
