//! The last touches to a finished page: small things that clients stumble over.

/// Walks the page once: an `alt` on every picture, colours of six digits, entities
/// old clients know, no control characters.
pub(super) fn finish(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 64);
    let mut rest = html;
    while let Some(less) = rest.find('<') {
        text(&mut out, &rest[..less]);
        rest = &rest[less..];
        let end = if rest.starts_with("<!--") {
            rest.find("-->").map(|end| end + 3)
        } else if rest.starts_with("<style") {
            rest.find("</style>").map(|end| end + 8)
        } else {
            tag_length(rest)
        };
        let (markup, after) = rest.split_at(end.unwrap_or(rest.len()));
        if markup.starts_with("<!--") || markup.starts_with("<style") {
            long_colours(&mut out, markup);
        } else {
            tag(&mut out, markup);
        }
        rest = after;
    }
    text(&mut out, rest);
    out
}

fn text(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, character) in text.char_indices() {
        let replacement = match character {
            '\t' | '\n' | '\r' => continue,
            control if control.is_control() => "",
            '&' if text[at..].starts_with("&apos;") => {
                out.push_str(&text[from..at]);
                out.push_str("&#39;");
                from = at + "&apos;".len();
                continue;
            }
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(replacement);
        from = at + character.len_utf8();
    }
    out.push_str(&text[from..]);
}

fn tag(out: &mut String, tag: &str) {
    let mut clean = String::with_capacity(tag.len());
    text(&mut clean, tag);
    if let Some(inside) = clean.strip_prefix('<').and_then(|inside| inside.strip_suffix('>'))
        && inside.contains(['<', '>'])
    {
        // Allowed between quotes, and yet taken for tags by coarse filters.
        clean = format!("<{}>", inside.replace('<', "&lt;").replace('>', "&gt;"));
    }
    if clean.starts_with("<img") && !clean.contains(" alt=") {
        let end = clean.trim_end_matches('>').trim_end_matches('/').trim_end().len();
        clean.insert_str(end, " alt=\"\"");
    }
    // Only these attributes hold colours; an address may well hold `#abc`.
    let mut rest = clean.as_str();
    while let Some((at, length)) =
        [" style=\"", "color=\""].iter().filter_map(|name| rest.find(name).map(|at| (at, name.len()))).min()
    {
        let value = at + length;
        out.push_str(&rest[..value]);
        let end = rest[value..].find('"').map_or(rest.len(), |end| value + end);
        long_colours(out, &rest[value..end]);
        rest = &rest[end..];
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
    }
}
