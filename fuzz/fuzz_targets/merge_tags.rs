//! Merge tags come back as they were typed, whatever stands around them, and no text or
//! value ends the program.
//!
//! An input is `way value LF text`. The text is masked and restored; then it is an article
//! that is composed and printed for a reader with that value.

#![no_main]

use std::sync::LazyLock;

use letterpress::article::{Format, ReadOptions, parse};
use letterpress::audience::Values;
use letterpress::compose::{Newsletter, Theme, compose};
use letterpress::problem::Source;
use letterpress::tags::Mask;
use libfuzzer_sys::fuzz_target;

static THEME: LazyLock<Theme> = LazyLock::new(|| Theme::load(None, "clean").expect("it is built in"));

/// What tags are made of, right and wrong: `@` and a byte in a text is one of them.
const PIECES: &[&str] = &[
    "{{ subscriber.a }}", "{{ subscriber.a | default(value=\"there\") }}", "{% if subscriber.a %}", "{% else %}",
    "{% elif subscriber.b %}", "{% endif %}", "{% for a in subscriber.b %}", "{% endfor %}", "{{", "}}", "{%", "%}",
    "{# a #}", "{{ subscriber.a | upper }}", "[x]({{ subscriber.a }})", "[x](https://example.com/?a={{ subscriber.a }})",
    "\n\n", "- ", "> ", "## ", "| a | b |\n|---|---|\n| ", " |\n", "`", "```\n", "**", "![", "](", ")", "<b>", "</b>",
    "{{ subscriber.unsubscribe_url }}", "{{subscriber.a}}", "{%- if subscriber.a -%}", "\"", "'",
];

fn text(rest: &[u8]) -> String {
    let mut out = Vec::new();
    let mut bytes = rest.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'@' => {
                let piece = bytes.next().map_or("@", |byte| PIECES[usize::from(*byte) % PIECES.len()]);
                out.extend_from_slice(piece.as_bytes());
            }
            byte => out.push(*byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fuzz_target!(|data: &[u8]| {
    let Some((way, rest)) = data.split_first() else { return };
    let mut parts = rest.splitn(2, |byte| *byte == b'\n');
    let value = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let text = text(parts.next().unwrap_or_default());
    let source = Source::new("a.md", text.as_str());
    let mut mask = Mask::avoiding(&text);
    let masked = mask.mask(&source, &text, 0);
    assert_eq!(mask.restore(&masked.text), text);
    // Words of its own make a text foreign to no sentinel.
    for found in mask.find(&masked.text) {
        let typed = masked.original(found.span);
        assert_eq!(&text[typed.start..typed.end], mask.tag(found.id).text);
    }
    let format = if way % 2 == 0 { Format::Markdown } else { Format::PlainText };
    let newsletter = Newsletter { name: "N".into(), lang: "en".into(), ..Newsletter::default() };
    let article = format!("# Title\n\n{text}");
    let Ok((article, _)) = parse(&Source::new("a.md", article), format, &ReadOptions::default()) else { return };
    let Ok((composed, _)) = compose(&article, &THEME, &newsletter) else { return };
    let values = Values::from([("a".to_owned(), value)]);
    let copy = composed.copy(&values, &"ann@example.com");
    let (html, text) = (copy.html(), copy.text());
    if let (Ok(html), Ok(text)) = (html, text) {
        assert!(!html.contains("lpslot") || article.source.text().contains("lpslot"));
        assert!(text.lines().all(|line| line.trim_end_matches(' ') == line) || !values.is_empty());
    }
});
