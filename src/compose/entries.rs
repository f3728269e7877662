//! Sets an article as sheets and entries, for themes that set it as a digest.

use crate::article::{Block, BlockKind, Image, Inline, Item, List};
use crate::tags::{TagId, TagKind};

use super::html::Setter;
use super::sections::{self, Entry, Origin, Piece};

/// Width of a small picture beside its entry, in CSS pixels.
const THUMB: u32 = 120;

/// Widest picture that is set small; wider ones stand above the title.
const SMALL: u32 = 240;

/// How many colours the headings of sheets have in turn.
const COLOURS: usize = 5;

/// Opens a table that only lays out.
const TABLE: &str = "width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>";

/// Where entries stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// On a sheet.
    Sheet,
    /// In a column on a sheet.
    Column,
}

impl Setter<'_, '_> {
    /// How many conditions are open after a control, of `depth` before it.
    fn depth_after(&self, id: TagId, depth: usize) -> usize {
        match self.article.mask.tag(id).kind {
            TagKind::Open => depth + 1,
            TagKind::Close => depth.saturating_sub(1),
            TagKind::Middle | TagKind::Hole => depth,
        }
    }

    /// Sets the sheets after the introduction. The last has the class `end`, unless
    /// another one follows.
    pub(super) fn sheets(&mut self, pieces: &[Piece<'_>], another_follows: bool) {
        let last = pieces.iter().rposition(|piece| matches!(piece, Piece::Run(_)));
        let mut sections = 0;
        for (at, piece) in pieces.iter().enumerate() {
            let run = match piece {
                Piece::Control(id) => {
                    self.control(*id);
                    continue;
                }
                Piece::Run(run) => *run,
            };
            let end = if Some(at) == last && !another_follows { " end" } else { "" };
            let class = match run {
                [first, ..] if sections::is_heading(first, 2) => {
                    sections += 1;
                    format!("s{}{end}", (sections - 1) % COLOURS + 1)
                }
                [Block { kind: BlockKind::Callout { .. }, .. }] => format!("box{end}"),
                _ => format!("plain{end}"),
            };
            self.put(format_args!(
                "<table role=\"presentation\" class=\"sheet\" {TABLE}<td class=\"between\">&nbsp;</td></tr><tr><td \
                 class=\"pad {class}\">\n"
            ));
            self.sheet(run);
            self.push("</td></tr></table>\n");
        }
    }

    fn sheet(&mut self, run: &[Block]) {
        let Some((Block { kind: BlockKind::Heading { level: 2, content }, span }, rest)) = run.split_first()
        else {
            self.entries(run, Room::Sheet);
            return;
        };
        self.push("<h2>");
        self.inlines(content, *span);
        self.push("</h2>\n");
        match rest {
            [Block { kind: BlockKind::List(list), span }] => {
                self.deeper(*span, |setter| setter.hits(list));
            }
            _ => self.entries(rest, Room::Sheet),
        }
    }

    /// Sets a section that is only a list: a row an item, with a line between two.
    fn hits(&mut self, list: &List) {
        self.push("<table role=\"presentation\" class=\"hits\" ");
        self.push(TABLE.trim_end_matches("<tr>"));
        let is_item = |item: &Item| matches!(item, Item::Blocks { .. });
        let ends = (list.items.iter().position(is_item), list.items.iter().rposition(is_item));
        let mut number = list.start;
        for (at, item) in list.items.iter().enumerate() {
            let Item::Blocks { span, task, blocks } = item else {
                if let Item::Control(id) = item {
                    self.control(*id);
                }
                continue;
            };
            self.push("<tr>");
            let place = match (Some(at) == ends.0, Some(at) == ends.1) {
                (true, true) => " first last",
                (true, false) => " first",
                (false, true) => " last",
                (false, false) => "",
            };
            if let Some(counted) = &mut number {
                self.put(format_args!("<td class=\"hit no{place}\" width=\"44\">{counted}</td>"));
                *counted = counted.saturating_add(1);
            }
            self.put(format_args!("<td class=\"hit{place}\">"));
            self.task(*task);
            match blocks.split_first() {
                Some((Block { kind: BlockKind::Paragraph(content), .. }, rest)) => {
                    self.inlines(content, *span);
                    self.blocks(rest);
                }
                _ => self.blocks(blocks),
            }
            self.push("</td></tr>\n");
        }
        self.push("</table>");
    }

    /// Sets what stands on a sheet or in a column: entries, and text before, between and
    /// after them, with a line between two.
    pub(super) fn entries(&mut self, blocks: &[Block], room: Room) {
        let pieces = sections::entries(blocks, &self.article.mask);
        let (mut depth, mut stands) = (0_usize, false);
        for (at, piece) in pieces.iter().enumerate() {
            let run = match piece {
                Piece::Control(id) => {
                    depth = self.depth_after(*id, depth);
                    self.control(*id);
                    continue;
                }
                Piece::Run(run) => *run,
            };
            // Where all that came before may be missing for somebody, a line stands after
            // each of them, within its condition.
            if stands {
                self.line();
            }
            match Entry::of(run) {
                Some(entry) => self.entry(&entry, room),
                None => self.run(run),
            }
            if depth == 0 {
                stands = true;
            } else if !stands && at + 1 < pieces.len() {
                self.line();
            }
        }
    }

    fn line(&mut self) {
        self.put(format_args!(
            "<table role=\"presentation\" class=\"line\" {TABLE}<td>&nbsp;</td></tr></table>\n"
        ));
    }

    /// Text that belongs to no entry.
    fn run(&mut self, blocks: &[Block]) {
        let shown = blocks.iter().rfind(|block| !matches!(block.kind, BlockKind::Control(_)));
        // Entries in columns bring their own space below.
        let is_flush = matches!(shown, Some(Block { kind: BlockKind::Columns(_), .. }));
        self.push(if is_flush { "<div class=\"run flush\">\n" } else { "<div class=\"run\">\n" });
        self.blocks(blocks);
        self.push("</div>\n");
    }

    fn entry(&mut self, entry: &Entry<'_>, room: Room) {
        let is_small = |image: &Image| image.width.is_some_and(|width| width <= SMALL);
        let picture = entry.picture;
        let thumb = picture.filter(|(image, _)| room == Room::Sheet && is_small(image));
        let wide = picture.filter(|_| thumb.is_none());
        let in_cells = entry.number.is_some() || thumb.is_some();
        if in_cells {
            self.put(format_args!("<table role=\"presentation\" class=\"row\" {TABLE}"));
        }
        if let Some(number) = &entry.number {
            self.put(format_args!("<td class=\"no\" width=\"44\">{number}</td>"));
        }
        if let Some((image, caption)) = thumb {
            self.push("<td class=\"th\" width=\"136\">");
            self.picture(image, image.width.map(|width| width.clamp(1, THUMB)), "");
            self.caption(caption, image);
            self.push("</td>");
        }
        if in_cells {
            self.push("<td class=\"tx\">");
        }
        let class = if entry.source.is_some() { "entry" } else { "entry open" };
        self.put(format_args!("<div class=\"{class}\">"));
        if let Some((image, caption)) = wide {
            let measure = self.room;
            let width = self.width_of(image, measure);
            let class = if self.fills(image, measure) { "top full" } else { "top" };
            self.put(format_args!("<div class=\"{class}\">"));
            self.picture(image, Some(width), "");
            self.caption(caption, image);
            self.push("</div>");
        }
        let is_lead = wide.is_some() && room == Room::Sheet && !in_cells;
        self.push(if is_lead { "<h3 class=\"big\">" } else { "<h3>" });
        self.inlines_joined(&entry.title, entry.span);
        self.push("</h3>\n");
        self.blocks(entry.text);
        if let Some(source) = &entry.source {
            self.source(source);
        }
        self.push("</div>");
        if in_cells {
            self.push("</td></tr></table>");
        }
        self.push("\n");
    }

    fn caption(&mut self, caption: Option<&[Inline]>, image: &Image) {
        if let Some(caption) = caption {
            self.push("<p class=\"caption\">");
            self.inlines_joined(caption, image.span);
            self.push("</p>");
        }
    }

    fn source(&mut self, source: &Origin<'_>) {
        self.push("<p class=\"src\">");
        self.inlines(std::slice::from_ref(source.link), source.span);
        if !source.more.is_empty() {
            self.push("<span class=\"dot\">&nbsp;· </span>");
            self.inlines(&source.more, source.span);
        }
        self.push("</p>\n");
    }
}
