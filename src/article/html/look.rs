//! Reads how words look out of `style` attributes and the simple rules of style sheets,
//! which is all that some word processors say of stress.

use std::collections::HashMap;

use super::dom::{Dom, declared};

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
    pub(super) hidden: bool,
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
            hidden: value("display").is_some_and(|display| display == "none")
                || value("visibility").is_some_and(|visibility| visibility == "hidden")
                || value("mso-hide").is_some_and(|hide| hide == "all"),
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
            hidden: self.hidden || more.hidden,
        }
    }
}

/// The looks that the style sheets of a page give to classes.
#[derive(Debug, Default)]
pub(super) struct Looks(HashMap<String, Look>);

/// Most bytes of style sheets that are read.
const MOST: usize = 512 * 1024;

impl Looks {
    /// Reads the rules that are for a single class, such as `.c3{font-weight:700}`, as
    /// exports of word processors have them.
    pub(super) fn of(dom: &Dom) -> Self {
        let mut looks = HashMap::new();
        let mut left = MOST;
        for style in dom.all(0, "style") {
            for sheet in dom.inside(style).filter_map(|text| dom.text(text)) {
                if sheet.len() > left {
                    return Self(looks);
                }
                left -= sheet.len();
                for rule in sheet.split('}') {
                    let Some((selectors, declarations)) = rule.rsplit_once('{') else { continue };
                    // What comes before it opens a media query.
                    let selectors = selectors.rsplit(['{', ';']).next().unwrap_or_default();
                    if selectors.contains('@') || rule.matches('{').count() > 1 {
                        continue;
                    }
                    let look = Look { hidden: false, ..Look::of(declarations) };
                    for selector in selectors.split(',').map(str::trim) {
                        let name = selector.strip_prefix('.').or_else(|| selector.strip_prefix("span."));
                        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
                        if let Some(name) = name.filter(|name| name.chars().all(is_name)) {
                            let known: &mut Look = looks.entry(name.to_owned()).or_default();
                            *known = known.and(look);
                        }
                    }
                }
            }
        }
        Self(looks)
    }

    /// How an element looks.
    pub(super) fn look(&self, dom: &Dom, node: usize) -> Look {
        let mut look = Look::default();
        if !self.0.is_empty() {
            for class in dom.classes(node) {
                if let Some(more) = self.0.get(class) {
                    look = look.and(*more);
                }
            }
        }
        match dom.attribute(node, "style") {
            Some(style) => look.and(Look::of(style)),
            None => look,
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
        let look = Looks::of(&dom).look(&dom, dom.find(0, "i").unwrap());
        assert_eq!((look.bold, look.italic, look.struck), (Some(true), Some(false), true));
    }
}
