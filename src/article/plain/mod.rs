//! Reads plain text.
use super::findings::Findings;
use super::{Body, Meta, Read, ReadOptions};
use crate::tags::Mask;

pub(super) fn read(body: &Body<'_>, _mask: &Mask, meta: Meta, _merge: bool, _options: &ReadOptions, _findings: &mut Findings) -> Read {
    let _ = body;
    Read { meta, blocks: Vec::new(), footnotes: Vec::new(), guesses: Vec::new() }
}
