//! Reads the table `[dkim]`.

use crate::audience::Mailbox;
use crate::config::dkim::{DkimKey, DkimSettings, ED25519_KEY};
use crate::config::error::ConfigError;
use crate::fields::Fields;
use crate::message::dkim;
use crate::problem::Problem;

use super::{Reader, Reference};

const KEY: Reference = Reference { key: "key", whole: "dkim.key.", what: "one reference to a private key" };
const SECOND: Reference =
    Reference { key: ED25519_KEY, whole: "dkim.ed25519_key.", what: "one reference to a private key" };

const DOMAIN_HINT: &str = "write it like `example.com`, and leave it out for the domain of `from`";
const SELECTOR_HINT: &str = "use letters, digits, hyphens and dots, such as `news2026`";

impl Reader<'_> {
    /// The keys that sign; none in a table in which nothing stands.
    pub(super) fn dkim(&mut self, mut table: Fields, from: Option<&Mailbox>) -> Option<DkimSettings> {
        let from = from.map(|from| from.address.domain());
        let domain = self.signing_domain(&mut table, from);
        let is_selector = dkim::is_selector;
        let selector = self.checked(&mut table, "selector", is_selector, "a selector", SELECTOR_HINT);
        let second = self.checked(&mut table, "ed25519_selector", is_selector, "a selector", SELECTOR_HINT);
        let key = self.reference(&mut table, &KEY, ConfigError::KeyInTheOpen);
        let ed25519_key = self.reference(&mut table, &SECOND, ConfigError::KeyInTheOpen);
        let keys = ["domain", "selector", "ed25519_selector", KEY.key, SECOND.key];
        let is_empty = !keys.iter().any(|key| table.was_given(key));
        if !(is_empty || table.was_given(KEY.key) || table.was_given(SECOND.key)) {
            let _: Option<()> = self.missing(&table, "key", "key = { file = \"dkim.pem\" }");
        }
        if table.was_given(KEY.key) {
            let _: Option<()> = self.missing(&table, "selector", "selector = \"news\"");
        }
        if table.was_given(SECOND.key) {
            let example = "ed25519_selector = \"news-ed25519\"";
            let _: Option<()> = self.missing(&table, "ed25519_selector", example);
        }
        self.found.extend(table.finish());
        let named = [(KEY.key, selector, key), (SECOND.key, second, ed25519_key)];
        let mut keys = Vec::new();
        for (name, selector, secret) in named {
            if let (Some(selector), Some(secret)) = (selector, secret.ok()?) {
                keys.push(DkimKey { name, selector, secret });
            }
        }
        if let [one, other] = &*keys
            && one.selector.eq_ignore_ascii_case(&other.selector)
        {
            self.found.push(Problem::new(ConfigError::OneSelector(one.selector.clone())));
        }
        if keys.is_empty() { None } else { Some(DkimSettings { domain: domain?, keys }) }
    }

    /// The domain that is named, if it speaks for `from`; that of `from` when none is.
    fn signing_domain(&mut self, table: &mut Fields, from: Option<&str>) -> Option<String> {
        let (text, span) = match table.text("domain") {
            Some(given) => given,
            None if table.was_given("domain") => return None,
            None => return from.map(str::to_owned),
        };
        if !dkim::is_domain(&text) {
            let hint = DOMAIN_HINT.to_owned();
            return self.refuse(ConfigError::NotA { key: "domain", expected: "a domain", hint }, span);
        }
        match from {
            Some(from) if !dkim::is_aligned(&text, from) => {
                self.refuse(ConfigError::Unaligned { domain: text, from: from.to_owned() }, span)
            }
            _ => Some(text.to_ascii_lowercase()),
        }
    }
}
