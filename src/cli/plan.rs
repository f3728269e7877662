//! `letterpress plan`, and what `send` shows before it asks.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::article::Status;
use crate::press::{Content, Doubt, Plan, PressError, Terms, answered, doubts, length};
use crate::problem::{Problem, Problems};
use crate::store::{Campaign, Store};

use super::outlook::Outlook;
use super::state::{open, problems};
use super::way_out::{BULK, advice};
use super::{CliError, Context, Exit, files, pictures, report};

/// What `letterpress plan` is asked for.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The article, a .md, .html or .txt file.
    pub article: PathBuf,
    /// The list, a CSV file; the one the article names when absent.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Show the plan and write nothing down.
    #[arg(long)]
    pub dry_run: bool,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// An article that is there, and the list that was named.
pub(super) struct Wanted {
    pub(super) article: PathBuf,
    pub(super) list: Option<PathBuf>,
}

pub(super) fn run(args: &PlanArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = files::noted(files::article(&args.article), &mut found);
    let list = args.list.as_ref().and_then(|list| files::noted(files::list(list), &mut found));
    let ((article, list), _) = Problems::check((article, list), found)?;
    let wanted = Wanted { article: article.expect("an article without problems was found"), list };
    let store = open(context)?;
    let plan = make(&wanted, &store, context)?;
    let doubts = doubts(&store, &plan.candidate(), (context.now)()).map_err(problems)?;
    let terms = terms(context);
    let shown = Shown::of(&plan, &terms, &store, context)?;
    let id = if args.dry_run { None } else { Some(plan.keep(&store, &terms)?) };
    // The plan is there, and its number is told, even when an older one stays beside it.
    let (replaced, kept) = match id.map(|id| store.replace_plans(id)) {
        Some(Ok(replaced)) => (replaced, None),
        Some(Err(error)) => (Vec::new(), Some(Problem::new(CliError::NotReplaced(error)).warning())),
        None => (Vec::new(), None),
    };
    if context.json {
        let mut report = shown.as_json();
        report["plan"] = id.map(|id| id.0).into();
        report["replaces"] = replaced.iter().map(|id| id.0).collect();
        let named = |doubt: &Doubt| json!({ "name": doubt.name(), "message": doubt.to_string() });
        report["checks"] = doubts.iter().map(named).collect();
        let warnings = &plan.edition.prepared.warnings;
        report["warnings"] = report::json(warnings.iter().chain(&shown.warnings()).chain(&kept));
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    let text = shown.in_words(context);
    context.print(text)?;
    context.warn(&shown.warnings());
    let doubts: Vec<Problem> = doubts.into_iter().map(|doubt| Problem::new(doubt).warning()).collect();
    context.warn(&doubts);
    context.warn(kept.as_slice());
    if context.config.relay.is_none() {
        context.tell(
            "note: no relay is configured, so it cannot be sent before one is named under `[relay]` in \
             `newsletter.toml`",
        );
    }
    if let Some(note) = pictures::to_upload(&plan.edition.prepared, &wanted.article) {
        context.tell(note);
    }
    for old in replaced {
        context.tell(format!("plan {}, never sent, is replaced by this one", old.0));
    }
    match id {
        Some(id) => context.tell(format!("`letterpress send --plan {}` sends exactly this", id.0)),
        None => context.tell("a dry run: nothing was written down"),
    }
    Ok(Exit::Done)
}

/// Plans an article for a list, without those who want no mail.
pub(super) fn make(wanted: &Wanted, store: &Store, context: &mut Context<'_>) -> Result<Plan, Problems> {
    let (prepared, list) = context.prepare(&wanted.article, wanted.list.as_deref())?;
    let notation = prepared.article.meta.notation;
    let list = list.ok_or_else(|| Problem::new(CliError::NoList(notation)))?;
    context.warn(&prepared.warnings);
    if prepared.article.meta.status == Status::Draft {
        let path = wanted.article.clone();
        return Err(Problem::new(PressError::Draft { path, notation }).into());
    }
    let suppressed = store.suppressed().map_err(problems)?;
    let flaws = prepared.composed.foot_flaws().into_iter().chain(prepared.picture_flaws());
    Problems::check((), flaws.collect())?;
    let signers = context.signers()?;
    let secrets = context.secrets(store, signers)?;
    let now = context.zoned_now();
    let mut plan =
        Plan::make(prepared, &wanted.article, list, &context.config.sender, &suppressed, secrets, &now)?;
    if let Some(warning) = plan.edition.too_long() {
        context.warn(std::slice::from_ref(&warning));
        plan.edition.prepared.warnings.push(warning);
    }
    if plan.edition.subscribers.len() >= BULK {
        let advice = advice(&plan.edition.sender, context.config.dkim.is_some());
        context.warn(&advice.into_iter().map(|one| Problem::new(one).warning()).collect::<Vec<_>>());
    }
    if plan.edition.subscribers.is_empty() {
        let (list, left_out) = (plan.list, reasons(&plan.excluded));
        return Err(Problem::new(CliError::Nobody { list, left_out }).into());
    }
    Ok(plan)
}

/// `2 bounced, 1 manual`.
fn reasons(excluded: &[(String, String)]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, reason) in excluded {
        *counts.entry(reason).or_default() += 1;
    }
    let told: Vec<String> = counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    told.join(", ")
}

/// The terms of a plan that goes to its readers, by `newsletter.toml`.
pub(super) fn terms(context: &Context<'_>) -> Terms {
    let lasts = SignedDuration::try_from(context.config.sending.expires).unwrap_or(SignedDuration::MAX);
    Terms { rehearsal: false, due: None, lasts }
}

/// Most people whose exclusion is told by name.
const TOLD: usize = 20;

/// A plan as it is shown before anybody agrees to it.
pub(super) struct Shown {
    /// The name of the campaign.
    slug: String,
    /// Its subject.
    subject: String,
    /// Who it is from.
    from: String,
    /// How many get it.
    people: u64,
    /// Their list.
    list: String,
    /// The hash of the content.
    content_hash: String,
    /// Whom it leaves out, and why.
    excluded: Vec<(String, String)>,
    /// When it goes out, when that was said.
    due: Option<Timestamp>,
    /// When the first mail goes out and the last one.
    outlook: Outlook,
    /// How long those who are refused for now are tried again.
    lasts: SignedDuration,
}

impl Shown {
    /// A plan that was just made.
    pub(super) fn of(
        plan: &Plan,
        terms: &Terms,
        store: &Store,
        context: &Context<'_>,
    ) -> Result<Self, Problems> {
        let subscribers = &plan.edition.subscribers;
        let domains = subscribers.iter().map(|one| (one.address.domain(), 1));
        Ok(Self {
            slug: plan.slug.clone(),
            subject: plan.subject.clone(),
            from: plan.edition.sender.from.to_string(),
            people: subscribers.len() as u64,
            list: plan.list.clone(),
            content_hash: plan.content_hash.clone(),
            excluded: plan.excluded.clone(),
            due: terms.due,
            outlook: Outlook::of(domains, terms.due, store, context)?,
            lasts: terms.lasts,
        })
    }

    /// A plan that was kept.
    pub(super) fn kept(campaign: &Campaign, store: &Store, context: &Context<'_>) -> Result<Self, Problems> {
        let domains = store.domains(campaign.id).map_err(problems)?;
        let domains = domains.iter().map(|(domain, count)| (domain.as_str(), *count));
        let frozen = store.content(campaign.id).map_err(problems)?;
        // Who left since it was planned is passed over when their turn comes.
        let left = store.suppressed_since(campaign.id).map_err(problems)?;
        let people = store.counts(campaign.id).map_err(problems)?.total();
        let mut excluded = store.excluded(campaign.id).map_err(problems)?;
        let people = people.saturating_sub(left.len() as u64);
        excluded.extend(left);
        Ok(Self {
            slug: campaign.slug.clone(),
            subject: campaign.subject.clone(),
            from: Content::from_json(&frozen)?.from().to_string(),
            people,
            list: campaign.list.clone(),
            content_hash: campaign.content_hash.clone(),
            excluded,
            due: campaign.due,
            outlook: Outlook::of(domains, campaign.due, store, context)?,
            lasts: campaign.lasts,
        })
    }

    /// What is odd about it without being wrong.
    pub(super) fn warnings(&self) -> Vec<Problem> {
        let (takes, lasts) = (self.outlook.takes(), self.lasts);
        let late = (takes >= lasts).then(|| Problem::new(PressError::OutOfTime { takes, lasts }).warning());
        late.into_iter().collect()
    }

    /// As people read it.
    pub(super) fn in_words(&self, context: &Context<'_>) -> String {
        let Outlook { start, first, last, closed, .. } = &self.outlook;
        let last = match last {
            Some(last) if last == start => "as soon as the relay takes it: no limit holds it up".to_owned(),
            Some(last) => {
                let by =
                    if closed.is_empty() { "under the limits of `[sending]`" } else { "after the start" };
                // To the second: what went before is counted by the clock.
                let takes = SignedDuration::from_secs(last.duration_since(*start).as_secs());
                format!("{} at the soonest: {} {by}", last.strftime(MINUTE), length(&takes))
            }
            None => "never, under the limits of `[sending]`".to_owned(),
        };
        let first = match first {
            Some(first) if first == start => {
                let sent = if self.due.is_some() { "" } else { ", if it is sent now" };
                format!("{}{sent}", first.strftime(MINUTE))
            }
            Some(first) => {
                let by = if closed.is_empty() {
                    "the limits of `[sending]` are used up until then"
                } else {
                    "nobody takes it before"
                };
                format!("{} at the soonest: {by}", first.strftime(MINUTE))
            }
            None => "never, under the limits of `[sending]`".to_owned(),
        };
        let mut lines = vec![
            format!("campaign   {}", self.slug),
            format!("subject    {}", report::one_line(&self.subject)),
            format!("from       {}", report::one_line(&self.from)),
            format!("to         {} on the list `{}`", people(self.people), self.list),
            format!("content    {}", self.content_hash.get(..16).unwrap_or(&self.content_hash)),
        ];
        if let Some(relay) = &context.config.relay {
            lines.push(format!("relay      {}:{}", relay.host, relay.port));
        }
        lines.extend([
            format!("first      {first}"),
            format!("last       {last}"),
            format!("expires    {} after the start", length(&self.lasts)),
        ]);
        for (provider, until, after) in closed {
            let who = if provider.is_empty() { "everything" } else { provider };
            let (until, after) = (until.strftime(MINUTE), answered(after));
            lines.push(format!("waits      {who} until {until}: {}", report::one_line(&after)));
        }
        if !self.excluded.is_empty() {
            lines.push(format!(
                "excluded   {}: {}",
                people(self.excluded.len() as u64),
                reasons(&self.excluded)
            ));
            let told = self.excluded.iter().take(TOLD);
            lines.extend(told.map(|(address, reason)| format!("           {address}: {reason}")));
            if self.excluded.len() > TOLD {
                lines.push(format!("           and {} more", self.excluded.len() - TOLD));
            }
        }
        lines.join("\n")
    }

    /// As data.
    pub(super) fn as_json(&self) -> Value {
        let excluded: Vec<Value> = self
            .excluded
            .iter()
            .map(|(address, reason)| json!({ "address": address, "reason": reason }))
            .collect();
        let at = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let closed = self.outlook.closed.iter().map(|(provider, until, after)| {
            json!({
                "provider": provider,
                "until": until.to_string(),
                "said": after.said,
                "since": after.since.to_string(),
                "campaign": after.campaign.map(|id| id.0),
            })
        });
        json!({
            "slug": self.slug,
            "subject": self.subject,
            "from": self.from,
            "list": self.list,
            "recipients": self.people,
            "excluded": excluded,
            "content_hash": self.content_hash,
            "due": self.due.map(|at| at.to_string()),
            "first": at(self.outlook.first),
            "last": at(self.outlook.last),
            "waits": closed.collect::<Vec<Value>>(),
            "lasts_seconds": self.lasts.as_secs(),
        })
    }
}

/// How moments are told.
const MINUTE: &str = "%Y-%m-%d %H:%M UTC";

fn people(count: u64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}
