//! What the commands do with the pictures of an article.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use url::Url;

use crate::pictures::{Home, Plate, Plates};

use super::report::size;

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
