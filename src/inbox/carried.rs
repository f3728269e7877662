//! The pictures that a caught mail carries.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mail_parser::{MessageParser, MimeHeaders as _};

use crate::site::Carried;

/// The kinds of pictures that mail programs show.
const KINDS: [&str; 4] = ["gif", "jpeg", "png", "webp"];

/// The pictures in the mail `bytes` that its HTML may name by their Content-IDs
/// (RFC 2392 §2).
pub(super) fn pictures(bytes: &[u8]) -> Vec<Carried> {
    let Some(message) = MessageParser::default().parse(bytes) else { return Vec::new() };
    let picture = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type()?;
        let subtype = kind.subtype()?.to_ascii_lowercase();
        let is_picture = kind.ctype().eq_ignore_ascii_case("image") && KINDS.contains(&subtype.as_str());
        let id = part.content_id().filter(|id| is_picture && !id.is_empty())?;
        let encoded = BASE64_STANDARD.encode(part.contents());
        Some((format!("cid:{id}"), format!("data:image/{subtype};base64,{encoded}")))
    };
    message.parts.iter().filter_map(picture).collect()
}
