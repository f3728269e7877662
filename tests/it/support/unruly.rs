//! A mail server that is good to its clients except where it is told otherwise: over
//! many connections at once, at any step, by any rule. It writes down what it answered
//! before it answers, and its book is the only witness.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

use super::relay::Tls;

/// Where in a conversation it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Dot,
    Quit,
}

/// What it does instead of answering politely.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Says these bytes.
    Says(Vec<u8>),
    /// Says these bytes and hangs up.
    Leaves(Vec<u8>),
    /// Never answers, and keeps the connection.
    Hangs,
    /// Answers politely after this long.
    Slow(Duration),
    /// Answers politely once this is true.
    Waits(watch::Receiver<bool>),
}

impl Fault {
    pub(crate) fn says(text: &str) -> Self {
        Self::Says(format!("{text}\r\n").into_bytes())
    }

    pub(crate) fn leaves(text: &str) -> Self {
        Self::Leaves(format!("{text}\r\n").into_bytes())
    }
}

/// When it is about to answer.
#[derive(Debug)]
pub(crate) struct Moment {
    pub(crate) step: Step,
    /// How often it answered at this step so far, this time included.
    pub(crate) nth: usize,
    /// The same on this connection alone.
    pub(crate) here: usize,
    /// How often it answered at this step for this recipient, from RCPT on.
    pub(crate) theirs: usize,
}

type Rule = Arc<dyn Fn(&Moment) -> Option<Fault> + Send + Sync>;

/// How it behaves.
#[derive(Clone)]
pub(crate) struct Nature {
    offers: Vec<&'static str>,
    /// What it can speak TLS with after STARTTLS.
    tls: Option<Tls>,
    rule: Rule,
}

impl Nature {
    /// It does what `rule` says, where that says anything.
    pub(crate) fn new(rule: impl Fn(&Moment) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self { offers: vec!["PIPELINING", "8BITMIME"], tls: None, rule: Arc::new(rule) }
    }

    /// It has one fault, the first time it comes to `step`.
    pub(crate) fn once(step: Step, fault: Fault) -> Self {
        Self::new(move |moment| (moment.step == step && moment.nth == 1).then(|| fault.clone()))
    }

    pub(crate) fn offers(mut self, extension: &'static str) -> Self {
        self.offers.push(extension);
        self
    }

    pub(crate) fn without_pipelining(mut self) -> Self {
        self.offers.retain(|offer| *offer != "PIPELINING");
        self
    }

    pub(crate) fn starttls(mut self, tls: &Tls) -> Self {
        self.tls = Some(tls.clone());
        self.offers("STARTTLS")
    }

    /// Somebody on the way takes out its offer of STARTTLS.
    pub(crate) fn stripped(mut self) -> Self {
        self.offers.retain(|offer| *offer != "STARTTLS");
        self
    }
}

/// How it answered a dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 2xx: it has the message.
    Taken,
    /// 4xx.
    Later,
    /// 5xx.
    Never,
    /// With nothing, or nothing that means anything.
    Nothing,
}

#[derive(Debug, Default)]
struct Book {
    nth: BTreeMap<Step, usize>,
    theirs: BTreeMap<(Step, String), usize>,
    dots: Vec<(String, Answer)>,
    commands: Vec<String>,
    connections: usize,
}

/// The server.
pub(crate) struct Unruly {
    pub(crate) addr: SocketAddr,
    book: Arc<Mutex<Book>>,
    told: Arc<Notify>,
}

impl Unruly {
    /// Serves from now on.
    pub(crate) async fn serve(nature: Nature) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (book, told) = (Arc::new(Mutex::new(Book::default())), Arc::new(Notify::new()));
        let server = Self { addr, book: Arc::clone(&book), told: Arc::clone(&told) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                book.lock().unwrap().connections += 1;
                let visit = Visit {
                    nature: nature.clone(),
                    book: Arc::clone(&book),
                    told: Arc::clone(&told),
                    here: BTreeMap::new(),
                    recipient: String::new(),
                };
                tokio::spawn(visit.receive(stream));
            }
        });
        server
    }

    /// How it answered each dot of each recipient, in order.
    pub(crate) fn dots(&self) -> BTreeMap<String, Vec<Answer>> {
        let mut dots: BTreeMap<String, Vec<Answer>> = BTreeMap::new();
        for (recipient, answer) in &self.book.lock().unwrap().dots {
            dots.entry(recipient.clone()).or_default().push(*answer);
        }
        dots
    }

    /// Waits until `count` dots came.
    pub(crate) async fn has_dots(&self, count: usize) {
        while self.book.lock().unwrap().dots.len() < count {
            self.told.notified().await;
        }
    }

    /// How often it came to `step`.
    pub(crate) fn times(&self, step: Step) -> usize {
        self.book.lock().unwrap().nth.get(&step).copied().unwrap_or_default()
    }

    /// The commands that begin so.
    pub(crate) fn commands(&self, begin: &str) -> Vec<String> {
        let book = self.book.lock().unwrap();
        book.commands.iter().filter(|command| command.starts_with(begin)).cloned().collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.book.lock().unwrap().connections
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}
type AnyStream = BufReader<Box<dyn Stream>>;

/// One connection.
struct Visit {
    nature: Nature,
    book: Arc<Mutex<Book>>,
    told: Arc<Notify>,
    here: BTreeMap<Step, usize>,
    recipient: String,
}

impl Visit {
    async fn receive(mut self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let mut stream: AnyStream = BufReader::new(Box::new(stream));
        // Nothing but the end of the conversation comes back.
        let _ = self.converse(&mut stream).await;
    }

    async fn converse(&mut self, stream: &mut AnyStream) -> Option<()> {
        self.answer(stream, Step::Greeting, b"220 unruly.test ESMTP\r\n").await?;
        let mut line = Vec::new();
        loop {
            line.clear();
            if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
                return None;
            }
            let command = String::from_utf8_lossy(&line).trim_end().to_owned();
            self.book.lock().unwrap().commands.push(command.clone());
            match command.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => {
                    let offers = self.nature.offers.join("\r\n250-");
                    let polite = format!("250-unruly.test\r\n250-{offers}\r\n250 ENHANCEDSTATUSCODES\r\n");
                    self.answer(stream, Step::Ehlo, polite.as_bytes()).await?;
                }
                "STARTTLS" => {
                    if self.answer(stream, Step::StartTls, b"220 2.0.0 go\r\n").await? {
                        self.encrypt(stream).await?;
                    }
                }
                "AUTH" => {
                    self.answer(stream, Step::Auth, b"235 2.7.0 welcome\r\n").await?;
                }
                "MAIL" => {
                    self.recipient.clear();
                    self.answer(stream, Step::Mail, b"250 2.1.0 ok\r\n").await?;
                }
                "RCPT" => {
                    command
                        .trim_start_matches("RCPT TO:<")
                        .trim_end_matches('>')
                        .clone_into(&mut self.recipient);
                    if !self.answer(stream, Step::Rcpt, b"250 2.1.5 ok\r\n").await? {
                        self.recipient.clear();
                    }
                }
                "DATA" if self.recipient.is_empty() => write(stream, b"503 5.5.1 no recipients\r\n").await?,
                "DATA" => {
                    if self.answer(stream, Step::Data, b"354 go on\r\n").await? {
                        self.body(stream).await?;
                    }
                }
                "RSET" => {
                    self.recipient.clear();
                    write(stream, b"250 2.0.0 ok\r\n").await?;
                }
                "QUIT" => {
                    self.answer(stream, Step::Quit, b"221 2.0.0 bye\r\n").await?;
                    return None;
                }
                _ => write(stream, b"500 5.5.2 what\r\n").await?,
            }
        }
    }

    async fn body(&mut self, stream: &mut AnyStream) -> Option<()> {
        let mut line = Vec::new();
        while line != b".\r\n" {
            line.clear();
            if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
                return None;
            }
        }
        self.answer(stream, Step::Dot, b"250 2.0.0 taken\r\n").await?;
        self.recipient.clear();
        Some(())
    }

    async fn encrypt(&mut self, stream: &mut AnyStream) -> Option<()> {
        let tls = self.nature.tls.clone()?;
        self.nature.offers.retain(|offer| *offer != "STARTTLS");
        let bare = std::mem::replace(stream, BufReader::new(Box::new(tokio::io::empty())));
        *stream = BufReader::new(Box::new(tls.accept(bare.into_inner()).await?));
        Some(())
    }

    /// Answers, and says whether that lets the client go on; none ends the visit.
    async fn answer(&mut self, stream: &mut AnyStream, step: Step, polite: &[u8]) -> Option<bool> {
        let here = self.here.entry(step).or_default();
        *here += 1;
        let fault = {
            let mut book = self.book.lock().unwrap();
            let nth = count(book.nth.entry(step).or_default());
            let theirs = count(book.theirs.entry((step, self.recipient.clone())).or_default());
            let moment = Moment { step, nth, here: *here, theirs };
            (self.nature.rule)(&moment)
        };
        let (said, leaves) = match &fault {
            Some(Fault::Says(said)) => (said.as_slice(), false),
            Some(Fault::Leaves(said)) => (said.as_slice(), true),
            Some(Fault::Hangs) => (&b""[..], false),
            None | Some(Fault::Slow(_) | Fault::Waits(_)) => (polite, false),
        };
        let means_something = said.get(..3).is_some_and(|code| code.iter().all(u8::is_ascii_digit));
        let answer = match said.first() {
            Some(b'2') if means_something => Answer::Taken,
            Some(b'4') if means_something => Answer::Later,
            Some(b'5') if means_something => Answer::Never,
            _ => Answer::Nothing,
        };
        if step == Step::Dot {
            self.book.lock().unwrap().dots.push((self.recipient.clone(), answer));
            self.told.notify_one();
        }
        match &fault {
            Some(Fault::Slow(time)) => tokio::time::sleep(*time).await,
            Some(Fault::Waits(word)) => {
                word.clone().wait_for(|open| *open).await.ok()?;
            }
            Some(Fault::Hangs) => {
                // Until the client has had enough.
                let mut rest = Vec::new();
                while stream.read_until(b'\n', &mut rest).await.ok()? > 0 {
                    rest.clear();
                }
                return None;
            }
            _ => {}
        }
        write(stream, said).await?;
        if leaves { None } else { Some(means_something && matches!(said[0], b'2' | b'3')) }
    }
}

fn count(counter: &mut usize) -> usize {
    *counter += 1;
    *counter
}

async fn write(stream: &mut AnyStream, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()?;
    stream.flush().await.ok()
}
