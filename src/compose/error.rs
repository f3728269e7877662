//! What can be wrong with a theme, or with an article as far as its HTML goes.

use thiserror::Error;

use crate::fields::Notation;
use crate::problem::{Class, Condition};

/// A condition met while composing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ComposeError {
    /// An article without a title.
    #[error("the article has no title")]
    NoTitle(Notation),
    /// A note for some at the end of a mail for all.
    #[error("this note is referred to only inside a condition, and would be shown to everybody")]
    HiddenNote,
    /// An address that leads nowhere from a mail.
    #[error("readers cannot reach `{address}` from a mail")]
    Unreachable {
        /// As written.
        address: String,
        /// Whether it is that of a picture.
        picture: bool,
    },
    /// A link or a picture without an address.
    #[error("the address is empty")]
    EmptyAddress {
        /// Whether it is that of a picture.
        picture: bool,
    },
    /// An address that is another one for some readers from its first letter on.
    #[error("the address begins with a condition, so nothing tells what kind of address it is")]
    ConditionalAddress {
        /// Whether it is that of a picture.
        picture: bool,
    },
    /// A theme that is neither built in nor in the project.
    #[error("unknown theme `{name}`")]
    UnknownTheme {
        /// The name as written.
        name: String,
        /// The themes there are.
        known: Vec<String>,
        /// The one probably meant.
        near: Option<String>,
    },
    /// A file of a theme that is there and cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    ThemeFile {
        /// Its path.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A file of the project's theme that the mail is not made of.
    #[error("nothing in the theme uses `{file}`")]
    UnusedFile {
        /// Its name.
        file: String,
        /// The file of the theme that was probably meant.
        near: Option<String>,
    },
    /// A colour in another form than `#RRGGBB`.
    #[error("expected a colour such as `#0F5F63`, found `{found}`")]
    Colour {
        /// What stands there.
        found: String,
    },
    /// A design token in another form than it has.
    #[error("expected {expected}, found `{found}`")]
    Token {
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A text that cannot be read on the ground a theme puts it on.
    #[error("`{text}` on `{ground}` has a contrast of {contrast} in {scheme}, less than 4.5")]
    Faint {
        /// The role of the text.
        text: String,
        /// The role of the ground.
        ground: String,
        /// `light` or `dark`.
        scheme: &'static str,
        /// The contrast, two digits after the point.
        contrast: String,
    },
    /// A name in a theme that stands for nothing.
    #[error("unknown variable `{name}`")]
    UnknownVariable {
        /// The name as written.
        name: String,
        /// The one probably meant.
        near: Option<String>,
        /// The names there are.
        known: Vec<String>,
    },
    /// A tag of the template language that cannot be read.
    #[error("{what}")]
    Template {
        /// What is wrong with it.
        what: String,
    },
    /// A slot without which the mail would have no content.
    #[error("the theme never places `{slot}`")]
    SlotMissing {
        /// The slot.
        slot: &'static str,
    },
    /// An address that mail clients refuse or that is a trap.
    #[error("a link cannot lead to a `{scheme}:` address")]
    LinkScheme {
        /// What stands before the colon.
        scheme: String,
    },
    /// A picture that mail clients do not show.
    #[error("a picture cannot come from a `{scheme}:` address")]
    ImageScheme {
        /// What stands before the colon.
        scheme: String,
    },
    /// Lists in quotes in lists, without end.
    #[error("nested more than {limit} levels deep")]
    TooDeep {
        /// How deep is still drawn.
        limit: usize,
    },
    /// The styles could not be written into the elements.
    #[error("the styles could not be inlined: {what}")]
    Inlining {
        /// What the inliner said.
        what: String,
    },
}

fn meant(near: Option<&String>) -> Option<String> {
    near.map(|near| format!("did you mean `{near}`?"))
}

impl Condition for ComposeError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownTheme { near, known, .. } | Self::UnknownVariable { near, known, .. } => {
                meant(near.as_ref())
                    .or_else(|| (!known.is_empty()).then(|| format!("there are: {}", known.join(", "))))
            }
            Self::HiddenNote => Some("write it into the text, inside the condition".to_owned()),
            Self::EmptyAddress { picture } => Some(format!(
                "write the whole address between the brackets: `{}`",
                if *picture {
                    "![words](https://example.com/picture.png)"
                } else {
                    "[words](https://example.com/)"
                }
            )),
            Self::Unreachable { picture, .. } => Some(format!(
                "write the whole address, such as https://example.com/{}",
                if *picture { "picture.png" } else { "" }
            )),
            Self::ConditionalAddress { picture } => Some(format!(
                "write two whole {0}, `{{% if … %}}` before the first, `{{% else %}}` before the other and \
                 `{{% endif %}}` after it; a condition may stand within an address behind its `https://…/`",
                if *picture { "pictures" } else { "links" }
            )),
            Self::NoTitle(notation) => {
                let title = notation.text("title", "…");
                Some(format!("begin it with a title line, or write `{title}` in its front matter"))
            }
            Self::ThemeFile { .. } => Some("check that the file is UTF-8 text and may be read".to_owned()),
            Self::UnusedFile { file, near } => meant(near.as_ref()).or_else(|| {
                Some(format!("a file of the theme has to include it: `[% include \"{file}\" %]`"))
            }),
            Self::Colour { .. } => Some("write the colour as `#` and six hexadecimal digits".to_owned()),
            Self::Token { .. } => None,
            Self::Faint { text, ground, scheme, .. } => Some(format!(
                "move `{text}` and `{ground}` under `[{scheme}]` further apart, one lighter or one darker"
            )),
            Self::Template { .. } => Some(
                "themes are Tera templates with `[[ value ]]`, `[% tag %]` and `[# remark #]`".to_owned(),
            ),
            Self::SlotMissing { slot } => Some(format!("write `[[ {slot} ]]` inside an `<mj-text>`")),
            Self::LinkScheme { .. } => Some("use an https:, mailto: or tel: address".to_owned()),
            Self::ImageScheme { .. } => {
                Some("put the picture beside the article, or at an https: address".to_owned())
            }
            Self::TooDeep { .. } => Some("split the list or the quotation".to_owned()),
            Self::Inlining { .. } => Some("check the style sheets of the theme".to_owned()),
        }
    }

    fn rule(&self) -> Option<&'static str> {
        match self {
            Self::EmptyAddress { .. } => Some("link-empty"),
            Self::Unreachable { .. } => Some("link-relative"),
            Self::ImageScheme { scheme } if scheme == "data" => Some("img-data-uri"),
            _ => None,
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::UnknownTheme { .. } => Class::Config,
            _ => Class::Data,
        }
    }
}
