//! The selectors of style sheets: what one element must be, and what stands around it.
//!
//! What is not understood (`::before`) matches nothing, and what waits for somebody to
//! touch the page (`:hover`) matches only a [`Tree`] that says it was touched.

use super::sheet::{find, split};

/// Most compounds in a selector, and most conditions in a compound.
const MOST: usize = 16;

/// How deep selectors may stand in others.
const DEEPEST: usize = 3;

/// What readers do to something within an element, as `:has(…)` asks for it.
const DONE_WITHIN: [&str; 6] = [":hover", ":focus", ":active", ":target", ":checked", "[open]"];

/// The elements that selectors are held against, by their numbers.
pub(crate) trait Tree {
    /// The name, in lower case.
    fn name(&self, node: usize) -> &str;
    /// The value of an attribute, whose name is in lower case.
    fn attribute(&self, node: usize, name: &str) -> Option<&str>;
    /// The element around it.
    fn parent(&self, node: usize) -> Option<usize>;
    /// The element before it in the same one.
    fn before(&self, node: usize) -> Option<usize>;
    /// The element after it in the same one.
    fn after(&self, node: usize) -> Option<usize>;
    /// Whether somebody has brought it into that state; as long as nobody touches it, no.
    fn is_in(&self, _node: usize, _state: State) -> bool {
        false
    }
}

/// What readers do to an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// `:hover`, `:focus`, `:focus-within`, `:active`, `:has(:checked)`: nobody can touch what is not shown.
    Touched,
    /// `:target`: a link led to it.
    Target,
}

/// A selector without commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    /// From left to right; how each stands to the next.
    parts: Vec<(Compound, Step)>,
}

/// Where to look for the element before a combinator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Around,
    Parent,
    Earlier,
    Before,
}

/// What one element must be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Compound {
    name: Option<String>,
    ids: Vec<String>,
    classes: Vec<String>,
    attributes: Vec<Attribute>,
    places: Vec<Place>,
    states: Vec<State>,
    among: Vec<Among>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Attribute {
    name: String,
    /// The sign before `=`, or `=`, and the value.
    value: Option<(char, String)>,
    any_case: bool,
}

/// Where an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    First,
    Last,
}

/// `:not(…)`, `:is(…)` and `:where(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Among {
    selectors: Vec<Selector>,
    not: bool,
    weighs: bool,
}

/// How far a search for what stands before a combinator came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Yes,
    /// Not from here; perhaps from an earlier sibling or from further out.
    NotHere,
    /// Not from any sibling of it; perhaps from further out.
    NotBeside,
    /// Not from anywhere further out either.
    Nowhere,
}

impl Selector {
    /// Reads a selector; none when it holds something that is not understood.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::within(text, 0)
    }

    fn within(text: &str, depth: usize) -> Option<Self> {
        let mut parts: Vec<(Compound, Step)> = Vec::new();
        let mut rest = text.trim();
        let mut open = false;
        while let Some(first) = rest.chars().next() {
            let step = match first {
                '>' => Step::Parent,
                '+' => Step::Before,
                '~' => Step::Earlier,
                _ => {
                    let (compound, after) = Compound::parse(rest, depth)?;
                    if parts.len() == MOST || compound == Compound::default() && rest == after {
                        return None;
                    }
                    parts.push((compound, Step::Around));
                    rest = after.trim_start();
                    open = false;
                    continue;
                }
            };
            if std::mem::replace(&mut open, true) {
                return None;
            }
            parts.last_mut()?.1 = step;
            rest = rest[1..].trim_start();
        }
        (!open && !parts.is_empty()).then_some(Self { parts })
    }

    /// Ids, classes and attributes, names (Selectors 4 §17).
    pub(crate) fn specificity(&self) -> (usize, usize, usize) {
        self.parts.iter().fold((0, 0, 0), |sum, (part, _)| {
            let own = (
                part.ids.len(),
                part.classes.len() + part.attributes.len() + part.places.len() + part.states.len(),
                usize::from(part.name.is_some()),
            );
            let heaviest = |among: &Among| among.selectors.iter().map(Self::specificity).max();
            let among = part.among.iter().filter(|among| among.weighs).filter_map(heaviest);
            among.chain([own]).fold(sum, |sum, more| (sum.0 + more.0, sum.1 + more.1, sum.2 + more.2))
        })
    }

    /// What an element must have for it, to look it up by: `#id`, `.class` or a name;
    /// empty when it may be any.
    pub(crate) fn key(&self) -> String {
        let Some((last, _)) = self.parts.last() else { return String::new() };
        match (last.ids.first(), last.classes.first(), &last.name) {
            (Some(id), _, _) => format!("#{id}"),
            (None, Some(class), _) => format!(".{class}"),
            (None, None, name) => name.clone().unwrap_or_default(),
        }
    }

    /// Whether it is for what has a class or an id, wherever that stands.
    pub(crate) fn is_label(&self) -> bool {
        let [(only, _)] = self.parts.as_slice() else { return false };
        (!only.ids.is_empty() || !only.classes.is_empty())
            && only.attributes.is_empty()
            && only.places.is_empty()
            && only.states.is_empty()
            && only.among.is_empty()
    }

    /// Whether it asks for something that readers do: touch, tick or open an element.
    fn asks_for_a_reader(&self) -> bool {
        self.parts.iter().any(|(part, _)| {
            !part.states.is_empty()
                || part.attributes.iter().any(Attribute::is_set_by_readers)
                || part.among.iter().any(|among| among.selectors.iter().any(Self::asks_for_a_reader))
        })
    }

    /// Whether what is not shown can come to match it, once readers do something.
    pub(crate) fn can_open(&self) -> bool {
        let touches_it = self.parts.last().is_some_and(|(last, _)| last.states.contains(&State::Touched));
        !touches_it && self.asks_for_a_reader()
    }

    /// Whether it is for what lacks a class or an attribute, which a script gives it later.
    ///
    /// `controls` is none of these: browsers show no sound without it.
    pub(crate) fn waits(&self) -> bool {
        let is_given = |part: &Compound| {
            !part.classes.is_empty() || part.attributes.iter().any(|attribute| attribute.name != "controls")
        };
        self.parts.iter().flat_map(|(part, _)| &part.among).any(|among| {
            among.selectors.iter().any(|one| {
                if among.not { one.parts.iter().any(|(part, _)| is_given(part)) } else { one.waits() }
            })
        })
    }

    /// Whether it matches an element. What that costs is taken off `patience`; when there
    /// is none left, it matches nothing.
    pub(crate) fn matches(&self, tree: &impl Tree, node: usize, patience: &mut usize) -> bool {
        let Some(((last, _), before)) = self.parts.split_last() else { return false };
        last.is_match(tree, node, patience) && found(before, tree, node, patience) == Found::Yes
    }
}

/// Whether the parts match something around `from` or before it.
///
/// A search that came to its end tells those around it how far out nothing can be, so
/// that none is begun twice (as browsers do it).
fn found(parts: &[(Compound, Step)], tree: &impl Tree, from: usize, patience: &mut usize) -> Found {
    let Some(((last, step), before)) = parts.split_last() else { return Found::Yes };
    let (repeats, end) = match step {
        Step::Around => (true, Found::Nowhere),
        Step::Earlier => (true, Found::NotBeside),
        Step::Parent | Step::Before => (false, Found::NotHere),
    };
    let next = |node| match step {
        Step::Around | Step::Parent => tree.parent(node),
        Step::Earlier | Step::Before => tree.before(node),
    };
    let mut at = next(from);
    while let Some(node) = at {
        if last.is_match(tree, node, patience) {
            let outer = found(before, tree, node, patience);
            let is_over = match outer {
                Found::Yes | Found::Nowhere => true,
                Found::NotBeside => *step == Step::Earlier,
                Found::NotHere => false,
            };
            if is_over {
                return outer;
            }
        }
        if !repeats {
            return end;
        }
        if *patience == 0 {
            return Found::Nowhere;
        }
        at = next(node);
    }
    // Nothing stands around it, and so nothing around what is around it.
    if *step == Step::Parent { Found::Nowhere } else { end }
}

impl Compound {
    fn parse(text: &str, depth: usize) -> Option<(Self, &str)> {
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
                    compound.ids.push(name);
                    rest = after;
                }
                '[' => {
                    let end = find(&rest[1..], b"]")?;
                    compound.attributes.push(Attribute::parse(&rest[1..=end])?);
                    rest = &rest[end + 2..];
                }
                ':' => rest = compound.pseudo(&rest[1..], depth)?,
                '>' | '+' | '~' => break,
                _ if first.is_ascii_whitespace() => break,
                _ => {
                    let (name, after) = word(rest)?;
                    compound.name = Some(name.to_ascii_lowercase());
                    rest = after;
                }
            }
        }
        let all = [&compound.classes.len(), &compound.attributes.len(), &compound.among.len()];
        all.into_iter().all(|count| *count <= MOST).then_some((compound, rest))
    }

    /// Reads what stands after a colon, and gives what stands after that.
    fn pseudo<'a>(&mut self, text: &'a str, depth: usize) -> Option<&'a str> {
        let (name, rest) = word(text)?;
        let name = name.to_ascii_lowercase();
        let Some(inside) = rest.strip_prefix('(') else {
            match name.as_str() {
                "root" => self.places.push(Place::Root),
                "first-child" => self.places.push(Place::First),
                "last-child" => self.places.push(Place::Last),
                "only-child" => self.places.extend([Place::First, Place::Last]),
                "link" | "any-link" => self.attributes.push(Attribute::has("href")),
                "checked" => self.attributes.push(Attribute::has("checked")),
                "disabled" => self.attributes.push(Attribute::has("disabled")),
                "hover" | "focus" | "focus-within" | "focus-visible" | "active" => {
                    self.states.push(State::Touched);
                }
                "target" => self.states.push(State::Target),
                _ => return None,
            }
            return Some(rest);
        };
        let end = find(inside, b")")?;
        if name == "has" && !inside[..end].contains(":not") {
            DONE_WITHIN.iter().find(|done| inside[..end].contains(**done))?;
            self.states.push(State::Touched);
            return Some(&inside[end + 1..]);
        }
        if depth == DEEPEST || !matches!(name.as_str(), "not" | "is" | "where" | "matches") {
            return None;
        }
        let not = name == "not";
        let read = split(&inside[..end], b',').map(|text| Selector::within(text, depth + 1));
        // Nothing is known of what is in none of several groups, of which one is unknown.
        let selectors: Vec<Selector> =
            if not { read.collect::<Option<_>>()? } else { read.flatten().collect() };
        if not && selectors.iter().any(|one| one.parts.iter().any(|(part, _)| !part.states.is_empty())) {
            return None;
        }
        self.among.push(Among { selectors, not, weighs: name != "where" });
        Some(&inside[end + 1..])
    }

    fn is_match(&self, tree: &impl Tree, node: usize, patience: &mut usize) -> bool {
        let listed = || tree.attribute(node, "class").unwrap_or_default();
        *patience = patience.saturating_sub(1);
        if !self.classes.is_empty() {
            *patience = patience.saturating_sub(listed().len() / 256 * self.classes.len());
        }
        *patience > 0
            && self.name.as_ref().is_none_or(|name| name == tree.name(node))
            && self.ids.iter().all(|id| tree.attribute(node, "id") == Some(id))
            && self.classes.iter().all(|class| listed().split_ascii_whitespace().any(|one| one == class))
            && self
                .attributes
                .iter()
                .all(|attribute| attribute.is_match(tree.attribute(node, &attribute.name)))
            && self.places.iter().all(|place| match place {
                Place::Root => tree.parent(node).is_none() && tree.name(node) == "html",
                Place::First => tree.before(node).is_none(),
                Place::Last => tree.after(node).is_none(),
            })
            && self.states.iter().all(|state| tree.is_in(node, *state))
            && self
                .among
                .iter()
                .all(|among| among.selectors.iter().any(|one| one.matches(tree, node, patience)) != among.not)
    }
}

impl Attribute {
    fn has(name: &str) -> Self {
        Self { name: name.to_owned(), value: None, any_case: false }
    }

    /// Whether readers tick or open what has it.
    fn is_set_by_readers(&self) -> bool {
        self.value.is_none() && matches!(self.name.as_str(), "checked" | "open")
    }

    /// Reads what stands between brackets.
    fn parse(inside: &str) -> Option<Self> {
        let Some((name, value)) = inside.split_once('=') else {
            return Some(Self::has(&word(inside.trim())?.0.to_ascii_lowercase()));
        };
        let sign = name.chars().next_back().filter(|sign| "~|^$*".contains(*sign));
        let name = name.trim_end_matches(['~', '|', '^', '$', '*']).trim().to_ascii_lowercase();
        let value = value.trim();
        let (value, any_case) =
            match value.rsplit_once(|c: char| c.is_ascii_whitespace() || "\"'".contains(c)) {
                Some((before, "i" | "I")) => (&value[..=before.len()], true),
                Some((before, "s" | "S")) => (&value[..=before.len()], false),
                _ => (value, false),
            };
        let value = value.trim().trim_matches(['"', '\'']).to_owned();
        Some(Self { name, value: Some((sign.unwrap_or('='), value)), any_case })
    }

    fn is_match(&self, found: Option<&str>) -> bool {
        let (Some(found), Some((sign, value))) = (found, &self.value) else { return found.is_some() };
        let (found, value) = if self.any_case {
            (found.to_ascii_lowercase(), value.to_ascii_lowercase())
        } else {
            (found.to_owned(), value.clone())
        };
        let value = value.as_str();
        match sign {
            '=' => found == value,
            '~' => found.split_ascii_whitespace().any(|one| one == value),
            '|' => found.strip_prefix(value).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
            _ if value.is_empty() => false,
            '^' => found.starts_with(value),
            '$' => found.ends_with(value),
            _ => found.contains(value),
        }
    }
}

/// Reads a name, whose signs may be written with backslashes (CSS Syntax 3 §4.3.7).
fn word(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '\\' {
            rest = &rest[1..];
            let digits = rest.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
            if digits == 0 {
                let escaped = rest.chars().next()?;
                name.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            } else {
                let number = u32::from_str_radix(&rest[..digits], 16).ok()?;
                name.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = &rest[digits..];
                rest = rest.strip_prefix(|c: char| c.is_ascii_whitespace()).unwrap_or(rest);
            }
        } else if first.is_alphanumeric() || matches!(first, '-' | '_') || !first.is_ascii() {
            name.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            break;
        }
    }
    (!name.is_empty()).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Elements as a line each: how deep they stand, name, classes, id.
    struct Lines(Vec<(usize, Vec<(&'static str, &'static str)>)>);

    impl Lines {
        fn near(&self, mut numbers: impl Iterator<Item = usize>, depth: usize) -> Option<usize> {
            numbers.find(|number| self.0[*number].0 <= depth).filter(|number| self.0[*number].0 == depth)
        }
    }

    impl Tree for Lines {
        fn name(&self, node: usize) -> &str {
            self.attribute(node, "name").unwrap()
        }
        fn attribute(&self, node: usize, name: &str) -> Option<&str> {
            self.0[node].1.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
        }
        fn parent(&self, node: usize) -> Option<usize> {
            (0..node).rev().find(|outer| self.0[*outer].0 < self.0[node].0)
        }
        fn before(&self, node: usize) -> Option<usize> {
            self.near((0..node).rev(), self.0[node].0)
        }
        fn after(&self, node: usize) -> Option<usize> {
            self.near(node + 1..self.0.len(), self.0[node].0)
        }
    }

    fn page() -> Lines {
        Lines(vec![
            (0, vec![("name", "html")]),
            (1, vec![("name", "body"), ("class", "page")]),
            (2, vec![("name", "div"), ("class", "a b"), ("id", "one")]),
            (3, vec![("name", "p")]),
            (4, vec![("name", "i"), ("title", "Big-deal now")]),
            (3, vec![("name", "p"), ("class", "md:x")]),
            (2, vec![("name", "div"), ("class", "a")]),
            (3, vec![("name", "p"), ("class", "q")]),
        ])
    }

    #[test]
    fn selectors_match_as_in_browsers() {
        let page = page();
        for (selector, expected) in [
            ("p", &[3, 5, 7][..]),
            (".a.b p", &[3, 5]),
            ("body > p", &[]),
            ("body > .a > p", &[3, 5, 7]),
            ("#one > p i", &[4]),
            ("html div > p", &[3, 5, 7]),
            ("body > div p > i", &[4]),
            ("[title=\"Big-deal now\"]", &[4]),
            ("[title='big-DEAL now' i]", &[4]),
            ("[title|=Big]", &[4]),
            ("[title~=now], x", &[]),
            ("[title~=now]", &[4]),
            ("[title^=Big][title$=now][title*='deal n']", &[4]),
            ("[title*='']", &[]),
            ("i[title]", &[4]),
            ("p:hover", &[]),
            ("div:has(:checked) p", &[]),
            ("div:has(p) p", &[]),
            ("div:has(:not(:checked)) p", &[]),
            ("p::before", &[]),
            ("p + p", &[5]),
            ("div ~ div > p", &[7]),
            ("div ~ div p:first-child", &[7]),
            ("p:first-child:last-child", &[7]),
            ("p:only-child", &[7]),
            ("p:not(.q)", &[3, 5]),
            ("p:not(.q, .md\\:x)", &[3]),
            ("p:not(:hover)", &[]),
            ("div:not(.b) p", &[7]),
            (":is(.q, .x:hover, i)", &[4, 7]),
            (":where(.b) > p:not(:first-child)", &[5]),
            (".md\\:x", &[5]),
            (".md\\3a x", &[5]),
            (":root > body", &[1]),
            ("", &[]),
            ("> p", &[]),
            ("p >", &[]),
            ("div > > p", &[]),
            ("p&", &[]),
        ] {
            let read = Selector::parse(selector);
            let found: Vec<usize> = (0..8)
                .filter(|node| read.as_ref().is_some_and(|one| one.matches(&page, *node, &mut 1_000)))
                .collect();
            assert_eq!(found, expected, "{selector}");
        }
    }

    /// The same page when somebody touches all of it.
    struct Touched(Lines);

    impl Tree for Touched {
        fn name(&self, node: usize) -> &str {
            self.0.name(node)
        }
        fn attribute(&self, node: usize, name: &str) -> Option<&str> {
            self.0.attribute(node, name)
        }
        fn parent(&self, node: usize) -> Option<usize> {
            self.0.parent(node)
        }
        fn before(&self, node: usize) -> Option<usize> {
            self.0.before(node)
        }
        fn after(&self, node: usize) -> Option<usize> {
            self.0.after(node)
        }
        fn is_in(&self, _: usize, _: State) -> bool {
            true
        }
    }

    #[test]
    fn what_waits_for_readers_matches_once_they_touch_it() {
        for (selector, matches, opens) in [
            (".a:hover p", true, true),
            (".a:focus-within > p", true, true),
            ("p:target", true, true),
            (":is(.a:hover) p", true, true),
            (".a:has(:checked) > p", true, true),
            (".a:has(> details[open]) p", true, true),
            ("p:hover", true, false),
            (".a p", true, false),
            ("input:checked ~ p", false, true),
            ("p[open=x]", false, false),
        ] {
            let read = Selector::parse(selector).unwrap();
            assert_eq!(read.matches(&Touched(page()), 3, &mut 1_000), matches, "{selector}");
            assert_eq!(read.can_open(), opens, "{selector}");
        }
        let weight = |text| Selector::parse(text).unwrap().specificity();
        assert_eq!(weight("a:hover p:target"), weight("a.b p.c"));
    }

    #[test]
    fn what_lacks_a_class_or_an_attribute_waits_for_it() {
        let waits = |text| Selector::parse(text).unwrap().waits();
        for text in ["a:not(.b) p", "p:not(a.b)", "p:not([open])", "p:is(:not(.b))", "p:not(:checked)"] {
            assert!(waits(text), "{text}");
        }
        for text in [".a p", "p:not(a)", "p:not(#b)", "audio:not([controls])", "p:is(.b)"] {
            assert!(!waits(text), "{text}");
        }
    }

    #[test]
    fn ids_weigh_more_than_classes_and_classes_more_than_names() {
        let weight = |text| Selector::parse(text).unwrap().specificity();
        assert!(weight("#a") > weight(".a.b p") && weight(".a") > weight("div p i"));
        assert_eq!(weight("p:not(.a, #b)"), (1, 0, 1));
        assert_eq!(weight(":where(#b) p:first-child"), (0, 1, 1));
    }

    #[test]
    fn a_hostile_selector_costs_no_more_than_the_page_is_deep() {
        let deep = Lines((0..250).map(|depth| (depth, vec![("name", "div")])).collect());
        let selector = Selector::parse(&format!("x {}", "div ".repeat(MOST - 1))).unwrap();
        let mut patience = 10_000;
        assert!(!selector.matches(&deep, 249, &mut patience));
        assert!(patience > 9_000, "{patience}");
        assert!(Selector::parse(&"div ".repeat(MOST + 1)).is_none());
        assert!(Selector::parse(&".a".repeat(MOST + 1)).is_none());
        assert!(Selector::parse(&format!("{}a{}", ":not(".repeat(9_000), ")".repeat(9_000))).is_none());
    }
}
