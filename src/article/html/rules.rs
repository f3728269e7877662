//! Gathers what the style sheets of a page say of stress and of what is shown, and in which
//! windows.

use std::collections::HashMap;

use super::dom::Dom;
use super::look::Look;
use crate::css::{self, Selector, Sheet};

/// Most selectors of a sheet that are read.
const MOST: usize = 10_000;

/// Most bytes of style sheets that are read.
const MOST_BYTES: usize = 512 * 1024;

/// Most widths beside which a page is looked at.
const MOST_WIDTHS: usize = 15;

/// What goes before what: whether it is important; how near it stands, as layers and
/// `style` attributes have it; how much its selector says; and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight(bool, usize, (usize, usize, usize), usize);

impl Weight {
    /// That of a `style` attribute.
    pub(super) fn of_style(important: bool) -> Self {
        Self(important, usize::MAX, (0, 0, 0), 0)
    }

    fn of_rule(important: bool, layer: Option<usize>, selector: &Selector, number: usize) -> Self {
        // What stands in no layer goes before all layers; for what is important they go the
        // other way round.
        let near = layer.unwrap_or(usize::MAX - 1);
        let near = if important { usize::MAX - 1 - near } else { near };
        Self(important, near, selector.specificity(), number)
    }
}

/// What a rule says of the elements a selector matches.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) selector: Selector,
    /// Whether what is hidden can come to match the selector, once readers do something.
    pub(super) opens: bool,
    pub(super) look: Look,
    pub(super) weight: Weight,
    /// The number of the rule.
    pub(super) rule: usize,
    /// The windows in which it counts, a bit each.
    pub(super) counts: u32,
    /// The windows in which nobody knows.
    pub(super) may_count: u32,
}

/// What the style sheets of a page say.
#[derive(Debug, Default)]
pub(super) struct Rules {
    by_key: HashMap<String, Vec<Said>>,
    /// All windows the page is looked at in, a bit each. The first has no width: no query
    /// for one holds there.
    pub(super) windows: u32,
}

/// The windows in which something counts, and those in which nobody knows.
#[derive(Debug, Clone, Copy)]
struct When(u32, u32);

impl When {
    fn and(self, more: Self) -> Self {
        let counts = self.0 & more.0;
        Self(counts, (self.0 | self.1) & (more.0 | more.1) & !counts)
    }
}

impl Rules {
    /// Reads the style sheets of a page.
    pub(super) fn of(dom: &Dom) -> Self {
        let mut sheets: Vec<(String, Sheet)> = Vec::new();
        let mut left = MOST_BYTES;
        for style in dom.all(0, "style") {
            let media = dom.attribute(style, "media").unwrap_or_default();
            for text in dom.inside(style).filter_map(|text| dom.text(text)) {
                if text.len() > left {
                    break;
                }
                left -= text.len();
                sheets.push((format!("@media {media}"), Sheet::parse(text)));
            }
        }
        let mut windows = Windows::of(&sheets);
        let mut rules = Self { windows: windows.all(), ..Self::default() };
        let mut number = 0;
        for (media, sheet) in &sheets {
            let around = windows.when(media);
            let mut whens: Vec<(When, Option<usize>)> = Vec::with_capacity(sheet.at_rules.len());
            for at_rule in &sheet.at_rules {
                let (outer, layer) = at_rule.within.map_or((around, None), |within| whens[within]);
                let layer = layer.or_else(|| windows.layer(&at_rule.text));
                whens.push((outer.and(windows.when(&at_rule.text)), layer));
            }
            let is_cut = sheet.rules.iter().map(|rule| rule.selectors.len()).sum::<usize>() > MOST;
            let mut count = 0;
            for rule in &sheet.rules {
                number += 1;
                count += rule.selectors.len();
                if count > MOST {
                    break;
                }
                let (when, layer) = rule.within.map_or((around, None), |within| whens[within]);
                if when.0 | when.1 == 0 {
                    continue;
                }
                for important in [false, true] {
                    let look = Look::of(&rule.declarations, important);
                    let look = if is_cut { look.not_hiding() } else { look };
                    if look != Look::default() {
                        rules.add(&rule.selectors, look, when, |selector| {
                            (Weight::of_rule(important, layer, selector, number), number)
                        });
                    }
                }
            }
        }
        rules
    }

    fn add(
        &mut self,
        selectors: &[String],
        look: Look,
        When(counts, may_count): When,
        weigh: impl Fn(&Selector) -> (Weight, usize),
    ) {
        for selector in selectors.iter().filter_map(|text| Selector::parse(text)) {
            // How all elements of a name look, or those in certain places, is no stress.
            let look = if selector.is_label() { look } else { look.showing() };
            // What is hidden until a script has run is part of the text.
            let look = if selector.waits() { look.shown() } else { look };
            if look != Look::default() {
                let (weight, rule) = weigh(&selector);
                let said = self.by_key.entry(selector.key()).or_default();
                let opens = look.shown() != Look::default() && selector.can_open();
                said.push(Said { selector, opens, look, weight, rule, counts, may_count });
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// What may be said of an element: what its name, its id or a class of it is in.
    pub(super) fn near<'a>(&'a self, dom: &'a Dom, node: usize) -> impl Iterator<Item = &'a Said> {
        let mut keys: Vec<String> = dom.classes(node).map(|class| format!(".{class}")).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.extend(dom.filled(node, "id").map(|id| format!("#{id}")));
        keys.extend([dom.name(node).to_owned(), String::new()]);
        keys.into_iter().filter_map(|key| self.by_key.get(&key)).flatten()
    }
}

/// The windows a page is looked at in, and the layers of its style sheets.
struct Windows {
    widths: Vec<Option<f64>>,
    layers: HashMap<String, usize>,
}

impl Windows {
    /// One without any width, and one to each side of each width that the page names.
    fn of(sheets: &[(String, Sheet)]) -> Self {
        let mut named: Vec<f64> = Vec::new();
        let texts = sheets
            .iter()
            .flat_map(|(media, sheet)| sheet.at_rules.iter().map(|at_rule| &at_rule.text).chain([media]));
        for width in texts.flat_map(|text| css::widths(text)) {
            if named.len() < MOST_WIDTHS && !named.contains(&width) {
                named.push(width);
            }
        }
        let mut widths: Vec<f64> = named.iter().flat_map(|width| [width - 1.0, width + 1.0]).collect();
        widths.sort_by(f64::total_cmp);
        widths.dedup();
        let widths = [None].into_iter().chain(widths.into_iter().map(Some)).collect();
        Self { widths, layers: HashMap::new() }
    }

    fn all(&self) -> u32 {
        (0..self.widths.len()).fold(0, |all, bit| all | 1 << bit)
    }

    /// Where what stands in an at-rule counts.
    fn when(&self, at_rule: &str) -> When {
        let holds = |wide: Option<f64>| css::holds(at_rule, &mut |feature| css::fits(feature, wide));
        if css::widths(at_rule).is_empty() {
            return match holds(None) {
                Some(true) => When(self.all(), 0),
                Some(false) => When(0, 0),
                None => When(0, self.all()),
            };
        }
        let mut when = When(0, 0);
        for (bit, wide) in self.widths.iter().enumerate() {
            match holds(*wide) {
                Some(true) => when.0 |= 1 << bit,
                Some(false) => {}
                None => when.1 |= 1 << bit,
            }
        }
        when
    }

    /// The place of the layer that an at-rule opens; layers stand in the order in which they
    /// are named first.
    fn layer(&mut self, at_rule: &str) -> Option<usize> {
        let mut first = None;
        for name in css::layers(at_rule)? {
            let next = self.layers.len();
            // One without a name is a layer of its own.
            let name = if name.is_empty() { format!(" {next}") } else { name.to_owned() };
            let place = *self.layers.entry(name).or_insert(next);
            first.get_or_insert(place);
        }
        first
    }
}
