//! A clock that was turned back must neither strand those who wait nor lose time that
//! a campaign has.

use jiff::Timestamp;
use rusqlite::Transaction;

use super::error::Fault;
use super::rows;
use crate::outbox::State;

/// Sets right what was written under a clock that was ahead of `now`, and tells how far
/// it went.
///
/// Whoever was deferred then waits as long from now as was meant, and a campaign that
/// began then begins now. That a long list takes its time here is rare enough.
pub(super) fn set_right(transaction: &Transaction<'_>, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let now = now.as_microsecond();
    let latest: Option<i64> = transaction.query_row(
        "SELECT max(latest) FROM (
             SELECT max(changed) AS latest FROM campaign
             UNION ALL
             SELECT max(changed) FROM delivery
             WHERE campaign IN (SELECT id FROM campaign) AND state = ?1)",
        [rows::number_of(State::Deferred)],
        |row| row.get(0),
    )?;
    let Some(latest) = latest.filter(|latest| *latest > now) else { return Ok(None) };
    transaction.execute(
        "UPDATE delivery SET due = max(due - changed, 0) + ?2, changed = ?2
         WHERE campaign IN (SELECT id FROM campaign) AND state = ?1 AND changed > ?2",
        (rows::number_of(State::Deferred), now),
    )?;
    transaction.execute("UPDATE campaign SET begun = min(begun, ?1), changed = min(changed, ?1)", [now])?;
    Ok(Some(rows::moment(latest, 0)?))
}
