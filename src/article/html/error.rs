//! What is to be told of a page that a mail cannot show as it is.

use super::hidden::Hidden;
use crate::fields::Notation;
use crate::problem::{Class, Condition};

/// What is to be told of a page.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// Running text that was taken for what stands around the article.
    #[error("{} left out, taken for parts of the site around the article", left_out(*words, *places))]
    LeftOut {
        /// How many words.
        words: usize,
        /// In how many elements they stand.
        places: usize,
        /// How the front matter is written.
        notation: Notation,
    },
    /// What the page does not show either.
    #[error("{}", hides(hidden))]
    Hidden {
        /// How much it is.
        hidden: Hidden,
        /// How the front matter is written, when it can change that.
        notation: Option<Notation>,
    },
    /// Buttons and fields of a form.
    #[error(
        "{count} {} left out, which {} nothing in a mail{}",
        controls(*count), if *count == 1 { "does" } else { "do" }, named(names)
    )]
    Controls {
        /// What the first are named.
        names: Vec<String>,
        /// How many they are.
        count: usize,
    },
    /// A picture that is a few bytes within the page.
    #[error("the picture here is too small to show anything, so its description `{0}` is shown as text")]
    TinyPicture(String),
    /// Something without an end.
    #[error("{} is not closed, so all that follows it on the page is left out", opening(.0))]
    Unclosed(String),
    /// Elements that nothing closes.
    #[error("more is left open up to here than a browser can open again in each paragraph")]
    Reopened,
    /// An element with more attributes than anybody writes.
    #[error("here is an element with more than {0} attributes")]
    Attributes(usize),
    /// A link relative to a page of which nobody knows where it stood.
    #[error("the link `{0}` leads nowhere outside its page, so only its words are shown")]
    RelativeLink(String),
    /// Cells of a table that reach over others.
    #[error("cells that reach over several rows or columns are shown in the first of them")]
    SpannedCells,
    /// Something that plays in a page.
    #[error("`<{0}>` plays in no mail, so a link to it is shown")]
    Embedded(String),
}

impl Condition for PageError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::LeftOut { notation, .. } => {
                let whole = notation.yes("whole");
                return Some(format!(
                    "`build --explain` shows each with its line; `{whole}` in the front matter keeps the whole page"
                ));
            }
            Self::Hidden { notation: Some(notation), .. } => {
                let whole = notation.yes("whole");
                return Some(format!(
                    "`build --explain` shows them; `{whole}` in the front matter keeps what the page hides too"
                ));
            }
            Self::Hidden { notation: None, .. } => {
                "delete `hidden` or `display:none` to show them, or delete them"
            }
            Self::Controls { .. } => "put a link to the page with the form in its place",
            Self::TinyPicture(_) => "give the picture an address of its own, or delete it",
            Self::Unclosed(name) if name == "!--" => "put `-->` where the comment ends",
            Self::Unclosed(name) => return Some(format!("put `</{name}>` where it ends")),
            Self::Reopened => {
                "close what is left open, such as `<b>` or `<font>`; programs that tidy HTML do that"
            }
            Self::Attributes(_) => "delete them; an article needs only a few, such as `href` and `alt`",
            Self::RelativeLink(_) => {
                "write the whole address, or say where the page stood: `<base href=\"https://…\">` in its head"
            }
            Self::SpannedCells => {
                "look at the table in the preview; give each cell a place of its own if it misleads"
            }
            Self::Embedded(_) => "look at the link in the preview; a picture with a link says more",
        };
        Some(hint.to_owned())
    }

    fn class(&self) -> Class {
        Class::Data
    }
}

fn hides(hidden: &Hidden) -> String {
    let counts = [(hidden.words, "word"), (hidden.pictures, "picture"), (hidden.links, "link")];
    let counts: Vec<(usize, &str)> = counts.into_iter().filter(|(count, _)| *count > 0).collect();
    let said =
        |(count, thing): &(usize, &str)| format!("{count} {thing}{}", if *count == 1 { "" } else { "s" });
    let said: Vec<String> = counts.iter().map(said).collect();
    let all = match said.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        said => said.concat(),
    };
    let one = counts.iter().map(|(count, _)| count).sum::<usize>() == 1;
    let (are, them) = if one { ("is", "it") } else { ("are", "them") };
    format!("{all} {are} left out, because the page hides {them}")
}

fn controls(count: usize) -> &'static str {
    if count == 1 { "button or field of a form is" } else { "buttons and fields of forms are" }
}

fn named(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}

/// How something begins, for showing.
fn opening(name: &str) -> String {
    match name {
        "!--" => "the comment that begins here with `<!--`".to_owned(),
        name => format!("the `<{name}>` that begins here"),
    }
}

fn left_out(words: usize, places: usize) -> String {
    match places {
        1 => format!("{words} words that begin here were"),
        _ => format!("{words} words in {places} places of the page, the first of them here, were"),
    }
}
