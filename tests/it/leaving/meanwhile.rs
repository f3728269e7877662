//! People leave while they are being mailed: whoever was told that they left before
//! their mail's final dot gets none.
//!
//! `LETTERPRESS_LEAVING_PEOPLE=20000 cargo test --test it leaving::meanwhile -- --nocapture`
//! has a campaign of so many, and tells how long those who left waited; so does
//! `cargo test --release`, without being asked.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use letterpress::audience::{Mailbox, csv};
use letterpress::message::{BaseUrl, Key, Links, Secrets, Sender, WayOut};
use letterpress::outbox::{CampaignId, State};
use letterpress::press::{self, Content, Pacing, Plan, Stop, Terms, Way};
use letterpress::store::CampaignState;

use super::*;
use crate::support::witness::{Manners, Witness};
use crate::support::{self, relay};

/// How many a campaign goes to, unless it is said otherwise.
const PEOPLE: usize = if cfg!(debug_assertions) { 5_000 } else { 20_000 };

/// How many of them leave while it goes.
const LEAVERS: usize = 300;

/// How many of these ask at once.
const TOGETHER: usize = 4;

/// How far behind the last that was mailed they are: from those who are next, or at
/// their dot already, to those who have a while yet.
const AHEAD: [usize; 10] = [2, 6, 10, 14, 20, 30, 45, 90, 200, 400];

/// How long the relay thinks about each mail, and over how many connections it goes.
const DELAY: Duration = Duration::from_millis(20);
const CONNECTIONS: usize = 20;

/// The slowest of a hundred answers to those who leave; without optimising it may be
/// three times that.
const SLOWEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 450 } else { 150 });

fn noon() -> jiff::Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

/// A campaign that was begun.
pub(super) struct Campaign {
    store: Store,
    id: CampaignId,
}

impl Campaign {
    pub(super) fn to(store: Store, people: &[String]) -> Self {
        let prepared = support::prepared("The Letter", "# October\n\nDear reader, it rains.\n");
        let base_url = BaseUrl::parse("https://example.com/news/").unwrap();
        let sender = Sender {
            from: Mailbox::parse("The Letter <news@example.com>").unwrap(),
            reply_to: None,
            return_path: None,
            list_label: LIST.to_owned(),
            list_name: "The Letter".to_owned(),
            way_out: Some(WayOut { base_url: Some(base_url), address: None }),
        };
        let list = csv::parse("list.csv", format!("email\n{}\n", people.join("\n")).as_bytes()).unwrap();
        let now = noon().to_zoned(jiff::tz::TimeZone::UTC);
        let terms = Terms { rehearsal: false, due: None, lasts: jiff::SignedDuration::from_hours(72) };
        let path = Path::new("october.md");
        let plan = Plan::make(prepared, path, list, &sender, &HashMap::new(), secrets(&store), &now).unwrap();
        let id = plan.keep(&store, &terms).unwrap();
        store.set_state(id, CampaignState::Sending, None, noon()).unwrap();
        Self { store, id }
    }

    /// Sends it to the relay at `address`, to its end.
    pub(super) async fn run(&self, address: SocketAddr, connections: usize) {
        let sending = Arc::new(self.store.sending(noon()).unwrap());
        let content = self.store.content(self.id).unwrap();
        let copies = Content::thaw(&content, secrets(&self.store)).unwrap();
        let (store, relay) = (self.store.clone(), relay(address));
        let pacing = Pacing { patience: Duration::ZERO, ..Pacing::default() };
        let way = Way { store, relay, connections, pacing, now: noon };
        let (_never, stop) = tokio::sync::watch::channel(Stop::Never);
        let run = press::run(sending, self.id, Arc::new(copies), way, &stop, |_| {}).await.unwrap();
        assert!(run.stopped.is_none() && run.pause.is_none() && run.later.is_none(), "{run:?}");
    }
}

fn secrets(store: &Store) -> Secrets {
    let tokens = store.tokens(LIST).unwrap();
    Secrets { key: Key::new(store.key()), tokens, links: Links::Live, signers: Vec::new().into() }
}

fn person(number: usize) -> String {
    format!("reader{number:05}@example.com")
}

/// One who leaves: when they asked and when they were told.
struct Leaver {
    address: String,
    asked: Instant,
    told: Instant,
}

/// Asks for everybody who is named to it, and tells how that went.
fn ask(server: SocketAddr, tokens: &Tokens, named: &std::sync::Mutex<mpsc::Receiver<usize>>) -> Vec<Leaver> {
    let mut told = Vec::new();
    let mut call = Call::to(server);
    loop {
        let Ok(number) = named.lock().unwrap().recv() else { return told };
        let address = person(number);
        let token = tokens.write(&Claim::Leave(EmailAddress::parse(&address).unwrap()));
        let asked = Instant::now();
        call.ask("POST", &format!("/u/{token}"), &[], b"List-Unsubscribe=One-Click");
        let answer = call.answer("POST");
        let leaver = Leaver { address, asked, told: Instant::now() };
        assert_eq!(answer.status, 200, "{}", answer.body);
        told.push(leaver);
    }
}

#[test]
fn whoever_leaves_while_their_mail_is_at_its_dot_is_told_so_after_it() {
    const MAY_ARRIVE: &str = "may still arrive";
    let serving = Serving::start();
    Campaign::to(serving.store(), &[1, 2].map(|number| reader(number).to_string()));
    let database = rusqlite::Connection::open(serving.sandbox.path().join("state/state.db")).unwrap();
    let dot = "UPDATE delivery SET state = ?1 WHERE address = ?2";
    let put = |number: usize, state: State| {
        assert_eq!(database.execute(dot, (state as u8, reader(number).as_str())).unwrap(), 1);
    };
    put(1, State::Dot);
    let mut waits = Call::to(serving.readers);
    waits.ask("POST", &serving.link(1), &[], b"List-Unsubscribe=One-Click");
    waits.stream.get_ref().set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(waits.try_answer("POST").is_none(), "the mail is at its dot");
    // Nobody else waits for it.
    assert!(!serving.one_click(&serving.link(2)).body.contains(MAY_ARRIVE));
    put(1, State::Accepted);
    waits.stream.get_ref().set_read_timeout(Some(LONG)).unwrap();
    let answer = waits.answer("POST");
    assert!(answer.status == 200 && !answer.body.contains(MAY_ARRIVE), "{}", answer.body);
    put(2, State::Dot);
    let late = serving.one_click(&serving.link(2));
    assert!(late.status == 200 && late.body.contains(MAY_ARRIVE), "{}", late.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_mailed_who_was_told_before_that_they_left_and_all_are_told_soon() {
    #[expect(clippy::disallowed_methods, reason = "how large a test is is no business of the program's")]
    let people = std::env::var("LETTERPRESS_LEAVING_PEOPLE").map_or(PEOPLE, |people| people.parse().unwrap());
    let witness = Arc::new(Witness::serve(Manners { delay: DELAY, ..Manners::default() }).await);
    let serving = Serving::start();
    let store = Store::open(&serving.sandbox.path().join("state"), LIST, Durability::Power).unwrap();
    let campaign = Campaign::to(store.clone(), &(0..people).map(person).collect::<Vec<_>>());
    let (name, named) = mpsc::channel();
    let named = Arc::new(std::sync::Mutex::new(named));
    let asking: Vec<_> = (0..TOGETHER)
        .map(|_| {
            let (server, tokens, named) = (serving.readers, serving.tokens(), Arc::clone(&named));
            std::thread::spawn(move || ask(server, &tokens, &named))
        })
        .collect();
    let watched = Arc::clone(&witness);
    let leaving = tokio::spawn(async move {
        let mut gone = HashSet::new();
        for turn in 0..LEAVERS {
            watched.has_taken(1 + turn * (people - 1_000) / LEAVERS).await;
            let count = watched.count();
            let passed = gone.iter().filter(|number| **number < count).count();
            let mut number = count + passed + AHEAD[turn % AHEAD.len()];
            while !gone.insert(number) {
                number += 1;
            }
            name.send(number).unwrap();
        }
    });
    let begun = Instant::now();
    campaign.run(witness.addr, CONNECTIONS).await;
    let took = begun.elapsed();
    leaving.await.unwrap();
    let join = || asking.into_iter().flat_map(|one| one.join().unwrap()).collect::<Vec<Leaver>>();
    let leavers = tokio::task::spawn_blocking(join).await.unwrap();
    assert_eq!(leavers.len(), LEAVERS);

    let dots: BTreeMap<String, Instant> =
        witness.taken().into_iter().map(|taken| (taken.recipient, taken.dot)).collect();
    let broken: Vec<&str> = leavers
        .iter()
        .filter(|leaver| dots.get(&leaver.address).is_some_and(|dot| *dot > leaver.told))
        .map(|leaver| leaver.address.as_str())
        .collect();
    let crossed = leavers.iter().filter(|leaver| dots.contains_key(&leaver.address)).count();
    let mut waits: Vec<Duration> = leavers.iter().map(|leaver| leaver.told - leaver.asked).collect();
    waits.sort();
    let (half, most) = (waits[LEAVERS / 2], waits[LEAVERS * 99 / 100]);
    println!(
        "{people} people in {took:.1?} over {CONNECTIONS} connections to a relay that thinks {DELAY:?}; \
         {LEAVERS} left, {TOGETHER} at once: p50 {half:.1?}, p99 {most:.1?}, longest {:.1?}; \
         {crossed} had their mail before they were told, {} after",
        waits[LEAVERS - 1],
        broken.len()
    );
    assert!(broken.is_empty(), "mailed after they were told that they left: {broken:?}");
    let counts = store.counts(campaign.id).unwrap();
    let [accepted, suppressed] = [State::Accepted, State::Suppressed].map(|state| counts.of(state));
    assert_eq!(accepted + suppressed, people as u64, "{counts:?}");
    assert_eq!([accepted, suppressed], [dots.len() as u64, (LEAVERS - crossed) as u64]);
    assert!(crossed < LEAVERS / 2, "hardly anybody left in time: {crossed} were mailed before");
    assert!(most <= SLOWEST, "p99 {most:?}");
}
