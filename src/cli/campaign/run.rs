//! One run of a campaign: what is due of it is sent, and what became of it is told.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::config::SendingSettings;
use crate::message::WayOut;
use crate::outbox::{CampaignId, State};
use crate::press::{Content, News, Pacing, Run, Stop, Way, run as press_run};
use crate::problem::{Class, Problem, Problems};
use crate::send::Relay;
use crate::store::{Campaign, CampaignState, Counts, Recovered, Sending, Store};

use super::show::{TOLD, as_json, in_words, next_steps, show, standing, waiting};
use super::{forget_parked, not_now};
use crate::cli::signals::Signals;
use crate::cli::state::problems;
use crate::cli::{CliError, Context, Exit, is_output, report, serving, way_out};

/// What becomes of the time that the relay and the providers were given by what they said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Parked {
    /// They get nothing until it is over.
    Kept,
    /// They are asked again at once.
    Forgotten,
}

impl Parked {
    /// As `--allow parked` says.
    pub(in crate::cli) fn forgotten(allowed: bool) -> Self {
        if allowed { Self::Forgotten } else { Self::Kept }
    }
}

/// Sends what is due of a campaign, and tells what became of it.
pub(in crate::cli) fn carry_on(
    store: &Store,
    sending: Sending,
    id: CampaignId,
    relay: &Relay,
    parked: Parked,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let mut conductor = Conductor::new(store, relay, Voice::Progress)?;
    let sending = Arc::new(sending);
    tell_recovered(&sending, context);
    let now = context.now;
    let begin = |context: &mut Context<'_>| {
        let begun = store.set_state(id, CampaignState::Sending, None, now()).map_err(problems)?;
        let state = campaign_of(store, id)?.state;
        if !begun {
            // It was interrupted, and a person has it go on.
            store.count_anew(id).map_err(problems)?;
        }
        let goes = begun || matches!(state, CampaignState::Sending | CampaignState::Finished);
        // Only now does nothing stand against it any more.
        if goes && parked == Parked::Forgotten {
            forget_parked(store, relay, id, context)?;
        }
        Ok(goes)
    };
    let outcome = conductor.run(sending, id, context, begin, std::future::pending())?;
    let Some(outcome) = outcome else { return Err(not_now(campaign_of(store, id)?)) };
    tell(store, &outcome, context)?;
    // Whoever closed standard output asks how it ended all the same.
    Ok(outcome.exit())
}

/// How long it is believed that the way out leads out.
const PROVED: Duration = Duration::from_mins(5);

/// Of how many people it is asked whether they are all there is for a trial.
const SAMPLE: usize = 1_000;

/// How much is said on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Voice {
    /// How far it is, and what a signal does.
    Progress,
    /// Nothing: nobody looks on.
    Silent,
}

/// What conducts one run after the other: the threads, and the ear for signals, which
/// must not be closed between two runs.
pub(in crate::cli) struct Conductor<'a> {
    store: &'a Store,
    relay: &'a Relay,
    runtime: Runtime,
    signals: Signals,
    voice: Voice,
    /// The way out that was tried and led out, and when.
    proved: Option<(WayOut, Instant)>,
}

/// What became of a run.
pub(in crate::cli) struct Outcome {
    /// What the run said.
    pub(in crate::cli) run: Run,
    /// How it was ended from outside, if it was.
    pub(in crate::cli) ended: Option<Exit>,
    /// The campaign after it.
    pub(in crate::cli) campaign: Campaign,
    /// Where its recipients were before it.
    pub(in crate::cli) before: Counts,
    /// Where they are after it.
    pub(in crate::cli) counts: Counts,
    /// The share of failures above which a finished campaign is to be looked at.
    pub(in crate::cli) max_failure_rate: f64,
}

impl<'a> Conductor<'a> {
    pub(in crate::cli) fn new(store: &'a Store, relay: &'a Relay, voice: Voice) -> Result<Self, Problems> {
        let runtime = serving::runtime()?;
        let signals = {
            let _within = runtime.enter();
            Signals::new()
        };
        Ok(Self { store, relay, runtime, signals, voice, proved: None })
    }

    /// Sends what is due of a campaign, until nothing is, a signal comes or there is
    /// `enough`; then what is on its way is finished. Where the campaign is afterwards
    /// is noted.
    ///
    /// When everything that it needs is there, `begin` has the campaign be sent, or says
    /// no, and then there is no outcome.
    pub(in crate::cli) fn run(
        &mut self,
        sending: Arc<Sending>,
        id: CampaignId,
        context: &mut Context<'_>,
        begin: impl FnOnce(&mut Context<'_>) -> Result<bool, Problems>,
        enough: impl Future<Output = ()>,
    ) -> Result<Option<Outcome>, Problems> {
        let (store, relay) = (self.store, self.relay);
        let signers = match self.voice {
            Voice::Progress => context.signers()?,
            // What is odd in the keys is told by whatever a person calls.
            Voice::Silent => context.silent_signers()?,
        };
        let frozen = store.content(id).map_err(problems)?;
        let secrets = context.secrets(store, signers)?;
        let copies = Arc::new(Content::thaw(&frozen, secrets)?);
        let way = copies.way_out();
        let fresh = |(known, at): &(WayOut, Instant)| Some(known) == way && at.elapsed() < PROVED;
        if !self.proved.as_ref().is_some_and(fresh) {
            let people = store.deliveries(id, None, SAMPLE).map_err(problems)?;
            way_out::prove(way, people.iter().map(|one| &one.address), store, context)?;
            self.proved = way.cloned().map(|way| (way, Instant::now()));
        }
        copies.prove_next(store, id, &context.zoned_now())?;
        if !begin(context)? {
            return Ok(None);
        }
        let before = store.counts(id).map_err(problems)?;
        let of = before.of(State::Pending);
        let connections = context.config.sending.connections;
        let pacing = pacing(&context.config.sending);
        let way = Way { store: store.clone(), relay: relay.clone(), connections, pacing, now: context.now };
        let (ask, asked) = watch::channel(Stop::Never);
        let mut ended = None;
        let (signals, voice) = (&mut self.signals, self.voice);
        let run = self.runtime.block_on(async {
            let told = RefCell::new(&mut *context);
            let say = |text: String| {
                if voice == Voice::Progress {
                    told.borrow_mut().tell(text);
                }
            };
            let step = (usize::try_from(of).unwrap_or(usize::MAX) / 10).max(500);
            let news = |news| match news {
                News::Settled(done) if done.is_multiple_of(step) => say(format!("{done} of {of}")),
                News::Settled(_) => {}
                News::Waits(until) => {
                    say(format!("waiting until {}", until.strftime("%Y-%m-%d %H:%M:%S UTC")));
                }
            };
            let mut going = std::pin::pin!(press_run(sending, id, copies, way, &asked, news));
            let mut enough = std::pin::pin!(enough);
            let mut had_enough = false;
            loop {
                tokio::select! {
                    run = &mut going => break run,
                    () = &mut enough, if !had_enough => {
                        had_enough = true;
                        ask.send_if_modified(|stop| {
                            let sooner = *stop < Stop::Soon;
                            if sooner {
                                *stop = Stop::Soon;
                            }
                            sooner
                        });
                    }
                    exit = signals.next() => {
                        let again = ended.replace(exit).is_some();
                        ask.send_replace(if again { Stop::Now } else { Stop::Soon });
                        if !again {
                            say("stopping when what is on its way is done; Ctrl-C once more stops at once"
                                .to_owned());
                        }
                    }
                }
            }
        });
        // What went out before the state failed is told all the same.
        let mut run = run.unwrap_or_else(|error| Run { stopped: Some(problems(error)), ..Run::default() });
        let now = (context.now)();
        let mut counts = store.counts(id).map_err(problems)?;
        if let Some(why) = &run.pause {
            store.set_state(id, CampaignState::Paused, Some(why), now).map_err(problems)?;
            // What the relay did last is part of why: another connection may be lost while
            // the pause is decided, and to come back later is no answer to it.
            run.stopped = run.stopped.filter(|found| !matches!(found.class(), Class::Relay | Class::Later));
        } else if counts.unfinished() == 0 {
            store.set_state(id, CampaignState::Finished, None, now).map_err(problems)?;
        }
        let max_failure_rate = context.config.sending.max_failure_rate;
        let campaign = campaign_of(store, id)?;
        if campaign.state == CampaignState::Cancelled {
            // Whoever called it off may still be at it, or was killed.
            store.call_off(id, now).map_err(problems)?;
            counts = store.counts(id).map_err(problems)?;
        }
        Ok(Some(Outcome { run, ended, campaign, before, counts, max_failure_rate }))
    }
}

/// What the configuration asks for, as a run takes it.
fn pacing(settings: &SendingSettings) -> Pacing {
    let groups = settings.groups.iter();
    Pacing {
        limits: settings.limits,
        groups: groups.map(|(name, group)| (name.clone(), (group.connections, group.limits))).collect(),
        max_failure_rate: settings.max_failure_rate,
        identical_refusals: settings.identical_refusals,
        ..Pacing::default()
    }
}

fn campaign_of(store: &Store, id: CampaignId) -> Result<Campaign, Problems> {
    let campaign = store.campaign(id).map_err(problems)?;
    campaign.ok_or_else(|| Problem::new(CliError::NoCampaign(id.0.to_string())).into())
}

impl Outcome {
    /// How a command that did this run ends.
    pub(in crate::cli) fn exit(&self) -> Exit {
        let Self { run, ended, counts, .. } = self;
        match (ended, &run.stopped) {
            (Some(ended), _) if counts.unfinished() > 0 => *ended,
            // Somebody called it off meanwhile, and not everybody has it.
            _ if self.campaign.state == CampaignState::Cancelled => Exit::Unsettled,
            (_, Some(problems)) if counts.unfinished() > 0 => problems.class().into(),
            _ if counts.unfinished() > 0 => Exit::Later,
            _ if counts.of(State::Unknown) + counts.of(State::Expired) > 0 => Exit::Unsettled,
            _ if self.failed_too_often() => Exit::Unsettled,
            _ => Exit::Done,
        }
    }

    /// Whether more failed than may; a single bounce is none too many on any list.
    #[expect(clippy::cast_precision_loss, reason = "a share of people needs no more digits")]
    fn failed_too_often(&self) -> bool {
        let failed = self.counts.of(State::Failed) + self.counts.of(State::Expired);
        let answered = failed + self.counts.of(State::Accepted);
        failed > 1 && failed as f64 > self.max_failure_rate * answered as f64
    }
}

/// By how much a clock is turned back before somebody is told.
const CLOCK: SignedDuration = SignedDuration::from_mins(1);

fn tell_recovered(sending: &Sending, context: &mut Context<'_>) {
    for line in recovered_in_words(sending, (context.now)()) {
        context.tell(line);
    }
}

/// What there is to tell of the last run: who is unknown since it ended, by name, and
/// that the clock was turned back since.
pub(in crate::cli) fn recovered_in_words(sending: &Sending, now: Timestamp) -> Vec<String> {
    let Recovered { unknown, ahead, .. } = sending.recovered();
    // A clock is set right by a little now and then, and nobody wants to hear of that.
    let turned_back = ahead.filter(|ahead| ahead.duration_since(now) > CLOCK).map(|ahead| {
        format!(
            "the clock of this machine was turned back: it shows {}, and the last run went on until {}; who \
             was deferred waits as long as was meant, from now on",
            now.strftime("%Y-%m-%d %H:%M UTC"),
            ahead.strftime("%Y-%m-%d %H:%M UTC")
        )
    });
    let named = unknown
        .iter()
        .take(TOLD)
        .map(|(_, address)| format!("unknown: {address}: the last run ended before the relay had answered"));
    let more = unknown.len().saturating_sub(TOLD);
    turned_back.into_iter().chain(named).chain((more > 0).then(|| format!("and {more} more"))).collect()
}

/// What became of a run, told; on standard error when standard output takes nothing.
fn tell(store: &Store, outcome: &Outcome, context: &mut Context<'_>) -> Result<(), Problems> {
    let Outcome { run, campaign, counts, .. } = outcome;
    let standing = match run.later {
        Some(until) if campaign.state == CampaignState::Sending => waiting(until),
        _ => standing(store, campaign, context)?,
    };
    let printed = if context.json {
        let mut report = as_json(campaign, counts);
        report["problems"] = run.stopped.as_ref().map(report::json).into();
        context.print(format!("{report:#}"))
    } else {
        show(store, campaign, &standing, context).map(|_| ())
    };
    match printed {
        Ok(()) if context.json => return Ok(()),
        Ok(()) => {}
        Err(found) if found.iter().all(is_output) => {
            let reason = campaign.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let (slug, id) = (&campaign.slug, campaign.id.0);
            context.tell(format!("{slug} (campaign {id}) {standing}{reason}; {}", in_words(counts)));
        }
        Err(found) => return Err(found),
    }
    if let Some(problems) = &run.stopped {
        context.tell(report::text(problems, context.colour, "").trim_end());
    }
    let unknown = counts.of(State::Unknown);
    if unknown > 0 {
        let id = campaign.id.0;
        context.tell(format!("{unknown} unknown: `letterpress campaign reconcile {id}` settles them"));
    }
    if outcome.failed_too_often() {
        let failed = counts.of(State::Failed) + counts.of(State::Expired);
        let limit = outcome.max_failure_rate * 100.0;
        context.tell(format!("{failed} failed, and that is more than {limit} % of those who were answered"));
    }
    // When it waits for what the relay or a limit lets go, the problem has said so.
    if run.later.is_none() {
        for step in next_steps(store, campaign, context)? {
            context.tell(step);
        }
    }
    Ok(())
}
