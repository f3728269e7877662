//! A name and an address together.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AddressError, EmailAddress};

/// A name and an address, as a From header has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// The display name; may be empty. Never holds a control character.
    pub name: String,
    /// The address.
    pub address: EmailAddress,
}

impl Mailbox {
    /// Reads `Name <address>`, `"Name" <address>`, `<address>` or a bare address.
    ///
    /// # Errors
    ///
    /// As [`EmailAddress::parse`], and when brackets or quotes are not closed or the
    /// name could break out of a header.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let Some((name, rest)) = text.rsplit_once('<') else {
            let address = EmailAddress::parse(text)?;
            return Ok(Self { name: String::new(), address });
        };
        let (address, after) = rest.split_once('>').ok_or(AddressError::AngleNotClosed)?;
        if !after.trim().is_empty() {
            return Err(AddressError::AfterAngle);
        }
        let address = EmailAddress::parse(address)?;
        Ok(Self { name: display_name(name.trim())?, address })
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { self.address.fmt(f) } else { write!(f, "{} <{}>", self.name, self.address) }
    }
}

fn display_name(written: &str) -> Result<String, AddressError> {
    if let Some(c) = written.chars().find(|c| c.is_control()) {
        return Err(AddressError::NameControl(c));
    }
    let Some(quoted) = written.strip_prefix('"') else {
        return if written.contains(['<', '>', '"']) {
            Err(AddressError::NameCharacter)
        } else {
            Ok(written.to_owned())
        };
    };
    let mut name = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' if chars.as_str().is_empty() => return Ok(name),
            '"' => return Err(AddressError::NameCharacter),
            '\\' => name.extend(chars.next()),
            c => name.push(c),
        }
    }
    Err(AddressError::NameNotClosed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mailbox_is_read_with_and_without_a_name() {
        let read = |text: &str| {
            let mailbox = Mailbox::parse(text).unwrap();
            (mailbox.name, mailbox.address.to_string())
        };
        let address = "ann@example.com".to_owned();
        assert_eq!(read("ann@example.com"), (String::new(), address.clone()));
        assert_eq!(read("<ann@example.com>"), (String::new(), address.clone()));
        assert_eq!(read("Ann Lee <ann@example.com>"), ("Ann Lee".into(), address.clone()));
        assert_eq!(read(r#""Lee, \"A\"" <ann@example.com>"#), (r#"Lee, "A""#.into(), address));
    }

    #[test]
    fn a_mailbox_that_could_break_a_header_is_refused() {
        for (text, why) in [
            ("Ann\r\nBcc: x <ann@example.com>", "the name holds a line break"),
            ("Ann <ann@example.com", "the `<` before the address is not closed"),
            ("Ann <ann@example.com> x", "something follows the `>` after the address"),
            ("A\"nn <ann@example.com>", "the name holds a quote or an angle bracket"),
            ("\"Ann <ann@example.com>", "the quotes around the name are not closed"),
        ] {
            assert_eq!(Mailbox::parse(text).unwrap_err().to_string(), why, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_name_cannot_end_a_header(text in "[\\PC\r\n\0<>\"\\\\]{0,20}( <ann@example.com>)?") {
            if let Ok(mailbox) = Mailbox::parse(&text) {
                prop_assert!(!mailbox.name.chars().any(char::is_control));
            }
        }
    }
}
