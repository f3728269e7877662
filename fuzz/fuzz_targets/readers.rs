//! What holds of every article, whatever it was read from: nothing ends the program, and
//! no link is lost on the way to both parts.

use std::sync::LazyLock;

use letterpress::article::{Article, Block, BlockKind, Format, Inline, Part, ReadOptions, parse};
use letterpress::audience::Values;
use letterpress::compose::{Newsletter, Theme, compose};
use letterpress::problem::Source;

static THEME: LazyLock<Theme> = LazyLock::new(|| Theme::load(None, "clean").expect("it is built in"));

/// Reads `text` as `format`, sets it, and looks for every plain link in both parts.
pub(crate) fn read(text: &str, format: Format) {
    let source = Source::new("article", text);
    let Ok((article, _)) = parse(&source, format, &ReadOptions::default()) else { return };
    let newsletter = Newsletter { name: "N".into(), lang: "en".into(), ..Newsletter::default() };
    let Ok((composed, _)) = compose(&article, &THEME, &newsletter) else { return };
    // What stands in a condition is not for everybody.
    if !article.mask.tags().is_empty() {
        return;
    }
    let nobody = Values::new();
    let copy = composed.copy(&nobody, &"ann@example.com");
    let (Ok(html), Ok(text)) = (copy.html(), copy.text()) else { return };
    for href in links(&article) {
        assert!(html.contains(&href), "{href} is not in the HTML");
        assert!(text.contains(&href), "{href} is not in the text");
    }
}

/// The addresses of all links that stand the same in any escaping.
fn links(article: &Article) -> Vec<String> {
    let mut found = Vec::new();
    blocks(&article.blocks, &mut found);
    let is_plain = |href: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:?=".contains(c);
        (href.starts_with("https://") || href.starts_with("http://")) && href.chars().all(plain)
    };
    found.retain(is_plain);
    found
}

fn blocks(all: &[Block], found: &mut Vec<String>) {
    for block in all {
        if let BlockKind::Button { href, .. } = &block.kind {
            found.push(href.clone());
        }
        for part in block.parts() {
            match part {
                Part::Words(content, _) => inlines(content, found),
                Part::Blocks(inner) => blocks(inner, found),
                Part::Image(image) => found.extend(image.href.clone()),
                Part::Control(_) => {}
            }
        }
    }
}

fn inlines(content: &[Inline], found: &mut Vec<String>) {
    for inline in content {
        if let Inline::Link { href, .. } = inline {
            found.push(href.clone());
        }
        if let Inline::Image(image) = inline {
            found.extend(image.href.clone());
        }
        inlines(inline.inner().unwrap_or_default(), found);
    }
}
