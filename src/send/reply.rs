//! Reads what a server answers.
//!
//! Pure and forgiving: the text may hold any bytes, the space after the code may be
//! missing, codes nobody registered keep their class (RFC 5321 §4.2).

use std::fmt;

/// Longest reply kept, in bytes. RFC 5321 §4.5.3.1.5 gives a line 512; the longest
/// replies in the wild are EHLO's and a few kilobytes.
const LONGEST: usize = 32 * 1024;

/// A complete reply to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, 200 to 599.
    pub code: u16,
    /// The enhanced status code (RFC 3463) when its class agrees with the code's.
    pub enhanced: Option<EnhancedCode>,
    /// The lines joined by spaces, without codes; control characters and bytes that
    /// are not UTF-8 are replaced.
    pub text: String,
    /// The bytes as they came, line ends included.
    pub raw: Vec<u8>,
}

/// `class.subject.detail` of RFC 3463.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnhancedCode {
    /// 2, 4 or 5.
    pub class: u16,
    /// What it is about.
    pub subject: u16,
    /// What precisely.
    pub detail: u16,
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        if !self.text.is_empty() {
            write!(f, " {}", self.text)?;
        }
        Ok(())
    }
}

/// Bytes that are no reply, made harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotAReply(pub(super) String);

impl Reply {
    /// Takes the first complete reply off the front of `bytes`; none when its last
    /// line has not come yet.
    ///
    /// # Errors
    ///
    /// Fails when what stands there can never become a reply.
    pub(super) fn take(bytes: &mut Vec<u8>) -> Result<Option<Self>, NotAReply> {
        let mut at = 0;
        let mut code = None;
        loop {
            let rest = &bytes[at..];
            let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
                let hopeless = bytes.len() > LONGEST || !rest.iter().take(3).all(u8::is_ascii_digit);
                return if hopeless { Err(not_a_reply(bytes)) } else { Ok(None) };
            };
            let line = split_line(&rest[..=end]);
            at += end + 1;
            match line {
                Some((its, last, _)) if code.is_none_or(|code| code == its) => {
                    code = Some(its);
                    if at > LONGEST {
                        return Err(not_a_reply(bytes));
                    }
                    if last {
                        let raw: Vec<u8> = bytes.drain(..at).collect();
                        return Ok(Some(Self::from_raw(its, raw)));
                    }
                }
                _ => return Err(not_a_reply(bytes)),
            }
        }
    }

    /// A reply in our own words, where a server would have had to answer so.
    pub(super) fn ours(code: u16, enhanced: EnhancedCode, text: &str) -> Self {
        Self { code, enhanced: Some(enhanced), text: text.to_owned(), raw: Vec::new() }
    }

    fn from_raw(code: u16, raw: Vec<u8>) -> Self {
        let mut enhanced = None;
        let mut words = Vec::new();
        for (index, line) in texts(&raw).enumerate() {
            let (its, text) = split_enhanced(code, &line);
            if index == 0 {
                enhanced = its;
            }
            let text = if its.is_some() && its == enhanced { text } else { line.as_str() };
            if !text.trim().is_empty() {
                words.push(text.trim().to_owned());
            }
        }
        Self { code, enhanced, text: words.join(" "), raw }
    }

    /// The text of each line, enhanced codes kept, made harmless.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        texts(&self.raw)
    }

    /// Whether the command was done (2xx).
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.code / 100 == 2
    }

    /// Whether it was refused for now (4xx).
    #[must_use]
    pub fn is_deferred(&self) -> bool {
        self.code / 100 == 4
    }

    /// Whether it was refused for good (5xx).
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.code / 100 == 5
    }

    /// Whether the server is about to hang up (RFC 5321 §3.8).
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.code == 421
    }
}

fn texts(raw: &[u8]) -> impl Iterator<Item = String> {
    raw.split_inclusive(|&byte| byte == b'\n').filter_map(split_line).map(|(_, _, text)| harmless(text))
}

/// Code, whether it is the last line, and the text.
fn split_line(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (digits, rest) = line.split_at_checked(3)?;
    let code = std::str::from_utf8(digits).ok()?.parse::<u16>().ok()?;
    if !digits.iter().all(u8::is_ascii_digit) || !(200..600).contains(&code) {
        return None;
    }
    match rest.split_first() {
        None => Some((code, true, rest)),
        Some((b' ', text)) => Some((code, true, text)),
        Some((b'-', text)) => Some((code, false, text)),
        Some(_) => None,
    }
}

fn split_enhanced(code: u16, line: &str) -> (Option<EnhancedCode>, &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut parts =
        word.split('.').map(|part| (1..=3).contains(&part.len()).then(|| part.parse::<u16>().ok()).flatten());
    let (Some(Some(class)), Some(Some(subject)), Some(Some(detail)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return (None, line);
    };
    // RFC 2034 §4: the classes must agree.
    if class == code / 100 { (Some(EnhancedCode { class, subject, detail }), rest) } else { (None, line) }
}

/// Makes foreign bytes fit for a terminal and for lettre, which reads UTF-8 alone.
pub(super) fn harmless(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if c.is_control() {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

fn not_a_reply(bytes: &[u8]) -> NotAReply {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    NotAReply(harmless(line[..line.len().min(80)].trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Reply {
        Reply::take(&mut bytes.to_vec()).unwrap().unwrap()
    }

    #[test]
    fn a_reply_of_several_lines_is_one_text_with_one_enhanced_code() {
        let reply = read(b"550-5.7.25 no PTR record\r\n550 5.7.25 for you\r\n");
        assert_eq!(reply.to_string(), "550 5.7.25 no PTR record for you");
        assert_eq!(reply.text, "no PTR record for you");
    }

    #[test]
    fn a_reply_is_taken_off_the_front_and_the_next_one_stays() {
        let mut bytes = b"250 one\r\n354 two\r\n22".to_vec();
        assert_eq!(Reply::take(&mut bytes).unwrap().unwrap().code, 250);
        assert_eq!(Reply::take(&mut bytes).unwrap().unwrap().code, 354);
        assert_eq!(Reply::take(&mut bytes), Ok(None));
        assert_eq!(bytes, b"22");
    }

    #[test]
    fn a_reply_of_nothing_but_its_code_is_a_reply() {
        assert_eq!((read(b"250\r\n").code, read(b"250\n").text), (250, String::new()));
    }

    #[test]
    fn a_code_nobody_registered_keeps_its_class() {
        assert!(read(b"585 odd\r\n").is_refused());
        assert!(read(b"499 odd\r\n").is_deferred());
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_replaced_and_kept_raw() {
        let reply = read(b"250 ok \xff\x1b[2J\r\n");
        assert_eq!(reply.text, "ok \u{fffd}\u{fffd}[2J");
        assert_eq!(reply.raw, b"250 ok \xff\x1b[2J\r\n");
    }

    #[test]
    fn an_enhanced_code_of_another_class_is_text() {
        let reply = read(b"450 5.1.1 no\r\n");
        assert_eq!((reply.enhanced, reply.text.as_str()), (None, "5.1.1 no"));
    }

    #[test]
    fn what_can_never_become_a_reply_is_refused_at_once() {
        for bytes in
            [&b"HTTP/1.1 400"[..], b"99", b"199 no\r\n", b"650 no\r\n", b"250_ok\r\n", b"250-a\r\n550 b\r\n"]
        {
            let refused = Reply::take(&mut bytes.to_vec()).is_err();
            assert_eq!(refused, bytes != b"99", "{bytes:?}");
        }
    }

    #[test]
    fn a_reply_without_end_is_refused_when_it_is_too_long() {
        let mut bytes = b"250-".repeat(LONGEST);
        assert!(Reply::take(&mut bytes).is_err());
        let mut bytes = b"250-\r\n".repeat(LONGEST);
        assert!(Reply::take(&mut bytes).is_err());
    }
}
