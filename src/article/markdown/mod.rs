//! Reads Markdown: CommonMark with tables, strikethrough, footnotes, task lists, callouts,
//! definitions, bare addresses, words set apart, attributes in braces after links and
//! pictures, and blocks between `:::` lines.

mod bounds;
mod boxes;
mod button;
mod directive;
mod error;
mod fences;
mod figure;
mod inline;
mod lazy;
mod line;
mod linked;
mod markup;
mod notes;
mod position;
mod quotes;
mod raw;
mod references;
mod styled;
mod title;

pub(super) use line::read as line;
pub(in crate::article) use title::same;

use comrak::nodes::{AstNode, ListType, NodeCodeBlock, NodeValue, Sourcepos, TableAlignment};
use comrak::{Arena, Options, parse_document};

use self::error::MarkdownError;
use self::fences::Fences;
use self::notes::Notes;
use self::position::Lines;
use self::quotes::Quotes;
use self::references::References;
use super::cite;
use super::findings::Findings;
use super::{
    Align, ArticleError, Block, BlockKind, Body, Inline, Item, List, Meta, Read, Row, Table, Task, words,
};
use crate::problem::Span;
use crate::tags::Mask;

/// How deep quotations and lists may be nested. Mail programs indent each level, so far
/// fewer fit on a telephone.
const DEEPEST: usize = 32;

/// Where a block ends that has a condition alone on the line under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// Where the rules of Markdown have it, by which the line often goes on with the block.
    AsMarkdownHasIt,
    /// At conditions that began above it.
    AtConditions,
}

/// Reads a body.
pub(super) fn read(
    body: &Body<'_>,
    mask: &Mask,
    mut meta: Meta,
    ends: Ends,
    findings: &mut Findings,
) -> Read {
    let empty = |meta| Read { meta, blocks: Vec::new(), footnotes: Vec::new(), guesses: Vec::new() };
    if let Some(span) = bounds::too_many_markers(body.text()) {
        findings.error(ArticleError::TooDeep(DEEPEST), body.original(span));
        return empty(meta);
    }
    let large = bounds::large_tables(body.text());
    if !large.is_empty() {
        for (condition, span) in large {
            findings.error(condition, body.original(span));
        }
        return empty(meta);
    }
    let arena = Arena::new();
    let (fences, text, left) = Fences::take(body.text(), mask, ends);
    for (condition, span) in left {
        findings.warning(condition, body.original(span));
    }
    let root = parse_document(&arena, &text, &options(meta.as_typed));
    let lang = meta.lang.as_ref().map(|lang| lang.value.as_str());
    let mut walk = Walk {
        body,
        mask,
        arena: &arena,
        fences,
        quotes: Quotes::of(lang.filter(|_| !meta.as_typed)),
        as_typed: meta.as_typed,
        lines: Lines::of(body.text()),
        notes: Notes::default(),
        references: references::definitions(body.text(), root),
        too_deep: false,
        lowered: false,
        findings,
    };
    walk.collect_definitions(root);
    let title = walk.take_title(root, &mut meta);
    walk.lowered = root.descendants().any(|node| {
        let ast = node.data();
        matches!(&ast.value, NodeValue::Heading(heading) if heading.level == 1)
            && title != Some(ast.sourcepos)
    });
    let body = root.children().filter(|node| title != Some(node.data().sourcepos));
    let blocks = walk.siblings(body, 0);
    let footnotes = walk.footnotes();
    Read { meta, blocks, footnotes, guesses: Vec::new() }
}

/// How Markdown is read; `as_typed` leaves quotation marks, dashes and dots alone.
fn options(as_typed: bool) -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.footnotes = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.link_attributes = true;
    options.extension.header_attributes = true;
    options.extension.ofm_callouts = true;
    options.extension.description_lists = true;
    options.extension.subscript = true;
    options.extension.superscript = true;
    options.extension.highlight = true;
    options.extension.insert = true;
    options.extension.cjk_friendly_emphasis = true;
    options.parse.smart = !as_typed;
    options.parse.leave_footnote_definitions = true;
    options
}

/// A walk over the parser's tree. The depth of the walk is bounded by [`DEEPEST`].
struct Walk<'a, 'n> {
    body: &'a Body<'a>,
    mask: &'a Mask,
    /// Where pieces of lines are parsed too.
    arena: &'n Arena<'n>,
    fences: Fences,
    quotes: Quotes,
    as_typed: bool,
    lines: Lines,
    notes: Notes<'n>,
    /// The lines that define where links by name lead.
    references: References,
    too_deep: bool,
    /// Whether headings are shown a level lower, because the title is not the only one of
    /// level 1.
    lowered: bool,
    findings: &'a mut Findings,
}

impl<'n> Walk<'_, 'n> {
    fn span(&self, position: Sourcepos) -> Span {
        self.body.original(self.lines.span(position))
    }

    /// Notes, once, that something is nested too deeply.
    fn refuse_depth(&mut self, position: Sourcepos) {
        if !self.too_deep {
            self.too_deep = true;
            let span = self.span(position);
            self.findings.error(ArticleError::TooDeep(DEEPEST), span);
        }
    }

    fn children(&mut self, node: &'n AstNode<'n>, depth: usize) -> Vec<Block> {
        self.siblings(node.children(), depth)
    }

    fn block(&mut self, node: &'n AstNode<'n>, depth: usize, out: &mut Vec<Block>) {
        let ast = node.data();
        let position = ast.sourcepos;
        if depth > DEEPEST {
            return self.refuse_depth(position);
        }
        let span = self.span(position);
        let kind = match &ast.value {
            NodeValue::Paragraph => return self.paragraph(node, span, out),
            NodeValue::Heading(heading) => {
                let content = self.inlines(node, 0);
                let last = content.rsplit(is_break).next().unwrap_or_default();
                if heading.setext && self.mask.only_control(&words(last)).is_some() {
                    // A pause typed directly under `{% endif %}` underlines nothing.
                    out.push(Block { span, kind: BlockKind::Paragraph(content) });
                    BlockKind::Divider
                } else {
                    let level = heading.level + u8::from(self.lowered);
                    BlockKind::Heading { level: level.clamp(2, 4), content: on_one_line(content) }
                }
            }
            NodeValue::BlockQuote => {
                let mut blocks = self.children(node, depth + 1);
                let cite = take_cite(&mut blocks);
                BlockKind::Quote { blocks, cite }
            }
            NodeValue::Callout(callout) => self.callout(node, callout, depth),
            NodeValue::DescriptionList => return self.definitions(node, depth, out),
            NodeValue::List(list) => {
                let start = (list.list_type == ListType::Ordered).then_some(list.start as u64);
                let items = node.children().map(|item| self.item(item, depth + 1)).collect();
                let spaced = are_spaced(node) || node.children().any(are_spaced);
                let tight = list.tight && !spaced;
                BlockKind::List(List { start, tight, items })
            }
            NodeValue::CodeBlock(code) => {
                if !code.closed {
                    self.unclosed_code(code, position);
                }
                let language = language(&code.info).map(|word| self.mask.restore(word));
                let literal = code.literal.replace("\r\n", "\n").replace('\r', "\n");
                let text = self.mask.restore(literal.strip_suffix('\n').unwrap_or(&literal));
                BlockKind::Code { language, text }
            }
            NodeValue::ThematicBreak => BlockKind::Divider,
            NodeValue::Table(table) => BlockKind::Table(self.table(node, &table.alignments)),
            NodeValue::FootnoteDefinition(_) | NodeValue::HtmlBlock(_) => return,
            _ => {
                out.extend(self.children(node, depth + 1));
                return;
            }
        };
        out.push(Block { span, kind });
    }

    /// Warns of a fence that swallows the rest of the article. One that ends with the quotation
    /// or item in which it stands swallows nothing else.
    fn unclosed_code(&mut self, code: &NodeCodeBlock, position: Sourcepos) {
        let place = self.lines.span(position);
        let text = self.body.text();
        // The parser's columns may lie within a character.
        if text.as_bytes()[place.end..].trim_ascii().is_empty() {
            let fence = char::from(code.fence_char).to_string().repeat(code.fence_length);
            let line = text.get(place.start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
            let line = line.trim_end();
            let span = self.body.original(Span::new(place.start, place.start + line.len()));
            self.findings.warning(MarkdownError::UnclosedCode(fence), span);
        }
    }

    fn item(&mut self, node: &'n AstNode<'n>, depth: usize) -> Item {
        let ast = node.data();
        let span = self.span(ast.sourcepos);
        let task = match &ast.value {
            NodeValue::TaskItem(task) if task.symbol.is_some() => Some(Task::Done),
            NodeValue::TaskItem(_) => Some(Task::Open),
            _ => None,
        };
        let mut blocks = self.children(node, depth);
        // Some write more than one space after the box.
        if let (Some(_), Some(Block { kind: BlockKind::Paragraph(content), .. })) = (task, blocks.first_mut())
            && let Some(Inline::Text(text)) = content.first_mut()
        {
            text.drain(..text.len() - text.trim_start().len());
        }
        Item::Blocks { span, task, blocks }
    }

    fn table(&mut self, node: &'n AstNode<'n>, alignments: &[TableAlignment]) -> Table {
        let align = alignments.iter().map(|align| match align {
            TableAlignment::None | TableAlignment::Left => Align::Start,
            TableAlignment::Center => Align::Center,
            TableAlignment::Right => Align::End,
        });
        let mut table = Table { align: align.collect(), head: Vec::new(), rows: Vec::new() };
        for row in node.children() {
            self.check_cells(row.data().sourcepos, table.align.len());
            let cells = row.children().map(|cell| self.inlines(cell, 0)).collect();
            match row.data().value {
                NodeValue::TableRow(true) => table.head = cells,
                _ => table.rows.push(Row::Cells(cells)),
            }
        }
        table
    }

    /// Warns of cells for which the table has no column.
    fn check_cells(&mut self, position: Sourcepos, columns: usize) {
        let place = self.lines.span(position);
        let found = self.body.text().get(place.start..place.end).map_or(0, bounds::cells);
        if found > columns {
            let span = self.body.original(place);
            self.findings.warning(ArticleError::ExtraCells { columns, found }, span);
        }
    }

    /// Whether all comments of a block have an end; one without would hide all that
    /// follows, so it is refused.
    fn comments_end(&mut self, position: Sourcepos) -> bool {
        let place = self.lines.span(position);
        let text = self.body.text().get(place.start..place.end).unwrap_or_default();
        let closed = text.rfind("-->").map_or(0, |at| at + "-->".len());
        let open = text[closed..].find("<!--");
        if let Some(open) = open {
            let at = place.start + closed + open;
            let span = self.body.original(Span::new(at, at + "<!--".len()));
            self.findings.error(ArticleError::UnclosedComment, span);
        }
        open.is_none()
    }
}

/// The language of code: the first word after the fence, also in Pandoc's braces.
fn language(info: &str) -> Option<&str> {
    let word = info.split_whitespace().next()?;
    let word = word.strip_prefix("{.").map_or(word, |class| class.trim_end_matches('}'));
    (!word.is_empty()).then_some(word)
}

/// Whether empty lines stand between siblings. The parser does not see those under a list
/// of terms or a pause.
fn are_spaced<'n>(parent: &'n AstNode<'n>) -> bool {
    let mut pairs = parent.children().zip(parent.children().skip(1));
    pairs.any(|(above, below)| below.data().sourcepos.start.line > last_line(above) + 1)
}

/// The last line of a block, without the empty lines that the parser counts to an item.
fn last_line<'n>(block: &'n AstNode<'n>) -> usize {
    let mut last = block;
    while let Some(inner) = last.last_child().filter(|inner| inner.data().value.block()) {
        last = inner;
    }
    last.data().sourcepos.end.line
}

/// A heading has one line; that it was typed on two means nothing.
fn on_one_line(content: Vec<Inline>) -> Vec<Inline> {
    let mut line = Vec::with_capacity(content.len());
    for inline in content {
        match inline {
            Inline::SoftBreak => inline::push_text(&mut line, " "),
            Inline::Text(text) => inline::push_text(&mut line, &text),
            other => line.push(other),
        }
    }
    line
}

fn is_break(inline: &Inline) -> bool {
    matches!(inline, Inline::SoftBreak | Inline::HardBreak)
}

/// Takes the source of a quotation off its end: a last paragraph, or the last line of
/// one, that is a dash and a name. `--` has become an en dash by now.
fn take_cite(blocks: &mut Vec<Block>) -> Option<Vec<Inline>> {
    let alone = blocks.len() == 1;
    let BlockKind::Paragraph(content) = &mut blocks.last_mut()?.kind else { return None };
    let line = content.iter().rposition(is_break).map_or(0, |at| at + 1);
    if line == 0 && alone {
        return None;
    }
    let above = line.checked_sub(1).and_then(|end| content[..end].rsplit(is_break).next());
    let speech = above.is_some_and(|above| cite::is_dashed(&words(above)));
    if speech || cite::name(&words(&content[line..])).is_none() {
        return None;
    }
    let Some(Inline::Text(text)) = content.get_mut(line) else { return None };
    *text = text.trim_start_matches(['—', '–']).trim_start().to_owned();
    let cite = content.split_off(line);
    content.pop();
    if line == 0 {
        blocks.pop();
    }
    Some(cite)
}
