//! The finished HTML as the rules look at it: elements, words and style sheets in the
//! order of the document.

use std::collections::HashMap;
use std::ops::Range;

use dom_query::{Document, NodeId, NodeRef};

use crate::css::{Sheet, Tree};

/// A page.
pub(super) struct Page {
    /// Parents stand before their children.
    pub(super) elements: Vec<Element>,
    /// What is shown, if nothing hides it.
    pub(super) runs: Vec<Run>,
    pub(super) sheets: Vec<Sheet>,
    /// How long all style sheets are together, in bytes.
    pub(super) style_size: usize,
    pub(super) title: String,
    /// The last element met in each.
    last_in: HashMap<Option<usize>, usize>,
}

/// An element.
pub(super) struct Element {
    pub(super) name: String,
    pub(super) parent: Option<usize>,
    /// The element before it in the same one.
    before: Option<usize>,
    /// One past its last descendant.
    pub(super) end: usize,
    /// The words in it.
    pub(super) runs: Range<usize>,
    /// Whether Word, and so the older Outlooks, are told to pass over it.
    pub(super) not_for_word: bool,
    attributes: Vec<(String, String)>,
}

/// A stretch of text.
pub(super) struct Run {
    pub(super) text: String,
    /// The element it stands in.
    pub(super) element: usize,
}

impl Element {
    /// An attribute, in lower case, as it is written.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All attributes.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Page {
    pub(super) fn parse(html: &str) -> Self {
        let document = Document::from(html);
        let mut page = Self {
            elements: Vec::new(),
            runs: Vec::new(),
            sheets: Vec::new(),
            style_size: 0,
            title: String::new(),
            last_in: HashMap::new(),
        };
        let mut numbers: HashMap<NodeId, usize> = HashMap::new();
        let mut for_all_but_word = false;
        for node in document.root().descendants_it() {
            let parent = node.parent().and_then(|parent| numbers.get(&parent.id).copied());
            if node.is_element() {
                numbers.insert(node.id, page.elements.len());
                page.element(&node, parent, for_all_but_word);
            } else if node.is_comment() {
                let text = comment(&node);
                for_all_but_word =
                    text.starts_with("[if !mso") || for_all_but_word && !text.contains("<![endif]");
            } else if let Some(parent) = parent.filter(|_| node.is_text()) {
                page.text(node.text().to_string(), parent);
            }
        }
        page.close();
        page
    }

    fn element(&mut self, node: &NodeRef<'_>, parent: Option<usize>, not_for_word: bool) {
        let attributes = node.attrs();
        self.elements.push(Element {
            name: node.node_name().map(|name| name.to_ascii_lowercase()).unwrap_or_default(),
            parent,
            before: self.last_in.insert(parent, self.elements.len()),
            end: 0,
            runs: self.runs.len()..self.runs.len(),
            not_for_word,
            attributes: attributes
                .iter()
                .map(|one| (one.name.local.to_string().to_ascii_lowercase(), one.value.to_string()))
                .collect(),
        });
    }

    fn text(&mut self, text: String, element: usize) {
        match self.elements[element].name.as_str() {
            "style" => {
                self.style_size += text.len();
                self.sheets.push(Sheet::parse(&text));
            }
            "title" => self.title.push_str(&text),
            "script" | "head" | "html" | "textarea" | "template" => {}
            _ if text.trim().is_empty() && text.contains('\n') => {
                self.runs.push(Run { text: " ".to_owned(), element });
            }
            _ => self.runs.push(Run { text, element }),
        }
    }

    /// Works out where each element ends, now that all are there.
    fn close(&mut self) {
        let (elements, runs) = (self.elements.len(), &self.runs);
        for (number, element) in self.elements.iter_mut().enumerate() {
            element.end = number + 1;
            element.runs = runs.len()..0;
        }
        for (number, run) in runs.iter().enumerate() {
            let own = &mut self.elements[run.element].runs;
            *own = own.start.min(number)..own.end.max(number + 1);
        }
        // Children come after their parents, so that each is whole when it is added.
        for number in (0..elements).rev() {
            let (end, runs) = (self.elements[number].end, self.elements[number].runs.clone());
            if let Some(parent) = self.elements[number].parent {
                let parent = &mut self.elements[parent];
                parent.end = parent.end.max(end);
                parent.runs = parent.runs.start.min(runs.start)..parent.runs.end.max(runs.end);
            }
        }
        for element in &mut self.elements {
            if element.runs.start > element.runs.end {
                element.runs = 0..0;
            }
        }
    }

    /// All elements of this name, with their numbers.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (usize, &'a Element)> {
        self.elements.iter().enumerate().filter(move |(_, element)| element.name == name)
    }

    /// The elements in an element, without itself.
    pub(super) fn within(&self, number: usize) -> &[Element] {
        &self.elements[number + 1..self.elements[number].end]
    }

    /// The element and those it stands in, from the inside out.
    pub(super) fn around(&self, number: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(number), |number| self.elements[*number].parent)
    }

    /// The words of an element, white space made single.
    pub(super) fn words(&self, number: usize) -> String {
        let mut words = String::new();
        for run in &self.runs[self.elements[number].runs.clone()] {
            words.push_str(&run.text);
        }
        single_spaced(&words)
    }
}

impl Tree for Page {
    fn name(&self, node: usize) -> &str {
        &self.elements[node].name
    }

    fn attribute(&self, node: usize, name: &str) -> Option<&str> {
        self.elements[node].attribute(name)
    }

    fn parent(&self, node: usize) -> Option<usize> {
        self.elements[node].parent
    }

    fn before(&self, node: usize) -> Option<usize> {
        self.elements[node].before
    }

    fn after(&self, node: usize) -> Option<usize> {
        let own = &self.elements[node];
        let next = self.elements.get(own.end).filter(|next| next.parent == own.parent);
        next.map(|_| own.end)
    }
}

fn comment(node: &NodeRef<'_>) -> String {
    let html = node.html();
    let text = html.trim().trim_start_matches("<!--");
    text.trim_end_matches("-->").trim().to_owned()
}

/// `text` with single spaces for its white space and none at its ends.
pub(super) fn single_spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_children_belong_to_the_elements_they_stand_in() {
        let page = Page::parse(
            "<html><head><title>T</title><style>a{b:c}</style></head><body><p id=a>one <b>two</b> three</p>\
             <!--[if !mso]><!--><i>four</i><!--<![endif]--><p></p></body></html>",
        );
        let (p, element) = page.named("p").next().unwrap();
        assert_eq!((page.words(p).as_str(), element.attribute("id")), ("one two three", Some("a")));
        assert_eq!(page.within(p).len(), 1);
        let (body, _) = page.named("body").next().unwrap();
        assert_eq!(page.words(body), "one two threefour");
        let (last, _) = page.named("p").last().unwrap();
        assert_eq!(page.words(last), "");
        assert_eq!((page.title.as_str(), page.style_size, page.sheets.len()), ("T", 6, 1));
        let hidden: Vec<&str> =
            page.elements.iter().filter(|one| one.not_for_word).map(|one| one.name.as_str()).collect();
        assert_eq!(hidden, ["i"]);
    }
}
