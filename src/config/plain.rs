//! Words in the plain letters that ids and names of files are made of.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Latin letters that Unicode does not take apart into plain ones.
const LETTERS: [(char, &str); 18] = [
    ('ß', "ss"),
    ('ẞ', "ss"),
    ('æ', "ae"),
    ('Æ', "ae"),
    ('œ', "oe"),
    ('Œ', "oe"),
    ('ø', "o"),
    ('Ø', "o"),
    ('đ', "d"),
    ('Đ', "d"),
    ('ð', "d"),
    ('Ð', "d"),
    ('þ', "th"),
    ('Þ', "th"),
    ('ł', "l"),
    ('Ł', "l"),
    ('ı', "i"),
    ('ħ', "h"),
];

/// What a character is in plain letters.
enum Plain {
    /// These, in lower case.
    Letters(String),
    /// A letter or digit of another script.
    Foreign,
    /// Something that belongs to the letter before it.
    Mark,
    /// The end of a word.
    Gap,
}

fn plain(c: char) -> Plain {
    if let Some((_, letters)) = LETTERS.iter().find(|(known, _)| *known == c) {
        return Plain::Letters((*letters).to_owned());
    }
    if is_combining_mark(c) {
        return Plain::Mark;
    }
    if !c.is_alphanumeric() {
        return Plain::Gap;
    }
    let parts: String = std::iter::once(c).nfkd().filter(|part| !is_combining_mark(*part)).collect();
    if parts.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !parts.is_empty() {
        return Plain::Letters(parts.to_ascii_lowercase());
    }
    Plain::Foreign
}

/// The words of `text` in lower case with hyphens between them; those of other scripts are
/// kept with their marks (`keeps_foreign`), or part words as a space does.
pub(super) fn words(text: &str, keeps_foreign: bool) -> String {
    let mut words = String::new();
    // What a mark belongs to was kept as it is.
    let mut is_kept = false;
    for c in text.nfc() {
        match plain(c) {
            Plain::Letters(letters) => {
                words.push_str(&letters);
                is_kept = false;
            }
            Plain::Foreign if keeps_foreign => {
                words.extend(c.to_lowercase());
                is_kept = true;
            }
            Plain::Mark if is_kept => words.push(c),
            Plain::Mark => {}
            Plain::Foreign | Plain::Gap => {
                is_kept = false;
                if !words.is_empty() && !words.ends_with('-') {
                    words.push('-');
                }
            }
        }
    }
    words.truncate(words.trim_end_matches('-').len());
    words
}

/// The letters and digits of `text` that are of other scripts, in lower case.
pub(super) fn foreign(text: &str) -> impl Iterator<Item = char> {
    text.nfc().filter(|c| matches!(plain(*c), Plain::Foreign)).flat_map(char::to_lowercase)
}
