//! Finds the title of a page, and gives the article what its head says.

use super::address::Base;
use super::facts::{Facts, without_site};
use super::walk::Walk;
use crate::article::markdown::same;
use crate::article::plain::byline;
use crate::article::{Block, BlockKind, Image, Inline, Item, Meta, Placed, words};
use crate::phrases::language;
use crate::problem::Span;

/// Longest line that inboxes show after the subject, with room to spare.
const LONGEST_PREHEADER: usize = 250;

/// Classes of the words above a title.
const KICKER: [&str; 5] = ["kicker", "eyebrow", "overline", "article-kicker", "gh-article-tag"];

/// Classes of the sentence under a title.
const STANDFIRST: [&str; 12] = [
    "standfirst",
    "subtitle",
    "post-subtitle",
    "entry-subtitle",
    "article-subtitle",
    "dek",
    "lede",
    "article-excerpt",
    "gh-article-excerpt",
    "post-full-custom-excerpt",
    "article__standfirst",
    "article-dek",
];

impl Walk<'_, '_> {
    /// Makes the first heading of the page its title, or what its head says, and takes it
    /// off the text.
    pub(super) fn take_title(&mut self, root: usize, facts: &Facts, base: &Base, meta: &mut Meta) {
        let dom = self.dom;
        let host = base.host().map(str::to_owned);
        let site = facts.site.as_deref();
        let said: Vec<&str> =
            [&facts.preview, &facts.tab].into_iter().flatten().map(String::as_str).collect();
        let is_title = |node: usize| {
            dom.name(node) == "h1"
                || (dom.name(node) == "p"
                    && dom.has_class(node, |class| matches!(class, "MsoTitle" | "title")))
        };
        let mut headings: Vec<usize> = dom.inside(root).filter(|node| is_title(*node)).collect();
        headings.retain(|node| {
            let text = dom.words(*node);
            !text.is_empty()
                && self.mask.only_control(&text).is_none()
                && site.is_none_or(|site| !same(site, &text) || said.is_empty())
        });
        let in_text = |node: &usize| {
            !self.is_silent(*node) && !dom.ancestors(*node).any(|around| self.is_silent(around))
        };
        let named = |node: &usize| said.iter().any(|said| said.contains(&dom.words(*node)));
        let heading = headings
            .iter()
            .copied()
            .find(|node| in_text(node) && named(node))
            .or_else(|| headings.iter().copied().find(in_text))
            .or_else(|| headings.iter().copied().find(named));
        if let Some(known) = &meta.title {
            if let Some(heading) = heading.filter(|heading| same(&known.value, &dom.words(*heading))) {
                self.left_out[heading] = true;
            }
        } else if let Some(heading) = heading {
            let span = self.place(heading);
            let content = super::tidy::line(self.flat(heading, &Inline::Text(" ".to_owned())));
            let value = words(&content).trim().to_owned();
            if !value.is_empty() {
                meta.title = Some(Placed { value, span });
                self.left_out[heading] = true;
            }
        } else if let Some(heading) = self.opening(root, meta).filter(|_| said.is_empty()) {
            let span = self.place(heading);
            let value = dom.words(heading);
            self.guess(span, "title: the heading that stands above all", &value);
            meta.title = Some(Placed { value, span });
            self.left_out[heading] = true;
        } else if let Some(said) = said.first() {
            let value = without_site(said, site, None, host.as_deref());
            let span = self.spot(dom.find(0, "title").unwrap_or_default());
            let cut = if value == *said {
                "what the head of the page says"
            } else {
                "without the name of the site"
            };
            self.guess(span, format!("title: {cut}"), said);
            meta.title = Some(Placed { value: value.to_owned(), span });
        }
        self.take_kicker(root, meta);
        self.take_standfirst(root, meta);
    }

    /// The heading with which a page begins that nothing else names, if no other stands as
    /// high.
    fn opening(&self, root: usize, meta: &Meta) -> Option<usize> {
        let dom = self.dom;
        if meta.subject.is_some() {
            return None;
        }
        let first = dom.inside(root).find(|node| {
            dom.text(*node).map_or(dom.name(*node) == "img", |text| !text.trim().is_empty())
                && !dom.ancestors(*node).any(|around| self.is_silent(around))
        })?;
        let level = |node: usize| match dom.name(node) {
            name @ ("h2" | "h3" | "h4") => Some(name.to_owned()),
            _ => None,
        };
        let (heading, high) = dom.ancestors(first).find_map(|around| Some((around, level(around)?)))?;
        let mut others = dom.inside(root).filter(|node| *node != heading).filter_map(level);
        let plain = dom.find(heading, "a").or_else(|| dom.find(heading, "img")).is_none()
            && dom.ancestors(heading).all(|around| dom.name(around) != "a");
        (plain && others.all(|other| other > high) && self.mask.only_control(&dom.words(heading)).is_none())
            .then_some(heading)
    }

    fn take_kicker(&mut self, root: usize, meta: &mut Meta) {
        let dom = self.dom;
        let fits = |node: &usize| {
            dom.has_class(*node, |class| KICKER.contains(&class))
                && !self.is_silent(*node)
                && !dom.ancestors(*node).any(|around| self.is_silent(around))
        };
        let Some(node) = dom.inside(root).find(fits) else { return };
        let value = dom.words(node);
        if meta.kicker.is_some() || value.is_empty() || value.split(' ').count() > 4 {
            return;
        }
        let span = self.place(node);
        self.guess(span, "kicker: the words above the title", &value);
        meta.kicker = Some(Placed { value, span });
        self.left_out[node] = true;
    }

    fn take_standfirst(&mut self, root: usize, meta: &mut Meta) {
        let dom = self.dom;
        let fits = |node: &usize| {
            matches!(dom.name(*node), "p" | "h2" | "h3" | "div" | "span")
                && dom.has_class(*node, |class| STANDFIRST.contains(&class))
                && !self.is_silent(*node)
                && !dom.ancestors(*node).any(|around| self.is_silent(around))
        };
        let Some(node) = dom.inside(root).find(fits) else { return };
        // Words that stand before it are the article's, which it would come after.
        let before = dom.inside(root).take_while(|other| *other < node);
        let long = before
            .filter(|other| dom.name(*other) == "p" && !self.left_out[*other])
            .any(|p| dom.words(p).len() > 100);
        let value = dom.words(node);
        if meta.standfirst.is_some() || value.is_empty() || long || dom.find(node, "a").is_some() {
            return;
        }
        let span = self.place(node);
        self.guess(span, "standfirst: the sentence under the title", &value);
        meta.standfirst = Some(Placed { value, span });
        self.left_out[node] = true;
    }

    /// Fills what the front matter left open with what the page says of itself.
    pub(super) fn fill(&mut self, facts: &Facts, base: &Base, blocks: &[Block], meta: &mut Meta) {
        let span = Span::default();
        if let Some(author) = &facts.author {
            let author = author.split_whitespace().collect::<Vec<_>>().join(" ");
            let said = byline::read(&author).and_then(|said| said.author);
            let value = said.unwrap_or_else(|| author.strip_prefix("By ").unwrap_or(&author).to_owned());
            if !value.is_empty() && value.split(' ').count() <= 8 {
                meta.author.get_or_insert(Placed { value, span });
            }
        }
        let day = facts.published.as_deref().and_then(|said| said.get(..10)?.parse().ok());
        if let (None, Some(value)) = (&meta.date, day) {
            meta.date = Some(Placed { value, span });
        }
        let said = facts.language.as_deref().map(|tag| tag.replace('_', "-"));
        if let (None, Some(value)) = (&meta.lang, said.filter(|tag| language::is_tag(tag))) {
            meta.lang = Some(Placed { value, span });
        }
        let shown = |text: &str| {
            let text = text.trim_end_matches(['…', '.', ' ']);
            blocks.iter().take(3).any(|block| match &block.kind {
                BlockKind::Paragraph(content) => words(content).starts_with(text),
                _ => false,
            })
        };
        let repeated = |text: &str| {
            let equals =
                |known: &Option<Placed<String>>| known.as_ref().is_some_and(|known| same(&known.value, text));
            equals(&meta.title) || equals(&meta.standfirst)
        };
        if let Some(text) = &facts.description
            && meta.preheader.is_none()
            && (20..=LONGEST_PREHEADER).contains(&text.chars().count())
            && !shown(text)
            && !repeated(text)
        {
            self.guess(span, "preheader: what the head of the page says", text);
            meta.preheader = Some(Placed { value: text.clone(), span });
        }
        self.picture(facts, base, blocks, meta);
    }

    /// Takes the picture for previews, if the article does not show it and does not begin
    /// with another.
    fn picture(&mut self, facts: &Facts, base: &Base, blocks: &[Block], meta: &mut Meta) {
        let Some(image) = facts.image.as_deref().filter(|_| meta.image.is_none()) else { return };
        let value = base.picture(image, self.mask);
        let mut shown = Vec::new();
        pictures(blocks, &mut shown);
        let begins = blocks.iter().take(2).any(|block| matches!(block.kind, BlockKind::Figure { .. }));
        if value.is_empty() || begins || shown.iter().any(|other| stem(&other.src) == stem(&value)) {
            return;
        }
        let span = Span::default();
        self.guess(span, "picture under the title: what the head of the page names", &value);
        meta.image = Some(Placed { value, span });
        if let (None, Some(alt)) = (&meta.image_alt, &facts.image_alt) {
            meta.image_alt = Some(Placed { value: alt.clone(), span });
        }
    }
}

/// The name of a picture without its size: `ink-1024x683.jpg` and `ink.jpg` are one.
fn stem(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = name.rsplit_once('.').map_or(name, |(name, _)| name);
    let size = |size: &str| size.chars().all(|c| c.is_ascii_digit() || c == 'x') && size.contains('x');
    match name.rsplit_once('-') {
        Some((name, end)) if size(end) || end == "scaled" => name.to_lowercase(),
        _ => name.to_lowercase(),
    }
}

fn pictures<'b>(blocks: &'b [Block], found: &mut Vec<&'b Image>) {
    for block in blocks {
        match &block.kind {
            BlockKind::Figure { image, .. } => found.push(image),
            BlockKind::Paragraph(content) => {
                found.extend(content.iter().filter_map(|inline| match inline {
                    Inline::Image(image) => Some(image),
                    _ => None,
                }));
            }
            BlockKind::Quote { blocks, .. } | BlockKind::Callout { blocks, .. } => pictures(blocks, found),
            BlockKind::Columns(columns) => columns.iter().for_each(|column| pictures(&column.blocks, found)),
            BlockKind::List(list) => {
                for item in &list.items {
                    if let Item::Blocks { blocks, .. } = item {
                        pictures(blocks, found);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_one_picture_are_one_picture() {
        assert_eq!(stem("https://example.com/a/Ink-1024x683.jpg?v=2"), stem("ink.webp"));
        assert_ne!(stem("https://example.com/ink-1.jpg"), stem("https://example.com/ink-2.jpg"));
    }
}
