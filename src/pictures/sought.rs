//! Finds the pictures that an article shows.

use super::{Order, PictureError};
use crate::article::{Article, Block, BlockKind, Image, Inline, Part};
use crate::problem::{Problem, Span};
use crate::tags::Mask;

/// The widest that a theme draws the picture beside the newsletter's name, in CSS pixels.
const LOGO: u32 = 120;

/// How wide a theme draws the picture at the end of its head, in CSS pixels.
const ART: u32 = 220;

/// The narrowest column that a picture is made for: side by side stands what is one
/// under the other on a phone, as wide as that.
const NARROWEST: u32 = 320;

/// A picture that newsletter.toml names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Logo,
    Art,
}

impl Own {
    /// Its key in newsletter.toml.
    const fn key(self) -> &'static str {
        match self {
            Self::Logo => "logo",
            Self::Art => "art",
        }
    }
}

/// A picture as it is written somewhere.
#[derive(Debug, Clone)]
pub(super) struct Sought {
    /// As written, without the space around it.
    pub(super) src: String,
    /// Where; none for what stands in no article.
    pub(super) span: Option<Span>,
    /// The width that the author asked for.
    pub(super) asked: Option<u32>,
    /// The width there is, in CSS pixels.
    pub(super) room: u32,
    /// Which of the newsletter's own it is, when it is one.
    pub(super) own: Option<Own>,
    /// The same with its merge tags as typed, when it has any.
    pub(super) tagged: Option<String>,
}

impl Sought {
    /// What is wrong with it, at its place; the newsletter's own has none.
    pub(super) fn problem(&self, error: PictureError, article: &Article) -> Problem {
        let Some(span) = self.span else {
            let key = self.own.map_or("logo", Own::key);
            return Problem::new(PictureError::Own { key, error: Box::new(error) });
        };
        let restore = |text: &str| article.mask.restore(text);
        Problem::at(error, &article.source, span).reworded(restore)
    }
}

/// Whether `src` is the path of a file: neither an address with a scheme (RFC 3986 §3.1),
/// nor one of another host, nor a place within the mail, nor something a merge tag begins.
#[must_use]
pub fn is_local(src: &str, mask: &Mask) -> bool {
    let src = src.trim();
    let has_scheme = || {
        src.split_once(':').is_some_and(|(scheme, _)| {
            !scheme.is_empty()
                && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        })
    };
    let tag_first = || mask.find(src).first().is_some_and(|found| found.span.start == 0);
    !src.is_empty() && !src.starts_with(['#', '?']) && !src.starts_with("//") && !has_scheme() && !tag_first()
}

/// Every picture that is a file, in the order in which the mail shows them.
pub(super) fn of(article: &Article, order: &Order<'_>) -> Vec<Sought> {
    let mut walk = Walk { mask: &article.mask, column: order.column.max(1), found: Vec::new() };
    for (own, path, room) in [(Own::Logo, order.logo, LOGO), (Own::Art, order.art, ART)] {
        if let Some(path) = path.map(str::trim).filter(|path| is_local(path, &Mask::default())) {
            let (src, own) = (path.to_owned(), Some(own));
            walk.found.push(Sought { src, span: None, asked: None, room, own, tagged: None });
        }
    }
    if order.folder.is_none() {
        return walk.found;
    }
    if let Some(image) = &article.meta.image {
        walk.column = order.hero.max(1);
        walk.add(&image.value, None, image.span);
        walk.inlines(&article.caption);
        walk.column = order.column.max(1);
    }
    walk.blocks(&article.blocks);
    for note in &article.footnotes {
        walk.blocks(&note.blocks);
    }
    walk.found
}

struct Walk<'a> {
    mask: &'a Mask,
    column: u32,
    found: Vec<Sought>,
}

impl Walk<'_> {
    fn add(&mut self, src: &str, asked: Option<u32>, span: Span) {
        let src = src.trim();
        if !is_local(src, self.mask) {
            return;
        }
        let tagged = (!self.mask.find(src).is_empty()).then(|| self.mask.restore(src));
        self.found.push(Sought {
            src: src.to_owned(),
            span: Some(span),
            asked: asked.map(|asked| asked.clamp(1, self.column)),
            room: self.column,
            own: None,
            tagged,
        });
    }

    fn image(&mut self, image: &Image) {
        self.add(&image.src, image.width, image.span);
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            let whole = self.column;
            if let BlockKind::Columns(columns) = &block.kind {
                let count = u32::try_from(columns.len()).unwrap_or(u32::MAX).max(1);
                self.column = (whole / count).max(NARROWEST.min(whole));
            }
            for part in block.parts() {
                match part {
                    Part::Words(content, _) => self.inlines(content),
                    Part::Blocks(blocks) => self.blocks(blocks),
                    Part::Image(image) => self.image(image),
                    Part::Control(_) => {}
                }
            }
            self.column = whole;
        }
    }

    fn inlines(&mut self, content: &[Inline]) {
        for inline in content {
            match inline {
                Inline::Image(image) => self.image(image),
                other => self.inlines(other.inner().unwrap_or_default()),
            }
        }
    }
}
