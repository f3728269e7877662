//! What a tick says: one line an event, fit for the mail that cron makes of it.

use jiff::Timestamp;

use crate::cli::Context;
use crate::outbox::CampaignId;
use crate::problem::Problems;
use crate::schedule::{self, Slot};
use crate::store::Campaign;

/// A line about what goes well. Mail does not wait for a log that takes no more.
pub(super) fn event(context: &mut Context<'_>, campaign: &Campaign, text: &str) {
    let line = line(context, Some(campaign), text);
    if context.print(&line).is_err() {
        context.tell(line);
    }
}

pub(super) fn line(context: &Context<'_>, campaign: Option<&Campaign>, text: &str) -> String {
    let at = context.zoned_now();
    let newsletter = &context.config.newsletter.name;
    let campaign = campaign.map(|one| format!("{} ", name(one))).unwrap_or_default();
    format!("{} {newsletter}: {campaign}{text}", at.strftime("%Y-%m-%d %H:%M:%S"))
}

pub(super) fn started(slot: &Slot, now: Timestamp, people: u64) -> String {
    let late = now.duration_since(slot.due.timestamp());
    let late =
        if late.as_mins() >= 2 { format!(", {} ago", schedule::span_told(late)) } else { String::new() };
    let people = if people == 1 { "1 person".to_owned() } else { format!("{people} people") };
    format!("starts: it was due {}{late}, and goes to {people}", slot.due_told())
}

/// What is told of a campaign that was not begun in time, and kept as the reason.
pub(super) fn missed(slot: &Slot, id: CampaignId, why: &str) -> String {
    let (due, limit, id) = (slot.due_told(), slot.limit_told(), id.0);
    format!(
        "it was due {due} and {why} by {limit}; `letterpress campaign resume {id}` sends it now, and \
         `letterpress campaign cancel {id}` drops it"
    )
}

pub(super) fn name(campaign: &Campaign) -> String {
    format!("{} (campaign {})", campaign.slug, campaign.id.0)
}

/// Problems with their facts and hints, on one line.
pub(super) fn on_one_line(found: &Problems) -> String {
    let told: Vec<String> = found
        .iter()
        .flat_map(|problem| [problem.message()].into_iter().chain(problem.notes()).chain(problem.hint()))
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    told.join("; ")
}
