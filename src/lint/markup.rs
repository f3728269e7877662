//! Whether every element that is opened is closed: as all read the page, and as Word does.

use std::borrow::Cow;

/// Elements without an end (HTML §13.1.2).
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// What is wrong with the nesting of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Imbalance {
    /// Opened, and closed by nothing before the element around it ends.
    Open(String),
    /// Closed, and not open.
    Closed(String),
}

/// The first thing that is wrong with the nesting of `html`.
pub(super) fn imbalance(html: &str) -> Option<Imbalance> {
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(less) = rest.find('<') {
        rest = &rest[less..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            // `<!-->` is a comment too.
            let end = if comment.starts_with('>') { Some(0) } else { comment.find("-->").map(|end| end + 2) };
            rest = end.map_or("", |end| &comment[end + 1..]);
            continue;
        }
        let is_end = rest.starts_with("</");
        let name = name(&rest[1 + usize::from(is_end)..]);
        let end = tag_end(rest);
        let is_whole = rest[..end].ends_with("/>");
        rest = &rest[end..];
        if name.is_empty() || VOID.contains(&name.as_str()) || is_whole && name.contains(':') {
            continue;
        }
        if !is_end {
            if matches!(name.as_str(), "style" | "script" | "title" | "textarea") {
                let close = format!("</{name}");
                let Some(at) = rest.to_ascii_lowercase().find(&close) else {
                    return Some(Imbalance::Open(name));
                };
                rest = &rest[at..];
                rest = &rest[tag_end(rest)..];
            } else {
                open.push(name);
            }
        } else if open.last() == Some(&name) {
            open.pop();
        } else if open.contains(&name) {
            return open.pop().map(Imbalance::Open);
        } else {
            return Some(Imbalance::Closed(name));
        }
    }
    open.pop().map(Imbalance::Open)
}

fn name(text: &str) -> String {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_')));
    let name = &text[..end.unwrap_or(text.len())];
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.to_ascii_lowercase()
    } else {
        String::new()
    }
}

/// Where the tag at the beginning of `text` ends; quotes may hold a `>`.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// The page as Word reads it, which honours conditional comments; an error when one of
/// them has no end or no beginning.
pub(super) fn for_word(html: &str) -> Result<Cow<'_, str>, &'static str> {
    if !html.contains("<!--[if") && !html.contains("<![endif]") {
        return Ok(html.into());
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<!--[if") {
        if rest[..at].contains("<![endif]") {
            return Err("a conditional comment ends that was never begun");
        }
        out.push_str(&rest[..at]);
        rest = &rest[at + "<!--[if".len()..];
        let (condition, inside) = rest.split_once("]>").ok_or("a conditional comment has no condition")?;
        let all_others = inside.starts_with("<!--");
        let end = if all_others { "<!--<![endif]-->" } else { "<![endif]-->" };
        let (body, after) = inside.split_once(end).ok_or("a conditional comment is never closed")?;
        if body.contains("<!--[if") || !all_others && body.contains("-->") {
            return Err("a conditional comment is never closed");
        }
        let negated = condition.trim_start().starts_with('!');
        if negated != condition.to_ascii_lowercase().contains("mso") {
            out.push_str(body.strip_prefix("<!-->").or(body.strip_prefix("<!-- -->")).unwrap_or(body));
        }
        rest = after;
    }
    if rest.contains("<![endif]") {
        return Err("a conditional comment ends that was never begun");
    }
    out.push_str(rest);
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_open_and_what_closes_nothing_is_found() {
        for sound in [
            "<p>a<br>b<img src=\"a>b\"></p>",
            "<style>a > b{}</style><p></p>",
            "<!-- <p> --><p></p>",
            "a < b",
            "<!--><p></p>",
            "<v:rect fill=\"a\"/><p></p>",
        ] {
            assert_eq!(imbalance(sound), None, "{sound}");
        }
        assert_eq!(imbalance("<div><p>a</div>"), Some(Imbalance::Open("p".to_owned())));
        assert_eq!(imbalance("<div>"), Some(Imbalance::Open("div".to_owned())));
        assert_eq!(imbalance("a</td>"), Some(Imbalance::Closed("td".to_owned())));
        assert_eq!(imbalance("<style>a"), Some(Imbalance::Open("style".to_owned())));
    }

    #[test]
    fn word_sees_its_own_comments_and_not_what_is_for_others() {
        assert_eq!(
            for_word("a<!--[if mso | IE]><td><![endif]-->b<!--[if !mso]><!--><i>c</i><!--<![endif]-->d")
                .unwrap(),
            "a<td>bd"
        );
        assert_eq!(for_word("<!--[if lte mso 11]>x<![endif]-->").unwrap(), "x");
        assert_eq!(for_word("plain").unwrap(), "plain");
        for broken in [
            "<!--[if mso]>a",
            "<!--[if mso]>a-->b",
            "a<![endif]-->",
            "<!--[if mso]>a<!--[if mso]>b<![endif]-->",
            "<!--[if mso]>a<![endif]-->b<![endif]-->",
        ] {
            assert!(for_word(broken).is_err(), "{broken}");
        }
    }
}
