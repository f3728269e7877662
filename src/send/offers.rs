//! What a server says it can do.

use super::Reply;

/// The extensions in a reply to EHLO that matter here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a server offers each of them, or not, by itself")]
pub(super) struct Offers {
    /// RFC 2920.
    pub(super) pipelining: bool,
    /// RFC 1870: the largest message it takes, in bytes; 0 when it does not say.
    pub(super) size: Option<u64>,
    /// RFC 6152.
    pub(super) eight_bit: bool,
    /// RFC 6531.
    pub(super) smtputf8: bool,
    /// RFC 3207.
    pub(super) starttls: bool,
    /// RFC 4954: the ways to log in.
    pub(super) auth: Vec<String>,
}

impl Offers {
    /// Reads the reply; the first line is a greeting.
    pub(super) fn read(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines().skip(1) {
            // `AUTH=PLAIN` is how servers wrote it before RFC 2554.
            let line = line.to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
            let mut words = line.split_whitespace();
            match words.next() {
                Some("PIPELINING") => offers.pipelining = true,
                Some("SIZE") => {
                    offers.size = Some(words.next().and_then(|most| most.parse().ok()).unwrap_or(0));
                }
                Some("8BITMIME") => offers.eight_bit = true,
                Some("SMTPUTF8") => offers.smtputf8 = true,
                Some("STARTTLS") => offers.starttls = true,
                Some("AUTH") => offers.auth.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        offers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_in_any_case_and_the_greeting_is_not_one() {
        let mut bytes =
            b"250-STARTTLS.example.com\r\n250-size 100\r\n250-AUTH=LOGIN\r\n250 auth plain\r\n".to_vec();
        let offers = Offers::read(&Reply::take(&mut bytes).unwrap().unwrap());
        let auth = vec!["LOGIN".to_owned(), "PLAIN".to_owned()];
        assert_eq!(offers, Offers { size: Some(100), auth, ..Offers::default() });
    }
}
