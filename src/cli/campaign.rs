//! `letterpress campaign`: what was planned, how far it is, and how it goes on.

use std::cell::RefCell;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::config::RelaySettings;
use crate::message::Key;
use crate::outbox::{CampaignId, State};
use crate::press::{Content, Run, Stop, Way, run as press_run};
use crate::problem::{Problem, Problems};
use crate::send::Relay;
use crate::store::{Campaign, CampaignState, Counts, ReplyRecord, Sending, Store};

use super::post::Signals;
use super::state::{open, problems};
use super::{CliError, Context, Exit, report, serving};

/// What `letterpress campaign` is asked for.
#[derive(Debug, Args)]
pub struct CampaignArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: CampaignCommand,
}

/// What can be done with campaigns.
#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// Tell all of them, the last one first.
    List {
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Tell how far one is, and who is left.
    Show {
        /// Its number, or its slug for the last of that name.
        campaign: String,
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Stop it at the next mail; a running send keeps to it.
    Pause {
        /// Its number or slug.
        campaign: String,
    },
    /// Carry it on: those who are left, and those who were deferred and are due.
    Resume {
        /// Its number or slug.
        campaign: String,
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Call it off for everybody who is left.
    Cancel {
        /// Its number or slug.
        campaign: String,
    },
}

impl CampaignCommand {
    pub(super) fn wants_json(&self) -> bool {
        match self {
            Self::List { json } | Self::Show { json, .. } | Self::Resume { json, .. } => *json,
            Self::Pause { .. } | Self::Cancel { .. } => false,
        }
    }
}

pub(super) fn run(args: &CampaignArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let store = open(context)?;
    match &args.what {
        CampaignCommand::List { .. } => list(&store, context),
        CampaignCommand::Show { campaign, .. } => {
            let campaign = named(&store, campaign)?;
            show(&store, &campaign, context)
        }
        CampaignCommand::Pause { campaign } => {
            move_to(&store, campaign, CampaignState::Paused, "is paused", context)
        }
        CampaignCommand::Cancel { campaign } => {
            move_to(&store, campaign, CampaignState::Cancelled, "is called off", context)
        }
        CampaignCommand::Resume { campaign, .. } => {
            let campaign = begun(&store, campaign)?;
            let relay = relay(context)?;
            let sending = store.sending((context.now)()).map_err(problems)?;
            carry_on(&store, sending, campaign.id, &relay, context)
        }
    }
}

/// The relay of the configuration, its password fetched.
pub(super) fn relay(context: &Context<'_>) -> Result<Relay, Problems> {
    let settings: Option<&RelaySettings> = context.config.relay.as_ref();
    settings.ok_or_else(|| Problem::new(CliError::NoRelay))?.resolve()
}

/// The campaign of this number, or the last of this slug.
fn named(store: &Store, name: &str) -> Result<Campaign, Problems> {
    let campaigns = store.campaigns().map_err(problems)?;
    let number = name.parse::<i64>().ok().map(CampaignId);
    let found = campaigns.iter().find(|one| Some(one.id) == number);
    let found = found.or_else(|| campaigns.iter().filter(|one| one.slug == name).max_by_key(|one| one.id));
    found.cloned().ok_or_else(|| Problem::new(CliError::NoCampaign(name.to_owned())).into())
}

/// The campaign of this number, or the last of this slug that was begun: what was only
/// planned is sent by `send --plan`, which asks.
fn begun(store: &Store, name: &str) -> Result<Campaign, Problems> {
    let is_begun = |one: &Campaign| {
        matches!(one.state, CampaignState::Sending | CampaignState::Paused | CampaignState::Finished)
    };
    let campaigns = store.campaigns().map_err(problems)?;
    let last = campaigns.into_iter().filter(|one| one.slug == name && is_begun(one)).max_by_key(|one| one.id);
    let campaign = match last {
        Some(campaign) => campaign,
        None => named(store, name)?,
    };
    if is_begun(&campaign) { Ok(campaign) } else { Err(not_now(campaign)) }
}

/// The problem of asking too early or too late.
pub(super) fn not_now(campaign: Campaign) -> Problems {
    let condition = CliError::NotNow { campaign: campaign.slug, state: campaign.state.word() };
    Problem::new(condition).into()
}

fn move_to(
    store: &Store,
    name: &str,
    state: CampaignState,
    said: &str,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let campaign = named(store, name)?;
    if !store.set_state(campaign.id, state, Some("asked for"), (context.now)()).map_err(problems)? {
        return Err(not_now(campaign));
    }
    context.print(format!("{} (campaign {}) {said}", campaign.slug, campaign.id.0))?;
    Ok(Exit::Done)
}

fn list(store: &Store, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut campaigns = store.campaigns().map_err(problems)?;
    campaigns.sort_by_key(|one| std::cmp::Reverse(one.id));
    if context.json {
        let rows: Result<Vec<Value>, Problems> =
            campaigns.iter().map(|one| Ok(as_json(one, &store.counts(one.id).map_err(problems)?))).collect();
        context.print(format!("{:#}", json!({ "campaigns": rows? })))?;
        return Ok(Exit::Done);
    }
    for one in &campaigns {
        let counts = store.counts(one.id).map_err(problems)?;
        context.print(format!(
            "{}  {}  {}  {}: {}",
            one.id.0,
            one.planned.strftime("%Y-%m-%d %H:%M"),
            one.slug,
            one.state.word(),
            in_words(&counts)
        ))?;
    }
    if campaigns.is_empty() {
        context.tell("no campaign was planned yet");
    }
    Ok(Exit::Done)
}

/// Most people who are told by name.
const TOLD: usize = 50;

fn show(store: &Store, campaign: &Campaign, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let counts = store.counts(campaign.id).map_err(problems)?;
    let mut left = Vec::new();
    // Data has everybody; people read the first of them.
    let most = if context.json { usize::MAX } else { TOLD };
    for state in [State::Unknown, State::Failed, State::Expired, State::Deferred] {
        left.extend(store.deliveries(campaign.id, Some(state), most).map_err(problems)?);
    }
    if context.json {
        let mut report = as_json(campaign, &counts);
        let people = left.iter().map(|one| {
            json!({
                "address": one.address.as_str(),
                "state": one.state.word(),
                "attempts": one.attempts,
                "reply": one.reply.as_ref().map(|reply| said(reply).trim_start_matches(": ").to_owned()),
                "next_at": one.next_at.map(|at| at.to_string()),
            })
        });
        report["people"] = people.collect();
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    context.print(format!("{} (campaign {}) is {}", campaign.slug, campaign.id.0, campaign.state.word()))?;
    if let Some(reason) = &campaign.reason {
        context.print(format!("  {reason}"))?;
    }
    context.print(in_words(&counts))?;
    for one in &left {
        let reply = one.reply.as_ref().map(said);
        let next = one.next_at.map(|at| format!(", next try {}", at.strftime("%Y-%m-%d %H:%M UTC")));
        let (reply, next) = (reply.unwrap_or_default(), next.unwrap_or_default());
        context.print(format!("  {}: {}{reply}{next}", one.state.word(), one.address))?;
    }
    Ok(Exit::Done)
}

/// What a server said, to stand behind what it was said of. Without a code it is what
/// we say of its silence.
pub(super) fn said(reply: &ReplyRecord) -> String {
    if reply.code == 0 { format!(": {}", reply.text) } else { format!(": {} {}", reply.code, reply.text) }
}

fn as_json(campaign: &Campaign, counts: &Counts) -> Value {
    let outcomes: serde_json::Map<String, Value> =
        State::ALL.into_iter().map(|state| (state.word().to_owned(), counts.of(state).into())).collect();
    json!({
        "id": campaign.id.0,
        "slug": campaign.slug,
        "list": campaign.list,
        "state": campaign.state.word(),
        "reason": campaign.reason,
        "content_hash": campaign.content_hash,
        "planned": campaign.planned.to_string(),
        "recipients": counts.total(),
        "outcomes": outcomes,
    })
}

/// The counts that are not nothing.
fn in_words(counts: &Counts) -> String {
    let parts: Vec<String> = State::ALL
        .into_iter()
        .filter(|state| counts.of(*state) > 0)
        .map(|state| format!("{} {}", counts.of(state), state.word()))
        .collect();
    format!("{} of {}", parts.join(", "), counts.total())
}

/// Connections to a relay.
const CONNECTIONS: usize = 10;

/// Sends what is due of a campaign, and tells what became of it.
pub(super) fn carry_on(
    store: &Store,
    sending: Sending,
    id: CampaignId,
    relay: &Relay,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let signers = context.signers()?;
    let frozen = store.content(id).map_err(problems)?;
    let copies = Arc::new(Content::thaw(&frozen, Key::new(store.key()), signers)?);
    let sending = Arc::new(sending);
    tell_recovered(&sending, context);
    let moved = store.set_state(id, CampaignState::Sending, None, (context.now)()).map_err(problems)?;
    let campaign = store.campaign(id).map_err(problems)?;
    let campaign = campaign.ok_or_else(|| Problem::new(CliError::NoCampaign(id.0.to_string())))?;
    let done = campaign.state == CampaignState::Finished;
    if !moved && !done && campaign.state != CampaignState::Sending {
        return Err(not_now(campaign));
    }
    let of = store.counts(id).map_err(problems)?.of(State::Pending);
    let way = Way { store: store.clone(), relay: relay.clone(), connections: CONNECTIONS, now: context.now };
    let (ask, asked) = watch::channel(Stop::Never);
    let mut ended = None;
    let run: Run = serving::runtime()?.block_on(async {
        let told = RefCell::new(&mut *context);
        let step = (usize::try_from(of).unwrap_or(usize::MAX) / 10).max(500);
        let progress = |done: usize| {
            if done.is_multiple_of(step) {
                told.borrow_mut().tell(format!("{done} of {of}"));
            }
        };
        let mut going = std::pin::pin!(press_run(sending, id, copies, way, &asked, progress));
        let mut signals = Signals::new();
        loop {
            tokio::select! {
                run = &mut going => break run.map_err(problems),
                exit = signals.next() => {
                    let again = ended.replace(exit).is_some();
                    ask.send_replace(if again { Stop::Now } else { Stop::Soon });
                    if !again {
                        let text = "stopping when what is on its way is done; Ctrl-C once more stops at once";
                        told.borrow_mut().tell(text);
                    }
                }
            }
        }
    })?;
    conclude(store, id, &run, ended, context)
}

fn tell_recovered(sending: &Sending, context: &mut Context<'_>) {
    let recovered = sending.recovered();
    for (_, address) in recovered.unknown.iter().take(TOLD) {
        context.tell(format!(
            "unknown: {address}: the last run ended while the relay had the message and had not answered"
        ));
    }
    let more = recovered.unknown.len().saturating_sub(TOLD);
    if more > 0 {
        context.tell(format!("and {more} more"));
    }
}

/// How the run ends, told.
fn conclude(
    store: &Store,
    id: CampaignId,
    run: &Run,
    ended: Option<Exit>,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let now = (context.now)();
    let counts = store.counts(id).map_err(problems)?;
    if let Some(why) = &run.pause {
        store.set_state(id, CampaignState::Paused, Some(why), now).map_err(problems)?;
    } else if counts.unfinished() == 0 {
        store.set_state(id, CampaignState::Finished, None, now).map_err(problems)?;
    }
    let campaign = store.campaign(id).map_err(problems)?.expect("it was there a moment ago");
    if context.json {
        let mut report = as_json(&campaign, &counts);
        report["problems"] = run.stopped.as_ref().map(report::json).into();
        context.print(format!("{report:#}"))?;
    } else {
        show(store, &campaign, context)?;
        if let Some(problems) = &run.stopped {
            context.tell(report::text(problems, context.colour, "").trim_end());
        }
        if counts.unfinished() > 0 && campaign.state != CampaignState::Paused {
            context.tell(format!("`letterpress campaign resume {}` carries it on", id.0));
        }
    }
    Ok(match (ended, &run.stopped) {
        (Some(ended), _) if counts.unfinished() > 0 => ended,
        (_, Some(problems)) => problems.class().into(),
        _ if counts.of(State::Unknown) + counts.of(State::Expired) > 0 => Exit::Unsettled,
        _ if run.pause.is_some() || counts.unfinished() > 0 => Exit::Later,
        _ => Exit::Done,
    })
}
