//! Walks the elements of an article and makes blocks of them.

use std::collections::HashSet;

use super::address::Base;
use super::cascade::Looks;
use super::controls::{Forms, Lost};
use super::dom::Dom;
use super::folded;
use super::notes::Notes;
use super::paragraph::pictures;
use super::place::Places;
use super::tidy;
use crate::article::findings::Findings;
use crate::article::{ArticleError, Block, BlockKind, Guess, Image, Inline, Style};
use crate::problem::Span;
use crate::tags::Mask;

/// How deep lists, quotations and boxes may be nested.
pub(super) const DEEPEST: usize = 32;

/// How many nodes before one its place is looked for.
const NEAR: usize = 32;

/// Elements that stand on lines of their own.
const BLOCKS: [&str; 48] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "html",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "plaintext",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// Elements that show nothing in a mail.
pub(super) const SILENT: [&str; 25] = [
    "applet",
    "area",
    "base",
    "canvas",
    "col",
    "colgroup",
    "datalist",
    "fencedframe",
    "frame",
    "frameset",
    "head",
    "link",
    "map",
    "meta",
    "noframes",
    "option",
    "optgroup",
    "param",
    "progress",
    "rp",
    "script",
    "source",
    "style",
    "template",
    "title",
];

/// Elements that show something other than the words within them.
const MEDIA: [&str; 9] =
    ["picture", "noscript", "svg", "math", "iframe", "video", "audio", "embed", "object"];

/// Whether elements of that name stand on lines of their own.
pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

/// What stands around a stretch that has blocks in it.
#[derive(Debug, Clone)]
pub(super) enum Wrap {
    Link { href: String, span: Span },
    Strong,
    Emphasis,
    Strikethrough,
    Styled(Style),
}

impl Wrap {
    pub(super) fn around(&self, content: Vec<Inline>) -> Inline {
        match self {
            Self::Link { href, span } => Inline::Link { href: href.clone(), content, span: *span },
            Self::Strong => Inline::Strong(content),
            Self::Emphasis => Inline::Emphasis(content),
            Self::Strikethrough => Inline::Strikethrough(content),
            Self::Styled(style) => Inline::Styled { style: *style, content },
        }
    }
}

/// A walk over a page. Its depth is bounded by that of the page.
pub(super) struct Walk<'a, 'f> {
    pub(super) dom: &'a Dom,
    pub(super) mask: &'a Mask,
    pub(super) base: &'a Base,
    pub(super) looks: &'a Looks,
    pub(super) places: Places<'a>,
    pub(super) notes: Notes,
    /// What is not part of the article, by number.
    pub(super) left_out: Vec<bool>,
    pub(super) findings: &'f mut Findings,
    pub(super) guesses: Vec<Guess>,
    /// Whether buttons and hidden words are shown.
    pub(super) keep_all: bool,
    /// Whether it is a page of a site, with buttons of its own.
    pub(super) is_site: bool,
    /// What is left out of forms.
    pub(super) lost: Lost,
    /// What the forms send unasked, as far as their buttons were read.
    pub(super) forms: Forms<'a>,
    /// What readers of the page unfold.
    pub(super) panels: HashSet<usize>,
    /// Which elements are, or hold, blocks.
    blocky: Vec<bool>,
    /// Links that are drawn as buttons.
    pub(super) buttons: HashSet<(String, Span)>,
    pub(super) wraps: Vec<Wrap>,
    too_deep: bool,
}

impl<'a, 'f> Walk<'a, 'f> {
    pub(super) fn new(
        dom: &'a Dom,
        mask: &'a Mask,
        base: &'a Base,
        looks: &'a Looks,
        places: Places<'a>,
        findings: &'f mut Findings,
    ) -> Self {
        let mut blocky = vec![false; dom.len()];
        for node in 1..dom.len() {
            if !is_block(dom.name(node)) {
                continue;
            }
            let mut around = node;
            while !blocky[around] && around != 0 && !MEDIA.contains(&dom.name(around)) {
                blocky[around] = true;
                around = dom.parent(around);
            }
        }
        Self {
            dom,
            mask,
            base,
            looks,
            places,
            notes: Notes::default(),
            left_out: vec![false; dom.len()],
            findings,
            guesses: Vec::new(),
            keep_all: false,
            is_site: false,
            lost: Lost::default(),
            forms: Forms::default(),
            panels: folded::panels(dom),
            blocky,
            buttons: HashSet::new(),
            wraps: Vec::new(),
            too_deep: false,
        }
    }

    /// Tells what was made of `text`.
    pub(super) fn guess(&mut self, span: Span, what: impl Into<String>, text: &str) {
        let text = self.mask.restore(text);
        let shown = match text.char_indices().nth(super::SHOWN) {
            Some((cut, _)) => format!("{}…", &text[..cut]),
            None => text,
        };
        self.guesses.push(Guess { span, what: what.into(), text: shown });
    }

    /// Where the tag of `node` stands, or what comes before it.
    pub(super) fn spot(&mut self, node: usize) -> Span {
        let dom = self.dom;
        let near = (node.saturating_sub(NEAR)..=node).rev().find_map(|node| dom.tag(node));
        match near {
            Some(tag) => self.places.tag(tag),
            None => self.places.find(""),
        }
    }

    /// Where the words of `node` stand.
    pub(super) fn place(&mut self, node: usize) -> Span {
        let dom = self.dom;
        self.spot(node);
        let mut texts = dom.subtree(node).filter_map(|inner| dom.text(inner));
        match texts.find(|text| !text.trim().is_empty()) {
            Some(text) => self.places.find(text),
            None => self.places.find(""),
        }
    }

    /// Whether `node` shows nothing.
    pub(super) fn is_silent(&self, node: usize) -> bool {
        if self.left_out[node] {
            return true;
        }
        let name = self.dom.name(node);
        if SILENT.contains(&name) {
            return true;
        }
        let hidden = |class: &str| {
            matches!(
                class,
                "screen-reader-text" | "sr-only" | "visually-hidden" | "visuallyhidden" | "u-visually-hidden"
            )
        };
        !self.keep_all && (self.dom.has_class(node, hidden) || self.is_hidden(node))
    }

    /// Whether `node` is a block or has blocks in it.
    pub(super) fn is_blocky(&self, node: usize) -> bool {
        self.blocky[node]
    }

    /// The blocks within `node`.
    pub(super) fn blocks_of(&mut self, node: usize, depth: usize) -> Vec<Block> {
        let mut out = Vec::new();
        self.flow(node, depth, &mut out);
        out
    }

    /// Reads what stands within `node`: blocks, and paragraphs of what stands between them.
    pub(super) fn flow(&mut self, node: usize, depth: usize, out: &mut Vec<Block>) {
        let children: Vec<usize> = self.dom.children(node).collect();
        self.siblings(&children, depth, out);
    }

    /// Reads nodes that stand one after the other.
    pub(super) fn siblings(&mut self, nodes: &[usize], depth: usize, out: &mut Vec<Block>) {
        if depth > DEEPEST {
            if !self.too_deep {
                self.too_deep = true;
                let span = nodes.first().map_or_else(Span::default, |node| self.place(*node));
                self.findings.error(ArticleError::TooDeep(DEEPEST), span);
            }
            return;
        }
        let mut line = Vec::new();
        let mut first = nodes.first().copied().unwrap_or_default();
        let mut index = 0;
        while let Some(&node) = nodes.get(index) {
            index += 1;
            if self.is_silent(node) {
                continue;
            }
            if !self.is_blocky(node) {
                if line.is_empty() {
                    first = node;
                }
                self.inline(node, &mut line);
                continue;
            }
            self.flush(first, &mut line, out);
            let taken = self.items_without_a_list(&nodes[index - 1..], depth, out);
            if taken > 0 {
                index += taken - 1;
            } else if is_block(self.dom.name(node)) {
                self.block(node, depth, out);
            } else {
                self.around_blocks(node, depth, out);
            }
        }
        self.flush(first, &mut line, out);
    }

    /// Reads an element that marks words and has blocks in it.
    fn around_blocks(&mut self, node: usize, depth: usize, out: &mut Vec<Block>) {
        let before = self.wraps.len();
        let wraps = self.wraps_of(node);
        self.wraps.extend(wraps);
        self.flow(node, depth, out);
        self.wraps.truncate(before);
    }

    fn block(&mut self, node: usize, depth: usize, out: &mut Vec<Block>) {
        let dom = self.dom;
        match dom.name(node) {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(node, out),
            "ul" | "ol" | "menu" | "dir" => self.list(node, depth, out),
            "blockquote" => {
                let span = self.place(node);
                if let Some(quote) = self.quote(node, depth) {
                    out.push(Block { span, kind: quote });
                }
            }
            "pre" | "listing" | "plaintext" => self.code(node, out),
            "table" => self.table(node, depth, out),
            "figure" => self.figure(node, depth, out),
            "hr" => {
                let span = self.spot(node);
                out.push(Block { span, kind: BlockKind::Divider });
            }
            "dl" => self.definitions(node, depth, out),
            "details" => self.details(node, depth, out),
            _ => {
                if !self.boxed(node, depth, out) {
                    self.flow(node, depth, out);
                }
            }
        }
    }

    fn heading(&mut self, node: usize, out: &mut Vec<Block>) {
        let span = self.place(node);
        let content = tidy::line(self.flat(node, &Inline::Text(" ".to_owned())));
        if let Some(figures) = pictures(&content) {
            let figure =
                |image: Image| Block { span: image.span, kind: BlockKind::Figure { image, caption: None } };
            out.extend(figures.into_iter().map(figure));
            return;
        }
        if tidy::is_blank(&content) {
            return;
        }
        let mut content: Vec<Inline> = content
            .into_iter()
            .map(
                |inline| {
                    if matches!(inline, Inline::HardBreak) { Inline::Text(" ".to_owned()) } else { inline }
                },
            )
            .collect();
        while let [Inline::Strong(inner)] = content.as_mut_slice() {
            content = std::mem::take(inner);
        }
        let level = self.dom.name(node)[1..].parse().unwrap_or(2);
        out.push(Block { span, kind: BlockKind::Heading { level, content } });
    }

    /// The words of `node` as one stretch, with `between` at the edges of its blocks.
    pub(super) fn flat(&mut self, node: usize, between: &Inline) -> Vec<Inline> {
        let mut content = Vec::new();
        self.flatten(node, between, &mut content);
        let link = self.wraps.iter().rev().find(|wrap| matches!(wrap, Wrap::Link { .. }));
        match link.filter(|_| !tidy::is_blank(&content)) {
            Some(link) => vec![link.around(content)],
            None => content,
        }
    }

    fn flatten(&mut self, node: usize, between: &Inline, content: &mut Vec<Inline>) {
        let children: Vec<usize> = self.dom.children(node).collect();
        for child in children {
            if self.is_silent(child) {
                continue;
            }
            if !self.is_blocky(child) {
                self.inline(child, content);
                continue;
            }
            if !tidy::is_blank(content) {
                content.push(between.clone());
            }
            let mut inner = Vec::new();
            if self.dom.name(child) == "li" {
                tidy::push_text(&mut inner, "• ");
            }
            self.flatten(child, between, &mut inner);
            let wraps = self.wraps_of(child);
            let inner = wraps.iter().rev().fold(inner, |content, wrap| vec![wrap.around(content)]);
            content.extend(inner);
            content.push(between.clone());
        }
    }
}
