//! Finds what a page folds away under headings that open it.

use std::collections::{HashMap, HashSet};

use super::controls::is_icon;
use super::dom::Dom;
use super::names::{self, Name};
use super::walk::{SILENT, is_block};

/// How many elements around a button may be the heading that it is.
const AROUND: usize = 4;

/// Most nodes of what is looked at for words beside a button.
const LARGEST: usize = 256;

/// Most digits of the number before the words of a heading; a year is words.
const DIGITS: usize = 3;

/// Most words of a button that is a tool.
const TOOL: usize = 4;

/// What tools say first, that stand at a text as its headings do.
const TOOLS: [&str; 36] = [
    "close",
    "copy",
    "download",
    "follow",
    "hide",
    "listen",
    "load",
    "more",
    "next",
    "open",
    "play",
    "previous",
    "print",
    "read more",
    "save",
    "search",
    "see more",
    "share",
    "show",
    "subscribe",
    "toggle",
    "view",
    "abonnieren",
    "anhören",
    "drucken",
    "kopieren",
    "mehr",
    "suche",
    "teilen",
    "copier",
    "partager",
    "lire la suite",
    "voir plus",
    "compartir",
    "copiar",
    "ver más",
];

/// What they say and nothing else.
const TOOLS_WHOLE: [&str; 7] =
    ["contents", "inhalt", "menu", "menü", "on this page", "sommaire", "table of contents"];

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
    let digits = if expands && heading.is_some() { DIGITS } else { 0 };
    heading
        .or_else(|| Some(dom.parent(node)).filter(|_| asks))
        .filter(|heading| is_alone(dom, *heading, node, digits))
        .or_else(|| title(dom, node).filter(|_| expands && heading.is_none()))
}

/// The button that unfolds the words under it, or what holds nothing but the button: it
/// names what it unfolds, or they are all there is of what stands around them.
fn title(dom: &Dom, button: usize) -> Option<usize> {
    let is_around = |around: usize| {
        matches!(dom.name(around), "nav" | "footer" | "form" | "menu")
            || dom.attribute(around, "role") == Some("tablist")
    };
    let is_chrome = |around: usize| names::of(dom, around) == Name::Certain;
    if is_tool(&dom.words(button))
        || dom.ancestors(button).any(is_around)
        || dom.ancestors(button).take(AROUND).any(is_chrome)
    {
        return None;
    }
    let mut head = button;
    for _ in 0..AROUND {
        let parent = dom.parent(head);
        if !is_behind_blocks(dom, head) {
            return None;
        }
        let mut rest = dom.subtree(head).end..dom.subtree(parent).end;
        let Some(next) = rest.find(|next| dom.text(*next).is_none_or(|text| !text.trim().is_empty())) else {
            // The button is the last there; what it unfolds may follow what is around it.
            if !is_alone(dom, parent, button, 0) {
                return None;
            }
            head = parent;
            continue;
        };
        let is_panel =
            is_block(dom.name(next)) && names::of(dom, next) == Name::Silent && has_words(dom, next);
        let is_meant = names_within(dom, button, next) || (head == button && is_all(dom, button, next));
        return Some(head).filter(|_| is_panel && is_meant);
    }
    None
}

/// Whether nothing stands before an element in its line.
fn is_behind_blocks(dom: &Dom, node: usize) -> bool {
    let before = dom.before(node);
    let start = before.map_or(dom.parent(node) + 1, |before| dom.subtree(before).end);
    (start..node).all(|between| dom.text(between).is_none_or(|text| text.trim().is_empty()))
        && before.is_none_or(|before| is_block(dom.name(before)) || is_wordless(dom, before))
}

/// Whether a button names something within `panel` as what it controls.
fn names_within(dom: &Dom, button: usize, panel: usize) -> bool {
    let named = dom.attribute(button, "aria-controls").unwrap_or_default();
    let is_named = |id: &str| named.split_ascii_whitespace().any(|name| name == id);
    !named.is_empty()
        && dom.subtree(panel).take(LARGEST).any(|inner| dom.filled(inner, "id").is_some_and(is_named))
}

/// Whether a button and the panel under it are all that stands in an element.
fn is_all(dom: &Dom, button: usize, panel: usize) -> bool {
    let parent = dom.parent(button);
    let behind = dom.subtree(panel).end..dom.subtree(parent).end;
    !matches!(dom.name(parent), "" | "html" | "body" | "main" | "article")
        && dom.before(button).is_none_or(|before| is_wordless(dom, before))
        && behind.len() <= LARGEST
        && behind.into_iter().all(|inner| is_empty(dom, inner))
}

/// Whether an element is small and says nothing.
fn is_wordless(dom: &Dom, node: usize) -> bool {
    dom.inside(node).len() <= LARGEST && dom.subtree(node).all(|inner| is_empty(dom, inner))
}

/// Whether a node is neither words nor something to press or to fill in.
fn is_empty(dom: &Dom, node: usize) -> bool {
    dom.text(node).unwrap_or_default().trim().is_empty()
        && !matches!(dom.name(node), "a" | "button" | "input" | "select" | "textarea")
}

/// Whether an element says something besides what leads elsewhere or can be pressed.
fn has_words(dom: &Dom, panel: usize) -> bool {
    let mut node = panel;
    let end = dom.subtree(panel).end.min(panel + 4 * LARGEST);
    while node < end {
        let name = dom.name(node);
        if SILENT.contains(&name)
            || matches!(name, "a" | "button" | "label" | "select" | "textarea" | "nav" | "svg")
        {
            node = dom.subtree(node).end;
            continue;
        }
        if dom.text(node).is_some_and(|text| text.contains(char::is_alphanumeric)) {
            return true;
        }
        node += 1;
    }
    false
}

/// Whether a button says what it does with a text: `Copy link`.
fn is_tool(words: &str) -> bool {
    let words = words.trim_matches(is_icon).to_lowercase();
    let begins =
        |tool: &str| words.strip_prefix(tool).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    words.is_empty()
        || TOOLS_WHOLE.contains(&words.as_str())
        || (words.split_whitespace().count() <= TOOL && TOOLS.iter().any(|tool| begins(tool)))
}

/// Whether a class says that an element is the heading of what is folded.
fn heads(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    let folded =
        ["accordion", "faq", "collapse", "toggle", "question"].iter().any(|word| class.contains(word));
    folded && ["head", "title", "question", "trigger", "button"].iter().any(|word| class.contains(word))
}

/// Whether `around` has no words and no other button besides `node`, and no more than a
/// number of so many digits.
fn is_alone(dom: &Dom, around: usize, node: usize, digits: usize) -> bool {
    let inside = dom.inside(around);
    let mut left = digits;
    let mut is_beside = |c: char| {
        let counts = c.is_ascii_digit() && left > 0;
        left -= usize::from(counts);
        counts || !c.is_alphanumeric()
    };
    inside.len() <= LARGEST
        && inside.filter(|inner| !dom.subtree(node).contains(inner)).all(|inner| {
            dom.text(inner).unwrap_or_default().chars().all(&mut is_beside)
                && !matches!(dom.name(inner), "button" | "input" | "select" | "textarea")
        })
}
