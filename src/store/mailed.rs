//! How many of some people another campaign has mailed, or still will.

use rusqlite::Connection;

use super::error::Fault;
use super::{Store, StoreError, rows};
use crate::audience::Subscriber;
use crate::outbox::{CampaignId, State};

/// Whose mail is looked for.
#[derive(Debug, Clone, Copy)]
pub enum Among<'a> {
    /// Everybody a campaign was planned for.
    Planned(CampaignId),
    /// Those of a list.
    These(&'a [Subscriber]),
}

/// How many of them a campaign knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mailed {
    /// Which campaign.
    pub campaign: CampaignId,
    /// Those who have its mail, or may have it.
    pub had: u64,
    /// Those who are still to get it.
    pub waits: u64,
}

/// Who is still to get the mail of a campaign.
const WAITS: &[State] = &[State::Pending, State::Claimed, State::Deferred];

/// Who has nothing of it, and gets nothing.
const WITHOUT: &[State] = &[State::Failed, State::Suppressed, State::Expired, State::Cancelled];

impl Store {
    /// How many of those `among` whom it is asked each of `campaigns` has mailed, or still
    /// will; by person, whatever their list was called.
    ///
    /// Reads two indices in their order and no delivery itself: about a second for each
    /// campaign of a million people, and two or three to note a list of a million; nothing
    /// when there is no campaign.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn mailed(&self, campaigns: &[CampaignId], among: Among<'_>) -> Result<Vec<Mailed>, StoreError> {
        if campaigns.is_empty() {
            return Ok(Vec::new());
        }
        // One that is gone afterwards, with all that it keeps beside the database.
        let found = self.connect().and_then(|mut connection| {
            let source = match among {
                Among::Planned(id) => format!("(SELECT key FROM recipient WHERE campaign = {})", id.0),
                Among::These(people) => {
                    note(&mut connection, people)?;
                    "temp.addressee".to_owned()
                }
            };
            campaigns.iter().map(|id| count(&connection, *id, &source)).collect()
        });
        found.map_err(|fault: Fault| fault.at(&self.inner.path))
    }
}

/// Puts people in order, where nobody waits for it and nothing has to survive.
fn note(connection: &mut Connection, people: &[Subscriber]) -> Result<(), Fault> {
    connection.execute_batch(
        "PRAGMA temp.cache_size = -65536;
         PRAGMA temp.journal_mode = MEMORY;
         CREATE TEMP TABLE addressee (key TEXT PRIMARY KEY) WITHOUT ROWID",
    )?;
    let transaction = connection.transaction()?;
    {
        // In their order, so that each goes behind the last.
        let mut keys: Vec<String> = people.iter().map(|one| one.address.key()).collect();
        keys.sort_unstable();
        let mut insert = transaction.prepare("INSERT OR IGNORE INTO temp.addressee (key) VALUES (?1)")?;
        for key in keys {
            insert.execute([key])?;
        }
    }
    Ok(transaction.commit()?)
}

/// How many of those in `source` this campaign knows. The people are gone through in the
/// order of their keys, which is that of the recipients, and where their mail is stands
/// in the index by state.
fn count(connection: &Connection, campaign: CampaignId, source: &str) -> Result<Mailed, Fault> {
    let numbers = |states: &[State]| {
        let states: Vec<String> = states.iter().map(|state| rows::number_of(*state).to_string()).collect();
        let states = states.join(", ");
        format!("(SELECT number FROM delivery WHERE campaign = ?1 AND state IN ({states}))")
    };
    let (all, waits) = connection.query_row(
        &format!(
            "SELECT count(*) FILTER (WHERE number NOT IN {}), count(*) FILTER (WHERE number IN {})
             FROM {source} AS addressee CROSS JOIN recipient
             ON recipient.campaign = ?1 AND recipient.key = addressee.key",
            numbers(WITHOUT),
            numbers(WAITS)
        ),
        [campaign.0],
        |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs())),
    )?;
    Ok(Mailed { campaign, had: all.saturating_sub(waits), waits })
}
