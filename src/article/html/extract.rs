//! Finds the article on a page, and what stands around it.
//!
//! An extractor weighs the elements of the page; what it keeps shows where the article
//! is. The text is then read from the page itself, because extractors drop and rewrite
//! much of what they keep: within the article all stays but what is evidently chrome.

use dom_query::Document;
use dom_smoothie::{CandidateSelectMode, Config, Readability};

use super::controls::asks;
use super::dom::Dom;
use super::names::{self, Name};
use super::walk::is_block;

/// Most elements that are weighed; above that, elements must say themselves what they are.
const MOST_ELEMENTS: usize = 40_000;

/// The attribute by which elements are known again after the weighing.
const NUMBER: &str = "data-letterpress-number";

/// Part of the kept text that the article's own element holds, in per cent.
const MOST_OF_IT: usize = 85;

/// Most of an article that one piece of chrome within it may be, in per cent.
const LARGEST: usize = 40;

/// Fewest links that make a menu of an element without running text.
const MENU: usize = 3;

/// Most words of a box without running text that its name alone makes chrome.
const LABEL: usize = 15;

/// Fewest letters of a line that is running text if it also ends a sentence.
const RUNNING: usize = 40;

/// Whether a page has anything besides its article.
pub(super) fn has_chrome(dom: &Dom, body: usize) -> bool {
    dom.inside(body).any(|node| match dom.name(node) {
        "nav" => true,
        "form" => asks(dom, node),
        "header" | "footer" | "aside" => !dom
            .ancestors(node)
            .any(|around| matches!(dom.name(around), "article" | "blockquote" | "figure" | "section")),
        "" => false,
        _ => names::of(dom, node) != Name::Silent,
    })
}

/// Whether a link is a button of the platform to subscribe with.
fn calls(dom: &Dom, node: usize) -> bool {
    dom.has_class(node, |class| class.contains("button"))
        && dom.attribute(node, "href").is_some_and(|href| href.contains("/subscribe"))
}

/// What is to be left out of a page.
pub(super) struct Cut {
    /// The outermost elements that are left out, and how many words of running text in
    /// each may be the article's.
    pub(super) nodes: Vec<(usize, usize)>,
    /// Where the article begins; what is left out before is navigation.
    pub(super) start: usize,
    /// Who wrote it, as the weighing found it.
    pub(super) author: Option<String>,
    /// When it was published.
    pub(super) published: Option<String>,
}

/// Finds what stands around the article.
pub(super) fn cut(document: Document, dom: &Dom, body: usize) -> Cut {
    let page = Page::weighed(document, dom, body);
    let core = page.core(body);
    let mut cut = Cut {
        nodes: Vec::new(),
        start: core,
        author: page.author.clone(),
        published: page.published.clone(),
    };
    let mut node = body + 1;
    while node < dom.subtree(body).end {
        let around_core = dom.holds(node, core) || dom.text(node).is_some();
        if around_core && dom.text(node).is_some() {
            // A text directly in what is around the article.
            if !dom.holds(core, node) && !page.kept_any(dom.parent(node)) {
                cut.nodes.push((node, running(dom, node)));
            }
            node += 1;
        } else if !around_core && page.is_left_out(node, core) {
            cut.nodes.push((node, page.doubt(node, core)));
            node = dom.subtree(node).end;
        } else {
            node += 1;
        }
    }
    cut
}

struct Page<'a> {
    dom: &'a Dom,
    /// Before each node: how many elements were kept.
    kept: Vec<usize>,
    /// Before each node: how many characters of text stand there, all and within links.
    letters: Vec<(usize, usize)>,
    /// Before each node: how many characters the weighing kept.
    kept_letters: Vec<usize>,
    author: Option<String>,
    published: Option<String>,
}

impl<'a> Page<'a> {
    fn weighed(document: Document, dom: &'a Dom, body: usize) -> Self {
        let mut survived = vec![false; dom.len()];
        let (mut author, mut published) = (None, None);
        if dom.len() <= MOST_ELEMENTS {
            for node in dom.subtree(body).filter(|node| dom.text(*node).is_none()) {
                if let Some(element) = document.tree.get(&dom.id(node)) {
                    element.set_attr(NUMBER, &node.to_string());
                    // It would be judged by the very word that proves nothing.
                    if names::of(dom, node) == Name::Doubtful {
                        element.remove_attr("class");
                        element.remove_attr("id");
                    }
                }
            }
            let config =
                Config { candidate_select_mode: CandidateSelectMode::Readability, ..Config::default() };
            let article = Readability::with_document(document, None, Some(config))
                .ok()
                .and_then(|mut page| page.parse().ok());
            if let Some(article) = article {
                let mark = format!("{NUMBER}=\"");
                for (at, _) in article.content.match_indices(&mark) {
                    let number = article.content[at + mark.len()..].split('"').next().unwrap_or_default();
                    if let Some(survived) =
                        number.parse::<usize>().ok().and_then(|number| survived.get_mut(number))
                    {
                        *survived = true;
                    }
                }
                author = article.byline;
                published = article.published_time;
            }
        }
        let mut page =
            Self { dom, kept: vec![0], letters: vec![(0, 0)], kept_letters: vec![0], author, published };
        let mut linked = 0;
        for node in 0..dom.len() {
            let (mut all, mut in_links) = page.letters[node];
            let mut kept_letters = page.kept_letters[node];
            match dom.text(node) {
                Some(text) => {
                    let silent =
                        matches!(dom.name(dom.parent(node)), "script" | "style" | "noscript" | "template");
                    let count = if silent { 0 } else { text.chars().filter(|c| !c.is_whitespace()).count() };
                    all += count;
                    in_links += if node < linked { count } else { 0 };
                    kept_letters += if survived[dom.parent(node)] { count } else { 0 };
                }
                None if dom.name(node) == "a" => linked = linked.max(dom.subtree(node).end),
                None => {}
            }
            page.letters.push((all, in_links));
            page.kept_letters.push(kept_letters);
            page.kept.push(page.kept[node] + usize::from(survived[node]));
        }
        page
    }

    fn kept_any(&self, node: usize) -> bool {
        let range = self.dom.subtree(node);
        self.kept[range.end] > self.kept[range.start]
    }

    fn kept_letters(&self, node: usize) -> usize {
        let range = self.dom.subtree(node);
        self.kept_letters[range.end] - self.kept_letters[range.start]
    }

    fn letters(&self, node: usize) -> (usize, usize) {
        let range = self.dom.subtree(node);
        let (start, end) = (self.letters[range.start], self.letters[range.end]);
        (end.0 - start.0, end.1 - start.1)
    }

    /// The element that the article is.
    fn core(&self, body: usize) -> usize {
        let dom = self.dom;
        let total = self.kept_letters(body);
        if total == 0 {
            let mut named = dom.all(body, "article").chain(dom.all(body, "main"));
            return named.next().unwrap_or(body);
        }
        let mut core = body;
        loop {
            let inner = dom.elements(core).find(|child| {
                matches!(
                    dom.name(*child),
                    "div"
                        | "section"
                        | "article"
                        | "main"
                        | "center"
                        | "table"
                        | "tbody"
                        | "tr"
                        | "td"
                        | "span"
                        | "form"
                ) && self.kept_letters(*child) * 100 >= total * MOST_OF_IT
            });
            match inner {
                Some(inner) => core = inner,
                None => break,
            }
        }
        std::iter::once(core)
            .chain(dom.ancestors(core))
            .find(|node| {
                dom.name(*node) == "article" || dom.attribute(*node, "itemprop") == Some("articleBody")
            })
            .or_else(|| self.with_title(core))
            .map_or(core, |named| {
                // The body of an article may stand within it, under its title.
                dom.ancestors(named).find(|around| dom.name(*around) == "article").unwrap_or(named)
            })
    }

    /// The element around `core` that has its title too, if it has little else.
    fn with_title(&self, core: usize) -> Option<usize> {
        let dom = self.dom;
        let titled = |node: &usize| dom.find(*node, "h1").is_some();
        let around = std::iter::once(core).chain(dom.ancestors(core)).find(titled)?;
        let (core, all) = (self.letters(core).0, self.letters(around).0);
        (dom.name(around) == "div" && (all - core) * 100 <= core * LARGEST).then_some(around)
    }

    /// Whether most of the words of `node` are links.
    fn leads_away(&self, node: usize) -> bool {
        let (letters, linked) = self.letters(node);
        letters > 0 && linked * 2 > letters
    }

    fn is_left_out(&self, node: usize, core: usize) -> bool {
        let dom = self.dom;
        let links = self.leads_away(node);
        let kept = self.kept_any(node);
        if !dom.holds(core, node) {
            return !kept
                || matches!(dom.name(node), "nav" | "footer" | "header" | "aside" | "form")
                || match names::of(dom, node) {
                    Name::Silent => false,
                    Name::Doubtful => links,
                    Name::Soft | Name::Certain => true,
                };
        }
        match dom.name(node) {
            "nav" => true,
            "form" => asks(dom, node),
            "footer" => {
                !dom.ancestors(node).any(|around| matches!(dom.name(around), "blockquote" | "figure"))
            }
            "aside" => links || self.is_named(node),
            // One link alone may be a button or a bookmark of the article.
            "div" | "section" | "header" if !kept && links && dom.all(node, "a").count() >= MENU => true,
            "a" => calls(dom, node),
            _ => {
                let small = self.letters(node).0 * 100 <= self.letters(core).0 * LARGEST;
                small && self.is_named(node) && dom.find(node, "h1").is_none()
            }
        }
    }

    /// Whether the names of an element within the article, and what stands in it, say that
    /// it is not a part of it.
    fn is_named(&self, node: usize) -> bool {
        let dom = self.dom;
        let links = self.leads_away(node);
        match names::of(dom, node) {
            Name::Silent => false,
            Name::Certain => true,
            Name::Doubtful => links,
            Name::Soft => {
                let asks = dom
                    .inside(node)
                    .any(|inner| matches!(dom.name(inner), "input" | "button" | "form" | "select"));
                links
                    || (running(dom, node) == 0 && (asks || dom.words(node).split(' ').count() <= LABEL))
                    || (asks && self.letters(node).0 <= RUNNING * 5)
            }
        }
    }

    /// How many words of an element that is left out may be the article's: those of running
    /// text, but where the page says for certain that they are not.
    fn doubt(&self, node: usize, core: usize) -> usize {
        let dom = self.dom;
        let around = !dom.holds(core, node);
        let said = matches!(dom.name(node), "nav" | "footer" | "header" | "aside" | "form")
            || matches!(names::of(dom, node), Name::Certain | Name::Soft);
        if around && said { 0 } else { running(dom, node) }
    }
}

/// How many words of running text stand in `node`, links aside: in lines that are long and
/// end a sentence.
fn running(dom: &Dom, node: usize) -> usize {
    let mut words = 0;
    let mut line = String::new();
    let mut block = node;
    let mut linked = 0;
    let mut silent = 0;
    for inner in dom.subtree(node) {
        let Some(text) = dom.text(inner) else {
            match dom.name(inner) {
                "a" => linked = linked.max(dom.subtree(inner).end),
                "script" | "style" | "noscript" | "template" | "select" | "option" | "button"
                | "textarea" => {
                    silent = silent.max(dom.subtree(inner).end);
                }
                "br" => line.push(' '),
                _ => {}
            }
            continue;
        };
        let around = dom.ancestors(inner).find(|around| is_block(dom.name(*around))).unwrap_or_default();
        if around != block {
            words += sentences(&line);
            line.clear();
            block = around;
        }
        if inner >= linked && inner >= silent {
            line.push_str(text);
        }
    }
    words + sentences(&line)
}

/// How many words a line has, if it is running text.
fn sentences(line: &str) -> usize {
    // A character of Chinese or Japanese says as much as three letters.
    let weight = |c: char| if c >= '\u{2e80}' { 3 } else { usize::from(!c.is_whitespace()) };
    let letters: usize = line.chars().map(weight).sum();
    let ends = line.contains(['.', '!', '?', '…', '。', '！', '？', '؟', '۔', '।', ':']);
    if letters < RUNNING || !ends { 0 } else { line.split_whitespace().count().max(letters / 12) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_text_is_told_from_labels() {
        assert_eq!(sentences("Share this on your favourite network with all of your friends"), 0);
        assert_eq!(sentences("Read on."), 0);
        assert_eq!(sentences("The press came from a chapel, and it was never paid for."), 12);
        assert!(sentences("活字は一つずつ手で組まれ、そのあとで印刷されます。") > 3);
    }
}
