//! Makes the messages of one campaign, one recipient after the other.

use aws_lc_rs::hmac;
use jiff::Zoned;

use super::dkim::{self, Signer};
use super::{Envelope, Links, Message, Secrets, Sender, base32, flaw, header};
use crate::audience::{Claim, EmailAddress, Subscriber, Tokens};
use crate::compose::{Composed, Copy, Embedded};
use crate::problem::{Class, Condition, Problem};

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A copy of a campaign.
    Campaign,
    /// A test for named people: the subject says so.
    Test,
}

/// What can be wrong with a recipient's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssembleError {
    /// A day that no header can tell.
    #[error("a mail cannot be dated {0}")]
    Date(String),
    /// The bytes break the promise of [`Message`].
    #[error("the message for {recipient} cannot be sent: {flaw}")]
    Malformed {
        /// Whose message it is.
        recipient: String,
        /// What is wrong with it.
        flaw: &'static str,
    },
    /// The key did not sign.
    #[error("the key of `{0}` does not sign")]
    Unsigned(String),
    /// A signature that nobody would believe.
    #[error("the signature of `{record}` does not verify: {flaw}")]
    Unverified {
        /// The name of the key's record.
        record: String,
        /// What is wrong with it.
        flaw: &'static str,
    },
}

impl Condition for AssembleError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Date(_) => "set the clock of this machine".to_owned(),
            Self::Unsigned(_) => "make a new one with `letterpress dkim keygen`".to_owned(),
            Self::Malformed { .. } | Self::Unverified { .. } => {
                "please report this: messages are built so that this cannot happen".to_owned()
            }
        })
    }

    fn class(&self) -> Class {
        match self {
            Self::Date(_) => Class::Later,
            Self::Unsigned(_) => Class::Config,
            Self::Malformed { .. } | Self::Unverified { .. } => Class::Bug,
        }
    }
}

/// About how long the header and the lines around the parts are, in bytes.
const HEAD: usize = 2048;

/// About how long a signature is, in bytes.
const SIGNATURE: usize = 1024;

/// Makes the messages of one campaign.
pub struct Assembler<'a> {
    composed: &'a Composed,
    sender: &'a Sender,
    key: &'a hmac::Key,
    tokens: &'a Tokens,
    links: Links,
    campaign: &'a str,
    purpose: Purpose,
    signers: &'a [Signer],
    /// The header fields before To, which are the same for everybody.
    head: Vec<u8>,
    /// Those after Message-ID.
    tail: Vec<u8>,
    boundary: String,
    /// The pictures that every copy carries, and what stands around them; none carries
    /// nothing.
    related: Option<Related>,
}

impl<'a> Assembler<'a> {
    /// Prepares the messages of `campaign`, a name that is unique within the
    /// newsletter. Each of the signers among `secrets` signs every message; without any,
    /// none is signed.
    #[must_use]
    pub fn new(
        composed: &'a Composed,
        sender: &'a Sender,
        campaign: &'a str,
        secrets: &'a Secrets,
        purpose: Purpose,
    ) -> Self {
        let Secrets { key, tokens, links, signers } = secrets;
        let key = &key.0;
        // Quoted-printable never holds `=_`, so no part can hold the boundary
        // (RFC 2045 §6.7).
        let boundary = format!("=_lp_{}", base32::tag_of(key, &["boundary", campaign]));
        let mut head = Vec::new();
        header::mailbox("From", &sender.from.name, &sender.from.address, &mut head);
        if let Some(reply_to) = &sender.reply_to {
            header::mailbox("Reply-To", &reply_to.name, &reply_to.address, &mut head);
        }
        let list_id = format!("{}.{}", sender.list_label, sender.from.address.domain());
        header::list_id(&sender.list_name, &list_id, &mut head);
        let feedback = format!("{campaign}:{}:letterpress", sender.list_label);
        header::unstructured("Feedback-ID", &feedback, &mut head);
        let mut tail = Vec::new();
        header::plain("MIME-Version", "1.0", &mut tail);
        let kind = format!("multipart/alternative; boundary=\"{boundary}\"");
        header::plain("Content-Type", &kind, &mut tail);
        let related = Related::of(composed.embedded(), || {
            format!("=_lpr_{}", base32::tag_of(key, &["related", campaign]))
        });
        // Nobody leaves by a mail that was never meant for the list.
        let links = if purpose == Purpose::Test { Links::Test } else { *links };
        Self {
            composed,
            sender,
            key,
            tokens,
            links,
            campaign,
            purpose,
            signers,
            head,
            tail,
            boundary,
            related,
        }
    }

    /// The same without signatures, for those who only want to know whether a message
    /// can be made.
    #[must_use]
    pub fn unsigned(mut self) -> Self {
        self.signers = &[];
        self
    }

    /// The link by which whoever gets the message for `address` leaves, if there is a way.
    #[must_use]
    pub fn link(&self, address: &EmailAddress) -> Option<String> {
        self.sender.way_out.as_ref().map(|way| way.link(&self.token(address)))
    }

    fn token(&self, address: &EmailAddress) -> String {
        self.tokens.write(&match self.links {
            Links::Live => Claim::Leave(address.clone()),
            Links::Test => {
                let mut hash = hmac::Context::with_key(self.key);
                hash.update(b"test link");
                hash.update(address.as_str().as_bytes());
                Claim::Test(*hash.sign().as_ref().first_chunk().expect("SHA-256 has 32 bytes"))
            }
        })
    }

    /// The copy of `subscriber`, not yet encoded.
    #[must_use]
    pub fn copy<'b>(&'b self, subscriber: &'b Subscriber) -> Copy<'b> {
        let link = self.link(&subscriber.address);
        self.composed.copy(&subscriber.values, &subscriber.address).leaving_by(link)
    }

    /// The message for one recipient, dated `date`.
    ///
    /// # Errors
    ///
    /// Names the merge tag that cannot be worked out for this recipient, and fails when
    /// the message could not go on the wire: what is assembled can be sent.
    pub fn assemble(&self, subscriber: &Subscriber, date: &Zoned) -> Result<Message, Problem> {
        let address = &subscriber.address;
        let token = self.sender.way_out.as_ref().map(|way| (way, self.token(address)));
        let link = token.as_ref().map(|(way, token)| way.link(token));
        let copy = self.composed.copy(&subscriber.values, address).leaving_by(link);
        let message_id = self.message_id(address);
        let carried = self.related.as_ref().map_or(0, |related| related.open.len() + related.close.len());
        let room = self.composed.encoded_size_hint() + HEAD + SIGNATURE * self.signers.len() + carried;
        let mut out = Vec::with_capacity(room);
        out.extend_from_slice(&self.head);
        header::mailbox("To", &self.display_name(subscriber), address, &mut out);
        // A copy is made whole or not at all: what only its preheader lacks is missing
        // too, even where the theme has no place for the line.
        copy.preheader()?;
        let subject = one_line(&copy.subject()?);
        match self.purpose {
            Purpose::Campaign => header::unstructured("Subject", &subject, &mut out),
            Purpose::Test => header::unstructured("Subject", &format!("[Test] {subject}"), &mut out),
        }
        let date = jiff::fmt::rfc2822::to_string(date)
            .map_err(|_| Problem::new(AssembleError::Date(date.date().to_string())))?;
        header::plain("Date", &date, &mut out);
        header::plain("Message-ID", &format!("<{message_id}>"), &mut out);
        if let Some((way, token)) = &token {
            header::list_unsubscribe(way, token, &mut out);
        }
        out.extend_from_slice(&self.tail);
        // The parts cannot break the promise of `Message`: whatever stands in them came
        // out of one encoder. The head holds names as people write them.
        if let Some(flaw) = flaw(&out, address.needs_smtputf8()) {
            let recipient = address.to_string();
            return Err(Problem::new(AssembleError::Malformed { recipient, flaw }));
        }
        self.open_part("text/plain", &mut out);
        copy.print_text(&mut out)?;
        if let Some(related) = &self.related {
            for part in ["\r\n--", &self.boundary, "\r\n"] {
                out.extend_from_slice(part.as_bytes());
            }
            out.extend_from_slice(&related.open);
            copy.print_html(&mut out)?;
            out.extend_from_slice(&related.close);
        } else {
            self.open_part("text/html", &mut out);
            copy.print_html(&mut out)?;
        }
        for part in ["\r\n--", &self.boundary, "--\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        dkim::sign(self.signers, &mut out)
            .map_err(|unsigned| Problem::new(AssembleError::Unsigned(unsigned.record)))?;
        let from = self.return_path(0, 0);
        let envelope = Envelope { from: Some(from), to: address.clone() };
        Ok(Message { envelope, message_id, bytes: out })
    }

    /// MAIL FROM for the delivery `number` of the campaign that the store keeps as
    /// `campaign`: their own where the return path has a token, the same otherwise. An
    /// assembled message has that of nobody, until whoever knows its numbers sets it;
    /// its bytes do not know it.
    #[must_use]
    pub fn return_path(&self, campaign: i64, number: u32) -> EmailAddress {
        match &self.sender.return_path {
            Some(path) => path.address(self.key, campaign, number),
            None => self.sender.from.address.clone(),
        }
    }

    /// Reads the signatures of a message as those do who get it.
    ///
    /// # Errors
    ///
    /// Fails when one of them is not there or does not verify.
    pub fn prove(&self, message: &Message) -> Result<(), Problem> {
        let unbelieved = |signer: &Signer| {
            let flaw = signer.flaw(&message.bytes)?;
            Some(Problem::new(AssembleError::Unverified { record: signer.record_name(), flaw }))
        };
        self.signers.iter().find_map(unbelieved).map_or(Ok(()), Err)
    }

    /// The name shown beside the address: the list's `name`, or first and last name. A
    /// test has none: its values are somebody else's than its recipient's.
    fn display_name(&self, subscriber: &Subscriber) -> String {
        if self.purpose == Purpose::Test {
            return String::new();
        }
        let value = |name: &str| subscriber.values.get(name).map(String::as_str).unwrap_or_default();
        match value("name") {
            "" => format!("{} {}", value("first_name"), value("last_name")),
            name => name.to_owned(),
        }
    }

    fn open_part(&self, kind: &str, out: &mut Vec<u8>) {
        for part in ["\r\n--", &self.boundary, "\r\nContent-Type: ", kind, TEXT] {
            out.extend_from_slice(part.as_bytes());
        }
    }

    /// The Message-ID of the message for `address`, without angle brackets.
    #[must_use]
    pub fn message_id(&self, address: &EmailAddress) -> String {
        let purpose = match self.purpose {
            Purpose::Campaign => "campaign",
            Purpose::Test => "test",
        };
        let tag = base32::tag_of(self.key, &[purpose, self.campaign, address.as_str()]);
        format!("{tag}@{}", self.sender.from.address.domain())
    }
}

/// What stands behind the type of a part that is text.
const TEXT: &str = "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";

/// The HTML part and the pictures it shows are one part of many (RFC 2387): what stands
/// before the HTML and after it, the same in every copy and written once.
struct Related {
    open: Vec<u8>,
    close: Vec<u8>,
}

impl Related {
    fn of(pictures: &[Embedded], boundary: impl FnOnce() -> String) -> Option<Self> {
        if pictures.is_empty() {
            return None;
        }
        let boundary = boundary();
        let mut open = Vec::new();
        for part in [
            "Content-Type: multipart/related; type=\"text/html\";\r\n boundary=\"",
            &boundary,
            "\"\r\n\r\n--",
            &boundary,
            "\r\nContent-Type: text/html",
            TEXT,
        ] {
            open.extend_from_slice(part.as_bytes());
        }
        let mut close = Vec::new();
        for Embedded { id, name, media_type, encoded } in pictures {
            for part in [
                "\r\n--",
                &boundary,
                "\r\nContent-Type: ",
                media_type,
                ";\r\n name=\"",
                name,
                "\"\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <",
                id,
                ">\r\nContent-Disposition: inline;\r\n filename=\"",
                name,
                "\"\r\n\r\n",
                encoded,
                "\r\n",
            ] {
                close.extend_from_slice(part.as_bytes());
            }
        }
        for part in ["\r\n--", &boundary, "--\r\n"] {
            close.extend_from_slice(part.as_bytes());
        }
        Some(Self { open, close })
    }
}

/// The same text with a space for each line end, for a header.
fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
