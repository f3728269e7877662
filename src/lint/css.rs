//! Reads style sheets and the styles of elements, as far as the rules look at them.
//!
//! What it does not understand it passes over, as clients do.

/// `property: value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declaration {
    /// In lower case.
    pub(super) property: String,
    /// Without `!important`, white space trimmed.
    pub(super) value: String,
    pub(super) important: bool,
}

/// Declarations for what some selectors match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ruleset {
    /// The at-rules it stands in, as written: `@media (prefers-color-scheme: dark)`.
    pub(super) within: Vec<String>,
    pub(super) selectors: Vec<String>,
    pub(super) declarations: Vec<Declaration>,
}

/// A style sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) rules: Vec<Ruleset>,
    /// Every at-rule as written, with those it stands in.
    pub(super) at_rules: Vec<(String, Vec<String>)>,
}

/// How deep at-rules are followed; no client follows them further than two.
const DEEPEST: usize = 8;

impl Sheet {
    /// Reads the text of a `<style>`.
    pub(super) fn parse(css: &str) -> Self {
        let css = without_comments(css);
        let mut sheet = Self::default();
        sheet.block(&css, &mut Vec::new());
        sheet
    }

    fn block(&mut self, css: &str, within: &mut Vec<String>) {
        let mut rest = css;
        while let Some(end) = find(rest, b"{;}") {
            let prelude = rest[..end].trim();
            if rest.as_bytes()[end] != b'{' {
                if prelude.starts_with('@') {
                    self.at_rules.push((prelude.to_owned(), within.clone()));
                }
                rest = &rest[end + 1..];
                continue;
            }
            let body = &rest[end + 1..];
            let close = closing(body);
            if let Some(named) = prelude.strip_prefix('@') {
                self.at_rules.push((prelude.to_owned(), within.clone()));
                let name = named.split(|c: char| !c.is_ascii_alphabetic() && c != '-').next();
                if within.len() < DEEPEST && matches!(name, Some("media" | "supports" | "layer")) {
                    within.push(prelude.to_owned());
                    self.block(&body[..close], within);
                    within.pop();
                }
            } else {
                self.rules.push(Ruleset {
                    within: within.clone(),
                    selectors: split(prelude, b',').map(str::to_owned).collect(),
                    declarations: declarations(&body[..close]),
                });
            }
            rest = body.get(close + 1..).unwrap_or_default();
        }
    }
}

/// Reads the text of a `style` attribute, or what stands between the braces of a rule.
pub(super) fn declarations(css: &str) -> Vec<Declaration> {
    let css = without_comments(css);
    split(&css, b';')
        .filter_map(|declaration| {
            let (property, value) = declaration.split_once(':')?;
            let value = value.trim();
            let bang = value.rfind('!').filter(|at| value[at + 1..].trim().eq_ignore_ascii_case("important"));
            Some(Declaration {
                property: property.trim().to_ascii_lowercase(),
                value: value[..bang.unwrap_or(value.len())].trim().to_owned(),
                important: bang.is_some(),
            })
        })
        .collect()
}

fn without_comments(css: &str) -> std::borrow::Cow<'_, str> {
    if !css.contains("/*") {
        return css.into();
    }
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find("/*") {
        out.push_str(&rest[..at]);
        out.push(' ');
        rest = rest[at + 2..].find("*/").map_or("", |end| &rest[at + 2 + end + 2..]);
    }
    out.push_str(rest);
    out.into()
}

/// The parts of `css` between `separator`s that stand in no quotes and no parentheses;
/// empty ones are left out.
pub(super) fn split(css: &str, separator: u8) -> impl Iterator<Item = &str> {
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

/// Where the first of `wanted` stands outside of quotes and parentheses.
fn find(css: &str, wanted: &[u8]) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0_usize);
    let mut bytes = css.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (_, b'\\') => {
                bytes.next();
            }
            (Some(open), byte) => quote = Some(open).filter(|open| *open != byte),
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => depth = depth.saturating_sub(1),
            (None, byte) if depth == 0 && wanted.contains(&byte) => return Some(at),
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
        sheet
            .rules
            .iter()
            .map(|rule| format!("{}|{}|{}", rule.within.join(" "), rule.selectors.join(","), declared(rule)))
            .collect()
    }

    #[test]
    fn rules_are_read_with_what_they_stand_in() {
        assert_eq!(
            told(
                "@import url(a;b.css); /* { */ a, b > c { color: RED ; background: url(\"}\") !important }\n\
                 @media (max-width: 1px) { i { margin:0 } @font-face { font-family: x } } @font-face{src:x} u{top:1px}"
            ),
            ["|a,b > c|color=RED background=url(\"}\")!", "@media (max-width: 1px)|i|margin=0", "|u|top=1px",]
        );
        let at: Vec<_> = Sheet::parse("@media x { @font-face { a: b } } @import 'a';").at_rules;
        assert_eq!(at[1], ("@font-face".to_owned(), vec!["@media x".to_owned()]));
        assert_eq!(at[2].0, "@import 'a'");
    }

    #[test]
    fn what_is_broken_off_ends_where_the_text_ends() {
        for css in ["a{", "a{b:c", "@media x {a{b:c}", "a{b:url(", "}", "\\", "a\\", "/*", "a{\"", "a:b;c"] {
            let _ = told(css);
        }
        assert_eq!(told("a{b:c"), ["|a|b=c"]);
    }

    #[test]
    fn selectors_with_commas_in_parentheses_stay_whole() {
        assert_eq!(told("a:not(.b,.c),d[title=\"x,y\"]{e:f}"), ["|a:not(.b,.c),d[title=\"x,y\"]|e=f"]);
    }
}
