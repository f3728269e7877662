//! `letterpress suppress`: who gets no mail, whatever a list says.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::audience::{EmailAddress, Suppression, SuppressionReason};
use crate::problem::{Problem, Problems, Source, Span};
use crate::store::Store;

use super::state::{open, problems};
use super::unsubscribe::UnsubscribeError;
use super::{CliError, Context, Exit, files};

/// What `letterpress suppress` is asked for.
#[derive(Debug, Args)]
pub struct SuppressArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: SuppressCommand,
}

/// What can be done with suppressions.
#[derive(Debug, Subcommand)]
pub enum SuppressCommand {
    /// Send these addresses nothing any more; a running send keeps to it at the next mail.
    Add {
        /// The addresses; `-` reads them from standard input, one a line.
        #[arg(value_name = "ADDRESS", required = true)]
        addresses: Vec<String>,
        /// As what: `unsubscribed` and `complained` are for who said no themselves, and
        /// `suppress remove` brings them back only with `--allow`.
        #[arg(long, value_parser = reasons(), default_value = "manual")]
        reason: SuppressionReason,
        /// Why, in a few words.
        #[arg(long)]
        note: Option<String>,
    },
    /// Let this address get mail again. Whoever said themselves that they want none may
    /// only come back themselves.
    Remove {
        /// The address.
        address: String,
        /// Although they said so: because they asked you for the mail since.
        #[arg(long, value_name = "CHECK", value_parser = ["unsubscribed", "complained"])]
        allow: Option<String>,
    },
    /// Tell all of them.
    List {
        /// Report as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// The words of the reasons.
fn reasons() -> impl TypedValueParser<Value = SuppressionReason> {
    PossibleValuesParser::new(SuppressionReason::ALL.map(SuppressionReason::word))
        .try_map(|word| SuppressionReason::parse(&word).ok_or("no reason"))
}

pub(super) fn run(args: &SuppressArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    match &args.what {
        SuppressCommand::Add { addresses, reason, note } => {
            add(addresses, *reason, note.as_deref(), context)?;
        }
        SuppressCommand::Remove { address, allow } => remove(address, allow.as_deref(), context)?,
        SuppressCommand::List { .. } => list(context)?,
    }
    Ok(Exit::Done)
}

fn remove(written: &str, allowed: Option<&str>, context: &mut Context<'_>) -> Result<(), Problems> {
    let address = files::address(written)?;
    let store = open(context)?;
    let gone = match store.suppression_of(&address).map_err(problems)? {
        Some(Suppression { reason, since, .. }) if is_their_own(reason) => {
            if allowed != Some(reason.word()) {
                let address = address.to_string();
                return Err(Problem::new(UnsubscribeError::SaidNo { address, reason, since }).into());
            }
            store.welcome_back(&address, reason, (context.now)()).map_err(problems)?
        }
        _ => store.unsuppress(&address).map_err(problems)?,
    };
    let said = if gone { "may get mail again" } else { "was not suppressed" };
    context.print(format!("{address} {said}"))
}

/// Whether people are suppressed so who said themselves that they want no mail.
fn is_their_own(reason: SuppressionReason) -> bool {
    matches!(reason, SuppressionReason::Unsubscribed | SuppressionReason::Complained)
}

fn add(
    written: &[String],
    reason: SuppressionReason,
    note: Option<&str>,
    context: &mut Context<'_>,
) -> Result<(), Problems> {
    let addresses = addresses(written, context)?;
    let store = open(context)?;
    let new = store.suppress_all(&addresses, reason, note, (context.now)());
    let mut entered = Vec::new();
    for (address, new) in addresses.iter().zip(new.map_err(problems)?) {
        let said = if new { "gets nothing any more" } else { "was suppressed already" };
        context.print(format!("{address} {said}"))?;
        entered.extend(new.then_some(address));
    }
    tell_strangers(&entered, &store, context)
}

/// The addresses of a command, all of them good.
fn addresses(written: &[String], context: &mut Context<'_>) -> Result<Vec<EmailAddress>, Problems> {
    let (mut addresses, mut found) = (Vec::new(), Vec::new());
    for text in written {
        if text == "-" {
            let (read, wrong) = read_addresses(context)?;
            addresses.extend(read);
            found.extend(wrong);
        } else {
            addresses.extend(files::noted(files::address(text), &mut found));
        }
    }
    Ok(Problems::check(addresses, found)?.0)
}

/// The addresses on standard input, and what is wrong with others that stand there.
fn read_addresses(context: &mut Context<'_>) -> Result<(Vec<EmailAddress>, Vec<Problem>), Problems> {
    let mut bytes = Vec::new();
    let read = context.input.read_to_end(&mut bytes);
    let text = read.and_then(|_| String::from_utf8(bytes).map_err(std::io::Error::other));
    let text = text.map_err(|error| Problem::new(CliError::Input(error)))?;
    let source = Source::new("standard input", text.as_str());
    let (mut addresses, mut found) = (Vec::new(), Vec::new());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let written = line.trim();
        let at = start + line.find(written).unwrap_or(0);
        start += line.len();
        if written.is_empty() {
            continue;
        }
        match EmailAddress::parse(written) {
            Ok(address) => addresses.push(address),
            Err(why) => {
                let condition = CliError::NotAnAddress { text: written.to_owned(), why };
                found.push(Problem::at(condition, &source, Span::new(at, at + written.len())));
            }
        }
    }
    let more = found.len().saturating_sub(TOLD);
    if more > 0 {
        found.truncate(TOLD);
        found.push(Problem::new(CliError::MoreLines(more)));
    }
    Ok((addresses, found))
}

/// Most strangers who are told one by one.
const TOLD: usize = 20;

/// Tells of whom no plan ever knew: their address may be written wrongly, and then
/// somebody else goes on getting mail.
fn tell_strangers(
    entered: &[&EmailAddress],
    store: &Store,
    context: &mut Context<'_>,
) -> Result<(), Problems> {
    // Where nothing was planned yet, everybody is a stranger.
    if store.campaigns().map_err(problems)?.is_empty() {
        return Ok(());
    }
    let strangers = store.strangers(entered).map_err(problems)?;
    for address in strangers.iter().take(TOLD) {
        context.tell(format!("note: nothing was ever planned for {address}; is it written right?"));
    }
    if strangers.len() > TOLD {
        context.tell(format!("and for {} others", strangers.len() - TOLD));
    }
    Ok(())
}

fn list(context: &mut Context<'_>) -> Result<(), Problems> {
    let all = open(context)?.suppressions().map_err(problems)?;
    if context.json {
        let rows: Vec<_> = all
            .iter()
            .map(|one| {
                json!({
                    "address": one.address.as_str(),
                    "reason": one.reason.word(),
                    "since": one.since.to_string(),
                    "note": one.note,
                })
            })
            .collect();
        return context.print(format!("{:#}", json!({ "suppressions": rows })));
    }
    for one in &all {
        let note = one.note.as_ref().map(|note| format!("  {note}")).unwrap_or_default();
        context.print(format!(
            "{}  {}  {}{note}",
            one.address,
            one.reason.word(),
            one.since.strftime("%Y-%m-%d")
        ))?;
    }
    if all.is_empty() {
        context.tell("nobody is suppressed");
    }
    Ok(())
}
