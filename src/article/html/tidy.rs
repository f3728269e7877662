//! Sets white space in running text as browsers do.

use crate::article::Inline;

/// A space that no line breaks at.
const HARD: char = '\u{a0}';

/// Collapses the white space of `content` and cuts it at empty lines. Stretches without
/// words are dropped, and the space at the ends of stressed or linked words stands
/// outside of them.
pub(super) fn paragraphs(content: Vec<Inline>) -> Vec<Vec<Inline>> {
    let mut out = Vec::new();
    collapse(content, &mut true, &mut out);
    let mut paragraphs = Vec::new();
    let mut breaks = 0;
    let mut current: Vec<Inline> = Vec::new();
    for inline in out {
        if matches!(inline, Inline::HardBreak) {
            breaks += 1;
            continue;
        }
        if breaks > 1 {
            paragraphs.push(std::mem::take(&mut current));
        } else if breaks == 1 && !current.is_empty() {
            current.push(Inline::HardBreak);
        }
        breaks = 0;
        current.push(inline);
    }
    paragraphs.push(current);
    for paragraph in &mut paragraphs {
        trim(paragraph);
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// Collapses the white space of a stretch that is one line, such as a heading.
pub(super) fn line(content: Vec<Inline>) -> Vec<Inline> {
    let mut paragraphs = paragraphs(content).into_iter();
    let mut line = paragraphs.next().unwrap_or_default();
    for more in paragraphs {
        line.push(Inline::HardBreak);
        line.extend(more);
    }
    line
}

/// Appends words; neighbouring texts become one.
pub(super) fn push_text(out: &mut Vec<Inline>, text: &str) {
    match out.last_mut() {
        Some(Inline::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => out.push(Inline::Text(text.to_owned())),
    }
}

/// Whether `content` shows nothing.
pub(super) fn is_blank(content: &[Inline]) -> bool {
    content.iter().all(|inline| match inline {
        Inline::Text(text) | Inline::Code(text) => text.trim().is_empty(),
        Inline::SoftBreak | Inline::HardBreak => true,
        Inline::Image(_) | Inline::Footnote(_) => false,
        other => is_blank(other.inner().unwrap_or_default()),
    })
}

fn collapse(content: Vec<Inline>, spaced: &mut bool, out: &mut Vec<Inline>) {
    for inline in content {
        match inline {
            Inline::Text(text) => push_text(out, &collapsed(&text, spaced)),
            Inline::Code(text) => {
                let text = collapsed(&text, &mut false);
                *spaced = false;
                match out.last_mut() {
                    Some(Inline::Code(last)) => last.push_str(&text),
                    _ => out.push(Inline::Code(text)),
                }
            }
            Inline::SoftBreak => push_text(out, &collapsed(" ", spaced)),
            Inline::HardBreak => {
                trim_end(out);
                *spaced = true;
                out.push(Inline::HardBreak);
            }
            Inline::Image(_) | Inline::Footnote(_) => {
                *spaced = false;
                out.push(inline);
            }
            Inline::Emphasis(mut inner) => {
                while let [Inline::Emphasis(same)] = inner.as_mut_slice() {
                    inner = std::mem::take(same);
                }
                wrap(inner, spaced, out, Inline::Emphasis);
            }
            Inline::Strong(mut inner) => {
                while let [Inline::Strong(same)] = inner.as_mut_slice() {
                    inner = std::mem::take(same);
                }
                wrap(inner, spaced, out, Inline::Strong);
            }
            Inline::Strikethrough(inner) => wrap(inner, spaced, out, Inline::Strikethrough),
            Inline::Styled { style, content } => {
                wrap(content, spaced, out, |content| Inline::Styled { style, content });
            }
            Inline::Link { href, content, span } => {
                wrap(content, spaced, out, |content| Inline::Link { href, content, span });
            }
        }
    }
}

fn wrap(
    content: Vec<Inline>,
    spaced: &mut bool,
    out: &mut Vec<Inline>,
    whole: impl FnOnce(Vec<Inline>) -> Inline,
) {
    let mut inner = Vec::new();
    let before = *spaced;
    collapse(content, spaced, &mut inner);
    if take_space(&mut inner, true) && !before {
        push_text(out, " ");
    }
    let after = take_space(&mut inner, false);
    inner.retain(|inline| !matches!(inline, Inline::Text(text) if text.is_empty()));
    let ends = inner.iter().rev().take_while(|inline| matches!(inline, Inline::HardBreak)).count();
    inner.truncate(inner.len() - ends);
    if is_blank(&inner) {
        // What was only space is space.
        if !inner.is_empty() && !before && !after {
            push_text(out, " ");
            *spaced = true;
        }
    } else {
        out.push(whole(inner));
    }
    if after {
        push_text(out, " ");
    }
    out.extend(std::iter::repeat_n(Inline::HardBreak, ends));
}

/// Takes a space off the edge of a stretch.
fn take_space(content: &mut [Inline], start: bool) -> bool {
    let edge = if start { content.first_mut() } else { content.last_mut() };
    let Some(Inline::Text(text)) = edge else { return false };
    let cut = if start { text.strip_prefix(' ') } else { text.strip_suffix(' ') };
    match cut.map(str::to_owned) {
        Some(rest) => {
            *text = rest;
            true
        }
        None => false,
    }
}

/// `text` with single spaces. Characters that steer machines or have no width are
/// dropped, but for the joiners of Persian, Hindi and emoji.
fn collapsed(text: &str, spaced: &mut bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut hard = false;
    for character in text.chars() {
        match character {
            ' ' | '\t' | '\n' | '\r' | '\u{c}' => {
                if hard {
                    out.pop();
                    (hard, *spaced) = (false, false);
                }
                if !*spaced {
                    out.push(' ');
                }
                *spaced = true;
            }
            HARD if *spaced => {}
            HARD if hard => {
                out.pop();
                out.push(' ');
                (hard, *spaced) = (false, true);
            }
            HARD => {
                out.push(HARD);
                hard = true;
            }
            '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{2028}' | '\u{2029}' => {}
            control if control.is_control() => {}
            other => {
                out.push(other);
                (hard, *spaced) = (false, false);
            }
        }
    }
    out
}

fn trim(content: &mut Vec<Inline>) {
    while let Some(Inline::HardBreak) = content.first() {
        content.remove(0);
    }
    if let Some(Inline::Text(text)) = content.first_mut() {
        *text = text.trim_start().to_owned();
    }
    trim_end(content);
    content.retain(|inline| !matches!(inline, Inline::Text(text) if text.is_empty()));
    if is_blank(content) {
        content.clear();
    }
}

fn trim_end(content: &mut Vec<Inline>) {
    while let Some(last) = content.last_mut() {
        match last {
            Inline::Text(text) => {
                text.truncate(text.trim_end().len());
                if !text.is_empty() {
                    return;
                }
                content.pop();
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.to_owned())
    }

    #[test]
    fn space_is_collapsed_across_stretches_and_moved_out_of_them() {
        let content = vec![text("\n  Ink "), Inline::Strong(vec![text(" and  lead ")]), text(" on\npaper. ")];
        let expected = vec![text("Ink "), Inline::Strong(vec![text("and lead")]), text(" on paper.")];
        assert_eq!(paragraphs(content), [expected]);
    }

    #[test]
    fn two_line_ends_begin_a_paragraph_and_one_stays() {
        let content = vec![
            text("a "),
            Inline::HardBreak,
            text(" b"),
            Inline::HardBreak,
            text("\n"),
            Inline::HardBreak,
            text("c\u{a0}"),
            Inline::HardBreak,
        ];
        assert_eq!(paragraphs(content), [vec![text("a"), Inline::HardBreak, text("b")], vec![text("c")]]);
    }

    #[test]
    fn hard_spaces_stay_between_words_and_fill_nothing() {
        assert_eq!(paragraphs(vec![text("10\u{a0}km\u{a0} a\u{a0}\u{a0}b")]), [vec![text("10\u{a0}km a b")]]);
        assert!(paragraphs(vec![text("\u{a0}"), Inline::Strong(vec![text("\u{a0} ")])]).is_empty());
    }
}
