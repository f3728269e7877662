//! A browser of the simplest kind, and a server for it to look at.

use std::future::Future;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A server on a thread and a port of its own, stopped when dropped.
pub(crate) struct Site {
    pub(crate) addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Resolves when the site is to stop.
pub(crate) type Stopped = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

impl Site {
    pub(crate) fn start<F: Future<Output = ()>>(
        serve: impl FnOnce(TcpListener, Stopped) -> F + Send + 'static,
    ) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.unwrap().block_on(async move {
                let stopped = Box::pin(async { stopped.await.unwrap_or_default() });
                serve(TcpListener::from_std(listener).unwrap(), stopped).await;
            });
        });
        Self { addr, stop: Some(stop), thread: Some(thread) }
    }

    /// Asks the server to stop and does not wait for it.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// Sends a request line and header fields.
    pub(crate) fn ask(&self, line: &str, fields: &[&str]) -> Answer {
        let fields = fields.join("\r\n");
        let mut bytes = Vec::new();
        let request = format!("{line} HTTP/1.1\r\n{fields}\r\nConnection: close\r\n\r\n");
        self.send(&request).read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer { head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[&format!("Host: {}", self.addr)])
    }

    /// Asks for a change as a page at `origin` does.
    pub(crate) fn post(&self, path: &str, origin: &str) -> Answer {
        let fields =
            [format!("Host: {}", self.addr), format!("Origin: {origin}"), "Content-Length: 0".to_owned()];
        self.ask(&format!("POST {path}"), &fields.each_ref().map(String::as_str))
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path).body).unwrap()
    }

    /// Opens an event stream.
    pub(crate) fn events(&self, path: &str) -> Events {
        Events(BufReader::new(self.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.addr))))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking());
        }
    }
}

/// What a server answered.
pub(crate) struct Answer {
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    /// A header field in lower case; empty without one.
    pub(crate) fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default()
    }
}

/// An open event stream.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    /// Reads on until an event has come, and gives its data.
    pub(crate) fn next(&mut self) -> Value {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    /// Reads to the end of the stream.
    pub(crate) fn rest(mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
        rest
    }
}
