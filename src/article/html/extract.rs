//! Finds the article on a page, and what stands around it.
//!
//! An extractor weighs the elements of the page; what it keeps shows where the article
//! is. The text is then read from the page itself, because extractors drop and rewrite
//! much of what they keep: within the article all stays but what is evidently chrome.

use dom_query::Document;
use dom_smoothie::{CandidateSelectMode, Config, Readability};

use super::dom::Dom;

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

/// Words in the classes and ids of what is not the article.
const WORDS: [&str; 53] = [
    "ad",
    "ads",
    "advert",
    "advertisement",
    "adsense",
    "breadcrumb",
    "breadcrumbs",
    "comment",
    "comments",
    "consent",
    "cookie",
    "cookies",
    "disqus",
    "footer",
    "gdpr",
    "login",
    "masthead",
    "menu",
    "modal",
    "nav",
    "navbar",
    "navigation",
    "newsletter",
    "optin",
    "outbrain",
    "overlay",
    "pager",
    "pagination",
    "paywall",
    "popular",
    "popup",
    "postmeta",
    "promo",
    "recirc",
    "recommended",
    "recommendations",
    "related",
    "relatedposts",
    "replies",
    "respond",
    "share",
    "sharedaddy",
    "sharing",
    "sidebar",
    "signup",
    "skip",
    "social",
    "sponsored",
    "subscribe",
    "taboola",
    "toc",
    "trending",
    "upsell",
];

/// Words that only together are chrome.
const PAIRS: [(&str, &str); 30] = [
    ("author", "bio"),
    ("author", "box"),
    ("author", "card"),
    ("author", "info"),
    ("about", "author"),
    ("author", "profile"),
    ("entry", "meta"),
    ("post", "meta"),
    ("article", "meta"),
    ("entry", "tags"),
    ("post", "tags"),
    ("tag", "list"),
    ("tags", "links"),
    ("cat", "links"),
    ("post", "nav"),
    ("read", "next"),
    ("read", "more"),
    ("more", "posts"),
    ("next", "post"),
    ("previous", "post"),
    ("edit", "link"),
    ("editsection", "mw"),
    ("table", "contents"),
    ("back", "top"),
    ("follow", "us"),
    ("profile", "img"),
    ("post", "ufi"),
    ("article", "tags"),
    ("example", "header"),
    ("code", "header"),
];

/// Roles of what is not the article.
const ROLES: [&str; 9] =
    ["navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "toolbar", "menu", "menubar"];

/// Whether a page has anything besides its article.
pub(super) fn has_chrome(dom: &Dom, body: usize) -> bool {
    dom.inside(body).any(|node| match dom.name(node) {
        "nav" | "form" => true,
        "header" | "footer" | "aside" => !dom
            .ancestors(node)
            .any(|around| matches!(dom.name(around), "article" | "blockquote" | "figure" | "section")),
        "" => false,
        _ => is_chrome(dom, node),
    })
}

/// Whether an element says that it is not the article.
fn is_chrome(dom: &Dom, node: usize) -> bool {
    let name = dom.name(node);
    if matches!(
        name,
        "body" | "html" | "article" | "main" | "h1" | "a" | "p" | "code" | "pre" | "span" | "img" | "table"
    ) {
        return false;
    }
    if dom.attribute(node, "role").is_some_and(|role| ROLES.contains(&role)) {
        return true;
    }
    let names = dom.classes(node).chain(dom.filled(node, "id"));
    names.into_iter().any(|class| {
        // These say what an article is about, or how a page around it is laid out.
        let lower = class.to_ascii_lowercase();
        if matches!(lower.as_str(), "tag-list" | "tag-links") {
            return true;
        }
        if ["tag-", "category-", "has-", "no-", "with-", "is-", "hentry"]
            .iter()
            .any(|start| lower.starts_with(start))
        {
            return false;
        }
        let words: Vec<String> = parts(class);
        words.iter().any(|word| WORDS.contains(&word.as_str()))
            || PAIRS
                .iter()
                .any(|(one, other)| words.iter().any(|w| w == one) && words.iter().any(|w| w == other))
    })
}

/// Whether a picture shows who wrote the article.
fn names_portrait(dom: &Dom, node: usize) -> bool {
    let named =
        |name: &str| name.contains("avatar") || name.contains("gravatar") || name.contains("profile-image");
    dom.has_class(node, named) || dom.attribute(node, "src").is_some_and(named)
}

/// Whether a link is a button of the platform to subscribe with.
fn calls(dom: &Dom, node: usize) -> bool {
    dom.has_class(node, |class| class.contains("button"))
        && dom.attribute(node, "href").is_some_and(|href| href.contains("/subscribe"))
}

/// The words of a class such as `post-nav`, `entry__share` or `relatedPosts`.
fn parts(class: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for character in class.chars().take(100) {
        if !character.is_alphanumeric() {
            words.push(String::new());
        } else if let Some(last) = words.last_mut().filter(|_| !(character.is_uppercase() && small)) {
            last.extend(character.to_lowercase());
        } else {
            words.push(character.to_lowercase().collect());
        }
        small = character.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What is to be left out of a page.
pub(super) struct Cut {
    /// The outermost elements that are left out.
    pub(super) nodes: Vec<usize>,
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
                cut.nodes.push(node);
            }
            node += 1;
        } else if !around_core && page.is_left_out(node, core) {
            cut.nodes.push(node);
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

    fn is_left_out(&self, node: usize, core: usize) -> bool {
        let dom = self.dom;
        let name = dom.name(node);
        let (letters, linked) = self.letters(node);
        let links = letters > 0 && linked * 2 > letters;
        let kept = self.kept_any(node);
        if !dom.holds(core, node) {
            return !kept
                || matches!(name, "nav" | "footer" | "header" | "aside" | "form")
                || is_chrome(dom, node);
        }
        let small = letters * 100 <= self.letters(core).0 * LARGEST;
        match name {
            "nav" | "form" => true,
            "footer" => {
                !dom.ancestors(node).any(|around| matches!(dom.name(around), "blockquote" | "figure"))
            }
            "aside" => links || is_chrome(dom, node),
            // One link alone may be a button or a bookmark of the article.
            "div" | "section" | "header" if !kept && links && dom.all(node, "a").count() >= MENU => true,
            "img" => names_portrait(dom, node),
            "a" => calls(dom, node),
            _ => small && is_chrome(dom, node) && dom.find(node, "h1").is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_read_word_by_word() {
        assert_eq!(parts("entry__shareButtons post-nav"), ["entry", "share", "buttons", "post", "nav"]);
        assert_eq!(parts("jp-relatedposts"), ["jp", "relatedposts"]);
    }
}
