//! `send --at`: a campaign that goes out by itself, started by `letterpress tick`.

use std::path::Path;

use clap::Args;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::outbox::CampaignId;
use crate::problem::{Problem, Problems};
use crate::schedule::{self, Slot};
use crate::store::{Appointment, Campaign, Store, StoreError};

use super::state::problems;
use super::{CliError, Context, Exit, campaign};

/// How long nobody may have looked before that is worth a word: cron looks once a
/// minute, and a machine may be busy.
const UNWATCHED: SignedDuration = SignedDuration::from_mins(3);

/// When a campaign is to go out.
#[derive(Debug, Clone, Default, Args)]
pub struct When {
    /// Let `letterpress tick` send it then: 2026-12-01T09:00[Europe/Berlin], or
    /// `tomorrow 09:00` in the zone of this machine.
    #[arg(long, value_name = "WHEN", conflicts_with = "rehearse")]
    pub at: Option<String>,
    /// Do not begin later than so long after that, or than this moment; 6 hours when
    /// absent.
    #[arg(long, value_name = "DURATION|WHEN", requires = "at")]
    pub not_after: Option<String>,
}

impl When {
    /// The slot that is asked for, if any is.
    pub(super) fn slot(&self, context: &Context<'_>) -> Result<Option<Slot>, Problem> {
        let Some(at) = &self.at else { return Ok(None) };
        let now = context.zoned_now();
        let slot = schedule::moment(at, &now).map(Slot::at);
        let slot = slot.and_then(|slot| match &self.not_after {
            Some(not_after) => slot.until(not_after, &now),
            None => Ok(slot),
        });
        slot.map(Some).map_err(Problem::new)
    }
}

/// The line of a plan that says when it goes out.
pub(super) fn in_plan(slot: &Slot, context: &Context<'_>) -> String {
    let ahead = slot.due.timestamp().duration_since((context.now)());
    format!(
        "goes out   {}, in {}; not after {}",
        slot.due_told(),
        schedule::span_told(ahead),
        slot.limit_told()
    )
}

/// Has a campaign go out by itself, and tells so.
pub(super) fn appoint(
    store: &Store,
    id: CampaignId,
    slot: &Slot,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let now = (context.now)();
    let appointment =
        Appointment { due: slot.due.timestamp(), text: slot.text(), not_after: slot.not_after, agreed: now };
    enter(store, id, &appointment, context)
}

/// The appointment that a campaign waits for again when it is resumed: it was paused
/// before it began, and its time is still to come. None means that it is sent now.
pub(super) fn ahead_of(
    store: &Store,
    campaign: &Campaign,
    context: &Context<'_>,
) -> Result<Option<Appointment>, Problems> {
    if campaign.begun.is_some() {
        return Ok(None);
    }
    let appointment = store.appointment(campaign.id).map_err(problems)?;
    Ok(appointment.filter(|one| slot_of(one).due.timestamp() > (context.now)()))
}

/// Whether another campaign goes out in the place of the one that was to be entered.
pub(super) fn is_taken(problem: &Problem) -> bool {
    matches!(problem.condition(), Some(CliError::Appointed(_)))
}

/// Enters an appointment, and tells so.
pub(super) fn enter(
    store: &Store,
    id: CampaignId,
    appointment: &Appointment,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let now = (context.now)();
    let done = store.appoint(id, appointment, now).map_err(|error| match error {
        StoreError::Alike(other) => Problem::new(CliError::Appointed(other.0)).into(),
        error => problems(error),
    })?;
    let campaign = store.campaign(id).map_err(problems)?;
    let campaign = campaign.ok_or_else(|| Problem::new(CliError::NoCampaign(id.0.to_string())))?;
    if !done {
        return Err(campaign::not_now(campaign));
    }
    if context.json {
        let report = campaign::as_data(store, &campaign)?;
        context.print(format!("{report:#}"))?;
    } else {
        let slot = slot_of(appointment);
        context.print(format!(
            "{} (campaign {}) goes out {}, and not after {}",
            campaign.slug,
            id.0,
            slot.due_told(),
            slot.limit_told()
        ))?;
    }
    let told = watched(store, context);
    context.tell(told);
    Ok(Exit::Done)
}

/// Whether anybody looks after what is due.
fn watched(store: &Store, context: &Context<'_>) -> String {
    let ago = store.last_look().map(|last| (context.now)().duration_since(last));
    let since = match ago {
        Some(ago) if ago.abs() <= UNWATCHED => {
            return "`letterpress tick` starts it, and has looked within the last minutes".to_owned();
        }
        Some(ago) => format!("has not looked for {}", schedule::span_told(ago)),
        None => "has never looked here".to_owned(),
    };
    format!(
        "`letterpress tick` starts it, and {since}; have cron run it every minute:\n\n    {}\n",
        crontab_line(context)
    )
}

/// The line for a crontab: cron knows neither this folder nor this path.
fn crontab_line(context: &Context<'_>) -> String {
    let program = std::env::current_exe().map_or_else(|_| "letterpress".to_owned(), |path| quoted(&path));
    let file = context.config.file.as_ref().map(|file| quoted(&context.place.folder.join(file)));
    let config = file.map(|file| format!(" --config {file}")).unwrap_or_default();
    format!("* * * * * {program}{config} tick")
}

/// A path as a crontab takes it: for a shell, and with every per cent sign escaped,
/// which ends the command otherwise (crontab(5)).
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+,:@%".contains(c));
    let text = if plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) };
    text.replace('%', r"\%")
}

/// The slot of an appointment.
pub(super) fn slot_of(appointment: &Appointment) -> Slot {
    Slot::kept(appointment.due, &appointment.text, appointment.not_after)
}

/// An appointment as data.
pub(super) fn as_json(appointment: &Appointment) -> Value {
    let slot = slot_of(appointment);
    json!({
        "due": slot.due.timestamp().to_string(),
        "due_local": slot.text(),
        "not_after": slot.not_after.to_string(),
        "agreed": appointment.agreed.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_crontab_is_one_word_for_the_shell_and_has_no_bare_per_cent_sign() {
        let quoted = |path: &str| quoted(Path::new(path));
        assert_eq!(quoted("/srv/letters/newsletter.toml"), "/srv/letters/newsletter.toml");
        assert_eq!(quoted("/srv/our letters/a.toml"), "'/srv/our letters/a.toml'");
        assert_eq!(quoted("/srv/50%/it's"), r"'/srv/50\%/it'\''s'");
    }
}
