//! The selectors that mails use: names, classes, ids and attributes, within each other.
//!
//! What is not understood (`:hover`, `+`, `~`) matches nothing: it says nothing about
//! how a mail looks while nobody touches it.

use super::page::{Element, Page};

/// A selector without commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector {
    /// From left to right; whether each must be the parent of the next, and not just
    /// somewhere around it.
    parts: Vec<(Compound, bool)>,
}

/// What one element must be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Compound {
    name: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
    attributes: Vec<(String, Option<String>)>,
    is_root: bool,
}

impl Selector {
    /// Reads a selector; none when it holds something that is not understood.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts: Vec<(Compound, bool)> = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('>') {
                parts.last_mut()?.1 = true;
                rest = after.trim_start();
                continue;
            }
            let (compound, after) = Compound::parse(rest)?;
            parts.push((compound, false));
            rest = after.trim_start();
        }
        (!parts.is_empty()).then_some(Self { parts })
    }

    /// Ids, classes and attributes, names (Selectors 4 §17).
    pub(super) fn specificity(&self) -> (usize, usize, usize) {
        self.parts.iter().fold((0, 0, 0), |(ids, classes, names), (part, _)| {
            (
                ids + usize::from(part.id.is_some()),
                classes + part.classes.len() + part.attributes.len() + usize::from(part.is_root),
                names + usize::from(part.name.is_some()),
            )
        })
    }

    /// The numbers of the elements it matches.
    pub(super) fn matches<'a>(&'a self, page: &'a Page) -> impl Iterator<Item = usize> + 'a {
        (0..page.elements.len()).filter(|number| self.is_match(page, *number))
    }

    fn is_match(&self, page: &Page, number: usize) -> bool {
        let Some(((last, _), before)) = self.parts.split_last() else { return false };
        last.is_match(&page.elements[number]) && holds(before, page, page.elements[number].parent)
    }
}

/// Whether the parts match something at `from` and around it.
fn holds(parts: &[(Compound, bool)], page: &Page, from: Option<usize>) -> bool {
    let Some(((last, is_parent), before)) = parts.split_last() else { return true };
    let mut at = from;
    while let Some(number) = at {
        let element = &page.elements[number];
        if last.is_match(element) && holds(before, page, element.parent) {
            return true;
        }
        if *is_parent {
            return false;
        }
        at = element.parent;
    }
    false
}

impl Compound {
    fn parse(text: &str) -> Option<(Self, &str)> {
        let mut compound = Self::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            match first {
                '*' => rest = &rest[1..],
                '.' => {
                    let (name, after) = word(&rest[1..])?;
                    compound.classes.push(name);
                    rest = after;
                }
                '#' => {
                    let (name, after) = word(&rest[1..])?;
                    compound.id = Some(name);
                    rest = after;
                }
                '[' => {
                    let (inside, after) = rest[1..].split_once(']')?;
                    let (name, value) = match inside.split_once('=') {
                        Some((name, value)) => {
                            (name, Some(value.trim().trim_matches(['"', '\'']).to_owned()))
                        }
                        None => (inside, None),
                    };
                    // `~=` and the like are rarer than wrong guesses would be.
                    if name.ends_with(['~', '^', '$', '*', '|']) {
                        return None;
                    }
                    compound.attributes.push((name.trim().to_ascii_lowercase(), value));
                    rest = after;
                }
                ':' => {
                    rest = rest.strip_prefix(":root")?;
                    compound.is_root = true;
                }
                ' ' | '\t' | '\n' | '\r' | '>' => break,
                _ => {
                    let (name, after) = word(rest)?;
                    compound.name = Some(name.to_ascii_lowercase());
                    rest = after;
                }
            }
        }
        Some((compound, rest))
    }

    fn is_match(&self, element: &Element) -> bool {
        self.name.as_ref().is_none_or(|name| *name == element.name)
            && (!self.is_root || element.name == "html")
            && self.id.as_ref().is_none_or(|id| element.attribute("id") == Some(id))
            && self.classes.iter().all(|class| element.has_class(class))
            && self.attributes.iter().all(|(name, value)| {
                let found = element.attribute(name);
                value.as_deref().map_or(found.is_some(), |value| found == Some(value))
            })
    }
}

fn word(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(selector: &str) -> Vec<String> {
        let page = Page::parse(
            "<body class=page><div class='a b' id=one><p><i title=x>1</i></p></div><div class=a><p>2</p></div></body>",
        );
        let selector = Selector::parse(selector);
        let numbers = selector.iter().flat_map(|selector| selector.matches(&page).collect::<Vec<_>>());
        numbers.map(|number| page.words(number)).collect()
    }

    #[test]
    fn what_mails_use_matches_as_browsers_match_it() {
        for (selector, expected) in [
            ("p", &["1", "2"][..]),
            (".a.b p", &["1"]),
            ("body > p", &[]),
            ("body > .a > p", &["1", "2"]),
            ("#one > p i", &["1"]),
            ("[title=\"x\"]", &["1"]),
            ("i[title]", &["1"]),
            ("div p, x", &[]),
            ("p:hover", &[]),
            ("p + p", &[]),
            ("", &[]),
            ("> p", &[]),
        ] {
            assert_eq!(matched(selector), expected, "{selector}");
        }
        assert_eq!(matched("*").len(), 8);
    }

    #[test]
    fn ids_weigh_more_than_classes_and_classes_more_than_names() {
        let weight = |text| Selector::parse(text).unwrap().specificity();
        assert!(weight("#a") > weight(".a.b p") && weight(".a") > weight("div p i"));
    }
}
