//! Values out of columns: what a column holds is checked, not believed.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Error, Row};

use super::deliveries::ReplyRecord;
use crate::audience::EmailAddress;
use crate::outbox::{CampaignId, DeliveryId, State};

/// A moment in microseconds.
pub(super) fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    moment(row.get(column)?, column)
}

/// A moment that may be missing.
pub(super) fn timestamp_if_any(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?.map(|microseconds| moment(microseconds, column)).transpose()
}

/// The moment so many microseconds after the epoch, from `column`.
pub(super) fn moment(microseconds: i64, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(microseconds)
        .map_err(|_| Error::IntegralValueOutOfRange(column, microseconds))
}

/// An address; what was stored has been one.
pub(super) fn address(row: &Row<'_>, column: usize) -> rusqlite::Result<EmailAddress> {
    let text: String = row.get(column)?;
    EmailAddress::parse(&text)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// What a word stands for.
pub(super) fn word<T>(row: &Row<'_>, column: usize, read: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    meaning(&row.get::<_, String>(column)?, column, read)
}

/// The same of one that may be missing.
pub(super) fn word_if_any<T>(
    row: &Row<'_>,
    column: usize,
    read: fn(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    row.get::<_, Option<String>>(column)?.map(|word| meaning(&word, column, read)).transpose()
}

fn meaning<T>(word: &str, column: usize, read: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    read(word).ok_or_else(|| {
        let unknown = format!("`{word}` is no word that is written there");
        Error::FromSqlConversionFailure(column, Type::Text, unknown.into())
    })
}

/// Where a delivery is.
pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    let number: i64 = row.get(column)?;
    State::of(number).ok_or(Error::IntegralValueOutOfRange(column, number))
}

/// The number of `state` in the store.
pub(super) fn number_of(state: State) -> i64 {
    i64::from(state as u8)
}

/// A delivery by the columns `campaign` and `number`, which follow each other.
pub(super) fn delivery_id(row: &Row<'_>, column: usize) -> rusqlite::Result<DeliveryId> {
    Ok(DeliveryId { campaign: CampaignId(row.get(column)?), number: row.get(column + 1)? })
}

/// A reply by the columns `phase`, `code` and `text`, which follow each other.
pub(super) fn reply(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<ReplyRecord>> {
    let (phase, code, text) = (row.get(column)?, row.get(column + 1)?, row.get(column + 2)?);
    Ok(match (phase, code, text) {
        (Some(phase), Some(code), Some(text)) => Some(ReplyRecord { phase, code, text }),
        _ => None,
    })
}
