//! Finds the title among the headings.

use comrak::nodes::{AstNode, NodeValue, Sourcepos};

use super::Walk;
use crate::article::{ArticleError, Meta, Placed, words};

impl<'n> Walk<'_, 'n> {
    /// Makes the first heading of level 1 the title, unless the front matter names
    /// another; gives the place of the heading that is not to be repeated in the body.
    pub(super) fn take_title(&mut self, root: &'n AstNode<'n>, meta: &mut Meta) -> Option<Sourcepos> {
        let heading = root
            .children()
            .find(|node| matches!(&node.data().value, NodeValue::Heading(heading) if heading.level == 1))?;
        let position = heading.data().sourcepos;
        let title = words(&self.plain_inlines(heading));
        let title = title.trim();
        if title.is_empty() || self.mask.only_control(title).is_some() {
            return None;
        }
        if let Some(known) = &meta.title {
            return same(&known.value, title).then_some(position);
        }
        let span = self.span(position);
        let marked = |node: &AstNode<'_>| {
            matches!(
                node.data().value,
                NodeValue::Link(_) | NodeValue::Image(_) | NodeValue::FootnoteReference(_)
            )
        };
        if heading.descendants().any(marked) {
            self.findings.warning(ArticleError::MarkedTitle(meta.notation), span);
        }
        meta.title = Some(Placed { value: title.to_owned(), span });
        Some(position)
    }
}

/// Whether two titles differ only in white space and in how their quotation marks and
/// dashes are drawn.
pub(in crate::article) fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        text.replace("---", "-")
            .replace("--", "-")
            .replace('…', "...")
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| match c {
                '‘' | '’' => '\'',
                '“' | '”' => '"',
                '–' | '—' => '-',
                c => c,
            })
            .collect()
    };
    plain(one) == plain(other)
}
