//! Refuses notes that are written within a condition.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::article::findings::Findings;
use crate::article::{ArticleError, Footnote};
use crate::tags::{Mask, TagId, TagKind};

/// Notes an error for each note that stands between a control and its counterpart, `used`
/// being the tags that are still tags.
///
/// Notes are gathered at the end of a mail, where the condition around them is left behind,
/// so everybody would read what only some are meant to.
pub(in crate::article) fn refuse_within(
    notes: &[Footnote],
    mask: &Mask,
    used: &BTreeSet<TagId>,
    findings: &mut Findings,
) {
    if notes.is_empty() || used.is_empty() {
        return;
    }
    let ranges = outermost(mask, used);
    for note in notes {
        let after = ranges.partition_point(|(range, _)| range.start <= note.span.start);
        let Some((range, opener)) = after.checked_sub(1).and_then(|at| ranges.get(at)) else { continue };
        if range.contains(&note.span.start) {
            findings.error(ArticleError::NoteWithin(mask.tag(*opener).text.clone()), note.span);
        }
    }
}

/// What stands between controls and their counterparts, in the order of the text, with the
/// control that opens it. Those within others are left out.
fn outermost(mask: &Mask, used: &BTreeSet<TagId>) -> Vec<(Range<usize>, TagId)> {
    let mut ranges = Vec::new();
    let mut open = Vec::new();
    for id in used {
        match mask.tag(*id).kind {
            TagKind::Open => open.push(*id),
            TagKind::Close => {
                if let Some(opener) = open.pop().filter(|_| open.is_empty()) {
                    ranges.push((mask.tag(opener).span.end..mask.tag(*id).span.start, opener));
                }
            }
            TagKind::Hole | TagKind::Middle => {}
        }
    }
    ranges
}
