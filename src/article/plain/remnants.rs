//! What the way a text was copied left in its lines: the encoding of a mail, the bullets of
//! a word processor, and columns side by side, which cannot be put in order again.

use super::lines::Line;
use super::list::is_bullet;
use crate::problem::Span;

/// Fewest lines with text on both sides of a gap that show two columns.
const FEWEST_ROWS: usize = 5;
/// Narrowest column of a page, in characters.
const NARROWEST: usize = 20;
/// Narrowest gap between two columns, in characters.
const GAP: usize = 3;
/// Fewest words that a line of running text has on either side.
const FEWEST_WORDS: usize = 3;

/// The bullets that Word writes for its second and third level when it saves plain text:
/// letters of the fonts in which they are circles and squares.
const INNER_BULLETS: [(&str, char, usize); 2] = [("o   ", '◦', 4), ("§   ", '▪', 8)];

/// Gives the inner bullets of Word their shape and place.
pub(super) fn with_bullets(lines: &mut [Line]) {
    let mut within = false;
    for line in lines {
        let inner = INNER_BULLETS.iter().find(|(mark, ..)| within && line.text.starts_with(mark));
        if let Some((mark, bullet, indent)) = inner {
            line.text = format!("{bullet} {}", line.text[mark.len()..].trim_start());
            line.indent += indent;
        }
        within = is_bullet(&line.text);
    }
}

/// The lines without quoted-printable (RFC 2045, section 6.7) and where it began, when the
/// text was copied out of the source of a mail.
pub(super) fn decoded(lines: &[Line]) -> Option<(Vec<Line>, Span)> {
    let is_rule = |line: &&Line| line.text.bytes().all(|byte| byte == b'=');
    let (mut signs, mut soft, mut encoded, mut wide) = (0, 0, 0, 0);
    let mut first = None;
    for line in lines.iter().filter(|line| !is_rule(line)) {
        let bytes = line.text.as_bytes();
        soft += usize::from(bytes.last() == Some(&b'='));
        for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'=') {
            signs += 1;
            if let Some(byte) = octet(&bytes[at..]) {
                encoded += 1;
                // A letter beyond ASCII is two octets or more in UTF-8.
                let follows = octet(&bytes[at + 3..]).is_some_and(|next| next & 0xC0 == 0x80);
                wide += usize::from(byte >= 0xC2 && follows);
                first = first.or(Some(line.span));
            }
        }
    }
    let evident = wide > 0 || (soft >= 2 && encoded > 0);
    if !evident || (encoded + soft) * 10 < signs * 9 {
        return None;
    }
    let mut out: Vec<Line> = Vec::with_capacity(lines.len());
    let mut goes_on = false;
    for line in lines {
        let is_soft = !is_rule(&line) && line.text.ends_with('=');
        let text = if is_soft { &line.text[..line.text.len() - 1] } else { &line.text };
        match out.last_mut().filter(|_| goes_on) {
            Some(last) => {
                if line.indent > 0 && !last.text.ends_with(' ') {
                    last.text.push(' ');
                }
                last.text.push_str(text);
                last.span.end = line.span.end;
            }
            None => out.push(Line { text: text.to_owned(), ..line.clone() }),
        }
        goes_on = is_soft;
    }
    for line in &mut out {
        if let Some(text) = characters(&line.text) {
            line.text = text;
        }
    }
    Some((out, first.unwrap_or_default()))
}

/// The octet that `=E2` stands for.
fn octet(bytes: &[u8]) -> Option<u8> {
    let [b'=', high, low, ..] = bytes else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The text that quoted-printable stands for; none when it is not UTF-8.
fn characters(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let decoded = octet(&bytes[at..]);
        out.push(decoded.unwrap_or(bytes[at]));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    let text = String::from_utf8(out).ok()?;
    let clean = text.chars().map(|c| if c.is_control() || c == '\u{a0}' { ' ' } else { c });
    Some(clean.collect::<String>().trim().to_owned())
}

/// Where two columns of running text begin to stand side by side: read line by line, every
/// sentence would be cut in the middle.
pub(super) fn side_by_side(lines: &[Line]) -> Option<Span> {
    let rows: Vec<(usize, &Line, &str, &str)> = lines.iter().filter_map(halves).collect();
    let columns = rows.iter().map(|row| row.0);
    let column = columns.max_by_key(|column| rows.iter().filter(|row| row.0 == *column).count())?;
    let rows: Vec<_> = rows.into_iter().filter(|row| row.0 == column).collect();
    // Cells of a table begin with capitals or digits; running text mostly goes on.
    let goes_on = rows
        .iter()
        .flat_map(|row| [row.2, row.3])
        .filter(|text| text.starts_with(|c: char| c.is_alphabetic() && !c.is_uppercase()));
    let runs = goes_on.count() * 10 >= rows.len() * 2 * 4;
    let words = |text: &str| text.split_whitespace().count();
    let long = rows.iter().filter(|row| words(row.2) >= FEWEST_WORDS && words(row.3) >= FEWEST_WORDS).count();
    (rows.len() >= FEWEST_ROWS && column >= NARROWEST && runs && long * 2 >= rows.len())
        .then(|| rows[0].1.span)
}

/// The two sides of a line with one wide gap, and the column in which the second begins.
fn halves(line: &Line) -> Option<(usize, &Line, &str, &str)> {
    let gap = line.text.find(&" ".repeat(GAP))?;
    let (left, rest) = line.text.split_at(gap);
    let right = rest.trim_start();
    let column = line.indent + left.chars().count() + (rest.len() - right.len());
    (!right.contains(&" ".repeat(GAP))).then_some((column, line, left, right))
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn read(text: &str) -> Option<String> {
        let (lines, _) = decoded(&lines::split(text))?;
        Some(lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn quoted_printable_is_decoded_across_line_ends() {
        assert_eq!(read("caf=C3=A9 =\nnoir=\n!\n=3D").as_deref(), Some("café noir!\n="));
        assert_eq!(read("a =\nb=20\nc=\nd").as_deref(), Some("a b\ncd"));
    }

    #[test]
    fn what_only_looks_like_quoted_printable_stays() {
        for text in ["a=80 and b=90", "x = y\n====\nz", "https://example.org/?a=C3&b=1&c=2", "no signs"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn running_text_side_by_side_is_told_from_tables() {
        let columns = "The choir meets on the         lost near the gate, and is\n".repeat(6);
        assert!(side_by_side(&lines::split(&columns)).is_some());
        let table = "Head of the office         Berlin and then Prague\n".repeat(6);
        assert!(side_by_side(&lines::split(&table)).is_none());
        assert!(side_by_side(&lines::split("one thing and more    another thing of it\n")).is_none());
    }
}
