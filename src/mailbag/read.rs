//! The bytes of one mail.

use std::io::{self, BufRead, Read as _};

use aws_lc_rs::digest;

/// The longest mail that is kept whole, in bytes. Who wants to leave writes a line.
pub const LONGEST: usize = 1024 * 1024;

/// What is kept of a longer one, in bytes: header fields have room in it.
const HEAD: usize = 64 * 1024;

/// The longest part of a line that is held at once, in bytes.
const PIECE: u64 = 16 * 1024;

/// Header fields in which mail programs keep books: they change while a mail lies in
/// its mailbox, and it stays the same mail.
const BOOKS: &[&str] = &[
    "Status",
    "X-Status",
    "X-Keywords",
    "X-UID",
    "X-IMAP",
    "X-IMAPbase",
    "X-Mozilla-Status",
    "X-Mozilla-Status2",
    "X-Mozilla-Keys",
    "Content-Length",
    "Lines",
];

/// A mail as it was read: without the line that an mbox puts before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// All of it, or the beginning of one that is longer than [`LONGEST`]. Lines end in
    /// LF, and none that is empty stands at the end.
    pub bytes: Vec<u8>,
    /// Whether it was longer.
    pub is_cut: bool,
    /// SHA-256 over all its lines but those in which mail programs keep books: the same
    /// when it moves from one folder or one form of mailbox to another, and for no other
    /// mail.
    pub fingerprint: [u8; 32],
}

impl Mail {
    /// Reads one mail, to the end of `reader`, in bounded memory. What holds nothing but
    /// line ends is none.
    ///
    /// # Errors
    ///
    /// Fails as the reader does.
    pub fn read(mut reader: impl BufRead) -> io::Result<Option<Self>> {
        let (mut sheet, mut piece) = (Sheet::default(), Vec::new());
        while next_piece(&mut reader, &mut piece)? {
            sheet.add(&piece);
        }
        Ok(sheet.finish())
    }
}

/// Reads the next line, or the next part of a very long one, with its end; false at the
/// end of all.
pub(super) fn next_piece(reader: &mut impl BufRead, piece: &mut Vec<u8>) -> io::Result<bool> {
    piece.clear();
    reader.by_ref().take(PIECE).read_until(b'\n', piece)?;
    // A line end of two bytes stays together.
    if piece.ends_with(b"\r") {
        reader.by_ref().take(1).read_until(b'\n', piece)?;
    }
    Ok(!piece.is_empty())
}

/// How far a mail was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Nothing was there yet but empty lines.
    Beginning,
    /// In a field of the header.
    Header,
    /// In a field that is one of [`BOOKS`].
    Books,
    Body,
}

/// A mail that is being read.
pub(super) struct Sheet {
    bytes: Vec<u8>,
    is_cut: bool,
    digest: digest::Context,
    /// Empty lines that count only when another one follows.
    empty: u64,
    /// Whether the next piece begins a line.
    at_start: bool,
    at: At,
}

impl Default for Sheet {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            is_cut: false,
            digest: digest::Context::new(&digest::SHA256),
            empty: 0,
            at_start: true,
            at: At::Beginning,
        }
    }
}

impl Sheet {
    /// Adds a line, or a part of one.
    pub(super) fn add(&mut self, piece: &[u8]) {
        let whole = piece.ends_with(b"\n");
        let line = piece.strip_suffix(b"\n").unwrap_or(piece);
        let line = if whole { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        let starts = std::mem::replace(&mut self.at_start, whole);
        if starts && line.is_empty() {
            if self.at != At::Beginning {
                self.empty += 1;
                self.at = At::Body;
            }
            return;
        }
        for _ in 0..std::mem::take(&mut self.empty) {
            self.digest.update(b"\n");
            self.keep(b"\n");
        }
        let continues = !starts || line.starts_with(b" ") || line.starts_with(b"\t");
        self.at = match self.at {
            At::Header | At::Books if continues => self.at,
            At::Beginning | At::Header | At::Books if is_of_books(line) => At::Books,
            At::Beginning | At::Header | At::Books => At::Header,
            At::Body => At::Body,
        };
        if self.at != At::Books {
            self.digest.update(line);
            if whole {
                self.digest.update(b"\n");
            }
        }
        self.keep(line);
        if whole {
            self.keep(b"\n");
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.is_cut {
            return;
        }
        if self.bytes.len() + bytes.len() > LONGEST {
            self.bytes.truncate(HEAD);
            self.bytes.shrink_to_fit();
            self.is_cut = true;
            return;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The mail, if it was one.
    pub(super) fn finish(mut self) -> Option<Mail> {
        if self.at == At::Beginning {
            return None;
        }
        if !self.at_start {
            self.add(b"\n");
        }
        let fingerprint = self.digest.finish().as_ref().try_into().expect("SHA-256 has 32 bytes");
        Some(Mail { bytes: self.bytes, is_cut: self.is_cut, fingerprint })
    }
}

fn is_of_books(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii_end();
    BOOKS.iter().any(|books| name.eq_ignore_ascii_case(books.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Mail {
        Mail::read(bytes).unwrap().unwrap()
    }

    #[test]
    fn a_mail_is_the_same_wherever_it_lies() {
        let mail = read(b"Subject: a\n\nText\n\nmore\n");
        assert_eq!(mail.bytes, b"Subject: a\n\nText\n\nmore\n");
        for same in [
            "Subject: a\r\n\r\nText\r\n\r\nmore\r\n",
            "Subject: a\n\nText\n\nmore",
            "Subject: a\n\nText\n\nmore\n\n\n",
            "\nSubject: a\n\nText\n\nmore\n",
            "Status: RO\nSubject: a\nX-UID: 7\nx-keywords: a\n\tb\n\nText\n\nmore\n",
        ] {
            assert_eq!(read(same.as_bytes()).fingerprint, mail.fingerprint, "{same:?}");
        }
        for other in [
            "Subject: b\n\nText\n\nmore\n",
            "Subject: a\n\nText\nmore\n",
            "Subject: a\n\nStatus: RO\nText\n\nmore\n",
            "Subject: a\n\nText\n\nmore\nover\n",
            "Subject: a\n Status: b\n\nText\n\nmore\n",
        ] {
            assert_ne!(read(other.as_bytes()).fingerprint, mail.fingerprint, "{other:?}");
        }
    }

    #[test]
    fn of_a_long_mail_the_beginning_is_kept_and_all_of_it_counts() {
        let long = |end: &str| format!("Subject: a\n\n{}{end}\n", "x".repeat(3 * LONGEST));
        let mail = read(long("y").as_bytes());
        assert!(mail.is_cut && mail.bytes.len() <= HEAD && mail.bytes.starts_with(b"Subject: a\n\nxxx"));
        assert_ne!(read(long("z").as_bytes()).fingerprint, mail.fingerprint);
        let lines = format!("Subject: a\n\n{}\n", "word\n".repeat(LONGEST));
        assert!(read(lines.as_bytes()).is_cut);
        assert!(!read(format!("a: {}", "b".repeat(LONGEST - 4)).as_bytes()).is_cut);
    }

    #[test]
    fn a_line_end_counts_the_same_wherever_a_long_line_is_taken_apart() {
        let piece = usize::try_from(PIECE).unwrap();
        for length in piece - 3..piece + 3 {
            let line = "x".repeat(length);
            let mail = read(format!("Subject: a\n\n{line}\nmore\n").as_bytes());
            let travelled = read(format!("Subject: a\r\n\r\n{line}\r\nmore\r\n").as_bytes());
            assert_eq!(travelled, mail, "{length}");
        }
    }

    #[test]
    fn nothing_is_no_mail() {
        for nothing in ["", "\n", "\r\n\r\n"] {
            assert_eq!(Mail::read(nothing.as_bytes()).unwrap(), None, "{nothing:?}");
        }
    }
}
