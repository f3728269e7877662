//! The lines of a file of any length.

use std::io::{self, BufRead, Read as _};

/// The longest part of a line that is looked at, in bytes. Postfix cuts its lines at
/// 2,000 characters; what is longer belongs to something else.
const LONGEST: u64 = 16 * 1024;

/// Gives each line without its end; of a very long one only the beginning.
pub(super) fn each(mut reader: impl BufRead, mut line: impl FnMut(&str)) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if reader.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(());
        }
        let whole = bytes.ends_with(b"\n");
        line(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']));
        if !whole {
            skip_line(&mut reader)?;
        }
    }
}

/// Reads on to the end of the line and keeps nothing.
fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let there = reader.fill_buf()?;
        let end = memchr::memchr(b'\n', there);
        let used = end.map_or(there.len(), |at| at + 1);
        reader.consume(used);
        if end.is_some() || used == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_line_without_end_is_no_line_of_its_own() {
        let long = format!("first\r\n{}\nlast", "x".repeat(100_000));
        let mut lengths = Vec::new();
        each(long.as_bytes(), |line| lengths.push(line.len())).unwrap();
        assert_eq!(lengths, [5, 16 * 1024, 4]);
    }

    #[test]
    fn bytes_that_are_not_utf_8_do_not_end_it() {
        let mut lines = Vec::new();
        each(&b"a\xff\nb"[..], |line| lines.push(line.to_owned())).unwrap();
        assert_eq!(lines, ["a\u{fffd}", "b"]);
    }
}
