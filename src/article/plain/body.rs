//! Makes blocks of the lines below the title.

use super::text::{End, end, inlines};
use super::{Line, Reader, list, outline};
use crate::article::{Block, BlockKind, Inline};
use crate::problem::Span;

/// Longest name under a quotation, in words.
const LONGEST_NAME: usize = 12;

impl Reader<'_> {
    pub(super) fn blocks(&mut self, lines: &[Line]) -> Vec<Block> {
        let title = self.meta.title.as_ref().map(|title| title.value.clone());
        let headings = outline::headings(lines, title.as_deref());
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
            } else if line.text.starts_with('>') {
                at = self.marked_quote(lines, at, &mut blocks);
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
                                || line.text.starts_with('>'))
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
        let mut content = Vec::new();
        let mut start = 0;
        let mut joined = 0;
        for (index, line) in run.iter().enumerate() {
            content.extend(inlines(&line.text, self.body.original(line.span)));
            let after = run.get(index + 1).map_or(End::Paragraph, |next| end(line, next, widest));
            match after {
                End::Space => {
                    joined += 1;
                    content.push(Inline::SoftBreak);
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
            '«' => ['»', '»'],
            _ => return None,
        };
        let named = |line: &Line| attribution(&line.text).map(str::to_owned);
        let mut end = at + run;
        let mut cite = None;
        if let (true, Some(name)) = (run > 1, named(&lines[end - 1])) {
            cite = Some(name);
        }
        let last = if cite.is_some() { end - 1 } else { end };
        let ends = lines[at..last].iter().map(|line| line.text.matches(close).count()).sum::<usize>();
        let expected = if open == '"' { 2 } else { 1 };
        if ends != expected || !lines[last - 1].text.ends_with(close) {
            return None;
        }
        if cite.is_none()
            && let Some(next) = lines[end..].iter().position(|line| !line.is_blank()).map(|next| end + next)
            && let Some(name) = named(&lines[next])
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
        let count = lines[at..].iter().take_while(|line| line.text.starts_with('>')).count();
        let mut inner_lines: Vec<Line> = lines[at..at + count].to_vec();
        for line in &mut inner_lines {
            line.text = line.text.trim_start_matches(['>', ' ']).to_owned();
        }
        let cite = inner_lines
            .last()
            .filter(|_| count > 1)
            .and_then(|line| attribution(&line.text))
            .map(str::to_owned);
        if cite.is_some() {
            inner_lines.pop();
        }
        let mut inner = Vec::new();
        for run in inner_lines.split(Line::is_blank).filter(|run| !run.is_empty()) {
            self.paragraphs(run, &mut inner);
        }
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

/// The name after the dash of a line such as `— Ada Lovelace`.
fn attribution(text: &str) -> Option<&str> {
    let name = ["—", "–", "--", "- "].iter().find_map(|dash| text.strip_prefix(dash))?.trim_start();
    let words = name.split_whitespace().count();
    (name.starts_with(char::is_alphabetic) && words <= LONGEST_NAME).then_some(name)
}

fn is_divider(text: &str) -> bool {
    let mut marks = text.chars().filter(|c| *c != ' ');
    let Some(first) = marks.next().filter(|c| matches!(c, '-' | '*' | '_' | '=' | '~' | '—' | '–'))
    else {
        return false;
    };
    let rest: Vec<char> = marks.collect();
    rest.len() >= 2 && rest.iter().all(|c| *c == first)
}
