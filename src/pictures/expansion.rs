//! Counts what a drawing becomes when its references are followed.
//!
//! `<use>`, patterns, markers, masks and clips are a few letters in a file, and whatever
//! they lead to is read anew wherever they stand: ten lines can mean a thousand million
//! shapes. The count is taken before anything is made of them.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use resvg::usvg::roxmltree::{Document, Node, NodeId};

/// The most parts of a drawing. A detailed map has a tenth of them.
const MOST_PARTS: u64 = 1_000_000;

/// The most times that a rule of a style sheet is held against a part.
const MOST_RULINGS: u64 = 200_000_000;

/// The most declarations of all style sheets of a drawing, counted anew for every name in their selectors.
const MOST_COPIES: u64 = 1_000_000;

/// How deep parts lie in parts.
const DEEPEST: u32 = 1024;

/// How much deeper what a reference leads to lies, in the memory it takes to follow it.
const STEP: u32 = 16;

/// How many references of one part are believed.
const MOST_REFERENCES: usize = 64;

/// How many characters of a picture within the drawing count as a part.
const PICTURE: usize = 64;

/// Properties that hold for whatever lies within, too.
const INHERITED: [&str; 6] = ["fill", "stroke", "marker", "marker-start", "marker-mid", "marker-end"];

/// The other properties that lead to a part of the drawing.
const OWN: [&str; 3] = ["clip-path", "mask", "filter"];

/// What has properties that others only hand down.
const SHAPES: [&str; 10] =
    ["path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath"];

/// What a drawing becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// Its parts, those of references counted wherever they are used.
    pub(super) parts: u64,
    /// The declarations of its style sheets, counted anew for every name in their selectors.
    pub(super) copies: u64,
}

/// What of a drawing is more than anybody draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// Its parts.
    Parts,
    /// Its style sheets.
    Sheets,
}

/// What `document` becomes.
///
/// # Errors
///
/// Fails with what of it is more than anybody draws.
pub(super) fn size(document: &Document<'_>) -> Result<Size, Excess> {
    let mut walk = Walk::default();
    let mut sheets = Sheets::default();
    let elements = || document.descendants().filter(Node::is_element);
    for style in elements().filter(|node| node.tag_name().name() == "style") {
        sheets.read(style.text().unwrap_or_default())?;
    }
    for node in elements() {
        if let Some(id) = node.attribute("id") {
            walk.ids.entry(id).or_insert(node);
        }
        let found = references(node, &sheets);
        if found.len() > MOST_REFERENCES {
            return Err(Excess::Parts);
        }
        let parent = node.parent().map(|parent| parent.id());
        let above = parent.map(|parent| {
            let above = walk.above.get(&parent).map(Rc::clone).unwrap_or_default();
            match walk.references.get(&parent) {
                Some(own) => handed_down(&above, own).into(),
                None => above,
            }
        });
        if let Some(above) = above.filter(|above| !above.is_empty()) {
            walk.above.insert(node.id(), above);
        }
        if !found.is_empty() {
            walk.references.insert(node.id(), found.into_iter().collect());
        }
    }
    walk.visit(document.root_element(), &[], 1, 0).map_err(|TooMuch| Excess::Parts)?;
    if walk.parts.saturating_mul(sheets.rules) > MOST_RULINGS {
        return Err(Excess::Sheets);
    }
    Ok(Size { parts: walk.parts, copies: sheets.copies })
}

/// A property that leads to a part of the drawing: its name, and the id of the part.
type Reference<'a> = (&'a str, &'a str);

/// The style sheets of a drawing, read together.
#[derive(Default)]
struct Sheets<'a> {
    /// Where rules that speak of a name lead to.
    references: HashMap<&'a str, BTreeSet<Reference<'a>>>,
    /// How many rules there are, one for each selector.
    rules: u64,
    /// Their declarations: every selector gets copies of its own.
    copies: u64,
}

/// More than anybody draws.
struct TooMuch;

#[derive(Default)]
struct Walk<'a, 'input> {
    ids: HashMap<&'a str, Node<'a, 'input>>,
    /// Where the properties of a part lead to.
    references: HashMap<NodeId, Rc<[Reference<'a>]>>,
    /// Where the properties lead to that it is handed down from what stands around it.
    above: HashMap<NodeId, Rc<[Reference<'a>]>>,
    /// What references have been followed on the way: nothing leads to itself.
    path: Vec<NodeId>,
    parts: u64,
}

impl<'a, 'input> Walk<'a, 'input> {
    fn count(&mut self, parts: u64) -> Result<(), TooMuch> {
        self.parts = self.parts.saturating_add(parts);
        if self.parts > MOST_PARTS { Err(TooMuch) } else { Ok(()) }
    }

    /// Counts `node`, so many `times`, and all that it leads to. What stands around it
    /// hands down the references `from_above`.
    fn visit(
        &mut self,
        node: Node<'a, 'input>,
        from_above: &[Reference<'a>],
        times: u64,
        depth: u32,
    ) -> Result<(), TooMuch> {
        if depth > DEEPEST {
            return Err(TooMuch);
        }
        let name = node.tag_name().name();
        let text = node.children().filter(Node::is_text).filter_map(|text| text.text());
        let letters =
            if matches!(name, "text" | "tspan" | "textPath") { text.map(str::len).sum() } else { 0 };
        let link = link(node).unwrap_or_default();
        let picture = if link.starts_with('#') { 0 } else { link.len() / PICTURE };
        self.count(times.saturating_mul(1 + (letters + picture) as u64))?;

        let own = self.references.get(&node.id()).map(Rc::clone).unwrap_or_default();
        let passed_on = handed_down(from_above, &own);
        let kept = own.iter().filter(|(property, _)| OWN.contains(property));
        let is_shape = SHAPES.contains(&name);
        for (property, id) in kept.chain(passed_on.iter().filter(|_| is_shape)) {
            let each = if property.starts_with("marker") { vertices(node) } else { 1 };
            self.follow(id, None, times.saturating_mul(each), depth)?;
        }
        if let Some(id) = link.strip_prefix('#').filter(|_| name != "a") {
            self.follow(id, Some(&passed_on), times, depth)?;
        }
        for child in node.children().filter(Node::is_element) {
            if is_drawn_where_it_stands(child) {
                self.visit(child, &passed_on, times, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Counts the part of this `id`, which is handed down what `from_above` says, or else
    /// what stands around it.
    fn follow(
        &mut self,
        id: &str,
        from_above: Option<&[Reference<'a>]>,
        times: u64,
        depth: u32,
    ) -> Result<(), TooMuch> {
        let Some(target) = self.ids.get(id).copied() else { return Ok(()) };
        if self.path.contains(&target.id()) {
            return Ok(());
        }
        self.path.push(target.id());
        let around = self.above.get(&target.id()).map(Rc::clone).unwrap_or_default();
        let counted = self.visit(target, from_above.unwrap_or(&around), times, depth + STEP);
        self.path.pop();
        counted
    }
}

/// What a part hands down: what it was handed `from_above`, but for what it says itself.
fn handed_down<'a>(from_above: &[Reference<'a>], own: &[Reference<'a>]) -> Vec<Reference<'a>> {
    let own = || own.iter().filter(|(property, _)| INHERITED.contains(property));
    let is_replaced = |(property, _): &&Reference<'a>| own().any(|(own, _)| own == property);
    from_above.iter().filter(|one| !is_replaced(one)).chain(own()).copied().collect()
}

/// Whether a part is drawn where it stands, and not only where something leads to it.
/// Those others are counted there, and here for their own length.
fn is_drawn_where_it_stands(node: Node<'_, '_>) -> bool {
    !matches!(node.tag_name().name(), "style" | "metadata" | "title" | "desc" | "script")
}

/// Where an element leads.
fn link<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    node.attributes().find(|attribute| attribute.name() == "href").map(|attribute| attribute.value().trim())
}

/// The most vertices a shape can have, going by the length of what describes it.
fn vertices(node: Node<'_, '_>) -> u64 {
    let written = ["d", "points"].iter().filter_map(|name| node.attribute(*name)).map(str::len);
    written.sum::<usize>() as u64 / 2 + 8
}

/// Where the properties of `node` lead to, also those that a style sheet gives it.
fn references<'a>(node: Node<'a, '_>, sheets: &Sheets<'a>) -> BTreeSet<Reference<'a>> {
    let mut found = BTreeSet::new();
    for attribute in node.attributes() {
        if attribute.name() == "style" {
            declarations(attribute.value(), &mut found);
        } else {
            declaration(attribute.name(), attribute.value(), &mut found);
        }
    }
    let names = ["class", "id"].iter().filter_map(|name| node.attribute(*name));
    let names = names.flat_map(str::split_whitespace);
    let names: BTreeSet<&str> = names.chain([node.tag_name().name(), "*"]).collect();
    for name in names {
        if found.len() > MOST_REFERENCES {
            break;
        }
        found.extend(sheets.references.get(name).into_iter().flatten().copied());
    }
    found
}

/// Notes where the declarations `text` lead to.
fn declarations<'a>(text: &'a str, found: &mut BTreeSet<Reference<'a>>) {
    for (property, value) in text.split(';').filter_map(|one| one.split_once(':')) {
        // Enough of them is enough.
        if found.len() > MOST_REFERENCES {
            break;
        }
        declaration(property.trim(), value, found);
    }
}

fn declaration<'a>(property: &'a str, value: &'a str, found: &mut BTreeSet<Reference<'a>>) {
    if INHERITED.contains(&property) || OWN.contains(&property) {
        let ids = value.split("url(").skip(1).take(MOST_REFERENCES + 1);
        let ids = ids.filter_map(|rest| rest.trim_start_matches([' ', '"', '\'']).strip_prefix('#'));
        found
            .extend(ids.map(|rest| (property, rest.split([')', '"', '\'', ' ']).next().unwrap_or_default())));
    }
}

impl<'a> Sheets<'a> {
    /// Notes under each name that a rule of the style sheet `text` speaks of where it
    /// leads to.
    ///
    /// Whatever a selector says besides is passed over, so that a rule may be held to speak
    /// of more than it does.
    fn read(&mut self, text: &'a str) -> Result<(), Excess> {
        for rule in text.split('}') {
            let Some((selector, body)) = rule.rsplit_once('{') else { continue };
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '*') || !c.is_ascii();
            let names = || selector.split(|c: char| !is_name(c)).filter(|name| !name.is_empty());
            let selectors = selector.split(',').count();
            let copies = selectors.max(names().count()).saturating_mul(body.split(';').count());
            self.rules += selectors as u64;
            self.copies = self.copies.saturating_add(copies as u64);
            if self.copies > MOST_COPIES {
                return Err(Excess::Sheets);
            }
            let mut found = BTreeSet::new();
            declarations(body, &mut found);
            if found.is_empty() {
                continue;
            }
            for name in names().collect::<BTreeSet<_>>() {
                let of_name = self.references.entry(name).or_default();
                for reference in &found {
                    if of_name.len() > MOST_REFERENCES {
                        break;
                    }
                    of_name.insert(*reference);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size of a drawing of one shape with these style sheets.
    fn size_with(sheets: &[&str]) -> Result<Size, Excess> {
        let sheets: Vec<String> = sheets.iter().map(|sheet| format!("<style>{sheet}</style>")).collect();
        let sheets = sheets.concat();
        let drawing = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\">{sheets}\
             <pattern id=\"p\"><rect/></pattern><path class=\"a b a\"/></svg>"
        );
        size(&Document::parse(&drawing).unwrap())
    }

    fn parts_with(sheet: &str) -> Result<u64, Excess> {
        size_with(&[sheet]).map(|size| size.parts)
    }

    #[test]
    fn many_style_sheets_of_a_drawing_are_counted_together() {
        let long = format!("{}y{{{}}}", "x,".repeat(999), "x:y;".repeat(499) + "x:y");
        assert_eq!(size_with(&[&long]).map(|size| size.copies), Ok(500_000));
        assert!(size_with(&[&long, &long]).is_ok());
        for others in ["z{fill:red}", long.as_str()] {
            for at in 0..3 {
                let mut sheets = vec![long.as_str(); 2];
                sheets.insert(at, others);
                assert_eq!(size_with(&sheets), Err(Excess::Sheets), "{at}");
            }
        }
        // One after the other they are held against every part, too.
        let path = "<path/>".repeat(9_000);
        let sheet = format!("<style>{}</style>", "x{}".repeat(1_000)).repeat(25);
        let drawing = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{sheet}{path}</svg>");
        assert_eq!(size(&Document::parse(&drawing).unwrap()), Err(Excess::Sheets));
    }

    #[test]
    fn a_style_sheet_that_becomes_far_more_than_it_is_long_is_too_much() {
        let ids =
            |count: usize| (0..count).map(|id| format!("fill:url(#p{id});")).collect::<Vec<_>>().concat();
        for selectors in ["x,".repeat(20_000), "x ".repeat(20_000)] {
            assert_eq!(parts_with(&format!("{selectors}y{{{}}}", ids(20_000))), Err(Excess::Sheets));
            assert_eq!(
                parts_with(&format!("{selectors}y{{{}}}", "x:y;".repeat(20_000))),
                Err(Excess::Sheets)
            );
        }
        // As many as drawing programs write, and more.
        let names = (0..2_000).map(|name| format!(".c{name}")).collect::<Vec<_>>().join(",");
        let sheet = format!("{names},.a{{fill:url(#p);stroke:#000;stroke-width:2}}");
        assert_eq!(parts_with(&sheet), parts_with(".a{fill:url(#p)}"));
        assert_eq!(parts_with(&sheet), Ok(6));
    }

    #[test]
    fn a_part_with_more_references_than_are_believed_is_too_much_and_others_do_not_matter() {
        let ids =
            |count: usize| (0..count).map(|id| format!("fill:url(#p{id});")).collect::<Vec<_>>().concat();
        let rules = |name: &str, count: usize| {
            (0..count).map(|id| format!("{name}{{fill:url(#p{id})}}")).collect::<Vec<_>>().concat()
        };
        for (name, told) in [(".a", false), (".z", true)] {
            assert_eq!(parts_with(&format!("{name}{{{}}}", ids(65))).is_ok(), told, "{name}");
            assert_eq!(parts_with(&rules(name, 65)).is_ok(), told, "{name}");
            assert!(parts_with(&rules(name, 64)).is_ok(), "{name}");
        }
        assert_eq!(parts_with(&(rules(".a", 40) + &rules(".b", 64).replace("#p", "#q"))), Err(Excess::Parts));
    }
}
