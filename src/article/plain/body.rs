//! Makes blocks of the lines below the title.

use std::collections::HashMap;

use super::outline::Heading;
use super::text::{End, column, end, inlines, is_full};
use super::{Line, Reader, list, outline};
use crate::article::{Block, BlockKind, Inline, cite};
use crate::problem::Span;

/// Deepest quotation in a quotation; what is deeper stands in this one.
const DEEPEST_QUOTE: usize = 6;

/// Divided words that show that a text was divided at all.
const EVIDENT: usize = 3;
/// Letters that only typeset pages have.
const LIGATURES: [char; 5] = ['ﬀ', 'ﬁ', 'ﬂ', 'ﬃ', 'ﬄ'];

impl Reader<'_> {
    pub(super) fn blocks(&mut self, lines: &[Line]) -> Vec<Block> {
        let title = self.meta.title.as_ref().map(|title| title.value.clone());
        let headings = outline::headings(lines, title.as_deref());
        self.column = lines.split(Line::is_blank).filter_map(column).max();
        let divided = lines.windows(2).filter(|pair| is_divided(&pair[0], &pair[1])).count();
        self.divides = divided >= EVIDENT || (divided > 0 && self.body.text().contains(LIGATURES));
        self.blocks_between(lines, &headings)
    }

    /// The width at which the lines of `run` were broken. Two lines show none by
    /// themselves, but may follow the column of the other paragraphs.
    fn column_of(&self, run: &[Line]) -> Option<usize> {
        column(run).or_else(|| {
            let column = self.column?;
            let within = run.iter().all(|line| line.width() <= column);
            (within && run.windows(2).all(|pair| is_full(&pair[0], &pair[1], column))).then_some(column)
        })
    }

    fn blocks_between(&mut self, lines: &[Line], headings: &HashMap<usize, Heading>) -> Vec<Block> {
        let body = self.body;
        let place = |span: Span| body.original(span);
        let mut blocks = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let line = &lines[at];
            if line.is_blank() {
                at += 1;
            } else if let Some(heading) = headings.get(&at) {
                let what = format!("heading, level {}: {}", heading.level, heading.why);
                self.guess(line.span, what, &line.text);
                let content = vec![Inline::Text(heading.text.clone())];
                let kind = BlockKind::Heading { level: heading.level, content };
                blocks.push(Block { span: place(line.span), kind });
                at += heading.lines;
            } else if is_divider(&line.text) {
                self.guess(line.span, "divider: a line of marks", &line.text);
                blocks.push(Block { span: place(line.span), kind: BlockKind::Divider });
                at += 1;
            } else if quoted(&line.text).is_some() {
                at = self.marked_quote(lines, at, &mut blocks);
            } else if let Some(rows) = Some(self.tabbed(&lines[at..], &mut blocks)).filter(|rows| *rows > 0) {
                at += rows;
            } else if list::begins(lines, at)
                && let Some(found) = list::read(
                    lines,
                    at,
                    |at| headings.contains_key(&at) || is_divider(&lines[at].text),
                    &place,
                )
            {
                self.tell_list(&found, lines, at);
                blocks.extend(found.blocks);
                at = found.end.max(at + 1);
            } else {
                let run = lines[at..]
                    .iter()
                    .enumerate()
                    .take_while(|(index, line)| {
                        let here = at + index;
                        *index == 0
                            || !(line.is_blank()
                                || headings.contains_key(&here)
                                || list::begins(lines, here)
                                || is_divider(&line.text)
                                || quoted(&line.text).is_some())
                    })
                    .count();
                at = if let Some(end) = self.quote(lines, at, run, &mut blocks) {
                    end
                } else {
                    self.paragraphs(&lines[at..at + run], &mut blocks);
                    at + run
                };
            }
        }
        blocks
    }

    fn tell_list(&mut self, found: &list::Found, lines: &[Line], at: usize) {
        let span = Span::new(lines[at].span.start, lines[found.end.max(at + 1) - 1].span.end);
        let text = &lines[at].text;
        self.guess(span, format!("list of {} items: lines with marks before them", found.items), text);
        if found.leads > 0 {
            self.guess(
                span,
                format!("bold lead-ins: {} items begin with words and a colon", found.leads),
                text,
            );
        }
    }

    /// Makes paragraphs of lines that follow each other.
    fn paragraphs(&mut self, run: &[Line], blocks: &mut Vec<Block>) {
        let widest = run.iter().map(Line::width).max().unwrap_or_default();
        let column = self.column_of(run);
        let mut content = Vec::new();
        let mut start = 0;
        let mut joined = 0;
        for (index, line) in run.iter().enumerate() {
            content.extend(inlines(&line.text, self.body.original(line.span)));
            let after =
                run.get(index + 1).map_or(End::Paragraph, |next| match end(line, next, column, widest) {
                    _ if self.flowed && line.flowed => End::Space,
                    End::Space if self.flowed => End::Line,
                    other => other,
                });
            match after {
                End::Space => {
                    joined += 1;
                    match run.get(index + 1).filter(|next| is_divided(line, next)) {
                        None if run
                            .get(index + 1)
                            .is_some_and(|next| is_unspaced(&line.text, &next.text)) => {}
                        None => content.push(Inline::SoftBreak),
                        // A page divides words; a mail program breaks compounds at their hyphens.
                        Some(_) if self.divides => drop_hyphen(&mut content),
                        Some(_) => {}
                    }
                }
                End::Line => content.push(Inline::HardBreak),
                End::Paragraph => {
                    let span = Span::new(run[start].span.start, line.span.end);
                    if joined > 0 {
                        let what = format!(
                            "paragraph: {} lines that were broken by width are joined",
                            index - start + 1
                        );
                        self.guess(span, what, &run[start].text);
                    }
                    let kind = BlockKind::Paragraph(std::mem::take(&mut content));
                    blocks.push(Block { span: self.body.original(span), kind });
                    (start, joined) = (index + 1, 0);
                }
            }
        }
    }

    /// Reads lines that are wholly within quotation marks, and the name under them.
    fn quote(&mut self, lines: &[Line], at: usize, run: usize, blocks: &mut Vec<Block>) -> Option<usize> {
        let open = lines[at].text.chars().next()?;
        let close = match open {
            '“' | '"' => ['”', '"'],
            '„' => ['“', '”'],
            '‚' => ['‘', '’'],
            '«' => ['»', '»'],
            '»' => ['«', '«'],
            _ => return None,
        };
        let named = |at: usize| {
            // Of several lines with dashes each is said by somebody else, or is an item.
            let next = lines[at + 1..].iter().find(|line| !line.is_blank());
            let marked = next.is_some_and(|next| cite::is_dashed(&next.text) || list::is_bullet(&next.text));
            cite::name(&lines[at].text).filter(|_| !marked).map(str::to_owned)
        };
        let mut end = at + run;
        let mut cite = None;
        if run > 1 {
            cite = named(end - 1);
        }
        let last = if cite.is_some() { end - 1 } else { end };
        let ends = lines[at..last].iter().map(|line| line.text.matches(close).count()).sum::<usize>();
        let expected = if open == '"' { 2 } else { 1 };
        if ends != expected || !lines[last - 1].text.ends_with(close) {
            return None;
        }
        if cite.is_none()
            && let Some(next) = lines[end..].iter().position(|line| !line.is_blank()).map(|next| end + next)
            && let Some(name) = named(next)
        {
            cite = Some(name);
            end = next + 1;
        }
        let mut inner = Vec::new();
        self.paragraphs(&lines[at..last], &mut inner);
        let span = Span::new(lines[at].span.start, lines[end - 1].span.end);
        self.guess(span, "quotation: a paragraph within quotation marks", &lines[at].text);
        self.push_quote(span, inner, cite, blocks);
        Some(end)
    }

    /// Reads lines that begin with `>`.
    fn marked_quote(&mut self, lines: &[Line], at: usize, blocks: &mut Vec<Block>) -> usize {
        let count = lines[at..].iter().take_while(|line| quoted(&line.text).is_some()).count();
        let mut inner_lines: Vec<Line> = lines[at..at + count].to_vec();
        for line in &mut inner_lines {
            let mut text = quoted(&line.text).unwrap_or(&line.text);
            // Each level is read by itself, and so many only.
            while is_too_deep(text) {
                text = quoted(text.trim_start()).unwrap_or_default();
            }
            line.indent = (text.len() - text.trim_start().len()).saturating_sub(1);
            line.text = text.trim_start().to_owned();
        }
        let cite = match inner_lines.as_slice() {
            [.., above, last] if !cite::is_dashed(&above.text) => cite::name(&last.text).map(str::to_owned),
            _ => None,
        };
        if cite.is_some() {
            inner_lines.pop();
        }
        let inner = self.blocks_between(&inner_lines, &HashMap::new());
        let span = Span::new(lines[at].span.start, lines[at + count - 1].span.end);
        self.guess(span, "quotation: lines marked with >", &lines[at].text);
        self.push_quote(span, inner, cite, blocks);
        at + count
    }

    fn push_quote(&self, span: Span, inner: Vec<Block>, cite: Option<String>, blocks: &mut Vec<Block>) {
        if inner.is_empty() && cite.is_none() {
            return;
        }
        let span = self.body.original(span);
        let cite = cite.map(|name| inlines(&name, span));
        blocks.push(Block { span, kind: BlockKind::Quote { blocks: inner, cite } });
    }
}

/// Whether a word goes on from `line` to `next` across a hyphen.
fn is_divided(line: &Line, next: &Line) -> bool {
    let stem = line.text.strip_suffix('-');
    stem.is_some_and(|stem| stem.ends_with(char::is_alphabetic)) && next.text.starts_with(char::is_lowercase)
}

fn drop_hyphen(content: &mut [Inline]) {
    if let Some(Inline::Text(text)) = content.last_mut() {
        text.pop();
    }
}

/// Whether `text` is in more quotations than are told apart.
fn is_too_deep(text: &str) -> bool {
    let mut rest = Some(text);
    for _ in 0..DEEPEST_QUOTE {
        rest = rest.and_then(|text| quoted(text.trim_start()));
    }
    rest.is_some()
}

/// Whether a line ends and the next begins in a script that is written without spaces.
fn is_unspaced(line: &str, next: &str) -> bool {
    let wide = |c: Option<char>| {
        c.is_some_and(
            |c| matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}'),
        )
    };
    wide(line.chars().next_back()) && wide(next.chars().next())
}

/// What follows the `>` of a marked quotation. `>50%` is none.
pub(super) fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('>').filter(|rest| rest.is_empty() || rest.starts_with([' ', '>']))
}

fn is_divider(text: &str) -> bool {
    let mut marks = text.chars().filter(|c| *c != ' ');
    let Some(first) = marks.next().filter(|c| matches!(c, '-' | '*' | '_' | '=' | '~' | '—' | '–' | '#'))
    else {
        return false;
    };
    let rest: Vec<char> = marks.collect();
    rest.len() >= 2 && rest.iter().all(|c| *c == first)
}
