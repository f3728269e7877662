//! Finds what a page has twice, once for wide windows and once for narrow ones.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use super::cascade::{Looks, Sums, Variant};
use super::dom::Dom;

/// How far apart two that stand for each other may be, in a row of such elements.
const NEAR: usize = 8;

/// How much more than what is kept may be left out for it.
const TIMES: usize = 2;

/// How many of the words of what is left out must stand in what is kept, in per cent.
const SHARED: usize = 75;

/// Most bytes of words that are compared on a page.
const PATIENCE: usize = 4_000_000;

/// The window without any width.
const NO_WIDTH: u32 = 1;

impl Looks {
    /// Hides what other windows show in place of something that is kept: that of both which
    /// no width asks for, or else that for wide windows.
    ///
    /// They stand next to each other, no window shows both, and what is left out says
    /// nearly nothing that the other does not. Each is held against one other; what has none stays.
    pub(super) fn without_variants(&mut self, dom: &Dom, sums: &Sums, variants: &[Variant]) {
        let mut families: BTreeMap<usize, Vec<Variant>> = BTreeMap::new();
        for variant in
            variants.iter().filter(|variant| !self.look(variant.node).hides(dom.name(variant.node)))
        {
            families.entry(dom.parent(variant.node)).or_default().push(*variant);
        }
        let mut patience = PATIENCE;
        for family in families.into_values() {
            let mut row: Vec<Variant> = Vec::new();
            for variant in family {
                if row.last().is_some_and(|last| !self.touch(dom, last.node, variant.node)) {
                    self.choose(dom, sums, &std::mem::take(&mut row), &mut patience);
                }
                row.push(variant);
            }
            self.choose(dom, sums, &row, &mut patience);
        }
    }

    /// Whether nothing is shown between two elements of the same one.
    fn touch(&self, dom: &Dom, one: usize, other: usize) -> bool {
        let mut node = dom.subtree(one).end;
        while node < other {
            let name = dom.name(node);
            let nothing = dom.text(node).map_or_else(
                || matches!(name, "br" | "script" | "style") || self.look(node).hides(name),
                |text| text.trim().is_empty(),
            );
            if !nothing {
                return false;
            }
            node = dom.subtree(node).end;
        }
        true
    }

    /// Chooses among what stands in a row.
    fn choose(&mut self, dom: &Dom, sums: &Sums, row: &[Variant], patience: &mut usize) {
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by_key(|at| Reverse((row[*at].shown & NO_WIDTH, row[*at].shown, Reverse(*at))));
        // What is kept, with the windows of those it was kept for.
        let mut kept: Vec<Option<Vec<u32>>> = vec![None; row.len()];
        for at in order {
            let own = row[at];
            let near = (at.saturating_sub(NEAR)..row.len().min(at + NEAR + 1)).filter(|other| *other != at);
            let instead = near
                .filter(|other| {
                    let other_shown = row[*other].shown;
                    kept[*other].as_ref().is_some_and(|stood| !stood.contains(&own.shown))
                        && other_shown & own.shown & !NO_WIDTH == 0
                        && says_as_much(dom, sums, row[*other].node, own.node, patience)
                })
                .min_by_key(|other| other.abs_diff(at));
            match instead.and_then(|other| kept[other].as_mut()) {
                Some(stood) => {
                    stood.push(own.shown);
                    self.known.entry(own.node).or_default().hidden = Some(true);
                    self.replaced.insert(own.node);
                }
                None => kept[at] = Some(Vec::new()),
            }
        }
    }
}

/// Whether `kept` shows as much as `lost` and says nearly all of it: most of its words, and
/// each number.
fn says_as_much(dom: &Dom, sums: &Sums, kept: usize, lost: usize, patience: &mut usize) -> bool {
    let [letters, lost_letters] = [kept, lost].map(|node| sums.letters(dom, node));
    if sums.pictures(dom, lost) > sums.pictures(dom, kept) || lost_letters > letters * TIMES {
        return false;
    }
    if lost_letters == 0 {
        // Pictures stand for pictures; what has words besides says something else.
        return letters == 0 || sums.pictures(dom, lost) == 0;
    }
    let Some(left) = patience.checked_sub(letters + lost_letters) else { return false };
    *patience = left;
    let [kept, lost] = [kept, lost].map(|node| words(dom, node));
    let is_number = |word: &String| word.contains(char::is_numeric);
    let shared = lost.intersection(&kept).count();
    shared * 100 >= lost.len() * SHARED && lost.difference(&kept).all(|word| !is_number(word))
}

/// All words within `node`, in lower case.
fn words(dom: &Dom, node: usize) -> HashSet<String> {
    let said = dom.words(node).to_lowercase();
    said.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
