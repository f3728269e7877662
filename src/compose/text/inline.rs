//! Text within a block, and the links it leaves to be listed.
//!
//! Strong and stressed words stand as plain words, which is how people write mail. A
//! link becomes `words [1]`, and `[1] address` follows at the end of the section.

use std::collections::HashMap;

use unicode_width::UnicodeWidthStr;

use super::WIDTH;
use super::wrap::{Flow, broken, cleaned, is_stripped, shown_width};
use crate::article::{Image, Inline};
use crate::tags::{Mask, TagKind};

/// The links of a mail: one number an address, and those still to be listed.
pub(super) struct Links<'a> {
    mask: &'a Mask,
    numbers: HashMap<String, usize>,
    /// What was used since it was last listed; one list for the mail and one for each
    /// recipient control that is open, innermost last.
    used: Vec<Vec<(usize, String)>>,
    /// How many conditions within a block are open: what stands in them has its
    /// address beside it, because a list at the end would show it to everybody.
    within: usize,
}

impl<'a> Links<'a> {
    /// No links yet.
    pub(super) fn new(mask: &'a Mask) -> Self {
        Self { mask, numbers: HashMap::new(), used: vec![Vec::new()], within: 0 }
    }

    /// Passes a control that stands within a block.
    pub(super) fn pass(&mut self, kind: TagKind) {
        match kind {
            TagKind::Open => self.within += 1,
            TagKind::Close => self.within = self.within.saturating_sub(1),
            TagKind::Middle | TagKind::Hole => {}
        }
    }

    /// Enters a part that not every recipient gets. Its links are listed inside it.
    pub(super) fn enter(&mut self) {
        self.used.push(Vec::new());
    }

    /// Leaves that part, and gives the lines that list its links.
    pub(super) fn leave(&mut self) -> Vec<String> {
        let lines = self.list();
        if self.used.len() > 1 {
            self.used.pop();
        }
        lines
    }

    /// The lines that list what was used in the current part since the last time.
    pub(super) fn list(&mut self) -> Vec<String> {
        let mut used = self.used.last_mut().map(std::mem::take).unwrap_or_default();
        used.sort_unstable_by_key(|(number, _)| *number);
        let mut lines = Vec::with_capacity(used.len());
        for (number, href) in used {
            // A long address is alone on its line.
            if shown_width(self.mask, &href) > WIDTH {
                lines.extend([format!("[{number}]"), href]);
            } else {
                lines.push(format!("[{number}] {href}"));
            }
        }
        lines
    }

    /// The number of an address.
    fn number(&mut self, href: String) -> usize {
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(href.clone()).or_insert(next);
        let listed = self.used.iter().flatten().any(|(used, _)| *used == number);
        if let (false, Some(used)) = (listed, self.used.last_mut()) {
            used.push((number, href));
        }
        number
    }

    /// Sets inline content as a flow.
    pub(super) fn flow(&mut self, content: &[Inline]) -> Flow<'a> {
        let mut flow = Flow::new(self.mask);
        self.set(content, &mut flow);
        flow
    }

    /// Sets inline content.
    pub(super) fn set(&mut self, content: &[Inline], flow: &mut Flow<'a>) {
        for inline in content {
            match inline {
                Inline::Text(text) => {
                    flow.text(text);
                    for found in self.mask.find(text) {
                        self.pass(self.mask.tag(found.id).kind);
                    }
                }
                Inline::Code(text) => flow.text(text),
                Inline::SoftBreak => flow.space(),
                Inline::HardBreak => flow.line(),
                Inline::Emphasis(content) | Inline::Strong(content) | Inline::Styled { content, .. } => {
                    self.set(content, flow);
                }
                // Without a mark, words that were taken back would read as said.
                Inline::Strikethrough(content) => {
                    flow.whole("~");
                    self.set(content, flow);
                    flow.whole("~");
                }
                Inline::Link { href, content, .. } => self.link(href, Some(content), flow),
                Inline::Image(image) => self.image(image, flow),
                Inline::Footnote(index) => flow.whole(&footnote_mark(*index)),
            }
        }
    }

    /// Sets a picture: what it shows, for it cannot be seen.
    pub(super) fn image(&mut self, image: &Image, flow: &mut Flow<'a>) {
        if !image.alt.trim().is_empty() {
            flow.text(&format!("[Image: {}]", image.alt.trim()));
        }
        if let Some(href) = &image.href {
            self.link(href, None, flow);
        }
    }

    fn link(&mut self, href: &str, content: Option<&[Inline]>, flow: &mut Flow<'a>) {
        let named = content.unwrap_or_default();
        let mut words = Flow::new(self.mask);
        say(named, &mut words);
        let words = words.joined();
        let shown = shown_address(self.mask, href);
        if shown.is_empty() || href.trim_start().starts_with('#') {
            self.set(named, flow);
        } else if bare(&words) == bare(&shown) || bare(&words) == bare(href) {
            flow.address(&shown);
        } else if is_mail(href) || self.within > 0 {
            self.set(named, flow);
            if words.is_empty() {
                flow.address(&shown);
            } else {
                flow.space();
                flow.address(&format!("({shown})"));
            }
        } else {
            self.set(named, flow);
            let number = self.number(shown);
            // A number alone at the start of a line would look like the list itself.
            flow.whole(&if flow.is_empty() { format!("[{number}]") } else { format!("\u{a0}[{number}]") });
        }
    }
}

/// The words of a link, without numbers for links.
fn say(content: &[Inline], flow: &mut Flow<'_>) {
    for inline in content {
        match inline {
            Inline::Text(text) | Inline::Code(text) => flow.text(text),
            Inline::SoftBreak | Inline::HardBreak => flow.space(),
            Inline::Image(image) => flow.text(&image.alt),
            Inline::Footnote(_) => {}
            other => say(other.inner().unwrap_or_default(), flow),
        }
    }
}

/// An address as the text part shows it: without `mailto:`, white space or controls.
pub(super) fn shown_address(mask: &Mask, href: &str) -> String {
    let href = href.trim();
    let shown = if is_mail(href) {
        let address = &href["mailto:".len()..];
        address.split_once('?').map_or(address, |(address, _)| address)
    } else {
        href
    };
    let mut clean = String::with_capacity(shown.len());
    for c in shown.chars() {
        if c == ' ' || c == '\u{a0}' {
            clean.push_str("%20");
        } else if !is_stripped(c) && !c.is_whitespace() {
            clean.push(c);
        }
    }
    if is_mail(href) { clean } else { mask.in_address(&clean) }
}

/// Whether an address is one to write to.
pub(super) fn is_mail(href: &str) -> bool {
    href.trim_start().get(.."mailto:".len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"))
}

/// What two spellings of an address have in common.
fn bare(address: &str) -> &str {
    let address = address.trim();
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.strip_prefix("mailto:").unwrap_or(rest);
    rest.strip_suffix('/').unwrap_or(rest)
}

/// The mark of a footnote: raised figures, which no link has.
pub(super) fn footnote_mark(index: usize) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let number = index.saturating_add(1).to_string();
    number.bytes().map(|digit| RAISED[usize::from(digit - b'0')]).collect()
}

/// Columns before code: enough to be seen as set apart.
const INDENT: &str = "    ";

/// Code as it stands, indented, without blank lines around it. A line wider than
/// `width` goes on in the next, indented once more.
pub(super) fn code_lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = cleaned(&line.replace('\t', INDENT));
        let line = line.trim_end();
        if INDENT.len() + line.width() <= width {
            lines.push(format!("{INDENT}{line}").trim_end().to_owned());
            continue;
        }
        let own = &line[..line.len() - line.trim_start().len()];
        let (mut set, mut column, mut empty) = (format!("{INDENT}{own}"), INDENT.len() + own.width(), true);
        for word in line.trim_start().split_inclusive(' ') {
            if !empty && column + word.trim_end().width() > width {
                lines.push(set.trim_end().to_owned());
                (set, column, empty) = (INDENT.repeat(2), 2 * INDENT.len(), true);
            }
            if word.contains("://") || column + word.trim_end().width() <= width {
                set.push_str(word);
                column += word.width();
            } else {
                for piece in broken(word.trim_end(), width.saturating_sub(2 * INDENT.len()).max(1)) {
                    if !empty {
                        lines.push(set.trim_end().to_owned());
                    }
                    (set, empty) = (format!("{}{piece}", if empty { &set } else { "        " }), false);
                }
                set.push(' ');
                column = set.width();
            }
            empty = false;
        }
        lines.push(set.trim_end().to_owned());
    }
    let mut lines: Vec<String> = lines.into_iter().skip_while(String::is_empty).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}
