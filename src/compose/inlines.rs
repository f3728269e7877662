//! Sets the words within blocks, and the notes they refer to.

use crate::article::{Block, BlockKind, Footnote, Inline};
use crate::problem::Span;

use super::boxes;
use super::direction::{self, Direction};
use super::html::Setter;
use super::words::{escape_into, joined_end, opening_words};

impl Setter<'_, '_> {
    /// A paragraph whose first words the theme sets in capitals.
    pub(super) fn opening(&mut self, content: &[Inline], span: Span) {
        let words = match content.first() {
            Some(Inline::Text(text)) if !self.is_tagged(text) => opening_words(text),
            _ => "",
        };
        let (Some(Inline::Text(text)), false) = (content.first(), words.is_empty()) else {
            return self.inlines(content, span);
        };
        self.push("<span class=\"opening\">");
        escape_into(&mut self.out, words);
        self.push("</span>");
        escape_into(&mut self.out, &text[words.len()..]);
        self.inlines(&content[1..], span);
    }

    pub(super) fn footnote(&mut self, index: usize, note: &Footnote) {
        let number = index + 1;
        let back = if self.references[index] > 0 {
            format!("<a href=\"#r{number}\">{number}</a>. ")
        } else {
            format!("{number}. ")
        };
        let runs = direction::of_blocks(&note.blocks, self.mask());
        self.turning(runs, |setter, turn| {
            let mut blocks = note.blocks.as_slice();
            setter.put(format_args!("<p id=\"fn{number}\"{turn}>{back}"));
            if let Some((Block { kind: BlockKind::Paragraph(content), span }, rest)) = blocks.split_first() {
                setter.inlines(content, *span);
                blocks = rest;
            }
            setter.push("</p>\n");
            setter.blocks(blocks);
        });
    }

    /// Inlines whose last two words stay on one line.
    pub(super) fn inlines_joined(&mut self, content: &[Inline], span: Span) {
        if let Some((Inline::Text(text), rest)) = content.split_last() {
            self.inlines(rest, span);
            escape_into(&mut self.out, &joined_end(text));
        } else {
            self.inlines(content, span);
        }
    }

    pub(super) fn inlines(&mut self, content: &[Inline], span: Span) {
        for inline in content {
            match inline {
                Inline::Text(text) => escape_into(&mut self.out, text),
                Inline::SoftBreak => self.push("\n"),
                Inline::HardBreak => self.push("<br>"),
                Inline::Emphasis(content) => self.wrapped("em", content, span),
                Inline::Strong(content) => self.wrapped("strong", content, span),
                Inline::Strikethrough(content) => self.wrapped("s", content, span),
                Inline::Styled { style, content } => self.wrapped(boxes::element(*style), content, span),
                Inline::Code(text) => {
                    // Among words from right to left its signs would change places.
                    let turned = self.direction == Direction::RightToLeft;
                    self.push(if turned { "<code dir=\"auto\">" } else { "<code>" });
                    escape_into(&mut self.out, text);
                    self.push("</code>");
                }
                Inline::Link { href, content, span } => match self.href(href, *span) {
                    Some(href) => {
                        self.open_link(&href);
                        self.deeper(*span, |setter| setter.inlines(content, *span));
                        self.push("</a>");
                    }
                    None => self.deeper(*span, |setter| setter.inlines(content, *span)),
                },
                Inline::Image(image) => {
                    let room = self.room;
                    let is_known = image.width.is_some() || self.pictures.get(&image.src).is_some();
                    let width = is_known.then(|| self.width_of(image, room));
                    self.picture(image, width, " class=\"inline\"");
                }
                Inline::Footnote(index) => self.reference(*index),
            }
        }
    }

    fn wrapped(&mut self, tag: &str, content: &[Inline], span: Span) {
        self.put(format_args!("<{tag}>"));
        self.deeper(span, |setter| setter.inlines(content, span));
        self.put(format_args!("</{tag}>"));
    }

    fn reference(&mut self, index: usize) {
        let Some(times) = self.references.get_mut(index) else { return };
        *times += 1;
        let (number, times) = (index + 1, *times);
        let id = if times == 1 { format!("r{number}") } else { format!("r{number}-{times}") };
        self.put(format_args!("<sup><a href=\"#fn{number}\" id=\"{id}\">{number}</a></sup>"));
    }
}
