//! A stranger's corpus: documents of many habits under `tests/corpus`, and beside each what
//! a person who reads it expects of the mail (`NAME.toml`).
//!
//! None ends the program, none loses a link or a paragraph. What is expected was written by
//! reading the documents, never by looking at what came out.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use dom_query::Document;
use letterpress::article::{Article, Block, BlockKind, Image, Inline, Item, Part, ReadOptions, words};
use letterpress::compose::Newsletter;
use letterpress::pictures::Home;
use letterpress::press::{Workshop, placeholders, prepare};
use serde::Deserialize;

/// What must come out of a document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// Whose habit it is; for people.
    #[serde(rename = "about")]
    _about: String,
    /// The words of the refusal, when it must be refused.
    refused: Option<String>,
    /// The title, when it matters that it is found.
    title: Option<String>,
    /// Headings under the title.
    headings: Option<usize>,
    /// Links, buttons and pictures that lead somewhere.
    links: Option<usize>,
    /// Pictures.
    images: Option<usize>,
    /// Items of lists, nested ones too.
    items: Option<usize>,
    /// Tables of data.
    tables: Option<usize>,
    /// Blocks of code.
    codes: Option<usize>,
    /// Quotations.
    quotes: Option<usize>,
    /// Notes at the end.
    notes: Option<usize>,
    /// What readers must see, in HTML and in text.
    #[serde(default)]
    both: Vec<String>,
    /// What must be in neither part.
    #[serde(default)]
    neither: Vec<String>,
    /// Where links must lead, in both parts.
    #[serde(default)]
    addresses: Vec<String>,
}

/// What there is of each kind in an article.
#[derive(Debug, Default)]
struct Census {
    headings: usize,
    images: usize,
    items: usize,
    tables: usize,
    codes: usize,
    quotes: usize,
    /// Where links lead, as often as they stand there.
    links: Vec<String>,
    /// Stretches of words that nothing interrupts, in HTML or in text.
    runs: Vec<String>,
    /// Words that may be set side by side with others.
    cells: Vec<String>,
}

impl Census {
    fn of(article: &Article) -> Self {
        let mut census = Self::default();
        census.blocks(&article.blocks);
        for note in &article.footnotes {
            census.blocks(&note.blocks);
        }
        // What a tag prints is not what was typed.
        let plain = |text: &String| article.mask.find(text).is_empty();
        census.runs.retain(plain);
        census.links.retain(plain);
        census
    }

    /// Counts siblings; those between controls are not in every copy.
    fn blocks(&mut self, blocks: &[Block]) {
        let is_control = |block: &Block| matches!(block.kind, BlockKind::Control(_));
        let first = blocks.iter().position(is_control).unwrap_or(blocks.len());
        let last = blocks.iter().rposition(is_control).unwrap_or(blocks.len());
        for block in blocks[..first].iter().chain(blocks.get(last..).unwrap_or_default()) {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match &block.kind {
            BlockKind::Heading { .. } => self.headings += 1,
            BlockKind::List(list) => {
                self.items += list.items.iter().filter(|item| matches!(item, Item::Blocks { .. })).count();
            }
            BlockKind::Quote { .. } => self.quotes += 1,
            BlockKind::Code { text, .. } => {
                self.codes += 1;
                self.runs.extend(text.lines().map(str::to_owned));
            }
            BlockKind::Table(_) => self.tables += 1,
            BlockKind::Button { label, href } => {
                self.links.push(href.clone());
                self.runs.push(words(label));
                return;
            }
            _ => {}
        }
        let before = self.runs.len();
        for part in block.parts() {
            match part {
                Part::Words(content, _) => self.inlines(content),
                Part::Blocks(blocks) => self.blocks(blocks),
                Part::Image(image) => self.image(image),
                Part::Control(_) => {}
            }
        }
        if matches!(block.kind, BlockKind::Table(_)) {
            let cells = self.runs.split_off(before);
            self.cells.extend(cells.iter().flat_map(|run| run.split_whitespace()).map(str::to_owned));
        }
    }

    fn image(&mut self, image: &Image) {
        self.images += 1;
        self.links.extend(image.href.clone());
        self.runs.push(image.alt.clone());
    }

    fn inlines(&mut self, content: &[Inline]) {
        for inline in content {
            match inline {
                Inline::Text(words) | Inline::Code(words) => self.runs.push(words.clone()),
                Inline::Link { href, content, .. } => {
                    self.links.push(href.clone());
                    self.inlines(content);
                }
                Inline::Image(image) => self.image(image),
                Inline::SoftBreak | Inline::HardBreak | Inline::Footnote(_) => {}
                other => self.inlines(other.inner().unwrap_or_default()),
            }
        }
    }
}

/// The letters and digits of a text: what is left when it is wrapped, quoted or indented.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Without what may differ between the parts, or from what was typed: white space, soft
/// hyphens, the shape of quotation marks, dashes and ellipses.
fn tight(text: &str) -> String {
    let mut tight = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_whitespace() && *c != '\u{ad}') {
        match c {
            '‘' | '’' => tight.push('\''),
            '“' | '”' => tight.push('"'),
            '…' => tight.push_str("..."),
            '–' | '—' | '-' if tight.ends_with('-') => {}
            '–' | '—' => tight.push('-'),
            _ => tight.push(c),
        }
    }
    tight
}

/// What a reader sees of a page, and where its links lead.
fn seen(html: &str) -> (String, Vec<String>) {
    let page = Document::from(html);
    page.select("style, title, .preheader").remove();
    let mut text = page.select("body").text().to_string();
    for image in &page.select("img") {
        text.push('\n');
        text.push_str(&image.attr("alt").unwrap_or_default());
    }
    let links = page.select("a").iter().filter_map(|link| link.attr("href")).map(|href| href.to_string());
    (text, links.collect())
}

/// The text part as one stretch: without the marks of quotations at the begin of a line.
fn unquoted(text: &str) -> String {
    text.lines().map(|line| line.trim_start_matches(['>', ' '])).collect::<Vec<_>>().join("\n")
}

/// Everything that is wrong with what became of one document.
fn faults(path: &Path, expected: &Expected) -> Vec<String> {
    let newsletter = Newsletter {
        name: "Slow Sunday".into(),
        postal_address: Some("Slow Sunday, 12 Type Street, 1000 Exampletown".into()),
        lang: "en".into(),
        ..Newsletter::default()
    };
    let home = Home::default();
    let workshop = Workshop {
        root: Path::new("nowhere"),
        newsletter: &newsletter,
        theme: "clean",
        home: &home,
        darkroom: None,
    };
    let prepared = match prepare(path, &workshop, &ReadOptions::default()) {
        Ok(prepared) => prepared,
        Err(problems) => {
            let told = problems.to_string();
            return match &expected.refused {
                Some(reason) if told.contains(reason.as_str()) => Vec::new(),
                Some(reason) => vec![format!("expected a refusal that says `{reason}`, found: {told}")],
                None => vec![format!("it was refused: {told}")],
            };
        }
    };
    if let Some(reason) = &expected.refused {
        return vec![format!("expected a refusal that says `{reason}`, found a mail")];
    }
    let values = placeholders(&prepared);
    let copy = prepared.composed.copy(&values, &"nobody");
    let (html, text) = match (copy.html(), copy.text()) {
        (Ok(html), Ok(text)) => (html, text),
        (html, text) => return vec![format!("no copy could be made: {:?} {:?}", html.err(), text.err())],
    };

    let census = Census::of(&prepared.article);
    let mut faults = counted(&prepared.article, &census, expected);
    let (seen, links) = seen(&html);
    let (tight_html, tight_text) = (tight(&seen), tight(&unquoted(&text)));
    for phrase in &expected.both {
        let wanted = tight(phrase);
        for (part, found) in [("HTML", &tight_html), ("text", &tight_text)] {
            if !found.contains(&wanted) {
                faults.push(format!("expected `{phrase}`, which is not in the {part}"));
            }
        }
    }
    for phrase in &expected.neither {
        let unwanted = tight(phrase);
        for (part, found) in [("HTML", &tight_html), ("text", &tight_text)] {
            if found.contains(&unwanted) {
                faults.push(format!("`{phrase}` is left over in the {part}"));
            }
        }
    }
    let wanted: BTreeSet<&String> = census.links.iter().chain(&expected.addresses).collect();
    for address in wanted {
        if !links.contains(address) {
            faults.push(format!("no link of the HTML leads to {address}"));
        }
        if !shown(address).iter().any(|shown| tight_text.contains(&tight(shown))) {
            faults.push(format!("the text does not have the address {address}"));
        }
    }
    for (part, found) in [("HTML", letters(&seen)), ("text", letters(&text))] {
        for run in census.runs.iter().chain(&census.cells) {
            // The scheme of a mail's address says nothing to people.
            let run = run.strip_prefix("mailto:").unwrap_or(run);
            if !found.contains(&letters(run)) {
                faults.push(format!("`{run}` was read and is not in the {part}"));
            }
        }
    }
    faults
}

/// How an address may stand in the text part.
fn shown(address: &str) -> Vec<String> {
    match address.split_once(':') {
        // It leads to a place on the same page.
        _ if address.starts_with('#') => vec![String::new()],
        Some(("mailto", rest)) => vec![rest.split('?').next().unwrap_or_default().to_owned()],
        Some(("tel", rest)) => vec![rest.to_owned()],
        _ => vec![address.to_owned(), address.replace(' ', "%20")],
    }
}

fn counted(article: &Article, census: &Census, expected: &Expected) -> Vec<String> {
    let mut faults = Vec::new();
    let counts = [
        ("headings", expected.headings, census.headings),
        ("links", expected.links, census.links.len()),
        ("images", expected.images, census.images),
        ("items", expected.items, census.items),
        ("tables", expected.tables, census.tables),
        ("blocks of code", expected.codes, census.codes),
        ("quotations", expected.quotes, census.quotes),
        ("notes", expected.notes, article.footnotes.len()),
    ];
    for (what, wanted, found) in counts {
        if wanted.is_some_and(|wanted| wanted != found) {
            faults.push(format!("expected {} {what}, found {found}", wanted.unwrap_or_default()));
        }
    }
    let title = article.meta.title.as_ref().map(|title| article.mask.restore(&title.value));
    if expected.title.is_some() && title.as_deref().map(tight) != expected.title.as_deref().map(tight) {
        faults.push(format!("expected the title {:?}, found {title:?}", expected.title));
    }
    faults
}

fn documents() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension != "toml"));
    paths.sort();
    paths
}

#[test]
fn every_document_of_strangers_comes_out_whole() {
    let paths = documents();
    assert!(paths.len() >= FEWEST, "only {} documents were found", paths.len());
    let mut failures = Vec::new();
    let mut names = BTreeSet::new();
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let sidecar = path.with_extension("toml");
        let expected: Expected = toml::from_str(
            &fs::read_to_string(&sidecar).unwrap_or_else(|_| panic!("nobody says what becomes of {name}")),
        )
        .unwrap_or_else(|error| panic!("{}: {error}", sidecar.display()));
        assert!(names.insert(sidecar), "two documents have the same name: {name}");
        let found = catch_unwind(AssertUnwindSafe(|| faults(path, &expected)))
            .unwrap_or_else(|_| vec!["reading it ended in a panic".to_owned()]);
        failures.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    assert!(failures.is_empty(), "{} faults\n{}", failures.len(), failures.join("\n"));
}

/// How many documents there are at least.
const FEWEST: usize = 60;
