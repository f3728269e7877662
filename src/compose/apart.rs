//! Texts of a layout, which the renderer of MJML need not read.
//!
//! It would take the HTML in `<mj-text>` to pieces only to write it down again, which is
//! a third of its work, and would drop white space. That HTML has been checked; a mark
//! goes through in its place.

use std::ops::Range;

/// A layout whose texts are kept apart.
pub(super) struct Apart {
    /// The layout with a mark for each of its texts.
    pub(super) skeleton: String,
    mark: String,
    texts: Vec<String>,
}

impl Apart {
    /// Takes `texts`, which are in order, out of `mjml`. `mark` occurs nowhere in it.
    pub(super) fn of(mjml: &str, texts: &[Range<usize>], mark: String) -> Self {
        let mut skeleton = String::with_capacity(mjml.len());
        let mut done = 0;
        for text in texts {
            skeleton.push_str(&mjml[done..text.start]);
            skeleton.push_str(&mark);
            done = text.end;
        }
        skeleton.push_str(&mjml[done..]);
        Self { skeleton, mark, texts: texts.iter().map(|text| squeezed(&mjml[text.clone()])).collect() }
    }

    /// The rendered skeleton with each text where its mark stands.
    pub(super) fn together(&self, html: &str) -> String {
        let room = html.len() + self.texts.iter().map(String::len).sum::<usize>();
        let mut out = String::with_capacity(room);
        let mut pieces = html.split(self.mark.as_str());
        out.extend(pieces.next());
        for (text, piece) in self.texts.iter().zip(pieces) {
            out.push_str(text);
            out.push_str(piece);
        }
        out
    }
}

/// A text without the empty lines and the indents that the template leaves behind. Where
/// they are seen, and within the values of attributes, they stay.
fn squeezed(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if ["<pre", "<textarea"].iter().any(|tag| lower.contains(tag)) || keeps_lines(&lower) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let (mut in_tag, mut quote) = (false, None);
    for line in text.lines() {
        let begins_within = quote.is_some();
        for (at, byte) in line.bytes().enumerate() {
            match (byte, quote) {
                (_, Some(mark)) => quote = quote.filter(|_| byte != mark),
                (b'"' | b'\'', None) if in_tag => quote = Some(byte),
                (b'>', None) => in_tag = false,
                (b'<', None) => {
                    let next = line.as_bytes().get(at + 1);
                    in_tag |= next.is_some_and(u8::is_ascii_alphabetic);
                }
                _ => {}
            }
        }
        let shown = if begins_within { line } else { line.trim_ascii_start() };
        let shown = if quote.is_some() { shown } else { shown.trim_ascii_end() };
        if shown.is_empty() && !begins_within {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(shown);
    }
    out
}

/// Whether a style has line ends shown: `pre`, `pre-wrap`, `pre-line`, `break-spaces`.
fn keeps_lines(lower: &str) -> bool {
    lower.match_indices("white-space").any(|(at, name)| {
        let value = lower[at + name.len()..].trim_start().strip_prefix(':').unwrap_or_default().trim_start();
        value.starts_with("pre") || value.starts_with("break-spaces")
    })
}

#[cfg(test)]
mod tests {
    use super::super::markup;
    use super::*;

    /// What of `mjml` the renderer is given, and what comes back when it leaves it as it is.
    fn through(mjml: &str) -> (String, String) {
        let checked = markup::check(mjml);
        assert!(checked.found.is_empty(), "{:?}", checked.found);
        let apart = Apart::of(&checked.settled, &checked.texts, "MARK".to_owned());
        let back = apart.together(&apart.skeleton);
        (apart.skeleton, back)
    }

    #[test]
    fn texts_stay_outside_and_come_back_where_they_stood() {
        let mjml = "<mjml><mj-head><mj-attributes><mj-text color=\"red\" /></mj-attributes></mj-head>\
            <mj-body><mj-section padding=\"0\"><mj-column><mj-text padding=\"0 8px\">one <b>two</b></mj-text>\
            <mj-text> <!-- a > b --> <p>three</p></mj-text><mj-text> </mj-text></mj-column></mj-section></mj-body></mjml>";
        let (skeleton, back) = through(mjml);
        assert_eq!(skeleton.matches("MARK").count(), 2, "{skeleton}");
        assert!(!skeleton.contains("two") && !skeleton.contains("three"), "{skeleton}");
        assert!(back.contains("padding=\"0px 8px\">one <b>two</b></mj-text>"), "{back}");
        assert!(back.contains("<!-- a > b --> <p>three</p></mj-text>"), "{back}");
    }

    #[test]
    fn a_text_comes_back_whole_where_something_was_added_before_it() {
        let mjml = "<mjml><mj-body><mj-section padding=\"0 0\"><mj-column><mj-text>„a> b → c</mj-text>\
            <mj-text padding=\"0\"><p>“> d</p> e > f</mj-text></mj-column></mj-section></mj-body></mjml>";
        let (skeleton, back) = through(mjml);
        assert_eq!(skeleton.matches(">MARK</mj-text>").count(), 2, "{skeleton}");
        assert!(back.contains("<mj-text>„a&gt; b → c</mj-text>"), "{back}");
        assert!(back.contains("<p>“&gt; d</p> e > f</mj-text>"), "{back}");
    }

    #[test]
    fn lines_that_the_template_left_empty_go_unless_they_are_set_as_typed() {
        assert_eq!(squeezed("\n  <p>a\n   b</p>\n\n  \n"), "<p>a\nb</p>");
        assert_eq!(squeezed("<pre>\n  a\n\n  b</pre>"), "<pre>\n  a\n\n  b</pre>");
        assert_eq!(squeezed("a\u{a0}\n\u{a0}b"), "a\u{a0}\n\u{a0}b");
        for kept in [
            "<PRE>\n  a\n\n  b</PRE>",
            "<Pre\nclass=\"x\">\n a</Pre>",
            "<p style=\"white-space:pre-line\">a\n\n  b</p>",
            "<p style=\"White-Space : pre-wrap\">a\n\n  b</p>",
            "<p style='white-space: break-spaces'>a\n\n  b</p>",
            "<textarea>\n a\n\n b</textarea>",
        ] {
            assert_eq!(squeezed(kept), kept);
        }
        for (text, expected) in [
            ("<img\n  alt=\"one\n\n  two \n\" >\n\n  b", "<img\nalt=\"one\n\n  two \n\" >\nb"),
            ("<img alt='it is \"a\n\n b\"\n'>\n\n b", "<img alt='it is \"a\n\n b\"\n'>\nb"),
            ("<p style=\"white-space:nowrap\">\n\n a</p>", "<p style=\"white-space:nowrap\">\na</p>"),
            ("<p>don't\n\n  \"do\n\n  it</p>", "<p>don't\n\"do\nit</p>"),
            ("<p>a < 'b\n\n  c</p>", "<p>a < 'b\nc</p>"),
        ] {
            assert_eq!(squeezed(text), expected);
        }
    }
}
