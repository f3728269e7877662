//! Names a picture by what it is: `dunes.3f9ac21b7e04.jpg`.

use std::fmt::Write as _;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};

use super::Form;

/// The longest part of a name that comes from the file's own.
const LONGEST: usize = 40;

/// How many hexadecimal digits of the hash stand in a name: two pictures of a newsletter
/// with the same ones would need some ten million others.
const DIGITS: usize = 12;

/// The name of a picture that was made of `file` and has these bytes.
pub(super) fn of(file: &Path, bytes: &[u8], form: Form) -> String {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut name = String::new();
    for word in stem.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(word);
    }
    name.truncate(LONGEST);
    let name = name.trim_end_matches('-');
    let name = if name.is_empty() { "picture" } else { name };
    let mut hash = String::new();
    for byte in digest(&SHA256, bytes).as_ref().iter().take(DIGITS / 2) {
        let _ = write!(hash, "{byte:02x}");
    }
    format!("{name}.{hash}.{}", form.extension())
}

/// The form of the picture that `name` names, if it is a name as [`of`] gives them.
pub(super) fn form(name: &str) -> Option<Form> {
    let mut parts = name.split('.');
    let (words, hash, extension) = (parts.next()?, parts.next()?, parts.next()?);
    let is_name = !words.is_empty()
        && words.len() <= LONGEST
        && words.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let is_hash =
        hash.len() == DIGITS && hash.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    let form = Form::ALL.into_iter().find(|form| form.extension() == extension);
    form.filter(|_| is_name && is_hash && parts.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_the_files_name_and_the_hash_of_the_bytes() {
        let named = |file: &str| of(Path::new(file), b"x", Form::Jpeg);
        assert_eq!(named("a/Über die Dünen (2).JPEG"), "ber-die-d-nen-2.2d711642b726.jpg");
        assert_eq!(named("写真.png"), "picture.2d711642b726.jpg");
        for file in ["a.png", "é.png", "a b.c.png", &"long-".repeat(50)] {
            assert_eq!(form(&named(file)), Some(Form::Jpeg), "{file}");
        }
    }

    #[test]
    fn what_is_no_name_of_ours_has_no_form() {
        for name in [
            "../a.2d711642b726.jpg",
            "a.2d711642b726.svg",
            "a.2d711642b72.jpg",
            "a.2D711642B726.jpg",
            "a.2d711642b726.jpg.jpg",
            ".2d711642b726.jpg",
            "a/b.2d711642b726.jpg",
            "",
        ] {
            assert_eq!(form(name), None, "{name}");
        }
    }
}
