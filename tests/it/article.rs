//! Reading: what becomes of articles as people write them, and what they are told.

use std::fmt::Write as _;
use std::path::Path;

use letterpress::article::{
    Article, Block, BlockKind, Format, Inline, Item, ReadOptions, Row, load, parse, words,
};
use letterpress::problem::{Problem, Problems, Source};

fn read(name: &str, text: &str, format: Format) -> Result<(Article, Vec<Problem>), Problems> {
    parse(&Source::new(name, text), format, &ReadOptions::default())
}

fn markdown(text: &str) -> (Article, Vec<Problem>) {
    read("a.md", text, Format::Markdown).unwrap_or_else(|problems| panic!("{problems}"))
}

fn plain(text: &str) -> (Article, Vec<Problem>) {
    read("a.txt", text, Format::PlainText).unwrap_or_else(|problems| panic!("{problems}"))
}

fn refused(text: &str) -> Vec<String> {
    let problems = read("a.md", text, Format::Markdown).expect_err("this must be refused");
    told(problems.iter())
}

fn told<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Vec<String> {
    let place = |problem: &Problem| {
        problem.place.as_ref().map_or_else(String::new, |place| format!("{}:{}: ", place.line, place.column))
    };
    problems.into_iter().map(|problem| format!("{}{}", place(problem), problem.message())).collect()
}

/// The shape of an article, a line a block; texts are cut after four words.
fn outline(article: &Article) -> String {
    let mut out = String::new();
    if let Some(title) = &article.meta.title {
        writeln!(out, "h1 {}", article.mask.restore(&title.value)).unwrap();
    }
    write_blocks(article, &article.blocks, 0, &mut out);
    for note in &article.footnotes {
        out.push_str("note\n");
        write_blocks(article, &note.blocks, 1, &mut out);
    }
    out
}

fn start(article: &Article, content: &[Inline]) -> String {
    let text = article.mask.restore(&words(content));
    text.split_whitespace().take(4).collect::<Vec<_>>().join(" ")
}

fn write_blocks(article: &Article, blocks: &[Block], depth: usize, out: &mut String) {
    for block in blocks {
        out.push_str(&"  ".repeat(depth));
        match &block.kind {
            BlockKind::Heading { level, content } => {
                writeln!(out, "h{level} {}", article.mask.restore(&words(content))).unwrap();
            }
            BlockKind::Paragraph(content) => {
                let lead = matches!(content.first(), Some(Inline::Strong(_)));
                writeln!(out, "p {}{}", if lead { "*" } else { "" }, start(article, content)).unwrap();
            }
            BlockKind::List(list) => {
                let kind = list.start.map_or_else(|| "ul".to_owned(), |start| format!("ol from {start}"));
                writeln!(out, "{kind}").unwrap();
                for item in &list.items {
                    match item {
                        Item::Blocks { blocks, .. } => write_blocks(article, blocks, depth + 1, out),
                        Item::Control(id) => writeln!(out, "  {}", article.mask.tag(*id).text).unwrap(),
                    }
                }
            }
            BlockKind::Quote { blocks, cite } => {
                let cite = cite.as_ref().map_or_else(String::new, |cite| format!(" by {}", words(cite)));
                writeln!(out, "quote{cite}").unwrap();
                write_blocks(article, blocks, depth + 1, out);
            }
            BlockKind::Code { language, text } => {
                writeln!(out, "code {} {text:?}", language.as_deref().unwrap_or("-")).unwrap();
            }
            BlockKind::Table(table) => {
                writeln!(out, "table {:?}", table.align).unwrap();
                for row in &table.rows {
                    match row {
                        Row::Cells(cells) => {
                            let cells: Vec<_> = cells.iter().map(|cell| start(article, cell)).collect();
                            writeln!(out, "  {}", cells.join(" | ")).unwrap();
                        }
                        Row::Control(id) => writeln!(out, "  {}", article.mask.tag(*id).text).unwrap(),
                    }
                }
            }
            BlockKind::Figure { image, caption } => {
                let caption = caption.as_deref().map(|caption| start(article, caption));
                let width = image.width;
                writeln!(out, "figure {} {width:?} {:?} {caption:?}", image.src, image.alt).unwrap();
            }
            BlockKind::Button { label, href } => writeln!(out, "button {} {href}", words(label)).unwrap(),
            BlockKind::Divider => out.push_str("divider\n"),
            BlockKind::Control(id) => writeln!(out, "{}", article.mask.tag(*id).text).unwrap(),
        }
    }
}

fn from_file(path: &str) -> (Article, Vec<Problem>) {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path), &ReadOptions::default())
        .unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn dump() {
    for file in [
        "articles/microneedling-for-acne-scars.txt",
        "articles/every-block.md",
        "tests/fixtures/plain/no-blank-lines.txt",
        "tests/fixtures/plain/capitals.txt",
        "tests/fixtures/plain/numbered.txt",
        "tests/fixtures/plain/dashes-and-stars.txt",
        "tests/fixtures/plain/hard-wrapped.txt",
        "tests/fixtures/plain/byline-on-top.txt",
    ] {
        let (article, warnings) = from_file(file);
        println!("==== {file}\n{}{:?}\n", outline(&article), told(&warnings));
        for g in &article.guesses {
            println!("   {} | {}", g.what, g.text);
        }
    }
}
