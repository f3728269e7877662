//! Makes paragraphs, pictures, buttons and pauses of what stands on a line.

use std::collections::BTreeSet;

use super::tidy;
use super::walk::{Walk, Wrap};
use crate::article::{Block, BlockKind, Image, Inline, words};
use crate::problem::Span;
use crate::tags::{TagId, TagKind};

impl Walk<'_, '_> {
    /// Makes paragraphs, pictures and buttons of a line that begins with the node `first`.
    pub(super) fn flush(&mut self, first: usize, line: &mut Vec<Inline>, out: &mut Vec<Block>) {
        if line.is_empty() {
            return;
        }
        self.spot(first);
        for content in self.apart(std::mem::take(line)).into_iter().flat_map(tidy::paragraphs) {
            let span = self.place_of(&content);
            self.paragraph(content, span, out);
        }
    }

    /// Cuts a line at controls that have their counterpart beyond it: blocks stand between
    /// them, so each is a line of its own.
    fn apart(&self, line: Vec<Inline>) -> Vec<Vec<Inline>> {
        let unpaired = self.unpaired(&line);
        if unpaired.is_empty() {
            return vec![line];
        }
        let mut lines = vec![Vec::new()];
        for inline in line {
            let Inline::Text(text) = inline else {
                lines.last_mut().expect("it is never empty").push(inline);
                continue;
            };
            let mut copied = 0;
            for found in self.mask.find(&text).iter().filter(|found| unpaired.contains(&found.id)) {
                let before = Inline::Text(text[copied..found.span.start].to_owned());
                lines.last_mut().expect("it is never empty").push(before);
                lines.push(vec![Inline::Text(text[found.span.start..found.span.end].to_owned())]);
                lines.push(Vec::new());
                copied = found.span.end;
            }
            lines.last_mut().expect("it is never empty").push(Inline::Text(text[copied..].to_owned()));
        }
        lines
    }

    /// The controls of a line that have no counterpart in it.
    fn unpaired(&self, line: &[Inline]) -> BTreeSet<TagId> {
        let texts = line.iter().filter_map(|inline| match inline {
            Inline::Text(text) => Some(text),
            _ => None,
        });
        let mut open: Vec<Vec<TagId>> = Vec::new();
        let mut unpaired = BTreeSet::new();
        for found in texts.flat_map(|text| self.mask.find(text)) {
            match (self.mask.tag(found.id).kind, open.last_mut()) {
                (TagKind::Hole, _) => {}
                (TagKind::Open, _) => open.push(vec![found.id]),
                (TagKind::Middle, Some(last)) => last.push(found.id),
                (TagKind::Close, Some(_)) => _ = open.pop(),
                (TagKind::Middle | TagKind::Close, None) => _ = unpaired.insert(found.id),
            }
        }
        unpaired.extend(open.into_iter().flatten());
        unpaired
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
