//! What can be written on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::{
    account, build, campaign, check, demo, dkim, inbox, init, new, plan, preview, send, serve, state,
    suppress, test, theme, tick, unsubscribe, why,
};

const EXAMPLES: &str = "\
Examples:
  letterpress demo                                  see it work, without any setup
  letterpress init my-newsletter                    a folder to write in
  letterpress preview articles/spring.md            write beside a live preview
  letterpress build articles/spring.md --out out    email.html, .txt, .mjml and .eml
  letterpress check articles/spring.md --list subscribers.csv
  letterpress test articles/spring.md --to me@example.com
  letterpress send articles/spring.md --list subscribers.csv --rehearse
  letterpress plan articles/spring.md --list subscribers.csv
  letterpress campaign show spring                  who has it, who has not, and why
  letterpress serve                                 the pages on which readers leave";

/// Turns an article into a newsletter and sends it to a list.
#[derive(Debug, Parser)]
#[command(name = "letterpress", version, after_help = EXAMPLES)]
#[command(max_term_width = 100)]
pub struct Arguments {
    /// Read this file instead of the newsletter.toml here or above.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Colour messages: auto, always or never.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub color: Colour,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send the example article to the example list on this machine, and show it.
    Demo(demo::DemoArgs),
    /// Set up a folder in which a newsletter is written.
    Init(init::InitArgs),
    /// Begin an article.
    New(new::NewArgs),
    /// Tell the themes there are, and copy files of them to change.
    Theme(theme::ThemeArgs),
    /// Show an article as mail programs will, live while it is written.
    Preview(preview::PreviewArgs),
    /// Write an article as email.html, email.txt, email.mjml and email.eml.
    Build(build::BuildArgs),
    /// Tell everything that is wrong with an article before it is sent, and ask nobody.
    Check(check::CheckArgs),
    /// Send an article to named people, marked as a test.
    Test(test::TestArgs),
    /// Send an article to a list.
    Send(send::SendArgs),
    /// Show who would get what, and keep it to be sent exactly so.
    Plan(plan::PlanArgs),
    /// Tell how far campaigns are, and carry them on.
    Campaign(campaign::CampaignArgs),
    /// Do whatever is due, and nothing else; for cron, every minute.
    Tick(tick::TickArgs),
    /// Serve the pages readers leave on, behind a proxy that speaks TLS.
    Serve(serve::ServeArgs),
    /// Tell what happened to one person's mail.
    Why(why::WhyArgs),
    /// Tell what became of everybody a campaign was for.
    Report(account::ReportArgs),
    /// Keep addresses from getting mail.
    Suppress(suppress::SuppressArgs),
    /// Read who leaves from mails, and tell who left.
    Unsubscribe(unsubscribe::UnsubscribeArgs),
    /// Begin, show, back up and restore what outlives a checkout.
    State(state::StateArgs),
    /// Show the mail that was caught on this machine.
    Inbox(inbox::InboxArgs),
    /// Make keys that sign the mail.
    Dkim(dkim::DkimArgs),
}

impl Command {
    /// Whether data is to be JSON, problems included.
    pub(super) fn wants_json(&self) -> bool {
        match self {
            Self::Demo(args) => args.json,
            Self::Build(args) => args.json,
            Self::Check(args) => args.json,
            Self::Send(args) => args.json,
            Self::Plan(args) => args.json,
            Self::Campaign(args) => args.what.wants_json(),
            Self::Why(args) => args.json,
            Self::Report(args) => args.json,
            Self::Suppress(args) => matches!(args.what, suppress::SuppressCommand::List { json: true }),
            Self::Unsubscribe(args) => args.what.wants_json(),
            Self::State(args) => matches!(args.what, state::StateCommand::Show { json: true }),
            Self::Dkim(args) => args.command.wants_json(),
            Self::Init(_)
            | Self::New(_)
            | Self::Theme(_)
            | Self::Preview(_)
            | Self::Test(_)
            | Self::Tick(_)
            | Self::Serve(_)
            | Self::Inbox(_) => false,
        }
    }

    /// Whether it reads mail from standard input, as a mail server's pipe hands it in.
    pub(super) fn hears_input(&self) -> bool {
        matches!(self, Self::Unsubscribe(args) if args.what.hears_input())
    }

    /// What became of it when there were problems.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Init(_) | Self::New(_) | Self::Theme(_) | Self::Build(_) | Self::Dkim(_) => {
                "nothing was written"
            }
            Self::Demo(_) | Self::Test(_) | Self::Send(_) => "nothing was sent",
            Self::Preview(_) | Self::Serve(_) | Self::Inbox(_) => "nothing was started",
            Self::Plan(_) => "nothing was planned",
            Self::Suppress(args) if matches!(args.what, suppress::SuppressCommand::List { .. }) => "",
            Self::State(args) if matches!(args.what, state::StateCommand::Show { .. }) => "",
            Self::State(args) if matches!(args.what, state::StateCommand::Backup { .. }) => {
                "nothing was written"
            }
            Self::Suppress(_) | Self::State(_) => "nothing was changed",
            Self::Check(_)
            | Self::Campaign(_)
            | Self::Tick(_)
            | Self::Why(_)
            | Self::Report(_)
            | Self::Unsubscribe(_) => "",
        }
    }
}

/// When messages have colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// What `--color` asks for, found before parsing: the parser's own messages have
    /// colours too.
    pub(super) fn asked(args: &[OsString]) -> Self {
        let texts = args.iter().map(|arg| arg.to_str().unwrap_or_default());
        let followers = args.iter().skip(1).map(|arg| arg.to_str().unwrap_or_default());
        let mut asked = Self::Auto;
        for (text, follower) in texts.zip(followers.chain([""])) {
            let value = if text == "--color" { Some(follower) } else { text.strip_prefix("--color=") };
            if text == "--" {
                break;
            }
            if let Some(colour) = value.and_then(|value| Self::from_str(value, false).ok()) {
                asked = colour;
            }
        }
        asked
    }
}
