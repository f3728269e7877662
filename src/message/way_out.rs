//! How a reader leaves: the addresses that stand in every copy.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::audience::EmailAddress;

/// Where readers reach the newsletter's own pages: an address on the web without query.
///
/// It is `https`, as RFC 8058 §3.1 asks for, or else on this very machine, for trials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl(Url);

/// Why a text is no [`BaseUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not one at all, or of another scheme.
    #[error("expected an address that begins with https://")]
    NotWeb,
    /// Not encrypted, and on another machine than this.
    #[error("expected https: mailbox providers unsubscribe over nothing else")]
    NotEncrypted,
    /// A login, a query or a fragment.
    #[error("expected nothing but a host, a port and a path")]
    More,
}

impl BaseUrl {
    /// Reads `https://news.example.com/` or `https://example.com/news`.
    ///
    /// # Errors
    ///
    /// Fails as [`BaseUrlError`] says.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let mut url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NotWeb)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BaseUrlError::NotWeb);
        }
        let has_login = !url.username().is_empty() || url.password().is_some();
        if has_login || url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::More);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let base = Self(url);
        if base.0.scheme() == "http" && !base.is_on_this_machine() {
            return Err(BaseUrlError::NotEncrypted);
        }
        Ok(base)
    }

    /// Whether it leads nowhere but to the machine it is opened on.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Whether readers come over TLS.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// What its pages lie under: `/`, or `/news/`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// What the newsletter's pictures lie under.
    #[must_use]
    pub fn pictures(&self) -> String {
        format!("{}i/", self.0)
    }

    /// The page of the token of somebody who may leave.
    #[must_use]
    pub fn leave(&self, token: &str) -> String {
        format!("{}u/{token}", self.0)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = BaseUrlError;

    fn try_from(text: String) -> Result<Self, BaseUrlError> {
        Self::parse(&text)
    }
}

impl From<BaseUrl> for String {
    fn from(base: BaseUrl) -> Self {
        base.0.into()
    }
}

/// How readers leave: at least one of the two is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayOut {
    /// Where their pages are.
    pub base_url: Option<BaseUrl>,
    /// Where a mail that asks for it goes.
    pub address: Option<EmailAddress>,
}

/// What stands before the token in the subject of a mail that asks for it.
const SUBJECT: &str = "unsubscribe";

impl WayOut {
    /// The link that a reader with this token follows: a page, or without one a mail.
    #[must_use]
    pub fn link(&self, token: &str) -> String {
        match &self.base_url {
            Some(base) => base.leave(token),
            None => self.mail(token).unwrap_or_default(),
        }
    }

    /// `mailto:` with the token in the subject (RFC 6068), which every program keeps as
    /// it is; the part before an @ some write in lower case.
    #[must_use]
    pub fn mail(&self, token: &str) -> Option<String> {
        let address = self.address.as_ref()?;
        let mut out = String::from("mailto:");
        for byte in address.as_str().bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~+@".contains(&byte) {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        Some(format!("{out}?subject={SUBJECT}%20{token}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_encrypted_or_on_this_machine() {
        for (text, whole) in [
            ("https://news.example.com", "https://news.example.com/"),
            ("https://example.com/news", "https://example.com/news/"),
            ("https://example.com:8443/a/b/", "https://example.com:8443/a/b/"),
            ("https://bücher.example.com/", "https://xn--bcher-kva.example.com/"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("http://[::1]:8080/", "http://[::1]:8080/"),
            ("http://localhost:8080/", "http://localhost:8080/"),
        ] {
            let base = BaseUrl::parse(text).unwrap();
            assert_eq!(base.to_string(), whole);
            assert_eq!(base.leave("T"), format!("{whole}u/T"));
            assert_eq!(BaseUrl::try_from(String::from(base.clone())), Ok(base));
        }
        for (text, error) in [
            ("http://example.com/", BaseUrlError::NotEncrypted),
            ("http://localhost.example.com/", BaseUrlError::NotEncrypted),
            ("ftp://example.com/", BaseUrlError::NotWeb),
            ("example.com", BaseUrlError::NotWeb),
            ("", BaseUrlError::NotWeb),
            ("https://example.com/?x=1", BaseUrlError::More),
            ("https://example.com/#x", BaseUrlError::More),
            ("https://me@example.com/", BaseUrlError::More),
        ] {
            assert_eq!(BaseUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_link_is_the_page_and_without_one_a_mail() {
        let address = Some(EmailAddress::parse("leave+us@example.com").unwrap());
        let base_url = Some(BaseUrl::parse("https://news.example.com").unwrap());
        let mail = "mailto:leave+us@example.com?subject=unsubscribe%20T";
        let both = WayOut { base_url: base_url.clone(), address: address.clone() };
        assert_eq!(both.link("T"), "https://news.example.com/u/T");
        assert_eq!(both.mail("T").as_deref(), Some(mail));
        assert_eq!(WayOut { base_url: None, address }.link("T"), mail);
        assert_eq!(WayOut { base_url, address: None }.mail("T"), None);
    }

    #[test]
    fn signs_that_end_an_address_are_written_otherwise() {
        let address = Some(EmailAddress::parse("a?b&c%d@example.com").unwrap());
        let mail = WayOut { base_url: None, address }.mail("T").unwrap();
        assert_eq!(mail, "mailto:a%3Fb%26c%25d@example.com?subject=unsubscribe%20T");
    }
}
