//! Writes what stands within a paragraph.

use super::Writer;
use super::escape::{self, Around, Place};
use crate::article::{Image, Inline, Style, words};

/// Where inlines are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// The character before; a line feed at the beginning of a line.
    before: char,
    after: char,
    place: Place,
    bracketed: bool,
    /// The signs of the marks around, each a bit, as [`bit`] has them: the same sign within
    /// them would end what it is to begin.
    open: u8,
}

impl Spot {
    pub(super) fn of(place: Place) -> Self {
        Self { before: '\n', after: '\n', place, bracketed: false, open: 0 }
    }
}

impl Writer<'_> {
    /// Writes inlines without white space around them.
    pub(super) fn inlines(&self, content: &[Inline], place: Place) -> String {
        let mut content = content;
        while let Some((Inline::SoftBreak | Inline::HardBreak, rest)) = content.split_last() {
            content = rest;
        }
        let text = self.stretch(content, Spot::of(place));
        text.trim_end_matches([' ', '\t']).to_owned()
    }

    fn stretch(&self, content: &[Inline], spot: Spot) -> String {
        let mut out = String::new();
        for (index, inline) in content.iter().enumerate() {
            let spot = Spot {
                before: out.chars().next_back().unwrap_or(spot.before),
                after: content[index + 1..].iter().find_map(first).unwrap_or(spot.after),
                ..spot
            };
            match inline {
                Inline::Text(text) => out.push_str(&escape::words(text, self.around(spot))),
                Inline::SoftBreak | Inline::HardBreak => {
                    let hard = matches!(inline, Inline::HardBreak);
                    out.truncate(out.trim_end_matches([' ', '\t']).len());
                    match (spot.place, hard) {
                        (Place::Paragraph, true) => out.push_str("\\\n"),
                        (Place::Paragraph, false) => out.push('\n'),
                        (_, true) => out.push_str("<br>"),
                        (_, false) => out.push(' '),
                    }
                }
                Inline::Emphasis(content) => out.push_str(&self.stressed(content, spot, 1, "em")),
                Inline::Strong(content) => out.push_str(&self.stressed(content, spot, 2, "strong")),
                Inline::Strikethrough(content) => out.push_str(&self.wrapped(content, spot, &["~~"], "s")),
                Inline::Styled { style, content } => out.push_str(&self.styled(*style, content, spot)),
                Inline::Code(text) if text.is_empty() => {}
                Inline::Code(text) => out.push_str(&escape::code(text, spot.place, spot.before == '`')),
                Inline::Link { href, content, .. } => out.push_str(&self.link(href, content, spot)),
                Inline::Image(image) => out.push_str(&self.picture(image, spot.place)),
                Inline::Footnote(index) => out.extend(["[^", &(index + 1).to_string(), "]"]),
            }
        }
        out
    }

    fn around(&self, spot: Spot) -> Around {
        Around {
            before: spot.before,
            after: spot.after,
            place: spot.place,
            bracketed: spot.bracketed,
            punctuation: self.punctuation,
            addresses: self.addresses,
        }
    }

    fn stressed(&self, content: &[Inline], spot: Spot, count: usize, name: &str) -> String {
        let marks = ["*", "_"].map(|mark| mark.repeat(count));
        self.wrapped(content, spot, &[&marks[0], &marks[1]], name)
    }

    fn styled(&self, style: Style, content: &[Inline], spot: Spot) -> String {
        let simple = match content {
            [Inline::Text(text)] => !text.is_empty() && text.chars().all(char::is_alphanumeric),
            _ => false,
        };
        let attached = spot.before.is_alphanumeric();
        match style {
            Style::Subscript if simple && attached => self.wrapped(content, spot, &["~"], "sub"),
            // The parser reads no `^` within brackets.
            Style::Superscript if simple && attached && !spot.bracketed => {
                self.wrapped(content, spot, &["^"], "sup")
            }
            Style::Highlight if !attached => self.wrapped(content, spot, &["=="], "mark"),
            Style::Underline if !attached => self.wrapped(content, spot, &["++"], "u"),
            Style::Subscript => self.tagged(content, spot, "sub"),
            Style::Superscript => self.tagged(content, spot, "sup"),
            Style::Highlight => self.tagged(content, spot, "mark"),
            Style::Underline => self.tagged(content, spot, "u"),
            Style::Small => self.tagged(content, spot, "small"),
            Style::Keyboard => self.tagged(content, spot, "kbd"),
        }
    }

    /// Puts the first of the marks around that the reader would see as such here; a tag
    /// otherwise.
    fn wrapped(&self, content: &[Inline], spot: Spot, marks: &[&str], name: &str) -> String {
        for mark in marks {
            let Some(sign) = mark.chars().next() else { continue };
            if spot.open & bit(sign) != 0 {
                continue;
            }
            let open = spot.open | bit(sign);
            let inner = self.stretch(content, Spot { before: sign, after: sign, open, ..spot });
            if flanks(sign, &inner, spot) {
                return format!("{mark}{inner}{mark}");
            }
        }
        self.tagged(content, spot, name)
    }

    fn tagged(&self, content: &[Inline], spot: Spot, name: &str) -> String {
        let inner = self.stretch(content, Spot { before: '>', after: '<', ..spot });
        format!("<{name}>{inner}</{name}>")
    }

    fn link(&self, href: &str, content: &[Inline], spot: Spot) -> String {
        let shown = words(content);
        let plain = matches!(content, [Inline::Text(_)]);
        let safe = !shown.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '\\' | '&' | '|'));
        let web = shown == href && (shown.starts_with("https://") || shown.starts_with("http://"));
        let mailbox = href.strip_prefix("mailto:") == Some(shown.as_str()) && is_mailbox(&shown);
        if plain && safe && !spot.bracketed && (web || mailbox) {
            return format!("<{shown}>");
        }
        let inner = self.stretch(content, Spot { before: '[', after: ']', bracketed: true, open: 0, ..spot });
        format!("[{inner}]({})", escape::destination(href, spot.place))
    }

    pub(super) fn picture(&self, image: &Image, place: Place) -> String {
        let spot = Spot { before: '[', after: ']', place, bracketed: true, open: 0 };
        // `> [![x\] y](…)](…)` would be a callout to the parser, whatever is escaped.
        let alt = escape::words(&image.alt, self.around(spot)).replace("\\]", "&#93;");
        let width = image.width.map(|width| format!("{{width={width}}}")).unwrap_or_default();
        let picture = format!("![{alt}]({}){width}", escape::destination(&(self.moved)(&image.src), place));
        match &image.href {
            Some(href) => format!("[{picture}]({})", escape::destination(href, place)),
            None => picture,
        }
    }
}

/// The bit of a sign that marks words.
fn bit(sign: char) -> u8 {
    "*_~=+^".find(sign).map_or(0, |at| 1 << at)
}

/// Whether a mark around `inner` opens and closes (CommonMark §6.2).
fn flanks(sign: char, inner: &str, spot: Spot) -> bool {
    let Some((first, last)) = inner.chars().next().zip(inner.chars().next_back()) else { return false };
    let is_mark = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    // The parser looks through these at what stands beyond them.
    let is_passed = |c: char| matches!(c, '~' | '=' | '+');
    let is_wall = |c: char| c.is_whitespace() || is_mark(c) && !is_passed(c);
    let (open, shut) = (is_wall(spot.before), is_wall(spot.after));
    let touches =
        is_passed(first) || is_passed(last) || [spot.before, spot.after, first, last].contains(&sign);
    !touches
        && !first.is_whitespace()
        && !last.is_whitespace()
        && (!is_mark(first) || open)
        && (!is_mark(last) || shut)
        && (sign != '_' || open && shut)
}

/// Whether an address is one that is read between `<` and `>`.
fn is_mailbox(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    let fits = |text: &str| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+'))
    };
    !local.is_empty()
        && fits(local)
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
        })
}

/// The character that an inline is written to begin with.
fn first(inline: &Inline) -> Option<char> {
    Some(match inline {
        Inline::Text(text) => text.chars().next()?,
        Inline::SoftBreak | Inline::HardBreak => '\n',
        Inline::Emphasis(_) | Inline::Strong(_) => '*',
        Inline::Strikethrough(_) => '~',
        Inline::Styled { style, .. } => match style {
            Style::Subscript => '~',
            Style::Superscript => '^',
            Style::Highlight => '=',
            Style::Underline => '+',
            Style::Small | Style::Keyboard => '<',
        },
        Inline::Code(text) if text.is_empty() => return None,
        Inline::Code(_) => '`',
        Inline::Link { .. } | Inline::Footnote(_) => '[',
        Inline::Image(_) => '!',
    })
}
