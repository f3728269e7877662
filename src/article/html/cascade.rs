//! Works out how the elements of a page look, by its style sheets and their own styles.

use std::collections::{HashMap, HashSet};

use super::dom::Dom;
use super::look::Look;
use super::media::is_late;
use super::rules::{Rules, Said, Weight};
use crate::css::{State, Tree};

/// How the elements of a page look that say so themselves or in its style sheets.
#[derive(Debug, Default)]
pub(super) struct Looks {
    pub(super) known: HashMap<usize, Look>,
    /// What other windows show in place of something that is kept.
    pub(super) replaced: HashSet<usize>,
}

/// Most times that a rule is held against an element.
const PATIENCE: usize = 4_000_000;

/// The part of a page that its style sheet hides only until a script shows it, in per cent.
const TOO_MUCH: usize = 50;

/// What is shown in some windows and not in others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variant {
    pub(super) node: usize,
    /// The windows that show it, a bit each; the first is that without any width.
    pub(super) shown: u32,
}

/// How many letters and pictures stand before each node.
pub(super) struct Sums {
    letters: Vec<usize>,
    pictures: Vec<usize>,
}

impl Sums {
    fn of(dom: &Dom) -> Self {
        let (mut letters, mut pictures) = (vec![0], vec![0]);
        for node in 0..dom.len() {
            let silent = matches!(dom.name(dom.parent(node)), "script" | "style" | "title" | "noscript");
            let own = dom.text(node).filter(|_| !silent).map_or(0, |text| text.trim().len());
            letters.push(letters[node] + own);
            let is_picture = matches!(dom.name(node), "img" | "svg" | "video" | "audio" | "iframe");
            pictures.push(pictures[node] + usize::from(is_picture));
        }
        Self { letters, pictures }
    }

    /// Those within `node`.
    pub(super) fn letters(&self, dom: &Dom, node: usize) -> usize {
        let range = dom.subtree(node);
        self.letters[range.end] - self.letters[range.start]
    }

    /// Those within `node`.
    pub(super) fn pictures(&self, dom: &Dom, node: usize) -> usize {
        let range = dom.subtree(node);
        self.pictures[range.end] - self.pictures[range.start]
    }
}

/// What is said of one element, what counts most at the end.
struct Heard<'a> {
    weight: Weight,
    look: Look,
    /// The rule of a style sheet and the windows in which it counts or may count.
    said: Option<&'a Said>,
}

impl Heard<'_> {
    /// What it says of whether the element is shown in a window.
    fn showing(&self, window: u32) -> Look {
        match self.said {
            Some(said) if said.counts & window == 0 => {
                if said.may_count & window == 0 {
                    Look::default()
                } else {
                    self.look.shown()
                }
            }
            _ => self.look.showing(),
        }
    }
}

impl Looks {
    /// Reads the looks of a page, which may have style sheets such as exports of word
    /// processors have: rules for elements by their classes.
    pub(super) fn of(dom: &Dom) -> Self {
        let rules = Rules::of(dom);
        if rules.is_empty() {
            return Self::styled(dom);
        }
        let mut looks = Self::default();
        // What hides an element, and what is shown in some windows.
        let (mut hiding, mut variants) = (Vec::new(), Vec::new());
        let mut patience = PATIENCE;
        // Where the last of the `<details>` ends that were met.
        let mut folded = 0;
        for node in (1..dom.len()).filter(|node| dom.text(*node).is_none()) {
            let heard = heard(dom, node, &rules, &mut patience);
            let opens = node < folded;
            if dom.name(node) == "details" {
                folded = folded.max(dom.subtree(node).end);
            }
            if heard.is_empty() {
                continue;
            }
            let name = dom.name(node);
            let always = heard.iter().filter(|one| one.said.is_none_or(|said| said.counts == rules.windows));
            let mut look = always.fold(Look::default(), |look, one| look.and(one.look));
            let in_window =
                |bit: u32| heard.iter().fold(Look::default(), |all, one| all.and(one.showing(bit)));
            let said = in_window(1);
            look = look.not_hiding().and(said);
            let differs = |one: &Heard<'_>| one.said.is_some_and(|said| said.counts != rules.windows);
            if heard.iter().any(differs) {
                // Each window reads all of it again, which is quicker than matching it.
                patience = patience.saturating_sub(heard.len() * rules.windows.count_ones() as usize / 8);
                let bits = (0..u32::BITS).map(|bit| 1 << bit).filter(|bit| rules.windows & bit != 0);
                let shown: Vec<(u32, Look)> =
                    bits.map(|bit| (bit, in_window(bit))).filter(|(_, look)| !look.hides(name)).collect();
                if let Some((bit, elsewhere)) = shown.last() {
                    let mask = shown.iter().fold(0, |mask, (bit, _)| mask | bit);
                    if mask != rules.windows && *bit > 1 {
                        variants.push(Variant { node, shown: mask });
                    }
                    if look.hides(name) {
                        look = look.not_hiding().and(*elsewhere);
                    }
                }
            }
            // What readers unfold is part of the text, and so are pictures that come late.
            let by_itself = heard.iter().any(|one| one.said.is_none() && one.look.hides(name));
            if look.hides(name) && !by_itself && (opens || is_late(dom, node)) {
                look = look.not_hiding();
            }
            if look.hides(name) {
                let last = heard.iter().rev().find(|one| one.showing(1).hides(name));
                hiding.extend(last.and_then(|one| Some((node, one.said?.rule))));
            }
            looks.known.insert(node, look);
        }
        if !hiding.is_empty() || variants.len() > 1 {
            let sums = Sums::of(dom);
            looks.without_curtains(dom, &sums, &hiding);
            looks.without_variants(dom, &sums, &variants);
        }
        looks.with_what_is_seen(dom);
        looks
    }

    /// Reads only the looks that elements have of themselves.
    pub(super) fn styled(dom: &Dom) -> Self {
        let own = (0..dom.len()).filter_map(|node| Some((node, Look::styled(dom.attribute(node, "style")?))));
        let mut looks = Self { known: own.collect(), ..Self::default() };
        looks.with_what_is_seen(dom);
        looks
    }

    /// Shows what a style sheet hides only until a script has run: most of a page. `hiding`
    /// is what rules hide, with their numbers.
    fn without_curtains(&mut self, dom: &Dom, sums: &Sums, hiding: &[(usize, usize)]) {
        // How many letters each rule hides, and where the last of them ends.
        let mut hidden: HashMap<usize, (usize, usize)> = HashMap::new();
        for (node, rule) in hiding {
            let (letters, end) = hidden.entry(*rule).or_default();
            if *node >= *end {
                *letters += sums.letters(dom, *node);
                *end = dom.subtree(*node).end;
            }
        }
        let all = sums.letters(dom, 0);
        for (node, rule) in hiding {
            let whole = matches!(dom.name(*node), "html" | "body" | "main" | "article");
            let much = hidden.get(rule).is_some_and(|(letters, _)| letters * 100 > all * TOO_MUCH);
            if let Some(look) = self.known.get_mut(node).filter(|_| whole || much) {
                *look = look.not_hiding();
            }
        }
    }

    /// Sees to it that what is seen within something that is not is no part of it.
    fn with_what_is_seen(&mut self, dom: &Dom) {
        let mut seen: Vec<usize> =
            self.known.iter().filter(|(_, look)| look.unseen == Some(false)).map(|(node, _)| *node).collect();
        seen.sort_unstable();
        let mut open: HashSet<usize> = HashSet::new();
        for node in seen {
            let mut path = Vec::new();
            for outer in dom.ancestors(node) {
                path.push(outer);
                if open.contains(&outer) {
                    open.extend(path.drain(..));
                    break;
                }
                match self.look(outer).unseen {
                    Some(true) => open.extend(path.drain(..)),
                    Some(false) => break,
                    None => {}
                }
            }
        }
        for outer in &open {
            for child in dom.children(*outer).filter(|child| !open.contains(child)) {
                let look = self.known.entry(child).or_default();
                look.unseen = look.unseen.or(Some(true));
            }
        }
        for outer in open {
            self.known.entry(outer).or_default().unseen = None;
        }
    }

    /// How an element looks.
    pub(super) fn look(&self, node: usize) -> Look {
        self.known.get(&node).copied().unwrap_or_default()
    }
}

/// All that is said of an element.
fn heard<'a>(dom: &'a Dom, node: usize, rules: &'a Rules, patience: &mut usize) -> Vec<Heard<'a>> {
    let mut heard: Vec<Heard<'_>> = Vec::new();
    for said in rules.near(dom, node) {
        if *patience == 0 {
            break;
        }
        if said.selector.matches(dom, node, patience) {
            heard.push(Heard { weight: said.weight, look: said.look, said: Some(said) });
        } else if said.opens && said.selector.matches(&Opened(dom), node, patience) {
            heard.push(Heard { weight: said.weight, look: said.look.shown(), said: Some(said) });
        }
    }
    if *patience == 0 {
        heard.clear();
    }
    if let Some(style) = dom.attribute(node, "style") {
        let own = Look::in_two(style);
        heard.extend(own.map(|(important, look)| Heard {
            weight: Weight::of_style(important),
            look,
            said: None,
        }));
    }
    heard.sort_by_key(|one| one.weight);
    heard
}

impl Tree for Dom {
    fn name(&self, node: usize) -> &str {
        Self::name(self, node)
    }

    fn attribute(&self, node: usize, name: &str) -> Option<&str> {
        Self::attribute(self, node, name)
    }

    fn parent(&self, node: usize) -> Option<usize> {
        Some(Self::parent(self, node)).filter(|parent| *parent != 0)
    }

    fn before(&self, node: usize) -> Option<usize> {
        Self::before(self, node)
    }

    fn after(&self, node: usize) -> Option<usize> {
        let end = self.subtree(Self::parent(self, node)).end;
        let mut next = self.subtree(node).end;
        while next < end && self.text(next).is_some() {
            next += 1;
        }
        (next < end).then_some(next)
    }
}

/// A page of which readers have opened and touched everything.
struct Opened<'a>(&'a Dom);

impl Tree for Opened<'_> {
    fn name(&self, node: usize) -> &str {
        self.0.name(node)
    }

    fn attribute(&self, node: usize, name: &str) -> Option<&str> {
        let set = match name {
            "checked" => self.0.name(node) == "input",
            "open" => matches!(self.0.name(node), "details" | "dialog"),
            _ => false,
        };
        self.0.attribute(node, name).or(set.then_some(""))
    }

    fn parent(&self, node: usize) -> Option<usize> {
        Tree::parent(self.0, node)
    }

    fn before(&self, node: usize) -> Option<usize> {
        Tree::before(self.0, node)
    }

    fn after(&self, node: usize) -> Option<usize> {
        Tree::after(self.0, node)
    }

    fn is_in(&self, node: usize, state: State) -> bool {
        match state {
            State::Touched => true,
            State::Target => self.0.filled(node, "id").is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    #[test]
    fn classes_and_styles_say_how_words_look() {
        let page = "<style>@media x{.c1{font-style:italic}} .c1 , .c2{font-weight:700}\
                    .c3{text-decoration:line-through}</style>\
                    <i class='c1 c3' style='font-style: normal !important'>a</i>";
        let dom = Dom::of(&Document::from(page)).unwrap();
        let look = Looks::of(&dom).look(dom.find(0, "i").unwrap());
        assert_eq!((look.bold, look.italic, look.struck), (Some(true), Some(false), true));
    }

    #[test]
    fn style_sheets_hide_words_but_not_a_whole_page() {
        let sheet = ".a,#b,s,.tab{display:none} .tab.on{display:block} u.c{visibility:hidden} \
                     .a .d{display:none} @media print{.d{display:none}} body{visibility:hidden} .all{display:none}";
        let page = format!(
            "<style>{sheet}</style><div class=all><i class=a>1</i><i id=b>2</i><s>3</s><i class=tab>4</i>\
             <i class='tab on'>5</i><u class=c>6</u><i class=c>7</i><i class=d>8</i>\
             <i class=a style='display:inline'>9</i><p>And many other words.</p></div>"
        );
        let dom = Dom::of(&Document::from(page.as_str())).unwrap();
        let looks = Looks::of(&dom);
        let hidden = |node: usize| looks.look(node).hides(dom.name(node));
        let seen: String = (0..dom.len())
            .filter(|node| !dom.ancestors(*node).any(hidden))
            .filter_map(|node| dom.text(node).filter(|_| dom.name(dom.parent(node)) != "style"))
            .collect();
        assert_eq!(seen, "5789And many other words.");
    }

    #[test]
    fn what_is_shown_on_some_screens_is_not_hidden() {
        let page = "<style>.a,.b,.c,.d,.e{display:none} @media (min-width:700px){.a,i{display:block}} \
                    @media screen{.e.f{display:flex}} img{visibility:hidden}</style>\
                    <style media='(min-width:9em)'>.b{display:block} .g{display:none}</style>\
                    <style media=print>.c{display:block}</style>\
                    <i class=a>1</i><i class=b>2</i><i class=c>3</i><i class=d>4</i><i class='e f'>5</i>\
                    <i class=e>6</i><i class=g>7</i><img src=x><b>And many other words.</b>";
        let dom = Dom::of(&Document::from(page)).unwrap();
        let looks = Looks::of(&dom);
        let hidden = |node: usize| looks.look(node).hides(dom.name(node));
        let seen: String =
            dom.all(0, "i").filter(|node| !hidden(*node)).map(|node| dom.words(node)).collect();
        assert_eq!(seen, "1257");
        assert!(!hidden(dom.find(0, "img").unwrap()));
    }

    #[test]
    fn a_long_list_of_selectors_is_read_once_and_a_longer_one_hides_nothing() {
        let hidden = |sheet: &str| {
            let page = format!("<style>{sheet}</style><i class=z>a</i><b>And many other words.</b>");
            let dom = Dom::of(&Document::from(page.as_str())).unwrap();
            Looks::of(&dom).look(dom.find(0, "i").unwrap()).hides("i")
        };
        let said = "x:y;".repeat(60_000);
        assert!(hidden(&format!("{}.z{{{said}display:none}}", "a,".repeat(9_000))));
        assert!(!hidden(&format!(".z{{display:none}}{}.z{{display:none}}", "a,".repeat(10_000))));
    }
}
