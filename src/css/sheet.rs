//! Reads style sheets and the styles of elements.

use std::borrow::Cow;

/// `property: value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// In lower case.
    pub(crate) property: String,
    /// Without `!important`, white space trimmed.
    pub(crate) value: String,
    pub(crate) important: bool,
}

/// Declarations for what some selectors match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ruleset {
    /// The number of the at-rule it stands in.
    pub(crate) within: Option<usize>,
    pub(crate) selectors: Vec<String>,
    pub(crate) declarations: Vec<Declaration>,
}

/// What begins with `@`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AtRule {
    /// As written, without what it holds: `@media (prefers-color-scheme: dark)`.
    pub(crate) text: String,
    /// The number of the at-rule it stands in.
    pub(crate) within: Option<usize>,
}

/// A style sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) rules: Vec<Ruleset>,
    /// Every at-rule in its order, so that one stands behind those it stands in.
    pub(crate) at_rules: Vec<AtRule>,
}

/// How deep at-rules are followed; what people write stays below four.
const DEEPEST: usize = 8;

impl Sheet {
    /// Reads the text of a `<style>`.
    pub(crate) fn parse(css: &str) -> Self {
        let css = without_comments(css);
        let mut sheet = Self::default();
        sheet.block(&css, None, 0);
        sheet
    }

    /// The at-rules something stands in that stands within the one of this number, from
    /// the inside out.
    pub(crate) fn around(&self, within: Option<usize>) -> impl Iterator<Item = &str> {
        std::iter::successors(within, |number| self.at_rules[*number].within)
            .map(|number| self.at_rules[number].text.as_str())
    }

    fn block(&mut self, css: &str, within: Option<usize>, depth: usize) {
        let mut rest = css;
        while let Some(end) = find(rest, b"{;}") {
            // Style sheets were once hidden in comments of HTML.
            let prelude =
                rest[..end].trim_start().trim_start_matches("<!--").trim_start_matches("-->").trim();
            if rest.as_bytes()[end] != b'{' {
                if prelude.starts_with('@') {
                    self.at_rules.push(AtRule { text: prelude.to_owned(), within });
                }
                rest = &rest[end + 1..];
                continue;
            }
            let body = &rest[end + 1..];
            let close = closing(body);
            if let Some(named) = prelude.strip_prefix('@') {
                let number = self.at_rules.len();
                self.at_rules.push(AtRule { text: prelude.to_owned(), within });
                let name = named.split(|c: char| !c.is_ascii_alphabetic() && c != '-').next();
                let holds_rules = ["media", "supports", "layer", "container"]
                    .iter()
                    .any(|known| name.is_some_and(|name| name.eq_ignore_ascii_case(known)));
                if depth < DEEPEST && holds_rules {
                    self.block(&body[..close], Some(number), depth + 1);
                }
            } else if find(&body[..close], b"{").is_none() {
                // Rules within rules are not read.
                self.rules.push(Ruleset {
                    within,
                    selectors: split(prelude, b',').map(str::to_owned).collect(),
                    declarations: declarations(&body[..close]),
                });
            }
            rest = body.get(close + 1..).unwrap_or_default();
        }
    }
}

/// Reads the text of a `style` attribute, or what stands between the braces of a rule.
pub(crate) fn declarations(css: &str) -> Vec<Declaration> {
    let css = without_comments(css);
    split(&css, b';')
        .filter_map(|declaration| {
            let (property, value, important) = declaration_in(declaration)?;
            Some(Declaration { property: property.to_ascii_lowercase(), value: value.to_owned(), important })
        })
        .collect()
}

/// What declarations such as `color: red; width: 10px` say of a property: the last of
/// them, but that an important one counts for more.
pub(crate) fn declared<'a>(css: &'a str, property: &str) -> Option<&'a str> {
    let mut said: Option<(&str, bool)> = None;
    for (name, value, important) in split(css, b';').filter_map(declaration_in) {
        if name.eq_ignore_ascii_case(property) && (important || said.is_none_or(|(_, before)| !before)) {
            said = Some((value, important));
        }
    }
    said.map(|(value, _)| value)
}

/// A property, its value, and whether it is important.
fn declaration_in(declaration: &str) -> Option<(&str, &str, bool)> {
    let (property, value) = declaration.split_once(':')?;
    let value = value.trim();
    let bang = value.rfind('!').filter(|at| value[at + 1..].trim().eq_ignore_ascii_case("important"));
    Some((property.trim(), value[..bang.unwrap_or(value.len())].trim(), bang.is_some()))
}

fn without_comments(css: &str) -> Cow<'_, str> {
    if !css.contains("/*") {
        return css.into();
    }
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.into()
}

/// The parts of `css` between `separator`s that stand in no quotes and no parentheses;
/// empty ones are left out.
pub(crate) fn split(css: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(css);
    std::iter::from_fn(move || {
        let text = rest?;
        if let Some(at) = find(text, &[separator]) {
            rest = Some(&text[at + 1..]);
            Some(text[..at].trim())
        } else {
            rest = None;
            Some(text.trim())
        }
    })
    .filter(|part| !part.is_empty())
}

/// Where the first of `wanted` stands outside of quotes, brackets and parentheses.
pub(super) fn find(css: &str, wanted: &[u8]) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0_usize);
    let mut bytes = css.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (_, b'\\') => {
                bytes.next();
            }
            // No text in quotation marks goes over the end of its line.
            (Some(_), b'\n') => quote = None,
            (Some(open), byte) => quote = Some(open).filter(|open| *open != byte),
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, byte) if depth == 0 && wanted.contains(&byte) => return Some(at),
            (None, b'(' | b'[') => depth += 1,
            (None, b')' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Where the brace stands that closes the block `css` begins in; its end when there is
/// none.
fn closing(css: &str) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(brace) = css.get(at..).and_then(|rest| find(rest, b"{}")) {
        let here = at + brace;
        if css.as_bytes()[here] == b'{' {
            depth += 1;
        } else if depth == 0 {
            return here;
        } else {
            depth -= 1;
        }
        at = here + 1;
    }
    css.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(css: &str) -> Vec<String> {
        let sheet = Sheet::parse(css);
        let declared = |rule: &Ruleset| {
            let all = rule.declarations.iter();
            all.map(|one| format!("{}={}{}", one.property, one.value, if one.important { "!" } else { "" }))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let around = |rule: &Ruleset| sheet.around(rule.within).collect::<Vec<_>>().join(" ");
        sheet
            .rules
            .iter()
            .map(|rule| format!("{}|{}|{}", around(rule), rule.selectors.join(","), declared(rule)))
            .collect()
    }

    #[test]
    fn rules_are_read_with_what_they_stand_in() {
        assert_eq!(
            told(
                "@import url(a;b.css); /* { */ a, b > c { color: RED ; background: url(\"}\") !important }\n\
                 <!-- @MEDIA (max-width: 1px) { i { margin:0 } @font-face { font-family: x } } -->\
                 @font-face{src:x} u{top:1px} @layer a{@container b{s{c:d}}}"
            ),
            [
                "|a,b > c|color=RED background=url(\"}\")!",
                "@MEDIA (max-width: 1px)|i|margin=0",
                "|u|top=1px",
                "@container b @layer a|s|c=d"
            ]
        );
        let at: Vec<_> = Sheet::parse("@media x { @font-face { a: b } } @import 'a';").at_rules;
        assert_eq!((at[1].text.as_str(), at[1].within), ("@font-face", Some(0)));
        assert_eq!((at[2].text.as_str(), at[2].within), ("@import 'a'", None));
    }

    #[test]
    fn what_is_broken_off_ends_where_the_text_ends() {
        for css in ["a{", "a{b:c", "@media x {a{b:c}", "a{b:url(", "}", "\\", "a\\", "/*", "a{\"", "a:b;c"] {
            let _ = told(css);
        }
        assert_eq!(told("a{b:c"), ["|a|b=c"]);
        assert_eq!(told("a{content:\"\n} b{c:d}"), ["|a|content=\"", "|b|c=d"]);
        assert!(told(&("@media x{".repeat(1_000) + ".a{x:y}")).is_empty());
    }

    #[test]
    fn selectors_with_commas_in_parentheses_stay_whole() {
        assert_eq!(told("a:not(.b,.c),d[title=\"x,y\"]{e:f}"), ["|a:not(.b,.c),d[title=\"x,y\"]|e=f"]);
    }

    #[test]
    fn the_last_declaration_counts_but_for_important_ones() {
        for (css, said) in [
            ("display:none;display:block", Some("block")),
            ("display:block!IMPORTANT;Display:none", Some("block")),
            ("a:url(x;display:none)", None),
            ("display:none ! important;display:block !important", Some("block")),
        ] {
            assert_eq!(declared(css, "display"), said, "{css}");
        }
    }
}
