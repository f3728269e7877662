//! The program is killed, at every point and at any moment, while the relay has its
//! moods: whatever happens, everybody is accounted for. The witness's book is the only
//! one that is believed.
//!
//! `LETTERPRESS_CRASH_SECONDS=3600 cargo test --test it crash -- --nocapture` goes on
//! for an hour and tells how often it killed. Debug builds alone have the points.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use letterpress::fault::Point;
use serde_json::Value;

use crate::support::Sandbox;
use crate::support::witness::{Manners, Random, Witness};

/// How `kill -9` ends a process.
const KILLED: Option<i32> = Some(9);

/// Tries before a campaign has to be over.
const TRIES: u32 = 14;

fn random() -> Random {
    Random(RandomState::new().build_hasher().finish() | 1)
}

/// A newsletter, its relay, and what was seen of both.
struct Trial {
    project: Sandbox,
    witness: Witness,
    people: usize,
    /// Told with every failure.
    name: String,
}

impl Trial {
    /// `people` on a list, a relay with these manners, and no state yet.
    async fn new(people: usize, manners: Manners, name: String) -> Self {
        let witness = Witness::serve(manners).await;
        let rows: Vec<String> = (0..people).map(|number| format!("reader{number}@example.com\n")).collect();
        let newsletter = format!(
            "id = \"letters\"\nname = \"Letters\"\nfrom = \"Letters <news@example.com>\"\n\
             unsubscribe_address = \"leave@example.com\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
             state_dir = \"state\"\n[relay]\nurl = \"smtp://{}\"\n",
            witness.addr
        );
        let project = Sandbox::new()
            .with("newsletter.toml", &newsletter)
            .with("october.md", "# The October letter\n\nDear reader, it rains.\n")
            .with("list.csv", &format!("email\n{}", rows.concat()));
        Self { project, witness, people, name }
    }

    /// The same with a state and a plan.
    async fn planned(people: usize, manners: Manners, name: String) -> Self {
        let trial = Self::new(people, manners, name).await;
        for line in ["state new", "plan october.md --list list.csv"] {
            trial.well(line).await;
        }
        trial
    }

    fn spawn(&self, line: &str, variables: &[(&str, &str)]) -> std::process::Child {
        let mut command = self.project.command(self.project.path(), line, variables);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    async fn run(&self, line: &str, variables: &[(&str, &str)]) -> Output {
        let child = self.spawn(line, variables);
        self.ended(child).await
    }

    /// What the child said, once it has ended; never that it is our own mistake.
    async fn ended(&self, child: std::process::Child) -> Output {
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!told.contains("panicked"), "{}: {told}", self.name);
        assert!(!matches!(output.status.code(), Some(65 | 70 | 78 | 101)), "{}: {told}", self.name);
        output
    }

    /// Runs a command that has to succeed.
    async fn well(&self, line: &str) -> Output {
        let output = self.run(line, &[]).await;
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{}: {line}: {told}", self.name);
        output
    }

    /// Runs a command that ends at `fault`, and at no other point.
    async fn killed(&self, line: &str, fault: &str) {
        let output = self.run(line, &[("LETTERPRESS_FAULT", fault)]).await;
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.signal(), KILLED, "{}: {line} with {fault}: {told}", self.name);
    }

    async fn shown(&self, campaign: &str) -> Value {
        let output = self.well(&format!("campaign show {campaign} --json")).await;
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The command that carries campaign 1 on.
    async fn next(&self) -> &'static str {
        if self.shown("1").await["state"] == "planned" { SEND } else { RESUME }
    }

    /// Carries campaign 1 on until nobody of it is left. The clock goes ahead from
    /// run to run, so that whoever was deferred is due.
    async fn finish(&self) -> Value {
        for turn in 0..TRIES {
            let ahead = (turn * 5 * 3_600).to_string();
            self.run(self.next().await, &[("LETTERPRESS_AHEAD", &ahead)]).await;
            let campaign = self.shown("1").await;
            if waiting(&campaign) == 0 {
                assert_eq!(campaign["state"], "finished", "{}: {campaign:#}", self.name);
                return campaign;
            }
        }
        panic!("{}: no end after {TRIES} runs: {:#}", self.name, self.shown("1").await);
    }

    /// Everybody is accounted for in a campaign that is over.
    async fn accounts_for(&self, campaign: &Value) {
        self.witness.is_alone().await;
        let name = &self.name;
        let all: BTreeSet<String> =
            (0..self.people).map(|number| format!("reader{number}@example.com")).collect();
        let times = self.witness.times();
        let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "{name}: mailed twice: {twice:?}");
        let taken: BTreeSet<String> = times.into_keys().collect();
        let ids: BTreeSet<String> = self.witness.taken().into_iter().map(|one| one.message_id).collect();
        assert_eq!(ids.len(), taken.len(), "{name}: two mails share a Message-ID");

        // Each is in one state, and nobody is missing.
        let [unknown, failed, suppressed] = ["unknown", "failed", "suppressed"].map(|state| {
            let found = people(campaign, state);
            assert_eq!(found.len() as u64, count(campaign, state), "{name}: {state}: {campaign:#}");
            found
        });
        let accepted = count(campaign, "accepted");
        let others = unknown.len() + failed.len() + suppressed.len();
        assert_eq!(accepted + others as u64, all.len() as u64, "{name}: {campaign:#}");
        let of_accepted: BTreeSet<String> = all
            .iter()
            .filter(|one| ![&unknown, &failed, &suppressed].iter().any(|set| set.contains(*one)))
            .cloned()
            .collect();
        assert_eq!(of_accepted.len() as u64, accepted, "{name}: somebody is in two states");

        // What is said of them is what the relay knows.
        let skipped: Vec<_> = of_accepted.difference(&taken).collect();
        assert!(skipped.is_empty(), "{name}: skipped: {skipped:?}");
        let hidden: Vec<_> =
            taken.iter().filter(|one| failed.contains(*one) || suppressed.contains(*one)).collect();
        assert!(hidden.is_empty(), "{name}: mailed, and said not to be: {hidden:?}");
        assert!(failed.is_subset(&self.witness.refused()), "{name}: failed without a refusal: {failed:?}");

        // Doubt is one for each lost connection, about those it was lost with, and
        // about everybody whose dot was taken without an answer.
        let doubts = self.witness.doubts();
        let doubtful: BTreeSet<String> = doubts.iter().flatten().cloned().collect();
        assert!(unknown.is_subset(&doubtful), "{name}: unknown without reason: {unknown:?} of {doubts:?}");
        assert!(unknown.len() <= doubts.len(), "{name}: {} unknown, {doubts:?}", unknown.len());
        for one in self.witness.taken().iter().filter(|one| !one.answered) {
            assert!(unknown.contains(&one.recipient), "{name}: not in doubt: {}", one.recipient);
        }
    }
}

/// On the list, where a test names one point.
const PEOPLE: usize = 40;

const SEND: &str = "send --plan 1 --yes --allow untested";
const RESUME: &str = "campaign resume 1";
const SKIP: &str = "campaign reconcile 1 --policy skip --yes";

fn count(campaign: &Value, state: &str) -> u64 {
    campaign["outcomes"][state].as_u64().unwrap()
}

fn waiting(campaign: &Value) -> u64 {
    ["pending", "claimed", "dot", "deferred"].map(|state| count(campaign, state)).iter().sum()
}

fn people(campaign: &Value, state: &str) -> BTreeSet<String> {
    let people = campaign["people"].as_array().unwrap().iter().filter(|one| one["state"] == state);
    people.map(|one| one["address"].as_str().unwrap().to_owned()).collect()
}

/// Kills the program while somebody decides about those in doubt.
async fn decided(told: &str, first: &str) {
    let manners = Manners { silent_every: 15, ..Manners::default() };
    let trial = Trial::planned(PEOPLE, manners, told.to_owned()).await;
    trial.run(SEND, &[]).await;
    assert_eq!(count(&trial.shown("1").await, "unknown"), 2, "{told}");
    trial.killed(SKIP, first).await;
    trial.run(SKIP, &[]).await;
    let campaign = trial.shown("1").await;
    assert_eq!([count(&campaign, "unknown"), count(&campaign, "accepted")], [0, 38], "{campaign:#}");
    assert!(trial.witness.times().values().all(|times| *times == 1), "{told}");
}

/// Kills the program while it puts those in doubt back into a campaign that is over.
async fn put_back(told: &str, first: &str) {
    let manners = Manners { silent_every: 15, ..Manners::default() };
    let trial = Trial::planned(PEOPLE, manners, told.to_owned()).await;
    trial.run(SEND, &[]).await;
    trial.killed("campaign reconcile 1 --policy resend --yes", first).await;
    let campaign = trial.shown("1").await;
    let expected = if told.starts_with("decided") { ("sending", 1, 1) } else { ("finished", 0, 2) };
    let state = campaign["state"].as_str().unwrap();
    assert_eq!((state, waiting(&campaign), count(&campaign, "unknown")), expected, "{told}: {campaign:#}");
}

/// Kills the program while a backup is brought back.
async fn restored(told: &str, first: &str) {
    let trial = Trial::planned(PEOPLE, Manners::default(), told.to_owned()).await;
    trial.well("suppress add reader3@example.com").await;
    trial.well("state backup kept").await;
    std::fs::remove_dir_all(trial.project.path().join("state")).unwrap();
    trial.killed("state restore kept", first).await;
    if told.starts_with("restore-written") {
        trial.well("state restore kept").await;
    }
    let listed = trial.well("suppress list").await;
    assert!(String::from_utf8_lossy(&listed.stdout).contains("reader3@example.com"), "{told}");
    assert_eq!(count(&trial.shown("1").await, "pending"), PEOPLE as u64, "{told}");
    assert_eq!(trial.witness.taken(), [], "{told}");
}

/// Kills the program at `point` in the command that passes it, and goes on.
async fn at(point: Point, name: &'static str, passing: u64) {
    let told = format!("{name}:{passing}");
    let fresh = || Trial::new(PEOPLE, Manners::default(), told.clone());
    let planned = || Trial::planned(PEOPLE, Manners::default(), told.clone());
    let first = format!("{name}:1");
    let trial = match point {
        Point::FoundingWritten | Point::Founded => {
            let trial = fresh().await;
            trial.killed("state new", &first).await;
            // What was made is there, and what was not can be made.
            let again = trial.run("state new", &[]).await;
            assert_eq!(again.status.success(), point == Point::FoundingWritten, "{told}");
            trial.well("plan october.md --list list.csv").await;
            trial
        }
        Point::PlanBegun | Point::PlanStride | Point::PlanWritten => {
            let trial = fresh().await;
            trial.well("state new").await;
            trial.killed("plan october.md --list list.csv", &first).await;
            let half = trial.run(SEND, &[]).await;
            assert_eq!(half.status.code(), Some(2), "{told}: half a plan was sent");
            // The next plan has a number of its own.
            let sent = trial.run("send october.md --list list.csv --yes --allow untested", &[]).await;
            assert_eq!(sent.status.code(), Some(0), "{told}: {}", String::from_utf8_lossy(&sent.stderr));
            let campaign = trial.shown("october").await;
            return trial.accounts_for(&campaign).await;
        }
        Point::Planned => {
            let trial = fresh().await;
            trial.well("state new").await;
            trial.killed("plan october.md --list list.csv", &first).await;
            trial
        }
        Point::RecoveryWritten | Point::Recovered => {
            let trial = planned().await;
            trial.killed(SEND, "dot-written:5").await;
            trial.killed(RESUME, &first).await;
            trial
        }
        Point::Releasing | Point::Released => {
            // So slow that the pause comes before the end on any machine.
            let manners = Manners { delay: Duration::from_secs(2), ..Manners::default() };
            let trial = Trial::planned(PEOPLE, manners, told.clone()).await;
            let child = trial.spawn(SEND, &[("LETTERPRESS_FAULT", &first)]);
            trial.witness.has_taken(5).await;
            trial.well("campaign pause 1").await;
            assert_eq!(trial.ended(child).await.status.signal(), KILLED, "{told}");
            trial.witness.calm();
            trial
        }
        Point::CalledOff => {
            let trial = planned().await;
            trial.killed("campaign cancel 1 --yes", &first).await;
            assert_eq!(trial.run(SEND, &[]).await.status.code(), Some(4), "{told}");
            let campaign = trial.shown("1").await;
            assert_eq!(count(&campaign, "cancelled"), PEOPLE as u64, "{told}");
            return assert_eq!(trial.witness.taken(), [], "{told}");
        }
        Point::DecisionWritten | Point::Decided => {
            decided(&told, &first).await;
            return put_back(&told, &first).await;
        }
        Point::RestoreWritten | Point::Restored => return restored(&told, &first).await,
        Point::Suppressing | Point::Suppressed => {
            let trial = planned().await;
            trial.killed("suppress add reader3@example.com", &first).await;
            if point == Point::Suppressing {
                trial.well("suppress add reader3@example.com").await;
            }
            let campaign = trial.finish().await;
            assert_eq!(count(&campaign, "suppressed"), 1, "{told}");
            assert!(!trial.witness.times().contains_key("reader3@example.com"), "{told}");
            return;
        }
        Point::LockTaken | Point::Claiming | Point::Claimed | Point::StateWritten | Point::StateChanged => {
            let trial = planned().await;
            trial.killed(SEND, &first).await;
            trial
        }
        _ => {
            let trial = planned().await;
            trial.killed(SEND, &told).await;
            trial
        }
    };
    let campaign = trial.finish().await;
    trial.accounts_for(&campaign).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_point_of_the_program_may_be_its_last() {
    let mut random = random();
    let mut trials = tokio::task::JoinSet::new();
    for (point, name) in Point::ALL {
        trials.spawn(at(point, name, 1 + random.below(8)));
        if trials.len() == 4 {
            trials.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(ended) = trials.join_next().await {
        ended.unwrap();
    }
}

/// How often the program was killed, and how many were in doubt at the end.
#[derive(Default)]
struct Score {
    campaigns: u64,
    kills: u64,
    faults: u64,
    unknown: u64,
    people: u64,
}

/// One campaign after the other until `end`, each killed again and again.
async fn rounds(mut random: Random, end: Instant) -> Score {
    let mut score = Score::default();
    // Those that a send passes.
    let points: Vec<&str> = Point::ALL
        .iter()
        .skip_while(|(point, _)| *point != Point::LockTaken)
        .map(|(_, name)| *name)
        .collect();
    while score.campaigns == 0 || Instant::now() < end {
        let seed = random.0;
        let delay = Duration::from_millis(random.below(12));
        let manners = Manners { delay, moody: Some(random.clone()), ..Manners::default() };
        let number = 100 + usize::try_from(random.below(300)).unwrap();
        let trial = Trial::planned(number, manners, format!("seed {seed}")).await;
        for _ in 0..4 + random.below(12) {
            let line = trial.next().await;
            // Some points are passed once in a run, and some for each message.
            let most = if random.below(2) == 0 { 2 } else { 30 };
            let name = points[usize::try_from(random.below(points.len() as u64)).unwrap()];
            let fault = format!("{name}:{}", 1 + random.below(most));
            let at_a_point = random.below(2) == 0;
            let variables = [("LETTERPRESS_FAULT", &*fault)];
            let mut child = trial.spawn(line, &variables[..usize::from(at_a_point)]);
            let mut left = if at_a_point { 400 } else { 10 + random.below(110) };
            while left > 0 && child.try_wait().unwrap().is_none() {
                let step = left.min(10);
                tokio::time::sleep(Duration::from_millis(step)).await;
                left -= step;
            }
            let by_itself = child.try_wait().unwrap().is_some();
            child.kill().unwrap();
            let killed = u64::from(trial.ended(child).await.status.signal() == KILLED);
            score.faults += killed * u64::from(by_itself);
            score.kills += killed;
            if waiting(&trial.shown("1").await) == 0 {
                break;
            }
        }
        trial.witness.calm();
        let campaign = trial.finish().await;
        trial.accounts_for(&campaign).await;
        score.campaigns += 1;
        score.people += number as u64;
        score.unknown += count(&campaign, "unknown");
    }
    score
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_befalls_the_program_and_its_relay_everybody_is_accounted_for() {
    #[expect(clippy::disallowed_methods, reason = "how long a test goes on is no business of the program's")]
    let seconds = std::env::var("LETTERPRESS_CRASH_SECONDS").map_or(6, |seconds| seconds.parse().unwrap());
    let mut random = random();
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..4 {
        running.spawn(rounds(Random(random.below(u64::MAX) | 1), end));
    }
    let mut score = Score::default();
    while let Some(ended) = running.join_next().await {
        let one = ended.unwrap();
        score.campaigns += one.campaigns;
        score.kills += one.kills;
        score.faults += one.faults;
        score.unknown += one.unknown;
        score.people += one.people;
    }
    println!(
        "{} kills, {} of them at a point of its own, in {} campaigns to {} people; {} unknown by name",
        score.kills, score.faults, score.campaigns, score.people, score.unknown
    );
    assert!(score.kills > 0 && score.campaigns > 0, "it was never killed");
}
