//! `letterpress why`: what happened to one person's mail.

use clap::Args;
use serde_json::json;

use crate::audience::EmailAddress;
use crate::message::{Key, delivery_in};
use crate::outbox::{CampaignId, DeliveryId, Step};
use crate::problem::Problems;
use crate::store::{Delivery, Store};

use super::state::{open, problems};
use super::{Context, Exit, files, unsubscribe};

/// What `letterpress why` is asked for.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// The address, or a return path that belongs to one person.
    pub address: String,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What happened, for people.
fn words(step: Step) -> &'static str {
    match step {
        Step::Claim => "taken up",
        Step::Release => "put back",
        Step::Intend => "its final dot allowed",
        Step::Accept => "accepted by the relay",
        Step::Defer => "refused for now",
        Step::Hold => "held back: what was refused is not this recipient",
        Step::Fail => "refused",
        Step::Lose => "unknown: the final dot was not answered",
        Step::Suppress => "not sent: wants no mail",
        Step::Expire => "given up: too late",
        Step::Cancel => "called off",
        Step::Resend => "to be sent again",
        Step::Retry => "to be tried once more",
    }
}

/// The delivery that `address` is the return path of, if it is.
fn whose(address: &EmailAddress, store: &Store) -> Result<Option<Delivery>, Problems> {
    let Some((campaign, number)) = delivery_in(address, &Key::new(store.key())) else { return Ok(None) };
    store.delivery(DeliveryId { campaign: CampaignId(campaign), number }).map_err(problems)
}

pub(super) fn run(args: &WhyArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let address = files::address(&args.address)?;
    let store = open(context)?;
    let address = match whose(&address, &store)? {
        Some(delivery) => {
            let campaign = delivery.id.campaign.0;
            context
                .tell(format!("{address} is the return path of campaign {campaign} to {}", delivery.address));
            delivery.address
        }
        None => address,
    };
    let suppression = store.suppression_of(&address).map_err(problems)?;
    let leavings = store.leavings_of(&address).map_err(problems)?;
    let history = store.history(&address).map_err(problems)?;
    let excluded = store.excluded_from(&address).map_err(problems)?;
    if context.json {
        let campaigns: Vec<_> = history
            .iter()
            .map(|(campaign, delivery, events)| {
                json!({
                    "campaign": campaign.id.0,
                    "slug": campaign.slug,
                    "state": delivery.state.word(),
                    "attempts": delivery.attempts,
                    "events": events.iter().map(|event| json!({
                        "at": event.at.to_string(),
                        "step": event.word(),
                        "phase": event.reply.as_ref().map(|reply| reply.phase.as_str()),
                        "code": event.reply.as_ref().map(|reply| reply.code),
                        "text": event.reply.as_ref().map(|reply| reply.text.as_str()),
                    })).collect::<Vec<_>>(),
                })
            })
            .collect();
        let suppressed = suppression.map(|one| {
            json!({
                "reason": one.reason.word(),
                "since": one.since.to_string(),
                "note": one.note,
            })
        });
        let excluded: Vec<_> = excluded
            .iter()
            .map(|(campaign, reason)| {
                let planned = campaign.planned.to_string();
                json!({ "campaign": campaign.id.0, "slug": campaign.slug, "planned": planned, "reason": reason })
            })
            .collect();
        let report = json!({
            "address": address.as_str(),
            "suppressed": suppressed,
            "leavings": leavings.iter().map(unsubscribe::as_json).collect::<Vec<_>>(),
            "campaigns": campaigns,
            "excluded": excluded,
        });
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    if let Some(one) = suppression {
        let note = one.note.map(|note| format!(" ({note})")).unwrap_or_default();
        context.print(format!(
            "{address} gets nothing since {}: {}{note}",
            one.since.strftime("%Y-%m-%d %H:%M:%S UTC"),
            one.reason.word(),
        ))?;
    }
    for one in &leavings {
        let at = one.at.strftime("%Y-%m-%d %H:%M:%S UTC");
        context.print(format!("  {at}  {}", unsubscribe::did(one)))?;
    }
    for (campaign, delivery, events) in &history {
        context.print(format!(
            "{} (campaign {}): {}",
            campaign.slug,
            campaign.id.0,
            if campaign.is_open_plan() {
                "planned, and nobody has agreed to it yet"
            } else {
                delivery.state.word()
            }
        ))?;
        for event in events {
            let at = event.at.strftime("%Y-%m-%d %H:%M:%S UTC");
            let said = event.reply.as_ref().map(super::campaign::said).unwrap_or_default();
            context.print(format!("  {at}  {}{said}", words(event.step)))?;
        }
    }
    for (campaign, reason) in &excluded {
        context.print(format!(
            "{} (campaign {}): left out of the plan of {}: {reason}",
            campaign.slug,
            campaign.id.0,
            campaign.planned.strftime("%Y-%m-%d %H:%M:%S UTC")
        ))?;
    }
    if history.is_empty() && excluded.is_empty() {
        context.print(format!("no campaign was planned for {address}"))?;
    }
    Ok(Exit::Done)
}
