//! Sets what stands out from the text or side by side: callouts, columns, definitions.

use crate::article::{CalloutKind, Column, Definition, Inline, Style};
use crate::phrases::Phrases;

use super::entries::Room;
use super::html::Setter;
use super::sections::Flow;
use super::words::escape_into;
use crate::article::Block;
use crate::problem::Span;

/// The element that sets words in a style.
pub(super) fn element(style: Style) -> &'static str {
    match style {
        Style::Subscript => "sub",
        Style::Superscript => "sup",
        Style::Highlight => "mark",
        Style::Small => "small",
        Style::Underline => "u",
        Style::Keyboard => "kbd",
    }
}

/// The class of a callout, and the name it has when its author gave it none.
pub(super) fn named(kind: CalloutKind, phrases: &Phrases) -> (&'static str, Option<&'static str>) {
    let [note, tip, important, warning, caution] = phrases.callouts;
    match kind {
        CalloutKind::Plain => ("plain", None),
        CalloutKind::Note => ("note", Some(note)),
        CalloutKind::Tip => ("tip", Some(tip)),
        CalloutKind::Important => ("important", Some(important)),
        CalloutKind::Warning => ("warning", Some(warning)),
        CalloutKind::Caution => ("caution", Some(caution)),
    }
}

impl Setter<'_> {
    pub(super) fn callout(
        &mut self,
        kind: CalloutKind,
        title: Option<&[Inline]>,
        blocks: &[Block],
        span: Span,
    ) {
        let (class, name) = named(kind, self.phrases);
        self.put(format_args!(
            "<table role=\"presentation\" class=\"callout {class}\" width=\"100%\" cellpadding=\"0\" \
             cellspacing=\"0\" border=\"0\"><tr><td>"
        ));
        if title.is_some() || name.is_some() {
            self.push("<p class=\"label\"><strong>");
            match title {
                Some(title) => self.inlines(title, span),
                None => escape_into(&mut self.out, name.unwrap_or_default()),
            }
            self.push("</strong></p>\n");
        }
        self.blocks(blocks);
        self.push("</td></tr></table>");
    }

    /// Columns that stand one under the other until there is room; Word gets cells.
    pub(super) fn columns(&mut self, columns: &[Column]) {
        let count = columns.len().max(1);
        let share = 100 / count;
        self.put(format_args!(
            "<div class=\"columns of{count}\"><!--[if mso]><table role=\"presentation\" width=\"100%\" \
             cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><![endif]-->"
        ));
        for (index, column) in columns.iter().enumerate() {
            let place = match index {
                0 => "first",
                _ if index + 1 == count => "last",
                _ => "mid",
            };
            self.put(format_args!(
                "<!--[if mso]><td width=\"{share}%\" valign=\"top\" class=\"col-{place}\"><![endif]--><div class=\"col \
                 {place}\"><div class=\"cell\">\n"
            ));
            match self.flow {
                Flow::Whole => self.blocks(&column.blocks),
                Flow::Sections => self.entries(&column.blocks, Room::Column),
            }
            self.push("</div></div><!--[if mso]></td><![endif]-->");
        }
        self.push("<!--[if mso]></tr></table><![endif]--></div>");
    }

    pub(super) fn definitions(&mut self, definitions: &[Definition]) {
        self.push("<dl>\n");
        for definition in definitions {
            for term in &definition.terms {
                self.push("<dt>");
                self.inlines(term, definition.span);
                self.push("</dt>");
            }
            for details in &definition.details {
                self.push("<dd>");
                self.blocks(details);
                self.push("</dd>\n");
            }
        }
        self.push("</dl>");
    }
}
