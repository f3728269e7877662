//! Writes front matter.

use std::fmt::Write as _;

use super::Punctuation;
use crate::article::{Meta, Placed, Status};
use crate::tags::Mask;

/// All that is known of the article, as TOML between `+++` lines; nothing when nothing is
/// known.
pub(super) fn write(meta: &Meta, punctuation: Punctuation, mask: &Mask) -> String {
    let mut out = String::new();
    let mut field = |key: &str, value: Option<&Placed<String>>| {
        if let Some(placed) = value {
            line(&mut out, key, &text(&mask.restore(&placed.value)));
        }
    };
    field("title", meta.title.as_ref());
    field("kicker", meta.kicker.as_ref());
    field("standfirst", meta.standfirst.as_ref());
    field("subject", meta.subject.as_ref());
    field("preheader", meta.preheader.as_ref());
    field("issue", meta.issue.as_ref());
    field("slug", meta.slug.as_ref());
    field("id", meta.id.as_ref());
    field("author", meta.author.as_ref());
    field("lang", meta.lang.as_ref());
    field("theme", meta.theme.as_ref());
    field("list", meta.list.as_ref());
    field("from", meta.from.as_ref());
    field("image", meta.image.as_ref());
    field("image_alt", meta.image_alt.as_ref());
    field("image_caption", meta.image_caption.as_ref());
    if let Some(date) = &meta.date {
        line(&mut out, "date", &date.value.to_string());
    }
    if meta.status == Status::Draft {
        line(&mut out, "status", "\"draft\"");
    }
    if punctuation == Punctuation::Typed {
        line(&mut out, "smart", "false");
    }
    if !meta.tags.is_empty() {
        let tags: Vec<_> = meta.tags.iter().map(|tag| text(&tag.value)).collect();
        line(&mut out, "tags", &format!("[{}]", tags.join(", ")));
    }
    if out.is_empty() { out } else { format!("+++\n{out}+++\n") }
}

fn line(out: &mut String, key: &str, value: &str) {
    writeln!(out, "{key} = {value}").expect("a string takes any text");
}

/// A basic string of TOML 1.0.
fn text(value: &str) -> String {
    let mut out = String::from("\"");
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                write!(out, "\\u{:04X}", u32::from(control)).expect("a string takes any text");
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
