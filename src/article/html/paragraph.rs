//! Makes paragraphs, pictures, buttons and pauses of what stands on a line.

use super::tidy;
use super::walk::{Walk, Wrap};
use crate::article::{Block, BlockKind, Image, Inline, words};
use crate::problem::Span;

impl Walk<'_, '_> {
    /// Makes paragraphs, pictures and buttons of a line that begins with the node `first`.
    pub(super) fn flush(&mut self, first: usize, line: &mut Vec<Inline>, out: &mut Vec<Block>) {
        if line.is_empty() {
            return;
        }
        self.spot(first);
        for content in tidy::paragraphs(std::mem::take(line)) {
            let span = self.place_of(&content);
            self.paragraph(content, span, out);
        }
    }

    fn place_of(&mut self, content: &[Inline]) -> Span {
        let first = first_words(content).map(str::to_owned);
        self.places.find(first.as_deref().unwrap_or_default())
    }

    fn paragraph(&mut self, content: Vec<Inline>, span: Span, out: &mut Vec<Block>) {
        if is_pause(&words(&content)) && content.iter().all(|inline| matches!(inline, Inline::Text(_))) {
            out.push(Block { span, kind: BlockKind::Divider });
            return;
        }
        let link = self.wraps.iter().rev().find_map(|wrap| match wrap {
            Wrap::Link { href, .. } => Some(href.clone()),
            _ => None,
        });
        if let Some(figures) = pictures(&content) {
            for mut image in figures {
                image.href = image.href.or_else(|| link.clone());
                out.push(Block { span: image.span, kind: BlockKind::Figure { image, caption: None } });
            }
            return;
        }
        if self.wraps.is_empty()
            && let Some(buttons) = self.only_buttons(&content)
        {
            for (label, href) in buttons {
                out.push(Block { span, kind: BlockKind::Button { label, href } });
            }
            return;
        }
        let content = self.wrapped(content);
        out.push(Block { span, kind: BlockKind::Paragraph(content) });
    }

    /// `content` with what stands around it in the page.
    pub(super) fn wrapped(&self, content: Vec<Inline>) -> Vec<Inline> {
        self.wraps.iter().rev().fold(content, |content, wrap| vec![wrap.around(content)])
    }

    /// The buttons of a paragraph that has nothing else.
    fn only_buttons(&self, content: &[Inline]) -> Option<Vec<(Vec<Inline>, String)>> {
        let mut buttons = Vec::new();
        for inline in content {
            match inline {
                Inline::Text(text) if text.trim().is_empty() => {}
                Inline::HardBreak => {}
                Inline::Strong(inner) | Inline::Emphasis(inner) if inner.len() == 1 => {
                    buttons.extend(self.only_buttons(inner)?);
                }
                Inline::Link { href, content, span } if self.buttons.contains(&(href.clone(), *span)) => {
                    buttons.push((content.clone(), href.clone()));
                }
                _ => return None,
            }
        }
        (!buttons.is_empty()).then_some(buttons)
    }
}

/// The pictures of a line that has nothing else.
pub(super) fn pictures(content: &[Inline]) -> Option<Vec<Image>> {
    let mut found = Vec::new();
    for inline in content {
        match inline {
            Inline::Text(text) if text.trim().is_empty() => {}
            Inline::HardBreak | Inline::SoftBreak => {}
            Inline::Image(image) => found.push(image.clone()),
            Inline::Link { href, content, .. } => {
                let within = pictures(content)?;
                found.extend(within.into_iter().map(|image| Image { href: Some(href.clone()), ..image }));
            }
            Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Styled { content: inner, .. } => {
                found.extend(pictures(inner)?);
            }
            _ => return None,
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Whether a line is only marks, as pauses are drawn.
fn is_pause(text: &str) -> bool {
    let mut marks = text.chars().filter(|c| !c.is_whitespace());
    let Some(first) = marks.next() else { return false };
    let rest: Vec<char> = marks.collect();
    let all = |kind: &[char]| kind.contains(&first) && rest.iter().all(|c| *c == first);
    text.trim() == "⁂"
        || (rest.len() == 2 && all(&['*', '•', '·', '~', '#']))
        || (rest.len() >= 2 && all(&['-', '—', '_', '*', '=']))
}

fn first_words(content: &[Inline]) -> Option<&str> {
    content.iter().find_map(|inline| match inline {
        Inline::Text(text) | Inline::Code(text) if !text.trim().is_empty() => Some(text.as_str()),
        Inline::Text(_) | Inline::Code(_) => None,
        other => first_words(other.inner().unwrap_or_default()),
    })
}
