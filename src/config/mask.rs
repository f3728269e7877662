//! Stars out passwords. Messages quote the lines of a configuration, and must not
//! spread what never belonged there.
//!
//! Nothing here parses: a file with a password in the open is likely to be wrong in
//! other ways too, so its text is looked at as it stands, and when in doubt starred.

/// The same text with secrets starred out, byte for byte as long, so that places in it
/// stay the same.
///
/// A secret is every value under `[relay]` or of a key that speaks of a relay, a
/// password, a token or a private key, except for an address as `url`; of an address it
/// is what stands between the colon and the at sign, here and in any other value.
pub(super) fn masked(text: &str) -> String {
    let mut scanner = Scanner { text, out: text.as_bytes().to_vec(), ..Scanner::default() };
    scanner.scan();
    star_out_keys(&mut scanner.out, text);
    String::from_utf8(scanner.out).expect("whole characters were replaced by stars")
}

/// The same address of a relay with its password starred out.
pub(super) fn masked_address(address: &str) -> String {
    let mut out = address.as_bytes().to_vec();
    star_out_userinfo(&mut out, address, 0);
    String::from_utf8(out).expect("whole characters were replaced by stars")
}

/// Stars out what stands between the first colon and the last at sign of `address`,
/// which begins at byte `at` of `out`.
fn star_out_userinfo(out: &mut [u8], address: &str, at: usize) {
    let authority = address.find("://").map_or(0, |scheme| scheme + "://".len());
    let rest = &address[authority..];
    if let (Some(colon), Some(sign)) = (rest.find(':'), rest.rfind('@')) {
        star_out(out, at + authority + colon + 1, at + authority + sign);
    }
}

/// Stars out what stands in private keys, whatever is around them.
fn star_out_keys(out: &mut [u8], text: &str) {
    let mut at = 0;
    for block in text.split_inclusive("-----BEGIN ") {
        if let Some(label) = block.find(KEY_LABEL) {
            let begin = label + KEY_LABEL.len();
            let end = block[begin..].find("-----END ").map_or(block.len(), |length| begin + length);
            star_out(out, at + begin, at + end);
        }
        at += block.len();
    }
}

/// How the first line of any private key in PEM ends.
const KEY_LABEL: &str = "PRIVATE KEY-----";

/// Line ends stay, so that lines keep their numbers.
fn star_out(out: &mut [u8], start: usize, end: usize) {
    if let Some(secret) = out.get_mut(start..end) {
        secret.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b'*');
    }
}

/// Goes through a text that ought to be TOML.
#[derive(Default)]
struct Scanner<'a> {
    text: &'a str,
    out: Vec<u8>,
    at: usize,
    line_end: Option<usize>,
    /// The brackets and braces that are open.
    open: Vec<u8>,
    /// Inside a table of the relay.
    in_relay: bool,
    /// A key of this statement speaks of a relay, a password, a token or a private key.
    is_secret: bool,
    /// The key whose value comes.
    key: &'a str,
    /// An equals sign has come since the last key could begin.
    in_value: bool,
    /// A text of several lines in these quotes was not closed, so that none later is.
    unclosed: [bool; 2],
}

impl<'a> Scanner<'a> {
    fn scan(&mut self) {
        self.header();
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'\n' => {
                    self.at += 1;
                    if self.open.is_empty() {
                        (self.is_secret, self.in_value, self.key) = (false, false, "");
                    }
                    self.header();
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'#' => self.at = self.line_end(),
                b'"' | b'\'' => self.quoted(byte),
                b'[' | b'{' => {
                    self.open.push(byte);
                    self.in_value = self.in_value && byte == b'[';
                    self.at += 1;
                }
                b']' | b'}' => {
                    self.open.pop();
                    self.at += 1;
                }
                b',' => {
                    self.in_value = self.in_value && self.open.last() != Some(&b'{');
                    self.at += 1;
                }
                b'=' => {
                    self.in_value = true;
                    self.at += 1;
                }
                _ => self.bare(),
            }
        }
    }

    /// Where this line ends; looked for once a line, however much is written on it.
    fn line_end(&mut self) -> usize {
        if self.line_end.is_none_or(|end| end < self.at) {
            let end = self.text[self.at..].find('\n').map_or(self.text.len(), |length| self.at + length);
            self.line_end = Some(end);
        }
        self.line_end.unwrap_or(self.text.len())
    }

    /// Takes the header of a table if this line is one. The relay's is believed
    /// anywhere; its end only where no list is open.
    fn header(&mut self) {
        let (text, end) = (self.text, self.line_end());
        let line = text[self.at..end].trim_start();
        if !line.starts_with('[') {
            return;
        }
        let name = line.split(['#', '=']).next().unwrap_or_default();
        if speaks_of_relay(name) {
            self.in_relay = true;
        } else if self.open.is_empty() {
            self.in_relay = false;
        }
        if self.open.is_empty() && name.trim_end().ends_with(']') {
            self.at = end;
        }
    }

    /// A text in quotes: a key, or a value.
    fn quoted(&mut self, quote: u8) {
        let (text, line_end) = (self.text, self.line_end());
        let rest = &text[self.at..];
        let three = if quote == b'"' { "\"\"\"" } else { "'''" };
        let kind = usize::from(quote == b'"');
        let mut inside = None;
        if rest.starts_with(three) && !self.unclosed[kind] {
            inside = closing(&rest[3..], three, quote == b'"').map(|length| (3, length));
            self.unclosed[kind] = inside.is_none();
        }
        let (width, length) = inside.unwrap_or_else(|| {
            // One that is not closed ends with its line.
            let line = &text[self.at + 1..line_end];
            (1, closing(line, &rest[..1], quote == b'"').unwrap_or(line.len()))
        });
        let start = self.at + width;
        self.at = (start + length + width).min(text.len());
        if !text.is_char_boundary(self.at) || text[start + length..self.at].contains('\n') {
            self.at = start + length;
        }
        let is_key =
            !self.in_value && text[self.at..].trim_start_matches([' ', '\t']).starts_with(['=', '.']);
        if is_key { self.name(&text[start..start + length]) } else { self.value(start, start + length) }
    }

    /// A word without quotes: a key, or a value that lacks them.
    fn bare(&mut self) {
        let start = self.at;
        let ends: &[char] = if self.in_value {
            &['\n', '\r', ' ', '\t', ',', '}', ']', '"', '\'']
        } else {
            &['\n', '\r', ' ', '\t', ',', '}', ']', '"', '\'', '=', '{', '[']
        };
        let length = self.text[start..].find(ends).unwrap_or(self.text.len() - start);
        self.at = start + length.max(1);
        if self.in_value { self.value(start, self.at) } else { self.name(&self.text[start..self.at]) }
    }

    fn name(&mut self, key: &'a str) {
        self.is_secret |= speaks_of_relay(key) || key == "key" || key.ends_with("_key");
        self.key = key.rsplit('.').next().unwrap_or_default();
    }

    fn value(&mut self, start: usize, end: usize) {
        let value = &self.text[start..end];
        if (self.in_relay || self.is_secret) && self.key != "url" {
            star_out(&mut self.out, start, end);
        } else if !value.contains([' ', '<']) || value.contains("://") || self.key == "url" {
            star_out_userinfo(&mut self.out, value, start);
        }
    }
}

/// Whether a key names a relay, a password or a token.
fn speaks_of_relay(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["relay", "pass", "pwd", "secret", "token"].iter().any(|word| key.contains(word))
}

/// How long a text is up to its closing quotes, where a backslash may make the next
/// character part of it.
fn closing(text: &str, quotes: &str, escapes: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if escapes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at..].starts_with(quotes.as_bytes()) {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_value_of_the_relay_is_starred_out_however_it_is_written() {
        for text in [
            "password = \"geheim\"",
            "password = 'geheim'",
            "password = \"\"\"\ngeheim\n\"\"\"",
            "password = \"ge\\\"geheim\"",
            "passwrd = \"geheim\"",
            "\"password\" = \"geheim\"",
            "password = geheim",
            "password = geheim#geheim",
            "password = \"geheim",
            "password = \"\"\"geheim",
            "password = { enf = \"geheim\" }",
            "password = [\n  \"a\",\n  \"geheim\",\n]",
            "login = \"geheim\"",
            "url = \"smtp://me:geheim@h\"",
            "url = \"me:geheim@h\"",
            "url = \"smtp://me:x\\\"geheim@h\"",
            "url = \"smtp://me:ge heim geheim@h\"",
            "url = me:geheim@h",
        ] {
            for whole in [format!("[relay]\n{text}\n"), format!("x = [\n[ relay ]\n{text}")] {
                let starred = masked(&whole);
                assert!(!starred.contains("geheim"), "{starred}");
                assert_eq!(starred.len(), whole.len());
            }
        }
        for text in [
            "relay.password = \"geheim\"",
            "relay = { url = \"smtp://h\", password = \"geheim\" }",
            "relay = \"me:geheim@h\"",
            "[relay.password]\nenv = \"geheim\"",
            "[rely]\npassword = \"geheim\"",
            "[dkim]\nkey = \"geheim\"",
            "[dkim]\ned25519_key = \"geheim\"",
            "x = \"\"\"-----BEGIN RSA PRIVATE KEY-----\ngeheim\n\"\"\"",
            "x\n-----BEGIN PRIVATE KEY-----\ngeheim\ngeheim=\n",
            "smtp_pass = \"geheim\"",
            "token = \"geheim\"",
            "name = \"\"\"unclosed\n[relay]\npassword = \"geheim\"",
            "home = \"https://me:geheim@example.com\"",
        ] {
            assert!(!masked(text).contains("geheim"), "{}", masked(text));
        }
    }

    #[test]
    fn what_is_no_secret_is_quoted_as_it_stands() {
        for text in [
            "name = \"A: B\"\nfrom = \"Slow: Sunday <news@example.com>\"\n",
            "[relay]\nurl = \"smtp://me@smtp.example.com:587\" # the usual\n[inbox]\nsmtp = \"127.0.0.1:2525\"\n",
            "tags = [\n  [\"a\"],\n  [\"b\"],\n]\nid = \"x\"\n",
        ] {
            assert_eq!(masked(text), text);
        }
        assert_eq!(masked("url = \"smtp://me:hünter@h\""), "url = \"smtp://me:*******@h\"");
    }

    #[test]
    fn an_address_from_the_environment_is_starred_out_whatever_stands_in_it() {
        for address in ["smtp://me:geheim@h", "me:geheim@h", "smtp://me:a\"'geheim\n@h", "smtp:me:geheim@h"] {
            assert!(!masked_address(address).contains("geheim"), "{}", masked_address(address));
        }
        assert_eq!(masked_address("smtp://me@h:25"), "smtp://me@h:25");
    }

    proptest! {
        #[test]
        fn any_text_stays_as_long_as_it_is(text in "([a-z\"'\\\\=\\[\\]{},# \né漢.:@/]|\"\"\"|'''|relay){0,80}") {
            let starred = masked(&text);
            prop_assert_eq!(starred.len(), text.len());
            let ends = |text: &str| -> Vec<usize> { text.match_indices('\n').map(|(at, _)| at).collect() };
            prop_assert_eq!(ends(&starred), ends(&text));
        }
    }
}
