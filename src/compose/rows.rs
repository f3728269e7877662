//! Sets lists and tables, whose items and rows may stand between controls.

use crate::article::{Align, Block, BlockKind, Inline, Item, List, Row, Table, Task};
use crate::problem::Span;

use super::direction;
use super::html::{Setter, plain_length};
use super::words::escape_into;

/// From so many columns on a table scrolls sideways on a phone instead of being
/// pressed together.
const MANY_COLUMNS: usize = 5;

/// Up to so many columns short cells stay on one line.
const FEW_COLUMNS: usize = 3;

/// Longest cell kept on one line, in bytes: three of them fit on a phone.
const SHORT_CELL: usize = 10;

/// Longest word in a cell that may not be broken; about what a third of a phone
/// holds.
const LONG_WORD: usize = 14;

impl Setter<'_, '_> {
    pub(super) fn list(&mut self, list: &List) {
        let runs = direction::of_items(&list.items, self.mask());
        self.turning(runs, |setter, turn| setter.list_running(list, turn));
    }

    fn list_running(&mut self, list: &List, turn: &str) {
        let tag = if list.start.is_some() { "ol" } else { "ul" };
        self.put(format_args!("<{tag}{turn}"));
        if let Some(start) = list.start {
            if start.saturating_add(list.items.len() as u64) > 100 {
                self.push(" class=\"wide\"");
            }
            if start != 1 {
                self.put(format_args!(" start=\"{start}\""));
            }
        }
        self.push(">\n");
        for item in &list.items {
            match item {
                Item::Control(id) => self.control(*id),
                Item::Blocks { blocks, task, span } => self.item(blocks, *task, *span, list.tight),
            }
        }
        self.put(format_args!("</{tag}>"));
    }

    fn item(&mut self, blocks: &[Block], task: Option<Task>, span: Span, tight: bool) {
        self.push(if task.is_some() { "<li class=\"task\">" } else { "<li>" });
        self.task(task);
        match blocks.split_first() {
            // The mark takes the colour of the list, the words that of the text.
            Some((Block { kind: BlockKind::Paragraph(content), .. }, rest)) if tight || rest.is_empty() => {
                self.push("<span class=\"li\">");
                self.inlines(content, span);
                self.push("</span>");
                self.blocks(rest);
            }
            _ => {
                self.push("<div class=\"li\">");
                self.blocks(blocks);
                self.push("</div>");
            }
        }
        self.push("</li>\n");
    }

    /// The box before something to do: a letter, because forms do not work in mail.
    pub(super) fn task(&mut self, task: Option<Task>) {
        match task {
            Some(Task::Open) => self.push("<span class=\"tick\">☐ </span>"),
            Some(Task::Done) => self.push("<span class=\"tick\">☑ </span>"),
            None => {}
        }
    }

    pub(super) fn table(&mut self, table: &Table, span: Span) {
        let runs = direction::of_table(&table.head, &table.rows, self.mask());
        self.turning(runs, |setter, turn| setter.table_running(table, span, turn));
    }

    fn table_running(&mut self, table: &Table, span: Span, turn: &str) {
        let columns = table.head.len();
        let many = if columns >= MANY_COLUMNS { " many" } else { "" };
        self.put(format_args!("<div class=\"scroll\"><table class=\"data{many}\"{turn}"));
        self.push(" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">\n");
        if table.head.iter().any(|cell| !cell.is_empty()) {
            self.push("<thead><tr>");
            for (column, cell) in table.head.iter().enumerate() {
                self.push("<th scope=\"col\"");
                self.cell(table, column, cell, span);
                self.push("</th>");
            }
            self.push("</tr></thead>\n");
        }
        self.push("<tbody>\n");
        for row in &table.rows {
            match row {
                Row::Control(id) => self.control(*id),
                Row::Cells(cells) => {
                    self.push("<tr>");
                    for column in 0..columns.max(cells.len()) {
                        self.push("<td");
                        self.cell(table, column, cells.get(column).map_or(&[], Vec::as_slice), span);
                        self.push("</td>");
                    }
                    self.push("</tr>\n");
                }
            }
        }
        self.push("</tbody></table></div>");
    }

    fn cell(&mut self, table: &Table, column: usize, content: &[Inline], span: Span) {
        let mut classes = vec!["cell"];
        match table.align.get(column).copied().unwrap_or_default() {
            Align::Start => {}
            Align::Center => classes.push("mid"),
            Align::End => classes.push("num"),
        }
        if table.head.len() <= FEW_COLUMNS && plain_length(content, 0) <= SHORT_CELL {
            classes.push("short");
        }
        if column + 1 == table.head.len() {
            classes.push("edge");
        }
        self.put(format_args!(" class=\"{}\">", classes.join(" ")));
        if content.is_empty() {
            self.push("&nbsp;");
        }
        for inline in content {
            match inline {
                Inline::Text(text) => self.breakable(text),
                other => self.inlines(std::slice::from_ref(other), span),
            }
        }
    }

    /// Text whose long words may break, so that one address cannot push the other
    /// columns off a phone. `<wbr>` is not copied with the text as a soft hyphen is.
    fn breakable(&mut self, text: &str) {
        for word in text.split_inclusive(char::is_whitespace) {
            if word.len() <= LONG_WORD || self.is_tagged(word) {
                escape_into(&mut self.out, word);
                continue;
            }
            let mut rest = word;
            while let Some((at, _)) = rest.char_indices().nth(LONG_WORD - 4) {
                escape_into(&mut self.out, &rest[..at]);
                self.push("<wbr>");
                rest = &rest[at..];
            }
            escape_into(&mut self.out, rest);
        }
    }
}
