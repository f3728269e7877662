//! `letterpress send`: an article goes to a list.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::article::Status;
use crate::outbox::CampaignId;
use crate::press::{Candidate, Content, Edition, PressError, Terms};
use crate::problem::{Problem, Problems};
use crate::schedule::Slot;
use crate::store::{Among, Campaign, CampaignState, Store};

use super::agree::agree;
use super::appointment::{self, When};
use super::campaign::Parked;
use super::durability::Lasting;
use super::error::OpenPlans;
use super::plan::{self, Shown, Wanted};
use super::rehearsal::{self, Rehearsal};
use super::safety::{Allowed, Check};
use super::serving::Catching;
use super::state::{open, problems};
use super::{CliError, Context, Exit, campaign, files, post, report, serving, way_out};

/// What `letterpress send` is asked for.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// The article, a .md, .html or .txt file; or else `--plan`.
    pub article: Option<PathBuf>,
    /// The list, a CSV file; the one the article names when absent.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Send exactly what was planned under this number.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["article", "list", "rehearse"])]
    pub plan: Option<String>,
    /// Go through everything, and deliver into the inbox on this machine.
    #[arg(long)]
    pub rehearse: bool,
    /// When, if not now.
    #[command(flatten)]
    pub when: When,
    /// The safety checks that may say no.
    #[command(flatten)]
    pub allowed: Allowed,
    /// What is never forgotten.
    #[command(flatten)]
    pub lasting: Lasting,
    /// Do not ask; for scripts.
    #[arg(long)]
    pub yes: bool,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &SendArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    if let Some(number) = &args.plan {
        return planned(number, args, context);
    }
    let Some(article) = &args.article else {
        let open = open(context).map(|store| open_plans(&store)).unwrap_or_default();
        return Err(Problem::new(CliError::NothingToSend { open }).into());
    };
    let mut found = Vec::new();
    let article = files::noted(files::article(article), &mut found);
    let list = args.list.as_ref().and_then(|list| files::noted(files::list(list), &mut found));
    if !args.rehearse && context.config.relay.is_none() {
        found.push(Problem::new(CliError::NoRelay));
    }
    let slot = args.when.slot(context).unwrap_or_else(|problem| {
        found.push(problem);
        None
    });
    let ((article, list), _) = Problems::check((article, list), found)?;
    let article = article.expect("an article without problems was found");
    let wanted = Wanted { article, list };
    if args.rehearse { rehearse(&wanted, context) } else { from_plan(&wanted, slot.as_ref(), args, context) }
}

/// Plans, shows the plan, asks, and sends, now or when it is due.
fn from_plan(
    wanted: &Wanted,
    slot: Option<&Slot>,
    args: &SendArgs,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let store = args.lasting.open(context)?;
    let relay = campaign::relay(context)?;
    let plan = plan::make(wanted, &store, context)?;
    let terms = plan::terms(context);
    let due = slot.map(|slot| slot.due.timestamp());
    show(&Shown::of(&plan, &Terms { due, ..terms }, &store, context)?, context);
    let parked = Parked::forgotten(args.allowed.has(Check::Parked));
    tell_when(slot, parked, context);
    args.allowed.check(&store, &plan.candidate(), (context.now)())?;
    if slot.is_none() {
        let Edition { sender, subscribers, .. } = &plan.edition;
        let people = subscribers.iter().map(|one| &one.address);
        way_out::prove(sender.way_out.as_ref(), people, &store, context)?;
    }
    agree(&plan.slug, "to send it", CliError::NotAgreed(plan.slug.clone()), args.yes, context)?;
    if let Some(slot) = slot {
        args.allowed.check(&store, &plan.candidate(), (context.now)())?;
        args.allowed.answer(&store).map_err(problems)?;
        let id = plan.keep(&store, &terms)?;
        let appointed = appointment::appoint(&store, id, slot, context);
        if appointed.as_ref().err().is_some_and(|found| found.iter().any(appointment::is_taken)) {
            // Somebody was faster by a moment, and nobody is left to want this plan.
            store.set_state(id, CampaignState::Cancelled, None, (context.now)()).map_err(problems)?;
        }
        return appointed;
    }
    let sending = store.sending((context.now)()).map_err(problems)?;
    // From here on nobody else sends; until here somebody may have sent this very mail.
    args.allowed.check(&store, &plan.candidate(), (context.now)())?;
    args.allowed.answer(&store).map_err(problems)?;
    let id = plan.keep(&store, &terms)?;
    campaign::carry_on(&store, sending, id, &relay, parked, context)
}

fn tell_when(slot: Option<&Slot>, parked: Parked, context: &mut Context<'_>) {
    if let Some(slot) = slot {
        let when = appointment::in_plan(slot, context);
        context.tell(when);
        campaign::tell_parked_stays(parked, context);
    }
}

/// Sends what was planned before, and nothing else, now or when it is due.
fn planned(number: &str, args: &SendArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let store = args.lasting.open(context)?;
    let campaign = plan_of(&store, number)?;
    let id = campaign.id;
    let relay = campaign::relay(context)?;
    let slot = args.when.slot(context)?;
    // What was held before it began may be given another time.
    let held = slot.is_some() && campaign.state == CampaignState::Paused && campaign.begun.is_none();
    if campaign.state != CampaignState::Planned && !held {
        return Err(campaign::not_now(campaign));
    }
    let people = store.counts(id).map_err(problems)?.total();
    let due = slot.as_ref().map(|slot| slot.due.timestamp());
    show(&Shown::kept(&Campaign { due, ..campaign.clone() }, &store, context)?, context);
    let parked = Parked::forgotten(args.allowed.has(Check::Parked));
    tell_when(slot.as_ref(), parked, context);
    let candidate = Candidate {
        id: Some(id),
        slug: &campaign.slug,
        content_hash: &campaign.content_hash,
        list: &campaign.list,
        people,
        among: Among::Planned(id),
        held: campaign.held,
    };
    args.allowed.check(&store, &candidate, (context.now)())?;
    if slot.is_none() {
        let frozen = Content::from_json(&store.content(id).map_err(problems)?)?;
        way_out::prove(frozen.way_out(), [], &store, context)?;
    }
    agree(&campaign.slug, "to send it", CliError::NotAgreed(campaign.slug.clone()), args.yes, context)?;
    if let Some(slot) = &slot {
        args.allowed.check(&store, &candidate, (context.now)())?;
        args.allowed.answer(&store).and_then(|()| store.let_go(id)).map_err(problems)?;
        return appointment::appoint(&store, id, slot, context);
    }
    let sending = store.sending((context.now)()).map_err(problems)?;
    // Somebody else may have sent it, called it off or replaced it while the person made
    // up their mind.
    let now = plan_of(&store, number)?;
    if now.state != CampaignState::Planned {
        return Err(campaign::not_now(now));
    }
    args.allowed.check(&store, &candidate, (context.now)())?;
    args.allowed.answer(&store).and_then(|()| store.let_go(id)).map_err(problems)?;
    campaign::carry_on(&store, sending, id, &relay, parked, context)
}

/// The campaign of this number, planned or not.
fn plan_of(store: &Store, number: &str) -> Result<Campaign, Problems> {
    let id = number.parse().ok().map(CampaignId);
    let found = id.map(|id| store.campaign(id)).transpose().map_err(problems)?.flatten();
    // What is being replaced is gone already; it takes a while to be removed.
    if let Some(campaign) = found.filter(|found| found.state != CampaignState::Planning) {
        return Ok(campaign);
    }
    let by = id.map(|id| store.replaced_by(id)).transpose().map_err(problems)?.flatten();
    Err(match (id, by) {
        (Some(id), Some(by)) => Problem::new(CliError::Replaced { plan: id.0, by: by.0 }),
        _ => Problem::new(CliError::NotAPlan { text: number.to_owned(), open: open_plans(store) }),
    }
    .into())
}

/// The plans that wait for somebody to send them; none when they cannot be read.
fn open_plans(store: &Store) -> OpenPlans {
    let campaigns = store.campaigns().unwrap_or_default();
    let open = campaigns.into_iter().rev().filter(Campaign::is_open_plan);
    OpenPlans(open.map(|one| (one.id.0, one.slug)).collect())
}

/// Shows what is about to be sent.
fn show(shown: &Shown, context: &mut Context<'_>) {
    let text = shown.in_words(context);
    context.tell(text);
    context.warn(&shown.warnings());
}

/// Sends every copy into the inbox on this machine.
fn rehearse(wanted: &Wanted, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let (prepared, list) = context.prepare(&wanted.article, wanted.list.as_deref())?;
    let notation = prepared.article.meta.notation;
    let list = list.ok_or_else(|| Problem::new(CliError::NoList(notation)))?;
    let mut warnings = prepared.warnings.clone();
    if prepared.article.meta.status == Status::Draft {
        let path = wanted.article.clone();
        warnings.push(Problem::new(PressError::Draft { path, notation }).warning());
    }
    context.warn(&warnings);
    let suppressed = rehearsal::suppressed(context)?;
    let rehearsal = Rehearsal::of(prepared, &wanted.article, list, &suppressed, context)?;
    let excluded = &rehearsal.plan.excluded;
    let dir = context.config.inbox.dir.clone();
    let posted = serving::runtime()?.block_on(async {
        // A port of its own: an inbox that is being looked at has the usual one.
        let catching = Catching::start(&dir, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), context.now).await?;
        let relay = post::inbox_at(catching.inbox.smtp_addr());
        let posted = rehearsal.send(&relay, context).await?;
        catching.end().await;
        Ok::<_, Problems>(posted)
    })?;
    let by = "the inbox on this machine";
    if context.json {
        let mut report = posted.as_json(&rehearsal.plan.edition);
        report["rehearsal"] = true.into();
        report["warnings"] = report::json(&warnings);
        report["excluded"] = excluded
            .iter()
            .map(|(address, reason)| json!({ "address": address, "reason": reason }))
            .collect();
        report["maildir"] = dir.display().to_string().into();
        posted.conclude_as_json(context, &report, by);
        return Ok(posted.exit());
    }
    posted.conclude(context, by);
    if !excluded.is_empty() {
        context.tell(format!("{} of the list want no mail and were left out", excluded.len()));
    }
    context.tell(format!(
        "a rehearsal: nothing left this machine; the mail lies in {}, `letterpress inbox` shows it",
        dir.display()
    ));
    Ok(posted.exit())
}
