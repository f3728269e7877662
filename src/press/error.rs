//! What can keep a prepared article from being sent.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use crate::fields::Notation;
use crate::outbox::{Backoff, CampaignId};
use crate::problem::{Class, Condition, Problem};

/// What can keep a prepared article from being sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PressError {
    /// More problems of the same kind than anybody reads.
    #[error("and {0} more recipients with such problems")]
    More(usize),
    /// `--as` names somebody who is not on the list.
    #[error("{address} is not on the list `{list}`")]
    NotOnTheList {
        /// The address.
        address: String,
        /// The file.
        list: String,
    },
    /// A draft may be rehearsed; whoever does is told.
    #[error("`{}` is a draft", path.display())]
    Draft {
        /// The article.
        path: PathBuf,
        /// How its front matter is written.
        notation: Notation,
    },
    /// The return path of every message would be nobody.
    #[error("`{written}` cannot be a sender: {why}")]
    Sender {
        /// As written.
        written: String,
        /// Why not, as a clause.
        why: String,
        /// How the front matter is written.
        notation: Notation,
    },
    /// The limits are too low for so many people in so short a time.
    #[error(
        "under the limits the last mail goes out {} after the start, and after {} it expires",
        length(takes),
        length(lasts)
    )]
    OutOfTime {
        /// From the start to the last mail, at the least.
        takes: SignedDuration,
        /// How long the campaign lasts.
        lasts: SignedDuration,
    },
    /// The content of a campaign as the store has it.
    #[error("the content of the campaign cannot be read: {0}")]
    Content(String),
    /// It was planned before every mail had a way out.
    #[error("the campaign was planned without a way for its readers to leave")]
    NoWayOut,
    /// Whoever agreed to it agreed to signed mail.
    #[error("the campaign was planned to be signed, and there is no key to sign with")]
    Unsigned,
    /// Readers' servers would take the signature for somebody else's.
    #[error("the mail is from `{from}` and would be signed for `{domain}`")]
    Unaligned {
        /// The domain of the sender.
        from: String,
        /// The domain of the key.
        domain: String,
    },
    /// The relay does not let this account send.
    #[error("{relay} does not let this account send")]
    NotAllowed {
        /// Host and port.
        relay: String,
        /// Its words.
        said: String,
    },
    /// Nothing more goes for now.
    #[error("{what} until {}", at(*until))]
    Later {
        /// What does not go, as a clause.
        what: String,
        /// The campaign that waits.
        campaign: CampaignId,
        /// When it may.
        until: Timestamp,
        /// What it is kept back for, when that is a server's answer.
        after: Option<Box<Backoff>>,
    },
    /// A theme that the article names and that is not there.
    #[error("{}", .0.message())]
    Theme(Problem),
}

/// A moment for people, no earlier than it is.
fn at(moment: Timestamp) -> String {
    let minute = moment.checked_add(SignedDuration::from_secs(59)).unwrap_or(moment);
    minute.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// What a relay or a provider is kept back for, as a clause: the words, to which campaign
/// they were said, and when.
#[must_use]
pub fn answered(after: &Backoff) -> String {
    let Backoff { said, campaign, since, .. } = after;
    let to = campaign.map_or_else(|| "an earlier campaign".to_owned(), |id| format!("campaign {}", id.0));
    format!("server said to {to}, {}: {said}", since.strftime("%Y-%m-%d %H:%M UTC"))
}

impl Condition for PressError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::More(_) | Self::Content(_) => None,
            Self::NoWayOut => Some(
                "call it off with `letterpress campaign cancel`, and plan it anew for those who have not had it"
                    .to_owned(),
            ),
            Self::Unsigned => {
                Some("bring the key back under `[dkim]` in `newsletter.toml`, or plan it anew".to_owned())
            }
            Self::OutOfTime { .. } => {
                Some("raise `expires` or the limits under `[sending]` in `newsletter.toml`".to_owned())
            }
            Self::NotAllowed { .. } => {
                Some("check the login and the sender, or ask the relay's operator".to_owned())
            }
            Self::Later { after: None, .. } => {
                Some("carry the campaign on then; `letterpress tick` does it by itself".to_owned())
            }
            Self::Later { campaign, .. } => Some(format!(
                "`letterpress tick` carries it on then; when that is mended, `letterpress campaign resume {} \
                 --allow parked` asks again at once",
                campaign.0
            )),
            Self::NotOnTheList { .. } => {
                Some("choose an address of the list, or leave `--as` out for the first one".to_owned())
            }
            Self::Draft { notation, .. } => {
                let ready = notation.text("status", "ready");
                Some(format!("write `{ready}` in its front matter when it may go out"))
            }
            Self::Theme(problem) => problem.hint(),
            Self::Sender { notation, .. } => {
                Some(format!("write `{}`", notation.text("from", "Name <address>")))
            }
            Self::Unaligned { domain, .. } => {
                Some(format!("let `from` be an address at `{domain}` or below it"))
            }
        }
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::NotAllowed { said, .. } => vec![format!("server said: {said}")],
            Self::Later { after: Some(after), .. } => vec![answered(after)],
            _ => Vec::new(),
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Draft { .. } | Self::NoWayOut => Class::Refused,
            Self::Unsigned => Class::Config,
            Self::NotAllowed { .. } => Class::Relay,
            Self::Later { .. } => Class::Later,
            _ => Class::Data,
        }
    }
}

/// A length of time as people say it: `3 days`, `2h 30m`.
#[must_use]
pub fn length(length: &SignedDuration) -> String {
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    let days = length.as_secs() / DAY.as_secs();
    match (days, *length == DAY * i32::try_from(days).unwrap_or(i32::MAX)) {
        (0, _) | (_, false) => format!("{length:#}"),
        (1, true) => "1 day".to_owned(),
        (days, true) => format!("{days} days"),
    }
}
