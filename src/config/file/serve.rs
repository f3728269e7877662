//! Reads how readers leave, and the table `[serve]`.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::audience::EmailAddress;
use crate::config::error::ConfigError;
use crate::config::serve::ServeSettings;
use crate::fields::Fields;
use crate::message::{BaseUrl, WayOut};

use super::Reader;

const LISTEN_HINT: &str = "write it like `127.0.0.1:8025`; port 0 picks a free one";
const PROXY_HINT: &str = "write it like `127.0.0.1` or `10.0.0.0/8`";
const BASE_HINT: &str =
    "write it like `https://news.example.com/`; `http://127.0.0.1:8025/` will do for trials on this machine";

impl Reader<'_> {
    /// How readers leave, when anything is said about it.
    pub(super) fn way_out(&mut self, fields: &mut Fields) -> Option<WayOut> {
        let base_url = fields.text("base_url").and_then(|(text, span)| match BaseUrl::parse(&text) {
            Ok(base) => Some(base),
            Err(error) => self.refuse(ConfigError::BaseUrl { error, hint: BASE_HINT }, span),
        });
        let address =
            fields.text("unsubscribe_address").and_then(|(text, span)| match EmailAddress::parse(&text) {
                Ok(address) => self.ascii(address, span),
                Err(error) => self.refuse(error, span),
            });
        (base_url.is_some() || address.is_some()).then_some(WayOut { base_url, address })
    }

    /// Where readers' pages are served.
    pub(super) fn serve(&mut self, mut table: Fields) -> ServeSettings {
        let default = ServeSettings::default();
        let listen = self.socket(&mut table, "listen");
        let health = self.socket(&mut table, "health");
        let mut trusted = Vec::new();
        for (text, span) in table.texts("trusted_proxies") {
            let network = text.parse::<IpNet>().ok();
            if let Some(network) = network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)) {
                trusted.push(network);
            } else {
                let (key, expected) = ("trusted_proxies", "an address or a network");
                let hint = PROXY_HINT.to_owned();
                let _: Option<()> = self.refuse(ConfigError::NotA { key, expected, hint }, span);
            }
        }
        let given = table.was_given("trusted_proxies");
        self.found.extend(table.finish());
        ServeSettings {
            listen: listen.unwrap_or(default.listen),
            health: health.unwrap_or(default.health),
            trusted_proxies: if given { trusted } else { default.trusted_proxies },
        }
    }

    fn socket(&mut self, table: &mut Fields, key: &'static str) -> Option<SocketAddr> {
        let (text, span) = table.text(key)?;
        let expected = "an address and port of this machine";
        let hint = || LISTEN_HINT.to_owned();
        text.parse().ok().or_else(|| self.refuse(ConfigError::NotA { key, expected, hint: hint() }, span))
    }
}
