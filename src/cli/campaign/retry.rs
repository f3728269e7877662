//! `letterpress campaign retry`: those whom nobody took are tried once more.

use std::collections::HashSet;

use clap::Args;
use serde_json::json;

use super::show::{TOLD, as_person, said};
use super::{Parked, begun, carry_on, relay};
use crate::audience::EmailAddress;
use crate::cli::agree::agree;
use crate::cli::state::{open, problems};
use crate::cli::{CliError, Context, Exit, files};
use crate::outbox::State;
use crate::press::Doubt;
use crate::problem::{Problem, Problems};
use crate::store::{Campaign, CampaignState, Delivery, Store, StoreError};

/// What `letterpress campaign retry` is asked for.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct RetryArgs {
    /// Its number or slug.
    pub campaign: String,
    /// Only those who were refused.
    #[arg(long)]
    pub failed: bool,
    /// Only those for whom time ran out.
    #[arg(long)]
    pub expired: bool,
    /// Only these people.
    #[arg(long, value_name = "ADDRESS", num_args = 1.., value_delimiter = ',')]
    pub who: Vec<String>,
    /// Tell who would be tried once more, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Go on although the state comes from a backup: who got it since, and who left, is
    /// not known here.
    #[arg(long, value_name = "CHECK", value_parser = ["restored"])]
    pub allow: Option<String>,
    /// Do not ask; for scripts.
    #[arg(long)]
    pub yes: bool,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &RetryArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let store = open(context)?;
    let mut found = Vec::new();
    let who: Vec<EmailAddress> =
        args.who.iter().filter_map(|text| files::noted(files::address(text), &mut found)).collect();
    let ((), _) = Problems::check((), found)?;
    let campaign = begun(&store, &args.campaign)?;
    if let Some(backup) = campaign.held {
        return Err(problems(StoreError::Held { id: campaign.id, slug: campaign.slug, backup }));
    }
    let states: &[State] = match (args.failed, args.expired) {
        (true, false) => &[State::Failed],
        (false, true) => &[State::Expired],
        _ => &[State::Failed, State::Expired],
    };
    let (chosen, left_out) = if who.is_empty() {
        all(&store, &campaign, states)?
    } else {
        (named(&store, &campaign, states, &who)?, 0)
    };
    if left_out > 0 {
        context
            .tell(format!("{left_out} stay as they are: nobody is at their address, or they want no mail"));
    }
    if chosen.is_empty() {
        context.tell(format!("campaign {} has nobody to try once more", campaign.id.0));
        return Ok(Exit::Done);
    }
    if args.dry_run {
        return rehearse(&campaign, &chosen, context);
    }
    answered(&store, args.allow.is_some())?;
    // Before anything is changed: what is put back is sent at once.
    let relay = relay(context)?;
    let when = if campaign.state == CampaignState::Paused { "when it is carried on" } else { "now" };
    context.tell(format!("to be sent `{}` once more, {when}: {}", campaign.slug, people(chosen.len())));
    for line in lines(&chosen) {
        context.tell(line);
    }
    agree(
        &campaign.slug,
        &format!("to send it to {} once more", people(chosen.len())),
        CliError::NotAgreed(campaign.slug.clone()),
        args.yes,
        context,
    )?;
    let sending = store.sending((context.now)()).map_err(problems)?;
    if args.allow.is_some() {
        store.answer_for_restored().map_err(problems)?;
    }
    let now = (context.now)();
    let until = now.checked_add(context.config.sending.expires).unwrap_or(now);
    let numbers: Vec<u32> = chosen.iter().map(|one| one.id.number).collect();
    let put_back = store.retry(campaign.id, &numbers, until, now).map_err(problems)?;
    if put_back < numbers.len() as u64 {
        context.tell(format!("{} have moved on meanwhile", numbers.len() as u64 - put_back));
    }
    let state = store.campaign(campaign.id).map_err(problems)?.map(|now| now.state);
    if state == Some(CampaignState::Paused) {
        // They asked for a few, and not for everybody who waits.
        context.tell(format!(
            "campaign {} is paused; they go out with `letterpress campaign resume {}`",
            campaign.id.0, campaign.id.0
        ));
        return Ok(Exit::Later);
    }
    carry_on(&store, sending, campaign.id, &relay, Parked::Kept, context)
}

/// Tells whom a campaign would be sent once more.
fn rehearse(campaign: &Campaign, chosen: &[Delivery], context: &mut Context<'_>) -> Result<Exit, Problems> {
    if context.json {
        let people: Vec<_> = chosen.iter().map(as_person).collect();
        let report = json!({ "campaign": campaign.id.0, "slug": campaign.slug, "people": people });
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    context.print(format!("`{}` would be sent once more to {}", campaign.slug, people(chosen.len())))?;
    for line in lines(chosen) {
        context.print(line)?;
    }
    context.tell("a dry run: nothing was changed, and nothing was sent");
    Ok(Exit::Done)
}

/// Fails while nobody has answered for what a restored state does not know: whoever was
/// refused by its books may have got it since, or may have left.
pub(super) fn answered(store: &Store, allowed: bool) -> Result<(), Problems> {
    match store.standing().map_err(problems)?.restored {
        Some(backup) if !allowed => Err(Problem::new(Doubt::Restored(backup)).into()),
        _ => Ok(()),
    }
}

fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

/// Those who are tried once more, and what was said of them.
fn lines(chosen: &[Delivery]) -> Vec<String> {
    let told = chosen.iter().take(TOLD).map(|one| {
        let reply = one.reply.as_ref().map(said).unwrap_or_default();
        format!("  {}: {}{reply}", one.state.word(), one.address)
    });
    let more = chosen.len().saturating_sub(TOLD);
    told.chain((more > 0).then(|| format!("  and {more} more"))).collect()
}

/// Everybody who may be tried once more, and how many of those in `states` may not: those
/// who are suppressed, as whoever was refused for a dead address is unless a person took
/// that back, or the relay was not believed.
fn all(store: &Store, campaign: &Campaign, states: &[State]) -> Result<(Vec<Delivery>, usize), Problems> {
    let suppressed: HashSet<String> = store.suppressed().map_err(problems)?.into_keys().collect();
    let mut chosen = Vec::new();
    let mut left_out = 0;
    for state in states {
        for one in store.deliveries(campaign.id, Some(*state), usize::MAX).map_err(problems)? {
            if suppressed.contains(&one.address.key()) {
                left_out += 1;
            } else {
                chosen.push(one);
            }
        }
    }
    Ok((chosen, left_out))
}

/// The people who were named, if each of them may be tried once more.
fn named(
    store: &Store,
    campaign: &Campaign,
    states: &[State],
    who: &[EmailAddress],
) -> Result<Vec<Delivery>, Problems> {
    let mut chosen: Vec<Delivery> = Vec::new();
    let mut found = Vec::new();
    for address in who {
        let delivery = store.delivery_to(campaign.id, address).map_err(problems)?;
        let suppressed = store.suppression_of(address).map_err(problems)?.is_some();
        let why = match &delivery {
            None => "it was not planned for them",
            Some(one) if one.state == State::Accepted => "the relay took their mail",
            Some(one) if one.state == State::Unknown => {
                "the relay may have their mail; `letterpress campaign reconcile` settles that"
            }
            Some(one) if !states.contains(&one.state) => one.state.word(),
            Some(_) if suppressed => "they are suppressed; `letterpress why` tells since when",
            Some(_) => "",
        };
        match delivery {
            Some(one) if why.is_empty() => chosen.push(one),
            _ => {
                let condition = CliError::NotRetried { address: address.to_string(), why: why.to_owned() };
                found.push(Problem::new(condition));
            }
        }
    }
    chosen.sort_by_key(|one| one.id);
    chosen.dedup_by_key(|one| one.id);
    Ok(Problems::check(chosen, found)?.0)
}
