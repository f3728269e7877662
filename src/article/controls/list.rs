//! Conditions in lists and around them.

use super::{Settler, block_control};
use crate::article::{Block, BlockKind, Item, List};
use crate::problem::Span;
use crate::tags::{TagId, TagKind};

impl Settler<'_> {
    pub(super) fn items(&mut self, items: Vec<Item>) -> Vec<Item> {
        let mut out = Vec::new();
        for item in items {
            let Item::Blocks { span, task, blocks } = item else {
                out.push(item);
                continue;
            };
            let mut blocks = self.blocks(blocks);
            if !blocks.is_empty() && blocks.iter().all(|block| block_control(block).is_some()) {
                out.extend(blocks.iter().filter_map(block_control).map(Item::Control));
                continue;
            }
            let lifted = self.lift(&mut blocks, block_control);
            self.check(blocks.iter().filter_map(block_control));
            out.push(Item::Blocks { span, task, blocks });
            out.extend(lifted.into_iter().map(Item::Control));
        }
        out
    }

    /// Puts a list among its siblings. One in which conditions end that began above it goes
    /// on with the list before them, or takes them in; at any other lone condition it is cut
    /// in two, so that the condition stands between lists.
    pub(super) fn list(&mut self, mut span: Span, mut list: List, out: &mut Vec<Block>) {
        while self.ends_what_began_above(&list) {
            if let Some((above, first, id)) = take_above(out, &list) {
                span = Span::new(above.start, span.end);
                let between = std::iter::once(Item::Control(id));
                let items = first.items.into_iter().chain(between).chain(list.items).collect();
                list = List { start: first.start, tight: first.tight && list.tight, items };
            } else if self.goes_on_for_all(&list)
                && let Some(id) = out.last().and_then(block_control)
                && self.mask.tag(id).kind == TagKind::Open
            {
                out.pop();
                list.items.insert(0, Item::Control(id));
            } else {
                break;
            }
        }
        self.used.extend(list.items.iter().filter_map(item_control));
        let lone = self.unmatched(list.items.iter().filter_map(item_control));
        // A branch is numbered like the one it stands for.
        let (mut start, mut furthest) = (list.start, list.start);
        let mut items = Vec::new();
        for item in list.items {
            let Some(id) = item_control(&item).filter(|id| lone.contains(id)) else {
                items.push(item);
                continue;
            };
            let length = items.iter().filter(|item| item_control(item).is_none()).count() as u64;
            self.end_list(span, List { start, tight: list.tight, items: std::mem::take(&mut items) }, out);
            furthest = furthest.max(start.map(|start| start.saturating_add(length)));
            start = if self.mask.tag(id).kind == TagKind::Middle { list.start } else { furthest };
            out.push(self.control(id));
        }
        self.end_list(span, List { start, tight: list.tight, items }, out);
    }

    /// Whether items follow the end of a condition that began above.
    fn goes_on_for_all(&self, list: &List) -> bool {
        let mut depth = 1_usize;
        list.items.iter().any(|item| {
            match item_control(item).map(|id| self.mask.tag(id).kind) {
                Some(TagKind::Open) => depth += 1,
                Some(TagKind::Close) => depth = depth.saturating_sub(1),
                Some(TagKind::Middle | TagKind::Hole) | None => {}
            }
            depth == 0 && item_control(item).is_none()
        })
    }

    fn ends_what_began_above(&self, list: &List) -> bool {
        let lone = self.unmatched(list.items.iter().filter_map(item_control));
        lone.first().is_some_and(|id| self.mask.tag(*id).kind != TagKind::Open)
    }

    /// Makes a block of the items so far; conditions alone make no list.
    fn end_list(&self, span: Span, list: List, out: &mut Vec<Block>) {
        let controls: Vec<_> = list.items.iter().map_while(item_control).collect();
        if controls.len() == list.items.len() {
            out.extend(controls.into_iter().map(|id| self.control(id)));
        } else {
            out.push(Block { span, kind: BlockKind::List(list) });
        }
    }
}

/// Takes the list and the condition off the end of `out` with which `list` goes on.
fn take_above(out: &mut Vec<Block>, list: &List) -> Option<(Span, List, TagId)> {
    let [.., above, control] = out.as_slice() else { return None };
    let id = block_control(control)?;
    match &above.kind {
        BlockKind::List(first) if first.start.is_some() == list.start.is_some() => out.pop(),
        _ => return None,
    };
    let above = out.pop()?;
    let BlockKind::List(first) = above.kind else { return None };
    Some((above.span, first, id))
}

fn item_control(item: &Item) -> Option<TagId> {
    match item {
        Item::Control(id) => Some(*id),
        Item::Blocks { .. } => None,
    }
}
