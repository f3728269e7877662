//! The command line: one file a subcommand. The only room that prints, exits and
//! reads the clock.
//!
//! Data goes to standard output, messages to standard error. Exit codes are in
//! [`Exit`].

mod account;
mod agree;
mod appointment;
mod args;
mod build;
mod campaign;
mod check;
mod context;
mod demo;
mod dkim;
mod durability;
mod error;
mod exit;
mod export;
mod files;
mod inbox;
mod init;
mod new;
mod outlook;
mod pictures;
mod plan;
mod post;
mod preview;
mod printer;
mod rehearsal;
pub mod report;
mod safety;
mod send;
mod serve;
mod serving;
mod signals;
mod state;
mod suppress;
mod test;
mod theme;
mod tick;
#[cfg(debug_assertions)]
mod trial;
mod unsubscribe;
mod way_out;
mod why;

use std::ffi::OsString;
use std::io::{BufRead, IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches};

pub use args::{Arguments, Colour, Command};
pub use context::{ConfigPlace, Context};
pub use error::CliError;
pub use exit::Exit;

use crate::config::{Config, Environment};
use crate::problem::{Problem, Problems};

/// What the edge of the program knows and hands down.
pub struct Edge<'a> {
    /// The environment.
    pub environment: Environment,
    /// The working folder, where the search for the configuration begins.
    pub folder: PathBuf,
    /// The clock.
    pub now: fn() -> jiff::Timestamp,
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// Standard input.
    pub input: &'a mut dyn BufRead,
    /// Whether a person is at standard input.
    pub in_is_terminal: bool,
    /// Whether standard output is a terminal.
    pub out_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub err_is_terminal: bool,
}

/// Runs the program on the real terminal.
pub fn start(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let in_is_terminal = std::io::stdin().is_terminal();
    let mut input = std::io::stdin().lock();
    let (out_is_terminal, err_is_terminal) = (out.is_terminal(), err.is_terminal());
    let (folder, gone) = match std::env::current_dir() {
        Ok(folder) => (folder, None),
        Err(error) => (PathBuf::from("."), Some(error.kind())),
    };
    if let Some(kind) = gone {
        let problem = Problem::new(CliError::NoFolder(kind));
        let _ = err.write_all(report::text([&problem], false, "").as_bytes());
        return Exit::from(problem.class()).into();
    }
    let environment = Environment::read();
    #[cfg(debug_assertions)]
    if let Some(wrong) = trial::begin(&environment) {
        let _ = writeln!(err, "{wrong}");
        return Exit::Usage.into();
    }
    let mut edge = Edge {
        environment,
        folder,
        now: clock,
        out: &mut out,
        err: &mut err,
        input: &mut input,
        in_is_terminal,
        out_is_terminal,
        err_is_terminal,
    };
    run(args, &mut edge).into()
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn clock() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    #[cfg(debug_assertions)]
    let now = trial::moved(now);
    now
}

/// Runs one command line; the first of `args` is the name of the program.
pub fn run(args: impl IntoIterator<Item = OsString>, edge: &mut Edge<'_>) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    let asked = Colour::asked(&args);
    let coloured = |terminal: bool| match asked {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => terminal && !edge.environment.no_color,
    };
    let (out_colour, err_colour) = (coloured(edge.out_is_terminal), coloured(edge.err_is_terminal));
    let mut command = Arguments::command().color(ColorChoice::Always);
    let parsed =
        command.try_get_matches_from_mut(args).and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version that were asked for are data; anything else is a message.
            let (to, colour): (&mut dyn Write, bool) =
                if error.use_stderr() { (&mut *edge.err, err_colour) } else { (&mut *edge.out, out_colour) };
            let text = error.render();
            let text = if colour { text.ansi().to_string() } else { text.to_string() };
            let _ = to.write_all(text.as_bytes());
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let Some(subcommand) = arguments.command else {
        let help = command.render_help();
        let help = if out_colour { help.ansi().to_string() } else { help.to_string() };
        let _ = edge.out.write_all(help.as_bytes());
        return Exit::Done;
    };
    let place = ConfigPlace {
        environment: edge.environment.clone(),
        folder: edge.folder.clone(),
        named: arguments.config.clone(),
    };
    let for_a_pipe = subcommand.hears_input() && !edge.in_is_terminal;
    let work = || carry_out(&subcommand, place, edge, err_colour, for_a_pipe);
    if !for_a_pipe {
        return work();
    }
    // Nobody shows this mail again, whatever became of us.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Exit::Later)
}

/// Does what was asked for, and tells what went wrong; `for_a_pipe` says that the exit code
/// answers a mail server.
fn carry_out(
    command: &Command,
    place: ConfigPlace,
    edge: &mut Edge<'_>,
    colour: bool,
    for_a_pipe: bool,
) -> Exit {
    let json = command.wants_json();
    let config = match command {
        // What it begins is not here yet; what lies above is not its business.
        Command::Init(_) => Config::without_file(&place.folder, &place.environment),
        _ => place.read(),
    };
    let result = config.and_then(|config| {
        let mut context = Context {
            config,
            place,
            now: edge.now,
            out: &mut *edge.out,
            err: &mut *edge.err,
            input: &mut *edge.input,
            in_is_terminal: edge.in_is_terminal,
            darkroom: pictures::darkroom(edge.err_is_terminal),
            colour,
            json,
        };
        dispatch(command, &mut context)
    });
    let exit = finish(&result, edge.out, edge.err, json, colour, command.outcome());
    if for_a_pipe { unsubscribe::answer(&result, exit) } else { exit }
}

fn dispatch(command: &Command, context: &mut Context<'_>) -> Result<Exit, Problems> {
    // What needs a state says itself that the newsletter is missing.
    let needs_state = matches!(
        command,
        Command::Tick(_)
            | Command::Serve(_)
            | Command::Campaign(_)
            | Command::Why(_)
            | Command::Report(_)
            | Command::Suppress(_)
            | Command::Unsubscribe(_)
            | Command::State(_)
    );
    let begins = matches!(command, Command::Init(_) | Command::New(_) | Command::Theme(_));
    if !needs_state && !begins {
        context.tell_defaults();
    }
    if matches!(command, Command::Tick(_) | Command::Serve(_)) && context.config.file.is_none() {
        // Cron starts in a folder of its own: what is missing is the newsletter, not its relay.
        return Err(Problem::new(CliError::NoNewsletter).into());
    }
    match command {
        Command::Demo(args) => demo::run(args, context),
        Command::Init(args) => init::run(args, context),
        Command::New(args) => new::run(args, context),
        Command::Theme(args) => theme::run(args, context),
        Command::Preview(args) => preview::run(args, context),
        Command::Build(args) => build::run(args, context),
        Command::Check(args) => check::run(args, context),
        Command::Test(args) => test::run(args, context),
        Command::Send(args) => send::run(args, context),
        Command::Plan(args) => plan::run(args, context),
        Command::Campaign(args) => campaign::run(args, context),
        Command::Tick(args) => tick::run(args, context),
        Command::Serve(args) => serve::run(args, context),
        Command::Why(args) => why::run(args, context),
        Command::Report(args) => account::run(args, context),
        Command::Suppress(args) => suppress::run(args, context),
        Command::Unsubscribe(args) => unsubscribe::run(args, context),
        Command::State(args) => state::run(args, context),
        Command::Inbox(args) => inbox::run(args, context),
        Command::Dkim(args) => dkim::run(args, context),
    }
}

/// Tells what went wrong, if anything did, and how the run ends.
fn finish(
    result: &Result<Exit, Problems>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    json: bool,
    colour: bool,
    outcome: &str,
) -> Exit {
    match result {
        Ok(exit) => *exit,
        // Whoever closed our output has read enough: `letterpress build … | head`.
        Err(problems) if is_closed_pipe(problems) => Exit::Done,
        Err(problems) => {
            let data = || format!("{:#}", serde_json::json!({ "problems": report::json(problems) }));
            if !json || writeln!(out, "{}", data()).is_err() {
                // The work was done before it could not be told.
                let outcome = if problems.iter().any(is_output) { "" } else { outcome };
                let _ = err.write_all(report::text(problems, colour, outcome).as_bytes());
            }
            problems.class().into()
        }
    }
}

fn is_output(problem: &Problem) -> bool {
    matches!(problem.condition(), Some(CliError::Output(_)))
}

fn is_closed_pipe(problems: &Problems) -> bool {
    problems.iter().all(|problem| {
        matches!(problem.condition(), Some(CliError::Output(kind)) if *kind == std::io::ErrorKind::BrokenPipe)
    })
}
