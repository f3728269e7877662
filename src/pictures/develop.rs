//! Makes of a file the picture that goes out.

use std::fs::File;
use std::io::Read as _;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use image::ImageError;

use super::form::{self, Found};
use super::locate::Located;
use super::raster::{Opened, Picture, scaled};
use super::vector::Undrawn;
use super::{Developed, Form, Original, PictureError, Plate, name, strip, vector};
use crate::problem::said;

/// The longest file that is read, in bytes.
pub(super) const LARGEST_FILE: u64 = 64_000_000;

/// The most pixels of a picture: a camera has 40 to 60 million.
pub(super) const MOST_PIXELS: u64 = 100_000_000;

/// How many pixels stand in for one: what is sharp on the screens of phones.
const DENSITY: u32 = 2;

/// How wide a picture is wanted, by all places that show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Wish {
    /// The widest that was asked for.
    asked: u32,
    /// The room there is where nobody asked.
    room: u32,
}

impl Wish {
    /// One more place, with a width that was asked for, or with room for so much.
    pub(super) fn add(&mut self, asked: Option<u32>, room: u32) {
        match asked {
            Some(asked) => self.asked = self.asked.max(asked),
            None => self.room = self.room.max(room),
        }
    }

    /// How wide a picture with this width of its own is shown at most.
    fn shown(self, own: u32) -> u32 {
        self.asked.max(self.room.min(own)).max(1)
    }
}

/// The memory for pictures that are worked at, shared by all hands.
#[derive(Default)]
pub(super) struct Budget {
    taken: Mutex<u64>,
    freed: Condvar,
}

/// How many bytes of pixels are in work at once, unless one picture alone has more.
const MEMORY: u64 = 256_000_000;

impl Budget {
    /// Does `work` when there is memory for it.
    fn within<T>(&self, bytes: u64, work: impl FnOnce() -> T) -> T {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |taken: &mut u64| *taken > 0 && *taken + bytes > MEMORY;
        let mut taken = self.freed.wait_while(taken, is_full).unwrap_or_else(PoisonError::into_inner);
        *taken += bytes;
        drop(taken);
        let _share = Share { budget: self, bytes };
        work()
    }
}

/// Memory that is given back also when its work breaks off.
struct Share<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *self.budget.taken.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.budget.freed.notify_all();
    }
}

/// Develops the picture that an article has as `path`.
pub(super) fn develop(
    located: &Located,
    path: &str,
    wish: Wish,
    budget: &Budget,
) -> Result<Developed, PictureError> {
    let bytes = read(located, path)?;
    let path = path.to_owned();
    match form::of(&bytes) {
        Found::Svg => draw(located, path, &bytes, wish, budget),
        Found::Pointer => Err(PictureError::Pointer { path }),
        Found::Foreign(what) => Err(PictureError::Foreign { path, what }),
        Found::Unknown => Err(PictureError::Unknown { path }),
        found @ (Found::Mail(_) | Found::WebP) => print(located, path, &bytes, (found, wish), budget),
    }
}

fn read(located: &Located, path: &str) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    let length = File::open(&located.file)
        .and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| PictureError::Unreadable { path: path.to_owned(), reason: said(&error) })?;
    if length == 0 {
        return Err(PictureError::Empty { path: path.to_owned() });
    }
    if length as u64 > LARGEST_FILE {
        let bytes = std::fs::metadata(&located.file).map_or(length as u64, |facts| facts.len());
        return Err(PictureError::TooLarge { path: path.to_owned(), bytes });
    }
    Ok(bytes)
}

/// Makes a picture of pixels ready.
fn print(
    located: &Located,
    path: String,
    bytes: &[u8],
    (found, wish): (Found, Wish),
    budget: &Budget,
) -> Result<Developed, PictureError> {
    let kind = match found {
        Found::Mail(Form::Jpeg) => "JPEG picture",
        Found::Mail(Form::Png) => "PNG picture",
        Found::Mail(Form::Gif) => "GIF picture",
        _ => "WebP picture",
    };
    let broken = |reason: String| PictureError::Broken { path: path.clone(), kind, reason };
    let opened = Opened::of(found, bytes).map_err(|error| broken(told(&error)))?;
    let Some(opened) = opened else { return Err(PictureError::Unknown { path }) };
    let (width, height) = opened.size();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PictureError::TooManyPixels { path, width, height });
    }
    let own = (width / density(located)).max(1);
    let target = width.min(DENSITY.saturating_mul(wish.shown(own)));
    let as_is = as_is(found, bytes).map_err(broken)?;
    let moves = opened.moves;
    let mut flaws = Vec::new();
    let size = bytes.len();
    let plate = |form: Form, bytes: Vec<u8>, pixels: (u32, u32), is_dark_on_nothing: bool| {
        let name = name::of(&located.file, &bytes, form);
        let original = Original { file: located.shown.clone(), bytes: size, pixels: (width, height) };
        Arc::new(Plate { name, form, bytes, width: own, pixels, is_dark_on_nothing, original })
    };
    // What moves would stand still when it were made smaller.
    if let (true, Some((form, kept))) = (moves, &as_is) {
        return Ok(Developed { plate: plate(*form, kept.clone(), (width, height), false), flaws });
    }
    if moves {
        flaws.push(PictureError::Still { path: path.clone() });
    }
    let is_upright = opened.is_upright();
    let developed = budget.within(opened.memory, || {
        let picture = opened.read(target)?;
        let (form, written) = written(found, &picture)?;
        let pixels = (picture.pixels.width(), picture.pixels.height());
        Ok((form, written, pixels, picture.is_dark_on_nothing()))
    });
    let (form, written, pixels, is_dark) = developed.map_err(|error: ImageError| broken(told(&error)))?;
    let kept = as_is.filter(|_| is_upright).filter(|(_, kept)| {
        if target < width { kept.len() <= written.len() } else { written.len() * 3 > kept.len() * 2 }
    });
    let plate = match kept {
        Some((form, kept)) => plate(form, kept, (width, height), is_dark),
        None => plate(form, written, pixels, is_dark),
    };
    Ok(Developed { plate, flaws })
}

/// How many pixels of a file stand in for one, when its name says so: `dunes@2x.png`.
fn density(located: &Located) -> u32 {
    let stem = located.file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    match stem.rsplit_once('@') {
        Some((_, "2x")) => 2,
        Some((_, "3x")) => 3,
        _ => 1,
    }
}

/// The file without notes, when mail programs show such files; else why it is broken.
fn as_is(found: Found, bytes: &[u8]) -> Result<Option<(Form, Vec<u8>)>, String> {
    let kept = match found {
        Found::Mail(Form::Jpeg) => strip::jpeg(bytes),
        Found::Mail(Form::Png) => strip::png(bytes),
        Found::Mail(Form::Gif) => return Ok(Some((Form::Gif, bytes.to_vec()))),
        _ => return Ok(None),
    };
    let Found::Mail(form) = found else { return Ok(None) };
    // One that is merely put together oddly has an end, and is written anew.
    let has_end = || memchr::memmem::rfind(bytes, &[0xFF, 0xD9]).is_some_and(|at| at > bytes.len() / 2);
    if kept.is_none() && form == Form::Jpeg && !has_end() {
        return Err("it ends too early".to_owned());
    }
    Ok(kept.map(|kept| (form, kept)))
}

/// The picture in the form that suits it, and suits mail.
fn written(found: Found, picture: &Picture) -> Result<(Form, Vec<u8>), ImageError> {
    if found == Found::Mail(Form::Jpeg) {
        return Ok((Form::Jpeg, picture.write(Form::Jpeg)?));
    }
    if found == Found::WebP && picture.is_photo {
        return Ok((Form::Jpeg, picture.write(Form::Jpeg)?));
    }
    let png = picture.write(Form::Png)?;
    if picture.is_photo {
        let jpeg = picture.write(Form::Jpeg)?;
        if jpeg.len() * 3 <= png.len() * 2 {
            return Ok((Form::Jpeg, jpeg));
        }
    }
    Ok((Form::Png, png))
}

/// What a decoder has to say, without its name and its address.
fn told(error: &ImageError) -> String {
    match error {
        ImageError::Limits(_) => "it needs more memory than a picture should".to_owned(),
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it ends too early".to_owned()
        }
        ImageError::Unsupported(_) => "it is written in a way that is not read here".to_owned(),
        other => {
            let text =
                std::error::Error::source(other).map_or_else(|| other.to_string(), ToString::to_string);
            let text = text.lines().next().unwrap_or_default().trim().trim_end_matches('.').to_owned();
            if text.is_empty() || text.len() > 120 { "it is damaged".to_owned() } else { text }
        }
    }
}

/// Makes a drawing ready.
fn draw(
    located: &Located,
    path: String,
    bytes: &[u8],
    wish: Wish,
    budget: &Budget,
) -> Result<Developed, PictureError> {
    let broken = |reason: String| PictureError::Broken { path: path.clone(), kind: "SVG drawing", reason };
    let drawing = vector::read(bytes).map_err(|error| match error {
        Undrawn::Broken(reason) => broken(reason),
        Undrawn::TooMuch => PictureError::TooMuchWork { path: path.clone(), styles: false },
        Undrawn::TooMuchStyle => PictureError::TooMuchWork { path: path.clone(), styles: true },
    })?;
    if drawing.has_lost_words {
        return Err(PictureError::NoFonts { path });
    }
    let (own, tall) = drawing.size();
    let width = DENSITY.saturating_mul(wish.shown(own));
    let height = scaled(tall, width, own);
    let area = u64::from(width) * u64::from(height);
    if area > MOST_PIXELS {
        return Err(PictureError::TooManyPixels { path, width, height });
    }
    let memory = drawing.memory(width, height);
    let memory = memory.ok_or_else(|| PictureError::TooMuchWork { path: path.clone(), styles: false })?;
    let drawn = budget.within(memory, || drawing.draw(width, height));
    let picture = Picture::drawn(drawn.ok_or_else(|| broken("it cannot be drawn as large".to_owned()))?);
    let written = picture.write(Form::Png).map_err(|error| broken(told(&error)))?;
    let mut flaws = Vec::new();
    if !drawing.fonts.is_empty() {
        flaws.push(PictureError::OtherFont { path: path.clone(), fonts: drawing.fonts.clone() });
    }
    if drawing.has_pictures {
        flaws.push(PictureError::Within { path: path.clone() });
    }
    if drawing.has_html {
        flaws.push(PictureError::WordsWithin { path: path.clone() });
    }
    let original = Original { file: located.shown.clone(), bytes: bytes.len(), pixels: (own, tall) };
    let name = name::of(&located.file, &written, Form::Png);
    let plate = Plate {
        name,
        form: Form::Png,
        bytes: written,
        width: own,
        pixels: (width, height),
        is_dark_on_nothing: picture.is_dark_on_nothing(),
        original,
    };
    Ok(Developed { plate: Arc::new(plate), flaws })
}
