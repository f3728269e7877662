//! Draws SVG as pixels.
//!
//! Nothing is fetched: neither from the disk nor from the web. Words are drawn with the
//! fonts of this machine.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use image::{DynamicImage, RgbaImage};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{self, Database, Family, ID, Query};
use resvg::usvg::{self, FontFamily, FontResolver, FontStretch, FontStyle, ImageHrefResolver, Options, Tree};

/// A drawing that was read, not yet drawn.
pub(super) struct Drawing {
    tree: Tree,
    /// What its words should have been drawn with, and was not here.
    pub(super) fonts: Vec<String>,
    /// Whether words could not be drawn at all.
    pub(super) has_lost_words: bool,
    /// Whether it shows pictures that are left out.
    pub(super) has_pictures: bool,
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

/// What was not found while a drawing was read.
#[derive(Default)]
struct Lacking {
    fonts: BTreeSet<String>,
    lost_words: bool,
    pictures: bool,
}

/// Reads a drawing; else what is wrong with it, as a clause.
pub(super) fn read(bytes: &[u8]) -> Result<Drawing, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let lacking = Mutex::new(Lacking::default());
    let note =
        |what: &dyn Fn(&mut Lacking)| what(&mut lacking.lock().unwrap_or_else(PoisonError::into_inner));
    let has_words = text.contains("<text") || text.contains(":text");
    let mut options = Options {
        font_family: "sans-serif".to_owned(),
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| {
                note(&|lacking| lacking.pictures = true);
                None
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
    let tree = Tree::from_str(text, &options).map_err(|error| match error {
        usvg::Error::InvalidSize => "it has no size".to_owned(),
        usvg::Error::ElementsLimitReached => "it has more than a million parts".to_owned(),
        other => other.to_string().trim_start_matches("SVG data parsing failed cause ").to_owned(),
    })?;
    drop(options);
    let lacking = lacking.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Drawing {
        tree,
        fonts: lacking.fonts.into_iter().collect(),
        has_lost_words: lacking.lost_words,
        has_pictures: lacking.pictures,
    })
}

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

    /// The drawing as pixels, so wide; none when there is no memory for it.
    pub(super) fn draw(&self, width: u32, height: u32) -> Option<DynamicImage> {
        let size = self.tree.size();
        let mut pixmap = Pixmap::new(width, height)?;
        let target = resvg::tiny_skia::IntSize::from_wh(width, height)?.to_size();
        let scale = Transform::from_scale(target.width() / size.width(), target.height() / size.height());
        resvg::render(&self.tree, scale, &mut pixmap.as_mut());
        let straight = pixmap.pixels().iter().flat_map(|pixel| {
            let colour = pixel.demultiply();
            [colour.red(), colour.green(), colour.blue(), colour.alpha()]
        });
        RgbaImage::from_raw(width, height, straight.collect()).map(DynamicImage::ImageRgba8)
    }
}
