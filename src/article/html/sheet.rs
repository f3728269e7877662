//! Reads the plain rules of style sheets: those for elements by their name, id and
//! classes, outside of media queries.

use super::dom::Dom;

/// What a rule is for: an element that has all of this.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Selector {
    name: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
}

impl Selector {
    /// Reads one such as `.c3`, `#top` or `p.lead.small`; nothing if it says more.
    fn read(text: &str) -> Option<Self> {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let mut selector = Self::default();
        let first = text.find(|c| !is_name(c)).unwrap_or(text.len());
        if first > 0 {
            selector.name = Some(text[..first].to_ascii_lowercase());
        }
        let mut rest = &text[first..];
        while let Some(mark) = rest.chars().next() {
            let after = &rest[mark.len_utf8()..];
            let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
            let name = after[..end].to_owned();
            match mark {
                _ if name.is_empty() => return None,
                '.' => selector.classes.push(name),
                '#' if selector.id.is_none() => selector.id = Some(name),
                _ => return None,
            }
            rest = &after[end..];
        }
        (selector != Self::default()).then_some(selector)
    }

    /// Whether it is for all elements of a name.
    pub(super) fn is_general(&self) -> bool {
        self.id.is_none() && self.classes.is_empty()
    }

    /// What an element must have for it, to look it up by.
    pub(super) fn key(&self) -> String {
        match (&self.id, self.classes.first(), &self.name) {
            (Some(id), _, _) => format!("#{id}"),
            (None, Some(class), _) => format!(".{class}"),
            (None, None, name) => name.clone().unwrap_or_default(),
        }
    }

    /// How far it goes before others (Selectors §17).
    pub(super) fn weight(&self) -> (usize, usize, usize) {
        (usize::from(self.id.is_some()), self.classes.len(), usize::from(self.name.is_some()))
    }

    pub(super) fn fits(&self, dom: &Dom, node: usize) -> bool {
        self.name.as_deref().is_none_or(|name| name == dom.name(node))
            && self.id.as_deref().is_none_or(|id| dom.attribute(node, "id") == Some(id))
            && self.classes.iter().all(|class| dom.has_class(node, |other| other == class))
    }
}

/// The rules of a sheet: what each is for, and its declarations.
pub(super) fn rules(sheet: &str) -> Vec<(Selector, String)> {
    let sheet = without_comments(sheet);
    let mut found = Vec::new();
    let mut rest = sheet.as_str();
    loop {
        rest = rest.trim_start();
        let Some(stop) = rest.find(['{', ';', '}']) else { return found };
        if !rest[stop..].starts_with('{') {
            // The end of an `@import`, or a brace too many.
            rest = &rest[stop + 1..];
            continue;
        }
        let (before, inner) = (&rest[..stop], &rest[stop + 1..]);
        let end = closing(inner);
        let declarations = &inner[..end];
        rest = inner.get(end + 1..).unwrap_or_default();
        let before = before.trim_start().trim_start_matches("<!--").trim_start_matches("-->").trim();
        if before.starts_with('@') || declarations.contains('{') {
            continue;
        }
        for selector in before.split(',').filter_map(|selector| Selector::read(selector.trim())) {
            found.push((selector, declarations.to_owned()));
        }
    }
}

fn without_comments(sheet: &str) -> String {
    let mut out = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// Where the brace is that closes what was opened before `text`.
fn closing(text: &str) -> usize {
    let mut open = 1;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => {
                escaped = false;
                continue;
            }
            (_, '\\') => escaped = true,
            // No text in quotation marks goes over the end of its line.
            (Some(_), '\n') => quote = None,
            (Some(mark), c) if mark == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => open += 1,
            (None, '}') => open -= 1,
            _ => {}
        }
        if open == 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_within_media_queries_and_for_places_in_others_are_passed_over() {
        let sheet = "@charset \"x\"; @media print{.a{color:red}.b{display:none}} /* .c{x:y} */ <!--\n\
                     .d , p.e#f{content:\"}\";x:y} .g .h{x:y} .i:hover{x:y} }\n.j{x:y}@font-face{src:x} k{l:m";
        let found: Vec<(String, String)> =
            rules(sheet).into_iter().map(|(selector, declared)| (selector.key(), declared)).collect();
        let found: Vec<(&str, &str)> =
            found.iter().map(|(key, said)| (key.as_str(), said.as_str())).collect();
        assert_eq!(
            found,
            [(".d", "content:\"}\";x:y"), ("#f", "content:\"}\";x:y"), (".j", "x:y"), ("k", "l:m")]
        );
    }
}
