//! `letterpress why`: what happened to one person's mail.

use clap::Args;
use serde_json::json;

use crate::outbox::Step;
use crate::problem::Problems;

use super::state::{open, problems};
use super::{Context, Exit, files};

/// What `letterpress why` is asked for.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// The address.
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

pub(super) fn run(args: &WhyArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let address = files::address(&args.address)?;
    let store = open(context)?;
    let suppression = store.suppression_of(&address).map_err(problems)?;
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
    for (campaign, delivery, events) in &history {
        context.print(format!(
            "{} (campaign {}): {}",
            campaign.slug,
            campaign.id.0,
            delivery.state.word()
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
