//! What can be wrong with a merge tag.

use crate::problem::Condition;

/// What can be wrong with a merge tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Opened and never closed.
    #[error("this merge tag is not closed")]
    Unclosed {
        /// `}}` or `%}`.
        expected: &'static str,
    },
    /// Nothing between the braces.
    #[error("this merge tag is empty")]
    Empty,
    /// A statement that would change what a campaign is, copy by copy.
    #[error("{}", refused_statement(.name, *.nearest))]
    Statement {
        /// As written.
        name: String,
        /// The statement that was meant.
        nearest: Option<&'static str>,
    },
    /// A filter or function that is not offered.
    #[error("`{0}` is not allowed in a merge tag")]
    Function(String),
    /// A filter nobody knows.
    #[error("unknown filter `{name}`")]
    Filter {
        /// As written.
        name: String,
        /// The nearest known filter.
        nearest: Option<String>,
    },
    /// A name that is no field.
    #[error("unknown name `{name}`")]
    Name {
        /// As written.
        name: String,
    },
    /// `subscriber` alone, or with brackets.
    #[error("expected a field after `subscriber`")]
    Subscriber,
    /// A name as the list spells it, with spaces or hyphens.
    #[error("`{written}` is no name of a field")]
    SpacedField {
        /// As written.
        written: String,
        /// As merge tags spell it.
        name: String,
    },
    /// The quotation marks of a word processor.
    #[error("this merge tag has curly quotes")]
    CurlyQuotes,
    /// `=` in a condition.
    #[error("a single `=` compares nothing")]
    LoneEquals,
    /// A default that does not say that it is the value.
    #[error("`default` needs a `value`")]
    BareDefault(String),
    /// Not an expression.
    #[error("this merge tag does not parse: {0}")]
    Syntax(String),
}

/// A statement that is allowed nowhere, or one that nobody knows.
fn refused_statement(name: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(_) => format!("unknown statement `{name}`"),
        None => format!("`{name}` is not allowed in a merge tag"),
    }
}

impl Condition for TagError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unclosed { expected } => {
                format!(
                    "close it with `{expected}`, or write it as code (`` ` ``) if the braces are meant as text"
                )
            }
            Self::Empty => "name a field: `{{ subscriber.first_name }}`".to_owned(),
            Self::Statement { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::Statement { .. } => {
                "per recipient there are `{{ … }}`, `if`, `elif`, `else`, `endif`, `for` and `endfor`"
                    .to_owned()
            }
            Self::Function(name) if name == "safe" => {
                "values of subscribers are always escaped; put markup into the article itself".to_owned()
            }
            Self::Function(_) => {
                "leave it out; a copy may depend on the subscriber's values alone".to_owned()
            }
            Self::Filter { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::Filter { .. } => {
                "filters are `default`, `upper`, `lower`, `capitalize`, `title`, `trim`, `replace`, \
                                    `truncate`, `split`, `length` and `int`"
                    .to_owned()
            }
            Self::Name { name } => format!("values of the recipient are written `subscriber.{name}`"),
            Self::Subscriber => {
                "write `subscriber.` and the name of a column, such as `subscriber.first_name`".to_owned()
            }
            Self::SpacedField { name, .. } => {
                format!("merge tags spell columns in lower case with underscores: `subscriber.{name}`")
            }
            Self::CurlyQuotes => "use straight quotes: `\"` or `'`".to_owned(),
            Self::LoneEquals => "compare with `==`".to_owned(),
            Self::BareDefault(value) => format!("write `default(value=\"{value}\")`"),
            Self::Syntax(_) => "see the examples in the README, section on merge tags".to_owned(),
        })
    }
}
