//! Cuts MJML into tags, remarks and text, and tells what is wrongly written.
//!
//! Stricter than HTML where the renderer is: it reads attributes in quotes only, and no
//! `<` that begins no tag.

use std::collections::HashSet;

use super::error::MarkupError;
use crate::problem::Span;

/// A condition and where it was met.
pub(super) type Found = (MarkupError, Span);

/// An attribute as written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What stands in its quotes, if anything does.
    pub(super) value: Option<&'a str>,
    /// All of it.
    pub(super) span: Span,
}

/// A stretch of MJML.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// `<name a="b">` or `<name />`.
    Open {
        /// The name.
        name: &'a str,
        /// `<name`.
        span: Span,
        /// In order, each name once.
        attributes: Vec<Attribute<'a>>,
        /// Whether it is closed at once.
        empty: bool,
    },
    /// `</name>`.
    Close {
        /// The name.
        name: &'a str,
        /// All of it.
        span: Span,
    },
    /// What stands between tags.
    Text(Span),
    /// `<!-- … -->`.
    Remark(Span),
    /// Beginning or end of a conditional comment.
    Condition(Span),
}

impl Token<'_> {
    /// Where it begins, and for what opens an element, where its name ends.
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Open { span, .. }
            | Self::Close { span, .. }
            | Self::Text(span)
            | Self::Remark(span)
            | Self::Condition(span) => *span,
        }
    }
}

/// Cuts `text` into tokens, and says whether they go to its end: what follows a quote
/// or a remark without end is not looked at.
pub(super) fn tokens<'a>(text: &'a str, found: &mut Vec<Found>) -> (Vec<Token<'a>>, bool) {
    let mut scan = Scan { text, at: 0, tokens: Vec::new(), whole: true, found };
    scan.at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while scan.at < text.len() {
        scan.next();
    }
    (scan.tokens, scan.whole)
}

struct Scan<'a, 'f> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token<'a>>,
    whole: bool,
    found: &'f mut Vec<Found>,
}

pub(super) fn written(what: impl Into<String>, instead: impl Into<String>) -> MarkupError {
    MarkupError::Written { what: what.into(), instead: instead.into() }
}

/// Space as XML 1.0 (§2.3) has it.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Whether XML 1.0 (§2.2) has this character.
fn is_allowed(c: char) -> bool {
    (c >= ' ' || is_space(c)) && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A name of ASCII letters, digits, `-`, `_` and `.`, perhaps with one prefix.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    match name.split_once(':') {
        Some((prefix, local)) => is_part(prefix) && is_part(local),
        None => is_part(name),
    }
}

impl<'a> Scan<'a, '_> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn tell(&mut self, error: MarkupError, start: usize, end: usize) {
        self.found.push((error, Span::new(start, end)));
    }

    fn next(&mut self) {
        let rest = self.rest();
        if !rest.starts_with('<') {
            let end = rest.find('<').map_or(self.text.len(), |found| self.at + found);
            self.text_to(end);
        } else if ["<!--[if", "<![if", "<![endif", "<!--<![endif"].iter().any(|begin| rest.starts_with(begin))
        {
            self.condition();
        } else if rest.starts_with("<!--") {
            self.remark();
        } else if rest.starts_with("<!") || rest.starts_with("<?") {
            let end = rest.find([' ', '>', '\n']).unwrap_or(rest.len()).min(9);
            let word = &rest[..rest.floor_char_boundary(end)];
            let error = written(
                format!("`{word}` is not understood in a layout"),
                "remove it; a layout begins with `<mjml>`, and `<` within words is written `&lt;`",
            );
            self.tell(error, self.at, self.at + word.len());
            self.at += rest.find('>').map_or(rest.len(), |end| end + 1);
        } else if let Some(after) = rest.strip_prefix("</") {
            self.close(after);
        } else {
            self.open();
        }
    }

    /// Checks the characters from here to `end`, where nothing is mark-up.
    fn characters(&mut self, end: usize) {
        if let Some((at, c)) = self.text[self.at..end].char_indices().find(|(_, c)| !is_allowed(*c)) {
            let error = written("a control character cannot stand here", "remove it");
            self.tell(error, self.at + at, self.at + at + c.len_utf8());
        }
    }

    fn text_to(&mut self, end: usize) {
        self.characters(end);
        if let Some(at) = self.text[self.at..end].find("]]>") {
            let error = written("`]]>` cannot stand in a text", "write `]]&gt;`");
            self.tell(error, self.at + at, self.at + at + 3);
        }
        self.tokens.push(Token::Text(Span::new(self.at, end)));
        self.at = end;
    }

    fn remark(&mut self) {
        let Some(end) = self.rest()[4..].find("-->").map(|end| self.at + 4 + end + 3) else {
            self.tell(MarkupError::Unclosed { tag: "!--".to_owned() }, self.at, self.at + 4);
            self.at = self.text.len();
            self.whole = false;
            return;
        };
        self.characters(end);
        self.tokens.push(Token::Remark(Span::new(self.at, end)));
        self.at = end;
    }

    fn condition(&mut self) {
        let rest = self.rest();
        let bracket =
            rest.find(']').filter(|_| !rest.starts_with("<![endif") || rest.starts_with("<![endif]"));
        let closed = bracket.and_then(|bracket| {
            let after = &rest[bracket + 1..];
            let end = [">-->", "><!-->", "-->", ">"].iter().find(|end| after.starts_with(**end))?;
            Some(bracket + 1 + end.len())
        });
        let Some(length) = closed else {
            let error = written(
                "this conditional comment has no end",
                "write `<!--[if mso]>` before and `<![endif]-->` after what it is about",
            );
            let length = rest.find(['\n', '>']).map_or(rest.len(), |end| end + 1);
            self.tell(error, self.at, self.at + rest[..length].trim_end().len());
            self.at += length;
            return;
        };
        self.characters(self.at + length);
        self.tokens.push(Token::Condition(Span::new(self.at, self.at + length)));
        self.at += length;
    }

    /// The name that begins at `from`, as far as it could be meant as one.
    fn name(&self, from: usize) -> &'a str {
        let rest = &self.text[from..];
        let end = rest.find(|c: char| is_space(c) || "<>/=\"'".contains(c)).unwrap_or(rest.len());
        &rest[..end]
    }

    fn close(&mut self, after: &'a str) {
        let start = self.at;
        let name = self.name(start + 2);
        let rest = after[name.len()..].trim_start_matches(is_space);
        let end = self.text.len() - rest.len();
        if is_name(name) && rest.starts_with('>') {
            self.at = end + 1;
        } else {
            let error = written(
                "this closing tag is wrongly written",
                "write `</name>`, with nothing but the name in it",
            );
            self.tell(error, start, start + 2 + name.len());
            self.at = rest.find(['>', '<']).map_or(self.text.len(), |at| end + at);
            if self.rest().starts_with('>') {
                self.at += 1;
            }
            if !is_name(name) {
                return;
            }
        }
        self.tokens.push(Token::Close { name, span: Span::new(start, start + 2 + name.len()) });
    }

    fn open(&mut self) {
        let start = self.at;
        let name = self.name(start + 1);
        if !is_name(name) {
            let error = written("this `<` begins no tag", "write `&lt;`");
            self.tell(error, start, start + 1);
            let end = self.text[start + 1..].find('<').map_or(self.text.len(), |end| start + 1 + end);
            self.text_to(end);
            return;
        }
        let span = Span::new(start, start + 1 + name.len());
        self.at = span.end;
        let mut attributes = Vec::new();
        let mut names = HashSet::new();
        loop {
            let rest = self.rest().trim_start_matches(is_space);
            let spaced = rest.len() < self.rest().len();
            self.at = self.text.len() - rest.len();
            if let Some(length) = ["/>", ">"].iter().find(|end| rest.starts_with(**end)).map(|end| end.len())
            {
                self.at += length;
                self.tokens.push(Token::Open { name, span, attributes, empty: length == 2 });
                return;
            }
            if !self.whole {
                return;
            }
            if rest.is_empty() || rest.starts_with('<') {
                let error = written(format!("the tag `<{name}` has no end"), "add `>`");
                self.tell(error, span.start, span.end);
                self.tokens.push(Token::Open { name, span, attributes, empty: false });
                return;
            }
            let Some(attribute) = self.attribute(spaced) else { continue };
            if names.insert(attribute.name) {
                attributes.push(attribute);
            } else {
                let same = MarkupError::TwiceTheSame { name: attribute.name.to_owned() };
                self.tell(same, attribute.span.start, attribute.span.start + attribute.name.len());
            }
        }
    }

    /// Reads the attribute that begins here.
    fn attribute(&mut self, spaced: bool) -> Option<Attribute<'a>> {
        let start = self.at;
        let name = self.name(start);
        if !is_name(name) {
            let length = name.len().max(self.rest().chars().next().map_or(1, char::len_utf8));
            let error = written("this is no attribute", "write attributes as `name=\"value\"`");
            self.tell(error, start, start + length);
            self.at += length;
            return None;
        }
        if !spaced {
            let error = written(
                format!("no space before `{name}`"),
                "put a space before it; quotes within a value are written `&quot;`",
            );
            self.tell(error, start, start + name.len());
        }
        self.at += name.len();
        let rest = self.rest().trim_start_matches(is_space);
        let Some(rest) = rest.strip_prefix('=') else {
            return Some(Attribute { name, value: None, span: Span::new(start, self.at) });
        };
        let rest = rest.trim_start_matches(is_space);
        self.at = self.text.len() - rest.len();
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let value = if let Some(quote) = quote {
            let Some(length) = rest[1..].find(quote) else {
                let error =
                    written(format!("the value of `{name}` has no closing quote"), format!("add `{quote}`"));
                self.tell(error, start, self.at + 1);
                self.whole = false;
                self.at = self.text.len();
                return None;
            };
            self.at += 1;
            self.characters(self.at + length);
            self.at += length + 1;
            &rest[1..=length]
        } else {
            let length = rest.find(|c: char| is_space(c) || c == '>').unwrap_or(rest.len());
            let value = &rest[..length];
            let shown: String = value.chars().take(40).collect();
            let error = written(
                format!("the value of `{name}` has no quotes"),
                format!("write `{name}=\"{}\"`", shown.trim_end_matches('/')),
            );
            self.tell(error, start, self.at + length);
            self.at += length;
            value
        };
        Some(Attribute { name, value: Some(value), span: Span::new(start, self.at) })
    }
}
