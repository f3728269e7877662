//! Makes whole addresses of those that are written relative to a page.

use url::Url;

use crate::tags::Mask;

/// Where a page stood.
#[derive(Debug, Default)]
pub(super) enum Base {
    /// Nobody knows.
    #[default]
    Unknown,
    /// There.
    At(Url),
    /// Within another article, which knows what its addresses are relative to.
    AsWritten,
}

/// An address as it can stand in a mail.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// It leads somewhere.
    Whole(String),
    /// Relative, and nobody knows to what.
    Relative(String),
    /// A place within the page, which a mail does not have.
    Within,
    /// A script, or nothing.
    None,
}

impl Base {
    /// The first of `addresses` that is a whole one.
    pub(super) fn of<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let whole = |address: &str| Url::parse(address.trim()).ok().filter(Url::has_host);
        addresses.into_iter().find_map(whole).map_or(Self::Unknown, Self::At)
    }

    /// The host of the page.
    pub(super) fn host(&self) -> Option<&str> {
        match self {
            Self::At(url) => url.host_str(),
            Self::Unknown | Self::AsWritten => None,
        }
    }

    /// Where a link leads.
    pub(super) fn link(&self, written: &str, mask: &Mask) -> Target {
        let address: String = written.trim().chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).collect();
        let scheme = scheme(&address).map(str::to_ascii_lowercase);
        match scheme.as_deref() {
            Some("javascript" | "vbscript" | "data" | "about" | "file" | "blob") => return Target::None,
            Some(_) => return Target::Whole(straight(&address).unwrap_or(address)),
            None => {}
        }
        if address.is_empty() {
            return Target::None;
        }
        // A merge tag at the beginning stands for the whole of it.
        if mask.find(&address).first().is_some_and(|found| found.span.start == 0) {
            return Target::Whole(address);
        }
        match self {
            Self::At(base) => match base.join(&address) {
                Ok(url) => Target::Whole(url.into()),
                Err(_) => Target::Relative(address),
            },
            _ if address.starts_with('#') => Target::Within,
            Self::AsWritten => Target::Whole(address),
            Self::Unknown if address.starts_with("//") => Target::Whole(format!("https:{address}")),
            Self::Unknown => Target::Relative(address),
        }
    }

    /// Where a picture lies. One that a browser saved beside the page stays there.
    pub(super) fn picture(&self, written: &str, mask: &Mask) -> String {
        let beside = written.split('/').rev().skip(1).any(|folder| folder.ends_with("_files"));
        if beside || scheme(written).is_some() {
            return written.trim().to_owned();
        }
        match self.link(written, mask) {
            Target::Whole(address) | Target::Relative(address) => address,
            Target::Within | Target::None => String::new(),
        }
    }

    /// The place within this page that an address names.
    pub(super) fn within<'a>(&self, written: &'a str) -> Option<&'a str> {
        let (before, place) = written.split_once('#')?;
        let same = before.is_empty()
            || matches!(self, Self::At(base) if base.as_str().split('#').next() == Some(before));
        (same && !place.is_empty()).then_some(place)
    }
}

/// Where a link of Google Docs leads, which its exports send over a page of their own.
fn straight(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let by_way = matches!(url.host_str(), Some("www.google.com" | "google.com")) && url.path() == "/url";
    let mut fields = url.query_pairs().filter(|(name, _)| by_way && (name == "q" || name == "url"));
    fields
        .next()
        .map(|(_, to)| to.into_owned())
        .filter(|to| to.starts_with("http://") || to.starts_with("https://"))
}

/// The scheme of an address (RFC 3986 §3.1), if it has one.
fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.trim_start().split_once(':')?;
    let mut letters = scheme.chars();
    let fits = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    fits.then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_made_whole_where_the_page_says_where_it_stood() {
        let base = Base::of(["/x", "https://example.com/blog/post"]);
        let mask = Mask::default();
        for (written, whole) in [
            ("/a?b=c", "https://example.com/a?b=c"),
            ("b.html", "https://example.com/blog/b.html"),
            ("#notes", "https://example.com/blog/post#notes"),
            ("//cdn.example.com/i.png", "https://cdn.example.com/i.png"),
            ("https://example.org/Ä", "https://example.org/Ä"),
            ("mailto:ada@example.com", "mailto:ada@example.com"),
            ("https://www.google.com/url?q=https://example.org/a%3Fb&sa=D", "https://example.org/a?b"),
        ] {
            assert_eq!(base.link(written, &mask), Target::Whole(whole.to_owned()), "{written}");
        }
        assert_eq!(base.link("java\nscript:alert(1)", &mask), Target::None);
        assert_eq!(base.picture("Post_files/a.png", &mask), "Post_files/a.png");
        assert_eq!(base.picture("a.png", &mask), "https://example.com/blog/a.png");
        let nowhere = Base::default();
        assert_eq!(nowhere.link("/a", &mask), Target::Relative("/a".to_owned()));
        assert_eq!(nowhere.link("#a", &mask), Target::Within);
    }
}
