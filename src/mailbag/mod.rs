//! READ MAIL: what others sent to us, out of maildirs, mboxes and pipes.
//!
//! A [`Mail`] is the bytes of one, cut when it is long, with a fingerprint; [`Mails`]
//! takes a file of any length apart; a [`Letter`] is what a mail says, as far as it
//! matters here; [`Letter::asks`] is what it asks for.
//!
//! Pure but for the reader that is handed in. Everything in a mail can be written by
//! anybody, so nothing in it is believed but a token. Sizes, depths and counts are
//! bounded, and every reading takes linear time.

mod leave;
mod letter;
mod mbox;
mod read;

pub use leave::Asked;
pub use letter::Letter;
pub use mbox::Mails;
pub use read::{LONGEST, Mail};
