//! Tells the addresses a mail may hold from those that are traps.

use crate::tags::{Mask, TagKind};

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Link,
    Picture,
}

impl Target {
    const fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Link => &["https", "http", "mailto", "tel"],
            // `cid:` names a part of the same message (RFC 2392).
            Self::Picture => &["https", "http", "cid"],
        }
    }
}

/// Checks the scheme of `href`, which may be relative; a scheme that is not allowed
/// is the error.
///
/// Reads it as browsers do: white space and controls count for nothing.
pub(super) fn check(href: &str, target: Target) -> Result<(), String> {
    let mut scheme = String::new();
    for character in href.chars().filter(|c| !c.is_whitespace() && !c.is_control()) {
        match character {
            ':' => {
                let allowed = target.schemes().iter().any(|known| scheme.eq_ignore_ascii_case(known));
                return if allowed { Ok(()) } else { Err(scheme) };
            }
            // RFC 3986 §3.1; anything else means that there is no scheme. Longer
            // than this none is, and an address can be megabytes long.
            'a'..='z' | 'A'..='Z' | '0'..='9' | '+' | '-' | '.' if scheme.len() < 64 => {
                scheme.push(character);
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// Whether a reader can follow `href` from a mail: it is whole, a place within the
/// mail, or begins with a merge tag, whose value is checked for each copy.
pub(super) fn is_reachable(href: &str, mask: &Mask) -> bool {
    let href = href.trim();
    let tag_first = mask.find(href).first().is_some_and(|found| found.span.start == 0);
    tag_first || href.starts_with('#') && href.len() > 1 || scheme_ends(href)
}

/// Whether `href` begins with a condition, so that its scheme is not the same for all.
pub(super) fn is_conditional(href: &str, mask: &Mask) -> bool {
    let first = mask.find(href.trim()).first().copied();
    first.is_some_and(|found| found.span.start == 0 && mask.tag(found.id).kind != TagKind::Hole)
}

/// Whether a scheme stands at the beginning (RFC 3986 §3.1).
fn scheme_ends(href: &str) -> bool {
    href.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_mail_and_relative_addresses_pass() {
        for href in [
            "https://example.com/a:b",
            "HTTP://example.com",
            "mailto:a@example.com",
            "/a:b",
            "#fn1",
            "a/b",
            "",
            "?x=y:z",
            "../a.png",
            "lpab12t0z",
        ] {
            assert_eq!(check(href, Target::Link), Ok(()), "{href}");
        }
        assert_eq!(check("cid:a@example.com", Target::Picture), Ok(()));
    }

    #[test]
    fn traps_are_named_however_they_are_dressed() {
        for href in [
            "javascript:alert(1)",
            " JavaScript:x",
            "java\nscript:x",
            "\u{1}javascript:x",
            "data:text/html,x",
            "vbscript:x",
            "lpab12t0z:x",
        ] {
            assert!(check(href, Target::Link).is_err(), "{href}");
        }
        assert_eq!(check("data:image/png;base64,AA", Target::Picture), Err("data".to_owned()));
    }
}
