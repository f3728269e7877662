//! Tells H~2~O, m^2^, ==marked== and ++underlined++ words from the same characters in
//! ordinary writing: `~5 minutes`, `10~20`, `x^2 + y^2`, `a==b`, `C++11`.

use comrak::nodes::{AstNode, NodeValue};

use super::Walk;
use super::inline::push_text;
use crate::article::{Inline, Style, words};

impl<'n> Walk<'_, 'n> {
    /// Reads what the parser took for words set apart.
    pub(super) fn styled(&mut self, node: &'n AstNode<'n>, depth: usize, out: &mut Vec<Inline>) {
        let content = self.inlines(node, depth + 1);
        let ast = node.data();
        let (marks, style) = match &ast.value {
            NodeValue::Subscript => ("~", Style::Subscript),
            NodeValue::Superscript => ("^", Style::Superscript),
            NodeValue::Highlight => ("==", Style::Highlight),
            _ => ("++", Style::Underline),
        };
        let before = self.ending(node);
        let shown = words(&content);
        let joined = !shown.contains(char::is_whitespace);
        let attached = before.is_some_and(|c| !c.is_whitespace() && !is_opening(c));
        let meant = match style {
            Style::Subscript | Style::Superscript => attached && joined,
            // A word of Latin letters runs on, as in `C++11`; one of Chinese does not.
            _ => !before.is_some_and(|c| c.is_alphanumeric() && c < '\u{2e80}'),
        };
        if meant && !shown.trim().is_empty() {
            out.push(Inline::Styled { style, content });
        } else if style == Style::Subscript && !attached {
            // GitHub strikes out what stands between single tildes.
            out.push(Inline::Strikethrough(content));
        } else {
            push_text(out, marks);
            for inline in content {
                match inline {
                    Inline::Text(text) => push_text(out, &text),
                    other => out.push(other),
                }
            }
            push_text(out, marks);
        }
    }

    /// The character that words set apart follow. It is taken from the tree: the columns
    /// of the parser are off in a cell of a table that holds `\|`.
    fn ending(&self, node: &'n AstNode<'n>) -> Option<char> {
        let before = node.previous_sibling()?;
        match &before.data().value {
            NodeValue::Text(text) => self.mask.restore(text).chars().next_back(),
            NodeValue::SoftBreak | NodeValue::LineBreak => Some('\n'),
            NodeValue::Code(_) => Some('`'),
            NodeValue::Link(_) | NodeValue::Image(_) | NodeValue::FootnoteReference(_) => Some(')'),
            NodeValue::Subscript => Some('~'),
            NodeValue::Superscript => Some('^'),
            _ => Some('*'),
        }
    }
}

fn is_opening(character: char) -> bool {
    matches!(character, '(' | '[' | '{' | '"' | '\'' | '“' | '‘' | '„' | '«' | '*' | '_' | '>' | '|')
}
