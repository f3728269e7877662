//! Reads the table `[sending]`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::error::ConfigError;
use crate::config::sending::{GroupSettings, SendingSettings, duration};
use crate::fields::Fields;
use crate::message::dkim::is_domain;
use crate::outbox::{Limits, group_of};
use crate::store::Durability;

use super::Reader;

/// Whole numbers a key takes, and how that is said.
struct Range {
    least: u32,
    most: u32,
    expected: &'static str,
    hint: &'static str,
}

const CONNECTIONS: Range = Range {
    least: 1,
    most: 1_000,
    expected: "a number from 1 to 1000",
    hint: "most relays take 10 or 20 connections at once",
};
const MESSAGES: Range = Range {
    least: 1,
    most: 1_000_000,
    expected: "a number from 1 to 1000000",
    hint: "ask the relay's operator how many messages it takes over one connection",
};
const LIMIT: Range = Range {
    least: 1,
    most: 1_000_000_000,
    expected: "a number from 1 to 1000000000",
    hint: "leave the key out where nothing limits you",
};
const REFUSALS: Range = Range {
    least: 2,
    most: 1_000_000,
    expected: "a number from 2 to 1000000",
    hint: "20 are enough to tell a block from a few dead addresses",
};

const EXPIRES_HINT: &str = "write it like `\"3 days\"` or `\"36 hours\"`, from a minute to 30 days";
const RATE_HINT: &str =
    "write it like `\"5%\"`, with the percent sign, above 0% and up to 100%, which never pauses";
const DURABILITY_HINT: &str =
    "`\"power\"` survives loss of power, `\"process\"` the end of the program alone";
const GROUP_HINT: &str = "name a provider by its domain, in quotes: `[sending.groups.\"gmail.com\"]`";

impl Reader<'_> {
    /// How campaigns are sent.
    pub(super) fn sending(&mut self, mut table: Fields) -> SendingSettings {
        let default = SendingSettings::default();
        let connections = self.number(&mut table, "connections", &CONNECTIONS);
        let messages = self.number(&mut table, "messages_per_connection", &MESSAGES);
        let expires = self.read_as(&mut table, "expires", expiry, "a time to go on for", EXPIRES_HINT);
        let durability =
            self.read_as(&mut table, "durability", durability, "`power` or `process`", DURABILITY_HINT);
        let limits = self.limits(&mut table);
        let rate = self.read_as(&mut table, "max_failure_rate", share, "a percentage", RATE_HINT);
        let refusals = self.number(&mut table, "identical_refusals", &REFUSALS);
        let connections = connections.map_or(default.connections, |number| number as usize);
        let groups = table.table("groups").map(|groups| self.groups(groups, connections));
        self.found.extend(table.finish());
        SendingSettings {
            connections,
            messages_per_connection: messages.unwrap_or(default.messages_per_connection),
            expires: expires.unwrap_or(default.expires),
            durability: durability.unwrap_or(default.durability),
            limits,
            max_failure_rate: rate.unwrap_or(default.max_failure_rate),
            identical_refusals: refusals.unwrap_or(default.identical_refusals),
            groups: groups.unwrap_or_default(),
        }
    }

    fn groups(&mut self, mut groups: Fields, most: usize) -> BTreeMap<String, GroupSettings> {
        let mut found = BTreeMap::new();
        for (name, span, mut table) in groups.tables() {
            if !is_domain(&name) || name.chars().any(|c| c.is_ascii_uppercase()) {
                let (expected, hint) = ("the domain of a provider", GROUP_HINT.to_owned());
                let _: Option<()> = self.refuse(ConfigError::NoGroup { name, expected, hint }, span);
                continue;
            }
            let group = group_of(&name);
            if group != name {
                let hint = format!("name it `[sending.groups.\"{group}\"]`, which counts all of them");
                let expected = "the name of a provider";
                let _: Option<()> = self.refuse(ConfigError::NoGroup { name, expected, hint }, span);
                continue;
            }
            let at = table.span_of("connections");
            let connections =
                self.number(&mut table, "connections", &CONNECTIONS).map(|number| number as usize);
            if let (Some(connections), Some(at)) = (connections, at)
                && connections > most
            {
                let hint = format!("all providers together have {most}: see `connections` under `[sending]`");
                let expected = "within those of the relay";
                let _: Option<()> = self.refuse(ConfigError::NotA { key: "connections", expected, hint }, at);
            }
            let limits = self.limits(&mut table);
            self.found.extend(table.finish());
            found.insert(name, GroupSettings { connections, limits });
        }
        self.found.extend(groups.finish());
        found
    }

    fn limits(&mut self, table: &mut Fields) -> Limits {
        Limits {
            per_second: self.number(table, "per_second", &LIMIT),
            per_hour: self.number(table, "per_hour", &LIMIT),
            per_day: self.number(table, "per_day", &LIMIT),
        }
    }

    fn number(&mut self, table: &mut Fields, key: &'static str, range: &Range) -> Option<u32> {
        let (number, span) = table.integer(key)?;
        match u32::try_from(number) {
            Ok(number) if (range.least..=range.most).contains(&number) => Some(number),
            _ => {
                let hint = range.hint.to_owned();
                self.refuse(ConfigError::NotA { key, expected: range.expected, hint }, span)
            }
        }
    }

    fn read_as<T>(
        &mut self,
        table: &mut Fields,
        key: &'static str,
        read: fn(&str) -> Option<T>,
        expected: &'static str,
        hint: &str,
    ) -> Option<T> {
        let (text, span) = table.text(key)?;
        let value = read(&text);
        if value.is_none() {
            let _: Option<()> = self.refuse(ConfigError::NotA { key, expected, hint: hint.to_owned() }, span);
        }
        value
    }
}

fn expiry(text: &str) -> Option<Duration> {
    duration(text).filter(|length| (Duration::from_mins(1)..=Duration::from_hours(30 * 24)).contains(length))
}

fn durability(text: &str) -> Option<Durability> {
    match text {
        "power" => Some(Durability::Power),
        "process" => Some(Durability::Process),
        _ => None,
    }
}

/// `5%` as 0.05.
fn share(text: &str) -> Option<f64> {
    let number: f64 = text.strip_suffix('%')?.trim_end().parse().ok()?;
    (number > 0.0 && number <= 100.0).then_some(number / 100.0)
}
