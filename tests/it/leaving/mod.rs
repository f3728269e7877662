//! `letterpress serve`, the real program, asked as mail programs, browsers, scanners and
//! those who mean no good ask it.

mod answers; // what each page answers, and what is changed by that
mod forged; // tokens that are none, and scanners that follow everything
mod front; // behind a TLS proxy, with a campaign that tries the way first
mod hazards; // slow, huge and broken requests, strangers, trouble, and how it ends
mod killed; // killed while many leave: nobody who was told so stays
mod meanwhile; // people leave while they are being mailed
mod pictures; // the pictures of mails, served under `base_url`
mod rfc8058; // the examples of RFC 8058, and what a mail program makes of our headers

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, PipeReader, PipeWriter, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Stdio};
use std::time::Duration;

use letterpress::audience::{Claim, EmailAddress, Tokens};
use letterpress::store::{Durability, Store};

use crate::support::Sandbox;

/// The id of the newsletter, and so the list of its tokens.
const LIST: &str = "the-letter";

/// Nothing that is meant to answer takes as long.
const LONG: Duration = Duration::from_mins(1);

fn newsletter(more: &str) -> String {
    format!(
        "id = \"{LIST}\"\nname = \"The Letter\"\nfrom = \"The Letter <news@example.com>\"\n\
         state_dir = \"state\"\nbase_url = \"https://example.com/news/\"\n\
         [serve]\nlisten = \"127.0.0.1:0\"\nhealth = \"127.0.0.1:0\"\n{more}"
    )
}

fn reader(number: usize) -> EmailAddress {
    EmailAddress::parse(&format!("reader{number}@example.com")).unwrap()
}

/// A newsletter with a state, and the program that serves its pages; killed when dropped.
struct Serving {
    sandbox: Sandbox,
    child: Child,
    /// What it says, after where it is.
    said: BufReader<ChildStderr>,
    out: BufReader<PipeReader>,
    readers: SocketAddr,
    health: SocketAddr,
}

impl Serving {
    fn start() -> Self {
        Self::with("")
    }

    /// The same with more lines under `[serve]`.
    fn with(more: &str) -> Self {
        let sandbox = Sandbox::new().with("newsletter.toml", &newsletter(more));
        assert_eq!(sandbox.run("state new").exit, Some(0));
        Self::of(sandbox)
    }

    /// The program in a folder that has a state.
    fn of(sandbox: Sandbox) -> Self {
        let (out, to) = std::io::pipe().unwrap();
        Self::printing(sandbox, out, to)
    }

    /// The same with the two ends of its standard output.
    fn printing(sandbox: Sandbox, out: PipeReader, to: PipeWriter) -> Self {
        let mut command = sandbox.command(sandbox.path(), "serve", &[]);
        command.stdin(Stdio::null()).stdout(to).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let out = BufReader::new(out);
        let mut found: Vec<SocketAddr> = Vec::new();
        let mut heard = String::new();
        while found.len() < 2 {
            let before = heard.len();
            assert!(said.read_line(&mut heard).unwrap() > 0, "it ended: {heard}");
            let address = heard[before..].split("http://").nth(1).and_then(|rest| rest.split('/').next());
            found.extend(address.map(|address| address.parse::<SocketAddr>().unwrap()));
        }
        Self { sandbox, child, said, out, readers: found[0], health: found[1] }
    }

    fn store(&self) -> Store {
        Store::open(&self.sandbox.path().join("state"), LIST, Durability::Process).unwrap()
    }

    fn tokens(&self) -> Tokens {
        self.store().tokens(LIST).unwrap()
    }

    /// The address one-click goes to.
    fn link(&self, number: usize) -> String {
        format!("/u/{}", self.tokens().write(&Claim::Leave(reader(number))))
    }

    fn ask(&self, method: &str, path: &str) -> Answer {
        self.post(method, path, &[], b"")
    }

    fn post(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut call = Call::to(self.readers);
        call.ask(method, path, headers, body);
        call.answer(method)
    }

    /// RFC 8058's request.
    fn one_click(&self, path: &str) -> Answer {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        self.post("POST", path, &form, b"List-Unsubscribe=One-Click")
    }

    /// What outlives it of what readers asked for.
    fn book(&self) -> String {
        let store = self.store();
        format!("{:?}\n{:?}", store.suppressions().unwrap(), store.leavings().unwrap())
    }

    fn has_left(&self, number: usize) -> bool {
        self.store().suppression_of(&reader(number)).unwrap().is_some()
    }

    fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(std::process::Command::new("sh").args(["-c", &line]).status().unwrap().success());
    }

    /// The next line on standard output.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    /// Waits until nobody is let in any more.
    fn is_closed(&self) {
        while TcpStream::connect(self.readers).is_ok() {
            std::thread::yield_now();
        }
    }

    /// How it ended, and what it said until then: on standard output and otherwise.
    fn ended(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut said) = (String::new(), String::new());
        self.said.read_to_string(&mut said).unwrap();
        self.out.read_to_string(&mut out).unwrap();
        (self.child.wait().unwrap().code(), out, said)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection.
struct Call {
    stream: BufReader<TcpStream>,
}

impl Call {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// Sends bytes as they are; the other side may have hung up already.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let fields: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let fields = fields.concat();
        let length =
            if method == "POST" { format!("Content-Length: {}\r\n", body.len()) } else { String::new() };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: news.example.com\r\n{fields}{length}\r\n");
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        self.send(&request);
    }

    /// The answer to a request by `method`.
    fn answer(&mut self, method: &str) -> Answer {
        self.try_answer(method).expect("an answer")
    }

    /// None when the other side has hung up.
    fn try_answer(&mut self, method: &str) -> Option<Answer> {
        let mut line = String::new();
        self.stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            let twice = headers.insert(name.to_owned(), value.to_owned());
            assert_eq!(twice, None, "{name} is there twice");
        }
        let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; if method == "HEAD" { 0 } else { length }];
        self.stream.read_exact(&mut body).ok()?;
        // It differs by when it is asked for alone.
        headers.remove("date");
        Some(Answer { status, headers, body: String::from_utf8(body).unwrap() })
    }

    /// Whether the other side hangs up without another word.
    fn is_over(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]), Ok(0) | Err(_))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    /// The tokens in the page, and what they say.
    fn claims(&self, tokens: &Tokens) -> Vec<(String, Claim)> {
        let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let words = self.body.split(|c| !is_of_token(c));
        words.filter_map(|word| Some((word.to_owned(), tokens.read(word)?))).collect()
    }

    /// Where the page leads to undo what was done.
    fn undo(&self, tokens: &Tokens) -> String {
        let found = self.claims(tokens).into_iter().find(|(_, claim)| matches!(claim, Claim::Return { .. }));
        format!("/r/{}", found.expect("a token to come back with").0)
    }

    /// Where the page leads to say why.
    fn say(&self, tokens: &Tokens) -> String {
        let found = self.claims(tokens).into_iter().find(|(_, claim)| matches!(claim, Claim::Say { .. }));
        format!("/w/{}", found.expect("a token to say why with").0)
    }
}
