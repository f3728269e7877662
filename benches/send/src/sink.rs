//! A server that takes every mail, counts it and throws it away: on one thread, with
//! PIPELINING, in clear and over TLS, at once and with every reply 20 ms late.
//!
//! Prints its four ports, then answers each line on its standard input: `reset` begins
//! a new count, `report` tells it. A late reply leaves its time after what it answers
//! came in, whatever came meanwhile, as over a long line.

use std::collections::VecDeque;
use std::error::Error;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use memchr::memmem;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How late the late ports answer.
const LATE: Duration = Duration::from_millis(20);

/// What ends a body.
const END: &[u8] = b"\r\n.\r\n";

#[derive(Default)]
struct Count {
    messages: u64,
    bytes: u64,
    connections: u64,
    /// When the first dot came in, and the last.
    span: Option<(Instant, Instant)>,
}

type Shared = Rc<std::cell::RefCell<Count>>;

/// Serves until its standard input ends.
pub(crate) fn serve(certificate: &str, key: &str) -> Result<(), Box<dyn Error>> {
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(key)?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async move {
        let shared = Shared::default();
        let mut ports = Vec::new();
        for (tls, delay) in [(false, Duration::ZERO), (false, LATE), (true, Duration::ZERO), (true, LATE)] {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            ports.push(listener.local_addr()?.port().to_string());
            let (shared, acceptor) = (Rc::clone(&shared), tls.then(|| acceptor.clone()));
            spawn_local(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    shared.borrow_mut().connections += 1;
                    let (shared, acceptor) = (Rc::clone(&shared), acceptor.clone());
                    spawn_local(async move {
                        let _ = stream.set_nodelay(true);
                        // Whoever hangs up in the middle is not counted.
                        let _ = match acceptor {
                            None => converse(stream, delay, &shared).await,
                            Some(acceptor) => match acceptor.accept(stream).await {
                                Ok(stream) => converse(stream, delay, &shared).await,
                                Err(error) => Err(error),
                            },
                        };
                    });
                }
            });
        }
        println!("{}", ports.join(" "));
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Some(line) = lines.next_line().await? {
            if line == "reset" {
                *shared.borrow_mut() = Count::default();
                println!("ok");
            } else {
                let count = shared.borrow();
                let span = count.span.map_or(0.0, |(first, last)| (last - first).as_secs_f64());
                println!("{} {span:.6} {} {}", count.messages, count.bytes, count.connections);
            }
        }
        Ok(())
    })
}

/// What a client is saying.
#[derive(PartialEq, Eq)]
enum Saying {
    Commands,
    Body,
    Goodbye,
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    delay: Duration,
    shared: &Shared,
) -> io::Result<()> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut replies: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
    writer.write_all(b"220 sink.test ESMTP\r\n").await?;
    let mut saying = Saying::Commands;
    let mut inbound: Vec<u8> = Vec::with_capacity(256 * 1024);
    loop {
        while let Some((due, reply)) = replies.front()
            && *due <= Instant::now()
        {
            writer.write_all(reply).await?;
            writer.flush().await?;
            replies.pop_front();
        }
        if saying == Saying::Goodbye && replies.is_empty() {
            return writer.shutdown().await;
        }
        let due = replies.front().map(|(due, _)| *due);
        tokio::select! {
            biased;
            () = async { sleep_until(due.expect("it is asked for when there is one")).await }, if due.is_some() => {}
            read = reader.read_buf(&mut inbound) => {
                if read? == 0 {
                    return Ok(());
                }
                let reply = answer(&mut inbound, &mut saying, shared);
                if !reply.is_empty() {
                    let at = if delay.is_zero() { Instant::now() } else { Instant::now() + delay };
                    replies.push_back((at, reply));
                }
            }
        }
    }
}

/// Takes what can be understood off `inbound` and says what it is answered with.
fn answer(inbound: &mut Vec<u8>, saying: &mut Saying, shared: &Shared) -> Vec<u8> {
    let mut reply = Vec::new();
    let mut at = 0;
    loop {
        let rest = &inbound[at..];
        match saying {
            Saying::Goodbye => at = inbound.len(),
            Saying::Body => {
                if let Some(end) = memmem::find(rest, END) {
                    let now = Instant::now();
                    let mut count = shared.borrow_mut();
                    count.messages += 1;
                    count.bytes += end as u64 + 2;
                    count.span = Some((count.span.map_or(now, |(first, _)| first), now));
                    at += end + END.len();
                    *saying = Saying::Commands;
                    reply.extend_from_slice(b"250 2.0.0 queued as 4bXyZ12345\r\n");
                    continue;
                }
                // All but what may be the beginning of the end was looked at.
                let seen = rest.len().saturating_sub(END.len() - 1);
                shared.borrow_mut().bytes += seen as u64;
                at += seen;
            }
            Saying::Commands => {
                if let Some(end) = memchr::memchr(b'\n', rest) {
                    let line = &rest[..end];
                    reply.extend_from_slice(match line.get(..4).unwrap_or(line) {
                        b"EHLO" => {
                            b"250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
                        }
                        b"DATA" => {
                            *saying = Saying::Body;
                            &b"354 go on\r\n"[..]
                        }
                        b"QUIT" => {
                            *saying = Saying::Goodbye;
                            b"221 2.0.0 bye\r\n"
                        }
                        _ => b"250 2.0.0 ok\r\n",
                    });
                    at += end + 1;
                    continue;
                }
            }
        }
        inbound.drain(..at);
        return reply;
    }
}
