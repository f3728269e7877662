//! Reads the plain rules of style sheets: those for elements by their name, id and classes.
//!
//! Those within media queries are marked: what they say is not so for every reader.

use std::collections::BTreeSet;

use super::dom::Dom;

/// Most selectors of a sheet that are read.
const MOST: usize = 10_000;

/// Most classes that a selector names.
const MOST_CLASSES: usize = 16;

/// How many conditions a rule may stand within.
const DEEPEST: usize = 4;

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
        (selector != Self::default() && selector.classes.len() <= MOST_CLASSES).then_some(selector)
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

    /// Whether it is for an element that has `classes`.
    pub(super) fn fits(&self, dom: &Dom, node: usize, classes: &BTreeSet<&str>) -> bool {
        self.name.as_deref().is_none_or(|name| name == dom.name(node))
            && self.id.as_deref().is_none_or(|id| dom.attribute(node, "id") == Some(id))
            && self.classes.iter().all(|class| classes.contains(class.as_str()))
    }
}

/// A rule of a sheet.
#[derive(Debug)]
pub(super) struct Rule<'a> {
    pub(super) selectors: Vec<Selector>,
    pub(super) declarations: &'a str,
    /// Whether it is so only for some readers, such as those with a wide screen.
    pub(super) conditional: bool,
}

/// The rules of a sheet.
#[derive(Debug, Default)]
pub(super) struct Rules<'a> {
    pub(super) found: Vec<Rule<'a>>,
    /// Whether the sheet has more selectors than are read.
    pub(super) is_cut: bool,
    count: usize,
}

impl<'a> Rules<'a> {
    /// The rules of a sheet `without_comments`.
    pub(super) fn of(sheet: &'a str) -> Self {
        let mut rules = Self::default();
        rules.read(sheet, 0);
        rules
    }

    /// Reads what stands within `depth` conditions.
    fn read(&mut self, sheet: &'a str, depth: usize) {
        let mut rest = sheet;
        loop {
            rest = rest.trim_start();
            let Some(stop) = rest.find(['{', ';', '}']) else { return };
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
            if is_condition(before) && depth < DEEPEST {
                self.read(declarations, depth + 1);
                if self.is_cut {
                    return;
                }
            }
            if before.starts_with('@') || declarations.contains('{') {
                continue;
            }
            let selectors = before.split(',').filter_map(|selector| Selector::read(selector.trim()));
            let selectors: Vec<Selector> = selectors.take(MOST - self.count + 1).collect();
            self.count += selectors.len();
            if self.count > MOST {
                self.is_cut = true;
                return;
            }
            self.found.push(Rule { selectors, declarations, conditional: depth > 0 });
        }
    }
}

/// Whether what stands between these braces is so for some readers who see pages.
fn is_condition(before: &str) -> bool {
    let before = before.to_ascii_lowercase();
    match before.strip_prefix("@media") {
        Some(query) => !is_print(query),
        None => ["@supports", "@container", "@layer"].iter().any(|rule| before.starts_with(rule)),
    }
}

/// Whether a media query is for paper alone.
pub(super) fn is_print(query: &str) -> bool {
    let printed = |part: &str| {
        let part = part.trim();
        part.strip_prefix("only ").unwrap_or(part).trim_start().starts_with("print")
    };
    query.split(',').all(printed)
}

/// The sheet without what explains it.
pub(super) fn without_comments(sheet: &str) -> String {
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

    fn said(sheet: &str) -> Vec<String> {
        let sheet = without_comments(sheet);
        let rules = Rules::of(&sheet);
        let line = |rule: Rule<'_>| {
            let keys: Vec<String> = rule.selectors.iter().map(Selector::key).collect();
            let when = if rule.conditional { " sometimes" } else { "" };
            format!("{}{when} {}", keys.join(" "), rule.declarations)
        };
        rules.found.into_iter().map(line).filter(|line| !line.starts_with(' ')).collect()
    }

    #[test]
    fn rules_for_paper_and_for_places_in_others_are_passed_over() {
        let sheet = "@charset \"x\"; @media print{.a{color:red}.b{display:none}} /* .c{x:y} */ <!--\n\
                     .d , p.e#f{content:\"}\";x:y} .g .h{x:y} .i:hover{x:y} }\n.j{x:y}@font-face{src:x} k{l:m";
        assert_eq!(said(sheet), [".d #f content:\"}\";x:y", ".j x:y", "k l:m"]);
    }

    #[test]
    fn rules_within_media_queries_are_marked() {
        let sheet = "@MEDIA (min-width:1px){@supports(a:b){.a{c:d}} .e{f:g}} @media print, screen{.h{i:j}} \
                     @media only print{.k{l:m}} @keyframes n{from{o:p}} q{r:s}";
        assert_eq!(said(sheet), [".a sometimes c:d", ".e sometimes f:g", ".h sometimes i:j", "q r:s"]);
    }

    #[test]
    fn a_sheet_beyond_all_bounds_is_read_up_to_them() {
        let many = format!("{}z{{x:y}}b{{x:y}}", "a,".repeat(MOST));
        assert!(Rules::of(&many).is_cut);
        assert!(Rules::of(&format!("@media screen{{{many}}} c{{x:y}}")).is_cut);
        let most = format!("{}z{{x:y}}", "a,".repeat(MOST - 1));
        let rules = Rules::of(&most);
        assert_eq!((rules.is_cut, rules.found.len(), rules.found[0].selectors.len()), (false, 1, MOST));
        assert!(Selector::read(&".a".repeat(MOST_CLASSES)).is_some());
        assert!(Selector::read(&".a".repeat(MOST_CLASSES + 1)).is_none());
        let deep = "@media x{".repeat(1_000) + ".a{x:y}";
        assert!(Rules::of(&deep).found.is_empty());
    }
}
