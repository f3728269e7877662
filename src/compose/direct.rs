//! The short way to a copy: parts with none but [`Simple`] tags, as nearly every mail
//! has, printed without the template engine.
//!
//! What is not simple is the engine's, and so is a part that cannot be printed for
//! somebody, because a value is missing or not fit for its place: one place words what
//! is wrong ([`super::merge`]). A property test holds the two ways together.

use super::filling::Filling;
use super::inert::inert;
use super::merge::is_unmarked;
use super::pieces::{Context, Piece};
use super::quoted;
use crate::tags::{Mask, Simple, Test};

/// The steps that print the parts of a mail: one list for each part that does without
/// the engine.
#[derive(Debug, Clone)]
pub(super) struct Direct(Vec<Option<Vec<Step>>>);

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
    /// The steps for each of `parts` that has no tag for the engine.
    pub(super) fn compile(parts: &[&[Piece]], mask: &Mask) -> Self {
        let mut first = 0;
        let steps_of = |part: &&[Piece]| {
            let steps = steps(part, mask, first);
            first += part.iter().filter(|piece| matches!(piece, Piece::Literal(_))).count();
            steps
        };
        Self(parts.iter().map(steps_of).collect())
    }

    /// Appends part number `part`, quoted-printable, with the encoded `literals` of all
    /// parts. `None`, with `out` as it was, when this copy is the engine's.
    pub(super) fn print(
        &self,
        part: usize,
        literals: &[Vec<u8>],
        values: Filling<'_>,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let start = out.len();
        let printed = print(self.0.get(part)?.as_ref()?, literals, values, out);
        if printed.is_none() {
            out.truncate(start);
        }
        printed
    }
}

fn print(steps: &[Step], literals: &[Vec<u8>], values: Filling<'_>, out: &mut Vec<u8>) -> Option<()> {
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
fn value<'a>(values: Filling<'a>, field: &str) -> Result<Option<&'a str>, Marked> {
    let value = values.get(field);
    if value.is_none_or(is_unmarked) { Ok(value) } else { Err(Marked) }
}

/// A value that holds what the engine's way uses as marks, and drops.
struct Marked;

/// The steps for a part whose first literal is number `first` of all.
fn steps(part: &[Piece], mask: &Mask, first: usize) -> Option<Vec<Step>> {
    let mut literals = first..;
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
    use crate::audience::Values;
    use crate::problem::Source;

    /// Text with any simple tags, whole conditions only.
    fn simple_text() -> impl Strategy<Value = String> {
        let tag = prop::sample::select(vec![
            "{{ subscriber.a }}",
            "{{ subscriber.b }}",
            "{{ subscriber.unsubscribe_url }}",
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

    /// The values of `given` under the names a, b and c.
    fn values(given: [Option<String>; 3]) -> Values {
        let named = ["a", "b", "c"].into_iter().zip(given);
        named.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    proptest! {
        #[test]
        fn the_short_way_and_the_engine_print_the_same(
            texts in prop::collection::vec(simple_text(), 1..4),
            a in prop::option::of("(?s).{0,20}|https://example.com/é|[\u{1}-\u{6}]{1,3}"),
            b in prop::option::of("x|y|z|"),
            c in prop::option::of("[a-zé.{} =\n\u{3}]{0,3}"),
            context in prop::sample::select(vec![
                Context::Html, Context::HtmlAddress, Context::AddressPart,
                Context::Plain, Context::PlainAddress, Context::Header,
            ]),
        ) {
            let values = values([a, b, c]);
            let mut mask = Mask::avoiding(&texts.concat());
            let mut parts = Vec::new();
            for text in &texts {
                let masked = mask.mask(&Source::new("text", text.as_str()), text, 0).text;
                let mut found = Vec::new();
                parts.push(pieces::of_plain(&masked, &mask, context, &mut found));
                prop_assert!(found.is_empty());
            }
            let parts: Vec<&[Piece]> = parts.iter().map(Vec::as_slice).collect();
            let program = Program::compile(&parts, &mask).unwrap();
            let filling = Filling { values: &values, link: Some("https://example.com/u/T") };
            for (part, text) in texts.iter().enumerate() {
                let mut long = b"before".to_vec();
                let by_engine = program
                    .work_out(filling, &mask, &"x")
                    .and_then(|worked| program.print(&worked, part, &mask, &"x", &mut long));
                let mut short = b"before".to_vec();
                if program.print_directly(part, filling, &mut short).is_some() {
                    // The engine works out all parts, and another may lack a value.
                    if by_engine.is_ok() {
                        prop_assert_eq!(String::from_utf8(short), String::from_utf8(long));
                    } else {
                        prop_assert!(texts.len() > 1, "{:?}", by_engine);
                    }
                } else {
                    let named = |name: &str| text.contains(&format!("subscriber.{name}"));
                    let marked = values.iter().any(|(name, value)| named(name) && !is_unmarked(value));
                    prop_assert!(by_engine.is_err() || marked);
                    prop_assert_eq!(short, b"before");
                }
            }
        }
    }

    #[test]
    fn a_part_with_a_tag_that_is_not_simple_is_the_engines_and_the_others_are_not() {
        let texts = ["1 {{ subscriber.a }} 2", "3 {{ subscriber.a | upper }} 4", "5 {{ subscriber.a }} 6"];
        let mut mask = Mask::avoiding(&texts.concat());
        let parts = texts.map(|text| {
            let masked = mask.mask(&Source::new("text", text), text, 0).text;
            pieces::of_plain(&masked, &mask, Context::Plain, &mut Vec::new())
        });
        let parts: Vec<&[Piece]> = parts.iter().map(Vec::as_slice).collect();
        let program = Program::compile(&parts, &mask).unwrap();
        let values = values([Some("x".to_owned()), None, None]);
        let filling = Filling { values: &values, link: None };
        let printed = [0, 1, 2].map(|part| {
            let mut out = Vec::new();
            program.print_directly(part, filling, &mut out).map(|()| quoted::decode(&out))
        });
        assert_eq!(printed, [Some("1 x 2".to_owned()), None, Some("5 x 6".to_owned())]);
    }
}
