//! `letterpress campaign list` and `show`: how far campaigns are, and who is left.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::outbox::State;
use crate::press::{answered, length};
use crate::problem::Problems;
use crate::store::{Campaign, CampaignState, Counts, Delivery, ReplyRecord, Store};

use crate::cli::appointment::{self, slot_of};
use crate::cli::outlook::Outlook;
use crate::cli::state::problems;
use crate::cli::{Context, Exit, report};

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
        let standing = standing(store, one, context)?;
        let due = match one.state {
            CampaignState::Planned => store.appointment(one.id).map_err(problems)?,
            _ => None,
        };
        let due = due.map(|due| format!(" for {}", slot_of(&due).due_told())).unwrap_or_default();
        context.print(format!(
            "{}  {}  {}  {}{due}{} {}",
            one.id.0,
            one.planned.strftime("%Y-%m-%d %H:%M UTC"),
            one.slug,
            standing.strip_prefix("is ").unwrap_or(&standing),
            if standing.contains(": ") { ';' } else { ':' },
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

/// How a campaign stands, as a sentence goes on after its name: it is sending only while
/// somebody sends.
pub(in crate::cli) fn standing(
    store: &Store,
    campaign: &Campaign,
    context: &Context<'_>,
) -> Result<String, Problems> {
    if campaign.state != CampaignState::Sending {
        return Ok(format!("is {}", campaign.state.word()));
    }
    if campaign.held.is_some() {
        return Ok("is held".to_owned());
    }
    let due = due(store, campaign)?.filter(|due| *due > (context.now)());
    if let Some(due) = due {
        return Ok(waiting(due));
    }
    if store.is_sent_from().map_err(problems)? {
        return Ok("is sending".to_owned());
    }
    Ok(match kept_back(store, campaign, context)? {
        Some(Kept { until, why, .. }) => format!("{}: {why}", waiting(until)),
        None => "is interrupted".to_owned(),
    })
}

/// Nobody of a campaign may be sent to before a moment, and why.
struct Kept {
    until: Timestamp,
    why: String,
    /// Whether it is for an answer of a server, and `--allow parked` forgets it.
    parked: bool,
}

/// What keeps everybody of a campaign back who waits, with the configuration at hand.
fn kept_back(store: &Store, campaign: &Campaign, context: &Context<'_>) -> Result<Option<Kept>, Problems> {
    let domains = store.domains(campaign.id).map_err(problems)?;
    let domains = domains.iter().map(|(domain, count)| (domain.as_str(), *count));
    let Outlook { start, first, closed, limit, .. } = Outlook::of(domains, None, store, context)?;
    let Some(until) = first.filter(|first| *first > start) else { return Ok(None) };
    let limit =
        limit.map(
            |(key, provider)| {
                if provider.is_empty() { format!("`{key}`") } else { format!("`{key}` of {provider}") }
            },
        );
    let of_servers = closed.iter().map(|(provider, _, after)| {
        let who = if provider.is_empty() { "the relay" } else { provider };
        format!("{who}: {}", report::one_line(&answered(after)))
    });
    let parked = !closed.is_empty();
    let why: Vec<String> = limit.into_iter().chain(of_servers).take(3).collect();
    Ok(Some(Kept { until, why: why.join("; "), parked }))
}

/// How a campaign stands of which nothing may go before `until`.
pub(super) fn waiting(until: Timestamp) -> String {
    format!("waits until {}", until.strftime("%Y-%m-%d %H:%M UTC"))
}

/// When there is something to do for a campaign that goes on by itself.
fn due(store: &Store, campaign: &Campaign) -> Result<Option<Timestamp>, Problems> {
    let agenda = store.agenda().map_err(problems)?;
    Ok(agenda.into_iter().find(|entry| entry.campaign.id == campaign.id).map(|entry| entry.next))
}

/// So many in doubt, one after the other, pause a campaign at the next tick.
const PAUSING: u64 = 3;

/// How many are at a dot that nobody hears the answer to any more, or were lost there last,
/// one after the other.
fn doubts(store: &Store, campaign: &Campaign, counts: &Counts) -> Result<u64, Problems> {
    if store.is_sent_from().map_err(problems)? {
        return Ok(0);
    }
    let lately = store.lately(campaign.id, counts).map_err(problems)?;
    Ok(counts.of(State::Dot) + lately.lost_in_a_row)
}

/// What whoever reads how a campaign stands does next, when it is not over and nobody
/// is sending it.
pub(super) fn next_steps(
    store: &Store,
    campaign: &Campaign,
    context: &Context<'_>,
) -> Result<Vec<String>, Problems> {
    let now = (context.now)();
    let (id, mut steps) = (campaign.id.0, Vec::new());
    let counts = store.counts(campaign.id).map_err(problems)?;
    if counts.unfinished() == 0 {
        return Ok(steps);
    }
    if campaign.is_open_plan() {
        steps.push(format!("nobody has agreed to it yet; `letterpress send --plan {id}` sends it"));
        return Ok(steps);
    }
    let resume = format!("`letterpress campaign resume {id}");
    match campaign.state {
        CampaignState::Sending | CampaignState::Paused if campaign.held.is_some() => {
            steps.push(format!("{resume} --allow restored` mails everybody who waits, some perhaps twice"));
        }
        CampaignState::Paused => {
            // The reason may have said so already.
            if !campaign.reason.as_ref().is_some_and(|reason| reason.contains(&resume)) {
                steps.push(format!("{resume}` carries it on"));
            }
            let failed = counts.of(State::Failed);
            if failed > 0 {
                steps.push(format!("`letterpress campaign retry {id}` tries the {failed} failed once more"));
            }
        }
        CampaignState::Sending if campaign.rehearsal => steps.push(format!("{resume}` carries it on")),
        CampaignState::Sending if doubts(store, campaign, &counts)? >= PAUSING => {
            steps.push(format!("{resume}` carries it on; so many in doubt `letterpress tick` leaves to you"));
        }
        CampaignState::Sending => match due(store, campaign)?.filter(|due| *due > now) {
            Some(due) => steps.push(format!(
                "nobody is due before {}; `letterpress tick` from cron goes on with it then",
                due.strftime("%Y-%m-%d %H:%M UTC")
            )),
            None if store.is_sent_from().map_err(problems)? => {}
            None => match kept_back(store, campaign, context)? {
                Some(Kept { parked, .. }) => {
                    steps.push("`letterpress tick` from cron goes on with it then".to_owned());
                    if parked {
                        steps.push(format!(
                            "{resume} --allow parked` asks again at once, when that is mended"
                        ));
                    }
                }
                None => steps.push(format!(
                    "{resume}` carries it on, and so does the next `letterpress tick`; `letterpress campaign \
                     pause {id}` keeps it"
                )),
            },
        },
        _ => {}
    }
    Ok(steps)
}

/// Tells how far one is, and who is left.
pub(super) fn show(
    store: &Store,
    campaign: &Campaign,
    standing: &str,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
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
    context.print(format!("{} (campaign {}) {standing}", campaign.slug, campaign.id.0))?;
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
