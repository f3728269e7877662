//! Writes blocks, line by line.

use super::Writer;
use super::escape::{Place, destination};
use crate::article::{
    Align, Block, BlockKind, CalloutKind, Column, Definition, Footnote, Image, Inline, Item, List, Row,
    Table, Task, cite, words,
};

/// How blocks follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spacing {
    /// With an empty line between them.
    Loose,
    /// Without, where that means the same.
    Tight,
}

impl Writer<'_> {
    pub(super) fn body(&self, blocks: &[Block], footnotes: &[Footnote], first: bool) -> String {
        let mut lines = self.blocks(blocks, Spacing::Loose);
        // Three dashes at the beginning of a text would be front matter.
        if first && lines.first().is_some_and(|line| line == "---") {
            "***".clone_into(&mut lines[0]);
        }
        for (number, note) in (1..).zip(footnotes) {
            let inner = self.blocks(&note.blocks, Spacing::Loose);
            lines.push(String::new());
            lines.extend(hung(inner, &format!("[^{number}]: "), 4));
        }
        lines.join("\n")
    }

    fn blocks(&self, blocks: &[Block], spacing: Spacing) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut before: Option<&BlockKind> = None;
        let mut other = false;
        for block in blocks {
            other = match (before, &block.kind) {
                (Some(BlockKind::List(one)), BlockKind::List(next)) => {
                    one.start.is_some() == next.start.is_some() && !other
                }
                _ => false,
            };
            let written = self.block(&block.kind, other);
            if written.is_empty() {
                continue;
            }
            if let Some(last) = before {
                if spacing == Spacing::Loose || needs_space(last, &block.kind) {
                    lines.push(String::new());
                }
                if matches!((last, &block.kind), (BlockKind::Definitions(_), BlockKind::Definitions(_))) {
                    lines.extend(["<!-- -->".to_owned(), String::new()]);
                }
            }
            lines.extend(written);
            before = Some(&block.kind);
        }
        lines
    }

    /// The lines of a block; `other` asks for the other mark of lists.
    fn block(&self, kind: &BlockKind, other: bool) -> Vec<String> {
        match kind {
            BlockKind::Heading { level, content } => {
                vec![format!("{} {}", "#".repeat(usize::from(*level)), self.inlines(content, Place::Line))]
            }
            BlockKind::Paragraph(content) => lines(&self.inlines(content, Place::Paragraph)),
            BlockKind::List(list) => self.list(list, other),
            BlockKind::Quote { blocks, cite } => self.quote(blocks, cite.as_deref()),
            BlockKind::Code { language, text } => code(language.as_deref(), text),
            BlockKind::Table(table) => self.table(table),
            BlockKind::Figure { image, caption } => self.figure(image, caption.as_deref()),
            BlockKind::Button { label, href } => {
                let label = self.inlines(&[link(label, href)], Place::Paragraph);
                // A short form has no place for braces.
                let label = match label.strip_prefix('<') {
                    Some(_) => format!(
                        "[{}]({})",
                        self.inlines(label_of(kind), Place::Line),
                        destination(href, Place::Line)
                    ),
                    None => label,
                };
                lines(&format!("{label}{{.button}}"))
            }
            BlockKind::Callout { kind, title, blocks } => self.callout(*kind, title.as_deref(), blocks),
            BlockKind::Columns(columns) => self.columns(columns),
            BlockKind::Definitions(definitions) => self.definitions(definitions),
            BlockKind::Divider => vec![if self.columns.get() > 0 { "***" } else { "---" }.to_owned()],
            BlockKind::Control(id) => vec![self.mask.sentinel(*id)],
        }
    }

    fn list(&self, list: &List, other: bool) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let spacing = if list.tight { Spacing::Tight } else { Spacing::Loose };
        for (index, item) in (0..).zip(&list.items) {
            if index > 0 && !list.tight {
                out.push(String::new());
            }
            let mark = match (list.start, other) {
                (None, false) => "- ".to_owned(),
                (None, true) => "* ".to_owned(),
                // CommonMark §5.2 allows nine digits.
                (Some(start), _) => {
                    let number = start.saturating_add(index).min(999_999_999);
                    format!("{number}{} ", if other { ')' } else { '.' })
                }
            };
            let (task, mut inner) = match item {
                Item::Control(id) => (None, vec![self.mask.sentinel(*id)]),
                Item::Blocks { task, blocks, .. } => (*task, self.blocks(blocks, spacing)),
            };
            if let Some(first) = inner.first_mut() {
                if matches!(first.as_str(), "---" | "***") {
                    // `- ---` and `* ***` would be one pause.
                    "___".clone_into(first);
                }
                match task {
                    Some(Task::Open) => first.insert_str(0, "[ ] "),
                    Some(Task::Done) => first.insert_str(0, "[x] "),
                    None => {}
                }
            }
            let width = mark.len();
            out.extend(hung(inner, &mark, width));
        }
        out
    }

    fn quote(&self, blocks: &[Block], cite: Option<&[Inline]>) -> Vec<String> {
        let mut inner = self.blocks(blocks, Spacing::Loose);
        let Some(cite) = cite else { return quoted(inner) };
        let said = self.inlines(cite, Place::Line);
        let named = cite::name(&format!("— {}", words(cite))).is_some();
        if named && !inner.is_empty() && matches!(cite.first(), Some(Inline::Text(_))) {
            inner.extend([String::new(), format!("— {said}")]);
            return quoted(inner);
        }
        fenced(&format!("quote {said}"), inner)
    }

    fn table(&self, table: &Table) -> Vec<String> {
        let columns = table.align.len().max(table.head.len());
        if columns == 0 {
            return Vec::new();
        }
        let row = |cells: &[Vec<Inline>]| {
            let mut line = String::from("|");
            for column in 0..columns {
                let cell = cells.get(column).map(|cell| self.inlines(cell, Place::Cell)).unwrap_or_default();
                line.extend([" ", cell.trim(), " |"]);
            }
            line
        };
        let rule = (0..columns).map(|column| match table.align.get(column) {
            Some(Align::Center) => " :-: |",
            Some(Align::End) => " --: |",
            Some(Align::Start) | None => " --- |",
        });
        let mut lines = vec![row(&table.head), format!("|{}", rule.collect::<String>())];
        lines.extend(table.rows.iter().map(|line| match line {
            Row::Cells(cells) => row(cells),
            Row::Control(id) => format!("| {} |{}", self.mask.sentinel(*id), "  |".repeat(columns - 1)),
        }));
        lines
    }

    fn figure(&self, image: &Image, caption: Option<&[Inline]>) -> Vec<String> {
        let picture = self.picture(image, Place::Paragraph);
        let Some(caption) = caption else { return vec![picture] };
        let under = self.inlines(&[Inline::Emphasis(caption.to_vec())], Place::Paragraph);
        if under.starts_with('<') || !under.starts_with(['*', '_']) {
            let mut inner = vec![picture, String::new()];
            inner.extend(lines(&self.inlines(caption, Place::Paragraph)));
            return fenced("figure", inner);
        }
        let mut out = vec![picture];
        out.extend(lines(&under));
        out
    }

    fn callout(&self, kind: CalloutKind, title: Option<&[Inline]>, blocks: &[Block]) -> Vec<String> {
        let inner = self.blocks(blocks, Spacing::Loose);
        let title = title.map(|title| self.inlines(title, Place::Line)).unwrap_or_default();
        let name = match kind {
            CalloutKind::Note => "NOTE",
            CalloutKind::Tip => "TIP",
            CalloutKind::Important => "IMPORTANT",
            CalloutKind::Warning => "WARNING",
            CalloutKind::Caution => "CAUTION",
            CalloutKind::Plain => {
                // The first word of a title could be the name of a kind.
                let plain = if title.is_empty() { "" } else { "plain " };
                return fenced(format!("callout {plain}{title}").trim_end(), inner);
            }
        };
        let mut lines = vec![format!("[!{name}] {title}").trim_end().to_owned()];
        lines.extend(inner);
        quoted(lines)
    }

    fn columns(&self, columns: &[Column]) -> Vec<String> {
        self.columns.set(self.columns.get() + 1);
        let mut inner = Vec::new();
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                inner.extend([String::new(), "+++".to_owned(), String::new()]);
            }
            inner.extend(self.blocks(&column.blocks, Spacing::Loose));
        }
        self.columns.set(self.columns.get() - 1);
        fenced("columns", inner)
    }

    fn definitions(&self, definitions: &[Definition]) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for definition in definitions {
            if !out.is_empty() {
                out.push(String::new());
            }
            out.extend(definition.terms.iter().map(|term| self.inlines(term, Place::Line)));
            for details in &definition.details {
                let mut inner = self.blocks(details, Spacing::Loose);
                if inner.is_empty() {
                    inner.push("<!-- -->".to_owned());
                }
                out.extend(hung(inner, ": ", 2));
            }
        }
        out
    }
}

fn label_of(kind: &BlockKind) -> &[Inline] {
    match kind {
        BlockKind::Button { label, .. } => label,
        _ => &[],
    }
}

fn link(label: &[Inline], href: &str) -> Inline {
    Inline::Link { href: href.to_owned(), content: label.to_vec(), span: crate::problem::Span::default() }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Lines of which the first hangs out by a mark.
fn hung(lines: Vec<String>, mark: &str, indent: usize) -> Vec<String> {
    if lines.is_empty() {
        return vec![mark.trim_end().to_owned()];
    }
    let indent = " ".repeat(indent);
    let set = |(index, line): (usize, String)| match (index, line.is_empty()) {
        (0, _) => format!("{mark}{line}"),
        (_, true) => line,
        (_, false) => format!("{indent}{line}"),
    };
    lines.into_iter().enumerate().map(set).collect()
}

fn quoted(lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() {
        return vec![">".to_owned()];
    }
    lines.into_iter().map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") }).collect()
}

fn fenced(opening: &str, inner: Vec<String>) -> Vec<String> {
    let mut lines = vec![format!(":::{opening}")];
    lines.extend(inner);
    lines.push(":::".to_owned());
    lines
}

/// A block of code between fences longer than any in it.
fn code(language: Option<&str>, text: &str) -> Vec<String> {
    let language = language.unwrap_or_default();
    let sign = if language.contains('`') { "~" } else { "`" };
    let longest = text
        .lines()
        .map(|line| line.trim_start().chars().take_while(|c| sign.starts_with(*c)).count())
        .max()
        .unwrap_or(0);
    let fence = sign.repeat((longest + 1).max(3));
    let mut lines = vec![format!("{fence}{language}")];
    if !text.is_empty() {
        lines.extend(text.split('\n').map(str::to_owned));
    }
    lines.push(fence);
    lines
}

/// Whether two blocks would become one, or something else, on neighbouring lines.
fn needs_space(before: &BlockKind, after: &BlockKind) -> bool {
    use BlockKind::{
        Button, Callout, Columns, Control, Definitions, Figure, Heading, Paragraph, Quote, Table,
    };
    let words = matches!(after, Paragraph(_) | Figure { .. } | Button { .. } | Control(_) | Definitions(_));
    match before {
        Paragraph(_) => matches!(after, Paragraph(_) | Definitions(_)),
        Figure { caption: None, .. } => match after {
            Paragraph(content) => matches!(content.as_slice(), [Inline::Emphasis(_), ..]),
            _ => matches!(after, Definitions(_)),
        },
        Figure { .. } | Button { .. } | Control(_) => matches!(after, Definitions(_)),
        BlockKind::List(_) | Table(_) => words || matches!(after, Table(_)),
        Quote { .. } | Callout { .. } => words || matches!(after, Quote { .. } | Callout { .. } | Table(_)),
        Definitions(_) => true,
        Heading { .. } | Columns(_) | BlockKind::Code { .. } | BlockKind::Divider => false,
    }
}
