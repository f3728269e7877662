//! Makes paragraphs of lines, and links of bare addresses.

use super::lines::{Line, ends_with};
use crate::article::Inline;
use crate::problem::Span;

/// Lines wider than this were never broken by hand: each is a paragraph of its own.
const WRAPPED: usize = 110;
/// Narrowest column whose lines are joined; a poem or an address is narrower.
const NARROWEST: usize = 55;
/// Fewest lines that show a column.
const EVIDENT: usize = 3;
/// Least part of the lines that a column fills, in per cent.
const FULL: usize = 80;

/// What a line end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A space: the line was broken because it was full.
    Space,
    /// A line end the author wants.
    Line,
    /// The end of the paragraph.
    Paragraph,
}

/// The width at which the lines of `run` were broken, if they evidently were: most end
/// where the next word would not have fitted.
pub(super) fn column(run: &[Line]) -> Option<usize> {
    let widest = run.iter().map(Line::width).max()?;
    if run.len() < EVIDENT || !(NARROWEST..=WRAPPED).contains(&widest) {
        return None;
    }
    let full = run.windows(2).filter(|pair| is_full(&pair[0], &pair[1], widest)).count();
    (full * 100 >= (run.len() - 1) * FULL).then_some(widest)
}

/// Whether the first word of `next` did not fit on `line`.
pub(super) fn is_full(line: &Line, next: &Line, column: usize) -> bool {
    let word = next.text.split(' ').next().unwrap_or_default().chars().count();
    line.width() + 1 + word > column
}

/// What the end of `line` means, before `next`, in a run that was broken at `column`, or
/// whose widest line has `widest` characters.
pub(super) fn end(line: &Line, next: &Line, column: Option<usize>, widest: usize) -> End {
    let width = line.width();
    match column {
        Some(column) if is_full(line, next, column) || width * 4 >= column * 3 => End::Space,
        Some(_) if ends_with(&line.text, &['.', '!', '?', '…']) => End::Paragraph,
        None if widest > WRAPPED && ends_with(&line.text, &['.', '!', '?', '…', ':']) => End::Paragraph,
        _ => End::Line,
    }
}

/// The words of a line, with bare web addresses as links.
pub(super) fn inlines(text: &str, span: Span) -> Vec<Inline> {
    let mut content = Vec::new();
    let mut shown = 0;
    let mut at = 0;
    while let Some(found) = next_address(&text[at..]) {
        let start = at + found;
        let end = start + address_length(&text[start..]);
        let words = &text[start..end];
        at = end.max(start + 1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
        let bare = words.trim_start_matches("https://").trim_start_matches("http://");
        let inside = text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '@' || c == '/');
        if inside || !bare.contains('.') || bare.starts_with('.') {
            continue;
        }
        if start > shown {
            content.push(Inline::Text(text[shown..start].to_owned()));
        }
        let href = if words.starts_with("www.") { format!("https://{words}") } else { words.to_owned() };
        content.push(Inline::Link { href, content: vec![Inline::Text(words.to_owned())], span });
        shown = end;
    }
    if shown < text.len() {
        content.push(Inline::Text(text[shown..].to_owned()));
    }
    content
}

fn next_address(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|at| match bytes[*at] {
        b'h' => bytes[*at..].starts_with(b"http://") || bytes[*at..].starts_with(b"https://"),
        b'w' => bytes[*at..].starts_with(b"www."),
        _ => false,
    })
}

/// How far an address reaches: up to a space or quotation mark, without the punctuation
/// of the sentence around it.
fn address_length(text: &str) -> usize {
    let end = text
        .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '“' | '”' | '»'))
        .unwrap_or(text.len());
    let mut address = &text[..end];
    let open = address.matches('(').count();
    let mut close = address.matches(')').count();
    loop {
        let shorter = match address.chars().last() {
            Some('.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | ']' | '*' | '_') => true,
            Some(')') if close > open => {
                close -= 1;
                true
            }
            _ => false,
        };
        let Some((last, _)) = address.char_indices().next_back().filter(|_| shorter) else {
            return address.len();
        };
        address = &address[..last];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hrefs(text: &str) -> Vec<String> {
        let link = |inline| match inline {
            Inline::Link { href, .. } => Some(href),
            _ => None,
        };
        inlines(text, Span::default()).into_iter().filter_map(link).collect()
    }

    #[test]
    fn bare_web_addresses_become_links_and_mail_addresses_do_not() {
        assert_eq!(
            hrefs(
                "See https://example.com/a_(b), (http://example.org) or www.example.com. ask@www.example.com"
            ),
            ["https://example.com/a_(b)", "http://example.org", "https://www.example.com"]
        );
        assert!(hrefs("press@example.com https:// http://x www").is_empty());
    }
}
