//! `letterpress campaign`: what was planned, how far it is, and how it goes on.

mod reconcile;
mod retry;
mod run;
mod show;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::config::RelaySettings;
use crate::outbox::{CampaignId, State};
use crate::press::answered;
use crate::problem::{Problem, Problems};
use crate::send::Relay;
use crate::store::{Campaign, CampaignState, Store};

use super::agree::agree;
use super::durability::Lasting;
use super::state::{open, problems};
use super::{CliError, Context, Exit, appointment};

pub(super) use run::{Conductor, Outcome, Parked, Voice, carry_on, recovered_in_words};
pub(super) use show::{as_data, as_json, as_person, in_words, said, standing};

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
        /// Carry on although a check says no.
        #[arg(long, value_name = "CHECK", value_delimiter = ',')]
        allow: Vec<Answer>,
        /// What is never forgotten.
        #[command(flatten)]
        lasting: Lasting,
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Call it off for everybody who is left, for good.
    Cancel {
        /// Its number or slug.
        campaign: String,
        /// Do not ask; for scripts.
        #[arg(long)]
        yes: bool,
    },
    /// Send it once more to those whom nobody took: the refused and those too late.
    Retry(retry::RetryArgs),
    /// Settle those of whom nobody knows whether the relay took their mail.
    Reconcile(reconcile::ReconcileArgs),
}

/// What lets a campaign be carried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Answer {
    /// It comes from a backup: who still waited then may have got it since, and may get
    /// it twice now.
    Restored,
    /// Its time is over before everybody was tried: it gets as long again.
    Late,
    /// The relay or a provider is not asked for a while, after an answer it gave: it is
    /// asked again now.
    Parked,
}

impl CampaignCommand {
    pub(super) fn wants_json(&self) -> bool {
        match self {
            Self::List { json } | Self::Show { json, .. } | Self::Resume { json, .. } => *json,
            Self::Retry(args) => args.json,
            Self::Reconcile(args) => args.json,
            Self::Pause { .. } | Self::Cancel { .. } => false,
        }
    }
}

pub(super) fn run(args: &CampaignArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let store = open(context)?;
    match &args.what {
        CampaignCommand::Retry(args) => retry::run(args, context),
        CampaignCommand::Reconcile(args) => reconcile::run(args, context),
        CampaignCommand::List { .. } => show::list(&store, context),
        CampaignCommand::Show { campaign, .. } => {
            let campaign = named(&store, campaign)?;
            let standing = standing(&store, &campaign, context)?;
            let exit = show::show(&store, &campaign, &standing, context)?;
            if !context.json {
                for step in show::next_steps(&store, &campaign, context)? {
                    context.tell(step);
                }
            }
            Ok(exit)
        }
        CampaignCommand::Pause { campaign } => pause(&store, campaign, context),
        CampaignCommand::Cancel { campaign, yes } => cancel(&store, campaign, *yes, context),
        CampaignCommand::Resume { campaign, allow, lasting, .. } => {
            let store = lasting.open(context)?;
            let campaign = begun(&store, campaign)?;
            let answered = allow.contains(&Answer::Restored);
            let parked = Parked::forgotten(allow.contains(&Answer::Parked));
            if let Some(appointment) = appointment::ahead_of(&store, &campaign, context)? {
                tell_parked_stays(parked, context);
                if answered {
                    store.let_go(campaign.id).map_err(problems)?;
                }
                return appointment::enter(&store, campaign.id, &appointment, context);
            }
            let relay = relay(context)?;
            let sending = store.sending((context.now)()).map_err(problems)?;
            let now = (context.now)();
            if allow.contains(&Answer::Late) {
                let until = now.checked_add(context.config.sending.expires).unwrap_or(now);
                store.prolong(campaign.id, until).map_err(problems)?;
            } else if let Some(late) = late(&store, &campaign, now)? {
                return Err(late.into());
            }
            if answered {
                store.let_go(campaign.id).map_err(problems)?;
            }
            carry_on(&store, sending, campaign.id, &relay, parked, context)
        }
    }
}

/// The relay of the configuration, its password fetched.
pub(super) fn relay(context: &Context<'_>) -> Result<Relay, Problems> {
    let settings: Option<&RelaySettings> = context.config.relay.as_ref();
    let relay = settings.ok_or_else(|| Problem::new(CliError::NoRelay))?.resolve()?;
    let messages_per_connection = Some(context.config.sending.messages_per_connection);
    Ok(Relay { messages_per_connection, ..relay })
}

/// Has `relay` and the providers behind it be asked again at once that get nothing for a
/// while, also for those of `campaign` who were held back by that, and tells who they are.
fn forget_parked(
    store: &Store,
    relay: &Relay,
    campaign: CampaignId,
    context: &mut Context<'_>,
) -> Result<(), Problems> {
    let (name, now) = (relay.to_string(), (context.now)());
    for (provider, after) in store.paced(&name).map_err(problems)?.backoffs {
        let Some(until) = after.closed_until(now) else { continue };
        let who = if provider.is_empty() { &name } else { &provider };
        let until = until.strftime("%Y-%m-%d %H:%M UTC");
        context.tell(format!("{who} is asked again now, and not at {until}: {}", answered(&after)));
    }
    store.forget_backoffs(&name, campaign, now).map_err(problems)
}

/// Tells that nobody is asked again now where nothing is sent now.
pub(super) fn tell_parked_stays(parked: Parked, context: &mut Context<'_>) {
    if parked == Parked::Forgotten {
        context.tell(
            "note: nothing is sent before its time, so `--allow parked` asks nobody again now; whoever is \
             not to be asked for a while keeps that",
        );
    }
}

/// The campaign of this number, or the last of this slug.
pub(super) fn named(store: &Store, name: &str) -> Result<Campaign, Problems> {
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

/// The campaign of this number, or the last of this slug of which anything was sent.
fn sent(store: &Store, name: &str) -> Result<Campaign, Problems> {
    let is_sent = |one: &Campaign| !matches!(one.state, CampaignState::Planning | CampaignState::Planned);
    let campaigns = store.campaigns().map_err(problems)?;
    let last = campaigns.into_iter().filter(|one| one.slug == name && is_sent(one)).max_by_key(|one| one.id);
    last.map_or_else(|| named(store, name), Ok)
}

/// The problem of a campaign that would expire for people who were never tried.
pub(super) fn late(store: &Store, campaign: &Campaign, now: Timestamp) -> Result<Option<Problem>, Problems> {
    let Some(last) = campaign.begun.and_then(|_| campaign.expires()).filter(|last| *last <= now) else {
        return Ok(None);
    };
    let untried = store.untried(campaign.id).map_err(problems)?;
    let (campaign, slug) = (campaign.id.0, campaign.slug.clone());
    Ok((untried > 0).then(|| Problem::new(CliError::Late { campaign, slug, untried, last })))
}

/// The problem of asking too early or too late.
pub(super) fn not_now(campaign: Campaign) -> Problems {
    let Campaign { id, slug, state, due, .. } = campaign;
    Problem::new(CliError::NotNow { campaign: id.0, slug, state, due }).into()
}

fn pause(store: &Store, name: &str, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let campaign = named(store, name)?;
    if !store.set_state(campaign.id, CampaignState::Paused, Some(ASKED), (context.now)()).map_err(problems)? {
        return Err(not_now(campaign));
    }
    context.print(format!("{} (campaign {}) is paused", campaign.slug, campaign.id.0))?;
    context.tell(format!("`letterpress campaign resume {}` carries it on", campaign.id.0));
    Ok(Exit::Done)
}

/// Why a campaign was paused or called off by this command.
const ASKED: &str = "asked for";

/// Calls a campaign off. Whoever waits for it gets nothing then, and nothing takes that
/// back; so a person is asked, unless it is a plan that nobody has agreed to.
fn cancel(store: &Store, name: &str, yes: bool, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let campaign = named(store, name)?;
    let (slug, id) = (&campaign.slug, campaign.id.0);
    if !campaign.state.leads_to(CampaignState::Cancelled) {
        return Err(not_now(campaign));
    }
    let counts = store.counts(campaign.id).map_err(problems)?;
    let waits = counts.unfinished();
    if waits > 0 && (campaign.begun.is_some() || campaign.due.is_some()) {
        let (are, get) = if waits == 1 { ("1 person waits", "gets") } else { ("", "get") };
        let are = if are.is_empty() { format!("{waits} people wait") } else { are.to_owned() };
        let had = counts.of(State::Accepted);
        context.tell(format!("{are} for `{slug}` (campaign {id}) and {get} nothing then; {had} have it"));
        agree(slug, "to call it off for good", CliError::NotCancelled(slug.clone()), yes, context)?;
    }
    let cancelled = CampaignState::Cancelled;
    if !store.set_state(campaign.id, cancelled, Some(ASKED), (context.now)()).map_err(problems)? {
        return Err(not_now(store.campaign(campaign.id).map_err(problems)?.unwrap_or(campaign)));
    }
    let counts = store.counts(campaign.id).map_err(problems)?;
    context.print(format!("{slug} (campaign {id}) is called off: {}", in_words(&counts)))?;
    Ok(Exit::Done)
}
