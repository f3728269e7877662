//! Repeats a theme's dark rules for every way in which a client asks for them.

use std::fmt::Write;

/// Writes plain `rules` as a media query, and again under the attributes that
/// Outlook.com sets: `data-ogsc` where it changed a colour, `data-ogsb` where it
/// changed a background.
pub(super) fn everywhere(rules: &str) -> String {
    let mut media = String::new();
    let mut outlook = String::new();
    for (selectors, declarations) in parse(rules) {
        let _ = writeln!(media, "{} {{ {} }}", selectors.join(", "), declarations.join("; "));
        let (grounds, colours): (Vec<&str>, Vec<&str>) =
            declarations.iter().partition(|declaration| declaration.starts_with("background"));
        for (attribute, declarations) in [("[data-ogsc]", colours), ("[data-ogsb]", grounds)] {
            let selectors: Vec<String> = selectors
                .iter()
                .filter(|selector| **selector != "body")
                .map(|selector| format!("{attribute} {selector}"))
                .collect();
            if !selectors.is_empty() && !declarations.is_empty() {
                let _ = writeln!(outlook, "{} {{ {} }}", selectors.join(", "), declarations.join("; "));
            }
        }
    }
    if media.is_empty() {
        return media;
    }
    format!("@media (prefers-color-scheme: dark) {{\n{media}}}\n{outlook}")
}

/// A style sheet without rules that declare nothing, comments and empty lines; a
/// template leaves such behind where a token has nothing to say.
pub(super) fn tidied(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    for line in css.lines() {
        let rule = line.trim_end();
        let is_empty = rule.split_once('{').is_some_and(|(_, body)| body.trim() == "}");
        let is_comment = rule.trim_start().starts_with("/*") && rule.ends_with("*/");
        if !is_empty && !is_comment && !rule.is_empty() {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(rule);
        }
    }
    out
}

/// The rules in `css`: selectors and declarations.
fn parse(css: &str) -> Vec<(Vec<&str>, Vec<&str>)> {
    css.split('}')
        .filter_map(|rule| rule.split_once('{'))
        .map(|(selectors, declarations)| {
            // A comment before a rule belongs to neither.
            let selectors = selectors.rsplit("*/").next().unwrap_or(selectors);
            (parts(selectors, ','), parts(declarations, ';'))
        })
        .filter(|(selectors, declarations)| !selectors.is_empty() && !declarations.is_empty())
        .collect()
}

fn parts(text: &str, separator: char) -> Vec<&str> {
    text.split(separator).map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_there_for_the_media_query_and_for_both_marks() {
        let css = everywhere("/* links */ a, .b { color: #FFFFFF !important; background-color: #000000 }");
        assert_eq!(
            css,
            "@media (prefers-color-scheme: dark) {\n\
             a, .b { color: #FFFFFF !important; background-color: #000000 }\n}\n\
             [data-ogsc] a, [data-ogsc] .b { color: #FFFFFF !important }\n\
             [data-ogsb] a, [data-ogsb] .b { background-color: #000000 }\n"
        );
    }

    #[test]
    fn rules_that_declare_nothing_are_left_out() {
        assert_eq!(
            tidied("\n a { }\n/* words */\n@media x {\n  b { c: d; }\n\n}\n"),
            "@media x {\n  b { c: d; }\n}"
        );
    }

    #[test]
    fn no_rules_are_no_style() {
        assert_eq!(everywhere(" /* nothing */ "), "");
    }
}
