//! Finds what a page has and does not show, and tells it.

use super::look::Look;
use super::walk::{SILENT, Walk};
use crate::problem::Span;

/// Fewest words of a block that are told when a style sheet hides them: it may be a script
/// that shows them, once readers ask for it.
const A_SENTENCE: usize = 5;

/// What a page does not show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hidden {
    pub(super) words: usize,
    pub(super) pictures: usize,
    pub(super) links: usize,
    /// Whether they are told however few they are.
    pub(super) told: bool,
    /// Where the first of it stands.
    pub(super) first: Span,
}

impl Walk<'_, '_> {
    /// Whether a page does not show `node`, and no heading opens it.
    pub(super) fn is_hidden(&self, node: usize) -> bool {
        let dom = self.dom;
        if self.panels.contains(&node) {
            return false;
        }
        dom.attribute(node, "hidden").is_some()
            || (dom.name(node) == "dialog" && dom.attribute(node, "open").is_none())
            || self.looks.look(node).hides(dom.name(node))
    }

    /// Whether it is a style sheet that hides `node`, and not what is written beside it.
    fn is_hidden_by_a_sheet(&self, node: usize) -> bool {
        let dom = self.dom;
        let own = dom.attribute(node, "style").map(Look::styled).unwrap_or_default();
        self.looks.look(node).hides(dom.name(node))
            && !own.hides(dom.name(node))
            && dom.attribute(node, "hidden").is_none()
    }

    /// Tells what of `root` the page does not show, and gives how much of it is the article's.
    pub(super) fn tell_hidden(&mut self, root: usize) -> Option<Hidden> {
        let dom = self.dom;
        let mut hidden: Option<Hidden> = None;
        let mut node = root + 1;
        while node < dom.subtree(root).end {
            let passed = self.is_silent(node);
            if passed && !self.left_out[node] && self.is_hidden(node) && !SILENT.contains(&dom.name(node)) {
                let words = dom.words(node);
                let pictures: Vec<usize> =
                    dom.subtree(node).filter(|inner| self.is_picture(*inner)).collect();
                let links = dom.subtree(node).filter(|inner| self.leads_on(*inner)).count();
                let picture = pictures.first().and_then(|first| {
                    dom.filled(*first, "alt").or_else(|| dom.filled(*first, "src")).map(str::to_owned)
                });
                let played = dom
                    .subtree(node)
                    .find(|inner| matches!(dom.name(*inner), "iframe" | "video" | "audio" | "embed"));
                let played = || played.and_then(|played| dom.filled(played, "src")).map(str::to_owned);
                let said = match picture.or_else(played) {
                    Some(shown) if words.is_empty() => shown,
                    _ => words.clone(),
                };
                if !said.is_empty() || !pictures.is_empty() {
                    let first = self.spot(node);
                    if self.looks.replaced.contains(&node) {
                        self.guess(first, "left out: other screens show it in place of what is kept", &said);
                        node = dom.subtree(node).end;
                        continue;
                    }
                    self.guess(first, "left out: the page does not show it", &said);
                }
                if !words.is_empty() || !pictures.is_empty() {
                    let first = self.spot(node);
                    let all =
                        hidden.get_or_insert(Hidden { words: 0, pictures: 0, links: 0, told: false, first });
                    let count = words.split_whitespace().count();
                    all.words += count;
                    all.told |=
                        count >= A_SENTENCE && self.is_blocky(node) && self.is_hidden_by_a_sheet(node);
                    all.pictures += pictures.len();
                    all.links += links;
                }
            }
            node = if passed { dom.subtree(node).end } else { node + 1 };
        }
        hidden
    }

    /// Whether `node` is a picture with something to see.
    fn is_picture(&self, node: usize) -> bool {
        let dom = self.dom;
        let tiny = |size: &str| matches!(size.trim_end_matches("px"), "0" | "1");
        dom.name(node) == "img"
            && !["width", "height"].iter().any(|side| {
                dom.attribute(node, side).is_some_and(tiny) || dom.style(node, side).is_some_and(tiny)
            })
    }

    /// Whether `node` is a link with something to see that leads out of the page.
    fn leads_on(&self, node: usize) -> bool {
        let href = || self.dom.filled(node, "href");
        self.dom.name(node) == "a"
            && self.dom.subtree(node).any(|inner| {
                self.is_picture(inner) || self.dom.text(inner).is_some_and(|text| !text.trim().is_empty())
            })
            && href().is_some_and(|href| {
                !href.starts_with('#') && !href.to_ascii_lowercase().starts_with("javascript:")
            })
    }
}
