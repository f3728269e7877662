//! What the commands do with the pictures of an article.

use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use url::Url;

use crate::pictures::{Darkroom, Home, Plate, Plates};
use crate::press::Prepared;
use crate::problem::Problems;

use super::report::size;
use super::{Context, state};

/// Where pictures are made ready; whoever waits at a terminal is told when it takes long.
pub(super) fn darkroom(is_watched: bool) -> Darkroom {
    if is_watched { Darkroom::telling(tell_preparing) } else { Darkroom::default() }
}

/// Tells what there is to wait for. It is told while the command is busy, and so past it.
fn tell_preparing(count: usize) {
    // Nobody is left to tell when that fails.
    let _ = match count {
        1 => writeln!(stderr(), "preparing one picture…"),
        count => writeln!(stderr(), "preparing {count} pictures…"),
    };
}

/// The finished HTML with the pictures where they lie in the folder `pictures`, as a
/// browser finds them from the file `page`. Both folders are there.
pub(super) fn shown_beside(html: &str, page: &Path, pictures: &Path, plates: &Plates, home: &Home) -> String {
    let mut html = html.to_owned();
    for plate in plates.iter() {
        let address = relative(page, &pictures.join(&plate.name));
        html = html.replace(&home.address(plate), &address);
    }
    html
}

/// How a browser that shows the file `page` finds the file `to`.
fn relative(page: &Path, to: &Path) -> String {
    let url = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().ok()?;
        Url::from_file_path(folder.join(path.file_name()?)).ok()
    };
    let relative = || url(page)?.make_relative(&url(to)?);
    relative().unwrap_or_else(|| to.display().to_string())
}

/// The files of the pictures in `folder`.
pub(super) fn files<'a>(plates: &'a Plates, folder: &Path) -> Vec<(PathBuf, &'a [u8])> {
    plates.iter().map(|plate| (folder.join(&plate.name), plate.bytes.as_slice())).collect()
}

/// What is still to be done before anybody sees the pictures of the mail, when the
/// publisher uploads them.
pub(super) fn to_upload(prepared: &Prepared, article: &Path) -> Option<String> {
    let Home::Uploaded(address) = &prepared.home else { return None };
    let (pictures, have, them) = match prepared.plates.iter().count() {
        0 => return None,
        1 => ("a picture".to_owned(), "it has", "it"),
        count => (format!("{count} pictures"), "they have", "them"),
    };
    Some(format!(
        "note: the mail shows {pictures} of this machine, and before it is sent {have} to be at {address} \
         (`letterpress build {} --assets DIR` writes {them} into a folder, for you to upload)",
        article.display()
    ))
}

/// Puts the pictures of a mail that nobody plans where `letterpress serve` serves them
/// from, when readers' programs get them there: whoever is sent it wants to see them.
///
/// # Errors
///
/// Fails when one cannot be written.
pub(super) fn serve(prepared: &Prepared, context: &mut Context<'_>) -> Result<(), Problems> {
    if !matches!(prepared.home, Home::Served(_)) || prepared.plates.is_empty() {
        return Ok(());
    }
    if let Ok(store) = state::open(context) {
        return Ok(prepared.serve_pictures(store.dir())?);
    }
    // Whoever writes need not be who serves.
    context.tell(
        "note: its pictures are not served from here, because there is no state that can be read; \
         `letterpress state new` makes one",
    );
    Ok(())
}

/// A picture in one line: its size, and what it was made of.
pub(super) fn line(plate: &Plate, path: &Path) -> String {
    let original = &plate.original;
    let (width, height) = plate.pixels;
    let (before, after) = (size(original.bytes), size(plate.bytes.len()));
    let dimensions = |(width, height)| format!("{width} × {height}");
    let file = original.file.display();
    if original.pixels == plate.pixels && before == after {
        return format!("{} ({after}, {width} × {height} pixels)", path.display());
    }
    format!(
        "{} ({after}, {} pixels; `{file}` has {before} and {})",
        path.display(),
        dimensions(plate.pixels),
        dimensions(original.pixels)
    )
}

/// A picture as data.
pub(super) fn as_json(plate: &Plate, path: &Path, home: &Home) -> Value {
    let Plate { pixels: (width, height), original, .. } = plate;
    json!({
        "path": path,
        "address": home.address(plate),
        "type": plate.form.media_type(),
        "bytes": plate.bytes.len(),
        "width": width,
        "height": height,
        "original": {
            "file": original.file,
            "bytes": original.bytes,
            "width": original.pixels.0,
            "height": original.pixels.1,
        },
    })
}
