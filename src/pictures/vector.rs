//! Draws SVG as pixels.
//!
//! Nothing is fetched: neither from the disk nor from the web. Words are drawn with the
//! fonts of this machine. What would take more work or memory than a picture is worth is
//! not begun.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use image::{DynamicImage, RgbaImage};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{self, Database, Family, ID, Query};
use resvg::usvg::roxmltree::{self, Document, ParsingOptions};
use resvg::usvg::{
    self, FontFamily, FontResolver, FontStretch, FontStyle, ImageHrefResolver, ImageKind, Options, Tree,
};

use super::expansion::{self, Excess};
use super::form::{self, Found};
use super::{effort, raster};

/// A drawing that was read, not yet drawn.
pub(super) struct Drawing {
    tree: Tree,
    /// What its words should have been drawn with, and was not here.
    pub(super) fonts: Vec<String>,
    /// Whether words could not be drawn at all.
    pub(super) has_lost_words: bool,
    /// Whether it shows pictures that are left out.
    pub(super) has_pictures: bool,
    /// Whether it has words that only a browser would show.
    pub(super) has_html: bool,
}

/// The fonts of this machine, looked for once.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    let first = |wanted: &[&str]| {
        let is_there =
            |name: &&&str| fonts.faces().any(|face| face.families.iter().any(|(its, _)| its == **name));
        let any = || fonts.faces().next().and_then(|face| Some(face.families.first()?.0.clone()));
        wanted.iter().find(is_there).map(|name| (*name).to_owned()).or_else(any).unwrap_or_default()
    };
    let sans = first(&["Arial", "Helvetica", "Liberation Sans", "Inter", "DejaVu Sans", "Noto Sans"]);
    let serif =
        first(&["Times New Roman", "Times", "Liberation Serif", "Gelasio", "DejaVu Serif", "Noto Serif"]);
    let mono = first(&["Courier New", "Menlo", "Liberation Mono", "DejaVu Sans Mono", "Noto Sans Mono"]);
    fonts.set_cursive_family(sans.clone());
    fonts.set_fantasy_family(sans.clone());
    fonts.set_sans_serif_family(sans);
    fonts.set_serif_family(serif);
    fonts.set_monospace_family(mono);
    Arc::new(fonts)
});

/// Fonts that are cut to the same measure as well-known ones.
const ALIKE: [(&str, &str); 6] = [
    ("Arial", "Liberation Sans"),
    ("Helvetica", "Liberation Sans"),
    ("Times New Roman", "Liberation Serif"),
    ("Times", "Liberation Serif"),
    ("Courier New", "Liberation Mono"),
    ("Georgia", "Gelasio"),
];

/// Why a drawing is not drawn.
#[derive(Debug)]
pub(super) enum Undrawn {
    /// What is wrong with it, as a clause.
    Broken(String),
    /// It takes more work or memory than a picture for mail is worth.
    TooMuch,
    /// Its style sheets do.
    TooMuchStyle,
}

impl From<String> for Undrawn {
    fn from(reason: String) -> Self {
        Self::Broken(reason)
    }
}

impl From<Excess> for Undrawn {
    fn from(excess: Excess) -> Self {
        match excess {
            Excess::Parts => Self::TooMuch,
            Excess::Sheets => Self::TooMuchStyle,
        }
    }
}

/// What was not found while a drawing was read, and what was found within it.
#[derive(Default)]
struct Lacking {
    fonts: BTreeSet<String>,
    lost_words: bool,
    pictures: bool,
    /// The pictures within it, as they lie there and as PNG; none for one that is left out.
    within: HashMap<Arc<Vec<u8>>, Option<Arc<Vec<u8>>>>,
    /// How many pixels they have together.
    pixels: u64,
    /// How many parts drawings within it have together, and declarations of style sheets.
    parts: u64,
}

/// The most pixels of all pictures within a drawing. What decodes them there takes no
/// more than 64 MB.
const MOST_PIXELS_WITHIN: u64 = 16_000_000;

/// The most parts of all drawings within a drawing, and declarations of their style sheets.
const MOST_PARTS_WITHIN: u64 = 1_000_000;

impl Lacking {
    /// A picture within the drawing, made ready to be drawn with it.
    fn picture(&mut self, bytes: &Arc<Vec<u8>>) -> Option<ImageKind> {
        if let Some(known) = self.within.get(bytes) {
            return known.clone().map(ImageKind::PNG);
        }
        let read = raster::within(bytes, MOST_PIXELS_WITHIN - self.pixels);
        self.pictures |= read.is_none();
        let png = read.map(|(png, pixels)| {
            self.pixels += pixels;
            Arc::new(png)
        });
        self.within.insert(Arc::clone(bytes), png.clone());
        png.map(ImageKind::PNG)
    }

    /// Whether a drawing within the drawing is one that can be read without end.
    fn admits(&mut self, bytes: &[u8]) -> bool {
        let size = std::str::from_utf8(bytes).ok().and_then(|text| expansion::size(&parsed(text).ok()?).ok());
        let parts = size.map_or(u64::MAX, |size| size.parts.saturating_add(size.copies));
        self.parts = self.parts.saturating_add(parts);
        self.parts <= MOST_PARTS_WITHIN
    }
}

/// The markup of a drawing.
fn parsed(text: &str) -> Result<Document<'_>, String> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| error.to_string())
}

/// Reads a drawing.
pub(super) fn read(bytes: &[u8]) -> Result<Drawing, Undrawn> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let document = parsed(text)?;
    expansion::size(&document)?;
    let lacking = Mutex::new(Lacking::default());
    let note =
        |what: &dyn Fn(&mut Lacking)| what(&mut lacking.lock().unwrap_or_else(PoisonError::into_inner));
    let has_words = ["<text", ":text", "data:image/svg"].iter().any(|mark| text.contains(mark));
    let mut options = Options {
        font_family: "sans-serif".to_owned(),
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, bytes, options| {
                let mut lacking = lacking.lock().unwrap_or_else(PoisonError::into_inner);
                if form::of(&bytes) != Found::Svg {
                    return lacking.picture(&bytes);
                }
                if !lacking.admits(&bytes) {
                    lacking.pictures = true;
                    return None;
                }
                // It may have pictures within, too.
                drop(lacking);
                let drawing = ImageHrefResolver::default_data_resolver()("image/svg+xml", bytes, options);
                if drawing.is_none() {
                    note(&|lacking| lacking.pictures = true);
                }
                drawing
            }),
            resolve_string: Box::new(|_, _| {
                note(&|lacking| lacking.pictures = true);
                None
            }),
        },
        font_resolver: FontResolver {
            select_font: Box::new(|font, fonts| {
                let (found, others) = select(font, fonts);
                note(&|lacking| {
                    lacking.fonts.extend(others.iter().cloned());
                    lacking.lost_words |= found.is_none();
                });
                found
            }),
            select_fallback: FontResolver::default_fallback_selector(),
        },
        ..Options::default()
    };
    if has_words {
        options.fontdb = Arc::clone(&FONTS);
    }
    let tree = Tree::from_xmltree(&document, &options).map_err(|error| match error {
        usvg::Error::InvalidSize => Undrawn::Broken("it has no size".to_owned()),
        usvg::Error::ElementsLimitReached
        | usvg::Error::ParsingFailed(roxmltree::Error::NodesLimitReached) => Undrawn::TooMuch,
        other => other.to_string().trim_start_matches("SVG data parsing failed cause ").to_owned().into(),
    })?;
    drop(options);
    let lacking = lacking.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Drawing {
        tree,
        fonts: lacking.fonts.into_iter().collect(),
        has_lost_words: lacking.lost_words,
        has_pictures: lacking.pictures,
        has_html: has_html(&document),
    })
}

/// Whether words stand in an HTML of the drawing, and nothing is drawn in their stead.
fn has_html(document: &Document<'_>) -> bool {
    document.descendants().filter(|node| node.has_tag_name((SVG, "foreignObject"))).any(|node| {
        let has_other = |parent: roxmltree::Node<'_, '_>| {
            parent.has_tag_name((SVG, "switch"))
                && parent.children().filter(roxmltree::Node::is_element).count() > 1
        };
        let says = |node: roxmltree::Node<'_, '_>| node.text().is_some_and(|text| !text.trim().is_empty());
        node.descendants().any(says) && !node.parent().is_some_and(has_other)
    })
}

/// The namespace of SVG.
const SVG: &str = "http://www.w3.org/2000/svg";

/// Kinds of fonts that CSS has words for; no font is called so.
const KINDS: [&str; 6] = ["serif", "sans-serif", "cursive", "fantasy", "monospace", "system-ui"];

/// The font to draw words with, and the names of those that were wanted when none of them
/// is here.
fn select(font: &usvg::Font, fonts: &Database) -> (Option<ID>, Vec<String>) {
    let mut wanted: Vec<Family<'_>> = Vec::new();
    let (mut named, mut is_there) = (Vec::new(), false);
    let has = |name: &str| {
        fonts.faces().any(|face| face.families.iter().any(|(its, _)| its.eq_ignore_ascii_case(name)))
    };
    for family in font.families() {
        let family = match family {
            FontFamily::Serif => Family::Serif,
            FontFamily::SansSerif => Family::SansSerif,
            FontFamily::Cursive => Family::Cursive,
            FontFamily::Fantasy => Family::Fantasy,
            FontFamily::Monospace => Family::Monospace,
            FontFamily::Named(name) if KINDS.contains(&name.to_ascii_lowercase().as_str()) => continue,
            FontFamily::Named(name) => {
                let alike = ALIKE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                let alike = alike.map(|(_, alike)| *alike).filter(|alike| has(alike));
                is_there |= has(name) || alike.is_some();
                named.push(name.clone());
                wanted.push(Family::Name(name));
                match alike {
                    Some(alike) => Family::Name(alike),
                    None => continue,
                }
            }
        };
        wanted.push(family);
    }
    // Where no kind of font was asked for, one without serifs is what most drawings have.
    wanted.push(Family::SansSerif);
    let style = match font.style() {
        FontStyle::Normal => fontdb::Style::Normal,
        FontStyle::Italic => fontdb::Style::Italic,
        FontStyle::Oblique => fontdb::Style::Oblique,
    };
    let stretch = match font.stretch() {
        FontStretch::UltraCondensed => fontdb::Stretch::UltraCondensed,
        FontStretch::ExtraCondensed => fontdb::Stretch::ExtraCondensed,
        FontStretch::Condensed => fontdb::Stretch::Condensed,
        FontStretch::SemiCondensed => fontdb::Stretch::SemiCondensed,
        FontStretch::Normal => fontdb::Stretch::Normal,
        FontStretch::SemiExpanded => fontdb::Stretch::SemiExpanded,
        FontStretch::Expanded => fontdb::Stretch::Expanded,
        FontStretch::ExtraExpanded => fontdb::Stretch::ExtraExpanded,
        FontStretch::UltraExpanded => fontdb::Stretch::UltraExpanded,
    };
    let query = Query { families: &wanted, weight: fontdb::Weight(font.weight()), stretch, style };
    (fonts.query(&query), if is_there { Vec::new() } else { named })
}

impl Drawing {
    /// Its own size in CSS pixels, rounded up.
    pub(super) fn size(&self) -> (u32, u32) {
        let size = self.tree.size().to_int_size();
        (size.width(), size.height())
    }

    /// How much memory it takes to draw it so large, in bytes; none when that or the work
    /// is too much.
    pub(super) fn memory(&self, width: u32, height: u32) -> Option<u64> {
        Some(effort::pixels(&self.tree, self.scale(width, height)?, (width, height))? * 4)
    }

    fn scale(&self, width: u32, height: u32) -> Option<Transform> {
        let size = self.tree.size();
        let target = resvg::tiny_skia::IntSize::from_wh(width, height)?.to_size();
        Some(Transform::from_scale(target.width() / size.width(), target.height() / size.height()))
    }

    /// The drawing as pixels, so wide; none when there is no memory for it.
    pub(super) fn draw(&self, width: u32, height: u32) -> Option<DynamicImage> {
        let mut pixmap = Pixmap::new(width, height)?;
        resvg::render(&self.tree, self.scale(width, height)?, &mut pixmap.as_mut());
        let straight = pixmap.pixels().iter().flat_map(|pixel| {
            let colour = pixel.demultiply();
            [colour.red(), colour.green(), colour.blue(), colour.alpha()]
        });
        RgbaImage::from_raw(width, height, straight.collect()).map(DynamicImage::ImageRgba8)
    }
}

#[cfg(test)]
mod tests {
    use fontdb::{FaceInfo, Language, Source, Stretch, Style, Weight};

    use super::*;

    /// A machine with fonts of these names.
    fn machine(names: &[&str]) -> Database {
        let mut fonts = Database::new();
        for name in names {
            fonts.push_face_info(FaceInfo {
                id: ID::dummy(),
                source: Source::Binary(Arc::new([])),
                index: 0,
                families: vec![((*name).to_owned(), Language::English_UnitedStates)],
                post_script_name: (*name).to_owned(),
                style: Style::Normal,
                weight: Weight::NORMAL,
                stretch: Stretch::Normal,
                monospaced: false,
            });
        }
        fonts.set_sans_serif_family("DejaVu Sans");
        fonts
    }

    /// What words of the first `text` in a drawing are drawn with on such a machine, and
    /// the fonts that it lacks.
    fn drawn_with(style: &str, names: &[&str]) -> (Option<String>, Vec<String>) {
        let fonts = machine(names);
        let text = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text style='{style}'>Sand</text></svg>"
        );
        let found = Mutex::new(None);
        let note = |font: &usvg::Font| {
            let (face, lacking) = select(font, &fonts);
            let name = face.map(|id| fonts.face(id).unwrap().families[0].0.clone());
            *found.lock().unwrap() = Some((name, lacking));
        };
        let resolver = FontResolver {
            select_font: Box::new(|font, _| {
                note(font);
                None
            }),
            select_fallback: FontResolver::default_fallback_selector(),
        };
        Tree::from_str(&text, &Options { font_resolver: resolver, ..Options::default() }).unwrap();
        found.into_inner().unwrap().expect("the drawing has words")
    }

    #[test]
    fn words_are_drawn_with_the_font_they_ask_for_or_one_like_it_or_another_that_is_told() {
        let there = ["DejaVu Sans", "Liberation Sans", "Gill Sans"];
        let with = |name: &str| Some(name.to_owned());
        let lacking = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (style, drawn, lacks) in [
            ("font-family: Gill Sans, serif", with("Gill Sans"), lacking(&[])),
            ("font-family: Arial", with("Liberation Sans"), lacking(&[])),
            ("font-family: Futura, Gill Sans", with("Gill Sans"), lacking(&[])),
            ("font-family: Futura, Optima", with("DejaVu Sans"), lacking(&["Futura", "Optima"])),
            ("font-family: sans-serif", with("DejaVu Sans"), lacking(&[])),
        ] {
            assert_eq!(drawn_with(style, &there), (drawn, lacks), "{style}");
        }
        assert_eq!(drawn_with("font-family: Arial", &[]), (None, lacking(&["Arial"])));
    }
}
