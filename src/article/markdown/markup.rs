//! Pairs the HTML tags within a paragraph and makes of them what Markdown has no mark for.
//!
//! The parser gives each tag by itself. No tag is passed on: what it means becomes part
//! of the tree, all others are left out and told.

use comrak::nodes::Sourcepos;
use dom_query::Document;

use super::Walk;
use super::inline::push_text;
use crate::article::{ArticleError, Image, Inline, Style, html, words};
use crate::problem::Span;

/// Elements that have no end, because nothing stands in them.
const EMPTY: [&str; 8] = ["area", "br", "col", "embed", "hr", "img", "input", "wbr"];

/// The tags that are open and what stands in them.
#[derive(Default)]
pub(super) struct Pairs {
    content: Vec<Inline>,
    open: Vec<Open>,
}

struct Open {
    name: String,
    element: Element,
    span: Span,
    content: Vec<Inline>,
}

enum Element {
    Emphasis,
    Strong,
    Strikethrough,
    Styled(Style),
    Code,
    Quoted,
    Link(String),
    /// Words that look like all others.
    Words,
    /// Nothing that anybody reads.
    Silent,
    /// Words that their author hid.
    Hidden,
}

impl Pairs {
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Where the next inline goes.
    pub(super) fn content(&mut self) -> &mut Vec<Inline> {
        self.open.last_mut().map_or(&mut self.content, |open| &mut open.content)
    }

    /// Whether what stands here is not for readers.
    pub(super) fn is_silent(&self) -> bool {
        self.open.last().is_some_and(|open| matches!(open.element, Element::Silent | Element::Hidden))
    }

    fn append(&mut self, inlines: Vec<Inline>) {
        let content = self.content();
        for inline in inlines {
            match inline {
                Inline::Text(text) => push_text(content, &text),
                other => content.push(other),
            }
        }
    }
}

fn element(name: &str) -> Option<Element> {
    Some(match name {
        "b" | "strong" => Element::Strong,
        "i" | "em" | "cite" | "dfn" | "var" => Element::Emphasis,
        "s" | "del" | "strike" => Element::Strikethrough,
        "u" | "ins" => Element::Styled(Style::Underline),
        "mark" => Element::Styled(Style::Highlight),
        "sub" => Element::Styled(Style::Subscript),
        "sup" => Element::Styled(Style::Superscript),
        "small" => Element::Styled(Style::Small),
        "kbd" => Element::Styled(Style::Keyboard),
        "code" | "tt" | "samp" => Element::Code,
        "q" => Element::Quoted,
        "abbr" | "acronym" | "bdi" | "time" => Element::Words,
        "script" | "style" | "template" => Element::Silent,
        _ => return None,
    })
}

/// The name of a tag such as `<A href="…">` or `</a>`, in lower case; empty when it is
/// none.
pub(super) fn tag_name(html: &str) -> String {
    let inner = html.strip_prefix('<').unwrap_or(html);
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let name = inner.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
    name.to_ascii_lowercase()
}

pub(super) fn is_line_break(html: &str) -> bool {
    html.starts_with('<') && tag_name(html) == "br"
}

/// An attribute of the first tag in `html`, with its entities read.
pub(super) fn attribute(html: &str, name: &str) -> Option<String> {
    let tag = tag_name(html);
    // `<?style?>` and `<!style>` are tags without a name.
    if !tag.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let document = Document::fragment(html);
    let value = document.select_single(&tag).attr(name)?;
    Some(value.to_string())
}

/// Whether a tag of that name says that what stands in it is not to be seen.
fn is_hidden(html: &str, name: &str) -> bool {
    let lower = html.to_ascii_lowercase();
    (lower.contains("style") && attribute(html, "style").is_some_and(|style| html::hides(&style, name)))
        || (lower.contains("hidden") && attribute(html, "hidden").is_some())
}

impl Walk<'_, '_> {
    /// Reads one tag within a paragraph.
    pub(super) fn tag(&mut self, html: &str, position: Sourcepos, pairs: &mut Pairs) {
        let span = self.span(position);
        let name = tag_name(html);
        if html.starts_with("</") {
            if let Some(at) = pairs.open.iter().rposition(|open| open.name == name) {
                while pairs.open.len() > at + 1 {
                    self.give_up(pairs);
                }
                self.finish(pairs);
            }
            return;
        }
        if pairs.is_silent() || html.starts_with("<!--") {
            return;
        }
        let hidden = is_hidden(html, &name);
        if hidden && EMPTY.contains(&name.as_str()) {
            return self.findings.warning(ArticleError::HtmlHidden(name), span);
        }
        match name.as_str() {
            "br" => return pairs.content().push(Inline::HardBreak),
            "wbr" => return,
            "img" => return self.picture_tag(html, span, pairs),
            _ => {}
        }
        let element = match name.as_str() {
            "a" => Some(match attribute(html, "href") {
                Some(href) => Element::Link(href),
                // The goal of a jump, which few mail programs make.
                None => Element::Words,
            }),
            name => element(name),
        };
        let element = if hidden { Some(Element::Hidden) } else { element };
        let Some(element) = element else {
            self.findings.warning(ArticleError::HtmlLeftOut(shown(html, &name)), span);
            return;
        };
        if !html.ends_with("/>") {
            pairs.open.push(Open { name, element, span, content: Vec::new() });
        }
    }

    fn picture_tag(&mut self, html: &str, span: Span, pairs: &mut Pairs) {
        let Some(src) = attribute(html, "src").filter(|src| !src.trim().is_empty()) else {
            self.findings.warning(ArticleError::HtmlLeftOut(shown(html, "img")), span);
            return;
        };
        let alt = attribute(html, "alt").unwrap_or_default();
        let width = attribute(html, "width")
            .and_then(|width| width.trim().trim_end_matches("px").parse().ok().filter(|width| *width > 0));
        pairs.content().push(Inline::Image(Image { src, alt, width, href: None, span }));
    }

    /// Closes the innermost tag.
    fn finish(&mut self, pairs: &mut Pairs) {
        let Some(open) = pairs.open.pop() else { return };
        let content = open.content;
        let inline = match open.element {
            Element::Silent => {
                return self.findings.warning(ArticleError::HtmlSilenced(open.name), open.span);
            }
            Element::Hidden => {
                return self.findings.warning(ArticleError::HtmlHidden(open.name), open.span);
            }
            Element::Words => return pairs.append(content),
            _ if content.is_empty() => return,
            Element::Quoted => {
                push_text(pairs.content(), "“");
                pairs.append(content);
                return push_text(pairs.content(), "”");
            }
            Element::Emphasis => Inline::Emphasis(content),
            Element::Strong => Inline::Strong(content),
            Element::Strikethrough => Inline::Strikethrough(content),
            Element::Styled(style) => Inline::Styled { style, content },
            Element::Code => Inline::Code(self.mask.restore(&words(&content))),
            Element::Link(href) => Inline::Link { href, content, span: open.span },
        };
        pairs.content().push(inline);
    }

    /// Leaves out the innermost tag, which has no end, and keeps what stands after it.
    fn give_up(&mut self, pairs: &mut Pairs) {
        let Some(open) = pairs.open.pop() else { return };
        // Without an end, a link or a style would go on over all that follows.
        match open.element {
            Element::Words => {}
            Element::Silent | Element::Hidden => {
                self.findings.warning(ArticleError::HtmlSwallowed(open.name), open.span);
            }
            _ => self.findings.warning(ArticleError::HtmlUnclosed(open.name), open.span),
        }
        pairs.append(open.content);
    }

    /// Ends the paragraph.
    pub(super) fn close(&mut self, mut pairs: Pairs) -> Vec<Inline> {
        while pairs.depth() > 0 {
            self.give_up(&mut pairs);
        }
        pairs.content
    }
}

/// A tag as it is named in a message.
fn shown(html: &str, name: &str) -> String {
    if name.is_empty() { html.chars().take(20).collect() } else { format!("<{name}>") }
}
