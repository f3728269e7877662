//! The design tokens of a theme: its numbers, its type and its colours.
//!
//! They are read in layers, each of which says again what it sees differently: the
//! tokens all themes stand on, those of a built-in theme, those of a project.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::fields::{FieldError, Fields};
use crate::problem::{Problem, Problems, Source, Span};

use super::colour::{Accent, Colour};
use super::error::ComposeError;
use super::script::Script;
use super::sections::Flow;
use super::typeface::Type;

/// Whether a family has serifs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Sans,
    Serif,
}

/// Roles every theme gives a colour to.
const ROLES: [&str; 6] = ["page", "tint", "title", "text", "muted", "rule"];

/// Roles with the role that stands in for them.
const FURTHER_ROLES: [(&str, &str); 3] = [("surface", "page"), ("soft", "tint"), ("edge", "rule")];

/// Roles that are made of the accent.
const ACCENT_ROLES: [&str; 3] = ["link", "fill", "onfill"];

/// The tables of numbers.
const NUMBERS: [&str; 3] = ["width", "space", "radius"];

/// Largest number of CSS pixels a token may be: nothing in a mail is longer.
const LARGEST: i64 = 1200;

/// Contrast of text, WCAG 2.2 §1.4.3.
const READABLE: f64 = 4.5;

/// The colours of one scheme by their roles.
#[derive(Debug, Clone, Default)]
pub(super) struct Palette(Vec<(String, Colour)>);

impl Palette {
    pub(super) fn get(&self, role: &str) -> Option<Colour> {
        self.0.iter().find(|(known, _)| known == role).map(|(_, colour)| *colour)
    }

    fn set(&mut self, role: &str, colour: Colour) {
        match self.0.iter_mut().find(|(known, _)| known == role) {
            Some((_, known)) => *known = colour,
            None => self.0.push((role.to_owned(), colour)),
        }
    }

    /// What text can stand on, the page first, or rather what buttons stand on.
    fn grounds(&self) -> Vec<Colour> {
        ["surface", "page", "tint", "soft"].iter().filter_map(|role| self.get(role)).collect()
    }

    pub(super) fn light_accent(&self, accent: Colour) -> Accent {
        Accent::light(accent, &self.grounds())
    }

    pub(super) fn dark_accent(&self, accent: Colour) -> Accent {
        Accent::dark(accent, &self.grounds())
    }

    /// Its colours and those made of an accent, by their roles. Those that stand for the
    /// accent of a theme that has a band follow `band`, the accent of the newsletter.
    pub(super) fn values(&self, accent: Accent, band: Option<Accent>) -> Value {
        let made = ACCENT_ROLES.iter().zip([accent.link, accent.fill, accent.onfill]);
        let made = made.map(|(role, colour)| ((*role).to_owned(), Value::from(colour.to_string())));
        let followed = |role: &str, colour: Colour| match (role, band) {
            ("band", Some(band)) => band.fill,
            ("onband", Some(band)) => band.onfill,
            ("bandsoft", Some(band)) => band.onfill.softened_on(band.fill),
            ("k1", Some(_)) => accent.link,
            _ => colour,
        };
        let own = self
            .0
            .iter()
            .map(|(role, colour)| (role.clone(), Value::from(followed(role, *colour).to_string())));
        own.chain(made).collect()
    }

    /// The contrast of two roles, one of which the accent may give.
    fn contrast(&self, accent: Accent, one: &str, other: &str) -> Option<f64> {
        let of = |role: &str| match role {
            "link" => Some(accent.link),
            "fill" => Some(accent.fill),
            "onfill" => Some(accent.onfill),
            role => self.get(role),
        };
        Some(of(one)?.contrast(of(other)?))
    }
}

/// A text and the ground it is read on, both by their roles.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    text: String,
    ground: String,
}

/// All tokens of a theme.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    pub(super) accent: Colour,
    pub(super) light: Palette,
    pub(super) dark: Palette,
    numbers: BTreeMap<&'static str, Vec<(String, u32)>>,
    fonts: Vec<(String, String)>,
    types: Vec<(String, Type)>,
    opening: bool,
    /// Whether headings begin sheets and entries.
    pub(super) flow: Flow,
    pairs: Vec<Pair>,
}

impl Tokens {
    /// Reads the layers, the one under all others first.
    ///
    /// # Errors
    ///
    /// Fails with every value that is wrong and every name nobody knows.
    pub(super) fn read(layers: &[&Source]) -> Result<Self, Problems> {
        let mut reader = Reader {
            tokens: Self {
                accent: Colour::BLACK,
                light: Palette::default(),
                dark: Palette::default(),
                numbers: BTreeMap::new(),
                fonts: Vec::new(),
                types: Vec::new(),
                opening: false,
                flow: Flow::Whole,
                pairs: Vec::new(),
            },
            roles: ROLES
                .iter()
                .chain(FURTHER_ROLES.iter().map(|(role, _)| role))
                .map(|role| (*role).to_owned())
                .collect(),
            is_first: true,
            found: Vec::new(),
        };
        for layer in layers {
            reader.layer(layer);
            reader.is_first = false;
        }
        let Reader { mut tokens, roles, mut found, .. } = reader;
        for palette in [&mut tokens.light, &mut tokens.dark] {
            for (role, stand_in) in FURTHER_ROLES {
                if let (None, Some(colour)) = (palette.get(role), palette.get(stand_in)) {
                    palette.set(role, colour);
                }
            }
        }
        if found.is_empty()
            && let Some(last) = layers.last()
        {
            for role in &roles {
                for (scheme, palette) in [("light", &tokens.light), ("dark", &tokens.dark)] {
                    if palette.get(role).is_none() {
                        let missing = FieldError::Missing(format!("{scheme}.{role}"));
                        found.push(Problem::at(missing, last, Span::default()));
                    }
                }
            }
        }
        Problems::check(tokens, found).map(|(tokens, _)| tokens)
    }

    /// Which of the pairs that must be readable are not, told at the top of `source`.
    pub(super) fn faint(&self, source: &Source) -> Vec<Problem> {
        let mut found = Vec::new();
        for (scheme, palette, accent) in [
            ("light", &self.light, self.light.light_accent(self.accent)),
            ("dark", &self.dark, self.dark.dark_accent(self.accent)),
        ] {
            for Pair { text, ground } in &self.pairs {
                let Some(contrast) = palette.contrast(accent, text, ground) else { continue };
                if contrast < READABLE {
                    let faint = ComposeError::Faint {
                        text: text.clone(),
                        ground: ground.clone(),
                        scheme,
                        // Rounded down, so that what is too little never looks enough.
                        contrast: format!("{:.2}", (contrast * 100.0).floor() / 100.0),
                    };
                    found.push(Problem::at(faint, source, place(source, scheme, text)).warning());
                }
            }
        }
        found
    }

    /// A number by its group and name; 0 for one that is not there.
    pub(super) fn number(&self, group: &str, name: &str) -> u32 {
        let group = self.numbers.get(group);
        let found = group.and_then(|names| names.iter().find(|(known, _)| known == name));
        found.map_or(0, |(_, number)| *number)
    }

    /// Whether the first words of an article stand in capitals.
    pub(super) fn has_opening(&self, script: Script) -> bool {
        self.opening && script.is_cased
    }

    fn font(&self, name: &str) -> &str {
        self.fonts.iter().find(|(known, _)| known == name).map_or("", |(_, stack)| stack)
    }

    /// What the templates of a theme see of its tokens, fitted to a script.
    pub(super) fn values(&self, script: Script) -> Vec<(&'static str, Value)> {
        let (face, text, word) = match self.font("text") {
            "sans" => (Face::Sans, self.font("sans"), self.font("word_sans")),
            "serif" => (Face::Serif, self.font("serif"), self.font("word_serif")),
            own if own.contains("sans-serif") => (Face::Sans, own, self.font("word_sans")),
            own => (Face::Serif, own, self.font("word_serif")),
        };
        let mut values = Vec::new();
        for (group, names) in &self.numbers {
            let mut group_values: Map<String, Value> =
                names.iter().map(|(name, number)| (name.clone(), Value::from(*number))).collect();
            if *group == "width" {
                let gap = self.number("width", "gap");
                for (name, part) in
                    [("gap_third", gap / 3), ("gap_half", gap / 2), ("gap_two_thirds", gap * 2 / 3)]
                {
                    group_values.insert(name.to_owned(), Value::from(part));
                }
            }
            values.push((*group, Value::Object(group_values)));
        }
        values.push((
            "font",
            json!({
                "text": script.fonts(face, text),
                "sans": script.fonts(Face::Sans, self.font("sans")),
                "serif": script.fonts(Face::Serif, self.font("serif")),
                "mono": self.font("mono"),
                "word": script.word_fonts(word),
            }),
        ));
        let types = self.types.iter().map(|(name, face)| (name.clone(), face.value(script)));
        values.push(("type", types.collect()));
        let capitals = if script.is_cased {
            "font-size: 16px; letter-spacing: 1.6px; text-transform: uppercase"
        } else {
            ""
        };
        values.push((
            "look",
            json!({ "opening": self.has_opening(script), "slanted": script.is_slanted, "capitals": capitals }),
        ));
        values
    }
}

/// Where `source` gives `role` its colour in `scheme`; its top when it does not.
fn place(source: &Source, scheme: &str, role: &str) -> Span {
    let mut fields = Fields::toml(source, source.text(), 0);
    fields.table(scheme).and_then(|table| table.span_of(role)).unwrap_or_default()
}

struct Reader {
    tokens: Tokens,
    roles: Vec<String>,
    /// Whether this is the layer that says which names there are.
    is_first: bool,
    found: Vec<Problem>,
}

impl Reader {
    fn layer(&mut self, source: &Source) {
        let mut fields = Fields::toml(source, source.text(), 0);
        // Who reads the files of a theme asks for this one.
        fields.take("extends");
        if let Some(colour) = take_colour(&mut fields, "accent") {
            self.tokens.accent = colour;
        }
        if let Some((sections, _)) = fields.bool("sections") {
            self.tokens.flow = if sections { Flow::Sections } else { Flow::Whole };
        }
        for (role, span) in fields.texts("roles") {
            if role.is_empty()
                || !role.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            {
                fields.refuse(ComposeError::Token { expected: "a name of small letters", found: role }, span);
            } else if !self.roles.contains(&role) {
                self.roles.push(role);
            }
        }
        for group in NUMBERS {
            self.numbers(&mut fields, group);
        }
        self.fonts(&mut fields);
        self.types(&mut fields);
        self.look(&mut fields);
        for scheme in ["light", "dark"] {
            let Some(mut table) = fields.table(scheme) else { continue };
            for role in &self.roles {
                let Some(colour) = take_colour(&mut table, role) else { continue };
                let palette = if scheme == "light" { &mut self.tokens.light } else { &mut self.tokens.dark };
                palette.set(role, colour);
            }
            self.found.extend(table.finish());
        }
        let pairs = fields.texts("contrast");
        if !pairs.is_empty() {
            self.tokens.pairs.clear();
        }
        for (text, span) in pairs {
            let known =
                |role: &&str| ACCENT_ROLES.contains(role) || self.roles.iter().any(|known| known == role);
            let roles = text.split_once(" on ").map(|(text, ground)| (text.trim(), ground.trim()));
            match roles.filter(|(text, ground)| known(text) && known(ground)) {
                Some((text, ground)) => {
                    self.tokens.pairs.push(Pair { text: text.to_owned(), ground: ground.to_owned() });
                }
                None => fields.refuse(
                    ComposeError::Token { expected: "two roles such as `text on page`", found: text },
                    span,
                ),
            }
        }
        self.found.extend(fields.finish());
    }

    fn numbers(&mut self, fields: &mut Fields, group: &'static str) {
        let Some(mut table) = fields.table(group) else { return };
        let known = self.tokens.numbers.entry(group).or_default();
        let names = if self.is_first { table.keys() } else { names(known) };
        for name in names {
            let Some((number, span)) = table.integer(&name) else { continue };
            match u32::try_from(number).ok().filter(|_| number <= LARGEST) {
                Some(number) => put(known, name, number),
                None => table.refuse(
                    ComposeError::Token {
                        expected: "a number of pixels from 0 to 1200",
                        found: number.to_string(),
                    },
                    span,
                ),
            }
        }
        self.found.extend(table.finish());
    }

    fn fonts(&mut self, fields: &mut Fields) {
        let Some(mut table) = fields.table("font") else { return };
        let names = if self.is_first { table.keys() } else { names(&self.tokens.fonts) };
        for name in names {
            let Some((stack, span)) = table.text(&name) else { continue };
            // Anything else could end the declaration it is written into.
            let is_stack = |c: char| c.is_alphanumeric() || matches!(c, ' ' | ',' | '-' | '\'' | '.' | '_');
            if stack.trim().is_empty() || !stack.chars().all(is_stack) {
                table.refuse(
                    ComposeError::Token { expected: "names of fonts with commas between them", found: stack },
                    span,
                );
            } else {
                put(&mut self.tokens.fonts, name, stack);
            }
        }
        self.found.extend(table.finish());
    }

    fn types(&mut self, fields: &mut Fields) {
        let Some(mut table) = fields.table("type") else { return };
        let names = if self.is_first { table.keys() } else { names(&self.tokens.types) };
        for name in names {
            let Some((text, span)) = table.text(&name) else { continue };
            match Type::parse(&text) {
                Some(face) => put(&mut self.tokens.types, name, face),
                None => table.refuse(
                    ComposeError::Token {
                        expected: "size and line such as `700 40/46 -0.9, 32/38`",
                        found: text,
                    },
                    span,
                ),
            }
        }
        self.found.extend(table.finish());
    }

    fn look(&mut self, fields: &mut Fields) {
        let Some(mut table) = fields.table("look") else { return };
        if let Some((opening, _)) = table.bool("opening") {
            self.tokens.opening = opening;
        }
        self.found.extend(table.finish());
    }
}

fn names<T>(known: &[(String, T)]) -> Vec<String> {
    known.iter().map(|(name, _)| name.clone()).collect()
}

fn put<T>(known: &mut Vec<(String, T)>, name: String, value: T) {
    match known.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = value,
        None => known.push((name, value)),
    }
}

fn take_colour(fields: &mut Fields, key: &str) -> Option<Colour> {
    let (text, span) = fields.text(key)?;
    let colour = Colour::parse(&text);
    if colour.is_none() {
        fields.refuse(ComposeError::Colour { found: text }, span);
    }
    colour
}
