//! What composing has to know of the pictures of an article, where readers' programs get
//! them from and how wide they are; and how it draws one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::address::{self, Target};
use super::error::ComposeError;
use super::html::Setter;
use super::words::escape_into;
use crate::article::Image;

/// The pictures of an article that are files, by the paths it has for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pictures {
    known: BTreeMap<String, Picture>,
    embedded: Vec<Embedded>,
}

/// A picture that was made ready for mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What stands in the mail: an address on the web, or that of a part of the mail.
    pub address: String,
    /// How wide it is when nobody asks otherwise, in CSS pixels.
    pub width: u32,
}

/// A picture that every copy of a mail carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedded {
    /// Its Content-ID without angle brackets (RFC 2392 §2).
    pub id: String,
    /// The name of its file: letters, digits, hyphens and dots.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes in base64, in lines of at most 76 with CRLF between them.
    pub encoded: String,
}

/// No pictures at all.
static NONE: Pictures = Pictures { known: BTreeMap::new(), embedded: Vec::new() };

impl Pictures {
    /// None: every path stays as it is written.
    #[must_use]
    pub fn none() -> &'static Self {
        &NONE
    }

    /// The picture that an article has as `path`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Picture> {
        self.known.get(path.trim())
    }

    /// The same pictures, with those that every copy carries.
    #[must_use]
    pub fn carried(self, embedded: Vec<Embedded>) -> Self {
        Self { embedded, ..self }
    }

    pub(super) fn embedded(&self) -> &[Embedded] {
        &self.embedded
    }
}

impl FromIterator<(String, Picture)> for Pictures {
    fn from_iter<T: IntoIterator<Item = (String, Picture)>>(pictures: T) -> Self {
        Self { known: pictures.into_iter().collect(), embedded: Vec::new() }
    }
}

/// The widest that a column is where columns stand one under the other, in CSS pixels: up
/// to 479 of them are a phone (`base-phone.css`), and there is a gutter on both sides.
const WIDEST_ON_PHONES: u32 = 432;

impl Setter<'_, '_> {
    /// How wide a picture is shown where there is so much room: as its author says, or
    /// as it is of itself.
    pub(super) fn width_of(&self, image: &Image, room: u32) -> u32 {
        let own = || self.pictures.get(&image.src).map(|picture| picture.width);
        image.width.or_else(own).unwrap_or(room).clamp(1, room)
    }

    /// Whether a picture in a column fills it, and so the screen of a phone: one that is to
    /// be narrower stays as it is there.
    pub(super) fn fills(&self, image: &Image, room: u32) -> bool {
        let is_wide = |asked: u32| asked >= room.max(WIDEST_ON_PHONES);
        image.width.is_none_or(is_wide) && self.width_of(image, room) == room
    }

    pub(super) fn picture(&mut self, image: &Image, width: Option<u32>, class: &str) {
        let href = image.href.as_deref().and_then(|href| self.href(href, image.span));
        if let Some(href) = &href {
            self.open_link(href);
        }
        let src = if let Some(known) = self.pictures.get(&image.src) {
            known.address.as_str()
        } else {
            if address::is_conditional(&image.src, &self.article.mask) {
                self.problem(ComposeError::ConditionalAddress { picture: true }, image.span);
            } else if let Err(scheme) = address::check(&image.src, Target::Picture) {
                self.problem(ComposeError::ImageScheme { scheme }, image.span);
            }
            self.reach(&image.src, image.span, Target::Picture);
            image.src.trim()
        };
        self.push("<img src=\"");
        escape_into(&mut self.out, src);
        self.push("\" alt=\"");
        escape_into(&mut self.out, &image.alt);
        self.push("\"");
        if let Some(width) = width {
            self.put(format_args!(" width=\"{width}\""));
        }
        self.push(class);
        self.push(">");
        if href.is_some() {
            self.push("</a>");
        }
    }
}
