//! LINT: what careful eyes find in a finished mail before its readers do.
//!
//! Pure: a [`Letter`] goes in, what breaks one of the [`RULES`] comes out as
//! [`Problem`]s that name the rule, the line of the article and what to do. The rules
//! look at the *final* HTML, after everything was inlined, and at both parts; merge tags
//! are still the words that stand for them, so that what one reader's value does is
//! nobody's fault. Nothing is asked of the network.

mod cascade;
mod envelope;
mod frame;
mod links;
mod markup;
mod page;
mod parts;
mod pictures;
mod place;
mod rule;
mod sight;
mod support;
mod wording;

use crate::article::Article;
use crate::problem::{Problem, Source, Span};
use crate::tags::Mask;

use page::Page;
use place::Places;
use rule::{Findings, Spot};

pub use rule::{Finding, RULES, Rule};

/// What a publisher says of the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LintSettings {
    /// The ids of rules nobody wants to hear of.
    pub off: Vec<&'static str>,
    /// The mail programs that count, by their names; the usual ones when there are none.
    pub clients: Vec<&'static str>,
}

impl LintSettings {
    /// The mail program of this name, if there is one: `outlook`, `outlook-windows`.
    #[must_use]
    pub fn client(name: &str) -> Option<&'static str> {
        support::client(name)
    }

    /// The mail program whose name is nearest to what was written.
    #[must_use]
    pub fn nearest_client(name: &str) -> Option<&'static str> {
        support::nearest(name)
    }
}

/// A finished mail, and what it was made of.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The article.
    pub article: &'a Article,
    /// The merge tags for which there are sentinels in the parts.
    pub mask: &'a Mask,
    /// The finished HTML, with sentinels.
    pub html: &'a str,
    /// The text part, with sentinels.
    pub text: &'a str,
    /// The subject, with sentinels.
    pub subject: &'a str,
    /// The line an inbox shows after it, with sentinels.
    pub preheader: Option<&'a str>,
    /// How long the HTML part of a copy is as it is sent, encoded, in bytes.
    pub encoded_html: usize,
    /// Whether the copies for a list were made, so that what a list lacks is known.
    pub has_list: bool,
    /// The files of the theme.
    pub theme: &'a [Source],
    /// The pictures that lie on this machine.
    pub pictures: &'a [Shown],
}

/// A picture as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its address in the mail.
    pub address: String,
    /// How many pixels wide its file is.
    pub pixels: u32,
    /// Whether it is dark lines on nothing, which a dark ground swallows.
    pub is_dark_on_nothing: bool,
}

/// A letter, read.
struct View<'a> {
    letter: &'a Letter<'a>,
    page: Page,
    places: Places,
}

/// Looks at `letter` with all rules that are not switched off.
///
/// What matters most comes first, and then the article from top to bottom. At most
/// twenty findings of one rule are told. Time is linear in the length of the parts.
#[must_use]
pub fn lint(letter: &Letter<'_>, settings: &LintSettings) -> Vec<Problem> {
    let view = View { letter, page: Page::parse(letter.html), places: Places::of(letter.article) };
    let mut findings = Findings::new(&letter.article.source, &settings.off);
    envelope::check(&view, &mut findings);
    wording::check(&view, &mut findings);
    links::check(&view, &mut findings);
    pictures::check(&view, &mut findings);
    sight::check(&view, &mut findings);
    frame::check(&view, &mut findings);
    support::check(&view, &settings.clients, &mut findings);
    parts::check(&view, &mut findings);
    findings.finish()
}

/// Whether mail this long is cut on its way to readers, as a problem.
#[must_use]
pub fn too_long(article: &Source, encoded_html: usize) -> Option<Problem> {
    let mut findings = Findings::new(article, &[]);
    frame::size(encoded_html, &mut findings);
    findings.finish().pop()
}

impl View<'_> {
    /// Where in the article `words` of the page stand, and there `needle`, or else where
    /// the theme has them.
    fn spot(&self, words: &str, needle: &str) -> Spot {
        // What an inbox shows may be the beginning of a paragraph.
        match self.places.text(words).or_else(|| self.places.text(needle)) {
            Some(span) => place::narrowed(self.letter.article, span, needle),
            None => self.in_theme(needle),
        }
    }

    /// Where in the article `words` of the page stand, and there `needle`, which is not what
    /// stands in code.
    fn spot_of_words(&self, words: &str, needle: &str) -> Spot {
        match self.places.text_around(words, needle) {
            Some((span, skipped)) => place::narrowed_after(self.letter.article, span, needle, skipped),
            None => self.spot(words, needle),
        }
    }

    /// Where in the files of the theme `needle` stands first.
    fn in_theme(&self, needle: &str) -> Spot {
        let found = self.letter.theme.iter().find_map(|source| Some((source, source.text().find(needle)?)));
        match found {
            Some((source, at)) if !needle.is_empty() => {
                Spot::In(source.clone(), Span::new(at, at + needle.len()))
            }
            _ => Spot::Nowhere,
        }
    }

    /// What readers may see of `text`.
    fn shown(&self, text: &str) -> String {
        place::shown(self.letter.mask, text)
    }

    /// Whether `text` holds a merge tag.
    fn is_tagged(&self, text: &str) -> bool {
        !self.letter.mask.find(text).is_empty()
    }
}

/// The first words of `text`, for a message.
fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    let text = page::single_spaced(text);
    if text.chars().count() <= MOST {
        return format!("“{text}”");
    }
    let short: String = text.chars().take(MOST).collect();
    let short = short.rsplit_once(' ').map_or(short.as_str(), |(before, _)| before);
    format!("“{short}…”")
}

#[cfg(test)]
mod tests;
