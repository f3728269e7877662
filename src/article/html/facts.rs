//! What the head of a page says about the article on it.

use super::dom::Dom;

/// What is known before the text is read.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The title in the tab, with the name of the site.
    pub(super) tab: Option<String>,
    /// The title for previews, as a rule without it.
    pub(super) preview: Option<String>,
    pub(super) site: Option<String>,
    pub(super) author: Option<String>,
    pub(super) published: Option<String>,
    pub(super) language: Option<String>,
    pub(super) image: Option<String>,
    pub(super) image_alt: Option<String>,
    pub(super) description: Option<String>,
    /// What relative addresses are relative to, best first.
    pub(super) addresses: Vec<String>,
}

impl Facts {
    /// Reads the head of a page.
    pub(super) fn of(dom: &Dom) -> Self {
        let meta = |names: &[&str]| {
            names.iter().find_map(|name| {
                dom.all(0, "meta")
                    .filter(|meta| {
                        ["property", "name", "itemprop"].iter().any(|key| {
                            dom.attribute(*meta, key).is_some_and(|said| said.eq_ignore_ascii_case(name))
                        })
                    })
                    .find_map(|meta| dom.filled(meta, "content"))
                    .map(|said| said.split_whitespace().collect::<Vec<_>>().join(" "))
            })
        };
        let link = |kind: &str| {
            let mut links = dom.all(0, "link");
            let link = links.find(|link| {
                dom.attribute(*link, "rel").is_some_and(|rel| rel.split(' ').any(|rel| rel == kind))
            });
            link.and_then(|link| dom.filled(link, "href")).map(str::to_owned)
        };
        let head = dom.find(0, "head").unwrap_or_default();
        let tab = dom.find(head, "title").map(|title| dom.words(title)).filter(|title| !title.is_empty());
        let html = dom.find(0, "html").unwrap_or_default();
        let language = ["lang", "xml:lang"].iter().find_map(|name| dom.filled(html, name)).map(str::to_owned);
        let locale = || meta(&["og:locale"]).map(|locale| locale.replace('_', "-"));
        let base = dom.find(0, "base").and_then(|base| dom.filled(base, "href")).map(str::to_owned);
        let address = meta(&["og:url"]);
        Self {
            tab,
            preview: meta(&["og:title", "twitter:title"]),
            site: meta(&["og:site_name", "application-name"]),
            author: meta(&["author", "article:author", "parsely-author", "dc.creator", "twitter:data1"])
                .filter(|author| !author.contains("://") && !author.starts_with('@') && author.len() <= 100),
            published: meta(&[
                "article:published_time",
                "datePublished",
                "date",
                "dc.date",
                "parsely-pub-date",
            ]),
            language: language.or_else(locale),
            image: meta(&["og:image:secure_url", "og:image", "twitter:image"]),
            image_alt: meta(&["og:image:alt", "twitter:image:alt"]),
            description: meta(&["og:description", "description", "twitter:description"]),
            addresses: [base, link("canonical"), address].into_iter().flatten().collect(),
        }
    }
}

/// What sites put between a title and their name.
const SEPARATORS: [&str; 11] = [" | ", " – ", " — ", " - ", " · ", " • ", " « ", " » ", " :: ", " / ", " ‹ "];

/// `title` without the name of the site at its end or beginning. `heading` is the title
/// as it stands in the text, `host` where the page stood.
pub(super) fn without_site<'a>(
    title: &'a str,
    site: Option<&str>,
    heading: Option<&str>,
    host: Option<&str>,
) -> &'a str {
    let plain = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let is_site = |part: &str| {
        let part = plain(part);
        let named = site.is_some_and(|site| plain(site) == part);
        let hosted = host.is_some_and(|host| {
            let host = plain(host.strip_prefix("www.").unwrap_or(host));
            part.len() > 3 && host.starts_with(&part)
        });
        !part.is_empty() && (named || hosted)
    };
    let is_heading = |part: &str| heading.is_some_and(|heading| plain(heading) == plain(part));
    let mut title = title.trim();
    for separator in SEPARATORS {
        if let Some((before, after)) = title.rsplit_once(separator)
            && (is_site(after)
                || is_heading(before)
                || (separator == " | " && before.contains(' ') && heading.is_none()))
        {
            title = before.trim();
        }
        if let Some((before, after)) = title.split_once(separator)
            && (is_site(before) || is_heading(after))
        {
            title = after.trim();
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_site_is_no_part_of_a_title() {
        for (title, site, heading, host) in [
            ("Ink and lead | The Press", Some("The Press"), None, None),
            ("Ink and lead – The Press", Some("the press"), None, None),
            ("Ink and lead - Press Notes", None, Some("Ink and lead"), None),
            ("Press.example | Ink and lead", None, Some("Ink and lead"), None),
            ("Ink and lead - Example", None, None, Some("www.example.com")),
            ("Ink and lead | Whatever", None, None, None),
        ] {
            assert_eq!(without_site(title, site, heading, host), "Ink and lead", "{title}");
        }
        assert_eq!(without_site("Ink - and lead", None, None, None), "Ink - and lead");
        assert_eq!(without_site("C | D", None, Some("C | D"), None), "C | D");
    }
}
