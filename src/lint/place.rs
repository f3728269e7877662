//! Where in the article stands what was found in the finished HTML.
//!
//! Both are made of the same tree, and so the address of a link and the words of a
//! heading are the same in both; only the tree knows the lines.

use std::collections::HashMap;

use crate::article::{Article, Block, BlockKind, Image, Inline, Part, seen, words};
use crate::problem::Span;
use crate::tags::Mask;

use super::page::single_spaced;
use super::rule::Spot;

/// A link of the article.
pub(super) struct Link {
    pub(super) href: String,
    pub(super) words: String,
    pub(super) span: Span,
}

/// A heading of the article.
pub(super) struct Heading {
    pub(super) level: u8,
    pub(super) words: String,
    pub(super) span: Span,
}

/// A picture of the article.
pub(super) struct Picture {
    pub(super) image: Image,
    pub(super) span: Span,
}

/// A table of the article.
pub(super) struct Table {
    pub(super) columns: usize,
    pub(super) span: Span,
}

/// What of an article has a place of its own.
#[derive(Default)]
pub(super) struct Places {
    pub(super) links: Vec<Link>,
    pub(super) pictures: Vec<Picture>,
    pub(super) headings: Vec<Heading>,
    pub(super) tables: Vec<Table>,
    /// Stretches of text, innermost blocks alone.
    pub(super) texts: Vec<(String, Span)>,
    /// Those that have code among their words, each piece with whether it is code.
    mixed: Vec<(Vec<(String, bool)>, Span)>,
    /// Links by their addresses, and by their addresses and words.
    by_address: HashMap<String, usize>,
    by_words: HashMap<(String, String), usize>,
}

impl Places {
    pub(super) fn of(article: &Article) -> Self {
        let mut places = Self::default();
        if let Some(image) = &article.meta.image {
            let alt = article.meta.image_alt.as_ref().map(|alt| alt.value.clone()).unwrap_or_default();
            let image = Image { src: image.value.clone(), alt, width: None, href: None, span: image.span };
            places.picture(&image);
            places.inlines(&article.caption, caption_span(article));
        }
        let meta = &article.meta;
        for line in
            [&meta.title, &meta.standfirst, &meta.kicker, &meta.issue, &meta.author].into_iter().flatten()
        {
            places.texts.push((single_spaced(&line.value), line.span));
        }
        places.blocks(&article.blocks);
        for note in &article.footnotes {
            places.blocks(&note.blocks);
        }
        for (number, link) in places.links.iter().enumerate() {
            places.by_address.entry(link.href.clone()).or_insert(number);
            places.by_words.entry((link.href.clone(), link.words.clone())).or_insert(number);
        }
        places
    }

    /// The link of the article with this address and these words; when no words are the
    /// same, the first one with the address.
    pub(super) fn link(&self, href: &str, words: &str) -> Option<&Link> {
        let exact = self.by_words.get(&(href.trim().to_owned(), words.to_owned()));
        exact.or_else(|| self.by_address.get(href.trim())).map(|number| &self.links[*number])
    }

    /// The picture of the article that stands in the HTML as `src`, `alt` saying what it
    /// shows: its address may have been changed on the way.
    pub(super) fn picture_of(&self, src: &str, alt: &str) -> Option<&Picture> {
        let src = src.trim();
        let same = |picture: &&Picture| picture.image.src.trim() == src;
        let alike = |picture: &&Picture| {
            let stem = stem(&picture.image.src);
            !stem.is_empty() && src.contains(stem)
        };
        let told = |picture: &&Picture| !alt.is_empty() && picture.image.alt == alt;
        self.pictures
            .iter()
            .find(same)
            .or_else(|| self.pictures.iter().find(told))
            .or_else(|| self.pictures.iter().find(alike))
    }

    /// The innermost block whose words contain `words`.
    pub(super) fn text(&self, words: &str) -> Option<Span> {
        let words = single_spaced(words);
        if words.is_empty() {
            return None;
        }
        self.texts.iter().find(|(text, _)| text.contains(&words)).map(|(_, span)| *span)
    }

    /// The innermost block that has `words`, and code with `needle` in it before `needle`
    /// itself; how often it stands there before.
    pub(super) fn text_around(&self, words: &str, needle: &str) -> Option<(Span, usize)> {
        let words = single_spaced(words);
        self.mixed.iter().find_map(|(pieces, span)| {
            let text = |(text, is_code): &(String, bool)| !is_code && single_spaced(text).contains(&words);
            let at = pieces.iter().position(text)?;
            let skipped = pieces[..at].iter().map(|(text, _)| text.matches(needle).count()).sum();
            Some((*span, skipped))
        })
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match &block.kind {
                BlockKind::Heading { level, content } => {
                    let words = single_spaced(&words(content));
                    self.headings.push(Heading { level: *level, words, span: block.span });
                }
                BlockKind::Button { label, href } => self.link_of(href, label, block.span),
                BlockKind::Table(table) => {
                    self.tables.push(Table { columns: table.head.len(), span: block.span });
                }
                _ => {}
            }
            for part in block.parts() {
                match part {
                    Part::Words(content, span) => self.inlines(content, span),
                    Part::Blocks(blocks) => self.blocks(blocks),
                    Part::Image(image) => self.picture(image),
                    Part::Control(_) => {}
                }
            }
        }
    }

    /// The text of a block, and what stands in it.
    fn inlines(&mut self, content: &[Inline], span: Span) {
        if !content.is_empty() {
            self.texts.push((single_spaced(&seen(content)), span));
            let mut pieces = Vec::new();
            cut(content, &mut pieces);
            if pieces.iter().any(|(_, is_code)| *is_code) {
                self.mixed.push((pieces, span));
            }
            self.inner(content);
        }
    }

    fn inner(&mut self, content: &[Inline]) {
        for inline in content {
            match inline {
                Inline::Link { href, content, span } => self.link_of(href, content, *span),
                Inline::Image(image) => self.picture(image),
                _ => {}
            }
            self.inner(inline.inner().unwrap_or_default());
        }
    }

    fn link_of(&mut self, href: &str, content: &[Inline], span: Span) {
        let words = single_spaced(&seen(content));
        self.links.push(Link { href: href.trim().to_owned(), words, span });
    }

    fn picture(&mut self, image: &Image) {
        if let Some(href) = &image.href {
            self.links.push(Link { href: href.trim().to_owned(), words: String::new(), span: image.span });
        }
        self.pictures.push(Picture { image: image.clone(), span: image.span });
    }
}

/// Where the line under the picture on top was written.
fn caption_span(article: &Article) -> Span {
    article.meta.image_caption.as_ref().map(|caption| caption.span).unwrap_or_default()
}

/// The name of a file in an address, without its folder and its extension.
pub(super) fn stem(address: &str) -> &str {
    let name = file_name(address);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The name of a file in an address, without its folder.
pub(super) fn file_name(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Cuts a line into its words and its code.
fn cut(content: &[Inline], pieces: &mut Vec<(String, bool)>) {
    for inline in content {
        let is_code = matches!(inline, Inline::Code(_));
        match inline.inner() {
            Some(inner) if !is_code => cut(inner, pieces),
            _ => {
                let text = words(std::slice::from_ref(inline));
                match pieces.last_mut().filter(|(_, code)| *code == is_code) {
                    Some((before, _)) => before.push_str(&text),
                    None => pieces.push((text, is_code)),
                }
            }
        }
    }
}

/// Where in `span` of the article `needle` stands as typed; the whole span when it
/// stands there in another form.
pub(super) fn narrowed(article: &Article, span: Span, needle: &str) -> Spot {
    narrowed_after(article, span, needle, 0)
}

/// The same, where `needle` stands there `skipped` times before.
pub(super) fn narrowed_after(article: &Article, span: Span, needle: &str, skipped: usize) -> Spot {
    let text = article.source.text();
    let inside = text.get(span.start..span.end).unwrap_or_default();
    let nth = |skipped: usize| inside.match_indices(needle).nth(skipped).map(|(at, _)| at);
    let found = nth(skipped).or_else(|| nth(0));
    Spot::Article(match found {
        Some(at) if !needle.is_empty() => Span::new(span.start + at, span.start + at + needle.len()),
        _ => first_line(text, span),
    })
}

/// The first line of a span: a block may be long, and what is shown is a line.
pub(super) fn first_line(text: &str, span: Span) -> Span {
    let inside = text.get(span.start..span.end).unwrap_or_default();
    let end = inside.find('\n').unwrap_or(inside.len());
    Span::new(span.start, span.start + inside[..end].trim_end().len())
}

/// What readers may see of `text`: a merge tag as its default, or else as the name of
/// its field in brackets.
pub(super) fn shown(mask: &Mask, text: &str) -> String {
    mask.replace(text, |mask, found, out| {
        if let Some(default) = mask.default_of(found.id) {
            out.push_str(&default);
        } else if let Some(field) = mask.tag(found.id).fields.first() {
            out.push('[');
            out.push_str(&field.name);
            out.push(']');
        }
    })
}
