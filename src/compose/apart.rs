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

/// A text without the empty lines and the indents that the template leaves behind.
fn squeezed(text: &str) -> String {
    if text.contains("<pre") {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().map(str::trim_ascii).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
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
    fn lines_that_the_template_left_empty_go_unless_they_are_set_as_typed() {
        assert_eq!(squeezed("\n  <p>a\n   b</p>\n\n  \n"), "<p>a\nb</p>");
        assert_eq!(squeezed("<pre>\n  a\n\n  b</pre>"), "<pre>\n  a\n\n  b</pre>");
        assert_eq!(squeezed("a\u{a0}\n\u{a0}b"), "a\u{a0}\n\u{a0}b");
    }
}
