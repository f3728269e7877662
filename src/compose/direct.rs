//! The short way through a program: the tags nearly every mail has, worked out without
//! the engine.
//!
//! It knows `subscriber.field`, the same with a default, and `if` on one field. What
//! it does not know, and every copy in which a value is missing or not fit for its
//! place, is the engine's: so there is one meaning, and one place that words what is
//! wrong. A message of 40 KB takes a third of the time this way (`benches/press.rs`).

use super::merge;
use super::pieces::{Context, Piece};
use super::quoted;
use crate::audience::Values;
use crate::tags::Mask;

/// Steps that print a part.
#[derive(Debug, Clone)]
pub(super) struct Direct(Vec<Step>);

#[derive(Debug, Clone)]
enum Step {
    /// The number of a literal of the program.
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

#[derive(Debug, Clone, PartialEq, Eq)]
struct Test {
    field: String,
    holds: Holds,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Holds {
    /// The value has letters.
    NotEmpty,
    Is(String),
    IsNot(String),
}

impl Test {
    fn holds(&self, values: &Values) -> bool {
        let value = values.get(&self.field);
        match &self.holds {
            Holds::NotEmpty => value.is_some_and(|value| !value.is_empty()),
            Holds::Is(text) => value == Some(text),
            Holds::IsNot(text) => value != Some(text),
        }
    }
}

/// An `if` whose end has not come: where its last test and its branches wait for it.
#[derive(Default)]
struct Open {
    unless: Option<usize>,
    jumps: Vec<usize>,
}

impl Direct {
    /// The steps for `pieces`, unless a tag needs the engine.
    pub(super) fn compile(pieces: &[Piece], mask: &Mask) -> Option<Self> {
        let mut steps = Vec::new();
        let mut literals = 0;
        let mut open: Vec<Open> = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Literal(_) => {
                    steps.push(Step::Literal(literals));
                    literals += 1;
                }
                Piece::Hole(id, context) => {
                    let (field, default) = value(&mask.tag(*id).inner)?;
                    steps.push(Step::Value { field, default, context: *context });
                }
                Piece::Control(id) => {
                    let inner = &mask.tag(*id).inner;
                    let (word, rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
                    control(word, rest, &mut steps, &mut open)?;
                }
            }
        }
        open.is_empty().then_some(Self(steps))
    }

    /// Appends the part for one recipient, or leaves `out` as it was when the engine
    /// has to.
    pub(super) fn print(&self, literals: &[Vec<u8>], values: &Values, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let printed = self.try_print(literals, values, out).is_some();
        if !printed {
            out.truncate(start);
        }
        printed
    }

    fn try_print(&self, literals: &[Vec<u8>], values: &Values, out: &mut Vec<u8>) -> Option<()> {
        let mut at = 0;
        while let Some(step) = self.0.get(at) {
            at += 1;
            match step {
                Step::Literal(number) => out.extend_from_slice(literals.get(*number)?),
                Step::Value { field, default, context } => {
                    let text = values.get(field).or(default.as_ref())?;
                    quoted::encode(&merge::inert_text(text, *context).ok()?, out);
                }
                Step::Unless { test, to } => {
                    if !test.holds(values) {
                        at = *to;
                    }
                }
                Step::Jump { to } => at = *to,
            }
        }
        Some(())
    }
}

fn control(word: &str, rest: &str, steps: &mut Vec<Step>, open: &mut Vec<Open>) -> Option<()> {
    match word {
        "if" => open.push(Open::default()),
        "elif" | "else" => {
            let branch = open.last_mut()?;
            branch.jumps.push(steps.len());
            steps.push(Step::Jump { to: 0 });
            // An `else` has no test that a second one could wait for.
            land(branch.unless.take()?, steps);
        }
        "endif" => {
            let branch = open.pop()?;
            for step in branch.jumps.into_iter().chain(branch.unless) {
                land(step, steps);
            }
        }
        _ => return None,
    }
    if matches!(word, "if" | "elif") {
        open.last_mut()?.unless = Some(steps.len());
        steps.push(Step::Unless { test: test(rest)?, to: 0 });
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

/// `subscriber.field`, or that with `| default(value="text")`.
fn value(inner: &str) -> Option<(String, Option<String>)> {
    let (field, rest) = field(inner)?;
    if rest.is_empty() {
        return Some((field, None));
    }
    let mut rest = rest;
    for word in ["|", "default", "(", "value", "="] {
        rest = rest.strip_prefix(word)?.trim_start();
    }
    let (default, rest) = text(rest)?;
    (rest.strip_prefix(')')?.trim().is_empty()).then_some((field, Some(default)))
}

/// `subscriber.field`, or that compared with a text.
fn test(condition: &str) -> Option<Test> {
    let (field, rest) = field(condition.trim())?;
    if rest.is_empty() {
        return Some(Test { field, holds: Holds::NotEmpty });
    }
    let (holds, rest): (fn(String) -> Holds, _) = match (rest.strip_prefix("=="), rest.strip_prefix("!=")) {
        (Some(rest), _) => (Holds::Is, rest),
        (_, Some(rest)) => (Holds::IsNot, rest),
        _ => return None,
    };
    let (text, rest) = text(rest.trim_start())?;
    rest.is_empty().then(|| Test { field, holds: holds(text) })
}

/// The name after `subscriber.`, and what follows it.
fn field(text: &str) -> Option<(String, &str)> {
    let rest = text.strip_prefix("subscriber.")?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let sound = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    sound.then(|| (name.to_owned(), rest.trim_start()))
}

/// A text in quotes without anything that would have to be unescaped, and what
/// follows it.
fn text(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let (inside, rest) = text[1..].split_once(quote)?;
    (!inside.contains('\\')).then(|| (inside.to_owned(), rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::merge::Program;
    use super::super::pieces;
    use super::*;
    use crate::problem::Source;

    const TEXT: &str = "Dear {{ subscriber.a | default(value=\"you\") }},\n\
        {% if subscriber.b == \"x\" %}X {{ subscriber.a }}{% elif subscriber.b != 'y' %}not y \
        {% if subscriber.c %}{{ subscriber.c }}{% endif %}{% else %}y{% endif %}\n\
        {% if subscriber.c %}c{% endif %}{% if subscriber.a == \"\" %}{% else %}a{% endif %} end";

    proptest! {
        #[test]
        fn the_short_way_and_the_engine_print_the_same(
            a in proptest::option::of(".{0,20}"),
            b in proptest::option::of("x|y|z|"),
            c in proptest::option::of("[a-zé.{} =]{0,3}"),
        ) {
            let given = [("a", a), ("b", b), ("c", c)];
            let values: Values = given.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?))).collect();
            for whole in [Context::Plain, Context::Header] {
                let mut mask = Mask::avoiding(TEXT);
                let masked = mask.mask(&Source::new("text", TEXT), TEXT, 0).text;
                let mut found = Vec::new();
                let pieces = pieces::of_plain(&masked, &mask, whole, &mut found);
                prop_assert!(found.is_empty());
                let mut engine = merge::engine();
                let program = Program::compile("text", &pieces, &mask, &mut engine).unwrap();
                match program.both_ways(&engine, &values, &mask) {
                    (Ok(long), short) => {
                        prop_assert_eq!(Ok(String::from_utf8(long).unwrap()), String::from_utf8(short.unwrap()));
                    }
                    (Err(_), short) => prop_assert_eq!(short, None),
                }
            }
        }
    }

    #[test]
    fn only_what_has_one_meaning_goes_the_short_way() {
        let plain = |name: &str, default: Option<&str>| Some((name.to_owned(), default.map(str::to_owned)));
        assert_eq!(value("subscriber.city"), plain("city", None));
        assert_eq!(value("subscriber.city | default(value=\"here\")"), plain("city", Some("here")));
        assert_eq!(value("subscriber.city|default( value = 'a \"b\"' ) "), plain("city", Some("a \"b\"")));
        for other in [
            "subscriber.city | upper",
            "subscriber.city | default(value=\"a\\n\")",
            "subscriber.city | default(value=\"a\") | upper",
            "subscriber.city | default(value=subscriber.town)",
            "subscriber.tags.0",
            "subscriber.tags[0]",
            "subscriber.1",
            "city",
            "\"city\"",
        ] {
            assert_eq!(value(other), None, "{other}");
        }
        assert_eq!(
            test("subscriber.plan == \"pro\""),
            Some(Test { field: "plan".to_owned(), holds: Holds::Is("pro".to_owned()) })
        );
        for other in
            ["not subscriber.plan", "subscriber.a == subscriber.b", "subscriber.a == \"b\" or true", "true"]
        {
            assert_eq!(test(other), None, "{other}");
        }
    }
}
