//! How long our way from MJML to HTML takes; `run`, beside this file, has the program
//! everybody uses do the same.
//!
//! Arguments: seconds to spend on each file, then the files. Prints one line a file:
//! the median in microseconds as we do it, with what stands in `mj-text` put past the
//! renderer and spliced in afterwards (npm's mjml does not read it either); the median
//! of the renderer reading everything; the size of the HTML. With `--html` instead of
//! the seconds it leaves the HTML of each file beside it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use mrml::prelude::render::RenderOptions;

#[expect(clippy::print_stdout, reason = "the line is what is asked for")]
fn main() {
    let mut args = std::env::args().skip(1);
    let seconds = args.next().unwrap_or_default();
    let write = seconds == "--html";
    let seconds: f64 = seconds.parse().unwrap_or(1.0);
    for path in args {
        let mjml = std::fs::read_to_string(&path).expect("the file can be read");
        // As `compose` does.
        let options =
            RenderOptions { disable_comments: false, social_icon_origin: None, fonts: HashMap::new() };
        let html = spliced(&mjml, &options);
        assert!(!html.contains(MARK), "everything has been put back");
        if write {
            std::fs::write(format!("{path}.html"), html).expect("the file can be written");
            continue;
        }
        let ours = median(seconds, || spliced(&mjml, &options).len());
        let whole = median(seconds, || rendered(&mjml, &options).len());
        println!("{} {} {}", ours.as_micros(), whole.as_micros(), html.len());
    }
}

fn rendered(mjml: &str, options: &RenderOptions) -> String {
    let parsed = mrml::parse(mjml).expect("the file is MJML");
    parsed.element.render(options).expect("the file can be rendered")
}

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A private-use character, which no file of ours holds.
const MARK: char = '\u{E000}';

/// Where the program renders a mark, and puts what stands there in afterwards: texts, and
/// what is shown beside the subject.
const APART: [(&str, &str); 2] =
    [("<mj-text", "</mj-text>"), ("<div class=\"preheader\"", "</div></mj-raw>")];

/// Renders with marks, and puts back what they stand for.
fn spliced(mjml: &str, options: &RenderOptions) -> String {
    let mut skeleton = String::with_capacity(mjml.len());
    let mut texts = Vec::new();
    let mut rest = mjml;
    // Where the next of them begins, and how it ends.
    let next = |rest: &str| {
        let opened = APART.iter().filter_map(|(open, close)| {
            let tag = rest.find(open)?;
            Some((tag + rest[tag..].find('>')? + 1, *close))
        });
        opened.min_by_key(|(at, _)| *at)
    };
    while let Some((inside, close)) = next(rest) {
        skeleton.push_str(&rest[..inside]);
        let is_empty = rest[..inside].ends_with("/>");
        rest = &rest[inside..];
        if is_empty {
            // Defaults for all texts, in the head.
            continue;
        }
        let end = rest.find(close).expect("the file is MJML");
        skeleton.push(MARK);
        texts.push(&rest[..end]);
        rest = &rest[end..];
    }
    skeleton.push_str(rest);
    assert!(texts.len() > 1, "the marks have been set");
    let html = rendered(&skeleton, options);
    let mut out = String::with_capacity(html.len() + mjml.len());
    let mut pieces = html.split(MARK);
    out.extend(pieces.next());
    for (text, piece) in texts.into_iter().zip(pieces) {
        out.push_str(text);
        out.push_str(piece);
    }
    out
}

fn median(seconds: f64, mut work: impl FnMut() -> usize) -> Duration {
    let mut times = Vec::new();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs_f64(seconds) || times.len() < 20 {
        let start = Instant::now();
        std::hint::black_box(work());
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}
