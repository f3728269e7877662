//! Reckons what the tree of a page will be like before it is made.
//!
//! What a parser does for an element grows with how deep it stands and how many are left
//! open, so a page of nothing but `<div>` takes a parser the square of its length. This
//! follows the tags as a parser does (WHATWG HTML §13.2.6), with a list of open elements
//! that is never longer than the bound, and so takes time in proportion to the text.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::dom::{DEEPEST, MOST_NODES};
use super::elements::{
    Space, breaks_out, ends_paragraph, is_door, is_format, is_heading, is_special, is_token, is_void, is_wall,
};
use super::tags::{Tag, Tags, Unclosed};
use crate::problem::Span;

/// Most attributes of one element. Parsers compare each with all others.
pub(super) const MOST_ATTRIBUTES: usize = 512;

/// What a page has too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// Elements within elements.
    Depth,
    /// Elements that a parser opens again and again, because nothing closes them.
    Reopened,
    /// Attributes of one element.
    Attributes,
}

/// What was reckoned.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// Most elements that are open at once.
    pub(super) deepest: usize,
    /// How many elements a parser makes and how many it looks at for that.
    pub(super) work: usize,
    /// Where the tags stand that open something, and where their names end.
    pub(super) tags: Vec<(Span, usize)>,
    /// What swallows the rest of the page.
    pub(super) unclosed: Option<Unclosed>,
}

/// Follows the tags of `html`.
///
/// # Errors
///
/// Fails with what there is too much of, and the byte at which it is.
pub(super) fn reckon(html: &str) -> Result<Bounds, (Excess, usize)> {
    let mut tags = Tags::of(html);
    let mut open = Open::default();
    let mut bounds = Bounds::default();
    while let Some(tag) = tags.next(open.is_foreign()) {
        if tag.attributes > MOST_ATTRIBUTES {
            return Err((Excess::Attributes, tag.start));
        }
        if tag.after_words {
            open.reopen();
        }
        if tag.closes {
            open.close(&tag);
        } else {
            open.begin(&tag, &html[tag.start..tag.end]);
            bounds.tags.push((Span::new(tag.start, tag.end), tag.named));
        }
        bounds.deepest = bounds.deepest.max(open.elements.len());
        if open.elements.len() > DEEPEST {
            return Err((Excess::Depth, tag.start));
        }
        if open.formats.len() > DEEPEST || open.made > MOST_NODES {
            return Err((Excess::Reopened, tag.start));
        }
    }
    bounds.work = open.work;
    bounds.unclosed = tags.unclosed;
    Ok(bounds)
}

struct Element<'a> {
    name: Cow<'a, str>,
    /// Which of the formats it is.
    format: Option<usize>,
    space: Space,
    /// Whether a page goes on within it, in a drawing or formula.
    is_door: bool,
}

impl Element<'_> {
    /// Whether it is the element of pages that has this name.
    fn is(&self, name: &str) -> bool {
        self.space == Space::Page && self.name == name
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        self.space == Space::Page && names.contains(&self.name.as_ref())
    }

    fn is_wall(&self) -> bool {
        is_wall(self.space, &self.name)
    }

    fn is_special(&self) -> bool {
        is_special(self.space, &self.name)
    }

    /// Whether an end tag of a paragraph or button does not reach over it.
    fn is_button_or_wall(&self) -> bool {
        self.is("button") || self.is_wall()
    }
}

/// A format such as `<b>`, which a parser opens again in each block until it is closed.
struct Format<'a> {
    number: usize,
    name: Cow<'a, str>,
    hash: u64,
    open: bool,
}

#[derive(Default)]
struct Open<'a> {
    elements: Vec<Element<'a>>,
    /// The formats, and a gap where a cell or the like begins.
    formats: Vec<Option<Format<'a>>>,
    numbers: usize,
    made: usize,
    work: usize,
}

impl<'a> Open<'a> {
    /// What the element that was opened last belongs to.
    fn space(&self) -> Space {
        self.elements.last().map_or(Space::Page, |element| element.space)
    }

    /// Whether tags that begin here belong to a drawing or a formula.
    fn is_foreign(&self) -> bool {
        self.space() != Space::Page && !self.elements.last().is_some_and(|element| element.is_door)
    }

    /// Whether a tag that begins here belongs to a drawing or a formula (§13.2.6, the tree
    /// construction dispatcher).
    fn takes(&self, name: &str) -> bool {
        let top = self.elements.last().filter(|element| element.space == Space::Formula);
        match name {
            "svg" if top.is_some_and(|top| top.name == "annotation-xml") => false,
            "mglyph" | "malignmark" if top.is_some_and(|top| is_token(&top.name)) => true,
            _ => self.is_foreign(),
        }
    }

    fn top(&self) -> &str {
        let top = self.elements.last().filter(|element| element.space == Space::Page);
        top.map_or("", |element| element.name.as_ref())
    }

    /// Closes the drawings and formulas that are open (§13.2.6.5).
    fn break_out(&mut self) {
        while self.is_foreign() {
            self.cut(self.elements.len() - 1);
        }
    }

    fn begin(&mut self, tag: &Tag<'a>, whole: &str) {
        let name = tag.name.as_ref();
        if self.takes(name) {
            if !breaks_out(name) && !tag.styled {
                if !tag.alone {
                    let space = self.space();
                    self.push_into(space, tag, is_door(space, name, tag.says_html));
                }
                return;
            }
            self.break_out();
        }
        match name {
            "html" | "head" | "body" | "frameset" => {}
            "svg" | "math" => {
                self.reopen();
                if !tag.alone {
                    let space = if name == "svg" { Space::Drawing } else { Space::Formula };
                    self.push_into(space, tag, false);
                }
            }
            "tr" | "td" | "th" | "tbody" | "thead" | "tfoot" | "caption" | "colgroup" | "col" => {
                self.begin_part_of_table(tag);
            }
            "table" => {
                if let Some(table) = self.table_itself() {
                    self.cut(table);
                }
                self.push(tag.name.clone(), None);
            }
            _ if is_void(name) => {
                self.reopen();
                self.made += 1;
            }
            "li" => self.begin_item(tag, &["li"]),
            "dd" | "dt" => self.begin_item(tag, &["dd", "dt"]),
            "option" | "optgroup" => {
                if self.top() == "option" {
                    self.cut(self.elements.len() - 1);
                }
                self.push(tag.name.clone(), None);
            }
            _ if is_format(name) => self.begin_format(tag, whole),
            _ => {
                if ends_paragraph(name)
                    && let Some(paragraph) = self.within("p", Element::is_button_or_wall)
                {
                    self.cut(paragraph);
                }
                if is_heading(name) && is_heading(self.top()) {
                    self.cut(self.elements.len() - 1);
                }
                if name == "button"
                    && let Some(button) = self.within("button", Element::is_wall)
                {
                    self.cut(button);
                }
                if !is_special(Space::Page, name) {
                    self.reopen();
                }
                self.push(tag.name.clone(), None);
                if matches!(name, "applet" | "marquee" | "object" | "template") {
                    self.formats.push(None);
                }
            }
        }
    }

    fn begin_item(&mut self, tag: &Tag<'a>, same: &[&str]) {
        let mut found = None;
        for (at, element) in self.elements.iter().enumerate().rev() {
            self.work += 1;
            if element.is_one_of(same) {
                found = Some(at);
            }
            if found.is_some() || (element.is_special() && !element.is_one_of(&["address", "div", "p"])) {
                break;
            }
        }
        if let Some(found) = found {
            self.cut(found);
        }
        if let Some(paragraph) = self.within("p", Element::is_button_or_wall) {
            self.cut(paragraph);
        }
        self.push(tag.name.clone(), None);
    }

    /// The table that an element is a part of when it begins here, if no cell is open.
    fn table_itself(&mut self) -> Option<usize> {
        self.within("table", |around| around.is_one_of(&["td", "th", "caption", "template"]))
    }

    fn begin_part_of_table(&mut self, tag: &Tag<'a>) {
        let Some(table) = self.within("table", |around| around.is("template")) else { return };
        let name = tag.name.as_ref();
        let holders: &[&str] = match name {
            "td" | "th" => &["tr", "tbody", "thead", "tfoot", "table"],
            "tr" => &["tbody", "thead", "tfoot", "table"],
            "col" => &["colgroup", "table"],
            _ => &["table"],
        };
        let holder = (table..self.elements.len()).rev().find(|at| self.elements[*at].is_one_of(holders));
        self.cut(holder.unwrap_or(table) + 1);
        if name != "col" {
            self.push(tag.name.clone(), None);
        }
        if matches!(name, "td" | "th" | "caption") {
            self.formats.push(None);
        }
    }

    fn begin_format(&mut self, tag: &Tag<'a>, whole: &str) {
        let name = tag.name.as_ref();
        if matches!(name, "a" | "nobr") && self.last_format(name).is_some() {
            self.close_format(name);
        }
        self.reopen();
        let mut hasher = DefaultHasher::new();
        whole.hash(&mut hasher);
        let hash = hasher.finish();
        // No more than three that are the same ("Noah's Ark", §13.2.4.3).
        let recent = self.formats.iter().rposition(Option::is_none).map_or(0, |gap| gap + 1);
        self.work += self.formats.len() - recent;
        let same = |format: &Option<Format<'_>>| format.as_ref().is_some_and(|format| format.hash == hash);
        if self.formats[recent..].iter().filter(|format| same(format)).count() >= 3
            && let Some(first) = self.formats[recent..].iter().position(same)
        {
            self.formats.remove(recent + first);
        }
        let number = self.numbers;
        self.numbers += 1;
        self.formats.push(Some(Format { number, name: tag.name.clone(), hash, open: true }));
        self.push(tag.name.clone(), Some(number));
    }

    /// Opens the formats again that a block closed.
    fn reopen(&mut self) {
        let recent = self.formats.iter().rposition(|format| format.as_ref().is_none_or(|format| format.open));
        for at in recent.map_or(0, |at| at + 1)..self.formats.len() {
            let Some(format) = self.formats[at].as_mut() else { continue };
            format.open = true;
            let (name, number) = (format.name.clone(), format.number);
            self.push(name, Some(number));
        }
    }

    fn close(&mut self, tag: &Tag<'a>) {
        let name = tag.name.as_ref();
        if matches!(name, "p" | "br") {
            self.break_out();
        }
        // An end tag belongs to a drawing also where a page goes on (§13.2.6.5).
        if self.space() != Space::Page {
            let ends = |element: &Element<'_>| element.space == Space::Page || element.name == name;
            let found = self.elements.iter().rposition(ends);
            if let Some(at) = found.filter(|at| self.elements[*at].space != Space::Page) {
                return self.cut(at);
            }
        }
        match name {
            "html" | "body" => {}
            _ if is_format(name) => self.close_format(name),
            "p" => {
                match self.within("p", Element::is_button_or_wall) {
                    Some(at) => self.cut(at),
                    // One that was never opened is made.
                    None => self.made += 1,
                }
            }
            // One that ends a line as `<br>` does.
            "br" => {
                self.reopen();
                self.made += 1;
            }
            "li" => self.close_within("li", |around| around.is_one_of(&["ol", "ul"]) || around.is_wall()),
            "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th" | "caption" | "colgroup" => {
                self.close_within(name, |around| around.is_one_of(&["table", "template"]));
            }
            "template" => self.close_within(name, |_| false),
            _ if is_heading(name) => {
                let at =
                    self.elements.iter().rposition(|element| is_heading(&element.name) || element.is_wall());
                if let Some(at) = at.filter(|at| is_heading(&self.elements[*at].name)) {
                    self.cut(at);
                }
            }
            _ if is_special(Space::Page, name) => self.close_within(name, Element::is_wall),
            _ => self.close_within(name, Element::is_special),
        }
    }

    fn close_within(&mut self, name: &str, ends: impl Fn(&Element<'a>) -> bool) {
        if let Some(at) = self.within(name, ends) {
            self.cut(at);
        }
    }

    /// Closes a format; blocks that were opened within it stay open.
    fn close_format(&mut self, name: &str) {
        let Some(at) = self.last_format(name) else {
            return self.close_within(name, Element::is_special);
        };
        let number = self.formats[at].as_ref().map(|format| format.number);
        let element = self.elements.iter().rposition(|element| element.format == number);
        let Some(element) = element else {
            self.formats.remove(at);
            return;
        };
        let above = &self.elements[element + 1..];
        self.work += above.len();
        if above.iter().any(Element::is_wall) {
            return;
        }
        self.formats.remove(at);
        if above.iter().any(Element::is_special) {
            self.made += above.len();
            self.elements.remove(element);
        } else {
            self.cut(element);
        }
    }

    /// The last format of that name since a cell began.
    fn last_format(&mut self, name: &str) -> Option<usize> {
        let recent = self.formats.iter().rposition(Option::is_none).map_or(0, |gap| gap + 1);
        self.work += self.formats.len() - recent;
        let named = |format: &Option<Format<'_>>| format.as_ref().is_some_and(|format| format.name == name);
        self.formats[recent..].iter().rposition(named).map(|at| recent + at)
    }

    /// The innermost open element of that name, if nothing that `ends` the search is open
    /// within it.
    fn within(&mut self, name: &str, ends: impl Fn(&Element<'a>) -> bool) -> Option<usize> {
        for (at, element) in self.elements.iter().enumerate().rev() {
            self.work += 1;
            if element.is(name) {
                return Some(at);
            }
            if ends(element) {
                return None;
            }
        }
        None
    }

    fn push(&mut self, name: Cow<'a, str>, format: Option<usize>) {
        self.made += 1;
        self.work += 1;
        self.elements.push(Element { name, format, space: Space::Page, is_door: false });
    }

    /// Opens an element of a drawing or a formula.
    fn push_into(&mut self, space: Space, tag: &Tag<'a>, is_door: bool) {
        self.made += 1;
        self.work += 1;
        self.elements.push(Element { name: tag.name.clone(), format: None, space, is_door });
    }

    /// Closes all elements from the one with that number on.
    fn cut(&mut self, from: usize) {
        while self.elements.len() > from {
            let Some(element) = self.elements.pop() else { return };
            self.work += 1;
            if let Some(number) = element.format {
                for format in self.formats.iter_mut().rev().flatten() {
                    if format.number == number {
                        format.open = false;
                        break;
                    }
                }
            } else if element.is_one_of(&["td", "th", "caption", "applet", "marquee", "object", "template"]) {
                let gap = self.formats.iter().rposition(Option::is_none).unwrap_or_default();
                self.formats.truncate(gap);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;
    use crate::article::html::dom::Dom;

    /// Pages that take a parser, or this, the square of their length.
    const SHAPES: [&str; 39] = [
        "<div>",
        "<b>",
        "<b><i>",
        "<p><b>x",
        "<table>",
        "<table><td>",
        "<table><tr><td><b>x",
        "<table><b>x",
        "<table>x",
        "<ul><li>",
        "<li>x",
        "<dl><dd>",
        "<a href=x>",
        "<a href=x><div>",
        "<p>",
        "</p>",
        "</b>",
        "<b></b>",
        "<span><div></span>",
        "<svg>",
        "<svg><desc>",
        "<svg><style/><div/>",
        "<svg><font color=red>",
        "<svg></p><b>",
        "<math></br><i>",
        "<svg><font>",
        "<math><mi>",
        "<svg><mi>",
        "<math><mi><mglyph>",
        "<math><annotation-xml>",
        "<math><annotation-xml encoding=text/html>",
        "<svg><mi></svg><b>",
        "<select><option>",
        "<button>",
        "<template>",
        "<object><b>",
        "<h1>",
        "<!--x-->",
        "<nobr>x<p>",
    ];

    #[test]
    fn the_work_grows_with_the_length_and_no_faster_whatever_the_page() {
        for shape in SHAPES {
            let work = |times: usize| reckon(&shape.repeat(times)).map(|bounds| bounds.work);
            match (work(4_000), work(8_000)) {
                (Ok(once), Ok(twice)) => {
                    assert!(twice <= once * 2 + 1_000, "{shape}: {once} and {twice}");
                    assert!(once <= 4_000 * DEEPEST, "{shape}: {once}");
                }
                // It is refused where the bound is, not at the end.
                (Err((_, at)), Err((_, again))) => {
                    assert_eq!(at, again, "{shape}");
                    assert!(at <= DEEPEST * 2 * shape.len(), "{shape}: {at}");
                }
                (once, twice) => panic!("{shape}: {once:?} and {twice:?}"),
            }
        }
        let numbered = |count: usize, before: &str, after: &str| {
            (0..count).fold(String::new(), |all, number| all + before + &number.to_string() + after)
        };
        let many = numbered(100_000, " a", "");
        assert_eq!(reckon(&format!("<p><i{many}>")).unwrap_err(), (Excess::Attributes, 3));
        let fonts = numbered(300, "<p><font size=", ">x");
        assert_eq!(reckon(&fonts).unwrap_err().0, Excess::Depth);
    }

    #[test]
    fn what_people_leave_open_is_no_excess() {
        for page in [
            "<p><b>One<p><i>Two".repeat(500),
            format!("<table>{}</table>", "<tr><td><font size=2>x".repeat(500)),
            format!("<table>{}</table>", "<tr><td><b>x<td>y".repeat(500)),
            format!("<ul>{}</ul>", "<li>x<p>y".repeat(500)),
            format!("<svg>{}</svg>", "<path d='M0 0'/><g><circle/></g>".repeat(500)),
            format!("<svg>{}</svg>", "<foreignObject><div>x</div></foreignObject><path/>".repeat(500)),
            "<a href=x>y".repeat(500),
            "<select>".to_owned() + &"<option>x".repeat(500),
            "<div><span>x</div>".repeat(500),
            "<center><h2>x</h3></center>".repeat(500),
        ] {
            let bounds = reckon(&page).unwrap_or_else(|excess| panic!("{excess:?}: {}", &page[..80]));
            assert!(bounds.deepest < 20, "{}: {}", bounds.deepest, &page[..80]);
        }
    }

    /// What the elements of pages are put together from.
    const PIECES: [&str; 49] = [
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<b>",
        "</b>",
        "<i a=1>",
        "</i>",
        "<a href=x>",
        "</a>",
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "</td>",
        "<ul>",
        "<li>",
        "</ul>",
        "<span>",
        "</span>",
        "<svg>",
        "<g/>",
        "<g>",
        "</svg>",
        "<desc>",
        "<h2>",
        "</h3>",
        "<button>",
        "</button>",
        "<dl>",
        "<dd>",
        "<select>",
        "<option>",
        "<font size=1>",
        " x ",
        "<template>",
        "<math>",
        "</math>",
        "</br>",
        "<font a=1>",
        "<font color=red>",
        "<mi>",
        "</mi>",
        "<mglyph>",
        "<foreignObject>",
        "</desc>",
        "<annotation-xml>",
        "<annotation-xml encoding='text/HTML'>",
        "</annotation-xml>",
    ];

    #[test]
    fn a_page_goes_on_in_drawings_and_formulas_where_parsers_have_it() {
        for (page, deepest) in [
            ("<svg><mi><div><b>x", 2),
            ("<svg><mi><a><rect>", 4),
            ("<math><mi><div><b>x", 4),
            ("<math><desc><div><b>x", 2),
            ("<svg><desc><div><b>x", 4),
            ("<svg><foreignObject><div><b>x", 4),
            ("<math><annotation-xml><div><b>x", 2),
            ("<math><annotation-xml encoding=text/plain><div><b>x", 2),
            ("<math><annotation-xml encoding='Text/HTML'><div><b>x", 4),
            ("<math><annotation-xml a encoding=application/xhtml+xml><div><b>x", 4),
            ("<math><annotation-xml encoding encoding=text/html><div><b>x", 2),
            // A drawing begins within an annotation, and there only.
            ("<math><annotation-xml><svg><desc><div>", 5),
            ("<math><mrow><svg><desc><div>", 4),
            // These are a formula's where its words stand.
            ("<math><mi><mglyph><mrow>", 4),
            ("<svg><desc></svg><i>", 2),
            ("<svg><desc><p></svg><i>", 4),
        ] {
            let depth = |page: &str| {
                let dom = Dom::of(&Document::from(page)).unwrap();
                let elements = (0..dom.len()).filter(|node| !dom.name(*node).is_empty());
                elements.map(|node| dom.ancestors(node).count()).max().unwrap()
            };
            assert_eq!(depth(page) - depth("<i>") + 1, deepest, "the parser: {page}");
            assert_eq!(reckon(page).unwrap().deepest, deepest, "{page}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

        #[test]
        fn no_soup_of_tags_is_much_deeper_than_was_reckoned(
            pieces in proptest::collection::vec(0..PIECES.len(), 0..120),
        ) {
            let html: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
            let bounds = reckon(&html).unwrap();
            let dom = Dom::of(&Document::from(html.as_str())).unwrap();
            let depth = (0..dom.len()).map(|node| dom.ancestors(node).count()).max().unwrap_or_default();
            // The parser adds `<html>`, `<body>` and the parts of tables that nobody writes.
            proptest::prop_assert!(depth <= bounds.deepest * 3 + 3, "{depth}, not {}: {html}", bounds.deepest);
        }
    }
}
