//! Works on the blocks of a page: its byline, its left-overs, and the levels of its
//! headings.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::names;
use super::walk::Walk;
use crate::article::markdown::same;
use crate::article::plain::{LEFT_OVER, byline, chrome};
use crate::article::{Block, BlockKind, Inline, Item, Meta, Placed, words};

/// Most blocks under a title that may be its byline.
const HEAD: usize = 6;

/// Longest text, in words, that is no paragraph of the article yet.
const SHORT: usize = 14;

/// Most words of an element that says who wrote an article.
const BYLINE: usize = 25;

/// Most nodes of it.
const LARGEST: usize = 400;

/// Most words behind a name that tell whose it is, whatever they are: `Berlin bureau`.
const BESIDE: usize = 3;

/// How far around a picture its box says whom it shows.
const AROUND: usize = 5;

/// Words of bylines that say what somebody did, or what pages have beside a name.
const ROLES: [&str; 66] = [
    "and",
    "artist",
    "author",
    "autor",
    "autora",
    "autorin",
    "auteur",
    "bild",
    "bilder",
    "chief",
    "columnist",
    "comment",
    "comments",
    "contributing",
    "contributor",
    "correspondent",
    "deputy",
    "designer",
    "editor",
    "editorial",
    "editors",
    "et",
    "follow",
    "following",
    "foto",
    "fotos",
    "founder",
    "freelance",
    "guest",
    "illustration",
    "illustrations",
    "illustrator",
    "image",
    "images",
    "in",
    "journalist",
    "journalistin",
    "managing",
    "news",
    "photo",
    "photographer",
    "photographs",
    "photography",
    "photos",
    "picture",
    "pictures",
    "producer",
    "publisher",
    "redakteur",
    "redakteurin",
    "redaktion",
    "reporter",
    "reporting",
    "senior",
    "share",
    "staff",
    "story",
    "subscribe",
    "team",
    "text",
    "texte",
    "und",
    "views",
    "with",
    "words",
    "writer",
];

impl Walk<'_, '_> {
    /// Leaves out the elements above the text that are named as its byline and name its
    /// author, and pictures of authors in boxes that are named so.
    pub(super) fn leave_out_bylines(&mut self, root: usize, facts: &mut Facts) {
        let dom = self.dom;
        let mut author = facts.author.as_deref().map(lower).unwrap_or_default();
        if author.len() > 1 && author[0] == "by" {
            author.remove(0);
        }
        // Nor is a name as long as all that would name it.
        author.truncate(BYLINE + 1);
        let mut node = root + 1;
        let mut above = true;
        while node < dom.subtree(root).end {
            let out = self.left_out[node];
            if out || dom.text(node).is_some() {
                // What follows the first line of running text is no head.
                let text = dom.text(node).unwrap_or_default();
                above &= out || text.split_whitespace().count() <= BYLINE;
                node = if out { dom.subtree(node).end } else { node + 1 };
                continue;
            }
            if self.is_silent(node) {
                node = dom.subtree(node).end;
                continue;
            }
            let portrait = dom.name(node) == "img"
                && (names::is_portrait(dom, node) || (above && names::may_be_portrait(dom, node)))
                && self.is_in_box_of_author(node);
            let is_named = above && !author.is_empty() && names::is_byline(dom, node);
            let line = is_named && dom.inside(node).len() <= LARGEST && {
                // What stands in elements of its own is not written together.
                let texts = dom.inside(node).filter_map(|inner| dom.text(inner));
                let texts = texts.filter(|text| !is_beside(text) || !self.mask.find(text).is_empty());
                let words = texts.flat_map(str::split_whitespace).take(BYLINE + 1).collect::<Vec<_>>();
                let count = words.len();
                let words = words.join(" ");
                count <= BYLINE
                    && (is_line_of(&words, &author)
                        || (holds_name(&words, &author) && byline::read(&words).is_some()))
                    && !self.says_more(node, &author)
                    && dom.find(node, "h1").is_none()
                    && self.mask.find(&words).is_empty()
            };
            if !portrait && !line {
                node += 1;
                continue;
            }
            let words = dom.words(node);
            let alt = dom.attribute(node, "alt").unwrap_or_default();
            let span = self.spot(node);
            let what = if line {
                "author or date: not part of the text"
            } else {
                "left out: a picture of the author"
            };
            self.guess(span, what, if line { &words } else { alt });
            if line && facts.published.is_none() {
                let time = dom.find(node, "time").and_then(|time| dom.filled(time, "datetime"));
                let said = || {
                    let mut texts = dom.inside(node).filter_map(|inner| dom.text(inner));
                    texts.find_map(|text| byline::read(text.trim())?.date)
                };
                facts.published = time.map(str::to_owned).or_else(|| said().map(|day| day.to_string()));
            }
            self.left_out[node] = true;
            node = dom.subtree(node).end;
        }
    }

    /// Whether a picture stands in a small box that is named after the author. In a figure it
    /// belongs to the article, and one of people may be what the article is about.
    fn is_in_box_of_author(&self, picture: usize) -> bool {
        let dom = self.dom;
        let around = || dom.ancestors(picture).take(AROUND);
        let mut boxes = around().take_while(|around| dom.inside(*around).len() <= LARGEST);
        !around().any(|around| dom.name(around) == "figure")
            && boxes.any(|around| names::is_byline(dom, around) || names::leads_to_writer(dom, around))
    }

    /// Whether an element has a picture that is no portrait, or a link that leads elsewhere
    /// than to its author.
    fn says_more(&self, node: usize, author: &[String]) -> bool {
        let dom = self.dom;
        dom.inside(node).any(|inner| match dom.name(inner) {
            "img" => {
                let alt = dom.attribute(inner, "alt").unwrap_or_default();
                !names::is_portrait(dom, inner)
                    && !names::may_be_portrait(dom, inner)
                    && !names_alone(alt, author, BESIDE)
            }
            "a" => {
                let elsewhere = dom.filled(inner, "href").is_some() && !names::leads_to_author(dom, inner);
                let words = dom.words(inner);
                // A name, a day, or both.
                elsewhere
                    && !names_alone(&words, author, 0)
                    && !lower(&words).iter().all(|word| byline::is_usual(word))
            }
            "video" | "audio" | "iframe" | "form" => true,
            _ => false,
        })
    }

    /// Takes the lines under the title that say who wrote the article, and when, off the
    /// text, and its title where it stands there once more.
    pub(super) fn take_byline(&mut self, blocks: &mut Vec<Block>, meta: &mut Meta) {
        let Some(title) = meta.title.as_ref().map(|title| title.value.clone()) else { return };
        let dated = |block: &Block| match &block.kind {
            BlockKind::Paragraph(content) => {
                byline::read(&words(content)).is_some_and(|said| said.date.is_some())
            }
            _ => false,
        };
        // Days that recur head the entries of a diary.
        let diary = blocks.iter().filter(|block| dated(block)).count() > 2;
        let mut at = 0;
        let mut looked = 0;
        while at < blocks.len() && looked < HEAD {
            looked += 1;
            let span = blocks[at].span;
            let content = match &blocks[at].kind {
                BlockKind::Paragraph(content) => content,
                BlockKind::Heading { content, .. } if same(&words(content), &title) => {
                    blocks.remove(at);
                    continue;
                }
                BlockKind::Figure { .. } | BlockKind::Divider => {
                    at += 1;
                    continue;
                }
                _ => return,
            };
            let text = words(content);
            if text.split_whitespace().count() > SHORT {
                return;
            }
            let said = byline::read(text.trim());
            let known = meta.author.as_ref().is_some_and(|author| {
                let name = author.value.trim_start_matches("By ").to_lowercase();
                let line = text.trim().to_lowercase();
                line.strip_prefix("by ").unwrap_or(&line).trim() == name
            });
            match said {
                Some(said) if !(diary && said.date.is_some()) => {
                    if let Some(value) = said.author {
                        meta.author.get_or_insert(Placed { value, span });
                    }
                    if let Some(value) = said.date {
                        meta.date.get_or_insert(Placed { value, span });
                    }
                }
                None if known => {}
                _ => {
                    at += 1;
                    continue;
                }
            }
            self.guess(span, "author or date: not part of the text", &text);
            blocks.remove(at);
        }
    }

    /// Cuts headings such as *Related posts* off the end, with the links under them.
    pub(super) fn cut_tail(&mut self, blocks: &mut Vec<Block>) {
        let most = blocks.len() / 2;
        let mut cut = blocks.len();
        for (at, block) in blocks.iter().enumerate().rev().take(most) {
            let leads = match &block.kind {
                BlockKind::Heading { content, .. } | BlockKind::Paragraph(content) => {
                    chrome::is_left_over(words(content).trim())
                }
                _ => false,
            };
            if leads {
                cut = at;
            } else if !is_teaser(block) {
                break;
            }
        }
        for block in blocks.split_off(cut) {
            let mut text = String::new();
            gather(&block, &mut text);
            if !text.trim().is_empty() {
                self.guess(block.span, LEFT_OVER, text.trim());
            }
        }
    }
}

/// The words of a line, in lower case.
fn lower(line: &str) -> Vec<String> {
    line.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’')))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether a text is a word or two that a mark sets apart from what stands before it:
/// `∙ Paid`.
fn is_beside(text: &str) -> bool {
    let marked = text.trim().strip_prefix(['·', '∙', '•', '|']);
    marked.is_some_and(|words| words.split_whitespace().count() <= BESIDE)
}

/// Whether all words of a name stand in a line, one after the other.
fn holds_name(line: &str, name: &[String]) -> bool {
    !name.is_empty() && lower(line).windows(name.len()).any(|words| words == name)
}

/// Whether a line names somebody and says no more than `most` words besides, those that
/// are usual in bylines aside. A sentence says more.
fn names_alone(line: &str, name: &[String], most: usize) -> bool {
    let is_sentence = line.trim_end().ends_with(['.', ':']) || line.contains(['!', '?', '…']);
    let others = lower(line).iter().filter(|word| !name.contains(word) && !byline::is_usual(word)).count();
    holds_name(line, name) && !is_sentence && others <= most
}

/// Whether a line names somebody, and besides only what they do, when, and, behind a comma
/// or the like, where.
fn is_line_of(line: &str, name: &[String]) -> bool {
    let is_sentence = line.trim_end().ends_with(['.', ':']) || line.contains(['!', '?', '…']);
    if is_sentence || !holds_name(line, name) {
        return false;
    }
    let is_role = |word: &String| ROLES.contains(&word.as_str());
    let mut free = false;
    for part in line.split([',', '|', '·', '•', '—', '–', '(', ')']) {
        let words = lower(part);
        let named = holds_name(part, name);
        let others: Vec<&String> = words.iter().filter(|word| !named || !name.contains(word)).collect();
        if others.iter().all(|word| is_role(word)) {
            free |= named;
            continue;
        }
        let usual = others.iter().all(|word| is_role(word) || byline::is_usual(word));
        if !usual && (!free || others.len() > BESIDE) {
            return false;
        }
        free = false;
    }
    true
}

/// Whether a block only leads elsewhere.
fn is_teaser(block: &Block) -> bool {
    match &block.kind {
        BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
            content.iter().any(|inline| matches!(inline, Inline::Link { .. }))
                && content.iter().all(|inline| match inline {
                    Inline::Link { .. } => true,
                    other => words(std::slice::from_ref(other)).split_whitespace().count() <= 3,
                })
        }
        BlockKind::List(list) => list.items.iter().all(|item| match item {
            Item::Blocks { blocks, .. } => blocks.iter().all(is_teaser),
            Item::Control(_) => false,
        }),
        BlockKind::Figure { image, .. } => image.href.is_some(),
        BlockKind::Columns(columns) => columns.iter().all(|column| column.blocks.iter().all(is_teaser)),
        BlockKind::Divider => true,
        _ => false,
    }
}

/// The words of a block for showing.
fn gather(block: &Block, text: &mut String) {
    match &block.kind {
        BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
            text.push_str(&words(content));
            text.push(' ');
        }
        BlockKind::List(list) => {
            for item in &list.items {
                if let Item::Blocks { blocks, .. } = item {
                    for block in blocks {
                        gather(block, text);
                    }
                }
            }
        }
        BlockKind::Figure { image, .. } => text.push_str(&image.alt),
        BlockKind::Columns(columns) => {
            columns.iter().flat_map(|column| &column.blocks).for_each(|block| gather(block, text));
        }
        _ => {}
    }
}

/// Gives the headings the levels 2, 3 and 4, without gaps.
pub(super) fn level(blocks: &mut [Block]) {
    let mut levels = BTreeSet::new();
    each_heading(blocks, &mut |level| _ = levels.insert(*level));
    let levels: Vec<u8> = levels.into_iter().collect();
    each_heading(blocks, &mut |level| {
        let rank = levels.iter().position(|known| known == level).unwrap_or_default();
        *level = u8::try_from(rank + 2).unwrap_or(4).min(4);
    });
}

/// Keeps headings at the levels 2 to 4.
pub(super) fn clamp(blocks: &mut [Block]) {
    each_heading(blocks, &mut |level| *level = (*level).clamp(2, 4));
}

fn each_heading(blocks: &mut [Block], visit: &mut impl FnMut(&mut u8)) {
    for block in blocks {
        match &mut block.kind {
            BlockKind::Heading { level, .. } => visit(level),
            BlockKind::Quote { blocks, .. } | BlockKind::Callout { blocks, .. } => {
                each_heading(blocks, visit);
            }
            BlockKind::List(list) => {
                for item in &mut list.items {
                    if let Item::Blocks { blocks, .. } = item {
                        each_heading(blocks, visit);
                    }
                }
            }
            BlockKind::Columns(columns) => {
                for column in columns {
                    each_heading(&mut column.blocks, visit);
                }
            }
            BlockKind::Definitions(definitions) => {
                let details = definitions.iter_mut().flat_map(|definition| &mut definition.details);
                details.for_each(|blocks| each_heading(blocks, visit));
            }
            _ => {}
        }
    }
}
