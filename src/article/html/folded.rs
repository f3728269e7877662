//! Finds what a page folds away under headings that open it.

use std::collections::{HashMap, HashSet};

use super::controls::is_icon;
use super::dom::Dom;

/// How many elements around a button may be the heading that it is.
const AROUND: usize = 4;

/// Most nodes of what is looked at for words beside a button.
const LARGEST: usize = 256;

/// What readers of the page unfold: it is part of the text, though the page does not show
/// it at first.
pub(super) fn panels(dom: &Dom) -> HashSet<usize> {
    let buttons: Vec<usize> = dom.all(0, "button").filter(|button| opens(dom, *button)).collect();
    if buttons.is_empty() {
        return HashSet::new();
    }
    let named: HashMap<&str, usize> =
        (1..dom.len()).rev().filter_map(|node| Some((dom.filled(node, "id")?, node))).collect();
    let panel = |button: &usize| {
        let controls = dom.filled(*button, "aria-controls").and_then(|id| named.get(id));
        controls.copied().or_else(|| below(dom, heading(dom, *button)?))
    };
    buttons.iter().filter_map(panel).collect()
}

/// The element under a heading, or under what holds nothing but the heading.
fn below(dom: &Dom, heading: usize) -> Option<usize> {
    let mut above = heading;
    for _ in 0..AROUND {
        let parent = dom.parent(above);
        let mut next = dom.subtree(above).end;
        while next < dom.len() && dom.parent(next) == parent {
            match dom.text(next) {
                Some(text) if !text.trim().is_empty() => return None,
                Some(_) => next = dom.subtree(next).end,
                None => return Some(next),
            }
        }
        if dom.elements(parent).next() != Some(above) {
            return None;
        }
        above = parent;
    }
    None
}

/// Whether a button opens the text under it, whose heading it is: it is all that stands
/// there. One beside the words of a heading does something with it, and one among other
/// words, or among other buttons, is a tool.
pub(super) fn opens(dom: &Dom, node: usize) -> bool {
    heading(dom, node).is_some()
}

/// The heading that a button is, if it is one.
fn heading(dom: &Dom, node: usize) -> Option<usize> {
    if dom.name(node) != "button" || dom.attribute(node, "aria-haspopup").is_some() {
        return None;
    }
    let expands = ["aria-expanded", "aria-controls"].iter().any(|name| dom.attribute(node, name).is_some());
    let asks = expands && dom.words(node).trim_end_matches(is_icon).ends_with(['?', '？', '؟']);
    let heading = dom.ancestors(node).take(AROUND).find(|around| {
        matches!(dom.name(*around), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "summary" | "dt")
            || dom.attribute(*around, "role") == Some("heading")
            || (expands && dom.has_class(*around, heads))
    });
    heading
        .or_else(|| Some(dom.parent(node)).filter(|_| asks))
        .filter(|heading| is_alone(dom, *heading, node))
}

/// Whether a class says that an element is the heading of what is folded.
fn heads(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    let folded =
        ["accordion", "faq", "collapse", "toggle", "question"].iter().any(|word| class.contains(word));
    folded && ["head", "title", "question", "trigger", "button"].iter().any(|word| class.contains(word))
}

/// Whether `around` has no words and no other button besides `node`.
fn is_alone(dom: &Dom, around: usize, node: usize) -> bool {
    let inside = dom.inside(around);
    inside.len() <= LARGEST
        && inside.filter(|inner| !dom.subtree(node).contains(inner)).all(|inner| {
            let text = dom.text(inner).unwrap_or_default();
            !text.contains(char::is_alphanumeric)
                && !matches!(dom.name(inner), "button" | "input" | "select" | "textarea")
        })
}
