//! The elements of MJML: what each may hold, and its attributes.
//!
//! The table is npm mjml's; what the renderer does otherwise stands here.

use std::sync::LazyLock;

use super::values::Kind;

/// What stands in an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holds {
    /// These elements.
    Elements(Vec<&'static str>),
    /// The attributes of elements: each element once more, with nothing in it.
    Attributes,
    /// Words and elements of HTML.
    Html {
        /// Whether conditional comments and names with a prefix pass unharmed.
        outlook: bool,
    },
    /// Words without elements.
    Words,
    /// Nothing.
    Nothing,
}

/// An element of MJML.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    pub(super) attributes: Vec<(&'static str, Kind)>,
}

impl Element {
    /// The kind of its attribute `name`.
    pub(super) fn attribute(&self, name: &str) -> Option<&Kind> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, kind)| kind)
    }
}

struct Table {
    elements: Vec<Element>,
    colours: Vec<&'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| read(include_str!("elements.txt")));

/// Attributes that every element of a body has.
pub(super) const EVERYWHERE: [&str; 2] = ["css-class", "mj-class"];

/// Elements without any attribute, also without those of all others.
pub(super) const BARE: [&str; 5] = ["mj-attributes", "mj-head", "mj-preview", "mj-raw", "mj-title"];

/// Elements whose words may hold remarks that only the renderer would stumble over.
const WORDS: [&str; 4] = ["mj-accordion-title", "mj-preview", "mj-style", "mj-title"];

/// What npm mjml draws and this renderer does not, and what to do instead.
const NOT_DRAWN: [(&str, &str); 4] = [
    ("mj-html-attributes", "write the attributes on the elements, inside an `<mj-text>` or an `<mj-raw>`"),
    ("mj-selector", "write the attributes on the elements, inside an `<mj-text>` or an `<mj-raw>`"),
    ("mj-html-attribute", "write the attributes on the elements, inside an `<mj-text>` or an `<mj-raw>`"),
    ("mj-include", "include other files with `[% include \"file.mjml\" %]`"),
];

/// Attributes that npm mjml heeds and this renderer passes over, and what to do instead.
const IDLE: [(&str, &str, &str); 30] = [
    ("mjml", "owa", "remove it"),
    ("mj-accordion-title", "font-weight", "style its `css-class` in `inline.css`"),
    ("mj-body", "id", "give it a `css-class` and style that"),
    ("mj-button", "title", "say it on the button"),
    ("mj-hero", "border-radius", "style its `css-class` in `inline.css`"),
    ("mj-hero", "mode", "its `height` alone says how high it is"),
    ("mj-image", "border-bottom", "write `border`, or style its `css-class` in `inline.css`"),
    ("mj-image", "border-top", "write `border`, or style its `css-class` in `inline.css`"),
    ("mj-image", "sizes", "write the `<img>` yourself, in an `<mj-text>`"),
    ("mj-raw", "position", "what must stand before everything cannot be said in a theme"),
    ("mj-section", "gutter", "give the columns a `padding`"),
    ("mj-section", "text-padding", "give the columns a `padding`"),
    ("mj-social", "border", "style its `css-class` in `inline.css`"),
    ("mj-social", "table-layout", "style its `css-class` in `inline.css`"),
    ("mj-social-element", "border", "style its `css-class` in `inline.css`"),
    ("mj-social-element", "icon-position", "put the words before the icon yourself, in an `<mj-text>`"),
    ("mj-social-element", "sizes", "name one picture as `src`"),
    ("mj-social-element", "srcset", "name one picture as `src`"),
    ("mj-spacer", "border", "draw lines with `<mj-divider>`"),
    ("mj-spacer", "border-bottom", "draw lines with `<mj-divider>`"),
    ("mj-spacer", "border-left", "draw lines with `<mj-divider>`"),
    ("mj-spacer", "border-right", "draw lines with `<mj-divider>`"),
    ("mj-spacer", "border-top", "draw lines with `<mj-divider>`"),
    ("mj-style", "inline", "rules that are written into the elements belong into `inline.css`"),
    ("mj-table", "font-weight", "style its `css-class` in `inline.css`"),
    ("mj-table", "role", "write the `<table role=\"…\">` yourself, in an `<mj-text>`"),
    ("mj-text", "background-color", "write `container-background-color`"),
    ("mj-wrapper", "gap", "put an `<mj-section>` with an `<mj-spacer>` between the sections"),
    ("mj-wrapper", "gutter", "give the columns a `padding`"),
    ("mj-wrapper", "text-padding", "give the sections a `padding`"),
];

/// What to do instead of an element that is not drawn.
pub(super) fn not_drawn(name: &str) -> Option<(&'static str, &'static str)> {
    NOT_DRAWN.iter().find(|(known, _)| *known == name).copied()
}

/// What to do instead of an attribute that does nothing.
pub(super) fn idle(element: &str, attribute: &str) -> Option<&'static str> {
    let is_it = |known: &&(&str, &str, &str)| known.0 == element && known.1 == attribute;
    IDLE.iter().find(is_it).map(|(_, _, instead)| *instead)
}

/// The element `name`.
pub(super) fn element(name: &str) -> Option<&'static Element> {
    TABLE.elements.iter().find(|element| element.name == name)
}

/// The names of all elements.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.elements.iter().map(|element| element.name)
}

/// The names of colours, in small letters.
pub(super) fn colours() -> &'static [&'static str] {
    &TABLE.colours
}

/// The kinds that an attribute has on any element.
pub(super) fn anywhere(attribute: &str) -> impl Iterator<Item = &'static Kind> {
    TABLE.elements.iter().filter_map(move |element| element.attribute(attribute))
}

/// All names of attributes, each once.
pub(super) fn attributes() -> Vec<&'static str> {
    let mut names: Vec<&str> =
        TABLE.elements.iter().flat_map(|element| element.attributes.iter().map(|(name, _)| *name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The elements that hold the element `name`.
pub(super) fn homes(name: &str) -> Vec<&'static str> {
    let holds = |element: &&Element| match &element.holds {
        Holds::Elements(elements) => elements.contains(&name),
        Holds::Attributes => matches!(name, "mj-all" | "mj-class"),
        _ => false,
    };
    TABLE.elements.iter().filter(holds).map(|element| element.name).collect()
}

fn read(text: &'static str) -> Table {
    let mut elements = vec![
        Element {
            name: "mjml",
            holds: Holds::Elements(vec!["mj-body", "mj-head"]),
            attributes: vec![
                ("dir", Kind::Word(vec!["ltr", "rtl", "auto"])),
                ("lang", Kind::Text),
                ("owa", Kind::Text),
            ],
        },
        Element { name: "mj-all", holds: Holds::Nothing, attributes: Vec::new() },
        Element { name: "mj-class", holds: Holds::Nothing, attributes: vec![("name", Kind::Text)] },
    ];
    let mut colours = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some(attribute) = line.strip_prefix("  ") {
            let (name, kind) = attribute.split_once(' ').expect("an attribute has a kind");
            let kind = Kind::named(kind).expect("it is one of the kinds there are");
            elements.last_mut().expect("an element comes first").attributes.push((name, kind));
            continue;
        }
        let (name, rest) = line.split_once(':').expect("a line that is not indented has a name");
        if name == "colours" {
            colours = rest.split_whitespace().collect();
        } else if not_drawn(name).is_none() {
            elements.push(Element { name, holds: holds(name, rest), attributes: Vec::new() });
        }
    }
    Table { elements, colours }
}

/// What `name` holds for our renderer, when npm mjml says that it `holds` that.
fn holds(name: &str, said: &'static str) -> Holds {
    let children: Vec<&str> = said.split_whitespace().skip(1).collect();
    match name {
        "mj-attributes" => Holds::Attributes,
        "mj-breakpoint" | "mj-carousel-image" => Holds::Nothing,
        _ if WORDS.contains(&name) => Holds::Words,
        // Their content is read as that of a column, where tags lose their prefix.
        "mj-button" | "mj-table" => Holds::Html { outlook: false },
        _ if children == ["HTML"] => Holds::Html { outlook: true },
        _ if children.is_empty() => Holds::Nothing,
        _ => {
            let strict = matches!(name, "mj-accordion" | "mj-accordion-element" | "mj-navbar" | "mj-social");
            let drawn = |child: &&str| not_drawn(child).is_none() && !(strict && *child == "mj-raw");
            Holds::Elements(children.into_iter().filter(drawn).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_element_and_its_attributes() {
        assert_eq!(names().count(), 33);
        assert!(element("mj-text").unwrap().attribute("font-size").is_some());
        assert_eq!(homes("mj-text"), ["mj-column", "mj-hero"]);
        assert_eq!(homes("mj-all"), ["mj-attributes"]);
        assert_eq!(element("mj-image").unwrap().holds, Holds::Nothing);
        assert!(colours().contains(&"rebeccapurple"));
        for (name, attribute, _) in IDLE {
            let element = element(name).unwrap();
            assert!(element.attribute(attribute).is_some(), "{name} {attribute}");
        }
    }
}
