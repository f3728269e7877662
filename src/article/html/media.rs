//! Reads pictures, wherever a page hides their addresses, and what a mail cannot show.

use super::dom::Dom;
use super::error::PageError;
use super::tidy::{self, push_text};
use super::walk::Walk;
use crate::article::{Block, BlockKind, Image, Inline};

/// Attributes that hold the address of a picture which is loaded late.
const LATE: [&str; 8] = [
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-original-src",
    "data-orig-file",
    "data-image",
    "data-url",
    "data-hi-res-src",
];

/// The width of the picture that is taken out of a choice, in pixels: twice that of a
/// mail.
const WANTED: u32 = 1_200;

/// Whether `node` is a picture that is loaded late, and shown by a script as a rule.
pub(super) fn is_late(dom: &Dom, node: usize) -> bool {
    dom.name(node) == "img"
        && (LATE.iter().chain(&["data-srcset"]).any(|name| dom.filled(node, name).is_some())
            || dom.attribute(node, "loading").is_some_and(|said| said.eq_ignore_ascii_case("lazy")))
}

impl Walk<'_, '_> {
    /// Reads an element that shows something other than words.
    pub(super) fn media(&mut self, node: usize, out: &mut Vec<Inline>) {
        match self.dom.name(node) {
            "picture" => match self.dom.find(node, "img") {
                Some(image) => self.image(image, out),
                None => {
                    if let Some(src) = self.dom.find(node, "source").and_then(|source| self.chosen(source)) {
                        self.push_image(node, &src, out);
                    }
                }
            },
            "noscript" => self.without_scripts(node, out),
            "svg" => {
                let title =
                    self.dom.find(node, "title").map(|title| self.dom.words(title)).unwrap_or_default();
                if !title.is_empty() && self.dom.attribute(node, "role") == Some("img") {
                    let span = self.spot(node);
                    self.guess(span, "left out: a drawing within the page", &title);
                }
            }
            "math" => {
                let said = self.dom.filled(node, "alttext").map(str::to_owned);
                let said = said.unwrap_or_else(|| {
                    let words: Vec<usize> = self.dom.inside(node).collect();
                    let marked = |node: usize| {
                        self.dom.ancestors(node).any(|around| self.dom.name(around) == "annotation")
                    };
                    words
                        .into_iter()
                        .filter(|word| !marked(*word))
                        .filter_map(|word| self.dom.text(word))
                        .collect()
                });
                tidy::push_text(out, &said);
            }
            "iframe" | "video" | "audio" | "embed" | "object" => self.embedded(node, out),
            _ => self.image(node, out),
        }
    }

    fn image(&mut self, node: usize, out: &mut Vec<Inline>) {
        let dom = self.dom;
        let sign = dom.has_class(node, |class| matches!(class, "emoji" | "wp-smiley" | "smiley"));
        if let Some(alt) = dom.filled(node, "alt").filter(|_| sign) {
            tidy::push_text(out, alt);
            return;
        }
        let tiny = |name: &str| {
            dom.attribute(node, name).is_some_and(|size| matches!(size.trim_end_matches("px"), "0" | "1"))
        };
        let small = tiny("width") || tiny("height");
        match self.source(node).filter(|_| !small) {
            Some(src) => self.push_image(node, &src, out),
            None => self.described(node, out),
        }
    }

    /// Shows what a picture is described as that shows nothing itself, unless the picture
    /// for browsers without scripts comes after it.
    fn described(&mut self, node: usize, out: &mut Vec<Inline>) {
        let dom = self.dom;
        let Some(alt) = dom.filled(node, "alt") else { return };
        let mut rest = (dom.subtree(node).end..dom.subtree(dom.parent(node)).end)
            .skip_while(|after| dom.text(*after).is_some_and(|text| text.trim().is_empty()));
        if rest.next().is_some_and(|after| dom.name(after) == "noscript" && dom.find(after, "img").is_some())
        {
            return;
        }
        let span = self.spot(node);
        let alt = alt.split_whitespace().collect::<Vec<_>>().join(" ");
        self.findings.warning(PageError::TinyPicture(self.mask.restore(&alt)), span);
        push_text(out, &alt);
    }

    fn push_image(&mut self, node: usize, src: &str, out: &mut Vec<Inline>) {
        let dom = self.dom;
        let src = self.base.picture(src, self.mask);
        if src.is_empty() {
            return;
        }
        let span = self.spot(node);
        let alt = dom.attribute(node, "alt").unwrap_or_default();
        let alt = alt.split_whitespace().collect::<Vec<_>>().join(" ");
        let asked = dom.attribute(node, "width").or_else(|| dom.style(node, "width"));
        let width = asked.and_then(|width| width.trim_end_matches("px").parse::<f32>().ok());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
        let width = width.filter(|width| *width >= 1.0).map(|width| width.min(10_000.0) as u32);
        out.push(Inline::Image(Image { src, alt, width, href: None, span }));
    }

    /// The address of a picture: what it shows at once, unless that only keeps the place
    /// for what is loaded late.
    fn source(&self, node: usize) -> Option<String> {
        let dom = self.dom;
        let late = LATE.iter().find_map(|name| dom.filled(node, name)).filter(|late| !late.starts_with('{'));
        let src = dom.filled(node, "src").filter(|src| *src != "about:blank" && !src.starts_with('#'));
        let stands_in = |src: &str| {
            let name = src.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            src.starts_with("data:")
                || ["placeholder", "blank.", "spacer", "1x1", "transparent", "lazy", "grey.gif", "pixel"]
                    .iter()
                    .any(|word| name.contains(word))
        };
        let chosen = || {
            self.chosen(node).or_else(|| {
                let picture = dom.parent(node);
                let mut sources = dom.elements(picture).filter(|source| dom.name(*source) == "source");
                (dom.name(picture) == "picture").then(|| sources.find_map(|source| self.chosen(source)))?
            })
        };
        match src {
            Some(src)
                if !stands_in(src)
                    && !dom.has_class(node, |class| class.contains("lazy") && late.is_some()) =>
            {
                Some(src.to_owned())
            }
            Some(src) => late.map(str::to_owned).or_else(chosen).or_else(|| {
                // A drawing of a few bytes shows nothing.
                let empty = src.starts_with("data:") && src.len() < 400;
                (!empty).then(|| src.to_owned())
            }),
            None => late.map(str::to_owned).or_else(chosen),
        }
    }

    /// The best address of a `srcset`: the smallest that is large enough, or the largest.
    fn chosen(&self, node: usize) -> Option<String> {
        let set = ["srcset", "data-srcset", "data-lazy-srcset"]
            .into_iter()
            .find_map(|name| self.dom.filled(node, name))?;
        let mut best: Option<(u32, &str)> = None;
        for candidate in candidates(set) {
            let (address, size) = candidate;
            let better =
                best.is_none_or(
                    |(known, _)| {
                        if known < WANTED { size > known } else { (WANTED..known).contains(&size) }
                    },
                );
            if better && !address.starts_with("data:") {
                best = Some((size, address));
            }
        }
        best.map(|(_, address)| address.to_owned())
    }

    /// Reads the pictures for browsers without scripts, unless they repeat the one before.
    fn without_scripts(&mut self, node: usize, out: &mut Vec<Inline>) {
        let dom = self.dom;
        let before = dom.before(node);
        let shown = before.is_some_and(|before| {
            let images = dom.subtree(before).filter(|inner| dom.name(*inner) == "img");
            images.into_iter().any(|image| self.source(image).is_some())
        });
        if shown {
            return;
        }
        let images: Vec<usize> = dom.all(node, "img").collect();
        for image in images {
            self.image(image, out);
        }
    }

    /// Puts a link where something plays in a page.
    fn embedded(&mut self, node: usize, out: &mut Vec<Inline>) {
        let dom = self.dom;
        let source = || {
            dom.inside(node)
                .find_map(|inner| dom.filled(inner, "src").filter(|_| dom.name(inner) == "source"))
        };
        let late = || LATE.iter().find_map(|name| dom.filled(node, name));
        let written = dom
            .filled(node, "src")
            .filter(|src| !src.starts_with("about:"))
            .or_else(late)
            .or_else(|| dom.filled(node, "data"))
            .or_else(source);
        let vanishing =
            |size: Option<&str>| size.is_some_and(|size| matches!(size.trim_end_matches("px"), "0" | "1"));
        let unseen = vanishing(dom.attribute(node, "width")) || vanishing(dom.attribute(node, "height"));
        let Some(written) = written.filter(|_| !unseen) else {
            let links: Vec<usize> = dom.elements(node).collect();
            for inner in links {
                self.inline(inner, out);
            }
            return;
        };
        let super::address::Target::Whole(address) = self.base.link(written, self.mask) else { return };
        let href = watched(&address);
        let span = self.spot(node);
        self.findings.warning(PageError::Embedded(dom.name(node).to_owned()), span);
        let title = dom.filled(node, "title").or_else(|| dom.filled(node, "aria-label"));
        let content = if let Some(poster) = dom.filled(node, "poster") {
            let src = self.base.picture(poster, self.mask);
            let alt = title.unwrap_or_default().to_owned();
            Inline::Image(Image { src, alt, width: None, href: None, span })
        } else {
            let bare = href.trim_start_matches("https://").trim_start_matches("http://");
            Inline::Text(title.unwrap_or(bare).to_owned())
        };
        out.push(Inline::Link { href, content: vec![content], span });
    }

    /// Reads a figure: a picture and what is written under it, or anything else.
    pub(super) fn figure(&mut self, node: usize, depth: usize, out: &mut Vec<Block>) {
        let dom = self.dom;
        let caption = dom.elements(node).filter(|child| dom.name(*child) == "figcaption").last();
        let caption = caption.or_else(|| {
            dom.all(node, "figcaption").find(|inner| {
                dom.ancestors(*inner).find(|around| dom.name(*around) == "figure") == Some(node)
            })
        });
        self.captioned(node, caption, depth, out);
    }

    /// Reads what stands in `node`, and `caption` as the words under its last picture.
    pub(super) fn captioned(
        &mut self,
        node: usize,
        caption: Option<usize>,
        depth: usize,
        out: &mut Vec<Block>,
    ) {
        let Some(caption) = caption.filter(|caption| !self.is_silent(*caption)) else {
            return self.flow(node, depth, out);
        };
        self.left_out[caption] = true;
        let mut blocks = self.blocks_of(node, depth);
        self.left_out[caption] = false;
        let content = tidy::line(self.flat(caption, &Inline::HardBreak));
        if content.is_empty() {
            out.extend(blocks);
            return;
        }
        match blocks.last_mut().map(|last| &mut last.kind) {
            Some(BlockKind::Figure { caption, .. }) if caption.is_none() => *caption = Some(content),
            Some(BlockKind::Quote { cite, .. }) if cite.is_none() => {
                *cite = super::quote::plain_cite(content);
            }
            _ => {
                let span = self.place(caption);
                blocks.push(Block { span, kind: BlockKind::Paragraph(content) });
            }
        }
        out.extend(blocks);
    }
}

/// The addresses of a `srcset` and how wide they are, or how dense.
fn candidates(set: &str) -> Vec<(&str, u32)> {
    let mut found = Vec::new();
    let mut rest = set.trim_start_matches([',', ' ']);
    while !rest.is_empty() {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let word = &rest[..end];
        let address = word.trim_end_matches(',');
        let after = &rest[end..];
        // A comma ends a candidate where it ends a word, or stands after a size.
        let (size, more) = if address.len() < word.len() {
            ("1x", after)
        } else {
            after.split_once(',').unwrap_or((after, ""))
        };
        let size = size.split_ascii_whitespace().next().unwrap_or("1x");
        rest = more.trim_start();
        let number: f32 = size.trim_end_matches(['w', 'x', 'h']).parse().unwrap_or(1.0);
        let number = if size.ends_with('x') { number * 600.0 } else { number };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
        let number = number.clamp(0.0, 100_000.0) as u32;
        if !address.is_empty() {
            found.push((address, number));
        }
    }
    found
}

/// The page at which a film is watched that a frame would show.
fn watched(address: &str) -> String {
    for (frame, page) in [
        ("youtube.com/embed/", "https://www.youtube.com/watch?v="),
        ("youtube-nocookie.com/embed/", "https://www.youtube.com/watch?v="),
        ("player.vimeo.com/video/", "https://vimeo.com/"),
    ] {
        if let Some((_, rest)) = address.split_once(frame) {
            let film = rest.split(['?', '&', '#', '/']).next().unwrap_or_default();
            if !film.is_empty() && film != "videoseries" {
                return format!("{page}{film}");
            }
        }
    }
    address.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_pictures_is_read_with_its_sizes() {
        let set =
            "https://example.com/a,b.jpg 300w, https://example.com/c.jpg 1024w,https://example.com/d.jpg 2x";
        let sizes: Vec<u32> = candidates(set).into_iter().map(|(_, size)| size).collect();
        assert_eq!(sizes, [300, 1024, 1200]);
        assert_eq!(candidates("a.jpg, b.jpg 2x"), [("a.jpg", 600), ("b.jpg", 1200)]);
    }

    #[test]
    fn a_frame_leads_to_the_page_of_its_film() {
        assert_eq!(watched("https://www.youtube.com/embed/abc?rel=0"), "https://www.youtube.com/watch?v=abc");
        assert_eq!(watched("https://example.com/player"), "https://example.com/player");
    }
}
