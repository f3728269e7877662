//! Whether a mail has at its foot what every mail to a list must have: a link to leave
//! by, and the publisher's postal address.

use super::Newsletter;
use crate::problem::{Class, Condition, Problem};

/// A part of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The HTML part.
    Html,
    /// The text part.
    Text,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Html => "HTML",
            Self::Text => "text",
        }
    }
}

/// What a mail to a list lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FootError {
    /// Nothing says how readers leave.
    #[error("there is no way for readers to leave")]
    NoWayOut,
    /// Nothing says where the publisher is.
    #[error("the publisher's postal address is missing")]
    NoPostalAddress,
    /// The theme leaves the link out, or shows it to some alone.
    #[error("the {} part does not show everybody the link to leave by", part.name())]
    LinkNotShown {
        /// Which part.
        part: Part,
    },
    /// The theme leaves the postal address out.
    #[error("the {} part does not show the postal address", part.name())]
    AddressNotShown {
        /// Which part.
        part: Part,
    },
}

impl Condition for FootError {
    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::NoWayOut => {
                    "set `base_url`, `unsubscribe_address` or both in `newsletter.toml`: mail nobody can leave \
                     must not go to a list"
                }
                Self::NoPostalAddress => {
                    "set `postal_address` in `newsletter.toml`: many countries ask for it in every mail to a list"
                }
                Self::LinkNotShown { .. } => {
                    "put `<a href=\"[[ unsubscribe_url ]]\">[[ words.unsubscribe ]]</a>` in the theme, outside \
                     of any `{% if %}`"
                }
                Self::AddressNotShown { .. } => "put `[[ newsletter.postal_address ]]` in the theme",
            }
            .to_owned(),
        )
    }

    fn rule(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoWayOut | Self::LinkNotShown { .. } => "no-unsubscribe",
            Self::NoPostalAddress | Self::AddressNotShown { .. } => "no-postal-address",
        })
    }

    fn class(&self) -> Class {
        match self {
            Self::NoWayOut | Self::NoPostalAddress => Class::Config,
            Self::LinkNotShown { .. } | Self::AddressNotShown { .. } => Class::Data,
        }
    }
}

/// What every mail of `newsletter` lacks, whatever is in it.
#[must_use]
pub fn lacking(newsletter: &Newsletter) -> Vec<Problem> {
    let way_out = (!newsletter.can_leave).then_some(FootError::NoWayOut);
    let address = newsletter.postal_address.is_none().then_some(FootError::NoPostalAddress);
    way_out.into_iter().chain(address).map(Problem::new).collect()
}

/// What stands at the foot of a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Foot {
    /// Whether there is a way to leave, and whether html and text show it.
    pub(super) link: Option<(bool, bool)>,
    /// Whether there is a postal address, and whether html and text show it.
    pub(super) address: Option<(bool, bool)>,
}

impl Foot {
    /// Everything that is missing.
    pub(super) fn flaws(&self) -> Vec<Problem> {
        let parts = |shown: (bool, bool)| {
            [(Part::Html, shown.0), (Part::Text, shown.1)].into_iter().filter(|(_, shown)| !shown)
        };
        let mut found = Vec::new();
        match self.link {
            None => found.push(FootError::NoWayOut),
            Some(shown) => found.extend(parts(shown).map(|(part, _)| FootError::LinkNotShown { part })),
        }
        match self.address {
            None => found.push(FootError::NoPostalAddress),
            Some(shown) => found.extend(parts(shown).map(|(part, _)| FootError::AddressNotShown { part })),
        }
        found.into_iter().map(Problem::new).collect()
    }
}

/// Whether what comes after `before` is where a link leads that all programs show: the
/// `href` of an `a`, and not within what Word-Outlook alone reads.
pub(super) fn leads_somewhere(before: &str) -> bool {
    let tag = before.rfind('<').map_or("", |at| &before[at..]).to_ascii_lowercase();
    let is_link = tag.starts_with("<a ") || tag.starts_with("<a\n");
    let is_href = ["href=\"", "href='", "href="].iter().any(|end| tag.trim_end().ends_with(end));
    let for_some = before.rfind("<!--[if").is_some_and(|at| {
        let condition = &before[at..];
        !condition.contains("<![endif]")
            && !condition.contains("]><!-->")
            && !condition.contains("]><!-- -->")
    });
    is_link && is_href && !for_some
}

/// Whether `html` shows the words of `text`, however they are broken and marked up.
pub(super) fn shows_in_html(html: &str, text: &str) -> bool {
    let mut words = String::with_capacity(html.len() / 4);
    // A title is shown by nobody's mail program.
    let mut rest = html.find("<body").map_or(html, |at| &html[at..]);
    while let Some((before, tag)) = rest.split_once('<') {
        words.push_str(before);
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    words.push_str(rest);
    for (entity, letter) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        words = words.replace(entity, letter);
    }
    shows(&words, text)
}

/// Whether `part` shows the words of `text`, however they are broken into lines.
pub(super) fn shows(part: &str, text: &str) -> bool {
    let close = |text: &str| text.split_whitespace().collect::<String>();
    close(part).contains(&close(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_however_it_is_set() {
        let address = "Müller & Söhne \"Type\", 12 O'Street, 1000 <Town>";
        let html = "<p>a</p><p>M\u{fc}ller &amp; S\u{f6}hne &quot;Type&quot;,<br>12 O&#x27;Street,\n <b>1000&nbsp;&lt;Town&gt;</b></p>";
        assert!(shows_in_html(html, address));
        assert!(!shows_in_html(html, "Müller & Söhne, 13"));
        assert!(shows("Müller & Söhne \"Type\", 12\nO'Street,\n1000\u{a0}<Town>\n", address));
        assert!(!shows_in_html("<p title=\"1000 Town\">a</p>", "1000 Town"));
    }

    #[test]
    fn a_link_is_the_address_of_an_anchor_that_all_programs_show() {
        for shown in [
            "<p><a href=\"",
            "<!--[if mso]><b></b><![endif]--><A class=\"x\" href=\"",
            "<!--[if !mso]><!--><a style='color:red' href='",
        ] {
            assert!(leads_somewhere(shown), "{shown}");
        }
        for hidden in ["<img src=\"", "<!--[if mso]><a href=\"", "<a title=\"", "<area href=\"", "words"] {
            assert!(!leads_somewhere(hidden), "{hidden}");
        }
    }

    #[test]
    fn everything_that_is_missing_is_told() {
        let told = |foot: Foot| foot.flaws().iter().map(Problem::message).collect::<Vec<_>>();
        assert_eq!(told(Foot::default()).len(), 2);
        assert_eq!(told(Foot { link: Some((false, false)), address: Some((false, true)) }).len(), 3);
        assert!(told(Foot { link: Some((true, true)), address: Some((true, true)) }).is_empty());
    }
}
