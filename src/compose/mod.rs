//! RENDER: an article and a theme become the parts of a mail, once per campaign.
//!
//! Theme → MJML → HTML → article spliced in at slots → CSS inlined → post-pass →
//! literals and holes; and the text part from the same block tree. What differs per
//! recipient is left as holes in [`Composed`].

#[allow(dead_code, reason = "the caller that joins the two parts is not here yet")]
mod text;

#[allow(unused_imports, reason = "the caller that joins the two parts is not here yet")]
pub(crate) use text::{TextHead, text_part};

/// What the publisher says of the newsletter, for the furniture around an article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Newsletter {
    /// Its name, as readers know it.
    pub name: String,
    /// Its home on the web.
    pub url: Option<String>,
    /// The publisher's postal address, one line (the law in many countries asks
    /// for it in every bulk mail).
    pub postal_address: Option<String>,
    /// Why the reader gets this mail, one sentence.
    pub reason: Option<String>,
    /// An address of a square picture that stands beside the name, drawn 40 wide.
    pub logo: Option<String>,
    /// Language tag (BCP 47) of articles that do not say their own.
    pub lang: String,
    /// The accent colour `#RRGGBB`; the theme's own when absent.
    pub accent: Option<String>,
}
