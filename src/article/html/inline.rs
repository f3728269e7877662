//! Reads what stands within a line.

use super::address::Target;
use super::error::PageError;
use super::tidy::push_text;
use super::walk::{Walk, Wrap, is_block};
use crate::article::{Inline, Style};

impl Walk<'_, '_> {
    /// Reads a text, or an element that has no blocks in it.
    pub(super) fn inline(&mut self, node: usize, out: &mut Vec<Inline>) {
        if let Some(text) = self.dom.text(node) {
            // Words may be unseen between others that are seen.
            if !self.is_silent(node) {
                push_text(out, text);
            }
            return;
        }
        if self.is_silent(node) {
            return;
        }
        match self.dom.name(node) {
            "br" => out.push(Inline::HardBreak),
            "wbr" => {}
            "img" | "image" | "picture" | "noscript" | "svg" | "math" | "iframe" | "video" | "audio"
            | "embed" | "object" => self.media(node, out),
            "code" | "samp" | "tt" => self.code_words(node, out),
            "q" => {
                push_text(out, "“");
                self.inlines(node, out);
                push_text(out, "”");
            }
            "rt" => {
                push_text(out, "(");
                self.inlines(node, out);
                push_text(out, ")");
            }
            "a" => self.link(node, out),
            "button" | "input" | "select" | "textarea" => self.control(node, out),
            "sup" if self.note_mark(node, out) => {}
            _ => {
                let wraps = self.wraps_of(node);
                if wraps.is_empty() {
                    self.inlines(node, out);
                } else {
                    let mut content = Vec::new();
                    self.inlines(node, &mut content);
                    out.extend(wraps.iter().rev().fold(content, |content, wrap| vec![wrap.around(content)]));
                }
            }
        }
    }

    /// Reads what stands within an element that has no blocks in it.
    pub(super) fn inlines(&mut self, node: usize, out: &mut Vec<Inline>) {
        let children: Vec<usize> = self.dom.children(node).collect();
        for child in children {
            self.inline(child, out);
        }
    }

    /// What an element says of all that stands within it, outermost first.
    pub(super) fn wraps_of(&mut self, node: usize) -> Vec<Wrap> {
        let name = self.dom.name(node);
        let look = self.looks.look(node);
        let mut wraps = Vec::new();
        if name == "a"
            && !self.names_itself(node)
            && let Some(href) = self.href(node)
        {
            let span = self.spot(node);
            wraps.push(Wrap::Link { href, span });
        }
        let stressed = matches!(name, "em" | "i" | "cite" | "dfn" | "var");
        let strong = matches!(name, "strong" | "b");
        let within_link =
            || name == "a" || self.dom.ancestors(node).any(|around| self.dom.name(around) == "a");
        // Headings and heads of tables are strong as they are.
        let marks = !is_block(name);
        if marks && look.bold.unwrap_or(strong) {
            wraps.push(Wrap::Strong);
        }
        if marks && look.italic.unwrap_or(stressed) {
            wraps.push(Wrap::Emphasis);
        }
        if matches!(name, "s" | "strike" | "del") || (marks && look.struck) {
            wraps.push(Wrap::Strikethrough);
        }
        let style = match name {
            "sub" => Some(Style::Subscript),
            "sup" => Some(Style::Superscript),
            "mark" => Some(Style::Highlight),
            "small" => Some(Style::Small),
            "u" | "ins" => Some(Style::Underline),
            "kbd" => Some(Style::Keyboard),
            _ if marks && look.raised => Some(Style::Superscript),
            _ if marks && look.lowered => Some(Style::Subscript),
            _ if marks && look.underlined && !within_link() && !self.holds_link(node) => {
                Some(Style::Underline)
            }
            _ => None,
        };
        wraps.extend(style.map(Wrap::Styled));
        wraps
    }

    /// Whether a stretch is little more than a link.
    fn holds_link(&self, node: usize) -> bool {
        self.dom.find(node, "a").is_some()
    }

    fn link(&mut self, node: usize, out: &mut Vec<Inline>) {
        let mut content = Vec::new();
        if self.note_mark(node, out) || self.is_permalink(node) {
            return;
        }
        self.inlines(node, &mut content);
        let wraps = self.wraps_of(node);
        if let Some(Wrap::Link { href, span }) = wraps.first()
            && (self.is_button(node) || self.dom.find(node, "button").is_some())
        {
            self.buttons.insert((href.clone(), *span));
        }
        out.extend(wraps.iter().rev().fold(content, |content, wrap| vec![wrap.around(content)]));
    }

    /// Where a link leads; nothing when that is nowhere in a mail.
    pub(super) fn href(&mut self, node: usize) -> Option<String> {
        let written = self.dom.filled(node, "href")?;
        match self.base.link(written, self.mask) {
            Target::Whole(href) => Some(href),
            Target::Relative(_) => {
                let written = self.mask.restore(written);
                let span = self.spot(node);
                self.findings.warning(PageError::RelativeLink(written), span);
                None
            }
            Target::Within => {
                let span = self.spot(node);
                let words = self.dom.words(node);
                self.guess(span, "words: a link to a place within the page", &words);
                None
            }
            Target::None => None,
        }
    }

    /// Whether a link leads to the heading or term whose words it is.
    fn names_itself(&self, node: usize) -> bool {
        let place = self.dom.attribute(node, "href").and_then(|href| self.base.within(href));
        place.is_some_and(|place| {
            self.dom.ancestors(node).take(2).any(|around| {
                matches!(self.dom.name(around), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dt")
                    && self.dom.attribute(around, "id") == Some(place)
            })
        })
    }

    /// Whether a link only names the heading it stands in.
    fn is_permalink(&self, node: usize) -> bool {
        let within = self.dom.attribute(node, "href").is_some_and(|href| self.base.within(href).is_some());
        let sign = self.dom.words(node);
        within
            && matches!(sign.as_str(), "" | "#" | "¶" | "§" | "🔗" | "∞" | "↩" | "↩︎" | "⚓" | "↑" | "^")
            && self.dom.find(node, "img").is_none()
    }

    /// Whether a link is drawn as a button.
    fn is_button(&self, node: usize) -> bool {
        let named = |class: &str| {
            let class = class.to_ascii_lowercase();
            matches!(class.as_str(), "button" | "btn" | "cta" | "wp-block-button__link" | "kg-btn")
                || class.starts_with("btn-")
                || class.starts_with("button-")
                || ["-button", "-btn", "__button", "__btn", "_button", "_btn"]
                    .iter()
                    .any(|end| class.ends_with(end))
        };
        self.dom.has_class(node, named) || self.dom.attribute(node, "role") == Some("button")
    }

    /// Reads code within a line; links in it stay links.
    fn code_words(&mut self, node: usize, out: &mut Vec<Inline>) {
        let children: Vec<usize> = self.dom.children(node).collect();
        for child in children {
            if let Some(text) = self.dom.text(child) {
                let text = self.mask.restore(text);
                match out.last_mut() {
                    Some(Inline::Code(last)) => last.push_str(&text),
                    _ => out.push(Inline::Code(text)),
                }
            } else if self.is_silent(child) {
                // It shows nothing.
            } else if self.dom.name(child) == "br" {
                out.push(Inline::HardBreak);
            } else {
                let mut inner = Vec::new();
                self.code_words(child, &mut inner);
                match (self.dom.name(child) == "a").then(|| self.href(child)).flatten() {
                    Some(href) => {
                        let span = self.spot(child);
                        out.push(Inline::Link { href, content: inner, span });
                    }
                    None => {
                        for inline in inner {
                            match (out.last_mut(), inline) {
                                (Some(Inline::Code(last)), Inline::Code(more)) => last.push_str(&more),
                                (_, inline) => out.push(inline),
                            }
                        }
                    }
                }
            }
        }
    }
}
