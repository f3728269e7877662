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
    #[error("`{0}` is not allowed in a merge tag")]
    Statement(String),
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
    /// Not an expression.
    #[error("this merge tag does not parse: {0}")]
    Syntax(String),
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
            Self::Statement(_) => {
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
                                    `truncate`, `split` and `length`"
                    .to_owned()
            }
            Self::Name { name } => format!("values of the recipient are written `subscriber.{name}`"),
            Self::Subscriber => {
                "write `subscriber.` and the name of a column, such as `subscriber.first_name`".to_owned()
            }
            Self::Syntax(_) => "see the examples in the README, section on merge tags".to_owned(),
        })
    }
}
