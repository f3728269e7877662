//! `letterpress unsubscribe import`: whoever asks for it by mail leaves.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use crate::audience::Tokens;
use crate::cli::state::open;
use crate::cli::{Context, Exit};
use crate::mailbag::{Asked, Letter};
use crate::problem::{Problem, Problems};
use crate::store::{Granted, Store, StoreError, Wish};

use super::UnsubscribeError;
use super::heard::{Heard, Mute, Why};
use super::mailboxes::{Found, Mailbox};

/// What `letterpress unsubscribe import` is asked for.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Maildirs, mboxes and single mails; `-`, or none, reads standard input.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Tell what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

impl ImportArgs {
    /// Whether a mail is read from standard input.
    pub(super) fn hears_input(&self) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|path| path == Path::new("-"))
    }
}

/// What a mail server is answered that handed a mail in, whose run ends with `exit`.
///
/// It sends a mail back for good on nearly everything but [`Exit::Later`]. So nothing else
/// is said but of the mail itself: whatever is wrong here, it keeps the mail and tries again.
pub(in crate::cli) fn answer(result: &Result<Exit, Problems>, exit: Exit) -> Exit {
    let is_of_the_mail = |problem: &Problem| {
        problem.condition::<UnsubscribeError>().is_some_and(UnsubscribeError::is_of_the_mail)
    };
    match result {
        Ok(_) => exit,
        Err(problems) if exit == Exit::Done || problems.iter().all(is_of_the_mail) => exit,
        Err(_) => Exit::Later,
    }
}

/// Most wishes of one commit: others write as well.
const CHUNK: usize = 200;

pub(super) fn run(args: &ImportArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let (mailboxes, store) = Problems::both(Mailbox::named(&args.paths), open(context).map_err(patient))?;
    let mut import = Import {
        tokens: store.tokens(&context.config.id).map_err(waits)?,
        store,
        now: (context.now)(),
        dry_run: args.dry_run,
        new: HashSet::new(),
        gone: HashSet::new(),
        wishes: Vec::new(),
        heard: Heard::default(),
    };
    for mailbox in &mailboxes {
        if *mailbox == Mailbox::Input && context.in_is_terminal {
            context.tell("reading a mail from standard input; Ctrl-D ends it");
        }
        mailbox.each(context.input, |found| import.hear(found, *mailbox == Mailbox::Input))?;
    }
    import.commit()?;
    let heard = import.heard;
    let alone = mailboxes == [Mailbox::Input];
    if alone && heard.read == 0 && heard.unreadable == 0 {
        return Err(Problem::new(UnsubscribeError::NoMail).into());
    }
    // Whoever wrote it is told by the mail server that handed it in; programs are not.
    let bounced = alone && heard.read == 1 && heard.unreadable == 0 && heard.is_to_be_answered();
    if context.json {
        context.print(format!("{:#}", heard.as_json(args.dry_run)))?;
    } else if bounced {
        let newsletter = context.config.newsletter.name.clone();
        return Err(Problem::new(UnsubscribeError::NoToken { newsletter }).into());
    } else {
        heard.tell(args.dry_run, context)?;
    }
    Ok(match heard.unreadable {
        0 if !bounced => Exit::Done,
        1.. if args.hears_input() && !context.in_is_terminal => Exit::Later,
        _ => Exit::Data,
    })
}

/// A trouble with the state that passes: the mail is kept where it is until then.
fn waits(error: StoreError) -> Problems {
    use StoreError::{Damaged, Database, Io, ReadOnly};
    match error {
        ReadOnly { .. } | Io { .. } | Damaged { .. } | Database(_) => {
            Problem::new(UnsubscribeError::State(error)).into()
        }
        error => Problem::new(error).into(),
    }
}

/// The same for problems that were told already.
fn patient(found: Problems) -> Problems {
    let error = found.iter().find_map(|problem| problem.condition::<StoreError>().cloned());
    error.map_or(found, waits)
}

/// Mails that are being heard.
struct Import {
    store: Store,
    tokens: Tokens,
    now: Timestamp,
    dry_run: bool,
    /// The mails of this run that were not heard before.
    new: HashSet<[u8; 32]>,
    /// Whom a dry run would take out, by key.
    gone: HashSet<String>,
    /// What is to be granted in the next commit.
    wishes: Vec<Wish>,
    heard: Heard,
}

impl Import {
    /// Hears one mail; `by_itself` says that nobody shows it again.
    fn hear(&mut self, found: Found, by_itself: bool) -> Result<(), Problems> {
        let (mail, place) = match found {
            Found::Mail(mail, place) => (mail, place),
            Found::Unreadable(error) => {
                self.heard.unread(error);
                return Ok(());
            }
        };
        self.heard.read += 1;
        let fingerprint = mail.fingerprint;
        if !self.new.insert(fingerprint) {
            self.heard.before += 1;
            return Ok(());
        }
        if self.store.is_mail_heard(&fingerprint).map_err(waits)? {
            self.new.remove(&fingerprint);
            self.heard.before += 1;
            return Ok(());
        }
        let letter = Letter::read(&mail);
        let address = match letter.asks(&self.tokens) {
            Asked::Leave(address) => Some(address),
            Asked::Other => {
                self.heard.mute(Mute::new(Why::NotOurs, letter, place));
                None
            }
            Asked::Nothing => {
                let why = if mail.is_cut { Why::TooLong } else { Why::NoToken };
                self.heard.mute(Mute::new(why, letter, place));
                None
            }
        };
        if address.is_some() || !by_itself {
            self.wishes.push(Wish::LeaveByMail { fingerprint, address });
        }
        if self.wishes.len() == CHUNK { self.commit() } else { Ok(()) }
    }

    /// Grants what was asked for so far, in one commit.
    fn commit(&mut self) -> Result<(), Problems> {
        let wishes = std::mem::take(&mut self.wishes);
        if wishes.is_empty() {
            return Ok(());
        }
        if self.dry_run {
            return self.guess(&wishes);
        }
        for granted in self.store.grant(&wishes, self.now).map_err(waits)? {
            match granted {
                Granted::Left { new: true, .. } => self.heard.left += 1,
                Granted::Left { new: false, .. } => self.heard.had_left += 1,
                // Somebody else hears mails as well.
                Granted::Known => self.heard.before += 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// What would come of these wishes.
    fn guess(&mut self, wishes: &[Wish]) -> Result<(), Problems> {
        for wish in wishes {
            let Wish::LeaveByMail { address: Some(address), .. } = wish else { continue };
            let is_gone = self.store.suppression_of(address).map_err(waits)?.is_some();
            if is_gone || !self.gone.insert(address.key()) {
                self.heard.had_left += 1;
            } else {
                self.heard.left += 1;
            }
        }
        Ok(())
    }
}
