//! Cuts a finished text into literals, holes and controls, each hole with the place
//! its value will stand in.
//!
//! The scan knows tags, attributes, comments and Outlook's conditional comments, in
//! which a hole is as real as elsewhere. It reads what a serialiser wrote, not what
//! people type.

use crate::problem::{Condition, Problem};
use crate::tags::{Found, Mask, TagId, TagKind};

/// Where the value of a hole will stand, and so how it is made harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Between HTML tags, or in a quoted attribute that is no address.
    Html,
    /// The whole of an address in HTML, or its beginning.
    HtmlAddress,
    /// Inside an address, where everything but letters and digits is encoded.
    AddressPart,
    /// In the text part.
    Plain,
    /// The whole of an address in the text part, or its beginning.
    PlainAddress,
    /// In a header.
    Header,
}

/// A piece of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// The same for everybody.
    Literal(String),
    /// A value.
    Hole(TagId, Context),
    /// A condition or loop.
    Control(TagId),
}

/// What can be wrong with where a tag stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    /// `{% if %}` inside an attribute.
    #[error("a merge condition stands inside an attribute")]
    ControlInAttribute,
    /// A tag in a style sheet, a style or an event attribute.
    #[error("a merge tag stands in {0}")]
    Forbidden(&'static str),
    /// A tag that did not come out of the rendering once for each time it went in.
    #[error("this merge tag went in {before} times and came out {after} times")]
    Lost {
        /// How often it stood in the article's markup.
        before: usize,
        /// How often it stands in the finished HTML.
        after: usize,
    },
    /// A tag that was cut in two.
    #[error("a merge tag was cut in two")]
    Cut,
    /// Something that closes what was not opened.
    #[error("`{0}` has no `if` or `for` before it")]
    NotOpen(String),
    /// Something that is never closed.
    #[error("`{0}` is never closed")]
    NotClosed(String),
    /// The end of an `if` where a `for` is open, or the reverse.
    #[error("`{found}` closes `{open}`")]
    Crossed {
        /// The closing tag.
        found: String,
        /// The opening tag.
        open: String,
    },
}

impl Condition for PlacementError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::ControlInAttribute => "put the condition around the whole link or picture",
            Self::Forbidden(_) => "merge tags may stand in text, in addresses and in `alt` and `title`",
            Self::Lost { .. } => "move it into plain text; here the theme drops or repeats it",
            Self::Cut => "a filter of the theme shortens a text that holds merge tags; leave the filter out",
            Self::NotOpen(_) => "remove it, or open it before",
            Self::NotClosed(_) => "close it with `{% endif %}` or `{% endfor %}`",
            Self::Crossed { .. } => "close the inner one first",
        };
        Some(hint.to_owned())
    }
}

/// Cuts a text that is no HTML.
pub(super) fn of_plain(text: &str, mask: &Mask, whole: Context, found: &mut Vec<Problem>) -> Vec<Piece> {
    let marks = mask.find(text);
    if marks.len() != mask.beginnings(text) {
        found.push(Problem::new(PlacementError::Cut));
    }
    let pieces = cut(text, mask, &marks, |mark| {
        let before = &text[..mark.span.start];
        match (whole, mark.in_address) {
            (Context::Plain, true) if begins_address(before) => Some(Context::PlainAddress),
            (Context::Plain, true) => Some(Context::AddressPart),
            _ => Some(whole),
        }
    });
    balance(&pieces, mask, found);
    pieces
}

/// Whether what follows `before` is the first thing of an address.
fn begins_address(before: &str) -> bool {
    before.ends_with(|last: char| last.is_whitespace() || matches!(last, '<' | '(')) || before.is_empty()
}

/// Cuts finished HTML.
pub(super) fn of_html(html: &str, mask: &Mask, found: &mut Vec<Problem>) -> Vec<Piece> {
    let marks = mask.find(html);
    if marks.len() != mask.beginnings(html) {
        found.push(Problem::new(PlacementError::Cut));
    }
    let regions = regions(html);
    let pieces = cut(html, mask, &marks, |mark| {
        let place = place_of(&regions, html, mark.span.start);
        let control = mask.tag(mark.id).kind != TagKind::Hole;
        let refusal = match place {
            Place::Text | Place::Comment | Place::Attribute if !control => return Some(Context::Html),
            Place::Address { first } if !control => {
                return Some(if first { Context::HtmlAddress } else { Context::AddressPart });
            }
            Place::Text | Place::Comment => return None,
            Place::Attribute | Place::Address { .. } => PlacementError::ControlInAttribute,
            Place::Style => PlacementError::Forbidden("a style sheet or a script"),
            Place::Active => PlacementError::Forbidden("an attribute that is no text and no address"),
            Place::Host => PlacementError::Forbidden("the host of an address"),
            Place::Tag => PlacementError::Forbidden("the name of a tag or attribute"),
        };
        found.push(mask.tag(mark.id).problem(refusal));
        Some(Context::Html)
    });
    balance(&pieces, mask, found);
    pieces
}

/// Splits `text` at its marks; `context` says none for a control.
fn cut(
    text: &str,
    mask: &Mask,
    marks: &[Found],
    mut context: impl FnMut(&Found) -> Option<Context>,
) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(2 * marks.len() + 1);
    let mut copied = 0;
    for mark in marks {
        let mut literal = &text[copied..mark.span.start];
        copied = mark.span.end;
        let context = context(mark);
        let control = mask.tag(mark.id).kind != TagKind::Hole;
        if control && literal.ends_with("<!--") && text[copied..].starts_with("-->") {
            literal = &literal[..literal.len() - "<!--".len()];
            copied += "-->".len();
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.to_owned()));
        }
        pieces.push(match context {
            Some(context) if !control => Piece::Hole(mark.id, context),
            _ => Piece::Control(mark.id),
        });
    }
    if copied < text.len() {
        pieces.push(Piece::Literal(text[copied..].to_owned()));
    }
    pieces
}

/// Checks that controls open and close in order.
fn balance(pieces: &[Piece], mask: &Mask, found: &mut Vec<Problem>) {
    let mut open: Vec<TagId> = Vec::new();
    for piece in pieces {
        let Piece::Control(id) = piece else { continue };
        let tag = mask.tag(*id);
        match tag.kind {
            TagKind::Open => open.push(*id),
            TagKind::Middle if open.is_empty() => {
                found.push(tag.problem(PlacementError::NotOpen(tag.text.clone())));
            }
            TagKind::Close => match open.pop() {
                None => found.push(tag.problem(PlacementError::NotOpen(tag.text.clone()))),
                Some(opener) => {
                    let opener = mask.tag(opener);
                    if opener.inner.starts_with("for") != (tag.inner == "endfor") {
                        let (found_text, open) = (tag.text.clone(), opener.text.clone());
                        found.push(tag.problem(PlacementError::Crossed { found: found_text, open }));
                    }
                }
            },
            TagKind::Middle | TagKind::Hole => {}
        }
    }
    for id in open {
        let tag = mask.tag(id);
        found.push(tag.problem(PlacementError::NotClosed(tag.text.clone())));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Comment,
    Tag,
    Attribute,
    Address { first: bool },
    Host,
    Active,
    Style,
}

/// A stretch of HTML; it reaches to the start of the next one.
#[derive(Debug, Clone, Copy)]
struct Region<'a> {
    start: usize,
    kind: Kind<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Kind<'a> {
    Text,
    Comment,
    Style,
    Tag,
    Value { attribute: &'a str },
}

fn place_of(regions: &[Region<'_>], html: &str, at: usize) -> Place {
    let index = regions.partition_point(|region| region.start <= at);
    let Some(region) = index.checked_sub(1).and_then(|index| regions.get(index)) else { return Place::Text };
    match region.kind {
        Kind::Text => Place::Text,
        Kind::Comment => Place::Comment,
        Kind::Style => Place::Style,
        Kind::Tag => Place::Tag,
        Kind::Value { attribute } => match attribute.to_ascii_lowercase().as_str() {
            "href" | "src" | "background" | "action" | "cite" | "poster" | "longdesc" | "xlink:href" => {
                let before = html[region.start..at].trim();
                match before.split_once("://") {
                    Some((_, host)) if !host.contains(['/', '?', '#']) => Place::Host,
                    _ => Place::Address { first: before.is_empty() },
                }
            }
            "alt" | "title" | "summary" | "abbr" | "lang" | "dir" | "id" | "class" | "name" | "value"
            | "width" | "height" => Place::Attribute,
            name if name.starts_with("data-") || name.starts_with("aria-") => Place::Attribute,
            _ => Place::Active,
        },
    }
}

/// Divides HTML into text, comments, style sheets, tags and attribute values.
fn regions(html: &str) -> Vec<Region<'_>> {
    let mut regions = vec![Region { start: 0, kind: Kind::Text }];
    let mut at = 0;
    while let Some(step) = html[at..].find('<') {
        let start = at + step;
        let rest = &html[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            // What follows an opening `<!--[if mso]>` is markup for those who read it,
            // and `<!-->` is a comment already closed (HTML, §13.2.5.43).
            let end = comment.find("-->").unwrap_or(comment.len());
            let condition = comment.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("[if"));
            let condition = comment.find("]>").filter(|close| condition && close < &end);
            if let Some(close) = condition {
                at = start + 4 + close + 2;
            } else if comment.starts_with('>') {
                at = start + 5;
            } else if comment.starts_with("->") {
                at = start + 6;
            } else {
                regions.push(Region { start, kind: Kind::Comment });
                at = start + comment.find("-->").map_or(rest.len(), |end| end + 7);
                regions.push(Region { start: at, kind: Kind::Text });
            }
        } else if rest.starts_with("<!") {
            at = start + rest.find('>').map_or(rest.len(), |end| end + 1);
        } else if rest[1..].starts_with(|first: char| first.is_ascii_alphabetic() || first == '/') {
            at = tag(html, start, &mut regions);
        } else {
            at = start + 1;
        }
    }
    regions
}

/// Reads one tag and, after `<style>`, the sheet; returns where it ends.
fn tag<'a>(html: &'a str, start: usize, regions: &mut Vec<Region<'a>>) -> usize {
    regions.push(Region { start, kind: Kind::Tag });
    let name_end = html[start + 1..]
        .find(|c: char| c.is_whitespace() || c == '>')
        .map_or(html.len(), |at| start + 1 + at);
    let name = &html[start + 1..name_end];
    let mut at = name_end;
    loop {
        at += html[at..].len() - html[at..].trim_start_matches(|c: char| c.is_whitespace() || c == '/').len();
        let rest = &html[at..];
        if rest.is_empty() {
            return at;
        }
        if rest.starts_with('>') {
            at += 1;
            break;
        }
        // The first character belongs to the name even when it is an equals sign, as
        // browsers have it; so every round moves on.
        let end = rest.char_indices().skip(1).find(|(_, c)| c.is_whitespace() || matches!(c, '=' | '>'));
        let attribute = &rest[..end.map_or(rest.len(), |(at, _)| at)];
        at += attribute.len();
        let value = html[at..].trim_start();
        let Some(value) = value.strip_prefix('=').map(str::trim_start) else { continue };
        let from = html.len() - value.len();
        if let Some(quote @ ('"' | '\'')) = value.chars().next() {
            regions.push(Region { start: from + 1, kind: Kind::Value { attribute } });
            at = from + 1 + value[1..].find(quote).unwrap_or(value.len() - 1);
            regions.push(Region { start: at, kind: Kind::Tag });
            at = (at + 1).min(html.len());
        } else {
            at = from;
        }
    }
    for raw in ["style", "script"] {
        if name.eq_ignore_ascii_case(raw) {
            regions.push(Region { start: at, kind: Kind::Style });
            let close = format!("</{raw}");
            at += html[at..].to_ascii_lowercase().find(&close).unwrap_or(html.len() - at);
        }
    }
    regions.push(Region { start: at, kind: Kind::Text });
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Source;
    use proptest::prelude::*;

    fn pieces(typed: &str) -> (Vec<Piece>, Vec<String>) {
        let mut mask = Mask::avoiding(typed);
        let masked = mask.mask(&Source::new("a.html", typed), typed, 0);
        let mut found = Vec::new();
        let pieces = of_html(&masked.text, &mask, &mut found);
        (pieces, found.iter().map(Problem::message).collect())
    }

    fn contexts(typed: &str) -> Vec<Context> {
        let (pieces, found) = pieces(typed);
        assert_eq!(found, Vec::<String>::new(), "{typed}");
        pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Hole(_, context) => Some(*context),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_hole_knows_where_it_stands() {
        use Context::{AddressPart, Html, HtmlAddress};
        assert_eq!(contexts("<p>{{ subscriber.a }}</p>"), [Html]);
        assert_eq!(contexts("<p title='{{ subscriber.a }}' lang=en>{{ subscriber.a }}"), [Html, Html]);
        assert_eq!(
            contexts(
                "<a href=\"{{ subscriber.a }}\">x</a><a href=\"https://example.com/?a={{ subscriber.a }}\">"
            ),
            [HtmlAddress, AddressPart]
        );
        assert_eq!(
            contexts(
                "<!--[if mso]><v:rect href=\"{{ subscriber.a }}\">{{ subscriber.a }}<![endif]-->{{ subscriber.a }}"
            ),
            [HtmlAddress, Html, Html]
        );
        assert_eq!(contexts("<style>a > b{}</style><!-- <p a=\" -->1 < 2 {{ subscriber.a }}"), [Html]);
    }

    #[test]
    fn a_control_in_a_comment_takes_the_comment_with_it() {
        let (pieces, found) = pieces("<tr></tr><!--{% if subscriber.a %}--><tr></tr><!--{% endif %}-->");
        assert!(found.is_empty());
        assert_eq!(pieces.len(), 4);
        assert_eq!(pieces[2], Piece::Literal("<tr></tr>".to_owned()));
    }

    const ATTRIBUTE: &str = "a merge tag stands in an attribute that is no text and no address";

    #[test]
    fn a_comment_that_only_looks_conditional_hides_nothing() {
        assert_eq!(contexts("<!-- [ foot ] --><a href=\"{{ subscriber.a }}\">x</a>"), [Context::HtmlAddress]);
        assert_eq!(
            contexts("<!--[if !mso]><!--><a HREF=\"{{ subscriber.a }}\">x</a><!--<![endif]-->"),
            [Context::HtmlAddress]
        );
    }

    #[test]
    fn a_tag_where_no_value_can_be_safe_is_refused() {
        for (typed, message) in [
            ("<p STYLE=\"color:{{ subscriber.a }}\">", ATTRIBUTE),
            ("<p onclick='{{ subscriber.a }}'>", ATTRIBUTE),
            ("<object data='{{ subscriber.a }}'>", ATTRIBUTE),
            ("<img srcset='{{ subscriber.a }}'>", ATTRIBUTE),
            ("<a href='https://{{ subscriber.a }}/x'>", "a merge tag stands in the host of an address"),
            (
                "<a href='https://example.com{{ subscriber.a }}'>",
                "a merge tag stands in the host of an address",
            ),
            ("<style>{{ subscriber.a }}</style>", "a merge tag stands in a style sheet or a script"),
            ("<SCRIPT>{{ subscriber.a }}</SCRIPT>", "a merge tag stands in a style sheet or a script"),
            ("<p {{ subscriber.a }}>", "a merge tag stands in the name of a tag or attribute"),
        ] {
            assert_eq!(pieces(typed).1, [message], "{typed}");
        }
    }

    #[test]
    fn controls_must_open_and_close_in_order() {
        let told = |typed: &str| pieces(typed).1;
        assert_eq!(told("{% endif %}"), ["`{% endif %}` has no `if` or `for` before it"]);
        assert_eq!(told("{% if subscriber.a %}"), ["`{% if subscriber.a %}` is never closed"]);
        assert_eq!(
            told("{% for x in subscriber.a %}{% endif %}"),
            ["`{% endif %}` closes `{% for x in subscriber.a %}`"]
        );
        assert_eq!(
            told("<p title='{% if subscriber.a %}x{% endif %}'>"),
            ["a merge condition stands inside an attribute", "a merge condition stands inside an attribute"]
        );
    }

    proptest! {
        #[test]
        fn any_html_is_divided_without_panic(html in "(<|>|</|<!--|-->|<!--\\[if|\\]>|style|=|\"|'| |a|é|/){0,40}") {
            let regions = regions(&html);
            prop_assert!(regions.windows(2).all(|pair| pair[0].start <= pair[1].start));
            prop_assert!(regions.iter().all(|region| html.is_char_boundary(region.start)));
        }
    }
}
