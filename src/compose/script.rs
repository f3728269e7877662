//! What a script asks of type: its fonts, the height of its lines, and which tricks of
//! Latin type it knows.

use super::tokens::Face;

/// How the script of a language is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Script {
    /// Fonts that hold it, upright and plain; none for those that Latin fonts hold.
    sans: &'static str,
    /// The same with serifs, or what is read as such.
    serif: &'static str,
    /// Fonts the Word engine finds on Windows.
    word: &'static str,
    /// By how many hundredths its lines are higher than those of Latin type.
    pub(super) taller: u32,
    /// Whether it has capitals, and letters may stand further apart or closer.
    pub(super) is_cased: bool,
    /// Whether words are slanted to stress them.
    pub(super) is_slanted: bool,
}

const LATIN: Script = Script { sans: "", serif: "", word: "", taller: 0, is_cased: true, is_slanted: true };

const ARABIC: Script = Script {
    sans: "'Noto Sans Arabic', 'Geeza Pro', Tahoma",
    serif: "'Noto Naskh Arabic', 'Geeza Pro', 'Traditional Arabic'",
    word: "Tahoma",
    taller: 12,
    is_cased: false,
    is_slanted: false,
};

const HEBREW: Script = Script {
    sans: "'Noto Sans Hebrew', 'Arial Hebrew'",
    serif: "'Noto Serif Hebrew', 'New Peninim MT', David",
    word: "Arial",
    taller: 4,
    is_cased: false,
    is_slanted: false,
};

const DEVANAGARI: Script = Script {
    sans: "'Noto Sans Devanagari', 'Kohinoor Devanagari', 'Nirmala UI', Mangal",
    serif: "'Noto Serif Devanagari', 'Kohinoor Devanagari', 'Nirmala UI', Mangal",
    word: "'Nirmala UI', Mangal",
    taller: 12,
    is_cased: false,
    is_slanted: false,
};

const THAI: Script = Script {
    sans: "'Noto Sans Thai', Thonburi, 'Leelawadee UI', Tahoma",
    serif: "'Noto Serif Thai', Thonburi, 'Leelawadee UI'",
    word: "'Leelawadee UI', Tahoma",
    taller: 14,
    is_cased: false,
    is_slanted: false,
};

/// Chinese, Japanese and Korean differ in their fonts alone.
const fn east_asian(sans: &'static str, serif: &'static str, word: &'static str) -> Script {
    Script { sans, serif, word, taller: 6, is_cased: false, is_slanted: false }
}

const SIMPLIFIED: Script = east_asian(
    "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC'",
    "'Songti SC', 'Noto Serif CJK SC', 'Noto Serif SC', SimSun",
    "'Microsoft YaHei'",
);
const TRADITIONAL: Script = east_asian(
    "'PingFang TC', 'Microsoft JhengHei', 'Noto Sans CJK TC', 'Noto Sans TC'",
    "'Songti TC', 'Noto Serif CJK TC', 'Noto Serif TC', PMingLiU",
    "'Microsoft JhengHei'",
);
const JAPANESE: Script = east_asian(
    "'Hiragino Sans', 'Yu Gothic', Meiryo, 'Noto Sans CJK JP', 'Noto Sans JP'",
    "'Hiragino Mincho ProN', 'Yu Mincho', 'Noto Serif CJK JP', 'Noto Serif JP'",
    "'Yu Gothic', Meiryo",
);
const KOREAN: Script = east_asian(
    "'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans CJK KR', 'Noto Sans KR'",
    "AppleMyungjo, 'Noto Serif CJK KR', 'Noto Serif KR', Batang",
    "'Malgun Gothic'",
);

impl Script {
    /// That of a language, BCP 47: the script its tag names, or the usual one (CLDR).
    pub(super) fn of_language(lang: &str) -> Self {
        let lang = lang.to_ascii_lowercase();
        let mut parts = lang.split(['-', '_']);
        let language = parts.next().unwrap_or_default();
        let further: Vec<&str> = parts.collect();
        if let Some(script) = further.first().filter(|part| part.len() == 4) {
            match *script {
                "arab" => return ARABIC,
                "hebr" => return HEBREW,
                "deva" => return DEVANAGARI,
                "thai" => return THAI,
                "hans" => return SIMPLIFIED,
                "hant" => return TRADITIONAL,
                "jpan" | "hira" | "kana" => return JAPANESE,
                "kore" | "hang" => return KOREAN,
                _ => return LATIN,
            }
        }
        match language {
            "ar" | "fa" | "ur" | "ps" | "sd" | "ug" | "ckb" => ARABIC,
            "he" | "iw" | "yi" => HEBREW,
            "hi" | "mr" | "ne" | "sa" | "kok" | "mai" | "bho" => DEVANAGARI,
            "th" => THAI,
            "zh" | "yue" if further.iter().any(|part| matches!(*part, "tw" | "hk" | "mo")) => TRADITIONAL,
            "yue" => TRADITIONAL,
            "zh" => SIMPLIFIED,
            "ja" => JAPANESE,
            "ko" => KOREAN,
            _ => LATIN,
        }
    }

    /// A stack of fonts with those of this script where they are reached: behind the
    /// system's own, which know every script they come with, and before Latin ones.
    pub(super) fn fonts(self, face: Face, stack: &str) -> String {
        let own = match face {
            Face::Sans => self.sans,
            Face::Serif => self.serif,
        };
        match stack.split_once("'Segoe UI', ") {
            _ if own.is_empty() => stack.to_owned(),
            Some((system, rest)) if face == Face::Sans => format!("{system}{own}, 'Segoe UI', {rest}"),
            _ => format!("{own}, {stack}"),
        }
    }

    /// The same for the Word engine.
    pub(super) fn word_fonts(self, stack: &str) -> String {
        if self.word.is_empty() { stack.to_owned() } else { format!("{}, {stack}", self.word) }
    }

    /// The height of a line that is `line` high in Latin type: an even number.
    pub(super) fn line(self, line: u32) -> u32 {
        if self.taller == 0 { line } else { (line * (100 + self.taller)).div_ceil(200) * 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_gets_fonts_that_hold_it() {
        for (lang, font) in [
            ("ar-EG", "'Noto Sans Arabic'"),
            ("he", "'Noto Sans Hebrew'"),
            ("hi-IN", "'Noto Sans Devanagari'"),
            ("th", "'Noto Sans Thai'"),
            ("zh-CN", "'PingFang SC'"),
            ("zh-TW", "'PingFang TC'"),
            ("zh-Hant-HK", "'PingFang TC'"),
            ("ja", "'Hiragino Sans'"),
            ("ko-KR", "'Apple SD Gothic Neo'"),
        ] {
            let fonts = Script::of_language(lang).fonts(Face::Sans, "-apple-system, 'Segoe UI', Arial");
            assert!(fonts.starts_with("-apple-system, ") && fonts.contains(font), "{lang}: {fonts}");
            assert!(fonts.ends_with("'Segoe UI', Arial"));
        }
        for lang in ["en", "de", "ru", "el", "sr-Latn", "ar-Latn", ""] {
            assert_eq!(Script::of_language(lang).fonts(Face::Serif, "Georgia"), "Georgia", "{lang}");
        }
    }

    #[test]
    fn lines_of_tall_scripts_are_higher_and_even() {
        assert_eq!(Script::of_language("en").line(27), 27);
        assert_eq!(Script::of_language("ar").line(28), 32);
        assert_eq!(Script::of_language("th").line(28), 32);
        assert_eq!(Script::of_language("ja").line(28), 30);
    }
}
