//! Addresses: what may stand in an SMTP command, and why something may not.

use std::fmt;

use serde::{Deserialize, Serialize};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::script::{disguised, mixture};
use crate::problem::Condition;

/// Longest part before the at sign in octets (RFC 5321 §4.5.3.1.1).
const LOCAL_MAX: usize = 64;

/// Longest address in octets: a path of 256 without its brackets (RFC 5321
/// §4.5.3.1.3).
const ADDRESS_MAX: usize = 254;

/// Longest domain that is looked at, in octets as written. Its A-labels can never
/// be shorter than a quarter of it, so nothing legal is lost.
const DOMAIN_INPUT_MAX: usize = 4 * ADDRESS_MAX;

/// An address that can stand in an SMTP command (RFC 5321 §4.1.2).
///
/// The local part is a dot-atom, in UTF-8 when its owner has it so (RFC 6531), and
/// kept as written. The domain is in lower-case A-labels. Neither holds a space, a
/// control, an invisible character or an angle bracket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress {
    /// The whole; an address has one at sign.
    text: String,
    /// Bytes before the at sign.
    local: usize,
}

impl EmailAddress {
    /// Reads an address; white space around it is not part of it.
    ///
    /// # Errors
    ///
    /// Fails with the first reason why this is not an address mail can be sent to.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        for c in text.chars() {
            match c {
                '<' | '>' => return Err(AddressError::Angle),
                c if c.is_control() => return Err(AddressError::Control(c)),
                c if c.is_whitespace() => return Err(AddressError::Space),
                c if is_invisible(c) => return Err(AddressError::Invisible(c)),
                _ => {}
            }
        }
        if text.starts_with('"') {
            return Err(AddressError::Quoted);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NoAt)?;
        check_local(local)?;
        let domain = ascii_domain(domain)?;
        check_letters(local, &domain)?;
        let text = format!("{local}@{domain}");
        if text.len() > ADDRESS_MAX {
            return Err(AddressError::TooLong(text.len()));
        }
        Ok(Self { text, local: local.len() })
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the at sign, as written.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.text[..self.local]
    }

    /// The domain in lower-case A-labels.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.text[self.local + 1..]
    }

    /// Whether its domain is one of those that are kept for examples and trials, where
    /// nobody lives (RFC 2606 §2 and §3, RFC 6761 §6.2 and §6.3).
    #[must_use]
    pub fn is_for_trials(&self) -> bool {
        let domain = self.domain();
        let under =
            |name: &str| domain == name || domain.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
        ["test", "example", "localhost", "example.com", "example.net", "example.org"].into_iter().any(under)
    }

    /// Whether a relay must offer SMTPUTF8 for this address (RFC 6531 §3.2). Its
    /// domain never asks for it.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.text.is_ascii()
    }

    /// The same for two spellings of one person's address.
    ///
    /// RFC 5321 §2.4 lets a host tell `Bob` from `bob`, and none that matters does.
    /// Plus tags and dots are kept: they belong to the address somebody gave.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}@{}", self.local().to_lowercase(), self.domain())
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.text
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn check_local(local: &str) -> Result<(), AddressError> {
    if local.is_empty() {
        return Err(AddressError::NoLocal);
    }
    if local.contains('@') {
        return Err(AddressError::TwoAts);
    }
    if local.len() > LOCAL_MAX {
        return Err(AddressError::LocalTooLong(local.len()));
    }
    if local.starts_with('.') {
        return Err(AddressError::LocalStartsWithDot);
    }
    if local.ends_with('.') {
        return Err(AddressError::LocalEndsInDot);
    }
    if local.contains("..") {
        return Err(AddressError::LocalDoubleDot);
    }
    match local.chars().find(|c| c.is_ascii() && *c != '.' && !is_atext(*c)) {
        Some('"') => Err(AddressError::Quoted),
        Some(c) => Err(AddressError::LocalCharacter(c)),
        None => Ok(()),
    }
}

/// Refuses letters that only look like those around them.
fn check_letters(local: &str, domain: &str) -> Result<(), AddressError> {
    let mixed = |text: &str| match mixture(text) {
        Some((letter, one, other)) => Err(AddressError::Homograph { letter, one, other }),
        None => Ok(()),
    };
    mixed(local)?;
    if domain.contains("xn--") {
        // A-labels say nothing of what a reader saw.
        let (shown, _) =
            Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
        mixed(&shown)?;
        if let Some(label) = disguised(&shown) {
            return Err(AddressError::Disguised(label.to_owned()));
        }
    }
    Ok(())
}

/// RFC 5322 §3.2.3.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

fn ascii_domain(domain: &str) -> Result<String, AddressError> {
    if domain.is_empty() {
        return Err(AddressError::NoDomain);
    }
    if domain.starts_with('[') {
        return Err(AddressError::IpLiteral);
    }
    if domain.starts_with('.') {
        return Err(AddressError::DomainStartsWithDot);
    }
    if domain.ends_with('.') {
        return Err(AddressError::DomainEndsInDot);
    }
    if domain.contains("..") {
        return Err(AddressError::DomainDoubleDot);
    }
    if domain.len() > DOMAIN_INPUT_MAX {
        return Err(AddressError::DomainTooLong);
    }
    if let Some(c) =
        domain.chars().find(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && *c != '-' && *c != '.')
    {
        return Err(AddressError::DomainCharacter(c));
    }
    let ascii = if is_plain(domain) { domain.to_ascii_lowercase() } else { mapped(domain)? };
    // Mapping turns other scripts' full stops into dots, so labels are looked at
    // once more afterwards.
    if ascii.split('.').any(str::is_empty) {
        return Err(AddressError::Domain);
    }
    if ascii.len() > 253 || ascii.split('.').any(|label| label.len() > 63) {
        return Err(AddressError::DomainTooLong);
    }
    let Some((_, last)) = ascii.rsplit_once('.') else { return Err(AddressError::DomainWithoutDot) };
    // As those read it who still take `0x7f` for a part of an address.
    let hexadecimal = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    if hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AddressError::IpLiteral);
    }
    Ok(ascii)
}

/// Whether a domain is what nearly all are: letters, digits and inner hyphens, for
/// which mapping does nothing but lower the case. A list has a million of them.
fn is_plain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        let bytes = label.as_bytes();
        bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            && !bytes.starts_with(b"-")
            && !bytes.ends_with(b"-")
            && !bytes.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"xn--"))
    })
}

/// A domain in A-labels (UTS 46).
fn mapped(domain: &str) -> Result<String, AddressError> {
    Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Ignore)
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| AddressError::Domain)
}

/// Characters nobody sees: joiners, marks of direction, soft hyphens, tags. In an
/// address they are leftovers of copying, or a disguise.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Why something is not an address; each a clause a writer understands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing but white space.
    #[error("the address is empty")]
    Empty,
    /// No at sign.
    #[error("the address has no @")]
    NoAt,
    /// More than one at sign.
    #[error("the address has more than one @")]
    TwoAts,
    /// A space or other white space inside.
    #[error("the address holds a space")]
    Space,
    /// A line end, a NUL or another control inside.
    #[error("the address holds {}", control_name(*.0))]
    Control(char),
    /// A character nobody sees.
    #[error("the address holds an invisible character, U+{:04X}", u32::from(*.0))]
    Invisible(char),
    /// A letter that looks like one of another alphabet, among letters of that.
    #[error("`{letter}` only looks like the letters around it: {one} and {other} are mixed (U+{:04X})", u32::from(*.letter))]
    Homograph {
        /// The letter.
        letter: char,
        /// The alphabet of those before it.
        one: &'static str,
        /// Its own, or that of the next.
        other: &'static str,
    },
    /// A domain that is Cyrillic and reads as a Latin one.
    #[error("`{0}` in the domain is written in Cyrillic letters that look Latin")]
    Disguised(String),
    /// An angle bracket inside.
    #[error("the address holds an angle bracket")]
    Angle,
    /// A quoted local part.
    #[error("the part before the @ is in quotes, which is not supported")]
    Quoted,
    /// Nothing before the at sign.
    #[error("nothing stands before the @")]
    NoLocal,
    /// Too long before the at sign.
    #[error("the part before the @ is {0} bytes long, and {max} is the most", max = LOCAL_MAX)]
    LocalTooLong(usize),
    /// A dot first.
    #[error("the address starts with a dot")]
    LocalStartsWithDot,
    /// A dot before the at sign.
    #[error("a dot stands right before the @")]
    LocalEndsInDot,
    /// Two dots in a row before the at sign.
    #[error("two dots follow each other before the @")]
    LocalDoubleDot,
    /// A character that must not stand before the at sign.
    #[error("`{0}` cannot stand before the @")]
    LocalCharacter(char),
    /// Nothing after the at sign.
    #[error("nothing stands after the @")]
    NoDomain,
    /// An IP address instead of a domain.
    #[error("the domain is an IP address")]
    IpLiteral,
    /// A dot after the at sign.
    #[error("the domain starts with a dot")]
    DomainStartsWithDot,
    /// A dot at the end.
    #[error("the domain ends in a dot")]
    DomainEndsInDot,
    /// Two dots in a row in the domain.
    #[error("two dots follow each other in the domain")]
    DomainDoubleDot,
    /// A name without a top-level domain.
    #[error("the domain has no dot")]
    DomainWithoutDot,
    /// A character no domain has.
    #[error("`{0}` cannot stand in a domain")]
    DomainCharacter(char),
    /// A domain or one of its labels is too long.
    #[error("the domain is too long: 253 characters at most, 63 between two dots")]
    DomainTooLong,
    /// A domain that IDNA refuses (UTS 46).
    #[error("the domain is not one that can exist")]
    Domain,
    /// Too long on the whole.
    #[error("the address is {0} bytes long, and {max} is the most", max = ADDRESS_MAX)]
    TooLong(usize),
    /// `<` without `>`.
    #[error("the `<` before the address is not closed")]
    AngleNotClosed,
    /// Words after `>`.
    #[error("something follows the `>` after the address")]
    AfterAngle,
    /// A line end or another control in the name.
    #[error("the name holds {}", control_name(*.0))]
    NameControl(char),
    /// A quote or bracket in the name.
    #[error("the name holds a quote or an angle bracket")]
    NameCharacter,
    /// `"` without its partner.
    #[error("the quotes around the name are not closed")]
    NameNotClosed,
}

fn control_name(c: char) -> String {
    match c {
        '\r' | '\n' => "a line break".to_owned(),
        '\0' => "a NUL byte".to_owned(),
        '\t' => "a tab".to_owned(),
        c => format!("a control character, U+{:04X}", u32::from(c)),
    }
}

impl Condition for AddressError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoAt | Self::NoLocal | Self::NoDomain => "write it as `name@example.com`",
            Self::DomainWithoutDot => "write the whole domain, as in `example.com`",
            Self::Angle | Self::AngleNotClosed | Self::AfterAngle => {
                "write `name@example.com`, or `Name <name@example.com>` where a name may stand"
            }
            Self::NameCharacter => "leave quotes and brackets out of the name",
            Self::Homograph { .. } | Self::Disguised(_) => {
                "type the address again in one alphabet; if somebody sent it to you so, it is not whose it seems"
            }
            Self::Invisible(_) => "type the address again; it was copied with something between its letters",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> String {
        EmailAddress::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn an_address_keeps_its_local_part_and_lowers_its_domain() {
        let address = EmailAddress::parse("  Zo.e+News@BÜCHER.Example \n").unwrap();
        assert_eq!(address.to_string(), "Zo.e+News@xn--bcher-kva.example");
        assert!(!address.needs_smtputf8());
    }

    #[test]
    fn a_local_part_in_another_script_needs_smtputf8() {
        let address = EmailAddress::parse("用户@例子.test").unwrap();
        assert!(address.needs_smtputf8());
        assert_eq!(address.domain(), "xn--fsqu00a.test");
    }

    #[test]
    fn two_spellings_of_one_address_share_a_key_and_plus_tags_do_not() {
        let key = |text| EmailAddress::parse(text).unwrap().key();
        assert_eq!(key("Ann@Example.com"), key("ann@example.COM"));
        assert_ne!(key("ann+a@example.com"), key("ann@example.com"));
    }

    #[test]
    fn every_refusal_says_why() {
        for (text, why) in [
            ("", "the address is empty"),
            ("ann.example.com", "the address has no @"),
            ("ann@b@example.com", "the address has more than one @"),
            ("an n@example.com", "the address holds a space"),
            ("ann@example.com\r\nBcc: x@example.org", "the address holds a line break"),
            ("ann\0@example.com", "the address holds a NUL byte"),
            ("ann\u{200b}@example.com", "the address holds an invisible character, U+200B"),
            ("<ann@example.com>", "the address holds an angle bracket"),
            ("\"ann\"@example.com", "the part before the @ is in quotes, which is not supported"),
            ("@example.com", "nothing stands before the @"),
            (".ann@example.com", "the address starts with a dot"),
            ("ann.@example.com", "a dot stands right before the @"),
            ("a..b@example.com", "two dots follow each other before the @"),
            ("a,b@example.com", "`,` cannot stand before the @"),
            ("ann@", "nothing stands after the @"),
            ("ann@[127.0.0.1]", "the domain is an IP address"),
            ("ann@127.0.0.1", "the domain is an IP address"),
            ("ann@0x7f.0.0.0x1", "the domain is an IP address"),
            ("ann@аррӏе.com", "`аррӏе` in the domain is written in Cyrillic letters that look Latin"),
            ("ann@.example.com", "the domain starts with a dot"),
            ("ann@example.com.", "the domain ends in a dot"),
            ("ann@example..com", "two dots follow each other in the domain"),
            ("ann@example", "the domain has no dot"),
            ("ann@ex_ample.com", "`_` cannot stand in a domain"),
            ("ann@-x.com", "the domain is not one that can exist"),
            ("ann@example.com。", "the domain is not one that can exist"),
            (
                "\u{430}nn@example.com",
                "`\u{430}` only looks like the letters around it: Cyrillic and Latin are mixed (U+0430)",
            ),
            (
                "ann@ex\u{430}mple.com",
                "`\u{430}` only looks like the letters around it: Latin and Cyrillic are mixed (U+0430)",
            ),
            (
                "ann@xn--exmple-4nf.com",
                "`\u{430}` only looks like the letters around it: Latin and Cyrillic are mixed (U+0430)",
            ),
        ] {
            assert_eq!(refusal(text), why, "{text:?}");
        }
        assert!(refusal(&format!("{}@example.com", "a".repeat(65))).contains("65 bytes long"));
        assert!(refusal(&format!("a@{}.com", "a".repeat(64))).contains("too long"));
        assert!(refusal(&format!("a@{}", "ü".repeat(1_000_000))).contains("too long"));
        let long = format!("{}@{}example.com", "a".repeat(64), "abcdefghi.".repeat(18));
        assert_eq!(refusal(&long), "the address is 256 bytes long, and 254 is the most");
    }

    proptest! {
        #[test]
        fn a_plain_domain_is_what_mapping_makes_of_it(domain in "[a-zA-Z0-9.-]{1,12}") {
            if is_plain(&domain) {
                prop_assert_eq!(mapped(&domain).unwrap(), domain.to_ascii_lowercase());
            }
        }

        #[test]
        fn an_accepted_address_is_safe_in_an_smtp_command(text in "\\PC{0,12}@?[\\PC\r\n<> ]{0,12}(\\.com|@example\\.com)?") {
            if let Ok(address) = EmailAddress::parse(&text) {
                let shown = address.to_string();
                prop_assert!(shown.chars().all(|c| !c.is_control() && !c.is_whitespace() && c != '<' && c != '>'));
                prop_assert!(shown.len() <= ADDRESS_MAX && address.domain().is_ascii());
                prop_assert_eq!(EmailAddress::parse(&shown).unwrap(), address);
            }
        }
    }
}
