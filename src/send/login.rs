//! Logs in (RFC 4954): by PLAIN (RFC 4616) or LOGIN with a password, by XOAUTH2 with a
//! token.
//!
//! The dialogue is ours: lettre ends it where a server that refuses a token first tells
//! why and wants an empty line before it says no.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Connection, Login, Loss, Phase, Proof, Reply, SendError};

/// What a token is given by.
pub(super) const XOAUTH2: &str = "XOAUTH2";

/// Longest command with its line end (RFC 5321 §4.5.3.1.4). What does not fit into it is
/// said when the server asks (RFC 4954 §4).
const LONGEST_COMMAND: usize = 512;

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    Plain,
    Login,
    Xoauth2,
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::Xoauth2 => XOAUTH2,
        })
    }
}

impl Mechanism {
    /// The best of those that suit `proof` and are `offered`.
    fn choose(proof: &Proof, offered: &[String]) -> Option<Self> {
        let suitable: &[Self] = match proof {
            Proof::Password(_) => &[Self::Plain, Self::Login],
            Proof::Token(_) => &[Self::Xoauth2],
        };
        suitable.iter().copied().find(|way| offered.contains(&way.to_string()))
    }

    /// What the client says in it, in order, in base64.
    fn words(self, name: &str, secret: &str) -> Vec<String> {
        match self {
            Self::Plain => vec![BASE64.encode(format!("\0{name}\0{secret}"))],
            Self::Login => vec![BASE64.encode(name), BASE64.encode(secret)],
            Self::Xoauth2 => vec![BASE64.encode(format!("user={name}\x01auth=Bearer {secret}\x01\x01"))],
        }
    }
}

impl Connection {
    /// Logs in by the best way the server offers; with another token when the one at
    /// hand is refused and there is one.
    pub(super) async fn log_in(&mut self, login: &Login) -> Result<(), SendError> {
        let Some(way) = Mechanism::choose(&login.proof, &self.offers.auth) else {
            let wanted = match login.proof {
                Proof::Password(_) => "PLAIN or LOGIN",
                Proof::Token(_) => XOAUTH2,
            };
            let offered = self.offers.auth.clone();
            return Err(SendError::NoLogin { relay: self.relay.clone(), wanted, offered });
        };
        let token = match &login.proof {
            Proof::Password(password) => return self.converse(way, &login.username, password).await,
            Proof::Token(token) => token,
        };
        let secret = token.get();
        let refused = match self.converse(way, &login.username, &secret).await {
            Err(refused @ SendError::LoginRefused { .. }) => refused,
            done => return done,
        };
        match token.another(&secret).await {
            Ok(None) => Err(refused),
            Ok(Some(secret)) => self.converse(way, &login.username, &secret).await,
            Err(why) => Err(SendError::NoToken { relay: self.relay.clone(), why }),
        }
    }

    async fn converse(&mut self, way: Mechanism, username: &str, secret: &str) -> Result<(), SendError> {
        let words = way.words(username, secret);
        let mut left = words.iter();
        let mut command = format!("AUTH {way}");
        // LOGIN, which no standard describes, has no first word in the command.
        if way != Mechanism::Login && command.len() + " \r\n".len() + words[0].len() <= LONGEST_COMMAND {
            command = format!("{command} {}", left.next().expect("each way has a word"));
        }
        let mut complaint = None;
        let mut reply = self.say(&[Phase::Login], &(command + "\r\n")).await;
        while let Some(asked) = reply.as_ref().filter(|reply| reply.code == 334) {
            let answer = match left.next() {
                Some(word) => word,
                None if complaint.is_some() => break,
                None => {
                    complaint = Some(decoded(asked));
                    // An empty line hears the rest of a complaint; a star ends what
                    // should have ended already.
                    if way == Mechanism::Xoauth2 { "" } else { "*" }
                }
            };
            reply = self.send(&format!("{answer}\r\n")).await;
        }
        let secrets: Vec<&str> = words.iter().map(String::as_str).chain([secret]).collect();
        let complaint =
            complaint.filter(|_| way == Mechanism::Xoauth2).map(|complaint| starred(&complaint, &secrets));
        let Some(reply) = reply.map(|reply| without(reply, &secrets)) else {
            self.lose(Phase::Login, Loss::HungUp);
            if let Some((_, Loss::NotAReply(said) | Loss::Unasked(said))) = &mut self.log.lock().loss {
                *said = starred(said, &secrets);
            }
            return Err(self.lost(None));
        };
        let relay = self.relay.clone();
        match reply.code / 100 {
            2 => Ok(()),
            4 => Err(SendError::Unwelcome { relay, phase: Phase::Login, reply }),
            5 => {
                let (username, reply) = (username.to_owned(), Box::new(reply));
                Err(SendError::LoginRefused { relay, username, reply, complaint })
            }
            _ => {
                self.lose(Phase::Login, Loss::Senseless(Box::new(reply)));
                Err(self.lost(None))
            }
        }
    }
}

/// What a server says in a 334.
fn decoded(reply: &Reply) -> String {
    match BASE64.decode(reply.text.trim()) {
        Ok(bytes) => super::reply::harmless(&bytes),
        Err(_) => reply.text.clone(),
    }
}

/// A reply in which none of `secrets` stands: some servers quote what they were told.
fn without(reply: Reply, secrets: &[&str]) -> Reply {
    let raw = String::from_utf8_lossy(&reply.raw);
    if secrets.iter().any(|secret| raw.contains(secret) || reply.text.contains(secret)) {
        Reply { text: starred(&reply.text, secrets), raw: starred(&raw, secrets).into_bytes(), ..reply }
    } else {
        reply
    }
}

fn starred(text: &str, secrets: &[&str]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
}
