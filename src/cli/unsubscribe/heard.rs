//! What became of mails that were heard, for people and for programs.

use serde_json::{Value, json};

use crate::cli::Context;
use crate::mailbag::Letter;
use crate::problem::{Problem, Problems};

use super::UnsubscribeError;

/// Most mails that are told one by one to people.
const TOLD: usize = 20;

/// Most mails that are told one by one as data.
const LISTED: usize = 1_000;

/// Why nobody leaves by a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It holds no token of the newsletter.
    NoToken,
    /// It is so long that only its header was read, and that holds none.
    TooLong,
    /// Its token is that of a test mail, or of another purpose.
    NotOurs,
}

impl Why {
    fn word(self) -> &'static str {
        match self {
            Self::NoToken => "no-link",
            Self::TooLong => "too-long",
            Self::NotOurs => "not-ours",
        }
    }

    fn clause(self) -> &'static str {
        match self {
            Self::NoToken => "no link of this newsletter is in it",
            Self::TooLong => "it is longer than 1 MB, and no link of this newsletter is in its header",
            Self::NotOurs => "its link is that of a test mail",
        }
    }
}

/// A mail by which nobody leaves.
#[derive(Debug)]
pub(super) struct Mute {
    why: Why,
    letter: Letter,
    place: String,
}

impl Mute {
    pub(super) fn new(why: Why, letter: Letter, place: String) -> Self {
        Self { why, letter, place }
    }

    fn in_words(&self) -> String {
        let Letter { message_id, title, .. } = &self.letter;
        let name = if message_id.is_empty() { &self.place } else { message_id };
        let title = if title.is_empty() { "without a subject".to_owned() } else { format!("`{title}`") };
        format!("{name}, {title}: {}", self.why.clause())
    }

    fn as_json(&self) -> Value {
        json!({
            "message_id": self.letter.message_id,
            "subject": self.letter.title,
            "place": self.place,
            "automatic": self.letter.is_automatic,
            "why": self.why.word(),
        })
    }
}

/// What became of mails that were heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// How many mails were read.
    pub(super) read: u64,
    /// How many of them were heard before.
    pub(super) before: u64,
    /// How many people left.
    pub(super) left: u64,
    /// How many got no mail already.
    pub(super) had_left: u64,
    /// How many files and folders could not be read.
    pub(super) unreadable: u64,
    /// The first of them.
    unread: Vec<Problem>,
    without_link: u64,
    not_ours: u64,
    /// The first ones by which nobody leaves.
    mute: Vec<Mute>,
}

impl Heard {
    /// Notes a mail by which nobody leaves.
    pub(super) fn mute(&mut self, mute: Mute) {
        match mute.why {
            Why::NotOurs => self.not_ours += 1,
            Why::NoToken | Why::TooLong => self.without_link += 1,
        }
        if self.mute.len() < LISTED {
            self.mute.push(mute);
        }
    }

    /// Notes what cannot be read.
    pub(super) fn unread(&mut self, error: UnsubscribeError) {
        self.unreadable += 1;
        if self.unread.len() < TOLD {
            self.unread.push(Problem::new(error).warning());
        }
    }

    /// Whether somebody wrote who is to be told that this was no way to leave.
    pub(super) fn is_to_be_answered(&self) -> bool {
        self.mute.iter().any(|mute| mute.why != Why::NotOurs && !mute.letter.is_automatic)
    }

    pub(super) fn as_json(&self, dry_run: bool) -> Value {
        json!({
            "dry_run": dry_run,
            "read": self.read,
            "left": self.left,
            "had_left": self.had_left,
            "heard_before": self.before,
            "without_link": self.without_link,
            "not_ours": self.not_ours,
            "unreadable": self.unreadable,
            "unread": self.unread.iter().map(Problem::message).collect::<Vec<_>>(),
            "mails": self.mute.iter().map(Mute::as_json).collect::<Vec<_>>(),
        })
    }

    /// Tells it: nothing when nothing was new, but for a person.
    pub(super) fn tell(&self, dry_run: bool, context: &mut Context<'_>) -> Result<(), Problems> {
        let new = self.read - self.before;
        if new > 0 {
            context.print(self.in_words(new, dry_run))?;
        } else if context.in_is_terminal && self.unreadable == 0 {
            context.tell(format!("nothing new: {}, all heard before", mails(self.read)));
        }
        for mute in self.mute.iter().take(TOLD) {
            context.tell(mute.in_words());
        }
        let more = (self.without_link + self.not_ours).saturating_sub(TOLD as u64);
        if more > 0 {
            context.tell(format!("and {more} more"));
        }
        if self.is_to_be_answered() {
            context.tell(
                "who wrote them may want to leave all the same: `letterpress suppress add --reason \
                 unsubscribed ADDRESS` sees to it",
            );
        }
        context.warn(&self.unread);
        let more = self.unreadable.saturating_sub(TOLD as u64);
        if more > 0 {
            context.tell(format!("and {more} more that cannot be read"));
        }
        Ok(())
    }

    fn in_words(&self, new: u64, dry_run: bool) -> String {
        let mut parts = vec![match (self.left, dry_run) {
            (0, false) => "nobody left".to_owned(),
            (0, true) => "nobody would leave".to_owned(),
            (1, false) => "1 person left".to_owned(),
            (1, true) => "1 person would leave".to_owned(),
            (left, false) => format!("{left} people left"),
            (left, true) => format!("{left} people would leave"),
        }];
        let mut note = |count: u64, words: &str| {
            if count > 0 {
                parts.push(format!("{count} {words}"));
            }
        };
        note(self.had_left, "had left before");
        note(self.without_link, "without a link of this newsletter");
        note(self.not_ours, "from a test mail");
        note(self.before, "heard before");
        let new = if new == 1 { "1 new mail".to_owned() } else { format!("{new} new mails") };
        format!("{new}: {}", parts.join(", "))
    }
}

fn mails(count: u64) -> String {
    if count == 1 { "1 mail".to_owned() } else { format!("{count} mails") }
}
