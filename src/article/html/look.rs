//! Reads how words look out of `style` attributes and the simple rules of style sheets,
//! which is all that some word processors say of stress.

use std::collections::{BTreeSet, HashMap};

use super::dom::{Dom, declared};
use super::sheet::{self, Rules, Selector};

/// What is said of the look of a stretch; nothing where it looks as around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a look of its own, and they add up")]
pub(super) struct Look {
    pub(super) bold: Option<bool>,
    pub(super) italic: Option<bool>,
    pub(super) struck: bool,
    pub(super) underlined: bool,
    pub(super) raised: bool,
    pub(super) lowered: bool,
    pub(super) hidden: Option<bool>,
    /// Whether it is not seen, though it takes its room.
    pub(super) unseen: Option<bool>,
}

impl Look {
    fn of(declarations: &str) -> Self {
        let value = |name: &str| declared(declarations, name).map(str::to_ascii_lowercase);
        let line = value("text-decoration").or_else(|| value("text-decoration-line")).unwrap_or_default();
        let vertical = value("vertical-align").unwrap_or_default();
        Self {
            bold: value("font-weight").map(|weight| match weight.parse::<u32>() {
                Ok(number) => number >= 600,
                Err(_) => weight.starts_with("bold"),
            }),
            italic: value("font-style").map(|style| style == "italic" || style == "oblique"),
            struck: line.contains("line-through"),
            underlined: line.contains("underline"),
            raised: vertical == "super",
            lowered: vertical == "sub",
            hidden: [("display", "none"), ("mso-hide", "all")]
                .into_iter()
                .filter_map(|(name, hides)| value(name).map(|said| said == hides))
                .max(),
            unseen: value("visibility").map(|said| said == "hidden"),
        }
    }

    /// What is said of whether it is shown, and nothing else.
    fn showing(self) -> Self {
        Self { hidden: self.hidden, unseen: self.unseen, ..Self::default() }
    }

    /// Only that it is shown, if that is said.
    fn shown(self) -> Self {
        let only = |said: Option<bool>| said.filter(|hides| !hides);
        Self { hidden: only(self.hidden), unseen: only(self.unseen), ..Self::default() }
    }

    /// Everything but that it is not shown.
    fn not_hiding(self) -> Self {
        Self { hidden: None, unseen: None, ..self }
    }

    /// Whether an element of that name is not shown. Pictures that are not seen at first are
    /// loaded late.
    pub(super) fn hides(self, name: &str) -> bool {
        self.hidden == Some(true) || (self.unseen == Some(true) && name != "img")
    }

    fn and(self, more: Self) -> Self {
        Self {
            bold: more.bold.or(self.bold),
            italic: more.italic.or(self.italic),
            struck: self.struck || more.struck,
            underlined: self.underlined || more.underlined,
            raised: self.raised || more.raised,
            lowered: self.lowered || more.lowered,
            hidden: more.hidden.or(self.hidden),
            unseen: more.unseen.or(self.unseen),
        }
    }
}

/// How the elements of a page look that say so themselves or in its style sheets.
#[derive(Debug, Default)]
pub(super) struct Looks(HashMap<usize, Look>);

/// Most bytes of style sheets that are read.
const MOST: usize = 512 * 1024;

/// Most times that a rule is held against an element.
const PATIENCE: usize = 4_000_000;

/// The part of a page that its style sheet hides only until a script shows it, in per cent.
const TOO_MUCH: usize = 50;

impl Looks {
    /// Reads the looks of a page, which may have style sheets such as exports of word
    /// processors have: rules for elements by their classes.
    pub(super) fn of(dom: &Dom) -> Self {
        let mut looks = Self::sheets(dom);
        let styled = Self::styled(dom);
        for (node, own) in styled.0 {
            let look = looks.0.entry(node).or_default();
            *look = look.and(own);
        }
        looks
    }

    /// Reads only the looks that elements have of themselves.
    pub(super) fn styled(dom: &Dom) -> Self {
        let own = (0..dom.len()).filter_map(|node| Some((node, Look::of(dom.attribute(node, "style")?))));
        Self(own.collect())
    }

    fn sheets(dom: &Dom) -> Self {
        let mut rules: HashMap<String, Vec<(Selector, usize, Look)>> = HashMap::new();
        let mut left = MOST;
        let mut count = 0;
        for style in dom.all(0, "style") {
            let media = dom.attribute(style, "media").unwrap_or_default().to_ascii_lowercase();
            let for_all = matches!(media.as_str(), "" | "all" | "screen");
            if !for_all && sheet::is_print(&media) {
                continue;
            }
            for sheet in dom.inside(style).filter_map(|text| dom.text(text)) {
                if sheet.len() > left {
                    break;
                }
                left -= sheet.len();
                let sheet = sheet::without_comments(sheet);
                let Rules { found, is_cut, .. } = Rules::of(&sheet);
                for rule in found {
                    let mut look = Look::of(rule.declarations);
                    if rule.conditional || !for_all {
                        look = look.shown();
                    }
                    if is_cut {
                        look = look.not_hiding();
                    }
                    count += 1;
                    for selector in rule.selectors {
                        let look = if selector.is_general() { look.showing() } else { look };
                        if look != Look::default() {
                            rules.entry(selector.key()).or_default().push((selector, count, look));
                        }
                    }
                }
            }
        }
        let mut looks = Self::default();
        if rules.is_empty() {
            return looks;
        }
        let mut patience = PATIENCE;
        for node in (1..dom.len()).filter(|node| dom.text(*node).is_none()) {
            let id = dom.filled(node, "id").map(|id| format!("#{id}"));
            let classes: BTreeSet<&str> = dom.classes(node).collect();
            patience = patience.saturating_sub(classes.len());
            let keys =
                classes.iter().map(|class| format!(".{class}")).chain(id).chain([dom.name(node).to_owned()]);
            let mut found: Vec<&(Selector, usize, Look)> = Vec::new();
            for known in keys.filter_map(|key| rules.get(&key)) {
                patience = patience.saturating_sub(known.len());
                found.extend(known.iter().filter(|(selector, _, _)| selector.fits(dom, node, &classes)));
            }
            if patience == 0 {
                break;
            }
            found.sort_by_key(|(selector, number, _)| (selector.weight(), *number));
            if !found.is_empty() {
                let look = found.iter().fold(Look::default(), |look, (_, _, more)| look.and(*more));
                looks.0.insert(node, look);
            }
        }
        looks.without_curtains(dom);
        looks
    }

    /// Shows what a style sheet hides only until a script has run: most of a page.
    fn without_curtains(&mut self, dom: &Dom) {
        if self.0.values().all(|look| !look.hides("")) {
            return;
        }
        let mut letters = vec![0];
        for node in 0..dom.len() {
            let silent = matches!(dom.name(dom.parent(node)), "script" | "style" | "title" | "noscript");
            letters
                .push(letters[node] + dom.text(node).filter(|_| !silent).map_or(0, |text| text.trim().len()));
        }
        for (node, look) in &mut self.0 {
            let range = dom.subtree(*node);
            let within = letters[range.end] - letters[range.start];
            if matches!(dom.name(*node), "html" | "body" | "main" | "article")
                || within * 100 > letters[dom.len()] * TOO_MUCH
            {
                *look = look.not_hiding();
            }
        }
    }

    /// How an element looks.
    pub(super) fn look(&self, node: usize) -> Look {
        self.0.get(&node).copied().unwrap_or_default()
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
