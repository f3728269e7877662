//! Finds where a place of a filled layout was typed in the files of its theme.
//!
//! The layout is filled once more with a mark before every stretch that stands in a
//! file as it is. The marks survive includes, loops and conditions, and say of each
//! stretch which file it is of and where it begins there; what was filled in belongs to
//! the tag that follows the stretch before it.

use std::fmt::Write;

use serde_json::Value;

use super::template;
use super::theme::Theme;
use crate::problem::{Condition, Problem, Source, Span};
use crate::tags::Mask;

/// Around a mark: characters for private use, which no layout has a use for.
const BEGIN: char = '\u{f0000}';
const END: char = '\u{f0001}';

/// A file of a theme as it was typed, beside its text without merge tags.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    source: Source,
    /// What is the same in both: where in the text without tags, where as typed, and
    /// how long.
    same: Vec<(usize, usize, usize)>,
}

impl Typed {
    /// Pairs `source` with `text`, in which the sentinels of `mask` stand for its tags,
    /// some of them within remarks.
    pub(super) fn of(source: &Source, text: &str, mask: &Mask) -> Self {
        let typed = source.text();
        let mut same = Vec::new();
        let mut done = 0;
        let tags = mask.find(text).into_iter().map(|found| (found.span.start, mask.tag(found.id).span));
        let end = (text.len(), Span::new(typed.len(), typed.len()));
        for (start, tag) in tags.chain([end]) {
            let stretch = typed.get(done..tag.start).unwrap_or_default();
            let begin = [0, "<!--".len()]
                .iter()
                .filter_map(|before| start.checked_sub(before + stretch.len()))
                .find(|begin| text[*begin..].starts_with(stretch));
            same.extend(begin.map(|begin| (begin, done, stretch.len())));
            done = tag.end;
        }
        Self { source: source.clone(), same }
    }

    /// Where `at` was typed; within a tag, its beginning.
    fn position(&self, at: usize) -> usize {
        let next = self.same.partition_point(|(begin, _, _)| *begin <= at);
        next.checked_sub(1).map_or(0, |index| {
            let (begin, typed, length) = self.same[index];
            typed + (at - begin).min(length)
        })
    }
}

/// Where the stretches of a filled layout come from.
pub(super) struct Origin {
    files: Vec<Typed>,
    /// In order: where it begins in the filled layout, its file, where it begins there,
    /// and how long it is.
    stretches: Vec<(usize, usize, usize, usize)>,
}

impl Origin {
    /// Fills the layout of `theme` once more; nothing if that gives another text than
    /// `filled`, as it does when a template counts the characters of its own text.
    pub(super) fn of(theme: &Theme, values: &Value, filled: &str) -> Option<Self> {
        let mut files = Vec::new();
        let marked = theme.rewritten(|file, source| {
            let text = marked(source.text(), files.len());
            let typed = theme.typed(file);
            files.push(typed.unwrap_or_else(|| Typed {
                source: source.clone(),
                same: vec![(0, 0, source.text().len())],
            }));
            text
        });
        let rendered = template::render(&marked.ok()?, "layout.mjml", values).ok()?;
        let mut stretches = Vec::new();
        let mut parts = rendered.split(BEGIN);
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (mark, rest) = part.split_once(END)?;
            let mut numbers = mark.split('.').map(|number| number.parse().ok());
            stretches.push((text.len(), numbers.next()??, numbers.next()??, numbers.next()??));
            text.push_str(rest);
        }
        (text == filled).then_some(Self { files, stretches })
    }

    /// The file and the place in it of `at`, a place of the filled layout.
    fn position(&self, at: usize) -> Option<(&Typed, usize)> {
        let next = self.stretches.partition_point(|(begin, ..)| *begin <= at);
        // What stands before the first stretch is taken for its beginning.
        let (begin, file, from, length) = *self.stretches.get(next.saturating_sub(1))?;
        let typed = self.files.get(file)?;
        Some((typed, typed.position(from + at.saturating_sub(begin).min(length))))
    }

    /// The source of `span` and where it stands in it.
    pub(super) fn place(&self, span: Span) -> Option<(&Source, Span)> {
        let (typed, start) = self.position(span.start)?;
        let source = &typed.source;
        let end = self
            .position(span.end)
            .filter(|(other, end)| std::ptr::eq(*other, typed) && *end > start)
            .map_or(start + 1, |(_, end)| end);
        // What was filled in is shown as the tag that it comes from.
        let tag = source.text()[start..].strip_prefix("[[").and_then(|rest| rest.find("]]"));
        let end = tag.map_or(end, |length| end.max(start + length + 4));
        Some((source, Span::new(start, end)))
    }

    /// A problem of the filled layout where it was typed.
    pub(super) fn problem(
        origin: Option<&Self>,
        filled: &str,
        condition: impl Condition,
        span: Span,
    ) -> Problem {
        match origin.and_then(|origin| origin.place(span)) {
            Some((source, span)) => Problem::at(condition, source, span),
            None => Problem::at(condition, &Source::new("layout.mjml (as filled)", filled), span),
        }
    }
}

/// Puts marks before the stretches of `text` that are filled in as they stand: one a
/// line, and one after each tag. Before none but white space, which tags may take away.
fn marked(text: &str, file: usize) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut at = 0;
    while at < text.len() {
        let tag = text[at..].find('[').map(|found| at + found);
        let tag = tag.and_then(|tag| tag_end(&text[tag..]).map(|length| (tag, tag + length)));
        let next = match tag {
            Some((tag, _)) if tag > at => tag,
            Some((tag, end)) => {
                out.push_str(&text[tag..end]);
                at = end;
                continue;
            }
            // A bracket that begins no tag.
            None => text[at + 1..].find('[').map_or(text.len(), |found| at + 1 + found),
        };
        for line in text[at..next].split_inclusive('\n') {
            let space = line.len() - line.trim_start().len();
            out.push_str(&line[..space]);
            if space < line.len() {
                let _ = write!(out, "{BEGIN}{file}.{}.{}{END}", at + space, line.len() - space);
            }
            out.push_str(&line[space..]);
            at += line.len();
        }
    }
    out
}

/// How long the tag is that `text` begins with. Quotes within it may hold its end.
fn tag_end(text: &str) -> Option<usize> {
    let end = match text.as_bytes().get(1)? {
        b'[' => "]]",
        b'%' => "%]",
        b'#' => return text.find("#]").map(|at| at + 2),
        _ => return None,
    };
    let mut quote = None;
    for (at, c) in text.char_indices().skip(2) {
        match quote {
            None if text[at..].starts_with(end) => return Some(at + 2),
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            Some(open) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_before_words_and_never_in_tags() {
        let text = "a\n  b [[ \"]]\" ]]c[% if x -%]\n d [# e #]\n[f] [";
        let plain: String = marked(text, 7)
            .split(BEGIN)
            .map(|part| {
                part.split_once(END).map_or(part, |(mark, rest)| {
                    let numbers: Vec<usize> = mark.split('.').map(|number| number.parse().unwrap()).collect();
                    assert_eq!(numbers[0], 7);
                    assert_eq!(&text[numbers[1]..numbers[1] + numbers[2]], &rest[..numbers[2]]);
                    assert!(!rest.starts_with(char::is_whitespace));
                    rest
                })
            })
            .collect();
        assert_eq!(plain, text);
        assert_eq!(marked(text, 7).matches(BEGIN).count(), 6);
    }

    #[test]
    fn a_place_after_a_merge_tag_is_where_it_was_typed() {
        let text = "<p>{% if subscriber.x %}{{ subscriber.name }} <b></p>";
        let source = Source::new("layout.mjml", text);
        let mut mask = Mask::avoiding(text);
        let masked = mask.mask(&source, text, 0).text;
        let commented = masked.replacen("<p>", "<p><!--", 1).replacen('z', "z-->", 1);
        let typed = Typed::of(&source, &commented, &mask);
        let at = commented.find("<b>").unwrap();
        assert_eq!(typed.position(at), text.find("<b>").unwrap());
        assert_eq!(typed.position(0), 0);
    }
}
