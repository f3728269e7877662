//! Parts an article into sheets and entries, for themes that set it as a digest.
//!
//! Pure: blocks go in, stretches of the same blocks come out. A heading of level 2
//! begins a sheet, one of level 3 an entry. A condition is cut only where each of its
//! branches becomes whole stretches, so controls balance within whatever is cut.

use crate::article::{Block, BlockKind, CalloutKind, Image, Inline, words};
use crate::problem::Span;
use crate::tags::{Mask, TagId, TagKind};

/// How a theme has an article set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Flow {
    /// As one text.
    #[default]
    Whole,
    /// As an introduction and sheets with entries.
    Sections,
}

/// A stretch of siblings that belong together, or a control between two stretches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Piece<'a> {
    /// Blocks, at least one of which is shown; controls in it balance.
    Run(&'a [Block]),
    /// A control that wraps whole runs.
    Control(TagId),
}

/// Cuts an article into sheets: before each heading of level 2, at a divider that more
/// text follows, and around a plain callout at the end of what comes before it.
pub(super) fn sheets<'a>(blocks: &'a [Block], mask: &Mask) -> Vec<Piece<'a>> {
    let mut begins: Vec<bool> = blocks.iter().map(|block| is_heading(block, 2)).collect();
    let shown: Vec<usize> = (0..blocks.len()).filter(|at| !is_control(&blocks[*at])).collect();
    for (nth, at) in shown.iter().enumerate().rev() {
        let after = shown.get(nth + 1).copied();
        let before = nth.checked_sub(1).map(|nth| &blocks[shown[nth]]);
        match blocks[*at].kind {
            BlockKind::Divider => {
                begins[*at] = after.is_some_and(|after| {
                    !is_divider(&blocks[after])
                        && !matches!(blocks[after].kind, BlockKind::Heading { level: 2 | 3, .. })
                });
            }
            BlockKind::Callout { kind: CalloutKind::Plain, .. } => {
                let next =
                    shown[nth + 1..].iter().find(|next| begins[**next] || !is_divider(&blocks[**next]));
                begins[*at] = before.is_some_and(|before| !is_heading(before, 2) && !is_heading(before, 3))
                    && next.is_none_or(|next| begins[*next]);
            }
            _ => {}
        }
    }
    cut(blocks, &begins, mask)
}

/// Cuts what stands on a sheet or in a column before each heading of level 3, or before
/// the picture above it when that cannot belong to what precedes it.
pub(super) fn entries<'a>(blocks: &'a [Block], mask: &Mask) -> Vec<Piece<'a>> {
    let mut begins: Vec<bool> = blocks.iter().map(|block| is_heading(block, 3)).collect();
    for at in 1..blocks.len() {
        let ends = at == 1 || is_divider(&blocks[at - 2]) || is_origin(&blocks[at - 2]);
        if begins[at] && is_figure(&blocks[at - 1]) && ends && !blocks.get(at + 1).is_some_and(is_figure) {
            begins[at] = false;
            begins[at - 1] = true;
        }
    }
    cut(blocks, &begins, mask)
}

/// Cuts before every block that begins a stretch, and at the controls of every
/// condition in which one begins. In time linear in the number of blocks.
fn cut<'a>(blocks: &'a [Block], begins: &[bool], mask: &Mask) -> Vec<Piece<'a>> {
    let is_cut = cut_controls(blocks, begins, mask);
    let (mut pieces, mut from) = (Vec::new(), 0);
    for (at, block) in blocks.iter().enumerate() {
        if let (true, BlockKind::Control(id)) = (is_cut[at], &block.kind) {
            run(&blocks[from..at], &mut pieces);
            pieces.push(Piece::Control(*id));
            from = at + 1;
        } else if begins[at] {
            run(&blocks[from..at], &mut pieces);
            from = at;
        }
    }
    run(&blocks[from..], &mut pieces);
    pieces
}

/// Which controls belong to a condition in which a stretch begins.
fn cut_controls(blocks: &[Block], begins: &[bool], mask: &Mask) -> Vec<bool> {
    struct Open {
        controls: Vec<usize>,
        begun: usize,
    }
    let mut is_cut = vec![false; blocks.len()];
    let (mut open, mut begun) = (Vec::new(), 0);
    for (at, block) in blocks.iter().enumerate() {
        begun += usize::from(begins[at]);
        let BlockKind::Control(id) = block.kind else { continue };
        match mask.tag(id).kind {
            TagKind::Open => open.push(Open { controls: vec![at], begun }),
            TagKind::Middle => {
                if let Some(innermost) = open.last_mut() {
                    innermost.controls.push(at);
                }
            }
            TagKind::Close => {
                if let Some(Open { controls, begun: before }) = open.pop()
                    && begun > before
                {
                    controls.into_iter().chain([at]).for_each(|at| is_cut[at] = true);
                }
            }
            TagKind::Hole => {}
        }
    }
    is_cut
}

/// Adds a stretch without the dividers at its ends; of one that shows nothing, the
/// controls alone.
fn run<'a>(mut blocks: &'a [Block], pieces: &mut Vec<Piece<'a>>) {
    if blocks.iter().all(|block| is_divider(block) || is_control(block)) {
        pieces.extend(blocks.iter().filter_map(|block| match block.kind {
            BlockKind::Control(id) => Some(Piece::Control(id)),
            _ => None,
        }));
        return;
    }
    while let [divider, rest @ ..] = blocks
        && is_divider(divider)
    {
        blocks = rest;
    }
    while let [rest @ .., divider] = blocks
        && is_divider(divider)
    {
        blocks = rest;
    }
    pieces.push(Piece::Run(blocks));
}

pub(super) fn is_heading(block: &Block, wanted: u8) -> bool {
    matches!(block.kind, BlockKind::Heading { level, .. } if level == wanted)
}

fn is_control(block: &Block) -> bool {
    matches!(block.kind, BlockKind::Control(_))
}

fn is_divider(block: &Block) -> bool {
    matches!(block.kind, BlockKind::Divider)
}

fn is_figure(block: &Block) -> bool {
    matches!(block.kind, BlockKind::Figure { .. })
}

fn is_origin(block: &Block) -> bool {
    matches!(&block.kind, BlockKind::Paragraph(content) if origin(content, block.span).is_some())
}

/// One thing told in a digest: a title, words about it, and where it is from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry<'a> {
    /// Where its title stands.
    pub(super) span: Span,
    /// The number its title began with.
    pub(super) number: Option<String>,
    /// The title without that number.
    pub(super) title: Vec<Inline>,
    /// The picture it begins with.
    pub(super) picture: Option<Picture<'a>>,
    /// What it says.
    pub(super) text: &'a [Block],
    /// Where it is from: a link, and what was said after it.
    pub(super) source: Option<Origin<'a>>,
}

/// A picture and the line under it.
pub(super) type Picture<'a> = (&'a Image, Option<&'a [Inline]>);

fn leading_picture(blocks: &[Block]) -> (Option<Picture<'_>>, &[Block]) {
    match blocks.split_first() {
        Some((Block { kind: BlockKind::Figure { image, caption }, .. }, rest)) => {
            (Some((image, caption.as_deref())), rest)
        }
        _ => (None, blocks),
    }
}

/// The line under an entry that says where it is from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Origin<'a> {
    /// Where it stands.
    pub(super) span: Span,
    /// The link.
    pub(super) link: &'a Inline,
    /// What follows the dot after it: `5 min`.
    pub(super) more: Vec<Inline>,
}

impl<'a> Entry<'a> {
    /// The entry that a stretch is, if it begins with a heading of level 3 or with the
    /// picture above one.
    pub(super) fn of(run: &'a [Block]) -> Option<Self> {
        let (above, run) = leading_picture(run);
        let (Block { kind: BlockKind::Heading { level: 3, content }, span }, text) = run.split_first()?
        else {
            return None;
        };
        let (number, title) = numbered(content);
        let (below, mut text) = if above.is_none() { leading_picture(text) } else { (None, text) };
        let picture = above.or(below);
        let mut source = None;
        if let Some((Block { kind: BlockKind::Paragraph(content), span }, rest)) = text.split_last() {
            source = origin(content, *span);
            text = if source.is_some() { rest } else { text };
        }
        Some(Self { span: *span, number, title, picture, text, source })
    }
}

/// Most digits that are a number before a title; more are a year or an amount.
const DIGITS: usize = 3;

/// The number that a title begins with, as in `1. Title`, and the title without it.
fn numbered(content: &[Inline]) -> (Option<String>, Vec<Inline>) {
    let mut title = content.to_vec();
    let first = match title.first_mut() {
        Some(Inline::Link { content, .. }) => content.first_mut(),
        other => other,
    };
    let Some(Inline::Text(text)) = first else { return (None, title) };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text[digits..].strip_prefix(['.', ')']);
    let Some(rest) = rest.filter(|rest| (1..=DIGITS).contains(&digits) && rest.starts_with([' ', '\u{a0}']))
    else {
        return (None, title);
    };
    let (number, rest) = (text[..digits].to_owned(), rest.trim_start().to_owned());
    *text = rest;
    if words(&title).trim().is_empty() {
        return (None, content.to_vec());
    }
    (Some(number), title)
}

/// Longest line that says where an entry is from, in characters.
const ORIGIN: usize = 100;

/// Longest of what follows the link that stays on one line, in characters: `12 minutes`.
const SHORT: usize = 12;

/// What may stand between the link and the rest of such a line.
const DOTS: [char; 6] = ['·', '•', '|', '–', '—', ','];

fn origin(content: &[Inline], span: Span) -> Option<Origin<'_>> {
    let (link @ Inline::Link { content: label, .. }, rest) = content.split_first()? else { return None };
    let is_picture = |inline: &Inline| matches!(inline, Inline::Image(_));
    if label.iter().any(is_picture) || words(content).chars().count() > ORIGIN {
        return None;
    }
    let mut more = rest.to_vec();
    match more.first_mut() {
        None => {}
        Some(Inline::Text(text)) => {
            let after = text.trim_start().strip_prefix(DOTS);
            let ends = text.trim() == ".";
            *text = after.or_else(|| ends.then_some(""))?.trim_start().to_owned();
        }
        Some(_) => return None,
    }
    let is_lost = |inline: &Inline| matches!(inline, Inline::Image(_) | Inline::HardBreak);
    if more.iter().any(is_lost) {
        return None;
    }
    if words(&more).trim().is_empty() && !more.iter().any(|inline| matches!(inline, Inline::Footnote(_))) {
        more.clear();
    }
    if let [Inline::Text(text)] = more.as_mut_slice()
        && text.trim().chars().count() <= SHORT
    {
        *text = text.trim().replace(' ', "\u{a0}");
    }
    Some(Origin { span, link, more })
}

#[cfg(test)]
mod tests;
