//! The beginning of a conversation, as far as TLS.
//!
//! All of it is ours and none of it lettre's: what a server says in clear must be out
//! of the way before a word is believed.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::offers::Offers;
use super::tls::{self, TlsFlaw};
use super::wire::{SharedLog, Socket, Wire};
use super::{Loss, Phase, Relay, Reply, SendError, TlsMode};
use crate::problem::said;

/// Connects, and asks nobody where this machine is: RFC 6761 §6.3 has `localhost` be
/// it, whether or not the machine lists the name.
async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    if !host.eq_ignore_ascii_case("localhost") {
        return TcpStream::connect((host, port)).await;
    }
    match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        Ok(stream) => Ok(stream),
        Err(refused) => TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await.map_err(|_| refused),
    }
}

/// Everything up to the EHLO that counts: TCP, TLS, the greeting. Also says whether a
/// login may be sent.
pub(super) async fn greet(
    relay: &Relay,
    hello: &str,
    log: &SharedLog,
) -> Result<(Wire, Reply, bool), SendError> {
    let name = relay.to_string();
    let roots = match relay.tls {
        TlsMode::Plain => None,
        TlsMode::Opportunistic | TlsMode::StartTls | TlsMode::Implicit => {
            Some(tls::roots(relay.ca_file.as_deref()).await?)
        }
    };
    let limit = relay.deadlines.connect;
    let unreachable = |error: String| SendError::Connect { relay: name.clone(), error };
    let stream = timeout(limit, connect(&relay.host, relay.port))
        .await
        .map_err(|_| unreachable(format!("no answer within {limit:?}")))?
        .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
        .map_err(|error| unreachable(said(&error)))?;
    let loopback = stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
    let encrypt = async |stream, roots| {
        let failed = |flaw| SendError::Tls { relay: name.clone(), flaw };
        match timeout(limit, tls::handshake(stream, &relay.host, roots)).await {
            Ok(done) => done.map(|stream| Socket::Tls(Box::new(stream))).map_err(failed),
            Err(_) => Err(failed(TlsFlaw::NoAnswer(limit))),
        }
    };
    let welcome = |phase, answer: Result<Reply, Loss>| match answer {
        Ok(reply) if reply.is_done() => Ok(reply),
        Ok(reply) => Err(SendError::Unwelcome { relay: name.clone(), phase, reply }),
        Err(loss) => Err(SendError::Lost { relay: name.clone(), phase, loss, recipient: None }),
    };
    let wrap = |socket| Wire::new(socket, relay.deadlines, log.clone());

    match (relay.tls, roots) {
        (mode @ (TlsMode::StartTls | TlsMode::Opportunistic), Some(roots)) => {
            let must = mode == TlsMode::StartTls;
            let mut wire = wrap(Socket::Plain(stream));
            let greeting = welcome(Phase::Greeting, wire.ask(Phase::Greeting, b"").await)?;
            let hello = format!("EHLO {hello}\r\n");
            let offers = Offers::read(&welcome(Phase::Ehlo, wire.ask(Phase::Ehlo, hello.as_bytes()).await)?);
            if !offers.starttls {
                return if must {
                    Err(SendError::TlsNotOffered { relay: name })
                } else {
                    Ok((wire, greeting, loopback))
                };
            }
            match wire.ask(Phase::StartTls, b"STARTTLS\r\n").await {
                // It cannot after all, as one without a certificate may say (RFC 3207 §4).
                Ok(reply) if !must && !reply.is_done() && !reply.is_closing() => {
                    return Ok((wire, greeting, loopback));
                }
                answer => welcome(Phase::StartTls, answer)?,
            };
            // What came in clear must never be read as if it had come over TLS.
            let (Socket::Plain(stream), true) = wire.into_socket() else {
                return Err(SendError::Injected { relay: name });
            };
            Ok((wrap(encrypt(stream, roots).await?), greeting, true))
        }
        (TlsMode::Implicit, Some(roots)) => {
            let mut wire = wrap(encrypt(stream, roots).await?);
            let greeting = welcome(Phase::Greeting, wire.ask(Phase::Greeting, b"").await)?;
            Ok((wire, greeting, true))
        }
        _ => {
            let mut wire = wrap(Socket::Plain(stream));
            let greeting = welcome(Phase::Greeting, wire.ask(Phase::Greeting, b"").await)?;
            Ok((wire, greeting, loopback))
        }
    }
}
