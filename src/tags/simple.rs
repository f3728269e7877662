//! The tags nearly every mail has, so plain that they can be read only one way.

use super::syntax::Token::{self, Sign, Text, Word};

/// What a tag says, when that is simple enough to be done without the template engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Simple {
    /// `subscriber.field`, or that with `| default(value="text")`.
    Value {
        /// The name after `subscriber.`.
        field: String,
        /// What stands in for a missing value.
        default: Option<String>,
    },
    /// `if`.
    If(Test),
    /// `elif`.
    Elif(Test),
    /// `else`.
    Else,
    /// `endif`.
    EndIf,
}

/// A condition on one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The name after `subscriber.`.
    pub field: String,
    /// When it is met.
    pub holds: Holds,
}

/// When a condition is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// `subscriber.field`: the value is not empty.
    Filled,
    /// `subscriber.field == "text"`.
    Is(String),
    /// `subscriber.field != "text"`, which a missing value is.
    IsNot(String),
}

impl Test {
    /// Whether `value`, which may be missing, meets the condition.
    #[must_use]
    pub fn holds(&self, value: Option<&str>) -> bool {
        match &self.holds {
            Holds::Filled => value.is_some_and(|value| !value.is_empty()),
            Holds::Is(text) => value == Some(text),
            Holds::IsNot(text) => value != Some(text),
        }
    }
}

/// What `{% … %}` says, if it is simple.
pub(super) fn control(tokens: &[Token<'_>]) -> Option<Simple> {
    match tokens {
        [Word("else")] => Some(Simple::Else),
        [Word("endif")] => Some(Simple::EndIf),
        [Word("if"), condition @ ..] => test(condition).map(Simple::If),
        [Word("elif"), condition @ ..] => test(condition).map(Simple::Elif),
        _ => None,
    }
}

/// What `{{ … }}` says, if it is simple.
pub(super) fn value(tokens: &[Token<'_>]) -> Option<Simple> {
    let (field, rest) = field(tokens)?;
    let default = match rest {
        [] => None,
        [Sign('|'), Word("default"), Sign('('), Word("value"), Sign('='), Text(text), Sign(')')] => {
            Some(inside(text)?)
        }
        _ => return None,
    };
    Some(Simple::Value { field, default })
}

fn test(tokens: &[Token<'_>]) -> Option<Test> {
    let (field, rest) = field(tokens)?;
    let holds = match rest {
        [] => Holds::Filled,
        [Sign('='), Sign('='), Text(text)] => Holds::Is(inside(text)?),
        [Sign('!'), Sign('='), Text(text)] => Holds::IsNot(inside(text)?),
        _ => return None,
    };
    Some(Test { field, holds })
}

/// The name after `subscriber.`, and what follows it.
fn field<'a, 'b>(tokens: &'a [Token<'b>]) -> Option<(String, &'a [Token<'b>])> {
    let [Word("subscriber"), Sign('.'), Word(name), rest @ ..] = tokens else { return None };
    let is_name = !name.starts_with(|first: char| first.is_ascii_digit());
    is_name.then(|| ((*name).to_owned(), rest))
}

/// What stands between the quotes of a text without anything to unescape.
fn inside(text: &str) -> Option<String> {
    let quote = text.get(..1)?;
    let inside = text[1..].strip_suffix(quote)?;
    (!inside.contains('\\')).then(|| inside.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: &str) -> Option<Simple> {
        super::super::syntax::read(tag, true).simple
    }

    fn value(name: &str, default: Option<&str>) -> Simple {
        Simple::Value { field: name.to_owned(), default: default.map(str::to_owned) }
    }

    #[test]
    fn values_and_their_defaults_are_simple() {
        assert_eq!(read("{{ subscriber.city }}"), Some(value("city", None)));
        assert_eq!(read("{{-subscriber.city-}}"), Some(value("city", None)));
        assert_eq!(
            read("{{ subscriber.city | default(value=\"here\") }}"),
            Some(value("city", Some("here")))
        );
        assert_eq!(
            read("{{subscriber.city|default( value = 'a \"b\" }}' ) }}"),
            Some(value("city", Some("a \"b\" }}")))
        );
    }

    #[test]
    fn conditions_on_one_field_are_simple() {
        let test = |holds| Test { field: "plan".to_owned(), holds };
        assert_eq!(read("{% if subscriber.plan %}"), Some(Simple::If(test(Holds::Filled))));
        assert_eq!(
            read("{% elif subscriber.plan == \"pro\" %}"),
            Some(Simple::Elif(test(Holds::Is("pro".to_owned()))))
        );
        assert_eq!(
            read("{% if subscriber.plan != '' %}"),
            Some(Simple::If(test(Holds::IsNot(String::new()))))
        );
        assert_eq!(read("{% else %}"), Some(Simple::Else));
        assert_eq!(read("{%- endif -%}"), Some(Simple::EndIf));
    }

    #[test]
    fn whatever_says_more_is_not() {
        for tag in [
            "{{ subscriber.city | upper }}",
            "{{ subscriber.city | default(value=\"a\\n\") }}",
            "{{ subscriber.city | default(value=\"a\") | upper }}",
            "{{ subscriber.city | default(value=subscriber.town) }}",
            "{{ subscriber.tags.0 }}",
            "{{ subscriber.tags[0] }}",
            "{{ subscriber.1 }}",
            "{{ city }}",
            "{{ \"city\" }}",
            "{% if not subscriber.plan %}",
            "{% if subscriber.a == subscriber.b %}",
            "{% if subscriber.a == 1 %}",
            "{% if subscriber.a == \"x' %}",
            "{% if subscriber.a == `x\" %}",
            "{% if subscriber.a == \" %}",
            "{% if subscriber.a == \"b\" or true %}",
            "{% if true %}",
            "{% if %}",
            "{% subscriber.city %}",
            "{{ else }}",
            "{% for a in subscriber.b %}",
            "{% endfor %}",
        ] {
            assert_eq!(read(tag), None, "{tag}");
        }
    }
}
