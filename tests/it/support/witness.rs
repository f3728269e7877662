//! A mail server whose book is believed: it takes mail over many connections at once
//! and writes down every message in the instant before it answers the final dot.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// How it behaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manners {
    /// How long it thinks before it answers a dot.
    pub(crate) delay: Duration,
    /// Hangs up instead of answering each dot of which this is a divisor; 0 never does.
    pub(crate) silent_every: usize,
    /// Hangs up in the middle of each body of which this is a divisor; 0 never does.
    pub(crate) cuts_every: usize,
    /// Refuses these recipients with 550 5.1.1.
    pub(crate) dead: BTreeSet<String>,
    /// Refuses each recipient once with 450 before it takes them.
    pub(crate) greylists: bool,
}

/// What it wrote down of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) recipient: String,
    pub(crate) message_id: String,
    /// Whether the dot was answered with 250.
    pub(crate) answered: bool,
}

#[derive(Debug, Default)]
struct Book {
    taken: Vec<Taken>,
    seen: BTreeSet<String>,
    dots: usize,
    bodies: usize,
    connections: usize,
}

/// The server.
pub(crate) struct Witness {
    pub(crate) addr: SocketAddr,
    book: Arc<Mutex<Book>>,
    /// Told after each message that is written down.
    told: Arc<Notify>,
}

impl Witness {
    /// Serves from now on.
    pub(crate) async fn serve(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let book = Arc::new(Mutex::new(Book::default()));
        let told = Arc::new(Notify::new());
        let (shared, tell) = (Arc::clone(&book), Arc::clone(&told));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                let (manners, book, tell) = (manners.clone(), Arc::clone(&shared), Arc::clone(&tell));
                tokio::spawn(async move {
                    let _ = conversation(stream, &manners, &book, &tell).await;
                });
            }
        });
        Self { addr, book, told }
    }

    /// Waits until it has taken `count` messages.
    pub(crate) async fn has_taken(&self, count: usize) {
        while self.book.lock().unwrap().taken.len() < count {
            self.told.notified().await;
        }
    }

    /// Everything it took, in order.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.book.lock().unwrap().taken.clone()
    }

    /// How often it took a message for each recipient.
    pub(crate) fn times(&self) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        for taken in self.taken() {
            *times.entry(taken.recipient).or_default() += 1;
        }
        times
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.book.lock().unwrap().connections
    }
}

async fn conversation(
    stream: TcpStream,
    manners: &Manners,
    book: &Mutex<Book>,
    tell: &Notify,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 witness.test ESMTP\r\n").await?;
    let mut recipient = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end();
        let reply: &[u8] = match command.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => b"250-witness.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n",
            "MAIL" | "RSET" => {
                recipient.clear();
                b"250 2.0.0 ok\r\n"
            }
            "RCPT" => {
                let address = command.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                let new = book.lock().unwrap().seen.insert(address.clone());
                if manners.dead.contains(&address) {
                    b"550 5.1.1 nobody here\r\n"
                } else if manners.greylists && new {
                    b"450 4.2.0 come back later\r\n"
                } else {
                    recipient = address;
                    b"250 2.1.5 ok\r\n"
                }
            }
            "DATA" if recipient.is_empty() => b"503 5.5.1 no recipients\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let Some(answered) = message(&mut stream, &recipient, manners, book).await? else {
                    return Ok(());
                };
                tell.notify_one();
                // It thinks before it answers.
                tokio::time::sleep(manners.delay).await;
                if !answered {
                    return Ok(());
                }
                b"250 2.0.0 taken\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(());
            }
            _ => b"500 5.5.2 what\r\n",
        };
        stream.write_all(reply).await?;
    }
}

/// Reads one message and writes it down; whether its dot is to be answered. None when
/// it did not come whole.
async fn message(
    stream: &mut BufReader<TcpStream>,
    recipient: &str,
    manners: &Manners,
    book: &Mutex<Book>,
) -> std::io::Result<Option<bool>> {
    let body = {
        let mut book = book.lock().unwrap();
        book.bodies += 1;
        book.bodies
    };
    let mut message_id = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if line == ".\r\n" {
            break;
        }
        if manners.cuts_every > 0 && body.is_multiple_of(manners.cuts_every) {
            return Ok(None);
        }
        if let Some(id) = line.strip_prefix("Message-ID: ") {
            id.trim().clone_into(&mut message_id);
        }
    }
    let answered = {
        let mut book = book.lock().unwrap();
        book.dots += 1;
        let answered = manners.silent_every == 0 || !book.dots.is_multiple_of(manners.silent_every);
        book.taken.push(Taken { recipient: recipient.to_owned(), message_id, answered });
        answered
    };
    Ok(Some(answered))
}
