//! `letterpress serve`: the pages readers leave on.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::message::BaseUrl;
use crate::paint::Paint;
use crate::press;
use crate::problem::{Class, Condition, Problem, Problems, said};
use crate::public::{self, DeskError, Limits, Pages, Publisher, Served, Sockets, Told, What};

use super::context::workshop;
use super::printer::Printer;
use super::{CliError, Context, Exit, report, serving, state};

/// What `letterpress serve` is asked for.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Tell nothing of what is done.
    #[arg(long)]
    pub quiet: bool,
}

/// Why there is nothing served.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    /// Readers have no pages.
    #[error("there is no `base_url` in newsletter.toml, so there is nothing to serve")]
    NoBaseUrl,
    /// What readers reach, or whoever watches over it, has no port.
    #[error("cannot listen at {address}: {}", said(error))]
    Listen {
        /// The key in `[serve]`.
        key: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
}

impl Condition for ServeError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoBaseUrl => "name the address that readers reach it at, as \
                 `base_url = \"https://news.example.com/\"`; for a trial, `http://127.0.0.1:8025/`"
                .to_owned(),
            Self::Listen { key, .. } => format!(
                "another program may be there, or the address is not this machine's; `{key}` under `[serve]` \
                 in newsletter.toml names another one"
            ),
        })
    }

    fn class(&self) -> Class {
        match self {
            Self::NoBaseUrl => Class::Config,
            Self::Listen { .. } => Class::Later,
        }
    }
}

/// How much may wait to be told.
const UNTOLD: usize = 1_024;

/// How long the same trouble is told once.
const ONCE_IN: Duration = Duration::from_secs(10);

pub(super) fn run(args: &ServeArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let way_out = context.config.sender.way_out.as_ref();
    let base_url = way_out.and_then(|way_out| way_out.base_url.clone());
    let (base_url, store) = Problems::both(
        base_url.ok_or_else(|| Problem::new(ServeError::NoBaseUrl).into()),
        state::open(context),
    )?;
    let served = served(context, &base_url);
    serving::run(async |enough| {
        let settings = &context.config.serve;
        let readers = listen("listen", settings.listen).await;
        let (readers, health) = Problems::both(readers, listen("health", settings.health).await)?;
        let sockets = Sockets { readers, health };
        introduce(context, &sockets, &base_url)?;
        let (tell, mut told) = mpsc::channel(UNTOLD);
        let mut serving = pin!(public::serve(sockets, served, store, context.now, tell, enough.said()));
        let mut journal = Journal::open(args.quiet, context.colour)?;
        let ended = loop {
            tokio::select! {
                ended = &mut serving => break ended,
                Some(told) = told.recv() => journal.tell(told),
            }
        };
        while let Ok(told) = told.try_recv() {
            journal.tell(told);
        }
        journal.close().await;
        ended.map_err(Problem::new)?;
        Ok(Exit::Done)
    })
}

/// What is served, as the newsletter has it.
fn served(context: &mut Context<'_>, base_url: &BaseUrl) -> Served {
    let paint = press::paint(&workshop(&context.config, &context.darkroom)).unwrap_or_else(|problems| {
        // A theme that cannot be read keeps nobody from leaving.
        context.warn(&problems.into_iter().collect::<Vec<_>>());
        context.tell("note: the pages have the colours of `clean` until that is mended");
        Paint::default()
    });
    let config = &context.config;
    let newsletter = &config.newsletter;
    let publisher = Publisher {
        name: newsletter.name.clone(),
        url: newsletter.url.clone(),
        postal_address: newsletter.postal_address.clone(),
        lang: newsletter.lang.clone(),
        paint,
    };
    Served {
        pages: Pages::new(publisher),
        list: config.id.clone(),
        path: base_url.path().to_owned(),
        is_encrypted: base_url.is_encrypted(),
        trusted: config.serve.trusted_proxies.clone(),
        limits: Limits::default(),
    }
}

async fn listen(key: &'static str, address: SocketAddr) -> Result<TcpListener, Problems> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Problem::new(ServeError::Listen { key, address, error }).into())
}

/// Tells what is where, and who may come.
fn introduce(context: &mut Context<'_>, sockets: &Sockets, base_url: &BaseUrl) -> Result<(), Problems> {
    let address = |listener: &TcpListener| {
        listener.local_addr().map_err(|error| Problems::from(Problem::new(CliError::Start(error))))
    };
    let (readers, health) = (address(&sockets.readers)?, address(&sockets.health)?);
    let name = context.config.newsletter.name.clone();
    context.tell(format!("the pages of {name} are at http://{readers}/ (Ctrl-C ends it)"));
    let through = if base_url.is_encrypted() { ", through a proxy that speaks TLS" } else { "" };
    context.tell(format!("readers reach them at {base_url}{through}"));
    let trusted: Vec<String> = context.config.serve.trusted_proxies.iter().map(network).collect();
    if trusted.is_empty() {
        context.tell("note: `trusted_proxies` is empty, so nobody is answered");
    } else {
        context.tell(format!("requests are taken from {} alone", trusted.join(" and ")));
    }
    context.tell(format!("http://{health}/healthz tells whether all is well"));
    for (key, address) in [("listen", readers), ("health", health)] {
        if !address.ip().is_loopback() {
            context.tell(format!("note: `{key}` is no address of this machine alone; others may reach it"));
        }
    }
    Ok(())
}

/// A network, or the one address in it.
fn network(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() {
        network.addr().to_string()
    } else {
        network.to_string()
    }
}

/// Tells what is done, a line for each thing. Readers leave also when nobody reads about
/// it, or holds the terminal.
struct Journal {
    is_quiet: bool,
    has_colour: bool,
    out: Printer,
    err: Printer,
    /// The last trouble, and when it was told.
    trouble: Option<(DeskError, Timestamp)>,
}

impl Journal {
    fn open(is_quiet: bool, has_colour: bool) -> Result<Self, Problems> {
        let out = Printer::start(std::io::stdout(), UNTOLD).map_err(serving::cannot_start)?;
        let err = Printer::start(std::io::stderr(), UNTOLD).map_err(serving::cannot_start)?;
        Ok(Self { is_quiet, has_colour, out, err, trouble: None })
    }

    fn tell(&mut self, told: Told) {
        let at = told.at.strftime("%Y-%m-%d %H:%M:%S UTC");
        let took = told.took.as_millis();
        let what = match told.what {
            What::Left { by, new: true } => format!("left by {}", by.word()),
            What::Left { by, new: false } => format!("left again by {}", by.word()),
            What::Returned(true) => "came back".to_owned(),
            What::Returned(false) => "could not come back by an old link".to_owned(),
            What::Said => "said why".to_owned(),
            What::Tested => "tested the way out".to_owned(),
            What::Trouble(error) => return self.warn(error, told.at),
        };
        if !self.is_quiet {
            self.out.print(format!("{at} {what}, {took} ms\n"));
        }
    }

    fn warn(&mut self, error: DeskError, at: Timestamp) {
        let told_lately = self.trouble.as_ref().is_some_and(|(last, since)| {
            *last == error && at.duration_since(*since).unsigned_abs() < ONCE_IN
        });
        if told_lately {
            return;
        }
        self.trouble = Some((error.clone(), at));
        let at = at.strftime("%Y-%m-%d %H:%M:%S UTC");
        let problem = report::text(&[Problem::new(error)], self.has_colour, "");
        self.err.print(format!("{at} a reader was told to try again:\n{problem}"));
    }

    /// Lets what is told be written, unless nobody takes it.
    async fn close(self) {
        tokio::join!(self.out.finish(), self.err.finish());
    }
}
