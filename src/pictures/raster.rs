//! Reads and writes pictures that are made of pixels.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{CompressionType, FilterType as Filter, PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{
    AnimationDecoder as _, DynamicImage, ImageDecoder, ImageEncoder as _, ImageError, ImageResult, Limits,
    Rgba, Rgba32FImage,
};
use memchr::memmem;

use super::Form;
use super::dark;
use super::form::{self, Found};

/// Quality of the photographs that are written: below it one begins to see it.
const QUALITY: u8 = 82;

/// The longest colour profile that is carried along; a usual one has 500 to 4,000 bytes.
const LONGEST_PROFILE: usize = 64 * 1024;

/// A picture as it is before it is read to its end.
pub(super) struct Opened<'a> {
    decoder: Decoder<'a>,
    /// Width and height as they lie in the file.
    pub(super) stored: (u32, u32),
    /// How many bytes its pixels take.
    pub(super) memory: u64,
    orientation: Orientation,
    profile: Option<Vec<u8>>,
    /// Whether it moves.
    pub(super) moves: bool,
}

type Bytes<'a> = Cursor<&'a [u8]>;

enum Decoder<'a> {
    Jpeg(JpegDecoder<Bytes<'a>>),
    Png(Box<PngDecoder<Bytes<'a>>>),
    Gif(Box<GifDecoder<Bytes<'a>>>),
    WebP(Box<WebPDecoder<Bytes<'a>>>),
}

impl<'a> Opened<'a> {
    /// Reads as far as the size of the picture, `bytes` being what was `found`. `None`
    /// for what has no pixels.
    pub(super) fn of(found: Found, bytes: &'a [u8]) -> ImageResult<Option<Self>> {
        let cursor = Cursor::new(bytes);
        let (mut decoder, moves) = match found {
            Found::Mail(Form::Jpeg) => (Decoder::Jpeg(JpegDecoder::new(cursor)?), false),
            Found::Mail(Form::Png) => {
                let decoder = PngDecoder::with_limits(cursor, limits())?;
                let moves = decoder.is_apng()?;
                (Decoder::Png(Box::new(decoder)), moves)
            }
            Found::Mail(Form::Gif) => {
                (Decoder::Gif(Box::new(GifDecoder::new(cursor)?)), has_two_frames(bytes))
            }
            Found::WebP => {
                let decoder = WebPDecoder::new(cursor)?;
                let moves = decoder.has_animation();
                (Decoder::WebP(Box::new(decoder)), moves)
            }
            _ => return Ok(None),
        };
        let reader: &mut dyn ImageDecoder = match &mut decoder {
            Decoder::Jpeg(decoder) => decoder,
            Decoder::Png(decoder) => decoder.as_mut(),
            Decoder::Gif(decoder) => decoder.as_mut(),
            Decoder::WebP(decoder) => decoder.as_mut(),
        };
        let (stored, memory) = (reader.dimensions(), reader.total_bytes());
        reader.set_limits(limits())?;
        // A profile or a note that cannot be read is as good as none.
        let profile = reader.icc_profile().ok().flatten();
        let orientation = reader.orientation().unwrap_or(Orientation::NoTransforms);
        Ok(Some(Self { decoder, stored, memory, orientation, profile, moves }))
    }

    /// Whether its pixels lie in the file as they are looked at.
    pub(super) fn is_upright(&self) -> bool {
        self.orientation == Orientation::NoTransforms
    }

    /// Width and height as it is looked at.
    pub(super) fn size(&self) -> (u32, u32) {
        let (width, height) = self.stored;
        if turned(self.orientation) { (height, width) } else { (width, height) }
    }

    /// Reads the pixels and turns them upright, no wider than `width`.
    pub(super) fn read(self, width: u32) -> ImageResult<Picture> {
        let whole = self.size();
        let mut pixels = match self.decoder {
            Decoder::Jpeg(decoder) => DynamicImage::from_decoder(decoder)?,
            Decoder::Png(decoder) => DynamicImage::from_decoder(*decoder)?,
            Decoder::Gif(decoder) => DynamicImage::from_decoder(*decoder)?,
            Decoder::WebP(decoder) => DynamicImage::from_decoder(*decoder)?,
        };
        let has_alpha = is_transparent(&pixels);
        let is_photo = !has_alpha && is_photo(&pixels);
        if whole.0 > width {
            let height = scaled(whole.1, width, whole.0);
            // Few pixels are turned more easily than many.
            let (width, height) = if turned(self.orientation) { (height, width) } else { (width, height) };
            pixels = smaller(pixels, width, height, has_alpha);
        }
        pixels.apply_orientation(self.orientation);
        let is_grey = matches!(
            pixels,
            DynamicImage::ImageLuma8(_)
                | DynamicImage::ImageLuma16(_)
                | DynamicImage::ImageLumaA8(_)
                | DynamicImage::ImageLumaA16(_)
        );
        let pixels = match (has_alpha, is_grey) {
            (true, true) => DynamicImage::ImageLumaA8(pixels.to_luma_alpha8()),
            (true, false) => DynamicImage::ImageRgba8(pixels.to_rgba8()),
            (false, true) => DynamicImage::ImageLuma8(pixels.to_luma8()),
            (false, false) => DynamicImage::ImageRgb8(pixels.to_rgb8()),
        };
        let profile = self.profile.filter(|profile| is_needed(profile, is_grey));
        Ok(Picture { pixels, profile, is_photo })
    }
}

/// A picture within a drawing as PNG, and how many pixels it has; `None` for what is no
/// picture, cannot be read, or has more than `most`.
pub(super) fn within(bytes: &[u8], most: u64) -> Option<(Vec<u8>, u64)> {
    let opened = Opened::of(form::of(bytes), bytes).ok()??;
    let (width, height) = opened.size();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > most {
        return None;
    }
    let picture = opened.read(width).ok()?;
    let mut png = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Fast, Filter::Adaptive);
    picture.pixels.write_with_encoder(encoder).ok()?;
    Some((png, pixels))
}

/// Memory for one decoder, besides what its output takes.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(1024 * 1024 * 1024);
    limits
}

fn turned(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

fn has_two_frames(bytes: &[u8]) -> bool {
    let Ok(mut decoder) = GifDecoder::new(Cursor::new(bytes)) else { return false };
    // What is too large is refused where it is read.
    decoder.set_limits(limits()).is_ok() && decoder.into_frames().take(2).flatten().count() == 2
}

/// `side` in the proportion of `to` to `from`, one at least.
pub(super) fn scaled(side: u32, to: u32, from: u32) -> u32 {
    let (side, to, from) = (u64::from(side), u64::from(to), u64::from(from.max(1)));
    u32::try_from((side * to + from / 2) / from).unwrap_or(u32::MAX).max(1)
}

/// A picture in eight bits a channel, upright.
pub(super) struct Picture {
    pub(super) pixels: DynamicImage,
    profile: Option<Vec<u8>>,
    /// Whether it has as many colours as nothing drawn has.
    pub(super) is_photo: bool,
}

impl Picture {
    /// One that was drawn, with straight alpha.
    pub(super) fn drawn(pixels: DynamicImage) -> Self {
        let has_alpha = is_transparent(&pixels);
        let pixels = if has_alpha { pixels } else { DynamicImage::ImageRgb8(pixels.to_rgb8()) };
        Self { pixels, profile: None, is_photo: false }
    }

    /// Whether it is dark on nothing, and would not be seen on a dark ground.
    pub(super) fn is_dark_on_nothing(&self) -> bool {
        dark::is_dark_on_nothing(&self.pixels)
    }

    /// Written in the form that suits it.
    pub(super) fn write(&self, form: Form) -> Result<Vec<u8>, ImageError> {
        let mut out = Vec::new();
        match form {
            Form::Jpeg => {
                let mut encoder = JpegEncoder::new_with_quality(&mut out, QUALITY);
                if let Some(profile) = &self.profile {
                    // Without a profile it is shown all the same.
                    let _ = encoder.set_icc_profile(profile.clone());
                }
                encoder.encode_image(&self.pixels)?;
            }
            Form::Png | Form::Gif => {
                let mut encoder =
                    PngEncoder::new_with_quality(&mut out, CompressionType::Best, Filter::Adaptive);
                if let Some(profile) = &self.profile {
                    let _ = encoder.set_icc_profile(profile.clone());
                }
                let (width, height) = (self.pixels.width(), self.pixels.height());
                encoder.write_image(self.pixels.as_bytes(), width, height, self.pixels.color().into())?;
            }
        }
        Ok(out)
    }
}

/// Whether a colour profile says something that a mail program would not assume: it is
/// of such pixels, and not that of sRGB.
fn is_needed(profile: &[u8], is_grey: bool) -> bool {
    // The colour space of the data (ICC.1 §7.2.6).
    let space: &[u8] = if is_grey { b"GRAY" } else { b"RGB " };
    let names = |name: &[u8]| memmem::find(profile, name).is_some();
    profile.len() <= LONGEST_PROFILE
        && profile.get(16..20) == Some(space)
        && !names(b"sRGB")
        && !names(b"s\0R\0G\0B")
}

fn is_transparent(pixels: &DynamicImage) -> bool {
    match pixels {
        DynamicImage::ImageRgba8(pixels) => pixels.pixels().any(|pixel| pixel.0[3] < u8::MAX),
        DynamicImage::ImageLumaA8(pixels) => pixels.pixels().any(|pixel| pixel.0[1] < u8::MAX),
        DynamicImage::ImageRgba16(pixels) => pixels.pixels().any(|pixel| pixel.0[3] < u16::MAX),
        DynamicImage::ImageLumaA16(pixels) => pixels.pixels().any(|pixel| pixel.0[1] < u16::MAX),
        _ => false,
    }
}

/// How many pixels are looked at to tell a photograph from a drawing.
const LOOKED_AT: u64 = 1 << 16;

/// Whether one pixel in eight, of many all over the picture, has a colour of its own:
/// letters and drawings have far fewer, even with soft edges.
fn is_photo(pixels: &DynamicImage) -> bool {
    let (width, height) = (u64::from(pixels.width()), u64::from(pixels.height()));
    let all = width * height;
    let step = (all / LOOKED_AT).max(1);
    let mut colours = std::collections::HashSet::new();
    let mut looked = 0_usize;
    // A step that shares a factor with the width would look at a few columns alone.
    let step = if step > 1 && width % step == 0 { step + 1 } else { step };
    let mut at = 0;
    while at < all {
        let (x, y) = (at % width, at / width);
        let pixel = image::GenericImageView::get_pixel(
            pixels,
            u32::try_from(x).unwrap_or_default(),
            u32::try_from(y).unwrap_or_default(),
        );
        colours.insert(pixel.0);
        looked += 1;
        at += step;
    }
    // Grey has too few shades to count them so.
    let is_grey = matches!(pixels, DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_));
    if is_grey { colours.len() > 128 } else { colours.len() * 8 > looked }
}

/// The picture with fewer pixels.
fn smaller(pixels: DynamicImage, width: u32, height: u32, has_alpha: bool) -> DynamicImage {
    // The mean of many pixels is found quickly; what the eye sees is the last step.
    let (twice, tall) = (width.saturating_mul(2), height.saturating_mul(2));
    let pixels = if pixels.width() > twice && pixels.height() > tall && !has_alpha {
        pixels.thumbnail_exact(twice, tall)
    } else {
        pixels
    };
    if !has_alpha {
        return pixels.resize_exact(width, height, FilterType::Lanczos3);
    }
    // What cannot be seen has a colour too, and would bleed into what can.
    let mut solid: Rgba32FImage = pixels.into_rgba32f();
    for Rgba([red, green, blue, alpha]) in solid.pixels_mut() {
        for channel in [red, green, blue] {
            *channel *= *alpha;
        }
    }
    let mut small = imageops::resize(&solid, width, height, FilterType::CatmullRom);
    for Rgba([red, green, blue, alpha]) in small.pixels_mut() {
        *alpha = alpha.clamp(0.0, 1.0);
        for channel in [red, green, blue] {
            *channel = if *alpha > 0.0 { (*channel / *alpha).clamp(0.0, 1.0) } else { 0.0 };
        }
    }
    DynamicImage::ImageRgba32F(small)
}
