//! Reads a signature as a verifier does (RFC 6376 §6.1).
//!
//! Nothing here is shared with signing but the record that is published: the mail is
//! taken apart as text, step by step as the RFC says it, so that a mistake on one side
//! does not hide one on the other.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Signer;

/// What keeps the signature of `signer` on `message` from being believed.
pub(super) fn flaw(message: &[u8], signer: &Signer) -> Option<&'static str> {
    let Ok(text) = std::str::from_utf8(message) else { return Some("the message is not ASCII") };
    verify(text, signer.domain(), signer.selector(), &signer.record()).err()
}

fn verify(message: &str, domain: &str, selector: &str, record: &str) -> Result<(), &'static str> {
    let (head, body) = message.split_once("\r\n\r\n").ok_or("the message has no body")?;
    let head = head.replace("\r\n ", " ").replace("\r\n\t", "\t");
    let fields: Vec<(&str, &str)> = head.split("\r\n").filter_map(|line| line.split_once(':')).collect();
    let signature = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("DKIM-Signature"))
        .find(|(_, value)| tag(value, "d") == Some(domain) && tag(value, "s") == Some(selector))
        .map(|(_, value)| *value)
        .ok_or("the signature is missing")?;
    let get = |name| tag(signature, name).ok_or("the signature lacks a tag");
    if get("v")? != "1" || get("c")? != "relaxed/relaxed" {
        return Err("the signature is of another form");
    }
    if without_spaces(get("bh")?) != BASE64.encode(digest(&SHA256, canonical_body(body).as_bytes())) {
        return Err("the body is not the one that was signed");
    }
    let names: Vec<&str> = get("h")?.split(':').map(str::trim).collect();
    let count = |wanted: &str, names: &mut dyn Iterator<Item = &str>| {
        names.filter(|name| name.trim().eq_ignore_ascii_case(wanted)).count()
    };
    let there = count("From", &mut fields.iter().map(|(name, _)| *name));
    if there != 1 || count("From", &mut names.iter().copied()) <= there {
        return Err("another From could be added");
    }
    let mut left = fields.clone();
    let mut signed = String::new();
    for name in names {
        let last = left.iter().rposition(|(found, _)| found.trim().eq_ignore_ascii_case(name));
        if let Some((name, value)) = last.map(|at| left.remove(at)) {
            signed.extend([&name.trim().to_lowercase(), ":", &canonical_value(value), "\r\n"]);
        }
    }
    let emptied: Vec<&str> =
        signature
            .split(';')
            .map(|part| {
                if part.trim_start().starts_with("b=") { &part[..=part.find('=').unwrap_or(0)] } else { part }
            })
            .collect();
    signed.extend(["dkim-signature:", &canonical_value(&emptied.join(";"))]);
    let decode = |text: &str| BASE64.decode(without_spaces(text)).map_err(|_| "it is not written in base 64");
    let key = decode(tag(record, "p").ok_or("the record has no key")?)?;
    let bytes = decode(get("b")?)?;
    let verified = match (get("a")?, tag(record, "k")) {
        ("rsa-sha256", Some("rsa")) => {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(signed.as_bytes(), &bytes)
        }
        ("ed25519-sha256", Some("ed25519")) => {
            UnparsedPublicKey::new(&ED25519, key).verify(digest(&SHA256, signed.as_bytes()).as_ref(), &bytes)
        }
        _ => return Err("the key is not one for the signature"),
    };
    verified.map_err(|_| "the header is not the one that was signed")
}

/// The value of a tag in `v=1; a=…` (RFC 6376 §3.2).
fn tag<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    let tags = list.split(';').filter_map(|part| part.split_once('='));
    tags.map(|(found, value)| (found.trim(), value.trim()))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

fn without_spaces(text: &str) -> String {
    text.split([' ', '\t']).collect()
}

fn canonical_value(value: &str) -> String {
    value.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn canonical_body(body: &str) -> String {
    let line = |line: &str| {
        let lead = if line.starts_with([' ', '\t']) { " " } else { "" };
        format!("{lead}{}", canonical_value(line)).trim_end().to_owned()
    };
    let mut lines: Vec<String> = body.split("\r\n").map(line).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.into_iter().map(|line| line + "\r\n").collect()
}
