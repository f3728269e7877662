//! What `newsletter.toml` says of pictures.

use url::Url;

use super::{Reader, is_web};
use crate::audience::Mailbox;
use crate::config::error::ConfigError;
use crate::fields::Fields;
use crate::message::WayOut;
use crate::pictures::{Home, is_local};
use crate::problem::did_you_mean;
use crate::tags::Mask;

const ASSETS_HINT: &str = "write it in full, such as `https://cdn.example.com/news/`";

impl Reader<'_> {
    /// Where readers' programs get the pictures from.
    pub(super) fn home(
        &mut self,
        fields: &mut Fields,
        from: Option<&Mailbox>,
        way_out: Option<&WayOut>,
    ) -> Option<Home> {
        let domain = from.map_or_else(|| "localhost".to_owned(), |from| from.address.domain().to_owned());
        let uploaded = match fields.text("assets_url") {
            Some((text, span)) => {
                let Some(url) = assets(&text) else {
                    let (expected, hint) = ("an address on the web without a query", ASSETS_HINT.to_owned());
                    return self.refuse(ConfigError::NotA { key: "assets_url", expected, hint }, span);
                };
                Some((url, span))
            }
            None => None,
        };
        let is_within = match fields.text("embed_images") {
            Some((text, _)) if text == "cid" => true,
            Some((_, span)) => {
                let hint = "write `embed_images = \"cid\"`, or leave it out".to_owned();
                let error = ConfigError::NotA { key: "embed_images", expected: "`cid`", hint };
                return self.refuse(error, span);
            }
            None => false,
        };
        let served = way_out.and_then(|way_out| way_out.base_url.as_ref());
        match (uploaded, is_within, served) {
            (Some((_, span)), true, _) => self.refuse(ConfigError::TwoHomes, span),
            (Some((url, _)), false, _) => Some(Home::Uploaded(url)),
            (None, true, _) => Some(Home::Embedded(domain)),
            (None, false, Some(base)) => Some(Home::Served(base.pictures())),
            (None, false, None) => Some(Home::Unsaid(domain)),
        }
    }

    /// A picture of the newsletter's own: an address on the web, or a file in its folder.
    pub(super) fn own_picture(&mut self, fields: &mut Fields, key: &'static str) -> Option<String> {
        let (text, span) = fields.text(key)?;
        if is_web(&text) {
            return Some(text);
        }
        let folder = if self.root.as_os_str().is_empty() { std::path::Path::new(".") } else { self.root };
        if is_local(&text, &Mask::default()) && folder.join(text.trim()).is_file() {
            return Some(text);
        }
        let names: Vec<String> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        let hint = match did_you_mean(&text, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "write an address in full, such as `https://example.com/{key}.png`, or the path of a file \
                 from the folder of newsletter.toml"
            ),
        };
        let expected = "an address on the web, or a picture that is there";
        self.refuse(ConfigError::NotA { key, expected, hint }, span)
    }
}

/// The address with a slash at its end, where names of pictures are added.
fn assets(text: &str) -> Option<String> {
    let mut url = Url::parse(text.trim()).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !is_plain {
        return None;
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_uploaded_to_an_address_without_a_query() {
        assert_eq!(assets("https://cdn.example.com/news").as_deref(), Some("https://cdn.example.com/news/"));
        assert_eq!(assets("https://cdn.example.com").as_deref(), Some("https://cdn.example.com/"));
        for text in [
            "cdn.example.com",
            "ftp://example.com/",
            "https://example.com/?x=1",
            "https://a:b@example.com/",
            "",
        ] {
            assert_eq!(assets(text), None, "{text}");
        }
    }
}
