//! A mail server whose book is believed: it takes mail over many connections at once
//! and writes down every message in the instant before it answers the final dot.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

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
    /// Refuses these recipients with 552 5.2.2 the first time.
    pub(crate) full: BTreeSet<String>,
    /// Refuses each recipient once with 450 before it takes them.
    pub(crate) greylists: bool,
    /// What it says to RCPT for a recipient, a domain, or, without a name, for all of
    /// them, until it is [calmed](Witness::calm); it hangs up where nothing is said.
    pub(crate) answers: BTreeMap<String, &'static str>,
    /// How many connections it greets at once, the others being sent away with 421, until
    /// it [welcomes](Witness::welcome) all; 0 greets any.
    pub(crate) guests: usize,
    /// What it says to the others instead from such a connection on.
    pub(crate) turns_away: Option<(usize, &'static str)>,
    /// After how many messages it answers so.
    pub(crate) answers_after: usize,
    /// Does all kinds of things by chance, with this seed, until it is [calmed](Witness::calm).
    pub(crate) moody: Option<Random>,
}

impl Manners {
    fn answer(&self, address: &str) -> Option<&'static str> {
        let domain = address.rsplit('@').next().unwrap_or_default();
        [address, domain, ""].into_iter().find_map(|name| self.answers.get(name).copied())
    }
}

/// What it wrote down of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) recipient: String,
    pub(crate) message_id: String,
    /// Its Date field.
    pub(crate) date: String,
    /// Whose it was by MAIL FROM.
    pub(crate) from: String,
    /// Whether the dot was answered with 250.
    pub(crate) answered: bool,
    /// When its final dot came.
    pub(crate) dot: Instant,
}

/// Enough chance for moods and for when to kill (xorshift). Never of seed 0.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// What befalls one reply.
enum Whim {
    None,
    HangUp,
    Late(Duration),
    Defer,
    Refuse,
}

/// What it saw of one connection.
#[derive(Debug, Default)]
struct Line {
    /// Whose body it waits for.
    waiting: Option<String>,
    /// Whose dot came last.
    last: Option<String>,
    greeted: bool,
    ended: bool,
    quit: bool,
}

#[derive(Debug, Default)]
struct Book {
    taken: Vec<Taken>,
    /// Who was refused for good.
    refused: BTreeSet<String>,
    lines: Vec<Line>,
    mood: Option<Random>,
    calm: bool,
    /// Whether it greets any number of connections.
    welcomes: bool,
    seen: BTreeSet<String>,
    /// Every recipient it was asked for.
    asked: Vec<String>,
    dots: usize,
    bodies: usize,
}

impl Book {
    fn whim(&mut self) -> Whim {
        let Some(random) = &mut self.mood else { return Whim::None };
        match random.below(1_000) {
            0..8 => Whim::HangUp,
            8..40 => Whim::Late(Duration::from_millis(random.below(60))),
            40..55 => Whim::Defer,
            55..62 => Whim::Refuse,
            _ => Whim::None,
        }
    }
}

/// The server.
pub(crate) struct Witness {
    pub(crate) addr: SocketAddr,
    book: Arc<Mutex<Book>>,
    /// Told after each message that is written down, and after each connection.
    told: Arc<Notify>,
    /// Whether nobody can reach it.
    gone: watch::Sender<bool>,
}

impl Witness {
    /// Serves from now on.
    pub(crate) async fn serve(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let book = Arc::new(Mutex::new(Book { mood: manners.moody.clone(), ..Book::default() }));
        let told = Arc::new(Notify::new());
        let (shared, tell) = (Arc::clone(&book), Arc::clone(&told));
        let (gone, mut heard) = watch::channel(false);
        tokio::spawn(async move {
            let mut listener = listener;
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => Some(accepted.unwrap().0),
                    () = is(&mut heard, true) => None,
                };
                let Some(stream) = accepted else {
                    drop(listener);
                    is(&mut heard, false).await;
                    listener = TcpListener::bind(addr).await.unwrap();
                    continue;
                };
                let (mut stream, mut heard) = (BufReader::new(stream), heard.clone());
                let line = {
                    let mut book = shared.lock().unwrap();
                    book.lines.push(Line::default());
                    book.lines.len() - 1
                };
                let (manners, book, tell) = (manners.clone(), Arc::clone(&shared), Arc::clone(&tell));
                tokio::spawn(async move {
                    tokio::select! {
                        _ = conversation(&mut stream, line, &manners, &book, &tell) => {}
                        // As when a machine is reset, and not as when a program ends.
                        () = is(&mut heard, true) => stream.get_ref().set_zero_linger().unwrap(),
                    }
                    book.lock().unwrap().lines[line].ended = true;
                    tell.notify_one();
                });
            }
        });
        Self { addr, book, told, gone }
    }

    /// Resets all connections, and nobody can make another, until it is [back](Self::back).
    pub(crate) fn vanish(&self) {
        self.gone.send_replace(true);
    }

    /// Can be reached again, at the same address.
    pub(crate) fn back(&self) {
        self.gone.send_replace(false);
    }

    /// Waits until it has taken `count` messages.
    pub(crate) async fn has_taken(&self, count: usize) {
        self.waits_for(|book| book.taken.len() >= count).await;
    }

    async fn waits_for(&self, done: impl Fn(&Book) -> bool) {
        let wait = async {
            while !done(&self.book.lock().unwrap()) {
                self.told.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), wait).await.expect("it came within a minute");
    }

    /// Everything it took, in order.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.book.lock().unwrap().taken.clone()
    }

    /// How many messages it took.
    pub(crate) fn count(&self) -> usize {
        self.book.lock().unwrap().taken.len()
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
        self.book.lock().unwrap().lines.len()
    }

    /// Greets everybody from now on.
    pub(crate) fn welcome(&self) {
        self.book.lock().unwrap().welcomes = true;
    }

    /// Waits until it has greeted `count` connections.
    pub(crate) async fn has_greeted(&self, count: usize) {
        self.waits_for(|book| book.lines.iter().filter(|line| line.greeted).count() >= count).await;
    }

    /// How often it was asked for each recipient.
    pub(crate) fn asked(&self) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        for address in &self.book.lock().unwrap().asked {
            *times.entry(address.clone()).or_default() += 1;
        }
        times
    }

    /// Has no moods from now on, and thinks no longer.
    pub(crate) fn calm(&self) {
        let mut book = self.book.lock().unwrap();
        book.mood = None;
        book.calm = true;
    }

    /// Waits until nobody is connected any more: what was on its way is written down.
    pub(crate) async fn is_alone(&self) {
        self.waits_for(|book| book.lines.iter().all(|line| line.ended)).await;
    }

    /// Waits until a connection has ended.
    pub(crate) async fn is_left(&self) {
        self.waits_for(|book| book.lines.iter().any(|line| line.ended)).await;
    }

    /// Everybody it refused for good.
    pub(crate) fn refused(&self) -> BTreeSet<String> {
        self.book.lock().unwrap().refused.clone()
    }

    /// For each connection that ended without a goodbye after it had asked for a body:
    /// whose outcome may have been lost with it. It is one of them at most.
    pub(crate) fn doubts(&self) -> Vec<BTreeSet<String>> {
        let book = self.book.lock().unwrap();
        let lost = book.lines.iter().filter(|line| line.ended && !line.quit);
        let doubts = lost.map(|line| line.waiting.iter().chain(&line.last).cloned().collect());
        doubts.filter(|doubt: &BTreeSet<String>| !doubt.is_empty()).collect()
    }
}

/// Resolves when it is so; never when it can be so no more.
async fn is(word: &mut watch::Receiver<bool>, so: bool) {
    if word.wait_for(|word| *word == so).await.is_err() {
        std::future::pending::<()>().await;
    }
}

const WELCOME: &str = "220 witness.test ESMTP\r\n";

/// What a new connection is greeted with; nobody but those who are welcome stays.
fn greet(line: usize, manners: &Manners, book: &mut Book) -> &'static str {
    let inside = book.lines.iter().filter(|line| line.greeted && !line.ended).count();
    let greeted = manners.guests == 0 || book.welcomes || inside < manners.guests;
    book.lines[line].greeted = greeted;
    if greeted {
        return WELCOME;
    }
    let said = manners.turns_away.filter(|(from, _)| line >= *from);
    said.map_or("421 4.7.0 too many connections\r\n", |(_, said)| said)
}

async fn conversation(
    stream: &mut BufReader<TcpStream>,
    line: usize,
    manners: &Manners,
    book: &Mutex<Book>,
    tell: &Notify,
) -> std::io::Result<()> {
    stream.get_ref().set_nodelay(true)?;
    if matches!(book.lock().unwrap().whim(), Whim::HangUp) {
        return Ok(());
    }
    let greeting = greet(line, manners, &mut book.lock().unwrap());
    stream.write_all(greeting.as_bytes()).await?;
    if greeting != WELCOME {
        return Ok(());
    }
    tell.notify_one();
    let (mut sender, mut recipient) = (String::new(), String::new());
    let mut text = String::new();
    loop {
        text.clear();
        if stream.read_line(&mut text).await? == 0 {
            return Ok(());
        }
        let command = text.trim_end();
        let verb = command.split([' ', ':']).next().unwrap_or_default();
        let whim = book.lock().unwrap().whim();
        match whim {
            Whim::HangUp => return Ok(()),
            Whim::Late(by) => tokio::time::sleep(by).await,
            _ => {}
        }
        let reply: &[u8] = match verb {
            "EHLO" => b"250-witness.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n",
            "MAIL" if matches!(whim, Whim::Defer) => b"451 4.3.0 not now\r\n",
            "MAIL" | "RSET" => {
                recipient.clear();
                let path = command.split(['<', '>']).nth(1).unwrap_or_default();
                path.clone_into(&mut sender);
                b"250 2.0.0 ok\r\n"
            }
            "RCPT" => {
                let address = command.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                let mut book = book.lock().unwrap();
                book.asked.push(address.clone());
                let new = book.seen.insert(address.clone());
                let answer = manners.answer(&address);
                if let Some(answer) =
                    answer.filter(|_| !book.calm && book.taken.len() >= manners.answers_after)
                {
                    if answer.is_empty() {
                        return Ok(());
                    }
                    answer.as_bytes()
                } else if manners.dead.contains(&address) || matches!(whim, Whim::Refuse) {
                    book.refused.insert(address);
                    b"550 5.1.1 nobody here\r\n"
                } else if manners.full.contains(&address) && new {
                    b"552 5.2.2 mailbox full\r\n"
                } else if manners.greylists && new || matches!(whim, Whim::Defer) {
                    b"450 4.2.0 come back later\r\n"
                } else {
                    recipient = address;
                    b"250 2.1.5 ok\r\n"
                }
            }
            "DATA" if recipient.is_empty() => b"503 5.5.1 no recipients\r\n",
            "DATA" if matches!(whim, Whim::Defer) => b"451 4.3.0 not now\r\n",
            "DATA" => {
                book.lock().unwrap().lines[line].waiting = Some(recipient.clone());
                stream.write_all(b"354 go on\r\n").await?;
                let Some(answer) = message(stream, line, (&sender, &recipient), manners, book).await? else {
                    return Ok(());
                };
                tell.notify_one();
                // It thinks before it answers.
                let calm = book.lock().unwrap().calm;
                if !calm {
                    tokio::time::sleep(manners.delay).await;
                }
                match answer {
                    Whim::HangUp => return Ok(()),
                    Whim::Defer => b"451 4.3.0 not now\r\n",
                    Whim::Refuse => b"550 5.1.1 nobody here\r\n",
                    Whim::Late(by) => {
                        tokio::time::sleep(by).await;
                        b"250 2.0.0 taken\r\n"
                    }
                    Whim::None => b"250 2.0.0 taken\r\n",
                }
            }
            "QUIT" => {
                book.lock().unwrap().lines[line].quit = true;
                stream.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(());
            }
            _ => b"500 5.5.2 what\r\n",
        };
        stream.write_all(reply).await?;
    }
}

/// Reads one message and writes it down; what befalls the answer to its dot. None when
/// it did not come whole.
async fn message(
    stream: &mut BufReader<TcpStream>,
    line: usize,
    (sender, recipient): (&str, &str),
    manners: &Manners,
    book: &Mutex<Book>,
) -> std::io::Result<Option<Whim>> {
    let cut = {
        let mut book = book.lock().unwrap();
        book.bodies += 1;
        let cut = manners.cuts_every > 0 && book.bodies.is_multiple_of(manners.cuts_every);
        cut || matches!(book.whim(), Whim::HangUp)
    };
    let (mut message_id, mut date) = (String::new(), String::new());
    let mut text = String::new();
    loop {
        text.clear();
        if stream.read_line(&mut text).await? == 0 {
            return Ok(None);
        }
        if text == ".\r\n" {
            break;
        }
        if cut {
            return Ok(None);
        }
        if let Some(id) = text.strip_prefix("Message-ID: ") {
            id.trim().clone_into(&mut message_id);
        }
        if let Some(moment) = text.strip_prefix("Date: ") {
            moment.trim().clone_into(&mut date);
        }
    }
    let dot = Instant::now();
    let mut book = book.lock().unwrap();
    book.lines[line].last = book.lines[line].waiting.take();
    book.dots += 1;
    let silent = manners.silent_every > 0 && book.dots.is_multiple_of(manners.silent_every);
    let answer = if silent { Whim::HangUp } else { book.whim() };
    match answer {
        Whim::Defer => {}
        Whim::Refuse => drop(book.refused.insert(recipient.to_owned())),
        Whim::None | Whim::Late(_) | Whim::HangUp => {
            let answered = !matches!(answer, Whim::HangUp);
            let (from, recipient) = (sender.to_owned(), recipient.to_owned());
            book.taken.push(Taken { recipient, message_id, date, from, answered, dot });
        }
    }
    Ok(Some(answer))
}
