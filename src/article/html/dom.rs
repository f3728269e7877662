//! The elements and texts of a page, numbered in the order in which they were written.
//!
//! The number of a node is also its place, so that a subtree is a range of numbers, and
//! questions about subtrees are sums over ranges.

use std::ops::Range;

use dom_query::{Document, NodeData, NodeId, NodeRef};

use crate::css;

/// How deep elements may be nested. A browser stops at 512; what people write stays
/// below 60.
pub(super) const DEEPEST: usize = 256;

/// Most nodes a page may have. It bounds time and memory for pages whose unclosed
/// elements a parser has to repeat.
pub(super) const MOST_NODES: usize = 2_000_000;

/// What a node is.
#[derive(Debug)]
pub(super) enum Kind {
    /// Words between elements.
    Text(String),
    /// An element.
    Element {
        /// Its name, in lower case.
        name: String,
        /// Its attributes.
        attributes: Vec<(String, String)>,
    },
}

#[derive(Debug)]
struct Node {
    parent: usize,
    end: usize,
    /// The element before it in the same one.
    before: Option<usize>,
    /// The number of its tag in the source.
    tag: Option<usize>,
    kind: Kind,
}

/// A page.
#[derive(Debug, Default)]
pub(super) struct Dom {
    nodes: Vec<Node>,
    ids: Vec<NodeId>,
}

impl Dom {
    /// Numbers the nodes of `document`; nothing when they are nested too deeply or are too
    /// many.
    pub(super) fn of(document: &Document) -> Option<Self> {
        let mut dom = Self::default();
        let root = document.root();
        dom.push(0, Kind::Element { name: String::new(), attributes: Vec::new() }, root.id);
        // What is open: the number of an element, its next child, and its last element so far.
        let mut open: Vec<(usize, Option<NodeRef<'_>>, Option<usize>)> = vec![(0, root.first_child(), None)];
        while let Some((parent, next, before)) = open.last_mut() {
            let parent = *parent;
            let Some(node) = *next else {
                dom.nodes[parent].end = dom.nodes.len();
                open.pop();
                continue;
            };
            *next = node.next_sibling();
            let Some(kind) = kind(&node) else { continue };
            let is_element = matches!(kind, Kind::Element { .. });
            let number = dom.push(parent, kind, node.id);
            dom.nodes[number].before = *before;
            if dom.nodes.len() > MOST_NODES {
                return None;
            }
            if is_element {
                *before = Some(number);
                if open.len() > DEEPEST {
                    return None;
                }
                open.push((number, node.first_child(), None));
            }
        }
        Some(dom)
    }

    fn push(&mut self, parent: usize, mut kind: Kind, id: NodeId) -> usize {
        let number = self.nodes.len();
        let mut tag = None;
        if let Kind::Element { attributes, .. } = &mut kind
            && let Some(at) = attributes.iter().position(|(name, _)| name == super::place::MARK)
        {
            tag = attributes.remove(at).1.parse().ok();
        }
        self.nodes.push(Node { parent, end: number + 1, before: None, tag, kind });
        self.ids.push(id);
        number
    }

    /// How many nodes there are; the first is the root.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// What the parser knows the node by.
    pub(super) fn id(&self, node: usize) -> NodeId {
        self.ids[node]
    }

    /// The node around it; the root is its own.
    pub(super) fn parent(&self, node: usize) -> usize {
        self.nodes[node].parent
    }

    /// The number of its tag among those of the source, if it has one.
    pub(super) fn tag(&self, node: usize) -> Option<usize> {
        self.nodes[node].tag
    }

    /// The element that stands before it in the same one.
    pub(super) fn before(&self, node: usize) -> Option<usize> {
        self.nodes[node].before
    }

    /// The nodes around it, from the nearest on, without the root.
    pub(super) fn ancestors(&self, node: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(self.parent(node)), |node| Some(self.parent(*node)))
            .take_while(|node| *node != 0)
    }

    /// It and all within it.
    pub(super) fn subtree(&self, node: usize) -> Range<usize> {
        node..self.nodes[node].end
    }

    /// All within it.
    pub(super) fn inside(&self, node: usize) -> Range<usize> {
        node + 1..self.nodes[node].end
    }

    /// Whether `inner` is `outer` or stands within it.
    pub(super) fn holds(&self, outer: usize, inner: usize) -> bool {
        self.subtree(outer).contains(&inner)
    }

    /// What stands directly within it.
    pub(super) fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        let end = self.nodes[node].end;
        let first = (node + 1 < end).then_some(node + 1);
        std::iter::successors(first, move |child| Some(self.nodes[*child].end).filter(|next| *next < end))
    }

    /// The elements directly within it.
    pub(super) fn elements(&self, node: usize) -> impl Iterator<Item = usize> {
        self.children(node).filter(|child| self.text(*child).is_none())
    }

    /// The text, if it is one.
    pub(super) fn text(&self, node: usize) -> Option<&str> {
        match &self.nodes[node].kind {
            Kind::Text(text) => Some(text),
            Kind::Element { .. } => None,
        }
    }

    /// The name of the element; empty for texts and the root.
    pub(super) fn name(&self, node: usize) -> &str {
        match &self.nodes[node].kind {
            Kind::Element { name, .. } => name,
            Kind::Text(_) => "",
        }
    }

    /// The value of an attribute, without the space around it.
    pub(super) fn attribute(&self, node: usize, name: &str) -> Option<&str> {
        let Kind::Element { attributes, .. } = &self.nodes[node].kind else { return None };
        attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// The value of an attribute, if it says anything.
    pub(super) fn filled(&self, node: usize, name: &str) -> Option<&str> {
        self.attribute(node, name).filter(|value| !value.is_empty())
    }

    /// The classes of an element.
    pub(super) fn classes(&self, node: usize) -> impl Iterator<Item = &str> {
        self.attribute(node, "class").unwrap_or_default().split_ascii_whitespace()
    }

    /// Whether an element has a class that `fits`.
    pub(super) fn has_class(&self, node: usize, fits: impl Fn(&str) -> bool) -> bool {
        self.classes(node).any(fits)
    }

    /// The first element of that name within `node`.
    pub(super) fn find(&self, node: usize, name: &str) -> Option<usize> {
        self.all(node, name).next()
    }

    /// The elements of that name within `node`.
    pub(super) fn all<'a>(&'a self, node: usize, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.inside(node).filter(move |inner| self.name(*inner) == name)
    }

    /// All words within `node`, white space collapsed.
    pub(super) fn words(&self, node: usize) -> String {
        let mut words = String::new();
        for text in self.subtree(node).filter_map(|inner| self.text(inner)) {
            if text.starts_with(char::is_whitespace) && !words.is_empty() {
                words.push(' ');
            }
            for word in text.split_whitespace() {
                words.push_str(word);
                words.push(' ');
            }
            if !text.ends_with(char::is_whitespace) {
                words.pop();
            }
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The value of a property of the `style` attribute.
    pub(super) fn style(&self, node: usize, property: &str) -> Option<&str> {
        css::declared(self.attribute(node, "style")?, property)
    }
}

fn kind(node: &NodeRef<'_>) -> Option<Kind> {
    node.query(|node| match &node.data {
        NodeData::Text { contents } => Some(Kind::Text(super::place::unmarked(contents))),
        NodeData::Element(element) => Some(Kind::Element {
            name: element.name.local.to_ascii_lowercase().to_string(),
            attributes: element
                .attrs
                .iter()
                .map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()))
                .collect(),
        }),
        _ => None,
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subtree_is_a_range_of_numbers() {
        let document = Document::fragment("<div>a<p>b<i>c</i></p></div><p>d</p>");
        let dom = Dom::of(&document).unwrap();
        let div = dom.find(0, "div").unwrap();
        let p = dom.find(div, "p").unwrap();
        assert_eq!(dom.words(div), "abc");
        assert_eq!(dom.children(div).count(), 2);
        assert_eq!(dom.elements(div).collect::<Vec<_>>(), [p]);
        assert!(dom.holds(div, p) && !dom.holds(p, div));
        assert_eq!(dom.all(0, "p").count(), 2);
    }

    #[test]
    fn what_is_nested_beyond_all_bounds_is_no_page() {
        let deep = "<div>".repeat(DEEPEST + 50);
        assert!(Dom::of(&Document::fragment(deep)).is_none());
    }
}
