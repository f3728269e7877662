//! Who is let in, and what every answer says to a browser.

use std::net::IpAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use ipnet::{IpNet, Ipv4Net};
use tower::ServiceExt as _;

/// The longest address of a page, in bytes; ours have some 500.
const LONGEST_URI: usize = 2 * 1024;

/// What every answer says: a page is for one reader, now, and for nobody else.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// A year: browsers ask for these pages over TLS alone (RFC 6797).
const ONLY_TLS: &str = "max-age=31536000";

/// The way in.
pub(super) struct Door {
    router: Router,
    /// Who may come in; none lets everybody in.
    trusted: Option<Vec<IpNet>>,
    headers: HeaderMap,
}

impl Door {
    /// To `router`, under the policy of its pages.
    pub(super) fn new(router: Router, policy: &str, trusted: Option<Vec<IpNet>>) -> Self {
        let mut headers: HeaderMap =
            HEADERS.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
        // A policy that is no header would be none: then nothing is allowed at all.
        let policy = HeaderValue::from_str(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        let trusted = trusted.map(|trusted| trusted.into_iter().map(canonical).collect());
        Self { router, trusted, headers }
    }

    /// The same for readers who come over TLS, and who shall not come otherwise.
    pub(super) fn behind_tls(mut self) -> Self {
        self.headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_TLS));
        self
    }

    /// Whether it is open to `peer`. Whoever is connected is believed; what a request
    /// says about where it came from is not even read.
    pub(super) fn admits(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted.as_ref().is_none_or(|trusted| trusted.iter().any(|network| network.contains(&peer)))
    }

    /// The answer to a request of `peer`.
    pub(super) async fn answer(&self, peer: IpAddr, request: Request) -> Response {
        let uri = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
        let mut response = if !self.admits(peer) {
            stranger(peer.to_canonical())
        } else if uri > LONGEST_URI {
            (StatusCode::URI_TOO_LONG, "no page has an address as long as this\n").into_response()
        } else {
            match self.router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        };
        for (name, value) in &self.headers {
            // A picture is for everybody and for good, and says so itself.
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        response
    }
}

/// The same network; of IPv4, when it is one mapped into IPv6 (RFC 4291 §2.5.5.2).
fn canonical(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let mapped = || {
        let IpNet::V6(network) = network else { return None };
        let length = network.prefix_len().checked_sub(MAPPED)?;
        Ipv4Net::new(network.addr().to_ipv4_mapped()?, length).ok()
    };
    mapped().map_or(network, IpNet::V4)
}

/// What somebody is told who is no proxy of ours; most often it is one, with a new
/// address.
fn stranger(peer: IpAddr) -> Response {
    let text = format!(
        "This server speaks to its TLS proxy alone, and does not know {peer}.\n\
         If that is the proxy, add \"{peer}\" to `trusted_proxies` under [serve] in newsletter.toml.\n"
    );
    (StatusCode::FORBIDDEN, [(header::CONNECTION, "close")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_known_by_both_ways_to_write_an_address_of_ipv4() {
        let door = |network: &str| Door::new(Router::new(), "", Some(vec![network.parse().unwrap()]));
        for network in ["::ffff:10.0.0.0/104", "10.0.0.0/8"] {
            for (peer, is_known) in
                [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("11.1.2.3", false), ("::10.1.2.3", false)]
            {
                assert_eq!(door(network).admits(peer.parse().unwrap()), is_known, "{network} {peer}");
            }
        }
        assert!(door("2001:db8::/32").admits("2001:db8::1".parse().unwrap()));
        assert!(!door("2001:db8::/32").admits("10.1.2.3".parse().unwrap()));
    }
}
