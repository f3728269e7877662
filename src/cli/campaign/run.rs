//! One run of a campaign: what is due of it is sent, and what became of it is told.

use std::cell::RefCell;
use std::sync::Arc;

use tokio::sync::watch;

use crate::message::Key;
use crate::outbox::{CampaignId, State};
use crate::press::{Content, Run, Stop, Way, run as press_run};
use crate::problem::{Problem, Problems};
use crate::send::Relay;
use crate::store::{CampaignState, Sending, Store};

use super::not_now;
use super::show::{TOLD, as_json, show};
use crate::cli::post::Signals;
use crate::cli::state::problems;
use crate::cli::{CliError, Context, Exit, report, serving};

/// Sends what is due of a campaign, and tells what became of it.
pub(in crate::cli) fn carry_on(
    store: &Store,
    sending: Sending,
    id: CampaignId,
    relay: &Relay,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let signers = context.signers()?;
    let frozen = store.content(id).map_err(problems)?;
    let copies = Arc::new(Content::thaw(&frozen, Key::new(store.key()), signers)?);
    let sending = Arc::new(sending);
    tell_recovered(&sending, context);
    let moved = store.set_state(id, CampaignState::Sending, None, (context.now)()).map_err(problems)?;
    let campaign = store.campaign(id).map_err(problems)?;
    let campaign = campaign.ok_or_else(|| Problem::new(CliError::NoCampaign(id.0.to_string())))?;
    let done = campaign.state == CampaignState::Finished;
    if !moved && !done && campaign.state != CampaignState::Sending {
        return Err(not_now(campaign));
    }
    let of = store.counts(id).map_err(problems)?.of(State::Pending);
    let connections = context.config.sending.connections;
    let way = Way { store: store.clone(), relay: relay.clone(), connections, now: context.now };
    let (ask, asked) = watch::channel(Stop::Never);
    let mut ended = None;
    let run: Run = serving::runtime()?.block_on(async {
        let told = RefCell::new(&mut *context);
        let step = (usize::try_from(of).unwrap_or(usize::MAX) / 10).max(500);
        let progress = |done: usize| {
            if done.is_multiple_of(step) {
                told.borrow_mut().tell(format!("{done} of {of}"));
            }
        };
        let mut going = std::pin::pin!(press_run(sending, id, copies, way, &asked, progress));
        let mut signals = Signals::new();
        loop {
            tokio::select! {
                run = &mut going => break run.map_err(problems),
                exit = signals.next() => {
                    let again = ended.replace(exit).is_some();
                    ask.send_replace(if again { Stop::Now } else { Stop::Soon });
                    if !again {
                        let text = "stopping when what is on its way is done; Ctrl-C once more stops at once";
                        told.borrow_mut().tell(text);
                    }
                }
            }
        }
    })?;
    conclude(store, id, &run, ended, context)
}

fn tell_recovered(sending: &Sending, context: &mut Context<'_>) {
    let recovered = sending.recovered();
    for (_, address) in recovered.unknown.iter().take(TOLD) {
        context.tell(format!(
            "unknown: {address}: the last run ended while the relay had the message and had not answered"
        ));
    }
    let more = recovered.unknown.len().saturating_sub(TOLD);
    if more > 0 {
        context.tell(format!("and {more} more"));
    }
}

/// How the run ends, told.
fn conclude(
    store: &Store,
    id: CampaignId,
    run: &Run,
    ended: Option<Exit>,
    context: &mut Context<'_>,
) -> Result<Exit, Problems> {
    let now = (context.now)();
    let counts = store.counts(id).map_err(problems)?;
    if let Some(why) = &run.pause {
        store.set_state(id, CampaignState::Paused, Some(why), now).map_err(problems)?;
    } else if counts.unfinished() == 0 {
        store.set_state(id, CampaignState::Finished, None, now).map_err(problems)?;
    }
    let campaign = store.campaign(id).map_err(problems)?.expect("it was there a moment ago");
    if context.json {
        let mut report = as_json(&campaign, &counts);
        report["problems"] = run.stopped.as_ref().map(report::json).into();
        context.print(format!("{report:#}"))?;
    } else {
        show(store, &campaign, context)?;
        if let Some(problems) = &run.stopped {
            context.tell(report::text(problems, context.colour, "").trim_end());
        }
        if counts.unfinished() > 0 && campaign.state != CampaignState::Paused {
            context.tell(format!("`letterpress campaign resume {}` carries it on", id.0));
        }
    }
    Ok(match (ended, &run.stopped) {
        (Some(ended), _) if counts.unfinished() > 0 => ended,
        (_, Some(problems)) => problems.class().into(),
        _ if counts.of(State::Unknown) + counts.of(State::Expired) > 0 => Exit::Unsettled,
        _ if run.pause.is_some() || counts.unfinished() > 0 => Exit::Later,
        _ => Exit::Done,
    })
}
