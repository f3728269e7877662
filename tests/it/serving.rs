//! How what serves ends: the real binary, and the signals people and systems send it.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;

use crate::support::Sandbox;

const CONFIG: &str = "id = \"the-letter\"\nname = \"The Letter\"\nfrom = \"The Letter <news@example.com>\"\n\
    url = \"https://example.com/\"\npostal_address = \"1 Type Street, 1000 Exampletown\"\n\
    [inbox]\nsmtp = \"127.0.0.1:0\"\n";

/// The program while it serves; killed when dropped.
struct Serving {
    child: Child,
    said: BufReader<ChildStderr>,
    page: String,
}

impl Serving {
    /// Starts it and waits until it says where its page is.
    fn start(sandbox: &Sandbox, line: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = sandbox.command(sandbox.path(), line, variables);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut heard = String::new();
        let page = loop {
            assert!(said.read_line(&mut heard).unwrap() > 0, "it ended: {heard}");
            if let Some((page, _)) = heard.split_once("http://").and_then(|(_, rest)| rest.split_once('/')) {
                break page.to_owned();
            }
        };
        Self { child, said, page }
    }

    /// A request that is never finished, after one that is: the server has seen it.
    fn half_a_request(&self) -> TcpStream {
        let mut half = TcpStream::connect(&self.page).unwrap();
        half.write_all(b"GET / HT").unwrap();
        let mut whole = TcpStream::connect(&self.page).unwrap();
        whole.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        whole.read_to_end(&mut Vec::new()).unwrap();
        half
    }

    /// The body of an answer.
    fn body(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.page).unwrap();
        let host = &self.page;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// The body of an answer that is JSON.
    fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.body(path)).unwrap()
    }

    fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
    }

    /// Waits until nobody is served any more.
    fn closed(&self) {
        while TcpStream::connect(&self.page).is_ok() {
            std::thread::yield_now();
        }
    }

    fn ended(mut self) -> Option<i32> {
        self.said.read_to_end(&mut Vec::new()).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_request_that_never_ends_does_not_keep_the_program_from_ending() {
    let sandbox = Sandbox::new().with("newsletter.toml", CONFIG);
    let serving = Serving::start(&sandbox, "inbox --port 0", &[]);
    let _half = serving.half_a_request();
    serving.signal("INT");
    assert_eq!(serving.ended(), Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let sandbox = Sandbox::new().with("newsletter.toml", CONFIG);
    let serving = Serving::start(&sandbox, "inbox --port 0", &[]);
    let _half = serving.half_a_request();
    serving.signal("TERM");
    serving.closed();
    serving.signal("INT");
    assert_eq!(serving.ended(), Some(130));
}

#[test]
fn the_studio_says_of_an_article_what_check_says() {
    let article = "# Spring\n\nDear [First Name],\n\n[click here](https://example.com/a) to read on.\n";
    let sandbox = Sandbox::new().with("newsletter.toml", CONFIG).with("spring.md", article);
    let messages = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one["message"].as_str().unwrap().to_owned()).collect()
    };
    let serving = Serving::start(&sandbox, "preview spring.md --port 0", &[]);
    let shown = messages(&serving.json("/api/proof")["proof"]["warnings"]);
    let check = sandbox.run("check spring.md --json");
    let found: Value = serde_json::from_str(&check.out).unwrap();
    // How readers leave is no matter of one article.
    let named: Vec<Value> =
        found["problems"].as_array().unwrap().iter().filter(|one| !one["rule"].is_null()).cloned().collect();
    let told = messages(&Value::from(named));
    assert!(told.len() > 2, "{told:?}");
    for message in &told {
        assert!(shown.contains(message), "{message}: {shown:?}");
    }
}

#[test]
fn a_picture_that_is_saved_anew_is_shown_anew() {
    let drawing = |fill: &str| {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><path fill='{fill}' d='M0 0h9v9z'/></svg>"
        )
    };
    let article = |words: &str| format!("# Spring\n\n{words}\n\n![Dunes](dunes.svg)\n");
    let sandbox = Sandbox::new()
        .with("newsletter.toml", CONFIG)
        .with("spring.md", &article("One word."))
        .with("dunes.svg", &drawing("#aa0000"));
    let serving = Serving::start(&sandbox, "preview spring.md --port 0", &[]);
    let picture = |words: &str| {
        let frame = serving.body("/mail?mode=light");
        assert!(frame.contains(words), "{frame}");
        let (_, rest) = frame.split_once("data:image/png;base64,").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let red = picture("One word.");
    let sandbox = sandbox.with("spring.md", &article("Another word."));
    assert_eq!(picture("Another word."), red);
    // As long as the one before it.
    let sandbox = sandbox.with("dunes.svg", &drawing("#00aa00"));
    let green = picture("Another word.");
    assert_ne!(green, red);
    let _sandbox = sandbox.with("dunes.svg", &drawing("#aa0000")).with("spring.md", &article("A third."));
    assert_eq!(picture("A third."), red);
}

#[test]
fn the_demo_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    for signal in ["INT", "TERM"] {
        let temp = tempfile::tempdir().unwrap();
        let variables = [("TMPDIR", temp.path().to_str().unwrap())];
        let serving = Serving::start(&sandbox, "demo", &variables);
        assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 1);
        serving.signal(signal);
        assert_eq!(serving.ended(), Some(0));
        assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0, "{signal}");
    }
}
