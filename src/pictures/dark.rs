//! Tells what cannot be seen where mail is shown dark: black lines on nothing.

use image::DynamicImage;

/// Luminance below which a colour has less than 3 to 1 (WCAG 2.2 §1.4.11) on the ground
/// that mail programs show in the dark, near `#1c1c1e`.
const DARK: f64 = 0.135;

/// Opacity that can hardly be seen, of 255.
const FAINT: u8 = 16;

/// Whether a quarter of the pixels or more is nothing, and nearly all that can be seen of
/// the others is dark. A photograph with round corners has less of nothing, and a window
/// shown dark has letters that are light.
pub(super) fn is_dark_on_nothing(pixels: &DynamicImage) -> bool {
    let lights = lights();
    let mut count = Count::default();
    match pixels {
        DynamicImage::ImageRgba8(pixels) => {
            for pixel in pixels.pixels() {
                let [red, green, blue, alpha] = pixel.0;
                let light = |channel: u8| lights[usize::from(channel)];
                count.add(0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue), alpha);
            }
        }
        DynamicImage::ImageLumaA8(pixels) => {
            for pixel in pixels.pixels() {
                count.add(lights[usize::from(pixel.0[0])], pixel.0[1]);
            }
        }
        _ => return false,
    }
    count.says_so()
}

/// How much light each value of a channel of sRGB is (IEC 61966-2-1), from 0 to 1.
fn lights() -> [f64; 256] {
    let mut lights = [0.0; 256];
    for (value, light) in (0..=u8::MAX).zip(&mut lights) {
        let value = f64::from(value) / 255.0;
        *light = if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
    }
    lights
}

/// Pixels by what they are; those that are half there count half.
#[derive(Default)]
struct Count {
    all: u64,
    nothing: u64,
    seen: u64,
    dark: u64,
}

impl Count {
    fn add(&mut self, luminance: f64, alpha: u8) {
        self.all += 1;
        if alpha < FAINT {
            self.nothing += 1;
            return;
        }
        self.seen += u64::from(alpha);
        if luminance < DARK {
            self.dark += u64::from(alpha);
        }
    }

    fn says_so(&self) -> bool {
        self.nothing * 4 >= self.all && self.seen > 0 && self.dark * 20 >= self.seen * 19
    }
}

#[cfg(test)]
mod tests {
    use image::{LumaA, Rgba, RgbaImage};

    use super::*;

    /// A picture whose upper part, of so many lines in ten, is nothing, and whose lower
    /// part has these colours in turn.
    fn picture(nothing: u32, colours: &[[u8; 4]]) -> DynamicImage {
        let colour = |x: u32, y: u32| {
            if y < nothing { [255, 255, 255, 0] } else { colours[(x as usize) % colours.len()] }
        };
        DynamicImage::ImageRgba8(RgbaImage::from_fn(40, 10, |x, y| Rgba(colour(x, y))))
    }

    #[test]
    fn dark_lines_on_nothing_are_told_from_what_can_be_seen_in_the_dark() {
        const BLACK: [u8; 4] = [0, 0, 0, 255];
        for (name, nothing, colours, vanishes) in [
            ("black lines", 8, &[BLACK][..], true),
            ("with soft edges", 8, &[BLACK, [0, 0, 0, 90]], true),
            ("navy and violet", 5, &[[10, 20, 90, 255], [60, 0, 120, 255]], true),
            ("on a ground", 0, &[BLACK, [255, 255, 255, 255]], false),
            ("dark, with round corners", 1, &[BLACK], false),
            ("white lines", 8, &[[255, 255, 255, 255]], false),
            ("red lines", 8, &[[220, 20, 20, 255]], false),
            ("black lines with a light edge", 8, &[BLACK, [255, 255, 255, 255]], false),
            ("nothing at all", 10, &[BLACK], false),
        ] {
            let picture = picture(nothing, colours);
            assert_eq!(is_dark_on_nothing(&picture), vanishes, "{name}");
            let solid = DynamicImage::ImageRgb8(picture.to_rgb8());
            assert!(!is_dark_on_nothing(&solid), "{name}");
        }
        let grey = picture(8, &[BLACK]).to_luma_alpha8();
        assert!(grey.pixels().any(|pixel| *pixel == LumaA([0, 255])));
        assert!(is_dark_on_nothing(&DynamicImage::ImageLumaA8(grey)));
    }
}
