//! What can be wrong with the MJML of a theme.

use thiserror::Error;

use crate::problem::Condition;

/// A condition met in the MJML of a layout.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MarkupError {
    /// An element nothing knows how to draw.
    #[error("unknown element `<{tag}>`")]
    UnknownElement {
        /// Its name.
        tag: String,
        /// The one probably meant.
        near: Option<String>,
    },
    /// An element of MJML that is not drawn here.
    #[error("`<{tag}>` is not drawn here")]
    NotDrawn {
        /// Its name.
        tag: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// An element that is never closed.
    #[error("`<{tag}>` is never closed")]
    Unclosed {
        /// Its name.
        tag: String,
    },
    /// A closing tag that closes nothing, or not what is open.
    #[error("`</{tag}>` closes {}", .open.as_ref().map_or("nothing".to_owned(), |open| format!("an open `<{open}>`")))]
    WrongClose {
        /// The name in the closing tag.
        tag: String,
        /// What is open there.
        open: Option<String>,
    },
    /// Elements in elements, without end.
    #[error("nested more than {limit} levels deep")]
    TooDeep {
        /// How deep is still drawn.
        limit: usize,
    },
    /// An element where it is not drawn.
    #[error("`<{tag}>` cannot stand {}", within(.parent.as_ref()))]
    Misplaced {
        /// Its name.
        tag: String,
        /// What it stands in; nothing outside of everything.
        parent: Option<String>,
        /// Where it can stand.
        homes: Vec<&'static str>,
    },
    /// Running text where only elements stand.
    #[error("words cannot stand {}", within(.parent.as_ref()))]
    Words {
        /// What they stand in; nothing outside of everything.
        parent: Option<String>,
    },
    /// A conditional comment where it is not understood.
    #[error("a conditional comment cannot stand {}", within(.parent.as_ref()))]
    Conditional {
        /// What it stands in.
        parent: Option<String>,
    },
    /// An element that can be there once, for the second time.
    #[error("a second `<{tag}>`")]
    Second {
        /// Its name.
        tag: String,
    },
    /// An element without which there is no mail.
    #[error("there is no `<{tag}>`")]
    Missing {
        /// Its name.
        tag: &'static str,
    },
    /// An attribute that an element does not have.
    #[error("`<{tag}>` has no attribute `{name}`")]
    UnknownAttribute {
        /// The element.
        tag: String,
        /// The attribute as written.
        name: String,
        /// The one probably meant.
        near: Option<String>,
        /// Those there are.
        known: Vec<&'static str>,
    },
    /// An attribute that MJML has and that does nothing here.
    #[error("`{name}` of `<{tag}>` does nothing here")]
    IdleAttribute {
        /// The element.
        tag: String,
        /// The attribute.
        name: String,
        /// What to do instead.
        instead: &'static str,
    },
    /// An attribute without which an element says nothing.
    #[error("`<{tag}>` needs the attribute `{name}`")]
    MissingAttribute {
        /// The element.
        tag: String,
        /// The attribute.
        name: &'static str,
    },
    /// An attribute that an element has twice.
    #[error("`{name}` is written twice")]
    TwiceTheSame {
        /// The attribute.
        name: String,
    },
    /// A value of the wrong kind.
    #[error("expected {expected} for `{name}`, found `{found}`")]
    Value {
        /// The attribute.
        name: String,
        /// What would be right.
        expected: String,
        /// What stands there.
        found: String,
        /// The one probably meant.
        near: Option<String>,
    },
    /// A class of attributes that is defined nowhere.
    #[error("unknown class `{name}`")]
    UnknownClass {
        /// As written in `mj-class`.
        name: String,
        /// The one probably meant.
        near: Option<String>,
    },
    /// A picture without words.
    #[error("this picture says nothing to readers who do not see it")]
    NoAlt,
    /// Something that is wrongly written.
    #[error("{what}")]
    Written {
        /// What is wrong with it.
        what: String,
        /// What to write instead.
        instead: String,
    },
    /// MJML that passed all of this and still was not understood.
    #[error("the layout is not MJML that can be rendered: {what}")]
    Mjml {
        /// What is wrong with it.
        what: String,
    },
}

fn within(parent: Option<&String>) -> String {
    parent.map_or("outside of `<mjml>`".to_owned(), |parent| format!("in `<{parent}>`"))
}

fn meant(near: Option<&String>) -> Option<String> {
    near.map(|near| format!("did you mean `{near}`?"))
}

/// Names as a sentence lists them.
fn listed(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`<{one}>`"),
        [first @ .., end] => {
            let first: Vec<String> = first.iter().map(|name| format!("`<{name}>`")).collect();
            format!("{} {last} `<{end}>`", first.join(", "))
        }
    }
}

impl Condition for MarkupError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownElement { near, .. } => meant(near.as_ref())
                .unwrap_or_else(|| "see https://documentation.mjml.io for the elements there are".to_owned()),
            Self::NotDrawn { instead, .. } | Self::IdleAttribute { instead, .. } => (*instead).to_owned(),
            Self::Unclosed { tag } if tag == "BR" || tag == "IMG" || tag == "HR" => {
                format!("write it in small letters: `<{}>`", tag.to_lowercase())
            }
            Self::Unclosed { tag } => format!("add `</{tag}>`, or write `<{tag} />`"),
            Self::WrongClose { open, .. } => match open {
                Some(open) => format!("close `<{open}>` first"),
                None => "remove it, or open the element before".to_owned(),
            },
            Self::TooDeep { .. } => "put fewer elements into each other".to_owned(),
            Self::Misplaced { tag, homes, parent } => match (homes.as_slice(), parent) {
                ([], Some(_)) if !tag.starts_with("mj") => {
                    "put HTML into an `<mj-text>` or an `<mj-raw>`".to_owned()
                }
                ([], _) => "put it inside `<mjml>`".to_owned(),
                (homes, _) => format!("put it into {}", listed(homes, "or")),
            },
            Self::Words { .. } => "put them into an `<mj-text>` inside an `<mj-column>`".to_owned(),
            Self::Conditional { .. } => "put it into an `<mj-raw>` or an `<mj-text>`".to_owned(),
            Self::Second { tag } => format!("keep one `<{tag}>`"),
            Self::Missing { tag: "mjml" } => "write `<mjml>` around everything".to_owned(),
            Self::Missing { tag } => format!("write `<{tag}>` … `</{tag}>`"),
            Self::UnknownAttribute { near: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::UnknownAttribute { known, .. } if known.is_empty() => "it has none; remove it".to_owned(),
            Self::UnknownAttribute { known, .. } => format!("it has: {}", known.join(", ")),
            Self::MissingAttribute { name, .. } => format!("write `{name}=\"…\"`"),
            Self::TwiceTheSame { .. } => "keep one of them".to_owned(),
            Self::Value { near, .. } => return meant(near.as_ref()),
            Self::UnknownClass { near, .. } => meant(near.as_ref()).unwrap_or_else(|| {
                "define it with `<mj-class name=\"…\" />` inside `<mj-attributes>`; a class for style sheets \
                 is a `css-class`"
                    .to_owned()
            }),
            Self::NoAlt => {
                "say what it shows with `alt=\"…\"`, or write `alt=\"\"` when it only decorates".to_owned()
            }
            Self::Written { instead, .. } => instead.clone(),
            Self::Mjml { .. } => "only MJML and well-formed HTML may stand in a layout".to_owned(),
        })
    }
}
