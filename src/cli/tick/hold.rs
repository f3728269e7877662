//! Campaigns that a tick does not send, because a person has to decide first; each is
//! told once.

use super::due::{Standing, standing};
use super::lines::missed;
use super::{Tick, slot_of};
use crate::cli::Exit;
use crate::cli::campaign::late;
use crate::cli::state::problems;
use crate::outbox::State;
use crate::press::{Candidate, repeated_since};
use crate::problem::Problems;
use crate::schedule;
use crate::store::{Among, CampaignState, Entry};

impl Tick<'_, '_> {
    /// Holds the campaigns that were not begun in time; each is told once.
    pub(super) fn hold_missed(&mut self) -> Result<(), Problems> {
        let now = self.now();
        for entry in self.store.agenda().map_err(problems)? {
            let Some(appointment) = &entry.appointment else { continue };
            if standing(&entry, now) != Standing::Missed {
                continue;
            }
            let slot = slot_of(appointment);
            let id = entry.campaign.id;
            let reason = missed(&slot, id, "was not begun");
            let held = self.store.miss_appointed(id, appointment, &reason, now).map_err(problems)?;
            if held {
                self.trouble(Some(&entry.campaign), &format!("is held: {reason}"));
                self.end_with(Exit::Unsettled);
            }
        }
        Ok(())
    }

    /// Holds a campaign that was begun in time and of which nothing could be sent until
    /// it was too late. Whoever began it by hand at another time has decided otherwise.
    pub(super) fn hold_fruitless(&mut self, entry: &Entry) -> Result<bool, Problems> {
        let (id, now) = (entry.campaign.id, self.now());
        let (Some(appointment), Some(begun)) = (&entry.appointment, entry.campaign.begun) else {
            return Ok(false);
        };
        let slot = slot_of(appointment);
        if slot.turn(begun) != schedule::Turn::Due || slot.turn(now) != schedule::Turn::Missed {
            return Ok(false);
        }
        let counts = self.store.counts(id).map_err(problems)?;
        if counts.of(State::Pending) < counts.total() {
            return Ok(false);
        }
        let reason = missed(&slot, id, "nothing of it could be sent");
        let held = self.store.set_state(id, CampaignState::Paused, Some(&reason), now).map_err(problems)?;
        if held {
            self.trouble(Some(&entry.campaign), &format!("is held: {reason}"));
            self.end_with(Exit::Unsettled);
        }
        Ok(held)
    }

    /// Holds a campaign whose mail went to its people since somebody agreed to it.
    pub(super) fn hold_repeated(&mut self, entry: &Entry) -> Result<bool, Problems> {
        let Some(appointment) = &entry.appointment else { return Ok(false) };
        let (campaign, now) = (&entry.campaign, self.now());
        let id = campaign.id;
        let candidate = Candidate {
            id: Some(id),
            slug: &campaign.slug,
            content_hash: &campaign.content_hash,
            list: &campaign.list,
            people: self.store.counts(id).map_err(problems)?.total(),
            among: Among::Planned(id),
            held: None,
        };
        let doubt = repeated_since(self.store, &candidate, appointment.agreed, now).map_err(problems)?;
        let Some(doubt) = doubt else { return Ok(false) };
        let reason = format!(
            "{doubt}; `letterpress campaign resume {0}` sends it once more, and `letterpress campaign cancel \
             {0}` drops it",
            id.0
        );
        if self.store.miss_appointed(id, appointment, &reason, now).map_err(problems)? {
            self.trouble(Some(campaign), &format!("is held: {reason}"));
            self.end_with(Exit::Unsettled);
        }
        Ok(true)
    }

    /// Holds a campaign whose time is over before everybody was tried: a machine that
    /// was off for days, or a clock that is wrong, must not decide that they get nothing.
    pub(super) fn hold_late(&mut self, entry: &Entry) -> Result<bool, Problems> {
        let now = self.now();
        let Some(late) = late(self.store, &entry.campaign, now)? else { return Ok(false) };
        let hint = late.hint().unwrap_or_default();
        let reason = format!("{}; {hint}", late.message());
        let id = entry.campaign.id;
        let held = self.store.set_state(id, CampaignState::Paused, Some(&reason), now).map_err(problems)?;
        if held {
            self.trouble(Some(&entry.campaign), &format!("is held: {reason}"));
            self.end_with(Exit::Unsettled);
        }
        Ok(held)
    }
}
