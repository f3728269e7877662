//! The colours of the pages readers see, by what they are for.
//!
//! A leaf: `press` makes them of the newsletter's theme and accent, `public` uses them,
//! and neither knows the other.

use std::fmt;

/// An opaque sRGB colour, `0xRRGGBB`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u32);

impl fmt::Debug for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Rgb {
    /// As style sheets write it; never anything else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0 & 0xFF_FFFF)
    }
}

/// The colours of one scheme.
///
/// Text (`ink`, `title`, `muted`, `accent`) has a contrast of 4.5 : 1 on `paper`,
/// `card` and `tint`, and `on_fill` on both fills; the edges of controls (`edge`,
/// `rim`) have 3 : 1 (WCAG 2.2 §1.4.3, §1.4.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// Behind everything.
    pub paper: Rgb,
    /// Behind what is typed.
    pub card: Rgb,
    /// A quiet fill, under the pointer.
    pub tint: Rgb,
    /// Text.
    pub ink: Rgb,
    /// Headings and strong words.
    pub title: Rgb,
    /// Small print.
    pub muted: Rgb,
    /// Hairlines, which carry no meaning.
    pub line: Rgb,
    /// The edges of fields and quiet buttons.
    pub edge: Rgb,
    /// Links, and the ring around what has the focus.
    pub accent: Rgb,
    /// The button that does what the page is for.
    pub fill: Rgb,
    /// The same under the pointer.
    pub fill_hover: Rgb,
    /// The words on that button.
    pub on_fill: Rgb,
    /// The edge of that button.
    pub rim: Rgb,
}

/// The colours of a page, for readers who prefer light and for those who prefer dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    /// Dark on light.
    pub light: Scheme,
    /// Light on dark.
    pub dark: Scheme,
}

impl Default for Paint {
    /// Those of the theme `clean` with its own accent.
    fn default() -> Self {
        Self {
            light: Scheme {
                paper: Rgb(0xFF_FFFF),
                card: Rgb(0xFF_FFFF),
                tint: Rgb(0xF2_F6F5),
                ink: Rgb(0x24_292E),
                title: Rgb(0x14_191C),
                muted: Rgb(0x5A_646D),
                line: Rgb(0xE3_E7E9),
                edge: Rgb(0x7F_919A),
                accent: Rgb(0x0F_5F63),
                fill: Rgb(0x0F_5F63),
                fill_hover: Rgb(0x0B_4648),
                on_fill: Rgb(0xFF_FFFF),
                rim: Rgb(0x0F_5F63),
            },
            dark: Scheme {
                paper: Rgb(0x14_171A),
                card: Rgb(0x14_171A),
                tint: Rgb(0x1F_2529),
                ink: Rgb(0xDD_E1E4),
                title: Rgb(0xF4_F6F7),
                muted: Rgb(0xA3_ACB4),
                line: Rgb(0x30_373D),
                edge: Rgb(0x61_707C),
                accent: Rgb(0x1C_B4BC),
                fill: Rgb(0x12_7075),
                fill_hover: Rgb(0x0E_575A),
                on_fill: Rgb(0xFF_FFFF),
                rim: Rgb(0x12_7075),
            },
        }
    }
}
