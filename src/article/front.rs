//! Front matter: the fields between `+++` (TOML) or `---` (YAML) lines.

use jiff::civil::Date;

use super::findings::Findings;
use super::{ArticleError, Meta, Placed, Status};
use crate::fields::{Fields, Notation};
use crate::phrases::language;
use crate::problem::{Source, Span};
use crate::tags::Mask;

/// Most bytes of front matter. It bounds what the parsers of TOML and YAML are given.
const LIMIT: usize = 64 * 1024;

/// Keys that blogs, sites and notebooks keep in their front matter, and that mean nothing
/// in a mail: those of Hugo, Jekyll, Eleventy, Astro, Obsidian and Ghost.
const FOREIGN: [&str; 42] = [
    "alias",
    "aliases",
    "canonical",
    "canonicalURL",
    "canonical_url",
    "categories",
    "category",
    "comments",
    "created",
    "cssclass",
    "cssclasses",
    "description",
    "excerpt",
    "expiryDate",
    "featured",
    "hidden",
    "isCJKLanguage",
    "keywords",
    "lastmod",
    "layout",
    "linkTitle",
    "linktitle",
    "markup",
    "math",
    "menu",
    "modified",
    "outputs",
    "permalink",
    "publish",
    "publishDate",
    "pubDate",
    "redirect_from",
    "series",
    "sitemap",
    "summary",
    "toc",
    "type",
    "updated",
    "updatedDate",
    "url",
    "uuid",
    "weight",
];

/// An article cut in two.
pub(super) struct Front {
    /// What the fields say.
    pub(super) meta: Meta,
    /// Whether plain text may use merge tags.
    pub(super) merge: bool,
    /// Whether nothing of a page is to be left out.
    pub(super) whole: bool,
    /// Where the body begins.
    pub(super) body: usize,
}

/// Reads the front matter of `source`, if it has any.
pub(super) fn read(source: &Source, mask: &mut Mask, findings: &mut Findings) -> Front {
    let text = source.text();
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let none = Front { meta: Meta::default(), merge: false, whole: false, body: start };
    let blank = text[start..].split_inclusive('\n').take_while(|line| line.trim().is_empty());
    let open = start + blank.map(str::len).sum::<usize>();
    let first = line_at(text, open);
    let inner = open + first.len();
    let fence = match first.trim_end() {
        "+++" => "+++",
        // Below blank lines three dashes may also be a pause.
        "---" if open == start || is_field(line_at(text, inner)) => "---",
        _ => return none,
    };
    let mut at = inner;
    let close = loop {
        let line = line_at(text, at);
        if line.is_empty() || at - inner > LIMIT {
            findings.error(ArticleError::UnclosedFrontMatter(fence), Span::new(open, open + fence.len()));
            return Front { body: text.len(), ..none };
        }
        // YAML 1.2 §9.1.2 has a mark of its own for the end of a document.
        if line.trim_end() == fence || (fence == "---" && line.trim_end() == "...") {
            break at;
        }
        at += line.len();
    };
    let body = close + line_at(text, close).len();
    let (mut fields, notation) = match fence {
        "+++" => (Fields::toml(source, &text[inner..close], inner), Notation::Toml),
        _ => (Fields::yaml(source, &text[inner..close], inner), Notation::Yaml),
    };
    let meta = meta(source, &mut fields, mask);
    let mut says = |key| fields.bool(key).is_some_and(|(said, _)| said);
    let (merge, whole) = (says("merge"), says("whole"));
    if let Some((keys, span)) = foreign(&mut fields) {
        findings.warning(ArticleError::ForeignKeys(keys), span);
    }
    findings.extend(fields.finish());
    Front { meta: Meta { notation, ..meta }, merge, whole, body }
}

/// The keys of other programs, as words, and where the first of them stands.
fn foreign(fields: &mut Fields) -> Option<(String, Span)> {
    let mut found: Vec<_> = FOREIGN.iter().filter_map(|key| fields.pass_over(key)).collect();
    found.sort_by_key(|field| field.key_span.start);
    let first = found.first()?.key_span;
    let keys: Vec<String> = found.iter().map(|field| format!("`{}`", field.key)).collect();
    Some((keys.join(", "), first))
}

fn is_field(line: &str) -> bool {
    let key = line.split_once(':').map(|(key, _)| key.trim_matches(['"', '\'', ' ']));
    key.is_some_and(|key| {
        !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    })
}

/// The line that begins at byte `at`, its line end included; empty at the end.
fn line_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    rest.find('\n').map_or(rest, |end| &rest[..=end])
}

fn meta(source: &Source, fields: &mut Fields, mask: &mut Mask) -> Meta {
    let mut merged = |fields: &mut Fields, key: &'static str| {
        let placed = if key == "preheader" { text(fields, key)? } else { line(fields, key)? };
        let value = mask.mask_value(source, &placed.value, placed.span);
        Some(Placed { value, span: placed.span })
    };
    let mut meta = Meta {
        title: merged(fields, "title"),
        subject: merged(fields, "subject"),
        preheader: merged(fields, "preheader"),
        author: merged(fields, "author"),
        from: merged(fields, "from"),
        image: merged(fields, "image"),
        image_alt: merged(fields, "image_alt"),
        image_caption: merged(fields, "image_caption"),
        standfirst: merged(fields, "standfirst"),
        kicker: merged(fields, "kicker"),
        issue: merged(fields, "issue"),
        ..Meta::default()
    };
    // What blogs call it.
    if meta.standfirst.is_none() && fields.span_of("subtitle").is_some() {
        meta.standfirst = merged(fields, "subtitle");
    }
    meta.id = text(fields, "id");
    meta.theme = text(fields, "theme");
    meta.list = text(fields, "list");
    meta.slug = shaped(fields, "slug", is_slug, ArticleError::BadSlug);
    meta.lang = shaped(fields, "lang", language::is_tag, ArticleError::BadLanguage);
    meta.date = text(fields, "date").and_then(|written| {
        let value = date(&written.value);
        if value.is_none() {
            fields.refuse(ArticleError::BadDate(written.value), written.span);
        }
        value.map(|value| Placed { value, span: written.span })
    });
    let unpublished = is_unpublished(fields);
    if let Some(written) = text(fields, "status") {
        match written.value.as_str() {
            "draft" => meta.status = Status::Draft,
            "ready" => meta.status = Status::Ready,
            _ => fields.refuse(ArticleError::BadStatus(written.value), written.span),
        }
    } else if unpublished {
        meta.status = Status::Draft;
    }
    meta.tags = fields.texts("tags").into_iter().map(|(value, span)| Placed { value, span }).collect();
    meta.as_typed = fields.bool("smart").is_some_and(|(smart, _)| !smart);
    meta
}

/// Whether the article is marked as a draft as Hugo (`draft`) or Jekyll (`published`) have it.
fn is_unpublished(fields: &mut Fields) -> bool {
    let mut said = |key| fields.span_of(key).and_then(|_| fields.bool(key)).map(|(value, _)| value);
    let (draft, published) = (said("draft"), said("published"));
    draft == Some(true) || published == Some(false)
}

/// A text field; a blank one says nothing.
fn text(fields: &mut Fields, key: &str) -> Option<Placed<String>> {
    let (value, span) = fields.text(key)?;
    (!value.trim().is_empty()).then_some(Placed { value, span })
}

/// A text field that is one line in the mail.
fn line(fields: &mut Fields, key: &'static str) -> Option<Placed<String>> {
    let placed = text(fields, key)?;
    let breaks = |c| matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
    if placed.value.trim().contains(breaks) {
        fields.refuse(ArticleError::ManyLines(key), placed.span);
        return None;
    }
    Some(placed)
}

fn shaped(
    fields: &mut Fields,
    key: &str,
    fits: fn(&str) -> bool,
    wrong: fn(String) -> ArticleError,
) -> Option<Placed<String>> {
    let written = text(fields, key)?;
    if fits(&written.value) {
        return Some(written);
    }
    fields.refuse(wrong(written.value), written.span);
    None
}

fn is_slug(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) && !text.starts_with('.')
}

/// A day, with or without a time after it.
fn date(text: &str) -> Option<Date> {
    let day = match text.as_bytes().get(10) {
        Some(b'T' | b't' | b' ') => text.get(..10)?,
        _ => text,
    };
    (day.len() == 10).then(|| day.parse().ok()).flatten()
}
