//! Sets what stands out from the text or side by side: callouts, columns, definitions.

use tera::value::Key;
use tera::{Map, Value};

use crate::article::{CalloutKind, Column, Definition, Inline, Style};
use crate::phrases::Phrases;

use super::components::set_already;
use super::direction;
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

/// What a callout stands in, in pixels: its padding on both sides.
const BOXED: u32 = 48;

impl Setter<'_, '_> {
    pub(super) fn callout(
        &mut self,
        kind: CalloutKind,
        title: Option<&[Inline]>,
        blocks: &[Block],
        span: Span,
    ) {
        let (class, name) = named(kind, self.phrases);
        let runs = direction::of_blocks(blocks, self.mask());
        self.turning(runs, |setter, turn| {
            let label = setter.apart(0, |setter| match title {
                Some(title) => setter.inlines(title, span),
                None => escape_into(&mut setter.out, name.unwrap_or_default()),
            });
            let content = setter.apart(BOXED, |setter| setter.blocks(blocks));
            setter.component(
                "callout.html",
                [
                    ("kind", Value::from(class)),
                    ("label", set_already(&label)),
                    ("content", set_already(&content)),
                    ("turn", set_already(turn)),
                ],
            );
        });
    }

    /// Columns that stand one under the other until there is room; Word gets cells.
    pub(super) fn columns(&mut self, columns: &[Column]) {
        let count = columns.len().max(1);
        // Side by side each has its part of the room, less its part of the gaps.
        let room = self.room;
        let parts = u32::try_from(count).unwrap_or(1);
        let taken = room - (room / parts).saturating_sub(self.dress.theme.gap() * (parts - 1) / parts);
        let set: Vec<Value> = columns
            .iter()
            .enumerate()
            .map(|(index, column)| {
                let place = match index {
                    0 => "first",
                    _ if index + 1 == count => "last",
                    _ => "mid",
                };
                let outer = std::mem::replace(&mut self.in_columns, true);
                let content = self.apart(taken, |setter| match setter.flow {
                    Flow::Whole => setter.blocks(&column.blocks),
                    Flow::Sections => setter.entries(&column.blocks, Room::Column),
                });
                self.in_columns = outer;
                let own: Map =
                    [(Key::Str("place"), Value::from(place)), (Key::Str("content"), set_already(&content))]
                        .into_iter()
                        .collect();
                Value::from(own)
            })
            .collect();
        self.component(
            "columns.html",
            [
                ("count", Value::from(count)),
                ("share", Value::from(100 / count)),
                ("columns", Value::from(set)),
            ],
        );
    }

    pub(super) fn definitions(&mut self, definitions: &[Definition]) {
        self.push("<dl>\n");
        for definition in definitions {
            for term in &definition.terms {
                let runs = direction::of_inlines(term, self.mask());
                self.turning(runs, |setter, turn| {
                    setter.put(format_args!("<dt{turn}>"));
                    setter.inlines(term, definition.span);
                    setter.push("</dt>");
                });
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
