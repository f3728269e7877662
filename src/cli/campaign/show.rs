//! `letterpress campaign list` and `show`: how far campaigns are, and who is left.

use serde_json::{Value, json};

use crate::outbox::State;
use crate::press::length;
use crate::problem::Problems;
use crate::store::{Campaign, CampaignState, Counts, Delivery, ReplyRecord, Store};

use crate::cli::appointment::{self, slot_of};
use crate::cli::state::problems;
use crate::cli::{Context, Exit};

/// Tells all campaigns, the last one first.
pub(super) fn list(store: &Store, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut campaigns = store.campaigns().map_err(problems)?;
    campaigns.sort_by_key(|one| std::cmp::Reverse(one.id));
    if context.json {
        let rows: Result<Vec<Value>, Problems> = campaigns.iter().map(|one| as_data(store, one)).collect();
        context.print(format!("{:#}", json!({ "campaigns": rows? })))?;
        return Ok(Exit::Done);
    }
    for one in &campaigns {
        let counts = store.counts(one.id).map_err(problems)?;
        let due = match one.state {
            CampaignState::Planned => store.appointment(one.id).map_err(problems)?,
            _ => None,
        };
        let due = due.map(|due| format!(" for {}", slot_of(&due).due_told())).unwrap_or_default();
        context.print(format!(
            "{}  {}  {}  {}{due}: {}",
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
pub(super) const TOLD: usize = 50;

/// Where those are who are neither accepted nor still waiting for their first try, those
/// first who want somebody to look at them.
const LEFT: [State; 6] =
    [State::Unknown, State::Failed, State::Expired, State::Deferred, State::Suppressed, State::Cancelled];

/// Tells how far one is, and who is left.
pub(super) fn show(store: &Store, campaign: &Campaign, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let counts = store.counts(campaign.id).map_err(problems)?;
    let mut left = Vec::new();
    // Data has everybody; people read the first of them.
    let most = if context.json { usize::MAX } else { TOLD };
    for state in LEFT {
        let room = most - left.len();
        left.extend(store.deliveries(campaign.id, Some(state), room).map_err(problems)?);
    }
    let all: u64 = LEFT.into_iter().map(|state| counts.of(state)).sum();
    if context.json {
        let mut report = as_data(store, campaign)?;
        report["people"] = left.iter().map(as_person).collect();
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    context.print(format!("{} (campaign {}) is {}", campaign.slug, campaign.id.0, campaign.state.word()))?;
    if let Some(reason) = &campaign.reason {
        context.print(format!("  {reason}"))?;
    }
    if !campaign.state.is_final()
        && campaign.begun.is_none()
        && let Some(appointment) = store.appointment(campaign.id).map_err(problems)?
    {
        let slot = slot_of(&appointment);
        context.print(format!("  due {}, and not after {}", slot.due_told(), slot.limit_told()))?;
    }
    if counts.unfinished() > 0 {
        let last = campaign.expires().map_or_else(
            || format!("  expires {} after its start", length(&campaign.lasts)),
            |last| format!("  until {} at the latest", last.strftime("%Y-%m-%d %H:%M UTC")),
        );
        context.print(last)?;
    }
    context.print(in_words(&counts))?;
    for one in &left {
        let reply = one.reply.as_ref().map(said);
        let next = one.next_at.map(|at| format!(", next try {}", at.strftime("%Y-%m-%d %H:%M UTC")));
        let (reply, next) = (reply.unwrap_or_default(), next.unwrap_or_default());
        context.print(format!("  {}: {}{reply}{next}", one.state.word(), one.address))?;
    }
    let more = all.saturating_sub(left.len() as u64);
    if more > 0 {
        let id = campaign.id.0;
        context.print(format!("  and {more} more: `letterpress report {id} --csv` tells everybody"))?;
    }
    Ok(Exit::Done)
}

/// A recipient and how their mail stands, as data.
pub(in crate::cli) fn as_person(one: &Delivery) -> Value {
    json!({
        "address": one.address.as_str(),
        "state": one.state.word(),
        "attempts": one.attempts,
        "reply": one.reply.as_ref().map(|reply| said(reply).trim_start_matches(": ").to_owned()),
        "next_at": one.next_at.map(|at| at.to_string()),
    })
}

/// What a server said, to stand behind what it was said of. Without a code it is what
/// we say of its silence.
pub(in crate::cli) fn said(reply: &ReplyRecord) -> String {
    if reply.code == 0 { format!(": {}", reply.text) } else { format!(": {} {}", reply.code, reply.text) }
}

/// A campaign, its counts and its appointment as data.
pub(in crate::cli) fn as_data(store: &Store, campaign: &Campaign) -> Result<Value, Problems> {
    let mut report = as_json(campaign, &store.counts(campaign.id).map_err(problems)?);
    let appointment = store.appointment(campaign.id).map_err(problems)?;
    report["appointment"] = appointment.as_ref().map(appointment::as_json).into();
    Ok(report)
}

/// A campaign and its counts as data.
pub(in crate::cli) fn as_json(campaign: &Campaign, counts: &Counts) -> Value {
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
        "begun": campaign.begun.map(|at| at.to_string()),
        "lasts_seconds": campaign.lasts.as_secs(),
        "expires": campaign.expires().map(|at| at.to_string()),
        "held": campaign.held.map(|at| at.to_string()),
        "recipients": counts.total(),
        "outcomes": outcomes,
    })
}

/// The counts that are not nothing.
pub(in crate::cli) fn in_words(counts: &Counts) -> String {
    let parts: Vec<String> = State::ALL
        .into_iter()
        .filter(|state| counts.of(*state) > 0)
        .map(|state| format!("{} {}", counts.of(state), state.word()))
        .collect();
    if parts.is_empty() {
        return "planned for nobody".to_owned();
    }
    format!("{} of {}", parts.join(", "), counts.total())
}
