//! Whether elements stand where they are drawn, and close in order.

use std::ops::Range;

use super::attributes;
use super::elements::{self, Element, Holds};
use super::error::MarkupError;
use super::scan::{Attribute, Found, Token, is_space, written};
use crate::problem::{Span, did_you_mean};

/// Elements of HTML that have no closing tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// How deep elements may nest before the renderer would run out of stack.
const DEEPEST: usize = 128;

/// Elements of HTML that stand in a line of words, where white space is seen.
const INLINE: [&str; 22] = [
    "a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "mark", "q", "s",
    "small", "span", "strong", "sub", "sup", "u",
];

/// What may stand where the walk is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// Outside of everything.
    Root,
    /// Elements that the innermost element of MJML names.
    Elements,
    /// The attributes of elements.
    Attributes,
    /// Words and HTML.
    Html { outlook: bool },
    /// Words.
    Words,
    /// Nothing.
    Nothing,
    /// Whatever: what it stands in was told already.
    Anything,
}

struct Frame<'a> {
    name: &'a str,
    span: Span,
    element: Option<&'static Element>,
    content: Content,
    /// Elements of MJML that stood in it.
    seen: Vec<&'static str>,
}

/// Walks the tokens of `text`, and gives the text as the renderer understands it: with
/// other white space, a unit after each zero, and `>` in texts as it likes it; beside it where in that text stands
/// what `<mj-text>` holds. What is left open is told when they are `whole`.
pub(super) fn walk<'a>(
    text: &'a str,
    tokens: &[Token<'a>],
    whole: bool,
    found: &mut Vec<Found>,
) -> (String, Vec<Range<usize>>) {
    let mut walk = Walk {
        text,
        found,
        open: Vec::new(),
        settled: text.as_bytes().to_vec(),
        added: Vec::new(),
        roots: Vec::new(),
        root: Span::default(),
        has_body: false,
        classes: Vec::new(),
        asked: Vec::new(),
        mute: Vec::new(),
        alt_for_all: false,
    };
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open { name, span, attributes, empty } => {
                walk.opens(name, *span, attributes, *empty);
                if walk.open.len() > DEEPEST {
                    walk.found.push((MarkupError::TooDeep { limit: DEEPEST }, *span));
                    walk.open.clear();
                    break;
                }
            }
            Token::Close { name, span } => walk.closes(name, *span),
            Token::Text(span) => {
                let between = at.checked_sub(1).and_then(|before| tokens.get(before)).zip(tokens.get(at + 1));
                walk.words(
                    *span,
                    between.is_some_and(|(before, after)| is_inline(before) && is_inline(after)),
                );
            }
            Token::Remark(span) => walk.remark(*span),
            Token::Condition(span) => walk.condition(*span),
        }
    }
    if whole {
        walk.end();
    }
    let settled = String::from_utf8(walk.settled).expect("whole characters are replaced by ASCII alone");
    let added = |at: usize| walk.added.iter().filter(move |(place, _)| *place <= at);
    let moved = |at: usize| at + added(at).map(|(_, what)| what.len()).sum::<usize>();
    let texts = texts(tokens).filter(|words| !text[words.clone()].trim().is_empty());
    let texts = texts.map(|words| moved(words.start)..moved(words.end)).collect();
    (with(&settled, &walk.added), texts)
}

/// Where what `<mj-text>` holds begins and ends.
fn texts<'t>(tokens: &'t [Token<'_>]) -> impl Iterator<Item = Range<usize>> + 't {
    let mut began = None;
    tokens.iter().enumerate().filter_map(move |(at, token)| match token {
        Token::Open { name: "mj-text", empty: false, .. } => {
            began = tokens.get(at + 1).map(|next| next.span().start);
            None
        }
        Token::Close { name: "mj-text", span } => began.take().map(|began| began..span.start),
        _ => None,
    })
}

/// What a zero lacks.
const UNIT: &str = "px";

/// `text` with what is `added` to it.
fn with(text: &str, added: &[(usize, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + UNIT.len() * added.len());
    let mut done = 0;
    for (place, what) in added {
        out.push_str(&text[done..*place]);
        out.push_str(what);
        done = *place;
    }
    out.push_str(&text[done..]);
    out
}

fn is_inline(token: &Token<'_>) -> bool {
    matches!(token, Token::Open { name, .. } | Token::Close { name, .. } if INLINE.contains(name))
}

struct Walk<'a, 'f> {
    text: &'a str,
    found: &'f mut Vec<Found>,
    open: Vec<Frame<'a>>,
    settled: Vec<u8>,
    /// What is missing, and where: a unit after a zero, the rest of `&gt;`.
    added: Vec<(usize, &'static str)>,
    /// Elements of MJML outside of everything.
    roots: Vec<&'static str>,
    /// Where `<mjml>` begins.
    root: Span,
    has_body: bool,
    /// Classes of attributes that are defined, and those that are asked for.
    classes: Vec<&'a str>,
    asked: Vec<(&'a str, Span)>,
    /// Pictures without words, and whether `<mj-attributes>` has words for all.
    mute: Vec<Span>,
    alt_for_all: bool,
}

impl<'a> Walk<'a, '_> {
    fn content(&self) -> Content {
        self.open.last().map_or(Content::Root, |frame| frame.content)
    }

    fn parent(&self) -> Option<String> {
        self.open.last().map(|frame| frame.name.to_owned())
    }

    fn opens(&mut self, name: &'a str, span: Span, attributes: &[Attribute<'a>], empty: bool) {
        let is_mjml = name == "mjml" || name.starts_with("mj-");
        let element = if is_mjml { elements::element(name) } else { None };
        let content = match element {
            Some(element) => self.element(element, span, attributes),
            None if is_mjml => {
                self.found.push((missing(name), span));
                Content::Anything
            }
            None => self.html(name, span, attributes),
        };
        if !empty && (is_mjml || !VOID.contains(&name)) {
            self.open.push(Frame { name, span, element, content, seen: Vec::new() });
        }
    }

    /// An element of MJML: what may stand in it.
    fn element(&mut self, element: &'static Element, span: Span, attributes: &[Attribute<'a>]) -> Content {
        let around = self.content();
        let preset = around == Content::Attributes;
        let name = element.name;
        let at_home = match around {
            Content::Root => name == "mjml",
            Content::Elements => {
                let holds = self.open.last().and_then(|frame| frame.element).map(|parent| &parent.holds);
                matches!(holds, Some(Holds::Elements(children)) if children.contains(&name))
            }
            Content::Attributes => !matches!(name, "mjml" | "mj-head" | "mj-attributes"),
            Content::Anything => true,
            Content::Html { .. } | Content::Words | Content::Nothing => false,
        };
        if at_home {
            if name == "mjml" && self.roots.is_empty() {
                self.root = span;
            }
            let parent = self.open.last_mut();
            let seen = parent.map_or(&mut self.roots, |frame| &mut frame.seen);
            let once =
                matches!(name, "mjml" | "mj-head" | "mj-body" | "mj-accordion-title" | "mj-accordion-text");
            if once && around != Content::Anything && !preset && seen.contains(&name) {
                self.found.push((MarkupError::Second { tag: name.to_owned() }, span));
            } else if once {
                seen.push(name);
            }
        } else {
            let homes = elements::homes(name);
            self.found
                .push((MarkupError::Misplaced { tag: name.to_owned(), parent: self.parent(), homes }, span));
        }
        self.has_body |= name == "mj-body" && !preset;
        attributes::check(element, span, attributes, preset, self.found);
        let zeros = attributes.iter().flat_map(attributes::bare_zeros);
        self.added.extend(zeros.map(|zero| (zero, UNIT)));
        self.note(element, span, attributes, preset);
        if preset {
            return Content::Nothing;
        }
        match element.holds {
            Holds::Elements(_) => Content::Elements,
            Holds::Attributes => Content::Attributes,
            Holds::Html { outlook } => Content::Html { outlook },
            Holds::Words => Content::Words,
            Holds::Nothing => Content::Nothing,
        }
    }

    /// Notes what can be judged at the end alone: classes, and words of pictures.
    fn note(&mut self, element: &'static Element, span: Span, attributes: &[Attribute<'a>], preset: bool) {
        let value = |name: &str| attributes.iter().find(|attribute| attribute.name == name);
        if preset {
            if element.name == "mj-class" {
                self.classes.extend(value("name").and_then(|name| name.value));
            }
            self.alt_for_all |= value("alt").is_some();
            return;
        }
        if let Some(Attribute { value: Some(names), span, .. }) = value("mj-class") {
            self.asked.extend(names.split_whitespace().map(|name| (name, *span)));
        }
        if matches!(element.name, "mj-image" | "mj-carousel-image") && value("alt").is_none() {
            self.mute.push(span);
        }
    }

    /// An element of HTML: what may stand in it.
    fn html(&mut self, name: &str, span: Span, attributes: &[Attribute<'_>]) -> Content {
        let around = self.content();
        let outlook = match around {
            Content::Html { outlook } => outlook,
            Content::Anything => return Content::Anything,
            Content::Root | Content::Elements | Content::Attributes | Content::Words | Content::Nothing => {
                let misplaced =
                    MarkupError::Misplaced { tag: name.to_owned(), parent: self.parent(), homes: Vec::new() };
                self.found.push((misplaced, span));
                return Content::Anything;
            }
        };
        if let Some((_, local)) = name.split_once(':') {
            if VOID.contains(&local) || local == "mjml" || local.starts_with("mj-") {
                let what = format!("`<{name}>` would be read as `<{local}>`");
                let instead = "give it another name, or none before the colon".to_owned();
                self.found.push((MarkupError::Written { what, instead }, span));
            } else if !outlook {
                let what = format!("`<{name}>` would lose what stands before its colon here");
                let instead = "write the table or the link yourself, in an `<mj-text>`".to_owned();
                self.found.push((MarkupError::Written { what, instead }, span));
            }
        }
        if name == "img" && !attributes.iter().any(|attribute| attribute.name == "alt") {
            self.mute.push(span);
        }
        around
    }

    fn closes(&mut self, name: &str, span: Span) {
        if let Some(position) = self.open.iter().rposition(|frame| frame.name == name) {
            for frame in self.open.drain(position + 1..) {
                self.found.push((MarkupError::Unclosed { tag: frame.name.to_owned() }, frame.span));
            }
            self.open.pop();
        } else {
            let open = self.parent();
            self.found.push((MarkupError::WrongClose { tag: name.to_owned(), open }, span));
        }
    }

    fn words(&mut self, span: Span, between_inline: bool) {
        self.angle(span);
        let words = &self.text[span.start..span.end];
        let content = self.content();
        let blank = match content {
            // Outside of everything the renderer knows no other white space.
            Content::Root => words.chars().all(is_space),
            _ => words.trim().is_empty(),
        };
        match content {
            Content::Root | Content::Elements | Content::Attributes | Content::Nothing if !blank => {
                let begin = span.start + (words.len() - words.trim_start().len());
                let end = begin + words.trim().lines().next().unwrap_or_default().trim_end().len();
                self.found.push((MarkupError::Words { parent: self.parent() }, Span::new(begin, end)));
            }
            // White space between elements is passed over when it begins with a line
            // end, and is an error otherwise.
            Content::Root | Content::Elements | Content::Attributes if !words.starts_with('\n') => {
                self.blank(span);
            }
            // Where it is seen, that would glue words together.
            Content::Html { .. } if blank && between_inline && words.starts_with('\n') => {
                self.settled[span.start] = b' ';
            }
            _ => {}
        }
    }

    /// Looks at the first `>` of a text, two bytes before which the renderer looks back. What
    /// stands in `<mj-text>` is HTML, in which it may be written in another way.
    fn angle(&mut self, span: Span) {
        let words = &self.text[span.start..span.end];
        let Some(at) = words.find('>').filter(|at| !words.is_char_boundary(at.saturating_sub(2))) else {
            return;
        };
        if self.open.iter().any(|frame| frame.name == "mj-text") {
            for (at, _) in words.match_indices('>') {
                self.settled[span.start + at] = b'&';
                self.added.push((span.start + at + 1, "gt;"));
            }
            return;
        }
        let error = written("`>` cannot stand right behind this character", "write `&gt;`");
        self.found.push((error, Span::new(span.start + at, span.start + at + 1)));
    }

    /// Leaves white space that is passed over.
    fn blank(&mut self, span: Span) {
        self.settled[span.start..span.end].fill(b' ');
        if let Some(first) = self.settled.get_mut(span.start) {
            *first = b'\n';
        }
    }

    fn remark(&mut self, span: Span) {
        let element = self.open.last().and_then(|frame| frame.element).map(|element| element.name);
        match self.content() {
            Content::Words if element == Some("mj-style") => {
                let what = "a remark of HTML cannot stand in a style sheet".to_owned();
                self.found.push((MarkupError::Written { what, instead: "write `/* … */`".to_owned() }, span));
            }
            // These are read without remarks.
            Content::Attributes | Content::Nothing | Content::Words => self.blank(span),
            Content::Elements if matches!(element, Some("mj-accordion-element" | "mj-carousel")) => {
                self.blank(span);
            }
            _ => {
                // Two dashes within a remark are an error in XML, and one before its end.
                let inner = span.start + 4..span.end - 3;
                let text = &self.text[inner.clone()];
                if text.contains("--") || text.ends_with('-') {
                    for byte in &mut self.settled[inner] {
                        *byte = if *byte == b'-' { b' ' } else { *byte };
                    }
                }
            }
        }
    }

    fn condition(&mut self, span: Span) {
        if !matches!(self.content(), Content::Html { outlook: true } | Content::Anything) {
            self.found.push((MarkupError::Conditional { parent: self.parent() }, span));
        }
    }

    fn end(&mut self) {
        for frame in std::mem::take(&mut self.open) {
            self.found.push((MarkupError::Unclosed { tag: frame.name.to_owned() }, frame.span));
        }
        for (name, span) in std::mem::take(&mut self.asked) {
            if !self.classes.contains(&name) {
                let near = did_you_mean(name, self.classes.iter().copied()).map(str::to_owned);
                self.found.push((MarkupError::UnknownClass { name: name.to_owned(), near }, span));
            }
        }
        if !self.alt_for_all {
            let mute = std::mem::take(&mut self.mute);
            self.found.extend(mute.into_iter().map(|span| (MarkupError::NoAlt, span)));
        }
        if self.roots.is_empty() {
            self.found.push((MarkupError::Missing { tag: "mjml" }, Span::default()));
        } else if !self.has_body {
            self.found.push((MarkupError::Missing { tag: "mj-body" }, self.root));
        }
    }
}

/// What is wrong with the name of an element of MJML that there is not.
fn missing(name: &str) -> MarkupError {
    if let Some((tag, instead)) = elements::not_drawn(name) {
        return MarkupError::NotDrawn { tag, instead };
    }
    let near = did_you_mean(name, elements::names()).map(str::to_owned);
    MarkupError::UnknownElement { tag: name.to_owned(), near }
}
