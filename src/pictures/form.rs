//! Tells from its first bytes what a file is; its name may say anything.

/// How a picture in a mail is written: what every mail program shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// Photographs.
    Jpeg,
    /// Drawings, and whatever lets its ground shine through.
    Png,
    /// What moves.
    Gif,
}

impl Form {
    /// Its media type (RFC 2046 §4.2).
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
        }
    }

    /// What the names of its files end in.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
        }
    }

    pub(super) const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Gif];
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// One that goes into mail.
    Mail(Form),
    WebP,
    Svg,
    /// A form that is known and not read; its name with its article.
    Foreign(&'static str),
    /// What Git LFS leaves in the place of a file.
    Pointer,
    Unknown,
}

/// How far into a file the root of a drawing is looked for.
const PROLOGUE: usize = 16 * 1024;

/// What a file is, going by its bytes.
pub(super) fn of(bytes: &[u8]) -> Found {
    let brand = |at: usize, brands: &[&[u8; 4]]| {
        bytes.get(4..8) == Some(b"ftyp")
            && bytes.get(at..at + 4).is_some_and(|found| brands.iter().any(|brand| *brand == found))
    };
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Found::Mail(Form::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Found::Mail(Form::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Found::Mail(Form::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Found::WebP,
        _ if brand(8, &[b"avif", b"avis"]) || brand(16, &[b"avif"]) => Found::Foreign("an AVIF picture"),
        _ if brand(8, &[b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"]) => {
            Found::Foreign("a HEIC picture")
        }
        _ if bytes.get(4..8) == Some(b"ftyp") => Found::Foreign("a film"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => {
            Found::Foreign("a TIFF picture, or one as a camera leaves it")
        }
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Found::Foreign("a BMP picture"),
        [0, 0, 1, 0, ..] => Found::Foreign("an icon file"),
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] => Found::Foreign("a JPEG XL picture"),
        [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] => Found::Foreign("a JPEG 2000 picture"),
        [b'8', b'B', b'P', b'S', ..] => Found::Foreign("a Photoshop file"),
        [b'%', b'P', b'D', b'F', ..] => Found::Foreign("a PDF"),
        [b'%', b'!', b'P', b'S', ..] => Found::Foreign("an EPS drawing"),
        [0x1F, 0x8B, ..] => Found::Foreign("a compressed file"),
        _ if bytes.starts_with(b"version https://git-lfs.github.com/") => Found::Pointer,
        _ if is_drawing(bytes) => Found::Svg,
        _ => Found::Unknown,
    }
}

/// Whether the root of a document is `<svg>`.
fn is_drawing(bytes: &[u8]) -> bool {
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(PROLOGUE)]);
    let mut rest = beginning.trim_start_matches('\u{feff}').trim_start();
    // A declaration, comments and a document type may stand before it.
    loop {
        let end = match rest {
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<!DOCTYPE") => match (rest.find('['), rest.find('>')) {
                (Some(subset), Some(end)) if subset < end => "]>",
                _ => ">",
            },
            _ => break,
        };
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after.trim_start();
    }
    let name = rest.strip_prefix('<').unwrap_or_default();
    let name = name.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next().unwrap_or_default();
    name == "svg" || name.ends_with(":svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        for (bytes, found) in [
            (&b"\xFF\xD8\xFF\xE0"[..], Found::Mail(Form::Jpeg)),
            (b"\x89PNG\r\n\x1A\n", Found::Mail(Form::Png)),
            (b"GIF89a", Found::Mail(Form::Gif)),
            (b"RIFF\0\0\0\0WEBPVP8L", Found::WebP),
            (b"\0\0\0\x1Cftypavif\0\0\0\0", Found::Foreign("an AVIF picture")),
            (b"\0\0\0\x18ftypheic\0\0\0\0", Found::Foreign("a HEIC picture")),
            (
                b"\xEF\xBB\xBF<?xml version='1.0'?>\n<!-- a > b -->\n<!DOCTYPE svg [<!ENTITY a 'b'>]>\n<svg>",
                Found::Svg,
            ),
            (b"<s:svg xmlns:s='x'>", Found::Svg),
            (b"<svgfoo>", Found::Unknown),
            (b"<!doctype html><svg>", Found::Unknown),
            (b"version https://git-lfs.github.com/spec/v1\noid", Found::Pointer),
            (b"", Found::Unknown),
        ] {
            assert_eq!(of(bytes), found, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
