//! ASSEMBLE: a composed campaign and one recipient become the bytes of a mail.

use crate::audience::EmailAddress;

/// What SMTP needs to know besides the bytes (RFC 5321 §2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The return path; none is the null path `<>`.
    pub from: Option<EmailAddress>,
    /// The recipient.
    pub to: EmailAddress,
}

/// A mail ready for the wire.
///
/// The bytes end in CRLF, hold no bare CR or LF, no byte above 127, no line over 998
/// and no line that begins with a dot, so that nothing needs dot-stuffing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who it is from and for, as SMTP says it.
    pub envelope: Envelope,
    /// Without angle brackets; the same for the same campaign and recipient.
    pub message_id: String,
    /// Header and body.
    pub bytes: Vec<u8>,
}
