//! Blocks one under the other, with recipient controls between them.
//!
//! A control prints nothing, so it must not leave a line behind. Most stand right
//! before the next block: what they hide then takes the blank line after it along.
//! Where no block follows, they stand right after the block before, and what they hide
//! takes the blank line before it along.

use crate::tags::TagKind;

/// A block set in lines, or a control.
pub(super) enum Child {
    /// Lines, at least one.
    Lines {
        /// Without line ends.
        lines: Vec<String>,
        /// Whether a blank line stands before them.
        gap: bool,
    },
    /// A control.
    Control {
        /// The word that stands for it.
        word: String,
        /// What it does.
        kind: TagKind,
    },
}

/// Stacks `children`. No line of the result is blank at its start or end.
pub(super) fn stack(children: Vec<Child>) -> Vec<String> {
    let after = placed_after(&children);
    let mut lines: Vec<String> = Vec::new();
    let mut before = String::new();
    for (child, after) in children.into_iter().zip(after) {
        match child {
            Child::Control { word, .. } => match lines.last_mut() {
                Some(line) if after => line.push_str(&word),
                _ => before.push_str(&word),
            },
            Child::Lines { lines: more, gap } => {
                if gap && !lines.is_empty() {
                    lines.push(String::new());
                }
                let mut more = more.into_iter();
                if let Some(first) = more.next() {
                    lines.push(std::mem::take(&mut before) + &first);
                }
                lines.extend(more);
            }
        }
    }
    match lines.last_mut() {
        _ if before.is_empty() => {}
        Some(line) => line.push_str(&before),
        None => lines.push(before),
    }
    lines
}

/// Which children are controls that stand after the block before them: those behind
/// the last block, what belongs with them, and what stands left of such a one.
fn placed_after(children: &[Child]) -> Vec<bool> {
    let mut opened = Vec::new();
    // For each closing control, itself and what belongs with it.
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); children.len()];
    for (index, child) in children.iter().enumerate() {
        let Child::Control { kind, .. } = child else { continue };
        match kind {
            TagKind::Open => opened.push(vec![index]),
            TagKind::Close => groups[index] = opened.pop().unwrap_or_default(),
            TagKind::Middle | TagKind::Hole => {
                opened.last_mut().into_iter().for_each(|open| open.push(index));
            }
        }
    }
    let mut after = vec![false; children.len()];
    let mut trailing = true;
    for index in (0..children.len()).rev() {
        if matches!(children[index], Child::Lines { .. }) {
            trailing = false;
            continue;
        }
        let right = after.get(index + 1).copied().unwrap_or_default();
        after[index] |= trailing || right;
        if after[index] {
            groups[index].iter().for_each(|member| after[*member] = true);
        }
    }
    after
}

/// Puts `first` before the first line and `rest` before the others.
pub(super) fn prefixed(lines: &[String], first: &str, rest: &str) -> Vec<String> {
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let prefix = if index == 0 { first } else { rest };
            format!("{prefix}{line}").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks are letters, controls are `(`, `|` and `)`.
    fn stacked(children: &str, gap: bool) -> String {
        let children = children.chars().map(|c| match c {
            '(' => Child::Control { word: "(".into(), kind: TagKind::Open },
            '|' => Child::Control { word: "|".into(), kind: TagKind::Middle },
            ')' => Child::Control { word: ")".into(), kind: TagKind::Close },
            c => Child::Lines { lines: vec![c.into()], gap },
        });
        stack(children.collect()).join("/")
    }

    #[test]
    fn a_control_before_a_block_takes_the_blank_line_after_its_content() {
        assert_eq!(stacked("a(b)c", true), "a//(b//)c");
        assert_eq!(stacked("a(b|c)d", true), "a//(b//|c//)d");
        assert_eq!(stacked("a(b)c", false), "a/(b/)c");
    }

    #[test]
    fn a_control_at_the_end_takes_the_blank_line_before_its_content() {
        assert_eq!(stacked("a(b)", true), "a(//b)");
        assert_eq!(stacked("a(b|c)", true), "a(//b|//c)");
        assert_eq!(stacked("a(b)(c)", true), "a(//b)(//c)");
        assert_eq!(stacked("a(b)c(d(e))", true), "a//(b//)c(//d(//e))");
        assert_eq!(stacked("(a)", true), "(a)");
        assert_eq!(stacked("()", true), "()");
    }
}
