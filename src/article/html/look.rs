//! Reads how words look out of `style` attributes and the simple rules of style sheets,
//! which is all that some word processors say of stress.

use std::collections::HashMap;

use super::dom::{Dom, declared};
use super::sheet::{self, Selector};

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
            hidden: [("display", "none"), ("visibility", "hidden"), ("mso-hide", "all")]
                .into_iter()
                .filter_map(|(name, hides)| value(name).map(|said| said == hides))
                .max(),
        }
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
        for style in dom.all(0, "style").filter(|style| dom.attribute(*style, "media").is_none_or(is_for_all))
        {
            for sheet in dom.inside(style).filter_map(|text| dom.text(text)) {
                if sheet.len() > left {
                    break;
                }
                left -= sheet.len();
                for (selector, declarations) in sheet::rules(sheet) {
                    let mut look = Look::of(&declarations);
                    if selector.is_general() {
                        look = Look { hidden: look.hidden, ..Look::default() };
                    }
                    if look != Look::default() {
                        count += 1;
                        rules.entry(selector.key()).or_default().push((selector, count, look));
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
            let classes = dom.classes(node).map(|class| format!(".{class}"));
            let keys = classes.chain(id).chain([dom.name(node).to_owned()]);
            let mut found: Vec<&(Selector, usize, Look)> = Vec::new();
            for known in keys.filter_map(|key| rules.get(&key)) {
                patience = patience.saturating_sub(known.len());
                found.extend(known.iter().filter(|(selector, _, _)| selector.fits(dom, node)));
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
        if self.0.values().all(|look| look.hidden != Some(true)) {
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
                look.hidden = None;
            }
        }
    }

    /// How an element looks.
    pub(super) fn look(&self, node: usize) -> Look {
        self.0.get(&node).copied().unwrap_or_default()
    }
}

/// Whether a sheet is for all readers.
fn is_for_all(media: &str) -> bool {
    matches!(media.to_ascii_lowercase().as_str(), "" | "all" | "screen")
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
        let hidden = |node: usize| looks.look(node).hidden == Some(true);
        let seen: String = (0..dom.len())
            .filter(|node| !dom.ancestors(*node).any(hidden))
            .filter_map(|node| dom.text(node).filter(|_| dom.name(dom.parent(node)) != "style"))
            .collect();
        assert_eq!(seen, "5789And many other words.");
    }
}
