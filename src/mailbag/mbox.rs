//! The mails in a file: one, or those of an mbox.

use std::io::{self, BufRead};

use super::read::{Mail, Sheet, next_piece};

/// The mails in a file or a pipe of any length, in bounded memory.
///
/// What begins with `From ` is an mbox, and anything else is one mail. In an mbox a mail
/// begins at a line `From … 12:34 … 2026` (RFC 4155) after an empty one. What a
/// Content-Length says is not believed, and lines quoted as `>From ` stay so.
#[derive(Debug)]
pub struct Mails<R> {
    reader: R,
    piece: Vec<u8>,
    /// None until the first line was read.
    is_mbox: Option<bool>,
    is_over: bool,
}

impl<R: BufRead> Mails<R> {
    /// The mails of what `reader` gives.
    pub fn new(reader: R) -> Self {
        Self { reader, piece: Vec::new(), is_mbox: None, is_over: false }
    }

    fn read(&mut self) -> io::Result<Option<Mail>> {
        let mut sheet = Sheet::default();
        let (mut at_start, mut after_empty) = (true, false);
        while next_piece(&mut self.reader, &mut self.piece)? {
            let whole = self.piece.ends_with(b"\n");
            let is_first = self.is_mbox.is_none();
            let is_mbox = *self.is_mbox.get_or_insert_with(|| self.piece.starts_with(b"From "));
            let begins = is_first || (at_start && after_empty && is_separator(&self.piece));
            if is_mbox && begins {
                (at_start, after_empty) = (whole, false);
                match std::mem::take(&mut sheet).finish() {
                    Some(mail) => return Ok(Some(mail)),
                    None => continue,
                }
            }
            after_empty = at_start && self.piece.trim_ascii().is_empty();
            at_start = whole;
            sheet.add(&self.piece);
        }
        self.is_over = true;
        Ok(sheet.finish())
    }
}

impl<R: BufRead> Iterator for Mails<R> {
    type Item = io::Result<Mail>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let mail = self.read();
        self.is_over |= mail.is_err();
        mail.transpose()
    }
}

/// Whether a line begins a mail: who sent it, and a date with its time and year.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let digits = |window: &[u8], places: &[usize]| places.iter().all(|at| window[*at].is_ascii_digit());
    let time = rest.windows(5).any(|window| window[2] == b':' && digits(window, &[0, 1, 3, 4]));
    time && rest.windows(4).any(|window| digits(window, &[0, 1, 2, 3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mails(text: &str) -> Vec<String> {
        let mails = Mails::new(text.as_bytes());
        mails.map(|mail| String::from_utf8(mail.unwrap().bytes).unwrap()).collect()
    }

    const LINE: &str = "From ann@example.com Thu Oct  1 08:00:00 2026\n";

    #[test]
    fn an_mbox_is_taken_apart_whoever_wrote_it() {
        let two = ["Subject: a\n\nText\n", "Subject: b\n"];
        assert_eq!(mails(&format!("{LINE}{}\n{LINE}{}\n", two[0], two[1])), two);
        // Without the empty line at the end, with several, and with CRLF.
        assert_eq!(mails(&format!("{LINE}{}\n{LINE}{}", two[0], two[1])), two);
        assert_eq!(mails(&format!("{LINE}{}\n\n\n{LINE}{}\n\n", two[0], two[1])), two);
        let crlf = format!("{LINE}{}\n{LINE}{}", two[0], two[1]).replace('\n', "\r\n");
        assert_eq!(mails(&crlf), two);
        for line in [
            "From - Thu Oct 01 08:00:00 2026\n",
            "From MAILER-DAEMON  Thu Oct  1 08:00:00 2026\n",
            "From 1795@xxx Thu Oct 01 08:00:00 +0000 2026\n",
            "From \"a b\"@example.com Thu Oct  1 08:00 2026\n",
        ] {
            assert_eq!(mails(&format!("{line}{}\n{line}{}\n", two[0], two[1])), two, "{line}");
        }
    }

    #[test]
    fn a_line_of_a_letter_does_not_begin_a_mail() {
        for text in [
            "From here on I read no more.",
            ">From ann@example.com Thu Oct  1 08:00:00 2026",
            "From 08:00 on",
        ] {
            let mail = format!("Subject: a\n\n{text}\n\n{text}\nmore\n");
            assert_eq!(mails(&format!("{LINE}{mail}")), [mail], "{text}");
        }
        let glued = format!("Subject: a\n\nText\n{LINE}more\n");
        assert_eq!(mails(&format!("{LINE}{glued}")), [glued]);
    }

    #[test]
    fn a_length_that_is_a_lie_is_not_believed() {
        let mail = "Subject: a\nContent-Length: 999999\n\nText\n";
        assert_eq!(mails(&format!("{LINE}{mail}\n{LINE}{mail}")), [mail, mail]);
    }

    #[test]
    fn a_first_line_without_a_date_begins_a_mail_as_well() {
        assert_eq!(mails("From ann@example.com\nSubject: a\n"), ["Subject: a\n"]);
        assert_eq!(mails(LINE), Vec::<String>::new());
        assert_eq!(mails(""), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_mbox_is_one_mail_whatever_stands_in_it() {
        let mail = format!("Subject: a\n\nText\n\n{LINE}Subject: b\n");
        assert_eq!(mails(&mail), [mail]);
    }

    #[test]
    fn a_mail_without_an_end_takes_no_memory() {
        let long = format!("{LINE}Subject: a\n\n{}\n\n{LINE}Subject: b\n", "x".repeat(9_000_000));
        let read: Vec<Mail> = Mails::new(long.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(read.len(), 2);
        assert!(read[0].is_cut && read[0].bytes.capacity() <= 128 * 1024, "{}", read[0].bytes.capacity());
        assert_eq!(read[1].bytes, b"Subject: b\n");
    }
}
