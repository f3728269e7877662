//! Finds the notes of a page: small marks that lead to a place below, and back.

use std::collections::{BTreeSet, HashMap};

use super::walk::Walk;
use crate::article::{Block, BlockKind, Footnote, Inline};

/// The notes of a page.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// For each mark, by number: the element that holds the note.
    marks: HashMap<usize, usize>,
    /// The notes in the order in which they are first referred to.
    order: Vec<usize>,
    /// Where each stands in that order.
    known: HashMap<usize, usize>,
    /// Which place within the page leads where, so that ways back are known.
    bodies: BTreeSet<usize>,
}

/// Longest mark, in characters.
const LONGEST_MARK: usize = 5;

/// What stands above notes.
const HEADINGS: [&str; 12] = [
    "footnotes",
    "footnote",
    "notes",
    "references",
    "endnotes",
    "fußnoten",
    "anmerkungen",
    "notes de bas de page",
    "notas",
    "notas al pie",
    "einzelnachweise",
    "references and notes",
];

impl Walk<'_, '_> {
    /// Finds the notes that marks within `root` lead to, and leaves their bodies out of
    /// the text.
    pub(super) fn find_notes(&mut self, root: usize) {
        let dom = self.dom;
        let mut places: HashMap<&str, usize> = HashMap::new();
        for node in 1..dom.len() {
            let named =
                dom.filled(node, "id").or_else(|| dom.filled(node, "name").filter(|_| dom.name(node) == "a"));
            if let Some(name) = named {
                places.entry(name).or_insert(node);
            }
        }
        for link in dom.all(root, "a") {
            let shown =
                |around: usize| !self.left_out[around] && !matches!(dom.name(around), "pre" | "code" | "svg");
            if self.is_silent(link) || !self.is_mark(link) || !dom.ancestors(link).all(shown) {
                continue;
            }
            let place = dom.attribute(link, "href").and_then(|href| self.base.within(href));
            let Some(target) = place.and_then(|place| places.get(place).copied()) else { continue };
            if let Some(body) = self.note_body(link, target) {
                self.notes.marks.insert(link, body);
                self.notes.bodies.insert(body);
            }
        }
        let bodies: Vec<usize> = self.notes.bodies.iter().copied().collect();
        for body in &bodies {
            self.left_out[*body] = true;
        }
        if let Some(first) = bodies.first() {
            self.leave_out_above(*first);
        }
    }

    fn is_mark(&self, link: usize) -> bool {
        let dom = self.dom;
        let words = dom.words(link);
        let sign = words.trim_matches(['[', ']', '(', ')', ' ']);
        let count = sign.chars().count();
        let sound = (1..=LONGEST_MARK).contains(&count)
            && (sign.chars().all(|c| c.is_ascii_digit())
                || sign.chars().all(|c| matches!(c, '*' | '†' | '‡' | '§'))
                || (count == 1 && sign.chars().all(|c| c.is_ascii_lowercase())));
        let raised = |node: usize| dom.name(node) == "sup" || self.looks.look(node).raised;
        let named = |class: &str| class.contains("footnote") || class.contains("noteref");
        sound
            && (raised(link)
                || raised(dom.parent(link))
                || dom.inside(link).any(raised)
                || dom.has_class(link, named)
                || words.starts_with('[')
                || dom.attribute(link, "role") == Some("doc-noteref"))
    }

    /// The element that holds the note which begins at `target`.
    fn note_body(&self, mark: usize, target: usize) -> Option<usize> {
        let dom = self.dom;
        let whole =
            |node: &usize| matches!(dom.name(*node), "li" | "p" | "div" | "dd" | "aside" | "section" | "td");
        let body = std::iter::once(target).chain(dom.ancestors(target)).find(whole)?;
        let around = dom.parent(body);
        // Word and Substack put each note into a box of its own.
        let own = |node: usize| {
            let id = dom.attribute(node, "id").unwrap_or_default();
            dom.name(node) == "div"
                && (id.starts_with("ftn") || dom.has_class(node, |class| class == "footnote"))
        };
        let alone =
            dom.name(around) == "div" && dom.elements(around).nth(1).is_none() && dom.name(body) == "p";
        let body = if own(around) || alone { around } else { body };
        (body > mark && !dom.holds(body, mark)).then_some(body)
    }

    /// Leaves out the line and the heading that stand between a text and its notes.
    fn leave_out_above(&mut self, first: usize) {
        let dom = self.dom;
        let mut node = first;
        loop {
            let around = dom.parent(node);
            for above in
                dom.elements(around).take_while(|other| *other < node).collect::<Vec<_>>().into_iter().rev()
            {
                let name = dom.name(above);
                let words = dom.words(above).to_lowercase();
                let heading = matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "p" | "div")
                    && HEADINGS.contains(&words.trim_end_matches(':'));
                if !(matches!(name, "hr" | "br")
                    || heading
                    || (words.is_empty() && dom.find(above, "img").is_none()))
                {
                    return;
                }
                self.left_out[above] = true;
            }
            if !matches!(dom.name(around), "ol" | "ul" | "section" | "div" | "footer") {
                return;
            }
            node = around;
        }
    }

    /// Reads the mark of a note; whether `node` is one.
    pub(super) fn note_mark(&mut self, node: usize, out: &mut Vec<Inline>) -> bool {
        let link = if self.dom.name(node) == "a" {
            Some(node)
        } else {
            let only = self.dom.elements(node).find(|child| self.dom.name(*child) == "a");
            only.filter(|link| self.dom.words(*link) == self.dom.words(node))
        };
        let Some(body) = link.and_then(|link| self.notes.marks.get(&link).copied()) else { return false };
        let next = self.notes.order.len();
        let index = *self.notes.known.entry(body).or_insert(next);
        if index == next {
            self.notes.order.push(body);
        }
        out.push(Inline::Footnote(index));
        true
    }

    /// Reads the notes that were referred to. A note may refer to further ones.
    pub(super) fn footnotes(&mut self) -> Vec<Footnote> {
        let mut footnotes = Vec::new();
        while let Some(body) = self.notes.order.get(footnotes.len()).copied() {
            self.left_out[body] = false;
            self.leave_out_ways_back(body);
            let span = self.place(body);
            let mut blocks = if self.dom.name(body) == "p" {
                let mut blocks = Vec::new();
                self.siblings(&[body], 0, &mut blocks);
                blocks
            } else {
                self.blocks_of(body, 0)
            };
            if let Some(BlockKind::Paragraph(content)) = blocks.first_mut().map(|block| &mut block.kind) {
                without_number(content);
            }
            footnotes.push(Footnote { span, blocks });
        }
        footnotes
    }

    /// Reads the notes whose marks turned out not to be shown: their words are the article's.
    pub(super) fn lost_notes(&mut self, out: &mut Vec<Block>) {
        let lost: Vec<usize> =
            self.notes.bodies.iter().copied().filter(|body| !self.notes.known.contains_key(body)).collect();
        for body in lost {
            self.left_out[body] = false;
            self.siblings(&[body], 0, out);
        }
    }

    /// Leaves out links from a note to its marks.
    fn leave_out_ways_back(&mut self, body: usize) {
        let dom = self.dom;
        for link in dom.all(body, "a") {
            let within = dom.attribute(link, "href").is_some_and(|href| self.base.within(href).is_some());
            let sign = dom.words(link);
            let bare = sign.trim_matches(|c: char| !c.is_alphanumeric());
            if within && !self.notes.marks.contains_key(&link) && (bare.len() <= 3 || sign.contains('↩')) {
                self.left_out[link] = true;
            }
        }
    }
}

/// Takes the number off the beginning of a note.
fn without_number(content: &mut Vec<Inline>) {
    let Some(Inline::Text(text)) = content.first_mut() else { return };
    let rest = text.trim_start_matches(['.', ')', ':', '^', ']', ' ', '\u{a0}']);
    *text = rest.to_owned();
    if text.is_empty() {
        content.remove(0);
    }
}
