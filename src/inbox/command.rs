//! Reads what a client asks.
//!
//! Pure, and as strict as RFC 5321 §4.1: a client that gets along here gets along
//! with a strict server elsewhere.

/// A command, or how it was written wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// EHLO with the client's name.
    Ehlo(String),
    /// HELO with the client's name.
    Helo(String),
    /// MAIL FROM; the empty path is the null path.
    Mail { path: String, size: Option<u64>, utf8: bool },
    /// RCPT TO.
    Rcpt { path: String },
    /// DATA.
    Data,
    /// RSET.
    Rset,
    /// NOOP, with or without words.
    Noop,
    /// VRFY.
    Vrfy,
    /// QUIT.
    Quit,
    /// A command this server does not have.
    Unknown,
    /// A command with wrong arguments; what is wrong.
    Wrong(&'static str),
    /// A parameter this server does not know.
    Parameter(String),
}

impl Command {
    /// Reads one line, without its CRLF.
    pub(super) fn read(line: &[u8]) -> Self {
        let Ok(line) = std::str::from_utf8(line) else { return Self::Wrong("commands are ASCII or UTF-8") };
        if line.chars().any(char::is_control) {
            return Self::Wrong("a control character in a command");
        }
        let line = line.trim_end_matches(' ');
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" if is_name(rest) => Self::Ehlo(rest.to_owned()),
            "HELO" if is_name(rest) => Self::Helo(rest.to_owned()),
            "EHLO" | "HELO" => Self::Wrong("expected a host name"),
            "MAIL" => mail(rest),
            "RCPT" => rcpt(rest),
            "DATA" | "RSET" | "QUIT" if !rest.is_empty() => Self::Wrong("expected no argument"),
            "DATA" => Self::Data,
            "RSET" => Self::Rset,
            "QUIT" => Self::Quit,
            "NOOP" => Self::Noop,
            "VRFY" if rest.is_empty() => Self::Wrong("expected an address"),
            "VRFY" => Self::Vrfy,
            _ => Self::Unknown,
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn mail(rest: &str) -> Command {
    let Some((path, parameters)) = path_after(rest, "FROM:") else {
        return Command::Wrong("expected MAIL FROM:<address>");
    };
    if !path.is_empty() && !is_mailbox(path) {
        return Command::Wrong("expected an address between < and >");
    }
    let (mut size, mut utf8) = (None, false);
    for parameter in parameters.split(' ').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match (name.to_ascii_uppercase().as_str(), value.to_ascii_uppercase().as_str()) {
            ("SIZE", digits) => match digits.parse() {
                Ok(bytes) => size = Some(bytes),
                Err(_) => return Command::Wrong("expected SIZE=bytes"),
            },
            ("BODY", "7BIT" | "8BITMIME") => {}
            ("SMTPUTF8", "") => utf8 = true,
            _ => return Command::Parameter(name.to_owned()),
        }
    }
    Command::Mail { path: path.to_owned(), size, utf8 }
}

fn rcpt(rest: &str) -> Command {
    let Some((path, parameters)) = path_after(rest, "TO:") else {
        return Command::Wrong("expected RCPT TO:<address>");
    };
    // Every server has a postmaster, whatever its name (RFC 5321 §4.5.1).
    if !is_mailbox(path) && !path.eq_ignore_ascii_case("postmaster") {
        return Command::Wrong("expected an address between < and >");
    }
    match parameters.split(' ').find(|parameter| !parameter.is_empty()) {
        Some(parameter) => Command::Parameter(parameter.split('=').next().unwrap_or_default().to_owned()),
        None => Command::Rcpt { path: path.to_owned() },
    }
}

/// Splits `FROM:<path> parameters`; a `>` inside a quoted local part does not end it.
fn path_after<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (head, rest) = rest.split_at_checked(keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest.strip_prefix('<')?;
    let (mut quoted, mut escaped) = (false, false);
    let end = rest.bytes().position(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return true,
            _ => {}
        }
        false
    })?;
    let (path, parameters) = (&rest[..end], &rest[end + 1..]);
    if !parameters.is_empty() && !parameters.starts_with(' ') {
        return None;
    }
    // A source route is to be ignored (RFC 5321 §4.1.2).
    let path = if path.starts_with('@') { path.split_once(':')?.1 } else { path };
    Some((path, parameters))
}

fn is_mailbox(path: &str) -> bool {
    let Some((local, domain)) = path.rsplit_once('@') else { return false };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let atoms = || {
        local.split('.').all(|atom| !atom.is_empty())
            && !local.contains(|c: char| c.is_whitespace() || "()<>[]:;@\\,\"".contains(c))
    };
    let name = |domain: &str| {
        domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '-')
        })
    };
    let literal = domain.starts_with('[') && domain.ends_with(']');
    path.len() <= 254 && local.len() <= 64 && (quoted || atoms()) && (literal || name(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_is_read_with_its_parameters() {
        let mail = |path: &str, size, utf8| Command::Mail { path: path.to_owned(), size, utf8 };
        assert_eq!(
            Command::read(b"mail from:<a@example.com> SIZE=12 body=8bitmime SMTPUTF8"),
            mail("a@example.com", Some(12), true)
        );
        assert_eq!(Command::read(b"MAIL FROM:<>"), mail("", None, false));
        assert_eq!(
            Command::read(b"MAIL FROM:<\"a>b\"@example.com>"),
            mail("\"a>b\"@example.com", None, false)
        );
        assert_eq!(Command::read(b"MAIL FROM:<@x.test,@y.test:a@z.test>"), mail("a@z.test", None, false));
    }

    #[test]
    fn what_is_written_wrongly_is_no_command() {
        for line in [
            "MAIL FROM: <a@example.com>",
            "MAIL a@example.com",
            "MAIL FROM:<a@example.com",
            "MAIL FROM:<a@example.com>SIZE=1",
            "MAIL FROM:<a@example.com> SIZE=x",
            "RCPT TO:<>",
            "RCPT TO:<a>",
            "RCPT TO:<a@-example.com>",
            "RCPT TO:<a..b@example.com>",
            "EHLO",
            "EHLO a b",
            "DATA now",
            "RSET\rRSET",
        ] {
            assert!(matches!(Command::read(line.as_bytes()), Command::Wrong(_)), "{line}");
        }
        assert_eq!(
            Command::read(b"RCPT TO:<a@b.test> NOTIFY=NEVER"),
            Command::Parameter("NOTIFY".to_owned())
        );
        assert_eq!(Command::read(b"BDAT 3"), Command::Unknown);
    }
}
