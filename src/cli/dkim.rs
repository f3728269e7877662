//! `letterpress dkim`: keys that sign the mail.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::message::dkim::{Algorithm, Signer, generate, is_selector};
use crate::problem::{Problem, Problems};

use super::{CliError, Context, Exit};

/// What `letterpress dkim` is asked for.
#[derive(Debug, Args)]
pub struct DkimArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: DkimCommand,
}

/// The subcommands of `letterpress dkim`.
#[derive(Debug, Subcommand)]
pub enum DkimCommand {
    /// Make a key, and show what to publish in DNS and to write into newsletter.toml.
    Keygen(KeygenArgs),
}

/// What `letterpress dkim keygen` is asked for.
#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// The name to publish the key under.
    #[arg(long, value_name = "NAME")]
    pub selector: Option<String>,
    /// Make an Ed25519 key, to sign with beside an RSA key.
    #[arg(long)]
    pub ed25519: bool,
    /// Write the private key into this file; one that is there is not touched.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

impl DkimCommand {
    pub(super) fn wants_json(&self) -> bool {
        let Self::Keygen(args) = self;
        args.json
    }
}

pub(super) fn run(args: &DkimArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let DkimCommand::Keygen(args) = &args.command;
    let algorithm = if args.ed25519 { Algorithm::Ed25519 } else { Algorithm::Rsa };
    let usual = match algorithm {
        Algorithm::Rsa => "letterpress",
        Algorithm::Ed25519 => "letterpress-ed25519",
    };
    let selector = args.selector.as_deref().unwrap_or(usual);
    if !is_selector(selector) {
        return Err(Problem::new(CliError::NotASelector(selector.to_owned())).into());
    }
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("dkim-{selector}.pem")));
    keygen(algorithm, selector, &out, context)
}

/// Makes a key, keeps its private half in `out` and tells the public one.
fn keygen(
    algorithm: Algorithm,
    selector: &str,
    out: &Path,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let configured = context.config.dkim.as_ref().map(|dkim| dkim.domain.clone());
    let domain = configured.unwrap_or_else(|| context.config.sender.from.address.domain().to_owned());
    let pem = generate(algorithm).map_err(Problem::new)?;
    let signer = Signer::new(&pem, &domain, selector).map_err(Problem::new)?;
    keep(out, &pem)?;
    let lines = settings(algorithm, selector, &as_configured(out, context));
    let strings = signer.record_strings();
    if context.json {
        let report = json!({
            "file": out,
            "algorithm": algorithm.name(),
            "record": {
                "name": signer.record_name(),
                "type": "TXT",
                "value": signer.record(),
                "strings": strings,
            },
            "newsletter_toml": format!("[dkim]\n{lines}"),
        });
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    context.tell(format!("the private key is in {}; keep it out of version control", out.display()));
    let quoted: Vec<String> = strings.iter().map(|string| format!("\"{string}\"")).collect();
    context.print(format!(
        "Publish this in DNS:\n\n  name   {}\n  type   TXT\n  value  {}\n\n\
         and write this into newsletter.toml:\n\n[dkim]\n{lines}",
        signer.record_name(),
        quoted.join("\n         "),
    ))?;
    if quoted.len() > 1 {
        context.tell("the value is one text in several strings: where a form takes one, leave out the quotes and what is between them");
    }
    Ok(Exit::Done)
}

/// The lines under `[dkim]` that name the key.
fn settings(algorithm: Algorithm, selector: &str, file: &Path) -> String {
    let prefix = match algorithm {
        Algorithm::Rsa => "",
        Algorithm::Ed25519 => "ed25519_",
    };
    let file = file.display().to_string();
    // A path in single quotes is taken as it stands, backslashes and all.
    let file = if file.contains(['\\', '"']) { format!("'{file}'") } else { format!("\"{file}\"") };
    format!("{prefix}selector = \"{selector}\"\n{prefix}key = {{ file = {file} }}")
}

/// The path as it is written in the configuration, where it begins in that file's folder.
fn as_configured(out: &Path, context: &Context<'_>) -> PathBuf {
    let whole = context.place.folder.join(out);
    match whole.strip_prefix(&context.config.root) {
        Ok(below) => below.to_owned(),
        Err(_) => whole,
    }
}

/// Writes a private key into a new file that only its owner may read.
fn keep(path: &Path, pem: &str) -> Result<(), Problem> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Problem::new(CliError::Exists(path.to_owned())),
        _ => Problem::new(CliError::Write { path: path.to_owned(), error }),
    };
    let mut file = options.open(path).map_err(refused)?;
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a key helps nobody, and would stand in the way of the next.
        let _ = std::fs::remove_file(path);
        refused(error)
    })
}
