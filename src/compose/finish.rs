//! The last touches to a finished page: small things that clients stumble over.

use std::borrow::Cow;

/// Walks the page once: an `alt` on every picture, colours of six digits, entities
/// old clients know, no control characters.
///
/// It reads what a serialiser wrote: attributes stand in double quotes.
pub(super) fn finish(html: &str) -> String {
    let html = &*harmless(html);
    let mut out = String::with_capacity(html.len() + html.len() / 64);
    let mut rest = html;
    while let Some(less) = rest.find('<') {
        out.push_str(&rest[..less]);
        rest = &rest[less..];
        let raw = if rest.starts_with("<!--") {
            Some("-->")
        } else if rest.starts_with("<style") {
            Some("</style>")
        } else {
            None
        };
        let end = match raw {
            Some(close) => rest.find(close).map(|end| end + close.len()),
            None => tag_length(rest),
        };
        let (markup, after) = rest.split_at(end.unwrap_or(rest.len()));
        if raw.is_some() {
            long_colours(&mut out, markup);
        } else {
            tag(&mut out, markup);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `html` without control characters, at which some clients cut a mail short, and with
/// apostrophes as numbers, because the name is not one of HTML 4.
fn harmless(html: &str) -> Cow<'_, str> {
    let is_unseen = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    // The controls above ASCII (U+0080 to U+009F) begin with this byte.
    let may_be_unseen = |b: u8| b == 0xc2 || b.is_ascii_control() && !matches!(b, b'\t' | b'\n' | b'\r');
    let mut html = Cow::Borrowed(html);
    if html.bytes().any(may_be_unseen) && html.contains(is_unseen) {
        // A form feed is white space to HTML and to CSS.
        html = html.replace('\u{c}', " ").replace(is_unseen, "").into();
    }
    if html.contains("&apos;") { html.replace("&apos;", "&#39;").into() } else { html }
}

fn tag(out: &mut String, tag: &str) {
    let mut tag = Cow::Borrowed(tag);
    if let Some(inside) = tag.strip_prefix('<').and_then(|inside| inside.strip_suffix('>'))
        && inside.contains(['<', '>'])
    {
        // Allowed between quotes, and yet taken for tags by coarse filters.
        tag = format!("<{}>", inside.replace('<', "&lt;").replace('>', "&gt;")).into();
    }
    if tag.starts_with("<img") && !tag.contains(" alt=") {
        let end = tag.trim_end_matches('>').trim_end_matches('/').trim_end().len();
        tag.to_mut().insert_str(end, " alt=\"\"");
    }
    let mut rest = &*tag;
    while let Some(quote) = rest.find('"') {
        let value = quote + 1;
        let end = rest[value..].find('"').map_or(rest.len(), |end| value + end);
        out.push_str(&rest[..value]);
        // Only these attributes hold colours; an address may well hold `#abc`.
        if rest[..quote].ends_with(" style=") || rest[..quote].ends_with("color=") {
            long_colours(out, &rest[value..end]);
        } else {
            out.push_str(&rest[value..end]);
        }
        let after = (end + 1).min(rest.len());
        out.push_str(&rest[end..after]);
        rest = &rest[after..];
    }
    out.push_str(rest);
}

/// Copies `css` with `#abc` written as `#aabbcc`: Word reads three digits wrongly.
fn long_colours(out: &mut String, css: &str) {
    let mut rest = css;
    while let Some(hash) = rest.find('#') {
        let digits = rest[hash + 1..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        let colour = &rest[hash + 1..=hash + digits];
        out.push_str(&rest[..=hash]);
        let is_value =
            rest[..hash].trim_end().ends_with([':', ',', '(']) || rest[..hash].ends_with(' ') || hash == 0;
        if digits == 3 && is_value && colour.bytes().all(|b| b.is_ascii_hexdigit()) {
            colour.chars().for_each(|digit| out.extend([digit, digit]));
        } else {
            out.push_str(colour);
        }
        rest = &rest[hash + 1 + digits..];
    }
    out.push_str(rest);
}

/// Length of the tag at the start of `text`; quotes may hold a `>`.
fn tag_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_without_words_get_empty_ones() {
        assert_eq!(
            finish("<p><img src=\"a\"><img src=\"b\" /></p>"),
            "<p><img src=\"a\" alt=\"\"><img src=\"b\" alt=\"\" /></p>"
        );
        assert_eq!(finish("<img alt=\"x\">"), "<img alt=\"x\">");
    }

    #[test]
    fn colours_are_long_where_colours_stand_and_addresses_stay() {
        assert_eq!(
            finish(
                "<a href=\"#abc\" style=\"color:#fff;border:1px solid #1aF\" bgcolor=\"#eee\">#fff</a><style>a{color:#abc}</style>"
            ),
            "<a href=\"#abc\" style=\"color:#ffffff;border:1px solid #11aaFF\" bgcolor=\"#eeeeee\">#fff</a><style>a{color:#aabbcc}</style>"
        );
    }

    #[test]
    fn brackets_between_quotes_are_written_as_entities() {
        assert_eq!(finish("<a title=\"<b> -->\">x</a>"), "<a title=\"&lt;b&gt; --&gt;\">x</a>");
    }

    #[test]
    fn controls_vanish_and_apostrophes_are_numbers() {
        assert_eq!(finish("a\u{92}b\u{7f}\n&apos;<b title=\"\u{85}\">"), "ab\n&#39;<b title=\"\">");
        assert_eq!(finish("<!--[if mso]>it&apos;s\u{1}<![endif]-->"), "<!--[if mso]>it&#39;s<![endif]-->");
        assert_eq!(finish("<style>.a\u{c}.b{color:#abc}</style>"), "<style>.a .b{color:#aabbcc}</style>");
    }
}
