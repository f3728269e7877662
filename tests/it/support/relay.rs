//! A scripted mail server that misbehaves on demand.
//!
//! It answers politely except where its [`Script`] says otherwise, and keeps what it
//! was told. It shares nothing with the inbox.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs};

/// What the server does instead of answering politely.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers politely after all.
    Polite,
    /// Says these bytes.
    Say(&'static [u8]),
    /// Says these bytes and hangs up.
    Last(&'static [u8]),
    /// Hangs up without a word.
    Drop,
    /// Never answers, and keeps the connection.
    Hang,
    /// Answers politely, but only together with a later answer: whoever waits for
    /// this one before going on waits for ever.
    Hold,
}

/// What to do at which command: `GREETING`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`,
/// `RCPT`, `DATA`, `BODY` (after the first line of the message), `DOT`, `RSET`,
/// `QUIT`. Each act is used once; the last one stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    acts: BTreeMap<&'static str, Vec<Act>>,
    offers: Vec<&'static str>,
    tls: Option<Tls>,
    implicit: bool,
    injects: bool,
    held: Vec<u8>,
}

/// A certificate for a server.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    acceptor_config: Arc<ServerConfig>,
    /// The certificate, for whoever shall trust it.
    pub(crate) pem: String,
}

impl Tls {
    /// A self-signed certificate for `name`.
    pub(crate) fn for_name(name: &str) -> Self {
        Self::of(&rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap())
    }

    /// One for `name` that was good until the end of 2020.
    pub(crate) fn expired(name: &str) -> Self {
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 12, 31);
        Self::of(&params)
    }

    fn of(params: &rcgen::CertificateParams) -> Self {
        let signing_key = rcgen::KeyPair::generate().unwrap();
        let cert = params.self_signed(&signing_key).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        Self { acceptor_config: Arc::new(config), pem: cert.pem() }
    }

    /// Shakes hands with a client.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> Option<tokio_rustls::server::TlsStream<S>> {
        TlsAcceptor::from(Arc::clone(&self.acceptor_config)).accept(stream).await.ok()
    }

    /// Writes the certificate where a relay can name it.
    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, &self.pem).unwrap();
    }
}

impl Script {
    pub(crate) fn at(mut self, command: &'static str, act: Act) -> Self {
        self.acts.entry(command).or_default().push(act);
        self
    }

    /// Announces an extension.
    pub(crate) fn offers(mut self, extension: &'static str) -> Self {
        self.offers.push(extension);
        self
    }

    /// Offers STARTTLS.
    pub(crate) fn starttls(mut self, tls: &Tls) -> Self {
        self.tls = Some(tls.clone());
        self.offers("STARTTLS")
    }

    /// Speaks TLS from the first byte.
    pub(crate) fn implicit_tls(mut self, tls: &Tls) -> Self {
        self.tls = Some(tls.clone());
        self.implicit = true;
        self
    }

    /// Writes a reply in clear behind its consent to STARTTLS.
    pub(crate) fn injects(mut self) -> Self {
        self.injects = true;
        self
    }

    fn next(&mut self, command: &str) -> Option<Act> {
        let acts = self.acts.get_mut(command)?;
        Some(if acts.len() > 1 { acts.remove(0) } else { acts[0].clone() })
    }

    /// Serves, one connection after the other.
    pub(crate) async fn serve(self) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (told, heard) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut script = self;
            let mut kept = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                kept.extend(connection(stream, &mut script, &told).await);
            }
        });
        Scripted { addr, heard }
    }
}

/// A server that serves its script.
pub(crate) struct Scripted {
    pub(crate) addr: SocketAddr,
    heard: mpsc::UnboundedReceiver<String>,
}

impl Scripted {
    /// Everything it was told so far, a line each; a message is one line.
    pub(crate) fn heard(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }

    /// Waits until it is told something that begins so.
    pub(crate) async fn next(&mut self, begin: &str) -> String {
        loop {
            let line = self.heard.recv().await.unwrap();
            if line.starts_with(begin) {
                return line;
            }
        }
    }

    /// How often it was told something that begins so.
    pub(crate) fn count(&mut self, begin: &str) -> usize {
        self.heard().iter().filter(|line| line.starts_with(begin)).count()
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}
type AnyStream = BufReader<Box<dyn Stream>>;
type Told = mpsc::UnboundedSender<String>;

enum Next {
    Go,
    Close,
    /// Keep the socket open and silent for good.
    Keep,
}

impl Next {
    fn then_close(self) -> Self {
        if matches!(self, Self::Go) { Self::Close } else { self }
    }
}

async fn connection(stream: TcpStream, script: &mut Script, told: &Told) -> Option<AnyStream> {
    stream.set_nodelay(true).unwrap();
    let mut stream: AnyStream = if script.implicit {
        encrypt(Box::new(stream), script).await?
    } else {
        BufReader::new(Box::new(stream))
    };
    let mut recipients = 0;
    let mut next = act(&mut stream, script, "GREETING", b"220 relay.test ESMTP\r\n").await.0;
    loop {
        match next {
            Next::Go => {}
            Next::Close => return None,
            Next::Keep => return Some(stream),
        }
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        let _ = told.send(line.to_owned());
        let verb = line.split(' ').next().unwrap_or_default().to_owned();
        let good;
        (next, good) = match verb.as_str() {
            "EHLO" => {
                let reply = format!("250-relay.test\r\n250-{}\r\n250 ok\r\n", script.offers.join("\r\n250-"));
                act(&mut stream, script, "EHLO", reply.as_bytes()).await
            }
            "STARTTLS" => {
                let reply: &[u8] = if script.injects { b"220 go\r\n250 injected\r\n" } else { b"220 go\r\n" };
                act(&mut stream, script, "STARTTLS", reply).await
            }
            "AUTH" => act(&mut stream, script, "AUTH", b"235 2.7.0 welcome\r\n").await,
            "DATA" if recipients == 0 => {
                act(&mut stream, script, "DATA", b"503 5.5.1 no recipients\r\n").await
            }
            "DATA" => act(&mut stream, script, "DATA", b"354 go on\r\n").await,
            "QUIT" => (act(&mut stream, script, "QUIT", b"221 bye\r\n").await.0.then_close(), true),
            known @ ("MAIL" | "RCPT" | "RSET") => act(&mut stream, script, known, b"250 2.0.0 ok\r\n").await,
            _ => act(&mut stream, script, "OTHER", b"500 what\r\n").await,
        };
        match verb.as_str() {
            "MAIL" | "RSET" => recipients = 0,
            "RCPT" if good => recipients += 1,
            "STARTTLS" if good && matches!(next, Next::Go) => {
                stream = encrypt(stream.into_inner(), script).await?;
                script.offers.retain(|offer| *offer != "STARTTLS");
            }
            "DATA" if good && matches!(next, Next::Go) => {
                next = receive(&mut stream, script, told).await;
                recipients = 0;
            }
            _ => {}
        }
    }
}

async fn encrypt(stream: Box<dyn Stream>, script: &Script) -> Option<AnyStream> {
    let tls = script.tls.as_ref()?;
    Some(BufReader::new(Box::new(tls.accept(stream).await?)))
}

async fn receive(stream: &mut AnyStream, script: &mut Script, told: &Told) -> Next {
    // As bytes: to read a line onto a string checks the whole string again.
    let mut message = Vec::new();
    loop {
        let before = message.len();
        if !matches!(stream.read_until(b'\n', &mut message).await, Ok(count) if count > 0) {
            let _ = told.send(format!("CUT {}", String::from_utf8_lossy(&message)));
            return Next::Close;
        }
        if before == 0 && script.acts.contains_key("BODY") {
            let next = act(stream, script, "BODY", b"").await.0;
            if !matches!(next, Next::Go) {
                return next;
            }
        }
        if &message[before..] == b".\r\n" {
            let _ = told.send(format!("MESSAGE {}", String::from_utf8_lossy(&message[..before])));
            return act(stream, script, "DOT", b"250 2.0.0 queued as 1\r\n").await.0;
        }
    }
}

/// Also says whether the answer lets the client go on.
async fn act(stream: &mut AnyStream, script: &mut Script, command: &str, polite: &[u8]) -> (Next, bool) {
    let (bytes, next) = match script.next(command) {
        Some(Act::Hold) => {
            script.held.extend_from_slice(polite);
            return (Next::Go, true);
        }
        None | Some(Act::Polite) => (polite, Next::Go),
        Some(Act::Say(bytes)) => (bytes, Next::Go),
        Some(Act::Last(bytes)) => (bytes, Next::Close),
        Some(Act::Drop) => (&b""[..], Next::Close),
        Some(Act::Hang) => (&b""[..], Next::Keep),
    };
    let good = matches!(bytes.first(), Some(b'2' | b'3'));
    let bytes = [&std::mem::take(&mut script.held), bytes].concat();
    if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
        return (Next::Close, good);
    }
    (next, good)
}
