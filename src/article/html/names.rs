//! Reads the names, classes and ids of elements that say what stands around an article.
//!
//! A name proves little: `related-posts` leads away, `related-work` is a chapter. So each
//! is weighed by its words, and what stands in the element decides where they leave doubt.

use super::dom::Dom;

/// What the names of an element say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// Nothing that has to do with the page around an article.
    Silent,
    /// A word of the page around, beside others that may well be the article's:
    /// `social-proof`.
    Doubtful,
    /// A word that boxes of articles have too: `sidebar`.
    Soft,
    /// The page around: `related-posts`.
    Certain,
}

/// Words of what is not the article.
const WORDS: [&str; 34] = [
    "ads",
    "advert",
    "advertisement",
    "adsense",
    "breadcrumb",
    "breadcrumbs",
    "comments",
    "consent",
    "cookie",
    "cookies",
    "disqus",
    "gdpr",
    "masthead",
    "nav",
    "navbar",
    "navigation",
    "optin",
    "outbrain",
    "pager",
    "pagination",
    "paywall",
    "popup",
    "postmeta",
    "recirc",
    "related",
    "relatedposts",
    "replies",
    "respond",
    "share",
    "sharedaddy",
    "sharing",
    "signup",
    "subscribe",
    "taboola",
];

/// Words that stand at what is not the article, and at boxes within it.
const SOFT: [&str; 19] = [
    "ad",
    "comment",
    "footer",
    "login",
    "menu",
    "modal",
    "newsletter",
    "overlay",
    "popular",
    "promo",
    "recommendations",
    "recommended",
    "sidebar",
    "skip",
    "social",
    "sponsored",
    "toc",
    "trending",
    "upsell",
];

/// Words that stand beside these and say nothing of their own.
const BESIDE: [&str; 94] = [
    "and",
    "area",
    "article",
    "articles",
    "aside",
    "author",
    "banner",
    "bar",
    "block",
    "body",
    "bottom",
    "box",
    "button",
    "buttons",
    "card",
    "cards",
    "center",
    "col",
    "column",
    "container",
    "count",
    "cta",
    "email",
    "embed",
    "entry",
    "fixed",
    "float",
    "floating",
    "form",
    "global",
    "gh",
    "grid",
    "group",
    "header",
    "heading",
    "icon",
    "icons",
    "info",
    "inline",
    "inner",
    "item",
    "items",
    "jp",
    "kg",
    "layout",
    "left",
    "letter",
    "link",
    "links",
    "list",
    "main",
    "media",
    "message",
    "meta",
    "module",
    "news",
    "notice",
    "outer",
    "page",
    "panel",
    "placeholder",
    "policy",
    "position",
    "post",
    "posts",
    "primary",
    "right",
    "row",
    "sd",
    "secondary",
    "section",
    "single",
    "site",
    "slot",
    "small",
    "stack",
    "sticky",
    "stories",
    "story",
    "theme",
    "this",
    "thread",
    "title",
    "toolbar",
    "tools",
    "top",
    "unit",
    "us",
    "widget",
    "widgets",
    "wp",
    "wrap",
    "wrapper",
    "your",
];

/// Words that only together are chrome.
const PAIRS: [(&str, &str); 37] = [
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
    ("comment", "list"),
    ("comment", "section"),
    ("comment", "area"),
    ("comment", "form"),
    ("comment", "thread"),
    ("site", "footer"),
    ("page", "footer"),
];

/// Most words that describe a portrait.
const PORTRAIT: usize = 3;

/// Roles of what is not the article.
const ROLES: [&str; 9] =
    ["navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "toolbar", "menu", "menubar"];

/// What an element says of itself by its role, its classes and its id.
pub(super) fn of(dom: &Dom, node: usize) -> Name {
    let name = dom.name(node);
    if matches!(
        name,
        "" | "body" | "html" | "article" | "main" | "h1" | "a" | "p" | "code" | "pre" | "img" | "table"
    ) {
        return Name::Silent;
    }
    if dom.attribute(node, "role").is_some_and(|role| ROLES.contains(&role)) {
        return Name::Certain;
    }
    // What a stretch within a line is called says how it looks.
    if name == "span" && !dom.has_class(node, |class| class == "mw-editsection") {
        return Name::Silent;
    }
    let names = dom.classes(node).chain(dom.filled(node, "id"));
    names.map(weigh).max().unwrap_or(Name::Silent)
}

/// Whether an element says that it tells who wrote an article.
pub(super) fn is_byline(dom: &Dom, node: usize) -> bool {
    let named = |class: &str| {
        let words = parts(class);
        let has = |word: &str| words.iter().any(|other| other == word);
        // What an author says is no line that names one.
        let speaks = ["note", "notes", "message", "letter", "comment"].iter().any(|word| has(word));
        !speaks
            && (has("byline")
                || has("author")
                || has("authors")
                || (has("meta") && (has("post") || has("entry"))))
    };
    matches!(
        dom.name(node),
        "address"
            | "div"
            | "figure"
            | "footer"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "p"
            | "section"
            | "span"
            | "ul"
    ) && (dom.has_class(node, named)
        || dom.attribute(node, "itemprop") == Some("author")
        || dom.attribute(node, "rel") == Some("author"))
}

/// Whether a link is named as one to whoever wrote an article, or to more of its kind.
pub(super) fn leads_to_author(dom: &Dom, node: usize) -> bool {
    let rel = dom.attribute(node, "rel").unwrap_or_default();
    rel.split_ascii_whitespace().any(|rel| matches!(rel, "author" | "bookmark" | "category" | "tag"))
        || dom.has_class(node, |class| {
            parts(class).iter().any(|word| matches!(word.as_str(), "author" | "byline"))
        })
}

/// Whether an element is a link to whoever wrote an article.
pub(super) fn leads_to_writer(dom: &Dom, node: usize) -> bool {
    let rel = dom.attribute(node, "rel").unwrap_or_default();
    dom.name(node) == "a"
        && (rel.split_ascii_whitespace().any(|rel| rel == "author")
            || dom.has_class(node, |class| parts(class).iter().any(|word| is_writer(word))))
}

fn is_writer(word: &str) -> bool {
    matches!(word, "author" | "authors" | "byline")
}

/// Whether a picture says by its names, or by where it is kept, that it shows somebody.
pub(super) fn is_portrait(dom: &Dom, node: usize) -> bool {
    dom.has_class(node, says_portrait)
        || dom.attribute(node, "id").is_some_and(says_portrait)
        || dom.attribute(node, "src").is_some_and(|address| address.contains("gravatar.com/"))
}

/// Whether the address of a picture says that it shows somebody. It may be about a film
/// of that name, so it counts above the text alone.
pub(super) fn may_be_portrait(dom: &Dom, node: usize) -> bool {
    dom.attribute(node, "src").is_some_and(says_portrait)
        && dom.attribute(node, "alt").unwrap_or_default().split_whitespace().count() <= PORTRAIT
}

fn says_portrait(name: &str) -> bool {
    name.contains("avatar") || name.contains("profile-image")
}

fn weigh(class: &str) -> Name {
    let lower = class.to_ascii_lowercase();
    if matches!(lower.as_str(), "tag-list" | "tag-links") {
        return Name::Certain;
    }
    // These say what an article is about, or how a page around it is laid out.
    if ["tag-", "category-", "has-", "no-", "with-", "is-", "hentry"]
        .iter()
        .any(|start| lower.starts_with(start))
    {
        return Name::Silent;
    }
    let words = parts(class);
    let has = |word: &str| words.iter().any(|other| other == word);
    if PAIRS.iter().any(|(one, other)| has(one) && has(other)) {
        return Name::Certain;
    }
    let is_certain = |word: &String| WORDS.contains(&word.as_str());
    let is_soft = |word: &String| SOFT.contains(&word.as_str());
    let says_nothing = |word: &String| {
        BESIDE.contains(&word.as_str()) || word.len() == 1 || word.chars().all(|c| c.is_ascii_digit())
    };
    let certain = words.iter().any(is_certain);
    if !certain && !words.iter().any(is_soft) {
        Name::Silent
    } else if !words.iter().all(|word| is_certain(word) || is_soft(word) || says_nothing(word)) {
        Name::Doubtful
    } else if certain {
        Name::Certain
    } else {
        Name::Soft
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_read_word_by_word() {
        assert_eq!(parts("entry__shareButtons post-nav"), ["entry", "share", "buttons", "post", "nav"]);
        assert_eq!(parts("jp-relatedposts"), ["jp", "relatedposts"]);
    }

    #[test]
    fn a_word_of_the_page_among_words_of_the_article_proves_nothing() {
        for (class, name) in [
            ("related-posts", Name::Certain),
            ("jp-relatedposts", Name::Certain),
            ("sharedaddy", Name::Certain),
            ("wp-block-comments", Name::Certain),
            ("newsletter-signup", Name::Certain),
            ("author-bio", Name::Certain),
            ("cookie-banner", Name::Certain),
            ("sidebar", Name::Soft),
            ("promo", Name::Soft),
            ("social-links", Name::Soft),
            ("footer-widgets-2", Name::Soft),
            ("social-proof", Name::Doubtful),
            ("related-work", Name::Doubtful),
            ("popular-science", Name::Doubtful),
            ("comment-from-editor", Name::Doubtful),
            ("newsletter-content", Name::Doubtful),
            ("footer-note", Name::Doubtful),
            ("cookie-recipe", Name::Doubtful),
            ("entry-content", Name::Silent),
            ("widget-area", Name::Silent),
        ] {
            assert_eq!(weigh(class), name, "{class}");
        }
    }
}
