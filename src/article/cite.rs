//! Tells the source of a quotation from direct speech and from a list.

/// Longest source, in words.
const MOST_WORDS: usize = 6;

/// Longest source, in letters: not all scripts put spaces between words.
const MOST_LETTERS: usize = 60;

/// The name on a line such as `— Ada Lovelace`, without its dash.
///
/// A hyphen marks an item of a list, and a sentence after a dash is something that
/// somebody says; neither names a source.
pub(super) fn name(line: &str) -> Option<&str> {
    let name = line.strip_prefix(['—', '–']).or_else(|| line.strip_prefix("-- "))?.trim();
    let sentence = name
        .trim_end_matches(['"', '\'', '”', '’', '“', '‘', '»', '«', ')'])
        .ends_with(['.', '!', '?', '…', ':', ';', ',', '。', '！', '？', '؟', '۔', '।']);
    let words = name.split_whitespace().count();
    // Most scripts have no capitals to tell a name by.
    let may_be_name = name.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase());
    let short = words <= MOST_WORDS && name.chars().count() <= MOST_LETTERS;
    (may_be_name && short && !sentence).then_some(name)
}

/// Whether a line begins with a dash, as a source and direct speech do.
pub(super) fn is_dashed(line: &str) -> bool {
    line.starts_with(['—', '–']) || line.starts_with("-- ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_name_after_a_dash_and_no_sentence() {
        for line in ["— Ada Lovelace", "–Ada Lovelace", "-- Ada Lovelace"] {
            assert_eq!(name(line), Some("Ada Lovelace"), "{line}");
        }
        for line in ["— 夏目漱石", "— שם הסופרת", "— نجيب محفوظ"] {
            assert!(name(line).is_some(), "{line}");
        }
        for line in [
            "- Apples",
            "— 私は猫である。",
            "— Then go.",
            "— bonjour",
            "— I have one now and I shall keep it",
            "—",
            "--Ada",
            "Ada",
        ] {
            assert_eq!(name(line), None, "{line}");
        }
    }
}
