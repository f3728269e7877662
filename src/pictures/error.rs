//! What can be wrong with a picture.

use thiserror::Error;

use crate::problem::{Class, Condition};

use super::develop::{LARGEST_FILE, MOST_PIXELS};

/// What can be wrong with a picture. Paths are as the article has them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PictureError {
    /// No such file.
    #[error("there is no picture `{path}`")]
    Missing {
        /// As written.
        path: String,
        /// The folder, when that is not there either.
        folder: Option<String>,
        /// The one probably meant.
        near: Option<String>,
    },
    /// A file of somebody else's.
    #[error("the picture `{path}` lies outside the project")]
    Outside {
        /// As written.
        path: String,
    },
    /// A path that means another file on every machine.
    #[error("the path `{path}` begins at the root")]
    Absolute {
        /// As written.
        path: String,
    },
    /// A path that is another for each reader.
    #[error("a merge tag cannot stand in the path of a file: `{path}`")]
    Tagged {
        /// As written.
        path: String,
    },
    /// A folder.
    #[error("`{path}` is a folder, and no picture")]
    Folder {
        /// As written.
        path: String,
    },
    /// A file that is there and cannot be read.
    #[error("cannot read the picture `{path}`: {reason}")]
    Unreadable {
        /// As written.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A file without content.
    #[error("the picture `{path}` is an empty file")]
    Empty {
        /// As written.
        path: String,
    },
    /// A file too long to read.
    #[error("the picture `{path}` has {}, and {} are the most", megabytes(*bytes), megabytes(LARGEST_FILE))]
    TooLarge {
        /// As written.
        path: String,
        /// Its size.
        bytes: u64,
    },
    /// More pixels than fit into memory.
    #[error(
        "the picture `{path}` has {width} × {height} pixels; {} million are the most",
        MOST_PIXELS / 1_000_000
    )]
    TooManyPixels {
        /// As written.
        path: String,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// A form of picture that is not read here.
    #[error("`{path}` is {what}, which cannot be turned into a picture for mail")]
    Foreign {
        /// As written.
        path: String,
        /// What it is, with its article.
        what: &'static str,
    },
    /// Something that was kept elsewhere and has not been fetched.
    #[error("`{path}` only says where Git LFS keeps the picture")]
    Pointer {
        /// As written.
        path: String,
    },
    /// No picture at all, as far as can be seen.
    #[error("`{path}` is no picture")]
    Unknown {
        /// As written.
        path: String,
    },
    /// A picture that cannot be read to its end.
    #[error("the {kind} `{path}` is broken: {reason}")]
    Broken {
        /// As written.
        path: String,
        /// `JPEG picture`, `SVG drawing`.
        kind: &'static str,
        /// What is wrong with it, as a clause.
        reason: String,
    },
    /// A drawing that takes more work or memory than a picture for mail is worth.
    #[error("the drawing `{path}` takes too much work to draw")]
    TooMuchWork {
        /// As written.
        path: String,
        /// Whether its style sheets are what takes it.
        styles: bool,
    },
    /// A drawing whose words cannot be drawn.
    #[error("there is no font on this machine to draw the words in `{path}` with")]
    NoFonts {
        /// As written.
        path: String,
    },
    /// A drawing whose words look otherwise here.
    #[error("the words in `{path}` are drawn in another font: this machine has no {}", named(fonts))]
    OtherFont {
        /// As written.
        path: String,
        /// The fonts that are not here.
        fonts: Vec<String>,
    },
    /// A drawing that shows pictures of its own.
    #[error("a picture within the drawing `{path}` is left out")]
    Within {
        /// As written.
        path: String,
    },
    /// A drawing with words that only a browser shows.
    #[error("words within the drawing `{path}` are written in HTML, and are left out")]
    WordsWithin {
        /// As written.
        path: String,
    },
    /// A moving picture that stands still in mail.
    #[error("`{path}` moves, and in mail it shows its first picture alone")]
    Still {
        /// As written.
        path: String,
    },
    /// Pictures, and nothing that says where readers get them from.
    #[error("{}, and readers cannot get {} from anywhere", shows(files), if files.len() == 1 { "it" } else { "them" })]
    NoHome {
        /// The files.
        files: Vec<String>,
    },
    /// They cannot be put where they are to be.
    #[error("cannot write the picture `{path}`: {reason}")]
    Write {
        /// Where it was to lie.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A picture of the newsletter's own.
    #[error("`{key}` in newsletter.toml: {error}")]
    Own {
        /// The key that names it.
        key: &'static str,
        /// What is wrong with it.
        error: Box<PictureError>,
    },
}

/// A size as people read it; a megabyte is 1,000,000 bytes.
fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

fn named(fonts: &[String]) -> String {
    fonts.iter().map(|font| format!("`{font}`")).collect::<Vec<_>>().join(" and no ")
}

fn shows(files: &[String]) -> String {
    match files {
        [one] => format!("the mail shows the picture `{one}`"),
        many => format!("the mail shows {} pictures of this machine", many.len()),
    }
}

impl Condition for PictureError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Missing { near: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::Missing { folder: Some(folder), .. } => {
                format!("there is no folder `{folder}` beside it; paths begin in the folder of the article")
            }
            Self::Missing { .. } => "paths begin in the folder of the article".to_owned(),
            Self::Outside { .. } => "copy it into the project, beside the article".to_owned(),
            Self::Absolute { .. } => {
                "write the path from the folder of the article, such as `images/dunes.jpg`, or the whole \
                 address, such as `https://example.com/dunes.jpg`"
                    .to_owned()
            }
            Self::Tagged { .. } => "write the path without it, or a whole https: address".to_owned(),
            Self::Folder { .. } => "name a file in it".to_owned(),
            Self::Unreadable { .. } => "check that the file may be read".to_owned(),
            Self::Empty { .. } => "copy the picture there once more".to_owned(),
            Self::TooLarge { .. } | Self::TooManyPixels { .. } => {
                "make it smaller in a picture editor first; mail shows some 600 pixels".to_owned()
            }
            Self::Foreign { .. } => "save it as JPEG or PNG".to_owned(),
            Self::Pointer { .. } => "fetch it with `git lfs pull`".to_owned(),
            Self::Unknown { .. } => "a picture is a JPEG, PNG, GIF, WebP or SVG file".to_owned(),
            Self::Broken { .. } => "open it in a picture editor and save it anew".to_owned(),
            Self::NoFonts { .. } => {
                "install a font, or turn the words into outlines where it was drawn".to_owned()
            }
            Self::OtherFont { .. } => {
                "install it, or turn the words into outlines where it was drawn".to_owned()
            }
            Self::Within { .. } | Self::WordsWithin { .. } => {
                "save the drawing as PNG where it was made".to_owned()
            }
            Self::TooMuchWork { styles: true, .. } => {
                "save it as PNG where it was made, or make the style sheets within it shorter".to_owned()
            }
            Self::TooMuchWork { .. } => {
                "save it as PNG where it was made, or take out its filters and patterns".to_owned()
            }
            Self::Still { .. } => "save it as GIF when it should move".to_owned(),
            Self::NoHome { .. } => {
                "in newsletter.toml, name the address you upload them to as `assets_url`, or the \
                 `base_url` that `letterpress serve` serves them under, or have every mail carry them with \
                 `embed_images = \"cid\"`"
                    .to_owned()
            }
            Self::Write { .. } => "check that there is room, and that files may be written there".to_owned(),
            Self::Own { error, .. } => return error.hint(),
        })
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::NoHome { files } if files.len() > 1 => files.iter().take(20).cloned().collect(),
            Self::Own { error, .. } => error.notes(),
            _ => Vec::new(),
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::NoHome { .. } | Self::Own { .. } => Class::Config,
            _ => Class::Data,
        }
    }
}
