//! `letterpress tick`: whatever is due goes on; for cron, every minute.
//!
//! One line an event, and nothing when nothing is due. What goes well is data, on
//! standard output; what somebody has to know is a message, so that
//! `tick >/dev/null` has cron write of trouble alone.

mod due;
mod hold;
mod lines;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use crate::knock::KnockError;
use crate::outbox::{CampaignId, State};
use crate::press::PressError;
use crate::problem::{Class, Problem, Problems};
use crate::schedule;
use crate::send::Relay;
use crate::store::{Campaign, CampaignState, Entry, Sending, Store, StoreError, Turn};

use super::appointment::slot_of;
use super::campaign::{Conductor, Outcome, Voice, in_words, recovered_in_words, relay};
use super::durability::Lasting;
use super::state::problems;
use super::{CliError, Context, Exit};
use due::{is_ready, worse};
use lines::{event, line, name, on_one_line, started};

/// What `letterpress tick` is asked for.
#[derive(Debug, Args)]
pub struct TickArgs {
    /// Begin nothing more after so long (10m, 1h), finish what is on its way, and leave
    /// the rest to the next one; without it, work until nothing is due.
    #[arg(long, value_name = "DURATION")]
    pub max_runtime: Option<String>,
    /// What a commit survives.
    #[command(flatten)]
    pub lasting: Lasting,
}

/// How long one campaign goes on while another is due.
const TURN: Duration = Duration::from_mins(5);

/// How often somebody looks whether another one is.
const LOOK: Duration = Duration::from_secs(10);

pub(super) fn run(args: &TickArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let longest = args.max_runtime.as_deref().map(schedule::duration).transpose().map_err(Problem::new)?;
    let longest = longest.map(|longest| Duration::try_from(longest).unwrap_or(Duration::MAX));
    if context.config.relay.is_none() {
        return Err(Problem::new(CliError::NoRelay).into());
    }
    let store = args.lasting.open(context)?;
    store.note_look((context.now)()).map_err(problems)?;
    let deadline = longest.and_then(|longest| Instant::now().checked_add(longest));
    Tick { store: &store, context, deadline, worst: Exit::Done, had: HashMap::new() }.work()
}

/// One look at the agenda, and everything that follows from it.
struct Tick<'a, 'c> {
    store: &'a Store,
    context: &'a mut Context<'c>,
    deadline: Option<Instant>,
    /// How it ends.
    worst: Exit,
    /// Whose turn came to its own end, and when: what they still have to do now, they
    /// would not do in another turn either.
    had: HashMap<CampaignId, Timestamp>,
}

impl Tick<'_, '_> {
    fn work(mut self) -> Result<Exit, Problems> {
        self.hold_missed()?;
        if self.due()?.is_empty() {
            return Ok(self.worst);
        }
        // Whoever else is at work does what is due.
        let sending = match self.store.sending(self.now()) {
            Ok(sending) => Arc::new(sending),
            Err(StoreError::Busy { .. }) => return Ok(self.worst),
            Err(error) => return Err(problems(error)),
        };
        for line in recovered_in_words(&sending, (self.context.now)()) {
            self.trouble(None, &line);
        }
        for (id, why) in &sending.recovered().paused {
            let campaign = self.store.campaign(*id).map_err(problems)?;
            let text = format!("is paused: {why}; `letterpress campaign resume {}` carries it on", id.0);
            self.trouble(campaign.as_ref(), &text);
            self.end_with(Exit::Unsettled);
        }
        let relay = match relay(self.context) {
            Ok(relay) => relay,
            Err(problems) => {
                self.put_all_off(&problems, None)?;
                return Ok(self.worst);
            }
        };
        let store = self.store;
        let mut conductor = Conductor::new(store, &relay, Voice::Silent)?;
        while let Some(entry) = self.next(&relay)? {
            if let Some(exit) = self.turn(&mut conductor, &sending, &entry)? {
                return Ok(exit);
            }
        }
        Ok(self.worst)
    }

    fn now(&self) -> Timestamp {
        (self.context.now)()
    }

    /// Everything that is due, the one that has waited longest for its turn first.
    fn due(&self) -> Result<Vec<Entry>, Problems> {
        due_in(self.store, &self.had, self.now())
    }

    /// Whose turn it is, if there is time and the relay takes anything.
    fn next(&self, relay: &Relay) -> Result<Option<Entry>, Problems> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(None);
        }
        // Why it takes nothing was told when it said so.
        if self.store.closed_until(&relay.to_string(), self.now()).map_err(problems)?.is_some() {
            return Ok(None);
        }
        Ok(self.due()?.into_iter().next())
    }

    /// One turn of one campaign; how the program ends when a signal ended it.
    fn turn(
        &mut self,
        conductor: &mut Conductor<'_>,
        sending: &Arc<Sending>,
        entry: &Entry,
    ) -> Result<Option<Exit>, Problems> {
        let (store, id, from) = (self.store, entry.campaign.id, self.now());
        let failures = entry.turn.map_or(0, |turn| turn.failures);
        let turn = Turn { began: from, ended: from, not_before: from, failures };
        store.note_turn(id, &turn).map_err(problems)?;
        let first = entry.campaign.state == CampaignState::Planned;
        let held = if first { self.hold_repeated(entry)? } else { self.hold_fruitless(entry)? };
        if held || self.hold_late(entry)? {
            return Ok(None);
        }
        let begin = |context: &mut Context<'_>| {
            // Somebody may have paused it or called it off since, or moved it.
            let starts = match &entry.appointment {
                Some(appointment) if first => {
                    store.start_appointed(id, appointment, from).map_err(problems)?
                }
                _ => store
                    .campaign(id)
                    .map_err(problems)?
                    .is_some_and(|campaign| campaign.state == CampaignState::Sending),
            };
            if let (true, true, Some(appointment)) = (starts, first, &entry.appointment) {
                let people = store.counts(id).map_err(problems)?.total();
                event(context, &entry.campaign, &started(&slot_of(appointment), from, people));
            }
            Ok(starts)
        };
        let cut = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let enough = enough(store.clone(), id, self.had.clone(), self.context.now, self.deadline, &cut);
        let ran = conductor.run(Arc::clone(sending), id, self.context, begin, enough);
        if !cut.load(std::sync::atomic::Ordering::Relaxed) {
            self.had.insert(id, self.now());
        }
        let outcome = match ran {
            Ok(Some(outcome)) => outcome,
            Ok(None) => return Ok(None),
            Err(found) if found.iter().any(|one| one.condition::<StoreError>().is_some()) => {
                return Err(found);
            }
            Err(found) => {
                self.put_off(entry, &found, failures, None)?;
                // The others lead to the same page, which would be waited for each time.
                if found.class() == Class::Later
                    && found.iter().any(|one| one.condition::<KnockError>().is_some())
                {
                    self.put_all_off(&found, Some(id))?;
                }
                return Ok(None);
            }
        };
        let interrupted = self.conclude(entry, &outcome, failures)?;
        Ok(match (interrupted, outcome.ended) {
            (None, Some(exit)) => Some(if self.due()?.is_empty() { self.worst } else { exit }),
            (interrupted, _) => interrupted,
        })
    }

    /// Tells what became of a turn, and notes when the next one may be.
    fn conclude(
        &mut self,
        entry: &Entry,
        outcome: &Outcome,
        failures: u32,
    ) -> Result<Option<Exit>, Problems> {
        let Outcome { run, ended, campaign, counts, before, .. } = outcome;
        let first = entry.campaign.state == CampaignState::Planned;
        let told = in_words(counts);
        if let (Some(exit), true) =
            (ended, counts.unfinished() > 0 && campaign.state == CampaignState::Sending)
        {
            self.trouble(
                Some(campaign),
                &format!(
                    "was interrupted: {told}; the next tick carries it on, and \
                 `letterpress campaign pause {}` keeps it",
                    campaign.id.0
                ),
            );
            return Ok(Some(*exit));
        }
        // Whatever got somewhere begins to count anew.
        let failures = if counts == before { failures } else { 0 };
        if let (Some(until), Some(found)) = (run.later, &run.stopped) {
            self.wait_until(entry, outcome, until, found)?;
            return Ok(None);
        }
        // What is paused is not tried again by itself, whatever else went wrong.
        let over = matches!(campaign.state, CampaignState::Paused | CampaignState::Cancelled);
        let stopped = run.stopped.as_ref().filter(|_| !over);
        if let Some(found) = stopped {
            self.put_off(entry, found, failures, Some(&told))?;
            // It would keep every other campaign from going on as well.
            if matches!(found.class(), Class::Relay | Class::Later) {
                self.put_all_off(found, Some(campaign.id))?;
            }
            return Ok(None);
        }
        let now = self.now();
        let turn = Turn { began: now, ended: now, not_before: now, failures: 0 };
        self.store.note_turn(campaign.id, &turn).map_err(problems)?;
        if campaign.state == CampaignState::Paused && (run.pause.is_some() || run.stopped.is_some()) {
            let why = campaign.reason.as_deref().unwrap_or("somebody paused it");
            let found = run.stopped.as_ref().map(|found| format!("; {}", on_one_line(found)));
            let found = found.unwrap_or_default();
            let text = format!(
                "is paused: {why}{found}; {told}; `letterpress campaign resume {}` carries it on when that is mended",
                campaign.id.0
            );
            self.trouble(Some(campaign), &text);
            self.end_with(outcome.exit());
        } else if matches!(campaign.state, CampaignState::Paused | CampaignState::Cancelled) {
            // A person wanted it so, and was told; the log says how far it came.
            let is = if campaign.state == CampaignState::Paused { "was paused" } else { "was called off" };
            let reason = campaign.reason.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
            event(self.context, campaign, &format!("{is} meanwhile{reason}: {told}"));
            let unknown = counts.of(State::Unknown);
            if unknown > before.of(State::Unknown) {
                let text = format!(
                    "left {unknown} unknown: `letterpress campaign reconcile {}` settles them",
                    campaign.id.0
                );
                self.trouble(Some(campaign), &text);
                self.end_with(Exit::Unsettled);
            }
        } else if campaign.state == CampaignState::Finished && outcome.exit() == Exit::Unsettled {
            let text = format!(
                "is finished, and not everybody has it: {told}; `letterpress campaign show {}` names them",
                campaign.id.0
            );
            self.trouble(Some(campaign), &text);
            self.end_with(Exit::Unsettled);
        } else if campaign.state == CampaignState::Finished {
            event(self.context, campaign, &format!("is finished: {told}"));
        } else if first && counts.of(State::Deferred) > 0 {
            event(self.context, campaign, &format!("goes on when those who were deferred are due: {told}"));
        }
        Ok(None)
    }

    /// A turn ended at a limit, and goes on by itself; told when something went out
    /// before. What a server says is trouble, and a limit of our own that is kept is not.
    fn wait_until(
        &mut self,
        entry: &Entry,
        outcome: &Outcome,
        until: Timestamp,
        found: &Problems,
    ) -> Result<(), Problems> {
        let (id, now) = (entry.campaign.id, self.now());
        let first = entry.campaign.state == CampaignState::Planned;
        let moved = first || outcome.counts != outcome.before;
        // Others of the campaign may be due before, and to look costs nothing.
        let look = now.checked_add(jiff::SignedDuration::from_mins(5)).unwrap_or(until);
        let turn = Turn { began: now, ended: now, not_before: until.min(look), failures: 0 };
        self.store.note_turn(id, &turn).map_err(problems)?;
        self.had.remove(&id);
        let words = |problem: &Problem| [problem.message()].into_iter().chain(problem.notes());
        let why: Vec<String> = found.iter().flat_map(words).collect();
        let text = format!("waits: {}; {}", why.join("; "), in_words(&outcome.counts));
        let said = found
            .iter()
            .any(|problem| !matches!(problem.condition(), Some(PressError::Later { after: None, .. })));
        if said && moved {
            self.trouble(Some(&entry.campaign), &text);
            self.end_with(Exit::Later);
        } else if moved {
            event(self.context, &entry.campaign, &text);
        }
        Ok(())
    }

    /// A turn came to nothing: the next one is a while later, and each time longer.
    fn put_off(
        &mut self,
        entry: &Entry,
        found: &Problems,
        failures: u32,
        told: Option<&str>,
    ) -> Result<(), Problems> {
        let until = self.note_failure(entry.campaign.id, failures)?;
        let counts = told.map(|told| format!("; {told}")).unwrap_or_default();
        let text =
            format!("did not go on: {}{counts}; tried again at {}", on_one_line(found), self.clock(until));
        self.trouble(Some(&entry.campaign), &text);
        self.end_with(found.class().into());
        Ok(())
    }

    /// What keeps one campaign from going on keeps all others that are due; but for
    /// `told`, it is told once.
    fn put_all_off(&mut self, found: &Problems, told: Option<CampaignId>) -> Result<(), Problems> {
        let due = self.due()?;
        let waiting: Vec<&Entry> = due.iter().filter(|entry| Some(entry.campaign.id) != told).collect();
        let mut until = self.now();
        for entry in &waiting {
            until = self.note_failure(entry.campaign.id, entry.turn.map_or(0, |turn| turn.failures))?;
        }
        if told.is_none() {
            let names: Vec<String> = waiting.iter().map(|entry| name(&entry.campaign)).collect();
            let text = format!(
                "could not send {}: {}; tried again at {}",
                names.join(", "),
                on_one_line(found),
                self.clock(until)
            );
            self.trouble(None, &text);
            self.end_with(found.class().into());
        }
        Ok(())
    }

    fn note_failure(&self, id: CampaignId, failures: u32) -> Result<Timestamp, Problems> {
        let now = self.now();
        let failures = failures.saturating_add(1);
        let until = now.saturating_add(schedule::wait_after(failures)).unwrap_or(now);
        let turn = Turn { began: now, ended: now, not_before: until, failures };
        self.store.note_turn(id, &turn).map_err(problems)?;
        Ok(until)
    }

    /// A time of today on the clock of this machine.
    fn clock(&self, at: Timestamp) -> String {
        at.to_zoned(self.context.zoned_now().time_zone().clone()).strftime("%H:%M").to_string()
    }

    /// A line about what somebody has to know.
    fn trouble(&mut self, campaign: Option<&Campaign>, text: &str) {
        let line = line(self.context, campaign, text);
        self.context.tell(line);
    }

    fn end_with(&mut self, exit: Exit) {
        self.worst = worse(self.worst, exit);
    }
}

/// Everything that is due at `now`, the one that has waited longest for its turn first;
/// without those who have `had` theirs and have got nothing new to do.
fn due_in(
    store: &Store,
    had: &HashMap<CampaignId, Timestamp>,
    now: Timestamp,
) -> Result<Vec<Entry>, Problems> {
    let mut entries = store.agenda().map_err(problems)?;
    entries.retain(|entry| {
        let anew = had.get(&entry.campaign.id).is_none_or(|ended| entry.next > *ended);
        anew && is_ready(entry, now)
    });
    due::in_turn(&mut entries);
    Ok(entries)
}

/// Resolves when a campaign has had enough: the time of the whole tick is over, or its
/// own turn is and another campaign is due. Notes that in `cut`.
fn enough(
    store: Store,
    id: CampaignId,
    had: HashMap<CampaignId, Timestamp>,
    now: fn() -> Timestamp,
    deadline: Option<Instant>,
    cut: &Arc<std::sync::atomic::AtomicBool>,
) -> impl Future<Output = ()> + use<> {
    let cut = Arc::clone(cut);
    async move {
        let turn_ends = Instant::now() + TURN;
        loop {
            let look = Instant::now() + LOOK;
            sleep_until(deadline.map_or(look, |deadline| deadline.min(look))).await;
            let over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            let crowded = || {
                // What fails here fails louder in the turn itself.
                let due = due_in(&store, &had, now()).unwrap_or_default();
                Instant::now() >= turn_ends && due.iter().any(|entry| entry.campaign.id != id)
            };
            if over || crowded() {
                cut.store(true, std::sync::atomic::Ordering::Relaxed);
                return;
            }
        }
    }
}
