//! Leaves out of a picture what says nothing of how it looks: where and when it was
//! taken and with what, who edited it, a film that hides behind it.

/// The same JPEG picture without notes, or nothing when it is not whole.
///
/// Kept are what its colours are read by: the profile (ICC.1 annex B.4) and the markers
/// of JFIF and Adobe. What follows the end of the picture goes.
pub(super) fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(bytes.get(..2)?);
    let mut at = 2;
    let mut has_scan = false;
    loop {
        // Markers may be led in by any number of 0xFF (ITU T.81 §B.1.1.2).
        while bytes.get(at)? == &0xFF && bytes.get(at + 1)? == &0xFF {
            at += 1;
        }
        let &[0xFF, marker] = bytes.get(at..at + 2)? else { return None };
        if marker == 0xD9 {
            out.extend_from_slice(&[0xFF, 0xD9]);
            return has_scan.then_some(out);
        }
        let length = bytes.get(at + 2..at + 4)?;
        let end = at + 2 + (usize::from(length[0]) << 8 | usize::from(length[1]));
        let segment = bytes.get(at..end).filter(|segment| segment.len() >= 4)?;
        let is_kept = match marker {
            0xE0 | 0xEE => true,
            0xE2 => segment[4..].starts_with(b"ICC_PROFILE\0"),
            0xE1..=0xEF | 0xFE => false,
            _ => true,
        };
        if is_kept {
            out.extend_from_slice(segment);
        }
        at = end;
        if marker == 0xDA {
            has_scan = true;
            let scan = scan(bytes.get(at..)?)?;
            out.extend_from_slice(&bytes[at..at + scan]);
            at += scan;
        }
    }
}

/// How long the coded data is that `bytes` begin with: up to a marker that is neither a
/// stuffed byte nor a restart.
fn scan(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr(0xFF, &bytes[at..])?;
        match bytes.get(at + 1)? {
            0 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => return Some(at),
        }
    }
}

/// The chunks of a PNG picture that say how it looks (PNG 3rd edition §5.6), those of an
/// animation among them.
const CHUNKS: [&[u8; 4]; 19] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV",
    b"cLLI", b"sBIT", b"bKGD", b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// The same PNG picture without notes, or nothing when it is not whole. What follows its
/// end goes.
pub(super) fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(bytes.get(..8)?);
    let mut at = 8;
    loop {
        let length = u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?);
        let kind = bytes.get(at + 4..at + 8)?;
        let end = at.checked_add(12)?.checked_add(usize::try_from(length).ok()?)?;
        let chunk = bytes.get(at..end)?;
        if CHUNKS.iter().any(|known| *known == kind) {
            out.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(out);
        }
        at = end;
    }
}
