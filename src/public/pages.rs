//! The pages readers see, as HTML: in the newsletter's name, language and colours.

use crate::phrases::Phrases;

/// Whose pages they are.
#[derive(Debug, Clone, Default)]
pub struct Publisher {
    /// The newsletter's name.
    pub name: String,
    /// Its home on the web.
    pub url: Option<String>,
    /// Where the publisher is reached by post.
    pub postal_address: Option<String>,
    /// The language of the pages, BCP 47.
    pub lang: String,
}

/// What a page says. Addresses are those that mail went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page<'a> {
    /// Whether this person wants to leave; its button posts to the page itself.
    Ask {
        /// Who.
        address: &'a str,
    },
    /// They have left.
    Left {
        /// Who.
        address: &'a str,
        /// The token that undoes it, for `../r/{undo}`.
        undo: &'a str,
        /// The token to say why with, for `../w/{say}`: fields `why` and `words`.
        say: &'a str,
        /// Whether a mail is on its way to them at this moment.
        may_arrive: bool,
    },
    /// They said why they left.
    Thanks {
        /// The token that undoes it.
        undo: &'a str,
    },
    /// Whether this person, who left, wants mail again; its button posts to the page
    /// itself.
    AskBack {
        /// Who.
        address: &'a str,
    },
    /// They get mail again.
    Back {
        /// Who.
        address: &'a str,
        /// The token they leave with, for `../u/{leave}`.
        leave: &'a str,
    },
    /// Their leaving cannot be undone here, or was undone before.
    NotBack,
    /// The link of a test mail: nothing happens.
    Test {
        /// Whether the button was pressed.
        pressed: bool,
    },
    /// No token of ours: cut off, made up, or of another newsletter.
    Unknown,
    /// Something is wrong here, and it should be tried again.
    Trouble,
}

/// The pages of one newsletter.
#[derive(Debug, Clone)]
pub struct Pages {
    publisher: Publisher,
    phrases: &'static Phrases,
}

impl Pages {
    /// The pages of `publisher`.
    #[must_use]
    pub fn new(publisher: Publisher) -> Self {
        let phrases = Phrases::of(&publisher.lang);
        Self { publisher, phrases }
    }

    /// What a browser may do with any of them: `Content-Security-Policy`.
    #[must_use]
    pub fn policy(&self) -> String {
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'".to_owned()
    }

    /// One page as a whole document.
    #[must_use]
    pub fn html(&self, page: &Page<'_>) -> String {
        let _ = self.phrases;
        format!("<!doctype html><title>{}</title>{page:?}", self.publisher.name.len())
    }
}
