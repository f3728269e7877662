//! `letterpress campaign reconcile`: the unknown are settled, by evidence or by the
//! publisher's word.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::retry::answered;
use super::sent;
use super::show::{as_json, said};
use crate::audience::{EmailAddress, SuppressionReason};
use crate::cli::agree::agree;
use crate::cli::state::{open, problems};
use crate::cli::{CliError, Context, Exit, files};
use crate::evidence::{self, Fate, Finding, Sought};
use crate::outbox::{State, Step};
use crate::press::{Content, condemns};
use crate::problem::{Problem, Problems};
use crate::store::{Campaign, CampaignState, Delivery, ReplyRecord, Store};

/// What `letterpress campaign reconcile` is asked for.
#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// Its number or slug.
    pub campaign: String,
    /// A log of the relay's Postfix that has these mails; several, the oldest first.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub log: Vec<PathBuf>,
    /// A table of the provider's, with a column `message_id` or `queue_id` and one
    /// named `status`.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub csv: Vec<PathBuf>,
    /// What becomes of those of whom nothing is found: stay unknown, be sent again
    /// with the same Message-ID and date, or be left without.
    #[arg(long, value_enum, default_value_t = Policy::Hold)]
    pub policy: Policy,
    /// Only these people.
    #[arg(long, value_name = "ADDRESS", num_args = 1.., value_delimiter = ',')]
    pub who: Vec<String>,
    /// Tell what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Send again although the state comes from a backup: who got it since, and who
    /// left, is not known here.
    #[arg(long, value_name = "CHECK", value_parser = ["restored"])]
    pub allow: Option<String>,
    /// Do not ask; for scripts.
    #[arg(long)]
    pub yes: bool,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What becomes of an unknown one without evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Policy {
    /// It stays unknown.
    Hold,
    /// It is sent again, as the same message.
    Resend,
    /// It is not sent again.
    Skip,
}

/// An unknown delivery, and what is to become of it.
struct Case {
    delivery: Delivery,
    message_id: String,
    finding: Option<Finding>,
    /// None when it stays unknown.
    step: Option<Step>,
}

impl Case {
    fn decide(&mut self, policy: Policy) {
        let fate = self.finding.as_ref().map(|finding| finding.fate);
        self.step = match (fate, policy) {
            (Some(Fate::Taken | Fate::PassedOn), _) => Some(Step::Accept),
            (Some(Fate::Bounced), _) => Some(Step::Fail),
            (Some(Fate::Begun) | None, Policy::Hold) => None,
            (Some(Fate::Begun) | None, Policy::Resend) => Some(Step::Resend),
            (Some(Fate::Begun) | None, Policy::Skip) => Some(Step::Cancel),
        };
    }

    /// What is written down with it: the words of the evidence.
    fn reply(&self) -> Option<ReplyRecord> {
        let finding = self.finding.as_ref()?;
        let phase = match finding.fate {
            Fate::Begun => return None,
            Fate::Taken | Fate::Bounced | Fate::PassedOn => "the relay's own record".to_owned(),
        };
        Some(ReplyRecord { phase, code: 0, text: finding.words.clone() })
    }

    fn becomes(&self) -> &'static str {
        match self.step {
            Some(Step::Accept) => "accepted",
            Some(Step::Fail) => "failed",
            Some(Step::Resend) => "to be sent again",
            Some(_) => "not to be sent again",
            None => "unknown",
        }
    }
}

pub(super) fn run(args: &ReconcileArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let store = open(context)?;
    let campaign = sent(&store, &args.campaign)?;
    let mut cases = cases(args, &store, &campaign, context)?;
    look(args, &mut cases)?;
    for case in &mut cases {
        case.decide(args.policy);
    }
    if !context.json {
        tell(&cases, context);
    }
    let changes = cases.iter().filter(|case| case.step.is_some()).count();
    let mut done = 0;
    if changes > 0 && !args.dry_run {
        if cases.iter().any(|case| case.step == Some(Step::Resend)) {
            answered(&store, args.allow.is_some())?;
        }
        let to = format!("to write that down for {changes} of {}", cases.len());
        agree(&campaign.slug, &to, CliError::NotSettled(campaign.slug.clone()), args.yes, context)?;
        if args.allow.is_some() {
            store.answer_for_restored().map_err(problems)?;
        }
        done = settle(&cases, &store, &campaign, context)?;
    }
    conclude(&cases, done, args.dry_run, &store, &campaign, context)
}

/// The unknown of the campaign, or those who were named.
fn cases(
    args: &ReconcileArgs,
    store: &Store,
    campaign: &Campaign,
    context: &Context<'_>,
) -> Result<Vec<Case>, Problems> {
    let mut found = Vec::new();
    let who: Vec<EmailAddress> =
        args.who.iter().filter_map(|text| files::noted(files::address(text), &mut found)).collect();
    let unknown = store.deliveries(campaign.id, Some(State::Unknown), usize::MAX).map_err(problems)?;
    for address in &who {
        if !unknown.iter().any(|one| one.address.key() == address.key()) {
            let state =
                store.delivery_to(campaign.id, address).map_err(problems)?.map(|one| one.state.word());
            let (address, state) = (address.to_string(), state);
            found.push(Problem::new(CliError::NotUnknown { address, state }));
        }
    }
    Problems::check((), found)?;
    let wanted = |one: &Delivery| who.is_empty() || who.iter().any(|who| who.key() == one.address.key());
    let unknown: Vec<Delivery> = unknown.into_iter().filter(wanted).collect();
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    let frozen = store.content(campaign.id).map_err(problems)?;
    let copies = Content::thaw(&frozen, context.secrets(store, [].into())?)?;
    let assembler = copies.assembler();
    let case = |delivery: Delivery| {
        let message_id = assembler.message_id(&delivery.address);
        Case { delivery, message_id, finding: None, step: None }
    };
    Ok(unknown.into_iter().map(case).collect())
}

/// Looks for the cases in everything that was named as evidence.
fn look(args: &ReconcileArgs, cases: &mut [Case]) -> Result<(), Problems> {
    let mut sought = Sought::default();
    for case in cases.iter() {
        let reply = case.delivery.reply.as_ref().map(|reply| reply.text.as_str()).unwrap_or_default();
        sought.add(&case.message_id, &case.delivery.address, evidence::queue_id_in(reply));
    }
    let mut found = Vec::new();
    let mut heard = Vec::new();
    if !args.log.is_empty() {
        heard.push(evidence::maillog::load(&args.log, &sought));
    }
    heard.extend(args.csv.iter().map(|path| evidence::export::load(path, &sought)));
    for findings in heard {
        match findings {
            Ok(findings) => {
                for (case, finding) in cases.iter_mut().zip(findings) {
                    let before = case.finding.as_ref().map(|finding| finding.fate);
                    if finding.as_ref().map(|finding| finding.fate) > before {
                        case.finding = finding;
                    }
                }
            }
            Err(problems) => found.extend(problems),
        }
    }
    Problems::check((), found)?;
    Ok(())
}

fn tell(cases: &[Case], context: &mut Context<'_>) {
    for case in cases {
        let words = match (&case.finding, &case.delivery.reply) {
            (Some(finding), _) => format!(": {}", finding.words),
            (None, Some(reply)) => said(reply),
            (None, None) => String::new(),
        };
        let line = format!("  {}: {}{words}", case.becomes(), case.delivery.address);
        // What somebody asked for is done, also when standard output is closed.
        if context.print(&line).is_err() {
            context.tell(line);
        }
    }
}

/// Writes it down; how many there were. Whoever was settled meanwhile is left alone.
fn settle(
    cases: &[Case],
    store: &Store,
    campaign: &Campaign,
    context: &mut Context<'_>,
) -> Result<usize, Problems> {
    let now = (context.now)();
    // First of all, so that nobody is put back into a campaign whose time is over.
    if cases.iter().any(|case| case.step == Some(Step::Resend)) {
        let until = now.checked_add(context.config.sending.expires).unwrap_or(now);
        store.prolong(campaign.id, until).map_err(problems)?;
    }
    let mut done = 0;
    for case in cases {
        let Some(step) = case.step else { continue };
        let reply = case.reply();
        // Before it is settled, so that nothing in between can forget it.
        if let (Step::Fail, Some(reply)) = (step, reply.as_ref().filter(|reply| condemns(reply))) {
            let (address, bounced) = (&case.delivery.address, SuppressionReason::Bounced);
            store.suppress(address, bounced, Some(&reply.text), now).map_err(problems)?;
        }
        if store.settle_unknown(case.delivery.id, step, reply.as_ref(), now).map_err(problems)? {
            done += 1;
        }
    }
    Ok(done)
}

fn conclude(
    cases: &[Case],
    done: usize,
    dry_run: bool,
    store: &Store,
    campaign: &Campaign,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let counts = store.counts(campaign.id).map_err(problems)?;
    let unknown = counts.of(State::Unknown);
    let exit = if unknown > 0 { Exit::Unsettled } else { Exit::Done };
    if context.json {
        let after = store.campaign(campaign.id).map_err(problems)?;
        let mut report = as_json(after.as_ref().unwrap_or(campaign), &counts);
        report["settled"] = done.into();
        report["cases"] = cases.iter().map(case_as_json).collect();
        if context.print(format!("{report:#}")).is_ok() {
            return Ok(exit);
        }
    }
    let number = campaign.id.0;
    if cases.is_empty() {
        context.tell(format!("nobody of campaign {number} is unknown"));
    } else if dry_run {
        context.tell("a dry run: nothing was written down");
    } else {
        context.tell(format!("{done} settled, {unknown} unknown in campaign {number}"));
    }
    let resent = done > 0 && cases.iter().any(|case| case.step == Some(Step::Resend));
    match campaign.state {
        CampaignState::Cancelled if resent => {
            context.tell("the campaign was called off, so nobody is sent it again");
        }
        _ if resent => context.tell(format!("`letterpress campaign resume {number}` sends them")),
        _ => {}
    }
    if unknown > 0 && cases.iter().any(|case| case.step.is_none()) {
        context.tell(
            "name the relay's log with `--log` or a table with `--csv`, or decide with `--policy resend` \
             (they may get it twice) or `--policy skip` (they may not get it at all)",
        );
    }
    Ok(exit)
}

fn case_as_json(case: &Case) -> Value {
    let fate = case.finding.as_ref().map(|finding| match finding.fate {
        Fate::Begun => "begun",
        Fate::Taken => "taken",
        Fate::Bounced => "bounced",
        Fate::PassedOn => "passed_on",
    });
    json!({
        "address": case.delivery.address.as_str(),
        "message_id": case.message_id,
        "since": case.delivery.changed.to_string(),
        "found": fate,
        "words": case.finding.as_ref().map(|finding| finding.words.as_str()),
        "becomes": case.step.and_then(|step| State::Unknown.after(step)).unwrap_or(State::Unknown).word(),
    })
}
