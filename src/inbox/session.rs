//! One client's conversation with the inbox (RFC 5321 §3).

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Maildir;
use super::arrival::Arrival;
use super::command::Command;
use super::server::stopped;

/// What a client may ask of the inbox.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Largest message, in bytes, as SIZE announces it.
    pub(super) size: u64,
    /// Most recipients of one message. RFC 5321 §4.5.3.1.8 asks for 100 or more.
    pub(super) recipients: usize,
    /// Most bytes one message may take as copies, one for each recipient.
    pub(super) copies: u64,
    /// How long the next command or the next line of a message may take
    /// (RFC 5321 §4.5.3.2.7).
    pub(super) idle: Duration,
    /// Refused commands before the client is sent away.
    pub(super) errors: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self { size: 25 * MIB, recipients: 1000, copies: 250 * MIB, idle: Duration::from_mins(5), errors: 50 }
    }
}

/// Longest command, CRLF included: RFC 5321's 512 and room for an SMTPUTF8 path.
const LONGEST_COMMAND: usize = 2048;

/// How long a client may still talk after the farewell. Closing on unread bytes makes
/// the system take the farewell back before the client has read it.
const LINGER: Duration = Duration::from_secs(1);

/// Longest line of a message, CRLF included (RFC 5321 §4.5.3.1.6).
const LONGEST_TEXT: usize = 1000;

const TOO_LONG: &str = "554 5.6.0 a line is longer than 998 bytes";

enum Line {
    /// A line that ended in CRLF, without it.
    Good(Vec<u8>),
    /// A line that was thrown away, and what it ended in.
    TooLong(LineEnd),
    /// A line that ended in LF alone or holds a CR.
    Bare,
    /// The client hung up.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineEnd {
    CrLf,
    Lf,
}

/// What follows a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Command,
    HangUp,
}

/// One client's conversation.
#[derive(Debug)]
pub(super) struct Session {
    peer: IpAddr,
    maildir: Maildir,
    caught: watch::Sender<u64>,
    shutdown: watch::Receiver<bool>,
    limits: Limits,
    /// The client's name and the protocol it greeted with.
    hello: Option<(String, &'static str)>,
    /// The return path, and whether the transaction is SMTPUTF8.
    from: Option<(String, bool)>,
    to: Vec<String>,
    errors: usize,
    /// Replies that wait until the client's pipelined commands are all read.
    out: String,
}

impl Session {
    pub(super) fn new(
        peer: IpAddr,
        maildir: Maildir,
        caught: watch::Sender<u64>,
        shutdown: watch::Receiver<bool>,
        limits: Limits,
    ) -> Self {
        let out = String::new();
        Self {
            peer,
            maildir,
            caught,
            shutdown,
            limits,
            hello: None,
            from: None,
            to: Vec::new(),
            errors: 0,
            out,
        }
    }

    /// Talks until the client says QUIT, hangs up, idles too long or the inbox stops.
    pub(super) async fn run(mut self, stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let mut stream = BufReader::with_capacity(16 * 1024, stream);
        let mut shutdown = self.shutdown.clone();
        self.say("220 localhost ESMTP Letterpress inbox");
        loop {
            let line = tokio::select! {
                () = stopped(&mut shutdown) => {
                    self.say("421 4.3.2 the inbox is stopping");
                    break;
                }
                line = timeout(self.limits.idle, read_line(&mut stream, &mut self.out, LONGEST_COMMAND)) => line,
            };
            let command = match line {
                Err(_) => {
                    self.say("421 4.4.2 nothing was said for too long");
                    break;
                }
                Ok(line) => match line? {
                    Line::End => return Ok(()),
                    Line::TooLong(_) => Command::Wrong("the line is too long"),
                    Line::Bare => Command::Wrong("lines end in CRLF"),
                    Line::Good(line) => Command::read(&line),
                },
            };
            match command {
                Command::Quit => {
                    self.say("221 2.0.0 goodbye");
                    break;
                }
                Command::Data if self.may_send() => {
                    self.say("354 go on, and end with a dot on a line of its own");
                    if self.receive(&mut stream).await? == Next::HangUp {
                        break;
                    }
                }
                command => self.answer(command),
            }
            if self.errors > self.limits.errors {
                self.say("421 4.7.0 too many errors");
                break;
            }
        }
        // A client that does not read is not waited for either.
        let farewell = async {
            stream.get_mut().write_all(self.out.as_bytes()).await?;
            stream.get_mut().shutdown().await
        };
        timeout(self.limits.idle, farewell).await.unwrap_or(Ok(()))?;
        let rest = async {
            while let Ok(bytes) = stream.fill_buf().await {
                let count = bytes.len();
                if count == 0 {
                    break;
                }
                stream.consume(count);
            }
        };
        let _ = timeout(self.limits.idle.min(LINGER), rest).await;
        Ok(())
    }

    fn say(&mut self, reply: &str) {
        self.out.push_str(reply);
        self.out.push_str("\r\n");
        if reply.starts_with('5') {
            self.errors += 1;
        }
    }

    fn may_send(&self) -> bool {
        self.from.is_some() && !self.to.is_empty()
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    fn answer(&mut self, command: Command) {
        match command {
            Command::Ehlo(name) => {
                self.hello = Some((name, "ESMTP"));
                self.reset();
                let size = self.limits.size;
                self.say(&format!(
                    "250-localhost\r\n250-PIPELINING\r\n250-SIZE {size}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES"
                ));
            }
            Command::Helo(name) => {
                self.hello = Some((name, "SMTP"));
                self.reset();
                self.say("250 localhost");
            }
            Command::Mail { path, size, utf8 } => self.mail(path, size, utf8),
            Command::Rcpt { path } => self.rcpt(path),
            Command::Data if self.from.is_some() => self.say("554 5.5.1 no recipients"),
            Command::Data => self.say("503 5.5.1 expected MAIL FROM first"),
            Command::Rset => {
                self.reset();
                self.say("250 2.0.0 forgotten");
            }
            Command::Noop => self.say("250 2.0.0 ok"),
            Command::Vrfy => self.say("252 2.5.2 anything sent to it will be caught"),
            Command::Quit => {}
            Command::Unknown => self.say("500 5.5.2 unknown command"),
            Command::Wrong(why) => self.say(&format!("501 5.5.4 {why}")),
            Command::Parameter(name) => self.say(&format!("555 5.5.4 unknown parameter {name}")),
        }
    }

    fn mail(&mut self, path: String, size: Option<u64>, utf8: bool) {
        if self.hello.is_none() {
            self.say("503 5.5.1 expected EHLO first");
        } else if self.from.is_some() {
            self.say("503 5.5.1 a message is under way; RSET forgets it");
        } else if size.is_some_and(|size| size > self.limits.size) {
            self.say("552 5.3.4 the message is too large");
        } else if !utf8 && !path.is_ascii() {
            self.say("553 5.6.7 an address outside ASCII needs SMTPUTF8");
        } else {
            self.from = Some((path, utf8));
            self.say("250 2.1.0 ok");
        }
    }

    fn rcpt(&mut self, path: String) {
        match &self.from {
            None => self.say("503 5.5.1 expected MAIL FROM first"),
            Some((_, false)) if !path.is_ascii() => {
                self.say("553 5.6.7 an address outside ASCII needs SMTPUTF8");
            }
            Some(_) if self.to.len() >= self.limits.recipients => self.say("452 4.5.3 too many recipients"),
            Some(_) => {
                self.to.push(path);
                self.say("250 2.1.5 ok");
            }
        }
    }

    /// Reads a message and keeps it.
    ///
    /// A line that ends in anything but CRLF ends the conversation: where servers
    /// disagree on what a line is, one message can be read as two, and nothing after
    /// it can be taken for a command.
    async fn receive(
        &mut self,
        stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>,
    ) -> io::Result<Next> {
        let mut message = Vec::new();
        let mut flaw = None;
        loop {
            let next = read_line(stream, &mut self.out, LONGEST_TEXT);
            let Ok(line) = timeout(self.limits.idle, next).await else {
                self.say("421 4.4.2 the message stopped in the middle");
                return Ok(Next::HangUp);
            };
            match line? {
                Line::End => return Ok(Next::HangUp),
                Line::TooLong(LineEnd::CrLf) => {
                    flaw.get_or_insert(TOO_LONG);
                }
                Line::TooLong(LineEnd::Lf) => {
                    self.say(flaw.unwrap_or(TOO_LONG));
                    return Ok(Next::HangUp);
                }
                Line::Bare => {
                    self.say(flaw.unwrap_or("550 5.6.11 a bare CR or LF"));
                    return Ok(Next::HangUp);
                }
                Line::Good(line) if line == b"." => break,
                Line::Good(line) => {
                    let line = line.strip_prefix(b".").unwrap_or(&line);
                    let length = message.len() as u64 + line.len() as u64 + 2;
                    if length > self.limits.size {
                        flaw.get_or_insert("552 5.3.4 the message is too large");
                    } else if length.saturating_mul(self.to.len() as u64) > self.limits.copies {
                        // What is offered again with fewer recipients is taken.
                        flaw.get_or_insert("452 4.5.3 too many recipients for so large a message");
                    }
                    if flaw.is_none() {
                        message.extend_from_slice(line);
                        message.extend_from_slice(b"\r\n");
                    }
                }
            }
        }
        match flaw {
            Some(flaw) => self.say(flaw),
            None => self.keep(message).await,
        }
        self.reset();
        Ok(Next::Command)
    }

    /// Answers only when the message is on disk: whoever reads 250 may forget it.
    async fn keep(&mut self, message: Vec<u8>) {
        let (hello, mut protocol) = self.hello.clone().unwrap_or_default();
        let (from, utf8) = self.from.take().unwrap_or_default();
        if utf8 {
            protocol = "UTF8SMTP";
        }
        let arrival = Arrival { from, to: std::mem::take(&mut self.to), hello, peer: self.peer, protocol };
        let copies = arrival.to.len() as u64;
        let maildir = self.maildir.clone();
        let kept = tokio::task::spawn_blocking(move || maildir.keep(&arrival, &message)).await;
        match kept {
            Ok(Ok(ids)) => {
                self.caught.send_modify(|count| *count += copies);
                let first = ids.first().cloned().unwrap_or_default();
                self.say(&format!("250 2.0.0 kept as {first}"));
            }
            _ => self.say("451 4.3.0 the maildir cannot be written"),
        }
    }
}

/// Reads one line of at most `longest` bytes, CRLF included; what is longer is thrown
/// away up to its end. Sends what waits in `out` before it waits itself.
async fn read_line<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    out: &mut String,
    longest: usize,
) -> io::Result<Line> {
    let mut line = Vec::new();
    let mut length = 0;
    // The last two bytes, kept or thrown away.
    let mut tail = [0; 2];
    loop {
        if stream.buffer().is_empty() && !out.is_empty() {
            stream.get_mut().write_all(out.as_bytes()).await?;
            stream.get_mut().flush().await?;
            out.clear();
        }
        let bytes = stream.fill_buf().await?;
        if bytes.is_empty() {
            return Ok(Line::End);
        }
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let count = end.map_or(bytes.len(), |end| end + 1);
        length += count;
        if length <= longest {
            line.extend_from_slice(&bytes[..count]);
        }
        for &byte in &bytes[count.saturating_sub(2)..count] {
            tail = [tail[1], byte];
        }
        stream.consume(count);
        if end.is_some() {
            break;
        }
    }
    if length > longest {
        return Ok(Line::TooLong(if tail == *b"\r\n" { LineEnd::CrLf } else { LineEnd::Lf }));
    }
    match line.strip_suffix(b"\r\n") {
        Some(text) if !text.contains(&b'\r') => {
            line.truncate(line.len() - 2);
            Ok(Line::Good(line))
        }
        _ => Ok(Line::Bare),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    /// What a session with these limits says to this client until it hangs up.
    async fn said(limits: Limits, client: &[u8]) -> String {
        let dir = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(dir.path(), || jiff::Timestamp::UNIX_EPOCH).unwrap();
        let (_stop, stopped) = watch::channel(false);
        let (mut ours, theirs) = tokio::io::duplex(64 * 1024);
        let peer = IpAddr::from([127, 0, 0, 1]);
        let session = Session::new(peer, maildir.clone(), watch::Sender::new(0), stopped, limits);
        ours.write_all(client).await.unwrap();
        let mut said = String::new();
        let (ran, read) = tokio::join!(session.run(theirs), ours.read_to_string(&mut said));
        ran.unwrap();
        read.unwrap();
        assert_eq!(maildir.list().unwrap(), []);
        said
    }

    fn last(said: &str) -> &str {
        said.lines().last().unwrap()
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_or_stops_in_the_middle_is_sent_away() {
        let limits = Limits { idle: Duration::from_millis(50), ..Limits::default() };
        assert_eq!(last(&said(limits, b"NOOP\r\nNO").await), "421 4.4.2 nothing was said for too long");
        let half = b"HELO x.test\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\nhi\r\n";
        assert_eq!(last(&said(limits, half).await), "421 4.4.2 the message stopped in the middle");
    }

    #[tokio::test]
    async fn a_client_that_only_errs_is_sent_away() {
        let limits = Limits { errors: 3, ..Limits::default() };
        let said = said(limits, &b"WHAT\r\n".repeat(9)).await;
        assert_eq!(said.lines().filter(|line| line.starts_with("500")).count(), 4);
        assert_eq!(last(&said), "421 4.7.0 too many errors");
    }

    #[tokio::test]
    async fn a_large_message_has_fewer_recipients() {
        let limits = Limits { copies: 30, ..Limits::default() };
        let rcpt = b"RCPT TO:<a@b.test>\r\n".repeat(4);
        let script = [b"HELO x.test\r\nMAIL FROM:<>\r\n", &rcpt[..], b"DATA\r\n12345678\r\n.\r\nQUIT\r\n"];
        let said = said(limits, &script.concat()).await;
        assert!(said.contains("\r\n452 4.5.3 too many recipients for so large a message\r\n221"), "{said}");
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_its_replies_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(dir.path(), || jiff::Timestamp::UNIX_EPOCH).unwrap();
        let (_stop, stopped) = watch::channel(false);
        let limits = Limits { idle: Duration::from_millis(50), ..Limits::default() };
        // The pipe holds the commands and not the replies.
        let (mut ours, theirs) = tokio::io::duplex(64);
        let peer = IpAddr::from([127, 0, 0, 1]);
        let session = Session::new(peer, maildir, watch::Sender::new(0), stopped, limits);
        ours.write_all(b"EHLO x.test\r\nQUIT\r\n").await.unwrap();
        session.run(theirs).await.unwrap();
    }

    #[tokio::test]
    async fn a_message_has_only_so_many_recipients() {
        let limits = Limits { recipients: 2, ..Limits::default() };
        let rcpt = b"RCPT TO:<a@b.test>\r\n".repeat(3);
        let script = [b"HELO x.test\r\nMAIL FROM:<>\r\n", &rcpt[..], b"QUIT\r\n"].concat();
        let said = said(limits, &script).await;
        assert!(said.contains("\r\n250 2.1.5 ok\r\n250 2.1.5 ok\r\n452 4.5.3"), "{said}");
    }
}
