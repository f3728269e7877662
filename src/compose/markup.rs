//! Checks MJML for what its renderer passes in silence or reports without a place:
//! tags that do not balance, and elements that do not exist.

use crate::problem::{Span, did_you_mean};

use super::error::ComposeError;

/// The elements the renderer draws.
const ELEMENTS: [&str; 33] = [
    "mjml",
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-text",
    "mj-accordion-title",
    "mj-all",
    "mj-attributes",
    "mj-body",
    "mj-breakpoint",
    "mj-button",
    "mj-carousel",
    "mj-carousel-image",
    "mj-class",
    "mj-column",
    "mj-divider",
    "mj-font",
    "mj-group",
    "mj-head",
    "mj-hero",
    "mj-image",
    "mj-navbar",
    "mj-navbar-link",
    "mj-preview",
    "mj-raw",
    "mj-section",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-style",
    "mj-table",
    "mj-text",
    "mj-title",
    "mj-wrapper",
];

/// Elements of HTML that have no closing tag.
const VOID: [&str; 12] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"];

/// How deep elements may nest before the renderer would run out of stack.
const DEEPEST: usize = 128;

/// Everything wrong with the tags of `mjml`, with the place of each.
pub(super) fn check(mjml: &str) -> Vec<(ComposeError, Span)> {
    let mut found = Vec::new();
    let mut open: Vec<(&str, Span)> = Vec::new();
    let mut at = 0;
    while let Some(less) = mjml[at..].find('<').map(|found| at + found) {
        let rest = &mjml[less..];
        if rest.starts_with("<!--") {
            let Some(end) = rest.find("-->") else {
                let unclosed = ComposeError::Unclosed { tag: "!--".to_owned() };
                found.push((unclosed, Span::new(less, less + 4)));
                return found;
            };
            at = less + end + 3;
            continue;
        }
        let closing = rest.starts_with("</");
        let name_start = less + 1 + usize::from(closing);
        let name_length = mjml[name_start..]
            .find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<'))
            .unwrap_or(mjml.len() - name_start);
        let name = &mjml[name_start..name_start + name_length];
        let span = Span::new(less, name_start + name_length);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            at = less + 1;
            continue;
        }
        let Some(end) = tag_end(mjml, span.end) else {
            found.push((ComposeError::Mjml { what: format!("the tag `<{name}` has no end") }, span));
            return found;
        };
        at = end + 1;
        if closing {
            close(name, span, &mut open, &mut found);
            continue;
        }
        if (name == "mjml" || name.starts_with("mj-")) && !ELEMENTS.contains(&name) {
            let near = did_you_mean(name, ELEMENTS).map(str::to_owned);
            found.push((ComposeError::UnknownElement { tag: name.to_owned(), near }, span));
        }
        let empty = mjml[..end].ends_with('/') || VOID.contains(&name);
        if !empty {
            open.push((name, span));
            if open.len() > DEEPEST {
                found.push((ComposeError::TooDeep { limit: DEEPEST }, span));
                return found;
            }
        }
    }
    for (name, span) in open {
        found.push((ComposeError::Unclosed { tag: name.to_owned() }, span));
    }
    found
}

fn close<'a>(
    name: &'a str,
    span: Span,
    open: &mut Vec<(&'a str, Span)>,
    found: &mut Vec<(ComposeError, Span)>,
) {
    if let Some(position) = open.iter().rposition(|(known, _)| *known == name) {
        for (unclosed, span) in open.drain(position + 1..) {
            found.push((ComposeError::Unclosed { tag: unclosed.to_owned() }, span));
        }
        open.pop();
    } else {
        let innermost = open.last().map(|(open, _)| (*open).to_owned());
        found.push((ComposeError::WrongClose { tag: name.to_owned(), open: innermost }, span));
    }
}

/// Where the tag ends whose attributes begin at `from`: quotes may hold a `>`.
fn tag_end(text: &str, from: usize) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(mjml: &str) -> Vec<String> {
        check(mjml).into_iter().map(|(problem, span)| format!("{}: {problem}", span.start)).collect()
    }

    #[test]
    fn balanced_markup_is_left_alone() {
        assert!(
            check("<mjml><!-- <p> --><mj-text a=\"x > y\">a<br>b<img src='x'/></mj-text><p/></mjml>")
                .is_empty()
        );
        assert!(check("").is_empty());
        assert!(check("1 < 2").is_empty());
    }

    #[test]
    fn every_wrong_tag_is_named_with_its_place() {
        assert_eq!(
            said("<mjml><mj-txt>a</mj-txt><mj-text>b</mjml></p>"),
            ["6: unknown element `<mj-txt>`", "24: `<mj-text>` is never closed", "41: `</p>` closes nothing"]
        );
        assert_eq!(
            said("<mjml><mj-text>a</mj-txt></mj-text></mjml>"),
            ["16: `</mj-txt>` closes an open `<mj-text>`"]
        );
        assert_eq!(
            said("<mjml a=\"x>"),
            ["0: the layout is not MJML that can be rendered: the tag `<mjml` has no end"]
        );
        assert_eq!(said("<!-- a"), ["0: `<!-->` is never closed"]);
    }

    #[test]
    fn endless_nesting_is_refused() {
        assert_eq!(check(&"<div>".repeat(100_000)).len(), 1);
    }
}
