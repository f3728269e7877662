//! RENDER: an article and a theme become the parts of a mail, once per campaign.
//!
//! Theme → MJML → HTML → article spliced in at slots → CSS inlined → post-pass →
//! literals and holes; and the text part from the same block tree. What differs per
//! recipient is left as holes in [`Composed`], which prints one [`struct@Copy`] after the
//! other without looking at the article again.

mod address;
mod apart;
mod boxes;
mod colour;
mod components;
mod composed;
mod dark;
mod date;
mod direct;
mod direction;
mod entries;
mod error;
mod filling;
mod finish;
mod frozen;
mod furniture;
mod html;
mod inert;
mod inlines;
mod inventory;
mod markup;
mod merge;
mod notes;
mod origin;
pub mod page;
mod paint;
mod pictures;
mod pieces;
mod quoted;
mod rows;
mod script;
mod sections;
mod shelf;
mod template;
mod text;
mod theme;
mod tokens;
mod typeface;
mod words;

use crate::article::{Article, Image, Placed};
use crate::problem::{Problem, Problems, Source, Span};
use crate::tags::Mask;

pub use colour::{Accent, Colour};
pub use composed::{Composed, Copy, UnknownField};
pub use error::ComposeError;
pub use filling::UNSUBSCRIBE_URL;
pub use frozen::Frozen;
pub use furniture::{FootError, Part, lacking};
pub use inventory::{ThemeFile, theme_files, themes};
pub use markup::{MarkupError, check_mjml};
pub use merge::MergeError;
pub use page::{Brief, Page};
pub use pictures::{Embedded, Picture, Pictures};
pub use pieces::PlacementError;
pub use theme::Theme;

/// What the publisher says of the newsletter, for the furniture around an article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Newsletter {
    /// Its name, as readers know it.
    pub name: String,
    /// Its home on the web.
    pub url: Option<String>,
    /// The publisher's postal address, one line (the law in many countries asks
    /// for it in every bulk mail).
    pub postal_address: Option<String>,
    /// Why the reader gets this mail, one sentence.
    pub reason: Option<String>,
    /// Where else readers find the publisher.
    pub social: Vec<Social>,
    /// An address of a picture that stands beside the name.
    pub logo: Option<String>,
    /// Its width and height in pixels, where they are known.
    pub logo_pixels: Option<(u32, u32)>,
    /// What it is about, in a few words, for themes that have a place for it under the name.
    pub tagline: Option<String>,
    /// An address of a picture that stands at the end of the head, flush with its edge, in
    /// themes that have a place for it; drawn 220 wide.
    pub art: Option<String>,
    /// Language tag (BCP 47) of articles that do not say their own.
    pub lang: String,
    /// The accent colour `#RRGGBB`; the theme's own when absent.
    pub accent: Option<String>,
    /// Whether there is a way to leave, whose link each copy then shows.
    pub can_leave: bool,
}

/// A place where readers find the publisher besides the newsletter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Social {
    /// Its name, as readers know it: `Mastodon`.
    pub name: String,
    /// The publisher's page there.
    pub url: String,
}

/// The merge tag of the link to leave by.
const LINK: &str = "{{ subscriber.unsubscribe_url }}";

/// Sets `article` in `theme` for the readers of `newsletter`, with no pictures but those
/// on the web.
///
/// # Errors
///
/// As [`compose_with`].
pub fn compose(
    article: &Article,
    theme: &Theme,
    newsletter: &Newsletter,
) -> Result<(Composed, Vec<Problem>), Problems> {
    compose_with(article, theme, newsletter, Pictures::none())
}

/// Sets `article` in `theme` for the readers of `newsletter`, with its `pictures`.
///
/// Pure, and the costly part of a campaign: done once, however many get it.
///
/// # Errors
///
/// Fails with everything wrong in the article, its merge tags and the theme, each at
/// its place.
pub fn compose_with(
    article: &Article,
    theme: &Theme,
    newsletter: &Newsletter,
    pictures: &Pictures,
) -> Result<(Composed, Vec<Problem>), Problems> {
    let meta = &article.meta;
    let Some(title) = &meta.title else {
        let begin = article.blocks.first().map_or(0, |block| block.span.start);
        let condition = ComposeError::NoTitle(meta.notation);
        return Err(Problem::at(condition, &article.source, Span::new(begin, begin)).into());
    };
    let mut mask = article.mask.clone();
    let theme = theme.masked(&mut mask)?;
    let newsletter = &masked(newsletter, &mut mask);
    let way_out =
        newsletter.can_leave.then(|| mask.mask(&Source::new("the link to leave by", LINK), LINK, 0).text);
    let lang = meta.lang.as_ref().map_or(newsletter.lang.as_str(), |lang| lang.value.as_str());
    let date = meta.date.as_ref().map(|date| date::spelled(date.value, lang));
    let author = value(meta.author.as_ref());
    let image = meta.image.as_ref().map(|image| Image {
        src: image.value.clone(),
        alt: meta.image_alt.as_ref().map(|alt| alt.value.clone()).unwrap_or_default(),
        width: None,
        href: None,
        span: image.span,
    });
    let preheader = match &meta.preheader {
        Some(line) => Some(line.value.clone()),
        None => words::opening(&article.blocks, &mask),
    };
    let brief = Brief {
        newsletter,
        lang,
        title: &title.value,
        standfirst: value(meta.standfirst.as_ref()),
        kicker: value(meta.kicker.as_ref()),
        issue: value(meta.issue.as_ref()),
        preheader: preheader.as_deref(),
        author,
        date: date.clone(),
        image: image.as_ref(),
        pictures,
        image_caption: &article.caption,
        view_url: None,
        unsubscribe_url: way_out.as_deref(),
        preferences_url: None,
    };
    let page = page::set(article, &theme, &brief).map_err(|problems| as_typed(problems, &mask))?;
    let head = text::TextHead {
        newsletter,
        lang,
        title: &title.value,
        standfirst: brief.standfirst,
        image_caption: brief.image.map(|_| brief.image_caption).unwrap_or_default(),
        kicker: brief.kicker,
        issue: brief.issue,
        date,
        author,
        link: way_out.as_deref(),
    };
    let text = text::text_part(article, &mask, &head);
    let subject = meta.subject.as_ref().map_or(title.value.as_str(), |subject| subject.value.as_str());
    let parts = composed::Parts {
        subject,
        preheader: preheader.as_deref(),
        text: &text,
        html: &page.html,
        mjml: &page.mjml,
    };
    let composed = Composed::press(mask, &parts)
        .map_err(|found| Problems::all(found).expect("what fails has found something"))?;
    let address = newsletter.postal_address.as_deref();
    let shown = address
        .map(|address| (furniture::shows_in_html(&page.html, address), furniture::shows(&text, address)));
    let composed = composed.with_foot(newsletter.can_leave, shown).carrying(pictures.embedded().to_vec());
    let flaws = if newsletter.can_leave { Vec::new() } else { composed.linkless() };
    let (composed, _) = Problems::check(composed, flaws)?;
    Ok((composed, page.warnings))
}

/// The text of a field, if it was written.
fn value(placed: Option<&Placed<String>>) -> Option<&str> {
    placed.map(|placed| placed.value.as_str())
}

/// The newsletter with the merge tags of what stands at the foot of a mail taken out.
fn masked(newsletter: &Newsletter, mask: &mut Mask) -> Newsletter {
    let mut masked = |key: &str, text: &Option<String>| {
        text.as_ref().map(|text| {
            let source = Source::new(format!("`{key}` of the newsletter"), text.as_str());
            mask.mask(&source, text, 0).text
        })
    };
    Newsletter {
        reason: masked("reason", &newsletter.reason),
        postal_address: masked("postal_address", &newsletter.postal_address),
        tagline: masked("tagline", &newsletter.tagline),
        ..newsletter.clone()
    }
}

/// Problems whose excerpts show merge tags as they were typed.
fn as_typed(problems: Problems, mask: &Mask) -> Problems {
    let typed = problems.into_iter().map(|problem| problem.reworded(|text| mask.restore(text))).collect();
    Problems::all(typed).expect("as many as there were")
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
