//! Pictures that some readers do not see, and what they are told instead.

use super::cascade::{self, Look, Scheme};
use super::place::{file_name, first_line, narrowed, stem};
use super::rule::{Findings, Spot};
use super::{View, quoted};
use crate::compose::Colour;

/// A mail with a picture and fewer words than this is taken for an advertisement in a
/// picture, which filters cannot read and neither can who has pictures off.
const FEWEST_WORDS: usize = 20;

pub(super) fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    let article = view.letter.article;
    for picture in &view.places.pictures {
        let image = &picture.image;
        let spot = || narrowed(article, picture.span, &image.src);
        let alt = view.shown(&image.alt);
        let alt = alt.trim();
        if alt.is_empty() {
            let is_head = article.meta.image.as_ref().is_some_and(|head| head.span == picture.span);
            findings.note(
                "alt-missing",
                spot,
                format!("nothing says what `{}` shows", view.letter.mask.restore(&image.src)),
                if is_head {
                    "write `image_alt` in the front matter: a third of readers see no pictures, and some never do"
                } else if is_web_page(view) {
                    "write it as `alt=\"…\"` in its tag: many readers see no pictures"
                } else {
                    "write it between the brackets, `![what it shows](…)`: many readers see no pictures"
                },
            );
        } else if is_file_name(alt, &image.src) {
            findings.note(
                "alt-filename",
                spot,
                format!("{} is the name of a file, and not what the picture shows", quoted(alt)),
                "write what somebody sees in it: that is what readers get who have no pictures",
            );
        }
    }
    let dark = dark(view);
    for (number, element) in view.page.named("img").filter(|(_, element)| !element.not_for_word) {
        let src = element.attribute("src").unwrap_or_default().trim();
        let own = || view.places.picture_of(src, element.attribute("alt").unwrap_or_default());
        let spot = || match own() {
            Some(picture) => narrowed(article, picture.span, &picture.image.src),
            None => view.in_theme(src),
        };
        let width = element.attribute("width").map(|width| width.trim_end_matches("px"));
        if width.is_none_or(|width| width.parse::<u32>().is_err()) {
            let is_own = findings.wants("img-no-width") && own().is_some();
            findings.note(
                "img-no-width",
                spot,
                format!("`{}` has no width, and Outlook shows it as large as its file is", short(view, src)),
                if is_own && !is_web_page(view) {
                    "write the width after it: `![…](…){width=24}`"
                } else {
                    "give it a `width` attribute, in pixels and without a unit"
                },
            );
        }
        if let Some(width) = width.and_then(|width| width.parse().ok()) {
            upscaled(view, src, width, spot, findings);
        }
        if let Some(looks) = &dark {
            vanishing(view, src, looks.get(number), spot, findings);
        }
        address(view, src, spot, findings);
    }
    ratio(view, findings);
}

/// How everything looks where mail is shown dark, when a picture may vanish there; nothing
/// where the mail itself says nothing of the dark, and programs make it dark by themselves.
fn dark(view: &View<'_>) -> Option<Vec<Look>> {
    view.letter.pictures.iter().any(|picture| picture.is_dark_on_nothing).then(|| {
        if cascade::knows_dark(&view.page) { cascade::looks(&view.page, Scheme::Dark) } else { Vec::new() }
    })
}

/// Least contrast of what is drawn (WCAG 2.2 §1.4.11).
const DRAWN: f64 = 3.0;

/// Notes a picture in dark lines on nothing, unless it stands on something light in the dark
/// as well.
fn vanishing(
    view: &View<'_>,
    src: &str,
    look: Option<&Look>,
    spot: impl Fn() -> Spot,
    findings: &mut Findings<'_>,
) {
    let mut pictures = view.letter.pictures.iter();
    let vanishes =
        |ground: Option<Colour>| ground.is_some_and(|ground| ground.contrast(Colour::BLACK) < DRAWN);
    if !pictures.any(|picture| picture.address == src && picture.is_dark_on_nothing)
        || look.is_some_and(|look| !vanishes(look.ground))
    {
        return;
    }
    findings.note(
        "img-dark-transparent",
        spot,
        "this picture is dark and has no ground of its own, so that it vanishes where mail is shown dark",
        "give it a light ground in a picture editor, or a light edge around what is dark",
    );
}

/// Notes a picture that is drawn larger than it is.
fn upscaled(view: &View<'_>, src: &str, width: u32, spot: impl Fn() -> Spot, findings: &mut Findings<'_>) {
    let known = view.letter.pictures.iter().find(|picture| picture.address == src);
    let Some(pixels) = known.map(|picture| picture.pixels).filter(|pixels| *pixels < width) else { return };
    findings.note(
        "img-upscaled",
        spot,
        format!("this picture is {pixels} pixels wide and shown {width} wide, so it is blurred"),
        format!(
            "put in one of {} pixels, which is sharp on the screens of phones too, or show it smaller",
            width.saturating_mul(2)
        ),
    );
}

fn address(view: &View<'_>, src: &str, spot: impl Fn() -> Spot + Copy, findings: &mut Findings<'_>) {
    let lower = src.get(..8).unwrap_or(src).to_ascii_lowercase();
    if lower.starts_with("http://") {
        findings.note(
            "img-http",
            spot,
            format!("`{}` is not encrypted", short(view, src)),
            "write `https://`: several mail programs show no picture that comes by http",
        );
    }
    if lower.starts_with("data:") {
        findings.note(
            "img-data-uri",
            spot,
            "this picture is written into its own address, which Gmail and Outlook do not show",
            "put the file on the web, and name its https address",
        );
        return;
    }
    let name = file_name(src);
    let format = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    let lost = match format.as_str() {
        "svg" => "Gmail and Outlook do not show",
        "webp" | "avif" => "Outlook on Windows does not show",
        "heic" | "heif" | "tif" | "tiff" | "jxl" => "most mail programs do not show",
        _ => return,
    };
    findings.note(
        "img-format",
        spot,
        format!("`{name}` is a picture of a kind that {lost}"),
        "save it as PNG or JPEG",
    );
}

fn ratio(view: &View<'_>, findings: &mut Findings<'_>) {
    let Some(first) = view.places.pictures.first() else { return };
    let words: usize = view.places.texts.iter().map(|(text, _)| text.split_whitespace().count()).sum();
    if words < FEWEST_WORDS {
        let text = view.letter.article.source.text();
        findings.note(
            "img-ratio",
            || Spot::Article(first_line(text, first.span)),
            format!("beside its pictures the mail has {words} words"),
            "say in words what the pictures say: filters distrust mail that is a picture, and many readers see none",
        );
    }
}

/// Whether the article is written in HTML.
fn is_web_page(view: &View<'_>) -> bool {
    let name = view.letter.article.source.name().to_ascii_lowercase();
    name.rsplit_once('.').is_some_and(|(_, end)| end == "html" || end == "htm")
}

/// Whether the words for a picture are what its file is called, or what a camera calls one.
fn is_file_name(alt: &str, src: &str) -> bool {
    let lower = alt.to_lowercase();
    let by_end = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".svg", ".bmp"];
    if by_end.iter().any(|end| lower.ends_with(end)) && !lower.contains(char::is_whitespace) {
        return true;
    }
    let file = stem(src);
    let is_technical = |text: &str| text.contains(['_', '-']) || text.chars().any(|c| c.is_ascii_digit());
    if !file.is_empty() && alt == file && is_technical(alt) {
        return true;
    }
    let letters = lower.trim_end_matches(|c: char| c.is_ascii_digit() || "_- ()".contains(c));
    let is_numbered = letters.len() < lower.len();
    is_numbered
        && matches!(
            letters,
            "img"
                | "dsc"
                | "dscn"
                | "dscf"
                | "pxl"
                | "image"
                | "picture"
                | "photo"
                | "screenshot"
                | "unnamed"
        )
}

fn short(view: &View<'_>, src: &str) -> String {
    let src = view.letter.mask.restore(src);
    match src.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &src[..end]),
        None => src,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_told_from_words() {
        for name in
            ["IMG_2041.jpg", "IMG_2041", "screenshot 2024-03-01", "caslon-cases", "DSC 0042", "photo1"]
        {
            assert!(is_file_name(name, "https://example.com/caslon-cases.jpg"), "{name}");
        }
        for words in ["Three cases", "The lake in May 2024", "cases", "logo.png and others", "Route 66"] {
            assert!(!is_file_name(words, "https://example.com/cases.jpg"), "{words}");
        }
    }
}
