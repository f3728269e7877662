//! People leave and come back, and their links are read.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::campaigns::CampaignState;
use super::error::Fault;
use super::{Store, StoreError, rows, schema};
use crate::audience::{EmailAddress, Leaving, LeftBy, Motive, SuppressionReason};
use crate::fault::{Point, pass};
use crate::outbox::State;

/// Most of what is kept of one person's leaving and coming back; who goes on for ever
/// fills no disk.
const MOST_KEPT: u32 = 20;

/// What a reader asks for, whose token was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// No more mail.
    Leave {
        /// To whom.
        address: EmailAddress,
        /// What it was said by.
        by: LeftBy,
    },
    /// The same by a mail, which is heard once, however often it is shown.
    LeaveByMail {
        /// Of the whole mail, the same for no other.
        fingerprint: [u8; 32],
        /// Whose token is in it, if there is one.
        address: Option<EmailAddress>,
    },
    /// Mail again, for whoever left at that moment.
    Return {
        /// To whom.
        address: EmailAddress,
        /// When they left.
        left: Timestamp,
    },
    /// To say why they left at that moment; what was said before is replaced, unless
    /// nothing is said now.
    Say {
        /// Who.
        address: EmailAddress,
        /// When they left.
        left: Timestamp,
        /// Why.
        motive: Option<Motive>,
        /// The same in their own words.
        words: Option<String>,
    },
    /// Nothing: a test of the way.
    Knock([u8; 16]),
}

/// What came of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// They get no mail, since that moment.
    Left {
        /// Since when.
        since: Timestamp,
        /// Whether it was not so before.
        new: bool,
    },
    /// This mail was heard before.
    Known,
    /// This mail was noted; nobody's token is in it.
    Noted,
    /// Whether they get mail again.
    Returned(bool),
    /// Whether there was a leaving to say it about.
    Said(bool),
    /// Whether this test is expected here.
    Heard(bool),
}

impl Store {
    /// Grants what readers ask for, all in one commit: it is on disk when this returns,
    /// and holds from the next final dot on.
    ///
    /// Whoever leaves is suppressed as `unsubscribed`, also who was suppressed before as
    /// `bounced` or `manual`: then they cannot come back by themselves. Nobody comes back
    /// but from the very leaving they name, within an hour, and when nothing else is
    /// known against it.
    ///
    /// # Errors
    ///
    /// Fails only if the database does; nothing is granted then.
    pub fn grant(&self, wishes: &[Wish], now: Timestamp) -> Result<Vec<Granted>, StoreError> {
        pass(Point::Suppressing);
        self.with(|connection| {
            let transaction = schema::begin(connection)?;
            let granted =
                wishes.iter().map(|wish| grant(&transaction, wish, now)).collect::<Result<_, _>>()?;
            transaction.commit()?;
            pass(Point::Suppressed);
            Ok(granted)
        })
    }

    /// Lets this person get mail again who said no as `reason`, and asked for it anew
    /// otherwise than by a link; false when it is not so. It is kept that the publisher did it.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn welcome_back(
        &self,
        address: &EmailAddress,
        reason: SuppressionReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.with(|connection| {
            let key = address.key();
            let transaction = schema::begin(connection)?;
            let sql = "DELETE FROM suppression WHERE key = ?1 AND reason = ?2";
            let gone = transaction.execute(sql, (&key, reason.word()))? > 0;
            if gone {
                note(&transaction, &key, address, now.as_microsecond(), None, None)?;
                let noted = transaction.last_insert_rowid();
                transaction.execute("UPDATE leaving SET publisher = 1 WHERE id = ?1", [noted])?;
            }
            transaction.commit()?;
            Ok(gone)
        })
    }

    /// Whether a message to this person is at its final dot: it may still arrive.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn is_at_dot(&self, address: &EmailAddress) -> Result<bool, StoreError> {
        self.with(|connection| {
            let sql = "SELECT EXISTS (
                 SELECT 1 FROM campaign JOIN recipient ON recipient.campaign = campaign.id AND recipient.key = ?1
                 JOIN delivery ON delivery.campaign = campaign.id AND delivery.number = recipient.number
                 WHERE campaign.state <> ?2 AND delivery.state = ?3)";
            let finished = CampaignState::Finished.number();
            let dot = rows::number_of(State::Dot);
            Ok(connection
                .prepare_cached(sql)?
                .query_row((address.key(), finished, dot), |row| row.get(0))?)
        })
    }

    /// Whether a mail with this fingerprint was heard.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn is_mail_heard(&self, fingerprint: &[u8; 32]) -> Result<bool, StoreError> {
        self.with(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM leave_mail WHERE fingerprint = ?1)";
            Ok(connection.prepare_cached(sql)?.query_row([fingerprint.as_slice()], |row| row.get(0))?)
        })
    }

    /// What is kept of everybody who left or came back, the first first.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn leavings(&self) -> Result<Vec<Leaving>, StoreError> {
        self.with(|connection| {
            let sql = "SELECT address, at, by, motive, words, publisher FROM leaving ORDER BY id";
            let mut select = connection.prepare_cached(sql)?;
            let found = select.query_map([], leaving)?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The same of one person.
    ///
    /// # Errors
    ///
    /// Fails only if the database does.
    pub fn leavings_of(&self, address: &EmailAddress) -> Result<Vec<Leaving>, StoreError> {
        self.with(|connection| {
            let sql =
                "SELECT address, at, by, motive, words, publisher FROM leaving WHERE key = ?1 ORDER BY id";
            let mut select = connection.prepare_cached(sql)?;
            let found = select.query_map([address.key()], leaving)?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// How long somebody who left may come back by the page they left on. It is meant for
/// whoever pressed the wrong button; later, an old mail in other hands would be enough to
/// put somebody back who had said no.
const SECOND_THOUGHTS: SignedDuration = SignedDuration::from_hours(1);

fn grant(transaction: &Transaction<'_>, wish: &Wish, now: Timestamp) -> Result<Granted, Fault> {
    match wish {
        Wish::Leave { address, by } => leave(transaction, address, *by, now),
        Wish::LeaveByMail { fingerprint, address } => {
            let sql = "INSERT INTO leave_mail (fingerprint, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            let new =
                transaction.prepare_cached(sql)?.execute((fingerprint.as_slice(), now.as_microsecond()))?;
            match address {
                _ if new == 0 => Ok(Granted::Known),
                Some(address) => leave(transaction, address, LeftBy::Mail, now),
                None => Ok(Granted::Noted),
            }
        }
        Wish::Return { address, left } => come_back(transaction, address, *left, now).map(Granted::Returned),
        Wish::Say { address, left, motive, words } => {
            say(transaction, address, *left, *motive, words.as_deref()).map(Granted::Said)
        }
        Wish::Knock(nonce) => {
            let sql = "UPDATE knock SET heard = ?2 WHERE nonce = ?1";
            let heard = transaction.prepare_cached(sql)?.execute((nonce.as_slice(), now.as_microsecond()))?;
            Ok(Granted::Heard(heard > 0))
        }
    }
}

/// The suppression of a person: why and since when.
fn standing(connection: &Connection, key: &str) -> Result<Option<(SuppressionReason, Timestamp)>, Fault> {
    let mut select = connection.prepare_cached("SELECT reason, since FROM suppression WHERE key = ?1")?;
    let found = select.query_row([key], |row| {
        Ok((rows::word(row, 0, SuppressionReason::parse)?, rows::timestamp(row, 1)?))
    });
    Ok(found.optional()?)
}

fn leave(
    transaction: &Transaction<'_>,
    address: &EmailAddress,
    by: LeftBy,
    now: Timestamp,
) -> Result<Granted, Fault> {
    let key = address.key();
    let at = now.as_microsecond();
    let was = match standing(transaction, &key)? {
        Some((reason @ (SuppressionReason::Unsubscribed | SuppressionReason::Complained), since)) => {
            // Noted already, by themselves or by somebody who wrote it down for them.
            if !is_gone(transaction, &key)? {
                note(transaction, &key, address, at, Some(by), Some(reason))?;
            }
            return Ok(Granted::Left { since, new: false });
        }
        before => before.map(|(reason, _)| reason),
    };
    transaction
        .prepare_cached(
            "INSERT INTO suppression (key, address, reason, note, since) VALUES (?1, ?2, ?3, NULL, ?4)
             ON CONFLICT (key) DO UPDATE SET reason = excluded.reason, since = excluded.since",
        )?
        .execute((&key, address.as_str(), SuppressionReason::Unsubscribed.word(), at))?;
    note(transaction, &key, address, at, Some(by), was)?;
    Ok(Granted::Left { since: now, new: was.is_none() })
}

/// Whether the last that is known of a person is that they left.
fn is_gone(connection: &Connection, key: &str) -> Result<bool, Fault> {
    let sql = "SELECT by IS NOT NULL FROM leaving WHERE key = ?1 ORDER BY id DESC LIMIT 1";
    Ok(connection.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?.unwrap_or(false))
}

fn note(
    transaction: &Transaction<'_>,
    key: &str,
    address: &EmailAddress,
    at: i64,
    by: Option<LeftBy>,
    was: Option<SuppressionReason>,
) -> Result<(), Fault> {
    transaction
        .prepare_cached("INSERT INTO leaving (key, address, at, by, was) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((key, address.as_str(), at, by.map(LeftBy::word), was.map(SuppressionReason::word)))?;
    transaction
        .prepare_cached(
            "DELETE FROM leaving WHERE key = ?1 AND id NOT IN
                 (SELECT id FROM leaving WHERE key = ?1 ORDER BY id DESC LIMIT ?2)",
        )?
        .execute((key, MOST_KEPT))?;
    Ok(())
}

/// The last leaving of a person who gets no mail since `left` because they left, if it is
/// that, and what they were suppressed as before.
fn last_leaving(
    transaction: &Transaction<'_>,
    key: &str,
    left: Timestamp,
) -> Result<Option<(i64, Option<SuppressionReason>)>, Fault> {
    if standing(transaction, key)? != Some((SuppressionReason::Unsubscribed, left)) {
        return Ok(None);
    }
    let sql = "SELECT id, was FROM leaving WHERE key = ?1 AND by IS NOT NULL ORDER BY id DESC LIMIT 1";
    let found = transaction
        .prepare_cached(sql)?
        .query_row([key], |row| Ok((row.get(0)?, rows::word_if_any(row, 1, SuppressionReason::parse)?)));
    Ok(found.optional()?)
}

fn come_back(
    transaction: &Transaction<'_>,
    address: &EmailAddress,
    left: Timestamp,
    now: Timestamp,
) -> Result<bool, Fault> {
    let key = address.key();
    let Some((_, was)) = last_leaving(transaction, &key, left)? else { return Ok(false) };
    if was.is_some() || now.duration_since(left) > SECOND_THOUGHTS {
        return Ok(false);
    }
    transaction.prepare_cached("DELETE FROM suppression WHERE key = ?1")?.execute([&key])?;
    note(transaction, &key, address, now.as_microsecond(), None, None)?;
    Ok(true)
}

/// Notes another reason for which somebody who left is to get no mail: then they do not
/// come back by themselves.
pub(super) fn note_reason(
    transaction: &Transaction<'_>,
    key: &str,
    reason: SuppressionReason,
) -> Result<(), Fault> {
    transaction
        .prepare_cached(
            "UPDATE leaving SET was = ?2
             WHERE id = (SELECT max(id) FROM leaving WHERE key = ?1 AND by IS NOT NULL)
                 AND EXISTS (SELECT 1 FROM suppression WHERE key = ?1 AND reason = ?3)",
        )?
        .execute((key, reason.word(), SuppressionReason::Unsubscribed.word()))?;
    Ok(())
}

fn say(
    transaction: &Transaction<'_>,
    address: &EmailAddress,
    left: Timestamp,
    motive: Option<Motive>,
    words: Option<&str>,
) -> Result<bool, Fault> {
    let Some((id, _)) = last_leaving(transaction, &address.key(), left)? else { return Ok(false) };
    // Nothing said takes back nothing.
    if motive.is_none() && words.is_none_or(|words| words.trim().is_empty()) {
        return Ok(true);
    }
    transaction.prepare_cached("UPDATE leaving SET motive = ?2, words = ?3 WHERE id = ?1")?.execute((
        id,
        motive.map(Motive::word),
        words,
    ))?;
    Ok(true)
}

fn leaving(row: &Row<'_>) -> rusqlite::Result<Leaving> {
    Ok(Leaving {
        address: rows::address(row, 0)?,
        at: rows::timestamp(row, 1)?,
        by: rows::word_if_any(row, 2, LeftBy::parse)?,
        motive: rows::word_if_any(row, 3, Motive::parse)?,
        words: row.get(4)?,
        by_publisher: row.get(5)?,
    })
}
