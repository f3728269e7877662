//! Colours and the rule by which one accent becomes links and buttons that can be
//! read, in light and in dark.

use std::fmt;

/// The nearly black that stands on light accents.
const INK: Colour = Colour { red: 0x14, green: 0x16, blue: 0x1A };
const WHITE: Colour = Colour { red: 0xFF, green: 0xFF, blue: 0xFF };

/// Contrast of text, WCAG 2.2 §1.4.3.
const TEXT: f64 = 4.5;
/// Contrast of the edge of a control, WCAG 2.2 §1.4.11.
const CONTROL: f64 = 3.0;
/// Contrast of links on dark, where thin bright strokes swim at less.
const DARK_LINK: f64 = 6.0;

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    /// Black.
    pub const BLACK: Self = Self { red: 0, green: 0, blue: 0 };

    /// Reads `#RRGGBB` or `#RGB`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        let nibble = |shift: u32| u8::try_from((value >> shift) & 0xF).unwrap_or(0) * 0x11;
        match digits.len() {
            3 => Some(Self { red: nibble(8), green: nibble(4), blue: nibble(0) }),
            6 => {
                let [_, red, green, blue] = value.to_be_bytes();
                Some(Self { red, green, blue })
            }
            _ => None,
        }
    }

    /// How strongly two colours differ, from 1 to 21 (WCAG 2.2, contrast ratio).
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// Walks from this colour in steps of a hundredth of HSL lightness, hue and
    /// saturation kept, to the first that pleases; the end of the walk is white or
    /// black.
    fn walk(self, step: f64, pleases: impl Fn(Self) -> bool) -> Self {
        let (hue, saturation, lightness) = self.hsl();
        let mut colour = self;
        let mut steps = 0.0;
        while !pleases(colour) {
            steps += 1.0;
            let lightness = (lightness + step * steps).clamp(0.0, 1.0);
            colour = Self::from_hsl(hue, saturation, lightness);
            if lightness <= 0.0 || lightness >= 1.0 {
                break;
            }
        }
        colour
    }

    /// `0xRRGGBB`.
    pub(super) fn number(self) -> u32 {
        u32::from_be_bytes([0, self.red, self.green, self.blue])
    }

    /// Whether what is read on it is light.
    pub(super) fn is_dark(self) -> bool {
        WHITE.contrast(self) > Self::BLACK.contrast(self)
    }

    /// This colour, or the nearest of its hue that can be read on all the `grounds`.
    pub(super) fn read_on(self, grounds: &[Self]) -> Self {
        self.fitted(grounds, TEXT)
    }

    /// This colour, or the nearest of its hue that shows the edge of a control on all
    /// the `grounds`.
    pub(super) fn seen_on(self, grounds: &[Self]) -> Self {
        self.fitted(grounds, CONTROL)
    }

    /// Whether it shows the edge of a control on all the `grounds`.
    pub(super) fn is_seen_on(self, grounds: &[Self]) -> bool {
        grounds.iter().all(|ground| self.contrast(*ground) >= CONTROL)
    }

    /// A shade that is further from `label`, so that it can be read no less.
    pub(super) fn away_from(self, label: Self) -> Self {
        let (hue, saturation, lightness) = self.hsl();
        let step = if label.is_dark() { 0.06 } else { -0.06 };
        let away = Self::from_hsl(hue, saturation, (lightness + step).clamp(0.0, 1.0));
        if away.contrast(label) >= self.contrast(label) { away } else { self }
    }

    /// This colour let down by `ground`, as far as it can still be read on it.
    pub(super) fn softened_on(self, ground: Self) -> Self {
        let mix = |one: u8, other: u8, share: f64| {
            byte((f64::from(one) * (1.0 - share) + f64::from(other) * share) / 255.0)
        };
        let mixed = |share: f64| Self {
            red: mix(self.red, ground.red, share),
            green: mix(self.green, ground.green, share),
            blue: mix(self.blue, ground.blue, share),
        };
        let shares = [0.2, 0.15, 0.1, 0.05];
        shares.map(mixed).into_iter().find(|soft| soft.contrast(ground) >= TEXT).unwrap_or(self)
    }

    fn fitted(self, grounds: &[Self], least: f64) -> Self {
        let step = if grounds.first().is_some_and(|ground| ground.is_dark()) { 0.01 } else { -0.01 };
        self.walk(step, |colour| grounds.iter().all(|ground| colour.contrast(*ground) >= least))
    }

    fn hsl(self) -> (f64, f64, f64) {
        let [red, green, blue] = [self.red, self.green, self.blue].map(|channel| f64::from(channel) / 255.0);
        let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
        let lightness = f64::midpoint(most, least);
        let chroma = most - least;
        if chroma == 0.0 {
            return (0.0, 0.0, lightness);
        }
        let saturation = chroma / (1.0 - (2.0 * lightness - 1.0).abs());
        let hue = if self.red >= self.green && self.red >= self.blue {
            ((green - blue) / chroma).rem_euclid(6.0)
        } else if self.green >= self.blue {
            (blue - red) / chroma + 2.0
        } else {
            (red - green) / chroma + 4.0
        };
        (hue, saturation, lightness)
    }

    fn from_hsl(hue: f64, saturation: f64, lightness: f64) -> Self {
        let chroma = (1.0 - (2.0 * lightness - 1.0).abs()) * saturation;
        let second = chroma * (1.0 - (hue.rem_euclid(2.0) - 1.0).abs());
        let (red, green, blue) = match hue {
            h if h < 1.0 => (chroma, second, 0.0),
            h if h < 2.0 => (second, chroma, 0.0),
            h if h < 3.0 => (0.0, chroma, second),
            h if h < 4.0 => (0.0, second, chroma),
            h if h < 5.0 => (second, 0.0, chroma),
            _ => (chroma, 0.0, second),
        };
        let base = lightness - chroma / 2.0;
        Self { red: byte(red + base), green: byte(green + base), blue: byte(blue + base) }
    }

    fn label(self) -> Self {
        if WHITE.contrast(self) >= TEXT || WHITE.contrast(self) > INK.contrast(self) { WHITE } else { INK }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded and clamped to the range of a byte"
)]
fn byte(value: f64) -> u8 {
    (value * 255.0).round().clamp(0.0, 255.0) as u8
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.red, self.green, self.blue)
    }
}

/// What an accent becomes in one of the two schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    /// The accent as text.
    pub link: Colour,
    /// The accent as a button.
    pub fill: Colour,
    /// The words on that button.
    pub onfill: Colour,
}

impl Accent {
    /// Fits `accent` to light `grounds` (page, surface and tints).
    ///
    /// A light button below 3 : 1 on the page is left so: its label carries the
    /// contrast.
    #[must_use]
    pub fn light(accent: Colour, grounds: &[Colour]) -> Self {
        let fill = accent.walk(-0.01, |fill| WHITE.contrast(fill) >= TEXT || INK.contrast(fill) >= TEXT);
        let link = accent.walk(-0.01, |link| grounds.iter().all(|ground| link.contrast(*ground) >= TEXT));
        Self { link, fill, onfill: fill.label() }
    }

    /// Fits `accent` to dark `grounds`, of which the first is what buttons stand on.
    #[must_use]
    pub fn dark(accent: Colour, grounds: &[Colour]) -> Self {
        let surface = grounds.first().copied().unwrap_or(INK);
        let fill = accent
            .walk(0.01, |fill| fill.contrast(surface) >= CONTROL && fill.label().contrast(fill) >= TEXT);
        let link = accent.walk(0.01, |link| grounds.iter().all(|ground| link.contrast(*ground) >= DARK_LINK));
        Self { link, fill, onfill: fill.label() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    fn shown(accent: Accent) -> [String; 3] {
        [accent.fill.to_string(), accent.onfill.to_string(), accent.link.to_string()]
    }

    #[test]
    fn every_accent_becomes_the_same_readable_links_and_buttons() {
        let light = [colour("#FFFFFF"), colour("#F2F6F5")];
        let dark = [colour("#14171A"), colour("#1F2529")];
        for (accent, in_light, in_dark) in [
            ("#FFD400", ["#FFD400", "#14161A", "#856E00"], ["#FFD400", "#14161A", "#FFD400"]),
            ("#FF6A00", ["#FF6A00", "#14161A", "#BD4E00"], ["#FF6A00", "#14161A", "#FF7C1F"]),
            ("#00C2A8", ["#00C2A8", "#14161A", "#007B6A"], ["#00C2A8", "#14161A", "#00C2A8"]),
            ("#E11D48", ["#E11D48", "#FFFFFF", "#D81C45"], ["#E11D48", "#FFFFFF", "#EF8098"]),
            ("#7A7A7A", ["#757575", "#FFFFFF", "#707070"], ["#7F7F7F", "#14161A", "#A3A3A3"]),
            ("#111111", ["#111111", "#FFFFFF", "#111111"], ["#656565", "#FFFFFF", "#A2A2A2"]),
            ("#0F5F63", ["#0F5F63", "#FFFFFF", "#0F5F63"], ["#127075", "#FFFFFF", "#1CB4BC"]),
        ] {
            assert_eq!(shown(Accent::light(colour(accent), &light)), in_light, "{accent} in light");
            assert_eq!(shown(Accent::dark(colour(accent), &dark)), in_dark, "{accent} in dark");
        }
    }

    #[test]
    fn contrast_runs_from_one_to_twenty_one() {
        assert!((colour("#000").contrast(WHITE) - 21.0).abs() < 0.001);
        assert!((WHITE.contrast(WHITE) - 1.0).abs() < 0.001);
    }

    #[test]
    fn three_digits_are_six_and_anything_else_is_no_colour() {
        assert_eq!(colour("#1aF").to_string(), "#11AAFF");
        for wrong in ["", "#", "red", "#12345", "#1234567", "#+12345", "#éé"] {
            assert_eq!(Colour::parse(wrong), None, "{wrong}");
        }
    }
}
