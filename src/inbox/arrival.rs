//! What SMTP knows of a message besides its bytes.

use std::net::IpAddr;

/// What SMTP knows of a message besides its bytes.
#[derive(Debug)]
pub(super) struct Arrival {
    /// The return path; empty for the null path.
    pub(super) from: String,
    /// The recipients; each gets a copy.
    pub(super) to: Vec<String>,
    /// The name the client greeted with.
    pub(super) hello: String,
    /// Where it came from.
    pub(super) peer: IpAddr,
    /// The protocol, as a Received header says it (RFC 3848).
    pub(super) protocol: &'static str,
}

impl Arrival {
    /// The headers a delivering server puts before the copy for `to` (RFC 5321 §4.4).
    pub(super) fn trace(&self, to: &str, id: &str, now: jiff::Timestamp) -> String {
        let Self { from, hello, peer, protocol, .. } = self;
        let date = jiff::fmt::rfc2822::to_string(&now.to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default();
        format!(
            "Return-Path: <{from}>\r\n\
             X-Original-To: {to}\r\n\
             Delivered-To: {to}\r\n\
             Received: from {hello} ([{peer}])\r\n\
             \tby localhost (Letterpress inbox) with {protocol}\r\n\
             \tid {id};\r\n\
             \t{date}\r\n"
        )
    }
}
