//! The short way to a copy: a mail with none but [`Simple`] tags, as nearly every mail
//! is, printed without the template engine.
//!
//! What is not simple, and every copy in which a value is missing or not fit for its
//! place, is the engine's. So there is one meaning, which the engine gives, and one
//! place that words what is wrong ([`super::merge`]).

use std::ops::RangeFrom;

use super::inert::inert;
use super::merge::is_unmarked;
use super::pieces::{Context, Piece};
use super::quoted;
use crate::audience::Values;
use crate::tags::{Mask, Simple, Test};

/// The steps that print the parts of a mail, one list a part.
#[derive(Debug, Clone)]
pub(super) struct Direct(Vec<Vec<Step>>);

#[derive(Debug, Clone)]
enum Step {
    /// The literal of this number.
    Literal(usize),
    Value {
        field: String,
        default: Option<String>,
        context: Context,
    },
    /// Goes on at `to` unless the test holds.
    Unless {
        test: Test,
        to: usize,
    },
    Jump {
        to: usize,
    },
}

/// An `if` whose end has not come: the steps that wait to know where they lead.
#[derive(Default)]
struct Open {
    /// Of its last condition, unless an `else` came.
    unless: Option<usize>,
    /// At the ends of its branches.
    jumps: Vec<usize>,
}

impl Direct {
    /// The steps for `parts`, unless a tag needs the engine.
    pub(super) fn compile(parts: &[&[Piece]], mask: &Mask) -> Option<Self> {
        let mut literals = 0..;
        parts.iter().map(|part| steps(part, mask, &mut literals)).collect::<Option<_>>().map(Self)
    }

    /// Appends part number `part`, quoted-printable, with the encoded `literals` of all
    /// parts. `None`, with `out` as it was, when this copy is the engine's.
    pub(super) fn print(
        &self,
        part: usize,
        literals: &[Vec<u8>],
        values: &Values,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let start = out.len();
        let printed = print(self.0.get(part)?, literals, values, out);
        if printed.is_none() {
            out.truncate(start);
        }
        printed
    }
}

fn print(steps: &[Step], literals: &[Vec<u8>], values: &Values, out: &mut Vec<u8>) -> Option<()> {
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        at += 1;
        match step {
            Step::Literal(number) => out.extend_from_slice(literals.get(*number)?),
            Step::Value { field, default, context } => {
                let value = value(values, field).ok()?.or(default.as_deref())?;
                quoted::encode(&inert(value, *context).ok()?, out);
            }
            Step::Unless { test, to } => {
                if !test.holds(value(values, &test.field).ok()?) {
                    at = *to;
                }
            }
            Step::Jump { to } => at = *to,
        }
    }
    Some(())
}

/// The value of `field`, which may be missing. Fails when only the engine's way can
/// read it.
fn value<'a>(values: &'a Values, field: &str) -> Result<Option<&'a str>, Marked> {
    let value = values.get(field).map(String::as_str);
    if value.is_none_or(is_unmarked) { Ok(value) } else { Err(Marked) }
}

/// A value that holds what the engine's way uses as marks, and drops.
struct Marked;

fn steps(part: &[Piece], mask: &Mask, literals: &mut RangeFrom<usize>) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for piece in part {
        match piece {
            Piece::Literal(_) => steps.push(Step::Literal(literals.next()?)),
            Piece::Hole(id, context) => match mask.tag(*id).simple.clone()? {
                Simple::Value { field, default } => {
                    steps.push(Step::Value { field, default, context: *context });
                }
                _ => return None,
            },
            Piece::Control(id) => control(mask.tag(*id).simple.clone()?, &mut steps, &mut open)?,
        }
    }
    open.is_empty().then_some(steps)
}

fn control(control: Simple, steps: &mut Vec<Step>, open: &mut Vec<Open>) -> Option<()> {
    let branch_ends = matches!(control, Simple::Elif(_) | Simple::Else);
    if branch_ends {
        let open = open.last_mut()?;
        // What follows is reached from the last condition alone; an `else` has none.
        let unless = open.unless.take()?;
        open.jumps.push(steps.len());
        steps.push(Step::Jump { to: 0 });
        land(unless, steps);
    }
    match control {
        Simple::If(test) => {
            open.push(Open { unless: Some(steps.len()), jumps: Vec::new() });
            steps.push(Step::Unless { test, to: 0 });
        }
        Simple::Elif(test) => {
            open.last_mut()?.unless = Some(steps.len());
            steps.push(Step::Unless { test, to: 0 });
        }
        Simple::EndIf => {
            let open = open.pop()?;
            open.jumps.into_iter().chain(open.unless).for_each(|step| land(step, steps));
        }
        Simple::Else => {}
        Simple::Value { .. } => return None,
    }
    Some(())
}

/// Makes the step number `from` lead to whatever comes next.
fn land(from: usize, steps: &mut [Step]) {
    let here = steps.len();
    if let Some(Step::Unless { to, .. } | Step::Jump { to }) = steps.get_mut(from) {
        *to = here;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::merge::Program;
    use super::super::pieces;
    use super::*;
    use crate::problem::Source;

    /// Text with any simple tags, whole conditions only.
    fn simple_text() -> impl Strategy<Value = String> {
        let tag = prop::sample::select(vec![
            "{{ subscriber.a }}",
            "{{ subscriber.b }}",
            "{{ subscriber.a | default(value=\"you\") }}",
            "{{ subscriber.b|default(value='') }}",
            "{{ subscriber.c | default(value=`\"é=\"`) }}",
            " = text.\n.\n",
            "é",
        ]);
        let condition = prop::sample::select(vec![
            "subscriber.a",
            "subscriber.b == \"x\"",
            "subscriber.b != 'y'",
            "subscriber.c == \"\"",
            "subscriber.c != \"\"",
        ]);
        tag.prop_map(str::to_owned).prop_recursive(4, 40, 4, move |inner| {
            let branch = || prop::collection::vec(inner.clone(), 0..3).prop_map(|parts| parts.concat());
            let whole = (
                (condition.clone(), branch()),
                prop::collection::vec((condition.clone(), branch()), 0..3),
                prop::option::of(branch()),
            );
            prop_oneof![
                branch(),
                whole.prop_map(|((test, then), more, other)| {
                    let more = more.iter().map(|(test, then)| format!("{{% elif {test} %}}{then}"));
                    let more = more.collect::<Vec<_>>().concat();
                    let other = other.map_or(String::new(), |other| format!("{{%- else -%}}{other}"));
                    format!("{{% if {test} %}}{then}{more}{other}{{% endif %}}")
                })
            ]
        })
    }

    proptest! {
        #[test]
        fn the_short_way_and_the_engine_print_the_same(
            text in simple_text(),
            a in prop::option::of(".{0,20}|https://example.com/é|[\u{1}-\u{6}]{1,3}"),
            b in prop::option::of("x|y|z|"),
            c in prop::option::of("[a-zé.{} =\u{3}]{0,3}"),
            context in prop::sample::select(vec![
                Context::Html, Context::HtmlAddress, Context::AddressPart,
                Context::Plain, Context::PlainAddress, Context::Header,
            ]),
        ) {
            let given = [("a", a), ("b", b), ("c", c)];
            let values: Values = given.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?))).collect();
            let mut mask = Mask::avoiding(&text);
            let masked = mask.mask(&Source::new("text", text.as_str()), &text, 0).text;
            let mut found = Vec::new();
            let pieces = pieces::of_plain(&masked, &mask, context, &mut found);
            prop_assert!(found.is_empty());
            let program = Program::compile(&[&pieces], &mask).unwrap();
            prop_assert!(Direct::compile(&[&pieces], &mask).is_some(), "the tags are simple");
            let mut long = b"before".to_vec();
            let by_engine = program
                .work_out(&values, &mask, &"x")
                .and_then(|worked| program.print(&worked, 0, &mask, &"x", &mut long));
            let mut short = b"before".to_vec();
            if program.print_directly(0, &values, &mut short).is_some() {
                prop_assert!(by_engine.is_ok(), "{:?}", by_engine);
                prop_assert_eq!(String::from_utf8(short), String::from_utf8(long));
            } else {
                let marked = values.values().any(|value| !is_unmarked(value));
                prop_assert!(by_engine.is_err() || marked);
                prop_assert_eq!(short, b"before");
            }
        }
    }

    #[test]
    fn a_tag_that_is_not_simple_is_the_engines() {
        let text = "{{ subscriber.a }} {{ subscriber.a | upper }}";
        let mut mask = Mask::avoiding(text);
        let masked = mask.mask(&Source::new("text", text), text, 0).text;
        let pieces = pieces::of_plain(&masked, &mask, Context::Plain, &mut Vec::new());
        assert!(Direct::compile(&[&pieces], &mask).is_none());
    }
}
