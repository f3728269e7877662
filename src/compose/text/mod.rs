//! The text part: the article as somebody would type it.
//!
//! Lines of at most 72 columns but for long addresses, which are never broken, and for
//! code, which has six more. One blank line between blocks, plain words without marks
//! of emphasis. Links are numbered and listed at the end of their section, or of
//! the mail when there are few.

mod inline;
mod stack;
mod table;
mod wrap;

use std::collections::HashSet;

use super::{Newsletter, boxes};
use crate::article::{Article, Block, BlockKind, Definition, Inline, Item, List, Part, Task};
use crate::phrases::Phrases;
use crate::tags::{Mask, TagId, TagKind};
use inline::Links;
use stack::{Child, prefixed, stack};
use wrap::{Flow, is_right_to_left, shown_width};

/// The largest number a list can start with (CommonMark 0.31, §5.2).
const LARGEST_NUMBER: u64 = 999_999_999;

/// Columns of a line.
const WIDTH: usize = 72;

/// Columns that code may have more: it is broken only where it must be (RFC 5322,
/// §2.1.1 asks for 78 at most).
const MORE_FOR_CODE: usize = 6;

/// Blocks within blocks are indented only while this many columns are left.
const NARROWEST: usize = 32;

/// Up to this many links are listed at the end of the mail, not of each section.
const FEW_LINKS: usize = 5;

/// The rules around what stands out.
const OUTSTANDING: &str = "---";

/// Width of the line above the imprint. Not `-- `, which would make a signature of
/// what follows and let some programs hide it.
const RULE: usize = 24;

/// What stands above and below the article.
#[derive(Debug, Clone)]
pub(crate) struct TextHead<'a> {
    /// The newsletter.
    pub(crate) newsletter: &'a Newsletter,
    /// The language of the mail.
    pub(crate) lang: &'a str,
    /// The article's title.
    pub(crate) title: &'a str,
    /// What it is about.
    pub(crate) standfirst: Option<&'a str>,
    /// The line under the picture on top.
    pub(crate) image_caption: &'a [Inline],
    /// What it belongs to.
    pub(crate) kicker: Option<&'a str>,
    /// Which issue it is.
    pub(crate) issue: Option<&'a str>,
    /// Its day, as readers write it.
    pub(crate) date: Option<String>,
    /// Who wrote it.
    pub(crate) author: Option<&'a str>,
    /// Where the reader leaves.
    pub(crate) link: Option<&'a str>,
}

/// Writes the text part of `article`.
///
/// Lines end in LF; none ends in a space. Where recipients differ the sentinels of
/// `mask` stand, those within addresses marked by [`Mask::in_address`]. A
/// control has no line of its own.
pub(crate) fn text_part(article: &Article, mask: &Mask, head: &TextHead<'_>) -> String {
    let mut setter = Setter { mask, links: Links::new(mask), phrases: Phrases::of(head.lang) };
    let mut children: Vec<Child> = setter.head(head).into_iter().collect();
    children.extend(setter.body(article));
    children.extend(setter.imprint(head));
    let mut text = stack(children).join("\n");
    text.push('\n');
    text
}

fn kind_of(mask: &Mask, id: TagId) -> TagKind {
    mask.tag(id).kind
}

struct Setter<'a> {
    mask: &'a Mask,
    links: Links<'a>,
    phrases: &'static Phrases,
}

impl Setter<'_> {
    fn head(&mut self, head: &TextHead<'_>) -> Option<Child> {
        let mut lines = self.underlined(&Flow::of(self.mask, head.title), '=', WIDTH);
        let name = Some(head.newsletter.name.as_str());
        let facts = [name, head.issue, head.kicker, head.author, head.date.as_deref()];
        let facts: Vec<&str> = facts.into_iter().flatten().filter(|fact| !fact.trim().is_empty()).collect();
        lines.extend(Flow::of(self.mask, &facts.join(" · ")).lines(WIDTH));
        let said = head.standfirst.map(|words| Flow::of(self.mask, words).lines(WIDTH));
        let caption = self.links.flow(head.image_caption).lines(WIDTH);
        for words in said.into_iter().chain([caption]).filter(|words| !words.is_empty()) {
            lines.push(String::new());
            lines.extend(words);
        }
        block(lines)
    }

    fn imprint(&self, head: &TextHead<'_>) -> Vec<Child> {
        let newsletter = head.newsletter;
        let mut children: Vec<Child> = [&newsletter.reason, &newsletter.postal_address]
            .into_iter()
            .flatten()
            .filter_map(|text| block(Flow::of(self.mask, text).lines(WIDTH)))
            .collect();
        children.extend(newsletter.url.as_ref().and_then(|url| block(vec![self.address(url)])));
        children.extend(newsletter.social.iter().filter_map(|place| {
            let mut lines = Flow::of(self.mask, &format!("{}:", place.name)).lines(WIDTH);
            lines.push(self.address(&place.url));
            block(lines)
        }));
        // On a line of its own: a program that breaks a long line breaks no address then.
        children.extend(head.link.and_then(|link| {
            let words = format!("{}:", Phrases::of(head.lang).unsubscribe);
            block(vec![words, self.address(link)])
        }));
        if let Some(Child::Lines { lines, .. }) = children.first_mut() {
            lines.insert(0, "-".repeat(RULE));
        }
        children
    }

    fn address(&self, href: &str) -> String {
        inline::shown_address(self.mask, href)
    }

    /// The article's own blocks, its notes and its links.
    fn body(&mut self, article: &Article) -> Vec<Child> {
        let mut found = HashSet::new();
        linked(&article.blocks, &mut found);
        let by_section = found.len() > FEW_LINKS;
        let mut children = Vec::new();
        for (index, block) in article.blocks.iter().enumerate() {
            // What opens right before a heading opens the heading's section.
            let opens_section = by_section
                && article.blocks[index..]
                    .iter()
                    .find(|block| !matches!(block.kind, BlockKind::Control(id) if kind_of(self.mask, id) == TagKind::Open))
                    .is_some_and(|block| matches!(block.kind, BlockKind::Heading { level: ..=2, .. }));
            if opens_section {
                children.extend(self::block(self.links.list()));
            }
            let BlockKind::Control(id) = block.kind else {
                children.extend(self.block(block, WIDTH).and_then(self::block));
                continue;
            };
            let kind = kind_of(self.mask, id);
            if matches!(kind, TagKind::Middle | TagKind::Close) {
                children.extend(self::block(self.links.leave()));
            }
            children.push(self.control(id));
            if matches!(kind, TagKind::Open | TagKind::Middle) {
                self.links.enter();
            }
        }
        for (index, note) in article.footnotes.iter().enumerate() {
            let mark = inline::footnote_mark(index) + " ";
            let indent = " ".repeat(mark.chars().count());
            let lines = self.blocks(&note.blocks, WIDTH - indent.len(), true);
            let gap = index == 0 || lines.iter().any(String::is_empty);
            if !lines.is_empty() {
                children.push(Child::Lines { lines: prefixed(&lines, &mark, &indent), gap });
            }
        }
        children.extend(self::block(self.links.list()));
        children
    }

    fn control(&self, id: TagId) -> Child {
        Child::Control { word: self.mask.sentinel(id), kind: kind_of(self.mask, id) }
    }

    /// Blocks inside another block. The reader of articles bounds how deep they nest.
    fn blocks(&mut self, blocks: &[Block], width: usize, loose: bool) -> Vec<String> {
        let children = blocks.iter().filter_map(|block| match &block.kind {
            BlockKind::Control(id) => {
                self.links.pass(kind_of(self.mask, *id));
                Some(self.control(*id))
            }
            kind => {
                let lines = self.block(block, width).filter(|lines| !lines.is_empty())?;
                Some(Child::Lines { lines, gap: loose || !matches!(kind, BlockKind::List(_)) })
            }
        });
        let children = children.collect();
        stack(children)
    }

    fn block(&mut self, block: &Block, width: usize) -> Option<Vec<String>> {
        Some(match &block.kind {
            BlockKind::Heading { level, content } => self.heading(*level, content, width),
            BlockKind::Paragraph(content) => self.links.flow(content).lines(width),
            BlockKind::List(list) => self.list(list, width),
            BlockKind::Quote { blocks, cite } => self.quote(blocks, cite.as_deref(), width),
            BlockKind::Code { text, .. } => inline::code_lines(text, width + MORE_FOR_CODE),
            BlockKind::Table(table) => table::table(table, width, self.mask, &mut self.links),
            BlockKind::Figure { image, caption } => {
                let mut flow = Flow::new(self.mask);
                self.links.image(image, &mut flow);
                let mut lines = flow.lines(width);
                let caption = caption.as_deref().unwrap_or_default();
                lines.extend(self.links.flow(caption).lines(width));
                lines
            }
            BlockKind::Button { label, href } => self.button(label, href, width),
            BlockKind::Callout { kind, title, blocks } => {
                let title = match title {
                    Some(title) => self.links.flow(title).joined(),
                    None => boxes::named(*kind, self.phrases).1.unwrap_or_default().to_owned(),
                };
                self.callout(&title, blocks, width)
            }
            BlockKind::Columns(columns) => {
                let columns =
                    columns.iter().filter_map(|column| self::block(self.blocks(&column.blocks, width, true)));
                let columns = columns.collect();
                stack(columns)
            }
            BlockKind::Definitions(definitions) => {
                let definitions =
                    definitions.iter().filter_map(|one| self::block(self.definition(one, width)));
                let definitions = definitions.collect();
                stack(definitions)
            }
            BlockKind::Divider => vec!["* * *".to_owned()],
            BlockKind::Control(_) => return None,
        })
    }

    fn heading(&mut self, level: u8, content: &[Inline], width: usize) -> Vec<String> {
        let flow = self.links.flow(content);
        if level <= 2 {
            return self.underlined(&flow, '-', width);
        }
        let mark = "#".repeat(usize::from(level)) + " ";
        prefixed(&flow.lines(width - mark.len()), &mark, &" ".repeat(mark.len()))
    }

    fn underlined(&self, flow: &Flow<'_>, rule: char, width: usize) -> Vec<String> {
        let mut lines = flow.lines(width);
        let widest = lines.iter().map(|line| shown_width(self.mask, line)).max();
        if let Some(widest) = widest {
            lines.push(rule.to_string().repeat(widest.clamp(3, width.max(3))));
        }
        lines
    }

    /// An arrow, what the button says and where it leads; that on a line of its own
    /// where both are too long for one.
    fn button(&mut self, label: &[Inline], href: &str, width: usize) -> Vec<String> {
        let label = self.links.flow(label).joined();
        let address = self.address(href);
        let whole =
            if label.is_empty() { format!("→ {address}") } else { format!("→ {label}: {address}") };
        let turned = label.contains(is_right_to_left);
        if shown_width(self.mask, &whole) <= width && !turned {
            return vec![whole];
        }
        let label = if label.is_empty() { label } else { format!("{label}:") };
        let mut lines = prefixed(&Flow::of(self.mask, &label).lines(width.saturating_sub(2)), "→ ", "  ");
        if lines.is_empty() {
            lines.push("→".to_owned());
        }
        lines.push(address);
        lines
    }

    /// What stands out, between two rules, the first of which has its title. No mark
    /// before each line: it would be read aloud with every one, and break up on phones.
    fn callout(&mut self, title: &str, blocks: &[Block], width: usize) -> Vec<String> {
        let mut lines = if title.is_empty() {
            vec![OUTSTANDING.to_owned()]
        } else {
            let title = format!("{OUTSTANDING} {title} {OUTSTANDING}");
            Flow::of(self.mask, &title).lines(width)
        };
        let inside = self.blocks(blocks, width, true);
        if !inside.is_empty() {
            lines.push(String::new());
            lines.extend(inside);
            lines.push(String::new());
        }
        lines.push(OUTSTANDING.to_owned());
        lines
    }

    /// Terms, and what they mean under them.
    fn definition(&mut self, definition: &Definition, width: usize) -> Vec<String> {
        let (indent, inner) = if width > NARROWEST { ("    ", width - 4) } else { ("", width) };
        let mut lines = Vec::new();
        for term in &definition.terms {
            lines.extend(self.links.flow(term).lines(width));
        }
        for (index, details) in definition.details.iter().enumerate() {
            let details = self.blocks(details, inner, true);
            // Meanings of several paragraphs would run into each other.
            if index > 0 && details.iter().any(String::is_empty) {
                lines.push(String::new());
            }
            lines.extend(prefixed(&details, indent, indent));
        }
        lines
    }

    fn quote(&mut self, blocks: &[Block], cite: Option<&[Inline]>, width: usize) -> Vec<String> {
        let (prefix, width) = if width > NARROWEST { ("> ", width - 2) } else { ("", width) };
        let mut lines = self.blocks(blocks, width, true);
        if let Some(cite) = cite {
            let cite = self.links.flow(cite).lines(width - 3);
            lines.extend(prefixed(&cite, "-- ", "   "));
        }
        prefixed(&lines, prefix, prefix)
    }

    fn list(&mut self, list: &List, width: usize) -> Vec<String> {
        // Numbers are set once, so a list that some get without an item has none.
        let controlled = list.items.iter().any(|item| matches!(item, Item::Control(_)));
        let start = list.start.filter(|start| !controlled && *start <= LARGEST_NUMBER);
        let count = u64::try_from(list.items.len()).unwrap_or(u64::MAX);
        let hang =
            start.map_or(2, |start| start.saturating_add(count.saturating_sub(1)).to_string().len() + 2);
        let narrow = width <= NARROWEST;
        let mut number = start;
        let mut children = Vec::with_capacity(list.items.len());
        for item in &list.items {
            let (blocks, task) = match item {
                Item::Control(id) => {
                    self.links.pass(kind_of(self.mask, *id));
                    children.push(self.control(*id));
                    continue;
                }
                Item::Blocks { blocks, task, .. } => (blocks, *task),
            };
            let mark = number.map_or_else(|| "-".to_owned(), |number| format!("{number}."));
            number = number.map(|number| number.saturating_add(1));
            let task = match task {
                Some(Task::Done) => "[x] ",
                Some(Task::Open) => "[ ] ",
                None => "",
            };
            let mark = format!("{mark:hang$}{task}");
            let (indent, inner) =
                if narrow { (String::new(), width) } else { (" ".repeat(mark.len()), width - mark.len()) };
            let mut lines = self.blocks(blocks, inner, !list.tight);
            if narrow || lines.is_empty() {
                lines.insert(0, String::new());
            }
            let lines = prefixed(&lines, &mark, &indent);
            children.push(Child::Lines { lines, gap: !list.tight });
        }
        stack(children)
    }
}

/// A block of the mail, when it has any lines.
fn block(lines: Vec<String>) -> Option<Child> {
    (!lines.is_empty()).then_some(Child::Lines { lines, gap: true })
}

/// Notes the addresses that running text links to and that will be numbered.
fn linked<'t>(blocks: &'t [Block], found: &mut HashSet<&'t str>) {
    fn inlines<'t>(content: &'t [Inline], found: &mut HashSet<&'t str>) {
        for inline in content {
            match inline {
                Inline::Link { href, .. } if !href.starts_with('#') && !inline::is_mail(href) => {
                    found.insert(href);
                }
                Inline::Link { .. } => {}
                other => inlines(other.inner().unwrap_or_default(), found),
            }
        }
    }
    for block in blocks {
        // Tables, captions and buttons say their addresses where they stand.
        if matches!(&block.kind, BlockKind::Table(_) | BlockKind::Figure { .. } | BlockKind::Button { .. }) {
            continue;
        }
        for part in block.parts() {
            match part {
                Part::Words(content, _) => inlines(content, found),
                Part::Blocks(blocks) => linked(blocks, found),
                Part::Image(_) | Part::Control(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
