//! Reads the tags in the source of a page, as browsers cut it (WHATWG HTML §13.2.5).
//!
//! What stands in comments, scripts, style sheets and values of attributes is no tag.

use std::borrow::Cow;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is something of its own that a tag says")]
pub(in crate::article) struct Tag<'a> {
    /// Its name, in lower case.
    pub(in crate::article) name: Cow<'a, str>,
    /// Where its `<` stands.
    pub(in crate::article) start: usize,
    /// Where its name ends.
    pub(in crate::article) named: usize,
    /// The byte after its `>`.
    pub(in crate::article) end: usize,
    /// Whether it begins with `</`.
    pub(in crate::article) closes: bool,
    /// Whether it ends with `/>`.
    pub(in crate::article) alone: bool,
    /// How many attributes it has.
    pub(in crate::article) attributes: usize,
    /// Whether it is a `<font>` that says what only those of pages say.
    pub(in crate::article) styled: bool,
    /// Whether it is an `<annotation-xml>` whose encoding is that of a page.
    pub(in crate::article) says_html: bool,
    /// Whether words stand between it and the tag before.
    pub(in crate::article) after_words: bool,
}

/// Something that swallows the rest of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::article) struct Unclosed {
    /// The name of an element, or `!--`.
    pub(in crate::article) name: String,
    /// Where it begins.
    pub(in crate::article) start: usize,
    /// Where what it swallows begins.
    pub(in crate::article) end: usize,
}

/// The tags of a text, one after the other.
pub(in crate::article) struct Tags<'a> {
    html: &'a str,
    at: usize,
    /// What was opened and never ends.
    pub(in crate::article) unclosed: Option<Unclosed>,
}

impl<'a> Tags<'a> {
    pub(in crate::article) fn of(html: &'a str) -> Self {
        Self { html, at: 0, unclosed: None }
    }

    /// The next tag. Within drawings and formulas (`foreign`) no element holds raw text.
    pub(in crate::article) fn next(&mut self, foreign: bool) -> Option<Tag<'a>> {
        let html = self.html;
        let mut after_words = false;
        loop {
            let start = self.at + html.get(self.at..)?.find('<')?;
            after_words |= !html[self.at..start].trim().is_empty();
            let rest = &html[start + 1..];
            let (closes, name_at) = match rest.strip_prefix('/') {
                Some(_) => (true, start + 2),
                None => (false, start + 1),
            };
            let first = html.as_bytes().get(name_at).copied().unwrap_or_default();
            if first.is_ascii_alphabetic() {
                let mut tag = self.tag(start, name_at, closes)?;
                tag.after_words = after_words;
                self.at = tag.end;
                if !closes && !foreign {
                    self.skip_raw(&tag);
                }
                return Some(tag);
            }
            if rest.starts_with("!--") {
                self.skip_comment(start);
            } else if foreign && rest.starts_with("![CDATA[") {
                after_words = true;
                self.at = rest.find("]]>").map_or(html.len(), |end| start + 1 + end + "]]>".len());
            } else if closes || first == b'!' || first == b'?' {
                let Some(end) = rest.find('>') else {
                    self.at = html.len();
                    return None;
                };
                self.at = start + 1 + end + 1;
            } else {
                // A sign of its own.
                after_words = true;
                self.at = start + 1;
            }
        }
    }

    fn tag(&self, start: usize, name_at: usize, closes: bool) -> Option<Tag<'a>> {
        let bytes = self.html.as_bytes();
        let ends_name = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let named = name_at + bytes[name_at..].iter().position(|byte| ends_name(*byte))?;
        let name = &self.html[name_at..named];
        let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        };
        let mut attributes = 0;
        let mut styled = false;
        // Of attributes that are written twice the first counts.
        let mut encoding = None;
        let mut at = named;
        let skip_space =
            |at: usize| at + bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        loop {
            at = skip_space(at);
            match *bytes.get(at)? {
                b'>' => break,
                b'/' => {
                    at += 1;
                    continue;
                }
                _ => attributes += 1,
            }
            // An equals sign that begins a name is a part of it.
            let begin = at;
            at += 1 + bytes[at + 1..].iter().position(|byte| ends_name(*byte) || *byte == b'=')?;
            let is = |known: &str| bytes[begin..at].eq_ignore_ascii_case(known.as_bytes());
            styled |= name == "font" && (is("color") || is("face") || is("size"));
            let is_encoding = name == "annotation-xml" && is("encoding") && encoding.is_none();
            let after = skip_space(at);
            if bytes.get(after) != Some(&b'=') {
                if is_encoding {
                    encoding = Some("");
                }
                continue;
            }
            at = skip_space(after + 1);
            let value = at;
            match *bytes.get(at)? {
                quote @ (b'"' | b'\'') => at += 2 + memchr::memchr(quote, &bytes[at + 1..])?,
                b'>' => {}
                _ => {
                    at += bytes[at..].iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>')?;
                }
            }
            if is_encoding {
                encoding = Some(self.html[value..at].trim_matches(['"', '\'']));
            }
        }
        let alone = bytes[at - 1] == b'/';
        let says_html = encoding.is_some_and(|said| {
            said.eq_ignore_ascii_case("text/html") || said.eq_ignore_ascii_case("application/xhtml+xml")
        });
        let (end, after_words) = (at + 1, false);
        Some(Tag { name, start, named, end, closes, alone, attributes, styled, says_html, after_words })
    }

    fn skip_comment(&mut self, start: usize) {
        let inner = start + "<!--".len();
        let rest = &self.html[inner..];
        // `<!-->` is one too.
        let short = [">", "->"].iter().find(|end| rest.starts_with(**end));
        let end = short.map(|end| end.len()).or_else(|| {
            let (plain, odd) = (rest.find("-->").map(|at| at + 3), rest.find("--!>").map(|at| at + 4));
            plain.into_iter().chain(odd).min()
        });
        self.at = end.map_or(self.html.len(), |end| inner + end);
        if end.is_none() {
            self.unclosed = Some(Unclosed { name: "!--".to_owned(), start, end: inner });
        }
    }

    /// Goes on behind an element in which nothing is a tag but its own end.
    fn skip_raw(&mut self, tag: &Tag<'_>) {
        let name = tag.name.as_ref();
        if name == "plaintext" {
            self.at = self.html.len();
            return;
        }
        let is_raw = matches!(
            name,
            "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes" | "textarea" | "title"
        );
        if !is_raw {
            return;
        }
        let rest = &self.html.as_bytes()[tag.end..];
        let end = memchr::memmem::find_iter(rest, b"</").find(|at| {
            let after = &rest[at + 2..];
            after.len() > name.len()
                && after[..name.len()].eq_ignore_ascii_case(name.as_bytes())
                && (after[name.len()].is_ascii_whitespace() || matches!(after[name.len()], b'/' | b'>'))
        });
        self.at = end.map_or(self.html.len(), |at| tag.end + at);
        if end.is_none() {
            let (name, start, end) = (name.to_owned(), tag.start, tag.end);
            self.unclosed = Some(Unclosed { name, start, end });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(html: &str) -> Vec<String> {
        let mut tags = Tags::of(html);
        std::iter::from_fn(|| tags.next(false))
            .map(|tag| format!("{}{}", if tag.closes { "/" } else { "" }, tag.name))
            .collect()
    }

    #[test]
    fn only_what_browsers_take_for_a_tag_is_one() {
        for (html, found) in [
            ("<p>a < b <i\n>c</I ></p>", vec!["p", "i", "/i", "/p"]),
            ("<!-- <b> --><a title='<b>' href=x>y</a>", vec!["a", "/a"]),
            ("<script>'<b>' </scripts> </script ><p>", vec!["script", "/script", "p"]),
            ("<!--><b><!doctype <i>><? <u>", vec!["b"]),
            ("<img alt=\"a>b\"/><p a= '>' >", vec!["img", "p"]),
            ("<p =<b>", vec!["p"]),
            ("<textarea><b>", vec!["textarea"]),
        ] {
            assert_eq!(names(html), found, "{html}");
        }
    }

    #[test]
    fn what_swallows_the_rest_is_remembered_with_its_place() {
        for (html, name, start) in [("ab<script>c", "script", 2), ("<p><!-- d", "!--", 3)] {
            let mut tags = Tags::of(html);
            while tags.next(false).is_some() {}
            let unclosed = tags.unclosed.unwrap();
            assert_eq!((unclosed.name.as_str(), unclosed.start), (name, start));
        }
        let mut tags = Tags::of("<p a b=c d='e' f/>");
        let tag = tags.next(false).unwrap();
        assert_eq!((tag.attributes, tag.alone, tag.named), (4, true, 2));
        for (html, styled) in [
            ("<font a=color>", false),
            ("<FONT a Size=1>", true),
            ("<font face>", true),
            ("<p color=x>", false),
        ] {
            assert_eq!(Tags::of(html).next(true).unwrap().styled, styled, "{html}");
        }
        assert_eq!(Tags::of("<![CDATA[><b>]]><i>").next(true).unwrap().name, "i");
        assert_eq!(Tags::of("<![CDATA[><b>]]><i>").next(false).unwrap().name, "b");
    }
}
