//! Reads web pages, exports of word processors, and fragments of HTML.
//!
//! A page is parsed as browsers do; then the article on it is found, and its elements
//! become blocks directly. A fragment, and a page that has nothing but its article, are
//! taken whole. Whatever is left out or understood in a way of our own is told as a
//! [`Guess`](super::Guess).

mod address;
mod bounds;
mod boxes;
mod cascade;
mod code;
mod controls;
mod dom;
mod edges;
mod elements;
mod error;
mod extract;
mod facts;
mod folded;
mod hidden;
mod inline;
mod list;
mod look;
mod media;
mod names;
mod notes;
mod paragraph;
mod place;
mod quote;
mod rules;
mod table;
pub(super) mod tags;
mod tidy;
mod title;
mod variants;
mod walk;

use std::borrow::Cow;

use dom_query::Document;

use self::address::Base;
use self::bounds::Excess;
use self::cascade::Looks;
use self::dom::Dom;
use self::error::PageError;
use self::facts::Facts;
use self::hidden::Hidden;
use self::place::Places;
use self::walk::Walk;
use super::findings::Findings;
use super::plain::{self, LEFT_OVER};
use super::{ArticleError, Block, BlockKind, Body, Chrome, Meta, Read, ReadOptions};
use crate::fields::Notation;
use crate::problem::Span;
use crate::tags::{Mask, TagKind};

/// Longest text shown with a guess, in characters.
const SHOWN: usize = 80;

/// Fewest words of running text that are told when they are left out.
const NOTEWORTHY: usize = 20;

/// Reads a body.
pub(super) fn read(
    body: &Body<'_>,
    mask: &Mask,
    meta: Meta,
    merge: bool,
    options: &ReadOptions,
    findings: &mut Findings,
) -> Read {
    if !merge {
        plain::warn_of_tags(body, meta.notation, findings);
    }
    let text = body.text();
    let reckoned = bounds::reckon(text).and_then(|bounds| {
        let numbered = place::numbered(text, &bounds.tags);
        let (document, dom) = parsed(&with_rows(&numbered, mask), false)?;
        Ok((document, dom, bounds))
    });
    let (document, dom, bounds) = match reckoned {
        Ok(reckoned) => reckoned,
        Err((excess, at)) => {
            refuse(excess, body.original(Span::new(at, at + 1)), findings);
            return Read { meta, blocks: Vec::new(), footnotes: Vec::new(), guesses: Vec::new() };
        }
    };
    if let Some(unclosed) = bounds.unclosed.as_ref().filter(|unclosed| swallows(text, unclosed)) {
        let span = body.original(Span::new(unclosed.start, unclosed.end));
        findings.warning(PageError::Unclosed(unclosed.name.clone()), span);
    }
    let tags = bounds.tags.into_iter().map(|(span, _)| span).collect();
    let mut facts = Facts::of(&dom);
    let base = Base::of(facts.addresses.iter().map(String::as_str));
    let looks = Looks::of(&dom);
    let root = dom.find(0, "body").unwrap_or_default();
    let whole = options.chrome == Chrome::Keep || !is_page(text) || !extract::has_chrome(&dom, root);
    let mut walk = Walk::new(&dom, mask, &base, &looks, Places::of(body, tags), findings);
    walk.keep_all = options.chrome == Chrome::Keep;
    walk.is_site = !whole;
    if !whole {
        let cut = extract::cut(document, &dom, root);
        facts.author = facts.author.take().or(cut.author);
        facts.published = facts.published.take().or(cut.published);
        let mut missed = Missed::default();
        for (node, mut doubt) in cut.nodes {
            let words = dom.words(node);
            if dom.holds(cut.start, node) {
                doubt = doubt.max(walk.said_in_form(node));
            }
            if !words.is_empty() && !walk.is_silent(node) {
                let what = if node < cut.start { "left out: navigation of the page" } else { LEFT_OVER };
                let span = walk.place(node);
                walk.guess(span, what, &words);
                missed.add(doubt, span);
                let counted =
                    dom.holds(cut.start, node) && (walk.lose_form(node) || walk.said_in_form(node) > 0);
                missed.told |= counted && doubt > 0;
            }
            walk.left_out[node] = true;
        }
        missed.tell(meta.notation, walk.findings);
    }
    let is_much =
        |hidden: &Hidden| hidden.told || hidden.words >= NOTEWORTHY || hidden.pictures + hidden.links > 0;
    if let Some(hidden) = walk.tell_hidden(root).filter(is_much) {
        walk.findings.warning(PageError::Hidden { hidden, notation: Some(meta.notation) }, hidden.first);
    }
    if is_page(text) && !walk.keep_all {
        walk.leave_out_bylines(root, &mut facts);
    }
    let mut meta = meta;
    walk.take_title(root, &facts, &base, &mut meta);
    walk.find_notes(root);
    let mut blocks = walk.blocks_of(root, 0);
    let mut footnotes = walk.footnotes();
    walk.lost_notes(&mut blocks);
    walk.tell_lost();
    walk.fill(&facts, &base, &blocks, &mut meta);
    if !walk.keep_all {
        walk.take_byline(&mut blocks, &mut meta);
    }
    if !whole {
        walk.cut_tail(&mut blocks);
        while blocks.last().is_some_and(|block| block.kind == BlockKind::Divider) {
            blocks.pop();
        }
    }
    edges::level(&mut blocks);
    for note in &mut footnotes {
        edges::level(&mut note.blocks);
    }
    let mut guesses = walk.guesses;
    guesses.sort_by_key(|guess| guess.span.start);
    Read { meta, blocks, footnotes, guesses }
}

/// What was left out of a page and may be the article's.
#[derive(Default)]
struct Missed {
    words: usize,
    places: usize,
    first: Option<Span>,
    /// Whether they are told however few they are.
    told: bool,
}

impl Missed {
    fn add(&mut self, words: usize, span: Span) {
        if words > 0 {
            self.words += words;
            self.places += 1;
            self.first.get_or_insert(span);
        }
    }

    fn tell(self, notation: Notation, findings: &mut Findings) {
        if let Some(first) = self.first.filter(|_| self.told || self.words >= NOTEWORTHY) {
            let (words, places) = (self.words, self.places);
            findings.warning(PageError::LeftOut { words, places, notation }, first);
        }
    }
}

/// Reads a piece of HTML that stands within an article of another format.
///
/// Addresses stay as they are written, places are all `span`, and headings keep their
/// levels, the highest of which is 2. Merge tags are sentinels of `mask`.
pub(super) fn fragment(html: &str, span: Span, mask: &Mask, findings: &mut Findings) -> Vec<Block> {
    let reckoned = bounds::reckon(html)
        .and_then(|bounds| parsed(&with_rows(html, mask), true).map(|(_, dom)| (dom, bounds)));
    let (dom, bounds) = match reckoned {
        Ok(reckoned) => reckoned,
        Err((excess, _)) => {
            refuse(excess, span, findings);
            return Vec::new();
        }
    };
    if let Some(unclosed) = bounds.unclosed.as_ref().filter(|unclosed| swallows(html, unclosed)) {
        findings.warning(PageError::Unclosed(unclosed.name.clone()), span);
    }
    let (base, looks) = (Base::AsWritten, Looks::styled(&dom));
    let mut walk = Walk::new(&dom, mask, &base, &looks, Places::One(span), findings);
    if let Some(hidden) = walk.tell_hidden(0) {
        walk.findings.warning(PageError::Hidden { hidden, notation: None }, span);
    }
    let mut blocks = walk.blocks_of(0, 0);
    walk.tell_lost();
    edges::clamp(&mut blocks);
    blocks
}

/// Whether a `style` attribute hides an element of that name.
pub(super) fn hides(style: &str, name: &str) -> bool {
    look::Look::styled(style).hides(name)
}

/// The tree of a text that was reckoned before.
fn parsed(html: &str, fragment: bool) -> Result<(Document, Dom), (Excess, usize)> {
    let document = if fragment { Document::fragment(html) } else { Document::from(html) };
    let dom = Dom::of(&document).ok_or((Excess::Depth, 0))?;
    Ok((document, dom))
}

/// Tells why a page is not read.
fn refuse(excess: Excess, span: Span, findings: &mut Findings) {
    match excess {
        Excess::Depth => findings.error(ArticleError::TooDeep(dom::DEEPEST), span),
        Excess::Reopened => findings.error(PageError::Reopened, span),
        Excess::Attributes => findings.error(PageError::Attributes(bounds::MOST_ATTRIBUTES), span),
    }
}

/// Whether anything stands in what an element without an end swallows.
fn swallows(html: &str, unclosed: &tags::Unclosed) -> bool {
    html.get(unclosed.end..).is_some_and(|rest| rest.contains(char::is_alphanumeric))
}

/// Whether a text is a page rather than a piece of one.
fn is_page(html: &str) -> bool {
    let begins =
        |rest: &str, tag: &str| rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    html.match_indices('<').take(2_000).any(|(at, _)| {
        let rest = &html[at..];
        begins(rest, "<html") || begins(rest, "<body") || begins(rest, "<!doctype") || begins(rest, "<head>")
    })
}

/// Puts controls between the rows of a table into rows of their own, because parsers move
/// words that stand there out of the table.
fn with_rows<'a>(html: &'a str, mask: &Mask) -> Cow<'a, str> {
    let mut out = String::new();
    let mut copied = 0;
    for found in mask.find(html) {
        if mask.tag(found.id).kind == TagKind::Hole {
            continue;
        }
        let before = html[..found.span.start].trim_end().as_bytes();
        let after = html[found.span.end..].trim_start().as_bytes();
        let follows = |tag: &str| {
            before
                .len()
                .checked_sub(tag.len())
                .is_some_and(|at| before[at..].eq_ignore_ascii_case(tag.as_bytes()))
        };
        let leads = |tag: &str| {
            after.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
        };
        if follows("</tr>") || leads("<tr") || leads("</tbody") {
            out.push_str(&html[copied..found.span.start]);
            out.push_str("<tr><td>");
            out.push_str(&html[found.span.start..found.span.end]);
            out.push_str("</td></tr>");
            copied = found.span.end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
