//! What it costs to keep account of a message that is sent: its claim, the intent on
//! disk before its final dot, and its outcome, without any network.
//!
//! `cargo bench --bench journal`. The state lies under `target/`, on a real disk.
#![expect(clippy::print_stdout, reason = "a bench tells what it found")]

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use letterpress::audience::EmailAddress;
use letterpress::outbox::{CampaignId, Step};
use letterpress::store::{
    CampaignState, Claimed, Durability, Intent, NewCampaign, NewDelivery, ReplyRecord, Sending, Settled,
    Store,
};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// How many people there are in each run.
const PEOPLE: u32 = 20_000;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    println!("{PEOPLE} people; one message, per kind of commit and number of connections");
    for (durability, word) in [(Durability::Power, "power-safe"), (Durability::Process, "process-safe")] {
        for connections in [1, 10, 50] {
            let dir = folder.join(format!("journal-{word}-{connections}"));
            // What a run before this one has left.
            let _ = std::fs::remove_dir_all(&dir);
            let found = runtime.block_on(run(&dir, durability, connections));
            println!("{word}, {connections:>2} connections: {found}");
            std::fs::remove_dir_all(&dir).expect("what was made can be removed");
        }
    }
}

/// One campaign, as if its relay had answered at once.
async fn run(dir: &Path, durability: Durability, connections: usize) -> String {
    let now = Timestamp::UNIX_EPOCH;
    let store = Store::create(dir, "bench", [7; 32], durability, now).expect("the folder can be written");
    let campaign = NewCampaign {
        slug: "bench".to_owned(),
        subject: "A letter".to_owned(),
        list: "list".to_owned(),
        content: "{}".to_owned(),
        content_hash: "bench".to_owned(),
        rehearsal: false,
        due: None,
        lasts: SignedDuration::from_hours(72),
        planned: now,
    };
    let people = (0..PEOPLE).map(|number| NewDelivery {
        address: EmailAddress::parse(&format!("reader{number}@d{}.test", number % 50)).expect("an address"),
        values: format!("{{\"first_name\":\"Reader {number}\",\"plan\":\"pro\",\"city\":\"Hebden\"}}"),
    });
    let id = store.plan(&campaign, people, &[]).expect("it can be planned");
    assert!(store.set_state(id, CampaignState::Sending, None, now).expect("it can be begun"));
    let sending = Arc::new(store.sending(now).expect("nobody else sends"));
    let waiting = Arc::new(Mutex::new(VecDeque::new()));
    let (began, busy, before) = (Instant::now(), processor_time(), sending.transactions());
    let mut lanes = JoinSet::new();
    for _ in 0..connections {
        lanes.spawn(lane(Arc::clone(&sending), id, Arc::clone(&waiting)));
    }
    let mut sent = 0;
    while let Some(lane) = lanes.join_next().await {
        sent += lane.expect("no lane panics");
    }
    assert_eq!(sent, PEOPLE, "everybody was sent to");
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(PEOPLE);
    let transactions = u32::try_from(sending.transactions() - before).map_or(f64::NAN, f64::from);
    format!(
        "{:.1} µs, {:.1} µs of processor time, {:.3} transactions",
        each(began.elapsed()),
        each(processor_time().saturating_sub(busy)),
        transactions / f64::from(PEOPLE)
    )
}

async fn lane(sending: Arc<Sending>, id: CampaignId, waiting: Arc<Mutex<VecDeque<Claimed>>>) -> u32 {
    let now = Timestamp::UNIX_EPOCH;
    let mut settled = None;
    let mut sent = 0;
    loop {
        let next = {
            let mut waiting = waiting.lock().await;
            if waiting.is_empty() {
                waiting.extend(sending.claim(id, 200, now).await.expect("the store works"));
            }
            waiting.pop_front()
        };
        let intent = sending.commit(settled.take(), next.as_ref().map(|next| next.id), now).await;
        let Some(next) = next else { return sent };
        assert!(matches!(intent.expect("the store works"), Some(Intent::Permit(_))), "nothing forbids it");
        let reply =
            ReplyRecord { phase: "dot".to_owned(), code: 250, text: "2.0.0 queued as 4bXyZ12345".to_owned() };
        settled = Some(Settled {
            id: next.id,
            step: Step::Accept,
            reply: Some(reply),
            next_at: None,
            dead: false,
            by_policy: false,
        });
        sent += 1;
    }
}

/// The processor time this process has taken so far.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // User and system time, in hundredths of a second on every Linux.
    Duration::from_millis(
        10 * fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>(),
    )
}
