//! The configuration: defaults, then `newsletter.toml`, then the environment, then
//! flags. The only room that reads the environment.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::audience::EmailAddress;
pub use crate::audience::Mailbox;
use crate::compose::Newsletter;
use crate::send::Relay;

/// Everything a project says about itself. Stages take their own section, never the
/// whole.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of `newsletter.toml`, or the working folder without one.
    pub root: PathBuf,
    /// The file it was read from, when there is one.
    pub file: Option<PathBuf>,
    /// Stable identity of the newsletter, an RFC 2919 list label.
    pub id: String,
    /// What the furniture of a mail says.
    pub newsletter: Newsletter,
    /// Name of the theme.
    pub theme: String,
    /// Who the mail is from.
    pub sender: Sender,
    /// Where mail goes; none until the publisher names one.
    pub relay: Option<Relay>,
    /// The built-in inbox.
    pub inbox: InboxSettings,
}

/// Who the mail is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The From header.
    pub from: Mailbox,
    /// The Reply-To header, when replies go elsewhere.
    pub reply_to: Option<Mailbox>,
    /// MAIL FROM; the From address when absent.
    pub return_path: Option<EmailAddress>,
}

/// The built-in inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxSettings {
    /// Where its maildir lies.
    pub dir: PathBuf,
    /// Where its SMTP server listens; port 0 picks a free one.
    pub smtp: SocketAddr,
    /// Where its page and the studio are served.
    pub http: SocketAddr,
}
