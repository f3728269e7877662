//! Sets an article in a theme: the HTML of a mail.
//!
//! Theme and facts → MJML → HTML → the article spliced in at the slots → CSS
//! inlined, once → last touches. What an author wrote never passes the MJML
//! renderer, which drops white space and stops at unclosed tags; nor do the texts of
//! the layout.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use css_inline::InlineOptions;
use mrml::prelude::parser::Error as MjmlError;
use mrml::prelude::render::RenderOptions;
use serde_json::{Value, json};
use tera::Context;

use crate::article::{Article, Image, Inline};
use crate::phrases::Phrases;
use crate::problem::{Problem, Problems, Span};

use super::apart::Apart;
use super::colour::Colour;
use super::components::Dress;
use super::direction::Direction;
use super::error::ComposeError;
use super::html::{self, Slots};
use super::markup::{self, MarkupError};
use super::origin::Origin;
use super::script::Script;
use super::sections::Flow;
use super::theme::Theme;
use super::words::{escape_into, joined_end};
use super::{Newsletter, Pictures, dark, finish, template};

/// What a mail says besides the body of its article. Texts may hold sentinels.
#[derive(Debug, Clone)]
pub struct Brief<'a> {
    /// What the publisher says of the newsletter.
    pub newsletter: &'a Newsletter,
    /// Language of this mail, BCP 47.
    pub lang: &'a str,
    /// The heading of the mail and the title of the document.
    pub title: &'a str,
    /// What the article is about, under its title.
    pub standfirst: Option<&'a str>,
    /// The subject it belongs to, above its title.
    pub kicker: Option<&'a str>,
    /// Which issue it is.
    pub issue: Option<&'a str>,
    /// The line an inbox shows after the subject.
    pub preheader: Option<&'a str>,
    /// Who wrote the article.
    pub author: Option<&'a str>,
    /// The day it is dated, as readers read it.
    pub date: Option<String>,
    /// The picture under the title.
    pub image: Option<&'a Image>,
    /// What is known of the pictures that are files.
    pub pictures: &'a Pictures,
    /// The line under that picture.
    pub image_caption: &'a [Inline],
    /// Where the mail can be read on the web.
    pub view_url: Option<&'a str>,
    /// Where a reader unsubscribes.
    pub unsubscribe_url: Option<&'a str>,
    /// Where a reader changes what they get.
    pub preferences_url: Option<&'a str>,
}

/// An article set in a theme.
#[derive(Debug, Clone)]
pub struct Page {
    /// The MJML it was made from as the renderer read it, with the article in its slots.
    pub mjml: String,
    /// The finished document, sentinels in it.
    pub html: String,
    /// What is worth telling and stops nothing.
    pub warnings: Vec<Problem>,
}

/// Sets `article` in `theme`.
///
/// # Errors
///
/// Fails with everything found when the article holds an address no mail may hold or
/// nests without end, or when the theme's layout cannot be filled or rendered.
pub fn set(article: &Article, theme: &Theme, brief: &Brief<'_>) -> Result<Page, Problems> {
    let direction = Direction::of_language(brief.lang);
    let script = Script::of_language(brief.lang);
    let mut values = values(theme, article, brief, direction, script)?;
    let context = template::context(&values)?;
    let opening = theme.tokens.has_opening(script);
    let mut dress = Dress::new(theme, &values, &context, direction, opening);
    let (slots, mut found) = html::set(article, brief, &mut dress);
    found.extend_from_slice(theme.warnings());
    for (part, html) in [("intro", &slots.intro), ("body", &slots.body)] {
        values["article"][part] = Value::from(!html.is_empty());
    }
    let placed = placed(&slots, brief);
    let marks = Marks::avoiding(&placed, &values);
    let skeleton = layout(theme, values.clone(), &marks, &mut found);
    let ((skeleton, rendered), warnings) = match skeleton {
        Ok(skeleton) => Problems::check(skeleton, found)?,
        Err(mut problems) => {
            if let Err(own) = Problems::check((), found) {
                problems.extend(own);
            }
            return Err(problems);
        }
    };
    let rendered =
        if article.mask.find(brief.title).is_empty() { rendered } else { without_label(&rendered) };
    let html = marks.splice(&rendered, &placed);
    let html = with_styles(&html, theme, &context, &values)?;
    Ok(Page { mjml: marks.splice(&skeleton, &placed), html: finish::finish(&html), warnings })
}

/// The renderer repeats the title as the label of the page, an attribute, where a
/// merge condition cannot stand.
fn without_label(html: &str) -> String {
    let body = html.find("<body").unwrap_or(html.len());
    let (head, body) = html.split_at(body);
    let labelled = body.split_once(" aria-label=\"");
    match labelled.and_then(|(before, rest)| rest.split_once('"').map(|(_, after)| (before, after))) {
        Some((before, after)) => format!("{head}{before}{after}"),
        None => html.to_owned(),
    }
}

/// Fills the layout and renders it, marks still in the slots: MJML and HTML.
fn layout(
    theme: &Theme,
    mut values: Value,
    marks: &Marks,
    found: &mut Vec<Problem>,
) -> Result<(String, String), Problems> {
    values["slot"] = SLOTS.iter().map(|slot| ((*slot).to_owned(), Value::from(marks.of(slot)))).collect();
    let mjml = template::render(theme, "layout.mjml", &values)?;
    let checked = markup::check(&mjml);
    let origin = || Origin::of(theme, &values, &mjml);
    if !checked.found.is_empty() {
        let origin = origin();
        let told = checked.found.into_iter().map(|(condition, span)| {
            let is_warning = condition.is_warning();
            let problem = Origin::problem(origin.as_ref(), &mjml, condition, span);
            if is_warning { problem.warning() } else { problem }
        });
        // What stands in a loop is wrong once, however often it is filled in.
        let mut seen = HashSet::new();
        found.extend(told.filter(|problem| {
            seen.insert((problem.place.as_ref().map(ToString::to_string), problem.message()))
        }));
    }
    let needed: &[(&str, &'static str)] = match theme.tokens.flow {
        Flow::Whole => &[("body", "slot.body")],
        Flow::Sections => &[("intro", "slot.intro"), ("body", "slot.body")],
    };
    let is_empty = |slot: &str| theme.tokens.flow == Flow::Sections && values["article"][slot] == false;
    for (_, slot) in needed.iter().filter(|(slot, _)| !is_empty(slot) && !mjml.contains(&marks.of(slot))) {
        let slot = ComposeError::SlotMissing { slot };
        found.push(match theme.layouts().next() {
            Some(layout) => Problem::at(slot, layout, Span::default()),
            None => Problem::new(slot),
        });
    }
    if !found.is_empty() {
        Problems::check((), std::mem::take(found)).map(|((), warnings)| *found = warnings)?;
    }
    let options = RenderOptions { disable_comments: false, social_icon_origin: None, fonts: HashMap::new() };
    let refused = |what, span| Origin::problem(origin().as_ref(), &mjml, MarkupError::Mjml { what }, span);
    let apart = Apart::of(&checked.settled, &checked.texts, marks.of("text"));
    let parsed = mrml::parse(&apart.skeleton).map_err(|error| {
        // Places are those of the whole.
        let (what, span) = understood(&mrml::parse(&checked.settled).err().unwrap_or(error));
        refused(what, span)
    })?;
    let html =
        parsed.element.render(&options).map_err(|error| refused(error.to_string(), Span::default()))?;
    let html = apart.together(&html);
    Ok((checked.settled, html))
}

fn understood(error: &MjmlError) -> (String, Span) {
    let (what, position) = match error {
        MjmlError::UnexpectedElement { position, .. } => ("this element cannot stand here", Some(position)),
        MjmlError::UnexpectedToken { position, .. } => ("this cannot stand here", Some(position)),
        MjmlError::InvalidAttribute { position, .. } => ("this attribute is wrongly written", Some(position)),
        MjmlError::InvalidFormat { position, .. } => ("this is wrongly written", Some(position)),
        MjmlError::MissingAttribute { name, position, .. } => {
            return (format!("`{name}` is missing"), Span::new(position.start, position.end));
        }
        MjmlError::IncludeLoaderError { position, .. } => {
            ("other files are included with `[% include \"file.mjml\" %]`", Some(position))
        }
        MjmlError::EndOfStream { .. } => ("it ends too early", None),
        MjmlError::SizeLimit { .. } => ("it is too large", None),
        MjmlError::NoRootNode => ("expected `<mjml>` around everything", None),
        MjmlError::ParserError { source, .. } => return (source.to_string(), Span::default()),
    };
    (what.to_owned(), position.map_or(Span::default(), |position| Span::new(position.start, position.end)))
}

/// The slots of a layout.
const SLOTS: [&str; 6] = ["title", "preheader", "image", "intro", "body", "footnotes"];

/// How often the filler after a preheader is repeated: enough that no inbox shows
/// what follows, little enough beside the 102 KB at which Gmail cuts.
const FILLER: usize = 110;

fn placed<'a>(slots: &'a Slots, brief: &Brief<'_>) -> [(&'static str, Cow<'a, str>); 6] {
    let mut title = String::new();
    escape_into(&mut title, &joined_end(brief.title));
    let mut preheader = String::new();
    if let Some(text) = brief.preheader {
        escape_into(&mut preheader, text);
        // A figure space and a combining joiner: seen as text, shown as nothing.
        preheader.push_str(&"\u{2007}\u{34f} ".repeat(FILLER));
    }
    [
        ("title", title.into()),
        ("preheader", preheader.into()),
        ("image", slots.image.as_str().into()),
        ("intro", slots.intro.as_str().into()),
        ("body", slots.body.as_str().into()),
        ("footnotes", slots.footnotes.as_str().into()),
    ]
}

/// The digits that `text` begins with.
fn number(text: &str) -> &str {
    text.split(|character: char| !character.is_ascii_digit()).next().unwrap_or_default()
}

/// The words that keep a place in the MJML for what must not pass its renderer.
struct Marks(String);

impl Marks {
    /// Marks that occur in nothing that is placed or filled in.
    fn avoiding(placed: &[(&'static str, Cow<'_, str>)], values: &Value) -> Self {
        let values = values.to_string();
        let texts = placed.iter().map(|(_, html)| html.as_ref()).chain([values.as_str()]);
        let taken: HashSet<&str> = texts.flat_map(|text| text.split("lpslot").skip(1)).map(number).collect();
        let mark = (0..=taken.len())
            .map(|number| number.to_string())
            .find(|number| !taken.contains(number.as_str()))
            .map(|number| format!("lpslot{number}q"))
            .expect("among one number more than are taken one is free");
        Self(mark)
    }

    fn of(&self, slot: &str) -> String {
        format!("{}{slot}z", self.0)
    }

    /// Puts what is placed where the marks stand, in one pass.
    fn splice(&self, text: &str, placed: &[(&'static str, Cow<'_, str>)]) -> String {
        let mut parts = text.split(self.0.as_str());
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let slot = placed.iter().find_map(|(slot, html)| {
                part.strip_prefix(*slot).and_then(|rest| rest.strip_prefix('z')).map(|rest| (html, rest))
            });
            if let Some((html, rest)) = slot {
                out.push_str(html);
                out.push_str(rest);
            }
        }
        out
    }
}

/// How many times as wide as it is high a logo is drawn in full height.
const LONGEST_LOGO: u32 = 3;

/// The width and the height at which a logo is drawn whose `side` would be that if it were
/// square: as high as that, or lower where it is too long. Nobody knows the height of one
/// whose pixels nobody knows.
fn logo_size(side: u32, pixels: Option<(u32, u32)>) -> (u32, Option<u32>) {
    match pixels {
        Some((width, height)) if width > 0 && height > 0 => {
            let scaled = |one: u32, by: u32, of: u32| {
                let scaled = (u64::from(one) * u64::from(by) + u64::from(of) / 2) / u64::from(of);
                u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
            };
            let full = scaled(side, width, height);
            let longest = side.saturating_mul(LONGEST_LOGO);
            if full <= longest { (full, Some(side)) } else { (longest, Some(scaled(longest, height, width))) }
        }
        _ => (side, None),
    }
}

/// What the square brackets of a theme stand for.
fn values(
    theme: &Theme,
    article: &Article,
    brief: &Brief<'_>,
    direction: Direction,
    script: Script,
) -> Result<Value, Problems> {
    let newsletter = brief.newsletter;
    let phrases = Phrases::of(brief.lang);
    let tokens = &theme.tokens;
    let accent = match &newsletter.accent {
        None => tokens.accent,
        Some(text) => {
            Colour::parse(text).ok_or_else(|| Problem::new(ComposeError::Colour { found: text.clone() }))?
        }
    };
    let light = tokens.light.light_accent(accent);
    // A theme chooses its band with its own accent; another one brings its own.
    let band = newsletter.accent.as_ref().map(|_| light);
    let (logo_width, logo_height) = logo_size(tokens.number("width", "logo"), newsletter.logo_pixels);
    let social: Vec<Value> =
        newsletter.social.iter().map(|place| json!({ "name": place.name, "url": place.url })).collect();
    let mut values = json!({
        "newsletter": {
            "name": newsletter.name,
            "url": newsletter.url,
            "tagline": newsletter.tagline.as_deref().map(joined_end),
            "postal_address": newsletter.postal_address.as_deref().map(joined_end),
            "reason": newsletter.reason.as_deref().map(joined_end),
            "reason_linked": newsletter.reason.as_deref().map(|reason| linked(reason, newsletter.url.as_deref())),
            "logo": newsletter.logo,
            "logo_width": logo_width,
            "logo_height": logo_height,
            "art": newsletter.art,
            "social": social,
        },
        "article": {
            "title": brief.title,
            "standfirst": brief.standfirst.map(joined_end),
            "kicker": brief.kicker,
            "issue": brief.issue,
            "preheader": brief.preheader,
            "author": brief.author,
            "date": brief.date,
            "lang": brief.lang,
            "dir": direction.name(),
            "image": brief.image.is_some(),
            "intro": false,
            "body": !article.blocks.is_empty(),
            "footnotes": !article.footnotes.is_empty(),
        },
        "words": {
            "unsubscribe": phrases.unsubscribe,
            "preferences": phrases.preferences,
            "view_in_browser": phrases.view_in_browser,
        },
        "view_url": brief.view_url,
        "unsubscribe_url": brief.unsubscribe_url,
        "preferences_url": brief.preferences_url,
        "light": tokens.light.values(light, band),
        "dark": tokens.dark.values(tokens.dark.dark_accent(accent), band),
        "start": direction.start(),
        "end": direction.end(),
        "turned": direction.turned().name(),
        "arrow": direction.arrow(),
    });
    for (group, value) in tokens.values(script) {
        values[group] = value;
    }
    Ok(values)
}

/// `text` as HTML in which the newsletter's home is a link where it is named.
fn linked(text: &str, home: Option<&str>) -> String {
    let text = joined_end(text);
    let name = home.and_then(|url| url.split_once("://")).map(|(_, name)| name.trim_end_matches('/'));
    let named = name.filter(|name| !name.is_empty()).and_then(|name| text.find(name).map(|at| (at, name)));
    let mut html = String::new();
    let (Some((at, name)), Some(url)) = (named, home) else {
        escape_into(&mut html, &text);
        return html;
    };
    escape_into(&mut html, &text[..at]);
    html.push_str("<a href=\"");
    escape_into(&mut html, url);
    html.push_str("\">");
    escape_into(&mut html, name);
    html.push_str("</a>");
    escape_into(&mut html, &text[at + name.len()..]);
    html
}

/// Adds the theme's style sheets to the head and writes its inline rules into the
/// elements.
fn with_styles(html: &str, theme: &Theme, context: &Context, values: &Value) -> Result<String, Problems> {
    let sheet = |file: &str| match theme.source(file) {
        Some(_) => template::fill(theme, file, context, || values.clone()).map(|css| dark::tidied(&css)),
        None => Ok(String::new()),
    };
    let mut styles = String::new();
    for css in [sheet("head.css")?, dark::everywhere(&sheet("dark.css")?)] {
        if !css.is_empty() {
            let _ = write!(styles, "<style type=\"text/css\">\n{css}\n</style>\n");
        }
    }
    let outlook = sheet("outlook.css")?;
    if !outlook.is_empty() {
        let _ = write!(styles, "<!--[if mso]><style type=\"text/css\">\n{outlook}\n</style><![endif]-->\n");
    }
    let head_end = html.find("</head>").unwrap_or(0);
    let html = format!("{}{styles}{}", &html[..head_end], &html[head_end..]);
    InlineOptions::default()
        .inline_style_tags(false)
        .keep_style_tags(true)
        .keep_link_tags(true)
        .load_remote_stylesheets(false)
        .extra_css(Some(sheet("inline.css")?.into()))
        .build()
        .inline(&html)
        .map_err(|error| Problem::new(ComposeError::Inlining { what: error.to_string() }).into())
}
