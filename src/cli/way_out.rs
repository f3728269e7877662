//! What is to be said of how readers leave, before a mail tells them.

use crate::audience::EmailAddress;
use crate::knock::{self, KnockError};
use crate::message::{Sender, WayOut};
use crate::press::PressError;
use crate::problem::{Condition, Problem, Problems};
use crate::store::Store;

use super::Context;
use super::context::random_key;
use super::state::problems;

/// Sees that `people` can leave the way the mail tells them.
///
/// # Errors
///
/// Fails when there is no way, when its page does not do what RFC 8058 asks of it, and if
/// the store does.
pub(super) fn prove<'a>(
    way: Option<&WayOut>,
    people: impl IntoIterator<Item = &'a EmailAddress>,
    store: &Store,
    context: &Context<'_>,
) -> Result<(), Problems> {
    let way = way.ok_or_else(|| Problem::new(PressError::NoWayOut))?;
    let Some(base) = &way.base_url else { return Ok(()) };
    if base.is_on_this_machine() && people.into_iter().any(|one| !one.is_for_trials()) {
        return Err(Problem::new(KnockError::OnlyHere(base.to_string())).into());
    }
    let nonce = *random_key()?.first_chunk().expect("32 bytes are more than 16");
    let tokens = store.tokens(&context.config.id).map_err(problems)?;
    Ok(knock::one_click(base, &tokens, store, nonce, (context.now)())?)
}

/// From how many mails a day on large mailbox providers ask for one click (Gmail's and
/// Yahoo's rules for bulk senders, in force since 2024).
pub(super) const BULK: usize = 5_000;

/// What may keep mail from arriving, though it can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Advice {
    /// No page, and so no header that providers unsubscribe by.
    #[error("mailbox providers cannot unsubscribe readers by one click")]
    NoOneClick,
    /// The header is there, and nobody has to believe it.
    #[error("the header that unsubscribes by one click is not signed here")]
    Unsigned,
    /// A page that readers do not reach.
    #[error("`base_url` leads readers to their own machine")]
    OnlyHere,
}

impl Condition for Advice {
    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::NoOneClick => {
                    "set `base_url` and run `letterpress serve`: Gmail and Yahoo reject mail without it from \
                     whoever sends them 5,000 a day (RFC 8058)"
                }
                Self::Unsigned => {
                    "set `[dkim]`, or see that your relay signs `List-Unsubscribe` and `List-Unsubscribe-Post` \
                     (RFC 8058 §4)"
                }
                Self::OnlyHere => "name the https address that readers can reach before you send to others",
            }
            .to_owned(),
        )
    }

    fn rule(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoOneClick => "no-one-click",
            Self::Unsigned => "one-click-unsigned",
            Self::OnlyHere => "base-url-local",
        })
    }
}

/// What there is to say of the way out of a newsletter that has one.
pub(super) fn advice(sender: &Sender, is_signed: bool) -> Vec<Advice> {
    let Some(way) = &sender.way_out else { return Vec::new() };
    match &way.base_url {
        None => vec![Advice::NoOneClick],
        Some(base) => {
            let here = base.is_on_this_machine().then_some(Advice::OnlyHere);
            here.into_iter().chain((!is_signed).then_some(Advice::Unsigned)).collect()
        }
    }
}
